//! Reading of the embedded tables: tab-separated text, first line the column names.

/// Rows of a table as column slices. Rows shorter than the header read as empty columns.
pub(crate) fn rows(text: &'static str) -> impl Iterator<Item = Row> {
    text.lines().skip(1).filter(|line| !line.is_empty()).map(|line| Row { line })
}

#[derive(Clone, Copy)]
pub(crate) struct Row {
    line: &'static str,
}

impl Row {
    /// All columns, in order; empty text past the end.
    pub(crate) fn columns(self) -> impl Iterator<Item = &'static str> {
        self.line.split('\t').chain(std::iter::repeat(""))
    }
}

/// The items of a cell that holds several.
pub(crate) fn items(cell: &'static str) -> impl Iterator<Item = &'static str> {
    cell.split('|').filter(|item| !item.is_empty())
}
