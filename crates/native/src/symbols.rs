//! Names that a library takes and gives: the dynamic symbol table, by the dynamic segment.
//!
//! The dynamic segment says where the table starts and not how long it is. The length comes from
//! `DT_HASH` (gABI, "Hash Table": as many chains as symbols), else from `DT_GNU_HASH` (the chains
//! end with the last exported symbol), else from the section header, else from the next table.

use crate::elf::{Elf, SHT_DYNSYM, SHT_SYMTAB, tag};
use crate::issues::{LIMIT, SYMBOLS};
use menshen_base::ScanIssue;

/// Symbols read at most. The largest libraries known have some two hundred thousand.
const SYMBOLS_MAX: u64 = 1_000_000;
/// Bytes of one name that are kept: C++ names of templates run to several thousand.
const NAME_BYTES_MAX: u64 = 4096;
/// All names together may take this multiple of the file: tables share tails of names.
const NAMES_PER_FILE_BYTE_MAX: usize = 2;

const STB_LOCAL: u8 = 0;
const STV_INTERNAL: u8 = 1;
const STV_HIDDEN: u8 = 2;

/// Where the strings of the dynamic segment lie in the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strings {
    offset: u64,
    end: u64,
}

impl Strings {
    pub(crate) fn of(elf: &Elf<'_>) -> Option<Self> {
        let offset = elf.offset_of(elf.dynamic_value(tag::STRTAB)?)?;
        let size = elf.dynamic_value(tag::STRSZ)?;
        Some(Self { offset, end: offset.saturating_add(size) })
    }

    pub(crate) fn get(self, elf: &Elf<'_>, index: u64) -> Option<String> {
        let bytes = elf.bytes.text(self.offset.checked_add(index)?, self.end, NAME_BYTES_MAX)?;
        Some(String::from_utf8_lossy(bytes).into_owned())
    }
}

/// The names, each list in the order of the table.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

impl Symbols {
    pub(crate) fn read(
        elf: &Elf<'_>,
        strings: Option<Strings>,
        issues: &mut Vec<ScanIssue>,
    ) -> Self {
        let mut symbols = Self::default();
        let Some(address) = elf.dynamic_value(tag::SYMTAB) else { return symbols };
        let (Some(start), Some(strings)) = (elf.offset_of(address), strings) else {
            issues.push(ScanIssue::new(&SYMBOLS).detail("symbol or string table outside the file"));
            return symbols;
        };
        let step: u64 = if elf.bytes.wide { 24 } else { 16 };
        let count = count(elf, address, start, step);
        if count > SYMBOLS_MAX {
            issues.push(ScanIssue::new(&LIMIT).detail(format!("{count} dynamic symbols")));
        }
        let mut room = elf.bytes.data.len().saturating_mul(NAMES_PER_FILE_BYTE_MAX);
        // Symbol 0 is reserved.
        for index in 1..count.min(SYMBOLS_MAX) {
            let Some(symbol) = Symbol::read(elf, start.saturating_add(index.saturating_mul(step)))
            else {
                let detail = format!("{index} of {count} symbols read");
                issues.push(ScanIssue::new(&SYMBOLS).at(elf.bytes.data.len()).detail(detail));
                break;
            };
            let Some(name) = strings.get(elf, u64::from(symbol.name)) else { continue };
            let Some(left) = room.checked_sub(name.len()) else {
                issues.push(ScanIssue::new(&LIMIT).detail("names longer than the file allows"));
                break;
            };
            room = left;
            symbols.add(symbol, name);
        }
        symbols
    }

    fn add(&mut self, symbol: Symbol, name: String) {
        if name.is_empty() || symbol.info >> 4 == STB_LOCAL {
            return;
        }
        let visibility = symbol.other & 3;
        if symbol.section == 0 {
            self.imports.push(name);
        } else if visibility != STV_INTERNAL && visibility != STV_HIDDEN {
            self.exports.push(name);
        }
    }

    pub(crate) fn imports_any(&self, names: &[&str]) -> bool {
        self.imports.iter().any(|import| names.contains(&import.as_str()))
    }
}

#[derive(Debug, Clone, Copy)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    /// Index of the section that defines it; 0 where another library does.
    section: u16,
}

impl Symbol {
    fn read(elf: &Elf<'_>, base: u64) -> Option<Self> {
        let (info, section) = if elf.bytes.wide { (4, 6) } else { (12, 14) };
        let [kind, other] = elf.bytes.slice(base.checked_add(info)?, 2)?.try_into().ok()?;
        Some(Self {
            name: elf.bytes.u32(base)?,
            info: kind,
            other,
            section: elf.bytes.u16(base.checked_add(section)?)?,
        })
    }
}

/// How many dynamic symbols there are, the reserved one included.
fn count(elf: &Elf<'_>, address: u64, start: u64, step: u64) -> u64 {
    let fits = (elf.bytes.data.len() as u64).saturating_sub(start).checked_div(step).unwrap_or(0);
    let by_hash = || {
        let table = elf.offset_of(elf.dynamic_value(tag::HASH)?)?;
        elf.bytes.u32(table.checked_add(4)?).map(u64::from)
    };
    let by_section = || {
        let section = elf.sections.iter().find(|s| s.kind == SHT_DYNSYM && s.offset == start)?;
        section.size.checked_div(step)
    };
    let counted = by_hash().or_else(|| by_gnu_hash(elf)).or_else(by_section);
    // A table that ends past the file is cut by the reading loop, which says so.
    counted.unwrap_or_else(|| by_neighbour(elf, address, step).unwrap_or(0).min(fits))
}

/// From the GNU hash table: the highest chain index that any bucket leads to. `None` where no
/// symbol is hashed, because the table then says nothing about the imports.
fn by_gnu_hash(elf: &Elf<'_>) -> Option<u64> {
    let bytes = &elf.bytes;
    let table = elf.offset_of(elf.dynamic_value(tag::GNU_HASH)?)?;
    let buckets = u64::from(bytes.u32(table)?);
    let first = u64::from(bytes.u32(table.checked_add(4)?)?);
    let bloom = u64::from(bytes.u32(table.checked_add(8)?)?);
    let word: u64 = if bytes.wide { 8 } else { 4 };
    let buckets_at = table.checked_add(16)?.checked_add(bloom.checked_mul(word)?)?;
    let mut last = 0;
    for index in 0..buckets.min(SYMBOLS_MAX) {
        let bucket = bytes.u32(buckets_at.checked_add(index.checked_mul(4)?)?)?;
        last = last.max(u64::from(bucket));
    }
    if last < first || last == 0 {
        return None;
    }
    let chains = buckets_at.checked_add(buckets.checked_mul(4)?)?;
    // A chain ends with a value whose lowest bit is set.
    for _ in 0..SYMBOLS_MAX {
        let chain = bytes.u32(chains.checked_add(last.checked_sub(first)?.checked_mul(4)?)?)?;
        last = last.checked_add(1)?;
        if chain & 1 == 1 {
            return Some(last);
        }
    }
    None
}

/// From the next table of the dynamic segment: linkers lay the symbols before it without a gap
/// that would hold another symbol.
fn by_neighbour(elf: &Elf<'_>, address: u64, step: u64) -> Option<u64> {
    const TABLES: [u64; 9] = [
        tag::STRTAB,
        tag::HASH,
        tag::GNU_HASH,
        tag::VERSYM,
        tag::VERDEF,
        tag::VERNEED,
        tag::REL,
        tag::RELA,
        tag::JMPREL,
    ];
    let next = elf
        .dynamic
        .iter()
        .filter(|(tag, value)| TABLES.contains(tag) && *value > address)
        .map(|entry| entry.1)
        .min()?;
    next.checked_sub(address)?.checked_div(step)
}

/// Whether `.symtab`, which only a debugger needs, names one of the symbols.
pub(crate) fn symtab_names_any(elf: &Elf<'_>, names: &[&[u8]]) -> bool {
    let step: u64 = if elf.bytes.wide { 24 } else { 16 };
    let Some(table) = elf.sections.iter().find(|section| section.kind == SHT_SYMTAB) else {
        return false;
    };
    let Some(strings) = usize::try_from(table.link).ok().and_then(|link| elf.sections.get(link))
    else {
        return false;
    };
    let end = strings.offset.saturating_add(strings.size);
    let count = table.size.checked_div(step).unwrap_or(0).min(SYMBOLS_MAX);
    (0..count)
        .map_while(|index| {
            let base = table.offset.checked_add(index.checked_mul(step)?)?;
            let name = u64::from(elf.bytes.u32(base)?);
            Some(strings.offset.saturating_add(name))
        })
        .any(|at| elf.bytes.text(at, end, 64).is_some_and(|name| names.contains(&name)))
}
