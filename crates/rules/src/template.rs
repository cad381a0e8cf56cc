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
    /// a subject has them bare.
    pub(crate) fn print(&self, fact: &FactView<'_>, quoted: bool) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Field(field) => {
                    let quoted = quoted && !out.ends_with('"');
                    field.with(fact, |value| out.push_str(&printed(value, quoted)));
                }
            }
        }
        out.truncate(out.trim_end().len());
        out
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
