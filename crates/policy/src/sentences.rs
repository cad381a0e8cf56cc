//! Blocks laid out as sentences in a tree of sections.
//!
//! Headings are those of the format, and those that only look like one: numbered (`一、`, `（二）`,
//! `3.1`, `第四章`), bold or short lines without a mark at the end that text follows. A numbered
//! line next to others of the same numbering is an item of a list. A sentence that ends with a
//! colon leads the list behind it.

use crate::blocks::{Block, TextBlock};
use crate::fold::{clean, fold};
use crate::format::Document;
use crate::issues;
use crate::lexicon::Lexicon;
use crate::model::{Cited, Section, Sentence, SentenceKind};
use crate::patterns::patterns;
use crate::{TEXT_BYTES_MAX, tables};
use menshen_base::ScanIssue;

const HEADING_CHARACTERS_MAX: usize = 40;
/// A heading in Latin letters takes more of them.
const HEADING_LATIN_MAX: usize = 90;
/// A line without numbering or bold is a heading only when it is as short as this.
const BARE_HEADING_MAX: usize = 22;
/// A sentence without an end is cut here.
const SENTENCE_BYTES_MAX: usize = 4096;
const SECTIONS_MAX: usize = 20_000;

patterns! {
    CHAPTER = r"^(第[0-9一二三四五六七八九十百]+[章条节部]|[一二三四五六七八九十]{1,3}\s*[、.．：:]|[IVX]{1,4}[.、])";
    SECOND = r"^[（(][一二三四五六七八九十]{1,3}[)）]";
    DECIMAL = r"^\d{1,2}(\.\d{1,2}){1,3}[.、．\s]*[^\d.\s%]";
    NUMBER = r"^\d{1,2}\s*[、.．]\s*[^\d]|^\d{1,2} \p{Han}";
    PARENTHESIS = r"^([（(][0-9a-z]{1,2}[)）]|[0-9a-z]{1,2}[)）]|[①-⑳])";
    MARKED = r"^\s*([-*•●○◆■·▪➢]|[①-⑳]|[（(]?[0-9a-z一二三四五六七八九十]{1,3}[)）]|[0-9a-z]{1,3}[.、．])";
    POLICY_TITLE = r"隐私|私隐|私隱|privacy|个人信息[^，。]{0,6}(清单|共享)|个人信息(保护|处理)|个人資料|隱私";
}

/// A document as sentences.
#[derive(Debug, Default)]
pub(crate) struct Laid {
    pub(crate) text: String,
    pub(crate) title: Option<Cited<String>>,
    pub(crate) sections: Vec<Section>,
    pub(crate) sentences: Vec<Sentence>,
    /// The sentences folded for matching; the cells of table rows joined by ` | `.
    pub(crate) folded: Vec<String>,
    pub(crate) tables: Vec<TableAt>,
    /// Blocks of text: range of sentences of each, for readers of `label：value` lines.
    pub(crate) blocks: Vec<std::ops::Range<usize>>,
}

/// A table and where its rows are.
#[derive(Debug, Clone)]
pub(crate) struct TableAt {
    pub(crate) rows: Vec<Vec<String>>,
    /// How many of the first rows are heads.
    pub(crate) heads: usize,
    /// The sentence of the first row.
    pub(crate) first: usize,
}

/// How a line is numbered; lines numbered alike in a row are a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbering {
    Chapter,
    Second,
    Decimal(u8),
    Number,
    Parenthesis,
    None,
}

fn numbering(text: &str) -> Numbering {
    if CHAPTER.is_match(text) {
        Numbering::Chapter
    } else if SECOND.is_match(text) {
        Numbering::Second
    } else if DECIMAL.is_match(text) {
        let number =
            text.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let dots = number.trim_end_matches('.').matches('.').count();
        Numbering::Decimal(u8::try_from(dots).unwrap_or(1))
    } else if NUMBER.is_match(text) {
        Numbering::Number
    } else if PARENTHESIS.is_match(text) {
        Numbering::Parenthesis
    } else {
        Numbering::None
    }
}

pub(crate) fn lay_out(
    document: Document,
    lexicon: &Lexicon,
    problems: &mut Vec<ScanIssue>,
) -> Laid {
    let mut builder = Builder::new(&document.blocks, lexicon);
    for index in 0..document.blocks.len() {
        if builder.laid.text.len() > TEXT_BYTES_MAX {
            problems
                .push(ScanIssue::new(&issues::TEXT_CUT).detail(format!("{TEXT_BYTES_MAX} bytes")));
            break;
        }
        builder.block(&document.blocks, index);
    }
    builder.finish(document.title)
}

struct Builder<'a> {
    lexicon: &'a Lexicon,
    laid: Laid,
    /// Open sections, outermost first.
    stack: Vec<usize>,
    /// The deepest level of headings that the format itself gives.
    explicit: u8,
    lead: Option<usize>,
    /// The last block was a lead-in or an item of its list.
    in_list: bool,
}

impl<'a> Builder<'a> {
    fn new(blocks: &[Block], lexicon: &'a Lexicon) -> Self {
        let explicit = blocks.iter().filter_map(|block| match block {
            Block::Text(block) => block.heading,
            Block::Table(_) => None,
        });
        let mut laid = Laid::default();
        laid.sections.push(Section {
            title: String::new(),
            level: 0,
            parent: None,
            sentences: 0..0,
        });
        Self {
            lexicon,
            laid,
            stack: vec![0],
            explicit: explicit.max().unwrap_or(0),
            lead: None,
            in_list: false,
        }
    }

    fn block(&mut self, blocks: &[Block], index: usize) {
        match blocks.get(index) {
            Some(Block::Table(rows)) => self.table(rows),
            Some(Block::Text(block)) => {
                let text = clean(&block.text);
                if text.is_empty() {
                    return;
                }
                let next = blocks.get(index.saturating_add(1));
                match self.heading_level(block, &text, next) {
                    Some(level) => self.heading(&text, level),
                    None => self.paragraph(block, &text),
                }
            }
            None => {}
        }
    }

    fn heading_level(&self, block: &TextBlock, text: &str, next: Option<&Block>) -> Option<u8> {
        let characters = text.chars().count();
        if let Some(level) = block.heading {
            // Some pages set whole paragraphs as headings.
            return (characters <= 120 && !text.ends_with('。')).then_some(level);
        }
        let latin = text.chars().filter(char::is_ascii).count().saturating_mul(3)
            > characters.saturating_mul(2);
        let longest = if latin { HEADING_LATIN_MAX } else { HEADING_CHARACTERS_MAX };
        let ended = text
            .ends_with(['。', '；', ';', '，', ',', '.', '!', '！', '？', '：', ':', '、'])
            && !is_chapter_with_colon(text);
        if characters > longest || ended || text.contains('。') {
            return None;
        }
        let next_text = match next {
            Some(Block::Text(next)) => Some(next),
            Some(Block::Table(_)) => None,
            None => return None,
        };
        let class = numbering(text);
        let label_and_value = text.split_once(['：', ':']).is_some_and(|(label, value)| {
            label.chars().count() <= 14 && !value.trim().is_empty() && class != Numbering::Chapter
        });
        if label_and_value {
            return None;
        }
        let next_class = next_text.map(|next| numbering(clean(&next.text).as_str()));
        let base = self.explicit;
        let level = |own: u8| Some(base.saturating_add(own));
        match class {
            Numbering::Chapter => return level(1),
            Numbering::Second if next_class != Some(Numbering::Second) || block.strong => {
                return level(2);
            }
            Numbering::Decimal(dots) if next_class != Some(class) || block.strong => {
                return level(dots.saturating_add(1));
            }
            Numbering::Number if (next_class != Some(class) && !block.item) || block.strong => {
                return level(3);
            }
            Numbering::Parenthesis if block.strong => return level(4),
            Numbering::None => {}
            _ => return None,
        }
        if block.item || self.in_list {
            return None;
        }
        let followed = next_text.is_none_or(|next| {
            next.text.chars().count() > characters
                && next.text.trim_end().ends_with(['。', '：', ':', '.', '；'])
        });
        let short = characters <= if latin { HEADING_CHARACTERS_MAX } else { BARE_HEADING_MAX };
        let capital = !latin || text.chars().next().is_some_and(char::is_uppercase);
        if block.strong && capital {
            return level(3);
        }
        (short && followed && capital && !text.contains(['：', ':', '@', '|']))
            .then_some(base.saturating_add(3))
    }

    fn heading(&mut self, text: &str, level: u8) {
        self.lead = None;
        self.in_list = false;
        if self.laid.sections.len() < SECTIONS_MAX {
            let above = |section: Option<&usize>| {
                section
                    .and_then(|index| self.laid.sections.get(*index))
                    .is_some_and(|open| open.level >= level && open.level > 0)
            };
            let mut depth = self.stack.len();
            while above(depth.checked_sub(1).and_then(|last| self.stack.get(last))) {
                depth = depth.saturating_sub(1);
            }
            self.stack.truncate(depth.max(1));
            let start = self.laid.sentences.len();
            let parent = self.stack.last().copied();
            self.stack.push(self.laid.sections.len());
            self.laid.sections.push(Section {
                title: text.to_owned(),
                level,
                parent,
                sentences: start..start,
            });
        }
        self.sentence(text, SentenceKind::Heading, Vec::new(), None);
        self.laid.text.push('\n');
    }

    fn paragraph(&mut self, block: &TextBlock, text: &str) {
        let marked = block.item || MARKED.is_match(text);
        let list_like = marked || text.ends_with(['；', ';']);
        let led = self.lead.is_some() && (list_like || self.in_list && self.follows_lead());
        if !led {
            self.lead = None;
        }
        let kind = if marked || led { SentenceKind::ListItem } else { SentenceKind::Paragraph };
        let lead = self.lead;
        let start = self.laid.sentences.len();
        for piece in split(text) {
            self.sentence(piece, kind, Vec::new(), lead);
        }
        self.laid.text.push('\n');
        let end = self.laid.sentences.len();
        self.laid.blocks.push(start..end);
        self.in_list = led;
        if text.ends_with(['：', ':']) {
            self.lead = end.checked_sub(1);
            self.in_list = true;
        }
    }

    /// Whether the last sentence is the lead itself.
    fn follows_lead(&self) -> bool {
        self.lead == self.laid.sentences.len().checked_sub(1)
    }

    fn table(&mut self, rows: &[Vec<String>]) {
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| clean(cell)).collect::<Vec<_>>())
            .filter(|row| row.iter().any(|cell| !cell.is_empty()))
            .collect();
        let heads = tables::head_rows(&rows, self.lexicon);
        let first = self.laid.sentences.len();
        let lead = self.lead;
        for (index, row) in rows.iter().enumerate() {
            let kind = if index < heads { SentenceKind::TableHead } else { SentenceKind::TableRow };
            let text = row.join(" | ");
            self.sentence(&text, kind, row.clone(), lead);
            self.laid.text.push('\n');
        }
        self.laid.tables.push(TableAt { rows, heads, first });
        self.lead = None;
        self.in_list = false;
    }

    fn sentence(
        &mut self,
        text: &str,
        kind: SentenceKind,
        cells: Vec<String>,
        lead: Option<usize>,
    ) {
        let folded = if cells.is_empty() {
            fold(text)
        } else {
            cells.iter().map(|cell| fold(cell)).collect::<Vec<_>>().join(" | ")
        };
        self.laid.folded.push(folded);
        self.laid.sentences.push(Sentence {
            text: text.to_owned(),
            section: self.stack.last().copied().unwrap_or(0),
            kind,
            offset: self.laid.text.len(),
            cells,
            lead,
        });
        self.laid.text.push_str(text);
    }

    fn finish(mut self, title: Option<String>) -> Laid {
        let count = self.laid.sentences.len();
        // A section ends where the next one begins that does not lie in it.
        let starts: Vec<(u8, usize)> = self
            .laid
            .sections
            .iter()
            .map(|section| (section.level, section.sentences.start))
            .collect();
        for (index, section) in self.laid.sections.iter_mut().enumerate() {
            let next = starts
                .iter()
                .skip(index.saturating_add(1))
                .find(|(level, _)| *level <= section.level && section.level > 0);
            section.sentences.end = next.map_or(count, |(_, start)| *start);
        }
        let first: Vec<(usize, &Sentence)> =
            self.laid.sentences.iter().enumerate().take(8).collect();
        let is_title = |sentence: &Sentence| {
            sentence.text.chars().count() <= 60
                && POLICY_TITLE.is_match(&sentence.text)
                && !sentence.text.ends_with('。')
        };
        let heading = |sentence: &Sentence| sentence.kind == SentenceKind::Heading;
        let titled = first
            .iter()
            .find(|(_, sentence)| heading(sentence) && is_title(sentence))
            .or_else(|| first.iter().find(|(_, sentence)| is_title(sentence)));
        let cited = |(index, sentence): &(usize, &Sentence)| Cited {
            value: sentence.text.clone(),
            sentence: *index,
        };
        self.laid.title = titled
            .map(cited)
            .or_else(|| title.map(|title| Cited { value: clean(&title), sentence: 0 }))
            .or_else(|| first.iter().find(|(_, sentence)| heading(sentence)).map(cited));
        if let (Some(root), Some(title)) = (self.laid.sections.first_mut(), &self.laid.title) {
            root.title.clone_from(&title.value);
        }
        self.laid
    }
}

/// `一、` style headings may end with a mark.
fn is_chapter_with_colon(text: &str) -> bool {
    CHAPTER.is_match(text) && text.ends_with(['：', ':'])
}

/// Whether a line begins with the mark of a list or a number.
pub(crate) fn is_marked(text: &str) -> bool {
    MARKED.is_match(text) || numbering(text) != Numbering::None
}

/// The sentences of a paragraph.
fn split(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at.saturating_add(character.len_utf8());
        let next = characters.peek().map(|(_, next)| *next);
        let ends = match character {
            '。' | '！' | '？' => {
                !matches!(next, Some('”' | '」' | '）' | ')' | '。' | '！' | '？'))
            }
            '”' | '」' => {
                text.get(..at).is_some_and(|before| before.ends_with(['。', '！', '？']))
            }
            '!' | '?' => next.is_none_or(char::is_whitespace),
            '.' => next == Some(' ') && latin_end(text, at, end),
            _ => {
                end.saturating_sub(start) > SENTENCE_BYTES_MAX
                    && matches!(character, '，' | '；' | ',' | ';' | ' ' | '、')
                    || end.saturating_sub(start) > SENTENCE_BYTES_MAX.saturating_mul(2)
            }
        };
        if ends {
            pieces.extend(text.get(start..end).map(str::trim).filter(|piece| !piece.is_empty()));
            start = end;
        }
    }
    pieces.extend(text.get(start..).map(str::trim).filter(|piece| !piece.is_empty()));
    pieces
}

/// Whether a full stop ends a sentence: not after `e.g`, `No`, a number or an initial.
fn latin_end(text: &str, at: usize, end: usize) -> bool {
    let word = text.get(..at).unwrap_or_default().rsplit([' ', '(']).next().unwrap_or_default();
    let abbreviated = matches!(
        word.to_ascii_lowercase().as_str(),
        "e.g" | "i.e" | "etc" | "no" | "inc" | "ltd" | "co" | "corp" | "mr" | "ms" | "vs" | "art"
    ) || word.len() <= 1
        || text.get(..at).unwrap_or_default().chars().all(|c| c.is_ascii_digit());
    let capital = text.get(end..).and_then(|rest| rest.trim_start().chars().next());
    !abbreviated && capital.is_some_and(|c| c.is_uppercase() || !c.is_ascii())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_end() {
        for (text, expected) in [
            ("一。二！三", vec!["一。", "二！", "三"]),
            ("他说“好。”再见", vec!["他说“好。”", "再见"]),
            (
                "We use e.g. cookies. We keep v1.2 data.",
                vec!["We use e.g. cookies.", "We keep v1.2 data."],
            ),
            ("a；b，c", vec!["a；b，c"]),
            ("", vec![]),
        ] {
            assert_eq!(split(text), expected, "{text}");
        }
    }

    fn laid(text: &str) -> Laid {
        let blocks = text.lines().map(|line| Block::Text(TextBlock::paragraph(line))).collect();
        lay_out(Document { blocks, title: None }, Lexicon::shipped(), &mut Vec::new())
    }

    #[test]
    fn sections_and_lists() {
        let laid = laid(
            "隐私政策\n一、收集\n（一）注册\n注册时我们会收集您的手机号。\n二、权利\n我们会收集：\n1、姓名；\n2、电话。\n完。",
        );
        let sections: Vec<(&str, u8, Option<usize>)> =
            laid.sections.iter().map(|s| (s.title.as_str(), s.level, s.parent)).collect();
        assert_eq!(
            sections,
            [
                ("隐私政策", 0, None),
                ("一、收集", 1, Some(0)),
                ("（一）注册", 2, Some(1)),
                ("二、权利", 1, Some(0))
            ]
        );
        let leads: Vec<(&str, Option<usize>)> =
            laid.sentences.iter().map(|s| (s.text.as_str(), s.lead)).collect();
        assert_eq!(
            leads[5..],
            [
                ("我们会收集：", None),
                ("1、姓名；", Some(5)),
                ("2、电话。", Some(5)),
                ("完。", None)
            ]
        );
        for (sentence, offset) in laid.sentences.iter().map(|s| (&s.text, s.offset)) {
            assert!(laid.text[offset..].starts_with(sentence.as_str()));
        }
    }
}
