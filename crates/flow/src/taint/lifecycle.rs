//! The order in which the platform runs an app: components with their lifecycles, events while
//! they wait, and what lasts between them.
//!
//! What lasts is the process: static fields, intents on their way, preferences, results. Each
//! component is run from it and adds to it, until nothing new comes of it.

use super::app::ComponentKind;
use super::domain::{Atom, Heap, Key, ObjId, Value};
use super::machine::{Machine, Outcome};
use super::objects::Kind;
use super::relevance::{Reach, Relevance};
use std::rc::Rc;

/// Cells of a heap that are kept without looking which of them are dead.
const CELLS_BEFORE_TIDYING: usize = 400;
/// Rounds over all components.
const ROUNDS_MAX: usize = 4;
/// Apps with more components are run through twice and no more, and only those components that
/// can matter.
const COMPONENTS_RUN_AGAIN_MAX: usize = 30;
/// Rounds of events of one component.
const EVENT_ROUNDS_MAX: usize = 4;

/// Methods of an activity that have their place in its order.
const ACTIVITY_ORDER: [&str; 14] = [
    "<init>",
    "attachBaseContext",
    "onCreate",
    "onStart",
    "onRestoreInstanceState",
    "onPostCreate",
    "onResume",
    "onPostResume",
    "onPause",
    "onSaveInstanceState",
    "onStop",
    "onRestart",
    "onDestroy",
    "onRetainNonConfigurationInstance",
];
/// Parameters that carry an intent to a component.
const INTENT: &str = "Landroid/content/Intent;";
const BUNDLE: &str = "Landroid/os/Bundle;";

impl Machine<'_, '_, '_> {
    /// Runs the whole app.
    pub(super) fn run_app(&mut self) {
        let mut process = Heap::default();
        let total = self.steps_max;
        let many = self.app.components.len() > COMPONENTS_RUN_AGAIN_MAX;
        let reaches: Option<Vec<Reach>> = many.then(|| {
            let relevance = Relevance::new(&mut self.world, self.models);
            self.app.components.iter().map(|component| relevance.reach(&component.class)).collect()
        });
        for round in 0..ROUNDS_MAX {
            let before = process.clone();
            // What a round finds holds for what it knew; the last one knows most.
            let earlier = std::mem::take(&mut self.flows);
            let complete = !std::mem::take(&mut self.truncated);
            let mut passed_over = 0;
            self.start_process(&mut process);
            let order = self.order();
            for (done, index) in order.iter().enumerate() {
                if !self.may_start(*index, &process) {
                    continue;
                }
                if let Some(reach) = reaches.as_ref().and_then(|reaches| reaches.get(*index))
                    && !self.may_matter(*index, reach, &process)
                {
                    passed_over += usize::from(self.app.components[*index].open);
                    continue;
                }
                // Each component has its share of what is left.
                let left = total.saturating_sub(self.steps);
                let shares = u64::try_from(order.len() - done).unwrap_or(u64::MAX) + 1;
                self.steps_max = self.steps + (left / shares * 4).min(left);
                self.component = Some(*index);
                let after = self.run_component(*index, process.clone());
                self.component = None;
                if std::mem::take(&mut self.exhausted) {
                    self.truncated = true;
                }
                self.keep(&mut process, after);
                self.memo.clear();
                if self.steps >= total {
                    self.truncated = true;
                    break;
                }
            }
            self.passed_over = passed_over;
            if self.truncated || !complete {
                self.truncated = true;
                self.flows.extend(earlier);
                break;
            }
            if many && round > 0 {
                break;
            }
            let mut joined = before;
            let objects = &self.objects;
            let zero = |object, key: &Key| objects.starts_zero(object, key);
            if !joined.join(&process, &zero, false) {
                break;
            }
            process = joined;
        }
    }

    /// Providers first, then what the user sees, then the rest.
    fn order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.app.components.len()).collect();
        order.sort_by_key(|index| {
            let component = &self.app.components[*index];
            (component.kind != ComponentKind::Provider, !component.launcher, *index)
        });
        order
    }

    /// The component mentions a source or can read something tainted.
    fn may_matter(&mut self, index: usize, reach: &Reach, process: &Heap) -> bool {
        if reach.source {
            return true;
        }
        let intent = self.intent_of(index);
        process.tainted_objects().into_iter().any(|object| {
            object == intent
                || match self.objects.name(object) {
                    Some(name) if name.starts_with("intent of ") => false,
                    Some(name) => match name.strip_prefix("static ") {
                        Some(class) => reach.classes.contains(class),
                        None => true,
                    },
                    // Held by something that lasts.
                    None => true,
                }
        })
    }

    fn may_start(&mut self, index: usize, process: &Heap) -> bool {
        let open = self.app.components.get(index).is_some_and(|component| component.open);
        let intent = self.intent_of(index);
        open || process.get(intent, &Key::Made).is_some()
    }

    /// Adds to the process what lasts of a component's run.
    fn keep(&mut self, process: &mut Heap, mut after: Heap) {
        after.collect(self.objects.roots().collect::<Vec<_>>());
        let objects = &self.objects;
        process.join(&after, &|object, key| objects.starts_zero(object, key), false);
    }

    /// A process begins with what lasts on the device alone: the application is attached, the
    /// providers are made, then the application is.
    fn start_process(&mut self, process: &mut Heap) {
        let mut heap = process.clone();
        let lasting: Vec<ObjId> = self.objects.lasting().collect();
        heap.collect(lasting);
        let mut applications = Vec::new();
        for class in self.app.applications.clone() {
            let class: Rc<str> = class.as_str().into();
            if self.world.program.class(&class).is_none() {
                continue;
            }
            self.world.follow(&class);
            let object = self.objects.named("application", &class, Kind::Made);
            heap.set(object, Key::Made, Value::int(1));
            heap = self.event(heap, object, "<init>", &[]);
            heap = self.event(heap, object, "attachBaseContext", &[]);
            applications.push(object);
        }
        for index in 0..self.app.components.len() {
            if self.app.components[index].kind == ComponentKind::Provider {
                let class: Rc<str> = self.app.components[index].class.as_str().into();
                if self.world.program.class(&class).is_none() {
                    continue;
                }
                self.world.follow(&class);
                let object =
                    self.objects.named(&format!("component {index} {class}"), &class, Kind::Made);
                heap.set(object, Key::Made, Value::int(1));
                self.component = Some(index);
                heap = self.event(heap, object, "<init>", &[]);
                heap = self.event(heap, object, "onCreate", &[]);
                self.component = None;
            }
        }
        for object in applications {
            heap = self.event(heap, object, "onCreate", &[]);
            heap = self.events(heap, object, &["<init>", "attachBaseContext", "onCreate"]);
        }
        self.keep(process, heap);
    }

    fn run_component(&mut self, index: usize, process: Heap) -> Heap {
        let Some(component) = self.app.components.get(index) else { return process };
        let class: Rc<str> = component.class.as_str().into();
        let kind = component.kind;
        if self.world.program.class(&class).is_none() {
            return process;
        }
        self.world.follow(&class);
        let object = self.objects.named(&format!("component {index} {class}"), &class, Kind::Made);
        let mut heap = process;
        let known = heap.clone();
        if kind != ComponentKind::Provider {
            heap.clear(object);
            heap.set(object, Key::Made, Value::int(1));
            heap = self.event(heap, object, "<init>", &[]);
        }
        self.made.insert(class);
        match kind {
            ComponentKind::Activity => self.activity(index, object, heap),
            ComponentKind::Service => self.service(index, object, heap, &known),
            ComponentKind::Receiver => {
                let intent = self.intent_value(index, &mut heap);
                let heap = self.event(heap, object, "onReceive", &[Value::open(), intent]);
                self.events(heap, object, &["<init>", "onReceive"])
            }
            ComponentKind::Provider => self.events(heap, object, &["<init>", "onCreate"]),
        }
    }

    /// created → started → resumed → events → paused → stopped → destroyed, with the ways back.
    fn activity(&mut self, index: usize, object: ObjId, heap: Heap) -> Heap {
        let saved = self.objects.named(
            &format!("saved state of {index}"),
            "android.os.Bundle",
            Kind::Given,
        );
        let bundle = Value::object(saved);
        let mut created = heap.clone();
        let mut end = heap;
        for round in 0..EVENT_ROUNDS_MAX {
            let before = end.clone();
            let mut at = created.clone();
            // What an earlier instance had registered is gone with it.
            for held in ["registry", "registered by"] {
                let held = self.objects.named(held, "", Kind::Given);
                at.clear(held);
            }
            at = self.event(at, object, "attachBaseContext", &[]);
            let mut first = bundle.clone();
            first.join(&Value::null());
            at = self.event(at, object, "onCreate", &[first]);
            if self.is_finishing(object, &at) {
                let destroyed = self.event(at, object, "onDestroy", &[]);
                self.merge(&mut end, &destroyed);
                break;
            }
            at = self.event(at, object, "onStart", &[]);
            at = self.event(at, object, "onRestoreInstanceState", std::slice::from_ref(&bundle));
            at = self.event(at, object, "onPostCreate", &[]);
            let mut resumed = at;
            for _ in 0..EVENT_ROUNDS_MAX {
                let start = resumed.clone();
                let mut at = resumed.clone();
                at = self.event(at, object, "onResume", &[]);
                at = self.event(at, object, "onPostResume", &[]);
                at = self.events(at, object, &ACTIVITY_ORDER);
                at = self.event(at, object, "onPause", &[]);
                // Paused: back to resumed, or on to stopped.
                self.merge(&mut resumed, &at);
                at = self.event(at, object, "onSaveInstanceState", std::slice::from_ref(&bundle));
                let (after, kept) =
                    self.event_value(at, object, "onRetainNonConfigurationInstance", &[]);
                at = after;
                if let Some(kept) = kept {
                    let retained =
                        self.objects.named(&format!("retained by {index}"), "", Kind::Given);
                    at.add(retained, Key::Inner, &kept);
                }
                at = self.event(at, object, "onStop", &[]);
                let stopped = at.clone();
                at = self.event(at, object, "onRestart", &[]);
                at = self.event(at, object, "onStart", &[]);
                self.merge(&mut resumed, &at);
                let destroyed = self.event(stopped, object, "onDestroy", &[]);
                self.merge(&mut end, &destroyed);
                if !self.merge(&mut resumed, &start.clone()) && resumed.same(&start)
                    || self.exhausted
                {
                    break;
                }
                let mut check = start;
                if !self.merge(&mut check, &resumed) {
                    break;
                }
            }
            // Made anew after destruction: what lasts and the saved state are there again.
            let mut again = end.clone();
            again.clear(object);
            again.set(object, Key::Made, Value::int(1));
            again = self.event(again, object, "<init>", &[]);
            let changed = self.merge(&mut created, &again);
            let mut check = before;
            if self.exhausted || (round > 0 && !self.merge(&mut check, &end)) || !changed {
                break;
            }
        }
        end
    }

    fn is_finishing(&mut self, object: ObjId, heap: &Heap) -> bool {
        let key = Key::Field(self.world.symbol("$finishing"));
        heap.get(object, &key).and_then(Value::as_int) == Some(1)
    }

    /// `known`: the service as its clients left it, for the events that come after.
    fn service(&mut self, index: usize, object: ObjId, heap: Heap, known: &Heap) -> Heap {
        let mut at = self.event(heap, object, "attachBaseContext", &[]);
        at = self.event(at, object, "onCreate", &[]);
        let intent = self.intent_value(index, &mut at);
        for _ in 0..2 {
            let before = at.clone();
            for name in ["onStartCommand", "onStart", "onHandleIntent", "onHandleWork"] {
                at = self.event(at, object, name, std::slice::from_ref(&intent));
            }
            self.merge(&mut at, &before);
        }
        let (after, binder) = self.event_value(at, object, "onBind", std::slice::from_ref(&intent));
        at = after;
        if let Some(binder) = binder {
            let known = self.binder_of(index);
            at.add(known, Key::Inner, &binder);
            at.set(known, Key::Made, Value::int(1));
        }
        let order = [
            "<init>",
            "attachBaseContext",
            "onCreate",
            "onStartCommand",
            "onStart",
            "onBind",
            "onHandleIntent",
            "onHandleWork",
            "onDestroy",
            "onUnbind",
            "onRebind",
        ];
        self.merge(&mut at, known);
        at = self.events(at, object, &order);
        let (after, again) =
            self.event_value(at, object, "onUnbind", std::slice::from_ref(&intent));
        at = after;
        if again.is_some_and(|again| again.as_int() != Some(0)) {
            at = self.event(at, object, "onRebind", std::slice::from_ref(&intent));
            at = self.events(at, object, &order);
        }
        self.event(at, object, "onDestroy", &[])
    }

    /// Everything that may happen while a component waits, in any order.
    fn events(&mut self, heap: Heap, object: ObjId, order: &[&str]) -> Heap {
        let mut all = heap;
        let start = all.clone();
        for _ in 0..EVENT_ROUNDS_MAX {
            let before = all.clone();
            for (name, descriptor) in self.own_events(object, order, &all) {
                if &*name == "onActivityResult" {
                    all = self.results(all, object, &descriptor);
                    continue;
                }
                let after = self.overload(all.clone(), object, &name, &descriptor, &[]);
                self.merge(&mut all, &after);
            }
            let registry = self.objects.named("registry", "", Kind::Given);
            let registered: Vec<(ObjId, Rc<str>)> = all
                .cells(registry)
                .flat_map(|(_, entry)| {
                    let parameter = entry.atoms().iter().find_map(|atom| match atom {
                        Atom::Str(text) => Some(Rc::clone(text)),
                        _ => None,
                    });
                    let parameter = parameter.unwrap_or_else(|| "".into());
                    entry
                        .objects()
                        .map(|object| (object, Rc::clone(&parameter)))
                        .collect::<Vec<_>>()
                })
                .collect();
            for (callback, parameter) in registered {
                let class = self.objects.class(callback);
                if self.is_fragment(&class) {
                    // Each round begins with the fragment as it was when it was added.
                    let mut fresh = all.clone();
                    let was =
                        if start.get(callback, &Key::Made).is_some() { &start } else { &before };
                    self.forget_fields(&mut fresh, callback, was);
                    let after = self.fragment(fresh, callback);
                    self.merge(&mut all, &after);
                    continue;
                }
                for (name, descriptor) in self.called_back(&class, &parameter) {
                    if callback == object && order.contains(&&*name) {
                        continue;
                    }
                    let after = self.overload(all.clone(), callback, &name, &descriptor, &[]);
                    self.merge(&mut all, &after);
                }
            }
            let mut check = before;
            if self.exhausted || !self.merge(&mut check, &all) {
                break;
            }
        }
        all
    }

    /// Each result that is expected, with the code that it was asked for by.
    fn results(&mut self, heap: Heap, object: ObjId, descriptor: &str) -> Heap {
        let mut all = heap;
        let component = self.component_of(&Value::object(object)).or(self.component);
        let Some(component) = component else { return all };
        let expected = self.results_for(component);
        let mut asked: Vec<(Value, Value)> = all
            .cells(expected)
            .filter_map(|(key, value)| match key {
                Key::Index(code) => Some((Value::int(*code), value.clone())),
                Key::Inner => Some((Value::open(), value.clone())),
                _ => None,
            })
            .collect();
        asked.push((Value::open(), Value::open()));
        for (code, data) in asked {
            let args = [code, Value::open(), data];
            let after = self.overload(all.clone(), object, "onActivityResult", descriptor, &args);
            self.merge(&mut all, &after);
        }
        all
    }

    fn is_fragment(&mut self, class: &str) -> bool {
        [
            "android.app.Fragment",
            "androidx.fragment.app.Fragment",
            "android.support.v4.app.Fragment",
        ]
        .iter()
        .any(|fragment| self.world.is_a(class, fragment))
    }

    /// Puts the fields of an object back to what they were.
    fn forget_fields(&mut self, heap: &mut Heap, object: ObjId, before: &Heap) {
        heap.clear(object);
        let cells: Vec<(Key, Value)> =
            before.cells(object).map(|(key, value)| (key.clone(), value.clone())).collect();
        for (key, value) in cells {
            heap.set(object, key, value);
        }
    }

    fn fragment(&mut self, heap: Heap, object: ObjId) -> Heap {
        const BEFORE: [&str; 8] = [
            "onAttach",
            "onCreate",
            "onCreateView",
            "onViewCreated",
            "onActivityCreated",
            "onViewStateRestored",
            "onStart",
            "onResume",
        ];
        const BEHIND: [&str; 6] =
            ["onPause", "onSaveInstanceState", "onStop", "onDestroyView", "onDestroy", "onDetach"];
        let mut at = heap;
        for name in BEFORE {
            at = self.event(at, object, name, &[]);
        }
        let order: Vec<&str> = BEFORE.iter().chain(&BEHIND).copied().collect();
        for (name, descriptor) in self.own_events(object, &order, &at) {
            let after = self.overload(at.clone(), object, &name, &descriptor, &[]);
            self.merge(&mut at, &after);
        }
        for name in BEHIND {
            at = self.event(at, object, name, &[]);
        }
        at
    }

    /// Methods of a component that the platform calls outside its order, and those that its
    /// layouts name.
    fn own_events(
        &mut self,
        object: ObjId,
        order: &[&str],
        heap: &Heap,
    ) -> Vec<(Rc<str>, Rc<str>)> {
        let class = self.objects.class(object);
        let mut called: Vec<&'static str> = Vec::new();
        for above in self.world.base_line(&class) {
            if let Some(methods) = menshen_models::callback_methods(&above) {
                called.extend(methods);
            }
        }
        let shown = self
            .component
            .map(|index| self.objects.named(&format!("layouts of {index}"), "", Kind::Given));
        let handlers: std::collections::BTreeSet<&String> = self
            .app
            .click_handlers
            .iter()
            .filter(|(layout, _)| {
                shown.is_none_or(|shown| heap.get(shown, &Key::Index(**layout)).is_some())
            })
            .flat_map(|(_, names)| names)
            .collect();
        self.world
            .virtual_methods(&class)
            .into_iter()
            .filter(|(name, descriptor)| {
                let clicked = handlers.contains(&name.to_string())
                    && &**descriptor == "(Landroid/view/View;)V";
                let platform = called.contains(&&**name) && !order.contains(&&**name);
                clicked || platform
            })
            .collect()
    }

    /// Runs the methods of this name, if the app has any; the heap behind them.
    fn event(&mut self, heap: Heap, object: ObjId, name: &str, args: &[Value]) -> Heap {
        self.event_value(heap, object, name, args).0
    }

    fn event_value(
        &mut self,
        mut heap: Heap,
        object: ObjId,
        name: &str,
        args: &[Value],
    ) -> (Heap, Option<Value>) {
        let class = self.objects.class(object);
        let mut result: Option<Value> = None;
        for method in self.world.overloads(&class, name) {
            if method.is_static() || self.exhausted {
                continue;
            }
            let args = self.arguments(&method.descriptor, args, object, &mut heap);
            let mut passed = vec![Value::object(object)];
            passed.extend(args);
            let outcome = self.call(&method, passed, heap.clone(), (u32::MAX, 0), &[]);
            self.catch_all(&outcome);
            if let Some(value) = settle(outcome, &mut heap) {
                result.get_or_insert_with(Value::default).join(&value);
            }
        }
        (heap, result)
    }

    fn overload(
        &mut self,
        mut heap: Heap,
        object: ObjId,
        name: &str,
        descriptor: &str,
        args: &[Value],
    ) -> Heap {
        let class = self.objects.class(object);
        let Some(method) = self.world.find(&class, name, descriptor) else { return heap };
        let args = self.arguments(descriptor, args, object, &mut heap);
        let mut passed = vec![Value::object(object)];
        passed.extend(args);
        let outcome = self.call(&method, passed, heap.clone(), (u32::MAX, 0), &[]);
        self.catch_all(&outcome);
        settle(outcome, &mut heap);
        self.tidy(&mut heap, object);
        heap
    }

    /// An exception that leaves an event reaches the handlers that the app has set for that.
    fn catch_all(&mut self, outcome: &Outcome) {
        let Some((exception, heap)) = &outcome.thrown else { return };
        for handler in self.uncaught_handlers(heap) {
            let class = self.objects.class(handler);
            for method in self.world.overloads(&class, "uncaughtException") {
                let args = vec![Value::object(handler), Value::open(), exception.clone()];
                self.call(&method, args, heap.clone(), (u32::MAX, 0), &[]);
            }
        }
    }

    /// Drops what nothing can reach any more.
    fn tidy(&mut self, heap: &mut Heap, object: ObjId) {
        if heap.len() > CELLS_BEFORE_TIDYING {
            self.steps += heap.len() as u64 / 16;
            let roots: Vec<ObjId> = self.objects.roots().chain([object]).collect();
            heap.collect(roots);
        }
    }

    /// What the platform hands to an event: intents of the component, what a binder gives, and
    /// otherwise anything.
    fn arguments(
        &mut self,
        descriptor: &str,
        given: &[Value],
        object: ObjId,
        heap: &mut Heap,
    ) -> Vec<Value> {
        let parameters = parameter_types(descriptor);
        let component = self.component_of(&Value::object(object)).or(self.component);
        let mut args = Vec::new();
        for (at, parameter) in parameters.iter().enumerate() {
            let value = match (given.get(at), *parameter) {
                (Some(value), _) => value.clone(),
                // Receivers that were registered hear from others; components read their own.
                (None, INTENT) => match self.component_of(&Value::object(object)).and(component) {
                    Some(component) => Value::object(self.intent_of(component)),
                    None => Value::open(),
                },
                (None, "Landroid/os/IBinder;") => {
                    let mut value = Value::default();
                    if let Some(inner) = heap.get(object, &Key::Inner).cloned() {
                        for binder in inner.objects() {
                            if let Some(known) = heap.get(binder, &Key::Inner) {
                                value.join(known);
                            }
                        }
                    }
                    if value == Value::default() { Value::open() } else { value }
                }
                (None, BUNDLE) => Value::open(),
                (None, _) => Value::open(),
            };
            args.push(value);
        }
        args
    }

    fn intent_value(&mut self, index: usize, heap: &mut Heap) -> Value {
        let intent = self.intent_of(index);
        heap.set(intent, Key::Made, Value::int(1));
        Value::object(intent)
    }

    fn merge(&mut self, mine: &mut Heap, theirs: &Heap) -> bool {
        let objects = &self.objects;
        mine.join(theirs, &|object, key| objects.starts_zero(object, key), false)
    }
}

/// The heap behind a call: an event that only throws ends the app and leaves nothing behind.
fn settle(outcome: Outcome, heap: &mut Heap) -> Option<Value> {
    let (value, after) = outcome.normal?;
    *heap = after;
    Some(value)
}

/// The types of the parameters as they stand in the descriptor.
fn parameter_types(descriptor: &str) -> Vec<&str> {
    let mut types = Vec::new();
    let mut rest = descriptor.strip_prefix('(').unwrap_or_default();
    while !rest.is_empty() && !rest.starts_with(')') {
        let dimensions = rest.bytes().take_while(|b| *b == b'[').count();
        let end = match rest.as_bytes().get(dimensions) {
            Some(b'L') => rest.find(';').map_or(rest.len(), |at| at + 1),
            Some(_) => dimensions + 1,
            None => rest.len(),
        };
        types.push(rest.get(..end).unwrap_or(rest));
        rest = rest.get(end..).unwrap_or_default();
    }
    types
}

#[cfg(test)]
mod tests {
    use super::parameter_types;

    #[test]
    fn parameters() {
        for (descriptor, expected) in [
            ("()V", &[][..]),
            ("(Landroid/content/Intent;I[J)V", &["Landroid/content/Intent;", "I", "[J"]),
            ("([[Lx;Z)V", &["[[Lx;", "Z"]),
            ("(Lbroken", &["Lbroken"]),
            ("", &[]),
        ] {
            assert_eq!(parameter_types(descriptor), expected, "{descriptor}");
        }
    }
}
