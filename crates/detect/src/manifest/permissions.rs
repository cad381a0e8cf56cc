//! Permissions that the app asks for and that it defines.

use crate::fact;
use crate::xml::Node;
use menshen_base::Owner;
use menshen_facts::{Facts, Permission, PermissionDefinition};
use menshen_models::{permission, permission_names};
use std::collections::BTreeMap;

/// Base protection levels by number. Source: AOSP `attrs_manifest.xml`, `protectionLevel`.
const BASE_LEVELS: [(i64, &str); 5] =
    [(0, "normal"), (1, "dangerous"), (2, "signature"), (3, "signature"), (4, "internal")];
/// Flags of `protectionLevel`.
const LEVEL_FLAGS: [(i64, &str); 6] = [
    (0x10, "privileged"),
    (0x20, "development"),
    (0x40, "appop"),
    (0x80, "pre23"),
    (0x100, "installer"),
    (0x200, "verifier"),
];
const BASE_LEVEL_MASK: i64 = 0xf;
/// Shorter names are not compared for misspellings.
const NAME_COMPARED_MIN: usize = 12;
const COMPONENT_TAGS: [&str; 5] = ["activity", "activity-alias", "service", "receiver", "provider"];

/// Base level of each permission that the package defines.
#[derive(Debug, Default)]
pub(super) struct Definitions(BTreeMap<String, &'static str>);

impl Definitions {
    /// The weakest protection that one of the guards gives; `none` where one is absent.
    pub(super) fn weakest(&self, guards: &[Option<String>]) -> &'static str {
        guards
            .iter()
            .map(|guard| guard.as_deref().map_or("none", |name| self.protection(name)))
            .min_by_key(|level| rank(level))
            .unwrap_or("none")
    }

    fn protection(&self, name: &str) -> &'static str {
        if let Some(level) = self.0.get(name) {
            return level;
        }
        match permission(name).map(|known| known.level) {
            Some("normal") => "normal",
            Some("dangerous") => "dangerous",
            // Unlisted ones are platform permissions that are not for apps.
            Some(_) => "signature",
            None => "undefined",
        }
    }

    fn defines(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

fn rank(level: &str) -> usize {
    ["none", "undefined", "normal", "dangerous", "signature"]
        .iter()
        .position(|known| *known == level)
        .unwrap_or(usize::MAX)
}

pub(super) fn definitions(root: Node<'_>, facts: &mut Facts, path: &str) -> Definitions {
    let mut definitions = Definitions::default();
    for node in root.named("permission") {
        let Some(name) = node.text("name") else { continue };
        let (base, level) = match node.int("protectionLevel") {
            Some(number) => named_level(number),
            None => written_level(&node.text("protectionLevel").unwrap_or_default()),
        };
        definitions.0.insert(name.clone(), base);
        facts.permission_definitions.push(fact(
            PermissionDefinition {
                name,
                level,
                base_level: base.to_owned(),
                group: node.text("permissionGroup"),
                guards_exported: false,
            },
            node.place(path),
            Owner::App,
        ));
    }
    definitions
}

fn named_level(number: i64) -> (&'static str, String) {
    let base = BASE_LEVELS
        .iter()
        .find(|(value, _)| *value == number & BASE_LEVEL_MASK)
        .map_or("normal", |(_, name)| *name);
    let mut names = vec![base];
    // The old `signatureOrSystem` is signature with the privileged flag.
    if number & BASE_LEVEL_MASK == 3 {
        names.push("privileged");
    }
    names.extend(LEVEL_FLAGS.iter().filter(|(bit, _)| number & bit != 0).map(|(_, name)| *name));
    names.dedup();
    (base, names.join("|"))
}

/// As in source form: `signature|privileged`.
fn written_level(text: &str) -> (&'static str, String) {
    let first = text.split('|').next().unwrap_or_default();
    let base = match first {
        "dangerous" => "dangerous",
        "signature" | "signatureOrSystem" => "signature",
        "internal" => "internal",
        _ => "normal",
    };
    (base, if text.is_empty() { base.to_owned() } else { text.to_owned() })
}

pub(super) fn requested(root: Node<'_>, definitions: &Definitions, facts: &mut Facts, path: &str) {
    let at_root = ["uses-permission", "uses-permission-sdk-23"];
    for node in root.children().filter(|node| at_root.contains(&node.tag())) {
        add(node, node.tag(), definitions, facts, path);
    }
    let Some(application) = root.named("application").next() else { return };
    for component in application.children() {
        if COMPONENT_TAGS.contains(&component.tag()) {
            for node in component.named("uses-permission") {
                add(node, "component", definitions, facts, path);
            }
        }
    }
}

fn add(
    node: Node<'_>,
    declared_by: &str,
    definitions: &Definitions,
    facts: &mut Facts,
    path: &str,
) {
    let Some(name) = node.text("name") else { return };
    let platform = permission(&name);
    let known = platform.is_some() || definitions.defines(&name);
    let level = match platform.map(|known| known.level) {
        Some("unlisted") => "signature",
        Some(level) => level,
        None => "unknown",
    };
    facts.permissions.push(fact(
        Permission {
            level: level.to_owned(),
            group: platform.and_then(|known| known.group).map(str::to_owned),
            max_sdk: node.int("maxSdkVersion"),
            declared_by: declared_by.to_owned(),
            known,
            similar_to: if known { None } else { similar(&name) },
            name,
        },
        node.place(path),
        Owner::App,
    ));
}

/// The platform permission that differs by case or by one letter.
fn similar(name: &str) -> Option<String> {
    if name.len() < NAME_COMPARED_MIN {
        return None;
    }
    permission_names()
        .filter(|known| {
            known.len().abs_diff(name.len()) <= 1
                && (known.eq_ignore_ascii_case(name) || one_edit_apart(known, name))
        })
        .min()
        .map(str::to_owned)
}

/// Whether one insertion, deletion or replacement of a byte makes the texts equal.
fn one_edit_apart(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[same..], &b[same..]);
    match a.len().cmp(&b.len()) {
        std::cmp::Ordering::Equal => a.is_empty() || a[1..] == b[1..],
        std::cmp::Ordering::Less => *a == b[1..],
        std::cmp::Ordering::Greater => a[1..] == *b,
    }
}

/// Which defined permissions guard exported components.
pub(super) fn mark_guards(facts: &mut Facts) {
    for definition in &mut facts.permission_definitions {
        let name = Some(&definition.data.name);
        definition.data.guards_exported = facts.components.iter().any(|component| {
            let component = &component.data;
            component.exported
                && (component.permission.as_ref() == name
                    || component.read_permission.as_ref() == name
                    || component.write_permission.as_ref() == name)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspellings() {
        for (name, expected) in [
            ("android.permission.CAMERAS", Some("android.permission.CAMERA")),
            ("android.permission.camera", Some("android.permission.CAMERA")),
            ("android.permission.CANERA", Some("android.permission.CAMERA")),
            ("com.huawei.android.launcher.permission.CHANGE_BADGE", None),
            ("CAMERA", None),
        ] {
            assert_eq!(similar(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn levels() {
        for (number, base, level) in [
            (0, "normal", "normal"),
            (1, "dangerous", "dangerous"),
            (2, "signature", "signature"),
            (3, "signature", "signature|privileged"),
            (0x12, "signature", "signature|privileged"),
            (0x22, "signature", "signature|development"),
        ] {
            assert_eq!(named_level(number), (base, level.to_owned()), "{number}");
        }
    }

    #[test]
    fn the_weakest_guard_counts() {
        let definitions = Definitions(BTreeMap::from([("a.P".to_owned(), "signature")]));
        let guard = |name: &str| Some(name.to_owned());
        for (guards, expected) in [
            (vec![None], "none"),
            (vec![guard("a.P")], "signature"),
            (vec![guard("a.P"), None], "none"),
            (vec![guard("b.Q")], "undefined"),
            (vec![guard("a.P"), guard("android.permission.INTERNET")], "normal"),
            (vec![guard("android.permission.BIND_JOB_SERVICE")], "signature"),
        ] {
            assert_eq!(definitions.weakest(&guards), expected, "{guards:?}");
        }
    }
}
