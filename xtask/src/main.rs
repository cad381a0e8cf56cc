//! Development commands of Menshen: `cargo xtask COMMAND`. CI calls nothing else.
//!
//! - `ci [--install]`: everything that must hold before a change lands: formatting, lints, tests, [`tidy`],
//!   licences, the corpus with its cross-checks.
//! - `fixtures [NAME...]`: builds the small apps under `fixtures/`; `--check` only looks whether
//!   the built files belong to their sources.
//! - `corpus [--part ci|all]`: real packages by exact version and digest.
//! - `crosscheck [dex|manifest|signature]`: our readers against other tools on the corpus.
//! - `bench`: cost as a ratio against other programs measured in the same run.
//! - `score`: the data flow analysis on fixtures/flows, as precision, recall and F1.
//! - `twins`: which rules fire on their vulnerable app and not on its fixed twin.
//! - `docs [--check]`: the pages that are made from the program.
//! - `dist`: the release.
//! - `docs [--check]`: the pages that are made from the program.
//! - `dist`: the release.
//! - `twins`: which rules fire on their vulnerable app and not on its fixed twin.
//! - `tidy`, `licences`: rules of the house and of the dependencies.
//!
//! Programs of the machine are called for what they do well (tar, unzip, the package clients);
//! what decides something is written here.

mod bench;
mod ci;
mod corpus;
mod crosscheck;
mod dist;
mod docs;
mod fetch;
mod fixtures;
mod licences;
mod retrace;
mod score;
mod shell;
mod tidy;
mod toolchain;
mod twins;

use anyhow::{Result, bail};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match command(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn command(arguments: &[String]) -> Result<()> {
    let Some((command, rest)) = arguments.split_first() else {
        bail!("{}", usage());
    };
    match command.as_str() {
        "bench" => bench::run(rest),
        "ci" => ci::run(rest),
        "corpus" => corpus::run(rest),
        "crosscheck" => crosscheck::run(rest),
        "dist" => dist::run(rest),
        "docs" => docs::run(rest),
        "fixtures" => fixtures::run(rest),
        "licences" => licences::run(),
        "score" => score::run(rest),
        "tidy" => tidy::run(),
        "toolchain" => toolchain::fetch().map(|folder| println!("{}", folder.display())),
        "twins" => twins::run(rest),
        "help" | "--help" | "-h" => {
            println!("{}", usage());
            Ok(())
        }
        other => bail!("unknown command {other}\n{}", usage()),
    }
}

fn usage() -> &'static str {
    "cargo xtask COMMAND

  ci [--install]                  all checks that a change must pass; installs what they call
  fixtures [--check] [NAME...]    build the small apps under fixtures/
  corpus [--part ci|all]          fetch real packages into target/corpus or $MENSHEN_CORPUS
  crosscheck [PART...]            our readers against dexdump, aapt2 and apksigner
  bench [--runs N] [--binary F]   cost of scans, as ratios
  score [--r8] [--category C]     the flow analysis on fixtures/flows; --write: into its page
  twins [--binary F]              rules against the built twins
  docs [--check]                  pages made from the program: facts, rules, schema
  dist                            static release build with man page and completions
  docs [--check]                  pages made from the program: facts, rules, schema
  dist                            static release build with man page and completions
  twins [--binary F]              rules against the built twins
  tidy                            rules of the house
  licences                        licences of the dependencies
  toolchain                       fetch what builds the fixtures"
}
