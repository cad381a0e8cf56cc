//! Many terms found in one pass. Of terms that overlap the one that starts first, then the longest,
//! is taken; ASCII words match on whole words, with an English plural. A term may stand for
//! nothing: it then keeps shorter terms inside it from matching (`显著位置` is no location).

use crate::fold::fold;
use aho_corasick::{AhoCorasick, MatchKind};

#[derive(Debug, Clone)]
pub(crate) struct Matcher {
    automaton: Option<AhoCorasick>,
    values: Vec<Option<usize>>,
}

/// A term found in folded text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) value: usize,
}

impl Matcher {
    pub(crate) fn new<'a>(terms: impl Iterator<Item = (&'a str, Option<usize>)>) -> Self {
        let mut patterns = Vec::new();
        let mut values = Vec::new();
        for (term, value) in terms {
            let term = fold(term);
            if !term.is_empty() {
                patterns.push(term);
                values.push(value);
            }
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns).ok();
        Self { automaton, values }
    }

    /// Terms in folded text, by position; none overlaps another.
    pub(crate) fn find(&self, folded: &str) -> Vec<Hit> {
        let Some(automaton) = &self.automaton else { return Vec::new() };
        let mut all: Vec<(usize, usize, Option<usize>)> = automaton
            .find_overlapping_iter(folded)
            .filter_map(|found| {
                let end = whole_word(folded, found.start(), found.end())?;
                let value = self.values.get(found.pattern().as_usize()).copied().flatten();
                Some((found.start(), end, value))
            })
            .collect();
        // Of the same term with and without a meaning the one without wins: `None` sorts first.
        all.sort_by_key(|(start, end, value)| (*start, std::cmp::Reverse(*end), *value));
        let mut hits = Vec::new();
        let mut from = 0;
        for (start, end, value) in all {
            if start < from {
                continue;
            }
            from = end;
            hits.extend(value.map(|value| Hit { start, end, value }));
        }
        hits
    }
}

/// The end of the match when it stands on word boundaries, an English plural `s` included.
fn whole_word(text: &str, start: usize, end: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let word = |at: Option<usize>| {
        at.and_then(|at| bytes.get(at)).is_some_and(|byte| byte.is_ascii_alphanumeric())
    };
    if word(Some(start)) && word(start.checked_sub(1)) {
        return None;
    }
    let last = end.checked_sub(1)?;
    if !word(Some(last)) || !word(Some(end)) {
        return Some(end);
    }
    let plural = end.checked_add(1)?;
    (bytes.get(end) == Some(&b's') && !word(Some(plural))).then_some(plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn longest_on_whole_words() {
        let terms = [("位置", Some(0)), ("显著位置", None), ("IP", Some(1)), ("email", Some(2))];
        let matcher = Matcher::new(terms.into_iter());
        for (text, expected) in [
            ("在显著位置公示", vec![]),
            ("您的位置和ip地址", vec![0, 1]),
            ("zip file", vec![]),
            ("ip, emails", vec![1, 2]),
            ("emailing", vec![]),
        ] {
            let found: Vec<usize> = matcher.find(text).iter().map(|hit| hit.value).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
