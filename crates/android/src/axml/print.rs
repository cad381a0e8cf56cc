//! Readable XML of a document, for evidence windows and for the eye.

use super::{ANDROID_NAMESPACE, Attribute, Document, Element, ResValue, symbols_of_value};
use std::fmt::Write;

/// Characters of one attribute value or text that are printed.
const SHOWN_CHARS_MAX: usize = 2000;
/// Bytes after which nothing more is printed: one long name may stand in very many places.
const PRINTED_BYTES_MAX: usize = 16 << 20;

/// A printed document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    pub text: String,
    /// Line on which each element starts, counted from 1, by [`Element::index`].
    lines: Vec<u32>,
}

impl Printed {
    /// Line on which the element starts, counted from 1.
    pub fn line_of(&self, element: &Element) -> Option<u32> {
        usize::try_from(element.index).ok().and_then(|index| self.lines.get(index)).copied()
    }
}

/// What a printer needs besides the tree.
struct Printer<'p> {
    out: String,
    line: u32,
    lines: Vec<u32>,
    namespaces: &'p [(String, String)],
    resource_name: &'p dyn Fn(u32) -> Option<String>,
}

impl Document {
    /// The document as XML: one line an attribute where there are several, references by id.
    pub fn print(&self) -> Printed {
        self.print_with(&|_| None)
    }

    /// As [`Self::print`], references by the name that `resource_name` gives (`string/app_name`).
    pub fn print_with(&self, resource_name: &dyn Fn(u32) -> Option<String>) -> Printed {
        let mut printer = Printer::new(&self.namespaces, resource_name);
        printer.out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>");
        printer.newline();
        printer.element(&self.root, 0, true);
        for root in &self.further_roots {
            printer.element(root, 0, false);
        }
        Printed { text: printer.out, lines: printer.lines }
    }

    /// One element with all below it.
    pub fn print_element(&self, element: &Element) -> String {
        let mut printer = Printer::new(&self.namespaces, &|_| None);
        printer.element(element, 0, false);
        printer.out
    }
}

impl<'p> Printer<'p> {
    fn new(
        namespaces: &'p [(String, String)],
        resource_name: &'p dyn Fn(u32) -> Option<String>,
    ) -> Self {
        Self { out: String::new(), line: 1, lines: Vec::new(), namespaces, resource_name }
    }

    fn newline(&mut self) {
        self.out.push('\n');
        self.line = self.line.saturating_add(1);
    }

    fn indent(&mut self, depth: usize) {
        // Deep trees are attacks; they need no deep margin.
        for _ in 0..depth.min(40) {
            self.out.push_str("    ");
        }
    }

    fn is_full(&self) -> bool {
        self.out.len() >= PRINTED_BYTES_MAX
    }

    fn element(&mut self, element: &Element, depth: usize, declare: bool) {
        if self.is_full() {
            return;
        }
        self.lines.push(self.line);
        self.indent(depth);
        self.out.push('<');
        self.name(element.namespace.as_deref(), &element.name);
        let declared = if declare { self.namespaces } else { &[] };
        let broken = element.attributes.len().saturating_add(declared.len()) > 1;
        for (prefix, uri) in declared {
            self.attribute_margin(broken, depth);
            let _ = write!(self.out, "xmlns:{prefix}=\"");
            self.escaped(uri);
            self.out.push('"');
        }
        for attribute in &element.attributes {
            if self.is_full() {
                self.out.push('…');
                break;
            }
            self.attribute_margin(broken, depth);
            self.name(attribute.namespace.as_deref(), &attribute.name);
            self.out.push_str("=\"");
            let value = self.value(attribute);
            self.escaped(&value);
            self.out.push('"');
        }
        let text = element.text.trim();
        if element.children.is_empty() && text.is_empty() {
            self.out.push_str(" />");
            self.newline();
            return;
        }
        self.out.push('>');
        self.escaped(text);
        if !element.children.is_empty() {
            self.newline();
            for child in &element.children {
                self.element(child, depth.saturating_add(1), false);
            }
            self.indent(depth);
        }
        self.out.push_str("</");
        self.name(element.namespace.as_deref(), &element.name);
        self.out.push('>');
        self.newline();
    }

    fn attribute_margin(&mut self, broken: bool, depth: usize) {
        if broken {
            self.newline();
            self.indent(depth.saturating_add(1));
        } else {
            self.out.push(' ');
        }
    }

    fn name(&mut self, namespace: Option<&str>, name: &str) {
        if let Some(uri) = namespace {
            let prefix = self.namespaces.iter().find(|(_, known)| known == uri);
            let prefix = match prefix {
                Some((prefix, _)) => prefix.as_str(),
                None if uri == ANDROID_NAMESPACE => "android",
                None => "unknown",
            };
            if !prefix.is_empty() {
                self.out.push_str(prefix);
                self.out.push(':');
            }
        }
        let name: String =
            name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
        self.out.push_str(if name.is_empty() { "_" } else { &name });
    }

    fn value(&self, attribute: &Attribute) -> String {
        if let ResValue::Int(value, _) = attribute.value
            && let Some(id) = attribute.id
            && let Some(symbols) = symbols_of_value(id, value.cast_unsigned())
        {
            return symbols;
        }
        attribute.value.display(self.resource_name)
    }

    /// Control characters become character references, so a line stays a line.
    fn escaped(&mut self, text: &str) {
        let cut = text.char_indices().nth(SHOWN_CHARS_MAX).map(|(at, _)| at);
        for character in text.get(..cut.unwrap_or(text.len())).unwrap_or_default().chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                control if control.is_control() => {
                    let _ = write!(self.out, "&#{};", u32::from(control));
                }
                other => self.out.push(other),
            }
        }
        if cut.is_some() {
            self.out.push('…');
        }
    }
}
