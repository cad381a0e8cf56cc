//! From an input to its assessment: facts gathered, rules run, gate judged.

use crate::android::{self, Ask, Gathered};
use crate::code;
use crate::input::Input;
use crate::open::{self, Blob, Opened};
use crate::windows;
use menshen_base::{Finding, ScanIssue, Sha256Hex, Text};
use menshen_facts::{Application, Facts, KINDS};
use menshen_rules::assessment::{
    Artifact, ArtifactKind, Assessment, Coverage, Gate, GateReason, Part, Share,
};
use menshen_rules::{
    Baseline, Judged, Options as RuleOptions, RulePack, controls, evaluate, judge,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// How much is spent on an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Depth {
    /// Everything that one pass over the package decides.
    Quick,
    #[default]
    Deep,
}

impl Depth {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Quick => "quick",
            Self::Deep => "deep",
        }
    }
}

/// What is asked of a scan.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    pub depth: Depth,
    pub pack: &'a RulePack,
    pub baseline: &'a Baseline,
    /// The day that expiry dates are compared with, ISO 8601.
    pub as_of: &'a str,
    /// Also gather what `menshen comply` needs.
    pub compliance: bool,
}

/// Fact kinds that come from the code.
const CODE_KINDS: [&str; 4] = ["call", "implementation", "field_read", "code_shape"];

/// An assessment, and whether anything of the input could be read at all.
#[derive(Debug)]
pub struct Scanned {
    pub assessment: Assessment,
    pub readable: bool,
}

/// Looks at one input.
pub fn assess(input: &Input, options: &Options<'_>) -> Scanned {
    let (blobs, mut issues) = open::read(input);
    let (inner, inner_issues) = open::inner(&blobs);
    issues.extend(inner_issues);
    let mut opened = open::open(&blobs, &inner, input.is_set);
    issues.append(&mut opened.issues);
    if opened.parts.is_empty() {
        sort_issues(&mut issues);
        limit_issues(&mut issues);
        let assessment = unreadable(input, &blobs, opened.kind, issues, options);
        return Scanned { assessment, readable: false };
    }
    let mut interest = options.pack.interest(options.depth == Depth::Deep);
    if options.compliance {
        interest.merge(menshen_comply::collect::interest());
    }
    let ask = Ask {
        interest: &interest,
        as_of: options.as_of,
        flows: options.depth == Depth::Deep,
        compliance: options.compliance,
    };
    let mut gathered = android::gather(&opened, &ask);
    issues.append(&mut gathered.issues);
    sort_issues(&mut issues);
    let deep = options.depth == Depth::Deep;
    let rule_options = rule_options(&opened, &gathered, &issues, deep);
    limit_issues(&mut issues);
    if is_nothing(&gathered) && !issues.is_empty() {
        let assessment = unreadable(input, &blobs, opened.kind, issues, options);
        return Scanned { assessment, readable: false };
    }
    let mut findings = evaluate(options.pack, &gathered.facts, &rule_options);
    windows::fill(&mut findings, &gathered.facts, &opened);
    let assessment =
        judge_all(input, &blobs, &opened, gathered, findings, issues, &rule_options, options);
    Scanned { assessment, readable: true }
}

/// Neither manifest nor code nor any other file of the package could be read.
fn is_nothing(gathered: &Gathered) -> bool {
    let coverage = &gathered.coverage;
    let done = coverage.dex_files.done + coverage.classes.done + coverage.native_libraries.done;
    done == 0 && gathered.facts.application.is_empty() && gathered.facts.files.is_empty()
}

/// What is said of an input of which nothing could be read: never that it is clean.
fn unreadable(
    input: &Input,
    blobs: &[Blob],
    kind: ArtifactKind,
    scan_issues: Vec<ScanIssue>,
    options: &Options<'_>,
) -> Assessment {
    let coverage = Coverage {
        depth: options.depth.as_str().to_owned(),
        as_of: options.as_of.to_owned(),
        rules: Share { done: 0, total: options.pack.rules().len() as u64 },
        not_assessed: vec![Text::new("输入无法读取", "the input could not be read")],
        ..Coverage::default()
    };
    Assessment {
        artifact: artifact(input, blobs, kind, None),
        findings: Vec::new(),
        scan_issues,
        controls: Vec::new(),
        coverage,
        gate: Gate {
            passed: false,
            baseline: options.baseline.name.clone(),
            reasons: vec![GateReason {
                kind: "unreadable".to_owned(),
                text: Text::new("输入无法读取", "the input could not be read"),
                rules: Vec::new(),
            }],
            ..Gate::default()
        },
        facts: Facts::default(),
    }
}

#[allow(clippy::too_many_arguments, reason = "one value for each part of an assessment")]
fn judge_all(
    input: &Input,
    blobs: &[Blob],
    opened: &Opened<'_>,
    gathered: Gathered,
    findings: Vec<Finding>,
    scan_issues: Vec<ScanIssue>,
    rule_options: &RuleOptions,
    options: &Options<'_>,
) -> Assessment {
    let Gathered { facts, mut coverage, .. } = gathered;
    options.depth.as_str().clone_into(&mut coverage.depth);
    options.as_of.clone_into(&mut coverage.as_of);
    let total = options.pack.rules().len() as u64;
    let assessed =
        options.pack.rules().filter(|rule| rule.assessed(&rule_options.gathered)).count() as u64;
    coverage.rules = Share { done: assessed, total };
    if coverage.dex_files.total == 0 && coverage.classes.total == 0 {
        coverage
            .not_assessed
            .push(Text::new("没有代码：代码规则未执行", "no code: code rules did not run"));
    }
    let application = facts.application.first().map(|fact| &fact.data);
    let artifact = artifact(input, blobs, opened.kind, application);
    let controls = controls(options.pack, &findings, rule_options);
    let judged = Judged {
        pack: options.pack,
        options: rule_options,
        findings: &findings,
        scan_issues: &scan_issues,
        coverage: &coverage,
    };
    let gate = judge(&judged, options.baseline, options.as_of);
    Assessment { artifact, findings, scan_issues, controls, coverage, gate, facts }
}

/// What the rules may rely on: the kinds of facts that were gathered, and which are incomplete.
fn rule_options(
    opened: &Opened<'_>,
    gathered: &Gathered,
    issues: &[ScanIssue],
    deep: bool,
) -> RuleOptions {
    let coverage = &gathered.coverage;
    let facts = &gathered.facts;
    let has_code = coverage.classes.total > 0;
    let has_manifest = !facts.application.is_empty();
    let is_apk = matches!(opened.kind, ArtifactKind::Apk | ArtifactKind::ApkSet);
    let gathered_kinds: BTreeSet<String> = KINDS
        .iter()
        .map(|kind| kind.name)
        .filter(|kind| match *kind {
            kind if CODE_KINDS.contains(&kind) => has_code,
            "flow" => deep && coverage.dex_files.done > 0 && !facts.components.is_empty(),
            "signature" | "signing" | "certificate" => is_apk,
            "application"
            | "component"
            | "permission"
            | "permission_definition"
            | "deep_link"
            | "network_policy"
            | "shared_path"
            | "meta_data" => has_manifest,
            _ => true,
        })
        .map(str::to_owned)
        .collect();
    let packed = facts.application.iter().any(|fact| fact.data.packed);
    let code_lost = issues.iter().any(|issue| {
        ["dex/", "class/", "code/"].iter().any(|area| issue.kind.code.starts_with(area))
            || issue.kind.code == code::TOO_MUCH_CODE.code
            || issue.place.path.ends_with(".dex")
            || issue.place.path.ends_with(".class")
    });
    let mut partial = BTreeSet::new();
    if packed || code_lost {
        partial.extend(CODE_KINDS.iter().map(|kind| (*kind).to_owned()));
    }
    if packed || code_lost || issues.iter().any(|issue| issue.kind.code.starts_with("flow/")) {
        partial.insert("flow".to_owned());
    }
    RuleOptions { gathered: gathered_kinds, partial }
}

fn artifact(
    input: &Input,
    blobs: &[Blob],
    kind: ArtifactKind,
    application: Option<&Application>,
) -> Artifact {
    let parts: Vec<Part> = match blobs {
        [_] => Vec::new(),
        blobs => blobs
            .iter()
            .map(|blob| Part {
                name: blob.name.clone(),
                sha256: blob.sha256.clone(),
                size_bytes: blob.bytes.len() as u64,
            })
            .collect(),
    };
    Artifact {
        kind,
        name: input.name.clone(),
        sha256: digest(blobs),
        size_bytes: blobs.iter().map(|blob| blob.bytes.len() as u64).sum(),
        parts,
        package: application.map(|app| app.package.clone()).filter(|name| !name.is_empty()),
        version_name: application.and_then(|app| app.version_name.clone()),
        version_code: application.and_then(|app| app.version_code),
        label: application.and_then(|app| app.label.clone()),
        min_sdk: application.map(|app| app.min_sdk),
        target_sdk: application.map(|app| app.target_sdk),
    }
}

/// Of one file its own; of a set that of the digests of its files in order of their names.
fn digest(blobs: &[Blob]) -> Option<Sha256Hex> {
    match blobs {
        [] => None,
        [one] => Some(one.sha256.clone()),
        many => {
            let mut all = Sha256::new();
            for blob in many {
                all.update(format!("{}  {}\n", blob.sha256.0, blob.name));
            }
            Some(Sha256Hex::from_bytes(&all.finalize().into()))
        }
    }
}

/// Issues of one kind that are kept one by one.
const ISSUES_PER_KIND_MAX: usize = 200;

fn sort_issues(issues: &mut Vec<ScanIssue>) {
    issues.sort_by(|a, b| {
        (a.kind.code, &a.place, &a.detail).cmp(&(b.kind.code, &b.place, &b.detail))
    });
    issues.dedup();
}

/// Of very many of one kind the first are kept and one says how many more there were.
fn limit_issues(issues: &mut Vec<ScanIssue>) {
    let mut kept: Vec<ScanIssue> = Vec::new();
    for group in issues.chunk_by(|a, b| a.kind.code == b.kind.code) {
        let shown = group.len().min(ISSUES_PER_KIND_MAX);
        kept.extend_from_slice(&group[..shown]);
        if let Some(first) = group.get(shown) {
            let more = group.len() - shown;
            kept.push(ScanIssue::new(first.kind).detail(format!("{more} more of this kind")));
        }
    }
    *issues = kept;
}
