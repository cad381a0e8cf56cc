//! A look at machine code for two questions that symbols do not answer:
//!
//! - Does a function hand the address of one of its own variables to another? Compilers that
//!   protect the stack (`-fstack-protector-strong`) give every such function a canary, so a
//!   library in which there is such code and nobody calls `__stack_chk_fail` was built without.
//!   A library without such code may well have been built with protection and need none.
//! - Is `RegisterNatives` called? It is reached through slot 215 of the JNI function table
//!   (JNI specification, "Interface Function Table"), which compilers load with one instruction.
//!
//! This is pattern search over words, not disassembly: on x86 and Thumb, where instructions have
//! no fixed place, it may see one that the processor does not.

use crate::bytes::Bytes;

/// Code looked at, in bytes over all segments.
pub(crate) const CODE_BYTES_MAX: u64 = 128 << 20;

/// How far behind the address the call may stand, in bytes.
const CALL_DISTANCE_BYTES: usize = 48;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Machine {
    Arm,
    Aarch64,
    X86,
    X86_64,
}

impl Machine {
    pub(crate) fn of(machine: u16) -> Option<Self> {
        match machine {
            40 => Some(Self::Arm),
            183 => Some(Self::Aarch64),
            3 => Some(Self::X86),
            62 => Some(Self::X86_64),
            _ => None,
        }
    }
}

/// Whether some code passes the address of a variable on the stack to a call.
pub(crate) fn passes_stack_address(machine: Machine, bytes: Bytes<'_>, code: &[u8]) -> bool {
    match machine {
        Machine::Aarch64 => words(bytes, code).enumerate().any(|(index, word)| {
            aarch64::is_stack_address(word)
                && follow(code, index, 4).any(|rest| aarch64::is_call(read32(bytes, rest)))
        }),
        Machine::Arm => {
            let arm = words(bytes, code).enumerate().any(|(index, word)| {
                arm::is_stack_address(word)
                    && follow(code, index, 4).any(|rest| arm::is_call(read32(bytes, rest)))
            });
            let next = || halves(bytes, code).skip(1).chain([0]);
            arm || halves(bytes, code).zip(next()).enumerate().any(|(index, (half, after))| {
                arm::is_thumb_stack_address(half, after)
                    && follow(code, index, 2).any(|rest| {
                        let tail = rest.get(2..).unwrap_or_default();
                        arm::is_thumb_call(read16(bytes, rest), read16(bytes, tail))
                    })
            })
        }
        Machine::X86_64 => x86::passes_stack_address(code, true),
        Machine::X86 => x86::passes_stack_address(code, false),
    }
}

/// Whether some code loads the slot of `RegisterNatives`.
pub(crate) fn loads_register_natives(machine: Machine, bytes: Bytes<'_>, code: &[u8]) -> bool {
    const SLOT: u32 = 215;
    match machine {
        // LDR Xt, [Xn, #1720]: the offset is in units of eight bytes.
        Machine::Aarch64 => words(bytes, code).any(|w| w & 0xffff_fc00 == 0xf940_0000 | SLOT << 10),
        // LDR Rt, [Rn, #860] in both instruction sets.
        Machine::Arm => {
            words(bytes, code).any(|word| word & 0x0ff0_0fff == 0x0590_035c)
                || halves(bytes, code)
                    .zip(halves(bytes, code).skip(1))
                    .any(|(a, b)| a & 0xfff0 == 0xf8d0 && b & 0x0fff == 0x035c)
        }
        Machine::X86_64 => x86::uses_slot(code, 1720),
        Machine::X86 => x86::uses_slot(code, 860),
    }
}

fn words<'a>(bytes: Bytes<'a>, code: &'a [u8]) -> impl Iterator<Item = u32> + 'a {
    code.chunks_exact(4).map(move |chunk| read32(bytes, chunk))
}

fn halves<'a>(bytes: Bytes<'a>, code: &'a [u8]) -> impl Iterator<Item = u16> + 'a {
    code.chunks_exact(2).map(move |chunk| read16(bytes, chunk))
}

/// What stands behind unit `index`, unit by unit, as far as a call may be away.
fn follow(code: &[u8], index: usize, unit: usize) -> impl Iterator<Item = &[u8]> {
    let start = index.saturating_add(1).saturating_mul(unit);
    let end = start.saturating_add(CALL_DISTANCE_BYTES).min(code.len());
    (start..end).step_by(unit).map_while(move |at| code.get(at..))
}

fn read32(bytes: Bytes<'_>, at: &[u8]) -> u32 {
    Bytes { data: at, ..bytes }.u32(0).unwrap_or(0)
}

fn read16(bytes: Bytes<'_>, at: &[u8]) -> u16 {
    Bytes { data: at, ..bytes }.u16(0).unwrap_or(0)
}

/// Arm Architecture Reference Manual for A-profile, section C6.2.
mod aarch64 {
    pub(super) fn is_stack_address(word: u32) -> bool {
        // ADD Xd, SP, #n and SUB Xd, X29, #n, but not into X29, X30 or SP, which sets up frames.
        let target = word & 31;
        matches!(word & 0xff80_03e0, 0x9100_03e0 | 0xd100_03a0) && target < 29
    }

    pub(super) fn is_call(word: u32) -> bool {
        word & 0xfc00_0000 == 0x9400_0000 || word & 0xffff_fc1f == 0xd63f_0000
    }
}

/// Arm Architecture Reference Manual for ARMv7-A, sections A8.8.
mod arm {
    pub(super) fn is_stack_address(word: u32) -> bool {
        // ADD Rd, SP, #n and MOV Rd, SP, but not into the frame pointer (R11), SP or PC.
        let target = word >> 12 & 15;
        (word & 0x0fff_0000 == 0x028d_0000 || word & 0x0fff_0fff == 0x01a0_000d) && target < 11
    }

    pub(super) fn is_call(word: u32) -> bool {
        word & 0x0f00_0000 == 0x0b00_0000
            || word & 0xfe00_0000 == 0xfa00_0000
            || word & 0x0fff_fff0 == 0x012f_ff30
    }

    pub(super) fn is_thumb_stack_address(half: u16, next: u16) -> bool {
        // ADD Rd, SP, #n and MOV Rd, SP, but not into the frame pointer (R7); and the wide ADD and
        // SUB of a constant to R7, into a register of arguments.
        (half & 0xf800 == 0xa800 && half >> 8 & 7 != 7)
            || (half & 0xfff8 == 0x4668 && half & 7 != 7)
            || (matches!(half, 0xf107 | 0xf207 | 0xf1a7 | 0xf2a7) && next >> 8 & 0x0f <= 3)
    }

    pub(super) fn is_thumb_call(half: u16, next: u16) -> bool {
        (half & 0xf800 == 0xf000 && next & 0xc000 == 0xc000) || half & 0xff87 == 0x4780
    }
}

/// Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
mod x86 {
    use super::CALL_DISTANCE_BYTES;

    const LEA: u8 = 0x8d;
    const CALL: u8 = 0xe8;

    pub(super) fn passes_stack_address(code: &[u8], wide: bool) -> bool {
        // `mov rdi, rsp`, `mov rsi, rsp`, `mov eax, esp`. Not into other registers: the entry point
        // of a program hands its arguments over so.
        let moves: &[&[u8]] =
            if wide { &[b"\x48\x89\xe7", b"\x48\x89\xe6"] } else { &[b"\x89\xe0"] };
        let moved = moves.iter().any(|bytes| {
            memchr::memmem::find_iter(code, bytes).any(|at| {
                let end = at.saturating_add(CALL_DISTANCE_BYTES).min(code.len());
                calls(code.get(at..end).unwrap_or_default())
            })
        });
        moved
            || memchr::memchr_iter(LEA, code).any(|at| {
                // 64-bit addresses need the prefix REX.W.
                let prefixed = at.checked_sub(1).and_then(|before| code.get(before)) == Some(&0x48);
                let end = at.saturating_add(CALL_DISTANCE_BYTES);
                let rest = code.get(at..end.min(code.len())).unwrap_or_default();
                prefixed == wide && is_stack_address(rest, wide) && calls(rest)
            })
    }

    /// `lea r, [sp + n]` or `lea r, [bp - n]` into a register of arguments.
    fn is_stack_address(rest: &[u8], wide: bool) -> bool {
        let [_, modrm, next, tail @ ..] = rest else { return false };
        let (mode, register, base) = (modrm >> 6, modrm >> 3 & 7, modrm & 7);
        // Not into SP or BP, which ends a frame.
        if register == 4 || register == 5 {
            return false;
        }
        // `lea ecx, [esp+4]; and esp, n` opens a function that aligns its stack.
        if !wide && *modrm == 0x4c && *next == 0x24 && tail.starts_with(&[4, 0x83, 0xe4]) {
            return false;
        }
        match (mode, base) {
            (0..=2, 4) => *next == 0x24,
            (1, 5) => *next >= 0x80,
            (2, 5) => tail.get(2).is_some_and(|high| *high >= 0x80),
            _ => false,
        }
    }

    fn calls(rest: &[u8]) -> bool {
        rest.contains(&CALL)
            || rest
                .windows(2)
                .any(|pair| matches!(pair, [0xff, 0x50..=0x57 | 0x90..=0x97 | 0xd0..=0xd7 | 0x15]))
    }

    /// `call [r + slot]` or `mov r, [r + slot]`.
    pub(super) fn uses_slot(code: &[u8], slot: u32) -> bool {
        let displacement = slot.to_le_bytes();
        memchr::memmem::find_iter(code, &displacement).any(|at| {
            let before = at.checked_sub(2).and_then(|start| code.get(start..at));
            matches!(before, Some([0xff, 0x90..=0x97] | [0x8b, 0x80..=0xbf]))
        })
    }
}
