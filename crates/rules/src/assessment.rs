//! The result of looking at one artifact: what every report prints.

use menshen_base::{Finding, Maps, Owner, ScanIssue, Severity, Sha256Hex, Text, Verdict};
use menshen_facts::Facts;
use serde::Serialize;
use std::cmp::Reverse;

/// Version of the JSON report. The major number changes when a field changes its meaning.
pub const SCHEMA_VERSION: &str = "1.0";

/// Everything known and judged about one artifact.
#[derive(Debug, Clone)]
pub struct Assessment {
    pub artifact: Artifact,
    /// Most important first: see [`crate::assessment::sort_findings`].
    pub findings: Vec<Finding>,
    pub scan_issues: Vec<ScanIssue>,
    pub controls: Vec<Control>,
    pub coverage: Coverage,
    pub gate: Gate,
    pub facts: Facts,
}

/// What was looked at.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Artifact {
    pub kind: ArtifactKind,
    /// As the user named it, without folders.
    pub name: String,
    pub sha256: Option<Sha256Hex>,
    pub size_bytes: u64,
    /// Files of a split set, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    pub package: Option<String>,
    pub version_name: Option<String>,
    pub version_code: Option<i64>,
    pub label: Option<String>,
    pub min_sdk: Option<i64>,
    pub target_sdk: Option<i64>,
}

/// One file of an artifact that comes in several.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    pub name: String,
    pub sha256: Sha256Hex,
    pub size_bytes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    #[default]
    Unknown,
    Apk,
    ApkSet,
    Aab,
    Aar,
    Jar,
}

/// A requirement of a standard and its verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Control {
    /// `MASVS-NETWORK-1`.
    pub id: String,
    pub title: Text,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// On fail and review the rules whose findings decided it, on pass the rules that ran.
    pub rules: Vec<String>,
}

/// How much of the artifact was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// `quick` or `deep`.
    pub depth: String,
    /// The day that expiry dates were compared with, ISO 8601.
    pub as_of: String,
    pub entries: Share,
    pub dex_files: Share,
    pub classes: Share,
    pub methods: Share,
    pub native_libraries: Share,
    pub rules: Share,
    /// What the rules in the pack need and this run did not provide, in words.
    pub not_assessed: Vec<Text>,
}

/// `done` of `total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    pub done: u64,
    pub total: u64,
}

/// Whether the artifact may be released under the baseline.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Gate {
    pub passed: bool,
    /// Name of the baseline.
    pub baseline: String,
    pub reasons: Vec<GateReason>,
    pub suppressed: Vec<Suppressed>,
    /// 0 to 100; monotone: see `docs/score.md`.
    pub score: u32,
}

/// One reason why the gate does not pass.
#[derive(Debug, Clone, Serialize)]
pub struct GateReason {
    /// `severity`, `forbidden-rule`, `required-rule`, `scan-issue`, `expired-suppression`, ...
    pub kind: String,
    pub text: Text,
    pub rules: Vec<String>,
}

/// A finding that the baseline accepts.
#[derive(Debug, Clone, Serialize)]
pub struct Suppressed {
    pub fingerprint: String,
    pub rule: String,
    pub reason: String,
    pub owner: Option<String>,
    pub expires: Option<String>,
}

/// A line of the rule table that goes with a report: what `explain` would show in short.
#[derive(Debug, Clone, Serialize)]
pub struct RuleSummary {
    pub id: String,
    /// Subject area as the rule file names it: `network`, `crypto`, ...
    pub area: String,
    pub severity: Severity,
    pub title: Text,
    pub maps: Maps,
}

/// Puts what matters most first: severity, then confidence, then the app's own code before
/// code of unknown origin before SDKs, then the number of places. Ends in a total order.
pub fn sort_findings(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| {
        let owner = match finding.owner {
            Owner::App => 0,
            Owner::Unknown => 1,
            Owner::Sdk(_) => 2,
        };
        let weight = (Reverse(finding.severity), Reverse(finding.confidence), owner);
        let number = Reverse(finding.locations.len());
        (weight, number, finding.rule.clone(), finding.owner.clone(), finding.fingerprint.clone())
    });
}
