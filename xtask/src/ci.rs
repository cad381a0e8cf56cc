//! Everything that must hold before a change lands: `cargo xtask ci`.

use crate::{corpus, crosscheck, licences, shell, tidy};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::Instant;

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("lints", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
    }),
    ("tidy", tidy::run),
    ("licences", licences::run),
    ("tests", tests),
    ("documentation tests", || cargo(&["test", "--workspace", "--doc", "--locked"])),
    ("corpus", || corpus::fetch_part("ci").map(drop)),
    ("crosscheck", || crosscheck::run(&[])),
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask ci");
    }
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        println!("== {name}");
        let start = Instant::now();
        if let Err(error) = step() {
            eprintln!("{name}: {error:#}");
            failed.push(*name);
        }
        println!("== {name}: {:.0} s", start.elapsed().as_secs_f64());
    }
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    println!("all checks passed");
    Ok(())
}

fn tests() -> Result<()> {
    let nextest = Command::new(env!("CARGO")).args(["nextest", "--version"]).output();
    if nextest.is_ok_and(|output| output.status.success()) {
        cargo(&["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])
    } else {
        cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--locked", "--no-fail-fast"])
    }
}

fn cargo(arguments: &[&str]) -> Result<()> {
    shell::run(Command::new(env!("CARGO")).current_dir(shell::root()).args(arguments))
}
