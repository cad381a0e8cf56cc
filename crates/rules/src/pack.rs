//! A set of rules: the built-in ones, a user's own, or both.

use crate::assessment::RuleSummary;
use crate::error::RuleError;
use crate::load::{Patterns, rule_file, rule_node};
use crate::model::{Names, Rule, Scope};
use crate::node::Node;
use menshen_facts::{Interest, KINDS, MethodName};
use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

/// The built-in rules as JSON: `[[path, rule], …]`, written by `build.rs`.
static BUILTIN_JSON: &str = include_str!(concat!(env!("OUT_DIR"), "/pack.json"));
/// Texts of the built-in rules and their tests, by path.
static BUILTIN_SOURCES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sources.rs"));

/// Rules in the order of their ids. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct RulePack {
    rules: Vec<Arc<Rule>>,
}

impl RulePack {
    /// The rules that come with Menshen. Their patterns are compiled when first used.
    pub fn builtin() -> &'static RulePack {
        static PACK: OnceLock<RulePack> = OnceLock::new();
        PACK.get_or_init(|| Self::read_builtin().0)
    }

    /// Paths (`rules/android/crypto/ecb.yaml`) and texts of the built-in rules and rule tests.
    pub fn builtin_sources() -> &'static [(&'static str, &'static str)] {
        BUILTIN_SOURCES
    }

    /// The built-in rules with everything that is wrong with them, patterns included: for tests.
    pub fn checked_builtin() -> (Self, Vec<RuleError>) {
        Self::load(BUILTIN_SOURCES)
    }

    fn read_builtin() -> (Self, Vec<RuleError>) {
        let files: Vec<(String, serde_json::Value)> =
            serde_json::from_str(BUILTIN_JSON).expect("build.rs writes this JSON");
        let mut pack = Self::default();
        let mut errors = Vec::new();
        for (path, rule) in files {
            match rule_node(&path, &Node::from_json(rule), Patterns::Lazy) {
                Ok(rule) => pack.rules.push(Arc::new(rule)),
                Err(wrong) => errors.extend(wrong),
            }
        }
        errors.extend(pack.settle());
        (pack, errors)
    }

    /// Reads rule files, given as path and text. Files that end in `.test.yaml` are passed over.
    /// A file that is wrong costs that file: it is reported, the others are used.
    pub fn load<P: AsRef<str>, T: AsRef<str>>(files: &[(P, T)]) -> (Self, Vec<RuleError>) {
        let mut pack = Self::default();
        let mut errors = Vec::new();
        for (path, text) in files {
            if path.as_ref().ends_with(".test.yaml") || path.as_ref().ends_with(".test.yml") {
                continue;
            }
            match rule_file(path.as_ref(), text.as_ref()) {
                Ok(rule) => pack.rules.push(Arc::new(rule)),
                Err(wrong) => errors.extend(wrong),
            }
        }
        errors.extend(pack.settle());
        (pack, errors)
    }

    /// These rules and the other's. A rule whose id is taken is an error and left out.
    #[must_use]
    pub fn with(&self, other: &RulePack) -> (Self, Vec<RuleError>) {
        let mut both = self.clone();
        both.rules.extend(other.rules.iter().cloned());
        let errors = both.settle();
        (both, errors)
    }

    /// Sorts by id and removes rules whose id is taken; the first of them stays.
    fn settle(&mut self) -> Vec<RuleError> {
        let mut errors = Vec::new();
        self.rules.sort_by(|a, b| a.id.cmp(&b.id));
        self.rules.dedup_by(|later, first| {
            let same = later.id == first.id;
            if same {
                let (id, taken) = (&later.id, &first.path);
                errors.push(RuleError::new(
                    &later.path,
                    crate::node::Position::default(),
                    format!("规则编号 {id} 已被 {taken} 使用；本规则不生效"),
                    format!("the rule id {id} is taken by {taken}; this rule is not used"),
                ));
            }
            same
        });
        errors
    }

    /// In the order of their ids.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = &Rule> {
        self.rules.iter().map(Arc::as_ref)
    }

    pub fn get(&self, id: &str) -> Option<&Rule> {
        let position = self.rules.binary_search_by(|rule| rule.id.as_str().cmp(id)).ok()?;
        self.rules.get(position).map(Arc::as_ref)
    }

    /// The rules that satisfy `keep`, for `--only` and the like.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&Rule) -> bool) -> Self {
        Self { rules: self.rules.iter().filter(|rule| keep(rule)).cloned().collect() }
    }

    /// What the rules want to know about the code. `deep`: also what they want of a deep scan.
    pub fn interest(&self, deep: bool) -> Interest {
        let mut interest = Interest::default();
        let mut alone: BTreeSet<MethodName> = BTreeSet::new();
        let mut wider: BTreeSet<MethodName> = BTreeSet::new();
        for rule in self.rules() {
            rule.each_call(deep, &mut |name, near| {
                if near.is_none() {
                    alone.insert(name.clone());
                }
                if near != Some(Scope::Method) {
                    wider.insert(name.clone());
                }
            });
            rule.each_query_at(deep, &mut |query| match &query.names {
                Names::Any => {}
                Names::Calls(names) => interest.calls.extend(names.iter().cloned()),
                Names::Fields(names) => interest.fields.extend(names.iter().cloned()),
                Names::Implementations(names) => interest
                    .implementations
                    .extend(names.iter().filter_map(|name| MethodName::parse(name))),
            });
            rule.each_origin(&mut |name| interest.origins.extend(MethodName::parse(name)));
        }
        interest.beside = interest.calls.difference(&alone).cloned().collect();
        interest.beside_in_method = interest.calls.difference(&wider).cloned().collect();
        interest
    }

    /// One line a rule, for the table that goes with a report.
    pub fn summaries(&self) -> Vec<RuleSummary> {
        self.rules().map(Rule::summary).collect()
    }
}

impl Rule {
    pub fn summary(&self) -> RuleSummary {
        RuleSummary {
            id: self.id.clone(),
            severity: self.severity,
            area: self.area.clone(),
            title: self.title.clone(),
            maps: self.maps.clone(),
        }
    }

    /// Kinds of facts that the rule asks for.
    pub fn kinds(&self) -> BTreeSet<&'static str> {
        let mut kinds = BTreeSet::new();
        self.each_query(&mut |query| kinds.extend(KINDS.get(query.kind).map(|kind| kind.name)));
        kinds
    }

    /// The rule ran in full with these kinds of facts.
    pub fn assessed(&self, gathered: &BTreeSet<String>) -> bool {
        let is_deep = self.alternatives.iter().all(|alternative| alternative.is_deep());
        self.alternatives
            .iter()
            .filter(|alternative| is_deep || !alternative.is_deep())
            .all(|alternative| alternative.needs_only(gathered))
    }
}
