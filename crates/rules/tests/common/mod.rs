//! Rules and facts written in the tests.
#![allow(dead_code, reason = "not every test file uses all of it")]

use menshen_facts::Facts;
use menshen_rules::{RulePack, TestInput, parse_tests};

/// A rule of severity high and confidence high with this tail (`match` and what follows).
pub(crate) fn rule_text(id: &str, tail: &str) -> String {
    format!(
        "id: {id}\nseverity: high\nconfidence: high\narea: code\ntitle: {{zh: 标题, en: Title {id}}}\n\
         reason: {{zh: 原因, en: Reason}}\nfix: {{zh: 修复, en: Fix}}\n{tail}"
    )
}

/// The pack of the rules, which have to be right.
#[track_caller]
pub(crate) fn pack(rules: &[String]) -> RulePack {
    let files: Vec<(String, &String)> =
        rules.iter().enumerate().map(|(n, text)| (format!("{n}.yaml"), text)).collect();
    let (pack, errors) = RulePack::load(&files);
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    pack
}

/// Facts as rule tests write them.
#[track_caller]
pub(crate) fn facts(yaml: &str) -> Facts {
    let indented = yaml.replace('\n', "\n    ");
    let text = format!("- name: t\n  fires: true\n  facts:\n    {indented}\n");
    let mut tests = parse_tests("t.test.yaml", &text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    match tests.remove(0).input {
        TestInput::Facts(facts) => *facts,
        TestInput::File(file) => panic!("a file: {file}"),
    }
}
