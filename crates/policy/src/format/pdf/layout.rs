//! Pages as lines, paragraphs and tables. One column of text is assumed, which policies have.
//!
//! Tables with drawn lines are read by their lines: a cell is what lies between them, and a cell
//! goes on into the next row where no line crosses its column. Tables without lines are found by a
//! row of known heads, and what stands below a head belongs to it.

use super::content::{Drawn, Piece, Rule};
use crate::blocks::{Block, TextBlock};
use crate::lexicon::Lexicon;
use std::collections::HashMap;

const TOLERANCE: f64 = 3.0;
/// Rows and columns of one table.
const GRID_MAX: usize = 4_000;
const COLUMNS_MAX: usize = 64;

/// A line of text: pieces with wide gaps between them are segments.
#[derive(Debug, Clone)]
struct Line {
    segments: Vec<Piece>,
    y: f64,
    size: f64,
}

impl Line {
    fn text(&self) -> String {
        self.segments.iter().map(|segment| segment.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn x(&self) -> f64 {
        self.segments.first().map_or(0.0, |segment| segment.x)
    }

    fn end(&self) -> f64 {
        self.segments.last().map_or(0.0, |segment| segment.end)
    }

    fn is_bold(&self) -> bool {
        self.segments.iter().all(|segment| segment.bold)
    }
}

/// The blocks of a document from what its pages draw.
pub(super) fn blocks(pages: Vec<Drawn>, lexicon: &Lexicon) -> Vec<Block> {
    let body = body_size(&pages);
    let repeated = repeated_lines(&pages);
    let mut all: Vec<Block> = Vec::new();
    // Text that runs to the end of a page may go on.
    let mut open = false;
    for page in pages {
        let (blocks, ends_open) = page_blocks(page, body, &repeated, lexicon);
        let mut blocks = blocks.into_iter();
        if let Some(first) = blocks.next() {
            join_pages(&mut all, first, open);
        }
        all.extend(blocks);
        open = ends_open;
    }
    all
}

/// A table that goes on is one table; a paragraph that goes on is one paragraph.
fn join_pages(all: &mut Vec<Block>, first: Block, open: bool) {
    match (all.last_mut(), first) {
        (Some(Block::Table(rows)), Block::Table(mut more))
            if rows.last().map(Vec::len) == more.first().map(Vec::len) =>
        {
            // The heads are repeated on each page, or a row is cut.
            if rows.first() == more.first() {
                more.remove(0);
            } else if more.first().is_some_and(|row| row.first().is_some_and(String::is_empty))
                && let (Some(last), Some(rest)) = (rows.last_mut(), more.first().cloned())
            {
                more.remove(0);
                for (cell, rest) in last.iter_mut().zip(rest) {
                    cell.push_str(&rest);
                }
            }
            rows.extend(more);
        }
        (Some(Block::Text(last)), Block::Text(next))
            if open && next.heading.is_none() && !next.item =>
        {
            join(&mut last.text, &next.text);
        }
        (_, first) => all.push(first),
    }
}

fn body_size(pages: &[Drawn]) -> f64 {
    let mut sizes: HashMap<i64, usize> = HashMap::new();
    for piece in pages.iter().flat_map(|page| &page.pieces) {
        let count = sizes.entry(tenths(piece.size)).or_default();
        *count = count.saturating_add(piece.text.chars().count());
    }
    let most = sizes.into_iter().max_by_key(|(size, count)| (*count, *size));
    most.map_or(10.0, |(size, _)| f64::from(i32::try_from(size).unwrap_or(100)) / 10.0)
}

/// A length in tenths, for grouping.
fn tenths(length: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation)]
    let whole = (length * 10.0).round().clamp(-1e9, 1e9) as i64;
    whole
}

/// Lines at the edges of most pages: running heads and feet.
fn repeated_lines(pages: &[Drawn]) -> Vec<String> {
    if pages.len() < 3 {
        return Vec::new();
    }
    let mut counts: HashMap<String, usize> = HashMap::new();
    for page in pages {
        let lines = lines(&page.pieces);
        let last = lines.len().saturating_sub(2);
        for (index, line) in lines.iter().enumerate() {
            if index < 2 || index >= last {
                let count = counts.entry(stem(&line.text())).or_default();
                *count = count.saturating_add(1);
            }
        }
    }
    counts
        .into_iter()
        .filter(|(_, count)| count.saturating_mul(3) > pages.len().saturating_mul(2))
        .map(|(text, _)| text)
        .collect()
}

/// A line without its numbers.
fn stem(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit() && !c.is_whitespace()).collect()
}

/// Pieces as lines from top to bottom.
fn lines(pieces: &[Piece]) -> Vec<Line> {
    let mut sorted: Vec<&Piece> =
        pieces.iter().filter(|piece| !piece.text.trim().is_empty()).collect();
    sorted.sort_by(|a, b| b.y.total_cmp(&a.y));
    let mut lines: Vec<Vec<&Piece>> = Vec::new();
    for piece in sorted {
        match lines.last_mut() {
            Some(line)
                if line.first().is_some_and(|first| {
                    (first.y - piece.y).abs() < 0.5 * first.size.max(piece.size).min(14.0)
                }) =>
            {
                line.push(piece)
            }
            _ => lines.push(vec![piece]),
        }
    }
    lines.into_iter().map(line_of).collect()
}

fn line_of(mut pieces: Vec<&Piece>) -> Line {
    pieces.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut segments: Vec<Piece> = Vec::new();
    for piece in pieces {
        match segments.last_mut() {
            Some(last) if piece.x - last.end < 1.2 * piece.size.max(last.size) => {
                let gap = piece.x - last.end;
                if gap > 0.15 * piece.size && !last.text.ends_with(' ') {
                    last.text.push(' ');
                }
                // The same text drawn twice is how some writers make it bold.
                if (piece.x - last.x).abs() < 1.0 && piece.text == last.text {
                    last.bold = true;
                    continue;
                }
                last.text.push_str(&piece.text);
                last.end = last.end.max(piece.end);
                last.bold &= piece.bold;
                last.size = last.size.max(piece.size);
            }
            _ => segments.push(piece.clone()),
        }
    }
    let y = segments.first().map_or(0.0, |first| first.y);
    let size = segments.iter().map(|segment| segment.size).fold(0.0, f64::max);
    Line { segments, y, size }
}

fn page_blocks(
    page: Drawn,
    body: f64,
    repeated: &[String],
    lexicon: &Lexicon,
) -> (Vec<Block>, bool) {
    let mut grids = grids(&page.rules);
    grids.sort_by(|a, b| b.top.total_cmp(&a.top));
    let mut loose: Vec<Piece> = Vec::new();
    let mut inside: Vec<Vec<Piece>> = vec![Vec::new(); grids.len()];
    for piece in page.pieces {
        let middle = piece.y + 0.3 * piece.size;
        let at = grids.iter().position(|grid| grid.holds(piece.x, middle));
        match at.and_then(|at| inside.get_mut(at)) {
            Some(pieces) => pieces.push(piece),
            None => loose.push(piece),
        }
    }
    let lines: Vec<Line> = lines(&loose)
        .into_iter()
        .filter(|line| {
            let text = line.text();
            let number = text.chars().all(|c| {
                c.is_ascii_digit()
                    || c.is_whitespace()
                    || matches!(c, '-' | '/' | '第' | '页' | '共')
            });
            !number && !repeated.contains(&stem(&text))
        })
        .collect();
    let mut tables =
        grids.iter().zip(inside).map(|(grid, pieces)| (grid.top, grid.rows(&pieces))).peekable();
    let mut blocks = Vec::new();
    let mut run: Vec<Line> = Vec::new();
    let mut ends_open = false;
    for line in lines {
        while let Some((_, rows)) = tables.next_if(|(top, _)| *top > line.y) {
            ends_open = flow(std::mem::take(&mut run), body, lexicon, &mut blocks);
            push_table(&mut blocks, rows);
        }
        run.push(line);
    }
    if !run.is_empty() {
        ends_open = flow(run, body, lexicon, &mut blocks);
    }
    for (_, rows) in tables {
        push_table(&mut blocks, rows);
        ends_open = false;
    }
    (blocks, ends_open)
}

fn push_table(blocks: &mut Vec<Block>, rows: Vec<Vec<String>>) {
    let filled = |row: &Vec<String>| row.iter().filter(|cell| !cell.is_empty()).count();
    if rows.iter().all(|row| filled(row) <= 1) {
        // A box around text.
        blocks.extend(
            rows.into_iter()
                .flatten()
                .filter(|cell| !cell.is_empty())
                .map(|cell| Block::Text(TextBlock::paragraph(cell))),
        );
    } else {
        blocks.push(Block::Table(rows));
    }
}

/// Lines as paragraphs. Tells whether the last one may go on.
fn flow(lines: Vec<Line>, body: f64, lexicon: &Lexicon, blocks: &mut Vec<Block>) -> bool {
    let right = lines.iter().map(Line::end).fold(0.0, f64::max);
    let left = lines.iter().map(Line::x).fold(f64::INFINITY, f64::min);
    let mut last: Option<Line> = None;
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        let heads =
            line.segments.iter().filter(|segment| lexicon.column(&segment.text).is_some()).count();
        if line.segments.len() >= 2 && heads >= 2 && heads.saturating_mul(2) >= line.segments.len()
        {
            let mut rows: Vec<Line> = vec![line];
            while let Some(next) = lines.next_if(|next| {
                rows.last().is_some_and(|last| last.y - next.y < 4.0 * body)
                    && (next.size - body).abs() < body * 0.25
            }) {
                rows.push(next);
            }
            blocks.push(Block::Table(unruled(&rows)));
            last = None;
            continue;
        }
        let text = crate::fold::clean(&line.text());
        let heading = heading_level(line.size, body).filter(|_| text.chars().count() <= 60);
        let goes_on = last.as_ref().is_some_and(|last| {
            let full = last.end() > right - 2.5 * last.size;
            let near = last.y - line.y < 2.0 * line.size.max(last.size);
            let indented =
                line.x() > left + 1.2 * line.size && line.x() > last.x() + 0.5 * line.size;
            full && near
                && !indented
                && (last.size - line.size).abs() < 0.5
                && last.is_bold() == line.is_bold()
        });
        let marked = crate::sentences::is_marked(&text);
        match blocks.last_mut() {
            Some(Block::Text(block)) if goes_on && (!marked || !ends(&block.text)) => {
                join(&mut block.text, &text)
            }
            _ => blocks.push(Block::Text(TextBlock {
                heading,
                strong: line.is_bold(),
                item: text.starts_with(['•', '●', '·', '▪', '■', '-']),
                text,
            })),
        }
        last = Some(line);
    }
    match (blocks.last(), last) {
        (Some(Block::Text(block)), Some(last)) => {
            !ends(&block.text) && block.heading.is_none() && last.end() > right - 2.5 * last.size
        }
        _ => false,
    }
}

fn heading_level(size: f64, body: f64) -> Option<u8> {
    let ratio = size / body;
    if ratio >= 1.7 {
        Some(1)
    } else if ratio >= 1.35 {
        Some(2)
    } else if ratio >= 1.12 {
        Some(3)
    } else {
        None
    }
}

fn ends(text: &str) -> bool {
    text.trim_end().ends_with(['。', '：', '；', '！', '？', '.', ':', ';'])
}

fn join(text: &mut String, more: &str) {
    let wide = text.chars().next_back().is_some_and(crate::fold::is_wide)
        || more.chars().next().is_some_and(crate::fold::is_wide);
    if !wide && !text.ends_with(['-', '/', '_', '.', '@']) {
        text.push(' ');
    }
    text.push_str(more);
}

/// A table without lines, its heads first.
fn unruled(lines: &[Line]) -> Vec<Vec<String>> {
    let Some(heads) = lines.first() else { return Vec::new() };
    let columns: Vec<f64> = heads.segments.iter().map(|segment| segment.x).collect();
    let gaps: Vec<f64> = lines
        .windows(2)
        .filter_map(|pair| match pair {
            [above, below] => Some(above.y - below.y),
            _ => None,
        })
        .collect();
    let narrow = gaps.iter().copied().fold(f64::INFINITY, f64::min);
    let wide = gaps.iter().copied().fold(0.0, f64::max);
    let by_gap = wide > narrow * 1.2;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let mut cells = vec![String::new(); columns.len()];
        for segment in &line.segments {
            let column = columns.iter().rposition(|x| *x <= segment.x + TOLERANCE).unwrap_or(0);
            if let Some(cell) = cells.get_mut(column) {
                join(cell, &segment.text);
            }
        }
        let gap = index.checked_sub(1).and_then(|index| gaps.get(index)).copied().unwrap_or(0.0);
        let begins = if by_gap {
            gap > narrow * 1.15
        } else {
            cells.first().is_some_and(|cell| !cell.is_empty())
        };
        match rows.last_mut().filter(|_| index > 1 && !begins) {
            Some(row) => {
                for (cell, more) in row.iter_mut().zip(cells) {
                    if !more.is_empty() {
                        join(cell, &more);
                    }
                }
            }
            None => rows.push(cells),
        }
    }
    rows.iter().map(|row| row.iter().map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// A table by its lines.
#[derive(Debug)]
struct Grid {
    top: f64,
    bottom: f64,
    /// Vertical lines from left to right.
    xs: Vec<f64>,
    /// Horizontal lines from top to bottom.
    ys: Vec<f64>,
    horizontals: Vec<Rule>,
}

/// Values that are not nearly the same, sorted.
fn distinct(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values.dedup_by(|a, b| (*a - *b).abs() < TOLERANCE);
    values
}

fn grids(rules: &[Rule]) -> Vec<Grid> {
    // Stretches of the page that vertical lines cover, from the bottom.
    let mut verticals: Vec<&Rule> = rules.iter().filter(|rule| !rule.horizontal).collect();
    verticals.sort_by(|a, b| a.from.total_cmp(&b.from));
    let mut stretches: Vec<(f64, f64, Vec<f64>)> = Vec::new();
    for rule in verticals {
        match stretches.last_mut() {
            Some((_, top, xs)) if rule.from <= *top + TOLERANCE => {
                *top = top.max(rule.to);
                xs.push(rule.at);
            }
            _ => stretches.push((rule.from, rule.to, vec![rule.at])),
        }
    }
    let mut grids = Vec::new();
    for (bottom, top, xs) in stretches {
        let xs = distinct(xs);
        let horizontals: Vec<Rule> = rules
            .iter()
            .filter(|rule| {
                rule.horizontal && rule.at > bottom - TOLERANCE && rule.at < top + TOLERANCE
            })
            .copied()
            .collect();
        let mut ys =
            distinct(horizontals.iter().map(|rule| rule.at).chain([top, bottom]).collect());
        ys.reverse();
        if (3..=COLUMNS_MAX).contains(&xs.len()) && (2..=GRID_MAX).contains(&ys.len()) {
            grids.push(Grid { top, bottom, xs, ys, horizontals });
        }
    }
    grids
}

impl Grid {
    fn holds(&self, x: f64, y: f64) -> bool {
        let left = self.xs.first().copied().unwrap_or(f64::INFINITY);
        let right = self.xs.last().copied().unwrap_or(f64::NEG_INFINITY);
        y < self.top + TOLERANCE
            && y > self.bottom - TOLERANCE
            && x > left - TOLERANCE
            && x < right + TOLERANCE
    }

    fn rows(&self, pieces: &[Piece]) -> Vec<Vec<String>> {
        let columns = self.xs.len().saturating_sub(1);
        let count = self.ys.len().saturating_sub(1);
        let firsts: Vec<Vec<usize>> = (0..columns).map(|column| self.first_rows(column)).collect();
        let first = |column: usize, row: usize| {
            firsts.get(column).and_then(|rows| rows.get(row)).copied().unwrap_or(row)
        };
        let mut cells: Vec<Vec<Vec<Piece>>> = vec![vec![Vec::new(); columns]; count];
        for piece in pieces {
            let column = self.xs.partition_point(|x| *x <= piece.x + 1.0).saturating_sub(1);
            let column = column.min(columns.saturating_sub(1));
            let middle = piece.y + 0.3 * piece.size;
            let row = self.ys.partition_point(|y| *y >= middle).saturating_sub(1);
            // A cell that spans rows is read as one, at its first row.
            let row = first(column, row.min(count.saturating_sub(1)));
            if let Some(cell) = cells.get_mut(row).and_then(|row| row.get_mut(column)) {
                cell.push(piece.clone());
            }
        }
        let mut rows: Vec<Vec<String>> = Vec::new();
        // Bytes that repeating spanning cells may still add.
        let mut left = crate::TEXT_BYTES_MAX;
        for (index, row) in cells.iter().enumerate() {
            let mut out = Vec::new();
            for (column, pieces) in row.iter().enumerate() {
                let first = first(column, index);
                let above = rows.get(first).and_then(|row: &Vec<String>| row.get(column));
                match above.filter(|above| first < index && above.len() <= left) {
                    Some(above) => {
                        left = left.saturating_sub(above.len());
                        out.push(above.clone());
                    }
                    None => out.push(cell_text(pieces)),
                }
            }
            rows.push(out);
        }
        rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
        rows.dedup();
        rows
    }

    /// For each row the one in which the cell of a column begins that reaches into it.
    fn first_rows(&self, column: usize) -> Vec<usize> {
        let count = self.ys.len().saturating_sub(1);
        let mut firsts: Vec<usize> = (0..count).collect();
        let (Some(left), Some(right)) =
            (self.xs.get(column), self.xs.get(column.saturating_add(1)))
        else {
            return firsts;
        };
        let middle = f64::midpoint(*left, *right);
        let mut crossed = vec![false; self.ys.len()];
        for rule in self.horizontals.iter().filter(|rule| rule.from <= middle && rule.to >= middle)
        {
            let near = self.ys.partition_point(|y| *y > rule.at + TOLERANCE);
            if let Some(slot) = crossed.get_mut(near)
                && self.ys.get(near).is_some_and(|y| (rule.at - y).abs() < TOLERANCE)
            {
                *slot = true;
            }
        }
        let mut last = 0;
        for (row, slot) in firsts.iter_mut().enumerate() {
            if crossed.get(row) == Some(&true) {
                last = row;
            }
            *slot = last;
        }
        firsts
    }
}

fn cell_text(pieces: &[Piece]) -> String {
    let mut text = String::new();
    for line in lines(pieces) {
        let more = crate::fold::clean(&line.text());
        if text.is_empty() {
            text = more;
        } else {
            join(&mut text, &more);
        }
    }
    text
}
