//! The cases of `fixtures/compliance/cases`: an app, perhaps a policy and a behaviour log, and the
//! verdict expected of every clause. Expected verdicts were written by hand.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Case {
    why: String,
    app: String,
    standard: String,
    policy: Option<String>,
    log: Option<String>,
    r#type: Option<String>,
    answers: Option<String>,
    /// Clauses that are not named are not looked at.
    part: bool,
    fail: Vec<String>,
    review: Vec<String>,
    pass: Vec<String>,
    not_applicable: Vec<String>,
}

fn comply(arguments: &[&str]) -> (Option<i32>, Vec<u8>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_menshen"))
        .arg("comply")
        .args(["--lang", "en", "--as-of", "2026-11-25"])
        .args(arguments)
        .output()
        .expect("menshen runs");
    (output.status.code(), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
}

fn run(case: &Case) -> Value {
    let root = fixtures();
    let path =
        |folder: &str, name: &str| root.join(folder).join(name).to_string_lossy().into_owned();
    let mut arguments = vec![
        path(".", &format!("{}.apk", case.app)),
        "--standard".to_owned(),
        case.standard.clone(),
        "--format".to_owned(),
        "json".to_owned(),
    ];
    for (flag, value) in [
        ("--policy", case.policy.as_ref().map(|name| path("compliance/policies", name))),
        ("--log", case.log.as_ref().map(|name| path("compliance/logs", name))),
        ("--answers", case.answers.as_ref().map(|name| path("compliance/answers", name))),
        ("--type", case.r#type.clone()),
    ] {
        if let Some(value) = value {
            arguments.extend([flag.to_owned(), value]);
        }
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (_, out, errors) = comply(&arguments);
    serde_json::from_slice(&out).unwrap_or_else(|error| panic!("{}: {error}\n{errors}", case.app))
}

#[test]
fn every_clause_gets_the_expected_verdict() {
    let folder = fixtures().join("compliance/cases");
    let mut names: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("cases")
        .map(|entry| entry.expect("entry").path())
        .collect();
    names.sort();
    assert!(names.len() >= 60, "{} cases", names.len());
    let mut wrong = Vec::new();
    let mut seen: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for path in &names {
        let text = std::fs::read_to_string(path).expect("a case");
        let case: Case = serde_saphyr::from_str(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"));
        let mut expected: BTreeMap<&str, &str> = BTreeMap::new();
        for (verdict, ids) in [
            ("fail", &case.fail),
            ("review", &case.review),
            ("pass", &case.pass),
            ("not-applicable", &case.not_applicable),
        ] {
            expected.extend(ids.iter().map(|id| (id.as_str(), verdict)));
        }
        let result = run(&case);
        for control in result["controls"].as_array().expect("controls") {
            let id = control["id"].as_str().expect("id");
            let verdict = control["verdict"].as_str().expect("verdict");
            *seen.entry(id.to_owned()).or_default().entry(verdict.to_owned()).or_default() += 1;
            let wanted = match expected.remove(id) {
                Some(wanted) => wanted,
                None if case.part => continue,
                None => "not-assessed",
            };
            if verdict != wanted {
                let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                wrong.push(format!(
                    "{name} ({}): {id} is {verdict}, not {wanted}: {}",
                    case.why, control["reason"]["en"]
                ));
            }
        }
        wrong.extend(expected.keys().map(|id| format!("{path:?}: no clause {id}")));
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let lacking = lacking(&seen);
    assert!(lacking.is_empty(), "clauses without a failing or a passing case: {lacking:?}");
}

/// Clauses that a tool decides and that no case fails, or none passes.
fn lacking(seen: &BTreeMap<String, BTreeMap<String, usize>>) -> Vec<String> {
    let clauses =
        menshen_comply::catalogue().standards.iter().flat_map(|standard| &standard.clauses);
    let mut lacking = Vec::new();
    for clause in clauses.filter(|clause| clause.decided != menshen_comply::Decided::Person) {
        for verdict in ["fail", "pass"] {
            if seen.get(&clause.id).is_none_or(|verdicts| !verdicts.contains_key(verdict)) {
                lacking.push(format!("{} {verdict}", clause.id));
            }
        }
    }
    lacking
}

fn app(name: &str) -> String {
    fixtures().join(format!("consent/{name}.apk")).to_string_lossy().into_owned()
}

#[test]
fn what_cannot_be_used_is_said_and_ends_with_2() {
    let text = fixtures().join("compliance/policies/empty.txt").to_string_lossy().into_owned();
    let quiet = app("quiet");
    for (arguments, expected) in [
        (vec!["missing.apk"], "cannot read"),
        (vec![quiet.as_str(), "--type", "没有的类型"], "is none of"),
        (vec![quiet.as_str(), "--standard", "999"], "is none of"),
        (vec![quiet.as_str(), "--policy", "missing.html"], "cannot read"),
        (vec![quiet.as_str(), "--as-of", "soon"], "--as-of"),
        (vec![text.as_str()], ""),
    ] {
        let (code, _, errors) = comply(&arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(expected), "{arguments:?}: {errors}");
    }
}

#[test]
fn exit_code_follows_the_verdicts() {
    let code = |name: &str, standard: &str| comply(&[&app(name), "--standard", standard]).0;
    assert_eq!(code("quiet", "26"), Some(0));
    assert_eq!(code("nameless", "26"), Some(1));
}

#[test]
fn a_checklist_can_be_read_back() {
    let (_, out, _) = comply(&[&app("quiet"), "--standard", "191", "--checklist"]);
    let text = String::from_utf8(out).expect("text");
    assert!(text.contains("191-1.3:"), "{text}");
    let filled = text.replace("191-1.3:\n    verdict: \"\"", "191-1.3:\n    verdict: pass");
    assert_ne!(text, filled);
    let path = std::env::temp_dir().join(format!("menshen-checklist-{}.yaml", std::process::id()));
    std::fs::write(&path, filled).expect("written");
    let answers = path.to_string_lossy().into_owned();
    let (_, out, errors) =
        comply(&[&app("quiet"), "--standard", "191", "--answers", &answers, "--format", "json"]);
    let _ = std::fs::remove_file(&path);
    let result: Value = serde_json::from_slice(&out).unwrap_or_else(|e| panic!("{e}: {errors}"));
    let controls = result["controls"].as_array().expect("controls");
    let control = controls.iter().find(|control| control["id"] == "191-1.3").expect("the clause");
    assert_eq!(control["verdict"], "pass");
    assert_eq!(control["person"]["tool_verdict"], "not-assessed");
}

#[test]
fn reports_name_what_was_found() {
    let policy = fixtures().join("compliance/policies/bare.yaml").to_string_lossy().into_owned();
    let sdk = app("sdk-early");
    let base = [sdk.as_str(), "--policy", &policy, "--standard", "191"];
    for (format, expected) in [
        ("terminal", vec!["191-3.1", "App.onCreate → UMConfigure.init", "Android ID"]),
        ("csv", vec!["SDK,", "android_id", "not declared"]),
        ("html", vec!["id=\"c-191-3-1\"", "com.umeng.commonsdk.UMConfigure.init", "附录 B"]),
    ] {
        let (_, out, _) = comply(&[&base[..], &["--format", format]].concat());
        let text = String::from_utf8(out).expect("text");
        for expected in expected {
            assert!(text.contains(expected), "{format} without {expected}");
        }
        let (_, again, _) = comply(&[&base[..], &["--format", format]].concat());
        assert_eq!(text.as_bytes(), again, "{format} differs from run to run");
    }
}
