//! Scans the lines of a file for secrets and addresses and prints both with the time taken:
//! `cargo run --release -p menshen-models --example scan_texts -- strings.txt`.

use menshen_models::{endpoints, secrets};
use std::time::Instant;

fn main() {
    let path = std::env::args().nth(1).expect("a file of texts, one a line");
    let bytes = std::fs::read(path).expect("a readable file");
    let content = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = content.lines().collect();
    let start = Instant::now();
    let scanner = secrets::SecretScanner::new();
    println!("scanner made in {:?}", start.elapsed());

    let start = Instant::now();
    let hits: Vec<_> = lines.iter().map(|line| (line, scanner.scan(line, None))).collect();
    let taken = start.elapsed();
    for (line, hits) in &hits {
        for hit in hits {
            println!("{} {:?} {}", hit.kind, hit.confidence, &line[hit.range.clone()]);
        }
    }
    println!("secrets in {} texts, {} bytes: {taken:?}", lines.len(), bytes.len());

    let start = Instant::now();
    let found: Vec<_> = lines.iter().flat_map(|line| endpoints::find(line)).collect();
    let taken = start.elapsed();
    for endpoint in &found {
        println!("{} {} {}", endpoint.kind.as_str(), endpoint.host, endpoint.url);
    }
    println!("{} endpoints: {taken:?}", found.len());
}
