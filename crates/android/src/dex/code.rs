//! Code items: registers, instructions, exception tables, line numbers.
//! Specification: "Dalvik Executable format", `code_item`, `try_item`, `debug_info_item`.

use super::insn::Units;
use super::reader::Cursor;
use super::{Dex, TypeId};

/// Handlers read for one try block.
const HANDLERS_MAX: u32 = 1024;
/// Operations read from one line-number program.
const DEBUG_OPERATIONS_MAX: u32 = 200_000;
/// And of a short method. Compilers write two or three for each instruction.
const DEBUG_OPERATIONS_PER_UNIT: u32 = 16;
const DEBUG_OPERATIONS_BASE: u32 = 1000;

/// One code item.
#[derive(Debug, Clone, Copy)]
pub struct Code<'a> {
    pub registers: u16,
    pub ins: u16,
    pub outs: u16,
    pub units: Units<'a>,
    tries: &'a [u8],
    handlers: &'a [u8],
    debug_offset: u32,
}

/// A protected range with its handlers, in code units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TryBlock {
    pub start: u32,
    pub end: u32,
    /// Caught type and address; the type is `None` for catch-all.
    pub handlers: Vec<(Option<TypeId>, u32)>,
}

impl<'a> Code<'a> {
    pub(super) fn read(dex: &Dex<'a>, offset: u32) -> Option<Self> {
        let mut cursor = Cursor::at(dex.data(), offset)?;
        let registers = cursor.u16()?;
        let ins = cursor.u16()?;
        let outs = cursor.u16()?;
        let tries_size = cursor.u16()?;
        let debug_offset = cursor.u32()?;
        let units = cursor.u32()?;
        let insns = cursor.take(usize::try_from(units).ok()?.checked_mul(2)?)?;
        let mut tries: &[u8] = &[];
        if tries_size > 0 {
            if units % 2 == 1 {
                cursor.u16()?;
            }
            tries = cursor.take(usize::from(tries_size).checked_mul(8)?).unwrap_or_default();
        }
        Some(Self {
            registers,
            ins,
            outs,
            units: Units(insns),
            tries,
            handlers: cursor.rest(),
            debug_offset,
        })
    }

    pub fn has_tries(&self) -> bool {
        !self.tries.is_empty()
    }

    /// Protected ranges; one whose handlers cannot be read is left out.
    pub fn tries(&self) -> impl Iterator<Item = TryBlock> + '_ {
        self.tries.chunks_exact(8).filter_map(|item| {
            let mut cursor = Cursor::new(item);
            let start = cursor.u32()?;
            let length = cursor.u16()?;
            let offset = cursor.u16()?;
            Some(TryBlock {
                start,
                end: start.checked_add(u32::from(length))?,
                handlers: self.handler_list(offset)?,
            })
        })
    }

    fn handler_list(&self, offset: u16) -> Option<Vec<(Option<TypeId>, u32)>> {
        let mut cursor = Cursor::at(self.handlers, u32::from(offset))?;
        let size = cursor.sleb128()?;
        let typed = size.unsigned_abs().min(HANDLERS_MAX);
        let mut handlers = Vec::new();
        for _ in 0..typed {
            let ty = cursor.uleb128()?;
            handlers.push((Some(TypeId(ty)), cursor.uleb128()?));
        }
        if size <= 0 {
            handlers.push((None, cursor.uleb128()?));
        }
        Some(handlers)
    }

    /// (code unit, source line) in address order; empty without debug information. Compilers
    /// write -1, that is `u32::MAX`, where there is no line.
    pub fn lines(&self, dex: &Dex<'a>) -> Vec<(u32, u32)> {
        if self.debug_offset == 0 {
            return Vec::new();
        }
        let mut table = Vec::new();
        let _ = read_lines(dex, self.debug_offset, self.debug_operations_max(), &mut table);
        table
    }

    /// Methods may share debug information that is much longer than their code.
    fn debug_operations_max(&self) -> u32 {
        let most = self.units.count().saturating_mul(DEBUG_OPERATIONS_PER_UNIT);
        most.saturating_add(DEBUG_OPERATIONS_BASE).min(DEBUG_OPERATIONS_MAX)
    }

    /// The source line of the instruction at `pc`.
    pub fn line_of(&self, dex: &Dex<'a>, pc: u32) -> Option<u32> {
        let table = self.lines(dex);
        let after = table.partition_point(|(address, _)| *address <= pc);
        let (_, line) = table.get(after.checked_sub(1)?)?;
        i32::try_from(*line).ok().map(|_| *line)
    }
}

/// The state machine of `debug_info_item`; only lines are kept.
fn read_lines(
    dex: &Dex<'_>,
    offset: u32,
    operations_max: u32,
    table: &mut Vec<(u32, u32)>,
) -> Option<()> {
    let mut cursor = Cursor::at(dex.data(), offset)?;
    let mut line = cursor.uleb128()?;
    let parameters = cursor.uleb128()?;
    for _ in 0..parameters.min(255) {
        cursor.uleb128()?;
    }
    let mut address = 0u32;
    for _ in 0..operations_max {
        match cursor.u8()? {
            0x00 => return Some(()),
            0x01 => address = address.wrapping_add(cursor.uleb128()?),
            0x02 => line = line.wrapping_add_signed(cursor.sleb128()?),
            0x03 => {
                cursor.uleb128()?;
                cursor.uleb128()?;
                cursor.uleb128()?;
            }
            0x04 => {
                for _ in 0..4 {
                    cursor.uleb128()?;
                }
            }
            0x05 | 0x06 | 0x09 => {
                cursor.uleb128()?;
            }
            0x07 | 0x08 => {}
            special => {
                let adjusted = u32::from(special.wrapping_sub(0x0a));
                let line_step = (adjusted % 15).cast_signed().wrapping_sub(4);
                line = line.wrapping_add_signed(line_step);
                address = address.wrapping_add(adjusted / 15);
                table.push((address, line));
            }
        }
    }
    None
}
