//! The constant pool.
//! Specification: "The Java Virtual Machine Specification", section 4.4.

use super::reader::Reader;
use crate::dex::Mutf8;

/// Index into the constant pool; 0 means none where the format allows it.
pub type PoolIndex = u16;

/// One constant. Indices are not checked against the kind of what they point to; the accessors
/// of [`ConstantPool`] do that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Constant<'a> {
    /// Index 0, and the second entry of a long or a double.
    Unusable,
    Utf8(Mutf8<'a>),
    Integer(i32),
    /// IEEE 754 bits.
    Float(u32),
    Long(i64),
    /// IEEE 754 bits.
    Double(u64),
    Class(PoolIndex),
    String(PoolIndex),
    Field(Reference),
    Method(Reference),
    InterfaceMethod(Reference),
    NameAndType {
        name: PoolIndex,
        descriptor: PoolIndex,
    },
    MethodHandle {
        /// 1 to 9: getField, getStatic, putField, putStatic, invokeVirtual, invokeStatic,
        /// invokeSpecial, newInvokeSpecial, invokeInterface.
        kind: u8,
        reference: PoolIndex,
    },
    MethodType(PoolIndex),
    /// A constant computed at run time.
    Dynamic {
        bootstrap: u16,
        name_and_type: PoolIndex,
    },
    InvokeDynamic {
        bootstrap: u16,
        name_and_type: PoolIndex,
    },
    Module(PoolIndex),
    Package(PoolIndex),
}

/// A field or a method of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub class: PoolIndex,
    pub name_and_type: PoolIndex,
}

/// A field or a method of a class, resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberRef<'a> {
    /// Internal form: `java/lang/String`; arrays as `[B`.
    pub class: Mutf8<'a>,
    pub name: Mutf8<'a>,
    pub descriptor: Mutf8<'a>,
}

/// The constants of one class. An index out of range is `None`, never a panic.
#[derive(Debug, Clone, Default)]
pub struct ConstantPool<'a> {
    constants: Vec<Constant<'a>>,
}

impl<'a> ConstantPool<'a> {
    /// `None` when a constant cannot be read: nothing behind it can be found then.
    pub(super) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let count = reader.u16()?;
        // The shortest constants take three bytes.
        let mut constants = Vec::with_capacity(reader.plausible(count, 3).checked_add(1)?);
        constants.push(Constant::Unusable);
        while constants.len() < usize::from(count) {
            let constant = read_constant(reader)?;
            constants.push(constant);
            if matches!(constant, Constant::Long(_) | Constant::Double(_)) {
                constants.push(Constant::Unusable);
            }
        }
        Some(Self { constants })
    }

    /// Number of indices, 0 included.
    pub fn len(&self) -> usize {
        self.constants.len()
    }

    pub fn is_empty(&self) -> bool {
        self.constants.is_empty()
    }

    pub fn get(&self, index: PoolIndex) -> Option<Constant<'a>> {
        self.constants.get(usize::from(index)).copied()
    }

    /// All constants with their indices.
    pub fn iter(&self) -> impl Iterator<Item = (PoolIndex, Constant<'a>)> + '_ {
        (0u16..=u16::MAX).zip(self.constants.iter().copied())
    }

    pub fn utf8(&self, index: PoolIndex) -> Option<Mutf8<'a>> {
        match self.get(index)? {
            Constant::Utf8(text) => Some(text),
            _ => None,
        }
    }

    /// Internal name of a class constant.
    pub fn class(&self, index: PoolIndex) -> Option<Mutf8<'a>> {
        match self.get(index)? {
            Constant::Class(name) => self.utf8(name),
            _ => None,
        }
    }

    /// Text of a string constant.
    pub fn string(&self, index: PoolIndex) -> Option<Mutf8<'a>> {
        match self.get(index)? {
            Constant::String(text) => self.utf8(text),
            _ => None,
        }
    }

    /// Name and descriptor.
    pub fn name_and_type(&self, index: PoolIndex) -> Option<(Mutf8<'a>, Mutf8<'a>)> {
        match self.get(index)? {
            Constant::NameAndType { name, descriptor } => {
                Some((self.utf8(name)?, self.utf8(descriptor)?))
            }
            _ => None,
        }
    }

    /// A field, method or interface method constant.
    pub fn member(&self, index: PoolIndex) -> Option<MemberRef<'a>> {
        match self.get(index)? {
            Constant::Field(reference)
            | Constant::Method(reference)
            | Constant::InterfaceMethod(reference) => {
                let (name, descriptor) = self.name_and_type(reference.name_and_type)?;
                Some(MemberRef { class: self.class(reference.class)?, name, descriptor })
            }
            _ => None,
        }
    }

    /// Kind and member of a method handle constant.
    pub fn method_handle(&self, index: PoolIndex) -> Option<(u8, MemberRef<'a>)> {
        match self.get(index)? {
            Constant::MethodHandle { kind, reference } => Some((kind, self.member(reference)?)),
            _ => None,
        }
    }

    /// Bootstrap method index, name and descriptor of a dynamic constant or call site.
    pub fn dynamic(&self, index: PoolIndex) -> Option<(u16, Mutf8<'a>, Mutf8<'a>)> {
        match self.get(index)? {
            Constant::Dynamic { bootstrap, name_and_type }
            | Constant::InvokeDynamic { bootstrap, name_and_type } => {
                let (name, descriptor) = self.name_and_type(name_and_type)?;
                Some((bootstrap, name, descriptor))
            }
            _ => None,
        }
    }
}

fn read_constant<'a>(reader: &mut Reader<'a>) -> Option<Constant<'a>> {
    let tag = reader.u8()?;
    Some(match tag {
        1 => {
            let length = reader.u16()?;
            Constant::Utf8(Mutf8(reader.take(usize::from(length))?))
        }
        3 => Constant::Integer(reader.u32()?.cast_signed()),
        4 => Constant::Float(reader.u32()?),
        5 => Constant::Long(reader.u64()?.cast_signed()),
        6 => Constant::Double(reader.u64()?),
        7 => Constant::Class(reader.u16()?),
        8 => Constant::String(reader.u16()?),
        9 => Constant::Field(reference(reader)?),
        10 => Constant::Method(reference(reader)?),
        11 => Constant::InterfaceMethod(reference(reader)?),
        12 => Constant::NameAndType { name: reader.u16()?, descriptor: reader.u16()? },
        15 => Constant::MethodHandle { kind: reader.u8()?, reference: reader.u16()? },
        16 => Constant::MethodType(reader.u16()?),
        17 => Constant::Dynamic { bootstrap: reader.u16()?, name_and_type: reader.u16()? },
        18 => Constant::InvokeDynamic { bootstrap: reader.u16()?, name_and_type: reader.u16()? },
        19 => Constant::Module(reader.u16()?),
        20 => Constant::Package(reader.u16()?),
        _ => return None,
    })
}

fn reference(reader: &mut Reader<'_>) -> Option<Reference> {
    Some(Reference { class: reader.u16()?, name_and_type: reader.u16()? })
}
