//! The code of an app: its DEX files inflated, and what the code detectors find in them.

use crate::module::Module;
use menshen_android::dex::Dex;
use menshen_archive::Entry;
use menshen_base::{IssueKind, ScanIssue, text};
use menshen_detect::code::DexFile;
use rayon::prelude::*;
use std::borrow::Cow;

/// DEX files read of one app, and their bytes together. The largest known apps have some 60
/// files of 8 MB.
const DEX_FILES_MAX: usize = 2_000;
const DEX_BYTES_MAX: u64 = 1 << 30;
/// A DEX file addresses its parts by 32-bit offsets; none that a device loads is this large.
const DEX_FILE_BYTES_MAX: u64 = 256 << 20;

const TOO_MUCH_CODE: IssueKind = IssueKind {
    code: "android/too-much-code",
    title: text("DEX 文件过多或过大", "too many DEX files, or too large"),
    lost: text("超出上限的 DEX 文件未检查", "the DEX files behind the limit were not looked at"),
};

/// The bytes of the DEX files, with their paths.
#[derive(Debug, Default)]
pub(crate) struct DexBytes<'a> {
    pub(crate) files: Vec<(String, Cow<'a, [u8]>)>,
    pub(crate) total: u64,
    pub(crate) issues: Vec<ScanIssue>,
}

/// Inflates the DEX files of all modules, in parallel.
pub(crate) fn read<'o, 'a>(modules: &[Module<'o, 'a>]) -> DexBytes<'a> {
    let mut read = DexBytes::default();
    let mut wanted: Vec<(&Module<'o, 'a>, &'o Entry<'a>)> = Vec::new();
    let mut bytes = 0u64;
    let mut skipped = 0usize;
    for module in modules {
        for entry in module.dex_entries() {
            read.total += 1;
            let size = entry.uncompressed_size;
            let fits = wanted.len() < DEX_FILES_MAX
                && size <= DEX_FILE_BYTES_MAX
                && bytes.saturating_add(size) <= DEX_BYTES_MAX;
            if fits {
                bytes += size;
                wanted.push((module, entry));
            } else {
                skipped += 1;
            }
        }
    }
    if skipped > 0 {
        read.issues.push(
            ScanIssue::new(&TOO_MUCH_CODE)
                .detail(format!("{skipped} of {} DEX files skipped", read.total)),
        );
    }
    let results: Vec<_> = wanted
        .par_iter()
        .map(|(module, entry)| {
            // What the directory declares is what a device allocates: more than that is an error.
            let max = usize::try_from(entry.uncompressed_size).unwrap_or(usize::MAX);
            (module.part.entry_path(&entry.name), module.part.read(entry, max))
        })
        .collect();
    for (path, result) in results {
        match result {
            Ok(bytes) => read.files.push((path, bytes)),
            Err(issue) => read.issues.push(issue),
        }
    }
    read
}

/// The tables of the DEX files. A container gives several logical files.
pub(crate) fn parse<'b>(bytes: &'b DexBytes<'_>) -> (Vec<DexFile<'b>>, Vec<ScanIssue>) {
    let mut files = Vec::new();
    let mut issues = Vec::new();
    for (path, bytes) in &bytes.files {
        let (dexes, found) = Dex::parse_all(bytes);
        issues.extend(found.into_iter().map(|issue| issue.within(path)));
        files.extend(dexes.into_iter().map(|dex| DexFile { path: path.clone(), dex }));
    }
    (files, issues)
}
