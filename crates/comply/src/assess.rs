//! From facts, policy, log and answers to verdicts on every clause.

use crate::answers::Answers;
use crate::behaviour::BehaviourLog;
use crate::catalogue::{AppType, Clause, Need, Standard, catalogue};
use crate::declared::{Declared, PolicyInput};
use crate::inventory;
use crate::result::{
    Compliance, Control, Counts, Evidence, InventoryRow, PermissionRow, PersonSays, PolicySummary,
    SdkRow, Subject, TypeName, Verdict,
};
use crate::tables::{Weight, weight};
use crate::verdicts;
use menshen_base::{Owner, Place, ScanIssue, Text};
use menshen_facts::{Collection, Fact, Facts, How};

/// Version of the JSON form.
pub const SCHEMA_VERSION: &str = "1.0";
/// Evidence kept of one clause.
const EVIDENCE_MAX: usize = 20;

/// What was scanned, as the report names it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Artifact<'a> {
    /// As the user named it, without folders.
    pub name: &'a str,
    pub sha256: Option<&'a str>,
    pub size_bytes: u64,
    pub package: Option<&'a str>,
    pub label: Option<&'a str>,
    pub version_name: Option<&'a str>,
    pub version_code: Option<i64>,
    pub min_sdk: Option<i64>,
    pub target_sdk: Option<i64>,
}

/// All that a run is given.
#[derive(Debug, Clone, Copy)]
pub struct Inputs<'a> {
    pub artifact: Artifact<'a>,
    /// Of a scan that was asked for [`crate::collect::interest`] and ran
    /// [`crate::collect::collect`].
    pub facts: &'a Facts,
    pub scan_issues: &'a [ScanIssue],
    /// DEX files in the package, read or not.
    pub dex_files: u64,
    /// The day of the report, ISO 8601.
    pub as_of: &'a str,
    pub policy: &'a PolicyInput,
    pub app_type: Option<&'a AppType>,
    pub log: Option<&'a BehaviourLog>,
    pub answers: &'a Answers,
    /// Codes of the documents, in the order of the report.
    pub standards: &'a [String],
}

/// What the verdicts look at.
pub(crate) struct Context<'a> {
    pub(crate) facts: &'a Facts,
    /// Of the code and of the log together.
    pub(crate) collections: Vec<Fact<Collection>>,
    pub(crate) policy: &'a PolicyInput,
    pub(crate) app_type: Option<&'a AppType>,
    pub(crate) log: Option<&'a BehaviourLog>,
    pub(crate) inventory: Vec<InventoryRow>,
    pub(crate) sdks: Vec<SdkRow>,
    pub(crate) permissions: Vec<PermissionRow>,
    /// Why finding nothing in the code proves nothing.
    pub(crate) code_gap: Option<Text>,
    pub(crate) package_gap: Option<Text>,
    pub(crate) target_sdk: i64,
}

/// A verdict before the person is heard.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) verdict: Verdict,
    pub(crate) reason: Text,
    pub(crate) evidence: Vec<Evidence>,
}

impl Outcome {
    pub(crate) fn new(verdict: Verdict, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { verdict, reason: Text::new(zh, en), evidence: Vec::new() }
    }

    pub(crate) fn with(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }
}

/// Judges every clause of the chosen documents.
pub fn assess(inputs: &Inputs<'_>) -> Compliance {
    let context = context(inputs);
    let mut controls = Vec::new();
    let mut documents = Vec::new();
    for standard in inputs.standards.iter().filter_map(|code| catalogue().standard(code)) {
        documents.push(standard.document.clone());
        let first = controls.len();
        for clause in &standard.clauses {
            controls.push(control(&context, standard, clause, inputs.answers));
        }
        sum_up(controls.get_mut(first..).unwrap_or_default(), inputs.answers);
    }
    let mut counts = Counts::default();
    for control in &controls {
        *match control.verdict {
            Verdict::Fail => &mut counts.fail,
            Verdict::Review => &mut counts.review,
            Verdict::NotAssessed => &mut counts.not_assessed,
            Verdict::Pass => &mut counts.pass,
            Verdict::NotApplicable => &mut counts.not_applicable,
        } += 1;
    }
    let limits = limits(inputs, &context);
    Compliance {
        schema_version: SCHEMA_VERSION,
        subject: subject(inputs),
        documents,
        counts,
        controls,
        hosts: inventory::hosts(context.facts),
        policy: policy_summary(inputs.policy, context.facts),
        log_events: inputs.log.map_or(0, |log| log.events.len()),
        tester: inputs.answers.tester.clone().filter(|tester| !tester.is_empty()),
        limits,
        inventory: context.inventory,
        sdks: context.sdks,
        permissions: context.permissions,
    }
}

fn context<'a>(inputs: &Inputs<'a>) -> Context<'a> {
    let facts = inputs.facts;
    let app = facts.application.first().map(|fact| &fact.data);
    let package = app.map(|app| app.package.clone()).unwrap_or_default();
    let owner = |class: &str| match class.starts_with(&package) && !package.is_empty() {
        true => Owner::App,
        false => Owner::Unknown,
    };
    let mut collections: Vec<Fact<Collection>> = facts.collections.clone();
    if let Some(log) = inputs.log {
        collections.extend(log.collections(&owner));
    }
    let declared = inputs.policy.read();
    let sdks = inventory::sdks(facts, &collections, declared);
    let inventory = inventory::inventory(&collections, declared, inputs.app_type);
    Context {
        facts,
        permissions: inventory::permissions(facts, declared),
        inventory,
        sdks,
        collections,
        policy: inputs.policy,
        app_type: inputs.app_type,
        log: inputs.log,
        code_gap: code_gap(inputs),
        package_gap: app
            .is_none()
            .then(|| Text::new("没有可读的清单", "there is no readable manifest")),
        target_sdk: app.map_or(1, |app| app.target_sdk),
    }
}

/// Why the code does not tell everything: nothing found in it is then no pass.
fn code_gap(inputs: &Inputs<'_>) -> Option<Text> {
    if inputs.dex_files == 0 {
        return Some(Text::new("输入中没有 DEX 代码", "the input has no DEX code"));
    }
    if let Some(packer) = inputs.facts.packers.iter().find(|fact| fact.data.kind == "packer") {
        return Some(Text::new(
            format!("代码被{}加固，静态不可见", packer.data.name_zh),
            format!("the code is packed by {} and cannot be read", packer.data.name_en),
        ));
    }
    if inputs.facts.application.iter().any(|fact| fact.data.packed) {
        return Some(Text::new("代码被加固，静态不可见", "the code is packed and cannot be read"));
    }
    let lost = inputs.scan_issues.iter().find(|issue| {
        ["dex/", "class/", "android/too-much-code", "comply/call-graph"]
            .iter()
            .any(|start| issue.kind.code.starts_with(start))
            || issue.place.path.ends_with(".dex") && issue.kind.code.starts_with("zip/")
    })?;
    Some(Text::new(
        format!("部分代码未能读取（{}）", lost.kind.title.zh),
        format!("part of the code could not be read ({})", lost.kind.title.en),
    ))
}

fn control(
    context: &Context<'_>,
    standard: &Standard,
    clause: &Clause,
    answers: &Answers,
) -> Control {
    let test = catalogue().tests.get(&clause.test);
    let mut outcome = verdicts::judge(context, clause);
    let mut told: Vec<Evidence> = Vec::new();
    for proof in outcome.evidence.drain(..) {
        if !told.contains(&proof) {
            told.push(proof);
        }
    }
    outcome.evidence = told;
    let omitted = outcome.evidence.len().saturating_sub(EVIDENCE_MAX);
    outcome.evidence.truncate(EVIDENCE_MAX);
    let mut control = Control {
        id: clause.id.clone(),
        standard: standard.document.code.clone(),
        parent: clause.parent.clone(),
        group: clause.group.clone(),
        title: clause.title.clone(),
        verdict: outcome.verdict,
        reason: outcome.reason,
        evidence: outcome.evidence,
        evidence_omitted: omitted,
        remedy: test.map(|test| test.remedy.clone()).unwrap_or_default(),
        decided: clause.decided,
        how: test.map(|test| test.how.clone()).unwrap_or_default(),
        compare: clause.compare,
        test: clause.test.clone(),
        person: None,
    };
    hear(&mut control, answers);
    control
}

/// Lets the tester's answer decide; what the tool said stays in the report.
fn hear(control: &mut Control, answers: &Answers) {
    let Some(answer) = answers.answers.get(&control.id) else { return };
    let verdict = match answer.verdict.as_deref() {
        Some("pass") => Verdict::Pass,
        Some("fail") => Verdict::Fail,
        Some("not-applicable") => Verdict::NotApplicable,
        _ => return,
    };
    let note = answer.note.clone().unwrap_or_default();
    control.person = Some(PersonSays {
        verdict,
        note: note.clone(),
        pictures: answer.pictures.clone(),
        tool_verdict: control.verdict,
        tool_reason: control.reason.clone(),
    });
    control.verdict = verdict;
    control.reason = match note.is_empty() {
        true => Text::new("人工判定", "decided by the tester"),
        false => Text::new(format!("人工判定：{note}"), format!("decided by the tester: {note}")),
    };
    control.evidence.push(Evidence {
        source: "person".to_owned(),
        text: control.reason.clone(),
        place: answer.pictures.join(", "),
        chain: Vec::new(),
    });
}

/// A clause made of scenarios gets the worst of their verdicts.
fn sum_up(controls: &mut [Control], answers: &Answers) {
    let parts: Vec<(usize, Vec<(String, Verdict)>)> = controls
        .iter()
        .enumerate()
        .filter(|(_, control)| control.test == "parts")
        .map(|(at, whole)| {
            let of = |part: &&Control| part.parent.as_deref() == Some(&whole.id);
            let verdicts = controls.iter().filter(of).map(|part| (part.id.clone(), part.verdict));
            (at, verdicts.collect())
        })
        .collect();
    for (at, verdicts) in parts {
        let Some(control) = controls.get_mut(at) else { continue };
        if answers.answers.contains_key(&control.id) && control.person.is_some() {
            continue;
        }
        let worst =
            verdicts.iter().map(|(_, verdict)| *verdict).min().unwrap_or(Verdict::NotAssessed);
        let ids: Vec<&str> = verdicts
            .iter()
            .filter(|(_, verdict)| *verdict == worst)
            .map(|(id, _)| id.as_str())
            .collect();
        let list = ids.join(", ");
        control.verdict = worst;
        control.reason = match worst {
            Verdict::Fail => {
                Text::new(format!("不通过的场景：{list}"), format!("scenarios that fail: {list}"))
            }
            Verdict::Review => Text::new(
                format!("待复核的场景：{list}"),
                format!("scenarios to be reviewed: {list}"),
            ),
            Verdict::NotAssessed => Text::new(
                format!("未评估的场景：{list}"),
                format!("scenarios not assessed: {list}"),
            ),
            _ => Text::new("所有场景通过", "all scenarios pass"),
        };
    }
}

fn subject(inputs: &Inputs<'_>) -> Subject {
    let artifact = &inputs.artifact;
    let text = |value: Option<&str>| value.map(str::to_owned);
    let name = |known: &AppType, because: Option<String>| TypeName {
        no: known.no,
        name: known.name.clone(),
        necessary: known.necessary.clone(),
        because,
    };
    let label = artifact.label.unwrap_or_default();
    let package = artifact.package.unwrap_or_default();
    Subject {
        name: artifact.name.to_owned(),
        package: package.to_owned(),
        label: text(artifact.label),
        version_name: text(artifact.version_name),
        version_code: artifact.version_code,
        sha256: text(artifact.sha256),
        size_bytes: artifact.size_bytes,
        min_sdk: artifact.min_sdk,
        target_sdk: artifact.target_sdk,
        as_of: inputs.as_of.to_owned(),
        app_type: inputs.app_type.map(|known| name(known, None)),
        suggested_types: catalogue()
            .suggest_types(label, package)
            .into_iter()
            .map(|(known, word)| name(known, Some(word)))
            .collect(),
    }
}

fn policy_summary(policy: &PolicyInput, facts: &Facts) -> PolicySummary {
    let mut addresses: Vec<String> = facts
        .endpoints
        .iter()
        .map(|fact| &fact.data.url)
        .filter(|url| {
            let url = url.to_lowercase();
            ["privacy", "yinsi", "agreement", "policy"].iter().any(|word| url.contains(word))
        })
        .cloned()
        .collect();
    addresses.sort();
    addresses.dedup();
    let base = PolicySummary { addresses, ..PolicySummary::default() };
    match policy {
        PolicyInput::None => PolicySummary { state: "none".to_owned(), ..base },
        PolicyInput::Unusable(reason) => {
            PolicySummary { state: "unusable".to_owned(), reason: Some(reason.clone()), ..base }
        }
        PolicyInput::Read(declared) => {
            let Declared {
                name,
                language,
                title,
                updated,
                effective,
                types,
                sdks,
                permissions,
                states,
                response_days,
                ..
            } = (**declared).clone();
            PolicySummary {
                state: "read".to_owned(),
                reason: None,
                name,
                language,
                title,
                updated,
                effective,
                types: types.into_keys().collect(),
                sdks,
                permissions: permissions.into_keys().collect(),
                states: states.into_keys().collect(),
                response_days,
                ..base
            }
        }
    }
}

fn limits(inputs: &Inputs<'_>, context: &Context<'_>) -> Vec<Text> {
    let mut limits = Vec::new();
    limits.extend(context.code_gap.clone());
    limits.extend(context.package_gap.clone());
    if let PolicyInput::Unusable(reason) = inputs.policy {
        limits.push(reason.clone());
    }
    for fact in &context.facts.frameworks {
        limits.push(Text::new(
            format!("{} 的代码不在 DEX 中，其行为未做静态分析", fact.data.name),
            format!("code of {} lies outside the DEX files and was not analysed", fact.data.name),
        ));
    }
    let complex = inputs
        .scan_issues
        .iter()
        .filter(|issue| issue.kind.code == "code/method-too-complex")
        .count();
    if complex > 0 {
        limits.push(Text::new(
            format!("{complex} 个方法过于复杂，其中的调用未求值"),
            format!("{complex} methods were too complex: calls in them were not evaluated"),
        ));
    }
    if inputs.log.is_none() {
        limits.push(Text::new(
            "没有导入行为日志：拒绝后、频率、后台等只有运行才能看到的条款未评估",
            "no behaviour log: clauses on refusal, frequency and background were not assessed",
        ));
    }
    for issue in inputs.log.into_iter().flat_map(|log| &log.issues) {
        limits.push(Text::new(
            format!("{}：{}", issue.kind.title.zh, issue.detail),
            format!("{}: {}", issue.kind.title.en, issue.detail),
        ));
    }
    limits
}

impl Context<'_> {
    pub(crate) fn declared(&self) -> Option<&Declared> {
        self.policy.read()
    }

    /// Not-assessed for want of what the test needs, if it lacks something.
    pub(crate) fn lacks(&self, needs: &[Need]) -> Option<Outcome> {
        for need in needs {
            let missing = match need {
                Need::Code => self.code_gap.clone(),
                Need::Package => self.package_gap.clone(),
                Need::Policy => match self.policy {
                    PolicyInput::Read(_) => None,
                    PolicyInput::Unusable(reason) => Some(reason.clone()),
                    PolicyInput::None => {
                        Some(Text::new("未提供隐私政策", "no privacy policy was given"))
                    }
                },
                Need::Log => self.log.is_none().then(|| {
                    Text::new(
                        "需要行为日志，或由检测人员作答",
                        "it takes a behaviour log or the answer of a tester",
                    )
                }),
                Need::Signature => self
                    .facts
                    .signing
                    .is_empty()
                    .then(|| Text::new("未验证签名", "signatures were not verified")),
            };
            if let Some(reason) = missing {
                return Some(Outcome {
                    verdict: Verdict::NotAssessed,
                    reason,
                    evidence: Vec::new(),
                });
            }
        }
        None
    }

    /// Collections of information about persons that can take place: the permission they need is
    /// in the manifest, and something leads to them.
    pub(crate) fn personal(&self) -> impl Iterator<Item = &Fact<Collection>> {
        self.collections
            .iter()
            .filter(|fact| weight(&fact.data.information) >= Weight::Personal && is_effective(fact))
    }

    /// The app's words of a kind.
    pub(crate) fn texts(
        &self,
        kind: &str,
    ) -> impl Iterator<Item = &Fact<menshen_facts::PrivacyText>> {
        self.facts.privacy_texts.iter().filter(move |fact| fact.data.kind == kind)
    }

    /// Pages that do not come from the code: their words cannot be searched.
    pub(crate) fn has_foreign_pages(&self) -> bool {
        !self.facts.frameworks.is_empty()
    }

    pub(crate) fn sdk_declared(&self, id: &str) -> bool {
        self.sdks.iter().any(|row| row.id == id && row.declared == Some(true))
    }
}

/// A call whose dangerous permission the manifest lacks fails at run time; one that nothing leads
/// to does not run.
pub(crate) fn is_effective(fact: &Fact<Collection>) -> bool {
    let dangerous = |name: &String| {
        menshen_models::permission(name).is_some_and(|known| known.level == "dangerous")
    };
    let refused = fact.data.permission_declared == Some(false)
        && fact.data.permission.as_ref().is_some_and(dangerous);
    fact.how != How::Static || !refused && fact.data.reachable != Some(false)
}

/// The place of a fact in one line.
pub(crate) fn place_text(place: &Place) -> String {
    match &place.code {
        None => place.path.clone(),
        Some(code) => {
            let member = code.member.split('(').next().unwrap_or_default();
            let line = code.line.map(|line| format!(":{line}")).unwrap_or_default();
            format!("{} {}.{member}{line}", place.path, code.class)
        }
    }
}
