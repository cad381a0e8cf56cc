//! What only the map list names: method handles, call sites, hidden-API flags; and the check of
//! the map against the header.
//! Specification: "Dalvik Executable format", `map_list`, `method_handle_item`,
//! `call_site_id_item`, `hiddenapi_class_data_item`.

use super::reader::{Cursor, u16_at, u32_at};
use super::value::{self, EncodedValue};
use super::{ClassData, Dex, FieldId, MethodId, ProtoId, StringId, issues, row, rows};
use menshen_base::ScanIssue;

/// Rows of the map list. There are about twenty kinds of items.
const MAP_ITEMS_MAX: u32 = 256;

/// One row of the map list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MapItem {
    /// Type code of the specification: 0 header, 1 strings, 2 types, ... 0xf000 hidden API.
    pub kind: u16,
    /// Number of items.
    pub size: u32,
    pub offset: u32,
}

/// A method handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodHandle {
    /// 0 to 3: static put, static get, instance put, instance get; 4 to 8: invoke static,
    /// instance, constructor, direct, interface.
    pub kind: u16,
    pub target: HandleTarget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandleTarget {
    Field(FieldId),
    Method(MethodId),
}

/// A dynamic call site: what binds it, and what it is bound to.
#[derive(Debug, Clone, PartialEq)]
pub struct CallSite {
    /// Index of the bootstrap method's handle.
    pub bootstrap: u32,
    pub name: StringId,
    pub proto: ProtoId,
    /// Further arguments of the bootstrap method.
    pub arguments: Vec<EncodedValue>,
}

/// The tables that the header does not name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct MapTables<'a> {
    call_sites: &'a [u8],
    method_handles: &'a [u8],
    hidden_api: u32,
}

const KIND_CALL_SITES: u16 = 7;
const KIND_METHOD_HANDLES: u16 = 8;
const KIND_HIDDEN_API: u16 = 0xf000;

impl<'a> MapTables<'a> {
    pub(super) fn read(data: &'a [u8], map_offset: u32) -> Self {
        let mut tables = Self::default();
        for item in read_map(data, map_offset) {
            let table = |row: usize| -> &'a [u8] {
                let offset = usize::try_from(item.offset).unwrap_or(usize::MAX);
                let behind = data.get(offset..).unwrap_or_default();
                let size = usize::try_from(item.size).unwrap_or(usize::MAX);
                let present = size.min(behind.len().checked_div(row).unwrap_or(0));
                behind.get(..present.saturating_mul(row)).unwrap_or_default()
            };
            match item.kind {
                KIND_CALL_SITES => tables.call_sites = table(4),
                KIND_METHOD_HANDLES => tables.method_handles = table(8),
                KIND_HIDDEN_API => tables.hidden_api = item.offset,
                _ => {}
            }
        }
        tables
    }
}

/// As many rows as can be read.
fn read_map(data: &[u8], offset: u32) -> Vec<MapItem> {
    let mut items = Vec::new();
    let Some(mut cursor) = Cursor::at(data, offset).filter(|_| offset != 0) else { return items };
    let count = cursor.u32().unwrap_or(0).min(MAP_ITEMS_MAX);
    let mut next = || {
        let kind = cursor.u16()?;
        cursor.u16()?;
        Some(MapItem { kind, size: cursor.u32()?, offset: cursor.u32()? })
    };
    for _ in 0..count {
        match next() {
            Some(item) => items.push(item),
            None => break,
        }
    }
    items
}

impl<'a> Dex<'a> {
    /// The map list, as many rows as can be read.
    pub fn map(&self) -> Vec<MapItem> {
        read_map(self.data, u32_at(self.header, 0x34).unwrap_or(0))
    }

    /// Whether the map list says the same as the header about the tables that both name. The
    /// runtime takes those from the header; tools that take them from the map see other code.
    pub fn check_map(&self) -> Vec<ScanIssue> {
        const NAMED: [(u16, &str, usize); 6] = [
            (1, "string_ids", 0x38),
            (2, "type_ids", 0x40),
            (3, "proto_ids", 0x48),
            (4, "field_ids", 0x50),
            (5, "method_ids", 0x58),
            (6, "class_defs", 0x60),
        ];
        let map = self.map();
        let at = u32_at(self.header, 0x34).and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
        let mut found = Vec::new();
        for (kind, name, field) in NAMED {
            let size = u32_at(self.header, field).unwrap_or(0);
            let offset = u32_at(self.header, field.saturating_add(4)).unwrap_or(0);
            let mut rows = map.iter().filter(|item| item.kind == kind);
            let (row, more) = (rows.next(), rows.count());
            let same = match row {
                Some(item) => item.size == size && item.offset == offset && more == 0,
                None => size == 0,
            };
            if !same {
                let mapped = row.map_or_else(
                    || "not in the map".to_owned(),
                    |item| format!("{} at {:#x} in the map", item.size, item.offset),
                );
                let detail = format!("{name}: {size} at {offset:#x} in the header, {mapped}");
                found.push(ScanIssue::new(&issues::MAP).at(at).detail(detail));
            }
        }
        found
    }

    pub fn call_site_count(&self) -> u32 {
        rows(self.map_tables.call_sites, 4)
    }

    pub fn method_handle_count(&self) -> u32 {
        rows(self.map_tables.method_handles, 8)
    }

    /// `None` when out of range, of an unknown kind, or not made of a handle, a name and a type.
    pub fn call_site(&self, index: u32) -> Option<CallSite> {
        let offset = row(self.map_tables.call_sites, index, 4).and_then(|row| u32_at(row, 0))?;
        let mut values = value::static_values(self, offset).into_iter();
        match (values.next()?, values.next()?, values.next()?) {
            (
                EncodedValue::MethodHandle(bootstrap),
                EncodedValue::String(name),
                EncodedValue::MethodType(proto),
            ) => Some(CallSite {
                bootstrap,
                name,
                proto: ProtoId(proto),
                arguments: values.collect(),
            }),
            _ => None,
        }
    }

    pub fn method_handle(&self, index: u32) -> Option<MethodHandle> {
        let row = row(self.map_tables.method_handles, index, 8)?;
        let kind = u16_at(row, 0)?;
        let id = u32::from(u16_at(row, 4)?);
        let target = match kind {
            0..=3 => HandleTarget::Field(FieldId(id)),
            4..=8 => HandleTarget::Method(MethodId(id)),
            _ => return None,
        };
        Some(MethodHandle { kind, target })
    }

    /// Hidden-API flags of the members of a class, in the order of [`ClassData`]; `None` for a
    /// class without. Only boot class path files have them.
    pub fn hidden_api(&self, class_index: u32, data: &ClassData) -> Option<Vec<u32>> {
        let start = self.map_tables.hidden_api;
        let at = class_index.checked_mul(4)?.checked_add(4)?.checked_add(start)?;
        let offset = Cursor::at(self.data, at).filter(|_| start != 0)?.u32()?;
        if offset == 0 || class_index >= self.class_count() {
            return None;
        }
        let mut cursor = Cursor::at(self.data, start.checked_add(offset)?)?;
        let members = data.static_fields.iter().chain(&data.instance_fields).count();
        let members = members.checked_add(data.methods().count())?;
        (0..members).map(|_| cursor.uleb128()).collect()
    }
}
