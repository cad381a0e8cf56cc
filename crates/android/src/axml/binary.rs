//! Binary XML (`RES_XML_TYPE`), read the way AOSP's `ResXMLTree` and `ResXMLParser` do.

use super::{
    ANDROID_NAMESPACE, ATTRIBUTES_MAX, AnomalyKind, Attribute, Document, ELEMENTS_MAX, Element,
    NAMESPACES_MAX, Notes, TreeBuilder, attribute_name, issues, namespace, text_budget,
};
use crate::arsc::chunk::{CHUNK_HEADER, Chunk};
use crate::arsc::{ResValue, StringPool};
use crate::dex::reader::{u16_at, u32_at};
use menshen_base::ScanIssue;
use std::borrow::Cow;

const TYPE_STRING_POOL: u16 = 0x0001;
const TYPE_XML: u16 = 0x0003;
const TYPE_FIRST_NODE: u16 = 0x0100;
const TYPE_LAST_NODE: u16 = 0x017f;
const TYPE_START_NAMESPACE: u16 = 0x0100;
const TYPE_END_NAMESPACE: u16 = 0x0101;
const TYPE_START_ELEMENT: u16 = 0x0102;
const TYPE_END_ELEMENT: u16 = 0x0103;
const TYPE_CDATA: u16 = 0x0104;
const TYPE_RESOURCE_MAP: u16 = 0x0180;

const NODE_HEADER: usize = 16;
const ATTRIBUTE_SIZE: usize = 20;
const NO_STRING: u32 = u32::MAX;

/// Package part of the ids of framework resources.
const FRAMEWORK_PACKAGE: u32 = 0x01;

pub(super) fn parse(bytes: &[u8]) -> (Option<Document>, Vec<ScanIssue>) {
    let mut notes = Notes::default();
    let document = read(bytes, &mut notes);
    (document, notes.issues)
}

fn read(bytes: &[u8], notes: &mut Notes) -> Option<Document> {
    let (document, first) = header(bytes, notes)?;
    let mut reader = Reader::new(document);
    let nodes = reader.preamble(first, notes)?;
    reader.nodes(nodes, notes);
    let unclosed = reader.tree.depth();
    if reader.tree.too_deep() {
        notes.issue(&issues::TOO_DEEP, 0, format!("more than {} levels", super::DEPTH_MAX));
    }
    if unclosed > 0 {
        notes.odd(AnomalyKind::UnbalancedElements, document.len(), format!("{unclosed} open"));
    }
    let mut roots = reader.tree.finish().into_iter();
    let Some(root) = roots.next() else {
        notes.issue(&issues::NO_ROOT, 0, "");
        return None;
    };
    let further_roots: Vec<_> = roots.collect();
    if let Some(second) = further_roots.first() {
        let at = usize::try_from(second.offset).unwrap_or(usize::MAX);
        notes.odd(AnomalyKind::SeveralRoots, at, format!("{} more", further_roots.len()));
    }
    let anomalies = std::mem::take(&mut notes.anomalies);
    Some(Document { root, further_roots, namespaces: reader.namespaces, anomalies })
}

/// The document without what stands behind it, and where its first chunk is.
fn header<'a>(bytes: &'a [u8], notes: &mut Notes) -> Option<(&'a [u8], usize)> {
    let (Some(kind), Some(header_size), Some(size)) =
        (u16_at(bytes, 0), u16_at(bytes, 2).map(usize::from), u32_at(bytes, 4))
    else {
        notes.issue(&issues::NOT_XML, 0, format!("{} bytes", bytes.len()));
        return None;
    };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if kind != TYPE_XML {
        // Android does not look at the type; but text or random bytes are just something else.
        let plausible = header_size <= size && size <= bytes.len() && header_size >= CHUNK_HEADER;
        if !plausible {
            notes.issue(&issues::NOT_XML, 0, format!("type 0x{kind:04x}"));
            return None;
        }
        notes.odd(AnomalyKind::WrongMagic, 0, format!("0x{kind:04x} instead of 0x0003"));
    }
    if header_size != CHUNK_HEADER {
        notes.odd(AnomalyKind::LargeHeader, 2, format!("document, {header_size} bytes"));
    }
    let document = match bytes.get(..size) {
        Some(document) => {
            if size < bytes.len() {
                let trailing = bytes.len().saturating_sub(size);
                notes.odd(AnomalyKind::TrailingData, size, format!("{trailing} bytes"));
            }
            document
        }
        None => {
            let detail = format!("{size} bytes claimed, {} there", bytes.len());
            notes.issue(&issues::TRUNCATED, 4, detail);
            bytes
        }
    };
    Some((document, header_size))
}

struct Reader<'a> {
    document: &'a [u8],
    pool: StringPool<'a>,
    /// One u32 a string of the pool: the resource id of the attribute with that name.
    ids: &'a [u8],
    tree: TreeBuilder,
    namespaces: Vec<(String, String)>,
    attributes: usize,
    /// Bytes that may still be copied.
    text_left: usize,
    limit_told: bool,
}

impl<'a> Reader<'a> {
    fn new(document: &'a [u8]) -> Self {
        Self {
            document,
            pool: StringPool::default(),
            ids: &[],
            tree: TreeBuilder::default(),
            namespaces: Vec::new(),
            attributes: 0,
            text_left: text_budget(document.len()),
            limit_told: false,
        }
    }

    /// Reads the chunks before the first node and gives its offset.
    fn preamble(&mut self, first: usize, notes: &mut Notes) -> Option<usize> {
        let mut at = first;
        let (mut pools, mut maps) = (0u32, 0u32);
        while at < self.document.len() {
            let chunk = match Chunk::read(self.document, at, CHUNK_HEADER) {
                Ok(chunk) => chunk,
                Err(detail) => {
                    notes.issue(&issues::BAD_CHUNK, at, detail);
                    return None;
                }
            };
            match chunk.kind {
                TYPE_STRING_POOL => {
                    pools = pools.saturating_add(1);
                    if pools == 2 {
                        notes.odd(AnomalyKind::RepeatedChunk, at, "string pool");
                    }
                    // Of several pools the last one counts.
                    self.pool = StringPool::parse(chunk.bytes, at, notes).unwrap_or_default();
                }
                TYPE_RESOURCE_MAP => {
                    maps = maps.saturating_add(1);
                    if maps == 2 {
                        notes.odd(AnomalyKind::RepeatedChunk, at, "resource map");
                    }
                    self.ids = chunk.body();
                }
                TYPE_FIRST_NODE..=TYPE_LAST_NODE => return Some(at),
                kind => notes.odd(AnomalyKind::UnknownChunk, at, format!("type 0x{kind:04x}")),
            }
            at = chunk.end();
        }
        notes.issue(&issues::NO_ROOT, at, "no node");
        None
    }

    fn nodes(&mut self, first: usize, notes: &mut Notes) {
        let mut at = first;
        while at < self.document.len() {
            let node = match Chunk::read(self.document, at, NODE_HEADER) {
                Ok(node) => node,
                Err(detail) => return notes.issue(&issues::BAD_CHUNK, at, detail),
            };
            let ext_min = match node.kind {
                TYPE_START_NAMESPACE | TYPE_END_NAMESPACE | TYPE_END_ELEMENT => 8,
                TYPE_START_ELEMENT => 20,
                TYPE_CDATA => 12,
                kind => {
                    notes.odd(AnomalyKind::UnknownChunk, at, format!("type 0x{kind:04x}"));
                    at = node.end();
                    continue;
                }
            };
            if node.header_size > NODE_HEADER {
                notes.odd(
                    AnomalyKind::LargeHeader,
                    at,
                    format!("node, {} bytes", node.header_size),
                );
            }
            if node.body().len() < ext_min {
                let detail = format!("node 0x{:04x} of {} bytes", node.kind, node.bytes.len());
                return notes.issue(&issues::BAD_CHUNK, at, detail);
            }
            match node.kind {
                TYPE_START_ELEMENT => {
                    if let Err(detail) = self.start(&node, notes) {
                        return notes.issue(&issues::BAD_CHUNK, at, detail);
                    }
                }
                TYPE_END_ELEMENT => self.end(&node, notes),
                TYPE_START_NAMESPACE => self.namespace(&node, notes),
                TYPE_CDATA => {
                    let text = self.string(u32_at(node.body(), 0), node.at, notes);
                    self.tree.text(&text.unwrap_or_default());
                }
                _ => {}
            }
            if node.kind != TYPE_START_ELEMENT && node.body().len() > ext_min {
                notes.odd(AnomalyKind::OversizedChunk, at, format!("type 0x{:04x}", node.kind));
            }
            if self.over_limit(notes, at) {
                return;
            }
            at = node.end();
        }
    }

    fn over_limit(&mut self, notes: &mut Notes, at: usize) -> bool {
        let over = self.tree.element_count() >= ELEMENTS_MAX
            || self.attributes >= ATTRIBUTES_MAX
            || self.text_left == 0;
        if over && !self.limit_told {
            self.limit_told = true;
            notes.issue(&issues::LIMIT, at, "");
        }
        over
    }

    fn namespace(&mut self, node: &Chunk<'a>, notes: &mut Notes) {
        if self.namespaces.len() >= NAMESPACES_MAX {
            return;
        }
        let prefix = self.string(u32_at(node.body(), 0), node.at, notes).unwrap_or_default();
        let uri = self.string(u32_at(node.body(), 4), node.at, notes).unwrap_or_default();
        let pair = (prefix.into_owned(), uri.into_owned());
        if !self.namespaces.contains(&pair) {
            self.namespaces.push(pair);
        }
    }

    fn end(&mut self, node: &Chunk<'a>, notes: &mut Notes) {
        let name = self.string(u32_at(node.body(), 4), node.at, notes).unwrap_or_default();
        if let Some(open) = self.tree.open_name()
            && open != name
        {
            let detail = format!("<{open}> ends as </{name}>");
            notes.odd(AnomalyKind::UnbalancedElements, node.at, detail);
        }
        if !self.tree.end() {
            notes.odd(AnomalyKind::UnbalancedElements, node.at, format!("</{name}> ends nothing"));
        }
    }

    fn start(&mut self, node: &Chunk<'a>, notes: &mut Notes) -> Result<(), String> {
        let body = node.body();
        let half = |at| u16_at(body, at).map_or(0, usize::from);
        let (start, size, count) = (half(8), half(10), half(12));
        let used = size.saturating_mul(count);
        let end = start.saturating_add(used);
        if end > body.len() {
            return Err(format!("attributes use {end} bytes of {}", body.len()));
        }
        if count > 0 && (start != 20 || size != ATTRIBUTE_SIZE) {
            let detail = format!("start {start}, size {size}, count {count}");
            notes.odd(AnomalyKind::AttributeLayout, node.at, detail);
        } else if end.max(20) < body.len() {
            notes.odd(AnomalyKind::OversizedChunk, node.at, "start of element");
        }
        let name = self.string(u32_at(body, 4), node.at, notes).unwrap_or_default().into_owned();
        let uri = self.string(u32_at(body, 0), node.at, notes).unwrap_or_default();
        let mut element = Element {
            index: 0,
            namespace: namespace(&uri),
            name,
            line: u32_at(node.bytes, 8).unwrap_or(0),
            offset: u32::try_from(node.at).unwrap_or(u32::MAX),
            attributes: Vec::new(),
            children: Vec::new(),
            text: String::new(),
        };
        // Attributes may overlap or reach over the chunk when their size is not the usual one;
        // Android then reads on within the document.
        let base = node.at.saturating_add(node.header_size).saturating_add(start);
        element.attributes.reserve_exact(count.min(body.len() / ATTRIBUTE_SIZE));
        for index in 0..count {
            let at = base.saturating_add(index.saturating_mul(size));
            if self.attributes >= ATTRIBUTES_MAX || self.text_left == 0 {
                break;
            }
            self.attributes = self.attributes.saturating_add(1);
            match self.document.get(at..at.saturating_add(ATTRIBUTE_SIZE)) {
                Some(bytes) => {
                    let attribute = self.attribute(bytes, at, notes);
                    element.attributes.push(attribute);
                }
                None => {
                    notes.issue(&issues::BAD_CHUNK, at, "attribute outside the document");
                    break;
                }
            }
        }
        mark_ineffective(&mut element, notes);
        self.tree.start(element);
        Ok(())
    }

    fn attribute(&mut self, bytes: &'a [u8], at: usize, notes: &mut Notes) -> Attribute {
        let word = |offset| u32_at(bytes, offset).unwrap_or(NO_STRING);
        let (uri_index, name_index, raw_index, data) = (word(0), word(4), word(8), word(16));
        let kind = bytes.get(15).copied().unwrap_or(0);
        if u16_at(bytes, 12) != Some(8) {
            notes.odd(AnomalyKind::ValueSize, at, format!("{:?}", u16_at(bytes, 12)));
        }
        let id = usize::try_from(name_index)
            .ok()
            .and_then(|index| u32_at(self.ids, index.checked_mul(4)?))
            .filter(|id| *id != 0);
        let uri = self.string(Some(uri_index), at, notes).unwrap_or_default();
        let (namespace, name) = self.effective_name(id, &uri, name_index, at, notes);

        let value = ResValue::decode(kind, data, |index| {
            self.string(Some(index), at, notes).map(Cow::into_owned)
        });
        let raw = if raw_index == NO_STRING || (kind == 0x03 && raw_index == data) {
            None
        } else {
            self.string(Some(raw_index), at, notes).map(Cow::into_owned)
        };
        // The same text may stand in the pool twice.
        let raw = raw.filter(|raw| value.as_str() != Some(raw));
        if let (Some(raw), Some(text)) = (&raw, value.as_str()) {
            let detail = format!("{name}: text {:?}, value {:?}", shown(raw), shown(text));
            notes.odd(AnomalyKind::RawValueDiffers, at, detail);
        }
        Attribute { namespace, name, id, raw, value, effective: true }
    }

    /// Namespace and name as Android sees them: by the id, if the framework has it.
    fn effective_name(
        &mut self,
        id: Option<u32>,
        uri: &str,
        name_index: u32,
        at: usize,
        notes: &mut Notes,
    ) -> (Option<Cow<'static, str>>, Cow<'static, str>) {
        let framework = id.filter(|id| id >> 24 == FRAMEWORK_PACKAGE);
        if let Some(known) = framework.and_then(attribute_name) {
            // Optimised files have empty names: only another name is odd.
            let written = self.pool.get(name_index).unwrap_or_default();
            if !written.is_empty() && written != known {
                let detail = format!("{known} is written {:?}", shown(&written));
                notes.odd(AnomalyKind::AttributeName, at, detail);
            }
            if uri != ANDROID_NAMESPACE {
                notes.odd(
                    AnomalyKind::AttributeNamespace,
                    at,
                    format!("{known}: {:?}", shown(uri)),
                );
            }
            return (Some(Cow::Borrowed(ANDROID_NAMESPACE)), Cow::Borrowed(known));
        }
        let namespace = if framework.is_some() {
            Some(Cow::Borrowed(ANDROID_NAMESPACE))
        } else {
            namespace(uri)
        };
        let name = self.string(Some(name_index), at, notes).filter(|name| !name.is_empty());
        let name = match (name, id) {
            (Some(name), _) => name.into_owned(),
            (None, Some(id)) => format!("0x{id:08x}"),
            (None, None) => String::new(),
        };
        (namespace, Cow::Owned(name))
    }

    /// A string of the pool, charged against the text that may be copied.
    fn string(&mut self, index: Option<u32>, at: usize, notes: &mut Notes) -> Option<Cow<'a, str>> {
        let index = index.filter(|index| *index != NO_STRING)?;
        let Some(string) = self.pool.read(index) else {
            notes.odd(AnomalyKind::MissingString, at, format!("string {index}"));
            return None;
        };
        if let Some(flaw) = string.flaw {
            notes.odd(AnomalyKind::BadString, at, format!("string {index}: {flaw}"));
        }
        self.text_left = self.text_left.saturating_sub(string.text.len());
        Some(string.text)
    }
}

/// Android walks the attributes of an element once, in order of id: one that stands behind a
/// larger id is never met, nor is the second of the same id (`RetrieveAttributes` in AOSP
/// `AttributeResolution.cpp`). Without an id it cannot be met at all.
fn mark_ineffective(element: &mut Element, notes: &mut Notes) {
    let at = usize::try_from(element.offset).unwrap_or(usize::MAX);
    let mut largest = 0u32;
    for attribute in &mut element.attributes {
        match attribute.id {
            Some(id) if id < largest => {
                attribute.effective = false;
                notes.odd(AnomalyKind::AttributeOrder, at, attribute.name.clone());
            }
            Some(id) if id == largest => {
                attribute.effective = false;
                notes.odd(AnomalyKind::RepeatedAttribute, at, attribute.name.clone());
            }
            Some(id) => largest = id,
            None if attribute.namespace.as_deref() == Some(ANDROID_NAMESPACE) => {
                attribute.effective = false;
                notes.odd(AnomalyKind::AttributeWithoutId, at, attribute.name.clone());
            }
            None => {}
        }
    }
}

fn shown(text: &str) -> &str {
    const SHOWN_MAX: usize = 80;
    text.get(..text.floor_char_boundary(SHOWN_MAX)).unwrap_or(text)
}
