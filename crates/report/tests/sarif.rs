//! What SARIF 2.1.0 asks beyond its schema, and what Menshen promises of its logs.
//! The schema itself is checked while developing: it is not ours to keep here.

mod common;

use common::{clean, hostile, rules, sample};
use menshen_base::Lang;
use menshen_report::{Assessment, Options, sarif};
use serde_json::Value;

fn log(assessments: &[Assessment], lang: Lang) -> Value {
    let rules = rules();
    let options = Options { lang, rules: &rules, ..Options::default() };
    let mut out = Vec::new();
    sarif::write(assessments, &options, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("no {pointer}"))
}

#[test]
fn indices_point_to_what_they_name() {
    for assessments in [vec![sample()], vec![hostile()], vec![clean(), sample()]] {
        for run in list(&log(&assessments, Lang::En), "/runs") {
            let rules = list(run, "/tool/driver/rules");
            for result in list(run, "/results") {
                let index = result["ruleIndex"].as_u64().unwrap() as usize;
                assert_eq!(rules[index]["id"], result["ruleId"]);
            }
            let taxonomies = list(run, "/taxonomies");
            for rule in rules {
                for relation in
                    rule.get("relationships").and_then(Value::as_array).into_iter().flatten()
                {
                    let target = &relation["target"];
                    let taxonomy =
                        &taxonomies[target["toolComponent"]["index"].as_u64().unwrap() as usize];
                    assert_eq!(taxonomy["name"], target["toolComponent"]["name"]);
                    assert_eq!(
                        taxonomy["taxa"][target["index"].as_u64().unwrap() as usize]["id"],
                        target["id"]
                    );
                }
                for text in ["shortDescription", "fullDescription", "help"] {
                    assert!(rule[text]["text"].is_string(), "{text}");
                }
            }
            for (reference, taxonomy) in
                list(run, "/tool/driver/supportedTaxonomies").iter().zip(taxonomies)
            {
                assert_eq!(reference["name"], taxonomy["name"]);
            }
            let descriptors = list(run, "/tool/driver/notifications");
            for note in list(run, "/invocations/0/toolExecutionNotifications") {
                let index = note["descriptor"]["index"].as_u64().unwrap() as usize;
                assert_eq!(descriptors[index]["id"], note["descriptor"]["id"]);
            }
        }
    }
}

#[test]
fn one_result_a_location() {
    let log = log(&[sample()], Lang::En);
    let results = list(&log, "/runs/0/results");
    let expected: usize = sample().findings.iter().map(|finding| finding.locations.len()).sum();
    assert_eq!(results.len(), expected);
    let mut prints: Vec<_> = results
        .iter()
        .map(|result| result["partialFingerprints"]["menshenLocation/v1"].as_str().unwrap())
        .collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), expected);
    assert!(results.iter().all(|result| list(result, "/locations").len() == 1));
}

#[test]
fn places_levels_and_suppressions() {
    let log = log(&[sample()], Lang::En);
    let results = list(&log, "/runs/0/results");
    let by_rule = |id: &str| results.iter().find(|result| result["ruleId"] == id).unwrap();
    let location = &by_rule("AND-IPC-002")["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "demo-bank-3.2.1.apk!/AndroidManifest.xml");
    assert_eq!(location["region"]["byteOffset"], 0x1a40);
    let logical = &by_rule("AND-CRY-001")["locations"][0]["logicalLocations"][0];
    assert_eq!(logical["fullyQualifiedName"], "com.example.bank.crypto.Vault.encrypt([B)[B");
    assert_eq!(
        (&logical["kind"], &logical["properties"]["line"]),
        (&"function".into(), &58.into())
    );
    for (rule, level) in [
        ("AND-NET-004", "error"),
        ("AND-IPC-002", "error"),
        ("AND-MAN-001", "warning"),
        ("AND-COD-009", "note"),
    ] {
        assert_eq!(by_rule(rule)["level"], level, "{rule}");
    }
    for result in results {
        let suppressed = !list(result, "/suppressions").is_empty();
        assert_eq!(suppressed, result["ruleId"] == "AND-SIG-003");
    }
    assert_eq!(by_rule("AND-SIG-003")["suppressions"][0]["properties"]["expires"], "2026-12-31");
}

#[test]
fn scan_issues_are_notifications() {
    let log = log(&[sample()], Lang::Zh);
    let notes = list(&log, "/runs/0/invocations/0/toolExecutionNotifications");
    assert_eq!(notes.len(), 3);
    assert_eq!(notes[0]["descriptor"]["id"], "dex/truncated-code");
    assert!(notes[0]["message"]["text"].as_str().unwrap().contains("该方法内的调用未检查"));
    assert_eq!(notes[0]["locations"][0]["physicalLocation"]["region"]["byteOffset"], 0x21f04);
}

#[test]
fn addresses_are_relative_references() {
    let log = log(&[hostile(), sample()], Lang::En);
    let mut addresses = Vec::new();
    collect(&log, &mut addresses);
    assert!(addresses.len() > 20);
    for address in addresses {
        assert!(!address.starts_with('/') && !address.contains(':'), "{address}");
        assert!(
            address.bytes().all(|b| b.is_ascii_graphic() && !b"\"<>\\^`{|}#?".contains(&b)),
            "{address}"
        );
    }
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str() {
                    Some(text) if name == "uri" => into.push(text.to_owned()),
                    _ => collect(value, into),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}
