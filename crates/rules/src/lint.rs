//! What is allowed in a rule but is probably a mistake.

use crate::model::{Names, Rule};
use crate::pack::RulePack;
use crate::testing::{parse_tests, test_path};
use menshen_base::{Maps, Text};
use menshen_facts::KINDS;
use menshen_models::standards::{Entry, cwe, masvs, maswe};
use serde::Serialize;
use std::collections::BTreeMap;

/// One remark on a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Remark {
    pub rule: String,
    /// Of the rule file.
    pub path: String,
    /// Stable: `no-tests`, `no-maps`, `id-form`, ...
    pub code: &'static str,
    pub text: Text,
}

/// Looks at every rule of the pack; the files are those the pack was loaded from with the test
/// files beside them. Errors of the files are [`RulePack::load`]'s to report.
pub fn lint<P: AsRef<str>, T: AsRef<str>>(pack: &RulePack, files: &[(P, T)]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    for rule in pack.rules() {
        let mut remark = |code, zh: String, en: String| {
            remarks.push(Remark {
                rule: rule.id.clone(),
                path: rule.path.clone(),
                code,
                text: Text { zh, en },
            });
        };
        tests(rule, files, &mut remark);
        texts(rule, &mut remark);
        maps(&rule.maps, &mut remark);
        names(rule, &mut remark);
        if let Some(other) = titles.insert(&rule.title.en, &rule.id) {
            remark(
                "same-title",
                format!("标题与 {other} 相同"),
                format!("has the same title as {other}"),
            );
        }
    }
    remarks
}

type Report<'r> = &'r mut dyn FnMut(&'static str, String, String);

fn tests<P: AsRef<str>, T: AsRef<str>>(rule: &Rule, files: &[(P, T)], remark: Report<'_>) {
    let path = test_path(&rule.path);
    let Some((_, text)) = files.iter().find(|(p, _)| p.as_ref() == path) else {
        return remark("no-tests", format!("没有测试文件 {path}"), format!("has no tests: {path}"));
    };
    // A test file that cannot be read is reported when the tests are run.
    let Ok(tests) = parse_tests(&path, text.as_ref()) else { return };
    if !tests.iter().any(|test| test.expected.fires) {
        remark("no-firing-test", "没有应触发的测试".into(), "no test in which it fires".into());
    }
    if tests.iter().all(|test| test.expected.fires) {
        remark(
            "no-silent-test",
            "没有不应触发的测试".into(),
            "no test in which it is silent".into(),
        );
    }
}

/// `AND-CRY-001`.
fn well_formed(id: &str) -> bool {
    let parts: Vec<&str> = id.split('-').collect();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase());
    match parts.as_slice() {
        [platform, area, number] => {
            letters(platform)
                && letters(area)
                && number.len() == 3
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        _ => false,
    }
}

fn texts(rule: &Rule, remark: Report<'_>) {
    if !well_formed(&rule.id) {
        remark(
            "id-form",
            "编号不是 平台-领域-三位数字 的形式".into(),
            "the id is not of the form PLATFORM-AREA-000".into(),
        );
    }
    for (name, text) in [("title", &rule.title), ("reason", &rule.reason), ("fix", &rule.fix)] {
        if text.zh == text.en {
            remark(
                "same-text",
                format!("{name} 的中英文相同"),
                format!("{name} is the same in both languages"),
            );
        }
        if !text.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)) {
            remark(
                "no-chinese",
                format!("{name}.zh 没有中文"),
                format!("{name}.zh has no Chinese"),
            );
        }
    }
    if rule.title.en.chars().count() > 80 {
        remark(
            "long-title",
            "英文标题超过 80 个字符".into(),
            "title.en is over 80 characters".into(),
        );
    }
    if rule.origin.is_empty() {
        remark("no-origin", "没有写明 origin".into(), "does not say where it comes from".into());
    }
}

fn maps(maps: &Maps, remark: Report<'_>) {
    if maps.masvs.is_empty() && maps.cwe.is_empty() {
        remark("no-maps", "没有映射到 CWE 或 MASVS".into(), "maps to neither CWE nor MASVS".into());
    }
    let known = |entries: &[Entry], id: &str| entries.iter().any(|entry| entry.id == id);
    for (entries, ids) in [(cwe(), &maps.cwe), (masvs(), &maps.masvs), (maswe(), &maps.maswe)] {
        for id in ids.iter().filter(|id| !known(entries, id)) {
            remark("unknown-map", format!("目录中没有 {id}"), format!("{id} is in no catalogue"));
        }
    }
}

/// `fact: call` sees the calls that other rules happen to ask for.
fn names(rule: &Rule, remark: Report<'_>) {
    let mut open = None;
    rule.each_query(&mut |query| {
        let kind = KINDS.get(query.kind).map_or("", |kind| kind.name);
        if matches!(query.names, Names::Any)
            && matches!(kind, "call" | "implementation" | "field_read")
        {
            open = Some(kind);
        }
    });
    if let Some(kind) = open {
        remark(
            "unnamed-code",
            format!("fact: {kind} 只能看到其他规则要求的成员；请改用 call、implements 或 reads"),
            format!(
                "fact: {kind} sees only what other rules ask for; use call, implements or reads"
            ),
        );
    }
}
