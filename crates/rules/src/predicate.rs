//! Predicates on the fields of a fact.
//!
//! A predicate is checked against the field's type when the rule is loaded
//! (`load::predicate`), so evaluation need not fail. What it answers is a [`Truth`]:
//!
//! * A value that is one of several by path ([`ArgValue::OneOf`]) satisfies a predicate when any
//!   of them does; unless all do, the answer is `May`. The negative predicates (`ne`, `not`,
//!   `none`, `lacks_bits`) and `always` are satisfied only when all alternatives satisfy them.
//!   `all_of` asks for one alternative that satisfies everything in it, negatives included, so
//!   that `{is: str, not: {matches: ...}}` finds the one string that does not match among others;
//!   only an `always` within it still asks all.
//! * A value of which only the origin is known (a parameter, a field, the result of a call)
//!   answers `Unknown` to questions about the value and `Yes` or `No` to those about the origin.
//! * A field that is null (absent, or not known to the reader) satisfies `eq: null`,
//!   `present: false` and `one_of` with null in it, and nothing else, `ne` and `not` included.

use crate::truth::Truth;
use menshen_facts::{ArgValue, FactView, Value};
use regex::Regex;
use std::borrow::Cow;
use std::sync::OnceLock;

/// Largest compiled form of one pattern, bytes.
const REGEX_BYTES_MAX: usize = 1024 * 1024;

/// A field as rules name it: one of the kind's own, or a circumstance of the fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// Position in [`menshen_facts::KindInfo::fields`].
    Own(usize),
    /// Whose it is: `app`, `sdk:ID`, `unknown`.
    Owner,
    /// Path of its place.
    Path,
    /// `static`, `observed`, `forced`, `imported`.
    How,
}

impl Field {
    /// The text of a circumstance that has to be made for the occasion; `None` for own fields.
    fn made<'a>(self, fact: &FactView<'a>) -> Option<Cow<'a, str>> {
        match self {
            Self::Own(_) => None,
            Self::Owner => Some(Cow::Owned(fact.owner.to_string())),
            Self::Path => Some(Cow::Borrowed(&fact.place.path)),
            Self::How => Some(Cow::Borrowed(fact.how.as_str())),
        }
    }

    /// Calls `read` with the field's value.
    pub(crate) fn with<R>(self, fact: &FactView<'_>, read: impl FnOnce(&Value<'_>) -> R) -> R {
        match (self, self.made(fact)) {
            (Self::Own(index), _) => read(&fact.fields.at(index)),
            (_, Some(text)) => read(&Value::Str(&text)),
            (_, None) => read(&Value::Null),
        }
    }
}

/// A field and what must hold of it.
#[derive(Debug)]
pub(crate) struct FieldTest {
    pub(crate) field: Field,
    pub(crate) predicate: Predicate,
}

/// A constant of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Const {
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Lt,
    Le,
    Gt,
    Ge,
}

/// The forms that `is` tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Unknown,
    Null,
    Int,
    Str,
    Class,
    Array,
    Param,
    Field,
    Result,
    New,
}

#[derive(Debug)]
pub(crate) enum Predicate {
    Eq(Const),
    OneOf(Vec<Const>),
    Order(Order, i64),
    Matches(Pattern),
    Contains(Const),
    Present(bool),
    Any(Box<Predicate>),
    All(Box<Predicate>),
    Count(Box<Predicate>),
    Length(Box<Predicate>),
    HasBits(i64),
    LacksBits(i64),
    SameAs(Field),
    Not(Box<Predicate>),
    /// Of every alternative.
    Always(Box<Predicate>),
    Constant(bool),
    Is(Form),
    From(Vec<String>),
    ClassIs(Vec<String>),
    AllOf(Vec<Predicate>),
    AnyOf(Vec<Predicate>),
}

/// A regular expression, compiled when first used.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub(crate) fn new(source: String) -> Self {
        Self { source, compiled: OnceLock::new() }
    }

    fn compile(source: &str) -> Result<Regex, regex::Error> {
        regex::RegexBuilder::new(source).size_limit(REGEX_BYTES_MAX).build()
    }

    /// Compiles it now; the error says what is wrong.
    pub(crate) fn check(&self) -> Result<(), String> {
        match Self::compile(&self.source) {
            Ok(regex) => {
                let _ = self.compiled.set(Some(regex));
                Ok(())
            }
            Err(error) => Err(error.to_string().lines().last().unwrap_or_default().to_owned()),
        }
    }

    fn is_match(&self, text: &str) -> bool {
        let regex = self.compiled.get_or_init(|| Self::compile(&self.source).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl FieldTest {
    pub(crate) fn eval(&self, fact: &FactView<'_>) -> Truth {
        self.field.with(fact, |value| {
            let truth = self.predicate.eval(value, fact);
            match (value, truth) {
                // An absent field is definitely not what was asked for.
                (Value::Null, Truth::Unknown) => Truth::No,
                (_, truth) => truth,
            }
        })
    }
}

impl Predicate {
    pub(crate) fn eval(&self, value: &Value<'_>, fact: &FactView<'_>) -> Truth {
        match value {
            Value::Arg(ArgValue::OneOf(items)) => self.eval_alternatives(items, value, fact),
            _ => self.eval_one(value, fact),
        }
    }

    /// `value` is one of the `items`.
    fn eval_alternatives(
        &self,
        items: &[ArgValue],
        value: &Value<'_>,
        fact: &FactView<'_>,
    ) -> Truth {
        let each = |holds: &dyn Fn(&Value<'_>) -> Truth| -> Vec<Truth> {
            items.iter().map(|item| holds(&Value::Arg(item))).collect()
        };
        match self {
            Self::AllOf(inner) => {
                let (always, rest): (Vec<_>, Vec<_>) =
                    inner.iter().partition(|p| matches!(p, Self::Always(_)));
                let always = Truth::all(always.iter().map(|p| p.eval(value, fact)));
                if rest.is_empty() {
                    return always;
                }
                let negative = rest.iter().all(|p| p.asks_all());
                let rest = each(&|item| Truth::all(rest.iter().map(|p| p.eval(item, fact))));
                always.min(if negative { Truth::all(rest) } else { Truth::alternatives(rest) })
            }
            Self::AnyOf(inner) => {
                let (negative, rest): (Vec<_>, Vec<_>) = inner.iter().partition(|p| p.asks_all());
                let negative = Truth::any(negative.iter().map(|p| p.eval(value, fact)));
                if rest.is_empty() {
                    return negative;
                }
                let rest = each(&|item| Truth::any(rest.iter().map(|p| p.eval(item, fact))));
                negative.max(Truth::alternatives(rest))
            }
            _ if self.asks_all() => Truth::all(each(&|item| self.eval(item, fact))),
            _ => Truth::alternatives(each(&|item| self.eval(item, fact))),
        }
    }

    /// Visits the names of methods and fields in it: those of `from`, and texts that may be some,
    /// such as the calls of a method body are compared with.
    pub(crate) fn each_method<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::From(names) => names.iter().for_each(|name| visit(name)),
            Self::Eq(Const::Str(name)) | Self::Contains(Const::Str(name)) => visit(name),
            Self::OneOf(items) => items.iter().for_each(|item| {
                if let Const::Str(name) = item {
                    visit(name);
                }
            }),
            Self::Any(inner) | Self::All(inner) | Self::Not(inner) | Self::Always(inner) => {
                inner.each_method(visit);
            }
            Self::AllOf(inner) | Self::AnyOf(inner) => {
                inner.iter().for_each(|predicate| predicate.each_method(visit));
            }
            _ => {}
        }
    }

    /// Holds of a value that is one of several only when it holds of each.
    fn asks_all(&self) -> bool {
        match self {
            Self::Not(_) | Self::LacksBits(_) | Self::Always(_) => true,
            Self::AllOf(inner) | Self::AnyOf(inner) => inner.iter().all(Self::asks_all),
            _ => false,
        }
    }

    fn eval_one(&self, value: &Value<'_>, fact: &FactView<'_>) -> Truth {
        match self {
            Self::Eq(wanted) => equals(value, wanted),
            Self::OneOf(wanted) => Truth::any(wanted.iter().map(|w| equals(value, w))),
            Self::Order(order, bound) => integer(value, |number| match order {
                Order::Lt => number < *bound,
                Order::Le => number <= *bound,
                Order::Gt => number > *bound,
                Order::Ge => number >= *bound,
            }),
            Self::HasBits(bits) => integer(value, |number| number & bits == *bits),
            Self::LacksBits(bits) => integer(value, |number| number & bits == 0),
            Self::Matches(pattern) => text(value, |text| pattern.is_match(text)),
            Self::Contains(wanted) => contains(value, wanted),
            Self::Present(wanted) => Truth::from(present(value) == *wanted),
            Self::Any(inner) => {
                elements(value, |items| Truth::any(items.map(|item| inner.eval(&item, fact))))
            }
            Self::All(inner) => {
                elements(value, |items| Truth::all(items.map(|item| inner.eval(&item, fact))))
            }
            Self::Count(inner) => {
                elements(value, |items| inner.eval(&Value::Int(as_int(items.count())), fact))
            }
            Self::Length(inner) => match string(value) {
                Some(text) => inner.eval(&Value::Int(as_int(text.chars().count())), fact),
                None => {
                    elements(value, |items| inner.eval(&Value::Int(as_int(items.count())), fact))
                }
            },
            Self::SameAs(other) => other.with(fact, |other| identical(value, other)),
            Self::Not(inner) => !inner.eval(value, fact),
            Self::Always(inner) => inner.eval(value, fact),
            Self::Constant(wanted) => match value {
                Value::Arg(ArgValue::Unknown) => Truth::Unknown,
                Value::Arg(arg) => Truth::from(arg.is_constant() == *wanted),
                _ => Truth::from(*wanted),
            },
            Self::Is(form) => is(value, *form),
            Self::From(methods) => match value {
                Value::Arg(ArgValue::Result { method: name, .. } | ArgValue::Field(name)) => {
                    Truth::from(methods.iter().any(|method| method == name))
                }
                Value::Arg(ArgValue::Unknown) => Truth::Unknown,
                _ => Truth::No,
            },
            Self::ClassIs(classes) => match value {
                Value::Arg(ArgValue::New { class, .. }) => {
                    Truth::from(classes.iter().any(|name| name == class))
                }
                Value::Arg(ArgValue::Unknown) => Truth::Unknown,
                _ => Truth::No,
            },
            Self::AllOf(inner) => Truth::all(inner.iter().map(|p| p.eval(value, fact))),
            Self::AnyOf(inner) => Truth::any(inner.iter().map(|p| p.eval(value, fact))),
        }
    }
}

fn as_int(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The text of a value that is one: strings and class literals.
fn string<'a>(value: &Value<'a>) -> Option<&'a str> {
    match value {
        Value::Str(text) => Some(text),
        Value::Arg(ArgValue::Str(text) | ArgValue::Class(text)) => Some(text),
        _ => None,
    }
}

/// The value itself is not known, only where it comes from.
fn opaque(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Arg(arg) => matches!(
            arg,
            ArgValue::Unknown
                | ArgValue::Param(_)
                | ArgValue::Field(_)
                | ArgValue::Result { .. }
                | ArgValue::New { .. }
                | ArgValue::OneOf(_)
        ),
        _ => false,
    }
}

fn text(value: &Value<'_>, holds: impl Fn(&str) -> bool) -> Truth {
    match string(value) {
        Some(text) => Truth::from(holds(text)),
        None if opaque(value) => Truth::Unknown,
        None => Truth::No,
    }
}

fn integer(value: &Value<'_>, holds: impl Fn(i64) -> bool) -> Truth {
    match value {
        Value::Int(number) | Value::Arg(ArgValue::Int(number)) => Truth::from(holds(*number)),
        _ if opaque(value) => Truth::Unknown,
        _ => Truth::No,
    }
}

fn equals(value: &Value<'_>, wanted: &Const) -> Truth {
    match (value, wanted) {
        (Value::Null | Value::Arg(ArgValue::Null), Const::Null) => Truth::Yes,
        // An object that was just made is not null.
        (Value::Arg(ArgValue::New { .. }), Const::Null) => Truth::No,
        (Value::Arg(ArgValue::OneOf(items)), _) => {
            Truth::alternatives(items.iter().map(|item| equals(&Value::Arg(item), wanted)))
        }
        _ if opaque(value) => Truth::Unknown,
        (Value::Bool(value), Const::Bool(wanted)) => Truth::from(value == wanted),
        (Value::Arg(ArgValue::Int(value)), Const::Bool(wanted)) => {
            Truth::from(*value == i64::from(*wanted))
        }
        (Value::Int(value) | Value::Arg(ArgValue::Int(value)), Const::Int(wanted)) => {
            Truth::from(value == wanted)
        }
        (_, Const::Str(wanted)) => Truth::from(string(value) == Some(wanted.as_str())),
        _ => Truth::No,
    }
}

fn contains(value: &Value<'_>, wanted: &Const) -> Truth {
    match (string(value), wanted) {
        (Some(text), Const::Str(wanted)) => Truth::from(text.contains(wanted.as_str())),
        _ => elements(value, |items| Truth::any(items.map(|item| equals(&item, wanted)))),
    }
}

/// Calls `read` with the elements of a list or of an array whose elements are known.
fn elements(
    value: &Value<'_>,
    read: impl FnOnce(&mut dyn Iterator<Item = Value<'_>>) -> Truth,
) -> Truth {
    match value {
        Value::Strings(items) => read(&mut items.iter().map(|item| Value::Str(item))),
        Value::Ints(items) => read(&mut items.iter().map(|item| Value::Int(*item))),
        Value::Arg(ArgValue::Array(items)) => read(&mut items.iter().map(Value::Arg)),
        _ if opaque(value) => Truth::Unknown,
        _ => Truth::No,
    }
}

fn present(value: &Value<'_>) -> bool {
    match value {
        Value::Null | Value::Arg(ArgValue::Null | ArgValue::Unknown) => false,
        Value::Bool(_) | Value::Int(_) => true,
        Value::Str(text) => !text.is_empty(),
        Value::Strings(items) => !items.is_empty(),
        Value::Ints(items) => !items.is_empty(),
        Value::Arg(ArgValue::Str(text)) => !text.is_empty(),
        Value::Arg(ArgValue::Array(items)) => !items.is_empty(),
        Value::Arg(_) => true,
    }
}

fn is(value: &Value<'_>, form: Form) -> Truth {
    let Value::Arg(arg) = value else { return Truth::Unknown };
    let actual = match arg {
        ArgValue::Unknown if form == Form::Unknown => return Truth::Yes,
        ArgValue::Unknown | ArgValue::OneOf(_) => return Truth::Unknown,
        ArgValue::Null => Form::Null,
        ArgValue::Int(_) => Form::Int,
        ArgValue::Str(_) => Form::Str,
        ArgValue::Class(_) => Form::Class,
        ArgValue::Array(_) => Form::Array,
        ArgValue::Param(_) => Form::Param,
        ArgValue::Field(_) => Form::Field,
        ArgValue::Result { .. } => Form::Result,
        ArgValue::New { .. } => Form::New,
    };
    Truth::from(actual == form)
}

/// Whether two values of one method are the same thing.
pub(crate) fn identical(left: &Value<'_>, right: &Value<'_>) -> Truth {
    match (left, right) {
        (Value::Arg(left), Value::Arg(right)) => {
            Truth::alternatives(left.alternatives().iter().flat_map(|left| {
                right.alternatives().iter().map(move |right| match (left, right) {
                    (ArgValue::Unknown, _) | (_, ArgValue::Unknown) => Truth::Unknown,
                    (left, right) => Truth::from(left == right),
                })
            }))
        }
        (Value::Null, _) | (_, Value::Null) => Truth::Unknown,
        (Value::Strings(items), Value::Str(text)) | (Value::Str(text), Value::Strings(items)) => {
            Truth::from(items.iter().any(|item| item == text))
        }
        (Value::Arg(arg), plain) | (plain, Value::Arg(arg)) => {
            let wanted = match plain {
                Value::Str(text) => Const::Str((*text).to_owned()),
                Value::Int(number) => Const::Int(*number),
                Value::Bool(value) => Const::Bool(*value),
                _ => return Truth::No,
            };
            Truth::alternatives(
                arg.alternatives().iter().map(|item| equals(&Value::Arg(item), &wanted)),
            )
        }
        (left, right) => Truth::from(left == right),
    }
}
