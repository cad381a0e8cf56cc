//! The class reader on a class built by javac (`data/class/Sample.java` beside it; the expected
//! values are those that `javap -v` prints) and on hand-made ones.

use menshen_android::class::{ClassFile, Constant, ElementValue, Member};

const SAMPLE: &[u8] = include_bytes!("data/class/Sample.class");

fn sample() -> ClassFile<'static> {
    let (class, issues) = ClassFile::parse(SAMPLE);
    assert!(issues.is_empty(), "{issues:?}");
    class.unwrap()
}

fn member<'a, 'c>(class: &'c ClassFile<'a>, list: &'c [Member<'a>], name: &str) -> &'c Member<'a> {
    let is_named = |member: &&Member<'_>| class.pool.utf8(member.name).unwrap().to_str() == name;
    list.iter().find(is_named).unwrap_or_else(|| panic!("{name}"))
}

/// `pc: mnemonic operands`, operands as javap prints them.
fn listing(class: &ClassFile<'_>, method: &str) -> Vec<String> {
    let code = class.code(member(class, &class.methods, method)).unwrap().unwrap();
    let lines = code.instructions().map(|insn| {
        let mut line = format!("{}: {}", insn.pc, insn.op.name());
        if insn.index != 0 {
            line += &format!(" #{}", insn.index);
        }
        if insn.literal != 0 {
            line += &format!(" {}", insn.literal);
        }
        if insn.op.is_jump() || insn.op.is_switch() {
            line += &format!(" ->{}", insn.target);
        }
        for (key, to) in if insn.op.is_switch() { code.cases(&insn) } else { Vec::new() } {
            line += &format!(" {key}:{to}");
        }
        line
    });
    lines.collect()
}

#[test]
fn head_and_attributes() {
    let class = sample();
    assert_eq!((class.major, class.minor, class.access), (61, 0, 0x21));
    assert_eq!(class.name().unwrap().to_str(), "tiny/Sample");
    assert_eq!(class.super_name().unwrap().to_str(), "java/lang/Object");
    let interfaces: Vec<_> = class.interface_names().map(|name| name.to_string()).collect();
    assert_eq!(interfaces, ["java/lang/Runnable"]);
    assert_eq!(class.source_file().unwrap().to_str(), "Sample.java");
    let signature = class.signature(&class.attributes).unwrap().to_str();
    assert_eq!(signature, "<T:Ljava/lang/Object;>Ljava/lang/Object;Ljava/lang/Runnable;");
    let inner: Vec<_> = class.inner_classes().iter().map(|row| row.class.to_string()).collect();
    assert_eq!(
        inner,
        ["tiny/Sample$Inner", "tiny/Sample$Mark", "java/lang/invoke/MethodHandles$Lookup"]
    );
}

#[test]
fn constants_of_fields() {
    let class = sample();
    let value = |name: &str| class.constant_value(member(&class, &class.fields, name));
    assert_eq!(value("ANSWER"), Some(Constant::Integer(42)));
    assert_eq!(value("BIG"), Some(Constant::Long(1 << 40)));
    assert_eq!(value("HALF"), Some(Constant::Double(0.5f64.to_bits())));
    assert_eq!(value("value"), None);
    let Some(Constant::String(text)) = value("NAME") else { panic!("no string") };
    assert_eq!(class.pool.utf8(text).unwrap().to_str(), "门神\0");
}

#[test]
fn annotations() {
    let class = sample();
    let own = class.annotations(&class.attributes);
    assert_eq!(own.len(), 1);
    assert!(own[0].visible && own[0].elements.is_empty());
    assert_eq!(own[0].ty.to_str(), "Ljava/lang/Deprecated;");
    let field = class.annotations(&member(&class, &class.fields, "value").attributes);
    assert_eq!(field.len(), 1);
    assert!(!field[0].visible);
    let elements: Vec<_> =
        field[0].elements.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
    use ElementValue::{Array, Class, Int, String};
    let text = |text: &'static str| menshen_android::dex::Mutf8(text.as_bytes());
    assert_eq!(
        elements,
        [
            ("text".to_owned(), String(text("field"))),
            ("numbers".to_owned(), Array(vec![Int(1), Int(-2)])),
            ("type".to_owned(), Class(text("Ljava/lang/String;"))),
        ]
    );
}

#[test]
fn bootstrap_methods() {
    let class = sample();
    let rows: Vec<_> = class
        .bootstrap_methods()
        .iter()
        .map(|row| {
            let (kind, member) = class.pool.method_handle(row.handle).unwrap();
            (kind, member.name.to_string(), row.arguments.clone())
        })
        .collect();
    assert_eq!(
        rows,
        [
            (6, "metafactory".to_owned(), vec![118, 119, 122]),
            (6, "makeConcatWithConstants".to_owned(), vec![129]),
        ]
    );
    assert_eq!(class.pool.string(129).unwrap().to_str(), "\u{1}-421099511627776");
    let (bootstrap, name, descriptor) = class.pool.dynamic(24).unwrap();
    assert_eq!((bootstrap, &*name.to_str()), (1, "makeConcatWithConstants"));
    assert_eq!(descriptor.to_str(), "(Ljava/lang/String;)Ljava/lang/String;");
}

#[test]
fn instructions() {
    let class = sample();
    for (method, expected) in [
        ("<init>", &["0: aload_0", "1: invokespecial #1", "4: return"][..]),
        (
            "run",
            &[
                "0: invokedynamic #7",
                "5: astore_1",
                "6: getstatic #11",
                "9: aload_1",
                "10: invokeinterface #17",
                "15: checkcast #22",
                "18: invokedynamic #24",
                "23: invokevirtual #28",
                "26: goto ->39",
                "29: astore_1",
                "30: new #36",
                "33: dup",
                "34: aload_1",
                "35: invokespecial #38",
                "38: athrow",
                "39: return",
            ],
        ),
        (
            "dense",
            &[
                "0: iload_0",
                "1: tableswitch ->37 1:28 2:31 3:34",
                "28: bipush 10",
                "30: ireturn",
                "31: bipush 20",
                "33: ireturn",
                "34: bipush 30",
                "36: ireturn",
                "37: iconst_m1",
                "38: ireturn",
            ],
        ),
        (
            "sparse",
            &[
                "0: iload_0",
                "1: lookupswitch ->42 -1000:36 5:38 1000000:40",
                "36: iconst_1",
                "37: ireturn",
                "38: iconst_2",
                "39: ireturn",
                "40: iconst_3",
                "41: ireturn",
                "42: iconst_0",
                "43: ireturn",
            ],
        ),
    ] {
        assert_eq!(listing(&class, method), expected, "{method}");
    }
    let wide = listing(&class, "wide");
    for line in [
        "1: newarray #10",
        "11: multianewarray #41 2",
        "18: lstore #5",
        "25: sipush 1000",
        "28: if_icmpge ->61",
        "52: iinc #7 300",
        "58: goto ->23",
        "111: lreturn",
    ] {
        assert!(wide.iter().any(|found| found == line), "{line}: {wide:#?}");
    }
    assert!(class.code(member(&class, &class.methods, "external")).unwrap().is_none());
}

#[test]
fn handlers_and_lines() {
    let class = sample();
    let code = class.code(member(&class, &class.methods, "wide")).unwrap().unwrap();
    let rows: Vec<_> =
        code.handlers().map(|row| (row.start, row.end, row.target, row.class)).collect();
    assert_eq!(rows, [(66, 98, 101, None), (101, 106, 101, None)]);
    assert_eq!((code.max_stack, code.max_locals), (6, 9));
    for (pc, line) in [(0, 53), (3, 53), (4, 54), (36, 58), (52, 57), (111, 63)] {
        assert_eq!(code.line_of(&class.pool, pc), Some(line), "{pc}");
    }
    let run = class.code(member(&class, &class.methods, "run")).unwrap().unwrap();
    let caught = run.handlers().next().unwrap().class.unwrap();
    assert_eq!(class.pool.class(caught).unwrap().to_str(), "java/lang/RuntimeException");
}

/// Reads everything that the reader offers.
fn read_all(bytes: &[u8]) -> (usize, usize) {
    let (class, issues) = ClassFile::parse(bytes);
    let Some(class) = class else { return (0, issues.len()) };
    let mut seen = class.bootstrap_methods().len() + class.inner_classes().len();
    seen += class.annotations(&class.attributes).len();
    for (index, _) in class.pool.iter() {
        seen += usize::from(class.pool.member(index).is_some());
        seen += usize::from(class.pool.method_handle(index).is_some());
        seen += usize::from(class.pool.dynamic(index).is_some());
    }
    for field in &class.fields {
        seen += class.annotations(&field.attributes).len();
        seen += usize::from(class.constant_value(field).is_some());
    }
    for method in &class.methods {
        let Ok(Some(code)) = class.code(method) else { continue };
        seen += code.handlers().count() + code.lines(&class.pool).len();
        for insn in code.instructions() {
            seen += 1 + if insn.op.is_switch() { code.cases(&insn).len() } else { 0 };
        }
    }
    (seen, issues.len())
}

#[test]
fn cut_at_every_byte_is_an_issue_and_no_panic() {
    let (whole, none) = read_all(SAMPLE);
    assert!(whole > 150 && none == 0, "{whole} {none}");
    for cut in 0..SAMPLE.len() {
        let (seen, issues) = read_all(&SAMPLE[..cut]);
        assert!(issues > 0, "cut at {cut} goes unnoticed");
        assert!(seen < whole, "cut at {cut}");
    }
}

#[test]
fn changed_bytes_do_not_panic() {
    let mut bytes = SAMPLE.to_vec();
    for at in 0..bytes.len() {
        let before = bytes[at];
        for value in [0x00, 0x01, 0x7f, 0x80, 0xaa, 0xff] {
            bytes[at] = value;
            read_all(&bytes);
        }
        bytes[at] = before;
    }
}

/// A class that has one method `a()V` with this code attribute.
fn with_code(code: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0xca, 0xfe, 0xba, 0xbe, 0, 0, 0, 52];
    let names = ["A", "a", "()V", "Code"];
    bytes.extend([0, 6]);
    for name in names {
        bytes.extend([1, 0, u8::try_from(name.len()).unwrap()]);
        bytes.extend(name.as_bytes());
    }
    // 5: Class A; then access, this, super, interfaces, fields, one method.
    bytes.extend([7, 0, 1, 0, 1, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend([0, 8, 0, 2, 0, 3, 0, 1, 0, 4]);
    let mut attribute = vec![0, 4, 0, 4];
    attribute.extend(u32::try_from(code.len()).unwrap().to_be_bytes());
    attribute.extend(code);
    attribute.extend([0, 0, 0, 0]);
    bytes.extend(u32::try_from(attribute.len()).unwrap().to_be_bytes());
    bytes.extend(attribute);
    bytes.extend([0, 0]);
    bytes
}

#[test]
fn odd_code() {
    for (code, expected) in [
        (&[0xa8, 0, 4, 0xb1, 0x4c, 0xa9, 1][..], "0: jsr ->4 3: return 4: astore_1 5: ret #1"),
        (&[0xc4, 0xa9, 1, 0], "0: ret #256"),
        (&[0xc4, 0x84, 1, 0, 0xff, 0xff], "0: iinc #256 -1"),
        (&[0xc9, 0, 0, 0, 5], "0: jsr_w ->5"),
        (&[0xc8, 0xff, 0xff, 0xff, 0xff], "0: goto_w ->4294967295"),
        // Not defined, `wide` before something that has no wide form, operands cut off.
        (&[0x00, 0xca], "0: nop"),
        (&[0x00, 0xc4, 0x00], "0: nop"),
        (&[0x00, 0x12], "0: nop"),
        // A table of four thousand million cases, and one from high to low.
        (&[0xaa, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff], ""),
        (&[0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1], ""),
        (&[0xab, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], ""),
        (&[0xab, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0], "0: lookupswitch ->9"),
    ] {
        let bytes = with_code(code);
        let (class, issues) = ClassFile::parse(&bytes);
        assert!(issues.is_empty(), "{issues:?}");
        assert_eq!(listing(&class.unwrap(), "a").join(" "), expected, "{code:x?}");
    }
}

#[test]
fn broken_files_say_what_is_lost() {
    let good = with_code(&[0xb1]);
    let changed = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let code_length = good.len() - 2 - 4 - 1 - 1;
    for (bytes, kind, code) in [
        (changed(0, 0), "class/not-class", None),
        (changed(7, 70), "class/unknown-version", Some(true)),
        (changed(10, 99), "class/bad-constant-pool", None),
        (good[..35].to_vec(), "class/bad-header", None),
        (good[..good.len() - 2].to_vec(), "class/cut-attributes", Some(true)),
        (changed(good.len() - 1, 1), "class/cut-attributes", Some(true)),
        (changed(code_length, 200), "class/bad-code", Some(false)),
    ] {
        let (class, mut issues) = ClassFile::parse(&bytes);
        if let Some(class) = &class
            && let Err(issue) = class.code(&class.methods[0])
        {
            issues.push(issue);
        }
        let kinds: Vec<_> = issues.iter().map(|issue| issue.kind.code).collect();
        assert_eq!(kinds, [kind]);
        assert_eq!(class.map(|class| class.code(&class.methods[0]).is_ok()), code, "{kind}");
    }
}
