//! `{field}` in subjects and notes.

use crate::predicate::Field;
use menshen_facts::{ArgValue, FactView, Value};
use std::fmt::Write as _;

/// Longest value that is printed, characters; longer ones end in `…`.
const VALUE_CHARS_MAX: usize = 200;
/// Elements of a list that are printed.
const ELEMENTS_MAX: usize = 8;

#[derive(Debug)]
pub(crate) struct Template {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Field(Field),
}

impl Template {
    /// Splits the text; `field` finds a field by name, `Some(None)` for one that prints nothing.
    /// The error is the name that is not one, or `None` for a brace that is not closed.
    pub(crate) fn parse(
        text: &str,
        mut field: impl FnMut(&str) -> Option<Option<Field>>,
    ) -> Result<Self, Option<String>> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            let close = after.find('}').ok_or(None)?;
            let name = &after[1..close];
            let field = field(name).ok_or_else(|| Some(name.to_owned()))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.extend(field.map(Part::Field));
            rest = &after[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// In one line: line breaks and other control characters in values are escaped. `quoted`
    /// prints strings of the code as its source would, unless the template quotes them itself;
    /// a subject has them bare. A clause, which ends at a comma or the parenthesis around it, is
    /// left out when a field in it is null, an empty list or an argument that the method does not
    /// take: `exported, guarded by {permission}` says nothing of a guard where there is none.
    pub(crate) fn print(&self, fact: &FactView<'_>, quoted: bool) -> String {
        let mut clauses = Clauses::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => clauses.text(text),
                Part::Field(field) => field.with(fact, |value| {
                    if is_absent(*field, value, fact) {
                        clauses.absent();
                    } else {
                        let quoted = quoted && !clauses.ends_with('"');
                        clauses.value(&printed(value, quoted));
                    }
                }),
            }
        }
        clauses.finish()
    }
}

fn is_absent(field: Field, value: &Value<'_>, fact: &FactView<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Strings(items) => items.is_empty(),
        Value::Ints(items) => items.is_empty(),
        Value::Arg(ArgValue::Unknown) => beyond_parameters(field, fact),
        _ => false,
    }
}

/// An argument behind those that the called method has parameters for.
fn beyond_parameters(field: Field, fact: &FactView<'_>) -> bool {
    let Field::Own(index) = field else { return false };
    let name = fact.kind.fields.get(index).map_or("", |info| info.name);
    let Some(number) = name.strip_prefix("arg").and_then(|n| n.parse::<usize>().ok()) else {
        return false;
    };
    let descriptor = fact.get("descriptor").and_then(|value| value.as_str()).unwrap_or_default();
    parameters(descriptor).is_some_and(|count| number >= count)
}

/// Number of parameters of a descriptor.
fn parameters(descriptor: &str) -> Option<usize> {
    let (inside, _) = descriptor.strip_prefix('(')?.split_once(')')?;
    let mut count = 0;
    let mut rest = inside.trim_start_matches('[');
    while let Some(first) = rest.chars().next() {
        count += 1;
        let behind = match first {
            'L' => rest.split_once(';').map_or("", |(_, behind)| behind),
            _ => &rest[first.len_utf8()..],
        };
        rest = behind.trim_start_matches('[');
    }
    Some(count)
}

/// Text put together clause by clause.
#[derive(Default)]
struct Clauses {
    /// Open parentheses, outermost first, behind the top level.
    outer: Vec<Level>,
    level: Level,
}

/// What stands between two parentheses.
#[derive(Default)]
struct Level {
    /// Clauses that are kept.
    done: Vec<String>,
    clause: String,
    /// The clause lacks a field.
    lacks: bool,
    /// A clause was left out.
    lost: bool,
}

impl Level {
    fn end_clause(&mut self) {
        let clause = std::mem::take(&mut self.clause);
        let lacks = std::mem::take(&mut self.lacks);
        self.lost |= lacks;
        if !lacks {
            self.done.push(clause);
        }
    }
}

impl Clauses {
    fn text(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(['(', ')', ',']) {
            let (before, from) = rest.split_at(at);
            self.value(before);
            rest = &from[1..];
            match from.as_bytes().first() {
                Some(b'(') => self.outer.push(std::mem::take(&mut self.level)),
                Some(b')') if !self.outer.is_empty() => self.close(")"),
                // A comma in a sentence, not in the middle of a value.
                Some(b',') if rest.starts_with(' ') => {
                    rest = rest.trim_start();
                    self.level.end_clause();
                }
                _ => self.value(&from[..1]),
            }
        }
        self.value(rest);
    }

    fn value(&mut self, text: &str) {
        self.level.clause.push_str(text);
    }

    fn absent(&mut self) {
        self.level.lacks = true;
    }

    fn ends_with(&self, character: char) -> bool {
        self.level.clause.ends_with(character)
    }

    /// Puts what stands in the parentheses behind what stood before them; nothing where all
    /// of it was left out.
    fn close(&mut self, end: &str) {
        let Some(outer) = self.outer.pop() else { return };
        let mut inner = std::mem::replace(&mut self.level, outer);
        inner.end_clause();
        if inner.done.is_empty() && inner.lost && self.level.clause.ends_with(' ') {
            self.level.clause.truncate(self.level.clause.trim_end().len());
        } else {
            let _ = write!(self.level.clause, "({}{end}", inner.done.join(", "));
        }
    }

    fn finish(mut self) -> String {
        while !self.outer.is_empty() {
            self.close("");
        }
        self.level.end_clause();
        self.level.done.join(", ").trim().to_owned()
    }
}

fn printed(value: &Value<'_>, quoted: bool) -> String {
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Str(text) => (*text).to_owned(),
        Value::Strings(items) => joined(items.iter().cloned(), items.len()),
        Value::Ints(items) => joined(items.iter().map(i64::to_string), items.len()),
        Value::Arg(ArgValue::Str(text)) if !quoted => text.clone(),
        Value::Arg(arg) => source(arg),
    };
    one_line(&text)
}

fn joined(items: impl Iterator<Item = String>, count: usize) -> String {
    let mut text = items.take(ELEMENTS_MAX).collect::<Vec<_>>().join(", ");
    if count > ELEMENTS_MAX {
        text.push_str(", …");
    }
    text
}

/// As Java source would write it, as far as it is known.
pub(crate) fn source(arg: &ArgValue) -> String {
    match arg {
        ArgValue::Unknown => "?".to_owned(),
        ArgValue::Null => "null".to_owned(),
        ArgValue::Int(number) => number.to_string(),
        ArgValue::Str(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        ArgValue::Class(name) => format!("{}.class", short(name)),
        ArgValue::Array(items) => {
            format!("new[] {{{}}}", joined(items.iter().map(source), items.len()))
        }
        ArgValue::Param(index) => format!("param{index}"),
        ArgValue::Field(name) => member(name),
        ArgValue::Result { method, .. } => format!("{}()", member(method)),
        ArgValue::New { class, .. } => format!("new {}()", short(class)),
        ArgValue::OneOf(items) => {
            items.iter().take(ELEMENTS_MAX).map(source).collect::<Vec<_>>().join(" | ")
        }
    }
}

/// The class name without its package.
fn short(class: &str) -> &str {
    class.rsplit('.').next().unwrap_or(class)
}

/// `java.util.Random.nextInt` as `Random.nextInt`.
fn member(dotted: &str) -> String {
    match dotted.rsplit_once('.') {
        Some((class, name)) => format!("{}.{name}", short(class)),
        None => dotted.to_owned(),
    }
}

pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(VALUE_CHARS_MAX));
    for (count, character) in text.chars().enumerate() {
        if count >= VALUE_CHARS_MAX {
            out.push('…');
            break;
        }
        if character.is_control() {
            let _ = write!(out, "{}", character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use menshen_base::{Owner, Place};
    use menshen_facts::{Call, Component, Fact, Facts, How};

    fn print(kind: &str, facts: &Facts, text: &str) -> String {
        let fact = facts.of_kind(kind).next().unwrap();
        let find = |name: &str| fact.kind.field_index(name).map(|index| Some(Field::Own(index)));
        Template::parse(text, find).unwrap().print(&fact, true)
    }

    fn of<T>(data: T) -> Fact<T> {
        Fact { data, place: Place::default(), owner: Owner::App, how: How::Static }
    }

    #[test]
    fn clauses_without_a_value_are_left_out() {
        let mut facts = Facts::default();
        facts.components.push(of(Component {
            kind: "activity".into(),
            name: "a.B".into(),
            hosts: vec!["x".into(), "y".into()],
            ..Component::default()
        }));
        for (text, expected) in [
            ("{kind} {name}", "activity a.B"),
            ("{kind} {name}, guarded by {permission}", "activity a.B"),
            ("{kind}, guarded by {permission} ({protection}), of {name}", "activity, of a.B"),
            ("{kind} ({permission}, {name})", "activity (a.B)"),
            ("{kind} ({permission})", "activity"),
            ("{kind}, {hosts}, {schemes}", "activity, x, y"),
            ("{permission}", ""),
            ("f() of {name}", "f() of a.B"),
            ("1,5 of {name}) and (", "1,5 of a.B) and ("),
            ("host \"{permission}\", {kind}", "activity"),
        ] {
            assert_eq!(print("component", &facts, text), expected, "{text}");
        }
    }

    #[test]
    fn arguments_that_the_method_does_not_take_are_left_out() {
        for (descriptor, expected) in [
            ("(Ljava/lang/String;)V", "f(\"x\")"),
            ("([[ILjava/lang/String;J)V", "f(\"x\", ?, ?)"),
            ("()V", "f(\"x\")"),
            ("", "f(\"x\", ?, ?)"),
        ] {
            let mut facts = Facts::default();
            facts.calls.push(of(Call {
                method: "f".into(),
                descriptor: descriptor.into(),
                arg0: ArgValue::Str("x".into()),
                ..Call::default()
            }));
            let printed = print("call", &facts, "{method}({arg0}, {arg1}, {arg2})");
            assert_eq!(printed, expected, "{descriptor}");
        }
    }
}
