//! What changed between two versions of an app.
//!
//! Findings are matched by their fingerprints, their locations by the fingerprints of the
//! locations, so that a moved line or another dex file is no change. Facts (permissions,
//! components, SDKs, endpoints, certificates, native libraries) are compared where both sides
//! have them: a JSON report written without `--facts` has none, and the comparison says so.
//!
//! ```
//! use menshen_report::diff::{ReadError, Snapshot};
//! let something_else = serde_json::json!({"bomFormat": "CycloneDX"});
//! assert!(matches!(Snapshot::from_json(&something_else), Err(ReadError::NotAReport)));
//! ```

mod html;
mod lines;
mod snapshot;
mod terminal;

use crate::{Options, json};
use menshen_base::{Confidence, Finding, Occurrence, Owner, Severity, Text};
use menshen_rules::assessment::SCHEMA_VERSION;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

pub use snapshot::{
    Artifact, Certificate, Component, Endpoint, Library, Permission, ReadError, Sdk, Side, Snapshot,
};

/// The difference of two versions.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    schema_version: &'static str,
    pub old: Side,
    pub new: Side,
    pub findings: FindingChanges,
    /// Absent when one of the two reports was written without facts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facts: Option<FactChanges>,
}

/// Findings by what became of them, most important first.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FindingChanges {
    pub new: Vec<FindingChange>,
    /// Gone. Where the new version could be looked at less than the old, that may be the reason.
    pub fixed: Vec<FindingChange>,
    /// In both, with other locations or another severity.
    pub changed: Vec<FindingChange>,
    pub unchanged: Vec<FindingChange>,
}

/// A finding, and which of its locations came and went.
#[derive(Debug, Clone, Serialize)]
pub struct FindingChange {
    pub rule: String,
    pub severity: Severity,
    /// In the old version, where it was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity_before: Option<Severity>,
    pub confidence: Confidence,
    pub owner: Owner,
    pub title: Text,
    pub fix: Text,
    pub fingerprint: String,
    pub new_locations: Vec<Occurrence>,
    pub fixed_locations: Vec<Occurrence>,
    /// Locations in both versions.
    pub unchanged_locations: usize,
}

/// Facts that came, went or changed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FactChanges {
    pub permissions: Changes<Permission>,
    pub components: Changes<Component>,
    pub sdks: Changes<Sdk>,
    pub endpoints: Changes<Endpoint>,
    pub libraries: Changes<Library>,
    /// Certificates that sign now.
    pub certificates: Changes<Certificate>,
    /// A signer of the old version signs the new one or stands in its lineage. True where either
    /// is not signed.
    pub signer_kept: bool,
}

/// One kind of fact.
#[derive(Debug, Clone, Serialize)]
pub struct Changes<T> {
    pub added: Vec<T>,
    pub removed: Vec<T>,
    pub changed: Vec<Changed<T>>,
}

/// The same thing before and after.
#[derive(Debug, Clone, Serialize)]
pub struct Changed<T> {
    pub old: T,
    pub new: T,
}

impl<T> Default for Changes<T> {
    fn default() -> Self {
        Self { added: Vec::new(), removed: Vec::new(), changed: Vec::new() }
    }
}

impl<T> Changes<T> {
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

impl Difference {
    /// The two carry different package names: a comparison of two apps, not of two versions.
    pub fn different_apps(&self) -> bool {
        self.old.artifact.package != self.new.artifact.package
    }

    /// The new version is signed by nobody whom the old one's signers vouch for: it cannot be
    /// installed as an update.
    pub fn signed_by_others(&self) -> bool {
        self.facts.as_ref().is_some_and(|facts| !facts.signer_kept)
    }
}

/// Compares two versions.
pub fn compare(old: &Snapshot, new: &Snapshot) -> Difference {
    Difference {
        schema_version: SCHEMA_VERSION,
        old: old.side(),
        new: new.side(),
        findings: compare_findings(&old.findings, &new.findings),
        facts: old.facts.as_ref().zip(new.facts.as_ref()).map(|(old, new)| compare_facts(old, new)),
    }
}

/// Writes the difference as JSON, indented, with a line feed at its end.
pub fn write_json(difference: &Difference, out: &mut impl Write) -> io::Result<()> {
    json::emit(difference, out)
}

/// Writes the difference for a terminal.
pub fn write_terminal(
    difference: &Difference,
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all(terminal::page(difference, options).as_bytes())
}

/// Writes the difference as one HTML page.
pub fn write_html(
    difference: &Difference,
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    out.write_all(html::page(difference, options).as_bytes())
}

fn compare_findings(old: &[Finding], new: &[Finding]) -> FindingChanges {
    let mut before: BTreeMap<&str, &Finding> =
        old.iter().map(|finding| (&*finding.fingerprint, finding)).collect();
    let mut changes = FindingChanges::default();
    for finding in new {
        match before.remove(&*finding.fingerprint) {
            None => changes.new.push(change(finding, &[], &finding.locations)),
            Some(was) => {
                let mut change = change(finding, &was.locations, &finding.locations);
                change.severity_before = (was.severity != finding.severity).then_some(was.severity);
                let same = change.severity_before.is_none()
                    && change.new_locations.is_empty()
                    && change.fixed_locations.is_empty();
                if same { &mut changes.unchanged } else { &mut changes.changed }.push(change);
            }
        }
    }
    let gone = old.iter().filter(|finding| before.contains_key(&*finding.fingerprint));
    changes.fixed.extend(gone.map(|finding| change(finding, &finding.locations, &[])));
    changes
}

/// Locations are compared as multisets: two calls in one method may share a fingerprint.
fn change(finding: &Finding, old: &[Occurrence], new: &[Occurrence]) -> FindingChange {
    let mut unmatched: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (position, location) in old.iter().enumerate().rev() {
        unmatched.entry(&location.fingerprint).or_default().push(position);
    }
    let mut new_locations = Vec::new();
    for location in new {
        if unmatched.get_mut(&*location.fingerprint).and_then(Vec::pop).is_none() {
            new_locations.push(location.clone());
        }
    }
    let mut left: Vec<usize> = unmatched.into_values().flatten().collect();
    left.sort_unstable();
    let fixed_locations =
        left.into_iter().filter_map(|position| old.get(position).cloned()).collect();
    FindingChange {
        rule: finding.rule.clone(),
        severity: finding.severity,
        severity_before: None,
        confidence: finding.confidence,
        owner: finding.owner.clone(),
        title: finding.title.clone(),
        fix: finding.fix.clone(),
        fingerprint: finding.fingerprint.clone(),
        unchanged_locations: new.len() - new_locations.len(),
        new_locations,
        fixed_locations,
    }
}

fn compare_facts(old: &snapshot::Facts, new: &snapshot::Facts) -> FactChanges {
    let current = |facts: &snapshot::Facts| -> Vec<Certificate> {
        facts.certificates.iter().filter(|one| one.current).cloned().collect()
    };
    let (signers, lineage) = (current(old), &new.certificates);
    let vouched = |signer: &Certificate| lineage.iter().any(|one| one.sha256 == signer.sha256);
    FactChanges {
        signer_kept: signers.is_empty() || lineage.is_empty() || signers.iter().any(vouched),
        permissions: by_key(&old.permissions, &new.permissions, |one| one.name.clone()),
        components: by_key(&old.components, &new.components, |one| {
            (one.kind.clone(), one.name.clone())
        }),
        sdks: by_key(&old.sdks, &new.sdks, |one| one.id.clone()),
        endpoints: by_key(&old.endpoints, &new.endpoints, |one| one.url.clone()),
        libraries: by_key(&old.libraries, &new.libraries, |one| {
            (one.name.clone(), one.abi.clone())
        }),
        certificates: by_key(&current(old), &current(new), |one| one.sha256.clone()),
    }
}

/// Things with the same key are the same thing. Sorted by key; of several with one key the
/// first in order counts.
fn by_key<T: Clone + Ord, K: Ord>(old: &[T], new: &[T], key: impl Fn(&T) -> K) -> Changes<T> {
    let index = |list: &[T]| -> BTreeMap<K, T> {
        let mut sorted = list.to_vec();
        sorted.sort();
        sorted.into_iter().rev().map(|one| (key(&one), one)).collect()
    };
    let (mut before, after) = (index(old), index(new));
    let mut changes = Changes::default();
    for (key, new) in after {
        match before.remove(&key) {
            None => changes.added.push(new),
            Some(old) if old != new => changes.changed.push(Changed { old, new }),
            Some(_) => {}
        }
    }
    changes.removed = before.into_values().collect();
    changes
}
