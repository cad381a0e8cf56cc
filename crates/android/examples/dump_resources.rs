//! Prints the resources of tables, one line a value: `dump_resources FILE...`. Files after the
//! first are laid over it, as splits are. `--time`: only counts and how long each step took.

use menshen_android::aab;
use menshen_android::arsc::{Entry, ResourceTable};
use std::io::Write;
use std::time::Instant;

fn main() -> std::io::Result<()> {
    let (flags, paths): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a == "--time");
    let files = paths.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let start = Instant::now();
    let mut whole = ResourceTable::default();
    for (path, bytes) in paths.iter().zip(&files) {
        let (table, issues) = match bytes.first() {
            Some(2) => ResourceTable::parse(bytes),
            _ => aab::parse_resources(bytes),
        };
        for issue in issues {
            eprintln!("{path}: {} {:?} {}", issue.kind.code, issue.place.offset, issue.detail);
        }
        if let Some(table) = table {
            whole.overlay(table);
        }
    }
    for anomaly in whole.anomalies() {
        eprintln!("{} at 0x{:x}: {}", anomaly.kind.as_str(), anomaly.offset, anomaly.detail);
    }
    if flags.is_empty() { print(&whole) } else { time(&whole, start) }
}

fn print(table: &ResourceTable<'_>) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (id, name) in table.packages() {
        writeln!(out, "package 0x{id:02x} {name}")?;
    }
    let mut ids = Vec::new();
    table.for_each_id(&mut |id| ids.push(id));
    for id in ids {
        let name = table.name_of(id).unwrap_or_default();
        for (config, entry) in table.entries(id) {
            match entry {
                Entry::Value(value) => writeln!(out, "0x{id:08x} {name} ({config}) {value:?}")?,
                Entry::Bag(bag) => {
                    writeln!(out, "0x{id:08x} {name} ({config}) bag parent={:?}", bag.parent)?;
                    for (key, value) in bag.items {
                        writeln!(out, "    0x{key:08x}={value:?}")?;
                    }
                }
            }
        }
    }
    Ok(())
}

fn time(table: &ResourceTable<'_>, start: Instant) -> std::io::Result<()> {
    let step = |what: &str, count: usize| println!("{what} {count} {:?}", start.elapsed());
    step("parsed, packages", table.packages().len());
    let (mut strings, mut ids) = (0usize, Vec::new());
    table.for_each_string(&mut |_, _, _| strings = strings.saturating_add(1));
    step("strings", strings);
    table.for_each_id(&mut |id| ids.push(id));
    step("ids", ids.len());
    step("all values", ids.iter().map(|id| table.entries(*id).len()).sum());
    Ok(())
}
