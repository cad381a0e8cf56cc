//! Plain vocabulary shared by every crate of Menshen. No I/O, no clock, no parsing.
//!
//! The principal types are [`ScanIssue`] (something that could not be looked at),
//! [`Finding`] (something wrong with the app) and [`Place`] (where in an artifact).
//! The three ways of saying that something is amiss are never mixed: a finding is about the
//! app, a scan issue is about our view of it, an error means that the operation failed.
//!
//! ```
//! use menshen_base::{IssueKind, ScanIssue, text};
//! const TRUNCATED: IssueKind = IssueKind {
//!     code: "zip/truncated",
//!     title: text("文件被截断", "the file is cut short"),
//!     lost: text("其后的条目未检查", "entries behind it were not looked at"),
//! };
//! let issue = ScanIssue::new(&TRUNCATED).at(42).detail("directory ends at 42, 7 records missing");
//! assert_eq!(issue.kind.code, "zip/truncated");
//! ```

mod digest;
mod finding;
mod issue;
mod place;
mod text;

pub use digest::{Sha256Hex, to_hex};
pub use finding::{Confidence, Evidence, Finding, Maps, Occurrence, Owner, Severity, Verdict};
pub use issue::{IssueKind, ScanIssue};
pub use place::{CodePlace, Place};
pub use text::{Lang, StaticText, Text, text};
