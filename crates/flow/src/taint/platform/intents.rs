//! Intents: where they go and what they carry there.
//!
//! An intent is an object with cells for its component, action, data and categories besides its
//! extras. Sent to a component of the app, its contents are added to those of the intent that the
//! component will read, and the component counts as started.

use super::super::app::{Component, ComponentKind};
use super::super::domain::{Atom, Heap, Key, ObjId, Value};
use super::super::invoke::Call;
use super::super::machine::{Machine, State};
use super::super::objects::Kind;
use std::rc::Rc;

const INTENT: &str = "android.content.Intent";

/// Calls that send an intent, with the position of the intent and the kind it starts.
const SENDS: [(&str, usize, ComponentKind); 16] = [
    ("startActivity", 0, ComponentKind::Activity),
    ("startActivityForResult", 0, ComponentKind::Activity),
    ("startActivityIfNeeded", 0, ComponentKind::Activity),
    ("startActivities", 0, ComponentKind::Activity),
    ("startService", 0, ComponentKind::Service),
    ("startForegroundService", 0, ComponentKind::Service),
    ("bindService", 0, ComponentKind::Service),
    ("sendBroadcast", 0, ComponentKind::Receiver),
    ("sendOrderedBroadcast", 0, ComponentKind::Receiver),
    ("sendStickyBroadcast", 0, ComponentKind::Receiver),
    ("sendStickyOrderedBroadcast", 0, ComponentKind::Receiver),
    ("sendBroadcastSync", 0, ComponentKind::Receiver),
    ("sendBroadcastAsUser", 0, ComponentKind::Receiver),
    ("launch", 0, ComponentKind::Activity),
    ("startActivityFromFragment", 1, ComponentKind::Activity),
    ("startActivityFromChild", 1, ComponentKind::Activity),
];

impl Machine<'_, '_, '_> {
    fn part(&mut self, name: &str) -> Key {
        Key::Field(self.world.symbol(name))
    }

    pub(super) fn intents(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        if call.callee.is_a(INTENT) {
            return self.of_intent(call, state);
        }
        match (&*call.callee.class, &*call.callee.name) {
            ("android.content.ComponentName", "<init>") => {
                let receiver = call.receiver()?.clone();
                let class = call.argument(1);
                for object in receiver.objects() {
                    self.write(&mut state.heap, &receiver, object, Key::Content, class.clone());
                }
                return Some(Value::null());
            }
            ("android.net.Uri", "parse") => {
                let uri = self.give(state, call, "android.net.Uri");
                state.heap.set(uri, Key::Content, call.argument(0));
                let taint = state.heap.deep_taint(&call.argument(0));
                return Some(Value::object(uri).with(&taint));
            }
            ("android.net.Uri", "withAppendedPath") => return Some(call.argument(0)),
            (
                "android.app.PendingIntent",
                name @ ("getActivity" | "getService" | "getBroadcast" | "getForegroundService"),
            ) => {
                return self.pending(call, state, name);
            }
            ("android.os.Messenger", "getBinder") | ("android.os.Binder", "asBinder") => {
                return call.receiver().cloned();
            }
            ("android.content.IntentFilter", "<init>" | "addAction") => {
                let key = self.part("$actions");
                for object in call.receiver()?.objects() {
                    state.heap.add(object, key.clone(), &call.argument(0));
                }
                return Some(Value::null());
            }
            ("android.content.ContentUris", "withAppendedId") => return Some(call.argument(0)),
            _ => {}
        }
        match &*call.callee.name {
            "getLastNonConfigurationInstance" if call.arguments().is_empty() => {
                let index = call.receiver().and_then(|receiver| self.component_of(receiver))?;
                let retained = self.objects.named(&format!("retained by {index}"), "", Kind::Given);
                let mut value = state.heap.get(retained, &Key::Inner).cloned().unwrap_or_default();
                value.join(&Value::null());
                Some(value)
            }
            "getIntent" if call.arguments().is_empty() => Some(self.own_intent(call, state)),
            "setIntent" if call.arguments().len() == 1 => {
                if let Some(component) = self.component_of(call.receiver()?) {
                    let intent = self.intent_of(component);
                    self.copy_cells(state, &call.argument(0), intent);
                }
                Some(Value::null())
            }
            "setResult" => {
                if call.arguments().len() > 1
                    && let Some(component) = self.component_of(call.receiver()?)
                {
                    let result = self.result_of(component);
                    self.copy_cells(state, &call.argument(1), result);
                }
                Some(Value::null())
            }
            "registerReceiver" => {
                let key = self.part("$filter");
                for object in call.argument(0).objects() {
                    state.heap.add(object, key.clone(), &call.argument(1));
                }
                None
            }
            _ if call.callee.is_a("android.content.ContentResolver") => {
                self.ask_provider(call, state)
            }
            _ => self.send(call, state),
        }
    }

    fn of_intent(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let receiver = call.receiver()?.clone();
        let parameters = &call.callee.parameters;
        let is = |index: usize, class: &str| parameters.get(index).is_some_and(|p| &**p == class);
        let mut set = |machine: &mut Self, part: &str, value: Value| {
            let key = machine.part(part);
            for object in receiver.objects() {
                machine.write(&mut state.heap, &receiver, object, key.clone(), value.clone());
            }
        };
        match &*call.callee.name {
            "<init>" => {
                match parameters.len() {
                    1 if is(0, "java.lang.String") => set(self, "$action", call.argument(0)),
                    1 if is(0, INTENT) => {
                        let from = call.argument(0);
                        for object in receiver.objects() {
                            self.copy_cells(state, &from, object);
                        }
                    }
                    2 if is(0, "java.lang.String") => {
                        set(self, "$action", call.argument(0));
                        set(self, "$data", call.argument(1));
                    }
                    2 => set(self, "$component", call.argument(1)),
                    4 => {
                        set(self, "$action", call.argument(0));
                        set(self, "$data", call.argument(1));
                        set(self, "$component", call.argument(3));
                    }
                    _ => {}
                }
                Some(Value::null())
            }
            "setAction" => {
                set(self, "$action", call.argument(0));
                Some(receiver)
            }
            "setClass" | "setClassName" => {
                set(self, "$component", call.argument(1));
                Some(receiver)
            }
            "setComponent" => {
                let component = call.argument(0);
                let mut class = Value::default();
                for object in component.objects() {
                    let content = state.heap.get(object, &Key::Content).cloned();
                    class.join(&content.unwrap_or_else(Value::open));
                }
                if class == Value::default() {
                    class = Value::open();
                }
                let key = self.part("$component");
                for object in receiver.objects() {
                    self.write(&mut state.heap, &receiver, object, key.clone(), class.clone());
                }
                Some(receiver)
            }
            "setData" | "setDataAndNormalize" => {
                set(self, "$data", call.argument(0));
                Some(receiver)
            }
            "setType" | "setTypeAndNormalize" => {
                set(self, "$type", call.argument(0));
                Some(receiver)
            }
            "setDataAndType" | "setDataAndTypeAndNormalize" => {
                set(self, "$data", call.argument(0));
                set(self, "$type", call.argument(1));
                Some(receiver)
            }
            "addCategory" => {
                let key = self.part("$category");
                for object in receiver.objects() {
                    state.heap.add(object, key.clone(), &call.argument(0));
                }
                Some(receiver)
            }
            "setPackage" => {
                set(self, "$package", call.argument(0));
                Some(receiver)
            }
            "setFlags" | "addFlags" => Some(receiver),
            name @ ("getAction" | "getData" | "getDataString" | "getType" | "getScheme") => {
                let part = match name {
                    "getAction" => "$action",
                    "getType" => "$type",
                    _ => "$data",
                };
                let key = self.part(part);
                let mut value = Value::default();
                for object in receiver.objects() {
                    match state.heap.get(object, &key) {
                        Some(cell) => value.join(cell),
                        None => value.join(&Value::open()),
                    };
                }
                if value == Value::default() {
                    value = Value::open();
                }
                if name == "getDataString" || name == "getScheme" {
                    value = Value::tainted(state.heap.deep_taint(&value));
                }
                Some(value.with(&receiver.taint))
            }
            "createChooser" => Some(call.argument(0)),
            _ => None,
        }
    }

    /// A pending intent may be sent by whoever gets it: it counts as sent when it is made.
    fn pending(&mut self, call: &Call<'_>, state: &mut State, name: &str) -> Option<Value> {
        let kind = match name {
            "getActivity" => ComponentKind::Activity,
            "getBroadcast" => ComponentKind::Receiver,
            _ => ComponentKind::Service,
        };
        let intent = call.argument(2);
        for target in self.receivers(&intent, kind, &state.heap) {
            let delivered = self.intent_of(target);
            self.copy_cells(state, &intent, delivered);
        }
        let pending = self.give(state, call, "android.app.PendingIntent");
        state.heap.set(pending, Key::Inner, intent);
        Some(Value::object(pending))
    }

    /// Providers of the same app that a call of the resolver goes to, by the authority.
    pub(in super::super) fn own_providers(&mut self, call: &Call<'_>, heap: &Heap) -> Vec<usize> {
        let uri = call.argument(0);
        let Some(address) = self.address_text(&uri, heap) else { return Vec::new() };
        let Some(rest) = address.strip_prefix("content://") else { return Vec::new() };
        let authority = rest.split('/').next().unwrap_or_default();
        let app = self.app;
        let known = |component: &Component| {
            component.kind == ComponentKind::Provider
                && component.authorities.iter().any(|known| known == authority)
        };
        (0..app.components.len()).filter(|index| known(&app.components[*index])).collect()
    }

    fn ask_provider(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let providers = self.own_providers(call, &state.heap);
        let mut result: Option<Value> = None;
        for index in providers {
            let class: Rc<str> = self.app.components[index].class.as_str().into();
            let object =
                self.objects.named(&format!("component {index} {class}"), &class, Kind::Made);
            state.heap.set(object, Key::Made, Value::int(1));
            let value =
                self.run_on(call, state, object, &call.callee.name.clone(), call.arguments());
            result.get_or_insert_with(Value::default).join(&value.unwrap_or_else(Value::open));
        }
        result
    }

    /// What a messenger or binder sends goes to a handler of the app.
    pub(in super::super) fn stays_inside(&mut self, call: &Call<'_>, heap: &Heap) -> bool {
        let Some(receiver) = call.receiver() else { return false };
        heap.reach(receiver.objects()).into_iter().any(|object| {
            let class = self.objects.class(object);
            self.world.is_app(&class)
        })
    }

    fn send(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let (name, position, kind) =
            SENDS.iter().find(|(name, ..)| **name == *call.callee.name).copied()?;
        let position = call
            .callee
            .parameters
            .iter()
            .position(|parameter| &**parameter == INTENT)
            .unwrap_or(position);
        let intent = call.argument(position);
        for target in self.receivers(&intent, kind, &state.heap) {
            let delivered = self.intent_of(target);
            self.copy_cells(state, &intent, delivered);
            state.heap.set(delivered, Key::Made, Value::int(1));
            if name == "startActivityForResult" || name == "launch" {
                self.expect_result(state, call, target);
            }
            if kind == ComponentKind::Receiver {
                state.heap.set(delivered, Key::Made, Value::int(1));
            }
            if name == "bindService" {
                self.expect_binder(state, call, target);
            }
        }
        if kind == ComponentKind::Receiver {
            self.tell_registered(call, state, &intent);
        }
        Some(Value::open())
    }

    /// Whether some of what is sent goes where the app does not.
    pub(in super::super) fn leaves_the_app(&mut self, call: &Call<'_>, heap: &Heap) -> bool {
        let name = &*call.callee.name;
        if name == "setResult" {
            // The caller of an activity that others can start.
            let component = call.receiver().and_then(|receiver| self.component_of(receiver));
            return component
                .and_then(|index| self.app.components.get(index))
                .is_some_and(|component| component.open && !component.launcher);
        }
        let Some((_, _, kind)) = SENDS.iter().find(|(known, ..)| **known == *name).copied() else {
            return true;
        };
        let intent = call
            .arguments()
            .iter()
            .zip(&call.callee.parameters)
            .find(|(_, parameter)| &***parameter == INTENT)
            .map(|(value, _)| value.clone());
        match intent {
            Some(intent) => {
                let own = self.own_package();
                let app = self.app;
                let targets = self.receivers(&intent, kind, heap);
                let inside = targets.iter().any(|target| {
                    own.is_none() || own.as_deref() == Some(&*app.components[*target].package)
                });
                !inside && !self.is_explicit(&intent, heap)
            }
            None => true,
        }
    }

    /// It stays in the app: it names a component of it, by its class, or its package.
    fn is_explicit(&mut self, intent: &Value, heap: &Heap) -> bool {
        let component = self.part("$component");
        let package = self.part("$package");
        let own = self.own_package();
        let app = self.app;
        let names_other = |class: &Value| {
            class.texts().is_some_and(|texts| {
                texts.iter().all(|text| {
                    !text.starts_with('.')
                        && own.as_deref().is_some_and(|own| !text.starts_with(own))
                        && !app
                            .components
                            .iter()
                            .any(|c| c.class == **text && own.as_deref() == Some(&*c.package))
                })
            })
        };
        intent.objects().next().is_some()
            && intent.objects().all(|object| {
                let to_class = heap
                    .get(object, &component)
                    .is_some_and(|class| class.as_int() != Some(0) && !names_other(class));
                let to_package = heap.get(object, &package).is_some_and(|package| {
                    package
                        .texts()
                        .is_none_or(|all| all.iter().all(|one| own.as_deref() == Some(&**one)))
                });
                to_class || to_package
            })
    }

    /// The components of the app that the intent starts.
    fn receivers(&mut self, intent: &Value, kind: ComponentKind, heap: &Heap) -> Vec<usize> {
        let parts = ["$component", "$action", "$data", "$type", "$category"];
        let keys: Vec<Key> = parts.iter().map(|part| self.part(part)).collect();
        let app = self.app;
        let own = self.own_package();
        let mut found = Vec::new();
        for object in intent.objects() {
            let cell = |at: usize| keys.get(at).and_then(|key| heap.get(object, key));
            for (index, component) in app.components.iter().enumerate() {
                let foreign = own.as_deref().is_some_and(|own| own != component.package);
                if component.kind != kind || found.contains(&index) || (foreign && !component.open)
                {
                    continue;
                }
                let hit = match cell(0) {
                    Some(class) => names_component(class, component),
                    None => {
                        let data = cell(2).map(|data| self.address_text(data, heap));
                        answers(component, cell(1), cell(4), data.flatten(), cell(3))
                    }
                };
                if hit {
                    found.push(index);
                }
            }
        }
        found
    }

    fn address_text(&self, data: &Value, heap: &Heap) -> Option<Rc<str>> {
        data.as_text()
            .cloned()
            .or_else(|| data.objects().next().and_then(|object| self.address_of(object, heap)))
    }

    /// The intent that a component reads.
    pub(in super::super) fn intent_of(&mut self, component: usize) -> ObjId {
        self.objects.named(&format!("intent of {component}"), INTENT, Kind::Given)
    }

    fn result_of(&mut self, component: usize) -> ObjId {
        self.objects.named(&format!("result of {component}"), INTENT, Kind::Given)
    }

    /// What a component bound to gives to those that bind it.
    pub(in super::super) fn binder_of(&mut self, component: usize) -> ObjId {
        self.objects.named(&format!("binder of {component}"), "", Kind::Given)
    }

    /// What `onActivityResult` of a component gets.
    pub(in super::super) fn results_for(&mut self, component: usize) -> ObjId {
        self.objects.named(&format!("results for {component}"), INTENT, Kind::Given)
    }

    fn expect_result(&mut self, state: &mut State, call: &Call<'_>, target: usize) {
        let Some(component) = call.receiver().and_then(|receiver| self.component_of(receiver))
        else {
            return;
        };
        let result = self.result_of(target);
        let expected = self.results_for(component);
        let code = call
            .arguments()
            .iter()
            .zip(&call.callee.kinds)
            .find(|(_, kind)| **kind == b'I')
            .and_then(|(code, _)| code.as_int());
        let key = code.map_or(Key::Inner, Key::Index);
        state.heap.add(expected, key, &Value::object(result));
    }

    fn expect_binder(&mut self, state: &mut State, call: &Call<'_>, target: usize) {
        let binder = self.binder_of(target);
        for connection in call.argument(1).objects() {
            state.heap.add(connection, Key::Inner, &Value::object(binder));
        }
    }

    fn own_intent(&mut self, call: &Call<'_>, state: &mut State) -> Value {
        let component = call.receiver().and_then(|receiver| self.component_of(receiver));
        match component.or(self.component) {
            Some(component) => {
                let intent = self.intent_of(component);
                state.heap.set(intent, Key::Made, Value::int(1));
                Value::object(intent)
            }
            None => Value::open(),
        }
    }

    /// The component whose object the value is.
    pub(in super::super) fn component_of(&self, value: &Value) -> Option<usize> {
        value.objects().find_map(|object| {
            let name = self.objects.name(object)?;
            name.strip_prefix("component ")?.split(' ').next()?.parse().ok()
        })
    }

    /// Adds the cells of the objects to another.
    pub(in super::super) fn copy_cells(&mut self, state: &mut State, from: &Value, to: ObjId) {
        for object in from.objects().filter(|object| *object != to) {
            let cells: Vec<(Key, Value)> =
                state.heap.cells(object).map(|(key, value)| (key.clone(), value.clone())).collect();
            for (key, value) in cells {
                state.heap.add(to, key, &value);
            }
        }
        state.heap.set(to, Key::Made, Value::int(1));
        if !from.taint.is_empty() {
            state.heap.add(to, Key::Elements, &Value::tainted(from.taint.clone()));
        }
    }
}

fn names_component(class: &Value, component: &Component) -> bool {
    let named =
        |name: &str| component.class == name || component.names.iter().any(|known| known == name);
    class.atoms().iter().any(|atom| match atom {
        Atom::Class(name) => named(name),
        Atom::Str(name) => {
            named(name) || (name.starts_with('.') && component.class.ends_with(&**name))
        }
        _ => false,
    })
}

/// Whether a filter of the component answers: the action is one of its own, it has all the
/// categories, and the data fit as far as they are known.
fn answers(
    component: &Component,
    action: Option<&Value>,
    categories: Option<&Value>,
    data: Option<Rc<str>>,
    mime: Option<&Value>,
) -> bool {
    let Some(actions) = action.and_then(Value::texts) else { return false };
    if !actions.iter().any(|action| component.actions.iter().any(|known| **known == **action)) {
        return false;
    }
    let wanted: Vec<Rc<str>> = categories
        .map(|categories| {
            categories
                .atoms()
                .iter()
                .filter_map(|atom| match atom {
                    Atom::Str(text) => Some(Rc::clone(text)),
                    _ => None,
                })
                .collect()
        })
        .unwrap_or_default();
    if !wanted.iter().all(|category| component.categories.iter().any(|known| **known == **category))
    {
        return false;
    }
    if let Some(data) = data {
        let (scheme, rest) = data.split_once(':').unwrap_or(("", &data));
        if !component.schemes.is_empty() && !component.schemes.iter().any(|known| known == scheme) {
            return false;
        }
        if component.schemes.is_empty() && component.mime_types.is_empty() {
            return false;
        }
        let host = rest.trim_start_matches('/').split(['/', '?', ':']).next().unwrap_or_default();
        if !component.hosts.is_empty()
            && !component.hosts.iter().any(|known| known == host || known == "*")
        {
            return false;
        }
    } else if !component.schemes.is_empty() && component.mime_types.is_empty() {
        return false;
    }
    if let Some(types) = mime.and_then(Value::texts) {
        let fits = |wanted: &str| {
            component.mime_types.iter().any(|known| {
                known == wanted
                    || known == "*/*"
                    || known.strip_suffix("/*").is_some_and(|start| wanted.starts_with(start))
            })
        };
        if !types.iter().any(|one| fits(one)) {
            return false;
        }
    } else if mime.is_none() && !component.mime_types.is_empty() && component.schemes.is_empty() {
        return false;
    }
    true
}
