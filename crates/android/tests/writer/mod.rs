//! Writes binary XML and resource tables for the tests, well-formed or bent at will.
#![allow(dead_code)]

/// A chunk: type, header size, size, the rest of the header, the body. Padded to four bytes.
pub(crate) fn chunk(kind: u16, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let mut out = Vec::new();
    out.extend(kind.to_le_bytes());
    out.extend(((8 + header.len()) as u16).to_le_bytes());
    out.extend(((8 + header.len() + body.len()) as u32).to_le_bytes());
    out.extend(header);
    out.extend(body);
    out
}

pub(crate) fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Raw bytes of a string in a UTF-8 pool.
pub(crate) fn string8(text: &[u8], units: usize) -> Vec<u8> {
    let length = |n: usize| {
        if n < 0x80 { vec![n as u8] } else { vec![0x80 | (n >> 8) as u8, n as u8] }
    };
    [length(units), length(text.len()), text.to_vec(), vec![0]].concat()
}

pub(crate) fn string16(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = if units.len() < 0x8000 {
        (units.len() as u16).to_le_bytes().to_vec()
    } else {
        let high = 0x8000 | (units.len() >> 16) as u16;
        [high.to_le_bytes(), (units.len() as u16).to_le_bytes()].concat()
    };
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    out.extend([0, 0]);
    out
}

/// A pool of already encoded strings.
pub(crate) fn pool_of(encoded: &[Vec<u8>], flags: u32) -> Vec<u8> {
    let mut offsets = Vec::new();
    let mut data = Vec::new();
    for string in encoded {
        offsets.push(data.len() as u32);
        data.extend(string);
    }
    data.resize(data.len().next_multiple_of(4), 0);
    let count = encoded.len() as u32;
    let header = words(&[count, 0, flags, 28 + 4 * count, 0]);
    chunk(1, &header, &[words(&offsets), data].concat())
}

pub(crate) fn pool<S: AsRef<str>>(strings: &[S], utf8: bool) -> Vec<u8> {
    let encode = |text: &S| {
        let text = text.as_ref();
        if utf8 { string8(text.as_bytes(), text.encode_utf16().count()) } else { string16(text) }
    };
    let encoded: Vec<_> = strings.iter().map(encode).collect();
    pool_of(&encoded, if utf8 { 0x100 } else { 0 })
}

pub(crate) const ANDROID: &str = "http://schemas.android.com/apk/res/android";
pub(crate) const NONE: u32 = u32::MAX;

/// Writer of binary XML.
#[derive(Clone, Default)]
pub(crate) struct Axml {
    pub(crate) strings: Vec<(String, u32)>,
    pub(crate) nodes: Vec<u8>,
    pub utf8: bool,
    /// Stands before the pool, between map and nodes, and at the end.
    pub(crate) extra: [Vec<u8>; 3],
}

pub(crate) enum Value<'v> {
    Text(&'v str),
    /// Typed text, raw text.
    Texts(&'v str, &'v str),
    Typed(u8, u32),
}

impl Axml {
    pub(crate) fn new(utf8: bool) -> Self {
        let mut axml = Self { utf8, ..Self::default() };
        let (prefix, uri) = (axml.string("android", 0), axml.string(ANDROID, 0));
        axml.node(0x100, &words(&[prefix, uri]));
        axml
    }

    pub(crate) fn string(&mut self, text: &str, id: u32) -> u32 {
        let wanted = (text.to_owned(), id);
        if let Some(index) = self.strings.iter().position(|known| *known == wanted) {
            return index as u32;
        }
        self.strings.push(wanted);
        self.strings.len() as u32 - 1
    }

    pub(crate) fn node(&mut self, kind: u16, ext: &[u8]) -> &mut Self {
        let node = chunk(kind, &words(&[7, NONE]), ext);
        self.nodes.extend(node);
        self
    }

    /// `(namespace, name, id, value)`
    pub(crate) fn start(
        &mut self,
        name: &str,
        attributes: &[(&str, &str, u32, Value<'_>)],
    ) -> &mut Self {
        let mut body = Vec::new();
        for (namespace, name, id, value) in attributes {
            let namespace = if namespace.is_empty() { NONE } else { self.string(namespace, 0) };
            let name = self.string(name, *id);
            let (raw, kind, data) = match value {
                Value::Text(text) => {
                    let text = self.string(text, 0);
                    (text, 3, text)
                }
                Value::Texts(typed, raw) => (self.string(raw, 0), 3, self.string(typed, 0)),
                Value::Typed(kind, data) => (NONE, *kind, *data),
            };
            body.extend(words(&[namespace, name, raw, 8 | u32::from(kind) << 24, data]));
        }
        let name = self.string(name, 0);
        self.start_raw(name, 20, 20, attributes.len() as u16, &body)
    }

    pub(crate) fn start_raw(
        &mut self,
        name: u32,
        at: u16,
        size: u16,
        count: u16,
        body: &[u8],
    ) -> &mut Self {
        let mut ext = words(&[NONE, name]);
        for half in [at, size, count, 0, 0, 0] {
            ext.extend(half.to_le_bytes());
        }
        ext.resize(usize::from(at).max(20), 0);
        ext.extend(body);
        self.node(0x102, &ext)
    }

    pub(crate) fn end(&mut self, name: &str) -> &mut Self {
        let name = self.string(name, 0);
        self.node(0x103, &words(&[NONE, name]))
    }

    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        let text = self.string(text, 0);
        self.node(0x104, &words(&[text, 8, 0]))
    }

    pub(crate) fn chunks(&self) -> Vec<u8> {
        let texts: Vec<_> = self.strings.iter().map(|(text, _)| text).collect();
        let ids: Vec<_> = self.strings.iter().map(|(_, id)| *id).collect();
        let [first, second, last] = &self.extra;
        let map = chunk(0x180, &[], &words(&ids));
        let pool = pool(&texts, self.utf8);
        [first.clone(), pool, map, second.clone(), self.nodes.clone(), last.clone()].concat()
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        chunk(3, &[], &self.chunks())
    }
}

/// How the entries of a type are addressed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Layout {
    Dense,
    Offset16,
    Sparse,
}

pub(crate) enum Item {
    Value(u8, u32),
    Compact(u8, u32),
    /// Parent, `(key, type, data)`.
    Bag(u32, Vec<(u32, u8, u32)>),
}

/// A configuration of 64 bytes: fields given by offset within the structure.
pub(crate) fn config(fields: &[(usize, &[u8])]) -> Vec<u8> {
    let mut out = vec![0; 64];
    out[0] = 64;
    for (at, bytes) in fields {
        out[*at..at + bytes.len()].copy_from_slice(bytes);
    }
    out
}

/// A type chunk; entries are `(index, key, item)` in ascending order.
pub(crate) fn type_chunk(
    id: u8,
    layout: Layout,
    config: &[u8],
    count: u16,
    entries: &[(u16, u32, Item)],
) -> Vec<u8> {
    let mut data = Vec::new();
    let mut placed = Vec::new();
    for (index, key, item) in entries {
        placed.push((*index, data.len() as u32));
        match item {
            Item::Value(kind, value) => {
                data.extend(words(&[8, *key, 8 | u32::from(*kind) << 24, *value]));
            }
            Item::Compact(kind, value) => {
                data.extend(words(&[*key | u32::from(*kind) << 24 | 8 << 16, *value]));
            }
            Item::Bag(parent, items) => {
                data.extend(words(&[16 | 1 << 16, *key, *parent, items.len() as u32]));
                for (key, kind, value) in items {
                    data.extend(words(&[*key, 8 | u32::from(*kind) << 24, *value]));
                }
            }
        }
    }
    let at = |index: u16| placed.iter().find(|(known, _)| *known == index).map(|(_, at)| *at);
    let (flags, count, mut offsets) = match layout {
        Layout::Dense => {
            (0, count, words(&(0..count).map(|i| at(i).unwrap_or(NONE)).collect::<Vec<_>>()))
        }
        Layout::Offset16 => {
            let half = |i| at(i).map_or(0xffff, |at| (at / 4) as u16);
            (2, count, (0..count).flat_map(|i| half(i).to_le_bytes()).collect())
        }
        Layout::Sparse => {
            let pairs = placed.iter().map(|(i, at)| u32::from(*i) | (at / 4) << 16);
            (1, placed.len() as u16, words(&pairs.collect::<Vec<_>>()))
        }
    };
    offsets.resize(offsets.len().next_multiple_of(4), 0);
    let header_size = 20 + config.len();
    let mut header = vec![id, flags, 0, 0];
    header.extend(words(&[u32::from(count), (header_size + offsets.len()) as u32]));
    header.extend(config);
    chunk(0x201, &header, &[offsets, data].concat())
}

pub(crate) fn spec_chunk(id: u8, count: u16) -> Vec<u8> {
    let header = [vec![id, 0, 0, 0], words(&[u32::from(count)])].concat();
    chunk(0x202, &header, &words(&vec![0; usize::from(count)]))
}

pub(crate) fn package(id: u32, types: &[&str], keys: &[&str], chunks: &[Vec<u8>]) -> Vec<u8> {
    let (types, keys) = (pool(types, true), pool(keys, true));
    let mut name: Vec<u8> = "a.b".encode_utf16().flat_map(u16::to_le_bytes).collect();
    name.resize(256, 0);
    let at = 288;
    let keys_at = at + types.len() as u32;
    let mut header = words(&[id]);
    header.extend(name);
    header.extend(words(&[at, 0, keys_at, 0, 0]));
    chunk(0x200, &header, &[types, keys, chunks.concat()].concat())
}

pub(crate) fn table(strings: &[&str], packages: &[Vec<u8>]) -> Vec<u8> {
    let body = [pool(strings, true), packages.concat()].concat();
    chunk(2, &words(&[packages.len() as u32]), &body)
}
