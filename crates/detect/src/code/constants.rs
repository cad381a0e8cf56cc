//! Fields whose value never changes: what their class writes into them once.
//!
//! A field counts as constant when it is final, or private and written by its own class only in
//! initialisers. Its value is the initial value in the DEX file or what the class's initialiser
//! writes; for instance fields, what every constructor writes. Initialisers are evaluated with
//! the initial values of other classes only, so that the answer does not depend on which class
//! was asked for first. An array that is filled after it was stored is not constant: handed to
//! something in the initialiser that may write to it, or in any method of the class to something
//! that is there to write.

use menshen_android::dex::{ClassDef, Dex, EncodedMethod, EncodedValue, FieldId, MethodId};
use menshen_flow::Abstract;
use menshen_flow::cfg::Cfg;
use menshen_flow::eval::{Environment, Evaluation, State};
use menshen_flow::ir::{Insn, Op, Sym, Symbols};
use menshen_flow::lower_dex::{DexSymbols, lower};
use menshen_flow::program::Program;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

const ACC_PRIVATE: u32 = 0x2;
const ACC_STATIC: u32 = 0x8;
const ACC_FINAL: u32 = 0x10;
/// Classes with more methods are not searched for writes to private fields.
const METHODS_SEARCHED_MAX: usize = 2_000;
/// Methods that fill an array handed to them.
const FILLING: [&str; 7] =
    ["nextBytes", "read", "readFully", "readNBytes", "get", "fill", "arraycopy"];

type Fields = HashMap<String, Abstract>;

/// Answers the evaluation's questions about fields, remembering each class once.
#[derive(Debug)]
pub(crate) struct Constants<'p, 'a> {
    program: &'p Program<'p, 'a>,
    known: RwLock<HashMap<String, Arc<Fields>>>,
}

impl<'p, 'a> Constants<'p, 'a> {
    pub(crate) fn new(program: &'p Program<'p, 'a>) -> Self {
        Self { program, known: RwLock::default() }
    }

    fn fields_of(&self, class: &str) -> Arc<Fields> {
        if let Some(fields) = self.known.read().ok().and_then(|known| known.get(class).cloned()) {
            return fields;
        }
        let fields = Arc::new(self.evaluate(class));
        if let Ok(mut known) = self.known.write() {
            known.insert(class.to_owned(), Arc::clone(&fields));
        }
        fields
    }

    fn evaluate(&self, class: &str) -> Fields {
        let Some(entry) = self.program.class(class) else { return Fields::new() };
        let Some(file) = self.program.files.get(entry.file) else { return Fields::new() };
        ClassFields::evaluate(self.program, &file.dex, &entry.class).unwrap_or_default()
    }
}

impl Environment for Constants<'_, '_> {
    fn constant_field(&self, class: &str, name: &str) -> Option<Abstract> {
        self.fields_of(class).get(name).cloned()
    }
}

/// Initial values alone: what an initialiser may ask of other classes.
struct InitialValues<'p, 'a>(&'p Program<'p, 'a>);

impl Environment for InitialValues<'_, '_> {
    fn constant_field(&self, class: &str, name: &str) -> Option<Abstract> {
        let entry = self.0.class(class)?;
        let dex = &self.0.files.get(entry.file)?.dex;
        let data = dex.class_data(&entry.class).ok()?;
        let values = dex.static_values(&entry.class);
        let at = data
            .static_fields
            .iter()
            .position(|field| field.access & ACC_FINAL != 0 && field_name(dex, field.id) == name)?;
        values.get(at).and_then(|value| initial(dex, value))
    }
}

/// One class while its fields are worked out.
struct ClassFields<'c, 'a> {
    dex: &'c Dex<'a>,
    /// Fields that can be constant, by number.
    candidates: BTreeMap<u32, String>,
    values: BTreeMap<u32, Option<Abstract>>,
}

impl<'c, 'a> ClassFields<'c, 'a> {
    fn evaluate(program: &Program<'_, 'a>, dex: &'c Dex<'a>, class: &ClassDef) -> Option<Fields> {
        let data = dex.class_data(class).ok()?;
        let mut this = Self { dex, candidates: BTreeMap::new(), values: BTreeMap::new() };
        let may_search = data.methods().count() <= METHODS_SEARCHED_MAX;
        for field in data.static_fields.iter().chain(&data.instance_fields) {
            let fixed =
                field.access & ACC_FINAL != 0 || (field.access & ACC_PRIVATE != 0 && may_search);
            if fixed {
                this.candidates.insert(field.id.0, field_name(dex, field.id));
            }
        }
        let initial_values = dex.static_values(class);
        for (at, field) in data.static_fields.iter().enumerate() {
            if let Some(value) = initial_values.get(at).and_then(|value| initial(dex, value)) {
                this.values.insert(field.id.0, Some(value));
            }
        }
        let has_initialiser =
            data.methods().any(|method| method_name(dex, method.id) == "<clinit>");
        if !has_initialiser {
            // Nothing writes them: they keep the zero that is not written out.
            for field in data.static_fields.iter().filter(|f| f.access & ACC_FINAL != 0) {
                this.values.entry(field.id.0).or_insert(Some(Abstract::Int(0)));
            }
        }
        let environment = InitialValues(program);
        let mut constructors = 0;
        for method in data.methods() {
            match method_name(dex, method.id).as_str() {
                "<clinit>" => this.initialiser(method, &environment),
                "<init>" => {
                    constructors += 1;
                    this.initialiser(method, &environment);
                }
                _ => this.drop_written(method),
            }
        }
        if may_search {
            for method in data.methods() {
                this.drop_filled(method);
            }
        }
        if constructors > 1 {
            // A constructor that calls another of its class writes nothing itself.
            this.values.retain(|_, value| value.is_some());
        }
        let Self { candidates, values, .. } = this;
        Some(
            values
                .into_iter()
                .filter_map(|(id, value)| Some((candidates.get(&id)?.clone(), value?)))
                .collect(),
        )
    }

    /// Takes the values that an initialiser writes; two different ones make the field unknown.
    fn initialiser(&mut self, method: &EncodedMethod, environment: &dyn Environment) {
        let Ok(Some(code)) = self.dex.code(method) else { return };
        let descriptor = descriptor(self.dex, method.id);
        let is_static = method.access & ACC_STATIC != 0;
        let symbols = DexSymbols(self.dex);
        let Some(body) = lower(self.dex, &code, is_static, &descriptor) else {
            return self.drop_written(method);
        };
        let cfg = Cfg::build(&body);
        let Ok(evaluation) = Evaluation::run(&body, &cfg, &symbols, environment) else {
            return self.drop_written(method);
        };
        let mut written: BTreeMap<u32, Abstract> = BTreeMap::new();
        let mut filled = Filled::new(&self.candidates, &symbols);
        evaluation.visit(|block, insn, state| {
            filled.see(insn, state, |method| evaluation.may_write(method));
            let Op::PutField { field, src, .. } = &insn.op else { return };
            let value = state.resolved(*src);
            let value = if evaluation.cfg.in_loop(block) { Abstract::Unknown } else { value };
            written
                .entry(*field)
                .and_modify(|before| {
                    if *before != value {
                        *before = Abstract::Unknown;
                    }
                })
                .or_insert(value);
        });
        let filled = filled.fields;
        for (field, value) in written {
            let constant = (value.is_constant() && !filled.contains(&field)).then_some(value);
            match self.values.get(&field) {
                Some(before) if !is_static && *before != constant => {
                    self.values.insert(field, None);
                }
                _ => {
                    self.values.insert(field, constant);
                }
            }
        }
    }

    /// A field whose array an ordinary method fills is not constant.
    fn drop_filled(&mut self, method: &EncodedMethod) {
        let is_array = |field: u32| {
            matches!(self.values.get(&field), Some(Some(Abstract::Array(_))))
                && self.candidates.contains_key(&field)
        };
        let Ok(Some(code)) = self.dex.code(method) else { return };
        let mut reads = false;
        code.units.scan(|_, op, index| reads |= op.reads_field() && is_array(u32::from(index)));
        if !reads {
            return;
        }
        let symbols = DexSymbols(self.dex);
        let is_static = method.access & ACC_STATIC != 0;
        let Some(body) = lower(self.dex, &code, is_static, &descriptor(self.dex, method.id)) else {
            return;
        };
        let cfg = Cfg::build(&body);
        let Ok(evaluation) = Evaluation::run(&body, &cfg, &symbols, &Nothing) else { return };
        let mut filled = Filled::new(&self.candidates, &symbols);
        let fills = |method| FILLING.contains(&&*symbols.method(method).name);
        evaluation.visit(|_, insn, state| filled.see(insn, state, fills));
        for field in filled.fields {
            self.candidates.remove(&field);
        }
    }

    /// A field that an ordinary method writes is not constant.
    fn drop_written(&mut self, method: &EncodedMethod) {
        let Ok(Some(code)) = self.dex.code(method) else { return };
        code.units.scan(|_, op, index| {
            if op.writes_field() {
                self.candidates.remove(&u32::from(index));
            }
        });
    }
}

/// No field is known.
struct Nothing;

impl Environment for Nothing {
    fn constant_field(&self, _: &str, _: &str) -> Option<Abstract> {
        None
    }
}

/// The fields of a class whose arrays a method may write to.
struct Filled {
    /// As the evaluation names what was read from them.
    names: HashMap<String, u32>,
    /// Objects made in the method that were stored in a field.
    stored: BTreeMap<u32, u32>,
    fields: BTreeSet<u32>,
}

impl Filled {
    fn new(candidates: &BTreeMap<u32, String>, symbols: &DexSymbols<'_, '_>) -> Self {
        let name = |field: u32| {
            let (class, name) = symbols.field(field);
            format!("{class}.{name}")
        };
        let names = candidates.keys().map(|field| (name(*field), *field)).collect();
        Self { names, stored: BTreeMap::new(), fields: BTreeSet::new() }
    }

    /// Looks at an operation with the state before it. `writes`: a method may write to an array
    /// that it is given.
    fn see(&mut self, insn: &Insn, state: &State, writes: impl Fn(Sym) -> bool) {
        match &insn.op {
            Op::PutField { field, src, .. } => {
                if let Abstract::New { pc, .. } = state.register(*src) {
                    self.stored.insert(pc, *field);
                }
            }
            Op::Invoke { method, args, .. } if writes(*method) => {
                args.iter().for_each(|reg| self.fill(&state.register(*reg)));
            }
            Op::ArrayPut { array, .. } | Op::ArrayData { array, .. } => {
                self.fill(&state.register(*array));
            }
            _ => {}
        }
    }

    fn fill(&mut self, value: &Abstract) {
        match value {
            Abstract::OneOf(values) => values.iter().for_each(|value| self.fill(value)),
            Abstract::Field(name) => self.fields.extend(self.names.get(&**name)),
            Abstract::New { pc, .. } => self.fields.extend(self.stored.get(pc)),
            _ => {}
        }
    }
}

fn descriptor(dex: &Dex<'_>, id: MethodId) -> String {
    dex.method(id).map(|reference| dex.descriptor(reference.proto)).unwrap_or_default()
}

fn initial(dex: &Dex<'_>, value: &EncodedValue) -> Option<Abstract> {
    match value {
        EncodedValue::String(_) => {
            value.text(dex).map(|text| Abstract::str(text.to_str().as_ref()))
        }
        // Zero may only hold the place of what the initialiser writes.
        EncodedValue::Int(value) if *value != 0 => Some(Abstract::Int(*value)),
        EncodedValue::Boolean(true) => Some(Abstract::Int(1)),
        _ => None,
    }
}

fn field_name(dex: &Dex<'_>, id: FieldId) -> String {
    dex.field(id)
        .and_then(|field| dex.string(field.name))
        .map(|name| name.to_str().into_owned())
        .unwrap_or_default()
}

fn method_name(dex: &Dex<'_>, id: MethodId) -> String {
    dex.method(id)
        .and_then(|method| dex.string(method.name))
        .map(|name| name.to_str().into_owned())
        .unwrap_or_default()
}
