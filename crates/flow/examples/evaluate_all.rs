//! Evaluates every method of DEX and class files: how many, how many beyond the budget, how long,
//! and which took longest.

use menshen_android::class::ClassFile;
use menshen_android::dex::{Dex, Mutf8};
use menshen_flow::calls::{call_sites, shape};
use menshen_flow::cfg::Cfg;
use menshen_flow::eval::{Environment, Evaluation};
use menshen_flow::ir::{Body, Symbols};
use menshen_flow::{Abstract, lower_dex, lower_jvm};
use std::time::{Duration, Instant};

/// Methods that are named, slowest first.
const SHOWN: usize = 12;

struct NoFields;

impl Environment for NoFields {
    fn constant_field(&self, _: &str, _: &str) -> Option<Abstract> {
        None
    }
}

#[derive(Default)]
struct Totals {
    methods: usize,
    operations: usize,
    too_large: usize,
    out_of_budget: Vec<String>,
    calls: usize,
    spent: [Duration; 4],
    slow: Vec<(Duration, String)>,
}

impl Totals {
    fn method(&mut self, name: String, symbols: &dyn Symbols, lower: impl Fn() -> Option<Body>) {
        self.methods += 1;
        let mut at = [Instant::now(); 5];
        let Some(body) = lower() else {
            self.too_large += 1;
            return println!("too large: {name}");
        };
        at[1] = Instant::now();
        let cfg = Cfg::build(&body);
        at[2] = Instant::now();
        let evaluation = Evaluation::run(&body, &cfg, symbols, &NoFields);
        at[3] = Instant::now();
        match &evaluation {
            Ok(evaluation) => {
                self.calls += call_sites(evaluation, symbols, |_| true).len();
                let _ = shape(evaluation, symbols);
            }
            Err(_) => self.out_of_budget.push(format!(
                "{name}, {} operations, {} blocks",
                body.insns.len(),
                cfg.blocks.len()
            )),
        }
        at[4] = Instant::now();
        self.operations += body.insns.len();
        for (spent, pair) in self.spent.iter_mut().zip(at.windows(2)) {
            *spent += pair[1] - pair[0];
        }
        let detail = format!("{name}, {} operations, {:?}", body.insns.len(), parts(&at));
        self.slow.push((at[4] - at[0], detail));
        if self.slow.len() > 4096 {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        self.slow.sort_by(|a, b| b.cmp(a));
        self.slow.truncate(SHOWN);
    }
}

fn parts(at: &[Instant; 5]) -> Vec<Duration> {
    at.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

fn main() {
    let mut totals = Totals::default();
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        if path.ends_with(".class") {
            class_file(&bytes, &mut totals);
        } else {
            dex_file(&bytes, &mut totals);
        }
    }
    totals.shorten();
    for (time, name) in &totals.slow {
        println!("{time:?} {name}");
    }
    for name in &totals.out_of_budget {
        println!("out of budget: {name}");
    }
    let [lowering, cfg, evaluation, calls] = totals.spent;
    println!(
        "{} methods, {} operations, {} calls; {} too large, {} out of budget",
        totals.methods,
        totals.operations,
        totals.calls,
        totals.too_large,
        totals.out_of_budget.len()
    );
    println!("lowering {lowering:?}, cfg {cfg:?}, evaluation {evaluation:?}, calls {calls:?}");
}

fn dex_file(bytes: &[u8], totals: &mut Totals) {
    let (files, _) = Dex::parse_all(bytes);
    for dex in &files {
        let symbols = lower_dex::DexSymbols(dex);
        for class in dex.classes() {
            let Ok(data) = dex.class_data(&class) else { continue };
            for method in data.methods() {
                let Ok(Some(code)) = dex.code(method) else { continue };
                let Some(reference) = dex.method(method.id) else { continue };
                let descriptor = dex.descriptor(reference.proto);
                let name = dex.string(reference.name).map(Mutf8::to_str).unwrap_or_default();
                let name = format!("{}.{name}{descriptor}", symbols.class(class.ty.0));
                let is_static = method.access & 8 != 0;
                totals.method(name, &symbols, || {
                    lower_dex::lower(dex, &code, is_static, &descriptor)
                });
            }
        }
    }
}

fn class_file(bytes: &[u8], totals: &mut Totals) {
    let (Some(class), _) = ClassFile::parse(bytes) else { return };
    let symbols = lower_jvm::ClassSymbols::new(&class);
    for method in &class.methods {
        let Ok(Some(code)) = class.code(method) else { continue };
        let text = |index| class.pool.utf8(index).map(Mutf8::to_str).unwrap_or_default();
        let descriptor = text(method.descriptor);
        let owner = class.name().map(|name| name.to_string()).unwrap_or_default();
        let name = format!("{owner}.{}{descriptor}", text(method.name));
        let is_static = method.access & 8 != 0;
        totals.method(name, &symbols, || lower_jvm::lower(&symbols, &code, is_static, &descriptor));
    }
}
