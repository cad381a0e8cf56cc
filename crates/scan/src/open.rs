//! From files to opened containers: what kind of artifact it is, and its parts.
//!
//! The content decides, not the name: a bundle has `BundleConfig.pb`, a set holds APKs, a library
//! has `classes.jar`. Containers within containers are opened once, not deeper.

use crate::budget::{self, Budget};
use crate::input::Input;
use menshen_archive::{Entry, Method, Zip};
use menshen_base::{IssueKind, ScanIssue, Sha256Hex, text};
use menshen_rules::assessment::ArtifactKind;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest file that is read.
const FILE_BYTES_MAX: u64 = 4 << 30;
/// Largest signature of scheme v4: most of it is a hash tree, a 128th of the largest file.
const IDSIG_BYTES_MAX: u64 = 64 << 20;
/// Largest APK inside another file that is opened.
const INNER_BYTES_MAX: usize = 1 << 30;
/// APKs of one set.
const PARTS_MAX: usize = 512;

const UNREADABLE: IssueKind = IssueKind {
    code: "scan/unreadable",
    title: text("文件无法读取", "the file cannot be read"),
    lost: text("整个文件未检查", "nothing in the file was looked at"),
};
const TOO_LARGE: IssueKind = IssueKind {
    code: "scan/file-too-large",
    title: text("文件超过大小上限", "the file is larger than the limit"),
    lost: text("整个文件未检查", "nothing in the file was looked at"),
};
const NOT_AN_ARTIFACT: IssueKind = IssueKind {
    code: "scan/not-an-app",
    title: text(
        "不是 APK、拆分包、AAB、AAR 或 JAR",
        "not an APK, a split set, an AAB, an AAR or a JAR",
    ),
    lost: text("整个文件未检查", "nothing in the file was looked at"),
};
const TOO_MANY_PARTS: IssueKind = IssueKind {
    code: "scan/too-many-parts",
    title: text("拆分包中的 APK 过多", "the set holds too many APKs"),
    lost: text("其余 APK 未检查", "the APKs behind the limit were not looked at"),
};

/// The bytes of one file, read.
#[derive(Debug)]
pub struct Blob {
    pub name: String,
    pub bytes: Vec<u8>,
    pub sha256: Sha256Hex,
    /// The signature of scheme v4, which lies beside an APK in a file of its own.
    pub idsig: Option<Vec<u8>>,
}

/// One opened container.
#[derive(Debug)]
pub struct Part<'a> {
    /// Put before the paths of its entries; empty when the artifact is one file.
    pub path: String,
    pub bytes: &'a [u8],
    /// What the file of scheme v4 beside it holds.
    pub idsig: Option<&'a [u8]>,
    pub zip: Zip<'a>,
    /// What unpacking may cost; the same for all parts of an artifact.
    pub budget: Arc<Budget>,
}

/// Reads the files of an input. What cannot be read is an issue.
pub fn read(input: &Input) -> (Vec<Blob>, Vec<ScanIssue>) {
    let mut blobs = Vec::new();
    let mut issues = Vec::new();
    for path in &input.files {
        match read_file(path, FILE_BYTES_MAX) {
            Ok(bytes) => {
                let name =
                    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                let idsig = beside(path).and_then(|path| match read_file(&path, IDSIG_BYTES_MAX) {
                    Ok(bytes) => Some(bytes),
                    Err(issue) => {
                        let name = path.file_name().map(|name| name.to_string_lossy());
                        issues.push(issue.within(&name.unwrap_or_default()));
                        None
                    }
                });
                blobs.push(Blob { name, sha256: Sha256Hex(String::new()), bytes, idsig });
            }
            Err(issue) => issues.push(issue),
        }
    }
    blobs.par_iter_mut().for_each(|blob| {
        blob.sha256 = Sha256Hex::from_bytes(&Sha256::digest(&blob.bytes).into());
    });
    (blobs, issues)
}

/// The file of scheme v4 beside an APK: `a.apk.idsig`, as apksigner writes it, or `a.idsig`.
fn beside(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let stem = name.strip_suffix(".apk")?;
    let mut paths =
        [name, stem].into_iter().map(|name| path.with_file_name(format!("{name}.idsig")));
    paths.find(|path| path.is_file())
}

fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, ScanIssue> {
    let unreadable = |error: std::io::Error| ScanIssue::new(&UNREADABLE).detail(error.to_string());
    let found = fs::metadata(path).map_err(unreadable)?;
    // Devices never end and pipes may never begin.
    if !found.is_file() {
        return Err(ScanIssue::new(&UNREADABLE).detail("not a regular file"));
    }
    let too_large = |size: u64| {
        ScanIssue::new(&TOO_LARGE).detail(format!("{size} bytes, read up to {bytes_max}"))
    };
    if found.len() > bytes_max {
        return Err(too_large(found.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0));
    // A file may grow while it is read.
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    match bytes.len() as u64 {
        size if size > bytes_max => Err(too_large(size)),
        _ => Ok(bytes),
    }
}

fn disk_bytes(blobs: &[Blob]) -> u64 {
    blobs.iter().map(|blob| blob.bytes.len() as u64).sum()
}

/// The APKs inside the set files (`.apks`, `.xapk`, `.apkm`), inflated where they must be.
#[derive(Debug, Default)]
pub struct Inner<'a> {
    parts: Vec<(String, Cow<'a, [u8]>)>,
}

/// What the containers are, with everything met on the way.
#[derive(Debug, Default)]
pub struct Opened<'a> {
    pub kind: ArtifactKind,
    pub parts: Vec<Part<'a>>,
    pub issues: Vec<ScanIssue>,
}

/// Unpacks set files; empty for everything else.
pub fn inner<'a>(blobs: &'a [Blob]) -> (Inner<'a>, Vec<ScanIssue>) {
    let mut inner = Inner::default();
    let mut issues = Vec::new();
    let [blob] = blobs else { return (inner, issues) };
    let (Some(zip), _) = Zip::parse(&blob.bytes) else { return (inner, issues) };
    if kind_of(&zip) != ArtifactKind::ApkSet {
        return (inner, issues);
    }
    let apks: Vec<&Entry<'_>> =
        zip.entries().iter().filter(|entry| entry.name.ends_with(".apk")).collect();
    if apks.len() > PARTS_MAX {
        issues.push(
            ScanIssue::new(&TOO_MANY_PARTS)
                .detail(format!("{} APKs, opened {PARTS_MAX}", apks.len())),
        );
    }
    let budget = Budget::of(disk_bytes(blobs));
    let mut left = budget.held;
    for entry in apks.into_iter().take(PARTS_MAX) {
        // Stored APKs are borrowed: they cost nothing.
        if entry.method != Method::Stored {
            let Some(rest) = left.checked_sub(entry.uncompressed_size) else {
                issues.push(budget::left_out(1, entry.uncompressed_size, &entry.name));
                continue;
            };
            left = rest;
        }
        match zip.read(entry, INNER_BYTES_MAX) {
            Ok(bytes) => inner.parts.push((entry.name.to_string(), bytes)),
            Err(issue) => issues.push(issue),
        }
    }
    (inner, issues)
}

/// Opens what was read. `is_set`: the blobs are the splits of one app.
pub fn open<'a>(blobs: &'a [Blob], inner: &'a Inner<'a>, is_set: bool) -> Opened<'a> {
    let mut opened = Opened::default();
    let budget = Arc::new(Budget::of(disk_bytes(blobs)));
    if !inner.parts.is_empty() {
        opened.kind = ArtifactKind::ApkSet;
        for (path, bytes) in &inner.parts {
            opened.add(path, bytes, None, true, &budget);
        }
    } else if is_set {
        opened.kind = ArtifactKind::ApkSet;
        for blob in blobs {
            opened.add(&blob.name, &blob.bytes, blob.idsig.as_deref(), true, &budget);
        }
    } else {
        for blob in blobs {
            opened.add("", &blob.bytes, blob.idsig.as_deref(), false, &budget);
        }
        opened.kind = opened.parts.first().map_or(ArtifactKind::Unknown, |part| kind_of(&part.zip));
        if opened.kind == ArtifactKind::Unknown && !opened.parts.is_empty() {
            opened.parts.clear();
            opened.issues.push(ScanIssue::new(&NOT_AN_ARTIFACT));
        }
    }
    opened.parts.sort_by_key(|part| (!is_base(&part.zip, &part.path), part.path.clone()));
    opened
}

impl<'a> Opened<'a> {
    fn add(
        &mut self,
        path: &str,
        bytes: &'a [u8],
        idsig: Option<&'a [u8]>,
        named: bool,
        budget: &Arc<Budget>,
    ) {
        let (zip, issues) = Zip::parse(bytes);
        self.issues.extend(issues.into_iter().map(|issue| match named {
            true => issue.within(path),
            false => issue,
        }));
        if let Some(zip) = zip {
            self.parts.push(Part {
                path: if named { path.to_owned() } else { String::new() },
                bytes,
                idsig,
                zip,
                budget: Arc::clone(budget),
            });
        }
    }
}

impl<'a> Part<'a> {
    /// The path of an entry, with the part it lies in.
    pub fn entry_path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}!/{name}", self.path) }
    }

    /// The content of an entry; the issue carries the whole path.
    pub fn read(&self, entry: &Entry<'a>, bytes_max: usize) -> Result<Cow<'a, [u8]>, ScanIssue> {
        self.zip.read(entry, bytes_max).map_err(|issue| self.located(issue))
    }

    /// The first bytes of an entry.
    pub fn read_prefix(&self, entry: &Entry<'a>, max: usize) -> Result<Cow<'a, [u8]>, ScanIssue> {
        self.zip.read_prefix(entry, max).map_err(|issue| self.located(issue))
    }

    fn located(&self, issue: ScanIssue) -> ScanIssue {
        if self.path.is_empty() { issue } else { issue.within(&self.path) }
    }
}

/// Splits lie behind the base, whatever they are called.
fn is_base(zip: &Zip<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let split_name =
        name.starts_with("split_") || name.starts_with("config.") || name.contains(".config.");
    !split_name && zip.find("classes.dex").is_some()
}

fn kind_of(zip: &Zip<'_>) -> ArtifactKind {
    let has = |name: &str| zip.find(name).is_some();
    let any = |ending: &str| zip.entries().iter().any(|entry| entry.name.ends_with(ending));
    if has("BundleConfig.pb") || has("base/manifest/AndroidManifest.xml") {
        ArtifactKind::Aab
    } else if has("classes.jar") && (has("AndroidManifest.xml") || has("R.txt")) {
        ArtifactKind::Aar
    } else if has("AndroidManifest.xml") || has("classes.dex") || has("resources.arsc") {
        ArtifactKind::Apk
    } else if any(".apk") {
        ArtifactKind::ApkSet
    } else if any(".class") || has("META-INF/MANIFEST.MF") {
        ArtifactKind::Jar
    } else {
        ArtifactKind::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_scheme_v4_lies_beside() {
        let folder = std::env::temp_dir().join(format!("menshen-idsig-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (name, beside_it, expected) in [
            ("a.apk", "a.apk.idsig", true),
            ("b.apk", "b.idsig", true),
            ("c.apk", "other.idsig", false),
            ("d.jar", "d.jar.idsig", false),
        ] {
            let path = folder.join(name);
            fs::write(&path, name).unwrap();
            fs::write(folder.join(beside_it), b"v4").unwrap();
            let input = Input { name: name.to_owned(), files: vec![path], is_set: false };
            let (blobs, issues) = read(&input);
            assert!(issues.is_empty(), "{name}: {issues:?}");
            assert_eq!(blobs[0].idsig.as_deref() == Some(b"v4".as_slice()), expected, "{name}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
