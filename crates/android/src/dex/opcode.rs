//! The 256 Dalvik opcodes: name, format, what the index means, what control flow does.
//! Specification: "Dalvik bytecode" and "Dalvik executable instruction formats".

/// An opcode byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Opcode(pub u8);

/// Layout of an instruction, named as in the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    F10x,
    F12x,
    F11n,
    F11x,
    F10t,
    F20t,
    F22x,
    F21t,
    F21s,
    F21h,
    F21c,
    F23x,
    F22b,
    F22t,
    F22s,
    F22c,
    F30t,
    F32x,
    F31i,
    F31t,
    F31c,
    F35c,
    F3rc,
    F45cc,
    F4rcc,
    F51l,
}

/// The table that an instruction's index points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    None,
    String,
    Type,
    Field,
    Method,
    Proto,
    CallSite,
    MethodHandle,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct OpcodeInfo {
    pub name: &'static str,
    pub format: Format,
    pub index: IndexKind,
    flags: u16,
}

const WRITES_A: u16 = 1;
const THROWS: u16 = 2;
const RETURNS: u16 = 4;
/// Control does not go on behind it: `throw`.
const ENDS: u16 = 8;
const JUMPS: u16 = 16;
const BRANCHES: u16 = 32;
const SWITCHES: u16 = 64;
const INVOKES: u16 = 128;
const UNUSED: u16 = 256;

impl Opcode {
    pub fn info(self) -> &'static OpcodeInfo {
        // The table has a row for every byte.
        TABLE.get(usize::from(self.0)).unwrap_or(&TABLE[0])
    }

    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// Length in 16-bit code units.
    #[allow(clippy::indexing_slicing, reason = "a byte indexes 256 rows")]
    pub fn width(self) -> u32 {
        u32::from(WIDTHS[usize::from(self.0)])
    }

    pub fn writes_a(self) -> bool {
        self.info().flags & WRITES_A != 0
    }

    pub fn can_throw(self) -> bool {
        self.info().flags & THROWS != 0
    }

    /// Control may go on behind it.
    pub fn continues(self) -> bool {
        self.info().flags & (RETURNS | ENDS | JUMPS) == 0
    }

    pub fn is_return(self) -> bool {
        self.info().flags & RETURNS != 0
    }

    pub fn is_goto(self) -> bool {
        self.info().flags & JUMPS != 0
    }

    pub fn is_branch(self) -> bool {
        self.info().flags & BRANCHES != 0
    }

    pub fn is_switch(self) -> bool {
        self.info().flags & SWITCHES != 0
    }

    pub fn is_invoke(self) -> bool {
        self.info().flags & INVOKES != 0
    }

    /// `iget*`, `sget*`: the index is a field.
    pub fn reads_field(self) -> bool {
        matches!(self.0, 0x52..=0x58 | 0x60..=0x66)
    }

    /// `iput*`, `sput*`: the index is a field.
    pub fn writes_field(self) -> bool {
        matches!(self.0, 0x59..=0x5f | 0x67..=0x6d)
    }

    pub fn is_new_instance(self) -> bool {
        self.0 == 0x22
    }

    /// `const-string`; the index of `const-string/jumbo` does not fit the second unit.
    pub fn is_const_string(self) -> bool {
        self.0 == 0x1a || self.0 == 0x1b
    }

    pub fn is_unused(self) -> bool {
        self.info().flags & UNUSED != 0
    }
}

impl Format {
    /// Length in 16-bit code units.
    pub const fn width(self) -> u8 {
        match self {
            Self::F10x | Self::F12x | Self::F11n | Self::F11x | Self::F10t => 1,
            Self::F20t
            | Self::F22x
            | Self::F21t
            | Self::F21s
            | Self::F21h
            | Self::F21c
            | Self::F23x
            | Self::F22b
            | Self::F22t
            | Self::F22s
            | Self::F22c => 2,
            Self::F30t
            | Self::F32x
            | Self::F31i
            | Self::F31t
            | Self::F31c
            | Self::F35c
            | Self::F3rc => 3,
            Self::F45cc | Self::F4rcc => 4,
            Self::F51l => 5,
        }
    }
}

/// Widths alone, so that a scan touches 256 bytes and not the whole table.
pub(crate) static WIDTHS: [u8; 256] = {
    let mut widths = [1u8; 256];
    let mut at = 0usize;
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "evaluated when compiled"
    )]
    while at < 256 {
        widths[at] = TABLE[at].format.width();
        at += 1;
    }
    widths
};

macro_rules! op {
    ($name:literal, $format:ident, $index:ident, $flags:expr) => {
        OpcodeInfo { name: $name, format: Format::$format, index: IndexKind::$index, flags: $flags }
    };
}

static TABLE: [OpcodeInfo; 256] = [
    op!("nop", F10x, None, 0),
    op!("move", F12x, None, WRITES_A),
    op!("move/from16", F22x, None, WRITES_A),
    op!("move/16", F32x, None, WRITES_A),
    op!("move-wide", F12x, None, WRITES_A),
    op!("move-wide/from16", F22x, None, WRITES_A),
    op!("move-wide/16", F32x, None, WRITES_A),
    op!("move-object", F12x, None, WRITES_A),
    op!("move-object/from16", F22x, None, WRITES_A),
    op!("move-object/16", F32x, None, WRITES_A),
    op!("move-result", F11x, None, WRITES_A),
    op!("move-result-wide", F11x, None, WRITES_A),
    op!("move-result-object", F11x, None, WRITES_A),
    op!("move-exception", F11x, None, WRITES_A),
    op!("return-void", F10x, None, RETURNS),
    op!("return", F11x, None, RETURNS),
    op!("return-wide", F11x, None, RETURNS),
    op!("return-object", F11x, None, RETURNS),
    op!("const/4", F11n, None, WRITES_A),
    op!("const/16", F21s, None, WRITES_A),
    op!("const", F31i, None, WRITES_A),
    op!("const/high16", F21h, None, WRITES_A),
    op!("const-wide/16", F21s, None, WRITES_A),
    op!("const-wide/32", F31i, None, WRITES_A),
    op!("const-wide", F51l, None, WRITES_A),
    op!("const-wide/high16", F21h, None, WRITES_A),
    op!("const-string", F21c, String, WRITES_A | THROWS),
    op!("const-string/jumbo", F31c, String, WRITES_A | THROWS),
    op!("const-class", F21c, Type, WRITES_A | THROWS),
    op!("monitor-enter", F11x, None, THROWS),
    op!("monitor-exit", F11x, None, THROWS),
    op!("check-cast", F21c, Type, WRITES_A | THROWS),
    op!("instance-of", F22c, Type, WRITES_A | THROWS),
    op!("array-length", F12x, None, WRITES_A | THROWS),
    op!("new-instance", F21c, Type, WRITES_A | THROWS),
    op!("new-array", F22c, Type, WRITES_A | THROWS),
    op!("filled-new-array", F35c, Type, THROWS),
    op!("filled-new-array/range", F3rc, Type, THROWS),
    op!("fill-array-data", F31t, None, THROWS),
    op!("throw", F11x, None, THROWS | ENDS),
    op!("goto", F10t, None, JUMPS),
    op!("goto/16", F20t, None, JUMPS),
    op!("goto/32", F30t, None, JUMPS),
    op!("packed-switch", F31t, None, SWITCHES),
    op!("sparse-switch", F31t, None, SWITCHES),
    op!("cmpl-float", F23x, None, WRITES_A),
    op!("cmpg-float", F23x, None, WRITES_A),
    op!("cmpl-double", F23x, None, WRITES_A),
    op!("cmpg-double", F23x, None, WRITES_A),
    op!("cmp-long", F23x, None, WRITES_A),
    op!("if-eq", F22t, None, BRANCHES),
    op!("if-ne", F22t, None, BRANCHES),
    op!("if-lt", F22t, None, BRANCHES),
    op!("if-ge", F22t, None, BRANCHES),
    op!("if-gt", F22t, None, BRANCHES),
    op!("if-le", F22t, None, BRANCHES),
    op!("if-eqz", F21t, None, BRANCHES),
    op!("if-nez", F21t, None, BRANCHES),
    op!("if-ltz", F21t, None, BRANCHES),
    op!("if-gez", F21t, None, BRANCHES),
    op!("if-gtz", F21t, None, BRANCHES),
    op!("if-lez", F21t, None, BRANCHES),
    op!("unused-3e", F10x, None, UNUSED),
    op!("unused-3f", F10x, None, UNUSED),
    op!("unused-40", F10x, None, UNUSED),
    op!("unused-41", F10x, None, UNUSED),
    op!("unused-42", F10x, None, UNUSED),
    op!("unused-43", F10x, None, UNUSED),
    op!("aget", F23x, None, WRITES_A | THROWS),
    op!("aget-wide", F23x, None, WRITES_A | THROWS),
    op!("aget-object", F23x, None, WRITES_A | THROWS),
    op!("aget-boolean", F23x, None, WRITES_A | THROWS),
    op!("aget-byte", F23x, None, WRITES_A | THROWS),
    op!("aget-char", F23x, None, WRITES_A | THROWS),
    op!("aget-short", F23x, None, WRITES_A | THROWS),
    op!("aput", F23x, None, THROWS),
    op!("aput-wide", F23x, None, THROWS),
    op!("aput-object", F23x, None, THROWS),
    op!("aput-boolean", F23x, None, THROWS),
    op!("aput-byte", F23x, None, THROWS),
    op!("aput-char", F23x, None, THROWS),
    op!("aput-short", F23x, None, THROWS),
    op!("iget", F22c, Field, WRITES_A | THROWS),
    op!("iget-wide", F22c, Field, WRITES_A | THROWS),
    op!("iget-object", F22c, Field, WRITES_A | THROWS),
    op!("iget-boolean", F22c, Field, WRITES_A | THROWS),
    op!("iget-byte", F22c, Field, WRITES_A | THROWS),
    op!("iget-char", F22c, Field, WRITES_A | THROWS),
    op!("iget-short", F22c, Field, WRITES_A | THROWS),
    op!("iput", F22c, Field, THROWS),
    op!("iput-wide", F22c, Field, THROWS),
    op!("iput-object", F22c, Field, THROWS),
    op!("iput-boolean", F22c, Field, THROWS),
    op!("iput-byte", F22c, Field, THROWS),
    op!("iput-char", F22c, Field, THROWS),
    op!("iput-short", F22c, Field, THROWS),
    op!("sget", F21c, Field, WRITES_A | THROWS),
    op!("sget-wide", F21c, Field, WRITES_A | THROWS),
    op!("sget-object", F21c, Field, WRITES_A | THROWS),
    op!("sget-boolean", F21c, Field, WRITES_A | THROWS),
    op!("sget-byte", F21c, Field, WRITES_A | THROWS),
    op!("sget-char", F21c, Field, WRITES_A | THROWS),
    op!("sget-short", F21c, Field, WRITES_A | THROWS),
    op!("sput", F21c, Field, THROWS),
    op!("sput-wide", F21c, Field, THROWS),
    op!("sput-object", F21c, Field, THROWS),
    op!("sput-boolean", F21c, Field, THROWS),
    op!("sput-byte", F21c, Field, THROWS),
    op!("sput-char", F21c, Field, THROWS),
    op!("sput-short", F21c, Field, THROWS),
    op!("invoke-virtual", F35c, Method, THROWS | INVOKES),
    op!("invoke-super", F35c, Method, THROWS | INVOKES),
    op!("invoke-direct", F35c, Method, THROWS | INVOKES),
    op!("invoke-static", F35c, Method, THROWS | INVOKES),
    op!("invoke-interface", F35c, Method, THROWS | INVOKES),
    op!("unused-73", F10x, None, UNUSED),
    op!("invoke-virtual/range", F3rc, Method, THROWS | INVOKES),
    op!("invoke-super/range", F3rc, Method, THROWS | INVOKES),
    op!("invoke-direct/range", F3rc, Method, THROWS | INVOKES),
    op!("invoke-static/range", F3rc, Method, THROWS | INVOKES),
    op!("invoke-interface/range", F3rc, Method, THROWS | INVOKES),
    op!("unused-79", F10x, None, UNUSED),
    op!("unused-7a", F10x, None, UNUSED),
    op!("neg-int", F12x, None, WRITES_A),
    op!("not-int", F12x, None, WRITES_A),
    op!("neg-long", F12x, None, WRITES_A),
    op!("not-long", F12x, None, WRITES_A),
    op!("neg-float", F12x, None, WRITES_A),
    op!("neg-double", F12x, None, WRITES_A),
    op!("int-to-long", F12x, None, WRITES_A),
    op!("int-to-float", F12x, None, WRITES_A),
    op!("int-to-double", F12x, None, WRITES_A),
    op!("long-to-int", F12x, None, WRITES_A),
    op!("long-to-float", F12x, None, WRITES_A),
    op!("long-to-double", F12x, None, WRITES_A),
    op!("float-to-int", F12x, None, WRITES_A),
    op!("float-to-long", F12x, None, WRITES_A),
    op!("float-to-double", F12x, None, WRITES_A),
    op!("double-to-int", F12x, None, WRITES_A),
    op!("double-to-long", F12x, None, WRITES_A),
    op!("double-to-float", F12x, None, WRITES_A),
    op!("int-to-byte", F12x, None, WRITES_A),
    op!("int-to-char", F12x, None, WRITES_A),
    op!("int-to-short", F12x, None, WRITES_A),
    op!("add-int", F23x, None, WRITES_A),
    op!("sub-int", F23x, None, WRITES_A),
    op!("mul-int", F23x, None, WRITES_A),
    op!("div-int", F23x, None, WRITES_A | THROWS),
    op!("rem-int", F23x, None, WRITES_A | THROWS),
    op!("and-int", F23x, None, WRITES_A),
    op!("or-int", F23x, None, WRITES_A),
    op!("xor-int", F23x, None, WRITES_A),
    op!("shl-int", F23x, None, WRITES_A),
    op!("shr-int", F23x, None, WRITES_A),
    op!("ushr-int", F23x, None, WRITES_A),
    op!("add-long", F23x, None, WRITES_A),
    op!("sub-long", F23x, None, WRITES_A),
    op!("mul-long", F23x, None, WRITES_A),
    op!("div-long", F23x, None, WRITES_A | THROWS),
    op!("rem-long", F23x, None, WRITES_A | THROWS),
    op!("and-long", F23x, None, WRITES_A),
    op!("or-long", F23x, None, WRITES_A),
    op!("xor-long", F23x, None, WRITES_A),
    op!("shl-long", F23x, None, WRITES_A),
    op!("shr-long", F23x, None, WRITES_A),
    op!("ushr-long", F23x, None, WRITES_A),
    op!("add-float", F23x, None, WRITES_A),
    op!("sub-float", F23x, None, WRITES_A),
    op!("mul-float", F23x, None, WRITES_A),
    op!("div-float", F23x, None, WRITES_A),
    op!("rem-float", F23x, None, WRITES_A),
    op!("add-double", F23x, None, WRITES_A),
    op!("sub-double", F23x, None, WRITES_A),
    op!("mul-double", F23x, None, WRITES_A),
    op!("div-double", F23x, None, WRITES_A),
    op!("rem-double", F23x, None, WRITES_A),
    op!("add-int/2addr", F12x, None, WRITES_A),
    op!("sub-int/2addr", F12x, None, WRITES_A),
    op!("mul-int/2addr", F12x, None, WRITES_A),
    op!("div-int/2addr", F12x, None, WRITES_A | THROWS),
    op!("rem-int/2addr", F12x, None, WRITES_A | THROWS),
    op!("and-int/2addr", F12x, None, WRITES_A),
    op!("or-int/2addr", F12x, None, WRITES_A),
    op!("xor-int/2addr", F12x, None, WRITES_A),
    op!("shl-int/2addr", F12x, None, WRITES_A),
    op!("shr-int/2addr", F12x, None, WRITES_A),
    op!("ushr-int/2addr", F12x, None, WRITES_A),
    op!("add-long/2addr", F12x, None, WRITES_A),
    op!("sub-long/2addr", F12x, None, WRITES_A),
    op!("mul-long/2addr", F12x, None, WRITES_A),
    op!("div-long/2addr", F12x, None, WRITES_A | THROWS),
    op!("rem-long/2addr", F12x, None, WRITES_A | THROWS),
    op!("and-long/2addr", F12x, None, WRITES_A),
    op!("or-long/2addr", F12x, None, WRITES_A),
    op!("xor-long/2addr", F12x, None, WRITES_A),
    op!("shl-long/2addr", F12x, None, WRITES_A),
    op!("shr-long/2addr", F12x, None, WRITES_A),
    op!("ushr-long/2addr", F12x, None, WRITES_A),
    op!("add-float/2addr", F12x, None, WRITES_A),
    op!("sub-float/2addr", F12x, None, WRITES_A),
    op!("mul-float/2addr", F12x, None, WRITES_A),
    op!("div-float/2addr", F12x, None, WRITES_A),
    op!("rem-float/2addr", F12x, None, WRITES_A),
    op!("add-double/2addr", F12x, None, WRITES_A),
    op!("sub-double/2addr", F12x, None, WRITES_A),
    op!("mul-double/2addr", F12x, None, WRITES_A),
    op!("div-double/2addr", F12x, None, WRITES_A),
    op!("rem-double/2addr", F12x, None, WRITES_A),
    op!("add-int/lit16", F22s, None, WRITES_A),
    op!("rsub-int", F22s, None, WRITES_A),
    op!("mul-int/lit16", F22s, None, WRITES_A),
    op!("div-int/lit16", F22s, None, WRITES_A | THROWS),
    op!("rem-int/lit16", F22s, None, WRITES_A | THROWS),
    op!("and-int/lit16", F22s, None, WRITES_A),
    op!("or-int/lit16", F22s, None, WRITES_A),
    op!("xor-int/lit16", F22s, None, WRITES_A),
    op!("add-int/lit8", F22b, None, WRITES_A),
    op!("rsub-int/lit8", F22b, None, WRITES_A),
    op!("mul-int/lit8", F22b, None, WRITES_A),
    op!("div-int/lit8", F22b, None, WRITES_A | THROWS),
    op!("rem-int/lit8", F22b, None, WRITES_A | THROWS),
    op!("and-int/lit8", F22b, None, WRITES_A),
    op!("or-int/lit8", F22b, None, WRITES_A),
    op!("xor-int/lit8", F22b, None, WRITES_A),
    op!("shl-int/lit8", F22b, None, WRITES_A),
    op!("shr-int/lit8", F22b, None, WRITES_A),
    op!("ushr-int/lit8", F22b, None, WRITES_A),
    op!("unused-e3", F10x, None, UNUSED),
    op!("unused-e4", F10x, None, UNUSED),
    op!("unused-e5", F10x, None, UNUSED),
    op!("unused-e6", F10x, None, UNUSED),
    op!("unused-e7", F10x, None, UNUSED),
    op!("unused-e8", F10x, None, UNUSED),
    op!("unused-e9", F10x, None, UNUSED),
    op!("unused-ea", F10x, None, UNUSED),
    op!("unused-eb", F10x, None, UNUSED),
    op!("unused-ec", F10x, None, UNUSED),
    op!("unused-ed", F10x, None, UNUSED),
    op!("unused-ee", F10x, None, UNUSED),
    op!("unused-ef", F10x, None, UNUSED),
    op!("unused-f0", F10x, None, UNUSED),
    op!("unused-f1", F10x, None, UNUSED),
    op!("unused-f2", F10x, None, UNUSED),
    op!("unused-f3", F10x, None, UNUSED),
    op!("unused-f4", F10x, None, UNUSED),
    op!("unused-f5", F10x, None, UNUSED),
    op!("unused-f6", F10x, None, UNUSED),
    op!("unused-f7", F10x, None, UNUSED),
    op!("unused-f8", F10x, None, UNUSED),
    op!("unused-f9", F10x, None, UNUSED),
    op!("invoke-polymorphic", F45cc, Method, THROWS | INVOKES),
    op!("invoke-polymorphic/range", F4rcc, Method, THROWS | INVOKES),
    op!("invoke-custom", F35c, CallSite, THROWS | INVOKES),
    op!("invoke-custom/range", F3rc, CallSite, THROWS | INVOKES),
    op!("const-method-handle", F21c, MethodHandle, WRITES_A | THROWS),
    op!("const-method-type", F21c, Proto, WRITES_A | THROWS),
];
