//! Reader of native libraries: what an ELF file says of its own protections, what it takes from
//! other libraries and gives to them, which methods it offers to Java, what it was written in.
//!
//! [`Library::read`] is the way in, [`printable`] walks the strings. Both work on `&[u8]` and are
//! total: the loader's view (program headers and the dynamic segment) is what counts, section
//! headers are used where they are there, because a library loads without them. Not a
//! disassembler, and not a reader of Mach-O or PE.
//!
//! Follows the System V ABI (gABI), its processor supplements, and bionic's linker for what
//! Android makes of them.
//!
//! ```
//! let (library, issues) = menshen_native::Library::read(b"PK\x03\x04");
//! assert!(library.is_none());
//! assert_eq!(issues[0].kind.code, "elf/not-elf");
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

mod bytes;
mod code;
mod elf;
mod issues;
mod language;
mod library;
mod protections;
mod strings;
mod symbols;

pub use language::Language;
pub use library::{Library, ObjectKind};
pub use protections::{PAGE_SIZE_16K_BYTES, Relro};
pub use strings::{PRINTABLE_BYTES_MAX, Printable, printable};

#[cfg(test)]
mod tests;
