//! What rules ask of a method: its calls with the values of their arguments, and its shape.

use crate::eval::Evaluation;
use crate::ir::{Handler, InvokeKind, Op, Sym, Symbols, parameter_kinds};
use crate::value::Abstract;
use menshen_facts::ArgValue;

/// Names of called methods kept in a [`Shape`].
const CALLS_MAX: usize = 256;

/// One call with what is known at it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallSite {
    pub pc: u32,
    pub method: Sym,
    pub receiver: ArgValue,
    /// Without the receiver.
    pub args: Vec<ArgValue>,
    pub result: ArgValue,
    pub result_unused: bool,
    pub guards: Vec<String>,
    /// Within a `try` that catches something. The handlers that compilers add for `finally` and
    /// `synchronized` do not count: they throw what they caught again.
    pub caught: bool,
    pub in_loop: bool,
}

/// What a method does as a whole.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shape {
    /// Joined over all returns.
    pub returns: ArgValue,
    pub throws: bool,
    /// No operation but constants and a return.
    pub empty: bool,
    /// Sorted, without repeats.
    pub calls: Vec<String>,
    pub branches: u32,
}

/// The reachable calls of the wanted methods, in program order of blocks.
pub fn call_sites(
    evaluation: &Evaluation<'_>,
    symbols: &dyn Symbols,
    wanted: impl Fn(Sym) -> bool,
) -> Vec<CallSite> {
    let mut sites: Vec<CallSite> = Vec::new();
    let mut guards: Option<(usize, Vec<String>)> = None;
    evaluation.visit(|block, insn, state| {
        let Op::Invoke { dst, kind, method, args } = &insn.op else { return };
        if !wanted(*method) {
            return;
        }
        let sig = symbols.method(*method);
        let is_static = *kind == InvokeKind::Static || *kind == InvokeKind::Dynamic;
        let (receiver, rest) = match args.split_first() {
            Some((first, rest)) if !is_static => (state.resolved(*first).to_arg(true), rest),
            _ => (ArgValue::Unknown, &args[..]),
        };
        let kinds = parameter_kinds(&sig.descriptor);
        let args = rest
            .iter()
            .zip(&kinds)
            .map(|(reg, kind)| match kind {
                b'L' | b'[' => state.resolved(*reg).to_arg(true),
                // In DEX a float constant is its bits.
                b'F' | b'D' => ArgValue::Unknown,
                _ => state.resolved(*reg).to_arg(false),
            })
            .collect();
        let result = ArgValue::Result { method: symbols.origin(*method), object: insn.pc };
        let returns_value = !sig.descriptor.ends_with(")V");
        sites.push(CallSite {
            pc: insn.pc,
            method: *method,
            receiver,
            args,
            result: if returns_value { result } else { ArgValue::Unknown },
            result_unused: returns_value && dst.is_none(),
            guards: match &guards {
                Some((of, guards)) if *of == block => guards.clone(),
                _ => guards.insert((block, evaluation.guards(block))).1.clone(),
            },
            caught: is_caught(evaluation, block),
            in_loop: evaluation.cfg.in_loop(block),
        });
    });
    sites
}

fn is_caught(evaluation: &Evaluation<'_>, block: usize) -> bool {
    let start = evaluation.cfg.blocks.get(block).map_or(usize::MAX, |block| block.start);
    let covers = |handler: &Handler| (handler.start..handler.end).contains(&start);
    evaluation.body.handlers.iter().any(|handler| handler.class.is_some() && covers(handler))
}

/// The shape of the reachable part of the method.
pub fn shape(evaluation: &Evaluation<'_>, symbols: &dyn Symbols) -> Shape {
    let mut shape = Shape { empty: true, ..Shape::default() };
    let mut returns: Option<Abstract> = None;
    evaluation.visit(|_, insn, state| match &insn.op {
        Op::Return { value } => {
            let value = value.map_or(Abstract::Unknown, |reg| state.resolved(reg));
            returns = Some(match returns.take() {
                Some(before) => before.join(&value),
                None => value,
            });
        }
        Op::Throw { .. } => {
            shape.throws = true;
            shape.empty = false;
        }
        Op::Invoke { method, .. } => {
            shape.empty = false;
            if shape.calls.len() < CALLS_MAX {
                shape.calls.push(symbols.origin(*method));
            }
        }
        Op::Branch { .. } | Op::Switch { .. } => {
            shape.branches += 1;
            shape.empty = false;
        }
        Op::Nop | Op::Const { .. } | Op::Jump { .. } | Op::NewArray { .. } | Op::Move { .. } => {}
        _ => shape.empty = false,
    });
    shape.returns = returns.map_or(ArgValue::Unknown, |value| value.to_arg(false));
    shape.calls.sort();
    shape.calls.dedup();
    shape
}
