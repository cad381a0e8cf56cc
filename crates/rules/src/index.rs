//! Facts as the matcher wants them: by kind, and calls by the method they name.

use crate::model::{Names, Query};
use crate::truth::Truth;
use menshen_facts::{FactView, Facts, KINDS, KindInfo, Value};
use std::collections::HashMap;

type ByMember<'a> = HashMap<(&'a str, &'a str), Vec<u32>>;

/// Built once for all rules; cost is linear in the number of facts.
pub(crate) struct Index<'a> {
    kinds: Vec<Vec<FactView<'a>>>,
    calls: ByMember<'a>,
    reads: ByMember<'a>,
    implementations: HashMap<&'a str, Vec<u32>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(facts: &'a Facts) -> Self {
        let kinds: Vec<Vec<FactView<'a>>> =
            KINDS.iter().map(|info| facts.of_kind(info.name).collect()).collect();
        let mut index = Self {
            calls: HashMap::new(),
            reads: HashMap::new(),
            implementations: HashMap::new(),
            kinds,
        };
        index.calls = by_member(index.of("call"), "class", "method");
        index.reads = by_member(index.of("field_read"), "class", "field");
        let implementations = index.of("implementation");
        for (position, view) in (0u32..).zip(implementations) {
            if let Some(Value::Str(name)) = view.get("overrides") {
                index.implementations.entry(name).or_default().push(position);
            }
        }
        index
    }

    fn of(&self, kind: &str) -> Vec<FactView<'a>> {
        let position = KINDS.iter().position(|info| info.name == kind);
        position.and_then(|position| self.kinds.get(position)).cloned().unwrap_or_default()
    }

    /// Facts of the kind at the position in [`KINDS`].
    pub(crate) fn views(&self, kind: usize) -> &[FactView<'a>] {
        self.kinds.get(kind).map_or(&[], Vec::as_slice)
    }

    /// The facts that the query's names select, whatever its tests say; in order.
    fn named(&self, query: &Query) -> Vec<u32> {
        let mut found: Vec<u32> = match &query.names {
            Names::Any => (0u32..).zip(self.views(query.kind)).map(|(n, _)| n).collect(),
            Names::Calls(names) => members(&self.calls, names),
            Names::Fields(names) => members(&self.reads, names),
            Names::Implementations(names) => names
                .iter()
                .filter_map(|name| self.implementations.get(name.as_str()))
                .flatten()
                .copied()
                .collect(),
        };
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The facts that may satisfy the query, each with how surely.
    pub(crate) fn select(&self, query: &Query) -> Vec<(FactView<'a>, Truth)> {
        let views = self.views(query.kind);
        self.named(query)
            .into_iter()
            .filter_map(|position| views.get(position as usize))
            .map(|view| (*view, Truth::all(query.tests.iter().map(|test| test.eval(view)))))
            .filter(|(_, truth)| *truth > Truth::No)
            .collect()
    }
}

fn by_member<'a>(views: Vec<FactView<'a>>, class: &str, member: &str) -> ByMember<'a> {
    let mut map = ByMember::new();
    let Some(first) = views.first() else { return map };
    let info: &KindInfo = first.kind;
    let (Some(class), Some(member)) = (info.field_index(class), info.field_index(member)) else {
        return map;
    };
    for (position, view) in (0u32..).zip(&views) {
        if let (Value::Str(class), Value::Str(member)) =
            (view.fields.at(class), view.fields.at(member))
        {
            map.entry((class, member)).or_default().push(position);
        }
    }
    map
}

fn members(map: &ByMember<'_>, names: &[menshen_facts::MethodName]) -> Vec<u32> {
    names
        .iter()
        .filter_map(|name| map.get(&(name.class.as_str(), name.name.as_str())))
        .flatten()
        .copied()
        .collect()
}
