//! `menshen diff OLD NEW`: what changed between two versions of an app.
//!
//! Each side is an app, which is scanned, or a JSON report. Exit code 0: nothing new; 1: a new
//! finding, a new place of a known one or one that became worse, as bad as the baseline's
//! thresholds or of a rule it forbids, whatever numbers it allows; 2: a side cannot be read.

use crate::arguments::{DiffArguments, DiffFormat, language};
use crate::{date, output, rules, scan};
use anyhow::{Context, Result, anyhow, bail};
use menshen_base::{Finding, Lang, Text};
use menshen_report::diff::{self, Difference, FindingChange, Snapshot};
use menshen_rules::stopping;
use menshen_scan::{Options, assess, discover};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

/// Bytes that tell a report from an app.
const START_BYTES: u64 = 64;

pub(crate) fn run(arguments: &DiffArguments) -> Result<ExitCode> {
    let lang = language(arguments.lang);
    scan::use_threads(arguments.threads);
    let as_of = date::chosen(arguments.as_of.as_deref())?;
    let rules::Chosen { pack, unusable } = rules::chosen(&arguments.rules, lang)?;
    let baseline = scan::baseline(arguments.baseline.as_deref(), None, lang)?;
    let options = Options {
        depth: arguments.depth.of_scan(),
        pack: &pack,
        baseline: &baseline,
        as_of: &as_of,
        compliance: false,
    };
    let (old, new) = rayon::join(
        || snapshot(&arguments.old, &options, lang),
        || snapshot(&arguments.new, &options, lang),
    );
    let difference = diff::compare(&old?, &new?);
    print(arguments, &difference, &pack.summaries(), lang)?;
    let new = worse(&difference);
    Ok(match (stopping(&new, &baseline, &as_of).is_empty(), unusable) {
        (false, _) => ExitCode::from(1),
        (true, 0) => ExitCode::SUCCESS,
        (true, _) => ExitCode::from(2),
    })
}

/// One side: read from a report, or scanned.
fn snapshot(path: &Path, options: &Options<'_>, lang: Lang) -> Result<Snapshot> {
    if is_report(path) {
        let shown = path.display();
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
        let json = serde_json::from_str(&text)
            .with_context(|| format!("{shown} is not a report of menshen"))?;
        let mut sides = Snapshot::from_json(&json)
            .map_err(|error| anyhow!("{shown}: {}", error.text().get(lang)))?;
        let count = sides.len();
        return match sides.pop() {
            Some(side) if count == 1 => Ok(side),
            _ => bail!("{shown} is a report on {count} apps: one on one app is needed"),
        };
    }
    let (inputs, missing) = discover(&[path.to_owned()]);
    if let Some(missing) = missing.first() {
        bail!("{}", scan::explain(missing, lang));
    }
    let [input] = inputs.as_slice() else {
        bail!("{} holds {} apps: name one of them", path.display(), inputs.len());
    };
    let scanned = assess(input, options);
    if !scanned.readable {
        bail!("{}", scan::why_unreadable(&scanned, lang).join("; "));
    }
    Ok(Snapshot::of(&scanned.assessment))
}

/// A JSON object, as no app begins.
fn is_report(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(START_BYTES).read_to_end(&mut start));
    read.is_ok() && start.trim_ascii_start().first() == Some(&b'{')
}

/// What is new or became worse, as findings for the baseline to judge.
fn worse(difference: &Difference) -> Vec<Finding> {
    let changes = &difference.findings;
    let is_worse = |change: &&FindingChange| {
        !change.new_locations.is_empty()
            || change.severity_before.is_some_and(|before| before < change.severity)
    };
    let finding = |change: &FindingChange| Finding {
        rule: change.rule.clone(),
        severity: change.severity,
        confidence: change.confidence,
        owner: change.owner.clone(),
        title: change.title.clone(),
        reason: Text::default(),
        fix: change.fix.clone(),
        maps: menshen_base::Maps::default(),
        locations: change.new_locations.clone(),
        evidence: Vec::new(),
        fingerprint: change.fingerprint.clone(),
    };
    changes.new.iter().chain(changes.changed.iter().filter(is_worse)).map(finding).collect()
}

fn print(
    arguments: &DiffArguments,
    difference: &Difference,
    rules: &[menshen_rules::assessment::RuleSummary],
    lang: Lang,
) -> Result<()> {
    let path = arguments.output.as_deref();
    let style = output::style(path.is_some());
    let options = menshen_report::Options { lang, facts: true, rules, style };
    output::write(path, |mut out| match arguments.format {
        DiffFormat::Terminal => diff::write_terminal(difference, &options, &mut out),
        DiffFormat::Json => diff::write_json(difference, &mut out),
        DiffFormat::Html => diff::write_html(difference, &options, &mut out),
    })
}
