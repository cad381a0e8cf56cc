//! Numbers about the code as a whole, and the SDKs that its classes show.

use crate::{Ownership, fact};
use menshen_base::{Owner, Place};
use menshen_facts::{CodeShape, Fact};
use menshen_flow::program::Program;
use std::collections::{BTreeMap, BTreeSet};

/// Fewer own classes say nothing about renaming.
const CLASSES_FOR_OBFUSCATION_MIN: i64 = 20;
/// Thousandths of short names above which the code counts as renamed.
const SHORT_NAMES_PERMILLE_MIN: i64 = 400;
/// Letters of a name that a renaming tool gives.
const SHORT_NAME_MAX: usize = 2;

/// The shape, and how many classes each known SDK has with the package they lie in.
pub fn code_shape(
    program: &Program<'_, '_>,
    ownership: &Ownership,
    methods: u64,
) -> (Fact<CodeShape>, BTreeMap<String, i64>) {
    let mut sdk_classes: BTreeMap<String, i64> = BTreeMap::new();
    let mut own = 0i64;
    let mut counted = 0i64;
    let mut short = 0i64;
    for class in program.class_names() {
        match ownership.of_class(class) {
            Owner::Sdk(id) => {
                *sdk_classes.entry(id).or_default() += 1;
                continue;
            }
            Owner::App => own += 1,
            Owner::Unknown => {}
        }
        let name = class.rsplit(['.', '$']).next().unwrap_or_default();
        let generated = name == "R" || name.bytes().all(|b| b.is_ascii_digit());
        if !generated && !class.contains(".R$") {
            counted += 1;
            short += i64::from(name.len() <= SHORT_NAME_MAX);
        }
    }
    let permille = if counted == 0 { 0 } else { short * 1000 / counted };
    let shape = CodeShape {
        classes: i64::try_from(program.class_count()).unwrap_or(i64::MAX),
        methods: i64::try_from(methods).unwrap_or(i64::MAX),
        own_classes: own,
        short_names_permille: permille,
        obfuscated: (counted >= CLASSES_FOR_OBFUSCATION_MIN)
            .then_some(permille >= SHORT_NAMES_PERMILLE_MIN),
        compilers: compilers(program),
        dex_files: i64::try_from(program.files.len()).unwrap_or(i64::MAX),
    };
    (fact(shape, Place::file("classes.dex"), Owner::App), sdk_classes)
}

/// Compilers by the marks that they leave among the strings.
fn compilers(program: &Program<'_, '_>) -> Vec<String> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for file in program.files {
        for (mark, name) in [(&b"~~R8{"[..], "r8"), (b"~~D8{", "d8"), (b"~~L8{", "l8")] {
            if file.dex.has_string_with_prefix(mark) {
                names.insert(name);
            }
        }
        if file.dex.find_string(b"Lkotlin/Metadata;").is_some() {
            names.insert("kotlin");
        }
    }
    names.into_iter().map(str::to_owned).collect()
}
