//! The top of the page: verdict, what was looked at, what to fix first.

use super::page::Page;
use crate::view::{self, View};
use crate::words;
use menshen_base::{Owner, Text, text};

/// Findings under "fix first".
const FIRST_MAX: usize = 5;

/// One line an artifact, when there are several.
pub(super) fn list(page: &mut Page, views: &[View<'_>]) {
    page.raw("<section class=\"list\">");
    page.heading(text("被检对象", "Artifacts"), Some(views.len()));
    let columns = [
        text("结论", "Verdict"),
        text("名称", "Name"),
        text("文件", "File"),
        text("发现的问题", "Findings"),
        text("得分", "Score"),
    ];
    page.table(&columns, |page| {
        for (index, view) in views.iter().enumerate() {
            page.raw("<tr><td>");
            verdict_pill(page, view);
            page.raw("</td><td>");
            page.link(&format!("a{index}"), |page| page.text(view.name()));
            page.raw("</td>");
            page.element_text("td", "", &view.assessment.artifact.name);
            page.element_both("td", "", &view::counts_line(view.counts()));
            page.element_text("td", "number", &view.assessment.gate.score.to_string());
            page.raw("</tr>");
        }
    });
    page.raw("</section>");
}

fn verdict_pill(page: &mut Page, view: &View<'_>) {
    match view.assessment.gate.passed {
        true => page.element_word("span", "pill good", words::PASS),
        false => page.element_word("span", "pill bad", words::FAIL),
    }
}

pub(super) fn hero(page: &mut Page, view: &View<'_>, index: usize) {
    let gate = &view.assessment.gate;
    let artifact = &view.assessment.artifact;
    page.open("div", &[("class", if gate.passed { "hero passed" } else { "hero failed" })]);
    page.raw("<div class=\"verdict\">");
    page.element_word("div", "word", if gate.passed { words::PASS } else { words::FAIL });
    page.raw("<div class=\"subject\"><h1>");
    page.text(view.name());
    if let Some(version) = &artifact.version_name {
        page.element_text("small", "", version);
    }
    page.raw("</h1><p>");
    let baseline = view.baseline();
    page.both(&Text::new(format!("{}。", baseline.zh), format!("{}. ", baseline.en)));
    if view.open.is_empty() {
        page.both(&Text::new(
            "在已检查的范围内未发现问题。",
            "Nothing was found in what was looked at.",
        ));
    }
    page.raw("</p></div>");
    score(page, gate.score);
    page.raw("</div>");
    severities(page, view);
    reasons(page, view);
    page.raw("<div class=\"split\">");
    first(page, view, index);
    facts(page, view);
    page.raw("</div></div>");
}

/// A ring that is filled by the score. Numbers alone enter the drawing.
fn score(page: &mut Page, score: u32) {
    // The circumference of radius 15.9155 is 100, so that the score is the length of the arc.
    page.raw("<div class=\"score\"><svg viewBox=\"0 0 36 36\" aria-hidden=\"true\"><circle class=\"track\" cx=\"18\" cy=\"18\" r=\"15.9155\"/>");
    let arc = format!("{} 100", score.min(100));
    page.open(
        "circle",
        &[
            ("class", "arc"),
            ("cx", "18"),
            ("cy", "18"),
            ("r", "15.9155"),
            ("stroke-dasharray", &arc),
            ("transform", "rotate(-90 18 18)"),
        ],
    );
    page.raw("</circle></svg><b>");
    page.text(&score.to_string());
    page.raw("</b>");
    page.element_word("span", "", text("得分 / 100", "score of 100"));
    page.raw("</div>");
}

fn severities(page: &mut Page, view: &View<'_>) {
    page.raw("<ul class=\"severities\">");
    for (severity, count) in words::SEVERITIES.into_iter().zip(view.counts()) {
        let class =
            format!("{} {}", words::severity_id(severity), if count == 0 { "none" } else { "" });
        page.element("li", class.trim(), |page| {
            page.element_text("b", "", &count.to_string());
            page.word(words::severity(severity));
        });
    }
    page.raw("</ul>");
}

fn reasons(page: &mut Page, view: &View<'_>) {
    let gate = &view.assessment.gate;
    let issues = view.assessment.scan_issues.len();
    if gate.reasons.is_empty() && issues == 0 {
        return;
    }
    page.raw("<ul class=\"reasons\">");
    for reason in &gate.reasons {
        page.element_both("li", "", &reason.text);
    }
    if issues > 0 {
        let issues = Text::new(
            format!("{issues} 处内容未能检查，见“未能检查的内容”"),
            match issues {
                1 => {
                    "1 part could not be looked at: see \"What could not be looked at\"".to_owned()
                }
                _ => format!(
                    "{issues} parts could not be looked at: see \"What could not be looked at\""
                ),
            },
        );
        page.element_both("li", "note", &issues);
    }
    page.raw("</ul>");
}

fn first(page: &mut Page, view: &View<'_>, index: usize) {
    let first = view.first(FIRST_MAX);
    if first.is_empty() {
        return;
    }
    page.raw("<div class=\"first\">");
    page.element_word("h2", "", text("优先修复", "Fix first"));
    page.raw("<ol>");
    for open in first {
        let finding = open.finding;
        let position = view.open.iter().position(|one| std::ptr::eq(one.finding, finding));
        page.raw("<li><div class=\"line\">");
        page.element_word(
            "span",
            &format!("pill {}", words::severity_id(finding.severity)),
            words::severity(finding.severity),
        );
        page.link(&format!("a{index}-f{}", position.unwrap_or(0)), |page| {
            page.both(&finding.title)
        });
        page.raw("<span class=\"quiet\">");
        page.both(&places(open.locations.len()));
        if finding.owner != Owner::App {
            page.raw(" · ");
            page.both(&view.owner(&finding.owner));
        }
        page.raw("</span></div>");
        page.element_both("p", "", &finding.fix);
        page.raw("</li>");
    }
    page.raw("</ol></div>");
}

pub(super) fn places(count: usize) -> Text {
    use menshen_base::Lang;
    Text::new(view::places(count, Lang::Zh), view::places(count, Lang::En))
}

/// What was looked at.
fn facts(page: &mut Page, view: &View<'_>) {
    let artifact = &view.assessment.artifact;
    page.raw("<dl class=\"about\">");
    page.pair(text("文件", "File"), |page| page.element_text("code", "", &artifact.name));
    page.pair(text("类型", "Kind"), |page| {
        page.word(words::kind(artifact.kind));
        page.text(&format!(" · {}", view::size(artifact.size_bytes)));
    });
    if let Some(package) = &artifact.package {
        page.pair(text("包名", "Package"), |page| page.element_text("code", "", package));
    }
    if artifact.version_name.is_some() || artifact.version_code.is_some() {
        page.pair(text("版本", "Version"), |page| {
            page.text(artifact.version_name.as_deref().unwrap_or_default());
            if let Some(code) = artifact.version_code {
                page.text(&format!(" ({code})"));
            }
        });
    }
    if let Some(min) = artifact.min_sdk {
        page.pair(text("最低系统", "Runs on"), |page| {
            let min = view::android(min);
            page.both(&Text::new(format!("Android {min} 起"), format!("Android {min} and later")));
        });
    }
    if let Some(target) = artifact.target_sdk {
        page.pair(text("目标系统", "Targets"), |page| {
            page.text(&format!("Android {}", view::android(target)));
        });
    }
    if let Some(signing) = view.assessment.facts.signing.first() {
        page.pair(text("签名", "Signature"), |page| {
            page.text(&signing.data.schemes.join(" + "));
            page.raw(" ");
            page.word(super::appendix::signing_word(&signing.data));
        });
    }
    if let Some(sha256) = &artifact.sha256 {
        page.pair(text("SHA-256", "SHA-256"), |page| {
            page.element_text("code", "digest", &sha256.0)
        });
    }
    for part in &artifact.parts {
        page.pair(text("分包", "Part"), |page| {
            page.element_text("code", "", &part.name);
            page.text(&format!(" · {} · ", view::size(part.size_bytes)));
            page.element_text("code", "digest", &part.sha256.0);
        });
    }
    page.pair(text("检查方式", "Scan"), |page| {
        page.word(match view.assessment.coverage.depth.as_str() {
            "deep" => text("静态检查，深度", "static, deep"),
            _ => text("静态检查，快速", "static, quick"),
        });
    });
    if !view.assessment.coverage.as_of.is_empty() {
        page.pair(text("日期基准", "As of"), |page| {
            page.text(&view.assessment.coverage.as_of);
        });
    }
    page.raw("</dl>");
}
