//! Loads the rules of a folder, runs their tests, and prints what is wrong or doubtful.
//! `cargo run -p menshen-rules --example check_rules -- rules/android`. Without a folder: the time
//! that the built-in pack takes to load.

use menshen_rules::{RulePack, TestStatus, lint, run_tests};
use std::path::Path;
use std::time::Instant;

fn main() {
    let Some(folder) = std::env::args().nth(1) else {
        let start = Instant::now();
        let rules = RulePack::builtin().rules().len();
        println!("{rules} rules in {:?}", start.elapsed());
        return;
    };
    let mut files = Vec::new();
    collect(Path::new(&folder), &mut files);
    files.sort();
    let (pack, errors) = RulePack::load(&files);
    let report = run_tests(&pack, &files);
    for error in errors.iter().chain(&report.errors) {
        println!("{error}");
    }
    for remark in lint(&pack, &files) {
        println!("{}: {} ({})", remark.path, remark.text.en, remark.code);
    }
    let mut passed = 0;
    for outcome in &report.outcomes {
        match &outcome.status {
            TestStatus::Passed => passed += 1,
            TestStatus::Failed(why) => println!("{}: {}: {}", outcome.path, outcome.name, why.en),
            TestStatus::NeedsScan(_) => {}
        }
    }
    println!("{} rules, {passed} of {} tests passed", pack.rules().len(), report.outcomes.len());
}

fn collect(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            let text = std::fs::read_to_string(&path).expect("readable text");
            files.push((path.display().to_string(), text));
        }
    }
}
