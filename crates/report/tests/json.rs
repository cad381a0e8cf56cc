//! The JSON report keeps its contract.

mod common;

use common::{clean, hostile, rules, sample, schema_check::violations};
use menshen_report::{Assessment, Options, json};
use serde_json::Value;

fn written(assessments: &[Assessment], options: &Options<'_>) -> String {
    let mut out = Vec::new();
    json::write(assessments, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn parsed(assessments: &[Assessment], options: &Options<'_>) -> Value {
    serde_json::from_str(&written(assessments, options)).unwrap()
}

#[test]
fn reports_obey_the_schema() {
    let schema = json::schema();
    let rules = rules();
    let options = Options { facts: true, rules: &rules, ..Options::default() };
    for (name, assessments) in [
        ("sample", vec![sample()]),
        ("clean", vec![clean()]),
        ("hostile", vec![hostile()]),
        ("none", vec![]),
        ("two", vec![sample(), clean()]),
    ] {
        for options in [options, Options::default()] {
            let found = violations(&schema, &parsed(&assessments, &options));
            assert!(found.is_empty(), "{name}: {found:#?}");
        }
    }
}

#[test]
fn the_schema_check_can_fail() {
    let schema = json::schema();
    let good = parsed(&[sample()], &Options { facts: true, ..Options::default() });
    let breakages: [fn(&mut Value); 6] = [
        |report| report["schema_version"] = "2.0".into(),
        |report| report["gate"]["score"] = 101.into(),
        |report| report["findings"][0]["owner"] = "sdk:".into(),
        |report| report["findings"][0]["locations"][0]["subject"] = 1.into(),
        |report| drop(report.as_object_mut().unwrap().remove("coverage")),
        |report| report["facts"]["components"][0]["exported"] = "yes".into(),
    ];
    for (index, breakage) in breakages.into_iter().enumerate() {
        let mut report = good.clone();
        breakage(&mut report);
        assert!(!violations(&schema, &report).is_empty(), "breakage {index} was not seen");
    }
}

/// `MENSHEN_BLESS=1 cargo test -p menshen-report` writes the file anew.
#[test]
fn the_published_schema_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema/report.schema.json");
    let fresh = format!("{:#}\n", json::schema());
    if std::env::var_os("MENSHEN_BLESS").is_some() {
        std::fs::write(path, &fresh).unwrap();
    }
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(published == fresh, "stale: run MENSHEN_BLESS=1 cargo test -p menshen-report");
}

#[test]
fn fields_of_the_contract() {
    let rules = rules();
    let report = parsed(&[sample()], &Options { rules: &rules, ..Options::default() });
    let rows: [(&str, Value); 14] = [
        ("/schema_version", "1.0".into()),
        ("/artifact/kind", "apk".into()),
        ("/artifact/sha256", "3b".repeat(32).into()),
        ("/findings/0/rule", "AND-NET-004".into()),
        ("/findings/0/severity", "critical".into()),
        ("/findings/0/owner", "app".into()),
        ("/findings/0/area", "network".into()),
        ("/findings/0/maps/cwe/0", "CWE-295".into()),
        ("/findings/3/owner", "sdk:umeng-analytics".into()),
        ("/findings/1/locations/1/subject", "com.example.bank.sync.SyncService".into()),
        ("/scan_issues/0/code", "dex/truncated-code".into()),
        ("/scan_issues/0/offset", 0x21f04.into()),
        ("/controls/6/reason/en", "needs the app to be run".into()),
        ("/gate/passed", false.into()),
    ];
    for (pointer, expected) in rows {
        assert_eq!(report.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert!(report.get("facts").is_none(), "facts only when asked for");
    let suppressed: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["suppressed"] == true)
        .map(|finding| finding["rule"].as_str().unwrap())
        .collect();
    assert_eq!(suppressed, ["AND-SIG-003"]);
}

#[test]
fn several_artifacts_are_a_list_of_the_same_objects() {
    let options = Options::default();
    let two = parsed(&[sample(), clean()], &options);
    assert_eq!(two["artifacts"][0], parsed(&[sample()], &options));
    assert_eq!(two["artifacts"][1], parsed(&[clean()], &options));
}

#[test]
fn strings_stay_exact() {
    let report = parsed(&[hostile()], &Options::default());
    let label = report["artifact"]["label"].as_str().unwrap();
    assert_eq!(Some(label), hostile().artifact.label.as_deref());
}

#[test]
fn same_input_same_bytes() {
    let options = Options { facts: true, ..Options::default() };
    assert_eq!(written(&[sample()], &options), written(&[sample()], &options));
}

#[test]
fn short_report() {
    let mut short = sample();
    short.findings.truncate(1);
    short.findings[0].locations.truncate(1);
    short.findings[0].evidence.truncate(1);
    short.controls.truncate(1);
    short.scan_issues.truncate(1);
    insta::assert_snapshot!(written(&[short], &Options::default()));
}
