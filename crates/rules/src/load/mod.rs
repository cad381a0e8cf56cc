//! From a rule file to a checked [`Rule`].
//!
//! Everything that is wrong with a file is reported at once, each with line and column: unknown
//! keys, kinds and fields, predicates that do not fit the field's type, patterns that do not
//! compile, texts that lack a language. A rule with an error is not used.
//!
//! The language is described in `docs/rules.md`. This module reads the head of a rule, the
//! `matcher` module its `match`, and the `predicate` module what is asked of fields.

mod matcher;
mod predicate;

use crate::error::{Problems, RuleError};
use crate::model::{Alternative, Library, Rule};
use crate::node::{Entry, Kind, Node};
use menshen_base::{Confidence, Maps, Severity, Text};

/// Whether the patterns of a rule are compiled while loading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patterns {
    /// So that a bad one is an error of the file: users' rules, lint, tests.
    Check,
    /// When first used: the built-in rules, which a test has checked.
    Lazy,
}

/// Reads one rule file.
pub(crate) fn rule_file(path: &str, text: &str) -> Result<Rule, Vec<RuleError>> {
    let mut problems = Problems::new(path);
    let rule = match problems.parse(text) {
        Some(node) => Loader::new(&mut problems, Patterns::Check).rule(&node),
        None => None,
    };
    finish(rule, problems)
}

/// Checks a rule that was read before.
pub(crate) fn rule_node(
    path: &str,
    node: &Node,
    patterns: Patterns,
) -> Result<Rule, Vec<RuleError>> {
    let mut problems = Problems::new(path);
    let rule = Loader::new(&mut problems, patterns).rule(node);
    finish(rule, problems)
}

fn finish(rule: Option<Rule>, problems: Problems<'_>) -> Result<Rule, Vec<RuleError>> {
    match rule {
        Some(rule) if problems.errors.is_empty() => Ok(rule),
        _ => Err(problems.errors),
    }
}

pub(crate) struct Loader<'p, 'a> {
    problems: &'p mut Problems<'a>,
    patterns: Patterns,
    /// Number of the next condition on another fact.
    next_id: usize,
}

const RULE_KEYS: &[&str] = &[
    "id",
    "severity",
    "confidence",
    "area",
    "title",
    "reason",
    "fix",
    "maps",
    "origin",
    "library",
    "match",
    "subject",
    "note",
    "adjust",
];

pub(crate) const SEVERITIES: &[(&str, Severity)] = &[
    ("info", Severity::Info),
    ("low", Severity::Low),
    ("medium", Severity::Medium),
    ("high", Severity::High),
    ("critical", Severity::Critical),
];

pub(crate) const CONFIDENCES: &[(&str, Confidence)] =
    &[("low", Confidence::Low), ("medium", Confidence::Medium), ("high", Confidence::High)];

const LIBRARIES: &[(&str, Library)] = &[
    ("lower", Library::Lower),
    ("same", Library::Same),
    ("skip", Library::Skip),
    ("app", Library::App),
];

impl<'p, 'a> Loader<'p, 'a> {
    pub(crate) fn new(problems: &'p mut Problems<'a>, patterns: Patterns) -> Self {
        Self { problems, patterns, next_id: 0 }
    }

    fn rule(&mut self, node: &Node) -> Option<Rule> {
        self.entries(node, "规则", "a rule")?;
        self.keys(node, RULE_KEYS);
        let id = self.required(node, "id").and_then(|n| self.id(n));
        let severity = self.required(node, "severity").and_then(|n| self.choice(n, SEVERITIES));
        let confidence =
            self.required(node, "confidence").and_then(|n| self.choice(n, CONFIDENCES));
        let areas: Vec<(&str, &str)> = Rule::AREAS.iter().map(|area| (*area, *area)).collect();
        let area = self.required(node, "area").and_then(|n| self.choice(n, &areas));
        let title = self.required(node, "title").and_then(|n| self.text(n));
        let reason = self.required(node, "reason").and_then(|n| self.text(n));
        let fix = self.required(node, "fix").and_then(|n| self.text(n));
        let maps = node.get("maps").map_or(Some(Maps::default()), |n| self.maps(n));
        let origin = node.get("origin").map_or(Some(""), |n| self.string(n));
        let library =
            node.get("library").map_or(Some(Library::default()), |n| self.choice(n, LIBRARIES));
        let matcher = self.required(node, "match");
        let (alternatives, absent) = self.alternatives(matcher?, node)?;
        Some(Rule {
            id: id?,
            severity: severity?,
            confidence: confidence?,
            area: area?.to_owned(),
            title: title?,
            reason: reason?,
            fix: fix?,
            maps: maps?,
            origin: origin?.to_owned(),
            library: library?,
            path: self.problems.path.to_owned(),
            alternatives,
            absent,
        })
    }

    fn id(&mut self, node: &Node) -> Option<String> {
        let id = self.string(node)?;
        let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if id.is_empty() || id.len() > 100 || !id.chars().all(ok) {
            self.at(
                node,
                format!("规则编号只能含字母、数字、点、下划线和连字符：{id:?}"),
                format!("a rule id has letters, digits, dots, underscores and hyphens: {id:?}"),
            );
            return None;
        }
        Some(id.to_owned())
    }

    fn text(&mut self, node: &Node) -> Option<Text> {
        self.entries(node, "双语文本 {zh: …, en: …}", "a text in both languages, {zh: …, en: …}")?;
        self.keys(node, &["zh", "en"]);
        let zh = self.required(node, "zh").and_then(|n| self.filled(n));
        let en = self.required(node, "en").and_then(|n| self.filled(n));
        Some(Text { zh: zh?, en: en? })
    }

    fn filled(&mut self, node: &Node) -> Option<String> {
        let text = self.string(node)?.trim();
        if text.is_empty() {
            self.at(node, "文本为空", "the text is empty");
            return None;
        }
        Some(text.to_owned())
    }

    fn maps(&mut self, node: &Node) -> Option<Maps> {
        self.entries(node, "映射表", "a map of catalogues")?;
        self.keys(node, &["cwe", "masvs", "maswe"]);
        let mut list = |key| node.get(key).map_or(Some(Vec::new()), |n| self.strings(n));
        Some(Maps { cwe: list("cwe")?, masvs: list("masvs")?, maswe: list("maswe")? })
    }

    // What every part of the language is made of.

    pub(crate) fn at(&mut self, node: &Node, zh: impl Into<String>, en: impl Into<String>) {
        self.problems.at(node.position, zh, en);
    }

    /// The entries of a map; an error that names what was wanted when it is not one.
    pub(crate) fn entries<'n>(
        &mut self,
        node: &'n Node,
        zh: &str,
        en: &str,
    ) -> Option<&'n [Entry]> {
        match &node.kind {
            Kind::Map(entries) => Some(entries),
            _ => {
                self.at(node, format!("此处应为{zh}"), format!("{en} is expected here"));
                None
            }
        }
    }

    /// Refuses keys that are not in the list.
    pub(crate) fn keys(&mut self, node: &Node, allowed: &[&str]) {
        let Kind::Map(entries) = &node.kind else { return };
        for entry in entries.iter().filter(|e| !allowed.contains(&e.key.as_str())) {
            let (key, list) = (&entry.key, allowed.join(", "));
            self.problems.at(
                entry.position,
                format!("未知的键 {key:?}；可用：{list}"),
                format!("unknown key {key:?}; possible: {list}"),
            );
        }
    }

    pub(crate) fn required<'n>(&mut self, node: &'n Node, key: &str) -> Option<&'n Node> {
        let value = node.get(key);
        if value.is_none() {
            self.at(node, format!("缺少 {key:?}"), format!("{key:?} is missing"));
        }
        value
    }

    pub(crate) fn string<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            Kind::Str(text) => Some(text),
            _ => {
                self.at(
                    node,
                    "此处应为文本（数字等请加引号）",
                    "text is expected here (quote numbers and the like)",
                );
                None
            }
        }
    }

    /// A list of texts; a single text is a list of one.
    pub(crate) fn strings(&mut self, node: &Node) -> Option<Vec<String>> {
        match &node.kind {
            Kind::Seq(items) => {
                items.iter().map(|item| self.string(item).map(str::to_owned)).collect()
            }
            _ => self.string(node).map(|text| vec![text.to_owned()]),
        }
    }

    pub(crate) fn list<'n>(&mut self, node: &'n Node) -> Option<&'n [Node]> {
        match &node.kind {
            Kind::Seq(items) if !items.is_empty() => Some(items),
            _ => {
                self.at(node, "此处应为非空列表", "a list that is not empty is expected here");
                None
            }
        }
    }

    pub(crate) fn int(&mut self, node: &Node) -> Option<i64> {
        match node.kind {
            Kind::Int(number) => Some(number),
            _ => {
                self.at(node, "此处应为整数", "a whole number is expected here");
                None
            }
        }
    }

    pub(crate) fn bool(&mut self, node: &Node) -> Option<bool> {
        match node.kind {
            Kind::Bool(value) => Some(value),
            _ => {
                self.at(node, "此处应为 true 或 false", "true or false is expected here");
                None
            }
        }
    }

    pub(crate) fn choice<T: Copy>(&mut self, node: &Node, choices: &[(&str, T)]) -> Option<T> {
        let text = self.string(node)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        if found.is_none() {
            let list = choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            self.at(
                node,
                format!("{text:?} 不是可用的值；可用：{list}"),
                format!("{text:?} is not one of {list}"),
            );
        }
        found
    }
}

/// Alternatives of a rule with whether it fires on absence.
pub(crate) type Matched = (Vec<Alternative>, bool);
