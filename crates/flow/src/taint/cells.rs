//! Reading and writing of cells: fields, elements of arrays, static fields.

use super::domain::{Atom, Heap, Key, ObjId, Step, StepKind, Value};
use super::machine::{ARRAY_ELEMENTS_MAX, Machine, SourceCall, State, encoded, from_number};
use super::objects::Kind;
use super::world::Method;
use crate::ir::{Reg, Symbols};
use crate::lower_dex::DexSymbols;
use std::rc::Rc;

impl Machine<'_, '_, '_> {
    /// A value that is put somewhere, its trail a step longer.
    pub(super) fn stored(&self, mut value: Value, method: u32, pc: u32) -> Value {
        value.taint.add(&self.told);
        if !value.taint.is_empty() {
            value.taint = value.taint.stepped(&Step { method, pc, what: StepKind::Store });
        }
        value
    }

    /// Writes a cell: replaces it where the object is surely this one, else adds to it.
    pub(super) fn write(
        &mut self,
        heap: &mut Heap,
        holder: &Value,
        object: ObjId,
        key: Key,
        value: Value,
    ) {
        let certain = matches!(holder.single(), Some(Atom::Object(_)))
            && !self.objects.is_many(object)
            && key != Key::Elements;
        if certain {
            heap.set(object, key, value);
            return;
        }
        let mut value = value;
        if heap.get(object, &key).is_none() && self.objects.starts_zero(object, &key) {
            value.join(&Value::null());
        }
        heap.add(object, key, &value);
    }

    pub(super) fn fill_array(&mut self, heap: &mut Heap, object: ObjId, values: Vec<Value>) {
        heap.set(object, Key::Size, Value::int(i64::try_from(values.len()).unwrap_or(i64::MAX)));
        for (at, value) in values.into_iter().enumerate() {
            let key = match at < ARRAY_ELEMENTS_MAX {
                true => Key::Index(i64::try_from(at).unwrap_or(i64::MAX)),
                false => Key::Elements,
            };
            heap.add(object, key, &value);
        }
    }

    pub(super) fn array_get(&mut self, state: &State, array: Reg, index: Reg) -> Value {
        let array = state.register(array);
        let index = state.register(index);
        let mut result = Value::default();
        for object in array.objects() {
            result.join(&self.element(&state.heap, object, &index));
        }
        if array.open || result == Value::default() {
            result.join(&Value::open());
        }
        result.with(&array.taint)
    }

    /// An element of an array or list; all of them where the position is not known.
    pub(super) fn element(&self, heap: &Heap, object: ObjId, index: &Value) -> Value {
        let mut result = heap.get(object, &Key::Elements).cloned().unwrap_or_default();
        match index.as_int() {
            Some(at) => match heap.get(object, &Key::Index(at)) {
                Some(value) => {
                    result.join(value);
                }
                None if self.objects.kind(object) == Kind::Made => {
                    result.join(&Value::null());
                }
                None => {
                    result.join(&Value::open());
                }
            },
            None => {
                for (key, value) in heap.cells(object) {
                    if matches!(key, Key::Index(_)) {
                        result.join(value);
                    }
                }
                result.join(&Value::null());
            }
        }
        if let Some(content) = heap.get(object, &Key::Content) {
            result.join(content);
        }
        result
    }

    pub(super) fn get_field(
        &mut self,
        state: &mut State,
        method: &Method,
        pc: u32,
        object: Option<Reg>,
        field: u32,
    ) -> Value {
        let Some(dex) = self.world.program.files.get(method.file).map(|file| &file.dex) else {
            return Value::open();
        };
        let symbols = DexSymbols(dex);
        let (class, name) = symbols.field(field);
        match object {
            None => {
                let class: Rc<str> = class.as_ref().into();
                self.get_static(state, &class, &name, (method.id, pc))
            }
            Some(reg) => {
                let symbol = self.world.field(&class, &name);
                let holder = state.register(reg);
                let mut result = Value::default();
                for object in holder.objects() {
                    // What native code and others may have written into it.
                    if self.objects.kind(object) == Kind::Made
                        && let Some(content) = state.heap.get(object, &Key::Content)
                        && !content.taint.is_empty()
                        && self.world.is_app(&self.objects.class(object))
                    {
                        result.join(&Value::tainted(content.taint.clone()));
                    }
                    match state.heap.get(object, &Key::Field(symbol)) {
                        Some(value) => result.join(value),
                        None if self.objects.kind(object) == Kind::Made => {
                            result.join(&Value::null())
                        }
                        None => result.join(&Value::open()),
                    };
                }
                if holder.open || result == Value::default() {
                    result.join(&Value::open());
                    let anywhere = self.objects.named("anywhere", "", Kind::Given);
                    if let Some(value) = state.heap.get(anywhere, &Key::Field(symbol)) {
                        result.join(value);
                    }
                }
                result.with(&holder.taint)
            }
        }
    }

    pub(super) fn get_static(
        &mut self,
        state: &mut State,
        class: &Rc<str>,
        name: &str,
        site: (u32, u32),
    ) -> Value {
        let class = self.world.declaring(class, name);
        if !self.world.is_app(&class) {
            return self.platform_field(&class, name, site);
        }
        self.initialise(&class, &mut state.heap, site, &state.registers);
        let statics = self.objects.statics(&class);
        let symbol = self.world.symbol(name);
        state.heap.get(statics, &Key::Field(symbol)).cloned().unwrap_or_else(Value::null)
    }

    /// A static field of the platform or a library: a constant where one is written, else a
    /// value that is known by its name.
    pub(super) fn platform_field(&mut self, class: &str, name: &str, site: (u32, u32)) -> Value {
        if let Some(value) = crate::library::constant_field(class, name) {
            return from_number(&value);
        }
        let full = format!("{class}.{name}");
        if let Some(kind) = self.models.source_field(&full) {
            let call =
                SourceCall { method: site.0, pc: site.1, called: full.as_str().into(), kind };
            let taint = self.source_taint(call);
            return Value::tainted(taint);
        }
        if let Some(members) = self.world.members(class)
            && let Some((_, Some(value))) =
                members.statics.iter().find(|(known, _)| &**known == name)
        {
            return encoded(value);
        }
        let object = self.objects.named(&format!("field {full}"), "", Kind::Given);
        Value::object(object)
    }

    pub(super) fn put_field(
        &mut self,
        state: &mut State,
        method: &Method,
        pc: u32,
        object: Option<Reg>,
        field: u32,
        src: Reg,
    ) {
        let Some(dex) = self.world.program.files.get(method.file).map(|file| &file.dex) else {
            return;
        };
        let symbols = DexSymbols(dex);
        let (class, name) = symbols.field(field);
        let value = self.stored(state.register(src), method.id, pc);
        match object {
            None => {
                let symbol = self.world.symbol(&name);
                let class = self.world.declaring(&class, &name);
                self.initialise(&class, &mut state.heap, (method.id, pc), &state.registers);
                let statics = self.objects.statics(&class);
                state.heap.set(statics, Key::Field(symbol), value);
            }
            Some(reg) => {
                let symbol = self.world.field(&class, &name);
                let holder = state.register(reg);
                for object in holder.objects() {
                    self.write(&mut state.heap, &holder, object, Key::Field(symbol), value.clone());
                }
                if holder.open && !value.taint.is_empty() {
                    let anywhere = self.objects.named("anywhere", "", Kind::Given);
                    state.heap.add(anywhere, Key::Field(symbol), &value);
                }
            }
        }
    }
}
