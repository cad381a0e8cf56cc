//! Hand-built ELF files: what each mark in the file changes in the answer, and only that.

use crate::{Language, Library, ObjectKind, Relro, printable};

/// Writes small ELF files: one file header, program headers, a dynamic segment with symbols and
/// strings, code, and section headers when a section is asked for.
#[derive(Debug, Clone)]
struct Writer {
    wide: bool,
    little: bool,
    object_type: u16,
    machine: u16,
    align: u64,
    load_flags: u32,
    stack: Option<u32>,
    relro: bool,
    interpreter: bool,
    /// Further entries of the dynamic segment whose value is a number.
    numbers: Vec<(u64, u64)>,
    /// Further entries of the dynamic segment whose value is a string.
    texts: Vec<(u64, &'static str)>,
    imports: Vec<&'static str>,
    exports: Vec<&'static str>,
    code: Vec<u8>,
    data: Vec<u8>,
    build_id: Option<Vec<u8>>,
    sections: Vec<(&'static str, u32)>,
}

impl Writer {
    fn aarch64() -> Self {
        Self {
            wide: true,
            little: true,
            object_type: 3,
            machine: 183,
            align: 0x4000,
            load_flags: 5,
            stack: Some(6),
            relro: true,
            interpreter: false,
            numbers: vec![(30, 8)],
            texts: Vec::new(),
            imports: Vec::new(),
            exports: Vec::new(),
            code: vec![0x1f, 0x20, 0x03, 0xd5],
            data: Vec::new(),
            build_id: None,
            sections: Vec::new(),
        }
    }

    fn arm() -> Self {
        Self { wide: false, machine: 40, ..Self::aarch64() }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn put(&self, out: &mut Vec<u8>, value: u64, size: usize) {
        let bytes = value.to_le_bytes();
        let mut bytes = bytes[..size].to_vec();
        if !self.little {
            bytes.reverse();
        }
        out.extend(bytes);
    }

    fn build(&self) -> Vec<u8> {
        let word = if self.wide { 8 } else { 4 };
        let header_size = if self.wide { 64 } else { 52 };
        let segment_size: u64 = if self.wide { 56 } else { 32 };
        let mut strings = vec![0u8];
        let mut text = |value: &str| {
            let at = strings.len() as u64;
            strings.extend(value.as_bytes());
            strings.push(0);
            at
        };
        let texts: Vec<(u64, u64)> = self.texts.iter().map(|t| (t.0, text(t.1))).collect();
        let names =
            self.imports.iter().map(|n| (*n, 0u64)).chain(self.exports.iter().map(|n| (*n, 1)));
        let symbols: Vec<(u64, u64)> = names.map(|(name, section)| (text(name), section)).collect();
        let mut note = Vec::new();
        if let Some(id) = &self.build_id {
            for value in [4, id.len() as u64, 3] {
                self.put(&mut note, value, 4);
            }
            note.extend(b"GNU\0");
            note.extend(id);
        }

        let segments = 3
            + u64::from(self.stack.is_some())
            + u64::from(self.relro)
            + u64::from(self.interpreter);
        let mut at = header_size as u64 + segments * segment_size;
        let mut place = |size: u64| {
            let here = at;
            at += size.next_multiple_of(8);
            here
        };
        let symbol_size: u64 = if self.wide { 24 } else { 16 };
        let code_at = place(self.code.len() as u64);
        let data_at = place(self.data.len() as u64);
        let note_at = place(note.len() as u64);
        let symbols_at = place((symbols.len() as u64 + 1) * symbol_size);
        let hash_at = place(8);
        let strings_at = place(strings.len() as u64);
        let mut dynamic: Vec<(u64, u64)> = texts;
        dynamic.extend([
            (5, strings_at),
            (10, strings.len() as u64),
            (6, symbols_at),
            (4, hash_at),
        ]);
        dynamic.extend(&self.numbers);
        dynamic.push((0, 0));
        let dynamic_at = place(dynamic.len() as u64 * word as u64 * 2);
        let end = at;

        let mut out =
            vec![0x7f, b'E', b'L', b'F', 1 + u8::from(self.wide), 2 - u8::from(self.little), 1];
        out.resize(16, 0);
        self.put(&mut out, self.object_type.into(), 2);
        self.put(&mut out, self.machine.into(), 2);
        self.put(&mut out, 1, 4);
        self.put(&mut out, 0, word);
        self.put(&mut out, header_size as u64, word);
        let sections = if self.sections.is_empty() { 0 } else { self.sections.len() as u64 + 2 };
        self.put(&mut out, if sections > 0 { end } else { 0 }, word);
        self.put(&mut out, 0, 4);
        for value in [
            header_size as u64,
            segment_size,
            segments,
            if self.wide { 64 } else { 40 },
            sections,
            1,
        ] {
            self.put(&mut out, value, 2);
        }
        let segment = |out: &mut Vec<u8>, kind: u64, flags: u64, at: u64, size: u64, align: u64| {
            self.put(out, kind, 4);
            if self.wide {
                self.put(out, flags, 4);
            }
            for value in [at, at, at, size, size] {
                self.put(out, value, word);
            }
            if !self.wide {
                self.put(out, flags, 4);
            }
            self.put(out, align, word);
        };
        segment(&mut out, 1, self.load_flags.into(), 0, end, self.align);
        segment(&mut out, 2, 6, dynamic_at, dynamic.len() as u64 * word as u64 * 2, 8);
        segment(&mut out, 4, 4, note_at, note.len() as u64, 4);
        if let Some(flags) = self.stack {
            segment(&mut out, 0x6474_e551, flags.into(), 0, 0, 16);
        }
        if self.relro {
            segment(&mut out, 0x6474_e552, 4, dynamic_at, 16, 1);
        }
        if self.interpreter {
            segment(&mut out, 3, 4, data_at, self.data.len() as u64, 1);
        }
        let pad = |out: &mut Vec<u8>, to: u64| out.resize(to as usize, 0);
        pad(&mut out, code_at);
        out.extend(&self.code);
        pad(&mut out, data_at);
        out.extend(&self.data);
        pad(&mut out, note_at);
        out.extend(&note);
        pad(&mut out, symbols_at + symbol_size);
        for (name, section) in &symbols {
            self.put(&mut out, *name, 4);
            if self.wide {
                out.extend([0x12, 0]);
                self.put(&mut out, *section, 2);
                out.resize(out.len() + 16, 0);
            } else {
                out.resize(out.len() + 8, 0);
                out.extend([0x12, 0]);
                self.put(&mut out, *section, 2);
            }
        }
        pad(&mut out, hash_at);
        self.put(&mut out, 0, 4);
        self.put(&mut out, symbols.len() as u64 + 1, 4);
        pad(&mut out, strings_at);
        out.extend(&strings);
        pad(&mut out, dynamic_at);
        for (tag, value) in dynamic {
            self.put(&mut out, tag, word);
            self.put(&mut out, value, word);
        }
        pad(&mut out, end);
        if sections > 0 {
            self.write_sections(&mut out, end, sections);
        }
        out
    }

    fn write_sections(&self, out: &mut Vec<u8>, end: u64, count: u64) {
        let size = if self.wide { 64 } else { 40 };
        let word = if self.wide { 8 } else { 4 };
        let names_at = end + count * size;
        let mut names = vec![0u8];
        let mut headers = vec![(0u64, 0u64, 0u64, 0u64), (0, 3, names_at, 0)];
        for (name, kind) in &self.sections {
            headers.push((names.len() as u64, (*kind).into(), 0, 16));
            names.extend(name.as_bytes());
            names.push(0);
        }
        headers[1].3 = names.len() as u64;
        for (name, kind, at, length) in headers {
            let start = out.len();
            self.put(out, name, 4);
            self.put(out, kind, 4);
            self.put(out, 0, word);
            self.put(out, 0, word);
            self.put(out, at, word);
            self.put(out, length, word);
            out.resize(start + size as usize, 0);
        }
        out.extend(names);
    }

    fn read(&self) -> Library {
        let (library, issues) = Library::read(&self.build());
        assert!(issues.is_empty(), "{issues:?}");
        library.unwrap()
    }
}

/// `add x0, sp, #8` and `bl`.
fn stack_code() -> Vec<u8> {
    [0x9100_23e0u32, 0x9400_0010].iter().flat_map(|word| word.to_le_bytes()).collect()
}

#[test]
fn classes_and_byte_orders() {
    for (machine, wide, little, abi) in [
        (183, true, true, "arm64-v8a"),
        (40, false, true, "armeabi-v7a"),
        (3, false, true, "x86"),
        (62, true, true, "x86_64"),
        (243, true, true, "riscv64"),
        (8, false, false, "mips"),
        (8, true, false, "mips64"),
        (22, true, false, "em-22"),
    ] {
        let library = Writer::aarch64()
            .with(|w| {
                (w.machine, w.wide, w.little) = (machine, wide, little);
                w.texts = vec![(1, "libc.so"), (1, "liblog.so"), (14, "libfoo.so")];
                w.imports = vec!["malloc"];
                w.exports = vec!["JNI_OnLoad", "Java_com_example_Native_run", "helper"];
                w.build_id = Some(vec![0xab, 0xcd, 0x01, 0x02]);
            })
            .read();
        assert_eq!(library.abi, abi);
        assert_eq!(library.bits, if wide { 64 } else { 32 });
        assert_eq!(library.needed, ["libc.so", "liblog.so"], "{abi}");
        assert_eq!(library.soname.as_deref(), Some("libfoo.so"));
        assert_eq!(library.imports, ["malloc"]);
        assert_eq!(library.exports, ["JNI_OnLoad", "Java_com_example_Native_run", "helper"]);
        assert_eq!(library.jni_methods, ["JNI_OnLoad", "Java_com_example_Native_run"]);
        assert_eq!(library.build_id.as_deref(), Some("abcd0102"));
    }
}

#[test]
fn each_mark_changes_its_own_answer() {
    type Change = fn(&mut Writer);
    type Check = fn(&Library) -> bool;
    let rows: &[(&str, Change, Check)] = &[
        (
            "defaults",
            |_| (),
            |l| {
                l.nx && !l.executable_stack
                    && l.pie
                    && l.relro == Relro::Full
                    && !l.text_relocations
            },
        ),
        (
            "no paths",
            |_| (),
            |l| l.rpath.is_none() && l.runpath.is_none() && !l.symbols && !l.debug_info,
        ),
        ("exec stack", |w| w.stack = Some(7), |l| !l.nx && l.executable_stack),
        ("no stack mark, 64 bits", |w| w.stack = None, |l| l.nx && !l.executable_stack),
        ("writable code", |w| w.load_flags = 7, |l| !l.nx && !l.executable_stack),
        ("no relro", |w| w.relro = false, |l| l.relro == Relro::None),
        ("lazy", |w| w.numbers = vec![(2, 24)], |l| l.relro == Relro::Partial),
        ("lazy but empty", |w| w.numbers = vec![(2, 0)], |l| l.relro == Relro::Full),
        ("BIND_NOW", |w| w.numbers = vec![(2, 24), (24, 0)], |l| l.relro == Relro::Full),
        (
            "FLAGS_1 NOW",
            |w| w.numbers = vec![(2, 24), (0x6fff_fffb, 1)],
            |l| l.relro == Relro::Full,
        ),
        ("TEXTREL", |w| w.numbers = vec![(22, 0)], |l| l.text_relocations),
        ("FLAGS TEXTREL", |w| w.numbers = vec![(30, 4)], |l| l.text_relocations),
        ("fixed", |w| w.object_type = 2, |l| !l.pie && l.kind == ObjectKind::Executable),
        ("shared", |_| (), |l| l.kind == ObjectKind::SharedLibrary),
        (
            "program",
            |w| (w.interpreter, w.data) = (true, b"/system/bin/linker64\0".to_vec()),
            |l| l.pie && l.kind == ObjectKind::PieExecutable,
        ),
        (
            "static pie",
            |w| w.numbers = vec![(0x6fff_fffb, 0x0800_0000)],
            |l| l.kind == ObjectKind::PieExecutable,
        ),
        ("rpath", |w| w.texts = vec![(15, "/tmp/lib")], |l| l.rpath.as_deref() == Some("/tmp/lib")),
        (
            "runpath",
            |w| w.texts = vec![(29, "$ORIGIN")],
            |l| l.runpath.as_deref() == Some("$ORIGIN"),
        ),
        ("symtab", |w| w.sections = vec![(".symtab", 2)], |l| l.symbols && !l.debug_info),
        ("debug", |w| w.sections = vec![(".debug_info", 1)], |l| !l.symbols && l.debug_info),
        ("debug moved away", |w| w.sections = vec![(".debug_info", 8)], |l| !l.debug_info),
        ("sections", |w| w.sections = vec![(".rodata", 1)], |l| !l.symbols && !l.debug_info),
    ];
    for (name, change, check) in rows {
        let library = Writer::aarch64().with(change).read();
        assert!(check(&library), "{name}: {library:#?}");
    }
    let unmarked = Writer::arm().with(|w| w.stack = None).read();
    assert!(!unmarked.nx && !unmarked.executable_stack);
}

#[test]
fn canary_and_fortify_only_where_it_can_be_told() {
    type Change = fn(&mut Writer);
    let rows: &[(&str, Change, Option<bool>, Option<bool>)] = &[
        ("nothing to guard", |w| w.imports = vec!["strcpy"], None, None),
        ("guarded", |w| w.imports = vec!["__stack_chk_fail"], Some(true), None),
        (
            "unguarded",
            |w| (w.imports, w.code) = (vec!["strcpy"], stack_code()),
            Some(false),
            Some(false),
        ),
        (
            "unguarded, memcpy",
            |w| (w.imports, w.code) = (vec!["memcpy"], stack_code()),
            Some(false),
            None,
        ),
        (
            "checked",
            |w| (w.imports, w.code) = (vec!["__strcpy_chk", "strcpy"], stack_code()),
            Some(false),
            Some(true),
        ),
        (
            "Rust",
            |w| {
                (w.imports, w.code) = (vec!["strcpy"], stack_code());
                w.data = b"/rustc/0123/library/core/src/fmt.rs".to_vec();
            },
            None,
            None,
        ),
        ("libc inside", |w| w.code = stack_code(), None, None),
        (
            "frame set up, no variable",
            // add x29, sp, #16; bl
            |w| {
                w.imports = vec!["strcpy"];
                w.code =
                    [0x9100_43fdu32, 0x9400_0010].iter().flat_map(|v| v.to_le_bytes()).collect();
            },
            None,
            None,
        ),
    ];
    for (name, change, canary, fortify) in rows {
        let library = Writer::aarch64().with(change).read();
        assert_eq!((library.canary, library.fortify), (*canary, *fortify), "{name}");
    }
    let named = Writer::aarch64().with(|w| w.exports = vec!["__stack_chk_fail"]).read();
    assert_eq!(named.canary, Some(true));
}

#[test]
fn stack_addresses_on_every_machine() {
    let rows: &[(u16, bool, &[u8], Option<bool>)] = &[
        // mov r0, sp; bl
        (40, false, &[0x0d, 0, 0xa0, 0xe1, 0, 0, 0, 0xeb], Some(false)),
        // Thumb: add r0, sp, #4; bl
        (40, false, &[0x01, 0xa8, 0x00, 0xf0, 0x02, 0xf8], Some(false)),
        // Thumb: add r7, sp, #4; bl
        (40, false, &[0x01, 0xaf, 0x00, 0xf0, 0x02, 0xf8], None),
        // Thumb: add r3, r7, #8; bl
        (40, false, &[0x07, 0xf1, 0x08, 0x03, 0x00, 0xf0, 0x02, 0xf8], Some(false)),
        // Thumb: add r7, r7, #8; bl
        (40, false, &[0x07, 0xf1, 0x08, 0x07, 0x00, 0xf0, 0x02, 0xf8], None),
        // mov rdi, rsp; call
        (62, true, &[0x48, 0x89, 0xe7, 0xe8, 0, 0, 0, 0], Some(false)),
        // mov rdx, rsp; call
        (62, true, &[0x48, 0x89, 0xe2, 0xe8, 0, 0, 0, 0], None),
        // lea rdi, [rsp+8]; call
        (62, true, &[0x48, 0x8d, 0x7c, 0x24, 8, 0xe8, 0, 0, 0, 0], Some(false)),
        // lea rdi, [rbp-8]; call
        (62, true, &[0x48, 0x8d, 0x7d, 0xf8, 0xe8, 0, 0, 0, 0], Some(false)),
        // lea rdi, [rip+8]; call
        (62, true, &[0x48, 0x8d, 0x3d, 8, 0, 0, 0, 0xe8, 0, 0, 0, 0], None),
        // lea eax, [esp+8]; call
        (3, false, &[0x8d, 0x44, 0x24, 8, 0xe8, 0, 0, 0, 0], Some(false)),
        // lea ecx, [esp+4]; and esp, -16; call
        (3, false, &[0x8d, 0x4c, 0x24, 4, 0x83, 0xe4, 0xf0, 0xe8, 0, 0, 0, 0], None),
    ];
    for (machine, wide, code, canary) in rows {
        let library = Writer::aarch64()
            .with(|w| {
                (w.machine, w.wide, w.code) = (*machine, *wide, code.to_vec());
                w.imports = vec!["strcpy"];
            })
            .read();
        assert_eq!(library.canary, *canary, "{machine} {code:x?}");
    }
}

#[test]
fn register_natives_by_its_slot() {
    let rows: &[(u16, bool, &[u8], bool)] = &[
        (183, true, &[0x08, 0x5d, 0x43, 0xf9], true),
        (183, true, &[0x08, 0x59, 0x43, 0xf9], false),
        (40, false, &[0x5c, 0x63, 0x92, 0xe5], true),
        (40, false, &[0xd2, 0xf8, 0x5c, 0x63], true),
        (62, true, &[0xff, 0x90, 0xb8, 0x06, 0, 0], true),
        (62, true, &[0x48, 0x8b, 0x80, 0xb8, 0x06, 0, 0], true),
        (62, true, &[0xff, 0x90, 0xb0, 0x06, 0, 0], false),
        (3, false, &[0xff, 0x90, 0x5c, 0x03, 0, 0], true),
    ];
    for (machine, wide, code, expected) in rows {
        let base = Writer::aarch64().with(|w| {
            (w.machine, w.wide, w.code) = (*machine, *wide, code.to_vec());
        });
        assert!(!base.read().registers_natives, "without a JNI entry point");
        let library = base.with(|w| w.exports = vec!["JNI_OnLoad"]).read();
        assert_eq!(library.registers_natives, *expected, "{machine} {code:x?}");
    }
}

#[test]
fn languages() {
    type Change = fn(&mut Writer);
    let rows: &[(Change, Language)] = &[
        (|_| (), Language::C),
        (|w| w.imports = vec!["_ZdlPv"], Language::Cpp),
        (|w| w.texts = vec![(1, "libc++_shared.so")], Language::Cpp),
        (|w| w.imports = vec!["__cxa_finalize"], Language::C),
        (|w| w.data = b"/rustc/9fc6b431/library".to_vec(), Language::Rust),
        (|w| w.sections = vec![(".gopclntab", 1)], Language::Go),
        (|w| w.data = b"\xff Go buildinf:\x08\x02".to_vec(), Language::Go),
        (|w| w.exports = vec!["_kDartVmSnapshotInstructions"], Language::Dart),
        (|w| w.exports = vec!["il2cpp_init"], Language::Il2cpp),
        (|w| w.exports = vec!["mono_aot_file_info"], Language::DotNet),
        (|w| w.load_flags = 4, Language::Data),
    ];
    for (change, language) in rows {
        assert_eq!(Writer::aarch64().with(change).read().language, *language);
    }
}

#[test]
fn pages_of_16_kib() {
    for (align, bits64, stored_at, fits) in [
        (0x4000, true, None, true),
        (0x4000, true, Some(0x8000), true),
        (0x4000, true, Some(0x1000), false),
        (0x10000, true, Some(0), true),
        (0x1000, true, None, false),
        (0x1000, false, Some(0x1000), true),
    ] {
        let library = Writer::aarch64().with(|w| (w.align, w.wide) = (align, bits64)).read();
        assert_eq!(library.page_alignment, align);
        assert_eq!(library.fits_16k_pages(stored_at), fits, "{align} {bits64} {stored_at:?}");
    }
}

fn rich() -> Writer {
    Writer::aarch64().with(|w| {
        w.texts = vec![(1, "libc.so"), (14, "libfoo.so"), (29, "/data/local")];
        w.imports = vec!["strcpy", "__stack_chk_fail", "__strcpy_chk"];
        w.exports = vec!["JNI_OnLoad", "Java_a_b_c"];
        w.code = stack_code();
        w.data = b"https://api.example.com/v1\0short\0".to_vec();
        w.build_id = Some(vec![1; 20]);
        w.sections = vec![(".symtab", 2), (".debug_info", 1)];
    })
}

#[test]
fn truncated_at_every_byte() {
    for writer in [rich(), rich().with(|w| w.wide = false), rich().with(|w| w.little = false)] {
        let whole = writer.build();
        for length in 0..whole.len() {
            let (library, issues) = Library::read(&whole[..length]);
            assert_eq!(library.is_some(), length >= if writer.wide { 64 } else { 52 });
            assert!(!issues.is_empty(), "cut to {length} of {} without a word", whole.len());
            let _ = printable(&whole[..length], 8).count();
        }
    }
}

#[test]
fn every_byte_changed() {
    let whole = rich().build();
    for at in 0..whole.len() {
        for value in [0, 0x7f, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            let (library, _) = Library::read(&changed);
            assert_eq!(
                library.is_some(),
                changed.starts_with(b"\x7fELF")
                    && matches!((changed[4], changed[5]), (1 | 2, 1 | 2))
            );
            let _ = printable(&changed, 8).count();
        }
    }
}

#[test]
fn claims_cost_nothing() {
    // A hash table that claims four thousand million symbols, in a file of a kilobyte.
    let writer = rich();
    let mut bytes = writer.build();
    let (_, clean) = Library::read(&bytes);
    assert!(clean.is_empty());
    let count = (writer.imports.len() + writer.exports.len() + 1) as u32;
    let at = bytes.windows(8).position(|w| w[..4] == [0; 4] && w[4..] == count.to_le_bytes());
    let at = at.unwrap() + 4;
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    let (library, issues) = Library::read(&bytes);
    let codes: Vec<_> = issues.iter().map(|issue| issue.kind.code).collect();
    assert_eq!(codes, ["elf/limit", "elf/bad-symbols"]);
    assert_eq!(library.unwrap().jni_methods, ["JNI_OnLoad", "Java_a_b_c"]);
}

#[test]
fn not_elf() {
    for (bytes, code) in [
        (&b""[..], "elf/not-elf"),
        (b"PK\x03\x04", "elf/not-elf"),
        (b"\x7fELF", "elf/bad-header"),
        (b"\x7fELF\x03\x01\x01\0\0\0\0\0\0\0\0\0", "elf/bad-header"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "elf/bad-header"),
    ] {
        let (library, issues) = Library::read(bytes);
        assert!(library.is_none());
        assert_eq!(issues[0].kind.code, code);
    }
}

#[test]
fn strings_of_a_library() {
    let bytes = rich().build();
    let texts: Vec<_> = printable(&bytes, 8).map(|(_, text)| text).collect();
    assert!(texts.contains(&"https://api.example.com/v1"), "{texts:?}");
    assert!(!texts.contains(&"short"));
    for (offset, text) in printable(&bytes, 4) {
        assert_eq!(&bytes[offset..offset + text.len()], text.as_bytes());
    }
    let raw: Vec<_> = printable(b"\0\x01one-two\0three-four\xff\xff", 8).collect();
    assert_eq!(raw, [(10, "three-four")]);
    let long = vec![b'a'; crate::PRINTABLE_BYTES_MAX + 9];
    let pieces: Vec<_> = printable(&long, 8).map(|(at, text)| (at, text.len())).collect();
    assert_eq!(pieces, [(0, crate::PRINTABLE_BYTES_MAX), (crate::PRINTABLE_BYTES_MAX, 9)]);
}
