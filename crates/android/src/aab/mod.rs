//! Resources and XML of an Android App Bundle. Both are protobuf messages; they become the same
//! [`Document`] and [`ResourceTable`] as the binary forms of an APK.
//!
//! `resources.pb` is a `ResourceTable`, each XML file (the manifest is
//! `manifest/AndroidManifest.xml` of a module) an `XmlNode`. Format: `Resources.proto` and
//! `Configuration.proto` of AOSP `tools/aapt2`. Not here: `BundleConfig.pb` and the modules.

mod issues;
mod item;
mod proto;
mod table;
mod xml;

use crate::arsc::ResourceTable;
use crate::axml::{Document, Notes};
use menshen_base::ScanIssue;
use proto::Message;

/// Reads an XML file of a module.
pub fn parse_xml(bytes: &[u8]) -> (Option<Document>, Vec<ScanIssue>) {
    xml::parse(bytes)
}

/// Reads a `resources.pb`.
pub fn parse_resources(bytes: &[u8]) -> (Option<ResourceTable<'_>>, Vec<ScanIssue>) {
    let mut notes = Notes::default();
    let table = table::ProtoTable::parse(Message(bytes), &mut notes);
    (table.map(|table| ResourceTable::from_source(table, notes.anomalies)), notes.issues)
}
