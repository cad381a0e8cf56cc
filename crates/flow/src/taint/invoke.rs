//! Calls: which methods of the app they run, and what they mean when they leave it.

use super::domain::{Atom, Heap, Key, ObjId, Step, StepKind, Value};
use super::machine::{Machine, Outcome, SinkCall, SourceCall, State};
use super::models::CallTexts;
use super::objects::Kind;
use super::world::{Callee, Method};
use crate::ir::{InvokeKind, Reg};
use std::rc::Rc;

/// App classes tried when the receiver of a call is not known.
const CANDIDATES_MAX: usize = 6;

/// A call as the models of the platform see it.
pub(super) struct Call<'c> {
    pub(super) callee: &'c Callee,
    pub(super) method: &'c Rc<Method>,
    pub(super) pc: u32,
    /// Receiver first for instance methods.
    pub(super) values: &'c [Value],
    pub(super) is_static: bool,
}

impl Call<'_> {
    pub(super) fn receiver(&self) -> Option<&Value> {
        if self.is_static { None } else { self.values.first() }
    }

    /// The arguments without the receiver.
    pub(super) fn arguments(&self) -> &[Value] {
        let skip = usize::from(!self.is_static);
        self.values.get(skip..).unwrap_or_default()
    }

    pub(super) fn argument(&self, index: usize) -> Value {
        self.arguments().get(index).cloned().unwrap_or_else(Value::open)
    }

    pub(super) fn site(&self) -> (u32, u32) {
        (self.method.id, self.pc)
    }

    pub(super) fn step(&self, what: StepKind) -> Step {
        Step { method: self.method.id, pc: self.pc, what }
    }
}

/// A method of the app that a call may run, with the receiver narrowed to what leads there.
struct Target {
    method: Rc<Method>,
    receiver: Option<ObjId>,
}

impl Machine<'_, '_, '_> {
    pub(super) fn invoke(
        &mut self,
        state: &mut State,
        method: &Rc<Method>,
        pc: u32,
        kind: InvokeKind,
        called: u32,
        args: &[Reg],
    ) -> Outcome {
        let callee = self.world.callee(method.file, called);
        let mut values: Vec<Value> = args.iter().map(|reg| state.register(*reg)).collect();
        if self.implicit && !self.told.is_empty() {
            values.iter_mut().for_each(|value| *value = value.clone().with(&self.told));
        }
        let is_static = matches!(kind, InvokeKind::Static | InvokeKind::Dynamic);
        let call = Call { callee: &callee, method, pc, values: &values, is_static };
        self.sink(&call, &state.heap);
        let (targets, leaves) = self.targets(&call, kind, state);
        let mut outcome = Outcome::default();
        let mut ran = false;
        for target in &targets {
            let mut passed: Vec<Value> = values.clone();
            if let (Some(object), Some(first)) = (target.receiver, passed.first_mut()) {
                *first = Value::object(object).with(&first.taint);
            }
            for value in &mut passed {
                if !value.taint.is_empty() {
                    value.taint = value.taint.stepped(&call.step(StepKind::Argument));
                }
            }
            let ended = self.call(
                &target.method,
                passed,
                state.heap.clone(),
                (method.id, pc),
                &state.registers,
            );
            outcome.join(ended, &self.objects);
            ran = true;
        }
        if leaves || !ran {
            let heap = state.heap.clone();
            let value = self.platform(&call, state);
            let after = std::mem::replace(&mut state.heap, heap);
            let ended = match std::mem::take(&mut self.fails) {
                true => Outcome { normal: None, thrown: Some((Value::open(), after)) },
                false => Outcome::returns(value, after),
            };
            outcome.join(ended, &self.objects);
        }
        if let Some((value, heap)) = &mut outcome.normal
            && let Some(taint) = self.source_of(&call, heap)
        {
            let taint = self.source_taint(taint);
            value.taint.add(&taint);
            let _ = heap;
        }
        outcome
    }

    /// The methods of the app that the call runs, and whether it may leave the app.
    fn targets(
        &mut self,
        call: &Call<'_>,
        kind: InvokeKind,
        state: &mut State,
    ) -> (Vec<Target>, bool) {
        let callee = call.callee;
        let direct = |machine: &mut Self| {
            let found = machine.world.find(&callee.class, &callee.name, &callee.descriptor);
            found.into_iter().map(|method| Target { method, receiver: None }).collect::<Vec<_>>()
        };
        match kind {
            InvokeKind::Static => {
                if self.world.is_app(&callee.class) {
                    let class = Rc::clone(&callee.class);
                    self.initialise(&class, &mut state.heap, call.site(), &state.registers);
                }
                let targets = direct(self);
                let leaves = targets.is_empty();
                (targets, leaves)
            }
            InvokeKind::Direct | InvokeKind::Super => {
                let targets = direct(self);
                let leaves = targets.is_empty();
                (targets, leaves)
            }
            InvokeKind::Virtual | InvokeKind::Interface => self.dispatch(call),
            InvokeKind::Dynamic => (Vec::new(), true),
        }
    }

    fn dispatch(&mut self, call: &Call<'_>) -> (Vec<Target>, bool) {
        let callee = call.callee;
        let Some(receiver) = call.receiver().cloned() else { return (Vec::new(), true) };
        let mut targets = Vec::new();
        let mut leaves = false;
        for atom in receiver.atoms() {
            match atom {
                Atom::Object(object) => {
                    let class = self.objects.class(*object);
                    match self.world.find(&class, &callee.name, &callee.descriptor) {
                        Some(method) => targets.push(Target { method, receiver: Some(*object) }),
                        None => leaves = true,
                    }
                }
                // A call on null does not return.
                Atom::Int(0) => {}
                _ => leaves = true,
            }
        }
        if receiver.open {
            leaves = true;
            if targets.is_empty() {
                targets = self.candidates(callee);
            }
        }
        leaves |= receiver.atoms().is_empty();
        (targets, leaves)
    }

    /// Methods of classes of which objects were made, for a receiver of which nothing is known.
    fn candidates(&mut self, callee: &Callee) -> Vec<Target> {
        let below = self.world.subclasses(&callee.class);
        let made: Vec<Rc<str>> =
            below.into_iter().filter(|class| self.made.contains(class)).collect();
        if made.len() > CANDIDATES_MAX {
            return Vec::new();
        }
        let mut targets: Vec<Target> = Vec::new();
        for class in made {
            if let Some(method) = self.world.find(&class, &callee.name, &callee.descriptor)
                && !targets.iter().any(|known| known.method.id == method.id)
            {
                targets.push(Target { method, receiver: None });
            }
        }
        targets
    }

    /// Takes down what reaches the call if it is a sink.
    pub(super) fn sink(&mut self, call: &Call<'_>, heap: &Heap) {
        for (kind, positions) in self.models.sinks(call.callee) {
            self.sink_of(call, heap, kind, positions);
        }
    }

    fn sink_of(
        &mut self,
        call: &Call<'_>,
        heap: &Heap,
        kind: Rc<str>,
        positions: Option<&[usize]>,
    ) {
        if &*kind == "intent" && !self.leaves_the_app(call, heap) {
            return;
        }
        if &*kind == "stream" && !self.stream_leaves(call, heap) {
            return;
        }
        if &*kind == "ipc" && self.stays_inside(call, heap) {
            return;
        }
        if &*kind == "provider" && !self.own_providers(call, heap).is_empty() {
            return;
        }
        let sink = SinkCall {
            method: call.method.id,
            pc: call.pc,
            called: method_name(call.callee).into(),
            kind,
        };
        for (index, value) in call.arguments().iter().enumerate() {
            if positions.is_none_or(|positions| positions.contains(&index)) {
                // Who is started is what the intent itself says, not what it carries.
                let taint = match &*sink.kind {
                    "x-start" => value.taint.clone(),
                    _ => heap.taint_within(value, &|object| self.objects.is_component(object)),
                };
                self.reach(&taint, &sink);
            }
        }
        let connects = matches!(&*call.callee.name, "openConnection" | "openStream" | "connect");
        if connects && let Some(receiver) = call.receiver() {
            let taint = heap.deep_taint(receiver);
            self.reach(&taint, &sink);
        }
    }

    /// Streams into memory are no outlets; those around another are what that is.
    fn stream_leaves(&mut self, call: &Call<'_>, heap: &Heap) -> bool {
        const MEMORY: [&str; 5] = [
            "java.io.ByteArrayOutputStream",
            "java.io.StringWriter",
            "java.io.CharArrayWriter",
            "java.io.PipedOutputStream",
            "java.io.PipedWriter",
        ];
        let in_memory = |machine: &mut Self, class: &str| {
            MEMORY.iter().any(|memory| machine.world.is_a(class, memory))
        };
        if in_memory(self, &call.callee.class.clone()) {
            return false;
        }
        let Some(receiver) = call.receiver() else { return true };
        if receiver.open || receiver.objects().next().is_none() {
            return true;
        }
        let mut leaves = false;
        for object in receiver.objects() {
            let mut at = object;
            let mut memory = false;
            for _ in 0..8 {
                let class = self.objects.class(at);
                memory |= in_memory(self, &class);
                match heap.get(at, &Key::Inner).and_then(|inner| inner.objects().next()) {
                    Some(inner) if inner != at => at = inner,
                    _ => break,
                }
            }
            leaves |= !memory;
        }
        leaves
    }

    pub(super) fn source_of(&mut self, call: &Call<'_>, heap: &Heap) -> Option<SourceCall> {
        if !self.models.mentions(&call.callee.name) {
            return None;
        }
        let mut texts: Vec<Rc<str>> = Vec::new();
        for value in call.arguments() {
            texts.extend(value.texts().unwrap_or_default());
            for object in value.objects() {
                texts.extend(self.address_of(object, heap));
            }
        }
        let hidden_view = call.receiver().is_some_and(|receiver| {
            receiver.objects().any(|object| {
                heap.get(object, &Key::Content)
                    .and_then(Value::as_int)
                    .is_some_and(|id| self.app.hidden_views.contains(&id))
            })
        });
        let outside = call.receiver().is_some_and(|receiver| {
            receiver.objects().any(|object| self.is_external(object))
                || (receiver.open && receiver.objects().next().is_none())
        });
        let known = CallTexts { texts: &texts, hidden_view, outside };
        let kind = self.models.source(call.callee, &known)?;
        Some(SourceCall {
            method: call.method.id,
            pc: call.pc,
            called: method_name(call.callee).into(),
            kind,
        })
    }

    /// The address that an object stands for: a constant of the platform by its name, a parsed
    /// text by its text.
    pub(super) fn address_of(&self, object: ObjId, heap: &Heap) -> Option<Rc<str>> {
        if let Some(text) = heap.get(object, &Key::Content).and_then(Value::as_text) {
            return Some(Rc::clone(text));
        }
        self.objects.name(object).and_then(|name| name.strip_prefix("field ").map(Into::into))
    }

    /// A fresh object that the platform gives.
    pub(super) fn give(&mut self, state: &mut State, call: &Call<'_>, class: &str) -> ObjId {
        self.allocate(state, call.site(), &class.into(), Kind::Given)
    }
}

/// `android.util.Log.i(Ljava/lang/String;Ljava/lang/String;)I`
pub(super) fn method_name(callee: &Callee) -> String {
    format!("{}.{}{}", callee.class, callee.name, callee.descriptor)
}
