//! Compares DEX files with what `dexdump -d` of AOSP prints for them: every method, every
//! instruction with its operands and strings, exception tables, line numbers, call sites.
//! `for f in *.dex; do dexdump -d $f > $f.txt; done; dexdump_check *.dex`
//! reads `X.dex.txt` beside each `X.dex`. Exit code 1 when anything differs.

use menshen_android::dex::{
    Code, Dex, EncodedMethod, FieldId, Format, IndexKind, Insn, MethodId, Mutf8, ProtoId, StringId,
    TypeId,
};

/// Differences that are printed for one file.
const SHOWN: u32 = 10;

/// What dexdump printed, read from front to back.
struct Dump<'t> {
    text: &'t [u8],
    at: usize,
}

impl Dump<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn line(&self) -> String {
        let line = self.rest().split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).into_owned()
    }

    fn next_line(&mut self) {
        let rest = self.rest();
        self.at += rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1);
    }

    /// Steps to the next line whose text after the `|` of a code line can be compared; payloads
    /// are stepped over. False at the end of the code of a method.
    fn find_insn(&mut self) -> bool {
        loop {
            let line = self.line();
            let Some((left, right)) = line.split_once('|') else { return false };
            let is_code = left.len() == 47 && left.get(6..8) == Some(": ");
            if !is_code || right.starts_with('[') {
                return false;
            }
            if right.contains("-switch-data (") || right.contains(": array-data (") {
                self.next_line();
                continue;
            }
            self.at += 48;
            return true;
        }
    }

    /// Steps behind the line that begins like this; false when there is none.
    fn find_line(&mut self, start: &str) -> bool {
        while self.at < self.text.len() {
            if self.rest().starts_with(start.as_bytes()) {
                return true;
            }
            self.next_line();
        }
        false
    }
}

#[derive(Default)]
struct Totals {
    methods: u64,
    instructions: u64,
    catches: u64,
    lines: u64,
    differences: u32,
}

impl Totals {
    fn differ(&mut self, place: &str, ours: &[u8], theirs: &str) {
        self.differences += 1;
        if self.differences <= SHOWN {
            println!("{place}\n  ours   {}\n  theirs {theirs}", String::from_utf8_lossy(ours));
        }
    }
}

fn main() {
    let mut failed = false;
    for path in std::env::args().skip(1) {
        let (Ok(bytes), Ok(text)) = (std::fs::read(&path), std::fs::read(format!("{path}.txt")))
        else {
            println!("{path}: cannot be read");
            continue;
        };
        let (files, issues) = Dex::parse_all(&bytes);
        issues.iter().for_each(|issue| println!("{path}: {} {}", issue.kind.code, issue.detail));
        let mut totals = Totals::default();
        let mut dump = Dump { text: &text, at: 0 };
        for dex in &files {
            compare(dex, &mut dump, &mut totals);
            for issue in dex.check_map() {
                println!("{path}: {} {}", issue.kind.code, issue.detail);
            }
        }
        if dump.find_line("      insns size") {
            totals.differ("more methods than ours", b"", &dump.line());
        }
        println!(
            "{path}: {} methods, {} instructions, {} catches, {} lines; {} different",
            totals.methods, totals.instructions, totals.catches, totals.lines, totals.differences
        );
        failed |= totals.differences > 0;
    }
    std::process::exit(i32::from(failed));
}

fn compare(dex: &Dex<'_>, dump: &mut Dump<'_>, totals: &mut Totals) {
    for class in dex.classes() {
        let Ok(data) = dex.class_data(&class) else { continue };
        for method in data.methods() {
            if let Ok(Some(code)) = dex.code(method) {
                method_code(dex, method, &code, dump, totals);
            }
        }
    }
    let (handles, sites) = (dex.method_handle_count(), dex.call_site_count());
    for index in 0..handles {
        let found = dump.find_line(&format!("Method handle #{index}:"));
        if !found || dex.method_handle(index).is_none() {
            totals.differ(&format!("method handle {index}"), b"", "");
        }
    }
    for index in 0..sites {
        let site = dex.call_site(index);
        let name = site.as_ref().and_then(|site| dex.string(site.name));
        let proto = site.as_ref().map(|site| dex.descriptor(site.proto)).unwrap_or_default();
        let lines = [
            format!("Call site #{index}:"),
            format!("  link_argument[1] : {} (String)", name.unwrap_or(Mutf8(b"?"))),
            format!("  link_argument[2] : {proto} (MethodType)"),
        ];
        for line in lines {
            if !dump.find_line(&line) {
                totals.differ("call site", line.as_bytes(), "nothing");
                return;
            }
        }
    }
}

fn method_code(
    dex: &Dex<'_>,
    method: &EncodedMethod,
    code: &Code<'_>,
    dump: &mut Dump<'_>,
    totals: &mut Totals,
) {
    let mut name = Vec::new();
    write_index(dex, &mut name, IndexKind::Method, method.id.0, 4);
    let place = String::from_utf8_lossy(&name).into_owned();
    totals.methods += 1;
    if !dump.find_line("      registers") {
        return totals.differ(&place, b"a method", "no more methods");
    }
    for (label, value) in [("registers", code.registers), ("ins", code.ins), ("outs", code.outs)] {
        let line = format!("      {label:<14}: {value}");
        if dump.line() != line {
            totals.differ(&place, line.as_bytes(), &dump.line());
        }
        dump.next_line();
    }
    dump.next_line();
    dump.next_line();
    for insn in code.units.instructions() {
        totals.instructions += 1;
        let ours = write_insn(dex, &insn);
        if !dump.find_insn() {
            return totals.differ(&place, &ours, "no more instructions");
        }
        if dump.rest().starts_with(&ours) {
            dump.at += ours.len();
        } else {
            totals.differ(&place, &ours, &dump.line());
        }
        dump.next_line();
    }
    if dump.find_insn() {
        totals.differ(&place, b"end of the code", &dump.line());
    }
    for line in tables(dex, code, totals) {
        if dump.line().as_bytes() != line.as_bytes() {
            return totals.differ(&place, line.as_bytes(), &dump.line());
        }
        dump.next_line();
    }
}

/// The exception table and the line numbers as dexdump prints them.
fn tables(dex: &Dex<'_>, code: &Code<'_>, totals: &mut Totals) -> Vec<String> {
    let blocks: Vec<_> = code.tries().collect();
    let mut lines = match blocks.len() {
        0 => vec!["      catches       : (none)".to_owned()],
        count => vec![format!("      catches       : {count}")],
    };
    for block in blocks {
        lines.push(format!("        0x{:04x} - 0x{:04x}", block.start, block.end));
        for (class, address) in block.handlers {
            totals.catches += 1;
            let class = class.map_or("<any>".to_owned(), |ty| {
                dex.type_name(ty).map(|name| name.to_string()).unwrap_or_default()
            });
            lines.push(format!("          {class} -> 0x{address:04x}"));
        }
    }
    lines.push("      positions     : ".to_owned());
    for (address, line) in code.lines(dex) {
        totals.lines += 1;
        lines.push(format!("        0x{address:04x} line={}", line.cast_signed()));
    }
    lines
}

/// One instruction in dexdump's notation. Bytes, since strings are printed as they stand.
fn write_insn(dex: &Dex<'_>, insn: &Insn) -> Vec<u8> {
    let info = insn.op.info();
    let Insn { pc, a, b, c, literal, target, .. } = *insn;
    let mut out = format!("{pc:04x}: {}", info.name).into_bytes();
    let jump = |digits: usize| {
        let offset = i64::from(target) - i64::from(pc);
        let offset = offset as i32;
        let sign = if offset < 0 { '-' } else { '+' };
        let size = offset.unsigned_abs();
        format!("{target:0digits$x} // {sign}{size:0digits$x}")
    };
    let low = |bits: u32| literal as u64 & (u64::MAX >> (64 - bits));
    let operands = match info.format {
        Format::F10x if insn.op.0 == 0 => " // spacer".to_owned(),
        Format::F10x => String::new(),
        Format::F12x | Format::F22x | Format::F32x => format!(" v{a}, v{b}"),
        Format::F11n => format!(" v{a}, #int {literal} // #{:x}", low(8)),
        Format::F11x => format!(" v{a}"),
        Format::F10t | Format::F20t => format!(" {}", jump(4)),
        Format::F30t => format!(" #{:08x}", target.wrapping_sub(pc)),
        Format::F21t => format!(" v{a}, {}", jump(4)),
        Format::F21s => format!(" v{a}, #int {literal} // #{:x}", low(16)),
        Format::F21h if insn.op.0 == 0x19 => {
            format!(" v{a}, #long {literal} // #{:x}", (literal as u64) >> 48)
        }
        Format::F21h => format!(" v{a}, #int {literal} // #{:x}", low(32) >> 16),
        Format::F23x => format!(" v{a}, v{b}, v{c}"),
        Format::F22b => format!(" v{a}, v{b}, #int {literal} // #{:02x}", low(8)),
        Format::F22t => format!(" v{a}, v{b}, {}", jump(4)),
        Format::F22s => format!(" v{a}, v{b}, #int {literal} // #{:04x}", low(16)),
        Format::F31t => format!(" v{a}, {}", jump(8)),
        Format::F31i => format!(
            " v{a}, #float {} // #{:08x}",
            general(f64::from(f32::from_bits(low(32) as u32))),
            low(32)
        ),
        Format::F51l => {
            format!(" v{a}, #double {} // #{:016x}", general(f64::from_bits(low(64))), low(64))
        }
        Format::F21c | Format::F31c => format!(" v{a}, "),
        Format::F22c => format!(" v{a}, v{b}, "),
        Format::F35c | Format::F3rc | Format::F45cc | Format::F4rcc => {
            let registers: Vec<String> = insn.args().map(|reg| format!("v{reg}")).collect();
            format!(" {{{}}}, ", registers.join(", "))
        }
    };
    out.extend_from_slice(operands.as_bytes());
    let digits = if info.format == Format::F31c { 8 } else { 4 };
    write_index(dex, &mut out, info.index, insn.index, digits);
    let id = match info.index {
        IndexKind::None | IndexKind::CallSite | IndexKind::MethodHandle => String::new(),
        IndexKind::String => format!(" // string@{:0digits$x}", insn.index),
        IndexKind::Type => format!(" // type@{:0digits$x}", insn.index),
        IndexKind::Field => format!(" // field@{:0digits$x}", insn.index),
        IndexKind::Proto => format!(" // proto@{:0digits$x}", insn.index),
        IndexKind::Method if matches!(info.format, Format::F45cc | Format::F4rcc) => {
            let (index, proto) = (insn.index, insn.index2);
            let descriptor = dex.descriptor(ProtoId(proto));
            format!(", {descriptor} // method@{index:04x}, proto@{proto:04x}")
        }
        IndexKind::Method => format!(" // method@{:04x}", insn.index),
    };
    out.extend_from_slice(id.as_bytes());
    out
}

/// `%g` of C: six significant digits.
fn general(value: f64) -> String {
    if value.is_nan() {
        return if value.is_sign_negative() { "-nan" } else { "nan" }.to_owned();
    }
    if value.is_infinite() {
        return if value < 0.0 { "-inf" } else { "inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{value:.5e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..6).contains(&exponent) {
        let decimals = usize::try_from(5 - exponent).unwrap_or(0);
        return trim(&format!("{value:.decimals$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trim(digits), exponent.unsigned_abs())
}

fn write_index(dex: &Dex<'_>, out: &mut Vec<u8>, kind: IndexKind, index: u32, digits: usize) {
    let string = |id: StringId| dex.string(id).map_or(&b"?"[..], Mutf8::bytes);
    let type_name = |id: TypeId| dex.type_name(id).map_or(&b"?"[..], Mutf8::bytes);
    match kind {
        IndexKind::None => {}
        IndexKind::String => {
            out.push(b'"');
            out.extend_from_slice(string(StringId(index)));
            out.push(b'"');
        }
        IndexKind::Type => out.extend_from_slice(type_name(TypeId(index))),
        IndexKind::Field => {
            let Some(field) = dex.field(FieldId(index)) else { return };
            out.extend_from_slice(type_name(field.class));
            out.push(b'.');
            out.extend_from_slice(string(field.name));
            out.push(b':');
            out.extend_from_slice(type_name(field.ty));
        }
        IndexKind::Method => {
            let Some(method) = dex.method(MethodId(index)) else { return };
            out.extend_from_slice(type_name(method.class));
            out.push(b'.');
            out.extend_from_slice(string(method.name));
            out.push(b':');
            out.extend_from_slice(dex.descriptor(method.proto).as_bytes());
        }
        IndexKind::Proto => out.extend_from_slice(dex.descriptor(ProtoId(index)).as_bytes()),
        IndexKind::CallSite => out.extend(format!("call_site@{index:0digits$x}").bytes()),
        IndexKind::MethodHandle => out.extend(format!("method_handle@{index:0digits$x}").bytes()),
    }
}
