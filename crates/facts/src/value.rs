//! Values of fact fields, as rules see them.

use serde::{Deserialize, Serialize};

/// What is known about a value in the code: an argument, a receiver, a returned value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "value")]
pub enum ArgValue {
    /// Nothing is known, or the argument does not exist.
    #[default]
    Unknown,
    Null,
    /// Integers, characters, booleans (0 and 1).
    Int(i64),
    Str(String),
    /// A class literal, source form: `com.example.Main`.
    Class(String),
    /// An array all of whose elements are known constants.
    Array(Vec<ArgValue>),
    /// A parameter of the method, `this` being 0 in instance methods.
    Param(u32),
    /// Read from a field whose value is not constant: `com.example.Config.url`.
    Field(String),
    /// Returned by a call whose value is not computed: `java.util.Random.nextInt`.
    /// `object` tells results of different calls apart.
    Result {
        method: String,
        object: u32,
    },
    /// Made in this method with `new`. `object` tells objects of one method apart.
    New {
        class: String,
        object: u32,
    },
    /// One of several, by path. At most [`ArgValue::MAX_ALTERNATIVES`].
    OneOf(Vec<ArgValue>),
}

impl ArgValue {
    pub const MAX_ALTERNATIVES: usize = 8;

    /// The alternatives: itself when there is one.
    pub fn alternatives(&self) -> &[ArgValue] {
        match self {
            Self::OneOf(values) => values,
            single => std::slice::from_ref(single),
        }
    }

    /// A constant: literal, class, or array of constants.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Null | Self::Int(_) | Self::Str(_) | Self::Class(_) => true,
            Self::Array(items) | Self::OneOf(items) => items.iter().all(Self::is_constant),
            _ => false,
        }
    }

    /// The object's number within its method, where it is one.
    pub fn object(&self) -> Option<u32> {
        match self {
            Self::New { object, .. } | Self::Result { object, .. } => Some(*object),
            _ => None,
        }
    }
}

/// A field's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Str(&'a str),
    Strings(&'a [String]),
    Ints(&'a [i64]),
    Arg(&'a ArgValue),
}

impl<'a> Value<'a> {
    pub fn as_str(&self) -> Option<&'a str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// The type of a field, by which a rule is checked when it is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    Bool,
    Int,
    Str,
    Strings,
    Ints,
    Arg,
}

/// Name, type and documentation of one field.
#[derive(Debug)]
pub struct FieldInfo {
    pub name: &'static str,
    pub ty: FieldType,
    pub doc: &'static str,
}

/// Types that may stand in a fact.
pub(crate) trait AsValue {
    const TYPE: FieldType;
    fn as_value(&self) -> Value<'_>;
    /// Left out of reports.
    fn absent(&self) -> bool;
}

pub(crate) fn is_absent<T: AsValue>(value: &T) -> bool {
    value.absent()
}

macro_rules! as_value {
    ($type:ty, $variant:ident, |$v:ident| $value:expr, absent $absent:expr) => {
        impl AsValue for $type {
            const TYPE: FieldType = FieldType::$variant;
            fn as_value(&self) -> Value<'_> {
                let $v = self;
                $value
            }
            fn absent(&self) -> bool {
                let $v = self;
                $absent
            }
        }
    };
}

as_value!(bool, Bool, |v| Value::Bool(*v), absent { let _ = v; false });
as_value!(Option<bool>, Bool, |v| v.map_or(Value::Null, Value::Bool), absent v.is_none());
as_value!(i64, Int, |v| Value::Int(*v), absent { let _ = v; false });
as_value!(Option<i64>, Int, |v| v.map_or(Value::Null, Value::Int), absent v.is_none());
as_value!(String, Str, |v| Value::Str(v), absent v.is_empty());
as_value!(
    Option<String>,
    Str,
    |v| v.as_deref().map_or(Value::Null, Value::Str),
    absent v.is_none()
);
as_value!(Vec<String>, Strings, |v| Value::Strings(v), absent v.is_empty());
as_value!(Vec<i64>, Ints, |v| Value::Ints(v), absent v.is_empty());
as_value!(ArgValue, Arg, |v| Value::Arg(v), absent * v == ArgValue::Unknown);
