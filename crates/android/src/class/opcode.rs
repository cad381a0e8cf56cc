//! The JVM opcodes: name and operands.
//! Specification: "The Java Virtual Machine Specification", chapters 6 and 7.

/// An opcode byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Opcode(pub u8);

/// What follows the opcode byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operands {
    None,
    /// A signed byte: `bipush`.
    Byte,
    /// A signed 16-bit number: `sipush`.
    Short,
    /// A local variable; 16 bits behind `wide`.
    Local,
    /// An 8-bit pool index: `ldc`.
    Pool8,
    Pool16,
    /// A local variable and a signed increment; both 16 bits behind `wide`.
    Increment,
    Branch16,
    Branch32,
    TableSwitch,
    LookupSwitch,
    /// Pool index, argument slots, a zero byte.
    InvokeInterface,
    /// Pool index, two zero bytes.
    InvokeDynamic,
    /// A primitive type code: `newarray`.
    ArrayType,
    /// Pool index and dimensions.
    MultiArray,
    Wide,
    /// Not an instruction of class files.
    Unused,
}

impl Opcode {
    pub fn name(self) -> &'static str {
        TABLE.get(usize::from(self.0)).map_or("unused", |row| row.0)
    }

    pub fn operands(self) -> Operands {
        TABLE.get(usize::from(self.0)).map_or(Operands::Unused, |row| row.1)
    }

    /// Control may go on behind it. `jsr` comes back.
    pub fn continues(self) -> bool {
        !matches!(self.0, 0xa7 | 0xa9..=0xb1 | 0xbf | 0xc8)
    }

    /// `if...`, `goto`, `jsr` and their kin: [`super::Insn::target`] is meant.
    pub fn is_jump(self) -> bool {
        matches!(self.operands(), Operands::Branch16 | Operands::Branch32)
    }

    pub fn is_switch(self) -> bool {
        matches!(self.operands(), Operands::TableSwitch | Operands::LookupSwitch)
    }
}

macro_rules! table {
    ($($operands:ident: $($name:literal)*;)*) => { &[$($(($name, Operands::$operands),)*)*] };
}

const TABLE: &[(&str, Operands)] = table! {
    None: "nop" "aconst_null" "iconst_m1" "iconst_0" "iconst_1" "iconst_2" "iconst_3" "iconst_4"
        "iconst_5" "lconst_0" "lconst_1" "fconst_0" "fconst_1" "fconst_2" "dconst_0" "dconst_1";
    Byte: "bipush";
    Short: "sipush";
    Pool8: "ldc";
    Pool16: "ldc_w" "ldc2_w";
    Local: "iload" "lload" "fload" "dload" "aload";
    None: "iload_0" "iload_1" "iload_2" "iload_3" "lload_0" "lload_1" "lload_2" "lload_3"
        "fload_0" "fload_1" "fload_2" "fload_3" "dload_0" "dload_1" "dload_2" "dload_3"
        "aload_0" "aload_1" "aload_2" "aload_3"
        "iaload" "laload" "faload" "daload" "aaload" "baload" "caload" "saload";
    Local: "istore" "lstore" "fstore" "dstore" "astore";
    None: "istore_0" "istore_1" "istore_2" "istore_3" "lstore_0" "lstore_1" "lstore_2" "lstore_3"
        "fstore_0" "fstore_1" "fstore_2" "fstore_3" "dstore_0" "dstore_1" "dstore_2" "dstore_3"
        "astore_0" "astore_1" "astore_2" "astore_3"
        "iastore" "lastore" "fastore" "dastore" "aastore" "bastore" "castore" "sastore"
        "pop" "pop2" "dup" "dup_x1" "dup_x2" "dup2" "dup2_x1" "dup2_x2" "swap"
        "iadd" "ladd" "fadd" "dadd" "isub" "lsub" "fsub" "dsub" "imul" "lmul" "fmul" "dmul"
        "idiv" "ldiv" "fdiv" "ddiv" "irem" "lrem" "frem" "drem" "ineg" "lneg" "fneg" "dneg"
        "ishl" "lshl" "ishr" "lshr" "iushr" "lushr" "iand" "land" "ior" "lor" "ixor" "lxor";
    Increment: "iinc";
    None: "i2l" "i2f" "i2d" "l2i" "l2f" "l2d" "f2i" "f2l" "f2d" "d2i" "d2l" "d2f" "i2b" "i2c"
        "i2s" "lcmp" "fcmpl" "fcmpg" "dcmpl" "dcmpg";
    Branch16: "ifeq" "ifne" "iflt" "ifge" "ifgt" "ifle" "if_icmpeq" "if_icmpne" "if_icmplt"
        "if_icmpge" "if_icmpgt" "if_icmple" "if_acmpeq" "if_acmpne" "goto" "jsr";
    Local: "ret";
    TableSwitch: "tableswitch";
    LookupSwitch: "lookupswitch";
    None: "ireturn" "lreturn" "freturn" "dreturn" "areturn" "return";
    Pool16: "getstatic" "putstatic" "getfield" "putfield" "invokevirtual" "invokespecial"
        "invokestatic";
    InvokeInterface: "invokeinterface";
    InvokeDynamic: "invokedynamic";
    Pool16: "new";
    ArrayType: "newarray";
    Pool16: "anewarray";
    None: "arraylength" "athrow";
    Pool16: "checkcast" "instanceof";
    None: "monitorenter" "monitorexit";
    Wide: "wide";
    MultiArray: "multianewarray";
    Branch16: "ifnull" "ifnonnull";
    Branch32: "goto_w" "jsr_w";
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_the_opcodes() {
        assert_eq!(TABLE.len(), 0xca);
        for (opcode, name) in [
            (0x00, "nop"),
            (0x10, "bipush"),
            (0x15, "iload"),
            (0x1a, "iload_0"),
            (0x2e, "iaload"),
            (0x36, "istore"),
            (0x4f, "iastore"),
            (0x57, "pop"),
            (0x60, "iadd"),
            (0x84, "iinc"),
            (0x94, "lcmp"),
            (0x99, "ifeq"),
            (0xa7, "goto"),
            (0xaa, "tableswitch"),
            (0xb1, "return"),
            (0xb2, "getstatic"),
            (0xba, "invokedynamic"),
            (0xbc, "newarray"),
            (0xc4, "wide"),
            (0xc9, "jsr_w"),
            (0xca, "unused"),
            (0xff, "unused"),
        ] {
            assert_eq!(Opcode(opcode).name(), name, "{opcode:#x}");
        }
    }
}
