//! Class definitions and their members.
//! Specification: "Dalvik Executable format", `class_def_item`, `class_data_item`.

use super::reader::{Cursor, u32_at};
use super::{Dex, FieldId, MethodId, StringId, TypeId};

/// No index.
const NO_INDEX: u32 = u32::MAX;

/// One row of the class table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassDef {
    pub ty: TypeId,
    pub access: u32,
    pub superclass: Option<TypeId>,
    pub source_file: Option<StringId>,
    pub(super) interfaces_offset: u32,
    pub(super) annotations_offset: u32,
    pub(super) data_offset: u32,
    pub(super) static_values_offset: u32,
}

/// Members of a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassData {
    pub static_fields: Vec<EncodedField>,
    pub instance_fields: Vec<EncodedField>,
    pub direct_methods: Vec<EncodedMethod>,
    pub virtual_methods: Vec<EncodedMethod>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedField {
    pub id: FieldId,
    pub access: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodedMethod {
    pub id: MethodId,
    pub access: u32,
    /// 0 for abstract and native methods.
    pub code_offset: u32,
}

impl ClassDef {
    pub(super) fn read(row: &[u8]) -> Self {
        let at = |offset| u32_at(row, offset).unwrap_or(0);
        let optional = |offset| Some(at(offset)).filter(|index| *index != NO_INDEX);
        Self {
            ty: TypeId(at(0)),
            access: at(4),
            superclass: optional(8).map(TypeId),
            interfaces_offset: at(12),
            source_file: optional(16).map(StringId),
            annotations_offset: at(20),
            data_offset: at(24),
            static_values_offset: at(28),
        }
    }
}

impl ClassData {
    /// `None` when the data cannot be read to their end.
    pub(super) fn read(dex: &Dex<'_>, class: &ClassDef) -> Option<Self> {
        if class.data_offset == 0 {
            return Some(Self::default());
        }
        let mut cursor = Cursor::at(dex.data(), class.data_offset)?;
        let mut sizes = [0u32; 4];
        for size in &mut sizes {
            *size = cursor.uleb128()?;
        }
        let [static_fields, instance_fields, direct_methods, virtual_methods] = sizes;
        Some(Self {
            static_fields: read_fields(&mut cursor, static_fields)?,
            instance_fields: read_fields(&mut cursor, instance_fields)?,
            direct_methods: read_methods(&mut cursor, direct_methods)?,
            virtual_methods: read_methods(&mut cursor, virtual_methods)?,
        })
    }

    /// Direct methods first, then virtual ones.
    pub fn methods(&self) -> impl Iterator<Item = &EncodedMethod> {
        self.direct_methods.iter().chain(&self.virtual_methods)
    }
}

// Each field takes two bytes at least and each method three: the loops end with the file, and
// nothing is allocated for a count that the file cannot hold.
fn read_fields(cursor: &mut Cursor<'_>, count: u32) -> Option<Vec<EncodedField>> {
    let mut fields = Vec::with_capacity(plausible(cursor, count, 2));
    let mut id = 0u32;
    for _ in 0..count {
        id = id.wrapping_add(cursor.uleb128()?);
        fields.push(EncodedField { id: FieldId(id), access: cursor.uleb128()? });
    }
    Some(fields)
}

fn read_methods(cursor: &mut Cursor<'_>, count: u32) -> Option<Vec<EncodedMethod>> {
    let mut methods = Vec::with_capacity(plausible(cursor, count, 3));
    let mut id = 0u32;
    for _ in 0..count {
        id = id.wrapping_add(cursor.uleb128()?);
        let access = cursor.uleb128()?;
        methods.push(EncodedMethod { id: MethodId(id), access, code_offset: cursor.uleb128()? });
    }
    Some(methods)
}

fn plausible(cursor: &Cursor<'_>, count: u32, bytes_each: usize) -> usize {
    let possible = cursor.rest().len().checked_div(bytes_each).unwrap_or(0);
    usize::try_from(count).unwrap_or(usize::MAX).min(possible).min(0xffff)
}
