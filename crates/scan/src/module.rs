//! Where things lie in the kinds of packages: one module of an app with its entries by role.

use crate::open::Part;
use menshen_archive::Entry;
use menshen_rules::assessment::ArtifactKind;

/// How XML files of a module are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XmlForm {
    Binary,
    Text,
    Protobuf,
}

/// One module: an APK, a module folder of a bundle, a library.
#[derive(Debug, Clone)]
pub(crate) struct Module<'o, 'a> {
    pub(crate) part: &'o Part<'a>,
    /// Folder of the module within a bundle, with its slash; otherwise empty.
    prefix: String,
    kind: ArtifactKind,
}

impl<'o, 'a> Module<'o, 'a> {
    /// The modules of a part, the base first.
    pub(crate) fn all(part: &'o Part<'a>, kind: ArtifactKind) -> Vec<Self> {
        if kind != ArtifactKind::Aab {
            return vec![Self { part, prefix: String::new(), kind }];
        }
        let mut prefixes: Vec<String> = part
            .zip
            .entries()
            .iter()
            .filter_map(|entry| entry.name.strip_suffix("manifest/AndroidManifest.xml"))
            .filter(|prefix| prefix.ends_with('/') && prefix.matches('/').count() == 1)
            .map(str::to_owned)
            .collect();
        prefixes.sort_by_key(|prefix| (prefix != "base/", prefix.clone()));
        prefixes.dedup();
        prefixes.into_iter().map(|prefix| Self { part, prefix, kind }).collect()
    }

    pub(crate) fn xml_form(&self) -> XmlForm {
        match self.kind {
            ArtifactKind::Aab => XmlForm::Protobuf,
            ArtifactKind::Aar | ArtifactKind::Jar => XmlForm::Text,
            _ => XmlForm::Binary,
        }
    }

    pub(crate) fn manifest(&self) -> Option<&'o Entry<'a>> {
        let name = match self.kind {
            ArtifactKind::Aab => format!("{}manifest/AndroidManifest.xml", self.prefix),
            _ => "AndroidManifest.xml".to_owned(),
        };
        self.part.zip.find(&name)
    }

    pub(crate) fn resources(&self) -> Option<&'o Entry<'a>> {
        let name = match self.kind {
            ArtifactKind::Aab => format!("{}resources.pb", self.prefix),
            _ => "resources.arsc".to_owned(),
        };
        self.part.zip.find(&name)
    }

    /// A file that the manifest or the resources name, as `res/xml/a.xml`.
    pub(crate) fn resource_file(&self, path: &str) -> Option<&'o Entry<'a>> {
        self.part.zip.find(&format!("{}{path}", self.prefix))
    }

    /// Entries of this module, each once: of several with one name the one that Android uses.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'o Entry<'a>> {
        let zip = &self.part.zip;
        let prefix = self.prefix.clone();
        zip.entries().iter().filter(move |entry| {
            entry.name.starts_with(&prefix)
                && zip.find(&entry.name).is_some_and(|used| std::ptr::eq(used, *entry))
        })
    }

    /// The code that the platform loads, in its order: `classes.dex`, `classes2.dex`, …
    pub(crate) fn dex_entries(&self) -> Vec<&'o Entry<'a>> {
        let folder = match self.kind {
            ArtifactKind::Aab => format!("{}dex/", self.prefix),
            _ => String::new(),
        };
        let first = self.part.zip.find(&format!("{folder}classes.dex"));
        let further =
            (2u32..).map_while(|n| self.part.zip.find(&format!("{folder}classes{n}.dex")));
        first.into_iter().chain(further).collect()
    }

    /// The ABI that a native library is for, by its folder.
    pub(crate) fn library_abi<'e>(&self, entry: &'e Entry<'_>) -> Option<&'e str> {
        let name = entry.name.strip_prefix(self.prefix.as_str())?;
        let folder = if self.kind == ArtifactKind::Aar { "jni/" } else { "lib/" };
        let (abi, file) = name.strip_prefix(folder)?.split_once('/')?;
        let _ = file.strip_suffix(".so").or_else(|| file.contains(".so.").then_some(file))?;
        Some(abi)
    }

    /// Class files lie in the module itself.
    pub(crate) fn holds_classes(&self) -> bool {
        self.kind == ArtifactKind::Jar
    }

    /// Archives of class files within a library.
    pub(crate) fn class_archives(&self) -> Vec<&'o Entry<'a>> {
        match self.kind {
            ArtifactKind::Aar => self
                .part
                .zip
                .entries()
                .iter()
                .filter(|entry| {
                    entry.name == "classes.jar"
                        || (entry.name.starts_with("libs/") && entry.name.ends_with(".jar"))
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}
