//! A rule after it was checked: fields are positions, methods are names, texts are complete.

use crate::predicate::{Field, FieldTest};
use crate::template::Template;
use menshen_base::{Confidence, Maps, Severity, Text};
use menshen_facts::{KINDS, MethodName};
use serde::Serialize;
use std::collections::BTreeSet;

/// Kind of facts that only a deep scan gathers.
const DEEP: &str = "flow";

/// What happens to a finding in the code of a known SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Library {
    /// One step less severe.
    #[default]
    Lower,
    /// As in the app's own code.
    Same,
    /// Not reported.
    Skip,
    /// A finding about the app, one for all code whoever's it is: an inventory.
    App,
}

/// A checked rule.
#[derive(Debug)]
pub struct Rule {
    pub id: String,
    pub severity: Severity,
    pub confidence: Confidence,
    /// One of [`Rule::AREAS`].
    pub area: String,
    pub title: Text,
    pub reason: Text,
    pub fix: Text,
    pub maps: Maps,
    /// Where the knowledge comes from: guides, tests, advisories.
    pub origin: String,
    pub library: Library,
    /// File that it was read from.
    pub path: String,
    pub(crate) alternatives: Vec<Alternative>,
    /// Fires once, where no alternative's own fact is asked for.
    pub(crate) absent: bool,
}

impl Rule {
    pub const AREAS: &'static [&'static str] = &[
        "manifest",
        "signature",
        "network",
        "crypto",
        "storage",
        "ipc",
        "webview",
        "code",
        "privacy",
    ];
}

/// One way in which a rule can match: a fact, conditions on it, and what is said of it.
#[derive(Debug)]
pub(crate) struct Alternative {
    pub(crate) query: Query,
    pub(crate) when: Vec<Condition>,
    pub(crate) adjust: Vec<Adjust>,
    pub(crate) subject: Option<Template>,
    pub(crate) note: Option<Template>,
}

/// Selects facts of one kind.
#[derive(Debug)]
pub(crate) struct Query {
    /// Position in [`menshen_facts::KINDS`].
    pub(crate) kind: usize,
    pub(crate) names: Names,
    pub(crate) tests: Vec<FieldTest>,
}

/// The methods or fields that `call`, `implements` and `reads` list.
#[derive(Debug)]
pub(crate) enum Names {
    /// `fact`: every fact of the kind.
    Any,
    Calls(Vec<MethodName>),
    /// Dotted, as `implementation.overrides` has them.
    Implementations(Vec<String>),
    Fields(Vec<MethodName>),
}

#[derive(Debug)]
pub(crate) enum Condition {
    /// Another fact exists. `missing` is `None` of this.
    Exists(Box<Other>),
    /// A test on the matched fact itself.
    Own(FieldTest),
    All(Vec<Condition>),
    Any(Vec<Condition>),
    None(Vec<Condition>),
    /// A test on a field that this alternative's kind does not have.
    Never,
}

/// A fact other than the matched one, and what ties it to that.
#[derive(Debug)]
pub(crate) struct Other {
    /// Distinct within the rule pack's rule: key of the matcher's cache.
    pub(crate) id: usize,
    pub(crate) query: Query,
    pub(crate) scope: Option<Scope>,
    /// Field of the other fact, field of the matched fact.
    pub(crate) same_as: Vec<(Field, Field)>,
}

/// Where the other fact must lie, seen from the matched one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Method,
    Class,
    Component,
}

#[derive(Debug)]
pub(crate) struct Adjust {
    pub(crate) when: Condition,
    pub(crate) severity: Option<Severity>,
    pub(crate) confidence: Option<Confidence>,
}

impl Condition {
    /// Visits the tests on the matched fact itself.
    fn each_own_test<'a>(&'a self, visit: &mut impl FnMut(&'a FieldTest)) {
        match self {
            Self::Own(test) => visit(test),
            Self::All(inner) | Self::Any(inner) | Self::None(inner) => {
                for condition in inner {
                    condition.each_own_test(visit);
                }
            }
            Self::Exists(_) | Self::Never => {}
        }
    }

    /// Visits the queries for other facts.
    pub(crate) fn each_query<'a>(&'a self, visit: &mut impl FnMut(&'a Query)) {
        self.each_query_with(false, &mut |query, _| visit(query));
    }

    /// The same, with whether the condition holds when nothing is found.
    fn each_query_with<'a>(&'a self, negated: bool, visit: &mut impl FnMut(&'a Query, bool)) {
        match self {
            Self::Exists(other) => visit(&other.query, negated),
            Self::All(inner) | Self::Any(inner) => {
                for condition in inner {
                    condition.each_query_with(negated, visit);
                }
            }
            Self::None(inner) => {
                for condition in inner {
                    condition.each_query_with(!negated, visit);
                }
            }
            Self::Own(_) | Self::Never => {}
        }
    }
}

impl Condition {
    /// Visits what is asked of other facts.
    fn each_other<'a>(&'a self, visit: &mut impl FnMut(&'a Other)) {
        match self {
            Self::Exists(other) => visit(other),
            Self::All(inner) | Self::Any(inner) | Self::None(inner) => {
                inner.iter().for_each(|condition| condition.each_other(visit));
            }
            Self::Own(_) | Self::Never => {}
        }
    }
}

impl Rule {
    /// Visits the called methods that the rule names, with how near to something else that is
    /// found in the code each is looked for; `None` for anywhere.
    pub(crate) fn each_call<'a>(
        &'a self,
        deep: bool,
        visit: &mut impl FnMut(&'a MethodName, Option<Scope>),
    ) {
        for alternative in self.alternatives.iter().filter(|one| deep || !one.is_deep()) {
            let in_code = !self.absent && !matches!(alternative.query.names, Names::Any);
            if let Names::Calls(names) = &alternative.query.names {
                names.iter().for_each(|name| visit(name, None));
            }
            let adjusts = alternative.adjust.iter().map(|adjust| &adjust.when);
            for condition in alternative.when.iter().chain(adjusts) {
                condition.each_other(&mut |other| {
                    let near = other.scope.filter(|scope| in_code && *scope != Scope::Component);
                    if let Names::Calls(names) = &other.query.names {
                        names.iter().for_each(|name| visit(name, near));
                    }
                });
            }
        }
    }

    /// Visits every query of the alternatives that a scan of this depth can decide.
    pub(crate) fn each_query_at<'a>(&'a self, deep: bool, visit: &mut impl FnMut(&'a Query)) {
        for alternative in self.alternatives.iter().filter(|one| deep || !one.is_deep()) {
            alternative.each_query(visit);
        }
    }

    /// Visits every query: those of the alternatives and those of their conditions.
    pub(crate) fn each_query<'a>(&'a self, visit: &mut impl FnMut(&'a Query)) {
        for alternative in &self.alternatives {
            alternative.each_query(visit);
        }
    }

    /// Visits the names that values of the code and calls of bodies are compared with.
    pub(crate) fn each_origin<'a>(&'a self, visit: &mut impl FnMut(&'a str)) {
        self.each_query(&mut |query| {
            for test in &query.tests {
                test.predicate.each_method(visit);
            }
        });
        for alternative in &self.alternatives {
            let adjusts = alternative.adjust.iter().map(|adjust| &adjust.when);
            for condition in alternative.when.iter().chain(adjusts) {
                condition.each_own_test(&mut |test| test.predicate.each_method(visit));
            }
        }
    }
}

impl Alternative {
    /// Looks at what only a deep scan gathers.
    pub(crate) fn is_deep(&self) -> bool {
        KINDS.get(self.query.kind).is_some_and(|kind| kind.name == DEEP)
    }

    /// Whether all kinds of facts that it asks for are among those given. What a deep scan alone
    /// gathers is needed where its presence counts: a condition that it is missing then holds.
    pub(crate) fn needs_only(&self, gathered: &BTreeSet<String>) -> bool {
        let given =
            |query: &Query| KINDS.get(query.kind).is_some_and(|kind| gathered.contains(kind.name));
        let deep = |query: &Query| KINDS.get(query.kind).is_some_and(|kind| kind.name == DEEP);
        let mut all = given(&self.query);
        for condition in &self.when {
            condition.each_query_with(false, &mut |query, negated| {
                all &= given(query) || (negated && deep(query));
            });
        }
        for adjust in &self.adjust {
            adjust.when.each_query(&mut |query| all &= given(query) || deep(query));
        }
        all
    }

    pub(crate) fn each_query<'a>(&'a self, visit: &mut impl FnMut(&'a Query)) {
        visit(&self.query);
        for condition in &self.when {
            condition.each_query(visit);
        }
        for adjust in &self.adjust {
            adjust.when.each_query(visit);
        }
    }
}
