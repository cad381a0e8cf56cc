//! Dalvik executables, versions 035 to 041. Zero-copy: every table is a slice of the file.
//!
//! [`Dex`] gives strings, types, prototypes, fields and methods by id, and classes with their
//! members; [`Code`] the instructions of a method. An id that is out of range is `None`, never a
//! panic. Not here: verification of code (ART's verifier), odex and compact DEX.
//! Specification: "Dalvik Executable format" of the Android Open Source Project.

mod class;
mod code;
mod disassemble;
mod extent;
mod insn;
pub(crate) mod issues;
mod mutf8;
mod opcode;
pub(crate) mod reader;
mod tables;
mod value;

pub use class::{ClassData, ClassDef, EncodedField, EncodedMethod};
pub use code::{Code, TryBlock};
pub use insn::{Insn, Payload, Units};
pub use mutf8::Mutf8;
pub use opcode::{Format, IndexKind, Opcode, OpcodeInfo};
pub use tables::{CallSite, HandleTarget, MapItem, MethodHandle};
pub use value::{Annotation, EncodedValue, MemberAnnotations, Visibility};

use menshen_base::ScanIssue;
use reader::{Cursor, u16_at, u32_at};

/// Logical files read from one container.
const CONTAINER_FILES_MAX: usize = 1024;
/// Longest string that is read, bytes. The file bounds it too.
const STRING_BYTES_MAX: usize = 64 << 20;
const HEADER_SIZE: usize = 0x70;
const CONTAINER_HEADER_SIZE: usize = 0x78;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
    )* };
}

ids! {
    /// Index into the string table.
    StringId;
    /// Index into the type table.
    TypeId;
    /// Index into the prototype table.
    ProtoId;
    /// Index into the field table.
    FieldId;
    /// Index into the method table.
    MethodId;
}

/// One logical DEX file.
#[derive(Debug, Clone)]
pub struct Dex<'a> {
    /// The whole container, which offsets are relative to.
    data: &'a [u8],
    header: &'a [u8],
    version: u32,
    strings: &'a [u8],
    types: &'a [u8],
    protos: &'a [u8],
    fields: &'a [u8],
    methods: &'a [u8],
    classes: &'a [u8],
    map_tables: tables::MapTables<'a>,
}

/// A field as code refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldRef {
    pub class: TypeId,
    pub ty: TypeId,
    pub name: StringId,
}

/// A method as code refers to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MethodRef {
    pub class: TypeId,
    pub proto: ProtoId,
    pub name: StringId,
}

/// A prototype.
#[derive(Debug, Clone, Copy)]
pub struct Proto<'a> {
    pub shorty: StringId,
    pub return_type: TypeId,
    parameters: &'a [u8],
}

impl Proto<'_> {
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = TypeId> + '_ {
        self.parameters
            .chunks_exact(2)
            .map(|pair| TypeId(u16_at(pair, 0).map_or(u32::MAX, u32::from)))
    }
}

impl<'a> Dex<'a> {
    /// Reads the first logical file.
    pub fn parse(bytes: &'a [u8]) -> (Option<Self>, Vec<ScanIssue>) {
        let mut issues = Vec::new();
        let mut dex = Self::parse_at(bytes, 0, &mut issues).map(|(dex, _)| dex);
        if let Some(dex) = &mut dex {
            dex.limit_classes(1, &mut issues);
        }
        (dex, issues)
    }

    /// Reads all logical files: several in a version 041 container, otherwise one.
    pub fn parse_all(bytes: &'a [u8]) -> (Vec<Self>, Vec<ScanIssue>) {
        let mut issues = Vec::new();
        let mut files = Vec::new();
        let mut at = 0usize;
        while at < bytes.len() && files.len() < CONTAINER_FILES_MAX {
            let before = issues.len();
            let Some((dex, size)) = Self::parse_at(bytes, at, &mut issues) else {
                if !files.is_empty() {
                    issues.truncate(before);
                    issues.push(ScanIssue::new(&issues::CONTAINER).at(at));
                }
                break;
            };
            let container = dex.version >= 41;
            files.push(dex);
            if !container || size == 0 {
                break;
            }
            at = at.saturating_add(size);
        }
        let sharers = files.len();
        for dex in &mut files {
            dex.limit_classes(sharers, &mut issues);
        }
        if bytes.is_empty() {
            issues.push(ScanIssue::new(&issues::NOT_DEX).detail("empty file"));
        }
        (files, issues)
    }

    fn parse_at(bytes: &'a [u8], at: usize, found: &mut Vec<ScanIssue>) -> Option<(Self, usize)> {
        let header = bytes.get(at..).unwrap_or_default();
        if header.starts_with(b"cdex") {
            found.push(ScanIssue::new(&issues::COMPACT).at(at));
            return None;
        }
        let version = match header {
            [b'd', b'e', b'x' | b'y', b'\n', a, b, c, 0, ..] if header.len() >= HEADER_SIZE => {
                [*a, *b, *c].iter().try_fold(0u32, |value, digit| {
                    let digit = digit.checked_sub(b'0').filter(|digit| *digit <= 9)?;
                    value.checked_mul(10)?.checked_add(u32::from(digit))
                })
            }
            _ => None,
        };
        let Some(version) = version else {
            found.push(ScanIssue::new(&issues::NOT_DEX).at(at));
            return None;
        };
        if !(35..=41).contains(&version) {
            found.push(ScanIssue::new(&issues::VERSION).at(at).detail(format!("{version:03}")));
        }
        // In a container all offsets count from its start; in a plain file from the header.
        let contained = version >= 41 && header.len() >= CONTAINER_HEADER_SIZE;
        let data = if contained { bytes } else { header };
        let mut table = |name: &str, at: usize, row: usize| -> &'a [u8] {
            let size = u32_at(header, at).unwrap_or(0);
            let offset = u32_at(header, at.saturating_add(4)).unwrap_or(0);
            let (Ok(size), Ok(offset)) = (usize::try_from(size), usize::try_from(offset)) else {
                return &[];
            };
            let behind = data.get(offset..).unwrap_or_default();
            let rows = size.min(behind.len().checked_div(row).unwrap_or(0));
            if rows < size {
                let detail = format!("{name}: {size} claimed, {rows} present");
                found.push(ScanIssue::new(&issues::TABLE).at(offset).detail(detail));
            }
            behind.get(..rows.saturating_mul(row)).unwrap_or_default()
        };
        let dex = Self {
            data,
            header,
            version,
            strings: table("string_ids", 0x38, 4),
            types: table("type_ids", 0x40, 4),
            protos: table("proto_ids", 0x48, 12),
            fields: table("field_ids", 0x50, 8),
            methods: table("method_ids", 0x58, 8),
            classes: table("class_defs", 0x60, 32),
            map_tables: tables::MapTables::read(data, u32_at(header, 0x34).unwrap_or(0)),
        };
        let size = u32_at(header, 0x20).and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
        Some((dex, size))
    }

    /// What offsets count in: the file, or the container that it lies in.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// 35 to 41.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether the Adler-32 of the header holds. Reads the whole file.
    pub fn checksum_ok(&self) -> bool {
        let size = u32_at(self.header, 0x20).and_then(|size| usize::try_from(size).ok());
        let covered = size.and_then(|size| self.header.get(12..size.min(self.header.len())));
        covered.map(adler32) == u32_at(self.header, 8)
    }

    pub fn string_count(&self) -> u32 {
        rows(self.strings, 4)
    }

    pub fn type_count(&self) -> u32 {
        rows(self.types, 4)
    }

    pub fn field_count(&self) -> u32 {
        rows(self.fields, 8)
    }

    pub fn method_count(&self) -> u32 {
        rows(self.methods, 8)
    }

    pub fn class_count(&self) -> u32 {
        rows(self.classes, 32)
    }

    /// The string; `None` when out of range or without its terminator.
    #[inline]
    pub fn string(&self, id: StringId) -> Option<Mutf8<'a>> {
        let offset = row(self.strings, id.0, 4).and_then(|row| u32_at(row, 0))?;
        let mut cursor = Cursor::at(self.data, offset)?;
        cursor.uleb128()?;
        let rest = cursor.rest();
        let rest = rest.get(..STRING_BYTES_MAX).unwrap_or(rest);
        let end = memchr::memchr(0, rest)?;
        rest.get(..end).map(Mutf8)
    }

    /// The descriptor of a type.
    #[inline]
    pub fn type_name(&self, id: TypeId) -> Option<Mutf8<'a>> {
        let string = row(self.types, id.0, 4).and_then(|row| u32_at(row, 0))?;
        self.string(StringId(string))
    }

    pub fn proto(&self, id: ProtoId) -> Option<Proto<'a>> {
        let row = row(self.protos, id.0, 12)?;
        let parameters = match u32_at(row, 8)? {
            0 => &[][..],
            offset => {
                let mut cursor = Cursor::at(self.data, offset)?;
                let size = usize::try_from(cursor.u32()?).ok()?;
                cursor.take(size.checked_mul(2)?)?
            }
        };
        Some(Proto {
            shorty: StringId(u32_at(row, 0)?),
            return_type: TypeId(u32_at(row, 4)?),
            parameters,
        })
    }

    #[inline]
    pub fn field(&self, id: FieldId) -> Option<FieldRef> {
        let row = row(self.fields, id.0, 8)?;
        Some(FieldRef {
            class: TypeId(u16_at(row, 0)?.into()),
            ty: TypeId(u16_at(row, 2)?.into()),
            name: StringId(u32_at(row, 4)?),
        })
    }

    #[inline]
    pub fn method(&self, id: MethodId) -> Option<MethodRef> {
        let row = row(self.methods, id.0, 8)?;
        Some(MethodRef {
            class: TypeId(u16_at(row, 0)?.into()),
            proto: ProtoId(u16_at(row, 2)?.into()),
            name: StringId(u32_at(row, 4)?),
        })
    }

    /// `(Ljava/lang/String;I)V`; empty for a prototype that cannot be read.
    pub fn descriptor(&self, id: ProtoId) -> String {
        let Some(proto) = self.proto(id) else { return String::new() };
        let mut text = String::from("(");
        for ty in proto.parameters() {
            text.push_str(&self.type_name(ty).map(Mutf8::to_str).unwrap_or_default());
        }
        text.push(')');
        text.push_str(&self.type_name(proto.return_type).map(Mutf8::to_str).unwrap_or_default());
        text
    }

    /// The id of a string. The pool must be sorted for that; where a hostile file breaks the
    /// order, the string may not be found.
    pub fn find_string(&self, text: &[u8]) -> Option<StringId> {
        let wanted = Mutf8(text);
        let (mut low, mut high) = (0u32, self.string_count());
        while low < high {
            let middle = low.midpoint(high);
            match self.string(StringId(middle))?.cmp_utf16(wanted) {
                std::cmp::Ordering::Equal => return Some(StringId(middle)),
                std::cmp::Ordering::Less => low = middle.saturating_add(1),
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Whether some string starts with the text.
    pub fn has_string_with_prefix(&self, text: &[u8]) -> bool {
        let wanted = Mutf8(text);
        let (mut low, mut high) = (0u32, self.string_count());
        while low < high {
            let middle = low.midpoint(high);
            match self.string(StringId(middle)).map(|string| string.cmp_utf16(wanted)) {
                Some(std::cmp::Ordering::Less) => low = middle.saturating_add(1),
                _ => high = middle,
            }
        }
        self.string(StringId(low)).is_some_and(|string| string.bytes().starts_with(text))
    }

    pub fn classes(&self) -> impl ExactSizeIterator<Item = ClassDef> + 'a {
        self.classes.chunks_exact(32).map(ClassDef::read)
    }

    /// The members of a class. A class without any has empty lists.
    pub fn class_data(&self, class: &ClassDef) -> Result<ClassData, ScanIssue> {
        ClassData::read(self, class).ok_or_else(|| {
            let name = self.type_name(class.ty).map(Mutf8::to_str).unwrap_or_default();
            ScanIssue::new(&issues::CLASS_DATA).detail(name.into_owned())
        })
    }

    /// The code of a method; `None` for abstract and native ones.
    pub fn code(&self, method: &EncodedMethod) -> Result<Option<Code<'a>>, ScanIssue> {
        if method.code_offset == 0 {
            return Ok(None);
        }
        Code::read(self, method.code_offset).map(Some).ok_or_else(|| {
            let name = self.method(method.id).and_then(|method| self.string(method.name));
            ScanIssue::new(&issues::CODE).detail(name.map(|n| n.to_string()).unwrap_or_default())
        })
    }

    /// Types that a class implements.
    pub fn interfaces(&self, class: &ClassDef) -> Vec<TypeId> {
        let list = || {
            let mut cursor = Cursor::at(self.data, class.interfaces_offset)?;
            let size = usize::try_from(cursor.u32()?).ok()?;
            let items = cursor.take(size.checked_mul(2)?)?;
            Some(
                items
                    .chunks_exact(2)
                    .filter_map(|pair| u16_at(pair, 0))
                    .map(|id| TypeId(id.into()))
                    .collect(),
            )
        };
        if class.interfaces_offset == 0 { Vec::new() } else { list().unwrap_or_default() }
    }

    /// Initial values of the static fields, in the order of [`ClassData::static_fields`].
    pub fn static_values(&self, class: &ClassDef) -> Vec<EncodedValue> {
        value::static_values(self, class.static_values_offset)
    }

    /// Annotations of the class itself.
    pub fn class_annotations(&self, class: &ClassDef) -> Vec<Annotation> {
        value::member_annotations(self, class.annotations_offset).class
    }

    /// Annotations of the class, its fields and its methods.
    pub fn annotations(&self, class: &ClassDef) -> MemberAnnotations {
        value::member_annotations(self, class.annotations_offset)
    }
}

fn rows(table: &[u8], size: usize) -> u32 {
    u32::try_from(table.len().checked_div(size).unwrap_or(0)).unwrap_or(u32::MAX)
}

#[inline]
fn row(table: &[u8], index: u32, size: usize) -> Option<&[u8]> {
    let start = usize::try_from(index).ok()?.checked_mul(size)?;
    table.get(start..start.checked_add(size)?)
}

fn adler32(bytes: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    // Largest run whose sums fit into 32 bits.
    const RUN: usize = 5552;
    let (mut a, mut b) = (1u32, 0u32);
    for run in bytes.chunks(RUN) {
        for byte in run {
            a = a.wrapping_add(u32::from(*byte));
            b = b.wrapping_add(a);
        }
        a %= MODULUS;
        b %= MODULUS;
    }
    (b << 16) | a
}
