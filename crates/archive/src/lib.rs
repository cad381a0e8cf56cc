//! Hardened reader of zip containers as Android packages use them.
//!
//! A [`Zip`] keeps both views of an archive: the central directory, which Android believes, and
//! the local headers, which other tools believe. Where the two disagree, or anything else is not
//! as ordinary tools write it, there is an [`Anomaly`]: evidence for a rule, not an obstacle.
//! What cannot be read is a scan issue of that entry and costs nothing else.
//!
//! Follows PKWARE's APPNOTE 6.3.10 (sections 4.3, 4.4, 4.5.3) and, where it is lenient, Android's
//! libziparchive: the central directory decides sizes, method and CRC; the encryption flag is
//! ignored when the data inflate; a method that is neither 0 nor 8 is read as stored when both
//! sizes are equal and as deflated otherwise, which is how packages with falsified methods still
//! install.
//!
//! ```
//! let (zip, issues) = menshen_archive::Zip::parse(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
//! assert!(zip.unwrap().entries().is_empty());
//! assert!(issues.is_empty());
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

mod anomaly;
mod directory;
mod inflate;
mod issues;

pub use anomaly::{Anomaly, AnomalyKind};

use inflate::InflateError;
use menshen_base::{IssueKind, ScanIssue};
use std::borrow::Cow;
use std::collections::HashMap;

/// An archive over the bytes of a file.
#[derive(Debug)]
pub struct Zip<'a> {
    bytes: &'a [u8],
    entries: Vec<Entry<'a>>,
    by_name: HashMap<Cow<'a, str>, usize>,
    anomalies: Vec<Anomaly>,
    central_directory_offset: u64,
    end_offset: u64,
    comment: &'a [u8],
    prefix: &'a [u8],
}

/// One entry, as the central directory describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Lossy where the name is not UTF-8.
    pub name: Cow<'a, str>,
    pub raw_name: &'a [u8],
    pub method: Method,
    pub flags: u16,
    pub crc32: u32,
    pub compressed_size: u64,
    pub uncompressed_size: u64,
    /// From the start of the file; prepended data are counted.
    pub local_header_offset: u64,
    /// Where the data start, when there is a local header.
    pub data_offset: Option<u64>,
    /// MS-DOS date (high half) and time.
    pub modified: u32,
}

/// How the data of an entry are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Stored,
    Deflated,
    Other(u16),
}

impl<'a> Zip<'a> {
    /// Reads the directory. `None` when the bytes are not a zip file at all; the issues say why.
    pub fn parse(bytes: &'a [u8]) -> (Option<Self>, Vec<ScanIssue>) {
        directory::read(bytes)
    }

    /// Entries in the order of the central directory.
    pub fn entries(&self) -> &[Entry<'a>] {
        &self.entries
    }

    /// The entry that Android uses for the name: the first of duplicates.
    pub fn find(&self, name: &str) -> Option<&Entry<'a>> {
        self.by_name.get(name).and_then(|index| self.entries.get(*index))
    }

    pub fn anomalies(&self) -> &[Anomaly] {
        &self.anomalies
    }

    pub fn central_directory_offset(&self) -> u64 {
        self.central_directory_offset
    }

    pub fn end_of_central_directory_offset(&self) -> u64 {
        self.end_offset
    }

    pub fn comment(&self) -> &'a [u8] {
        self.comment
    }

    /// Bytes before the first local header.
    pub fn prefix(&self) -> &'a [u8] {
        self.prefix
    }

    /// The stored bytes of an entry.
    pub fn raw_data(&self, entry: &Entry<'a>) -> Result<&'a [u8], ScanIssue> {
        let fail = || issue(&issues::ENTRY_OUTSIDE, entry);
        let start = entry.data_offset.ok_or_else(fail)?;
        let end = start.checked_add(entry.compressed_size).ok_or_else(fail)?;
        let range = usize::try_from(start).map_err(|_| fail())?
            ..usize::try_from(end).map_err(|_| fail())?;
        self.bytes.get(range).ok_or_else(fail)
    }

    /// The content of an entry: borrowed when stored, inflated otherwise; at most `max_bytes`,
    /// and never more than the directory declares, which is what a device allocates.
    ///
    /// A checksum that does not match is not an error: Android does not check it when it
    /// installs, [`Zip::verify`] does.
    pub fn read(&self, entry: &Entry<'a>, max_bytes: usize) -> Result<Cow<'a, [u8]>, ScanIssue> {
        let data = self.raw_data(entry)?;
        if entry.reads_as_stored() {
            if data.len() > max_bytes {
                return Err(issue(&issues::ENTRY_TOO_LARGE, entry).detail(limit(max_bytes)));
            }
            // Encryption puts a header before the data: a stored entry grows by it.
            if entry.is_flagged_encrypted() && entry.compressed_size > entry.uncompressed_size {
                return Err(issue(&issues::ENTRY_ENCRYPTED, entry));
            }
            return Ok(Cow::Borrowed(data));
        }
        let declared = usize::try_from(entry.uncompressed_size).unwrap_or(usize::MAX);
        match inflate::inflate(data, entry.uncompressed_size, max_bytes.min(declared)) {
            Ok(content) => Ok(Cow::Owned(content)),
            Err(InflateError::TooLarge) if declared < max_bytes => {
                let detail = format!("declared {declared} bytes");
                Err(issue(&issues::ENTRY_LONGER, entry).detail(detail))
            }
            Err(error) => Err(self.inflate_issue(entry, error, &limit(max_bytes))),
        }
    }

    /// The first bytes of an entry, to tell what it is.
    pub fn read_prefix(&self, entry: &Entry<'a>, max: usize) -> Result<Cow<'a, [u8]>, ScanIssue> {
        let data = self.raw_data(entry)?;
        if entry.reads_as_stored() {
            return Ok(Cow::Borrowed(data.get(..max).unwrap_or(data)));
        }
        inflate::inflate_prefix(data, max)
            .map(Cow::Owned)
            .map_err(|error| self.inflate_issue(entry, error, ""))
    }

    /// Checks size and CRC-32 of the content without keeping it.
    pub fn verify(&self, entry: &Entry<'a>, max_bytes: u64) -> Result<(), ScanIssue> {
        let data = self.raw_data(entry)?;
        let (size, crc) = if entry.reads_as_stored() {
            (u64::try_from(data.len()).unwrap_or(u64::MAX), crc32fast::hash(data))
        } else {
            inflate::inflate_check(data, max_bytes)
                .map_err(|error| self.inflate_issue(entry, error, &max_bytes.to_string()))?
        };
        if size == entry.uncompressed_size && crc == entry.crc32 {
            return Ok(());
        }
        Err(issue(&issues::CRC_MISMATCH, entry).detail(format!(
            "size {size}, CRC {crc:08x}; the directory says {}, {:08x}",
            entry.uncompressed_size, entry.crc32
        )))
    }

    fn inflate_issue(&self, entry: &Entry<'a>, error: InflateError, limit: &str) -> ScanIssue {
        match error {
            InflateError::TooLarge => issue(&issues::ENTRY_TOO_LARGE, entry).detail(limit),
            InflateError::Corrupt if entry.is_flagged_encrypted() => {
                issue(&issues::ENTRY_ENCRYPTED, entry)
            }
            InflateError::Corrupt => match entry.method {
                Method::Other(method) => {
                    issue(&issues::METHOD_UNSUPPORTED, entry).detail(format!("method {method}"))
                }
                _ => issue(&issues::ENTRY_CORRUPT, entry),
            },
        }
    }
}

impl Entry<'_> {
    /// Bit 0 of the general-purpose flags, or strong encryption.
    pub fn is_flagged_encrypted(&self) -> bool {
        self.flags & 0x0041 != 0
    }

    pub fn is_folder(&self) -> bool {
        self.raw_name.ends_with(b"/")
    }

    fn reads_as_stored(&self) -> bool {
        match self.method {
            Method::Stored => true,
            Method::Deflated => false,
            Method::Other(_) => self.compressed_size == self.uncompressed_size,
        }
    }
}

impl Method {
    pub(crate) fn from_number(number: u16) -> Self {
        match number {
            0 => Self::Stored,
            8 => Self::Deflated,
            other => Self::Other(other),
        }
    }
}

fn issue(kind: &'static IssueKind, entry: &Entry<'_>) -> ScanIssue {
    let mut issue = ScanIssue::new(kind);
    issue.place.path = entry.name.clone().into_owned();
    issue
}

fn limit(max_bytes: usize) -> String {
    format!("limit {max_bytes} bytes")
}
