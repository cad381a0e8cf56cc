//! The signature verifier. The first byte of the input says what the rest is: a whole package, or
//! one part of a package that is otherwise honest, so that the fuzzer need not keep offsets and
//! sizes of an archive right to reach what lies behind them.

use menshen_android::signature::{ApkView, Entries, Request, Severity, V1Check, verify};
use menshen_archive::Zip;
use menshen_base::ScanIssue;
use std::borrow::Cow;
use std::hint::black_box;

const V2: u32 = 0x7109_871a;
const V3: u32 = 0xf053_68c0;
const V31: u32 = 0x1b93_ad61;
const STAMP_V1: u32 = 0x2b09_189e;
const STAMP_V2: u32 = 0x6dff_800d;
const CONTENT_MAX: usize = 1 << 20;

/// Names and contents, as an archive would list them.
struct Listed<'a>(Vec<(&'a [u8], Cow<'a, [u8]>)>);

impl Entries for Listed<'_> {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.0.get(index).map_or(&[], |(name, _)| name)
    }

    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue> {
        let content = self.0.get(index).map_or(&[][..], |(_, content)| content);
        Ok(Cow::Borrowed(content.get(..bytes_max).unwrap_or(content)))
    }
}

pub(crate) fn signature(data: &[u8]) {
    let Some((form, rest)) = data.split_first() else { return };
    match form {
        b'v' => in_block(&pair(V2, rest)),
        b'w' => in_block(&pair(V3, rest)),
        b'x' => in_block(&[pair(V3, rest), pair(V31, rest)].concat()),
        b's' => in_block(&[pair(V2, rest), pair(STAMP_V1, rest), pair(STAMP_V2, rest)].concat()),
        b'b' => in_block(rest),
        b'j' => in_manifest(rest),
        b'4' => run(&[], &Listed(Vec::new()), 0, 0, Some(rest)),
        _ => whole(data),
    }
}

fn whole(data: &[u8]) {
    let (Some(zip), _) = Zip::parse(data) else { return };
    let entries = zip.entries().iter().take(64).map(|entry| {
        let content = zip.read(entry, CONTENT_MAX).unwrap_or_default();
        (entry.raw_name, content)
    });
    let listed = Listed(entries.collect());
    let offsets = (zip.central_directory_offset(), zip.end_of_central_directory_offset());
    run(data, &listed, offsets.0, offsets.1, None);
}

/// One entry of a signing block.
fn pair(id: u32, value: &[u8]) -> Vec<u8> {
    let length = value.len() as u64 + 4;
    [&length.to_le_bytes()[..], &id.to_le_bytes(), value].concat()
}

/// A package whose signing block holds these pairs.
fn in_block(pairs: &[u8]) {
    let mut file = b"an entry would stand here".to_vec();
    let size = (pairs.len() as u64 + 24).to_le_bytes();
    for part in [&size[..], pairs, &size, b"APK Sig Block 42"] {
        file.extend(part);
    }
    let directory = file.len() as u64;
    let mut end = b"PK\x05\x06".to_vec();
    end.resize(22, 0);
    end[16..20].copy_from_slice(&(directory as u32).to_le_bytes());
    file.extend(end);
    run(&file, &Listed(Vec::new()), directory, directory, None);
}

/// Manifest, signature file and signature block of scheme v1, apart by lines of `--`.
fn in_manifest(data: &[u8]) {
    let at = |data: &[u8]| data.windows(4).position(|window| window == b"\n--\n");
    let split = |data: &[u8]| match at(data) {
        Some(at) => (data[..at + 1].to_vec(), data[at + 4..].to_vec()),
        None => (data.to_vec(), data.to_vec()),
    };
    let (manifest, rest) = split(data);
    let (signature_file, block) = split(&rest);
    let listed = Listed(vec![
        (b"META-INF/MANIFEST.MF", manifest.into()),
        (b"META-INF/CERT.SF", signature_file.into()),
        (b"META-INF/CERT.RSA", block.into()),
        (b"classes.dex", b"code"[..].into()),
    ]);
    run(&[], &listed, 0, 0, None);
}

fn run(file: &[u8], entries: &dyn Entries, directory: u64, end: u64, idsig: Option<&[u8]>) {
    let view = ApkView {
        file,
        central_directory_offset: directory,
        end_of_central_directory_offset: end,
        entries,
    };
    let request = Request { v1: V1Check::Always, idsig, ..Request::new(1, None) };
    let report = verify(&view, &request);
    assert!(!report.verified || report.problems.iter().all(|p| p.kind.severity != Severity::Error));
    for certificate in report.schemes.iter().flat_map(|scheme| &scheme.signers) {
        black_box(format!("{certificate:?}"));
    }
}
