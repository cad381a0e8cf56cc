//! Scores the data flow analysis on `fixtures/flows/`: `cargo xtask score`.
//!
//! A case is `fixtures/flows/<category>/<Name>/` with the app built beside it, or a folder
//! `<Name>.apps/` of several apps that are analysed together. What must be found stands in the
//! sources, on the lines of the calls:
//!
//! ```text
//! String id = phone.getDeviceId(); // source: imei
//! Log.i("tag", id); // sink: imei
//! Log.i("tag", "constant"); // sink:
//! ```
//!
//! A `sink` names the sources that reach it; one without names is a call that nothing reaches.
//! What counts is the pair of source call and sink call, each as (source file, line). A flow that
//! the program reports and nobody wrote down is false, also when it has no lines.
//!
//! The program is asked once per case: `menshen flows FILE... --format json`. It answers
//! `{flows: [{source: {caller, line, ...}, sink: {caller, line, ...}, ...}]}`, `caller` being
//! `com.example.Main$1.run()V`. With `--r8` it is asked about the packages that went through R8
//! with the same sources, and the places in its answer are traced back with R8's map.

use crate::retrace::Names;
use crate::{fixtures, shell};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const GROUP: &str = "flows";
/// Flows through what a branch reveals are an option of the program, on for this category alone.
const IMPLICIT: (&str, &str) = ("implicit_flows", "--implicit");
const REPORT: &str = "docs/score-flows.md";
/// The table that `--write` replaces, and the list that it adds to.
const TABLE: (&str, &str) = ("<!-- table -->", "<!-- end of table -->");
const HISTORY: &str = "<!-- new rows above -->";

/// Top-level class of the calling code, and line.
type Place = (String, u32);
type Pair = (Place, Place);

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut binary, mut category, mut write, mut r8) = (None, None, false, false);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--write" => write = true,
            "--r8" => r8 = true,
            "--binary" => binary = Some(arguments.next().context("--binary PATH")?),
            "--category" => category = Some(arguments.next().context("--category NAME")?),
            _ => {
                bail!("usage: cargo xtask score [--binary PATH] [--category NAME] [--r8 | --write]")
            }
        }
    }
    if write && (r8 || category.is_some()) {
        bail!("--write is for the whole suite, not through R8");
    }
    let mut cases = cases()?;
    if r8 {
        cases.retain_mut(Case::take_r8);
    }
    cases.retain(|case| category.is_none_or(|name| case.category == *name));
    if cases.is_empty() {
        bail!("no such category");
    }
    let binary = match binary {
        Some(path) => std::path::absolute(path)?,
        None => build()?,
    };
    let outcomes: Vec<Outcome> =
        cases.iter().map(|case| Outcome::of(case, reported(&binary, case))).collect();
    print!("{}", wrong(&cases, &outcomes));
    let table = table(&cases, &outcomes);
    print!("{table}");
    if write { write_report(&table, &cases, &outcomes) } else { Ok(()) }
}

struct Case {
    category: String,
    name: String,
    apps: Vec<PathBuf>,
    #[cfg(test)]
    marks: Vec<Mark>,
    expected: BTreeSet<Pair>,
}

impl Case {
    /// Turns to the packages that went through R8; false when there are none.
    fn take_r8(&mut self) -> bool {
        self.apps.iter_mut().for_each(|app| *app = app.with_extension("r8.apk"));
        self.apps.iter().all(|app| app.exists())
    }

    /// The names that R8 gave; the apps of a case have packages of their own.
    fn names(&self) -> Result<Names> {
        let mut text = String::new();
        for map in self.apps.iter().map(|app| app.with_extension("map")).filter(|map| map.exists())
        {
            text.push_str(&std::fs::read_to_string(map)?);
        }
        Ok(Names::parse(&text))
    }
}

struct Outcome {
    right: BTreeSet<Pair>,
    missed: BTreeSet<Pair>,
    wrong: BTreeSet<Pair>,
    /// Flows without a line at one end at least: they match nothing.
    nowhere: Vec<String>,
    /// Why the program gave no answer.
    failure: Option<String>,
}

impl Outcome {
    fn of(case: &Case, reported: Result<(BTreeSet<Pair>, Vec<String>)>) -> Self {
        let (found, nowhere, failure) = match reported {
            Ok((found, nowhere)) => (found, nowhere, None),
            Err(error) => (BTreeSet::new(), Vec::new(), Some(format!("{error:#}"))),
        };
        Self {
            right: case.expected.intersection(&found).cloned().collect(),
            missed: case.expected.difference(&found).cloned().collect(),
            wrong: found.difference(&case.expected).cloned().collect(),
            nowhere,
            failure,
        }
    }

    fn is_exact(&self) -> bool {
        self.missed.is_empty()
            && self.wrong.is_empty()
            && self.nowhere.is_empty()
            && self.failure.is_none()
    }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    cases: usize,
    exact: usize,
    right: usize,
    missed: usize,
    wrong: usize,
    /// The same, counted once per sink call whatever the source.
    sinks: [usize; 3],
}

impl Tally {
    fn add(&mut self, outcome: &Outcome) {
        self.cases += 1;
        self.exact += usize::from(outcome.is_exact());
        self.right += outcome.right.len();
        self.missed += outcome.missed.len();
        self.wrong += outcome.wrong.len() + outcome.nowhere.len();
        let sinks = |pairs: &BTreeSet<Pair>| -> BTreeSet<Place> {
            pairs.iter().map(|(_, sink)| sink.clone()).collect()
        };
        let (right, missed, wrong) =
            (sinks(&outcome.right), sinks(&outcome.missed), sinks(&outcome.wrong));
        self.sinks[0] += right.len();
        self.sinks[1] += missed.difference(&right).count();
        self.sinks[2] += wrong.iter().filter(|s| !right.contains(s) && !missed.contains(s)).count();
        self.sinks[2] += outcome.nowhere.len();
    }
}

/// Precision, recall and their harmonic mean. Nothing found and nothing to find is perfect.
fn figures(right: usize, missed: usize, wrong: usize) -> (f64, f64, f64) {
    let share = |part: usize, whole: usize| {
        if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
    };
    let f1 = share(2 * right, 2 * right + missed + wrong);
    (share(right, right + wrong), share(right, right + missed), f1)
}

/// All cases with what is expected of them.
fn cases() -> Result<Vec<Case>> {
    let top = shell::root().join("fixtures");
    let mut grouped: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    for name in fixtures::all()? {
        let parts: Vec<&str> = name.split('/').collect();
        if let [GROUP, category, case, ..] = parts[..] {
            let key = (category.to_owned(), case.to_owned());
            grouped.entry(key).or_default().push(top.join(&name));
        }
    }
    grouped
        .into_iter()
        .map(|((category, name), folders)| {
            let mut marks = Vec::new();
            for folder in &folders {
                for file in shell::files(folder)? {
                    if file.extension().is_some_and(|end| end == "java") {
                        let text = std::fs::read_to_string(&file)?;
                        marks.extend(marks_of(&file, &text).with_context(|| name.clone())?);
                    }
                }
            }
            let expected = expected(&marks).with_context(|| format!("{category}/{name}"))?;
            let apps = folders.iter().map(|folder| folder.with_extension("apk")).collect();
            Ok(Case {
                category,
                name,
                apps,
                #[cfg(test)]
                marks,
                expected,
            })
        })
        .collect()
}

struct Mark {
    is_source: bool,
    names: Vec<String>,
    place: Place,
}

/// The `source:` and `sink:` comments of one file, whose main class has the name of the file.
fn marks_of(path: &Path, text: &str) -> Result<Vec<Mark>> {
    let package = text
        .lines()
        .find_map(|line| line.strip_prefix("package ")?.strip_suffix(';'))
        .with_context(|| format!("{}: no package", path.display()))?;
    let class = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut marks: Vec<Mark> = Vec::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        let Some((code, comment)) = line.split_once("// ") else { continue };
        if !comment.starts_with("source:") && !comment.starts_with("sink:") {
            continue;
        }
        if code.trim().is_empty() {
            bail!("{}:{number}: a mark on a line without code", path.display());
        }
        for word in comment.split_whitespace() {
            match (word, marks.last_mut()) {
                ("source:" | "sink:", _) => marks.push(Mark {
                    is_source: word == "source:",
                    names: Vec::new(),
                    place: (format!("{package}.{class}"), number),
                }),
                (name, Some(mark)) => mark.names.push(name.to_owned()),
                (_, None) => {}
            }
        }
    }
    Ok(marks)
}

fn expected(marks: &[Mark]) -> Result<BTreeSet<Pair>> {
    let mut sources = BTreeMap::new();
    for mark in marks.iter().filter(|mark| mark.is_source) {
        let [name] = &mark.names[..] else {
            bail!("{}:{}: a source has one name", mark.place.0, mark.place.1);
        };
        if sources.insert(name, &mark.place).is_some() {
            bail!("two sources {name}");
        }
    }
    let sinks: Vec<&Mark> = marks.iter().filter(|mark| !mark.is_source).collect();
    if sources.is_empty() || sinks.is_empty() {
        bail!("no source or no sink is marked");
    }
    let mut pairs = BTreeSet::new();
    for sink in sinks {
        for name in &sink.names {
            let source = sources.get(name).with_context(|| format!("no source {name}"))?;
            pairs.insert(((*source).clone(), sink.place.clone()));
        }
    }
    Ok(pairs)
}

/// Asks the program about a case.
fn reported(binary: &Path, case: &Case) -> Result<(BTreeSet<Pair>, Vec<String>)> {
    let mut command = Command::new(binary);
    command.arg("flows").args(&case.apps).args(["--format", "json"]);
    if case.category == IMPLICIT.0 {
        command.arg(IMPLICIT.1);
    }
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", binary.display()))?;
    match serde_json::from_slice(&output.stdout) {
        Ok(answer) => flows(&answer, &case.names()?),
        Err(_) => {
            let error = String::from_utf8_lossy(&output.stderr);
            bail!("{}, no JSON: {}", output.status, error.lines().next().unwrap_or_default())
        }
    }
}

fn flows(answer: &Value, names: &Names) -> Result<(BTreeSet<Pair>, Vec<String>)> {
    let (mut found, mut nowhere) = (BTreeSet::new(), Vec::new());
    for flow in answer["flows"].as_array().context("no list flows")? {
        match (place(&flow["source"], names), place(&flow["sink"], names)) {
            (Some(source), Some(sink)) => {
                found.insert((source, sink));
            }
            _ => nowhere.push(format!("{} -> {}", call(&flow["source"]), call(&flow["sink"]))),
        }
    }
    Ok((found, nowhere))
}

fn place(end: &Value, names: &Names) -> Option<Place> {
    let line = end["line"].as_u64()?.try_into().ok()?;
    let method = end["caller"].as_str()?.split('(').next()?;
    let (class, method) = method.rsplit_once('.')?;
    Some(in_file(names.original(class, method, line)))
}

/// Nested and synthetic classes are in the file of their top-level class.
fn in_file((class, line): Place) -> Place {
    (class.split('$').next().unwrap_or_default().to_owned(), line)
}

fn call(end: &Value) -> String {
    let text = |key: &str| end[key].as_str().unwrap_or("?").to_owned();
    format!("{} in {}", text("method"), text("caller"))
}

/// The list of everything that is not as expected.
fn wrong(cases: &[Case], outcomes: &[Outcome]) -> String {
    let mut text = String::new();
    let shown = |((from, line), (to, end)): &Pair| {
        let short = |class: &str| class.rsplit('.').next().unwrap_or_default().to_owned();
        format!("{}:{line} -> {}:{end}", short(from), short(to))
    };
    for (case, outcome) in cases.iter().zip(outcomes) {
        let name = format!("{}/{}", case.category, case.name);
        if let Some(failure) = &outcome.failure {
            let _ = writeln!(text, "failed  {name}: {failure}");
        }
        for pair in &outcome.missed {
            let _ = writeln!(text, "missed  {name} {}", shown(pair));
        }
        for pair in &outcome.wrong {
            let _ = writeln!(text, "false   {name} {}", shown(pair));
        }
        for flow in &outcome.nowhere {
            let _ = writeln!(text, "false   {name} {flow}");
        }
    }
    text
}

fn table(cases: &[Case], outcomes: &[Outcome]) -> String {
    let mut rows: BTreeMap<&str, Tally> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        rows.entry(&case.category).or_default().add(outcome);
    }
    let mut text = String::from(
        "\n| category | cases | exact | flows | right | missed | false | precision | recall | F1 |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for (category, tally) in rows.iter().map(|(name, tally)| (*name, *tally)) {
        row(&mut text, category, &tally);
    }
    let all = overall(outcomes);
    row(&mut text, "**all**", &all);
    let [right, missed, wrong] = all.sinks;
    let (precision, recall, f1) = figures(right, missed, wrong);
    let _ = writeln!(
        text,
        "| all, by sink call | {} | | {} | {right} | {missed} | {wrong} | {precision:.3} | {recall:.3} | {f1:.3} |",
        all.cases,
        right + missed,
    );
    text
}

fn overall(outcomes: &[Outcome]) -> Tally {
    let mut all = Tally::default();
    outcomes.iter().for_each(|outcome| all.add(outcome));
    all
}

fn row(text: &mut String, name: &str, tally: &Tally) {
    let Tally { cases, exact, right, missed, wrong, .. } = *tally;
    let (precision, recall, f1) = figures(right, missed, wrong);
    let _ = writeln!(
        text,
        "| {name} | {cases} | {exact} | {} | {right} | {missed} | {wrong} | {precision:.3} | {recall:.3} | {f1:.3} |",
        right + missed,
    );
}

/// The binary in the profile that is close to a release.
fn build() -> Result<PathBuf> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(shell::root());
    command.args(["build", "--quiet", "--locked", "--package", "menshen"]);
    shell::run(command.args(["--profile", "quickrel"]))?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(shell::target, PathBuf::from);
    Ok(target.join("quickrel/menshen"))
}

/// Puts the table into the page, and a row into its history when the figures changed.
fn write_report(table: &str, cases: &[Case], outcomes: &[Outcome]) -> Result<()> {
    let path = shell::root().join(REPORT);
    let page = std::fs::read_to_string(&path).with_context(|| REPORT)?;
    let Tally { right, missed, wrong, .. } = overall(outcomes);
    let (precision, recall, f1) = figures(right, missed, wrong);
    let figures = format!("{} | {precision:.3} | {recall:.3} | {f1:.3} |", cases.len());
    let mut git = Command::new("git");
    git.current_dir(shell::root()).args(["log", "-1", "--format=%h %s"]);
    let commit = shell::output(&mut git)?;
    std::fs::write(path, updated(&page, table, &figures, commit.trim())?)?;
    Ok(())
}

fn updated(page: &str, table: &str, figures: &str, commit: &str) -> Result<String> {
    let (before, rest) = page.split_once(TABLE.0).context("the page has no place for the table")?;
    let (_, after) = rest.split_once(TABLE.1).context("the page has no end of the table")?;
    let (mut history, end) = match after.split_once(HISTORY) {
        Some((history, end)) => (history.to_owned(), end),
        None => bail!("the page has no history"),
    };
    let last = history.trim_end().lines().last().unwrap_or_default();
    if !last.ends_with(figures) {
        let commit = commit.replace('|', "/");
        let _ = writeln!(history, "| {commit} | {figures}");
    }
    let table = table.trim();
    Ok(format!("{before}{}\n\n{table}\n\n{}{history}{HISTORY}{end}", TABLE.0, TABLE.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use menshen_android::dex::Dex;
    use menshen_archive::Zip;
    use serde_json::json;

    const SOURCE: &str = "package a.b;
class Main {
    String id = phone.getDeviceId(); // source: imei
    String sim = phone.getSimSerialNumber(); // source: sim
    BODY
}
";

    fn marks(body: &str) -> Result<BTreeSet<Pair>> {
        let text = SOURCE.replace("    BODY", body);
        expected(&marks_of(Path::new("x/Main.java"), &text)?)
    }

    fn at(line: u32) -> Place {
        ("a.b.Main".to_owned(), line)
    }

    #[test]
    fn marks_in_sources() {
        let pair = |from, to| (at(from), at(to));
        for (body, wanted) in [
            ("log(id); // sink: imei", vec![pair(3, 5)]),
            ("log(id + sim); // sink: imei sim", vec![pair(3, 5), pair(4, 5)]),
            ("log(1); // sink:", vec![]),
            ("log(phone.getLine1Number()); // source: line sink: line", vec![pair(5, 5)]),
            ("log(\"http://a\"); // sink: sim", vec![]),
        ] {
            let found = marks(body).expect(body);
            if body.contains("http://") {
                // The first "// " starts the comment; a URL has no blank after its slashes.
                assert_eq!(found.len(), 1, "{body}");
            } else {
                assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted, "{body}");
            }
        }
        for body in [
            "log(id); // sink: other",
            "get(); // source: imei",
            "get(); // source:",
            "get(); // source: a b",
            "    // sink: imei",
            "log(id);",
        ] {
            assert!(marks(body).is_err(), "{body}");
        }
    }

    #[test]
    fn answers() {
        let end =
            |caller: &str, line: Value| json!({"method": "m", "caller": caller, "line": line});
        let flow =
            |source: Value, sink: Value| json!({"flows": [{"source": source, "sink": sink}]});
        let main = || end("a.b.Main.onCreate(Landroid/os/Bundle;)V", json!(3));
        for (sink, places, nowhere) in [
            (main(), 1, 0),
            (end("a.b.Main$1.run()V", json!(5)), 1, 0),
            (end("a.b.Main$$ExternalSyntheticLambda0.<init>(La/b;)V", json!(5)), 1, 0),
            (end("a.b.Main.run()V", json!(null)), 0, 1),
            (json!(null), 0, 1),
        ] {
            let (found, lost) =
                flows(&flow(main(), sink.clone()), &Names::default()).expect("an answer");
            assert_eq!((found.len(), lost.len()), (places, nowhere), "{sink}");
            for (source, sink) in found {
                assert_eq!((source.0.as_str(), sink.0.as_str()), ("a.b.Main", "a.b.Main"));
            }
        }
        assert!(flows(&json!({"flow": []}), &Names::default()).is_err());
    }

    #[test]
    fn counting() {
        let case = Case {
            category: "c".to_owned(),
            name: "n".to_owned(),
            apps: Vec::new(),
            marks: Vec::new(),
            expected: [(at(1), at(9)), (at(2), at(9)), (at(1), at(8))].into(),
        };
        for (found, nowhere, expected) in [
            (vec![(1, 9), (2, 9), (1, 8)], 0, (1, 3, 0, 0, [2, 0, 0])),
            (vec![], 0, (0, 0, 3, 0, [0, 2, 0])),
            (vec![(1, 9), (1, 7)], 0, (0, 1, 2, 1, [1, 1, 1])),
            (vec![(1, 9), (2, 9), (1, 8), (2, 8)], 0, (0, 3, 0, 1, [2, 0, 0])),
            (vec![(1, 9), (2, 9), (1, 8)], 2, (0, 3, 0, 2, [2, 0, 2])),
        ] {
            let pairs = found.iter().map(|(from, to)| (at(*from), at(*to))).collect();
            let answer = (pairs, vec!["?".to_owned(); nowhere]);
            let outcome = Outcome::of(&case, Ok(answer));
            let tally = overall(&[outcome]);
            let counted = (tally.exact, tally.right, tally.missed, tally.wrong, tally.sinks);
            assert_eq!(counted, expected, "{found:?}");
        }
        let failed = Outcome::of(&case, Err(anyhow::anyhow!("crash")));
        assert!(!failed.is_exact() && failed.missed.len() == 3);
        assert_eq!(figures(0, 0, 0), (1.0, 1.0, 1.0));
        assert_eq!(figures(1, 1, 0), (1.0, 0.5, 2.0 / 3.0));
        assert_eq!(figures(0, 0, 2), (0.0, 1.0, 0.0));
    }

    #[test]
    fn page() {
        let page =
            format!("a\n{}\nold\n{}\n| first | 1 | 0.5 |\n{HISTORY}\nend\n", TABLE.0, TABLE.1);
        let same = updated(&page, "new", "1 | 0.5 |", "abc later").expect("a page");
        assert!(same.contains("new") && !same.contains("old") && !same.contains("later"));
        let changed = updated(&page, "new", "1 | 0.6 |", "abc a|b").expect("a page");
        assert!(changed.contains("| abc a/b | 1 | 0.6 |\n"));
        assert!(updated("nothing", "new", "", "").is_err());
    }

    /// Places of all calls in an app, the code in a jar inside it included.
    fn calls(bytes: &[u8], names: &Names, places: &mut BTreeSet<Place>) {
        let zip = Zip::parse(bytes).0.expect("a zip file");
        for entry in zip.entries() {
            let content = || zip.read(entry, 1 << 20).expect("an entry");
            if entry.name.ends_with(".jar") {
                calls(&content(), names, places);
            } else if entry.name.ends_with(".dex") {
                calls_of_dex(&Dex::parse(&content()).0.expect("a DEX file"), names, places);
            }
        }
    }

    fn calls_of_dex(dex: &Dex<'_>, names: &Names, places: &mut BTreeSet<Place>) {
        for class in dex.classes() {
            let name = dex.type_name(class.ty).expect("a class").to_string();
            let name = name.trim_start_matches('L').trim_end_matches(';').replace('/', ".");
            for method in dex.class_data(&class).expect("members").methods() {
                let Some(code) = dex.code(method).expect("code") else { continue };
                let id = dex.method(method.id).expect("a method").name;
                let method = dex.string(id).expect("a name").to_string();
                for insn in code.units.instructions().filter(|insn| insn.op.is_invoke()) {
                    let line = code.line_of(dex, insn.pc);
                    places.extend(line.map(|line| in_file(names.original(&name, &method, line))));
                }
            }
        }
    }

    fn calls_of(case: &Case) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        for app in &case.apps {
            let bytes = std::fs::read(app).expect("a built app");
            calls(&bytes, &case.names().expect("names"), &mut places);
        }
        places
    }

    /// A mark on a line without a call could never be met.
    #[test]
    fn marks_are_on_calls() {
        let mut cases = cases().expect("cases");
        let (mut lost, mut silent) = (Vec::new(), 0);
        for case in &cases {
            let places = calls_of(case);
            let marks = case.marks.iter().filter(|mark| !places.contains(&mark.place));
            lost.extend(
                marks.map(|mark| format!("{}/{} {:?}", case.category, case.name, mark.place)),
            );
            silent += usize::from(case.expected.is_empty());
        }
        assert!(silent * 3 >= cases.len(), "{silent} of {} cases are without flows", cases.len());
        // R8 may drop a call that nothing reaches, but no end of a flow.
        cases.retain_mut(Case::take_r8);
        assert!(cases.len() >= 100, "{} cases through R8", cases.len());
        for case in &cases {
            let places = calls_of(case);
            let ends = case.expected.iter().flat_map(|(source, sink)| [source, sink]);
            let gone = ends.filter(|place| !places.contains(*place));
            lost.extend(gone.map(|place| format!("{}/{} R8 {place:?}", case.category, case.name)));
        }
        assert!(lost.is_empty(), "{lost:#?}");
    }
}
