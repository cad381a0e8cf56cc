//! Annotations.
//! Specification: "The Java Virtual Machine Specification", section 4.7.16.

use super::pool::{Constant, ConstantPool};
use super::reader::Reader;
use crate::dex::Mutf8;

/// Nesting of arrays and annotations.
const DEPTH_MAX: u32 = 16;
/// Values read for one attribute, nested ones counted.
const VALUES_MAX: u32 = 65_536;

/// One annotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Annotation<'a> {
    /// From a `RuntimeVisible` attribute.
    pub visible: bool,
    /// Descriptor: `Lcom/a/B;`.
    pub ty: Mutf8<'a>,
    pub elements: Vec<(Mutf8<'a>, ElementValue<'a>)>,
}

/// The value of an annotation element.
#[derive(Debug, Clone, PartialEq)]
pub enum ElementValue<'a> {
    /// byte, char, int, long, short, boolean
    Int(i64),
    Float(f64),
    String(Mutf8<'a>),
    Enum {
        ty: Mutf8<'a>,
        name: Mutf8<'a>,
    },
    /// Descriptor.
    Class(Mutf8<'a>),
    Annotation(Box<Annotation<'a>>),
    Array(Vec<ElementValue<'a>>),
}

/// Annotations of one attribute, as many as can be read.
pub(super) fn read_all<'a>(
    data: &'a [u8],
    pool: &ConstantPool<'a>,
    visible: bool,
    into: &mut Vec<Annotation<'a>>,
) {
    let mut reader = Reader::new(data);
    let mut budget = VALUES_MAX;
    for _ in 0..reader.u16().unwrap_or(0) {
        match read_annotation(&mut reader, pool, visible, DEPTH_MAX, &mut budget) {
            Some(annotation) => into.push(annotation),
            None => return,
        }
    }
}

fn read_annotation<'a>(
    reader: &mut Reader<'a>,
    pool: &ConstantPool<'a>,
    visible: bool,
    depth: u32,
    budget: &mut u32,
) -> Option<Annotation<'a>> {
    *budget = budget.checked_sub(1)?;
    let ty = pool.utf8(reader.u16()?)?;
    let mut elements = Vec::new();
    for _ in 0..reader.u16()? {
        let name = pool.utf8(reader.u16()?)?;
        elements.push((name, read_value(reader, pool, visible, depth.checked_sub(1)?, budget)?));
    }
    Some(Annotation { visible, ty, elements })
}

fn read_value<'a>(
    reader: &mut Reader<'a>,
    pool: &ConstantPool<'a>,
    visible: bool,
    depth: u32,
    budget: &mut u32,
) -> Option<ElementValue<'a>> {
    *budget = budget.checked_sub(1)?;
    Some(match reader.u8()? {
        b'B' | b'C' | b'I' | b'S' | b'Z' | b'J' | b'F' | b'D' => match pool.get(reader.u16()?)? {
            Constant::Integer(value) => ElementValue::Int(value.into()),
            Constant::Long(value) => ElementValue::Int(value),
            Constant::Float(bits) => ElementValue::Float(f32::from_bits(bits).into()),
            Constant::Double(bits) => ElementValue::Float(f64::from_bits(bits)),
            _ => return None,
        },
        b's' => ElementValue::String(pool.utf8(reader.u16()?)?),
        b'e' => {
            let ty = pool.utf8(reader.u16()?)?;
            ElementValue::Enum { ty, name: pool.utf8(reader.u16()?)? }
        }
        b'c' => ElementValue::Class(pool.utf8(reader.u16()?)?),
        b'@' => {
            let depth = depth.checked_sub(1)?;
            let nested = read_annotation(reader, pool, visible, depth, budget)?;
            ElementValue::Annotation(Box::new(nested))
        }
        b'[' => {
            let depth = depth.checked_sub(1)?;
            let mut items = Vec::new();
            for _ in 0..reader.u16()? {
                items.push(read_value(reader, pool, visible, depth, budget)?);
            }
            ElementValue::Array(items)
        }
        _ => return None,
    })
}
