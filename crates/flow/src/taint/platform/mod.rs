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

/// Models a call if it is one of its own.
type Family<M> = fn(&mut M, &Call<'_>, &mut State) -> Option<Value>;

/// Elements of an array that is handed to a computed call.
const ARRAY_ELEMENTS_MAX: i64 = 1024;
/// What a call asks for is no part of the data: its result carries nothing.
const ASKS: [&str; 32] = [
    "equals",
    "equalsIgnoreCase",
    "hashCode",
    "isEmpty",
    "size",
    "length",
    "startsWith",
    "endsWith",
    "contains",
    "containsKey",
    "containsValue",
    "compareTo",
    "compareToIgnoreCase",
    "indexOf",
    "lastIndexOf",
    "matches",
    "hasNext",
    "hasMoreElements",
    "moveToFirst",
    "moveToNext",
    "getCount",
    "getColumnIndex",
    "getColumnIndexOrThrow",
    "isShown",
    "isChecked",
    "getClass",
    "getId",
    "available",
    "getWidth",
    "getHeight",
    "getMeasuredWidth",
    "getMeasuredHeight",
];

impl Machine<'_, '_, '_> {
    /// The result of a call that leaves the app; its effects are in the state.
    pub(super) fn platform(&mut self, call: &Call<'_>, state: &mut State) -> Value {
        let families: [Family<Self>; 9] = [
            Self::computed,
            Self::basics,
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
        let taint = if self.asks(&call.callee.name) { Taint::default() } else { taint };
        let computed = crate::library::evaluate(&call.callee.library, &args)?;
        self.sure = true;
        match computed {
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
            let closed = |object| self.objects.is_component(object);
            taint.add(&state.heap.taint_within(value, &closed));
        }
        let step = call.step(StepKind::Library);
        let inward = taint.stepped(&step);
        // A yes or no says something of the data and holds none of them.
        let yes_or_no = !self.implicit && call.callee.descriptor.ends_with(")Z");
        let asks = self.asks(&call.callee.name);
        if let Some(receiver) = call.receiver() {
            if !asks {
                self.keep_inside(call, state, &receiver.clone(), &inward);
            }
            taint.add(&self.carried(receiver, state));
        }
        let outward = if asks || yes_or_no { Taint::default() } else { taint.stepped(&step) };
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
            let class = self.objects.class(object);
            if self.world.is_component(&class) {
                continue;
            }
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

impl Machine<'_, '_, '_> {
    /// The result says something of the data and holds none of them.
    pub(super) fn asks(&self, name: &str) -> bool {
        !self.implicit && ASKS.contains(&name)
    }

    /// What a receiver brings into the result of a platform method: all that it holds, but of an
    /// object of the app only what the platform part of it was given.
    fn carried(&mut self, receiver: &Value, state: &State) -> Taint {
        let mut taint = receiver.taint.clone();
        for object in receiver.objects() {
            let class = self.objects.class(object);
            if self.world.is_component(&class) {
                continue;
            }
            if self.world.is_app(&class) {
                for key in [Key::Content, Key::Elements, Key::Inner] {
                    if let Some(value) = state.heap.get(object, &key) {
                        taint.add(&value.taint);
                    }
                }
            } else {
                taint.add(&state.heap.deep_taint(&Value::object(object)));
            }
        }
        taint
    }

    /// Small things of the platform that matter to objects and control.
    fn basics(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let callee = call.callee;
        if callee.is_a("java.lang.Throwable") {
            return self.throwable(call, state);
        }
        match (&*callee.class, &*callee.name) {
            (_, "clone") if call.arguments().is_empty() && !callee.class.ends_with("[]") => {
                self.copy_object(call, state)
            }
            ("java.lang.reflect.Array", "newInstance") => {
                let sizes = self.sizes(&call.argument(1), state);
                Some(Value::object(self.nested_array(call, state, &sizes, 0)))
            }
            ("java.util.Arrays", "fill") if call.arguments().len() == 2 => {
                let array = call.argument(0);
                for object in array.objects() {
                    let certain = array.single().is_some() && !self.objects.is_many(object);
                    if certain {
                        let size = state.heap.get(object, &Key::Size).cloned();
                        state.heap.clear(object);
                        state.heap.set(object, Key::Made, Value::int(1));
                        if let Some(size) = size {
                            state.heap.set(object, Key::Size, size);
                        }
                    }
                    state.heap.add(object, Key::Elements, &call.argument(1));
                }
                Some(Value::null())
            }
            // What comes in from outside is not what was sent.
            (_, "getInputStream" | "getErrorStream")
                if [
                    "java.net.Socket",
                    "android.net.LocalSocket",
                    "java.net.URLConnection",
                    "java.lang.Process",
                ]
                .iter()
                .any(|class| callee.is_a(class)) =>
            {
                let stream = self.give(state, call, "java.io.InputStream");
                Some(Value::object(stream))
            }
            (_, "getPackageName") if call.arguments().is_empty() => {
                let package = self.own_package();
                Some(package.map_or_else(Value::open, Value::text))
            }
            (_, "getApplication" | "getApplicationContext") if call.arguments().is_empty() => {
                let class = self.app.applications.first()?.clone();
                let object = self.objects.named("application", &class, Kind::Made);
                state.heap.set(object, Key::Made, Value::int(1));
                Some(Value::object(object))
            }
            ("android.os.Message", "obtain") => {
                let message = self.message(call, state);
                if let Some(target) = call.arguments().first().filter(|_| {
                    call.callee.parameters.first().is_some_and(|p| &**p == "android.os.Handler")
                }) {
                    state.heap.set(message, Key::Inner, target.clone());
                }
                Some(Value::object(message))
            }
            ("android.os.Message", "setData") => {
                let key = Key::Field(self.world.symbol("$data"));
                let receiver = call.receiver()?.clone();
                for object in receiver.objects() {
                    self.write(&mut state.heap, &receiver, object, key.clone(), call.argument(0));
                }
                Some(Value::null())
            }
            ("android.os.Message", "getData" | "peekData") => {
                let key = Key::Field(self.world.symbol("$data"));
                let mut result = Value::default();
                for object in call.receiver()?.objects().collect::<Vec<_>>() {
                    if state.heap.get(object, &key).is_none() {
                        let bundle = self.give(state, call, "android.os.Bundle");
                        state.heap.set(object, key.clone(), Value::object(bundle));
                    }
                    result.join(&state.heap.get(object, &key).cloned().unwrap_or_default());
                }
                (result != Value::default()).then_some(result)
            }
            (_, "finish" | "finishAffinity" | "finishAndRemoveTask")
                if call.arguments().is_empty() =>
            {
                let receiver = call.receiver()?.clone();
                let key = Key::Field(self.world.symbol("$finishing"));
                for object in receiver.objects() {
                    self.write(&mut state.heap, &receiver, object, key.clone(), Value::int(1));
                }
                Some(Value::null())
            }
            (_, "setContentView" | "inflate") => {
                let id = call.argument(0).as_int()?;
                if let Some(component) = self.component {
                    let shown =
                        self.objects.named(&format!("layouts of {component}"), "", Kind::Given);
                    state.heap.set(shown, Key::Index(id), Value::int(1));
                }
                None
            }
            _ => self.files(call, state),
        }
    }

    pub(super) fn own_package(&self) -> Option<String> {
        let component = self.component.and_then(|index| self.app.components.get(index));
        match component {
            Some(component) => Some(component.package.clone()),
            None if self.app.packages.len() == 1 => self.app.packages.first().cloned(),
            None => None,
        }
    }

    /// The message of an exception is what it was made with, not what its fields hold.
    fn throwable(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        match &*call.callee.name {
            "<init>" | "initCause" => {
                let mut content = Value::default();
                for argument in call.arguments() {
                    content.taint.add(&state.heap.deep_taint(argument));
                }
                if let ([one], true) = (call.arguments(), content.taint.is_empty()) {
                    content = one.clone();
                }
                for object in receiver.objects() {
                    state.heap.set(object, Key::Content, content.clone());
                }
                Some(Value::null())
            }
            "getMessage" | "getLocalizedMessage" | "toString" | "getCause" => {
                let mut taint = receiver.taint.clone();
                for object in receiver.objects() {
                    if let Some(content) = state.heap.get(object, &Key::Content) {
                        taint.add(&content.taint);
                    }
                }
                Some(Value::tainted(taint))
            }
            _ => None,
        }
    }

    fn copy_object(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        let class = self.objects.class(receiver.objects().next()?);
        let kind = self.objects.kind(receiver.objects().next()?);
        let copy = self.allocate(state, call.site(), &class, kind);
        for object in receiver.objects().filter(|object| *object != copy) {
            let cells: Vec<(Key, Value)> =
                state.heap.cells(object).map(|(key, value)| (key.clone(), value.clone())).collect();
            for (key, value) in cells {
                state.heap.add(copy, key, &value);
            }
        }
        Some(Value::object(copy).with(&receiver.taint))
    }

    fn sizes(&self, value: &Value, state: &State) -> Vec<Value> {
        if value.as_int().is_some() {
            return vec![value.clone()];
        }
        let mut sizes = Vec::new();
        for object in value.objects() {
            let count = state.heap.get(object, &Key::Size).and_then(Value::as_int).unwrap_or(0);
            for at in 0..count.clamp(0, 4) {
                sizes.push(self.element(&state.heap, object, &Value::int(at)));
            }
        }
        sizes
    }

    /// An array of arrays: each inner one is an object of its own while their number is small.
    fn nested_array(
        &mut self,
        call: &Call<'_>,
        state: &mut State,
        sizes: &[Value],
        number: u32,
    ) -> u32 {
        let class: Rc<str> = "java.lang.Object[]".into();
        let site = (call.method.id, call.pc | (number << 20));
        let array = self.allocate(state, site, &class, Kind::Made);
        let size = sizes.first().cloned().unwrap_or_else(Value::open);
        state.heap.set(array, Key::Size, size.clone());
        if let ([_, rest @ ..], Some(count @ 0..=16)) = (sizes, size.as_int())
            && !rest.is_empty()
        {
            for at in 0..count {
                let inner = number * 17 + u32::try_from(at).unwrap_or(0) + 1;
                let inner = self.nested_array(call, state, rest, inner & 0xfff);
                state.heap.set(array, Key::Index(at), Value::object(inner));
            }
        }
        array
    }

    /// Files by their names: what is written to one is read from it.
    fn files(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        const STREAMS: [&str; 7] = [
            "java.io.FileOutputStream",
            "java.io.FileInputStream",
            "java.io.FileReader",
            "java.io.FileWriter",
            "java.io.RandomAccessFile",
            "java.util.Scanner",
            "java.io.PrintWriter",
        ];
        let name = &*call.callee.name;
        if name == "openFileOutput" || name == "openFileInput" {
            let file = self.file_named(&call.argument(0), state)?;
            let class = call.callee.returns.to_string();
            let stream = self.give(state, call, &class);
            state.heap.set(stream, Key::Inner, Value::object(file));
            return Some(Value::object(stream));
        }
        if name != "<init>" {
            return None;
        }
        if &*call.callee.class == "java.io.File" {
            let receiver = call.receiver()?.clone();
            let path = call.arguments().last()?.clone();
            for object in receiver.objects() {
                self.write(&mut state.heap, &receiver, object, Key::Content, path.clone());
            }
            return Some(Value::null());
        }
        if STREAMS.contains(&&*call.callee.class) {
            let file = self.file_named(&call.argument(0), state)?;
            for object in call.receiver()?.objects() {
                state.heap.add(object, Key::Inner, &Value::object(file));
            }
            return Some(Value::null());
        }
        None
    }

    fn file_named(&mut self, name: &Value, state: &State) -> Option<u32> {
        let text = match self.constant(name, &state.heap) {
            Some(Abstract::Str(text)) => text.to_string(),
            _ => {
                let object = name.objects().next()?;
                state.heap.get(object, &Key::Content)?.as_text()?.to_string()
            }
        };
        let short = text.rsplit('/').next().unwrap_or(&text).to_owned();
        Some(self.objects.named(&format!("file {short}"), "", Kind::Given))
    }
}

pub(super) fn is_text(class: &str) -> bool {
    matches!(
        class,
        "java.lang.String"
            | "java.lang.CharSequence"
            | "java.lang.Integer"
            | "java.lang.Long"
            | "java.lang.Double"
            | "java.lang.Float"
            | "java.lang.Boolean"
            | "java.lang.Character"
    )
}
