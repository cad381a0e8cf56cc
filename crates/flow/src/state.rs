//! The values that hold before an operation: registers, and what is known of the arrays and
//! string builders made in the method.

use crate::ir::Reg;
use crate::value::{ARRAY_ELEMENTS_MAX, Abstract};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The values before an operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    registers: Vec<Abstract>,
    /// Shared between states until one changes it.
    heap: BTreeMap<u32, Arc<Object>>,
}

/// What is known of an object made in the method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    /// Elements that were set; the others hold zero.
    Array { length: Option<i64>, elements: BTreeMap<i64, Abstract> },
    /// The text that a string builder has collected.
    Builder(Abstract),
    /// Anything may be in it.
    Lost { length: Option<i64> },
}

impl State {
    pub(crate) fn new(registers: u32) -> Self {
        let registers = usize::try_from(registers).unwrap_or(0);
        Self { registers: vec![Abstract::Unknown; registers], heap: BTreeMap::new() }
    }

    pub fn register(&self, reg: Reg) -> Abstract {
        self.registers.get(reg as usize).cloned().unwrap_or(Abstract::Unknown)
    }

    pub(crate) fn set(&mut self, reg: Reg, value: Abstract) {
        if let Some(slot) = self.registers.get_mut(reg as usize) {
            *slot = value;
        }
    }

    /// The value with the contents of an array made in this method, where they are known.
    pub fn resolved(&self, reg: Reg) -> Abstract {
        self.resolve(&self.register(reg))
    }

    fn resolve(&self, value: &Abstract) -> Abstract {
        value.map(|single| match self.object(single) {
            Some(Object::Array { length: Some(length), elements }) => {
                let Ok(length) = usize::try_from(*length) else { return single.clone() };
                if length > ARRAY_ELEMENTS_MAX {
                    return single.clone();
                }
                let mut items = vec![Abstract::Int(0); length];
                for (index, value) in elements {
                    if let Some(slot) =
                        usize::try_from(*index).ok().and_then(|index| items.get_mut(index))
                    {
                        *slot = value.clone();
                    }
                }
                let known = items.iter().all(|item| {
                    matches!(item, Abstract::Int(_) | Abstract::Str(_) | Abstract::Null)
                });
                if known { Abstract::Array(Arc::new(items)) } else { single.clone() }
            }
            Some(Object::Builder(text @ Abstract::Str(_))) => text.clone(),
            _ => single.clone(),
        })
    }

    /// What is known of the object that a single value stands for.
    pub(crate) fn object(&self, value: &Abstract) -> Option<&Object> {
        self.heap.get(&value.object()?).map(|object| &**object)
    }

    pub(crate) fn object_mut(&mut self, value: &Abstract) -> Option<&mut Object> {
        self.heap.get_mut(&value.object()?).map(Arc::make_mut)
    }

    /// What copying the state costs, in values.
    pub(crate) fn cost(&self) -> usize {
        self.registers.len().saturating_add(self.heap.len())
    }

    pub(crate) fn allocate(&mut self, pc: u32, object: Object) {
        self.heap.insert(pc, Arc::new(object));
    }

    /// The element of an array, where it is known.
    pub(crate) fn element(&self, array: &Abstract, index: i64) -> Option<Abstract> {
        match (array, self.object(array)) {
            (Abstract::Array(items), _) => items.get(usize::try_from(index).ok()?).cloned(),
            (_, Some(Object::Array { length: Some(length), elements })) => (0..*length)
                .contains(&index)
                .then(|| elements.get(&index).cloned().unwrap_or(Abstract::Int(0))),
            _ => None,
        }
    }

    /// The length of an array, where it is known. What the array holds may be lost.
    pub(crate) fn length(&self, array: &Abstract) -> Option<i64> {
        match (array, self.object(array)) {
            (Abstract::Array(items), _) => i64::try_from(items.len()).ok(),
            (_, Some(Object::Array { length, .. } | Object::Lost { length })) => *length,
            _ => None,
        }
    }

    /// Joins another state into this one; whether anything changed. With `widen` a value that
    /// differs becomes unknown at once: what a loop computes has no end of alternatives.
    pub(crate) fn join(&mut self, other: &State, widen: bool) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            if mine != theirs && *mine != Abstract::Unknown {
                let joined = mine.join(theirs);
                if joined != *mine {
                    *mine = if widen { Abstract::Unknown } else { joined };
                    changed = true;
                }
            }
        }
        for (object, theirs) in &other.heap {
            match self.heap.get_mut(object) {
                Some(mine) if Arc::ptr_eq(mine, theirs) || mine == theirs => {}
                Some(mine) => {
                    let joined = mine.join(theirs);
                    if joined != **mine {
                        let length = joined.length();
                        *mine = Arc::new(if widen { Object::Lost { length } } else { joined });
                        changed = true;
                    }
                }
                None => {
                    self.heap.insert(*object, Arc::clone(theirs));
                    changed = true;
                }
            }
        }
        changed
    }

    /// The contents of an object may have been changed, and those of the objects that it holds.
    pub(crate) fn lose(&mut self, value: &Abstract) {
        let mut work = vec![value.clone()];
        while let Some(value) = work.pop() {
            for single in value.alternatives() {
                if let Abstract::Array(_) = single {
                    self.forget(single);
                }
                let Some(object) = self.object_mut(single) else { continue };
                let lost = Object::Lost { length: object.length() };
                if let Object::Array { elements, .. } = std::mem::replace(object, lost) {
                    work.extend(elements.into_values().filter(may_be_object));
                }
            }
        }
    }

    /// Registers that hold this constant hold something unknown from here on.
    fn forget(&mut self, constant: &Abstract) {
        for slot in &mut self.registers {
            if slot.alternatives().contains(constant) {
                *slot = Abstract::Unknown;
            }
        }
    }

    /// All registers that hold the object of `reg` hold `value` from here on.
    pub(crate) fn replace(&mut self, reg: Reg, value: &Abstract) {
        let object = self.register(reg);
        for slot in &mut self.registers {
            if *slot == object {
                *slot = value.clone();
            }
        }
    }
}

fn may_be_object(value: &Abstract) -> bool {
    matches!(
        value,
        Abstract::New { .. } | Abstract::Result { .. } | Abstract::OneOf(_) | Abstract::Array(_)
    )
}

impl Object {
    fn length(&self) -> Option<i64> {
        match self {
            Object::Array { length, .. } | Object::Lost { length } => *length,
            Object::Builder(_) => None,
        }
    }

    /// An array that holds these elements.
    pub(crate) fn array(items: &[Abstract]) -> Object {
        Object::Array {
            length: i64::try_from(items.len()).ok(),
            elements: (0i64..).zip(items.iter().cloned()).collect(),
        }
    }

    fn join(&self, other: &Object) -> Object {
        match (self, other) {
            (
                Object::Array { length: a, elements: x },
                Object::Array { length: b, elements: y },
            ) if a == b => {
                let mut elements = x.clone();
                for (index, value) in y {
                    let joined = match elements.get(index) {
                        Some(mine) => mine.join(value),
                        None => Abstract::Int(0).join(value),
                    };
                    elements.insert(*index, joined);
                }
                for (index, value) in &mut elements {
                    if !y.contains_key(index) {
                        *value = value.join(&Abstract::Int(0));
                    }
                }
                Object::Array { length: *a, elements }
            }
            (Object::Builder(a), Object::Builder(b)) if a == b => Object::Builder(a.clone()),
            (Object::Builder(a), Object::Builder(b)) => match a.join(b) {
                // Appending in a loop never ends: only straight alternatives are kept.
                Abstract::OneOf(values) if values.len() <= 4 => {
                    Object::Builder(Abstract::OneOf(values))
                }
                _ => Object::Lost { length: None },
            },
            (mine, theirs) => {
                let length = mine.length().filter(|length| theirs.length() == Some(*length));
                Object::Lost { length }
            }
        }
    }
}
