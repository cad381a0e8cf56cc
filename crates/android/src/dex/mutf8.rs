//! Modified UTF-8: surrogates as three bytes each, U+0000 as `C0 80`.
//! Specification: "Dalvik Executable format", section "MUTF-8 (Modified UTF-8) Encoding".

use std::borrow::Cow;

/// The bytes of a string as they stand in the file, without the terminator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Mutf8<'a>(pub &'a [u8]);

impl<'a> Mutf8<'a> {
    pub fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// The text, borrowed where the bytes are plain UTF-8. Lone surrogates and bytes that are
    /// not MUTF-8 become U+FFFD.
    pub fn to_str(self) -> Cow<'a, str> {
        if self.0.is_ascii() {
            return String::from_utf8_lossy(self.0);
        }
        if !self.0.contains(&0xed)
            && !self.0.contains(&0xc0)
            && let Ok(text) = std::str::from_utf8(self.0)
        {
            return Cow::Borrowed(text);
        }
        let units = self.utf16();
        Cow::Owned(String::from_utf16_lossy(&units))
    }

    /// UTF-16 code units, by which string pools are sorted.
    pub fn utf16(self) -> Vec<u16> {
        let mut units = Vec::with_capacity(self.0.len());
        let mut bytes = self.0.iter().copied();
        while let Some(first) = bytes.next() {
            let unit = match first {
                0x00..=0x7f => u16::from(first),
                0xc0..=0xdf => (u16::from(first & 0x1f) << 6) | continuation(bytes.next()),
                0xe0..=0xef => {
                    let second = continuation(bytes.next());
                    let third = continuation(bytes.next());
                    (u16::from(first & 0x0f) << 12) | (second << 6) | third
                }
                0xf0..=0xf7 => {
                    // Not MUTF-8, but written by tools that use plain UTF-8.
                    let rest = [bytes.next(), bytes.next(), bytes.next()].map(continuation);
                    let code = (u32::from(first & 0x07) << 18)
                        | (u32::from(rest[0]) << 12)
                        | (u32::from(rest[1]) << 6)
                        | u32::from(rest[2]);
                    let mut buffer = [0u16; 2];
                    match char::from_u32(code) {
                        Some(c) => units.extend_from_slice(c.encode_utf16(&mut buffer)),
                        None => units.push(0xfffd),
                    }
                    continue;
                }
                _ => 0xfffd,
            };
            units.push(unit);
        }
        units
    }

    /// The order of string pools.
    pub(crate) fn cmp_utf16(self, other: Mutf8<'_>) -> std::cmp::Ordering {
        if self.0.is_ascii() && other.0.is_ascii() {
            return self.0.cmp(other.0);
        }
        self.utf16().cmp(&other.utf16())
    }
}

fn continuation(byte: Option<u8>) -> u16 {
    u16::from(byte.unwrap_or(0) & 0x3f)
}

impl std::fmt::Display for Mutf8<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.to_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding() {
        for (bytes, expected) in [
            (&b"plain"[..], "plain"),
            (b"", ""),
            (b"\xc0\x80", "\0"),
            (b"\xe9\x97\xa8\xe7\xa5\x9e", "门神"),
            (b"\xed\xa0\xbd\xed\xb8\x80", "😀"),
            (b"\xf0\x9f\x98\x80", "😀"),
            (b"\xed\xa0\xbd", "\u{fffd}"),
            (b"\xff", "\u{fffd}"),
            (b"\xe9", "\u{9000}"),
        ] {
            assert_eq!(Mutf8(bytes).to_str(), expected, "{bytes:x?}");
        }
    }
}
