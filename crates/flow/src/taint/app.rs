//! The app as the analysis needs it: components and what starts them.

use menshen_facts::Facts;
use std::collections::{BTreeMap, BTreeSet};

/// Kind of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentKind {
    Activity,
    Service,
    Receiver,
    Provider,
}

/// A component of the manifest.
#[derive(Debug, Clone)]
pub struct Component {
    pub kind: ComponentKind,
    /// Package of the app that it belongs to.
    pub package: String,
    /// Class that runs.
    pub class: String,
    /// Names under which it can be called: its own and those of its aliases.
    pub names: Vec<String>,
    /// Something outside the app can start it.
    pub open: bool,
    pub launcher: bool,
    pub actions: Vec<String>,
    pub categories: Vec<String>,
    pub schemes: Vec<String>,
    pub hosts: Vec<String>,
    pub mime_types: Vec<String>,
    pub authorities: Vec<String>,
}

/// What the analysis is told about an app besides its code.
#[derive(Debug, Clone, Default)]
pub struct App {
    pub applications: Vec<String>,
    pub components: Vec<Component>,
    /// Packages of the apps.
    pub packages: BTreeSet<String>,
    /// Methods that layouts name in `onClick`, by the id of the layout.
    pub click_handlers: BTreeMap<i64, BTreeSet<String>>,
    /// Ids of views whose text is hidden.
    pub hidden_views: BTreeSet<i64>,
}

impl App {
    /// Adds an app by its facts.
    pub fn add_app(&mut self, facts: &Facts) {
        let package = facts.application.first().map(|fact| fact.data.package.clone());
        let package = package.unwrap_or_default();
        self.packages.insert(package.clone());
        self.applications
            .extend(facts.application.iter().filter_map(|f| f.data.application_class.clone()));
        for fact in facts.components.iter().filter(|fact| fact.data.enabled) {
            let data = &fact.data;
            let kind = match data.kind.as_str() {
                "activity" | "activity-alias" => ComponentKind::Activity,
                "service" => ComponentKind::Service,
                "receiver" => ComponentKind::Receiver,
                _ => ComponentKind::Provider,
            };
            let component = Component {
                kind,
                package: package.clone(),
                class: data.target.clone(),
                names: vec![data.name.clone()],
                open: data.exported || data.launcher || kind == ComponentKind::Provider,
                launcher: data.launcher,
                actions: data.actions.clone(),
                categories: data.categories.clone(),
                schemes: data.schemes.clone(),
                hosts: data.hosts.clone(),
                mime_types: data.mime_types.clone(),
                authorities: data.authorities.clone(),
            };
            self.add(component);
        }
    }

    /// Aliases fall together with what they stand for.
    fn add(&mut self, component: Component) {
        let same = self
            .components
            .iter_mut()
            .find(|known| known.class == component.class && known.kind == component.kind);
        match same {
            None => self.components.push(component),
            Some(known) => {
                known.open |= component.open;
                known.launcher |= component.launcher;
                known.names.extend(component.names);
                known.actions.extend(component.actions);
                known.categories.extend(component.categories);
                known.schemes.extend(component.schemes);
                known.hosts.extend(component.hosts);
                known.mime_types.extend(component.mime_types);
                known.authorities.extend(component.authorities);
            }
        }
    }
}
