//! Facts from the manifest: what the platform makes of it for the app's target level.
//!
//! Defaults, inheritance from the application element and the rules that changed with the target
//! level are applied here once, so that rules compare effective values.
//! Source: developer.android.com, "App manifest overview" and its element pages; AOSP
//! `ParsingPackageUtils` where they are silent.

mod components;
mod links;
mod permissions;

use crate::xml::Node;
use crate::{Ownership, fact};
use menshen_base::Owner;
use menshen_facts::{Application, Facts, MetaData};
use std::collections::BTreeMap;

/// Where the manifest lies in a package.
pub const MANIFEST: &str = "AndroidManifest.xml";
/// Target level since which cleartext traffic is off unless allowed.
const ANDROID_9: i64 = 28;
/// Target level since which providers are not exported by default.
const JELLY_BEAN_MR1: i64 = 17;

/// What other detectors need of the manifest.
#[derive(Debug, Default)]
pub struct Manifest {
    pub facts: Facts,
    pub ownership: Ownership,
    /// Attributes of the application that name XML files, resolved to paths in the package.
    pub files: ManifestFiles,
    /// Split name; `None` for a base.
    pub split: Option<String>,
    /// `android:targetSandboxVersion`, 1 when absent: version 2 asks for more than scheme v1.
    pub target_sandbox: u32,
}

/// XML files that the manifest refers to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ManifestFiles {
    pub network_security_config: Option<String>,
    pub full_backup_content: Option<String>,
    /// `android:fullBackupContent="false"`.
    pub full_backup_off: bool,
    pub data_extraction_rules: Option<String>,
    /// Provider and the file of its shared paths.
    pub shared_paths: Vec<(String, String)>,
}

/// The levels that an app declares.
#[derive(Debug, Clone, Copy)]
struct Levels {
    min: i64,
    target: i64,
}

/// The manifest in the package at `path` as facts. `base`: for a split, the app that it is of,
/// whose levels hold where its own manifest does not say.
pub fn detect(
    root: Node<'_>,
    path: &str,
    base: Option<&Application>,
    is_library: bool,
) -> Manifest {
    let package = root.text("package").unwrap_or_default();
    let uses_sdk = root.named("uses-sdk").next();
    let sdk = |name: &str| uses_sdk.and_then(|node| node.int(name));
    let levels = match base {
        Some(base) => Levels { min: base.min_sdk, target: base.target_sdk },
        None => {
            let min = sdk("minSdkVersion").unwrap_or(1);
            Levels { min, target: sdk("targetSdkVersion").unwrap_or(min) }
        }
    };
    let application = root.named("application").next();

    let mut manifest = Manifest {
        split: root.text("split"),
        target_sandbox: root
            .int("targetSandboxVersion")
            .and_then(|version| u32::try_from(version).ok())
            .unwrap_or(1),
        ..Manifest::default()
    };
    let mut facts = Facts::default();
    let definitions = permissions::definitions(root, &mut facts, path);
    permissions::requested(root, &definitions, &mut facts, path);
    if let Some(application) = application {
        let context = components::Context {
            package: &package,
            application,
            levels,
            definitions: &definitions,
            path,
        };
        components::detect(&context, &mut facts);
        manifest.files = files(application, &context);
        meta_data(application, path, &mut facts);
    }
    permissions::mark_guards(&mut facts);
    let mut described = describe(root, application, &package, levels, sdk("maxSdkVersion"));
    described.is_library = is_library;
    let place = application.unwrap_or(root).place(path);
    facts.application.push(fact(described, place, Owner::App));
    manifest.ownership = ownership(&facts, &package, is_library);
    attribute(&mut facts, &manifest.ownership);
    manifest.facts = facts;
    manifest
}

fn describe(
    root: Node<'_>,
    application: Option<Node<'_>>,
    package: &str,
    levels: Levels,
    max_sdk: Option<i64>,
) -> Application {
    let flag = |name: &str| application.and_then(|node| node.any_flag(name));
    let text = |name: &str| application.and_then(|node| node.text(name));
    let has_code = flag("hasCode").unwrap_or(true);
    Application {
        package: package.to_owned(),
        version_name: root.text("versionName"),
        version_code: root
            .int("versionCode")
            .map(|code| (root.int("versionCodeMajor").unwrap_or(0) << 32) | (code & 0xffff_ffff)),
        label: text("label"),
        min_sdk: levels.min,
        target_sdk: levels.target,
        max_sdk,
        compile_sdk: root.int("compileSdkVersion"),
        debuggable: flag("debuggable").unwrap_or(false),
        test_only: flag("testOnly").unwrap_or(false),
        allow_backup: flag("allowBackup").unwrap_or(true),
        allow_backup_declared: flag("allowBackup"),
        uses_cleartext: flag("usesCleartextTraffic").unwrap_or(levels.target < ANDROID_9),
        shared_user_id: root.text("sharedUserId"),
        extract_native_libs: flag("extractNativeLibs"),
        application_class: application
            .and_then(|node| node.text("name"))
            .map(|name| class_name(package, &name)),
        task_affinity: text("taskAffinity"),
        allow_task_reparenting: flag("allowTaskReparenting").unwrap_or(false),
        has_code,
        is_split: root.text("split").is_some(),
        is_instrumentation: root.named("instrumentation").next().is_some(),
        ..Application::default()
    }
}

/// Attributes of the application that name files, as paths in the package.
fn files(application: Node<'_>, context: &components::Context<'_>) -> ManifestFiles {
    let full_backup = application.text("fullBackupContent");
    ManifestFiles {
        network_security_config: application.file("networkSecurityConfig"),
        full_backup_off: full_backup.as_deref() == Some("false"),
        full_backup_content: application.file("fullBackupContent"),
        data_extraction_rules: application.file("dataExtractionRules"),
        shared_paths: application
            .named("provider")
            .filter_map(|provider| {
                let name = class_name(context.package, &provider.text("name")?);
                let paths = provider.named("meta-data").find(|meta| {
                    meta.text("name").as_deref() == Some("android.support.FILE_PROVIDER_PATHS")
                })?;
                Some((name, paths.file("resource")?))
            })
            .collect(),
    }
}

fn meta_data(application: Node<'_>, path: &str, facts: &mut Facts) {
    let mut add = |node: Node<'_>, component: Option<String>| {
        for meta in node.named("meta-data") {
            let Some(name) = meta.text("name") else { continue };
            let value = meta.text("value").or_else(|| meta.text("resource"));
            facts.meta_data.push(fact(
                MetaData { name, value, component: component.clone() },
                meta.place(path),
                Owner::App,
            ));
        }
    };
    add(application, None);
    for component in application.children() {
        if let Some(name) = component.text("name").filter(|_| component.tag() != "meta-data") {
            add(component, Some(name));
        }
    }
}

/// Who wrote what, by the names that the manifest gives.
fn ownership(facts: &Facts, package: &str, is_library: bool) -> Ownership {
    let application = facts.application.first().and_then(|f| f.data.application_class.as_deref());
    let launchers = facts
        .components
        .iter()
        .filter(|component| component.data.launcher)
        .map(|component| component.data.target.as_str());
    Ownership::new(package, application.into_iter().chain(launchers), is_library)
}

fn attribute(facts: &mut Facts, ownership: &Ownership) {
    let mut owners: BTreeMap<String, Owner> = BTreeMap::new();
    for component in &mut facts.components {
        component.owner = ownership.of_class(&component.data.target);
        owners.insert(component.data.name.clone(), component.owner.clone());
    }
    for link in &mut facts.deep_links {
        link.owner = owners.get(&link.data.component).cloned().unwrap_or_default();
    }
}

/// The full class name of a component: `.Main` and `Main` lie in the package.
pub(crate) fn class_name(package: &str, name: &str) -> String {
    if name.starts_with('.') {
        format!("{package}{name}")
    } else if name.contains('.') || package.is_empty() {
        name.to_owned()
    } else {
        format!("{package}.{name}")
    }
}

#[cfg(test)]
mod tests {
    use super::class_name;

    #[test]
    fn class_names() {
        for (name, expected) in [(".Main", "a.b.Main"), ("Main", "a.b.Main"), ("c.Main", "c.Main")]
        {
            assert_eq!(class_name("a.b", name), expected);
        }
    }
}
