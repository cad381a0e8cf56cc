//! Protections of a library, and when each of the answers is a true statement.

use crate::bytes::Bytes;
use crate::code::{Machine, passes_stack_address};
use crate::elf::{Elf, PF_W, PF_X, PT_GNU_RELRO, PT_GNU_STACK, PT_LOAD, tag};
use crate::language::Language;
use crate::symbols::{Symbols, symtab_names_any};
use std::cell::OnceCell;

/// The page size that devices launched with 64-bit-only Android 15 and later may have.
pub const PAGE_SIZE_16K_BYTES: u64 = 16 * 1024;

/// How much of the table of imported addresses is read-only once the library runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relro {
    None,
    /// The addresses of functions stay writable.
    Partial,
    Full,
}

impl Relro {
    /// As facts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Full => "full",
        }
    }
}

pub(crate) fn executable_stack(elf: &Elf<'_>) -> bool {
    stack_flags(elf).is_some_and(|flags| flags & PF_X != 0)
}

fn stack_flags(elf: &Elf<'_>) -> Option<u32> {
    elf.segments.iter().find(|segment| segment.kind == PT_GNU_STACK).map(|segment| segment.flags)
}

pub(crate) fn nx(elf: &Elf<'_>) -> bool {
    let both = PF_W | PF_X;
    let writable_code = elf.segments.iter().any(|s| s.kind == PT_LOAD && s.flags & both == both);
    // Without a mark, Linux makes the stack executable on 32-bit machines only (since 5.8).
    let stack = stack_flags(elf).map_or(elf.bytes.wide, |flags| flags & PF_X == 0);
    stack && !writable_code
}

pub(crate) fn relro(elf: &Elf<'_>) -> Relro {
    const DF_BIND_NOW: u64 = 8;
    const DF_1_NOW: u64 = 1;
    if !elf.segments.iter().any(|segment| segment.kind == PT_GNU_RELRO) {
        return Relro::None;
    }
    let has = |tag, bit| elf.dynamic_value(tag).is_some_and(|flags| flags & bit != 0);
    let now = elf.dynamic_value(tag::BIND_NOW).is_some()
        || has(tag::FLAGS, DF_BIND_NOW)
        || has(tag::FLAGS_1, DF_1_NOW);
    // Without lazily bound functions there is no table that would have to stay writable.
    let nothing_lazy =
        !elf.dynamic.is_empty() && elf.dynamic_value(tag::PLTRELSZ).is_none_or(|size| size == 0);
    if now || nothing_lazy { Relro::Full } else { Relro::Partial }
}

pub(crate) fn text_relocations(elf: &Elf<'_>) -> bool {
    const DF_TEXTREL: u64 = 4;
    elf.dynamic_value(tag::TEXTREL).is_some()
        || elf.dynamic_value(tag::FLAGS).is_some_and(|flags| flags & DF_TEXTREL != 0)
}

/// Whether code hands out addresses of its stack; looked for when first asked.
pub(crate) struct StackUse<'a> {
    machine: Option<Machine>,
    bytes: Bytes<'a>,
    code: &'a [&'a [u8]],
    found: OnceCell<bool>,
}

impl<'a> StackUse<'a> {
    pub(crate) fn new(machine: Option<Machine>, bytes: Bytes<'a>, code: &'a [&'a [u8]]) -> Self {
        Self { machine, bytes, code, found: OnceCell::new() }
    }

    fn found(&self) -> bool {
        *self.found.get_or_init(|| {
            self.machine.is_some_and(|machine| {
                self.code.iter().any(|part| passes_stack_address(machine, self.bytes, part))
            })
        })
    }
}

/// Whether functions check a canary before they return.
///
/// `Some(true)`: the function that is called when a canary was overwritten is imported, or is
/// named by `.symtab` where it is linked in. One guarded function is enough.
///
/// `Some(false)`: the code is C or C++, that function would have to be imported because libc is
/// a library of its own, it is not, and there is code that passes the address of a variable on
/// the stack to a call, which `-fstack-protector-strong` always guards.
///
/// `None`: nothing in it needs a canary; or its language checks bounds and emits none (Rust, Go,
/// Dart, Kotlin, Swift, .NET); or libc is linked in and the names are stripped; or the machine
/// is one whose code is not looked at.
pub(crate) fn canary(
    elf: &Elf<'_>,
    symbols: &Symbols,
    language: Language,
    stack: &StackUse<'_>,
) -> Option<bool> {
    const NAMES: [&str; 5] = [
        "__stack_chk_fail",
        "__stack_chk_guard",
        "__stack_chk_fail_local",
        "__stack_smash_handler",
        "__intel_security_cookie",
    ];
    let named = |names: &[String]| names.iter().any(|name| NAMES.contains(&name.as_str()));
    if symbols.imports_any(&NAMES)
        || named(&symbols.exports)
        || symtab_names_any(elf, &NAMES.map(str::as_bytes))
    {
        return Some(true);
    }
    let links_libc = elf.dynamic_value(tag::NEEDED).is_some() || !symbols.imports.is_empty();
    (language.has_canaries() && links_libc && stack.found()).then_some(false)
}

/// The functions that have a variant with a length check in bionic or glibc. Sorted.
/// bionic: `libc/include/bits/fortify/`; glibc: "Source Fortification".
const FORTIFIABLE: [&str; 62] = [
    "FD_CLR",
    "FD_ISSET",
    "FD_SET",
    "confstr",
    "fdelt",
    "fgets",
    "fgetws",
    "fprintf",
    "fread",
    "fwrite",
    "getcwd",
    "getdomainname",
    "getgroups",
    "gethostname",
    "gets",
    "getwd",
    "memchr",
    "memcpy",
    "memmove",
    "mempcpy",
    "memrchr",
    "memset",
    "open",
    "openat",
    "poll",
    "ppoll",
    "pread",
    "pread64",
    "printf",
    "ptsname_r",
    "pwrite",
    "pwrite64",
    "read",
    "readlink",
    "readlinkat",
    "realpath",
    "recv",
    "recvfrom",
    "send",
    "sendto",
    "snprintf",
    "sprintf",
    "stpcpy",
    "stpncpy",
    "strcat",
    "strchr",
    "strcpy",
    "strlcat",
    "strlcpy",
    "strlen",
    "strncat",
    "strncpy",
    "strrchr",
    "swprintf",
    "syslog",
    "umask",
    "vfprintf",
    "vprintf",
    "vsnprintf",
    "vsprintf",
    "wcscpy",
    "write",
];

/// Those whose plain variant, together with buffers on the stack, says that no check was asked
/// for: they write without being told a length. The others are called plainly even with checks
/// on where the compiler sees that the length fits: `snprintf(line, sizeof line, ...)`.
const TELLING: [&str; 7] = ["gets", "sprintf", "stpcpy", "strcat", "strcpy", "strncat", "vsprintf"];

/// Imports with and without a length check.
pub(crate) fn fortification(symbols: &Symbols) -> (Vec<String>, Vec<String>) {
    let mut checked = Vec::new();
    let mut plain = Vec::new();
    for name in &symbols.imports {
        let inner = name.strip_prefix("__").and_then(|rest| rest.strip_suffix("_chk"));
        if inner.is_some_and(|inner| FORTIFIABLE.contains(&inner)) || name == "__open_2" {
            checked.push(name.clone());
        } else if FORTIFIABLE.binary_search(&name.as_str()).is_ok() {
            plain.push(name.clone());
        }
    }
    checked.sort_unstable();
    plain.sort_unstable();
    (checked, plain)
}

/// Whether calls of libc check lengths. `Some(false)` only for C or C++ that keeps buffers on the
/// stack and imports functions that would then be replaced; a compiler leaves a plain call where
/// it can prove it right, so this is likely and not certain.
pub(crate) fn fortify(
    fortified: &[String],
    unfortified: &[String],
    language: Language,
    stack: &StackUse<'_>,
) -> Option<bool> {
    if !fortified.is_empty() {
        return Some(true);
    }
    let telling = unfortified.iter().any(|name| TELLING.contains(&name.as_str()));
    (telling && language.has_canaries() && stack.found()).then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_searched() {
        assert!(FORTIFIABLE.is_sorted());
        assert!(TELLING.iter().all(|name| FORTIFIABLE.contains(name)));
    }
}
