//! A rule that fired, and how sure we are of it.

use crate::{Place, Text};
use serde::{Deserialize, Serialize};

/// How bad. Ordered: `Info` is the least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Info,
    Low,
    Medium,
    High,
    Critical,
}

/// How sure. `High`: decided on the artifact; `Medium`: decided but for one assumption that the
/// evidence names; `Low`: a hint for a reviewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    Low,
    Medium,
    High,
}

/// Whose code or data a fact belongs to. Printed as `app`, `sdk:ID` or `unknown`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Owner {
    /// The app's own.
    App,
    /// A known third-party SDK or library, by its id in the catalogue.
    Sdk(String),
    /// Neither shown to be the app's own nor a known library.
    #[default]
    Unknown,
}

/// The verdict of a control. "Nothing found" is `Pass` only where the facts were gathered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict", content = "reason")]
pub enum Verdict {
    Pass,
    Fail,
    Review,
    NotApplicable,
    NotAssessed(Text),
}

/// Identifiers of other catalogues.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Maps {
    pub cwe: Vec<String>,
    pub masvs: Vec<String>,
    pub maswe: Vec<String>,
}

/// One thing that shows why a rule fired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub place: Place,
    /// What is there, in one line: `android:exported="true"`, `Cipher.getInstance("AES/ECB")`.
    pub note: String,
    /// The surroundings: a few lines of manifest or code. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub window: String,
}

/// One place where a finding occurs, with what stays the same from version to version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    #[serde(flatten)]
    pub place: Place,
    /// What it is about: a component, a host, a file, a permission. One line.
    pub subject: String,
    /// Stable across versions of the app: neither offsets nor lines nor dex numbers enter it.
    pub fingerprint: String,
}

/// A rule that fired on one artifact for one owner. Many places are one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub rule: String,
    pub severity: Severity,
    pub confidence: Confidence,
    pub owner: Owner,
    pub title: Text,
    pub reason: Text,
    pub fix: Text,
    pub maps: Maps,
    pub locations: Vec<Occurrence>,
    pub evidence: Vec<Evidence>,
    pub fingerprint: String,
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::App => f.write_str("app"),
            Self::Sdk(id) => write!(f, "sdk:{id}"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

impl std::str::FromStr for Owner {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "app" => Ok(Self::App),
            "unknown" => Ok(Self::Unknown),
            _ => match s.strip_prefix("sdk:") {
                Some(id) if !id.is_empty() => Ok(Self::Sdk(id.to_owned())),
                _ => Err(format!("owner is app, sdk:ID or unknown, not {s:?}")),
            },
        }
    }
}

impl Serialize for Owner {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Owner {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
