//! Activities, services, receivers and providers.

use super::permissions::Definitions;
use super::{JELLY_BEAN_MR1, Levels, class_name, links};
use crate::fact;
use crate::xml::Node;
use menshen_base::Owner;
use menshen_facts::{Component, Facts};
use menshen_models::is_protected_broadcast;

/// What the components inherit.
pub(super) struct Context<'a> {
    pub(super) package: &'a str,
    pub(super) application: Node<'a>,
    pub(super) levels: Levels,
    pub(super) definitions: &'a Definitions,
    pub(super) path: &'a str,
}

const KINDS: [&str; 5] = ["activity", "activity-alias", "service", "receiver", "provider"];
const MAIN: &str = "android.intent.action.MAIN";
const VIEW: &str = "android.intent.action.VIEW";
const BROWSABLE: &str = "android.intent.category.BROWSABLE";
const LAUNCHERS: [&str; 2] =
    ["android.intent.category.LAUNCHER", "android.intent.category.LEANBACK_LAUNCHER"];
const LAUNCH_MODES: [&str; 5] =
    ["standard", "singleTop", "singleTask", "singleInstance", "singleInstancePerTask"];

pub(super) fn detect(context: &Context<'_>, facts: &mut Facts) {
    for node in context.application.children() {
        let Some(kind) = KINDS.iter().find(|kind| **kind == node.tag()) else { continue };
        let Some(name) = node.text("name") else { continue };
        let component = component(context, node, kind, &class_name(context.package, &name));
        links::detect(context, node, &component, facts);
        facts.components.push(fact(component, node.place(context.path), Owner::Unknown));
    }
}

fn component(context: &Context<'_>, node: Node<'_>, kind: &str, name: &str) -> Component {
    let filters: Vec<Filter> = node.named("intent-filter").map(Filter::read).collect();
    let has_filter = !filters.is_empty();
    let exported_declared = node.any_flag("exported");
    let exported = exported_declared.unwrap_or(match kind {
        "provider" => context.levels.target < JELLY_BEAN_MR1,
        _ => has_filter,
    });
    let inherited = context.application.text("permission").filter(|_| kind != "activity-alias");
    let permission = node.text("permission").or(inherited).filter(|name| !name.is_empty());
    let read_permission = node.text("readPermission");
    let write_permission = node.text("writePermission");
    let guards = match kind {
        "provider" => vec![
            read_permission.clone().or_else(|| permission.clone()),
            write_permission.clone().or_else(|| permission.clone()),
        ],
        _ => vec![permission.clone()],
    };
    let merged = |pick: fn(&Filter) -> &Vec<String>| {
        let mut all: Vec<String> = filters.iter().flat_map(|filter| pick(filter).clone()).collect();
        all.sort();
        all.dedup();
        all
    };
    let actions = merged(|filter| &filter.actions);
    Component {
        kind: kind.to_owned(),
        name: name.to_owned(),
        target: node
            .text("targetActivity")
            .map_or_else(|| name.to_owned(), |target| class_name(context.package, &target)),
        exported,
        exported_declared,
        enabled: node.any_flag("enabled").unwrap_or(true)
            && context.application.any_flag("enabled").unwrap_or(true),
        protection: context.definitions.weakest(&guards).to_owned(),
        permission,
        read_permission,
        write_permission,
        launcher: filters.iter().any(Filter::launches),
        browsable: filters.iter().any(Filter::is_browsable),
        protected_actions_only: !actions.is_empty()
            && actions.iter().all(|action| is_protected_broadcast(action)),
        actions,
        categories: merged(|filter| &filter.categories),
        schemes: merged(|filter| &filter.schemes),
        hosts: merged(|filter| &filter.hosts),
        mime_types: merged(|filter| &filter.mime_types),
        has_filter,
        priority: filters.iter().filter_map(|filter| filter.priority).max(),
        launch_mode: node.int("launchMode").map_or_else(
            || node.text("launchMode"),
            |mode| {
                usize::try_from(mode)
                    .ok()
                    .and_then(|mode| LAUNCH_MODES.get(mode))
                    .map(|mode| (*mode).to_owned())
            },
        ),
        task_affinity: node
            .text("taskAffinity")
            .or_else(|| context.application.text("taskAffinity")),
        allow_task_reparenting: node
            .any_flag("allowTaskReparenting")
            .or_else(|| context.application.any_flag("allowTaskReparenting"))
            .unwrap_or(false),
        exclude_from_recents: node.any_flag("excludeFromRecents").unwrap_or(false),
        authorities: node
            .text("authorities")
            .map(|all| all.split(';').map(|one| one.trim().to_owned()).collect())
            .unwrap_or_default(),
        grant_uri_permissions: node.any_flag("grantUriPermissions").unwrap_or(false),
        grant_paths: paths(node, "grant-uri-permission"),
        path_permissions: paths(node, "path-permission"),
        process: node.text("process").or_else(|| context.application.text("process")),
        isolated: node.any_flag("isolatedProcess").unwrap_or(false),
        class_present: None,
        supers: Vec::new(),
        foreground_service_type: node.int("foregroundServiceType"),
        direct_boot_aware: node.any_flag("directBootAware").unwrap_or(false),
    }
}

/// Paths that the children of this name grant or guard, with the kind of match.
fn paths(node: Node<'_>, tag: &'static str) -> Vec<String> {
    let mut paths = Vec::new();
    for child in node.named(tag) {
        paths.extend(child.text("path"));
        paths.extend(child.text("pathPrefix").map(|prefix| format!("{prefix}*")));
        for pattern in ["pathPattern", "pathAdvancedPattern"] {
            paths.extend(child.text(pattern).map(|pattern| format!("pattern:{pattern}")));
        }
    }
    paths.sort();
    paths
}

/// One intent filter.
#[derive(Debug, Default)]
struct Filter {
    actions: Vec<String>,
    categories: Vec<String>,
    schemes: Vec<String>,
    hosts: Vec<String>,
    mime_types: Vec<String>,
    priority: Option<i64>,
}

impl Filter {
    fn read(node: Node<'_>) -> Self {
        let texts = |tag: &'static str, attribute: &'static str| {
            node.named(tag).filter_map(|child| child.text(attribute)).collect::<Vec<_>>()
        };
        Self {
            actions: texts("action", "name"),
            categories: texts("category", "name"),
            schemes: texts("data", "scheme"),
            hosts: texts("data", "host"),
            mime_types: texts("data", "mimeType"),
            priority: node.int("priority"),
        }
    }

    fn launches(&self) -> bool {
        self.actions.iter().any(|action| action == MAIN)
            && self.categories.iter().any(|category| LAUNCHERS.contains(&category.as_str()))
    }

    fn is_browsable(&self) -> bool {
        self.actions.iter().any(|action| action == VIEW)
            && self.categories.iter().any(|category| category == BROWSABLE)
    }
}
