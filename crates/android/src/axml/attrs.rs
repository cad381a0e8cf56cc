//! Names of the framework's attributes by resource id, and the symbols of flag and enum ones.
//!
//! `attrs.tsv` lists the public `android:attr` resources of the platform (names up to API 37,
//! symbols of API 34, without those still staged): id in hex,
//! name, and for flags and enums the kind and `symbol=value` pairs, values in hex. Public ids
//! never change, so one table fits every level.

use std::sync::LazyLock;

struct Row {
    id: u32,
    name: &'static str,
    /// `flags` or `enum`; empty otherwise.
    kind: &'static str,
    symbols: &'static str,
}

static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let mut rows: Vec<Row> = include_str!("attrs.tsv")
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let id = u32::from_str_radix(fields.next()?, 16).ok()?;
            let name = fields.next()?;
            let kind = fields.next().unwrap_or_default();
            let symbols = fields.next().unwrap_or_default();
            Some(Row { id, name, kind, symbols })
        })
        .collect();
    rows.sort_unstable_by_key(|row| row.id);
    rows
});

static BY_NAME: LazyLock<Vec<(&'static str, u32)>> = LazyLock::new(|| {
    let mut names: Vec<_> = ROWS.iter().map(|row| (row.name, row.id)).collect();
    names.sort_unstable();
    names
});

fn row(id: u32) -> Option<&'static Row> {
    ROWS.binary_search_by_key(&id, |row| row.id).ok().and_then(|index| ROWS.get(index))
}

/// Name of the framework attribute with this id: `0x01010003` is `name`.
pub fn attribute_name(id: u32) -> Option<&'static str> {
    row(id).map(|row| row.name)
}

/// Id of the framework attribute with this name.
pub fn attribute_id(name: &str) -> Option<u32> {
    let index = BY_NAME.binary_search_by_key(&name, |(name, _)| name).ok()?;
    BY_NAME.get(index).map(|(_, id)| *id)
}

fn symbols(row: &'static Row) -> impl Iterator<Item = (&'static str, u32)> {
    row.symbols.split(' ').filter_map(|pair| {
        let (symbol, value) = pair.split_once('=')?;
        Some((symbol, u32::from_str_radix(value, 16).ok()?))
    })
}

/// Source form of a flag or enum value: `standard`, `keyboard|orientation`. `None` when the
/// attribute has no symbols or they do not make up the value.
pub fn symbols_of_value(id: u32, value: u32) -> Option<String> {
    let row = row(id).filter(|row| !row.kind.is_empty())?;
    if let Some((symbol, _)) = symbols(row).find(|(_, number)| *number == value) {
        return Some(symbol.to_owned());
    }
    if row.kind != "flags" {
        return None;
    }
    // Larger symbols first: some stand for several bits and share them (`textPassword` is 0x81,
    // `textMultiLine` 0x20001).
    let mut parts: Vec<_> = symbols(row).filter(|(_, number)| *number != 0).collect();
    parts.sort_by_key(|(_, number)| std::cmp::Reverse(number.count_ones()));
    let mut left = value;
    let mut used = Vec::new();
    for (symbol, number) in parts {
        if value & number == number && left & number != 0 {
            left &= !number;
            used.push((number, symbol));
        }
    }
    used.sort_unstable();
    let used: Vec<_> = used.into_iter().map(|(_, symbol)| symbol).collect();
    (left == 0 && !used.is_empty()).then(|| used.join("|"))
}

/// Value of symbols as source XML has them: `singleTask`, `signature|privileged`.
pub fn value_of_symbols(id: u32, text: &str) -> Option<u32> {
    let row = row(id).filter(|row| !row.kind.is_empty())?;
    text.split('|').try_fold(0u32, |value, part| {
        let (_, number) = symbols(row).find(|(symbol, _)| *symbol == part.trim())?;
        Some(value | number)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_symbols() {
        assert_eq!(attribute_name(0x0101_0003), Some("name"));
        assert_eq!(attribute_name(0x0101_026f), Some("onClick"));
        assert_eq!(attribute_name(0x7f01_0000), None);
        assert_eq!(attribute_id("exported"), Some(0x0101_0010));
        assert_eq!(attribute_id("no-such-attribute"), None);
        for (name, value, text) in [
            ("launchMode", 2, Some("singleTask")),
            ("launchMode", 77, None),
            ("protectionLevel", 0x12, Some("signature|privileged")),
            ("protectionLevel", 0, Some("normal")),
            ("inputType", 0x81, Some("textPassword")),
            ("inputType", 0x20081, Some("textPassword|textMultiLine")),
            ("inputType", 0x8000_0000, None),
            ("exported", 1, None),
        ] {
            let id = attribute_id(name).unwrap();
            assert_eq!(symbols_of_value(id, value).as_deref(), text, "{name} {value:x}");
            if let Some(text) = text {
                assert_eq!(value_of_symbols(id, text), Some(value), "{name} {text}");
            }
        }
        assert_eq!(value_of_symbols(attribute_id("launchMode").unwrap(), "nonsense"), None);
    }
}
