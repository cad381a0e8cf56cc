//! Names of CWE, MASVS and MASWE entries: `models/standards/*.tsv`.

use menshen_base::StaticText;
use std::collections::HashMap;
use std::sync::LazyLock;

static NAMES: LazyLock<HashMap<&'static str, StaticText>> = LazyLock::new(|| {
    [
        include_str!("../../../models/standards/cwe.tsv"),
        include_str!("../../../models/standards/masvs.tsv"),
        include_str!("../../../models/standards/maswe.tsv"),
    ]
    .into_iter()
    .flat_map(|table| table.lines().skip(1))
    .filter_map(|line| {
        let mut columns = line.split('\t');
        let (id, zh, en) = (columns.next()?, columns.next()?, columns.next()?);
        Some((id, StaticText { zh, en }))
    })
    .collect()
});

/// The name of `CWE-295`, `MASVS-NETWORK-1` or `MASWE-0052`.
pub(crate) fn name(id: &str) -> Option<StaticText> {
    NAMES.get(id).copied()
}

#[cfg(test)]
mod tests {
    use super::name;

    #[test]
    fn the_three_catalogues_are_there() {
        for id in ["CWE-22", "MASVS-STORAGE-1", "MASWE-0001"] {
            let name = name(id).unwrap_or_else(|| panic!("{id}"));
            assert!(!name.zh.is_empty() && !name.en.is_empty(), "{id}");
        }
        assert_eq!(name("CWE-0"), None);
    }
}
