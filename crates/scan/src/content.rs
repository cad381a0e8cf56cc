//! Native libraries and other files of the modules.

use crate::budget;
use crate::module::Module;
use menshen_archive::{Entry, Method};
use menshen_base::{IssueKind, Owner, ScanIssue, text};
use menshen_detect::strings::{self, Source};
use menshen_detect::{files, libraries};
use menshen_facts::Facts;
use menshen_native::{self as native, Library};
use menshen_rules::assessment::Share;
use rayon::prelude::*;
use std::sync::{Mutex, PoisonError};

/// Largest native library that is read.
const LIBRARY_BYTES_MAX: usize = 512 << 20;
/// Largest text file that is read.
const TEXT_BYTES_MAX: usize = 32 << 20;
/// Shortest run of text in a library that can hold an address or a secret.
const TEXT_RUN_MIN: usize = 8;
/// Entries looked at one by one.
const ENTRIES_MAX: usize = 500_000;

const TOO_MANY_ENTRIES: IssueKind = IssueKind {
    code: "android/too-many-entries",
    title: text("条目过多", "too many entries"),
    lost: text("超出上限的条目未检查", "the entries behind the limit were not looked at"),
};

/// What the files of a package say.
#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) facts: Facts,
    pub(crate) issues: Vec<ScanIssue>,
    pub(crate) entries: Share,
    pub(crate) libraries: Share,
}

impl Content {
    fn merge(mut self, mut other: Content) -> Content {
        self.facts.append(other.facts);
        self.issues.append(&mut other.issues);
        self.entries.done += other.entries.done;
        self.entries.total += other.entries.total;
        self.libraries.done += other.libraries.done;
        self.libraries.total += other.libraries.total;
        self
    }
}

/// Looks at all entries, in parallel.
pub(crate) fn gather(modules: &[Module<'_, '_>]) -> Content {
    let entries: Vec<Wanted<'_, '_, '_>> = modules
        .iter()
        .flat_map(|module| module.entries().map(move |entry| (module, entry)))
        .collect();
    let (wanted, left_out) = plan(&entries);
    let mut content = wanted
        .par_iter()
        .map(|(module, entry)| look_at(module, entry))
        .reduce(Content::default, Content::merge);
    content.issues.extend(left_out);
    content.entries.total = entries.len() as u64;
    if entries.len() > ENTRIES_MAX {
        content.issues.push(
            ScanIssue::new(&TOO_MANY_ENTRIES)
                .detail(format!("{} entries, looked at {ENTRIES_MAX}", entries.len())),
        );
    }
    content
}

type Wanted<'e, 'o, 'a> = (&'e Module<'o, 'a>, &'o Entry<'a>);

/// The entries to look at: in the order of the directory, as long as what they declare to hold
/// fits the budget. Of most only the first bytes are read, which costs nothing.
fn plan<'e, 'o, 'a>(
    entries: &[Wanted<'e, 'o, 'a>],
) -> (Vec<Wanted<'e, 'o, 'a>>, Option<ScanIssue>) {
    let mut wanted = Vec::new();
    let (mut inflated, mut count, mut bytes) = (0u64, 0usize, 0u64);
    let mut first = None;
    for (module, entry) in entries.iter().copied().take(ENTRIES_MAX) {
        let whole = module.library_abi(entry).is_some() || files::is_text(&entry.name);
        if whole && entry.method != Method::Stored {
            let (size, budget) = (entry.uncompressed_size, &module.part.budget);
            let total = inflated.saturating_add(size);
            if size > budget.entry() || total > budget.passing {
                count += 1;
                bytes = bytes.saturating_add(size);
                first.get_or_insert_with(|| module.part.entry_path(&entry.name));
                continue;
            }
            inflated = total;
        }
        wanted.push((module, entry));
    }
    (wanted, first.map(|first| budget::left_out(count, bytes, &first)))
}

/// Content that is inflated to more than this is looked at by one thread at a time.
const LARGE_BYTES: u64 = 8 << 20;
static LARGE: Mutex<()> = Mutex::new(());

fn look_at(module: &Module<'_, '_>, entry: &Entry<'_>) -> Content {
    let mut content = Content::default();
    content.entries.done = 1;
    // Nothing below waits for other threads, so that the lock is always given back.
    let _large = (entry.method != Method::Stored && entry.uncompressed_size > LARGE_BYTES)
        .then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let path = module.part.entry_path(&entry.name);
    if module.library_abi(entry).is_some() {
        content.libraries.total = 1;
        match module.part.read(entry, LIBRARY_BYTES_MAX) {
            Ok(bytes) => {
                let (library, issues) = Library::read(&bytes);
                content.issues.extend(issues.into_iter().map(|issue| issue.within(&path)));
                if let Some(library) = library {
                    let stored = (entry.method == Method::Stored).then_some(entry.data_offset);
                    let fact = libraries::detect(&library, &path, stored.flatten());
                    let runs = native::printable(&bytes, TEXT_RUN_MIN);
                    content.facts.append(strings::of_runs(runs, &path, &fact.owner));
                    content.facts.libraries.push(fact);
                    content.libraries.done = 1;
                }
            }
            Err(issue) => {
                content.entries.done = 0;
                content.issues.push(issue);
            }
        }
        return content;
    }
    if files::is_text(&entry.name) {
        match module.part.read(entry, TEXT_BYTES_MAX) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                content.facts.append(strings::of_text(
                    &text,
                    &path,
                    Source::Asset,
                    &Owner::Unknown,
                ));
            }
            Err(issue) => {
                content.entries.done = 0;
                content.issues.push(issue);
                return content;
            }
        }
    }
    if files::may_matter(&entry.name) {
        match module.part.read_prefix(entry, files::PREFIX_BYTES) {
            Ok(prefix) => {
                content.facts.files.extend(files::detect(&path, entry.uncompressed_size, &prefix))
            }
            Err(issue) => {
                content.entries.done = 0;
                content.issues.push(issue);
            }
        }
    }
    content
}
