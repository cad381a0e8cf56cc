//! Addresses and secrets in texts: of the code, the resources, assets and native libraries.

use crate::code::{DexFile, StringUses};
use crate::fact;
use menshen_android::arsc::ResourceTable;
use menshen_android::dex::{EncodedValue, StringId};
use menshen_base::{Confidence, IssueKind, Owner, Place, ScanIssue, text, to_hex};
use menshen_facts::{Endpoint, Fact, Facts, Secret};
use menshen_models::endpoints::{self, EndpointKind};
use menshen_models::sdks;
use menshen_models::secrets::{masked, secret_scanner};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Addresses and secrets taken from one text.
const PER_TEXT_MAX: usize = 200;

/// What one text holds, not yet placed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    endpoints: Vec<endpoints::Endpoint>,
    secrets: Vec<Secret>,
}

/// Strings of DEX files that hold something, by file and number.
pub type Classified = BTreeMap<(usize, StringId), Found>;

/// The strings of one file that hold something, and what cut the search short.
type FileStrings = (Vec<(StringId, Found)>, Option<ScanIssue>);

/// Where a text comes from, as facts name it.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    Code,
    Resource,
    Asset,
    Native,
}

impl Source {
    fn as_str(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Resource => "resource",
            Self::Asset => "asset",
            Self::Native => "native",
        }
    }
}

/// Reads one text. `name`: what it is called where it stands.
fn read(text: &str, name: Option<&str>) -> Option<Found> {
    let mut found = Found {
        endpoints: endpoints::find(text)
            .into_iter()
            .filter(|endpoint| endpoint.kind != EndpointKind::Namespace)
            .take(PER_TEXT_MAX)
            .collect(),
        secrets: Vec::new(),
    };
    for hit in secret_scanner().scan(text, name).into_iter().take(PER_TEXT_MAX) {
        let Some(value) = text.get(hit.range.clone()) else { continue };
        let written = hit.name.and_then(|range| text.get(range)).or(name);
        found.secrets.push(Secret {
            kind: hit.kind.to_owned(),
            masked: masked(value),
            entropy: i64::from(hit.entropy),
            class: hit.class.as_str().to_owned(),
            confidence: confidence(hit.confidence).to_owned(),
            name: written.map(str::to_owned),
            source: String::new(),
            digest: to_hex(&Sha256::digest(value)),
            used: false,
        });
    }
    (!found.endpoints.is_empty() || !found.secrets.is_empty()).then_some(found)
}

fn confidence(level: Confidence) -> &'static str {
    match level {
        Confidence::Low => "low",
        Confidence::Medium => "medium",
        Confidence::High => "high",
    }
}

impl Found {
    /// Adds the facts of this text for one place.
    fn add(&self, source: Source, place: &Place, owner: &Owner, used: bool, facts: &mut Facts) {
        facts.endpoints.extend(self.endpoints.iter().map(|e| endpoint(e, source, place, owner)));
        facts.secrets.extend(self.secrets.iter().map(|secret| {
            let data = Secret { source: source.as_str().to_owned(), used, ..secret.clone() };
            fact(data, place.clone(), owner.clone())
        }));
    }
}

fn endpoint(
    endpoint: &endpoints::Endpoint,
    source: Source,
    place: &Place,
    owner: &Owner,
) -> Fact<Endpoint> {
    let data = Endpoint {
        url: endpoint.url.clone(),
        scheme: endpoint.scheme.to_owned(),
        host: endpoint.host.clone(),
        port: endpoint.port.map(i64::from),
        kind: endpoint.kind.as_str().to_owned(),
        cleartext: endpoint.cleartext(),
        sdk: sdks().by_host(&endpoint.host).map(|sdk| sdk.id.to_owned()),
        source: source.as_str().to_owned(),
    };
    fact(data, place.clone(), owner.clone())
}

/// Bytes of text read of one file, as a multiple of its size: strings of an honest file share
/// nothing.
const TEXT_RATIO_MAX: usize = 2;
const TEXT_BASE: usize = 1 << 20;
/// Strings with addresses or secrets that are kept of all files together, and of each in any case.
const FOUND_MAX: u64 = 50_000;
const FOUND_PER_FILE: u64 = 100;

const TEXT_NOT_READ: IssueKind = IssueKind {
    code: "code/strings-not-read",
    title: text("部分字符串未读取", "some strings were not read"),
    lost: text("其中的地址和密钥未检查", "addresses and secrets in them were not looked at"),
};

/// Reads the strings of all DEX files, in parallel. A string that a field is initialised with is
/// read with the name of the field.
pub fn classify(files: &[DexFile<'_>]) -> (Classified, Vec<ScanIssue>) {
    let strings: u64 = files.iter().map(|file| u64::from(file.dex.string_count())).sum();
    let mut sharers: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files {
        *sharers.entry(file.path.as_str()).or_default() += 1;
    }
    let read: Vec<FileStrings> = files
        .par_iter()
        .map(|file| {
            let share = FOUND_MAX * u64::from(file.dex.string_count()) / strings.max(1);
            let sharers = sharers.get(file.path.as_str()).copied().unwrap_or(1);
            let bytes = (file.dex.data().len() * TEXT_RATIO_MAX + TEXT_BASE) / sharers;
            classify_file(file, bytes, share.saturating_add(FOUND_PER_FILE))
        })
        .collect();
    let mut classified = Classified::new();
    let mut issues = Vec::new();
    for (index, (found, issue)) in read.into_iter().enumerate() {
        classified.extend(found.into_iter().map(|(id, found)| ((index, id), found)));
        issues.extend(issue);
    }
    (classified, issues)
}

/// Reads up to so many bytes of text and keeps up to so many strings.
fn classify_file(
    file: &DexFile<'_>,
    mut bytes: usize,
    found_max: u64,
) -> (Vec<(StringId, Found)>, Option<ScanIssue>) {
    let names = telling_fields(file);
    let count = file.dex.string_count();
    let mut all = Vec::new();
    let mut unread = 0u32;
    for id in 0..count {
        let Some(text) = file.dex.string(StringId(id)) else {
            unread += 1;
            continue;
        };
        let left = bytes.checked_sub(text.bytes().len());
        if left.is_none() || all.len() as u64 >= found_max {
            unread += count - id;
            break;
        }
        bytes = left.unwrap_or(0);
        let name = names.get(&StringId(id)).map(String::as_str);
        all.extend(read(&text.to_str(), name).map(|found| (StringId(id), found)));
    }
    let issue = (unread > 0).then(|| {
        let detail = format!("{unread} of {count} strings");
        ScanIssue::new(&TEXT_NOT_READ).within(&file.path).detail(detail)
    });
    (all, issue)
}

/// Strings that static fields with telling names start with.
fn telling_fields(file: &DexFile<'_>) -> BTreeMap<StringId, String> {
    let dex = &file.dex;
    let mut names = BTreeMap::new();
    for class in dex.classes() {
        let values = dex.static_values(&class);
        if !values.iter().any(|value| matches!(value, EncodedValue::String(_))) {
            continue;
        }
        let Ok(data) = dex.class_data(&class) else { continue };
        for (field, value) in data.static_fields.iter().zip(&values) {
            let EncodedValue::String(text) = value else { continue };
            let name = dex.field(field.id).and_then(|field| dex.string(field.name));
            if let Some(name) = name.map(|name| name.to_str())
                && secret_scanner().is_telling_name(&name)
            {
                names.entry(*text).or_insert_with(|| name.into_owned());
            }
        }
    }
    names
}

/// The strings of each file whose uses are wanted.
pub fn marks(classified: &Classified, files: usize) -> Vec<BTreeSet<StringId>> {
    let mut marks = vec![BTreeSet::new(); files];
    for (file, string) in classified.keys() {
        if let Some(marks) = marks.get_mut(*file) {
            marks.insert(*string);
        }
    }
    marks
}

/// The facts of classified strings, at the places where the code uses them.
pub fn of_code(files: &[DexFile<'_>], classified: &Classified, uses: &StringUses) -> Facts {
    let mut facts = Facts::default();
    for ((file, string), found) in classified {
        match uses.get(&(*file, *string)) {
            Some(uses) => {
                for used in uses {
                    found.add(Source::Code, &used.place, &used.owner, true, &mut facts);
                }
            }
            None => {
                let path = files.get(*file).map_or("", |file| file.path.as_str());
                let place = Place::file(path);
                found.add(Source::Code, &place, &Owner::Unknown, false, &mut facts);
            }
        }
    }
    facts
}

/// The facts of the texts in a resource table. `path`: that of the table.
pub fn of_resources(table: &ResourceTable<'_>, path: &str) -> (Facts, Vec<ScanIssue>) {
    let mut facts = Facts::default();
    let issues = table.for_each_string(&mut |id, _, text| {
        let name = table.name_of(id);
        let short = name.as_deref().and_then(|name| name.rsplit('/').next());
        if let Some(found) = read(text, short) {
            let named = name.as_deref().unwrap_or_default();
            let place = Place::file(format!("{path}#{named}"));
            found.add(Source::Resource, &place, &Owner::Unknown, true, &mut facts);
        }
    });
    (facts, issues)
}

/// The facts of a text file.
pub fn of_text(text: &str, path: &str, source: Source, owner: &Owner) -> Facts {
    let mut facts = Facts::default();
    if let Some(found) = read(text, None) {
        found.add(source, &Place::file(path), owner, true, &mut facts);
    }
    facts
}

/// The facts of runs of text in a binary file, with their offsets.
pub fn of_runs<'t>(
    runs: impl Iterator<Item = (usize, &'t str)>,
    path: &str,
    owner: &Owner,
) -> Facts {
    let mut facts = Facts::default();
    for (offset, text) in runs {
        if let Some(found) = read(text, None) {
            let mut place = Place::file(path);
            place.offset = u64::try_from(offset).ok();
            found.add(Source::Native, &place, owner, true, &mut facts);
        }
    }
    facts
}
