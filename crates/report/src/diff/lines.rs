//! The changes as lines of text in both languages, for the terminal and the page.

use super::{Artifact, Changes, Component, Difference};
use crate::{view, words};
use menshen_base::{StaticText, Text, text};

/// What became of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Added,
    Removed,
    Changed,
}

impl Sign {
    pub(super) fn mark(self) -> &'static str {
        match self {
            Self::Added => "+",
            Self::Removed => "-",
            Self::Changed => "~",
        }
    }
}

/// One kind of fact and its changes. A line is `alert` where a reviewer should look.
pub(super) struct Group {
    pub(super) title: StaticText,
    pub(super) lines: Vec<Line>,
}

pub(super) struct Line {
    pub(super) sign: Sign,
    pub(super) text: Text,
    pub(super) alert: bool,
}

/// Warnings about the comparison itself, before everything else.
pub(super) fn warnings(difference: &Difference) -> Vec<Text> {
    let mut list = Vec::new();
    if difference.different_apps() {
        list.push(Text::new(
            "两份报告的包名不同，不是同一应用的两个版本",
            "The two carry different package names: they are not versions of one app",
        ));
    }
    if difference.signed_by_others() {
        list.push(Text::new(
            "新版本由其他证书签名，无法作为更新安装",
            "The new version is signed by others: it cannot be installed as an update",
        ));
    }
    if difference.facts.is_none() {
        list.push(Text::new(
            "至少一份报告不含事实，未比较权限、组件、SDK、网络地址与证书；生成报告时请加 --facts",
            "At least one report has no facts: permissions, components, SDKs, endpoints and certificates were not compared; write reports with --facts",
        ));
    }
    list
}

/// All changes of facts, without empty groups.
pub(super) fn groups(difference: &Difference) -> Vec<Group> {
    let mut groups =
        vec![Group { title: text("系统版本", "Platform"), lines: platform(difference) }];
    if let Some(facts) = &difference.facts {
        groups.push(group(
            text("权限", "Permissions"),
            &facts.permissions,
            |one| same(format!("{} ({})", one.name, one.level)),
            |old, new| same(format!("{}: {} → {}", new.name, old.level, new.level)),
            |sign, one| sign != Sign::Removed && matches!(&*one.level, "dangerous" | "special"),
        ));
        groups.push(group(
            text("组件", "Components"),
            &facts.components,
            component,
            component_change,
            |sign, one| sign != Sign::Removed && one.exported && one.permission.is_none(),
        ));
        groups.push(group(
            text("第三方 SDK", "Third-party SDKs"),
            &facts.sdks,
            |one| {
                let version = one.version.as_deref().unwrap_or_default();
                Text::new(
                    format!("{} {version}", one.name_zh),
                    format!("{} {version}", one.name_en),
                )
            },
            |old, new| {
                let version =
                    |version: &Option<String>| version.clone().unwrap_or_else(|| "?".into());
                let arrow = format!("{} → {}", version(&old.version), version(&new.version));
                Text::new(format!("{} {arrow}", new.name_zh), format!("{} {arrow}", new.name_en))
            },
            |_, _| false,
        ));
        groups.push(group(
            text("网络地址", "Endpoints"),
            &facts.endpoints,
            |one| match one.cleartext {
                true => {
                    Text::new(format!("{}（明文）", one.url), format!("{} (cleartext)", one.url))
                }
                false => same(one.url.clone()),
            },
            |_, new| same(new.url.clone()),
            |sign, one| sign != Sign::Removed && one.cleartext && one.kind == "public",
        ));
        groups.push(group(
            text("原生库", "Native libraries"),
            &facts.libraries,
            |one| same(format!("{} ({})", one.name, one.abi)),
            |_, new| same(new.name.clone()),
            |_, _| false,
        ));
        groups.push(group(
            text("签名证书", "Signing certificates"),
            &facts.certificates,
            |one| same(format!("{} · SHA-256 {}", one.subject, one.sha256)),
            |_, new| same(new.subject.clone()),
            |_, _| !facts.signer_kept,
        ));
    }
    groups.retain(|group| !group.lines.is_empty());
    groups
}

fn same(text: String) -> Text {
    Text::new(text.clone(), text)
}

fn group<T>(
    title: StaticText,
    changes: &Changes<T>,
    show: impl Fn(&T) -> Text,
    show_change: impl Fn(&T, &T) -> Text,
    alert: impl Fn(Sign, &T) -> bool,
) -> Group {
    let line = |sign, one: &T| Line { sign, text: show(one), alert: alert(sign, one) };
    let mut lines: Vec<Line> = changes.added.iter().map(|one| line(Sign::Added, one)).collect();
    lines.extend(changes.changed.iter().map(|change| Line {
        sign: Sign::Changed,
        text: show_change(&change.old, &change.new),
        alert: alert(Sign::Changed, &change.new),
    }));
    lines.extend(changes.removed.iter().map(|one| line(Sign::Removed, one)));
    Group { title, lines }
}

fn platform(difference: &Difference) -> Vec<Line> {
    let (old, new) = (&difference.old.artifact, &difference.new.artifact);
    let rows = [
        (text("最低系统", "runs on"), old.min_sdk, new.min_sdk),
        (text("目标系统", "targets"), old.target_sdk, new.target_sdk),
    ];
    rows.into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| {
            let level = |level: Option<i64>| level.map_or_else(|| "?".to_owned(), view::android);
            let arrow = format!("Android {} → {}", level(old), level(new));
            Line {
                sign: Sign::Changed,
                text: Text::new(format!("{} {arrow}", name.zh), format!("{} {arrow}", name.en)),
                alert: new < old,
            }
        })
        .collect()
}

fn component(one: &Component) -> Text {
    let guard = guard(one);
    Text::new(
        format!("{} {}（{}）", words::component(&one.kind).zh, one.name, guard.zh),
        format!("{} {} ({})", words::component(&one.kind).en, one.name, guard.en),
    )
}

fn component_change(old: &Component, new: &Component) -> Text {
    let (before, after) = (guard(old), guard(new));
    Text::new(
        format!("{} {}：{} → {}", words::component(&new.kind).zh, new.name, before.zh, after.zh),
        format!("{} {}: {} → {}", words::component(&new.kind).en, new.name, before.en, after.en),
    )
}

/// Who may call it.
fn guard(one: &Component) -> Text {
    match (one.exported, &one.permission) {
        (false, _) => text("仅供应用内部", "for the app alone").into(),
        (true, None) => text("对其他应用开放", "open to other apps").into(),
        (true, Some(permission)) => {
            Text::new(format!("需要权限 {permission}"), format!("guarded by {permission}"))
        }
    }
}

/// `2 new, 3 fixed, 1 changed, 6 unchanged`.
pub(super) fn counts(difference: &Difference) -> Text {
    let findings = &difference.findings;
    let (new, fixed) = (findings.new.len(), findings.fixed.len());
    let (changed, unchanged) = (findings.changed.len(), findings.unchanged.len());
    Text::new(
        format!("新增 {new} 项，已修复 {fixed} 项，有变化 {changed} 项，未变 {unchanged} 项"),
        format!("{new} new, {fixed} fixed, {changed} changed, {unchanged} unchanged"),
    )
}

/// `FAIL → PASS · score 41 → 63`.
pub(super) fn gate(difference: &Difference) -> Text {
    let word = |passed: bool| if passed { words::PASS } else { words::FAIL };
    let (old, new) = (&difference.old, &difference.new);
    let (before, after) = (word(old.passed), word(new.passed));
    Text::new(
        format!("{} → {}，得分 {} → {}", before.zh, after.zh, old.score, new.score),
        format!("{} → {}, score {} → {}", before.en, after.en, old.score, new.score),
    )
}

/// `Demo Bank 3.2.1 (30201) → 3.3.0 (30300)`; both names where they differ.
pub(super) fn heading(difference: &Difference) -> String {
    let (old, new) = (&difference.old.artifact, &difference.new.artifact);
    let after = if name(old) == name(new) { version(new) } else { side(new) };
    format!("{} → {}", side(old), if after.is_empty() { side(new) } else { after })
}

fn side(artifact: &Artifact) -> String {
    format!("{} {}", name(artifact), version(artifact)).trim_end().to_owned()
}

fn name(artifact: &Artifact) -> &str {
    let named = artifact.label.as_deref().or(artifact.package.as_deref());
    named.filter(|name| !name.is_empty()).unwrap_or(&artifact.name)
}

fn version(artifact: &Artifact) -> String {
    let name = artifact.version_name.clone().unwrap_or_default();
    match artifact.version_code {
        Some(code) => format!("{name} ({code})").trim_start().to_owned(),
        None => name,
    }
}
