//! The result of a compliance run: what every report prints.

use crate::catalogue::{Decided, Document};
use crate::tables::Weight;
use menshen_base::Text;
use serde::Serialize;

/// What is said of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Fail,
    Review,
    NotAssessed,
    Pass,
    NotApplicable,
}

/// One thing that a verdict rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// `code`, `manifest`, `policy`, `log`, `text`, `sdk`, `person`.
    pub source: String,
    pub text: Text,
    /// Where: a path with member, a line of a log, a sentence.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub place: String,
    /// Calls from an entry to the place.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub chain: Vec<String>,
}

/// A clause with its verdict.
#[derive(Debug, Clone, Serialize)]
pub struct Control {
    pub id: String,
    /// Code of the document.
    pub standard: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Text>,
    pub title: Text,
    pub verdict: Verdict,
    pub reason: Text,
    pub evidence: Vec<Evidence>,
    /// Evidence left out because there is too much.
    #[serde(skip_serializing_if = "is_zero")]
    pub evidence_omitted: usize,
    pub remedy: Text,
    pub decided: Decided,
    pub how: Text,
    /// The wording must be compared with the official text.
    pub compare: bool,
    pub test: String,
    /// The tester's note and pictures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonSays>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// What the tester said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PersonSays {
    pub verdict: Verdict,
    pub note: String,
    pub pictures: Vec<String>,
    /// What the tool had said before.
    pub tool_verdict: Verdict,
    pub tool_reason: Text,
}

/// What was looked at.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Subject {
    pub name: String,
    pub package: String,
    pub label: Option<String>,
    pub version_name: Option<String>,
    pub version_code: Option<i64>,
    pub sha256: Option<String>,
    pub size_bytes: u64,
    pub min_sdk: Option<i64>,
    pub target_sdk: Option<i64>,
    pub as_of: String,
    /// The type of app that the user gave.
    pub app_type: Option<TypeName>,
    /// Types that its name suggests, with the word that does.
    pub suggested_types: Vec<TypeName>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TypeName {
    pub no: u32,
    pub name: Text,
    pub necessary: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// One type of information: what the code does, what the policy says.
#[derive(Debug, Clone, Serialize)]
pub struct InventoryRow {
    pub information: String,
    pub name: Text,
    pub weight: Weight,
    /// By the app's own code, or code of unknown origin.
    pub by_app: bool,
    /// Ids of the SDKs that collect it.
    pub by_sdks: Vec<String>,
    /// Distinct places in the code.
    pub places: usize,
    /// Seen while the app ran.
    pub observed: usize,
    pub apis: Vec<String>,
    /// `yes`, `unknown`, `no`: the earliest.
    pub before_consent: String,
    pub permissions: Vec<String>,
    /// Null without a policy.
    pub declared: Option<bool>,
    pub necessary: Option<bool>,
    /// `declared`, `undeclared`, `never-seen`, `unknown`.
    pub state: String,
}

/// An SDK of the package, or one that the policy lists and the package lacks.
#[derive(Debug, Clone, Serialize)]
pub struct SdkRow {
    pub id: String,
    pub name: Text,
    pub provider: Text,
    pub category: String,
    pub version: Option<String>,
    pub purpose: String,
    /// Types that it is known to collect, by name.
    pub known_information: Vec<String>,
    /// Types whose collection by it was found here.
    pub found_information: Vec<String>,
    /// Collects personal information, by the catalogue or by what was found.
    pub collects: bool,
    pub before_consent: String,
    pub policy_url: Option<String>,
    pub declared: Option<bool>,
    /// `declared`, `undeclared`, `never-seen`, `not-collecting`, `unknown`.
    pub state: String,
    pub certainty: String,
}

/// A permission: asked for, used, explained.
#[derive(Debug, Clone, Serialize)]
pub struct PermissionRow {
    pub name: String,
    pub level: String,
    pub group: Option<String>,
    /// Code that needs it was found; null where that cannot be told.
    pub used: Option<bool>,
    pub requested_at_run_time: bool,
    pub declared: Option<bool>,
    pub purpose: Option<String>,
}

/// A host in the package.
#[derive(Debug, Clone, Serialize)]
pub struct HostRow {
    pub host: String,
    pub sdk: Option<String>,
    pub cleartext: bool,
    pub sources: Vec<String>,
}

/// What was read of the policy.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PolicySummary {
    /// `none`, `unusable`, `read`.
    pub state: String,
    pub reason: Option<Text>,
    pub name: String,
    pub language: String,
    pub title: Option<String>,
    pub updated: Option<String>,
    pub effective: Option<String>,
    pub types: Vec<String>,
    pub sdks: Vec<crate::declared::DeclaredSdk>,
    pub permissions: Vec<String>,
    pub states: Vec<String>,
    pub response_days: Option<u32>,
    /// Addresses in the package that look like the policy's; they were not fetched.
    pub addresses: Vec<String>,
}

/// Verdicts counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub fail: usize,
    pub review: usize,
    pub not_assessed: usize,
    pub pass: usize,
    pub not_applicable: usize,
}

/// Everything that a compliance run says.
#[derive(Debug, Clone, Serialize)]
pub struct Compliance {
    pub schema_version: &'static str,
    pub subject: Subject,
    pub documents: Vec<Document>,
    pub counts: Counts,
    pub controls: Vec<Control>,
    pub inventory: Vec<InventoryRow>,
    pub sdks: Vec<SdkRow>,
    pub permissions: Vec<PermissionRow>,
    pub hosts: Vec<HostRow>,
    pub policy: PolicySummary,
    /// Lines of the behaviour log that were used; 0 without one.
    pub log_events: usize,
    pub tester: Option<String>,
    /// What could not be looked at, in words.
    pub limits: Vec<Text>,
}
