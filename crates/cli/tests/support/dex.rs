//! Writes DEX files that are well-formed in their tables and excessive in what they hold.
//! Layout: "Dalvik executable format" of the Android Open Source Project.

/// Offsets and sizes of the tables in the header.
const STRINGS: usize = 0x38;
const TYPES: usize = 0x40;
const PROTOS: usize = 0x48;
const METHODS: usize = 0x58;
const CLASSES: usize = 0x60;
const NO_INDEX: u32 = u32::MAX;

/// A file under construction: sections are put behind each other and entered in the header.
pub(crate) struct Dex(Vec<u8>);

impl Dex {
    pub(crate) fn new() -> Self {
        let mut bytes = b"dex\n035\0".to_vec();
        bytes.resize(0x70, 0);
        bytes[0x24..0x28].copy_from_slice(&0x70u32.to_le_bytes());
        bytes[0x28..0x2c].copy_from_slice(&0x1234_5678u32.to_le_bytes());
        Self(bytes)
    }

    /// Puts bytes at the next aligned place and gives their offset.
    fn put(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let at = self.0.len() as u32;
        self.0.extend(bytes);
        at
    }

    fn table(&mut self, header: usize, count: usize, words: &[u32]) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let at = self.put(&bytes);
        self.0[header..header + 4].copy_from_slice(&(count as u32).to_le_bytes());
        self.0[header + 4..header + 8].copy_from_slice(&at.to_le_bytes());
    }

    /// A string, stored once, and how many entries of the table point at it.
    pub(crate) fn strings<S: AsRef<[u8]>>(&mut self, strings: impl Iterator<Item = (S, usize)>) {
        let mut offsets = Vec::new();
        for (text, count) in strings {
            let text = text.as_ref();
            let at = self.0.len() as u32;
            self.0.extend(uleb(text.len() as u32));
            self.0.extend(text);
            self.0.push(0);
            offsets.extend(std::iter::repeat_n(at, count));
        }
        self.table(STRINGS, offsets.len(), &offsets);
    }

    /// Types named by the first strings.
    pub(crate) fn types(&mut self, count: usize) {
        let ids: Vec<u32> = (0..count as u32).collect();
        self.table(TYPES, count, &ids);
    }

    /// Methods `()V` of the first type, named by the string.
    pub(crate) fn methods(&mut self, count: usize, name: u32) {
        self.table(PROTOS, 1, &[0, 0, 0]);
        let rows: Vec<u32> = (0..count).flat_map(|_| [0, name]).collect();
        self.table(METHODS, count, &rows);
    }

    /// One method `(Z)V` of the second type named by the fifth string, and `count` more of the
    /// first type. Types 2 and 3 are `V` and `Z`.
    pub(crate) fn calls(&mut self, count: usize) {
        let list = self.put(&[1, 0, 0, 0, 3, 0]);
        self.table(PROTOS, 1, &[2, 2, list]);
        let class = |index| u32::from(index == 0);
        let rows: Vec<u32> = (0..=count).flat_map(|index| [class(index), 4]).collect();
        self.table(METHODS, count + 1, &rows);
    }

    /// Code: `invoke-static` of the first method again and again, then `return-void`.
    pub(crate) fn code(&mut self, invokes: usize) -> u32 {
        let mut units = [0x0071, 0, 0].repeat(invokes);
        units.push(0x000e);
        self.code_of(1, &units)
    }

    pub(crate) fn code_of(&mut self, registers: u16, units: &[u16]) -> u32 {
        let header = [registers, 0, 1, 0];
        let mut bytes: Vec<u8> = header.iter().flat_map(|v| v.to_le_bytes()).collect();
        bytes.extend(0u32.to_le_bytes());
        bytes.extend((units.len() as u32).to_le_bytes());
        bytes.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
        self.put(&bytes)
    }

    /// Class data with that many direct methods, all with the same code.
    pub(crate) fn class_data(&mut self, methods: usize, code: u32) -> u32 {
        let mut bytes = [uleb(0), uleb(0), uleb(methods as u32), uleb(0)].concat();
        for index in 0..methods {
            bytes.extend([uleb(u32::from(index > 0)), uleb(9), uleb(code)].concat());
        }
        self.put(&bytes)
    }

    /// An array of static values: the first string again and again.
    pub(crate) fn static_values(&mut self, count: usize) -> u32 {
        let mut bytes = uleb(count as u32);
        bytes.extend([0x17, 0].repeat(count));
        self.put(&bytes)
    }

    /// Classes `0..count` with the same data and static values.
    pub(crate) fn classes(&mut self, count: usize, distinct_types: bool, data: u32, values: u32) {
        let rows: Vec<u32> = (0..count as u32)
            .flat_map(|index| {
                let class = if distinct_types { index } else { 0 };
                [class, 1, NO_INDEX, 0, NO_INDEX, 0, data, values]
            })
            .collect();
        self.table(CLASSES, count, &rows);
    }

    pub(crate) fn build(mut self) -> Vec<u8> {
        let size = (self.0.len() as u32).to_le_bytes();
        self.0[0x20..0x24].copy_from_slice(&size);
        self.0
    }
}

fn uleb(mut value: u32) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}
