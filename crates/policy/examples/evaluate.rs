//! Precision and recall of the reader on `fixtures/policies`, as the table of
//! `docs/evaluation-policy.md`: `cargo run -p menshen-policy --example evaluate [PART-OF-NAME]`.

#[path = "../tests/evaluation/mod.rs"]
mod evaluation;

fn main() {
    let result = evaluation::evaluate(&std::env::args().nth(1).unwrap_or_default());
    println!("{} policies\n", result.policies);
    println!("| field | found | missed | too much | precision | recall |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (field, score) in &result.scores {
        println!(
            "| {field} | {} | {} | {} | {:.3} | {:.3} |",
            score.found,
            score.missed,
            score.extra,
            score.precision(),
            score.recall()
        );
    }
    println!();
    for difference in &result.differences {
        println!(
            "{}: {}: missed {:?}, too much {:?}",
            difference.policy, difference.field, difference.missed, difference.extra
        );
    }
}
