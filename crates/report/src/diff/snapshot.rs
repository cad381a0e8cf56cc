//! What a comparison needs of one version of an app, from an assessment or from a JSON report.

use crate::Assessment;
use menshen_base::{Finding, Text};
use menshen_rules::assessment::SCHEMA_VERSION;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One version of an app.
#[derive(Debug, Clone, Deserialize)]
pub struct Snapshot {
    pub(super) artifact: Artifact,
    gate: Gate,
    pub(super) findings: Vec<Finding>,
    /// Absent in a report that was written without facts.
    pub(super) facts: Option<Facts>,
}

/// Why a JSON value is no report that can be compared.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("not a Menshen report: there is no schema_version")]
    NotAReport,
    #[error("the report has schema version {0}; this program reads 1.x")]
    SchemaVersion(String),
    #[error("the report is damaged: {0}")]
    Shape(#[from] serde_json::Error),
}

impl ReadError {
    /// The message in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Self::NotAReport => "不是 Menshen 报告：缺少 schema_version".to_owned(),
            Self::SchemaVersion(found) => format!("报告的 schema 版本为 {found}，本程序读取 1.x"),
            Self::Shape(error) => format!("报告已损坏：{error}"),
        };
        Text::new(zh, self.to_string())
    }
}

/// The artifact, as both sides of a comparison are introduced.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Side {
    #[serde(flatten)]
    pub artifact: Artifact,
    pub passed: bool,
    pub score: u32,
}

/// Identity of one version.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Artifact {
    pub name: String,
    pub sha256: Option<String>,
    pub package: Option<String>,
    pub label: Option<String>,
    pub version_name: Option<String>,
    pub version_code: Option<i64>,
    pub min_sdk: Option<i64>,
    pub target_sdk: Option<i64>,
}

#[derive(Debug, Clone, Deserialize)]
struct Gate {
    passed: bool,
    score: u32,
}

/// The facts whose changes are shown.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    pub(super) permissions: Vec<Permission>,
    pub(super) components: Vec<Component>,
    pub(super) sdks: Vec<Sdk>,
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) certificates: Vec<Certificate>,
    pub(super) libraries: Vec<Library>,
}

/// A permission that the app asks for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Permission {
    pub name: String,
    pub level: String,
}

/// A component with what decides who may call it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Component {
    pub name: String,
    pub kind: String,
    pub exported: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permission: Option<String>,
    pub protection: String,
}

/// A third-party SDK.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Sdk {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// An address that the app may talk to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Endpoint {
    pub url: String,
    pub host: String,
    pub kind: String,
    pub cleartext: bool,
}

/// A certificate that signs the app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Certificate {
    pub sha256: String,
    pub subject: String,
    #[serde(skip_serializing)]
    pub(super) current: bool,
}

/// A native library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Library {
    pub name: String,
    pub abi: String,
}

impl Snapshot {
    /// The snapshots in a JSON report: one, or one for each of its artifacts.
    pub fn from_json(report: &Value) -> Result<Vec<Self>, ReadError> {
        let version = report.get("schema_version").and_then(Value::as_str);
        let version = version.ok_or(ReadError::NotAReport)?;
        if version.split('.').next() != SCHEMA_VERSION.split('.').next() {
            return Err(ReadError::SchemaVersion(version.to_owned()));
        }
        match report.get("artifacts") {
            Some(artifacts) => Ok(Vec::deserialize(artifacts)?),
            None => Ok(vec![Self::deserialize(report)?]),
        }
    }

    /// The snapshot of an assessment, with facts.
    pub fn of(assessment: &Assessment) -> Self {
        let artifact = &assessment.artifact;
        Self {
            artifact: Artifact {
                name: artifact.name.clone(),
                sha256: artifact.sha256.as_ref().map(|digest| digest.0.clone()),
                package: artifact.package.clone(),
                label: artifact.label.clone(),
                version_name: artifact.version_name.clone(),
                version_code: artifact.version_code,
                min_sdk: artifact.min_sdk,
                target_sdk: artifact.target_sdk,
            },
            gate: Gate { passed: assessment.gate.passed, score: assessment.gate.score },
            findings: assessment.findings.clone(),
            facts: Some(Facts::of(&assessment.facts)),
        }
    }

    pub(super) fn side(&self) -> Side {
        Side { artifact: self.artifact.clone(), passed: self.gate.passed, score: self.gate.score }
    }
}

impl Facts {
    fn of(facts: &menshen_facts::Facts) -> Self {
        Self {
            permissions: each(&facts.permissions, |one| Permission {
                name: one.name.clone(),
                level: one.level.clone(),
            }),
            components: each(&facts.components, |one| Component {
                name: one.name.clone(),
                kind: one.kind.clone(),
                exported: one.exported,
                permission: one.permission.clone(),
                protection: one.protection.clone(),
            }),
            sdks: each(&facts.sdks, |one| Sdk {
                id: one.id.clone(),
                name_zh: one.name_zh.clone(),
                name_en: one.name_en.clone(),
                version: one.version.clone(),
            }),
            endpoints: each(&facts.endpoints, |one| Endpoint {
                url: one.url.clone(),
                host: one.host.clone(),
                kind: one.kind.clone(),
                cleartext: one.cleartext,
            }),
            certificates: each(&facts.certificates, |one| Certificate {
                sha256: one.sha256.clone(),
                subject: one.subject.clone(),
                current: one.current,
            }),
            libraries: each(&facts.libraries, |one| Library {
                name: one.name.clone(),
                abi: one.abi.clone(),
            }),
        }
    }
}

fn each<F, T>(facts: &[menshen_facts::Fact<F>], make: impl Fn(&F) -> T) -> Vec<T> {
    facts.iter().map(|fact| make(&fact.data)).collect()
}
