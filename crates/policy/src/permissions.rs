//! System permissions that a policy names, with what it says they are for.

use crate::context::{self, About};
use crate::fold::fold;
use crate::lexicon::{Column, Lexicon};
use crate::model::{PermissionEntry, Polarity, SentenceKind};
use crate::patterns::patterns;
use crate::sentences::Laid;
use crate::statements::purpose;
use crate::tables::{self, TableKind};

/// Permissions with their SDKs beyond this are a list of words.
const ENTRIES_MAX: usize = 1000;

patterns! {
    ANNOUNCES = r"我们|如何|说明|清单|列表|管理|申请|使用|how we|permissions";
    FULL_NAME = r"(?:android|com\.android)\.permission\.[A-Z_]+";
    WORD = r"权限|permission|access to";
    BEHIND = r"^(的|等|访问|使用|相关|读取|读写|信息|功能|设备|系统|（[^）]{0,20}）|\([^)]{0,20}\))*权限|^ ?(access )?permission";
    JOINS = r"^(、|和|及|或|以及|与|/|，|, ?| and | or |/写入|及其|（[^）]{0,16}）|等)*$";
    BEFORE = r"(申请|开启|授权|授予|获取|访问|调用|读取|使用|允许|打开)(您|你|的|手机|设备|系统|访问|使用|开启|获取){0,6}$|permission to (access|use) (your |the )?$|access (to )?(your |the )?$";
    LABEL_END = r"[：:（(—|]|-|，";
}

/// The first permission that a folded sentence names.
pub(crate) fn named(folded: &str, lexicon: &Lexicon) -> Option<String> {
    if !WORD.is_match(folded) {
        return None;
    }
    accepted(folded, lexicon).into_iter().next().map(|(_, id)| id)
}

/// Names of permissions in a sentence that speaks of permissions: position and id.
fn accepted(folded: &str, lexicon: &Lexicon) -> Vec<(usize, String)> {
    let hits =
        lexicon.permission_terms.as_ref().map(|terms| terms.find(folded)).unwrap_or_default();
    let mut found: Vec<(usize, String)> = Vec::new();
    // From the end, since an enumeration ends with the word: `相机、麦克风权限`.
    let mut next: Option<usize> = None;
    for hit in hits.iter().rev() {
        let after = folded.get(hit.end..).unwrap_or_default();
        let own = folded.get(hit.start..hit.end).unwrap_or_default();
        let before = folded.get(..hit.start).unwrap_or_default();
        // `获取Wi-Fi名称，同时开启定位权限` asks for no Wi-Fi permission.
        let clause = after.split(['，', '。', '；']).next().unwrap_or_default();
        let in_clause = WORD.is_match(clause)
            || WORD.is_match(before.rsplit(['，', '。', '；']).next().unwrap_or_default());
        let joined = next
            .and_then(|next| folded.get(hit.end..next))
            .is_some_and(|between| JOINS.is_match(between));
        if WORD.is_match(own)
            || BEHIND.is_match(after)
            || joined
            || in_clause && BEFORE.is_match(before)
        {
            next = Some(hit.start);
            if let Some(words) = lexicon.permissions().get(hit.value) {
                found.push((hit.start, words.id.clone()));
            }
        }
    }
    found.reverse();
    found
}

pub(crate) fn find(laid: &Laid, lexicon: &Lexicon) -> Vec<PermissionEntry> {
    let mut entries: Vec<PermissionEntry> = Vec::new();
    let about = context::of_sections(laid);
    let views = tables::views(laid, lexicon);
    for (index, sentence) in laid.sentences.iter().enumerate() {
        if sentence.kind == SentenceKind::TableRow
            && let Some(view) =
                tables::view_of(&views, index).filter(|view| view.has(Column::Permission))
        {
            let cell = view.cell(index, Column::Permission).unwrap_or_default();
            let sdk = view.cell(index, Column::Name).filter(|_| view.kind == TableKind::Sdk);
            let what_for = view.cell(index, Column::Purpose);
            for id in of_cell(&cell, lexicon) {
                add(
                    &mut entries,
                    entry(id, what_for.clone(), sdk.clone(), Polarity::Affirmed, index, lexicon),
                );
            }
            continue;
        }
        let announces =
            sentence.kind == SentenceKind::Heading && ANNOUNCES.is_match(&sentence.text);
        if announces || sentence.kind == SentenceKind::TableHead {
            continue;
        }
        let section = about.get(sentence.section).copied().flatten();
        let folded = laid.folded.get(index).map_or("", String::as_str);
        let what_for = || purpose(folded).or_else(|| after_label(folded));
        for id in full_names(&sentence.text, lexicon) {
            add(&mut entries, entry(id, what_for(), None, Polarity::Affirmed, index, lexicon));
        }
        let mut found = if WORD.is_match(folded) { accepted(folded, lexicon) } else { Vec::new() };
        let listed =
            sentence.kind == SentenceKind::ListItem || sentence.kind == SentenceKind::TableRow;
        let leads = context::leads(laid, index);
        let led = leads
            .first()
            .and_then(|lead| laid.folded.get(*lead))
            .is_some_and(|lead| WORD.is_match(lead));
        if found.is_empty()
            && (led || section == Some(About::Permissions))
            && (listed || LABEL_END.is_match(folded))
        {
            found = of_label(folded, lexicon);
        }
        for (at, id) in found {
            let polarity = lexicon.negations.polarity(folded, at);
            // `如您拒绝相机权限` names it without asking for it.
            if polarity != Polarity::Conditional {
                add(&mut entries, entry(id, what_for(), None, polarity, index, lexicon));
            }
        }
    }
    entries
}

fn entry(
    permission: String,
    purpose: Option<String>,
    sdk: Option<String>,
    polarity: Polarity,
    sentence: usize,
    lexicon: &Lexicon,
) -> PermissionEntry {
    let words = lexicon.permissions().iter().find(|words| words.id == permission);
    let android = words.map_or_else(|| vec![permission.clone()], |words| words.android.clone());
    let purposes = lexicon.purposes_in(&fold(purpose.as_deref().unwrap_or_default()));
    PermissionEntry { permission, android, purpose, purposes, sdk, polarity, sentence }
}

/// Puts an entry in; one for the same permission is completed, and an affirmed one stays.
fn add(entries: &mut Vec<PermissionEntry>, entry: PermissionEntry) {
    let room = entries.len() < ENTRIES_MAX;
    let same = entries.iter_mut().find(|known| {
        known.permission == entry.permission
            && known.sdk == entry.sdk
            && known.polarity == entry.polarity
    });
    match same {
        Some(known) if known.purpose.is_none() && entry.purpose.is_some() => *known = entry,
        Some(_) => {}
        None if room => entries.push(entry),
        None => {}
    }
}

fn full_names(text: &str, lexicon: &Lexicon) -> Vec<String> {
    let id = |name: &str| {
        lexicon
            .permission_by_android(name)
            .map_or_else(|| name.to_owned(), |words| words.id.clone())
    };
    FULL_NAME
        .find_iter(text)
        .map(|found| id(&found.as_str().replace("ANDROID.PERMISSION", "android.permission")))
        .collect()
}

/// Permissions in a cell that holds nothing else.
fn of_cell(cell: &str, lexicon: &Lexicon) -> Vec<String> {
    let mut ids = full_names(cell, lexicon);
    let folded = fold(cell);
    // `READ_PHONE_STATE` without its package.
    for word in
        cell.split(|c: char| !c.is_ascii_uppercase() && c != '_').filter(|word| word.len() > 3)
    {
        let full = format!("android.permission.{word}");
        ids.extend(lexicon.permission_by_android(&full).map(|words| words.id.clone()));
    }
    if ids.is_empty() {
        let hits =
            lexicon.permission_terms.as_ref().map(|terms| terms.find(&folded)).unwrap_or_default();
        ids.extend(
            hits.iter()
                .filter_map(|hit| lexicon.permissions().get(hit.value))
                .map(|words| words.id.clone()),
        );
    }
    ids.dedup();
    ids
}

/// Permissions in the label of a line: `相机：用于扫码`.
fn of_label(folded: &str, lexicon: &Lexicon) -> Vec<(usize, String)> {
    let end = LABEL_END.find(folded).map_or(folded.len().min(60), |found| found.start());
    let hits =
        lexicon.permission_terms.as_ref().map(|terms| terms.find(folded)).unwrap_or_default();
    hits.iter()
        .filter(|hit| hit.end <= end)
        .filter_map(|hit| {
            lexicon.permissions().get(hit.value).map(|words| (hit.start, words.id.clone()))
        })
        .collect()
}

fn after_label(folded: &str) -> Option<String> {
    let (label, rest) = folded.split_once(['：', ':'])?;
    (label.chars().count() <= 30 && !rest.trim().is_empty()).then(|| rest.trim().to_owned())
}
