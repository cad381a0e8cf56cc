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
                    let result = self.run_on(
                        call,
                        state,
                        object,
                        "doInBackground",
                        std::slice::from_ref(&params),
                    );
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
            "sendMessage"
            | "sendMessageDelayed"
            | "sendMessageAtTime"
            | "dispatchMessage"
            | "send"
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
                        self.run_on(
                            call,
                            state,
                            object,
                            "handleMessage",
                            std::slice::from_ref(&receiver),
                        );
                    }
                }
                Some(Value::null())
            }
            "obtain" if callee.is_a("android.os.Message") => None,
            "obtainMessage" if callee.is_a("android.os.Handler") => {
                let message = self.message(call, state);
                state.heap.set(message, Key::Inner, receiver);
                Some(Value::object(message))
            }
            _ => None,
        }
    }

    pub(super) fn message(&mut self, call: &Call<'_>, state: &mut State) -> ObjId {
        let message = self.give(state, call, "android.os.Message");
        let names = ["what", "arg1", "arg2"];
        let mut numbers = names.iter();
        let parameters = call.callee.parameters.iter().zip(&call.callee.kinds);
        for (argument, (parameter, kind)) in call.arguments().iter().zip(parameters) {
            if &**parameter == "android.os.Handler" {
                continue;
            }
            let name = if *kind == b'I' { numbers.next().copied().unwrap_or("obj") } else { "obj" };
            let key = Key::Field(self.world.field("android.os.Message", name));
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

    /// Runs what an object of the app does with an exception that nothing catches.
    pub(in super::super) fn uncaught_handlers(
        &mut self,
        heap: &super::super::domain::Heap,
    ) -> Vec<ObjId> {
        let registry = self.objects.named("registry", "", Kind::Given);
        let registered: Vec<ObjId> = heap.cells(registry).flat_map(|(_, v)| v.objects()).collect();
        registered
            .into_iter()
            .filter(|object| {
                let class = self.objects.class(*object);
                self.world.is_a(&class, "java.lang.Thread$UncaughtExceptionHandler")
            })
            .collect()
    }

    /// Objects of the app that are handed to the platform: what it may call on them is run now,
    /// since it may be called at once, and again whenever the component waits for events.
    pub(super) fn register_callbacks(&mut self, call: &Call<'_>, state: &mut State) {
        let takes_back = TAKES_BACK.iter().any(|name| call.callee.name.starts_with(name));
        let registry = self.objects.named("registry", "", Kind::Given);
        let receiver = call.receiver().cloned();
        self.take_all_back(call, state, registry);
        // `setOnClickListener` replaces what was set before on the same object.
        let slot = self.slot(call, receiver.as_ref());
        if let Some(slot) = &slot {
            state.heap.remove(registry, slot);
        }
        for (argument, parameter) in
            call.arguments().to_vec().iter().zip(call.callee.parameters.clone())
        {
            for object in argument.objects().collect::<Vec<_>>() {
                let class = self.objects.class(object);
                if !self.world.is_app(&class) {
                    continue;
                }
                let key = slot.clone().unwrap_or(Key::Index(i64::from(object)));
                if takes_back {
                    let key = Key::Index(i64::from(object));
                    state.heap.remove(registry, &key);
                    continue;
                }
                let methods = self.called_back(&class, &parameter);
                if methods.is_empty() {
                    continue;
                }
                if state.heap.get(registry, &key).is_none() {
                    let mut entry = Value::text(Rc::clone(&parameter));
                    entry.join(&Value::object(object));
                    state.heap.set(registry, key.clone(), entry);
                    if let Some(receiver) = &receiver {
                        let by = self.objects.named("registered by", "", Kind::Given);
                        let to: Vec<ObjId> = receiver.objects().collect();
                        for to in to {
                            state.heap.add(by, Key::Index(i64::from(to)), &Value::object(object));
                        }
                    }
                    let elements = self.elements_for(receiver.as_ref(), argument, state);
                    if runs_at_once(&call.callee.class, &parameter) {
                        self.run_at_once(call, state, object, &methods, &elements);
                    }
                }
            }
        }
    }

    /// The place of a listener of which an object has one.
    fn slot(&mut self, call: &Call<'_>, receiver: Option<&Value>) -> Option<Key> {
        let name = &*call.callee.name;
        let sets =
            name.starts_with("set") && (name.ends_with("Listener") || name.ends_with("Callback"));
        let holder = match (sets, receiver?.single()) {
            (true, Some(super::super::domain::Atom::Object(object))) => *object,
            _ => return None,
        };
        if self.objects.is_many(holder) {
            return None;
        }
        Some(Key::Entry(self.world.symbol(&format!("{name} of {holder}"))))
    }

    /// `timer.cancel()`, `handler.removeCallbacksAndMessages(null)`: all that was handed to it.
    fn take_all_back(&mut self, call: &Call<'_>, state: &mut State, registry: ObjId) {
        let name = &*call.callee.name;
        if !matches!(name, "cancel" | "removeCallbacksAndMessages" | "shutdownNow") {
            return;
        }
        let by = self.objects.named("registered by", "", Kind::Given);
        let Some(receiver) = call.receiver().cloned() else { return };
        for holder in receiver.objects() {
            let Some(all) = state.heap.get(by, &Key::Index(i64::from(holder))).cloned() else {
                continue;
            };
            for object in all.objects() {
                state.heap.remove(registry, &Key::Index(i64::from(object)));
            }
        }
        // A task that cancels itself.
        for object in receiver.objects().collect::<Vec<_>>() {
            state.heap.remove(registry, &Key::Index(i64::from(object)));
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
        if self.world.is_a(class, "android.os.AsyncTask") {
            return Vec::new();
        }
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
        let registered: Vec<ObjId> =
            state.heap.cells(registry).flat_map(|(_, value)| value.objects()).collect();
        for object in registered {
            let class = self.objects.class(object);
            if self.world.is_a(&class, "android.content.BroadcastReceiver")
                && self.hears(object, intent, state)
            {
                self.run_on(call, state, object, "onReceive", &[Value::open(), intent.clone()]);
            }
        }
    }
}

impl Machine<'_, '_, '_> {
    /// The action is among those that the receiver was registered for, as far as both are known.
    fn hears(&mut self, receiver: ObjId, intent: &Value, state: &State) -> bool {
        let part = |machine: &mut Self, name: &str| Key::Field(machine.world.symbol(name));
        let (filter, actions, action) =
            (part(self, "$filter"), part(self, "$actions"), part(self, "$action"));
        let Some(filters) = state.heap.get(receiver, &filter) else { return true };
        let wanted: Vec<Rc<str>> = filters
            .objects()
            .filter_map(|object| state.heap.get(object, &actions))
            .flat_map(|value| value.texts().unwrap_or_default())
            .collect();
        if wanted.is_empty() {
            return true;
        }
        intent.objects().any(|object| {
            match state.heap.get(object, &action).and_then(Value::texts) {
                Some(sent) => sent.iter().any(|one| wanted.contains(one)),
                None => true,
            }
        })
    }
}

/// Callbacks that may run before the call returns: tasks, functions, comparators. Listeners wait
/// for events.
fn runs_at_once(class: &str, parameter: &str) -> bool {
    let task = matches!(parameter, "java.lang.Runnable" | "java.util.concurrent.Callable")
        && class.starts_with("java.util.concurrent.");
    let function = parameter.starts_with("java.util.function.")
        || parameter == "java.util.Comparator"
        || parameter.starts_with("kotlin.jvm.functions.");
    task || function
}
