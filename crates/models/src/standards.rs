//! Requirements and weaknesses of public catalogues that rules refer to by id.

use crate::table::rows;
use menshen_base::StaticText;
use std::sync::LazyLock;

/// One entry of a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// `MASVS-NETWORK-1`, `CWE-295`, `MASWE-0027`.
    pub id: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

fn read(text: &'static str) -> Vec<Entry> {
    rows(text)
        .map(|row| {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            Entry { id: next(), zh: next(), en: next() }
        })
        .collect()
}

static MASVS: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read(include_str!("../../../models/standards/masvs.tsv")));
static MASWE: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read(include_str!("../../../models/standards/maswe.tsv")));
static CWE: LazyLock<Vec<Entry>> =
    LazyLock::new(|| read(include_str!("../../../models/standards/cwe.tsv")));

/// The controls of OWASP MASVS 2, in its order.
pub fn masvs() -> &'static [Entry] {
    &MASVS
}

/// The weaknesses of OWASP MASWE version 1, in its order.
pub fn maswe() -> &'static [Entry] {
    &MASWE
}

/// The CWE entries that rules use.
pub fn cwe() -> &'static [Entry] {
    &CWE
}

/// The name of an entry of any of the catalogues: `CWE-295`, `MASVS-NETWORK-1`, `MASWE-0052`.
pub fn title(id: &str) -> Option<StaticText> {
    let entry = [cwe(), masvs(), maswe()].into_iter().flatten().find(|entry| entry.id == id)?;
    Some(StaticText { zh: entry.zh, en: entry.en })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_all_catalogues() {
        for id in ["CWE-22", "MASVS-STORAGE-1", "MASWE-0001"] {
            assert!(
                title(id).is_some_and(|title| !title.zh.is_empty() && !title.en.is_empty()),
                "{id}"
            );
        }
        assert_eq!(title("CWE-0"), None);
    }

    #[test]
    fn catalogues_are_whole() {
        assert_eq!(masvs().len(), 24);
        for (entries, prefix) in [(masvs(), "MASVS-"), (maswe(), "MASWE-"), (cwe(), "CWE-")] {
            for entry in entries {
                assert!(entry.id.starts_with(prefix), "{entry:?}");
                assert!(!entry.zh.is_empty() && !entry.en.is_empty(), "{entry:?}");
            }
        }
    }
}
