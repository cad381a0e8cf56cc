//! Resource tables: `resources.arsc` of an APK, and `resources.pb` of an AAB through
//! [`crate::aab`], behind one interface.
//!
//! [`ResourceTable`] is lazy: parsing looks at chunk headers, an entry or a string is decoded
//! when asked for. Several tables are one once [`ResourceTable::overlay`] has joined them (base
//! and splits). A reference is followed at most [`REFERENCE_DEPTH_MAX`] steps, as Android does.
//! Not here: what a value means. Format: AOSP `ResourceTypes.h`, `LoadedArsc.cpp`.

mod binary;
pub(crate) mod chunk;
mod config;
pub(crate) mod issues;
mod pool;
mod value;

pub use config::Config;
pub use pool::StringPool;
pub use value::{IntKind, ResValue};

use crate::axml::{Anomaly, Notes};
use menshen_base::ScanIssue;
use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

/// Steps of a chain of references that are followed.
pub const REFERENCE_DEPTH_MAX: usize = 20;
/// Values that one look-up gives, over all configurations and references.
const VALUES_MAX: usize = 10_000;
/// Items of a bag that are read.
pub(crate) const BAG_ITEMS_MAX: usize = 10_000;

/// All resources of an app. See the [module](self).
#[derive(Clone, Default)]
pub struct ResourceTable<'a> {
    sources: Vec<Arc<dyn Source + Send + Sync + 'a>>,
    anomalies: Vec<Anomaly>,
}

/// What one file of resources can tell. Implemented by the binary and the protobuf reader.
pub(crate) trait Source: fmt::Debug {
    /// Id and name of each package.
    fn packages(&self) -> Vec<(u8, String)>;
    /// Type and entry name of a resource.
    fn name(&self, id: u32) -> Option<(Cow<'_, str>, Cow<'_, str>)>;
    /// All values of a resource in file order, until `visit` returns `false`.
    fn values(&self, id: u32, visit: &mut dyn FnMut(Config, Entry) -> bool);
    /// Resource of a type and name.
    fn find(&self, kind: &str, name: &str) -> Option<u32>;
    /// Ids of all resources, ascending within a type, each once.
    fn ids(&self, visit: &mut dyn FnMut(u32));
    /// Each distinct string once, with the first resource that has it.
    fn strings(&self, visit: &mut dyn FnMut(u32, &Config, &str)) -> Result<(), ScanIssue>;
}

/// What a resource is in one configuration.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    Value(ResValue),
    Bag(Bag),
}

/// Several values under one name: a style, an array, plurals, or the definition of an attribute.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bag {
    /// Parent style.
    pub parent: Option<u32>,
    /// Key and value in file order. Keys: attribute id in a style, one of the `PLURAL_KEYS` in
    /// plurals; those of an array mean nothing.
    pub items: Vec<(u32, ResValue)>,
}

impl Bag {
    /// Keys of plurals and their names in source.
    pub const PLURAL_KEYS: &'static [(u32, &'static str)] = &[
        (0x0100_0004, "other"),
        (0x0100_0005, "zero"),
        (0x0100_0006, "one"),
        (0x0100_0007, "two"),
        (0x0100_0008, "few"),
        (0x0100_0009, "many"),
    ];

    /// The value of a style's attribute or of a plural form.
    pub fn get(&self, key: u32) -> Option<&ResValue> {
        self.items.iter().find(|(known, _)| *known == key).map(|(_, value)| value)
    }
}

/// Which of several configurations to prefer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preference<'p> {
    /// `zh` or `zh-CN`; `None`: no locale.
    pub locale: Option<&'p str>,
    /// API level of the device; `None`: newer than any asked for.
    pub sdk: Option<u16>,
    pub night: bool,
}

impl fmt::Debug for ResourceTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceTable").field("packages", &self.packages()).finish_non_exhaustive()
    }
}

impl<'a> ResourceTable<'a> {
    /// Reads a `resources.arsc`.
    pub fn parse(bytes: &'a [u8]) -> (Option<Self>, Vec<ScanIssue>) {
        let mut notes = Notes::default();
        let source = binary::BinaryTable::parse(bytes, &mut notes);
        let table = source.map(|source| Self::from_source(source, notes.anomalies));
        (table, notes.issues)
    }

    pub(crate) fn from_source(
        source: impl Source + Send + Sync + 'a,
        anomalies: Vec<Anomaly>,
    ) -> Self {
        Self { sources: vec![Arc::new(source)], anomalies }
    }

    /// Adds the resources of a split. For the same resource and configuration the first wins.
    pub fn overlay(&mut self, other: Self) {
        self.sources.extend(other.sources);
        self.anomalies.extend(other.anomalies);
    }

    /// Oddities that Android tolerates.
    pub fn anomalies(&self) -> &[Anomaly] {
        &self.anomalies
    }

    /// Id and name of each package; a split has those of its base.
    pub fn packages(&self) -> Vec<(u8, String)> {
        let mut packages: Vec<_> = self.sources.iter().flat_map(|s| s.packages()).collect();
        packages.sort();
        packages.dedup();
        packages
    }

    /// `string/app_name`. For framework attributes, which the app does not have, `android:attr/x`.
    pub fn name_of(&self, id: u32) -> Option<String> {
        let own = self.sources.iter().find_map(|source| {
            let (kind, name) = source.name(id)?;
            Some(format!("{kind}/{name}"))
        });
        own.or_else(|| crate::axml::attribute_name(id).map(|name| format!("android:attr/{name}")))
    }

    /// The resource with this type and name: `("string", "app_name")`.
    pub fn id_of(&self, kind: &str, name: &str) -> Option<u32> {
        self.sources.iter().find_map(|source| source.find(kind, name))
    }

    /// Ids of all resources. A split may repeat those of its base.
    pub fn for_each_id(&self, visit: &mut dyn FnMut(u32)) {
        for source in &self.sources {
            source.ids(visit);
        }
    }

    /// What the resource is in each configuration, references as they stand.
    pub fn entries(&self, id: u32) -> Vec<(Config, Entry)> {
        let mut found: Vec<(Config, Entry)> = Vec::new();
        for source in &self.sources {
            source.values(id, &mut |config, entry| {
                if found.iter().all(|(known, _)| *known != config) {
                    found.push((config, entry));
                }
                found.len() < VALUES_MAX
            });
        }
        found
    }

    /// Its values in all configurations, references followed. What a reference leads to bears
    /// the configuration of the reference unless that is the default. A resource that is
    /// reached twice counts once, so a cycle ends.
    pub fn resolve(&self, id: u32) -> Vec<(Config, ResValue)> {
        let mut out = Vec::new();
        let mut seen = HashSet::from([id]);
        let mut open = vec![(Config::default(), id)];
        for _ in 0..REFERENCE_DEPTH_MAX {
            let mut next = Vec::new();
            for (outer, id) in open {
                for (inner, entry) in self.entries(id) {
                    let config = if outer.is_default() { inner } else { outer };
                    let Entry::Value(value) = entry else { continue };
                    match value.as_reference() {
                        Some(target) if self.has(target) => {
                            if seen.insert(target) {
                                next.push((config, target));
                            }
                        }
                        _ if out.len() < VALUES_MAX => out.push((config, value)),
                        _ => return out,
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            open = next;
        }
        out
    }

    fn has(&self, id: u32) -> bool {
        self.sources.iter().any(|source| source.name(id).is_some())
    }

    /// The entry that a device of this preference would use. See [`Preference`].
    pub fn best_entry(&self, id: u32, preference: Preference<'_>) -> Option<Entry> {
        let mut best: Option<(i32, u16, Entry)> = None;
        for (config, entry) in self.entries(id) {
            let rank = preference.rank(&config);
            let version = config.sdk_version;
            if best.as_ref().is_none_or(|(r, v, _)| (rank, version) > (*r, *v)) {
                best = Some((rank, version, entry));
            }
        }
        best.map(|(_, _, entry)| entry)
    }

    /// The value that a device of this preference would use, references followed. `None` also
    /// for bags and for references that go in a circle.
    pub fn best(&self, id: u32, preference: Preference<'_>) -> Option<ResValue> {
        let mut id = id;
        for _ in 0..REFERENCE_DEPTH_MAX {
            let Entry::Value(value) = self.best_entry(id, preference)? else { return None };
            match value.as_reference() {
                Some(target) if self.has(target) => id = target,
                _ => return Some(value),
            }
        }
        None
    }

    /// The value for no particular device: no locale, newest platform, day.
    pub fn default_value(&self, id: u32) -> Option<ResValue> {
        self.best(id, Preference::default())
    }

    /// The value of an attribute: itself, or the default value of what it refers to.
    pub fn value_of(&self, value: &ResValue) -> Option<ResValue> {
        match value.as_reference() {
            Some(id) => self.default_value(id),
            None => Some(value.clone()),
        }
    }

    /// As [`Self::value_of`], text only.
    pub fn text_of(&self, value: &ResValue) -> Option<String> {
        match self.value_of(value)? {
            ResValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The bag for no particular device, references followed.
    pub fn bag(&self, id: u32) -> Option<Bag> {
        let mut id = id;
        for _ in 0..REFERENCE_DEPTH_MAX {
            match self.best_entry(id, Preference::default())? {
                Entry::Bag(bag) => return Some(bag),
                Entry::Value(value) => id = value.as_reference()?,
            }
        }
        None
    }

    /// Each distinct string of the tables once: the id of the first resource that has it, its
    /// configuration, the text. File paths of resources are among them.
    pub fn for_each_string(&self, visit: &mut dyn FnMut(u32, &Config, &str)) -> Vec<ScanIssue> {
        self.sources.iter().filter_map(|source| source.strings(visit).err()).collect()
    }
}

impl Preference<'_> {
    /// Larger is better. What the device cannot use comes last but is still better than nothing,
    /// because the app must have some value.
    fn rank(&self, config: &Config) -> i32 {
        let mut rank = 0i32;
        let mut penalty = |points: i32| rank = rank.saturating_sub(points);
        if self.sdk.is_some_and(|sdk| config.sdk_version > sdk) {
            penalty(1000);
        }
        match (self.locale, config.language()) {
            (_, "") => penalty(if self.locale.is_some() { 60 } else { 0 }),
            (None, "en") => penalty(200),
            (None, _) => penalty(400),
            (Some(wanted), language) => {
                let mut parts = wanted.split(['-', '_']);
                if parts.next() != Some(language) {
                    penalty(400);
                } else if parts.next_back().unwrap_or_default() != config.region() {
                    penalty(if config.region().is_empty() { 10 } else { 20 });
                }
            }
        }
        if config.is_night() != self.night && (config.ui_mode >> 4) & 3 != 0 {
            penalty(100);
        } else if !config.is_night() && self.night {
            penalty(5);
        }
        let rest = Config {
            sdk_version: 0,
            minor_version: 0,
            language: [0; 3],
            region: [0; 3],
            script: [0; 4],
            density: 0,
            ui_mode: config.ui_mode & 15,
            ..*config
        };
        if rest != Config::default() {
            penalty(50);
        }
        if config.density != 0 {
            penalty(1);
        }
        rank
    }
}
