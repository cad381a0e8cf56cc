//! Third-party SDKs, frameworks, packers: products by the marks that they leave in a package.

use crate::fact;
use menshen_base::{Confidence, Owner, Place};
use menshen_facts as facts;
use menshen_facts::Facts;
use menshen_models::{PackerKind, Sdk, frameworks, packers, sdks};
use std::collections::BTreeMap;

/// What a package shows besides the facts that were gathered.
#[derive(Debug)]
pub struct Marks<'a> {
    /// Paths of all entries.
    pub entries: &'a [&'a str],
    /// Names of all classes, source form.
    pub classes: &'a [&'a str],
    /// Classes of each SDK by its id.
    pub sdk_classes: &'a BTreeMap<String, i64>,
}

/// Kinds of evidence for an SDK.
#[derive(Default)]
struct Seen {
    evidence: Vec<&'static str>,
    classes: i64,
    /// Something that belongs to this SDK alone.
    certain: bool,
}

impl Seen {
    fn add(&mut self, kind: &'static str, certain: bool) {
        if !self.evidence.contains(&kind) {
            self.evidence.push(kind);
        }
        self.certain |= certain;
    }
}

/// The SDKs that classes, components, libraries, assets and meta-data show. A host alone is a
/// clue: the app may just talk to it.
pub fn detect_sdks(marks: &Marks<'_>, facts: &mut Facts) {
    let mut seen: BTreeMap<&'static str, Seen> = BTreeMap::new();
    let catalogue = sdks();
    let mut note = |sdk: &'static Sdk, kind: &'static str, item: &str| {
        seen.entry(sdk.id).or_default().add(kind, !sdk.is_ambiguous(item));
    };
    for component in &facts.components {
        catalogue.by_component(&component.data.target).inspect(|sdk| {
            note(sdk, "component", &component.data.target);
        });
    }
    for library in &facts.libraries {
        catalogue.by_library(&library.data.name).inspect(|sdk| {
            note(sdk, "library", &library.data.name);
        });
    }
    for meta in &facts.meta_data {
        catalogue.by_meta_data(&meta.data.name).inspect(|sdk| {
            note(sdk, "meta-data", &meta.data.name);
        });
    }
    for entry in marks.entries {
        let asset = entry.rsplit("assets/").next().filter(|rest| rest.len() < entry.len());
        asset.and_then(|path| catalogue.by_asset(path)).inspect(|sdk| {
            note(sdk, "asset", entry);
        });
    }
    for endpoint in &facts.endpoints {
        if let Some(sdk) = endpoint.data.sdk.as_deref().and_then(|id| catalogue.get(id)) {
            seen.entry(sdk.id).or_default().add("host", false);
        }
    }
    for (id, classes) in marks.sdk_classes {
        if let Some(sdk) = catalogue.get(id) {
            let one = seen.entry(sdk.id).or_default();
            one.add("package", true);
            one.classes = *classes;
        }
    }
    for (id, seen) in seen {
        if let Some(sdk) = catalogue.get(id) {
            facts.sdks.push(fact(
                describe(sdk, &seen),
                Place::default(),
                Owner::Sdk(id.to_owned()),
            ));
        }
    }
}

fn describe(sdk: &Sdk, seen: &Seen) -> facts::Sdk {
    let certainty = match (seen.certain, seen.evidence.as_slice()) {
        (true, _) => "certain",
        (false, ["host"]) => "clue",
        (false, _) => "likely",
    };
    let mut evidence: Vec<String> = seen.evidence.iter().map(|kind| (*kind).to_owned()).collect();
    evidence.sort();
    facts::Sdk {
        id: sdk.id.to_owned(),
        name_zh: sdk.name_zh.to_owned(),
        name_en: sdk.name_en.to_owned(),
        provider_zh: sdk.provider_zh.to_owned(),
        provider_en: sdk.provider_en.to_owned(),
        category: sdk.category.to_owned(),
        version: None,
        evidence,
        certainty: certainty.to_owned(),
        classes: seen.classes,
        personal_info: sdk.personal_info.iter().map(|kind| (*kind).to_owned()).collect(),
        licence: sdk.licence.map(str::to_owned),
        purl: None,
    }
}

/// Packers and protectors; marks the application as packed where one hides the code.
pub fn detect_packers(marks: &Marks<'_>, facts: &mut Facts) {
    let found = packers().detect(marks.entries.iter().copied(), marks.classes.iter().copied());
    let mut hidden = false;
    for one in found.iter().filter(|one| one.confidence > Confidence::Low) {
        hidden |= one.packer.kind == PackerKind::Packer;
        let data = facts::Packer {
            id: one.packer.id.to_owned(),
            name_zh: one.packer.name_zh.to_owned(),
            name_en: one.packer.name_en.to_owned(),
            evidence: one.evidence.clone(),
            kind: one.packer.kind.as_str().to_owned(),
        };
        facts.packers.push(fact(data, Place::default(), Owner::App));
    }
    hidden |= mostly_missing(facts);
    for application in &mut facts.application {
        application.data.packed = hidden;
    }
}

/// Most of the components that the manifest names are not in the code: something unpacks them.
fn mostly_missing(facts: &Facts) -> bool {
    let known: Vec<bool> =
        facts.components.iter().filter_map(|component| component.data.class_present).collect();
    let missing = known.iter().filter(|present| !**present).count();
    missing >= 3 && missing * 2 > known.len()
}

/// Frameworks. `version`: reads an entry for the version in it.
pub fn detect_frameworks(
    marks: &Marks<'_>,
    facts: &mut Facts,
    version: impl Fn(&menshen_models::Framework, &str) -> Option<String>,
) {
    let found = frameworks().detect(marks.entries.iter().copied(), marks.classes.iter().copied());
    for one in found {
        let version = marks
            .entries
            .iter()
            .filter(|entry| one.framework.has_version_in(entry))
            .find_map(|entry| version(one.framework, entry));
        let data = facts::Framework {
            id: one.framework.id.to_owned(),
            name: one.framework.name.to_owned(),
            version,
            evidence: one.evidence,
            code: one.code,
        };
        facts.frameworks.push(fact(data, Place::default(), Owner::App));
    }
}
