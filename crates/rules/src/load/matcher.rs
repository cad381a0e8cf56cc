//! Reading of `match`, `when` and `adjust`.

use super::predicate::find_field;
use super::{CONFIDENCES, Loader, Matched, SEVERITIES};
use crate::model::{Adjust, Alternative, Condition, Names, Other, Query, Scope};
use crate::node::{Entry, Kind, Node};
use crate::predicate::Field;
use crate::template::Template;
use menshen_facts::{KINDS, KindInfo, MethodName};

/// Ways to say which facts; exactly one of them stands in a matcher.
const SELECTORS: &[&str] = &["fact", "call", "implements", "reads"];

const SCOPES: &[(&str, Scope)] =
    &[("method", Scope::Method), ("class", Scope::Class), ("component", Scope::Component)];

/// What conditions may refer to: the kind of the matched fact, and the kinds of the rule's other
/// alternatives, whose fields are no error but never hold.
#[derive(Clone, Copy)]
struct Subject<'k> {
    kind: &'static KindInfo,
    others: &'k [&'static KindInfo],
}

impl Loader<'_, '_> {
    /// The alternatives of `match`, with the rule's `subject`, `note` and `adjust` compiled for
    /// each, and whether the rule fires on absence.
    pub(super) fn alternatives(&mut self, node: &Node, rule: &Node) -> Option<Matched> {
        self.entries(node, "匹配器", "a matcher")?;
        if let Some(condition) = node.get("absent") {
            return self.absent(node, condition, rule);
        }
        let mut matchers: Vec<&Node> = Vec::new();
        let shared = node.get("any_of");
        match shared {
            Some(list) => {
                self.keys(node, &["any_of", "when"]);
                matchers.extend(self.list(list)?);
            }
            None => matchers.push(node),
        }
        let selected: Vec<_> = matchers
            .into_iter()
            .map(|matcher| Some((matcher, self.selector(matcher)?)))
            .collect::<Option<_>>()?;
        let kinds: Vec<&'static KindInfo> =
            selected.iter().map(|(_, (kind, _))| &KINDS[*kind]).collect();
        let mut alternatives = Vec::new();
        for (matcher, (kind, names)) in selected {
            self.keys(
                matcher,
                &["fact", "call", "implements", "reads", "where", "when", "subject", "note"],
            );
            let subject = Subject { kind: &KINDS[kind], others: &kinds };
            let query = self.query(matcher, kind, names);
            let mut when = self.when(matcher, subject);
            if shared.is_some() {
                when.extend(self.when(node, subject));
            }
            alternatives.push(self.alternative(query, when, subject, matcher, rule));
        }
        Some((alternatives.into_iter().collect::<Option<_>>()?, false))
    }

    /// `absent: CONDITION` is a rule on the application with the condition turned round.
    fn absent(&mut self, node: &Node, condition: &Node, rule: &Node) -> Option<Matched> {
        self.keys(node, &["absent", "when"]);
        let kind = KINDS.iter().position(|kind| kind.name == "application")?;
        let subject = Subject { kind: &KINDS[kind], others: &[] };
        let mut when = self.when(node, subject);
        if let Some(condition) = self.condition(condition, subject) {
            when.push(Condition::None(vec![condition]));
        }
        let query = Some(Query { kind, names: Names::Any, tests: Vec::new() });
        let alternative = self.alternative(query, when, subject, node, rule)?;
        Some((vec![alternative], true))
    }

    fn alternative(
        &mut self,
        query: Option<Query>,
        when: Vec<Condition>,
        subject: Subject<'_>,
        matcher: &Node,
        rule: &Node,
    ) -> Option<Alternative> {
        let template = |key| matcher.get(key).or_else(|| rule.get(key));
        let adjust = self.adjust(rule, subject);
        let about = template("subject").map(|n| self.template(n, subject));
        let note = template("note").map(|n| self.template(n, subject));
        Some(Alternative {
            query: query?,
            when,
            adjust,
            subject: about.map_or(Some(None), |made| made.map(Some))?,
            note: note.map_or(Some(None), |made| made.map(Some))?,
        })
    }

    /// Kind of fact and names that a matcher selects.
    fn selector(&mut self, node: &Node) -> Option<(usize, Names)> {
        let entries = self.entries(node, "匹配器", "a matcher")?;
        let mut found = entries.iter().filter(|e| SELECTORS.contains(&e.key.as_str()));
        let (Some(entry), None) = (found.next(), found.next()) else {
            let list = SELECTORS.join(", ");
            self.at(
                node,
                format!("匹配器须恰好有一个：{list}"),
                format!("a matcher has exactly one of {list}"),
            );
            return None;
        };
        let (kind, names) = match entry.key.as_str() {
            "call" => ("call", Names::Calls(self.members(&entry.value)?)),
            "implements" => {
                let members = self.members(&entry.value)?;
                let dotted = members.iter().map(|m| format!("{}.{}", m.class, m.name)).collect();
                ("implementation", Names::Implementations(dotted))
            }
            "reads" => ("field_read", Names::Fields(self.members(&entry.value)?)),
            _ => (self.string(&entry.value)?, Names::Any),
        };
        let index = KINDS.iter().position(|info| info.name == kind);
        if index.is_none() {
            let list = KINDS.iter().map(|info| info.name).collect::<Vec<_>>().join(", ");
            self.at(
                &entry.value,
                format!("没有事实类型 {kind:?}；可用：{list}"),
                format!("no kind of fact is called {kind:?}; possible: {list}"),
            );
        }
        Some((index?, names))
    }

    /// `package.Class.member`, one or several.
    fn members(&mut self, node: &Node) -> Option<Vec<MethodName>> {
        let single = std::slice::from_ref(node);
        let items = if let Kind::Seq(items) = &node.kind { items.as_slice() } else { single };
        let mut members = Vec::new();
        for item in items {
            let dotted = self.string(item)?;
            let member = MethodName::parse(dotted).filter(|m| !m.name.contains(['(', ';', '/']));
            let Some(member) = member else {
                self.at(
                    item,
                    format!("{dotted:?} 不是“包.类.成员”"),
                    format!("{dotted:?} is not of the form package.Class.member"),
                );
                return None;
            };
            members.push(member);
        }
        if members.is_empty() {
            self.at(node, "列表为空", "the list is empty");
            return None;
        }
        Some(members)
    }

    fn query(&mut self, node: &Node, kind: usize, names: Names) -> Option<Query> {
        let mut tests = Vec::new();
        if let Some(fields) = node.get("where") {
            for entry in self.entries(fields, "字段与谓词", "fields with predicates")? {
                tests.push(self.field_test(entry, &KINDS[kind]));
            }
        }
        Some(Query { kind, names, tests: tests.into_iter().collect::<Option<_>>()? })
    }

    fn when(&mut self, node: &Node, subject: Subject<'_>) -> Vec<Condition> {
        let Some(list) = node.get("when") else { return Vec::new() };
        let single = std::slice::from_ref(list);
        let items = if let Kind::Seq(items) = &list.kind { items.as_slice() } else { single };
        items.iter().filter_map(|item| self.condition(item, subject)).collect()
    }

    /// A map all of whose entries must hold. The tree's own limit bounds the recursion.
    fn condition(&mut self, node: &Node, subject: Subject<'_>) -> Option<Condition> {
        let entries = self.entries(node, "条件", "a condition")?;
        if entries.iter().any(|e| SELECTORS.contains(&e.key.as_str())) {
            return self.other(node, subject.kind).map(exists);
        }
        let mut all = Vec::new();
        for entry in entries {
            all.push(self.part(entry, subject));
        }
        let mut all = all.into_iter().collect::<Option<Vec<_>>>()?;
        if all.is_empty() {
            self.at(node, "条件为空", "the condition is empty");
            return None;
        }
        if all.len() == 1 { all.pop() } else { Some(Condition::All(all)) }
    }

    fn part(&mut self, entry: &Entry, subject: Subject<'_>) -> Option<Condition> {
        let value = &entry.value;
        match entry.key.as_str() {
            "exists" => self.other(value, subject.kind).map(exists),
            "missing" => {
                self.other(value, subject.kind).map(|other| Condition::None(vec![exists(other)]))
            }
            "any_of" => self.conditions(value, subject).map(Condition::Any),
            "all_of" => self.conditions(value, subject).map(Condition::All),
            "none_of" => self.conditions(value, subject).map(Condition::None),
            "where" => {
                let entries = self.entries(value, "字段与谓词", "fields with predicates")?;
                let tests = entries.iter().map(|entry| self.own(entry, subject));
                tests.collect::<Option<_>>().map(Condition::All)
            }
            _ => self.own(entry, subject),
        }
    }

    fn conditions(&mut self, node: &Node, subject: Subject<'_>) -> Option<Vec<Condition>> {
        self.list(node)?.iter().map(|item| self.condition(item, subject)).collect()
    }

    /// A test on the matched fact.
    fn own(&mut self, entry: &Entry, subject: Subject<'_>) -> Option<Condition> {
        if find_field(subject.kind, &entry.key).is_some() {
            return self.field_test(entry, subject.kind).map(Condition::Own);
        }
        if subject.others.iter().any(|kind| find_field(kind, &entry.key).is_some()) {
            return Some(Condition::Never);
        }
        let one = [subject.kind];
        let kinds = if subject.others.is_empty() { &one[..] } else { subject.others };
        self.no_field(entry, kinds);
        None
    }

    /// A matcher on another fact with `same` and `same_as`.
    fn other(&mut self, node: &Node, mine: &'static KindInfo) -> Option<Other> {
        let (kind, names) = self.selector(node)?;
        self.keys(node, &["fact", "call", "implements", "reads", "where", "same", "same_as"]);
        let info = &KINDS[kind];
        let query = self.query(node, kind, names);
        let scope = match node.get("same") {
            None => None,
            Some(value) => {
                let scope = self.choice(value, SCOPES)?;
                for info in [info, mine] {
                    if !has_scope(info, scope) {
                        let name = info.name;
                        self.at(
                            value,
                            format!("事实 {name} 不属于方法、类或组件，不能用此 same"),
                            format!(
                                "facts of kind {name} do not lie in one, so this `same` cannot hold"
                            ),
                        );
                        return None;
                    }
                }
                Some(scope)
            }
        };
        let mut same_as = Vec::new();
        if let Some(pairs) = node.get("same_as") {
            for entry in self.entries(pairs, "字段对", "pairs of fields")? {
                let theirs = find_field(info, &entry.key);
                if theirs.is_none() {
                    self.no_field(entry, &[info]);
                }
                let name = self.string(&entry.value)?;
                let ours = find_field(mine, name);
                if ours.is_none() {
                    let entry = Entry {
                        key: name.to_owned(),
                        position: entry.value.position,
                        value: entry.value.clone(),
                    };
                    self.no_field(&entry, &[mine]);
                }
                same_as.push((theirs?.0, ours?.0));
            }
        }
        let id = self.next_id;
        self.next_id += 1;
        Some(Other { id, query: query?, scope, same_as })
    }

    fn adjust(&mut self, rule: &Node, subject: Subject<'_>) -> Vec<Adjust> {
        let Some(list) = rule.get("adjust") else { return Vec::new() };
        let Some(items) = self.list(list) else { return Vec::new() };
        items.iter().filter_map(|item| self.one_adjust(item, subject)).collect()
    }

    fn one_adjust(&mut self, node: &Node, subject: Subject<'_>) -> Option<Adjust> {
        self.entries(node, "调整项", "an adjustment")?;
        self.keys(node, &["when", "severity", "confidence"]);
        let severity = node.get("severity").map(|n| self.choice(n, SEVERITIES));
        let confidence = node.get("confidence").map(|n| self.choice(n, CONFIDENCES));
        if severity.is_none() && confidence.is_none() {
            self.at(
                node,
                "须写明 severity 或 confidence",
                "severity or confidence is missing: nothing would be adjusted",
            );
        }
        let when = self.required(node, "when")?;
        let when = match &when.kind {
            Kind::Seq(_) => Condition::All(self.conditions(when, subject)?),
            _ => self.condition(when, subject)?,
        };
        Some(Adjust { when, severity: severity.flatten(), confidence: confidence.flatten() })
    }

    /// `None` after an error. A field that only other alternatives have prints nothing.
    fn template(&mut self, node: &Node, subject: Subject<'_>) -> Option<Template> {
        let text = self.string(node)?;
        let find = |name: &str| -> Option<Option<Field>> {
            match find_field(subject.kind, name) {
                Some((field, _)) => Some(Some(field)),
                None => subject.others.iter().find_map(|kind| find_field(kind, name)).map(|_| None),
            }
        };
        match Template::parse(text, find) {
            Ok(template) => Some(template),
            Err(None) => {
                self.at(node, "模板中的花括号未闭合", "a brace of the template is not closed");
                None
            }
            Err(Some(name)) => {
                let entry = Entry { key: name, position: node.position, value: node.clone() };
                self.no_field(&entry, &[subject.kind]);
                None
            }
        }
    }
}

fn exists(other: Other) -> Condition {
    Condition::Exists(Box::new(other))
}

/// Whether facts of the kind lie in a method, a class, a component.
fn has_scope(info: &KindInfo, scope: Scope) -> bool {
    match info.name {
        "call" | "field_read" | "implementation" | "flow" => true,
        "component" => scope != Scope::Method,
        "deep_link" | "meta_data" => scope == Scope::Component,
        _ => false,
    }
}
