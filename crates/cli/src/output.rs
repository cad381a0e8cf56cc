//! Where output goes: a file, or standard output that its reader may close.

use anyhow::{Context, Result};
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

/// Columns of a page when no terminal says otherwise.
const WIDTH: usize = 100;
const WIDTH_MAX: usize = 120;

/// Writes to the file, or to standard output. A reader that has seen enough is no error.
pub(crate) fn write(
    path: Option<&Path>,
    print: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let result = match path {
        Some(path) => {
            let file =
                File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
            let mut out = BufWriter::new(file);
            print(&mut out).and_then(|()| out.flush())
        }
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            print(&mut out).and_then(|()| out.flush())
        }
    };
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write the report"),
    }
}

/// Writes to standard output and succeeds.
pub(crate) fn to_stdout(print: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<ExitCode> {
    write(None, print)?;
    Ok(ExitCode::SUCCESS)
}

/// How to lay out text: colours on a terminal that wants them, its width.
pub(crate) fn style(to_file: bool) -> menshen_report::Style {
    let terminal = !to_file && io::stdout().is_terminal();
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let color = terminal && !set("NO_COLOR") || set("CLICOLOR_FORCE");
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let width = columns.unwrap_or(WIDTH).min(WIDTH_MAX);
    menshen_report::Style { color, width, ..menshen_report::Style::default() }
}
