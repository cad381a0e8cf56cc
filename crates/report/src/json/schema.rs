//! The JSON schema of the JSON report (draft 2020-12).
//!
//! The frame is written by hand in `frame.schema.json`; what stands under `$defs.facts` is made
//! from [`menshen_facts::KINDS`], so that it cannot disagree with the facts.

use menshen_facts::{FieldInfo, FieldType, KINDS};
use serde_json::{Map, Value, json};

const FRAME: &str = include_str!("frame.schema.json");

/// The schema as it is published in `docs/schema/report.schema.json`.
///
/// # Panics
/// Never: the frame is part of the program and a test parses it.
pub fn schema() -> Value {
    let mut schema: Value = serde_json::from_str(FRAME).expect("the frame is valid JSON");
    schema["$defs"]["facts"] = facts();
    schema
}

fn facts() -> Value {
    let lists: Map<String, Value> = KINDS
        .iter()
        .map(|kind| {
            let mut properties: Map<String, Value> = kind
                .fields
                .iter()
                .map(|field| (field.name.to_owned(), field_schema(field)))
                .collect();
            let circumstances = [
                ("place", json!({"$ref": "#/$defs/place"})),
                ("owner", json!({"$ref": "#/$defs/owner"})),
                ("how", json!({"enum": ["static", "observed", "forced", "imported"]})),
            ];
            properties.extend(circumstances.map(|(name, schema)| (name.to_owned(), schema)));
            let list = json!({
                "description": kind.doc.trim(),
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": properties,
                    "required": ["place", "owner", "how"],
                },
            });
            (kind.list.to_owned(), list)
        })
        .collect();
    let required: Vec<&str> = KINDS.iter().map(|kind| kind.list).collect();
    json!({
        "description": "Everything known about the artifact, by kind. A field that is not known is absent.",
        "type": "object",
        "properties": lists,
        "required": required,
    })
}

fn field_schema(field: &FieldInfo) -> Value {
    let mut schema = match field.ty {
        FieldType::Bool => json!({"type": "boolean"}),
        FieldType::Int => json!({"type": "integer"}),
        FieldType::Str => json!({"type": "string"}),
        FieldType::Strings => json!({"type": "array", "items": {"type": "string"}}),
        FieldType::Ints => json!({"type": "array", "items": {"type": "integer"}}),
        FieldType::Arg => json!({"$ref": "#/$defs/value"}),
    };
    let lines: Vec<&str> = field.doc.lines().map(str::trim).collect();
    let doc = lines.join(" ").trim().to_owned();
    if !doc.is_empty() {
        schema["description"] = doc.into();
    }
    schema
}
