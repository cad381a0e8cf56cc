//! Bodies made to be slow: each must end within its budget, whatever it says.

use menshen_android::dex::Dex;
use menshen_flow::Abstract;
use menshen_flow::calls::{call_sites, shape};
use menshen_flow::cfg::Cfg;
use menshen_flow::eval::{Environment, Evaluation};
use menshen_flow::ir::{
    BinaryOp, Body, Condition, Handler, Insn, InvokeKind, Literal, MethodSig, Op, Operand, Sym,
    Symbols,
};
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Each body takes less than a second; without limits it takes hours. The machine may be busy.
const TIME_MAX: Duration = Duration::from_secs(120);

struct Nothing;

impl Environment for Nothing {
    fn constant_field(&self, _: &str, _: &str) -> Option<Abstract> {
        None
    }
}

impl Symbols for Nothing {
    fn method(&self, method: Sym) -> MethodSig<'_> {
        let name = if method == 0 { "append" } else { "toString" };
        let descriptor = if method == 0 { "(Ljava/lang/String;)V" } else { "()V" };
        MethodSig {
            class: "java.lang.StringBuilder".into(),
            name: name.into(),
            descriptor: descriptor.into(),
        }
    }
    fn field(&self, _: Sym) -> (Cow<'_, str>, Cow<'_, str>) {
        ("a.B".into(), "c".into())
    }
    fn string(&self, _: Sym) -> Cow<'_, str> {
        "0123456789abcdef".into()
    }
    fn class(&self, _: Sym) -> Cow<'_, str> {
        "java.lang.StringBuilder".into()
    }
}

fn body(registers: u32, ops: impl IntoIterator<Item = Op>) -> Body {
    let insns = (0..).zip(ops).map(|(pc, op)| Insn { pc, op }).collect();
    Body { insns, registers, ..Body::default() }
}

/// Whether the analysis reached its end.
fn run(body: &Body) -> bool {
    let start = Instant::now();
    let cfg = Cfg::build(body);
    let done = match Evaluation::run(body, &cfg, &Nothing, &Nothing) {
        Ok(evaluation) => {
            call_sites(&evaluation, &Nothing, |_| true);
            shape(&evaluation, &Nothing);
            true
        }
        Err(_) => false,
    };
    assert!(start.elapsed() < TIME_MAX, "{:?}", start.elapsed());
    done
}

fn branch(target: usize) -> Op {
    Op::Branch { condition: Condition::Eq, a: 0, b: Operand::Reg(1), target }
}

fn call() -> Op {
    Op::Invoke { dst: None, kind: InvokeKind::Static, method: 1, args: Box::default() }
}

const SIZE: usize = 50_000;

#[test]
fn switches_with_many_targets() {
    let targets: Box<[(i64, usize)]> = (0..).zip(1..SIZE).collect();
    let mut ops = vec![Op::Switch { on: 0, targets: targets.clone() }];
    ops.extend((1..SIZE).map(|_| Op::Return { value: None }));
    assert!(run(&body(4, ops)));
    let many = (0..200).map(|_| Op::Switch { on: 0, targets: targets.clone() });
    let tail = (200..SIZE).map(|_| Op::Return { value: None });
    assert!(!run(&body(4, many.chain(tail))));
}

#[test]
fn long_chains_of_branches() {
    // If within if, a call in each; every block is entered from the one above only.
    let nested = (0..SIZE).flat_map(|_| [branch(2 * SIZE), call()]);
    run(&body(4, nested.take(SIZE)));
    // Diamonds one behind the other.
    let diamonds = (0..SIZE / 2).flat_map(|n| [branch(2 * n + 2), call()]);
    run(&body(4, diamonds));
    // Each operation leads to the next one and back to the start.
    run(&body(4, (0..SIZE).map(|_| branch(0))));
    // Each leads to the next one and far forward, from both ends.
    run(&body(4, (0..SIZE).map(|n| branch(SIZE - n))));
}

#[test]
fn handlers_for_everything() {
    let mut wide = body(4, (0..SIZE).flat_map(|n| [call(), branch(n)]).take(SIZE));
    wide.handlers = (0..4096)
        .map(|n| Handler { start: 0, end: SIZE, target: n * 10, class: Some(1) })
        .collect();
    assert!(!run(&wide));
}

#[test]
fn loops_within_loops_come_to_an_end() {
    // Counters that never stop, nested.
    let depth = 200;
    let mut ops = Vec::new();
    for n in 0..depth {
        ops.push(Op::Const { dst: n, value: Literal::Int(0) });
    }
    for n in 0..depth {
        let op = BinaryOp::Add;
        ops.push(Op::Binary { dst: n, op, wide: false, a: n, b: Operand::Int(1) });
    }
    for n in (0..depth).rev() {
        ops.push(branch((depth + n) as usize));
    }
    ops.push(Op::Return { value: Some(0) });
    assert!(run(&body(depth, ops)));
}

#[test]
fn texts_and_states_do_not_grow_without_end() {
    // Each builder takes the text of the one before it twice.
    let step = |n: u32| {
        let append = |arg| Op::Invoke {
            dst: None,
            kind: InvokeKind::Virtual,
            method: 0,
            args: [n % 2, arg].into(),
        };
        [Op::New { dst: n % 2, class: 0 }, append((n + 1) % 2), append((n + 1) % 2)]
    };
    let start = [Op::New { dst: 1, class: 0 }, Op::Const { dst: 2, value: Literal::Str(0) }];
    let first = Op::Invoke { dst: None, kind: InvokeKind::Virtual, method: 0, args: [1, 2].into() };
    let ops = start.into_iter().chain([first]).chain((0..15_000).flat_map(step));
    run(&body(3, ops));
    // Many registers, many blocks.
    assert!(!run(&body(4096, (0..SIZE).map(|n| branch(n + 1)))));
}

/// The real DEX file, cut and changed: lowering and evaluation of what is left.
#[test]
fn changed_code_is_lowered_without_panic() {
    let original = include_bytes!("data/t/classes.dex");
    let mut bytes = original.to_vec();
    for at in (0x70..bytes.len()).step_by(41) {
        for value in [0x00, 0x26, 0x2b, 0xff] {
            bytes[at] = value;
            let (Some(dex), _) = Dex::parse(&bytes) else { continue };
            for class in dex.classes() {
                let Ok(data) = dex.class_data(&class) else { continue };
                for method in data.methods().take(64) {
                    let Ok(Some(code)) = dex.code(method) else { continue };
                    let Some(body) = menshen_flow::lower_dex::lower(&dex, &code, true, "(JJ)V")
                    else {
                        continue;
                    };
                    let cfg = Cfg::build(&body);
                    let symbols = menshen_flow::lower_dex::DexSymbols(&dex);
                    let _ = Evaluation::run(&body, &cfg, &symbols, &Nothing);
                }
            }
            bytes[at] = original[at];
        }
    }
}

#[test]
fn changed_class_files_are_lowered_without_panic() {
    use menshen_android::class::ClassFile;
    use menshen_flow::lower_jvm::{ClassSymbols, lower};
    let original = include_bytes!("data/t/Values.class");
    let mut bytes = original.to_vec();
    for at in (8..bytes.len()).step_by(31) {
        for value in [0x00, 0xc4, 0xba] {
            bytes[at] = value;
            let (Some(class), _) = ClassFile::parse(&bytes) else { continue };
            let symbols = ClassSymbols::new(&class);
            for method in &class.methods {
                let Ok(Some(code)) = class.code(method) else { continue };
                let Some(body) = lower(&symbols, &code, false, "(JI)V") else { continue };
                let cfg = Cfg::build(&body);
                let _ = Evaluation::run(&body, &cfg, &symbols, &Nothing);
            }
        }
        bytes[at] = original[at];
    }
}
