//! The parts of an ELF file that the loader uses: program headers and the dynamic segment,
//! and, where they are there and make sense, section headers.
//!
//! System V ABI, chapters "Object Files" and "Program Loading and Dynamic Linking" (gABI 4.1 with
//! the 2013 draft); `elf(5)`; bionic's `linker_phdr.cpp` for what Android's loader believes.

use crate::bytes::Bytes;
use crate::issues::{DYNAMIC, HEADER, LIMIT, NOT_ELF, SECTIONS, SEGMENTS};
use menshen_base::ScanIssue;

/// Section headers read at most; a real library has some dozens.
const SECTIONS_MAX: u64 = 4096;
/// Entries of the dynamic segment read at most; a real library has some dozens.
const DYNAMIC_ENTRIES_MAX: u64 = 16_384;

pub(crate) const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
pub(crate) const PT_INTERP: u32 = 3;
pub(crate) const PT_NOTE: u32 = 4;
pub(crate) const PT_GNU_STACK: u32 = 0x6474_e551;
pub(crate) const PT_GNU_RELRO: u32 = 0x6474_e552;
pub(crate) const PF_X: u32 = 1;
pub(crate) const PF_W: u32 = 2;

pub(crate) const ET_EXEC: u16 = 2;
pub(crate) const ET_DYN: u16 = 3;

pub(crate) const SHT_SYMTAB: u32 = 2;
pub(crate) const SHT_NOBITS: u32 = 8;
pub(crate) const SHT_DYNSYM: u32 = 11;

/// Tags of the dynamic segment that are used here.
pub(crate) mod tag {
    pub(crate) const NEEDED: u64 = 1;
    pub(crate) const PLTRELSZ: u64 = 2;
    pub(crate) const HASH: u64 = 4;
    pub(crate) const STRTAB: u64 = 5;
    pub(crate) const SYMTAB: u64 = 6;
    pub(crate) const RELA: u64 = 7;
    pub(crate) const STRSZ: u64 = 10;
    pub(crate) const SONAME: u64 = 14;
    pub(crate) const RPATH: u64 = 15;
    pub(crate) const REL: u64 = 17;
    pub(crate) const TEXTREL: u64 = 22;
    pub(crate) const JMPREL: u64 = 23;
    pub(crate) const BIND_NOW: u64 = 24;
    pub(crate) const RUNPATH: u64 = 29;
    pub(crate) const FLAGS: u64 = 30;
    pub(crate) const GNU_HASH: u64 = 0x6fff_fef5;
    pub(crate) const VERSYM: u64 = 0x6fff_fff0;
    pub(crate) const FLAGS_1: u64 = 0x6fff_fffb;
    pub(crate) const VERDEF: u64 = 0x6fff_fffc;
    pub(crate) const VERNEED: u64 = 0x6fff_fffe;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Segment {
    pub(crate) kind: u32,
    pub(crate) flags: u32,
    pub(crate) offset: u64,
    pub(crate) address: u64,
    pub(crate) file_size: u64,
    pub(crate) align: u64,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Section<'a> {
    pub(crate) name: &'a [u8],
    pub(crate) kind: u32,
    pub(crate) offset: u64,
    pub(crate) size: u64,
    pub(crate) link: u32,
}

/// The skeleton of a file; everything else is looked up in it.
#[derive(Debug)]
pub(crate) struct Elf<'a> {
    pub(crate) bytes: Bytes<'a>,
    pub(crate) object_type: u16,
    pub(crate) machine: u16,
    pub(crate) flags: u32,
    pub(crate) segments: Vec<Segment>,
    pub(crate) sections: Vec<Section<'a>>,
    /// Tag and value, up to `DT_NULL`.
    pub(crate) dynamic: Vec<(u64, u64)>,
}

impl<'a> Elf<'a> {
    pub(crate) fn read(data: &'a [u8], issues: &mut Vec<ScanIssue>) -> Option<Self> {
        let Some([0x7f, b'E', b'L', b'F', class, order, ..]) = data.get(..16) else {
            let kind = if data.starts_with(b"\x7fELF") { &HEADER } else { &NOT_ELF };
            issues.push(ScanIssue::new(kind).at(0).detail(format!("{} bytes", data.len())));
            return None;
        };
        if !matches!((class, order), (1 | 2, 1 | 2)) {
            let detail = format!("class {class}, data encoding {order}");
            issues.push(ScanIssue::new(&HEADER).at(4).detail(detail));
            return None;
        }
        let bytes = Bytes { data, wide: *class == 2, little: *order == 1 };
        let header = Header::read(bytes);
        let Some(header) = header else {
            issues
                .push(ScanIssue::new(&HEADER).at(data.len()).detail("the file ends in the header"));
            return None;
        };
        let mut elf = Elf {
            bytes,
            object_type: header.object_type,
            machine: header.machine,
            flags: header.flags,
            segments: Vec::new(),
            sections: Vec::new(),
            dynamic: Vec::new(),
        };
        elf.read_segments(&header, issues);
        elf.read_sections(&header, issues);
        elf.read_dynamic(issues);
        Some(elf)
    }

    fn read_segments(&mut self, header: &Header, issues: &mut Vec<ScanIssue>) {
        let least = if self.bytes.wide { 56 } else { 32 };
        let step = u64::from(header.segment_size).max(least);
        for index in 0..u64::from(header.segments) {
            let base = header.segments_offset.saturating_add(index.saturating_mul(step));
            let Some(segment) = self.segment(base) else {
                let detail = format!("{index} of {} headers read", header.segments);
                issues.push(ScanIssue::new(&SEGMENTS).detail(detail));
                break;
            };
            self.segments.push(segment);
        }
        let end = self.bytes.data.len() as u64;
        let cut = |s: &&Segment| s.kind == PT_LOAD && s.offset.saturating_add(s.file_size) > end;
        if let Some(segment) = self.segments.iter().find(cut) {
            let detail = format!(
                "segment of {} bytes at {} in a file of {end}",
                segment.file_size, segment.offset
            );
            issues.push(ScanIssue::new(&SEGMENTS).detail(detail));
        }
    }

    fn segment(&self, base: u64) -> Option<Segment> {
        let at = |offset: u64| base.checked_add(offset);
        let bytes = &self.bytes;
        let kind = bytes.u32(base)?;
        // The flags stand in different places in the two classes, for alignment.
        let (flags, rest): (u64, [u64; 4]) =
            if bytes.wide { (4, [8, 16, 32, 48]) } else { (24, [4, 8, 16, 28]) };
        let [offset, address, file_size, align] = rest;
        Some(Segment {
            kind,
            flags: bytes.u32(at(flags)?)?,
            offset: bytes.word(at(offset)?)?,
            address: bytes.word(at(address)?)?,
            file_size: bytes.word(at(file_size)?)?,
            align: bytes.word(at(align)?)?,
        })
    }

    /// Sections are a courtesy of the linker: a table that cannot be read is as good as none.
    fn read_sections(&mut self, header: &Header, issues: &mut Vec<ScanIssue>) {
        let least = if self.bytes.wide { 64 } else { 40 };
        let step = u64::from(header.section_size).max(least);
        if header.sections_offset == 0 {
            return;
        }
        let count = u64::from(header.sections);
        if count > SECTIONS_MAX {
            issues.push(ScanIssue::new(&LIMIT).detail(format!("{count} section headers")));
        }
        let mut raw = Vec::new();
        for index in 0..count.min(SECTIONS_MAX) {
            let base = header.sections_offset.saturating_add(index.saturating_mul(step));
            let Some(section) = self.section(base) else {
                let detail = format!("{index} of {count} headers read");
                issues.push(ScanIssue::new(&SECTIONS).detail(detail));
                break;
            };
            raw.push(section);
        }
        let names = raw.get(usize::from(header.section_names)).map(|(_, section)| *section);
        if names.is_some_and(|names| self.bytes.slice(names.offset, names.size).is_none()) {
            issues.push(ScanIssue::new(&SECTIONS).detail("names of sections outside the file"));
        }
        for (name, mut section) in raw {
            if let Some(names) = names {
                let offset = names.offset.saturating_add(u64::from(name));
                let end = names.offset.saturating_add(names.size);
                section.name = self.bytes.text(offset, end, 256).unwrap_or_default();
            }
            self.sections.push(section);
        }
    }

    fn section(&self, base: u64) -> Option<(u32, Section<'a>)> {
        let at = |offset: u64| base.checked_add(offset);
        let bytes = &self.bytes;
        let places: [u64; 3] = if bytes.wide { [24, 32, 40] } else { [16, 20, 24] };
        let [offset, size, link] = places;
        let section = Section {
            name: b"",
            kind: bytes.u32(at(4)?)?,
            offset: bytes.word(at(offset)?)?,
            size: bytes.word(at(size)?)?,
            link: bytes.u32(at(link)?)?,
        };
        Some((bytes.u32(base)?, section))
    }

    fn read_dynamic(&mut self, issues: &mut Vec<ScanIssue>) {
        let Some(segment) = self.segments.iter().find(|s| s.kind == PT_DYNAMIC).copied() else {
            return;
        };
        // The loader goes by the address; the file offset of the header may lie.
        let start = self.offset_of(segment.address).unwrap_or(segment.offset);
        let step: u64 = if self.bytes.wide { 16 } else { 8 };
        let half = step / 2;
        for index in 0..DYNAMIC_ENTRIES_MAX {
            let base = start.saturating_add(index.saturating_mul(step));
            let entry = (self.bytes.word(base), self.bytes.word(base.saturating_add(half)));
            match entry {
                (Some(0), _) => return,
                (Some(tag), Some(value)) => self.dynamic.push((tag, value)),
                _ => {
                    let detail = format!("{index} entries read before the file ends");
                    issues.push(ScanIssue::new(&DYNAMIC).detail(detail));
                    return;
                }
            }
        }
        let detail = format!("more than {DYNAMIC_ENTRIES_MAX} entries in the dynamic segment");
        issues.push(ScanIssue::new(&LIMIT).detail(detail));
    }

    /// File offset of an address, as the loader would map it.
    pub(crate) fn offset_of(&self, address: u64) -> Option<u64> {
        self.segments.iter().filter(|segment| segment.kind == PT_LOAD).find_map(|segment| {
            let within = address.checked_sub(segment.address)?;
            (within < segment.file_size).then(|| segment.offset.checked_add(within))?
        })
    }

    /// First value of a tag of the dynamic segment.
    pub(crate) fn dynamic_value(&self, tag: u64) -> Option<u64> {
        self.dynamic.iter().find(|entry| entry.0 == tag).map(|entry| entry.1)
    }

    pub(crate) fn loads(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().filter(|segment| segment.kind == PT_LOAD)
    }

    /// The parts of the file that the chosen loadable segments map, in order and without overlap,
    /// so that a file cannot have one part looked at many times.
    pub(crate) fn ranges(&self, choose: impl Fn(&Segment) -> bool) -> Vec<(usize, usize)> {
        let length = self.bytes.data.len();
        let mut all: Vec<(usize, usize)> = self
            .loads()
            .filter(|segment| choose(segment))
            .filter_map(|segment| {
                let start = usize::try_from(segment.offset).ok()?.min(length);
                let size = usize::try_from(segment.file_size).ok()?;
                let end = start.saturating_add(size).min(length);
                (start < end).then_some((start, end))
            })
            .collect();
        all.sort_unstable();
        let mut merged: Vec<(usize, usize)> = Vec::new();
        for (start, end) in all {
            match merged.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => merged.push((start, end)),
            }
        }
        merged
    }

    pub(crate) fn section_named(&self, name: &[u8]) -> Option<&Section<'a>> {
        self.sections.iter().find(|section| section.name == name)
    }
}

/// The fields of the ELF header that are used.
struct Header {
    object_type: u16,
    machine: u16,
    flags: u32,
    segments_offset: u64,
    sections_offset: u64,
    segment_size: u16,
    segments: u16,
    section_size: u16,
    sections: u16,
    section_names: u16,
}

impl Header {
    fn read(bytes: Bytes<'_>) -> Option<Self> {
        let (places, tail): ([u64; 3], u64) =
            if bytes.wide { ([32, 40, 48], 54) } else { ([28, 32, 36], 42) };
        let [segments, sections, flags] = places;
        let field = |index: u64| bytes.u16(tail.checked_add(index.checked_mul(2)?)?);
        Some(Self {
            object_type: bytes.u16(16)?,
            machine: bytes.u16(18)?,
            segments_offset: bytes.word(segments)?,
            sections_offset: bytes.word(sections)?,
            flags: bytes.u32(flags)?,
            segment_size: field(0)?,
            segments: field(1)?,
            section_size: field(2)?,
            sections: field(3)?,
            section_names: field(4)?,
        })
    }
}
