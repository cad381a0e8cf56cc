//! JVM code to the intermediate representation.
//!
//! The operand stack is laid out as registers behind the locals: the slot at depth `d` is register
//! `max_locals + d`. Depths follow from the opcodes and descriptors alone, because longs and
//! doubles count for two slots on the stack as they do among the locals; a wide value lives in
//! its lower slot. That makes every `dup` and `swap` form a few moves.
//!
//! What compilers for Android desugar is lowered to the same calls here, so that a class and the
//! DEX made from it give the same facts: string concatenation by `invokedynamic` becomes a
//! `StringBuilder`. Not here: verification (a depth that differs between two paths stays that of
//! the first path), code that no path reaches.
//! Specification: "The Java Virtual Machine Specification", chapter 6.

use crate::ir::{
    BinaryOp, Body, Condition, Handler, Insn, InvokeKind, Literal, MethodSig, Op, Operand, Reg,
    Sym, Symbols, UnaryOp, parameter_kinds, source_name,
};
use menshen_android::class::{self, ClassFile, Code, Constant, MemberRef, PoolIndex};
use menshen_android::dex::Mutf8;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// Operations of one method. A method with more is not lowered.
const INSNS_MAX: usize = 100_000;
/// Rows of the exception table of one method.
const HANDLERS_MAX: usize = 4096;
/// Text of all recipes of a class, bytes. Call sites may share one long recipe.
const CONCAT_BYTES_MAX: usize = 1 << 20;
/// Pieces of one concatenation recipe. The JVM allows 200 arguments.
const CONCAT_PIECES_MAX: usize = 512;

// Symbols that are not pool indices start behind the pool, 65536 apart.
const SYNTHETIC: Sym = 0x1_0000;
const KIND_MASK: Sym = !0xffff;
const DYNAMIC: Sym = SYNTHETIC;
const PRIMITIVE_ARRAY: Sym = 2 * SYNTHETIC;
const ARRAY_OF: Sym = 3 * SYNTHETIC;
const PIECE: Sym = 4 * SYNTHETIC;
const BUILDER: Sym = 5 * SYNTHETIC;
/// `append` with the parameter of that kind, a letter of a descriptor.
const BUILDER_APPEND: Sym = 6 * SYNTHETIC;
/// Kind of a `String`, which no descriptor begins with.
const STRING: u8 = b'T';
const BUILDER_NEW: Sym = BUILDER;
const BUILDER_TO_STRING: Sym = BUILDER + 1;

/// The symbols of one class. The bootstrap methods of its call sites are read once, here.
#[derive(Debug)]
pub struct ClassSymbols<'c, 'a> {
    class: &'c ClassFile<'a>,
    bootstrap: Vec<class::BootstrapMethod>,
    /// Concatenations, by pool index of the call site.
    concats: HashMap<PoolIndex, Vec<Piece>>,
    /// Literal pieces of the recipes.
    pieces: Vec<String>,
    recipe_bytes: usize,
}

/// What a concatenation appends next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Piece {
    Argument,
    Text(Sym),
    Constant(PoolIndex),
}

impl<'c, 'a> ClassSymbols<'c, 'a> {
    pub fn new(class: &'c ClassFile<'a>) -> Self {
        let bootstrap = class.bootstrap_methods();
        let (concats, pieces) = (HashMap::new(), Vec::new());
        let mut symbols = Self { class, bootstrap, concats, pieces, recipe_bytes: 0 };
        for (index, constant) in class.pool.iter() {
            if let Constant::InvokeDynamic { .. } = constant
                && let Some(pieces) = symbols.concat(index)
            {
                symbols.concats.insert(index, pieces);
            }
        }
        symbols
    }

    /// The method that a lambda or a method reference at the dynamic call `method` stands for.
    pub fn lambda_target(&self, method: Sym) -> Option<MethodSig<'_>> {
        let index = PoolIndex::try_from(method.checked_sub(DYNAMIC)?).ok()?;
        let (row, factory) = self.bootstrap_of(index)?;
        if factory.class.bytes() != b"java/lang/invoke/LambdaMetafactory" {
            return None;
        }
        let (_, target) = self.class.pool.method_handle(*row.arguments.get(1)?)?;
        Some(signature(&target))
    }

    fn bootstrap_of(&self, index: PoolIndex) -> Option<(&class::BootstrapMethod, MemberRef<'a>)> {
        let (row, _, _) = self.class.pool.dynamic(index)?;
        let row = self.bootstrap.get(usize::from(row))?;
        let (_, factory) = self.class.pool.method_handle(row.handle)?;
        Some((row, factory))
    }

    /// The recipe of a call site of `StringConcatFactory`.
    fn concat(&mut self, index: PoolIndex) -> Option<Vec<Piece>> {
        let (row, factory) = self.bootstrap_of(index)?;
        if factory.class.bytes() != b"java/lang/invoke/StringConcatFactory" {
            return None;
        }
        let arguments = row.arguments.clone();
        let (_, _, descriptor) = self.class.pool.dynamic(index)?;
        if factory.name.bytes() == b"makeConcat" {
            let count = parameter_kinds(&descriptor.to_str()).len();
            return Some(vec![Piece::Argument; count]);
        }
        let recipe = self.class.pool.string(*arguments.first()?)?.to_str();
        self.recipe_bytes = self.recipe_bytes.saturating_add(recipe.len());
        if self.recipe_bytes > CONCAT_BYTES_MAX {
            return None;
        }
        let mut constants = arguments.iter().skip(1);
        let mut pieces = Vec::new();
        for (at, part) in recipe.split_inclusive(['\u{1}', '\u{2}']).enumerate() {
            if at >= CONCAT_PIECES_MAX {
                return None;
            }
            let text = part.trim_end_matches(['\u{1}', '\u{2}']);
            if !text.is_empty() {
                let number = u16::try_from(self.pieces.len()).ok()?;
                self.pieces.push(text.to_owned());
                pieces.push(Piece::Text(PIECE + Sym::from(number)));
            }
            match part.chars().next_back() {
                Some('\u{1}') => pieces.push(Piece::Argument),
                Some('\u{2}') => pieces.push(Piece::Constant(*constants.next()?)),
                _ => {}
            }
        }
        Some(pieces)
    }

    /// A constant as `ldc` loads it.
    fn literal(&self, index: PoolIndex) -> Literal {
        match self.class.pool.get(index) {
            Some(Constant::Integer(value)) => Literal::Int(value.into()),
            Some(Constant::Long(value)) => Literal::Int(value),
            Some(Constant::Float(_) | Constant::Double(_)) => Literal::Float,
            Some(Constant::String(_)) => Literal::Str(index.into()),
            Some(Constant::Class(_)) => Literal::Class(index.into()),
            _ => Literal::Other,
        }
    }

    fn pool_class(&self, index: Sym) -> Cow<'_, str> {
        let index = PoolIndex::try_from(index).unwrap_or(0);
        self.class.pool.class(index).map(class_name).unwrap_or_default()
    }
}

impl Symbols for ClassSymbols<'_, '_> {
    fn method(&self, method: Sym) -> MethodSig<'_> {
        let index = PoolIndex::try_from(method & 0xffff).unwrap_or(0);
        let found = match method & KIND_MASK {
            0 => self.class.pool.member(index).map(|member| signature(&member)),
            // A call site is bound by its bootstrap method and has a descriptor of its own.
            DYNAMIC => self.bootstrap_of(index).and_then(|(_, factory)| {
                let (_, _, descriptor) = self.class.pool.dynamic(index)?;
                Some(MethodSig { descriptor: descriptor.to_str(), ..signature(&factory) })
            }),
            BUILDER | BUILDER_APPEND => Some(builder_method(method)),
            _ => None,
        };
        found.unwrap_or(MethodSig { class: "".into(), name: "".into(), descriptor: "".into() })
    }

    fn field(&self, field: Sym) -> (Cow<'_, str>, Cow<'_, str>) {
        let member =
            PoolIndex::try_from(field).ok().and_then(|index| self.class.pool.member(index));
        match member {
            Some(member) => (class_name(member.class), member.name.to_str()),
            None => ("".into(), "".into()),
        }
    }

    fn string(&self, string: Sym) -> Cow<'_, str> {
        match string.checked_sub(PIECE).and_then(|piece| usize::try_from(piece).ok()) {
            Some(piece) => self.pieces.get(piece).map(|text| text.as_str().into()),
            None => PoolIndex::try_from(string)
                .ok()
                .and_then(|index| self.class.pool.string(index))
                .map(Mutf8::to_str),
        }
        .unwrap_or_default()
    }

    fn class(&self, class: Sym) -> Cow<'_, str> {
        match class & KIND_MASK {
            0 => self.pool_class(class),
            PRIMITIVE_ARRAY => match class & 0xffff {
                4 => "boolean[]",
                5 => "char[]",
                6 => "float[]",
                7 => "double[]",
                8 => "byte[]",
                9 => "short[]",
                10 => "int[]",
                11 => "long[]",
                _ => "",
            }
            .into(),
            ARRAY_OF => format!("{}[]", self.pool_class(class & 0xffff)).into(),
            BUILDER => "java.lang.StringBuilder".into(),
            _ => "".into(),
        }
    }
}

/// Source form of a class constant: `java/lang/String` or `[B`.
fn class_name(internal: Mutf8<'_>) -> Cow<'_, str> {
    let text = internal.to_str();
    if text.starts_with('[') { source_name(&text).into() } else { text.replace('/', ".").into() }
}

fn signature<'a>(member: &MemberRef<'a>) -> MethodSig<'a> {
    MethodSig {
        class: class_name(member.class),
        name: member.name.to_str(),
        descriptor: member.descriptor.to_str(),
    }
}

fn builder_method(method: Sym) -> MethodSig<'static> {
    let (name, descriptor) = match method {
        BUILDER_NEW => ("<init>", "()V".into()),
        BUILDER_TO_STRING => ("toString", "()Ljava/lang/String;".into()),
        _ => {
            let kind = u8::try_from(method & 0xff).unwrap_or(b'L');
            let parameter = match kind {
                b'L' => "Ljava/lang/Object;".to_owned(),
                STRING => "Ljava/lang/String;".to_owned(),
                kind => char::from(kind).to_string(),
            };
            ("append", format!("({parameter})Ljava/lang/StringBuilder;").into())
        }
    };
    MethodSig { class: "java.lang.StringBuilder".into(), name: name.into(), descriptor }
}

/// Lowers a method. `None` when it is larger than the limit. `is_static` and `descriptor` are
/// those of the method itself.
pub fn lower(
    symbols: &ClassSymbols<'_, '_>,
    code: &Code<'_>,
    is_static: bool,
    descriptor: &str,
) -> Option<Body> {
    let mut lowering = Lowering::new(symbols, code);
    if lowering.insns.len() > INSNS_MAX {
        return None;
    }
    lowering.parameters(is_static, descriptor);
    lowering.find_depths();
    for at in 0..lowering.insns.len() {
        if lowering.body.insns.len() > INSNS_MAX {
            return None;
        }
        lowering.insn(at);
    }
    lowering.resolve_targets();
    lowering.handlers()?;
    Some(lowering.body)
}

struct Lowering<'l, 'c, 'a> {
    symbols: &'l ClassSymbols<'c, 'a>,
    code: &'l Code<'a>,
    body: Body,
    locals: u32,
    /// First of the registers that concatenation uses.
    scratch: Reg,
    handler_targets: HashSet<u32>,
    insns: Vec<class::Insn>,
    /// Stack depth before each reached instruction, by address.
    depths: HashMap<u32, u32>,
    index_of: HashMap<u32, usize>,
    /// Addresses that `ret` may go to: those behind each `jsr`.
    returns: Vec<u32>,
}

impl<'l, 'c, 'a> Lowering<'l, 'c, 'a> {
    fn new(symbols: &'l ClassSymbols<'c, 'a>, code: &'l Code<'a>) -> Self {
        let locals = u32::from(code.max_locals);
        // Behind the stack: two slots that `dup` forms and `swap` pass through, two for
        // concatenation.
        let scratch = locals.saturating_add(u32::from(code.max_stack)).saturating_add(2);
        Self {
            symbols,
            code,
            body: Body { registers: scratch.saturating_add(2), ..Body::default() },
            locals,
            scratch,
            handler_targets: code.handlers().map(|row| row.target).collect(),
            insns: code.instructions().take(INSNS_MAX.saturating_add(1)).collect(),
            depths: HashMap::new(),
            index_of: HashMap::new(),
            returns: Vec::new(),
        }
    }

    fn parameters(&mut self, is_static: bool, descriptor: &str) {
        let mut reg = 0;
        if !is_static {
            self.body.params.push(reg);
            reg += 1;
        }
        for kind in parameter_kinds(descriptor) {
            self.body.params.push(reg);
            reg += slots(kind);
        }
    }

    /// Follows control from the entry and from each handler.
    fn find_depths(&mut self) {
        let at_pc: HashMap<u32, usize> =
            self.insns.iter().enumerate().map(|(at, insn)| (insn.pc, at)).collect();
        let mut work: Vec<(u32, u32)> = self.handler_targets.iter().map(|to| (*to, 1)).collect();
        work.sort_unstable();
        work.push((0, 0));
        while let Some((pc, depth)) = work.pop() {
            let Some(insn) = at_pc.get(&pc).and_then(|at| self.insns.get(*at)) else { continue };
            if self.depths.contains_key(&pc) {
                continue;
            }
            self.depths.insert(pc, depth);
            let (pops, pushes) = self.effect(insn);
            let after = depth.saturating_sub(pops).saturating_add(pushes);
            let next = pc.saturating_add(insn.length);
            match insn.op.0 {
                // jsr: the return address is on the stack there and gone behind it.
                0xa8 | 0xc9 => {
                    self.returns.push(next);
                    work.push((insn.target, after));
                    work.push((next, depth));
                    continue;
                }
                _ if insn.op.is_jump() => work.push((insn.target, after)),
                _ if insn.op.is_switch() => {
                    work.push((insn.target, after));
                    work.extend(self.code.cases(insn).into_iter().map(|(_, to)| (to, after)));
                }
                _ => {}
            }
            if insn.op.continues() {
                work.push((next, after));
            }
        }
        self.returns.sort_unstable();
    }

    fn member(&self, index: PoolIndex) -> Option<MemberRef<'_>> {
        self.symbols.class.pool.member(index)
    }

    /// Kinds of the parameters and of the result of the call at `insn`.
    fn call(&self, insn: &class::Insn) -> (Vec<u8>, u8) {
        let descriptor = match insn.op.0 {
            0xba => self.symbols.class.pool.dynamic(insn.index).map(|(_, _, d)| d),
            _ => self.member(insn.index).map(|member| member.descriptor),
        };
        let descriptor = descriptor.map(Mutf8::to_str).unwrap_or_default();
        let result = descriptor.rsplit(')').next().and_then(|rest| rest.bytes().next());
        (parameter_kinds(&descriptor), result.unwrap_or(b'V'))
    }

    fn field_slots(&self, index: PoolIndex) -> u32 {
        let first = self.member(index).and_then(|member| member.descriptor.bytes().first());
        slots(first.copied().unwrap_or(b'I'))
    }

    /// Stack slots that an instruction takes and gives.
    fn effect(&self, insn: &class::Insn) -> (u32, u32) {
        match insn.op.0 {
            0xb2 => (0, self.field_slots(insn.index)),
            0xb3 => (self.field_slots(insn.index), 0),
            0xb4 => (1, self.field_slots(insn.index)),
            0xb5 => (self.field_slots(insn.index).saturating_add(1), 0),
            0xb6..=0xba => {
                let (parameters, result) = self.call(insn);
                let receiver = u32::from(!matches!(insn.op.0, 0xb8 | 0xba));
                let pops: u32 = parameters.iter().map(|kind| slots(*kind)).sum();
                (pops.saturating_add(receiver), if result == b'V' { 0 } else { slots(result) })
            }
            0xc5 => (insn.literal.unsigned_abs(), 1),
            opcode => fixed_effect(opcode),
        }
    }

    fn insn(&mut self, at: usize) {
        let Some(insn) = self.insns.get(at).copied() else { return };
        let Some(&depth) = self.depths.get(&insn.pc) else { return };
        self.index_of.insert(insn.pc, self.body.insns.len());
        if self.handler_targets.contains(&insn.pc) {
            self.push(insn.pc, Op::CaughtException { dst: self.locals });
        }
        let (pops, _) = self.effect(&insn);
        let base = self.locals.saturating_add(depth.saturating_sub(pops));
        let frame = Frame { insn, base, top: self.locals.saturating_add(depth) };
        match insn.op.0 {
            0x57..=0x5f => self.shuffle(&frame),
            0xb6..=0xb9 => self.invoke(&frame, at),
            0xba => self.invoke_dynamic(&frame, at),
            0xa8..=0xab | 0xc9 => self.jumps(&frame),
            _ => {
                let op = self.op(&frame);
                self.push(insn.pc, op);
            }
        }
    }

    fn push(&mut self, pc: u32, op: Op) {
        self.body.insns.push(Insn { pc, op });
    }

    /// The instructions that become one operation. `base` is the lowest slot that an instruction
    /// takes, and the one that it leaves its result in.
    fn op(&self, frame: &Frame) -> Op {
        let Frame { insn, base, .. } = *frame;
        let (index, sym) = (Reg::from(insn.index), Sym::from(insn.index));
        let opcode = insn.op.0;
        let int = |value: i64| Op::Const { dst: base, value: Literal::Int(value) };
        let (second, third) = (base.saturating_add(1), base.saturating_add(2));
        match opcode {
            0x01 => int(0),
            0x02..=0x08 => int(i64::from(opcode) - 3),
            0x09 | 0x0a => int(i64::from(opcode) - 9),
            0x0b..=0x0f => Op::Const { dst: base, value: Literal::Float },
            0x10 | 0x11 => int(insn.literal.into()),
            0x12..=0x14 => Op::Const { dst: base, value: self.symbols.literal(insn.index) },
            0x15..=0x19 => Op::Move { dst: base, src: index },
            0x1a..=0x2d => Op::Move { dst: base, src: Reg::from((opcode - 0x1a) % 4) },
            0x2e..=0x35 => Op::ArrayGet { dst: base, array: base, index: second },
            0x36..=0x3a => Op::Move { dst: index, src: base },
            0x3b..=0x4e => Op::Move { dst: Reg::from((opcode - 0x3b) % 4), src: base },
            0x4f..=0x56 => Op::ArrayPut { array: base, index: second, src: third },
            0x60..=0x73 | 0x78..=0x83 => {
                let (op, wide) = arithmetic(opcode);
                let b = if wide { third } else { second };
                Op::Binary { dst: base, op, wide, a: base, b: Operand::Reg(b) }
            }
            0x74 | 0x75 => Op::Unary { dst: base, op: UnaryOp::Neg, a: base },
            0x76 | 0x77 => Op::Unary { dst: base, op: UnaryOp::Float, a: base },
            0x84 => Op::Binary {
                dst: index,
                op: BinaryOp::Add,
                wide: false,
                a: index,
                b: Operand::Int(insn.literal.into()),
            },
            0x85..=0x93 => Op::Unary { dst: base, op: conversion(opcode), a: base },
            0x94 => Op::Binary {
                dst: base,
                op: BinaryOp::Compare,
                wide: true,
                a: base,
                b: Operand::Reg(third),
            },
            0x95..=0x98 => {
                let b = if opcode < 0x97 { second } else { third };
                Op::Binary {
                    dst: base,
                    op: BinaryOp::Float,
                    wide: true,
                    a: base,
                    b: Operand::Reg(b),
                }
            }
            0x99..=0xa6 | 0xc6 | 0xc7 => self.branch(frame),
            0xa7 | 0xc8 => Op::Jump { target: target(insn.target) },
            0xac..=0xb0 => Op::Return { value: Some(base) },
            0xb1 => Op::Return { value: None },
            0xb2 => Op::GetField { dst: base, object: None, field: sym },
            0xb3 => Op::PutField { object: None, field: sym, src: base },
            0xb4 => Op::GetField { dst: base, object: Some(base), field: sym },
            0xb5 => Op::PutField { object: Some(base), field: sym, src: second },
            0xbb => Op::New { dst: base, class: sym },
            0xbc => Op::NewArray { dst: base, size: base, ty: PRIMITIVE_ARRAY + sym },
            0xbd => Op::NewArray { dst: base, size: base, ty: ARRAY_OF + sym },
            // Its elements are arrays from the start, which `NewArray` would take for null.
            0xc5 => Op::New { dst: base, class: sym },
            0xbe => Op::ArrayLength { dst: base, array: base },
            0xbf => Op::Throw { value: base },
            0xc0 => Op::Cast { reg: base, class: sym },
            0xc1 => Op::InstanceOf { dst: base, src: base, class: sym },
            // nop, monitorenter, monitorexit
            _ => Op::Nop,
        }
    }

    fn branch(&self, frame: &Frame) -> Op {
        let Frame { insn, base, .. } = *frame;
        let (number, b) = match insn.op.0 {
            opcode @ 0x99..=0x9e => (opcode - 0x99, Operand::Int(0)),
            opcode @ 0x9f..=0xa4 => (opcode - 0x9f, Operand::Reg(base.saturating_add(1))),
            opcode @ 0xa5..=0xa6 => (opcode - 0xa5, Operand::Reg(base.saturating_add(1))),
            opcode => (opcode.wrapping_sub(0xc6), Operand::Int(0)),
        };
        let condition = match number {
            0 => Condition::Eq,
            1 => Condition::Ne,
            2 => Condition::Lt,
            3 => Condition::Ge,
            4 => Condition::Gt,
            _ => Condition::Le,
        };
        Op::Branch { condition, a: base, b, target: target(insn.target) }
    }

    /// pop, dup and swap: moves between stack slots, in an order that reads each slot first.
    fn shuffle(&mut self, frame: &Frame) {
        let Frame { insn, top, .. } = *frame;
        // (destination, source), counted from the first free slot.
        let moves: &[(i32, i32)] = match insn.op.0 {
            0x59 => &[(0, -1)],
            0x5a => &[(0, -1), (-1, -2), (-2, 0)],
            0x5b => &[(0, -1), (-1, -2), (-2, -3), (-3, 0)],
            0x5c => &[(0, -2), (1, -1)],
            0x5d => &[(1, -1), (0, -2), (-1, -3), (-2, 1), (-3, 0)],
            0x5e => &[(1, -1), (0, -2), (-1, -3), (-2, -4), (-3, 1), (-4, 0)],
            0x5f => &[(0, -1), (-1, -2), (-2, 0)],
            _ => &[],
        };
        if moves.is_empty() {
            self.push(insn.pc, Op::Nop);
        }
        let slot = |offset: i32| top.checked_add_signed(offset).unwrap_or(Reg::MAX);
        for (dst, src) in moves {
            self.push(insn.pc, Op::Move { dst: slot(*dst), src: slot(*src) });
        }
    }

    /// Switches, jsr and ret.
    fn jumps(&mut self, frame: &Frame) {
        let Frame { insn, base, .. } = *frame;
        let pc = insn.pc;
        match insn.op.0 {
            0xa8 | 0xc9 => {
                self.push(pc, Op::Const { dst: base, value: Literal::Other });
                self.push(pc, Op::Jump { target: target(insn.target) });
            }
            0xa9 => {
                // Which jsr it answers is not followed: it may go behind any of them.
                let to = (0..).zip(&self.returns).map(|(key, pc)| (key, target(*pc))).collect();
                let on = Reg::from(insn.index);
                self.push(pc, Op::Switch { on, targets: to });
                self.push(pc, Op::Throw { value: on });
            }
            _ => {
                let cases = self.code.cases(&insn);
                let targets = cases.into_iter().map(|(key, to)| (i64::from(key), target(to)));
                self.push(pc, Op::Switch { on: base, targets: targets.collect() });
                self.push(pc, Op::Jump { target: target(insn.target) });
            }
        }
    }

    /// Register of each argument; the first at `base`.
    fn arguments(kinds: &[u8], base: Reg, receiver: bool) -> Vec<Reg> {
        let mut args = Vec::with_capacity(kinds.len().saturating_add(1));
        let mut at = base;
        if receiver {
            args.push(at);
            at = at.saturating_add(1);
        }
        for kind in kinds {
            args.push(at);
            at = at.saturating_add(slots(*kind));
        }
        args
    }

    /// Where the result goes: nowhere when there is none or it is dropped at once.
    fn result(&self, at: usize, base: Reg, result: u8) -> Option<Reg> {
        let next = at.checked_add(1).and_then(|next| self.insns.get(next));
        let dropped = next.is_some_and(|next| matches!(next.op.0, 0x57 | 0x58));
        (result != b'V' && !dropped).then_some(base)
    }

    fn invoke(&mut self, frame: &Frame, at: usize) {
        let Frame { insn, base, .. } = *frame;
        let (kinds, result) = self.call(&insn);
        let kind = match insn.op.0 {
            0xb6 => InvokeKind::Virtual,
            0xb7 => self.special_kind(insn.index),
            0xb8 => InvokeKind::Static,
            _ => InvokeKind::Interface,
        };
        let args = Self::arguments(&kinds, base, kind != InvokeKind::Static).into();
        let dst = self.result(at, base, result);
        self.push(insn.pc, Op::Invoke { dst, kind, method: insn.index.into(), args });
    }

    fn special_kind(&self, index: PoolIndex) -> InvokeKind {
        let class = &self.symbols.class;
        match self.member(index) {
            Some(member)
                if member.name.bytes() != b"<init>" && Some(member.class) != class.name() =>
            {
                InvokeKind::Super
            }
            _ => InvokeKind::Direct,
        }
    }

    fn invoke_dynamic(&mut self, frame: &Frame, at: usize) {
        let Frame { insn, base, .. } = *frame;
        let (kinds, result) = self.call(&insn);
        let args = Self::arguments(&kinds, base, false);
        let dst = self.result(at, base, result);
        let symbols = self.symbols;
        match symbols.concats.get(&insn.index) {
            Some(pieces) => {
                let dynamic = symbols.class.pool.dynamic(insn.index);
                let descriptor = dynamic.map(|(_, _, d)| d.to_str()).unwrap_or_default();
                let arguments: Vec<(u8, Reg)> =
                    append_kinds(&descriptor).into_iter().zip(args).collect();
                self.concatenate(insn.pc, pieces, &arguments, dst);
            }
            None => {
                let method = DYNAMIC + Sym::from(insn.index);
                let args = args.into();
                self.push(insn.pc, Op::Invoke { dst, kind: InvokeKind::Dynamic, method, args });
            }
        }
    }

    /// A concatenation as a compiler for older targets writes it. The instruction is five bytes
    /// long: addresses within it tell the builder and the result apart.
    fn concatenate(
        &mut self,
        pc: u32,
        pieces: &[Piece],
        arguments: &[(u8, Reg)],
        dst: Option<Reg>,
    ) {
        let (builder, text) = (self.scratch, self.scratch.saturating_add(1));
        self.push(pc, Op::New { dst: builder, class: BUILDER });
        self.call_builder(pc, InvokeKind::Direct, BUILDER_NEW, &[builder], None);
        let append_at = pc.saturating_add(1);
        let mut arguments = arguments.iter();
        for piece in pieces {
            let (kind, reg) = match piece {
                Piece::Argument => match arguments.next() {
                    Some(argument) => *argument,
                    None => break,
                },
                Piece::Text(sym) => {
                    let value = Literal::Str(*sym);
                    self.push(append_at, Op::Const { dst: text, value });
                    (STRING, text)
                }
                Piece::Constant(index) => {
                    let value = self.symbols.literal(*index);
                    self.push(append_at, Op::Const { dst: text, value });
                    (b'L', text)
                }
            };
            let method = BUILDER_APPEND + Sym::from(kind);
            self.call_builder(append_at, InvokeKind::Virtual, method, &[builder, reg], None);
        }
        let result_at = pc.saturating_add(2);
        self.call_builder(result_at, InvokeKind::Virtual, BUILDER_TO_STRING, &[builder], dst);
    }

    fn call_builder(
        &mut self,
        pc: u32,
        kind: InvokeKind,
        method: Sym,
        args: &[Reg],
        dst: Option<Reg>,
    ) {
        self.push(pc, Op::Invoke { dst, kind, method, args: args.into() });
    }

    /// Addresses become indices. A target inside an instruction leads nowhere.
    fn resolve_targets(&mut self) {
        let nowhere = self.body.insns.len();
        let index_of = &self.index_of;
        let resolve = |target: &mut usize| {
            let pc = u32::try_from(*target).ok();
            *target = pc.and_then(|pc| index_of.get(&pc).copied()).unwrap_or(nowhere);
        };
        for insn in &mut self.body.insns {
            match &mut insn.op {
                Op::Branch { target, .. } | Op::Jump { target } => resolve(target),
                Op::Switch { targets, .. } => targets.iter_mut().for_each(|(_, to)| resolve(to)),
                _ => {}
            }
        }
    }

    fn handlers(&mut self) -> Option<()> {
        for row in self.code.handlers() {
            if self.body.handlers.len() >= HANDLERS_MAX {
                return None;
            }
            let at = |pc: u32| self.body.insns.partition_point(|insn| insn.pc < pc);
            let (start, end) = (at(row.start), at(row.end));
            if let Some(&target) = self.index_of.get(&row.target)
                && start < end
            {
                let class = row.class.map(Sym::from);
                self.body.handlers.push(Handler { start, end, target, class });
            }
        }
        Some(())
    }
}

/// An instruction with the registers that its operands lie in.
#[derive(Debug, Clone, Copy)]
struct Frame {
    insn: class::Insn,
    /// The lowest slot that the instruction takes.
    base: Reg,
    /// The first free slot before it.
    top: Reg,
}

fn target(pc: u32) -> usize {
    usize::try_from(pc).unwrap_or(usize::MAX)
}

/// Slots of a value of that kind, the first letter of its descriptor.
fn slots(kind: u8) -> u32 {
    if matches!(kind, b'J' | b'D') { 2 } else { 1 }
}

/// Stack slots that the opcodes take and give whose effect does not depend on a descriptor.
fn fixed_effect(opcode: u8) -> (u32, u32) {
    // int, long, float, double in turn.
    let wide = |number: u8| if number % 2 == 1 { 2 } else { 1 };
    match opcode {
        0x09 | 0x0a | 0x0e | 0x0f | 0x14 | 0x16 | 0x18 | 0x1e..=0x21 | 0x26..=0x29 => (0, 2),
        0x01..=0x2d | 0xa8 | 0xbb | 0xc9 => (0, 1),
        0x2f | 0x31 | 0x5f => (2, 2),
        0x2e..=0x35 => (2, 1),
        0x37 | 0x39 | 0x3f..=0x42 | 0x47..=0x4a => (2, 0),
        0x36..=0x4e => (1, 0),
        0x50 | 0x52 => (4, 0),
        0x4f..=0x56 => (3, 0),
        0x57 => (1, 0),
        0x58 => (2, 0),
        0x59 => (1, 2),
        0x5a => (2, 3),
        0x5b => (3, 4),
        0x5c => (2, 4),
        0x5d => (3, 5),
        0x5e => (4, 6),
        0x60..=0x73 | 0x7e..=0x83 => (2 * wide(opcode), wide(opcode)),
        0x74..=0x77 => (wide(opcode), wide(opcode)),
        0x78..=0x7d => (wide(opcode) + 1, wide(opcode)),
        0x85 | 0x87 | 0x8c | 0x8d => (1, 2),
        0x88 | 0x89 | 0x8e | 0x90 => (2, 1),
        0x8a | 0x8f => (2, 2),
        0x86 | 0x8b | 0x91..=0x93 | 0xbc..=0xbe | 0xc0 | 0xc1 => (1, 1),
        0x94 | 0x97 | 0x98 => (4, 1),
        0x95 | 0x96 => (2, 1),
        0x9f..=0xa6 | 0xad | 0xaf => (2, 0),
        0x99..=0x9e | 0xaa..=0xac | 0xae | 0xb0 | 0xbf | 0xc2 | 0xc3 | 0xc6 | 0xc7 => (1, 0),
        _ => (0, 0),
    }
}

/// Operation of the opcodes 0x60 to 0x73 and 0x78 to 0x83, and whether it works on two slots.
fn arithmetic(opcode: u8) -> (BinaryOp, bool) {
    let wide = opcode % 2 == 1;
    let op = match opcode {
        0x60..=0x73 if opcode & 2 != 0 => BinaryOp::Float,
        0x60..=0x63 => BinaryOp::Add,
        0x64..=0x67 => BinaryOp::Sub,
        0x68..=0x6b => BinaryOp::Mul,
        0x6c..=0x6f => BinaryOp::Div,
        0x70..=0x73 => BinaryOp::Rem,
        0x78 | 0x79 => BinaryOp::Shl,
        0x7a | 0x7b => BinaryOp::Shr,
        0x7c | 0x7d => BinaryOp::Ushr,
        0x7e | 0x7f => BinaryOp::And,
        0x80 | 0x81 => BinaryOp::Or,
        _ => BinaryOp::Xor,
    };
    (op, wide)
}

fn conversion(opcode: u8) -> UnaryOp {
    match opcode {
        0x85 => UnaryOp::ToLong,
        0x88 => UnaryOp::ToInt,
        0x91 => UnaryOp::ToByte,
        0x92 => UnaryOp::ToChar,
        0x93 => UnaryOp::ToShort,
        _ => UnaryOp::Float,
    }
}

/// How a builder takes each parameter of a concatenation: the kind in its `append`.
fn append_kinds(descriptor: &str) -> Vec<u8> {
    let mut rest = descriptor.strip_prefix('(').unwrap_or_default();
    let mut kinds = parameter_kinds(descriptor);
    for kind in &mut kinds {
        let start = rest;
        rest = rest.trim_start_matches('[');
        let length =
            if rest.starts_with('L') { rest.find(';').map_or(rest.len(), |at| at + 1) } else { 1 };
        rest = rest.get(length..).unwrap_or_default();
        *kind = match *kind {
            b'L' if start.starts_with("Ljava/lang/String;") => STRING,
            b'B' | b'S' => b'I',
            b'[' => b'L',
            other => other,
        };
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    /// javac writes the depth that the stack really reaches into `max_stack`.
    #[test]
    fn stack_depths_are_those_of_javac() {
        for bytes in [
            &include_bytes!("../tests/data/t/Values.class")[..],
            include_bytes!("../tests/data/t/Config.class"),
            include_bytes!("../../android/tests/data/class/Sample.class"),
        ] {
            let (class, _) = ClassFile::parse(bytes);
            let class = class.unwrap();
            let symbols = ClassSymbols::new(&class);
            for method in &class.methods {
                let Some(code) = class.code(method).unwrap() else { continue };
                let mut lowering = Lowering::new(&symbols, &code);
                lowering.find_depths();
                let after = lowering.insns.iter().filter_map(|insn| {
                    let (pops, pushes) = lowering.effect(insn);
                    Some(lowering.depths.get(&insn.pc)?.checked_sub(pops).unwrap() + pushes)
                });
                let name = class.pool.utf8(method.name).unwrap();
                assert_eq!(after.max(), Some(u32::from(code.max_stack)), "{name}");
                assert_eq!(lowering.depths.len(), lowering.insns.len(), "{name}");
            }
        }
    }
}
