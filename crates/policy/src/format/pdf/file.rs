//! The objects of a PDF file. The cross-reference table is not used: objects are found where they
//! stand, the last of a number wins, which reads damaged files and updated ones alike.

use super::object::{Dictionary, Lexer, Object};
use flate2::{Decompress, FlushDecompress, Status};
use std::collections::{HashMap, HashSet};

const OBJECTS_MAX: usize = 500_000;
const PAGES_MAX: usize = 5_000;
const PAGE_TREE_DEPTH_MAX: usize = 50;
/// Bytes of one stream when decoded, and of all together.
const STREAM_BYTES_MAX: usize = 32 << 20;
const DECODED_BYTES_MAX: usize = 192 << 20;
/// References that lead to references.
const REFERENCE_DEPTH_MAX: usize = 16;

pub(super) struct File<'a> {
    bytes: &'a [u8],
    objects: HashMap<u32, Object>,
    pub(super) encrypted: bool,
    /// Some limit was reached.
    pub(super) limited: std::cell::Cell<bool>,
    decoded: std::cell::Cell<usize>,
}

/// A page: its dictionary and the resources that it inherits.
pub(super) struct Page<'f> {
    pub(super) dictionary: &'f Dictionary,
    pub(super) resources: Option<&'f Dictionary>,
}

impl<'a> File<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Self {
        let mut file = Self {
            bytes,
            objects: HashMap::new(),
            encrypted: false,
            limited: std::cell::Cell::new(false),
            decoded: std::cell::Cell::new(0),
        };
        file.scan();
        file.encrypted |= file.objects.values().any(|object| {
            object
                .dictionary()
                .is_some_and(|entries| is_type(entries, "XRef") && entries.contains_key("Encrypt"))
        });
        if !file.encrypted {
            file.unpack();
        }
        file
    }

    /// Finds `N G obj` and `trailer` and reads what follows.
    fn scan(&mut self) {
        let mut at = 0;
        while let Some(found) = self.bytes.get(at..).and_then(|rest| find(rest, b"obj")) {
            let position = at.saturating_add(found);
            let after = position.saturating_add(3);
            at = after;
            let Some(id) = self.id_before(position) else { continue };
            if self.objects.len() >= OBJECTS_MAX {
                self.limited.set(true);
                break;
            }
            let mut lexer = Lexer::new(self.bytes, after);
            let Some(mut object) = lexer.object() else { break };
            at = lexer.at.max(after);
            if let Object::Dictionary(entries) = &object {
                lexer.skip_space();
                if self.bytes.get(lexer.at..).is_some_and(|rest| rest.starts_with(b"stream")) {
                    let range = self.stream_range(entries, lexer.at.saturating_add(6));
                    at = range.end.max(after);
                    object = Object::Stream(entries.clone(), range);
                }
            }
            self.objects.insert(id, object);
        }
        let mut at = 0;
        while let Some(found) = self.bytes.get(at..).and_then(|rest| find(rest, b"trailer")) {
            at = at.saturating_add(found).saturating_add(7);
            if let Some(Object::Dictionary(entries)) = Lexer::new(self.bytes, at).object() {
                self.encrypted |= entries.contains_key("Encrypt");
            }
        }
    }

    /// The object number of `N G obj`.
    fn id_before(&self, position: usize) -> Option<u32> {
        let from = position.saturating_sub(24);
        let bytes = self.bytes.get(from..position)?;
        // Binary data of a stream may stand before.
        let ascii =
            bytes.iter().rposition(|byte| !byte.is_ascii()).map_or(0, |at| at.saturating_add(1));
        let text = std::str::from_utf8(bytes.get(ascii..)?).ok()?;
        let mut words = text.trim_end().rsplit(|c: char| c.is_ascii_whitespace() || c == '\0');
        let generation = words.next()?;
        let id = words.find(|word| !word.is_empty())?;
        generation.parse::<u32>().ok()?;
        let digits = id.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.parse().ok()
    }

    fn stream_range(&self, entries: &Dictionary, after: usize) -> std::ops::Range<usize> {
        let mut start = after;
        if self.bytes.get(start) == Some(&13) {
            start = start.saturating_add(1);
        }
        if self.bytes.get(start) == Some(&10) {
            start = start.saturating_add(1);
        }
        let stated = entries
            .get("Length")
            .and_then(Object::index)
            .map(|length| start.saturating_add(length));
        if let Some(end) = stated.filter(|end| *end <= self.bytes.len()) {
            let rest = self.bytes.get(end..).unwrap_or_default();
            if rest.trim_ascii_start().starts_with(b"endstream") {
                return start..end;
            }
        }
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = find(rest, b"endstream").unwrap_or(rest.len());
        start..start.saturating_add(length)
    }

    /// Reads the objects inside object streams (section 7.5.7).
    fn unpack(&mut self) {
        let mut streams: Vec<u32> = self
            .objects
            .iter()
            .filter(|(_, object)| {
                object.dictionary().is_some_and(|entries| is_type(entries, "ObjStm"))
            })
            .map(|(id, _)| *id)
            .collect();
        streams.sort_unstable();
        let mut inside: HashMap<u32, Object> = HashMap::new();
        for id in streams {
            let Some(object) = self.objects.get(&id) else { continue };
            let (Some(data), Some(entries)) = (self.data(object), object.dictionary()) else {
                continue;
            };
            let number =
                |key: &str| entries.get(key).and_then(|object| self.resolve(object).index());
            let (Some(count), Some(first)) = (number("N"), number("First")) else { continue };
            let mut header = Lexer::new(&data, 0);
            for _ in 0..count.min(data.len()) {
                let (Some(id), Some(offset)) = (
                    header.object().and_then(|object| object.index()),
                    header.object().and_then(|object| object.index()),
                ) else {
                    break;
                };
                if inside.len() >= OBJECTS_MAX {
                    self.limited.set(true);
                    break;
                }
                let object = Lexer::new(&data, first.saturating_add(offset)).object();
                if let (Ok(id), Some(object)) = (u32::try_from(id), object) {
                    inside.insert(id, object);
                }
            }
        }
        for (id, object) in inside {
            self.objects.entry(id).or_insert(object);
        }
    }

    /// Follows references.
    pub(super) fn resolve<'f>(&'f self, object: &'f Object) -> &'f Object {
        let mut object = object;
        for _ in 0..REFERENCE_DEPTH_MAX {
            let Object::Reference(id) = object else { return object };
            object = self.objects.get(id).unwrap_or(&Object::Null);
        }
        &Object::Null
    }

    pub(super) fn get<'f>(&'f self, entries: &'f Dictionary, key: &str) -> &'f Object {
        entries.get(key).map_or(&Object::Null, |object| self.resolve(object))
    }

    /// The decoded data of a stream.
    pub(super) fn data(&self, object: &Object) -> Option<Vec<u8>> {
        let Object::Stream(entries, range) = self.resolve(object) else { return None };
        let mut data = self.bytes.get(range.clone())?.to_vec();
        let filters = match self.get(entries, "Filter") {
            Object::Name(name) => vec![name.as_str()],
            Object::Array(names) => {
                names.iter().filter_map(|name| self.resolve(name).name()).collect()
            }
            _ => Vec::new(),
        };
        let parameters = self.get(entries, "DecodeParms");
        for (index, filter) in filters.into_iter().enumerate() {
            let own = match parameters {
                Object::Array(all) => all.get(index).and_then(|one| self.resolve(one).dictionary()),
                other => other.dictionary(),
            };
            data = match filter {
                "FlateDecode" | "Fl" => {
                    let left = DECODED_BYTES_MAX.saturating_sub(self.decoded.get());
                    let (inflated, whole) = inflate(&data, STREAM_BYTES_MAX.min(left));
                    if !whole {
                        self.limited.set(true);
                    }
                    predicted(inflated, own, self)?
                }
                "ASCIIHexDecode" | "AHx" => {
                    match Lexer::new(&[b"<", data.as_slice()].concat(), 0).object() {
                        Some(Object::Text(text)) => text,
                        _ => return None,
                    }
                }
                "ASCII85Decode" | "A85" => ascii85(&data),
                // Pictures, and filters that writers of text no longer use.
                _ => return None,
            };
        }
        self.decoded.set(self.decoded.get().saturating_add(data.len()));
        Some(data)
    }

    /// Pages in order.
    pub(super) fn pages(&self) -> Vec<Page<'_>> {
        let mut pages = Vec::new();
        let mut catalogues: Vec<(&u32, &Dictionary)> = self
            .objects
            .iter()
            .filter_map(|(id, object)| {
                Some((id, object.dictionary().filter(|entries| is_type(entries, "Catalog"))?))
            })
            .collect();
        catalogues.sort_unstable_by_key(|(id, _)| **id);
        for (_, catalogue) in catalogues.iter().rev() {
            let mut seen = HashSet::new();
            if let Some(root) = catalogue.get("Pages") {
                self.walk(root, None, 0, &mut seen, &mut pages);
            }
            if !pages.is_empty() {
                return pages;
            }
        }
        let mut loose: Vec<(&u32, &Dictionary)> = self
            .objects
            .iter()
            .filter_map(|(id, object)| {
                Some((id, object.dictionary().filter(|entries| is_type(entries, "Page"))?))
            })
            .collect();
        loose.sort_unstable_by_key(|(id, _)| **id);
        pages.extend(loose.into_iter().take(PAGES_MAX).map(|(_, dictionary)| Page {
            dictionary,
            resources: self.get(dictionary, "Resources").dictionary(),
        }));
        pages
    }

    fn walk<'f>(
        &'f self,
        node: &'f Object,
        inherited: Option<&'f Dictionary>,
        depth: usize,
        seen: &mut HashSet<u32>,
        pages: &mut Vec<Page<'f>>,
    ) {
        if depth > PAGE_TREE_DEPTH_MAX || pages.len() >= PAGES_MAX {
            self.limited.set(true);
            return;
        }
        if let Object::Reference(id) = node
            && !seen.insert(*id)
        {
            return;
        }
        let Some(entries) = self.resolve(node).dictionary() else { return };
        let resources = self.get(entries, "Resources").dictionary().or(inherited);
        match self.get(entries, "Kids").array() {
            Some(kids) => {
                for kid in kids {
                    self.walk(kid, resources, depth.saturating_add(1), seen, pages);
                }
            }
            None => pages.push(Page { dictionary: entries, resources }),
        }
    }
}

fn is_type(entries: &Dictionary, name: &str) -> bool {
    entries.get("Type").and_then(Object::name) == Some(name)
}

pub(super) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let found = rest.iter().position(|byte| *byte == first)?;
        at = at.saturating_add(found);
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at = at.saturating_add(1);
    }
}

/// What inflates of zlib data, damaged or not, and whether it stayed within the limit.
fn inflate(data: &[u8], max: usize) -> (Vec<u8>, bool) {
    let mut stream = Decompress::new(true);
    let mut out = Vec::with_capacity(data.len().saturating_mul(4).min(max).saturating_add(64));
    loop {
        let consumed = usize::try_from(stream.total_in()).unwrap_or(usize::MAX);
        let rest = data.get(consumed..).unwrap_or_default();
        let before = (stream.total_in(), out.len());
        let status = stream.decompress_vec(rest, &mut out, FlushDecompress::Finish);
        if out.len() > max {
            out.truncate(max);
            return (out, false);
        }
        match status {
            Ok(Status::StreamEnd) | Err(_) => return (out, true),
            Ok(_) if out.len() == out.capacity() => out.reserve(out.len().clamp(4096, 1 << 22)),
            Ok(_) if before == (stream.total_in(), out.len()) => return (out, true),
            Ok(_) => {}
        }
    }
}

/// Undoes PNG predictors (section 7.4.4.4), which object streams may use.
fn predicted(data: Vec<u8>, parameters: Option<&Dictionary>, file: &File) -> Option<Vec<u8>> {
    let Some(parameters) = parameters else { return Some(data) };
    let number = |key: &str, default: usize| file.get(parameters, key).index().unwrap_or(default);
    if number("Predictor", 1) < 10 {
        return Some(data);
    }
    let bits = number("Colors", 1).checked_mul(number("BitsPerComponent", 8))?;
    let pixel = bits.div_ceil(8).max(1);
    let row = bits.checked_mul(number("Columns", 1))?.div_ceil(8).max(1);
    let mut out = Vec::with_capacity(data.len());
    let mut above = vec![0_u8; row.min(data.len())];
    for line in data.chunks(row.checked_add(1)?) {
        let (kind, bytes) = line.split_first()?;
        let mut now: Vec<u8> = Vec::with_capacity(bytes.len());
        for (index, byte) in bytes.iter().enumerate() {
            let left = index.checked_sub(pixel);
            let a = left.and_then(|at| now.get(at)).copied().unwrap_or(0);
            let b = above.get(index).copied().unwrap_or(0);
            let c = left.and_then(|at| above.get(at)).copied().unwrap_or(0);
            let add = match kind {
                1 => a,
                2 => b,
                3 => u8::try_from(u16::from(a).wrapping_add(u16::from(b)) / 2).unwrap_or(0),
                4 => paeth(a, b, c),
                _ => 0,
            };
            now.push(byte.wrapping_add(add));
        }
        out.extend_from_slice(&now);
        above = now;
    }
    Some(out)
}

fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let estimate = i16::from(a).wrapping_add(i16::from(b)).wrapping_sub(i16::from(c));
    let distance = |value: u8| estimate.wrapping_sub(i16::from(value)).wrapping_abs();
    if distance(a) <= distance(b) && distance(a) <= distance(c) {
        a
    } else if distance(b) <= distance(c) {
        b
    } else {
        c
    }
}

fn ascii85(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    let mut group: Vec<u8> = Vec::with_capacity(5);
    let flush = |group: &mut Vec<u8>, out: &mut Vec<u8>| {
        let keep = group.len().saturating_sub(1);
        group.resize(5, 84);
        let value = group
            .iter()
            .fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(u32::from(*digit)));
        out.extend(value.to_be_bytes().iter().take(keep));
        group.clear();
    };
    for byte in data {
        match byte {
            b'~' => break,
            b'z' if group.is_empty() => out.extend([0; 4]),
            b'!'..=b'u' => {
                group.push(byte.wrapping_sub(b'!'));
                if group.len() == 5 {
                    flush(&mut group, &mut out);
                }
            }
            _ => {}
        }
    }
    if group.len() > 1 {
        flush(&mut group, &mut out);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_a_small_file() {
        let bytes = b"%PDF-1.4\n1 0 obj\n<</Type /Catalog /Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type /Pages\n/Count 1\n/Kids [3 0 R]>>\nendobj\n3 0 obj\n<</Type /Page /Contents 4 0 R>>\nendobj\n4 0 obj\n<</Length 3>> stream\nabc\nendstream\nendobj\ntrailer\n<</Size 5>>";
        let file = File::read(bytes);
        assert_eq!(file.objects.len(), 4, "{:?}", file.objects);
        let pages = file.pages();
        assert_eq!(pages.len(), 1);
        assert_eq!(file.data(file.get(pages[0].dictionary, "Contents")), Some(b"abc".to_vec()));
    }
}
