//! Prints what the code detector finds in the DEX files of a package, and how long it took:
//! `cargo run --release -p menshen-detect --example code_facts -- app.apk java.lang.Runtime.exec …`

use menshen_android::dex::Dex;
use menshen_archive::Zip;
use menshen_detect::Ownership;
use menshen_detect::code::{DexFile, Program, detect};
use menshen_facts::{Interest, MethodName};
use std::time::Instant;

fn main() {
    let mut args = std::env::args().skip(1);
    let bytes = std::fs::read(args.next().expect("a package")).expect("readable");
    let mut interest = Interest::default();
    for name in args {
        let name = MethodName::parse(&name).expect("class.method");
        interest.calls.insert(name.clone());
        interest.implementations.insert(name);
    }
    let (zip, _) = Zip::parse(&bytes);
    let zip = zip.expect("a zip file");
    let start = Instant::now();
    let entries: Vec<_> = zip
        .entries()
        .iter()
        .filter(|entry| entry.name.ends_with(".dex"))
        .map(|entry| (entry.name.to_string(), zip.read(entry, 1 << 30).expect("content")))
        .collect();
    let files: Vec<DexFile<'_>> = entries
        .iter()
        .flat_map(|(path, bytes)| {
            Dex::parse_all(bytes).0.into_iter().map(|dex| DexFile { path: path.clone(), dex })
        })
        .collect();
    println!("inflate and tables {:?}", start.elapsed());
    let start = Instant::now();
    let program = Program::index(&files, &[]);
    println!("{} classes {:?}", program.class_count(), start.elapsed());
    let start = Instant::now();
    let found = detect(&program, &interest, &Ownership::default(), &[]);
    println!("{} methods {:?}", found.methods, start.elapsed());
    for fact in &found.facts.calls {
        println!("{:?} {:?}", fact.place.code, fact.data);
    }
    for fact in &found.facts.implementations {
        println!("{:?} {:?}", fact.place.code, fact.data);
    }
    for issue in &found.issues {
        println!("{} {:?} {}", issue.kind.code, issue.place, issue.detail);
    }
}
