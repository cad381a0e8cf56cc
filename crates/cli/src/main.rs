//! `menshen`: the command line. Reads arguments, files and the clock; prints; exits with 0 when
//! the gate passes, 1 when it does not, 2 when it was used wrongly or could not read its input.

mod arguments;
mod checks;
mod comply;
mod date;
mod diff;
mod flows;
mod output;
mod rules;
mod scan;

use anyhow::Context;
use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Scan(arguments) => scan::run(arguments),
        Command::Flows(arguments) => flows::run(arguments),
        Command::Diff(arguments) => diff::run(arguments),
        Command::Comply(arguments) => comply::run(arguments),
        Command::Rules(arguments) => rules::run(arguments),
        Command::Explain(arguments) => rules::explain(arguments),
        Command::Schema => {
            output::to_stdout(|out| writeln!(out, "{:#}", menshen_report::json::schema()))
        }
        Command::Completions { shell } => output::to_stdout(|out| {
            clap_complete::generate(*shell, &mut Arguments::command(), "menshen", out);
            Ok(())
        }),
        Command::Man { output: None } => {
            output::to_stdout(|out| clap_mangen::Man::new(Arguments::command()).render(out))
        }
        Command::Man { output: Some(folder) } => {
            clap_mangen::generate_to(Arguments::command(), folder)
                .map(|()| ExitCode::SUCCESS)
                .with_context(|| format!("cannot write into {}", folder.display()))
        }
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("menshen: {error:#}");
            ExitCode::from(2)
        }
    }
}
