//! Whether a value can be what its name says: made by a machine, or chosen as a password, and
//! not a word, a label, a path, a constant of the code or a placeholder.

use super::names::{Named, words};
use super::{SecretClass, SecretHit, secret_kind};
use menshen_base::Confidence;

const VALUE_BYTES_MAX: usize = 512;

/// A name and value that belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Judged {
    pub(super) kind: &'static str,
    pub(super) class: SecretClass,
    pub(super) confidence: Confidence,
}

impl Judged {
    pub(super) fn hit(self, value: &str, start: usize) -> SecretHit {
        SecretHit {
            kind: self.kind,
            range: start..start + value.len(),
            class: self.class,
            confidence: self.confidence,
            entropy: entropy(value),
            name: None,
        }
    }
}

/// Judges a value by what its name says it is.
pub(super) fn judge(named: &Named, value: &str) -> Option<Judged> {
    let kind = secret_kind(named.kind)?;
    let plain = (4..=VALUE_BYTES_MAX).contains(&value.len())
        && value.bytes().all(|byte| byte.is_ascii_graphic());
    let written = value.bytes().any(|byte| byte.is_ascii_alphanumeric());
    if !plain
        || !written
        || is_placeholder(value)
        || is_reference(value)
        || longest_repeat(value) >= 8
    {
        return None;
    }
    let confidence = match kind.id {
        "generic-password" => password(named, value)?,
        "generic-secret" | "generic-key" if is_phrase(value) => Confidence::Low,
        id if id.starts_with("generic-") => machine_made(value)?,
        _ if kind.class == SecretClass::Identifier => {
            identifier(value).then_some(kind.confidence)?
        }
        id if fits(id, value) => kind.confidence,
        // The name of one service and the value of another: still a secret by its name.
        _ => machine_made(value)?.min(Confidence::Medium),
    };
    Some(Judged { kind: kind.id, class: kind.class, confidence })
}

/// Whether the value has the length and characters that the service gives out.
fn fits(kind: &str, value: &str) -> bool {
    let hex = |length| value.len() == length && value.bytes().all(|b| b.is_ascii_hexdigit());
    let base64 =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    let random = |length| value.len() == length && value.bytes().all(base64) && has_digit(value);
    match kind {
        "aws-secret-access-key"
        | "huawei-cloud-secret-key"
        | "qiniu-access-key"
        | "qiniu-secret-key" => random(40),
        "aliyun-access-key-secret" => random(30),
        "tencent-cloud-secret-key" => random(32),
        "huawei-cloud-access-key" => random(20) && !value.bytes().any(|b| b.is_ascii_lowercase()),
        "wechat-app-secret"
        | "facebook-app-secret"
        | "weibo-app-secret"
        | "agora-app-certificate" => hex(32),
        "wechat-pay-key" => random(32),
        "jpush-master-secret" => hex(24),
        "alipay-private-key" => value.len() >= 400 && value.starts_with("MII"),
        _ => false,
    }
}

/// An identifier of a service: one token, not a word of the code.
fn identifier(value: &str) -> bool {
    value.len() >= 6 && has_digit(value) && !is_code_word(value)
}

/// A password: anything that is not a word by which code would call it.
fn password(named: &Named, value: &str) -> Option<Confidence> {
    /// Chosen so often that the word alone is one, where the name says that it is a password.
    const CHOSEN: [&str; 9] = [
        "admin", "root", "qwerty", "letmein", "iloveyou", "welcome", "guest", "changeit", "android",
    ];
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let lower = value.to_ascii_lowercase();
    if named.last && CHOSEN.contains(&lower.as_str()) {
        return Some(Confidence::Low);
    }
    if digits == value.len() {
        return (named.last && value.len() >= 6).then_some(Confidence::Low);
    }
    let symbols = value
        .bytes()
        .filter(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'-' | b'.' | b':' | b'/'))
        .count();
    if digits == 0 && symbols == 0 {
        return (random_letters(value) || is_phrase(value)).then_some(Confidence::Low);
    }
    if value.len() < 6 || is_code_word(value) || is_dotted(value) || is_markup(value) {
        return None;
    }
    let strong = value.len() >= 8 && digits > 0 && entropy(value) >= 2500;
    Some(if strong { Confidence::Medium } else { Confidence::Low })
}

/// A token or key that a machine made, or that somebody typed with digits in it.
fn machine_made(value: &str) -> Option<Confidence> {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    if value.len() < 8 || is_code_word(value) || is_dotted(value) || is_markup(value) {
        return None;
    }
    if digits == value.len() {
        return None;
    }
    if digits == 0 {
        return random_letters(value).then_some(Confidence::Low);
    }
    let entropy = entropy(value);
    if is_uuid(value) || longest_sequence(value) >= 8 {
        return Some(Confidence::Low);
    }
    let hex = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    if value.len() >= 16 && digits >= 3 && entropy >= if hex { 2700 } else { 3300 } {
        return Some(Confidence::Medium);
    }
    (digits >= 2 && entropy >= 2500).then_some(Confidence::Low)
}

/// Words run together, as people choose keys of sixteen letters: `thisisasecretkey`. Names that
/// code uses for itself are shorter or have their words apart.
fn is_phrase(value: &str) -> bool {
    value.len() >= 14 && value.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Letters alone that no word would have: upper and lower case mixed without pattern.
fn random_letters(value: &str) -> bool {
    let bytes = value.as_bytes();
    let letters =
        bytes.iter().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'+' | b'/' | b'='));
    let changes = bytes
        .windows(2)
        .filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
        .count();
    // A word has a vowel in any six letters or so; random letters of both cases change often.
    letters && bytes.len() >= 16 && changes * 5 >= bytes.len() && entropy(value) >= 3500
}

/// Words that code puts names together of. Sorted.
const TECHNICAL: [&str; 74] = [
    "access",
    "account",
    "action",
    "aes",
    "algorithm",
    "api",
    "app",
    "auth",
    "base",
    "bearer",
    "bit",
    "cbc",
    "client",
    "code",
    "config",
    "crypt",
    "data",
    "db",
    "default",
    "des",
    "device",
    "ecb",
    "encrypt",
    "error",
    "failed",
    "gcm",
    "hash",
    "hmac",
    "http",
    "https",
    "id",
    "in",
    "info",
    "invalid",
    "jwt",
    "key",
    "login",
    "md",
    "mode",
    "my",
    "name",
    "new",
    "no",
    "number",
    "oauth",
    "of",
    "old",
    "padding",
    "pass",
    "passwd",
    "password",
    "pin",
    "pkcs",
    "private",
    "public",
    "pwd",
    "refresh",
    "required",
    "rsa",
    "secret",
    "session",
    "sha",
    "sign",
    "store",
    "temp",
    "text",
    "the",
    "token",
    "type",
    "url",
    "user",
    "utf",
    "value",
    "with",
];

/// A name that code uses: words with at most a number or two, like `token_v2`, `AES/CBC/PKCS5Padding`.
fn is_code_word(value: &str) -> bool {
    // The sizes of ciphers and digests are words, too.
    let sizes = ["128", "192", "256", "384", "512"].iter().any(|size| value.contains(size));
    let digits = value.bytes().filter(u8::is_ascii_digit).count() - if sizes { 3 } else { 0 };
    let parts: Vec<String> = words(value)
        .iter()
        .flat_map(|word| {
            word.split(|c: char| c.is_ascii_digit()).map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|word| word.len() > 1)
        .collect();
    if parts.is_empty() {
        return false;
    }
    let technical = parts.iter().all(|word| TECHNICAL.binary_search(&word.as_str()).is_ok());
    if technical && digits <= 2 && !value.contains(['!', '@', '#', '$', '^', '&', '*']) {
        return true;
    }
    // snake_case, kebab-case, paths and spaced constants with a number at the end.
    let separated = value.contains(['_', '-', '/', '.', ':']);
    let pronounceable = parts.iter().all(|word| is_pronounceable(word));
    separated && digits <= 2 && pronounceable
}

/// Has vowels as words have them.
fn is_pronounceable(word: &str) -> bool {
    let vowels = word.bytes().filter(|byte| b"aeiouy".contains(byte)).count();
    vowels * 5 >= word.len() && word.len() <= 14 || word.len() <= 3
}

/// A class, package, file or host: parts with dots that all begin with a letter.
fn is_dotted(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['.', '$']).collect();
    let word = |part: &&str| part.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    parts.len() >= 3 && parts.iter().all(word) && !value.starts_with("eyJ")
}

/// Pieces of code, markup, patterns and addresses.
fn is_markup(value: &str) -> bool {
    value.contains("://")
        || value.contains("()")
        || value.contains("[^")
        || value.starts_with(['/', '.', '^', '(', '[', '&', '?', ','])
        || value.ends_with(['(', ':', '=', ',', '?']) && !value.ends_with("==") && value.len() < 20
        || value.ends_with(".class")
        || value.ends_with(".json")
        || value.ends_with(".xml")
        || value.ends_with(".html")
}

/// A resource, an attribute, a variable to be filled in.
fn is_reference(value: &str) -> bool {
    value.starts_with('@') && value.contains('/')
        || value.starts_with("?attr")
        || value.starts_with("res/")
        || value.starts_with("R.")
        || matches!(
            value.to_ascii_lowercase().as_str(),
            "true" | "false" | "null" | "none" | "nil" | "undefined" | "string" | "unknown"
        )
}

/// What people write where a secret would go.
pub(super) fn is_placeholder(value: &str) -> bool {
    const MARKS: [&str; 33] = [
        "example",
        "placeholder",
        "your",
        "xxxx",
        "dummy",
        "sample",
        "changeme",
        "change_me",
        "change-me",
        "todo",
        "insert",
        "replace",
        "redacted",
        "${",
        "#{",
        "{{",
        "}}",
        "%s",
        "%d",
        "%1$",
        "****",
        "....",
        "____",
        "----",
        "<key>",
        "<secret",
        "<token",
        "<password",
        "_here",
        "-here",
        "fake",
        "foobar",
        "test_key",
    ];
    if value.starts_with('<') && value.ends_with('>')
        || value.starts_with('{') && value.ends_with('}')
    {
        return true;
    }
    let lower = value.to_ascii_lowercase();
    MARKS.iter().any(|mark| lower.contains(mark))
}

fn has_digit(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

/// RFC 9562: 8-4-4-4-12 hexadecimal digits.
fn is_uuid(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Shannon entropy of the bytes, in thousandths of a bit a character.
pub(super) fn entropy(value: &str) -> u32 {
    let mut counts = [0u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = value.len() as f64;
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum();
    // At most eight bits, so the conversion keeps the value.
    (bits * 1000.0).round() as u32
}

/// Length of the longest run of one character.
pub(super) fn longest_repeat(value: &str) -> usize {
    longest_run(value, |a, b| a == b)
}

/// Length of the longest run that counts up by one: `12345678`, `abcdefgh`.
pub(super) fn longest_sequence(value: &str) -> usize {
    longest_run(value, |a, b| b.wrapping_sub(a) == 1 || (a == b'9' && b == b'0'))
}

fn longest_run(value: &str, joins: impl Fn(u8, u8) -> bool) -> usize {
    let bytes = value.as_bytes();
    let (mut best, mut length) = (usize::from(!bytes.is_empty()), 1);
    for pair in bytes.windows(2) {
        length = if joins(pair[0], pair[1]) { length + 1 } else { 1 };
        best = best.max(length);
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures() {
        assert_eq!(entropy("aaaa"), 0);
        assert_eq!(entropy("abab"), 1000);
        assert_eq!(entropy("0123456789abcdef"), 4000);
        assert_eq!(entropy(""), 0);
        assert_eq!(longest_sequence("x1234567890y"), 10);
        assert_eq!(longest_repeat("abbbc"), 3);
        assert_eq!(longest_repeat(""), 0);
    }

    #[test]
    fn the_list_can_be_searched() {
        assert!(TECHNICAL.is_sorted());
    }

    #[test]
    fn words_of_code_are_no_secrets() {
        for word in [
            "token_v2",
            "AES/CBC/PKCS5Padding",
            "sha256_key",
            "password1",
            "utf-8",
            "access-token-1",
            "login/user",
        ] {
            assert!(is_code_word(word), "{word}");
        }
        for value in ["a8F3k9Lq", "P@ssw0rd", "SuperSecret123", "hunter2024", "9f86d081884c7d65"] {
            assert!(!is_code_word(value), "{value}");
        }
    }
}
