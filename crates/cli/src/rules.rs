//! `menshen rules` and `menshen explain`, and the rules that the other commands use.

use crate::arguments::{ExplainArguments, RuleSelection, RulesArguments, RulesCommand, language};
use crate::{checks, output};
use anyhow::{Context, Result};
use menshen_base::{Lang, Text};
use menshen_rules::{Rule, RuleError, RulePack};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Folders within a rule folder that are read.
const DEPTH_MAX: usize = 8;

/// The rules that a command uses.
pub(crate) struct Chosen {
    pub(crate) pack: RulePack,
    /// Rule files that are wrong. Each was named on standard error.
    pub(crate) unusable: usize,
}

/// The built-in rules with those of the folders. A file that is wrong costs that file.
pub(crate) fn chosen(folders: &[PathBuf], lang: Lang) -> Result<Chosen> {
    let mut pack = RulePack::builtin().clone();
    let mut wrong = BTreeSet::new();
    for folder in folders {
        let (own, mut errors) = RulePack::load(&read(folder)?);
        let (merged, taken) = pack.with(&own);
        errors.extend(taken);
        for error in &errors {
            eprintln!("menshen: {}", located(error, lang));
        }
        wrong.extend(errors.into_iter().map(|error| error.path));
        pack = merged;
    }
    Ok(Chosen { pack, unusable: wrong.len() })
}

/// What a report says of rule files that are wrong; nothing when all are right.
pub(crate) fn not_used(unusable: usize) -> Option<Text> {
    (unusable > 0).then(|| {
        Text::new(
            format!("{unusable} 个规则文件有误，其中的规则未执行"),
            format!("{unusable} rule files have errors: their rules did not run"),
        )
    })
}

/// The error with its place, as compilers print it.
pub(crate) fn located(error: &RuleError, lang: Lang) -> String {
    match (error.line, error.problem.get(lang)) {
        (0, problem) => format!("{}: {problem}", error.path),
        (line, problem) => format!("{}:{line}:{}: {problem}", error.path, error.column),
    }
}

/// Paths and texts of the YAML files in a folder, sorted; of a rule file, itself and its tests.
pub(crate) fn read(path: &Path) -> Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    if path.is_file() {
        files.push(path.to_owned());
        let tests = PathBuf::from(menshen_rules::test_path(&path.to_string_lossy()));
        files.extend(Some(tests).filter(|tests| tests.is_file()));
    } else {
        collect(path, 0, &mut files)?;
    }
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
        RulesCommand::Lint(folders) => checks::lint(folders),
        RulesCommand::Test(arguments) => checks::test(arguments),
    }
}

fn list(selection: &RuleSelection) -> Result<ExitCode> {
    let lang = language(selection.lang);
    let pack = chosen(&selection.rules, lang)?.pack;
    output::to_stdout(|out| {
        for rule in pack.rules() {
            let severity = format!("{:?}", rule.severity).to_lowercase();
            writeln!(
                out,
                "{:<14} {severity:<9} {:<10} {}",
                rule.id,
                rule.area,
                rule.title.get(lang)
            )?;
        }
        Ok(())
    })
}

fn find<'p>(pack: &'p RulePack, id: &str) -> Result<&'p Rule> {
    let found = pack.get(id).or_else(|| pack.get(&id.to_uppercase()));
    found.with_context(|| format!("no rule {id}; `menshen rules list` shows all"))
}

fn show(id: &str, selection: &RuleSelection) -> Result<ExitCode> {
    let pack = chosen(&selection.rules, language(selection.lang))?.pack;
    let rule = find(&pack, id)?;
    let builtin = RulePack::builtin_sources().iter().find(|(path, _)| *path == rule.path);
    let text = match builtin {
        Some((_, text)) => (*text).to_owned(),
        None => {
            fs::read_to_string(&rule.path).with_context(|| format!("cannot read {}", rule.path))?
        }
    };
    output::to_stdout(|out| out.write_all(text.as_bytes()))
}

pub(crate) fn explain(arguments: &ExplainArguments) -> Result<ExitCode> {
    let lang = language(arguments.selection.lang);
    let pack = chosen(&arguments.selection.rules, lang)?.pack;
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
