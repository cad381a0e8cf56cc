//! Lists the entries of an archive, checked, and its anomalies: for comparison with other tools.

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                eprintln!("{path}: {error}");
                continue;
            }
        };
        let (zip, issues) = menshen_archive::Zip::parse(&bytes);
        for issue in &issues {
            println!("issue {} {}", issue.kind.code, issue.detail);
        }
        let Some(zip) = zip else { continue };
        for entry in zip.entries() {
            let state = match zip.verify(entry, 1 << 32) {
                Ok(()) => "ok",
                Err(issue) => issue.kind.code,
            };
            println!("{:08x} {:>10} {} {state}", entry.crc32, entry.uncompressed_size, entry.name);
        }
        for anomaly in zip.anomalies() {
            println!("anomaly {} {} {}", anomaly.kind.as_str(), anomaly.entry, anomaly.detail);
        }
    }
}
