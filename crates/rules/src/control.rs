//! Verdicts on the controls of OWASP MASVS 2.
//!
//! * `fail`: a finding maps to the control with confidence medium or high, and is more than
//!   informational.
//! * `review`: only findings of low confidence or of severity info map to it.
//! * `pass`: nothing fired, and every rule that maps to it ran on facts that were gathered whole.
//! * `not-assessed`: otherwise, with the reason. "Nothing found" alone is never a pass.

use crate::assessment::Control;
use crate::evaluate::Options;
use crate::pack::RulePack;
use menshen_base::{Confidence, Finding, Severity, Text, Verdict};
use menshen_models::standards;
use std::collections::BTreeSet;

/// All controls, in the order of the standard.
pub fn controls(pack: &RulePack, findings: &[Finding], options: &Options) -> Vec<Control> {
    standards::masvs()
        .iter()
        .map(|entry| {
            let (verdict, rules) = verdict(entry.id, pack, findings, options);
            let title = Text::new(entry.zh, entry.en);
            Control { id: entry.id.to_owned(), title, verdict, rules }
        })
        .collect()
}

fn verdict(
    id: &str,
    pack: &RulePack,
    findings: &[Finding],
    options: &Options,
) -> (Verdict, Vec<String>) {
    let mapped = |ids: &[String]| ids.iter().any(|known| known == id);
    let fired: Vec<&Finding> = findings.iter().filter(|f| mapped(&f.maps.masvs)).collect();
    let decisive = |finding: &&&Finding| {
        finding.confidence >= Confidence::Medium && finding.severity > Severity::Info
    };
    let failed: BTreeSet<&String> = fired.iter().filter(decisive).map(|f| &f.rule).collect();
    if !failed.is_empty() {
        return (Verdict::Fail, failed.into_iter().cloned().collect());
    }
    if !fired.is_empty() {
        let rules: BTreeSet<&String> = fired.iter().map(|f| &f.rule).collect();
        return (Verdict::Review, rules.into_iter().cloned().collect());
    }
    let rules: Vec<_> = pack.rules().filter(|rule| mapped(&rule.maps.masvs)).collect();
    if rules.is_empty() {
        let reason = Text::new("没有对应此要求的规则", "no rule tests this requirement");
        return (Verdict::NotAssessed(reason), Vec::new());
    }
    let kinds: BTreeSet<&str> = rules.iter().flat_map(|rule| rule.kinds()).collect();
    let list = |wanted: &dyn Fn(&&&str) -> bool| {
        kinds.iter().filter(wanted).copied().collect::<Vec<_>>().join(", ")
    };
    let lacking = list(&|kind| !options.gathered.contains(**kind));
    if !lacking.is_empty() {
        let reason = Text::new(
            format!("本次未收集所需的事实：{lacking}"),
            format!("facts that it needs were not gathered: {lacking}"),
        );
        return (Verdict::NotAssessed(reason), Vec::new());
    }
    let partial = list(&|kind| options.partial.contains(**kind));
    if !partial.is_empty() {
        let reason = Text::new(
            format!("所需的事实收集不完整：{partial}"),
            format!("facts that it needs are incomplete: {partial}"),
        );
        return (Verdict::NotAssessed(reason), Vec::new());
    }
    (Verdict::Pass, rules.iter().map(|rule| rule.id.clone()).collect())
}
