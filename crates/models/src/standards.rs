//! Titles of the catalogues that findings map to: CWE, OWASP MASVS 2 and MASWE 1, in
//! `models/standards/`.

use crate::table::rows;
use menshen_base::{StaticText, text};
use std::collections::HashMap;
use std::sync::LazyLock;

static TITLES: LazyLock<HashMap<&'static str, StaticText>> = LazyLock::new(|| {
    let tables = [
        include_str!("../../../models/standards/cwe.tsv"),
        include_str!("../../../models/standards/masvs.tsv"),
        include_str!("../../../models/standards/maswe.tsv"),
    ];
    tables
        .into_iter()
        .flat_map(rows)
        .map(|row| {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            let id = next();
            (id, text(next(), next()))
        })
        .collect()
});

/// The title of an entry by its id as rules write it: `CWE-295`, `MASVS-NETWORK-1`, `MASWE-0052`.
pub fn standard_title(id: &str) -> Option<StaticText> {
    TITLES.get(id).copied()
}

/// All ids, in no order.
pub fn standard_ids() -> impl Iterator<Item = &'static str> {
    TITLES.keys().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_in_both_languages() {
        for id in standard_ids() {
            let title = standard_title(id).unwrap();
            assert!(!title.zh.is_empty() && !title.en.is_empty(), "{id}");
        }
        for id in ["CWE-22", "MASVS-STORAGE-1", "MASWE-0001"] {
            assert!(standard_title(id).is_some(), "{id}");
        }
        assert!(standard_title("CWE-0").is_none());
    }
}
