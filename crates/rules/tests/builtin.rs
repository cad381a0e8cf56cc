//! The rules that come with Menshen are right, and their tests pass.

use menshen_rules::{Baseline, RulePack, TestStatus, lint, run_tests, test_path};
use std::collections::BTreeMap;

#[test]
fn rules_have_no_errors() {
    let (pack, errors) = RulePack::checked_builtin();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let embedded: Vec<&str> = RulePack::builtin().rules().map(|r| r.id.as_str()).collect();
    let read: Vec<&str> = pack.rules().map(|r| r.id.as_str()).collect();
    assert_eq!(embedded, read);
    assert!(!embedded.is_empty());
}

#[test]
fn rule_tests_pass() {
    let pack = RulePack::builtin();
    let report = run_tests(pack, RulePack::builtin_sources());
    let mut wrong: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
    let mut cases: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for outcome in &report.outcomes {
        if let TestStatus::Failed(detail) = &outcome.status {
            wrong.push(format!("{}: {}: {}", outcome.path, outcome.name, detail.en));
        }
        let (firing, silent) = cases.entry(&outcome.rule).or_default();
        if outcome.fires { *firing += 1 } else { *silent += 1 }
    }
    for rule in pack.rules() {
        let (firing, silent) = cases.get(rule.id.as_str()).copied().unwrap_or_default();
        if firing == 0 || silent == 0 {
            let path = test_path(&rule.path);
            wrong.push(format!("{path}: {firing} firing and {silent} silent cases of {}", rule.id));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn lint_has_no_remarks() {
    let remarks: Vec<String> = lint(RulePack::builtin(), RulePack::builtin_sources())
        .iter()
        .map(|remark| format!("{}: {} ({})", remark.path, remark.text.en, remark.code))
        .collect();
    assert!(remarks.is_empty(), "\n{}", remarks.join("\n"));
}

#[test]
fn the_default_baseline_is_right() {
    let read = Baseline::parse("default.yaml", Baseline::builtin_text());
    assert!(read.is_ok(), "{read:?}");
    assert_eq!(Baseline::builtin().name, "default");
}
