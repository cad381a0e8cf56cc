//! Manifest, permissions, signature, addresses.

use super::{evidence, list, run};
use crate::assess::{Context, Outcome, place_text};
use crate::catalogue::Need;
use crate::result::{Evidence, Verdict};
use menshen_base::Text;

/// Broadcasts that start an app that nobody opened.
const STARTING: [&str; 12] = [
    "android.intent.action.BOOT_COMPLETED",
    "android.intent.action.LOCKED_BOOT_COMPLETED",
    "android.intent.action.QUICKBOOT_POWERON",
    "android.intent.action.REBOOT",
    "android.intent.action.USER_PRESENT",
    "android.intent.action.ACTION_POWER_CONNECTED",
    "android.intent.action.ACTION_POWER_DISCONNECTED",
    "android.intent.action.PACKAGE_ADDED",
    "android.intent.action.PACKAGE_REMOVED",
    "android.intent.action.MEDIA_MOUNTED",
    "android.net.conn.CONNECTIVITY_CHANGE",
    "android.net.wifi.WIFI_STATE_CHANGED",
];
const INSTALL_PERMISSION: &str = "android.permission.REQUEST_INSTALL_PACKAGES";

pub(super) fn unused_permissions(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Package]) {
        return outcome;
    }
    let unused: Vec<_> = context.permissions.iter().filter(|row| row.used == Some(false)).collect();
    if unused.is_empty() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "清单中能由代码判断的危险权限都有使用处",
                "every dangerous permission of which code can tell is used",
            )
        });
    }
    if let Some(outcome) = context.lacks(&[Need::Code]) {
        return outcome;
    }
    let names: Vec<Text> = unused.iter().map(|row| Text::new(&row.name, &row.name)).collect();
    let names = list(&names);
    // Native code and pages of frameworks can use permissions that the bytecode does not.
    let outside = context.has_foreign_pages() || !context.facts.libraries.is_empty();
    let proof = unused.iter().map(|row| {
        evidence(
            "manifest",
            format!("{}：没有找到使用处", row.name),
            format!("{}: no use found", row.name),
        )
    });
    let (verdict, zh, en) = match outside {
        false => (Verdict::Fail, "申请了没有使用处的权限：", "permissions without any use: "),
        true => (
            Verdict::Review,
            "DEX 代码中没有使用处的权限（包内另有原生或框架代码）：",
            "permissions without use in the DEX code (there is native or framework code too): ",
        ),
    };
    Outcome::new(verdict, format!("{zh}{}", names.zh), format!("{en}{}", names.en)).with(proof)
}

pub(super) fn self_start(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Package]) {
        return outcome;
    }
    let early = context
        .log
        .into_iter()
        .flat_map(|log| log.of("self_start"))
        .filter(|event| event.consent != crate::behaviour::Consent::Agreed);
    let seen = run::starts(early);
    let receivers: Vec<Evidence> = context
        .facts
        .components
        .iter()
        .filter(|fact| fact.data.enabled && fact.data.kind == "receiver")
        .filter_map(|fact| {
            let actions: Vec<&str> = fact
                .data
                .actions
                .iter()
                .map(String::as_str)
                .filter(|action| STARTING.contains(action))
                .collect();
            (!actions.is_empty()).then(|| Evidence {
                place: place_text(&fact.place),
                ..evidence(
                    "manifest",
                    format!("{} 接收 {}", fact.data.name, actions.join(", ")),
                    format!("{} receives {}", fact.data.name, actions.join(", ")),
                )
            })
        })
        .collect();
    if !seen.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "运行中未经同意自启动",
            "the app started itself without consent",
        )
        .with(seen)
        .with(receivers);
    }
    if !receivers.is_empty() {
        return Outcome::new(
            Verdict::Review,
            "清单中有自启动的广播接收者；须确认有合理场景并已取得同意",
            "the manifest has receivers that start the app; confirm reason and consent",
        )
        .with(receivers);
    }
    Outcome::new(
        Verdict::Pass,
        "清单中没有自启动的广播接收者",
        "the manifest has no receiver that starts the app",
    )
}

pub(super) fn downloads(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Package]) {
        return outcome;
    }
    let mut found: Vec<Evidence> = context
        .permissions
        .iter()
        .filter(|row| row.name == INSTALL_PERMISSION)
        .map(|row| {
            evidence("manifest", format!("申请 {}", row.name), format!("asks for {}", row.name))
        })
        .collect();
    let calls = context
        .collections
        .iter()
        .filter(|fact| fact.data.information == "install" && fact.data.reachable != Some(false));
    found.extend(calls.map(|fact| Evidence {
        place: place_text(&fact.place),
        chain: fact.data.chain.clone(),
        ..evidence("code", format!("调用 {}", fact.data.api), format!("calls {}", fact.data.api))
    }));
    let silent: Vec<Evidence> = run::starts(
        context
            .log
            .into_iter()
            .flat_map(|log| log.of("download"))
            .filter(|event| event.confirmed == Some(false)),
    );
    if !silent.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "运行中未经确认就下载或安装",
            "something was downloaded or installed without being confirmed",
        )
        .with(silent)
        .with(found);
    }
    if !found.is_empty() {
        return Outcome::new(
            Verdict::Review,
            "App 能下载或安装其他应用；是否误导须操作确认",
            "the app can download or install others; whether it misleads takes a look",
        )
        .with(found);
    }
    context.lacks(&[Need::Code]).unwrap_or_else(|| {
        Outcome::new(
            Verdict::Pass,
            "没有安装应用的权限，也没有下载安装的调用",
            "there is neither a permission to install apps nor a call that downloads them",
        )
    })
}

pub(super) fn uninstall(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Package]) {
        return outcome;
    }
    let label = context.facts.application.first().and_then(|fact| fact.data.label.clone());
    if label.as_deref().is_none_or(|label| label.trim().is_empty()) {
        return Outcome::new(Verdict::Fail, "应用名称为空", "the app has no name");
    }
    let launcher =
        context.facts.components.iter().any(|fact| fact.data.launcher && fact.data.enabled);
    let admins: Vec<Evidence> = context
        .facts
        .components
        .iter()
        .filter(|fact| {
            fact.data.permission.as_deref() == Some("android.permission.BIND_DEVICE_ADMIN")
        })
        .map(|fact| {
            evidence(
                "manifest",
                format!("设备管理器：{}", fact.data.name),
                format!("device administrator: {}", fact.data.name),
            )
        })
        .collect();
    if !launcher || !admins.is_empty() {
        let (zh, en) = match launcher {
            false => (
                "没有桌面入口，须确认能否正常卸载",
                "there is no launcher entry: confirm that it can be removed",
            ),
            true => (
                "含设备管理器，须确认不妨碍卸载",
                "there is a device administrator: confirm that it does not block removal",
            ),
        };
        return Outcome::new(Verdict::Review, zh, en).with(admins);
    }
    Outcome::new(
        Verdict::Pass,
        "有名称和桌面入口，没有设备管理器",
        "there is a name and a launcher entry, and no device administrator",
    )
}

pub(super) fn signing(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Signature]) {
        return outcome;
    }
    let verified = context.facts.signing.iter().all(|fact| fact.data.verified);
    let schemes: Vec<&str> = context
        .facts
        .signing
        .iter()
        .flat_map(|fact| fact.data.schemes.iter().map(String::as_str))
        .collect();
    let bad: Vec<Evidence> = context
        .facts
        .certificates
        .iter()
        .filter(|fact| fact.data.current && (fact.data.debug || fact.data.test_key.is_some()))
        .map(|fact| {
            evidence(
                "manifest",
                format!("证书为调试或公开测试证书：{}", fact.data.subject),
                format!("debug or published test certificate: {}", fact.data.subject),
            )
        })
        .collect();
    if !verified {
        let errors: Vec<Evidence> = context
            .facts
            .signing
            .iter()
            .flat_map(|fact| &fact.data.errors)
            .map(|error| evidence("manifest", error.clone(), error.clone()))
            .collect();
        return Outcome::new(Verdict::Fail, "签名未通过验证", "the signature does not verify")
            .with(errors);
    }
    if !bad.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "签名有效，但使用了任何人都能得到的证书",
            "the signature verifies, but with a certificate that anybody has",
        )
        .with(bad);
    }
    Outcome::new(
        Verdict::Pass,
        format!("签名通过验证（{}）", schemes.join("、")),
        format!("the signature verifies ({})", schemes.join(", ")),
    )
}

pub(super) fn transport(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Package]) {
        return outcome;
    }
    let allowed = context
        .facts
        .network_policies
        .iter()
        .any(|fact| fact.data.cleartext && !fact.data.local_only && fact.data.scope != "debug");
    let mut hosts: Vec<&str> = context
        .facts
        .endpoints
        .iter()
        .filter(|fact| {
            fact.data.cleartext && fact.data.kind == "public" && fact.data.source != "resource"
        })
        .map(|fact| fact.data.url.as_str())
        .collect();
    hosts.sort_unstable();
    hosts.dedup();
    let proof = hosts.iter().map(|url| evidence("code", (*url).to_owned(), (*url).to_owned()));
    match (allowed, hosts.is_empty()) {
        (true, false) => Outcome::new(
            Verdict::Fail,
            format!("允许明文传输，包内有 {} 个明文地址", hosts.len()),
            format!(
                "cleartext is allowed, and the package has {} cleartext addresses",
                hosts.len()
            ),
        )
        .with(proof),
        (true, true) => Outcome::new(
            Verdict::Review,
            "允许明文传输，没有发现明文地址",
            "cleartext is allowed; no cleartext address was found",
        ),
        (false, _) => context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(Verdict::Pass, "不允许明文传输", "cleartext is not allowed")
        }),
    }
}
