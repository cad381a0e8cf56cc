//! Binary and plain-text XML: hand-built inputs, tampered ones, broken ones.

mod writer;

use menshen_android::axml::{ANDROID_NAMESPACE, AnomalyKind, Document, IntKind, ResValue};
use std::collections::BTreeSet;
use writer::{ANDROID, Axml, NONE, Value, chunk, pool_of, string8, words};

const NAME: u32 = 0x0101_0003;
const EXPORTED: u32 = 0x0101_0010;
const DEBUGGABLE: u32 = 0x0101_000f;
const MIN_SDK: u32 = 0x0101_020c;
const TRUE: Value<'_> = Value::Typed(0x12, u32::MAX);

fn manifest(utf8: bool) -> Axml {
    let mut axml = Axml::new(utf8);
    axml.start("manifest", &[("", "package", 0, Value::Text("a.b"))])
        .start("uses-sdk", &[(ANDROID, "minSdkVersion", MIN_SDK, Value::Typed(0x10, 24))])
        .end("uses-sdk")
        .start("application", &[(ANDROID, "debuggable", DEBUGGABLE, TRUE)])
        .start(
            "activity",
            &[
                (ANDROID, "name", NAME, Value::Text("a.b.主")),
                (ANDROID, "exported", EXPORTED, TRUE),
            ],
        )
        .text("x < y")
        .end("activity")
        .end("application")
        .end("manifest");
    axml
}

const PRINTED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<manifest
    xmlns:android="http://schemas.android.com/apk/res/android"
    package="a.b">
    <uses-sdk android:minSdkVersion="24" />
    <application android:debuggable="true">
        <activity
            android:name="a.b.主"
            android:exported="true">x &lt; y</activity>
    </application>
</manifest>
"#;

fn parse(bytes: &[u8]) -> Document {
    let (document, issues) = Document::parse(bytes);
    assert_eq!(issues, []);
    document.unwrap()
}

fn codes(bytes: &[u8]) -> Vec<&'static str> {
    Document::parse(bytes).1.iter().map(|issue| issue.kind.code).collect()
}

fn kinds(document: &Document) -> BTreeSet<AnomalyKind> {
    document.anomalies.iter().map(|anomaly| anomaly.kind).collect()
}

#[test]
fn reads_and_prints_both_encodings() {
    for utf8 in [true, false] {
        let document = parse(&manifest(utf8).build());
        assert_eq!(document.anomalies, []);
        let printed = document.print();
        assert_eq!(printed.text, PRINTED);
        let activity = document.elements().find(|element| element.name == "activity").unwrap();
        assert_eq!(printed.line_of(activity), Some(7));
        assert_eq!(activity.line, 7);
        let alone = document.print_element(activity);
        assert!(alone.starts_with("<activity\n    android:name=\"a.b.主\""), "{alone}");
        let names: Vec<_> = document.elements().map(|element| element.name.as_str()).collect();
        assert_eq!(names, ["manifest", "uses-sdk", "application", "activity"]);
    }
}

#[test]
fn plain_text_gives_the_same_tree() {
    let (text, issues) = Document::parse_text(PRINTED.as_bytes());
    assert_eq!(issues, []);
    let (text, binary) = (text.unwrap(), parse(&manifest(true).build()));
    assert_eq!(text.print().text, PRINTED);
    for (a, b) in text.elements().zip(binary.elements()) {
        assert_eq!((&a.name, a.index), (&b.name, b.index));
        for (a, b) in a.attributes.iter().zip(&b.attributes) {
            assert_eq!((&a.name, &a.namespace, a.id), (&b.name, &b.namespace, b.id));
            assert_eq!(a.value, b.value);
        }
    }
    let activity = text.elements().last().unwrap();
    assert_eq!((activity.line, activity.text.as_str()), (7, "x < y"));
}

#[test]
fn plain_text_values() {
    let value = |attribute: &str| {
        let xml = format!("<x xmlns:android=\"{ANDROID}\" {attribute}/>");
        let document = Document::parse_text(xml.as_bytes()).0.unwrap();
        document.root.attributes[0].clone()
    };
    for (source, expected) in [
        ("android:exported=\"true\"", ResValue::Int(-1, IntKind::Bool)),
        ("android:launchMode=\"singleTask\"", ResValue::Int(2, IntKind::Hex)),
        ("android:protectionLevel=\"signature|privileged\"", ResValue::Int(0x12, IntKind::Hex)),
        ("android:minSdkVersion=\"24\"", ResValue::Int(24, IntKind::Decimal)),
        ("android:minSdkVersion=\"0x18\"", ResValue::Int(24, IntKind::Hex)),
        ("android:versionName=\"24\"", ResValue::String("24".into())),
        ("package=\"24\"", ResValue::String("24".into())),
        ("android:label=\"@string/x\"", ResValue::String("@string/x".into())),
        ("android:label=\"&lt;&#65;&unknown;\"", ResValue::String("&lt;&#65;&unknown;".into())),
        ("android:icon=\"@null\"", ResValue::Reference(0)),
        ("android:color=\"#f00\"", ResValue::Int(0xffff_0000u32 as i32, IntKind::ColorRgb4)),
        ("android:color=\"#80112233\"", ResValue::Int(0x8011_2233u32 as i32, IntKind::ColorArgb8)),
    ] {
        assert_eq!(value(source).value, expected, "{source}");
    }
    assert_eq!(value("a='&lt;&#65;'").text().as_deref(), Some("<A"));

    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(PRINTED.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    assert_eq!(Document::parse_text(&utf16).0.unwrap().print().text, PRINTED);
    for (broken, code, has_root) in [
        ("", "xml/no-root", false),
        ("text", "xml/no-root", false),
        ("<a><b></a>", "xml/syntax", true),
        ("<a><b>", "xml/syntax", true),
        ("<a b=>", "xml/syntax", false),
        ("<a", "xml/syntax", false),
    ] {
        let (document, issues) = Document::parse_text(broken.as_bytes());
        assert_eq!(document.is_some(), has_root, "{broken}");
        assert_eq!(issues[0].kind.code, code, "{broken}");
    }
    for end in 0..PRINTED.len() {
        let (_, issues) = Document::parse_text(&PRINTED.as_bytes()[..end]);
        assert_eq!(issues.is_empty(), end == PRINTED.len() - 1, "cut at {end}");
    }
}

/// What the platform does not mind must not hide anything from us, and must be told.
#[test]
fn tampering_that_android_tolerates() {
    use AnomalyKind::*;
    let plain = manifest(true);
    let unknown = chunk(0x1234, &[], b"junk");
    let unknown_node = chunk(0x117, &words(&[0, 0]), b"junk");
    let with_extra = |place: usize, extra: &[u8]| {
        let mut axml = plain.clone();
        axml.extra[place] = extra.to_vec();
        axml.build()
    };
    let mut wide_nodes = plain.clone();
    wide_nodes.nodes.clear();
    let mut rest = &plain.nodes[..];
    while !rest.is_empty() {
        let size = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize;
        let kind = u16::from_le_bytes(rest[..2].try_into().unwrap());
        wide_nodes.nodes.extend(chunk(kind, &[&rest[8..16], &[0xee; 8]].concat(), &rest[16..size]));
        rest = &rest[size..];
    }
    let mut zero_type = plain.build();
    zero_type[0] = 0;
    let rows: Vec<(&str, Vec<u8>, &[AnomalyKind])> = vec![
        ("type of the file", zero_type, &[WrongMagic]),
        ("header of the file", chunk(3, &[0; 8], &plain.chunks()), &[LargeHeader]),
        ("headers of the nodes", wide_nodes.build(), &[LargeHeader]),
        ("data behind the end", [plain.build(), vec![1; 9]].concat(), &[TrailingData]),
        ("chunk before the pool", with_extra(0, &unknown), &[UnknownChunk]),
        ("chunk before the nodes", with_extra(1, &unknown), &[UnknownChunk]),
        ("chunk among the nodes", with_extra(2, &unknown_node), &[UnknownChunk]),
        ("two pools", with_extra(0, &pool_of(&[string8(b"no", 2)], 0x100)), &[RepeatedChunk]),
    ];
    for (what, bytes, expected) in rows {
        let document = parse(&bytes);
        assert_eq!(document.print().text, PRINTED, "{what}");
        assert_eq!(kinds(&document), expected.iter().copied().collect(), "{what}");
    }
}

#[test]
fn attributes_are_what_their_id_says() {
    use AnomalyKind::*;
    let android = Some(ANDROID_NAMESPACE);
    // namespace, name, id -> namespace, name, effective, anomaly
    for (written, expected, anomaly) in [
        ((ANDROID, "name", NAME), (android, "name", true), None),
        ((ANDROID, "", NAME), (android, "name", true), None),
        ((ANDROID, "exported", NAME), (android, "name", true), Some(AttributeName)),
        (("", "name", NAME), (android, "name", true), Some(AttributeNamespace)),
        (("urn:x", "name", NAME), (android, "name", true), Some(AttributeNamespace)),
        ((ANDROID, "name", 0), (android, "name", false), Some(AttributeWithoutId)),
        (("", "name", 0), (None, "name", true), None),
        (("urn:x", "name", 0x7f01_0001), (Some("urn:x"), "name", true), None),
        (("", "", 0x7f01_0001), (None, "0x7f010001", true), None),
    ] {
        let mut axml = Axml::new(true);
        let (namespace, name, id) = written;
        axml.start("x", &[(namespace, name, id, Value::Text("v"))]).end("x");
        let document = parse(&axml.build());
        let attribute = &document.root.attributes[0];
        let found = (attribute.namespace.as_deref(), &*attribute.name, attribute.effective);
        assert_eq!(found, expected, "{written:?}");
        assert_eq!(kinds(&document), anomaly.into_iter().collect(), "{written:?}");
    }
}

#[test]
fn attributes_that_android_passes_over() {
    use AnomalyKind::*;
    let mut axml = Axml::new(true);
    let attribute = |name, id, text| (ANDROID, name, id, Value::Text(text));
    axml.start(
        "x",
        &[
            attribute("exported", EXPORTED, "first"),
            attribute("name", NAME, "too late"),
            attribute("exported", EXPORTED, "second"),
        ],
    )
    .end("x");
    let document = parse(&axml.build());
    assert_eq!(kinds(&document), [AttributeOrder, RepeatedAttribute].into());
    assert_eq!(document.root.android("name"), None);
    assert_eq!(document.root.android("exported").unwrap().text().as_deref(), Some("first"));
    assert_eq!(document.root.attributes.len(), 3);
}

#[test]
fn text_and_typed_value_that_differ() {
    let mut axml = Axml::new(false);
    axml.start(
        "x",
        &[
            ("", "package", 0, Value::Texts("typed", "raw")),
            (ANDROID, "name", NAME, Value::Texts("typed", "raw")),
        ],
    )
    .end("x");
    let document = parse(&axml.build());
    assert_eq!(kinds(&document), [AnomalyKind::RawValueDiffers].into());
    assert_eq!(document.root.plain("package").unwrap().text().as_deref(), Some("raw"));
    assert_eq!(document.root.android("name").unwrap().text().as_deref(), Some("typed"));
}

#[test]
fn unusual_attribute_layouts() {
    for (at, size) in [(20u16, 20u16), (28, 20), (20, 28), (40, 32)] {
        let mut axml = Axml::new(true);
        let uri = axml.string(ANDROID, 0);
        let (element, value) = (axml.string("x", 0), axml.string("v", 0));
        let names = [axml.string("name", NAME), axml.string("exported", EXPORTED)];
        let mut body = Vec::new();
        for name in names {
            let mut attribute = words(&[uri, name, value, 8 | 3 << 24, value]);
            attribute.resize(usize::from(size), 0xaa);
            body.extend(attribute);
        }
        axml.start_raw(element, at, size, 2, &body).end("x");
        let document = parse(&axml.build());
        let names: Vec<_> = document.root.attributes.iter().map(|a| &*a.name).collect();
        assert_eq!(names, ["name", "exported"], "{at} {size}");
        let odd = (at, size) != (20, 20);
        assert_eq!(kinds(&document).contains(&AnomalyKind::AttributeLayout), odd);
    }
}

#[test]
fn unbalanced_documents() {
    use AnomalyKind::*;
    let build = |steps: &[&str]| {
        let mut axml = Axml::new(true);
        for step in steps {
            match step.strip_prefix('/') {
                Some(name) => axml.end(name),
                None => axml.start(step, &[]),
            };
        }
        parse(&axml.build())
    };
    for (steps, children, roots, anomalies) in [
        (&["a", "b", "/b", "/a"][..], 1, 0, &[][..]),
        (&["a", "b", "/b"], 1, 0, &[UnbalancedElements]),
        (&["a", "b", "/a", "/b"], 1, 0, &[UnbalancedElements]),
        (&["a", "/a", "/a"], 0, 0, &[UnbalancedElements]),
        (&["a", "/a", "b", "/b"], 0, 1, &[SeveralRoots]),
    ] {
        let document = build(steps);
        assert_eq!(document.root.name, "a");
        assert_eq!(document.root.children.len(), children, "{steps:?}");
        assert_eq!(document.further_roots.len(), roots, "{steps:?}");
        assert_eq!(kinds(&document), anomalies.iter().copied().collect(), "{steps:?}");
    }
}

#[test]
fn what_android_rejects_is_an_issue() {
    let good = manifest(true).build();
    let with = |at: usize, bytes: &[u8]| {
        let mut bent = good.clone();
        bent[at..at + bytes.len()].copy_from_slice(bytes);
        bent
    };
    let pool_size = u32::from_le_bytes(good[12..16].try_into().unwrap()) as usize;
    let node = good.len() - manifest(true).nodes.len();
    let mut long = with(4, &(good.len() as u32 + 4).to_le_bytes());
    for (what, bytes, code) in [
        ("empty", vec![], "xml/not-xml"),
        ("text", b"<manifest/>".to_vec(), "xml/not-xml"),
        ("zeros", vec![0; 64], "xml/not-xml"),
        ("file size too large", std::mem::take(&mut long), "xml/truncated"),
        ("pool over the end", with(12, &[0xff; 4]), "xml/bad-chunk"),
        ("pool not a multiple of four", with(12, &[pool_size as u8 + 1]), "xml/bad-chunk"),
        ("node header too small", with(node + 2, &[8]), "xml/bad-chunk"),
        ("node over the end", with(node + 4, &[0xff; 4]), "xml/bad-chunk"),
        ("more strings than room", with(16, &[0xff; 4]), "resources/bad-string-pool"),
        ("strings outside", with(28, &[0xff; 4]), "resources/bad-string-pool"),
        ("no nodes", chunk(3, &[], &chunk(0x180, &[], &[])), "xml/no-root"),
        (
            "only text",
            chunk(3, &[], &chunk(0x104, &words(&[0, 0]), &words(&[0, 8, 0]))),
            "xml/no-root",
        ),
    ] {
        assert!(codes(&bytes).contains(&code), "{what}: {:?}", codes(&bytes));
    }
}

#[test]
fn strings_in_odd_encodings() {
    let long = "x".repeat(0x9000);
    // Length and size as aapt cuts them to 15 bits.
    let cut = [vec![0x90, 0x00, 0x90, 0x00], long.as_bytes().to_vec(), vec![0]].concat();
    for (encoded, expected, flaw) in [
        (string8("é".as_bytes(), 1), "é", false),
        (string8(b"\xed\xa0\xbd\xed\xb8\x80", 2), "😀", false),
        (string8(b"\xed\xa0\xbd!", 2), "\u{fffd}\u{fffd}\u{fffd}!", true),
        (string8(b"a\xff", 2), "a\u{fffd}", true),
        (string8(long.as_bytes(), 0x1000), long.as_str(), false),
        (cut, long.as_str(), false),
    ] {
        let element = chunk(
            0x102,
            &words(&[1, NONE]),
            &[words(&[NONE, 0]), words(&[20 | 20 << 16, 0, 0])].concat(),
        );
        let bytes = chunk(3, &[], &[pool_of(&[encoded], 0x100), element].concat());
        let document = parse(&bytes);
        assert_eq!(document.root.name, expected);
        assert_eq!(kinds(&document).contains(&AnomalyKind::BadString), flaw, "{expected:.9}");
    }
}

#[test]
fn cut_at_every_byte() {
    for utf8 in [true, false] {
        let bytes = manifest(utf8).build();
        for end in 0..bytes.len() {
            let (_, issues) = Document::parse(&bytes[..end]);
            assert!(!issues.is_empty(), "cut at {end}");
        }
    }
}

#[test]
fn every_byte_bent() {
    let bytes = manifest(true).build();
    for at in 0..bytes.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bent = bytes.clone();
            bent[at] = value;
            if let (Some(document), _) = Document::parse(&bent) {
                document.print();
            }
        }
    }
}

#[test]
fn hostile_sizes_stay_small() {
    // 65535 attributes of size 0 in each of many elements.
    let mut axml = Axml::new(true);
    let name = axml.string("x", 0);
    for _ in 0..200 {
        axml.start_raw(name, 0, 0, u16::MAX, &[]);
    }
    let (document, issues) = Document::parse(&axml.build());
    let attributes: usize = document.unwrap().elements().map(|e| e.attributes.len()).sum();
    assert!(attributes <= 400_000, "{attributes}");
    assert_eq!(issues[0].kind.code, "xml/too-many");

    // One long string in many attributes.
    let mut axml = Axml::new(true);
    let long = axml.string(&"y".repeat(30_000), 0);
    let attribute = words(&[NONE, long, long, 8 | 3 << 24, long]);
    for _ in 0..100 {
        axml.start_raw(long, 20, 20, 100, &attribute.repeat(100));
    }
    let (_, issues) = Document::parse(&axml.build());
    assert_eq!(issues[0].kind.code, "xml/too-many");

    // Deep nesting.
    let mut axml = Axml::new(true);
    for _ in 0..5000 {
        axml.start("x", &[]);
    }
    for _ in 0..5000 {
        axml.end("x");
    }
    axml.start("y", &[]).end("y");
    let (document, issues) = Document::parse(&axml.build());
    let document = document.unwrap();
    assert_eq!(document.elements().count(), 1000);
    assert_eq!(document.further_roots[0].name, "y");
    assert_eq!(issues[0].kind.code, "xml/too-deep");
    document.print();

    let text = format!("{}{}", "<x>".repeat(5000), "</x>".repeat(5000));
    let (document, issues) = Document::parse_text(text.as_bytes());
    assert_eq!(document.unwrap().elements().count(), 1000);
    assert_eq!(issues[0].kind.code, "xml/too-deep");
}
