//! DEX files against `dexdump -d`.
//!
//! Our side prints the lines that dexdump (Android 11) prints for classes, fields, methods, code,
//! exception tables and line numbers, and the lines are compared class by class. Left out: file
//! offsets, flags in words, local variables, static values, source file index, and the decimal
//! form of floating-point literals (their bits are compared).

use super::Outcome;
use crate::shell;
use anyhow::{Context, Result};
use menshen_android::dex::{
    ClassDef, Code, Dex, EncodedField, EncodedMethod, FieldId, Format, IndexKind, Insn, MethodId,
    Mutf8, ProtoId, StringId, TypeId,
};
use menshen_archive::Zip;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const ENTRY_BYTES_MAX: usize = 256 << 20;
/// Opcodes with a format of 11n and wider constants that dexdump prints as floating point.
const FLOAT_MARKS: &[&str] = &["#float ", "#double "];

pub(super) fn prepare(_: &[PathBuf]) -> Result<()> {
    shell::need(&[("dexdump", "dexdump")])
}

pub(super) fn compare(file: &Path) -> Result<Outcome> {
    let bytes = std::fs::read(file)?;
    let dexes = dex_files(&bytes);
    if dexes.is_empty() {
        return Ok(Outcome::Skipped);
    }
    let mut child = Command::new("dexdump")
        .arg("-d")
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start dexdump")?;
    let errors = child.stderr.take().context("no standard error")?;
    let errors = std::thread::spawn(move || std::io::read_to_string(errors).unwrap_or_default());
    let mut theirs = Theirs {
        lines: BufReader::new(child.stdout.take().context("no standard output")?),
        held: None,
    };
    let mut ours = dexes.iter().flat_map(|bytes| {
        let (files, _) = Dex::parse_all(bytes);
        files.into_iter().flat_map(|dex| {
            let classes: Vec<ClassDef> = dex.classes().collect();
            classes.into_iter().map(move |class| print_class(&dex, &class))
        })
    });
    let mut agreed = 0;
    let mut differences = Vec::new();
    while let Some(wanted) = theirs.next_class()? {
        match ours.next() {
            Some(got) if got == wanted => agreed += got.len() as u64,
            Some(got) => differences.push(first_difference(&got, &wanted)),
            None => differences.push("we lack a class".to_owned()),
        }
    }
    let missing = ours.count();
    let status = child.wait()?;
    let errors = errors.join().unwrap_or_default();
    if !status.success() {
        let reason = errors.lines().next_back().unwrap_or("dexdump failed").to_owned();
        return Ok(Outcome::Refused(reason));
    }
    if missing > 0 {
        differences.push(format!("dexdump lacks {missing} classes"));
    }
    Ok(if differences.is_empty() { Outcome::Same(agreed) } else { Outcome::Different(differences) })
}

/// The dex files of a package as the runtime counts them, or the file itself.
fn dex_files(bytes: &[u8]) -> Vec<Vec<u8>> {
    if bytes.starts_with(b"dex\n") {
        return vec![bytes.to_vec()];
    }
    let (Some(zip), _) = Zip::parse(bytes) else { return Vec::new() };
    let mut found = Vec::new();
    for number in 1.. {
        let name =
            if number == 1 { "classes.dex".to_owned() } else { format!("classes{number}.dex") };
        let Some(entry) = zip.find(&name) else { return found };
        let Ok(content) = zip.read(entry, ENTRY_BYTES_MAX) else { return found };
        found.push(content.into_owned());
    }
    found
}

fn first_difference(got: &[Vec<u8>], wanted: &[Vec<u8>]) -> String {
    let class = got.first().map(|line| text(line)).unwrap_or_default();
    let mut method = String::new();
    for at in 0..got.len().max(wanted.len()) {
        let (ours, theirs) = (got.get(at), wanted.get(at));
        if ours != theirs {
            let line =
                |line: Option<&Vec<u8>>| line.map_or("nothing".to_owned(), |line| text(line));
            return format!("{class} {method}: ours {} | dexdump {}", line(ours), line(theirs));
        }
        if let Some(line) = ours.filter(|line| line.starts_with(b"name ")) {
            method = text(line);
        }
    }
    class
}

fn text(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

// ---- dexdump's side ----

struct Theirs<R> {
    lines: R,
    /// The line that opens the next class.
    held: Option<Vec<u8>>,
}

impl<R: BufRead> Theirs<R> {
    /// The compared lines of the next class.
    fn next_class(&mut self) -> Result<Option<Vec<Vec<u8>>>> {
        let mut open = self.held.take().is_some();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut in_code = false;
        let mut raw = Vec::new();
        loop {
            raw.clear();
            if self.lines.read_until(b'\n', &mut raw)? == 0 {
                return Ok(open.then_some(lines));
            }
            if raw.last() == Some(&b'\n') {
                raw.pop();
            }
            if raw.starts_with(b"Class #") {
                if open {
                    self.held = Some(raw);
                    return Ok(Some(lines));
                }
                open = true;
            }
            if !open {
                continue;
            }
            if let Some(instruction) = code_line(&raw) {
                in_code = true;
                lines.push(normal(instruction));
            } else if raw.starts_with(b"      catches ") {
                in_code = false;
                lines.extend(kept(&raw));
            } else if in_code {
                // A string constant with a line break goes on.
                lines.push(raw.clone());
            } else {
                lines.extend(kept(&raw));
            }
        }
    }
}

/// `0000: nop` of `000268: 0000      |0000: nop`.
fn code_line(raw: &[u8]) -> Option<&[u8]> {
    let bar = raw.iter().position(|byte| *byte == b'|')?;
    let (before, after) = (raw.get(..bar)?, raw.get(bar + 1..)?);
    let colon = before.iter().position(|byte| *byte == b':')?;
    let hex = |bytes: &[u8]| !bytes.is_empty() && bytes.iter().all(u8::is_ascii_hexdigit);
    let address = after.iter().position(|byte| *byte == b':')?;
    (hex(&before[..colon]) && hex(&after[..address])).then_some(after)
}

/// Without the decimal form of floating-point literals.
fn normal(line: &[u8]) -> Vec<u8> {
    let shown = text(line);
    for mark in FLOAT_MARKS {
        // A string constant may hold the mark: only an operand is meant.
        if let (Some(start), Some(end)) = (shown.find(mark), shown.find(" // #"))
            && start < end
            && !shown[..start].contains('"')
        {
            return format!("{}{}", &shown[..start], &shown[end + 1..]).into_bytes();
        }
    }
    line.to_vec()
}

fn kept(raw: &[u8]) -> Option<Vec<u8>> {
    const LABELS: &[(&[u8], &[u8])] = &[
        (b"  Class descriptor  : ", b"class "),
        (b"  Access flags      : ", b"access "),
        (b"  Superclass        : ", b"super "),
        (b"      name          : ", b"name "),
        (b"      type          : ", b"type "),
        (b"      access        : ", b"access "),
        (b"      registers     : ", b"registers "),
        (b"      ins           : ", b"ins "),
        (b"      outs          : ", b"outs "),
        (b"      insns size    : ", b"units "),
        (b"      catches       : ", b"catches "),
    ];
    for (label, name) in LABELS {
        if let Some(value) = raw.strip_prefix(*label) {
            let end = match *name {
                b"access " | b"units " => value.iter().position(|byte| *byte == b' '),
                _ => None,
            };
            let value = &value[..end.unwrap_or(value.len())];
            return Some([*name, value].concat());
        }
    }
    // Ranges, handlers, lines, interfaces.
    let shown = text(raw);
    let body = shown.trim_start();
    let indent = shown.len() - body.len();
    if indent == 4
        && let Some(at) = body.find(": '").filter(|_| body.starts_with('#'))
    {
        return Some([b"implements ", &body.as_bytes()[at + 2..]].concat());
    }
    let good = match indent {
        8 => {
            body.starts_with("0x")
                && (body.contains(" - 0x") || body.contains(" line="))
                && !body.contains(" reg=")
        }
        10 => body.contains("; -> 0x") || body.starts_with("<any> -> 0x"),
        _ => false,
    };
    good.then(|| body.as_bytes().to_vec())
}

// ---- our side ----

/// Lines; a line break inside a string makes two, as it does in dexdump's output.
struct Lines(Vec<Vec<u8>>);

impl Lines {
    fn push(&mut self, line: Vec<u8>) {
        if line.contains(&b'\n') {
            self.0.extend(line.split(|byte| *byte == b'\n').map(<[u8]>::to_vec));
        } else {
            self.0.push(line);
        }
    }

    fn add(&mut self, line: String) {
        self.push(line.into_bytes());
    }

    fn quoted(&mut self, label: &str, value: &[u8]) {
        self.push([label.as_bytes(), b" '", value, b"'"].concat());
    }
}

fn print_class(dex: &Dex<'_>, class: &ClassDef) -> Vec<Vec<u8>> {
    let mut out = Lines(Vec::new());
    out.quoted("class", type_name(dex, class.ty));
    out.add(format!("access 0x{:04x}", class.access));
    if let Some(superclass) = class.superclass {
        out.quoted("super", type_name(dex, superclass));
    }
    for interface in dex.interfaces(class) {
        out.quoted("implements", type_name(dex, interface));
    }
    let Ok(data) = dex.class_data(class) else {
        out.add("class data cannot be read".to_owned());
        return out.0;
    };
    for field in data.static_fields.iter().chain(&data.instance_fields) {
        print_field(dex, field, &mut out);
    }
    for method in data.methods() {
        print_method(dex, method, &mut out);
    }
    out.0
}

fn print_field(dex: &Dex<'_>, field: &EncodedField, out: &mut Lines) {
    let Some(names) = dex.field(field.id) else { return };
    out.quoted("name", string(dex, names.name));
    out.quoted("type", type_name(dex, names.ty));
    out.add(format!("access 0x{:04x}", field.access));
}

fn print_method(dex: &Dex<'_>, method: &EncodedMethod, out: &mut Lines) {
    let Some(names) = dex.method(method.id) else { return };
    out.quoted("name", string(dex, names.name));
    out.quoted("type", &descriptor(dex, names.proto));
    out.add(format!("access 0x{:04x}", method.access));
    let code = match dex.code(method) {
        Ok(Some(code)) => code,
        Ok(None) => return,
        Err(issue) => return out.add(format!("code cannot be read: {issue:?}")),
    };
    out.add(format!("registers {}", code.registers));
    out.add(format!("ins {}", code.ins));
    out.add(format!("outs {}", code.outs));
    out.add(format!("units {}", code.units.count()));
    print_code(dex, &code, out);
    let tries: Vec<_> = code.tries().collect();
    out.add(if tries.is_empty() {
        "catches (none)".to_owned()
    } else {
        format!("catches {}", tries.len())
    });
    for block in tries {
        out.add(format!("0x{:04x} - 0x{:04x}", block.start, block.end));
        for (ty, address) in block.handlers {
            let name = ty.map_or(&b"<any>"[..], |ty| type_name(dex, ty));
            out.push([name, format!(" -> 0x{address:04x}").as_bytes()].concat());
        }
    }
    for (address, line) in code.lines(dex) {
        out.add(format!("0x{address:04x} line={}", line.cast_signed()));
    }
}

fn print_code(dex: &Dex<'_>, code: &Code<'_>, out: &mut Lines) {
    let mut pc = 0;
    while pc < code.units.count() {
        let payload = match code.units.unit(pc) {
            Some(0x0100) => Some("packed-switch-data"),
            Some(0x0200) => Some("sparse-switch-data"),
            Some(0x0300) => Some("array-data"),
            _ => None,
        };
        if let Some(name) = payload {
            let units = payload_units(code, pc);
            out.add(format!("{pc:04x}: {name} ({units} units)"));
            pc += units;
            continue;
        }
        let Some(insn) = code.units.decode(pc) else {
            return out.add(format!("{pc:04x}: cannot be decoded"));
        };
        let mut line = format!("{pc:04x}: ").into_bytes();
        print_insn(dex, &insn, &mut line);
        out.push(line);
        pc += insn.op.width();
    }
}

fn payload_units(code: &Code<'_>, pc: u32) -> u32 {
    let unit = |at: u32| code.units.unit(pc + at).map_or(0, u32::from);
    match unit(0) {
        0x0100 => unit(1) * 2 + 4,
        0x0200 => unit(1) * 4 + 2,
        _ => ((unit(2) | unit(3) << 16) * unit(1)).div_ceil(2) + 4,
    }
}

fn print_insn(dex: &Dex<'_>, insn: &Insn, out: &mut Vec<u8>) {
    let info = insn.op.info();
    let Insn { pc, a, b, c, literal, target, .. } = *insn;
    let offset = i64::from(target) - i64::from(pc);
    let sign = if offset < 0 { '-' } else { '+' };
    let distance = offset.unsigned_abs();
    out.extend(insn.op.name().as_bytes());
    let operands = match info.format {
        Format::F10x if insn.op.0 == 0 => " // spacer".to_owned(),
        Format::F10x => String::new(),
        Format::F12x | Format::F22x | Format::F32x => format!(" v{a}, v{b}"),
        Format::F11n => format!(" v{a}, #int {literal} // #{:x}", literal as u8),
        Format::F11x => format!(" v{a}"),
        Format::F10t | Format::F20t => format!(" {target:04x} // {sign}{distance:04x}"),
        Format::F30t => format!(" #{:08x}", offset as u32),
        Format::F21t => format!(" v{a}, {target:04x} // {sign}{distance:04x}"),
        Format::F31t => format!(" v{a}, {target:08x} // +{:08x}", offset as u32),
        Format::F22t => format!(" v{a}, v{b}, {target:04x} // {sign}{distance:04x}"),
        Format::F21s => format!(" v{a}, #int {literal} // #{:x}", literal as u16),
        Format::F21h if insn.op.name() == "const/high16" => {
            format!(" v{a}, #int {literal} // #{:x}", (literal >> 16) as u16)
        }
        Format::F21h => format!(" v{a}, #long {literal} // #{:x}", (literal >> 48) as u16),
        Format::F31i => format!(" v{a}, // #{:08x}", literal as u32),
        Format::F51l => format!(" v{a}, // #{literal:016x}"),
        Format::F23x => format!(" v{a}, v{b}, v{c}"),
        Format::F22b => format!(" v{a}, v{b}, #int {literal} // #{:02x}", literal as u8),
        Format::F22s => format!(" v{a}, v{b}, #int {literal} // #{:04x}", literal as u16),
        Format::F21c | Format::F31c => format!(" v{a}, "),
        Format::F22c => format!(" v{a}, v{b}, "),
        Format::F35c | Format::F3rc | Format::F45cc | Format::F4rcc => {
            let registers: Vec<String> =
                insn.args().map(|register| format!("v{register}")).collect();
            format!(" {{{}}}, ", registers.join(", "))
        }
    };
    out.extend(operands.as_bytes());
    let width = if info.format == Format::F31c { 8 } else { 4 };
    print_index(dex, info.index, insn, width, out);
}

fn print_index(dex: &Dex<'_>, kind: IndexKind, insn: &Insn, width: usize, out: &mut Vec<u8>) {
    let index = insn.index;
    let table = match kind {
        IndexKind::None => return,
        IndexKind::String => {
            out.push(b'"');
            out.extend(string(dex, StringId(index)));
            out.push(b'"');
            "string"
        }
        IndexKind::Type => {
            out.extend(type_name(dex, TypeId(index)));
            "type"
        }
        IndexKind::Field => {
            print_field_name(dex, FieldId(index), out);
            "field"
        }
        IndexKind::Method => {
            print_method_name(dex, MethodId(index), out);
            "method"
        }
        IndexKind::Proto => {
            out.extend(descriptor(dex, ProtoId(index)));
            "proto"
        }
        IndexKind::CallSite => "call_site",
        IndexKind::MethodHandle => "method_handle",
    };
    if matches!(kind, IndexKind::CallSite | IndexKind::MethodHandle) {
        let _ = write!(out, "{table}@{index:0width$x}");
    } else if matches!(insn.op.info().format, Format::F45cc | Format::F4rcc) {
        out.extend(b", ");
        out.extend(descriptor(dex, ProtoId(insn.index2)));
        let _ = write!(out, " // method@{index:0width$x}, proto@{:0width$x}", insn.index2);
    } else {
        let _ = write!(out, " // {table}@{index:0width$x}");
    }
}

fn print_field_name(dex: &Dex<'_>, id: FieldId, out: &mut Vec<u8>) {
    let Some(field) = dex.field(id) else { return out.extend(b"<unknown>") };
    out.extend(type_name(dex, field.class));
    out.push(b'.');
    out.extend(string(dex, field.name));
    out.push(b':');
    out.extend(type_name(dex, field.ty));
}

fn print_method_name(dex: &Dex<'_>, id: MethodId, out: &mut Vec<u8>) {
    let Some(method) = dex.method(id) else { return out.extend(b"<unknown>") };
    out.extend(type_name(dex, method.class));
    out.push(b'.');
    out.extend(string(dex, method.name));
    out.push(b':');
    out.extend(descriptor(dex, method.proto));
}

fn string<'a>(dex: &Dex<'a>, id: StringId) -> &'a [u8] {
    dex.string(id).map_or(b"?", Mutf8::bytes)
}

fn type_name<'a>(dex: &Dex<'a>, id: TypeId) -> &'a [u8] {
    dex.type_name(id).map_or(b"?", Mutf8::bytes)
}

fn descriptor(dex: &Dex<'_>, id: ProtoId) -> Vec<u8> {
    let Some(proto) = dex.proto(id) else { return b"?".to_vec() };
    let mut text = vec![b'('];
    for ty in proto.parameters() {
        text.extend(type_name(dex, ty));
    }
    text.push(b')');
    text.extend(type_name(dex, proto.return_type));
    text
}
