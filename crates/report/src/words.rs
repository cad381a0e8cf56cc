//! The vocabulary of the reports in both languages. Terms as in `docs/glossary.md`.

use menshen_base::{Confidence, Severity, StaticText, Text, Verdict, text};
use menshen_rules::assessment::ArtifactKind;

pub(crate) const SEVERITIES: [Severity; 5] =
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];

pub(crate) fn severity(severity: Severity) -> StaticText {
    match severity {
        Severity::Critical => text("严重", "critical"),
        Severity::High => text("高危", "high"),
        Severity::Medium => text("中危", "medium"),
        Severity::Low => text("低危", "low"),
        Severity::Info => text("提示", "info"),
    }
}

/// The word that JSON uses, for class names and filters.
pub(crate) fn severity_id(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low => "low",
        Severity::Info => "info",
    }
}

pub(crate) fn confidence(confidence: Confidence) -> StaticText {
    match confidence {
        Confidence::High => text("置信度高", "high confidence"),
        Confidence::Medium => text("置信度中", "medium confidence"),
        Confidence::Low => text("置信度低", "low confidence"),
    }
}

/// The confidence where a label beside it says what it is.
pub(crate) fn degree(confidence: Confidence) -> StaticText {
    match confidence {
        Confidence::High => text("高", "high"),
        Confidence::Medium => text("中", "medium"),
        Confidence::Low => text("低", "low"),
    }
}

pub(crate) fn verdict(verdict: &Verdict) -> StaticText {
    match verdict {
        Verdict::Pass => text("符合", "pass"),
        Verdict::Fail => text("不符合", "fail"),
        Verdict::Review => text("待人工复核", "review"),
        Verdict::NotApplicable => text("不适用", "not applicable"),
        Verdict::NotAssessed(_) => text("未评估", "not assessed"),
    }
}

pub(crate) fn verdict_id(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Review => "review",
        Verdict::NotApplicable => "not-applicable",
        Verdict::NotAssessed(_) => "not-assessed",
    }
}

pub(crate) fn kind(kind: ArtifactKind) -> StaticText {
    match kind {
        ArtifactKind::Unknown => text("未识别的文件", "unrecognised file"),
        ArtifactKind::Apk => text("安卓应用 APK", "Android app (APK)"),
        ArtifactKind::ApkSet => text("安卓应用（拆分 APK）", "Android app (split APKs)"),
        ArtifactKind::Aab => text("安卓应用 AAB", "Android app bundle (AAB)"),
        ArtifactKind::Aar => text("安卓 SDK AAR", "Android SDK (AAR)"),
        ArtifactKind::Jar => text("Java 库 JAR", "Java library (JAR)"),
    }
}

/// The kind in a line that holds much else.
pub(crate) fn kind_short(kind: ArtifactKind) -> StaticText {
    match kind {
        ArtifactKind::Unknown => text("未识别", "unrecognised"),
        ArtifactKind::Apk => text("APK", "APK"),
        ArtifactKind::ApkSet => text("拆分 APK", "split APKs"),
        ArtifactKind::Aab => text("AAB", "AAB"),
        ArtifactKind::Aar => text("AAR", "AAR"),
        ArtifactKind::Jar => text("JAR", "JAR"),
    }
}

/// Name of an area; areas of users' own rules are printed as they are (`None`).
pub(crate) fn area(id: &str) -> Option<StaticText> {
    Some(match id {
        "manifest" => text("清单配置", "manifest"),
        "signature" => text("签名", "signature"),
        "network" => text("网络通信", "network"),
        "crypto" => text("密码算法", "cryptography"),
        "storage" => text("数据存储", "storage"),
        "ipc" => text("组件通信", "inter-process communication"),
        "webview" => text("WebView", "WebView"),
        "code" => text("代码", "code"),
        "privacy" => text("个人信息", "privacy"),
        "native" => text("原生库", "native code"),
        "auth" => text("身份认证", "authentication"),
        "platform" => text("平台交互", "platform interaction"),
        "resilience" => text("抗攻击能力", "resilience"),
        "other" => text("其他", "other"),
        _ => return None,
    })
}

/// A kind of component; unknown kinds are printed as they are.
pub(crate) fn component(kind: &str) -> Text {
    match kind {
        "activity" => text("活动", "activity").into(),
        "activity-alias" => text("活动别名", "activity alias").into(),
        "service" => text("服务", "service").into(),
        "receiver" => text("广播接收器", "receiver").into(),
        "provider" => text("内容提供器", "provider").into(),
        other => Text::new(other, other),
    }
}

/// Marketing version of an API level. Levels before 21 and after the table have no name here.
/// Source: "Codenames, tags, and build numbers", source.android.com.
pub(crate) fn android_version(level: i64) -> Option<&'static str> {
    Some(match level {
        14 | 15 => "4.0",
        16 => "4.1",
        17 => "4.2",
        18 => "4.3",
        19 | 20 => "4.4",
        21 => "5.0",
        22 => "5.1",
        23 => "6.0",
        24 => "7.0",
        25 => "7.1",
        26 => "8.0",
        27 => "8.1",
        28 => "9",
        29 => "10",
        30 => "11",
        31 => "12",
        32 => "12L",
        33 => "13",
        34 => "14",
        35 => "15",
        36 => "16",
        _ => return None,
    })
}

/// What a bilingual report calls things that occur in more than one format.
pub(crate) const PASS: StaticText = text("通过", "PASS");
pub(crate) const FAIL: StaticText = text("不通过", "FAIL");
pub(crate) const REASON: StaticText = text("原因", "why");
pub(crate) const FIX: StaticText = text("修复", "fix");

/// The parts as clauses of one sentence; empty ones are left out.
pub(crate) fn sentence(parts: &[&str], lang: menshen_base::Lang) -> String {
    let separator = match lang {
        menshen_base::Lang::Zh => "；",
        menshen_base::Lang::En => "; ",
    };
    let parts: Vec<&str> = parts.iter().copied().filter(|part| !part.is_empty()).collect();
    parts.join(separator)
}
