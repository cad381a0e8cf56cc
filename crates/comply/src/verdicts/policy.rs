//! What the policy states, and whether the package has the entries for it.

use super::{evidence, list};
use crate::assess::{Context, Outcome, place_text};
use crate::catalogue::{Need, catalogue};
use crate::declared::PolicyInput;
use crate::result::{Evidence, Verdict};
use menshen_base::StaticText;
use menshen_base::{Text, text};

/// Names of what a policy may state, for sentences.
const FIELDS: [(&str, StaticText); 16] = [
    ("access", text("查询", "access")),
    ("correct", text("更正", "correction")),
    ("delete", text("删除", "deletion")),
    ("close_account", text("注销账号", "closing the account")),
    ("withdraw", text("撤回同意", "withdrawal of consent")),
    ("copy", text("获取副本或转移", "a copy or portability")),
    ("complain", text("投诉举报", "complaints")),
    ("controller", text("个人信息处理者的名称和联系方式", "the controller and how to reach it")),
    ("phone", text("客服电话", "a telephone number")),
    ("retention", text("保存期限", "how long information is kept")),
    ("sharing", text("对外提供的情况", "sharing with others")),
    ("children", text("未成年人信息", "children")),
    ("cross_border", text("跨境提供", "transfer abroad")),
    ("automatic_decision", text("自动化决策", "automatic decisions")),
    ("storage", text("存储地点", "where information is stored")),
    ("update_notice", text("变更通知方式", "how changes are notified")),
];

/// Absent statements of these only need a look: they may not concern the app.
const MAY_NOT_CONCERN: [&str; 5] =
    ["children", "cross_border", "automatic_decision", "sharing", "phone"];

fn field_name(field: &str) -> Text {
    FIELDS
        .iter()
        .find(|(id, _)| *id == field)
        .map_or_else(|| Text::new(field, field), |(_, name)| (*name).into())
}

fn sentence(sentence: &str) -> Evidence {
    evidence("policy", sentence, sentence)
}

/// Words of the package as evidence.
fn words(context: &Context<'_>, kind: &'static str) -> Vec<Evidence> {
    context
        .texts(kind)
        .take(3)
        .map(|fact| Evidence {
            place: place_text(&fact.place),
            ..evidence("text", fact.data.text.clone(), fact.data.text.clone())
        })
        .collect()
}

pub(super) fn exists(context: &Context<'_>) -> Outcome {
    match context.policy {
        PolicyInput::Read(declared) if declared.types.is_empty() => Outcome::new(
            Verdict::Fail,
            "隐私政策中没有找到收集使用个人信息的规则",
            "the policy has no rules on collecting and using personal information",
        ),
        PolicyInput::Read(declared) => Outcome::new(
            Verdict::Pass,
            format!("有隐私政策，列出 {} 类信息", declared.types.len()),
            format!("there is a policy, which lists {} types of information", declared.types.len()),
        )
        .with(declared.types.values().flatten().take(3).map(|text| sentence(text))),
        PolicyInput::Unusable(reason) => {
            Outcome { verdict: Verdict::NotAssessed, reason: reason.clone(), evidence: Vec::new() }
        }
        PolicyInput::None => {
            let found = words(context, "policy");
            if found.is_empty() && !context.has_foreign_pages() && context.code_gap.is_none() {
                return Outcome::new(
                    Verdict::Fail,
                    "未提供隐私政策，包内也没有隐私政策的文字或链接",
                    "no policy was given, and the package has neither words nor an address of one",
                );
            }
            Outcome::new(
                Verdict::NotAssessed,
                "未提供隐私政策；包内有相关文字，内容未读取",
                "no policy was given; the package has words of one, whose content was not read",
            )
            .with(found)
        }
    }
}

pub(super) fn readable(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let language = context.declared().map(|declared| declared.language.clone()).unwrap_or_default();
    match language.starts_with("zh") {
        true => Outcome::new(
            Verdict::Review,
            "政策为简体中文；字号、颜色和排版须人工查看",
            "the policy is in Chinese; a person looks at size, colour and layout",
        ),
        false => Outcome::new(
            Verdict::Fail,
            format!("提供的政策不是中文（{language}）"),
            format!("the policy is not in Chinese ({language})"),
        ),
    }
}

pub(super) fn dated(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let Some(declared) = context.declared() else { return states(context, "update_notice") };
    let mut lacking = Vec::new();
    if declared.updated.is_none() && declared.effective.is_none() {
        lacking.push(Text::new("更新或生效日期", "dates"));
    }
    if declared.state("update_notice").is_none() {
        lacking.push(field_name("update_notice"));
    }
    if lacking.is_empty() {
        let dates = [&declared.updated, &declared.effective];
        let dates: Vec<&str> = dates.into_iter().flatten().map(String::as_str).collect();
        return Outcome::new(
            Verdict::Pass,
            format!("政策写明了日期（{}）和变更通知方式", dates.join("，")),
            format!("the policy gives dates ({}) and how changes are notified", dates.join(", ")),
        )
        .with(declared.state("update_notice").map(sentence));
    }
    let names = list(&lacking);
    Outcome::new(
        Verdict::Fail,
        format!("政策未写明：{}", names.zh),
        format!("the policy does not state: {}", names.en),
    )
}

pub(super) fn prompt(context: &Context<'_>) -> Outcome {
    if let Some(log) = context.log.filter(|log| !log.is_empty()) {
        let shown = log.of("consent_shown").next();
        return match shown {
            Some(event) => Outcome::new(
                Verdict::Pass,
                "首次运行时出现了同意提示",
                "a consent prompt appeared on first run",
            )
            .with([Evidence {
                place: format!("log#{}", event.line),
                ..evidence("log", "出现同意提示", "consent prompt shown")
            }]),
            None => Outcome::new(
                Verdict::Fail,
                "行为日志中没有出现同意提示",
                "no consent prompt appears in the behaviour log",
            ),
        };
    }
    let policy = words(context, "policy");
    let agree = words(context, "agree");
    match (policy.is_empty(), agree.is_empty()) {
        (true, true) if !context.has_foreign_pages() => {
            context.lacks(&[Need::Code, Need::Package]).unwrap_or_else(|| {
                Outcome::new(
                    Verdict::Fail,
                    "代码和资源中没有任何隐私政策或同意提示的文字",
                    "neither code nor resources have words of a policy or of consent",
                )
            })
        }
        (false, false) => Outcome::new(
            Verdict::Review,
            "包内有同意提示的文字；首次运行是否出现须操作确认",
            "the package has words of a consent prompt; whether it appears on first run takes a look",
        )
        .with(policy)
        .with(agree),
        _ => Outcome::new(
            Verdict::Review,
            "没有找到完整的同意提示文字，须操作确认",
            "no complete words of a consent prompt were found; it takes a look",
        )
        .with(policy)
        .with(agree),
    }
}

/// A right for which the app should have an entry too.
pub(super) fn entry(context: &Context<'_>, field: &str, kind: &'static str) -> Outcome {
    let outcome = right(context, field);
    if outcome.verdict != Verdict::Pass {
        return outcome;
    }
    let found = words(context, kind);
    if found.is_empty() {
        let name = field_name(field);
        return Outcome {
            verdict: Verdict::Review,
            reason: Text::new(
                format!("政策写明了{}的方式，包内没有找到入口的文字", name.zh),
                format!(
                    "the policy describes {}; no words of an entry were found in the package",
                    name.en
                ),
            ),
            evidence: outcome.evidence,
        };
    }
    outcome.with(found)
}

pub(super) fn right(context: &Context<'_>, field: &str) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let name = field_name(field);
    match context.declared().and_then(|declared| declared.state(field)) {
        Some(said) => Outcome::new(
            Verdict::Pass,
            format!("政策写明了{}", name.zh),
            format!("the policy describes {}", name.en),
        )
        .with([sentence(said)]),
        None => Outcome::new(
            Verdict::Fail,
            format!("政策没有写明{}", name.zh),
            format!("the policy does not describe {}", name.en),
        ),
    }
}

pub(super) fn rights(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let wanted = ["correct", "delete", "close_account"];
    let said = |field: &&str| context.declared().and_then(|declared| declared.state(field));
    let lacking: Vec<Text> = wanted
        .iter()
        .filter(|field| said(field).is_none())
        .map(|field| field_name(field))
        .collect();
    if !lacking.is_empty() {
        let names = list(&lacking);
        return Outcome::new(
            Verdict::Fail,
            format!("政策没有写明：{}", names.zh),
            format!("the policy does not describe: {}", names.en),
        );
    }
    let sentences: Vec<Evidence> = wanted.iter().filter_map(said).map(sentence).collect();
    let entries = words(context, "close-account");
    if entries.is_empty() {
        return Outcome::new(
            Verdict::Review,
            "政策写明了更正、删除和注销，包内没有找到注销入口的文字",
            "correction, deletion and closing are described; no words of an entry for closing were found",
        )
        .with(sentences);
    }
    Outcome::new(
        Verdict::Pass,
        "政策写明了更正、删除和注销，包内有注销入口的文字",
        "correction, deletion and closing are described, and the package has words of an entry",
    )
    .with(sentences)
    .with(entries)
}

pub(super) fn states(context: &Context<'_>, field: &str) -> Outcome {
    let outcome = right(context, field);
    if outcome.verdict == Verdict::Fail && MAY_NOT_CONCERN.contains(&field) {
        let name = field_name(field);
        let shares = field == "sharing" && context.sdks.iter().any(|row| row.collects);
        if shares {
            return outcome;
        }
        return Outcome::new(
            Verdict::Review,
            format!("政策没有提到{}；须确认 App 是否涉及", name.zh),
            format!(
                "the policy does not speak of {}; confirm whether it concerns the app",
                name.en
            ),
        );
    }
    outcome
}

pub(super) fn response_time(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let limit = catalogue().thresholds.response_working_days;
    match context.declared().and_then(|declared| declared.response_days) {
        Some(days) if days > limit => Outcome::new(
            Verdict::Fail,
            format!("政策承诺 {days} 个工作日，超过 {limit} 个工作日"),
            format!("the policy promises {days} working days, more than {limit}"),
        ),
        Some(days) => Outcome::new(
            Verdict::Pass,
            format!("政策承诺 {days} 个工作日内响应；实际响应须人工计时"),
            format!(
                "the policy promises an answer within {days} working days; a person times real answers"
            ),
        ),
        None => Outcome::new(
            Verdict::Review,
            format!("政策没有写明响应时限；实际响应不得超过 {limit} 个工作日"),
            format!(
                "the policy gives no time; real answers may not take more than {limit} working days"
            ),
        ),
    }
}

pub(super) fn complaints(context: &Context<'_>) -> Outcome {
    if let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    let limit = catalogue().thresholds.response_working_days;
    let said = |field: &str| context.declared().and_then(|declared| declared.state(field));
    let contacts: Vec<Evidence> = ["email", "phone", "address"]
        .iter()
        .filter_map(|field| said(field))
        .map(sentence)
        .collect();
    let days = context.declared().and_then(|declared| declared.response_days);
    if contacts.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "政策没有给出联系方式",
            "the policy gives no way to get in touch",
        );
    }
    if let Some(days) = days.filter(|days| *days > limit) {
        return Outcome::new(
            Verdict::Fail,
            format!("政策承诺 {days} 个工作日处理，超过 {limit} 个工作日"),
            format!("the policy promises {days} working days, more than {limit}"),
        )
        .with(contacts);
    }
    match said("complain") {
        Some(complain) => Outcome::new(
            Verdict::Pass,
            "政策给出了投诉举报渠道和联系方式",
            "the policy gives a channel for complaints and a way to get in touch",
        )
        .with([sentence(complain)])
        .with(contacts),
        None => Outcome::new(
            Verdict::Review,
            "政策有联系方式，没有写明用于投诉举报",
            "the policy gives a way to get in touch, but does not name it for complaints",
        )
        .with(contacts),
    }
}
