//! The second pass over class files: SDKs in the form of AAR and JAR.
//!
//! Each class brings its own constant pool, so what rules ask for is looked up class by class.

use super::methods::Found;
use super::names::{Names, Renamed};
use super::record::{InClass, InMethod};
use super::{METHOD_TOO_COMPLEX, place};
use crate::Ownership;
use menshen_android::class::{ClassFile, Code, Constant, Member, PoolIndex};
use menshen_base::ScanIssue;
use menshen_facts::{Interest, MethodName};
use menshen_flow::Abstract;
use menshen_flow::calls::{call_sites, shape};
use menshen_flow::cfg::Cfg;
use menshen_flow::eval::{Environment, Evaluation};
use menshen_flow::ir::source_name;
use menshen_flow::lower_jvm::{ClassSymbols, lower};
use menshen_flow::program::{ClassUnit, Program, class_name};
use rayon::prelude::*;
use std::collections::HashMap;

const ACC_STATIC: u16 = 0x8;
const NEW: u8 = 0xbb;
const GETSTATIC: u8 = 0xb2;
const GETFIELD: u8 = 0xb4;

/// What rules ask for, by name, so that a class looks up only what it mentions.
struct Wanted<'i> {
    calls: HashMap<&'i str, Vec<&'i MethodName>>,
    implementations: HashMap<&'i str, Vec<&'i MethodName>>,
    fields: HashMap<&'i str, Vec<&'i MethodName>>,
    names: Names<'i>,
}

/// Initial values of static finals in the class files of the artifact.
struct ClassConstants<'p, 'a>(&'p Program<'p, 'a>);

impl Environment for ClassConstants<'_, '_> {
    fn constant_field(&self, class: &str, name: &str) -> Option<Abstract> {
        let unit = self.0.unit(class)?;
        let class = &unit.class;
        let field = class.fields.iter().find(|field| {
            class.pool.utf8(field.name).is_some_and(|n| n.bytes() == name.as_bytes())
        })?;
        match class.constant_value(field)? {
            Constant::String(text) => Some(Abstract::str(class.pool.utf8(text)?.to_str().as_ref())),
            Constant::Integer(value) => Some(Abstract::Int(i64::from(value))),
            Constant::Long(value) => Some(Abstract::Int(value)),
            _ => None,
        }
    }
}

/// Looks at all methods of all class files.
pub(super) fn detect(
    program: &Program<'_, '_>,
    interest: &Interest,
    ownership: &Ownership,
) -> Found {
    let wanted = Wanted {
        calls: by_name(&interest.calls),
        implementations: by_name(&interest.implementations),
        fields: by_name(&interest.fields),
        names: Names::new(interest),
    };
    program
        .units
        .par_iter()
        .map(|unit| {
            let mut found = Found::default();
            look_at(program, unit, &wanted, ownership, &mut found);
            found
        })
        .collect::<Vec<_>>()
        .into_iter()
        .fold(Found::default(), |mut all, found| {
            all.merge(found);
            all
        })
}

fn by_name<'i>(
    names: impl IntoIterator<Item = &'i MethodName>,
) -> HashMap<&'i str, Vec<&'i MethodName>> {
    let mut map: HashMap<&str, Vec<&MethodName>> = HashMap::new();
    for name in names {
        map.entry(&name.name).or_default().push(name);
    }
    map
}

fn look_at(
    program: &Program<'_, '_>,
    unit: &ClassUnit<'_>,
    wanted: &Wanted<'_>,
    ownership: &Ownership,
    found: &mut Found,
) {
    found.classes += 1;
    found.classes_read += 1;
    let class = &unit.class;
    let name = class_name(class);
    let context = InClass {
        supers: program.hierarchy.supertypes(&name),
        owner: ownership.of_class(&name),
        name,
    };
    let symbols = ClassSymbols::new(class);
    let renamed =
        Renamed { symbols: &symbols, names: &wanted.names, hierarchy: &program.hierarchy };
    let called = mentioned(program, class, &wanted.calls);
    let read = mentioned(program, class, &wanted.fields);
    for method in &class.methods {
        let code = match class.code(method) {
            Ok(Some(code)) => code,
            Ok(None) => continue,
            Err(issue) => {
                found.methods += 1;
                found.issues.push(issue.within(&unit.path));
                continue;
            }
        };
        found.methods += 1;
        found.methods_read += 1;
        let caller = InMethod {
            path: &unit.path,
            class: &context,
            name: text(class, method.name),
            descriptor: text(class, method.descriptor),
            lines: code.lines(&class.pool),
        };
        let mut calls = false;
        for insn in code.instructions() {
            calls |= (0xb6..=0xb9).contains(&insn.op.0) && called.contains_key(&insn.index);
            if insn.op.0 == NEW
                && let Some(made) = class.pool.class(insn.index)
            {
                found.make(source_name(&format!("L{};", made.to_str())));
            }
            if matches!(insn.op.0, GETSTATIC | GETFIELD)
                && let Some(names) = read.get(&insn.index)
            {
                names.iter().for_each(|name| caller.field_read(insn.pc, name, &mut found.facts));
            }
        }
        let overridden = overridden(wanted, &caller, method);
        if calls || !overridden.is_empty() {
            let environment = ClassConstants(program);
            evaluate(
                &symbols,
                &renamed,
                &environment,
                &caller,
                &code,
                method,
                &called,
                &overridden,
                found,
            );
        }
    }
}

#[allow(clippy::too_many_arguments, reason = "the borrowed parts of one pass")]
fn evaluate(
    symbols: &ClassSymbols<'_, '_>,
    renamed: &Renamed<'_>,
    environment: &dyn Environment,
    caller: &InMethod<'_>,
    code: &Code<'_>,
    method: &Member<'_>,
    called: &HashMap<PoolIndex, Vec<&MethodName>>,
    overridden: &[&MethodName],
    found: &mut Found,
) {
    let body = lower(symbols, code, method.access & ACC_STATIC != 0, &caller.descriptor);
    let cfg = body.as_ref().map(Cfg::build);
    let evaluation = body
        .as_ref()
        .zip(cfg.as_ref())
        .and_then(|(body, cfg)| Evaluation::run(body, cfg, renamed, environment).ok());
    let Some(evaluation) = evaluation else {
        found.issues.push(ScanIssue {
            kind: &METHOD_TOO_COMPLEX,
            place: place(caller.path, caller.class.name.clone(), caller.member(), None),
            detail: format!("{} bytes of code", code.bytes.len()),
        });
        return;
    };
    let names = |method: u32| PoolIndex::try_from(method).ok().and_then(|index| called.get(&index));
    for site in call_sites(&evaluation, renamed, |method| names(method).is_some()) {
        if let Some(names) = names(site.method) {
            caller.call(&site, symbols, names, &mut found.facts);
        }
    }
    if !overridden.is_empty() {
        caller.implementation(&shape(&evaluation, renamed), overridden, &mut found.facts);
    }
}

/// Members of the constant pool that rules ask for.
fn mentioned<'i>(
    program: &Program<'_, '_>,
    class: &ClassFile<'_>,
    wanted: &HashMap<&'i str, Vec<&'i MethodName>>,
) -> HashMap<PoolIndex, Vec<&'i MethodName>> {
    let mut found = HashMap::new();
    for (index, _) in class.pool.iter() {
        let Some(member) = class.pool.member(index) else { continue };
        let Some(candidates) = wanted.get(member.name.to_str().as_ref()) else { continue };
        let owner = source_name(&format!("L{};", member.class.to_str()));
        let names: Vec<&MethodName> = candidates
            .iter()
            .filter(|name| match name.name.as_str() {
                "<init>" => name.class == owner,
                _ => program.hierarchy.is_a(&owner, &name.class),
            })
            .copied()
            .collect();
        if !names.is_empty() {
            found.insert(index, names);
        }
    }
    found
}

fn overridden<'i>(
    wanted: &Wanted<'i>,
    caller: &InMethod<'_>,
    method: &Member<'_>,
) -> Vec<&'i MethodName> {
    if method.access & ACC_STATIC != 0 {
        return Vec::new();
    }
    wanted.implementations.get(caller.name.as_str()).map_or_else(Vec::new, |candidates| {
        candidates
            .iter()
            .filter(|name| caller.class.supers.contains(&name.class))
            .copied()
            .collect()
    })
}

fn text(class: &ClassFile<'_>, index: PoolIndex) -> String {
    class.pool.utf8(index).map(|text| text.to_str().into_owned()).unwrap_or_default()
}
