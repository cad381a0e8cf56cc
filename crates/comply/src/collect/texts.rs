//! Texts of the app that have to do with personal information: prompts, entries, links.

use crate::tables::rows;
use aho_corasick::AhoCorasick;
use menshen_android::dex::StringId;
use menshen_base::{Owner, Place};
use menshen_facts::{Fact, How, PrivacyText};
use menshen_flow::program::Program;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Longer texts are policies or code, not words of a page.
const TEXT_BYTES_MAX: usize = 4000;
/// Texts of one kind kept.
const PER_KIND_MAX: usize = 12;
/// Characters shown of a text.
const SHOWN_MAX: usize = 60;

struct Lexicon {
    search: AhoCorasick,
    kinds: Vec<&'static str>,
}

static LEXICON: LazyLock<Option<Lexicon>> = LazyLock::new(|| {
    let rows: Vec<(&str, &str)> = rows(include_str!("../../../../models/compliance/app_texts.tsv"))
        .filter_map(|cells| Some((*cells.first()?, *cells.get(1)?)))
        .collect();
    let search = AhoCorasick::new(rows.iter().map(|(_, text)| *text)).ok()?;
    Some(Lexicon { search, kinds: rows.iter().map(|(kind, _)| *kind).collect() })
});

/// The kinds of a text: `policy`, `agree`, ...
pub fn privacy_text(text: &str, source: &str, place: &Place) -> Vec<Fact<PrivacyText>> {
    let Some(lexicon) = LEXICON.as_ref() else { return Vec::new() };
    if text.len() > TEXT_BYTES_MAX {
        return Vec::new();
    }
    let mut kinds: Vec<&str> = lexicon
        .search
        .find_overlapping_iter(text)
        .filter_map(|found| lexicon.kinds.get(found.pattern().as_usize()).copied())
        .collect();
    kinds.sort_unstable();
    kinds.dedup();
    let shown: String = text.chars().take(SHOWN_MAX).collect();
    kinds
        .into_iter()
        .map(|kind| Fact {
            data: PrivacyText {
                kind: kind.to_owned(),
                text: shown.clone(),
                source: source.to_owned(),
            },
            place: place.clone(),
            owner: Owner::Unknown,
            how: How::Static,
        })
        .collect()
}

/// Those among the strings of the code.
pub fn texts_of_code(program: &Program<'_, '_>) -> Vec<Fact<PrivacyText>> {
    let mut found = Vec::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for file in program.files {
        let place = Place::file(&file.path);
        for id in 0..file.dex.string_count() {
            let Some(text) = file.dex.string(StringId(id)) else { continue };
            if text.bytes().len() < "投诉".len() {
                continue;
            }
            for fact in privacy_text(&text.to_str(), "code", &place) {
                let count = counts.entry(fact.data.kind.clone()).or_default();
                *count += 1;
                if *count <= PER_KIND_MAX {
                    found.push(fact);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_texts() {
        let kinds = |text: &str| -> Vec<String> {
            privacy_text(text, "code", &Place::default())
                .into_iter()
                .map(|fact| fact.data.kind)
                .collect()
        };
        assert_eq!(kinds("请阅读《隐私政策》，点击“同意并继续”"), ["agree", "policy"]);
        assert_eq!(kinds("不同意"), ["refuse"]);
        assert_eq!(kinds("注销账号"), ["close-account"]);
        assert!(kinds("hello").is_empty());
        assert!(kinds(&"隐私政策".repeat(2000)).is_empty());
    }
}
