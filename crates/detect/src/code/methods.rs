//! The second pass: facts from the methods that mention what rules ask for.

use super::constants::Constants;
use super::names::{Names, Renamed};
use super::record::{InClass, InMethod};
use super::targets::{Bits, Targets};
use super::{METHOD_TOO_COMPLEX, place};
use crate::Ownership;
use menshen_android::dex::{ClassDef, Code, Dex, EncodedMethod, Insn, StringId, TypeId};
use menshen_base::{Owner, Place, ScanIssue};
use menshen_facts::{Facts, Interest, MethodName};
use menshen_flow::calls::{call_sites, shape};
use menshen_flow::cfg::Cfg;
use menshen_flow::eval::Evaluation;
use menshen_flow::hierarchy::Hierarchy;
use menshen_flow::lower_dex::{DexSymbols, lower};
use menshen_flow::program::{DexFile, Program, type_name};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ACC_STATIC: u32 = 0x8;
/// Classes of one parallel piece of work.
const CLASSES_PER_TASK: usize = 256;
/// Places kept for one string.
const USES_MAX: usize = 4;

/// What the evaluation of the methods of a file may cost together, beside a share for each code
/// unit, and what each method may cost in any case. The files of a real app of 76,000 methods need
/// less than a twentieth.
const COST_PER_FILE: usize = 128_000_000;
const COST_PER_UNIT: usize = 300;
const COST_PER_METHOD: usize = 10_000;

/// Where a string of the pool is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringUse {
    pub place: Place,
    pub owner: Owner,
}

/// Uses by file and string.
pub type StringUses = BTreeMap<(usize, StringId), Vec<StringUse>>;

/// What the second pass finds.
#[derive(Debug, Default)]
pub struct Found {
    pub facts: Facts,
    pub issues: Vec<ScanIssue>,
    pub string_uses: StringUses,
    /// Methods with code, and those of them that were read to their end.
    pub methods: u64,
    pub methods_read: u64,
    pub classes: u64,
    pub classes_read: u64,
    instantiated: BTreeSet<String>,
}

/// Looks at all methods. `strings` are those of each file whose uses are wanted.
pub fn detect(
    program: &Program<'_, '_>,
    interest: &Interest,
    ownership: &Ownership,
    strings: &[BTreeSet<StringId>],
) -> Found {
    let constants = Constants::new(program);
    let names = Names::new(interest);
    let targets: Vec<Targets<'_>> = program
        .files
        .par_iter()
        .map(|file| Targets::resolve(&file.dex, interest, &program.hierarchy))
        .collect();
    let marks: Vec<Bits> = strings.iter().map(bits).collect();
    let empty = Bits::default();
    let tasks: Vec<(usize, usize, Vec<ClassDef>)> = program
        .files
        .iter()
        .enumerate()
        .flat_map(|(file, dex)| {
            let classes: Vec<ClassDef> = dex.dex.classes().collect();
            let pieces = classes.chunks(CLASSES_PER_TASK);
            let cost = COST_PER_FILE / pieces.len().max(1);
            pieces.map(|piece| (file, cost, piece.to_vec())).collect::<Vec<_>>()
        })
        .collect();
    let pieces: Vec<Found> = tasks
        .par_iter()
        .filter_map(|(index, cost, classes)| {
            let file = program.files.get(*index)?;
            let mut pass = Pass {
                program,
                file,
                index: *index,
                targets: targets.get(*index)?,
                strings: marks.get(*index).unwrap_or(&empty),
                constants: &constants,
                names: &names,
                ownership,
                created: Bits::default(),
                cost_left: *cost,
                found: Found::default(),
            };
            for class in classes {
                pass.class(class);
            }
            Some(pass.finish())
        })
        .collect();
    let mut all = Found::default();
    for piece in pieces {
        all.merge(piece);
    }
    all.merge(super::jvm::detect(program, interest, ownership));
    for implementation in &mut all.facts.implementations {
        implementation.data.instantiated = all.instantiated.contains(&implementation.data.class);
    }
    all
}

fn bits(strings: &BTreeSet<StringId>) -> Bits {
    let mut bits = Bits::default();
    for string in strings {
        bits.insert(string.0);
    }
    bits
}

impl Found {
    /// Takes down that an object of the class is made.
    pub(super) fn make(&mut self, class: String) {
        self.instantiated.insert(class);
    }

    pub(super) fn merge(&mut self, mut other: Found) {
        self.facts.append(other.facts);
        self.issues.append(&mut other.issues);
        for (string, mut uses) in other.string_uses {
            let mine = self.string_uses.entry(string).or_default();
            let room = USES_MAX.saturating_sub(mine.len());
            uses.truncate(room);
            mine.append(&mut uses);
        }
        self.methods += other.methods;
        self.methods_read += other.methods_read;
        self.classes += other.classes;
        self.classes_read += other.classes_read;
        self.instantiated.append(&mut other.instantiated);
    }
}

/// The pass over some classes of one file.
struct Pass<'s, 'p, 'a> {
    program: &'s Program<'p, 'a>,
    file: &'s DexFile<'a>,
    index: usize,
    targets: &'s Targets<'s>,
    strings: &'s Bits,
    constants: &'s Constants<'s, 'a>,
    names: &'s Names<'s>,
    ownership: &'s Ownership,
    /// Types of which an object is made.
    created: Bits,
    /// What evaluation may still cost.
    cost_left: usize,
    found: Found,
}

/// What a walk over the instructions of a method comes upon.
#[derive(Default)]
struct Mentions {
    calls: bool,
    /// Some of the calls are asked for by themselves.
    alone: bool,
    /// Some of them are asked for anywhere in the class.
    in_class: bool,
    fields: Vec<(u32, u16)>,
    strings: Vec<(u32, u32)>,
}

impl<'s, 'a> Pass<'s, '_, 'a>
where
    'a: 's,
{
    fn class(&mut self, class: &ClassDef) {
        self.found.classes += 1;
        let dex = &self.file.dex;
        let data = match dex.class_data(class) {
            Ok(data) => data,
            Err(issue) => {
                self.found.issues.push(issue.within(&self.file.path));
                return;
            }
        };
        self.found.classes_read += 1;
        let mut context: Option<InClass> = None;
        let mut mentioned: Vec<(&EncodedMethod, Code<'a>, Mentions)> = Vec::new();
        for method in data.methods() {
            if method.code_offset == 0 {
                continue;
            }
            self.found.methods += 1;
            let code = match dex.code(method) {
                Ok(Some(code)) => code,
                Ok(None) => continue,
                Err(issue) => {
                    self.found.issues.push(issue.within(&self.file.path));
                    continue;
                }
            };
            self.found.methods_read += 1;
            let mentions = self.mentions(&code);
            if mentions.calls
                || !mentions.fields.is_empty()
                || !mentions.strings.is_empty()
                || self.may_override(method)
            {
                mentioned.push((method, code, mentions));
            }
        }
        let matters = mentioned.iter().any(|(method, _, mentions)| {
            mentions.alone || !mentions.fields.is_empty() || self.may_override(method)
        });
        for (method, code, mut mentions) in mentioned {
            let here = mentions.alone || !mentions.fields.is_empty() || self.may_override(method);
            mentions.calls &= here || (matters && mentions.in_class);
            self.method(class, method, &code, mentions, &mut context);
        }
    }

    /// The method may override one whose overrides are asked for.
    fn may_override(&self, method: &EncodedMethod) -> bool {
        method.access & ACC_STATIC == 0
            && self
                .file
                .dex
                .method(method.id)
                .is_some_and(|reference| self.targets.overrides_named(reference.name))
    }

    fn method(
        &mut self,
        class: &ClassDef,
        method: &EncodedMethod,
        code: &Code<'a>,
        mentions: Mentions,
        context: &mut Option<InClass>,
    ) {
        let Some(reference) = self.file.dex.method(method.id) else { return };
        let may_override = self.may_override(method);
        if !mentions.calls
            && !may_override
            && mentions.fields.is_empty()
            && mentions.strings.is_empty()
        {
            return;
        }
        let class = context.get_or_insert_with(|| self.context(class));
        let caller = InMethod {
            path: &self.file.path,
            class,
            name: self.text(reference.name),
            descriptor: self.file.dex.descriptor(reference.proto),
            lines: code.lines(&self.file.dex),
        };
        for (pc, string) in mentions.strings {
            let at = caller.at(pc);
            let uses = self.found.string_uses.entry((self.index, StringId(string))).or_default();
            // Once a method: the first use says enough.
            if uses.len() < USES_MAX && !uses.last().is_some_and(|one| same_method(&one.place, &at))
            {
                uses.push(StringUse { place: at, owner: class.owner.clone() });
            }
        }
        for (pc, field) in mentions.fields {
            if let Some(wanted) = self.targets.field_names.get(&u32::from(field)) {
                caller.field_read(pc, wanted, &mut self.found.facts);
            }
        }
        let overridden = match may_override {
            true => self.targets.overridden(reference.name, &class.supers),
            false => Vec::new(),
        };
        if mentions.calls || !overridden.is_empty() {
            let is_static = method.access & ACC_STATIC != 0;
            evaluate(
                self.file,
                self.targets,
                self.constants,
                (self.names, &self.program.hierarchy),
                &caller,
                code,
                is_static,
                &overridden,
                &mut self.cost_left,
                &mut self.found,
            );
        }
    }

    fn mentions(&mut self, code: &Code<'a>) -> Mentions {
        let mut mentions = Mentions::default();
        code.units.scan(|pc, op, index| {
            let index32 = u32::from(index);
            if op.is_invoke() {
                mentions.calls |= self.targets.methods.contains(index32);
                mentions.alone |= self.targets.alone.contains(index32);
                mentions.in_class |= self.targets.in_class.contains(index32);
            } else if op.reads_field() {
                if self.targets.fields.contains(index32) {
                    mentions.fields.push((pc, index));
                }
            } else if op.is_const_string() {
                let string = match code.units.decode(pc) {
                    Some(Insn { index, .. }) if op.0 == 0x1b => index,
                    _ => index32,
                };
                if self.strings.contains(string) {
                    mentions.strings.push((pc, string));
                }
            } else if op.is_new_instance() {
                self.created.insert(index32);
            }
        });
        mentions
    }

    fn context(&self, class: &ClassDef) -> InClass {
        let name = type_name(&self.file.dex, class.ty);
        let supers = self.program.hierarchy.supertypes(&name);
        let owner = self.ownership.of_class(&name);
        InClass { name, supers, owner }
    }

    fn text(&self, id: StringId) -> String {
        self.file.dex.string(id).map(|text| text.to_str().into_owned()).unwrap_or_default()
    }

    fn finish(mut self) -> Found {
        let dex: &Dex<'_> = &self.file.dex;
        for ty in 0..dex.type_count() {
            if self.created.contains(ty) {
                let name = type_name(dex, TypeId(ty));
                if self.program.hierarchy.contains(&name) {
                    self.found.instantiated.insert(name);
                }
            }
        }
        self.found
    }
}

fn same_method(a: &Place, b: &Place) -> bool {
    let names =
        |place: &Place| place.code.as_ref().map(|code| (code.class.clone(), code.member.clone()));
    names(a) == names(b)
}

/// Analyses a method and takes down what rules asked for.
#[allow(clippy::too_many_arguments, reason = "the borrowed parts of one pass")]
fn evaluate<'a>(
    file: &DexFile<'a>,
    targets: &Targets<'_>,
    constants: &Constants<'_, 'a>,
    (names, hierarchy): (&Names<'_>, &Hierarchy<'static>),
    caller: &InMethod<'_>,
    code: &Code<'a>,
    is_static: bool,
    overridden: &[&MethodName],
    cost_left: &mut usize,
    found: &mut Found,
) {
    let own = COST_PER_UNIT.saturating_mul(code.units.count() as usize);
    *cost_left = cost_left.saturating_add(own);
    let cost_max = (*cost_left).max(own.saturating_add(COST_PER_METHOD));
    let symbols = DexSymbols(&file.dex);
    let symbols = Renamed { symbols: &symbols, names, hierarchy };
    let body = lower(&file.dex, code, is_static, &caller.descriptor);
    let cfg = body.as_ref().map(Cfg::build);
    let evaluation = body.as_ref().zip(cfg.as_ref()).and_then(|(body, cfg)| {
        Evaluation::run_within(body, cfg, &symbols, constants, cost_max).ok()
    });
    let cost = evaluation.as_ref().map_or(cost_max, Evaluation::cost);
    *cost_left = cost_left.saturating_sub(cost);
    let Some(evaluation) = evaluation else {
        found.issues.push(ScanIssue {
            kind: &METHOD_TOO_COMPLEX,
            place: place(caller.path, caller.class.name.clone(), caller.member(), None),
            detail: format!("{} code units", code.units.count()),
        });
        return;
    };
    for site in call_sites(&evaluation, &symbols, |id| targets.methods.contains(id)) {
        if let Some(names) = targets.method_names.get(&site.method) {
            caller.call(&site, &symbols, names, &mut found.facts);
        }
    }
    if !overridden.is_empty() {
        caller.implementation(&shape(&evaluation, &symbols), overridden, &mut found.facts);
    }
}
