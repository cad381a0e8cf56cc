//! The methods and classes of the program as the machine asks for them, each read once.

use super::domain::Symbol;
use crate::cfg::Cfg;
use crate::ir::{Body, Sym, Symbols, parameter_kinds};
use crate::lower_dex::{DexSymbols, lower};
use crate::program::{Program, type_name};
use menshen_android::dex::{EncodedMethod, EncodedValue, MethodId};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

pub(super) const ACC_STATIC: u32 = 0x8;
pub(super) const ACC_ABSTRACT: u32 = 0x400;
const ACC_PRIVATE: u32 = 0x2;
const ACC_BRIDGE: u32 = 0x40;

/// A method with its code in the intermediate representation.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) id: u32,
    pub(super) class: Rc<str>,
    pub(super) name: Rc<str>,
    pub(super) descriptor: Rc<str>,
    pub(super) access: u32,
    pub(super) file: usize,
    /// `None` for native and abstract methods, and for those too large to follow.
    pub(super) code: Option<MethodCode>,
    pub(super) too_large: bool,
}

#[derive(Debug)]
pub(super) struct MethodCode {
    pub(super) body: Body,
    pub(super) cfg: Cfg,
    /// (code unit, line)
    lines: Vec<(u32, u32)>,
}

impl Method {
    pub(super) fn is_static(&self) -> bool {
        self.access & ACC_STATIC != 0
    }

    pub(super) fn line_of(&self, pc: u32) -> Option<u32> {
        let lines = &self.code.as_ref()?.lines;
        let after = lines.partition_point(|(address, _)| *address <= pc);
        lines.get(after.checked_sub(1)?).map(|(_, line)| *line)
    }
}

/// A method as a call names it.
#[derive(Debug)]
pub(super) struct Callee {
    pub(super) class: Rc<str>,
    pub(super) name: Rc<str>,
    pub(super) descriptor: Rc<str>,
    /// First letter of each parameter.
    pub(super) kinds: Vec<u8>,
    /// Source form of each parameter's type.
    pub(super) parameters: Vec<Rc<str>>,
    pub(super) returns: Rc<str>,
    /// The class and everything above it.
    pub(super) line: Rc<[String]>,
    pub(super) library: crate::library::Callee,
}

impl Callee {
    /// The class is this one or inherits from it.
    pub(super) fn is_a(&self, class: &str) -> bool {
        self.line.iter().any(|name| name == class)
    }

    pub(super) fn returns_reference(&self) -> bool {
        self.descriptor.rsplit(')').next().is_some_and(|ty| ty.starts_with(['L', '[']))
    }
}

/// Members of one class of the app.
#[derive(Debug, Default)]
pub(super) struct Members {
    file: usize,
    methods: HashMap<(Rc<str>, Rc<str>), EncodedMethod>,
    /// Static fields with their initial values.
    pub(super) statics: Vec<(Rc<str>, Option<EncodedText>)>,
    instance_fields: Vec<Rc<str>>,
    pub(super) has_initialiser: bool,
}

/// An initial value.
#[derive(Debug, Clone)]
pub(super) enum EncodedText {
    Int(i64),
    Text(Rc<str>),
    Class(Rc<str>),
}

/// Class, name, descriptor.
type MethodKey = (Rc<str>, Rc<str>, Rc<str>);

/// Everything that is looked up.
pub(super) struct World<'w, 'a> {
    pub(super) program: &'w Program<'w, 'a>,
    /// Classes whose code is taken as a library's: modelled, not followed.
    is_library: &'w dyn Fn(&str) -> bool,
    methods: Vec<Rc<Method>>,
    by_name: HashMap<MethodKey, Option<Rc<Method>>>,
    callees: HashMap<(usize, Sym), Rc<Callee>>,
    members: HashMap<Rc<str>, Option<Rc<Members>>>,
    lines: HashMap<Rc<str>, Rc<[String]>>,
    symbols: HashMap<Rc<str>, Symbol>,
    fields: HashMap<(Rc<str>, Rc<str>), Symbol>,
    texts: Vec<Rc<str>>,
    library: HashMap<Rc<str>, bool>,
    /// Classes of the app by each of their supertypes.
    subclasses: Option<HashMap<String, BTreeSet<Rc<str>>>>,
}

impl<'w, 'a> World<'w, 'a> {
    pub(super) fn new(program: &'w Program<'w, 'a>, is_library: &'w dyn Fn(&str) -> bool) -> Self {
        Self {
            program,
            is_library,
            methods: Vec::new(),
            by_name: HashMap::new(),
            callees: HashMap::new(),
            members: HashMap::new(),
            lines: HashMap::new(),
            symbols: HashMap::new(),
            fields: HashMap::new(),
            texts: Vec::new(),
            library: HashMap::new(),
            subclasses: None,
        }
    }

    pub(super) fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        let text: Rc<str> = text.into();
        self.texts.push(Rc::clone(&text));
        self.symbols.insert(text, symbol);
        symbol
    }

    pub(super) fn method(&self, id: u32) -> Option<&Rc<Method>> {
        self.methods.get(id as usize)
    }

    /// The class is in the package and is followed.
    pub(super) fn is_app(&mut self, class: &str) -> bool {
        if let Some(known) = self.library.get(class) {
            return !known;
        }
        let library = self.program.class(class).is_none() || (self.is_library)(class);
        self.library.insert(class.into(), library);
        !library
    }

    /// The class is followed even where its package is a library's: the app declares it.
    pub(super) fn follow(&mut self, class: &str) {
        self.library.insert(class.into(), false);
    }

    /// The class itself, then everything above it.
    pub(super) fn line_of(&mut self, class: &str) -> Rc<[String]> {
        if let Some(line) = self.lines.get(class) {
            return Rc::clone(line);
        }
        let mut line = self.program.hierarchy.supertypes(class);
        line.insert(0, class.to_owned());
        let line: Rc<[String]> = line.into();
        self.lines.insert(class.into(), Rc::clone(&line));
        line
    }

    pub(super) fn is_a(&mut self, class: &str, ancestor: &str) -> bool {
        class == ancestor || self.line_of(class).iter().any(|name| name == ancestor)
    }

    pub(super) fn members(&mut self, class: &str) -> Option<Rc<Members>> {
        if let Some(members) = self.members.get(class) {
            return members.clone();
        }
        let members = self.read_members(class).map(Rc::new);
        self.members.insert(class.into(), members.clone());
        members
    }

    fn read_members(&self, class: &str) -> Option<Members> {
        let entry = self.program.class(class)?;
        let dex = &self.program.files.get(entry.file)?.dex;
        let data = dex.class_data(&entry.class).ok()?;
        let mut members = Members { file: entry.file, ..Members::default() };
        for method in data.methods() {
            let Some(reference) = dex.method(method.id) else { continue };
            let name: Rc<str> = dex.string(reference.name)?.to_str().as_ref().into();
            members.has_initialiser |= &*name == "<clinit>";
            let descriptor: Rc<str> = dex.descriptor(reference.proto).into();
            members.methods.entry((name, descriptor)).or_insert(*method);
        }
        for field in &data.instance_fields {
            let name = dex.field(field.id).and_then(|reference| dex.string(reference.name));
            members.instance_fields.extend(name.map(|name| Rc::from(name.to_str().as_ref())));
        }
        let values = dex.static_values(&entry.class);
        for (at, field) in data.static_fields.iter().enumerate() {
            let Some(reference) = dex.field(field.id) else { continue };
            let Some(name) = dex.string(reference.name) else { continue };
            let value = values.get(at).and_then(|value| match value {
                EncodedValue::Int(value) => Some(EncodedText::Int(*value)),
                EncodedValue::Boolean(value) => Some(EncodedText::Int(i64::from(*value))),
                EncodedValue::String(_) => {
                    value.text(dex).map(|text| EncodedText::Text(text.to_str().as_ref().into()))
                }
                EncodedValue::Type(ty) => Some(EncodedText::Class(type_name(dex, *ty).into())),
                _ => None,
            });
            members.statics.push((name.to_str().as_ref().into(), value));
        }
        Some(members)
    }

    /// The class among this and those above it that declares the static field.
    pub(super) fn declaring(&mut self, class: &str, field: &str) -> Rc<str> {
        for name in self.line_of(class).iter() {
            if let Some(members) = self.members(name)
                && members.statics.iter().any(|(known, _)| &**known == field)
            {
                return name.as_str().into();
            }
        }
        class.into()
    }

    /// The cell of an instance field: two classes of one line may have fields of one name.
    pub(super) fn field(&mut self, class: &str, name: &str) -> Symbol {
        let key: (Rc<str>, Rc<str>) = (class.into(), name.into());
        if let Some(symbol) = self.fields.get(&key) {
            return *symbol;
        }
        let mut declaring = class.to_owned();
        for above in self.line_of(class).iter() {
            if let Some(members) = self.members(above)
                && members.instance_fields.iter().any(|known| &**known == name)
            {
                declaring.clone_from(above);
                break;
            }
        }
        let symbol = self.symbol(&format!("{declaring}.{name}"));
        self.fields.insert(key, symbol);
        symbol
    }

    /// The class's superclasses in the app, then everything above the first that is not: what
    /// makes it a component, without the interfaces that it adds.
    pub(super) fn base_line(&mut self, class: &str) -> Vec<String> {
        let mut line = Vec::new();
        let mut at = class.to_owned();
        for _ in 0..64 {
            if self.program.class(&at).is_none() {
                line.extend(self.line_of(&at).iter().cloned());
                break;
            }
            line.push(at.clone());
            match self.program.hierarchy.get(&at).and_then(|info| info.superclass.clone()) {
                Some(above) => at = above,
                None => break,
            }
        }
        line
    }

    /// The method that a call of it on an object of `class` runs, if the app defines it.
    pub(super) fn find(&mut self, class: &str, name: &str, descriptor: &str) -> Option<Rc<Method>> {
        let key: MethodKey = (class.into(), name.into(), descriptor.into());
        if let Some(found) = self.by_name.get(&key) {
            return found.clone();
        }
        let mut found = None;
        for above in self.line_of(class).iter() {
            let Some(members) = self.members(above) else { continue };
            let member = (Rc::clone(&key.1), Rc::clone(&key.2));
            if let Some(method) = members.methods.get(&member)
                && method.access & ACC_ABSTRACT == 0
                && self.is_app(above)
            {
                found = Some(self.load(above, &member, &members, method));
                break;
            }
        }
        self.by_name.insert(key, found.clone());
        found
    }

    fn load(
        &mut self,
        class: &str,
        member: &(Rc<str>, Rc<str>),
        members: &Members,
        method: &EncodedMethod,
    ) -> Rc<Method> {
        let known = self.methods.iter().find(|known| {
            &*known.class == class && known.name == member.0 && known.descriptor == member.1
        });
        if let Some(known) = known {
            return Rc::clone(known);
        }
        let code = self.program.files.get(members.file).and_then(|file| {
            let code = file.dex.code(method).ok()??;
            let is_static = method.access & ACC_STATIC != 0;
            let body = lower(&file.dex, &code, is_static, &member.1)?;
            let cfg = Cfg::build(&body);
            Some(MethodCode { body, cfg, lines: code.lines(&file.dex) })
        });
        let loaded = Rc::new(Method {
            id: u32::try_from(self.methods.len()).unwrap_or(u32::MAX),
            class: class.into(),
            name: Rc::clone(&member.0),
            descriptor: Rc::clone(&member.1),
            access: method.access,
            file: members.file,
            too_large: code.is_none() && method.code_offset != 0,
            code,
        });
        self.methods.push(Rc::clone(&loaded));
        loaded
    }

    /// Methods of the class itself and of the app classes above it that an object of it can run,
    /// constructors, private and static ones left out: (name, descriptor).
    pub(super) fn virtual_methods(&mut self, class: &str) -> Vec<(Rc<str>, Rc<str>)> {
        let mut all = BTreeSet::new();
        for above in self.line_of(class).iter() {
            if !self.is_app(above) {
                continue;
            }
            let Some(members) = self.members(above) else { continue };
            for ((name, descriptor), method) in &members.methods {
                let excluded = ACC_STATIC | ACC_PRIVATE | ACC_ABSTRACT;
                if method.access & excluded == 0 && !name.starts_with('<') {
                    all.insert((Rc::clone(name), Rc::clone(descriptor)));
                }
            }
        }
        all.into_iter().collect()
    }

    /// Concrete app classes that are or inherit from the class.
    pub(super) fn subclasses(&mut self, class: &str) -> Vec<Rc<str>> {
        if self.subclasses.is_none() {
            let names: Vec<String> = self.program.class_names().map(str::to_owned).collect();
            let mut map: HashMap<String, BTreeSet<Rc<str>>> = HashMap::new();
            for name in names {
                if !self.is_app(&name) {
                    continue;
                }
                let shared: Rc<str> = name.as_str().into();
                for above in self.line_of(&name).iter() {
                    map.entry(above.clone()).or_default().insert(Rc::clone(&shared));
                }
            }
            self.subclasses = Some(map);
        }
        let below = self.subclasses.as_ref().and_then(|map| map.get(class).cloned());
        below.unwrap_or_default().into_iter().collect()
    }

    /// What a call in the file names.
    pub(super) fn callee(&mut self, file: usize, method: Sym) -> Rc<Callee> {
        if let Some(callee) = self.callees.get(&(file, method)) {
            return Rc::clone(callee);
        }
        let program = self.program;
        let callee = match program.files.get(file) {
            Some(file) => {
                let symbols = DexSymbols(&file.dex);
                let signature = symbols.method(method);
                let library = crate::library::Callee::new(&signature);
                let parameters: Vec<Rc<str>> = file
                    .dex
                    .method(MethodId(method))
                    .and_then(|reference| file.dex.proto(reference.proto))
                    .map(|proto| {
                        proto.parameters().map(|ty| type_name(&file.dex, ty).into()).collect()
                    })
                    .unwrap_or_default();
                let returns = signature.descriptor.rsplit(')').next().unwrap_or_default();
                Callee {
                    line: self.line_of(&signature.class),
                    class: signature.class.as_ref().into(),
                    name: signature.name.as_ref().into(),
                    kinds: parameter_kinds(&signature.descriptor),
                    parameters,
                    returns: crate::ir::source_name(returns).into(),
                    descriptor: signature.descriptor.as_ref().into(),
                    library,
                }
            }
            None => return self.nameless(),
        };
        let callee = Rc::new(callee);
        self.callees.insert((file, method), Rc::clone(&callee));
        callee
    }

    fn nameless(&mut self) -> Rc<Callee> {
        let signature =
            crate::ir::MethodSig { class: "".into(), name: "".into(), descriptor: "()V".into() };
        Rc::new(Callee {
            class: "".into(),
            name: "".into(),
            descriptor: "()V".into(),
            kinds: Vec::new(),
            parameters: Vec::new(),
            returns: "void".into(),
            line: Rc::new([]),
            library: crate::library::Callee::new(&signature),
        })
    }
}

impl World<'_, '_> {
    /// All methods of this name that an object of the class has, nearest class first.
    pub(super) fn overloads(&mut self, class: &str, name: &str) -> Vec<Rc<Method>> {
        let mut descriptors: Vec<Rc<str>> = Vec::new();
        for above in self.line_of(class).iter() {
            if name == "<init>" && above != class {
                break;
            }
            let Some(members) = self.members(above) else { continue };
            let mut own: Vec<Rc<str>> = members
                .methods
                .iter()
                .filter(|((known, _), method)| {
                    // Bridges do what the method that they call does.
                    &**known == name && method.access & ACC_BRIDGE == 0
                })
                .map(|((_, descriptor), _)| Rc::clone(descriptor))
                .filter(|descriptor| !descriptors.contains(descriptor))
                .collect();
            own.sort();
            descriptors.extend(own);
        }
        descriptors
            .into_iter()
            .filter_map(|descriptor| self.find(class, name, &descriptor))
            .collect()
    }

    /// The class is an activity, a service, a receiver, a provider or an application.
    pub(super) fn is_component(&mut self, class: &str) -> bool {
        const COMPONENTS: [&str; 5] = [
            "android.app.Activity",
            "android.app.Service",
            "android.content.BroadcastReceiver",
            "android.content.ContentProvider",
            "android.app.Application",
        ];
        self.line_of(class).iter().any(|above| COMPONENTS.contains(&above.as_str()))
    }

    /// A platform method of which only the name is known.
    pub(super) fn named_callee(&mut self, class: &str, name: &str, arguments: usize) -> Rc<Callee> {
        let descriptor = format!("({})Ljava/lang/Object;", "Ljava/lang/Object;".repeat(arguments));
        let signature = crate::ir::MethodSig {
            class: class.into(),
            name: name.into(),
            descriptor: descriptor.as_str().into(),
        };
        Rc::new(Callee {
            class: class.into(),
            name: name.into(),
            kinds: vec![b'L'; arguments],
            parameters: vec!["java.lang.Object".into(); arguments],
            returns: "java.lang.Object".into(),
            line: self.line_of(class),
            library: crate::library::Callee::new(&signature),
            descriptor: descriptor.as_str().into(),
        })
    }
}
