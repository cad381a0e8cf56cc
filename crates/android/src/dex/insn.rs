//! Instructions: the fast scan over opcodes and the full decoding of operands.
//! Specification: "Dalvik executable instruction formats".

use super::opcode::{Format, Opcode, WIDTHS};

/// One decoded instruction. Operands that the format lacks are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Insn {
    /// In 16-bit code units from the start of the method.
    pub pc: u32,
    pub op: Opcode,
    pub a: u32,
    pub b: u32,
    pub c: u32,
    /// Literal operand, sign-extended; `high16` forms shifted into place.
    pub literal: i64,
    /// Index into the table that [`Opcode::info`] names.
    pub index: u32,
    /// Prototype of the polymorphic forms.
    pub index2: u32,
    /// Branch target or payload, absolute, in code units.
    pub target: u32,
    args: Args,
}

/// Argument registers of an invoke or a filled-new-array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Args {
    List { count: u8, registers: [u8; 5] },
    Range { first: u16, count: u16 },
}

impl Insn {
    /// Argument registers, in order.
    pub fn args(&self) -> impl Iterator<Item = u32> + '_ {
        let (list, first, count) = match self.args {
            Args::List { count, registers } => (Some(registers), 0u32, u32::from(count)),
            Args::Range { first, count } => (None, u32::from(first), u32::from(count)),
        };
        (0..count).map(move |at| match list {
            Some(registers) => u32::from(
                usize::try_from(at).ok().and_then(|at| registers.get(at)).copied().unwrap_or(0),
            ),
            None => first.saturating_add(at),
        })
    }
}

/// A switch or array-data pseudo-instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload<'a> {
    /// (key, absolute target in code units)
    Switch(Vec<(i32, u32)>),
    Array {
        element_width: u16,
        data: &'a [u8],
    },
}

/// Most cases of a switch that are read.
const SWITCH_CASES_MAX: usize = 65_536;

/// The code units of a method.
#[derive(Debug, Clone, Copy)]
pub struct Units<'a>(pub(crate) &'a [u8]);

impl<'a> Units<'a> {
    pub fn count(self) -> u32 {
        u32::try_from(self.0.len() / 2).unwrap_or(u32::MAX)
    }

    #[inline]
    pub fn unit(self, at: u32) -> Option<u16> {
        let at = usize::try_from(at).ok()?.checked_mul(2)?;
        let pair = self.0.get(at..at.checked_add(2)?)?;
        pair.try_into().ok().map(u16::from_le_bytes)
    }

    fn pair(self, at: u32) -> Option<u32> {
        let low = u32::from(self.unit(at)?);
        let high = u32::from(self.unit(at.checked_add(1)?)?);
        Some(low | (high << 16))
    }

    /// Walks the instructions without decoding them. Calls `see(pc, opcode, second unit)`, the
    /// second unit being the index of most forms; payloads are stepped over. Stops at an
    /// instruction that runs over the end. Returns the number of instructions.
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "a byte indexes 256 rows")]
    pub fn scan(self, mut see: impl FnMut(u32, Opcode, u16)) -> u32 {
        let mut at = 0usize;
        let mut seen = 0u32;
        while let Some([op, high, behind @ ..]) = self.0.get(at..) {
            let pc = u32::try_from(at / 2).unwrap_or(u32::MAX);
            let width = if *op == 0 && *high != 0 {
                match self.payload_width(pc, *high) {
                    Some(width) => width,
                    None => break,
                }
            } else {
                let second = match behind {
                    [low, high, ..] => u16::from_le_bytes([*low, *high]),
                    _ => 0,
                };
                see(pc, Opcode(*op), second);
                seen = seen.saturating_add(1);
                usize::from(WIDTHS[usize::from(*op)])
            };
            at = at.saturating_add(width.saturating_mul(2));
        }
        seen
    }

    /// Width in units of the payload at `pc`; at least 1.
    fn payload_width(self, pc: u32, kind: u8) -> Option<usize> {
        let units = match kind {
            1 => u64::from(self.unit(pc.checked_add(1)?)?).checked_mul(2)?.checked_add(4)?,
            2 => u64::from(self.unit(pc.checked_add(1)?)?).checked_mul(4)?.checked_add(2)?,
            3 => {
                let element = u64::from(self.unit(pc.checked_add(1)?)?);
                let size = u64::from(self.pair(pc.checked_add(2)?)?);
                element.checked_mul(size)?.checked_add(1)?.checked_div(2)?.checked_add(4)?
            }
            _ => 1,
        };
        usize::try_from(units).ok()
    }

    /// The instructions in address order, payloads left out.
    pub fn instructions(self) -> impl Iterator<Item = Insn> + 'a {
        let mut pc = 0u32;
        std::iter::from_fn(move || {
            loop {
                let first = self.unit(pc)?;
                let [op, high] = first.to_le_bytes();
                if op == 0 && high != 0 {
                    let width = u32::try_from(self.payload_width(pc, high)?).ok()?;
                    pc = pc.checked_add(width)?;
                    continue;
                }
                let insn = self.decode(pc)?;
                pc = pc.checked_add(insn.op.width())?;
                return Some(insn);
            }
        })
    }

    /// Decodes the instruction at `pc`; `None` when it runs over the end.
    pub fn decode(self, pc: u32) -> Option<Insn> {
        let first = self.unit(pc)?;
        let [opcode, high] = first.to_le_bytes();
        let op = Opcode(opcode);
        let unit = |n: u32| self.unit(pc.checked_add(n)?);
        let pair = |n: u32| self.pair(pc.checked_add(n)?);
        let nibble_a = u32::from(high & 0x0f);
        let nibble_b = u32::from(high >> 4);
        let byte_a = u32::from(high);
        let mut insn = Insn {
            pc,
            op,
            a: 0,
            b: 0,
            c: 0,
            literal: 0,
            index: 0,
            index2: 0,
            target: 0,
            args: Args::List { count: 0, registers: [0; 5] },
        };
        let target =
            |offset: i64| u32::try_from(i64::from(pc).saturating_add(offset)).unwrap_or(u32::MAX);
        match op.info().format {
            Format::F10x => {}
            Format::F12x => (insn.a, insn.b) = (nibble_a, nibble_b),
            Format::F11n => {
                insn.a = nibble_a;
                insn.literal = i64::from(high.cast_signed() >> 4);
            }
            Format::F11x => insn.a = byte_a,
            Format::F10t => insn.target = target(i64::from(high.cast_signed())),
            Format::F20t => insn.target = target(i64::from(unit(1)?.cast_signed())),
            Format::F30t => insn.target = target(i64::from(pair(1)?.cast_signed())),
            Format::F22x => (insn.a, insn.b) = (byte_a, u32::from(unit(1)?)),
            Format::F21t => {
                insn.a = byte_a;
                insn.target = target(i64::from(unit(1)?.cast_signed()));
            }
            Format::F21s => (insn.a, insn.literal) = (byte_a, i64::from(unit(1)?.cast_signed())),
            Format::F21h => {
                let value = i64::from(unit(1)?.cast_signed());
                // const/high16 and const-wide/high16.
                insn.literal = value << if opcode == 0x19 { 48 } else { 16 };
                insn.a = byte_a;
            }
            Format::F21c => (insn.a, insn.index) = (byte_a, u32::from(unit(1)?)),
            Format::F23x => {
                let [b, c] = unit(1)?.to_le_bytes();
                (insn.a, insn.b, insn.c) = (byte_a, u32::from(b), u32::from(c));
            }
            Format::F22b => {
                let [b, c] = unit(1)?.to_le_bytes();
                (insn.a, insn.b) = (byte_a, u32::from(b));
                insn.literal = i64::from(c.cast_signed());
            }
            Format::F22t => {
                (insn.a, insn.b) = (nibble_a, nibble_b);
                insn.target = target(i64::from(unit(1)?.cast_signed()));
            }
            Format::F22s => {
                (insn.a, insn.b) = (nibble_a, nibble_b);
                insn.literal = i64::from(unit(1)?.cast_signed());
            }
            Format::F22c => {
                (insn.a, insn.b, insn.index) = (nibble_a, nibble_b, u32::from(unit(1)?));
            }
            Format::F32x => (insn.a, insn.b) = (u32::from(unit(1)?), u32::from(unit(2)?)),
            Format::F31i => (insn.a, insn.literal) = (byte_a, i64::from(pair(1)?.cast_signed())),
            Format::F31t => {
                insn.a = byte_a;
                insn.target = target(i64::from(pair(1)?.cast_signed()));
            }
            Format::F31c => (insn.a, insn.index) = (byte_a, pair(1)?),
            Format::F35c | Format::F45cc => {
                insn.index = u32::from(unit(1)?);
                let [second, third] = unit(2)?.to_le_bytes();
                insn.args = Args::List {
                    count: (high >> 4).min(5),
                    registers: [second & 0x0f, second >> 4, third & 0x0f, third >> 4, high & 0x0f],
                };
                if op.info().format == Format::F45cc {
                    insn.index2 = u32::from(unit(3)?);
                }
            }
            Format::F3rc | Format::F4rcc => {
                insn.index = u32::from(unit(1)?);
                insn.args = Args::Range { first: unit(2)?, count: u16::from(high) };
                if op.info().format == Format::F4rcc {
                    insn.index2 = u32::from(unit(3)?);
                }
            }
            Format::F51l => {
                let value = u64::from(pair(1)?) | (u64::from(pair(3)?) << 32);
                (insn.a, insn.literal) = (byte_a, value.cast_signed());
            }
        }
        Some(insn)
    }

    /// The payload that the switch or fill-array-data at `pc` refers to.
    pub fn payload(self, insn: &Insn) -> Option<Payload<'a>> {
        let at = insn.target;
        let unit = |n: u32| self.unit(at.checked_add(n)?);
        let pair = |n: u32| self.pair(at.checked_add(n)?);
        let target = |offset: u32| insn.pc.wrapping_add(offset);
        match unit(0)? {
            0x0100 => {
                let first = pair(2)?.cast_signed();
                let count = usize::from(unit(1)?).min(SWITCH_CASES_MAX);
                let cases = (0..u32::try_from(count).ok()?).map_while(|n| {
                    let offset = pair(n.checked_mul(2)?.checked_add(4)?)?;
                    Some((first.wrapping_add(n.cast_signed()), target(offset)))
                });
                Some(Payload::Switch(cases.collect()))
            }
            0x0200 => {
                let count = u32::from(unit(1)?);
                let cases = (0..count).map_while(|n| {
                    let key_at = n.checked_mul(2)?.checked_add(2)?;
                    let key = pair(key_at)?.cast_signed();
                    let offset = pair(key_at.checked_add(count.checked_mul(2)?)?)?;
                    Some((key, target(offset)))
                });
                Some(Payload::Switch(cases.collect()))
            }
            0x0300 => {
                let element_width = unit(1)?;
                let length = u64::from(element_width).checked_mul(u64::from(pair(2)?))?;
                let start = usize::try_from(at.checked_add(4)?).ok()?.checked_mul(2)?;
                let end = start.checked_add(usize::try_from(length).ok()?)?;
                Some(Payload::Array { element_width, data: self.0.get(start..end)? })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(words: &[u16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn operands() {
        // (units, pc, expected text)
        let rows: &[(&[u16], &str)] = &[
            (&[0x1012], "const/4 a=0 lit=1"),
            (&[0xf012], "const/4 a=0 lit=-1"),
            (&[0x0113, 0x8000], "const/16 a=1 lit=-32768"),
            (&[0x0215, 0x7f00], "const/high16 a=2 lit=2130706432"),
            (&[0x0019, 0x8000], "const-wide/high16 a=0 lit=-9223372036854775808"),
            (&[0x031a, 0x0007], "const-string a=3 idx=7"),
            (&[0x206e, 0x0005, 0x0021], "invoke-virtual idx=5 args=[1, 2]"),
            (&[0x5371, 0x0005, 0x4321], "invoke-static idx=5 args=[1, 2, 3, 4, 3]"),
            (&[0x0374, 0x0005, 0x0010], "invoke-virtual/range idx=5 args=[16, 17, 18]"),
            (&[0x2132, 0x0004], "if-eq a=1 b=2 target=4"),
            (&[0xff28], "goto target=4294967295"),
            (&[0x0190, 0x0302], "add-int a=1 b=2 c=3"),
            (&[0x01d8, 0xff02], "add-int/lit8 a=1 b=2 lit=-1"),
            (&[0x10fa, 0x0005, 0x0001, 0x0009], "invoke-polymorphic idx=5 idx2=9 args=[1]"),
        ];
        for (words, expected) in rows {
            let bytes = units(words);
            let insn = Units(&bytes).decode(0).unwrap();
            let mut text = insn.op.name().to_owned();
            let info = insn.op.info();
            use Format::*;
            if !matches!(info.format, F10t | F20t | F30t | F35c | F3rc | F45cc | F4rcc) {
                text += &format!(" a={}", insn.a);
            }
            if matches!(info.format, F12x | F22t | F22b | F22s | F23x | F22c | F22x | F32x) {
                text += &format!(" b={}", insn.b);
            }
            if info.format == F23x {
                text += &format!(" c={}", insn.c);
            }
            if matches!(info.format, F11n | F21s | F21h | F22b | F22s | F31i | F51l) {
                text += &format!(" lit={}", insn.literal);
            }
            if info.index != super::super::opcode::IndexKind::None {
                text += &format!(" idx={}", insn.index);
            }
            if matches!(info.format, F45cc | F4rcc) {
                text += &format!(" idx2={}", insn.index2);
            }
            if matches!(info.format, F35c | F3rc | F45cc | F4rcc) {
                text += &format!(" args={:?}", insn.args().collect::<Vec<_>>());
            }
            if matches!(info.format, F10t | F20t | F30t | F21t | F22t) {
                text += &format!(" target={}", insn.target);
            }
            assert_eq!(&text, expected);
            for cut in 0..bytes.len() {
                assert!(Units(&bytes[..cut]).decode(0).is_none(), "{expected} cut at {cut}");
            }
        }
    }

    #[test]
    fn scan_steps_over_payloads_and_stops_at_the_end() {
        // nop; packed-switch payload of one case (6 units); return-void.
        let bytes = units(&[0x0000, 0x0100, 1, 0, 0, 2, 0, 0x000e]);
        let mut seen = Vec::new();
        assert_eq!(Units(&bytes).scan(|pc, op, _| seen.push((pc, op.0))), 2);
        assert_eq!(seen, [(0, 0x00), (7, 0x0e)]);
        let pcs: Vec<u32> = Units(&bytes).instructions().map(|insn| insn.pc).collect();
        assert_eq!(pcs, [0, 7]);
        // An array payload that claims four thousand million elements ends the walk.
        let bytes = units(&[0x0300, 4, 0xffff, 0xffff, 0x000e]);
        assert_eq!(Units(&bytes).scan(|_, _, _| {}), 0);
    }
}
