//! Printable text in a native library, for the scanners of endpoints and secrets.

use crate::elf::{Elf, PF_W, PF_X};

/// A run longer than this comes in pieces, so that no scanner sees a text of the file's size.
pub const PRINTABLE_BYTES_MAX: usize = 64 * 1024;

/// Runs of printable ASCII, with tabs and line ends, in the parts of a file that can hold data.
/// An item is the offset in the file and the text.
#[derive(Debug)]
pub struct Printable<'a> {
    data: &'a [u8],
    /// Offset and end of the parts that are still to be walked, last first.
    parts: Vec<(usize, usize)>,
    least: usize,
}

/// All runs of at least `least` characters. In an ELF file, executable segments are left out when
/// there is a read-only one for constants; other bytes are walked whole.
pub fn printable(data: &[u8], least: usize) -> Printable<'_> {
    let mut parts = elf_parts(data).unwrap_or_else(|| vec![(0, data.len())]);
    parts.reverse();
    Printable { data, parts, least: least.max(1) }
}

/// The parts that hold data, in order, without overlap.
fn elf_parts(data: &[u8]) -> Option<Vec<(usize, usize)>> {
    let elf = Elf::read(data, &mut Vec::new())?;
    let constants_apart = elf.loads().any(|segment| segment.flags & (PF_X | PF_W) == 0);
    let parts = elf.ranges(|segment| !constants_apart || segment.flags & PF_X == 0);
    (!parts.is_empty()).then_some(parts)
}

impl<'a> Iterator for Printable<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((start, end)) = self.parts.pop() {
            let rest = self.data.get(start..end).unwrap_or_default();
            let Some(skip) = rest.iter().position(|byte| is_printable(*byte)) else { continue };
            let run = rest.get(skip..).unwrap_or_default();
            let run = run.get(..PRINTABLE_BYTES_MAX).unwrap_or(run);
            let length = run.iter().position(|byte| !is_printable(*byte)).unwrap_or(run.len());
            let at = start.saturating_add(skip);
            self.parts.push((at.saturating_add(length), end));
            if length >= self.least {
                let text = run.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok());
                if let Some(text) = text {
                    return Some((at, text));
                }
            }
        }
        None
    }
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}
