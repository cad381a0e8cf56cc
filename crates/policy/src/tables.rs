//! Tables: what their columns hold, by the heads, and what they list.

use crate::context;
use crate::lexicon::{Column, Lexicon};
use crate::patterns::patterns;
use crate::sentences::{Laid, TableAt};

/// A head is a name, not a text.
const HEAD_CHARACTERS_MAX: usize = 30;

patterns! {
    SDK_HEAD = r"sdk|第三方|合作方|插件|third|partner|接收方";
    SDK_AROUND = r"sdk|软件开发工具包|第三方|third[- ]part|合作方|合作伙伴";
    COMPANY_HEAD = r"公司|主体|机构|提供|运营|厂商|开发者|第三方(名称)?$|接收方";
}

/// What the rows of a table are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableKind {
    Sdk,
    Permission,
    Information,
    Other,
}

/// A table read by its heads.
#[derive(Debug)]
pub(crate) struct View<'a> {
    table: &'a TableAt,
    columns: Vec<Option<Column>>,
    pub(crate) kind: TableKind,
}

/// How many of the first rows are heads: 0, 1, or 2 when a title spans the table.
pub(crate) fn head_rows(rows: &[Vec<String>], lexicon: &Lexicon) -> usize {
    // Labels down the first column: each row is a label and its value.
    let labels =
        rows.iter().filter(|row| row.first().is_some_and(|cell| lexicon.column(cell).is_some()));
    let two_columns = rows.iter().all(|row| row.len() == 2);
    if two_columns
        && rows.len() >= 3
        && labels.count().saturating_mul(5) >= rows.len().saturating_mul(4)
    {
        return 0;
    }
    for (index, row) in rows.iter().take(2).enumerate() {
        let mut distinct: Vec<&str> =
            row.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        distinct.dedup();
        let known = distinct
            .iter()
            .filter(|cell| {
                cell.chars().count() <= HEAD_CHARACTERS_MAX && lexicon.column(cell).is_some()
            })
            .count();
        if distinct.len() >= 2 && known >= 2 && known.saturating_mul(2) >= distinct.len() {
            return index.saturating_add(1);
        }
        if distinct.len() > 1 {
            break;
        }
    }
    0
}

/// All tables of a document.
pub(crate) fn views<'a>(laid: &'a Laid, lexicon: &Lexicon) -> Vec<View<'a>> {
    laid.tables.iter().map(|table| View::new(laid, table, lexicon)).collect()
}

/// The table that a sentence is a row of, below the heads.
pub(crate) fn view_of<'v, 'a>(views: &'v [View<'a>], sentence: usize) -> Option<&'v View<'a>> {
    let behind = views.partition_point(|view| view.table.first <= sentence);
    behind.checked_sub(1).and_then(|at| views.get(at)).filter(|view| view.holds(sentence))
}

impl<'a> View<'a> {
    fn new(laid: &Laid, table: &'a TableAt, lexicon: &Lexicon) -> Self {
        let heads = table.heads.checked_sub(1).and_then(|last| table.rows.get(last));
        let heads: &[String] = heads.map_or(&[], Vec::as_slice);
        let mut columns: Vec<Option<Column>> =
            heads.iter().map(|head| lexicon.column(head)).collect();
        let names: Vec<usize> = columns
            .iter()
            .enumerate()
            .filter(|(_, column)| **column == Some(Column::Name))
            .map(|(index, _)| index)
            .collect();
        if names.len() > 1 {
            // `SDK名称` beside `第三方名称`: the second is who provides it.
            let head = |index: &usize| {
                heads.get(*index).map(|head| crate::fold::fold(head)).unwrap_or_default()
            };
            let sdk =
                names.iter().find(|index| head(index).contains("sdk")).or(names.first()).copied();
            for index in names.iter().filter(|index| Some(**index) != sdk) {
                let column =
                    if COMPANY_HEAD.is_match(&head(index)) { Some(Column::Provider) } else { None };
                if let Some(slot) = columns.get_mut(*index) {
                    *slot = column;
                }
            }
        }
        let kind = kind(laid, table, heads, &columns);
        Self { table, columns, kind }
    }

    pub(crate) fn has(&self, column: Column) -> bool {
        self.columns.contains(&Some(column))
    }

    /// Sentences of the rows below the heads.
    pub(crate) fn rows(&self) -> std::ops::Range<usize> {
        let first = self.table.first;
        first.saturating_add(self.table.heads)..first.saturating_add(self.table.rows.len())
    }

    pub(crate) fn holds(&self, sentence: usize) -> bool {
        self.rows().contains(&sentence)
    }

    /// The text of a column in the row of a sentence; of several columns, joined.
    pub(crate) fn cell(&self, sentence: usize, column: Column) -> Option<String> {
        let row = self.table.rows.get(sentence.checked_sub(self.table.first)?)?;
        let mut found: Vec<&str> = Vec::new();
        for (cell, of) in row.iter().zip(&self.columns) {
            let cell = cell.trim();
            if *of == Some(column) && !is_blank(cell) && !found.contains(&cell) {
                found.push(cell);
            }
        }
        if found.is_empty() { None } else { Some(found.join("；")) }
    }

    /// Rows without heads: first and second cell as label and value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        let first = self.table.first;
        self.table.rows.iter().enumerate().filter_map(move |(index, row)| {
            let mut cells = row.iter();
            let (label, value) = (cells.next()?, cells.next()?);
            cells.all(|cell| cell == value).then_some((
                label.as_str(),
                value.as_str(),
                first.saturating_add(index),
            ))
        })
    }
}

/// Cells that say there is nothing.
fn is_blank(cell: &str) -> bool {
    matches!(cell, "" | "/" | "-" | "--" | "—" | "——" | "无" | "\\" | "N/A" | "n/a" | "不涉及")
}

fn kind(laid: &Laid, table: &TableAt, heads: &[String], columns: &[Option<Column>]) -> TableKind {
    let has = |column: Column| columns.contains(&Some(column));
    let head_text = crate::fold::fold(&heads.join(" | "));
    if has(Column::Name) {
        let strong = SDK_HEAD.is_match(&head_text) || has(Column::Package);
        let around = context::around(laid, table.first);
        let before = table.first.checked_sub(1).and_then(|index| laid.folded.get(index));
        let near =
            SDK_AROUND.is_match(&around) || before.is_some_and(|text| SDK_AROUND.is_match(text));
        if strong
            || near
                && (has(Column::Provider)
                    || has(Column::Url)
                    || has(Column::Information)
                    || has(Column::Purpose))
        {
            return TableKind::Sdk;
        }
    }
    if has(Column::Permission) {
        return TableKind::Permission;
    }
    // `提供方` with purposes and information: partners that are named by company.
    if has(Column::Provider)
        && has(Column::Information)
        && (has(Column::Url) || SDK_HEAD.is_match(&head_text))
    {
        return TableKind::Sdk;
    }
    if has(Column::Information) { TableKind::Information } else { TableKind::Other }
}
