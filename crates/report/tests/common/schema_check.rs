//! The part of JSON schema that the published report schema uses, checked on a value.

use serde_json::Value;

/// Everything in which `value` does not obey `schema`, each with the path to it. Panics on a
/// keyword that this checker does not know, so that no rule of the schema is passed over.
pub fn violations(root: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, root, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    for (keyword, rule) in schema.as_object().expect("a schema is an object") {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
                check(root, target, value, path, found);
            }
            "oneOf" => {
                let fits = |one: &&Value| {
                    let mut own = Vec::new();
                    check(root, one, value, path, &mut own);
                    own.is_empty()
                };
                let count = rule.as_array().unwrap().iter().filter(fits).count();
                if count != 1 {
                    found.push(format!("{path}: fits {count} alternatives, not one"));
                }
            }
            "allOf" => {
                for one in rule.as_array().unwrap() {
                    check(root, one, value, path, found);
                }
            }
            "type" => {
                let of = |name: &Value| has_type(value, name.as_str().unwrap());
                let fits = rule.as_array().map_or_else(|| of(rule), |names| names.iter().any(of));
                if !fits {
                    found.push(format!("{path}: {value} is not {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    found.push(format!("{path}: {value} is none of {rule}"));
                }
            }
            "minimum" if value.as_i64() < rule.as_i64() => found.push(format!("{path}: too small")),
            "maximum" if value.as_i64() > rule.as_i64() => found.push(format!("{path}: too big")),
            "minimum" | "maximum" => {}
            "pattern" => {
                if value.as_str().is_some_and(|text| !pattern(rule.as_str().unwrap(), text)) {
                    found.push(format!("{path}: {value} does not match {rule}"));
                }
            }
            "required" => {
                for name in rule.as_array().unwrap().iter().filter_map(Value::as_str) {
                    if value.as_object().is_some_and(|object| !object.contains_key(name)) {
                        found.push(format!("{path}: no {name}"));
                    }
                }
            }
            "properties" => {
                let rules = rule.as_object().unwrap();
                for (name, inner) in value.as_object().into_iter().flatten() {
                    if let Some(rule) = rules.get(name) {
                        check(root, rule, inner, &format!("{path}.{name}"), found);
                    }
                }
            }
            "additionalProperties" => {
                let known = schema["properties"].as_object().unwrap();
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    if !known.contains_key(name) {
                        found.push(format!("{path}: {name} is not allowed"));
                    }
                }
            }
            "items" => {
                for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, rule, inner, &format!("{path}[{index}]"), found);
                }
            }
            other => panic!("schema keyword {other} is not known to this checker"),
        }
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "null" => value.is_null(),
        other => panic!("type {other}"),
    }
}

/// The patterns of the schema, by hand.
fn pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        "^[0-9a-f]{64}$" => {
            text.len() == 64
                && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        }
        "^1\\.[0-9]+$" => text.strip_prefix("1.").is_some_and(|minor| minor.parse::<u32>().is_ok()),
        "^(app|unknown|sdk:.+)$" => {
            text == "app" || text == "unknown" || text.len() > 4 && text.starts_with("sdk:")
        }
        other => panic!("pattern {other}"),
    }
}
