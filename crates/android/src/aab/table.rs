//! `resources.pb`: an index of the entries, values decoded when asked for.

use super::issues;
use super::item::{config, item, reference};
use super::proto::{Message, Wire};
use crate::arsc::{BAG_ITEMS_MAX, Bag, Config, Entry, IntKind, ResValue, Source};
use crate::axml::Notes;
use menshen_base::ScanIssue;
use std::borrow::Cow;

/// Entries that are read, over all packages.
const ENTRIES_MAX: usize = 500_000;

#[derive(Debug)]
pub(super) struct ProtoTable<'a> {
    packages: Vec<(u8, String)>,
    /// By id; one id may come more than once.
    entries: Vec<IndexEntry<'a>>,
}

#[derive(Debug)]
struct IndexEntry<'a> {
    id: u32,
    kind: &'a str,
    name: &'a str,
    body: Message<'a>,
}

impl<'a> ProtoTable<'a> {
    pub(super) fn parse(table: Message<'a>, notes: &mut Notes) -> Option<Self> {
        let mut found = Self { packages: Vec::new(), entries: Vec::new() };
        for package in table.messages(2) {
            let id = package.message(1).unwrap_or_default().u32(1);
            let id = u8::try_from(id).unwrap_or(u8::MAX);
            found.packages.push((id, package.str(2).to_owned()));
            check(package, &mut *notes);
            for kind in package.messages(3) {
                check(kind, &mut *notes);
                found.add_type(id, kind, notes);
            }
        }
        let whole = table.is_whole();
        if found.packages.is_empty() && !(whole && table.message(1).is_some()) {
            notes.issue(&issues::NOT_TABLE, 0, format!("{} bytes", table.0.len()));
            return None;
        }
        check(table, notes);
        found.entries.sort_by_key(|entry| entry.id);
        Some(found)
    }

    fn add_type(&mut self, package: u8, kind: Message<'a>, notes: &mut Notes) {
        let type_id = kind.message(1).unwrap_or_default().u32(1) & 0xff;
        let base = u32::from(package) << 24 | type_id << 16;
        let name = kind.str(2);
        for body in kind.messages(3) {
            if self.entries.len() >= ENTRIES_MAX {
                return notes.issue(
                    &crate::arsc::issues::LIMIT,
                    0,
                    format!("more than {ENTRIES_MAX} entries"),
                );
            }
            check(body, notes);
            let id = base | body.message(1).unwrap_or_default().u32(1) & 0xffff;
            self.entries.push(IndexEntry { id, kind: name, name: body.str(2), body });
        }
    }

    fn get(&self, id: u32) -> &[IndexEntry<'a>] {
        let start = self.entries.partition_point(|entry| entry.id < id);
        let end = self.entries.partition_point(|entry| entry.id <= id);
        self.entries.get(start..end).unwrap_or_default()
    }

    /// Id of a reference by name: `type/name`, with or without a package before it.
    fn find_name(&self, name: &str) -> Option<u32> {
        let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
        let (kind, name) = name.trim_start_matches(['@', '+']).split_once('/')?;
        self.find(kind, name)
    }

    fn value(&self, value: Message<'a>) -> Option<Entry> {
        if let Some(inner) = value.message(4) {
            return item(inner, &|name| self.find_name(name)).map(Entry::Value);
        }
        let (number, compound) = value.message(5)?.fields().last()?;
        let Wire::Bytes(compound) = compound else { return None };
        Some(Entry::Bag(self.bag(number, Message(compound))))
    }

    fn bag(&self, number: u32, compound: Message<'a>) -> Bag {
        let find = |name: &str| self.find_name(name);
        let value = |message: Message<'a>, number| {
            message.message(number).and_then(|inner| item(inner, &find)).unwrap_or(ResValue::Null)
        };
        let id = |message: Option<Message<'a>>| match message.map(|key| reference(key, &find)) {
            Some(ResValue::Reference(id) | ResValue::DynamicReference(id)) => id,
            Some(ResValue::Attribute(id) | ResValue::DynamicAttribute(id)) => id,
            _ => 0,
        };
        let mut bag = Bag::default();
        match number {
            // Attribute: format, minimum, maximum, symbols.
            1 => {
                let decimal = |value: u32| ResValue::Int(value.cast_signed(), IntKind::Decimal);
                bag.items.push((0x0100_0000, decimal(compound.u32(1))));
                // aapt2 writes the extreme values where none was given.
                for (field, key, none) in [(2, 0x0100_0001, i32::MIN), (3, 0x0100_0002, i32::MAX)] {
                    let bound = compound.u32(field);
                    if bound != none.cast_unsigned() && compound.has(field) {
                        bag.items.push((key, decimal(bound)));
                    }
                }
                for symbol in compound.messages(4).take(BAG_ITEMS_MAX) {
                    let value = match symbol.u32(5) {
                        0x11 => ResValue::Int(symbol.u32(4).cast_signed(), IntKind::Hex),
                        _ => decimal(symbol.u32(4)),
                    };
                    bag.items.push((id(symbol.message(3)), value));
                }
            }
            // Style.
            2 => {
                bag.parent = Some(id(compound.message(1))).filter(|parent| *parent != 0);
                for entry in compound.messages(3).take(BAG_ITEMS_MAX) {
                    bag.items.push((id(entry.message(3)), value(entry, 4)));
                }
            }
            // Styleable: keys only.
            3 => {
                for entry in compound.messages(1).take(BAG_ITEMS_MAX) {
                    bag.items.push((id(entry.message(3)), ResValue::Null));
                }
            }
            // Array; keys as aapt2 numbers them.
            4 => {
                for (element, key) in compound.messages(1).take(BAG_ITEMS_MAX).zip(0x0100_0001..) {
                    bag.items.push((key, value(element, 3)));
                }
            }
            // Plurals.
            5 => {
                for entry in compound.messages(1).take(BAG_ITEMS_MAX) {
                    let key = match entry.u32(3) {
                        0 => 0x0100_0005,
                        1 => 0x0100_0006,
                        2 => 0x0100_0007,
                        3 => 0x0100_0008,
                        4 => 0x0100_0009,
                        _ => 0x0100_0004,
                    };
                    bag.items.push((key, value(entry, 4)));
                }
            }
            _ => {}
        }
        bag
    }
}

fn check(message: Message<'_>, notes: &mut Notes) {
    if !message.is_whole() {
        notes.issue(&issues::BROKEN, 0, format!("message of {} bytes", message.0.len()));
    }
}

impl Source for ProtoTable<'_> {
    fn packages(&self) -> Vec<(u8, String)> {
        self.packages.clone()
    }

    fn name(&self, id: u32) -> Option<(Cow<'_, str>, Cow<'_, str>)> {
        let entry = self.get(id).first()?;
        Some((Cow::Borrowed(entry.kind), Cow::Borrowed(entry.name)))
    }

    fn values(&self, id: u32, visit: &mut dyn FnMut(Config, Entry) -> bool) {
        for entry in self.get(id) {
            for config_value in entry.body.messages(6) {
                let config = config(config_value.message(1).unwrap_or_default());
                let value = config_value.message(2).and_then(|value| self.value(value));
                if let Some(value) = value
                    && !visit(config, value)
                {
                    return;
                }
            }
        }
    }

    fn find(&self, kind: &str, name: &str) -> Option<u32> {
        let is_it = |entry: &&IndexEntry<'_>| entry.name == name && entry.kind == kind;
        self.entries.iter().find(is_it).map(|entry| entry.id)
    }

    fn ids(&self, visit: &mut dyn FnMut(u32)) {
        let mut last = None;
        for entry in &self.entries {
            if last != Some(entry.id) {
                visit(entry.id);
            }
            last = Some(entry.id);
        }
    }

    /// In this form each value has its own text, so a text may come more than once.
    fn strings(&self, visit: &mut dyn FnMut(u32, &Config, &str)) -> Result<(), ScanIssue> {
        for entry in &self.entries {
            for config_value in entry.body.messages(6) {
                let config = config(config_value.message(1).unwrap_or_default());
                match config_value.message(2).and_then(|value| self.value(value)) {
                    Some(Entry::Value(ResValue::String(text))) => visit(entry.id, &config, &text),
                    Some(Entry::Bag(bag)) => {
                        for text in bag.items.iter().filter_map(|(_, value)| value.as_str()) {
                            visit(entry.id, &config, text);
                        }
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}
