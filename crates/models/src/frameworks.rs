//! Frameworks that an app may be written in, where their code lies, and how to read their version:
//! `models/android/frameworks.tsv`.
//!
//! What is in the code of a framework (JavaScript, Dart, C#) the bytecode rules do not see: a
//! report must say so.

use crate::fingerprints::{Fingerprints, matches};
use crate::table::{items, rows};
use menshen_base::Confidence;
use std::sync::LazyLock;

/// Entries named as code at most; a web app may have thousands.
const CODE_ENTRIES_MAX: usize = 32;

static TABLE: LazyLock<Frameworks> =
    LazyLock::new(|| Frameworks::parse(include_str!("../../../models/android/frameworks.tsv")));

/// The table that Menshen ships.
pub fn frameworks() -> &'static Frameworks {
    &TABLE
}

/// One framework.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framework {
    pub id: &'static str,
    pub name: &'static str,
    /// Patterns of entries that hold its code.
    code: Vec<&'static str>,
    versions: Vec<VersionSource>,
}

/// Where a version can be read: a pattern of entries and a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct VersionSource {
    entry: &'static str,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// What stands behind the mark.
    After(&'static str),
    /// The editor's version in the head of a file of assets: `2022.3.10f1`.
    Unity,
    /// The number in the head of a bytecode file.
    Hermes,
    /// The version of the Dart machine: `3.4.3 (stable)`.
    Dart,
    /// The object with `major`, `minor` and `patch` in the bundle.
    ReactNative,
}

/// A framework that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkMatch {
    pub framework: &'static Framework,
    /// `class:...`, `library:...`, `file:...`; sorted.
    pub evidence: Vec<String>,
    pub confidence: Confidence,
    /// Entries that hold its code, in the order given, the first ones.
    pub code: Vec<String>,
}

/// All frameworks.
#[derive(Debug, Default)]
pub struct Frameworks {
    all: Vec<Framework>,
    marks: Fingerprints,
}

impl Frameworks {
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        for row in rows(text) {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            let (id, name) = (next(), next());
            table.marks.add(next(), next(), next());
            let code = items(next()).collect();
            let versions = items(next()).filter_map(VersionSource::parse).collect();
            table.all.push(Framework { id, name, code, versions });
        }
        table
    }

    pub fn all(&self) -> &[Framework] {
        &self.all
    }

    /// The frameworks that the entries (full paths) and classes (source form) of a package show,
    /// in the order of the table. Hints that other products share are not enough here.
    pub fn detect<'a>(
        &'static self,
        entries: impl IntoIterator<Item = &'a str> + Clone,
        classes: impl IntoIterator<Item = &'a str>,
    ) -> Vec<FrameworkMatch> {
        let found = self.marks.detect(entries.clone(), classes);
        let found = found.into_iter().filter(|found| found.confidence > Confidence::Low);
        let found = found.filter_map(|found| {
            let framework = self.all.get(found.product)?;
            let is_code = |entry: &&str| framework.code.iter().any(|glob| matches(glob, entry));
            let code = entries.clone().into_iter().filter(is_code).take(CODE_ENTRIES_MAX);
            Some(FrameworkMatch {
                framework,
                evidence: found.evidence,
                confidence: found.confidence,
                code: code.map(str::to_owned).collect(),
            })
        });
        found.collect()
    }
}

impl Framework {
    /// Whether the version may be read from the entry.
    pub fn has_version_in(&self, entry: &str) -> bool {
        self.versions.iter().any(|source| matches(source.entry, entry))
    }

    /// The version as the content of the entry tells it. Hermes has a version of its bytecode only.
    pub fn version(&self, entry: &str, content: &[u8]) -> Option<String> {
        let sources = self.versions.iter().filter(|source| matches(source.entry, entry));
        sources.map(|source| source.way).find_map(|way| match way {
            Way::After(mark) => after(content, mark),
            Way::Unity => unity(content),
            Way::Hermes => hermes(content),
            Way::Dart => dart(content),
            Way::ReactNative => react_native(content),
        })
    }
}

impl VersionSource {
    fn parse(cell: &'static str) -> Option<Self> {
        let (entry, way) = cell.split_once('=')?;
        let way = match way {
            "unity" => Way::Unity,
            "hermes" => Way::Hermes,
            "dart" => Way::Dart,
            "react-native" => Way::ReactNative,
            other => Way::After(other.strip_prefix("after:")?),
        };
        Some(Self { entry, way })
    }
}

/// A version: begins with a digit, at most 32 of the usual characters.
fn version_at(bytes: &[u8]) -> Option<String> {
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let text: String =
        bytes.iter().take(32).take_while(part).map(|byte| char::from(*byte)).collect();
    let version = text.trim_end_matches(['.', '-']);
    let good = version.starts_with(|c: char| c.is_ascii_digit()) && version.contains('.');
    good.then(|| version.to_owned())
}

fn after(content: &[u8], mark: &str) -> Option<String> {
    memchr::memmem::find_iter(content, mark.as_bytes())
        .take(64)
        .find_map(|at| version_at(content.get(at + mark.len()..)?))
}

/// Head of `globalgamemanagers` and of a `UnityFS` bundle: NUL-ended texts, the version among them.
fn unity(content: &[u8]) -> Option<String> {
    const HEAD_BYTES: usize = 256;
    let head = content.get(..HEAD_BYTES).unwrap_or(content);
    head.split(|byte| *byte == 0).find_map(|text| {
        let text = std::str::from_utf8(text).ok()?;
        // The number may be glued to bytes of the header that happen to be printable.
        let start = text.find(|c: char| c.is_ascii_digit())?;
        let text = &text[start..];
        let [major, minor, patch] = text.splitn(3, '.').collect::<Vec<_>>().try_into().ok()?;
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let release = patch.find(['a', 'b', 'f', 'p', 't', 'c'])?;
        let good = digits(major) && digits(minor) && digits(&patch[..release]) && text.len() <= 32;
        good.then(|| text.to_owned())
    })
}

/// Hermes bytecode: eight bytes of magic, then the version as a 32-bit little-endian number.
fn hermes(content: &[u8]) -> Option<String> {
    const MAGIC: [u8; 8] = [0xc6, 0x1f, 0xbc, 0x03, 0xc1, 0x03, 0x19, 0x1f];
    let version: [u8; 4] = content.strip_prefix(&MAGIC)?.get(..4)?.try_into().ok()?;
    Some(format!("bytecode {}", u32::from_le_bytes(version)))
}

/// `libflutter.so` holds the machine's version: `3.4.3 (stable) (Tue Jun 4 ...) on "android_arm64"`.
fn dart(content: &[u8]) -> Option<String> {
    ["(stable) (", "(beta) (", "(dev) ("].iter().find_map(|channel| {
        let at = memchr::memmem::find(content, channel.as_bytes())?;
        let before = content.get(at.saturating_sub(32)..at)?;
        let start = before.iter().rposition(|byte| *byte == 0).map_or(0, |zero| zero + 1);
        version_at(before.get(start..)?).map(|version| format!("Dart {version}"))
    })
}

/// `{major:0,minor:72,patch:4,prerelease:null}` in a bundle of JavaScript.
fn react_native(content: &[u8]) -> Option<String> {
    let number = |bytes: &[u8], mark: &str| -> Option<(String, usize)> {
        let at =
            memchr::memmem::find(bytes.get(..64.min(bytes.len()))?, mark.as_bytes())? + mark.len();
        let digits = bytes
            .get(at..)?
            .iter()
            .skip_while(|b| **b == b' ')
            .take(6)
            .take_while(|b| b.is_ascii_digit());
        let text: String = digits.map(|byte| char::from(*byte)).collect();
        (!text.is_empty()).then_some((text, at))
    };
    memchr::memmem::find_iter(content, b"major:").take(64).find_map(|at| {
        let rest = content.get(at..)?;
        let (major, end) = number(rest, "major:")?;
        let rest = rest.get(end..)?;
        let (minor, end) = number(rest, "minor:")?;
        let (patch, _) = number(rest.get(end..)?, "patch:")?;
        Some(format!("{major}.{minor}.{patch}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products() {
        type Row = (&'static [&'static str], &'static [&'static str], &'static [&'static str]);
        let rows: [Row; 14] = [
            (
                &[
                    "lib/arm64-v8a/libflutter.so",
                    "lib/arm64-v8a/libapp.so",
                    "assets/flutter_assets/AssetManifest.json",
                ],
                &["io.flutter.embedding.android.FlutterActivity"],
                &["flutter lib/arm64-v8a/libapp.so"],
            ),
            (
                &["assets/index.android.bundle", "lib/x86/libhermes.so"],
                &["com.facebook.react.ReactActivity"],
                &["react-native assets/index.android.bundle", "hermes assets/index.android.bundle"],
            ),
            (
                &["assets/www/cordova.js", "assets/www/index.html"],
                &["org.apache.cordova.CordovaActivity"],
                &["cordova assets/www/cordova.js assets/www/index.html"],
            ),
            (
                &["assets/capacitor.config.json", "assets/public/index.html"],
                &["com.getcapacitor.BridgeActivity", "org.apache.cordova.CordovaPlugin"],
                &["capacitor assets/public/index.html"],
            ),
            (
                &["assets/data/dcloud_control.xml", "assets/apps/__UNI__1234/www/app-service.js"],
                &["io.dcloud.PandoraEntry"],
                &["uni-app assets/apps/__UNI__1234/www/app-service.js"],
            ),
            (
                &["lib/arm64-v8a/libunity.so", "lib/arm64-v8a/libil2cpp.so"],
                &["com.unity3d.player.UnityPlayer"],
                &["unity lib/arm64-v8a/libil2cpp.so"],
            ),
            (&[], &["com.unity3d.ads.UnityAds"], &[]),
            (
                &["lib/arm64-v8a/libmonodroid.so", "assemblies/assemblies.blob"],
                &["mono.MonoRuntimeProvider"],
                &["xamarin assemblies/assemblies.blob"],
            ),
            (
                &["lib/x86/libNativeScript.so", "assets/app/bundle.js"],
                &["com.tns.NativeScriptActivity"],
                &["nativescript assets/app/bundle.js"],
            ),
            (
                &["lib/x86/libcocos2djs.so"],
                &["org.cocos2dx.lib.Cocos2dxActivity"],
                &["cocos lib/x86/libcocos2djs.so"],
            ),
            (&["assets/index.html", "assets/app/x.js"], &["com.example.Main"], &[]),
            (&["assets/index.android.bundle"], &[], &[]),
            (&[], &["org.apache.cordova.CordovaPlugin"], &[]),
            (&[], &["com.facebook.login.LoginManager"], &[]),
        ];
        for (entries, classes, expected) in rows {
            let found = frameworks().detect(entries.iter().copied(), classes.iter().copied());
            let found: Vec<String> =
                found.iter().map(|f| format!("{} {}", f.framework.id, f.code.join(" "))).collect();
            assert_eq!(found, expected, "{entries:?} {classes:?}");
        }
    }

    #[test]
    fn versions() {
        let rows: [(&str, &str, &[u8], Option<&str>); 13] = [
            (
                "cordova",
                "assets/www/cordova.js",
                b"var PLATFORM_VERSION_BUILD_LABEL = '10.1.1';",
                Some("10.1.1"),
            ),
            ("cordova", "assets/www/cordova.js", b"nothing", None),
            (
                "unity",
                "assets/bin/Data/globalgamemanagers",
                b"\0\0\0\x16\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x002021.3.16f1\0\x13",
                Some("2021.3.16f1"),
            ),
            (
                "unity",
                "assets/bin/Data/data.unity3d",
                b"UnityFS\0\0\0\0\x085.x.x\x002022.3.10f1\0",
                Some("2022.3.10f1"),
            ),
            ("unity", "assets/bin/Data/data.unity3d", b"UnityFS", None),
            (
                "hermes",
                "assets/index.android.bundle",
                b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f\x60\0\0\0",
                Some("bytecode 96"),
            ),
            ("hermes", "assets/index.android.bundle", b"var x=1", None),
            ("hermes", "assets/index.android.bundle", b"\xc6\x1f\xbc\x03\xc1\x03\x19\x1f", None),
            (
                "react-native",
                "assets/index.android.bundle",
                b"t.version={major:0,minor:72,patch:4,prerelease:null}",
                Some("0.72.4"),
            ),
            ("react-native", "assets/index.android.bundle", b"major:0", None),
            (
                "flutter",
                "lib/arm64-v8a/libflutter.so",
                b"x\x003.4.3 (stable) (Tue Jun 4 19:51:39 2024 +0000) on \"android_arm64\"\0",
                Some("Dart 3.4.3"),
            ),
            (
                "uni-app",
                "assets/apps/__UNI__1/www/manifest.json",
                br#"{"uni-app":{"compilerVersion":"3.8.7"}}"#,
                Some("3.8.7"),
            ),
            ("cocos", "lib/arm64-v8a/libcocos2dcpp.so", b"\0cocos2d-x-3.17.2\0", Some("3.17.2")),
        ];
        for (id, entry, content, expected) in rows {
            let framework = frameworks().all().iter().find(|framework| framework.id == id).unwrap();
            assert!(framework.has_version_in(entry), "{id} {entry}");
            assert_eq!(framework.version(entry, content).as_deref(), expected, "{id} {entry}");
        }
    }
}
