//! `StringBuilder` and `StringBuffer`: what each call makes of the text collected so far.

use super::{bounded_concat, strings, text_of};
use crate::value::Abstract;

/// What a call does.
#[derive(Debug, PartialEq)]
pub(crate) enum Effect {
    /// The builder holds this text now, and is the result.
    Text(Abstract),
    /// The text stays; the result is this.
    Value(Abstract),
    /// The text is not known any more; the builder is the result.
    Lost,
    /// Not a method that is known.
    Unknown,
}

pub(crate) fn is_builder(class: &str) -> bool {
    matches!(class, "java.lang.StringBuilder" | "java.lang.StringBuffer")
}

/// `args` without the receiver. Text and arguments may have alternatives, but not two of them.
pub(crate) fn call(name: &str, kinds: &[u8], text: &Abstract, args: &[Abstract]) -> Effect {
    if name == "toString" {
        return Effect::Value(text.clone());
    }
    let several = args.iter().position(|arg| matches!(arg, Abstract::OneOf(_)));
    let (text_varies, arg_varies) = (matches!(text, Abstract::OneOf(_)), several.is_some());
    if !text_varies && !arg_varies {
        return single(name, kinds, text, args);
    }
    let effects: Vec<Effect> = match several.and_then(|at| Some((at, args.get(at)?))) {
        Some((at, arg)) if !text_varies => arg
            .alternatives()
            .iter()
            .map(|alternative| {
                let mut chosen = args.to_vec();
                if let Some(slot) = chosen.get_mut(at) {
                    *slot = alternative.clone();
                }
                single(name, kinds, text, &chosen)
            })
            .collect(),
        Some(_) => return Effect::Lost,
        None => text.alternatives().iter().map(|text| single(name, kinds, text, args)).collect(),
    };
    let joined = effects.into_iter().reduce(|a, b| match (a, b) {
        (Effect::Text(a), Effect::Text(b)) => Effect::Text(a.join(&b)),
        (Effect::Value(a), Effect::Value(b)) => Effect::Value(a.join(&b)),
        _ => Effect::Lost,
    });
    match joined {
        Some(Effect::Text(Abstract::Unknown)) | None => Effect::Lost,
        Some(effect) => effect,
    }
}

fn single(name: &str, kinds: &[u8], text: &Abstract, args: &[Abstract]) -> Effect {
    let Some(text) = text.as_text() else { return Effect::Lost };
    let known = match name {
        "length" => return Effect::Value(length(text)),
        "capacity" | "ensureCapacity" | "trimToSize" => return Effect::Value(Abstract::Unknown),
        "charAt" | "indexOf" | "lastIndexOf" | "substring" | "isEmpty" => {
            let mut all = vec![Abstract::str(text)];
            all.extend_from_slice(args);
            let value = strings::evaluate(name, kinds, &all);
            return Effect::Value(value.unwrap_or(Abstract::Unknown));
        }
        "<init>" => initial(kinds, args),
        "append" | "insert" | "reverse" | "setLength" | "deleteCharAt" | "delete" | "setCharAt"
        | "replace" | "appendCodePoint" => changed(name, kinds, text, args),
        _ => return Effect::Unknown,
    };
    known.map_or(Effect::Lost, |text| Effect::Text(Abstract::str(text)))
}

fn initial(kinds: &[u8], args: &[Abstract]) -> Option<String> {
    match (kinds, args) {
        ([] | [b'I'], _) => Some(String::new()),
        ([_], [Abstract::Str(text)]) => Some(text.to_string()),
        _ => None,
    }
}

fn changed(name: &str, kinds: &[u8], text: &str, args: &[Abstract]) -> Option<String> {
    use Abstract::Int;
    let splice = |start: i64, end: i64, middle: &str| {
        let before = strings::slice(text, 0, Some(start))?;
        bounded_concat(&bounded_concat(&before, middle)?, &strings::slice(text, end, None)?)
    };
    match (name, args) {
        ("append", [added]) => bounded_concat(text, &added_text(*kinds.first()?, added)?),
        ("append", [added, Int(a), Int(b)]) => {
            let added = added_text(*kinds.first()?, added)?;
            // A range of a sequence, or a count of an array.
            let end = if kinds.first() == Some(&b'[') { a.checked_add(*b)? } else { *b };
            bounded_concat(text, &strings::slice(&added, *a, Some(end))?)
        }
        ("appendCodePoint", [added]) => bounded_concat(text, &text_of(b'C', added)?),
        ("insert", [Int(at), added]) => splice(*at, *at, &added_text(*kinds.get(1)?, added)?),
        ("reverse", []) => Some(text.chars().rev().collect()),
        ("setLength", [Int(length)]) => strings::slice(text, 0, Some(*length)),
        ("deleteCharAt", [Int(at)]) => splice(*at, at.checked_add(1)?, ""),
        ("delete", [Int(start), Int(end)]) => splice(*start, cut(text, *end), ""),
        ("replace", [Int(start), Int(end), Abstract::Str(to)]) => {
            splice(*start, cut(text, *end), to)
        }
        ("setCharAt", [Int(at), character]) => {
            splice(*at, at.checked_add(1)?, &text_of(b'C', character)?)
        }
        _ => None,
    }
}

/// An end behind the text means its end.
fn cut(text: &str, end: i64) -> i64 {
    length(text).as_int().map_or(end, |length| end.min(length))
}

fn length(text: &str) -> Abstract {
    i64::try_from(text.encode_utf16().count()).map_or(Abstract::Unknown, Abstract::Int)
}

fn added_text(kind: u8, value: &Abstract) -> Option<String> {
    if kind == b'[' { strings::text_of_array(value) } else { text_of(kind, value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Abstract::{Int, Null, Unknown};
    use std::sync::Arc;

    #[test]
    fn calls() {
        let s = |text: &str| Abstract::str(text);
        let either = Abstract::OneOf(Arc::new(vec![s("x"), s("y")]));
        let becomes = |text: &str| Effect::Text(Abstract::str(text));
        for (name, kinds, args, expected) in [
            ("append", &b"L"[..], vec![s("c")], becomes("abc")),
            ("append", b"C", vec![Int(99)], becomes("abc")),
            ("append", b"Z", vec![Int(1)], becomes("abtrue")),
            ("append", b"L", vec![Null], becomes("abnull")),
            ("append", b"L", vec![Int(5)], Effect::Lost),
            ("append", b"L", vec![Unknown], Effect::Lost),
            ("append", b"LII", vec![s("wxyz"), Int(1), Int(3)], becomes("abxy")),
            ("insert", b"IL", vec![Int(1), s("-")], becomes("a-b")),
            ("insert", b"IL", vec![Int(9), s("-")], Effect::Lost),
            ("reverse", b"", vec![], becomes("ba")),
            ("delete", b"II", vec![Int(1), Int(99)], becomes("a")),
            ("replace", b"IIL", vec![Int(0), Int(1), s("zz")], becomes("zzb")),
            ("setLength", b"I", vec![Int(0)], becomes("")),
            ("setLength", b"I", vec![Int(5)], Effect::Lost),
            ("length", b"", vec![], Effect::Value(Int(2))),
            ("toString", b"", vec![], Effect::Value(s("ab"))),
            ("charAt", b"I", vec![Int(1)], Effect::Value(Int(98))),
            ("chars", b"", vec![], Effect::Unknown),
        ] {
            assert_eq!(call(name, kinds, &s("ab"), &args), expected, "{name} {args:?}");
        }
        let expected = Abstract::OneOf(Arc::new(vec![s("abx"), s("aby")]));
        let found = call("append", b"L", &s("ab"), std::slice::from_ref(&either));
        assert_eq!(found, Effect::Text(expected));
        let found = call("append", b"L", &either, std::slice::from_ref(&either));
        assert_eq!(found, Effect::Lost);
    }
}
