//! Fonts of a PDF as far as text needs them: how strings split into codes, which characters the
//! codes are (ToUnicode, section 9.10; predefined CMaps for Chinese, section 9.7.5.2; encodings
//! of simple fonts, annex D), and how wide their glyphs are.

use super::file::File;
use super::object::{Dictionary, Lexer, Object};
use encoding_rs::{BIG5, GB18030, WINDOWS_1252};
use std::collections::HashMap;

/// Mappings of one font.
const MAPPINGS_MAX: usize = 200_000;

#[derive(Debug, Default)]
pub(super) struct Font {
    pub(super) bold: bool,
    composite: bool,
    to_unicode: HashMap<u32, String>,
    /// Lengths in bytes that codes have, from the code space ranges: first byte low and high.
    spaces: Vec<(usize, u32, u32)>,
    predefined: Predefined,
    differences: HashMap<u32, String>,
    widths: HashMap<u32, f64>,
    default_width: f64,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Predefined {
    #[default]
    None,
    Utf16,
    Gbk,
    Big5,
    Latin,
}

/// A code of a string: its character, when known, and its width in thousandths of the size.
pub(super) struct Glyph {
    pub(super) text: Option<String>,
    pub(super) width: f64,
    /// A single-byte code 32, to which word spacing applies.
    pub(super) space: bool,
}

impl Font {
    pub(super) fn read(file: &File, entries: &Dictionary) -> Self {
        let mut font = Self::default();
        let base = file.get(entries, "BaseFont").name().unwrap_or_default().to_ascii_lowercase();
        font.bold = base.contains("bold")
            || base.contains("black")
            || base.contains("heavy")
            || base.contains("simhei");
        font.composite = file.get(entries, "Subtype").name() == Some("Type0");
        if let Some(data) = file.data(file.get(entries, "ToUnicode")) {
            font.cmap(&data);
        }
        if font.composite {
            font.composite(file, entries);
        } else {
            font.simple(file, entries);
        }
        font
    }

    fn composite(&mut self, file: &File, entries: &Dictionary) {
        let encoding = file.get(entries, "Encoding").name().unwrap_or_default();
        self.predefined = if encoding.contains("UCS2") || encoding.contains("UTF16") {
            Predefined::Utf16
        } else if encoding.starts_with("GB") {
            Predefined::Gbk
        } else if encoding.contains("B5") || encoding.starts_with("ETen") {
            Predefined::Big5
        } else {
            Predefined::None
        };
        self.default_width = 1000.0;
        let descendant =
            file.get(entries, "DescendantFonts").array().and_then(|fonts| fonts.first());
        let Some(descendant) = descendant.and_then(|font| file.resolve(font).dictionary()) else {
            return;
        };
        if let Some(width) = file.get(descendant, "DW").number() {
            self.default_width = width;
        }
        let Some(widths) = file.get(descendant, "W").array() else { return };
        let mut items = widths.iter().map(|item| file.resolve(item));
        while let (Some(first), Some(second)) = (items.next().and_then(Object::index), items.next())
        {
            if let Some(list) = second.array() {
                for (offset, width) in list.iter().enumerate() {
                    self.width(first.saturating_add(offset), file.resolve(width).number());
                }
            } else if let (Some(last), Some(width)) =
                (second.index(), items.next().and_then(Object::number))
            {
                for code in first..=last.min(first.saturating_add(0xFFFF)) {
                    self.width(code, Some(width));
                }
            }
        }
    }

    fn width(&mut self, code: usize, width: Option<f64>) {
        if let (Ok(code), Some(width)) = (u32::try_from(code), width)
            && self.widths.len() < MAPPINGS_MAX
        {
            self.widths.insert(code, width);
        }
    }

    fn simple(&mut self, file: &File, entries: &Dictionary) {
        self.predefined = Predefined::Latin;
        self.default_width = 500.0;
        let first = file.get(entries, "FirstChar").index().unwrap_or(0);
        for (offset, width) in
            file.get(entries, "Widths").array().unwrap_or_default().iter().enumerate()
        {
            self.width(first.saturating_add(offset), file.resolve(width).number());
        }
        let differences = file
            .get(entries, "Encoding")
            .dictionary()
            .map(|encoding| file.get(encoding, "Differences"));
        let mut code = 0_u32;
        for item in differences.and_then(Object::array).unwrap_or_default() {
            match item {
                Object::Number(_) => {
                    code = item.index().and_then(|code| u32::try_from(code).ok()).unwrap_or(0)
                }
                Object::Name(name) => {
                    if let Some(text) = glyph_name(name) {
                        self.differences.insert(code, text);
                    }
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
    }

    /// Reads a ToUnicode CMap.
    fn cmap(&mut self, data: &[u8]) {
        let mut lexer = Lexer::new(data, 0);
        let mut operands: Vec<Object> = Vec::new();
        while let Some(object) = lexer.object() {
            let Object::Word(word) = &object else {
                if operands.len() < MAPPINGS_MAX {
                    operands.push(object);
                }
                continue;
            };
            match word.as_str() {
                "endcodespacerange" => {
                    for pair in operands.chunks_exact(2) {
                        if let [Object::Text(low), Object::Text(high)] = pair
                            && let (Some(first), Some(last)) = (low.first(), high.first())
                        {
                            self.spaces.push((
                                low.len().clamp(1, 4),
                                u32::from(*first),
                                u32::from(*last),
                            ));
                        }
                    }
                }
                "endbfchar" => {
                    for pair in operands.chunks_exact(2) {
                        if let [Object::Text(code), Object::Text(text)] = pair {
                            self.map(number(code), utf16(text));
                        }
                    }
                }
                "endbfrange" => self.ranges(&operands),
                _ => {}
            }
            operands.clear();
        }
    }

    fn ranges(&mut self, operands: &[Object]) {
        for range in operands.chunks_exact(3) {
            let [Object::Text(low), Object::Text(high), to] = range else { continue };
            let (low, high) = (number(low), number(high));
            let count = high.saturating_sub(low).min(0xFFFF);
            for offset in 0..=count {
                let code = low.saturating_add(offset);
                match to {
                    Object::Text(text) => {
                        let mut text = text.clone();
                        // The last two bytes count up.
                        let at = text.len().saturating_sub(2);
                        let last = text.split_off(at);
                        let value = number(&last).wrapping_add(offset) & 0xFFFF;
                        let [.., high, low] = value.to_be_bytes();
                        text.extend(if last.len() > 1 { vec![high, low] } else { vec![low] });
                        self.map(code, utf16(&text));
                    }
                    Object::Array(texts) => {
                        let index = usize::try_from(offset).unwrap_or(usize::MAX);
                        if let Some(Object::Text(text)) = texts.get(index) {
                            self.map(code, utf16(text));
                        }
                    }
                    _ => {}
                }
                if self.to_unicode.len() >= MAPPINGS_MAX {
                    return;
                }
            }
        }
    }

    fn map(&mut self, code: u32, text: String) {
        if self.to_unicode.len() < MAPPINGS_MAX && !text.is_empty() {
            self.to_unicode.insert(code, text);
        }
    }

    /// Splits a string into glyphs.
    pub(super) fn glyphs(&self, string: &[u8]) -> Vec<Glyph> {
        let mut glyphs = Vec::new();
        let mut rest = string;
        while let Some(first) = rest.first() {
            let length = self.code_length(*first).min(rest.len()).max(1);
            let (code, behind) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            rest = behind;
            let value = number(code);
            glyphs.push(Glyph {
                text: self.text(code, value),
                width: self.widths.get(&value).copied().unwrap_or(
                    if self.composite && length == 1 { 500.0 } else { self.default_width },
                ),
                space: length == 1 && value == 32,
            });
        }
        glyphs
    }

    fn code_length(&self, first: u8) -> usize {
        if !self.composite {
            return 1;
        }
        match self.predefined {
            Predefined::Gbk | Predefined::Big5 => return if first < 0x81 { 1 } else { 2 },
            Predefined::Utf16 => return 2,
            Predefined::None | Predefined::Latin => {}
        }
        let first = u32::from(first);
        let within = self.spaces.iter().find(|(_, low, high)| (*low..=*high).contains(&first));
        within.map_or(2, |(length, ..)| *length)
    }

    fn text(&self, code: &[u8], value: u32) -> Option<String> {
        if let Some(text) = self.to_unicode.get(&value) {
            return Some(text.clone());
        }
        let decoded = |encoding: &'static encoding_rs::Encoding| {
            encoding
                .decode_without_bom_handling_and_without_replacement(code)
                .map(|text| text.into_owned())
        };
        match self.predefined {
            Predefined::Utf16 => Some(utf16(code)).filter(|text| !text.is_empty()),
            Predefined::Gbk => decoded(GB18030),
            Predefined::Big5 => decoded(BIG5),
            Predefined::Latin => {
                self.differences.get(&value).cloned().or_else(|| decoded(WINDOWS_1252))
            }
            Predefined::None => None,
        }
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |value: u32, byte| value.wrapping_shl(8) | u32::from(*byte))
}

fn utf16(bytes: &[u8]) -> String {
    if let [byte] = bytes {
        return char::from(*byte).to_string();
    }
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    char::decode_utf16(units).flatten().filter(|c| *c != '\0').collect()
}

/// The few glyph names that text in simple fonts uses beside letters.
fn glyph_name(name: &str) -> Option<String> {
    if let Some(hex) = name.strip_prefix("uni") {
        let code = u32::from_str_radix(hex.get(..4)?, 16).ok()?;
        return char::from_u32(code).map(String::from);
    }
    let text = match name {
        "space" | "nbspace" => " ",
        "period" => ".",
        "comma" => ",",
        "colon" => ":",
        "semicolon" => ";",
        "hyphen" | "minus" | "endash" => "-",
        "slash" => "/",
        "parenleft" => "(",
        "parenright" => ")",
        "at" => "@",
        "underscore" => "_",
        "plus" => "+",
        "percent" => "%",
        "ampersand" => "&",
        "quoteright" | "quotesingle" => "'",
        "quotedblleft" | "quotedblright" | "quotedbl" => "\"",
        "bullet" => "•",
        "fi" => "fi",
        "fl" => "fl",
        "ff" => "ff",
        "zero" => "0",
        "one" => "1",
        "two" => "2",
        "three" => "3",
        "four" => "4",
        "five" => "5",
        "six" => "6",
        "seven" => "7",
        "eight" => "8",
        "nine" => "9",
        letter if letter.len() == 1 => letter,
        _ => return None,
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(dictionary: &str, data: &[u8]) -> String {
        let source = format!(
            "%PDF-1.4\n1 0 obj\n{dictionary}\nendobj\n2 0 obj\n<</Length 150>>stream\n1 begincodespacerange <0000> <FFFF> endcodespacerange 2 beginbfrange <0001> <0002> <4E00> <0003> <0003> [<00410042>] endbfrange 1 beginbfchar <0009> <5F00> endbfchar\nendstream endobj"
        );
        let file = File::read(source.as_bytes());
        let entries = Dictionary::from([("F".to_owned(), Object::Reference(1))]);
        let font = Font::read(&file, file.get(&entries, "F").dictionary().unwrap());
        font.glyphs(data)
            .into_iter()
            .map(|glyph| glyph.text.unwrap_or_else(|| "?".to_owned()))
            .collect()
    }

    #[test]
    fn codes_become_characters() {
        for (dictionary, data, expected) in [
            (
                "<</Subtype/Type0/Encoding/Identity-H/ToUnicode 2 0 R>>",
                b"\0\x01\0\x02\0\x03\0\x09\0\x07".as_slice(),
                "一丁AB开?",
            ),
            ("<</Subtype/Type0/Encoding/Identity-H>>", b"\0\x01".as_slice(), "?"),
            ("<</Subtype/Type0/Encoding/GBK-EUC-H>>", b"\xD2\xFE\xCB\xBDA".as_slice(), "隐私A"),
            ("<</Subtype/Type0/Encoding/UniGB-UCS2-H>>", b"\x96\x90\x79\xC1".as_slice(), "隐私"),
            (
                "<</Subtype/TrueType/Encoding<</Differences[65/uni5F00/hyphen]>>>>",
                b"ABC".as_slice(),
                "开-C",
            ),
        ] {
            assert_eq!(text(dictionary, data), expected, "{dictionary}");
        }
    }
}
