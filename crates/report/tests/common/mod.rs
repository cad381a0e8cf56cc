//! A made-up app with everything a report can show, as a scan would assess it.
#![allow(dead_code, unreachable_pub)] // each test program uses a part of it

pub mod facts;
pub mod schema_check;

use menshen_base::{
    CodePlace, Confidence, Evidence, Finding, IssueKind, Maps, Occurrence, Owner, Place, ScanIssue,
    Severity, Sha256Hex, Text, Verdict, text,
};
use menshen_rules::assessment::{
    Artifact, ArtifactKind, Assessment, Control, Coverage, Gate, GateReason, RuleSummary, Share,
    Suppressed,
};

pub const APK: &str = "demo-bank-3.2.1.apk";

static DEX_CUT: IssueKind = IssueKind {
    code: "dex/truncated-code",
    title: text("方法代码不完整", "the code of a method is cut short"),
    lost: text("该方法内的调用未检查", "calls in that method were not looked at"),
};
static ENTRY_ENCRYPTED: IssueKind = IssueKind {
    code: "zip/encrypted-entry",
    title: text("条目已加密", "an entry is encrypted"),
    lost: text("该条目的内容未检查", "the content of that entry was not looked at"),
};

pub fn manifest(line_offset: u64) -> Place {
    let path = format!("{APK}!/AndroidManifest.xml");
    Place { path, offset: Some(line_offset), code: None }
}

pub fn code(dex: &str, class: &str, member: &str, instruction: u32, line: Option<u32>) -> Place {
    let code = CodePlace {
        class: class.into(),
        member: member.into(),
        instruction: Some(instruction),
        line,
    };
    Place { path: format!("{APK}!/{dex}"), offset: None, code: Some(code) }
}

/// Severity, rule, titles, maps: the rest is filled in by the caller.
pub fn finding(rule: &str, severity: Severity, owner: Owner, zh: &str, en: &str) -> Finding {
    Finding {
        rule: rule.into(),
        severity,
        confidence: Confidence::High,
        fingerprint: fingerprint(&[rule, &owner.to_string()]),
        owner,
        title: Text::new(zh, en),
        reason: Text::default(),
        fix: Text::default(),
        maps: Maps::default(),
        locations: Vec::new(),
        evidence: Vec::new(),
    }
}

/// A stand-in for the real fingerprint: stable, hexadecimal, different for different parts.
pub fn fingerprint(parts: &[&str]) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.join("\u{1f}").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

pub trait Build: Sized {
    fn why(self, zh: &str, en: &str) -> Self;
    fn fix(self, zh: &str, en: &str) -> Self;
    fn maps(self, cwe: &str, masvs: &str, maswe: &str) -> Self;
    fn at(self, place: Place, subject: &str, note: &str, window: &str) -> Self;
    fn sure(self, confidence: Confidence) -> Self;
}

impl Build for Finding {
    fn why(mut self, zh: &str, en: &str) -> Self {
        self.reason = Text::new(zh, en);
        self
    }

    fn fix(mut self, zh: &str, en: &str) -> Self {
        self.fix = Text::new(zh, en);
        self
    }

    fn maps(mut self, cwe: &str, masvs: &str, maswe: &str) -> Self {
        self.maps =
            Maps { cwe: vec![cwe.into()], masvs: vec![masvs.into()], maswe: vec![maswe.into()] };
        self
    }

    fn at(mut self, place: Place, subject: &str, note: &str, window: &str) -> Self {
        let occurrence = fingerprint(&[&self.rule, subject, &format!("{:?}", place.code)]);
        self.evidence.push(Evidence {
            place: place.clone(),
            note: note.into(),
            window: window.into(),
        });
        self.locations.push(Occurrence { place, subject: subject.into(), fingerprint: occurrence });
        self
    }

    fn sure(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence;
        self
    }
}

fn critical_and_high() -> Vec<Finding> {
    vec![
        finding("AND-NET-004", Severity::Critical, Owner::App, "不校验服务器证书", "Server certificates are not checked")
            .why(
                "checkServerTrusted 为空实现，任何人都可以冒充服务器，读取并篡改登录口令与转账请求。",
                "checkServerTrusted does nothing, so anyone on the network path can pose as the server and read or change logins and transfers.",
            )
            .fix(
                "删除自定义 X509TrustManager，使用平台默认校验；如需固定证书，在网络安全配置中写 pin-set。",
                "Remove the custom X509TrustManager and use the platform's check; to pin, write a pin-set in the network security config.",
            )
            .maps("CWE-295", "MASVS-NETWORK-1", "MASWE-0052")
            .at(
                code("classes.dex", "com.example.bank.net.TrustAll", "checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V", 0, Some(31)),
                "com.example.bank.net.TrustAll",
                "checkServerTrusted returns without checking",
                "public void checkServerTrusted(X509Certificate[] chain, String authType) {\n    return;\n}",
            )
            .at(
                code("classes2.dex", "com.example.bank.push.PushClient$1", "checkServerTrusted([Ljava/security/cert/X509Certificate;Ljava/lang/String;)V", 0, None),
                "com.example.bank.push.PushClient$1",
                "checkServerTrusted returns without checking",
                "",
            ),
        finding("AND-IPC-002", Severity::High, Owner::App, "组件可被任意应用调用", "Components that any app can start")
            .why(
                "这些组件已导出且未用权限保护，其他应用可以直接启动并传入数据。",
                "These components are exported and guarded by no permission: any app can start them and pass data to them.",
            )
            .fix(
                "不需要对外的组件写 android:exported=\"false\"；需要对外的用 signature 级权限保护。",
                "Write android:exported=\"false\" where no other app needs them; guard the others with a permission of level signature.",
            )
            .maps("CWE-926", "MASVS-PLATFORM-1", "MASWE-0062")
            .at(manifest(0x1a40), "com.example.bank.TransferActivity", "android:exported=\"true\"", "<activity\n    android:name=\"com.example.bank.TransferActivity\"\n    android:exported=\"true\" />")
            .at(manifest(0x1b10), "com.example.bank.sync.SyncService", "android:exported=\"true\"", "<service\n    android:name=\"com.example.bank.sync.SyncService\"\n    android:exported=\"true\">\n    <intent-filter>\n        <action android:name=\"com.example.bank.SYNC\" />")
            .at(manifest(0x1cc8), "com.example.bank.data.ReceiptProvider", "android:exported=\"true\"", "")
            .at(manifest(0x1d00), "com.example.bank.ui.PinActivity", "exported by its intent filter (targets 30)", "")
            .at(manifest(0x1d44), "com.example.bank.ui.CardActivity", "exported by its intent filter (targets 30)", "")
            .at(manifest(0x1d88), "com.example.bank.boot.BootReceiver", "android:exported=\"true\"", ""),
        finding("AND-CRY-001", Severity::High, Owner::App, "使用 ECB 模式加密", "Encryption in ECB mode")
            .why("相同的明文块得到相同的密文块，账户数据的结构可被看出。", "Equal blocks of plain text become equal blocks of cipher text: the structure of account data shows.")
            .fix("改用 AES/GCM/NoPadding，每次加密使用新的随机 IV。", "Use AES/GCM/NoPadding with a fresh random IV for each encryption.")
            .maps("CWE-327", "MASVS-CRYPTO-1", "MASWE-0020")
            .at(
                code("classes.dex", "com.example.bank.crypto.Vault", "encrypt([B)[B", 14, Some(58)),
                "AES/ECB/PKCS5Padding",
                "Cipher.getInstance(\"AES/ECB/PKCS5Padding\")",
                "56  SecretKeySpec key = new SecretKeySpec(KEY, \"AES\");\n57\n58  Cipher cipher = Cipher.getInstance(\"AES/ECB/PKCS5Padding\");\n59  cipher.init(Cipher.ENCRYPT_MODE, key);",
            ),
        finding("AND-WEB-003", Severity::High, Owner::Sdk("umeng-analytics".into()), "WebView 忽略证书错误", "WebView ignores certificate errors")
            .sure(Confidence::Medium)
            .why("onReceivedSslError 直接调用 proceed()。", "onReceivedSslError calls proceed() without a condition.")
            .fix("升级该 SDK 到 9.7 以上版本。", "Update the SDK to 9.7 or later.")
            .maps("CWE-295", "MASVS-NETWORK-1", "MASWE-0052")
            .at(
                code("classes3.dex", "com.umeng.web.UmWebViewClient", "onReceivedSslError(Landroid/webkit/WebView;Landroid/webkit/SslErrorHandler;Landroid/net/http/SslError;)V", 3, None),
                "com.umeng.web.UmWebViewClient",
                "handler.proceed()",
                "public void onReceivedSslError(WebView view, SslErrorHandler handler, SslError error) {\n    handler.proceed();\n}",
            ),
    ]
}

fn medium_and_less() -> Vec<Finding> {
    vec![
        finding("AND-MAN-001", Severity::Medium, Owner::App, "允许备份应用数据", "App data may be backed up")
            .why("android:allowBackup 为真且无备份规则。", "android:allowBackup holds and no backup rules exclude anything.")
            .fix("写 android:allowBackup=\"false\" 或用 dataExtractionRules 排除敏感文件。", "Write android:allowBackup=\"false\", or exclude sensitive files by dataExtractionRules.")
            .maps("CWE-530", "MASVS-STORAGE-2", "MASWE-0003")
            .at(manifest(0x7f0), "com.example.bank", "android:allowBackup=\"true\"", "<application\n    android:allowBackup=\"true\""),
        finding("AND-NET-001", Severity::Medium, Owner::App, "允许明文流量", "Cleartext traffic is allowed")
            .why("网络安全配置对所有域名允许明文。", "The network security config allows cleartext for all hosts.")
            .fix("在 base-config 中写 cleartextTrafficPermitted=\"false\"。", "Write cleartextTrafficPermitted=\"false\" in base-config.")
            .maps("CWE-319", "MASVS-NETWORK-1", "MASWE-0050")
            .at(Place::file(format!("{APK}!/res/xml/network_security_config.xml")), "base", "cleartextTrafficPermitted=\"true\"", "<base-config cleartextTrafficPermitted=\"true\" />"),
        finding("AND-STO-007", Severity::Medium, Owner::Unknown, "代码中写有密钥", "A key is written into the code")
            .sure(Confidence::Low)
            .why("任何人都可以从安装包读出它。", "Anyone can read it out of the package.")
            .fix("由服务器签发短期凭据。", "Let the server issue short-lived credentials.")
            .maps("CWE-798", "MASVS-CRYPTO-2", "MASWE-0005")
            .at(code("classes2.dex", "a.b.c", "a()V", 7, None), "generic-secret 9f3a…c1", "\"9f3a************c1\"", ""),
        finding("AND-NAT-002", Severity::Low, Owner::App, "原生库未启用 Full RELRO", "Native libraries without full RELRO")
            .why("全局偏移表可被改写。", "The global offset table can be overwritten.")
            .fix("链接时加 -Wl,-z,relro,-z,now。", "Link with -Wl,-z,relro,-z,now.")
            .maps("CWE-1328", "MASVS-CODE-4", "MASWE-0116")
            .at(Place::file(format!("{APK}!/lib/arm64-v8a/libpay.so")), "lib/arm64-v8a/libpay.so", "partial RELRO", "")
            .at(Place::file(format!("{APK}!/lib/armeabi-v7a/libpay.so")), "lib/armeabi-v7a/libpay.so", "partial RELRO", ""),
        finding("AND-COD-009", Severity::Info, Owner::App, "日志输出", "Writes to the log")
            .why("发布版本仍输出日志。", "The release build still writes to the log.")
            .fix("用 R8 规则移除 Log 调用。", "Remove Log calls by an R8 rule.")
            .maps("CWE-532", "MASVS-STORAGE-2", "MASWE-0001")
            .at(code("classes.dex", "com.example.bank.Main", "onCreate(Landroid/os/Bundle;)V", 40, Some(77)), "android.util.Log.d", "Log.d(\"login\", …)", ""),
        finding("AND-SIG-003", Severity::Medium, Owner::App, "仅有 v1 签名", "Signed by the v1 scheme alone")
            .why("Android 5.0 到 6.0 上可能被附加代码（Janus）。", "On Android 5.0 to 6.0 code can be put before it (Janus).")
            .fix("启用 v2 与 v3 签名。", "Enable the v2 and v3 schemes.")
            .maps("CWE-347", "MASVS-RESILIENCE-2", "MASWE-0104")
            .at(Place::file(APK), "v1", "schemes: v1", ""),
    ]
}

fn controls() -> Vec<Control> {
    let row = |id: &str, zh: &str, en: &str, verdict, rules: &[&str]| Control {
        id: id.into(),
        title: Text::new(zh, en),
        verdict,
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
    };
    let dynamic = Text::new("需要运行应用", "needs the app to be run");
    vec![
        row(
            "MASVS-STORAGE-1",
            "安全地存储敏感数据",
            "Sensitive data is stored securely",
            Verdict::Review,
            &["AND-STO-007"],
        ),
        row(
            "MASVS-STORAGE-2",
            "防止敏感数据泄露",
            "Sensitive data does not leak",
            Verdict::Fail,
            &["AND-MAN-001", "AND-COD-009"],
        ),
        row(
            "MASVS-CRYPTO-1",
            "采用当前公认的强密码算法",
            "Current strong cryptography",
            Verdict::Fail,
            &["AND-CRY-001"],
        ),
        row(
            "MASVS-NETWORK-1",
            "保护全部网络通信",
            "All network traffic is protected",
            Verdict::Fail,
            &["AND-NET-001", "AND-NET-004"],
        ),
        row(
            "MASVS-NETWORK-2",
            "对自有服务固定身份",
            "Identity pinning for own services",
            Verdict::Pass,
            &[],
        ),
        row(
            "MASVS-PLATFORM-1",
            "安全使用进程间通信",
            "IPC is used securely",
            Verdict::Fail,
            &["AND-IPC-002"],
        ),
        row(
            "MASVS-AUTH-2",
            "本地认证安全",
            "Local authentication is secure",
            Verdict::NotAssessed(dynamic),
            &[],
        ),
        row(
            "MASVS-RESILIENCE-1",
            "验证平台完整性",
            "Platform integrity is checked",
            Verdict::NotApplicable,
            &[],
        ),
    ]
}

fn gate() -> Gate {
    Gate {
        passed: false,
        baseline: "default".into(),
        reasons: vec![
            GateReason {
                kind: "severity".into(),
                text: Text::new(
                    "严重问题 1 项，上限 0 项",
                    "1 critical finding, at most 0 allowed",
                ),
                rules: vec!["AND-NET-004".into()],
            },
            GateReason {
                kind: "severity".into(),
                text: Text::new("高危问题 3 项，上限 0 项", "3 high findings, at most 0 allowed"),
                rules: vec!["AND-IPC-002".into(), "AND-CRY-001".into(), "AND-WEB-003".into()],
            },
        ],
        suppressed: vec![Suppressed {
            fingerprint: fingerprint(&["AND-SIG-003", "app"]),
            rule: "AND-SIG-003".into(),
            reason: "Sold only for Android 7 and later from 2026-12".into(),
            owner: Some("release@example.com".into()),
            expires: Some("2026-12-31".into()),
        }],
        score: 41,
    }
}

/// An app with findings of every severity, for every owner, and with every kind of fact.
pub fn sample() -> Assessment {
    let mut findings = critical_and_high();
    findings.extend(medium_and_less());
    let share = |done, total| Share { done, total };
    Assessment {
        artifact: Artifact {
            kind: ArtifactKind::Apk,
            name: APK.into(),
            sha256: Some(Sha256Hex::from_bytes(&[0x3b; 32])),
            size_bytes: 19_083_264,
            parts: Vec::new(),
            package: Some("com.example.bank".into()),
            version_name: Some("3.2.1".into()),
            version_code: Some(30201),
            label: Some("示例银行".into()),
            min_sdk: Some(21),
            target_sdk: Some(30),
        },
        findings,
        scan_issues: vec![
            ScanIssue::new(&DEX_CUT)
                .at(0x21f04)
                .detail("insns_size 65535, 812 units left")
                .within("classes3.dex")
                .within(APK),
            ScanIssue::new(&ENTRY_ENCRYPTED).within("assets/model.bin").within(APK),
        ],
        controls: controls(),
        coverage: Coverage {
            depth: "quick".into(),
            as_of: "2026-11-25".into(),
            entries: share(1413, 1414),
            dex_files: share(3, 3),
            classes: share(11_204, 11_204),
            methods: share(68_112, 68_113),
            native_libraries: share(6, 6),
            rules: share(118, 121),
            not_assessed: vec![Text::new(
                "三条规则需要跨方法的数据流，快速检查不提供",
                "Three rules need data flow between methods, which a quick scan does not provide",
            )],
        },
        gate: gate(),
        facts: facts::sample(),
    }
}

/// The rule table that goes with [`sample`], with one rule that did not fire.
pub fn rules() -> Vec<RuleSummary> {
    let areas = [
        ("AND-NET-", "network"),
        ("AND-IPC-", "ipc"),
        ("AND-CRY-", "crypto"),
        ("AND-WEB-", "webview"),
        ("AND-MAN-", "manifest"),
        ("AND-STO-", "storage"),
        ("AND-NAT-", "native"),
        ("AND-COD-", "code"),
        ("AND-SIG-", "signature"),
    ];
    let mut rules: Vec<RuleSummary> = sample()
        .findings
        .into_iter()
        .map(|finding| RuleSummary {
            area: areas
                .iter()
                .find(|(prefix, _)| finding.rule.starts_with(prefix))
                .map_or_else(String::new, |(_, area)| (*area).to_owned()),
            id: finding.rule,
            severity: finding.severity,
            title: finding.title,
            maps: finding.maps,
        })
        .collect();
    rules.push(RuleSummary {
        id: "AND-NET-002".into(),
        area: "network".into(),
        severity: Severity::Medium,
        title: Text::new("信任用户安装的证书", "User-installed certificates are trusted"),
        maps: Maps { cwe: vec!["CWE-295".into()], ..Maps::default() },
    });
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules
}

/// Nothing found in all that was looked at.
pub fn clean() -> Assessment {
    let mut clean = sample();
    clean.findings.clear();
    clean.scan_issues.clear();
    clean.controls.retain(|control| control.verdict == Verdict::Pass);
    clean.coverage.not_assessed.clear();
    clean.gate = Gate { passed: true, baseline: "default".into(), score: 100, ..Gate::default() };
    clean
}

/// The version after [`sample`]: a new finding, a repaired one, one with another location, and
/// changes of every kind of fact.
pub fn next_version() -> Assessment {
    let mut next = sample();
    next.artifact.name = "demo-bank-3.3.0.apk".into();
    next.artifact.sha256 = Some(Sha256Hex::from_bytes(&[0x4c; 32]));
    next.artifact.version_name = Some("3.3.0".into());
    next.artifact.version_code = Some(30300);
    next.artifact.target_sdk = Some(34);
    next.gate.score = 63;
    next.findings.retain(|finding| finding.rule != "AND-NET-004");
    let exported = next.findings.iter_mut().find(|one| one.rule == "AND-IPC-002").unwrap();
    exported.locations.remove(0);
    exported.locations[1].subject = "com.example.bank.ui.QrActivity".into();
    exported.locations[1].fingerprint = fingerprint(&["QrActivity"]);
    let moved = next.findings.iter_mut().find(|one| one.rule == "AND-CRY-001").unwrap();
    moved.locations[0].place.code.as_mut().unwrap().line = Some(64);
    let backup = next.findings.iter_mut().find(|one| one.rule == "AND-MAN-001").unwrap();
    backup.severity = Severity::High;
    next.findings.push(
        finding(
            "AND-WEB-001",
            Severity::Medium,
            Owner::App,
            "WebView 可读取本地文件",
            "WebView reads local files",
        )
        .fix("调用 setAllowFileAccess(false)。", "Call setAllowFileAccess(false).")
        .at(
            code(
                "classes.dex",
                "com.example.bank.ui.HelpActivity",
                "onCreate(Landroid/os/Bundle;)V",
                22,
                Some(40),
            ),
            "setAllowFileAccess(true)",
            "setAllowFileAccess(true)",
            "",
        ),
    );
    for place in next.findings.iter_mut().flat_map(|one| &mut one.locations) {
        place.place.path = place.place.path.replace("3.2.1", "3.3.0");
    }
    facts::next_version(&mut next.facts);
    next
}

/// Strings that try to leave the place where a report prints them.
pub const HOSTILE: &[&str] = &[
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(2)>",
    "' onmouseover='alert(3)",
    "<!--",
    "]]>",
    "&lt;b&gt;&#x3c;",
    "\u{1b}[2J\u{1b}]0;title\u{7}",
    "line\nfeed\r\ttab",
    "gpj.\u{202e}exe\u{2066}\u{2069}",
    "zero\u{200b}width\u{feff}",
    "javascript:alert(4)",
    "\u{0}nul",
];

/// [`sample`] with a hostile string in every place that an artifact can fill.
pub fn hostile() -> Assessment {
    let mut index = 0;
    let mut next = || {
        index += 1;
        HOSTILE[index % HOSTILE.len()].to_owned()
    };
    let mut sample = sample();
    sample.artifact.name = next();
    sample.artifact.package = Some(next());
    sample.artifact.version_name = Some(next());
    sample.artifact.label = Some(next());
    for finding in &mut sample.findings {
        finding.title = Text::new(next(), next());
        finding.reason = Text::new(next(), next());
        finding.fix = Text::new(next(), next());
        finding.rule = next();
        finding.maps.cwe = vec![next()];
        finding.fingerprint = next();
        finding.owner = Owner::Sdk(next());
        for location in &mut finding.locations {
            location.subject = next();
            location.place = Place { path: next(), offset: Some(1), code: None };
        }
        for evidence in &mut finding.evidence {
            evidence.note = next();
            evidence.window = HOSTILE.join("\n");
        }
    }
    for issue in &mut sample.scan_issues {
        issue.detail = next();
        issue.place.path = next();
    }
    for control in &mut sample.controls {
        control.title = Text::new(next(), next());
        control.rules = vec![next()];
    }
    for reason in &mut sample.gate.reasons {
        reason.text = Text::new(next(), next());
    }
    for entry in &mut sample.gate.suppressed {
        entry.reason = next();
        entry.owner = Some(next());
    }
    sample.gate.baseline = next();
    facts::make_hostile(&mut sample.facts, &mut next);
    sample
}
