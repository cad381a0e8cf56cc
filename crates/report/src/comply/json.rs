//! The JSON form: `controls`, `inventory`, `sdks`, `permissions`, `hosts`, `policy`, with the
//! subject and the documents. Strings are exact.

use menshen_comply::Compliance;
use std::io::{self, Write};

/// Writes one result as an object, several as a list of them under `artifacts`.
pub fn write(results: &[Compliance], out: &mut impl Write) -> io::Result<()> {
    match results {
        [one] => crate::json::emit(one, out),
        many => crate::json::emit(
            &serde_json::json!({
                "schema_version": menshen_comply::SCHEMA_VERSION,
                "artifacts": many,
            }),
            out,
        ),
    }
}
