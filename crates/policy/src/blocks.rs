//! The common shape of all formats: paragraphs, headings, list items and tables in reading order.

/// A block of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    Text(TextBlock),
    /// Rows of cells; cells that span rows are repeated in each.
    Table(Vec<Vec<String>>),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct TextBlock {
    pub(crate) text: String,
    /// The level that the format gives: `h2` is 2.
    pub(crate) heading: Option<u8>,
    pub(crate) item: bool,
    /// All of it is bold: perhaps a heading.
    pub(crate) strong: bool,
}

impl TextBlock {
    pub(crate) fn paragraph(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
