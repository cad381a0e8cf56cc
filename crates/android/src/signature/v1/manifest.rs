//! `MANIFEST.MF` and `.SF` files: sections of attributes, with the bytes that digests cover.
//!
//! JAR File Specification, "Manifest Specification", read as Android reads it: any of CR, LF,
//! CR LF ends a line, a line longer than 72 bytes is fine, `": "` divides name and value.

use super::super::key::Hash;
use std::borrow::Cow;

/// Names of digest algorithms that are tried for one section.
const ALGORITHM_TOKENS_MAX: usize = 16;
/// Android 4.3: digests are chosen by strength.
const LEVEL_JB_MR2: u32 = 18;
/// Android 2.3: knows SHA-384 and SHA-512.
const LEVEL_GINGERBREAD: u32 = 9;

/// Name and value.
type Attribute<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// A section: the main one, or that of one entry.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    /// From the first line to the empty line at the end, that one included.
    pub(crate) bytes: &'a [u8],
    attributes: Vec<Attribute<'a>>,
}

impl Section<'_> {
    /// The entry it is about: the value of `Name`, which must come first.
    pub(crate) fn name(&self) -> Option<&[u8]> {
        let (name, value) = self.attributes.first()?;
        name.eq_ignore_ascii_case(b"Name").then_some(value)
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&[u8]> {
        let found = self
            .attributes
            .iter()
            .find(|(attribute, _)| attribute.eq_ignore_ascii_case(name.as_bytes()));
        found.map(|(_, value)| value.as_ref())
    }

    /// The digests that platforms of the range compare. Empty when some platform finds none.
    /// A digest that is not base64 is empty and matches nothing.
    pub(crate) fn digests(&self, suffix: &str, min: u32, max: u32) -> Vec<(Hash, Vec<u8>)> {
        let mut digests: Vec<(Hash, Vec<u8>)> = Vec::new();
        if min < LEVEL_JB_MR2 {
            // The first of a list of names; by default of SHA-1 only.
            let listed = self.attribute("Digest-Algorithms").unwrap_or(b"SHA SHA1");
            let listed = String::from_utf8_lossy(listed);
            let found =
                listed.split_ascii_whitespace().take(ALGORITHM_TOKENS_MAX).find_map(|name| {
                    let value = self.attribute(&format!("{name}{suffix}"))?;
                    let (hash, since) = named_hash(name)?;
                    (since <= min).then(|| (hash, base64(value).unwrap_or_default()))
                });
            let Some(found) = found else { return digests };
            digests.push(found);
        }
        if max >= LEVEL_JB_MR2 {
            let strongest = [
                ("SHA-512", Hash::Sha512),
                ("SHA-384", Hash::Sha384),
                ("SHA-256", Hash::Sha256),
                ("SHA1", Hash::Sha1),
            ];
            let found = strongest.into_iter().find_map(|(name, hash)| {
                let value = self.attribute(&format!("{name}{suffix}"))?;
                Some((hash, base64(value).unwrap_or_default()))
            });
            digests.extend(found.filter(|found| !digests.contains(found)));
        }
        digests
    }
}

/// The hash of a name in `Digest-Algorithms`, and the first level that knows it.
fn named_hash(name: &str) -> Option<(Hash, u32)> {
    Some(match name.to_ascii_uppercase().as_str() {
        "MD5" => (Hash::Md5, 0),
        "SHA" | "SHA1" | "SHA-1" => (Hash::Sha1, 0),
        "SHA-256" => (Hash::Sha256, 0),
        "SHA-384" => (Hash::Sha384, LEVEL_GINGERBREAD),
        "SHA-512" => (Hash::Sha512, LEVEL_GINGERBREAD),
        _ => return None,
    })
}

/// All sections; the first is the main one.
pub(crate) fn sections(bytes: &[u8]) -> Vec<Section<'_>> {
    let mut sections = Vec::new();
    let mut rest = bytes;
    loop {
        let start = rest;
        let mut attributes: Vec<Cow<'_, [u8]>> = Vec::new();
        while !rest.is_empty() {
            let (line, behind) = split_line(rest);
            if line.is_empty() && attributes.is_empty() {
                // Empty lines before a section belong to none.
                rest = behind;
                break;
            }
            rest = behind;
            if line.is_empty() {
                break;
            }
            match (line.split_first(), attributes.last_mut()) {
                (Some((b' ', more)), Some(last)) => last.to_mut().extend_from_slice(more),
                _ => attributes.push(Cow::Borrowed(line)),
            }
        }
        if !attributes.is_empty() {
            let length = start.len().saturating_sub(rest.len());
            sections.push(Section {
                bytes: start.get(..length).unwrap_or_default(),
                attributes: attributes.into_iter().map(split_attribute).collect(),
            });
        }
        if rest.is_empty() {
            return sections;
        }
    }
}

/// A line without its end, and what follows.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some(at) = memchr::memchr2(b'\r', b'\n', bytes) else { return (bytes, &[]) };
    let (line, end) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
    let behind = end.strip_prefix(b"\r\n").or_else(|| end.get(1..)).unwrap_or_default();
    (line, behind)
}

fn split_attribute(line: Cow<'_, [u8]>) -> Attribute<'_> {
    let Some(at) = memchr::memmem::find(&line, b": ") else { return (line, Cow::Borrowed(b"")) };
    let value_at = at.saturating_add(2);
    match line {
        Cow::Borrowed(line) => (
            Cow::Borrowed(line.get(..at).unwrap_or_default()),
            Cow::Borrowed(line.get(value_at..).unwrap_or_default()),
        ),
        Cow::Owned(mut line) => {
            let value = line.get(value_at..).unwrap_or_default().to_vec();
            line.truncate(at);
            (Cow::Owned(line), Cow::Owned(value))
        }
    }
}

/// RFC 4648, section 4; padding may be missing.
pub(crate) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let body = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let mut bytes = Vec::with_capacity(body.len());
    let (mut bits, mut count) = (0u32, 0u32);
    for symbol in body {
        let value = match symbol {
            b'A'..=b'Z' => symbol.wrapping_sub(b'A'),
            b'a'..=b'z' => symbol.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => symbol.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    // One symbol alone holds less than a byte.
    (body.len() % 4 != 1).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_their_bytes() {
        type Expected<'a> = &'a [(&'a str, &'a [(&'a str, &'a str)])];
        let cases: [(&str, Expected<'_>); 6] = [
            ("", &[]),
            ("\n\r\n\r", &[]),
            (
                "A: 1\r\n\r\nName: x\r\nB: 2\r\n\r\n",
                &[
                    ("A: 1\r\n\r\n", &[("A", "1")]),
                    ("Name: x\r\nB: 2\r\n\r\n", &[("Name", "x"), ("B", "2")]),
                ],
            ),
            (
                "Name: lo\n ng\n  er\nC\n\n\nD:e\rF:  g ",
                &[
                    ("Name: lo\n ng\n  er\nC\n\n", &[("Name", "long er"), ("C", "")]),
                    ("D:e\rF:  g ", &[("D:e", ""), ("F", " g ")]),
                ],
            ),
            (" A: 1\n b", &[(" A: 1\n b", &[(" A", "1b")])]),
            ("A: 1\n\r\n\rB: 2", &[("A: 1\n\r\n", &[("A", "1")]), ("B: 2", &[("B", "2")])]),
        ];
        for (text, expected) in cases {
            let found = sections(text.as_bytes());
            assert_eq!(found.len(), expected.len(), "{text:?}");
            for (section, (bytes, attributes)) in found.iter().zip(expected) {
                assert_eq!(section.bytes, bytes.as_bytes(), "{text:?}");
                let pairs: Vec<(String, String)> = section
                    .attributes
                    .iter()
                    .map(|(name, value)| {
                        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                        (text(name), text(value))
                    })
                    .collect();
                let expected: Vec<(String, String)> =
                    attributes.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
                assert_eq!(pairs, expected, "{text:?}");
            }
        }
    }

    #[test]
    fn base64_values() {
        for (text, expected) in [
            ("", Some(&b""[..])),
            ("TQ==", Some(b"M")),
            ("TWE=", Some(b"Ma")),
            ("TWFu", Some(b"Man")),
            ("TWFuTQ", Some(b"ManM")),
            ("T", None),
            ("TW=u", None),
            ("TWFu\n", None),
        ] {
            assert_eq!(base64(text.as_bytes()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn which_digests_count() {
        let section = "Name: a\nSHA-256-Digest: TWFu\nSHA1-Digest: TQ==\nMD5-Digest: TWE=\n";
        let listed = format!("{section}Digest-Algorithms: MD5 SHA-256\n");
        type Expected<'a> = &'a [(Hash, &'a [u8])];
        let cases: [(&str, u32, u32, Expected<'_>); 5] = [
            (section, 18, 99, &[(Hash::Sha256, b"Man")]),
            (section, 17, 99, &[(Hash::Sha1, b"M"), (Hash::Sha256, b"Man")]),
            (section, 1, 17, &[(Hash::Sha1, b"M")]),
            (&listed, 1, 17, &[(Hash::Md5, b"Ma")]),
            ("Name: a\nSHA-256-Digest: TWFu\n", 17, 99, &[]),
        ];
        for (text, min, max, expected) in cases {
            let sections = sections(text.as_bytes());
            let found = sections[0].digests("-Digest", min, max);
            let found: Vec<(Hash, &[u8])> = found.iter().map(|(h, d)| (*h, d.as_slice())).collect();
            assert_eq!(found, expected, "{text} {min} {max}");
        }
    }
}
