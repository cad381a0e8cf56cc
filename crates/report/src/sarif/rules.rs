//! The rule table of a run, and the taxonomies that its rules refer to.

use crate::view::View;
use crate::{Options, words};
use menshen_base::{Confidence, Finding, Lang, Maps, Severity, Text};
use menshen_models::standards;
use menshen_rules::assessment::RuleSummary;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Rules by id: all that ran, and those of findings that the caller did not list.
pub(super) struct RuleTable<'a> {
    rows: BTreeMap<&'a str, Row<'a>>,
    /// Sorted ids for each of [`TAXONOMIES`].
    taxa: [Vec<&'a str>; 3],
}

struct Row<'a> {
    title: &'a Text,
    severity: Severity,
    area: String,
    maps: &'a Maps,
    fired: Option<&'a Finding>,
}

/// Name, publisher and short description of each catalogue.
const TAXONOMIES: [(&str, &str, &str); 3] = [
    ("CWE", "MITRE", "Common Weakness Enumeration"),
    ("MASVS", "OWASP", "Mobile Application Security Verification Standard 2"),
    ("MASWE", "OWASP", "Mobile Application Security Weakness Enumeration 1"),
];

fn ids(maps: &Maps) -> [&[String]; 3] {
    [&maps.cwe, &maps.masvs, &maps.maswe]
}

impl<'a> RuleTable<'a> {
    pub(super) fn new(view: &View<'a>, options: &Options<'a>) -> Self {
        let mut rows: BTreeMap<&str, Row<'_>> = BTreeMap::new();
        for rule in options.rules {
            let RuleSummary { id, area, severity, title, maps, .. } = rule;
            let area = area.clone();
            rows.insert(id, Row { title, severity: *severity, area, maps, fired: None });
        }
        for finding in &view.assessment.findings {
            let row = rows.entry(&finding.rule).or_insert_with(|| Row {
                title: &finding.title,
                severity: finding.severity,
                area: view.area(finding),
                maps: &finding.maps,
                fired: None,
            });
            row.fired.get_or_insert(finding);
        }
        let mut taxa: [Vec<&str>; 3] = Default::default();
        for row in rows.values() {
            for (list, of_row) in taxa.iter_mut().zip(ids(row.maps)) {
                list.extend(of_row.iter().map(String::as_str));
            }
        }
        for list in &mut taxa {
            list.sort_unstable();
            list.dedup();
        }
        Self { rows, taxa }
    }

    pub(super) fn index(&self, rule: &str) -> Option<usize> {
        self.rows.keys().position(|id| *id == rule)
    }

    pub(super) fn descriptors(&self, lang: Lang) -> Vec<Value> {
        self.rows.iter().map(|(id, row)| self.descriptor(id, row, lang)).collect()
    }

    fn descriptor(&self, id: &str, row: &Row<'_>, lang: Lang) -> Value {
        let mut tags = vec!["security".to_owned(), row.area.clone()];
        tags.extend(row.maps.cwe.iter().map(|cwe| format!("external/cwe/{}", cwe.to_lowercase())));
        tags.extend(row.maps.masvs.iter().chain(&row.maps.maswe).cloned());
        tags.retain(|tag| !tag.is_empty());
        tags.dedup();
        let title = row.title.get(lang);
        let mut descriptor = json!({
            "id": id,
            "shortDescription": {"text": title},
            "fullDescription": {"text": title},
            "help": {"text": title},
            "defaultConfiguration": {"level": super::level(row.severity)},
            "properties": {"tags": tags, "security-severity": security_severity(row.severity)},
        });
        let relationships = self.relationships(row);
        if !relationships.is_empty() {
            descriptor["relationships"] = relationships.into();
        }
        if let Some(finding) = row.fired {
            let (reason, fix) = (finding.reason.get(lang), finding.fix.get(lang));
            if !reason.is_empty() {
                descriptor["fullDescription"] = json!({"text": reason});
            }
            let why = words::REASON.get(lang);
            let how = words::FIX.get(lang);
            let colon = if lang == Lang::Zh { "：" } else { ": " };
            descriptor["help"] = json!({
                "text": format!("{title}\n\n{why}{colon}{reason}\n\n{how}{colon}{fix}"),
                "markdown": format!("# {}\n\n**{why}**{colon}{}\n\n**{how}**{colon}{}", markdown(title), markdown(reason), markdown(fix)),
            });
            descriptor["properties"]["precision"] = precision(finding.confidence).into();
        }
        descriptor
    }

    fn relationships(&self, row: &Row<'_>) -> Vec<Value> {
        let mut list = Vec::new();
        for (position, of_row) in ids(row.maps).into_iter().enumerate() {
            for id in of_row {
                let index = self.taxa[position].binary_search(&id.as_str()).ok();
                list.push(json!({
                    "target": {
                        "id": id,
                        "index": index,
                        "toolComponent": {"name": TAXONOMIES[position].0, "index": self.position(position)},
                    },
                    "kinds": ["relevant"],
                }));
            }
        }
        list
    }

    /// Position in the run among the taxonomies that are used at all.
    fn position(&self, taxonomy: usize) -> usize {
        self.taxa[..taxonomy].iter().filter(|list| !list.is_empty()).count()
    }

    pub(super) fn taxonomy_references(&self) -> Vec<Value> {
        self.used()
            .enumerate()
            .map(|(index, ((name, ..), _))| json!({"name": name, "index": index}))
            .collect()
    }

    pub(super) fn taxonomies(&self, lang: Lang) -> Vec<Value> {
        self.used()
            .map(|((name, organization, description), list)| {
                let taxa: Vec<Value> = list
                    .iter()
                    .map(|id| match standards::title(id) {
                        Some(text) => {
                            json!({"id": id, "shortDescription": {"text": text.get(lang)}})
                        }
                        None => json!({"id": id}),
                    })
                    .collect();
                json!({
                    "name": name,
                    "organization": organization,
                    "shortDescription": {"text": description},
                    "isComprehensive": false,
                    "taxa": taxa,
                })
            })
            .collect()
    }

    fn used(
        &self,
    ) -> impl Iterator<Item = (&(&'static str, &'static str, &'static str), &Vec<&'a str>)> {
        TAXONOMIES.iter().zip(&self.taxa).filter(|(_, list)| !list.is_empty())
    }
}

/// Text that Markdown must not read as markup.
fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() && !matches!(c, '.' | ',' | ';' | ':' | '/' | '-' | '"' | '\'')
        {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The scale that code review tools sort by: that of CVSS.
fn security_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "3.0",
        Severity::Info => "0.0",
    }
}

fn precision(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::High => "very-high",
        Confidence::Medium => "high",
        Confidence::Low => "medium",
    }
}
