//! What the app says: the declarations of a privacy policy as the verdicts need them.

use menshen_base::Text;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A privacy policy taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Declared {
    /// File name as given.
    pub name: String,
    /// `zh`, `en`, ...
    pub language: String,
    pub title: Option<String>,
    pub updated: Option<String>,
    pub effective: Option<String>,
    /// Ids of information types with the sentences that declare them.
    pub types: BTreeMap<String, Vec<String>>,
    /// Types that it says are not collected, with the sentence.
    pub denied: BTreeMap<String, String>,
    /// Types that it marks as sensitive.
    pub sensitive: BTreeSet<String>,
    pub sdks: Vec<DeclaredSdk>,
    /// Permissions or groups of permissions (`LOCATION`) with their purposes.
    pub permissions: BTreeMap<String, Option<String>>,
    /// What else it states, with the sentence: `retention`, `sharing`, `access`, `correct`,
    /// `delete`, `close_account`, `withdraw`, `copy`, `complain`, `controller`, `email`, `phone`,
    /// `address`, `children`, `personalised`, `personalised_switch`, `cross_border`, `storage`,
    /// `update_notice`, `automatic_decision`, `cookies`, `purpose`.
    pub states: BTreeMap<String, String>,
    /// Working days within which requests are answered.
    pub response_days: Option<u32>,
}

/// An entry of the list of third parties.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeclaredSdk {
    pub name: String,
    pub provider: Option<String>,
    pub purpose: Option<String>,
    /// As written.
    pub information: Option<String>,
    pub url: Option<String>,
    /// Id of the SDK catalogue, where it is known.
    pub id: Option<String>,
}

/// The policy as it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum PolicyInput {
    #[default]
    None,
    /// It was given but could not be used, for the reason.
    Unusable(Text),
    Read(Box<Declared>),
}

impl PolicyInput {
    pub fn read(&self) -> Option<&Declared> {
        match self {
            Self::Read(declared) => Some(declared),
            _ => None,
        }
    }
}

/// Types of which a declaration of the first covers the second: who declares IMEI by "device
/// identifiers" or MAC by "device information" says enough to be understood.
const COVERS: [(&str, &[&str]); 12] = [
    (
        "device_id",
        &[
            "imei",
            "meid",
            "imsi",
            "iccid",
            "android_id",
            "serial",
            "oaid",
            "oaid_vendor",
            "mac",
            "drm_id",
        ],
    ),
    ("imei", &["meid"]),
    ("oaid", &["oaid_vendor"]),
    ("oaid_vendor", &["oaid"]),
    ("location", &["cell", "ssid", "bssid", "wifi_list"]),
    ("ssid", &["bssid"]),
    ("bssid", &["ssid"]),
    ("wifi_list", &["ssid", "bssid"]),
    ("app_list", &["process"]),
    ("process", &["app_list"]),
    ("storage", &["media", "downloads"]),
    ("media", &["storage"]),
];

impl Declared {
    /// Reads declarations written down as YAML: for operators who keep them so, and for tests.
    pub fn parse_yaml(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }

    /// Whether the type is declared, by itself or by a type that covers it.
    pub fn declares(&self, information: &str) -> bool {
        self.types.contains_key(information)
            || COVERS.iter().any(|(wide, narrow)| {
                narrow.contains(&information) && self.types.contains_key(*wide)
            })
    }

    pub fn state(&self, field: &str) -> Option<&str> {
        self.states.get(field).map(String::as_str)
    }

    /// The entry for an SDK, by catalogue id or by one of its names.
    pub fn sdk(&self, id: &str, names: &[&str]) -> Option<&DeclaredSdk> {
        let plain = |text: &str| -> String {
            text.to_lowercase()
                .chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
                .replace("sdk", "")
        };
        let wanted: Vec<String> =
            names.iter().map(|name| plain(name)).filter(|name| name.chars().count() > 1).collect();
        self.sdks.iter().find(|entry| entry.id.as_deref() == Some(id)).or_else(|| {
            self.sdks.iter().find(|entry| {
                let name = plain(&entry.name);
                !name.is_empty()
                    && wanted.iter().any(|wanted| {
                        name.contains(wanted.as_str())
                            || (name.chars().count() > 1 && wanted.contains(&name))
                    })
            })
        })
    }

    /// The purpose given for a permission, by its name, its short name or its group.
    pub fn permission(&self, name: &str, group: Option<&str>) -> Option<Option<&str>> {
        let short = name.rsplit('.').next().unwrap_or(name);
        let group = group.map(|group| group.rsplit('.').next().unwrap_or(group));
        self.permissions
            .get(name)
            .or_else(|| self.permissions.get(short))
            .or_else(|| group.and_then(|group| self.permissions.get(group)))
            .map(Option::as_deref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdks_by_name_and_id() {
        let declared = Declared {
            sdks: vec![
                DeclaredSdk { name: "友盟+ SDK".into(), ..Default::default() },
                DeclaredSdk {
                    name: "Bugly".into(),
                    id: Some("bugly".into()),
                    ..Default::default()
                },
            ],
            types: [("device_id".to_owned(), vec![])].into(),
            ..Declared::default()
        };
        assert!(declared.sdk("umeng", &["友盟", "Umeng"]).is_some());
        assert!(declared.sdk("bugly", &["x"]).is_some());
        assert!(declared.sdk("amap", &["高德地图", "AMap"]).is_none());
        assert!(declared.declares("imei") && !declared.declares("location"));
    }
}
