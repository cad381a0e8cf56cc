//! One native library, as it is reported.

use crate::code::{CODE_BYTES_MAX, Machine, loads_register_natives};
use crate::elf::{ET_DYN, ET_EXEC, Elf, PF_X, PT_INTERP, PT_NOTE, SHT_NOBITS, SHT_SYMTAB, tag};
use crate::issues::{DYNAMIC, LIMIT};
use crate::language::{self, Language};
use crate::protections::{self, Relro};
use crate::symbols::{Strings, Symbols};
use menshen_base::{ScanIssue, to_hex};

/// What kind of object an ELF file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// Loaded by another program, at any address.
    SharedLibrary,
    /// A program that runs at any address.
    PieExecutable,
    /// A program that runs at one fixed address.
    Executable,
    /// Relocatable object, core file or a type unknown: not what a package should hold.
    Other,
}

/// What was read of one ELF file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Library {
    /// Name of the ABI as Android writes it (`arm64-v8a`, `armeabi-v7a`, `x86`, `x86_64`,
    /// `riscv64`, `mips`, `mips64`), else `em-` with the number of the machine.
    pub abi: String,
    /// 32 or 64.
    pub bits: u8,
    pub kind: ObjectKind,
    /// No segment is writable and executable and the stack is not executable. A file that does
    /// not mark its stack counts as 64-bit kernels treat it: not executable there, executable on
    /// 32-bit machines.
    pub nx: bool,
    /// `PT_GNU_STACK` asks for an executable stack.
    pub executable_stack: bool,
    /// Can be loaded at any address.
    pub pie: bool,
    pub relro: Relro,
    /// Functions check a canary before they return. `Some(false)` only for C and C++ that hands out
    /// addresses of its stack and does not import the check; `None` where nothing needs one, the
    /// language has none, or libc is linked in and its names are stripped.
    pub canary: Option<bool>,
    /// Calls of libc check lengths. `Some(false)`, likely and not certain, for C and C++ that keeps
    /// buffers on the stack and imports `strcpy` or another function that is told no length.
    pub fortify: Option<bool>,
    /// Imports with a length check: `__strcpy_chk`.
    pub fortified: Vec<String>,
    /// Imports that a length check could replace: `strcpy`.
    pub unfortified: Vec<String>,
    pub rpath: Option<String>,
    pub runpath: Option<String>,
    /// Code must be made writable to load it.
    pub text_relocations: bool,
    /// `.symtab` is there.
    pub symbols: bool,
    /// A `.debug_*` section is there.
    pub debug_info: bool,
    /// Largest alignment of loadable segments, bytes; 0 without any.
    pub page_alignment: u64,
    /// Smallest alignment of loadable segments, bytes: the loader goes by it.
    pub page_alignment_min: u64,
    /// Exported `Java_*` functions and `JNI_OnLoad`, sorted.
    pub jni_methods: Vec<String>,
    /// Code that reaches for `RegisterNatives`: Java methods are bound beyond `jni_methods`.
    pub registers_natives: bool,
    pub soname: Option<String>,
    /// Libraries it loads, in order.
    pub needed: Vec<String>,
    /// Lower-case hexadecimal.
    pub build_id: Option<String>,
    pub language: Language,
    pub imports: Vec<String>,
    pub exports: Vec<String>,
    /// Bytes of executable segments.
    pub code_bytes: u64,
}

impl Library {
    /// Reads one ELF file. `None` only where there is no ELF header; all that can be read is read.
    pub fn read(data: &[u8]) -> (Option<Self>, Vec<ScanIssue>) {
        let mut issues = Vec::new();
        let library = Elf::read(data, &mut issues).map(|elf| Self::of(&elf, &mut issues));
        (library, issues)
    }

    fn of(elf: &Elf<'_>, issues: &mut Vec<ScanIssue>) -> Self {
        let strings = Strings::of(elf);
        if strings.is_none() && !elf.dynamic.is_empty() {
            issues.push(ScanIssue::new(&DYNAMIC).detail("no string table"));
        }
        let symbols = Symbols::read(elf, strings, issues);
        let text = |tag| strings?.get(elf, elf.dynamic_value(tag)?).filter(|t| !t.is_empty());
        let needed = needed(elf, strings, issues);
        let language = language::of(elf, &symbols, &needed);
        let machine = Machine::of(elf.machine);
        let code = code_ranges(elf);
        let code_bytes = code.iter().fold(0u64, |sum, part| sum.saturating_add(part.len() as u64));
        if code_bytes >= CODE_BYTES_MAX {
            issues.push(ScanIssue::new(&LIMIT).detail(format!("{code_bytes} bytes of code")));
        }
        let stack = protections::StackUse::new(machine, elf.bytes, &code);
        let (fortified, unfortified) = protections::fortification(&symbols);
        let jni_methods = jni_methods(&symbols);
        let registers_natives = !jni_methods.is_empty()
            && machine.is_some_and(|machine| {
                code.iter().any(|part| loads_register_natives(machine, elf.bytes, part))
            });
        let alignments = || elf.loads().map(|segment| segment.align.max(1));
        Self {
            abi: abi(elf.machine, elf.flags, elf.bytes.wide),
            bits: if elf.bytes.wide { 64 } else { 32 },
            kind: kind(elf),
            nx: protections::nx(elf),
            executable_stack: protections::executable_stack(elf),
            pie: elf.object_type == ET_DYN,
            relro: protections::relro(elf),
            canary: protections::canary(elf, &symbols, language, &stack),
            fortify: protections::fortify(&fortified, &unfortified, language, &stack),
            fortified,
            unfortified,
            rpath: text(tag::RPATH),
            runpath: text(tag::RUNPATH),
            text_relocations: protections::text_relocations(elf),
            symbols: elf.sections.iter().any(|s| s.kind == SHT_SYMTAB && s.size > 0),
            debug_info: elf.sections.iter().any(|s| {
                s.kind != SHT_NOBITS
                    && (s.name.starts_with(b".debug_") || s.name.starts_with(b".zdebug_"))
            }),
            page_alignment: alignments().max().unwrap_or(0),
            page_alignment_min: alignments().min().unwrap_or(0),
            jni_methods,
            registers_natives,
            soname: text(tag::SONAME),
            needed,
            build_id: build_id(elf),
            language,
            imports: symbols.imports,
            exports: symbols.exports,
            code_bytes,
        }
    }

    /// Whether it can be loaded from where it lies in a package on a device with pages of 16 KiB.
    /// `stored_at` is the offset of its data in the package when it is stored uncompressed and so
    /// mapped in place; `None` when it is unpacked at installation. 32-bit libraries are never
    /// loaded on such devices and count as able.
    pub fn fits_16k_pages(&self, stored_at: Option<u64>) -> bool {
        self.bits == 32
            || (self.page_alignment_min >= PAGE
                && stored_at.is_none_or(|at| at.is_multiple_of(PAGE)))
    }
}

const PAGE: u64 = protections::PAGE_SIZE_16K_BYTES;

fn kind(elf: &Elf<'_>) -> ObjectKind {
    const DF_1_PIE: u64 = 0x0800_0000;
    let program = elf.segments.iter().any(|segment| segment.kind == PT_INTERP)
        || elf.dynamic_value(tag::FLAGS_1).is_some_and(|flags| flags & DF_1_PIE != 0);
    match elf.object_type {
        ET_DYN if program => ObjectKind::PieExecutable,
        ET_DYN => ObjectKind::SharedLibrary,
        ET_EXEC => ObjectKind::Executable,
        _ => ObjectKind::Other,
    }
}

/// ABI names of the Android NDK ("ABI management") by ELF machine.
fn abi(machine: u16, flags: u32, wide: bool) -> String {
    // A hard-float or EABI 5 mark does not tell v5 from v7; packages of today hold v7.
    let name = match (machine, wide) {
        (40, _) => "armeabi-v7a",
        (183, _) => "arm64-v8a",
        (3, _) => "x86",
        (62, _) => "x86_64",
        (243, true) => "riscv64",
        (243, false) => "riscv32",
        // Release 6 and the 64-bit ISA stand in the flags; the class is enough for the ABI.
        (8, true) => "mips64",
        (8, false) if flags & 0xf000_0000 == 0xa000_0000 => "mips32r6",
        (8, false) => "mips",
        (258, _) => "loongarch64",
        _ => return format!("em-{machine}"),
    };
    name.to_owned()
}

/// The bytes of the code: `.text` where sections tell, else the executable segments.
fn code_ranges<'a>(elf: &Elf<'a>) -> Vec<&'a [u8]> {
    let executable = || elf.loads().filter(|segment| segment.flags & PF_X != 0);
    let mut room = CODE_BYTES_MAX;
    let mut ranges: Vec<&[u8]> = Vec::new();
    let inside = |offset: u64, size: u64| {
        executable().any(|segment| {
            offset >= segment.offset
                && offset.saturating_add(size) <= segment.offset.saturating_add(segment.file_size)
        })
    };
    let text = elf.section_named(b".text").filter(|text| text.size > 0);
    if let Some(text) = text.filter(|text| inside(text.offset, text.size)) {
        ranges.push(elf.bytes.clipped(text.offset, text.size.min(room)));
        return ranges;
    }
    for (start, end) in elf.ranges(|segment| segment.flags & PF_X != 0) {
        let part = elf.bytes.data.get(start..end).unwrap_or_default();
        let part = usize::try_from(room).ok().and_then(|room| part.get(..room)).unwrap_or(part);
        room = room.saturating_sub(part.len() as u64);
        ranges.push(part);
    }
    ranges
}

fn needed(elf: &Elf<'_>, strings: Option<Strings>, issues: &mut Vec<ScanIssue>) -> Vec<String> {
    /// Libraries loaded by one library; more is not a library but an attack on its reader.
    const NEEDED_MAX: usize = 1024;
    let Some(strings) = strings else { return Vec::new() };
    let mut tags = elf.dynamic.iter().filter(|entry| entry.0 == tag::NEEDED);
    let names = tags.by_ref().take(NEEDED_MAX);
    let names = names.filter_map(|entry| strings.get(elf, entry.1)).collect();
    if tags.next().is_some() {
        issues.push(ScanIssue::new(&LIMIT).detail(format!("more than {NEEDED_MAX} DT_NEEDED")));
    }
    names
}

/// JNI specification, "Resolving Native Method Names".
fn jni_methods(symbols: &Symbols) -> Vec<String> {
    let is_entry = |name: &&String| {
        name.starts_with("Java_") || matches!(name.as_str(), "JNI_OnLoad" | "JNI_OnUnload")
    };
    let mut names: Vec<String> = symbols.exports.iter().filter(is_entry).cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The note `NT_GNU_BUILD_ID` of a note segment or section (gABI, "Note Section").
fn build_id(elf: &Elf<'_>) -> Option<String> {
    const NT_GNU_BUILD_ID: u32 = 3;
    const NOTES_MAX: usize = 64;
    const BUILD_ID_BYTES_MAX: u64 = 64;
    let segments = elf.segments.iter().filter(|s| s.kind == PT_NOTE);
    let ranges = segments.map(|s| (s.offset, s.file_size));
    let section = elf.section_named(b".note.gnu.build-id").map(|s| (s.offset, s.size));
    for (mut at, size) in ranges.chain(section).take(NOTES_MAX) {
        let end = at.saturating_add(size);
        for _ in 0..NOTES_MAX {
            if at >= end {
                break;
            }
            let name_size = u64::from(elf.bytes.u32(at)?);
            let data_size = u64::from(elf.bytes.u32(at.checked_add(4)?)?);
            let kind = elf.bytes.u32(at.checked_add(8)?)?;
            let name_at = at.checked_add(12)?;
            let data_at = name_at.checked_add(name_size.checked_next_multiple_of(4)?)?;
            let name = elf.bytes.clipped(name_at, name_size.min(4));
            if kind == NT_GNU_BUILD_ID && name == b"GNU\0" && data_size <= BUILD_ID_BYTES_MAX {
                return elf.bytes.slice(data_at, data_size).map(to_hex);
            }
            at = data_at.checked_add(data_size.checked_next_multiple_of(4)?)?;
        }
    }
    None
}
