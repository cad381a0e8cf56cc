//! What a package of a given size may cost to unpack.
//!
//! A few kilobytes can claim to be gigabytes, within one entry, in many entries over the same
//! data, or in packages within packages. What is inflated is therefore bounded by the size of the
//! files on disk: generously, since code and resources shrink three to six times, and with a base
//! for small files. All bounds go by the sizes that the directory declares, which the archive
//! reader enforces, so that the answer does not depend on which thread comes first.

use menshen_base::{IssueKind, ScanIssue, text};
use std::sync::atomic::{AtomicU64, Ordering};

const MIB: u64 = 1 << 20;
/// Kept in memory while the scan goes on, for each of: packages within packages, code, tables.
const HELD_BASE: u64 = 64 * MIB;
const HELD_RATIO: u64 = 6;
/// Inflated, looked at and dropped, all entries together.
const PASSING_BASE: u64 = 256 * MIB;
const PASSING_RATIO: u64 = 16;

pub(crate) const EXPANDS: IssueKind = IssueKind {
    code: "scan/expands-too-much",
    title: text("解压后的大小与文件大小不相称", "it inflates to more than a file of this size may"),
    lost: text("超出上限的内容未检查", "the content past the limit was not looked at"),
};

/// The bounds of one artifact, in bytes of inflated content.
#[derive(Debug)]
pub struct Budget {
    /// What may be kept of one kind.
    pub(crate) held: u64,
    /// What may be inflated and dropped again, by each reader that goes over the entries.
    pub(crate) passing: u64,
    /// What is left for XML files. They are read one after the other, never in parallel.
    xml_left: AtomicU64,
}

impl Budget {
    /// For an artifact of that many bytes on disk.
    pub(crate) fn of(disk_bytes: u64) -> Self {
        let passing = PASSING_BASE.saturating_add(disk_bytes.saturating_mul(PASSING_RATIO));
        Self {
            held: HELD_BASE.saturating_add(disk_bytes.saturating_mul(HELD_RATIO)),
            passing,
            xml_left: AtomicU64::new(passing),
        }
    }

    /// The largest single entry that is inflated.
    pub(crate) fn entry(&self) -> u64 {
        self.held / 2
    }

    /// Takes the size of an XML file; false when too little is left.
    pub(crate) fn take_xml(&self, bytes: u64) -> bool {
        let left = self.xml_left.load(Ordering::Relaxed);
        match left.checked_sub(bytes) {
            Some(rest) => {
                self.xml_left.store(rest, Ordering::Relaxed);
                true
            }
            None => false,
        }
    }
}

/// `min` of a limit in memory and one of the budget.
pub(crate) fn at_most(limit: usize, budget: u64) -> usize {
    limit.min(usize::try_from(budget).unwrap_or(usize::MAX))
}

/// Says how many entries were left out, and names the first.
pub(crate) fn left_out(count: usize, bytes: u64, first: &str) -> ScanIssue {
    let what = if count == 1 { "entry" } else { "entries" };
    ScanIssue::new(&EXPANDS).within(first).detail(format!("{count} {what}, {bytes} bytes declared"))
}
