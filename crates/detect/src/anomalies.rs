//! Oddities of the container and the manifest as facts.

use crate::fact;
use menshen_android::axml;
use menshen_archive as archive;
use menshen_base::{Owner, Place};
use menshen_facts::{Anomaly, Fact};

/// Facts kept of one kind of oddity; a container can repeat one a million times.
const PER_KIND_MAX: usize = 50;

/// What the zip reader noted. `path`: prefix for entries, with its separator.
pub fn of_container(
    noted: &[archive::Anomaly],
    entry_path: impl Fn(&str) -> String,
) -> Vec<Fact<Anomaly>> {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    noted
        .iter()
        .filter(|anomaly| {
            let count = counts.entry(anomaly.kind.as_str()).or_default();
            *count += 1;
            *count <= PER_KIND_MAX
        })
        .map(|anomaly| {
            let data = Anomaly {
                kind: anomaly.kind.as_str().to_owned(),
                layer: "zip".to_owned(),
                entry: anomaly.entry.clone(),
                detail: anomaly.detail.clone(),
            };
            fact(data, Place::file(entry_path(&anomaly.entry)), Owner::App)
        })
        .collect()
}

/// What the XML reader noted.
pub fn of_document(noted: &[axml::Anomaly], path: &str) -> Vec<Fact<Anomaly>> {
    noted
        .iter()
        .take(PER_KIND_MAX)
        .map(|anomaly| {
            let data = Anomaly {
                kind: anomaly.kind.as_str().to_owned(),
                layer: "manifest".to_owned(),
                entry: path.to_owned(),
                detail: anomaly.detail.clone(),
            };
            let place = Place {
                path: path.to_owned(),
                offset: u64::try_from(anomaly.offset).ok(),
                code: None,
            };
            fact(data, place, Owner::App)
        })
        .collect()
}
