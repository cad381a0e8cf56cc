//! The protobuf wire format, reading only: fields of a message in order, nothing copied.
//! Source: "Encoding" in the protocol buffers documentation. Groups are not read.

/// A message: its bytes without a length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Message<'a>(pub(super) &'a [u8]);

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
    Fixed64(u64),
}

/// Iterator over the fields of a message. Ends early at a fault.
#[derive(Debug, Clone)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    broken: bool,
}

impl<'a> Message<'a> {
    pub(super) fn fields(self) -> Fields<'a> {
        Fields { rest: self.0, broken: false }
    }

    /// The last field with this number, which is the one that counts.
    fn last(self, number: u32) -> Option<Wire<'a>> {
        self.fields().filter(|(known, _)| *known == number).last().map(|(_, wire)| wire)
    }

    pub(super) fn has(self, number: u32) -> bool {
        self.last(number).is_some()
    }

    pub(super) fn message(self, number: u32) -> Option<Message<'a>> {
        match self.last(number)? {
            Wire::Bytes(bytes) => Some(Message(bytes)),
            _ => None,
        }
    }

    /// All messages with this number, in order.
    pub(super) fn messages(self, number: u32) -> impl Iterator<Item = Message<'a>> {
        self.fields().filter_map(move |(known, wire)| match wire {
            Wire::Bytes(bytes) if known == number => Some(Message(bytes)),
            _ => None,
        })
    }

    /// Text; empty if it is not there or not UTF-8.
    pub(super) fn str(self, number: u32) -> &'a str {
        match self.last(number) {
            Some(Wire::Bytes(bytes)) => std::str::from_utf8(bytes).unwrap_or_default(),
            _ => "",
        }
    }

    /// A 32-bit number or an enum; 0 if it is not there. Negative ones are sent as 64 bits.
    pub(super) fn u32(self, number: u32) -> u32 {
        self.last(number).map_or(0, Wire::u32)
    }

    /// Whether the fields can be read to the end.
    pub(super) fn is_whole(self) -> bool {
        let mut fields = self.fields();
        fields.by_ref().for_each(drop);
        !fields.broken
    }
}

impl Wire<'_> {
    pub(super) fn u32(self) -> u32 {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => {
                u32::try_from(value & 0xffff_ffff).unwrap_or(0)
            }
            Self::Fixed32(value) => value,
            Self::Bytes(_) => 0,
        }
    }
}

impl<'a> Fields<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0u64;
        for shift in (0..70u32).step_by(7) {
            let byte = *self.take(1)?.first()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn field(&mut self) -> Option<(u32, Wire<'a>)> {
        let tag = u32::try_from(self.varint()?).ok()?;
        let number = tag >> 3;
        if number == 0 {
            return None;
        }
        let wire = match tag & 7 {
            0 => Wire::Varint(self.varint()?),
            1 => Wire::Fixed64(self.take(8)?.try_into().ok().map(u64::from_le_bytes)?),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Fixed32(self.take(4)?.try_into().ok().map(u32::from_le_bytes)?),
            _ => return None,
        };
        Some((number, wire))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u32, Wire<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.broken {
            return None;
        }
        let field = self.field();
        self.broken = field.is_none();
        field
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_kind() {
        let bytes = [
            &[0x08, 0x96, 0x01][..],
            &[0x12, 0x02, b'h', b'i'],
            &[0x1d, 1, 0, 0, 0],
            &[0x21, 2, 0, 0, 0, 0, 0, 0, 0],
            &[0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ]
        .concat();
        let message = Message(&bytes);
        assert_eq!(message.u32(1), 150);
        assert_eq!(message.str(2), "hi");
        assert_eq!((message.u32(3), message.u32(4), message.u32(5)), (1, 2, u32::MAX));
        assert_eq!((message.u32(9), message.str(9)), (0, ""));
        assert!(message.is_whole());
        for (broken, read) in [
            (&[0x08][..], 0),
            (&[0x08, 0x80], 0),
            (&[0x12, 0x05, b'x'], 0),
            (&[0x0b], 0),
            (&[0x00, 0x01], 0),
            (&[0x08, 0x01, 0x1d, 0], 1),
            (&[0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01], 0),
        ] {
            assert_eq!(Message(broken).fields().count(), read, "{broken:x?}");
            assert!(!Message(broken).is_whole(), "{broken:x?}");
        }
    }
}
