//! XML files of a module, in whichever form its kind of package keeps them.

use crate::budget;
use crate::module::{Module, XmlForm};
use menshen_android::aab;
use menshen_android::axml::Document;
use menshen_archive::Entry;
use menshen_base::ScanIssue;

/// Largest XML file that is read.
const XML_BYTES_MAX: usize = 64 << 20;

/// Reads an XML entry; issues carry its path.
pub(crate) fn read(
    module: &Module<'_, '_>,
    entry: &Entry<'_>,
    issues: &mut Vec<ScanIssue>,
) -> Option<Document> {
    let path = module.part.entry_path(&entry.name);
    if !module.part.budget.take_xml(entry.uncompressed_size) {
        issues.push(budget::left_out(1, entry.uncompressed_size, &path));
        return None;
    }
    let bytes = match module.part.read(entry, XML_BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(issue) => {
            issues.push(issue);
            return None;
        }
    };
    let (document, found) = match module.xml_form() {
        XmlForm::Binary => Document::parse(&bytes),
        XmlForm::Text => Document::parse_text(&bytes),
        XmlForm::Protobuf => aab::parse_xml(&bytes),
    };
    issues.extend(found.into_iter().map(|issue| issue.within(&path)));
    document
}
