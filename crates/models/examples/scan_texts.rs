//! Scans texts for secrets and addresses and prints both with the time taken:
//!
//! ```text
//! cargo run --release -p menshen-models --example scan_texts -- lines strings.txt
//! cargo run --release -p menshen-models --example scan_texts -- named pairs.tsv
//! cargo run --release -p menshen-models --example scan_texts -- whole *.js
//! ```
//! `lines` takes every line as a text, `named` as a name, a tab and a text, `whole` each file.

use menshen_models::{endpoints, secrets};
use std::time::Instant;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().expect("lines, named or whole");
    let files: Vec<String> = arguments
        .map(|path| String::from_utf8_lossy(&std::fs::read(path).expect("a file")).into_owned())
        .collect();
    let texts: Vec<(Option<&str>, &str)> = match mode.as_str() {
        "whole" => files.iter().map(|file| (None, file.as_str())).collect(),
        "named" => {
            let lines = files.iter().flat_map(|file| file.lines());
            lines.filter_map(|line| line.split_once('\t')).map(|(n, t)| (Some(n), t)).collect()
        }
        _ => files.iter().flat_map(|file| file.lines()).map(|line| (None, line)).collect(),
    };
    let bytes: usize = texts.iter().map(|(_, text)| text.len()).sum();

    let start = Instant::now();
    let scanner = secrets::SecretScanner::new();
    println!("scanner made in {:?}", start.elapsed());
    let start = Instant::now();
    let hits: Vec<_> = texts.iter().map(|(name, text)| scanner.scan(text, *name)).collect();
    let taken = start.elapsed();
    for ((name, text), hits) in texts.iter().zip(&hits) {
        for hit in hits {
            let name = hit.name.clone().map(|range| &text[range]).or(*name).unwrap_or("-");
            let value: String = text[hit.range.clone()].chars().take(80).collect();
            println!("{} {:?} {name} = {value:?}", hit.kind, hit.confidence);
        }
    }
    println!("secrets of {} texts, {bytes} bytes, in {taken:?}", texts.len());

    let start = Instant::now();
    let found: Vec<_> = texts.iter().flat_map(|(_, text)| endpoints::find(text)).collect();
    let taken = start.elapsed();
    for endpoint in &found {
        println!("{} {} {}", endpoint.kind.as_str(), endpoint.host, endpoint.url);
    }
    println!("{} endpoints of {bytes} bytes in {taken:?}", found.len());
}
