//! SARIF 2.1.0 for code review tools (OASIS standard, errata 01).
//!
//! One run an artifact. A finding becomes one result for each of its locations: several
//! locations in one result would mean that all must change to repair any (section 3.27.12), and
//! viewers show the first alone. The results of one finding share the partial fingerprint
//! `menshenFinding/v1`; `menshenLocation/v1` tells them apart and stays from version to version.
//! Offsets in a package are byte regions, places in code are logical locations. What could not
//! be looked at stands in the invocation as notifications. Texts are in the language of the
//! options.

mod rules;

use crate::view::{EvidenceIndex, View};
use crate::{Assessment, Options, json, words};
use menshen_base::{Finding, Lang, Occurrence, Place, ScanIssue, Severity};
use menshen_rules::assessment::Suppressed;
use rules::RuleTable;
use serde_json::{Map, Value, json};
use std::collections::HashSet;
use std::io::{self, Write};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one log with one run an artifact.
pub fn write(
    assessments: &[Assessment],
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let runs: Vec<Value> =
        assessments.iter().map(|one| run(&View::new(one, options), options)).collect();
    json::emit(&json!({"$schema": SCHEMA, "version": "2.1.0", "runs": runs}), out)
}

fn run(view: &View<'_>, options: &Options<'_>) -> Value {
    let lang = options.lang;
    let rules = RuleTable::new(view, options);
    let issues = &view.assessment.scan_issues;
    let artifact = &view.assessment.artifact;
    let gate = &view.assessment.gate;
    let language = match lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en-US",
    };
    let results: Vec<Value> = view
        .assessment
        .findings
        .iter()
        .flat_map(|finding| results(view, &rules, finding, lang))
        .collect();
    let subject = artifact.package.as_deref().unwrap_or(&artifact.name);
    json!({
        "tool": {"driver": {
            "name": "Menshen",
            "version": env!("CARGO_PKG_VERSION"),
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "language": language,
            "rules": rules.descriptors(lang),
            "notifications": notification_descriptors(issues, lang),
            "supportedTaxonomies": rules.taxonomy_references(),
        }},
        "taxonomies": rules.taxonomies(lang),
        "automationDetails": {"id": format!("menshen/{}/", uri(subject))},
        "language": language,
        "columnKind": "utf16CodeUnits",
        "artifacts": artifacts(view),
        "invocations": [{
            "executionSuccessful": true,
            "toolExecutionNotifications": notifications(view, lang),
        }],
        "results": results,
        "properties": {
            "gate": {"passed": gate.passed, "baseline": gate.baseline, "score": gate.score},
            "coverage": view.assessment.coverage,
        },
    })
}

/// The artifact and the files of a split set, with their digests.
fn artifacts(view: &View<'_>) -> Vec<Value> {
    let artifact = &view.assessment.artifact;
    let entry = |name: &str, size: u64, sha256: Option<&str>| {
        let mut entry =
            json!({"location": {"uri": uri(name)}, "length": size, "roles": ["analysisTarget"]});
        if let Some(sha256) = sha256 {
            entry["hashes"] = json!({"sha-256": sha256});
        }
        entry
    };
    let sha256 = artifact.sha256.as_ref().map(|digest| &*digest.0);
    let mut list = vec![entry(&artifact.name, artifact.size_bytes, sha256)];
    list.extend(
        artifact.parts.iter().map(|part| entry(&part.name, part.size_bytes, Some(&part.sha256.0))),
    );
    list
}

/// One result a location; one without location for a finding that has none.
fn results(view: &View<'_>, rules: &RuleTable<'_>, finding: &Finding, lang: Lang) -> Vec<Value> {
    let evidence = EvidenceIndex::new(finding);
    let mut results: Vec<Value> = match finding.locations.as_slice() {
        [] => vec![result(view, rules, finding, None, lang)],
        locations => locations
            .iter()
            .map(|at| {
                let mut result = result(view, rules, finding, Some(at), lang);
                if let Some(found) = evidence.at(&at.place) {
                    let (note, window) = (&found.note, &found.window);
                    result["properties"]["evidence"] = json!({"note": note, "window": window});
                }
                result
            })
            .collect(),
    };
    let related = related_locations(view, finding);
    if let Some(first) = results.first_mut().filter(|_| !related.is_empty()) {
        first["relatedLocations"] = related.into();
    }
    results
}

fn result(
    view: &View<'_>,
    rules: &RuleTable<'_>,
    finding: &Finding,
    at: Option<&Occurrence>,
    lang: Lang,
) -> Value {
    let title = finding.title.get(lang);
    let subject = at.map_or("", |at| &*at.subject);
    let separator = match lang {
        Lang::Zh => "：",
        Lang::En => ": ",
    };
    let message =
        if subject.is_empty() { title.to_owned() } else { format!("{title}{separator}{subject}") };
    let mut fingerprints = Map::new();
    fingerprints.insert("menshenFinding/v1".into(), finding.fingerprint.as_str().into());
    if let Some(at) = at {
        fingerprints.insert("menshenLocation/v1".into(), at.fingerprint.as_str().into());
    }
    let locations: Vec<Value> = at.map(|at| location(view, &at.place)).into_iter().collect();
    let suppressions: Vec<Value> =
        view.suppression(finding, at).map(suppression).into_iter().collect();
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "message": {"text": message},
        "locations": locations,
        "partialFingerprints": fingerprints,
        "suppressions": suppressions,
        "properties": {
            "severity": finding.severity,
            "confidence": finding.confidence,
            "owner": finding.owner,
            "area": view.area(finding),
        },
    });
    if let Some(index) = rules.index(&finding.rule) {
        result["ruleIndex"] = index.into();
    }
    result
}

/// Evidence at places that are not locations of the finding.
fn related_locations(view: &View<'_>, finding: &Finding) -> Vec<Value> {
    let own: HashSet<&Place> = finding.locations.iter().map(|at| &at.place).collect();
    finding
        .evidence
        .iter()
        .filter(|evidence| !own.contains(&evidence.place) && !evidence.note.is_empty())
        .enumerate()
        .map(|(index, evidence)| {
            let mut related = location(view, &evidence.place);
            related["id"] = (index + 1).into();
            related["message"] = json!({"text": evidence.note});
            related
        })
        .collect()
}

fn suppression(entry: &Suppressed) -> Value {
    let mut value =
        json!({"kind": "external", "status": "accepted", "justification": entry.reason});
    let mut properties = Map::new();
    for (name, field) in [("owner", &entry.owner), ("expires", &entry.expires)] {
        if let Some(field) = field {
            properties.insert(name.into(), field.as_str().into());
        }
    }
    if !properties.is_empty() {
        value["properties"] = properties.into();
    }
    value
}

fn location(view: &View<'_>, place: &Place) -> Value {
    let path = full_path(view, &place.path);
    let mut physical = json!({"artifactLocation": {"uri": uri(&path)}});
    if path == view.assessment.artifact.name {
        physical["artifactLocation"]["index"] = 0.into();
    }
    if path == view.assessment.artifact.name && place.offset.is_none() {
        physical["region"] =
            json!({"byteOffset": 0, "byteLength": view.assessment.artifact.size_bytes});
    }
    if let Some(offset) = place.offset {
        physical["region"] = json!({"byteOffset": offset});
    }
    let mut location = json!({"physicalLocation": physical});
    if let Some(code) = &place.code {
        let mut logical = match code.member.as_str() {
            "" => json!({
                "name": code.class.rsplit('.').next(),
                "fullyQualifiedName": code.class,
                "kind": "type",
            }),
            member => json!({
                "name": member.split('(').next(),
                "fullyQualifiedName": format!("{}.{member}", code.class),
                "kind": if member.contains('(') { "function" } else { "member" },
            }),
        };
        let mut properties = Map::new();
        for (name, value) in [("line", code.line), ("instruction", code.instruction)] {
            if let Some(value) = value {
                properties.insert(name.into(), value.into());
            }
        }
        if !properties.is_empty() {
            logical["properties"] = properties.into();
        }
        location["logicalLocations"] = json!([logical]);
    }
    location
}

/// The path with the artifact before it, unless it, or a part of it, stands there already.
fn full_path(view: &View<'_>, path: &str) -> String {
    let artifact = &view.assessment.artifact;
    let outer = path.split("!/").next().unwrap_or(path);
    let known = outer == artifact.name || artifact.parts.iter().any(|part| part.name == outer);
    match (path.is_empty(), known) {
        (true, _) => artifact.name.clone(),
        (false, true) => path.to_owned(),
        (false, false) => format!("{}!/{path}", artifact.name),
    }
}

/// A relative reference of RFC 3986: colons are escaped lest the start be read as a scheme.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'(' | b')' | b'+' | b',' | b'=' | b'@' => {
                out.push(char::from(byte));
            }
            // A slash at the start would name a root or a host.
            b'/' if !out.is_empty() => out.push('/'),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// Descriptor for what the rules need and the run did not provide.
const NOT_ASSESSED: &str = "coverage/not-assessed";

fn notification_descriptors(issues: &[ScanIssue], lang: Lang) -> Vec<Value> {
    let mut list: Vec<Value> = crate::terminal::by_kind(issues)
        .into_iter()
        .map(|(kind, _)| {
            json!({
                "id": kind.code,
                "shortDescription": {"text": kind.title.get(lang)},
                "fullDescription": {"text": kind.title.get(lang)},
                "help": {"text": kind.lost.get(lang)},
            })
        })
        .collect();
    let not_assessed =
        menshen_base::text("规则需要而本次检查未提供", "needed by rules, not provided by this run");
    let text = json!({"text": not_assessed.get(lang)});
    list.push(json!({
        "id": NOT_ASSESSED, "shortDescription": text, "fullDescription": text, "help": text,
    }));
    list
}

fn notifications(view: &View<'_>, lang: Lang) -> Vec<Value> {
    let issues = &view.assessment.scan_issues;
    let kinds = crate::terminal::by_kind(issues);
    let mut list: Vec<Value> = issues
        .iter()
        .map(|issue| {
            let index = kinds.iter().position(|(kind, _)| kind.code == issue.kind.code);
            let mut text =
                words::sentence(&[issue.kind.title.get(lang), issue.kind.lost.get(lang)], lang);
            if !issue.detail.is_empty() {
                text.push_str(&format!(" ({})", issue.detail));
            }
            json!({
                "descriptor": {"id": issue.kind.code, "index": index},
                "level": "warning",
                "message": {"text": text},
                "locations": [location(view, &issue.place)],
            })
        })
        .collect();
    list.extend(view.assessment.coverage.not_assessed.iter().map(|text| {
        json!({
            "descriptor": {"id": NOT_ASSESSED, "index": kinds.len()},
            "level": "note",
            "message": {"text": text.get(lang)},
        })
    }));
    list
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn references_stay_relative() {
        for (path, expected) in [
            ("app.apk!/res/a b.xml", "app.apk!/res/a%20b.xml"),
            ("javascript:alert(1)", "javascript%3Aalert(1)"),
            ("//host/x", "%2F/host/x"),
            ("中#?.so", "%E4%B8%AD%23%3F.so"),
        ] {
            assert_eq!(uri(path), expected);
        }
    }
}
