//! `menshen comply`: clause by clause against the rules on personal information.

use crate::arguments::{ComplyArguments, ComplyFormat, language};
use crate::{date, output};
use anyhow::{Context, Result, bail};
use menshen_base::Lang;
use menshen_comply::{
    Answers, Artifact, BehaviourLog, Compliance, Declared, Inputs, PolicyInput, Verdict, assess,
    catalogue, checklist,
};
use menshen_report::comply as report;
use menshen_rules::{Baseline, RulePack};
use menshen_scan::{Options, discover};
use std::path::Path;
use std::process::ExitCode;

/// Exit codes: 0 when no clause fails, 1 when one does, 2 when nothing could be read.
pub(crate) fn run(arguments: &ComplyArguments) -> Result<ExitCode> {
    let lang = language(arguments.lang);
    let as_of = arguments.as_of.clone().unwrap_or_else(date::today);
    if !date::is_day(&as_of) {
        bail!("--as-of takes a day in the form 2026-11-25, not {as_of:?}");
    }
    let standards = standards(&arguments.standard)?;
    let app_type = match &arguments.app_type {
        None => None,
        Some(name) => match catalogue().app_type(name) {
            Some(known) => Some(known),
            None => bail!("--type {name:?} is none of: {}", type_names(lang)),
        },
    };
    let policy = match &arguments.policy {
        None => PolicyInput::None,
        Some(path) => read_policy(path)?,
    };
    let log = match &arguments.log {
        None => None,
        Some(path) => Some(BehaviourLog::parse(&read_text(path)?)),
    };
    let known = |id: &str| {
        catalogue()
            .standards
            .iter()
            .any(|standard| standard.clauses.iter().any(|clause| clause.id == id))
    };
    let answers = match &arguments.answers {
        None => Answers::default(),
        Some(path) => Answers::parse(&read_text(path)?, &known)
            .with_context(|| format!("cannot use {}", path.display()))?,
    };
    let (inputs, missing) = discover(std::slice::from_ref(&arguments.file));
    if inputs.is_empty() || !missing.is_empty() {
        bail!("cannot read {}", arguments.file.display());
    }
    let pack = RulePack::default();
    let baseline = Baseline::builtin();
    let options = Options {
        depth: menshen_scan::Depth::Quick,
        pack: &pack,
        baseline: &baseline,
        as_of: &as_of,
        compliance: true,
    };
    let mut results: Vec<Compliance> = Vec::new();
    for input in &inputs {
        let scanned = menshen_scan::assess(input, &options);
        if !scanned.readable {
            for issue in &scanned.assessment.scan_issues {
                eprintln!("menshen: {}: {}", input.name, issue.kind.title.get(lang));
            }
            continue;
        }
        let assessment = &scanned.assessment;
        results.push(assess(&Inputs {
            artifact: artifact(&assessment.artifact),
            facts: &assessment.facts,
            scan_issues: &assessment.scan_issues,
            dex_files: assessment.coverage.dex_files.total,
            as_of: &as_of,
            policy: &policy,
            app_type,
            log: log.as_ref(),
            answers: &answers,
            standards: &standards,
        }));
    }
    if results.is_empty() {
        return Ok(ExitCode::from(2));
    }
    print(arguments, &results, lang)?;
    let failed = results
        .iter()
        .any(|result| result.controls.iter().any(|control| control.verdict == Verdict::Fail));
    Ok(if failed { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn artifact(of: &menshen_rules::assessment::Artifact) -> Artifact<'_> {
    Artifact {
        name: &of.name,
        sha256: of.sha256.as_ref().map(|digest| digest.0.as_str()),
        size_bytes: of.size_bytes,
        package: of.package.as_deref(),
        label: of.label.as_deref(),
        version_name: of.version_name.as_deref(),
        version_code: of.version_code,
        min_sdk: of.min_sdk,
        target_sdk: of.target_sdk,
    }
}

fn print(arguments: &ComplyArguments, results: &[Compliance], lang: Lang) -> Result<()> {
    let path = arguments.output.as_deref();
    output::write(path, |mut out| {
        if arguments.checklist {
            for result in results {
                out.write_all(checklist(result, lang).as_bytes())?;
            }
            return Ok(());
        }
        match arguments.format {
            ComplyFormat::Terminal => {
                report::terminal(results, lang, output::style(path.is_some()), &mut out)
            }
            ComplyFormat::Json => report::json(results, &mut out),
            ComplyFormat::Html => report::html(results, lang, &mut out),
            ComplyFormat::Csv => report::csv(results, lang, &mut out),
        }
    })
}

/// Codes of documents, each once; all of them without a choice.
fn standards(chosen: &[String]) -> Result<Vec<String>> {
    let all: Vec<String> =
        catalogue().standards.iter().map(|standard| standard.document.code.clone()).collect();
    if chosen.is_empty() {
        return Ok(all);
    }
    let mut codes: Vec<String> = Vec::new();
    for code in chosen.iter().flat_map(|list| list.split(',')).map(str::trim) {
        if !all.iter().any(|known| known == code) {
            bail!("--standard {code:?} is none of: {}", all.join(", "));
        }
        if !codes.iter().any(|known| known == code) {
            codes.push(code.to_owned());
        }
    }
    Ok(codes)
}

fn type_names(lang: Lang) -> String {
    let names: Vec<&str> = catalogue().app_types.iter().map(|known| known.name.get(lang)).collect();
    names.join(", ")
}

fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A policy, or declarations kept as YAML. A file that cannot be used is no error: the clauses
/// that need it are not assessed.
fn read_policy(path: &Path) -> Result<PolicyInput> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let is_yaml = path.extension().is_some_and(|end| end == "yaml" || end == "yml");
    if is_yaml {
        let mut declared = Declared::parse_yaml(&String::from_utf8_lossy(&bytes))
            .map_err(anyhow::Error::msg)
            .with_context(|| format!("cannot use {}", path.display()))?;
        declared.name = name;
        return Ok(PolicyInput::Read(Box::new(declared)));
    }
    Ok(PolicyInput::of_file(&bytes, &name))
}
