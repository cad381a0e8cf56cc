//! Reports: terminal, JSON, SARIF, HTML, CycloneDX, and the difference of two.
//!
//! Every report is a pure function of one or more [`Assessment`]s and [`Options`], written to a
//! [`std::io::Write`]. This crate opens no file, reads no clock and asks for no terminal: who
//! calls it says whether colours are wanted and how wide the page is. The same assessment gives
//! the same bytes.
//!
//! | module | for |
//! | --- | --- |
//! | [`terminal`] | a person at a terminal: verdict, what to fix first, then the rest |
//! | [`json`] | scripts: the published contract, `docs/schema/report.schema.json` |
//! | [`sarif`] | code review tools: SARIF 2.1.0 |
//! | [`html`] | a person without Menshen: one page, both languages, prints |
//! | [`cyclonedx`] | inventories: CycloneDX 1.6 bill of materials |
//! | [`comply`] | compliance, clause by clause |
//! | [`diff`] | two versions of one app |
//!
//! Strings out of an artifact are hostile. In JSON they stay exact; on a terminal and on a page
//! control characters and those that change the direction of text are made visible.
//!
//! ```
//! use menshen_report::{Options, json};
//! let mut out = Vec::new();
//! json::write(&[], &Options::default(), &mut out)?;
//! assert!(out.starts_with(b"{\n  \"schema_version\""));
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod comply;
pub mod cyclonedx;
pub mod diff;
pub mod html;
pub mod json;
pub mod sarif;
pub mod terminal;

mod layout;
mod view;
mod words;

use menshen_base::Lang;
use menshen_rules::assessment::RuleSummary;

#[doc(no_inline)]
pub use menshen_rules::assessment::Assessment;

/// What a report shows and how.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Language of the terminal and SARIF texts, and the one an HTML page opens in.
    pub lang: Lang,
    /// JSON: print the facts too.
    pub facts: bool,
    /// The rules that ran: areas of findings, and the rule table of SARIF. May be empty.
    pub rules: &'a [RuleSummary],
    /// Terminal only.
    pub style: Style,
}

/// How text for a terminal is laid out.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Colours by ANSI sequences.
    pub color: bool,
    /// Columns; a Chinese character takes two. At least [`Style::WIDTH_MIN`] is assumed.
    pub width: usize,
    /// Locations printed for each finding.
    pub locations_max: usize,
}

impl Style {
    pub const WIDTH_MIN: usize = 40;
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, width: 100, locations_max: 5 }
    }
}
