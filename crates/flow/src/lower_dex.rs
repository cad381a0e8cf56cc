//! Dalvik code to the intermediate representation.

use crate::ir::{
    BinaryOp, Body, Condition, Handler, Insn, InvokeKind, Literal, MethodSig, Op, Operand, Reg,
    Sym, Symbols, UnaryOp, source_name,
};
use menshen_android::dex::{
    self, Code, Dex, EncodedValue, FieldId, HandleTarget, MethodId, Mutf8, Payload, ProtoId,
    StringId, TypeId,
};
use std::borrow::Cow;
use std::collections::HashMap;

/// Operations of one method. A method with more is not lowered.
const INSNS_MAX: usize = 100_000;
/// Elements of constant array data that are kept.
const ARRAY_DATA_MAX: usize = 4096;
/// Cases of switches and elements of array data of one method. Many instructions may refer to
/// one payload.
const PAYLOADS_MAX: usize = 400_000;
/// Handlers of one method, one for each type that a try block catches.
const HANDLERS_MAX: usize = 4096;

/// Symbols from here on are dynamic call sites: method ids in code have 16 bits.
const DYNAMIC: Sym = 0x1_0000;

/// The symbols of one DEX file.
#[derive(Debug, Clone, Copy)]
pub struct DexSymbols<'d, 'a>(pub &'d Dex<'a>);

impl DexSymbols<'_, '_> {
    /// The method that a lambda or a method reference at the dynamic call `method` stands for.
    pub fn lambda_target(&self, method: Sym) -> Option<MethodSig<'_>> {
        let site = self.0.call_site(method.checked_sub(DYNAMIC)?)?;
        if &*self.handle(site.bootstrap)?.class != "java.lang.invoke.LambdaMetafactory" {
            return None;
        }
        match site.arguments.get(1)? {
            EncodedValue::MethodHandle(handle) => self.handle(*handle),
            _ => None,
        }
    }

    fn handle(&self, index: u32) -> Option<MethodSig<'_>> {
        match self.0.method_handle(index)?.target {
            HandleTarget::Method(method) => Some(self.method(method.0)),
            HandleTarget::Field(_) => None,
        }
    }

    /// A call site is bound by its bootstrap method and has a descriptor of its own.
    fn call_site(&self, index: u32) -> Option<MethodSig<'_>> {
        let site = self.0.call_site(index)?;
        let descriptor = self.0.descriptor(site.proto).into();
        Some(MethodSig { descriptor, ..self.handle(site.bootstrap)? })
    }
}

impl Symbols for DexSymbols<'_, '_> {
    fn method(&self, method: Sym) -> MethodSig<'_> {
        if let Some(site) = method.checked_sub(DYNAMIC).and_then(|index| self.call_site(index)) {
            return site;
        }
        match self.0.method(MethodId(method)) {
            Some(reference) => MethodSig {
                class: self.class(reference.class.0),
                name: self.0.string(reference.name).map(Mutf8::to_str).unwrap_or_default(),
                descriptor: self.0.descriptor(reference.proto).into(),
            },
            None => MethodSig { class: "".into(), name: "".into(), descriptor: "".into() },
        }
    }

    fn field(&self, field: Sym) -> (Cow<'_, str>, Cow<'_, str>) {
        match self.0.field(FieldId(field)) {
            Some(reference) => (
                self.class(reference.class.0),
                self.0.string(reference.name).map(Mutf8::to_str).unwrap_or_default(),
            ),
            None => ("".into(), "".into()),
        }
    }

    fn string(&self, string: Sym) -> Cow<'_, str> {
        self.0.string(StringId(string)).map(Mutf8::to_str).unwrap_or_default()
    }

    fn class(&self, class: Sym) -> Cow<'_, str> {
        let descriptor = self.0.type_name(TypeId(class)).map(Mutf8::to_str).unwrap_or_default();
        source_name(&descriptor).into()
    }
}

/// Lowers a method. `None` when it is larger than the limit. `is_static` and `descriptor` are
/// those of the method itself.
pub fn lower(dex: &Dex<'_>, code: &Code<'_>, is_static: bool, descriptor: &str) -> Option<Body> {
    let mut lowering = Lowering {
        dex,
        code,
        body: Body { registers: u32::from(code.registers), ..Body::default() },
        index_of: HashMap::new(),
        pending: None,
        payloads: 0,
    };
    lowering.parameters(is_static, descriptor);
    for insn in code.units.instructions() {
        if lowering.body.insns.len() >= INSNS_MAX || lowering.payloads > PAYLOADS_MAX {
            return None;
        }
        lowering.index_of.insert(insn.pc, lowering.body.insns.len());
        let op = lowering.op(&insn);
        lowering.body.insns.push(Insn { pc: insn.pc, op });
    }
    lowering.resolve_targets();
    lowering.handlers()?;
    Some(lowering.body)
}

struct Lowering<'l, 'a> {
    dex: &'l Dex<'a>,
    code: &'l Code<'a>,
    body: Body,
    index_of: HashMap<u32, usize>,
    /// Index of the call whose result the next move-result takes.
    pending: Option<usize>,
    /// Cases and elements so far.
    payloads: usize,
}

impl Lowering<'_, '_> {
    fn parameters(&mut self, is_static: bool, descriptor: &str) {
        let ins = u32::from(self.code.ins);
        let mut reg = u32::from(self.code.registers).saturating_sub(ins);
        if !is_static {
            self.body.params.push(reg);
            reg += 1;
        }
        for kind in crate::ir::parameter_kinds(descriptor) {
            self.body.params.push(reg);
            reg += if matches!(kind, b'J' | b'D') { 2 } else { 1 };
        }
    }

    /// One register a parameter: the high halves of wide arguments are dropped.
    fn call_arguments(
        &self,
        insn: &dex::Insn,
        proto: Option<ProtoId>,
        has_receiver: bool,
    ) -> Box<[Reg]> {
        let mut registers = insn.args();
        let mut args: Vec<Reg> = Vec::with_capacity(5);
        if has_receiver {
            args.extend(registers.next());
        }
        let Some(proto) = proto.and_then(|proto| self.dex.proto(proto)) else {
            args.extend(registers);
            return args.into();
        };
        for ty in proto.parameters() {
            args.extend(registers.next());
            let wide =
                self.dex.type_name(ty).is_some_and(|name| matches!(name.bytes(), b"J" | b"D"));
            if wide {
                registers.next();
            }
        }
        args.into()
    }

    fn op(&mut self, insn: &dex::Insn) -> Op {
        let pending = self.pending.take();
        let (a, b, c) = (insn.a, insn.b, insn.c);
        match insn.op.0 {
            0x01..=0x09 => Op::Move { dst: a, src: b },
            0x0a..=0x0c => {
                let call = pending.and_then(|at| self.body.insns.get_mut(at));
                match call.map(|insn| &mut insn.op) {
                    Some(Op::Invoke { dst, .. } | Op::ArrayOf { dst, .. }) => {
                        *dst = Some(a);
                        Op::Nop
                    }
                    _ => Op::Const { dst: a, value: Literal::Other },
                }
            }
            0x0d => Op::CaughtException { dst: a },
            0x0e => Op::Return { value: None },
            0x0f..=0x11 => Op::Return { value: Some(a) },
            0x12..=0x19 => Op::Const { dst: a, value: Literal::Int(insn.literal) },
            0x1a | 0x1b => Op::Const { dst: a, value: Literal::Str(insn.index) },
            0x1c => Op::Const { dst: a, value: Literal::Class(insn.index) },
            0x1f => Op::Cast { reg: a, class: insn.index },
            0x20 => Op::InstanceOf { dst: a, src: b, class: insn.index },
            0x21 => Op::ArrayLength { dst: a, array: b },
            0x22 => Op::New { dst: a, class: insn.index },
            0x23 => Op::NewArray { dst: a, size: b, ty: insn.index },
            0x24 | 0x25 => {
                self.pending = Some(self.body.insns.len());
                Op::ArrayOf { dst: None, ty: insn.index, items: insn.args().collect() }
            }
            0x26 => {
                let data = self.array_data(insn);
                self.payloads = self.payloads.saturating_add(data.len());
                Op::ArrayData { array: a, data }
            }
            0x27 => Op::Throw { value: a },
            0x28..=0x2a => Op::Jump { target: target(insn.target) },
            0x2b | 0x2c => {
                let targets = self.cases(insn);
                self.payloads = self.payloads.saturating_add(targets.len());
                Op::Switch { on: a, targets }
            }
            0x2d..=0x31 => {
                let op = if insn.op.0 == 0x31 { BinaryOp::Compare } else { BinaryOp::Float };
                Op::Binary { dst: a, op, wide: true, a: b, b: Operand::Reg(c) }
            }
            0x32..=0x37 => Op::Branch {
                condition: condition(insn.op.0 - 0x32),
                a,
                b: Operand::Reg(b),
                target: target(insn.target),
            },
            0x38..=0x3d => Op::Branch {
                condition: condition(insn.op.0 - 0x38),
                a,
                b: Operand::Int(0),
                target: target(insn.target),
            },
            0x44..=0x4a => Op::ArrayGet { dst: a, array: b, index: c },
            0x4b..=0x51 => Op::ArrayPut { array: b, index: c, src: a },
            0x52..=0x58 => Op::GetField { dst: a, object: Some(b), field: insn.index },
            0x59..=0x5f => Op::PutField { object: Some(b), src: a, field: insn.index },
            0x60..=0x66 => Op::GetField { dst: a, object: None, field: insn.index },
            0x67..=0x6d => Op::PutField { object: None, src: a, field: insn.index },
            0x6e..=0x72 | 0x74..=0x78 => {
                self.pending = Some(self.body.insns.len());
                let kind = match insn.op.0 {
                    0x6e | 0x74 => InvokeKind::Virtual,
                    0x6f | 0x75 => InvokeKind::Super,
                    0x70 | 0x76 => InvokeKind::Direct,
                    0x71 | 0x77 => InvokeKind::Static,
                    _ => InvokeKind::Interface,
                };
                let proto = self.dex.method(MethodId(insn.index)).map(|method| method.proto);
                let args = self.call_arguments(insn, proto, kind != InvokeKind::Static);
                Op::Invoke { dst: None, kind, method: insn.index, args }
            }
            0xfa | 0xfb => {
                self.pending = Some(self.body.insns.len());
                let args = self.call_arguments(insn, Some(ProtoId(insn.index2)), true);
                Op::Invoke { dst: None, kind: InvokeKind::Virtual, method: insn.index, args }
            }
            0xfc | 0xfd => {
                self.pending = Some(self.body.insns.len());
                let proto = self.dex.call_site(insn.index).map(|site| site.proto);
                let args = self.call_arguments(insn, proto, false);
                let method = DYNAMIC.saturating_add(insn.index);
                Op::Invoke { dst: None, kind: InvokeKind::Dynamic, method, args }
            }
            0xfe | 0xff => Op::Const { dst: a, value: Literal::Other },
            0x7b..=0x8f => Op::Unary { dst: a, op: unary(insn.op.0), a: b },
            0x90..=0xaf => {
                let (op, wide) = arithmetic(insn.op.0 - 0x90);
                Op::Binary { dst: a, op, wide, a: b, b: Operand::Reg(c) }
            }
            0xb0..=0xcf => {
                let (op, wide) = arithmetic(insn.op.0 - 0xb0);
                Op::Binary { dst: a, op, wide, a, b: Operand::Reg(b) }
            }
            0xd0..=0xd7 => Op::Binary {
                dst: a,
                op: literal_arithmetic(insn.op.0 - 0xd0),
                wide: false,
                a: b,
                b: Operand::Int(insn.literal),
            },
            0xd8..=0xe2 => Op::Binary {
                dst: a,
                op: literal_arithmetic(insn.op.0 - 0xd8),
                wide: false,
                a: b,
                b: Operand::Int(insn.literal),
            },
            _ => Op::Nop,
        }
    }

    fn array_data(&self, insn: &dex::Insn) -> Box<[i64]> {
        let Some(Payload::Array { element_width, data }) = self.code.units.payload(insn) else {
            return Box::default();
        };
        let width = usize::from(element_width).clamp(1, 8);
        data.chunks_exact(width)
            .take(ARRAY_DATA_MAX)
            .map(|bytes| {
                let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
                let start = if negative { -1i64 } else { 0 };
                bytes.iter().rev().fold(start, |value, byte| (value << 8) | i64::from(*byte))
            })
            .collect()
    }

    fn cases(&self, insn: &dex::Insn) -> Box<[(i64, usize)]> {
        match self.code.units.payload(insn) {
            Some(Payload::Switch(cases)) => {
                cases.into_iter().map(|(key, to)| (i64::from(key), target(to))).collect()
            }
            _ => Box::default(),
        }
    }

    /// Addresses become indices. A target inside an instruction or a payload leads nowhere.
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
        for block in self.code.tries() {
            let at = |pc: u32| self.body.insns.partition_point(|insn| insn.pc < pc);
            let (start, end) = (at(block.start), at(block.end));
            for (class, address) in block.handlers {
                if self.body.handlers.len() >= HANDLERS_MAX {
                    return None;
                }
                if let Some(&target) = self.index_of.get(&address) {
                    let class = class.map(|ty| ty.0);
                    self.body.handlers.push(Handler { start, end, target, class });
                }
            }
        }
        Some(())
    }
}

fn target(pc: u32) -> usize {
    usize::try_from(pc).unwrap_or(usize::MAX)
}

fn condition(number: u8) -> Condition {
    match number {
        0 => Condition::Eq,
        1 => Condition::Ne,
        2 => Condition::Lt,
        3 => Condition::Ge,
        4 => Condition::Gt,
        _ => Condition::Le,
    }
}

fn unary(opcode: u8) -> UnaryOp {
    match opcode {
        0x7b | 0x7d => UnaryOp::Neg,
        0x7c | 0x7e => UnaryOp::Not,
        0x81 => UnaryOp::ToLong,
        0x84 => UnaryOp::ToInt,
        0x8d => UnaryOp::ToByte,
        0x8e => UnaryOp::ToChar,
        0x8f => UnaryOp::ToShort,
        _ => UnaryOp::Float,
    }
}

/// The order of the int and long forms, which repeat every eleven opcodes; then float, double.
/// With it, whether longs are meant.
fn arithmetic(number: u8) -> (BinaryOp, bool) {
    const ORDER: [BinaryOp; 11] = [
        BinaryOp::Add,
        BinaryOp::Sub,
        BinaryOp::Mul,
        BinaryOp::Div,
        BinaryOp::Rem,
        BinaryOp::And,
        BinaryOp::Or,
        BinaryOp::Xor,
        BinaryOp::Shl,
        BinaryOp::Shr,
        BinaryOp::Ushr,
    ];
    if number < 22 {
        let op = ORDER.get(usize::from(number % 11)).copied().unwrap_or(BinaryOp::Float);
        (op, number >= 11)
    } else {
        (BinaryOp::Float, true)
    }
}

fn literal_arithmetic(number: u8) -> BinaryOp {
    match arithmetic(number).0 {
        // `rsub` takes the place of `sub` among the literal forms.
        BinaryOp::Sub => BinaryOp::Rsub,
        other => other,
    }
}
