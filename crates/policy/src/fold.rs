//! Text made comparable. [`clean`] is for what is kept: invisible characters go, compatibility and
//! radical characters (which PDF writers emit for common characters) and full-width letters become
//! ordinary ones. [`fold`] is for matching: traditional characters become simplified, ASCII lower
//! case, no space beside a Chinese character, Chinese marks where ASCII ones stand beside one.

use std::collections::HashMap;
use std::sync::LazyLock;

struct Characters {
    compatible: HashMap<char, char>,
    simplified: HashMap<char, char>,
}

static CHARACTERS: LazyLock<Characters> = LazyLock::new(|| {
    let mut table = Characters { compatible: HashMap::new(), simplified: HashMap::new() };
    for line in include_str!("../../../models/policy/characters.tsv").lines().skip(1) {
        let mut columns = line.split('\t');
        let mut character = || columns.next().and_then(|cell| cell.chars().next());
        let (Some(from), Some(to), Some(kind)) = (character(), character(), character()) else {
            continue;
        };
        // Kinds: `compatibility`, `radical`; `traditional`, `variant`.
        let map =
            if matches!(kind, 'c' | 'r') { &mut table.compatible } else { &mut table.simplified };
        map.insert(from, to);
    }
    table
});

/// A Chinese character or Chinese mark: spaces beside it mean nothing.
pub(crate) fn is_wide(character: char) -> bool {
    matches!(character, '\u{2E80}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}'
        | '\u{20000}'..='\u{3FFFF}' | '“' | '”' | '‘' | '’' | '…' | '—' | '·')
}

/// A Chinese character.
pub(crate) fn is_han(character: char) -> bool {
    matches!(character, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Whether a traditional form that simplified Chinese does not use.
pub(crate) fn is_traditional(character: char) -> bool {
    character != '帐' && CHARACTERS.simplified.contains_key(&character)
}

/// One line of text as it is kept: see the head of the file. White space runs become one space.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = false;
    for character in text.chars() {
        let character = match character {
            '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'
            | '\u{FEFF}'
            | '\u{AD}'
            | '\u{FFFE}'
            | '\u{0}'..='\u{8}' => continue,
            '\u{3000}' | '\u{A0}' | '\u{2000}'..='\u{200A}' => ' ',
            '０'..='９'
            | 'Ａ'..='Ｚ'
            | 'ａ'..='ｚ'
            | '＠'
            | '．'
            | '－'
            | '＿'
            | '／'
            | '％'
            | '＋'
            | '＆'
            | '＃'
            | '＊'
            | '＝' => half_width(character),
            other => CHARACTERS.compatible.get(&other).copied().unwrap_or(other),
        };
        if character.is_whitespace() {
            space = !out.is_empty();
            continue;
        }
        if space {
            out.push(' ');
            space = false;
        }
        out.push(character);
    }
    out
}

fn half_width(character: char) -> char {
    u32::from(character).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(character)
}

/// Text for matching: see the head of the file.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut last = ' ';
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let beside_wide = is_wide(last) || is_wide(next);
        let character = match character {
            ' ' if beside_wide => continue,
            ',' if beside_wide => '，',
            ';' if beside_wide => '；',
            ':' if beside_wide && next != '/' => '：',
            '(' if beside_wide => '（',
            ')' if beside_wide => '）',
            other => CHARACTERS.simplified.get(&other).copied().unwrap_or(other),
        };
        let character = character.to_ascii_lowercase();
        out.push(character);
        last = character;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleaned_and_folded() {
        for (text, cleaned, folded) in [
            ("ＩＭＥＩ　１２", "IMEI 12", "imei 12"),
            ("⽤户的⼿机 号码", "用户的手机 号码", "用户的手机号码"),
            ("Android ID", "Android ID", "android id"),
            ("您的 MAC 地址, IP", "您的 MAC 地址, IP", "您的mac地址，ip"),
            ("隱私權 條款", "隱私權 條款", "隐私权条款"),
            ("a\u{200B}b\u{AD}c", "abc", "abc"),
            ("帐号", "帐号", "账号"),
            ("", "", ""),
        ] {
            assert_eq!(clean(text), cleaned);
            assert_eq!(fold(&clean(text)), folded, "{text}");
        }
    }
}
