//! Secrets with a shape of their own: a fixed beginning and a tail of given characters and
//! length, from the table; and those that need more than that, from here.

use super::value::{entropy, is_placeholder, longest_repeat, longest_sequence};
use super::{SecretClass, SecretHit, SecretKind};
use crate::table::rows;
use menshen_base::Confidence;
use std::ops::Range;

/// Characters of a tail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Hex,
    Alnum,
    /// Letters of upper case and digits.
    UpperAlnum,
    /// Base32: A to Z and 2 to 7.
    UpperBase32,
    /// Alphanumeric, `_` and `-`.
    Word,
    /// The same and `.`.
    WordDot,
    /// The same as `Word` and `/`.
    Path,
    Base64,
    /// Hexadecimal and `-`.
    Uuid,
}

impl Alphabet {
    fn parse(name: &str) -> Self {
        match name {
            "hex" => Self::Hex,
            "alnum" => Self::Alnum,
            "upnum" => Self::UpperAlnum,
            "upper32" => Self::UpperBase32,
            "worddot" => Self::WordDot,
            "path" => Self::Path,
            "base64" => Self::Base64,
            "uuid" => Self::Uuid,
            _ => Self::Word,
        }
    }

    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_hexdigit(),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::UpperAlnum => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::UpperBase32 => byte.is_ascii_uppercase() || matches!(byte, b'2'..=b'7'),
            Self::Word => is_word(byte),
            Self::WordDot => is_word(byte) || byte == b'.',
            Self::Path => is_word(byte) || byte == b'/',
            Self::Base64 => byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='),
            Self::Uuid => byte.is_ascii_hexdigit() || byte == b'-',
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// A beginning and the tail that must follow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) prefix: &'static str,
    kind: SecretKind,
    tail: Alphabet,
    least: usize,
    most: usize,
}

/// The kinds of the table with their shapes.
pub(super) fn table() -> Vec<(SecretKind, Vec<Shape>)> {
    rows(include_str!("../../../../models/android/secrets.tsv"))
        .map(|row| {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            let id = next();
            let class =
                if next() == "identifier" { SecretClass::Identifier } else { SecretClass::Secret };
            let confidence = match next() {
                "high" => Confidence::High,
                "medium" => Confidence::Medium,
                _ => Confidence::Low,
            };
            let partner = Some(next()).filter(|partner| !partner.is_empty());
            let prefixes = next().split(' ').filter(|prefix| !prefix.is_empty());
            let tail = Alphabet::parse(next());
            let mut length = || next().parse().unwrap_or(0);
            let (least, most) = (length(), length());
            let kind = SecretKind { id, class, confidence, partner, zh: next(), en: next() };
            (kind, prefixes.map(|prefix| Shape { prefix, kind, tail, least, most }).collect())
        })
        .collect()
}

impl Shape {
    pub(super) fn read(&self, text: &str, at: Range<usize>) -> Option<SecretHit> {
        let bytes = text.as_bytes();
        if text.get(at.clone())? != self.prefix || !begins(bytes, at.start) {
            return None;
        }
        let rest = bytes.get(at.end..)?;
        let length = rest.iter().take(self.most + 1).take_while(|b| self.tail.has(**b)).count();
        if length < self.least || length > self.most || !ends(rest, length) {
            return None;
        }
        let end = at.end + length;
        let tail = text.get(at.end..end)?;
        let confidence = confidence(self.kind.confidence, tail)?;
        let dots = tail.bytes().filter(|byte| *byte == b'.').count();
        if self.tail == Alphabet::WordDot && dots == 0 {
            return None;
        }
        Some(SecretHit {
            kind: self.kind.id,
            range: at.start..end,
            class: self.kind.class,
            confidence,
            entropy: entropy(tail),
            name: None,
        })
    }
}

/// Whether a token can begin here: not in the middle of a word or of Base64.
fn begins(bytes: &[u8], start: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| bytes.get(at));
    before.is_none_or(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'+' | b'-'))
}

/// Whether a token can end here.
fn ends(rest: &[u8], length: usize) -> bool {
    rest.get(length).is_none_or(|byte| !is_word(*byte) && !matches!(byte, b'+' | b'='))
}

/// Less sure of a tail that counts up; `None` for a placeholder or what is not random at all.
fn confidence(of_kind: Confidence, tail: &str) -> Option<Confidence> {
    /// Sixteen random hexadecimal digits have 3.3 bits in the mean and never below 2.2.
    const ENTROPY_MIN: u32 = 2200;
    if is_placeholder(tail) || longest_repeat(tail) >= 6 || entropy(tail) < ENTROPY_MIN {
        return None;
    }
    Some(if longest_sequence(tail) >= 10 { Confidence::Low } else { of_kind })
}

/// Shapes that the table cannot say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    Pem,
    DerInBase64,
    Jwt,
    UrlCredentials,
    GoogleClientId,
    FirebaseServerKey,
    TelegramToken,
    WechatAppId,
    BasicHeader,
    BearerHeader,
    OpenAi,
}

impl Special {
    /// Where to look closer.
    pub(super) const LITERALS: [(&'static str, Special); 15] = [
        ("-----BEGIN ", Self::Pem),
        // The version and the algorithm of PKCS #8 as they fall in Base64, for RSA and P-256.
        ("IBADANBgkqhkiG9w0BAQEFAASC", Self::DerInBase64),
        ("GHAgEAMBMGByqGSM49AgEG", Self::DerInBase64),
        // The version and the length of the modulus of PKCS #1, 2048 bits and more, and 1024.
        ("IBAAKCAQEA", Self::DerInBase64),
        ("IBAAKCAgEA", Self::DerInBase64),
        ("IBAAKBgQ", Self::DerInBase64),
        ("eyJ", Self::Jwt),
        ("://", Self::UrlCredentials),
        (".apps.googleusercontent.com", Self::GoogleClientId),
        (":APA91b", Self::FirebaseServerKey),
        (":AA", Self::TelegramToken),
        ("wx", Self::WechatAppId),
        ("basic ", Self::BasicHeader),
        ("bearer ", Self::BearerHeader),
        ("T3BlbkFJ", Self::OpenAi),
    ];

    pub(super) fn read(self, text: &str, at: Range<usize>) -> Option<SecretHit> {
        match self {
            Self::Pem => pem(text, at),
            Self::DerInBase64 => der_in_base64(text, at),
            Self::Jwt => jwt(text, at),
            Self::UrlCredentials => url_credentials(text, at),
            Self::GoogleClientId => google_client_id(text, at),
            Self::FirebaseServerKey => firebase_server_key(text, at),
            Self::TelegramToken => telegram_token(text, at),
            Self::WechatAppId => wechat_app_id(text, at),
            Self::BasicHeader => basic_header(text, at),
            Self::BearerHeader => bearer_header(text, at),
            Self::OpenAi => open_ai(text, at),
        }
    }
}

fn hit(kind: &'static str, text: &str, range: Range<usize>) -> Option<SecretHit> {
    let kind = super::secret_kind(kind)?;
    let value = text.get(range.clone())?;
    Some(SecretHit {
        kind: kind.id,
        range,
        class: kind.class,
        confidence: kind.confidence,
        entropy: entropy(value),
        name: None,
    })
}

/// How many bytes from `start` belong to the alphabet, at most `most + 1`.
fn run(bytes: &[u8], start: usize, most: usize, alphabet: Alphabet) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    rest.iter().take(most + 1).take_while(|byte| alphabet.has(**byte)).count()
}

/// How many bytes before `end` belong to the alphabet, at most `most + 1`.
fn run_back(bytes: &[u8], end: usize, most: usize, has: impl Fn(u8) -> bool) -> usize {
    let before = bytes.get(..end).unwrap_or_default();
    before.iter().rev().take(most + 1).take_while(|byte| has(**byte)).count()
}

/// Parts of private keys that a library publishes in its sources to try out what it can load:
/// they protect nothing. Netty: `io.netty.handler.ssl.OpenSsl.PROBING_KEY`.
const PUBLISHED: [&str; 1] = ["CCBtayYNDrM3NFnkBbwTd6gaWp"];

/// RFC 7468: a label and Base64. The label alone is what a parser of keys looks for.
fn pem(text: &str, at: Range<usize>) -> Option<SecretHit> {
    const BODY_BYTES_MAX: usize = 16 * 1024;
    /// An Ed25519 key in PKCS #8 has 64 characters.
    const BODY_CHARACTERS_MIN: usize = 60;
    const LABEL_BYTES_MAX: usize = 40;
    let window = &text[at.end..text.floor_char_boundary(at.end + LABEL_BYTES_MAX)];
    let label = &window[..window.find("-----")?];
    let kind = match label {
        "ENCRYPTED PRIVATE KEY" => "encrypted-private-key",
        "PRIVATE KEY"
        | "RSA PRIVATE KEY"
        | "EC PRIVATE KEY"
        | "DSA PRIVATE KEY"
        | "OPENSSH PRIVATE KEY"
        | "PGP PRIVATE KEY BLOCK" => "private-key",
        _ => return None,
    };
    let start = at.end + label.len() + 5;
    let rest = &text.as_bytes()[start..text.len().min(start + BODY_BYTES_MAX)];
    let mut length = 0;
    let mut characters = 0;
    // Line ends may be written as `\n` inside string constants; headers have `:` and `,`.
    for byte in rest {
        match byte {
            b'-' if rest[length..].starts_with(b"-----") => break,
            byte if Alphabet::Base64.has(*byte) => characters += 1,
            b' ' | b'\n' | b'\r' | b'\t' | b'\\' | b':' | b',' | b'-' | b'.' => {}
            _ => break,
        }
        length += 1;
    }
    let encrypted = rest[..length].starts_with(b"\nProc-Type: 4,ENCRYPTED")
        || rest[..length].starts_with(b"\r\nProc-Type: 4,ENCRYPTED");
    let kind = if encrypted { "encrypted-private-key" } else { kind };
    let body = text.get(start..start + length)?;
    if PUBLISHED.iter().any(|part| body.contains(part)) {
        return None;
    }
    if characters < BODY_CHARACTERS_MIN || is_placeholder(body) || entropy(body) < 4000 {
        return None;
    }
    hit(kind, text, at.start..start + length)
}

/// PKCS #8 (RFC 5208) or PKCS #1 (RFC 8017) without the PEM lines, as payment SDKs take them.
fn der_in_base64(text: &str, at: Range<usize>) -> Option<SecretHit> {
    const KEY_BYTES_MAX: usize = 8192;
    let bytes = text.as_bytes();
    let found = text.get(at.clone())?;
    let (_, _) = Special::LITERALS.iter().find(|(literal, _)| *literal == found)?;
    let before = run_back(bytes, at.start, 5, |byte| Alphabet::Base64.has(byte));
    // `MII` and two or three characters of the length; `MI` for keys on curves.
    let start = at.start.checked_sub(before)?;
    if !text.get(start..at.start)?.starts_with("MI")
        && !text.get(start..at.end)?.starts_with("MIGH")
    {
        return None;
    }
    if !begins(bytes, start) {
        return None;
    }
    let length = run(bytes, start, KEY_BYTES_MAX, Alphabet::Base64);
    // A key on P-256 has 184 characters, RSA with 512 bits has 420.
    if !(170..=KEY_BYTES_MAX).contains(&length) {
        return None;
    }
    hit("private-key-base64", text, start..start + length)
}

/// RFC 7519: a header with `alg`, a body, a signature.
fn jwt(text: &str, at: Range<usize>) -> Option<SecretHit> {
    const PART_BYTES_MAX: usize = 4096;
    /// The example of jwt.io, which documentation repeats.
    const EXAMPLES: [&str; 2] = [
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
    ];
    let bytes = text.as_bytes();
    if text.get(at.clone())? != "eyJ"
        || !begins(bytes, at.start)
        || bytes.get(at.start.wrapping_sub(1)) == Some(&b'.')
    {
        return None;
    }
    let mut end = at.start;
    let mut parts: [&str; 3] = [""; 3];
    for (index, part) in parts.iter_mut().enumerate() {
        if index > 0 {
            (bytes.get(end) == Some(&b'.')).then_some(())?;
            end += 1;
        }
        let length = run(bytes, end, PART_BYTES_MAX, Alphabet::Word);
        *part = text.get(end..end + length)?;
        end += length;
    }
    let [header, body, signature] = parts;
    let header = base64(header)?;
    let json = header.starts_with(b"{\"") && memchr::memmem::find(&header, b"\"alg\"").is_some();
    if !json || !body.starts_with("eyJ") || signature.len() < 20 || EXAMPLES.contains(&signature) {
        return None;
    }
    hit("jwt", text, at.start..end)
}

/// Standard or URL-safe Base64, padding optional.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 0xff) as u8);
        }
    }
    Some(out)
}

/// RFC 3986, section 3.2.1: `user:password@` before a host.
fn url_credentials(text: &str, at: Range<usize>) -> Option<SecretHit> {
    const AUTHORITY_BYTES_MAX: usize = 320;
    const DATABASES: [&str; 9] = [
        "mongodb",
        "mongodb+srv",
        "mysql",
        "postgres",
        "postgresql",
        "redis",
        "rediss",
        "amqp",
        "sqlserver",
    ];
    const ORDINARY: [&str; 17] = [
        "user", "username", "usr", "name", "login", "pass", "password", "passwd", "pwd", "pw",
        "foo", "bar", "u", "p", "secret", "host", "token",
    ];
    let bytes = text.as_bytes();
    let ends = |byte: &u8| {
        matches!(
            byte,
            0..=b' ' | b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'\\' | b'`' | b'|'
        )
    };
    let window = &bytes[at.end..bytes.len().min(at.end + AUTHORITY_BYTES_MAX)];
    let length = window.iter().position(ends).unwrap_or(window.len());
    let sign = memchr::memrchr(b'@', &window[..length])?;
    let userinfo = text.get(at.end..at.end + sign)?;
    let (user, password) = userinfo.split_once(':')?;
    let ordinary = |part: &str| ORDINARY.contains(&part.to_ascii_lowercase().as_str());
    if password.is_empty() || ordinary(password) || is_placeholder(userinfo) || user.contains('%') {
        return None;
    }
    if password.contains(['{', '}', '$', '%', '*', ','])
        && !password.bytes().any(|b| b.is_ascii_digit())
    {
        return None;
    }
    let host = &window[sign + 1..length];
    if host.is_empty() || host.starts_with(b"%") || host.starts_with(b"{") || host.starts_with(b"$")
    {
        return None;
    }
    let scheme = run_back(bytes, at.start, 16, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-')
    });
    let scheme = text.get(at.start - scheme..at.start)?.to_ascii_lowercase();
    let kind = if DATABASES.contains(&scheme.as_str()) {
        "database-credentials"
    } else {
        "basic-auth-url"
    };
    hit(kind, text, at.end..at.end + sign)
}

fn google_client_id(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let length = run_back(bytes, at.start, 60, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let start = at.start - length;
    let (number, rest) = text.get(start..at.start)?.split_once('-')?;
    let digits = number.len() >= 6 && number.bytes().all(|byte| byte.is_ascii_digit());
    if !digits || rest.len() != 32 || is_placeholder(rest) {
        return None;
    }
    hit("google-oauth-client-id", text, start..at.end)
}

/// `AAAA` and seven characters, the colon, 140 characters that begin with `APA91b`.
fn firebase_server_key(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let start = at.start.checked_sub(11)?;
    let length = run(bytes, at.start + 1, 140, Alphabet::Word);
    if !text.get(start..at.start)?.starts_with("AAAA") || length != 140 || !begins(bytes, start) {
        return None;
    }
    hit("firebase-server-key", text, start..at.start + 1 + length)
}

/// Telegram Bot API: eight to ten digits, the colon, 35 characters that begin with `AA`.
fn telegram_token(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let digits = run_back(bytes, at.start, 10, |byte| byte.is_ascii_digit());
    let length = run(bytes, at.start + 1, 35, Alphabet::Word);
    let start = at.start - digits;
    let tail = text.get(at.start + 1..at.start + 1 + length)?;
    if !(8..=10).contains(&digits)
        || length != 35
        || !tail.starts_with("AA")
        || !begins(bytes, start)
    {
        return None;
    }
    confidence(Confidence::High, tail)?;
    hit("telegram-bot-token", text, start..at.start + 1 + length)
}

/// `wx` and sixteen lower-case hexadecimal digits.
fn wechat_app_id(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let length = run(bytes, at.end, 16, Alphabet::Hex);
    let id = text.get(at.start..at.end + length)?;
    let tail = id.get(2..)?;
    if length != 16
        || !id.starts_with("wx")
        || !begins(bytes, at.start)
        || !ends(&bytes[at.end..], length)
    {
        return None;
    }
    let lower = tail.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase());
    if !lower || !tail.bytes().any(|byte| byte.is_ascii_digit()) || longest_sequence(tail) >= 8 {
        return None;
    }
    confidence(Confidence::High, tail)?;
    hit("wechat-app-id", text, at.start..at.end + length)
}

/// RFC 7617: `Basic` and the Base64 of name and password.
fn basic_header(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let length = run(bytes, at.end, 256, Alphabet::Base64);
    if !(8..=256).contains(&length) || !length.is_multiple_of(4) || !begins(bytes, at.start) {
        return None;
    }
    let value = text.get(at.end..at.end + length)?;
    let decoded = String::from_utf8(base64(value)?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    let printable = decoded.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if user.is_empty() || password.is_empty() || !printable || is_placeholder(&decoded) {
        return None;
    }
    hit("basic-auth-header", text, at.end..at.end + length)
}

/// RFC 6750: `Bearer` and a token that no other shape claims.
fn bearer_header(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let length = run(bytes, at.end, 2048, Alphabet::WordDot);
    let value = text.get(at.end..at.end + length)?;
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if !(20..=2048).contains(&length)
        || digits < 3
        || entropy(value) < 3200
        || is_placeholder(value)
        || !begins(bytes, at.start)
    {
        return None;
    }
    hit("bearer-token", text, at.end..at.end + length)
}

/// `sk-`, twenty characters, a fixed middle, twenty characters.
fn open_ai(text: &str, at: Range<usize>) -> Option<SecretHit> {
    let bytes = text.as_bytes();
    let before = run_back(bytes, at.start, 110, is_word);
    let after = run(bytes, at.end, 110, Alphabet::Word);
    let start = at.start - before;
    let value = text.get(start..at.end + after)?;
    let exact = text.get(at.clone())? == "T3BlbkFJ";
    if !exact || !value.starts_with("sk-") || before < 20 || !(20..=110).contains(&after) {
        return None;
    }
    hit("openai-key", text, start..at.end + after)
}
