//! What Menshen could not look at, and what that costs in coverage.

use crate::{Place, StaticText};

/// One kind of scan issue. Each crate declares its kinds as constants in one table.
#[derive(Debug, PartialEq, Eq)]
pub struct IssueKind {
    /// Stable, `area/problem`, for example `dex/bad-offset`.
    pub code: &'static str,
    /// What is wrong, in one line.
    pub title: StaticText,
    /// What was not looked at because of it.
    pub lost: StaticText,
}

/// One thing that could not be looked at. Never a finding, never dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanIssue {
    pub kind: &'static IssueKind,
    /// Where. A parser fills the offset; who called the parser puts the path before it.
    pub place: Place,
    /// The particulars, in technical English: values, names, counts. May be empty.
    pub detail: String,
}

impl ScanIssue {
    pub fn new(kind: &'static IssueKind) -> Self {
        Self { kind, place: Place::default(), detail: String::new() }
    }

    /// Byte offset within the input of the parser that raised it.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.place.offset = Some(offset as u64);
        self
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Sets the path, or puts `container!/` before the path that is already there.
    #[must_use]
    pub fn within(mut self, container: &str) -> Self {
        self.place = self.place.within(container);
        self
    }
}
