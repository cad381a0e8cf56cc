//! The names that rules give to methods, for what is told of a value's origin.
//!
//! A call carries the class that the source named: `this.getExternalCacheDir()` in an activity is
//! a call of `com.example.Main.getExternalCacheDir`. Rules name the method where the platform
//! declares it. The platform's description knows classes and their supertypes but not which of
//! them declares a method, so the nearest supertype is taken that a rule names with this method.

use menshen_facts::{Interest, MethodName};
use menshen_flow::hierarchy::Hierarchy;
use menshen_flow::ir::{MethodSig, Sym, Symbols};
use std::borrow::Cow;
use std::collections::HashMap;

/// Classes by the methods that rules name them with.
#[derive(Debug, Default)]
pub(super) struct Names<'i> {
    classes: HashMap<&'i str, Vec<&'i str>>,
}

impl<'i> Names<'i> {
    pub(super) fn new(interest: &'i Interest) -> Self {
        let mut classes: HashMap<&str, Vec<&str>> = HashMap::new();
        for MethodName { class, name } in interest.calls.iter().chain(&interest.origins) {
            // A constructor is not inherited.
            if name != "<init>" {
                classes.entry(name).or_default().push(class);
            }
        }
        Self { classes }
    }

    /// The class under which rules know the method called on `class`.
    fn class(&self, class: &str, method: &str, hierarchy: &Hierarchy<'_>) -> Option<&'i str> {
        let known = self.classes.get(method)?;
        if known.contains(&class) {
            return None;
        }
        hierarchy
            .supertypes(class)
            .iter()
            .find_map(|above| known.iter().copied().find(|name| *name == above))
    }
}

/// The symbols of a file with the origins of values as rules name them.
pub(super) struct Renamed<'s> {
    pub(super) symbols: &'s dyn Symbols,
    pub(super) names: &'s Names<'s>,
    pub(super) hierarchy: &'s Hierarchy<'static>,
}

impl Symbols for Renamed<'_> {
    fn method(&self, method: Sym) -> MethodSig<'_> {
        self.symbols.method(method)
    }

    fn field(&self, field: Sym) -> (Cow<'_, str>, Cow<'_, str>) {
        self.symbols.field(field)
    }

    fn string(&self, string: Sym) -> Cow<'_, str> {
        self.symbols.string(string)
    }

    fn class(&self, class: Sym) -> Cow<'_, str> {
        self.symbols.class(class)
    }

    fn origin(&self, method: Sym) -> String {
        let sig = self.symbols.method(method);
        let class = self.names.class(&sig.class, &sig.name, self.hierarchy).unwrap_or(&sig.class);
        format!("{class}.{}", sig.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use menshen_flow::program::Program;

    #[test]
    fn nearest_supertype_that_a_rule_names() {
        let mut interest = Interest::default();
        for (dotted, is_call) in [
            ("android.content.Context.getExternalCacheDir", false),
            ("java.io.InputStream.read", true),
            ("java.io.FileInputStream.read", false),
            ("java.lang.Object.toString", false),
        ] {
            let name = MethodName::parse(dotted).unwrap();
            if is_call { &mut interest.calls } else { &mut interest.origins }.insert(name);
        }
        let names = Names::new(&interest);
        let program = Program::index(&[], &[]);
        for (class, method, expected) in [
            ("android.app.Activity", "getExternalCacheDir", Some("android.content.Context")),
            ("android.content.Context", "getExternalCacheDir", None),
            ("android.app.Activity", "getCacheDir", None),
            ("java.io.FileInputStream", "read", None),
            ("java.io.BufferedInputStream", "read", Some("java.io.InputStream")),
            // Everything has it: the name would say nothing.
            ("java.lang.StringBuilder", "toString", None),
        ] {
            assert_eq!(
                names.class(class, method, &program.hierarchy),
                expected,
                "{class}.{method}"
            );
        }
    }
}
