//! Strings and builders of strings.

use super::super::domain::{Atom, Key, StepKind, Taint, Value};
use super::super::invoke::Call;
use super::super::machine::{Machine, State};
use std::rc::Rc;

/// Longest text that is built.
const TEXT_BYTES_MAX: usize = 16 * 1024;

impl Machine<'_, '_, '_> {
    pub(super) fn text(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let class = &*call.callee.class;
        match class {
            "java.lang.StringBuilder" | "java.lang.StringBuffer" => self.builder(call, state),
            "java.lang.String" if &*call.callee.name == "<init>" => self.new_string(call, state),
            "java.lang.String" => Some(self.of_string(call, state)),
            _ if &*call.callee.name == "toString" => self.print(call, state),
            _ => None,
        }
    }

    /// What a value is as text, with all that it carries.
    fn as_text(&self, value: &Value, kind: u8, state: &State) -> Value {
        let taint = state.heap.deep_taint(value);
        let text = match (self.constant(value, &state.heap), kind) {
            (Some(crate::value::Abstract::Str(text)), _) => Some(text.to_string()),
            (Some(crate::value::Abstract::Int(value)), b'I' | b'J' | b'S' | b'B') => {
                Some(value.to_string())
            }
            (Some(crate::value::Abstract::Int(value)), b'C') => {
                u32::try_from(value).ok().and_then(char::from_u32).map(String::from)
            }
            (Some(crate::value::Abstract::Int(value)), b'Z') => Some((value != 0).to_string()),
            _ => None,
        };
        text.map_or_else(Value::open, Value::text).with(&taint)
    }

    fn builder(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        let name = &*call.callee.name;
        let step = call.step(StepKind::Library);
        match name {
            "<init>" => {
                let text = match call.callee.kinds.first() {
                    Some(b'L') => self.as_text(&call.argument(0), b'L', state),
                    _ => Value::text(""),
                };
                for object in receiver.objects() {
                    self.write(&mut state.heap, &receiver, object, Key::Content, text.clone());
                }
                Some(Value::null())
            }
            "append" => {
                let kind = call.callee.kinds.first().copied().unwrap_or(b'L');
                let mut added = self.as_text(&call.argument(0), kind, state);
                added.taint = added.taint.stepped(&step);
                for object in receiver.objects() {
                    let before =
                        state.heap.get(object, &Key::Content).cloned().unwrap_or_else(Value::open);
                    let after = concat(&before, &added);
                    self.write(&mut state.heap, &receiver, object, Key::Content, after);
                }
                Some(receiver)
            }
            "setLength" | "delete" if call.argument(0).as_int() == Some(0) && clears(call) => {
                for object in receiver.objects() {
                    self.write(&mut state.heap, &receiver, object, Key::Content, Value::text(""));
                }
                Some(receiver)
            }
            "toString" | "substring" | "subSequence" | "charAt" => {
                let mut result = Value::default();
                for object in receiver.objects() {
                    let content = state.heap.get(object, &Key::Content).cloned();
                    result.join(&content.unwrap_or_else(Value::open));
                }
                if receiver.open || result == Value::default() {
                    result.join(&Value::open());
                }
                if name != "toString" {
                    result = Value::tainted(result.taint.clone());
                }
                Some(result.with(&receiver.taint))
            }
            _ if self.asks(name) => Some(Value::open()),
            // insert, reverse, replace, setCharAt: the text is no longer known.
            _ => {
                let mut taint = Taint::default();
                for value in call.arguments() {
                    taint.add(&state.heap.deep_taint(value));
                }
                let taint = taint.stepped(&step);
                for object in receiver.objects() {
                    let mut content = Value::tainted(taint.clone());
                    if let Some(before) = state.heap.get(object, &Key::Content) {
                        content.taint.add(&before.taint);
                    }
                    self.write(&mut state.heap, &receiver, object, Key::Content, content);
                }
                Some(if call.callee.returns_reference() { receiver } else { Value::open() })
            }
        }
    }

    fn new_string(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        let mut text = match call.callee.kinds.first() {
            Some(b'L') => self.as_text(&call.argument(0), b'L', state),
            None => Value::text(""),
            Some(_) => Value::open(),
        };
        if call.callee.kinds.first() == Some(&b'[') {
            text = self.text_of_array(call, state);
        }
        for argument in call.arguments() {
            text.taint.add(&state.heap.deep_taint(argument));
        }
        for object in receiver.objects() {
            self.write(&mut state.heap, &receiver, object, Key::Content, text.clone());
        }
        // Strings have no identity: whoever holds the new object holds its text.
        for register in &mut state.registers {
            if *register == receiver {
                *register = text.clone();
            }
        }
        Some(Value::null())
    }

    /// `new String(bytes)`, `new String(chars)`: known where every element is.
    fn text_of_array(&self, call: &Call<'_>, state: &State) -> Value {
        let Some(crate::value::Abstract::Array(items)) =
            self.constant(&call.argument(0), &state.heap)
        else {
            return Value::open();
        };
        if call.callee.kinds.len() > 1 && call.callee.kinds.get(1) != Some(&b'L') {
            return Value::open();
        }
        let numbers: Option<Vec<i64>> = items
            .iter()
            .map(|item| match item {
                crate::value::Abstract::Int(value) => Some(*value),
                _ => None,
            })
            .collect();
        let Some(numbers) = numbers else { return Value::open() };
        let chars = call.callee.descriptor.starts_with("([C");
        let text = if chars {
            let units: Vec<u16> = numbers.iter().map(|n| (n & 0xffff) as u16).collect();
            String::from_utf16_lossy(&units)
        } else {
            let bytes: Vec<u8> = numbers.iter().map(|n| (n & 0xff) as u8).collect();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Value::text(text)
    }

    fn of_string(&mut self, call: &Call<'_>, state: &mut State) -> Value {
        let name = &*call.callee.name;
        if self.asks(name) {
            return Value::open();
        }
        let mut taint = Taint::default();
        for value in call.values {
            taint.add(&state.heap.deep_taint(value));
        }
        let taint = taint.stepped(&call.step(StepKind::Library));
        let returns: &Rc<str> = &call.callee.returns;
        if returns.ends_with("[]") {
            let array = self.give(state, call, &returns.clone());
            state.heap.set(array, Key::Elements, Value::tainted(taint.clone()));
            return Value::object(array);
        }
        // `valueOf(Object)`, `trim`, `toString` and the like of an open value.
        Value::tainted(taint)
    }

    /// `toString` of a text is itself; that of a platform object is what it holds.
    fn print(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?;
        let text = receiver.atoms().iter().all(|atom| matches!(atom, Atom::Str(_)));
        if text && !receiver.atoms().is_empty() {
            return Some(receiver.clone());
        }
        let taint = state.heap.deep_taint(receiver).stepped(&call.step(StepKind::Library));
        Some(match self.constant(receiver, &state.heap) {
            Some(crate::value::Abstract::Str(known)) => Value::text(known.as_ref()).with(&taint),
            _ => Value::tainted(taint),
        })
    }
}

/// `delete(0, …)` that takes everything away, `setLength(0)`.
fn clears(call: &Call<'_>) -> bool {
    &*call.callee.name == "setLength" || call.argument(1).as_int().is_none_or(|end| end > 1000)
}

fn concat(before: &Value, added: &Value) -> Value {
    let text = match (before.as_text(), added.as_text()) {
        (Some(a), Some(b)) if a.len() + b.len() <= TEXT_BYTES_MAX => Value::text(format!("{a}{b}")),
        _ => Value::open(),
    };
    text.with(&before.taint).with(&added.taint)
}
