//! Classes, methods and references of the program by number, looked up when first asked for.

use crate::program::{Program, type_name};
use menshen_android::dex::{Code, EncodedMethod, MethodId, Mutf8, StringId, TypeId};
use std::collections::HashMap;
use std::rc::Rc;

pub(super) type ClassNumber = u32;
pub(super) type Node = u32;
pub(super) type Signature = u32;

const ACC_ABSTRACT: u32 = 0x400;

/// One class of the app.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) name: Rc<str>,
    /// Own and platform supertypes, nearest first.
    pub(super) supers: Vec<Rc<str>>,
    pub(super) methods: HashMap<Signature, Node>,
}

/// One method with code or a declaration of the app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Method {
    pub(super) file: u32,
    pub(super) class: ClassNumber,
    pub(super) method: EncodedMethod,
    pub(super) signature: Signature,
}

impl Method {
    pub(super) fn is_abstract(&self) -> bool {
        self.method.access & ACC_ABSTRACT != 0
    }
}

/// A method as code refers to it.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) class: Rc<str>,
    pub(super) name: Rc<str>,
    pub(super) signature: Signature,
}

/// The tables, filled as the walk goes.
pub(super) struct Index<'i, 'p, 'a> {
    pub(super) program: &'i Program<'p, 'a>,
    pub(super) classes: Vec<Class>,
    pub(super) methods: Vec<Method>,
    by_name: HashMap<Rc<str>, Option<ClassNumber>>,
    signatures: HashMap<Rc<str>, Signature>,
    /// Name and descriptor by number.
    signature_texts: Vec<Rc<str>>,
    references: Vec<HashMap<u32, Reference>>,
    types: Vec<HashMap<u32, Rc<str>>>,
}

impl<'i, 'p, 'a> Index<'i, 'p, 'a> {
    pub(super) fn new(program: &'i Program<'p, 'a>) -> Self {
        let files = program.files.len();
        Self {
            program,
            classes: Vec::new(),
            methods: Vec::new(),
            by_name: HashMap::new(),
            signatures: HashMap::new(),
            signature_texts: Vec::new(),
            references: vec![HashMap::new(); files],
            types: vec![HashMap::new(); files],
        }
    }

    pub(super) fn signature(&mut self, text: &str) -> Signature {
        if let Some(number) = self.signatures.get(text) {
            return *number;
        }
        let number = Signature::try_from(self.signature_texts.len()).unwrap_or(Signature::MAX);
        let text: Rc<str> = text.into();
        self.signature_texts.push(text.clone());
        self.signatures.insert(text, number);
        number
    }

    /// Name and descriptor.
    pub(super) fn signature_text(&self, signature: Signature) -> &str {
        self.signature_texts.get(signature as usize).map_or("", |text| text)
    }

    pub(super) fn method_name(&self, node: Node) -> &str {
        let text = self.methods.get(node as usize).map_or("", |m| self.signature_text(m.signature));
        text.split('(').next().unwrap_or_default()
    }

    /// `com.example.Main.onCreate`
    pub(super) fn full_name(&self, node: Node) -> String {
        let class = self
            .methods
            .get(node as usize)
            .and_then(|method| self.classes.get(method.class as usize))
            .map_or("", |class| &class.name);
        format!("{class}.{}", self.method_name(node))
    }

    /// The class of the app by its name, read when first asked for.
    pub(super) fn class(&mut self, name: &str) -> Option<ClassNumber> {
        if let Some(known) = self.by_name.get(name) {
            return *known;
        }
        let Some(entry) = self.program.class(name).copied() else {
            self.by_name.insert(name.into(), None);
            return None;
        };
        let number = ClassNumber::try_from(self.classes.len()).unwrap_or(ClassNumber::MAX);
        let shared: Rc<str> = name.into();
        let supers = self.program.hierarchy.supertypes(name).into_iter().map(Rc::from).collect();
        self.by_name.insert(shared.clone(), Some(number));
        self.classes.push(Class { name: shared, supers, methods: HashMap::new() });
        let Some(file) = self.program.files.get(entry.file) else { return Some(number) };
        let data = file.dex.class_data(&entry.class).ok();
        let mut methods = HashMap::new();
        for method in data.iter().flat_map(|data| data.methods()) {
            let Some(reference) = file.dex.method(method.id) else { continue };
            let name = file.dex.string(reference.name).map(Mutf8::to_str).unwrap_or_default();
            let text = format!("{name}{}", file.dex.descriptor(reference.proto));
            let signature = self.signature(&text);
            let node = Node::try_from(self.methods.len()).unwrap_or(Node::MAX);
            self.methods.push(Method {
                file: u32::try_from(entry.file).unwrap_or(u32::MAX),
                class: number,
                method: *method,
                signature,
            });
            methods.insert(signature, node);
        }
        if let Some(class) = self.classes.get_mut(number as usize) {
            class.methods = methods;
        }
        Some(number)
    }

    /// The method that runs when `signature` is called on an object of the class.
    pub(super) fn implementation(&mut self, class: &str, signature: Signature) -> Option<Node> {
        let number = self.class(class)?;
        let own = self.classes.get(number as usize)?;
        if let Some(node) = own.methods.get(&signature) {
            return Some(*node);
        }
        for parent in own.supers.clone() {
            let Some(parent) = self.class(&parent) else { continue };
            let found = self.classes.get(parent as usize).and_then(|c| c.methods.get(&signature));
            if let Some(node) = found.copied()
                && self.methods.get(node as usize).is_some_and(|method| !method.is_abstract())
            {
                return Some(node);
            }
        }
        None
    }

    pub(super) fn is_a(&self, class: ClassNumber, ancestor: &str) -> bool {
        self.classes.get(class as usize).is_some_and(|class| {
            &*class.name == ancestor || class.supers.iter().any(|name| &**name == ancestor)
        })
    }

    pub(super) fn code(&self, node: Node) -> Option<(u32, Code<'a>)> {
        let method = self.methods.get(node as usize)?;
        let file = self.program.files.get(method.file as usize)?;
        file.dex.code(&method.method).ok().flatten().map(|code| (method.file, code))
    }

    pub(super) fn reference(&mut self, file: u32, id: u32) -> Option<Reference> {
        if let Some(known) = self.references.get(file as usize)?.get(&id) {
            return Some(known.clone());
        }
        let dex = &self.program.files.get(file as usize)?.dex;
        let method = dex.method(MethodId(id))?;
        let class = self.type_name(file, method.class.0);
        let name = dex.string(method.name).map(Mutf8::to_str).unwrap_or_default();
        let signature = self.signature(&format!("{name}{}", dex.descriptor(method.proto)));
        let reference = Reference { class, name: (&*name).into(), signature };
        self.references.get_mut(file as usize)?.insert(id, reference.clone());
        Some(reference)
    }

    pub(super) fn type_name(&mut self, file: u32, id: u32) -> Rc<str> {
        let Some(types) = self.types.get_mut(file as usize) else { return "".into() };
        let Some(unit) = self.program.files.get(file as usize) else { return "".into() };
        types.entry(id).or_insert_with(|| type_name(&unit.dex, TypeId(id)).into()).clone()
    }

    pub(super) fn string(&self, file: u32, id: u32) -> String {
        let dex = self.program.files.get(file as usize).map(|file| &file.dex);
        let text = dex.and_then(|dex| dex.string(StringId(id)));
        text.map(|text| text.to_str().into_owned()).unwrap_or_default()
    }
}
