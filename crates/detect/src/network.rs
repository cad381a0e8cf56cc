//! Network security: cleartext traffic and trust anchors as they hold for each set of hosts.
//! Source: developer.android.com, "Network security configuration", with the platform's defaults
//! by target level.

use crate::fact;
use crate::xml::Node;
use menshen_base::{Owner, Place};
use menshen_facts::{Application, Fact, NetworkPolicy};

/// Below this target level user certificates are trusted and cleartext is allowed.
const NOUGAT: i64 = 24;
const PIE: i64 = 28;
/// Nested domain configs that are followed.
const DEPTH_MAX: usize = 16;

/// What a config passes on to those within it.
#[derive(Debug, Clone)]
struct Effective {
    cleartext: bool,
    cleartext_declared: bool,
    user_certificates: bool,
    override_pins: bool,
    custom_anchors: Vec<String>,
    pins: i64,
    pin_expiration: Option<String>,
}

/// The policies of an app without a config file: what the manifest and the platform say.
pub fn without_config(application: &Application, manifest: Place) -> Fact<NetworkPolicy> {
    let mut effective = Effective::default_for(application.target_sdk);
    effective.cleartext = application.uses_cleartext;
    let declared = application.uses_cleartext != (application.target_sdk < PIE);
    effective.cleartext_declared = declared;
    let source = if declared { "manifest" } else { "default" };
    fact(effective.policy("base", source, "1970-01-01"), manifest, Owner::App)
}

/// The policies of a config file. `as_of`: the day that expiry dates are compared with.
pub fn detect(
    root: Node<'_>,
    target_sdk: i64,
    path: &str,
    as_of: &str,
) -> Vec<Fact<NetworkPolicy>> {
    let mut found = Vec::new();
    let default = Effective::default_for(target_sdk);
    let base_node = root.named("base-config").next();
    let base = base_node.map_or(default.clone(), |node| default.within(node));
    let at = base_node.unwrap_or(root).place(path);
    let source = if base_node.is_some() { "config" } else { "default" };
    found.push(fact(base.policy("base", source, as_of), at, Owner::App));
    for node in root.named("domain-config") {
        domain(node, &base, path, as_of, 0, &mut found);
    }
    for node in root.named("debug-overrides") {
        let debug = base.within(node);
        found.push(fact(debug.policy("debug", "config", as_of), node.place(path), Owner::App));
    }
    found
}

fn domain(
    node: Node<'_>,
    parent: &Effective,
    path: &str,
    as_of: &str,
    depth: usize,
    found: &mut Vec<Fact<NetworkPolicy>>,
) {
    let effective = parent.within(node);
    let mut policy = effective.policy("domain", "config", as_of);
    for domain in node.named("domain") {
        policy.domains.push(domain.element.text.trim().to_ascii_lowercase());
        policy.include_subdomains |= domain.any_flag("includeSubdomains").unwrap_or(false);
    }
    policy.domains.sort();
    policy.local_only = !policy.domains.is_empty() && policy.domains.iter().all(|d| is_local(d));
    found.push(fact(policy, node.place(path), Owner::App));
    if depth < DEPTH_MAX {
        for inner in node.named("domain-config") {
            domain(inner, &effective, path, as_of, depth + 1, found);
        }
    }
}

impl Effective {
    fn default_for(target_sdk: i64) -> Self {
        Self {
            cleartext: target_sdk < PIE,
            cleartext_declared: false,
            user_certificates: target_sdk < NOUGAT,
            override_pins: false,
            custom_anchors: Vec::new(),
            pins: 0,
            pin_expiration: None,
        }
    }

    /// What holds within the element: its own words over what it inherits.
    fn within(&self, node: Node<'_>) -> Self {
        let mut inner = self.clone();
        if let Some(cleartext) = node.any_flag("cleartextTrafficPermitted") {
            inner.cleartext = cleartext;
            inner.cleartext_declared = true;
        }
        if let Some(anchors) = node.named("trust-anchors").next() {
            inner.user_certificates = false;
            inner.override_pins = false;
            inner.custom_anchors.clear();
            for certificates in anchors.named("certificates") {
                match certificates.text("src").as_deref() {
                    Some("user") => inner.user_certificates = true,
                    Some("system") | None => {}
                    Some(file) => inner.custom_anchors.push(file.to_owned()),
                }
                inner.override_pins |= certificates.any_flag("overridePins").unwrap_or(false);
            }
        }
        if let Some(pins) = node.named("pin-set").next() {
            inner.pins = i64::try_from(pins.named("pin").count()).unwrap_or(i64::MAX);
            inner.pin_expiration = pins.text("expiration");
        }
        inner
    }

    fn policy(&self, scope: &str, source: &str, as_of: &str) -> NetworkPolicy {
        NetworkPolicy {
            scope: scope.to_owned(),
            cleartext: self.cleartext,
            cleartext_declared: self.cleartext_declared,
            user_certificates: self.user_certificates,
            override_pins: self.override_pins,
            custom_anchors: self.custom_anchors.clone(),
            pins: self.pins,
            pins_expired: self.pin_expiration.as_deref().is_some_and(|date| date < as_of),
            pin_expiration: self.pin_expiration.clone(),
            source: source.to_owned(),
            ..NetworkPolicy::default()
        }
    }
}

/// Hosts that are not on the internet: loopback, private ranges (RFC 1918), `.local`.
fn is_local(host: &str) -> bool {
    if let Ok(address) = host.parse::<std::net::Ipv4Addr>() {
        return address.is_loopback() || address.is_private() || address.is_link_local();
    }
    host == "localhost" || host.ends_with(".localhost") || host.ends_with(".local")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::Resources;
    use menshen_android::axml::Document;

    fn policies(xml: &str, target: i64) -> Vec<NetworkPolicy> {
        let (document, issues) = Document::parse_text(xml.as_bytes());
        assert!(issues.is_empty(), "{issues:?}");
        let resources = Resources::default();
        let document = document.unwrap();
        let root = Node { element: &document.root, resources: &resources };
        detect(root, target, "res/xml/n.xml", "2026-01-01").into_iter().map(|f| f.data).collect()
    }

    #[test]
    fn domains_inherit_from_the_base() {
        let found = policies(
            r#"<network-security-config>
                 <base-config cleartextTrafficPermitted="true"/>
                 <domain-config cleartextTrafficPermitted="false">
                   <domain includeSubdomains="true">Bank.example</domain>
                   <trust-anchors><certificates src="user" overridePins="true"/></trust-anchors>
                   <pin-set expiration="2025-01-01"><pin digest="SHA-256">AA=</pin></pin-set>
                   <domain-config><domain>10.0.2.2</domain></domain-config>
                 </domain-config>
                 <debug-overrides><trust-anchors><certificates src="user"/></trust-anchors></debug-overrides>
               </network-security-config>"#,
            34,
        );
        let [base, domain, inner, debug] = &found[..] else { panic!("{found:?}") };
        assert!(base.cleartext && base.cleartext_declared && !base.user_certificates);
        assert!(!domain.cleartext && domain.user_certificates && domain.override_pins);
        assert_eq!(domain.domains, ["bank.example"]);
        assert!(domain.include_subdomains && domain.pins == 1 && domain.pins_expired);
        assert!(inner.local_only && inner.user_certificates && !inner.cleartext);
        assert_eq!(debug.scope, "debug");
    }

    #[test]
    fn the_platform_decides_where_nothing_is_said() {
        for (target, cleartext, user) in [(23, true, true), (24, true, false), (28, false, false)] {
            let found = policies("<network-security-config/>", target);
            assert_eq!((found[0].cleartext, found[0].user_certificates), (cleartext, user));
            assert!(!found[0].cleartext_declared);
        }
    }
}
