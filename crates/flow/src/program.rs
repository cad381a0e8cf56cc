//! All classes of an app, indexed by name.

use crate::hierarchy::{ClassInfo, Hierarchy, Platform};
use crate::ir::source_name;
use menshen_android::class::ClassFile;
use menshen_android::dex::{ClassDef, Dex, TypeId};
use menshen_models::platform_supertypes;
use rayon::prelude::*;
use std::collections::HashMap;

/// One logical DEX file and the entry it lies in.
#[derive(Debug)]
pub struct DexFile<'a> {
    pub path: String,
    pub dex: Dex<'a>,
}

/// One class file and the entry it lies in.
#[derive(Debug)]
pub struct ClassUnit<'a> {
    pub path: String,
    pub class: ClassFile<'a>,
}

/// Where a class is defined.
#[derive(Debug, Clone, Copy)]
pub struct ClassEntry {
    /// Index into [`Program::files`].
    pub file: usize,
    pub class: ClassDef,
}

/// The code of an app.
#[derive(Debug)]
pub struct Program<'p, 'a> {
    pub files: &'p [DexFile<'a>],
    /// Class files, for libraries that are not compiled to DEX.
    pub units: &'p [ClassUnit<'a>],
    pub hierarchy: Hierarchy<'static>,
    classes: HashMap<String, ClassEntry>,
    by_unit: HashMap<String, usize>,
}

struct AndroidPlatform;

impl Platform for AndroidPlatform {
    fn supertypes(&self, class: &str) -> Option<Vec<&str>> {
        platform_supertypes(class).map(Iterator::collect)
    }
}

static PLATFORM: AndroidPlatform = AndroidPlatform;

impl<'p, 'a> Program<'p, 'a> {
    /// Reads the class tables. The first definition of a name wins, as at run time.
    pub fn index(files: &'p [DexFile<'a>], units: &'p [ClassUnit<'a>]) -> Self {
        let rows: Vec<Vec<(String, ClassInfo, ClassDef)>> =
            files.par_iter().map(|file| class_rows(&file.dex)).collect();
        let mut program = Self {
            files,
            units,
            hierarchy: Hierarchy::new(&PLATFORM),
            classes: HashMap::new(),
            by_unit: HashMap::new(),
        };
        for (index, unit) in units.iter().enumerate() {
            let name = class_name(&unit.class);
            let named = |name: menshen_android::dex::Mutf8<'_>| {
                source_name(&format!("L{};", name.to_str()))
            };
            let info = ClassInfo {
                superclass: unit.class.super_name().map(named),
                interfaces: unit.class.interface_names().map(named).collect(),
                access: u32::from(unit.class.access),
            };
            program.by_unit.entry(name.clone()).or_insert(index);
            program.hierarchy.add(name, info);
        }
        for (file, rows) in rows.into_iter().enumerate() {
            for (name, info, class) in rows {
                program.classes.entry(name.clone()).or_insert(ClassEntry { file, class });
                program.hierarchy.add(name, info);
            }
        }
        program
    }

    /// Where the class is defined, by its name in source form.
    pub fn class(&self, name: &str) -> Option<&ClassEntry> {
        self.classes.get(name)
    }

    /// The class file of that name.
    pub fn unit(&self, name: &str) -> Option<&ClassUnit<'a>> {
        self.by_unit.get(name).and_then(|index| self.units.get(*index))
    }

    /// Names of all classes, in no order.
    pub fn class_names(&self) -> impl Iterator<Item = &str> {
        self.classes.keys().chain(self.by_unit.keys()).map(String::as_str)
    }

    pub fn class_count(&self) -> usize {
        self.classes.len() + self.by_unit.len()
    }
}

fn class_rows(dex: &Dex<'_>) -> Vec<(String, ClassInfo, ClassDef)> {
    dex.classes()
        .map(|class| {
            let info = ClassInfo {
                superclass: class.superclass.map(|ty| type_name(dex, ty)),
                interfaces: dex
                    .interfaces(&class)
                    .into_iter()
                    .map(|ty| type_name(dex, ty))
                    .collect(),
                access: class.access,
            };
            (type_name(dex, class.ty), info, class)
        })
        .collect()
}

/// Source form of a type.
pub fn type_name(dex: &Dex<'_>, ty: TypeId) -> String {
    dex.type_name(ty).map(|name| source_name(&name.to_str())).unwrap_or_default()
}

/// Source form of the name of a class file.
pub fn class_name(class: &ClassFile<'_>) -> String {
    class.name().map(|name| source_name(&format!("L{};", name.to_str()))).unwrap_or_default()
}
