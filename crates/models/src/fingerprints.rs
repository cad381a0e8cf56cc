//! Products recognised by what they leave in a package: classes, native libraries, files. The
//! engine behind the tables of packers and frameworks.
//!
//! An item of a table is strong, and then shows the product by itself, or weak (written with `?`),
//! because other products have the like: two weak items are a hint, one is nothing.

use crate::table::items;
use menshen_base::Confidence;
use std::collections::{HashMap, HashSet};

/// Pieces of evidence that are named; more of the same kind add nothing.
const EVIDENCE_MAX: usize = 16;

/// Who has an item, and whether it shows the product by itself.
#[derive(Debug, Clone, Copy)]
struct Owner {
    product: usize,
    strong: bool,
}

/// Indices of the items of all products of a table.
#[derive(Debug, Default)]
pub(crate) struct Fingerprints {
    products: usize,
    /// By class name or package.
    classes: HashMap<&'static str, Owner>,
    /// The first two words of the listed classes, to pass over the others quickly.
    class_beginnings: HashSet<&'static str>,
    libraries: HashMap<&'static str, Owner>,
    entries: HashMap<&'static str, Owner>,
    library_globs: Vec<(&'static str, Owner)>,
    entry_globs: Vec<(&'static str, Owner)>,
}

/// What speaks for one product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) product: usize,
    /// `class:...`, `library:...`, `file:...`, sorted.
    pub(crate) evidence: Vec<String>,
    pub(crate) confidence: Confidence,
}

#[derive(Debug, Clone, Default)]
struct Tally {
    evidence: Vec<String>,
    strong: usize,
    weak: usize,
}

impl Fingerprints {
    /// Adds the next product with the cells of its items.
    pub(crate) fn add(
        &mut self,
        classes: &'static str,
        libraries: &'static str,
        entries: &'static str,
    ) {
        let product = self.products;
        self.products += 1;
        let owned = |item: &'static str| match item.strip_prefix('?') {
            Some(item) => (item, Owner { product, strong: false }),
            None => (item, Owner { product, strong: true }),
        };
        for (class, owner) in items(classes).map(owned) {
            self.classes.insert(class, owner);
            self.class_beginnings.insert(beginning(class));
        }
        let file = |cell, exact: &mut HashMap<_, _>, globs: &mut Vec<_>| {
            for (name, owner) in items(cell).map(owned) {
                if name.contains('*') {
                    globs.push((name, owner));
                } else {
                    exact.insert(name, owner);
                }
            }
        };
        file(libraries, &mut self.libraries, &mut self.library_globs);
        file(entries, &mut self.entries, &mut self.entry_globs);
    }

    /// The products that the entries and classes of a package show, in the order of the table.
    pub(crate) fn detect<'a>(
        &self,
        entries: impl IntoIterator<Item = &'a str>,
        classes: impl IntoIterator<Item = &'a str>,
    ) -> Vec<Match> {
        let mut tallies = vec![Tally::default(); self.products];
        for entry in entries {
            self.tally_entry(entry, &mut tallies);
        }
        // A package of a thousand classes is one piece of evidence.
        let mut seen: HashSet<&'static str> = HashSet::new();
        for class in classes {
            if let Some((item, owner)) = self.class(class).filter(|(item, _)| seen.insert(item)) {
                tally(&mut tallies, owner, format!("class:{item}"));
            }
        }
        let matches = tallies.into_iter().enumerate().filter_map(|(product, mut tally)| {
            let confidence = match (tally.strong, tally.weak) {
                (2.., _) => Confidence::High,
                (1, _) => Confidence::Medium,
                (_, 2..) => Confidence::Low,
                _ => return None,
            };
            tally.evidence.sort_unstable();
            Some(Match { product, evidence: tally.evidence, confidence })
        });
        matches.collect()
    }

    fn class(&self, class: &str) -> Option<(&'static str, Owner)> {
        if !self.class_beginnings.contains(beginning(class)) {
            return None;
        }
        let mut prefix = class;
        loop {
            if let Some((item, owner)) = self.classes.get_key_value(prefix) {
                return Some((*item, *owner));
            }
            prefix = prefix.rsplit_once(['.', '$'])?.0;
        }
    }

    fn tally_entry(&self, entry: &str, tallies: &mut [Tally]) {
        let name = entry.rsplit('/').next().unwrap_or(entry);
        if name.ends_with(".so") {
            let globs = self.library_globs.iter().filter(|(glob, _)| matches(glob, name));
            for owner in self.libraries.get(name).into_iter().chain(globs.map(|(_, owner)| owner)) {
                tally(tallies, *owner, format!("library:{name}"));
            }
        }
        let globs = self.entry_globs.iter().filter(|(glob, _)| matches(glob, entry));
        if let Some(owner) = self.entries.get(entry) {
            tally(tallies, *owner, format!("file:{entry}"));
        }
        for (glob, owner) in globs {
            tally(tallies, *owner, format!("file:{glob}"));
        }
    }
}

/// The first two words of a class name.
fn beginning(class: &str) -> &str {
    let mut dots = class.match_indices(['.', '$']);
    match dots.nth(1) {
        Some((at, _)) => &class[..at],
        None => class,
    }
}

fn tally(tallies: &mut [Tally], owner: Owner, evidence: String) {
    let Some(tally) = tallies.get_mut(owner.product) else { return };
    if tally.evidence.len() >= EVIDENCE_MAX || tally.evidence.contains(&evidence) {
        return;
    }
    tally.evidence.push(evidence);
    if owner.strong {
        tally.strong += 1;
    } else {
        tally.weak += 1;
    }
}

/// Whether the pattern, in which `*` stands for any text, covers the whole of the other.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("a*c", "abc", true),
            ("a*c", "ac", true),
            ("a*bc", "abbc", true),
            ("ab*ba", "aba", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxcyyb", false),
            ("", "", true),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn strong_and_weak() {
        let mut table = Fingerprints::default();
        table.add("com.a.Stub|?com.b", "liba*.so", "assets/a.dat|?assets/b.dat");
        let detect = |entries: &[&'static str], classes: &[&'static str]| {
            let found = table.detect(entries.iter().copied(), classes.iter().copied());
            found.first().map(|found| (found.confidence, found.evidence.join(" ")))
        };
        let found = |confidence, evidence: &str| Some((confidence, evidence.to_owned()));
        assert_eq!(detect(&[], &["com.a.Stub"]), found(Confidence::Medium, "class:com.a.Stub"));
        assert_eq!(
            detect(&[], &["com.a.Stub$1", "com.a.Stub"]),
            found(Confidence::Medium, "class:com.a.Stub")
        );
        assert_eq!(detect(&[], &["com.a.StubX", "com.a", "com.ab.c"]), None);
        assert_eq!(detect(&["assets/b.dat"], &[]), None);
        assert_eq!(
            detect(&["assets/b.dat"], &["com.b.X"]),
            found(Confidence::Low, "class:com.b file:assets/b.dat")
        );
        assert_eq!(
            detect(&["lib/x86/liba1.so", "lib/arm64-v8a/liba1.so"], &[]),
            found(Confidence::Medium, "library:liba1.so")
        );
        assert_eq!(
            detect(&["assets/x/liba.so", "assets/a.dat"], &[]),
            found(Confidence::High, "file:assets/a.dat library:liba.so")
        );
    }
}
