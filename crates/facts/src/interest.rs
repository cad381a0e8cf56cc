//! What the rules want to know about the code, so that only that is computed.

use std::collections::BTreeSet;

/// A method by declaring class and name, source form; `<init>` for constructors. All overloads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MethodName {
    pub class: String,
    pub name: String,
}

impl MethodName {
    /// Splits `java.net.URL.openConnection` at the last dot; `None` without a class.
    pub fn parse(dotted: &str) -> Option<Self> {
        let (class, name) = dotted.rsplit_once('.')?;
        if class.is_empty() || name.is_empty() {
            return None;
        }
        Some(Self { class: class.to_owned(), name: name.to_owned() })
    }
}

/// Methods whose calls, and supertypes whose method bodies, become facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interest {
    /// Calls of these, or of an override in a subclass, become `call` facts.
    pub calls: BTreeSet<MethodName>,
    /// Those of `calls` that are asked for only beside others in the same class: where nothing
    /// else of a class is asked for, its calls of these need not become facts.
    pub beside: BTreeSet<MethodName>,
    /// Those of `beside` that are asked for only in the very method of the others.
    pub beside_in_method: BTreeSet<MethodName>,
    /// Bodies of methods that override or implement these become `implementation` facts.
    pub implementations: BTreeSet<MethodName>,
    /// Reads of these fields (`class`, `name`) become `field_read` facts.
    pub fields: BTreeSet<MethodName>,
    /// Names that rules compare origins of values and calls of bodies with. A method that is
    /// inherited is told by the nearest supertype named here or in `calls`.
    pub origins: BTreeSet<MethodName>,
}

impl Interest {
    pub fn merge(&mut self, other: Interest) {
        let alone = |mine: &Self, name: &MethodName| {
            mine.calls.contains(name) && !mine.beside.contains(name)
        };
        let beside = self
            .beside
            .iter()
            .filter(|name| !alone(&other, name))
            .chain(other.beside.iter().filter(|name| !alone(self, name)))
            .cloned()
            .collect();
        self.beside = beside;
        let wider = |mine: &Self, name: &MethodName| {
            mine.calls.contains(name) && !mine.beside_in_method.contains(name)
        };
        let in_method = self
            .beside_in_method
            .iter()
            .filter(|name| !wider(&other, name))
            .chain(other.beside_in_method.iter().filter(|name| !wider(self, name)))
            .cloned()
            .collect();
        self.beside_in_method = in_method;
        self.calls.extend(other.calls);
        self.implementations.extend(other.implementations);
        self.fields.extend(other.fields);
        self.origins.extend(other.origins);
    }
}
