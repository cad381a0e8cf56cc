//! Runs the built binary and measures what it costs.

pub(crate) mod dex;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Peak of resident memory, KiB.
const MEMORY_KIB_MAX: u64 = 512 << 10;
/// Processor time. Tests share their machine, so the time on the clock proves nothing.
const CPU_SECONDS_MAX: f64 = 10.0;
/// On the clock, to end what hangs.
const WALL_MAX: Duration = Duration::from_secs(180);
/// Of `/proc/PID/stat`; fixed in the interface of the kernel.
const TICKS_PER_SECOND: f64 = 100.0;

pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
    pub(crate) memory_kib: u64,
    pub(crate) cpu_seconds: f64,
}

/// A folder of one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("menshen-bad-input-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One run within its limits that does not panic.
pub(crate) fn menshen(what: &str, folder: &Folder, arguments: &[&str], paths: &[&Path]) -> Run {
    let (out_path, err_path) = (folder.path(".out"), folder.path(".err"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_menshen"))
        .arg("scan")
        .args(arguments)
        .args(paths)
        .env("LANG", "en")
        .stdin(Stdio::null())
        .stdout(File::create(&out_path).unwrap())
        .stderr(File::create(&err_path).unwrap())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let (mut memory_kib, mut cpu_seconds) = (0, 0.0);
    let status = loop {
        memory_kib = memory_kib.max(peak_kib(child.id()).unwrap_or(0));
        cpu_seconds = cpu_of(child.id()).unwrap_or(cpu_seconds);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let late = start.elapsed() > WALL_MAX || cpu_seconds > 3.0 * CPU_SECONDS_MAX;
        if late || memory_kib > MEMORY_KIB_MAX {
            child.kill().unwrap();
            panic!("{what}: not done after {cpu_seconds} s of processor time, {memory_kib} KiB");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let run = Run {
        code: status.code().unwrap_or_else(|| panic!("{what}: ended by a signal: {status}")),
        out: fs::read(&out_path).unwrap(),
        err: fs::read_to_string(&err_path).unwrap(),
        memory_kib,
        cpu_seconds,
    };
    eprintln!(
        "{what}: exit {}, {:.2} s, {} MiB, {} bytes",
        run.code,
        run.cpu_seconds,
        run.memory_kib >> 10,
        run.out.len()
    );
    assert!([0, 1, 2].contains(&run.code), "{what}: exit {}\n{}", run.code, run.err);
    assert!(!run.err.contains("panicked"), "{what}:\n{}", run.err);
    assert!(run.memory_kib < MEMORY_KIB_MAX, "{what}: {} KiB", run.memory_kib);
    assert!(run.cpu_seconds < CPU_SECONDS_MAX, "{what}: {} s", run.cpu_seconds);
    run
}

fn peak_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// User and system time of the process: fields 14 and 15, counted behind the name in brackets.
fn cpu_of(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields = stat.rsplit_once(") ")?.1;
    let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
    Some(ticks as f64 / TICKS_PER_SECOND)
}

/// Bytes that look like noise and are always the same.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}
