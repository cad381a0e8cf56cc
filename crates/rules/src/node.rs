//! A YAML (or JSON) tree in which every value knows its line and column.
//!
//! Rule files, rule tests and baselines are read into this tree first, so that one loader can
//! report everything that is wrong with a file, each with its place. Not a general YAML model:
//! tags are refused, keys are text, integers fit 64 bits. YAML 1.2 core schema (`yes` is text),
//! duplicate keys refused. `build.rs` compiles this file too, to turn the built-in rules into
//! JSON that is quicker to read at start-up.
//!
//! ```text
//! where: {arg0: {matches: "^AES"}}   ->  Map[("where", 1:1, Map[("arg0", 1:9, Map[…])])]
//! ```

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// Longest text that is read, bytes. A rule file has some two thousand.
pub(crate) const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Deepest nesting of lists and maps. Reading takes some 45 KiB of stack a level in a debug build,
/// and threads of tests have 2 MiB.
const DEPTH_MAX: usize = 24;

/// Line and column from 1; 0 where the input has none (JSON).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) position: Position,
    pub(crate) value: Node,
}

impl Node {
    /// Reads one YAML document. The error is the place and what is wrong there, in English.
    pub(crate) fn parse_yaml(text: &str) -> Result<Self, (Position, String)> {
        if text.len() > TEXT_BYTES_MAX {
            return Err((Position::default(), format!("longer than {TEXT_BYTES_MAX} bytes")));
        }
        let mut options = serde_saphyr::Options::default();
        options.strict_booleans = true;
        options.with_snippet = false;
        if let Some(budget) = options.budget.as_mut() {
            budget.max_depth = DEPTH_MAX;
        }
        serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let position = error.location().map(position).unwrap_or_default();
            (position, one_line(&error.to_string()))
        })
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|e| e.key == key).map(|e| &e.value),
            _ => None,
        }
    }

    /// The tree without positions. Numbers that fit no 64-bit integer are floats.
    pub(crate) fn from_json(value: serde_json::Value) -> Self {
        use serde_json::Value;
        let kind = match value {
            Value::Null => Kind::Null,
            Value::Bool(value) => Kind::Bool(value),
            Value::Number(number) => match number.as_i64() {
                Some(number) => Kind::Int(number),
                None => Kind::Float(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Kind::Str(text),
            Value::Array(items) => Kind::Seq(items.into_iter().map(Self::from_json).collect()),
            Value::Object(map) => {
                let entry = |(key, value)| Entry {
                    key,
                    position: Position::default(),
                    value: Self::from_json(value),
                };
                Kind::Map(map.into_iter().map(entry).collect())
            }
        };
        Self { position: Position::default(), kind }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(value) => Value::from(*value),
            Kind::Float(value) => Value::from(*value),
            Kind::Str(value) => Value::String(value.clone()),
            Kind::Seq(items) => Value::Array(items.iter().map(Node::to_json).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.value.to_json())).collect())
            }
        }
    }
}

fn position(location: serde_saphyr::Location) -> Position {
    Position {
        line: u32::try_from(location.line()).unwrap_or(0),
        column: u32::try_from(location.column()).unwrap_or(0),
    }
}

/// The first line, without the place that the library puts before or behind it.
fn one_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let line = match line.split_once(": ") {
        Some((place, rest)) if place.contains("line ") => rest,
        _ => line,
    };
    match line.rfind(" at line ") {
        Some(end) => line[..end].to_owned(),
        None => line.to_owned(),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Kind>::deserialize(deserializer)?;
        Ok(Self { position: position(spanned.referenced), kind: spanned.value })
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(KindVisitor)
    }
}

struct KindVisitor;

impl<'de> Visitor<'de> for KindVisitor {
    type Value = Kind;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_unit<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_none<E>(self) -> Result<Kind, E> {
        Ok(Kind::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Kind, D::Error> {
        Kind::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Kind, E> {
        Ok(Kind::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Kind, E> {
        Ok(Kind::Int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Kind, E> {
        i64::try_from(value).map(Kind::Int).map_err(|_| E::custom("number too large"))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Kind, E> {
        Ok(Kind::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Kind, E> {
        Ok(Kind::Str(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Kind, E> {
        Ok(Kind::Str(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Kind, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element::<Node>()? {
            items.push(item);
        }
        Ok(Kind::Seq(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kind, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let value = map.next_value::<Node>()?;
            entries.push(Entry { key: key.value, position: position(key.referenced), value });
        }
        Ok(Kind::Map(entries))
    }
}
