//! Both forms of the test classes behind one face, and call facts as text.

use menshen_android::class::{ClassFile, Constant};
use menshen_android::dex::{Dex, EncodedValue, Mutf8};
use menshen_facts::ArgValue;
use menshen_flow::Abstract;
use menshen_flow::calls::{CallSite, Shape, call_sites, shape};
use menshen_flow::cfg::Cfg;
use menshen_flow::eval::{Environment, Evaluation};
use menshen_flow::ir::{Body, Symbols};
use menshen_flow::{lower_dex, lower_jvm};
use std::collections::BTreeMap;

/// Initial values of fields, by `class.name`.
pub(crate) struct Fields(pub(crate) BTreeMap<String, Abstract>);

impl Environment for Fields {
    fn constant_field(&self, class: &str, name: &str) -> Option<Abstract> {
        self.0.get(&format!("{class}.{name}")).cloned()
    }
}

/// The facts of one method.
pub(crate) struct Facts {
    pub(crate) calls: Vec<String>,
    pub(crate) shape: Shape,
}

pub(crate) type Methods = BTreeMap<String, Facts>;

/// Facts of the methods of a class in a DEX file.
pub(crate) fn of_dex(bytes: &[u8], class: &str, owner: &str) -> Methods {
    let (dex, issues) = Dex::parse(bytes);
    assert!(issues.is_empty(), "{issues:?}");
    let dex = dex.unwrap();
    let symbols = lower_dex::DexSymbols(&dex);
    let mut fields = Fields(BTreeMap::new());
    let mut methods = Methods::new();
    for definition in dex.classes() {
        let data = dex.class_data(&definition).unwrap();
        for (field, value) in data.static_fields.iter().zip(dex.static_values(&definition)) {
            let (class, name) = symbols.field(field.id.0);
            let value = match value {
                EncodedValue::String(_) => Abstract::str(value.text(&dex).unwrap().to_string()),
                EncodedValue::Int(value) => Abstract::Int(value),
                EncodedValue::Boolean(value) => Abstract::Int(value.into()),
                _ => continue,
            };
            // A zero may only stand for a value that the initialiser writes.
            if field.access & 0x10 != 0 && value != Abstract::Int(0) {
                fields.0.insert(format!("{class}.{name}"), value);
            }
        }
    }
    for definition in dex.classes() {
        if &*symbols.class(definition.ty.0) != class {
            continue;
        }
        for method in dex.class_data(&definition).unwrap().methods() {
            let Some(code) = dex.code(method).unwrap() else { continue };
            let reference = dex.method(method.id).unwrap();
            let descriptor = dex.descriptor(reference.proto);
            let body = lower_dex::lower(&dex, &code, method.access & 8 != 0, &descriptor).unwrap();
            let name = dex.string(reference.name).map(Mutf8::to_str).unwrap().into_owned();
            methods.insert(name, facts(&body, &symbols, &fields, owner));
        }
    }
    methods
}

/// Facts of the methods of the first class file; the others give values of fields.
pub(crate) fn of_classes(files: &[&[u8]], owner: &str) -> Methods {
    let mut fields = Fields(BTreeMap::new());
    let parsed: Vec<ClassFile<'_>> = files
        .iter()
        .map(|bytes| {
            let (class, issues) = ClassFile::parse(bytes);
            assert!(issues.is_empty(), "{issues:?}");
            class.unwrap()
        })
        .collect();
    for class in &parsed {
        let owner = class.name().unwrap().to_str().replace('/', ".");
        for field in &class.fields {
            let value = match class.constant_value(field) {
                Some(Constant::Integer(value)) => Abstract::Int(value.into()),
                Some(Constant::Long(value)) => Abstract::Int(value),
                Some(Constant::String(text)) => {
                    Abstract::str(class.pool.utf8(text).unwrap().to_string())
                }
                _ => continue,
            };
            let name = class.pool.utf8(field.name).unwrap();
            fields.0.insert(format!("{owner}.{name}"), value);
        }
    }
    let class = &parsed[0];
    let symbols = lower_jvm::ClassSymbols::new(class);
    let mut methods = Methods::new();
    for method in &class.methods {
        let Some(code) = class.code(method).unwrap() else { continue };
        let descriptor = class.pool.utf8(method.descriptor).unwrap().to_str();
        let body = lower_jvm::lower(&symbols, &code, method.access & 8 != 0, &descriptor).unwrap();
        let name = class.pool.utf8(method.name).unwrap().to_string();
        methods.insert(name, facts(&body, &symbols, &fields, owner));
    }
    methods
}

fn facts(body: &Body, symbols: &dyn Symbols, fields: &Fields, owner: &str) -> Facts {
    let cfg = Cfg::build(body);
    let evaluation = Evaluation::run(body, &cfg, symbols, fields).unwrap();
    let wanted = |method| &*symbols.method(method).class == owner;
    let calls = call_sites(&evaluation, symbols, wanted);
    Facts {
        calls: calls.iter().map(|site| write_call(site, symbols)).collect(),
        shape: shape(&evaluation, symbols),
    }
}

fn write_call(site: &CallSite, symbols: &dyn Symbols) -> String {
    let args: Vec<String> = site.args.iter().map(write_value).collect();
    let mut text = format!("{}({})", symbols.method(site.method).name, args.join(", "));
    for guard in &site.guards {
        text += &format!(" if {guard}");
    }
    if site.caught {
        text += " caught";
    }
    if site.in_loop {
        text += " loop";
    }
    if site.result_unused {
        text += " unused";
    }
    text
}

pub(crate) fn write_value(value: &ArgValue) -> String {
    match value {
        ArgValue::Unknown => "?".to_owned(),
        ArgValue::Null => "null".to_owned(),
        ArgValue::Int(value) => value.to_string(),
        ArgValue::Str(text) => format!("{text:?}"),
        ArgValue::Class(name) => format!("{name}.class"),
        ArgValue::Array(items) => {
            format!("[{}]", items.iter().map(write_value).collect::<Vec<_>>().join(" "))
        }
        ArgValue::Param(index) => format!("param {index}"),
        ArgValue::Field(name) => format!("field {name}"),
        ArgValue::Result { method, .. } => format!("result {method}"),
        ArgValue::New { class, .. } => format!("new {class}"),
        ArgValue::OneOf(values) => {
            let mut texts: Vec<String> = values.iter().map(write_value).collect();
            texts.sort();
            texts.join(" | ")
        }
    }
}
