//! The words and patterns that policies are read with: the tables of `models/policy/`, which users
//! extend with tables of the same columns. A row with a known id adds its terms to that id.
//!
//! ```
//! let own = "id\tzh\ten\tsensitive\tcovers\tterms_zh\tterms_en\nloyalty\t会员积分\tloyalty points\t\t\t会员积分|积分余额\tloyalty points\n";
//! let lexicon = menshen_policy::Lexicon::with(&[("information", own)]).unwrap();
//! assert_eq!(lexicon.information_type("loyalty").unwrap().zh, "会员积分");
//! ```

use crate::fold::fold;
use crate::matcher::Matcher;
use crate::model::Kind;
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};
use std::collections::HashMap;
use std::sync::LazyLock;

/// Bytes that one pattern of a user may compile to.
const PATTERN_BYTES_MAX: usize = 4 << 20;

const SHIPPED: &[(&str, &str)] = &[
    ("information", include_str!("../../../models/policy/information.tsv")),
    ("other_meanings", include_str!("../../../models/policy/other_meanings.tsv")),
    ("purposes", include_str!("../../../models/policy/purposes.tsv")),
    ("means", include_str!("../../../models/policy/means.tsv")),
    ("permissions", include_str!("../../../models/policy/permissions.tsv")),
    ("columns", include_str!("../../../models/policy/columns.tsv")),
    ("actions", include_str!("../../../models/policy/actions.tsv")),
    ("negations", include_str!("../../../models/policy/negations.tsv")),
    ("topics", include_str!("../../../models/policy/topics.tsv")),
    ("sdk_aliases", include_str!("../../../models/policy/sdk_aliases.tsv")),
];

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    // A unit test reads the shipped tables; a broken one cannot be built into a release.
    Lexicon::with(&[]).unwrap_or_default()
});

/// Why a table of a user cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LexiconError {
    pub table: String,
    /// From 1; the header is line 1.
    pub line: usize,
    pub what: String,
}

impl std::fmt::Display for LexiconError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}, line {}: {}", self.table, self.line, self.what)
    }
}

impl std::error::Error for LexiconError {}

/// A type of information that policies name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InformationType {
    pub id: String,
    pub zh: String,
    pub en: String,
    /// Sensitive personal information in the sense of the law, or read so by practice.
    pub sensitive: bool,
    /// Types that this general one may stand for: `设备标识符` for IMEI, OAID and others.
    pub covers: Vec<String>,
}

/// A permission as policies name it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PermissionWords {
    pub id: String,
    pub zh: String,
    pub en: String,
    /// Full Android names.
    pub android: Vec<String>,
}

/// What a column of a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Column {
    Name,
    Provider,
    Purpose,
    Information,
    Permission,
    Url,
    Means,
    Contact,
    Package,
    Retention,
    Other,
}

/// Which sentences a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Any,
    Heading,
    /// All but headings: a heading names a topic without saying yes or no.
    Body,
}

#[derive(Debug, Clone)]
pub(crate) struct TopicRule {
    pub(crate) topic: String,
    pub(crate) scope: Scope,
    /// Naming the topic is enough, whatever the sentence says of it.
    pub(crate) mention: bool,
    pub(crate) pattern: Regex,
    pub(crate) unless: Option<Regex>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Negations {
    pub(crate) negators: Vec<String>,
    pub(crate) affirmers: Vec<String>,
    pub(crate) conditionals: Vec<String>,
    pub(crate) exclusions: Vec<String>,
    pub(crate) exceptions: Vec<String>,
}

/// The tables, compiled.
#[derive(Debug, Clone, Default)]
pub struct Lexicon {
    information: Vec<InformationType>,
    pub(crate) information_terms: Option<Matcher>,
    pub(crate) purposes: Vec<String>,
    pub(crate) purpose_terms: Option<Matcher>,
    pub(crate) means: Vec<String>,
    pub(crate) means_terms: Option<Matcher>,
    permissions: Vec<PermissionWords>,
    pub(crate) permission_terms: Option<Matcher>,
    permission_by_android: HashMap<String, usize>,
    columns: Vec<(String, Column)>,
    pub(crate) actions: Vec<Kind>,
    pub(crate) action_terms: Option<Matcher>,
    pub(crate) negations: Negations,
    pub(crate) topics: Vec<TopicRule>,
    pub(crate) topic_set: Option<RegexSet>,
    pub(crate) sdk_aliases: Vec<(String, String)>,
    pub(crate) sdk_names: crate::sdks::Names,
}

impl Lexicon {
    /// The lexicon that Menshen ships.
    pub fn shipped() -> &'static Self {
        &LEXICON
    }

    /// The shipped tables and, after them, those given: name of a table (`information`,
    /// `topics`, ...) and its text, tab-separated with a header.
    pub fn with(extra: &[(&str, &str)]) -> Result<Self, LexiconError> {
        let mut builder = Builder::default();
        for (table, text) in SHIPPED.iter().chain(extra) {
            for (index, line) in text.lines().enumerate().skip(1) {
                if line.trim().is_empty() || line.starts_with('#') {
                    continue;
                }
                let cells: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
                builder.row(table, &cells).map_err(|what| LexiconError {
                    table: (*table).to_owned(),
                    line: index.saturating_add(1),
                    what,
                })?;
            }
        }
        builder.finish()
    }

    pub fn information_types(&self) -> &[InformationType] {
        &self.information
    }

    pub fn information_type(&self, id: &str) -> Option<&InformationType> {
        self.information.iter().find(|found| found.id == id)
    }

    pub fn permissions(&self) -> &[PermissionWords] {
        &self.permissions
    }

    /// What a column of a table holds, by the text of its head.
    pub(crate) fn column(&self, head: &str) -> Option<Column> {
        let head = fold(head);
        let bare: String = head
            .chars()
            .filter(|c| !matches!(c, '（' | '）' | '(' | ')' | '*' | ' ' | '：' | ':' | '、' | '/'))
            .collect();
        let equal = |term: &&(String, Column)| bare == term.0.trim_start_matches('=');
        if let Some((_, column)) = self.columns.iter().find(equal) {
            return Some(*column);
        }
        // A longer head that contains a term: the longest decides.
        self.columns
            .iter()
            .filter(|(term, _)| {
                !term.starts_with('=')
                    && term.chars().count() >= 2
                    && bare.chars().count() <= 24
                    && bare.contains(term.as_str())
            })
            .max_by_key(|(term, _)| term.len())
            .map(|(_, column)| *column)
    }

    pub(crate) fn permission_by_android(&self, name: &str) -> Option<&PermissionWords> {
        self.permission_by_android.get(name).and_then(|index| self.permissions.get(*index))
    }

    /// Information types named in folded text, in order, each once.
    pub(crate) fn information_in(&self, folded: &str) -> Vec<String> {
        let hits = self.information_terms.as_ref().map(|terms| terms.find(folded));
        self.ids(hits.unwrap_or_default().iter().map(|hit| hit.value))
    }

    pub(crate) fn ids(&self, hits: impl Iterator<Item = usize>) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for id in hits.filter_map(|index| self.information.get(index)).map(|found| &found.id) {
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }

    pub(crate) fn purposes_in(&self, folded: &str) -> Vec<String> {
        named(self.purpose_terms.as_ref(), &self.purposes, folded)
    }

    pub(crate) fn means_in(&self, folded: &str) -> Vec<String> {
        named(self.means_terms.as_ref(), &self.means, folded)
    }
}

fn named(terms: Option<&Matcher>, ids: &[String], folded: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for hit in terms.map(|terms| terms.find(folded)).unwrap_or_default() {
        if let Some(id) = ids.get(hit.value)
            && !found.contains(id)
        {
            found.push(id.clone());
        }
    }
    found
}

#[derive(Default)]
struct Builder {
    lexicon: Lexicon,
    information: Vec<(String, Option<usize>)>,
    purposes: Vec<(String, Option<usize>)>,
    means: Vec<(String, Option<usize>)>,
    permissions: Vec<(String, Option<usize>)>,
    actions: Vec<(String, Option<usize>)>,
}

fn items(cell: &str) -> impl Iterator<Item = String> {
    cell.split('|').filter(|item| !item.is_empty()).map(str::to_owned)
}

/// The index of an id in a list, added where it is new.
fn index_of(list: &mut Vec<String>, id: &str) -> usize {
    list.iter().position(|known| known == id).unwrap_or_else(|| {
        list.push(id.to_owned());
        list.len().saturating_sub(1)
    })
}

impl Builder {
    fn row(&mut self, table: &str, cells: &[&str]) -> Result<(), String> {
        let cell = |index: usize| cells.get(index).copied().unwrap_or_default();
        let id = cell(0);
        if id.is_empty() {
            return Err("the first column is empty".to_owned());
        }
        let terms = |from: usize| items(cell(from)).chain(items(cell(from.saturating_add(1))));
        match table {
            "information" => {
                let types = &mut self.lexicon.information;
                let index = types.iter().position(|known| known.id == id).unwrap_or_else(|| {
                    types.push(InformationType {
                        id: id.to_owned(),
                        zh: cell(1).to_owned(),
                        en: cell(2).to_owned(),
                        sensitive: !cell(3).is_empty(),
                        covers: items(cell(4)).collect(),
                    });
                    types.len().saturating_sub(1)
                });
                self.information.extend(terms(5).map(|term| (term, Some(index))));
            }
            "other_meanings" => {
                self.information.extend(items(cell(1)).map(|term| (term, None)));
            }
            "purposes" => {
                let index = index_of(&mut self.lexicon.purposes, id);
                self.purposes.extend(terms(3).map(|term| (term, Some(index))));
            }
            "means" => {
                let index = index_of(&mut self.lexicon.means, id);
                self.means.extend(terms(3).map(|term| (term, Some(index))));
            }
            "permissions" => self.permission(id, &cell, terms(4).collect()),
            "columns" => {
                let column = column(id).ok_or_else(|| format!("no column is called {id}"))?;
                let heads =
                    terms(1).map(|term| (fold(&term).replace([' ', '/', '、'], ""), column));
                self.lexicon.columns.extend(heads);
            }
            "actions" => {
                let kind = action(id).ok_or_else(|| format!("no action is called {id}"))?;
                let index = self.lexicon.actions.len();
                self.lexicon.actions.push(kind);
                self.actions.extend(terms(1).map(|term| (term, Some(index))));
            }
            "negations" => {
                let words = &mut self.lexicon.negations;
                let list = match id {
                    "negator" => &mut words.negators,
                    "affirmer" => &mut words.affirmers,
                    "conditional" => &mut words.conditionals,
                    "exclusion" => &mut words.exclusions,
                    "exception" => &mut words.exceptions,
                    _ => return Err(format!("no role is called {id}")),
                };
                list.push(fold(cell(2)));
            }
            "topics" => self.topic(id, &cell)?,
            "sdk_aliases" => {
                let aliases = items(cell(1)).map(|alias| (alias, id.to_owned()));
                self.lexicon.sdk_aliases.extend(aliases);
            }
            _ => return Err(format!("no table is called {table}")),
        }
        Ok(())
    }

    fn permission<'a>(&mut self, id: &str, cell: &impl Fn(usize) -> &'a str, terms: Vec<String>) {
        let known = &mut self.lexicon.permissions;
        let index = known.iter().position(|known| known.id == id).unwrap_or_else(|| {
            known.push(PermissionWords {
                id: id.to_owned(),
                zh: cell(1).to_owned(),
                en: cell(2).to_owned(),
                android: items(cell(3)).collect(),
            });
            known.len().saturating_sub(1)
        });
        for name in items(cell(3)) {
            self.lexicon.permission_by_android.insert(name, index);
        }
        self.permissions.extend(terms.into_iter().map(|term| (term, Some(index))));
    }

    fn topic<'a>(&mut self, topic: &str, cell: &impl Fn(usize) -> &'a str) -> Result<(), String> {
        let pattern = compile(cell(3))?;
        let unless = match cell(4) {
            "" => None,
            pattern => Some(compile(pattern)?),
        };
        let (scope, mention) = match cell(2).split_once(',') {
            Some((scope, "mention")) => (scope, true),
            Some((_, other)) => return Err(format!("no scope is called {other}")),
            None => (cell(2), false),
        };
        let scope = match scope {
            "any" => Scope::Any,
            "heading" => Scope::Heading,
            "body" => Scope::Body,
            other => return Err(format!("no scope is called {other}")),
        };
        let rule = TopicRule { topic: topic.to_owned(), scope, mention, pattern, unless };
        self.lexicon.topics.push(rule);
        Ok(())
    }

    fn finish(self) -> Result<Lexicon, LexiconError> {
        let mut lexicon = self.lexicon;
        let matcher = |terms: &[(String, Option<usize>)]| {
            Some(Matcher::new(terms.iter().map(|(term, value)| (term.as_str(), *value))))
        };
        lexicon.information_terms = matcher(&self.information);
        lexicon.purpose_terms = matcher(&self.purposes);
        lexicon.means_terms = matcher(&self.means);
        lexicon.permission_terms = matcher(&self.permissions);
        lexicon.action_terms = matcher(&self.actions);
        lexicon.sdk_names = crate::sdks::Names::new(&lexicon.sdk_aliases);
        let patterns: Vec<&str> = lexicon.topics.iter().map(|rule| rule.pattern.as_str()).collect();
        let set = RegexSetBuilder::new(patterns)
            .case_insensitive(true)
            .size_limit(PATTERN_BYTES_MAX.saturating_mul(16))
            .build();
        lexicon.topic_set = Some(set.map_err(|error| LexiconError {
            table: "topics".to_owned(),
            line: 0,
            what: error.to_string(),
        })?);
        Ok(lexicon)
    }
}

fn compile(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(PATTERN_BYTES_MAX)
        .build()
        .map_err(|error| error.to_string())
}

fn column(role: &str) -> Option<Column> {
    Some(match role {
        "name" => Column::Name,
        "provider" => Column::Provider,
        "purpose" => Column::Purpose,
        "information" => Column::Information,
        "permission" => Column::Permission,
        "url" => Column::Url,
        "means" => Column::Means,
        "contact" => Column::Contact,
        "package" => Column::Package,
        "retention" => Column::Retention,
        "system" | "necessary" | "number" | "sensitive" => Column::Other,
        _ => return None,
    })
}

fn action(kind: &str) -> Option<Kind> {
    Some(match kind {
        "collect" => Kind::Collect,
        "use" => Kind::Use,
        "share" => Kind::Share,
        "entrust" => Kind::Entrust,
        "transfer" => Kind::Transfer,
        "disclose" => Kind::Disclose,
        "store" => Kind::Store,
        "protect" => Kind::Protect,
        "right" => Kind::Right,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_tables_are_whole() {
        let lexicon = Lexicon::with(&[]).unwrap();
        let ids: Vec<&str> = lexicon.information.iter().map(|known| known.id.as_str()).collect();
        for known in &lexicon.information {
            assert!(!known.zh.is_empty() && !known.en.is_empty(), "{known:?}");
            for covered in &known.covers {
                assert!(ids.contains(&covered.as_str()), "{covered}");
            }
        }
        for (sdk, _) in &lexicon.sdk_aliases {
            let _ = sdk;
        }
        for (_, sdk) in &lexicon.sdk_aliases {
            assert!(menshen_models::sdks().get(sdk).is_some(), "{sdk}");
        }
        for permission in &lexicon.permissions {
            for name in &permission.android {
                assert!(menshen_models::permission(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn errors_name_the_line() {
        let error = Lexicon::with(&[("topics", "h\nx\tzh\tany\t(\t\n")]).unwrap_err();
        assert_eq!((error.table.as_str(), error.line), ("topics", 2));
        assert!(Lexicon::with(&[("nothing", "h\nx\n")]).is_err());
        assert!(Lexicon::with(&[("actions", "h\nx\ty\n")]).is_err());
    }
}
