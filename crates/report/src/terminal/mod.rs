//! The report for a person at a terminal.
//!
//! The first ten lines are the ten that matter: the verdict, what was looked at, why the verdict
//! is what it is, and the three findings to fix first, each with its fix. Counts, details,
//! controls and what could not be looked at follow. Nothing is printed that has nothing to say.

mod details;
mod print;

use crate::view::{self, OpenFinding, View};
use crate::{Assessment, Options, layout, words};
use menshen_base::{Lang, Owner, Text, text};
use std::io::{self, Write};

pub(crate) use details::{by_kind, coverage_shares};
pub(crate) use print::{Printer, Tone, severity_tone};

/// Findings shown at the top, each in two lines.
const FIRST_MAX: usize = 3;

/// Writes one page an artifact; several artifacts begin with one line each.
pub fn write(
    assessments: &[Assessment],
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut page = Printer::new(options.lang, options.style);
    if assessments.len() > 1 {
        for assessment in assessments {
            verdict(&mut page, &View::new(assessment, options));
        }
    }
    for assessment in assessments {
        if assessments.len() > 1 {
            page.blank();
            page.rule();
        }
        let view = View::new(assessment, options);
        top(&mut page, &view);
        counts(&mut page, &view);
        details::findings(&mut page, &view);
        details::controls(&mut page, &view);
        details::gate(&mut page, &view);
        details::not_looked_at(&mut page, &view);
        details::coverage(&mut page, &view);
    }
    out.write_all(page.finish().as_bytes())
}

fn top(page: &mut Printer, view: &View<'_>) {
    verdict(page, view);
    artifact(page, view);
    why(page, view);
    let first = view.first(FIRST_MAX);
    if first.is_empty() {
        return;
    }
    let heading = match view.open.len() - first.len() {
        0 => text("优先修复", "Fix first").get(page.lang).to_owned(),
        more => match page.lang {
            Lang::Zh => format!("优先修复（另有 {more} 项见下文）"),
            Lang::En => format!("Fix first ({more} more below)"),
        },
    };
    page.heading_tight(&heading);
    for (number, open) in first.into_iter().enumerate() {
        first_finding(page, view, number + 1, open);
    }
}

/// `FAIL  Demo Bank 3.2.1: baseline "default" is not met, score 41/100; 2 parts not looked at`
fn verdict(page: &mut Printer, view: &View<'_>) {
    let gate = &view.assessment.gate;
    let (word, tone) = match gate.passed {
        true => (words::PASS, Tone::Good),
        false => (words::FAIL, Tone::Critical),
    };
    let version = view.assessment.artifact.version_name.as_deref().unwrap_or_default();
    let name = layout::visible(&format!("{} {version}", view.name())).trim().to_owned();
    let baseline = view.baseline();
    let baseline = layout::visible(baseline.get(page.lang));
    let mut line = match page.lang {
        Lang::Zh => format!("{name}：{baseline}，得分 {}/100", gate.score),
        Lang::En => format!("{name}: {baseline}, score {}/100", gate.score),
    };
    match (view.assessment.scan_issues.len(), page.lang) {
        (0, _) => {}
        (issues, Lang::Zh) => line.push_str(&format!("；{issues} 处未能检查")),
        (1, Lang::En) => line.push_str("; 1 part not looked at"),
        (issues, Lang::En) => {
            line.push_str(&format!("; {issues} parts not looked at"));
        }
    }
    page.labelled_line(word.get(page.lang), tone, &line);
}

/// What was looked at, in one line.
fn artifact(page: &mut Printer, view: &View<'_>) {
    let artifact = &view.assessment.artifact;
    let mut parts = vec![artifact.name.clone()];
    if let Some(package) = artifact.package.as_deref().filter(|name| *name != view.name()) {
        parts.push(package.to_owned());
    }
    parts.push(words::kind_short(artifact.kind).get(page.lang).to_owned());
    parts.push(view::size(artifact.size_bytes));
    if let (Some(min), Some(target)) = (artifact.min_sdk, artifact.target_sdk) {
        let (min, target) = (view::android(min), view::android(target));
        parts.push(match page.lang {
            Lang::Zh => format!("Android {min} 起，面向 {target}"),
            Lang::En => format!("Android {min}, targets {target}"),
        });
    }
    page.labelled_line("", Tone::Plain, &layout::visible(&parts.join(" · ")));
}

/// The gate's reasons; without any, what was found.
fn why(page: &mut Printer, view: &View<'_>) {
    let counts = view::counts_line(view.counts());
    let mut parts: Vec<&str> =
        view.assessment.gate.reasons.iter().map(|reason| reason.text.get(page.lang)).collect();
    if view.assessment.gate.passed || parts.is_empty() {
        parts = vec![counts.get(page.lang)];
    }
    let separator = text("；", "; ").get(page.lang);
    page.labelled_line("", Tone::Plain, &layout::visible(&parts.join(separator)));
}

/// Two lines: what it is and where, then the fix.
fn first_finding(page: &mut Printer, view: &View<'_>, number: usize, open: &OpenFinding<'_>) {
    let finding = open.finding;
    let severity = words::severity(finding.severity).get(page.lang);
    let place = match open.locations.as_slice() {
        [] => String::new(),
        [only] if only.subject.is_empty() => view.place(&only.place),
        [only] => only.subject.clone(),
        many => view::places(many.len(), page.lang),
    };
    let owner = match &finding.owner {
        Owner::App => String::new(),
        owner => format!(" · {}", view.owner(owner).get(page.lang)),
    };
    let place = layout::visible(&place).into_owned();
    let tail = format!("{place}{owner} · {}", finding.rule);
    page.numbered(
        number,
        (severity, severity_tone(finding.severity)),
        &layout::visible(finding.title.get(page.lang)),
        &layout::visible(tail.trim_start_matches(" · ")),
    );
    let fix = finding.fix.get(page.lang);
    page.under(&format!("{}{}", label(words::FIX.into(), page.lang), layout::visible(fix)));
}

pub(crate) fn label(word: Text, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{}：", word.zh),
        Lang::En => format!("{}: ", word.en),
    }
}

/// Findings by severity and owner; only when there are any.
fn counts(page: &mut Printer, view: &View<'_>) {
    if view.open.is_empty() {
        return;
    }
    page.heading(text("发现的问题", "Findings").get(page.lang));
    type Wanted = fn(&Owner) -> bool;
    let columns: [(Text, Wanted); 3] = [
        (Text::new("应用自身", "app"), |owner| *owner == Owner::App),
        (Text::new("SDK", "SDKs"), |owner| matches!(owner, Owner::Sdk(_))),
        (Text::new("归属未知", "unknown"), |owner| *owner == Owner::Unknown),
    ];
    let mut header = layout::pad("", 10);
    for (title, _) in &columns {
        header.push_str(&right(title.get(page.lang), 10));
    }
    page.line(Tone::Dim, header.trim_end());
    for severity in words::SEVERITIES {
        let cells = columns.each_ref().map(|(_, wanted)| view.count(severity, wanted));
        if cells.iter().sum::<usize>() == 0 {
            continue;
        }
        let name = layout::pad(words::severity(severity).get(page.lang), 10);
        let cells: String = cells.iter().map(|count| right(&count.to_string(), 10)).collect();
        page.split_line(&name, severity_tone(severity), &cells);
    }
}

/// The text in a column of its own, flush right.
fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(layout::width(text))))
}
