//! Bounds-checked access to the numbers of an ELF file of either class and byte order.

/// The file with the two properties that decide how its numbers are read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) wide: bool,
    pub(crate) little: bool,
}

impl<'a> Bytes<'a> {
    pub(crate) fn slice(&self, offset: u64, size: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = usize::try_from(offset.checked_add(size)?).ok()?;
        self.data.get(start..end)
    }

    /// As much of the range as lies in the file.
    pub(crate) fn clipped(&self, offset: u64, size: u64) -> &'a [u8] {
        let length = self.data.len() as u64;
        let start = offset.min(length);
        let end = offset.saturating_add(size).min(length);
        self.slice(start, end.saturating_sub(start)).unwrap_or_default()
    }

    fn array<const N: usize>(&self, offset: u64) -> Option<[u8; N]> {
        self.slice(offset, N as u64)?.try_into().ok()
    }

    pub(crate) fn u16(&self, offset: u64) -> Option<u16> {
        let bytes = self.array(offset)?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(crate) fn u32(&self, offset: u64) -> Option<u32> {
        let bytes = self.array(offset)?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    pub(crate) fn u64(&self, offset: u64) -> Option<u64> {
        let bytes = self.array(offset)?;
        Some(if self.little { u64::from_le_bytes(bytes) } else { u64::from_be_bytes(bytes) })
    }

    /// A number as wide as an address of the file's class.
    pub(crate) fn word(&self, offset: u64) -> Option<u64> {
        if self.wide { self.u64(offset) } else { self.u32(offset).map(u64::from) }
    }

    /// Text up to a NUL, at most `limit` bytes, within `end`.
    pub(crate) fn text(&self, offset: u64, end: u64, limit: u64) -> Option<&'a [u8]> {
        let room = end.checked_sub(offset)?.min(limit);
        let bytes = self.clipped(offset, room);
        let length = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        bytes.get(..length)
    }
}
