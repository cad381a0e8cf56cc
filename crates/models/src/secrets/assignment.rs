//! A name and its value in a text: properties, JSON, XML, JavaScript, query strings.

use std::ops::Range;

/// Words that names of secrets hold; where one stands, the text around it is read.
pub(super) const WORDS: [&str; 34] = [
    "password",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "appkey",
    "app_key",
    "app-key",
    "accesskey",
    "access_key",
    "access-key",
    "authkey",
    "auth_key",
    "auth-key",
    "privatekey",
    "private_key",
    "private-key",
    "encryptkey",
    "encrypt_key",
    "encryption_key",
    "aeskey",
    "aes_key",
    "deskey",
    "des_key",
    "signkey",
    "sign_key",
    "masterkey",
    "db_pass",
];

const NAME_BYTES_MAX: usize = 64;
const VALUE_BYTES_MAX: usize = 512;
/// Spaces between a name, the sign and the value.
const SPACES_MAX: usize = 8;

/// Ranges of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Assignment {
    pub(super) name: Range<usize>,
    pub(super) value: Range<usize>,
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// The assignment whose name holds the word at `at`.
pub(super) fn read(text: &str, at: Range<usize>) -> Option<Assignment> {
    let bytes = text.as_bytes();
    let before = bytes[..at.start].iter().rev().take(NAME_BYTES_MAX + 1);
    let start = at.start - before.take_while(|byte| is_name(**byte)).count();
    let after = bytes[at.end..].iter().take(NAME_BYTES_MAX + 1);
    let end = at.end + after.take_while(|byte| is_name(**byte)).count();
    if end - start > 2 * NAME_BYTES_MAX {
        return None;
    }
    let value = value(text, end)?;
    Some(Assignment { name: start..end, value })
}

/// The value behind a name that ends at `at`.
fn value(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = skip_quote(bytes, at);
    let quoted_name =
        bytes.get(at.wrapping_sub(1)).is_some_and(|byte| matches!(byte, b'"' | b'\''));
    if quoted_name && bytes.get(at) == Some(&b'>') {
        // <string name="api_key">value</string>
        return until(text, at + 1, |byte| byte == b'<');
    }
    at = skip_spaces(bytes, at);
    if quoted_name {
        // <meta-data android:name="API_KEY" android:value="value"/>
        for attribute in ["android:value", "value"] {
            if bytes[at..].starts_with(attribute.as_bytes()) {
                at = skip_spaces(bytes, at + attribute.len());
                break;
            }
        }
    }
    let sign: &[&[u8]] = &[b"=>", b":=", b"=", b":"];
    let sign = sign.iter().find(|sign| bytes[at..].starts_with(sign))?;
    at = skip_spaces(bytes, at + sign.len());
    let escaped = bytes[at..].starts_with(b"\\\"");
    let quote = bytes.get(at + usize::from(escaped)).copied();
    match quote {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            let start = at + 1 + usize::from(escaped);
            let found = until(text, start, |byte| byte == quote || byte < b' ')?;
            let end = found.end - usize::from(escaped && text[found.clone()].ends_with('\\'));
            (bytes.get(found.end) == Some(&quote)).then_some(start..end)
        }
        // `a == b` compares and `a: b(` calls.
        Some(b'=') | None => None,
        Some(_) => {
            let found = until(text, at, |byte| {
                byte <= b' '
                    || matches!(
                        byte,
                        b'&' | b';'
                            | b','
                            | b'"'
                            | b'\''
                            | b'<'
                            | b'>'
                            | b'('
                            | b')'
                            | b'['
                            | b']'
                            | b'{'
                            | b'}'
                            | b'\\'
                    )
            })?;
            (!matches!(bytes.get(found.end), Some(b'(' | b'['))).then_some(found)
        }
    }
}

/// From `start` to the first byte that ends it, if that comes in time. Never empty.
fn until(text: &str, start: usize, ends: impl Fn(u8) -> bool) -> Option<Range<usize>> {
    let rest = text.as_bytes().get(start..)?;
    let length = rest.iter().take(VALUE_BYTES_MAX + 1).take_while(|byte| !ends(**byte)).count();
    let whole = (1..=VALUE_BYTES_MAX).contains(&length);
    (whole && text.is_char_boundary(start)).then_some(start..start + length)
}

fn skip_quote(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'"' | b'\'' | b'`') => at + 1,
        Some(b'\\') if bytes.get(at + 1) == Some(&b'"') => at + 2,
        _ => at,
    }
}

fn skip_spaces(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take(SPACES_MAX).take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// Whether the assignment is a parameter of a database URL: `jdbc:mysql://h/d?user=u&password=p`.
pub(super) fn in_connection_string(text: &str, found: &Assignment) -> bool {
    const WINDOW_BYTES: usize = 256;
    let start = text.floor_char_boundary(found.name.start.saturating_sub(WINDOW_BYTES));
    let before = &text[start..found.name.start];
    let line = before.rsplit(['\n', ' ', '"']).next().unwrap_or_default();
    line.contains("jdbc:") || line.contains("://") && line.contains("sql")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_names() {
        for (text, expected) in [
            ("password=abc", Some(("password", "abc"))),
            ("a&access_token=abc&x", Some(("access_token", "abc"))),
            ("db.password = abc\nx", Some(("db.password", "abc"))),
            (r#"{"apiKey": "a b"}"#, Some(("apiKey", "a b"))),
            (r#"{\"token\":\"abc\"}"#, Some(("token", "abc"))),
            ("var secret='abc';", Some(("secret", "abc"))),
            ("secret: `abc`", Some(("secret", "abc"))),
            (r#"<string name="app_key">abc</string>"#, Some(("app_key", "abc"))),
            (r#"android:name="x.API_KEY" android:value="abc""#, Some(("x.API_KEY", "abc"))),
            ("'secret' => 'abc'", Some(("secret", "abc"))),
            ("token==abc", None),
            ("token:n(abc)", None),
            ("token", None),
            ("token=", None),
            ("token=\"abc", None),
            ("token is abc", None),
        ] {
            let at = WORDS.iter().find_map(|word| {
                let at = text.to_ascii_lowercase().find(word)?;
                Some(at..at + word.len())
            });
            let found = read(text, at.unwrap());
            let found = found.map(|f| (&text[f.name], &text[f.value]));
            assert_eq!(found, expected, "{text}");
        }
    }
}
