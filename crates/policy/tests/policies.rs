//! The policies of `fixtures/policies` are read as their `expected.yaml` says. What is not, is
//! listed here with the reason, and a line that no longer applies fails too.

mod evaluation;

/// Policy and field of each accepted difference, with what is missed and what is too much.
const ACCEPTED: &[&str] = &[];

#[test]
fn policies_are_read_as_expected() {
    let result = evaluation::evaluate("");
    assert!(result.policies >= 20, "{} policies", result.policies);
    let found: Vec<String> = result
        .differences
        .iter()
        .map(|difference| {
            format!(
                "{}: {}: missed {:?}, too much {:?}",
                difference.policy, difference.field, difference.missed, difference.extra
            )
        })
        .collect();
    assert_eq!(found, ACCEPTED, "see fixtures/policies and docs/evaluation-policy.md");
}
