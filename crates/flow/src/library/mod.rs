//! Methods of the platform whose result is computed when their arguments are constants, and
//! what calls do to the objects handed to them. A method that is not here is unknown: its
//! result is only known to come from it, and arrays it receives may have been changed.

pub(crate) mod builder;
mod format;
mod strings;

use crate::ir::{MethodSig, parameter_kinds};
use crate::value::{ARRAY_ELEMENTS_MAX, Abstract, STRING_BYTES_MAX};
use std::sync::Arc;

/// A called method, taken apart once for all calls of it.
#[derive(Debug, Clone)]
pub(crate) struct Callee {
    pub(crate) class: Box<str>,
    pub(crate) name: Box<str>,
    /// First letter of each parameter's descriptor; the receiver is not among them.
    pub(crate) kinds: Vec<u8>,
    /// `class.name`, as results are called.
    pub(crate) full_name: Arc<str>,
}

impl Callee {
    pub(crate) fn new(sig: &MethodSig<'_>) -> Self {
        Self::told_as(sig, format!("{}.{}", sig.class, sig.name))
    }

    /// With the name by which its results are told.
    pub(crate) fn told_as(sig: &MethodSig<'_>, full_name: String) -> Self {
        Self {
            class: (&*sig.class).into(),
            name: (&*sig.name).into(),
            kinds: parameter_kinds(&sig.descriptor),
            full_name: full_name.into(),
        }
    }

    /// The arguments as the parameters mean them: 0 for a reference is null, and what a float
    /// holds is not known, since its bits are those of an integer constant in DEX.
    pub(crate) fn adjust(&self, args: &mut [Abstract]) {
        let receivers = args.len().saturating_sub(self.kinds.len());
        for (arg, kind) in args.iter_mut().skip(receivers).zip(&self.kinds) {
            match (kind, &arg) {
                (b'L' | b'[', Abstract::Int(0)) => *arg = Abstract::Null,
                (b'L' | b'[', Abstract::OneOf(_)) => {
                    *arg = arg.map(|value| match value {
                        Abstract::Int(0) => Abstract::Null,
                        other => other.clone(),
                    });
                }
                (b'F' | b'D', Abstract::Int(_)) => *arg = Abstract::Unknown,
                _ => {}
            }
        }
    }
}

/// The result of a pure call on constants; `None` when it is not one or not computable.
///
/// `args` holds the receiver first for instance methods.
pub(crate) fn evaluate(callee: &Callee, args: &[Abstract]) -> Option<Abstract> {
    let name = &*callee.name;
    match (&*callee.class, name, args) {
        ("java.lang.String", ..) => strings::evaluate(name, &callee.kinds, args),
        (_, "toString", [text @ Abstract::Str(_)]) => Some(text.clone()),
        (
            class @ ("java.lang.Integer" | "java.lang.Long" | "java.lang.Short" | "java.lang.Byte"),
            ..,
        ) => boxed_integer(class, name, args),
        ("java.lang.Boolean", ..) => boxed_boolean(name, args),
        ("java.lang.Character", "valueOf" | "charValue", [Abstract::Int(value)]) => {
            Some(Abstract::Int(*value))
        }
        ("java.lang.Character", "toString", [value]) => text_of(b'C', value).map(Abstract::str),
        ("java.util.Objects", "requireNonNull", [value, ..]) => Some(value.clone()),
        ("java.util.Objects", "equals", [a, b]) => equal(a, b),
        ("kotlin.jvm.internal.Intrinsics", "areEqual", [a, b]) => equal(a, b),
        ("kotlin.jvm.internal.Intrinsics", "stringPlus", [a, b]) => {
            bounded_concat(&text_of(b'L', a)?, &text_of(b'L', b)?).map(Abstract::str)
        }
        ("kotlin.text.StringsKt", "encodeToByteArray", [Abstract::Str(text)]) => {
            byte_array(text.as_bytes())
        }
        ("android.net.Uri", "parse", [text @ Abstract::Str(_)]) => Some(text.clone()),
        ("android.text.TextUtils", "isEmpty", [Abstract::Str(text)]) => {
            Some(Abstract::Int(text.is_empty().into()))
        }
        ("android.util.Base64", "decode", [coded, ..]) => decode(coded),
        ("java.util.Base64$Decoder", "decode", [_, coded]) => decode(coded),
        ("android.util.Base64", "encodeToString", [bytes, Abstract::Int(flags)]) => {
            encode_base64(&bytes_of(bytes)?, *flags).map(Abstract::str)
        }
        (
            "java.util.Base64$Encoder",
            "encodeToString",
            [Abstract::Result { method, .. }, bytes],
        ) if &**method == "java.util.Base64.getEncoder" => {
            encode_base64(&bytes_of(bytes)?, NO_WRAP).map(Abstract::str)
        }
        ("java.util.Arrays", "copyOf", [Abstract::Array(items), Abstract::Int(length)]) => {
            copy_range(items, 0, *length)
        }
        (
            "java.util.Arrays",
            "copyOfRange",
            [Abstract::Array(items), Abstract::Int(start), Abstract::Int(end)],
        ) => copy_range(items, *start, *end),
        (class, "clone", [array @ Abstract::Array(_)]) if class.ends_with("[]") => {
            Some(array.clone())
        }
        _ => None,
    }
}

/// Constants of the platform: `int.class` is `Integer.TYPE` in the code.
pub(crate) fn constant_field(class: &str, name: &str) -> Option<Abstract> {
    if name != "TYPE" {
        return None;
    }
    let primitive = match class {
        "java.lang.Boolean" => "boolean",
        "java.lang.Byte" => "byte",
        "java.lang.Character" => "char",
        "java.lang.Double" => "double",
        "java.lang.Float" => "float",
        "java.lang.Integer" => "int",
        "java.lang.Long" => "long",
        "java.lang.Short" => "short",
        "java.lang.Void" => "void",
        _ => return None,
    };
    Some(Abstract::Class(primitive.into()))
}

/// The result of calls that only hand on what they were given, constant or not.
pub(crate) fn passes_through(callee: &Callee) -> bool {
    let name = &*callee.name;
    match &*callee.class {
        "java.util.Objects" => name == "requireNonNull",
        // They return the intent itself, so that `new Intent().setPackage(...)` stays one object.
        "android.content.Intent" => {
            ["set", "add", "put", "replace"].iter().any(|start| name.starts_with(start))
        }
        _ => false,
    }
}

/// Methods that do not change an array handed to them.
pub(crate) fn leaves_arrays_alone(callee: &Callee) -> bool {
    let (class, name) = (&*callee.class, &*callee.name);
    if class.starts_with("javax.crypto.spec.") || class.starts_with("java.security.spec.") {
        return true;
    }
    // Output goes into a second array.
    let one_array = callee.kinds.iter().filter(|kind| **kind == b'[').count() == 1;
    match class {
        "java.lang.String" | "android.util.Base64" | "java.util.Base64$Encoder" => true,
        "java.util.Base64$Decoder" | "javax.crypto.Cipher" | "javax.crypto.Mac" => one_array,
        "java.security.KeyStore" | "java.security.MessageDigest" | "java.util.Objects" => true,
        "kotlin.jvm.internal.Intrinsics" | "java.io.PrintStream" | "android.util.Log" => true,
        "java.util.Arrays" => {
            matches!(name, "copyOf" | "copyOfRange" | "equals" | "hashCode" | "toString")
        }
        "java.security.Signature" => name == "update" || name == "verify",
        "java.io.OutputStream" | "java.io.ByteArrayOutputStream" | "java.io.FileOutputStream" => {
            name == "write"
        }
        "java.math.BigInteger" => name == "<init>",
        _ => name == "clone" && class.ends_with("[]"),
    }
}

/// A value as it reads in a string, by the kind of the parameter that takes it. A number behind a
/// reference may be a boxed number, character or boolean: its text is not known.
pub(crate) fn text_of(kind: u8, value: &Abstract) -> Option<String> {
    match (kind, value) {
        (_, Abstract::Str(text)) => Some(text.to_string()),
        (b'L', Abstract::Null) => Some("null".to_owned()),
        (b'C', Abstract::Int(value)) => {
            char::from_u32(u32::try_from(*value).ok()?).map(String::from)
        }
        (b'Z', Abstract::Int(value)) => Some((*value != 0).to_string()),
        (b'I' | b'J' | b'S' | b'B', Abstract::Int(value)) => Some(value.to_string()),
        _ => None,
    }
}

fn equal(a: &Abstract, b: &Abstract) -> Option<Abstract> {
    let same = match (a, b) {
        (Abstract::Str(a), Abstract::Str(b)) => a == b,
        (Abstract::Int(a), Abstract::Int(b)) => a == b,
        (Abstract::Null, Abstract::Null) => true,
        (Abstract::Null, Abstract::Str(_)) | (Abstract::Str(_), Abstract::Null) => false,
        _ => return None,
    };
    Some(Abstract::Int(same.into()))
}

fn boxed_boolean(name: &str, args: &[Abstract]) -> Option<Abstract> {
    match (name, args) {
        ("valueOf" | "booleanValue", [Abstract::Int(value)]) => Some(Abstract::Int(*value)),
        ("valueOf" | "parseBoolean", [Abstract::Str(text)]) => {
            Some(Abstract::Int(text.eq_ignore_ascii_case("true").into()))
        }
        ("toString", [value]) => text_of(b'Z', value).map(Abstract::str),
        _ => None,
    }
}

fn boxed_integer(class: &str, name: &str, args: &[Abstract]) -> Option<Abstract> {
    match (name, args) {
        ("valueOf" | "intValue" | "longValue" | "shortValue" | "byteValue", [Abstract::Int(v)]) => {
            Some(Abstract::Int(*v))
        }
        ("parseInt" | "parseLong" | "valueOf", [Abstract::Str(text)]) => {
            text.parse().ok().map(Abstract::Int)
        }
        ("parseInt" | "parseLong" | "valueOf", [Abstract::Str(text), Abstract::Int(radix)]) => {
            let radix = u32::try_from(*radix).ok().filter(|radix| (2..=36).contains(radix))?;
            i64::from_str_radix(text, radix).ok().map(Abstract::Int)
        }
        ("toString", [Abstract::Int(value)]) => Some(Abstract::str(value.to_string())),
        ("toHexString", [Abstract::Int(value)]) => {
            let bits = if class == "java.lang.Long" { *value } else { *value & 0xffff_ffff };
            Some(Abstract::str(format!("{bits:x}")))
        }
        _ => None,
    }
}

fn copy_range(items: &[Abstract], start: i64, end: i64) -> Option<Abstract> {
    let start = usize::try_from(start).ok().filter(|start| *start <= items.len())?;
    let length = usize::try_from(end).ok()?.checked_sub(start)?;
    if length > ARRAY_ELEMENTS_MAX {
        return None;
    }
    let mut copied: Vec<Abstract> = items.iter().skip(start).take(length).cloned().collect();
    copied.resize(length, Abstract::Int(0));
    Some(Abstract::Array(Arc::new(copied)))
}

pub(crate) fn bounded_concat(a: &str, b: &str) -> Option<String> {
    (a.len().saturating_add(b.len()) <= STRING_BYTES_MAX).then(|| format!("{a}{b}"))
}

pub(crate) fn byte_array(bytes: &[u8]) -> Option<Abstract> {
    if bytes.len() > ARRAY_ELEMENTS_MAX {
        return None;
    }
    let items = bytes.iter().map(|byte| Abstract::Int(i64::from(byte.cast_signed()))).collect();
    Some(Abstract::Array(Arc::new(items)))
}

fn bytes_of(value: &Abstract) -> Option<Vec<u8>> {
    let Abstract::Array(items) = value else { return None };
    items.iter().map(|item| u8::try_from(item.as_int()? & 0xff).ok()).collect()
}

fn decode(coded: &Abstract) -> Option<Abstract> {
    let text = match coded {
        Abstract::Str(text) => text.to_string(),
        other => String::from_utf8(bytes_of(other)?).ok()?,
    };
    byte_array(&decode_base64(&text)?)
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

// Flags of android.util.Base64.
const NO_PADDING: i64 = 1;
const NO_WRAP: i64 = 2;
const CRLF: i64 = 4;
const URL_SAFE: i64 = 8;
/// Characters of a line of wrapped output.
const LINE: usize = 76;

fn encode_base64(bytes: &[u8], flags: i64) -> Option<String> {
    if bytes.len() > STRING_BYTES_MAX / 2 {
        return None;
    }
    let digit = |bits: u32| match u8::try_from(bits & 63).unwrap_or(0) {
        value @ 0..=25 => char::from(b'A' + value),
        value @ 26..=51 => char::from(b'a' + (value - 26)),
        value @ 52..=61 => char::from(b'0' + (value - 52)),
        62 if flags & URL_SAFE != 0 => '-',
        62 => '+',
        _ if flags & URL_SAFE != 0 => '_',
        _ => '/',
    };
    let line_end = if flags & CRLF != 0 { "\r\n" } else { "\n" };
    let mut out = String::new();
    let mut in_line = 0;
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for (at, shift) in [18u32, 12, 6, 0].into_iter().enumerate() {
            if at <= group.len() {
                out.push(digit(bits >> shift));
            } else if flags & NO_PADDING == 0 {
                out.push('=');
            }
        }
        in_line += 4;
        if flags & NO_WRAP == 0 && in_line == LINE {
            out.push_str(line_end);
            in_line = 0;
        }
    }
    if flags & NO_WRAP == 0 && in_line > 0 {
        out.push_str(line_end);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s(text: &str) -> Abstract {
        Abstract::str(text)
    }

    fn call(class: &str, name: &str, descriptor: &str, args: &[Abstract]) -> Option<Abstract> {
        let sig =
            MethodSig { class: class.into(), name: name.into(), descriptor: descriptor.into() };
        let callee = Callee::new(&sig);
        let mut args = args.to_vec();
        callee.adjust(&mut args);
        evaluate(&callee, &args)
    }

    fn ints(values: &[i64]) -> Abstract {
        Abstract::Array(Arc::new(values.iter().map(|value| Abstract::Int(*value)).collect()))
    }

    #[test]
    fn setters_hand_on_the_intent() {
        for (class, name, expected) in [
            ("android.content.Intent", "setPackage", true),
            ("android.content.Intent", "putExtra", true),
            ("android.content.Intent", "getStringExtra", false),
            ("android.content.Intent", "parseUri", false),
            ("java.util.Objects", "requireNonNull", true),
            ("java.util.Map", "put", false),
        ] {
            let sig =
                MethodSig { class: class.into(), name: name.into(), descriptor: "()V".into() };
            assert_eq!(passes_through(&Callee::new(&sig)), expected, "{class}.{name}");
        }
    }

    #[test]
    fn pure_calls_on_constants() {
        use Abstract::Int;
        const STRING: &str = "java.lang.String";
        type Row = (&'static str, &'static str, &'static str, Vec<Abstract>, Option<Abstract>);
        let rows: &[Row] = &[
            (STRING, "concat", "(L;)", vec![s("AES"), s("/ECB")], Some(s("AES/ECB"))),
            (STRING, "toUpperCase", "()", vec![s("aes")], Some(s("AES"))),
            (STRING, "substring", "(I)", vec![s("xAES"), Int(1)], Some(s("AES"))),
            (STRING, "substring", "(I)", vec![s("x"), Int(-1)], None),
            (STRING, "substring", "(I)", vec![s("x"), Int(2)], None),
            (STRING, "substring", "(II)", vec![s("x😀y"), Int(1), Int(3)], Some(s("😀"))),
            // Half of a surrogate pair.
            (STRING, "substring", "(II)", vec![s("x😀y"), Int(1), Int(2)], None),
            (STRING, "getBytes", "()", vec![s("ab")], Some(ints(&[97, 98]))),
            (STRING, "getBytes", "(L;)", vec![s("ab"), s("UTF-16")], None),
            (STRING, "getBytes", "(L;)", vec![s("é"), s("ISO-8859-1")], Some(ints(&[-23]))),
            (STRING, "getBytes", "(L;)", vec![s("é"), Abstract::Unknown], None),
            (STRING, "valueOf", "([)", vec![ints(&[97, 98])], Some(s("ab"))),
            (STRING, "valueOf", "(C)", vec![Int(97)], Some(s("a"))),
            (STRING, "valueOf", "(Z)", vec![Int(1)], Some(s("true"))),
            (STRING, "valueOf", "(L;)", vec![Int(1)], None),
            (STRING, "valueOf", "(D)", vec![Int(1)], None),
            (STRING, "trim", "()", vec![s("\t a \u{0}")], Some(s("a"))),
            (STRING, "split", "(L;)", vec![s("a.b.."), s("\\.")], {
                Some(Abstract::Array(Arc::new(vec![s("a"), s("b")])))
            }),
            (STRING, "split", "(L;)", vec![s("a.b"), s(".")], None),
            (STRING, "hashCode", "()", vec![s("polygenelubricants")], Some(Int(-2147483648))),
            (STRING, "indexOf", "(L;)", vec![s("hello"), s("z")], Some(Int(-1))),
            ("java.lang.Integer", "parseInt", "(L;)", vec![s("42")], Some(Int(42))),
            ("java.lang.Integer", "toHexString", "(I)", vec![Int(-1)], Some(s("ffffffff"))),
            ("java.lang.Long", "toHexString", "(J)", vec![Int(-1)], Some(s("ffffffffffffffff"))),
            ("java.util.Objects", "equals", "(L;L;)", vec![s("a"), Int(0)], Some(Int(0))),
            (
                "android.util.Base64",
                "decode",
                "(L;I)",
                vec![s("YWI="), Int(0)],
                Some(ints(&[97, 98])),
            ),
            ("android.util.Base64", "decode", "(L;I)", vec![s("?"), Int(0)], None),
            ("byte[]", "clone", "()", vec![ints(&[1])], Some(ints(&[1]))),
            ("java.util.Arrays", "copyOf", "([I)", vec![ints(&[1]), Int(2)], Some(ints(&[1, 0]))),
            ("java.util.Arrays", "copyOf", "([I)", vec![ints(&[1]), Int(1 << 40)], None),
            ("com.example.Any", "thing", "(L;)", vec![s("a")], None),
        ];
        for (class, name, descriptor, args, expected) in rows {
            assert_eq!(&call(class, name, descriptor, args), expected, "{class}.{name} {args:?}");
        }
    }

    #[test]
    fn base64_output() {
        // Expected values: `base64` of coreutils.
        let long = [b'a'; 60];
        let wrapped = format!("{}\nYWFh\n", "YWFh".repeat(19));
        for (bytes, flags, expected) in [
            (&b"secret"[..], NO_WRAP, "c2VjcmV0"),
            (b"secret", 0, "c2VjcmV0\n"),
            (b"a", NO_WRAP, "YQ=="),
            (b"a", NO_WRAP | NO_PADDING, "YQ"),
            (b"ab", NO_WRAP, "YWI="),
            (b"\xfb\xff", NO_WRAP, "+/8="),
            (b"\xfb\xff", NO_WRAP | URL_SAFE, "-_8="),
            (b"", 0, ""),
            (&long, 0, &wrapped),
        ] {
            assert_eq!(encode_base64(bytes, flags).as_deref(), Some(expected), "{bytes:x?}");
            assert_eq!(decode_base64(expected).as_deref(), Some(bytes), "{expected}");
        }
    }
}
