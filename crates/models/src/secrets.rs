//! Secrets and service identifiers in text: keys with a shape of their own, private keys, tokens,
//! and values whose name says what they are.
//!
//! Three sources decide. A *shape* (`AKIA` and sixteen characters) is enough by itself. A *name*
//! (`app_secret`) needs a value that looks made by a machine or chosen as a password, and not a
//! word, a label, a path or a placeholder. An *assignment* in a text (`password=...`,
//! `"token": "..."`) is a name with its value. Entropy alone is never enough: hashes, UUIDs and
//! encoded images have it too.
//!
//! Kinds are `models/android/secrets.tsv`, names `models/android/secret_names.tsv`. Nothing is
//! verified with the service it belongs to.
//!
//! ```
//! use menshen_models::secrets::{SecretClass, masked, secret_scanner};
//! let hits = secret_scanner().scan("k3Xd90sLq2VbT7", Some("API_SECRET"));
//! assert_eq!((hits[0].kind, hits[0].class), ("generic-secret", SecretClass::Secret));
//! assert_eq!(masked("k3Xd90sLq2VbT7"), "k3***");
//! assert!(secret_scanner().scan("Enter your password", Some("password_hint")).is_empty());
//! ```

mod assignment;
mod names;
mod shapes;
mod value;

use crate::table::rows;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use menshen_base::Confidence;
use shapes::Special;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Hits kept of one text.
pub const HITS_MAX: usize = 1000;

/// Names of assignments looked at in one text. A bundle of ten megabytes has some ten thousand.
const NAMES_MAX: usize = 200_000;

/// What a value is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SecretClass {
    /// Whoever has it can act with it.
    Secret,
    /// Public by design: it names the app to a service.
    Identifier,
    /// One half of a pair whose other half stands in the same text.
    Pair,
}

impl SecretClass {
    /// As facts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Identifier => "identifier",
            Self::Pair => "pair",
        }
    }
}

/// One kind of secret: a row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretKind {
    pub id: &'static str,
    pub class: SecretClass,
    pub confidence: Confidence,
    /// The kind of the other half, for credentials that are used in pairs.
    pub partner: Option<&'static str>,
    pub zh: &'static str,
    pub en: &'static str,
}

/// One value found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHit {
    /// Id of the kind.
    pub kind: &'static str,
    /// Where in the text, in bytes.
    pub range: Range<usize>,
    pub class: SecretClass,
    pub confidence: Confidence,
    /// Thousandths of a bit a character.
    pub entropy: u32,
    /// Where in the text its name stands, for assignments.
    pub name: Option<Range<usize>>,
}

static KINDS: LazyLock<HashMap<&'static str, SecretKind>> =
    LazyLock::new(|| shapes::table().into_iter().map(|(kind, _)| (kind.id, kind)).collect());

static SCANNER: LazyLock<SecretScanner> = LazyLock::new(SecretScanner::new);

/// A kind by its id.
pub fn secret_kind(id: &str) -> Option<&'static SecretKind> {
    KINDS.get(id)
}

/// All kinds, in no order.
pub fn secret_kinds() -> impl Iterator<Item = &'static SecretKind> {
    KINDS.values()
}

/// The scanner over the shipped tables.
pub fn secret_scanner() -> &'static SecretScanner {
    &SCANNER
}

/// The value with all but a few of its characters hidden, short enough for a report.
pub fn masked(value: &str) -> String {
    if let Some(rest) = value.strip_prefix("-----BEGIN ") {
        let label = rest.split("-----").next().unwrap_or_default();
        return format!("-----BEGIN {label}-----***");
    }
    let count = value.chars().count();
    let take = |n: usize| value.chars().take(n).collect::<String>();
    match count {
        0..8 => "***".to_owned(),
        8..16 => format!("{}***", take(2)),
        _ => {
            let last: String = value.chars().skip(count - 2).collect();
            format!("{}***{last}", take(4))
        }
    }
}

/// Finds secrets in texts. Made once, used by any number of threads.
#[derive(Debug)]
pub struct SecretScanner {
    literals: AhoCorasick,
    /// What each literal begins, in the order of the automaton.
    actions: Vec<Action>,
    names: names::Names,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Shape(shapes::Shape),
    Special(Special),
    /// A word that may be the name of an assignment.
    Name,
}

impl Default for SecretScanner {
    fn default() -> Self {
        Self::new()
    }
}

impl SecretScanner {
    /// A scanner over the shipped tables. Costs about a millisecond: [`secret_scanner`] is shared.
    pub fn new() -> Self {
        let mut patterns: Vec<&'static str> = Vec::new();
        let mut actions = Vec::new();
        for (_, shapes) in shapes::table() {
            for shape in shapes {
                patterns.push(shape.prefix);
                actions.push(Action::Shape(shape));
            }
        }
        for (literal, special) in Special::LITERALS {
            patterns.push(literal);
            actions.push(Action::Special(special));
        }
        for word in assignment::WORDS {
            patterns.push(word);
            actions.push(Action::Name);
        }
        let literals = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(&patterns);
        // The patterns are a constant table of a few hundred short texts.
        let literals = literals.unwrap_or_else(|error| unreachable!("{error}"));
        let names =
            names::Names::parse(rows(include_str!("../../../models/android/secret_names.tsv")));
        Self { literals, actions, names }
    }

    /// All secrets and identifiers of a text. `name` is what the text is called where it stands:
    /// a field, resource, key or argument.
    pub fn scan(&self, text: &str, name: Option<&str>) -> Vec<SecretHit> {
        let mut hits = Vec::new();
        let (mut name_done, mut names) = (0, 0);
        // Most texts hold none of the literals, and to learn that is cheaper than to look for all.
        let any = self.literals.is_match(text);
        let found = any.then(|| self.literals.find_overlapping_iter(text));
        for found in found.into_iter().flatten() {
            if hits.len() >= HITS_MAX {
                break;
            }
            let at = found.start()..found.end();
            match self.actions[found.pattern().as_usize()] {
                Action::Shape(shape) => hits.extend(shape.read(text, at)),
                Action::Special(special) => hits.extend(special.read(text, at)),
                Action::Name if at.start >= name_done && names < NAMES_MAX => {
                    names += 1;
                    if let Some(assignment) = assignment::read(text, at) {
                        name_done = assignment.name.end;
                        hits.extend(self.judge_assignment(text, &assignment));
                    }
                }
                Action::Name => {}
            }
        }
        if let Some(name) = name {
            hits.extend(self.judge_name(text, name));
        }
        if !hits.is_empty() {
            settle(&mut hits);
        }
        hits
    }

    /// Whether the name alone says that the value may be a secret.
    pub fn is_telling_name(&self, name: &str) -> bool {
        self.names.find(name).is_some()
    }

    fn judge_name(&self, text: &str, name: &str) -> Option<SecretHit> {
        let found = self.names.find(name)?;
        let value = text.trim();
        let start = text.len() - text.trim_start().len();
        let judged = value::judge(&found, value)?;
        Some(judged.hit(value, start))
    }

    fn judge_assignment(&self, text: &str, found: &assignment::Assignment) -> Option<SecretHit> {
        let name = self.names.find(&text[found.name.clone()])?;
        let value = &text[found.value.clone()];
        let mut judged = value::judge(&name, value)?;
        if name.kind == "generic-password" && assignment::in_connection_string(text, found) {
            judged.kind = "database-credentials";
            judged.confidence = Confidence::Medium;
        }
        let mut hit = judged.hit(value, found.value.start);
        hit.name = Some(found.name.clone());
        Some(hit)
    }
}

/// Sorts, drops hits by name that lie over a hit by shape, and joins pairs.
fn settle(hits: &mut Vec<SecretHit>) {
    let generic = |hit: &SecretHit| hit.kind.starts_with("generic-") || hit.kind == "bearer-token";
    hits.sort_by_key(|hit| {
        (hit.range.start, generic(hit), std::cmp::Reverse(hit.range.end), hit.kind)
    });
    let mut kept: Vec<SecretHit> = Vec::new();
    // Every hit overlaps at most the last kept ones that end behind its start.
    for hit in hits.drain(..) {
        match kept.last_mut() {
            Some(last) if hit.range.start < last.range.end => {
                if generic(last) && !generic(&hit) {
                    *last = hit;
                }
            }
            _ => kept.push(hit),
        }
    }
    let kinds: Vec<&'static str> = kept.iter().map(|hit| hit.kind).collect();
    for hit in &mut kept {
        let partner = secret_kind(hit.kind).and_then(|kind| kind.partner);
        if partner.is_some_and(|partner| kinds.contains(&partner)) {
            hit.class = SecretClass::Pair;
            hit.confidence = Confidence::High;
        }
    }
    *hits = kept;
}

#[cfg(test)]
mod tests;
