//! What follows the first page: every finding, the controls, the gate, what was not looked at.

use super::label;
use super::print::{Printer, Tone, severity_tone};
use crate::view::{self, EvidenceIndex, OpenFinding, View};
use crate::{layout, words};
use menshen_base::{Finding, Lang, Occurrence, ScanIssue, Severity, Text, Verdict, text};
use menshen_rules::assessment::Share;

/// Scan issues of one kind that are listed one by one.
const ISSUES_OF_A_KIND_MAX: usize = 5;

/// Findings of medium and above in full, the others in one line each.
pub(super) fn findings(page: &mut Printer, view: &View<'_>) {
    let (full, short): (Vec<_>, Vec<_>) =
        view.open.iter().partition(|open| open.finding.severity >= Severity::Medium);
    for open in full {
        page.blank();
        finding(page, view, open);
    }
    if !short.is_empty() {
        page.heading(text("低危与提示", "Low and informational").get(page.lang));
        for open in short {
            let title = layout::visible(open.finding.title.get(page.lang)).into_owned();
            let owner = view.owner(&open.finding.owner);
            let places = view::places(open.locations.len(), page.lang);
            let severity = words::severity(open.finding.severity).get(page.lang);
            let rest =
                format!("{title} · {places} · {} · {}", owner.get(page.lang), open.finding.rule);
            page.item(severity, Tone::Plain, &layout::visible(&rest));
        }
    }
}

fn finding(page: &mut Printer, view: &View<'_>, open: &OpenFinding<'_>) {
    let lang = page.lang;
    let finding = open.finding;
    let severity = words::severity(finding.severity).get(lang);
    let head = layout::pad(severity, 10);
    let title = layout::visible(finding.title.get(lang)).into_owned();
    page.split_line(&head, severity_tone(finding.severity), &title);
    let about = [
        finding.rule.clone(),
        view.owner(&finding.owner).get(lang).to_owned(),
        words::confidence(finding.confidence).get(lang).to_owned(),
    ];
    let mut about: Vec<String> = about.into_iter().collect();
    about.extend(maps(finding));
    page.paragraph("", &layout::visible(&about.join(" · ")));
    page.paragraph(words::REASON.get(lang), &layout::visible(finding.reason.get(lang)));
    page.paragraph(words::FIX.get(lang), &layout::visible(finding.fix.get(lang)));
    locations(page, view, open);
}

fn maps(finding: &Finding) -> impl Iterator<Item = String> {
    let maps = &finding.maps;
    maps.cwe.iter().chain(&maps.masvs).chain(&maps.maswe).cloned()
}

fn locations(page: &mut Printer, view: &View<'_>, open: &OpenFinding<'_>) {
    let max = page.style.locations_max;
    let evidence = EvidenceIndex::new(open.finding);
    for (index, location) in open.locations.iter().take(max).enumerate() {
        let at = if index == 0 { text("位置", "at").get(page.lang) } else { "" };
        page.paragraph(at, &layout::visible(&location_line(view, &evidence, location)));
    }
    let more = open.locations.len().saturating_sub(max);
    if more > 0 {
        let line = match page.lang {
            Lang::Zh => format!("另有 {more} 处，见 JSON 或 HTML 报告"),
            Lang::En => format!("and {more} more: see the JSON or HTML report"),
        };
        page.item("", Tone::Dim, &line);
    }
}

/// What it is about, where it is and what is there, without saying one of them twice.
fn location_line(view: &View<'_>, evidence: &EvidenceIndex<'_>, location: &Occurrence) -> String {
    let place = view.place(&location.place);
    let note = evidence.at(&location.place).map_or("", |found| &*found.note);
    let mut parts = Vec::new();
    if !place.contains(&*location.subject) && !note.contains(&*location.subject) {
        parts.push(&*location.subject);
    }
    // In code the method says most; elsewhere what is there says more than where it is.
    match location.place.code {
        Some(_) => parts.extend([&*place, note]),
        None => parts.extend([note, &*place]),
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// One line of counts, then those that failed or need a person.
pub(super) fn controls(page: &mut Printer, view: &View<'_>) {
    let controls = &view.assessment.controls;
    if controls.is_empty() {
        return;
    }
    page.heading(text("标准条款", "Controls").get(page.lang));
    let order = ["fail", "review", "not-assessed", "pass", "not-applicable"];
    let counts: Vec<String> = order
        .iter()
        .filter_map(|id| {
            let of: Vec<_> =
                controls.iter().filter(|one| words::verdict_id(&one.verdict) == *id).collect();
            let word = words::verdict(&of.first()?.verdict).get(page.lang);
            Some(format!("{word} {}", of.len()))
        })
        .collect();
    page.line(Tone::Plain, &counts.join(" · "));
    for control in controls {
        let tone = match &control.verdict {
            Verdict::Fail => Tone::High,
            Verdict::Review => Tone::Medium,
            _ => continue,
        };
        let word = words::verdict(&control.verdict).get(page.lang);
        let rules = control.rules.join(" ");
        let line = format!("{} {} {rules}", control.id, control.title.get(page.lang));
        page.toned_paragraph(&layout::pad(word, 12), tone, layout::visible(&line).trim_end());
    }
}

/// Reasons in full and what the baseline accepts.
pub(super) fn gate(page: &mut Printer, view: &View<'_>) {
    let gate = &view.assessment.gate;
    if !gate.reasons.is_empty() {
        let heading = match gate.passed {
            true => text("基线说明", "Notes of the baseline"),
            false => text("未满足基线的原因", "Why the baseline is not met"),
        };
        page.heading(heading.get(page.lang));
        for reason in &gate.reasons {
            let rules = reason.rules.join(" ");
            let line = format!("{} {rules}", reason.text.get(page.lang));
            page.paragraph("", layout::visible(&line).trim_end());
        }
    }
    if !gate.suppressed.is_empty() {
        page.heading(text("基线已接受", "Accepted by the baseline").get(page.lang));
        for entry in &gate.suppressed {
            let mut line = format!("{}  {}", entry.rule, entry.reason);
            if let Some(owner) = &entry.owner {
                line.push_str(&format!(" · {owner}"));
            }
            if let Some(expires) = &entry.expires {
                line.push_str(&match page.lang {
                    Lang::Zh => format!(" · 有效期至 {expires}"),
                    Lang::En => format!(" · until {expires}"),
                });
            }
            page.paragraph("", &layout::visible(&line));
        }
    }
}

/// Scan issues by kind, then what this run could not assess.
pub(super) fn not_looked_at(page: &mut Printer, view: &View<'_>) {
    let issues = &view.assessment.scan_issues;
    let coverage = &view.assessment.coverage;
    if issues.is_empty() && coverage.not_assessed.is_empty() {
        return;
    }
    page.heading(text("未能检查的内容", "What could not be looked at").get(page.lang));
    for (kind, of_kind) in by_kind(issues) {
        let title = format!("{} ({})", kind.title.get(page.lang), kind.code);
        page.paragraph("", &title);
        let lost =
            format!("{}{}", label(Text::new("影响", "lost"), page.lang), kind.lost.get(page.lang));
        page.paragraph("", &lost);
        for issue in of_kind.iter().take(ISSUES_OF_A_KIND_MAX) {
            let line = format!("{}  {}", view.place(&issue.place), issue.detail);
            page.item("", Tone::Dim, layout::visible(&line).trim());
        }
        let more = of_kind.len().saturating_sub(ISSUES_OF_A_KIND_MAX);
        if more > 0 {
            let line = match page.lang {
                Lang::Zh => format!("另有 {more} 处"),
                Lang::En => format!("and {more} more"),
            };
            page.item("", Tone::Dim, &line);
        }
    }
    for text in &coverage.not_assessed {
        page.paragraph("", &layout::visible(text.get(page.lang)));
    }
}

/// Groups in the order in which their first issue occurs.
pub(crate) fn by_kind(
    issues: &[ScanIssue],
) -> Vec<(&'static menshen_base::IssueKind, Vec<&ScanIssue>)> {
    let mut groups: Vec<(&'static menshen_base::IssueKind, Vec<&ScanIssue>)> = Vec::new();
    for issue in issues {
        match groups.iter_mut().find(|(kind, _)| kind.code == issue.kind.code) {
            Some((_, group)) => group.push(issue),
            None => groups.push((issue.kind, vec![issue])),
        }
    }
    groups
}

/// One line: what was looked at, out of what there is.
pub(super) fn coverage(page: &mut Printer, view: &View<'_>) {
    let lang = page.lang;
    let parts: Vec<String> = coverage_shares(view)
        .into_iter()
        .filter(|(_, share)| share.total > 0)
        .map(|(name, share)| format!("{} {}/{}", name.get(lang), share.done, share.total))
        .collect();
    if parts.is_empty() {
        return;
    }
    page.heading(text("检查范围", "Looked at").get(lang));
    let depth = match view.assessment.coverage.depth.as_str() {
        "quick" => text("快速检查", "quick scan").get(lang),
        "deep" => text("深度检查", "deep scan").get(lang),
        other => other,
    };
    page.paragraph("", &format!("{depth} · {}", parts.join(" · ")));
    if let Some(sha256) = &view.assessment.artifact.sha256 {
        page.paragraph("", &format!("SHA-256 {}", sha256.0));
    }
}

/// The shares of a coverage with their names.
pub(crate) fn coverage_shares(view: &View<'_>) -> [(Text, Share); 6] {
    let coverage = &view.assessment.coverage;
    [
        (Text::new("包内条目", "entries"), coverage.entries),
        (Text::new("DEX 文件", "DEX files"), coverage.dex_files),
        (Text::new("类", "classes"), coverage.classes),
        (Text::new("方法", "methods"), coverage.methods),
        (Text::new("原生库", "native libraries"), coverage.native_libraries),
        (Text::new("规则", "rules"), coverage.rules),
    ]
}
