//! `String.format` with constants: `%s %d %x %X %c %b %n %%`, argument numbers, width, the flags
//! `-` and `0`. Anything else is not computed.

use super::text_of;
use crate::value::{Abstract, STRING_BYTES_MAX};

/// Widest field that is padded.
const WIDTH_MAX: usize = 4096;

/// One conversion, read from behind its `%`.
struct Conversion {
    argument: Option<usize>,
    left: bool,
    zeros: bool,
    width: usize,
    kind: char,
}

pub(super) fn format(pattern: &str, items: &[Abstract]) -> Option<String> {
    let mut next = 0usize;
    let mut out = String::new();
    let mut rest = pattern;
    while let Some((before, behind)) = rest.split_once('%') {
        out.push_str(before);
        let (conversion, after) = conversion(behind)?;
        rest = after;
        match conversion.kind {
            '%' => out.push('%'),
            'n' => out.push('\n'),
            kind => {
                let at = match conversion.argument {
                    Some(number) => number.checked_sub(1)?,
                    None => {
                        next += 1;
                        next - 1
                    }
                };
                let text = convert(kind, items.get(at)?)?;
                pad(&mut out, &text, &conversion);
            }
        }
        if out.len() > STRING_BYTES_MAX {
            return None;
        }
    }
    out.push_str(rest);
    (out.len() <= STRING_BYTES_MAX).then_some(out)
}

fn conversion(text: &str) -> Option<(Conversion, &str)> {
    let mut rest = text;
    let mut argument = None;
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let count = digits(rest);
    if count > 0 && rest.get(count..)?.starts_with('$') {
        argument = Some(rest.get(..count)?.parse().ok()?);
        rest = rest.get(count + 1..)?;
    }
    let (mut left, mut zeros) = (false, false);
    loop {
        match rest.chars().next()? {
            '-' => left = true,
            '0' => zeros = true,
            _ => break,
        }
        rest = rest.get(1..)?;
    }
    let count = digits(rest);
    let width = if count > 0 { rest.get(..count)?.parse().ok()? } else { 0 };
    rest = rest.get(count..)?;
    let kind = rest.chars().next()?;
    let after = rest.get(kind.len_utf8()..)?;
    (width <= WIDTH_MAX).then_some((Conversion { argument, left, zeros, width, kind }, after))
}

/// A number in an array of objects may be a boxed number, character or boolean: only the
/// conversions that accept one of them say which.
fn convert(kind: char, value: &Abstract) -> Option<String> {
    match (kind, value) {
        ('s', Abstract::Str(text)) => Some(text.to_string()),
        ('S', Abstract::Str(text)) => Some(text.to_uppercase()),
        ('d', Abstract::Int(_)) => text_of(b'J', value),
        ('c', Abstract::Int(_)) => text_of(b'C', value),
        ('b', Abstract::Int(0 | 1)) => text_of(b'Z', value),
        // A negative number is printed by its width, which is not known.
        ('x', Abstract::Int(value)) if *value >= 0 => Some(format!("{value:x}")),
        ('X', Abstract::Int(value)) if *value >= 0 => Some(format!("{value:X}")),
        _ => None,
    }
}

fn pad(out: &mut String, text: &str, conversion: &Conversion) {
    let missing = conversion.width.saturating_sub(text.chars().count());
    if conversion.left {
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', missing));
    } else if conversion.zeros {
        let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
        out.push_str(sign);
        out.extend(std::iter::repeat_n('0', missing));
        out.push_str(digits);
    } else {
        out.extend(std::iter::repeat_n(' ', missing));
        out.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conversions() {
        // Expected values: java.lang.String.format of JDK 17.
        let (s, i) = (|text: &str| Abstract::str(text), Abstract::Int);
        for (pattern, items, expected) in [
            ("%s-%d", vec![s("a"), i(5)], Some("a-5")),
            ("%2$s%1$s", vec![s("a"), s("b")], Some("ba")),
            ("%1$s%s", vec![s("a"), s("b")], Some("aa")),
            ("%02x|%4d|%-4d|%04d", vec![i(10), i(7), i(7), i(-7)], Some("0a|   7|7   |-007")),
            ("%c%b%n%%", vec![i(97), i(1)], Some("atrue\n%")),
            ("%5s|", vec![s("ab")], Some("   ab|")),
            ("none", vec![], Some("none")),
            ("%s", vec![], None),
            ("%s", vec![i(1)], None),
            ("%d", vec![s("1")], None),
            ("%x", vec![i(-1)], None),
            ("%.2f", vec![i(1)], None),
            ("%99999999d", vec![i(1)], None),
            ("%", vec![], None),
            ("%0$s", vec![s("a")], None),
        ] {
            assert_eq!(format(pattern, &items).as_deref(), expected, "{pattern}");
        }
    }
}
