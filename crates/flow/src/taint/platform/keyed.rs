//! Values under text keys: bundles, extras of intents, preferences, content values, JSON.

use super::super::domain::{Key, Value};
use super::super::invoke::Call;
use super::super::machine::{Machine, State};
use super::super::objects::Kind;

const KEYED: [&str; 8] = [
    "android.os.BaseBundle",
    "android.os.Bundle",
    "android.content.Intent",
    "android.content.SharedPreferences",
    "android.content.SharedPreferences$Editor",
    "android.content.ContentValues",
    "org.json.JSONObject",
    "android.os.PersistableBundle",
];

impl Machine<'_, '_, '_> {
    pub(super) fn keyed(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        let name = &*call.callee.name;
        if name == "getSharedPreferences"
            || name == "getDefaultSharedPreferences"
            || name == "getPreferences"
        {
            return Some(self.preferences(call, state));
        }
        let receiver = call.receiver()?.clone();
        if !KEYED.iter().any(|class| call.callee.is_a(class)) {
            return None;
        }
        if name == "<init>" {
            for argument in call.arguments() {
                self.copy_entries(state, &receiver, argument);
            }
            return None;
        }
        if matches!(name, "putExtras" | "putAll" | "replaceExtras" | "fillIn") {
            self.copy_entries(state, &receiver, &call.argument(0));
            return Some(receiver);
        }
        if matches!(name, "getExtras" | "edit" | "apply" | "commit" | "clone") {
            return Some(if call.callee.returns_reference() { receiver } else { Value::open() });
        }
        let puts = name.starts_with("put") || name == "accumulate" || name == "append";
        if puts && call.arguments().len() >= 2 {
            let key = self.map_key(&call.argument(0));
            let value = self.stored(call.argument(1), call.method.id, call.pc);
            for object in receiver.objects() {
                let key = key.clone().unwrap_or(Key::Elements);
                self.write(&mut state.heap, &receiver, object, key, value.clone());
            }
            return Some(if call.callee.returns_reference() { receiver } else { Value::null() });
        }
        let gets = name.starts_with("get") || name.starts_with("opt");
        if gets && !call.arguments().is_empty() && call.callee.kinds.first() == Some(&b'L') {
            let key = self.map_key(&call.argument(0));
            let mut value = self.look_up(state, &receiver, key.as_ref());
            if call.arguments().len() > 1 {
                value.join(&call.argument(1));
            }
            return Some(value);
        }
        match name {
            "remove" | "removeExtra" => {
                if let Some(key) = self.map_key(&call.argument(0)) {
                    for object in receiver.objects() {
                        if receiver.single().is_some() && !self.objects.is_many(object) {
                            state.heap.remove(object, &key);
                        }
                    }
                }
                Some(receiver)
            }
            "clear" => {
                for object in receiver.objects() {
                    if receiver.single().is_some() && !self.objects.is_many(object) {
                        state.heap.clear(object);
                        state.heap.set(object, Key::Made, Value::int(1));
                    }
                }
                Some(receiver)
            }
            "toString" | "getAll" | "keySet" | "valueSet" => None,
            _ => None,
        }
    }

    fn copy_entries(&mut self, state: &mut State, to: &Value, from: &Value) {
        let mut cells: Vec<(Key, Value)> = Vec::new();
        for object in from.objects() {
            cells.extend(
                state
                    .heap
                    .cells(object)
                    .filter(|(key, _)| matches!(key, Key::Entry(_) | Key::Elements | Key::Content))
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        for object in to.objects() {
            for (key, value) in &cells {
                state.heap.add(object, key.clone(), value);
            }
            if !from.taint.is_empty() {
                state.heap.add(object, Key::Elements, &Value::tainted(from.taint.clone()));
            }
        }
    }

    /// Preferences of one name are one object in the whole program.
    fn preferences(&mut self, call: &Call<'_>, state: &mut State) -> Value {
        let name = call.arguments().iter().find_map(|value| value.as_text().cloned());
        let name = name.unwrap_or_else(|| call.callee.name.clone());
        let class = "android.content.SharedPreferences";
        let object = self.objects.named(&format!("preferences {name}"), class, Kind::Given);
        state.heap.set(object, Key::Made, Value::int(1));
        Value::object(object)
    }
}
