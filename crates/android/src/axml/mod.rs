//! Android XML: binary as in an APK, plain text as in an AAR or in source, protobuf as in an AAB.
//! All three give the same [`Document`].
//!
//! The reader follows AOSP's `ResXMLTree` (`libs/androidfw/ResourceTypes.cpp`): what Android
//! tolerates is read and noted as an [`Anomaly`], what Android rejects is a scan issue, and the
//! rest is read as far as possible. Names are the *effective* ones: Android finds the attributes
//! of the framework by resource id, so an attribute with the id of `android:name` is
//! `android:name`, whatever its name in the file. Not here: resolving references (see
//! [`crate::arsc`]) and the meaning of a manifest.
//!
//! ```
//! use menshen_android::axml::Document;
//! let (document, issues) = Document::parse_text(
//!     br#"<manifest xmlns:android="http://schemas.android.com/apk/res/android" package="a.b">
//!           <application android:debuggable="true"/></manifest>"#,
//! );
//! assert!(issues.is_empty());
//! let document = document.unwrap();
//! let application = document.root.child("application").unwrap();
//! assert_eq!(application.android("debuggable").unwrap().as_bool(), Some(true));
//! assert_eq!(document.root.plain("package").unwrap().text().as_deref(), Some("a.b"));
//! ```

mod anomaly;
mod attrs;
mod binary;
pub(crate) mod issues;
mod print;
mod text;

pub(crate) use anomaly::Notes;
pub use anomaly::{Anomaly, AnomalyKind};
pub use attrs::{attribute_id, attribute_name, symbols_of_value, value_of_symbols};
pub use print::Printed;

pub use crate::arsc::{IntKind, ResValue};
use menshen_base::ScanIssue;
use std::borrow::Cow;

/// Namespace of the framework's attributes.
pub const ANDROID_NAMESPACE: &str = "http://schemas.android.com/apk/res/android";

/// Deepest nesting of elements that is read.
pub(crate) const DEPTH_MAX: usize = 1000;
/// Elements read of one document.
pub(crate) const ELEMENTS_MAX: usize = 200_000;
/// Attributes read of one document.
pub(crate) const ATTRIBUTES_MAX: usize = 400_000;
/// Bytes of text copied out of one document; a pool lets one string stand in many places.
const TEXT_BYTES_MAX: usize = 64 << 20;
/// The same in relation to the size of the file, and what is always allowed.
const TEXT_FACTOR: usize = 16;
const TEXT_BYTES_FREE: usize = 1 << 20;

/// Declarations of namespaces kept of one document.
pub(crate) const NAMESPACES_MAX: usize = 64;

/// Bytes of text that may be copied out of a file of this size.
pub(crate) fn text_budget(file_size: usize) -> usize {
    file_size.saturating_mul(TEXT_FACTOR).saturating_add(TEXT_BYTES_FREE).min(TEXT_BYTES_MAX)
}

/// A whole document.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    pub root: Element,
    /// Elements behind the root. Android never reads them in a manifest.
    pub further_roots: Vec<Element>,
    /// Declared namespaces, prefix and URI, in order of first appearance.
    pub namespaces: Vec<(String, String)>,
    /// Oddities that Android tolerates. Always empty for text.
    pub anomalies: Vec<Anomaly>,
}

/// An element with its attributes and children.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Position in document order; the root has 0.
    pub index: u32,
    /// URI. `None`: no namespace, as for all elements of a manifest.
    pub namespace: Option<Cow<'static, str>>,
    pub name: String,
    /// Line in the source file as the compiler recorded it; 0 if unknown.
    pub line: u32,
    /// Bytes from the start of the file.
    pub offset: u32,
    pub attributes: Vec<Attribute>,
    pub children: Vec<Element>,
    /// Character data directly within the element, joined.
    pub text: String,
}

/// An attribute of an element.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// URI; [`ANDROID_NAMESPACE`] whenever the id is one of the framework's.
    pub namespace: Option<Cow<'static, str>>,
    /// Local name; by the id when the framework has that id. `0x7f010001` if there is no name.
    pub name: Cow<'static, str>,
    /// Resource id of the attribute.
    pub id: Option<u32>,
    /// The text in the source, where the file keeps it and `value` is not just that text.
    pub raw: Option<String>,
    pub value: ResValue,
    /// `false`: Android's look-up does not reach it (out of order, repeated, or of the android
    /// namespace without id), so it has no effect.
    pub effective: bool,
}

impl Document {
    /// Reads binary XML.
    pub fn parse(bytes: &[u8]) -> (Option<Self>, Vec<ScanIssue>) {
        binary::parse(bytes)
    }

    /// All elements in document order, without those behind the root.
    pub fn elements(&self) -> Elements<'_> {
        self.root.descendants()
    }
}

/// Iterator over an element and what is below it, in document order.
#[derive(Debug, Clone)]
pub struct Elements<'d> {
    next: Option<&'d Element>,
    stack: Vec<std::slice::Iter<'d, Element>>,
}

impl<'d> Iterator for Elements<'d> {
    type Item = &'d Element;

    fn next(&mut self) -> Option<&'d Element> {
        let element = match self.next.take() {
            Some(first) => first,
            None => loop {
                let top = self.stack.last_mut()?;
                match top.next() {
                    Some(element) => break element,
                    None => drop(self.stack.pop()),
                }
            },
        };
        self.stack.push(element.children.iter());
        Some(element)
    }
}

impl Element {
    /// This element and all below it, in document order.
    pub fn descendants(&self) -> Elements<'_> {
        Elements { next: Some(self), stack: Vec::new() }
    }

    /// The first child with this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn children_named<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The effective attribute of the `android` namespace with this name.
    pub fn android(&self, name: &str) -> Option<&Attribute> {
        self.attribute(Some(ANDROID_NAMESPACE), name)
    }

    /// The effective attribute without namespace with this name.
    pub fn plain(&self, name: &str) -> Option<&Attribute> {
        self.attribute(None, name)
    }

    /// The first effective attribute with this namespace and name.
    pub fn attribute(&self, namespace: Option<&str>, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| {
            attribute.effective
                && attribute.name == name
                && attribute.namespace.as_deref() == namespace
        })
    }
}

impl Attribute {
    /// The value as text: the string, or the source text that the file keeps, or the number as
    /// Android turns it into a string. References give `None`: resolve them first.
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match (&self.value, &self.raw) {
            // Attributes without id are looked up by name, and Android then takes the raw text.
            (ResValue::String(_), Some(raw)) if self.id.is_none() => Some(Cow::Borrowed(raw)),
            (ResValue::String(text), _) => Some(Cow::Borrowed(text)),
            (_, Some(raw)) if self.value.as_reference().is_none() => Some(Cow::Borrowed(raw)),
            (ResValue::Null | ResValue::Empty | ResValue::Other { .. }, _) => None,
            (ResValue::Attribute(_) | ResValue::DynamicAttribute(_), _) => None,
            (ResValue::Reference(_) | ResValue::DynamicReference(_), _) => None,
            (value, _) => Some(Cow::Owned(value.display(|_| None))),
        }
    }

    /// As `TypedArray.getBoolean`: integers other than 0 are true; text is `true` or `false`.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.value {
            ResValue::String(text) => match text.as_str() {
                "true" | "TRUE" | "True" => Some(true),
                "false" | "FALSE" | "False" => Some(false),
                other => int_of_text(other).map(|value| value != 0),
            },
            value => value.as_bool(),
        }
    }

    /// Integers of any kind; text in decimal or `0x` form; symbols of framework attributes.
    pub fn as_int(&self) -> Option<i32> {
        match &self.value {
            ResValue::String(text) => {
                int_of_text(text).or_else(|| value_of_symbols(self.id?, text).map(u32::cast_signed))
            }
            value => value.as_int(),
        }
    }

    /// Id of the resource that the value points to.
    pub fn as_reference(&self) -> Option<u32> {
        self.value.as_reference()
    }
}

pub(crate) fn int_of_text(text: &str) -> Option<i32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok().map(u32::cast_signed),
        None => text.parse().ok(),
    }
}

/// Known namespaces without allocation.
pub(crate) fn namespace(uri: &str) -> Option<Cow<'static, str>> {
    match uri {
        "" => None,
        ANDROID_NAMESPACE => Some(Cow::Borrowed(ANDROID_NAMESPACE)),
        "http://schemas.android.com/apk/res-auto" => {
            Some(Cow::Borrowed("http://schemas.android.com/apk/res-auto"))
        }
        other => Some(Cow::Owned(other.to_owned())),
    }
}

/// Puts elements together in the order in which a document names them, within limits.
#[derive(Debug, Default)]
pub(crate) struct TreeBuilder {
    open: Vec<Element>,
    roots: Vec<Element>,
    /// Elements opened below the depth limit, not kept.
    skipped: usize,
    elements: u32,
    too_deep: bool,
}

impl TreeBuilder {
    pub(crate) fn element_count(&self) -> usize {
        usize::try_from(self.elements).unwrap_or(usize::MAX)
    }

    pub(crate) fn depth(&self) -> usize {
        self.open.len().saturating_add(self.skipped)
    }

    pub(crate) fn too_deep(&self) -> bool {
        self.too_deep
    }

    pub(crate) fn start(&mut self, mut element: Element) {
        if self.open.len() >= DEPTH_MAX || self.skipped > 0 {
            self.skipped = self.skipped.saturating_add(1);
            self.too_deep = true;
            return;
        }
        element.index = self.elements;
        self.elements = self.elements.saturating_add(1);
        self.open.push(element);
    }

    pub(crate) fn text(&mut self, text: &str) {
        if self.skipped == 0
            && let Some(top) = self.open.last_mut()
        {
            top.text.push_str(text);
        }
    }

    /// The name of the element that ends; `None` if none is open or it was not kept.
    pub(crate) fn open_name(&self) -> Option<&str> {
        if self.skipped > 0 { None } else { self.open.last().map(|top| top.name.as_str()) }
    }

    /// `false`: nothing is open.
    pub(crate) fn end(&mut self) -> bool {
        if self.skipped > 0 {
            self.skipped = self.skipped.saturating_sub(1);
            return true;
        }
        let Some(element) = self.open.pop() else { return false };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.roots.push(element),
        }
        true
    }

    /// Closes what is open and gives the roots.
    pub(crate) fn finish(mut self) -> Vec<Element> {
        self.skipped = 0;
        while self.end() {}
        self.roots
    }
}
