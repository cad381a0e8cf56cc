//! Objects of a PDF file (ISO 32000-1, section 7.3) and a tokenizer for them, which content streams
//! and CMaps share.

use std::collections::HashMap;

/// Arrays and dictionaries nested deeper are cut.
const DEPTH_MAX: usize = 64;
/// Elements of one array or dictionary.
const ELEMENTS_MAX: usize = 500_000;

pub(super) type Dictionary = HashMap<String, Object>;

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Object {
    #[default]
    Null,
    Number(f64),
    Name(String),
    Text(Vec<u8>),
    Array(Vec<Object>),
    Dictionary(Dictionary),
    Reference(u32),
    /// A dictionary with the range of its raw data in the buffer that it was read from.
    Stream(Dictionary, std::ops::Range<usize>),
    /// `BT`, `endobj`, `true`: whatever is none of the others.
    Word(String),
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }

    /// A whole number that is not negative.
    pub(super) fn index(&self) -> Option<usize> {
        to_index(self.number()?)
    }

    pub(super) fn name(&self) -> Option<&str> {
        if let Self::Name(name) = self { Some(name) } else { None }
    }

    pub(super) fn array(&self) -> Option<&[Object]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    pub(super) fn dictionary(&self) -> Option<&Dictionary> {
        match self {
            Self::Dictionary(dictionary) | Self::Stream(dictionary, _) => Some(dictionary),
            _ => None,
        }
    }
}

/// A number of a file as an index: whole, not negative, below 2^32.
pub(super) fn to_index(number: f64) -> Option<usize> {
    if !(0.0..4_294_967_296.0).contains(&number) {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = number as u32;
    usize::try_from(whole).ok()
}

/// Reads tokens and objects from bytes.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|byte| !matches!(byte, 10 | 13)) {
                    self.step();
                }
            } else if is_space(byte) {
                self.step();
            } else {
                break;
            }
        }
    }

    fn starts_with(&self, word: &[u8]) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word))
    }

    /// The next object or word; `None` at the end.
    pub(super) fn object(&mut self) -> Option<Object> {
        self.nested(0)
    }

    fn nested(&mut self, depth: usize) -> Option<Object> {
        self.skip_space();
        let byte = self.peek()?;
        match byte {
            b'/' => {
                self.step();
                Some(Object::Name(self.name()))
            }
            b'(' => Some(Object::Text(self.literal())),
            b'<' if self.starts_with(b"<<") => {
                self.at = self.at.saturating_add(2);
                Some(self.dictionary(depth))
            }
            b'<' => Some(Object::Text(self.hexadecimal())),
            b'[' => {
                self.step();
                Some(self.array(depth))
            }
            b'0'..=b'9' | b'+' | b'-' | b'.' => Some(self.number_or_reference()),
            b')' | b'>' | b']' | b'{' | b'}' => {
                self.step();
                Some(Object::Word(char::from(byte).to_string()))
            }
            _ => Some(Object::Word(self.word())),
        }
    }

    fn array(&mut self, depth: usize) -> Object {
        let mut items = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b']') => {
                    self.step();
                    break;
                }
                Some(_) if depth >= DEPTH_MAX || items.len() >= ELEMENTS_MAX => {
                    self.step();
                }
                Some(_) => match self.nested(depth.saturating_add(1)) {
                    Some(Object::Word(word)) if word == "endobj" => break,
                    Some(item) => items.push(item),
                    None => break,
                },
            }
        }
        Object::Array(items)
    }

    fn dictionary(&mut self, depth: usize) -> Object {
        let mut entries = Dictionary::new();
        loop {
            self.skip_space();
            match self.peek() {
                None => break,
                Some(b'>') => {
                    self.at = self.at.saturating_add(if self.starts_with(b">>") { 2 } else { 1 });
                    break;
                }
                Some(b'/') if depth < DEPTH_MAX && entries.len() < ELEMENTS_MAX => {
                    self.step();
                    let key = self.name();
                    match self.nested(depth.saturating_add(1)) {
                        Some(value) => entries.insert(key, value),
                        None => break,
                    };
                }
                Some(b'e') if self.starts_with(b"endobj") => break,
                Some(_) => self.step(),
            }
        }
        Object::Dictionary(entries)
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.step();
        }
        if self.at == start {
            self.step();
        }
        String::from_utf8_lossy(self.bytes.get(start..self.at).unwrap_or_default()).into_owned()
    }

    fn name(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.step();
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let mut out = Vec::with_capacity(raw.len());
        let mut rest = raw.iter().copied();
        while let Some(byte) = rest.next() {
            let mut ahead = rest.clone();
            let pair = (ahead.next().and_then(hex), ahead.next().and_then(hex));
            if let (b'#', (Some(high), Some(low))) = (byte, pair) {
                out.push(high.wrapping_shl(4) | low);
                rest = ahead;
            } else {
                out.push(byte);
            }
        }
        String::from_utf8_lossy(&out).into_owned()
    }

    fn number_or_reference(&mut self) -> Object {
        let number = self.number();
        let back = self.at;
        // `12 0 R`
        if let Some(id) = to_index(number).and_then(|id| u32::try_from(id).ok()) {
            self.skip_space();
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                self.number();
                self.skip_space();
                let after = self.bytes.get(self.at.saturating_add(1)).copied();
                if self.peek() == Some(b'R')
                    && after.is_none_or(|byte| is_space(byte) || is_delimiter(byte))
                {
                    self.step();
                    return Object::Reference(id);
                }
            }
        }
        self.at = back;
        Object::Number(number)
    }

    fn number(&mut self) -> f64 {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'))
        {
            self.step();
        }
        let raw = self.bytes.get(start..self.at).unwrap_or_default();
        let text = std::str::from_utf8(raw).unwrap_or_default();
        // Writers in error leave a second sign inside a number.
        let text = text
            .split_at_checked(1)
            .and_then(|(first, rest)| Some((first, rest.split(['-', '+']).next()?)));
        text.and_then(|(first, rest)| format!("{first}{rest}").parse().ok()).unwrap_or(0.0)
    }

    fn literal(&mut self) -> Vec<u8> {
        self.step();
        let mut out = Vec::new();
        let mut open = 1_usize;
        while let Some(byte) = self.peek() {
            self.step();
            match byte {
                b'\\' => self.escape(&mut out),
                b'(' => {
                    open = open.saturating_add(1);
                    out.push(byte);
                }
                b')' => {
                    open = open.saturating_sub(1);
                    if open == 0 {
                        break;
                    }
                    out.push(byte);
                }
                _ => out.push(byte),
            }
        }
        out
    }

    fn escape(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.step();
        match byte {
            b'n' => out.push(10),
            b'r' => out.push(13),
            b't' => out.push(9),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'0'..=b'7' => {
                let mut value = u32::from(byte.wrapping_sub(b'0'));
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value.wrapping_shl(3) | u32::from(digit.wrapping_sub(b'0'));
                    self.step();
                }
                out.push(u8::try_from(value & 0xFF).unwrap_or_default());
            }
            13 => {
                if self.peek() == Some(10) {
                    self.step();
                }
            }
            10 => {}
            other => out.push(other),
        }
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        self.step();
        let mut out = Vec::new();
        let mut high: Option<u8> = None;
        while let Some(byte) = self.peek() {
            self.step();
            if byte == b'>' {
                break;
            }
            let Some(digit) = hex(byte) else { continue };
            match high.take() {
                Some(first) => out.push(first.wrapping_shl(4) | digit),
                None => high = Some(digit),
            }
        }
        out.extend(high.map(|first| first.wrapping_shl(4)));
        out
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects() {
        let text = |bytes: &[u8]| Object::Text(bytes.to_vec());
        for (source, expected) in [
            ("12 0 R", Object::Reference(12)),
            ("12 0", Object::Number(12.0)),
            ("-.5", Object::Number(-0.5)),
            ("/A#42c", Object::Name("ABc".to_owned())),
            (r"(a\(b\051(c)\n)", text(b"a(b)(c)\n")),
            ("<4e2D5>", text(b"\x4e\x2d\x50")),
            (
                "[1 /X (y)]",
                Object::Array(vec![Object::Number(1.0), Object::Name("X".to_owned()), text(b"y")]),
            ),
            (
                "<</A 1/B[2]>>",
                Object::Dictionary(HashMap::from([
                    ("A".to_owned(), Object::Number(1.0)),
                    ("B".to_owned(), Object::Array(vec![Object::Number(2.0)])),
                ])),
            ),
            ("% c\nBT", Object::Word("BT".to_owned())),
        ] {
            assert_eq!(Lexer::new(source.as_bytes(), 0).object(), Some(expected), "{source}");
        }
        assert_eq!(Lexer::new(b"  ", 0).object(), None);
    }
}
