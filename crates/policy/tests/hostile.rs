//! Files that are not what they should be: no panic, no long run, and never a policy where there
//! is nothing to read.

use menshen_policy::{INPUT_BYTES_MAX, Policy};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn fixtures() -> Vec<(String, Vec<u8>)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/policies");
    let mut files = Vec::new();
    for folder in std::fs::read_dir(root)
        .unwrap()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
    {
        for file in std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if file.file_stem().is_some_and(|stem| stem == "policy") {
                files.push((file.display().to_string(), std::fs::read(&file).unwrap()));
            }
        }
    }
    files.sort();
    assert!(files.len() >= 20);
    files
}

fn codes(bytes: &[u8]) -> Vec<&'static str> {
    let (policy, issues) = Policy::read(bytes, "file");
    assert!(policy.is_none(), "{policy:?}");
    issues.iter().map(|issue| issue.kind.code).collect()
}

/// A zip file of stored entries.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let offset = u32::try_from(out.len()).unwrap();
        let mut head = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        head.extend(crc(data).to_le_bytes());
        head.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        head.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
        head.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        head.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&head);
        out.extend(name.as_bytes());
        out.extend(*data);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&head);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let start = u32::try_from(out.len()).unwrap();
    let count = u16::try_from(entries.len()).unwrap().to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(u32::try_from(directory.len()).unwrap().to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn crc(data: &[u8]) -> u32 {
    data.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xEDB8_8320 & (!(crc & 1)).wrapping_add(1))
        })
    }) ^ !0
}

const PICTURE_PDF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]>>endobj 3 0 obj<</Type/Page/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>endobj 4 0 obj<</Length 8>>stream\nq /I Do Q\nendstream endobj 5 0 obj<</Subtype/Image/Length 1>>stream\nx\nendstream endobj";

#[test]
fn nothing_to_read_is_not_assessed() {
    let agreement = "用户服务协议\n欢迎使用本软件。用户应当遵守法律法规，不得利用本软件从事违法活动。本协议的解释适用中国法律。用户应妥善保管密码。";
    let japanese = "プライバシーポリシー\n当社は、お客様の個人情報を適切に取り扱います。当社が収集する情報には、端末の識別子や位置情報が含まれます。";
    let french = "Politique de confidentialité\nNous recueillons vos données à caractère personnel lorsque vous utilisez nos services, y compris votre adresse électronique.";
    let shell = "<!doctype html><html><head><title>隐私政策</title></head><body><noscript>请启用 JavaScript 后继续浏览本页面的全部内容谢谢您的理解与配合祝您生活愉快</noscript><div id=app></div><script src=a.js></script></body></html>";
    let encrypted =
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj trailer<</Encrypt 9 0 R>>".to_vec();
    let picture = zip(&[
        ("word/document.xml", b"<w:document><w:body><w:p/></w:body></w:document>"),
        ("word/media/image1.png", b"x"),
    ]);
    let other_zip = zip(&[("a.txt", b"x")]);
    for (name, bytes, expected) in [
        ("empty", Vec::new(), "policy/empty"),
        ("white space", b"\xEF\xBB\xBF \n\n".to_vec(), "policy/empty"),
        ("binary", vec![0, 1, 2, 3, 200, 201, 0, 0], "policy/unknown-format"),
        (
            "old Word",
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0\0\0\0\0\0\0".to_vec(),
            "policy/unknown-format",
        ),
        ("png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "policy/unknown-format"),
        ("shell page", shell.as_bytes().to_vec(), "policy/no-text"),
        ("agreement", agreement.as_bytes().to_vec(), "policy/not-a-policy"),
        ("Japanese", japanese.as_bytes().to_vec(), "policy/language"),
        ("French", french.as_bytes().to_vec(), "policy/language"),
        ("encrypted PDF", encrypted, "policy/pdf-encrypted"),
        ("scanned PDF", PICTURE_PDF.to_vec(), "policy/images-only"),
        ("PDF without pages", b"%PDF-1.7\nnothing".to_vec(), "policy/pdf-broken"),
        ("DOCX of pictures", picture, "policy/images-only"),
        ("another zip", other_zip, "policy/unknown-format"),
        ("too large", vec![b'a'; INPUT_BYTES_MAX + 1], "policy/too-large"),
    ] {
        assert_eq!(codes(&bytes), [expected], "{name}");
    }
}

/// A step that gives at most so many cuts of a file.
fn step(length: usize, cuts: usize) -> usize {
    (length / cuts).max(1)
}

#[test]
fn cut_anywhere() {
    for (name, bytes) in fixtures() {
        for end in (0..bytes.len()).step_by(step(bytes.len(), 60)) {
            let (policy, issues) = Policy::read(&bytes[..end], &name);
            assert!(
                policy.is_some() || !issues.is_empty(),
                "{name} cut at {end}: neither policy nor issue"
            );
        }
    }
    for end in 0..PICTURE_PDF.len() {
        assert!(!codes(&PICTURE_PDF[..end]).is_empty());
    }
    let document = "<w:document><w:body><w:p><w:r><w:t>隐私政策</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r><w:t>个人信息</w:t></w:r></w:p></w:tc></w:tr></w:tbl></w:body></w:document>";
    for end in 0..document.len() {
        let docx = zip(&[("word/document.xml", &document.as_bytes()[..end])]);
        assert!(!codes(&docx).is_empty(), "{end}");
    }
}

/// The numbers of Marsaglia's xorshift64, so that a failure repeats.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap()).unwrap()
    }
}

#[test]
fn mutated() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    const TOKENS: &[&[u8]] = &[
        b"<table>",
        b"</td>",
        b"<td colspan=9999999 rowspan=9999999>",
        b"<<",
        b">>",
        b"[",
        b"]",
        b"(",
        b" obj",
        b"stream",
        b"endstream",
        b"0 R",
        b"/Kids [1 0 R]",
        b"/Length 99999999999",
        b"\xFF\xFE",
        b"\xEF\xBB\xBF",
        b"&#x110000;",
        b"</w:tc>",
        b"<w:tbl>",
        "：".as_bytes(),
        "（".as_bytes(),
        "不会".as_bytes(),
        "99999999999个工作日".as_bytes(),
        b"\0",
        b"\t",
        b"|",
        b"https://",
    ];
    for (name, bytes) in fixtures() {
        for round in 0..40 {
            let mut bytes = bytes.clone();
            for _ in 0..=numbers.below(8) {
                let at = numbers.below(bytes.len());
                match numbers.below(4) {
                    0 => bytes[at] = u8::try_from(numbers.below(256)).unwrap(),
                    1 => drop(bytes.drain(at..(at + numbers.below(64)).min(bytes.len()))),
                    2 => {
                        let token = TOKENS[numbers.below(TOKENS.len())];
                        bytes.splice(at..at, token.iter().copied());
                    }
                    _ => {
                        let end = (at + numbers.below(200)).min(bytes.len());
                        let copy = bytes[at..end].to_vec();
                        let to = numbers.below(bytes.len());
                        bytes.splice(to..to, copy);
                    }
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let (policy, issues) = Policy::read(&bytes, &name);
            assert!(policy.is_some() || !issues.is_empty(), "{name} round {round}");
        }
    }
}

#[test]
fn long_and_deep_input_ends_soon() {
    let repeat = |text: &str, bytes: usize| text.repeat(bytes / text.len());
    let head = "隐私政策。我们重视您的个人信息、隐私。个人信息，个人信息。";
    let mut pdf = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[2 0 R 3 0 R]>>endobj 3 0 obj<</Type/Page/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>endobj 5 0 obj<</Subtype/Form/Resources<</XObject<</I 5 0 R>>>>/Length 12>>stream\n/I Do /I Do \nendstream endobj 4 0 obj<</Length 7>>stream\n/I Do \nendstream endobj".to_vec();
    pdf.extend(repeat("6 0 obj<<", 100_000).into_bytes());
    for (name, bytes) in [
        ("tables in tables", format!("{head}{}", repeat("<table><tr><td>", 600_000)).into_bytes()),
        (
            "spans",
            format!(
                "{head}<table>{}",
                repeat("<tr><td colspan=200 rowspan=200>个人信息收集目的", 200_000)
            )
            .into_bytes(),
        ),
        (
            "one sentence",
            format!("{head}{}", repeat("我们收集设备信息和IMEI、", 400_000)).into_bytes(),
        ),
        ("negators", format!("{head}{}", repeat("不未没有不会", 200_000)).into_bytes()),
        ("labels", format!("{head}{}", repeat("SDK名称：x；使用目的：y；", 200_000)).into_bytes()),
        ("headings", format!("{head}{}", repeat("一、标题\n", 200_000)).into_bytes()),
        (
            "small tables",
            format!("{head}{}", repeat("<table><tr><td>收集<td>目的</table>", 300_000))
                .into_bytes(),
        ),
        (
            "names",
            format!(
                "{head}\n三、SDK\n{}",
                (0..20_000).map(|n| format!("接入甲乙{n}丙SDK。")).collect::<String>()
            )
            .into_bytes(),
        ),
        ("answers", format!("{head}{}", repeat("投诉15日内答复。", 300_000)).into_bytes()),
        (
            "continued labels",
            format!("{head}\nSDK名称：甲；用途：乙。{}", repeat("丙。", 200_000)).into_bytes(),
        ),
        ("leads", format!("{head}{}", repeat("我们会收集：\n", 200_000)).into_bytes()),
        ("brackets", [b"%PDF-1.4\n1 0 obj".as_slice(), repeat("[", 300_000).as_bytes()].concat()),
        ("PDF forms", pdf),
    ] {
        let start = Instant::now();
        let (policy, issues) = Policy::read(&bytes, name);
        assert!(policy.is_some() || !issues.is_empty(), "{name}");
        let time = start.elapsed();
        // Far above what it takes, so that a busy machine does not fail it; a quadratic reader does.
        assert!(time < Duration::from_secs(20), "{name}: {time:?}");
        eprintln!("{name}: {time:?}");
    }
}
