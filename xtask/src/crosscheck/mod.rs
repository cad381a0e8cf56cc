//! Our readers against other tools on the corpus: `cargo xtask crosscheck [PART...]`.
//!
//! - `dex`: classes, members, every instruction with its operands and strings, exception tables
//!   and line numbers, against `dexdump -d`.
//! - `manifest`: every element and attribute, against `aapt2 dump xmltree`.
//! - `signature`: verdict and verified schemes, against the library behind `apksigner verify`.
//!
//! A file that the other tool refuses is counted, not compared. A difference is an error unless
//! `xtask/known_differences.tsv` gives the reason for it; docs/limits.md explains those.

mod dex;
mod manifest;
mod signature;

use crate::{corpus, shell};
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const KNOWN: &str = include_str!("../../known_differences.tsv");
/// Differences shown of one file.
const SHOWN_PER_FILE: usize = 3;

/// What came of comparing one file.
pub(crate) enum Outcome {
    /// How many things (instructions, attributes, verdicts) agree.
    Same(u64),
    /// Human-readable differences, worst first.
    Different(Vec<String>),
    /// The other tool could not read the file: nothing to compare with.
    Refused(String),
    /// The comparison does not apply to the file.
    Skipped,
}

type Compare = fn(&Path) -> Result<Outcome>;

struct Part {
    name: &'static str,
    endings: &'static [&'static str],
    /// What the comparison needs; an error says why it cannot be made.
    prepare: fn(files: &[PathBuf]) -> Result<()>,
    /// Whether a failed preparation only leaves the part out.
    optional: bool,
    compare: Compare,
}

const PARTS: &[Part] = &[
    Part {
        name: "dex",
        endings: &["apk", "dex", "jar"],
        prepare: dex::prepare,
        optional: false,
        compare: dex::compare,
    },
    Part {
        name: "manifest",
        endings: &["apk"],
        prepare: manifest::prepare,
        optional: false,
        compare: manifest::compare,
    },
    Part {
        name: "signature",
        endings: &["apk"],
        prepare: signature::prepare,
        optional: true,
        compare: signature::compare,
    },
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    for argument in arguments {
        if !PARTS.iter().any(|part| part.name == argument) {
            bail!("usage: cargo xtask crosscheck [dex] [manifest] [signature]");
        }
    }
    let known = known()?;
    let mut failed = 0;
    for part in PARTS {
        if arguments.is_empty() || arguments.iter().any(|name| name == part.name) {
            failed += part.run(&known)?;
        }
    }
    if failed > 0 {
        bail!("{failed} files differ without a known reason");
    }
    Ok(())
}

/// (part, path below the corpus) of differences that are explained.
fn known() -> Result<BTreeMap<(String, String), String>> {
    shell::table(KNOWN)
        .map(|fields| match fields[..] {
            [part, file, reason] => Ok(((part.to_owned(), file.to_owned()), reason.to_owned())),
            _ => bail!("known_differences.tsv: a row has {} fields", fields.len()),
        })
        .collect()
}

impl Part {
    fn run(&self, known: &BTreeMap<(String, String), String>) -> Result<usize> {
        let files = self.files()?;
        match (self.prepare)(&files) {
            Ok(()) => {}
            Err(error) if self.optional => {
                println!("{}: not compared: {error:#}", self.name);
                return Ok(0);
            }
            Err(error) => return Err(error),
        }
        let outcomes = in_parallel(&files, self.compare);
        let (mut same, mut things, mut refused, mut explained, mut failed) = (0, 0, 0, 0, 0);
        for (file, outcome) in files.iter().zip(outcomes) {
            let shown = display(file);
            match outcome? {
                Outcome::Skipped => {}
                Outcome::Same(count) => {
                    same += 1;
                    things += count;
                }
                Outcome::Refused(reason) => {
                    refused += 1;
                    println!("{}: not compared: {shown}: {reason}", self.name);
                }
                Outcome::Different(_)
                    if known.contains_key(&(self.name.to_owned(), shown.clone())) =>
                {
                    explained += 1;
                }
                Outcome::Different(differences) => {
                    failed += 1;
                    eprintln!("{}: {shown}: {} differences", self.name, differences.len());
                    for difference in differences.iter().take(SHOWN_PER_FILE) {
                        eprintln!("    {difference}");
                    }
                }
            }
        }
        println!(
            "{}: {same} files agree in {things} things, {explained} differ for a known reason, \
             {failed} differ, {refused} the other tool refuses",
            self.name
        );
        Ok(failed)
    }

    /// The corpus and our own built fixtures.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = corpus::packages(self.endings)?;
        let fixtures = shell::files(&shell::root().join("fixtures"))?;
        files.extend(fixtures.into_iter().filter(|path| {
            path.extension().is_some_and(|end| self.endings.iter().any(|wanted| end == *wanted))
        }));
        Ok(files)
    }
}

/// The path below the corpus or the repository.
fn display(file: &Path) -> String {
    let shown = file.strip_prefix(corpus::folder()).or_else(|_| file.strip_prefix(shell::root()));
    shown.unwrap_or(file).display().to_string()
}

/// Runs the comparison on all cores; results in the order of the files.
fn in_parallel(files: &[PathBuf], compare: Compare) -> Vec<Result<Outcome>> {
    let next = std::sync::atomic::AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut results: Vec<(usize, Result<Outcome>)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(|| {
                    let mut done = Vec::new();
                    loop {
                        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        let Some(file) = files.get(at) else { return done };
                        done.push((at, compare(file)));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, outcome)| outcome).collect()
}
