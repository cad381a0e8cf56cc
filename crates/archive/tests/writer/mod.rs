//! Writes zip archives for the tests, well-formed or bent at will.
//!
//! An [`Archive`] is a list of [`Entry`] values. Each entry keeps its two headers apart, so that
//! a test can falsify the one and leave the other. Sizes, offsets and counts are those of an
//! honest archive until a test sets them. Layout: PKWARE APPNOTE 6.3.10, section 4.3.
#![allow(dead_code)]

use flate2::write::DeflateEncoder;
use flate2::{Compress, Compression, FlushCompress};
use std::io::Write;

pub(crate) const STORED: u16 = 0;
pub(crate) const DEFLATED: u16 = 8;
const NEEDS_64: u64 = 0xffff_ffff;

/// What a header says. The local and the central one of an honest entry are equal.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub(crate) name: Vec<u8>,
    pub(crate) flags: u16,
    pub(crate) method: u16,
    pub(crate) crc: u32,
    pub(crate) compressed: u64,
    pub(crate) size: u64,
    pub(crate) extra: Vec<u8>,
    pub(crate) zip64: bool,
}

/// What stands behind the data where the sizes are not in the local header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Descriptor {
    None,
    Signed,
    Unsigned,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) central: Header,
    pub(crate) local: Header,
    pub(crate) data: Vec<u8>,
    pub(crate) descriptor: Descriptor,
    /// Bytes put before the local header that belong to no entry.
    pub(crate) gap: Vec<u8>,
    /// The directory points at the local header of this earlier entry; nothing is written.
    pub(crate) shares: Option<usize>,
    /// The directory points here, whatever stands there; nothing is written.
    pub(crate) points_at: Option<u64>,
    pub(crate) comment: Vec<u8>,
}

impl Entry {
    fn new(name: &str, method: u16, data: Vec<u8>, size: u64, crc: u32) -> Self {
        let header = Header {
            name: name.as_bytes().to_vec(),
            flags: 0,
            method,
            crc,
            compressed: data.len() as u64,
            size,
            extra: Vec::new(),
            zip64: false,
        };
        Self {
            central: header.clone(),
            local: header,
            data,
            descriptor: Descriptor::None,
            gap: Vec::new(),
            shares: None,
            points_at: None,
            comment: Vec::new(),
        }
    }

    pub(crate) fn stored(name: &str, content: &[u8]) -> Self {
        let crc = crc32fast::hash(content);
        Self::new(name, STORED, content.to_vec(), content.len() as u64, crc)
    }

    pub(crate) fn deflated(name: &str, content: &[u8]) -> Self {
        let crc = crc32fast::hash(content);
        Self::new(name, DEFLATED, deflate(content), content.len() as u64, crc)
    }

    /// A deflated entry of `size` zero bytes.
    pub(crate) fn zeros(name: &str, size: u64) -> Self {
        Self::new(name, DEFLATED, deflate_zeros(size), size, 0)
    }

    /// Changes both headers.
    pub(crate) fn both(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.central);
        change(&mut self.local);
        self
    }

    pub(crate) fn central(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.central);
        self
    }

    pub(crate) fn local(mut self, change: impl Fn(&mut Header)) -> Self {
        change(&mut self.local);
        self
    }

    /// Moves CRC and sizes behind the data.
    pub(crate) fn described(mut self, descriptor: Descriptor) -> Self {
        self.descriptor = descriptor;
        self.central.flags |= 8;
        self.local.flags |= 8;
        self.local.crc = 0;
        self.local.compressed = 0;
        self.local.size = 0;
        self
    }

    pub(crate) fn gap(mut self, bytes: &[u8]) -> Self {
        self.gap = bytes.to_vec();
        self
    }

    pub(crate) fn sharing(mut self, earlier: usize) -> Self {
        self.shares = Some(earlier);
        self
    }

    pub(crate) fn pointing_at(mut self, offset: u64) -> Self {
        self.points_at = Some(offset);
        self
    }
}

pub(crate) fn deflate(content: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Deflate data of that many zeros. A full flush forgets what came before and ends on a byte, so
/// that what one block gives can be repeated.
pub(crate) fn deflate_zeros(size: u64) -> Vec<u8> {
    const BLOCK: usize = 8 << 20;
    let deflate_block = |length: usize| {
        let mut out = Vec::with_capacity(length / 500 + 64);
        let mut stream = Compress::new(Compression::best(), false);
        stream.compress_vec(&vec![0; length], &mut out, FlushCompress::Full).unwrap();
        assert_eq!(stream.total_in(), length as u64);
        out
    };
    let blocks = usize::try_from(size / BLOCK as u64).unwrap();
    let mut out = if blocks > 0 { deflate_block(BLOCK).repeat(blocks) } else { Vec::new() };
    out.extend(deflate_block((size % BLOCK as u64) as usize));
    // An empty last block.
    out.extend([3, 0]);
    out
}

#[derive(Clone, Default, Debug)]
pub(crate) struct Archive {
    pub(crate) prefix: Vec<u8>,
    /// Offsets count from behind the prefix, as in an archive that was appended to something.
    pub(crate) offsets_ignore_prefix: bool,
    pub(crate) entries: Vec<Entry>,
    /// Stands between the last entry and the directory, where a signing block does.
    pub(crate) block: Vec<u8>,
    pub(crate) comment: Vec<u8>,
    pub(crate) trailing: Vec<u8>,
    pub(crate) zip64_end: bool,
    pub(crate) disk: u16,
    pub(crate) claimed_entries: Option<u64>,
    pub(crate) claimed_offset: Option<u64>,
}

impl Archive {
    pub(crate) fn of(entries: Vec<Entry>) -> Self {
        Self { entries, ..Self::default() }
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut out = self.prefix.clone();
        let shift = if self.offsets_ignore_prefix { self.prefix.len() as u64 } else { 0 };
        let mut offsets = Vec::new();
        for entry in &self.entries {
            if let Some(earlier) = entry.shares {
                offsets.push(offsets[earlier]);
                continue;
            }
            if let Some(offset) = entry.points_at {
                offsets.push(offset);
                continue;
            }
            out.extend(&entry.gap);
            offsets.push(out.len() as u64 - shift);
            write_local(&mut out, entry);
        }
        out.extend(&self.block);
        let start = out.len() as u64 - shift;
        for (entry, offset) in self.entries.iter().zip(&offsets) {
            write_central(&mut out, entry, *offset);
        }
        let size = out.len() as u64 - shift - start;
        self.write_end(&mut out, start, size, shift);
        out.extend(&self.trailing);
        out
    }

    fn write_end(&self, out: &mut Vec<u8>, start: u64, size: u64, shift: u64) {
        let start = self.claimed_offset.unwrap_or(start);
        let entries = self.claimed_entries.unwrap_or(self.entries.len() as u64);
        if self.zip64_end {
            let at = out.len() as u64 - shift;
            out.extend(b"PK\x06\x06");
            out.extend(44u64.to_le_bytes());
            out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
            for value in [entries, entries, size, start] {
                out.extend(value.to_le_bytes());
            }
            out.extend(b"PK\x06\x07\0\0\0\0");
            out.extend(at.to_le_bytes());
            out.extend(1u32.to_le_bytes());
        }
        let (entries, size, start) = match self.zip64_end {
            true => (0xffff, NEEDS_64, NEEDS_64),
            false => (entries, size, start),
        };
        out.extend(b"PK\x05\x06");
        out.extend(self.disk.to_le_bytes());
        out.extend(self.disk.to_le_bytes());
        out.extend((entries as u16).to_le_bytes());
        out.extend((entries as u16).to_le_bytes());
        out.extend((size as u32).to_le_bytes());
        out.extend((start as u32).to_le_bytes());
        out.extend((self.comment.len() as u16).to_le_bytes());
        out.extend(&self.comment);
    }
}

fn write_local(out: &mut Vec<u8>, entry: &Entry) {
    let header = &entry.local;
    let mut extra = header.extra.clone();
    if header.zip64 {
        extra.extend([1, 0, 16, 0]);
        extra.extend(header.size.to_le_bytes());
        extra.extend(header.compressed.to_le_bytes());
    }
    out.extend(b"PK\x03\x04\x14\0");
    write_common(out, header);
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend(&header.name);
    out.extend(&extra);
    out.extend(&entry.data);
    if entry.descriptor == Descriptor::Signed {
        out.extend(b"PK\x07\x08");
    }
    if entry.descriptor != Descriptor::None {
        out.extend(entry.central.crc.to_le_bytes());
        out.extend((entry.data.len() as u32).to_le_bytes());
        out.extend((entry.central.size as u32).to_le_bytes());
    }
}

fn write_central(out: &mut Vec<u8>, entry: &Entry, offset: u64) {
    let header = &entry.central;
    let mut extra = header.extra.clone();
    if header.zip64 {
        extra.extend([1, 0, 24, 0]);
        for value in [header.size, header.compressed, offset] {
            extra.extend(value.to_le_bytes());
        }
    }
    out.extend(b"PK\x01\x02\x14\0\x14\0");
    write_common(out, header);
    out.extend((extra.len() as u16).to_le_bytes());
    out.extend((entry.comment.len() as u16).to_le_bytes());
    out.extend([0; 8]);
    let offset = if header.zip64 { NEEDS_64 } else { offset };
    out.extend((offset as u32).to_le_bytes());
    out.extend(&header.name);
    out.extend(extra);
    out.extend(&entry.comment);
}

/// From the flags to the length of the name: the same in both headers.
fn write_common(out: &mut Vec<u8>, header: &Header) {
    let (compressed, size) = match header.zip64 {
        true => (NEEDS_64, NEEDS_64),
        false => (header.compressed, header.size),
    };
    out.extend(header.flags.to_le_bytes());
    out.extend(header.method.to_le_bytes());
    out.extend(0x5a21_6000u32.to_le_bytes());
    out.extend(header.crc.to_le_bytes());
    out.extend((compressed as u32).to_le_bytes());
    out.extend((size as u32).to_le_bytes());
    out.extend((header.name.len() as u16).to_le_bytes());
}
