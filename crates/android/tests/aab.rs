//! Protobuf XML and resources of a bundle, written by hand.

use menshen_android::aab::{parse_resources, parse_xml};
use menshen_android::arsc::{Config, IntKind, ResValue};
use menshen_android::axml::{AnomalyKind, Document};

const ANDROID: &str = "http://schemas.android.com/apk/res/android";

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn number(field: u32, value: u64) -> Vec<u8> {
    [varint(u64::from(field << 3)), varint(value)].concat()
}

fn message(field: u32, parts: &[Vec<u8>]) -> Vec<u8> {
    let body = parts.concat();
    [varint(u64::from(field << 3 | 2)), varint(body.len() as u64), body].concat()
}

fn text(field: u32, value: &str) -> Vec<u8> {
    message(field, &[value.as_bytes().to_vec()])
}

fn attribute(uri: &str, name: &str, value: &str, id: u64, item: &[u8]) -> Vec<u8> {
    let mut parts = vec![text(1, uri), text(2, name), text(3, value), number(5, id)];
    if !item.is_empty() {
        parts.push(message(6, &[item.to_vec()]));
    }
    message(4, &parts)
}

fn node(name: &str, line: u64, parts: &[Vec<u8>]) -> Vec<u8> {
    let element = message(1, &[text(3, name), parts.concat()]);
    [element, message(3, &[number(1, line)])].concat()
}

fn manifest() -> Vec<u8> {
    let namespace = message(1, &[text(1, "android"), text(2, ANDROID)]);
    let yes = message(7, &[number(8, 1)]);
    let label = message(1, &[number(2, 0x7f01_0000), text(3, "string/app_name")]);
    let application = node(
        "application",
        2,
        &[
            attribute(ANDROID, "label", "@string/app_name", 0x0101_0001, &label),
            attribute(ANDROID, "debuggable", "true", 0x0101_000f, &yes),
            message(5, &[text(2, "text")]),
        ],
    );
    let package = attribute("", "package", "a.b", 0, &[]);
    node("manifest", 1, &[namespace, package, message(5, &[application])])
}

const PRINTED: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<manifest
    xmlns:android="http://schemas.android.com/apk/res/android"
    package="a.b">
    <application
        android:label="@0x7f010000"
        android:debuggable="true">text</application>
</manifest>
"#;

#[test]
fn xml_becomes_the_same_document() {
    let (document, issues) = parse_xml(&manifest());
    assert_eq!(issues, []);
    let document: Document = document.unwrap();
    assert_eq!(document.anomalies, []);
    assert_eq!(document.print().text, PRINTED);
    let application = document.root.child("application").unwrap();
    assert_eq!((application.line, application.index), (2, 1));
    let label = application.android("label").unwrap();
    assert_eq!(
        (label.as_reference(), label.raw.as_deref()),
        (Some(0x7f01_0000), Some("@string/app_name"))
    );
    assert_eq!(application.android("debuggable").unwrap().as_bool(), Some(true));
}

#[test]
fn xml_attributes_by_id() {
    let of = |uri, name, id| {
        let bytes = node("x", 1, &[attribute(uri, name, "v", id, &[])]);
        parse_xml(&bytes).0.unwrap()
    };
    for (uri, name, id, effective, anomaly) in [
        (ANDROID, "name", 0x0101_0003, true, None),
        ("", "label", 0x0101_0003, true, Some(AnomalyKind::AttributeName)),
        (ANDROID, "name", 0, false, Some(AnomalyKind::AttributeWithoutId)),
        ("", "name", 0, true, None),
    ] {
        let document = of(uri, name, id);
        let attribute = &document.root.attributes[0];
        assert_eq!((&*attribute.name, attribute.effective), ("name", effective));
        let kinds: Vec<_> = document.anomalies.iter().map(|anomaly| anomaly.kind).collect();
        assert_eq!(kinds, Vec::from_iter(anomaly), "{uri} {name} {id:x}");
    }
}

fn entry(id: u64, name: &str, values: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut parts = vec![message(1, &[number(1, id)]), text(2, name)];
    for (config, value) in values {
        parts.push(message(
            6,
            &[message(1, std::slice::from_ref(config)), message(2, std::slice::from_ref(value))],
        ));
    }
    message(3, &parts)
}

fn item(inner: Vec<u8>) -> Vec<u8> {
    message(4, &[inner])
}

fn string(value: &str) -> Vec<u8> {
    item(message(2, &[text(1, value)]))
}

fn resources() -> Vec<u8> {
    let none = Vec::new;
    let reference = |id: u64, name: &str| message(1, &[number(2, id), text(3, name)]);
    let bag_item = |field, value: &str| message(field, &[message(2, &[text(1, value)])]);
    let style = message(
        5,
        &[message(
            2,
            &[
                message(1, &[number(2, 0x0103_0000)]),
                message(3, &[message(3, &[number(2, 0x0101_0003)]), bag_item(4, "in style")]),
            ],
        )],
    );
    let plurals =
        message(5, &[message(5, &[message(1, &[number(3, 1), bag_item(4, "one thing")])])]);
    let entries = [
        entry(0, "app_name", &[(none(), string("App")), (text(3, "zh-Hant-TW"), string("应用"))]),
        entry(1, "alias", &[(none(), item(reference(0x7f01_0000, "")))]),
        entry(2, "by_name", &[(none(), item(reference(0, "string/app_name")))]),
        entry(3, "night", &[(number(17, 1), item(message(7, &[number(6, -5i64 as u64)])))]),
        entry(4, "style", &[(none(), style)]),
        entry(5, "plurals", &[(none(), plurals)]),
        entry(6, "file", &[(none(), item(message(5, &[text(1, "res/xml/a.xml")])))]),
    ];
    let kind = message(3, &[message(1, &[number(1, 1)]), text(2, "string"), entries.concat()]);
    message(2, &[message(1, &[number(1, 0x7f)]), text(2, "a.b"), kind])
}

#[test]
fn resources_answer_like_a_binary_table() {
    let bytes = resources();
    let (table, issues) = parse_resources(&bytes);
    assert_eq!(issues, []);
    let table = table.unwrap();
    let string = |text: &str| ResValue::String(text.into());
    assert_eq!(table.packages(), [(0x7f, "a.b".to_owned())]);
    assert_eq!(table.name_of(0x7f01_0001).as_deref(), Some("string/alias"));
    assert_eq!(table.id_of("string", "night"), Some(0x7f01_0003));
    assert_eq!(table.default_value(0x7f01_0001), Some(string("App")));
    assert_eq!(table.default_value(0x7f01_0002), Some(string("App")));
    assert_eq!(table.default_value(0x7f01_0006), Some(string("res/xml/a.xml")));
    let configs: Vec<_> =
        table.resolve(0x7f01_0000).iter().map(|(config, _)| config.to_string()).collect();
    assert_eq!(configs, ["", "b+zh+Hant+TW"]);
    let night = Config { ui_mode: 0x20, ..Config::default() };
    let five = ResValue::Int(-5, IntKind::Decimal);
    assert_eq!(table.resolve(0x7f01_0003), [(night, five)]);
    let style = table.bag(0x7f01_0004).unwrap();
    assert_eq!(style.parent, Some(0x0103_0000));
    assert_eq!(style.get(0x0101_0003), Some(&string("in style")));
    assert_eq!(table.bag(0x7f01_0005).unwrap().get(0x0100_0006), Some(&string("one thing")));
    let mut strings = Vec::new();
    table.for_each_string(&mut |_, _, text| strings.push(text.to_owned()));
    assert_eq!(strings, ["App", "应用", "in style", "one thing", "res/xml/a.xml"]);
    let mut ids = 0;
    table.for_each_id(&mut |_| ids += 1);
    assert_eq!(ids, 7);
}

#[test]
fn what_is_broken_is_an_issue() {
    for (bytes, code) in [
        (&b""[..], "xml/no-root"),
        (b"<manifest/>", "aab/broken-message"),
        (&[0x0a, 0xff], "aab/broken-message"),
    ] {
        let (document, issues) = parse_xml(bytes);
        assert_eq!((document.is_some(), issues[0].kind.code), (false, code), "{bytes:x?}");
    }
    for bytes in [&b""[..], b"text", &[0x12, 0xff]] {
        let (table, issues) = parse_resources(bytes);
        assert_eq!((table.is_some(), issues[0].kind.code), (false, "aab/not-a-table"));
    }
}

#[test]
fn cut_and_bent_at_every_byte() {
    let (xml, table) = (manifest(), resources());
    for at in 0..xml.len() {
        let whole_element = at == xml.len() - 4;
        assert_eq!(parse_xml(&xml[..at]).1.is_empty(), whole_element, "cut at {at}");
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bent = xml.clone();
            bent[at] = value;
            parse_xml(&bent);
        }
    }
    for at in 0..table.len() {
        assert!(!parse_resources(&table[..at]).1.is_empty(), "cut at {at}");
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bent = table.clone();
            bent[at] = value;
            if let (Some(table), _) = parse_resources(&bent) {
                for id in 0x7f01_0000..0x7f01_0008 {
                    table.resolve(id);
                    table.bag(id);
                }
                table.for_each_string(&mut |_, _, _| {});
            }
        }
    }
}

#[test]
fn deep_nesting_ends() {
    let mut bytes = node("x", 1, &[]);
    for _ in 0..5000 {
        bytes = node("x", 1, &[message(5, &[bytes])]);
    }
    let (document, issues) = parse_xml(&bytes);
    assert_eq!(document.unwrap().elements().count(), 1000);
    assert_eq!(issues[0].kind.code, "xml/too-deep");
}
