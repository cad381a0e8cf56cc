//! The score: one number that can be followed from version to version. See `docs/score.md`.
//!
//! All findings of one rule and owner cost together what the worst of them costs, a little more
//! the more places there are. The score falls with the sum of the costs and never reaches 0 by
//! findings alone. Integers only, so that it is the same on every machine.

use menshen_base::{Confidence, Finding, Owner, Severity};
use std::collections::BTreeMap;

/// Cost at which half of the score is left.
const HALF: u64 = 100 * UNIT;
/// Fractions of a point that costs are counted in.
const UNIT: u64 = 64;
/// Doublings of the number of places that still add to the cost.
const DOUBLINGS_MAX: u32 = 4;

/// 0 to 100, the higher the better. Removing a finding or a place never lowers it; adding one,
/// or making one more severe or more certain, never raises it.
pub fn score(findings: &[Finding]) -> u32 {
    let mut costs: BTreeMap<(&str, &Owner), (u64, usize)> = BTreeMap::new();
    for finding in findings {
        let (worst, places) = costs.entry((&finding.rule, &finding.owner)).or_default();
        *worst = (*worst).max(base_cost(finding));
        *places += finding.locations.len().max(1);
    }
    let total = costs
        .into_values()
        .map(|(worst, places)| spread(worst, places))
        .fold(0u64, u64::saturating_add);
    let score = 100 * HALF / HALF.saturating_add(total);
    u32::try_from(score).unwrap_or(100)
}

/// Cost of a finding with one place.
fn base_cost(finding: &Finding) -> u64 {
    let points = match finding.severity {
        Severity::Critical => 100,
        Severity::High => 40,
        Severity::Medium => 12,
        Severity::Low => 3,
        Severity::Info => 0,
    };
    let quarters = match finding.confidence {
        Confidence::High => 4,
        Confidence::Medium => 3,
        Confidence::Low => 1,
    };
    let halves = if matches!(finding.owner, Owner::Sdk(_)) { 1 } else { 2 };
    points * UNIT * quarters * halves / 8
}

/// Each doubling of the number of places adds a quarter, four doublings at most.
fn spread(cost: u64, places: usize) -> u64 {
    let doublings = places.max(1).ilog2().min(DOUBLINGS_MAX);
    cost.saturating_mul(u64::from(4 + doublings)) / 4
}
