//! Abstract objects: where they are made, what class they have, whether one stands for many.

use std::collections::HashMap;
use std::rc::Rc;

use super::domain::{Key, ObjId};

/// Number of a calling context.
pub(super) type Context = u32;

/// Call sites kept in a context.
const CONTEXT_DEPTH_MAX: u32 = 12;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Origin {
    /// Made by the instruction, in the context.
    Site { method: u32, pc: u32, context: Context },
    /// One of its kind in the program: the static fields of a class, a component, preferences.
    Named(Rc<str>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// By `new` in code that is followed: its fields start as zero.
    Made,
    /// By the platform or a library: its fields hold anything.
    Given,
    /// Holder of static fields.
    Static,
}

#[derive(Debug)]
struct Info {
    class: Rc<str>,
    kind: Kind,
    name: Option<Rc<str>>,
    /// Its class is this one and none below it.
    exact: bool,
    /// Stands for several objects at a time: writes add and do not replace.
    many: bool,
}

#[derive(Debug, Default)]
pub(super) struct Objects {
    all: Vec<Info>,
    by_origin: HashMap<Origin, ObjId>,
    named: Vec<ObjId>,
    contexts: HashMap<(Context, u32, u32), Context>,
    depths: Vec<u32>,
}

impl Objects {
    pub(super) fn intern(&mut self, origin: Origin, class: &Rc<str>, kind: Kind) -> ObjId {
        if let Some(object) = self.by_origin.get(&origin) {
            return *object;
        }
        let object = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let name = match &origin {
            Origin::Named(name) => Some(Rc::clone(name)),
            Origin::Site { .. } => None,
        };
        self.all.push(Info { class: Rc::clone(class), kind, name, exact: false, many: false });
        if matches!(origin, Origin::Named(_)) {
            self.named.push(object);
        }
        self.by_origin.insert(origin, object);
        object
    }

    pub(super) fn named(&mut self, name: &str, class: &str, kind: Kind) -> ObjId {
        let origin = Origin::Named(name.into());
        match self.by_origin.get(&origin) {
            Some(object) => *object,
            None => self.intern(origin, &class.into(), kind),
        }
    }

    /// The holder of the static fields of a class.
    pub(super) fn statics(&mut self, class: &str) -> ObjId {
        self.named(&format!("static {class}"), class, Kind::Static)
    }

    pub(super) fn class(&self, object: ObjId) -> Rc<str> {
        self.all.get(object as usize).map_or_else(|| "".into(), |info| Rc::clone(&info.class))
    }

    /// Of objects that are one of their kind.
    pub(super) fn name(&self, object: ObjId) -> Option<&Rc<str>> {
        self.all.get(object as usize)?.name.as_ref()
    }

    pub(super) fn kind(&self, object: ObjId) -> Kind {
        self.all.get(object as usize).map_or(Kind::Given, |info| info.kind)
    }

    /// A component or the application of the app.
    pub(super) fn is_component(&self, object: ObjId) -> bool {
        self.name(object)
            .is_some_and(|name| name.starts_with("component ") || &**name == "application")
    }

    pub(super) fn is_exact(&self, object: ObjId) -> bool {
        self.all.get(object as usize).is_some_and(|info| info.exact)
    }

    pub(super) fn set_exact(&mut self, object: ObjId) {
        if let Some(info) = self.all.get_mut(object as usize) {
            info.exact = true;
        }
    }

    pub(super) fn is_many(&self, object: ObjId) -> bool {
        self.all.get(object as usize).is_none_or(|info| info.many)
    }

    pub(super) fn make_many(&mut self, object: ObjId) {
        if let Some(info) = self.all.get_mut(object as usize) {
            info.many = true;
        }
    }

    /// Objects that outlive the process: what is stored on the device or on its way.
    pub(super) fn lasting(&self) -> impl Iterator<Item = ObjId> {
        const LASTING: [&str; 6] =
            ["preferences ", "file ", "intent of ", "result", "saved state", "binder "];
        self.named.iter().copied().filter(|object| {
            self.name(*object).is_some_and(|name| LASTING.iter().any(|kind| name.starts_with(kind)))
        })
    }

    /// Objects that live as long as the process.
    pub(super) fn roots(&self) -> impl Iterator<Item = ObjId> {
        self.named.iter().copied()
    }

    /// A cell of an object made by the app that nothing was written to holds zero.
    pub(super) fn starts_zero(&self, object: ObjId, key: &Key) -> bool {
        self.kind(object) != Kind::Given && matches!(key, Key::Field(_) | Key::Index(_))
    }

    /// The context of a call from the site.
    pub(super) fn context(&mut self, from: Context, method: u32, pc: u32) -> Context {
        let depth = self.depths.get(from as usize).copied().unwrap_or(0);
        if depth >= CONTEXT_DEPTH_MAX {
            return from;
        }
        if self.depths.is_empty() {
            self.depths.push(0);
        }
        let next = u32::try_from(self.depths.len()).unwrap_or(u32::MAX);
        let context = *self.contexts.entry((from, method, pc)).or_insert(next);
        if context == next {
            self.depths.push(depth + 1);
        }
        context
    }
}
