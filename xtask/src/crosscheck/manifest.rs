//! Binary XML against `aapt2 dump xmltree`: the manifest and some other documents of each package.
//!
//! Compared: elements with nesting and line, attributes with namespace, name, id and value, in
//! order. Left out: character data, and the decimal form of floats, dimensions and fractions
//! (aapt2 rounds them). A document that aapt2 refuses is not compared.

use super::Outcome;
use crate::shell;
use anyhow::Result;
use menshen_android::arsc::{IntKind, ResValue};
use menshen_android::axml::{ANDROID_NAMESPACE, Attribute, Document, Element};
use menshen_archive::Zip;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

const ENTRY_BYTES_MAX: usize = 64 << 20;
/// Documents compared of one package, besides the manifest.
const OTHERS_MAX: usize = 20;
const MANIFEST: &str = "AndroidManifest.xml";

pub(super) fn prepare(_: &[PathBuf]) -> Result<()> {
    shell::need(&[("aapt2", "aapt")])
}

pub(super) fn compare(file: &Path) -> Result<Outcome> {
    let bytes = std::fs::read(file)?;
    let (Some(zip), _) = Zip::parse(&bytes) else {
        return Ok(match dump(file, MANIFEST) {
            Ok(_) => Outcome::Different(vec!["we cannot read the zip file".to_owned()]),
            Err(reason) => Outcome::Refused(reason),
        });
    };
    if zip.find(MANIFEST).is_none() {
        return Ok(Outcome::Skipped);
    }
    let mut agreed = 0;
    let mut differences = Vec::new();
    let mut refused = None;
    for name in documents(&zip) {
        let theirs = match dump(file, &name) {
            Ok(text) => parse_dump(&text),
            Err(reason) => {
                refused.get_or_insert(reason);
                continue;
            }
        };
        let Some(entry) = zip.find(&name) else { continue };
        let document =
            zip.read(entry, ENTRY_BYTES_MAX).ok().and_then(|xml| Document::parse(&xml).0);
        let Some(document) = document else {
            differences.push(format!("{name}: we cannot read it"));
            continue;
        };
        let mut ours = Vec::new();
        print(&document.root, 0, &mut ours);
        match difference(&ours, &theirs) {
            None => agreed += ours.len() as u64,
            Some(text) => differences.push(format!("{name}: {text}")),
        }
    }
    Ok(match refused {
        _ if !differences.is_empty() => Outcome::Different(differences),
        Some(reason) if agreed == 0 => Outcome::Refused(reason),
        _ => Outcome::Same(agreed),
    })
}

/// The manifest, then others spread over the package.
fn documents(zip: &Zip<'_>) -> Vec<String> {
    let others: Vec<String> = zip
        .entries()
        .iter()
        .map(|entry| entry.name.clone().into_owned())
        .filter(|name| name.starts_with("res/") && name.ends_with(".xml"))
        .collect();
    let step = others.len().div_ceil(OTHERS_MAX).max(1);
    std::iter::once(MANIFEST.to_owned()).chain(others.into_iter().step_by(step)).collect()
}

fn dump(file: &Path, name: &str) -> Result<String, String> {
    let mut command = Command::new("aapt2");
    command.args(["dump", "xmltree", "--file", name]).arg(file);
    let output = command.output().map_err(|error| error.to_string())?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() || errors.contains("error:") {
        return Err(errors.lines().last().unwrap_or("aapt2 failed").to_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn difference(ours: &[String], theirs: &[String]) -> Option<String> {
    let length = ours.len().max(theirs.len());
    let differ = |at: &usize| match (ours.get(*at), theirs.get(*at)) {
        (Some(ours), Some(theirs)) => !same(ours, theirs),
        _ => true,
    };
    (0..length).find(differ).map(|at| {
        let line = |lines: &[String]| lines.get(at).map_or("nothing".to_owned(), Clone::clone);
        format!("ours {} | aapt2 {}", line(ours), line(theirs))
    })
}

/// Lines are the same, or the numbers in them are but for digits that aapt2 does not print.
fn same(ours: &str, theirs: &str) -> bool {
    if ours == theirs {
        return true;
    }
    let Some((name, number)) = ours.split_once("=~") else { return false };
    let Some(value) = theirs.strip_prefix(name).and_then(|rest| rest.strip_prefix('=')) else {
        return false;
    };
    let digits = value.trim_end_matches(|end: char| end.is_ascii_alphabetic() || end == '%');
    match (number.parse::<f64>(), digits.parse::<f64>()) {
        (Ok(ours), Ok(theirs)) => (ours - theirs).abs() <= ours.abs() * 1e-4 + 1e-6,
        // Of a complex number only the presence is compared.
        (Err(_), Ok(_)) => number.is_empty(),
        _ => false,
    }
}

// ---- aapt2's side ----

/// One line an element or attribute; elements carry their depth.
fn parse_dump(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    // Indents of what encloses the line; declared namespaces indent too, and are no elements.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let mut in_text = false;
    for line in text.lines() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        if let Some(element) = body.strip_prefix("E: ") {
            in_text = false;
            open.retain(|(parent, _)| *parent < indent);
            let depth = open.iter().filter(|(_, is_element)| *is_element).count();
            lines.push(format!("E{depth} {element}"));
            open.push((indent, true));
        } else if let Some(attribute) = body.strip_prefix("A: ") {
            in_text = false;
            lines.push(format!("A {attribute}"));
        } else if body.starts_with("N: ") || body.starts_with("T: ") {
            in_text = true;
            if body.starts_with('N') {
                open.retain(|(parent, _)| *parent < indent);
                open.push((indent, false));
            }
        } else if !in_text && let Some(last) = lines.last_mut() {
            // A value with a line break goes on.
            let _ = write!(last, "\n{line}");
        }
    }
    lines.iter().map(|line| normal(line)).collect()
}

/// Without the raw form. An attribute with an id of the framework is for us one of the android
/// namespace, whatever the file says.
fn normal(line: &str) -> String {
    if line.starts_with('E') {
        return line.to_owned();
    }
    let line = line.rfind(" (Raw: \"").map_or(line, |at| &line[..at]);
    let Some(id) = line.find("(0x01") else { return line.to_owned() };
    let name = line[..id].rfind(':').map_or(2, |colon| colon + 1);
    if line[..id].contains('=') {
        return line.to_owned();
    }
    format!("A {ANDROID_NAMESPACE}:{}", &line[name..])
}

// ---- our side ----

fn print(element: &Element, depth: usize, out: &mut Vec<String>) {
    let name = match &element.namespace {
        Some(namespace) => format!("{namespace}:{}", element.name),
        None => element.name.clone(),
    };
    out.push(format!("E{depth} {name} (line={})", element.line));
    for attribute in &element.attributes {
        out.push(print_attribute(attribute));
    }
    for child in &element.children {
        print(child, depth + 1, out);
    }
}

fn print_attribute(attribute: &Attribute) -> String {
    let mut line = String::from("A ");
    if let Some(namespace) = &attribute.namespace {
        let _ = write!(line, "{namespace}:");
    }
    line.push_str(&attribute.name);
    if let Some(id) = attribute.id {
        let _ = write!(line, "(0x{id:08x})");
    }
    line.push('=');
    line.push_str(&print_value(&attribute.value));
    line
}

fn print_value(value: &ResValue) -> String {
    match value {
        ResValue::Null | ResValue::Reference(0) => "@null".to_owned(),
        ResValue::Empty => "@empty".to_owned(),
        ResValue::Reference(id) | ResValue::DynamicReference(id) => format!("@0x{id:08x}"),
        ResValue::Attribute(id) | ResValue::DynamicAttribute(id) => format!("?0x{id:08x}"),
        ResValue::String(text) => format!("\"{text}\""),
        ResValue::Float(number) => format!("~{number}"),
        ResValue::Dimension(_) | ResValue::Fraction(_) => "~".to_owned(),
        ResValue::Int(number, IntKind::Decimal) => number.to_string(),
        ResValue::Int(number, IntKind::Hex) => format!("0x{number:08x}"),
        ResValue::Int(number, IntKind::Bool) => (*number != 0).to_string(),
        ResValue::Int(number, _) => format!("#{number:08x}"),
        ResValue::Other { kind, data } => format!("(type 0x{kind:02x}) 0x{data:08x}"),
    }
}
