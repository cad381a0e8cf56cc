//! Cost of scans: `cargo xtask bench [--runs N] [--binary PATH]`.
//!
//! What another program costs on the same file in the same run is the unit, because seconds of
//! one machine say nothing about another. Programs take turns, and medians are compared. CPU
//! time is that of the whole process, from the shell's own clock for its children; peak memory
//! is what GNU time reports. The tables are markdown, for docs/performance.md.
//!
//! - the 18 MB APK of uiautomator2 with 16 dex files, against `unzip -tq`;
//! - a synthetic APK of 77 MB and its quarter, half and three quarters, for linearity: manifest
//!   and resources of ApiDemos, 23 dex files of several apps, three copies of a large library.
//!   Classes repeat in it, so it measures size, not variety.

use crate::{corpus, shell};
use anyhow::{Context, Result, bail};
use menshen_archive::Zip;
use std::path::{Path, PathBuf};
use std::process::Command;

const ENTRY_BYTES_MAX: usize = 256 << 20;
const RUNS: usize = 11;
const ANCHOR: &str = "apps/appium-uiautomator2-server.apk";
/// Packages whose dex files go into the synthetic APK, in this order.
const DEX_OF: &[&str] = &["apps/ApiDemos.apk", "apps/Yosemite.apk", ANCHOR];
const LOOSE_DEX: &str = "sets/androguard/tests/fdroid";
const ABIS: &[&str] = &["arm64-v8a", "armeabi-v7a", "x86_64"];
/// Parts of the synthetic APK that are measured, in quarters.
const QUARTERS: &[usize] = &[1, 2, 3, 4];

struct Cost {
    cpu_seconds: f64,
    wall_seconds: f64,
    peak_mib: f64,
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut runs = RUNS;
    let mut binary = None;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.next()) {
            ("--runs", Some(count)) => runs = count.parse()?,
            ("--binary", Some(path)) => binary = Some(PathBuf::from(path)),
            _ => bail!("usage: cargo xtask bench [--runs N] [--binary PATH]"),
        }
    }
    shell::need(&[
        ("bash", "bash"),
        ("time", "time"),
        ("unzip", "unzip"),
        ("zip", "zip"),
        ("apksigner", "apksigner"),
    ])?;
    let binary = match binary {
        Some(path) => std::path::absolute(path)?,
        None => build()?,
    };
    let missing = corpus::fetch_part("all")?;
    anchor(&binary, runs)?;
    if missing.is_empty() {
        linearity(&binary, runs.div_ceil(2))?;
    } else {
        println!("\nThe synthetic APK needs {}: not measured.", missing.join(", "));
    }
    Ok(())
}

/// The binary in the profile that is close to a release.
pub(crate) fn build() -> Result<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(shell::root());
    command.args(["build", "--quiet", "--locked", "--package", "menshen"]);
    shell::run(command.args(["--profile", "quickrel"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(shell::target, PathBuf::from);
    Ok(target.join("quickrel/menshen"))
}

fn anchor(binary: &Path, runs: usize) -> Result<()> {
    let apk = corpus::folder().join(ANCHOR);
    let unzip = vec!["unzip".to_owned(), "-tq".to_owned(), text(&apk)];
    let commands = [
        unzip,
        scan(binary, &apk, "quick", 1),
        scan(binary, &apk, "quick", 2),
        scan(binary, &apk, "deep", 2),
    ];
    let costs = take_turns(&commands, runs)?;
    let names = ["unzip -tq", "quick, 1 thread", "quick, 2 threads", "deep, 2 threads"];
    println!("\n{ANCHOR}, median of {runs} runs:\n");
    println!("| | CPU s | x unzip -tq | wall s | peak MiB |");
    println!("| --- | --- | --- | --- | --- |");
    for (name, cost) in names.iter().zip(&costs) {
        println!(
            "| {name} | {:.3} | {:.2} | {:.3} | {:.0} |",
            cost.cpu_seconds,
            cost.cpu_seconds / costs[0].cpu_seconds,
            cost.wall_seconds,
            cost.peak_mib
        );
    }
    println!(
        "\nTwo threads bring {:.2} x over one in wall time (on free cores).",
        costs[1].wall_seconds / costs[2].wall_seconds
    );
    Ok(())
}

fn linearity(binary: &Path, runs: usize) -> Result<()> {
    println!("\nSynthetic APK, median of {runs} runs, two threads:\n");
    println!(
        "| MB | MB inflated | quick CPU s | CPU ms per MB inflated | x unzip -tq | wall s | peak MiB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for quarters in QUARTERS {
        let apk = synthetic(*quarters)?;
        let unzip = vec!["unzip".to_owned(), "-tq".to_owned(), text(&apk)];
        let costs = take_turns(&[unzip, scan(binary, &apk, "quick", 2)], runs)?;
        let size = std::fs::metadata(&apk)?.len() as f64 / 1e6;
        let inflated = inflated_bytes(&apk)? as f64 / 1e6;
        println!(
            "| {size:.1} | {inflated:.1} | {:.3} | {:.2} | {:.2} | {:.3} | {:.0} |",
            costs[1].cpu_seconds,
            costs[1].cpu_seconds * 1e3 / inflated,
            costs[1].cpu_seconds / costs[0].cpu_seconds,
            costs[1].wall_seconds,
            costs[1].peak_mib
        );
    }
    Ok(())
}

fn scan(binary: &Path, apk: &Path, depth: &str, threads: usize) -> Vec<String> {
    [text(binary).as_str(), "scan", "--depth", depth, "--format", "json", "--output", "/dev/null"]
        .into_iter()
        .chain(["--threads", &threads.to_string(), &text(apk)])
        .map(str::to_owned)
        .collect()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Medians of the commands' costs, each command once in every round.
fn take_turns(commands: &[Vec<String>], runs: usize) -> Result<Vec<Cost>> {
    let mut measured: Vec<Vec<Cost>> = commands.iter().map(|_| Vec::new()).collect();
    // The first round fills the file cache and is not counted.
    for round in 0..=runs {
        for (command, costs) in commands.iter().zip(&mut measured) {
            let cost = measure(command)?;
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    Ok(measured
        .iter()
        .map(|costs| Cost {
            cpu_seconds: median(costs.iter().map(|cost| cost.cpu_seconds)),
            wall_seconds: median(costs.iter().map(|cost| cost.wall_seconds)),
            peak_mib: median(costs.iter().map(|cost| cost.peak_mib)),
        })
        .collect())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// One run. The shell's `time` counts milliseconds, GNU time knows the peak; what the latter
/// itself costs is a millisecond.
fn measure(command: &[String]) -> Result<Cost> {
    let peak = tempfile("peak")?;
    let clock = tempfile("clock")?;
    // A scan may end with 1: the gate did not pass.
    let script = "TIMEFORMAT='%3U %3S %3R'; { time command time -q -o \"$0\" -f %M \"${@:2}\" \
                  >/dev/null 2>&1; } 2>\"$1\"; test $? -le 1";
    shell::run(Command::new("bash").args(["-c", script]).args([&peak, &clock]).args(command))?;
    let times = std::fs::read_to_string(&clock)?;
    let times: Vec<f64> =
        times.split_whitespace().map(str::parse).collect::<Result<_, _>>().context("bash time")?;
    let [user, system, wall] = times[..] else { bail!("bash time printed {times:?}") };
    let peak_kib = std::fs::read_to_string(&peak)?;
    let peak_kib: f64 = peak_kib.lines().last().unwrap_or_default().trim().parse()?;
    Ok(Cost { cpu_seconds: user + system, wall_seconds: wall, peak_mib: peak_kib / 1024.0 })
}

fn tempfile(name: &str) -> Result<PathBuf> {
    let folder = shell::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

fn inflated_bytes(apk: &Path) -> Result<u64> {
    let bytes = std::fs::read(apk)?;
    let zip = Zip::parse(&bytes).0.context("not a zip file")?;
    Ok(zip.entries().iter().map(|entry| entry.uncompressed_size).sum())
}

/// The synthetic APK with so many quarters of its dex files and libraries; made once.
fn synthetic(quarters: usize) -> Result<PathBuf> {
    let apk = tempfile(&format!("synthetic-{quarters}.apk"))?;
    if apk.exists() {
        return Ok(apk);
    }
    let folder = tempfile(&format!("synthetic-{quarters}"))?;
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let corpus = corpus::folder();
    shell::run(
        Command::new("unzip")
            .args(["-q", &text(&corpus.join(DEX_OF[0])), "-x", "classes*.dex", "META-INF/*", "-d"])
            .arg(&folder),
    )?;
    let dex = dex_files()?;
    for (at, content) in dex.iter().take(dex.len() * quarters / 4).enumerate() {
        let number = if at == 0 { String::new() } else { (at + 1).to_string() };
        std::fs::write(folder.join(format!("classes{number}.dex")), content)?;
    }
    for abi in ABIS.iter().take(quarters.saturating_sub(1)) {
        let to = folder.join("lib").join(abi);
        std::fs::create_dir_all(&to)?;
        std::fs::copy(
            corpus.join("libraries").join(abi).join("libnode.so"),
            to.join("libnode.so"),
        )?;
    }
    let unsigned = tempfile("unsigned.apk")?;
    let _ = std::fs::remove_file(&unsigned);
    shell::run(
        Command::new("zip")
            .current_dir(&folder)
            .args(["-q", "-X", "-r", "-n", ".arsc:.png:.ogg:.mp3"])
            .arg(&unsigned)
            .arg("."),
    )?;
    shell::run(
        Command::new("apksigner")
            .args(["sign", "--ks-pass", "pass:android", "--min-sdk-version", "21", "--ks"])
            .arg(shell::root().join("fixtures/tools/keys/fixture.p12"))
            .args(["--v4-signing-enabled", "false", "--out"])
            .arg(&apk)
            .arg(&unsigned),
    )?;
    std::fs::remove_dir_all(&folder)?;
    Ok(apk)
}

fn dex_files() -> Result<Vec<Vec<u8>>> {
    let corpus = corpus::folder();
    let mut found = Vec::new();
    for apk in DEX_OF {
        let bytes = std::fs::read(corpus.join(apk))?;
        let zip = Zip::parse(&bytes).0.context("not a zip file")?;
        for entry in zip.entries() {
            if entry.name.starts_with("classes") && entry.name.ends_with(".dex") {
                let content = zip.read(entry, ENTRY_BYTES_MAX).ok().context("unreadable dex")?;
                found.push(content.into_owned());
            }
        }
    }
    for path in shell::files(&corpus.join(LOOSE_DEX))? {
        if path.extension().is_some_and(|end| end == "dex") {
            found.push(std::fs::read(path)?);
        }
    }
    Ok(found)
}
