//! What one call or field read gives: the type of information, or nothing.

use crate::tables::{api_note, is_not_collecting};
use menshen_facts::{ArgValue, Call, FieldRead};
use menshen_models::{
    SensitiveApi, SensitiveKind, sensitive_apis, sensitive_method, sensitive_text,
};

/// What is got, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) information: &'static str,
    pub(super) api: String,
    pub(super) way: &'static str,
    pub(super) permission: Option<&'static str>,
}

/// Categories of the table that name behaviour, not information.
const BEHAVIOUR: [&str; 6] =
    ["permission", "network_out", "autostart", "dynamic_code", "settings", "launcher"];
/// `PhoneStateListener.LISTEN_CELL_LOCATION | LISTEN_CELL_INFO`.
const LISTEN_CELL: i64 = 0x10 | 0x400;

/// Whether calls of the method are of interest.
pub(super) fn is_followed(class: &str, method: &str) -> bool {
    let skipped = api_note(class, method).is_some_and(|information| information.is_none());
    let named = |api: &&SensitiveApi| api.class == class && api.method == method;
    sensitive_apis().iter().find(named).is_some_and(|api| match api.category {
        "permission" => true,
        category if BEHAVIOUR.contains(&category) => false,
        // Even a call that collects nothing shows that its permission is used.
        _ => !skipped || api.permission.is_some(),
    })
}

/// Code that never collects by itself.
pub(super) fn never_collects(class: &str) -> bool {
    is_not_collecting(class)
}

pub(super) fn of_field(read: &FieldRead) -> Option<Meaning> {
    let api = sensitive_apis().iter().find(|api| {
        api.class == read.class
            && api.method == read.field
            && api.descriptor.is_some_and(|descriptor| descriptor.starts_with("field "))
    })?;
    Some(Meaning {
        information: api.category,
        api: format!("{}.{}", read.class, read.field),
        way: "field",
        permission: api.permission,
    })
}

pub(super) fn of_call(call: &Call) -> Option<Meaning> {
    let (class, method) = (call.class.as_str(), call.method.as_str());
    match (class, method) {
        ("java.lang.Class", "getMethod" | "getDeclaredMethod") => return reflection(call),
        ("android.content.ContentResolver", "query" | "registerContentObserver") => {
            return content(&call.arg0);
        }
        ("android.content.ContentResolver", _) => return None,
        (
            "java.io.File"
            | "java.io.FileInputStream"
            | "java.io.FileReader"
            | "java.io.RandomAccessFile",
            _,
        ) => {
            return by_text(&call.arg0, "file", SensitiveKind::File);
        }
        ("java.lang.Runtime", "exec") | ("java.lang.ProcessBuilder", _) => {
            return by_text(&call.arg0, "command", SensitiveKind::Command);
        }
        ("android.os.SystemProperties", "get") => return property(&call.arg0),
        ("android.provider.Settings$Secure" | "android.provider.Settings$System", "getString") => {
            let wanted = call.arg1.alternatives().contains(&ArgValue::Str("android_id".to_owned()));
            return wanted.then(|| named(class, method, "android_id", None));
        }
        ("android.media.MediaDrm", "getPropertyByteArray") => {
            let wanted = call.arg0 == ArgValue::Str("deviceUniqueId".to_owned());
            return wanted.then(|| named(class, method, "drm_id", None));
        }
        ("android.telephony.TelephonyManager", "listen") => {
            let wanted = matches!(call.arg1, ArgValue::Int(flags) if flags & LISTEN_CELL != 0);
            return wanted.then(|| {
                named(class, method, "cell", Some("android.permission.ACCESS_FINE_LOCATION"))
            });
        }
        ("com.google.android.gms.location.FusedLocationProviderClient", _)
        | ("android.location.LocationManager", "requestLocationUpdates") => {
            return Some(named(
                class,
                method,
                "location",
                Some("android.permission.ACCESS_FINE_LOCATION"),
            ));
        }
        ("android.hardware.Camera", "open") => {
            return Some(named(class, method, "camera", Some("android.permission.CAMERA")));
        }
        _ => {}
    }
    let api = *sensitive_method(class, method, &call.descriptor).first()?;
    let information = match api_note(class, method) {
        Some(None) => return None,
        Some(Some(information)) => information,
        None => api.category,
    };
    if BEHAVIOUR.contains(&information) {
        return None;
    }
    Some(named(class, method, information, api.permission))
}

fn named(
    class: &str,
    method: &str,
    information: &'static str,
    permission: Option<&'static str>,
) -> Meaning {
    Meaning { information, api: format!("{class}.{method}"), way: "call", permission }
}

/// A method named by a constant. The name must be one that only a sensitive API has.
fn reflection(call: &Call) -> Option<Meaning> {
    let ArgValue::Str(name) = &call.arg0 else { return None };
    let mut named = sensitive_apis()
        .iter()
        .filter(|api| api.kind == SensitiveKind::Method && api.method == name);
    let first = named.next()?;
    let one_class = named.all(|api| api.class == first.class);
    let class_known = match &call.receiver {
        ArgValue::Class(class) => Some(class == first.class),
        _ => None,
    };
    let distinctive = name.starts_with("get") && name.len() > "getName".len();
    let skipped = api_note(first.class, first.method).is_some();
    if !one_class
        || skipped
        || class_known == Some(false)
        || (class_known.is_none() && !distinctive)
        || BEHAVIOUR.contains(&first.category)
        || ["getString", "getText", "getAddress", "getNumber", "getAccounts"]
            .contains(&name.as_str())
    {
        return None;
    }
    Some(Meaning {
        information: first.category,
        api: format!("{}.{}", first.class, first.method),
        way: "reflection",
        permission: first.permission,
    })
}

/// A content address, written out or by the constant of its contract.
fn content(address: &ArgValue) -> Option<Meaning> {
    address.alternatives().iter().find_map(|value| match value {
        ArgValue::Str(text) => {
            let api = sensitive_text(text).filter(|api| api.kind == SensitiveKind::Uri)?;
            (!BEHAVIOUR.contains(&api.category)).then(|| Meaning {
                information: api.category,
                api: text.clone(),
                way: "uri",
                permission: api.permission,
            })
        }
        ArgValue::Field(name) => contract(name),
        _ => None,
    })
}

/// Contract classes of the platform: their `CONTENT_URI` and the like.
fn contract(field: &str) -> Option<Meaning> {
    let (information, permission) = [
        ("android.provider.ContactsContract", "contacts", "android.permission.READ_CONTACTS"),
        ("android.provider.CallLog", "call_log", "android.permission.READ_CALL_LOG"),
        ("android.provider.Telephony", "sms", "android.permission.READ_SMS"),
        ("android.provider.CalendarContract", "calendar", "android.permission.READ_CALENDAR"),
        ("android.provider.MediaStore", "media", "android.permission.READ_EXTERNAL_STORAGE"),
        (
            "android.provider.VoicemailContract",
            "voicemail",
            "com.android.voicemail.permission.READ_VOICEMAIL",
        ),
    ]
    .iter()
    .find(|(prefix, ..)| field.starts_with(prefix))
    .map(|(_, information, permission)| (*information, *permission))?;
    Some(Meaning { information, api: field.to_owned(), way: "uri", permission: Some(permission) })
}

fn by_text(value: &ArgValue, way: &'static str, kind: SensitiveKind) -> Option<Meaning> {
    let joined;
    let text = match value {
        ArgValue::Str(text) => text,
        ArgValue::Array(items) => {
            let words: Vec<&str> = items
                .iter()
                .filter_map(
                    |item| if let ArgValue::Str(text) = item { Some(text.as_str()) } else { None },
                )
                .collect();
            joined = words.join(" ");
            &joined
        }
        _ => return None,
    };
    let api = sensitive_text(text).filter(|api| api.kind == kind)?;
    (!BEHAVIOUR.contains(&api.category)).then(|| Meaning {
        information: api.category,
        api: text.clone(),
        way,
        permission: api.permission,
    })
}

/// A system property, by what its name says.
fn property(value: &ArgValue) -> Option<Meaning> {
    let ArgValue::Str(name) = value else { return None };
    sensitive_text(name).filter(|api| api.kind == SensitiveKind::Property)?;
    let information = match name.as_str() {
        name if name.contains("serial") => "serial",
        name if name.contains("imei") => "imei",
        name if name.contains("operator") => "sim",
        _ => "build",
    };
    Some(Meaning { information, api: name.clone(), way: "property", permission: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(class: &str, method: &str, descriptor: &str, args: [ArgValue; 2]) -> Call {
        let [arg0, arg1] = args;
        Call {
            class: class.into(),
            method: method.into(),
            descriptor: descriptor.into(),
            arg0,
            arg1,
            ..Call::default()
        }
    }

    #[test]
    fn arguments_decide() {
        let text = |text: &str| ArgValue::Str(text.to_owned());
        let none = || ArgValue::Unknown;
        let string = "(Ljava/lang/String;)Ljava/lang/String;";
        let secure = "(Landroid/content/ContentResolver;Ljava/lang/String;)Ljava/lang/String;";
        let rows = [
            (
                call(
                    "android.telephony.TelephonyManager",
                    "getImei",
                    "()Ljava/lang/String;",
                    [none(), none()],
                ),
                Some(("imei", "call")),
            ),
            (
                call(
                    "android.provider.Settings$Secure",
                    "getString",
                    secure,
                    [none(), text("android_id")],
                ),
                Some(("android_id", "call")),
            ),
            (
                call(
                    "android.provider.Settings$Secure",
                    "getString",
                    secure,
                    [none(), text("default_input_method")],
                ),
                None,
            ),
            (
                call(
                    "java.io.FileInputStream",
                    "<init>",
                    "",
                    [text("/sys/class/net/wlan0/address"), none()],
                ),
                Some(("mac", "file")),
            ),
            (call("java.io.FileInputStream", "<init>", "", [text("/data/x"), none()]), None),
            (
                call("java.lang.Runtime", "exec", "", [text("pm list packages -3"), none()]),
                Some(("app_list", "command")),
            ),
            (
                call(
                    "java.lang.Runtime",
                    "exec",
                    "",
                    [ArgValue::Array(vec![text("pm"), text("list"), text("packages")]), none()],
                ),
                Some(("app_list", "command")),
            ),
            (call("java.lang.Runtime", "exec", "", [text("su"), none()]), None),
            (
                call("android.os.SystemProperties", "get", string, [text("ro.serialno"), none()]),
                Some(("serial", "property")),
            ),
            (
                call(
                    "android.content.ContentResolver",
                    "query",
                    "",
                    [text("content://sms/inbox"), none()],
                ),
                Some(("sms", "uri")),
            ),
            (
                call(
                    "android.content.ContentResolver",
                    "query",
                    "",
                    [
                        ArgValue::Field(
                            "android.provider.ContactsContract$Contacts.CONTENT_URI".into(),
                        ),
                        none(),
                    ],
                ),
                Some(("contacts", "uri")),
            ),
            (
                call(
                    "android.content.ContentResolver",
                    "query",
                    "",
                    [text("content://com.example.own"), none()],
                ),
                None,
            ),
            (
                call(
                    "android.content.ContentResolver",
                    "insert",
                    "",
                    [text("content://sms"), none()],
                ),
                None,
            ),
            (
                call(
                    "android.content.pm.PackageManager",
                    "getPackageInfo",
                    "(Ljava/lang/String;I)Landroid/content/pm/PackageInfo;",
                    [none(), none()],
                ),
                None,
            ),
            (
                call(
                    "android.content.pm.PackageManager",
                    "getInstalledPackages",
                    "(I)Ljava/util/List;",
                    [none(), none()],
                ),
                Some(("app_list", "call")),
            ),
            (
                call("java.lang.Class", "getMethod", "", [text("getDeviceId"), none()]),
                Some(("imei", "reflection")),
            ),
            (call("java.lang.Class", "getMethod", "", [text("getName"), none()]), None),
            (call("java.lang.Class", "getMethod", "", [text("doWork"), none()]), None),
            (
                call(
                    "android.telephony.TelephonyManager",
                    "listen",
                    "",
                    [none(), ArgValue::Int(0x20)],
                ),
                None,
            ),
            (
                call(
                    "android.telephony.TelephonyManager",
                    "listen",
                    "",
                    [none(), ArgValue::Int(0x10)],
                ),
                Some(("cell", "call")),
            ),
            (
                call(
                    "android.media.MediaDrm",
                    "getPropertyByteArray",
                    "",
                    [text("deviceUniqueId"), none()],
                ),
                Some(("drm_id", "call")),
            ),
        ];
        for (call, expected) in rows {
            let found = of_call(&call).map(|meaning| (meaning.information, meaning.way));
            assert_eq!(found, expected, "{}.{} {:?}", call.class, call.method, call.arg0);
        }
    }
}
