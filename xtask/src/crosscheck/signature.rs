//! Signature verdicts against `apksig`, the library behind `apksigner verify`.
//!
//! Compared, for the levels that the manifest names: whether the package verifies, and by which
//! schemes. A package with a v4 signature beside it (`.idsig`) is asked about with it. One JVM
//! answers for all files: starting one for each would take minutes.

use super::Outcome;
use crate::{shell, toolchain};
use anyhow::{Context, Result};
use menshen_android::axml::Document;
use menshen_android::signature::{ApkView, Entries, Report, Request, Scheme, SchemeKind, verify};
use menshen_archive::Zip;
use menshen_base::ScanIssue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

const MANIFEST_BYTES_MAX: usize = 64 << 20;

#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    verified: bool,
    /// As `Verify.java` prints them.
    schemes: String,
    error: String,
}

static THEIRS: OnceLock<BTreeMap<PathBuf, Verdict>> = OnceLock::new();

pub(super) fn prepare(files: &[PathBuf]) -> Result<()> {
    shell::need(&[("java", "openjdk-17-jdk-headless")])?;
    let jar = toolchain::apksig()?;
    let mut child = Command::new("java")
        .arg("-cp")
        .arg(jar)
        .arg(shell::root().join("xtask/src/crosscheck/Verify.java"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start java")?;
    let mut questions = String::new();
    for file in files {
        questions.push_str(&file.to_string_lossy());
        if let Some(idsig) = idsig(file) {
            questions.push('\t');
            questions.push_str(&idsig.to_string_lossy());
        }
        questions.push('\n');
    }
    let mut stdin = child.stdin.take().context("no standard input")?;
    let writer = std::thread::spawn(move || stdin.write_all(questions.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().ok().context("the list of files was not read")??;
    let text = String::from_utf8_lossy(&output.stdout);
    let verdicts = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        let [.., verified, schemes, error] = fields[..] else { return None };
        let verdict = Verdict {
            verified: verified == "true",
            schemes: schemes.to_owned(),
            error: error.to_owned(),
        };
        Some((PathBuf::from(fields[0]), verdict))
    });
    THEIRS.get_or_init(|| verdicts.collect());
    Ok(())
}

pub(super) fn compare(file: &Path) -> Result<Outcome> {
    let Some(theirs) = THEIRS.get().and_then(|verdicts| verdicts.get(file)) else {
        return Ok(Outcome::Refused("no verdict".to_owned()));
    };
    let ours = our_verdict(file)?;
    let same = ours.verified == theirs.verified
        // Of a package that does not verify, the schemes say nothing.
        && (!ours.verified || ours.schemes == theirs.schemes);
    if same {
        return Ok(Outcome::Same(1));
    }
    let shown = |verdict: &Verdict| {
        let word = if verdict.verified { "verified" } else { "not verified" };
        format!("{word} {} {}", verdict.schemes, verdict.error)
    };
    Ok(Outcome::Different(vec![format!("ours {} | apksig {}", shown(&ours), shown(theirs))]))
}

fn idsig(file: &Path) -> Option<PathBuf> {
    let path = PathBuf::from(format!("{}.idsig", file.display()));
    path.exists().then_some(path)
}

fn our_verdict(file: &Path) -> Result<Verdict> {
    let refused = |error: &str| Verdict {
        verified: false,
        schemes: "------".to_owned(),
        error: error.to_owned(),
    };
    let bytes = std::fs::read(file)?;
    let (Some(zip), _) = Zip::parse(&bytes) else { return Ok(refused("not a zip file")) };
    let manifest = zip.find("AndroidManifest.xml");
    let manifest = manifest.and_then(|entry| zip.read(entry, MANIFEST_BYTES_MAX).ok());
    let Some(document) = manifest.and_then(|xml| Document::parse(&xml).0) else {
        return Ok(refused("no manifest"));
    };
    let idsig = idsig(file).map(std::fs::read).transpose()?;
    let request = Request { idsig: idsig.as_deref(), ..levels(&document) };
    let view = ApkView {
        file: &bytes,
        central_directory_offset: zip.central_directory_offset(),
        end_of_central_directory_offset: zip.end_of_central_directory_offset(),
        entries: &ZipEntries(&zip),
    };
    Ok(summary(&verify(&view, &request)))
}

/// What the manifest says of platform levels, as apksig reads it.
fn levels(document: &Document) -> Request<'static> {
    let root = &document.root;
    let number = |name: &str| {
        root.children_named("uses-sdk").filter_map(|element| element.android(name)?.as_int()).max()
    };
    let level = |value: i32| u32::try_from(value).unwrap_or(1);
    let min = number("minSdkVersion").map_or(1, level);
    let sandbox = root.android("targetSandboxVersion").and_then(|value| value.as_int());
    Request {
        target_sdk: Some(number("targetSdkVersion").map_or(min, level)),
        target_sandbox: sandbox.map_or(1, level),
        ..Request::new(min, None)
    }
}

fn summary(report: &Report) -> Verdict {
    let letter = |kind, letter| {
        let counts = |scheme: &&Scheme| {
            scheme.verified && (scheme.decides || scheme.kind == SchemeKind::Stamp)
        };
        if report.scheme(kind).filter(counts).is_some() { letter } else { '-' }
    };
    let problems = report.schemes.iter().flat_map(Scheme::errors).chain(&report.problems);
    Verdict {
        verified: report.verified,
        schemes: [
            letter(SchemeKind::V1, '1'),
            letter(SchemeKind::V2, '2'),
            letter(SchemeKind::V3, '3'),
            letter(SchemeKind::V31, 'X'),
            letter(SchemeKind::V4, '4'),
            letter(SchemeKind::Stamp, 'S'),
        ]
        .into_iter()
        .collect(),
        error: problems.map(|problem| problem.kind.code).next().unwrap_or_default().to_owned(),
    }
}

struct ZipEntries<'a>(&'a Zip<'a>);

impl Entries for ZipEntries<'_> {
    fn count(&self) -> usize {
        self.0.entries().len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.0.entries().get(index).map(|entry| entry.raw_name).unwrap_or_default()
    }

    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue> {
        self.0.read(&self.0.entries()[index], bytes_max)
    }
}
