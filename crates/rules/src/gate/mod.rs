//! The gate: whether an artifact may be released under a baseline.
//!
//! A place that is suppressed or accepted does not count; a finding counts as long as one of its
//! places does. A suppression past its day stops applying and, where it concerns a finding, is
//! itself a reason, so that nobody forgets to look again. A gate over an artifact on which no rule could run does not pass.

mod baseline;
mod score;

pub use baseline::Baseline;
pub use score::score;

use crate::assessment::{Coverage, Gate, GateReason, Share, Suppressed};
use crate::evaluate::{Options, severity_name};
use crate::load::CONFIDENCES;
use crate::pack::RulePack;
use baseline::{Suppression, glob};
use menshen_base::{Finding, Occurrence, ScanIssue, Text};
use std::collections::BTreeSet;

/// Rules named in the text of one reason; all stand in its list.
const NAMED_MAX: usize = 8;

/// What the gate looks at.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    pub pack: &'a RulePack,
    /// As given to [`crate::evaluate`].
    pub options: &'a Options,
    pub findings: &'a [Finding],
    pub scan_issues: &'a [ScanIssue],
    pub coverage: &'a Coverage,
}

/// Judges the artifact. `as_of` is the day, ISO 8601, that expiry dates are compared with.
pub fn judge(judged: &Judged<'_>, baseline: &Baseline, as_of: &str) -> Gate {
    let (stale, active): (Vec<&Suppression>, Vec<&Suppression>) =
        baseline.suppressions.iter().partition(|s| s.expired(as_of));
    let mut suppressed = Vec::new();
    let mut open = Vec::new();
    for finding in judged.findings {
        if remains(finding, &active, baseline, &mut suppressed) {
            open.push(finding);
        }
    }
    let mut reasons = Vec::new();
    not_assessed(judged, &mut reasons);
    thresholds(baseline, &open, &mut reasons);
    rules(judged, baseline, &open, &mut reasons);
    coverage(judged.coverage, baseline, &mut reasons);
    scan_issues(judged.scan_issues, baseline, &mut reasons);
    reasons.extend(stale.into_iter().filter_map(|s| stale_reason(s, judged.findings)));
    let score = if nothing_ran(judged) { 0 } else { score(judged.findings) };
    Gate { passed: reasons.is_empty(), baseline: baseline.name.clone(), reasons, suppressed, score }
}

/// The findings that stop a release unless some number of them is allowed: neither suppressed nor
/// accepted, and as bad as a threshold or of a forbidden rule. What a comparison of two versions
/// asks of the new ones.
pub fn stopping<'f>(findings: &'f [Finding], baseline: &Baseline, as_of: &str) -> Vec<&'f Finding> {
    let active: Vec<&Suppression> =
        baseline.suppressions.iter().filter(|s| !s.expired(as_of)).collect();
    let bad = |finding: &&Finding| {
        baseline.thresholds.iter().any(|threshold| threshold.reached(finding))
            || baseline.forbidden.iter().any(|pattern| glob(pattern, &finding.rule))
    };
    let counts = |finding: &&Finding| remains(finding, &active, baseline, &mut Vec::new());
    findings.iter().filter(bad).filter(counts).collect()
}

/// Whether a place of the finding still counts; notes what does not.
fn remains(
    finding: &Finding,
    active: &[&Suppression],
    baseline: &Baseline,
    suppressed: &mut Vec<Suppressed>,
) -> bool {
    let note = |fingerprint: &str, by: Option<&Suppression>| Suppressed {
        fingerprint: fingerprint.to_owned(),
        rule: finding.rule.clone(),
        reason: by.map_or_else(|| "accepted".to_owned(), |by| by.reason.clone()),
        owner: by.and_then(|by| by.owner.clone()),
        expires: by.and_then(|by| by.expires.clone()),
    };
    let by = |place: &Occurrence| -> Option<Option<&Suppression>> {
        let found = active.iter().find(|s| s.target.matches(finding, place));
        if let Some(suppression) = found {
            return Some(Some(suppression));
        }
        let accepted = baseline.accepted.get(&place.fingerprint)?;
        (finding.severity <= *accepted).then_some(None)
    };
    let places: Vec<_> = finding.locations.iter().map(|place| (place, by(place))).collect();
    let all = !places.is_empty() && places.iter().all(|(_, by)| by.is_some());
    let same = |a: Option<&Suppression>, b: Option<&Suppression>| match (a, b) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        (None, None) => true,
        _ => false,
    };
    match places.first() {
        Some((_, Some(first)))
            if all && places.iter().all(|(_, b)| b.is_some_and(|b| same(b, *first))) =>
        {
            suppressed.push(note(&finding.fingerprint, *first));
        }
        _ => {
            let mut seen = BTreeSet::new();
            for (place, by) in &places {
                if let Some(by) = by
                    && seen.insert(&place.fingerprint)
                {
                    suppressed.push(note(&place.fingerprint, *by));
                }
            }
        }
    }
    !all
}

fn reason(kind: &str, zh: String, en: String, rules: Vec<String>) -> GateReason {
    GateReason { kind: kind.to_owned(), text: Text { zh, en }, rules }
}

fn nothing_ran(judged: &Judged<'_>) -> bool {
    let runs = |rule: &crate::model::Rule| rule.assessed(&judged.options.gathered);
    judged.pack.rules().len() > 0 && !judged.pack.rules().any(runs)
}

fn not_assessed(judged: &Judged<'_>, reasons: &mut Vec<GateReason>) {
    if nothing_ran(judged) {
        let zh = "没有任何规则得以执行，无法得出结论".to_owned();
        let en = "no rule could run, so nothing can be said".to_owned();
        reasons.push(reason("not-assessed", zh, en, Vec::new()));
    }
}

/// The ids, each once, in order.
fn ids<'f>(findings: impl IntoIterator<Item = &'f &'f Finding>) -> Vec<String> {
    let set: BTreeSet<&String> = findings.into_iter().map(|finding| &finding.rule).collect();
    set.into_iter().cloned().collect()
}

/// The first ids for a sentence.
fn named(ids: &[String]) -> String {
    let mut text = ids.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    if ids.len() > NAMED_MAX {
        text.push_str(", …");
    }
    text
}

fn thresholds(baseline: &Baseline, open: &[&Finding], reasons: &mut Vec<GateReason>) {
    for threshold in &baseline.thresholds {
        let over: Vec<&&Finding> =
            open.iter().filter(|finding| threshold.reached(finding)).collect();
        let (count, max) = (over.len() as u64, threshold.max);
        if count <= max {
            continue;
        }
        let rules = ids(over.iter().copied());
        let severity = severity_name(threshold.severity);
        let confidence = CONFIDENCES.iter().find(|(_, c)| *c == threshold.confidence);
        let confidence = confidence.map_or("", |(name, _)| *name);
        let list = named(&rules);
        let noun = if count == 1 { "finding" } else { "findings" };
        reasons.push(reason(
            "severity",
            format!("{count} 项发现的严重程度达到 {severity} 且置信度达到 {confidence}（最多允许 {max} 项）：{list}"),
            format!(
                "{count} {noun} of severity {severity} or above with confidence {confidence} or \
                 above (at most {max} allowed): {list}"
            ),
            rules,
        ));
    }
}

fn rules(
    judged: &Judged<'_>,
    baseline: &Baseline,
    open: &[&Finding],
    reasons: &mut Vec<GateReason>,
) {
    for pattern in &baseline.forbidden {
        let fired = ids(open.iter().filter(|finding| glob(pattern, &finding.rule)));
        if !fired.is_empty() {
            let list = named(&fired);
            reasons.push(reason(
                "forbidden-rule",
                format!("基线禁止触发的规则已触发：{list}"),
                format!("the baseline forbids that these rules fire: {list}"),
                fired,
            ));
        }
    }
    for pattern in &baseline.required {
        let complete = |rule: &crate::model::Rule| {
            rule.assessed(&judged.options.gathered)
                && !rule.kinds().iter().any(|kind| judged.options.partial.contains(*kind))
        };
        let missed: Vec<String> = judged
            .pack
            .rules()
            .filter(|rule| glob(pattern, &rule.id) && !complete(rule))
            .map(|rule| rule.id.clone())
            .collect();
        if !missed.is_empty() {
            let list = named(&missed);
            reasons.push(reason(
                "required-rule",
                format!("基线要求执行的规则未能完整执行：{list}"),
                format!("the baseline requires these rules, which could not run in full: {list}"),
                missed,
            ));
        }
    }
    for pattern in baseline.forbidden.iter().chain(&baseline.required) {
        if !judged.pack.rules().any(|rule| glob(pattern, &rule.id)) {
            reasons.push(reason(
                "unknown-rule",
                format!("基线提到的规则不存在：{pattern}"),
                format!("the baseline names a rule that does not exist: {pattern}"),
                vec![pattern.clone()],
            ));
        }
    }
}

fn coverage(coverage: &Coverage, baseline: &Baseline, reasons: &mut Vec<GateReason>) {
    for (name, wanted) in &baseline.min_coverage {
        let (Share { done, total }, zh) = match name.as_str() {
            "entries" => (coverage.entries, "条目"),
            "dex_files" => (coverage.dex_files, "DEX 文件"),
            "classes" => (coverage.classes, "类"),
            "methods" => (coverage.methods, "方法"),
            "native_libraries" => (coverage.native_libraries, "原生库"),
            _ => (coverage.rules, "规则"),
        };
        // Nothing of a sort there is leaves nothing to be missed.
        if u128::from(done) * 100 >= u128::from(total) * u128::from(*wanted) {
            continue;
        }
        let en = name.replace('_', " ");
        reasons.push(reason(
            "coverage",
            format!("{total} 个{zh}中只检查了 {done} 个（要求 {wanted}%）"),
            format!("{done} of {total} {en} were looked at ({wanted} per cent required)"),
            Vec::new(),
        ));
    }
}

fn scan_issues(issues: &[ScanIssue], baseline: &Baseline, reasons: &mut Vec<GateReason>) {
    let forbidden: BTreeSet<&str> = issues
        .iter()
        .map(|issue| issue.kind.code)
        .filter(|code| baseline.forbidden_issues.iter().any(|pattern| glob(pattern, code)))
        .collect();
    if !forbidden.is_empty() {
        let list = forbidden.into_iter().collect::<Vec<_>>().join(", ");
        reasons.push(reason(
            "scan-issue",
            format!("出现了基线不允许的扫描问题：{list}"),
            format!("scan issues that the baseline does not allow: {list}"),
            Vec::new(),
        ));
    }
    let count = issues.len() as u64;
    if let Some(max) = baseline.issues_max.filter(|max| count > *max) {
        reasons.push(reason(
            "scan-issue",
            format!("扫描问题 {count} 个，超过允许的 {max} 个"),
            format!("{count} scan issues, of which at most {max} are allowed"),
            Vec::new(),
        ));
    }
}

/// `None` where the suppression concerns nothing any more.
fn stale_reason(suppression: &Suppression, findings: &[Finding]) -> Option<GateReason> {
    let concerned: Vec<&Finding> = findings
        .iter()
        .filter(|f| f.locations.iter().any(|place| suppression.target.matches(f, place)))
        .collect();
    if concerned.is_empty() {
        return None;
    }
    let (target, day) = (&suppression.target, suppression.expires.as_deref().unwrap_or_default());
    Some(reason(
        "expired-suppression",
        format!("豁免 {target} 已于 {day} 到期，不再生效"),
        format!("the suppression of {target} expired on {day} and no longer applies"),
        ids(&concerned),
    ))
}
