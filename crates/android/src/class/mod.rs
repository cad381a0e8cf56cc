//! JVM class files, Java 1.0.2 to 25 (major versions 45 to 69). Zero-copy: names, code and
//! attributes are slices of the file; only the constant pool and the member lists are built.
//!
//! [`ClassFile::parse`] reads one class; [`ClassFile::code`] gives the [`Code`] of a method with
//! its instructions. A pool index that points nowhere, or to a constant of another kind, is
//! `None`, never a panic. Not here: verification of code, stack maps, module descriptions.
//! Specification: "The Java Virtual Machine Specification", chapter 4.
//!
//! ```
//! use menshen_android::class::ClassFile;
//! let (class, issues) = ClassFile::parse(b"PK\x03\x04");
//! assert!(class.is_none());
//! assert_eq!(issues[0].kind.code, "class/not-class");
//! ```

mod annotation;
mod code;
pub(crate) mod issues;
mod opcode;
mod pool;
mod reader;

pub use annotation::{Annotation, ElementValue};
pub use code::{Code, ExceptionHandler, Insn};
pub use opcode::{Opcode, Operands};
pub use pool::{Constant, ConstantPool, MemberRef, PoolIndex, Reference};

use crate::dex::Mutf8;
use menshen_base::ScanIssue;
use reader::Reader;

/// Major version of Java 1.0.2, the oldest.
const MAJOR_MIN: u16 = 45;
/// Major version of Java 25.
const MAJOR_MAX: u16 = 69;

/// One class.
#[derive(Debug, Clone)]
pub struct ClassFile<'a> {
    pub minor: u16,
    pub major: u16,
    pub access: u16,
    pub this_class: PoolIndex,
    /// 0 for `java.lang.Object` and module descriptions.
    pub super_class: PoolIndex,
    pub interfaces: Vec<PoolIndex>,
    pub pool: ConstantPool<'a>,
    pub fields: Vec<Member<'a>>,
    pub methods: Vec<Member<'a>>,
    pub attributes: Attributes<'a>,
}

/// A field or a method.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    pub access: u16,
    pub name: PoolIndex,
    pub descriptor: PoolIndex,
    pub attributes: Attributes<'a>,
}

/// A list of attributes, not yet taken apart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Attributes<'a> {
    bytes: &'a [u8],
}

/// One attribute.
#[derive(Debug, Clone, Copy)]
pub struct Attribute<'a> {
    pub name: PoolIndex,
    pub data: &'a [u8],
}

/// One row of the `InnerClasses` attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InnerClass<'a> {
    pub class: Mutf8<'a>,
    /// `None` for local and anonymous classes.
    pub outer: Option<Mutf8<'a>>,
    /// `None` for anonymous classes.
    pub name: Option<Mutf8<'a>>,
    pub access: u16,
}

/// One row of the `BootstrapMethods` attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootstrapMethod {
    /// A method handle constant.
    pub handle: PoolIndex,
    pub arguments: Vec<PoolIndex>,
}

impl<'a> ClassFile<'a> {
    /// Reads a class. `None` when its constant pool or its head cannot be read; what is missing
    /// behind them is an issue.
    pub fn parse(bytes: &'a [u8]) -> (Option<Self>, Vec<ScanIssue>) {
        let mut issues = Vec::new();
        let class = Self::read(bytes, &mut issues);
        (class, issues)
    }

    fn read(bytes: &'a [u8], found: &mut Vec<ScanIssue>) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let head = (reader.u32(), reader.u16(), reader.u16());
        let (Some(0xcafe_babe), Some(minor), Some(major)) = head else {
            found.push(ScanIssue::new(&issues::NOT_CLASS));
            return None;
        };
        if !(MAJOR_MIN..=MAJOR_MAX).contains(&major) {
            found.push(ScanIssue::new(&issues::VERSION).detail(format!("{major}.{minor}")));
        }
        let Some(pool) = ConstantPool::read(&mut reader) else {
            found.push(ScanIssue::new(&issues::POOL).at(reader.position()));
            return None;
        };
        let header = |reader: &mut Reader<'a>| {
            let fixed = (reader.u16()?, reader.u16()?, reader.u16()?);
            let count = reader.u16()?;
            let mut interfaces = Vec::with_capacity(reader.plausible(count, 2));
            for _ in 0..count {
                interfaces.push(reader.u16()?);
            }
            Some((fixed, interfaces))
        };
        let Some(((access, this_class, super_class), interfaces)) = header(&mut reader) else {
            found.push(ScanIssue::new(&issues::HEADER).at(reader.position()));
            return None;
        };
        let mut class = Self {
            minor,
            major,
            access,
            this_class,
            super_class,
            interfaces,
            pool,
            fields: Vec::new(),
            methods: Vec::new(),
            attributes: Attributes::default(),
        };
        let complete = read_members(&mut reader, &mut class.fields)
            .and_then(|()| read_members(&mut reader, &mut class.methods));
        if complete.is_none() {
            let detail = class.name().map(|name| name.to_string()).unwrap_or_default();
            found.push(ScanIssue::new(&issues::MEMBERS).at(reader.position()).detail(detail));
            return Some(class);
        }
        match Attributes::read(&mut reader) {
            Some(attributes) => class.attributes = attributes,
            None => found.push(ScanIssue::new(&issues::ATTRIBUTES).at(reader.position())),
        }
        Some(class)
    }

    /// Internal name: `com/a/B$C`.
    pub fn name(&self) -> Option<Mutf8<'a>> {
        self.pool.class(self.this_class)
    }

    pub fn super_name(&self) -> Option<Mutf8<'a>> {
        self.pool.class(self.super_class)
    }

    pub fn interface_names(&self) -> impl Iterator<Item = Mutf8<'a>> + '_ {
        self.interfaces.iter().filter_map(|index| self.pool.class(*index))
    }

    /// The code of a method; `None` for abstract and native ones.
    pub fn code(&self, method: &Member<'a>) -> Result<Option<Code<'a>>, ScanIssue> {
        let Some(data) = self.attribute(&method.attributes, "Code") else { return Ok(None) };
        Code::read(data).map(Some).ok_or_else(|| {
            let name = self.pool.utf8(method.name).map(|name| name.to_string());
            ScanIssue::new(&issues::CODE).detail(name.unwrap_or_default())
        })
    }

    /// The initial value of a static field, where it is constant.
    pub fn constant_value(&self, field: &Member<'a>) -> Option<Constant<'a>> {
        let data = self.attribute(&field.attributes, "ConstantValue")?;
        self.pool.get(reader::u16_at(data, 0)?)
    }

    /// Visible annotations first, then those that only build tools see. For the class itself
    /// give its own attributes.
    pub fn annotations(&self, attributes: &Attributes<'a>) -> Vec<Annotation<'a>> {
        let mut found = Vec::new();
        for (name, visible) in
            [("RuntimeVisibleAnnotations", true), ("RuntimeInvisibleAnnotations", false)]
        {
            if let Some(data) = self.attribute(attributes, name) {
                annotation::read_all(data, &self.pool, visible, &mut found);
            }
        }
        found
    }

    /// Bootstrap methods of dynamic call sites, as many as can be read.
    pub fn bootstrap_methods(&self) -> Vec<BootstrapMethod> {
        let data = self.attribute(&self.attributes, "BootstrapMethods").unwrap_or_default();
        let mut reader = Reader::new(data);
        let mut methods = Vec::new();
        for _ in 0..reader.u16().unwrap_or(0) {
            match read_bootstrap_method(&mut reader) {
                Some(method) => methods.push(method),
                None => break,
            }
        }
        methods
    }

    /// Member classes named in this class, as many as can be read.
    pub fn inner_classes(&self) -> Vec<InnerClass<'a>> {
        let data = self.attribute(&self.attributes, "InnerClasses").unwrap_or_default();
        let rows = data.get(2..).unwrap_or_default().chunks_exact(8);
        rows.filter_map(|row| {
            Some(InnerClass {
                class: self.pool.class(reader::u16_at(row, 0)?)?,
                outer: self.pool.class(reader::u16_at(row, 2)?),
                name: self.pool.utf8(reader::u16_at(row, 4)?),
                access: reader::u16_at(row, 6)?,
            })
        })
        .collect()
    }

    pub fn source_file(&self) -> Option<Mutf8<'a>> {
        self.text_attribute(&self.attributes, "SourceFile")
    }

    /// Generic signature of the class or a member.
    pub fn signature(&self, attributes: &Attributes<'a>) -> Option<Mutf8<'a>> {
        self.text_attribute(attributes, "Signature")
    }

    fn text_attribute(&self, attributes: &Attributes<'a>, name: &str) -> Option<Mutf8<'a>> {
        let data = self.attribute(attributes, name)?;
        self.pool.utf8(reader::u16_at(data, 0)?)
    }

    /// Data of the first attribute of that name.
    pub fn attribute(&self, attributes: &Attributes<'a>, name: &str) -> Option<&'a [u8]> {
        attribute(attributes, &self.pool, name)
    }
}

impl<'a> Attributes<'a> {
    /// Steps over a list of attributes; `None` when it runs over the end.
    fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let count = reader.u16()?;
        let start = reader.clone();
        for _ in 0..count {
            reader.u16()?;
            let length = reader.u32()?;
            reader.take_u32(length)?;
        }
        let length = reader.position().checked_sub(start.position())?;
        Some(Self { bytes: start.rest().get(..length)? })
    }

    pub fn iter(&self) -> impl Iterator<Item = Attribute<'a>> + use<'a> {
        let mut reader = Reader::new(self.bytes);
        std::iter::from_fn(move || {
            let name = reader.u16()?;
            let length = reader.u32()?;
            Some(Attribute { name, data: reader.take_u32(length)? })
        })
    }
}

fn attribute<'a>(
    attributes: &Attributes<'a>,
    pool: &ConstantPool<'_>,
    name: &str,
) -> Option<&'a [u8]> {
    attributes
        .iter()
        .find(|found| pool.utf8(found.name).is_some_and(|text| text.bytes() == name.as_bytes()))
        .map(|found| found.data)
}

/// What could be read before the end stays in the list.
fn read_members<'a>(reader: &mut Reader<'a>, members: &mut Vec<Member<'a>>) -> Option<()> {
    let count = reader.u16()?;
    members.reserve(reader.plausible(count, 8));
    for _ in 0..count {
        let (access, name, descriptor) = (reader.u16()?, reader.u16()?, reader.u16()?);
        let attributes = Attributes::read(reader)?;
        members.push(Member { access, name, descriptor, attributes });
    }
    Some(())
}

fn read_bootstrap_method(reader: &mut Reader<'_>) -> Option<BootstrapMethod> {
    let handle = reader.u16()?;
    let count = reader.u16()?;
    let rows = reader.take(usize::from(count).checked_mul(2)?)?;
    let arguments = rows.chunks_exact(2).filter_map(|row| reader::u16_at(row, 0)).collect();
    Some(BootstrapMethod { handle, arguments })
}
