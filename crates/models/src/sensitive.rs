//! Ways to personal information on the platform: calls, content addresses, files, commands and
//! system properties. `models/android/sensitive_apis.tsv`, with the types of information in
//! `models/android/information_types.tsv`.

use crate::fingerprints::matches;
use crate::table::rows;
use std::collections::HashMap;
use std::sync::LazyLock;

/// How the information is got at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SensitiveKind {
    /// A call of `class.method`.
    Method,
    /// A query of the content address `value` or one below it.
    Uri,
    /// A read of the file `value`.
    File,
    /// A run of the command `value`.
    Command,
    /// A read of the system property `value`.
    Property,
}

/// One way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SensitiveApi {
    pub kind: SensitiveKind,
    /// What is got at: mostly an id of `information_types.tsv`, else a word of the table's own
    /// (`network`, `autostart`, ...); empty where the table gives none.
    pub category: &'static str,
    /// Source form, `$` before nested names; empty unless a method.
    pub class: &'static str,
    pub method: &'static str,
    /// JVM descriptor; `None` where any overload counts.
    pub descriptor: Option<&'static str>,
    pub value: Option<&'static str>,
    pub permission: Option<&'static str>,
    pub zh: &'static str,
}

/// All ways with their indices.
#[derive(Debug, Default)]
struct Table {
    all: Vec<SensitiveApi>,
    methods: HashMap<(&'static str, &'static str), Vec<usize>>,
    types: HashMap<&'static str, &'static str>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    let optional = |cell: &'static str| Some(cell).filter(|cell| !cell.is_empty());
    for row in rows(include_str!("../../../models/android/sensitive_apis.tsv")) {
        let mut columns = row.columns();
        let mut next = || columns.next().unwrap_or_default();
        let kind = match next() {
            "method" => SensitiveKind::Method,
            "uri" => SensitiveKind::Uri,
            "file" => SensitiveKind::File,
            "command" => SensitiveKind::Command,
            "property" => SensitiveKind::Property,
            // A test holds the kinds of the table to these.
            _ => continue,
        };
        let api = SensitiveApi {
            kind,
            category: next(),
            class: next(),
            method: next(),
            descriptor: optional(next()),
            value: optional(next()),
            permission: optional(next()),
            zh: next(),
        };
        if kind == SensitiveKind::Method {
            table.methods.entry((api.class, api.method)).or_default().push(table.all.len());
        }
        table.all.push(api);
    }
    for row in rows(include_str!("../../../models/android/information_types.tsv")) {
        let mut columns = row.columns();
        table.types.insert(columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
    }
    table
});

/// All ways, in the order of the table.
pub fn sensitive_apis() -> &'static [SensitiveApi] {
    &TABLE.all
}

/// What a call gives: `android.telephony.TelephonyManager`, `getDeviceId`, `()Ljava/lang/String;`.
/// The class is the one that the table names; the caller resolves subclasses.
pub fn sensitive_method(class: &str, method: &str, descriptor: &str) -> Vec<&'static SensitiveApi> {
    let found = TABLE.methods.get(&(class, method)).into_iter().flatten();
    found
        .filter_map(|index| TABLE.all.get(*index))
        .filter(|api| api.descriptor.is_none_or(|expected| expected == descriptor))
        .collect()
}

/// What the content address, file, command or property in a text gives.
pub fn sensitive_text(text: &str) -> Option<&'static SensitiveApi> {
    // Most texts are none of them, and the first byte tells.
    if !text.bytes().next().is_some_and(|byte| byte == b'/' || byte.is_ascii_lowercase()) {
        return None;
    }
    let texts = TABLE.all.iter().filter(|api| api.kind != SensitiveKind::Method);
    texts.into_iter().find(|api| api.value.is_some_and(|value| is_text_of(api.kind, value, text)))
}

fn is_text_of(kind: SensitiveKind, value: &str, text: &str) -> bool {
    match kind {
        SensitiveKind::Uri => text.strip_prefix(value).is_some_and(|rest| {
            rest.is_empty() || value.ends_with('/') || rest.starts_with(['/', '?', '#'])
        }),
        SensitiveKind::File if value.ends_with('/') => text.starts_with(value),
        SensitiveKind::File => matches(value, text),
        // The table lists ways to write the same command.
        SensitiveKind::Command => value.split(" / ").any(|command| {
            text.strip_prefix(command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        }),
        SensitiveKind::Property => text == value,
        SensitiveKind::Method => false,
    }
}

/// The name of an information type in Chinese.
pub fn information_type(id: &str) -> Option<&'static str> {
    TABLE.types.get(id).copied()
}

/// All information types by id, in no order.
pub fn information_types() -> impl Iterator<Item = (&'static str, &'static str)> {
    TABLE.types.iter().map(|(id, zh)| (*id, *zh))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(information_type("imei"), Some("IMEI"));
        assert!(information_types().count() > 40);
        let text = include_str!("../../../models/android/sensitive_apis.tsv");
        assert_eq!(sensitive_apis().len(), text.lines().count() - 1, "a kind that is not read");
        for api in sensitive_apis() {
            match api.kind {
                SensitiveKind::Method => assert!(!api.class.is_empty() && !api.method.is_empty()),
                _ => assert!(api.value.is_some(), "{api:?}"),
            }
        }
    }

    #[test]
    fn calls_and_texts() {
        let category = |class, method, descriptor| {
            sensitive_method(class, method, descriptor).first().map(|api| api.category)
        };
        let telephony = "android.telephony.TelephonyManager";
        assert_eq!(category(telephony, "getDeviceId", "()Ljava/lang/String;"), Some("imei"));
        assert_eq!(category(telephony, "getDeviceId", "(J)Ljava/lang/String;"), None);
        assert_eq!(category(telephony, "getPhoneType", "()I"), None);
        for (text, expected) in [
            ("content://sms", Some("sms")),
            ("content://sms/inbox", Some("sms")),
            ("content://smsx", None),
            ("/proc/1234/cmdline", Some("process")),
            ("/proc/cpuinfo", Some("cpu")),
            ("/proc/cpuinfox", None),
            ("ro.serialno", Some("")),
            ("pm list packages -3", Some("app_list")),
            ("pm listpackages", None),
            ("Content://sms", None),
            ("", None),
        ] {
            assert_eq!(sensitive_text(text).map(|api| api.category), expected, "{text}");
        }
    }
}
