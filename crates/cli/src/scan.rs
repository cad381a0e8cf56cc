//! `menshen scan`.

use crate::arguments::{Format, ScanArguments, language};
use crate::{date, output, rules};
use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use menshen_base::Lang;
use menshen_report as report;
use menshen_rules::Baseline;
use menshen_rules::assessment::Assessment;
use menshen_scan::{Input, NoInput, Options, Reason, Scanned, assess, discover};
use rayon::prelude::*;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn run(arguments: &ScanArguments) -> Result<ExitCode> {
    let start = Instant::now();
    let lang = language(arguments.lang);
    use_threads(arguments.threads);
    let as_of = date::chosen(arguments.as_of.as_deref())?;
    let rules::Chosen { pack, unusable } = rules::chosen(&arguments.rules, lang)?;
    let baseline = baseline(arguments.baseline.as_deref(), arguments.accept.as_deref(), lang)?;
    let (inputs, missing) = discover(&arguments.files);
    for missing in &missing {
        eprintln!("menshen: {}", explain(missing, lang));
    }
    let options = Options {
        depth: arguments.depth.of_scan(),
        pack: &pack,
        baseline: &baseline,
        as_of: &as_of,
        compliance: false,
    };
    let scanned = look_at_all(&inputs, &options, lang);
    if inputs.is_empty() {
        return Ok(ExitCode::from(2));
    }
    let readable = scanned.iter().all(|one| one.readable);
    let passed = scanned.iter().filter(|one| one.readable).all(|one| one.assessment.gate.passed);
    let mut assessments: Vec<Assessment> = scanned.into_iter().map(|one| one.assessment).collect();
    for assessment in &mut assessments {
        assessment.coverage.not_assessed.extend(rules::not_used(unusable));
    }
    print(arguments, &assessments, &pack.summaries(), lang)?;
    if arguments.timings {
        eprintln!("{:.3} s", start.elapsed().as_secs_f64());
    }
    // A failed gate is known; an input or a rule that could not be read may hide another.
    Ok(match (passed, readable && missing.is_empty() && unusable == 0) {
        (false, _) => ExitCode::from(1),
        (true, false) => ExitCode::from(2),
        (true, true) => ExitCode::SUCCESS,
    })
}

pub(crate) fn use_threads(threads: Option<usize>) {
    if let Some(threads) = threads {
        // Fails only when the pool was made before, which nothing does.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
}

/// The baseline file, or the one that Menshen comes with, and the accepted earlier report.
pub(crate) fn baseline(file: Option<&Path>, accept: Option<&Path>, lang: Lang) -> Result<Baseline> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let mut baseline = match file {
        None => Baseline::builtin(),
        Some(path) => match Baseline::parse(&path.to_string_lossy(), &read(path)?) {
            Ok(baseline) => baseline,
            Err(errors) => {
                for error in &errors {
                    eprintln!("menshen: {}", rules::located(error, lang));
                }
                bail!("the baseline {} cannot be used", path.display());
            }
        },
    };
    if let Some(path) = accept {
        baseline
            .accept_report(&read(path)?)
            .with_context(|| format!("{} is not a report of menshen", path.display()))?;
    }
    Ok(baseline)
}

/// Looks at the inputs in parallel; on a terminal a line shows how far it is.
fn look_at_all(inputs: &[Input], options: &Options<'_>, lang: Lang) -> Vec<Scanned> {
    let bar = match inputs.len() > 1 && std::io::stderr().is_terminal() {
        true => ProgressBar::new(inputs.len() as u64),
        false => ProgressBar::hidden(),
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    let scanned: Vec<Scanned> = inputs
        .par_iter()
        .map(|input| {
            bar.set_message(input.name.clone());
            let scanned = assess(input, options);
            bar.inc(1);
            scanned
        })
        .collect();
    bar.finish_and_clear();
    for one in scanned.iter().filter(|one| !one.readable) {
        for line in why_unreadable(one, lang) {
            eprintln!("menshen: {line}");
        }
    }
    scanned
}

/// What kept an input from being read, a line each.
pub(crate) fn why_unreadable(one: &Scanned, lang: Lang) -> Vec<String> {
    let name = &one.assessment.artifact.name;
    let issues = one.assessment.scan_issues.iter();
    issues
        .map(|issue| {
            let detail = if issue.detail.is_empty() { "" } else { ": " };
            format!("{name}: {}{detail}{}", issue.kind.title.get(lang), issue.detail)
        })
        .collect()
}

fn print(
    arguments: &ScanArguments,
    assessments: &[Assessment],
    rules: &[menshen_rules::assessment::RuleSummary],
    lang: Lang,
) -> Result<()> {
    let path = arguments.output.as_deref();
    let options = report::Options {
        lang,
        facts: arguments.facts,
        rules,
        style: output::style(path.is_some()),
    };
    output::write(path, |mut out| match arguments.format {
        Format::Terminal => report::terminal::write(assessments, &options, &mut out),
        Format::Json => report::json::write(assessments, &options, &mut out),
        Format::Sarif => report::sarif::write(assessments, &options, &mut out),
        Format::Cyclonedx => report::cyclonedx::write(assessments, &options, &mut out),
        Format::Html => report::html::write(assessments, &options, &mut out),
    })
}

pub(crate) fn explain(missing: &NoInput, lang: Lang) -> String {
    let path = missing.path.display();
    match (&missing.reason, lang) {
        (Reason::Unreadable(error), Lang::En) => format!("cannot read {path}: {error}"),
        (Reason::Unreadable(error), Lang::Zh) => format!("无法读取 {path}：{error}"),
        (Reason::EmptyFolder, Lang::En) => format!("no apps or SDKs in {path}"),
        (Reason::EmptyFolder, Lang::Zh) => format!("{path} 中没有应用或 SDK"),
    }
}
