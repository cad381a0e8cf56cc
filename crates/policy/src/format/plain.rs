//! Plain text, with what people keep of tables and headings in it: Markdown marks and columns
//! separated by tabs (what is pasted from an office program).

use super::Document;
use crate::blocks::{Block, TextBlock};
use crate::patterns::patterns;

/// Hard-wrapped lines are at least this wide: Latin letters, and Chinese characters.
const WRAP_LATIN_MIN: usize = 60;
const WRAP_WIDE_MIN: usize = 24;

patterns! {
    LIST = r"^\s*([-*•●○◆■·▪➢]\s*|\(?[0-9a-z]{1,3}[.)、．]|（?[0-9一二三四五六七八九十]{1,3}[）)、．.]|[①-⑳]|第[0-9一二三四五六七八九十百]+[条章节部])";
    BULLET = r"^\s*[-*•●○◆■·▪➢]\s*";
    RULE = r"^[\s|:\-—=+]+$";
}

pub(super) fn read(text: &str) -> Document {
    let mut blocks: Vec<Block> = Vec::new();
    // Whether the last block may go on in the next line.
    let mut open = false;
    for line in text.lines() {
        let line = line.trim_end();
        if line.trim().is_empty() {
            open = false;
            continue;
        }
        if let Some(row) = cells(line) {
            open = false;
            if !RULE.is_match(line) {
                push_row(&mut blocks, row);
            } else if !matches!(blocks.last(), Some(Block::Table(_))) {
                continue;
            }
            continue;
        }
        if open
            && !LIST.is_match(line)
            && let Some(Block::Text(last)) = blocks.last_mut()
            && goes_on(&last.text, line)
        {
            let wide = last.text.chars().next_back().is_some_and(crate::fold::is_wide);
            if !wide {
                last.text.push(' ');
            }
            last.text.push_str(line.trim_start());
            continue;
        }
        blocks.push(Block::Text(block(line)));
        open = true;
    }
    // One row alone is a line with tabs or bars in it.
    for block in &mut blocks {
        if let Block::Table(rows) = block
            && rows.len() < 2
        {
            let text = rows.concat().join(" ");
            *block = Block::Text(TextBlock::paragraph(text));
        }
    }
    Document { blocks, title: None }
}

fn push_row(blocks: &mut Vec<Block>, row: Vec<String>) {
    match blocks.last_mut() {
        Some(Block::Table(rows)) => rows.push(row),
        _ => blocks.push(Block::Table(vec![row])),
    }
}

/// The cells of a line that is a row of a table.
fn cells(line: &str) -> Option<Vec<String>> {
    let trimmed = line.trim();
    let separator = if trimmed.starts_with('|') && trimmed.matches('|').count() >= 3 {
        '|'
    } else if trimmed.contains('\t')
        && trimmed.split('\t').filter(|cell| !cell.trim().is_empty()).count() >= 2
    {
        '\t'
    } else {
        return None;
    };
    let trimmed = if separator == '|' { trimmed.trim_matches('|') } else { trimmed };
    Some(trimmed.split(separator).map(|cell| cell.trim().to_owned()).collect())
}

fn block(line: &str) -> TextBlock {
    let trimmed = line.trim();
    let marks = trimmed.chars().take_while(|c| *c == '#').count();
    if (1..=6).contains(&marks)
        && let Some(title) = trimmed.get(marks..).filter(|rest| rest.starts_with(' '))
    {
        let heading = u8::try_from(marks).ok();
        return TextBlock { heading, ..TextBlock::paragraph(title.trim().trim_matches('*')) };
    }
    let bold = trimmed.len() > 4 && trimmed.starts_with("**") && trimmed.ends_with("**");
    let bullet = BULLET.find(line).filter(|_| !bold);
    let text = match bullet {
        Some(found) => line.get(found.end()..).unwrap_or_default(),
        None => trimmed,
    };
    let text = text.replace("**", "");
    TextBlock { item: bullet.is_some(), strong: bold, ..TextBlock::paragraph(text) }
}

/// Whether a line is wrapped, so that the next one continues it.
fn goes_on(last: &str, next: &str) -> bool {
    let Some(end) = last.chars().next_back() else { return false };
    if matches!(end, '。' | '；' | '：' | '！' | '？' | '.' | ';' | ':' | '!' | '?' | '|') {
        // A Latin sentence may end at the edge of a wrapped paragraph.
        return matches!(end, '.' | ';')
            && line_width(last) >= WRAP_LATIN_MIN
            && next.trim_start().starts_with(|c: char| c.is_ascii_lowercase());
    }
    let wide = last.chars().filter(|c| crate::fold::is_wide(*c)).count();
    if wide.saturating_mul(2) > last.chars().count() {
        return line_width(last) >= WRAP_WIDE_MIN;
    }
    line_width(last) >= WRAP_LATIN_MIN
        || next.trim_start().starts_with(|c: char| c.is_ascii_lowercase())
}

fn line_width(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let texts = |text: &str| -> Vec<String> {
            let blocks = read(text).blocks;
            let one = |block: &Block| match block {
                Block::Text(block) => {
                    format!("{}{}", if block.item { "- " } else { "" }, block.text)
                }
                Block::Table(rows) => {
                    rows.iter().map(|row| row.join("|")).collect::<Vec<_>>().join("/")
                }
            };
            blocks.iter().map(one).collect()
        };
        for (text, expected) in [
            ("一、标题\n正文。\n- 甲\n· 乙", vec!["一、标题", "正文。", "- 甲", "- 乙"]),
            ("名称\t目的\n甲\t乙", vec!["名称|目的/甲|乙"]),
            ("| a | b |\n|---|---|\n| c | d |", vec!["a|b/c|d"]),
            (
                "We collect the following information when you use our services in\norder to help.",
                vec![
                    "We collect the following information when you use our services in order to help.",
                ],
            ),
            (
                "我们会在您使用产品的过程中收集您的设备型号、操作系统\n版本和网络状态。",
                vec!["我们会在您使用产品的过程中收集您的设备型号、操作系统版本和网络状态。"],
            ),
            ("联系电话：\t010", vec!["联系电话： 010"]),
            ("# 题", vec!["题"]),
        ] {
            assert_eq!(texts(text), expected, "{text}");
        }
    }
}
