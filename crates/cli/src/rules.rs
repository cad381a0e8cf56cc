//! `menshen rules` and `menshen explain`, and the rules that the other commands use.

use crate::arguments::{ExplainArguments, RuleSelection, RulesArguments, RulesCommand, language};
use crate::output;
use anyhow::{Context, Result, bail};
use menshen_base::Lang;
use menshen_rules::{Rule, RulePack};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Folders within a rule folder that are read.
const DEPTH_MAX: usize = 8;

/// The built-in rules with those of the folders.
pub(crate) fn pack(folders: &[PathBuf]) -> Result<RulePack> {
    let mut pack = RulePack::builtin().clone();
    for folder in folders {
        let files = read_folder(folder)?;
        let (own, errors) = RulePack::load(&files);
        for error in &errors {
            eprintln!("menshen: {error}");
        }
        if !errors.is_empty() {
            bail!("{} of the rules in {} cannot be used", errors.len(), folder.display());
        }
        let (merged, errors) = pack.with(&own);
        if let Some(error) = errors.first() {
            bail!("{error}");
        }
        pack = merged;
    }
    Ok(pack)
}

/// Paths and texts of the YAML files in a folder, sorted.
fn read_folder(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    collect(folder, 0, &mut files)?;
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            Ok((path.to_string_lossy().into_owned(), text))
        })
        .collect()
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            if depth < DEPTH_MAX {
                collect(&path, depth + 1, files)?;
            }
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            files.push(path);
        }
    }
    Ok(())
}

pub(crate) fn run(arguments: &RulesArguments) -> Result<ExitCode> {
    match &arguments.command {
        RulesCommand::List(selection) => list(selection),
        RulesCommand::Show { id, selection } => show(id, selection),
        RulesCommand::Lint(_) | RulesCommand::Test(_) => bail!("not yet"),
    }
}

fn list(selection: &RuleSelection) -> Result<ExitCode> {
    let lang = language(selection.lang);
    let pack = pack(&selection.rules)?;
    output::to_stdout(|out| {
        for rule in pack.rules() {
            let severity = format!("{:?}", rule.severity).to_lowercase();
            writeln!(out, "{:<14} {severity:<9} {:<10} {}", rule.id, rule.area, rule.title.get(lang))?;
        }
        Ok(())
    })
}

fn find<'p>(pack: &'p RulePack, id: &str) -> Result<&'p Rule> {
    let found = pack.get(id).or_else(|| pack.get(&id.to_uppercase()));
    found.with_context(|| format!("no rule {id}; `menshen rules list` shows all"))
}

fn show(id: &str, selection: &RuleSelection) -> Result<ExitCode> {
    let pack = pack(&selection.rules)?;
    let rule = find(&pack, id)?;
    let builtin = RulePack::builtin_sources().iter().find(|(path, _)| *path == rule.path);
    let text = match builtin {
        Some((_, text)) => (*text).to_owned(),
        None => fs::read_to_string(&rule.path)
            .with_context(|| format!("cannot read {}", rule.path))?,
    };
    output::to_stdout(|out| out.write_all(text.as_bytes()))
}

pub(crate) fn explain(arguments: &ExplainArguments) -> Result<ExitCode> {
    let lang = language(arguments.selection.lang);
    let pack = pack(&arguments.selection.rules)?;
    let rule = find(&pack, &arguments.id)?;
    let (why, fix, origin) = match lang {
        Lang::Zh => ("原因", "修复", "依据"),
        Lang::En => ("Why", "Fix", "Source"),
    };
    output::to_stdout(|out| {
        writeln!(out, "{}  {}", rule.id, rule.title.get(lang))?;
        let severity = format!("{:?}", rule.severity).to_lowercase();
        let confidence = format!("{:?}", rule.confidence).to_lowercase();
        let maps = [&rule.maps.cwe, &rule.maps.masvs, &rule.maps.maswe];
        let maps: Vec<&str> = maps.into_iter().flatten().map(String::as_str).collect();
        writeln!(out, "{severity}, {confidence}, {}  {}", rule.area, maps.join(" "))?;
        writeln!(out, "\n{why}: {}", rule.reason.get(lang))?;
        writeln!(out, "\n{fix}: {}", rule.fix.get(lang))?;
        writeln!(out, "\n{origin}: {}", rule.origin)
    })
}
