//! Files of the package that matter by their content: keys, keystores, databases, code.

use crate::fact;
use menshen_base::{Owner, Place};
use menshen_facts::{Fact, File};

/// Bytes from the start by which content is told.
pub const PREFIX_BYTES: usize = 512;

/// Endings of ordinary files, whose content is not looked at to tell what they are.
const PLAIN_ENDINGS: [&str; 26] = [
    ".png",
    ".webp",
    ".jpg",
    ".jpeg",
    ".gif",
    ".svg",
    ".ttf",
    ".otf",
    ".woff",
    ".woff2",
    ".ogg",
    ".mp3",
    ".mp4",
    ".wav",
    ".m4a",
    ".version",
    ".kotlin_builtins",
    ".kotlin_module",
    ".kotlin_metadata",
    ".class",
    ".arsc",
    ".SF",
    ".RSA",
    ".EC",
    ".DSA",
    ".MF",
];

/// Endings of files that are read as text.
const TEXT_ENDINGS: [&str; 25] = [
    ".json",
    ".js",
    ".mjs",
    ".jsx",
    ".ts",
    ".html",
    ".htm",
    ".xml",
    ".properties",
    ".txt",
    ".conf",
    ".cfg",
    ".config",
    ".ini",
    ".yml",
    ".yaml",
    ".env",
    ".toml",
    ".sql",
    ".csv",
    ".lua",
    ".py",
    ".sh",
    ".bundle",
    ".jsbundle",
];
/// Folders of a package whose files the app reads itself.
const OWN_FOLDERS: [&str; 4] = ["assets/", "res/raw", "resources/", "unknown/"];

/// Whether a file is read as text: its name says so, and it is the app's to read.
pub fn is_text(path: &str) -> bool {
    let inner = path.split_once("/assets/").map_or(path, |(_, _)| "assets/");
    let own = OWN_FOLDERS.iter().any(|folder| inner.starts_with(folder)) || !path.contains('/');
    own && TEXT_ENDINGS.iter().any(|end| path.ends_with(end)) && path != "AndroidManifest.xml"
}

/// Whether the content of a file of this name is worth a look at its first bytes.
pub fn may_matter(path: &str) -> bool {
    let in_resources = path.starts_with("res/") && path.ends_with(".xml");
    !in_resources && !path.ends_with('/') && !PLAIN_ENDINGS.iter().any(|end| path.ends_with(end))
}

/// What a file is by its first bytes. `None`: nothing that matters.
pub fn detect(path: &str, size: u64, prefix: &[u8]) -> Option<Fact<File>> {
    let (kind, detail, encrypted) = recognise(path, prefix)?;
    let data = File {
        path: path.to_owned(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        kind: kind.to_owned(),
        detail: detail.to_owned(),
        encrypted,
    };
    Some(fact(data, Place::file(path), Owner::Unknown))
}

/// Beginnings of PEM blocks with kind, detail and whether the key is encrypted.
const PEM: [(&str, &str, &str, bool); 9] = [
    ("RSA PRIVATE KEY", "private-key", "PEM RSA (PKCS#1)", false),
    ("EC PRIVATE KEY", "private-key", "PEM EC (SEC 1)", false),
    ("DSA PRIVATE KEY", "private-key", "PEM DSA", false),
    ("ENCRYPTED PRIVATE KEY", "private-key", "PEM PKCS#8", true),
    ("PRIVATE KEY", "private-key", "PEM PKCS#8", false),
    ("OPENSSH PRIVATE KEY", "private-key", "OpenSSH", false),
    ("PGP PRIVATE KEY BLOCK", "private-key", "OpenPGP", false),
    ("CERTIFICATE", "certificate", "PEM X.509", false),
    ("PUBLIC KEY", "public-key", "PEM", false),
];

const MAGICS: [(&[u8], &str, &str); 11] = [
    (b"SQLite format 3\0", "sqlite", "SQLite 3"),
    (b"dex\n0", "dex", "DEX"),
    (b"\x7fELF", "elf", "ELF"),
    (b"\xfe\xed\xfe\xed", "keystore", "JKS"),
    (b"\xce\xce\xce\xce", "keystore", "JCEKS"),
    (b"#!/", "script", "shell script"),
    (b"\xca\xfe\xba\xbe", "java-class", "class file"),
    (b"\x1f\x8b\x08", "archive", "gzip"),
    (b"7z\xbc\xaf\x27\x1c", "archive", "7z"),
    (b"Rar!\x1a\x07", "archive", "RAR"),
    (b"PuTTY-User-Key-File", "private-key", "PuTTY"),
];

fn recognise(path: &str, prefix: &[u8]) -> Option<(&'static str, &'static str, bool)> {
    let lower = path.to_ascii_lowercase();
    if let Some(found) = pem(prefix) {
        return Some(found);
    }
    if let Some((_, kind, detail)) = MAGICS.iter().find(|(magic, ..)| prefix.starts_with(magic)) {
        let expected = (*kind == "dex" && is_loaded_dex(path))
            || (*kind == "elf" && (lower.starts_with("lib/") || lower.contains("!/lib/")));
        return (!expected).then_some((*kind, *detail, false));
    }
    if prefix.starts_with(b"PK\x03\x04") {
        let kind = if lower.ends_with(".apk") { "apk" } else { "archive" };
        return Some((kind, "zip", false));
    }
    if let Some(found) = der(&lower, prefix) {
        return Some(found);
    }
    if lower.ends_with(".bks") && prefix.starts_with(&[0, 0, 0]) {
        return Some(("keystore", "BKS", false));
    }
    if lower.ends_with(".map") && prefix.starts_with(b"{") && contains(prefix, b"\"version\"") {
        return Some(("source-map", "source map", false));
    }
    None
}

fn pem(prefix: &[u8]) -> Option<(&'static str, &'static str, bool)> {
    let at = memchr::memmem::find(prefix, b"-----BEGIN ")?;
    let rest = prefix.get(at + "-----BEGIN ".len()..)?;
    let (_, kind, detail, encrypted) = PEM.iter().find(|(label, ..)| {
        rest.strip_prefix(label.as_bytes()).is_some_and(|rest| rest.starts_with(b"-----"))
    })?;
    let encrypted = *encrypted || contains(rest, b"ENCRYPTED");
    Some((*kind, *detail, encrypted))
}

/// DER says little of itself: the name must agree with the structure.
fn der(lower: &str, prefix: &[u8]) -> Option<(&'static str, &'static str, bool)> {
    if !prefix.starts_with(&[0x30, 0x82]) {
        return None;
    }
    let ends = |endings: &[&str]| endings.iter().any(|end| lower.ends_with(end));
    // PFX: version 3 is the first element. PKCS#8: version 0 and an algorithm identifier.
    if prefix.get(4..7) == Some(&[0x02, 0x01, 0x03])
        && ends(&[".p12", ".pfx", ".keystore", ".ks", ".jks"])
    {
        return Some(("keystore", "PKCS#12", true));
    }
    if prefix.get(4..8) == Some(&[0x02, 0x01, 0x00, 0x30]) {
        return Some(("private-key", "DER PKCS#8", false));
    }
    if prefix.get(4..9) == Some(&[0x02, 0x01, 0x00, 0x02, 0x82]) {
        return Some(("private-key", "DER RSA (PKCS#1)", false));
    }
    if ends(&[".cer", ".crt", ".der"]) {
        return Some(("certificate", "DER X.509", false));
    }
    None
}

fn is_loaded_dex(path: &str) -> bool {
    let name = path.rsplit("!/").next().unwrap_or_default();
    name.starts_with("classes") && name.ends_with(".dex") && !name.contains('/')
        || name.split('/').nth(1) == Some("dex")
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    memchr::memmem::find(haystack, needle).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_content() {
        for (path, prefix, expected) in [
            ("assets/a.txt", &b"-----BEGIN RSA PRIVATE KEY-----\nMII"[..], Some("private-key")),
            ("assets/a", b"junk\n-----BEGIN PRIVATE KEY-----\n", Some("private-key")),
            ("assets/p", b"-----BEGIN PUBLIC KEY-----\n", Some("public-key")),
            ("assets/k", b"\x30\x82\x04\xbd\x02\x01\x00\x30\x0d", Some("private-key")),
            ("res/raw/c.p12", b"\x30\x82\x0a\x01\x02\x01\x03\x30", Some("keystore")),
            ("assets/other", b"\x30\x82\x0a\x01\x02\x01\x03\x30", None),
            ("assets/plugin.bin", b"dex\n035\0", Some("dex")),
            ("classes2.dex", b"dex\n035\0", None),
            ("base/dex/classes.dex", b"dex\n035\0", None),
            ("lib/arm64-v8a/liba.so", b"\x7fELF", None),
            ("assets/tool", b"\x7fELF", Some("elf")),
            ("assets/u.db", b"SQLite format 3\0", Some("sqlite")),
            ("assets/readme.txt", b"how to make a -----BEGIN", None),
            ("assets/empty", b"", None),
        ] {
            let found = detect(path, 1, prefix);
            assert_eq!(found.map(|f| f.data.kind).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn an_encrypted_key_says_so() {
        let old = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n";
        assert!(detect("a", 1, old).unwrap().data.encrypted);
        assert!(!detect("a", 1, b"-----BEGIN RSA PRIVATE KEY-----\nMII").unwrap().data.encrypted);
    }
}
