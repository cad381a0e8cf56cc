//! An element of a document with its references resolved: what the detectors of manifest,
//! layouts and configuration files read.

use crate::resources::Resources;
use menshen_android::axml::{Attribute, Element, ResValue};
use menshen_base::Place;

/// An element seen together with the resources that its attributes may refer to.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pub element: &'a Element,
    pub resources: &'a Resources<'a>,
}

impl<'a> Node<'a> {
    pub fn tag(&self) -> &'a str {
        &self.element.name
    }

    pub fn children(self) -> impl Iterator<Item = Node<'a>> {
        let resources = self.resources;
        self.element.children.iter().map(move |element| Node { element, resources })
    }

    pub fn named<'t: 'a>(self, tag: &'t str) -> impl Iterator<Item = Node<'a>> {
        self.children().filter(move |child| child.tag() == tag)
    }

    /// The element and everything below it, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Node<'a>> {
        let resources = self.resources;
        self.element.descendants().map(move |element| Node { element, resources })
    }

    /// The attribute: of the android namespace, or without any, as `package` and `split`.
    pub fn attribute(&self, name: &str) -> Option<&'a Attribute> {
        self.element.android(name).or_else(|| self.element.plain(name))
    }

    /// The attribute as text; the default configuration where it refers to a resource. A
    /// reference that does not resolve is printed as one: `@0x7f010001`.
    pub fn text(&self, name: &str) -> Option<String> {
        let attribute = self.attribute(name)?;
        match attribute.as_reference() {
            Some(id) => Some(match self.resources.text(id) {
                Some(text) => text,
                None => attribute.value.display(|id| self.resources.name(id)),
            }),
            None => {
                let text = attribute.text()?;
                Some(self.resources.written(&text).unwrap_or_else(|| text.into_owned()))
            }
        }
    }

    /// True in any configuration; the only way to be sure that it never is.
    pub fn any_flag(&self, name: &str) -> Option<bool> {
        let attribute = self.attribute(name)?;
        match attribute.as_reference() {
            Some(id) => {
                let values: Vec<bool> =
                    self.resources.values(id).iter().filter_map(ResValue::as_bool).collect();
                if values.is_empty() { None } else { Some(values.contains(&true)) }
            }
            None => attribute.as_bool(),
        }
    }

    /// A number; the default configuration where it refers to a resource.
    pub fn int(&self, name: &str) -> Option<i64> {
        let attribute = self.attribute(name)?;
        match attribute.as_reference() {
            Some(id) => self.resources.values(id).first().and_then(ResValue::as_int).map(i64::from),
            None => attribute.as_int().map(i64::from),
        }
    }

    /// The path in the package of the file that the attribute refers to.
    pub fn file(&self, name: &str) -> Option<String> {
        let attribute = self.attribute(name)?;
        match attribute.as_reference() {
            Some(id) => self.resources.files(id).into_iter().next(),
            // Source form, as in libraries: `@xml/network`.
            None => {
                let text = attribute.text()?;
                text.strip_prefix('@').map(|name| format!("res/{name}.xml"))
            }
        }
    }

    /// All files, one a configuration.
    pub fn files(&self, name: &str) -> Vec<String> {
        match self.attribute(name).and_then(Attribute::as_reference) {
            Some(id) => self.resources.files(id),
            None => self.file(name).into_iter().collect(),
        }
    }

    pub fn place(&self, path: &str) -> Place {
        Place { path: path.to_owned(), offset: Some(u64::from(self.element.offset)), code: None }
    }
}
