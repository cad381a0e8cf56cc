//! From an opened Android package to its facts: which detector sees what, in which order.
//!
//! Manifest and resources come first, since they say whose code is whose. Then code, signatures,
//! libraries and files are looked at in parallel; facts are sorted at the end, so that the order
//! in which threads finish does not show.

use crate::content::{self, Content};
use crate::module::Module;
use crate::open::{Opened, Part};
use crate::{budget, code, flows, xml};
use menshen_android::aab;
use menshen_android::arsc::ResourceTable;
use menshen_android::axml::Document;
use menshen_android::signature::{self, ApkView, Entries};
use menshen_base::{IssueKind, Owner, Place, ScanIssue, text};
use menshen_detect::code::{Program, code_shape};
use menshen_detect::manifest::{Manifest, ManifestFiles};
use menshen_detect::products::{self, Marks};
use menshen_detect::{
    Node, Ownership, Resources, anomalies, backup, layouts, manifest, network, shared_paths,
    signing, strings,
};
use menshen_facts::{Application, Fact, Facts, Interest, PrivacyText};
use menshen_flow::taint::{self, App, Models, Options};
use menshen_rules::assessment::{ArtifactKind, Coverage, Share};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Largest resource table that is read.
const TABLE_BYTES_MAX: usize = 512 << 20;
/// Layouts looked at in one app.
const LAYOUTS_MAX: usize = 20_000;

const NO_MANIFEST: IssueKind = IssueKind {
    code: "android/no-manifest",
    title: text("没有可读的 AndroidManifest.xml", "no readable AndroidManifest.xml"),
    lost: text(
        "组件、权限和配置未检查",
        "components, permissions and configuration were not looked at",
    ),
};

/// What is asked of the scan.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    pub interest: &'a Interest,
    /// The day that expiry dates are compared with, ISO 8601.
    pub as_of: &'a str,
    /// Follow data through the code.
    pub flows: bool,
    /// Also find out what is collected of persons, and when.
    pub compliance: bool,
}

/// What was found in a package.
#[derive(Debug, Default)]
pub struct Gathered {
    pub facts: Facts,
    pub issues: Vec<ScanIssue>,
    pub coverage: Coverage,
}

/// A module with its manifest, if it has one that can be read.
struct Described<'o, 'a> {
    module: Module<'o, 'a>,
    document: Option<Document>,
}

/// Manifest, configuration and layouts alone.
pub(crate) fn outline(opened: &Opened<'_>, ask: &Ask<'_>) -> (About, Vec<ScanIssue>) {
    let mut gathered = Gathered::default();
    let modules = describe(opened, &mut gathered.issues);
    let bytes = table_bytes(&modules, &mut gathered.issues);
    let resources = Resources::new(tables(opened.kind, &bytes, &mut gathered.issues));
    let about = about(&modules, &resources, opened.kind, ask, &mut gathered);
    (about, gathered.issues)
}

/// Looks at everything in the package.
pub fn gather(opened: &Opened<'_>, ask: &Ask<'_>) -> Gathered {
    let mut gathered = Gathered::default();
    let modules = describe(opened, &mut gathered.issues);
    let bytes: Vec<(String, Cow<'_, [u8]>)> = table_bytes(&modules, &mut gathered.issues);
    let resources = Resources::new(tables(opened.kind, &bytes, &mut gathered.issues));
    let about = about(&modules, &resources, opened.kind, ask, &mut gathered);
    let texts = || match (resources.table(), bytes.first()) {
        (Some(table), Some((path, _))) => {
            let (mut facts, issues) = strings::of_resources(table, path);
            if ask.compliance {
                facts.privacy_texts = privacy_texts(table, path);
            }
            (facts, issues)
        }
        _ => (Facts::default(), Vec::new()),
    };
    let modules: Vec<Module<'_, '_>> = modules.into_iter().map(|m| m.module).collect();

    let ((code, signatures), content) = rayon::join(
        || {
            rayon::join(
                || look_at_code(&modules, &about, ask),
                || verify(opened, &about, ask.as_of),
            )
        },
        || rayon::join(|| content::gather(&modules), texts),
    );
    let (content, (texts, text_issues)) = content;
    gathered.facts.append(texts);
    gathered.issues.extend(text_issues);
    let (sdk_classes, class_names) = gathered.put_together(about, code, signatures, content);
    products(opened, &sdk_classes, &class_names, &mut gathered.facts);
    for part in &opened.parts {
        let entry_path = |name: &str| part.entry_path(name);
        let mut found = anomalies::of_container(part.zip.anomalies(), entry_path);
        gathered.facts.anomalies.append(&mut found);
    }
    gathered.facts.normalise();
    gathered
}

/// The texts of the resources that have to do with personal information.
fn privacy_texts(table: &ResourceTable<'_>, path: &str) -> Vec<Fact<PrivacyText>> {
    let mut found = Vec::new();
    // What cannot be read is an issue of the walk over the same strings for addresses.
    let _ = table.for_each_string(&mut |id, _, text| {
        let name = table.name_of(id).unwrap_or_default();
        let place = Place::file(format!("{path}#{name}"));
        found.extend(menshen_comply::collect::privacy_text(text, "resource", &place));
    });
    found
}

/// The modules with their manifests; the base first.
fn describe<'o, 'a>(opened: &'o Opened<'a>, issues: &mut Vec<ScanIssue>) -> Vec<Described<'o, 'a>> {
    let kind = match opened.kind {
        ArtifactKind::ApkSet => ArtifactKind::Apk,
        kind => kind,
    };
    let mut modules: Vec<Described<'_, '_>> = opened
        .parts
        .iter()
        .flat_map(|part| Module::all(part, kind))
        .map(|module| {
            let document = module.manifest().and_then(|entry| xml::read(&module, entry, issues));
            Described { module, document }
        })
        .collect();
    let is_split = |described: &Described<'_, '_>| {
        described.document.as_ref().is_none_or(|document| document.root.plain("split").is_some())
    };
    modules.sort_by_key(is_split);
    let has_manifest = modules.iter().any(|described| described.document.is_some());
    if !has_manifest && kind != ArtifactKind::Jar {
        issues.push(ScanIssue::new(&NO_MANIFEST));
    }
    modules
}

fn table_bytes<'o, 'a>(
    modules: &[Described<'o, 'a>],
    issues: &mut Vec<ScanIssue>,
) -> Vec<(String, Cow<'a, [u8]>)> {
    let mut all = Vec::new();
    let mut left = None;
    for Described { module, .. } in modules {
        let Some(entry) = module.resources() else { continue };
        let left = left.get_or_insert(module.part.budget.entry());
        let max = budget::at_most(TABLE_BYTES_MAX, *left);
        match module.part.read(entry, max) {
            Ok(bytes) => {
                *left -= bytes.len() as u64;
                all.push((module.part.entry_path(&entry.name), bytes));
            }
            Err(issue) => issues.push(issue),
        }
    }
    all
}

/// The tables of all modules as one.
fn tables<'b>(
    kind: ArtifactKind,
    all: &'b [(String, Cow<'_, [u8]>)],
    issues: &mut Vec<ScanIssue>,
) -> Option<ResourceTable<'b>> {
    let mut merged: Option<ResourceTable<'_>> = None;
    for (path, bytes) in all {
        let (table, found) = match kind {
            ArtifactKind::Aab => aab::parse_resources(bytes),
            _ => ResourceTable::parse(bytes),
        };
        issues.extend(found.into_iter().map(|issue| issue.within(path)));
        match (&mut merged, table) {
            (Some(merged), Some(table)) => merged.overlay(table),
            (None, table) => merged = table,
            (_, None) => {}
        }
    }
    merged
}

/// What manifest and resources say.
pub(crate) struct About {
    pub(crate) facts: Facts,
    pub(crate) ownership: Ownership,
    /// Ids of views whose text is hidden.
    pub(crate) hidden_views: BTreeSet<i64>,
    /// Methods that layouts name in `onClick`, by the id of the layout.
    pub(crate) click_handlers: BTreeMap<i64, BTreeSet<String>>,
    /// `android:targetSandboxVersion`.
    target_sandbox: u32,
}

impl About {
    fn application(&self) -> Option<&Application> {
        self.facts.application.first().map(|fact| &fact.data)
    }
}

fn about(
    modules: &[Described<'_, '_>],
    resources: &Resources<'_>,
    kind: ArtifactKind,
    ask: &Ask<'_>,
    gathered: &mut Gathered,
) -> About {
    let mut about = About {
        facts: Facts::default(),
        ownership: Ownership::default(),
        hidden_views: BTreeSet::new(),
        click_handlers: BTreeMap::new(),
        target_sandbox: 1,
    };
    let mut base: Option<Application> = None;
    let is_library = matches!(kind, ArtifactKind::Aar | ArtifactKind::Jar);
    for (index, Described { module, document }) in modules.iter().enumerate() {
        let (Some(document), Some(entry)) = (document, module.manifest()) else { continue };
        let path = module.part.entry_path(&entry.name);
        about.facts.anomalies.append(&mut anomalies::of_document(&document.anomalies, &path));
        let root = Node { element: &document.root, resources };
        let mut found = manifest::detect(root, &path, base.as_ref(), is_library);
        if index == 0 {
            configuration(modules, resources, &mut found, ask, &mut gathered.issues);
            about.ownership = found.ownership.clone();
            about.target_sandbox = found.target_sandbox;
            base = found.facts.application.first().map(|fact| fact.data.clone());
        } else {
            found.facts.application.clear();
        }
        about.facts.append(found.facts);
    }
    if modules.iter().all(|described| described.document.is_none()) {
        about.ownership = Ownership::new("", [], is_library);
    }
    look_at_layouts(modules, resources, &mut about, &mut gathered.issues);
    about
}

/// The XML files that the manifest names.
fn configuration(
    modules: &[Described<'_, '_>],
    resources: &Resources<'_>,
    manifest: &mut Manifest,
    ask: &Ask<'_>,
    issues: &mut Vec<ScanIssue>,
) {
    let ManifestFiles {
        network_security_config,
        full_backup_content,
        full_backup_off,
        data_extraction_rules,
        shared_paths: shared,
    } = manifest.files.clone();
    let mut open = |path: &str| find_xml(modules, path, issues);
    let Some(mut application) = manifest.facts.application.first().cloned() else { return };
    match network_security_config.as_deref().and_then(&mut open) {
        Some((path, document)) => {
            let root = Node { element: &document.root, resources };
            manifest.facts.network_policies =
                network::detect(root, application.data.target_sdk, &path, ask.as_of);
            application.data.network_security_config = Some(path);
        }
        // What a library leaves open its app decides.
        None if application.data.is_library => {}
        None => manifest
            .facts
            .network_policies
            .push(network::without_config(&application.data, application.place.clone())),
    }
    let mut limits = |path: &Option<String>, test: fn(Node<'_>) -> bool| {
        path.as_deref()
            .and_then(&mut open)
            .map(|(_, document)| test(Node { element: &document.root, resources }))
    };
    let full = limits(&full_backup_content, backup::full_backup_limits);
    let extraction = limits(&data_extraction_rules, backup::extraction_limits);
    let full = full.or(full_backup_off.then_some(true));
    let levels = (application.data.min_sdk, application.data.target_sdk);
    application.data.backup_rules = backup::limited(levels.0, levels.1, full, extraction);
    for (provider, file) in shared {
        if let Some((path, document)) = open(&file) {
            let root = Node { element: &document.root, resources };
            manifest.facts.shared_paths.append(&mut shared_paths::detect(root, &provider, &path));
        }
    }
    manifest.facts.application = vec![application];
}

/// A file that the manifest or the resources name, in the first module that has it.
fn find_xml(
    modules: &[Described<'_, '_>],
    path: &str,
    issues: &mut Vec<ScanIssue>,
) -> Option<(String, Document)> {
    modules.iter().find_map(|Described { module, .. }| {
        let entry = module.resource_file(path)?;
        let document = xml::read(module, entry, issues)?;
        Some((module.part.entry_path(&entry.name), document))
    })
}

fn look_at_layouts(
    modules: &[Described<'_, '_>],
    resources: &Resources<'_>,
    about: &mut About,
    issues: &mut Vec<ScanIssue>,
) {
    for (id, path) in resources.files_of_type("layout").iter().take(LAYOUTS_MAX) {
        if let Some((path, document)) = find_xml(modules, path, issues) {
            let root = Node { element: &document.root, resources };
            let mut views = layouts::detect(root, &path);
            let handlers = views.iter().filter_map(|view| view.data.on_click.clone());
            about.click_handlers.entry(i64::from(*id)).or_default().extend(handlers);
            about.facts.views.append(&mut views);
            about.hidden_views.extend(layouts::hidden_views(root));
        }
    }
}

/// What the code says.
#[derive(Default)]
struct Code {
    facts: Facts,
    issues: Vec<ScanIssue>,
    dex_files: Share,
    classes: Share,
    methods: Share,
    /// Classes of each known SDK.
    sdk_classes: BTreeMap<String, i64>,
    class_names: Vec<String>,
    /// Classes of components that are in the code, with their supertypes.
    components: BTreeMap<String, Vec<String>>,
}

fn look_at_code(modules: &[Module<'_, '_>], about: &About, ask: &Ask<'_>) -> Code {
    let dex_bytes = code::read(modules);
    let class_bytes = code::read_classes(modules);
    let (files, dex_issues) = code::parse(&dex_bytes);
    let (units, class_issues) = code::parse_classes(&class_bytes);
    let program = Program::index(&files, &units);
    let (classified, string_issues) = strings::classify(&files);
    let marks = strings::marks(&classified, files.len());
    let found = menshen_detect::code::detect(&program, ask.interest, &about.ownership, &marks);
    let mut looked = Code { facts: found.facts, ..Code::default() };
    if ask.compliance {
        let owner = |class: &str| about.ownership.of_class(class);
        let (facts, issues) =
            menshen_comply::collect::collect(&program, &looked.facts, &about.facts, &owner);
        looked.facts.append(facts);
        looked.issues.extend(issues);
        looked.facts.privacy_texts.extend(menshen_comply::collect::texts_of_code(&program));
    }
    looked.facts.append(strings::of_code(&files, &classified, &found.string_uses));
    if program.class_count() > 0 {
        let (shape, sdk_classes) = code_shape(&program, &about.ownership, found.methods);
        looked.facts.code_shape.push(shape);
        looked.sdk_classes = sdk_classes;
        looked.class_names = program.class_names().map(str::to_owned).collect();
    }
    for issues in [dex_bytes.issues.clone(), class_bytes.issues.clone(), dex_issues, class_issues] {
        looked.issues.extend(issues);
    }
    looked.issues.extend(found.issues);
    if ask.flows && !files.is_empty() {
        let (facts, issues) = follow(&program, about);
        looked.facts.append(facts);
        looked.issues.extend(issues);
    }
    looked.issues.extend(string_issues);
    let mut read: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
    read.dedup();
    looked.dex_files = Share { done: read.len() as u64, total: dex_bytes.total };
    let unread = class_bytes.total.saturating_sub(units.len() as u64);
    looked.classes = Share { done: found.classes_read, total: found.classes + unread };
    looked.methods = Share { done: found.methods_read, total: found.methods };
    for component in &about.facts.components {
        let target = &component.data.target;
        if program.hierarchy.contains(target) {
            looked.components.insert(target.clone(), program.hierarchy.supertypes(target));
        }
    }
    looked
}

fn follow(program: &Program<'_, '_>, about: &About) -> (Facts, Vec<ScanIssue>) {
    let mut app = App::default();
    app.add_app(&about.facts);
    app.hidden_views.clone_from(&about.hidden_views);
    app.click_handlers.clone_from(&about.click_handlers);
    let is_library = |class: &str| matches!(about.ownership.of_class(class), Owner::Sdk(_));
    let found = taint::analyse(program, &app, &Models::builtin(), &is_library, Options::default());
    (flows::facts(&found, program, &about.ownership), flows::issues(&found))
}

/// The entries of a part as the verifier asks for them.
struct PartEntries<'o, 'a>(&'o Part<'a>);

impl Entries for PartEntries<'_, '_> {
    fn count(&self) -> usize {
        self.0.zip.entries().len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.0.zip.entries().get(index).map_or(&[], |entry| entry.raw_name)
    }

    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue> {
        match self.0.zip.entries().get(index) {
            Some(entry) => self.0.read(entry, budget::at_most(bytes_max, self.0.budget.entry())),
            None => Ok(Cow::Borrowed(&[])),
        }
    }
}

/// The signatures of each APK. Those of splits that say the same as the base fall together.
fn verify(opened: &Opened<'_>, about: &About, as_of: &str) -> (Facts, Vec<ScanIssue>) {
    let application = about.application();
    let min_sdk = application.map_or(1, |application| application.min_sdk);
    let mut facts = Facts::default();
    let mut issues = Vec::new();
    if !matches!(opened.kind, ArtifactKind::Apk | ArtifactKind::ApkSet) {
        return (facts, issues);
    }
    let mut declared = 0u64;
    for part in &opened.parts {
        let entries = PartEntries(part);
        let view = ApkView {
            file: part.bytes,
            central_directory_offset: part.zip.central_directory_offset(),
            end_of_central_directory_offset: part.zip.end_of_central_directory_offset(),
            entries: &entries,
        };
        let mut request = signature::Request::new(u32::try_from(min_sdk).unwrap_or(1), None);
        request.target_sandbox = about.target_sandbox;
        request.idsig = part.idsig;
        request.target_sdk = application.and_then(|app| u32::try_from(app.target_sdk).ok());
        // Scheme v1 inflates every entry.
        let sizes = part.zip.entries().iter().map(|entry| entry.uncompressed_size);
        declared = sizes.fold(declared, u64::saturating_add);
        if declared > part.budget.passing {
            request.v1 = signature::V1Check::Never;
        }
        let report = signature::verify(&view, &request);
        facts.append(signing::detect(&report, min_sdk, &part.path, as_of));
        issues.extend(report.issues.into_iter().map(|issue| match part.path.is_empty() {
            true => issue,
            false => issue.within(&part.path),
        }));
    }
    (facts, issues)
}

impl Gathered {
    fn put_together(
        &mut self,
        about: About,
        code: Code,
        (signatures, signature_issues): (Facts, Vec<ScanIssue>),
        content: Content,
    ) -> (BTreeMap<String, i64>, Vec<String>) {
        let has_code = code.classes.total > 0;
        let components = &code.components;
        self.facts.append(about.facts);
        for component in &mut self.facts.components {
            let supers = components.get(&component.data.target);
            component.data.class_present = has_code.then_some(supers.is_some());
            component.data.supers = supers.cloned().unwrap_or_default();
        }
        self.facts.append(code.facts);
        self.facts.append(signatures);
        self.facts.append(content.facts);
        self.issues.extend(code.issues);
        self.issues.extend(signature_issues);
        self.issues.extend(content.issues);
        self.coverage.dex_files = code.dex_files;
        self.coverage.classes = code.classes;
        self.coverage.methods = code.methods;
        self.coverage.native_libraries = content.libraries;
        self.coverage.entries = content.entries;
        (code.sdk_classes, code.class_names)
    }
}

/// Largest entry that is read for the version of a framework.
const VERSION_BYTES_MAX: usize = 64 << 20;

fn products(
    opened: &Opened<'_>,
    sdk_classes: &BTreeMap<String, i64>,
    class_names: &[String],
    facts: &mut Facts,
) {
    let entries: Vec<&str> = opened
        .parts
        .iter()
        .flat_map(|part| part.zip.entries())
        .map(|entry| entry.name.as_ref())
        .collect();
    let classes: Vec<&str> = class_names.iter().map(String::as_str).collect();
    let marks = Marks { entries: &entries, classes: &classes, sdk_classes };
    products::detect_sdks(&marks, facts);
    products::detect_packers(&marks, facts);
    products::detect_frameworks(&marks, facts, |framework, path| {
        let part = opened.parts.iter().find(|part| part.zip.find(path).is_some())?;
        let bytes = part.read(part.zip.find(path)?, VERSION_BYTES_MAX).ok()?;
        framework.version(path, &bytes)
    });
}
