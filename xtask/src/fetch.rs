//! Packages from the public registries, by exact version and SHA-256.
//!
//! Each kind of package is asked for with the ordinary client of its registry, as the machine has
//! it set up; no address is written here. What arrives is used only when its digest is the one in
//! the table.

use crate::shell;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const TRIES: u64 = 3;
/// Keys of all current Debian releases, from the package debian-archive-keyring.
const DEBIAN_KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Which client fetches a package, and which of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// `npm pack NAME@VERSION`.
    Npm,
    /// `pip download NAME==VERSION`, the wheel.
    Wheel,
    /// `pip download NAME==VERSION`, the source distribution.
    Sdist,
    /// `apt-get source NAME` of the Debian release that the version names, the orig tarball.
    DebianTarball,
    /// `apt-get download NAME` of the Debian release that the version names.
    DebianPackage,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Package<'a> {
    pub(crate) source: Source,
    pub(crate) name: &'a str,
    /// The version; for a Debian source package the release that has it.
    pub(crate) version: &'a str,
    pub(crate) sha256: &'a str,
}

impl Source {
    pub(crate) fn named(name: &str) -> Result<Self> {
        Ok(match name {
            "npm" => Self::Npm,
            "wheel" => Self::Wheel,
            "sdist" => Self::Sdist,
            "debian-source" => Self::DebianTarball,
            "debian-binary" => Self::DebianPackage,
            other => bail!("unknown source {other}"),
        })
    }
}

/// The archive in `folder`, fetched unless a file with its digest is there already.
pub(crate) fn archive(package: Package<'_>, folder: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(folder)?;
    let kept = folder.join(file_name(package));
    if kept.exists() && shell::sha256_file(&kept)? == package.sha256 {
        return Ok(kept);
    }
    let mut last = None;
    for attempt in 0..TRIES {
        std::thread::sleep(Duration::from_secs(attempt * 5));
        let scratch = folder.join(format!("partial-{}", std::process::id()));
        std::fs::create_dir_all(&scratch)?;
        let outcome = download(package, &scratch, &kept);
        std::fs::remove_dir_all(&scratch)?;
        match outcome {
            Ok(()) => return Ok(kept),
            Err(error) => last = Some(error),
        }
    }
    let error = last.unwrap_or_else(|| anyhow::anyhow!("not tried"));
    Err(error.context(format!("{} {} cannot be had", package.name, package.version)))
}

fn download(package: Package<'_>, scratch: &Path, kept: &Path) -> Result<()> {
    let client = match package.source {
        Source::Npm => npm(package, scratch),
        Source::Wheel => pip(package, scratch, "--only-binary"),
        Source::Sdist => pip(package, scratch, "--no-binary"),
        Source::DebianTarball | Source::DebianPackage => debian(package, scratch),
    };
    let files = shell::files(scratch)?;
    for file in &files {
        if shell::sha256_file(file)? == package.sha256 {
            std::fs::rename(file, kept)?;
            return Ok(());
        }
    }
    // A client may fail on a part that is not wanted, so its error counts only now.
    client?;
    bail!("{} files arrived, none with SHA-256 {}", files.len(), package.sha256)
}

fn npm(package: Package<'_>, folder: &Path) -> Result<()> {
    let wanted = format!("{}@{}", package.name, package.version);
    shell::output(
        Command::new("npm").args(["pack", "--silent", &wanted, "--pack-destination"]).arg(folder),
    )?;
    Ok(())
}

fn pip(package: Package<'_>, folder: &Path, choice: &str) -> Result<()> {
    let wanted = format!("{}=={}", package.name, package.version);
    let program = if shell::exists("pip") { "pip" } else { "pip3" };
    shell::output(
        Command::new(program)
            .args(["download", "--quiet", "--disable-pip-version-check", "--no-deps"])
            .args([choice, ":all:", "--dest"])
            .arg(folder)
            .arg(wanted),
    )?;
    Ok(())
}

/// Source lists are usually off, and the machine may have another release: a private apt state
/// reads the archive that the machine has set up, for the release named in the table.
fn debian(package: Package<'_>, folder: &Path) -> Result<()> {
    let format = "$(ORIGIN)|$(LABEL)|$(REPO_URI)";
    let targets =
        shell::output(Command::new("apt-get").args(["indextargets", "--format", format]))?;
    let main = targets
        .lines()
        .map(|line| line.split('|').collect::<Vec<_>>())
        .find(|fields| fields.len() == 3 && fields[0] == "Debian" && fields[1] == "Debian")
        .context("no Debian archive among the apt sources; run apt-get update")?;
    let state = std::path::absolute(folder.join("apt"))?;
    for name in ["lists/partial", "cache/archives/partial", "parts"] {
        std::fs::create_dir_all(state.join(name))?;
    }
    let keys = if Path::new(DEBIAN_KEYS).exists() {
        format!("Signed-By: {DEBIAN_KEYS}\n")
    } else {
        String::new()
    };
    let source = package.source == Source::DebianTarball;
    let kind = if source { "deb-src" } else { "deb" };
    let sources = format!(
        "Types: {kind}\nURIs: {}\nSuites: {}\nComponents: main\n{keys}",
        main[2], package.version
    );
    std::fs::write(state.join("parts/source.sources"), sources)?;
    let apt = |arguments: &[&str]| {
        shell::output(
            Command::new("apt-get")
                .current_dir(folder)
                .stdin(Stdio::null())
                .args(["-qq", "-o", "Dir::Etc::SourceList=/dev/null"])
                .arg(format!("-oDir::Etc::SourceParts={}", state.join("parts").display()))
                .arg(format!("-oDir::State::Lists={}", state.join("lists").display()))
                .arg(format!("-oDir::Cache={}", state.join("cache").display()))
                .arg("-oAPT::Sandbox::User=root")
                .args(arguments),
        )
    };
    apt(&["update"])?;
    if source {
        apt(&["source", "--download-only", "--tar-only", package.name])?;
    } else {
        apt(&["download", package.name])?;
    }
    Ok(())
}

fn file_name(package: Package<'_>) -> String {
    let name = package.name.trim_start_matches('@').replace('/', "-");
    let end = match package.source {
        Source::Npm => "tgz",
        Source::Wheel => "whl",
        Source::Sdist => "tar.gz",
        Source::DebianTarball => "orig.tar",
        Source::DebianPackage => "deb",
    };
    format!("{name}-{}.{end}", package.version)
}

/// Takes one file out of an archive.
pub(crate) fn extract_file(archive: &Path, inside: &str, to: &Path) -> Result<()> {
    let partial = to.with_extension("partial");
    let out = std::fs::File::create(&partial)?;
    let mut command = if is_zip(archive) {
        let mut command = Command::new("unzip");
        command.arg("-p").arg(archive).arg(inside);
        command
    } else if archive.extension().is_some_and(|end| end == "deb") {
        // The data of a package is a tar archive inside of an ar archive.
        let data = archive.with_extension("data.tar");
        let tar = std::fs::File::create(&data)?;
        shell::run(Command::new("dpkg-deb").arg("--fsys-tarfile").arg(archive).stdout(tar))?;
        let mut command = Command::new("tar");
        command.arg("-xOf").arg(data).arg(inside);
        command
    } else {
        let mut command = Command::new("tar");
        command.arg("-xOf").arg(archive).arg(inside);
        command
    };
    shell::run(command.stdout(out))?;
    std::fs::rename(&partial, to)?;
    Ok(())
}

/// Unpacks the files of a tar archive whose names match one of the patterns, without the first
/// `strip` folders of their names.
pub(crate) fn extract_matching(
    archive: &Path,
    patterns: &[&str],
    strip: usize,
    to: &Path,
) -> Result<()> {
    std::fs::create_dir_all(to)?;
    shell::run(
        Command::new("tar")
            .arg("-xf")
            .arg(archive)
            .arg("-C")
            .arg(to)
            .arg(format!("--strip-components={strip}"))
            .args(["--wildcards", "--no-anchored", "--no-same-owner"])
            .args(patterns),
    )
}

fn is_zip(archive: &Path) -> bool {
    archive.extension().is_some_and(|end| end == "whl" || end == "jar" || end == "zip")
}
