//! What the walk knows of the platform: who calls back whom, and which names speak of consent.

/// How surely making an object of a class leads to its callback being run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HandOff {
    /// The object is made to be run.
    Runs,
    /// It runs if the method that makes it gives it to something that runs it.
    WhenGiven,
    /// It runs when something else happens.
    Maybe,
    /// A person has to act first.
    Person,
}

/// Supertype, its callbacks, and when they run.
pub(super) const HAND_OFFS: &[(&str, &[&str], HandOff)] = &[
    ("java.lang.Thread", &["run"], HandOff::Runs),
    ("java.lang.Runnable", &["run"], HandOff::WhenGiven),
    ("java.util.concurrent.Callable", &["call"], HandOff::WhenGiven),
    ("java.util.TimerTask", &["run"], HandOff::Runs),
    (
        "android.os.AsyncTask",
        &["onPreExecute", "doInBackground", "onPostExecute", "onProgressUpdate"],
        HandOff::Runs,
    ),
    ("android.os.Handler", &["handleMessage"], HandOff::Runs),
    ("android.os.Handler$Callback", &["handleMessage"], HandOff::Runs),
    ("android.os.HandlerThread", &["onLooperPrepared", "run"], HandOff::Runs),
    ("android.os.MessageQueue$IdleHandler", &["queueIdle"], HandOff::Runs),
    ("android.os.CountDownTimer", &["onTick", "onFinish"], HandOff::Runs),
    ("kotlin.coroutines.jvm.internal.BaseContinuationImpl", &["invokeSuspend"], HandOff::Runs),
    ("kotlin.coroutines.jvm.internal.SuspendLambda", &["invokeSuspend"], HandOff::Runs),
    (
        "android.app.Application$ActivityLifecycleCallbacks",
        &["onActivityPreCreated", "onActivityCreated", "onActivityStarted", "onActivityResumed"],
        HandOff::Runs,
    ),
    ("android.content.ServiceConnection", &["onServiceConnected"], HandOff::Runs),
    ("android.content.BroadcastReceiver", &["onReceive"], HandOff::Maybe),
    ("android.database.ContentObserver", &["onChange"], HandOff::Maybe),
    ("android.location.LocationListener", &["onLocationChanged"], HandOff::Runs),
    ("android.hardware.SensorEventListener", &["onSensorChanged"], HandOff::Runs),
    (
        "android.net.ConnectivityManager$NetworkCallback",
        &["onAvailable", "onCapabilitiesChanged", "onLinkPropertiesChanged"],
        HandOff::Runs,
    ),
    (
        "androidx.lifecycle.DefaultLifecycleObserver",
        &["onCreate", "onStart", "onResume"],
        HandOff::Runs,
    ),
    ("androidx.lifecycle.LifecycleEventObserver", &["onStateChanged"], HandOff::Runs),
    ("androidx.lifecycle.Observer", &["onChanged"], HandOff::Maybe),
    ("java.lang.reflect.InvocationHandler", &["invoke"], HandOff::Maybe),
    (
        "androidx.fragment.app.Fragment",
        &["onAttach", "onCreate", "onCreateView", "onViewCreated", "onStart", "onResume"],
        HandOff::Runs,
    ),
    (
        "android.app.Fragment",
        &["onAttach", "onCreate", "onCreateView", "onViewCreated", "onStart", "onResume"],
        HandOff::Runs,
    ),
    (
        "android.support.v4.app.Fragment",
        &["onAttach", "onCreate", "onCreateView", "onViewCreated", "onStart", "onResume"],
        HandOff::Runs,
    ),
    ("android.app.Dialog", &["onCreate", "onStart"], HandOff::Runs),
    ("android.view.View", &["onAttachedToWindow", "onFinishInflate"], HandOff::Runs),
    ("android.webkit.WebViewClient", &["onPageStarted", "onPageFinished"], HandOff::Maybe),
    ("android.view.View$OnClickListener", &["onClick"], HandOff::Person),
    ("android.view.View$OnLongClickListener", &["onLongClick"], HandOff::Person),
    ("android.view.View$OnTouchListener", &["onTouch"], HandOff::Person),
    ("android.content.DialogInterface$OnClickListener", &["onClick"], HandOff::Person),
    ("android.content.DialogInterface$OnDismissListener", &["onDismiss"], HandOff::Person),
    ("android.content.DialogInterface$OnCancelListener", &["onCancel"], HandOff::Person),
    (
        "android.widget.CompoundButton$OnCheckedChangeListener",
        &["onCheckedChanged"],
        HandOff::Person,
    ),
    ("android.widget.AdapterView$OnItemClickListener", &["onItemClick"], HandOff::Person),
    ("android.view.MenuItem$OnMenuItemClickListener", &["onMenuItemClick"], HandOff::Person),
    ("androidx.activity.result.ActivityResultCallback", &["onActivityResult"], HandOff::Person),
    ("android.widget.TextView$OnEditorActionListener", &["onEditorAction"], HandOff::Person),
    ("android.widget.AdapterView$OnItemSelectedListener", &["onItemSelected"], HandOff::Maybe),
    ("android.text.style.ClickableSpan", &["onClick"], HandOff::Person),
];

/// Methods that run what they are given, now or soon.
pub(super) const RUNNERS: &[&str] = &[
    "post",
    "postDelayed",
    "postAtTime",
    "postAtFrontOfQueue",
    "execute",
    "executeOnExecutor",
    "submit",
    "schedule",
    "scheduleAtFixedRate",
    "scheduleWithFixedDelay",
    "runOnUiThread",
    "start",
    "invokeAll",
    "invokeAny",
    "addIdleHandler",
    "subscribe",
    "launch",
    "async",
    "supplyAsync",
    "runAsync",
];

/// The class of a thread is one of its runners: `new Thread(runnable)`.
pub(super) const RUNNER_CLASS: &str = "java.lang.Thread";

/// Methods of components that the platform calls when it starts them.
pub(super) const LIFECYCLE: &[&str] = &[
    "<clinit>",
    "<init>",
    "attachBaseContext",
    "attachInfo",
    "onCreate",
    "onPostCreate",
    "onStart",
    "onResume",
    "onPostResume",
    "onAttachedToWindow",
    "onWindowFocusChanged",
    "onStartCommand",
    "onStartJob",
    "onHandleIntent",
    "onHandleWork",
    "onBind",
    "onReceive",
    "doWork",
    "startWork",
    "createWork",
    "create",
    "dependencies",
];

/// Types whose calls say little about which object is meant.
pub(super) const FUNCTIONAL: &[&str] = &[
    "kotlin.jvm.functions.",
    "java.util.function.",
    "java.lang.Runnable",
    "java.util.concurrent.Callable",
    "io.reactivex.",
    "rx.functions.",
];

/// Methods of `Object` and of comparison: their calls are not followed.
pub(super) const NOT_FOLLOWED: &[&str] =
    &["toString", "equals", "hashCode", "compareTo", "compare", "finalize"];

/// Ways to read what was stored in an earlier run.
pub(super) const STORED_READERS: &[(&str, &[&str])] = &[
    (
        "android.content.SharedPreferences",
        &["getBoolean", "getInt", "getLong", "getString", "contains"],
    ),
    (
        "com.tencent.mmkv.MMKV",
        &[
            "decodeBool",
            "decodeInt",
            "decodeLong",
            "decodeString",
            "containsKey",
            "getBoolean",
            "getInt",
            "getString",
            "contains",
        ],
    ),
];

/// Parts of names and keys that speak of consent given.
const GIVEN: &[&str] = &[
    "agree",
    "accept",
    "consent",
    "privacy",
    "permit",
    "protocol",
    "policy",
    "gdpr",
    "authoriz",
    "authoris",
    "compliance",
    "同意",
    "隐私",
    "协议",
];
/// Parts of names and keys that are true while consent is still missing.
const MISSING: &[&str] = &["first", "show", "need", "should", "refuse", "reject", "deny", "guide"];

/// What a name or key says about consent: `Some(true)` when a true value means that it was given,
/// `Some(false)` when it means that it is missing, `None` when it says nothing.
pub(super) fn speaks_of_consent(name: &str) -> Option<bool> {
    let lower = name.to_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    let given = has(GIVEN);
    match has(MISSING) {
        true if given || lower.contains("first") => Some(false),
        _ => given.then_some(true),
    }
}

#[cfg(test)]
mod tests {
    use super::speaks_of_consent;

    #[test]
    fn names() {
        for (name, expected) in [
            ("isAgreed", Some(true)),
            ("privacy_accepted", Some(true)),
            ("hasConsent", Some(true)),
            ("showPrivacyDialog", Some(false)),
            ("isFirstLaunch", Some(false)),
            ("needConsent", Some(false)),
            ("用户已同意", Some(true)),
            ("darkMode", None),
            ("needUpdate", None),
            ("", None),
        ] {
            assert_eq!(speaks_of_consent(name), expected, "{name}");
        }
    }
}
