//! The facts of the made-up app.

use super::{APK, manifest};
use menshen_base::{Owner, Place};
use menshen_facts::{
    Application, ArgValue, Call, Certificate, CodeShape, Component, DeepLink, Endpoint, Fact,
    Facts, Framework, How, Library, NetworkPolicy, Permission, Sdk, Secret, Signature, Signing,
};

fn fact<T>(data: T, owner: Owner, place: Place) -> Fact<T> {
    Fact { data, place, owner, how: How::Static }
}

fn file(path: &str) -> Place {
    Place::file(format!("{APK}!/{path}"))
}

fn strings(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

pub fn sample() -> Facts {
    let mut facts = Facts::default();
    let sdk = |id: &str| Owner::Sdk(id.into());
    facts.application.push(fact(application(), Owner::App, manifest(8)));
    components(&mut facts);
    for (name, level, group) in [
        ("android.permission.CAMERA", "dangerous", Some("CAMERA")),
        ("android.permission.INTERNET", "normal", None),
        ("android.permission.READ_CONTACTS", "dangerous", Some("CONTACTS")),
        ("android.permission.SYSTEM_ALERT_WINDOW", "special", None),
        ("com.example.bank.permission.PUSH", "signature", None),
    ] {
        let data = Permission {
            name: name.into(),
            level: level.into(),
            group: group.map(str::to_owned),
            declared_by: "uses-permission".into(),
            known: true,
            ..Permission::default()
        };
        facts.permissions.push(fact(data, Owner::App, manifest(0x200)));
    }
    facts.deep_links.push(fact(
        DeepLink {
            component: "com.example.bank.TransferActivity".into(),
            scheme: "demobank".into(),
            host: Some("pay".into()),
            browsable: true,
            exported: true,
            ..DeepLink::default()
        },
        Owner::App,
        manifest(0x1a80),
    ));
    facts.network_policies.push(fact(
        NetworkPolicy {
            scope: "base".into(),
            cleartext: true,
            cleartext_declared: true,
            source: "config".into(),
            ..NetworkPolicy::default()
        },
        Owner::App,
        file("res/xml/network_security_config.xml"),
    ));
    signing(&mut facts);
    libraries(&mut facts);
    endpoints(&mut facts);
    facts.secrets.push(fact(
        Secret {
            kind: "generic-secret".into(),
            masked: "9f3a…c1".into(),
            entropy: 3810,
            class: "secret".into(),
            confidence: "low".into(),
            name: Some("API_KEY".into()),
            source: "code".into(),
            digest: "aa".repeat(32),
            used: true,
        },
        Owner::Unknown,
        file("classes2.dex"),
    ));
    facts.calls.push(fact(
        Call {
            class: "javax.crypto.Cipher".into(),
            method: "getInstance".into(),
            descriptor: "(Ljava/lang/String;)Ljavax/crypto/Cipher;".into(),
            arg0: ArgValue::Str("AES/ECB/PKCS5Padding".into()),
            result: ArgValue::Result {
                method: "javax.crypto.Cipher.getInstance".into(),
                object: 2,
            },
            caller_class: "com.example.bank.crypto.Vault".into(),
            caller_method: "encrypt([B)[B".into(),
            ..Call::default()
        },
        Owner::App,
        file("classes.dex"),
    ));
    sdks(&mut facts);
    facts.frameworks.push(fact(
        Framework {
            id: "flutter".into(),
            name: "Flutter".into(),
            version: Some("3.22.2".into()),
            evidence: strings(&["lib/arm64-v8a/libflutter.so"]),
            code: strings(&["lib/arm64-v8a/libapp.so"]),
        },
        sdk("flutter"),
        file("lib/arm64-v8a/libflutter.so"),
    ));
    facts.code_shape.push(fact(
        CodeShape {
            classes: 11_204,
            methods: 68_113,
            own_classes: 913,
            short_names_permille: 30,
            obfuscated: Some(false),
            compilers: strings(&["d8", "kotlin"]),
            dex_files: 3,
        },
        Owner::App,
        file("classes.dex"),
    ));
    facts
}

fn application() -> Application {
    Application {
        package: "com.example.bank".into(),
        version_name: Some("3.2.1".into()),
        version_code: Some(30201),
        label: Some("示例银行".into()),
        min_sdk: 21,
        target_sdk: 30,
        allow_backup: true,
        uses_cleartext: true,
        has_code: true,
        ..Application::default()
    }
}

fn components(facts: &mut Facts) {
    for (kind, name, exported, launcher, permission) in [
        ("activity", "com.example.bank.Main", true, true, None),
        ("activity", "com.example.bank.TransferActivity", true, false, None),
        ("service", "com.example.bank.sync.SyncService", true, false, None),
        ("provider", "com.example.bank.data.ReceiptProvider", true, false, None),
        (
            "receiver",
            "com.example.bank.push.PushReceiver",
            true,
            false,
            Some("com.example.bank.permission.PUSH"),
        ),
        ("service", "com.example.bank.job.CleanupJob", false, false, None),
    ] {
        let data = Component {
            kind: kind.into(),
            name: name.into(),
            target: name.into(),
            exported,
            enabled: true,
            permission: permission.map(str::to_owned),
            protection: if permission.is_some() { "signature" } else { "none" }.into(),
            launcher,
            actions: strings(&["android.intent.action.VIEW"]),
            has_filter: exported,
            ..Component::default()
        };
        facts.components.push(fact(data, Owner::App, manifest(0x1a00)));
    }
}

fn signing(facts: &mut Facts) {
    let digest = "5c".repeat(32);
    facts.signatures.push(fact(
        Signature {
            scheme: "v1".into(),
            present: true,
            checked: true,
            verified: Some(true),
            algorithms: strings(&["SHA256withRSA"]),
            signers: vec![digest.clone()],
            problems: Vec::new(),
        },
        Owner::App,
        Place::file(APK),
    ));
    facts.signing.push(fact(
        Signing {
            signed: true,
            verified: true,
            schemes: strings(&["v1"]),
            v1_only: true,
            errors: Vec::new(),
        },
        Owner::App,
        Place::file(APK),
    ));
    facts.certificates.push(fact(
        Certificate {
            sha256: digest,
            subject: "CN=Example Bank, O=Example, C=CN".into(),
            issuer: "CN=Example Bank, O=Example, C=CN".into(),
            serial: "1f".into(),
            not_before: "2019-04-01".into(),
            not_after: "2044-03-25".into(),
            key_algorithm: "RSA".into(),
            key_bits: Some(2048),
            signature_algorithm: "SHA256withRSA".into(),
            digest: "SHA256".into(),
            self_signed: true,
            current: true,
            ..Certificate::default()
        },
        Owner::App,
        Place::file(APK),
    ));
}

fn libraries(facts: &mut Facts) {
    for (abi, name, owner) in [
        ("arm64-v8a", "libpay.so", Owner::App),
        ("armeabi-v7a", "libpay.so", Owner::App),
        ("arm64-v8a", "libflutter.so", Owner::Sdk("flutter".into())),
        ("arm64-v8a", "libumeng-spy.so", Owner::Sdk("umeng-analytics".into())),
    ] {
        let path = format!("lib/{abi}/{name}");
        let data = Library {
            path: path.clone(),
            name: name.into(),
            abi: abi.into(),
            bits: if abi.ends_with("v8a") { 64 } else { 32 },
            nx: true,
            pie: true,
            relro: if name == "libpay.so" { "partial" } else { "full" }.into(),
            canary: Some(name != "libpay.so"),
            fortify: None,
            page_alignment: if abi.ends_with("v8a") { 16384 } else { 4096 },
            language: "c".into(),
            build_id: Some("deadbeef".repeat(5)),
            ..Library::default()
        };
        facts.libraries.push(fact(data, owner, file(&path)));
    }
}

fn endpoints(facts: &mut Facts) {
    for (url, scheme, host, kind, cleartext, sdk) in [
        ("http://cdn.example-bank.com/img/", "http", "cdn.example-bank.com", "public", true, None),
        (
            "https://api.example-bank.com/v2/",
            "https",
            "api.example-bank.com",
            "public",
            false,
            None,
        ),
        (
            "https://ulogs.umeng.com/unify_logs",
            "https",
            "ulogs.umeng.com",
            "public",
            false,
            Some("umeng-analytics"),
        ),
        ("http://10.0.8.15:8080/", "http", "10.0.8.15", "lan", true, None),
    ] {
        let data = Endpoint {
            url: url.into(),
            scheme: scheme.into(),
            host: host.into(),
            kind: kind.into(),
            cleartext,
            sdk: sdk.map(str::to_owned),
            source: "code".into(),
            port: None,
        };
        let owner = sdk.map_or(Owner::App, |id| Owner::Sdk(id.into()));
        facts.endpoints.push(fact(data, owner, file("classes.dex")));
    }
}

fn sdks(facts: &mut Facts) {
    let rows = [
        (
            "okhttp",
            "OkHttp",
            "OkHttp",
            "Square",
            "network",
            Some("4.12.0"),
            "certain",
            Some("Apache-2.0"),
            Some("pkg:maven/com.squareup.okhttp3/okhttp@4.12.0"),
        ),
        (
            "flutter",
            "Flutter",
            "Flutter",
            "Google",
            "framework",
            Some("3.22.2"),
            "certain",
            Some("BSD-3-Clause"),
            None,
        ),
        (
            "umeng-analytics",
            "友盟统计",
            "Umeng Analytics",
            "Umeng",
            "analytics",
            None,
            "likely",
            Some("Proprietary licence of Umeng"),
            None,
        ),
    ];
    for (id, zh, en, provider, category, version, certainty, licence, purl) in rows {
        let data = Sdk {
            id: id.into(),
            name_zh: zh.into(),
            name_en: en.into(),
            provider_zh: provider.into(),
            provider_en: provider.into(),
            category: category.into(),
            version: version.map(str::to_owned),
            evidence: strings(&["package", "library"]),
            certainty: certainty.into(),
            classes: 310,
            personal_info: if id.starts_with("umeng") {
                strings(&["oaid", "android_id"])
            } else {
                vec![]
            },
            licence: licence.map(str::to_owned),
            purl: purl.map(str::to_owned),
        };
        facts.sdks.push(fact(data, Owner::Sdk(id.into()), file("classes3.dex")));
    }
}

/// Changes of every kind.
pub fn next_version(facts: &mut Facts) {
    facts.permissions.remove(0);
    facts.permissions[0].data.name = "android.permission.RECORD_AUDIO".into();
    facts.permissions[0].data.level = "dangerous".into();
    facts.components[5].data.exported = true;
    facts.components.remove(3);
    facts.sdks[0].data.version = Some("5.0.0".into());
    facts.sdks[2].data.id = "sensors-analytics".into();
    facts.sdks[2].data.name_zh = "神策分析".into();
    facts.sdks[2].data.name_en = "Sensors Analytics".into();
    facts.endpoints[0].data.url = "http://cdn2.example-bank.com/img/".into();
    facts.libraries.remove(1);
    facts.certificates[0].data.sha256 = "6d".repeat(32);
}

/// Puts hostile strings into the facts that reports print.
pub fn make_hostile(facts: &mut Facts, next: &mut impl FnMut() -> String) {
    for component in &mut facts.components {
        component.data.name = next();
        component.data.actions = vec![next()];
        component.data.permission = Some(next());
    }
    for permission in &mut facts.permissions {
        permission.data.name = next();
    }
    for endpoint in &mut facts.endpoints {
        endpoint.data.url = next();
        endpoint.data.host = next();
    }
    for certificate in &mut facts.certificates {
        certificate.data.subject = next();
        certificate.data.issuer = next();
        certificate.data.serial = next();
    }
    for signature in &mut facts.signatures {
        signature.data.problems = vec![next()];
    }
    for signing in &mut facts.signing {
        signing.data.errors = vec![next()];
    }
    for library in &mut facts.libraries {
        library.data.path = next();
        library.data.name = next();
    }
    for sdk in &mut facts.sdks {
        sdk.data.id = next();
        sdk.data.name_zh = next();
        sdk.data.name_en = next();
        sdk.data.provider_en = next();
        sdk.data.version = Some(next());
        sdk.data.licence = Some(next());
    }
    for link in &mut facts.deep_links {
        link.data.scheme = next();
        link.data.host = Some(next());
        link.data.path = Some(next());
    }
    for secret in &mut facts.secrets {
        secret.data.name = Some(next());
        secret.data.masked = next();
    }
    for framework in &mut facts.frameworks {
        framework.data.name = next();
    }
}
