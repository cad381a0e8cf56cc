//! Resources and XML of an Android App Bundle, which are protobuf messages.
use crate::arsc::ResourceTable;
use menshen_base::ScanIssue;
/// Reads a `resources.pb`.
pub fn parse_resources(_bytes: &[u8]) -> (Option<ResourceTable<'_>>, Vec<ScanIssue>) {
    (None, Vec::new())
}
/// Reads an XML file of a module.
pub fn parse_xml(_bytes: &[u8]) -> (Option<crate::axml::Document>, Vec<ScanIssue>) {
    (None, Vec::new())
}
