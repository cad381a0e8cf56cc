//! Packers, protectors and obfuscators by what they leave in a package: `models/android/packers.tsv`.

use crate::fingerprints::Fingerprints;
use crate::table::rows;
use menshen_base::Confidence;
use std::sync::LazyLock;

static TABLE: LazyLock<Packers> =
    LazyLock::new(|| Packers::parse(include_str!("../../../models/android/packers.tsv")));

/// The table that Menshen ships.
pub fn packers() -> &'static Packers {
    &TABLE
}

/// What a product does to the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackerKind {
    /// Hides the code until it runs: what the package shows is a stub.
    Packer,
    /// Adds checks or encrypts parts; the code is there.
    Protector,
    /// Renames and hides constants; the code is there.
    Obfuscator,
}

impl PackerKind {
    /// As facts write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Packer => "packer",
            Self::Protector => "protector",
            Self::Obfuscator => "obfuscator",
        }
    }
}

/// One product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packer {
    pub id: &'static str,
    pub kind: PackerKind,
    pub name_zh: &'static str,
    pub name_en: &'static str,
}

/// A product that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackerMatch {
    pub packer: &'static Packer,
    /// `class:com.stub.StubApp`, `library:libjiagu.so`, `file:assets/ijiami.dat`; sorted.
    pub evidence: Vec<String>,
    /// High: several marks of its own; medium: one; low: only marks that others share.
    pub confidence: Confidence,
}

/// All products.
#[derive(Debug, Default)]
pub struct Packers {
    all: Vec<Packer>,
    marks: Fingerprints,
}

impl Packers {
    fn parse(text: &'static str) -> Self {
        let mut table = Self::default();
        for row in rows(text) {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            let id = next();
            let kind = match next() {
                "protector" => PackerKind::Protector,
                "obfuscator" => PackerKind::Obfuscator,
                _ => PackerKind::Packer,
            };
            table.all.push(Packer { id, kind, name_zh: next(), name_en: next() });
            table.marks.add(next(), next(), next());
        }
        table
    }

    pub fn all(&self) -> &[Packer] {
        &self.all
    }

    /// The products that leave their marks among the entries (full paths in the package) and the
    /// classes (source form), in the order of the table.
    pub fn detect<'a>(
        &'static self,
        entries: impl IntoIterator<Item = &'a str>,
        classes: impl IntoIterator<Item = &'a str>,
    ) -> Vec<PackerMatch> {
        let found = self.marks.detect(entries, classes).into_iter().filter_map(|found| {
            let packer = self.all.get(found.product)?;
            Some(PackerMatch { packer, evidence: found.evidence, confidence: found.confidence })
        });
        found.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products() {
        type Row = (
            &'static [&'static str],
            &'static [&'static str],
            Option<(&'static str, &'static str)>,
        );
        let rows: [Row; 16] = [
            (&["assets/libjiagu.so"], &["com.stub.StubApp"], Some(("qihoo-jiagu", "packer"))),
            (
                &["assets/libjiagu_a64.so", "assets/libjiagu_x86.so"],
                &[],
                Some(("qihoo-jiagu", "packer")),
            ),
            (&["lib/armeabi/libshella-4.1.0.29.so"], &[], Some(("tencent-legu", "packer"))),
            (
                &[],
                &["com.wrapper.proxyapplication.WrapperProxyApplication"],
                Some(("tencent-legu", "packer")),
            ),
            (
                &["lib/arm64-v8a/libDexHelper.so"],
                &["com.secneo.apkwrapper.AW"],
                Some(("bangcle", "packer")),
            ),
            (&["assets/ijiami.dat"], &["s.h.e.l.l.S"], Some(("ijiami", "packer"))),
            (&["lib/armeabi/libbaiduprotect_x86.so"], &[], Some(("baidu-protect", "packer"))),
            (&["lib/armeabi/libmobisec.so"], &[], Some(("aliyun-mobisec", "packer"))),
            (&["lib/armeabi/libnesec.so"], &[], Some(("netease-yidun", "packer"))),
            (&[], &["com.pairip.application.Application"], Some(("pairip", "protector"))),
            (&["r/a/b.xml"], &[], Some(("andresguard", "obfuscator"))),
            (
                &["res/a/b.xml", "assets/data.db", "lib/x86/libshell.so"],
                &["com.example.Main"],
                None,
            ),
            (&["lib/arm64-v8a/libexec.so"], &[], None),
            (&["assets/libjiagu.txt"], &["com.stub.Other"], None),
            (&["lib/arm64-v8a/libflutter.so"], &["com.stubborn.StubApp"], None),
            (&[], &[], None),
        ];
        for (entries, classes, expected) in rows {
            let found = packers().detect(entries.iter().copied(), classes.iter().copied());
            let first = found.first().map(|found| (found.packer.id, found.packer.kind.as_str()));
            assert_eq!(first, expected, "{entries:?} {classes:?}");
            assert!(found.len() <= 1, "{found:?}");
        }
    }

    #[test]
    fn the_table_is_whole() {
        let mut ids: Vec<_> = packers().all().iter().map(|packer| packer.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), packers().all().len());
        assert!(packers().all().iter().all(|p| !p.name_zh.is_empty() && !p.name_en.is_empty()));
    }
}
