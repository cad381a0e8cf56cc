//! What the code does, and when.

use super::{distinct, evidence, list, of_collection, package, types_of};
use crate::assess::{Context, Outcome, place_text};
use crate::catalogue::{Need, catalogue};
use crate::result::{Evidence, Verdict};
use crate::tables::{Weight, information_name};
use menshen_base::Text;
use menshen_facts::{Collection, Fact, How, PermissionRequest};
use menshen_models::permission;
use std::collections::BTreeSet;

/// Below this target level permissions are granted on installation.
const RUNTIME_PERMISSIONS_LEVEL: i64 = 23;

/// Collections that a test has found.
type Found<'c> = Vec<&'c Fact<Collection>>;

/// Whose collection a test looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    Anybody,
    App,
    Sdk,
    DeclaredSdk,
    UndeclaredSdk,
}

impl Whose {
    fn fits(self, context: &Context<'_>, fact: &Fact<Collection>) -> bool {
        let declared = |id: &String| context.sdk_declared(id);
        match (self, &fact.data.sdk) {
            (Self::Anybody, _) | (Self::App, None) | (Self::Sdk, Some(_)) => true,
            (Self::DeclaredSdk, Some(id)) => declared(id),
            (Self::UndeclaredSdk, Some(id)) => !declared(id),
            _ => false,
        }
    }
}

/// Collected before consent, seen or by a path in the code.
fn early<'c>(context: &'c Context<'_>, whose: Whose) -> Vec<&'c Fact<Collection>> {
    let at_once = |fact: &&Fact<Collection>| match fact.data.consent.as_deref() {
        // After a refusal is another clause.
        Some(consent) => consent == "none",
        None => fact.data.before_consent == "yes",
    };
    distinct(context.personal().filter(at_once).filter(|fact| whose.fits(context, fact)))
}

pub(super) fn before_consent(context: &Context<'_>, whose: Whose) -> Outcome {
    if matches!(whose, Whose::DeclaredSdk | Whose::UndeclaredSdk)
        && let Some(outcome) = context.lacks(&[Need::Policy])
    {
        return outcome;
    }
    let found = early(context, whose);
    if !found.is_empty() {
        let types = types_of(&found);
        let seen = found.iter().any(|fact| fact.how != How::Static);
        let (zh, en) = if seen {
            ("运行中观察到", "seen while running: ")
        } else {
            ("代码中有路径可", "the code has a path to ")
        };
        let verb = if seen { "collected" } else { "collect" };
        return Outcome::new(
            Verdict::Fail,
            format!("{zh}在用户同意前收集：{}", types.zh),
            format!("{en}{verb} before consent: {}", types.en),
        )
        .with(found.into_iter().map(|fact| of_collection(context, fact)));
    }
    let maybe = distinct(context.personal().filter(|fact| {
        fact.how == How::Static
            && fact.data.before_consent == "unknown"
            && fact.data.reachable == Some(true)
            && whose.fits(context, fact)
    }));
    if !maybe.is_empty() {
        let types = types_of(&maybe);
        return Outcome::new(
            Verdict::Review,
            format!("可能在同意前收集：{}；路径上的条件或派发未能确定", types.zh),
            format!("may be collected before consent: {}; a condition or dispatch on the path was not decided", types.en),
        )
        .with(maybe.into_iter().map(|fact| of_collection(context, fact)));
    }
    if let Some(outcome) = context.lacks(&[Need::Code]) {
        return outcome;
    }
    let count = context.personal().filter(|fact| whose.fits(context, fact)).count();
    Outcome::new(
        Verdict::Pass,
        format!("已检查 {count} 处收集个人信息的调用，没有一处能在同意前执行"),
        format!(
            "{count} calls that collect personal information were checked; none can run before consent"
        ),
    )
}

pub(super) fn silent(context: &Context<'_>) -> Outcome {
    let found = early(context, Whose::Anybody);
    let told = context.texts("agree").chain(context.texts("policy")).next();
    match (found.is_empty(), told) {
        (false, None) if !context.has_foreign_pages() => Outcome::new(
            Verdict::Fail,
            "同意前收集个人信息，且包内没有任何隐私政策或同意提示的文字",
            "information is collected before consent, and the package has no words of a policy or of consent",
        )
        .with(found.into_iter().map(|fact| of_collection(context, fact))),
        (false, None) => Outcome::new(
            Verdict::Review,
            "同意前收集个人信息；页面不在资源中，是否有提示须人工查看",
            "information is collected before consent; a person looks whether a page outside the resources prompts",
        )
        .with(found.into_iter().map(|fact| of_collection(context, fact))),
        (_, told) => match context.lacks(&[Need::Code]) {
            Some(outcome) if found.is_empty() => outcome,
            _ => Outcome::new(
                Verdict::Pass,
                if told.is_some() { "包内有隐私提示的文字" } else { "同意前没有收集" },
                if told.is_some() { "the package has words of a prompt" } else { "nothing is collected before consent" },
            ),
        },
    }
}

/// Types that the app itself collects and its kind does not need.
fn beyond<'c>(context: &'c Context<'_>) -> Option<(Found<'c>, Found<'c>)> {
    let known = context.app_type?;
    let extra = |fact: &&Fact<Collection>| !known.information.contains(&fact.data.information);
    let all: Vec<&Fact<Collection>> = distinct(context.personal().filter(extra));
    let (plausible, beyond) =
        all.into_iter().partition(|fact| known.plausible.contains(&fact.data.information));
    Some((beyond, plausible))
}

pub(super) fn necessary_types(context: &Context<'_>) -> Outcome {
    let Some((beyond, plausible)) = beyond(context) else { return no_type(context) };
    let type_name = context.app_type.map(|known| known.name.clone()).unwrap_or_default();
    let (early, later): (Vec<_>, Vec<_>) =
        beyond.into_iter().partition(|fact| fact.data.before_consent == "yes");
    if !early.is_empty() {
        let types = types_of(&early);
        return Outcome::new(
            Verdict::Fail,
            format!("{}类的基本功能不需要，却在同意前收集：{}", type_name.zh, types.zh),
            format!("not needed for {} but collected before consent: {}", type_name.en, types.en),
        )
        .with(early.into_iter().map(|fact| of_collection(context, fact)));
    }
    let rest: Vec<_> = later.into_iter().chain(plausible).collect();
    if !rest.is_empty() {
        let types = types_of(&rest);
        return Outcome::new(
            Verdict::Review,
            format!("超出{}类的必要个人信息：{}；须确认由用户在扩展功能中自愿提供且可以拒绝", type_name.zh, types.zh),
            format!("beyond what {} needs: {}; confirm that it serves an extra function and can be refused", type_name.en, types.en),
        )
        .with(rest.into_iter().map(|fact| of_collection(context, fact)));
    }
    context.lacks(&[Need::Code]).unwrap_or_else(|| {
        Outcome::new(
            Verdict::Pass,
            format!("没有收集超出{}类必要范围的个人信息", type_name.zh),
            format!("nothing beyond what {} needs is collected", type_name.en),
        )
    })
}

fn no_type(context: &Context<'_>) -> Outcome {
    let _ = context;
    Outcome::new(
        Verdict::NotAssessed,
        "未给出 App 类型（--type）",
        "the type of the app was not given (--type)",
    )
}

/// What is collected without need, and permissions without use.
pub(super) fn necessary(context: &Context<'_>) -> Outcome {
    let permissions = package::unused_permissions(context);
    let types = necessary_types(context);
    let worst = match (permissions.verdict, types.verdict) {
        (Verdict::Fail, _) => permissions.clone(),
        (_, Verdict::Fail) => types.clone(),
        (Verdict::Review, _) => permissions.clone(),
        (_, Verdict::Review) => types.clone(),
        (Verdict::NotAssessed, _) => return permissions,
        _ => types.clone(),
    };
    let evidence: Vec<Evidence> = permissions.evidence.into_iter().chain(types.evidence).collect();
    Outcome { evidence, ..worst }
}

pub(super) fn no_information_type(context: &Context<'_>) -> Outcome {
    let Some(known) = context.app_type else { return no_type(context) };
    if !known.none_needed {
        return Outcome::new(
            Verdict::NotApplicable,
            format!("{}类需要必要个人信息，本条不适用", known.name.zh),
            format!("{} needs some personal information: not applicable", known.name.en),
        );
    }
    let found = early(context, Whose::Anybody);
    if !found.is_empty() {
        let types = types_of(&found);
        return Outcome::new(
            Verdict::Fail,
            format!("{}类无须个人信息，却在同意前收集：{}", known.name.zh, types.zh),
            format!(
                "{} needs no personal information, yet before consent it collects: {}",
                known.name.en, types.en
            ),
        )
        .with(found.into_iter().map(|fact| of_collection(context, fact)));
    }
    context.lacks(&[Need::Code]).unwrap_or_else(|| {
        Outcome::new(Verdict::Pass, "同意前没有收集个人信息", "nothing is collected before consent")
    })
}

fn of_request(fact: &Fact<PermissionRequest>) -> Evidence {
    let names = fact.data.permissions.join(", ");
    Evidence {
        place: place_text(&fact.place),
        chain: fact.data.chain.clone(),
        ..evidence("code", format!("申请权限：{names}"), format!("asks for {names}"))
    }
}

pub(super) fn requests_before_consent(context: &Context<'_>) -> Outcome {
    let at = |when: &'static str| {
        context.facts.permission_requests.iter().filter(move |fact| {
            fact.data.before_consent == when && fact.data.reachable != Some(false)
        })
    };
    let logged: Vec<Evidence> = context
        .log
        .into_iter()
        .flat_map(|log| log.of("permission_request"))
        .filter(|event| event.consent == crate::behaviour::Consent::None)
        .map(|event| Evidence {
            place: format!("log#{}", event.line),
            ..evidence(
                "log",
                format!("同意前申请 {}", event.permission.as_deref().unwrap_or_default()),
                format!(
                    "asked for {} before consent",
                    event.permission.as_deref().unwrap_or_default()
                ),
            )
        })
        .collect();
    if at("yes").next().is_some() || !logged.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "启动后未用到功能就申请权限",
            "permissions are asked for on start, before any function is used",
        )
        .with(logged)
        .with(at("yes").map(of_request));
    }
    if at("unknown").next().is_some() {
        return Outcome::new(
            Verdict::Review,
            "可能在启动时申请权限，须在运行中确认",
            "permissions may be asked for on start; confirm by running",
        )
        .with(at("unknown").map(of_request));
    }
    context.lacks(&[Need::Code]).unwrap_or_else(|| {
        Outcome::new(
            Verdict::Pass,
            "启动路径上没有申请权限的调用",
            "no call on the way from the start asks for permissions",
        )
    })
}

/// Groups that a request asks for.
fn groups(permissions: &[String]) -> BTreeSet<&str> {
    permissions
        .iter()
        .filter_map(|name| {
            let known = permission(name).filter(|known| known.level == "dangerous")?;
            Some(known.group.unwrap_or(name))
        })
        .collect()
}

pub(super) fn bundle(context: &Context<'_>) -> Outcome {
    let limit = catalogue().thresholds.bundle_groups;
    let dangerous: Vec<Text> = context
        .permissions
        .iter()
        .filter(|row| row.level == "dangerous")
        .map(|row| Text::new(&row.name, &row.name))
        .collect();
    let names: Vec<String> = dangerous.iter().map(|name| name.en.clone()).collect();
    let at_installation =
        context.package_gap.is_none() && context.target_sdk < RUNTIME_PERMISSIONS_LEVEL;
    if at_installation && groups(&names).len() >= limit {
        let names = list(&dangerous);
        return Outcome::new(
            Verdict::Fail,
            format!("targetSdkVersion 为 {}（低于 23），安装即授予全部权限", context.target_sdk),
            format!(
                "targetSdkVersion is {} (below 23): all permissions are granted on installation",
                context.target_sdk
            ),
        )
        .with([evidence("manifest", names.zh, names.en)]);
    }
    let logged: Vec<Evidence> = context
        .log
        .into_iter()
        .flat_map(|log| log.of("permission_request"))
        .filter_map(|event| {
            let asked: Vec<String> = event
                .permission
                .as_deref()?
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
            (groups(&asked).len() >= limit).then(|| Evidence {
                place: format!("log#{}", event.line),
                ..evidence(
                    "log",
                    format!("一次申请 {}", asked.join(", ")),
                    format!("asked at once for {}", asked.join(", ")),
                )
            })
        })
        .collect();
    let bundles: Vec<&Fact<PermissionRequest>> = context
        .facts
        .permission_requests
        .iter()
        .filter(|fact| {
            groups(&fact.data.permissions).len() >= limit && fact.data.reachable != Some(false)
        })
        .collect();
    let on_start = bundles.iter().any(|fact| fact.data.before_consent == "yes");
    if on_start || !logged.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "启动时一次申请多组权限",
            "several groups of permissions are asked for at once on start",
        )
        .with(logged)
        .with(bundles.into_iter().map(of_request));
    }
    if !bundles.is_empty() {
        return Outcome::new(
            Verdict::Review,
            "一次申请多组权限；须确认拒绝后仍可使用",
            "several groups of permissions are asked for at once; confirm that refusing them is possible",
        )
        .with(bundles.into_iter().map(of_request));
    }
    if context.facts.permission_requests.iter().any(|fact| fact.data.permissions.is_empty())
        && dangerous.len() >= limit
    {
        return Outcome::new(
            Verdict::Review,
            "申请的权限不是常量，未能确定一次申请几组",
            "the permissions asked for are not constants: how many at once was not decided",
        );
    }
    context.lacks(&[Need::Code]).unwrap_or_else(|| {
        Outcome::new(
            Verdict::Pass,
            "没有一次申请多组权限的调用",
            "no call asks for several groups of permissions at once",
        )
    })
}

/// For the documentation of weights in reports.
pub(super) fn names_of(ids: impl Iterator<Item = String>) -> Text {
    let names: Vec<Text> = ids.map(|id| information_name(&id)).collect();
    list(&names)
}

/// Weights that count as sensitive.
pub(super) fn is_sensitive(weight: Weight) -> bool {
    weight == Weight::Sensitive
}
