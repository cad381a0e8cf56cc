//! Work that is handed over: threads, executors, handlers, timers, tasks, and every object that
//! the platform is given to call back.

use super::super::domain::{Key, ObjId, StepKind, Taint, Value};
use super::super::invoke::Call;
use super::super::machine::{Machine, State};
use super::super::objects::Kind;
use std::rc::Rc;

/// Calls by which an object is taken back.
const TAKES_BACK: [&str; 5] = ["unregister", "remove", "unbind", "cancel", "detach"];
/// Objects that wrap another, followed inward.
const WRAPS_MAX: usize = 5;

impl Machine<'_, '_, '_> {
    pub(super) fn threads(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        let callee = call.callee;
        match &*callee.name {
            "start" | "run" | "join" if callee.is_a("java.lang.Thread") => {
                if &*callee.name != "join" {
                    for object in self.wrapped(&receiver, state) {
                        self.run_on(call, state, object, "run", &[]);
                    }
                }
                Some(Value::null())
            }
            "execute" | "executeOnExecutor" if callee.is_a("android.os.AsyncTask") => {
                let params = call.arguments().last().cloned().unwrap_or_else(Value::open);
                for object in receiver.objects().collect::<Vec<_>>() {
                    self.run_on(call, state, object, "onPreExecute", &[]);
                    let result = self.run_on(call, state, object, "doInBackground", std::slice::from_ref(&params));
                    let result = result.unwrap_or_else(Value::open);
                    self.run_on(call, state, object, "onPostExecute", &[result]);
                }
                Some(receiver)
            }
            "publishProgress" if callee.is_a("android.os.AsyncTask") => {
                for object in receiver.objects().collect::<Vec<_>>() {
                    self.run_on(call, state, object, "onProgressUpdate", &[call.argument(0)]);
                }
                Some(Value::null())
            }
            "sendMessage" | "sendMessageDelayed" | "sendMessageAtTime" | "dispatchMessage" | "send"
            | "sendMessageAtFrontOfQueue"
                if callee.is_a("android.os.Handler") || callee.is_a("android.os.Messenger") =>
            {
                for object in self.wrapped(&receiver, state) {
                    self.run_on(call, state, object, "handleMessage", &[call.argument(0)]);
                }
                Some(Value::int(1))
            }
            "sendToTarget" if callee.is_a("android.os.Message") => {
                for message in receiver.objects().collect::<Vec<_>>() {
                    let target = state.heap.get(message, &Key::Inner).cloned().unwrap_or_default();
                    for object in self.wrapped(&target, state) {
                        self.run_on(call, state, object, "handleMessage", std::slice::from_ref(&receiver));
                    }
                }
                Some(Value::null())
            }
            "obtainMessage" if callee.is_a("android.os.Handler") => {
                let message = self.message(call, state);
                state.heap.set(message, Key::Inner, receiver);
                Some(Value::object(message))
            }
            _ => None,
        }
    }

    fn message(&mut self, call: &Call<'_>, state: &mut State) -> ObjId {
        let message = self.give(state, call, "android.os.Message");
        let names = ["what", "arg1", "arg2"];
        let mut numbers = names.iter();
        for (argument, kind) in call.arguments().iter().zip(&call.callee.kinds) {
            let name = if *kind == b'I' { numbers.next().copied().unwrap_or("obj") } else { "obj" };
            let key = Key::Field(self.world.symbol(name));
            state.heap.set(message, key, argument.clone());
        }
        message
    }

    /// The objects of the app inside: of a thread its task, of a messenger its handler.
    fn wrapped(&mut self, value: &Value, state: &State) -> Vec<ObjId> {
        let mut found = Vec::new();
        let mut layer: Vec<ObjId> = value.objects().collect();
        for _ in 0..WRAPS_MAX {
            let mut next = Vec::new();
            for object in layer {
                let class = self.objects.class(object);
                if self.world.is_app(&class) && !found.contains(&object) {
                    found.push(object);
                }
                for key in [Key::Inner, Key::Elements] {
                    if let Some(inner) = state.heap.get(object, &key) {
                        next.extend(inner.objects());
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            layer = next;
        }
        found
    }

    /// Runs the method of this name on the object; joins what its overloads return.
    pub(in super::super) fn run_on(
        &mut self,
        call: &Call<'_>,
        state: &mut State,
        object: ObjId,
        name: &str,
        args: &[Value],
    ) -> Option<Value> {
        let class = self.objects.class(object);
        let mut result: Option<Value> = None;
        for method in self.world.overloads(&class, name) {
            if method.is_static() {
                continue;
            }
            let count = crate::ir::parameter_kinds(&method.descriptor).len();
            let mut passed = vec![Value::object(object)];
            passed.extend((0..count).map(|at| args.get(at).cloned().unwrap_or_else(Value::open)));
            let registers = state.registers.clone();
            let outcome = self.call(&method, passed, state.heap.clone(), call.site(), &registers);
            if let Some((value, heap)) = outcome.normal {
                state.heap = heap;
                result.get_or_insert_with(Value::default).join(&value);
            }
        }
        result
    }

    /// Objects of the app that are handed to the platform: what it may call on them is run now,
    /// since it may be called at once, and again whenever the component waits for events.
    pub(super) fn register_callbacks(&mut self, call: &Call<'_>, state: &mut State) {
        let takes_back = TAKES_BACK.iter().any(|name| call.callee.name.starts_with(name));
        let registry = self.objects.named("registry", "", Kind::Given);
        let receiver = call.receiver().cloned();
        for (argument, parameter) in
            call.arguments().to_vec().iter().zip(call.callee.parameters.clone())
        {
            for object in argument.objects().collect::<Vec<_>>() {
                let class = self.objects.class(object);
                if !self.world.is_app(&class) {
                    continue;
                }
                let key = Key::Index(i64::from(object));
                if takes_back {
                    state.heap.remove(registry, &key);
                    continue;
                }
                let methods = self.called_back(&class, &parameter);
                if methods.is_empty() {
                    continue;
                }
                if state.heap.get(registry, &key).is_none() {
                    state.heap.set(registry, key, Value::text(Rc::clone(&parameter)));
                    let elements = self.elements_for(receiver.as_ref(), argument, state);
                    if runs_at_once(&call.callee.class, &parameter) {
                        self.run_at_once(call, state, object, &methods, &elements);
                    }
                }
            }
        }
    }

    /// What a callback may be given: what is inside the receiver.
    fn elements_for(&mut self, receiver: Option<&Value>, own: &Value, state: &State) -> Value {
        let Some(receiver) = receiver else { return Value::open() };
        if receiver.objects().any(|object| own.objects().any(|o| o == object)) {
            return Value::open();
        }
        let mut inside = self.inside(state, receiver);
        inside.open = true;
        inside
    }

    fn run_at_once(
        &mut self,
        call: &Call<'_>,
        state: &mut State,
        object: ObjId,
        methods: &[(Rc<str>, Rc<str>)],
        elements: &Value,
    ) {
        for (name, descriptor) in methods {
            let class = self.objects.class(object);
            let Some(method) = self.world.find(&class, name, descriptor) else { continue };
            let count = crate::ir::parameter_kinds(descriptor).len();
            let mut passed = vec![Value::object(object)];
            passed.extend((0..count).map(|_| elements.clone()));
            let registers = state.registers.clone();
            let before = state.heap.clone();
            let outcome = self.call(&method, passed, before.clone(), call.site(), &registers);
            if let Some((value, heap)) = outcome.normal {
                // It may also run later or not at all.
                state.heap = heap;
                let objects = &self.objects;
                state.heap.join(&before, &|object, key| objects.starts_zero(object, key), false);
                let taint = state.heap.deep_taint(&value).stepped(&call.step(StepKind::Library));
                self.keep_result(state, object, &value, &taint);
            }
        }
    }

    /// What a task computed can be had from what it was handed to.
    fn keep_result(&mut self, state: &mut State, object: ObjId, value: &Value, taint: &Taint) {
        if !taint.is_empty() {
            state.heap.add(object, Key::Content, &Value::tainted(taint.clone()));
        }
        if value.objects().next().is_some() {
            state.heap.add(object, Key::Elements, value);
        }
    }

    /// Methods of the class that the platform calls when it is given the object as a `parameter`.
    pub(in super::super) fn called_back(
        &mut self,
        class: &Rc<str>,
        parameter: &str,
    ) -> Vec<(Rc<str>, Rc<str>)> {
        let own = self.world.line_of(class);
        let asked = self.world.line_of(parameter);
        let general = parameter == "java.lang.Object" || !self.world.is_a(class, parameter);
        let component = self.world.is_component(class);
        let mut names: Vec<&'static str> = Vec::new();
        for above in own.iter() {
            let wanted = match general {
                true => !component && above.contains('$') || above == "java.lang.Runnable",
                false => asked.contains(above) || (!component && *above != **class),
            };
            if wanted && let Some(methods) = menshen_models::callback_methods(above) {
                names.extend(methods);
            }
        }
        let lambdas = own.iter().any(|above| above.starts_with("kotlin.jvm.functions."));
        if lambdas {
            names.push("invoke");
        }
        names.sort_unstable();
        names.dedup();
        self.world
            .virtual_methods(class)
            .into_iter()
            .filter(|(name, _)| names.binary_search(&&**name).is_ok())
            .collect()
    }

    /// A broadcast reaches the receivers that were registered in the code for its action.
    pub(super) fn tell_registered(&mut self, call: &Call<'_>, state: &mut State, intent: &Value) {
        let registry = self.objects.named("registry", "", Kind::Given);
        let registered: Vec<ObjId> = state
            .heap
            .cells(registry)
            .filter_map(|(key, _)| match key {
                Key::Index(object) => ObjId::try_from(*object).ok(),
                _ => None,
            })
            .collect();
        for object in registered {
            let class = self.objects.class(object);
            if self.world.is_a(&class, "android.content.BroadcastReceiver") {
                self.run_on(call, state, object, "onReceive", &[Value::open(), intent.clone()]);
            }
        }
    }
}

/// Callbacks that may run before the call returns: tasks, functions, comparators. Listeners wait
/// for events.
fn runs_at_once(class: &str, parameter: &str) -> bool {
    let task = matches!(
        parameter,
        "java.lang.Runnable" | "java.util.concurrent.Callable" | "java.util.TimerTask"
    );
    let function = parameter.starts_with("java.util.function.")
        || parameter == "java.util.Comparator"
        || parameter.starts_with("kotlin.jvm.functions.");
    (task && class != "java.lang.Thread") || function
}
