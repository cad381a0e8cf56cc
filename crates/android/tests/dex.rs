//! The DEX reader on a file of rare instructions and tables (`data/dex/Rare.smali` beside it).
//! The expected texts agree with `dexdump -d`, which `examples/dexdump_check.rs` compares for
//! whole applications.

use menshen_android::dex::{Dex, EncodedValue, HandleTarget, MethodId, Mutf8, Payload};

const RARE: &[u8] = include_bytes!("data/dex/Rare.dex");

fn rare() -> Dex<'static> {
    let (dex, issues) = Dex::parse(RARE);
    assert!(issues.is_empty(), "{issues:?}");
    dex.unwrap()
}

fn listing(dex: &Dex<'_>, name: &str) -> Vec<String> {
    let class = dex.classes().next().unwrap();
    let data = dex.class_data(&class).unwrap();
    let named = |id: MethodId| dex.string(dex.method(id).unwrap().name).unwrap().to_str() == name;
    let method = data.methods().find(|method| named(method.id)).unwrap();
    let code = dex.code(method).unwrap().unwrap();
    code.units
        .instructions()
        .map(|insn| {
            let mut line = format!("{:04x} ", insn.pc);
            dex.write_insn(&mut line, &insn);
            line
        })
        .collect()
}

#[test]
fn rare_instructions() {
    let dex = rare();
    const BOOTSTRAP: &str = "LRare;->bootstrap(Ljava/lang/invoke/MethodHandles$Lookup;Ljava/lang/String;\
         Ljava/lang/invoke/MethodType;)Ljava/lang/invoke/CallSite;";
    let expected = [
        format!(r#"0000 invoke-custom {{}}, call_site_1("alpha", ()V), invoke-static@{BOOTSTRAP}"#),
        format!(
            "0003 invoke-custom/range {{v17, v18, v19}}, call_site_0(\"beta\", (IJ)V), \
             invoke-static@{BOOTSTRAP}"
        ),
        "0006 move-object/16 v0, v16".to_owned(),
        "0009 move/from16 v1, v17".to_owned(),
        "000b invoke-polymorphic {v0, v1}, Ljava/lang/invoke/MethodHandle;->\
         invoke([Ljava/lang/Object;)Ljava/lang/Object;, (I)V"
            .to_owned(),
        "000f invoke-polymorphic/range {v16, v17, v18, v19}, Ljava/lang/invoke/MethodHandle;->\
         invokeExact([Ljava/lang/Object;)Ljava/lang/Object;, (IJ)V"
            .to_owned(),
        format!("0013 const-method-handle v2, invoke-static@{BOOTSTRAP}"),
        "0015 const-method-handle v3, static-get@LRare;->counter:I".to_owned(),
        "0017 const-method-type v4, (IJ)V".to_owned(),
        "0019 return-void".to_owned(),
    ];
    assert_eq!(listing(&dex, "dynamic"), expected);
    assert_eq!(
        listing(&dex, "wide"),
        [
            "0000 move-wide/16 v256, v296",
            "0003 move-wide/from16 v2, v296",
            "0005 move/16 v260, v296",
            "0008 const v0, 0xfffffffffffffffe",
            "000b const-wide v4, 0xfedcba9876543211",
            "0010 const-wide/32 v6, 0xffffffff80000000",
            "0013 const-wide/16 v8, 0xffffffffffff8000",
            "0015 const-wide/high16 v10, 0x4000000000000000",
            "0017 const/high16 v12, 0xffffffff80000000",
            "0019 const/16 v13, 0xffffffffffffffff",
            "001b const/4 v14, 0xfffffffffffffff8",
            "001c const-string/jumbo v15, \"jumbo\"",
            "001f add-int/lit16 v0, v0, 0xffffffffffff8000",
            "0021 add-int/lit8 v0, v0, 0xffffffffffffff80",
            "0023 rsub-int v0, v0, 0x7fff",
            "0025 goto/32 :002b",
            "0028 nop",
            "0029 goto/16 :002c",
            "002b goto :0028",
            "002c return-wide v2",
        ]
    );
}

#[test]
fn payloads() {
    let dex = rare();
    let class = dex.classes().next().unwrap();
    let data = dex.class_data(&class).unwrap();
    let code = dex.code(&data.direct_methods[0]).unwrap().unwrap();
    let found: Vec<_> =
        code.units.instructions().filter_map(|insn| code.units.payload(&insn)).collect();
    assert_eq!(
        found,
        [
            Payload::Array { element_width: 1, data: &[1, 0xff, 0x7f] },
            Payload::Array {
                element_width: 8,
                data: &[[1, 0, 0, 0, 0, 0, 0, 0], [0x11, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe]]
                    .concat(),
            },
            Payload::Switch(vec![(-1, 0x19), (0, 0x1a)]),
            Payload::Switch(vec![(-0x7fff_ffff, 0x19), (0x7fff_ffff, 0x1a)]),
        ]
    );
}

#[test]
fn call_sites_and_handles() {
    let dex = rare();
    assert_eq!((dex.call_site_count(), dex.method_handle_count()), (2, 2));
    let text = |id| dex.string(id).unwrap().to_string();
    let site = dex.call_site(0).unwrap();
    assert_eq!((text(site.name), dex.descriptor(site.proto)), ("beta".into(), "(IJ)V".into()));
    assert_eq!(site.arguments[0], EncodedValue::Int(7));
    assert_eq!(site.arguments[1].text(&dex), Some(Mutf8(b"text")));
    let handle = dex.method_handle(site.bootstrap).unwrap();
    let HandleTarget::Method(method) = handle.target else { panic!("{handle:?}") };
    assert_eq!(text(dex.method(method).unwrap().name), "bootstrap");
    assert!(matches!(dex.method_handle(1).unwrap().target, HandleTarget::Field(_)));
    assert_eq!((dex.call_site(2), dex.method_handle(2)), (None, None));
}

#[test]
fn initial_values_lines_and_handlers() {
    let dex = rare();
    let class = dex.classes().next().unwrap();
    let data = dex.class_data(&class).unwrap();
    let values = dex.static_values(&class);
    let names: Vec<_> = data
        .static_fields
        .iter()
        .map(|field| dex.string(dex.field(field.id).unwrap().name).unwrap().to_string())
        .collect();
    assert_eq!(names, ["LIMIT", "NAME", "counter"]);
    assert_eq!(values[0], EncodedValue::Int(0x1_2345_6789));
    assert_eq!(values[1].text(&dex).unwrap().to_str(), "a\0😀");
    let tries = dex.code(&data.direct_methods[3]).unwrap().unwrap();
    let blocks: Vec<_> = tries.tries().collect();
    assert_eq!((blocks.len(), blocks[0].start, blocks[0].end), (1, 0, 4));
    let handlers: Vec<_> = blocks[0]
        .handlers
        .iter()
        .map(|(class, at)| (class.map(|ty| dex.type_name(ty).unwrap().to_string()), *at))
        .collect();
    let number = Some("Ljava/lang/NumberFormatException;".to_owned());
    assert_eq!(handlers, [(number, 5), (None, 8)]);
    for (pc, line) in [(0, None), (5, Some(70)), (7, Some(70)), (8, Some(3)), (9, Some(3))] {
        assert_eq!(tries.line_of(&dex, pc), line, "{pc}");
    }
}

#[test]
fn the_map_is_compared_with_the_header() {
    let dex = rare();
    assert!(dex.check_map().is_empty());
    let map_offset = u32::from_le_bytes(RARE[0x34..0x38].try_into().unwrap()) as usize;
    let kinds: Vec<u16> = dex.map().iter().map(|item| item.kind).collect();
    assert!(kinds.starts_with(&[0, 1, 2, 3, 4, 5, 6]) && kinds.contains(&7), "{kinds:?}");
    // Size of the string row of the map; string offset of the header; the map elsewhere.
    for (at, expected) in [(map_offset + 4 + 12 + 4, 1), (0x3c, 1), (0x34, 6)] {
        let mut bytes = RARE.to_vec();
        bytes[at] ^= 4;
        let (dex, _) = Dex::parse(&bytes);
        let issues = dex.unwrap().check_map();
        assert_eq!(issues.len(), expected, "{at:#x} {issues:?}");
        assert!(issues.iter().all(|issue| issue.kind.code == "dex/map-mismatch"));
    }
}

/// Reads everything that the reader offers.
fn read_all(bytes: &[u8]) -> usize {
    let (files, issues) = Dex::parse_all(bytes);
    let mut seen = issues.len();
    for dex in &files {
        seen += dex.check_map().len() + usize::from(dex.checksum_ok());
        for index in 0..dex.call_site_count().min(64) {
            seen += usize::from(dex.call_site(index).is_some());
            seen += usize::from(dex.method_handle(index).is_some());
        }
        for (index, class) in (0..).zip(dex.classes().take(64)) {
            seen += dex.interfaces(&class).len() + dex.static_values(&class).len();
            seen += dex.annotations(&class).methods.len();
            let Ok(data) = dex.class_data(&class) else { continue };
            seen += dex.hidden_api(index, &data).map_or(0, |flags| flags.len());
            for method in data.methods().take(64) {
                let Ok(Some(code)) = dex.code(method) else { continue };
                seen += code.lines(dex).len() + code.tries().count();
                for insn in code.units.instructions().take(4096) {
                    let mut text = String::new();
                    dex.write_insn(&mut text, &insn);
                    seen += text.len();
                    seen += usize::from(code.units.payload(&insn).is_some());
                }
            }
        }
    }
    seen
}

#[test]
fn cut_at_every_byte() {
    let whole = read_all(RARE);
    for cut in 0..RARE.len() {
        let (_, issues) = Dex::parse(&RARE[..cut]);
        if cut < 0x70 {
            assert_eq!(issues.len(), 1, "{cut}");
        }
        assert!(read_all(&RARE[..cut]) < whole, "{cut}");
    }
}

#[test]
fn changed_bytes_do_not_panic() {
    let mut bytes = RARE.to_vec();
    for at in 0..bytes.len() {
        let before = bytes[at];
        for value in [0x00, 0x01, 0x7f, 0x80, 0xff] {
            bytes[at] = value;
            read_all(&bytes);
        }
        bytes[at] = before;
    }
}

/// A boot class path file by hand: a map that names only the hidden-API flags.
#[test]
fn hidden_api_flags() {
    let mut bytes = RARE.to_vec();
    let map = u32::try_from(bytes.len()).unwrap();
    let section = map + 4 + 12;
    bytes.extend(1u32.to_le_bytes());
    bytes.extend([0x00, 0xf0, 0, 0]);
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(section.to_le_bytes());
    // Size, offset of the only class within the section, a flag a member.
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(8u32.to_le_bytes());
    bytes.extend([0, 1, 2, 3, 4, 5, 6, 7]);
    bytes[0x34..0x38].copy_from_slice(&map.to_le_bytes());
    let (dex, _) = Dex::parse(&bytes);
    let dex = dex.unwrap();
    let class = dex.classes().next().unwrap();
    let data = dex.class_data(&class).unwrap();
    assert_eq!(dex.hidden_api(0, &data), Some(vec![0, 1, 2, 3, 4, 5, 6, 7]));
    assert_eq!(dex.hidden_api(1, &data), None);
    assert_eq!(rare().hidden_api(0, &data), None);
}
