//! Signatures of packages made by hand: what verifies, and what each fault is called.

mod signer;

use menshen_android::signature::{
    ApkView, Entries, Report, Request, SchemeKind, Severity, V1Check, verify,
};
use menshen_archive::Zip;
use menshen_base::ScanIssue;
use signer::*;
use std::borrow::Cow;

struct ZipEntries<'a>(&'a Zip<'a>);

impl Entries for ZipEntries<'_> {
    fn count(&self) -> usize {
        self.0.entries().len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.0.entries()[index].raw_name
    }

    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue> {
        self.0.read(&self.0.entries()[index], bytes_max)
    }
}

/// `None` when the bytes are not an archive at all.
fn report(bytes: &[u8], request: &Request<'_>) -> Option<Report> {
    let zip = Zip::parse(bytes).0?;
    let view = ApkView {
        file: bytes,
        central_directory_offset: zip.central_directory_offset(),
        end_of_central_directory_offset: zip.end_of_central_directory_offset(),
        entries: &ZipEntries(&zip),
    };
    Some(verify(&view, request))
}

/// Errors of the package and of schemes that decide: `v2:signature-mismatch`.
fn errors(report: &Report) -> Vec<String> {
    let package = report.problems.iter().filter(|problem| problem.kind.severity == Severity::Error);
    let mut errors: Vec<String> = package.map(|problem| problem.kind.code.into()).collect();
    for scheme in report.schemes.iter().filter(|scheme| scheme.decides) {
        let name = scheme.kind.name();
        errors.extend(scheme.errors().map(|problem| format!("{name}:{}", problem.kind.code)));
    }
    errors.sort();
    errors.dedup();
    errors
}

const FILES: &[(&str, &[u8])] = &[("classes.dex", b"dex\n035\0"), ("res/a", b"abc")];

fn check(name: &str, package: &Package, levels: (u32, Option<u32>), expected: &[&str]) {
    let report = report(&package.bytes(), &Request::new(levels.0, levels.1)).unwrap();
    assert_eq!(errors(&report), expected, "{name}");
    assert_eq!(report.verified, expected.is_empty(), "{name}: {report:#?}");
}

fn v2(change: impl FnOnce(&mut Spec<'_>)) -> Package {
    let key = key(1);
    let package = package(FILES);
    let mut spec = Spec::new(&key, &package);
    change(&mut spec);
    let value = block(&[spec]);
    package.with_block(V2, value)
}

fn v3(change: impl FnOnce(&mut Spec<'_>)) -> Package {
    let key = key(1);
    let package = package(FILES);
    let mut spec = Spec::new(&key, &package).levels(28, LEVEL_MAX);
    change(&mut spec);
    let value = block(&[spec]);
    package.with_block(V3, value)
}

#[test]
fn faults_of_v2() {
    let cases: Vec<(&str, Package, &[&str])> = vec![
        ("good", v2(|_| {}), &[]),
        ("digest", v2(|spec| spec.digest[0] ^= 1), &["v2:content-digest-mismatch"]),
        (
            "other key",
            v2(|spec| spec.certificates = vec![key(2).certificate]),
            &["v2:key-mismatch"],
        ),
        ("no certificate", v2(|spec| spec.certificates.clear()), &["v2:no-certificate"]),
        (
            "bad certificate",
            v2(|spec| spec.certificates[0][4] = 0xff),
            &["v2:certificate-malformed"],
        ),
        ("no signature", v2(|spec| spec.signature_ids.clear()), &["v2:no-signatures"]),
        (
            "unknown only",
            v2(|spec| spec.signature_ids = vec![0x999]),
            &["v2:no-supported-signature"],
        ),
        ("wrong algorithm", v2(|spec| spec.signature_ids = vec![0x0103]), &["v2:key-malformed"]),
        ("wrong hash", v2(|spec| spec.signature_ids = vec![0x0202]), &["v2:signature-mismatch"]),
        ("digest list", v2(|spec| spec.digest_ids.push(0x0202)), &["v2:algorithms-mismatch"]),
        (
            "unknown beside known",
            v2(|spec| {
                spec.signature_ids.push(0x999);
                spec.digest_ids.push(0x999);
            }),
            &[],
        ),
        (
            "stripped v3",
            v2(|spec| spec.attributes = vec![(STRIPPING_PROTECTION, vec![3, 0, 0, 0])]),
            &["v2:scheme-stripped"],
        ),
        (
            "attribute too short",
            v2(|spec| spec.attributes = vec![(STRIPPING_PROTECTION, vec![3])]),
            &["v2:malformed"],
        ),
        ("no signers", package(FILES).with_block(V2, block(&[])), &["v2:no-signers"]),
        ("empty block", package(FILES).with_block(V2, vec![]), &["v2:malformed"]),
        ("unsigned", package(FILES), &["unsigned", "v1:no-manifest"]),
    ];
    for (name, package, expected) in cases {
        check(name, &package, (24, None), expected);
    }
    check("v1 is missing", &v2(|_| {}), (23, None), &["v1:no-manifest"]);
    check("v2 is not known", &v2(|_| {}), (1, Some(23)), &["v1:no-manifest"]);
    let stripped = v2(|spec| spec.attributes = vec![(STRIPPING_PROTECTION, vec![3, 0, 0, 0])]);
    check("v3 is not known", &stripped, (24, Some(27)), &[]);
}

#[test]
fn many_signers_of_v2() {
    let package = package(FILES);
    let keys: Vec<Key> = (1..=11).map(key).collect();
    for (count, expected) in [(2, &[][..]), (10, &[]), (11, &["v2:too-many-signers"])] {
        let specs: Vec<Spec<'_>> =
            keys[..count].iter().map(|key| Spec::new(key, &package)).collect();
        let signed = package.clone().with_block(V2, block(&specs));
        check(&format!("{count} signers"), &signed, (24, None), expected);
    }
}

#[test]
fn faults_of_v3() {
    let cases: Vec<(&str, Package, &[&str])> = vec![
        ("good", v3(|_| {}), &[]),
        ("late", v3(|spec| spec.levels = Some(((29, 99), (29, 99)))), &["v3:levels-not-covered"]),
        (
            "unsigned levels",
            v3(|spec| spec.levels = Some(((28, LEVEL_MAX), (28, 30)))),
            &["v3:levels-mismatch"],
        ),
        (
            "reversed levels",
            v3(|spec| spec.levels = Some(((40, 30), (40, 30)))),
            &["v3:levels-invalid"],
        ),
        (
            "stripped v3.1",
            v3(|spec| spec.attributes = vec![(ROTATION_LEVEL, vec![33, 0, 0, 0])]),
            &["v3:v31-stripped"],
        ),
        (
            "record of rotation",
            v3(|spec| spec.attributes = vec![(PROOF_OF_ROTATION, lineage(&[&key(2), &key(1)]))]),
            &[],
        ),
        (
            "record that goes on",
            v3(|spec| spec.attributes = vec![(PROOF_OF_ROTATION, lineage(&[&key(1), &key(2)]))]),
            &["v3:lineage-other-certificate"],
        ),
        (
            "record twice the same",
            v3(|spec| {
                spec.attributes = vec![(PROOF_OF_ROTATION, lineage(&[&key(1), &key(2), &key(1)]))];
            }),
            &["v3:lineage-not-verified"],
        ),
        (
            "forged record",
            v3(|spec| {
                let mut record = lineage(&[&key(2), &key(1)]);
                let last = record.len() - 1;
                record[last] ^= 1;
                spec.attributes = vec![(PROOF_OF_ROTATION, record)];
            }),
            &["v3:lineage-not-verified"],
        ),
        (
            "empty record",
            v3(|spec| spec.attributes = vec![(PROOF_OF_ROTATION, vec![1, 0, 0, 0])]),
            &["v3:lineage-malformed"],
        ),
    ];
    for (name, package, expected) in cases {
        check(name, &package, (28, None), expected);
    }
}

#[test]
fn rotation_by_v31() {
    let (old, new) = (key(1), key(2));
    let package = package(FILES);
    let signed = |v31_from: u32, noted: Option<u32>, record: &[u8], with_v3: bool| {
        let mut before = Spec::new(&old, &package).levels(28, v31_from - 1);
        if let Some(noted) = noted {
            before = before.attribute(ROTATION_LEVEL, &noted.to_le_bytes());
        }
        let after = Spec::new(&new, &package)
            .levels(v31_from, LEVEL_MAX)
            .attribute(PROOF_OF_ROTATION, record);
        let signed = package.clone().with_block(V31, block(&[after]));
        if with_v3 { signed.with_block(V3, block(&[before])) } else { signed }
    };
    let record = lineage(&[&old, &new]);
    check("good", &signed(33, Some(33), &record, true), (28, None), &[]);
    check("later", &signed(34, Some(34), &record, true), (28, None), &[]);
    check("not noted", &signed(33, None, &record, true), (28, None), &[]);
    check(
        "other level",
        &signed(34, Some(33), &record, true),
        (28, None),
        &["v3:rotation-level-mismatch"],
    );
    check("alone", &signed(33, Some(33), &record, false), (28, None), &["v3-missing"]);
    let package = signed(33, Some(33), &record, true);
    let found = report(&package.bytes(), &Request::new(28, None)).unwrap();
    let subjects = |report: &Report| -> Vec<String> {
        report.certificates().iter().map(|certificate| certificate.subject.clone()).collect()
    };
    assert_eq!(subjects(&found), ["CN=key 2"]);
    let signer = &found.scheme(SchemeKind::V31).unwrap().signers[0];
    let chain: Vec<&str> =
        signer.lineage.iter().map(|node| node.certificate.subject.as_str()).collect();
    assert_eq!(chain, ["CN=key 1", "CN=key 2"]);
    assert_eq!(
        signer.lineage[0].capability_names(),
        ["installed data", "shared user id", "permission", "authenticator"]
    );
    let found = report(&package.bytes(), &Request::new(28, Some(32))).unwrap();
    assert_eq!(subjects(&found), ["CN=key 1"], "platforms before 33 do not know v3.1");
}

/// Files and their JAR signature; `change` makes it wrong.
fn v1(schemes: Option<&str>, change: impl FnOnce(&mut Vec<(String, Vec<u8>)>)) -> Package {
    let mut files: Vec<(String, Vec<u8>)> =
        FILES.iter().map(|(name, data)| ((*name).into(), data.to_vec())).collect();
    let signature = jar_signature(&key(1), FILES, schemes);
    files.extend(signature.map(|(name, data)| (name.to_string(), data)));
    change(&mut files);
    let files: Vec<(&str, &[u8])> =
        files.iter().map(|(name, data)| (name.as_str(), data.as_slice())).collect();
    package(&files)
}

#[test]
fn faults_of_v1() {
    type Change = fn(&mut Vec<(String, Vec<u8>)>);
    let cases: [(&str, Change, &[&str]); 13] = [
        ("good", |_| {}, &[]),
        ("changed entry", |files| files[0].1[0] ^= 1, &["v1:entry-digest-mismatch"]),
        ("added entry", |files| files.push(("b".into(), vec![])), &["v1:entry-digest-missing"]),
        ("added in META-INF", |files| files.push(("META-INF/b".into(), vec![])), &[]),
        ("removed entry", |files| drop(files.remove(1)), &["v1:entry-missing"]),
        ("twice", |files| files.push(files[0].clone()), &["v1:duplicate-entry"]),
        ("no manifest", |files| drop(files.remove(2)), &["v1:no-manifest"]),
        ("no .SF", |files| drop(files.remove(3)), &["v1:no-signature-files"]),
        ("changed .SF", |files| files[3].1[0] ^= 1, &["v1:signature-mismatch"]),
        ("changed section", |files| files[2].1[30] ^= 1, &["v1:manifest-section-unnamed"]),
        (
            "changed manifest",
            |files| {
                let text =
                    String::from_utf8_lossy(&files[2].1).replace("res/a\r", "res/a\r\nX: y\r");
                files[2].1 = text.into_bytes();
            },
            &["v1:section-digest-mismatch"],
        ),
        ("not PKCS #7", |files| files[4].1.truncate(20), &["v1:pkcs7-malformed"]),
        (
            "signature of another key",
            |files| files[4].1 = jar_signature(&key(2), &FILES[..1], None)[2].1.clone(),
            &["v1:signature-mismatch"],
        ),
    ];
    for (name, change, expected) in cases {
        check(name, &v1(None, change), (18, None), expected);
    }
    check("before SHA-256", &v1(None, |_| {}), (17, None), &["v1:algorithm-not-on-all-levels"]);
    check("stripped v2", &v1(Some("2"), |_| {}), (18, None), &["v1:scheme-stripped"]);
    check("v2 is not known", &v1(Some("2"), |_| {}), (18, Some(23)), &[]);
    check("unknown scheme", &v1(Some("7"), |_| {}), (18, None), &[]);
}

#[test]
fn schemes_must_fit_together() {
    let unsigned = v1(Some("2"), |_| {});
    for (number, expected) in [(1, &[][..]), (2, &["v1-v2-signers-differ"])] {
        let key = key(number);
        let spec = Spec::new(&key, &unsigned);
        let signed = unsigned.clone().with_block(V2, block(&[spec]));
        check("v1 and v2", &signed, (18, None), expected);
        check("v1 does not decide", &signed, (24, None), &[]);
    }
    for (number, expected) in [(1, &[][..]), (2, &["v3-other-signer"])] {
        let key = key(number);
        let unsigned = v1(Some("3"), |_| {});
        let spec = Spec::new(&key, &unsigned).levels(28, LEVEL_MAX);
        let signed = unsigned.clone().with_block(V3, block(&[spec]));
        check("v1 and v3", &signed, (18, None), expected);
    }
}

#[test]
fn what_the_manifest_asks_for() {
    let package = v1(None, |_| {});
    for (target, sandbox, max, expected) in [
        (29, 1, None, &[][..]),
        (30, 1, None, &["target-needs-v2"]),
        (30, 1, Some(29), &[]),
        (29, 2, None, &["sandbox-needs-v2"]),
        (29, 2, Some(25), &[]),
    ] {
        let request =
            Request { target_sdk: Some(target), target_sandbox: sandbox, ..Request::new(18, max) };
        let report = report(&package.bytes(), &request).unwrap();
        assert_eq!(errors(&report), expected, "{target} {sandbox} {max:?}");
        assert_eq!(report.verified, expected.is_empty());
    }
}

#[test]
fn v1_is_looked_at_where_asked() {
    let key = key(1);
    let unsigned = v1(Some("2"), |files| files.push(("META-INF/x".into(), vec![])));
    let signed = unsigned.clone().with_block(V2, block(&[Spec::new(&key, &unsigned)]));
    for (min, v1, checked, verified, issues) in [
        (24, V1Check::WhereItDecides, false, true, 0),
        (24, V1Check::Always, true, true, 0),
        (23, V1Check::WhereItDecides, true, true, 0),
        (23, V1Check::Never, false, false, 1),
        (24, V1Check::Never, false, true, 0),
    ] {
        let request = Request { v1, ..Request::new(min, None) };
        let report = report(&signed.bytes(), &request).unwrap();
        let scheme = report.scheme(SchemeKind::V1).unwrap();
        assert_eq!((scheme.present, scheme.checked), (true, checked), "{min} {v1:?}");
        assert_eq!((report.verified, report.issues.len()), (verified, issues), "{min} {v1:?}");
        let unprotected = scheme.problems.iter().any(|p| p.kind.code == "unprotected-entry");
        assert_eq!(unprotected, checked, "{min} {v1:?}");
    }
}

#[test]
fn v4_beside_the_package() {
    let (own, other) = (key(1), key(2));
    let package = v3(|_| {});
    let (bytes, digest) = (package.bytes(), package.content_digest());
    let good = idsig(&own, &bytes, &digest);
    let mut root = good.clone();
    // Behind version, lengths, algorithm, page size and the empty salt.
    root[25] ^= 1;
    let mut changed = bytes.clone();
    changed[0] ^= 1;
    let cases: [(&str, Vec<u8>, &[&str]); 6] = [
        ("good", good.clone(), &[]),
        ("other key", idsig(&other, &bytes, &digest), &["v4-other-signer"]),
        ("other content digest", idsig(&own, &bytes, &[0; 32]), &["v4-other-digest"]),
        ("changed root", root, &["v4:signature-mismatch"]),
        ("signed for another file", idsig(&own, &changed, &digest), &["v4:root-hash-mismatch"]),
        ("cut", good[..good.len() - 1].to_vec(), &["v4:malformed"]),
    ];
    for (name, idsig, expected) in cases {
        let request = Request { idsig: Some(&idsig), ..Request::new(28, None) };
        let report = report(&bytes, &request).unwrap();
        assert_eq!(errors(&report), expected, "{name}");
        assert_eq!(report.verified, expected.is_empty(), "{name}");
    }
}

#[test]
fn source_stamps() {
    let (own, store) = (key(1), key(9));
    let certificate_digest = {
        use sha2::{Digest, Sha256};
        Sha256::digest(&store.certificate).to_vec()
    };
    let files = [FILES, &[("stamp-cert-sha256", certificate_digest.as_slice())]].concat();
    let unsigned = package(&files);
    let digest = unsigned.content_digest();
    let signed = |package: &Package| {
        let spec = Spec::new(&own, package);
        package.clone().with_block(V2, block(&[spec]))
    };
    let with_entry = signed(&unsigned);
    let without_entry = signed(&package(FILES));
    let cases: [(&str, Package, &[&str]); 6] = [
        ("good", with_entry.clone().with_block(STAMP, stamp(&store, &[(2, &digest)])), &[]),
        (
            "other content",
            with_entry.clone().with_block(STAMP, stamp(&store, &[(2, &[0; 32])])),
            &["signature-mismatch"],
        ),
        (
            "other scheme only",
            with_entry.clone().with_block(STAMP, stamp(&store, &[(3, &digest)])),
            &["stamp-scheme-missing"],
        ),
        (
            "other certificate",
            with_entry.clone().with_block(STAMP, stamp(&own, &[(2, &digest)])),
            &["stamp-other-certificate"],
        ),
        ("no block", with_entry, &["stamp-block-missing"]),
        (
            "no entry",
            without_entry.with_block(STAMP, stamp(&store, &[(2, &digest)])),
            &["stamp-digest-missing"],
        ),
    ];
    for (name, package, expected) in cases {
        let report = report(&package.bytes(), &Request::new(24, None)).unwrap();
        let scheme = report.scheme(SchemeKind::Stamp).unwrap();
        let codes: Vec<&str> = scheme.errors().map(|problem| problem.kind.code).collect();
        assert_eq!(codes, expected, "{name}");
        assert_eq!(scheme.verified, expected.is_empty(), "{name}");
        assert!(report.verified, "{name}: no platform asks for the stamp");
        let time = scheme.signers[0].stamp_time;
        assert_eq!(time, expected.is_empty().then_some(1_700_000_000), "{name}");
    }
}

#[test]
fn certificates_are_described() {
    let report = report(&v2(|_| {}).bytes(), &Request::new(24, None)).unwrap();
    let certificate = report.certificates()[0];
    assert_eq!(certificate.subject, "CN=key 1");
    assert_eq!(certificate.issuer, "CN=key 1");
    assert_eq!(certificate.serial, "1");
    assert_eq!(certificate.not_before, "2020-01-01T00:00:00Z");
    assert_eq!(certificate.not_after, "2060-01-01T00:00:00Z");
    assert_eq!((certificate.key_algorithm.as_str(), certificate.key_bits), ("EC", Some(256)));
    assert_eq!(certificate.signature_algorithm, "SHA256withECDSA");
    assert_eq!(certificate.digest, "SHA256");
    assert!(certificate.self_signed && !certificate.debug && certificate.test_key.is_none());
    assert_eq!(certificate.encoded, key(1).certificate);
}

#[test]
fn the_signing_block_is_listed() {
    let package = v2(|_| {}).with_block(0x4272_6577, vec![0; 50]).with_block(0x1234, vec![]);
    let package = package.with_block(0x1234, vec![1]);
    let report = report(&package.bytes(), &Request::new(24, None)).unwrap();
    assert!(report.verified);
    let block = report.block.unwrap();
    let ids: Vec<(u32, u64)> = block.entries.iter().map(|entry| (entry.id, entry.size)).collect();
    assert_eq!(ids[1..], [(0x4272_6577, 50), (0x1234, 0), (0x1234, 1)]);
    assert_eq!(block.entries[0].name(), Some("APK Signature Scheme v2"));
    assert!(block.entries[1].is_padding() && block.entries[2].name().is_none());
    assert_eq!(block.duplicate_ids(), [0x1234]);
    assert_eq!(block.offset as usize, package.before.len());
}

#[test]
fn the_first_of_duplicate_blocks_counts() {
    let key = key(1);
    let package = package(FILES);
    let good = block(&[Spec::new(&key, &package)]);
    let mut spec = Spec::new(&key, &package);
    spec.digest[0] ^= 1;
    let bad = block(&[spec]);
    let first_good = package.clone().with_block(V2, good.clone()).with_block(V2, bad.clone());
    check("good first", &first_good, (24, None), &[]);
    let first_bad = package.with_block(V2, bad).with_block(V2, good);
    check("bad first", &first_bad, (24, None), &["v2:content-digest-mismatch"]);
}

/// v2 covers every byte of the file, and no byte of its own record may be changed.
#[test]
fn every_changed_byte_is_noticed() {
    for package in [v2(|_| {}), v3(|_| {})] {
        let bytes = package.bytes();
        let request = Request::new(28, None);
        assert!(report(&bytes, &request).unwrap().verified);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            let verified = report(&changed, &request).is_some_and(|report| report.verified);
            assert!(!verified, "byte {at}");
        }
    }
}

#[test]
fn cut_and_hostile_files_are_survived() {
    let (own, new) = (key(1), key(2));
    let mut package = v1(Some("2"), |_| {});
    let before =
        Spec::new(&own, &package).levels(28, 32).attribute(ROTATION_LEVEL, &33u32.to_le_bytes());
    let after = Spec::new(&new, &package)
        .levels(33, LEVEL_MAX)
        .attribute(PROOF_OF_ROTATION, &lineage(&[&own, &new]));
    let values = [
        (V2, block(&[Spec::new(&own, &package)])),
        (V3, block(&[before])),
        (V31, block(&[after])),
        (STAMP, stamp(&own, &[])),
    ];
    package.blocks = values.to_vec();
    let bytes = package.bytes();
    let idsig = idsig(&own, &bytes, &package.content_digest());
    let request = Request { v1: V1Check::Always, idsig: Some(&idsig), ..Request::new(18, None) };
    let whole = report(&bytes, &request).unwrap();
    assert_eq!(errors(&whole), ["v4-signer-count"], "v4 lacks the second signer");
    let newest = Request::new(28, None);
    assert!(report(&bytes, &newest).unwrap().verified);
    for end in 0..bytes.len() {
        assert!(!report(&bytes[..end], &newest).is_some_and(|report| report.verified));
    }
    // Every length of every record of the newest scheme, made absurd.
    let start = package.before.len();
    let (_, newest_block) = package.blocks.iter().find(|(id, _)| *id == V31).unwrap();
    let position = bytes.windows(newest_block.len()).position(|part| part == newest_block).unwrap();
    assert!(position > start);
    for at in position..position + newest_block.len() - 4 {
        let mut changed = bytes.clone();
        let value = [0u32, u32::MAX, i32::MAX as u32][at % 3];
        changed[at..at + 4].copy_from_slice(&value.to_le_bytes());
        if changed == bytes {
            continue;
        }
        assert!(!report(&changed, &newest).is_some_and(|report| report.verified), "{at}");
    }
    for end in 0..idsig.len() {
        let request = Request { idsig: Some(&idsig[..end]), ..newest };
        assert!(!report(&bytes, &request).unwrap().verified);
    }
}

/// Lists with a million records end the reading early instead of making it slow.
#[test]
fn long_lists_are_bounded() {
    let many = prefixed(&prefixed(b"").repeat(1_000_000));
    for id in [V2, V3, V31, STAMP] {
        let package = package(FILES).with_block(id, many.clone());
        let found = report(&package.bytes(), &Request::new(24, None)).unwrap();
        assert!(!found.verified);
        let problems: usize = found.schemes.iter().map(|scheme| scheme.problems.len()).sum();
        assert!(problems < 20, "{problems}");
    }
    let mut package = package(FILES);
    package.blocks = vec![(7, Vec::new()); 100_000];
    let found = report(&package.bytes(), &Request::new(24, None)).unwrap();
    let block = found.block.unwrap();
    assert!(block.malformed && block.entries.len() < 10_000);
}
