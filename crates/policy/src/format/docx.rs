//! Word documents: `word/document.xml` of Office Open XML (ECMA-376 part 1, section 17), with the
//! headings that `word/styles.xml` defines. Deleted text of tracked changes is left out, inserted
//! text is read; headers, footers, notes and comments are not the policy.

use super::Document;
use super::html::expand;
use crate::blocks::{Block, TextBlock};
use crate::fold::clean;
use crate::issues;
use menshen_archive::Zip;
use menshen_base::ScanIssue;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::HashMap;

/// Bytes of one part of the document when inflated.
const PART_BYTES_MAX: usize = 64 << 20;
const TABLE_DEPTH_MAX: usize = 12;
const SPAN_MAX: usize = 200;
/// A row deeper than this is not followed.
const ELEMENT_DEPTH_MAX: usize = 1000;

pub(super) fn read(bytes: &[u8], problems: &mut Vec<ScanIssue>) -> Document {
    let (zip, found) = Zip::parse(bytes);
    let Some(zip) = zip else {
        problems.extend(found);
        return Document::default();
    };
    let Some(main) = zip.find("word/document.xml") else {
        problems.push(
            ScanIssue::new(&issues::UNKNOWN_FORMAT).detail("a zip file without word/document.xml"),
        );
        return Document::default();
    };
    let part = |name: &str| {
        let entry = zip.find(name)?;
        zip.read(entry, PART_BYTES_MAX).ok().map(|data| String::from_utf8_lossy(&data).into_owned())
    };
    let text = match zip.read(main, PART_BYTES_MAX) {
        Ok(data) => String::from_utf8_lossy(&data).into_owned(),
        Err(issue) => {
            problems.push(issue);
            return Document::default();
        }
    };
    let styles = part("word/styles.xml").map(|styles| headings_of(&styles)).unwrap_or_default();
    let mut builder = Builder::new(styles);
    if let Err(what) = builder.run(&text) {
        problems.push(ScanIssue::new(&issues::DOCX_BROKEN).detail(what));
    }
    let document = builder.finish();
    let pictures = zip.entries().iter().any(|entry| entry.name.starts_with("word/media/"));
    if document.is_blank() && pictures {
        problems.push(ScanIssue::new(&issues::IMAGES_ONLY));
    }
    document
}

fn attribute(element: &BytesStart, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .with_checks(false)
        .flatten()
        .find(|attribute| local(attribute.key.as_ref()) == name)?;
    Some(found.value.to_string())
}

/// A name without its prefix.
fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// Style ids that are headings, with their level.
fn headings_of(styles: &str) -> HashMap<String, u8> {
    let mut found = HashMap::new();
    let mut reader = Reader::from_str(styles);
    reader.config_mut().check_end_names = false;
    let mut id = String::new();
    while let Ok(event) = reader.read_event() {
        let element = match &event {
            Event::Start(element) | Event::Empty(element) => element,
            Event::Eof => break,
            _ => continue,
        };
        match local(element.name().as_ref()) {
            "style" => id = attribute(element, "styleId").unwrap_or_default(),
            "name" => {
                let name = attribute(element, "val").unwrap_or_default().to_lowercase();
                if let Some(level) = heading_level(&name) {
                    found.insert(id.clone(), level);
                }
            }
            "outlineLvl" => {
                if let Some(level) = attribute(element, "val")
                    .and_then(|level| level.parse::<u8>().ok())
                    .filter(|level| *level < 9)
                {
                    found.entry(id.clone()).or_insert(level.saturating_add(1));
                }
            }
            _ => {}
        }
    }
    found
}

fn heading_level(name: &str) -> Option<u8> {
    let rest = name.strip_prefix("heading").or_else(|| name.strip_prefix("标题"));
    match rest {
        Some(rest) => rest.trim().parse().ok().filter(|level| *level <= 9),
        None if name == "title" => Some(1),
        None => None,
    }
}

struct Builder {
    styles: HashMap<String, u8>,
    blocks: Vec<Block>,
    tables: Vec<Table>,
    current: TextBlock,
    strong_bytes: usize,
    bold: bool,
    in_text: bool,
    /// Depth at which content is skipped: fallbacks of what was read already, deleted text.
    skip_from: Option<usize>,
}

#[derive(Default)]
struct Table {
    rows: Vec<Vec<Cell>>,
}

#[derive(Default)]
struct Cell {
    blocks: Vec<Block>,
    columns: usize,
    /// Goes on from the cell above.
    merged: bool,
}

impl Builder {
    fn new(styles: HashMap<String, u8>) -> Self {
        Self {
            styles,
            blocks: Vec::new(),
            tables: Vec::new(),
            current: TextBlock::default(),
            strong_bytes: 0,
            bold: false,
            in_text: false,
            skip_from: None,
        }
    }

    fn run(&mut self, text: &str) -> Result<(), String> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = false;
        let mut depth = 0_usize;
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(element) => {
                    depth = depth.saturating_add(1);
                    if depth > ELEMENT_DEPTH_MAX {
                        return Err("elements nested too deep".to_owned());
                    }
                    self.start(&element, depth);
                }
                Event::Empty(element) => {
                    self.start(&element, depth.saturating_add(1));
                    self.end(local(element.name().as_ref()), depth.saturating_add(1));
                }
                Event::End(element) => {
                    self.end(local(element.name().as_ref()), depth);
                    depth = depth.saturating_sub(1);
                }
                Event::Text(text) => self.text(&text),
                Event::CData(text) => self.text(&text),
                Event::GeneralRef(reference) => {
                    if let Ok(Some(character)) = reference.resolve_char_ref() {
                        self.text(character.encode_utf8(&mut [0; 4]));
                    } else if let Some(text) = resolve_predefined_entity(&reference) {
                        self.text(text);
                    }
                }
                Event::Eof if depth > 0 => return Err(format!("{depth} elements not ended")),
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn start(&mut self, element: &BytesStart, depth: usize) {
        if self.skip_from.is_some() {
            return;
        }
        let name = element.name();
        match local(name.as_ref()) {
            "Fallback" | "del" | "moveFrom" | "instrText" => self.skip_from = Some(depth),
            "p" => self.flush(),
            "pStyle" => {
                let style = attribute(element, "val").unwrap_or_default();
                let known = self.styles.get(&style).copied();
                self.current.heading = known.or_else(|| heading_level(&style.to_lowercase()));
            }
            "outlineLvl" => {
                let level = attribute(element, "val").and_then(|level| level.parse::<u8>().ok());
                self.current.heading = level
                    .filter(|level| *level < 9)
                    .map(|level| level.saturating_add(1))
                    .or(self.current.heading);
            }
            "numPr" => self.current.item = true,
            "r" => self.bold = false,
            "b" => {
                self.bold =
                    !matches!(attribute(element, "val").as_deref(), Some("0" | "false" | "none"))
            }
            "t" => self.in_text = true,
            "tab" if !self.current.text.is_empty() => self.current.text.push(' '),
            "br" | "cr" => self.line_break(),
            "tbl" => {
                self.flush();
                if self.tables.len() < TABLE_DEPTH_MAX {
                    self.tables.push(Table::default());
                }
            }
            "tr" => {
                if let Some(table) = self.tables.last_mut() {
                    table.rows.push(Vec::new());
                }
            }
            "tc" => {
                self.flush();
                if let Some(row) = self.tables.last_mut().and_then(|table| table.rows.last_mut()) {
                    row.push(Cell { columns: 1, ..Cell::default() });
                }
            }
            "gridSpan" => {
                let span = attribute(element, "val").and_then(|span| span.parse::<usize>().ok());
                if let (Some(span), Some(cell)) = (span, self.cell()) {
                    cell.columns = span.clamp(1, SPAN_MAX);
                }
            }
            "vMerge" => {
                let restart = attribute(element, "val").is_some_and(|value| value == "restart");
                if let Some(cell) = self.cell() {
                    cell.merged = !restart;
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str, depth: usize) {
        if let Some(from) = self.skip_from {
            if depth <= from {
                self.skip_from = None;
            }
            return;
        }
        match name {
            "t" => self.in_text = false,
            "p" | "tc" => self.flush(),
            "tbl" => self.close_table(),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if self.in_text && self.skip_from.is_none() {
            self.current.text.push_str(text);
            if self.bold {
                self.strong_bytes = self.strong_bytes.saturating_add(text.trim().len());
            }
        }
    }

    /// A break inside a paragraph begins a new line of the same kind.
    fn line_break(&mut self) {
        let (item, heading) = (self.current.item, self.current.heading);
        self.flush();
        self.current.item = item;
        self.current.heading = heading;
    }

    fn flush(&mut self) {
        let mut block = std::mem::take(&mut self.current);
        let strong_bytes = std::mem::take(&mut self.strong_bytes);
        let bytes = block.text.trim().len();
        if bytes == 0 {
            return;
        }
        block.strong = strong_bytes >= bytes;
        match self.cell() {
            Some(cell) => cell.blocks.push(Block::Text(block)),
            None => self.blocks.push(Block::Text(block)),
        }
    }

    fn cell(&mut self) -> Option<&mut Cell> {
        self.tables.last_mut()?.rows.last_mut()?.last_mut()
    }

    fn close_table(&mut self) {
        self.flush();
        let Some(table) = self.tables.pop() else { return };
        let blocks = table.into_blocks();
        match self.cell() {
            Some(cell) => cell.blocks.extend(blocks),
            None => self.blocks.extend(blocks),
        }
    }

    fn finish(mut self) -> Document {
        self.flush();
        while !self.tables.is_empty() {
            self.close_table();
        }
        Document { blocks: self.blocks, title: None }
    }
}

impl Table {
    fn into_blocks(self) -> Vec<Block> {
        let one_column = self.rows.iter().all(|row| row.len() <= 1);
        let nested = self
            .rows
            .iter()
            .flatten()
            .any(|cell| cell.blocks.iter().any(|block| matches!(block, Block::Table(_))));
        if one_column || nested {
            return self.rows.into_iter().flatten().flat_map(|cell| cell.blocks).collect();
        }
        let mut above: Vec<String> = Vec::new();
        // Bytes that repeating merged cells may still add.
        let mut left = crate::TEXT_BYTES_MAX;
        let mut rows = Vec::new();
        for row in self.rows {
            let mut out: Vec<(String, usize, usize)> = Vec::new();
            let mut texts: Vec<String> = Vec::new();
            for cell in row {
                let text = if cell.merged {
                    let above = above.get(texts.len()).filter(|above| above.len() <= left);
                    above.cloned().unwrap_or_default()
                } else {
                    cell.text()
                };
                let repeated = text.len().saturating_mul(cell.columns);
                let columns = if repeated <= left { cell.columns } else { 1 };
                left = left.saturating_sub(text.len().saturating_mul(columns));
                texts.extend(std::iter::repeat_n(text.clone(), columns));
                out.push((text, cell.columns, 1));
            }
            above = texts;
            rows.push(out);
        }
        vec![Block::Table(expand(rows.into_iter()))]
    }
}

impl Cell {
    fn text(&self) -> String {
        let lines = self.blocks.iter().filter_map(|block| match block {
            Block::Text(block) => Some(clean(&block.text)),
            Block::Table(_) => None,
        });
        lines.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(body: &str) -> Vec<String> {
        let mut builder = Builder::new(HashMap::from([("a3".to_owned(), 2)]));
        builder.run(&format!("<w:document><w:body>{body}</w:body></w:document>")).unwrap();
        let one = |block: Block| match block {
            Block::Text(block) => format!(
                "{}{}{}",
                block.heading.map(|level| format!("h{level} ")).unwrap_or_default(),
                if block.item { "- " } else { "" },
                block.text
            ),
            Block::Table(rows) => {
                rows.iter().map(|row| row.join("|")).collect::<Vec<_>>().join(" / ")
            }
        };
        builder.finish().blocks.into_iter().map(one).collect()
    }

    #[test]
    fn paragraphs_and_tables() {
        let p = |text: &str| format!("<w:p><w:r><w:t>{text}</w:t></w:r></w:p>");
        for (body, expected) in [
            (p("一 &amp; 二"), vec!["一 & 二"]),
            ("<w:p><w:pPr><w:pStyle w:val=\"a3\"/></w:pPr><w:r><w:t>题</w:t></w:r></w:p>".to_owned(), vec!["h2 题"]),
            ("<w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>甲</w:t></w:r></w:p>".to_owned(), vec!["- 甲"]),
            ("<w:p><w:del><w:r><w:delText>旧</w:delText></w:r></w:del><w:r><w:t>新</w:t><w:br/><w:t>行</w:t></w:r></w:p>".to_owned(), vec!["新", "行"]),
            (format!("<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge w:val=\"restart\"/></w:tcPr>{}</w:tc><w:tc>{}</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc>{}</w:tc></w:tr></w:tbl>", p("甲"), p("1"), p("2")), vec!["甲|1 / 甲|2"]),
            (format!("<w:tbl><w:tr><w:tc>{}</w:tc></w:tr></w:tbl>", p("框")), vec!["框"]),
        ] {
            assert_eq!(shape(&body), expected, "{body}");
        }
    }
}
