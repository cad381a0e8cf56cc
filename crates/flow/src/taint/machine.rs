//! The abstract machine: runs methods over abstract values and a heap that belongs to the path.
//!
//! Calls are followed into the app's own methods with what is known of their arguments, so that
//! a value keeps its meaning across them; the same call with the same inputs is not run twice.
//! Work is bounded by a number of operations, which is the same on every machine.

use super::app::App;
use super::control::controllers;
use super::domain::{Atom, Heap, Key, ObjId, SourceId, Step, StepKind, Taint, Value};
use super::models::Models;
use super::objects::{Context, Kind, Objects, Origin};
use super::world::{EncodedText, Method, World};
use crate::arithmetic;
use crate::ir::{Condition, Insn, Literal, Op, Operand, Reg, Symbols};
use crate::lower_dex::DexSymbols;
use crate::value::Abstract;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

/// Methods on the stack.
const DEPTH_MAX: usize = 40;
/// Times one method may be on the stack, and after how many its numbers and texts are given up.
const RECURSION_MAX: usize = 4;
const RECURSION_BEFORE_WIDENING: usize = 2;
/// Visits of one block in one run of a method.
const VISITS_MAX: u32 = 30;
/// Visits after which changing numbers and texts are given up.
const VISITS_BEFORE_WIDENING: u32 = 5;
/// Cells of the heap that are looked through at the cost of one operation.
const CELLS_PER_STEP: u64 = 16;
/// Elements of constant array data that are followed one by one.
pub(super) const ARRAY_ELEMENTS_MAX: usize = 512;

/// What is known before an operation.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) registers: Vec<Value>,
    pub(super) heap: Heap,
    /// What a handler catches.
    exception: Value,
}

impl State {
    pub(super) fn register(&self, reg: Reg) -> Value {
        self.registers.get(reg as usize).cloned().unwrap_or_else(Value::open)
    }

    pub(super) fn set(&mut self, reg: Reg, value: Value) {
        if let Some(slot) = self.registers.get_mut(reg as usize) {
            *slot = value;
        }
    }

    fn join(&mut self, other: &State, objects: &Objects, widen: bool) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            if mine.join(theirs) {
                changed = true;
                if widen {
                    mine.widen();
                }
            }
        }
        changed |= self.exception.join(&other.exception);
        let zero = |object, key: &Key| objects.starts_zero(object, key);
        changed | self.heap.join(&other.heap, &zero, widen)
    }
}

/// How a method ends: by returning and by throwing, each if it can.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    pub(super) normal: Option<(Value, Heap)>,
    pub(super) thrown: Option<(Value, Heap)>,
}

impl Outcome {
    pub(super) fn returns(value: Value, heap: Heap) -> Self {
        Self { normal: Some((value, heap)), thrown: None }
    }

    pub(super) fn join(&mut self, other: Outcome, objects: &Objects) {
        join_end(&mut self.normal, other.normal, objects);
        join_end(&mut self.thrown, other.thrown, objects);
    }
}

fn join_end(mine: &mut Option<(Value, Heap)>, theirs: Option<(Value, Heap)>, objects: &Objects) {
    match (mine, theirs) {
        (Some((value, heap)), Some((their_value, their_heap))) => {
            value.join(&their_value);
            heap.join(&their_heap, &|object, key| objects.starts_zero(object, key), false);
        }
        (mine @ None, theirs) => *mine = theirs,
        (Some(_), None) => {}
    }
}

/// A source call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SourceCall {
    pub(super) method: u32,
    pub(super) pc: u32,
    pub(super) called: Rc<str>,
    pub(super) kind: Rc<str>,
}

/// A sink call that tainted data reach.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SinkCall {
    pub(super) method: u32,
    pub(super) pc: u32,
    pub(super) called: Rc<str>,
    pub(super) kind: Rc<str>,
}

struct Frame {
    method: u32,
    registers: Vec<Value>,
}

/// One analysis.
pub(super) struct Machine<'m, 'w, 'a> {
    pub(super) world: World<'w, 'a>,
    pub(super) objects: Objects,
    pub(super) models: &'m Models,
    pub(super) app: &'m App,
    /// Component that is running: index into the app's, if one is.
    pub(super) component: Option<usize>,
    pub(super) flows: BTreeMap<(SourceId, SinkCall), Vec<Step>>,
    sources: Vec<SourceCall>,
    source_ids: HashMap<SourceCall, SourceId>,
    stack: Vec<Frame>,
    pub(super) context: Context,
    pub(super) steps: u64,
    pub(super) steps_max: u64,
    pub(super) exhausted: bool,
    /// Some component was not run to its end.
    pub(super) truncated: bool,
    /// Open components that were not run, because nothing private can reach them.
    pub(super) passed_over: usize,
    /// Methods that were given up.
    pub(super) given_up: BTreeSet<u32>,
    /// Classes of which an object was made.
    pub(super) made: BTreeSet<Rc<str>>,
    pub(super) memo: HashMap<(u32, Context), (Vec<Value>, Heap, Outcome)>,
    /// Follow what branches tell, too.
    pub(super) implicit: bool,
    /// What the branches on the way here tell.
    pub(super) told: Taint,
    controllers: HashMap<u32, Rc<Vec<Vec<usize>>>>,
    /// The call just modelled does not return.
    pub(super) fails: bool,
    /// The call just modelled was computed: it does not throw.
    pub(super) sure: bool,
}

/// How control goes on behind an operation.
enum Next {
    On,
    /// The path ends: by a throw that is dealt with, or in a call that does not return.
    End,
}

impl<'m, 'w, 'a> Machine<'m, 'w, 'a> {
    pub(super) fn new(
        world: World<'w, 'a>,
        models: &'m Models,
        app: &'m App,
        steps_max: u64,
    ) -> Self {
        Self {
            world,
            objects: Objects::default(),
            models,
            app,
            component: None,
            flows: BTreeMap::new(),
            sources: Vec::new(),
            source_ids: HashMap::new(),
            stack: Vec::new(),
            context: 0,
            steps: 0,
            steps_max,
            exhausted: false,
            truncated: false,
            passed_over: 0,
            given_up: BTreeSet::new(),
            made: BTreeSet::new(),
            memo: HashMap::new(),
            implicit: false,
            told: Taint::default(),
            controllers: HashMap::new(),
            fails: false,
            sure: false,
        }
    }

    pub(super) fn source(&self, id: SourceId) -> Option<&SourceCall> {
        self.sources.get(id as usize)
    }

    /// Taint of the source call.
    pub(super) fn source_taint(&mut self, call: SourceCall) -> Taint {
        let step = Step { method: call.method, pc: call.pc, what: StepKind::Source };
        let next = u32::try_from(self.sources.len()).unwrap_or(u32::MAX);
        let id = *self.source_ids.entry(call.clone()).or_insert(next);
        if id == next {
            self.sources.push(call);
        }
        Taint::source(id, step)
    }

    /// Takes down that the taint reaches the sink.
    pub(super) fn reach(&mut self, taint: &Taint, sink: &SinkCall) {
        let dangerous = sink.kind.starts_with(super::models::DANGEROUS);
        for (source, trail) in taint.sources() {
            let untrusted = self
                .sources
                .get(source as usize)
                .is_some_and(|call| &*call.kind == super::models::UNTRUSTED);
            if untrusted != dangerous {
                continue;
            }
            self.flows.entry((source, sink.clone())).or_insert_with(|| {
                let mut steps = trail.steps();
                steps.push(Step { method: sink.method, pc: sink.pc, what: StepKind::Sink });
                steps
            });
        }
    }

    /// Calls a method of the app: within the limits it is run, beyond them its result is taken to
    /// hold whatever its arguments hold.
    pub(super) fn call(
        &mut self,
        target: &Rc<Method>,
        args: Vec<Value>,
        heap: Heap,
        site: (u32, u32),
        registers: &[Value],
    ) -> Outcome {
        let on_stack = self.stack.iter().filter(|frame| frame.method == target.id).count();
        let mut args = args;
        if on_stack >= RECURSION_BEFORE_WIDENING {
            args.iter_mut().for_each(Value::widen);
        }
        if self.exhausted || self.stack.len() >= DEPTH_MAX || on_stack >= RECURSION_MAX {
            return self.unknown(&args, heap);
        }
        let context = self.objects.context(self.context, site.0, site.1);
        if let Some((known_args, known_heap, outcome)) = self.memo.get(&(target.id, context))
            && known_heap.same(&heap)
            && *known_args == args
            && !self.implicit
        {
            return outcome.clone();
        }
        let before = self.context;
        self.context = context;
        self.stack.push(Frame { method: target.id, registers: registers.to_vec() });
        let outcome = self.run(target, &args, heap.clone());
        self.stack.pop();
        self.context = before;
        if !self.exhausted {
            self.memo.insert((target.id, context), (args, heap, outcome.clone()));
        }
        outcome
    }

    /// A method whose code is not followed.
    pub(super) fn unknown(&mut self, args: &[Value], mut heap: Heap) -> Outcome {
        let mut taint = Taint::default();
        for arg in args {
            taint.add(&heap.deep_taint(arg));
        }
        if !taint.is_empty() {
            for object in args.iter().flat_map(Value::objects) {
                heap.add(object, Key::Content, &Value::tainted(taint.clone()));
            }
        }
        Outcome::returns(Value::tainted(taint), heap)
    }

    fn run(&mut self, method: &Rc<Method>, args: &[Value], heap: Heap) -> Outcome {
        let Some(code) = &method.code else {
            if method.too_large {
                self.given_up.insert(method.id);
            }
            return self.unknown(args, heap);
        };
        let mut registers = vec![Value::default(); code.body.registers as usize];
        registers.fill(Value::open());
        for (reg, value) in code.body.params.iter().zip(args) {
            if let Some(slot) = registers.get_mut(*reg as usize) {
                *slot = value.clone();
            }
        }
        let start = State { registers, heap, exception: Value::open() };
        let mut run = Run {
            method,
            entry: vec![None; code.cfg.blocks.len()],
            visits: vec![0; code.cfg.blocks.len()],
            position: vec![usize::MAX; code.cfg.blocks.len()],
            work: BTreeSet::new(),
            outcome: Outcome::default(),
            told: Vec::new(),
            controllers: self.implicit.then(|| {
                let made = || Rc::new(controllers(&code.cfg));
                Rc::clone(self.controllers.entry(method.id).or_insert_with(made))
            }),
        };
        let told_before = self.told.clone();
        if self.implicit {
            run.told = vec![Taint::default(); code.cfg.blocks.len()];
        }
        for (at, block) in code.cfg.order.iter().enumerate() {
            run.position[*block] = at;
        }
        if let Some(first) = run.entry.first_mut() {
            *first = Some(start);
            run.work.insert(0);
        }
        while let Some(at) = run.work.pop_first() {
            let Some(&block) = code.cfg.order.get(at) else { continue };
            run.visits[block] += 1;
            if run.visits[block] > VISITS_MAX {
                self.given_up.insert(method.id);
                continue;
            }
            self.told = run.told_at(block, &told_before);
            self.block(&mut run, block);
            if self.exhausted {
                break;
            }
        }
        self.told = told_before;
        run.outcome
    }

    fn block(&mut self, run: &mut Run<'_>, block: usize) {
        let method = run.method;
        let Some(code) = &method.code else { return };
        let Some(Some(mut state)) = run.entry.get(block).cloned() else { return };
        let Some(shape) = code.cfg.blocks.get(block) else { return };
        for index in shape.start..shape.end {
            let Some(insn) = code.body.insns.get(index) else { break };
            self.steps += 1;
            if self.steps > self.steps_max {
                self.exhausted = true;
                return;
            }
            let pre = (!shape.exceptional.is_empty() && library_may_throw(&insn.op)).then(|| {
                let mut pre = state.clone();
                pre.exception = Value::open();
                pre
            });
            self.sure = false;
            let next = self.step(run, &mut state, insn, index);
            if self.implicit
                && !self.told.is_empty()
                && let Some(dst) = written(&insn.op)
            {
                let value = state.register(dst).with(&self.told);
                state.set(dst, value);
            }
            if let Some(pre) = pre.filter(|_| !std::mem::take(&mut self.sure)) {
                for &target in &shape.exceptional {
                    run.flow_into(target, &pre, &self.objects);
                }
            }
            if matches!(next, Next::End) {
                return;
            }
        }
        if self.implicit {
            run.tell(block, shape.end, &state, &self.told);
        }
        for &target in &shape.successors {
            if self.feasible(method, shape.end, target, &state) {
                run.flow_into(target, &state, &self.objects);
            }
        }
    }

    /// An exception leaves the operation at `index`: to the handlers that catch its class, and
    /// out of the method where none surely does.
    fn raise(&mut self, run: &mut Run<'_>, state: &State, index: usize, value: &Value, heap: Heap) {
        let Some(code) = &run.method.code else { return };
        let classes: Vec<Rc<str>> =
            value.objects().map(|object| self.objects.class(object)).collect();
        let mut thrown = state.clone();
        thrown.heap = heap;
        thrown.exception = value.clone();
        let mut caught = false;
        let file = run.method.file;
        for handler in &code.body.handlers {
            if !(handler.start..handler.end).contains(&index) {
                continue;
            }
            let (may, surely) = match handler.class {
                None => (true, true),
                Some(class) => {
                    let class = self.class_name(file, class);
                    let hits =
                        classes.iter().filter(|thrown| self.world.is_a(thrown, &class)).count();
                    let broad =
                        &*class == "java.lang.Throwable" || &*class == "java.lang.Exception";
                    let unknown = value.open || classes.is_empty();
                    (hits > 0 || unknown, !classes.is_empty() && hits == classes.len() || broad)
                }
            };
            if may {
                if let Some(target) = code.cfg.block_at(handler.target) {
                    run.flow_into(target, &thrown, &self.objects);
                }
                if surely {
                    caught = true;
                    break;
                }
            }
        }
        if !caught {
            let end = Some((value.clone(), thrown.heap));
            join_end(&mut run.outcome.thrown, end, &self.objects);
        }
    }

    pub(super) fn class_name(&self, file: usize, class: u32) -> Rc<str> {
        match self.world.program.files.get(file) {
            Some(file) => DexSymbols(&file.dex).class(class).as_ref().into(),
            None => "".into(),
        }
    }

    fn step(&mut self, run: &mut Run<'_>, state: &mut State, insn: &Insn, index: usize) -> Next {
        let method = run.method;
        match &insn.op {
            Op::Nop | Op::Branch { .. } | Op::Jump { .. } | Op::Switch { .. } | Op::Cast { .. } => {
            }
            Op::Const { dst, value } => {
                let value = self.literal(method.file, *value);
                state.set(*dst, value);
            }
            Op::Move { dst, src } => {
                let value = state.register(*src);
                state.set(*dst, value);
            }
            Op::CaughtException { dst } => {
                let value = state.exception.clone();
                state.set(*dst, value);
            }
            Op::New { dst, class } => {
                let class = self.class_name(method.file, *class);
                self.initialise(&class, &mut state.heap, (method.id, insn.pc), &state.registers);
                let kind = if self.world.is_app(&class) { Kind::Made } else { Kind::Given };
                state.set(*dst, Value::null());
                let object = self.allocate(state, (method.id, insn.pc), &class, kind);
                self.objects.set_exact(object);
                self.made.insert(class);
                state.set(*dst, Value::object(object));
            }
            Op::NewArray { dst, size, ty } => {
                let class = self.class_name(method.file, *ty);
                let size = state.register(*size);
                state.set(*dst, Value::null());
                let object = self.allocate(state, (method.id, insn.pc), &class, Kind::Made);
                state.heap.set(object, Key::Size, size);
                state.set(*dst, Value::object(object));
            }
            Op::ArrayOf { dst, ty, items } => {
                let class = self.class_name(method.file, *ty);
                let values: Vec<Value> = items.iter().map(|reg| state.register(*reg)).collect();
                let object = self.allocate(state, (method.id, insn.pc), &class, Kind::Made);
                self.fill_array(&mut state.heap, object, values);
                if let Some(dst) = dst {
                    state.set(*dst, Value::object(object));
                }
            }
            Op::ArrayData { array, data } => {
                let array = state.register(*array);
                for object in array.objects() {
                    for (at, value) in data.iter().enumerate().take(ARRAY_ELEMENTS_MAX) {
                        let at = i64::try_from(at).unwrap_or(i64::MAX);
                        self.write(
                            &mut state.heap,
                            &array,
                            object,
                            Key::Index(at),
                            Value::int(*value),
                        );
                    }
                }
            }
            Op::ArrayLength { dst, array } => {
                let array = state.register(*array);
                let mut length = Value::default();
                for object in array.objects() {
                    let size = state.heap.get(object, &Key::Size).cloned();
                    length.join(&size.unwrap_or_else(Value::open));
                }
                if array.open || length.atoms().is_empty() {
                    length = Value::open();
                }
                state.set(*dst, length);
            }
            Op::ArrayGet { dst, array, index } => {
                let value = self.array_get(state, *array, *index);
                state.set(*dst, value);
            }
            Op::ArrayPut { array, index, src } => {
                let array = state.register(*array);
                let value = self.stored(state.register(*src), method.id, insn.pc);
                let key = state.register(*index).as_int().map_or(Key::Elements, Key::Index);
                for object in array.objects() {
                    self.write(&mut state.heap, &array, object, key.clone(), value.clone());
                }
            }
            Op::GetField { dst, object, field } => {
                let value = self.get_field(state, method, insn.pc, *object, *field);
                state.set(*dst, value);
            }
            Op::PutField { object, field, src } => {
                self.put_field(state, method, insn.pc, *object, *field, *src);
            }
            Op::Invoke { dst, kind, method: called, args } => {
                let outcome = self.invoke(state, method, insn.pc, *kind, *called, args);
                if let Some((value, heap)) = outcome.thrown {
                    self.raise(run, state, index, &value, heap);
                }
                let Some((value, heap)) = outcome.normal else { return Next::End };
                state.heap = heap;
                if let Some(dst) = dst {
                    state.set(*dst, value);
                }
            }
            Op::Binary { dst, op, wide, a, b } => {
                let a = state.register(*a);
                let b = match b {
                    Operand::Reg(reg) => state.register(*reg),
                    Operand::Int(value) => Value::int(*value),
                };
                let result = match (a.as_int(), b.as_int()) {
                    (Some(x), Some(y)) => from_number(&arithmetic::binary(
                        *op,
                        *wide,
                        &Abstract::Int(x),
                        &Abstract::Int(y),
                    )),
                    _ => Value::open(),
                };
                state.set(*dst, result.with(&a.taint).with(&b.taint));
            }
            Op::Unary { dst, op, a } => {
                let a = state.register(*a);
                let result = match a.as_int() {
                    Some(x) => from_number(&arithmetic::unary(*op, &Abstract::Int(x))),
                    None => Value::open(),
                };
                state.set(*dst, result.with(&a.taint));
            }
            Op::InstanceOf { dst, src, class } => {
                let class = self.class_name(method.file, *class);
                let value = self.instance_of(&state.register(*src), &class);
                state.set(*dst, value);
            }
            Op::Return { value } => {
                let value = value.map_or_else(Value::null, |reg| state.register(reg));
                let end = Some((value, state.heap.clone()));
                join_end(&mut run.outcome.normal, end, &self.objects);
                return Next::End;
            }
            Op::Throw { value } => {
                let value = state.register(*value);
                let heap = state.heap.clone();
                self.raise(run, state, index, &value, heap);
                return Next::End;
            }
        }
        Next::On
    }

    fn literal(&mut self, file: usize, literal: Literal) -> Value {
        let Some(dex) = self.world.program.files.get(file).map(|file| &file.dex) else {
            return Value::open();
        };
        match literal {
            Literal::Int(value) => Value::int(value),
            Literal::Null => Value::null(),
            Literal::Str(text) => Value::text(DexSymbols(dex).string(text).as_ref()),
            Literal::Class(class) => {
                Value::atom(Atom::Class(DexSymbols(dex).class(class).as_ref().into()))
            }
            Literal::Float | Literal::Other => Value::open(),
        }
    }

    /// Runs the initialiser of a class of the app, and of those above it, once on each path.
    pub(super) fn initialise(
        &mut self,
        class: &Rc<str>,
        heap: &mut Heap,
        site: (u32, u32),
        registers: &[Value],
    ) {
        if !self.world.is_app(class) {
            return;
        }
        let statics = self.objects.statics(class);
        if heap.get(statics, &Key::Initialised).is_some() {
            return;
        }
        heap.set(statics, Key::Initialised, Value::int(1));
        heap.set(statics, Key::Made, Value::int(1));
        let above =
            self.world.program.hierarchy.get(class).and_then(|info| info.superclass.clone());
        if let Some(above) = above {
            self.initialise(&above.as_str().into(), heap, site, registers);
        }
        let Some(members) = self.world.members(class) else { return };
        for (name, value) in &members.statics {
            if let Some(value) = value {
                let symbol = self.world.symbol(name);
                heap.set(statics, Key::Field(symbol), encoded(value));
            }
        }
        if members.has_initialiser
            && let Some(initialiser) = self.world.find(class, "<clinit>", "()V")
            && initialiser.class == *class
        {
            let outcome = self.call(&initialiser, Vec::new(), heap.clone(), site, registers);
            if let Some((_, after)) = outcome.normal {
                *heap = after;
            }
        }
    }

    /// The object that the site makes. Where an older one of the same site can still be reached,
    /// the two are told apart no longer.
    pub(super) fn allocate(
        &mut self,
        state: &mut State,
        (method, pc): (u32, u32),
        class: &Rc<str>,
        kind: Kind,
    ) -> ObjId {
        let origin = Origin::Site { method, pc, context: self.context };
        let object = self.objects.intern(origin, class, kind);
        if state.heap.get(object, &Key::Made).is_some() && !self.objects.is_many(object) {
            if self.reachable(state, object) {
                self.objects.make_many(object);
            } else {
                state.heap.clear(object);
            }
        }
        state.heap.set(object, Key::Made, Value::int(1));
        object
    }

    fn reachable(&mut self, state: &State, object: ObjId) -> bool {
        self.steps += state.heap.len() as u64 / CELLS_PER_STEP;
        let registers = state
            .registers
            .iter()
            .chain(self.stack.iter().flat_map(|frame| &frame.registers))
            .flat_map(Value::objects);
        let reached = state.heap.reach_all(registers.chain(self.objects.roots()));
        reached.get(object as usize).is_some_and(|seen| *seen)
    }

    pub(super) fn instance_of(&mut self, value: &Value, class: &str) -> Value {
        if value.open {
            return Value::open();
        }
        let mut result = Value::default();
        for atom in value.atoms() {
            let is = match atom {
                Atom::Int(_) => false,
                Atom::Str(_) => {
                    matches!(
                        class,
                        "java.lang.String" | "java.lang.CharSequence" | "java.lang.Object"
                    )
                }
                Atom::Class(_) => class == "java.lang.Class",
                Atom::Object(object) => {
                    let known = self.objects.class(*object);
                    if self.world.is_a(&known, class) {
                        true
                    } else if self.objects.kind(*object) == Kind::Given
                        && !self.objects.is_exact(*object)
                    {
                        return Value::open();
                    } else {
                        false
                    }
                }
            };
            result.join(&Value::int(i64::from(is)));
        }
        if result == Value::default() { Value::open() } else { result }
    }

    /// Whether control can go from the end of a block to the target.
    fn feasible(&self, method: &Method, end: usize, target: usize, state: &State) -> bool {
        let Some(code) = &method.code else { return true };
        let Some(start) = code.cfg.blocks.get(target).map(|block| block.start) else { return true };
        let last = end.checked_sub(1).and_then(|last| code.body.insns.get(last));
        match last.map(|insn| &insn.op) {
            Some(Op::Branch { condition, a, b, target: taken }) => {
                let a = state.register(*a);
                let b = match b {
                    Operand::Reg(reg) => state.register(*reg),
                    Operand::Int(value) => Value::int(*value),
                };
                if *taken == end {
                    return true;
                }
                let (may_hold, may_fail) = decide(*condition, &a, &b);
                if start == *taken { may_hold } else { may_fail }
            }
            Some(Op::Switch { on, targets }) => {
                let value = state.register(*on);
                match value.as_int() {
                    Some(number) => {
                        let chosen = targets.iter().find(|(case, _)| *case == number);
                        chosen.map_or(end, |(_, target)| *target) == start
                    }
                    None => true,
                }
            }
            _ => true,
        }
    }
}

/// One run of a method.
struct Run<'r> {
    method: &'r Rc<Method>,
    entry: Vec<Option<State>>,
    visits: Vec<u32>,
    position: Vec<usize>,
    work: BTreeSet<usize>,
    outcome: Outcome,
    /// What the branch at the end of each block tells. For implicit flows.
    told: Vec<Taint>,
    controllers: Option<Rc<Vec<Vec<usize>>>>,
}

impl Run<'_> {
    /// What is told by the branches that decide whether the block runs.
    fn told_at(&self, block: usize, before: &Taint) -> Taint {
        let mut told = before.clone();
        let Some(controllers) = &self.controllers else { return told };
        for branch in controllers.get(block).into_iter().flatten() {
            if let Some(taint) = self.told.get(*branch) {
                told.add(taint);
            }
        }
        told
    }

    /// Takes down what the branch at the end of a block tells; what it decides runs again.
    fn tell(&mut self, block: usize, end: usize, state: &State, told: &Taint) {
        let Some(code) = &self.method.code else { return };
        let last = end.checked_sub(1).and_then(|last| code.body.insns.get(last));
        let mut taint = told.clone();
        match last.map(|insn| &insn.op) {
            Some(Op::Branch { a, b, .. }) => {
                taint.add(&state.register(*a).taint);
                if let Operand::Reg(reg) = b {
                    taint.add(&state.register(*reg).taint);
                }
            }
            Some(Op::Switch { on, .. }) => {
                taint.add(&state.register(*on).taint);
            }
            _ => return,
        }
        if !self.told.get_mut(block).is_some_and(|known| known.add(&taint)) {
            return;
        }
        let Some(controllers) = &self.controllers else { return };
        for (decided, branches) in controllers.iter().enumerate() {
            if branches.contains(&block)
                && self.entry.get(decided).is_some_and(Option::is_some)
                && let Some(position) = self.position.get(decided)
            {
                self.work.insert(*position);
            }
        }
    }

    fn flow_into(&mut self, target: usize, state: &State, objects: &Objects) {
        let widen = self.visits.get(target).is_some_and(|visits| *visits > VISITS_BEFORE_WIDENING);
        let changed = match self.entry.get_mut(target) {
            Some(Some(mine)) => mine.join(state, objects, widen),
            Some(empty) => {
                *empty = Some(state.clone());
                true
            }
            None => false,
        };
        if changed && let Some(position) = self.position.get(target) {
            self.work.insert(*position);
        }
    }
}

/// Operations on which handlers must expect an exception that the analysis does not see come.
fn library_may_throw(op: &Op) -> bool {
    matches!(op, Op::Invoke { .. } | Op::ArrayGet { .. } | Op::ArrayPut { .. } | Op::Cast { .. })
        || matches!(op, Op::GetField { object: Some(_), .. } | Op::PutField { object: Some(_), .. })
        || matches!(op, Op::Binary { op: crate::ir::BinaryOp::Div | crate::ir::BinaryOp::Rem, .. })
}

/// The register that an operation writes.
fn written(op: &Op) -> Option<Reg> {
    match op {
        Op::Const { dst, .. }
        | Op::Move { dst, .. }
        | Op::New { dst, .. }
        | Op::NewArray { dst, .. }
        | Op::Binary { dst, .. } => Some(*dst),
        _ => None,
    }
}

pub(super) fn encoded(value: &EncodedText) -> Value {
    match value {
        EncodedText::Int(value) => Value::int(*value),
        EncodedText::Text(text) => Value::text(Rc::clone(text)),
        EncodedText::Class(class) => Value::atom(Atom::Class(Rc::clone(class))),
    }
}

pub(super) fn from_number(value: &Abstract) -> Value {
    match value {
        Abstract::Int(value) => Value::int(*value),
        Abstract::Null => Value::null(),
        Abstract::Str(text) => Value::text(text.as_ref()),
        Abstract::Class(class) => Value::atom(Atom::Class(class.as_ref().into())),
        _ => Value::open(),
    }
}

/// Whether the condition may hold, and whether it may fail.
fn decide(condition: Condition, a: &Value, b: &Value) -> (bool, bool) {
    let identity = |x: &Atom, y: &Atom| match (x, y) {
        (Atom::Object(p), Atom::Object(q)) if p == q => None,
        (x, y) => Some(x == y),
    };
    if a.atoms().is_empty() || b.atoms().is_empty() || a.open || b.open {
        return (true, true);
    }
    let (mut holds, mut fails) = (false, false);
    for x in a.atoms() {
        for y in b.atoms() {
            let result = match (condition, x, y) {
                (Condition::Eq, x, y) => identity(x, y),
                (Condition::Ne, x, y) => identity(x, y).map(|same| !same),
                (Condition::Lt, Atom::Int(x), Atom::Int(y)) => Some(x < y),
                (Condition::Ge, Atom::Int(x), Atom::Int(y)) => Some(x >= y),
                (Condition::Gt, Atom::Int(x), Atom::Int(y)) => Some(x > y),
                (Condition::Le, Atom::Int(x), Atom::Int(y)) => Some(x <= y),
                _ => None,
            };
            holds |= result != Some(false);
            fails |= result != Some(true);
        }
    }
    (holds, fails)
}
