//! The directory of an archive: end record, central records, local headers, and where they
//! disagree.

use crate::anomaly::{Anomaly, AnomalyKind};
use crate::{Entry, Method, Zip, inflate, issues};
use menshen_base::ScanIssue;
use std::borrow::Cow;
use std::collections::HashMap;

/// Entries that are read. Packages have thousands, not hundreds of thousands.
pub(crate) const ENTRIES_MAX: usize = 200_000;
/// Anomalies kept of each kind.
const ANOMALIES_PER_KIND_MAX: usize = 100;
/// Longest name that is kept whole in an anomaly.
const SHOWN_NAME_MAX: usize = 200;

const LOCAL_MAGIC: u32 = 0x0403_4b50;
const CENTRAL_MAGIC: u32 = 0x0201_4b50;
const DESCRIPTOR_MAGIC: u32 = 0x0807_4b50;
const SIGNING_BLOCK_MAGIC: &[u8] = b"APK Sig Block 42";
const END_MAGIC: u32 = 0x0605_4b50;
const END64_MAGIC: u32 = 0x0606_4b50;
const END64_LOCATOR_MAGIC: u32 = 0x0706_4b50;
const LOCAL_SIZE: usize = 30;
const CENTRAL_SIZE: usize = 46;
const END_SIZE: usize = 22;
const COMMENT_MAX: usize = 0xffff;
const FLAG_DATA_DESCRIPTOR: u16 = 0x0008;
const ZIP64_EXTRA: u16 = 0x0001;

/// The end record, zip64 applied.
struct End<'a> {
    offset: usize,
    entries: u64,
    directory_size: u64,
    directory_offset: u64,
    comment: &'a [u8],
    trailing: usize,
    multi_disk: bool,
    /// Where the directory must end: at the end record or at its zip64 form.
    directory_end: usize,
}

pub(crate) fn read(bytes: &[u8]) -> (Option<Zip<'_>>, Vec<ScanIssue>) {
    let mut found = Vec::new();
    let Some(end) = find_end(bytes) else {
        return match recover(bytes) {
            Some(zip) => {
                found.push(ScanIssue::new(&issues::NO_DIRECTORY));
                (Some(zip), found)
            }
            None => {
                let what = if bytes.is_empty() { "empty file" } else { "no end record" };
                found.push(ScanIssue::new(&issues::NOT_A_ZIP).detail(what));
                (None, found)
            }
        };
    };
    let mut anomalies = Anomalies::default();
    // Data put before an archive without correcting its offsets shift everything.
    let (start, shift) = directory_start(bytes, &end);
    let mut entries = read_central(bytes, start, shift, &end, &mut anomalies, &mut found);
    for entry in &mut entries {
        compare_with_local(bytes, entry, &mut anomalies);
    }
    check_spans(bytes, &entries, start, &mut anomalies);
    if end.multi_disk {
        anomalies.add(AnomalyKind::MultiDisk, "", String::new());
    }
    if end.trailing > 0 {
        anomalies.add(AnomalyKind::TrailingData, "", format!("{} bytes", end.trailing));
    }
    let prefix = prefix(bytes, &entries, start, &mut anomalies);
    let zip = finish(bytes, entries, anomalies, start, end.offset, end.comment, prefix);
    (Some(zip), found)
}

fn finish<'a>(
    bytes: &'a [u8],
    entries: Vec<Entry<'a>>,
    mut anomalies: Anomalies,
    start: usize,
    end_offset: usize,
    comment: &'a [u8],
    prefix: &'a [u8],
) -> Zip<'a> {
    let mut by_name = HashMap::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        if by_name.contains_key(&entry.name) {
            anomalies.add(AnomalyKind::DuplicateName, &entry.name, format!("entry {index}"));
        } else {
            by_name.insert(entry.name.clone(), index);
        }
    }
    Zip {
        bytes,
        entries,
        by_name,
        anomalies: anomalies.list,
        central_directory_offset: u64::try_from(start).unwrap_or(u64::MAX),
        end_offset: u64::try_from(end_offset).unwrap_or(u64::MAX),
        comment,
        prefix,
    }
}

#[derive(Default)]
struct Anomalies {
    list: Vec<Anomaly>,
    counts: HashMap<AnomalyKind, usize>,
}

impl Anomalies {
    fn add(&mut self, kind: AnomalyKind, entry: &str, detail: String) {
        let count = self.counts.entry(kind).or_default();
        *count = count.saturating_add(1);
        if *count <= ANOMALIES_PER_KIND_MAX {
            let entry = entry.chars().take(SHOWN_NAME_MAX).collect();
            self.list.push(Anomaly { kind, entry, detail });
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let end = at.checked_add(2)?;
    bytes.get(at..end)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let end = at.checked_add(4)?;
    bytes.get(at..end)?.try_into().ok().map(u32::from_le_bytes)
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    let end = at.checked_add(8)?;
    bytes.get(at..end)?.try_into().ok().map(u64::from_le_bytes)
}

fn slice(bytes: &[u8], at: usize, len: usize) -> Option<&[u8]> {
    bytes.get(at..at.checked_add(len)?)
}

/// The last end record whose comment fits; a magic inside a comment is not taken for one as
/// long as another, better one exists.
fn find_end(bytes: &[u8]) -> Option<End<'_>> {
    let window = END_SIZE.saturating_add(COMMENT_MAX);
    let from = bytes.len().saturating_sub(window);
    let tail = bytes.get(from..)?;
    let magic = END_MAGIC.to_le_bytes();
    let finder = memchr::memmem::rfind_iter(tail, &magic);
    let mut fallback = None;
    for at in finder {
        let offset = from.saturating_add(at);
        let Some(end) = parse_end(bytes, offset) else { continue };
        if end.trailing == 0 {
            return Some(end);
        }
        fallback.get_or_insert(end);
    }
    fallback
}

fn parse_end(bytes: &[u8], offset: usize) -> Option<End<'_>> {
    let record = slice(bytes, offset, END_SIZE)?;
    let comment_length = usize::from(u16_at(record, 20)?);
    let behind = bytes.get(offset.checked_add(END_SIZE)?..)?;
    let comment = behind.get(..comment_length).unwrap_or(behind);
    let mut end = End {
        offset,
        entries: u16_at(record, 10)?.into(),
        directory_size: u32_at(record, 12)?.into(),
        directory_offset: u32_at(record, 16)?.into(),
        comment,
        trailing: behind.len().saturating_sub(comment.len()),
        multi_disk: u16_at(record, 4)? != 0 || u16_at(record, 8) != u16_at(record, 10),
        directory_end: offset,
    };
    let needs_64 = end.entries == 0xffff
        || end.directory_size == 0xffff_ffff
        || end.directory_offset == 0xffff_ffff;
    if needs_64 {
        apply_zip64(bytes, &mut end);
    }
    Some(end)
}

/// APPNOTE 4.3.14 and 4.3.15.
fn apply_zip64(bytes: &[u8], end: &mut End<'_>) -> Option<()> {
    let locator = end.offset.checked_sub(20)?;
    if u32_at(bytes, locator)? != END64_LOCATOR_MAGIC {
        return None;
    }
    let record = usize::try_from(u64_at(bytes, locator.checked_add(8)?)?).ok()?;
    let record_bytes = slice(bytes, record, 56)?;
    if u32_at(record_bytes, 0)? != END64_MAGIC {
        return None;
    }
    end.entries = u64_at(record_bytes, 32)?;
    end.directory_size = u64_at(record_bytes, 40)?;
    end.directory_offset = u64_at(record_bytes, 48)?;
    end.directory_end = record;
    end.multi_disk = false;
    Some(())
}

/// Where the directory starts, and by how much all offsets are shifted.
fn directory_start(bytes: &[u8], end: &End<'_>) -> (usize, usize) {
    let claimed = usize::try_from(end.directory_offset).unwrap_or(usize::MAX);
    if u32_at(bytes, claimed) == Some(CENTRAL_MAGIC) || end.entries == 0 {
        return (claimed.min(end.directory_end), 0);
    }
    let by_size = usize::try_from(end.directory_size)
        .ok()
        .and_then(|size| end.directory_end.checked_sub(size));
    match by_size {
        Some(start) if u32_at(bytes, start) == Some(CENTRAL_MAGIC) && start > claimed => {
            (start, start.saturating_sub(claimed))
        }
        _ => (claimed.min(bytes.len()), 0),
    }
}

fn read_central<'a>(
    bytes: &'a [u8],
    start: usize,
    shift: usize,
    end: &End<'_>,
    anomalies: &mut Anomalies,
    found: &mut Vec<ScanIssue>,
) -> Vec<Entry<'a>> {
    // A record is at least 46 bytes: the claimed number allocates nothing that cannot be there.
    let possible = end.directory_end.saturating_sub(start) / CENTRAL_SIZE;
    let expected = usize::try_from(end.entries).unwrap_or(usize::MAX);
    let mut entries = Vec::with_capacity(possible.min(expected).min(ENTRIES_MAX));
    let mut at = start;
    while u32_at(bytes, at) == Some(CENTRAL_MAGIC) {
        if entries.len() >= ENTRIES_MAX {
            found.push(
                ScanIssue::new(&issues::TOO_MANY_ENTRIES).at(at).detail(format!("{ENTRIES_MAX}")),
            );
            return entries;
        }
        let Some((entry, next)) = read_record(bytes, at, shift) else {
            found.push(ScanIssue::new(&issues::DIRECTORY_CUT).at(at));
            return entries;
        };
        check_name(&entry, anomalies);
        entries.push(entry);
        at = next;
    }
    if entries.len() != expected {
        let detail = format!("{} read, {} claimed", entries.len(), end.entries);
        // 16-bit counters wrap in archives with more entries; everything was read all the same.
        if at < end.directory_end || entries.len() < expected {
            found.push(ScanIssue::new(&issues::DIRECTORY_CUT).at(at).detail(detail.clone()));
        }
        anomalies.add(AnomalyKind::WrongEntryCount, "", detail);
    }
    entries
}

fn read_record(bytes: &[u8], at: usize, shift: usize) -> Option<(Entry<'_>, usize)> {
    let record = slice(bytes, at, CENTRAL_SIZE)?;
    let name_length = usize::from(u16_at(record, 28)?);
    let extra_length = usize::from(u16_at(record, 30)?);
    let comment_length = usize::from(u16_at(record, 32)?);
    let name_at = at.checked_add(CENTRAL_SIZE)?;
    let raw_name = slice(bytes, name_at, name_length)?;
    let extra_at = name_at.checked_add(name_length)?;
    let extra = slice(bytes, extra_at, extra_length)?;
    let mut entry = Entry {
        name: String::from_utf8_lossy(raw_name),
        raw_name,
        method: Method::from_number(u16_at(record, 10)?),
        flags: u16_at(record, 8)?,
        crc32: u32_at(record, 16)?,
        compressed_size: u32_at(record, 20)?.into(),
        uncompressed_size: u32_at(record, 24)?.into(),
        local_header_offset: u32_at(record, 42)?.into(),
        data_offset: None,
        modified: u32_at(record, 12)?,
    };
    apply_zip64_extra(&mut entry, extra);
    entry.local_header_offset =
        entry.local_header_offset.saturating_add(u64::try_from(shift).unwrap_or(0));
    let next = extra_at.checked_add(extra_length)?.checked_add(comment_length)?;
    Some((entry, next))
}

/// APPNOTE 4.5.3: the 64-bit values stand in a fixed order, only those that are needed.
fn apply_zip64_extra(entry: &mut Entry<'_>, extra: &[u8]) -> Option<()> {
    const NEEDED: u64 = 0xffff_ffff;
    if entry.compressed_size != NEEDED
        && entry.uncompressed_size != NEEDED
        && entry.local_header_offset != NEEDED
    {
        return None;
    }
    let mut at = 0usize;
    loop {
        let id = u16_at(extra, at)?;
        let length = usize::from(u16_at(extra, at.checked_add(2)?)?);
        let body_at = at.checked_add(4)?;
        if id == ZIP64_EXTRA {
            let body = extra.get(body_at..)?;
            let body = body.get(..length).unwrap_or(body);
            let mut next = 0usize;
            for value in [
                &mut entry.uncompressed_size,
                &mut entry.compressed_size,
                &mut entry.local_header_offset,
            ] {
                if *value == NEEDED {
                    *value = u64_at(body, next)?;
                    next = next.checked_add(8)?;
                }
            }
            return Some(());
        }
        at = body_at.checked_add(length)?;
    }
}

fn check_name(entry: &Entry<'_>, anomalies: &mut Anomalies) {
    if matches!(entry.name, Cow::Owned(_)) {
        anomalies.add(AnomalyKind::NameNotUtf8, &entry.name, String::new());
    }
    let name = &*entry.name;
    if name.chars().any(char::is_control) {
        anomalies.add(AnomalyKind::NameUnprintable, name, String::new());
    }
    let escapes = name.starts_with('/')
        || name.contains('\\')
        || name.contains('\0')
        || name.split('/').any(|part| part == "..")
        || name.as_bytes().get(1) == Some(&b':');
    if escapes {
        anomalies.add(AnomalyKind::NameEscapes, name, String::new());
    }
}

/// Finds the data of an entry behind its local header and notes what differs.
fn compare_with_local(bytes: &[u8], entry: &mut Entry<'_>, anomalies: &mut Anomalies) {
    let header_at = usize::try_from(entry.local_header_offset).unwrap_or(usize::MAX);
    let header = slice(bytes, header_at, LOCAL_SIZE);
    let Some(header) = header.filter(|header| u32_at(header, 0) == Some(LOCAL_MAGIC)) else {
        let detail = format!("offset {}", entry.local_header_offset);
        anomalies.add(AnomalyKind::LocalHeaderMissing, &entry.name, detail);
        return;
    };
    let name_length = usize::from(u16_at(header, 26).unwrap_or(0));
    let extra_length = usize::from(u16_at(header, 28).unwrap_or(0));
    let name_at = header_at.saturating_add(LOCAL_SIZE);
    let data_at = name_at.saturating_add(name_length).saturating_add(extra_length);
    entry.data_offset = u64::try_from(data_at).ok();

    let flags = u16_at(header, 6).unwrap_or(0);
    let method = u16_at(header, 8).unwrap_or(0);
    let described_later = flags & FLAG_DATA_DESCRIPTOR != 0;
    let mut differences: Vec<String> = Vec::new();
    let mut compare = |what: &str, local: u64, central: u64, may_be: u64| {
        if local != central && local != may_be {
            differences.push(format!("{what} {local} locally, {central} in the directory"));
        }
    };
    let central_method = match entry.method {
        Method::Stored => 0,
        Method::Deflated => 8,
        Method::Other(number) => number,
    };
    compare("method", method.into(), central_method.into(), central_method.into());
    // With a data descriptor the local fields are zero; with zip64 they are all ones.
    let unset = |value: u64, central: u64| match described_later && value == 0 {
        true => 0,
        false if value == 0xffff_ffff => value,
        false => central,
    };
    for (what, at, central) in [
        ("CRC", 14, u64::from(entry.crc32)),
        ("compressed size", 18, entry.compressed_size),
        ("size", 22, entry.uncompressed_size),
    ] {
        let local = u64::from(u32_at(header, at).unwrap_or(0));
        compare(what, local, central, unset(local, central));
    }
    if slice(bytes, name_at, name_length) != Some(entry.raw_name) {
        differences.push("another name locally".to_owned());
    }
    if (flags ^ entry.flags) & 0x0001 != 0 {
        differences.push(format!("flags {flags:#x} locally, {:#x} in the directory", entry.flags));
    }
    if !differences.is_empty() {
        anomalies.add(AnomalyKind::LocalHeaderMismatch, &entry.name, differences.join("; "));
    }
    if let Method::Other(number) = entry.method {
        anomalies.add(AnomalyKind::BogusMethod, &entry.name, format!("method {number}"));
    }
    if entry.is_flagged_encrypted() {
        let detail = format!("flags {:#x}", entry.flags);
        anomalies.add(AnomalyKind::EncryptionFlag, &entry.name, detail);
    }
}

/// Entries in the order of their data: where they overlap, and what lies between them.
fn check_spans(bytes: &[u8], entries: &[Entry<'_>], directory: usize, anomalies: &mut Anomalies) {
    let mut spans: Vec<(u64, u64, &Entry<'_>)> = entries
        .iter()
        .filter_map(|entry| {
            let end = entry.data_offset?.saturating_add(entry.compressed_size);
            Some((entry.local_header_offset, end, entry))
        })
        .collect();
    spans.sort_by_key(|(start, end, _)| (*start, *end));
    let directory = u64::try_from(directory).unwrap_or(u64::MAX);
    let mut reached: Option<(u64, &Entry<'_>)> = None;
    for (start, end, entry) in spans {
        let taken = reached.map_or(0, |(taken, _)| taken);
        if start < taken || end > directory {
            let detail = format!("bytes {start} to {end}, taken until {taken}");
            anomalies.add(AnomalyKind::OverlappingEntries, &entry.name, detail);
        }
        check_gap(bytes, reached, start, anomalies);
        if end > taken {
            reached = Some((end, entry));
        }
    }
    check_gap(bytes, reached, directory, anomalies);
}

/// Between the data of an entry and what comes next may stand its data descriptor, padding, and
/// before the directory the signing block.
fn check_gap(
    bytes: &[u8],
    before: Option<(u64, &Entry<'_>)>,
    next: u64,
    anomalies: &mut Anomalies,
) -> Option<()> {
    let (from, entry) = before?;
    let from = usize::try_from(from).ok()?;
    let gap = bytes.get(from..usize::try_from(next).ok()?)?;
    let rest = behind_descriptor(gap, entry);
    let rest = before_signing_block(rest);
    if !is_padding(rest) {
        let at = from.saturating_add(gap.len().saturating_sub(rest.len()));
        let detail = format!("{} bytes at {at}", rest.len());
        anomalies.add(AnomalyKind::GapData, &entry.name, detail);
    }
    Some(())
}

/// APPNOTE 4.3.9: CRC and sizes, with or without magic, of 4 or 8 bytes each.
fn behind_descriptor<'g>(gap: &'g [u8], entry: &Entry<'_>) -> &'g [u8] {
    let body = match u32_at(gap, 0) == Some(DESCRIPTOR_MAGIC) {
        true => gap.get(4..).unwrap_or_default(),
        false => gap,
    };
    let sizes = (entry.compressed_size, entry.uncompressed_size);
    let narrow = u32_at(body, 4).map(u64::from).zip(u32_at(body, 8).map(u64::from));
    if narrow == Some(sizes) {
        return body.get(12..).unwrap_or_default();
    }
    if u64_at(body, 4).zip(u64_at(body, 12)) == Some(sizes) {
        return body.get(20..).unwrap_or_default();
    }
    gap
}

/// The signing block ends with its size and its magic; a second size stands before it.
fn before_signing_block(gap: &[u8]) -> &[u8] {
    let block = || {
        let body = gap.strip_suffix(SIGNING_BLOCK_MAGIC)?;
        let size = u64_at(body, body.len().checked_sub(8)?)?;
        let whole = usize::try_from(size).ok()?.checked_add(8)?;
        gap.get(..gap.len().checked_sub(whole)?)
    };
    block().unwrap_or(gap)
}

fn prefix<'a>(
    bytes: &'a [u8],
    entries: &[Entry<'_>],
    directory: usize,
    anomalies: &mut Anomalies,
) -> &'a [u8] {
    let first = entries
        .iter()
        .filter(|entry| entry.data_offset.is_some())
        .map(|entry| entry.local_header_offset)
        .min()
        .and_then(|offset| usize::try_from(offset).ok())
        .unwrap_or(directory);
    let prefix = bytes.get(..first).unwrap_or_default();
    if prefix.starts_with(b"dex\n") {
        anomalies.add(AnomalyKind::DexPrefix, "", format!("{first} bytes"));
    } else if !is_padding(prefix) {
        anomalies.add(AnomalyKind::PrefixData, "", format!("{first} bytes"));
    }
    prefix
}

/// Zero bytes and the nameless local headers without data that the Android build tools pad with.
fn is_padding(mut bytes: &[u8]) -> bool {
    let empty = |at: &[u8]| u32_at(at, 18) == Some(0) && u16_at(at, 26) == Some(0);
    while u32_at(bytes, 0) == Some(LOCAL_MAGIC) && empty(bytes) {
        let length = u16_at(bytes, 28).map_or(0, usize::from).saturating_add(LOCAL_SIZE);
        let Some(rest) = bytes.get(length..) else { return false };
        bytes = rest;
    }
    bytes.iter().all(|byte| *byte == 0)
}

/// Entries from local headers, for an archive whose directory is lost. Only entries whose sizes
/// stand in their headers can be walked over.
fn recover(bytes: &[u8]) -> Option<Zip<'_>> {
    let mut at = memchr::memmem::find(bytes.get(..bytes.len().min(1 << 20))?, b"PK\x03\x04")?;
    let mut entries = Vec::new();
    while entries.len() < ENTRIES_MAX {
        let Some(entry) = recover_entry(bytes, at) else { break };
        let end = entry.data_offset.unwrap_or(0).saturating_add(entry.compressed_size);
        let from = usize::try_from(end).unwrap_or(usize::MAX);
        entries.push(entry);
        let Some(rest) = bytes.get(from..) else { break };
        match memchr::memmem::find(rest, b"PK\x03\x04") {
            Some(next) => at = from.saturating_add(next),
            None => break,
        }
    }
    if entries.is_empty() {
        return None;
    }
    let end = bytes.len();
    Some(finish(bytes, entries, Anomalies::default(), end, end, &[], &[]))
}

fn recover_entry(bytes: &[u8], at: usize) -> Option<Entry<'_>> {
    let header = slice(bytes, at, LOCAL_SIZE)?;
    let name_length = usize::from(u16_at(header, 26)?);
    let extra_length = usize::from(u16_at(header, 28)?);
    let name_at = at.checked_add(LOCAL_SIZE)?;
    let raw_name = slice(bytes, name_at, name_length)?;
    let data_at = name_at.checked_add(name_length)?.checked_add(extra_length)?;
    let mut entry = Entry {
        name: String::from_utf8_lossy(raw_name),
        raw_name,
        method: Method::from_number(u16_at(header, 8)?),
        flags: u16_at(header, 6)?,
        crc32: u32_at(header, 14)?,
        compressed_size: u64::from(u32_at(header, 18)?),
        uncompressed_size: u64::from(u32_at(header, 22)?),
        local_header_offset: u64::try_from(at).ok()?,
        data_offset: u64::try_from(data_at).ok(),
        modified: u32_at(header, 10)?,
    };
    if entry.compressed_size == 0 && entry.flags & FLAG_DATA_DESCRIPTOR != 0 {
        recover_sizes(&mut entry, bytes.get(data_at..)?);
    }
    Some(entry)
}

/// Sizes of an entry whose header leaves them to a data descriptor: those of the first
/// descriptor that fits the place where it stands. Without one the data run up to the next
/// header; deflate finds its own end.
fn recover_sizes(entry: &mut Entry<'_>, data: &[u8]) {
    let length = memchr::memmem::find(data, b"PK\x03\x04").unwrap_or(data.len());
    let data = data.get(..length).unwrap_or(data);
    let fits = |at: usize, body: usize| {
        let compressed = u32_at(data, body.checked_add(4)?)?;
        let size = u32_at(data, body.checked_add(8)?)?;
        let crc = u32_at(data, body)?;
        (usize::try_from(compressed) == Ok(at)).then_some((at, size, crc))
    };
    let signed = memchr::memmem::find_iter(data, &DESCRIPTOR_MAGIC.to_le_bytes())
        .find_map(|at| fits(at, at.checked_add(4)?));
    let found = signed.or_else(|| {
        let at = data.len().checked_sub(12)?;
        fits(at, at)
    });
    let possible = || length.saturating_mul(inflate::EXPANSION_MAX);
    let (compressed, size, crc) = match found {
        Some((compressed, size, crc)) => (compressed, u64::from(size), crc),
        None => (length, u64::try_from(possible()).unwrap_or(u64::MAX), entry.crc32),
    };
    entry.compressed_size = u64::try_from(compressed).unwrap_or(u64::MAX);
    entry.uncompressed_size = size;
    entry.crc32 = crc;
}
