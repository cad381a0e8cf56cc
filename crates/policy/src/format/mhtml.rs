//! Pages saved as one file (MHTML): the first HTML part of a MIME message (RFC 2557, RFC 2045).

use super::{Document, decode, html, looks_like_html};
use crate::issues;
use menshen_base::ScanIssue;

const PARTS_MAX: usize = 10_000;

pub(super) fn read(bytes: &[u8], problems: &mut Vec<ScanIssue>) -> Document {
    let text = String::from_utf8_lossy(bytes);
    let text = text.replace("\r\n", "\n");
    let Some(boundary) = boundary(&text) else {
        problems.push(
            ScanIssue::new(&issues::UNKNOWN_FORMAT).detail("multipart/related without a boundary"),
        );
        return Document::default();
    };
    let marker = format!("--{boundary}");
    for part in text.split(marker.as_str()).skip(1).take(PARTS_MAX) {
        let Some((head, body)) = part.trim_start_matches('\n').split_once("\n\n") else { continue };
        let head = head.to_ascii_lowercase();
        if !head.contains("content-type: text/html") {
            continue;
        }
        let body = if head.contains("quoted-printable") {
            quoted_printable(body)
        } else if head.contains("base64") {
            base64(body)
        } else {
            body.as_bytes().to_vec()
        };
        let page = decode(&body, problems);
        if looks_like_html(&page) {
            return html::read(&page);
        }
    }
    problems.push(ScanIssue::new(&issues::NO_TEXT).detail("no HTML part"));
    Document::default()
}

fn boundary(text: &str) -> Option<&str> {
    // Header names are ASCII, so that positions agree with those of the lower-case text.
    let at = text.to_ascii_lowercase().find("boundary=")?;
    let value = text.get(at.saturating_add(9)..)?;
    let value = value
        .strip_prefix('"')
        .map_or_else(|| value.split([';', '\n', ' ']).next(), |quoted| quoted.split('"').next())?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

fn quoted_printable(body: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut bytes = body.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'=' {
            out.push(byte);
            continue;
        }
        let rest = bytes.as_slice_pair();
        match rest {
            Some((b'\n', _)) => {
                bytes.next();
            }
            Some((high, Some(low))) => match (hex(high), hex(low)) {
                (Some(high), Some(low)) => {
                    out.push(high.wrapping_shl(4) | low);
                    bytes.next();
                    bytes.next();
                }
                _ => out.push(b'='),
            },
            _ => out.push(b'='),
        }
    }
    out
}

trait Ahead {
    /// The next two bytes, without taking them.
    fn as_slice_pair(&self) -> Option<(u8, Option<u8>)>;
}

impl Ahead for std::str::Bytes<'_> {
    fn as_slice_pair(&self) -> Option<(u8, Option<u8>)> {
        let mut ahead = self.clone();
        let first = ahead.next()?;
        Some((first, ahead.next()))
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn base64(body: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in body.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte.wrapping_sub(b'A'),
            b'a'..=b'z' => byte.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = (bits.wrapping_shl(6) | u32::from(value)) & 0x00FF_FFFF;
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            let [.., byte] = bits.wrapping_shr(count).to_be_bytes();
            out.push(byte);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoded() {
        assert_eq!(quoted_printable("a=E4=BD=A0=\nb=3D=zz"), "a你b==zz".as_bytes());
        assert_eq!(base64("5L2g5aW9\nIQ=="), "你好!".as_bytes());
        assert_eq!(boundary("Content-Type: multipart/related;\n boundary=\"--x\"\n"), Some("--x"));
    }
}
