//! Builds the small apps of `fixtures/`: `cargo xtask fixtures`.
//!
//! A fixture is a folder with sources; the built file stands beside it and both are committed, so
//! that tests need no toolchain. `fixtures/built.tsv` holds, for each, the digest of all its
//! sources and of the built file: `--check` compares them without building anything.

use crate::{shell, toolchain};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders below `fixtures/` whose subfolders are fixtures, at the given depth.
const GROUPS: &[(&str, usize)] =
    &[("apps", 1), ("consent", 1), ("flows", 2), ("inputs", 1), ("rules", 2)];
/// What a built file depends on besides its own folder.
const COMMON: &[&str] = &["tools", "support"];
const LIST: &str = "built.tsv";
/// Of a group, for all its fixtures.
const DEFAULTS: &str = "fixture.properties";
/// End of the name of a folder whose subfolders are fixtures that belong together.
pub(crate) const APPS: &str = "apps";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (flags, names): (Vec<_>, Vec<_>) =
        arguments.iter().partition(|argument| argument.starts_with("--"));
    match flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>()[..] {
        [] => build(&names.into_iter().map(String::as_str).collect::<Vec<_>>()),
        ["--all"] => build_these(all()?),
        ["--check"] => check(),
        _ => bail!("usage: cargo xtask fixtures [--check | --all | NAME...]"),
    }
}

/// Every built file is there and belongs to its sources.
pub(crate) fn check() -> Result<()> {
    let listed = read_list()?;
    let mut stale = Vec::new();
    for name in all()? {
        let current = (source_digest(&name)?, built_digest(&name)?);
        if listed.get(&name) != Some(&current) {
            stale.push(name);
        }
    }
    if !stale.is_empty() {
        bail!("not built from their sources, run cargo xtask fixtures: {}", stale.join(", "));
    }
    Ok(())
}

/// Builds the named fixtures, or those that are stale.
fn build(names: &[&str]) -> Result<()> {
    let listed = read_list()?;
    let mut wanted = Vec::new();
    for name in all()? {
        let asked = names.iter().any(|start| name.starts_with(start));
        let stale = || -> Result<bool> {
            let current = (source_digest(&name)?, built_digest(&name)?);
            Ok(listed.get(&name) != Some(&current))
        };
        if asked || (names.is_empty() && stale()?) {
            wanted.push(name);
        }
    }
    build_these(wanted)
}

fn build_these(wanted: Vec<String>) -> Result<()> {
    if wanted.is_empty() {
        println!("fixtures: nothing to build");
        return Ok(());
    }
    shell::need(&[("java", "openjdk-17-jdk-headless"), ("aapt2", "aapt")])?;
    let tools = toolchain::fetch()?;
    let work = shell::target().join("fixtures");
    let class_path =
        format!("{}:{}", tools.join("r8.jar").display(), tools.join("apksigner.jar").display());
    let built = shell::run(
        Command::new("java")
            .arg("--add-exports=java.base/jdk.internal.org.objectweb.asm=ALL-UNNAMED")
            .args(["-cp", &class_path])
            .arg(folder().join("tools/Build.java"))
            .args([&tools, &folder(), &work])
            .arg("aapt2")
            .args(&wanted),
    );
    built.context("fixtures were not built")?;
    let mut list = read_list()?;
    for name in wanted {
        let digests = (source_digest(&name)?, built_digest(&name)?);
        list.insert(name, digests);
    }
    let present = all()?;
    list.retain(|name, _| present.contains(name));
    write_list(&list)
}

fn folder() -> PathBuf {
    shell::root().join("fixtures")
}

/// Names of all fixtures: paths below `fixtures/`.
pub(crate) fn all() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for (group, depth) in GROUPS {
        let mut level = vec![folder().join(group)];
        for _ in 0..*depth {
            let mut next = Vec::new();
            for parent in level.iter().filter(|parent| parent.is_dir()) {
                for entry in std::fs::read_dir(parent)? {
                    let path = entry?.path();
                    if path.is_dir() && path.extension().is_none_or(|end| end != "splits") {
                        next.push(path);
                    }
                }
            }
            level = next;
        }
        let (sets, mut level): (Vec<_>, Vec<_>) = level
            .into_iter()
            .partition(|path: &PathBuf| path.extension().is_some_and(|end| end == APPS));
        for set in sets {
            for entry in std::fs::read_dir(set)? {
                level.push(entry?.path());
            }
        }
        level.retain(|path| path.is_dir());
        for path in level {
            names.push(path.strip_prefix(folder())?.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Digest of the fixture's folder and of what all fixtures share.
fn source_digest(name: &str) -> Result<String> {
    let mut text = String::new();
    let group = Path::new(name).components().next().context("a fixture without a name")?;
    let defaults = folder().join(group).join(DEFAULTS);
    if defaults.exists() {
        writeln!(text, "{} {DEFAULTS}", shell::sha256_file(&defaults)?)?;
    }
    let mut roots: Vec<PathBuf> = COMMON.iter().map(|common| folder().join(common)).collect();
    roots.push(folder().join(name));
    roots.extend(borrowed_sources(name));
    for root in roots {
        for file in shell::files(&root)? {
            let shown = file.strip_prefix(folder())?.display().to_string();
            writeln!(text, "{} {shown}", shell::sha256_file(&file)?)?;
        }
    }
    Ok(shell::sha256(text.as_bytes()))
}

/// The fixture that this one is built from, if its properties name one.
fn borrowed_sources(name: &str) -> Option<PathBuf> {
    let text = std::fs::read_to_string(folder().join(name).join("fixture.properties")).ok()?;
    text.lines().find_map(|line| line.strip_prefix("source=")).map(|path| folder().join(path))
}

/// Digest of the built file, or of all files of a folder of splits; "-" when there is none.
fn built_digest(name: &str) -> Result<String> {
    let Some(built) = built_path(&folder().join(name)) else { return Ok("-".to_owned()) };
    let renamed = ["r8.apk", "r8.map"].map(|end| built.with_extension(end));
    let mut text = String::new();
    if built.is_file() {
        if !renamed.iter().any(|file| file.exists()) {
            return shell::sha256_file(&built);
        }
        for file in std::iter::once(&built).chain(&renamed) {
            writeln!(text, "{}", shell::sha256_file(file)?)?;
        }
        return Ok(shell::sha256(text.as_bytes()));
    }
    for file in shell::files(&built)? {
        writeln!(text, "{} {}", shell::sha256_file(&file)?, file.strip_prefix(&built)?.display())?;
    }
    Ok(shell::sha256(text.as_bytes()))
}

fn built_path(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?.to_string_lossy();
    ["apk", "aab", "aar", "jar", "apks", "xapk", "splits"]
        .iter()
        .map(|end| folder.with_file_name(format!("{name}.{end}")))
        .find(|path| path.exists())
}

type Digests = (String, String);

fn read_list() -> Result<BTreeMap<String, Digests>> {
    let text = match std::fs::read_to_string(folder().join(LIST)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    shell::table(&text)
        .map(|fields| match fields[..] {
            [name, source, built] => Ok((name.to_owned(), (source.to_owned(), built.to_owned()))),
            _ => bail!("{LIST}: a row has {} fields", fields.len()),
        })
        .collect()
}

fn write_list(list: &BTreeMap<String, Digests>) -> Result<()> {
    let mut text = String::from(
        "# Written by cargo xtask fixtures: fixture, SHA-256 of its sources, SHA-256 of what was built.\n",
    );
    for (name, (source, built)) in list {
        writeln!(text, "{name}\t{source}\t{built}")?;
    }
    std::fs::write(folder().join(LIST), text)?;
    Ok(())
}
