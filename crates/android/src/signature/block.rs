//! The signing block: where it is, and what stands in it.
//!
//! "APK Signature Scheme v2" of the Android Open Source Project, section "APK Signing Block":
//! `u64 size, (u64 length, u32 id, value)*, u64 size, "APK Sig Block 42"`, directly before the
//! central directory.

use super::ApkView;
use crate::dex::reader::Cursor;

const MAGIC: &[u8; 16] = b"APK Sig Block 42";
/// Size and magic at the end.
const FOOTER: usize = 24;
/// Size field in front, which the size itself does not count.
const HEADER: usize = 8;
const END_RECORD: usize = 22;
/// Entries that are listed. Real packages have fewer than ten.
const ENTRIES_MAX: usize = 1024;

pub(crate) const V2: u32 = 0x7109_871a;
pub(crate) const V3: u32 = 0xf053_68c0;
pub(crate) const V31: u32 = 0x1b93_ad61;
pub(crate) const STAMP_V1: u32 = 0x2b09_189e;
pub(crate) const STAMP_V2: u32 = 0x6dff_800d;
const PADDING: u32 = 0x4272_6577;
const DEPENDENCIES: u32 = 0x504b_4453;
const FROSTING: u32 = 0x2146_444e;

/// The signing block of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningBlock {
    /// From the start of the file.
    pub offset: u64,
    /// Everything, with both size fields and the magic.
    pub size: u64,
    pub entries: Vec<BlockEntry>,
    /// The list of entries breaks off: what stands behind was not read.
    pub malformed: bool,
}

/// One entry of the signing block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockEntry {
    pub id: u32,
    /// Of the value, from the start of the file.
    pub offset: u64,
    /// Of the value, without length and id.
    pub size: u64,
}

impl BlockEntry {
    /// What the id stands for; `None` for unknown ones.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self.id {
            V2 => "APK Signature Scheme v2",
            V3 => "APK Signature Scheme v3",
            V31 => "APK Signature Scheme v3.1",
            STAMP_V1 => "Source stamp v1",
            STAMP_V2 => "Source stamp v2",
            PADDING => "Padding",
            DEPENDENCIES => "Dependency information of the Android Gradle plugin",
            FROSTING => "Google Play frosting",
            0x7177_7777 => "Channel mark (Walle)",
            0x8812_3454 | 0x8812_3455 => "Channel mark (VasDolly)",
            _ => return None,
        })
    }

    pub fn is_padding(&self) -> bool {
        self.id == PADDING
    }
}

impl SigningBlock {
    /// Ids that occur more than once. Platforms use the first entry.
    pub fn duplicate_ids(&self) -> Vec<u32> {
        let mut ids: Vec<u32> = self.entries.iter().map(|entry| entry.id).collect();
        ids.sort_unstable();
        let mut duplicates: Vec<u32> = ids
            .windows(2)
            .filter(|pair| pair.first() == pair.last())
            .filter_map(|pair| pair.first().copied())
            .collect();
        duplicates.dedup();
        duplicates
    }
}

/// The parts of a package that signatures cover.
#[derive(Debug, Clone)]
pub(crate) struct Sections<'a> {
    pub(crate) file: &'a [u8],
    pub(crate) directory: &'a [u8],
    pub(crate) directory_offset: usize,
    pub(crate) end: &'a [u8],
    /// The directory ends where the end record begins; otherwise no signing block is looked for.
    adjacent: bool,
}

impl<'a> Sections<'a> {
    /// `None`, with the reason, where the end record does not describe the file: no platform
    /// opens such a package.
    pub(crate) fn read(view: &ApkView<'a>) -> Result<Self, &'static str> {
        let offset = |value: u64| usize::try_from(value).map_err(|_| "offset out of range");
        let end_offset = offset(view.end_of_central_directory_offset)?;
        let end = view.file.get(end_offset..).unwrap_or_default();
        if end.len() < END_RECORD || !end.starts_with(b"PK\x05\x06") {
            return Err("no end of central directory record");
        }
        let mut cursor = Cursor::at(end, 12).ok_or("no end of central directory record")?;
        let (Some(size), Some(start), Some(comment)) = (cursor.u32(), cursor.u32(), cursor.u16())
        else {
            return Err("no end of central directory record");
        };
        if cursor.rest().len() != usize::from(comment) {
            return Err("the comment does not end with the file");
        }
        let zip64 = end_offset.checked_sub(20).and_then(|at| view.file.get(at..));
        if zip64.is_some_and(|locator| locator.starts_with(b"PK\x06\x07")) {
            return Err("zip64");
        }
        let (start, size) = (offset(start.into())?, offset(size.into())?);
        let directory_end = start.checked_add(size).ok_or("directory out of range")?;
        if directory_end > end_offset {
            return Err("the central directory reaches behind the end record");
        }
        if offset(view.central_directory_offset)? != start {
            return Err("the central directory is not where the end record says");
        }
        Ok(Self {
            file: view.file,
            directory: view.file.get(start..end_offset).ok_or("directory out of range")?,
            directory_offset: start,
            end,
            adjacent: directory_end == end_offset,
        })
    }

    /// The signing block and its bytes, if there is one.
    pub(crate) fn signing_block(&self) -> Option<SigningBlock> {
        if !self.adjacent {
            return None;
        }
        let before = self.file.get(..self.directory_offset)?;
        let footer = before.get(before.len().checked_sub(FOOTER)?..)?;
        let (size, magic) = footer.split_at_checked(8)?;
        if magic != MAGIC {
            return None;
        }
        let size = u64::from_le_bytes(size.try_into().ok()?);
        let size = usize::try_from(size).ok().filter(|size| *size >= FOOTER)?;
        let total = size.checked_add(HEADER)?;
        let offset = before.len().checked_sub(total)?;
        let block = before.get(offset..)?;
        let header = u64::from_le_bytes(block.get(..HEADER)?.try_into().ok()?);
        if usize::try_from(header).ok()? != size {
            return None;
        }
        let pairs = block.get(HEADER..total.checked_sub(FOOTER)?)?;
        let (entries, malformed) = read_entries(pairs, offset.checked_add(HEADER)?);
        let (offset, size) = (u64::try_from(offset).ok()?, u64::try_from(total).ok()?);
        Some(SigningBlock { offset, size, entries, malformed })
    }

    /// The value of an entry of the signing block.
    pub(crate) fn value(&self, entry: &BlockEntry) -> Option<&'a [u8]> {
        let start = usize::try_from(entry.offset).ok()?;
        self.file.get(start..start.checked_add(usize::try_from(entry.size).ok()?)?)
    }
}

fn read_entries(pairs: &[u8], base: usize) -> (Vec<BlockEntry>, bool) {
    let mut entries = Vec::new();
    let mut at = 0usize;
    while at < pairs.len() {
        let entry = (|| {
            let rest = pairs.get(at..)?;
            let (length, behind) = rest.split_at_checked(8)?;
            let length = usize::try_from(u64::from_le_bytes(length.try_into().ok()?)).ok()?;
            let id = u32::from_le_bytes(behind.get(..4)?.try_into().ok()?);
            // The length counts the id.
            let size = length.checked_sub(4)?;
            let value = at.checked_add(12)?;
            let next = value.checked_add(size).filter(|next| *next <= pairs.len())?;
            let offset = u64::try_from(base.checked_add(value)?).ok()?;
            Some((BlockEntry { id, offset, size: u64::try_from(size).ok()? }, next))
        })();
        let Some((entry, next)) = entry.filter(|_| entries.len() < ENTRIES_MAX) else {
            return (entries, true);
        };
        entries.push(entry);
        at = next;
    }
    (entries, false)
}
