//! The software bill of materials: CycloneDX 1.6, JSON (ECMA-424).
//!
//! The artifact is `metadata.component`; SDKs, frameworks and native libraries are components,
//! each with the evidence by which it was recognised. Several artifacts make one document in
//! which each is a component that holds its own. There is no time in it, and the serial number
//! is derived from the digests of the artifacts, so that the same input gives the same bytes.
//! What is recognised by a catalogue is never all there is: `compositions` says `incomplete`.

use crate::view::{self, View};
use crate::{Assessment, Options, json};
use menshen_base::Owner;
use menshen_facts::Fact;
use menshen_rules::assessment::{Artifact, ArtifactKind};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Identifiers of the SPDX list that occur in the catalogue; other licences are given by name.
const SPDX: &[&str] = &[
    "0BSD",
    "AGPL-3.0",
    "AGPL-3.0-only",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "EPL-1.0",
    "EPL-2.0",
    "GPL-2.0",
    "GPL-2.0-only",
    "GPL-3.0",
    "GPL-3.0-only",
    "ICU",
    "ISC",
    "LGPL-2.0",
    "LGPL-2.1",
    "LGPL-2.1-only",
    "LGPL-3.0",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MulanPSL-2.0",
    "OpenSSL",
    "Unlicense",
    "Zlib",
    "curl",
];

/// Writes one document.
pub fn write(
    assessments: &[Assessment],
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut bills: Vec<Bill> = assessments
        .iter()
        .enumerate()
        .map(|(index, one)| {
            let prefix =
                if assessments.len() > 1 { format!("{}/", index + 1) } else { String::new() };
            Bill::new(&View::new(one, options), &prefix)
        })
        .collect();
    let mut document = json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": serial_number(assessments),
        "version": 1,
        "metadata": {"tools": {"components": [{
            "type": "application",
            "name": "Menshen",
            "version": env!("CARGO_PKG_VERSION"),
        }]}},
    });
    let refs: Vec<Value> = bills.iter().map(|bill| bill.artifact["bom-ref"].clone()).collect();
    let dependencies: Vec<Value> =
        bills.iter_mut().flat_map(|bill| std::mem::take(&mut bill.dependencies)).collect();
    if let [only] = bills.as_mut_slice() {
        document["metadata"]["component"] = only.artifact.take();
        document["components"] = std::mem::take(&mut only.components).into();
    } else {
        let artifacts = bills.into_iter().map(|bill| {
            let mut artifact = bill.artifact;
            let mut inner = artifact["components"].take().as_array().cloned().unwrap_or_default();
            inner.extend(bill.components);
            artifact["components"] = inner.into();
            artifact
        });
        document["components"] = artifacts.collect();
    }
    document["dependencies"] = dependencies.into();
    if !refs.is_empty() {
        document["compositions"] =
            json!([{"aggregate": "incomplete", "assemblies": refs, "dependencies": refs}]);
    }
    json::emit(&document, out)
}

/// A UUID of version 8 (RFC 9562) out of the digests of what was looked at.
fn serial_number(assessments: &[Assessment]) -> String {
    let mut hasher = Sha256::new_with_prefix("menshen/cyclonedx/1");
    for assessment in assessments {
        let artifact = &assessment.artifact;
        let own = artifact.sha256.iter();
        for digest in own.chain(artifact.parts.iter().map(|part| &part.sha256)) {
            hasher.update(&digest.0);
        }
    }
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = menshen_base::to_hex(&bytes);
    format!(
        "urn:uuid:{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// One artifact with what is in it.
struct Bill {
    artifact: Value,
    components: Vec<Value>,
    dependencies: Vec<Value>,
}

impl Bill {
    fn new(view: &View<'_>, prefix: &str) -> Self {
        let mut refs = References { prefix, taken: BTreeSet::new() };
        let own = refs.make("artifact");
        let artifact = artifact(view, &own, &mut refs);
        let mut components = Vec::new();
        let mut of_artifact = Vec::new();
        let mut of_sdk: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
        for fact in &view.assessment.facts.sdks {
            if of_sdk.contains_key(&fact.data.id) {
                continue;
            }
            let reference = refs.make(&format!("sdk/{}", fact.data.id));
            components.push(sdk(view, fact, &reference));
            of_artifact.push(reference.clone());
            of_sdk.insert(fact.data.id.clone(), (reference, Vec::new()));
        }
        for (component, owner, reference) in native(view, &mut refs) {
            components.push(component);
            let of_owner = match &owner {
                Owner::Sdk(id) => of_sdk.get_mut(id),
                _ => None,
            };
            of_owner.map_or(&mut of_artifact, |(_, list)| list).push(reference);
        }
        let mut dependencies = vec![json!({"ref": own, "dependsOn": of_artifact})];
        dependencies.extend(
            of_sdk
                .into_values()
                .filter(|(_, list)| !list.is_empty())
                .map(|(reference, list)| json!({"ref": reference, "dependsOn": list})),
        );
        Self { artifact, components, dependencies }
    }
}

/// Makes references unique within the document.
struct References<'a> {
    prefix: &'a str,
    taken: BTreeSet<String>,
}

impl References<'_> {
    fn make(&mut self, wanted: &str) -> String {
        let mut reference = format!("{}{wanted}", self.prefix);
        let mut number = 2;
        while !self.taken.insert(reference.clone()) {
            reference = format!("{}{wanted}#{number}", self.prefix);
            number += 1;
        }
        reference
    }
}

fn artifact(view: &View<'_>, reference: &str, refs: &mut References<'_>) -> Value {
    let artifact = &view.assessment.artifact;
    let kind = match artifact.kind {
        ArtifactKind::Aar | ArtifactKind::Jar => "library",
        ArtifactKind::Unknown => "file",
        _ => "application",
    };
    let mut component = json!({"type": kind, "bom-ref": reference, "name": view.name()});
    if let Some(version) = &artifact.version_name {
        component["version"] = version.as_str().into();
    }
    if let Some(sha256) = &artifact.sha256 {
        component["hashes"] = json!([{"alg": "SHA-256", "content": sha256.0}]);
    }
    if let Some(package) = &artifact.package {
        component["purl"] = generic_purl(package, artifact.version_name.as_deref()).into();
    }
    let parts: Vec<Value> = artifact
        .parts
        .iter()
        .map(|part| {
            json!({
                "type": "file",
                "bom-ref": refs.make(&format!("part/{}", part.name)),
                "name": part.name,
                "hashes": [{"alg": "SHA-256", "content": part.sha256.0}],
            })
        })
        .collect();
    if !parts.is_empty() {
        component["components"] = parts.into();
    }
    component["properties"] = artifact_properties(view, artifact).into();
    component
}

fn artifact_properties(view: &View<'_>, artifact: &Artifact) -> Vec<Value> {
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    let mut list = vec![
        ("menshen:file", Some(artifact.name.clone())),
        ("menshen:size_bytes", Some(artifact.size_bytes.to_string())),
        ("menshen:package", artifact.package.clone()),
        ("menshen:version_code", number(artifact.version_code)),
        ("menshen:min_sdk", number(artifact.min_sdk)),
        ("menshen:target_sdk", number(artifact.target_sdk)),
    ];
    for certificate in view.assessment.facts.certificates.iter().filter(|fact| fact.data.current) {
        list.push(("menshen:signing_certificate_sha256", Some(certificate.data.sha256.clone())));
    }
    list.into_iter()
        .filter_map(|(name, value)| Some(json!({"name": name, "value": value?})))
        .collect()
}

fn sdk(view: &View<'_>, fact: &Fact<menshen_facts::Sdk>, reference: &str) -> Value {
    let data = &fact.data;
    let framework =
        view.assessment.facts.frameworks.iter().find(|framework| framework.data.id == data.id);
    let kind = if framework.is_some() { "framework" } else { "library" };
    let version =
        data.version.as_deref().or_else(|| framework.and_then(|one| one.data.version.as_deref()));
    let name = if data.name_en.is_empty() { &data.id } else { &data.name_en };
    let mut component = json!({"type": kind, "bom-ref": reference});
    if !data.provider_en.is_empty() {
        component["supplier"] = json!({"name": data.provider_en});
    }
    component["name"] = name.as_str().into();
    if let Some(version) = version {
        component["version"] = version.into();
    }
    if let Some(licence) = &data.licence {
        let by = if SPDX.contains(&&**licence) { "id" } else { "name" };
        component["licenses"] = json!([{"license": {by: licence}}]);
    }
    let purl = data.purl.clone().unwrap_or_else(|| generic_purl(&data.id, version));
    component["purl"] = purl.into();
    let confidence = match data.certainty.as_str() {
        "certain" => 1.0,
        "likely" => 0.8,
        _ => 0.4,
    };
    let methods: Vec<Value> = data
        .evidence
        .iter()
        .map(|kind| json!({"technique": technique(kind), "confidence": confidence, "value": kind}))
        .collect();
    component["evidence"] = json!({
        "identity": [{"field": "name", "confidence": confidence, "methods": methods}],
        "occurrences": [{"location": view.path(&fact.place)}],
    });
    let mut properties = vec![json!({"name": "menshen:catalogue_id", "value": data.id})];
    if !data.name_zh.is_empty() {
        properties.push(json!({"name": "menshen:name_zh", "value": data.name_zh}));
    }
    if !data.category.is_empty() {
        properties.push(json!({"name": "menshen:category", "value": data.category}));
    }
    properties.extend(
        data.personal_info
            .iter()
            .map(|kind| json!({"name": "menshen:personal_info", "value": kind})),
    );
    component["properties"] = properties.into();
    component
}

/// How an identity was found, in the words of CycloneDX.
fn technique(evidence: &str) -> &'static str {
    match evidence.split(':').next().unwrap_or_default() {
        "package" => "binary-analysis",
        "component" | "meta-data" => "manifest-analysis",
        "library" | "asset" => "filename",
        _ => "other",
    }
}

/// Native libraries by name: the same library for several ABIs is one component.
fn native(view: &View<'_>, refs: &mut References<'_>) -> Vec<(Value, Owner, String)> {
    let mut groups: BTreeMap<(&str, &Owner), Vec<&menshen_facts::Library>> = BTreeMap::new();
    for fact in &view.assessment.facts.libraries {
        groups.entry((&fact.data.name, &fact.owner)).or_default().push(&fact.data);
    }
    groups
        .into_iter()
        .map(|((name, owner), files)| {
            let reference = refs.make(&format!("native/{name}"));
            let occurrences: Vec<Value> = files
                .iter()
                .map(|file| json!({"location": view::inner_path(&view.assessment.artifact.name, &file.path)}))
                .collect();
            let mut properties = Vec::new();
            for file in &files {
                properties.push(json!({"name": "menshen:abi", "value": file.abi}));
                if let Some(id) = &file.build_id {
                    let value = format!("{} {id}", file.abi);
                    properties.push(json!({"name": "menshen:build_id", "value": value}));
                }
            }
            let component = json!({
                "type": "library",
                "bom-ref": reference,
                "name": name,
                "purl": generic_purl(name, None),
                "evidence": {
                    "identity": [{
                        "field": "name",
                        "confidence": 1.0,
                        "methods": [{"technique": "filename", "confidence": 1.0, "value": name}],
                    }],
                    "occurrences": occurrences,
                },
                "properties": properties,
            });
            (component, owner.clone(), reference)
        })
        .collect()
}

/// A package URL of type `generic`: for what no registry of packages holds.
fn generic_purl(name: &str, version: Option<&str>) -> String {
    let escape = |text: &str| -> String {
        text.bytes()
            .map(|byte| match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    char::from(byte).to_string()
                }
                other => format!("%{other:02X}"),
            })
            .collect()
    };
    match version {
        Some(version) => format!("pkg:generic/{}@{}", escape(name), escape(version)),
        None => format!("pkg:generic/{}", escape(name)),
    }
}
