//! Pages that are made from the program: `cargo xtask docs [--check]`.
//!
//! - `docs/facts.md` from the declarations of the facts;
//! - `docs/rules/ID.md`, one page a rule in both languages, and `docs/rules/README.md`;
//! - `docs/schema/report.schema.json`, the published schema of the JSON report.
//!
//! `--check` writes nothing, names the pages that do not say what the program says, and links
//! within the repository that lead nowhere.

use crate::shell;
use anyhow::{Result, bail};
use menshen_base::{Confidence, Severity, Text};
use menshen_facts::{FieldType, KINDS};
use menshen_models::standards::{self, Entry};
use menshen_rules::{Library, Rule, RulePack, test_path};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

const RULES: &str = "docs/rules";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => write(),
        [flag] if flag == "--check" => check(),
        _ => bail!("usage: cargo xtask docs [--check]"),
    }
}

fn write() -> Result<()> {
    fs::create_dir_all(shell::root().join(RULES))?;
    let pages = pages();
    for name in stale(&pages)? {
        match pages.get(&name) {
            Some(text) => fs::write(shell::root().join(&name), text)?,
            None => fs::remove_file(shell::root().join(&name))?,
        }
        println!("{name}");
    }
    Ok(())
}

pub(crate) fn check() -> Result<()> {
    let stale = stale(&pages())?;
    if !stale.is_empty() {
        bail!("not up to date, run cargo xtask docs: {}", stale.join(", "));
    }
    let dead = dead_links()?;
    if !dead.is_empty() {
        bail!("links that lead nowhere:\n  {}", dead.join("\n  "));
    }
    Ok(())
}

/// Links of the pages at the top and below `docs/` to files that are not there.
fn dead_links() -> Result<Vec<String>> {
    let root = shell::root();
    let mut pages = shell::files(&root.join("docs"))?;
    for entry in fs::read_dir(&root)? {
        pages.push(entry?.path());
    }
    let mut dead = Vec::new();
    for page in pages.iter().filter(|page| page.extension().is_some_and(|end| end == "md")) {
        let folder = page.parent().unwrap_or(&root);
        for link in links(&fs::read_to_string(page)?) {
            if !folder.join(&link).exists() {
                dead.push(format!("{}: {link}", page.strip_prefix(&root)?.display()));
            }
        }
    }
    Ok(dead)
}

/// Targets of the links in a page that are files, without the heading they point to.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .filter_map(|(target, _)| target.split('#').next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .map(str::to_owned)
        .collect()
}

/// Pages that differ from what they should be, that are missing, or that nothing makes any more.
fn stale(pages: &BTreeMap<String, String>) -> Result<Vec<String>> {
    let root = shell::root();
    let mut names: Vec<String> = pages
        .iter()
        .filter(|(name, text)| fs::read_to_string(root.join(name)).ok().as_ref() != Some(text))
        .map(|(name, _)| name.clone())
        .collect();
    let folder = root.join(RULES);
    for file in if folder.is_dir() { shell::files(&folder)? } else { Vec::new() } {
        let name = format!("{RULES}/{}", file.strip_prefix(&folder)?.display());
        if !pages.contains_key(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Every page by its path.
fn pages() -> BTreeMap<String, String> {
    let schema = format!("{:#}\n", menshen_report::json::schema());
    let mut pages = BTreeMap::from([
        ("docs/facts.md".to_owned(), facts()),
        ("docs/schema/report.schema.json".to_owned(), schema),
        (format!("{RULES}/README.md"), index()),
    ]);
    for rule in RulePack::builtin().rules() {
        pages.insert(format!("{RULES}/{}.md", rule.id), page(rule));
    }
    pages
}

const MADE: &str = "<!-- Written by `cargo xtask docs`. -->\n";

fn facts() -> String {
    let mut text = format!(
        "{MADE}# Facts 事实

What rules can see of an artifact, and what a JSON report has under `facts` with `--facts`. Rules write
the name in the heading; reports and rule tests write the name of the list. Besides its own fields every
fact has `place`, `owner` (`app`, `sdk:ID`, `unknown`) and `how` (`static`, `observed`, `forced`,
`imported`). A field that is not known is `null` in rules and absent in reports.

规则可见的全部事实，也是使用 `--facts` 时 JSON 报告中 `facts` 的内容。规则使用标题中的名称，报告和规则测试使用列表名。除自身字段外，每个事实都有
`place`、`owner`（`app`、`sdk:编号`、`unknown`）和 `how`（`static`、`observed`、`forced`、`imported`）。未知的字段在规则中为 `null`，在报告中不出现。

The type `value` is what is known of a value in the code: see \"Predicates\" in [rules.md](rules.md).
`value` 类型表示代码中一个值的已知部分，见 [rules.zh-CN.md](rules.zh-CN.md) 的“谓词”。

"
    );
    let _ = writeln!(text, "| fact 事实 | list 列表 | |\n| --- | --- | --- |");
    for kind in KINDS {
        let (name, list) = (kind.name, kind.list);
        let _ = writeln!(text, "| [`{name}`](#{name}) | `{list}` | {} |", line(kind.doc));
    }
    for kind in KINDS {
        let _ = writeln!(text, "\n## {}\n\nList `{}`. {}\n", kind.name, kind.list, line(kind.doc));
        let _ = writeln!(text, "| field | type | |\n| --- | --- | --- |");
        for field in kind.fields {
            let ty = field_type(field.ty);
            let _ = writeln!(text, "| `{}` | {ty} | {} |", field.name, line(field.doc));
        }
    }
    text
}

fn field_type(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Bool => "bool",
        FieldType::Int => "int",
        FieldType::Str => "str",
        FieldType::Strings => "list of str",
        FieldType::Ints => "list of int",
        FieldType::Arg => "value",
    }
}

/// The text in one cell of a table.
fn line(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace('|', "\\|")
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical 严重",
        Severity::High => "high 高危",
        Severity::Medium => "medium 中危",
        Severity::Low => "low 低危",
        Severity::Info => "info 提示",
    }
}

fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "high 高",
        Confidence::Medium => "medium 中",
        Confidence::Low => "low 低",
    }
}

fn area(area: &str) -> &str {
    match area {
        "manifest" => "manifest 清单配置",
        "signature" => "signature 签名",
        "network" => "network 网络通信",
        "crypto" => "crypto 密码算法",
        "storage" => "storage 数据存储",
        "ipc" => "ipc 组件通信",
        "webview" => "webview WebView",
        "code" => "code 代码",
        "privacy" => "privacy 个人信息",
        other => other,
    }
}

fn index() -> String {
    let mut text = format!(
        "{MADE}# Rules 规则\n\n{} rules. `menshen explain ID` prints a page of these.\n\n共 {} 条规则，`menshen explain 编号` 输出对应的内容。\n",
        RulePack::builtin().rules().len(),
        RulePack::builtin().rules().len(),
    );
    for name in Rule::AREAS {
        let rules: Vec<&Rule> =
            RulePack::builtin().rules().filter(|rule| rule.area == *name).collect();
        if rules.is_empty() {
            continue;
        }
        let _ = writeln!(text, "\n## {}\n", area(name));
        let _ = writeln!(text, "| id | severity | | |\n| --- | --- | --- | --- |");
        for rule in rules {
            let Text { zh, en } = &rule.title;
            let (id, severity) = (&rule.id, severity(rule.severity));
            let _ =
                writeln!(text, "| [{id}]({id}.md) | {severity} | {} | {} |", line(en), line(zh));
        }
    }
    text
}

fn page(rule: &Rule) -> String {
    let Text { zh, en } = &rule.title;
    let mut text = format!("{MADE}# {}\n\n**{}**\n\n**{}**\n\n", rule.id, line(en), line(zh));
    let _ = writeln!(text, "| | |\n| --- | --- |");
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "| {name} | {value} |");
    };
    row("severity 严重程度", severity(rule.severity));
    row("confidence 置信度", confidence(rule.confidence));
    row("area 领域", area(&rule.area));
    row(
        "in an SDK 在 SDK 中",
        match rule.library {
            Library::Lower => "one step less severe 降一级",
            Library::Same => "the same 不变",
            Library::Skip => "not reported 不报告",
            Library::App => "counted as the app's 计入应用",
        },
    );
    let maps: [(&[String], &[Entry]); 3] = [
        (&rule.maps.cwe, standards::cwe()),
        (&rule.maps.masvs, standards::masvs()),
        (&rule.maps.maswe, standards::maswe()),
    ];
    for (ids, entries) in maps {
        for id in ids {
            match entries.iter().find(|entry| entry.id == *id) {
                Some(entry) => row(id, &format!("{}<br>{}", line(entry.en), line(entry.zh))),
                None => row(id, ""),
            }
        }
    }
    row("source 依据", &line(&rule.origin));
    let kinds: Vec<String> =
        rule.kinds().iter().map(|kind| format!("[`{kind}`](../facts.md#{kind})")).collect();
    row("facts 事实", &kinds.join(", "));
    let tests = test_path(&rule.path);
    row("rule 规则", &format!("[{0}](../../{0}), [tests 测试](../../{tests})", rule.path));
    let twins = format!("fixtures/rules/{}", rule.id);
    if shell::root().join(&twins).is_dir() {
        row("example 示例", &format!("[{twins}](../../{twins})"));
    }
    for (why, fix, reason, advice) in [
        ("Why", "How to fix it", &rule.reason.en, &rule.fix.en),
        ("原因", "修复方法", &rule.reason.zh, &rule.fix.zh),
    ] {
        let reason = literal(reason);
        let advice = literal(advice);
        let _ = write!(text, "\n## {why}\n\n{reason}\n\n## {fix}\n\n{advice}\n");
    }
    text
}

/// Text in which angle brackets are no markup.
fn literal(text: &str) -> String {
    text.trim().replace('<', "\\<").replace('*', "\\*").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_tables_and_pages() {
        assert_eq!(line(" a |\n b\n"), "a \\| b");
        assert_eq!(literal(" <a_b> * "), "\\<a\\_b> \\*");
    }

    #[test]
    fn links_to_files() {
        let text = "[a](b.md) [c](d/e.md#f) [g](#h) [i](https://j.example/k) ![l](m.png)";
        assert_eq!(links(text), ["b.md", "d/e.md", "m.png"]);
    }

    #[test]
    fn every_rule_has_a_page_and_a_line() {
        let pages = pages();
        let index = &pages["docs/rules/README.md"];
        for rule in RulePack::builtin().rules() {
            let page = &pages[&format!("docs/rules/{}.md", rule.id)];
            assert!(page.contains(&rule.title.zh) && page.contains(&rule.title.en), "{}", rule.id);
            assert!(index.contains(&format!("[{0}]({0}.md)", rule.id)), "{}", rule.id);
        }
    }
}
