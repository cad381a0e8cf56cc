//! Decides which facts a rule matches.
//!
//! A condition on other facts (`exists`, `missing`) is evaluated once for all facts that the rule
//! looks at: the other facts are selected, then grouped by what `same` and `same_as` compare, so
//! that asking for each matched fact is a look-up. The number of steps is linear in the number of
//! facts, but for a second pair in `same_as`, which is compared within its group.

use crate::index::Index;
use crate::model::{Alternative, Condition, Other, Rule, Scope};
use crate::predicate::{Field, identical};
use crate::truth::Truth;
use menshen_base::{Confidence, Owner, Severity};
use menshen_facts::{ArgValue, FactView, Value};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A fact that a rule matches.
pub(crate) struct Hit<'r, 'a> {
    pub(crate) fact: FactView<'a>,
    pub(crate) alternative: &'r Alternative,
    pub(crate) severity: Severity,
    pub(crate) confidence: Confidence,
}

pub(crate) struct Matcher<'i, 'a> {
    index: &'i Index<'a>,
    /// By position in `KINDS`: whether facts of the kind may be missing.
    partial: &'i dyn Fn(usize) -> bool,
    others: RefCell<HashMap<usize, Rc<Groups<'a>>>>,
}

/// What `same` compares: the method, the class, or the outermost class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place<'a> {
    Anywhere,
    /// Class and member.
    Method(&'a str, &'a str),
    Class(&'a str),
}

/// What `same_as` compares. Objects and parameters are the same only within one method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Identity<'a> {
    Anything,
    Null,
    Bool(bool),
    Int(i64),
    Text(&'a str),
    Field(&'a str),
    Param((&'a str, &'a str), u32),
    Object((&'a str, &'a str), u32),
    /// Any value in the method.
    Within((&'a str, &'a str)),
    /// Values of the method of which nothing is known.
    Unknown((&'a str, &'a str)),
}

/// The facts that satisfy a condition's query, by what ties them to the matched fact.
#[derive(Default)]
struct Groups<'a> {
    members: HashMap<(Place<'a>, Identity<'a>), Group<'a>>,
}

struct Group<'a> {
    best: Truth,
    /// Kept only where a second pair has to be compared.
    facts: Vec<(FactView<'a>, Truth)>,
}

impl<'i, 'a> Matcher<'i, 'a> {
    pub(crate) fn new(index: &'i Index<'a>, partial: &'i dyn Fn(usize) -> bool) -> Self {
        Self { index, partial, others: RefCell::default() }
    }

    /// The facts that the alternative matches.
    pub(crate) fn hits<'r>(
        &self,
        rule: &'r Rule,
        alternative: &'r Alternative,
    ) -> Vec<Hit<'r, 'a>> {
        self.index
            .select(&alternative.query)
            .into_iter()
            .filter_map(|(fact, truth)| self.hit(rule, alternative, fact, truth))
            .collect()
    }

    /// The hit on one fact that satisfies the query with `truth`.
    pub(crate) fn hit<'r>(
        &self,
        rule: &'r Rule,
        alternative: &'r Alternative,
        fact: FactView<'a>,
        truth: Truth,
    ) -> Option<Hit<'r, 'a>> {
        if !truth.holds() {
            return None;
        }
        let when = Truth::all(alternative.when.iter().map(|c| self.condition(c, &fact)));
        let mut truth = truth.min(when);
        if !truth.holds() {
            return None;
        }
        let (mut severity, mut confidence) = (rule.severity, rule.confidence);
        for adjust in &alternative.adjust {
            let applies = self.condition(&adjust.when, &fact);
            if applies.holds() {
                severity = adjust.severity.unwrap_or(severity);
                confidence = adjust.confidence.unwrap_or(confidence);
                truth = truth.min(applies);
                break;
            }
        }
        if truth == Truth::May {
            confidence = confidence.min(Confidence::Medium);
        }
        Some(Hit { fact, alternative, severity, confidence })
    }

    fn condition(&self, condition: &Condition, fact: &FactView<'a>) -> Truth {
        match condition {
            Condition::Own(test) => test.eval(fact),
            Condition::All(inner) => Truth::all(inner.iter().map(|c| self.condition(c, fact))),
            Condition::Any(inner) => Truth::any(inner.iter().map(|c| self.condition(c, fact))),
            Condition::None(inner) => !Truth::any(inner.iter().map(|c| self.condition(c, fact))),
            Condition::Exists(other) => self.exists(other, fact),
            Condition::Never => Truth::No,
        }
    }

    fn exists(&self, other: &Other, fact: &FactView<'a>) -> Truth {
        let cached = self.others.borrow().get(&other.id).cloned();
        let groups = cached.unwrap_or_else(|| {
            let groups = Rc::new(Groups::new(self.index, other));
            self.others.borrow_mut().insert(other.id, Rc::clone(&groups));
            groups
        });
        let truth = groups.look_up(other, fact);
        // Not found among facts that are not all there proves nothing.
        if truth == Truth::No && (self.partial)(other.query.kind) { Truth::Unknown } else { truth }
    }
}

impl<'a> Groups<'a> {
    fn new(index: &Index<'a>, other: &Other) -> Self {
        let mut groups = Self::default();
        let keep = other.same_as.len() > 1;
        for (fact, truth) in index.select(&other.query) {
            let Some(place) = place(other.scope, &fact) else { continue };
            let (identities, several) = match other.same_as.first() {
                Some((theirs, _)) => identities(*theirs, &fact),
                None => (vec![Identity::Anything], false),
            };
            let truth = if several { truth.min(Truth::May) } else { truth };
            for identity in identities {
                let group = groups
                    .members
                    .entry((place, identity))
                    .or_insert(Group { best: Truth::No, facts: Vec::new() });
                group.best = group.best.max(truth);
                if keep {
                    group.facts.push((fact, truth));
                }
            }
        }
        groups
    }

    fn look_up(&self, other: &Other, fact: &FactView<'a>) -> Truth {
        let Some(place) = place(other.scope, fact) else { return Truth::No };
        let Some((_, ours)) = other.same_as.first() else {
            return self.best(place, Identity::Anything, other, fact);
        };
        let (mut wanted, several) = identities(*ours, fact);
        // `Within` is how others find this fact; it finds others only when it is unknown.
        let unknown = wanted.iter().any(|identity| matches!(identity, Identity::Unknown(_)));
        wanted.retain(|i| !matches!(i, Identity::Within(_) | Identity::Unknown(_)));
        let found = Truth::any(wanted.iter().map(|i| self.best(place, *i, other, fact)));
        let found = if several { found.min(Truth::May) } else { found };
        let Some(method) = method(fact) else { return found };
        let maybe = if unknown { Identity::Within(method) } else { Identity::Unknown(method) };
        found.max(self.best(place, maybe, other, fact).min(Truth::Unknown))
    }

    fn best(
        &self,
        place: Place<'a>,
        identity: Identity<'a>,
        other: &Other,
        fact: &FactView<'a>,
    ) -> Truth {
        let Some(group) = self.members.get(&(place, identity)) else { return Truth::No };
        if other.same_as.len() < 2 {
            return group.best;
        }
        Truth::any(group.facts.iter().map(|(theirs, truth)| {
            let pairs = other.same_as.iter().skip(1).map(|(their, our)| {
                their.with(theirs, |left| our.with(fact, |right| identical(left, right)))
            });
            Truth::all(pairs).min(*truth)
        }))
    }
}

/// Class and member that the fact lies in.
fn method<'a>(fact: &FactView<'a>) -> Option<(&'a str, &'a str)> {
    let (class, name) = match fact.kind.name {
        "call" | "field_read" => ("caller_class", "caller_method"),
        "implementation" => ("class", "method"),
        "flow" => ("sink_class", "sink_caller"),
        _ => return None,
    };
    let class = fact.get(class)?.as_str()?;
    // The place tells overloads apart, where it is known.
    let member = fact.place.code.as_ref().map(|code| code.member.as_str());
    match member.filter(|member| !member.is_empty()) {
        Some(member) => Some((class, member)),
        None => Some((class, fact.get(name)?.as_str()?)),
    }
}

fn class<'a>(fact: &FactView<'a>) -> Option<&'a str> {
    let field = match fact.kind.name {
        "call" | "field_read" => "caller_class",
        "implementation" => "class",
        "flow" => "sink_class",
        "component" => "target",
        "deep_link" | "meta_data" => "component",
        _ => return None,
    };
    let class = fact.get(field)?.as_str()?;
    // An alias in a hand-written fact may lack its target.
    if class.is_empty() { fact.get("name")?.as_str() } else { Some(class) }
}

fn place<'a>(scope: Option<Scope>, fact: &FactView<'a>) -> Option<Place<'a>> {
    Some(match scope {
        None => Place::Anywhere,
        Some(Scope::Method) => {
            let (class, member) = method(fact)?;
            Place::Method(class, member)
        }
        Some(Scope::Class) => Place::Class(class(fact)?),
        Some(Scope::Component) => {
            let class = class(fact)?;
            Place::Class(class.split('$').next().unwrap_or(class))
        }
    })
}

/// What the field of the fact is identical with, and whether it is one of several values.
fn identities<'a>(field: Field, fact: &FactView<'a>) -> (Vec<Identity<'a>>, bool) {
    let value = match field {
        Field::Own(index) => fact.fields.at(index),
        Field::Path => Value::Str(&fact.place.path),
        Field::Owner => Value::Str(match fact.owner {
            Owner::Sdk(id) => id,
            Owner::App => "app",
            Owner::Unknown => "unknown",
        }),
        Field::How => Value::Str(fact.how.as_str()),
    };
    let mut found = Vec::new();
    let mut several = false;
    match value {
        Value::Null => {}
        Value::Bool(value) => found.push(Identity::Bool(value)),
        Value::Int(number) => found.push(Identity::Int(number)),
        Value::Str(text) => found.push(Identity::Text(text)),
        Value::Strings(items) => found.extend(items.iter().map(|item| Identity::Text(item))),
        Value::Ints(items) => found.extend(items.iter().map(|item| Identity::Int(*item))),
        Value::Arg(arg) => {
            several = arg.alternatives().len() > 1;
            let method = method(fact);
            for value in arg.alternatives() {
                found.extend(identity(value, method));
            }
            found.extend(method.map(Identity::Within));
        }
    }
    (found, several)
}

fn identity<'a>(value: &'a ArgValue, method: Option<(&'a str, &'a str)>) -> Option<Identity<'a>> {
    Some(match value {
        ArgValue::Null => Identity::Null,
        ArgValue::Int(number) => Identity::Int(*number),
        ArgValue::Str(text) | ArgValue::Class(text) => Identity::Text(text),
        ArgValue::Field(name) => Identity::Field(name),
        ArgValue::Param(number) => Identity::Param(method?, *number),
        ArgValue::Result { object, .. } | ArgValue::New { object, .. } => {
            Identity::Object(method?, *object)
        }
        ArgValue::Unknown => Identity::Unknown(method?),
        ArgValue::Array(_) | ArgValue::OneOf(_) => return None,
    })
}
