//! `java.lang.String` on constants. Positions count UTF-16 units, as in Java.

use super::{bounded_concat, byte_array, format, text_of};
use crate::value::{ARRAY_ELEMENTS_MAX, Abstract, STRING_BYTES_MAX};
use std::sync::Arc;

/// Characters that mean something in a regular expression.
const REGEX_SPECIAL: &str = "\\^$.|?*+()[]{}";

pub(super) fn evaluate(name: &str, kinds: &[u8], args: &[Abstract]) -> Option<Abstract> {
    use Abstract::{Int, Null, Str};
    let number = |value: i64| Some(Int(value));
    let position =
        |found: Option<usize>| Some(Int(found.map_or(-1, |at| at.try_into().unwrap_or(-1))));
    let text = match (name, args) {
        ("valueOf" | "copyValueOf", [characters @ Abstract::Array(_)]) => {
            text_of_array(characters)?
        }
        ("valueOf", [value]) => text_of(*kinds.first()?, value)?,
        ("<init>", [Str(text)]) => text.to_string(),
        ("<init>", []) => String::new(),
        ("<init>", [array @ Abstract::Array(_), rest @ ..]) => new_string(array, kinds, rest)?,
        ("toString" | "intern", [Str(text)]) => text.to_string(),
        ("trim", [Str(text)]) => text.trim_matches(|c| c <= ' ').to_owned(),
        ("strip", [Str(text)]) => text.trim().to_owned(),
        ("toLowerCase", [Str(text), ..]) => text.to_lowercase(),
        ("toUpperCase", [Str(text), ..]) => text.to_uppercase(),
        ("concat", [Str(a), Str(b)]) => bounded_concat(a, b)?,
        ("replace", [Str(text), Str(from), Str(to)]) => replace(text, from, to)?,
        ("replace", [Str(text), Int(from), Int(to)]) => {
            replace(text, &text_of(b'C', &Int(*from))?, &text_of(b'C', &Int(*to))?)?
        }
        ("replaceAll" | "replaceFirst", [Str(text), Str(pattern), Str(to)])
            if !to.contains(['$', '\\']) =>
        {
            let literal = literal_pattern(pattern)?;
            if name == "replaceAll" {
                replace(text, &literal, to)?
            } else {
                text.replacen(&literal, to, 1)
            }
        }
        ("substring" | "subSequence", [Str(text), Int(start)]) => slice(text, *start, None)?,
        ("substring" | "subSequence", [Str(text), Int(start), Int(end)]) => {
            slice(text, *start, Some(*end))?
        }
        ("repeat", [Str(text), Int(count)]) => {
            let count = usize::try_from(*count).ok()?;
            (text.len().checked_mul(count)? <= STRING_BYTES_MAX).then(|| text.repeat(count))?
        }
        ("join", [Str(separator), Abstract::Array(items)]) => {
            let parts: Option<Vec<&str>> = items.iter().map(Abstract::as_text).collect();
            parts?.join(separator)
        }
        ("format", [Str(pattern), Abstract::Array(items)]) => format::format(pattern, items)?,
        ("format", [_, Str(pattern), Abstract::Array(items)]) => format::format(pattern, items)?,
        ("getBytes", [Str(text), charset @ ..]) => return byte_array(&encode(text, charset)?),
        ("toCharArray", [Str(text)]) => {
            let units: Vec<Abstract> =
                text.encode_utf16().map(|unit| Int(i64::from(unit))).collect();
            return (units.len() <= ARRAY_ELEMENTS_MAX).then(|| Abstract::Array(Arc::new(units)));
        }
        ("split", [Str(text), Str(pattern)]) => return split(text, &literal_pattern(pattern)?),
        ("length", [Str(text)]) => return i64::try_from(text.encode_utf16().count()).ok().map(Int),
        ("isEmpty", [Str(text)]) => return number(text.is_empty().into()),
        ("equals" | "contentEquals", [Str(a), Str(b)]) => return number((a == b).into()),
        ("equals", [Str(_), Null]) => return number(0),
        ("equalsIgnoreCase", [Str(a), Str(b)]) => {
            return number((a.to_lowercase() == b.to_lowercase()).into());
        }
        ("startsWith", [Str(a), Str(b)]) => return number(a.starts_with(&**b).into()),
        ("endsWith", [Str(a), Str(b)]) => return number(a.ends_with(&**b).into()),
        ("contains", [Str(a), Str(b)]) => return number(a.contains(&**b).into()),
        ("indexOf", [Str(text), wanted]) => {
            let wanted = text_of(b'C', wanted)?;
            return position(text.find(&wanted).map(|at| units_before(text, at)));
        }
        ("lastIndexOf", [Str(text), wanted]) => {
            let wanted = text_of(b'C', wanted)?;
            return position(text.rfind(&wanted).map(|at| units_before(text, at)));
        }
        ("charAt", [Str(text), Int(index)]) => {
            let index = usize::try_from(*index).ok()?;
            return text.encode_utf16().nth(index).map(|unit| Int(i64::from(unit)));
        }
        ("hashCode", [Str(text)]) => {
            let hash = text
                .encode_utf16()
                .fold(0i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
            return number(hash.into());
        }
        _ => return None,
    };
    Some(Abstract::str(text))
}

/// The part between two positions; `None` when they are out of range or split a character.
pub(super) fn slice(text: &str, start: i64, end: Option<i64>) -> Option<String> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let start = usize::try_from(start).ok()?;
    let end = end.map_or(Some(units.len()), |end| usize::try_from(end).ok())?;
    String::from_utf16(units.get(start..end)?).ok()
}

fn units_before(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().encode_utf16().count()
}

fn replace(text: &str, from: &str, to: &str) -> Option<String> {
    if from.is_empty() || text.len().saturating_mul(to.len().max(1)) > STRING_BYTES_MAX * 16 {
        return None;
    }
    let replaced = text.replace(from, to);
    (replaced.len() <= STRING_BYTES_MAX).then_some(replaced)
}

/// What a pattern matches when it stands for one text only.
fn literal_pattern(pattern: &str) -> Option<String> {
    let mut literal = String::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => literal.push(characters.next().filter(char::is_ascii_punctuation)?),
            other if REGEX_SPECIAL.contains(other) => return None,
            other => literal.push(other),
        }
    }
    (!literal.is_empty()).then_some(literal)
}

/// Empty parts at the end are dropped.
fn split(text: &str, separator: &str) -> Option<Abstract> {
    let mut parts: Vec<Abstract> = text.split(separator).map(Abstract::str).collect();
    let empty = Abstract::str("");
    while parts.len() > 1 && parts.last() == Some(&empty) {
        parts.pop();
    }
    (parts.len() <= ARRAY_ELEMENTS_MAX).then(|| Abstract::Array(Arc::new(parts)))
}

/// `new String(bytes or characters, ...)`; `rest` is what follows the array.
fn new_string(array: &Abstract, kinds: &[u8], rest: &[Abstract]) -> Option<String> {
    let rest_kinds = kinds.get(1..).unwrap_or_default();
    let (part, charset) = match (rest, rest_kinds) {
        ([Abstract::Int(start), Abstract::Int(count), charset @ ..], [b'I', b'I', ..]) => {
            let Abstract::Array(items) = array else { return None };
            let end = start.checked_add(*count)?;
            (
                super::copy_range(items, *start, end)
                    .filter(|_| i64::try_from(items.len()).is_ok_and(|length| end <= length))?,
                charset,
            )
        }
        (charset, _) => (array.clone(), charset),
    };
    let text = text_of_array(&part)?;
    if text.is_ascii() && charset_name(charset) != Charset::Wide {
        return Some(text);
    }
    matches!(charset_name(charset), Charset::Utf8).then_some(text)
}

/// The text of a constant array of bytes, taken for UTF-8, or of characters.
pub(super) fn text_of_array(value: &Abstract) -> Option<String> {
    let Abstract::Array(items) = value else { return None };
    let mut units = Vec::with_capacity(items.len());
    for item in items.iter() {
        let value = item.as_int()?;
        units.push(u16::try_from(if value < 0 { value & 0xff } else { value }).ok()?);
    }
    let negative = items.iter().any(|item| item.as_int().is_some_and(|value| value < 0));
    if negative {
        let bytes: Option<Vec<u8>> = units.iter().map(|unit| u8::try_from(*unit).ok()).collect();
        return String::from_utf8(bytes?).ok();
    }
    String::from_utf16(&units).ok()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Latin1,
    /// More than a byte for ASCII too.
    Wide,
    /// Not known, or agrees with ASCII only.
    Other,
}

/// The default charset is UTF-8 on Android.
fn charset_name(charset: &[Abstract]) -> Charset {
    let name = match charset.first() {
        None => return Charset::Utf8,
        Some(Abstract::Str(name) | Abstract::Field(name)) => name.to_ascii_uppercase(),
        Some(_) => return Charset::Other,
    };
    let name = name.rsplit('.').next().unwrap_or_default().replace('-', "_");
    match name.as_str() {
        "UTF_8" | "UTF8" => Charset::Utf8,
        "ISO_8859_1" | "ISO8859_1" | "LATIN1" => Charset::Latin1,
        name if name.starts_with("UTF_16") || name.starts_with("UTF_32") => Charset::Wide,
        _ => Charset::Other,
    }
}

fn encode(text: &str, charset: &[Abstract]) -> Option<Vec<u8>> {
    match charset_name(charset) {
        Charset::Utf8 => Some(text.as_bytes().to_vec()),
        Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        Charset::Other if text.is_ascii() => Some(text.as_bytes().to_vec()),
        Charset::Wide | Charset::Other => None,
    }
}
