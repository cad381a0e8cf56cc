//! The page for a person at a terminal: counts, what fails with evidence, what is left to do,
//! declared against actual.

use super::{before, state, verdict};
use crate::Style;
use crate::layout::{pad, visible};
use crate::terminal::{Printer, Tone};
use menshen_base::{Lang, StaticText, Text, text};
use menshen_comply::{Compliance, Control, Decided, Verdict};
use std::io::{self, Write};

/// Evidence shown of one clause.
const EVIDENCE_SHOWN: usize = 4;
/// Calls of a chain that are shown from its start and its end.
const CHAIN_SHOWN: usize = 4;

/// Writes the page of each result.
pub fn write(
    results: &[Compliance],
    lang: Lang,
    style: Style,
    out: &mut impl Write,
) -> io::Result<()> {
    for result in results {
        let mut page = Printer::new(lang, style);
        one(&mut page, result, lang);
        out.write_all(page.finish().as_bytes())?;
    }
    Ok(())
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Fail => Tone::High,
        Verdict::Review => Tone::Medium,
        Verdict::Pass => Tone::Good,
        Verdict::NotAssessed | Verdict::NotApplicable => Tone::Dim,
    }
}

fn one(page: &mut Printer, result: &Compliance, lang: Lang) {
    let say = |words: StaticText| words.get(lang).to_owned();
    let show = |words: &Text| visible(words.get(lang)).into_owned();
    head(page, result, lang);
    let failed: Vec<&Control> = of(result, Verdict::Fail);
    if !failed.is_empty() {
        page.heading(&format!("{} ({})", say(text("不通过", "Fail")), failed.len()));
        for control in failed {
            clause(page, control, lang, true);
        }
    }
    let review: Vec<&Control> = of(result, Verdict::Review);
    if !review.is_empty() {
        page.heading(&format!("{} ({})", say(text("待复核", "Review")), review.len()));
        for control in review {
            clause(page, control, lang, false);
        }
    }
    let open: Vec<&Control> = of(result, Verdict::NotAssessed);
    if !open.is_empty() {
        let (person, tool): (Vec<&Control>, Vec<&Control>) =
            open.into_iter().partition(|control| control.decided == Decided::Person);
        if !tool.is_empty() {
            page.heading(&format!("{} ({})", say(text("未评估", "Not assessed")), tool.len()));
            for control in tool {
                page.labelled_line(
                    "",
                    Tone::Plain,
                    &format!("{}  {}", control.id, show(&control.reason)),
                );
            }
        }
        if !person.is_empty() {
            page.heading(&format!(
                "{} ({})",
                say(text("须人工判定", "Left to a person")),
                person.len()
            ));
            for control in person {
                page.line(Tone::Plain, &format!("  {}  {}", control.id, show(&control.title)));
            }
            page.line(
                Tone::Dim,
                &say(text(
                    "  --checklist 输出检查表，填写后以 --answers 合并",
                    "  --checklist writes a checklist; --answers merges it",
                )),
            );
        }
    }
    let passed: Vec<&str> =
        of(result, Verdict::Pass).iter().map(|control| control.id.as_str()).collect();
    if !passed.is_empty() {
        page.heading(&format!("{} ({})", say(text("通过", "Pass")), passed.len()));
        page.paragraph("", &passed.join(", "));
    }
    inventory(page, result, lang);
    sdks(page, result, lang);
    limits(page, result, lang);
}

fn of(result: &Compliance, verdict: Verdict) -> Vec<&Control> {
    result.controls.iter().filter(|control| control.verdict == verdict).collect()
}

fn head(page: &mut Printer, result: &Compliance, lang: Lang) {
    let say = |words: StaticText| words.get(lang).to_owned();
    let subject = &result.subject;
    let name = subject.label.as_deref().unwrap_or(&subject.name);
    let version = subject.version_name.as_deref().unwrap_or("-");
    page.heading_tight(&format!(
        "{} {} ({})",
        visible(name),
        visible(version),
        visible(&subject.package)
    ));
    let codes: Vec<&str> =
        result.documents.iter().map(|document| document.number.as_str()).collect();
    page.paragraph(&say(text("依据", "basis")), &codes.join("  "));
    let kind = match (&subject.app_type, subject.suggested_types.first()) {
        (Some(known), _) => known.name.get(lang).to_owned(),
        (None, Some(known)) => {
            let because = known.because.as_deref().unwrap_or_default();
            match lang {
                Lang::Zh => {
                    format!("未给出；按名称中的“{because}”，可能是{}（--type）", known.name.zh)
                }
                Lang::En => format!(
                    "not given; by {because:?} in its name perhaps {} (--type)",
                    known.name.en
                ),
            }
        }
        (None, None) => say(text("未给出（--type）", "not given (--type)")),
    };
    page.paragraph(&say(text("类型", "type")), &kind);
    let policy = match result.policy.state.as_str() {
        "read" => visible(&result.policy.name).into_owned(),
        "unusable" => {
            let reason = result.policy.reason.as_ref().map_or("", |reason| reason.get(lang));
            format!("{}: {}", say(text("无法使用", "not usable")), visible(reason))
        }
        _ => match result.policy.addresses.first() {
            Some(address) => format!(
                "{} {}",
                say(text("未提供；包内有地址", "not given; the package has the address")),
                visible(address)
            ),
            None => say(text("未提供（--policy）", "not given (--policy)")),
        },
    };
    page.paragraph(&say(text("政策", "policy")), &policy);
    let counts = &result.counts;
    let line = match lang {
        Lang::Zh => format!(
            "不通过 {}   待复核 {}   未评估 {}   通过 {}   不适用 {}",
            counts.fail, counts.review, counts.not_assessed, counts.pass, counts.not_applicable
        ),
        Lang::En => format!(
            "fail {}   review {}   not assessed {}   pass {}   not applicable {}",
            counts.fail, counts.review, counts.not_assessed, counts.pass, counts.not_applicable
        ),
    };
    page.paragraph(&say(text("结论", "result")), &line);
}

fn clause(page: &mut Printer, control: &Control, lang: Lang, with_evidence: bool) {
    let say = |words: StaticText| words.get(lang);
    let show = |words: &Text| visible(words.get(lang)).into_owned();
    page.blank();
    page.split_line(
        &format!("{} {}  ", pad(say(verdict(control.verdict)), 7), control.id),
        tone(control.verdict),
        &show(&control.title),
    );
    page.paragraph(say(text("理由", "reason")), &show(&control.reason));
    if !with_evidence {
        return;
    }
    for proof in control.evidence.iter().take(EVIDENCE_SHOWN) {
        page.item(say(text("证据", "proof")), Tone::Plain, &show(&proof.text));
        if !proof.place.is_empty() {
            page.item("", Tone::Dim, &visible(&proof.place));
        }
        if proof.chain.len() > 1 {
            page.item("", Tone::Dim, &visible(&chain(&proof.chain)));
        }
    }
    let more = control.evidence.len().saturating_sub(EVIDENCE_SHOWN) + control.evidence_omitted;
    if more > 0 {
        let line = match lang {
            Lang::Zh => format!("另有 {more} 条"),
            Lang::En => format!("{more} more"),
        };
        page.item("", Tone::Dim, &line);
    }
    page.paragraph(say(text("整改", "remedy")), &show(&control.remedy));
}

/// The first and the last calls of a chain.
fn chain(chain: &[String]) -> String {
    let short = |name: &String| {
        let mut parts: Vec<&str> = name.rsplitn(3, '.').collect();
        parts.truncate(2);
        parts.reverse();
        parts.join(".")
    };
    let names: Vec<String> = chain.iter().map(short).collect();
    match (
        names.get(..CHAIN_SHOWN),
        names.len().checked_sub(CHAIN_SHOWN).and_then(|at| names.get(at..)),
    ) {
        (Some(first), Some(last)) if names.len() > 2 * CHAIN_SHOWN => {
            format!("{} → … → {}", first.join(" → "), last.join(" → "))
        }
        _ => names.join(" → "),
    }
}

fn inventory(page: &mut Printer, result: &Compliance, lang: Lang) {
    let say = |words: StaticText| words.get(lang).to_owned();
    if result.inventory.is_empty() {
        return;
    }
    page.heading(&say(text("个人信息清单", "Personal information")));
    page.line(
        Tone::Dim,
        &format!(
            "  {}{}{}{}",
            pad(&say(text("信息", "information")), 34),
            pad(&say(text("同意前", "before consent")), 16),
            pad(&say(text("政策", "policy")), 24),
            say(text("收集者", "by")),
        ),
    );
    for row in &result.inventory {
        let mut by: Vec<String> = Vec::new();
        if row.by_app {
            by.push("App".to_owned());
        }
        by.extend(row.by_sdks.iter().cloned());
        page.line(
            if row.state == "undeclared" { Tone::Medium } else { Tone::Plain },
            &format!(
                "  {}{}{}{}",
                pad(&visible(row.name.get(lang)), 34),
                pad(before(&row.before_consent).get(lang), 16),
                pad(state(&row.state).get(lang), 24),
                by.join(", "),
            ),
        );
    }
}

fn sdks(page: &mut Printer, result: &Compliance, lang: Lang) {
    let say = |words: StaticText| words.get(lang).to_owned();
    let rows: Vec<_> =
        result.sdks.iter().filter(|row| row.collects || row.state == "never-seen").collect();
    if rows.is_empty() {
        return;
    }
    page.heading(&say(text("会收集个人信息的 SDK", "SDKs that collect")));
    for row in rows {
        let information = if row.found_information.is_empty() {
            &row.known_information
        } else {
            &row.found_information
        };
        page.line(
            if row.state == "undeclared" { Tone::Medium } else { Tone::Plain },
            &format!(
                "  {}{}{}",
                pad(&visible(row.name.get(lang)), 34),
                pad(state(&row.state).get(lang), 24),
                visible(&information.join("、")),
            ),
        );
    }
}

fn limits(page: &mut Printer, result: &Compliance, lang: Lang) {
    if result.limits.is_empty() {
        return;
    }
    page.heading(text("未能看到的", "What could not be seen").get(lang));
    for limit in &result.limits {
        page.paragraph("·", visible(limit.get(lang)).as_ref());
    }
}
