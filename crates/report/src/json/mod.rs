//! The JSON report: the contract with scripts.
//!
//! One artifact is one object; any other number of artifacts is `{schema_version, artifacts}`
//! with one such object each. Fields are never renamed or removed within a major version of
//! [`SCHEMA_VERSION`]; the published schema is `docs/schema/report.schema.json`, made by
//! [`schema()`]. Strings are exact: whoever prints them must escape them.

mod schema;

use crate::view::View;
use crate::{Assessment, Options};
use menshen_base::{
    CodePlace, Confidence, Evidence, Finding, Maps, Occurrence, Owner, ScanIssue, Severity, Text,
};
use menshen_facts::Facts;
use menshen_rules::assessment::{Artifact, Control, Coverage, Gate, SCHEMA_VERSION};
use serde::Serialize;
use std::io::{self, Write};

pub use schema::schema;

/// Writes the report, indented, with a line feed at its end.
pub fn write(
    assessments: &[Assessment],
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    match assessments {
        [one] => emit(&Report::new(one, options), out),
        many => {
            let artifacts = many.iter().map(|one| Report::new(one, options)).collect();
            emit(&Reports { schema_version: SCHEMA_VERSION, artifacts }, out)
        }
    }
}

pub(crate) fn emit(value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Reports<'a> {
    schema_version: &'static str,
    artifacts: Vec<Report<'a>>,
}

/// One artifact.
#[derive(Serialize)]
struct Report<'a> {
    schema_version: &'static str,
    artifact: &'a Artifact,
    gate: &'a Gate,
    findings: Vec<FindingEntry<'a>>,
    controls: &'a [Control],
    scan_issues: Vec<IssueEntry<'a>>,
    coverage: &'a Coverage,
    #[serde(skip_serializing_if = "Option::is_none")]
    facts: Option<&'a Facts>,
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    rule: &'a str,
    area: String,
    severity: Severity,
    confidence: Confidence,
    owner: &'a Owner,
    title: &'a Text,
    reason: &'a Text,
    fix: &'a Text,
    maps: &'a Maps,
    locations: &'a [Occurrence],
    evidence: &'a [Evidence],
    fingerprint: &'a str,
    /// The baseline accepts it, or every location of it.
    suppressed: bool,
}

#[derive(Serialize)]
struct IssueEntry<'a> {
    code: &'static str,
    title: Text,
    lost: Text,
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_code: Option<&'a CodePlace>,
    detail: &'a str,
}

impl<'a> Report<'a> {
    fn new(assessment: &'a Assessment, options: &Options<'a>) -> Self {
        let view = View::new(assessment, options);
        let finding = |finding: &'a Finding| FindingEntry {
            rule: &finding.rule,
            area: view.area(finding),
            severity: finding.severity,
            confidence: finding.confidence,
            owner: &finding.owner,
            title: &finding.title,
            reason: &finding.reason,
            fix: &finding.fix,
            maps: &finding.maps,
            locations: &finding.locations,
            evidence: &finding.evidence,
            fingerprint: &finding.fingerprint,
            suppressed: !view.open.iter().any(|open| std::ptr::eq(open.finding, finding)),
        };
        Self {
            schema_version: SCHEMA_VERSION,
            artifact: &assessment.artifact,
            gate: &assessment.gate,
            findings: assessment.findings.iter().map(finding).collect(),
            controls: &assessment.controls,
            scan_issues: assessment.scan_issues.iter().map(issue).collect(),
            coverage: &assessment.coverage,
            facts: options.facts.then_some(&assessment.facts),
        }
    }
}

fn issue(issue: &ScanIssue) -> IssueEntry<'_> {
    IssueEntry {
        code: issue.kind.code,
        title: issue.kind.title.into(),
        lost: issue.kind.lost.into(),
        path: &issue.place.path,
        offset: issue.place.offset,
        in_code: issue.place.code.as_ref(),
        detail: &issue.detail,
    }
}
