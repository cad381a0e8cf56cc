//! Verifies the signatures of packages: one line a file.
//!
//! `verify_apk [--min LEVEL] [--max LEVEL] [--v1 always|decides|never] [--details] FILE...`
//!
//! Without `--min` the level comes from the manifest. An `.idsig` file beside the package is
//! verified with it. Columns: file, verdict, verified schemes that decide (`12 3X4S`), problems,
//! certificates.

use menshen_android::signature::{
    ApkView, Entries, Report, Request, Scheme, SchemeKind, Severity, V1Check, verify,
};
use menshen_archive::{Entry, Zip};
use menshen_base::{IssueKind, ScanIssue, text};
use std::borrow::Cow;

/// Entries of an archive, as strict as `apksigner`: one whose local header names other data than
/// the directory, or whose content is of another length, cannot be read.
struct ZipEntries<'a> {
    zip: &'a Zip<'a>,
    file: &'a [u8],
}

impl ZipEntries<'_> {
    fn is_consistent(&self, entry: &Entry<'_>) -> Option<bool> {
        const DATA_DESCRIPTOR: u16 = 8;
        let header = self.file.get(usize::try_from(entry.local_header_offset).ok()?..)?;
        let u16_at = |at: usize| Some(u16::from_le_bytes(header.get(at..at + 2)?.try_into().ok()?));
        let u32_at = |at: usize| Some(u32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let flags = u16_at(6)?;
        let numbers = [u32_at(14)?, u32_at(18)?, u32_at(22)?].map(u64::from);
        let expected = [entry.crc32.into(), entry.compressed_size, entry.uncompressed_size];
        let name = header.get(30..30 + usize::from(u16_at(26)?))?;
        let described = flags & DATA_DESCRIPTOR != 0 || numbers == expected;
        let same_flag = (flags ^ entry.flags) & DATA_DESCRIPTOR == 0;
        Some(described && same_flag && name == entry.raw_name)
    }
}

impl Entries for ZipEntries<'_> {
    fn count(&self) -> usize {
        self.zip.entries().len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.zip.entries().get(index).map(|entry| entry.raw_name).unwrap_or_default()
    }

    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue> {
        let entry = &self.zip.entries()[index];
        if self.is_consistent(entry) != Some(true) {
            return Err(ScanIssue::new(&INCONSISTENT).detail(entry.name.as_ref()));
        }
        let content = self.zip.read(entry, bytes_max)?;
        if content.len() as u64 != entry.uncompressed_size {
            return Err(ScanIssue::new(&INCONSISTENT).detail(entry.name.as_ref()));
        }
        Ok(content)
    }
}

const INCONSISTENT: IssueKind = IssueKind {
    code: "example/inconsistent-entry",
    title: text("本地头与中央目录不一致", "the local header differs from the central directory"),
    lost: text("该条目", "the entry"),
};

#[derive(Default)]
struct Options {
    min: Option<u32>,
    max: Option<u32>,
    v1: V1Check,
    details: bool,
}

fn main() {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|text| text.parse().ok());
        match argument.as_str() {
            "--min" => options.min = number(),
            "--max" => options.max = number(),
            "--details" => options.details = true,
            "--v1" => {
                options.v1 = match arguments.next().as_deref() {
                    Some("always") => V1Check::Always,
                    Some("never") => V1Check::Never,
                    _ => V1Check::WhereItDecides,
                }
            }
            path => line(path, &options),
        }
    }
}

fn line(path: &str, options: &Options) {
    let Ok(bytes) = std::fs::read(path) else { return println!("{path}\tunreadable") };
    let idsig = std::fs::read(format!("{path}.idsig")).ok();
    let (zip, _) = Zip::parse(&bytes);
    let Some(zip) = zip else { return println!("{path}\tfalse\t------\tnot-a-zip\t") };
    let entries = ZipEntries { zip: &zip, file: &bytes };
    let manifest = (0..entries.count())
        .find(|index| entries.name(*index) == b"AndroidManifest.xml")
        .and_then(|index| entries.read(index, 1 << 24).ok());
    let levels = manifest.as_deref().and_then(Levels::read);
    let min = options.min.or(levels.as_ref().map(|levels| levels.min));
    // `apksigner` does not judge a package without a manifest for levels that ask it for the
    // sandbox version.
    let min = min.filter(|_| levels.is_some() || options.max.is_some_and(|max| max < 26));
    let Some(min) = min else { return println!("{path}\tfalse\t------\tno-manifest\t") };
    let request = Request {
        target_sdk: levels.as_ref().map(|levels| levels.target),
        target_sandbox: levels.as_ref().map_or(1, |levels| levels.sandbox),
        v1: options.v1,
        idsig: idsig.as_deref(),
        ..Request::new(min, options.max)
    };
    let view = ApkView {
        file: &bytes,
        central_directory_offset: zip.central_directory_offset(),
        end_of_central_directory_offset: zip.end_of_central_directory_offset(),
        entries: &entries,
    };
    let start = std::time::Instant::now();
    let report = verify(&view, &request);
    let elapsed = start.elapsed();
    print_report(path, &report);
    if options.details {
        println!("  {elapsed:?} {report:#?}");
    }
}

fn print_report(path: &str, report: &Report) {
    let letter = |kind, letter| {
        let scheme = report.scheme(kind);
        let counts = |scheme: &Scheme| scheme.decides || scheme.kind == SchemeKind::Stamp;
        if scheme.is_some_and(|scheme| scheme.verified && counts(scheme)) { letter } else { '-' }
    };
    let schemes: String = [
        letter(SchemeKind::V1, '1'),
        letter(SchemeKind::V2, '2'),
        letter(SchemeKind::V3, '3'),
        letter(SchemeKind::V31, 'X'),
        letter(SchemeKind::V4, '4'),
        letter(SchemeKind::Stamp, 'S'),
    ]
    .into_iter()
    .collect();
    let deciding = report.schemes.iter().filter(|scheme| scheme.decides);
    let named = deciding.flat_map(|scheme| {
        let name = scheme.kind.name();
        scheme.errors().map(move |problem| format!("{name}:{}", problem.kind.code))
    });
    let package = report.problems.iter().filter(|problem| problem.kind.severity == Severity::Error);
    let mut problems: Vec<String> =
        named.chain(package.map(|problem| problem.kind.code.to_string())).collect();
    problems.sort();
    problems.dedup();
    let certificates: Vec<&str> =
        report.certificates().iter().map(|certificate| &certificate.sha256[..16]).collect();
    println!(
        "{path}\t{}\t{schemes}\t{}\t{}",
        report.verified,
        problems.join(","),
        certificates.join(",")
    );
}

/// The levels of a binary manifest. Only as much of AXML as these three attributes need.
struct Levels {
    min: u32,
    target: u32,
    sandbox: u32,
}

impl Levels {
    fn read(axml: &[u8]) -> Option<Self> {
        let u16_at = |at: usize| Some(u16::from_le_bytes(axml.get(at..at + 2)?.try_into().ok()?));
        let u32_at = |at: usize| Some(u32::from_le_bytes(axml.get(at..at + 4)?.try_into().ok()?));
        let (mut ids, mut at) = (Vec::new(), 8);
        let (mut min, mut target, mut sandbox) = (None, None, 1);
        while let (Some(kind), Some(size)) = (u16_at(at), u32_at(at + 4)) {
            let header = usize::from(u16_at(at + 2)?);
            let size = size as usize;
            if size < 8 {
                break;
            }
            if kind == 0x0180 {
                ids = (8..size).step_by(4).filter_map(|offset| u32_at(at + offset)).collect();
            }
            if kind == 0x0102 {
                let body = at + header;
                let start = body + usize::from(u16_at(body + 8)?);
                for index in 0..usize::from(u16_at(body + 12)?) {
                    let attribute = start + index * usize::from(u16_at(body + 10)?);
                    let id = ids.get(u32_at(attribute + 4)? as usize).copied();
                    let value = u32_at(attribute + 16)?;
                    let number = (*axml.get(attribute + 15)? == 0x10).then_some(value);
                    match id {
                        Some(0x0101_020c) => min = min.max(number),
                        Some(0x0101_0270) => target = target.max(number),
                        Some(0x0101_054c) => sandbox = number.unwrap_or(1),
                        _ => {}
                    }
                }
            }
            at += size;
        }
        let min = min.unwrap_or(1);
        Some(Self { min, target: target.unwrap_or(min), sandbox })
    }
}
