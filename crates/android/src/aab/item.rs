//! Values (`Item`) and configurations as messages.

use super::proto::{Message, Wire};
use crate::arsc::{Config, IntKind, ResValue};

/// Field numbers of `Primitive`.
fn primitive(message: Message<'_>) -> Option<ResValue> {
    let (number, wire) = message.fields().last()?;
    let int = |kind| Some(ResValue::Int(wire.u32().cast_signed(), kind));
    match number {
        1 => Some(ResValue::Null),
        2 => Some(ResValue::Empty),
        3 => Some(ResValue::Float(f32::from_bits(wire.u32()))),
        6 => int(IntKind::Decimal),
        7 => int(IntKind::Hex),
        8 => Some(ResValue::Int(if wire.u32() == 0 { 0 } else { -1 }, IntKind::Bool)),
        9 => int(IntKind::ColorArgb8),
        10 => int(IntKind::ColorRgb8),
        11 => int(IntKind::ColorArgb4),
        12 => int(IntKind::ColorRgb4),
        13 => Some(ResValue::Dimension(wire.u32())),
        14 => Some(ResValue::Fraction(wire.u32())),
        _ => None,
    }
}

/// A `Reference`. `find` gives the id of `type/name` where the message has no id.
pub(super) fn reference(message: Message<'_>, find: &dyn Fn(&str) -> Option<u32>) -> ResValue {
    let is_attribute = message.u32(1) == 1;
    let is_dynamic = message.message(5).is_some_and(|flag| flag.u32(1) != 0);
    let id = match message.u32(2) {
        0 => find(message.str(3)).unwrap_or(0),
        id => id,
    };
    match (is_attribute, is_dynamic) {
        (false, false) => ResValue::Reference(id),
        (false, true) => ResValue::DynamicReference(id),
        (true, false) => ResValue::Attribute(id),
        (true, true) => ResValue::DynamicAttribute(id),
    }
}

/// An `Item`: one value. `None` if it has none that is known.
pub(super) fn item(message: Message<'_>, find: &dyn Fn(&str) -> Option<u32>) -> Option<ResValue> {
    // A oneof: the last one counts. Its members are fields 1 to 7, all messages.
    let (number, inner) = message
        .fields()
        .filter_map(|(number, wire)| match wire {
            Wire::Bytes(bytes) if number <= 7 => Some((number, Message(bytes))),
            _ => None,
        })
        .last()?;
    match number {
        1 => Some(reference(inner, find)),
        // String, raw string, styled string, file reference: text is field 1 of each.
        2..=5 => Some(ResValue::String(inner.str(1).to_owned())),
        // An id that only has to exist; the binary form has `false`.
        6 => Some(ResValue::Int(0, IntKind::Bool)),
        7 => primitive(inner),
        _ => None,
    }
}

/// `Configuration`. Enums count from 1; some run the other way round than in the binary form.
pub(super) fn config(message: Message<'_>) -> Config {
    let half = |number| u16::try_from(message.u32(number)).unwrap_or(u16::MAX);
    let small = |number| u8::try_from(message.u32(number) & 15).unwrap_or(0);
    // yes / no enums: 1 is yes here, 2 is yes in the binary form.
    let swapped = |number| match small(number) {
        1 => 2u8,
        2 => 1,
        _ => 0,
    };
    let mut config = Config {
        mcc: half(1),
        mnc: half(2),
        screen_width: half(5),
        screen_height: half(6),
        width_dp: half(7),
        height_dp: half(8),
        smallest_width_dp: half(9),
        screen_layout: (small(4) & 3) << 6 | swapped(11) << 4 | small(10),
        screen_layout2: swapped(12),
        color_mode: swapped(14) << 2 | swapped(13),
        orientation: small(15),
        ui_mode: swapped(17) << 4 | small(16),
        density: half(18),
        touchscreen: small(19),
        input_flags: (small(22) & 3) << 2 | small(20) & 3,
        keyboard: small(21),
        navigation: small(23),
        sdk_version: half(24),
        grammatical_gender: small(26) & 3,
        ..Config::default()
    };
    locale(message.str(3), &mut config);
    config
}

/// A BCP 47 tag: language, script, region, variant, `u-nu-` numbering.
fn locale(tag: &str, config: &mut Config) {
    fn set<const N: usize>(field: &mut [u8; N], text: &str) {
        for (to, from) in field.iter_mut().zip(text.bytes()) {
            *to = from;
        }
    }
    let mut parts = tag.split(['-', '_']);
    set(&mut config.language, parts.next().unwrap_or_default());
    while let Some(part) = parts.next() {
        let is_digit = part.as_bytes().first().is_some_and(u8::is_ascii_digit);
        match part.len() {
            1 => {
                // The only extension that resources know.
                if part == "u" && parts.next() == Some("nu") {
                    set(&mut config.numbering, parts.next().unwrap_or_default());
                }
                return;
            }
            2 => set(&mut config.region, part),
            3 if is_digit => set(&mut config.region, part),
            4 if !is_digit => set(&mut config.script, part),
            4..=8 => set(&mut config.variant, part),
            _ => {}
        }
    }
}
