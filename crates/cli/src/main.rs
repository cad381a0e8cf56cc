//! `menshen`: the command line. Reads arguments, files and the clock; prints; exits with 0 when
//! the gate passes, 1 when it does not, 2 when it was used wrongly or could not read its input.

mod arguments;
mod comply;
mod date;
mod output;
mod rules;
mod scan;

use arguments::{Arguments, Command};
use clap::{CommandFactory, Parser};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match &arguments.command {
        Command::Scan(arguments) => scan::run(arguments),
        Command::Comply(arguments) => comply::run(arguments),
        Command::Rules(arguments) => rules::run(arguments),
        Command::Explain(arguments) => rules::explain(arguments),
        Command::Completions { shell } => output::to_stdout(|out| {
            clap_complete::generate(*shell, &mut Arguments::command(), "menshen", out);
            Ok(())
        }),
        Command::Man => output::to_stdout(|out| {
            clap_mangen::Man::new(Arguments::command()).render(out)
        }),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            eprintln!("menshen: {error:#}");
            ExitCode::from(2)
        }
    }
}
