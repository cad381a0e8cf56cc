//! What a library was written in, by the marks that its tool chain leaves.

use crate::elf::{Elf, PF_X};
use crate::symbols::Symbols;

/// Language or runtime. Where several meet in one library, the one that owns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    C,
    Cpp,
    Rust,
    Go,
    /// Dart compiled ahead of time: a Flutter app's own code.
    Dart,
    /// C# translated to C++ by Unity.
    Il2cpp,
    /// C# compiled ahead of time by Mono or .NET.
    DotNet,
    /// Kotlin/Native.
    Kotlin,
    Swift,
    /// No code.
    Data,
}

impl Language {
    /// As facts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Cpp => "c++",
            Self::Rust => "rust",
            Self::Go => "go",
            Self::Dart => "dart",
            Self::Il2cpp => "il2cpp",
            Self::DotNet => "dotnet",
            Self::Kotlin => "kotlin",
            Self::Swift => "swift",
            Self::Data => "data",
        }
    }

    /// Whether its compilers guard the stack with canaries and libc calls with lengths.
    pub(crate) fn has_canaries(self) -> bool {
        matches!(self, Self::C | Self::Cpp | Self::Il2cpp)
    }
}

/// Exports that only one tool chain writes.
const EXPORTS: [(&str, Language); 12] = [
    ("_kDartVmSnapshotInstructions", Language::Dart),
    ("_kDartIsolateSnapshotInstructions", Language::Dart),
    ("_kDartSnapshotBuildId", Language::Dart),
    ("il2cpp_init", Language::Il2cpp),
    ("il2cpp_domain_get", Language::Il2cpp),
    ("mono_aot_file_info", Language::DotNet),
    ("DotNetRuntimeDebugHeader", Language::DotNet),
    ("Kotlin_initRuntimeIfNeeded", Language::Kotlin),
    ("rust_eh_personality", Language::Rust),
    ("rust_begin_unwind", Language::Rust),
    ("_cgo_panic", Language::Go),
    ("crosscall2", Language::Go),
];

pub(crate) fn of(elf: &Elf<'_>, symbols: &Symbols, needed: &[String]) -> Language {
    for (name, language) in EXPORTS {
        if symbols.exports.iter().any(|export| export == name) {
            return language;
        }
    }
    if elf.loads().all(|segment| segment.flags & PF_X == 0) {
        return Language::Data;
    }
    let section = |name: &[u8]| elf.section_named(name).is_some();
    if section(b".gopclntab") || section(b".go.buildinfo") || holds(elf, b"\xff Go buildinf:") {
        return Language::Go;
    }
    // Paths of the standard library stand in panic messages; they survive stripping.
    if holds(elf, b"/rustc/") || holds(elf, b"library/std/src/") || holds(elf, b"library/core/src/")
    {
        return Language::Rust;
    }
    if symbols.imports.iter().any(|name| name.starts_with("swift_")) {
        return Language::Swift;
    }
    let cpp_library = |name: &String| {
        [
            "libc++_shared.so",
            "libc++.so",
            "libstdc++.so.6",
            "libgnustl_shared.so",
            "libstlport_shared.so",
        ]
        .contains(&name.as_str())
    };
    let cpp_name = |name: &String| {
        name.starts_with("_Z") || name == "__gxx_personality_v0" || name.starts_with("__cxa_throw")
    };
    let names = || symbols.imports.iter().chain(&symbols.exports);
    if needed.iter().any(cpp_library) || names().any(cpp_name) {
        return Language::Cpp;
    }
    Language::C
}

/// Whether a loadable segment holds the bytes.
fn holds(elf: &Elf<'_>, needle: &[u8]) -> bool {
    let finder = memchr::memmem::Finder::new(needle);
    elf.ranges(|_| true)
        .into_iter()
        .filter_map(|(start, end)| elf.bytes.data.get(start..end))
        .any(|part| finder.find(part).is_some())
}
