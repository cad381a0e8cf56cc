//! Everything that must hold before a change lands: `cargo xtask ci [--install]`.
//!
//! With `--install` the programs that the checks call are installed first, where they are missing
//! and Debian's package manager is there to do it.

use crate::{corpus, crosscheck, docs, licences, shell, tidy};
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
    ("generated pages", docs::check),
    ("tests", tests),
    ("documentation tests", || cargo(&["test", "--workspace", "--doc", "--locked"])),
    ("corpus", || corpus::fetch_part("ci").map(drop)),
    ("crosscheck", || crosscheck::run(&[])),
];

/// Program and the Debian package that brings it.
const PROGRAMS: &[(&str, &str)] = &[
    ("aapt2", "aapt"),
    ("dexdump", "dexdump"),
    ("java", "openjdk-17-jdk-headless"),
    ("npm", "npm"),
    ("pip3", "python3-pip"),
    ("unzip", "unzip"),
    ("zip", "zip"),
];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => {}
        [flag] if flag == "--install" => install()?,
        _ => bail!("usage: cargo xtask ci [--install]"),
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

fn install() -> Result<()> {
    let missing: Vec<&str> = PROGRAMS
        .iter()
        .filter(|(program, _)| !shell::exists(program))
        .map(|(_, package)| *package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-o", "Acquire::Retries=3"]);
        shell::run(command.args(arguments))
    };
    apt(&["update"])?;
    apt(&[&["install", "-y", "--no-install-recommends"], &missing[..]].concat())
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
