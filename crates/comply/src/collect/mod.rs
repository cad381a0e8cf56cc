//! From calls to what is collected: information type, whose code, when it can run, by which path.
//!
//! The scan gathers calls of all sensitive APIs ([`interest`]); this module reads each with its
//! arguments ([`meaning`]), asks the call graph when it can run, and makes `collection` and
//! `permission_request` facts. Texts of the app that have to do with personal information come
//! from [`texts`]. What an API means is data: `models/android/sensitive_apis.tsv` with the
//! exceptions of `models/compliance/api_notes.tsv`.

mod meaning;
mod texts;

pub use texts::{privacy_text, texts_of_code};

use crate::tables::{CONTRACTS, permission_uses};
use menshen_base::{IssueKind, Owner, ScanIssue, text};
use menshen_facts::{
    ArgValue, Call, Collection, Fact, Facts, FieldRead, How, Interest, MethodName,
    PermissionRequest,
};
use menshen_flow::callgraph::{Reachability, Reached, Start, When, explore};
use menshen_flow::program::Program;
use menshen_models::{SensitiveKind, sdks, sensitive_apis};
use std::collections::BTreeSet;

/// Supertypes whose objects the platform makes and calls, besides components.
const LATE_SUPERTYPES: [&str; 6] = [
    "android.view.View",
    "android.app.Fragment",
    "androidx.fragment.app.Fragment",
    "android.support.v4.app.Fragment",
    "androidx.work.ListenableWorker",
    "android.preference.Preference",
];

const GRAPH_INCOMPLETE: IssueKind = IssueKind {
    code: "comply/call-graph-incomplete",
    title: text("调用图超出上限", "the call graph reached its limit"),
    lost: text(
        "部分代码能否在同意前执行未判定",
        "for some code it was not decided whether it can run before consent",
    ),
};

/// Further methods whose calls say something here.
const EXTRA_CALLS: [&str; 17] = [
    "java.lang.Class.getMethod",
    "java.lang.Class.getDeclaredMethod",
    "java.io.File.<init>",
    "java.io.FileReader.<init>",
    "java.io.RandomAccessFile.<init>",
    "java.lang.ProcessBuilder.<init>",
    "android.app.Fragment.requestPermissions",
    "androidx.fragment.app.Fragment.requestPermissions",
    "android.support.v4.app.Fragment.requestPermissions",
    "androidx.activity.result.ActivityResultLauncher.launch",
    "android.content.ContentResolver.query",
    "android.net.wifi.WifiManager.getConnectionInfo",
    "android.hardware.Camera.open",
    "android.location.LocationManager.requestLocationUpdates",
    "android.location.LocationManager.getLastLocation",
    "com.google.android.gms.location.FusedLocationProviderClient.getLastLocation",
    "com.google.android.gms.location.FusedLocationProviderClient.requestLocationUpdates",
];

/// What a compliance run asks of the code.
pub fn interest() -> Interest {
    let mut interest = Interest::default();
    for api in sensitive_apis().iter().filter(|api| api.kind == SensitiveKind::Method) {
        let name = MethodName { class: api.class.to_owned(), name: api.method.to_owned() };
        match api.descriptor {
            Some(descriptor) if descriptor.starts_with("field ") => interest.fields.insert(name),
            _ if meaning::is_followed(api.class, api.method) => interest.calls.insert(name),
            _ => false,
        };
    }
    let name =
        |class: &str, name: &str| MethodName { class: class.to_owned(), name: name.to_owned() };
    interest.calls.extend(permission_uses().iter().map(|(_, class, method)| name(class, method)));
    interest.fields.extend(CONTRACTS.iter().map(|(_, class, field)| name(class, field)));
    interest.calls.extend(EXTRA_CALLS.iter().filter_map(|name| MethodName::parse(name)));
    interest
}

/// Looks at the calls found and walks the call graph. `about`: facts of the manifest.
pub fn collect(
    program: &Program<'_, '_>,
    found: &Facts,
    about: &Facts,
    owner: &dyn Fn(&str) -> Owner,
) -> (Facts, Vec<ScanIssue>) {
    let starts = starts(program, about);
    let components: BTreeSet<String> =
        about.components.iter().map(|fact| fact.data.target.clone()).collect();
    let reached = explore(program, &starts, &components);
    let mut issues = Vec::new();
    if !reached.complete {
        issues
            .push(ScanIssue::new(&GRAPH_INCOMPLETE).detail(format!("{} methods", reached.count())));
    }
    // Class files are not walked.
    let walked = !program.files.is_empty();
    let gatherer = Gatherer { reached, about, owner, walked };
    let mut facts = Facts::default();
    for call in &found.calls {
        if let Some(request) = gatherer.request(call) {
            facts.permission_requests.push(request);
        } else if let Some(collection) = gatherer.call(call) {
            facts.collections.push(collection);
        }
    }
    facts.collections.extend(found.field_reads.iter().filter_map(|read| gatherer.field(read)));
    (facts, issues)
}

/// Where the platform starts the app.
fn starts(program: &Program<'_, '_>, about: &Facts) -> Vec<Start> {
    let mut starts: Vec<Start> = Vec::new();
    let mut add = |class: &str, kind: &'static str, early: bool| {
        if !starts.iter().any(|start| start.class == class && (start.early || !early)) {
            starts.push(Start { class: class.to_owned(), kind, early });
        }
    };
    for fact in &about.application {
        if let Some(class) = &fact.data.application_class {
            add(class, "application", true);
        }
    }
    let by_itself =
        |component: &menshen_facts::Component| component.enabled && component.process.is_none();
    for fact in about.components.iter().filter(|fact| by_itself(&fact.data)) {
        if fact.data.kind == "provider" {
            add(&fact.data.target, "provider", true);
        }
    }
    for fact in &about.meta_data {
        if fact.data.value.as_deref() == Some("androidx.startup") {
            add(&fact.data.name, "initializer", true);
        }
    }
    for fact in about.components.iter().filter(|fact| by_itself(&fact.data)) {
        if fact.data.launcher {
            add(&fact.data.target, "launcher", true);
        }
    }
    for fact in &about.components {
        add(&fact.data.target, "component", false);
    }
    let mut late: Vec<&str> = program
        .class_names()
        .filter(|class| {
            program
                .hierarchy
                .supertypes(class)
                .iter()
                .any(|name| LATE_SUPERTYPES.contains(&name.as_str()))
        })
        .collect();
    late.sort_unstable();
    for class in late {
        add(class, "component", false);
    }
    starts
}

struct Gatherer<'g> {
    reached: Reachability,
    about: &'g Facts,
    owner: &'g dyn Fn(&str) -> Owner,
    walked: bool,
}

impl Gatherer<'_> {
    fn call(&self, call: &Fact<Call>) -> Option<Fact<Collection>> {
        let meaning = meaning::of_call(&call.data)?;
        self.collection(
            meaning,
            &call.data.caller_class,
            &call.data.caller_method,
            call.place.clone(),
            &call.owner,
        )
    }

    fn field(&self, read: &Fact<FieldRead>) -> Option<Fact<Collection>> {
        let meaning = meaning::of_field(&read.data)?;
        self.collection(
            meaning,
            &read.data.caller_class,
            &read.data.caller_method,
            read.place.clone(),
            &read.owner,
        )
    }

    fn collection(
        &self,
        meaning: meaning::Meaning,
        class: &str,
        method: &str,
        place: menshen_base::Place,
        owner: &Owner,
    ) -> Option<Fact<Collection>> {
        if meaning::never_collects(class) {
            return None;
        }
        let reached = self.reach(&place);
        // Code of a library that nothing runs is ballast, not behaviour.
        if reached.is_none() && self.walked && matches!(owner, Owner::Sdk(_)) {
            return None;
        }
        let permission = meaning.permission.map(str::to_owned);
        let declared = permission.as_ref().map(|name| {
            self.about.permissions.iter().any(|fact| permission_covers(&fact.data.name, name))
        });
        let sdk = self.on_behalf(owner, reached.as_ref());
        let data = Collection {
            information: meaning.information.to_owned(),
            api: meaning.api,
            way: meaning.way.to_owned(),
            class: class.to_owned(),
            method: method.to_owned(),
            reachable: self.walked.then_some(reached.is_some()),
            before_consent: self.before(reached.as_ref()).to_owned(),
            entry_kind: reached.as_ref().map(|r| r.entry_kind.to_owned()),
            entry: reached.as_ref().map(|r| r.entry.clone()),
            condition: reached.as_ref().and_then(|r| r.condition.clone()),
            chain: reached.map(|r| r.chain).unwrap_or_default(),
            permission,
            permission_declared: declared,
            sdk,
            ..Collection::default()
        };
        Some(Fact { data, place, owner: owner.clone(), how: How::Static })
    }

    fn request(&self, call: &Fact<Call>) -> Option<Fact<PermissionRequest>> {
        let asked = match (call.data.class.as_str(), call.data.method.as_str()) {
            (_, "requestPermissions") if call.data.descriptor.starts_with("([L") => &call.data.arg0,
            (_, "requestPermissions") => &call.data.arg1,
            ("androidx.activity.result.ActivityResultLauncher", "launch") => &call.data.arg0,
            _ => return None,
        };
        let mut permissions = BTreeSet::new();
        constants(asked, &mut permissions);
        if permissions.is_empty() && call.data.method == "launch" {
            return None;
        }
        let reached = self.reach(&call.place);
        if reached.is_none() && self.walked && matches!(call.owner, Owner::Sdk(_)) {
            return None;
        }
        let data = PermissionRequest {
            permissions: permissions.into_iter().collect(),
            api: format!("{}.{}", call.data.class, call.data.method),
            class: call.data.caller_class.clone(),
            method: call.data.caller_method.clone(),
            reachable: self.walked.then_some(reached.is_some()),
            before_consent: self.before(reached.as_ref()).to_owned(),
            entry_kind: reached.as_ref().map(|r| r.entry_kind.to_owned()),
            entry: reached.as_ref().map(|r| r.entry.clone()),
            chain: reached.map(|r| r.chain).unwrap_or_default(),
        };
        Some(Fact { data, place: call.place.clone(), owner: call.owner.clone(), how: How::Static })
    }

    fn reach(&self, place: &menshen_base::Place) -> Option<Reached> {
        let code = place.code.as_ref()?;
        self.reached.at(&code.class, &code.member, code.instruction.unwrap_or(0))
    }

    fn before(&self, reached: Option<&Reached>) -> &'static str {
        match reached.map(|reached| reached.when) {
            Some(When::Before) => "yes",
            Some(When::Maybe) => "unknown",
            Some(When::After) => "no",
            None if self.walked && self.reached.complete => "no",
            None => "unknown",
        }
    }

    /// The SDK whose code it is; for code that only passes on what others ask, the nearest caller.
    fn on_behalf(&self, owner: &Owner, reached: Option<&Reached>) -> Option<String> {
        if let Owner::Sdk(id) = owner
            && !is_plumbing(id)
        {
            return Some(id.clone());
        }
        if *owner == Owner::App {
            return None;
        }
        let chain = reached.map(|reached| reached.chain.as_slice()).unwrap_or_default();
        for method in chain.iter().rev() {
            let class = method.rsplit_once('.').map_or("", |(class, _)| class);
            match (self.owner)(class) {
                Owner::App => return None,
                Owner::Sdk(id) if !is_plumbing(&id) => return Some(id),
                _ => {}
            }
        }
        None
    }
}

/// Libraries that act for whoever calls them.
pub(crate) fn is_plumbing(id: &str) -> bool {
    sdks().get(id).is_none_or(|sdk| sdk.personal_info.is_empty())
}

/// The texts of a value that is one or several constants.
fn constants(value: &ArgValue, into: &mut BTreeSet<String>) {
    match value {
        ArgValue::Str(text) if text.contains("permission") || text.contains('.') => {
            into.insert(text.clone());
        }
        ArgValue::Array(items) | ArgValue::OneOf(items) => {
            items.iter().for_each(|item| constants(item, into));
        }
        _ => {}
    }
}

/// A permission that a manifest has stands for the one that a table names.
fn permission_covers(declared: &str, needed: &str) -> bool {
    let coarse = "android.permission.ACCESS_COARSE_LOCATION";
    let numbers = ["android.permission.READ_PHONE_STATE", "android.permission.READ_SMS"];
    declared == needed
        || (needed == "android.permission.ACCESS_FINE_LOCATION" && declared == coarse)
        || (needed == "android.permission.READ_PHONE_NUMBERS" && numbers.contains(&declared))
        || (needed.contains(declared) && needed.contains(' '))
        || (needed == "android.permission.READ_EXTERNAL_STORAGE"
            && declared.starts_with("android.permission.READ_MEDIA_"))
}
