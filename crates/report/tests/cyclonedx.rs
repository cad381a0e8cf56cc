//! What CycloneDX 1.6 asks beyond its schema, and what Menshen promises of its bills.

mod common;

use common::{clean, hostile, sample};
use menshen_report::{Assessment, Options, cyclonedx};
use serde_json::Value;
use std::collections::BTreeSet;

fn bill(assessments: &[Assessment]) -> Value {
    let mut out = Vec::new();
    cyclonedx::write(assessments, &Options::default(), &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

/// All components, nested ones too.
fn components<'v>(value: &'v Value, into: &mut Vec<&'v Value>) {
    for component in list(value, "components") {
        into.push(component);
        components(component, into);
    }
}

#[test]
fn references_are_unique_and_lead_somewhere() {
    for assessments in [vec![sample()], vec![hostile()], vec![sample(), sample(), clean()], vec![]]
    {
        let bill = bill(&assessments);
        let mut all = Vec::new();
        components(&bill, &mut all);
        all.extend(bill["metadata"].get("component"));
        let refs: Vec<&str> = all.iter().map(|one| one["bom-ref"].as_str().unwrap()).collect();
        let unique: BTreeSet<&str> = refs.iter().copied().collect();
        assert_eq!(unique.len(), refs.len());
        let mut heads = BTreeSet::new();
        for dependency in list(&bill, "dependencies") {
            let head = dependency["ref"].as_str().unwrap();
            assert!(heads.insert(head) && unique.contains(head), "{head}");
            let on: Vec<&str> =
                list(dependency, "dependsOn").iter().filter_map(Value::as_str).collect();
            assert!(on.iter().all(|one| unique.contains(one)), "{on:?}");
            assert_eq!(on.iter().collect::<BTreeSet<_>>().len(), on.len());
        }
    }
}

#[test]
fn what_is_in_the_app() {
    let bill = bill(&[sample()]);
    let rows: [(&str, &str); 14] = [
        ("/metadata/component/type", "application"),
        ("/metadata/component/name", "示例银行"),
        ("/metadata/component/version", "3.2.1"),
        ("/metadata/component/purl", "pkg:generic/com.example.bank@3.2.1"),
        ("/components/0/purl", "pkg:maven/com.squareup.okhttp3/okhttp@4.12.0"),
        ("/components/0/licenses/0/license/id", "Apache-2.0"),
        ("/components/0/evidence/identity/0/methods/0/technique", "binary-analysis"),
        ("/components/1/type", "framework"),
        ("/components/1/licenses/0/license/id", "BSD-3-Clause"),
        ("/components/2/licenses/0/license/name", "Proprietary licence of Umeng"),
        ("/components/2/purl", "pkg:generic/umeng-analytics"),
        ("/dependencies/0/dependsOn/3", "native/libpay.so"),
        ("/dependencies/2/ref", "sdk/umeng-analytics"),
        ("/compositions/0/aggregate", "incomplete"),
    ];
    for (pointer, expected) in rows {
        assert_eq!(bill.pointer(pointer).and_then(Value::as_str), Some(expected), "{pointer}");
    }
    let pay = list(&bill, "components").iter().find(|one| one["name"] == "libpay.so").unwrap();
    assert_eq!(list(&pay["evidence"], "occurrences").len(), 2, "one component for both ABIs");
}

#[test]
fn serial_numbers_follow_the_digest() {
    let serial = |assessments: &[Assessment]| bill(assessments)["serialNumber"].clone();
    let mut other = sample();
    other.artifact.sha256.as_mut().unwrap().0.replace_range(..1, "f");
    assert_eq!(serial(&[sample()]), serial(&[clean()]), "the same file");
    assert_ne!(serial(&[sample()]), serial(&[other]));
    let text = serial(&[sample()]).as_str().unwrap().to_owned();
    let uuid = text.strip_prefix("urn:uuid:").unwrap();
    let groups: Vec<&str> = uuid.split('-').collect();
    assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    assert!(groups[2].starts_with('8') && "89ab".contains(&groups[3][..1]), "{uuid}");
}
