//! Bounds-checked little-endian cursor. Every read returns `None` past the end.

#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(crate) fn at(bytes: &'a [u8], offset: u32) -> Option<Self> {
        let at = usize::try_from(offset).ok()?;
        (at <= bytes.len()).then_some(Self { bytes, at })
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let end = self.at.checked_add(length)?;
        let slice = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(slice)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    /// At most five bytes; bits past the 32nd are dropped.
    pub(crate) fn uleb128(&mut self) -> Option<u32> {
        let mut value = 0u32;
        for shift in [0u32, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    pub(crate) fn sleb128(&mut self) -> Option<i32> {
        let mut value = 0i64;
        for shift in [0u32, 7, 14, 21, 28] {
            let byte = self.u8()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                if byte & 0x40 != 0 {
                    value |= -1i64 << shift.checked_add(7)?;
                }
                let low = u32::try_from(value & 0xffff_ffff).ok()?;
                return Some(low.cast_signed());
            }
        }
        None
    }
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at.checked_add(2)?)?.try_into().ok().map(u16::from_le_bytes)
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?)?.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb128() {
        for (bytes, unsigned, signed) in [
            (&[0x00][..], Some(0), Some(0)),
            (&[0x7f], Some(127), Some(-1)),
            (&[0x80, 0x7f], Some(16256), Some(-128)),
            (&[0xff, 0xff, 0xff, 0xff, 0x0f], Some(u32::MAX), Some(-1)),
            (&[0x80, 0x80, 0x80, 0x80, 0x80, 0x01], None, None),
            (&[0x80], None, None),
            (&[], None, None),
        ] {
            assert_eq!(Cursor::new(bytes).uleb128(), unsigned, "{bytes:x?}");
            assert_eq!(Cursor::new(bytes).sleb128(), signed, "{bytes:x?}");
        }
    }
}
