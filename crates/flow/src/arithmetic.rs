//! Integer operations on constants, with the width of the instruction.

use crate::ir::{BinaryOp, UnaryOp};
use crate::value::Abstract;

/// A binary operation; on 64 bits when `wide`, on 32 otherwise.
pub(crate) fn binary(op: BinaryOp, wide: bool, a: &Abstract, b: &Abstract) -> Abstract {
    let (Some(x), Some(y)) = (a.as_int(), b.as_int()) else {
        if let (Abstract::OneOf(_), Some(_)) = (a, b.as_int()) {
            return a.map(|a| binary(op, wide, a, b));
        }
        if let (Some(_), Abstract::OneOf(_)) = (a.as_int(), b) {
            return b.map(|b| binary(op, wide, a, b));
        }
        let derived = a.derived();
        return if derived == Abstract::Unknown { b.derived() } else { derived };
    };
    compute(op, wide, x, y).map_or(Abstract::Unknown, Abstract::Int)
}

fn compute(op: BinaryOp, wide: bool, x: i64, y: i64) -> Option<i64> {
    // Comparisons are of longs, whatever their result is.
    if op == BinaryOp::Compare {
        return Some(match x.cmp(&y) {
            std::cmp::Ordering::Less => -1,
            std::cmp::Ordering::Equal => 0,
            std::cmp::Ordering::Greater => 1,
        });
    }
    let shift = u32::try_from(y & if wide { 63 } else { 31 }).unwrap_or(0);
    let value = match op {
        BinaryOp::Add => x.wrapping_add(y),
        BinaryOp::Sub => x.wrapping_sub(y),
        BinaryOp::Rsub => y.wrapping_sub(x),
        BinaryOp::Mul => x.wrapping_mul(y),
        BinaryOp::Div if y == 0 => return None,
        BinaryOp::Div => x.wrapping_div(y),
        BinaryOp::Rem if y == 0 => return None,
        BinaryOp::Rem => x.wrapping_rem(y),
        BinaryOp::And => x & y,
        BinaryOp::Or => x | y,
        BinaryOp::Xor => x ^ y,
        BinaryOp::Shl => x.wrapping_shl(shift),
        BinaryOp::Shr => x.wrapping_shr(shift),
        BinaryOp::Ushr if wide => (x.cast_unsigned() >> shift).cast_signed(),
        BinaryOp::Ushr => i64::from(low(x).cast_unsigned() >> shift),
        BinaryOp::Compare | BinaryOp::Float => return None,
    };
    Some(if wide { value } else { i64::from(low(value)) })
}

/// The low 32 bits.
fn low(value: i64) -> i32 {
    u32::try_from(value & 0xffff_ffff).unwrap_or(0).cast_signed()
}

pub(crate) fn unary(op: UnaryOp, value: &Abstract) -> Abstract {
    let Some(x) = value.as_int() else { return value.derived() };
    match op {
        UnaryOp::Neg => x.checked_neg().map_or(Abstract::Unknown, Abstract::Int),
        UnaryOp::Not => Abstract::Int(!x),
        UnaryOp::ToByte => Abstract::Int((x << 56) >> 56),
        UnaryOp::ToShort => Abstract::Int((x << 48) >> 48),
        UnaryOp::ToChar => Abstract::Int(x & 0xffff),
        UnaryOp::ToInt => Abstract::Int((x << 32) >> 32),
        UnaryOp::ToLong => Abstract::Int(x),
        UnaryOp::Float => Abstract::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths() {
        for (op, wide, a, b, expected) in [
            (BinaryOp::Add, false, i64::from(i32::MAX), 1, Some(i64::from(i32::MIN))),
            (BinaryOp::Add, true, i64::from(i32::MAX), 1, Some(1 << 31)),
            (BinaryOp::Ushr, false, -1, 28, Some(15)),
            (BinaryOp::Ushr, false, -1, 0, Some(-1)),
            (BinaryOp::Ushr, true, -1, 60, Some(15)),
            (BinaryOp::Shr, false, -8, 1, Some(-4)),
            (BinaryOp::Shl, false, 1, 33, Some(2)),
            (BinaryOp::Shl, true, 1, 33, Some(1 << 33)),
            (BinaryOp::Shl, false, 1, 31, Some(i64::from(i32::MIN))),
            (BinaryOp::Div, false, i64::from(i32::MIN), -1, Some(i64::from(i32::MIN))),
            (BinaryOp::Div, true, i64::MIN, -1, Some(i64::MIN)),
            (BinaryOp::Div, false, 1, 0, None),
            (BinaryOp::Rem, false, -7, 3, Some(-1)),
            (BinaryOp::Rsub, false, 1, 10, Some(9)),
            (BinaryOp::Compare, false, 1 << 40, 1, Some(1)),
            (BinaryOp::Float, true, 1, 1, None),
        ] {
            assert_eq!(compute(op, wide, a, b), expected, "{op:?} {wide} {a} {b}");
        }
    }
}
