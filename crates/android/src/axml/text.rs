//! Plain-text XML, as in an AAR or in a source tree, into the same tree.
//!
//! Values are typed the way aapt types them, as far as that needs no resources: booleans,
//! numbers, colours, and the symbols of the framework's flags and enums. References by name
//! (`@string/x`) stay text. The source text is always kept in [`Attribute::raw`].

use super::{
    ANDROID_NAMESPACE, ATTRIBUTES_MAX, Attribute, Document, ELEMENTS_MAX, Element, TreeBuilder,
    attribute_id, int_of_text, issues, namespace, text_budget, value_of_symbols,
};
use crate::arsc::{IntKind, ResValue};
use menshen_base::{IssueKind, ScanIssue};
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, QName, ResolveResult};
use quick_xml::reader::NsReader;
use std::borrow::Cow;

/// Attributes without namespace whose text is never typed: `package="1.2"` is a name.
const TEXT_ONLY: &[&str] = &["package", "split", "tag"];
/// Framework attributes that hold text even if it looks like a number.
const TEXT_ATTRIBUTES: &[&str] = &["versionName", "name", "label", "host", "path", "scheme", "tag"];

struct TextReader<'x> {
    xml: NsReader<&'x [u8]>,
    lines: Lines<'x>,
    tree: TreeBuilder,
    namespaces: Vec<(String, String)>,
    attributes: usize,
    text_left: usize,
}

/// What stops the reading.
struct Stop(&'static IssueKind, String);

impl Document {
    /// Reads plain-text XML in UTF-8 or, with a byte order mark, UTF-16. Entities of a document
    /// type are not expanded.
    pub fn parse_text(bytes: &[u8]) -> (Option<Self>, Vec<ScanIssue>) {
        let text = utf8_of(bytes);
        let mut reader = TextReader {
            xml: NsReader::from_str(&text),
            lines: Lines { text: text.as_bytes(), at: 0, line: 1 },
            tree: TreeBuilder::default(),
            namespaces: Vec::new(),
            attributes: 0,
            text_left: text_budget(text.len()),
        };
        let mut found = Vec::new();
        if let Err(Stop(kind, detail)) = reader.read() {
            let at = usize::try_from(reader.xml.buffer_position()).unwrap_or(usize::MAX);
            found.push(ScanIssue::new(kind).at(at).detail(detail));
        }
        if reader.tree.too_deep() {
            found.push(ScanIssue::new(&issues::TOO_DEEP));
        }
        let namespaces = reader.namespaces;
        let mut roots = reader.tree.finish().into_iter();
        let Some(root) = roots.next() else {
            if found.is_empty() {
                found.push(ScanIssue::new(&issues::NO_ROOT));
            }
            return (None, found);
        };
        let further_roots = roots.collect();
        (Some(Self { root, further_roots, namespaces, anomalies: Vec::new() }), found)
    }
}

impl TextReader<'_> {
    fn read(&mut self) -> Result<(), Stop> {
        let syntax = |error: quick_xml::Error| Stop(&issues::SYNTAX, error.to_string());
        loop {
            let at = usize::try_from(self.xml.buffer_position()).unwrap_or(usize::MAX);
            match self.xml.read_event().map_err(syntax)? {
                Event::Start(start) => self.start(&start, at)?,
                Event::Empty(start) => {
                    self.start(&start, at)?;
                    self.tree.end();
                }
                Event::End(_) => {
                    self.tree.end();
                }
                Event::Text(text) => {
                    self.text(&text);
                }
                Event::CData(text) => {
                    self.text(&text);
                }
                Event::GeneralRef(reference) => {
                    let text = match reference.resolve_char_ref() {
                        Ok(Some(character)) => character.to_string(),
                        _ => {
                            let name: &str = &reference;
                            match resolve_predefined_entity(name) {
                                Some(text) => text.to_owned(),
                                None => format!("&{name};"),
                            }
                        }
                    };
                    self.text(&text);
                }
                Event::Eof => {
                    return match self.tree.depth() {
                        0 => Ok(()),
                        open => Err(Stop(&issues::SYNTAX, format!("{open} elements not ended"))),
                    };
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
            if self.tree.element_count() >= ELEMENTS_MAX
                || self.attributes >= ATTRIBUTES_MAX
                || self.text_left == 0
            {
                return Err(Stop(&issues::LIMIT, String::new()));
            }
        }
    }

    fn text(&mut self, text: &str) {
        self.text_left = self.text_left.saturating_sub(text.len());
        self.tree.text(text);
    }

    fn start(&mut self, start: &BytesStart<'_>, at: usize) -> Result<(), Stop> {
        let line = self.lines.of(at);
        let (uri, local) = self.xml.resolver().resolve_element(start.name());
        let mut element = Element {
            index: 0,
            namespace: resolved(&uri),
            name: AsRef::<str>::as_ref(&local).to_owned(),
            line,
            offset: u32::try_from(at).unwrap_or(u32::MAX),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| Stop(&issues::SYNTAX, e.to_string()))?;
            let raw = unescape(&attribute.value);
            self.text_left = self.text_left.saturating_sub(raw.len());
            self.attributes = self.attributes.saturating_add(1);
            match attribute.key.as_namespace_binding() {
                Some(PrefixDeclaration::Default) => self.declare("", raw),
                Some(PrefixDeclaration::Named(prefix)) => self.declare(prefix, raw),
                None => {
                    let attribute = self.attribute(attribute.key, raw);
                    element.attributes.push(attribute);
                }
            }
        }
        self.tree.start(element);
        Ok(())
    }

    fn declare(&mut self, prefix: &str, uri: String) {
        let pair = (prefix.to_owned(), uri);
        if self.namespaces.len() < super::NAMESPACES_MAX && !self.namespaces.contains(&pair) {
            self.namespaces.push(pair);
        }
    }

    fn attribute(&self, key: QName<'_>, raw: String) -> Attribute {
        let (uri, local) = self.xml.resolver().resolve_attribute(key);
        let name = AsRef::<str>::as_ref(&local).to_owned();
        let namespace = resolved(&uri);
        let framework = namespace.as_deref() == Some(ANDROID_NAMESPACE);
        let id = if framework { attribute_id(&name) } else { None };
        let text_only = if framework { TEXT_ATTRIBUTES } else { TEXT_ONLY };
        let value = match typed(&raw, id) {
            Some(value) if !text_only.contains(&name.as_str()) => value,
            _ => ResValue::String(raw.clone()),
        };
        Attribute { namespace, name: Cow::Owned(name), id, raw: Some(raw), value, effective: true }
    }
}

/// What aapt would make of the text, without resources.
fn typed(raw: &str, id: Option<u32>) -> Option<ResValue> {
    let text = raw.trim();
    if let Some(value) = id.and_then(|id| value_of_symbols(id, text)) {
        return Some(ResValue::Int(value.cast_signed(), IntKind::Hex));
    }
    match text {
        "true" | "TRUE" | "True" => return Some(ResValue::Int(-1, IntKind::Bool)),
        "false" | "FALSE" | "False" => return Some(ResValue::Int(0, IntKind::Bool)),
        "@null" => return Some(ResValue::Reference(0)),
        "@empty" => return Some(ResValue::Empty),
        _ => {}
    }
    if let Some(color) = text.strip_prefix('#') {
        return color_of(color);
    }
    let value = int_of_text(text)?;
    let hex = text.starts_with("0x") || text.starts_with("0X");
    Some(ResValue::Int(value, if hex { IntKind::Hex } else { IntKind::Decimal }))
}

fn color_of(digits: &str) -> Option<ResValue> {
    let value = u32::from_str_radix(digits, 16).ok()?;
    let nibble = |at: u32| ((value >> at.saturating_mul(4)) & 0xf).saturating_mul(0x11);
    let short = || (nibble(2) << 16) | (nibble(1) << 8) | nibble(0);
    let (value, kind) = match digits.len() {
        3 => (0xff00_0000 | short(), IntKind::ColorRgb4),
        4 => ((nibble(3) << 24) | short(), IntKind::ColorArgb4),
        6 => (0xff00_0000 | value, IntKind::ColorRgb8),
        8 => (value, IntKind::ColorArgb8),
        _ => return None,
    };
    Some(ResValue::Int(value.cast_signed(), kind))
}

fn resolved(uri: &ResolveResult<'_>) -> Option<Cow<'static, str>> {
    match uri {
        ResolveResult::Bound(uri) => namespace(uri.as_ref()),
        // A prefix that nothing declares: keep what was written.
        ResolveResult::Unknown(prefix) => namespace(prefix),
        ResolveResult::Unbound => None,
    }
}

/// Unknown entities stay as they are; they are not worth losing the document.
fn unescape(raw: &str) -> String {
    let unescaped = quick_xml::escape::unescape_with(raw, resolve_predefined_entity);
    unescaped.map_or_else(|_| raw.to_owned(), Cow::into_owned)
}

/// UTF-16 with a byte order mark is turned into UTF-8; anything else is taken as it is.
fn utf8_of(bytes: &[u8]) -> Cow<'_, str> {
    let decode: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            return String::from_utf8_lossy(bytes);
        }
    };
    let units = bytes.chunks_exact(2).skip(1).filter_map(|pair| pair.try_into().ok().map(decode));
    let text: String =
        char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Cow::Owned(text)
}

/// Counts lines up to positions that only grow.
struct Lines<'x> {
    text: &'x [u8],
    at: usize,
    line: u32,
}

impl Lines<'_> {
    fn of(&mut self, at: usize) -> u32 {
        let passed = self.text.get(self.at..at).unwrap_or_default();
        let lines = memchr::memchr_iter(b'\n', passed).count();
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.at = self.at.max(at);
        self.line
    }
}
