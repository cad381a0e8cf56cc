//! Which code runs before a person has consented, and from where.
//!
//! A walk over calls from the places where the platform starts the app: the application class,
//! content providers, initialisers, the launcher. Dynamic calls go to classes of which an object
//! was made on the way (rapid type analysis); objects handed to threads, handlers and executors
//! lead to their callbacks; listeners of clicks end the part before consent. Conditions that read
//! a stored consent do so too ([`gates`]). Classes and methods are looked up as the walk comes to
//! them, so that it costs what it reaches. Every method keeps the first call that led to it: the
//! chain from the entry is the witness.
//!
//! Not here: values that flow, code of class files, native code, layouts.

mod gates;
mod index;
mod sites;
mod tables;

use crate::lower_dex::DexSymbols;
use crate::program::Program;
use gates::Gates;
use index::{ClassNumber, Index, Node, Reference, Signature};
use sites::{Site, What, sites};
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;
use tables::{FUNCTIONAL, HAND_OFFS, HandOff, LIFECYCLE, NOT_FOLLOWED, RUNNER_CLASS, RUNNERS};

/// Methods visited in one walk.
const METHODS_MAX: usize = 400_000;
/// Calls kept of a chain.
const CHAIN_MAX: usize = 64;
/// Bindings of dynamic calls to classes.
const BINDINGS_MAX: usize = 4_000_000;

/// When code can run, earliest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// Nobody has to consent or to touch anything.
    Before,
    /// A condition or a dispatch on the way could not be decided.
    Maybe,
    /// A person acted first, a stored consent was checked, or the entry is a later one.
    After,
}

const LEVELS: [When; 3] = [When::Before, When::Maybe, When::After];

/// A class that the platform starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub class: String,
    /// `application`, `provider`, `initializer`, `launcher`, `component`.
    pub kind: &'static str,
    /// Runs by itself when the app is opened; else its methods count as run after consent.
    pub early: bool,
}

/// How a place in the code is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    pub when: When,
    /// The kind of the entry, and the class.
    pub entry_kind: &'static str,
    pub entry: String,
    /// From the entry to the method: `com.example.App.onCreate`.
    pub chain: Vec<String>,
    /// The condition in the last method that delays it.
    pub condition: Option<String>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    when: When,
    parent: Option<Node>,
    start: u32,
}

/// The result of a walk.
#[derive(Debug, Default)]
pub struct Reachability {
    found: HashMap<(String, String), Found>,
    nodes: Vec<Option<NodeRow>>,
    starts: Vec<Start>,
    /// The walk came to its end.
    pub complete: bool,
}

#[derive(Debug)]
struct Found {
    node: Node,
    gates: Gates,
}

#[derive(Debug, Clone)]
struct NodeRow {
    name: String,
    state: State,
}

impl Reachability {
    /// How the instruction at `pc` of the method is reached. `member`: name and descriptor.
    pub fn at(&self, class: &str, member: &str, pc: u32) -> Option<Reached> {
        let found = self.found.get(&(class.to_owned(), member.to_owned()))?;
        let row = self.nodes.get(found.node as usize)?.as_ref()?;
        let start = self.starts.get(row.state.start as usize)?;
        let mut chain = vec![row.name.clone()];
        let mut at = row.state.parent;
        while let Some(node) = at {
            let Some(Some(row)) = self.nodes.get(node as usize) else { break };
            if chain.len() >= CHAIN_MAX {
                break;
            }
            chain.push(row.name.clone());
            at = row.state.parent;
        }
        chain.reverse();
        let gate = found.gates.0.get(&pc);
        Some(Reached {
            when: row.state.when.max(found.gates.at(pc)),
            entry_kind: start.kind,
            entry: start.class.clone(),
            chain,
            condition: gate.map(|(_, condition)| condition.clone()),
        })
    }

    /// Methods that were reached.
    pub fn count(&self) -> usize {
        self.found.len()
    }
}

/// Walks from the starts. `components`: classes that an intent may start.
pub fn explore(
    program: &Program<'_, '_>,
    starts: &[Start],
    components: &BTreeSet<String>,
) -> Reachability {
    let mut walk = Walk {
        index: Index::new(program),
        states: Vec::new(),
        queues: Default::default(),
        made: HashMap::new(),
        made_by_signature: HashMap::new(),
        pending: HashMap::new(),
        known_pending: HashSet::new(),
        gates: HashMap::new(),
        runners: HashMap::new(),
        components,
        bindings: 0,
        visited: 0,
    };
    for (number, start) in starts.iter().enumerate() {
        walk.start(u32::try_from(number).unwrap_or(u32::MAX), start);
    }
    let complete = walk.run();
    walk.finish(starts, complete)
}

/// Calls of listeners that a person sets off.
fn waits_for_person(reference: &Reference) -> bool {
    HAND_OFFS.iter().any(|(supertype, callbacks, how)| {
        *how == HandOff::Person
            && &*reference.class == *supertype
            && callbacks.contains(&&*reference.name)
    })
}

/// A dynamic call that may yet be bound to classes made later.
#[derive(Debug, Clone)]
struct Pending {
    class: Rc<str>,
    caller: Node,
    when: When,
}

struct Walk<'w, 'i, 'p, 'a> {
    index: Index<'i, 'p, 'a>,
    /// By method; `None` until reached.
    states: Vec<Option<State>>,
    queues: [VecDeque<Node>; 3],
    /// Classes of which an object was made, with the earliest time.
    made: HashMap<ClassNumber, When>,
    made_by_signature: HashMap<Signature, Vec<ClassNumber>>,
    pending: HashMap<Signature, Vec<Pending>>,
    known_pending: HashSet<(Signature, Rc<str>, When)>,
    gates: HashMap<Node, Gates>,
    runners: HashMap<Node, bool>,
    components: &'w BTreeSet<String>,
    bindings: usize,
    visited: usize,
}

impl Walk<'_, '_, '_, '_> {
    fn start(&mut self, number: u32, start: &Start) {
        let when = if start.early { When::Before } else { When::After };
        let Some(class) = self.index.class(&start.class) else { return };
        let supers = self.index.classes.get(class as usize).map(|c| c.supers.clone());
        let line =
            std::iter::once(Rc::from(start.class.as_str())).chain(supers.into_iter().flatten());
        let mut nodes = Vec::new();
        for name in line.collect::<Vec<Rc<str>>>() {
            let Some(class) = self.index.class(&name) else { continue };
            let methods = self.index.classes.get(class as usize).map(|c| c.methods.clone());
            for node in methods.into_iter().flatten().map(|(_, node)| node) {
                let callback = LIFECYCLE.contains(&self.index.method_name(node));
                if callback || !start.early {
                    nodes.push(node);
                }
            }
        }
        nodes.sort_unstable();
        for node in nodes {
            self.reach(node, when, None, number);
        }
        self.make(class, when, None, number, &[]);
    }

    fn reach(&mut self, node: Node, when: When, parent: Option<Node>, start: u32) {
        let at = node as usize;
        if at >= self.states.len() {
            self.states.resize(at + 1, None);
        }
        let Some(slot) = self.states.get_mut(at) else { return };
        if slot.is_none_or(|known| known.when > when) {
            *slot = Some(State { when, parent, start });
            if let Some(queue) = self.queues.get_mut(when as usize) {
                queue.push_back(node);
            }
        }
    }

    /// Earliest methods first, so that the first chain found is an earliest one.
    fn run(&mut self) -> bool {
        for level in LEVELS {
            while let Some(node) = self.queues.get_mut(level as usize).and_then(VecDeque::pop_front)
            {
                let Some(state) = self.states.get(node as usize).copied().flatten() else {
                    continue;
                };
                if state.when != level {
                    continue;
                }
                self.visited += 1;
                if self.visited > METHODS_MAX || self.bindings > BINDINGS_MAX {
                    return false;
                }
                self.visit(node, state);
            }
        }
        true
    }

    fn visit(&mut self, node: Node, state: State) {
        let Some((file, code)) = self.index.code(node) else { return };
        let sites = sites(&code);
        // Behind consent nothing gets later.
        let gates = match state.when {
            When::After => Gates::default(),
            _ => gates::gates(&mut self.index, node, file, &code, &sites),
        };
        let called = sites::calls(&mut self.index, file, &sites);
        let starts_components = called.iter().any(|r| &*r.class == "android.content.Intent")
            && !called.iter().any(|r| &*r.class == "android.app.PendingIntent");
        for site in &sites {
            let when = state.when.max(gates.at(site.pc));
            match site.what {
                What::Direct(id) | What::Static(id) => {
                    let Some(reference) = self.index.reference(file, id) else { continue };
                    if matches!(site.what, What::Static(_)) {
                        self.initialise(&reference.class, when, node, state.start);
                    }
                    let target = self.index.implementation(&reference.class, reference.signature);
                    if let Some(target) = target {
                        self.reach(target, when, Some(node), state.start);
                    }
                }
                What::Dynamic(id) => {
                    if let Some(reference) = self.index.reference(file, id) {
                        self.dispatch(&reference, when, node, state.start);
                    }
                }
                What::Custom(id) => self.lambda(file, id, when, node, state.start),
                What::New(ty) => {
                    let name = self.index.type_name(file, ty);
                    if let Some(class) = self.index.class(&name) {
                        self.initialise(&name, when, node, state.start);
                        self.make(class, when, Some(node), state.start, &called);
                    }
                }
                What::ClassLiteral(ty) => {
                    let name = self.index.type_name(file, ty);
                    self.literal(&name, starts_components, when, node, state.start);
                }
                What::StaticField(id) => {
                    let class = self.index.program.files.get(file as usize).and_then(|unit| {
                        unit.dex.field(menshen_android::dex::FieldId(id)).map(|f| f.class.0)
                    });
                    if let Some(class) = class {
                        let name = self.index.type_name(file, class);
                        self.initialise(&name, when, node, state.start);
                    }
                }
                What::Text(_) => {}
            }
        }
        self.reflection(file, &sites, &called, &gates, node, state);
        self.gates.insert(node, gates);
    }

    fn initialise(&mut self, class: &str, when: When, from: Node, start: u32) {
        let signature = self.index.signature("<clinit>()V");
        let Some(class) = self.index.class(class) else { return };
        let own = self.index.classes.get(class as usize).and_then(|c| c.methods.get(&signature));
        if let Some(node) = own.copied() {
            self.reach(node, when, Some(from), start);
        }
    }

    /// A call bound at run time: to the class named, and to classes of which objects were made.
    fn dispatch(&mut self, reference: &Reference, when: When, from: Node, start: u32) {
        if NOT_FOLLOWED.contains(&&*reference.name) {
            return;
        }
        // A library that passes a click on to a listener was clicked itself.
        let when = if waits_for_person(reference) { When::After } else { when };
        if let Some(target) = self.index.implementation(&reference.class, reference.signature) {
            self.reach(target, when, Some(from), start);
        }
        let functional = FUNCTIONAL.iter().any(|prefix| reference.class.starts_with(prefix));
        let when = if functional { when.max(When::Maybe) } else { when };
        let key = (reference.signature, reference.class.clone(), when);
        if !self.known_pending.insert(key) {
            return;
        }
        let pending = Pending { class: reference.class.clone(), caller: from, when };
        self.pending.entry(reference.signature).or_default().push(pending);
        for class in self.made_by_signature.get(&reference.signature).cloned().unwrap_or_default() {
            self.bindings += 1;
            if self.index.is_a(class, &reference.class) {
                self.bind(class, reference.signature, when, from, start);
            }
        }
    }

    fn bind(
        &mut self,
        class: ClassNumber,
        signature: Signature,
        when: When,
        from: Node,
        start: u32,
    ) {
        let made = self.made.get(&class).copied().unwrap_or(When::After);
        let Some(name) = self.index.classes.get(class as usize).map(|c| c.name.clone()) else {
            return;
        };
        if let Some(target) = self.index.implementation(&name, signature) {
            self.reach(target, when.max(made), Some(from), start);
        }
    }

    /// An object of the class is made.
    fn make(
        &mut self,
        class: ClassNumber,
        when: When,
        from: Option<Node>,
        start: u32,
        called: &[Reference],
    ) {
        if self.made.get(&class).is_some_and(|known| *known <= when) {
            return;
        }
        let fresh = self.made.insert(class, when).is_none();
        let Some(row) = self.index.classes.get(class as usize) else { return };
        let (name, supers) = (row.name.clone(), row.supers.clone());
        let mut signatures: BTreeSet<Signature> = BTreeSet::new();
        for ancestor in std::iter::once(&name).chain(&supers) {
            if let Some(number) = self.index.class(ancestor) {
                let methods = self.index.classes.get(number as usize).map(|c| &c.methods);
                signatures.extend(methods.into_iter().flatten().map(|(signature, _)| *signature));
            }
        }
        for signature in signatures {
            if fresh {
                self.made_by_signature.entry(signature).or_default().push(class);
            }
            for pending in self.pending.get(&signature).cloned().unwrap_or_default() {
                self.bindings += 1;
                if self.index.is_a(class, &pending.class) {
                    self.bind(class, signature, pending.when.max(when), pending.caller, start);
                }
            }
        }
        if let Some(from) = from {
            self.hand_off(&name, &supers, when, from, start, called);
        }
    }

    /// The callbacks of an object that the platform will call.
    fn hand_off(
        &mut self,
        name: &str,
        supers: &[Rc<str>],
        when: When,
        from: Node,
        start: u32,
        called: &[Reference],
    ) {
        for (supertype, callbacks, how) in HAND_OFFS {
            if !supers.iter().any(|ancestor| &**ancestor == *supertype) {
                continue;
            }
            let when = match how {
                HandOff::Runs => when,
                HandOff::WhenGiven if self.gives_to_runner(called, 0) => when,
                HandOff::WhenGiven | HandOff::Maybe => when.max(When::Maybe),
                HandOff::Person => When::After,
            };
            let line = std::iter::once(name).chain(supers.iter().map(|ancestor| &**ancestor));
            for class in line.map(str::to_owned).collect::<Vec<_>>() {
                let Some(class) = self.index.class(&class) else { continue };
                let methods = self.index.classes.get(class as usize).map(|c| c.methods.clone());
                let mut nodes: Vec<Node> =
                    methods.into_iter().flatten().map(|(_, node)| node).collect();
                nodes.sort_unstable();
                for node in nodes {
                    if callbacks.contains(&self.index.method_name(node)) {
                        self.reach(node, when, Some(from), start);
                    }
                }
            }
        }
    }

    /// Something that the method calls runs what it is given, itself or through a method of the
    /// app that takes a task.
    fn gives_to_runner(&mut self, called: &[Reference], depth: u32) -> bool {
        called.iter().any(|reference| {
            if RUNNERS.contains(&&*reference.name)
                || (&*reference.class == RUNNER_CLASS && &*reference.name == "<init>")
            {
                return true;
            }
            let text = self.index.signature_text(reference.signature);
            let takes_task = text.contains("Ljava/lang/Runnable;")
                || text.contains("Ljava/util/concurrent/Callable;");
            if depth >= 2 || !takes_task {
                return false;
            }
            let Some(node) = self.index.implementation(&reference.class, reference.signature)
            else {
                return false;
            };
            if let Some(known) = self.runners.get(&node) {
                return *known;
            }
            self.runners.insert(node, false);
            let Some((file, code)) = self.index.code(node) else { return false };
            let inner = sites::calls(&mut self.index, file, &sites(&code));
            let runs = self.gives_to_runner(&inner, depth + 1);
            self.runners.insert(node, runs);
            runs
        })
    }

    fn lambda(&mut self, file: u32, id: u32, when: When, from: Node, start: u32) {
        let Some(unit) = self.index.program.files.get(file as usize) else { return };
        let symbols = DexSymbols(&unit.dex);
        let target = symbols
            .lambda_target(0x1_0000u32.saturating_add(id))
            .map(|sig| (sig.class.into_owned(), format!("{}{}", sig.name, sig.descriptor)));
        let Some((class, text)) = target else { return };
        let signature = self.index.signature(&text);
        if let Some(node) = self.index.implementation(&class, signature) {
            self.reach(node, when.max(When::Maybe), Some(from), start);
        }
    }

    /// A class literal: a component that an intent starts, or a worker.
    fn literal(&mut self, name: &str, starts_components: bool, when: When, from: Node, start: u32) {
        let Some(class) = self.index.class(name) else { return };
        let is_worker = self.index.is_a(class, "androidx.work.ListenableWorker");
        let is_initializer = self.index.is_a(class, "androidx.startup.Initializer")
            && self.index.method_name(from) == "dependencies";
        let is_component = starts_components && self.components.contains(name);
        if !(is_worker || is_initializer || is_component) {
            return;
        }
        self.make(class, when, None, start, &[]);
        let supers = self.index.classes.get(class as usize).map(|c| c.supers.clone());
        for name in std::iter::once(Rc::from(name))
            .chain(supers.into_iter().flatten())
            .collect::<Vec<Rc<str>>>()
        {
            let Some(class) = self.index.class(&name) else { continue };
            let methods = self.index.classes.get(class as usize).map(|c| c.methods.clone());
            let mut nodes: Vec<Node> =
                methods.into_iter().flatten().map(|(_, node)| node).collect();
            nodes.sort_unstable();
            for node in nodes {
                if LIFECYCLE.contains(&self.index.method_name(node)) {
                    self.reach(node, when, Some(from), start);
                }
            }
        }
    }

    /// Classes and methods of the app that are named by constants beside reflective calls.
    fn reflection(
        &mut self,
        file: u32,
        sites: &[Site],
        called: &[Reference],
        gates: &Gates,
        from: Node,
        state: State,
    ) {
        let calls = |class: &str, names: &[&str]| {
            called.iter().any(|r| &*r.class == class && names.contains(&&*r.name))
        };
        if !calls("java.lang.Class", &["forName"])
            && !calls("java.lang.ClassLoader", &["loadClass"])
        {
            return;
        }
        let texts: Vec<(u32, String)> = sites
            .iter()
            .filter_map(|site| match site.what {
                What::Text(id) => Some((site.pc, self.index.string(file, id))),
                _ => None,
            })
            .collect();
        let invokes = calls("java.lang.Class", &["getMethod", "getDeclaredMethod"]);
        for (pc, text) in &texts {
            let Some(class) = self.index.class(text) else { continue };
            let when = state.when.max(gates.at(*pc));
            self.initialise(text, when, from, state.start);
            self.make(class, when, Some(from), state.start, called);
            let methods = self.index.classes.get(class as usize).map(|c| c.methods.clone());
            let mut nodes: Vec<Node> =
                methods.into_iter().flatten().map(|(_, node)| node).collect();
            nodes.sort_unstable();
            for node in nodes {
                let name = self.index.method_name(node);
                if name == "<init>" || (invokes && texts.iter().any(|(_, text)| text == name)) {
                    self.reach(node, when, Some(from), state.start);
                }
            }
        }
    }

    fn finish(mut self, starts: &[Start], complete: bool) -> Reachability {
        let mut reached =
            Reachability { complete, starts: starts.to_vec(), ..Reachability::default() };
        reached.nodes = vec![None; self.states.len()];
        for (at, state) in self.states.iter().enumerate() {
            let Some(state) = state else { continue };
            let node = Node::try_from(at).unwrap_or(Node::MAX);
            let Some(method) = self.index.methods.get(at) else { continue };
            let class = self.index.classes.get(method.class as usize).map(|c| c.name.to_string());
            let member = self.index.signature_text(method.signature).to_owned();
            let gates = self.gates.remove(&node).unwrap_or_default();
            reached.nodes[at] = Some(NodeRow { name: self.index.full_name(node), state: *state });
            reached.found.insert((class.unwrap_or_default(), member), Found { node, gates });
        }
        reached
    }
}
