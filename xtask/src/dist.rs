//! The release: `cargo xtask dist`.
//!
//! One statically linked program with its manual pages and completions, in
//! `target/dist/menshen-VERSION-TARGET/` and in an archive of that folder with its digest beside it.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Shell and the name of its completion file, as the shells look for it.
const COMPLETIONS: &[(&str, &str)] =
    &[("bash", "menshen.bash"), ("zsh", "_menshen"), ("fish", "menshen.fish")];
const PAGES: &[&str] = &["README.md", "README.zh-CN.md", "CHANGELOG.md", "LICENSE"];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    if !arguments.is_empty() {
        bail!("usage: cargo xtask dist");
    }
    let target = host()?;
    let binary = build(&target)?;
    let name = format!("menshen-{}-{target}", env!("CARGO_PKG_VERSION"));
    let dist = shell::target().join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(folder.join("completions"))?;
    fs::copy(&binary, folder.join("menshen"))?;
    let print = |arguments: &[&str]| shell::output(Command::new(&binary).args(arguments));
    let pages = folder.join("man");
    fs::create_dir(&pages)?;
    shell::run(Command::new(&binary).args(["man", "--output"]).arg(&pages))?;
    for (shell, file) in COMPLETIONS {
        fs::write(folder.join("completions").join(file), print(&["completions", shell])?)?;
    }
    for page in PAGES {
        fs::copy(shell::root().join(page), folder.join(page))
            .with_context(|| (*page).to_owned())?;
    }
    is_static(&folder.join("menshen"))?;
    let archive = dist.join(format!("{name}.tar.gz"));
    shell::run(
        Command::new("tar")
            .current_dir(&dist)
            .args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"])
            .args(["-czf".as_ref(), archive.as_os_str(), name.as_ref()]),
    )?;
    let digest = format!("{}  {name}.tar.gz\n", shell::sha256_file(&archive)?);
    fs::write(dist.join(format!("{name}.tar.gz.sha256")), digest)?;
    println!("{}", archive.display());
    Ok(())
}

fn build(target: &str) -> Result<std::path::PathBuf> {
    // With --target the flags reach the program alone, not the build scripts.
    shell::run(
        Command::new(env!("CARGO"))
            .current_dir(shell::root())
            .env("RUSTFLAGS", "-C target-feature=+crt-static")
            .env("CARGO_TARGET_DIR", shell::target())
            .args(["build", "--release", "--locked", "-p", "menshen", "--target", target]),
    )?;
    Ok(shell::target().join(target).join("release/menshen"))
}

/// The target that the compiler builds for by itself.
fn host() -> Result<String> {
    let text = shell::output(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("rustc -vV names no host")
}

/// A static program asks for no interpreter and no library.
fn is_static(binary: &Path) -> Result<()> {
    let bytes = fs::read(binary)?;
    let (library, issues) = menshen_native::Library::read(&bytes);
    let library = library.with_context(|| format!("{}: {issues:?}", binary.display()))?;
    if !library.needed.is_empty() {
        bail!("{} needs {}", binary.display(), library.needed.join(", "));
    }
    Ok(())
}
