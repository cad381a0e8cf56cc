//! From the policy reader's result to what the verdicts need.

use crate::declared::{Declared, DeclaredSdk, PolicyInput};
use menshen_base::Text;
use menshen_policy::{Kind, Language, Polarity, Policy, Statement};
use std::collections::{BTreeMap, BTreeSet};

/// Topics of the reader and the names that the clauses use.
const TOPICS: [(&str, &str); 20] = [
    ("right.access", "access"),
    ("right.correct", "correct"),
    ("right.delete", "delete"),
    ("right.close_account", "close_account"),
    ("right.withdraw_consent", "withdraw"),
    ("right.copy", "copy"),
    ("right.complain", "complain"),
    ("retention", "retention"),
    ("storage.place", "storage"),
    ("cross_border", "cross_border"),
    ("sharing", "sharing"),
    ("entrusted", "sharing"),
    ("transfer", "sharing"),
    ("disclosure", "sharing"),
    ("children", "children"),
    ("personalised", "personalised"),
    ("personalised.switch", "personalised_switch"),
    ("automated_decision", "automatic_decision"),
    ("cookies", "cookies"),
    ("update_notice", "update_notice"),
];

/// Topics that are answered by a denial too: "we do not transfer information abroad".
const ANSWERED_BY_DENIAL: [&str; 4] = ["cross_border", "sharing", "automatic_decision", "children"];

/// Calendar days of a working week, for times that are given in calendar days.
const CALENDAR_DAYS_PER_WEEK: u32 = 7;
const WORKING_DAYS_PER_WEEK: u32 = 5;

impl PolicyInput {
    /// Reads a policy file. What cannot be read is never a policy that says nothing wrong.
    pub fn of_file(bytes: &[u8], name: &str) -> Self {
        let (policy, issues) = Policy::read(bytes, name);
        match policy {
            Some(policy) => Self::Read(Box::new(declared(&policy, name))),
            None => {
                let reasons: Vec<Text> = issues
                    .iter()
                    .map(|issue| {
                        let detail = if issue.detail.is_empty() {
                            String::new()
                        } else {
                            format!(" ({})", issue.detail)
                        };
                        Text::new(
                            format!("{}{detail}", issue.kind.title.zh),
                            format!("{}{detail}", issue.kind.title.en),
                        )
                    })
                    .collect();
                let join = |of: fn(&Text) -> &str| -> String {
                    let parts: Vec<&str> = reasons.iter().map(of).collect();
                    parts.join("; ")
                };
                Self::Unusable(Text::new(
                    format!("隐私政策 {name} 无法使用：{}", join(|text| &text.zh)),
                    format!("the policy {name} cannot be used: {}", join(|text| &text.en)),
                ))
            }
        }
    }
}

fn declared(policy: &Policy, name: &str) -> Declared {
    let sentence = |index: usize| -> String {
        policy.sentences.get(index).map(|sentence| sentence.text.clone()).unwrap_or_default()
    };
    let language = match policy.language {
        Language::Zh | Language::Mixed => "zh",
        Language::ZhHant => "Hant",
        Language::En => "en",
    };
    let mut declared = Declared {
        name: name.to_owned(),
        language: language.to_owned(),
        title: policy.title.as_ref().map(|title| title.value.clone()),
        updated: policy
            .dates
            .updated
            .as_ref()
            .or(policy.dates.published.as_ref())
            .map(|date| date.value.to_string()),
        effective: policy.dates.effective.as_ref().map(|date| date.value.to_string()),
        types: types(policy),
        denied: denied(policy),
        sensitive: sensitive(policy),
        sdks: sdks(policy),
        permissions: permissions(policy),
        ..Declared::default()
    };
    for (topic, field) in TOPICS {
        let said = policy.topic(topic).iter().find(|evidence| {
            evidence.polarity != Polarity::Denied || ANSWERED_BY_DENIAL.contains(&field)
        });
        if let Some(evidence) = said {
            declared.states.entry(field.to_owned()).or_insert_with(|| sentence(evidence.sentence));
        }
    }
    if let Some(retention) = policy.retention.first() {
        declared
            .states
            .entry("retention".to_owned())
            .or_insert_with(|| sentence(retention.sentence));
    }
    let contact = &policy.contact;
    for (field, found) in
        [("email", &contact.emails), ("phone", &contact.phones), ("address", &contact.addresses)]
    {
        if let Some(first) = found.first() {
            declared.states.insert(field.to_owned(), sentence(first.sentence));
        }
    }
    let reachable =
        ["email", "phone", "address"].iter().any(|field| declared.states.contains_key(*field));
    if let Some(controller) = contact.controller.as_ref().filter(|_| reachable) {
        declared.states.insert("controller".to_owned(), sentence(controller.sentence));
    }
    declared.response_days =
        policy.response_times.iter().map(|time| working_days(&time.value)).max();
    declared
}

fn working_days(time: &menshen_policy::ResponseTime) -> u32 {
    match time.working {
        true => time.days,
        false => time.days.saturating_mul(WORKING_DAYS_PER_WEEK).div_euclid(CALENDAR_DAYS_PER_WEEK),
    }
}

/// Types that the operator says it processes; what only SDKs do stands in their list.
fn types(policy: &Policy) -> BTreeMap<String, Vec<String>> {
    let by_operator = |said: &&Statement| {
        said.polarity == Polarity::Affirmed
            && matches!(
                said.kind,
                Kind::Collect
                    | Kind::Use
                    | Kind::Permission
                    | Kind::Share
                    | Kind::Store
                    | Kind::Entrust
            )
    };
    let mut types: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for said in policy.statements.iter().filter(by_operator) {
        for id in &said.information {
            let sentences = types.entry(id.clone()).or_default();
            if !sentences.contains(&said.text) {
                sentences.push(said.text.clone());
            }
        }
    }
    types
}

fn denied(policy: &Policy) -> BTreeMap<String, String> {
    policy
        .denied()
        .filter_map(|id| {
            let said = policy
                .statements
                .iter()
                .find(|said| said.negated() && said.information.iter().any(|known| known == id))?;
            Some((id.to_owned(), said.text.clone()))
        })
        .collect()
}

/// Types in sentences that speak of sensitive information.
fn sensitive(policy: &Policy) -> BTreeSet<String> {
    let marked: BTreeSet<usize> =
        policy.topic("sensitive").iter().map(|evidence| evidence.sentence).collect();
    let lead =
        |said: &Statement| policy.sentences.get(said.sentence).and_then(|sentence| sentence.lead);
    policy
        .statements
        .iter()
        .filter(|said| {
            marked.contains(&said.sentence) || lead(said).is_some_and(|lead| marked.contains(&lead))
        })
        .flat_map(|said| said.information.iter().cloned())
        .collect()
}

fn sdks(policy: &Policy) -> Vec<DeclaredSdk> {
    policy
        .sdks
        .iter()
        .map(|entry| DeclaredSdk {
            name: entry.name.clone(),
            provider: entry.provider.clone(),
            purpose: entry
                .purpose
                .clone()
                .or_else(|| (!entry.purposes.is_empty()).then(|| entry.purposes.join(", "))),
            information: entry
                .information_text
                .clone()
                .or_else(|| (!entry.information.is_empty()).then(|| entry.information.join(", "))),
            url: entry.url.clone(),
            id: entry.catalogue.clone(),
        })
        .collect()
}

/// Purposes by the ids of groups and by full names. A purpose is never replaced by none.
fn permissions(policy: &Policy) -> BTreeMap<String, Option<String>> {
    let mut permissions: BTreeMap<String, Option<String>> = BTreeMap::new();
    let entries = policy.permissions.iter().filter(|entry| entry.polarity != Polarity::Denied);
    for entry in entries {
        let purpose = entry
            .purpose
            .clone()
            .or_else(|| (!entry.purposes.is_empty()).then(|| entry.purposes.join(", ")));
        for name in entry.android.iter().chain([&entry.permission]) {
            let slot = permissions.entry(name.clone()).or_default();
            if slot.is_none() {
                slot.clone_from(&purpose);
            }
        }
    }
    permissions
}
