//! The archive reader on archives that the tests write: honest ones, every oddity that has a
//! name, falsified headers, bombs, and everything cut short.

mod writer;

use menshen_archive::{AnomalyKind, Method, Zip};
use std::collections::BTreeSet;
use writer::{Archive, DEFLATED, Descriptor, Entry};

const MANIFEST: &str = "AndroidManifest.xml";
const TEXT: &[u8] = b"some text, some text, some text, some text, some text";
const LIMIT: usize = 1 << 20;

fn honest() -> Archive {
    Archive::of(vec![
        Entry::deflated(MANIFEST, TEXT),
        Entry::stored("resources.arsc", &[7; 40]),
        Entry::deflated("classes.dex", &[9; 5000]),
    ])
}

/// The kinds of anomalies, each once.
fn kinds(bytes: &[u8]) -> Vec<AnomalyKind> {
    let (zip, _) = Zip::parse(bytes);
    let kinds: BTreeSet<_> = zip.unwrap().anomalies().iter().map(|a| a.kind).collect();
    kinds.into_iter().collect()
}

/// The content of an entry or the code of the issue.
fn read(bytes: &[u8], name: &str) -> Result<Vec<u8>, &'static str> {
    let (zip, _) = Zip::parse(bytes);
    let zip = zip.unwrap();
    let entry = zip.find(name).expect("the entry is listed");
    zip.read(entry, LIMIT).map(|content| content.into_owned()).map_err(|issue| issue.kind.code)
}

#[test]
fn honest_archives_have_no_anomalies() {
    let with = |change: fn(&mut Archive)| {
        let mut archive = honest();
        change(&mut archive);
        archive
    };
    let rows = [
        ("plain", honest()),
        ("comment", with(|a| a.comment = b"a comment".to_vec())),
        ("comment with an end record in it", with(|a| a.comment = b"PK\x05\x06, see".to_vec())),
        ("zip64 end record", with(|a| a.zip64_end = true)),
        (
            "zip64 entry",
            with(|a| a.entries[0] = a.entries[0].clone().both(|header| header.zip64 = true)),
        ),
        (
            "signed data descriptor",
            with(|a| a.entries[0] = a.entries[0].clone().described(Descriptor::Signed)),
        ),
        (
            "data descriptor without magic",
            with(|a| a.entries[0] = a.entries[0].clone().described(Descriptor::Unsigned)),
        ),
        (
            "alignment in the local extra field",
            with(|a| a.entries[1] = a.entries[1].clone().local(|h| h.extra = vec![0; 3])),
        ),
        (
            "signing block",
            with(|a| {
                let size = 24 + 100u64;
                let sizes = size.to_le_bytes();
                a.block = [&sizes[..], &[0xab; 100], &sizes, b"APK Sig Block 42"].concat();
            }),
        ),
        (
            "nameless local headers between",
            with(|a| {
                let mut filler = b"PK\x03\x04".to_vec();
                filler.resize(28, 0);
                filler.extend([6, 0, 1, 2, 3, 4, 5, 6]);
                a.entries[2] = a.entries[2].clone().gap(&filler.repeat(2));
            }),
        ),
        ("zeros before", with(|a| a.prefix = vec![0; 64])),
        ("zeros between", with(|a| a.entries[1] = a.entries[1].clone().gap(&[0; 64]))),
    ];
    for (what, archive) in rows {
        let bytes = archive.build();
        let (zip, issues) = Zip::parse(&bytes);
        let zip = zip.unwrap();
        assert!(issues.is_empty(), "{what}: {issues:?}");
        assert_eq!(zip.anomalies(), [], "{what}");
        assert_eq!(zip.entries().len(), 3, "{what}");
        for (name, content) in
            [(MANIFEST, TEXT), ("resources.arsc", &[7; 40]), ("classes.dex", &[9; 5000])]
        {
            let entry = zip.find(name).unwrap();
            assert_eq!(zip.read(entry, LIMIT).unwrap(), content, "{what}: {name}");
            assert_eq!(zip.verify(entry, LIMIT as u64), Ok(()), "{what}: {name}");
        }
    }
}

/// One archive for each kind of anomaly, with no other kind.
fn odd(kind: AnomalyKind) -> Archive {
    let mut archive = honest();
    let first = archive.entries[0].clone();
    match kind {
        AnomalyKind::DuplicateName => archive.entries.push(Entry::stored(MANIFEST, b"second")),
        AnomalyKind::OverlappingEntries => {
            archive.entries.push(Entry::deflated(MANIFEST, TEXT).sharing(0));
            // The names must agree with the one local header, so this is a duplicate as well.
        }
        AnomalyKind::LocalHeaderMismatch => {
            archive.entries[0] = first.local(|header| header.method = 0)
        }
        AnomalyKind::LocalHeaderMissing => {
            archive.entries.push(Entry::stored("lost", b"").pointing_at(3));
        }
        AnomalyKind::BogusMethod => archive.entries[0] = first.both(|header| header.method = 9999),
        AnomalyKind::EncryptionFlag => archive.entries[0] = first.both(|header| header.flags |= 1),
        AnomalyKind::NameEscapes => archive.entries.push(Entry::stored("../../etc/x", b"x")),
        AnomalyKind::NameUnprintable => archive.entries.push(Entry::stored("a\u{7}b", b"x")),
        AnomalyKind::NameNotUtf8 => archive
            .entries
            .push(Entry::stored("x", b"x").both(|header| header.name = b"a\xff\xfe".to_vec())),
        AnomalyKind::DexPrefix => archive.prefix = b"dex\n035\0 and code".to_vec(),
        AnomalyKind::PrefixData => archive.prefix = b"#!/bin/sh\n".to_vec(),
        AnomalyKind::GapData => archive.entries[1] = archive.entries[1].clone().gap(b"hidden"),
        AnomalyKind::TrailingData => archive.trailing = b"more".to_vec(),
        AnomalyKind::MultiDisk => archive.disk = 1,
        AnomalyKind::WrongEntryCount => archive.claimed_entries = Some(2),
    }
    archive
}

#[test]
fn each_anomaly_is_seen_and_no_other() {
    for kind in AnomalyKind::ALL {
        let mut expected = vec![*kind];
        if *kind == AnomalyKind::OverlappingEntries {
            expected.insert(0, AnomalyKind::DuplicateName);
        }
        assert_eq!(kinds(&odd(*kind).build()), expected, "{}", kind.as_str());
    }
}

#[test]
fn an_oddity_does_not_keep_the_content_from_being_read() {
    for kind in AnomalyKind::ALL {
        let bytes = odd(*kind).build();
        assert_eq!(read(&bytes, MANIFEST), Ok(TEXT.to_vec()), "{}", kind.as_str());
    }
}

#[test]
fn falsified_headers_are_read_as_android_reads_them() {
    let deflated = || Entry::deflated(MANIFEST, TEXT);
    let stored = || Entry::stored(MANIFEST, TEXT);
    let size = TEXT.len() as u64;
    let good: Result<&[u8], &str> = Ok(TEXT);
    let rows = [
        ("method 0x4242, deflated", deflated().both(|h| h.method = 0x4242), good),
        ("method 0x4242, stored", stored().both(|h| h.method = 0x4242), good),
        ("local method only", deflated().local(|h| h.method = 0x4242), good),
        ("local sizes", deflated().local(|h| (h.compressed, h.size) = (9, 9)), good),
        ("local sizes of gigabytes", deflated().local(|h| h.compressed = 0xf000_0000), good),
        ("local flags", deflated().local(|h| h.flags = 0xffff), good),
        ("local name", deflated().local(|h| h.name = b"another".to_vec()), good),
        ("encryption flag", deflated().both(|h| h.flags = 0x0001), good),
        ("strong encryption flag", stored().both(|h| h.flags = 0x0041), good),
        ("CRC", deflated().both(|h| h.crc = 1), good),
        // Stored: the compressed size decides.
        ("size of a stored one", stored().both(|h| h.size = 3), good),
        (
            "data outside",
            stored().central(|h| h.compressed = 1 << 30),
            Err("zip/entry-outside-file"),
        ),
        ("no local header", stored().pointing_at(2), Err("zip/entry-outside-file")),
        ("offset outside", stored().pointing_at(1 << 31), Err("zip/entry-outside-file")),
        ("cut deflate", deflated().both(|h| h.compressed -= 4), Err("zip/entry-corrupt")),
        (
            "encrypted",
            Entry::stored(MANIFEST, &[0xe5; 64]).both(|h| (h.flags, h.method, h.size) = (1, 8, 99)),
            Err("zip/encrypted-entry"),
        ),
        (
            "method that is not there",
            Entry::stored(MANIFEST, &[0xe5; 64]).both(|h| (h.method, h.size) = (99, 98)),
            Err("zip/unsupported-method"),
        ),
        (
            "more than declared",
            deflated().both(|h| h.size = 9),
            Err("zip/entry-longer-than-declared"),
        ),
        ("less than declared", deflated().both(|h| h.size = 900), good),
    ];
    assert!(size < 900);
    for (what, entry, expected) in rows {
        let bytes = Archive::of(vec![entry]).build();
        assert_eq!(read(&bytes, MANIFEST), expected.map(<[u8]>::to_vec), "{what}");
    }
}

#[test]
fn what_verify_says() {
    let rows = [
        ("honest", Entry::deflated("a", TEXT), None),
        ("CRC", Entry::deflated("a", TEXT).both(|h| h.crc = 1), Some("zip/crc-mismatch")),
        ("size", Entry::deflated("a", TEXT).both(|h| h.size += 1), Some("zip/crc-mismatch")),
        ("stored", Entry::stored("a", TEXT).both(|h| h.crc = 1), Some("zip/crc-mismatch")),
        ("too large", Entry::zeros("a", 2 << 20), Some("zip/entry-too-large")),
        (
            "corrupt",
            Entry::deflated("a", TEXT).both(|h| h.compressed -= 9),
            Some("zip/entry-corrupt"),
        ),
    ];
    for (what, entry, expected) in rows {
        let bytes = Archive::of(vec![entry]).build();
        let (zip, _) = Zip::parse(&bytes);
        let zip = zip.unwrap();
        let found = zip.verify(&zip.entries()[0], LIMIT as u64).err().map(|issue| issue.kind.code);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn names_that_leave_their_folder() {
    for (name, escapes) in [
        ("res/raw/a..b", false),
        ("...", false),
        ("a/./b", false),
        ("..", true),
        ("a/../../b", true),
        ("/etc/passwd", true),
        ("..\\windows", true),
        ("C:evil", true),
        ("a\0b", true),
    ] {
        let found = kinds(&Archive::of(vec![Entry::stored(name, b"x")]).build());
        assert_eq!(found.contains(&AnomalyKind::NameEscapes), escapes, "{name:?}");
    }
}

#[test]
fn the_first_of_duplicates_is_found() {
    let bytes =
        Archive::of(vec![Entry::stored("a", b"first"), Entry::stored("a", b"second")]).build();
    assert_eq!(read(&bytes, "a"), Ok(b"first".to_vec()));
    let (zip, _) = Zip::parse(&bytes);
    assert_eq!(zip.unwrap().entries().len(), 2);
}

#[test]
fn data_put_before_an_archive() {
    let mut archive = honest();
    archive.prefix = b"dex\n035\0 not an archive".to_vec();
    for offsets_ignore_prefix in [false, true] {
        archive.offsets_ignore_prefix = offsets_ignore_prefix;
        let bytes = archive.build();
        let (zip, issues) = Zip::parse(&bytes);
        let zip = zip.unwrap();
        assert!(issues.is_empty(), "{issues:?}");
        assert_eq!(zip.prefix(), archive.prefix, "offsets ignore it: {offsets_ignore_prefix}");
        assert_eq!(read(&bytes, MANIFEST), Ok(TEXT.to_vec()));
        assert_eq!(kinds(&bytes), [AnomalyKind::DexPrefix]);
    }
}

#[test]
fn entries_whose_directory_is_lost() {
    let descriptor = |kind| {
        let mut archive = honest();
        archive.entries[0] = archive.entries[0].clone().described(kind);
        archive.build()
    };
    for (what, bytes) in [
        ("sizes in the header", honest().build()),
        ("signed descriptor", descriptor(Descriptor::Signed)),
        ("descriptor without magic", descriptor(Descriptor::Unsigned)),
    ] {
        let directory = memchr::memmem::find(&bytes, b"PK\x01\x02").unwrap();
        for cut in [directory, directory + 10] {
            let bytes = &bytes[..cut];
            let (zip, issues) = Zip::parse(bytes);
            let codes: Vec<_> = issues.iter().map(|issue| issue.kind.code).collect();
            assert_eq!(codes, ["zip/no-central-directory"], "{what}");
            let zip = zip.unwrap();
            let names: Vec<_> = zip.entries().iter().map(|entry| &*entry.name).collect();
            assert_eq!(names, [MANIFEST, "resources.arsc", "classes.dex"], "{what}");
            assert_eq!(read(bytes, MANIFEST), Ok(TEXT.to_vec()), "{what}");
        }
    }
}

/// Cut anywhere, an archive gives what is still there and at least one issue.
#[test]
fn cut_at_every_byte() {
    let mut archive = honest();
    archive.entries[0] = archive.entries[0].clone().described(Descriptor::Signed);
    archive.comment = b"comment".to_vec();
    for zip64_end in [false, true] {
        archive.zip64_end = zip64_end;
        let bytes = archive.build();
        let whole = bytes.len() - archive.comment.len();
        for cut in 0..bytes.len() {
            let (zip, issues) = Zip::parse(&bytes[..cut]);
            assert_eq!(issues.is_empty(), cut >= whole, "cut at {cut}");
            let Some(zip) = zip else { continue };
            for entry in zip.entries() {
                let _ = zip.read(entry, LIMIT);
                let _ = zip.read_prefix(entry, 16);
                let _ = zip.verify(entry, LIMIT as u64);
            }
        }
    }
}

/// Every byte of the headers takes its extreme values: nothing panics, and nothing comes out
/// that is longer than the limit.
#[test]
fn each_byte_falsified() {
    let mut archive = honest();
    archive.entries[0] = archive.entries[0].clone().both(|header| header.zip64 = true);
    archive.zip64_end = true;
    let bytes = archive.build();
    for at in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bent = bytes.clone();
            bent[at] = value;
            let (Some(zip), _) = Zip::parse(&bent) else { continue };
            for entry in zip.entries() {
                if let Ok(content) = zip.read(entry, 8192) {
                    assert!(content.len() <= 8192, "byte {at} = {value:#x}");
                }
            }
        }
    }
}

#[test]
fn bombs_stop_at_the_limit() {
    let size = 64 << 20;
    for (what, entry, expected) in [
        ("declared", Entry::zeros("a", size), "zip/entry-too-large"),
        (
            "declared small",
            Entry::zeros("a", size).both(|h| h.size = 10),
            "zip/entry-longer-than-declared",
        ),
        (
            "declared huge",
            Entry::zeros("a", size).both(|h| h.size = u32::MAX.into()),
            "zip/entry-too-large",
        ),
    ] {
        assert!(entry.data.len() < 100_000, "{what}");
        let bytes = Archive::of(vec![entry]).build();
        assert_eq!(read(&bytes, "a"), Err(expected), "{what}");
        let (zip, _) = Zip::parse(&bytes);
        let zip = zip.unwrap();
        assert_eq!(zip.read_prefix(&zip.entries()[0], 16).unwrap(), [0u8; 16].as_slice(), "{what}");
    }
}

/// A size that cannot be true allocates what the data can give, not what is claimed.
#[test]
fn a_claimed_size_allocates_nothing() {
    let entry = Entry::deflated("a", TEXT).both(|header| header.size = 0xf000_0000);
    let bytes = Archive::of(vec![entry]).build();
    let (zip, _) = Zip::parse(&bytes);
    let zip = zip.unwrap();
    let content = zip.read(&zip.entries()[0], usize::MAX).unwrap();
    assert_eq!(content, TEXT);
    let std::borrow::Cow::Owned(content) = content else { panic!("inflated data are owned") };
    assert!(content.capacity() < 100 * 1032, "{} bytes", content.capacity());
}

#[test]
fn claimed_numbers_of_entries() {
    for (claimed, issue) in [(2, None), (4, Some("zip/directory-truncated"))] {
        let mut archive = honest();
        archive.claimed_entries = Some(claimed);
        let bytes = archive.build();
        let (zip, issues) = Zip::parse(&bytes);
        assert_eq!(zip.unwrap().entries().len(), 3);
        assert_eq!(issues.first().map(|issue| issue.kind.code), issue, "{claimed}");
    }
    let mut archive = honest();
    (archive.zip64_end, archive.claimed_entries) = (true, Some(u64::MAX));
    let bytes = archive.build();
    let (zip, issues) = Zip::parse(&bytes);
    assert_eq!(zip.unwrap().entries().len(), 3);
    assert_eq!(issues[0].kind.code, "zip/directory-truncated");
}

/// More entries than are kept: an issue, and a bounded list.
#[test]
fn a_million_entries() {
    let mut archive = Archive::of(vec![Entry::stored("a", b"")]);
    archive.entries.resize(1_000_000, Entry::stored("a", b"").sharing(0));
    archive.zip64_end = true;
    let bytes = archive.build();
    let (zip, issues) = Zip::parse(&bytes);
    let zip = zip.unwrap();
    assert_eq!(zip.entries().len(), 200_000);
    assert_eq!(issues[0].kind.code, "zip/too-many-entries");
    assert!(zip.anomalies().len() <= 200, "{}", zip.anomalies().len());
}

#[test]
fn what_is_not_an_archive() {
    for bytes in [&b""[..], b"PK", b"text, no more", &[0xff; 4096], b"PK\x05\x06 short"] {
        let (zip, issues) = Zip::parse(bytes);
        assert!(zip.is_none());
        assert_eq!(issues[0].kind.code, "zip/not-a-zip");
    }
}

#[test]
fn methods_have_names() {
    let entries = vec![
        Entry::stored("a", b"x"),
        Entry::deflated("b", b"x"),
        Entry::stored("c", b"x").both(|header| header.method = DEFLATED + 1),
    ];
    let bytes = Archive::of(entries).build();
    let (zip, _) = Zip::parse(&bytes);
    let methods: Vec<_> = zip.unwrap().entries().iter().map(|entry| entry.method).collect();
    assert_eq!(methods, [Method::Stored, Method::Deflated, Method::Other(9)]);
}
