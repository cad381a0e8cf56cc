//! Licences of the dependencies: `cargo xtask licences`.
//!
//! Every crate that a build may link must offer a licence of [`ALLOWED`]. An expression is read
//! as SPDX writes it: `OR` needs one good side, `AND` needs both.

use crate::shell;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::Command;

/// Permissive licences, and MPL-2.0 which reaches only its own files.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(crate) fn run() -> Result<()> {
    let metadata = metadata(false)?;
    let packages = metadata["packages"].as_array().context("cargo metadata without packages")?;
    let mut refused = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let version = package["version"].as_str().unwrap_or_default();
        match package["license"].as_str() {
            Some(licence) if allowed(licence) => {}
            Some(licence) => refused.push(format!("{name} {version}: {licence}")),
            None => refused.push(format!("{name} {version}: no licence stated")),
        }
    }
    if !refused.is_empty() {
        bail!("licences not allowed:\n  {}", refused.join("\n  "));
    }
    println!("licences: {} packages, all allowed", packages.len());
    Ok(())
}

/// What cargo knows of the workspace, with or without its dependencies.
pub(crate) fn metadata(own_only: bool) -> Result<Value> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(shell::root()).args(["metadata", "--format-version", "1", "--locked"]);
    if own_only {
        command.arg("--no-deps");
    }
    Ok(serde_json::from_str(&shell::output(&mut command)?)?)
}

fn allowed(expression: &str) -> bool {
    // Old manifests write "MIT/Apache-2.0".
    let expression = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let tokens: Vec<&str> = expression.split_whitespace().collect();
    let mut at = 0;
    let good = alternatives(&tokens, &mut at);
    good && at == tokens.len()
}

fn alternatives(tokens: &[&str], at: &mut usize) -> bool {
    let mut good = conjunction(tokens, at);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        good |= conjunction(tokens, at);
    }
    good
}

fn conjunction(tokens: &[&str], at: &mut usize) -> bool {
    let mut good = one(tokens, at);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        good &= one(tokens, at);
    }
    good
}

fn one(tokens: &[&str], at: &mut usize) -> bool {
    let Some(token) = tokens.get(*at) else { return false };
    *at += 1;
    if *token == "(" {
        let good = alternatives(tokens, at);
        let closed = tokens.get(*at) == Some(&")");
        *at += 1;
        return good && closed;
    }
    if let (Some(&"WITH"), Some(exception)) = (tokens.get(*at), tokens.get(*at + 1)) {
        *at += 2;
        return ALLOWED.contains(&format!("{token} WITH {exception}").as_str());
    }
    // "+" offers later versions besides the one named.
    ALLOWED.contains(&token.trim_end_matches('+'))
}

#[cfg(test)]
mod tests {
    #[test]
    fn expressions() {
        for (expression, expected) in [
            ("MIT", true),
            ("GPL-3.0-only", false),
            ("MIT OR GPL-3.0-only", true),
            ("MIT AND GPL-3.0-only", false),
            ("MIT/Apache-2.0", true),
            ("(MIT OR GPL-2.0) AND Unicode-3.0", true),
            ("(MIT OR Apache-2.0) AND GPL-2.0", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
            ("GPL-2.0 WITH Classpath-exception-2.0", false),
            ("MPL-2.0+", true),
            ("GPL-2.0+", false),
            ("(MIT", false),
            ("", false),
        ] {
            assert_eq!(super::allowed(expression), expected, "{expression}");
        }
    }
}
