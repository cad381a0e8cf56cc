//! Declared against actual: information, SDKs, permissions, hosts.

use crate::assess::is_effective;
use crate::catalogue::AppType;
use crate::collect::is_plumbing;
use crate::declared::Declared;
use crate::result::{HostRow, InventoryRow, PermissionRow, SdkRow};
use crate::tables::{CONTRACTS, Weight, information_name, permission_uses, weight};
use menshen_base::Text;
use menshen_facts::{Collection, Fact, Facts, How};
use menshen_models::{information_type, permission, sdks as catalogue, sensitive_method};
use std::collections::{BTreeMap, BTreeSet};

/// Permissions whose use shows in calls of known APIs. For others code cannot tell.
const TELLING: [&str; 12] = [
    "android.permission.READ_PHONE_STATE",
    "android.permission.CAMERA",
    "android.permission.RECORD_AUDIO",
    "android.permission.ACCESS_FINE_LOCATION",
    "android.permission.ACCESS_COARSE_LOCATION",
    "android.permission.READ_CONTACTS",
    "android.permission.READ_CALENDAR",
    "android.permission.READ_CALL_LOG",
    "android.permission.READ_SMS",
    "android.permission.SEND_SMS",
    "android.permission.RECEIVE_SMS",
    "android.permission.GET_ACCOUNTS",
];

/// One row for each type that is collected or declared; the weightiest first.
pub(crate) fn inventory(
    collections: &[Fact<Collection>],
    declared: Option<&Declared>,
    app_type: Option<&AppType>,
) -> Vec<InventoryRow> {
    let mut by_type: BTreeMap<&str, Vec<&Fact<Collection>>> = BTreeMap::new();
    for fact in collections.iter().filter(|fact| is_effective(fact)) {
        by_type.entry(&fact.data.information).or_default().push(fact);
    }
    let mut rows: Vec<InventoryRow> = by_type
        .iter()
        .filter(|(id, _)| weight(id) > Weight::Behaviour)
        .map(|(id, facts)| row(id, facts, declared, app_type))
        .collect();
    for id in declared.iter().flat_map(|declared| declared.types.keys()) {
        let seen = by_type
            .keys()
            .any(|seen| declared.is_some_and(|d| d.declares(seen)) && covers(id, seen));
        if !by_type.contains_key(id.as_str()) && !seen {
            rows.push(InventoryRow {
                state: "never-seen".to_owned(),
                ..row(id, &[], declared, app_type)
            });
        }
    }
    rows.sort_by_key(|row| {
        let seen = row.places + row.observed > 0;
        (!seen, std::cmp::Reverse(row.weight), row.information.clone())
    });
    rows
}

/// A declaration of `wide` is the one under which `narrow` was found declared.
fn covers(wide: &str, narrow: &str) -> bool {
    let only = Declared { types: [(wide.to_owned(), Vec::new())].into(), ..Declared::default() };
    only.declares(narrow)
}

fn row(
    id: &str,
    facts: &[&Fact<Collection>],
    declared: Option<&Declared>,
    app_type: Option<&AppType>,
) -> InventoryRow {
    let by_sdks: BTreeSet<String> = facts.iter().filter_map(|fact| fact.data.sdk.clone()).collect();
    let is_declared = declared.map(|declared| declared.declares(id));
    let places: BTreeSet<_> =
        facts.iter().filter(|fact| fact.how == How::Static).map(|fact| &fact.place).collect();
    let apis: BTreeSet<String> =
        facts.iter().map(|fact| fact.data.api.clone()).filter(|api| !api.is_empty()).collect();
    let permissions: BTreeSet<String> =
        facts.iter().filter_map(|fact| fact.data.permission.clone()).collect();
    let when = |wanted: &str| facts.iter().any(|fact| fact.data.before_consent == wanted);
    let earliest = ["yes", "unknown", "no"].into_iter().find(|wanted| when(wanted));
    InventoryRow {
        information: id.to_owned(),
        name: information_name(id),
        weight: weight(id),
        by_app: facts.iter().any(|fact| fact.data.sdk.is_none()),
        by_sdks: by_sdks.into_iter().collect(),
        places: places.len(),
        observed: facts.iter().filter(|fact| fact.how != How::Static).count(),
        apis: apis.into_iter().collect(),
        before_consent: earliest.unwrap_or_default().to_owned(),
        permissions: permissions.into_iter().collect(),
        declared: is_declared,
        necessary: app_type.map(|known| known.information.iter().any(|needed| needed == id)),
        state: match is_declared {
            Some(true) => "declared",
            Some(false) => "undeclared",
            None => "unknown",
        }
        .to_owned(),
    }
}

/// SDKs of the package against the list of the policy; those that collect first.
pub(crate) fn sdks(
    facts: &Facts,
    collections: &[Fact<Collection>],
    declared: Option<&Declared>,
) -> Vec<SdkRow> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut early: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for fact in collections.iter().filter(|fact| is_effective(fact)) {
        if let Some(sdk) = &fact.data.sdk
            && weight(&fact.data.information) > Weight::Behaviour
        {
            found.entry(sdk.clone()).or_default().insert(fact.data.information.clone());
            if weight(&fact.data.information) >= Weight::Personal {
                early.entry(sdk.clone()).or_default().insert(fact.data.before_consent.clone());
            }
        }
    }
    let mut rows: BTreeMap<String, SdkRow> = BTreeMap::new();
    let mut used: BTreeSet<String> = BTreeSet::new();
    let in_package = facts.sdks.iter().filter(|fact| fact.data.certainty != "clue");
    let ids: BTreeSet<String> =
        in_package.map(|fact| fact.data.id.clone()).chain(found.keys().cloned()).collect();
    for id in ids {
        let Some(known) = catalogue().get(&id) else { continue };
        let fact = facts.sdks.iter().find(|fact| fact.data.id == id).map(|fact| &fact.data);
        let types = found.remove(&id).unwrap_or_default();
        let collects =
            !is_plumbing(&id) || types.iter().any(|kind| weight(kind) >= Weight::Personal);
        let entry =
            declared.and_then(|declared| declared.sdk(&id, &[known.name_zh, known.name_en]));
        if let Some(entry) = entry {
            used.insert(entry.name.clone());
        }
        let state = match (collects, declared.is_some(), entry.is_some()) {
            (_, true, true) => "declared",
            (false, ..) => "not-collecting",
            (true, true, false) => "undeclared",
            (true, false, _) => "unknown",
        };
        let when = early.remove(&id).unwrap_or_default();
        let earliest = ["yes", "unknown", "no"].into_iter().find(|wanted| when.contains(*wanted));
        let names = |ids: &mut dyn Iterator<Item = &str>| -> Vec<String> {
            ids.map(|id| information_type(id).unwrap_or(id).to_owned()).collect()
        };
        let row = SdkRow {
            name: Text::new(known.name_zh, known.name_en),
            provider: Text::new(known.provider_zh, known.provider_en),
            category: known.category.to_owned(),
            version: fact.and_then(|fact| fact.version.clone()),
            purpose: known.purpose_zh.to_owned(),
            known_information: names(&mut known.personal_info.iter().copied()),
            found_information: names(&mut types.iter().map(String::as_str)),
            collects,
            before_consent: earliest.unwrap_or_default().to_owned(),
            policy_url: known.policy_url.map(str::to_owned),
            declared: declared.map(|_| entry.is_some()),
            state: state.to_owned(),
            certainty: fact.map_or("certain", |fact| &fact.certainty).to_owned(),
            id: id.clone(),
        };
        rows.insert(id, row);
    }
    let mut rows: Vec<SdkRow> = rows.into_values().collect();
    rows.sort_by_key(|row| (!row.collects, row.id.clone()));
    for entry in declared.iter().flat_map(|declared| &declared.sdks) {
        if !used.contains(&entry.name) {
            rows.push(never_seen(entry));
        }
    }
    rows
}

fn never_seen(entry: &crate::declared::DeclaredSdk) -> SdkRow {
    SdkRow {
        id: entry.id.clone().unwrap_or_default(),
        name: Text::new(&entry.name, &entry.name),
        provider: Text::new(
            entry.provider.clone().unwrap_or_default(),
            entry.provider.clone().unwrap_or_default(),
        ),
        category: String::new(),
        version: None,
        purpose: entry.purpose.clone().unwrap_or_default(),
        known_information: entry.information.iter().cloned().collect(),
        found_information: Vec::new(),
        collects: false,
        before_consent: String::new(),
        policy_url: entry.url.clone(),
        declared: Some(true),
        state: "never-seen".to_owned(),
        certainty: String::new(),
    }
}

/// Permissions of the manifest: all dangerous ones and those that the platform does not know.
pub(crate) fn permissions(facts: &Facts, declared: Option<&Declared>) -> Vec<PermissionRow> {
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    for fact in &facts.calls {
        let apis = sensitive_method(&fact.data.class, &fact.data.method, &fact.data.descriptor);
        needed.extend(apis.iter().filter_map(|api| api.permission));
    }
    for (permission, class, method) in permission_uses() {
        if facts.calls.iter().any(|fact| fact.data.class == *class && fact.data.method == *method) {
            needed.insert(permission);
        }
    }
    for (permission, class, field) in CONTRACTS {
        if facts.field_reads.iter().any(|fact| fact.data.class == class && fact.data.field == field)
        {
            needed.insert(permission);
        }
    }
    needed.extend(facts.collections.iter().filter_map(|fact| fact.data.permission.as_deref()));
    let groups: BTreeSet<&str> =
        needed.iter().filter_map(|name| permission(name).and_then(|known| known.group)).collect();
    let receives_sms = facts
        .components
        .iter()
        .any(|fact| fact.data.actions.iter().any(|action| action.contains("SMS_RECEIVED")));
    let asked: BTreeSet<&str> = facts
        .permission_requests
        .iter()
        .flat_map(|fact| fact.data.permissions.iter().map(String::as_str))
        .collect();
    let mut rows: Vec<PermissionRow> = facts
        .permissions
        .iter()
        .map(|fact| {
            let name = fact.data.name.as_str();
            let group = fact.data.group.as_deref();
            let used = TELLING.contains(&name).then(|| {
                needed.contains(name)
                    || group.is_some_and(|group| groups.contains(group))
                    || name == "android.permission.RECEIVE_SMS" && receives_sms
            });
            let purpose = declared.map(|declared| declared.permission(name, group));
            PermissionRow {
                name: name.to_owned(),
                level: fact.data.level.clone(),
                group: fact.data.group.clone(),
                used,
                requested_at_run_time: asked.contains(name),
                declared: purpose.as_ref().map(Option::is_some),
                purpose: purpose.flatten().flatten().map(str::to_owned),
            }
        })
        .collect();
    rows.sort_by_key(|row| (row.level != "dangerous", row.name.clone()));
    rows.dedup_by(|a, b| a.name == b.name);
    rows
}

/// Hosts of addresses that are not examples, namespaces or local ones.
pub(crate) fn hosts(facts: &Facts) -> Vec<HostRow> {
    let mut rows: BTreeMap<&str, HostRow> = BTreeMap::new();
    for fact in facts.endpoints.iter().filter(|fact| fact.data.kind == "public") {
        let row = rows.entry(&fact.data.host).or_insert_with(|| HostRow {
            host: fact.data.host.clone(),
            sdk: fact.data.sdk.clone(),
            cleartext: false,
            sources: Vec::new(),
        });
        row.cleartext |= fact.data.cleartext;
        if !row.sources.contains(&fact.data.source) {
            row.sources.push(fact.data.source.clone());
        }
    }
    rows.into_values().collect()
}
