//! The difference for a terminal: what is new first.

use super::lines::{self, Sign};
use super::{Difference, FindingChange};
use crate::terminal::{Printer, Tone, label, severity_tone};
use crate::{Options, layout, view, words};
use menshen_base::{Lang, Occurrence, Owner, text};

pub(super) fn page(difference: &Difference, options: &Options<'_>) -> String {
    let mut page = Printer::new(options.lang, options.style);
    let lang = options.lang;
    page.line(Tone::Strong, &layout::visible(&lines::heading(difference)));
    page.line(Tone::Plain, lines::counts(difference).get(lang));
    page.line(Tone::Plain, lines::gate(difference).get(lang));
    for warning in lines::warnings(difference) {
        page.toned_paragraph("! ", Tone::Critical, warning.get(lang));
    }
    let changes = &difference.findings;
    findings(&mut page, difference, text("新增的问题", "New findings").get(lang), &changes.new);
    findings(
        &mut page,
        difference,
        text("有变化的问题", "Changed findings").get(lang),
        &changes.changed,
    );
    for group in lines::groups(difference) {
        page.heading(group.title.get(lang));
        for line in group.lines {
            let tone = match (line.alert, line.sign) {
                (true, _) => Tone::High,
                (false, Sign::Added) => Tone::Plain,
                (false, _) => Tone::Dim,
            };
            let mark = format!("{} ", line.sign.mark());
            page.toned_paragraph(&mark, tone, &layout::visible(line.text.get(lang)));
        }
    }
    findings(
        &mut page,
        difference,
        text("已修复的问题", "Fixed findings").get(lang),
        &changes.fixed,
    );
    page.finish()
}

fn findings(page: &mut Printer, difference: &Difference, heading: &str, list: &[FindingChange]) {
    if list.is_empty() {
        return;
    }
    page.heading(heading);
    for change in list {
        finding(page, difference, change);
    }
}

fn finding(page: &mut Printer, difference: &Difference, change: &FindingChange) {
    let lang = page.lang;
    let severity = words::severity(change.severity).get(lang);
    let owner = match &change.owner {
        Owner::App => String::new(),
        owner => format!(" · {owner}"),
    };
    let mut line = format!("{} · {}{owner}", change.title.get(lang), change.rule);
    if let Some(before) = change.severity_before {
        let before = words::severity(before).get(lang);
        line.push_str(&format!(" · {before} → {severity}"));
    }
    let mark = layout::pad(severity, 9);
    page.toned_paragraph(&mark, severity_tone(change.severity), &layout::visible(&line));
    locations(page, &difference.new.artifact.name, Sign::Added, &change.new_locations);
    locations(page, &difference.old.artifact.name, Sign::Removed, &change.fixed_locations);
    let is_gone = change.new_locations.is_empty() && change.unchanged_locations == 0;
    if !is_gone && !change.fix.get(lang).is_empty() {
        let fix = format!("{}{}", label(words::FIX.into(), lang), change.fix.get(lang));
        page.paragraph("", &layout::visible(&fix));
    }
}

fn locations(page: &mut Printer, artifact: &str, sign: Sign, list: &[Occurrence]) {
    let max = page.style.locations_max;
    for location in list.iter().take(max) {
        let place = view::place_line(artifact, &location.place);
        let line = match place.contains(&*location.subject) {
            true => format!("{} {place}", sign.mark()),
            false => format!("{} {} · {place}", sign.mark(), location.subject),
        };
        page.paragraph("", &layout::visible(&line));
    }
    if list.len() > max {
        let more = list.len() - max;
        let line = match page.lang {
            Lang::Zh => format!("{} 另有 {more} 处", sign.mark()),
            Lang::En => format!("{} {more} more", sign.mark()),
        };
        page.paragraph("", &line);
    }
}
