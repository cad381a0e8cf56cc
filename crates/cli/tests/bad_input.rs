//! Bad input, through the built binary: what is broken, hostile or no app at all gives a clear
//! message or a scan issue, exit 2 where nothing could be read, and costs little.
//!
//! Every run is held to 512 MiB and 10 seconds of processor time, must not panic, and its JSON
//! must be the same byte for byte on one thread and on four.

#[path = "../../android/tests/writer/mod.rs"]
mod resources;
mod support;
#[path = "../../archive/tests/writer/mod.rs"]
mod zip;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::dex::Dex;
use support::{Folder, Run, menshen, noise};
use zip::{Archive, Entry};

const SAMPLE: &[u8] = include_bytes!("../../../fixtures/apps/sample.apk");
const JSON: [&str; 5] = ["--format", "json", "--as-of", "2026-11-25", "--threads"];

/// What a scan of an input must give.
enum Expect {
    /// Nothing could be read: exit 2, and a message with this code.
    Unreadable(&'static str),
    /// Some could be read, and a scan issue says what could not.
    Issue(&'static str),
    /// The same, and the gate does not pass: exit 1.
    NotPassed(&'static str),
    /// A report that holds a fact or finding with this text.
    Mentions(&'static str),
    /// Whatever is said, it is said in bounds.
    Report,
}

/// Scans twice, on one thread and on four, and gives the report of both.
fn report(what: &str, folder: &Folder, path: &Path, further: &[&str]) -> (Run, Value) {
    let arguments = |threads| [&JSON[..], &[threads], further].concat();
    let first = menshen(what, folder, &arguments("1"), &[path]);
    let second = menshen(what, folder, &arguments("4"), &[path]);
    assert_eq!(first.code, second.code, "{what}");
    assert!(first.out == second.out, "{what}: the report depends on the number of threads");
    let parsed = serde_json::from_slice(&first.out)
        .unwrap_or_else(|error| panic!("{what}: {error}\n{}", first.err));
    (first, parsed)
}

fn issue_codes(report: &Value) -> Vec<String> {
    let artifacts = report.get("artifacts").and_then(Value::as_array).cloned();
    let all = artifacts.unwrap_or_else(|| vec![report.clone()]);
    all.iter()
        .flat_map(|one| one["scan_issues"].as_array().into_iter().flatten())
        .filter_map(|issue| issue["code"].as_str().map(str::to_owned))
        .collect()
}

fn check(what: &str, bytes: &[u8], expected: &Expect) {
    let folder = Folder::new();
    let path = folder.write("app.apk", bytes);
    let further: &[&str] = if matches!(expected, Expect::Mentions(_)) { &["--facts"] } else { &[] };
    let (run, report) = report(what, &folder, &path, further);
    let codes = issue_codes(&report);
    match expected {
        Expect::Unreadable(code) => {
            assert_eq!(run.code, 2, "{what}: {codes:?}");
            assert!(codes.iter().any(|found| found == code), "{what}: {codes:?}");
            assert!(run.err.contains("app.apk: "), "{what}: no message, but {:?}", run.err);
        }
        Expect::Issue(code) => {
            assert!(codes.iter().any(|found| found == code), "{what}: {codes:?}");
        }
        Expect::NotPassed(code) => {
            assert_eq!(run.code, 1, "{what}: {codes:?}");
            assert!(codes.iter().any(|found| found == code), "{what}: {codes:?}");
        }
        Expect::Mentions(text) => {
            let found = memchr::memmem::find(&run.out, text.as_bytes()).is_some();
            assert!(found, "{what}: {text} is not in the report");
        }
        Expect::Report => {}
    }
}

#[test]
fn what_is_no_app() {
    let folder_zip = Archive::of(vec![Entry::stored("notes/readme.txt", b"text")]).build();
    for (what, bytes, code) in [
        ("empty file", Vec::new(), "zip/not-a-zip"),
        ("one byte", vec![b'P'], "zip/not-a-zip"),
        ("text", b"This is a letter, not an app.\n".repeat(1000), "zip/not-a-zip"),
        ("zeros", vec![0; 1 << 20], "zip/not-a-zip"),
        ("random bytes", noise(1 << 20, 7), "zip/not-a-zip"),
        ("zip of texts", folder_zip, "scan/not-an-app"),
        ("empty zip", Archive::default().build(), "scan/not-an-app"),
    ] {
        check(what, &bytes, &Expect::Unreadable(code));
    }
}

#[test]
fn random_bytes_behind_a_zip_header() {
    for seed in 1..20 {
        let mut bytes = b"PK\x03\x04".to_vec();
        bytes.extend(noise(20_000, seed));
        let folder = Folder::new();
        let path = folder.write("app.apk", &bytes);
        let (run, report) = report("random bytes in a zip", &folder, &path, &[]);
        assert_ne!(run.code, 0);
        assert!(!issue_codes(&report).is_empty());
    }
}

#[test]
fn paths_that_cannot_be_read() {
    let folder = Folder::new();
    fs::create_dir(folder.path("empty")).unwrap();
    fs::create_dir(folder.path("app.apk")).unwrap();
    std::os::unix::fs::symlink(folder.path("nowhere"), folder.path("broken.apk")).unwrap();
    std::os::unix::fs::symlink(folder.path("round.apk"), folder.path("round.apk")).unwrap();
    for (name, message) in [
        ("missing.apk", "cannot read"),
        ("broken.apk", "cannot read"),
        ("round.apk", "cannot read"),
        ("empty", "no apps or SDKs in"),
        ("app.apk", "no apps or SDKs in"),
    ] {
        for format in ["terminal", "json", "sarif", "html", "cyclonedx"] {
            let path = folder.path(name);
            let run = menshen(name, &folder, &["--format", format, "--lang", "en"], &[&path]);
            assert_eq!(run.code, 2, "{name}, {format}");
            assert!(run.err.contains(message) && run.err.contains(name), "{name}: {:?}", run.err);
        }
    }
    // What can be opened and not read: memory of the process at an address that is not mapped.
    let run = menshen("unreadable", &folder, &["--lang", "en"], &[Path::new("/proc/self/mem")]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("mem: "), "{}", run.err);
    // A device that never ends.
    let run = menshen("endless", &folder, &["--lang", "en"], &[Path::new("/dev/zero")]);
    assert_eq!(run.code, 2, "{}", run.err);
    assert!(run.err.contains("zero"), "{}", run.err);
}

#[test]
fn a_file_without_permission() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = folder.write("app.apk", SAMPLE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // The superuser reads everything.
        return;
    }
    let run = menshen("no permission", &folder, &["--lang", "en"], &[&path]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("app.apk: the file cannot be read"), "{}", run.err);
}

#[test]
fn one_bad_file_among_good_ones() {
    let folder = Folder::new();
    for name in ["a.apk", "c.apk", "deeper/d.apk"] {
        folder.write(&format!("apps/{name}"), SAMPLE);
    }
    folder.write("apps/b.apk", b"not an app");
    folder.write("apps/notes.txt", b"not looked at");
    let (run, report) = report("folder", &folder, &folder.path("apps"), &[]);
    let artifacts = report["artifacts"].as_array().unwrap();
    let names: Vec<_> = artifacts.iter().filter_map(|a| a["artifact"]["name"].as_str()).collect();
    assert_eq!(names, ["a.apk", "b.apk", "c.apk", "d.apk"]);
    for one in artifacts {
        let bad = one["artifact"]["name"] == "b.apk";
        assert_eq!(one["findings"].as_array().unwrap().is_empty(), bad);
        assert_eq!(one["gate"]["passed"], false);
    }
    assert_ne!(run.code, 0);
    assert!(run.err.contains("b.apk: "), "{}", run.err);
}

/// Cut at every hundredth of its length: the part that is left is looked at, and the report says
/// that something is missing.
#[test]
fn cut_at_every_hundredth() {
    let folder = Folder::new();
    let mut before = 2;
    for percent in 0..100 {
        let path = folder.write("cut.apk", &SAMPLE[..SAMPLE.len() * percent / 100]);
        let what = format!("cut at {percent} %");
        let (run, report) = report(&what, &folder, &path, &[]);
        let codes = issue_codes(&report);
        assert!(!codes.is_empty(), "{what}: no scan issue");
        assert_ne!(run.code, 0, "{what}: passed, with {codes:?}");
        // The more is left the more can be read.
        assert!(run.code <= before, "{what}: exit {} with {codes:?}", run.code);
        before = run.code;
    }
    assert_eq!(before, 1);
}

fn manifest(body: impl Fn(&mut resources::Axml)) -> Vec<u8> {
    let mut axml = resources::Axml::new(true);
    axml.start("manifest", &[("", "package", 0, resources::Value::Text("com.example.bad"))]);
    axml.start("application", &[]);
    body(&mut axml);
    axml.end("application").end("manifest");
    axml.build()
}

fn plain_manifest() -> Vec<u8> {
    manifest(|_| {})
}

fn apk(entries: Vec<Entry>) -> Vec<u8> {
    Archive::of([vec![Entry::deflated("AndroidManifest.xml", &plain_manifest())], entries].concat())
        .build()
}

#[test]
fn manifests_that_are_missing_or_broken() {
    let with = |manifest: Vec<u8>| {
        Archive::of(vec![
            Entry::deflated("AndroidManifest.xml", &manifest),
            Entry::stored("resources.arsc", b""),
        ])
        .build()
    };
    let whole = plain_manifest();
    let none = Archive::of(vec![Entry::stored("classes.dex", b"dex\n035\0")]).build();
    let encrypted = Entry::deflated("AndroidManifest.xml", &noise(4096, 3))
        .both(|header| (header.flags, header.method) = (1, 8));
    let encrypted = Entry { data: noise(4200, 5), ..encrypted }
        .both(|header| (header.compressed, header.size) = (4200, 9000));
    let empty_root = {
        let mut axml = resources::Axml::new(true);
        axml.start("manifest", &[]).end("manifest");
        axml.build()
    };
    let with_code = |manifest: &[u8]| {
        let mut dex = Dex::new();
        dex.strings([("La;", 1)].into_iter());
        dex.types(1);
        dex.classes(1, true, 0, 0);
        let code = Entry::deflated("classes.dex", &dex.build());
        Archive::of(vec![Entry::deflated("AndroidManifest.xml", manifest), code]).build()
    };
    for (what, bytes) in [
        ("broken manifest, good code", with_code(b"broken")),
        ("no manifest, good code", with_code(b"")),
    ] {
        check(what, &bytes, &Expect::NotPassed("android/no-manifest"));
    }
    for (what, bytes, code) in [
        ("no manifest", none, "android/no-manifest"),
        ("empty manifest", with(Vec::new()), "android/no-manifest"),
        ("text manifest", with(b"<manifest package='a.b'/>".to_vec()), "android/no-manifest"),
        ("noise as manifest", with(noise(5000, 9)), "android/no-manifest"),
        ("half a manifest", with(whole[..whole.len() / 2].to_vec()), "android/no-manifest"),
        ("encrypted", Archive::of(vec![encrypted]).build(), "zip/encrypted-entry"),
    ] {
        check(what, &bytes, &Expect::Unreadable(code));
    }
    check("manifest without package", &with(empty_root), &Expect::Report);
    check("plain manifest", &apk(Vec::new()), &Expect::Mentions("com.example.bad"));
}

/// All entries encrypted, as by `zip -e`.
#[test]
fn an_encrypted_zip() {
    let entries = ["AndroidManifest.xml", "classes.dex", "resources.arsc"].map(|name| {
        // The header of the encryption makes the data twelve bytes longer.
        let entry = Entry { data: noise(5012, 11), ..Entry::stored(name, &noise(5000, 2)) };
        entry.both(|header| (header.flags, header.compressed) = (1, 5012))
    });
    let bytes = Archive::of(entries.to_vec()).build();
    check("encrypted", &bytes, &Expect::Unreadable("zip/encrypted-entry"));
}

#[test]
fn bombs() {
    const GIB: u64 = 1 << 30;
    let expands = "scan/expands-too-much";
    // Ten gigabytes of zeros deflate to ten megabytes; over the same data ten entries of one
    // gigabyte each need one megabyte.
    let shared = |name: fn(usize) -> String, count: usize| {
        let mut entries = vec![Entry::zeros(&name(0), GIB)];
        for index in 1..count {
            let named = |header: &mut zip::Header| header.name = name(index).into_bytes();
            entries.push(entries[0].clone().central(named).sharing(0));
        }
        for entry in &mut entries[1..] {
            entry.data = Vec::new();
        }
        entries
    };
    let libraries = |index: usize| format!("lib/arm64-v8a/lib{index}.so");
    let texts = |index: usize| format!("assets/page{index}.html");
    let codes = |index: usize| match index {
        0 => "classes.dex".to_owned(),
        _ => format!("classes{}.dex", index + 1),
    };
    check("libraries", &apk_at(shared(libraries, 10)), &Expect::Issue(expands));
    check("texts", &apk_at(shared(texts, 10)), &Expect::Issue(expands));
    check("code", &apk_at(shared(codes, 10)), &Expect::Issue("android/too-much-code"));
    let table = apk(vec![Entry::zeros("resources.arsc", GIB)]);
    check("resource table", &table, &Expect::Issue("zip/entry-too-large"));
    let manifest = Archive::of(vec![Entry::zeros("AndroidManifest.xml", GIB)]).build();
    check("manifest", &manifest, &Expect::Issue("android/no-manifest"));
    let lying = apk(vec![Entry::zeros("lib/x86/liba.so", GIB).both(|header| header.size = 100)]);
    check("a bomb that lies", &lying, &Expect::Issue("zip/entry-longer-than-declared"));
    let one = apk(vec![Entry::zeros("assets/page.html", 10 * GIB).both(|h| h.size = 10 << 20)]);
    check("ten gigabytes in one entry", &one, &Expect::Issue("zip/entry-longer-than-declared"));
}

/// An APK whose further entries share the data of one of them.
fn apk_at(entries: Vec<Entry>) -> Vec<u8> {
    let mut all = vec![Entry::deflated("AndroidManifest.xml", &plain_manifest())];
    all.extend(
        entries
            .into_iter()
            .map(|entry| Entry { shares: entry.shares.map(|earlier| earlier + 1), ..entry }),
    );
    Archive::of(all).build()
}

/// Many entries that each stay below the limit of one.
#[test]
fn many_small_bombs() {
    let size = 30 << 20;
    let first = Entry::zeros("lib/x86/lib0.so", size);
    let mut entries = vec![first.clone()];
    for index in 1..5000 {
        let name = format!("lib/x86/lib{index}.so").into_bytes();
        let entry = Entry { data: Vec::new(), ..first.clone() };
        entries.push(entry.central(|header| header.name = name.clone()).sharing(0));
    }
    check("many libraries", &apk_at(entries), &Expect::Issue("scan/expands-too-much"));
}

#[test]
fn bombs_within_packages_within_packages() {
    const GIB: u64 = 1 << 30;
    let inner = apk(vec![Entry::zeros("lib/x86/liba.so", GIB)]);
    let set = |entries: Vec<Entry>| Archive::of(entries).build();
    let nested = set(vec![Entry::deflated("base.apk", &inner), Entry::zeros("split_a.apk", GIB)]);
    check("set", &nested, &Expect::Issue("scan/expands-too-much"));
    let deflated = zip::deflate(&set(vec![Entry::zeros("classes.dex", GIB)]));
    assert!(deflated.len() < 10_000);
    let inner = apk(vec![Entry::zeros("classes.dex", 40 << 20)]);
    let many = (0..600).map(|n| Entry::deflated(&format!("split_{n}.apk"), &inner)).collect();
    check("set of hundreds", &set(many), &Expect::Issue("scan/too-many-parts"));
    let aar = set(vec![
        Entry::stored("AndroidManifest.xml", b"<manifest package='a.b'/>"),
        Entry::zeros("classes.jar", GIB),
    ]);
    check("library", &aar, &Expect::Issue("scan/expands-too-much"));
}

#[test]
fn ten_thousand_dex_files() {
    let mut dex = Dex::new();
    dex.strings([("La;", 1)].into_iter());
    dex.types(1);
    dex.classes(1, true, 0, 0);
    let dex = dex.build();
    let entries = (1..=10_000).map(|n| match n {
        1 => Entry::deflated("classes.dex", &dex),
        n => Entry::deflated(&format!("classes{n}.dex"), &dex),
    });
    check("ten thousand", &apk(entries.collect()), &Expect::Issue("android/too-much-code"));
}

#[test]
fn strings_of_100_megabytes() {
    const LENGTH: usize = 100 << 20;
    let long = vec![b'a'; LENGTH];
    let mut dex = Dex::new();
    dex.strings([(&long, 1)].into_iter());
    let dex = dex.build();
    let deflated = apk(vec![Entry::deflated("classes.dex", &dex)]);
    check("in code, deflated", &deflated, &Expect::Issue("android/too-much-code"));
    check("in code, stored", &apk(vec![Entry::stored("classes.dex", &dex)]), &Expect::Report);
    drop(dex);
    let mut encoded = Vec::new();
    // A length of four bytes, as ResourceTypes.h has it for UTF-16.
    encoded.extend((0x8000u16 | ((LENGTH / 2) >> 16) as u16).to_le_bytes());
    encoded.extend(((LENGTH / 2) as u16).to_le_bytes());
    encoded.extend(&long);
    encoded.extend([0, 0]);
    let pool = resources::pool_of(&[encoded], 0);
    let header = resources::words(&[0]);
    let table = resources::chunk(2, &header, &pool);
    check("in resources", &apk(vec![Entry::stored("resources.arsc", &table)]), &Expect::Report);
    let texts = apk(vec![Entry::stored("assets/page.html", &long)]);
    check("in a text", &texts, &Expect::Issue("zip/entry-too-large"));
}

#[test]
fn xml_a_thousand_and_a_hundred_thousand_deep() {
    for (depth, code) in
        [(999, None), (5_000, Some("xml/too-deep")), (100_000, Some("xml/too-deep"))]
    {
        let deep = manifest(|axml| {
            for _ in 0..depth {
                axml.start("activity", &[]);
            }
            for _ in 0..depth {
                axml.end("activity");
            }
        });
        let bytes = Archive::of(vec![Entry::deflated("AndroidManifest.xml", &deep)]).build();
        let folder = Folder::new();
        let path = folder.write("app.apk", &bytes);
        let (_, report) = report(&format!("{depth} deep"), &folder, &path, &["--facts"]);
        let codes = issue_codes(&report);
        let found = codes.iter().any(|found| code.is_some_and(|code| found.starts_with(code)));
        assert_eq!(found, code.is_some(), "{depth} deep: {codes:?}");
    }
}

#[test]
fn a_million_entries() {
    let name = |index: usize| format!("res/raw/r{index}.bin").into_bytes();
    let first = Entry::stored("res/raw/r0.bin", b"");
    let mut entries = vec![first.clone()];
    for index in 1..1_000_000 {
        entries.push(first.clone().central(|header| header.name = name(index)).sharing(0));
    }
    let mut all = vec![Entry::deflated("AndroidManifest.xml", &plain_manifest())];
    all.extend(entries.into_iter().map(|e| Entry { shares: e.shares.map(|_| 1), ..e }));
    let bytes = Archive { zip64_end: true, ..Archive::of(all) }.build();
    check("a million entries", &bytes, &Expect::Issue("zip/too-many-entries"));
}

/// Entries of which each is an issue: the report names the first and counts the others.
#[test]
fn a_hundred_thousand_issues() {
    let entries = (0..100_000)
        .map(|index| Entry::stored(&format!("lib/x86/lib{index}.so"), b"").pointing_at(1));
    let folder = Folder::new();
    let path = folder.write("app.apk", &apk(entries.collect()));
    let (run, report) = report("issues", &folder, &path, &[]);
    assert!(issue_codes(&report).len() < 1000);
    assert!(run.out.len() < 4 << 20, "{} bytes", run.out.len());
}

/// Tables of a DEX file that point at the same large thing again and again.
#[test]
fn code_that_repeats_itself() {
    let shared_string = {
        let mut dex = Dex::new();
        dex.strings([(vec![b'a'; 1 << 20], 1_000_000)].into_iter());
        dex.build()
    };
    let names = || (0..60_000).map(|n| (format!("Lc{n};"), 1));
    let shared_code = |classes: usize, methods: usize, invokes: usize| {
        let mut dex = Dex::new();
        dex.strings(names());
        dex.types(60_000);
        dex.methods(60_000, 1);
        let code = dex.code(invokes);
        let data = dex.class_data(methods, code);
        dex.classes(classes, true, data, 0);
        dex.build()
    };
    let shared_values = |values: usize| {
        let mut dex = Dex::new();
        dex.strings(names());
        dex.types(60_000);
        let values = dex.static_values(values);
        dex.classes(60_000, true, 0, values);
        dex.build()
    };
    let same_class = {
        let mut dex = Dex::new();
        dex.strings(names());
        dex.types(1);
        dex.classes(1_000_000, false, 0, 0);
        dex.build()
    };
    for (what, dex) in [
        ("a string", shared_string),
        ("code of one class", shared_code(1, 60_000, 100_000)),
        ("methods of all classes", shared_code(60_000, 10_000, 10)),
        ("static values", shared_values(65_000)),
        ("a class", same_class),
    ] {
        let what = format!("repeated: {what}, {} bytes", dex.len());
        check(&what, &apk(vec![Entry::deflated("classes.dex", &dex)]), &Expect::Report);
    }
}

/// Methods that are as dear to analyse as can be, all with the same code, all with a call that a
/// rule asks about.
#[test]
fn code_that_is_dear_to_analyse() {
    const CALL: [u16; 3] = [0x106e, 0, 0];
    const RETURN: [u16; 1] = [0x000e];
    // `if-eqz v0, +2`, again and again; at the end back to the start.
    let branches = |count: usize| [[0x0038, 2].repeat(count), CALL.to_vec()].concat();
    let rounds = |count: usize| {
        let body = [[0x0038, 2].repeat(count), CALL.to_vec()].concat();
        let back = (-(body.len() as i32)) as u16;
        [body, vec![0x0038, back], RETURN.to_vec()].concat()
    };
    // `add-int/2addr v0, v0` in every block: the value changes at each visit.
    let changing = |count: usize| {
        let body = [[0x00b0, 0x0038, 2].repeat(count), CALL.to_vec()].concat();
        let back = (-(body.len() as i32)) as u16;
        [body, vec![0x0038, back], RETURN.to_vec()].concat()
    };
    for (what, registers, units) in [
        ("many blocks and registers", 4000, [branches(900), RETURN.to_vec()].concat()),
        ("few blocks, many registers", 4000, rounds(5)),
        ("many blocks in a loop", 200, changing(2000)),
        ("small and many", 4, rounds(1)),
    ] {
        let mut dex = Dex::new();
        let names = ["La;", "Landroid/webkit/WebSettings;", "V", "Z", "setJavaScriptEnabled"];
        dex.strings(names.map(|name| (name, 1)).into_iter());
        dex.types(4);
        dex.calls(60_000);
        let code = dex.code_of(registers, &units);
        let data = dex.class_data(100, code);
        dex.classes(600, false, data, 0);
        let dex = dex.build();
        let what = format!("dear: {what}, {} bytes", dex.len());
        check(&what, &apk(vec![Entry::deflated("classes.dex", &dex)]), &Expect::Report);
    }
}

/// Millions of addresses: the report stays of a size that can be read.
#[test]
fn millions_of_addresses() {
    let text: String = (0..1_500_000).map(|n| format!("https://h{n}.example.org/ ")).collect();
    let mut dex = Dex::new();
    dex.strings((0..1_000_000).map(|n| (format!("https://h{n}.example.org/"), 1)));
    for (what, entry) in [
        ("text", Entry::stored("assets/page.html", &text.as_bytes()[..30 << 20])),
        ("code", Entry::stored("classes.dex", &dex.build())),
    ] {
        check(&format!("addresses in {what}"), &apk(vec![entry]), &Expect::Mentions("example.org"));
    }
}
