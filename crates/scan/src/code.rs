//! The code of an app or a library: its DEX or class files, inflated and parsed.

use crate::budget;
use crate::module::Module;
use menshen_android::class::ClassFile;
use menshen_android::dex::Dex;
use menshen_archive::{Entry, Zip};
use menshen_base::{IssueKind, ScanIssue, text};
use menshen_detect::code::{ClassUnit, DexFile};
use rayon::prelude::*;
use std::borrow::Cow;

/// DEX files read of one app, and their bytes together. The largest known apps have some 60
/// files of 8 MB.
const DEX_FILES_MAX: usize = 2_000;
const DEX_BYTES_MAX: u64 = 1 << 30;
/// A DEX file addresses its parts by 32-bit offsets; none that a device loads is this large.
const DEX_FILE_BYTES_MAX: u64 = 256 << 20;

pub(crate) const TOO_MUCH_CODE: IssueKind = IssueKind {
    code: "android/too-much-code",
    title: text("代码文件过多或过大", "too many code files, or too large"),
    lost: text("超出上限的代码未检查", "the code behind the limit was not looked at"),
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
            let max = DEX_BYTES_MAX.min(module.part.budget.held);
            let fits = wanted.len() < DEX_FILES_MAX
                && size <= DEX_FILE_BYTES_MAX
                && bytes.saturating_add(size) <= max;
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

/// Class files read of one library, and their bytes together.
const CLASSES_MAX: usize = 200_000;
const CLASS_BYTES_MAX: u64 = 512 << 20;
/// Largest archive of class files within a library.
const CLASS_ARCHIVE_BYTES_MAX: usize = 512 << 20;
/// Classes for other Java versions than the oldest: the same code again.
const VERSIONED_CLASSES: &str = "META-INF/versions/";

/// The bytes of class files, with their paths.
#[derive(Debug, Default)]
pub(crate) struct ClassBytes {
    pub(crate) files: Vec<(String, Vec<u8>)>,
    pub(crate) total: u64,
    bytes: u64,
    bytes_max: u64,
    pub(crate) issues: Vec<ScanIssue>,
}

/// Inflates the class files of a library: its own, and those of the archives within it.
pub(crate) fn read_classes(modules: &[Module<'_, '_>]) -> ClassBytes {
    let mut read = ClassBytes::default();
    for module in modules {
        let budget = &module.part.budget;
        read.bytes_max = CLASS_BYTES_MAX.min(budget.held);
        let mut passing = budget.passing;
        for entry in module.class_archives() {
            let path = module.part.entry_path(&entry.name);
            let Some(left) = passing.checked_sub(entry.uncompressed_size) else {
                read.issues.push(budget::left_out(1, entry.uncompressed_size, &path));
                continue;
            };
            passing = left;
            match module.part.read(entry, budget::at_most(CLASS_ARCHIVE_BYTES_MAX, budget.entry()))
            {
                Ok(bytes) => {
                    let (zip, issues) = Zip::parse(&bytes);
                    read.issues.extend(issues.into_iter().map(|issue| issue.within(&path)));
                    if let Some(zip) = zip {
                        read.add(&zip, |name| format!("{path}!/{name}"));
                    }
                }
                Err(issue) => read.issues.push(issue),
            }
        }
        if module.holds_classes() {
            read.add(&module.part.zip, |name| module.part.entry_path(name));
        }
    }
    read
}

impl ClassBytes {
    fn add(&mut self, zip: &Zip<'_>, path: impl Fn(&str) -> String) {
        let classes = zip.entries().iter().filter(|entry| {
            entry.name.ends_with(".class") && !entry.name.starts_with(VERSIONED_CLASSES)
        });
        let mut skipped = 0usize;
        for entry in classes {
            self.total += 1;
            let size = entry.uncompressed_size;
            if self.files.len() >= CLASSES_MAX || self.bytes.saturating_add(size) > self.bytes_max {
                skipped += 1;
                continue;
            }
            self.bytes += size;
            let max = usize::try_from(size).unwrap_or(usize::MAX);
            match zip.read(entry, max) {
                Ok(bytes) => self.files.push((path(&entry.name), bytes.into_owned())),
                Err(mut issue) => {
                    issue.place.path = path(&issue.place.path);
                    self.issues.push(issue);
                }
            }
        }
        if skipped > 0 {
            self.issues
                .push(ScanIssue::new(&TOO_MUCH_CODE).detail(format!("{skipped} classes skipped")));
        }
    }
}

/// The class files parsed; those that describe a module or package hold no code.
pub(crate) fn parse_classes(bytes: &ClassBytes) -> (Vec<ClassUnit<'_>>, Vec<ScanIssue>) {
    let parsed: Vec<_> =
        bytes.files.par_iter().map(|(path, bytes)| (path, ClassFile::parse(bytes))).collect();
    let mut units = Vec::new();
    let mut issues = Vec::new();
    for (path, (class, found)) in parsed {
        issues.extend(found.into_iter().map(|issue| issue.within(path)));
        units.extend(class.map(|class| ClassUnit { path: path.clone(), class }));
    }
    (units, issues)
}
