//! Paths that a FileProvider shares.
//! Source: developer.android.com, `androidx.core.content.FileProvider`.

use crate::fact;
use crate::xml::Node;
use menshen_base::Owner;
use menshen_facts::{Fact, SharedPath};

const TAGS: [&str; 7] = [
    "root-path",
    "files-path",
    "cache-path",
    "external-path",
    "external-files-path",
    "external-cache-path",
    "external-media-path",
];

/// The paths in the file that the provider's meta-data name.
pub fn detect(root: Node<'_>, provider: &str, path: &str) -> Vec<Fact<SharedPath>> {
    root.children()
        .filter(|node| TAGS.contains(&node.tag()))
        .map(|node| {
            let shared = node.text("path").unwrap_or_default();
            let data = SharedPath {
                provider: provider.to_owned(),
                tag: node.tag().to_owned(),
                name: node.text("name").unwrap_or_default(),
                whole: matches!(shared.trim(), "" | "." | "./" | "/"),
                path: shared,
            };
            fact(data, node.place(path), Owner::App)
        })
        .collect()
}
