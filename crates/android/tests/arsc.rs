//! Resource tables: hand-built ones in every layout, references, splits, broken ones.

mod writer;

use menshen_android::arsc::{Bag, Config, Entry, IntKind, Preference, ResValue, ResourceTable};
use menshen_android::axml::AnomalyKind;
use writer::{Item, Layout, chunk, config, package, spec_chunk, table, type_chunk};

const STRING: u8 = 0x03;
const REFERENCE: u8 = 0x01;

fn text(value: &str) -> ResValue {
    ResValue::String(value.into())
}

fn parse(bytes: &[u8]) -> ResourceTable<'_> {
    let (table, issues) = ResourceTable::parse(bytes);
    assert_eq!(issues, []);
    table.unwrap()
}

/// `string/one` "eins", `string/three` "drei" and -3 in zh; nothing at index 1.
fn small(layout: Layout) -> Vec<u8> {
    let zh = config(&[(8, b"zh")]);
    let default = [(0, 0, Item::Value(STRING, 0)), (2, 1, Item::Compact(STRING, 1))];
    let chinese = [(2, 1, Item::Value(0x10, -3i32 as u32))];
    let chunks = [
        spec_chunk(1, 3),
        type_chunk(1, layout, &config(&[]), 3, &default),
        type_chunk(1, layout, &zh, 3, &chinese),
    ];
    table(&["eins", "drei"], &[package(0x7f, &["string"], &["one", "three"], &chunks)])
}

#[test]
fn every_layout_gives_the_same() {
    let chinese = Config { language: *b"zh\0", ..Config::default() };
    for layout in [Layout::Dense, Layout::Offset16, Layout::Sparse] {
        let bytes = small(layout);
        let table = parse(&bytes);
        assert!(table.anomalies().is_empty());
        assert_eq!(table.packages(), [(0x7f, "a.b".to_owned())]);
        assert_eq!(table.name_of(0x7f01_0000).as_deref(), Some("string/one"), "{layout:?}");
        assert_eq!(table.name_of(0x7f01_0002).as_deref(), Some("string/three"));
        for nothing in [0x7f01_0001, 0x7f01_0003, 0x7f02_0000, 0x7e01_0000, 0] {
            assert_eq!(table.name_of(nothing), None);
            assert_eq!(table.resolve(nothing), []);
        }
        assert_eq!(table.name_of(0x0101_0003).as_deref(), Some("android:attr/name"));
        assert_eq!(table.id_of("string", "three"), Some(0x7f01_0002));
        assert_eq!(table.id_of("string", "two"), None);
        assert_eq!(table.id_of("layout", "one"), None);
        assert_eq!(table.resolve(0x7f01_0000), [(Config::default(), text("eins"))]);
        let minus = ResValue::Int(-3, IntKind::Decimal);
        let both = [(Config::default(), text("drei")), (chinese, minus)];
        assert_eq!(table.resolve(0x7f01_0002), both);
        let mut ids = Vec::new();
        table.for_each_id(&mut |id| ids.push(id));
        assert_eq!(ids, [0x7f01_0000, 0x7f01_0002]);
    }
}

#[test]
fn references_cycles_and_depth() {
    let id = |index: u32| 0x7f01_0000 | index;
    let refer = |to: u32| Item::Value(REFERENCE, to);
    // 0 -> 1 -> 2 = text; 3 <-> 4; 5 -> 5; 6 -> framework; 10..60 a long chain.
    let mut entries = vec![
        (0, 0, refer(id(1))),
        (1, 1, refer(id(2))),
        (2, 2, Item::Value(STRING, 0)),
        (3, 3, refer(id(4))),
        (4, 4, refer(id(3))),
        (5, 5, refer(id(5))),
        (6, 6, refer(0x0104_0000)),
    ];
    entries.extend((10..60).map(|n| (n, 7, refer(id(u32::from(n) + 1)))));
    entries.push((60, 7, Item::Value(STRING, 0)));
    let night = config(&[(29, &[0x20])]);
    let chunks = [
        spec_chunk(1, 61),
        type_chunk(1, Layout::Dense, &config(&[]), 61, &entries),
        type_chunk(1, Layout::Dense, &night, 61, &[(2, 2, Item::Value(STRING, 1))]),
    ];
    let keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let bytes = table(&["day", "night"], &[package(0x7f, &["string"], &keys, &chunks)]);
    let table = parse(&bytes);
    for (from, day) in [
        (0, Some(text("day"))),
        (2, Some(text("day"))),
        (3, None),
        (5, None),
        (6, Some(ResValue::Reference(0x0104_0000))),
        (10, None),
        (45, Some(text("day"))),
    ] {
        assert_eq!(table.default_value(id(from)), day, "{from}");
        let all = table.resolve(id(from));
        assert_eq!(all.first().map(|(_, value)| value.clone()), day, "{from}");
    }
    let all: Vec<_> = table.resolve(id(0)).into_iter().map(|(c, v)| (c.to_string(), v)).collect();
    assert_eq!(all, [(String::new(), text("day")), ("night".to_owned(), text("night"))]);
    assert_eq!(table.text_of(&ResValue::Reference(id(1))).as_deref(), Some("day"));
    assert_eq!(table.text_of(&text("plain")).as_deref(), Some("plain"));
    let dark = Preference { night: true, ..Preference::default() };
    assert_eq!(table.best(id(0), dark), Some(text("night")));
}

#[test]
fn the_preferred_configuration() {
    let locale = |language: &[u8], region: &[u8]| config(&[(8, language), (10, region)]);
    let version = |sdk: u8| config(&[(24, &[sdk])]);
    let configs = [
        config(&[]),
        locale(b"zh", b""),
        locale(b"zh", b"CN"),
        locale(b"de", b""),
        version(24),
        version(30),
    ];
    let names = ["default", "zh", "zh-CN", "de", "v24", "v30"];
    let mut chunks = vec![spec_chunk(1, 2)];
    for (at, config) in configs.iter().enumerate() {
        let mut entries = vec![(0, 0, Item::Value(STRING, at as u32))];
        if at == 3 {
            entries.push((1, 1, Item::Value(STRING, 3)));
        }
        chunks.push(type_chunk(1, Layout::Dense, config, 2, &entries));
    }
    let bytes = table(&names, &[package(0x7f, &["xml"], &["a", "b"], &chunks)]);
    let table = parse(&bytes);
    for (locale, sdk, expected) in [
        (None, None, "v30"),
        (None, Some(29), "v24"),
        (None, Some(21), "default"),
        (Some("zh"), Some(21), "zh"),
        (Some("zh-CN"), Some(21), "zh-CN"),
        (Some("zh-TW"), Some(21), "zh"),
        (Some("fr"), Some(21), "default"),
    ] {
        let preference = Preference { locale, sdk, night: false };
        assert_eq!(table.best(0x7f01_0000, preference), Some(text(expected)), "{preference:?}");
    }
    // The only value there is.
    assert_eq!(table.default_value(0x7f01_0001), Some(text("de")));
}

#[test]
fn bags() {
    let style = Item::Bag(0x0103_0000, vec![(0x0101_0003, STRING, 0), (0x7f02_0000, 0x12, 1)]);
    let plurals = Item::Bag(0, vec![(0x0100_0004, STRING, 1), (0x0100_0006, STRING, 0)]);
    let array = Item::Bag(0, vec![(0x0200_0000, STRING, 1), (0x0200_0001, REFERENCE, 0x7f01_0003)]);
    let entries = [
        (0, 0, style),
        (1, 1, plurals),
        (2, 2, array),
        (3, 3, Item::Value(REFERENCE, 0x7f01_0001)),
        (4, 4, Item::Bag(0, vec![])),
    ];
    let chunks = [spec_chunk(1, 5), type_chunk(1, Layout::Dense, &config(&[]), 5, &entries)];
    let keys = ["s", "p", "a", "r", "e"];
    let bytes = table(&["one", "many"], &[package(0x7f, &["style"], &keys, &chunks)]);
    let table = parse(&bytes);
    let style = table.bag(0x7f01_0000).unwrap();
    assert_eq!(style.parent, Some(0x0103_0000));
    assert_eq!(style.get(0x0101_0003), Some(&text("one")));
    assert_eq!(style.get(0x0101_0004), None);
    let other = Bag::PLURAL_KEYS[0].0;
    assert_eq!(table.bag(0x7f01_0001).unwrap().get(other), Some(&text("many")));
    let array: Vec<_> = table.bag(0x7f01_0002).unwrap().items;
    let expected = [text("many"), ResValue::Reference(0x7f01_0003)];
    assert_eq!(array.into_iter().map(|(_, value)| value).collect::<Vec<_>>(), expected);
    assert_eq!(table.bag(0x7f01_0003), table.bag(0x7f01_0001), "through a reference");
    assert_eq!(table.bag(0x7f01_0004), Some(Bag::default()));
    assert_eq!(table.default_value(0x7f01_0000), None, "a bag is no value");
    let mut strings = Vec::new();
    let issues = table.for_each_string(&mut |id, _, text| strings.push((id, text.to_owned())));
    assert_eq!(issues, []);
    let expected = [(0x7f01_0000, "one".to_owned()), (0x7f01_0001, "many".to_owned())];
    assert_eq!(strings, expected, "each once");
}

#[test]
fn splits_lie_over_the_base() {
    let one = |string, config: &[u8], index| {
        let entries = [(index, 0, Item::Value(STRING, 0))];
        let chunks = [spec_chunk(1, 2), type_chunk(1, Layout::Dense, config, 2, &entries)];
        table(&[string], &[package(0x7f, &["string"], &["name"], &chunks)])
    };
    let base = one("Name", &config(&[]), 0);
    let german = one("Name auf Deutsch", &config(&[(8, b"de")]), 0);
    let again = one("hidden", &config(&[]), 0);
    let feature = one("Feature", &config(&[]), 1);
    let mut whole = parse(&base);
    for split in [&german, &again, &feature] {
        whole.overlay(parse(split));
    }
    let values: Vec<_> = whole.resolve(0x7f01_0000).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, [text("Name"), text("Name auf Deutsch")]);
    assert_eq!(whole.default_value(0x7f01_0001), Some(text("Feature")));
    assert_eq!(whole.packages().len(), 1);
    let german = Preference { locale: Some("de"), ..Preference::default() };
    assert_eq!(whole.best(0x7f01_0000, german), Some(text("Name auf Deutsch")));
}

#[test]
fn oddities_and_faults() {
    let good = small(Layout::Dense);
    let entries = || vec![(0, 0, Item::Value(STRING, 0))];
    let type_of = |id| type_chunk(id, Layout::Dense, &config(&[]), 1, &entries());
    let in_package = |chunks: &[Vec<u8>]| table(&["x"], &[package(0x7f, &["t"], &["k"], chunks)]);
    let unknown = chunk(0x02ff, &[], b"????");
    let mut flagged = type_of(1);
    flagged[9] |= 0x80;
    for (what, bytes, expected) in [
        ("no spec", in_package(&[type_of(1)]), AnomalyKind::TypeWithoutSpec),
        (
            "unknown chunk",
            in_package(&[spec_chunk(1, 1), type_of(1), unknown]),
            AnomalyKind::UnknownChunk,
        ),
        ("unknown flag", in_package(&[spec_chunk(1, 1), flagged]), AnomalyKind::UnknownFlags),
        (
            "data behind the end",
            [in_package(&[spec_chunk(1, 1), type_of(1)]), vec![0; 5]].concat(),
            AnomalyKind::TrailingData,
        ),
    ] {
        let (table, issues) = ResourceTable::parse(&bytes);
        let table = table.unwrap();
        assert_eq!(issues, [], "{what}");
        let kinds: Vec<_> = table.anomalies().iter().map(|anomaly| anomaly.kind).collect();
        assert_eq!(kinds, [expected], "{what}");
        assert_eq!(table.name_of(0x7f01_0000).as_deref(), Some("t/k"), "{what}");
    }
    let with = |at: usize, bytes: &[u8]| {
        let mut bent = good.clone();
        bent[at..at + bytes.len()].copy_from_slice(bytes);
        bent
    };
    let package_at = 12 + u32::from_le_bytes(good[16..20].try_into().unwrap()) as usize;
    for (what, bytes, code) in [
        ("empty", vec![], "resources/not-a-table"),
        ("other type", with(0, &[9]), "resources/not-a-table"),
        ("table over the end", with(4, &[0xff; 4]), "resources/bad-chunk"),
        ("package over the end", with(package_at + 4, &[0xff; 4]), "resources/bad-chunk"),
        ("package header too small", with(package_at + 2, &[32, 0]), "resources/bad-chunk"),
        ("type 0", in_package(&[type_of(0)]), "resources/bad-chunk"),
        ("too many strings", with(20, &[0xff; 4]), "resources/bad-string-pool"),
    ] {
        let codes: Vec<_> =
            ResourceTable::parse(&bytes).1.iter().map(|issue| issue.kind.code).collect();
        assert!(codes.contains(&code), "{what}: {codes:?}");
    }
}

fn use_all(bytes: &[u8]) {
    let (Some(table), _) = ResourceTable::parse(bytes) else { return };
    let mut ids = Vec::new();
    table.for_each_id(&mut |id| ids.push(id));
    for id in ids.iter().take(100) {
        table.resolve(*id);
        table.name_of(*id);
        table.bag(*id);
    }
    table.id_of("string", "three");
    table.for_each_string(&mut |_, _, _| {});
}

#[test]
fn cut_and_bent_at_every_byte() {
    for layout in [Layout::Dense, Layout::Offset16, Layout::Sparse] {
        let bytes = small(layout);
        for at in 0..bytes.len() {
            let cut = &bytes[..at];
            assert!(!ResourceTable::parse(cut).1.is_empty(), "cut at {at}");
            use_all(cut);
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut bent = bytes.clone();
                bent[at] = value;
                use_all(&bent);
            }
        }
    }
}

/// Many entries that share one large bag or string must not multiply.
#[test]
fn shared_entries_stay_small() {
    let count = 30_000u16;
    let bag = Item::Bag(0, (0..20_000).map(|n| (n, STRING, 0)).collect());
    let mut shared = type_chunk(1, Layout::Dense, &config(&[]), count, &[(0, 0, bag)]);
    let start = 20 + 64;
    for at in 0..usize::from(count) {
        shared[start + 4 * at..start + 4 * at + 4].fill(0);
    }
    let long = "z".repeat(30_000);
    let bytes = table(&[&long], &[package(0x7f, &["t"], &["k"], &[spec_chunk(1, count), shared])]);
    let table = parse(&bytes);
    let mut strings = 0;
    let issues = table.for_each_string(&mut |_, _, _| strings += 1);
    assert_eq!((strings, issues[0].kind.code), (1, "resources/too-many"));
    let Some((_, Entry::Bag(bag))) = table.entries(0x7f01_0000).pop() else { panic!("no bag") };
    let copied: usize = bag.items.iter().filter_map(|(_, v)| v.as_str()).map(str::len).sum();
    assert!(copied <= 33 << 20, "{copied}");
}
