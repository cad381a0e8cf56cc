//! The findings with their filter.

use super::overview::places;
use super::page::Page;
use crate::view::{self, EvidenceIndex, OpenFinding, View};
use crate::words;
use menshen_base::{Occurrence, Owner, Severity, Text, text};
use menshen_models::standards;
use std::collections::{BTreeMap, BTreeSet};

/// Locations shown before the rest is folded away.
const LOCATIONS_SHOWN: usize = 10;

pub(super) fn write(page: &mut Page, view: &View<'_>, index: usize) {
    page.heading(text("发现的问题", "Findings"), Some(view.open.len()));
    if view.open.is_empty() {
        page.element_word(
            "p",
            "empty",
            text(
                "在已检查的范围内未发现问题。检查范围见下文。",
                "Nothing was found in what was looked at. See below for what that was.",
            ),
        );
        return;
    }
    filter(page, view);
    for (position, open) in view.open.iter().enumerate() {
        finding(page, view, open, &format!("a{index}-f{position}"));
    }
    page.raw("<p class=\"empty nothing\" hidden>");
    page.word(text("没有符合筛选条件的问题。", "No finding matches the filter."));
    page.raw("</p>");
}

/// Hidden until the script, which alone can use it, shows it.
fn filter(page: &mut Page, view: &View<'_>) {
    page.raw("<form class=\"filter\" hidden><div class=\"chips\">");
    for (severity, count) in words::SEVERITIES.into_iter().zip(view.counts()) {
        if count == 0 {
            continue;
        }
        let id = words::severity_id(severity);
        page.open("label", &[("class", &format!("chip {id}"))]);
        page.open(
            "input",
            &[("type", "checkbox"), ("name", "severity"), ("value", id), ("checked", "")],
        );
        page.word(words::severity(severity));
        page.element_text("span", "count", &count.to_string());
        page.raw("</label>");
    }
    page.raw("</div><div class=\"selects\">");
    let areas: BTreeSet<String> = view.open.iter().map(|open| view.area(open.finding)).collect();
    let areas = areas.into_iter().map(|id| {
        let name = area_name(&id);
        (id, name)
    });
    select(page, "area", text("全部领域", "all areas").into(), areas);
    let owners: BTreeMap<String, Text> = view
        .open
        .iter()
        .map(|open| (open.finding.owner.to_string(), view.owner(&open.finding.owner)))
        .collect();
    select(page, "owner", text("全部归属", "all owners").into(), owners);
    page.raw("<input type=\"search\" name=\"search\" aria-label=\"搜索 Search\" placeholder=\"搜索 Search\"><output></output></div></form>");
}

/// An `<option>` holds no elements: the script sets its text when the language changes.
fn select(
    page: &mut Page,
    name: &'static str,
    all: Text,
    options: impl IntoIterator<Item = (String, Text)>,
) {
    page.open("select", &[("name", name), ("aria-label", name)]);
    for (value, text) in std::iter::once((String::new(), all)).chain(options) {
        page.open("option", &[("value", &value), ("data-zh", &text.zh), ("data-en", &text.en)]);
        page.text(&text.en);
        page.close("option");
    }
    page.close("select");
}

fn area_name(id: &str) -> Text {
    words::area(id).map_or_else(|| Text::new(id, id), Text::from)
}

fn finding(page: &mut Page, view: &View<'_>, open: &OpenFinding<'_>, id: &str) {
    let finding = open.finding;
    let severity = words::severity_id(finding.severity);
    let area = view.area(finding);
    let owner = finding.owner.to_string();
    let class = format!("finding {severity}");
    let attributes = [
        ("class", &*class),
        ("id", id),
        ("data-severity", severity),
        ("data-area", &area),
        ("data-owner", &owner),
        ("open", ""),
    ];
    // What is only good to know starts folded.
    let shown = if finding.severity > Severity::Low { 6 } else { 5 };
    page.open("details", &attributes[..shown]);
    page.raw("<summary>");
    page.element_word("span", &format!("pill {severity}"), words::severity(finding.severity));
    page.element_both("h3", "", &finding.title);
    page.raw("<span class=\"quiet\">");
    page.both(&places(open.locations.len()));
    if finding.owner != Owner::App {
        page.raw(" · ");
        page.both(&view.owner(&finding.owner));
    }
    page.raw("</span></summary><div class=\"body\">");
    page.element_both("p", "reason", &finding.reason);
    page.raw("<div class=\"fix\">");
    page.element_word("b", "", text("修复", "Fix"));
    page.element_both("p", "", &finding.fix);
    page.raw("</div><dl class=\"particulars\">");
    page.pair(text("规则", "Rule"), |page| page.element_text("code", "", &finding.rule));
    page.pair(text("归属", "Owner"), |page| page.both(&view.owner(&finding.owner)));
    page.pair(text("置信度", "Confidence"), |page| page.word(words::degree(finding.confidence)));
    page.pair(text("领域", "Area"), |page| page.both(&area_name(&area)));
    maps(page, finding);
    page.raw("</dl>");
    locations(page, view, open);
    page.raw("</div></details>");
}

fn maps(page: &mut Page, finding: &menshen_base::Finding) {
    let maps = &finding.maps;
    let ids: Vec<&String> = maps.cwe.iter().chain(&maps.masvs).chain(&maps.maswe).collect();
    if ids.is_empty() {
        return;
    }
    page.pair(text("对应条目", "Maps to"), |page| {
        for id in ids {
            page.raw("<span class=\"map\">");
            page.element_text("code", "", id);
            if let Some(name) = standards::title(id) {
                page.raw(" ");
                page.word(name);
            }
            page.raw("</span>");
        }
    });
}

fn locations(page: &mut Page, view: &View<'_>, open: &OpenFinding<'_>) {
    if open.locations.is_empty() {
        return;
    }
    page.raw("<h4>");
    page.word(text("依据", "Evidence"));
    page.element_text("span", "count", &open.locations.len().to_string());
    page.raw("</h4>");
    let (shown, folded) = open.locations.split_at(open.locations.len().min(LOCATIONS_SHOWN));
    let evidence = EvidenceIndex::new(open.finding);
    location_list(page, view, &evidence, shown);
    if !folded.is_empty() {
        page.raw("<details class=\"more\"><summary>");
        page.both(&Text::new(
            format!("另外 {} 处", folded.len()),
            format!("{} more", folded.len()),
        ));
        page.raw("</summary>");
        location_list(page, view, &evidence, folded);
        page.raw("</details>");
    }
}

fn location_list(
    page: &mut Page,
    view: &View<'_>,
    evidence: &EvidenceIndex<'_>,
    locations: &[&Occurrence],
) {
    page.raw("<ul class=\"places\">");
    for location in locations {
        let place = view.place(&location.place);
        page.raw("<li>");
        let evidence = evidence.at(&location.place);
        let note = evidence.map_or("", |evidence| &*evidence.note);
        if !location.subject.is_empty() && !place.contains(&*location.subject) {
            page.element_text("code", "subject", &location.subject);
        }
        page.element_text("code", "place", &place);
        if !note.is_empty() && note != location.subject {
            page.element_text("span", "note", note);
        }
        window(page, evidence.map_or("", |evidence| &evidence.window));
        page.raw("</li>");
    }
    page.raw("</ul>");
}

pub(super) fn window(page: &mut Page, window: &str) {
    if window.trim().is_empty() {
        return;
    }
    page.raw("<pre>");
    for line in view::window_lines(window) {
        page.text(&line);
        page.raw("\n");
    }
    page.raw("</pre>");
}
