//! Methods of the platform whose result is computed when their arguments are constants, and
//! what calls do to the objects handed to them. A method that is not here is unknown: its
//! result is only known to come from it, and arrays it receives may have been changed.

use crate::value::{ARRAY_ELEMENTS_MAX, Abstract, STRING_BYTES_MAX};
use std::sync::Arc;

/// The result of a pure call on constants; `None` when it is not one or not computable.
///
/// `args` holds the receiver first for instance methods.
pub(crate) fn evaluate(class: &str, name: &str, args: &[Abstract]) -> Option<Abstract> {
    match class {
        "java.lang.String" => string_method(name, args),
        "java.lang.Integer" | "java.lang.Long" | "java.lang.Short" | "java.lang.Byte" => {
            boxed_integer(name, args)
        }
        "java.lang.Boolean" => match (name, args) {
            ("valueOf" | "booleanValue", [Abstract::Int(value)]) => Some(Abstract::Int(*value)),
            ("valueOf" | "parseBoolean", [Abstract::Str(text)]) => {
                Some(Abstract::Int(text.eq_ignore_ascii_case("true").into()))
            }
            _ => None,
        },
        "java.lang.Character" => match (name, args) {
            ("valueOf" | "charValue", [Abstract::Int(value)]) => Some(Abstract::Int(*value)),
            _ => None,
        },
        "java.util.Objects" | "kotlin.jvm.internal.Intrinsics" => match (name, args) {
            ("requireNonNull" | "checkNotNull", [value, ..]) => Some(value.clone()),
            _ => None,
        },
        "android.net.Uri" => match (name, args) {
            ("parse", [Abstract::Str(text)]) => Some(Abstract::Str(text.clone())),
            ("toString", [value @ Abstract::Str(_)]) => Some(value.clone()),
            _ => None,
        },
        "android.util.Base64" if name == "decode" => match args {
            [Abstract::Str(text), ..] => decode_base64(text).map(|bytes| byte_array(&bytes)),
            _ => None,
        },
        "java.util.Base64$Decoder" if name == "decode" => match args {
            [_, Abstract::Str(text)] => decode_base64(text).map(|bytes| byte_array(&bytes)),
            _ => None,
        },
        _ => None,
    }
}

/// Methods that do not change an array handed to them.
pub(crate) fn leaves_arrays_alone(class: &str, name: &str) -> bool {
    matches!(
        (class, name),
        ("javax.crypto.spec.SecretKeySpec" | "javax.crypto.spec.IvParameterSpec", _)
            | ("javax.crypto.spec.GCMParameterSpec" | "javax.crypto.spec.PBEKeySpec", _)
            | ("javax.crypto.spec.PBEParameterSpec" | "javax.crypto.spec.DESKeySpec", _)
            | ("java.lang.String" | "android.util.Base64", _)
            | ("java.util.Arrays", "copyOf" | "copyOfRange" | "asList" | "equals" | "hashCode")
            | ("java.security.MessageDigest", "update" | "digest")
            | ("javax.crypto.Mac", "update" | "doFinal")
            | ("java.security.KeyStore", _)
    )
}

/// Methods of string builders that return the builder itself.
pub(crate) fn is_builder(class: &str) -> bool {
    matches!(class, "java.lang.StringBuilder" | "java.lang.StringBuffer")
}

fn string_method(name: &str, args: &[Abstract]) -> Option<Abstract> {
    use Abstract::{Int, Str};
    if let ("valueOf" | "copyValueOf" | "<init>", Some(characters)) =
        (name, args.last().and_then(text_of_array))
    {
        return Some(Abstract::str(characters));
    }
    let text = match (name, args) {
        ("valueOf", [Int(value)]) => value.to_string(),
        ("valueOf" | "toString" | "intern", [Str(text)]) => text.to_string(),
        ("trim" | "strip", [Str(text)]) => text.trim().to_owned(),
        ("toLowerCase", [Str(text), ..]) => text.to_lowercase(),
        ("toUpperCase", [Str(text), ..]) => text.to_uppercase(),
        ("concat", [Str(a), Str(b)]) => bounded_concat(a, b)?,
        ("replace", [Str(text), Str(from), Str(to)]) if !from.is_empty() => {
            let replaced = text.replace(&**from, to);
            if replaced.len() > STRING_BYTES_MAX {
                return None;
            }
            replaced
        }
        ("replace", [Str(text), Int(from), Int(to)]) => {
            let from = char::from_u32(u32::try_from(*from).ok()?)?;
            let to = char::from_u32(u32::try_from(*to).ok()?)?;
            text.chars().map(|c| if c == from { to } else { c }).collect()
        }
        ("substring", [Str(text), Int(start)]) => {
            text.chars().skip(usize::try_from(*start).ok()?).collect()
        }
        ("substring", [Str(text), Int(start), Int(end)]) => {
            let start = usize::try_from(*start).ok()?;
            let count = usize::try_from(*end).ok()?.checked_sub(start)?;
            text.chars().skip(start).take(count).collect()
        }
        ("format", [Str(format), rest @ ..]) => return simple_format(format, rest),
        ("getBytes", [Str(text), ..]) => return Some(byte_array(text.as_bytes())),
        ("toCharArray", [Str(text)]) => {
            let units: Vec<Abstract> =
                text.encode_utf16().map(|unit| Int(i64::from(unit))).collect();
            return (units.len() <= ARRAY_ELEMENTS_MAX).then(|| Abstract::Array(Arc::new(units)));
        }
        ("length", [Str(text)]) => return i64::try_from(text.encode_utf16().count()).ok().map(Int),
        ("isEmpty", [Str(text)]) => return Some(Int(text.is_empty().into())),
        ("equals", [Str(a), Str(b)]) => return Some(Int((a == b).into())),
        ("charAt", [Str(text), Int(index)]) => {
            let index = usize::try_from(*index).ok()?;
            return text.encode_utf16().nth(index).map(|unit| Int(i64::from(unit)));
        }
        _ => return None,
    };
    Some(Abstract::str(text))
}

fn boxed_integer(name: &str, args: &[Abstract]) -> Option<Abstract> {
    match (name, args) {
        ("valueOf" | "intValue" | "longValue" | "shortValue" | "byteValue", [Abstract::Int(v)]) => {
            Some(Abstract::Int(*v))
        }
        ("parseInt" | "parseLong" | "valueOf", [Abstract::Str(text)]) => {
            text.parse().ok().map(Abstract::Int)
        }
        ("parseInt" | "valueOf", [Abstract::Str(text), Abstract::Int(radix)]) => {
            let radix = u32::try_from(*radix).ok().filter(|radix| (2..=36).contains(radix))?;
            i64::from_str_radix(text, radix).ok().map(Abstract::Int)
        }
        ("toString", [Abstract::Int(value)]) => Some(Abstract::str(value.to_string())),
        ("toHexString", [Abstract::Int(value)]) => Some(Abstract::str(format!("{value:x}"))),
        _ => None,
    }
}

/// `%s` and `%d` with constants; anything else is not computed.
fn simple_format(format: &str, args: &[Abstract]) -> Option<Abstract> {
    let items: Vec<Abstract> = match args {
        [Abstract::Array(items)] => items.to_vec(),
        _ => return None,
    };
    let mut next = items.iter();
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match chars.next()? {
            '%' => out.push('%'),
            's' | 'd' => match next.next()? {
                Abstract::Str(text) => out.push_str(text),
                Abstract::Int(value) => out.push_str(&value.to_string()),
                _ => return None,
            },
            _ => return None,
        }
        if out.len() > STRING_BYTES_MAX {
            return None;
        }
    }
    Some(Abstract::str(out))
}

pub(crate) fn bounded_concat(a: &str, b: &str) -> Option<String> {
    (a.len().saturating_add(b.len()) <= STRING_BYTES_MAX).then(|| format!("{a}{b}"))
}

pub(crate) fn byte_array(bytes: &[u8]) -> Abstract {
    if bytes.len() > ARRAY_ELEMENTS_MAX {
        return Abstract::Unknown;
    }
    let items = bytes.iter().map(|byte| Abstract::Int(i64::from(byte.cast_signed()))).collect();
    Abstract::Array(Arc::new(items))
}

/// The text of a constant array of bytes or characters.
fn text_of_array(value: &Abstract) -> Option<String> {
    let Abstract::Array(items) = value else { return None };
    let mut units = Vec::with_capacity(items.len());
    for item in items.iter() {
        let value = item.as_int()?;
        units.push(u16::try_from(if value < 0 { value & 0xff } else { value }).ok()?);
    }
    if units.iter().all(|unit| *unit < 256) {
        let bytes: Vec<u8> = units.iter().filter_map(|unit| u8::try_from(*unit).ok()).collect();
        return String::from_utf8(bytes).ok();
    }
    String::from_utf16(&units).ok()
}

/// Standard and URL-safe alphabets, padding and line breaks ignored.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0u32;
    let mut count = 0u32;
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' | b'\n' | b'\r' | b' ' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> Abstract {
        Abstract::str(text)
    }

    #[test]
    fn pure_calls_on_constants() {
        let ints = |bytes: &[i64]| {
            Abstract::Array(Arc::new(bytes.iter().map(|b| Abstract::Int(*b)).collect()))
        };
        let rows: &[(&str, &str, Vec<Abstract>, Option<Abstract>)] = &[
            ("java.lang.String", "concat", vec![s("AES"), s("/ECB")], Some(s("AES/ECB"))),
            ("java.lang.String", "toUpperCase", vec![s("aes")], Some(s("AES"))),
            ("java.lang.String", "substring", vec![s("xAES"), Abstract::Int(1)], Some(s("AES"))),
            ("java.lang.String", "substring", vec![s("x"), Abstract::Int(-1)], None),
            ("java.lang.String", "getBytes", vec![s("ab")], Some(ints(&[97, 98]))),
            ("java.lang.String", "valueOf", vec![ints(&[97, 98])], Some(s("ab"))),
            ("java.lang.String", "format", vec![s("%s-%d"), ints(&[])], None),
            ("java.lang.Integer", "parseInt", vec![s("42")], Some(Abstract::Int(42))),
            (
                "android.util.Base64",
                "decode",
                vec![s("YWI="), Abstract::Int(0)],
                Some(ints(&[97, 98])),
            ),
            ("android.util.Base64", "decode", vec![s("?")], None),
            ("com.example.Any", "thing", vec![s("a")], None),
        ];
        for (class, name, args, expected) in rows {
            assert_eq!(&evaluate(class, name, args), expected, "{class}.{name}");
        }
    }
}
