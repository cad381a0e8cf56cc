//! String pools (`RES_STRING_POOL_TYPE`), shared by binary XML and resource tables.
//!
//! Lazy: parsing looks at the header only, a string is decoded when it is asked for. A pool that
//! Android would reject is reported and read all the same, as far as it goes.
//! Follows `ResStringPool` in AOSP `libs/androidfw/ResourceTypes.cpp`: UTF-8 pools hold modified
//! UTF-8 (surrogate pairs as two three-byte sequences), lengths above 0x7fff were cut by aapt.

use crate::axml::{AnomalyKind, Notes};
use crate::dex::reader::{u16_at, u32_at};
use std::borrow::Cow;

const HEADER_SIZE: usize = 28;
const FLAG_SORTED: u32 = 1;
const FLAG_UTF8: u32 = 0x100;
/// How often a length that aapt cut is extended by 0x8000 in search of the end of the string.
const CUT_LENGTH_STEPS_MAX: usize = 1024;

/// A pool of strings, addressed by index.
#[derive(Debug, Clone, Copy, Default)]
pub struct StringPool<'a> {
    /// One u32 a string: offset into `data`.
    offsets: &'a [u8],
    data: &'a [u8],
    utf8: bool,
}

/// A decoded string and what is wrong with its encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PoolString<'a> {
    pub(crate) text: Cow<'a, str>,
    /// Android would refuse to return this string.
    pub(crate) flaw: Option<&'static str>,
}

impl<'a> StringPool<'a> {
    /// Reads the pool whose chunk is exactly `chunk`, at `at` within the file.
    pub(crate) fn parse(chunk: &'a [u8], at: usize, notes: &mut Notes) -> Option<Self> {
        let header_size = usize::from(u16_at(chunk, 2)?);
        let field = |offset| u32_at(chunk, offset).and_then(|v| usize::try_from(v).ok());
        let (count, style_count) = (field(8)?, field(12)?);
        let flags = u32_at(chunk, 16)?;
        let (strings_start, styles_start) = (field(20)?, field(24)?);
        if header_size < HEADER_SIZE {
            notes.issue(&super::issues::BAD_POOL, at, format!("header of {header_size} bytes"));
            return None;
        }
        if header_size > HEADER_SIZE {
            notes.odd(AnomalyKind::LargeHeader, at, format!("string pool, {header_size} bytes"));
        }
        if flags & !(FLAG_SORTED | FLAG_UTF8) != 0 {
            notes.odd(AnomalyKind::UnknownFlags, at, format!("string pool, 0x{flags:x}"));
        }
        if count == 0 {
            return Some(Self::default());
        }
        let mut fault = |detail: String| notes.issue(&super::issues::BAD_POOL, at, detail);
        let table = chunk.get(header_size..).unwrap_or_default();
        let offsets = match count.checked_mul(4).and_then(|size| table.get(..size)) {
            Some(offsets) => offsets,
            None => {
                fault(format!("{count} strings claimed, table cut by the end of the chunk"));
                let whole = table.len().saturating_sub(table.len() % 4);
                table.get(..whole).unwrap_or_default()
            }
        };
        let mut end = chunk.len();
        if style_count > 0 {
            if styles_start > strings_start && styles_start <= chunk.len().saturating_sub(2) {
                end = styles_start;
            } else {
                fault(format!("styles start at {styles_start}"));
            }
        }
        let utf8 = flags & FLAG_UTF8 != 0;
        let data = chunk.get(strings_start..end).unwrap_or_default();
        let terminated = if utf8 {
            data.last() == Some(&0)
        } else {
            let whole = data.len().saturating_sub(data.len() % 2);
            whole.checked_sub(2).and_then(|last| u16_at(data, last)) == Some(0)
        };
        if data.is_empty() {
            fault(format!("strings start at {strings_start} of {} bytes", chunk.len()));
        } else if !terminated {
            fault("the last string has no terminator".to_owned());
        }
        Some(Self { offsets, data, utf8 })
    }

    /// How many strings the pool addresses.
    pub fn len(&self) -> usize {
        self.offsets.len() / 4
    }

    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }

    /// Bytes of string data, which the strings share.
    pub(crate) fn data_size(&self) -> usize {
        self.data.len()
    }

    /// The string at `index`, decoded as far as it can be.
    pub fn get(&self, index: u32) -> Option<Cow<'a, str>> {
        self.read(index).map(|string| string.text)
    }

    /// All strings in order; those that cannot be read are left out.
    pub fn iter(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        let count = u32::try_from(self.len()).unwrap_or(u32::MAX);
        (0..count).filter_map(|index| self.get(index))
    }

    pub(crate) fn read(&self, index: u32) -> Option<PoolString<'a>> {
        let at = usize::try_from(index).ok()?.checked_mul(4)?;
        let offset = usize::try_from(u32_at(self.offsets, at)?).ok()?;
        if self.utf8 {
            self.read_utf8(offset)
        } else {
            // Android divides the offset by the size of a unit.
            self.read_utf16(offset & !1)
        }
    }

    fn read_utf8(&self, offset: usize) -> Option<PoolString<'a>> {
        let mut at = offset;
        let _units = length8(self.data, &mut at)?;
        let claimed = length8(self.data, &mut at)?;
        let rest = self.data.get(at..)?;
        let (bytes, mut flaw) = match (0..CUT_LENGTH_STEPS_MAX)
            .map_while(|step| (step << 15).checked_add(claimed))
            .take_while(|end| *end < rest.len())
            .find(|end| rest.get(*end) == Some(&0))
        {
            Some(end) => (rest.get(..end)?, None),
            None => {
                let end = claimed.min(rest.len());
                (rest.get(..end)?, Some("string without terminator"))
            }
        };
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => {
                let (text, valid) = decode_modified_utf8(bytes);
                if !valid {
                    flaw = flaw.or(Some("string is not valid UTF-8"));
                }
                Cow::Owned(text)
            }
        };
        Some(PoolString { text, flaw })
    }

    fn read_utf16(&self, offset: usize) -> Option<PoolString<'a>> {
        let mut at = offset;
        let mut units = usize::from(u16_at(self.data, at)?);
        at = at.checked_add(2)?;
        if units & 0x8000 != 0 {
            let low = usize::from(u16_at(self.data, at)?);
            units = ((units & 0x7fff) << 16) | low;
            at = at.checked_add(2)?;
        }
        let rest = self.data.get(at..)?;
        let size = units.checked_mul(2)?.min(rest.len());
        let flaw = match u16_at(rest, size) {
            Some(0) => None,
            _ => Some("string without terminator"),
        };
        let units = rest.get(..size)?.chunks_exact(2).map(|pair| u16_at(pair, 0).unwrap_or(0));
        let text: String = char::decode_utf16(units)
            .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Some(PoolString { text: Cow::Owned(text), flaw })
    }
}

/// One or two bytes; the high bit of the first tells.
fn length8(data: &[u8], at: &mut usize) -> Option<usize> {
    let first = usize::from(*data.get(*at)?);
    *at = at.checked_add(1)?;
    if first & 0x80 == 0 {
        return Some(first);
    }
    let second = usize::from(*data.get(*at)?);
    *at = at.checked_add(1)?;
    Some(((first & 0x7f) << 8) | second)
}

/// UTF-8 in which a character beyond the basic plane may be a pair of encoded surrogates.
/// `false`: some bytes are neither and were replaced.
fn decode_modified_utf8(bytes: &[u8]) -> (String, bool) {
    let mut out = String::with_capacity(bytes.len());
    let mut valid = true;
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(text) => {
                out.push_str(text);
                return (out, valid);
            }
            Err(error) => {
                let (good, bad) = rest.split_at(error.valid_up_to().min(rest.len()));
                out.push_str(std::str::from_utf8(good).unwrap_or_default());
                let (character, used) = match surrogate_pair(bad) {
                    Some(character) => (character, 6),
                    None => {
                        valid = false;
                        (char::REPLACEMENT_CHARACTER, error.error_len().unwrap_or(bad.len()).max(1))
                    }
                };
                out.push(character);
                rest = bad.get(used..).unwrap_or_default();
            }
        }
    }
}

fn surrogate_pair(bytes: &[u8]) -> Option<char> {
    let &[
        0xed,
        high @ 0xa0..=0xaf,
        high_low @ 0x80..=0xbf,
        0xed,
        low @ 0xb0..=0xbf,
        low_low @ 0x80..=0xbf,
        ..,
    ] = bytes
    else {
        return None;
    };
    let unit =
        |middle: u8, last: u8| 0xd000 | (u16::from(middle & 0x3f) << 6) | u16::from(last & 0x3f);
    char::decode_utf16([unit(high, high_low), unit(low, low_low)]).next()?.ok()
}
