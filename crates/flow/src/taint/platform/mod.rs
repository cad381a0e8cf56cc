//! What calls of the platform and of libraries mean for values and heap: one table of families,
//! tried in order, and a rule for everything else.

mod containers;
mod intents;
mod keyed;
mod reflection;
mod text;
mod threads;

use super::domain::{Atom, Heap, Key, StepKind, Taint, Value};
use super::invoke::Call;
use super::machine::{Machine, State};
use super::objects::Kind;
use crate::value::Abstract;
use std::rc::Rc;
use std::sync::Arc;

/// Elements of an array that is handed to a computed call.
const ARRAY_ELEMENTS_MAX: i64 = 1024;
/// What a call asks for is no part of the data: its result carries nothing.
const ASKS: [&str; 28] = [
    "equals", "equalsIgnoreCase", "hashCode", "isEmpty", "size", "length", "startsWith", "endsWith",
    "contains", "containsKey", "containsValue", "compareTo", "compareToIgnoreCase", "indexOf",
    "lastIndexOf", "matches", "hasNext", "hasMoreElements", "moveToFirst", "moveToNext", "getCount",
    "getColumnIndex", "getColumnIndexOrThrow", "isShown", "isChecked", "getClass", "getId",
    "available",
];

impl Machine<'_, '_, '_> {
    /// The result of a call that leaves the app; its effects are in the state.
    pub(super) fn platform(&mut self, call: &Call<'_>, state: &mut State) -> Value {
        let families: [fn(&mut Self, &Call<'_>, &mut State) -> Option<Value>; 8] = [
            Self::computed,
            Self::reflection,
            Self::text,
            Self::containers,
            Self::intents,
            Self::keyed,
            Self::threads,
            Self::views,
        ];
        let mut result = None;
        for family in families {
            result = family(self, call, state);
            if result.is_some() {
                break;
            }
        }
        let result = result.unwrap_or_else(|| self.anything(call, state));
        self.register_callbacks(call, state);
        result
    }

    /// Pure calls on constants.
    fn computed(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let mut args = Vec::with_capacity(call.values.len());
        for value in call.values {
            args.push(self.constant(value, &state.heap)?);
        }
        if args.is_empty() {
            return None;
        }
        call.callee.library.adjust(&mut args);
        let mut taint = Taint::default();
        for value in call.values {
            taint.add(&state.heap.deep_taint(value));
        }
        let taint = taint.stepped(&call.step(StepKind::Library));
        let taint = if asks(&call.callee.name) { Taint::default() } else { taint };
        match crate::library::evaluate(&call.callee.library, &args)? {
            Abstract::Array(items) => {
                let array = self.give_array(call, state, &items);
                Some(Value::object(array).with(&taint))
            }
            Abstract::Int(value) => Some(Value::int(value).with(&taint)),
            Abstract::Str(text) => Some(Value::text(text.as_ref()).with(&taint)),
            Abstract::Null => Some(Value::null().with(&taint)),
            _ => None,
        }
    }

    fn give_array(&mut self, call: &Call<'_>, state: &mut State, items: &[Abstract]) -> u32 {
        let class: Rc<str> = Rc::clone(&call.callee.returns);
        let array = self.allocate(state, call.site(), &class, Kind::Made);
        let values = items.iter().map(super::machine::from_number).collect();
        self.fill_array(&mut state.heap, array, values);
        array
    }

    /// The one constant that a value is: a number, a text, a text in a builder, a filled array.
    pub(super) fn constant(&self, value: &Value, heap: &Heap) -> Option<Abstract> {
        match value.single()? {
            Atom::Int(value) => Some(Abstract::Int(*value)),
            Atom::Str(text) => Some(Abstract::Str(Arc::from(&**text))),
            Atom::Class(class) => Some(Abstract::Class(Arc::from(&**class))),
            Atom::Object(object) => {
                if let Some(text) = heap.get(*object, &Key::Content).and_then(Value::as_text)
                    && self.holds_text(*object)
                {
                    return Some(Abstract::Str(Arc::from(&**text)));
                }
                let size = heap.get(*object, &Key::Size)?.as_int()?;
                if !(0..=ARRAY_ELEMENTS_MAX).contains(&size)
                    || !self.objects.class(*object).ends_with("[]")
                    || heap.get(*object, &Key::Elements).is_some()
                    || heap.get(*object, &Key::Content).is_some()
                {
                    return None;
                }
                let items: Option<Vec<Abstract>> = (0..size)
                    .map(|at| match heap.get(*object, &Key::Index(at)) {
                        None => Some(Abstract::Int(0)),
                        Some(value) => match value.single()? {
                            Atom::Int(value) => Some(Abstract::Int(*value)),
                            Atom::Str(text) => Some(Abstract::Str(Arc::from(&**text))),
                            _ => None,
                        },
                    })
                    .collect();
                Some(Abstract::Array(Arc::new(items?)))
            }
        }
    }

    fn holds_text(&self, object: u32) -> bool {
        matches!(
            &*self.objects.class(object),
            "java.lang.String" | "java.lang.StringBuilder" | "java.lang.StringBuffer"
        )
    }

    /// Views by their id, and what is read from them.
    fn views(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        match &*call.callee.name {
            "findViewById" | "requireViewById" => {
                let id = call.argument(0).as_int()?;
                let class: Rc<str> = "android.view.View".into();
                let view = self.objects.named(&format!("view {id}"), &class, Kind::Given);
                state.heap.set(view, Key::Content, Value::int(id));
                Some(Value::object(view))
            }
            _ => None,
        }
    }

    /// A call of which nothing is known: what goes in may come out and may stay inside.
    pub(super) fn anything(&mut self, call: &Call<'_>, state: &mut State) -> Value {
        let mut taint = Taint::default();
        for value in call.arguments() {
            taint.add(&state.heap.deep_taint(value));
        }
        let step = call.step(StepKind::Library);
        let inward = taint.stepped(&step);
        let asks = asks(&call.callee.name);
        if let Some(receiver) = call.receiver() {
            if !asks {
                self.keep_inside(call, state, &receiver.clone(), &inward);
            }
            taint.add(&state.heap.deep_taint(receiver));
        }
        let outward = if asks { Taint::default() } else { taint.stepped(&step) };
        self.fill_arrays(call, state, &outward);
        if !call.callee.returns_reference() || is_text(&call.callee.returns) {
            return Value::tainted(outward);
        }
        if call.callee.name.starts_with('<') {
            return Value::null();
        }
        let class: Rc<str> = Rc::clone(&call.callee.returns);
        let object = self.give(state, call, &class);
        if let Some(receiver) = call.receiver() {
            // Builders give themselves; what stands inside the receiver may be what comes out.
            if call.callee.is_a(&class) {
                return receiver.clone().with(&outward);
            }
            let mut result = Value::object(object).with(&outward);
            for holder in receiver.objects() {
                if let Some(inside) = state.heap.get(holder, &Key::Elements) {
                    result.join(inside);
                }
            }
            if !outward.is_empty() {
                state.heap.add(object, Key::Content, &Value::tainted(outward));
            }
            return result;
        }
        if !outward.is_empty() {
            state.heap.add(object, Key::Content, &Value::tainted(outward.clone()));
        }
        let mut result = Value::object(object).with(&outward);
        for argument in call.arguments() {
            for held in argument.objects() {
                if self.objects.kind(held) == Kind::Made {
                    state.heap.add(object, Key::Elements, &Value::object(held));
                }
            }
        }
        if &*class == "java.lang.Object" {
            for argument in call.arguments() {
                result.join(argument);
            }
        }
        result
    }

    /// Data read into an array that is handed over: `read(byte[])`.
    fn fill_arrays(&mut self, call: &Call<'_>, state: &mut State, taint: &Taint) {
        if taint.is_empty() || call.receiver().is_none() {
            return;
        }
        let reads = ["read", "get", "copy", "fill", "readFully", "getChars"];
        if !reads.iter().any(|name| call.callee.name.starts_with(name)) {
            return;
        }
        for argument in call.arguments() {
            for object in argument.objects() {
                if self.objects.class(object).ends_with("[]") {
                    state.heap.add(object, Key::Elements, &Value::tainted(taint.clone()));
                }
            }
        }
    }

    /// The arguments may stay in the receiver, and in what that is wrapped around.
    fn keep_inside(&mut self, call: &Call<'_>, state: &mut State, receiver: &Value, taint: &Taint) {
        let constructor = &*call.callee.name == "<init>";
        for object in receiver.objects() {
            let mut at = object;
            for _ in 0..6 {
                if !taint.is_empty() {
                    state.heap.add(at, Key::Content, &Value::tainted(taint.clone()));
                }
                let inner = state.heap.get(at, &Key::Inner).and_then(|v| v.objects().next());
                match inner {
                    Some(inner) if inner != at => at = inner,
                    _ => break,
                }
            }
            for argument in call.arguments() {
                for held in argument.objects() {
                    if held == object {
                        continue;
                    }
                    if constructor {
                        state.heap.add(object, Key::Inner, &Value::object(held));
                    }
                    state.heap.add(object, Key::Elements, &Value::object(held));
                }
            }
        }
    }
}

pub(super) fn asks(name: &str) -> bool {
    ASKS.contains(&name)
}

pub(super) fn is_text(class: &str) -> bool {
    matches!(class, "java.lang.String" | "java.lang.CharSequence" | "java.lang.Integer" | "java.lang.Long"
        | "java.lang.Double" | "java.lang.Float" | "java.lang.Boolean" | "java.lang.Character")
}
