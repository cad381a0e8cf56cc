//! Certificates: what is shown of them, and what verification needs. RFC 5280, section 4.1.
//!
//! A certificate of a package is an identity, not a link of a chain: no platform checks who
//! issued it nor whether it has expired, so neither is an error here.

use super::der::{self, Reader, Value};
use super::key::{Hash, Padding, PublicKey};
use menshen_base::to_hex;

/// Longest rendering of a name, bytes.
const NAME_MAX: usize = 4096;

/// A certificate that signs a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the DER form, lower-case hexadecimal.
    pub sha256: String,
    /// SHA-1 of the DER form, lower-case hexadecimal.
    pub sha1: String,
    /// SHA-256 of the public key (`SubjectPublicKeyInfo`), lower-case hexadecimal.
    pub key_sha256: String,
    /// RFC 2253 order with the usual keywords: `CN=Android Debug, O=Android, C=US`.
    pub subject: String,
    pub issuer: String,
    /// Lower-case hexadecimal without zeros in front.
    pub serial: String,
    /// ISO 8601, UTC: `2008-02-29T01:33:46Z`. Empty when the field cannot be read.
    pub not_before: String,
    pub not_after: String,
    /// Seconds since 1970.
    pub not_before_seconds: Option<i64>,
    pub not_after_seconds: Option<i64>,
    /// `RSA`, `EC`, `DSA` or an object identifier.
    pub key_algorithm: String,
    pub key_bits: Option<u32>,
    /// Of the certificate itself: `SHA256withRSA`, or an object identifier.
    pub signature_algorithm: String,
    /// Hash of that signature: `SHA1`, `SHA256`; empty when unknown.
    pub digest: String,
    /// The name that Android's build tools give to debug certificates.
    pub debug: bool,
    /// A key whose private half is public: its name in the Android Open Source Project.
    pub test_key: Option<&'static str>,
    /// Issuer and subject are the same, and the signature is by its own key where the
    /// algorithm is known.
    pub self_signed: bool,
    /// The DER form.
    pub encoded: Vec<u8>,
}

/// The fields that verification needs, borrowed.
#[derive(Debug, Clone)]
pub(crate) struct Parsed<'a> {
    pub(crate) encoded: &'a [u8],
    signed: &'a [u8],
    pub(crate) serial: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    not_before: Value<'a>,
    not_after: Value<'a>,
    /// `SubjectPublicKeyInfo`, encoded.
    pub(crate) spki: &'a [u8],
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
    extensions: Vec<Extension<'a>>,
}

#[derive(Debug, Clone)]
struct Extension<'a> {
    oid: &'a [u8],
    critical: bool,
    value: &'a [u8],
}

impl<'a> Parsed<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let whole = Reader::new(bytes).expect(der::SEQUENCE)?;
        let mut outer = whole.children();
        let signed = outer.expect(der::SEQUENCE)?;
        let signature_algorithm = outer.expect(der::SEQUENCE)?.children().expect(der::OID)?;
        let signature = der::whole_bits(outer.expect(der::BIT_STRING)?.content)?;
        let mut fields = signed.children();
        fields.optional(der::CONTEXT_0);
        let serial = fields.expect(der::INTEGER)?.content;
        fields.expect(der::SEQUENCE)?;
        let issuer = fields.expect(der::SEQUENCE)?.encoded;
        let mut validity = fields.expect(der::SEQUENCE)?.children();
        let (not_before, not_after) = (validity.next_value()?, validity.next_value()?);
        // Strict where Android's certificate parser is: a certificate it refuses signs nothing.
        time_seconds(not_before).and(time_seconds(not_after))?;
        let subject = fields.expect(der::SEQUENCE)?.encoded;
        let spki = fields.expect(der::SEQUENCE)?.encoded;
        PublicKey::from_spki(spki)?;
        if !is_name(issuer) || !is_name(subject) {
            return None;
        }
        let mut extensions = Vec::new();
        while !fields.is_empty() {
            let field = fields.next_value()?;
            if field.tag == der::CONTEXT_3 {
                extensions = read_extensions(field)?;
            }
        }
        Some(Self {
            encoded: bytes,
            signed: signed.encoded,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki,
            signature_algorithm: signature_algorithm.content,
            signature,
            extensions,
        })
    }

    pub(crate) fn key(&self) -> Option<PublicKey<'a>> {
        PublicKey::from_spki(self.spki)
    }

    /// Whether the record of a signature block holds this key. The sign of a badly encoded
    /// modulus does not matter: platforms write such a key anew before they compare.
    pub(crate) fn has_key(&self, spki: &[u8]) -> bool {
        if self.spki == spki {
            return true;
        }
        match (self.key(), PublicKey::from_spki(spki)) {
            (
                Some(PublicKey::Rsa { modulus: a, exponent: b }),
                Some(PublicKey::Rsa { modulus: c, exponent: d }),
            ) => a == c && b == d && has_negative_modulus(self.spki),
            _ => false,
        }
    }

    /// A critical extension that nobody can be expected to know.
    pub(crate) fn has_unsupported_critical_extension(&self) -> bool {
        self.extensions.iter().any(|extension| {
            extension.critical
                && !matches!(
                    extension.oid,
                    [0x55, 0x1d, 14..=19 | 30..=33 | 35 | 36 | 37 | 46 | 54]
                        | [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 1 | 11]
                        | [0x60, 0x86, 0x48, 0x01, 0x86, 0xf8, 0x42, 0x01, 0x01]
                )
        })
    }

    /// Neither `digitalSignature` nor `nonRepudiation`, where the key usage is restricted.
    pub(crate) fn may_not_sign(&self) -> bool {
        const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
        let Some(usage) = self.extensions.iter().find(|extension| extension.oid == KEY_USAGE)
        else {
            return false;
        };
        let bits = Reader::new(usage.value).expect(der::BIT_STRING).map(|value| value.content);
        let first = bits.and_then(|bits| bits.get(1)).copied().unwrap_or(0);
        first & 0xc0 == 0
    }

    pub(crate) fn describe(&self) -> Certificate {
        let sha256 = to_hex(&Hash::Sha256.digest(&[self.encoded]));
        let (subject, issuer) = (name_text(self.subject), name_text(self.issuer));
        let (not_before, not_after) = (time_seconds(self.not_before), time_seconds(self.not_after));
        let algorithm = certificate_algorithm(self.signature_algorithm);
        let signature_algorithm = algorithm.map_or_else(
            || der::oid_text(self.signature_algorithm),
            |(padding, hash)| format!("{}with{}", hash.name(), padding_name(padding)),
        );
        let key = self.key();
        Certificate {
            sha1: to_hex(&Hash::Sha1.digest(&[self.encoded])),
            key_sha256: to_hex(&Hash::Sha256.digest(&[self.spki])),
            debug: subject.split(", ").any(|part| part == "CN=Android Debug"),
            test_key: test_key(&sha256),
            sha256,
            subject,
            issuer,
            serial: serial_text(self.serial),
            not_before: not_before.map(iso_8601).unwrap_or_default(),
            not_after: not_after.map(iso_8601).unwrap_or_default(),
            not_before_seconds: not_before,
            not_after_seconds: not_after,
            key_algorithm: key.map(|key| key.algorithm()).unwrap_or_default(),
            key_bits: key.and_then(|key| key.bits()),
            signature_algorithm,
            digest: algorithm.map_or(String::new(), |(_, hash)| hash.name().into()),
            self_signed: self.is_self_signed(algorithm),
            encoded: self.encoded.to_vec(),
        }
    }

    fn is_self_signed(&self, algorithm: Option<(Padding, Hash)>) -> bool {
        if self.issuer != self.subject {
            return false;
        }
        let (Some((padding, hash)), Some(key)) = (algorithm, self.key()) else { return true };
        key.verify(padding, hash, &[self.signed], self.signature).unwrap_or(false)
    }
}

fn read_extensions(field: Value<'_>) -> Option<Vec<Extension<'_>>> {
    let mut list = field.children().expect(der::SEQUENCE)?.children();
    let mut extensions = Vec::new();
    while !list.is_empty() {
        const BOOLEAN: u8 = 0x01;
        let mut parts = list.expect(der::SEQUENCE)?.children();
        let oid = parts.expect(der::OID)?.content;
        let critical = parts
            .optional(BOOLEAN)
            .is_some_and(|value| value.content.iter().any(|byte| *byte != 0));
        let value = parts.expect(der::OCTET_STRING)?.content;
        extensions.push(Extension { oid, critical, value });
    }
    Some(extensions)
}

fn has_negative_modulus(spki: &[u8]) -> bool {
    let modulus = || {
        let mut info = Reader::new(spki).expect(der::SEQUENCE)?.children();
        info.expect(der::SEQUENCE)?;
        let bits = der::whole_bits(info.expect(der::BIT_STRING)?.content)?;
        let mut key = Reader::new(bits).expect(der::SEQUENCE)?.children();
        key.expect(der::INTEGER).map(|value| value.content)
    };
    modulus().and_then(|bytes| bytes.first()).is_some_and(|byte| byte & 0x80 != 0)
}

/// Hash and kind of a certificate's own signature. RFC 3279, 4055 and 5758.
pub(crate) fn certificate_algorithm(oid: &[u8]) -> Option<(Padding, Hash)> {
    use Hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    use Padding::{Dsa, Ecdsa, RsaPkcs1};
    Some(match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, number] => match number {
            4 => (RsaPkcs1, Md5),
            5 => (RsaPkcs1, Sha1),
            11 => (RsaPkcs1, Sha256),
            12 => (RsaPkcs1, Sha384),
            13 => (RsaPkcs1, Sha512),
            14 => (RsaPkcs1, Sha224),
            _ => return None,
        },
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01] => (Ecdsa, Sha1),
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, number] => match number {
            1 => (Ecdsa, Sha224),
            2 => (Ecdsa, Sha256),
            3 => (Ecdsa, Sha384),
            4 => (Ecdsa, Sha512),
            _ => return None,
        },
        [0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03] => (Dsa, Sha1),
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, number] => match number {
            1 => (Dsa, Sha224),
            2 => (Dsa, Sha256),
            _ => return None,
        },
        _ => return None,
    })
}

pub(crate) fn padding_name(padding: Padding) -> &'static str {
    match padding {
        Padding::RsaPkcs1 => "RSA",
        Padding::RsaPss => "RSA/PSS",
        Padding::Ecdsa => "ECDSA",
        Padding::Dsa => "DSA",
    }
}

/// Keys that ship with the Android Open Source Project (`build/target/product/security`).
fn test_key(sha256: &str) -> Option<&'static str> {
    Some(match sha256 {
        "a40da80a59d170caa950cf15c18c454d47a39b26989d8b640ecd745ba71bf5dc" => "testkey",
        "c8a2e9bccf597c2fb6dc66bee293fc13f2fc47ec77bc6b2b0d52c11f51192ab8" => "platform",
        "28bbfe4a7b97e74681dc55c2fbb6ccb8d6c74963733f6af6ae74d8c3a6e879fd" => "shared",
        "465983f7791f2abeb43ea2cbdc7f21a8260b72bc08a55c839fc1a43bc741a81e" => "media",
        "e1dbadce60dc080d15b58a014b0dcf9400e24de23fa00b287a5a982bfebda2ee" => "networkstack",
        "abf21f9e2af1d881cc673fddcefa6ed9c269a437bd64b279cf45844cfd589126" => "sdk_sandbox",
        _ => return None,
    })
}

fn serial_text(content: &[u8]) -> String {
    let text = to_hex(der::magnitude(content));
    let text = text.trim_start_matches('0');
    if text.is_empty() { "0".into() } else { text.into() }
}

/// A distinguished name with the most specific part first, as RFC 2253 and Java write it.
pub(crate) fn name_text(encoded: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut length = 0usize;
    let names = Reader::new(encoded).next_value().map(Value::children);
    let mut sets = names.unwrap_or_else(|| Reader::new(&[]));
    while let Some(set) = sets.next_value() {
        let mut pairs = set.children();
        let mut texts = Vec::new();
        while let Some(pair) = pairs.next_value() {
            let mut pair = pair.children();
            let (Some(oid), Some(value)) = (pair.expect(der::OID), pair.next_value()) else {
                continue;
            };
            texts.push(format!("{}={}", keyword(oid.content), quoted(&string_text(value))));
        }
        let text = texts.join(" + ");
        length = length.saturating_add(text.len());
        if length > NAME_MAX {
            break;
        }
        parts.push(text);
    }
    parts.reverse();
    parts.join(", ")
}

/// `SEQUENCE OF SET OF SEQUENCE { OBJECT IDENTIFIER, ANY }`.
fn is_name(encoded: &[u8]) -> bool {
    let check = || {
        let mut sets = Reader::new(encoded).expect(der::SEQUENCE)?.children();
        while !sets.is_empty() {
            let mut pairs = sets.expect(der::SET)?.children();
            while !pairs.is_empty() {
                let mut pair = pairs.expect(der::SEQUENCE)?.children();
                pair.expect(der::OID)?;
                pair.next_value()?;
            }
        }
        Some(())
    };
    check().is_some()
}

/// For comparison: case and runs of spaces do not count in strings of the two usual types, nor
/// does which of the two it is. RFC 5280, section 7.1, as Java's `X500Principal` simplifies it.
pub(crate) fn comparable_name(encoded: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut parts = Vec::new();
    let names = Reader::new(encoded).next_value().map(Value::children);
    let mut sets = names.unwrap_or_else(|| Reader::new(&[]));
    while let Some(set) = sets.next_value() {
        let mut pairs = set.children();
        let mut texts = Vec::new();
        while let Some(pair) = pairs.next_value() {
            let mut pair = pair.children();
            let (Some(oid), Some(value)) = (pair.expect(der::OID), pair.next_value()) else {
                continue;
            };
            let text = match value.tag {
                der::UTF8_STRING | der::PRINTABLE_STRING => {
                    let text = string_text(value).to_lowercase();
                    text.split_whitespace().collect::<Vec<_>>().join(" ").into_bytes()
                }
                _ => value.encoded.to_vec(),
            };
            texts.push((oid.content.to_vec(), text));
        }
        texts.sort();
        parts.extend(texts);
        // Divides the sets: no object identifier is empty.
        parts.push((Vec::new(), Vec::new()));
    }
    parts
}

fn keyword(oid: &[u8]) -> String {
    let known = match oid {
        [0x55, 0x04, number] => match number {
            3 => "CN",
            4 => "SURNAME",
            5 => "SERIALNUMBER",
            6 => "C",
            7 => "L",
            8 => "ST",
            9 => "STREET",
            10 => "O",
            11 => "OU",
            12 => "T",
            42 => "GIVENNAME",
            43 => "INITIALS",
            44 => "GENERATION",
            46 => "DNQ",
            _ => "",
        },
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x01] => "EMAILADDRESS",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, number] => match number {
            1 => "UID",
            25 => "DC",
            _ => "",
        },
        _ => "",
    };
    if known.is_empty() { format!("OID.{}", der::oid_text(oid)) } else { known.into() }
}

fn string_text(value: Value<'_>) -> String {
    match value.tag {
        der::BMP_STRING => {
            let units = value.content.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect()
        }
        der::UNIVERSAL_STRING => value
            .content
            .chunks_exact(4)
            .filter_map(|four| four.try_into().ok().map(u32::from_be_bytes))
            .map(|code| char::from_u32(code).unwrap_or('\u{fffd}'))
            .collect(),
        der::UTF8_STRING => String::from_utf8_lossy(value.content).into_owned(),
        // The one-byte strings: ASCII, and Latin-1 where tools put it into T61String.
        _ => match std::str::from_utf8(value.content) {
            Ok(text) => text.into(),
            Err(_) => value.content.iter().map(|byte| char::from(*byte)).collect(),
        },
    }
}

fn quoted(text: &str) -> String {
    let special = |c: char| matches!(c, ',' | '+' | '=' | '<' | '>' | '#' | ';' | '"' | '\\');
    let mut clean: String =
        text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.contains(special) || text.starts_with(' ') || text.ends_with(' ') {
        clean = clean.replace('\\', "\\\\").replace('"', "\\\"");
        return format!("\"{clean}\"");
    }
    clean
}

/// Seconds since 1970 of a `UTCTime` or `GeneralizedTime`. RFC 5280, section 4.1.2.5.
fn time_seconds(value: Value<'_>) -> Option<i64> {
    let text = std::str::from_utf8(value.content).ok()?;
    let (year_digits, century) = match value.tag {
        der::UTC_TIME => (2, true),
        der::GENERALIZED_TIME => (4, false),
        _ => return None,
    };
    let (year, rest) = text.split_at_checked(year_digits)?;
    let mut year: i64 = digits(year)?;
    if century {
        year = year.checked_add(if year < 50 { 2000 } else { 1900 })?;
    }
    let field = |at: usize| digits(rest.get(at..at.checked_add(2)?)?);
    let (month, day, hour, minute) = (field(0)?, field(2)?, field(4)?, field(6)?);
    let (second, zone) = match field(8) {
        Some(second) => (second, rest.get(10..)?),
        None => (0, rest.get(8..)?),
    };
    // Fractions of a second do not matter.
    let zone = zone.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match zone.as_bytes() {
        b"Z" | b"" => 0,
        [sign @ (b'+' | b'-'), ..] => {
            let minutes = digits(zone.get(1..3)?)?.checked_mul(60)?;
            let minutes = minutes.checked_add(digits(zone.get(3..5)?)?)?;
            if *sign == b'+' { minutes } else { minutes.checked_neg()? }
        }
        _ => return None,
    };
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    let minutes = days.checked_mul(24)?.checked_add(hour)?.checked_mul(60)?.checked_add(minute)?;
    minutes.checked_sub(offset)?.checked_mul(60)?.checked_add(second)
}

fn digits(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Days of the proleptic Gregorian calendar, counted in years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> Option<i64> {
    let year = if month <= 2 { year.checked_sub(1)? } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let from_march = month.checked_add(9)? % 12;
    let day_of_year = from_march.checked_mul(153)?.checked_add(2)? / 5;
    let day_of_year = day_of_year.checked_add(day)?.checked_sub(1)?;
    let leap_days = (year_of_era / 4).checked_sub(year_of_era / 100)?;
    let day_of_era = year_of_era.checked_mul(365)?.checked_add(leap_days)?;
    let day_of_era = day_of_era.checked_add(day_of_year)?;
    era.checked_mul(146_097)?.checked_add(day_of_era)?.checked_sub(719_468)
}

fn iso_8601(seconds: i64) -> String {
    let (days, second_of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let day = days.saturating_add(719_468);
    let (era, day_of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let corrected = day_of_era
        .saturating_sub(day_of_era / 1_460)
        .saturating_add(day_of_era / 36_524)
        .saturating_sub(day_of_era / 146_096);
    let year_of_era = corrected / 365;
    let before = year_of_era.saturating_mul(365).saturating_add(year_of_era / 4);
    let before = before.saturating_sub(year_of_era / 100);
    let day_of_year = day_of_era.saturating_sub(before);
    let from_march = day_of_year.saturating_mul(5).saturating_add(2) / 153;
    let month_start = from_march.saturating_mul(153).saturating_add(2) / 5;
    let day = day_of_year.saturating_sub(month_start).saturating_add(1);
    let month =
        if from_march < 10 { from_march.saturating_add(3) } else { from_march.saturating_sub(9) };
    let year = era.saturating_mul(400).saturating_add(year_of_era);
    let year = if month <= 2 { year.saturating_add(1) } else { year };
    let (hour, minute) = (second_of_day / 3600, second_of_day / 60 % 60);
    let second = second_of_day % 60;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(tag: u8, text: &str) -> Option<String> {
        let value = Value { tag, content: text.as_bytes(), encoded: &[] };
        time_seconds(value).map(iso_8601)
    }

    #[test]
    fn times() {
        for (tag, text, expected) in [
            (der::UTC_TIME, "080229013346Z", Some("2008-02-29T01:33:46Z")),
            (der::UTC_TIME, "500101000000Z", Some("1950-01-01T00:00:00Z")),
            (der::UTC_TIME, "4912312359Z", Some("2049-12-31T23:59:00Z")),
            (der::GENERALIZED_TIME, "21201231235959Z", Some("2120-12-31T23:59:59Z")),
            (der::GENERALIZED_TIME, "20000229120000.5Z", Some("2000-02-29T12:00:00Z")),
            (der::UTC_TIME, "700101010000+0100", Some("1970-01-01T00:00:00Z")),
            (der::GENERALIZED_TIME, "00010101000000Z", Some("0001-01-01T00:00:00Z")),
            (der::UTC_TIME, "081329013346Z", None),
            (der::UTC_TIME, "0802", None),
            (der::UTC_TIME, "+80229013346Z", None),
            (der::OCTET_STRING, "080229013346Z", None),
        ] {
            assert_eq!(time(tag, text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn names() {
        // C=US, O="Google, Inc.", CN=a
        let encoded = [
            &[0x30, 0x2d][..],
            &[0x31, 0x0b, 0x30, 0x09, 0x06, 0x03, 0x55, 0x04, 0x06, 0x13, 0x02, b'U', b'S'],
            &[0x31, 0x14, 0x30, 0x12, 0x06, 0x03, 0x55, 0x04, 0x0a, 0x13, 0x0b],
            b"Google, Inc",
            &[0x31, 0x08, 0x30, 0x06, 0x06, 0x01, 0x7f, 0x0c, 0x01, b'a'],
        ]
        .concat();
        assert_eq!(name_text(&encoded), "OID.2.47=a, O=\"Google, Inc\", C=US");
        assert_eq!(name_text(&[]), "");
    }
}
