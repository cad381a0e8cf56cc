//! Twins: of each rule with built fixtures, the app with the mistake makes it fire and the app
//! without it does not. The apps differ in nothing else that matters. Pairs that cannot be told
//! apart yet stand in `twins_open.tsv` with the reason.

mod common;

use common::{DAY, menshen, root, rules_of};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Built files called `stem` (`vulnerable.apk`, `vulnerable.splits`, …) by the rule they are for.
fn built(stem: &str) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for folder in std::fs::read_dir(root().join("fixtures/rules")).unwrap() {
        let folder = folder.unwrap();
        let rule = folder.file_name().to_string_lossy().into_owned();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            // The folder of the same name without an ending holds the sources.
            let is_built = path.extension().is_some();
            if is_built && path.file_stem().is_some_and(|name| name == stem) {
                assert!(found.insert(rule.clone(), path).is_none(), "{rule}: two of {stem}");
            }
        }
    }
    found
}

/// One run over all of them: reports come in the order of the arguments.
fn scan(files: &BTreeMap<String, PathBuf>) -> Vec<Value> {
    let mut arguments: Vec<String> =
        ["scan", "--depth", "deep", "--format", "json", "--as-of", DAY].map(str::to_owned).into();
    arguments.extend(files.values().map(|path| path.to_string_lossy().into_owned()));
    let ran = menshen(&arguments);
    assert_ne!(ran.code, Some(2), "{}", ran.stderr);
    let reports = ran.json()["artifacts"].as_array().expect("several artifacts").clone();
    assert_eq!(reports.len(), files.len());
    reports
}

#[test]
fn vulnerable_fires_and_fixed_does_not() {
    let (vulnerable, fixed) = (built("vulnerable"), built("fixed"));
    assert!(vulnerable.len() > 100, "fixtures are missing: {}", vulnerable.len());
    assert_eq!(
        vulnerable.keys().collect::<Vec<_>>(),
        fixed.keys().collect::<Vec<_>>(),
        "a twin is missing"
    );
    let mut wrong = BTreeSet::new();
    for (files, app) in [(&vulnerable, "vulnerable"), (&fixed, "fixed")] {
        for ((rule, path), report) in files.iter().zip(scan(files)) {
            let name = path.file_name().unwrap().to_string_lossy();
            assert_eq!(report["artifact"]["name"], *name, "reports are not in order");
            if rules_of(&report).contains(&rule.as_str()) != (app == "vulnerable") {
                wrong.insert((rule.clone(), app.to_owned()));
            }
        }
    }
    let open: BTreeSet<(String, String)> = include_str!("twins_open.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut fields = line.split('\t').map(str::to_owned);
            (fields.next().unwrap(), fields.next().expect("rule, app, why"))
        })
        .collect();
    let list = |set: Vec<&(String, String)>| {
        set.iter().map(|(rule, app)| format!("{rule} on {app}")).collect::<Vec<_>>().join(", ")
    };
    let unexpected = list(wrong.difference(&open).collect());
    assert!(unexpected.is_empty(), "wrong: {unexpected}");
    let right = list(open.difference(&wrong).collect());
    assert!(right.is_empty(), "now right, remove from twins_open.tsv: {right}");
}
