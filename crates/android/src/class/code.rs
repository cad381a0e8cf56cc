//! Code attributes: instructions, exception table, line numbers.
//! Specification: "The Java Virtual Machine Specification", sections 4.7.3, 4.7.12 and 6.5.

use super::opcode::{Opcode, Operands};
use super::pool::{ConstantPool, PoolIndex};
use super::reader::{Reader, u16_at, u32_at};
use super::{Attributes, attribute};

/// Most cases of one switch that are read. The code itself is at most 65535 bytes in valid
/// files; a longer array in a hostile one does not raise this.
const SWITCH_CASES_MAX: usize = 65_536;

/// The code of one method.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    pub max_stack: u16,
    pub max_locals: u16,
    pub bytes: &'a [u8],
    handlers: &'a [u8],
    attributes: Attributes<'a>,
}

/// One row of the exception table; addresses in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExceptionHandler {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    /// `None` catches all.
    pub class: Option<PoolIndex>,
}

/// One decoded instruction. Operands that the form lacks are zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Insn {
    /// In bytes from the start of the code; that of the `wide` prefix where there is one.
    pub pc: u32,
    pub op: Opcode,
    /// Local variable, pool index or primitive type code.
    pub index: u16,
    /// Literal of `bipush` and `sipush`, increment of `iinc`, dimensions of `multianewarray`.
    pub literal: i32,
    /// Branch target; the default of a switch. Absolute, in bytes.
    pub target: u32,
    /// In bytes, with prefix and padding.
    pub length: u32,
}

impl<'a> Code<'a> {
    pub(super) fn read(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(data);
        let max_stack = reader.u16()?;
        let max_locals = reader.u16()?;
        let length = reader.u32()?;
        let bytes = reader.take_u32(length)?;
        let rows = reader.u16()?;
        let handlers = reader.take(usize::from(rows).checked_mul(8)?)?;
        let attributes = Attributes::read(&mut reader)?;
        Some(Self { max_stack, max_locals, bytes, handlers, attributes })
    }

    /// The exception table, in order: the first row that fits catches.
    pub fn handlers(&self) -> impl Iterator<Item = ExceptionHandler> + 'a {
        self.handlers.chunks_exact(8).filter_map(|row| {
            Some(ExceptionHandler {
                start: u16_at(row, 0)?.into(),
                end: u16_at(row, 2)?.into(),
                target: u16_at(row, 4)?.into(),
                class: Some(u16_at(row, 6)?).filter(|class| *class != 0),
            })
        })
    }

    /// (address, source line), sorted by address; empty without debug information.
    pub fn lines(&self, pool: &ConstantPool<'_>) -> Vec<(u32, u32)> {
        let mut table = Vec::new();
        for found in self.attributes.iter() {
            if pool.utf8(found.name).is_some_and(|name| name.bytes() == b"LineNumberTable") {
                let rows = found.data.get(2..).unwrap_or_default().chunks_exact(4);
                table.extend(rows.filter_map(|row| {
                    Some((u32::from(u16_at(row, 0)?), u32::from(u16_at(row, 2)?)))
                }));
            }
        }
        table.sort_by_key(|(pc, _)| *pc);
        table
    }

    /// The source line of the instruction at `pc`.
    pub fn line_of(&self, pool: &ConstantPool<'_>, pc: u32) -> Option<u32> {
        let table = self.lines(pool);
        let after = table.partition_point(|(address, _)| *address <= pc);
        table.get(after.checked_sub(1)?).map(|(_, line)| *line)
    }

    /// Data of an attribute of the code, such as `LocalVariableTable`.
    pub fn attribute(&self, pool: &ConstantPool<'_>, name: &str) -> Option<&'a [u8]> {
        attribute(&self.attributes, pool, name)
    }

    /// The instructions in address order. Stops at one that runs over the end or is not defined.
    pub fn instructions(&self) -> impl Iterator<Item = Insn> + 'a {
        let code = *self;
        let mut pc = 0u32;
        std::iter::from_fn(move || {
            let insn = code.decode(pc)?;
            pc = pc.checked_add(insn.length)?;
            Some(insn)
        })
    }

    /// Decodes the instruction at `pc`.
    pub fn decode(&self, pc: u32) -> Option<Insn> {
        let start = usize::try_from(pc).ok()?;
        let mut reader = Reader::new(self.bytes.get(start..)?);
        let mut op = Opcode(reader.u8()?);
        let wide = op.operands() == Operands::Wide;
        if wide {
            op = Opcode(reader.u8()?);
            if !matches!(op.operands(), Operands::Local | Operands::Increment) {
                return None;
            }
        }
        let mut insn = Insn { pc, op, index: 0, literal: 0, target: 0, length: 0 };
        let target = |offset: i32| pc.checked_add_signed(offset).unwrap_or(u32::MAX);
        match op.operands() {
            Operands::None => {}
            Operands::Byte => insn.literal = i32::from(reader.u8()?.cast_signed()),
            Operands::Short => insn.literal = i32::from(reader.u16()?.cast_signed()),
            Operands::Local if wide => insn.index = reader.u16()?,
            Operands::Local | Operands::Pool8 | Operands::ArrayType => {
                insn.index = u16::from(reader.u8()?);
            }
            Operands::Pool16 => insn.index = reader.u16()?,
            Operands::Increment if wide => {
                insn.index = reader.u16()?;
                insn.literal = i32::from(reader.u16()?.cast_signed());
            }
            Operands::Increment => {
                insn.index = u16::from(reader.u8()?);
                insn.literal = i32::from(reader.u8()?.cast_signed());
            }
            Operands::Branch16 => insn.target = target(i32::from(reader.u16()?.cast_signed())),
            Operands::Branch32 => insn.target = target(reader.u32()?.cast_signed()),
            Operands::TableSwitch | Operands::LookupSwitch => {
                reader.take(padding(pc))?;
                insn.target = target(reader.u32()?.cast_signed());
                let rows = self.switch_rows(&mut reader, op)?;
                let bytes = if op.operands() == Operands::TableSwitch { 4 } else { 8 };
                reader.take(rows.checked_mul(bytes)?)?;
            }
            Operands::InvokeInterface | Operands::InvokeDynamic => {
                insn.index = reader.u16()?;
                reader.u16()?;
            }
            Operands::MultiArray => {
                insn.index = reader.u16()?;
                insn.literal = i32::from(reader.u8()?);
            }
            Operands::Wide | Operands::Unused => return None,
        }
        insn.length = u32::try_from(reader.position()).ok()?;
        Some(insn)
    }

    /// Rows of the switch whose `low` or `npairs` is next.
    fn switch_rows(&self, reader: &mut Reader<'a>, op: Opcode) -> Option<usize> {
        let first = reader.u32()?.cast_signed();
        let rows = if op.operands() == Operands::TableSwitch {
            let high = reader.u32()?.cast_signed();
            i64::from(high).checked_sub(i64::from(first))?.checked_add(1)?
        } else {
            i64::from(first)
        };
        usize::try_from(rows).ok()
    }

    /// (key, absolute target) of the switch at `insn`; the default is [`Insn::target`].
    pub fn cases(&self, insn: &Insn) -> Vec<(i32, u32)> {
        self.read_cases(insn).unwrap_or_default()
    }

    fn read_cases(&self, insn: &Insn) -> Option<Vec<(i32, u32)>> {
        let start = usize::try_from(insn.pc).ok()?;
        let mut reader = Reader::new(self.bytes.get(start..)?);
        // Opcode, padding, default.
        reader.take(padding(insn.pc).checked_add(5)?)?;
        let target =
            |offset: u32| insn.pc.checked_add_signed(offset.cast_signed()).unwrap_or(u32::MAX);
        let low = u32_at(reader.rest(), 0)?.cast_signed();
        let rows = self.switch_rows(&mut reader, insn.op)?.min(SWITCH_CASES_MAX);
        let table = insn.op.operands() == Operands::TableSwitch;
        let behind = reader.rest();
        let cases = if table {
            let targets = behind.chunks_exact(4).take(rows).filter_map(|row| u32_at(row, 0));
            targets.zip(0i32..).map(|(to, n)| (low.wrapping_add(n), target(to))).collect()
        } else {
            let pairs = behind.chunks_exact(8).take(rows);
            pairs
                .filter_map(|row| Some((u32_at(row, 0)?.cast_signed(), target(u32_at(row, 4)?))))
                .collect()
        };
        Some(cases)
    }
}

/// Bytes between a switch opcode at `pc` and its operands, which are aligned to four.
fn padding(pc: u32) -> usize {
    match pc & 3 {
        0 => 3,
        1 => 2,
        2 => 1,
        _ => 0,
    }
}
