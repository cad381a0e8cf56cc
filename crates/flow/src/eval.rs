//! Values within one method: a forward data-flow analysis over the intermediate representation.
//!
//! Each register holds an [`Abstract`] value, arrays and string builders made in the method have
//! contents while nothing unknown can have changed them. Branches on constants follow only the
//! side that can be taken. What leaves the method is not followed: calls give a value that is
//! known to come from them, fields one that is known to be read.
//!
//! Not here: anything across methods (only fields that never change come from outside,
//! through [`Environment`]).

use crate::arithmetic::{binary, unary};
use crate::cfg::Cfg;
use crate::ir::{Body, Condition, Insn, InvokeKind, Literal, Op, Operand, Reg, Sym, Symbols};
use crate::library::builder::{self, Effect};
use crate::library::{self, Callee};
use crate::state::Object;
use crate::value::{ARRAY_ELEMENTS_MAX, Abstract};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub use crate::state::State;

/// Block visits before a method is given up, as a multiple of its blocks.
const VISITS_PER_BLOCK_MAX: usize = 24;
/// Joins at the head of a loop before a value that still changes becomes unknown.
const LOOP_JOINS_MAX: u32 = 3;
/// Registers of a method that is analysed. Larger methods are given up.
const REGISTERS_MAX: u32 = 4096;
/// Every register of a compiled method is named by an operation or is a parameter.
const REGISTERS_BASE: usize = 256;
const REGISTERS_PER_OPERATION: usize = 4;
/// Values in the states of all blocks together.
const STATE_VALUES_MAX: usize = 4_000_000;
/// What a method may cost: values copied, operations run, bytes of text built. Methods of real
/// apps stay below 20,000 and 300 for each operation.
const COST_MAX: usize = 32_000_000;
const COST_BASE: usize = 50_000;
const COST_PER_OPERATION: usize = 1000;
/// Dominators that are asked for the conditions of one block, and conditions kept of them.
const GUARD_LEVELS_MAX: usize = 256;
const GUARDS_MAX: usize = 32;
/// Operations of a method that is analysed.
const INSNS_MAX: usize = 60_000;

/// What the analysis may ask about the world outside the method.
pub trait Environment {
    /// The value of a field that is the same whenever it is read.
    fn constant_field(&self, class: &str, name: &str) -> Option<Abstract>;
}

/// The analysis did not reach a fixed point within its budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBudget;

/// States of a whole method.
#[derive(Debug)]
pub struct Evaluation<'a> {
    pub body: &'a Body,
    pub cfg: &'a Cfg,
    entry: Vec<Option<State>>,
    symbols: &'a dyn Symbols,
    environment: &'a dyn Environment,
    callees: HashMap<Sym, Callee>,
    /// Bytes of text built so far.
    text_built: Cell<usize>,
    /// Spent so far, without the text.
    cost: usize,
    cost_max: usize,
    /// By the block that they guard.
    guards: RefCell<HashMap<usize, Option<String>>>,
}

impl std::fmt::Debug for dyn Symbols + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Symbols")
    }
}

impl std::fmt::Debug for dyn Environment + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Environment")
    }
}

/// What a method of that many operations may cost.
fn cost_of_size(operations: usize) -> usize {
    operations.saturating_mul(COST_PER_OPERATION).saturating_add(COST_BASE).min(COST_MAX)
}

impl<'a> Evaluation<'a> {
    /// Runs the analysis to its fixed point.
    pub fn run(
        body: &'a Body,
        cfg: &'a Cfg,
        symbols: &'a dyn Symbols,
        environment: &'a dyn Environment,
    ) -> Result<Self, OutOfBudget> {
        Self::run_within(body, cfg, symbols, environment, usize::MAX)
    }

    /// As [`Self::run`], and costs no more than `cost_max`.
    pub fn run_within(
        body: &'a Body,
        cfg: &'a Cfg,
        symbols: &'a dyn Symbols,
        environment: &'a dyn Environment,
        cost_max: usize,
    ) -> Result<Self, OutOfBudget> {
        let values = cfg.blocks.len().saturating_mul(body.registers as usize);
        let operations = body.insns.len();
        let named =
            operations.saturating_mul(REGISTERS_PER_OPERATION).saturating_add(REGISTERS_BASE);
        if body.registers > REGISTERS_MAX
            || body.registers as usize > named
            || body.insns.len() > INSNS_MAX
            || values > STATE_VALUES_MAX
            || !cfg.is_complete()
        {
            return Err(OutOfBudget);
        }
        let mut start = State::new(body.registers);
        for (index, reg) in body.params.iter().enumerate() {
            start.set(*reg, Abstract::Param(u32::try_from(index).unwrap_or(u32::MAX)));
        }
        let mut callees = HashMap::new();
        for insn in &body.insns {
            if let Op::Invoke { method, .. } = &insn.op {
                callees.entry(*method).or_insert_with(|| {
                    Callee::told_as(&symbols.method(*method), symbols.origin(*method))
                });
            }
        }
        let entry = vec![None; cfg.blocks.len()];
        let mut this = Self {
            body,
            cfg,
            entry,
            symbols,
            environment,
            callees,
            text_built: Cell::new(0),
            cost: 0,
            cost_max: cost_max.min(cost_of_size(body.insns.len())),
            guards: RefCell::default(),
        };
        if let Some(first) = this.entry.first_mut() {
            *first = Some(start);
        }
        this.fixed_point()?;
        Ok(this)
    }

    /// What the analysis cost: values copied, operations run, bytes of text built.
    pub fn cost(&self) -> usize {
        self.cost.saturating_add(self.text_built.get())
    }

    /// Visits every reachable operation, in program order of blocks, with the state before it.
    pub fn visit(&self, mut see: impl FnMut(usize, &Insn, &State)) {
        for &block in &self.cfg.order {
            let Some(Some(state)) = self.entry.get(block) else { continue };
            let mut state = state.clone();
            let range = self.cfg.blocks[block].start..self.cfg.blocks[block].end;
            for insn in self.body.insns.get(range).unwrap_or_default() {
                see(block, insn, &state);
                self.step(&mut state, insn);
            }
        }
    }

    /// Whether a called method may write to an array that it is given.
    pub fn may_write(&self, method: Sym) -> bool {
        self.callees.get(&method).is_none_or(|callee| !library::leaves_arrays_alone(callee))
    }

    /// Whether control can reach the block.
    pub fn reaches(&self, block: usize) -> bool {
        self.entry.get(block).is_some_and(Option::is_some)
    }

    /// Conditions that hold whenever `block` runs, as `field:NAME`, `call:NAME`, with `!` before
    /// them when they are false or zero there.
    pub fn guards(&self, block: usize) -> Vec<String> {
        let mut guards = Vec::new();
        let mut below = block;
        for above in self.cfg.dominator_chain(block).skip(1).take(GUARD_LEVELS_MAX) {
            let entered_from_above_only =
                self.cfg.blocks.get(below).is_some_and(|b| b.predecessors.as_slice() == [above]);
            if entered_from_above_only
                && guards.len() < GUARDS_MAX
                && let Some(guard) = self.known_guard(above, below)
                && !guards.contains(&guard)
            {
                guards.push(guard);
            }
            below = above;
        }
        guards.sort();
        guards
    }

    /// The state at the end of a block.
    pub fn exit_state(&self, block: usize) -> Option<State> {
        let mut state = self.entry.get(block)?.clone()?;
        let range = self.cfg.blocks.get(block)?.start..self.cfg.blocks.get(block)?.end;
        for insn in self.body.insns.get(range)? {
            self.step(&mut state, insn);
        }
        Some(state)
    }

    /// The guard of a block that is entered from `above` only, worked out once.
    fn known_guard(&self, above: usize, below: usize) -> Option<String> {
        if let Some(guard) = self.guards.borrow().get(&below) {
            return guard.clone();
        }
        let guard = self.guard_of(above, below);
        self.guards.borrow_mut().insert(below, guard.clone());
        guard
    }

    fn guard_of(&self, above: usize, below: usize) -> Option<String> {
        let end = self.cfg.blocks.get(above)?.end;
        let Op::Branch { condition, a, b, target } = &self.body.insns.get(end.checked_sub(1)?)?.op
        else {
            return None;
        };
        let state = self.exit_state(above)?;
        let name = |value: &Abstract| match value {
            Abstract::Field(name) => Some(format!("field:{name}")),
            Abstract::Result { method, .. } => Some(format!("call:{method}")),
            Abstract::Param(index) => Some(format!("param:{index}")),
            _ => None,
        };
        let left = state.register(*a);
        let right = match b {
            Operand::Reg(reg) => state.register(*reg),
            Operand::Int(value) => Abstract::Int(*value),
        };
        let subject = name(&left).or_else(|| name(&right))?;
        let taken = self.cfg.blocks.get(below)?.start == *target;
        let zero_compared = left.as_int() == Some(0) || right.as_int() == Some(0);
        let holds_zero = match condition {
            Condition::Eq => taken,
            Condition::Ne => !taken,
            _ => false,
        };
        Some(if zero_compared && holds_zero { format!("!{subject}") } else { subject })
    }

    fn fixed_point(&mut self) -> Result<(), OutOfBudget> {
        let mut position = vec![usize::MAX; self.cfg.blocks.len()];
        for (at, block) in self.cfg.order.iter().enumerate() {
            position[*block] = at;
        }
        let mut loop_joins = vec![0u32; self.cfg.blocks.len()];
        let mut work: BTreeSet<usize> = std::iter::once(0).collect();
        let mut visits = self.cfg.blocks.len().saturating_mul(VISITS_PER_BLOCK_MAX);
        while let Some(at) = work.pop_first() {
            visits = visits.checked_sub(1).ok_or(OutOfBudget)?;
            if self.cost() > self.cost_max {
                return Err(OutOfBudget);
            }
            let Some(&block) = self.cfg.order.get(at) else { continue };
            let Some(Some(mut state)) = self.entry.get(block).cloned() else { continue };
            let cfg = self.cfg;
            let Some(shape) = cfg.blocks.get(block) else { continue };
            let edges = shape.successors.len() + shape.exceptional.len();
            let mut cost = self.cost;
            let thrown = self.run_block(block, &mut state, &mut cost);
            self.cost = cost.saturating_add(state.cost().saturating_mul(edges + 1));
            let mut flow = |this: &mut Self, target: usize, state: &State| {
                let back = position[target] <= at;
                let widen = back && loop_joins[target] >= LOOP_JOINS_MAX;
                if this.flow_into(target, state, widen) {
                    work.insert(position[target]);
                    loop_joins[target] += u32::from(back);
                }
            };
            for &target in &shape.successors {
                if self.feasible(shape.end, target, &state) {
                    flow(self, target, &state);
                }
            }
            if let Some(thrown) = thrown {
                shape.exceptional.iter().for_each(|&target| flow(self, target, &thrown));
            }
        }
        Ok(())
    }

    /// Takes the state to the end of a block. Returns what holds where its operations can throw,
    /// joined, if there is a handler.
    fn run_block(&self, block: usize, state: &mut State, cost: &mut usize) -> Option<State> {
        let shape = self.cfg.blocks.get(block)?;
        let mut thrown: Option<State> = None;
        let mut changed = true;
        for insn in self.body.insns.get(shape.start..shape.end)? {
            *cost = cost.saturating_add(1);
            if cost.saturating_add(self.text_built.get()) > self.cost_max {
                return thrown;
            }
            if !shape.exceptional.is_empty() && can_throw(&insn.op) && changed {
                *cost = cost.saturating_add(state.cost());
                match &mut thrown {
                    Some(joined) => {
                        joined.join(state, false);
                    }
                    None => thrown = Some(state.clone()),
                }
                changed = false;
            }
            self.step(state, insn);
            changed |= !matches!(insn.op, Op::Nop | Op::Cast { .. });
        }
        thrown
    }

    fn flow_into(&mut self, target: usize, state: &State, widen: bool) -> bool {
        match self.entry.get_mut(target) {
            Some(Some(entry)) => entry.join(state, widen),
            Some(slot) => {
                *slot = Some(state.clone());
                true
            }
            None => false,
        }
    }

    /// Whether the branch at the end of a block can go to `target`, given constants.
    fn feasible(&self, block_end: usize, target: usize, state: &State) -> bool {
        let Some(last) = block_end.checked_sub(1).and_then(|at| self.body.insns.get(at)) else {
            return true;
        };
        let starts_at = |index: usize| self.cfg.blocks[target].start == index;
        match &last.op {
            Op::Branch { condition, a, b, target: to } => {
                let b = match b {
                    Operand::Reg(reg) => state.register(*reg).as_int(),
                    Operand::Int(value) => Some(*value),
                };
                let (Some(a), Some(b)) = (state.register(*a).as_int(), b) else { return true };
                let taken = match condition {
                    Condition::Eq => a == b,
                    Condition::Ne => a != b,
                    Condition::Lt => a < b,
                    Condition::Ge => a >= b,
                    Condition::Gt => a > b,
                    Condition::Le => a <= b,
                };
                (taken && starts_at(*to)) || (!taken && starts_at(block_end))
            }
            Op::Switch { on, targets } => {
                let Some(value) = state.register(*on).as_int() else { return true };
                match targets.iter().find(|(key, _)| *key == value) {
                    Some((_, to)) => starts_at(*to),
                    None => starts_at(block_end),
                }
            }
            _ => true,
        }
    }

    fn step(&self, state: &mut State, insn: &Insn) {
        match &insn.op {
            Op::Const { dst, value } => {
                let value = match value {
                    Literal::Int(value) => Abstract::Int(*value),
                    Literal::Null => Abstract::Null,
                    Literal::Str(string) => Abstract::str(&*self.symbols.string(*string)),
                    Literal::Class(class) => Abstract::Class((&*self.symbols.class(*class)).into()),
                    Literal::Float | Literal::Other => Abstract::Unknown,
                };
                state.set(*dst, value);
            }
            Op::Move { dst, src } => state.set(*dst, state.register(*src)),
            Op::New { dst, class } => {
                let class: Arc<str> = (&*self.symbols.class(*class)).into();
                if builder::is_builder(&class) {
                    state.allocate(insn.pc, Object::Builder(Abstract::str("")));
                }
                state.set(*dst, Abstract::New { class, pc: insn.pc });
            }
            Op::NewArray { dst, size, ty } => {
                let length = state.register(*size).as_int();
                state.allocate(insn.pc, Object::Array { length, elements: BTreeMap::new() });
                let class: Arc<str> = (&*self.symbols.class(*ty)).into();
                state.set(*dst, Abstract::New { class, pc: insn.pc });
            }
            Op::ArrayOf { dst, ty, items } => {
                let items: Vec<Abstract> = items.iter().map(|reg| state.register(*reg)).collect();
                state.allocate(insn.pc, Object::array(&items));
                if let Some(dst) = dst {
                    let class: Arc<str> = (&*self.symbols.class(*ty)).into();
                    state.set(*dst, Abstract::New { class, pc: insn.pc });
                }
            }
            Op::ArrayData { array, data } => {
                let array = state.register(*array);
                let data = data.iter().take(ARRAY_ELEMENTS_MAX).map(|v| Abstract::Int(*v));
                match state.object_mut(&array) {
                    Some(Object::Array { elements, .. }) => elements.extend((0i64..).zip(data)),
                    _ => state.lose(&array),
                }
            }
            Op::ArrayPut { array, index, src } => {
                let index = state.register(*index).as_int();
                let value = state.register(*src);
                let array = state.register(*array);
                match (state.object_mut(&array), index) {
                    (Some(Object::Array { elements, .. }), Some(index))
                        if elements.len() < ARRAY_ELEMENTS_MAX =>
                    {
                        elements.insert(index, value);
                    }
                    _ => {
                        state.lose(&array);
                        state.lose(&value);
                    }
                }
            }
            Op::ArrayGet { dst, array, index } => {
                let index = state.register(*index).as_int();
                let array = state.register(*array);
                let element = index.and_then(|index| state.element(&array, index));
                state.set(*dst, element.unwrap_or_else(|| array.derived()));
            }
            Op::ArrayLength { dst, array } => {
                let length = state.length(&state.register(*array));
                state.set(*dst, length.map_or(Abstract::Unknown, Abstract::Int));
            }
            Op::GetField { dst, field, .. } => {
                let (class, name) = self.symbols.field(*field);
                let value = self
                    .environment
                    .constant_field(&class, &name)
                    .or_else(|| library::constant_field(&class, &name))
                    .unwrap_or_else(|| Abstract::Field(format!("{class}.{name}").into()));
                state.set(*dst, value);
            }
            Op::PutField { src, .. } => {
                // What a field holds may be changed by anybody afterwards.
                let value = state.register(*src);
                state.lose(&value);
            }
            Op::Invoke { dst, kind, method, args } => {
                self.invoke(state, insn.pc, *dst, *kind, *method, args);
            }
            Op::Binary { dst, op, wide, a, b } => {
                let a = state.register(*a);
                let b = match b {
                    Operand::Reg(reg) => state.register(*reg),
                    Operand::Int(value) => Abstract::Int(*value),
                };
                state.set(*dst, binary(*op, *wide, &a, &b));
            }
            Op::Unary { dst, op, a } => {
                let value = state.register(*a).map(|value| unary(*op, value));
                state.set(*dst, value);
            }
            Op::InstanceOf { dst, src, .. } => {
                let value = state.register(*src).derived();
                state.set(*dst, value);
            }
            Op::CaughtException { dst } => state.set(*dst, Abstract::Unknown),
            Op::Nop
            | Op::Cast { .. }
            | Op::Branch { .. }
            | Op::Jump { .. }
            | Op::Switch { .. }
            | Op::Return { .. }
            | Op::Throw { .. } => {}
        }
    }

    fn invoke(
        &self,
        state: &mut State,
        pc: u32,
        dst: Option<Reg>,
        kind: InvokeKind,
        method: Sym,
        args: &[Reg],
    ) {
        let Some(callee) = self.callees.get(&method) else { return };
        if builder::is_builder(&callee.class)
            && let Some(result) = builder_call(state, callee, args, &self.text_built)
        {
            if let Some(dst) = dst {
                state.set(dst, result);
            }
            return;
        }
        let mut values: Vec<Abstract> = args.iter().map(|reg| state.resolved(*reg)).collect();
        callee.adjust(&mut values);
        if &*callee.name == "<init>" && kind != InvokeKind::Static {
            if &*callee.class == "java.lang.String"
                && let Some(text) = values.get(1..).and_then(|rest| evaluate(callee, rest))
                && let Some(receiver) = args.first()
            {
                state.replace(*receiver, &text);
            }
            if !library::leaves_arrays_alone(callee) {
                args.iter().skip(1).for_each(|reg| state.lose(&state.register(*reg)));
            }
            return;
        }
        let unknown = || Abstract::Result { method: Arc::clone(&callee.full_name), pc };
        let result = match (&*callee.class, &*callee.name) {
            _ if library::passes_through(callee) => {
                args.first().map_or(Abstract::Unknown, |reg| state.register(*reg))
            }
            ("java.lang.reflect.Array", "newInstance") => new_array(&values, pc, unknown),
            _ => match evaluate(callee, &values) {
                // A new array belongs to the method and may be changed by it.
                Some(Abstract::Array(items)) => {
                    state.allocate(pc, Object::array(&items));
                    unknown()
                }
                Some(value) => {
                    let built = text_length(&value);
                    self.text_built.set(self.text_built.get().saturating_add(built));
                    value
                }
                None => unknown(),
            },
        };
        match (&*callee.class, &*callee.name) {
            ("java.util.Arrays", "fill") => fill_array(state, args, &values),
            ("java.lang.System", "arraycopy") => copy_array(state, args, &values),
            _ if library::leaves_arrays_alone(callee) => {}
            _ => args.iter().for_each(|reg| state.lose(&state.register(*reg))),
        }
        if let Some(dst) = dst {
            state.set(dst, result);
        }
    }
}

fn text_length(value: &Abstract) -> usize {
    value.alternatives().iter().filter_map(Abstract::as_text).map(str::len).sum()
}

/// A pure call with at most one argument that has alternatives.
fn evaluate(callee: &Callee, values: &[Abstract]) -> Option<Abstract> {
    let Some(several) = values.iter().position(|v| matches!(v, Abstract::OneOf(_))) else {
        return library::evaluate(callee, values);
    };
    let mut joined: Option<Abstract> = None;
    for alternative in values.get(several)?.alternatives() {
        let mut chosen = values.to_vec();
        *chosen.get_mut(several)? = alternative.clone();
        let result = library::evaluate(callee, &chosen)?;
        joined = Some(joined.map_or(result.clone(), |before| before.join(&result)));
    }
    joined
}

/// `Array.newInstance(int.class, {2, 3})`, which stands for `new int[2][3]`.
fn new_array(values: &[Abstract], pc: u32, unknown: impl Fn() -> Abstract) -> Abstract {
    match values {
        [Abstract::Class(element), Abstract::Array(sizes)] if sizes.len() <= 16 => {
            let class = format!("{element}{}", "[]".repeat(sizes.len()));
            Abstract::New { class: class.into(), pc }
        }
        _ => unknown(),
    }
}

fn fill_array(state: &mut State, args: &[Reg], values: &[Abstract]) {
    let array = args.first().map(|reg| state.register(*reg)).unwrap_or(Abstract::Unknown);
    let (Some(Abstract::Int(value)), 2) = (values.get(1), args.len()) else {
        state.lose(&array);
        return;
    };
    match state.object_mut(&array) {
        Some(Object::Array { length: Some(length), elements })
            if usize::try_from(*length).is_ok_and(|n| n <= ARRAY_ELEMENTS_MAX) =>
        {
            *elements = (0..*length).map(|index| (index, Abstract::Int(*value))).collect();
        }
        _ => state.lose(&array),
    }
}

/// `System.arraycopy(source, at, destination, at, count)` with constants.
fn copy_array(state: &mut State, args: &[Reg], values: &[Abstract]) {
    let copied = || {
        let [
            Abstract::Array(source),
            Abstract::Int(from),
            _,
            Abstract::Int(to),
            Abstract::Int(count),
        ] = values
        else {
            return None;
        };
        let start = usize::try_from(*from).ok()?;
        let end = start.checked_add(usize::try_from(*count).ok()?)?;
        Some((*to, source.get(start..end)?.to_vec()))
    };
    let destination = args.get(2).map_or(Abstract::Unknown, |reg| state.register(*reg));
    match (copied(), state.object_mut(&destination)) {
        (Some((to, items)), Some(Object::Array { elements, .. })) if to >= 0 => {
            elements.extend((to..i64::MAX).zip(items));
        }
        _ => state.lose(&destination),
    }
}

/// `None` when the text of the builder is not followed, or the call is none that is known.
fn builder_call(
    state: &mut State,
    callee: &Callee,
    args: &[Reg],
    built: &Cell<usize>,
) -> Option<Abstract> {
    let receiver = state.register(*args.first()?);
    let text = match state.object(&receiver)? {
        Object::Builder(text) => text.clone(),
        _ => return None,
    };
    let rest = args.get(1..)?;
    let mut added: Vec<Abstract> = rest.iter().map(|reg| state.resolved(*reg)).collect();
    callee.adjust(&mut added);
    let effect = builder::call(&callee.name, &callee.kinds, &text, &added);
    let (content, result) = match effect {
        Effect::Value(value) => return Some(value),
        Effect::Text(text) => {
            built.set(built.get().saturating_add(text_length(&text)));
            (Object::Builder(text), Some(receiver.clone()))
        }
        Effect::Lost => (Object::Lost { length: None }, Some(receiver.clone())),
        Effect::Unknown => (Object::Lost { length: None }, None),
    };
    if let Some(object) = state.object_mut(&receiver) {
        *object = content;
    }
    result
}

fn can_throw(op: &Op) -> bool {
    !matches!(
        op,
        Op::Nop
            | Op::Move { .. }
            | Op::Jump { .. }
            | Op::Branch { .. }
            | Op::Const { value: Literal::Int(_) | Literal::Null | Literal::Float, .. }
    )
}
