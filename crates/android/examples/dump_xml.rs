//! Prints binary XML files, their issues and anomalies: `dump_xml FILE...`.

use menshen_android::axml::Document;

fn main() -> std::io::Result<()> {
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path)?;
        let (document, issues) = match bytes.first() {
            Some(b'<' | 0xef) => Document::parse_text(&bytes),
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
        print!("{}", document.print().text);
    }
    Ok(())
}
