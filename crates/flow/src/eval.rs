//! Values within one method: a forward data-flow analysis over the intermediate representation.
//!
//! Each register holds an [`Abstract`] value, arrays and string builders made in the method have
//! contents while nothing unknown can have changed them. Branches on constants follow only the
//! side that can be taken. What leaves the method is not followed: calls give a value that is
//! known to come from them, fields one that is known to be read.
//!
//! Not here: anything across methods (only fields that never change come from outside,
//! through [`Environment`]).

use crate::cfg::Cfg;
use crate::ir::{
    BinaryOp, Body, Condition, Insn, InvokeKind, Literal, Op, Operand, Reg, Sym, Symbols, UnaryOp,
};
use crate::library;
use crate::value::{ARRAY_ELEMENTS_MAX, Abstract};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Block visits before a method is given up, as a multiple of its blocks.
const VISITS_PER_BLOCK_MAX: usize = 24;
/// Registers of a method that is analysed. Larger methods are given up.
const REGISTERS_MAX: u32 = 4096;
/// Operations of a method that is analysed.
const INSNS_MAX: usize = 60_000;

/// What the analysis may ask about the world outside the method.
pub trait Environment {
    /// The value of a field that is the same whenever it is read.
    fn constant_field(&self, class: &str, name: &str) -> Option<Abstract>;
}

/// The values before an operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State {
    registers: Vec<Abstract>,
    heap: BTreeMap<u32, Object>,
}

/// What is known of an object made in the method.
#[derive(Debug, Clone, PartialEq)]
enum Object {
    /// Elements that were set; the others hold zero.
    Array {
        length: Option<i64>,
        elements: BTreeMap<i64, Abstract>,
    },
    /// The text that a string builder has collected.
    Builder(Abstract),
    Lost,
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

impl State {
    pub fn register(&self, reg: Reg) -> Abstract {
        self.registers.get(reg as usize).cloned().unwrap_or(Abstract::Unknown)
    }

    fn set(&mut self, reg: Reg, value: Abstract) {
        if let Some(slot) = self.registers.get_mut(reg as usize) {
            *slot = value;
        }
    }

    /// The value with the contents of an array made in this method, where they are known.
    pub fn resolved(&self, reg: Reg) -> Abstract {
        self.resolve(&self.register(reg))
    }

    fn resolve(&self, value: &Abstract) -> Abstract {
        value.map(|single| match single.object().and_then(|object| self.heap.get(&object)) {
            Some(Object::Array { length: Some(length), elements }) => {
                let Ok(length) = usize::try_from(*length) else { return single.clone() };
                if length > ARRAY_ELEMENTS_MAX {
                    return single.clone();
                }
                let mut items = vec![Abstract::Int(0); length];
                for (index, value) in elements {
                    if let Some(slot) =
                        usize::try_from(*index).ok().and_then(|index| items.get_mut(index))
                    {
                        *slot = value.clone();
                    }
                }
                let known = items.iter().all(|item| {
                    matches!(item, Abstract::Int(_) | Abstract::Str(_) | Abstract::Null)
                });
                if known { Abstract::Array(Arc::new(items)) } else { single.clone() }
            }
            Some(Object::Builder(text @ Abstract::Str(_))) => text.clone(),
            _ => single.clone(),
        })
    }

    /// Joins another state into this one; whether anything changed.
    fn join(&mut self, other: &State) -> bool {
        let mut changed = false;
        for (mine, theirs) in self.registers.iter_mut().zip(&other.registers) {
            if mine != theirs {
                let joined = mine.join(theirs);
                changed |= joined != *mine;
                *mine = joined;
            }
        }
        for (object, theirs) in &other.heap {
            match self.heap.get_mut(object) {
                Some(mine) if mine == theirs => {}
                Some(mine) => {
                    let joined = mine.join(theirs);
                    changed |= joined != *mine;
                    *mine = joined;
                }
                None => {
                    self.heap.insert(*object, theirs.clone());
                    changed = true;
                }
            }
        }
        changed
    }

    fn lose(&mut self, value: &Abstract) {
        for single in value.alternatives() {
            if let Some(object) = single.object()
                && let Some(slot) = self.heap.get_mut(&object)
            {
                *slot = Object::Lost;
            }
        }
    }
}

impl Object {
    fn join(&self, other: &Object) -> Object {
        match (self, other) {
            (
                Object::Array { length: a, elements: x },
                Object::Array { length: b, elements: y },
            ) if a == b => {
                let mut elements = x.clone();
                for (index, value) in y {
                    let joined = match elements.get(index) {
                        Some(mine) => mine.join(value),
                        None => Abstract::Int(0).join(value),
                    };
                    elements.insert(*index, joined);
                }
                for (index, value) in &mut elements {
                    if !y.contains_key(index) {
                        *value = value.join(&Abstract::Int(0));
                    }
                }
                Object::Array { length: *a, elements }
            }
            (Object::Builder(a), Object::Builder(b)) if a == b => Object::Builder(a.clone()),
            (Object::Builder(a), Object::Builder(b)) => match a.join(b) {
                // Appending in a loop never ends: only straight alternatives are kept.
                Abstract::OneOf(values) if values.len() <= 4 => {
                    Object::Builder(Abstract::OneOf(values))
                }
                _ => Object::Lost,
            },
            _ => Object::Lost,
        }
    }
}

impl<'a> Evaluation<'a> {
    /// Runs the analysis to its fixed point.
    pub fn run(
        body: &'a Body,
        cfg: &'a Cfg,
        symbols: &'a dyn Symbols,
        environment: &'a dyn Environment,
    ) -> Result<Self, OutOfBudget> {
        if body.registers > REGISTERS_MAX || body.insns.len() > INSNS_MAX {
            return Err(OutOfBudget);
        }
        let mut start = State {
            registers: vec![Abstract::Unknown; body.registers as usize],
            heap: BTreeMap::new(),
        };
        for (index, reg) in body.params.iter().enumerate() {
            start.set(*reg, Abstract::Param(u32::try_from(index).unwrap_or(u32::MAX)));
        }
        let mut this =
            Self { body, cfg, entry: vec![None; cfg.blocks.len()], symbols, environment };
        if let Some(first) = this.entry.first_mut() {
            *first = Some(start);
        }
        this.fixed_point()?;
        Ok(this)
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

    /// Whether control can reach the block.
    pub fn reaches(&self, block: usize) -> bool {
        self.entry.get(block).is_some_and(Option::is_some)
    }

    /// Conditions that hold whenever `block` runs, as `field:NAME`, `call:NAME`, with `!` before
    /// them when they are false or zero there.
    pub fn guards(&self, block: usize) -> Vec<String> {
        let mut guards = Vec::new();
        let mut below = block;
        for above in self.cfg.dominator_chain(block).skip(1) {
            let entered_from_above_only =
                self.cfg.blocks.get(below).is_some_and(|b| b.predecessors.as_slice() == [above]);
            if entered_from_above_only
                && let Some(guard) = self.guard_of(above, below)
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
        let mut work: std::collections::BTreeSet<usize> = std::iter::once(0).collect();
        let mut visits = self.cfg.blocks.len().saturating_mul(VISITS_PER_BLOCK_MAX);
        while let Some(at) = work.pop_first() {
            visits = visits.checked_sub(1).ok_or(OutOfBudget)?;
            let Some(&block) = self.cfg.order.get(at) else { continue };
            let Some(Some(mut state)) = self.entry.get(block).cloned() else { continue };
            let cfg = self.cfg;
            let Some(shape) = cfg.blocks.get(block) else { continue };
            let insns = self.body.insns.get(shape.start..shape.end).unwrap_or_default();
            let mut thrown: Option<State> = None;
            for insn in insns {
                if !shape.exceptional.is_empty() && can_throw(&insn.op) {
                    match &mut thrown {
                        Some(joined) => {
                            joined.join(&state);
                        }
                        None => thrown = Some(state.clone()),
                    }
                }
                self.step(&mut state, insn);
            }
            for &target in &shape.successors {
                if self.feasible(shape.end, target, &state) && self.flow_into(target, &state) {
                    work.insert(position[target]);
                }
            }
            if let Some(thrown) = thrown {
                for &target in &shape.exceptional {
                    if self.flow_into(target, &thrown) {
                        work.insert(position[target]);
                    }
                }
            }
        }
        Ok(())
    }

    fn flow_into(&mut self, target: usize, state: &State) -> bool {
        match self.entry.get_mut(target) {
            Some(Some(entry)) => entry.join(state),
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
                if library::is_builder(&class) {
                    state.heap.insert(insn.pc, Object::Builder(Abstract::str("")));
                }
                state.set(*dst, Abstract::New { class, pc: insn.pc });
            }
            Op::NewArray { dst, size, ty } => {
                let length = state.register(*size).as_int();
                state.heap.insert(insn.pc, Object::Array { length, elements: BTreeMap::new() });
                let class: Arc<str> = (&*self.symbols.class(*ty)).into();
                state.set(*dst, Abstract::New { class, pc: insn.pc });
            }
            Op::ArrayOf { dst, ty, items } => {
                let elements = (0i64..).zip(items.iter().map(|r| state.register(*r))).collect();
                let length = i64::try_from(items.len()).ok();
                state.heap.insert(insn.pc, Object::Array { length, elements });
                if let Some(dst) = dst {
                    let class: Arc<str> = (&*self.symbols.class(*ty)).into();
                    state.set(*dst, Abstract::New { class, pc: insn.pc });
                }
            }
            Op::ArrayData { array, data } => {
                if let Some(Object::Array { elements, .. }) =
                    state.register(*array).object().and_then(|o| state.heap.get_mut(&o))
                {
                    elements.extend(
                        (0i64..)
                            .zip(data.iter().take(ARRAY_ELEMENTS_MAX).map(|v| Abstract::Int(*v))),
                    );
                }
            }
            Op::ArrayPut { array, index, src } => {
                let index = state.register(*index).as_int();
                let value = state.register(*src);
                let array = state.register(*array);
                match (array.object().and_then(|o| state.heap.get_mut(&o)), index) {
                    (Some(Object::Array { elements, .. }), Some(index))
                        if elements.len() < ARRAY_ELEMENTS_MAX =>
                    {
                        elements.insert(index, value);
                    }
                    _ => state.lose(&array),
                }
            }
            Op::ArrayGet { dst, array, index } => {
                let index = state.register(*index).as_int();
                let value = match (state.resolved(*array), index) {
                    (Abstract::Array(items), Some(index)) => usize::try_from(index)
                        .ok()
                        .and_then(|index| items.get(index).cloned())
                        .unwrap_or(Abstract::Unknown),
                    (other, _) => other.derived(),
                };
                state.set(*dst, value);
            }
            Op::ArrayLength { dst, array } => {
                let length = match state.resolved(*array) {
                    Abstract::Array(items) => i64::try_from(items.len()).ok(),
                    value => match value.object().and_then(|o| state.heap.get(&o)) {
                        Some(Object::Array { length, .. }) => *length,
                        _ => None,
                    },
                };
                state.set(*dst, length.map_or(Abstract::Unknown, Abstract::Int));
            }
            Op::GetField { dst, field, .. } => {
                let (class, name) = self.symbols.field(*field);
                let value = self
                    .environment
                    .constant_field(&class, &name)
                    .unwrap_or_else(|| Abstract::Field(format!("{class}.{name}").into()));
                state.set(*dst, value);
            }
            Op::PutField { src, .. } => {
                // What a field holds may be changed by anybody afterwards.
                let value = state.register(*src);
                if !matches!(value, Abstract::New { .. }) || self.is_array(state, &value) {
                    state.lose(&value);
                }
            }
            Op::Invoke { dst, kind, method, args } => {
                self.invoke(state, insn.pc, *dst, *kind, *method, args);
            }
            Op::Binary { dst, op, a, b } => {
                let a = state.register(*a);
                let b = match b {
                    Operand::Reg(reg) => state.register(*reg),
                    Operand::Int(value) => Abstract::Int(*value),
                };
                state.set(*dst, binary(*op, &a, &b));
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

    fn is_array(&self, state: &State, value: &Abstract) -> bool {
        matches!(
            value.object().and_then(|object| state.heap.get(&object)),
            Some(Object::Array { .. })
        )
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
        let sig = self.symbols.method(method);
        if library::is_builder(&sig.class)
            && let Some(result) = self.builder_call(state, &sig.name, args)
        {
            if let Some(dst) = dst {
                state.set(dst, result);
            }
            return;
        }
        let values: Vec<Abstract> = args.iter().map(|reg| state.resolved(*reg)).collect();
        if &*sig.name == "<init>" && kind != InvokeKind::Static {
            if &*sig.class == "java.lang.String"
                && let Some(text) = values.get(1..).and_then(|rest| {
                    library::evaluate("java.lang.String", "valueOf", rest.get(..1)?)
                })
                && let Some(receiver) = args.first()
            {
                self.replace_object(state, *receiver, &text);
            }
            if !library::leaves_arrays_alone(&sig.class, &sig.name) {
                args.iter().skip(1).for_each(|reg| state.lose(&state.register(*reg)));
            }
            return;
        }
        let computed = self.evaluate_alternatives(&sig.class, &sig.name, &values);
        let result = computed.unwrap_or_else(|| Abstract::Result {
            method: format!("{}.{}", sig.class, sig.name).into(),
            pc,
        });
        if &*sig.class == "java.util.Arrays" && &*sig.name == "fill" {
            self.fill_array(state, args, &values);
        } else if !library::leaves_arrays_alone(&sig.class, &sig.name) {
            args.iter().for_each(|reg| state.lose(&state.register(*reg)));
        }
        if let Some(dst) = dst {
            state.set(dst, result);
        }
    }

    /// A pure call with at most one argument that has alternatives.
    fn evaluate_alternatives(
        &self,
        class: &str,
        name: &str,
        values: &[Abstract],
    ) -> Option<Abstract> {
        let Some(several) = values.iter().position(|v| matches!(v, Abstract::OneOf(_))) else {
            return library::evaluate(class, name, values);
        };
        let mut joined: Option<Abstract> = None;
        for alternative in values.get(several)?.alternatives() {
            let mut chosen = values.to_vec();
            *chosen.get_mut(several)? = alternative.clone();
            let result = library::evaluate(class, name, &chosen)?;
            joined = Some(joined.map_or(result.clone(), |before| before.join(&result)));
        }
        joined
    }

    fn fill_array(&self, state: &mut State, args: &[Reg], values: &[Abstract]) {
        let array = args.first().map(|reg| state.register(*reg)).unwrap_or(Abstract::Unknown);
        let (Some(Abstract::Int(value)), 2) = (values.get(1), args.len()) else {
            state.lose(&array);
            return;
        };
        match array.object().and_then(|object| state.heap.get_mut(&object)) {
            Some(Object::Array { length: Some(length), elements })
                if usize::try_from(*length).is_ok_and(|n| n <= ARRAY_ELEMENTS_MAX) =>
            {
                *elements = (0..*length).map(|index| (index, Abstract::Int(*value))).collect();
            }
            _ => state.lose(&array),
        }
    }

    /// All registers that hold the object of `reg` hold `value` from here on.
    fn replace_object(&self, state: &mut State, reg: Reg, value: &Abstract) {
        let object = state.register(reg);
        for slot in &mut state.registers {
            if *slot == object {
                *slot = value.clone();
            }
        }
    }

    fn builder_call(&self, state: &mut State, name: &str, args: &[Reg]) -> Option<Abstract> {
        let receiver = state.register(*args.first()?);
        let object = receiver.object()?;
        let text = match state.heap.get(&object)? {
            Object::Builder(text) => text.clone(),
            _ => return None,
        };
        let added = args.get(1).map(|reg| state.resolved(*reg));
        match name {
            "<init>" => {
                if let Some(Abstract::Str(initial)) = added {
                    state.heap.insert(object, Object::Builder(Abstract::Str(initial)));
                }
                Some(Abstract::Unknown)
            }
            "append" => {
                let added = added?;
                let joined = text.map(|text| {
                    added.map(|added| append(text, added).unwrap_or(Abstract::Unknown))
                });
                let content = if joined == Abstract::Unknown {
                    Object::Lost
                } else {
                    Object::Builder(joined)
                };
                state.heap.insert(object, content);
                Some(receiver)
            }
            "toString" => Some(text),
            _ => {
                state.heap.insert(object, Object::Lost);
                None
            }
        }
    }
}

fn append(text: &Abstract, added: &Abstract) -> Option<Abstract> {
    let text = text.as_text()?;
    let joined = match added {
        Abstract::Str(added) => library::bounded_concat(text, added)?,
        Abstract::Int(value) => library::bounded_concat(text, &value.to_string())?,
        _ => return None,
    };
    Some(Abstract::str(joined))
}

fn binary(op: BinaryOp, a: &Abstract, b: &Abstract) -> Abstract {
    let (Some(x), Some(y)) = (a.as_int(), b.as_int()) else {
        if let (Abstract::OneOf(_), Some(_)) = (a, b.as_int()) {
            return a.map(|a| binary(op, a, b));
        }
        let derived = a.derived();
        return if derived == Abstract::Unknown { b.derived() } else { derived };
    };
    // Widths are not kept: 32-bit wrap-around of flags and sizes does not occur in what rules ask.
    let shift = u32::try_from(y & 63).unwrap_or(0);
    let value = match op {
        BinaryOp::Add => x.checked_add(y),
        BinaryOp::Sub => x.checked_sub(y),
        BinaryOp::Rsub => y.checked_sub(x),
        BinaryOp::Mul => x.checked_mul(y),
        BinaryOp::Div => x.checked_div(y),
        BinaryOp::Rem => x.checked_rem(y),
        BinaryOp::And => Some(x & y),
        BinaryOp::Or => Some(x | y),
        BinaryOp::Xor => Some(x ^ y),
        BinaryOp::Shl => x.checked_shl(shift),
        BinaryOp::Shr | BinaryOp::Ushr => x.checked_shr(shift),
        BinaryOp::Compare => Some(match x.cmp(&y) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        }),
        BinaryOp::Float => None,
    };
    value.map_or(Abstract::Unknown, Abstract::Int)
}

fn unary(op: UnaryOp, value: &Abstract) -> Abstract {
    let Some(x) = value.as_int() else { return value.derived() };
    match op {
        UnaryOp::Neg => x.checked_neg().map_or(Abstract::Unknown, Abstract::Int),
        UnaryOp::Not => Abstract::Int(!x),
        UnaryOp::ToByte => Abstract::Int((x << 56) >> 56),
        UnaryOp::ToShort => Abstract::Int((x << 48) >> 48),
        UnaryOp::ToChar => Abstract::Int(x & 0xffff),
        UnaryOp::ToInt => Abstract::Int((x << 32) >> 32),
        UnaryOp::ToLong => Abstract::Int(x),
        UnaryOp::Float => Abstract::Unknown,
    }
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
