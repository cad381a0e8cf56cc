//! The contract with scripts, as `docs/contract.md` has it, on the sample app.

mod common;
#[allow(unreachable_pub, reason = "the report crate's tests have it as a module of theirs")]
#[path = "../../report/tests/common/schema_check.rs"]
mod schema_check;

use common::{DAY, SAMPLE, folder, menshen, root, rules_of, write};
use serde_json::Value;

const FIXED: &str = "fixtures/rules/AND-CRY-001/fixed.apk";
const VULNERABLE: &str = "fixtures/rules/AND-CRY-001/vulnerable.apk";
/// Nothing but critical findings stops a release.
const LENIENT: &str = "name: lenient\nfail_on: {severity: critical}\n";
const OWN_RULE: &str = "id: OWN-001
severity: low
confidence: high
area: privacy
title: {zh: 申请网络权限, en: Asks for the network}
reason: {zh: 仅供测试, en: Only a test}
fix: {zh: 删除该权限, en: Remove the permission}
match: {fact: permission, where: {name: android.permission.INTERNET}}
";

fn scan(arguments: &[&str]) -> common::Ran {
    menshen(&[&["scan", "--as-of", DAY], arguments].concat())
}

fn report(arguments: &[&str]) -> Value {
    scan(&[arguments, &["--format", "json"]].concat()).json()
}

#[test]
fn the_json_obeys_the_published_schema() {
    let schema = menshen(&["schema"]);
    let published = std::fs::read(root().join("docs/schema/report.schema.json")).unwrap();
    assert_eq!(schema.stdout, published, "menshen schema and docs/schema differ");
    for arguments in [&[SAMPLE, "--facts"][..], &[SAMPLE], &[SAMPLE, FIXED]] {
        let found = schema_check::violations(&schema.json(), &report(arguments));
        assert!(found.is_empty(), "{arguments:?}\n{}", found.join("\n"));
    }
}

#[test]
fn fields_of_one_artifact() {
    let report = report(&[SAMPLE, "--facts"]);
    // The digest is the one that the builder of the fixtures wrote down.
    let built = std::fs::read_to_string(root().join("fixtures/built.tsv")).unwrap();
    let sample = built.lines().find(|line| line.starts_with("apps/sample\t")).unwrap();
    assert_eq!(report["artifact"]["sha256"], sample.rsplit('\t').next().unwrap());
    for (pointer, is_right) in [
        ("/schema_version", Value::is_string as fn(&Value) -> bool),
        ("/artifact/kind", |v| v == "apk"),
        ("/artifact/package", |v| v == "org.menshen.sample"),
        ("/artifact/size_bytes", Value::is_u64),
        ("/gate/passed", |v| v == false),
        ("/gate/score", Value::is_u64),
        ("/gate/reasons/0/kind", Value::is_string),
        ("/findings/0/rule", Value::is_string),
        ("/findings/0/severity", Value::is_string),
        ("/findings/0/confidence", Value::is_string),
        ("/findings/0/owner", Value::is_string),
        ("/findings/0/title/zh", Value::is_string),
        ("/findings/0/title/en", Value::is_string),
        ("/findings/0/maps/cwe/0", Value::is_string),
        ("/findings/0/maps/masvs/0", Value::is_string),
        ("/findings/0/maps/maswe/0", Value::is_string),
        ("/findings/0/locations/0/path", Value::is_string),
        ("/findings/0/locations/0/fingerprint", Value::is_string),
        ("/findings/0/evidence/0/note", Value::is_string),
        ("/findings/0/fingerprint", Value::is_string),
        ("/findings/0/suppressed", |v| v == false),
        ("/controls/0/verdict", Value::is_string),
        ("/scan_issues", Value::is_array),
        ("/coverage/dex_files/total", |v| v == 1),
        ("/coverage/as_of", |v| v == DAY),
        ("/facts/components/0/name", Value::is_string),
        ("/facts/permissions/0/name", Value::is_string),
        ("/facts/calls/0/class", Value::is_string),
        ("/facts/endpoints/0/host", Value::is_string),
        ("/facts/sdks/0/id", Value::is_string),
        ("/facts/signatures/0/scheme", Value::is_string),
        ("/facts/libraries", Value::is_array),
    ] {
        let value = report.pointer(pointer);
        assert!(value.is_some_and(is_right), "{pointer}: {value:?}");
    }
}

#[test]
fn facts_only_when_asked_for() {
    assert!(report(&[SAMPLE]).get("facts").is_none());
}

#[test]
fn several_artifacts_in_the_order_of_the_arguments() {
    let reports = report(&[VULNERABLE, SAMPLE, FIXED]);
    let names: Vec<&str> = reports["artifacts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["artifact"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["vulnerable.apk", "sample.apk", "fixed.apk"]);
    assert!(reports["schema_version"].is_string() && reports.get("findings").is_none());
}

#[test]
fn other_formats() {
    let sarif = scan(&[SAMPLE, "--format", "sarif"]).json();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
    let bom = scan(&[SAMPLE, "--format", "cyclonedx"]).json();
    assert_eq!((&bom["bomFormat"], &bom["specVersion"]), (&"CycloneDX".into(), &"1.6".into()));
    let page = scan(&[SAMPLE, "--format", "html"]).text();
    assert!(
        page.starts_with("<!DOCTYPE html>") || page.starts_with("<!doctype html>"),
        "{page:.80}"
    );
    assert!(page.contains("使用 ECB 模式加密") && page.contains("Encryption in ECB mode"));
    for (lang, title) in [("zh", "使用 ECB 模式加密"), ("en", "Encryption in ECB mode")] {
        assert!(scan(&[SAMPLE, "--lang", lang]).text().contains(title));
    }
}

#[test]
fn exit_codes() {
    let here = folder("exit_codes");
    let lenient = write(&here, "lenient.yaml", LENIENT);
    let wrong = write(&here, "wrong.yaml", "name: wrong\nfail_at: {severity: high}\n");
    let text = write(&here, "text.apk", "not an app\n");
    let empty = here.join("empty");
    std::fs::create_dir(&empty).unwrap();
    let empty = empty.to_str().unwrap();
    for (arguments, code, message) in [
        (&["scan", FIXED][..], 0, ""),
        (&["scan", SAMPLE], 1, ""),
        (&["scan", SAMPLE, "--baseline", &lenient], 0, ""),
        (&["scan", SAMPLE, "--baseline", &wrong], 2, "wrong.yaml:2:1: "),
        (&["scan", SAMPLE, "--baseline", "absent.yaml"], 2, "absent.yaml"),
        (&["scan", SAMPLE, "--accept", &text], 2, "not a report"),
        (&["scan", SAMPLE, "--rules", "absent"], 2, "absent"),
        (&["scan", SAMPLE, "--as-of", "tomorrow"], 2, "--as-of"),
        (&["scan", SAMPLE, "--no-such-option"], 2, "--no-such-option"),
        (&["scan"], 2, "FILE"),
        (&["scan", "absent.apk"], 2, "absent.apk"),
        (&["scan", empty], 2, "no apps"),
        (&["scan", &text], 2, "text.apk"),
        // What does not pass is known, whatever else could not be read.
        (&["scan", FIXED, &text], 2, "text.apk"),
        (&["scan", SAMPLE, &text], 1, "text.apk"),
        (&["scan", SAMPLE, "absent.apk"], 1, "absent.apk"),
        (&["explain", "AND-CRY-001"], 0, ""),
        (&["explain", "and-cry-001"], 0, ""),
        (&["explain", "NO-SUCH-RULE"], 2, "rules list"),
        (&["rules", "list"], 0, ""),
        (&["rules", "show", "AND-CRY-001"], 0, ""),
        (&["schema"], 0, ""),
        (&["man"], 0, ""),
        (&["completions", "bash"], 0, ""),
        (&["completions", "no-such-shell"], 2, "no-such-shell"),
        (&["--version"], 0, ""),
        (&["no-such-command"], 2, "no-such-command"),
    ] {
        let ran = menshen(arguments);
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{arguments:?}: {}", ran.stderr);
        assert_eq!(ran.stderr.is_empty(), message.is_empty(), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn the_baseline_decides() {
    let here = folder("the_baseline_decides");
    let suppressed = "name: own
fail_on: {severity: high, confidence: medium}
suppressions: [{rule: AND-*, subject: '*', reason: under review, owner: li, expires: 2026-12-31}]
";
    let path = write(&here, "own.yaml", suppressed);
    let baseline = ["--baseline", path.as_str(), "--format", "json"];
    let during = menshen(&[&["scan", SAMPLE, "--as-of", "2026-12-31"], &baseline[..]].concat());
    assert_eq!(during.code, Some(0), "{}", during.stderr);
    let gate = &during.json()["gate"];
    assert_eq!((&gate["baseline"], &gate["passed"]), (&"own".into(), &true.into()));
    assert_eq!(gate["suppressed"][0]["reason"], "under review");
    assert_eq!(during.json()["findings"][0]["suppressed"], true);
    let after = menshen(&[&["scan", SAMPLE, "--as-of", "2027-01-01"], &baseline[..]].concat());
    assert_eq!(after.code, Some(1));
    let reasons = after.json()["gate"]["reasons"].clone();
    let kinds: Vec<&str> =
        reasons.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["severity", "expired-suppression"]);
}

#[test]
fn an_earlier_report_is_accepted() {
    let here = folder("an_earlier_report_is_accepted");
    let earlier = here.join("earlier.json");
    let earlier = earlier.to_str().unwrap();
    assert_eq!(scan(&[SAMPLE, "--format", "json", "--output", earlier]).code, Some(1));
    assert_eq!(scan(&[SAMPLE, "--accept", earlier]).code, Some(0));
    // What was accepted in one app says nothing about another.
    assert_eq!(scan(&[VULNERABLE, "--accept", earlier]).code, Some(1));
}

#[test]
fn rules_of_the_user() {
    let here = folder("rules_of_the_user");
    let rules = here.to_str().unwrap();
    write(&here, "deep/own.yaml", OWN_RULE);
    let ran = scan(&[SAMPLE, "--rules", rules, "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    assert!(rules_of(&ran.json()).contains(&"OWN-001"));
    let shown = menshen(&["rules", "show", "OWN-001", "--rules", rules]);
    assert_eq!(shown.text(), OWN_RULE);
    let listed = menshen(&["rules", "list", "--rules", rules]).text();
    assert!(listed.contains("OWN-001") && listed.contains("AND-CRY-001"));
}

#[test]
fn a_rule_with_an_error_costs_that_rule() {
    let here = folder("a_rule_with_an_error_costs_that_rule");
    let rules = here.to_str().unwrap();
    write(&here, "own.yaml", OWN_RULE);
    let wrong = OWN_RULE.replace("OWN-001", "OWN-002").replace("severity: low", "severity: awful");
    write(&here, "wrong.yaml", &wrong);
    write(&here, "taken.yaml", &OWN_RULE.replace("OWN-001", "AND-CRY-001"));
    let ran = scan(&[FIXED, "--rules", rules, "--format", "json"]);
    // The gate passes, but not everything ran that was asked for.
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("wrong.yaml:2:11: "), "{}", ran.stderr);
    assert!(ran.stderr.contains("taken.yaml: the rule id AND-CRY-001 is taken"), "{}", ran.stderr);
    let report = ran.json();
    let not_assessed = report["coverage"]["not_assessed"].to_string();
    assert!(not_assessed.contains("2 rule files have errors"), "{not_assessed}");
    assert!(
        rules_of(&scan(&[SAMPLE, "--rules", rules, "--format", "json"]).json())
            .contains(&"OWN-001")
    );
}

#[test]
fn same_bytes_on_any_number_of_threads() {
    for format in ["json", "sarif", "cyclonedx", "html", "terminal"] {
        let run = |threads| {
            let own = [SAMPLE, VULNERABLE, FIXED, "--format", format, "--facts"];
            scan(&[&own[..], &["--threads", threads]].concat()).stdout
        };
        let one = run("1");
        assert!(!one.is_empty());
        for threads in ["1", "4"] {
            assert!(run(threads) == one, "{format} on {threads} threads differs");
        }
    }
}

#[test]
fn files_and_streams() {
    let here = folder("files_and_streams");
    let path = here.join("report.json");
    let to_file =
        scan(&[SAMPLE, "--format", "json", "--timings", "--output", path.to_str().unwrap()]);
    assert!(to_file.stdout.is_empty());
    assert!(to_file.stderr.trim_end().ends_with(" s"), "{}", to_file.stderr);
    let to_stdout = scan(&[SAMPLE, "--format", "json"]);
    assert_eq!(std::fs::read(path).unwrap(), to_stdout.stdout);
    assert!(to_stdout.stderr.is_empty());
}

#[test]
fn comparing_versions() {
    let here = folder("comparing_versions");
    let reports = [(FIXED, "fixed"), (VULNERABLE, "vulnerable")].map(|(app, name)| {
        let path = here.join(format!("{name}.json")).to_string_lossy().into_owned();
        scan(&[app, "--format", "json", "--facts", "--output", &path]);
        path
    });
    let [fixed, vulnerable] = reports.each_ref().map(String::as_str);
    let lenient = write(&here, "lenient.yaml", LENIENT);
    let both = here.join("both.json");
    let both = both.to_str().unwrap();
    scan(&[FIXED, VULNERABLE, "--format", "json", "--output", both]);
    let other = write(&here, "other.json", "{\"bomFormat\": \"CycloneDX\"}");
    let damaged = write(&here, "damaged.json", "{\"schema_version\"");
    for (arguments, code, message) in [
        (&[FIXED, FIXED][..], 0, ""),
        (&[FIXED, VULNERABLE], 1, ""),
        (&[VULNERABLE, FIXED], 0, ""),
        (&[fixed, vulnerable], 1, ""),
        (&[FIXED, vulnerable, "--format", "html"], 1, ""),
        (&[fixed, VULNERABLE, "--baseline", &lenient], 0, ""),
        (&["absent.apk", FIXED], 2, "absent.apk"),
        (&[FIXED, both], 2, "2 apps"),
        (&[FIXED, "fixtures/rules/AND-CRY-001"], 2, "2 apps"),
        (&[FIXED, &other], 2, "not a Menshen report"),
        (&[FIXED, &damaged], 2, "damaged.json"),
        (&[FIXED], 2, "NEW"),
    ] {
        let ran = menshen(&[&["diff", "--as-of", DAY], arguments].concat());
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{arguments:?}: {}", ran.stderr);
    }
    let json = menshen(&["diff", FIXED, VULNERABLE, "--format", "json", "--as-of", DAY]).json();
    let new = json["findings"]["new"].as_array().unwrap();
    assert!(new.iter().any(|one| one["rule"] == "AND-CRY-001"), "{new:?}");
    assert!(json["facts"]["permissions"]["added"].is_array());
}

#[test]
fn checking_own_rules() {
    let here = folder("checking_own_rules");
    let rules = here.to_str().unwrap();
    write(&here, "own.yaml", OWN_RULE);
    let tests = |fires: bool| {
        format!(
            "- name: asks\n  facts: {{permissions: [{{name: android.permission.INTERNET}}]}}\n  \
             fires: true\n- name: does not\n  facts: {{permissions: [{{name: a.B}}]}}\n  \
             fires: false\n- name: built\n  input: app.apk\n  fires: {fires}\n"
        )
    };
    let lint = menshen(&["rules", "lint", rules]);
    assert_eq!(lint.code, Some(1), "{}", lint.stderr);
    assert!(
        lint.text().contains("OWN-001") && lint.text().contains("(no-tests)"),
        "{}",
        lint.text()
    );
    // A file that is not there is no test that passed.
    write(&here, "own.test.yaml", &tests(true));
    let ran = menshen(&["rules", "test", rules]);
    assert_eq!((ran.code, ran.text().contains("2 passed, 1 failed")), (Some(1), true));
    std::fs::copy(root().join(SAMPLE), here.join("app.apk")).unwrap();
    let ran = menshen(&["rules", "test", rules]);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.text().ends_with("3 passed, 0 failed\n"));
    write(&here, "own.test.yaml", &tests(false));
    let ran = menshen(&["rules", "test", "--rules", rules]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.text().contains("built: should not fire"), "{}", ran.text());
    write(&here, "own.test.yaml", "- name: [\n");
    assert_eq!(menshen(&["rules", "test", rules]).code, Some(2));
    write(&here, "own.yaml", "id: [\n");
    assert_eq!(menshen(&["rules", "lint", rules]).code, Some(2));
}

#[test]
fn built_in_rules_pass_their_own_checks() {
    let lint = menshen(&["rules", "lint"]);
    assert_eq!(lint.code, Some(0), "{}", lint.text());
    let ran = menshen(&["rules", "test", "--as-of", DAY]);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    assert!(ran.text().contains(" 0 failed\n"), "{}", ran.text());
}
