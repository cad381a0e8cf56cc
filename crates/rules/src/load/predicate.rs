//! Reading of predicates, checked against the type of their field.

use super::{Loader, Patterns};
use crate::node::{Entry, Kind, Node};
use crate::predicate::{Const, Field, FieldTest, Form, Order, Pattern, Predicate};
use menshen_facts::{FieldType, KindInfo};

const FORMS: &[(&str, Form)] = &[
    ("unknown", Form::Unknown),
    ("null", Form::Null),
    ("int", Form::Int),
    ("str", Form::Str),
    ("class", Form::Class),
    ("array", Form::Array),
    ("param", Form::Param),
    ("field", Form::Field),
    ("result", Form::Result),
    ("new", Form::New),
];

/// Predicate names, with the field types that they can be asked of: Bool, Int, Str, lists, values
/// of the code (`Arg`).
const PREDICATES: &[(&str, &str)] = &[
    ("eq", "bisa"),
    ("ne", "bisa"),
    ("one_of", "bisa"),
    ("lt", "ia"),
    ("le", "ia"),
    ("gt", "ia"),
    ("ge", "ia"),
    ("matches", "sa"),
    ("contains", "sla"),
    ("present", "bisla"),
    ("any", "la"),
    ("all", "la"),
    ("none", "la"),
    ("count", "la"),
    ("length", "sla"),
    ("has_bits", "ia"),
    ("lacks_bits", "ia"),
    ("same_as", "bisla"),
    ("not", "bisla"),
    ("always", "a"),
    ("constant", "a"),
    ("is", "a"),
    ("from", "a"),
    ("class_is", "a"),
    ("all_of", "bisla"),
    ("any_of", "bisla"),
];

fn letter(ty: FieldType) -> char {
    match ty {
        FieldType::Bool => 'b',
        FieldType::Int => 'i',
        FieldType::Str => 's',
        FieldType::Strings | FieldType::Ints => 'l',
        FieldType::Arg => 'a',
    }
}

fn type_name(ty: FieldType) -> &'static str {
    match ty {
        FieldType::Bool => "bool",
        FieldType::Int => "int",
        FieldType::Str => "str",
        FieldType::Strings => "list of str",
        FieldType::Ints => "list of int",
        FieldType::Arg => "value",
    }
}

/// The field of the kind, or a circumstance by name: `owner`, `path`, `how`.
pub(crate) fn find_field(kind: &KindInfo, name: &str) -> Option<(Field, FieldType)> {
    if let Some((index, info)) = kind.fields.iter().enumerate().find(|(_, f)| f.name == name) {
        return Some((Field::Own(index), info.ty));
    }
    let field = match name {
        "owner" => Field::Owner,
        "path" => Field::Path,
        "how" => Field::How,
        _ => return None,
    };
    Some((field, FieldType::Str))
}

impl Loader<'_, '_> {
    /// `FIELD: PREDICATE`.
    pub(super) fn field_test(&mut self, entry: &Entry, kind: &KindInfo) -> Option<FieldTest> {
        let Some((field, ty)) = find_field(kind, &entry.key) else {
            self.no_field(entry, &[kind]);
            return None;
        };
        let predicate = self.predicate(&entry.value, ty, kind)?;
        Some(FieldTest { field, predicate })
    }

    pub(crate) fn no_field(&mut self, entry: &Entry, kinds: &[&KindInfo]) {
        let name = &entry.key;
        let known: Vec<String> = kinds
            .iter()
            .map(|kind| {
                let fields: Vec<&str> = kind.fields.iter().map(|f| f.name).collect();
                format!("{}: {}", kind.name, fields.join(", "))
            })
            .collect();
        let known = known.join("; ");
        self.problems.at(
            entry.position,
            format!("没有字段 {name:?}；{known}；以及 owner, path, how"),
            format!("no field {name:?}; {known}; and owner, path, how"),
        );
    }

    fn predicate(&mut self, node: &Node, ty: FieldType, kind: &KindInfo) -> Option<Predicate> {
        match &node.kind {
            Kind::Map(entries) => {
                let mut all = Vec::new();
                for entry in entries {
                    all.push(self.named(entry, ty, kind));
                }
                let mut all = all.into_iter().collect::<Option<Vec<_>>>()?;
                if all.is_empty() {
                    self.at(node, "谓词为空", "the predicate is empty");
                    return None;
                }
                if all.len() == 1 { all.pop() } else { Some(Predicate::AllOf(all)) }
            }
            Kind::Seq(items) => {
                self.scalar_type(node, ty)?;
                self.constants(items, ty).map(Predicate::OneOf)
            }
            _ => {
                self.scalar_type(node, ty)?;
                self.constant(node, ty).map(Predicate::Eq)
            }
        }
    }

    /// Refuses plain values for fields that hold lists.
    fn scalar_type(&mut self, node: &Node, ty: FieldType) -> Option<()> {
        if matches!(ty, FieldType::Strings | FieldType::Ints) {
            self.at(
                node,
                "该字段是列表：请用 contains、any、all、none 或 count",
                "the field is a list: use contains, any, all, none or count",
            );
            return None;
        }
        Some(())
    }

    fn named(&mut self, entry: &Entry, ty: FieldType, kind: &KindInfo) -> Option<Predicate> {
        let name = entry.key.as_str();
        let Some((_, types)) = PREDICATES.iter().find(|(known, _)| *known == name) else {
            let list = PREDICATES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
            self.problems.at(
                entry.position,
                format!("未知的谓词 {name:?}；可用：{list}"),
                format!("unknown predicate {name:?}; possible: {list}"),
            );
            return None;
        };
        if !types.contains(letter(ty)) {
            let (mine, ty) = (letter(ty), type_name(ty));
            let list = PREDICATES
                .iter()
                .filter(|(_, types)| types.contains(mine))
                .map(|(name, _)| *name)
                .collect::<Vec<_>>()
                .join(", ");
            self.problems.at(
                entry.position,
                format!("谓词 {name} 不能用于 {ty} 类型的字段；可用：{list}"),
                format!("{name} cannot be asked of a field of type {ty}; possible: {list}"),
            );
            return None;
        }
        self.argument(name, &entry.value, ty, kind)
    }

    fn argument(
        &mut self,
        name: &str,
        node: &Node,
        ty: FieldType,
        kind: &KindInfo,
    ) -> Option<Predicate> {
        Some(match name {
            "eq" => Predicate::Eq(self.constant(node, ty)?),
            "ne" => Predicate::Not(Box::new(Predicate::Eq(self.constant(node, ty)?))),
            "one_of" => {
                let items = self.list(node)?;
                Predicate::OneOf(self.constants(items, ty)?)
            }
            "lt" => Predicate::Order(Order::Lt, self.int(node)?),
            "le" => Predicate::Order(Order::Le, self.int(node)?),
            "gt" => Predicate::Order(Order::Gt, self.int(node)?),
            "ge" => Predicate::Order(Order::Ge, self.int(node)?),
            "has_bits" => Predicate::HasBits(self.int(node)?),
            "lacks_bits" => Predicate::LacksBits(self.int(node)?),
            "matches" => Predicate::Matches(self.pattern(node)?),
            "contains" => {
                let ty = if ty == FieldType::Str { ty } else { element(ty) };
                Predicate::Contains(self.constant(node, ty)?)
            }
            "present" => Predicate::Present(self.bool(node)?),
            "constant" => Predicate::Constant(self.bool(node)?),
            "any" => Predicate::Any(Box::new(self.predicate(node, element(ty), kind)?)),
            "all" => Predicate::All(Box::new(self.predicate(node, element(ty), kind)?)),
            "none" => {
                let inner = Predicate::Any(Box::new(self.predicate(node, element(ty), kind)?));
                Predicate::Not(Box::new(inner))
            }
            "count" => Predicate::Count(Box::new(self.predicate(node, FieldType::Int, kind)?)),
            "length" => Predicate::Length(Box::new(self.predicate(node, FieldType::Int, kind)?)),
            "not" => Predicate::Not(Box::new(self.predicate(node, ty, kind)?)),
            "always" => Predicate::Always(Box::new(self.predicate(node, ty, kind)?)),
            "same_as" => Predicate::SameAs(self.other_field(node, kind)?),
            "is" => match node.kind {
                Kind::Null => Predicate::Is(Form::Null),
                _ => Predicate::Is(self.choice(node, FORMS)?),
            },
            "from" => Predicate::From(self.strings(node)?),
            "class_is" => Predicate::ClassIs(self.strings(node)?),
            "all_of" => Predicate::AllOf(self.predicates(node, ty, kind)?),
            _ => Predicate::AnyOf(self.predicates(node, ty, kind)?),
        })
    }

    fn predicates(
        &mut self,
        node: &Node,
        ty: FieldType,
        kind: &KindInfo,
    ) -> Option<Vec<Predicate>> {
        self.list(node)?.iter().map(|item| self.predicate(item, ty, kind)).collect()
    }

    fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let pattern = Pattern::new(self.string(node)?.to_owned());
        if self.patterns == Patterns::Check
            && let Err(message) = pattern.check()
        {
            self.at(
                node,
                format!("正则表达式无效：{message}"),
                format!("not a valid pattern: {message}"),
            );
            return None;
        }
        Some(pattern)
    }

    fn other_field(&mut self, node: &Node, kind: &KindInfo) -> Option<Field> {
        let name = self.string(node)?;
        let found = find_field(kind, name);
        if found.is_none() {
            let entry =
                Entry { key: name.to_owned(), position: node.position, value: node.clone() };
            self.no_field(&entry, &[kind]);
        }
        found.map(|(field, _)| field)
    }

    fn constants(&mut self, items: &[Node], ty: FieldType) -> Option<Vec<Const>> {
        items.iter().map(|item| self.constant(item, ty)).collect()
    }

    fn constant(&mut self, node: &Node, ty: FieldType) -> Option<Const> {
        let constant = match &node.kind {
            Kind::Null => Const::Null,
            Kind::Bool(value) => Const::Bool(*value),
            Kind::Int(number) => Const::Int(*number),
            Kind::Str(text) => Const::Str(text.clone()),
            _ => {
                self.at(node, "此处应为单个值", "a single value is expected here");
                return None;
            }
        };
        let fits = match (&constant, ty) {
            (Const::Null, _) | (_, FieldType::Arg) => true,
            (Const::Bool(_), ty) => ty == FieldType::Bool,
            (Const::Int(_), ty) => ty == FieldType::Int,
            (Const::Str(_), ty) => ty == FieldType::Str,
        };
        if !fits {
            let ty = type_name(ty);
            self.at(
                node,
                format!("该字段的类型是 {ty}，此值不可能相等"),
                format!("the field is of type {ty}, which this value can never equal"),
            );
            return None;
        }
        Some(constant)
    }
}

/// Type of the elements of a list; the type itself for values of the code.
fn element(ty: FieldType) -> FieldType {
    match ty {
        FieldType::Strings => FieldType::Str,
        FieldType::Ints => FieldType::Int,
        other => other,
    }
}
