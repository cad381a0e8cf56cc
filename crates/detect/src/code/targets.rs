//! What the rules ask for, resolved to the numbers of one DEX file.

use menshen_android::dex::{Dex, FieldId, MethodId, StringId, TypeId};
use menshen_facts::{Interest, MethodName};
use menshen_flow::hierarchy::Hierarchy;
use menshen_flow::program::type_name;
use std::collections::HashMap;

/// A set of small numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn insert(&mut self, at: u32) {
        let word = at as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (at % 64);
    }

    #[inline]
    pub(crate) fn contains(&self, at: u32) -> bool {
        self.0.get(at as usize / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }
}

/// What is asked for, by the number it has in one DEX file.
#[derive(Debug, Default)]
pub(crate) struct Targets<'i> {
    pub(crate) methods: Bits,
    /// Those of `methods` that are asked for by themselves, not only beside others.
    pub(crate) alone: Bits,
    /// Those that are asked for by themselves or anywhere in the class of others.
    pub(crate) in_class: Bits,
    /// The names under which rules ask for a method.
    pub(crate) method_names: HashMap<u32, Vec<&'i MethodName>>,
    pub(crate) fields: Bits,
    pub(crate) field_names: HashMap<u32, &'i MethodName>,
    /// Names of methods whose overrides are asked for.
    override_names: HashMap<StringId, Vec<&'i MethodName>>,
}

impl<'i> Targets<'i> {
    pub(crate) fn resolve(
        dex: &Dex<'_>,
        interest: &'i Interest,
        hierarchy: &Hierarchy<'_>,
    ) -> Self {
        let mut targets =
            Self { override_names: by_name(dex, &interest.implementations), ..Self::default() };
        let called = by_name(dex, &interest.calls);
        let mut ancestry = Ancestry { dex, hierarchy, known: HashMap::new() };
        for id in 0..dex.method_count() {
            let Some(method) = dex.method(MethodId(id)) else { continue };
            let Some(candidates) = called.get(&method.name) else { continue };
            let names: Vec<&MethodName> = candidates
                .iter()
                .filter(|wanted| ancestry.matches(method.class, wanted))
                .copied()
                .collect();
            if !names.is_empty() {
                if names.iter().any(|name| !interest.beside.contains(*name)) {
                    targets.alone.insert(id);
                }
                if names.iter().any(|name| !interest.beside_in_method.contains(*name)) {
                    targets.in_class.insert(id);
                }
                targets.methods.insert(id);
                targets.method_names.insert(id, names);
            }
        }
        let read = by_name(dex, &interest.fields);
        for id in 0..if read.is_empty() { 0 } else { dex.field_count() } {
            let Some(field) = dex.field(FieldId(id)) else { continue };
            let Some(candidates) = read.get(&field.name) else { continue };
            if let Some(name) =
                candidates.iter().find(|wanted| ancestry.matches(field.class, wanted))
            {
                targets.fields.insert(id);
                targets.field_names.insert(id, name);
            }
        }
        targets
    }

    /// Whether any override is asked for by a method of this name.
    pub(crate) fn overrides_named(&self, name: StringId) -> bool {
        self.override_names.contains_key(&name)
    }

    /// The asked-for methods that one called `name` in a class with these supertypes overrides.
    pub(crate) fn overridden(&self, name: StringId, supers: &[String]) -> Vec<&'i MethodName> {
        self.override_names.get(&name).map_or_else(Vec::new, |candidates| {
            candidates.iter().filter(|wanted| supers.contains(&wanted.class)).copied().collect()
        })
    }
}

/// The wanted members by the number that their name has in this file.
fn by_name<'i>(
    dex: &Dex<'_>,
    wanted: impl IntoIterator<Item = &'i MethodName>,
) -> HashMap<StringId, Vec<&'i MethodName>> {
    let mut by_text: HashMap<&str, Vec<&MethodName>> = HashMap::new();
    for name in wanted {
        by_text.entry(&name.name).or_default().push(name);
    }
    by_text
        .into_iter()
        .filter_map(|(text, names)| dex.find_string(text.as_bytes()).map(|id| (id, names)))
        .collect()
}

/// Supertypes by type number, computed once each.
struct Ancestry<'h, 'a> {
    dex: &'h Dex<'a>,
    hierarchy: &'h Hierarchy<'h>,
    known: HashMap<TypeId, Vec<String>>,
}

impl Ancestry<'_, '_> {
    /// A constructor runs for its own class only; other members are inherited.
    fn matches(&mut self, class: TypeId, wanted: &MethodName) -> bool {
        let line = self.known.entry(class).or_insert_with(|| {
            let name = type_name(self.dex, class);
            let mut line = self.hierarchy.supertypes(&name);
            line.insert(0, name);
            line
        });
        match wanted.name.as_str() {
            "<init>" => line.first() == Some(&wanted.class),
            _ => line.contains(&wanted.class),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits() {
        let mut bits = Bits::default();
        assert!(!bits.contains(0));
        for at in [0, 63, 64, 65535] {
            bits.insert(at);
        }
        let set: Vec<u32> = (0..70_000).filter(|at| bits.contains(*at)).collect();
        assert_eq!(set, [0, 63, 64, 65535]);
    }
}
