//! The built twins against the rules: `cargo xtask twins [--binary PATH]`.
//!
//! Each vulnerable app of `fixtures/rules/` is to fire the rule that its folder names, its fixed
//! twin is not. Rules that do not exist yet are counted apart. The last line gives precision,
//! recall and F1 over the rules that exist.

use crate::{bench, shell};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let binary = match arguments {
        [] => bench::build()?,
        [flag, path] if flag == "--binary" => PathBuf::from(path),
        _ => bail!("usage: cargo xtask twins [--binary PATH]"),
    };
    let rules = rule_ids()?;
    let (mut hits, mut misses, mut false_alarms) = (0, Vec::new(), Vec::new());
    let mut unwritten = 0;
    let mut folders: Vec<PathBuf> = std::fs::read_dir(shell::root().join("fixtures/rules"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    folders.sort();
    for folder in folders {
        let id = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !rules.contains(&id) {
            unwritten += 1;
            continue;
        }
        if fires(&binary, &folder.join("vulnerable.apk"), &id)? {
            hits += 1;
        } else {
            misses.push(id.clone());
        }
        if fires(&binary, &folder.join("fixed.apk"), &id)? {
            false_alarms.push(id);
        }
    }
    println!("does not fire on its vulnerable app: {}", misses.join(", "));
    println!("fires on its fixed app: {}", false_alarms.join(", "));
    println!("twins without a rule: {unwritten}");
    let ratio = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let precision = ratio(hits, hits + false_alarms.len());
    let recall = ratio(hits, hits + misses.len());
    let f1 = ratio(2 * hits, 2 * hits + misses.len() + false_alarms.len());
    println!("precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}");
    Ok(())
}

/// Ids in the rule files: the `id:` line.
fn rule_ids() -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    for file in shell::files(&shell::root().join("rules"))? {
        if file.extension().is_some_and(|end| end == "yaml") {
            let text = std::fs::read_to_string(&file)?;
            let id = text.lines().find_map(|line| line.strip_prefix("id:"));
            ids.extend(id.map(|id| id.trim().to_owned()));
        }
    }
    Ok(ids)
}

fn fires(binary: &Path, apk: &Path, id: &str) -> Result<bool> {
    let output = Command::new(binary)
        .args(["scan", "--depth", "deep", "--format", "json"])
        .arg(apk)
        .output()
        .with_context(|| binary.display().to_string())?;
    let report: Value = serde_json::from_slice(&output.stdout)
        .with_context(|| format!("no report on {}", apk.display()))?;
    let findings = report["findings"].as_array().context("a report without findings")?;
    Ok(findings.iter().any(|finding| finding["rule"] == id))
}
