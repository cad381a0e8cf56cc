//! Binary resource tables (`RES_TABLE_TYPE`), read as AOSP's `LoadedArsc` does, but lazily.

use super::chunk::{CHUNK_HEADER, Chunk};
use super::{BAG_ITEMS_MAX, Bag, Config, Entry, ResValue, Source, StringPool, issues};
use crate::axml::{AnomalyKind, Notes};
use crate::dex::reader::{u16_at, u32_at};
use menshen_base::ScanIssue;
use std::borrow::Cow;
use std::collections::BTreeMap;

const TYPE_STRING_POOL: u16 = 0x0001;
const TYPE_TABLE: u16 = 0x0002;
const TYPE_PACKAGE: u16 = 0x0200;
const TYPE_TYPE: u16 = 0x0201;
const TYPE_SPEC: u16 = 0x0202;
const TYPE_LIBRARY: u16 = 0x0203;
const TYPE_OVERLAYABLE: u16 = 0x0204;
const TYPE_OVERLAYABLE_POLICY: u16 = 0x0205;
const TYPE_STAGED_ALIAS: u16 = 0x0206;

const PACKAGES_MAX: usize = 256;
/// Configurations of one type; Android's own tables have some hundreds.
const CONFIGS_OF_TYPE_MAX: usize = 4096;
/// Text that one walk over all strings may give, as a multiple of the pool; strings may overlap.
const STRINGS_TEXT_FACTOR: usize = 4;
/// Bytes of text and items that one look-up copies; many entries may share one long string.
const LOOKUP_BYTES_MAX: usize = 32 << 20;
/// What a bag item counts against that, besides its text.
const BAG_ITEM_COST: usize = 40;
/// Bag items that one walk over all strings looks at; many entries may share one bag.
const WALK_ITEMS_MAX: usize = 16 << 20;

const TYPE_FLAG_SPARSE: u8 = 1;
const TYPE_FLAG_OFFSET16: u8 = 2;
const ENTRY_FLAG_COMPLEX: u16 = 1;
const ENTRY_FLAG_COMPACT: u16 = 8;
const NO_ENTRY: u32 = u32::MAX;
const VALUE_STRING: u8 = 0x03;

/// A table, lazily read.
#[derive(Debug)]
pub(super) struct BinaryTable<'a> {
    strings: StringPool<'a>,
    packages: Vec<Package<'a>>,
}

#[derive(Debug)]
struct Package<'a> {
    id: u8,
    name: String,
    keys: StringPool<'a>,
    type_names: StringPool<'a>,
    /// By the type id as resource ids have it, the chunks of the type.
    types: BTreeMap<u8, Type<'a>>,
}

#[derive(Debug)]
struct Type<'a> {
    /// Index of the name in the pool.
    name: u32,
    /// In file order.
    configs: Vec<TypeConfig<'a>>,
}

/// The entries of one type in one configuration (`ResTable_type`).
#[derive(Debug)]
struct TypeConfig<'a> {
    config: Config,
    flags: u8,
    offsets: &'a [u8],
    entries: &'a [u8],
}

/// An entry, not yet decoded.
#[derive(Debug, Clone, Copy)]
enum RawEntry<'a> {
    Value {
        key: u32,
        kind: u8,
        data: u32,
    },
    /// The maps are 12 bytes each.
    Bag {
        key: u32,
        parent: u32,
        maps: &'a [u8],
    },
}

impl<'a> BinaryTable<'a> {
    pub(super) fn parse(bytes: &'a [u8], notes: &mut Notes) -> Option<Self> {
        let (Some(kind), Some(header_size), Some(size)) =
            (u16_at(bytes, 0), u16_at(bytes, 2).map(usize::from), u32_at(bytes, 4))
        else {
            notes.issue(&issues::NOT_TABLE, 0, format!("{} bytes", bytes.len()));
            return None;
        };
        if kind != TYPE_TABLE || header_size < CHUNK_HEADER {
            let detail = format!("type 0x{kind:04x}, header of {header_size} bytes");
            notes.issue(&issues::NOT_TABLE, 0, detail);
            return None;
        }
        if header_size > 12 {
            notes.odd(AnomalyKind::LargeHeader, 2, format!("table, {header_size} bytes"));
        }
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let table = match bytes.get(..size) {
            Some(table) => table,
            None => {
                let detail = format!("table of {size} bytes, {} there", bytes.len());
                notes.issue(&issues::BAD_CHUNK, 4, detail);
                bytes
            }
        };
        if size < bytes.len() {
            let trailing = bytes.len().saturating_sub(size);
            notes.odd(AnomalyKind::TrailingData, size, format!("{trailing} bytes"));
        }
        let mut strings = None;
        let mut packages = Vec::new();
        for chunk in chunks(table, header_size, notes) {
            match chunk.kind {
                TYPE_STRING_POOL if strings.is_none() => {
                    strings = StringPool::parse(chunk.bytes, chunk.at, notes);
                }
                TYPE_STRING_POOL => {
                    notes.odd(AnomalyKind::RepeatedChunk, chunk.at, "string pool of the table");
                }
                TYPE_PACKAGE if packages.len() >= PACKAGES_MAX => {
                    notes.issue(&issues::LIMIT, chunk.at, format!("{PACKAGES_MAX} packages"));
                    break;
                }
                TYPE_PACKAGE => packages.extend(Package::parse(&chunk, notes)),
                kind => {
                    notes.odd(AnomalyKind::UnknownChunk, chunk.at, format!("type 0x{kind:04x}"));
                }
            }
        }
        Some(Self { strings: strings.unwrap_or_default(), packages })
    }

    /// The type of a resource id, in each package with that id.
    fn types(&self, id: u32) -> impl Iterator<Item = (&Package<'a>, &Type<'a>)> {
        let [package, kind, ..] = id.to_be_bytes();
        let packages = self.packages.iter().filter(move |known| known.id == package);
        packages.filter_map(move |package| Some((package, package.types.get(&kind)?)))
    }

    fn value(&self, kind: u8, data: u32) -> ResValue {
        ResValue::decode(kind, data, |index| self.strings.get(index).map(Cow::into_owned))
    }

    /// Decodes an entry; what is copied is taken from `left`.
    fn entry(&self, package: &Package<'a>, raw: RawEntry<'a>, left: &mut usize) -> Entry {
        let mut value = |kind, data, cost| {
            let value = package.own(self.value(kind, data));
            let text = value.as_str().map_or(0, str::len);
            *left = left.saturating_sub(text).saturating_sub(cost);
            (value, *left > 0)
        };
        match raw {
            RawEntry::Value { kind, data, .. } => Entry::Value(value(kind, data, 0).0),
            RawEntry::Bag { parent, maps, .. } => {
                let mut items = Vec::new();
                for map in maps.chunks_exact(12).take(BAG_ITEMS_MAX) {
                    let (key, kind, data) = map_of(map);
                    let (value, go_on) = value(kind, data, BAG_ITEM_COST);
                    items.push((key, value));
                    if !go_on {
                        break;
                    }
                }
                Entry::Bag(Bag { parent: (parent != 0).then_some(parent), items })
            }
        }
    }
}

fn map_of(map: &[u8]) -> (u32, u8, u32) {
    let kind = map.get(7).copied().unwrap_or(0);
    (u32_at(map, 0).unwrap_or(0), kind, u32_at(map, 8).unwrap_or(0))
}

/// The chunks of a region. Stops where one is broken.
fn chunks<'a>(region: &'a [u8], first: usize, notes: &mut Notes) -> Vec<Chunk<'a>> {
    let mut found = Vec::new();
    let mut at = first;
    while at < region.len() {
        match Chunk::read(region, at, CHUNK_HEADER) {
            Ok(chunk) => {
                at = chunk.end();
                found.push(chunk);
            }
            Err(detail) => {
                notes.issue(&issues::BAD_CHUNK, at, detail);
                break;
            }
        }
    }
    found
}

impl<'a> Package<'a> {
    fn parse(chunk: &Chunk<'a>, notes: &mut Notes) -> Option<Self> {
        let Some(id) = u32_at(chunk.bytes, 8).filter(|_| chunk.header_size >= 284) else {
            let detail = format!("package header of {} bytes", chunk.header_size);
            notes.issue(&issues::BAD_CHUNK, chunk.at, detail);
            return None;
        };
        let (type_names_at, keys_at) = (chunk.size(268), chunk.size(276));
        // Only in headers of 288 bytes and more: what to add to type ids of the chunks.
        let type_offset = if chunk.header_size >= 288 { chunk.u8(284) } else { 0 };
        let mut package = Self {
            id: u8::try_from(id).unwrap_or(u8::MAX),
            name: utf16_name(chunk.bytes.get(12..268).unwrap_or_default()),
            keys: StringPool::default(),
            type_names: StringPool::default(),
            types: BTreeMap::new(),
        };
        let mut specs = [false; 256];
        for inner in chunks(chunk.bytes, chunk.header_size, notes) {
            let at = chunk.at.saturating_add(inner.at);
            match inner.kind {
                TYPE_STRING_POOL if inner.at == type_names_at => {
                    package.type_names =
                        StringPool::parse(inner.bytes, at, notes).unwrap_or_default();
                }
                TYPE_STRING_POOL if inner.at == keys_at => {
                    package.keys = StringPool::parse(inner.bytes, at, notes).unwrap_or_default();
                }
                TYPE_STRING_POOL => {
                    notes.odd(AnomalyKind::RepeatedChunk, at, "string pool of the package");
                }
                TYPE_SPEC => {
                    if let Some(seen) = specs.get_mut(usize::from(inner.u8(8))) {
                        *seen = true;
                    }
                }
                TYPE_TYPE => {
                    let local = inner.u8(8);
                    if specs.get(usize::from(local)) == Some(&false) {
                        notes.odd(AnomalyKind::TypeWithoutSpec, at, format!("type {local}"));
                    }
                    package.add_type(&inner, at, local, type_offset, notes);
                }
                // They say how package ids are mapped at run time and who may override a resource;
                // neither changes a value.
                TYPE_LIBRARY | TYPE_OVERLAYABLE | TYPE_OVERLAYABLE_POLICY | TYPE_STAGED_ALIAS => {}
                kind => notes.odd(AnomalyKind::UnknownChunk, at, format!("type 0x{kind:04x}")),
            }
        }
        Some(package)
    }

    fn add_type(
        &mut self,
        chunk: &Chunk<'a>,
        at: usize,
        local: u8,
        type_offset: u8,
        notes: &mut Notes,
    ) {
        let (flags, count, start) = (chunk.u8(9), chunk.size(12), chunk.size(16));
        let wide = flags & TYPE_FLAG_SPARSE != 0 || flags & TYPE_FLAG_OFFSET16 == 0;
        let table_size = count.saturating_mul(if wide { 4 } else { 2 });
        let offsets = chunk.body().get(..table_size);
        let entries = chunk.bytes.get(start..);
        let (Some(offsets), Some(entries), 1..) = (offsets, entries, local) else {
            let detail = format!("type {local}: {count} entries from {start}");
            return notes.issue(&issues::BAD_CHUNK, at, detail);
        };
        if flags & !(TYPE_FLAG_SPARSE | TYPE_FLAG_OFFSET16) != 0 {
            notes.odd(AnomalyKind::UnknownFlags, at, format!("type, 0x{flags:x}"));
        }
        // The configuration says how long it is, within the header.
        let config_size = chunk.size(20).min(chunk.header_size.saturating_sub(20));
        let config_end = config_size.saturating_add(20);
        let config = Config::parse(chunk.bytes.get(20..config_end).unwrap_or_default());
        let name = u32::from(local).saturating_sub(1);
        let id = local.saturating_add(type_offset);
        let kind = self.types.entry(id).or_insert_with(|| Type { name, configs: Vec::new() });
        if kind.configs.len() < CONFIGS_OF_TYPE_MAX {
            kind.configs.push(TypeConfig { config, flags, offsets, entries });
        } else {
            notes.issue(&issues::LIMIT, at, format!("type {local}: {CONFIGS_OF_TYPE_MAX} configs"));
        }
    }

    /// Dynamic references with package 0 mean this package.
    fn own(&self, value: ResValue) -> ResValue {
        match value {
            ResValue::DynamicReference(id) if id != 0 && id >> 24 == 0 => {
                ResValue::DynamicReference(id | (u32::from(self.id) << 24))
            }
            other => other,
        }
    }
}

fn utf16_name(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16_at(pair, 0).unwrap_or(0));
    char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

impl<'a> TypeConfig<'a> {
    /// Position in the type of each entry that is there, and the offset of its data.
    fn present(&self) -> impl Iterator<Item = (u16, usize)> + '_ {
        let width = if self.is_wide() { 4 } else { 2 };
        self.offsets.chunks_exact(width).enumerate().filter_map(|(slot, raw)| {
            if self.flags & TYPE_FLAG_SPARSE != 0 {
                Some((u16_at(raw, 0)?, usize::from(u16_at(raw, 2)?).checked_mul(4)?))
            } else {
                Some((u16::try_from(slot).ok()?, self.offset(raw)?))
            }
        })
    }

    fn is_wide(&self) -> bool {
        self.flags & TYPE_FLAG_SPARSE != 0 || self.flags & TYPE_FLAG_OFFSET16 == 0
    }

    /// A dense offset; `None` if there is no entry.
    fn offset(&self, raw: &[u8]) -> Option<usize> {
        if self.is_wide() {
            let offset = u32_at(raw, 0).filter(|offset| *offset != NO_ENTRY)?;
            usize::try_from(offset).ok()
        } else {
            let offset = u16_at(raw, 0).filter(|offset| *offset != u16::MAX)?;
            usize::from(offset).checked_mul(4)
        }
    }

    /// The entry at a position of the type.
    fn get(&self, index: u16) -> Option<RawEntry<'a>> {
        if self.flags & TYPE_FLAG_SPARSE != 0 {
            let (slots, _) = self.offsets.as_chunks::<4>();
            let slot =
                slots.binary_search_by_key(&index, |[a, b, ..]| u16::from_le_bytes([*a, *b]));
            let [_, _, a, b] = slots.get(slot.ok()?)?;
            return self.entry_at(usize::from(u16::from_le_bytes([*a, *b])).checked_mul(4)?);
        }
        let width = if self.is_wide() { 4 } else { 2 };
        let at = usize::from(index).checked_mul(width)?;
        self.entry_at(self.offset(self.offsets.get(at..)?)?)
    }

    fn entry_at(&self, offset: usize) -> Option<RawEntry<'a>> {
        let bytes = self.entries.get(offset..)?;
        let (size, flags) = (u16_at(bytes, 0)?, u16_at(bytes, 2)?);
        let word = u32_at(bytes, 4)?;
        if flags & ENTRY_FLAG_COMPACT != 0 {
            let [_, kind] = flags.to_le_bytes();
            return Some(RawEntry::Value { key: u32::from(size), kind, data: word });
        }
        let size = usize::from(size);
        if flags & ENTRY_FLAG_COMPLEX == 0 {
            let value = bytes.get(size..)?;
            let kind = *value.get(3)?;
            return Some(RawEntry::Value { key: word, kind, data: u32_at(value, 4)? });
        }
        let (parent, count) = (u32_at(bytes, 8)?, usize::try_from(u32_at(bytes, 12)?).ok()?);
        let maps = bytes.get(size..)?;
        let length = count.saturating_mul(12).min(maps.len());
        Some(RawEntry::Bag { key: word, parent, maps: maps.get(..length)? })
    }
}

impl RawEntry<'_> {
    fn key(&self) -> u32 {
        match *self {
            Self::Value { key, .. } | Self::Bag { key, .. } => key,
        }
    }
}

fn resource_id(package: u8, kind: u8, index: u16) -> u32 {
    let [high, low] = index.to_be_bytes();
    u32::from_be_bytes([package, kind, high, low])
}

fn index_of(id: u32) -> u16 {
    let [_, _, high, low] = id.to_be_bytes();
    u16::from_be_bytes([high, low])
}

impl Source for BinaryTable<'_> {
    fn packages(&self) -> Vec<(u8, String)> {
        self.packages.iter().map(|package| (package.id, package.name.clone())).collect()
    }

    fn name(&self, id: u32) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        self.types(id).find_map(|(package, kind)| {
            let entry = kind.configs.iter().find_map(|config| config.get(index_of(id)))?;
            Some((package.type_names.get(kind.name)?, package.keys.get(entry.key())?))
        })
    }

    fn values(&self, id: u32, visit: &mut dyn FnMut(Config, Entry) -> bool) {
        let mut left = LOOKUP_BYTES_MAX;
        for (package, kind) in self.types(id) {
            for config in &kind.configs {
                if let Some(raw) = config.get(index_of(id))
                    && (!visit(config.config, self.entry(package, raw, &mut left)) || left == 0)
                {
                    return;
                }
            }
        }
    }

    fn find(&self, kind: &str, name: &str) -> Option<u32> {
        for package in &self.packages {
            // A pool may hold a name twice.
            let count = u32::try_from(package.keys.len()).unwrap_or(u32::MAX);
            let is_name = |key: &u32| package.keys.get(*key).as_deref() == Some(name);
            let keys: Vec<u32> = (0..count).filter(is_name).collect();
            if keys.is_empty() {
                continue;
            }
            for (id, known) in &package.types {
                if package.type_names.get(known.name).as_deref() != Some(kind) {
                    continue;
                }
                for config in &known.configs {
                    let index = config.present().find_map(|(index, offset)| {
                        let key = config.entry_at(offset)?.key();
                        keys.binary_search(&key).is_ok().then_some(index)
                    });
                    if let Some(index) = index {
                        return Some(resource_id(package.id, *id, index));
                    }
                }
            }
        }
        None
    }

    fn ids(&self, visit: &mut dyn FnMut(u32)) {
        for package in &self.packages {
            for (id, kind) in &package.types {
                let mut seen = vec![false; 0x10000];
                for config in &kind.configs {
                    for (index, _) in config.present() {
                        if let Some(seen) = seen.get_mut(usize::from(index)) {
                            *seen = true;
                        }
                    }
                }
                for (index, _) in seen.iter().enumerate().filter(|(_, seen)| **seen) {
                    visit(resource_id(package.id, *id, u16::try_from(index).unwrap_or(u16::MAX)));
                }
            }
        }
    }

    fn strings(&self, visit: &mut dyn FnMut(u32, &Config, &str)) -> Result<(), ScanIssue> {
        let mut walk = StringWalk {
            pool: self.strings,
            seen: vec![false; self.strings.len()],
            text_left: self.strings.data_size().saturating_mul(STRINGS_TEXT_FACTOR),
            items_left: WALK_ITEMS_MAX,
            visit,
        };
        for package in &self.packages {
            for (id, kind) in &package.types {
                for config in &kind.configs {
                    for (index, offset) in config.present() {
                        let id = resource_id(package.id, *id, index);
                        if let Some(entry) = config.entry_at(offset) {
                            walk.entry(id, &config.config, entry)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// State of a walk over all strings.
struct StringWalk<'w, 'a> {
    pool: StringPool<'a>,
    seen: Vec<bool>,
    text_left: usize,
    items_left: usize,
    visit: &'w mut dyn FnMut(u32, &Config, &str),
}

impl StringWalk<'_, '_> {
    fn entry(&mut self, id: u32, config: &Config, entry: RawEntry<'_>) -> Result<(), ScanIssue> {
        match entry {
            RawEntry::Value { kind, data, .. } => self.value(id, config, kind, data),
            RawEntry::Bag { maps, .. } => maps.chunks_exact(12).try_for_each(|map| {
                let (_, kind, data) = map_of(map);
                self.value(id, config, kind, data)
            }),
        }
    }

    fn value(&mut self, id: u32, config: &Config, kind: u8, data: u32) -> Result<(), ScanIssue> {
        let over = || ScanIssue::new(&issues::LIMIT).detail("strings or bags overlap");
        self.items_left = self.items_left.checked_sub(1).ok_or_else(over)?;
        let slot = usize::try_from(data).ok().and_then(|slot| self.seen.get_mut(slot));
        if let Some(seen @ false) = slot
            && kind == VALUE_STRING
        {
            *seen = true;
            if let Some(text) = self.pool.get(data) {
                self.text_left = self.text_left.checked_sub(text.len()).ok_or_else(over)?;
                (self.visit)(id, config, &text);
            }
        }
        Ok(())
    }
}
