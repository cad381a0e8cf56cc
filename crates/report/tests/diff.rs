//! Two versions of one app: what is new, fixed and unchanged, from assessments and from reports.

mod common;

use common::{hostile, next_version, rules, sample};
use menshen_base::Lang;
use menshen_report::diff::{self, Difference, ReadError, Snapshot};
use menshen_report::{Assessment, Options, Style, json};
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

fn between(old: &Assessment, new: &Assessment) -> Difference {
    diff::compare(&Snapshot::of(old), &Snapshot::of(new))
}

fn report(assessments: &[Assessment], facts: bool) -> Value {
    let mut out = Vec::new();
    json::write(assessments, &Options { facts, ..Options::default() }, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn as_json(difference: &Difference) -> Value {
    let mut out = Vec::new();
    diff::write_json(difference, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn terminal(difference: &Difference, lang: Lang, width: usize) -> String {
    let style = Style { width, ..Style::default() };
    let mut out = Vec::new();
    diff::write_terminal(difference, &Options { lang, style, ..Options::default() }, &mut out)
        .unwrap();
    String::from_utf8(out).unwrap()
}

fn rules_of(list: &[diff::FindingChange]) -> Vec<&str> {
    list.iter().map(|change| &*change.rule).collect()
}

#[test]
fn findings_by_fate() {
    let difference = between(&sample(), &next_version());
    let findings = &difference.findings;
    assert_eq!(rules_of(&findings.new), ["AND-WEB-001"]);
    assert_eq!(rules_of(&findings.fixed), ["AND-NET-004"]);
    assert_eq!(rules_of(&findings.changed), ["AND-IPC-002", "AND-MAN-001"]);
    assert!(rules_of(&findings.unchanged).contains(&"AND-CRY-001"), "a moved line is no change");
    let exported = &findings.changed[0];
    let subjects = |list: &[menshen_base::Occurrence]| -> Vec<String> {
        list.iter().map(|one| one.subject.rsplit('.').next().unwrap().to_owned()).collect()
    };
    assert_eq!(subjects(&exported.new_locations), ["QrActivity"]);
    assert_eq!(subjects(&exported.fixed_locations), ["TransferActivity", "ReceiptProvider"]);
    assert_eq!(exported.unchanged_locations, 4);
}

#[test]
fn nothing_changed() {
    let difference = between(&sample(), &sample());
    let findings = &difference.findings;
    assert_eq!(findings.unchanged.len(), sample().findings.len());
    assert!(findings.new.is_empty() && findings.fixed.is_empty() && findings.changed.is_empty());
    let facts = as_json(&difference)["facts"].clone();
    for (name, changes) in facts.as_object().unwrap() {
        if name != "signer_kept" {
            assert_eq!(*changes, json!({"added": [], "removed": [], "changed": []}), "{name}");
        }
    }
}

#[test]
fn locations_with_one_fingerprint_are_counted() {
    let mut twice = sample();
    let again = twice.findings[2].locations[0].clone();
    twice.findings[2].locations.push(again);
    let more = &between(&sample(), &twice).findings.changed[0];
    assert_eq!((more.new_locations.len(), more.unchanged_locations), (1, 1));
    let fewer = &between(&twice, &sample()).findings.changed[0];
    assert_eq!((fewer.fixed_locations.len(), fewer.unchanged_locations), (1, 1));
}

#[test]
fn facts_by_kind() {
    let difference = as_json(&between(&sample(), &next_version()));
    let rows: [(&str, Value); 12] = [
        ("/facts/permissions/added/0/name", "android.permission.RECORD_AUDIO".into()),
        ("/facts/permissions/removed/0/name", "android.permission.CAMERA".into()),
        ("/facts/permissions/removed/1/name", "android.permission.INTERNET".into()),
        ("/facts/components/removed/0/name", "com.example.bank.data.ReceiptProvider".into()),
        ("/facts/components/changed/0/old/exported", false.into()),
        ("/facts/components/changed/0/new/exported", true.into()),
        ("/facts/sdks/changed/0/new/version", "5.0.0".into()),
        ("/facts/sdks/added/0/id", "sensors-analytics".into()),
        ("/facts/endpoints/added/0/url", "http://cdn2.example-bank.com/img/".into()),
        ("/facts/libraries/removed/0/abi", "armeabi-v7a".into()),
        ("/facts/signer_kept", false.into()),
        ("/new/target_sdk", 34.into()),
    ];
    for (pointer, expected) in rows {
        assert_eq!(difference.pointer(pointer), Some(&expected), "{pointer}");
    }
}

#[test]
fn a_lineage_keeps_the_signer() {
    let mut rotated = next_version();
    let mut old = sample().facts.certificates.remove(0);
    old.data.current = false;
    rotated.facts.certificates.push(old);
    assert!(!between(&sample(), &rotated).signed_by_others());
    assert!(between(&sample(), &next_version()).signed_by_others());
}

#[test]
fn reports_and_assessments_give_the_same() {
    let reports = report(&[sample(), next_version()], true);
    let snapshots = Snapshot::from_json(&reports).unwrap();
    let from_reports = as_json(&diff::compare(&snapshots[0], &snapshots[1]));
    assert_eq!(from_reports, as_json(&between(&sample(), &next_version())));
}

#[test]
fn without_facts_it_says_so() {
    let old = Snapshot::from_json(&report(&[sample()], false)).unwrap().remove(0);
    let difference = diff::compare(&old, &Snapshot::of(&next_version()));
    assert!(difference.facts.is_none() && !difference.signed_by_others());
    assert!(terminal(&difference, Lang::En, 100).contains("--facts"));
}

#[test]
fn what_is_no_report_is_refused() {
    let mut damaged = report(&[sample()], false);
    damaged["findings"][0]["owner"] = "sdk:".into();
    for (value, expected) in [
        (json!({}), "not a Menshen report"),
        (json!({"schema_version": "2.0"}), "2.0"),
        (json!({"schema_version": "1.0"}), "damaged"),
        (json!([]), "not a Menshen report"),
        (damaged, "damaged"),
    ] {
        let error: ReadError = Snapshot::from_json(&value).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.text().zh.is_empty());
    }
}

#[test]
fn english() {
    insta::assert_snapshot!(terminal(&between(&sample(), &next_version()), Lang::En, 100));
}

#[test]
fn chinese() {
    insta::assert_snapshot!(terminal(&between(&sample(), &next_version()), Lang::Zh, 80));
}

#[test]
fn hostile_strings_stay_text() {
    let rules = rules();
    for (old, new) in [(sample(), hostile()), (hostile(), sample())] {
        let difference = between(&old, &new);
        for width in [40, 100] {
            let text = terminal(&difference, Lang::En, width);
            assert!(!text.chars().any(|c| c != '\n' && c.is_control()));
            assert!(text.lines().all(|line| line.width() <= width));
        }
        let mut out = Vec::new();
        diff::write_html(&difference, &Options { rules: &rules, ..Options::default() }, &mut out)
            .unwrap();
        let page = String::from_utf8(out).unwrap();
        assert_eq!(page.matches("<script").count(), 1);
        assert_eq!(page.matches("<img").count() + page.matches("<!--").count(), 0);
        assert!(page.contains("&lt;script&gt;") && !page.contains('\u{202e}'));
    }
}
