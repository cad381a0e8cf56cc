//! Which format a file is in, and its text as blocks.

mod docx;
mod html;
mod mhtml;
mod pdf;
mod plain;

use crate::blocks::Block;
use crate::issues;
use crate::lexicon::Lexicon;
use crate::model::Format;
use encoding_rs::{Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use menshen_base::ScanIssue;
use std::borrow::Cow;

/// Bytes from the start in which a page may declare its encoding; browsers look at 1,024.
const DECLARATION_BYTES: usize = 4096;

/// The text of a document.
#[derive(Debug, Default)]
pub(crate) struct Document {
    pub(crate) blocks: Vec<Block>,
    /// A title that the format keeps apart from the text.
    pub(crate) title: Option<String>,
}

impl Document {
    fn is_blank(&self) -> bool {
        self.blocks.iter().all(|block| match block {
            Block::Text(block) => block.text.trim().is_empty(),
            Block::Table(rows) => rows.iter().flatten().all(|cell| cell.trim().is_empty()),
        })
    }
}

/// Reads whatever it is. `None` with an issue when there is no text.
pub(crate) fn read(
    bytes: &[u8],
    lexicon: &Lexicon,
    problems: &mut Vec<ScanIssue>,
) -> Option<(Format, Document)> {
    let start = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    let rest = bytes.get(start..).unwrap_or_default();
    let without_mark = rest.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(rest);
    if without_mark.trim_ascii().is_empty() {
        problems.push(ScanIssue::new(&issues::EMPTY));
        return None;
    }
    let before = problems.len();
    let (format, document) = if contains(bytes, b"%PDF-", 1024) {
        (Format::Pdf, pdf::read(bytes, lexicon, problems))
    } else if rest.starts_with(b"PK\x03\x04") || rest.starts_with(b"PK\x05\x06") {
        (Format::Docx, docx::read(bytes, problems))
    } else if is_mhtml(rest) {
        (Format::Mhtml, mhtml::read(bytes, problems))
    } else if is_unreadable(bytes) {
        problems.push(ScanIssue::new(&issues::UNKNOWN_FORMAT));
        return None;
    } else {
        text(bytes, problems)
    };
    if document.is_blank() {
        // The reader that knows why has said so already.
        if problems.len() == before {
            problems.push(ScanIssue::new(&issues::NO_TEXT));
        }
        return None;
    }
    Some((format, document))
}

fn text(bytes: &[u8], problems: &mut Vec<ScanIssue>) -> (Format, Document) {
    let text = decode(bytes, problems);
    if looks_like_html(&text) {
        (Format::Html, html::read(&text))
    } else {
        (Format::Text, plain::read(&text))
    }
}

fn contains(bytes: &[u8], wanted: &[u8], within: usize) -> bool {
    let head = bytes.get(..within.min(bytes.len())).unwrap_or_default();
    head.windows(wanted.len()).any(|window| window == wanted)
}

fn is_mhtml(bytes: &[u8]) -> bool {
    let head = bytes.get(..2048.min(bytes.len())).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let first = head.split_once(':').map(|(name, _)| name).unwrap_or_default();
    let header = ["from", "mime-version", "subject", "date", "snapshot-content-location"];
    header.contains(&first) && head.contains("multipart/related")
}

/// Binary data: pictures, old Word files, archives.
fn is_unreadable(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return false;
    }
    let head = bytes.get(..8192.min(bytes.len())).unwrap_or_default();
    let control = head.iter().filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)).count();
    control.saturating_mul(50) > head.len()
}

fn looks_like_html(text: &str) -> bool {
    const TAGS: &[&str] = &[
        "<!doctype html",
        "<html",
        "<body",
        "<div",
        "<p>",
        "<p ",
        "<table",
        "<h1",
        "<h2",
        "<span",
        "<br",
        "<section",
        "<li",
    ];
    let mut from = text.len().min(1 << 16);
    while !text.is_char_boundary(from) {
        from = from.saturating_sub(1);
    }
    let head = text.get(..from).unwrap_or_default().to_ascii_lowercase();
    TAGS.iter().any(|tag| head.contains(tag))
}

/// Text of bytes in the encoding that they declare or show.
fn decode<'a>(bytes: &'a [u8], problems: &mut Vec<ScanIssue>) -> Cow<'a, str> {
    let encoding = encoding_of(bytes);
    let (text, _, errors) = encoding.decode(bytes);
    if errors {
        problems.push(ScanIssue::new(&issues::ENCODING).detail(encoding.name()));
    }
    text
}

fn encoding_of(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    // UTF-16 without a mark: every second byte of ASCII text is zero.
    let head = bytes.get(..512.min(bytes.len())).unwrap_or_default();
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    if zeros(0).saturating_mul(5) > head.len() {
        return UTF_16BE;
    }
    if zeros(1).saturating_mul(5) > head.len() {
        return UTF_16LE;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let declared = declared_encoding(bytes);
    // A page cut in the middle of a character is still UTF-8 when it says so, or when it is
    // nearly all well-formed.
    match declared {
        Some(encoding) if encoding != UTF_8 => encoding,
        _ if mostly_utf8(bytes) => UTF_8,
        _ => GB18030,
    }
}

fn mostly_utf8(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let bad = text.chars().filter(|c| *c == '\u{FFFD}').count();
    let wide = text.chars().filter(|c| crate::fold::is_han(*c)).count();
    bad.saturating_mul(10) < wide
}

fn declared_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = bytes.get(..DECLARATION_BYTES.min(bytes.len())).unwrap_or_default();
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let after = head.split("charset").nth(1)?;
    let label = after.trim_start_matches([' ', '=', '"', '\'']);
    let label: String =
        label.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    Encoding::for_label(label.as_bytes())
}
