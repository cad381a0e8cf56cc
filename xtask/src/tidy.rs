//! Rules of the house that no compiler checks: `cargo xtask tidy`. Runs as a test too.
//!
//! - A crate depends only on crates of a strictly lower rank.
//! - A Rust file past 100 lines says with `//!` what it is; none passes 1,000 lines.
//! - Nothing names the machine it was written on.
//! - A rule has both languages; the built fixtures belong to their sources.

use crate::{fixtures, licences, shell};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;

const HEADER_FROM_LINES: usize = 100;
const LINES_MAX: usize = 1000;
const FILE_BYTES_MAX: u64 = 2 << 20;
/// Split, so that this file does not contain them.
const FORBIDDEN: &[(&str, &str)] = &[
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("deb.deb", "ian.org"),
    ("registry.npm", "js.org"),
    ("pypi", ".org"),
    ("files.python", "hosted.org"),
    ("Co-Author", "ed-By"),
];
const BINARY: &[&str] = &[
    "apk", "aab", "aar", "apks", "xapk", "jar", "p12", "png", "dex", "so", "gz", "arsc", "bin",
    "zip", "class", "idsig", "ico", "woff2", "pdf", "docx",
];

pub(crate) fn run() -> Result<()> {
    let mut problems = ranks()?;
    problems.extend(sources()?);
    if let Err(error) = fixtures::check() {
        problems.push(format!("fixtures: {error:#}"));
    }
    if !problems.is_empty() {
        bail!("{} problems:\n  {}", problems.len(), problems.join("\n  "));
    }
    println!("tidy: nothing found");
    Ok(())
}

fn ranks() -> Result<Vec<String>> {
    let metadata = licences::metadata(true)?;
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    Ok(rank_problems(packages))
}

fn rank_problems(packages: &[Value]) -> Vec<String> {
    let name = |package: &Value| package["name"].as_str().unwrap_or_default().to_owned();
    let ranks: BTreeMap<String, u64> = packages
        .iter()
        .filter_map(|package| Some((name(package), package["metadata"]["layer"]["rank"].as_u64()?)))
        .collect();
    let mut problems = Vec::new();
    for package in packages {
        let from = name(package);
        // Development commands stand outside the product.
        if from == "xtask" {
            continue;
        }
        let Some(rank) = ranks.get(&from) else {
            problems.push(format!("{from}: no package.metadata.layer.rank"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let to = name(dependency);
            // What only tests need may come from anywhere.
            let tests_only = dependency["kind"].as_str() == Some("dev");
            if let (false, Some(below)) = (tests_only, ranks.get(&to))
                && below >= rank
            {
                problems.push(format!("{from} (rank {rank}) depends on {to} (rank {below})"));
            }
        }
    }
    problems
}

/// All files that are tracked or would be.
fn sources() -> Result<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(shell::root()).args(["ls-files", "-z", "--cached", "--others"]);
    let listed = shell::output(git.arg("--exclude-standard"))?;
    let mut problems = Vec::new();
    for name in listed.split('\0').filter(|name| !name.is_empty()) {
        let path = shell::root().join(name);
        // A file that is deleted but still in the index.
        let Ok(metadata) = std::fs::metadata(&path) else { continue };
        if metadata.len() > FILE_BYTES_MAX {
            problems.push(format!("{name}: {} bytes", metadata.len()));
        }
        let end = path.extension().map(|end| end.to_string_lossy().into_owned());
        if end.is_some_and(|end| BINARY.contains(&end.as_str())) {
            continue;
        }
        let bytes = std::fs::read(&path)?;
        if let Ok(text) = std::str::from_utf8(&bytes) {
            problems.extend(text_problems(name, text));
        }
    }
    Ok(problems)
}

fn text_problems(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let lines = text.lines().count();
    if name.ends_with(".rs") {
        if lines > LINES_MAX {
            problems.push(format!("{name}: {lines} lines"));
        }
        if lines > HEADER_FROM_LINES && !text.starts_with("//!") {
            problems.push(format!("{name}: {lines} lines and no //! header"));
        }
    }
    let is_rule = name.starts_with("rules/") && name.ends_with(".yaml");
    if is_rule && !name.ends_with(".test.yaml") && !(text.contains("zh:") && text.contains("en:")) {
        problems.push(format!("{name}: not in both languages"));
    }
    for (number, line) in text.lines().enumerate() {
        for (start, end) in FORBIDDEN {
            if line.contains(&format!("{start}{end}")) {
                problems.push(format!("{name}:{}: {start}{end}", number + 1));
            }
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_repository_is_tidy() {
        run().expect("tidy");
    }

    #[test]
    fn ranks_must_fall() {
        let crate_of = |name: &str, rank: u64, needs: &[(&str, Value)]| {
            let needs: Vec<Value> =
                needs.iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect();
            json!({"name": name, "metadata": {"layer": {"rank": rank}}, "dependencies": needs})
        };
        let good = [
            crate_of("a", 1, &[("b", Value::Null), ("serde", Value::Null)]),
            crate_of("b", 0, &[]),
        ];
        assert!(rank_problems(&good).is_empty());
        let upward = [crate_of("a", 1, &[("b", Value::Null)]), crate_of("b", 1, &[])];
        assert_eq!(rank_problems(&upward), ["a (rank 1) depends on b (rank 1)"]);
        let for_tests = [crate_of("a", 1, &[("b", json!("dev"))]), crate_of("b", 4, &[])];
        assert!(rank_problems(&for_tests).is_empty());
        let unranked = [json!({"name": "c", "metadata": null, "dependencies": []})];
        assert_eq!(rank_problems(&unranked), ["c: no package.metadata.layer.rank"]);
    }

    #[test]
    fn texts() {
        let long = "x\n".repeat(101);
        let huge = format!("//! What it is.\n{}", "x\n".repeat(1000));
        let machine = format!("a\n{}{}main", "/wo", "rk/");
        for (name, text, expected) in [
            ("a.rs", "fn a() {}\n", 0),
            ("a.rs", &long, 1),
            ("a.md", &long, 0),
            ("a.rs", &huge, 1),
            ("a.md", &machine, 1),
            ("rules/a/b.yaml", "title: {zh: x}", 1),
            ("rules/a/b.yaml", "title: {zh: x, en: y}", 0),
            ("rules/a/b.test.yaml", "- name: x", 0),
        ] {
            assert_eq!(text_problems(name, text).len(), expected, "{name} {text:.20}");
        }
    }
}
