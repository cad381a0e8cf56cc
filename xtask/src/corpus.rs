//! Real packages for tests and measurements: `cargo xtask corpus`.
//!
//! The table `xtask/corpus.tsv` names them by exact version and digest. They are kept under
//! `target/corpus`, or where `MENSHEN_CORPUS` says, so that one copy can serve several checkouts:
//! `downloads/` what the registries gave, `apps/` and `libraries/` single files, `sets/` test sets.
//!
//! What cannot be had is named at the end and is an error only for single files: test sets come
//! from a Debian release that moves on.

use crate::fetch::{self, Package, Source};
use crate::shell;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

const TABLE: &str = include_str!("../corpus.tsv");

struct Row {
    part: &'static str,
    package: Package<'static>,
    inside: &'static str,
    content: Content,
    target: &'static str,
}

enum Content {
    File { sha256: &'static str },
    Set { strip: usize },
}

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let part = match arguments {
        [] => "all",
        [flag, part] if flag == "--part" && (part == "ci" || part == "all") => part,
        _ => bail!("usage: cargo xtask corpus [--part ci|all]"),
    };
    let missing = fetch_part(part)?;
    if !missing.is_empty() {
        bail!("cannot be had: {}", missing.join(", "));
    }
    Ok(())
}

/// The folder of the corpus, whether or not anything is in it.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("MENSHEN_CORPUS").map_or_else(|| shell::target().join("corpus"), PathBuf::from)
}

/// Fetches what is not there yet. Names of sets that could not be had are returned.
pub(crate) fn fetch_part(part: &str) -> Result<Vec<String>> {
    shell::need(&[("tar", "tar"), ("unzip", "unzip")])?;
    let folder = folder();
    let mut missing = Vec::new();
    for row in rows()?.iter().filter(|row| part == "all" || row.part == part) {
        match row.fetch(&folder) {
            Ok(true) => println!("fetched {}", row.target),
            Ok(false) => {}
            Err(error) if matches!(row.content, Content::Set { .. }) => {
                eprintln!("skipped {}: {error:#}", row.target);
                missing.push(row.target.to_owned());
            }
            Err(error) => return Err(error),
        }
    }
    println!("corpus: {}", folder.display());
    Ok(missing)
}

fn rows() -> Result<Vec<Row>> {
    shell::table(TABLE)
        .map(|fields| {
            let [part, source, name, version, archive, inside, strip, sha256, target] = fields[..]
            else {
                bail!("corpus.tsv: a row has {} fields", fields.len());
            };
            let content = match sha256 {
                "-" => Content::Set { strip: strip.parse()? },
                sha256 => Content::File { sha256 },
            };
            let source = Source::named(source)?;
            let package = Package { source, name, version, sha256: archive };
            Ok(Row { part, package, inside, content, target })
        })
        .collect()
}

impl Row {
    /// Whether something had to be fetched.
    fn fetch(&self, folder: &Path) -> Result<bool> {
        let target = folder.join(self.target);
        match self.content {
            Content::File { sha256 } => {
                if target.exists() && shell::sha256_file(&target)? == sha256 {
                    return Ok(false);
                }
                let archive = fetch::archive(self.package, &folder.join("downloads"))?;
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                fetch::extract_file(&archive, self.inside, &target)?;
                let found = shell::sha256_file(&target)?;
                if found != sha256 {
                    bail!("{}: SHA-256 is {found}", self.target);
                }
            }
            Content::Set { strip } => {
                // The archive's digest stands for its files: it is written when all are out.
                let mark = target.join(".complete");
                let wanted = format!("{}\n{}\n", self.package.sha256, self.inside);
                if std::fs::read_to_string(&mark).is_ok_and(|digest| digest == wanted) {
                    return Ok(false);
                }
                let archive = fetch::archive(self.package, &folder.join("downloads"))?;
                let patterns: Vec<&str> = self.inside.split(' ').collect();
                fetch::extract_matching(&archive, &patterns, strip, &target)?;
                std::fs::write(mark, wanted)?;
            }
        }
        Ok(true)
    }
}

/// Files of the corpus with one of the endings, sorted; empty when nothing was fetched.
pub(crate) fn packages(endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in ["apps", "libraries", "sets"] {
        let folder = folder().join(name);
        if folder.is_dir() {
            found.extend(shell::files(&folder)?);
        }
    }
    found.retain(|path| {
        path.extension().is_some_and(|end| endings.iter().any(|wanted| end == *wanted))
    });
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn table_is_well_formed() {
        let rows = rows().expect("every row parses");
        let mut targets = BTreeSet::new();
        for row in &rows {
            assert!(matches!(row.part, "ci" | "all"), "{}", row.target);
            assert_eq!(row.package.sha256.len(), 64, "{}", row.target);
            assert!(targets.insert(row.target), "{} twice", row.target);
        }
        assert!(rows.iter().any(|row| row.part == "ci"));
    }
}
