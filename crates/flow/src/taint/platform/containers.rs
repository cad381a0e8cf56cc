//! Lists, sets, queues, maps, iterators and arrays of the platform: positions and keys that are
//! known are kept apart.

use super::super::domain::{Heap, Key, ObjId, StepKind, Value};
use super::super::invoke::Call;
use super::super::machine::{Machine, State};
use super::super::objects::Kind;

const LISTS: [&str; 3] = ["java.util.List", "java.util.Deque", "java.util.Collection"];
const MAPS: [&str; 6] = [
    "java.util.Map",
    "java.util.Dictionary",
    "android.util.SparseArray",
    "android.util.LruCache",
    "androidx.collection.SimpleArrayMap",
    "android.util.LongSparseArray",
];

impl Machine<'_, '_, '_> {
    pub(super) fn containers(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        if let Some(result) = self.arrays(call, state) {
            return Some(result);
        }
        let receiver = call.receiver()?.clone();
        if LISTS.iter().any(|class| call.callee.is_a(class)) {
            return self.list(call, state, &receiver);
        }
        if MAPS.iter().any(|class| call.callee.is_a(class)) {
            return self.map(call, state, &receiver);
        }
        if matches!(&*call.callee.name, "hasNext" | "hasMoreElements") {
            let sizes: Vec<Option<i64>> =
                receiver.objects().map(|object| size(&state.heap, object)).collect();
            let empty = !receiver.open && !sizes.is_empty() && sizes.iter().all(|s| *s == Some(0));
            return Some(if empty { Value::int(0) } else { Value::open() });
        }
        let walks = ["java.util.Iterator", "java.util.Enumeration"];
        if walks.iter().any(|class| call.callee.is_a(class))
            && matches!(&*call.callee.name, "next" | "nextElement" | "previous")
        {
            return Some(self.inside(state, &receiver));
        }
        if call.callee.is_a("java.util.Map$Entry") && &*call.callee.name == "getValue" {
            return Some(self.inside(state, &receiver));
        }
        None
    }

    fn arrays(&mut self, call: &Call<'_>, state: &mut State) -> Option<Value> {
        match (&*call.callee.class, &*call.callee.name) {
            ("java.lang.System", "arraycopy") => {
                self.copy(call, state);
                Some(Value::null())
            }
            ("java.util.Arrays", "asList") => {
                let list = self.give(state, call, "java.util.ArrayList");
                let array = call.argument(0);
                for object in array.objects() {
                    let cells: Vec<(Key, Value)> = state
                        .heap
                        .cells(object)
                        .filter(|(key, _)| matches!(key, Key::Index(_) | Key::Elements | Key::Size))
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect();
                    for (key, value) in cells {
                        state.heap.add(list, key, &value);
                    }
                }
                Some(Value::object(list).with(&array.taint))
            }
            (class, "clone") if class.ends_with("[]") => {
                let source = call.receiver()?.clone();
                let copy = self.allocate(state, call.site(), &class.into(), Kind::Made);
                for object in source.objects() {
                    let cells: Vec<(Key, Value)> = state
                        .heap
                        .cells(object)
                        .map(|(key, value)| (key.clone(), value.clone()))
                        .collect();
                    for (key, value) in cells {
                        state.heap.add(copy, key, &value);
                    }
                }
                Some(Value::object(copy).with(&source.taint))
            }
            _ => None,
        }
    }

    fn copy(&mut self, call: &Call<'_>, state: &mut State) {
        let (from, to) = (call.argument(0), call.argument(2));
        let shift = call.argument(1).as_int().zip(call.argument(3).as_int()).map(|(f, t)| t - f);
        let mut moved: Vec<(Key, Value)> = Vec::new();
        for object in from.objects() {
            for (key, value) in state.heap.cells(object) {
                match (key, shift) {
                    (Key::Index(at), Some(shift)) => {
                        moved.push((Key::Index(at + shift), value.clone()));
                    }
                    (Key::Index(_), None) | (Key::Elements | Key::Content, _) => {
                        moved.push((Key::Elements, value.clone()));
                    }
                    _ => {}
                }
            }
        }
        if !from.taint.is_empty() {
            moved.push((Key::Elements, Value::tainted(from.taint.clone())));
        }
        for object in to.objects() {
            for (key, value) in &moved {
                state.heap.add(object, key.clone(), value);
            }
        }
    }

    fn list(&mut self, call: &Call<'_>, state: &mut State, receiver: &Value) -> Option<Value> {
        let arguments = call.arguments();
        match (&*call.callee.name, arguments.len()) {
            ("<init>", _) => {
                for object in receiver.objects() {
                    state.heap.set(object, Key::Size, Value::int(0));
                    self.add_all(state, object, &call.argument(0));
                }
                Some(Value::null())
            }
            ("add" | "addLast" | "addElement" | "offer" | "offerLast", 1) => {
                let value = self.stored(call.argument(0), call.method.id, call.pc);
                for object in receiver.objects() {
                    let end = size(&state.heap, object);
                    self.put(state, receiver, object, end, value.clone());
                    set_size(&mut state.heap, object, end.map(|end| end + 1));
                }
                Some(Value::int(1))
            }
            ("addFirst" | "push" | "offerFirst", 1) if !call.callee.is_a("java.util.Stack") => {
                let value = self.stored(call.argument(0), call.method.id, call.pc);
                for object in receiver.objects() {
                    self.insert(state, receiver, object, Some(0), value.clone());
                }
                Some(call.argument(0))
            }
            ("push", 1) => {
                let value = self.stored(call.argument(0), call.method.id, call.pc);
                for object in receiver.objects() {
                    let end = size(&state.heap, object);
                    self.put(state, receiver, object, end, value.clone());
                    set_size(&mut state.heap, object, end.map(|end| end + 1));
                }
                Some(call.argument(0))
            }
            ("add" | "insertElementAt", 2) => {
                let (at, value) = match &*call.callee.name {
                    "add" => (call.argument(0), call.argument(1)),
                    _ => (call.argument(1), call.argument(0)),
                };
                let value = self.stored(value, call.method.id, call.pc);
                for object in receiver.objects() {
                    self.insert(state, receiver, object, at.as_int(), value.clone());
                }
                Some(Value::open())
            }
            ("set" | "setElementAt", 2) => {
                let (at, value) = match &*call.callee.name {
                    "set" => (call.argument(0), call.argument(1)),
                    _ => (call.argument(1), call.argument(0)),
                };
                let value = self.stored(value, call.method.id, call.pc);
                for object in receiver.objects() {
                    self.put(state, receiver, object, at.as_int(), value.clone());
                }
                Some(self.inside(state, receiver))
            }
            ("get" | "elementAt", 1) => {
                let index = call.argument(0);
                Some(self.read(state, receiver, &index))
            }
            ("getFirst" | "firstElement" | "peekFirst" | "element" | "peek", 0)
                if !call.callee.is_a("java.util.Stack") =>
            {
                Some(self.read(state, receiver, &Value::int(0)))
            }
            ("removeFirst" | "poll" | "pollFirst" | "pop" | "remove", 0)
                if !call.callee.is_a("java.util.Stack") =>
            {
                let value = self.read(state, receiver, &Value::int(0));
                for object in receiver.objects() {
                    self.remove_at(state, receiver, object, Some(0));
                }
                Some(value)
            }
            (
                "getLast" | "lastElement" | "peekLast" | "pop" | "peek" | "removeLast" | "pollLast",
                0,
            ) => {
                let mut value = Value::default();
                for object in receiver.objects() {
                    let last = size(&state.heap, object).map(|end| end - 1);
                    let index = last.map_or_else(Value::open, Value::int);
                    value.join(&self.element(&state.heap, object, &index));
                    if call.callee.name.starts_with("p") && &*call.callee.name != "peek"
                        || call.callee.name.starts_with("remove")
                    {
                        self.remove_at(state, receiver, object, last);
                    }
                }
                Some(if receiver.open { self.inside(state, receiver) } else { value })
            }
            ("remove", 1) if call.callee.kinds.first() == Some(&b'I') => {
                let at = call.argument(0);
                let value = self.read(state, receiver, &at);
                for object in receiver.objects() {
                    self.remove_at(state, receiver, object, at.as_int());
                }
                Some(value)
            }
            ("addAll", _) => {
                let from = arguments.last().cloned().unwrap_or_else(Value::open);
                for object in receiver.objects() {
                    self.add_all(state, object, &from);
                }
                Some(Value::int(1))
            }
            ("clear" | "removeAllElements", 0) => {
                for object in receiver.objects() {
                    if !self.objects.is_many(object) && receiver.single().is_some() {
                        state.heap.clear(object);
                        state.heap.set(object, Key::Made, Value::int(1));
                        state.heap.set(object, Key::Size, Value::int(0));
                    }
                }
                Some(Value::null())
            }
            (
                "iterator" | "listIterator" | "elements" | "stream" | "subList" | "toArray"
                | "descendingIterator",
                _,
            ) => Some(self.walk(call, state, receiver)),
            ("size" | "isEmpty" | "contains" | "indexOf" | "hashCode" | "equals", _) => {
                let known = match (&*call.callee.name, receiver.single()) {
                    ("size", Some(super::super::domain::Atom::Object(object))) => {
                        size(&state.heap, *object)
                    }
                    _ => None,
                };
                Some(known.map_or_else(Value::open, Value::int))
            }
            _ => None,
        }
    }

    fn map(&mut self, call: &Call<'_>, state: &mut State, receiver: &Value) -> Option<Value> {
        match &*call.callee.name {
            "put" | "append" | "putIfAbsent" | "setValue" if call.arguments().len() >= 2 => {
                let key = self.map_key(&call.argument(0));
                let value = self.stored(call.argument(1), call.method.id, call.pc);
                let before = self.look_up(state, receiver, key.as_ref());
                for object in receiver.objects() {
                    let key = key.clone().unwrap_or(Key::Elements);
                    self.write(&mut state.heap, receiver, object, key, value.clone());
                    self.keep_keys(state, object, &call.argument(0));
                }
                Some(before)
            }
            "get" | "getOrDefault" | "valueAt" | "getProperty" => {
                let key = match &*call.callee.name {
                    "valueAt" => None,
                    _ => self.map_key(&call.argument(0)),
                };
                let mut value = self.look_up(state, receiver, key.as_ref());
                if call.arguments().len() > 1 {
                    value.join(&call.argument(1));
                }
                Some(value)
            }
            "setProperty" => {
                let key = self.map_key(&call.argument(0)).unwrap_or(Key::Elements);
                let value = self.stored(call.argument(1), call.method.id, call.pc);
                for object in receiver.objects() {
                    self.write(&mut state.heap, receiver, object, key.clone(), value.clone());
                }
                Some(Value::open())
            }
            "remove" | "delete" => {
                let key = self.map_key(&call.argument(0));
                let value = self.look_up(state, receiver, key.as_ref());
                if let Some(key) = key {
                    for object in receiver.objects() {
                        if receiver.single().is_some() && !self.objects.is_many(object) {
                            state.heap.remove(object, &key);
                        }
                    }
                }
                Some(value)
            }
            "putAll" => {
                for object in receiver.objects() {
                    self.add_all(state, object, &call.argument(0));
                }
                Some(Value::null())
            }
            "clear" => {
                for object in receiver.objects() {
                    if receiver.single().is_some() && !self.objects.is_many(object) {
                        state.heap.clear(object);
                        state.heap.set(object, Key::Made, Value::int(1));
                    }
                }
                Some(Value::null())
            }
            "values" | "entrySet" | "elements" => Some(self.walk(call, state, receiver)),
            "keySet" | "keys" | "keyAt" => Some(self.walk_keys(call, state, receiver)),
            "size" | "isEmpty" | "containsKey" | "containsValue" => Some(Value::open()),
            "<init>" => {
                for object in receiver.objects() {
                    self.add_all(state, object, &call.argument(0));
                }
                Some(Value::null())
            }
            _ => None,
        }
    }

    /// Tainted keys are kept: they come out of `keySet`.
    fn keep_keys(&mut self, state: &mut State, object: ObjId, key: &Value) {
        if !key.taint.is_empty() {
            state.heap.add(object, Key::Content, &Value::tainted(key.taint.clone()));
        }
    }

    /// The cell of a constant key.
    pub(super) fn map_key(&mut self, key: &Value) -> Option<Key> {
        if let Some(text) = key.as_text() {
            let text = text.to_string();
            return Some(Key::Entry(self.world.symbol(&text)));
        }
        key.as_int().map(|number| Key::Entry(self.world.symbol(&format!("#{number}"))))
    }

    /// What stands under a key, or under any where it is not known.
    pub(super) fn look_up(&mut self, state: &State, receiver: &Value, key: Option<&Key>) -> Value {
        let mut result = Value::default();
        for object in receiver.objects() {
            let given = self.objects.kind(object) == Kind::Given && self.is_external(object);
            match key {
                Some(key) => {
                    if let Some(value) = state.heap.get(object, key) {
                        result.join(value);
                    } else {
                        result.join(&Value::null());
                    }
                    if let Some(value) = state.heap.get(object, &Key::Elements) {
                        result.join(value);
                    }
                }
                None => {
                    for (cell, value) in state.heap.cells(object) {
                        if matches!(cell, Key::Entry(_) | Key::Elements) {
                            result.join(value);
                        }
                    }
                    result.join(&Value::null());
                }
            }
            if given {
                result.join(&Value::open());
            }
        }
        if receiver.open || receiver.objects().next().is_none() {
            result.join(&Value::open());
        }
        result.with(&receiver.taint)
    }

    /// An object that came from outside with contents of its own.
    pub(in super::super) fn is_external(&self, object: ObjId) -> bool {
        let Some(name) = self.objects.name(object) else { return false };
        let component = name.strip_prefix("intent of ").and_then(|index| index.parse().ok());
        component
            .and_then(|index: usize| self.app.components.get(index))
            .is_some_and(|component| component.open)
    }

    /// Everything inside, whatever its position or key.
    pub(super) fn inside(&mut self, state: &State, receiver: &Value) -> Value {
        let mut result = Value::default();
        for object in receiver.objects() {
            for (cell, value) in state.heap.cells(object) {
                if matches!(cell, Key::Index(_) | Key::Entry(_) | Key::Elements | Key::Content) {
                    result.join(value);
                }
            }
        }
        if receiver.open || result == Value::default() {
            result.join(&Value::open());
        }
        result.with(&receiver.taint)
    }

    /// An iterator, a view or a copy of all that is inside. An entry of a map is one too.
    fn walk(&mut self, call: &Call<'_>, state: &mut State, receiver: &Value) -> Value {
        let inside = self.inside(state, receiver);
        let class = call.callee.returns.to_string();
        let walker = self.give(state, call, &class);
        state.heap.set(walker, Key::Elements, inside.clone());
        if let Some(super::super::domain::Atom::Object(object)) = receiver.single()
            && let Some(length) = state.heap.get(*object, &Key::Size).cloned()
        {
            state.heap.set(walker, Key::Size, length);
        }
        if &*call.callee.name == "entrySet" {
            // What the set gives is an entry, whose value is what is inside.
            state.heap.add(walker, Key::Elements, &Value::object(walker));
        }
        let taint = inside.taint.stepped(&call.step(StepKind::Library));
        let carried = if class.ends_with("[]") { taint } else { receiver.taint.clone() };
        Value::object(walker).with(&carried)
    }

    fn walk_keys(&mut self, call: &Call<'_>, state: &mut State, receiver: &Value) -> Value {
        let mut keys = Value::open();
        for object in receiver.objects() {
            if let Some(content) = state.heap.get(object, &Key::Content) {
                keys.join(content);
            }
        }
        let class = call.callee.returns.to_string();
        let walker = self.give(state, call, &class);
        state.heap.set(walker, Key::Elements, keys);
        Value::object(walker)
    }

    fn read(&mut self, state: &State, receiver: &Value, index: &Value) -> Value {
        let mut result = Value::default();
        for object in receiver.objects() {
            result.join(&self.element(&state.heap, object, index));
        }
        if receiver.open || receiver.objects().next().is_none() {
            result.join(&Value::open());
        }
        result.with(&receiver.taint)
    }

    fn put(
        &mut self,
        state: &mut State,
        receiver: &Value,
        object: ObjId,
        at: Option<i64>,
        value: Value,
    ) {
        let key = at.map_or(Key::Elements, Key::Index);
        self.write(&mut state.heap, receiver, object, key, value);
    }

    /// Moves the elements from the position on up by one.
    fn insert(
        &mut self,
        state: &mut State,
        receiver: &Value,
        object: ObjId,
        at: Option<i64>,
        value: Value,
    ) {
        let length = size(&state.heap, object);
        match (at, length) {
            (Some(at), Some(length)) if receiver.single().is_some() => {
                for index in (at..length).rev() {
                    let moved = state.heap.get(object, &Key::Index(index)).cloned();
                    match moved {
                        Some(moved) => state.heap.set(object, Key::Index(index + 1), moved),
                        None => state.heap.remove(object, &Key::Index(index + 1)),
                    }
                }
                self.put(state, receiver, object, Some(at), value);
            }
            _ => {
                self.forget_positions(state, object);
                state.heap.add(object, Key::Elements, &value);
            }
        }
        set_size(&mut state.heap, object, length.map(|length| length + 1));
    }

    fn remove_at(&mut self, state: &mut State, receiver: &Value, object: ObjId, at: Option<i64>) {
        let length = size(&state.heap, object);
        match (at, length) {
            (Some(at), Some(length)) if receiver.single().is_some() && at >= 0 => {
                for index in at..length {
                    let moved = state.heap.get(object, &Key::Index(index + 1)).cloned();
                    match moved {
                        Some(moved) => state.heap.set(object, Key::Index(index), moved),
                        None => state.heap.remove(object, &Key::Index(index)),
                    }
                }
                set_size(&mut state.heap, object, Some((length - 1).max(0)));
            }
            _ => {
                self.forget_positions(state, object);
                set_size(&mut state.heap, object, None);
            }
        }
    }

    /// Elements whose position is no longer known.
    fn forget_positions(&mut self, state: &mut State, object: ObjId) {
        let cells: Vec<(Key, Value)> = state
            .heap
            .cells(object)
            .filter(|(key, _)| matches!(key, Key::Index(_)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        for (key, value) in cells {
            state.heap.add(object, Key::Elements, &value);
            state.heap.remove(object, &key);
        }
    }

    /// Adds the contents of another container.
    fn add_all(&mut self, state: &mut State, object: ObjId, from: &Value) {
        let mut cells: Vec<(Key, Value)> = Vec::new();
        for other in from.objects() {
            cells.extend(
                state
                    .heap
                    .cells(other)
                    .filter(|(key, _)| {
                        matches!(key, Key::Index(_) | Key::Entry(_) | Key::Elements | Key::Content)
                    })
                    .map(|(key, value)| (key.clone(), value.clone())),
            );
        }
        let empty = size(&state.heap, object) == Some(0);
        for (key, value) in cells {
            let key = match key {
                Key::Index(at) if empty => Key::Index(at),
                Key::Index(_) => Key::Elements,
                other => other,
            };
            state.heap.add(object, key, &value);
        }
        let other_size = match from.single() {
            Some(super::super::domain::Atom::Object(other)) => size(&state.heap, *other),
            _ => None,
        };
        if from.objects().next().is_some() {
            let total = size(&state.heap, object).zip(other_size).map(|(a, b)| a + b);
            set_size(&mut state.heap, object, total);
        }
        if !from.taint.is_empty() {
            state.heap.add(object, Key::Elements, &Value::tainted(from.taint.clone()));
        }
    }
}

fn size(heap: &Heap, object: ObjId) -> Option<i64> {
    heap.get(object, &Key::Size)?.as_int()
}

fn set_size(heap: &mut Heap, object: ObjId, size: Option<i64>) {
    heap.set(object, Key::Size, size.map_or_else(Value::open, Value::int));
}
