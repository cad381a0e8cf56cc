//! stub
use super::Document;
use menshen_base::ScanIssue;
pub(super) fn read(
    _bytes: &[u8],
    _l: &crate::lexicon::Lexicon,
    problems: &mut Vec<ScanIssue>,
) -> Document {
    problems.push(ScanIssue::new(&crate::issues::UNKNOWN_FORMAT));
    Document::default()
}
