//! Compares what is read from `fixtures/policies` with what their `expected.yaml` says: per field
//! what was found, missed, and found too much. The example `evaluate` prints it, the test
//! `policies` holds it.

#![allow(unreachable_pub, dead_code)]

use menshen_policy::{Format, Language, Polarity, Policy};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    format: String,
    language: String,
    title: String,
    version: Option<String>,
    updated: Option<String>,
    effective: Option<String>,
    controller: Option<String>,
    emails: Vec<String>,
    phones: Vec<String>,
    addresses: Vec<String>,
    collected: Vec<String>,
    denied: Vec<String>,
    sdks: Vec<ExpectedSdk>,
    permissions: Vec<String>,
    denied_permissions: Vec<String>,
    /// `15w` working days, `15d` days.
    response: Vec<String>,
    /// Days, or `needed`.
    retention: Option<Vec<String>>,
    /// Compared as a whole: every right, and the topics that compliance asks for.
    topics: Vec<String>,
    denied_topics: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ExpectedSdk {
    name: String,
    catalogue: Option<String>,
    information: Vec<String>,
}

/// Topics that `expected.yaml` lists in full: a missing one is expected not to be there.
const WHOLE: &[&str] = &[
    "right.access",
    "right.correct",
    "right.delete",
    "right.close_account",
    "right.withdraw_consent",
    "right.copy",
    "right.complain",
    "children.under_14",
    "children.guardian",
    "personalised",
    "personalised.switch",
    "automated_decision",
    "cross_border",
    "sharing",
    "transfer",
    "disclosure",
    "entrusted",
    "update_notice",
    "storage.place",
];

/// Differences of one field of one policy.
#[derive(Debug)]
pub struct Difference {
    pub policy: String,
    pub field: &'static str,
    pub missed: Vec<String>,
    pub extra: Vec<String>,
}

#[derive(Debug, Default, Clone, Copy)]
pub struct Score {
    pub found: usize,
    pub missed: usize,
    pub extra: usize,
}

#[derive(Debug, Default)]
pub struct Evaluation {
    pub policies: usize,
    pub scores: BTreeMap<&'static str, Score>,
    pub differences: Vec<Difference>,
}

impl Score {
    pub fn precision(self) -> f64 {
        ratio(self.found, self.found + self.extra)
    }

    pub fn recall(self) -> f64 {
        ratio(self.found, self.found + self.missed)
    }
}

#[allow(clippy::cast_precision_loss)]
fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policies")
}

/// The file of a policy in its folder.
pub fn policy_file(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    files.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == "policy"))
}

/// Evaluates the policies whose name holds a text; all of them with an empty one.
pub fn evaluate(part: &str) -> Evaluation {
    let mut evaluation = Evaluation::default();
    let mut folders: Vec<PathBuf> = std::fs::read_dir(folder())
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && path.to_string_lossy().contains(part))
        .collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(folder.join("expected.yaml")).unwrap();
        let expected: Expected =
            serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let bytes = std::fs::read(policy_file(&folder).unwrap()).unwrap();
        let (policy, issues) = Policy::read(&bytes, &name);
        assert!(issues.is_empty(), "{name}: {issues:?}");
        compare(&mut evaluation, &name, &expected, &policy.unwrap());
        evaluation.policies += 1;
    }
    evaluation
}

fn compare(evaluation: &mut Evaluation, name: &str, expected: &Expected, policy: &Policy) {
    let mut field = |field: &'static str, expected: Vec<String>, found: Vec<String>| {
        let expected: BTreeSet<String> = expected.into_iter().collect();
        let found: BTreeSet<String> = found.into_iter().collect();
        let missed: Vec<String> = expected.difference(&found).cloned().collect();
        let extra: Vec<String> = found.difference(&expected).cloned().collect();
        let score = evaluation.scores.entry(field).or_default();
        score.found += expected.len() - missed.len();
        score.missed += missed.len();
        score.extra += extra.len();
        if !missed.is_empty() || !extra.is_empty() {
            evaluation.differences.push(Difference {
                policy: name.to_owned(),
                field,
                missed,
                extra,
            });
        }
    };
    let optional = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let strings = |items: Vec<&str>| items.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let format = match policy.format {
        Format::Html => "html",
        Format::Mhtml => "mhtml",
        Format::Pdf => "pdf",
        Format::Docx => "docx",
        Format::Text => "text",
    };
    let language = match policy.language {
        Language::Zh => "zh",
        Language::ZhHant => "zh-hant",
        Language::En => "en",
        Language::Mixed => "mixed",
    };
    field("format", vec![expected.format.clone()], vec![format.to_owned()]);
    field("language", vec![expected.language.clone()], vec![language.to_owned()]);
    field(
        "title",
        vec![expected.title.clone()],
        policy.title.iter().map(|title| title.value.clone()).collect(),
    );
    field(
        "date: effective",
        optional(&expected.effective),
        policy.dates.effective.iter().map(|date| date.value.to_string()).collect(),
    );
    field(
        "date: updated",
        optional(&expected.updated),
        policy.dates.updated.iter().map(|date| date.value.to_string()).collect(),
    );
    field(
        "version",
        optional(&expected.version),
        policy.dates.version.iter().map(|version| version.value.clone()).collect(),
    );
    field(
        "controller",
        optional(&expected.controller),
        policy.contact.controller.iter().map(|name| name.value.clone()).collect(),
    );
    field(
        "email",
        expected.emails.clone(),
        policy.contact.emails.iter().map(|email| email.value.clone()).collect(),
    );
    field(
        "phone",
        expected.phones.clone(),
        policy.contact.phones.iter().map(|phone| phone.value.clone()).collect(),
    );
    if !expected.addresses.is_empty() {
        field(
            "address",
            expected.addresses.clone(),
            policy.contact.addresses.iter().map(|address| address.value.clone()).collect(),
        );
    }
    field(
        "information collected",
        expected.collected.clone(),
        strings(policy.collected().collect()),
    );
    field("information denied", expected.denied.clone(), strings(policy.denied().collect()));
    let key = |name: &str| name.to_lowercase().replace(' ', "");
    field(
        "sdk: name",
        expected.sdks.iter().map(|sdk| key(&sdk.name)).collect(),
        policy.sdks.iter().map(|sdk| key(&sdk.name)).collect(),
    );
    let linked = |name: &str, id: &str| format!("{}={id}", key(name));
    field(
        "sdk: catalogue",
        expected
            .sdks
            .iter()
            .filter_map(|sdk| Some(linked(&sdk.name, sdk.catalogue.as_deref()?)))
            .collect(),
        policy
            .sdks
            .iter()
            .filter_map(|sdk| Some(linked(&sdk.name, sdk.catalogue.as_deref()?)))
            .collect(),
    );
    field(
        "sdk: information",
        expected
            .sdks
            .iter()
            .flat_map(|sdk| sdk.information.iter().map(|id| linked(&sdk.name, id)))
            .collect(),
        policy
            .sdks
            .iter()
            .flat_map(|sdk| sdk.information.iter().map(|id| linked(&sdk.name, id)))
            .collect(),
    );
    let permissions = |polarity: Polarity| {
        policy
            .permissions
            .iter()
            .filter(|entry| entry.polarity == polarity)
            .map(|entry| entry.permission.clone())
            .collect::<Vec<_>>()
    };
    field("permission", expected.permissions.clone(), permissions(Polarity::Affirmed));
    field("permission denied", expected.denied_permissions.clone(), permissions(Polarity::Denied));
    let time = |days: u32, working: bool| format!("{days}{}", if working { 'w' } else { 'd' });
    field(
        "response time",
        expected.response.clone(),
        policy
            .response_times
            .iter()
            .map(|found| time(found.value.days, found.value.working))
            .collect(),
    );
    if let Some(retention) = &expected.retention {
        let found = policy.retention.iter().flat_map(|found| {
            found
                .days
                .map(|days| days.to_string())
                .into_iter()
                .chain(found.as_needed.then(|| "needed".to_owned()))
        });
        field("retention", retention.clone(), found.collect());
    }
    let said = |topic: &&str| policy.says(topic);
    let whole: Vec<String> =
        expected.topics.iter().filter(|topic| WHOLE.contains(&topic.as_str())).cloned().collect();
    field(
        "rights and topics",
        whole,
        strings(WHOLE.iter().copied().filter(|topic| said(topic)).collect()),
    );
    let other = expected.topics.iter().filter(|topic| !WHOLE.contains(&topic.as_str()));
    let other: Vec<String> = other.cloned().collect();
    field(
        "other topics",
        other.clone(),
        other.into_iter().filter(|topic| policy.says(topic)).collect(),
    );
    let denied: Vec<String> = expected.denied_topics.clone();
    field(
        "topics denied",
        denied.clone(),
        denied.into_iter().filter(|topic| policy.denies(topic)).collect(),
    );
}
