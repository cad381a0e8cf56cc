//! From facts to findings.
//!
//! What a rule matches becomes one finding for each owner and severity. Places of one rule whose
//! severity `adjust` changed differently are told apart, because a release may be stopped by the
//! severe ones alone and because suppressing or fixing those must leave the others as they are.

use crate::index::Index;
use crate::matcher::{Hit, Matcher};
use crate::model::{Library, Rule};
use crate::pack::RulePack;
use crate::template::one_line;
use crate::truth::Truth;
use menshen_base::{Confidence, Evidence, Finding, Occurrence, Owner, Place, Severity, to_hex};
use menshen_facts::{Application, Fact, Facts, How, KINDS};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Places of one finding that are shown with evidence. All places are listed.
pub const EVIDENCE_MAX: usize = 20;
/// Hexadecimal digits of a fingerprint.
const FINGERPRINT_DIGITS: usize = 16;

/// What this run provides to the rules.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Kinds of facts that were gathered. A rule that asks for another kind does not run.
    pub gathered: BTreeSet<String>,
    /// Kinds of which facts may be missing: part of the input could not be read, or a packer
    /// hides the code. Rules on them run, but no absence is concluded from them.
    pub partial: BTreeSet<String>,
}

impl Options {
    /// Every kind was gathered, completely.
    pub fn complete() -> Self {
        let gathered = KINDS.iter().map(|kind| kind.name.to_owned()).collect();
        Self { gathered, partial: BTreeSet::new() }
    }
}

/// Runs the rules. The findings are sorted, most important first; the same facts and rules give
/// the same findings in the same order.
pub fn evaluate(pack: &RulePack, facts: &Facts, options: &Options) -> Vec<Finding> {
    let index = Index::new(facts);
    let partial = |kind: usize| KINDS.get(kind).is_some_and(|k| options.partial.contains(k.name));
    let package = facts.application.first().map_or("", |fact| fact.data.package.as_str());
    let nobody = nameless();
    let application =
        facts.of_kind("application").next().or_else(|| nobody.of_kind("application").next());
    let mut findings = Vec::new();
    for rule in pack.rules() {
        let matcher = Matcher::new(&index, &partial);
        let mut hits = Vec::new();
        for alternative in &rule.alternatives {
            if !alternative.needs_only(&options.gathered) {
                continue;
            }
            if rule.absent {
                let fact = application.as_ref();
                hits.extend(fact.and_then(|f| matcher.hit(rule, alternative, *f, Truth::Yes)));
            } else {
                hits.extend(matcher.hits(rule, alternative));
            }
        }
        group(rule, hits, package, &mut findings);
    }
    crate::assessment::sort_findings(&mut findings);
    findings
}

/// What rules on absence are located at in an input without an application.
fn nameless() -> Facts {
    let mut facts = Facts::default();
    facts.application.push(Fact {
        data: Application::default(),
        place: Place::file("AndroidManifest.xml"),
        owner: Owner::App,
        how: How::Static,
    });
    facts
}

/// One place with all that is said of it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    place: Place,
    subject: String,
    /// The surest first.
    confidence: Reverse<Confidence>,
    note: String,
}

/// Adds the findings of one rule: one for each owner and severity.
fn group(rule: &Rule, hits: Vec<Hit<'_, '_>>, package: &str, findings: &mut Vec<Finding>) {
    let mut groups: BTreeMap<(Owner, Severity), Vec<Spot>> = BTreeMap::new();
    for hit in hits {
        let severity = match (hit.fact.owner, rule.library) {
            (Owner::Sdk(_), Library::Skip) => continue,
            (Owner::Sdk(_), Library::Lower) => lower(hit.severity),
            _ => hit.severity,
        };
        let subject = match &hit.alternative.subject {
            Some(template) => template.print(&hit.fact, false),
            None => String::new(),
        };
        let subject = match subject.is_empty() {
            true => one_line(&hit.fact.fields.subject()),
            false => subject,
        };
        let note = match &hit.alternative.note {
            Some(template) => template.print(&hit.fact, true),
            None => String::new(),
        };
        let note = if note.is_empty() { subject.clone() } else { note };
        let place = hit.fact.place.clone();
        let spot = Spot { place, subject, confidence: Reverse(hit.confidence), note };
        let owner = match rule.library {
            Library::App => Owner::App,
            _ => hit.fact.owner.clone(),
        };
        groups.entry((owner, severity)).or_default().push(spot);
    }
    let mut told: BTreeSet<(Owner, Place, String)> = BTreeSet::new();
    // A place that several alternatives find is told once, with the severest that one says of it
    // and in the words of the surest.
    for ((owner, severity), mut spots) in groups.into_iter().rev() {
        spots.retain(|spot| {
            !told.contains(&(owner.clone(), spot.place.clone(), spot.subject.clone()))
        });
        spots.sort();
        let confidence = spots.iter().map(|spot| spot.confidence.0).max();
        spots.dedup_by(|later, first| later.place == first.place && later.subject == first.subject);
        if spots.is_empty() {
            continue;
        }
        for spot in &spots {
            told.insert((owner.clone(), spot.place.clone(), spot.subject.clone()));
        }
        let usual = match (&owner, rule.library) {
            (Owner::Sdk(_), Library::Lower) => lower(rule.severity),
            _ => rule.severity,
        };
        let variant = if severity == usual { "" } else { severity_name(severity) };
        findings.push(Finding {
            rule: rule.id.clone(),
            severity,
            confidence: confidence.unwrap_or(rule.confidence),
            fingerprint: fingerprint(&[&rule.id, &owner.to_string(), package, variant]),
            locations: spots.iter().map(|spot| occurrence(rule, &owner, spot)).collect(),
            evidence: spots.iter().take(EVIDENCE_MAX).map(evidence).collect(),
            owner,
            title: rule.title.clone(),
            reason: rule.reason.clone(),
            fix: rule.fix.clone(),
            maps: rule.maps.clone(),
        });
    }
}

fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Critical => Severity::High,
        Severity::High => Severity::Medium,
        Severity::Medium => Severity::Low,
        Severity::Low | Severity::Info => Severity::Info,
    }
}

/// As rules and baselines write it.
pub(crate) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "info",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}

fn occurrence(rule: &Rule, owner: &Owner, spot: &Spot) -> Occurrence {
    let owner = owner.to_string();
    let fingerprint = match &spot.place.code {
        Some(code) => fingerprint(&[&rule.id, &owner, &spot.subject, &code.class, &code.member]),
        None => fingerprint(&[&rule.id, &owner, &spot.subject, &stable_path(&spot.place.path)]),
    };
    Occurrence { place: spot.place.clone(), subject: spot.subject.clone(), fingerprint }
}

fn evidence(spot: &Spot) -> Evidence {
    Evidence { place: spot.place.clone(), note: spot.note.clone(), window: String::new() }
}

/// The path within the innermost container, whose own name often carries a version, with
/// `classes7.dex` as `classes.dex`: which DEX file a class lands in is the build's whim.
fn stable_path(path: &str) -> String {
    let inner = path.rsplit("!/").next().unwrap_or(path);
    let number = inner.strip_prefix("classes").and_then(|rest| rest.strip_suffix(".dex"));
    match number {
        Some(digits) if digits.chars().all(|c| c.is_ascii_digit()) => "classes.dex".to_owned(),
        _ => inner.to_owned(),
    }
}

/// Digits of the SHA-256 of the parts, each with its length before it.
fn fingerprint(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let mut digits = to_hex(&hasher.finalize());
    digits.truncate(FINGERPRINT_DIGITS);
    digits
}
