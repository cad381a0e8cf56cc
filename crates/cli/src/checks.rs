//! `menshen rules lint` and `menshen rules test`: for who writes rules.
//!
//! Both look at the built-in rules, or at the folders that were named and nothing else. Exit code
//! 0: nothing to say; 1: a remark, or a test that failed; 2: a file that cannot be used.

use crate::arguments::{RuleFolders, RuleTestArguments, language};
use crate::{date, output, rules};
use anyhow::Result;
use menshen_base::{Lang, Text};
use menshen_rules::{
    Baseline, RuleError, RulePack, TestOutcome, TestStatus, lint as remarks_on, parse_tests,
    run_tests,
};
use menshen_scan::{Depth, Options, assess, discover};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The rules that are looked at, with the files they come from.
struct Subject {
    pack: RulePack,
    files: Vec<(String, String)>,
    errors: Vec<RuleError>,
    builtin: bool,
}

fn subject(which: &RuleFolders) -> Result<Subject> {
    let folders: Vec<&PathBuf> = which.folders.iter().chain(&which.rules).collect();
    let owned = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    let mut files = Vec::new();
    for folder in &folders {
        files.extend(rules::read(folder)?);
    }
    let builtin = folders.is_empty();
    if builtin {
        files.extend(RulePack::builtin_sources().iter().map(owned));
    }
    let (pack, mut errors) = RulePack::load(&files);
    if !builtin {
        // The folder of the built-in rules themselves may be looked at too.
        let own = |error: &RuleError| {
            !RulePack::builtin_sources().iter().any(|(path, _)| error.path.ends_with(path))
        };
        errors.extend(RulePack::builtin().with(&pack).1.into_iter().filter(own));
    }
    Ok(Subject { pack, files, errors, builtin })
}

fn say(errors: &[RuleError], lang: Lang) {
    for error in errors {
        eprintln!("menshen: {}", rules::located(error, lang));
    }
}

pub(crate) fn lint(which: &RuleFolders) -> Result<ExitCode> {
    let lang = language(which.lang);
    let Subject { pack, files, errors, .. } = subject(which)?;
    say(&errors, lang);
    let remarks = remarks_on(&pack, &files);
    let (rules, count) = (pack.rules().len(), remarks.len());
    output::write(None, |out| {
        for remark in &remarks {
            let text = remark.text.get(lang);
            writeln!(out, "{}: {}: {text} ({})", remark.path, remark.rule, remark.code)?;
        }
        match lang {
            Lang::Zh => writeln!(out, "规则 {rules} 条，提示 {count} 条，错误 {} 个", errors.len()),
            Lang::En => writeln!(out, "{rules} rules, {count} remarks, {} errors", errors.len()),
        }
    })?;
    Ok(match (errors.is_empty(), remarks.is_empty()) {
        (false, _) => ExitCode::from(2),
        (true, false) => ExitCode::from(1),
        (true, true) => ExitCode::SUCCESS,
    })
}

pub(crate) fn test(arguments: &RuleTestArguments) -> Result<ExitCode> {
    let lang = language(arguments.which.lang);
    let as_of = date::chosen(arguments.as_of.as_deref())?;
    let subject = subject(&arguments.which)?;
    let mut report = run_tests(&subject.pack, &subject.files);
    let scans = Scans { subject: &subject, fixtures: &arguments.fixtures, as_of: &as_of };
    report.outcomes.par_iter_mut().for_each(|outcome| scans.finish(outcome));
    report.errors.splice(0..0, subject.errors.iter().cloned());
    say(&report.errors, lang);
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    output::write(None, |out| {
        for outcome in &report.outcomes {
            let TestOutcome { rule, path, name, .. } = outcome;
            match &outcome.status {
                TestStatus::Passed => passed += 1,
                TestStatus::Failed(detail) => {
                    failed += 1;
                    writeln!(out, "{path}: {rule}: {name}: {}", detail.get(lang))?;
                }
                TestStatus::NeedsScan(_) => skipped += 1,
            }
        }
        let folder = arguments.fixtures.display();
        match (lang, skipped) {
            (Lang::Zh, 0) => writeln!(out, "通过 {passed} 项，失败 {failed} 项"),
            (Lang::En, 0) => writeln!(out, "{passed} passed, {failed} failed"),
            (Lang::Zh, _) => writeln!(
                out,
                "通过 {passed} 项，失败 {failed} 项，因没有目录 {folder} 未运行 {skipped} 项"
            ),
            (Lang::En, _) => writeln!(
                out,
                "{passed} passed, {failed} failed, {skipped} not run for want of the folder {folder}"
            ),
        }
    })?;
    Ok(match (report.errors.is_empty(), failed) {
        (false, _) => ExitCode::from(2),
        (true, 0) => ExitCode::SUCCESS,
        (true, _) => ExitCode::from(1),
    })
}

/// Runs the tests whose input is a file.
struct Scans<'a> {
    subject: &'a Subject,
    fixtures: &'a Path,
    as_of: &'a str,
}

impl Scans<'_> {
    fn finish(&self, outcome: &mut TestOutcome) {
        let TestStatus::NeedsScan(file) = &outcome.status else { return };
        // Who has the program alone has no built fixtures.
        if self.subject.builtin && !self.fixtures.is_dir() {
            return;
        }
        let result = self.check(outcome, file);
        outcome.status = match result {
            Ok(()) => TestStatus::Passed,
            Err(detail) => TestStatus::Failed(detail),
        };
    }

    fn check(&self, outcome: &TestOutcome, file: &str) -> Result<(), Text> {
        let beside = Path::new(&outcome.path).with_file_name(file);
        let path = Some(self.fixtures.join(&outcome.rule).join(file))
            .filter(|path| path.exists())
            .unwrap_or(beside);
        let (inputs, _) = discover(std::slice::from_ref(&path));
        let [input] = inputs.as_slice() else {
            let path = path.display();
            return Err(Text::new(
                format!("{path} 不是一个应用"),
                format!("{path} is not one app"),
            ));
        };
        let options = Options {
            depth: Depth::Deep,
            pack: &self.subject.pack,
            baseline: &Baseline::builtin(),
            as_of: self.as_of,
            compliance: false,
        };
        let scanned = assess(input, &options);
        if !scanned.readable {
            let path = path.display();
            return Err(Text::new(format!("{path} 无法读取"), format!("{path} cannot be read")));
        }
        let text = self.subject.files.iter().find(|(path, _)| *path == outcome.path);
        let tests = text.and_then(|(path, text)| parse_tests(path, text).ok());
        // Found by name: the outcome came out of the same file.
        let test = tests.iter().flatten().find(|test| test.name == outcome.name);
        test.map_or(Ok(()), |test| test.expected.check(&outcome.rule, &scanned.assessment.findings))
    }
}
