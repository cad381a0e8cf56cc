//! Everything behind the findings: controls, permissions, components, SDKs, signature, network,
//! native libraries, what could not be looked at, coverage, how to read the page.

use super::page::Page;
use crate::terminal::{by_kind, coverage_shares};
use crate::view::View;
use crate::words;
use menshen_base::{StaticText, Text, Verdict, text};
use menshen_facts::{Component, Signing};
use menshen_models::{permission, sdks};

/// One section of the page.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) title: StaticText,
    pub(super) count: Option<usize>,
    pub(super) write: fn(&mut Page, &View<'_>),
}

/// Rows of a table before the rest is folded away.
const ROWS_SHOWN: usize = 40;

/// The sections that have something to say.
pub(super) fn sections(view: &View<'_>) -> Vec<Section> {
    let facts = &view.assessment.facts;
    let assessment = view.assessment;
    let section = |id, title, count: usize, write| Section { id, title, count: Some(count), write };
    let mut sections = vec![
        section("controls", text("标准条款", "Controls"), assessment.controls.len(), controls),
        section("permissions", text("权限", "Permissions"), facts.permissions.len(), permissions),
        section("components", text("组件", "Components"), facts.components.len(), components),
        section("links", text("深层链接", "Deep links"), facts.deep_links.len(), deep_links),
        section("sdks", text("第三方 SDK", "Third-party SDKs"), facts.sdks.len(), sdk_list),
        section("endpoints", text("网络地址", "Endpoints"), facts.endpoints.len(), endpoints),
        section(
            "signature",
            text("签名与证书", "Signature and certificates"),
            facts.signatures.len(),
            signature,
        ),
        section("native", text("原生库", "Native libraries"), facts.libraries.len(), libraries),
        section(
            "accepted",
            text("基线已接受", "Accepted by the baseline"),
            assessment.gate.suppressed.len(),
            accepted,
        ),
    ];
    let lost = assessment.scan_issues.len() + assessment.coverage.not_assessed.len();
    sections.push(section(
        "issues",
        text("未能检查的内容", "What could not be looked at"),
        lost,
        issues,
    ));
    sections.retain(|section| section.count != Some(0));
    let plain = |id, title, write| Section { id, title, count: None, write };
    sections.push(plain("coverage", text("检查范围", "What was looked at"), coverage));
    sections.push(plain("reading", text("阅读说明", "How to read this"), reading));
    sections
}

/// A table whose rows beyond a page's worth are folded away.
fn long_table<T>(
    page: &mut Page,
    columns: &[StaticText],
    rows: &[T],
    mut row: impl FnMut(&mut Page, &T),
) {
    let (shown, folded) = rows.split_at(rows.len().min(ROWS_SHOWN));
    let mut table = |page: &mut Page, rows: &[T]| {
        page.table(columns, |page| {
            for one in rows {
                page.raw("<tr>");
                row(page, one);
                page.raw("</tr>");
            }
        });
    };
    table(page, shown);
    if !folded.is_empty() {
        page.raw("<details class=\"more\"><summary>");
        page.both(&Text::new(
            format!("另外 {} 行", folded.len()),
            format!("{} more", folded.len()),
        ));
        page.raw("</summary>");
        table(page, folded);
        page.raw("</details>");
    }
}

fn controls(page: &mut Page, view: &View<'_>) {
    let columns = [
        text("条款", "Control"),
        text("要求", "Requirement"),
        text("结论", "Verdict"),
        text("依据", "Because of"),
    ];
    long_table(page, &columns, &view.assessment.controls, |page, control| {
        page.element_text("td", "id", &control.id);
        page.element_both("td", "", &control.title);
        page.element("td", "", |page| {
            let class = format!("pill verdict-{}", words::verdict_id(&control.verdict));
            page.element_word("span", &class, words::verdict(&control.verdict));
        });
        page.element("td", "", |page| match &control.verdict {
            Verdict::NotAssessed(reason) => page.both(reason),
            _ => page.element_text("code", "", &control.rules.join(" ")),
        });
    });
}

fn permissions(page: &mut Page, view: &View<'_>) {
    let mut rows: Vec<_> =
        view.assessment.facts.permissions.iter().map(|fact| &fact.data).collect();
    let rank = |level: &str| match level {
        "dangerous" => 0,
        "special" => 1,
        "signature" => 2,
        "normal" => 4,
        _ => 3,
    };
    rows.sort_by(|a, b| (rank(&a.level), &a.name).cmp(&(rank(&b.level), &b.name)));
    rows.dedup_by(|a, b| a.name == b.name);
    let columns =
        [text("权限", "Permission"), text("级别", "Level"), text("含义", "What it allows")];
    long_table(page, &columns, &rows, |page, one| {
        page.element("td", "", |page| page.element_text("code", "", &one.name));
        page.element("td", "", |page| {
            let class = match one.level.as_str() {
                "dangerous" | "special" => "pill medium",
                "unknown" => "pill low",
                _ => "pill info",
            };
            page.element("span", class, |page| level(page, &one.level));
        });
        page.element("td", "", |page| {
            if let Some(known) = permission(&one.name) {
                let (zh, en) = (known.zh.unwrap_or_default(), known.en.unwrap_or_default());
                page.both(&Text::new(zh, en));
            }
        });
    });
}

fn level(page: &mut Page, level: &str) {
    match level {
        "normal" => page.word(text("普通", "normal")),
        "dangerous" => page.word(text("危险", "dangerous")),
        "signature" => page.word(text("签名", "signature")),
        "special" => page.word(text("特殊", "special")),
        "unknown" => page.word(text("未知", "unknown")),
        "none" => page.word(text("无", "none")),
        "undefined" => page.word(text("未定义", "undefined")),
        other => page.text(other),
    }
}

fn components(page: &mut Page, view: &View<'_>) {
    let all: Vec<&Component> =
        view.assessment.facts.components.iter().map(|fact| &fact.data).collect();
    let (exported, internal): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.exported);
    page.element_both(
        "p",
        "lead",
        &Text::new(
            format!("对其他应用开放 {} 个，仅供应用内部 {} 个。", exported.len(), internal.len()),
            format!("{} open to other apps, {} for the app alone.", exported.len(), internal.len()),
        ),
    );
    let columns = [
        text("组件", "Component"),
        text("类型", "Kind"),
        text("保护", "Guarded by"),
        text("动作与数据", "Actions and data"),
    ];
    let row = |page: &mut Page, one: &&Component| {
        page.element("td", "", |page| page.element_text("code", "", &one.name));
        page.element_both("td", "", &words::component(&one.kind));
        page.element("td", "", |page| guard(page, one));
        let mut data = one.actions.clone();
        data.extend(one.schemes.iter().map(|scheme| format!("{scheme}:")));
        data.extend(one.authorities.iter().cloned());
        page.element("td", "", |page| page.element_text("code", "", &data.join(" ")));
    };
    if !exported.is_empty() {
        page.element_word("h3", "", text("对其他应用开放", "Open to other apps"));
        long_table(page, &columns, &exported, row);
    }
    if !internal.is_empty() {
        page.raw("<details class=\"more\"><summary>");
        page.word(text("仅供应用内部的组件", "For the app alone"));
        page.element_text("span", "count", &internal.len().to_string());
        page.raw("</summary>");
        long_table(page, &columns, &internal, row);
        page.raw("</details>");
    }
}

fn guard(page: &mut Page, component: &Component) {
    match component.permission.as_ref().or(component.read_permission.as_ref()) {
        Some(permission) => {
            page.element_text("code", "", permission);
            page.raw(" <span class=\"quiet\">");
            level(page, &component.protection);
            page.raw("</span>");
        }
        None if component.launcher => page.word(text("启动入口", "launcher entry")),
        None if component.exported => {
            page.element_word("span", "pill medium", text("无", "nothing"))
        }
        None => page.raw("–"),
    }
}

fn deep_links(page: &mut Page, view: &View<'_>) {
    let rows = &view.assessment.facts.deep_links;
    let columns =
        [text("链接", "Link"), text("打开", "Opens"), text("已校验域名", "Domain is verified")];
    long_table(page, &columns, rows, |page, fact| {
        let one = &fact.data;
        let host = one.host.as_deref().unwrap_or("*");
        let link = format!("{}://{host}{}", one.scheme, one.path.as_deref().unwrap_or_default());
        page.element("td", "", |page| page.element_text("code", "", &link));
        page.element("td", "", |page| page.element_text("code", "", &one.component));
        page.element("td", "", |page| match (one.web, one.auto_verify) {
            (true, true) => page.word(text("声明了自动校验", "asks for it")),
            (true, false) => page.word(text("否", "no")),
            (false, _) => page.raw("–"),
        });
    });
}

fn sdk_list(page: &mut Page, view: &View<'_>) {
    let rows = &view.assessment.facts.sdks;
    let columns = [
        text("名称", "Name"),
        text("提供方", "Provider"),
        text("版本", "Version"),
        text("可能收集的个人信息", "Personal information it may collect"),
        text("判断", "Certainty"),
    ];
    long_table(page, &columns, rows, |page, fact| {
        let one = &fact.data;
        page.element("td", "", |page| {
            page.element_both("b", "", &Text::new(&*one.name_zh, &*one.name_en));
            page.raw("<br><span class=\"quiet\">");
            page.text(&one.id);
            page.raw("</span>");
        });
        page.element_both("td", "", &Text::new(&*one.provider_zh, &*one.provider_en));
        page.element_text("td", "", one.version.as_deref().unwrap_or("–"));
        page.element_text("td", "", &one.personal_info.join(", "));
        page.element("td", "", |page| match one.certainty.as_str() {
            "certain" => page.word(text("确定", "certain")),
            "likely" => page.word(text("很可能", "likely")),
            "clue" => page.word(text("线索", "a clue")),
            other => page.text(other),
        });
    });
}

fn endpoints(page: &mut Page, view: &View<'_>) {
    let mut rows: Vec<_> = view.assessment.facts.endpoints.iter().map(|fact| &fact.data).collect();
    rows.sort_by(|a, b| (!a.cleartext, &a.host, &a.url).cmp(&(!b.cleartext, &b.host, &b.url)));
    rows.dedup_by(|a, b| a.url == b.url);
    let columns = [
        text("地址", "Address"),
        text("传输", "Transport"),
        text("范围", "Network"),
        text("服务方", "Run by"),
    ];
    long_table(page, &columns, &rows, |page, one| {
        page.element("td", "", |page| page.element_text("code", "", &one.url));
        page.element("td", "", |page| match one.cleartext {
            true => page.element_word("span", "pill medium", text("明文", "cleartext")),
            false => page.text(&one.scheme),
        });
        page.element("td", "", |page| match one.kind.as_str() {
            "public" => page.word(text("公网", "public")),
            "lan" => page.word(text("局域网", "local network")),
            "loopback" => page.word(text("本机", "this device")),
            "documentation" => page.word(text("文档链接", "documentation")),
            "namespace" => page.word(text("命名空间", "namespace")),
            "example" => page.word(text("示例", "example")),
            other => page.text(other),
        });
        page.element("td", "", |page| match &one.sdk {
            Some(id) => match sdks().get(id) {
                Some(sdk) => page.both(&Text::new(sdk.name_zh, sdk.name_en)),
                None => page.text(id),
            },
            None => page.raw("–"),
        });
    });
}

/// What the signature as a whole amounts to.
pub(super) fn signing_word(signing: &Signing) -> StaticText {
    match (signing.signed, signing.verified) {
        (false, _) => text("未签名", "not signed"),
        (true, false) => text("校验未通过", "does not verify"),
        (true, true) => text("校验通过", "verifies"),
    }
}

fn signature(page: &mut Page, view: &View<'_>) {
    let facts = &view.assessment.facts;
    let columns = [
        text("方案", "Scheme"),
        text("校验", "Verification"),
        text("算法", "Algorithms"),
        text("存在的问题", "Problems"),
    ];
    let present: Vec<_> = facts.signatures.iter().filter(|fact| fact.data.present).collect();
    long_table(page, &columns, &present, |page, fact| {
        page.element_text("td", "id", &fact.data.scheme);
        page.element("td", "", |page| match fact.data.verified {
            Some(true) => page.element_word("span", "pill verdict-pass", text("通过", "verifies")),
            Some(false) => {
                page.element_word("span", "pill verdict-fail", text("未通过", "does not verify"))
            }
            None => page.element_word("span", "pill", text("未校验", "not checked")),
        });
        page.element_text("td", "", &fact.data.algorithms.join(", "));
        page.element_text("td", "", &fact.data.problems.join("; "));
    });
    for signing in &facts.signing {
        for error in &signing.data.errors {
            page.element_text("p", "lead", error);
        }
    }
    for fact in &facts.certificates {
        let one = &fact.data;
        page.raw("<dl class=\"about card\">");
        page.pair(text("持有者", "Subject"), |page| page.text(&one.subject));
        if one.issuer != one.subject {
            page.pair(text("颁发者", "Issuer"), |page| page.text(&one.issuer));
        }
        page.pair(text("有效期", "Valid"), |page| {
            page.text(&format!("{} – {}", one.not_before, one.not_after));
            if one.expired {
                page.raw(" ");
                page.element_word("span", "pill medium", text("已过期", "expired"));
            }
        });
        page.pair(text("密钥", "Key"), |page| {
            let bits = one.key_bits.map_or_else(String::new, |bits| format!(" {bits}"));
            page.text(&format!("{}{bits} · {}", one.key_algorithm, one.signature_algorithm));
        });
        page.pair(text("序列号", "Serial"), |page| page.element_text("code", "", &one.serial));
        page.pair(text("SHA-256", "SHA-256"), |page| {
            page.element_text("code", "digest", &one.sha256)
        });
        if one.debug {
            page.element_word("span", "pill high", text("调试证书", "debug certificate"));
        }
        if let Some(key) = &one.test_key {
            page.element_text("span", "pill high", key);
        }
        page.raw("</dl>");
    }
}

fn libraries(page: &mut Page, view: &View<'_>) {
    let columns = [
        text("文件", "File"),
        text("归属", "Owner"),
        text("栈不可执行", "NX"),
        text("RELRO", "RELRO"),
        text("栈保护", "Canary"),
        text("FORTIFY", "FORTIFY"),
        text("页对齐", "Page size"),
    ];
    long_table(page, &columns, &view.assessment.facts.libraries, |page, fact| {
        let one = &fact.data;
        page.element("td", "", |page| page.element_text("code", "", &one.path));
        page.element_both("td", "", &view.owner(&fact.owner));
        page.element("td", "", |page| mark(page, Some(one.nx)));
        page.element("td", "", |page| match one.relro.as_str() {
            "full" => mark(page, Some(true)),
            "partial" => page.word(text("部分", "partial")),
            _ => mark(page, Some(false)),
        });
        page.element("td", "", |page| mark(page, one.canary));
        page.element("td", "", |page| mark(page, one.fortify));
        page.element_text("td", "number", &format!("{} KiB", one.page_alignment / 1024));
    });
}

fn mark(page: &mut Page, value: Option<bool>) {
    match value {
        Some(true) => page.element_word("span", "yes", text("有", "yes")),
        Some(false) => page.element_word("span", "no", text("无", "no")),
        None => page.raw("–"),
    }
}

fn accepted(page: &mut Page, view: &View<'_>) {
    let columns = [
        text("规则", "Rule"),
        text("接受理由", "Reason"),
        text("责任人", "Owner"),
        text("有效期至", "Until"),
    ];
    long_table(page, &columns, &view.assessment.gate.suppressed, |page, one| {
        page.element_text("td", "id", &one.rule);
        page.element_text("td", "", &one.reason);
        page.element_text("td", "", one.owner.as_deref().unwrap_or("–"));
        page.element_text("td", "", one.expires.as_deref().unwrap_or("–"));
    });
}

fn issues(page: &mut Page, view: &View<'_>) {
    for (kind, group) in by_kind(&view.assessment.scan_issues) {
        page.raw("<div class=\"issue\"><h3>");
        page.word(kind.title);
        page.element_text("span", "count", &group.len().to_string());
        page.raw("</h3><p>");
        page.word(text("影响：", "Lost: "));
        page.word(kind.lost);
        page.raw(" ");
        page.element_text("code", "quiet", kind.code);
        page.raw("</p>");
        long_table(
            page,
            &[text("位置", "Where"), text("细节", "Particulars")],
            &group,
            |page, issue| {
                page.element("td", "", |page| {
                    page.element_text("code", "", &view.place(&issue.place))
                });
                page.element_text("td", "", &issue.detail);
            },
        );
        page.raw("</div>");
    }
    for text in &view.assessment.coverage.not_assessed {
        page.element_both("p", "lead", text);
    }
}

fn coverage(page: &mut Page, view: &View<'_>) {
    page.raw("<ul class=\"shares\">");
    for (name, share) in coverage_shares(view).into_iter().filter(|(_, share)| share.total > 0) {
        page.element("li", if share.done < share.total { "part" } else { "" }, |page| {
            page.element_text("b", "", &format!("{} / {}", share.done, share.total));
            page.both(&name);
        });
    }
    page.raw("</ul>");
    for fact in &view.assessment.facts.frameworks {
        let one = &fact.data;
        let version = one.version.as_deref().unwrap_or_default();
        page.element_both(
            "p",
            "lead",
            &Text::new(
                format!("应用使用 {} {version}，其代码位于 {}，字节码规则不检查。", one.name, one.code.join(", ")),
                format!(
                    "The app uses {} {version}: its code lies in {}, which rules over bytecode do not see.",
                    one.name,
                    one.code.join(", ")
                ),
            ),
        );
    }
    for fact in &view.assessment.facts.packers {
        page.element_both(
            "p",
            "lead",
            &Text::new(
                format!("检测到加固或混淆产品：{}。", fact.data.name_zh),
                format!("A packer or obfuscator was recognised: {}.", fact.data.name_en),
            ),
        );
    }
}

fn reading(page: &mut Page, _: &View<'_>) {
    page.raw("<ul class=\"notes\">");
    for line in [
        text(
            "严重程度：严重与高危为攻击者可直接利用；中危需要其他条件；低危削弱防护；提示仅供了解。",
            "Severity: critical and high can be used by an attacker as they are; medium needs something else as well; low weakens a protection; info is good to know.",
        ),
        text(
            "置信度：高表示在安装包上直接判定；中表示依赖一个已写明的假设；低表示供人工复核的线索。",
            "Confidence: high is decided on the package itself; medium rests on one assumption that the evidence names; low is a hint for a reviewer.",
        ),
        text(
            "归属：问题位于应用自身代码、已识别的第三方 SDK，或归属未知的代码。",
            "Owner: whether it is in the app's own code, in a third-party SDK that was recognised, or in code of unknown origin.",
        ),
        text(
            "标准条款：“符合”只在该条款所需的事实确已收集时给出，否则为“未评估”。",
            "Controls: a pass is given only where the facts that the control needs were gathered; otherwise it is not assessed.",
        ),
        text(
            "“未能检查的内容”不是应用的问题，而是本次检查没有看到的部分。",
            "What could not be looked at is not a fault of the app: it is the part that this scan did not see.",
        ),
    ] {
        page.element_word("li", "", line);
    }
    page.raw("</ul>");
}
