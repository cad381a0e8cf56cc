//! Rule tests: `ecb.test.yaml` beside `ecb.yaml`.
//!
//! A test gives facts and says whether the rule fires on them:
//!
//! ```yaml
//! - name: explicit ECB
//!   facts:
//!     calls: [{class: javax.crypto.Cipher, method: getInstance, arg0: AES/ECB/PKCS5Padding, caller_class: a.B, caller_method: c}]
//!   fires: true
//!   subjects: [AES/ECB/PKCS5Padding]   # optional, in any order, exact
//!   severity: high                     # optional: of the most important finding
//!   confidence: high                   # optional: likewise
//! - name: built fixture
//!   input: vulnerable.apk              # run by who can scan; here it counts as not run
//!   fires: true
//! ```
//!
//! Fields of a fact that are left out have their type's default. A value of the code may be
//! written as in reports (`{is: str, value: AES}`) or plainly (`AES`, `0`, `true`, `null`, a
//! list for an array). `owner` is `app` unless given; `path` is `classes.dex` for facts of the
//! code and `AndroidManifest.xml` for others.

use crate::error::{Problems, RuleError};
use crate::evaluate::{Options, evaluate, severity_name};
use crate::load::{CONFIDENCES, Loader, Patterns, SEVERITIES};
use crate::model::Rule;
use crate::node::{Kind, Node};
use crate::pack::RulePack;
use menshen_base::{CodePlace, Confidence, Finding, Owner, Place, Severity, Text};
use menshen_facts::{Facts, FieldType, KINDS, KindInfo};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// One test of a rule.
#[derive(Debug)]
pub struct RuleTest {
    pub name: String,
    pub input: TestInput,
    pub expected: Expected,
}

/// What a rule is run on.
#[derive(Debug)]
pub enum TestInput {
    Facts(Box<Facts>),
    /// File below `fixtures/rules/<rule id>/`.
    File(String),
}

/// What a test asks of the findings of its rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    pub fires: bool,
    pub subjects: Option<Vec<String>>,
    pub severity: Option<Severity>,
    pub confidence: Option<Confidence>,
}

/// How one test went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TestOutcome {
    pub rule: String,
    /// Of the test file.
    pub path: String,
    pub name: String,
    pub status: TestStatus,
    /// The rule was to fire.
    pub fires: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "status", content = "detail")]
pub enum TestStatus {
    Passed,
    Failed(Text),
    /// Needs a scan of this file; see [`Expected::check`].
    NeedsScan(String),
}

/// How the tests of a pack went.
#[derive(Debug, Default)]
pub struct TestReport {
    pub outcomes: Vec<TestOutcome>,
    /// Test files that could not be read.
    pub errors: Vec<RuleError>,
}

impl Expected {
    /// `Err` says in what way the findings (of any rules) are not what the test of this rule asks.
    pub fn check(&self, rule: &str, findings: &[Finding]) -> Result<(), Text> {
        let mine: Vec<&Finding> = findings.iter().filter(|f| f.rule == rule).collect();
        let mut subjects: Vec<&str> =
            mine.iter().flat_map(|f| &f.locations).map(|l| l.subject.as_str()).collect();
        subjects.sort_unstable();
        let list = subjects.join(" | ");
        if self.fires == mine.is_empty() {
            return Err(if self.fires {
                Text::new("应触发而未触发", "should fire and did not")
            } else {
                Text::new(
                    format!("不应触发，却触发于：{list}"),
                    format!("should not fire, but did on: {list}"),
                )
            });
        }
        if let Some(expected) = &self.subjects {
            let mut expected: Vec<&str> = expected.iter().map(String::as_str).collect();
            expected.sort_unstable();
            if expected != subjects {
                let wanted = expected.join(" | ");
                return Err(Text::new(
                    format!("对象应为：{wanted}；实为：{list}"),
                    format!("subjects should be: {wanted}; they are: {list}"),
                ));
            }
        }
        let severity = mine.iter().map(|f| f.severity).max();
        if let Some(wanted) = self.severity.filter(|wanted| Some(*wanted) != severity) {
            let (wanted, found) = (severity_name(wanted), severity.map_or("-", severity_name));
            return Err(Text::new(
                format!("严重程度应为 {wanted}，实为 {found}"),
                format!("severity should be {wanted} and is {found}"),
            ));
        }
        let confidence = mine.iter().map(|f| f.confidence).max();
        if let Some(wanted) = self.confidence.filter(|wanted| Some(*wanted) != confidence) {
            let name = |c| CONFIDENCES.iter().find(|(_, v)| Some(*v) == c).map_or("-", |(n, _)| *n);
            let (wanted, found) = (name(Some(wanted)), name(confidence));
            return Err(Text::new(
                format!("置信度应为 {wanted}，实为 {found}"),
                format!("confidence should be {wanted} and is {found}"),
            ));
        }
        Ok(())
    }
}

/// Path of the test file that belongs to the rule file: `a/ecb.yaml` -> `a/ecb.test.yaml`.
pub fn test_path(rule_path: &str) -> String {
    let (stem, extension) = match rule_path.rsplit_once('.') {
        Some((stem, extension @ ("yaml" | "yml"))) => (stem, extension),
        _ => (rule_path, "yaml"),
    };
    format!("{stem}.test.{extension}")
}

/// Runs the tests of every rule of the pack whose test file is among the files.
pub fn run_tests<P: AsRef<str>, T: AsRef<str>>(pack: &RulePack, files: &[(P, T)]) -> TestReport {
    let mut report = TestReport::default();
    for rule in pack.rules() {
        let path = test_path(&rule.path);
        let Some((_, text)) = files.iter().find(|(p, _)| p.as_ref() == path) else { continue };
        match parse_tests(&path, text.as_ref()) {
            Ok(tests) => {
                report.outcomes.extend(tests.iter().map(|test| run(pack, rule, &path, test)));
            }
            Err(errors) => report.errors.extend(errors),
        }
    }
    report
}

fn run(pack: &RulePack, rule: &Rule, path: &str, test: &RuleTest) -> TestOutcome {
    let status = match &test.input {
        TestInput::File(file) => TestStatus::NeedsScan(file.clone()),
        TestInput::Facts(facts) => {
            let alone = pack.filtered(|other| other.id == rule.id);
            let findings = evaluate(&alone, facts, &Options::complete());
            match test.expected.check(&rule.id, &findings) {
                Ok(()) => TestStatus::Passed,
                Err(detail) => TestStatus::Failed(detail),
            }
        }
    };
    TestOutcome {
        rule: rule.id.clone(),
        path: path.to_owned(),
        name: test.name.clone(),
        status,
        fires: test.expected.fires,
    }
}

/// Reads a test file.
pub fn parse_tests(path: &str, text: &str) -> Result<Vec<RuleTest>, Vec<RuleError>> {
    let mut problems = Problems::new(path);
    let mut tests = Vec::new();
    if let Some(node) = problems.parse(text) {
        let mut loader = Loader::new(&mut problems, Patterns::Check);
        for item in loader.list(&node).unwrap_or_default() {
            tests.extend(test(&mut loader, item));
        }
    }
    if problems.errors.is_empty() { Ok(tests) } else { Err(problems.errors) }
}

fn test(loader: &mut Loader<'_, '_>, node: &Node) -> Option<RuleTest> {
    loader.entries(node, "规则测试", "a rule test")?;
    loader.keys(node, &["name", "facts", "input", "fires", "subjects", "severity", "confidence"]);
    let name = loader.required(node, "name")?;
    let name = loader.string(name)?.to_owned();
    let fires = loader.required(node, "fires")?;
    let fires = loader.bool(fires)?;
    let subjects = match node.get("subjects") {
        Some(list) => Some(loader.strings(list)?),
        None => None,
    };
    let severity = node.get("severity").and_then(|n| loader.choice(n, SEVERITIES));
    let confidence = node.get("confidence").and_then(|n| loader.choice(n, CONFIDENCES));
    let input = match (node.get("facts"), node.get("input")) {
        (Some(facts), None) => TestInput::Facts(Box::new(facts_of(loader, facts)?)),
        (None, Some(file)) => TestInput::File(loader.string(file)?.to_owned()),
        _ => {
            loader.at(
                node,
                "测试须恰好有 facts 或 input 之一",
                "a test has either facts or an input",
            );
            return None;
        }
    };
    Some(RuleTest { name, input, expected: Expected { fires, subjects, severity, confidence } })
}

fn facts_of(loader: &mut Loader<'_, '_>, node: &Node) -> Option<Facts> {
    let mut facts = Facts::default();
    for entry in loader.entries(node, "事实列表", "lists of facts")? {
        let Some(info) = KINDS.iter().find(|info| info.list == entry.key) else {
            let known = KINDS.iter().map(|info| info.list).collect::<Vec<_>>().join(", ");
            let name = &entry.key;
            loader.at(
                &entry.value,
                format!("没有事实列表 {name:?}；可用：{known}"),
                format!("no list of facts is called {name:?}; possible: {known}"),
            );
            continue;
        };
        let items = match &entry.value.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(&entry.value),
        };
        for (ordinal, item) in (0u32..).zip(items) {
            push(loader, &mut facts, info, item, ordinal);
        }
    }
    Some(facts)
}

/// Adds one fact to its list.
fn push(
    loader: &mut Loader<'_, '_>,
    facts: &mut Facts,
    info: &'static KindInfo,
    node: &Node,
    ordinal: u32,
) -> Option<()> {
    let mut fields = serde_json::Map::new();
    let mut owner = Owner::App;
    let mut path = None;
    for entry in loader.entries(node, "事实", "a fact")? {
        let field = info.fields.iter().find(|field| field.name == entry.key);
        if entry.key == "path" {
            path = Some(loader.string(&entry.value)?.to_owned());
        }
        match field {
            Some(field) if field.ty == FieldType::Arg => {
                fields.insert(entry.key.clone(), arg(&entry.value));
            }
            Some(_) => {
                fields.insert(entry.key.clone(), entry.value.to_json());
            }
            None if entry.key == "owner" => match loader.string(&entry.value)?.parse() {
                Ok(parsed) => owner = parsed,
                Err(message) => loader.at(&entry.value, message.clone(), message),
            },
            None if entry.key == "path" => {}
            None => loader.no_field(entry, &[info]),
        }
    }
    let place = place(info, &fields, path, ordinal);
    let pushed = facts.push_from(info.list, Json::Object(fields), place, owner);
    if let Some(Err(error)) = pushed {
        loader.at(node, format!("事实有误：{error}"), format!("not a fact: {error}"));
    }
    Some(())
}

/// Where the fact would have been seen; calls of one test are told apart by their order.
fn place(
    info: &KindInfo,
    fields: &serde_json::Map<String, Json>,
    path: Option<String>,
    ordinal: u32,
) -> Place {
    let (class, member) = match info.name {
        "call" | "field_read" => ("caller_class", "caller_method"),
        "implementation" => ("class", "method"),
        "flow" => ("sink_class", "sink_caller"),
        _ => return Place::file(path.unwrap_or_else(|| "AndroidManifest.xml".to_owned())),
    };
    let text = |key| fields.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
    Place {
        path: path.unwrap_or_else(|| "classes.dex".to_owned()),
        offset: None,
        code: Some(CodePlace {
            class: text(class),
            member: text(member),
            instruction: Some(ordinal),
            line: None,
        }),
    }
}

/// A value of the code, as `ArgValue` is serialised, from its plain or full form.
fn arg(node: &Node) -> Json {
    match &node.kind {
        Kind::Null => json!({"is": "null"}),
        Kind::Bool(value) => json!({"is": "int", "value": i64::from(*value)}),
        Kind::Int(number) => json!({"is": "int", "value": number}),
        Kind::Float(number) => json!({"is": "str", "value": number.to_string()}),
        Kind::Str(text) => json!({"is": "str", "value": text}),
        Kind::Seq(items) => {
            json!({"is": "array", "value": items.iter().map(arg).collect::<Vec<_>>()})
        }
        Kind::Map(_) => {
            let mut full = node.to_json();
            if let (Some(Kind::Seq(items)), Some(value)) =
                (node.get("value").map(|n| &n.kind), full.get_mut("value"))
            {
                *value = items.iter().map(arg).collect();
            }
            // `is: null` is the YAML null, not the word.
            if full.get("is").is_some_and(Json::is_null) {
                full["is"] = json!("null");
            }
            if let Some(Json::Object(object)) = full.get_mut("value") {
                object.entry("object").or_insert(json!(0));
            }
            full
        }
    }
}
