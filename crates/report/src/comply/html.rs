//! The report as testing labs write it, as one HTML file in both languages: cover, subject,
//! basis, method, summary, clause by clause with evidence and remedy, appendices.

use super::{before, decided, state, verdict, yes_no};
use crate::html::document;
use crate::html::page::Page;
use menshen_base::{Lang, StaticText, Text, text};
use menshen_comply::{Compliance, Control, Document, PersonSays, TypeName, Verdict};
use std::io::{self, Write};

const ORDER: [Verdict; 5] =
    [Verdict::Fail, Verdict::Review, Verdict::NotAssessed, Verdict::Pass, Verdict::NotApplicable];

/// Writes the page. It opens in the given language.
pub fn write(results: &[Compliance], lang: Lang, out: &mut impl Write) -> io::Result<()> {
    let title = match results {
        [one] => format!("{} · Menshen", one.subject.label.as_deref().unwrap_or(&one.subject.name)),
        _ => "Menshen".to_owned(),
    };
    let mut page = Page::default();
    let subject = text("个人信息合规检测报告", "Personal-information compliance report");
    document(&mut page, lang, &title, subject, |page| {
        for result in results {
            report(page, result);
        }
    });
    out.write_all(page.finish().as_bytes())
}

fn report(page: &mut Page, result: &Compliance) {
    page.element("article", "lab", |page| {
        cover(page, result);
        section(page, text("一、检测对象", "1. Subject"), |page| subject(page, result));
        section(page, text("二、检测依据", "2. Basis"), |page| basis(page, result));
        section(page, text("三、检测方法", "3. Method"), |page| method(page, result));
        section(page, text("四、结论汇总", "4. Summary"), |page| summary(page, result));
        section(page, text("五、逐条结论", "5. Clause by clause"), |page| {
            clauses(page, result)
        });
        section(page, text("附录 A　权限清单", "Appendix A. Permissions"), |page| {
            permissions(page, result)
        });
        section(page, text("附录 B　SDK 清单", "Appendix B. SDKs"), |page| sdks(page, result));
        section(page, text("附录 C　个人信息清单", "Appendix C. Information"), |page| {
            inventory(page, result)
        });
        section(page, text("附录 D　域名清单", "Appendix D. Hosts"), |page| {
            hosts(page, result)
        });
    });
}

fn section(page: &mut Page, title: StaticText, inside: impl FnOnce(&mut Page)) {
    page.element("section", "", |page| {
        page.heading(title, None);
        inside(page);
    });
}

fn paragraph(page: &mut Page, words: &Text) {
    page.element_both("p", "", words);
}

fn cover(page: &mut Page, result: &Compliance) {
    let subject = &result.subject;
    page.element("header", "", |page| {
        page.element_text("h1", "", subject.label.as_deref().unwrap_or(&subject.name));
        page.element("p", "", |page| {
            page.text(&subject.package);
            page.text(" ");
            page.text(subject.version_name.as_deref().unwrap_or_default());
        });
        page.element("p", "", |page| {
            page.word(text("报告日期：", "Date: "));
            page.text(&subject.as_of);
            if let Some(tester) = &result.tester {
                page.text("  ");
                page.word(text("检测人员：", "Tester: "));
                page.text(tester);
            }
        });
        let counts = &result.counts;
        paragraph(
            page,
            &Text::new(
                format!(
                    "不通过 {} 项，待复核 {} 项，未评估 {} 项，通过 {} 项，不适用 {} 项",
                    counts.fail,
                    counts.review,
                    counts.not_assessed,
                    counts.pass,
                    counts.not_applicable
                ),
                format!(
                    "{} fail, {} to be reviewed, {} not assessed, {} pass, {} not applicable",
                    counts.fail,
                    counts.review,
                    counts.not_assessed,
                    counts.pass,
                    counts.not_applicable
                ),
            ),
        );
    });
}

fn subject(page: &mut Page, result: &Compliance) {
    let subject = &result.subject;
    let number = |value: Option<i64>| value.map(|value| value.to_string()).unwrap_or_default();
    page.raw("<dl class=\"facts\">");
    page.pair(text("文件", "File"), |page| page.text(&subject.name));
    page.pair(text("应用名称", "Name"), |page| {
        page.text(subject.label.as_deref().unwrap_or_default())
    });
    page.pair(text("包名", "Package"), |page| page.text(&subject.package));
    page.pair(text("版本", "Version"), |page| {
        page.text(&format!(
            "{} ({})",
            subject.version_name.as_deref().unwrap_or_default(),
            number(subject.version_code)
        ));
    });
    page.pair(text("系统级别", "Platform levels"), |page| {
        page.text(&format!(
            "minSdk {}, targetSdk {}",
            number(subject.min_sdk),
            number(subject.target_sdk)
        ));
    });
    page.pair(text("大小", "Size"), |page| page.text(&format!("{} B", subject.size_bytes)));
    page.pair(text("SHA-256", "SHA-256"), |page| {
        page.text(subject.sha256.as_deref().unwrap_or_default())
    });
    page.pair(text("应用类型", "Type of app"), |page| {
        app_type(page, subject.app_type.as_ref(), &subject.suggested_types)
    });
    page.pair(text("隐私政策", "Privacy policy"), |page| policy(page, result));
    page.pair(text("行为日志", "Behaviour log"), |page| match result.log_events {
        0 => page.word(text("未提供", "not given")),
        count => page.both(&Text::new(format!("{count} 条"), format!("{count} events"))),
    });
    page.raw("</dl>");
}

fn app_type(page: &mut Page, given: Option<&TypeName>, suggested: &[TypeName]) {
    if let Some(known) = given {
        let list = known.necessary.join("；");
        page.both(&Text::new(
            format!(
                "{}类。必要个人信息：{}",
                known.name.zh,
                if list.is_empty() { "无须个人信息" } else { &list }
            ),
            format!(
                "{}. Necessary information: {}",
                known.name.en,
                if list.is_empty() { "none" } else { &list }
            ),
        ));
        return;
    }
    page.word(text("未给出", "not given"));
    for known in suggested {
        let because = known.because.as_deref().unwrap_or_default();
        page.text("  ");
        page.both(&Text::new(
            format!("（按名称中的“{because}”，可能是{}类）", known.name.zh),
            format!("(by {because:?} in its name perhaps {})", known.name.en),
        ));
    }
}

fn policy(page: &mut Page, result: &Compliance) {
    let policy = &result.policy;
    match policy.state.as_str() {
        "read" => {
            page.text(&policy.name);
            let parts = [&policy.title, &policy.updated, &policy.effective];
            for part in parts.into_iter().flatten() {
                page.text("  ");
                page.text(part);
            }
        }
        "unusable" => page.both(&policy.reason.clone().unwrap_or_default()),
        _ => page.word(text("未提供", "not given")),
    }
    for address in &policy.addresses {
        page.text("  ");
        page.text(address);
    }
}

fn basis(page: &mut Page, result: &Compliance) {
    page.table(
        &[
            text("文号", "Number"),
            text("名称", "Title"),
            text("发布机关", "Issued by"),
            text("日期", "Date"),
            text("说明", "Note"),
        ],
        |page| {
            for document in &result.documents {
                page.element("tr", "", |page| {
                    page.element_text("td", "", &document.number);
                    page.element_both("td", "", &document.name);
                    page.element_both("td", "", &document.issuer);
                    page.element_text("td", "", &document.date);
                    page.element_both("td", "", &document.note);
                });
            }
        },
    );
}

fn method(page: &mut Page, result: &Compliance) {
    for words in [
        text(
            "静态分析：读取清单、代码、资源、原生库和签名；从 Application、ContentProvider、启动器和启动页出发，沿调用链找出同意前能执行的收集，并给出调用链。",
            "Static analysis: manifest, code, resources, native libraries and signatures are read; calls are followed from the application class, content providers, initialisers and the launcher to collection that can run before consent, with the chain of calls.",
        ),
        text(
            "政策分析：按词表和规则提取隐私政策的声明，每条声明指向原句。",
            "Policy analysis: statements are extracted by a lexicon and rules; each points to its sentence.",
        ),
        text(
            "行为日志与人工检查：导入运行中的行为，人工检查的结论与截图并入本报告。",
            "Behaviour log and checklist: what was seen at run time and what a tester decided join this report.",
        ),
        text(
            "判定：只有收集到所需事实时“没有发现”才算通过；否则为未评估，并写明原因。",
            "Verdicts: nothing found is a pass only where the facts were gathered; otherwise the clause is not assessed, with the reason.",
        ),
    ] {
        page.element_word("p", "", words);
    }
    if !result.limits.is_empty() {
        page.element_word("h3", "", text("本次检测的局限", "Limits of this run"));
        page.raw("<ul>");
        for limit in &result.limits {
            page.element_both("li", "", limit);
        }
        page.raw("</ul>");
    }
}

fn summary(page: &mut Page, result: &Compliance) {
    page.table(
        &[
            text("依据", "Document"),
            text("不通过", "Fail"),
            text("待复核", "Review"),
            text("未评估", "Not assessed"),
            text("通过", "Pass"),
            text("不适用", "Not applicable"),
        ],
        |page| {
            for document in &result.documents {
                page.element("tr", "", |page| {
                    page.element_text("td", "", &document.number);
                    for wanted in ORDER {
                        let count = of(result, document)
                            .filter(|control| control.verdict == wanted)
                            .count();
                        page.element_text("td", "", &count.to_string());
                    }
                });
            }
        },
    );
    page.table(
        &[
            text("条款", "Clause"),
            text("内容", "Content"),
            text("结论", "Verdict"),
            text("理由", "Reason"),
        ],
        |page| {
            for control in &result.controls {
                page.element("tr", "", |page| {
                    page.element("td", "", |page| {
                        page.link(&anchor(control), |page| page.text(&control.id));
                    });
                    page.element_both("td", "", &control.title);
                    page.element_word("td", class(control.verdict), verdict(control.verdict));
                    page.element_both("td", "", &control.reason);
                });
            }
        },
    );
}

fn of<'r>(result: &'r Compliance, document: &'r Document) -> impl Iterator<Item = &'r Control> {
    result.controls.iter().filter(|control| control.standard == document.code)
}

fn anchor(control: &Control) -> String {
    format!("c-{}", control.id.replace('.', "-"))
}

fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Fail => "fail",
        Verdict::Review => "review",
        Verdict::NotAssessed => "not-assessed",
        Verdict::Pass => "pass",
        Verdict::NotApplicable => "not-applicable",
    }
}

fn clauses(page: &mut Page, result: &Compliance) {
    for document in &result.documents {
        page.element("h3", "", |page| {
            page.text(&document.number);
            page.text("  ");
            page.both(&document.name);
        });
        let mut group: Option<&Text> = None;
        for control in of(result, document) {
            if control.group.is_some() && control.group.as_ref() != group {
                group = control.group.as_ref();
                page.element_both("h4", "", &control.group.clone().unwrap_or_default());
            }
            clause(page, control);
        }
    }
}

fn clause(page: &mut Page, control: &Control) {
    page.open("section", &[("id", &anchor(control)), ("class", "clause")]);
    page.element("h4", "", |page| {
        page.text(&control.id);
        page.text("  ");
        page.both(&control.title);
    });
    page.raw("<dl class=\"facts\">");
    page.pair(text("结论", "Verdict"), |page| {
        page.element_word("b", class(control.verdict), verdict(control.verdict));
    });
    page.pair(text("理由", "Reason"), |page| page.both(&control.reason));
    page.pair(text("判定方式", "Decided"), |page| {
        page.word(decided(control.decided));
        page.text(" — ");
        page.both(&control.how);
    });
    if let Some(person) = &control.person {
        page.pair(text("检测人员", "Tester"), |page| said(page, person));
    }
    if matches!(control.verdict, Verdict::Fail | Verdict::Review) {
        page.pair(text("整改建议", "Remedy"), |page| page.both(&control.remedy));
    }
    if control.compare {
        page.pair(text("条款文字", "Wording"), |page| {
            page.word(text("须与官方原文核对", "compare with the official text"));
        });
    }
    page.raw("</dl>");
    if !control.evidence.is_empty() {
        page.raw("<ol>");
        for proof in &control.evidence {
            page.element("li", "", |page| {
                page.both(&proof.text);
                if !proof.place.is_empty() {
                    page.raw("<br>");
                    page.element_text("code", "", &proof.place);
                }
                if proof.chain.len() > 1 {
                    page.raw("<br>");
                    page.element_text("code", "", &proof.chain.join(" → "));
                }
            });
        }
        page.raw("</ol>");
    }
    if control.evidence_omitted > 0 {
        let more = control.evidence_omitted;
        paragraph(
            page,
            &Text::new(format!("另有 {more} 条证据"), format!("{more} more pieces of evidence")),
        );
    }
    page.close("section");
}

fn said(page: &mut Page, person: &PersonSays) {
    page.word(verdict(person.verdict));
    page.text(" ");
    page.text(&person.note);
    page.text(" ");
    page.both(&Text::new(
        format!("（工具原结论：{}，{}）", verdict(person.tool_verdict).zh, person.tool_reason.zh),
        format!(
            "(the tool had said: {}, {})",
            verdict(person.tool_verdict).en,
            person.tool_reason.en
        ),
    ));
    for picture in &person.pictures {
        page.text(" ");
        page.element_text("code", "", picture);
    }
}

fn permissions(page: &mut Page, result: &Compliance) {
    page.table(
        &[
            text("权限", "Permission"),
            text("级别", "Level"),
            text("有使用处", "Used"),
            text("运行时申请", "Asked at run time"),
            text("政策提及", "In the policy"),
            text("政策中的用途", "Purpose in the policy"),
        ],
        |page| {
            for row in &result.permissions {
                page.element("tr", "", |page| {
                    page.element_text("td", "", &row.name);
                    page.element_text("td", "", &row.level);
                    page.element_word("td", "", yes_no(row.used));
                    page.element_word("td", "", yes_no(Some(row.requested_at_run_time)));
                    page.element_word("td", "", yes_no(row.declared));
                    page.element_text("td", "", row.purpose.as_deref().unwrap_or_default());
                });
            }
        },
    );
}

fn sdks(page: &mut Page, result: &Compliance) {
    page.table(
        &[
            text("SDK", "SDK"),
            text("提供者", "Provider"),
            text("版本", "Version"),
            text("目的", "Purpose"),
            text("公开资料所称收集的信息", "Known to collect"),
            text("包内发现收集的信息", "Found to collect"),
            text("同意前", "Before consent"),
            text("声明情况", "Declared"),
        ],
        |page| {
            for row in result.sdks.iter().filter(|row| row.collects || row.state == "never-seen") {
                page.element("tr", "", |page| {
                    page.element_both("td", "", &row.name);
                    page.element_both("td", "", &row.provider);
                    page.element_text("td", "", row.version.as_deref().unwrap_or_default());
                    page.element_text("td", "", &row.purpose);
                    page.element_text("td", "", &row.known_information.join("、"));
                    page.element_text("td", "", &row.found_information.join("、"));
                    page.element_word("td", "", before(&row.before_consent));
                    page.element_word("td", class_of(&row.state), state(&row.state));
                });
            }
        },
    );
    let others =
        result.sdks.iter().filter(|row| !row.collects && row.state != "never-seen").count();
    if others > 0 {
        paragraph(
            page,
            &Text::new(
                format!("另有 {others} 个已识别的组件，未发现其收集个人信息。"),
                format!("{others} more known components were not found to collect."),
            ),
        );
    }
}

fn class_of(state: &str) -> &'static str {
    if state == "undeclared" { "fail" } else { "" }
}

fn inventory(page: &mut Page, result: &Compliance) {
    page.table(
        &[
            text("信息类型", "Type"),
            text("收集者", "Collected by"),
            text("代码位置数", "Places"),
            text("运行中次数", "Seen"),
            text("接口", "APIs"),
            text("同意前", "Before consent"),
            text("声明情况", "Declared"),
            text("该类应用必要", "Necessary for the type"),
        ],
        |page| {
            for row in &result.inventory {
                let mut by: Vec<String> = Vec::new();
                if row.by_app {
                    by.push("App".to_owned());
                }
                by.extend(row.by_sdks.iter().cloned());
                page.element("tr", "", |page| {
                    page.element_both("td", "", &row.name);
                    page.element_text("td", "", &by.join(", "));
                    page.element_text("td", "", &row.places.to_string());
                    page.element_text("td", "", &row.observed.to_string());
                    page.element_text("td", "", &row.apis.join(", "));
                    page.element_word("td", "", before(&row.before_consent));
                    page.element_word("td", class_of(&row.state), state(&row.state));
                    page.element_word("td", "", yes_no(row.necessary));
                });
            }
        },
    );
}

fn hosts(page: &mut Page, result: &Compliance) {
    page.table(
        &[
            text("域名", "Host"),
            text("所属 SDK", "SDK"),
            text("明文", "Cleartext"),
            text("来源", "Found in"),
        ],
        |page| {
            for row in &result.hosts {
                page.element("tr", "", |page| {
                    page.element_text("td", "", &row.host);
                    page.element_text("td", "", row.sdk.as_deref().unwrap_or_default());
                    page.element_word("td", "", yes_no(Some(row.cleartext)));
                    page.element_text("td", "", &row.sources.join(", "));
                });
            }
        },
    );
}
