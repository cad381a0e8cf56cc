//! BER reader for certificates and PKCS #7. Borrowing, bounded, lenient.
//!
//! Android and the tools that verify packages accept BER where the standards ask for DER, so
//! indefinite lengths and non-minimal lengths are read. X.690, section 8.

/// Nesting of indefinite lengths that is followed.
const INDEFINITE_DEPTH_MAX: usize = 32;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OID: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const UNIVERSAL_STRING: u8 = 0x1c;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// Context-specific, constructed, number 0.
pub(crate) const CONTEXT_0: u8 = 0xa0;
pub(crate) const CONTEXT_3: u8 = 0xa3;

/// One value: identifier octet, content, and everything together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a> {
    /// The first identifier octet: class, constructed bit, low tag number.
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) encoded: &'a [u8],
}

impl<'a> Value<'a> {
    pub(crate) fn children(self) -> Reader<'a> {
        Reader { rest: self.content }
    }

    pub(crate) fn expect(self, tag: u8) -> Option<Self> {
        (self.tag == tag).then_some(self)
    }
}

/// Values one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value of any type.
    pub(crate) fn next_value(&mut self) -> Option<Value<'a>> {
        let header = Header::read(self.rest)?;
        let behind = self.rest.get(header.size..)?;
        let (content, size) = match header.length {
            Some(length) => (behind.get(..length)?, header.size.checked_add(length)?),
            None => {
                let length = indefinite_length(behind)?;
                let end_marker = 2;
                let size = header.size.checked_add(length)?.checked_add(end_marker)?;
                (behind.get(..length)?, size)
            }
        };
        let (encoded, rest) = self.rest.split_at_checked(size)?;
        self.rest = rest;
        Some(Value { tag: header.tag, content, encoded })
    }

    /// The next value, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<Value<'a>> {
        self.next_value()?.expect(tag)
    }

    /// The next value if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Option<Value<'a>> {
        if self.rest.first() == Some(&tag) { self.next_value() } else { None }
    }
}

struct Header {
    tag: u8,
    /// Identifier and length octets.
    size: usize,
    /// `None` for the indefinite form.
    length: Option<usize>,
}

impl Header {
    fn read(bytes: &[u8]) -> Option<Self> {
        let tag = *bytes.first()?;
        let mut at = 1usize;
        if tag & 0x1f == 0x1f {
            // High tag numbers: none is used in these formats, but they may be skipped.
            while bytes.get(at)? & 0x80 != 0 {
                at = at.checked_add(1)?;
            }
            at = at.checked_add(1)?;
        }
        let first = *bytes.get(at)?;
        at = at.checked_add(1)?;
        if first < 0x80 {
            return Some(Self { tag, size: at, length: Some(first.into()) });
        }
        if first == 0x80 {
            // Only constructed values may be of indefinite length.
            return (tag & 0x20 != 0).then_some(Self { tag, size: at, length: None });
        }
        let count = usize::from(first & 0x7f);
        let end = at.checked_add(count)?;
        let length = bytes.get(at..end)?.iter().try_fold(0usize, |length, byte| {
            length.checked_mul(256)?.checked_add(usize::from(*byte))
        })?;
        Some(Self { tag, size: end, length: Some(length) })
    }
}

/// Length of the content before the end-of-contents octets that close it.
fn indefinite_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0usize;
    let mut depth = 1usize;
    loop {
        let rest = bytes.get(at..)?;
        if rest.starts_with(&[0, 0]) {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at);
            }
            at = at.checked_add(2)?;
            continue;
        }
        let header = Header::read(rest)?;
        at = at.checked_add(header.size)?;
        match header.length {
            Some(length) => at = at.checked_add(length)?,
            None => depth = depth.checked_add(1).filter(|depth| *depth <= INDEFINITE_DEPTH_MAX)?,
        }
    }
}

/// The bytes of an integer without the zeros in front.
pub(crate) fn magnitude(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|byte| **byte == 0).count();
    content.get(zeros..).unwrap_or_default()
}

/// Number of bits of a magnitude.
pub(crate) fn bit_length(magnitude: &[u8]) -> u32 {
    let Some(first) = magnitude.first() else { return 0 };
    let below = u32::try_from(magnitude.len()).unwrap_or(u32::MAX).saturating_sub(1);
    below.saturating_mul(8).saturating_add(8u32.saturating_sub(first.leading_zeros()))
}

/// The content of a bit string whose bits fill whole bytes.
pub(crate) fn whole_bits(content: &[u8]) -> Option<&[u8]> {
    match content.split_first()? {
        (0, bits) => Some(bits),
        _ => None,
    }
}

/// `1.2.840.113549.1.1.11`; empty when the content is not an object identifier.
pub(crate) fn oid_text(content: &[u8]) -> String {
    let mut parts: Vec<u64> = Vec::new();
    let mut value = 0u64;
    for byte in content {
        let Some(shifted) = value.checked_mul(128) else { return String::new() };
        value = shifted | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if parts.is_empty() {
            // The first two parts share one number; the first is 0, 1 or 2.
            let first = (value / 40).min(2);
            parts.push(first);
            value = value.saturating_sub(first.saturating_mul(40));
        }
        parts.push(value);
        value = 0;
    }
    parts.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        type Expected<'a> = Option<(u8, &'a [u8])>;
        let cases: [(&[u8], Expected<'_>); 9] = [
            (&[0x02, 0x01, 0x05], Some((0x02, &[5]))),
            (&[0x02, 0x81, 0x01, 0x05], Some((0x02, &[5]))),
            (&[0x30, 0x80, 0x02, 0x01, 0x05, 0, 0], Some((0x30, &[2, 1, 5]))),
            (&[0x30, 0x80, 0x30, 0x80, 0, 0, 0, 0], Some((0x30, &[0x30, 0x80, 0, 0]))),
            (&[0x30, 0x80, 0x02, 0x01, 0x05], None),
            (&[0x04, 0x80, 0, 0], None),
            (&[0x02, 0x02, 0x05], None),
            (&[0x02, 0x89, 1, 1, 1, 1, 1, 1, 1, 1, 1], None),
            (&[], None),
        ];
        for (bytes, expected) in cases {
            let value = Reader::new(bytes).next_value().map(|value| (value.tag, value.content));
            assert_eq!(value, expected, "{bytes:02x?}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        let bytes = [0x30, 0x80].repeat(100_000);
        assert!(Reader::new(&bytes).next_value().is_none());
    }

    #[test]
    fn object_identifiers() {
        for (bytes, expected) in [
            (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b][..], "1.2.840.113549.1.1.11"),
            (&[0x55, 0x04, 0x03], "2.5.4.3"),
            (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01], "2.16.840.1.101.3.4.2.1"),
            (&[], ""),
        ] {
            assert_eq!(oid_text(bytes), expected);
        }
    }
}
