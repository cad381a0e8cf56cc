//! Chunks (`ResChunk_header`), the common frame of binary XML and resource tables.

use crate::dex::reader::{u16_at, u32_at};

/// Bytes of a plain chunk header: type, header size, size.
pub(crate) const CHUNK_HEADER: usize = 8;

/// A chunk that has passed Android's checks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chunk<'a> {
    pub(crate) kind: u16,
    /// Bytes from the start of the file.
    pub(crate) at: usize,
    pub(crate) header_size: usize,
    pub(crate) bytes: &'a [u8],
}

impl<'a> Chunk<'a> {
    /// `validate_chunk` of AOSP: header at least `header_min`, within the chunk, all a multiple
    /// of four, the chunk within `document`.
    pub(crate) fn read(document: &'a [u8], at: usize, header_min: usize) -> Result<Self, String> {
        let rest = document.get(at..).unwrap_or_default();
        let (Some(kind), Some(header_size), Some(size)) =
            (u16_at(rest, 0), u16_at(rest, 2).map(usize::from), u32_at(rest, 4))
        else {
            return Err("no room for a chunk header".to_owned());
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let fault = if header_size < header_min {
            "header too small"
        } else if header_size > size {
            "chunk smaller than its header"
        } else if (header_size | size) & 3 != 0 {
            "size is not a multiple of four"
        } else if size > rest.len() {
            "chunk runs over the end"
        } else {
            let bytes = rest.get(..size).unwrap_or_default();
            return Ok(Self { kind, at, header_size, bytes });
        };
        Err(format!("{fault}: type 0x{kind:04x}, header {header_size}, size {size}"))
    }

    pub(crate) fn body(&self) -> &'a [u8] {
        self.bytes.get(self.header_size..).unwrap_or_default()
    }

    /// Where the next chunk starts. Chunks are at least 8 bytes, so this moves on.
    pub(crate) fn end(&self) -> usize {
        self.at.saturating_add(self.bytes.len())
    }

    pub(crate) fn u8(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    /// A u32 field as a size, 0 if it is not there.
    pub(crate) fn size(&self, at: usize) -> usize {
        u32_at(self.bytes, at).and_then(|value| usize::try_from(value).ok()).unwrap_or(0)
    }
}
