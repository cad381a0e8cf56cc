//! Links that open activities. All `data` elements of one filter are combined, as the platform
//! does: schemes with hosts with paths.

use super::components::Context;
use crate::fact;
use crate::xml::Node;
use menshen_base::Owner;
use menshen_facts::{Component, DeepLink, Facts};

/// Links taken from one component.
const LINKS_MAX: usize = 500;

const PATHS: [(&str, &str, &str); 5] = [
    ("path", "", ""),
    ("pathPrefix", "", "*"),
    ("pathSuffix", "*", ""),
    ("pathPattern", "pattern:", ""),
    ("pathAdvancedPattern", "pattern:", ""),
];

pub(super) fn detect(
    context: &Context<'_>,
    node: Node<'_>,
    component: &Component,
    facts: &mut Facts,
) {
    if !component.kind.starts_with("activity") {
        return;
    }
    let mut links = 0;
    for filter in node.named("intent-filter") {
        let named = |tag: &'static str, value: &str| {
            filter.named(tag).any(|child| child.text("name").as_deref() == Some(value))
        };
        if !named("action", "android.intent.action.VIEW") {
            continue;
        }
        let browsable = named("category", "android.intent.category.BROWSABLE");
        let auto_verify = filter.any_flag("autoVerify").unwrap_or(false);
        let texts = |attribute: &'static str| -> Vec<String> {
            filter.named("data").filter_map(|data| data.text(attribute)).collect()
        };
        let paths: Vec<String> = PATHS
            .iter()
            .flat_map(|(attribute, before, behind)| {
                texts(attribute).into_iter().map(move |path| format!("{before}{path}{behind}"))
            })
            .collect();
        let hosts = texts("host");
        for scheme in texts("scheme") {
            for host in optional(&hosts) {
                for path in optional(&paths) {
                    links += 1;
                    if links > LINKS_MAX {
                        return;
                    }
                    let link = DeepLink {
                        component: component.name.clone(),
                        web: scheme == "http" || scheme == "https",
                        scheme: scheme.clone(),
                        host: host.cloned(),
                        path: path.cloned(),
                        browsable,
                        auto_verify,
                        exported: component.exported,
                    };
                    facts.deep_links.push(fact(link, filter.place(context.path), Owner::Unknown));
                }
            }
        }
    }
}

/// Each of them, or nothing once.
fn optional(all: &[String]) -> Vec<Option<&String>> {
    match all {
        [] => vec![None],
        some => some.iter().map(Some).collect(),
    }
}
