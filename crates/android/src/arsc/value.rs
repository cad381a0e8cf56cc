//! Typed values (`Res_value`) of resources and attributes.

use std::fmt::Write;

/// A typed value. Source: `Res_value` in AOSP `ResourceTypes.h`.
#[derive(Debug, Clone, PartialEq)]
pub enum ResValue {
    /// Absent, or explicitly undefined (`@null`).
    Null,
    /// Explicitly empty (`@empty`).
    Empty,
    /// Id of another resource, `@string/x`.
    Reference(u32),
    /// Id of a theme attribute, `?attr/x`.
    Attribute(u32),
    /// Text. For resources that are files: the path within the APK.
    String(String),
    Float(f32),
    /// Complex number: 24-bit mantissa, radix and unit, as stored.
    Dimension(u32),
    /// Complex number as for `Dimension`, unit `%` or `%p`.
    Fraction(u32),
    Int(i32, IntKind),
    /// Reference whose package id is assigned when the shared library is loaded.
    DynamicReference(u32),
    DynamicAttribute(u32),
    /// A type that the platform does not define.
    Other {
        kind: u8,
        data: u32,
    },
}

/// How an integer was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntKind {
    Decimal,
    Hex,
    /// 0 is false, anything else true.
    Bool,
    /// ARGB, 8 bits each; the source form was `#aarrggbb`, `#rrggbb`, `#argb` or `#rgb`.
    ColorArgb8,
    ColorRgb8,
    ColorArgb4,
    ColorRgb4,
}

impl ResValue {
    /// Decodes the `dataType` and `data` of a `Res_value`. `string` reads the pool.
    pub(crate) fn decode(kind: u8, data: u32, string: impl FnOnce(u32) -> Option<String>) -> Self {
        let int = |kind| Self::Int(data.cast_signed(), kind);
        match kind {
            0x00 if data == 1 => Self::Empty,
            0x00 => Self::Null,
            0x01 => Self::Reference(data),
            0x02 => Self::Attribute(data),
            0x03 => string(data).map_or(Self::Other { kind, data }, Self::String),
            0x04 => Self::Float(f32::from_bits(data)),
            0x05 => Self::Dimension(data),
            0x06 => Self::Fraction(data),
            0x07 => Self::DynamicReference(data),
            0x08 => Self::DynamicAttribute(data),
            0x10 => int(IntKind::Decimal),
            0x11 => int(IntKind::Hex),
            0x12 => int(IntKind::Bool),
            0x1c => int(IntKind::ColorArgb8),
            0x1d => int(IntKind::ColorRgb8),
            0x1e => int(IntKind::ColorArgb4),
            0x1f => int(IntKind::ColorRgb4),
            _ => Self::Other { kind, data },
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Any integer kind; the platform reads a boolean where it wants a number and vice versa.
    pub fn as_int(&self) -> Option<i32> {
        match self {
            Self::Int(value, _) => Some(*value),
            _ => None,
        }
    }

    /// Integers other than 0 are true, as in `TypedArray.getBoolean`.
    pub fn as_bool(&self) -> Option<bool> {
        self.as_int().map(|value| value != 0)
    }

    /// The id of a resource that this points to (not of a theme attribute).
    pub fn as_reference(&self) -> Option<u32> {
        match self {
            Self::Reference(id) | Self::DynamicReference(id) if *id != 0 => Some(*id),
            _ => None,
        }
    }

    /// The value as it would stand in XML source. `name` gives `type/name` of an id.
    pub fn display(&self, name: impl Fn(u32) -> Option<String>) -> String {
        let reference = |sign: char, id: u32| match name(id) {
            Some(name) => format!("{sign}{name}"),
            None => format!("{sign}0x{id:08x}"),
        };
        match self {
            Self::Null => "@null".to_owned(),
            Self::Empty => "@empty".to_owned(),
            Self::Reference(0) | Self::DynamicReference(0) => "@null".to_owned(),
            Self::Reference(id) | Self::DynamicReference(id) => reference('@', *id),
            Self::Attribute(id) | Self::DynamicAttribute(id) => reference('?', *id),
            Self::String(text) => text.clone(),
            Self::Float(value) => format!("{value}"),
            Self::Dimension(data) => complex(*data, &["px", "dp", "sp", "pt", "in", "mm"]),
            Self::Fraction(data) => complex_scaled(*data, 100.0, &["%", "%p"]),
            Self::Int(value, kind) => int(*value, *kind),
            Self::Other { kind, data } => format!("(0x{kind:02x}) 0x{data:08x}"),
        }
    }
}

fn int(value: i32, kind: IntKind) -> String {
    match kind {
        IntKind::Decimal => value.to_string(),
        IntKind::Bool => (value != 0).to_string(),
        IntKind::Hex => format!("0x{value:x}"),
        IntKind::ColorArgb8 | IntKind::ColorRgb8 | IntKind::ColorArgb4 | IntKind::ColorRgb4 => {
            format!("#{value:08x}")
        }
    }
}

fn complex(data: u32, units: &[&str]) -> String {
    complex_scaled(data, 1.0, units)
}

/// Mantissa in the upper 24 bits (signed), radix in bits 4-5, unit in bits 0-3.
fn complex_scaled(data: u32, scale: f64, units: &[&str]) -> String {
    let mantissa = f64::from((data & 0xffff_ff00).cast_signed());
    let shift = match (data >> 4) & 3 {
        0 => 8,
        1 => 15,
        2 => 23,
        _ => 31,
    };
    // The mantissa already stands 8 bits to the left.
    let value = mantissa / f64::from(1u32 << shift) * scale;
    let mut out = String::new();
    let rounded = (value * 1e6).round() / 1e6;
    let _ = write!(out, "{rounded}");
    let unit = usize::try_from(data & 0xf).ok().and_then(|unit| units.get(unit));
    out.push_str(unit.copied().unwrap_or("?"));
    out
}
