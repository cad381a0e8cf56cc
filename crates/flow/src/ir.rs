//! The intermediate representation: three-address code over registers, one operation an
//! instruction, for Dalvik and JVM bytecode alike.
//!
//! Symbols stay indices into the unit that the body comes from ([`Symbols`] resolves them), so
//! lowering allocates nothing but the operations. A wide value lives in its lower register.
//! The Dalvik lowering is `lower_dex`, the JVM one `lower_jvm`.

use std::borrow::Cow;

/// A virtual register. JVM bodies number locals first, then stack slots.
pub type Reg = u32;

/// An index into a table of the unit: strings, types, fields or methods, as the operation says.
pub type Sym = u32;

/// One operation with the address of its instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct Insn {
    /// 16-bit code units in DEX, bytes in class files.
    pub pc: u32,
    pub op: Op,
}

/// Operations. Targets are indices into [`Body::insns`].
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    Nop,
    Const {
        dst: Reg,
        value: Literal,
    },
    Move {
        dst: Reg,
        src: Reg,
    },
    CaughtException {
        dst: Reg,
    },
    New {
        dst: Reg,
        class: Sym,
    },
    NewArray {
        dst: Reg,
        size: Reg,
        ty: Sym,
    },
    /// A new array with these elements.
    ArrayOf {
        dst: Option<Reg>,
        ty: Sym,
        items: Box<[Reg]>,
    },
    /// Constant data written over the start of an array.
    ArrayData {
        array: Reg,
        data: Box<[i64]>,
    },
    ArrayLength {
        dst: Reg,
        array: Reg,
    },
    ArrayGet {
        dst: Reg,
        array: Reg,
        index: Reg,
    },
    ArrayPut {
        array: Reg,
        index: Reg,
        src: Reg,
    },
    GetField {
        dst: Reg,
        object: Option<Reg>,
        field: Sym,
    },
    PutField {
        object: Option<Reg>,
        field: Sym,
        src: Reg,
    },
    Invoke {
        dst: Option<Reg>,
        kind: InvokeKind,
        method: Sym,
        args: Box<[Reg]>,
    },
    Binary {
        dst: Reg,
        op: BinaryOp,
        /// On longs; otherwise on ints, which wrap around at 32 bits.
        wide: bool,
        a: Reg,
        b: Operand,
    },
    /// Negation, complement, conversion.
    Unary {
        dst: Reg,
        op: UnaryOp,
        a: Reg,
    },
    Cast {
        reg: Reg,
        class: Sym,
    },
    InstanceOf {
        dst: Reg,
        src: Reg,
        class: Sym,
    },
    Branch {
        condition: Condition,
        a: Reg,
        b: Operand,
        target: usize,
    },
    Jump {
        target: usize,
    },
    Switch {
        on: Reg,
        targets: Box<[(i64, usize)]>,
    },
    Return {
        value: Option<Reg>,
    },
    Throw {
        value: Reg,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Literal {
    Int(i64),
    /// Bits of a float or double that no rule asks about.
    Float,
    Null,
    Str(Sym),
    Class(Sym),
    /// Method handles and types, dynamic constants.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    Reg(Reg),
    Int(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvokeKind {
    Virtual,
    Super,
    Direct,
    Static,
    Interface,
    /// Polymorphic and dynamic calls.
    Dynamic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Ushr,
    /// Reversed subtraction: `b - a`.
    Rsub,
    /// `lcmp` and the floating comparisons: -1, 0, 1.
    Compare,
    /// Floating arithmetic, not computed.
    Float,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    Neg,
    Not,
    /// The width of the result: sign-extended byte and short, zero-extended char, int, long.
    ToByte,
    ToShort,
    ToChar,
    ToInt,
    ToLong,
    Float,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Eq,
    Ne,
    Lt,
    Ge,
    Gt,
    Le,
}

/// One method in the intermediate representation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Body {
    pub insns: Vec<Insn>,
    pub registers: u32,
    /// Register of each parameter, `this` first in instance methods.
    pub params: Vec<Reg>,
    pub handlers: Vec<Handler>,
}

/// An exception handler for the operations `start..end`.
#[derive(Debug, Clone, PartialEq)]
pub struct Handler {
    pub start: usize,
    pub end: usize,
    pub target: usize,
    /// The caught type; `None` catches all.
    pub class: Option<Sym>,
}

/// A method reference resolved: names in source form, descriptor as in the format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodSig<'a> {
    pub class: Cow<'a, str>,
    pub name: Cow<'a, str>,
    /// `(Ljava/lang/String;I)V`
    pub descriptor: Cow<'a, str>,
}

/// What the indices of a body stand for. Total: an index that does not resolve gives empty names.
pub trait Symbols {
    fn method(&self, method: Sym) -> MethodSig<'_>;
    /// Class (source form) and name.
    fn field(&self, field: Sym) -> (Cow<'_, str>, Cow<'_, str>);
    fn string(&self, string: Sym) -> Cow<'_, str>;
    /// Source form; arrays as `byte[]`.
    fn class(&self, class: Sym) -> Cow<'_, str>;
    /// Class and name by which what the method returns is told, and a call in a body: those of
    /// the call, unless the reader knows the supertype that declares the method.
    fn origin(&self, method: Sym) -> String {
        let sig = self.method(method);
        format!("{}.{}", sig.class, sig.name)
    }
}

/// `Lcom/a/B;` as `com.a.B`, `[B` as `byte[]`.
pub fn source_name(descriptor: &str) -> String {
    let dimensions = descriptor.bytes().take_while(|b| *b == b'[').count();
    let element = descriptor.get(dimensions..).unwrap_or_default();
    let mut name = match element {
        "B" => "byte".to_owned(),
        "C" => "char".to_owned(),
        "D" => "double".to_owned(),
        "F" => "float".to_owned(),
        "I" => "int".to_owned(),
        "J" => "long".to_owned(),
        "S" => "short".to_owned(),
        "V" => "void".to_owned(),
        "Z" => "boolean".to_owned(),
        _ => element
            .strip_prefix('L')
            .and_then(|rest| rest.strip_suffix(';'))
            .unwrap_or(element)
            .replace('/', "."),
    };
    for _ in 0..dimensions.min(16) {
        name.push_str("[]");
    }
    name
}

/// First letter of each parameter of a method descriptor: `(Ljava/lang/String;[IJ)V` as `L[J`.
pub fn parameter_kinds(descriptor: &str) -> Vec<u8> {
    let mut kinds = Vec::new();
    let bytes = descriptor.as_bytes();
    let mut at = 1;
    while let Some(&first) = bytes.get(at) {
        if first == b')' {
            break;
        }
        kinds.push(first);
        while bytes.get(at) == Some(&b'[') {
            at += 1;
        }
        if bytes.get(at) == Some(&b'L') {
            while bytes.get(at).is_some_and(|b| *b != b';') {
                at += 1;
            }
        }
        at += 1;
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (descriptor, expected) in [
            ("Lcom/a/B$C;", "com.a.B$C"),
            ("[[B", "byte[][]"),
            ("[Ljava/lang/String;", "java.lang.String[]"),
            ("Z", "boolean"),
            ("", ""),
            ("L", "L"),
        ] {
            assert_eq!(source_name(descriptor), expected, "{descriptor}");
        }
    }

    #[test]
    fn parameters() {
        for (descriptor, expected) in [
            ("()V", ""),
            ("(Ljava/lang/String;[IJ)V", "L[J"),
            ("([[Lx;Z)I", "[Z"),
            ("(Lunterminated", "L"),
            ("", ""),
        ] {
            assert_eq!(parameter_kinds(descriptor), expected.as_bytes(), "{descriptor}");
        }
    }
}
