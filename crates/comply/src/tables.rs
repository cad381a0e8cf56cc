//! Small tables of `models/compliance/`: classes of information and exceptions of APIs.

use menshen_base::Text;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The cells of each row behind the first.
pub(crate) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().skip(1).filter(|line| !line.is_empty()).map(|line| line.split('\t').collect())
}

/// How much a type of information weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// Not information about a person.
    Behaviour,
    /// About the device; says little alone.
    Device,
    Personal,
    /// Tells one device or person from all others.
    Identifier,
    /// Sensitive personal information, or behind a permission that the user grants.
    Sensitive,
}

/// A type of information.
#[derive(Debug, Clone)]
pub struct Information {
    pub id: &'static str,
    pub weight: Weight,
    pub name: Text,
    /// Group of permissions that guards it.
    pub group: &'static str,
}

static INFORMATION: LazyLock<HashMap<&'static str, Information>> = LazyLock::new(|| {
    rows(include_str!("../../../models/compliance/information.tsv"))
        .filter_map(|cells| {
            let [id, weight, zh, en, ..] = cells[..] else { return None };
            let weight = match weight {
                "sensitive" => Weight::Sensitive,
                "identifier" => Weight::Identifier,
                "personal" => Weight::Personal,
                "device" => Weight::Device,
                _ => Weight::Behaviour,
            };
            let group = cells.get(4).copied().unwrap_or_default();
            Some((id, Information { id, weight, name: Text::new(zh, en), group }))
        })
        .collect()
});

/// The type by its id.
pub fn information(id: &str) -> Option<&'static Information> {
    INFORMATION.get(id)
}

/// The name, or the id itself.
pub fn information_name(id: &str) -> Text {
    information(id).map_or_else(|| Text::new(id, id), |information| information.name.clone())
}

pub fn weight(id: &str) -> Weight {
    information(id).map_or(Weight::Device, |information| information.weight)
}

type Notes = HashMap<(&'static str, &'static str), Option<&'static str>>;

static NOTES: LazyLock<Notes> = LazyLock::new(|| {
    rows(include_str!("../../../models/compliance/api_notes.tsv"))
        .filter_map(|cells| {
            let [class, method, information, ..] = cells[..] else { return None };
            Some(((class, method), Some(information).filter(|information| *information != "-")))
        })
        .collect()
});

/// What the table of exceptions says of a method: another type, or that it gives nothing.
pub(crate) fn api_note(class: &str, method: &str) -> Option<Option<&'static str>> {
    NOTES.get(&(class, method)).copied()
}

static NOT_COLLECTING: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    rows(include_str!("../../../models/compliance/not_collecting.tsv"))
        .filter_map(|cells| cells.first().copied())
        .collect()
});

/// Code of libraries that asks for information only under conditions that do not hold by default.
pub(crate) fn is_not_collecting(class: &str) -> bool {
    NOT_COLLECTING.iter().any(|known| {
        class.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('$'))
    })
}

static USES: LazyLock<Vec<(&str, &str, &str)>> = LazyLock::new(|| {
    rows(include_str!("../../../models/compliance/permission_uses.tsv"))
        .filter_map(|cells| Some((*cells.first()?, *cells.get(1)?, *cells.get(2)?)))
        .collect()
});

/// Permission, class and method: calls that show the use of a permission and collect nothing.
pub(crate) fn permission_uses() -> &'static [(&'static str, &'static str, &'static str)] {
    &USES
}

/// Fields whose reading shows that a content provider of the platform is asked.
pub(crate) const CONTRACTS: [(&str, &str, &str); 9] = [
    (
        "android.permission.READ_CONTACTS",
        "android.provider.ContactsContract$Contacts",
        "CONTENT_URI",
    ),
    ("android.permission.READ_CONTACTS", "android.provider.ContactsContract$Data", "CONTENT_URI"),
    (
        "android.permission.READ_CONTACTS",
        "android.provider.ContactsContract$RawContacts",
        "CONTENT_URI",
    ),
    (
        "android.permission.READ_CONTACTS",
        "android.provider.ContactsContract$CommonDataKinds$Phone",
        "CONTENT_URI",
    ),
    ("android.permission.READ_CALENDAR", "android.provider.CalendarContract$Events", "CONTENT_URI"),
    (
        "android.permission.READ_CALENDAR",
        "android.provider.CalendarContract$Calendars",
        "CONTENT_URI",
    ),
    (
        "android.permission.READ_CALENDAR",
        "android.provider.CalendarContract$Instances",
        "CONTENT_URI",
    ),
    ("android.permission.READ_CALL_LOG", "android.provider.CallLog$Calls", "CONTENT_URI"),
    ("android.permission.READ_SMS", "android.provider.Telephony$Sms", "CONTENT_URI"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_of_the_sensitive_apis_is_known() {
        for api in menshen_models::sensitive_apis() {
            assert!(api.category.is_empty() || information(api.category).is_some(), "{api:?}");
        }
        for (id, _) in menshen_models::information_types() {
            assert!(information(id).is_some(), "{id}");
        }
        // Types that only policies name have names too.
        assert_eq!(information_name("bank_account").en, "bank account");
        assert_eq!(weight("imei"), Weight::Identifier);
        assert!(is_not_collecting("androidx.appcompat.app.TwilightManager"));
        assert!(!is_not_collecting("com.example.TwilightManager"));
    }
}
