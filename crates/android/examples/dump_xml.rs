//! Prints binary or plain XML files, their issues and anomalies: `dump_xml [--tree] FILE...`.
//! `--tree`: one line an element or attribute with its typed value, to compare with other tools.

use menshen_android::axml::{Document, Element};
use std::io::{Result, Write};

fn main() -> Result<()> {
    let (flags, paths): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a == "--tree");
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for path in paths {
        let bytes = std::fs::read(&path)?;
        let (document, issues) = match bytes.first() {
            Some(b'<' | 0xef) => Document::parse_text(&bytes),
            Some(0x0a) => menshen_android::aab::parse_xml(&bytes),
            _ => Document::parse(&bytes),
        };
        for issue in issues {
            eprintln!("{path}: {} {:?} {}", issue.kind.code, issue.place.offset, issue.detail);
        }
        let Some(document) = document else { continue };
        for anomaly in &document.anomalies {
            let kind = anomaly.kind.as_str();
            eprintln!("{path}: {kind} at 0x{:x}: {}", anomaly.offset, anomaly.detail);
        }
        if flags.is_empty() {
            write!(out, "{}", document.print().text)?;
        } else {
            writeln!(out, "F: {path}")?;
            tree(&document.root, 0, &mut out)?;
        }
    }
    Ok(())
}

fn tree(element: &Element, depth: usize, out: &mut impl Write) -> Result<()> {
    writeln!(out, "E: {depth} {} (line={})", element.name, element.line)?;
    for attribute in &element.attributes {
        let namespace = attribute.namespace.as_deref().unwrap_or_default();
        let (name, id) = (&attribute.name, attribute.id.unwrap_or(0));
        writeln!(out, "A: {namespace}:{name}(0x{id:08x})={:?}", attribute.value)?;
    }
    if !element.text.trim().is_empty() {
        writeln!(out, "T: {:?}", element.text)?;
    }
    element.children.iter().try_for_each(|child| tree(child, depth.saturating_add(1), out))
}
