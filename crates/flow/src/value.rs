//! What is known of a value at a point of a method: the domain of the analysis.

use menshen_facts::ArgValue;
use std::sync::Arc;

/// Most alternatives kept before a value becomes unknown.
pub(crate) const ALTERNATIVES_MAX: usize = ArgValue::MAX_ALTERNATIVES;
/// Most elements of an array that are followed.
pub(crate) const ARRAY_ELEMENTS_MAX: usize = 4096;
/// Longest string that is built, bytes.
pub(crate) const STRING_BYTES_MAX: usize = 64 * 1024;

/// An abstract value. Cheap to clone.
#[derive(Debug, Clone, PartialEq)]
pub enum Abstract {
    /// Nothing is known.
    Unknown,
    Null,
    Int(i64),
    Str(Arc<str>),
    Class(Arc<str>),
    /// A constant array that nothing can have changed: from a field of constants.
    Array(Arc<Vec<Abstract>>),
    Param(u32),
    /// Read from a field, or computed from one: `com.example.Config.flags`.
    Field(Arc<str>),
    /// Returned by the call at `pc`, or computed from it.
    Result {
        method: Arc<str>,
        pc: u32,
    },
    /// Made at `pc`; arrays too.
    New {
        class: Arc<str>,
        pc: u32,
    },
    OneOf(Arc<Vec<Abstract>>),
}

impl Abstract {
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// A literal, a class, or an array of constants.
    pub fn is_constant(&self) -> bool {
        match self {
            Self::Null | Self::Int(_) | Self::Str(_) | Self::Class(_) => true,
            Self::Array(items) | Self::OneOf(items) => items.iter().all(Self::is_constant),
            _ => false,
        }
    }

    /// The value after two paths meet.
    pub(crate) fn join(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        if *self == Self::Unknown || *other == Self::Unknown {
            return Self::Unknown;
        }
        let mut all: Vec<Self> = self.alternatives().to_vec();
        for value in other.alternatives() {
            if !all.contains(value) {
                all.push(value.clone());
            }
        }
        if all.len() > ALTERNATIVES_MAX {
            return Self::Unknown;
        }
        Self::OneOf(Arc::new(all))
    }

    pub(crate) fn alternatives(&self) -> &[Self] {
        match self {
            Self::OneOf(values) => values,
            single => std::slice::from_ref(single),
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(*value),
            Self::Null => Some(0),
            _ => None,
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Number of the allocation or call, by which the heap is keyed.
    pub(crate) fn object(&self) -> Option<u32> {
        match self {
            Self::New { pc, .. } | Self::Result { pc, .. } => Some(*pc),
            _ => None,
        }
    }

    /// Applies a function to each alternative and joins what comes out.
    pub(crate) fn map(&self, apply: impl Fn(&Self) -> Self) -> Self {
        let mut values = self.alternatives().iter().map(&apply);
        let first = values.next().unwrap_or(Self::Unknown);
        values.fold(first, |joined, value| joined.join(&value))
    }

    /// What a computation with this operand and a constant still says: where it comes from.
    pub(crate) fn derived(&self) -> Self {
        match self {
            Self::Field(_) | Self::Result { .. } => self.clone(),
            Self::OneOf(values)
                if values.iter().all(|v| matches!(v, Self::Field(_) | Self::Result { .. })) =>
            {
                self.clone()
            }
            _ => Self::Unknown,
        }
    }

    /// As facts print it. `reference` says that 0 means null here.
    pub(crate) fn to_arg(&self, reference: bool) -> ArgValue {
        match self {
            Self::Unknown => ArgValue::Unknown,
            Self::Null => ArgValue::Null,
            Self::Int(0) if reference => ArgValue::Null,
            Self::Int(value) => ArgValue::Int(*value),
            Self::Str(text) => ArgValue::Str(text.to_string()),
            Self::Class(name) => ArgValue::Class(name.to_string()),
            Self::Array(items) => {
                ArgValue::Array(items.iter().map(|item| item.to_arg(false)).collect())
            }
            Self::Param(index) => ArgValue::Param(*index),
            Self::Field(name) => ArgValue::Field(name.to_string()),
            Self::Result { method, pc } => {
                ArgValue::Result { method: method.to_string(), object: *pc }
            }
            Self::New { class, pc } => ArgValue::New { class: class.to_string(), object: *pc },
            Self::OneOf(values) => {
                ArgValue::OneOf(values.iter().map(|value| value.to_arg(reference)).collect())
            }
        }
    }
}
