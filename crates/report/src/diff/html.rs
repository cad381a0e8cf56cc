//! The difference as one HTML page, in the frame of the report's page.

use super::lines::{self, Group, Sign};
use super::{Difference, FindingChange, Side};
use crate::html::{document, page::Page};
use crate::{Options, view, words};
use menshen_base::{Occurrence, Owner, StaticText, Text, text};

pub(super) fn page(difference: &Difference, options: &Options<'_>) -> String {
    let mut page = Page::default();
    let title = lines::heading(difference);
    document(
        &mut page,
        options.lang,
        &title,
        text("版本对比报告", "Comparison of two versions"),
        |page| {
            page.raw("<article class=\"artifact\">");
            hero(page, difference);
            let groups = lines::groups(difference);
            let changes = &difference.findings;
            let lists = [
                ("new", text("新增的问题", "New findings"), &changes.new),
                ("changed", text("有变化的问题", "Changed findings"), &changes.changed),
                ("fixed", text("已修复的问题", "Fixed findings"), &changes.fixed),
                ("unchanged", text("未变的问题", "Unchanged findings"), &changes.unchanged),
            ];
            page.raw("<div class=\"columns\"><nav class=\"contents\">");
            for (id, title, list) in lists.iter().filter(|(.., list)| !list.is_empty()) {
                contents_line(page, id, *title, list.len());
            }
            for (index, group) in groups.iter().enumerate() {
                contents_line(page, &format!("g{index}"), group.title, group.lines.len());
            }
            page.raw("</nav><div class=\"content\">");
            for (id, title, list) in lists.iter().take(3).filter(|(.., list)| !list.is_empty()) {
                findings(page, difference, id, *title, list);
            }
            for (index, one) in groups.iter().enumerate() {
                group(page, &format!("g{index}"), one);
            }
            for (id, title, list) in lists.iter().skip(3).filter(|(.., list)| !list.is_empty()) {
                findings(page, difference, id, *title, list);
            }
            page.raw("</div></div></article>");
        },
    );
    page.finish()
}

fn contents_line(page: &mut Page, id: &str, title: StaticText, count: usize) {
    page.link(id, |page| {
        page.word(title);
        page.element_text("span", "count", &count.to_string());
    });
}

fn hero(page: &mut Page, difference: &Difference) {
    let class = if difference.new.passed { "hero passed" } else { "hero failed" };
    page.open("div", &[("class", class)]);
    page.raw("<div class=\"verdict\">");
    page.element_word("div", "word", if difference.new.passed { words::PASS } else { words::FAIL });
    page.raw("<div class=\"subject\"><h1>");
    page.text(&lines::heading(difference));
    page.raw("</h1><p>");
    page.both(&lines::gate(difference));
    page.raw("</p></div></div>");
    page.raw("<ul class=\"severities\">");
    let findings = &difference.findings;
    for (class, title, count) in [
        ("critical", text("新增", "new"), findings.new.len()),
        ("medium", text("有变化", "changed"), findings.changed.len()),
        ("fixed", text("已修复", "fixed"), findings.fixed.len()),
        ("info", text("未变", "unchanged"), findings.unchanged.len()),
    ] {
        page.element("li", if count == 0 { "none" } else { class }, |page| {
            page.element_text("b", "", &count.to_string());
            page.word(title);
        });
    }
    page.raw("</ul>");
    let warnings = lines::warnings(difference);
    if !warnings.is_empty() {
        page.raw("<ul class=\"reasons\">");
        for warning in &warnings {
            page.element_both("li", "note", warning);
        }
        page.raw("</ul>");
    }
    page.raw("<div class=\"split even\">");
    side(page, text("旧版本", "Old version"), &difference.old);
    side(page, text("新版本", "New version"), &difference.new);
    page.raw("</div></div>");
}

fn side(page: &mut Page, title: StaticText, side: &Side) {
    let artifact = &side.artifact;
    page.raw("<div>");
    page.element_word("h2", "", title);
    page.raw("<dl class=\"about\">");
    page.pair(text("文件", "File"), |page| page.element_text("code", "", &artifact.name));
    if let Some(package) = &artifact.package {
        page.pair(text("包名", "Package"), |page| page.element_text("code", "", package));
    }
    page.pair(text("版本", "Version"), |page| {
        page.text(artifact.version_name.as_deref().unwrap_or("–"));
        if let Some(code) = artifact.version_code {
            page.text(&format!(" ({code})"));
        }
    });
    if let Some(target) = artifact.target_sdk {
        page.pair(text("目标系统", "Targets"), |page| {
            page.text(&format!("Android {}", view::android(target)));
        });
    }
    if let Some(sha256) = &artifact.sha256 {
        page.pair(text("SHA-256", "SHA-256"), |page| page.element_text("code", "digest", sha256));
    }
    page.raw("</dl></div>");
}

fn findings(
    page: &mut Page,
    difference: &Difference,
    id: &str,
    title: StaticText,
    list: &[FindingChange],
) {
    page.open("section", &[("id", id)]);
    page.heading(title, Some(list.len()));
    for change in list {
        let severity = words::severity_id(change.severity);
        page.open("div", &[("class", &format!("finding {severity}"))]);
        page.raw("<div class=\"line\">");
        page.element_word("span", &format!("pill {severity}"), words::severity(change.severity));
        page.element_both("h3", "", &change.title);
        page.raw("<span class=\"quiet\">");
        page.text(&change.rule);
        if change.owner != Owner::App {
            page.text(&format!(" · {}", change.owner));
        }
        if let Some(before) = change.severity_before {
            let (before, after) = (words::severity(before), words::severity(change.severity));
            page.raw(" · ");
            page.both(&Text::new(
                format!("{} → {}", before.zh, after.zh),
                format!("{} → {}", before.en, after.en),
            ));
        }
        page.raw("</span></div><div class=\"body\">");
        if id != "fixed" && id != "unchanged" {
            page.raw("<div class=\"fix\">");
            page.element_word("b", "", text("修复", "Fix"));
            page.element_both("p", "", &change.fix);
            page.raw("</div>");
        }
        page.raw("<ul class=\"changes\">");
        locations(page, &difference.new.artifact.name, Sign::Added, &change.new_locations);
        locations(page, &difference.old.artifact.name, Sign::Removed, &change.fixed_locations);
        if change.unchanged_locations > 0 {
            let count = change.unchanged_locations;
            let text = Text::new(format!("另有 {count} 处未变"), format!("{count} unchanged"));
            page.element_both("li", "quiet", &text);
        }
        page.raw("</ul></div></div>");
    }
    page.close("section");
}

fn locations(page: &mut Page, artifact: &str, sign: Sign, list: &[Occurrence]) {
    for location in list {
        let place = view::place_line(artifact, &location.place);
        page.element("li", class(sign), |page| {
            if !place.contains(&*location.subject) {
                page.element_text("b", "", &location.subject);
                page.raw(" ");
            }
            page.element_text("code", "", &place);
        });
    }
}

fn group(page: &mut Page, id: &str, group: &Group) {
    page.open("section", &[("id", id)]);
    page.heading(group.title, Some(group.lines.len()));
    page.raw("<ul class=\"changes\">");
    for line in &group.lines {
        page.element("li", class(line.sign), |page| {
            page.element_both("span", if line.alert { "alert" } else { "" }, &line.text);
        });
    }
    page.raw("</ul>");
    page.close("section");
}

fn class(sign: Sign) -> &'static str {
    match sign {
        Sign::Added => "added",
        Sign::Removed => "removed",
        Sign::Changed => "modified",
    }
}
