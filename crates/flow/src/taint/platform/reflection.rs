//! Reflection, where the names are known.

use super::super::domain::{Atom, Key, Value};
use super::super::invoke::Call;
use super::super::machine::{Machine, State};
use super::super::objects::Kind;
use std::rc::Rc;

/// Class of the objects that `Proxy` makes.
const PROXY: &str = "java.lang.reflect.Proxy";
/// Methods of one name that are tried.
const OVERLOADS_MAX: usize = 6;

impl Machine<'_, '_, '_> {
    pub(super) fn reflection(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        match (&*call.callee.class, &*call.callee.name) {
            ("java.lang.Class", "forName") => {
                let name = call.argument(0).as_text()?.clone();
                let known = self.world.program.class(&name).is_some()
                    || menshen_models::is_platform_class(&name)
                    || menshen_models::sdks().by_class(&name).is_some();
                if !known && !name.starts_with("com.android.") && !name.starts_with('[') {
                    // Nothing defines it: the call throws.
                    self.fails = true;
                }
                Some(Value::atom(Atom::Class(name)))
            }
            (
                "java.lang.ClassLoader"
                | "dalvik.system.DexClassLoader"
                | "dalvik.system.PathClassLoader",
                "loadClass",
            ) => {
                let name = call.argument(0).as_text()?.clone();
                Some(Value::atom(Atom::Class(name)))
            }
            ("java.lang.Class", "newInstance") => self.make(call, state, call.receiver()?, &[]),
            ("java.lang.Class", "getConstructor" | "getDeclaredConstructor") => {
                let class = call.receiver()?.clone();
                let constructor = self.give(state, call, "java.lang.reflect.Constructor");
                state.heap.set(constructor, Key::Inner, class);
                Some(Value::object(constructor))
            }
            ("java.lang.reflect.Constructor", "newInstance") => {
                let constructor = call.receiver()?.objects().next()?;
                let class = state.heap.get(constructor, &Key::Inner).cloned()?;
                let args = self.array_values(&call.argument(0), state);
                self.make(call, state, &class, &args)
            }
            ("java.lang.Class", "getMethod" | "getDeclaredMethod") => {
                self.member(call, state, "java.lang.reflect.Method")
            }
            ("java.lang.Class", "getField" | "getDeclaredField") => {
                self.member(call, state, "java.lang.reflect.Field")
            }
            ("java.lang.Class", "getMethods" | "getDeclaredMethods") => {
                let array = self.give(state, call, "java.lang.reflect.Method[]");
                let method =
                    self.objects.named("any method", "java.lang.reflect.Method", Kind::Given);
                state.heap.set(method, Key::Inner, call.receiver()?.clone());
                state.heap.set(array, Key::Elements, Value::object(method));
                Some(Value::object(array))
            }
            ("java.lang.reflect.Proxy", "newProxyInstance") => {
                let proxy = self.give(state, call, PROXY);
                state.heap.set(proxy, Key::Inner, call.argument(2));
                Some(Value::object(proxy))
            }
            (_, name) if !name.starts_with('<') && self.is_proxy(call) => {
                self.call_proxy(call, state)
            }
            ("java.lang.reflect.Method", "invoke") => self.invoke_member(call, state),
            ("java.lang.reflect.Field", "get" | "set") => self.field_member(call, state),
            ("java.lang.Class", "getName" | "getCanonicalName") => {
                match call.receiver()?.single()? {
                    Atom::Class(name) => Some(Value::text(Rc::clone(name))),
                    _ => None,
                }
            }
            (_, "getClass") if call.arguments().is_empty() => {
                let mut result = Value::default();
                for object in call.receiver()?.objects() {
                    result.join(&Value::atom(Atom::Class(self.objects.class(object))));
                }
                (result != Value::default()).then_some(result)
            }
            _ => None,
        }
    }

    fn is_proxy(&self, call: &Call<'_>) -> bool {
        call.receiver()
            .is_some_and(|receiver| receiver.objects().any(|o| &*self.objects.class(o) == PROXY))
    }

    /// A call on a proxy runs the handler with the method and the arguments in an array.
    fn call_proxy(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        let method = self.objects.named(
            &format!("method {}", call.callee.name),
            "java.lang.reflect.Method",
            Kind::Given,
        );
        state.heap.set(method, Key::Content, Value::text(Rc::clone(&call.callee.name)));
        let array = self.allocate(state, call.site(), &"java.lang.Object[]".into(), Kind::Made);
        self.fill_array(&mut state.heap, array, call.arguments().to_vec());
        let args = [receiver.clone(), Value::object(method), Value::object(array)];
        let mut result: Option<Value> = None;
        for proxy in receiver.objects() {
            let handlers = state.heap.get(proxy, &Key::Inner).cloned().unwrap_or_default();
            for handler in handlers.objects() {
                let value = self.run_on(call, state, handler, "invoke", &args);
                result.get_or_insert_with(Value::default).join(&value.unwrap_or_else(Value::open));
            }
        }
        result
    }

    fn member(&mut self, call: &Call<'_>, state: &mut State, class: &str) -> Option<Value> {
        let member = self.give(state, call, class);
        state.heap.set(member, Key::Inner, call.receiver()?.clone());
        state.heap.set(member, Key::Content, call.argument(0));
        Some(Value::object(member))
    }

    /// The classes that a value stands for.
    fn classes(&self, value: &Value) -> Vec<Rc<str>> {
        value
            .atoms()
            .iter()
            .filter_map(|atom| match atom {
                Atom::Class(class) => Some(Rc::clone(class)),
                _ => None,
            })
            .collect()
    }

    fn array_values(&self, array: &Value, state: &State) -> Vec<Value> {
        let mut values: Vec<Value> = Vec::new();
        for object in array.objects() {
            let size = state.heap.get(object, &Key::Size).and_then(Value::as_int).unwrap_or(0);
            for at in 0..size.clamp(0, 16) {
                let value = self.element(&state.heap, object, &Value::int(at));
                match values.get_mut(usize::try_from(at).unwrap_or(0)) {
                    Some(known) => {
                        known.join(&value);
                    }
                    None => values.push(value),
                }
            }
        }
        values
    }

    fn make(
        &mut self,
        call: &Call<'_>,
        state: &mut State,
        class: &Value,
        args: &[Value],
    ) -> Option<Value> {
        let mut result = Value::default();
        for class in self.classes(class) {
            if !self.world.is_app(&class) {
                continue;
            }
            self.initialise(&class, &mut state.heap, call.site(), &state.registers.clone());
            let object = self.allocate(state, call.site(), &class, Kind::Made);
            self.made.insert(Rc::clone(&class));
            let mut passed = vec![Value::object(object)];
            passed.extend(args.iter().cloned());
            self.run_named(call, state, &class, "<init>", &passed);
            result.join(&Value::object(object));
        }
        (result != Value::default()).then_some(result)
    }

    /// Runs the methods of this name that take as many arguments; joins what they return.
    pub(super) fn run_named(
        &mut self,
        call: &Call<'_>,
        state: &mut State,
        class: &Rc<str>,
        name: &str,
        passed: &[Value],
    ) -> Option<Value> {
        let mut result: Option<Value> = None;
        let overloads = self.world.overloads(class, name);
        for method in overloads.into_iter().take(OVERLOADS_MAX) {
            let receivers = usize::from(!method.is_static());
            let kinds = crate::ir::parameter_kinds(&method.descriptor).len();
            let given = passed.len() - usize::from(!passed.is_empty());
            if kinds != given {
                continue;
            }
            let args: Vec<Value> = passed.iter().skip(1 - receivers).cloned().collect();
            let registers = state.registers.clone();
            let outcome = self.call(&method, args, state.heap.clone(), call.site(), &registers);
            if let Some((value, heap)) = outcome.normal {
                state.heap = heap;
                match &mut result {
                    Some(known) => {
                        known.join(&value);
                    }
                    None => result = Some(value),
                }
            }
        }
        result
    }

    fn invoke_member(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let method = call.receiver()?.clone();
        let receiver = call.argument(0);
        let args = self.array_values(&call.argument(1), state);
        let mut result: Option<Value> = None;
        for object in method.objects() {
            let class = state.heap.get(object, &Key::Inner).cloned()?;
            let names = state.heap.get(object, &Key::Content).and_then(Value::texts);
            let mut classes = self.classes(&class);
            classes.extend(receiver.objects().map(|o| self.objects.class(o)));
            classes.dedup();
            for class in classes {
                let names = match &names {
                    Some(names) => names.clone(),
                    None => {
                        self.world.virtual_methods(&class).into_iter().map(|(n, _)| n).collect()
                    }
                };
                for name in names {
                    if !self.world.is_app(&class) {
                        if let Some(value) =
                            self.platform_member(call, state, &class, &name, &receiver, &args)
                        {
                            result.get_or_insert_with(Value::default).join(&value);
                        }
                        continue;
                    }
                    let mut passed = vec![receiver.clone()];
                    passed.extend(args.iter().cloned());
                    if let Some(value) = self.run_named(call, state, &class, &name, &passed) {
                        result.get_or_insert_with(Value::default).join(&value);
                    }
                }
            }
        }
        result
    }

    /// A method of the platform by reflection: a source or a sink like the method itself.
    fn platform_member(
        &mut self,
        call: &Call<'_>,
        state: &mut State,
        class: &str,
        name: &str,
        receiver: &Value,
        args: &[Value],
    ) -> Option<Value> {
        let callee = self.world.named_callee(class, name, args.len());
        let mut values = vec![receiver.clone()];
        values.extend(args.iter().cloned());
        let inner = Call {
            callee: &callee,
            method: call.method,
            pc: call.pc,
            values: &values,
            is_static: false,
        };
        self.sink(&inner, &state.heap);
        let mut value = self.anything(&inner, state);
        if let Some(source) = self.source_of(&inner, &state.heap) {
            let taint = self.source_taint(source);
            value.taint.add(&taint);
        }
        Some(value)
    }

    fn field_member(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let field = call.receiver()?.objects().next()?;
        let name = state.heap.get(field, &Key::Content)?.as_text()?.to_string();
        let class = state.heap.get(field, &Key::Inner).cloned()?;
        let holder = call.argument(0);
        let classes = self.classes(&class);
        let named = classes.first().cloned().unwrap_or_else(|| "".into());
        let mut key = Key::Field(self.world.field(&named, &name));
        let mut objects: Vec<u32> = holder.objects().collect();
        if objects.is_empty() {
            key = Key::Field(self.world.symbol(&name));
        }
        if objects.is_empty() {
            for class in self.classes(&class) {
                self.initialise(&class, &mut state.heap, call.site(), &state.registers.clone());
                objects.push(self.objects.statics(&class));
            }
        }
        if &*call.callee.name == "set" {
            let value = self.stored(call.argument(1), call.method.id, call.pc);
            for object in objects {
                self.write(&mut state.heap, &holder, object, key.clone(), value.clone());
            }
            return Some(Value::null());
        }
        let mut result = Value::default();
        for object in objects {
            result.join(&state.heap.get(object, &key).cloned().unwrap_or_else(Value::open));
        }
        Some(result)
    }
}
