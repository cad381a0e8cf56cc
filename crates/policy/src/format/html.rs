//! Saved web pages. Tags come from a tokenizer that follows the HTML standard (WHATWG, section
//! 13.2.5) and cannot fail; what they mean for the text is decided here without building a tree,
//! so that unclosed and crossed tags cost at most a line break.
//!
//! A table is a [`Block::Table`] when it holds data. Tables that only lay out a page (one column,
//! or with headings, long texts or tables inside) are read as ordinary blocks.

use super::Document;
use crate::blocks::{Block, TextBlock};
use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

/// Tables inside tables beyond this are read as text.
const TABLE_DEPTH_MAX: usize = 12;
const SPAN_MAX: usize = 200;
/// Cells of one table; those that spans would add past it are not.
const CELLS_MAX: usize = 200_000;
const INLINE_DEPTH_MAX: usize = 256;
/// A cell longer than this is a text laid out in a table, not data.
const CELL_CHARACTERS_MAX: usize = 1500;

pub(super) fn read(text: &str) -> Document {
    let mut reader = Reader::default();
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    for Ok(token) in Tokenizer::new_with_emitter(text, emitter) {
        match token {
            Token::StartTag(tag) => reader.start(&tag),
            Token::EndTag(tag) => reader.end(&tag.name),
            Token::String(text) => reader.text(&String::from_utf8_lossy(&text)),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    blocks: Vec<Block>,
    tables: Vec<Table>,
    current: TextBlock,
    /// Bytes of the current block that are bold.
    strong_bytes: usize,
    inline: Vec<(Vec<u8>, bool)>,
    heading: Option<u8>,
    item: bool,
    /// The element whose content is not text, and how deep in elements of the same name.
    skipped: Option<(Vec<u8>, usize)>,
    in_title: bool,
    title: String,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
    in_cell: bool,
    cells: usize,
}

#[derive(Default)]
struct Cell {
    blocks: Vec<Block>,
    columns: usize,
    rows: usize,
}

fn is_skipped(name: &[u8]) -> bool {
    matches!(
        name,
        b"script"
            | b"style"
            | b"noscript"
            | b"template"
            | b"svg"
            | b"select"
            | b"iframe"
            | b"textarea"
            | b"object"
            | b"head"
    )
}

fn is_block(name: &[u8]) -> bool {
    matches!(
        name,
        b"p" | b"div"
            | b"section"
            | b"article"
            | b"ul"
            | b"ol"
            | b"dl"
            | b"dd"
            | b"br"
            | b"hr"
            | b"header"
            | b"footer"
            | b"main"
            | b"nav"
            | b"aside"
            | b"blockquote"
            | b"pre"
            | b"form"
            | b"figure"
            | b"center"
            | b"body"
            | b"html"
            | b"caption"
            | b"details"
            | b"summary"
            | b"address"
            | b"fieldset"
            | b"button"
            | b"tbody"
            | b"thead"
            | b"tfoot"
    )
}

fn heading(name: &[u8]) -> Option<u8> {
    match name {
        b"h1" => Some(1),
        b"h2" => Some(2),
        b"h3" => Some(3),
        b"h4" => Some(4),
        b"h5" => Some(5),
        b"h6" => Some(6),
        _ => None,
    }
}

impl Reader {
    fn start(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        if let Some((skipped, depth)) = &mut self.skipped {
            if skipped == b"head"
                && (name == b"body" || heading(name).is_some() || matches!(name, b"p" | b"div"))
            {
                // A head that is not closed ends where text begins.
                self.skipped = None;
            } else {
                if name == b"title" && skipped == b"head" {
                    self.in_title = true;
                }
                if skipped == name && !tag.self_closing {
                    *depth = depth.saturating_add(1);
                }
                return;
            }
        }
        if is_skipped(name) {
            if !tag.self_closing {
                self.skipped = Some((name.to_vec(), 1));
            }
            return;
        }
        match name {
            b"title" => self.in_title = true,
            b"table" => self.open_table(),
            b"tr" => self.open_row(),
            b"td" | b"th" => self.open_cell(tag),
            b"li" | b"dt" => {
                self.flush();
                self.item = true;
            }
            _ if heading(name).is_some() => {
                self.flush();
                self.heading = heading(name);
            }
            _ if is_block(name) => self.flush(),
            _ => self.open_inline(tag),
        }
    }

    fn open_inline(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = &tag.name;
        let void =
            matches!(name, b"img" | b"input" | b"meta" | b"link" | b"wbr" | b"col" | b"source");
        if void || tag.self_closing || self.inline.len() >= INLINE_DEPTH_MAX {
            return;
        }
        let style = tag
            .attributes
            .get(&HtmlString(b"style".to_vec()))
            .map(|style| String::from_utf8_lossy(style).to_ascii_lowercase().replace(' ', ""));
        let bold = style.is_some_and(|style| {
            ["font-weight:bold", "font-weight:6", "font-weight:7", "font-weight:8"]
                .iter()
                .any(|weight| style.contains(weight))
        });
        self.inline.push((name.to_vec(), bold || matches!(name, b"b" | b"strong")));
    }

    fn end(&mut self, name: &[u8]) {
        if name == b"title" {
            self.in_title = false;
        }
        if let Some((skipped, depth)) = &mut self.skipped {
            if skipped == name {
                *depth = depth.saturating_sub(1);
                if *depth == 0 {
                    self.skipped = None;
                }
            }
            return;
        }
        match name {
            b"table" => self.close_table(),
            b"tr" | b"td" | b"th" => self.close_cell(),
            b"li" | b"dt" | b"dd" | b"ul" | b"ol" => {
                self.flush();
                self.item = false;
            }
            _ if heading(name).is_some() => {
                self.flush();
                self.heading = None;
            }
            _ if is_block(name) => self.flush(),
            _ => {
                if let Some(at) = self.inline.iter().rposition(|(open, _)| open == name) {
                    self.inline.remove(at);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_title {
            self.title.push_str(text);
            return;
        }
        if self.skipped.is_some() {
            return;
        }
        self.current.text.push_str(text);
        if self.inline.iter().any(|(_, strong)| *strong) {
            self.strong_bytes = self.strong_bytes.saturating_add(text.trim().len());
        }
    }

    /// Ends the current block.
    fn flush(&mut self) {
        let mut block = std::mem::take(&mut self.current);
        let strong_bytes = std::mem::take(&mut self.strong_bytes);
        let bytes = block.text.trim().len();
        if bytes == 0 {
            return;
        }
        block.heading = self.heading;
        block.item = self.item;
        block.strong = strong_bytes >= bytes;
        self.blocks_now().push(Block::Text(block));
    }

    /// Where blocks go: into the open cell, else into the document.
    fn blocks_now(&mut self) -> &mut Vec<Block> {
        let cell = self
            .tables
            .last_mut()
            .filter(|table| table.in_cell)
            .and_then(|table| table.rows.last_mut())
            .and_then(|row| row.last_mut());
        match cell {
            Some(cell) => &mut cell.blocks,
            None => &mut self.blocks,
        }
    }

    fn open_table(&mut self) {
        self.flush();
        if self.tables.len() < TABLE_DEPTH_MAX {
            self.tables.push(Table::default());
        }
    }

    fn open_row(&mut self) {
        self.close_cell();
        if let Some(table) = self.tables.last_mut() {
            table.rows.push(Vec::new());
        }
    }

    fn open_cell(&mut self, tag: &StartTag<()>) {
        self.close_cell();
        let span = |name: &[u8]| {
            let value = tag.attributes.get(&HtmlString(name.to_vec()));
            let number =
                value.and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
            number.unwrap_or(1_usize).clamp(1, SPAN_MAX)
        };
        if let Some(table) = self.tables.last_mut() {
            if table.cells >= CELLS_MAX {
                return;
            }
            table.cells = table.cells.saturating_add(1);
            if table.rows.is_empty() {
                table.rows.push(Vec::new());
            }
            if let Some(row) = table.rows.last_mut() {
                row.push(Cell {
                    blocks: Vec::new(),
                    columns: span(b"colspan"),
                    rows: span(b"rowspan"),
                });
                table.in_cell = true;
            }
        }
    }

    fn close_cell(&mut self) {
        self.flush();
        self.heading = None;
        self.item = false;
        if let Some(table) = self.tables.last_mut() {
            table.in_cell = false;
        }
    }

    fn close_table(&mut self) {
        self.close_cell();
        if let Some(table) = self.tables.pop() {
            let blocks = table.into_blocks();
            self.blocks_now().extend(blocks);
        }
    }

    fn finish(mut self) -> Document {
        self.flush();
        while !self.tables.is_empty() {
            self.close_table();
        }
        let title = Some(self.title.trim().to_owned()).filter(|title| !title.is_empty());
        Document { blocks: self.blocks, title }
    }
}

impl Table {
    fn into_blocks(self) -> Vec<Block> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        if columns <= 1 || self.rows.iter().flatten().any(Cell::is_layout) {
            return self.rows.into_iter().flatten().flat_map(|cell| cell.blocks).collect();
        }
        vec![Block::Table(expand(self.rows.into_iter().map(|row| {
            row.into_iter().map(|cell| (cell.text(), cell.columns, cell.rows)).collect()
        })))]
    }
}

/// Repeats the text of cells that span columns or rows, so that columns line up.
pub(super) fn expand(rows: impl Iterator<Item = Vec<(String, usize, usize)>>) -> Vec<Vec<String>> {
    // By column: the text that comes down from above and for how many rows more.
    let mut hanging: Vec<(String, usize)> = Vec::new();
    let mut table = Vec::new();
    let mut bytes = 0_usize;
    for row in rows {
        let mut out: Vec<String> = Vec::new();
        let mut cells = row.into_iter();
        loop {
            let column = out.len();
            if let Some((text, left)) = hanging.get_mut(column).filter(|(_, left)| *left > 0) {
                *left = left.saturating_sub(1);
                out.push(text.clone());
                continue;
            }
            let Some((text, columns, rows)) = cells.next() else { break };
            for _ in 0..columns {
                bytes = bytes.saturating_add(text.len());
                if bytes > crate::TEXT_BYTES_MAX {
                    return table;
                }
                let column = out.len();
                if hanging.len() <= column {
                    hanging.resize(column.saturating_add(1), (String::new(), 0));
                }
                if let Some(slot) = hanging.get_mut(column) {
                    *slot = (text.clone(), rows.saturating_sub(1));
                }
                out.push(text.clone());
            }
        }
        bytes = out.iter().fold(bytes, |sum, cell| sum.saturating_add(cell.len()));
        if bytes > crate::TEXT_BYTES_MAX.saturating_mul(2) {
            return table;
        }
        if out.iter().any(|cell| !cell.trim().is_empty()) {
            table.push(out);
        }
    }
    table
}

impl Cell {
    fn is_layout(&self) -> bool {
        let characters: usize = self
            .blocks
            .iter()
            .map(|block| match block {
                Block::Text(block) => block.text.chars().count(),
                Block::Table(_) => CELL_CHARACTERS_MAX.saturating_add(1),
            })
            .sum();
        characters > CELL_CHARACTERS_MAX
            || self.blocks.iter().any(|block| matches!(block, Block::Text(text) if text.heading.is_some_and(|level| level <= 2)))
    }

    fn text(&self) -> String {
        let lines = self.blocks.iter().filter_map(|block| match block {
            Block::Text(block) => Some(crate::fold::clean(&block.text)),
            Block::Table(_) => None,
        });
        lines.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(html: &str) -> Vec<String> {
        let blocks = read(html).blocks;
        let one = |block: &Block| match block {
            Block::Text(block) => {
                let mark = match (block.heading, block.item, block.strong) {
                    (Some(level), ..) => format!("h{level} "),
                    (_, true, _) => "- ".to_owned(),
                    (_, _, true) => "* ".to_owned(),
                    _ => String::new(),
                };
                format!("{mark}{}", block.text.trim())
            }
            Block::Table(rows) => {
                rows.iter().map(|row| row.join("|")).collect::<Vec<_>>().join(" / ")
            }
        };
        blocks.iter().map(one).collect()
    }

    #[test]
    fn blocks() {
        for (html, expected) in [
            ("<h2>标题</h2><p>一<b>二</b>三", vec!["h2 标题", "一二三"]),
            ("<p>一<p>二<div>三", vec!["一", "二", "三"]),
            ("<ul><li>甲<li>乙</ul>丙", vec!["- 甲", "- 乙", "丙"]),
            ("<p><span style='font-weight: 700'>粗</span></p>", vec!["* 粗"]),
            ("<script>if (a<b) '<p>x'</script><style>p{}</style>正文", vec!["正文"]),
            ("<head><title>题</title><p>没有关闭的头", vec!["没有关闭的头"]),
            ("<table><tr><th>名称<th>目的<tr><td>甲<td>乙</table>", vec!["名称|目的 / 甲|乙"]),
            ("<table><tr><td rowspan=2>甲<td>1<tr><td>2</table>", vec!["甲|1 / 甲|2"]),
            ("<table><tr><td colspan=2>甲<tr><td>1<td>2</table>", vec!["甲|甲 / 1|2"]),
            ("<table><tr><td><h1>大</h1><p>文</td></tr></table>", vec!["h1 大", "文"]),
            (
                "<table><tr><td>左</td><td><table><tr><td>a<td>b</table></td></table>",
                vec!["左", "a|b"],
            ),
            ("甲<br/>乙&nbsp;&lt;丙", vec!["甲", "乙\u{a0}<丙"]),
            ("<td>孤儿</td><tr>", vec!["孤儿"]),
            ("", vec![]),
        ] {
            assert_eq!(shape(html), expected, "{html}");
        }
    }
}
