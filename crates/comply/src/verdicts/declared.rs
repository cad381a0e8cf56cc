//! The policy against the code.

use super::code::{is_sensitive, names_of};
use super::{distinct, evidence, list, of_collection};
use crate::assess::{Context, Outcome};
use crate::catalogue::Need;
use crate::result::{Evidence, SdkRow, Verdict};
use menshen_base::Text;
use menshen_facts::{Collection, Fact};

/// Categories of SDKs that choose content or advertising for a person.
const TARGETING: [&str; 3] = ["ads", "ad_mediation", "recommendation"];

/// What the app itself collects without saying so.
fn undeclared<'c>(context: &'c Context<'_>) -> Vec<&'c Fact<Collection>> {
    let Some(declared) = context.declared() else { return Vec::new() };
    distinct(
        context
            .personal()
            .filter(|fact| fact.data.sdk.is_none() && !declared.declares(&fact.data.information)),
    )
}

fn undeclared_sdks<'c>(context: &'c Context<'_>) -> Vec<&'c SdkRow> {
    context.sdks.iter().filter(|row| row.state == "undeclared").collect()
}

fn of_sdk(row: &SdkRow) -> Evidence {
    let known = row.known_information.join("、");
    let seen = row.found_information.join("、");
    let tail = |zh: bool| match (known.is_empty(), seen.is_empty(), zh) {
        (_, false, true) => format!("，包内发现其收集：{seen}"),
        (_, false, false) => format!("; collects here: {seen}"),
        (false, true, true) => format!("，公开资料称其收集：{known}"),
        (false, true, false) => format!("; known to collect: {known}"),
        _ => String::new(),
    };
    Evidence {
        place: row.id.clone(),
        ..evidence(
            "sdk",
            format!("{}（{}）{}", row.name.zh, row.provider.zh, tail(true)),
            format!("{} ({}){}", row.name.en, row.provider.en, tail(false)),
        )
    }
}

fn sdk_names(rows: &[&SdkRow]) -> Text {
    let names: Vec<Text> = rows.iter().map(|row| row.name.clone()).collect();
    list(&names)
}

pub(super) fn scope(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let types = undeclared(context);
    let sdks = undeclared_sdks(context);
    if types.is_empty() && sdks.is_empty() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "收集的信息类型和会收集信息的 SDK 都在政策中列出",
                "all types collected and all SDKs that collect are listed in the policy",
            )
        });
    }
    let type_names = super::types_of(&types);
    let names = sdk_names(&sdks);
    let zh = [("信息类型：", &type_names.zh), ("SDK：", &names.zh)];
    let en = [("types: ", &type_names.en), ("SDKs: ", &names.en)];
    let join = |parts: [(&str, &String); 2], separator: &str| -> String {
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, names)| !names.is_empty())
            .map(|(head, names)| format!("{head}{names}"))
            .collect();
        parts.join(separator)
    };
    Outcome::new(
        Verdict::Fail,
        format!("政策未列出——{}", join(zh, "；")),
        format!("not listed in the policy: {}", join(en, "; ")),
    )
    .with(types.into_iter().map(|fact| of_collection(context, fact)))
    .with(sdks.into_iter().map(of_sdk))
}

pub(super) fn types(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let found = undeclared(context);
    if found.is_empty() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "App 自身收集的信息类型都在政策中声明",
                "all types that the app itself collects are declared",
            )
        });
    }
    let names = super::types_of(&found);
    Outcome::new(
        Verdict::Fail,
        format!("收集但政策未声明：{}", names.zh),
        format!("collected but not declared: {}", names.en),
    )
    .with(found.into_iter().map(|fact| of_collection(context, fact)))
}

pub(super) fn sdks(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let missing = undeclared_sdks(context);
    if missing.is_empty() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "会收集个人信息的 SDK 都在政策清单中",
                "all SDKs that collect are on the policy's list",
            )
        });
    }
    let names = sdk_names(&missing);
    Outcome::new(
        Verdict::Fail,
        format!("政策未列出的 SDK：{}", names.zh),
        format!("SDKs that the policy does not list: {}", names.en),
    )
    .with(missing.into_iter().map(of_sdk))
}

/// SDKs that are not listed, and data seen to leave for third parties that are not.
pub(super) fn third_parties(context: &Context<'_>) -> Outcome {
    let outcome = sdks(context);
    let sent: Vec<Evidence> = context
        .log
        .into_iter()
        .flat_map(|log| log.of("send"))
        .filter_map(|event| {
            let host = event.host.as_deref()?;
            let sdk = menshen_models::sdks().by_host(host)?;
            (context.declared().is_some() && !context.sdk_declared(sdk.id)).then(|| Evidence {
                place: format!("log#{}", event.line),
                ..evidence(
                    "log",
                    format!("向 {host}（{}）发送数据，政策未列出", sdk.name_zh),
                    format!(
                        "data sent to {host} ({}), which the policy does not list",
                        sdk.name_en
                    ),
                )
            })
        })
        .collect();
    if sent.is_empty() || outcome.verdict == Verdict::Fail {
        return outcome.with(sent);
    }
    Outcome::new(
        Verdict::Fail,
        "运行中向政策未列出的第三方发送数据",
        "data was sent to third parties that the policy does not list",
    )
    .with(sent)
}

pub(super) fn sdk_details(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let Some(declared) = context.declared() else { return types(context) };
    let collecting = context.sdks.iter().any(|row| row.collects);
    if declared.sdks.is_empty() {
        return match (collecting, context.lacks(&[Need::Code])) {
            (true, _) => Outcome::new(
                Verdict::Fail,
                "含会收集个人信息的 SDK，政策没有 SDK 清单",
                "there are SDKs that collect, and the policy has no list of SDKs",
            )
            .with(undeclared_sdks(context).into_iter().map(of_sdk)),
            (false, Some(outcome)) => outcome,
            (false, None) => Outcome::new(
                Verdict::Pass,
                "没有发现会收集个人信息的 SDK",
                "no SDK that collects was found",
            ),
        };
    }
    let bare: Vec<Evidence> = declared
        .sdks
        .iter()
        .filter_map(|entry| {
            let mut lacking = Vec::new();
            if entry.purpose.as_ref().is_none_or(|text| text.trim().is_empty()) {
                lacking.push(Text::new("目的", "purpose"));
            }
            if entry.information.as_ref().is_none_or(|text| text.trim().is_empty()) {
                lacking.push(Text::new("信息类型", "information"));
            }
            let names = list(&lacking);
            (!lacking.is_empty()).then(|| {
                evidence(
                    "policy",
                    format!("{}：未写明{}", entry.name, names.zh),
                    format!("{}: no {}", entry.name, names.en),
                )
            })
        })
        .collect();
    if !bare.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "SDK 清单中有条目未写明目的或信息类型",
            "entries of the SDK list lack purpose or information",
        )
        .with(bare);
    }
    Outcome::new(
        Verdict::Pass,
        format!("SDK 清单的 {} 项都写明了目的和信息类型", declared.sdks.len()),
        format!("all {} entries of the SDK list give purpose and information", declared.sdks.len()),
    )
}

pub(super) fn own_rules(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let Some(declared) = context.declared() else { return types(context) };
    let broken: Vec<&Fact<Collection>> = distinct(
        context.personal().filter(|fact| declared.denied.contains_key(&fact.data.information)),
    );
    if !broken.is_empty() {
        let names = super::types_of(&broken);
        let said = declared
            .denied
            .iter()
            .filter(|(id, _)| broken.iter().any(|fact| fact.data.information == **id));
        return Outcome::new(
            Verdict::Fail,
            format!("政策称不收集，代码却收集：{}", names.zh),
            format!("the policy says that it is not collected, but the code does: {}", names.en),
        )
        .with(said.map(|(_, sentence)| evidence("policy", sentence.clone(), sentence.clone())))
        .with(broken.iter().map(|fact| of_collection(context, fact)));
    }
    types(context)
}

pub(super) fn sensitive_marked(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let Some(declared) = context.declared() else { return types(context) };
    let sensitive: Vec<String> = context
        .inventory
        .iter()
        .filter(|row| is_sensitive(row.weight) && row.places + row.observed > 0)
        .map(|row| row.information.clone())
        .collect();
    if sensitive.is_empty() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "没有发现收集个人敏感信息",
                "no sensitive information is collected",
            )
        });
    }
    let unmarked: Vec<String> =
        sensitive.iter().filter(|id| !declared.sensitive.contains(*id)).cloned().collect();
    if unmarked.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "收集的敏感信息在政策中已标明",
            "the sensitive information collected is marked in the policy",
        );
    }
    let names = names_of(unmarked.into_iter());
    Outcome::new(
        if declared.sensitive.is_empty() { Verdict::Fail } else { Verdict::Review },
        format!("政策未标明为敏感信息：{}", names.zh),
        format!("not marked as sensitive in the policy: {}", names.en),
    )
}

pub(super) fn permission_purpose(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Package, Need::Policy]) {
        return outcome;
    }
    let dangerous: Vec<_> =
        context.permissions.iter().filter(|row| row.level == "dangerous").collect();
    let bare: Vec<Evidence> = dangerous
        .iter()
        .filter(|row| row.purpose.as_ref().is_none_or(|text| text.trim().is_empty()))
        .map(|row| match row.declared {
            Some(true) => evidence(
                "policy",
                format!("{}：有提及，未写明用途", row.name),
                format!("{}: named without purpose", row.name),
            ),
            _ => evidence(
                "policy",
                format!("{}：政策未提及", row.name),
                format!("{}: not in the policy", row.name),
            ),
        })
        .collect();
    if bare.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            format!("清单中的 {} 项危险权限都在政策中写明了用途", dangerous.len()),
            format!("the policy gives a purpose for all {} dangerous permissions", dangerous.len()),
        );
    }
    Outcome::new(
        Verdict::Fail,
        format!("{} 项危险权限在政策中没有用途说明", bare.len()),
        format!("{} dangerous permissions have no purpose in the policy", bare.len()),
    )
    .with(bare)
}

/// SDKs that target, and whether the policy speaks of it.
fn targeting<'c>(context: &'c Context<'_>) -> Vec<&'c SdkRow> {
    let targets =
        |row: &&SdkRow| TARGETING.contains(&row.category.as_str()) && row.state != "never-seen";
    context.sdks.iter().filter(targets).collect()
}

pub(super) fn personalised_switch(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let Some(declared) = context.declared() else { return types(context) };
    let sdks = targeting(context);
    if sdks.is_empty() && declared.state("personalised").is_none() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "没有发现广告或推荐 SDK，政策也未提及个性化推荐",
                "no advertising or recommending SDK was found, and the policy speaks of none",
            )
        });
    }
    let entry = context.texts("personalised").next();
    match (declared.state("personalised_switch"), entry) {
        (Some(sentence), Some(text)) => Outcome::new(
            Verdict::Pass,
            "政策写明了关闭方式，包内有相应入口的文字",
            "the policy tells how to switch it off, and the package has words of a switch",
        )
        .with([
            evidence("policy", sentence, sentence),
            evidence("text", text.data.text.clone(), text.data.text.clone()),
        ]),
        (Some(sentence), None) => Outcome::new(
            Verdict::Review,
            "政策写明了关闭方式，包内没有找到入口的文字",
            "the policy tells how to switch it off; no words of a switch were found in the package",
        )
        .with([evidence("policy", sentence, sentence)]),
        (None, _) => Outcome::new(
            Verdict::Fail,
            "有个性化推荐或广告，政策没有写明关闭方式",
            "there is personalised content or advertising, and the policy tells no way to switch it off",
        )
        .with(declared.state("personalised").map(|sentence| evidence("policy", sentence, sentence)))
        .with(sdks.into_iter().map(of_sdk)),
    }
}

pub(super) fn personalised_told(context: &Context<'_>) -> Outcome {
    let sdks = targeting(context);
    if sdks.is_empty() {
        return context.lacks(&[Need::Code]).unwrap_or_else(|| {
            Outcome::new(
                Verdict::Pass,
                "没有发现广告或推荐 SDK",
                "no advertising or recommending SDK was found",
            )
        });
    }
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    match context.declared().and_then(|declared| declared.state("personalised")) {
        Some(sentence) => Outcome::new(
            Verdict::Pass,
            "政策告知了个性化推荐或广告",
            "the policy tells of personalised content or advertising",
        )
        .with([evidence("policy", sentence, sentence)]),
        None => Outcome::new(
            Verdict::Fail,
            "含广告或推荐 SDK，政策未告知定向推送",
            "there are advertising or recommending SDKs, and the policy does not tell of targeting",
        )
        .with(sdks.into_iter().map(of_sdk)),
    }
}
