//! Text on a page of fixed width, out of strings that nobody has vetted.
//!
//! Width is counted in terminal columns (a Chinese character takes two). Wrapping follows the
//! part of Unicode line breaking that zh and en prose needs: a break is allowed at spaces and
//! beside wide characters, but closing punctuation never starts a line and opening punctuation
//! never ends one.

use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// True for characters that act on what displays them: controls, marks that change the
/// direction of text, and those that take no place.
pub(crate) fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Characters of one string that a page shows; an app may hold strings of megabytes.
const TEXT_CHARS_MAX: usize = 4096;

/// The text on one line, with active characters written as `\n` or `\u{202e}`, and cut with `…`
/// where it is very long.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let (text, cut) = match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    };
    if !cut && !text.chars().any(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_active(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
    if cut {
        out.push('…');
    }
    Cow::Owned(out)
}

/// Columns the text takes.
pub(crate) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text, cut with `…` where it is wider than `max` columns.
pub(crate) fn shorten(text: &str, max: usize) -> Cow<'_, str> {
    if width(text) <= max {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if used + columns + 1 > max {
            break;
        }
        used += columns;
        out.push(c);
    }
    out.push('…');
    Cow::Owned(out)
}

/// The text with spaces behind it up to `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

const NEVER_STARTS: &str = "，。；：、！？）》」』】”’…,.;:!?)]}";
const NEVER_ENDS: &str = "（《「『【“‘([{";

/// Lines of at most `max` columns, broken at spaces and beside wide characters. A piece wider
/// than a line is cut. An empty text is no line.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let max = max.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        let gap = usize::from(!line.is_empty() && piece.space_before);
        if width(&line) + gap + width(&piece.text) > max && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        } else if gap == 1 {
            line.push(' ');
        }
        for c in piece.text.chars() {
            if width(&line) + c.width().unwrap_or(0) > max {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// A run of characters that stays on one line where it can.
struct Piece {
    text: String,
    space_before: bool,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out: Vec<Piece> = Vec::new();
    let mut space = false;
    let mut previous: Option<char> = None;
    for c in text.chars() {
        if c == ' ' {
            space = true;
            previous = None;
            continue;
        }
        let joins = match previous {
            None => false,
            Some(p) => {
                NEVER_STARTS.contains(c)
                    || NEVER_ENDS.contains(p)
                    || (p.width().unwrap_or(0) < 2 && c.width().unwrap_or(0) < 2)
            }
        };
        match out.last_mut() {
            Some(last) if joins => last.text.push(c),
            _ => {
                out.push(Piece { text: c.to_string(), space_before: space });
                space = false;
            }
        }
        previous = Some(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_characters_become_visible() {
        let rows = [
            ("plain 文本", "plain 文本"),
            ("a\u{1b}[31mred", "a\\u{1b}[31mred"),
            ("exe\u{202e}gpj", "exe\\u{202e}gpj"),
            ("two\nlines\t.", "two\\nlines\\t."),
            ("\u{2066}a\u{2069}\u{200b}", "\\u{2066}a\\u{2069}\\u{200b}"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ];
        for (input, expected) in rows {
            assert_eq!(visible(input), expected, "{input:?}");
        }
    }

    #[test]
    fn very_long_strings_are_cut() {
        let long = "字".repeat(TEXT_CHARS_MAX);
        assert_eq!(visible(&long), long);
        assert_eq!(visible(&format!("{long}x")), format!("{long}…"));
    }

    #[test]
    fn wraps_by_columns() {
        let rows: [(&str, usize, &[&str]); 6] = [
            ("", 10, &[]),
            ("one two three", 7, &["one two", "three"]),
            ("中文字符很宽", 6, &["中文字", "符很宽"]),
            // Closing punctuation stays with the character before it.
            ("中文字，后面", 6, &["中文", "字，后", "面"]),
            ("用 AES/GCM 加密", 10, &["用 AES/GCM", "加密"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
        ];
        for (input, max, expected) in rows {
            let lines = wrap(input, max);
            assert_eq!(lines, expected, "{input:?}");
            assert!(lines.iter().all(|line| width(line) <= max), "{lines:?}");
            assert_eq!(lines.concat().replace(' ', ""), input.replace(' ', ""));
        }
    }

    #[test]
    fn shortens_by_columns() {
        assert_eq!(shorten("abcdef", 6), "abcdef");
        assert_eq!(shorten("abcdefg", 6), "abcde…");
        assert_eq!(shorten("中文字符", 6), "中文…");
        assert_eq!(pad("中", 4), "中  ");
    }
}
