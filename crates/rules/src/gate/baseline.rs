//! The baseline: what stops a release.
//!
//! ```yaml
//! name: release
//! owners: [app, unknown]            # whose findings count: app, unknown, sdk (any), sdk:ID
//! fail_on:                          # one or several; more than `max` findings that bad
//!   - {severity: high, confidence: medium}
//!   - {severity: medium, confidence: high, max: 5, owners: [app, sdk]}
//! forbidden: [AND-NET-*]            # rules that must not fire, at any severity or confidence
//! required: [AND-MAN-001]           # rules that must have run, on complete facts
//! min_coverage: {dex_files: 100}    # per cent: entries dex_files classes methods native_libraries rules
//! scan_issues: {forbidden: [dex/*], max: 20}
//! accepted: [0123456789abcdef]      # fingerprints of places that are known
//! suppressions:
//!   - {fingerprint: 0123456789abcdef, reason: reviewed, owner: li, expires: 2027-01-31}
//!   - {rule: AND-MAN-003, subject: com.example.*, reason: opened by partners}
//! ```

use crate::error::{Problems, RuleError};
use crate::load::{CONFIDENCES, Loader, Patterns, SEVERITIES};
use crate::node::{Kind, Node};
use menshen_base::{Confidence, Finding, Occurrence, Owner, Severity};
use std::collections::BTreeMap;

static DEFAULT: &str = include_str!("default.yaml");

/// A checked baseline.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    pub name: String,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) forbidden: Vec<String>,
    pub(crate) required: Vec<String>,
    pub(crate) suppressions: Vec<Suppression>,
    /// Fingerprints of known places, with the severity up to which they are accepted.
    pub(crate) accepted: BTreeMap<String, Severity>,
    /// Share that must have been looked at, per cent.
    pub(crate) min_coverage: Vec<(String, u64)>,
    pub(crate) forbidden_issues: Vec<String>,
    pub(crate) issues_max: Option<u64>,
}

/// More than `max` findings at least this bad stop the release.
#[derive(Debug, Clone)]
pub(crate) struct Threshold {
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
    pub(crate) owners: Vec<OwnerPattern>,
    pub(crate) max: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnerPattern {
    One(Owner),
    AnySdk,
}

/// Places that are known and do not count.
#[derive(Debug, Clone)]
pub(crate) struct Suppression {
    pub(crate) target: Target,
    pub(crate) reason: String,
    pub(crate) owner: Option<String>,
    /// ISO 8601; the last day on which it applies.
    pub(crate) expires: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// Of a finding or of a place.
    Fingerprint(String),
    /// `*` in either stands for any text.
    Subject { rule: String, subject: String },
}

impl Threshold {
    pub(crate) fn reached(&self, finding: &Finding) -> bool {
        finding.severity >= self.severity
            && finding.confidence >= self.confidence
            && self.owners.iter().any(|owner| owner.matches(&finding.owner))
    }
}

impl Suppression {
    pub(crate) fn expired(&self, as_of: &str) -> bool {
        self.expires.as_deref().is_some_and(|day| day < as_of)
    }
}

impl OwnerPattern {
    pub(crate) fn matches(&self, owner: &Owner) -> bool {
        match self {
            Self::One(one) => one == owner,
            Self::AnySdk => matches!(owner, Owner::Sdk(_)),
        }
    }
}

impl Target {
    pub(crate) fn matches(&self, finding: &Finding, place: &Occurrence) -> bool {
        match self {
            Self::Fingerprint(wanted) => {
                *wanted == finding.fingerprint || *wanted == place.fingerprint
            }
            Self::Subject { rule, subject } => {
                glob(rule, &finding.rule) && glob(subject, &place.subject)
            }
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fingerprint(fingerprint) => f.write_str(fingerprint),
            Self::Subject { rule, subject } => write!(f, "{rule} {subject}"),
        }
    }
}

/// `*` stands for any text. Linear in the length of both but for the stars.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

const KEYS: &[&str] = &[
    "name",
    "owners",
    "fail_on",
    "forbidden",
    "required",
    "min_coverage",
    "scan_issues",
    "accepted",
    "suppressions",
];

pub(crate) const SHARES: &[&str] =
    &["entries", "dex_files", "classes", "methods", "native_libraries", "rules"];

impl Baseline {
    /// Fails on findings of the app's own code, or code of unknown origin, of severity high and
    /// above with confidence medium and above, and on code that could not be read.
    pub fn builtin() -> Self {
        Self::parse("default.yaml", DEFAULT).expect("a test reads it")
    }

    /// Text of [`Baseline::builtin`], to start an own one from.
    pub fn builtin_text() -> &'static str {
        DEFAULT
    }

    /// Reads a baseline; `path` is for the errors.
    pub fn parse(path: &str, text: &str) -> Result<Self, Vec<RuleError>> {
        let mut problems = Problems::new(path);
        let mut baseline = None;
        if let Some(node) = problems.parse(text) {
            baseline = read(&mut Loader::new(&mut problems, Patterns::Check), &node);
        }
        match baseline {
            Some(baseline) if problems.errors.is_empty() => Ok(baseline),
            _ => Err(problems.errors),
        }
    }

    /// Accepts every place of an earlier JSON report, up to the severity it had there. Places
    /// that are new, and known ones that became more severe, still count. Gives the number of
    /// places.
    pub fn accept_report(&mut self, json: &str) -> Result<usize, serde_json::Error> {
        let report: serde_json::Value = serde_json::from_str(json)?;
        let before = self.accepted.len();
        collect(&report, &mut self.accepted);
        Ok(self.accepted.len() - before)
    }
}

/// All places of all lists called `findings`.
fn collect(value: &serde_json::Value, accepted: &mut BTreeMap<String, Severity>) {
    match value {
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, accepted)),
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                match value.as_array() {
                    Some(findings) if key == "findings" => {
                        findings.iter().for_each(|finding| accept(finding, accepted));
                    }
                    _ => collect(value, accepted),
                }
            }
        }
        _ => {}
    }
}

fn accept(finding: &serde_json::Value, accepted: &mut BTreeMap<String, Severity>) {
    let text = |value: &serde_json::Value, key: &str| {
        value.get(key).and_then(serde_json::Value::as_str).map(str::to_owned)
    };
    let name = text(finding, "severity").unwrap_or_default();
    let severity = SEVERITIES.iter().find(|(known, _)| *known == name).map(|(_, s)| *s);
    let places = finding.get("locations").and_then(serde_json::Value::as_array);
    for fingerprint in places.into_iter().flatten().filter_map(|place| text(place, "fingerprint")) {
        let severity = severity.unwrap_or(Severity::Info);
        let known = accepted.entry(fingerprint).or_insert(severity);
        *known = (*known).max(severity);
    }
}

fn read(loader: &mut Loader<'_, '_>, node: &Node) -> Option<Baseline> {
    loader.entries(node, "基线", "a baseline")?;
    loader.keys(node, KEYS);
    let name = loader.required(node, "name")?;
    let mut baseline = Baseline { name: loader.string(name)?.to_owned(), ..Baseline::default() };
    let owners = match node.get("owners") {
        Some(list) => owners(loader, list)?,
        None => vec![OwnerPattern::One(Owner::App), OwnerPattern::One(Owner::Unknown)],
    };
    for item in one_or_many(node.get("fail_on")) {
        baseline.thresholds.extend(threshold(loader, item, &owners));
    }
    let mut strings = |key| node.get(key).map_or(Some(Vec::new()), |n| loader.strings(n));
    baseline.forbidden = strings("forbidden")?;
    baseline.required = strings("required")?;
    for fingerprint in strings("accepted")? {
        baseline.accepted.insert(fingerprint, Severity::Critical);
    }
    if let Some(shares) = node.get("min_coverage") {
        loader.keys(shares, SHARES);
        for entry in loader.entries(shares, "百分比", "shares in per cent")? {
            let share = count(loader, &entry.value)?;
            baseline.min_coverage.push((entry.key.clone(), share.min(100)));
        }
    }
    if let Some(issues) = node.get("scan_issues") {
        loader.entries(issues, "扫描问题的限制", "limits on scan issues")?;
        loader.keys(issues, &["forbidden", "max"]);
        if let Some(list) = issues.get("forbidden") {
            baseline.forbidden_issues = loader.strings(list)?;
        }
        if let Some(max) = issues.get("max") {
            baseline.issues_max = Some(count(loader, max)?);
        }
    }
    for item in one_or_many(node.get("suppressions")) {
        baseline.suppressions.extend(suppression(loader, item));
    }
    Some(baseline)
}

fn one_or_many(node: Option<&Node>) -> &[Node] {
    match node {
        None => &[],
        Some(Node { kind: Kind::Seq(items), .. }) => items,
        Some(one) => std::slice::from_ref(one),
    }
}

fn count(loader: &mut Loader<'_, '_>, node: &Node) -> Option<u64> {
    let number = loader.int(node)?;
    let count = u64::try_from(number).ok();
    if count.is_none() {
        loader.at(node, "不能为负数", "the number is negative");
    }
    count
}

fn owners(loader: &mut Loader<'_, '_>, node: &Node) -> Option<Vec<OwnerPattern>> {
    let mut owners = Vec::new();
    for item in one_or_many(Some(node)) {
        let text = loader.string(item)?;
        owners.push(match (text, text.parse::<Owner>()) {
            ("sdk", _) => OwnerPattern::AnySdk,
            (_, Ok(owner)) => OwnerPattern::One(owner),
            (_, Err(_)) => {
                loader.at(
                    item,
                    format!("{text:?} 应为 app、unknown、sdk 或 sdk:编号"),
                    format!("{text:?} is not one of app, unknown, sdk, sdk:ID"),
                );
                return None;
            }
        });
    }
    Some(owners)
}

fn threshold(
    loader: &mut Loader<'_, '_>,
    node: &Node,
    usual: &[OwnerPattern],
) -> Option<Threshold> {
    loader.entries(node, "阈值", "a threshold")?;
    loader.keys(node, &["severity", "confidence", "owners", "max"]);
    let severity = loader.required(node, "severity")?;
    let severity = loader.choice(severity, SEVERITIES)?;
    let confidence = match node.get("confidence") {
        Some(confidence) => loader.choice(confidence, CONFIDENCES)?,
        None => Confidence::Low,
    };
    let owners = match node.get("owners") {
        Some(list) => owners(loader, list)?,
        None => usual.to_vec(),
    };
    let max = node.get("max").map_or(Some(0), |n| count(loader, n))?;
    Some(Threshold { severity, confidence, owners, max })
}

fn suppression(loader: &mut Loader<'_, '_>, node: &Node) -> Option<Suppression> {
    loader.entries(node, "豁免", "a suppression")?;
    loader.keys(node, &["fingerprint", "rule", "subject", "reason", "owner", "expires"]);
    let mut text = |key| match node.get(key) {
        Some(value) => loader.string(value).map(|text| Some(text.to_owned())),
        None => Some(None),
    };
    let (fingerprint, rule, subject) = (text("fingerprint")?, text("rule")?, text("subject")?);
    let (reason, owner, expires) = (text("reason")?, text("owner")?, text("expires")?);
    let target = match (fingerprint, rule, subject) {
        (Some(fingerprint), None, None) => Target::Fingerprint(fingerprint),
        (None, Some(rule), Some(subject)) => Target::Subject { rule, subject },
        _ => {
            loader.at(
                node,
                "豁免须写明 fingerprint，或同时写明 rule 与 subject（可用 * 通配）",
                "a suppression names a fingerprint, or a rule and a subject (`*` for any)",
            );
            return None;
        }
    };
    if let Some(date) = expires.as_deref().filter(|date| !is_date(date)) {
        let value = node.get("expires").unwrap_or(node);
        loader.at(
            value,
            format!("{date:?} 不是形如 2026-12-31 的日期"),
            format!("{date:?} is not a date such as 2026-12-31"),
        );
    }
    let Some(reason) = reason.filter(|reason| !reason.trim().is_empty()) else {
        loader.at(node, "豁免须写明 reason", "a suppression needs a reason");
        return None;
    };
    Some(Suppression { target, reason, owner, expires })
}

/// A day of the calendar in ISO 8601.
pub(crate) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |text: &str, digits: usize| {
        let ok = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
        if ok { text.parse::<u32>().ok() } else { None }
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return false,
    };
    (1..=days).contains(&day)
}
