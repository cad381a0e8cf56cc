//! Which components can matter at all: those whose code, by any chain of references between
//! classes, mentions a source, or reads what another may have tainted.
//!
//! Coarser than the analysis and much cheaper: one walk over all instructions.

use super::models::Models;
use super::world::World;
use crate::program::type_name;
use menshen_android::dex::{FieldId, MethodId, StringId, TypeId};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

/// References between the classes of the app.
#[derive(Debug, Default)]
pub(super) struct Relevance {
    classes: HashMap<Rc<str>, Class>,
}

#[derive(Debug, Default)]
struct Class {
    mentions: BTreeSet<Rc<str>>,
    source: bool,
}

/// What a component can reach.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) source: bool,
    pub(super) classes: HashSet<Rc<str>>,
}

impl Relevance {
    pub(super) fn new(world: &mut World<'_, '_>, models: &Models) -> Self {
        let mut this = Self::default();
        for file in 0..world.program.files.len() {
            this.add_file(world, models, file);
        }
        this
    }

    fn add_file(&mut self, world: &mut World<'_, '_>, models: &Models, index: usize) {
        let program = world.program;
        let Some(file) = program.files.get(index) else { return };
        let dex = &file.dex;
        let types: Vec<Option<Rc<str>>> = (0..dex.type_count())
            .map(|ty| {
                let name = type_name(dex, TypeId(ty));
                let element = name.trim_end_matches("[]");
                program.class(element).is_some().then(|| element.into())
            })
            .collect();
        let class_of = |ty: TypeId| types.get(ty.0 as usize).cloned().flatten();
        let sources: HashSet<u32> = (0..dex.method_count())
            .filter(|id| {
                let name = dex.method(MethodId(*id)).and_then(|method| dex.string(method.name));
                name.is_some_and(|name| models.names_source(&name.to_str()))
                    && models.may_be_source(&world.callee(index, *id))
            })
            .collect();
        for class in dex.classes() {
            let Some(name) = class_of(class.ty) else { continue };
            let Ok(data) = dex.class_data(&class) else { continue };
            let mut entry = Class::default();
            let supers = class.superclass.into_iter().chain(dex.interfaces(&class));
            entry.mentions.extend(supers.filter_map(class_of));
            for method in data.methods() {
                let Ok(Some(code)) = dex.code(method) else { continue };
                code.units.scan(|pc, op, second| {
                    let id = u32::from(second);
                    if op.is_invoke() {
                        entry.source |= sources.contains(&id);
                        let owner =
                            dex.method(MethodId(id)).and_then(|method| class_of(method.class));
                        entry.mentions.extend(owner);
                    } else if op.reads_field() || op.writes_field() {
                        let owner = dex.field(FieldId(id)).and_then(|field| class_of(field.class));
                        entry.mentions.extend(owner);
                    } else if op.is_new_instance() || op.0 == CONST_CLASS {
                        entry.mentions.extend(class_of(TypeId(id)));
                    } else if op.is_const_string() {
                        // A name that reflection or an intent may use.
                        let id = code.units.decode(pc).map_or(id, |insn| insn.index);
                        let text = dex.string(StringId(id)).map(|text| text.to_str());
                        if let Some(text) = text.filter(|text| text.contains('.'))
                            && program.class(&text).is_some()
                        {
                            entry.mentions.insert(text.as_ref().into());
                        }
                    }
                });
            }
            // The source field of a class of the platform is read without a call.
            entry.source |= entry.mentions.iter().any(|name| models.names_field_of(name));
            self.classes.entry(name).or_insert(entry);
        }
    }

    /// Everything that the class leads to.
    pub(super) fn reach(&self, class: &str) -> Reach {
        let mut reach = Reach::default();
        let mut open: Vec<Rc<str>> = vec![class.into()];
        while let Some(name) = open.pop() {
            if !reach.classes.insert(Rc::clone(&name)) {
                continue;
            }
            if let Some(class) = self.classes.get(&name) {
                reach.source |= class.source;
                open.extend(class.mentions.iter().cloned());
            }
        }
        reach
    }
}

/// `const-class`
const CONST_CLASS: u8 = 0x1c;
