//! Encoded values and annotations.
//! Specification: "Dalvik Executable format", `encoded_value`, `annotations_directory_item`.

use super::reader::Cursor;
use super::{Dex, FieldId, Mutf8, StringId, TypeId};

/// Nesting of arrays and annotations.
const DEPTH_MAX: u32 = 16;
/// Values read for one item, nested ones counted.
const VALUES_MAX: u32 = 65_536;

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum EncodedValue {
    /// byte, short, char, int, long
    Int(i64),
    Float(f64),
    String(StringId),
    Type(TypeId),
    Field(FieldId),
    Enum(FieldId),
    Method(u32),
    MethodType(u32),
    MethodHandle(u32),
    Array(Vec<EncodedValue>),
    Annotation(Box<Annotation>),
    Null,
    Boolean(bool),
}

/// Who can see an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Build,
    Runtime,
    System,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Annotation {
    pub visibility: Visibility,
    pub ty: TypeId,
    pub elements: Vec<(StringId, EncodedValue)>,
}

/// Annotations of a class and its members.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemberAnnotations {
    pub class: Vec<Annotation>,
    /// Field id and its annotations.
    pub fields: Vec<(FieldId, Vec<Annotation>)>,
    /// Method id and its annotations.
    pub methods: Vec<(super::MethodId, Vec<Annotation>)>,
}

pub(super) fn static_values(dex: &Dex<'_>, offset: u32) -> Vec<EncodedValue> {
    if offset == 0 {
        return Vec::new();
    }
    let Some(mut cursor) = Cursor::at(dex.data(), offset) else { return Vec::new() };
    let mut budget = VALUES_MAX;
    read_array(&mut cursor, DEPTH_MAX, &mut budget)
}

pub(super) fn member_annotations(dex: &Dex<'_>, offset: u32) -> MemberAnnotations {
    let mut found = MemberAnnotations::default();
    if offset != 0 {
        let mut budget = VALUES_MAX;
        let _ = read_directory(dex, offset, &mut budget, &mut found);
    }
    found
}

fn read_directory(
    dex: &Dex<'_>,
    offset: u32,
    budget: &mut u32,
    found: &mut MemberAnnotations,
) -> Option<()> {
    let mut cursor = Cursor::at(dex.data(), offset)?;
    let class = cursor.u32()?;
    let fields = cursor.u32()?;
    let methods = cursor.u32()?;
    cursor.u32()?;
    if class != 0 {
        found.class = read_set(dex, class, budget);
    }
    for _ in 0..fields {
        let id = FieldId(cursor.u32()?);
        found.fields.push((id, read_set(dex, cursor.u32()?, budget)));
        *budget = budget.checked_sub(1)?;
    }
    for _ in 0..methods {
        let id = super::MethodId(cursor.u32()?);
        found.methods.push((id, read_set(dex, cursor.u32()?, budget)));
        *budget = budget.checked_sub(1)?;
    }
    Some(())
}

fn read_set(dex: &Dex<'_>, offset: u32, budget: &mut u32) -> Vec<Annotation> {
    let mut annotations = Vec::new();
    let Some(mut cursor) = Cursor::at(dex.data(), offset) else { return annotations };
    let count = cursor.u32().unwrap_or(0);
    for _ in 0..count {
        let Some(item) = cursor.u32().and_then(|at| Cursor::at(dex.data(), at)) else { break };
        let mut item = item;
        let visibility = match item.u8() {
            Some(0) => Visibility::Build,
            Some(1) => Visibility::Runtime,
            Some(2) => Visibility::System,
            _ => continue,
        };
        match read_annotation(&mut item, visibility, DEPTH_MAX, budget) {
            Some(annotation) => annotations.push(annotation),
            None => break,
        }
    }
    annotations
}

fn read_annotation(
    cursor: &mut Cursor<'_>,
    visibility: Visibility,
    depth: u32,
    budget: &mut u32,
) -> Option<Annotation> {
    let ty = TypeId(cursor.uleb128()?);
    let count = cursor.uleb128()?;
    let mut elements = Vec::new();
    for _ in 0..count {
        let name = StringId(cursor.uleb128()?);
        elements.push((name, read_value(cursor, depth.checked_sub(1)?, budget)?));
    }
    Some(Annotation { visibility, ty, elements })
}

/// As many as can be read.
fn read_array(cursor: &mut Cursor<'_>, depth: u32, budget: &mut u32) -> Vec<EncodedValue> {
    let mut values = Vec::new();
    for _ in 0..cursor.uleb128().unwrap_or(0) {
        match read_value(cursor, depth, budget) {
            Some(value) => values.push(value),
            None => break,
        }
    }
    values
}

fn read_value(cursor: &mut Cursor<'_>, depth: u32, budget: &mut u32) -> Option<EncodedValue> {
    *budget = budget.checked_sub(1)?;
    let head = cursor.u8()?;
    let argument = head >> 5;
    let size = usize::from(argument).checked_add(1)?;
    let index = |bytes: u64| u32::try_from(bytes).ok();
    Some(match head & 0x1f {
        0x00 | 0x02 | 0x04 | 0x06 => EncodedValue::Int(signed(cursor.take(size)?)),
        0x03 => EncodedValue::Int(unsigned(cursor.take(size)?).cast_signed()),
        0x10 => {
            // Floats are right-extended: the bytes given are the high ones.
            let bits = unsigned(cursor.take(size)?)
                << 32usize.checked_sub(size.checked_mul(8)?.min(32))?;
            EncodedValue::Float(f64::from(f32::from_bits(index(bits)?)))
        }
        0x11 => {
            let shift = 64usize.checked_sub(size.checked_mul(8)?)?;
            EncodedValue::Float(f64::from_bits(unsigned(cursor.take(size)?) << shift))
        }
        0x15 => EncodedValue::MethodType(index(unsigned(cursor.take(size)?))?),
        0x16 => EncodedValue::MethodHandle(index(unsigned(cursor.take(size)?))?),
        0x17 => EncodedValue::String(StringId(index(unsigned(cursor.take(size)?))?)),
        0x18 => EncodedValue::Type(TypeId(index(unsigned(cursor.take(size)?))?)),
        0x19 => EncodedValue::Field(FieldId(index(unsigned(cursor.take(size)?))?)),
        0x1a => EncodedValue::Method(index(unsigned(cursor.take(size)?))?),
        0x1b => EncodedValue::Enum(FieldId(index(unsigned(cursor.take(size)?))?)),
        0x1c => EncodedValue::Array(read_array(cursor, depth.checked_sub(1)?, budget)),
        0x1d => {
            let nested = read_annotation(cursor, Visibility::Build, depth.checked_sub(1)?, budget)?;
            EncodedValue::Annotation(Box::new(nested))
        }
        0x1e => EncodedValue::Null,
        0x1f => EncodedValue::Boolean(argument & 1 == 1),
        _ => return None,
    })
}

fn unsigned(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0u64, |value, byte| (value << 8) | u64::from(*byte))
}

fn signed(bytes: &[u8]) -> i64 {
    let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let start = if negative { -1i64 } else { 0 };
    bytes.iter().rev().fold(start, |value, byte| (value << 8) | i64::from(*byte))
}

impl EncodedValue {
    /// The text of a string value.
    pub fn text<'a>(&self, dex: &Dex<'a>) -> Option<Mutf8<'a>> {
        match self {
            Self::String(id) => dex.string(*id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (bytes, expected) in [
            (&[0x00, 0xff][..], Some(EncodedValue::Int(-1))),
            (&[0x24, 0x00, 0x80], Some(EncodedValue::Int(-32768))),
            (&[0x03, 0xff], Some(EncodedValue::Int(255))),
            (&[0x17, 0x05], Some(EncodedValue::String(StringId(5)))),
            (&[0x3f], Some(EncodedValue::Boolean(true))),
            (&[0x1e], Some(EncodedValue::Null)),
            (&[0x30, 0x80, 0x3f], Some(EncodedValue::Float(1.0))),
            (&[0x31, 0xf0, 0x3f], Some(EncodedValue::Float(1.0))),
            (
                &[0x1c, 0x02, 0x1e, 0x3f],
                Some(EncodedValue::Array(vec![EncodedValue::Null, EncodedValue::Boolean(true)])),
            ),
            (&[0x01, 0x00], None),
            (&[0x64, 0x00], None),
        ] {
            let mut budget = 100;
            assert_eq!(read_value(&mut Cursor::new(bytes), 4, &mut budget), expected, "{bytes:x?}");
        }
        let nested = [[0x1c, 0x01].as_slice(); 64].concat();
        let mut budget = 100;
        let value = read_value(&mut Cursor::new(&nested), 8, &mut budget).unwrap();
        let depth = std::iter::successors(Some(&value), |value| match value {
            EncodedValue::Array(items) => items.first(),
            _ => None,
        });
        assert_eq!(depth.count(), 8);
    }
}
