//! What was seen while the app ran: the behaviour log.

use super::{evidence, of_collection, types_of};
use crate::assess::{Context, Outcome};
use crate::behaviour::{BehaviourLog, Consent, Event};
use crate::catalogue::{Need, catalogue};
use crate::result::{Evidence, Verdict};
use crate::tables::{Weight, information_name, weight};
use menshen_facts::{Collection, Fact, How};
use std::collections::BTreeMap;

/// An end of the app within this time is laid to the refusal before it.
const EXIT_MILLISECONDS: i64 = 10_000;
/// Reads that follow each other too fast before it counts as a habit.
const FAST_READS: usize = 3;
/// Deviation of a fixed interval, in percent.
const INTERVAL_DEVIATION_PERCENT: i64 = 10;
/// Words of buttons that refuse.
const REFUSING: [&str; 8] =
    ["不同意", "拒绝", "不使用", "退出", "disagree", "refuse", "decline", "reject"];

pub(super) fn repeats() -> usize {
    catalogue().thresholds.background_repeats
}

fn of_event(event: &Event, zh: String, en: String) -> Evidence {
    Evidence {
        place: format!("log#{}", event.line),
        chain: event.stack.iter().rev().cloned().collect(),
        ..evidence("log", zh, en)
    }
}

fn no_event(zh: &str, en: &str) -> Outcome {
    Outcome::new(Verdict::NotAssessed, zh, en)
}

/// The log, or the outcome that says that there is none.
fn log<'c>(context: &'c Context<'_>) -> Result<&'c BehaviourLog, Outcome> {
    match (context.lacks(&[Need::Log]), context.log) {
        (Some(outcome), _) => Err(outcome),
        (None, Some(log)) if !log.is_empty() => Ok(log),
        _ => Err(no_event("行为日志为空", "the behaviour log is empty")),
    }
}

fn personal(event: &&Event) -> bool {
    event.information.as_deref().is_some_and(|id| weight(id) >= Weight::Personal)
}

pub(super) fn form(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let stated: Vec<&Event> =
        log.of("consent_shown").filter(|event| event.preticked.is_some()).collect();
    let ticked: Vec<&&Event> =
        stated.iter().filter(|event| event.preticked == Some(true)).collect();
    if stated.is_empty() {
        return no_event(
            "日志没有记录同意框的初始状态",
            "the log does not tell the first state of the consent box",
        );
    }
    if ticked.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "同意框初始未勾选",
            "the consent box is not ticked at first",
        );
    }
    Outcome::new(Verdict::Fail, "同意框默认勾选", "the consent box is ticked beforehand").with(
        ticked
            .into_iter()
            .map(|event| of_event(event, "同意框已勾选".into(), "consent box ticked".into())),
    )
}

pub(super) fn buttons(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let shown: Vec<&Event> =
        log.of("consent_shown").filter(|event| !event.buttons.is_empty()).collect();
    if shown.is_empty() {
        return no_event(
            "日志没有记录同意界面的按钮",
            "the log does not tell the buttons of the consent form",
        );
    }
    let refuses = |event: &&&Event| {
        event.buttons.iter().any(|button| {
            let button = button.to_lowercase();
            REFUSING.iter().any(|word| button.contains(word))
        })
    };
    let bad: Vec<&&Event> = shown.iter().filter(|event| !refuses(event)).collect();
    if bad.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "同意界面有同意和拒绝的按钮",
            "the consent form has buttons to agree and to refuse",
        );
    }
    Outcome::new(
        Verdict::Fail,
        "同意界面没有拒绝的按钮",
        "the consent form has no button to refuse",
    )
    .with(bad.into_iter().map(|event| {
        let names = event.buttons.join(" / ");
        of_event(event, format!("按钮：{names}"), format!("buttons: {names}"))
    }))
}

pub(super) fn after_refusal(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    if log.of("consent_refused").next().is_none() {
        return no_event("日志没有拒绝同意的过程", "nobody refuses consent in the log");
    }
    let refused = |fact: &&Fact<Collection>| {
        fact.how != How::Static && fact.data.consent.as_deref() == Some("refused")
    };
    let found: Vec<&Fact<Collection>> = super::distinct(context.personal().filter(refused));
    let asked: Vec<Evidence> = log
        .of("permission_request")
        .filter(|event| event.consent == Consent::Refused)
        .map(|event| {
            let name = event.permission.as_deref().unwrap_or_default();
            of_event(
                event,
                format!("拒绝后仍申请 {name}"),
                format!("asked for {name} after the refusal"),
            )
        })
        .collect();
    if found.is_empty() && asked.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "拒绝之后没有收集个人信息，也没有申请权限",
            "nothing was collected and no permission asked for after the refusal",
        );
    }
    let types = types_of(&found);
    Outcome::new(
        Verdict::Fail,
        format!("拒绝之后仍收集或申请：{}", types.zh),
        format!("still collected or asked for after the refusal: {}", types.en),
    )
    .with(found.into_iter().map(|fact| of_collection(context, fact)))
    .with(asked)
}

pub(super) fn repeat_requests(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let window = catalogue().thresholds.repeat_request_hours * 3_600_000;
    let denied: Vec<&Event> = log.of("permission_denied").collect();
    if denied.is_empty() {
        return no_event("日志没有拒绝权限的过程", "nobody refuses a permission in the log");
    }
    let repeated: Vec<Evidence> = log
        .of("permission_request")
        .filter_map(|event| {
            let before = denied.iter().find(|refusal| {
                refusal.permission == event.permission
                    && event.time > refusal.time
                    && event.time - refusal.time <= window
            })?;
            let name = event.permission.as_deref().unwrap_or_default();
            let seconds = (event.time - before.time) / 1000;
            Some(of_event(
                event,
                format!("拒绝 {seconds} 秒后再次申请 {name}"),
                format!("asked for {name} again {seconds} s after the refusal"),
            ))
        })
        .collect();
    if repeated.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "拒绝权限后没有再次申请",
            "no refused permission was asked for again",
        );
    }
    Outcome::new(
        Verdict::Fail,
        format!("拒绝后 48 小时内再次申请权限 {} 次", repeated.len()),
        format!(
            "permissions were asked for again within 48 hours of a refusal, {} times",
            repeated.len()
        ),
    )
    .with(repeated)
}

pub(super) fn refusal_exit(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let denied: Vec<&Event> = log.of("permission_denied").collect();
    if denied.is_empty() {
        return no_event("日志没有拒绝权限的过程", "nobody refuses a permission in the log");
    }
    let ended: Vec<Evidence> = denied
        .iter()
        .filter_map(|refusal| {
            let exit = log.of("exit").find(|exit| {
                exit.time >= refusal.time && exit.time - refusal.time <= EXIT_MILLISECONDS
            })?;
            let name = refusal.permission.as_deref().unwrap_or_default();
            Some(of_event(
                exit,
                format!("拒绝 {name} 后退出"),
                format!("ended after {name} was refused"),
            ))
        })
        .collect();
    if ended.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "拒绝权限后 App 没有退出",
            "the app did not end after permissions were refused",
        );
    }
    Outcome::new(
        Verdict::Fail,
        "拒绝权限后 App 退出",
        "the app ended after a permission was refused",
    )
    .with(ended)
}

/// Reads of each type by the same code, in order of time.
fn by_type(log: &BehaviourLog) -> BTreeMap<(&str, Option<&str>), Vec<&Event>> {
    let mut reads: BTreeMap<(&str, Option<&str>), Vec<&Event>> = BTreeMap::new();
    for event in log.calls().filter(personal) {
        if let Some(id) = event.information.as_deref() {
            reads.entry((id, event.sdk.as_deref())).or_default().push(event);
        }
    }
    reads
}

pub(super) fn frequency(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let limit = catalogue().thresholds.interval_seconds * 1000;
    let mut found = Vec::new();
    for ((id, _), reads) in by_type(log) {
        let fast = |pair: &[&Event]| matches!(pair, [a, b] if b.time - a.time <= limit);
        let count = reads.windows(2).filter(|pair| fast(pair)).count();
        let name = information_name(id);
        if count >= FAST_READS
            && let Some(event) = reads.first()
        {
            found.push(of_event(
                event,
                format!("{}：{} 次读取间隔不超过 2 秒", name.zh, count + 1),
                format!("{}: {} reads at most 2 s apart", name.en, count + 1),
            ));
        }
    }
    frequent(log, found, "读取间隔不超过 2 秒", "reads at most 2 s apart")
}

pub(super) fn fixed_interval(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let thresholds = &catalogue().thresholds;
    let limit = thresholds.fixed_interval_seconds * 1000;
    let mut found = Vec::new();
    for ((id, _), reads) in by_type(log) {
        let gaps: Vec<i64> = reads
            .windows(2)
            .filter_map(|pair| if let [a, b] = pair { Some(b.time - a.time) } else { None })
            .collect();
        let alike = |a: i64, b: i64| (a - b).abs() * 100 <= INTERVAL_DEVIATION_PERCENT * a.max(b);
        let mut run = 1usize;
        let mut longest = (0usize, 0i64);
        for pair in gaps.windows(2) {
            if let [a, b] = pair {
                run = if alike(*a, *b) && *b > 0 && *b <= limit { run + 1 } else { 1 };
                longest = longest.max((run, *b));
            }
        }
        let name = information_name(id);
        if longest.0 >= thresholds.fixed_interval_repeats
            && let Some(event) = reads.first()
        {
            let seconds = longest.1 / 1000;
            found.push(of_event(
                event,
                format!("{}：约每 {seconds} 秒读取一次", name.zh),
                format!("{}: read about every {seconds} s", name.en),
            ));
        }
    }
    frequent(log, found, "按固定周期读取", "read at a fixed interval")
}

fn frequent(log: &BehaviourLog, found: Vec<Evidence>, zh: &str, en: &str) -> Outcome {
    if !found.is_empty() {
        return Outcome::new(Verdict::Fail, zh, en).with(found);
    }
    let count = log.calls().count();
    Outcome::new(
        Verdict::Pass,
        format!("日志中的 {count} 次读取没有超过阈值"),
        format!("none of the {count} reads in the log is above the threshold"),
    )
}

/// Collection in the background, at least `times`, by SDKs that the policy does not list or by
/// anybody.
pub(super) fn background(context: &Context<'_>, times: usize, undeclared_sdks: bool) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    if undeclared_sdks && let Some(outcome) = context.lacks(&[Need::Policy]) {
        return outcome;
    }
    if !log.events.iter().any(|event| !event.foreground || event.event == "background") {
        return no_event("日志没有后台阶段", "the log has no part in the background");
    }
    let mut reads: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for event in log.calls().filter(personal).filter(|event| !event.foreground) {
        let fits =
            !undeclared_sdks || event.sdk.as_deref().is_some_and(|id| !context.sdk_declared(id));
        if fits && let Some(id) = event.information.as_deref() {
            reads.entry(id).or_default().push(event);
        }
    }
    let found: Vec<Evidence> = reads
        .iter()
        .filter(|(_, events)| events.len() >= times)
        .filter_map(|(id, events)| {
            let name = information_name(id);
            let count = events.len();
            Some(of_event(
                events.first()?,
                format!("后台读取{} {count} 次", name.zh),
                format!("{} read in the background, {count} times", name.en),
            ))
        })
        .collect();
    if found.is_empty() {
        return Outcome::new(
            Verdict::Pass,
            "日志的后台阶段没有这样的收集",
            "the background part of the log has no such collection",
        );
    }
    Outcome::new(
        Verdict::Fail,
        "后台收集个人信息",
        "personal information is collected in the background",
    )
    .with(found)
}

pub(super) fn start_before_consent(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let found = starts(
        log.of("self_start")
            .chain(log.of("start_other"))
            .filter(|event| event.consent == Consent::None),
    );
    if !found.is_empty() {
        return Outcome::new(
            Verdict::Fail,
            "同意前自启动或启动其他应用",
            "the app started itself or another app before consent",
        )
        .with(found);
    }
    Outcome::new(
        Verdict::Pass,
        "日志中同意前没有自启动或关联启动",
        "the log has no start of itself or another app before consent",
    )
}

pub(super) fn start_others(context: &Context<'_>) -> Outcome {
    let log = match log(context) {
        Ok(log) => log,
        Err(outcome) => return outcome,
    };
    let found = starts(log.of("start_other"));
    if !found.is_empty() {
        return Outcome::new(Verdict::Fail, "运行中启动了其他应用", "the app started other apps")
            .with(found);
    }
    Outcome::new(Verdict::Pass, "日志中没有启动其他应用", "the log has no start of another app")
}

pub(super) fn starts<'e>(events: impl Iterator<Item = &'e Event>) -> Vec<Evidence> {
    events
        .map(|event| {
            let target = event.target.as_deref().unwrap_or_default();
            of_event(event, format!("启动 {target}"), format!("started {target}"))
        })
        .collect()
}
