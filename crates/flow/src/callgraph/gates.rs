//! Conditions on the way to a call: does it run only when consent was given in an earlier run?
//!
//! A method is evaluated only when it mentions something that reads stored state or whose name
//! speaks of consent. What cannot be told for sure makes a call "maybe", never "after".

use super::When;
use super::index::{Index, Node, Reference};
use super::sites::{Site, What, sites};
use super::tables::{STORED_READERS, speaks_of_consent};
use crate::cfg::Cfg;
use crate::eval::{Environment, Evaluation};
use crate::ir::{Op, Symbols};
use crate::lower_dex::{DexSymbols, lower};
use crate::value::Abstract;
use menshen_android::dex::Code;
use menshen_facts::ArgValue;
use std::collections::{BTreeMap, HashMap};

const ACC_STATIC: u32 = 0x8;

struct NoFields;

impl Environment for NoFields {
    fn constant_field(&self, _: &str, _: &str) -> Option<Abstract> {
        None
    }
}

/// What a condition tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Condition {
    /// Consent: whether a true value means that it was given.
    Consent(bool),
    /// Something stored in an earlier run, of which nothing more is known.
    Stored,
}

/// Addresses of a method that do not run as early as the method itself, with the condition.
#[derive(Debug, Clone, Default)]
pub(super) struct Gates(pub(super) BTreeMap<u32, (When, String)>);

impl Gates {
    pub(super) fn at(&self, pc: u32) -> When {
        self.0.get(&pc).map_or(When::Before, |(when, _)| *when)
    }
}

/// The gates of one method.
pub(super) fn gates(
    index: &mut Index<'_, '_, '_>,
    node: Node,
    file: u32,
    code: &Code<'_>,
    mentioned: &[Site],
) -> Gates {
    let mut gates = Gates::default();
    let mut conditions: HashMap<String, Condition> = HashMap::new();
    let mut readers = false;
    for site in mentioned {
        match site.what {
            What::Direct(id) | What::Static(id) | What::Dynamic(id) => {
                let Some(reference) = index.reference(file, id) else { continue };
                if is_stored_reader(&reference) {
                    readers = true;
                } else if let Some(condition) = condition(index, &reference) {
                    conditions
                        .insert(format!("call:{}.{}", reference.class, reference.name), condition);
                }
            }
            What::StaticField(id) => {
                let Some(unit) = index.program.files.get(file as usize) else { continue };
                let (class, name) = {
                    let symbols = DexSymbols(&unit.dex);
                    let (class, name) = symbols.field(id);
                    (class.into_owned(), name.into_owned())
                };
                if let Some(given) = speaks_of_consent(&name) {
                    conditions.insert(format!("field:{class}.{name}"), Condition::Consent(given));
                }
            }
            _ => {}
        }
    }
    if !readers && conditions.is_empty() {
        return gates;
    }
    let Some(method) = index.methods.get(node as usize).copied() else { return gates };
    let Some(unit) = index.program.files.get(file as usize) else { return gates };
    let descriptor = index.signature_text(method.signature);
    let descriptor = descriptor.find('(').map_or("", |at| &descriptor[at..]);
    let symbols = DexSymbols(&unit.dex);
    let Some(body) = lower(&unit.dex, code, method.method.access & ACC_STATIC != 0, descriptor)
    else {
        return gates;
    };
    let cfg = Cfg::build(&body);
    let Ok(evaluation) = Evaluation::run(&body, &cfg, &symbols, &NoFields) else { return gates };
    if readers {
        stored_keys(&evaluation, &symbols, &mut conditions);
    }
    let mut last: Option<(usize, When, String)> = None;
    evaluation.visit(|block, insn, _| {
        if last.as_ref().is_none_or(|(of, ..)| *of != block) {
            let (when, why) = judge(&evaluation.guards(block), &conditions);
            last = Some((block, when, why));
        }
        if let Some((_, when, why)) = &last
            && *when != When::Before
        {
            gates.0.insert(insn.pc, (*when, why.clone()));
        }
    });
    gates
}

/// What the conditions that hold in a block say together.
fn judge(guards: &[String], conditions: &HashMap<String, Condition>) -> (When, String) {
    let mut when = (When::Before, String::new());
    for guard in guards {
        let (name, holds) = match guard.strip_prefix('!') {
            Some(name) => (name, false),
            None => (guard.as_str(), true),
        };
        let found = match conditions.get(name) {
            Some(Condition::Consent(given)) if *given == holds => When::After,
            Some(Condition::Stored) => When::Maybe,
            _ => continue,
        };
        if found > when.0 {
            when = (found, guard.clone());
        }
    }
    when
}

fn is_stored_reader(reference: &Reference) -> bool {
    STORED_READERS
        .iter()
        .any(|(class, names)| &*reference.class == *class && names.contains(&&*reference.name))
}

/// What a method of the app tells when it is used as a condition.
fn condition(index: &mut Index<'_, '_, '_>, reference: &Reference) -> Option<Condition> {
    let text = index.signature_text(reference.signature);
    if !text.ends_with(")Z") && !text.ends_with(")Ljava/lang/Boolean;") {
        return None;
    }
    if let Some(given) = speaks_of_consent(&reference.name) {
        return Some(Condition::Consent(given));
    }
    let node = index.implementation(&reference.class, reference.signature)?;
    let (file, code) = index.code(node)?;
    let mut reads = false;
    let mut said: Option<bool> = None;
    for site in sites(&code) {
        match site.what {
            What::Direct(id) | What::Static(id) | What::Dynamic(id) => {
                let called = index.reference(file, id)?;
                reads |= is_stored_reader(&called) || speaks_of_consent(&called.name).is_some();
                said = said.or_else(|| speaks_of_consent(&called.name));
            }
            What::Text(id) => said = said.or_else(|| speaks_of_consent(&index.string(file, id))),
            _ => {}
        }
    }
    match (reads, said) {
        (true, Some(given)) => Some(Condition::Consent(given)),
        (true, None) => Some(Condition::Stored),
        _ => None,
    }
}

/// What the keys say that the method reads. Keys that disagree say only that something is stored.
fn stored_keys(
    evaluation: &Evaluation<'_>,
    symbols: &DexSymbols<'_, '_>,
    conditions: &mut HashMap<String, Condition>,
) {
    evaluation.visit(|_, insn, state| {
        let Op::Invoke { method, args, .. } = &insn.op else { return };
        let called = symbols.method(*method);
        let reads = STORED_READERS
            .iter()
            .any(|(class, names)| *called.class == **class && names.contains(&&*called.name));
        if !reads {
            return;
        }
        let key = args.get(1).map(|reg| state.resolved(*reg).to_arg(true));
        let said = match key {
            Some(ArgValue::Str(key)) => speaks_of_consent(&key),
            _ => None,
        };
        let condition = said.map_or(Condition::Stored, Condition::Consent);
        conditions
            .entry(format!("call:{}.{}", called.class, called.name))
            .and_modify(|known| {
                if *known != condition {
                    *known = Condition::Stored;
                }
            })
            .or_insert(condition);
    });
}
