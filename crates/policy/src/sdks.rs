//! SDKs and partners that a policy names: rows of tables, lines of `label：value`, and names in
//! sentences; and which entry of the catalogue each is.

use crate::context;
use crate::fold::fold;
use crate::lexicon::{Column, Lexicon};
use crate::matcher::Matcher;
use crate::model::{EntrySource, Kind, Polarity, SdkEntry, SentenceKind, Statement};
use crate::patterns::patterns;
use crate::sentences::Laid;
use crate::statements::purpose;
use crate::tables::{self, TableKind};
use std::collections::HashMap;

const NAME_CHARACTERS_MAX: usize = 60;
/// Names in sentences beyond this are a list of words, not of SDKs.
const ENTRIES_MAX: usize = 500;

patterns! {
    SDK_WORD = r"sdk|软件开发工具包|第三方(插件|代码|服务|组件)|third[- ]party (service|librar|code|sdk|tool)";
    TAKEN_IN = r"接入|嵌入|集成|引入|内置|使用了|使用|由[^，。；]{2,30}提供|integrat|embed|\buse|provided by|include|rely on|work with";
    NAMED_SDK = r"([\p{Han}a-z0-9+·_\-]{2,24}?) ?sdk";
    COMPANY = r"[（(]([^（）()]{0,30}?(?:（[^（）]{1,8}）)?[^（）()]{0,24}(?:公司|集团))[)）]|由([^，。；（）]{2,40}?(?:公司|集团)) ?(?:提供|运营|开发)|提供方(?:为|是|：)([^，。；]{2,40}?(?:公司|集团))|(?:provided|operated) by ([^.,;()]{2,50}(?:Inc|Ltd|Limited|LLC|Corp)\.?)";
    URL = r#"https?://[^\s，。；、）)】|"'<>]+"#;
    PACKAGE = r"\b(?:com|cn|io|org|net|me)\.[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+";
    LEADING_NUMBER = r"^\s*([（(]?[0-9一二三四五六七八九十]{1,3}[)）.、．]|[①-⑳]|[-*•●])\s*";
    WE_USE = r"\bwe (also |currently )?(use|integrate|embed|work with|rely on)\b";
    GOES_ON = r"^(该|其|上述|此|这些?|本)(第三方)?(sdk|服务|插件|提供)|^(the|this) sdk|^it (may |will )?collect";
    OF_COMPANY = r"^(?:[^，。；、由是为（）() ]|（[^）]{1,8}）){0,24}(公司|集团)";
    NONE_AT_ALL = r"(未|没有|不)(接入|嵌入|集成|使用|引入)[^，。；]{0,12}(sdk|第三方)|(do|does) not (use|integrate|embed|include) any (third|sdk)";
    NOISE = r"sdk|软件开发工具包|android|安卓|\bios\b|鸿蒙|版本?|组件|插件|服务端|客户端|软件";
    GENERIC = r"^(第三方|以上|该|此|本|各|上述|以下|相关|其他|等|部分|这些|这类|所有|任何|我们|接入的?|使用的?|集成的?|嵌入的?|由|通过|包括|包含|及其|前述|合作方|third[- ]party|the|these|an?|any|each|such|our|party|以及|和|与|类|多个|不同|如|合规|开源)*的?$";
    FRONT = r"^(我们|以上|本应用|本产品|app|应用|可能|会|将|已|还|在|接入了?|集成了?|嵌入了?|引入了?|使用了?|内置了?|通过|由|以及|包括|例如|如|第三方|的|、|和|与|及|了|中)+";
}

/// Names of the catalogue's SDKs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    exact: HashMap<String, String>,
    /// Names that may be looked for inside longer texts.
    inside: Option<Matcher>,
    ids: Vec<String>,
}

impl Names {
    pub(crate) fn new(aliases: &[(String, String)]) -> Self {
        let mut names = Self::default();
        let mut inside: Vec<(String, usize)> = Vec::new();
        let mut add = |names: &mut Self, alias: &str, id: &str, within: bool| {
            let bare = bare(alias);
            if bare.is_empty() {
                return;
            }
            names.exact.entry(bare).or_insert_with(|| id.to_owned());
            if within {
                inside.push((fold(alias), names.ids.len()));
                names.ids.push(id.to_owned());
            }
        };
        for (alias, id) in aliases {
            add(&mut names, alias, id, true);
        }
        for sdk in menshen_models::sdks().all() {
            for name in [sdk.name_zh, sdk.name_en] {
                for part in name.split(" / ").chain([name]) {
                    // Short Latin names are words of the language as often as not.
                    let within = part.chars().any(crate::fold::is_han) && part.chars().count() >= 3
                        || part.len() >= 9 && part.contains(' ');
                    add(&mut names, part, sdk.id, within);
                }
            }
        }
        names.inside =
            Some(Matcher::new(inside.iter().map(|(name, index)| (name.as_str(), Some(*index)))));
        names
    }

    fn within(&self, folded: &str) -> Vec<(std::ops::Range<usize>, &str)> {
        let hits = self.inside.as_ref().map(|inside| inside.find(folded)).unwrap_or_default();
        hits.iter()
            .filter_map(|hit| self.ids.get(hit.value).map(|id| (hit.start..hit.end, id.as_str())))
            .collect()
    }

    /// The entry of the catalogue by what a policy gives of it.
    pub(crate) fn find(
        &self,
        name: &str,
        package: Option<&str>,
        url: Option<&str>,
    ) -> Option<String> {
        let outside = without_parentheses(name);
        let parts = [name.to_owned(), outside.clone()];
        let inside = parenthesised(name);
        let exact = |text: &str| self.exact.get(&bare(text)).cloned();
        if let Some(id) = parts.iter().chain(&inside).find_map(|part| exact(part)) {
            return Some(id);
        }
        let catalogue = menshen_models::sdks();
        let by_package = package.and_then(|package| {
            PACKAGE.find(package).and_then(|found| catalogue.by_class(found.as_str()))
        });
        if let Some((sdk, _)) = by_package {
            return Some(sdk.id.to_owned());
        }
        let folded = fold(&outside);
        let longest = self.within(&folded).into_iter().max_by_key(|(range, _)| range.len());
        if let Some((_, id)) = longest {
            return Some(id.to_owned());
        }
        let host = url.and_then(|url| url.split("//").nth(1)?.split(['/', '?', ':', '#']).next());
        host.and_then(|host| catalogue.by_host(host)).map(|sdk| sdk.id.to_owned())
    }
}

/// A name without what names are padded with, for comparison.
fn bare(name: &str) -> String {
    let folded = fold(name).replace([' ', '-', '_', '+', '·', '（', '）', '(', ')', '/', '、'], "");
    let short = NOISE.replace_all(&folded, "").into_owned();
    if short.is_empty() { folded } else { short }
}

fn without_parentheses(text: &str) -> String {
    let mut out = String::new();
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '（' | '(' => depth = depth.saturating_add(1),
            '）' | ')' => depth = depth.saturating_sub(1),
            other if depth == 0 => out.push(other),
            _ => {}
        }
    }
    out
}

fn parenthesised(text: &str) -> Vec<String> {
    let inside = text.split(['（', '(']).skip(1).filter_map(|part| part.split(['）', ')']).next());
    inside.map(str::to_owned).collect()
}

/// Where names of SDKs start and end in folded text.
pub(crate) fn starts(folded: &str, lexicon: &Lexicon) -> Vec<(usize, usize)> {
    lexicon
        .sdk_names
        .within(folded)
        .into_iter()
        .map(|(range, _)| (range.start, range.end))
        .collect()
}

/// Names of SDKs in folded text, in order.
pub(crate) fn named(folded: &str, lexicon: &Lexicon) -> Vec<String> {
    let hits = lexicon.sdk_names.within(folded);
    hits.into_iter().filter_map(|(range, _)| folded.get(range)).map(str::to_owned).collect()
}

pub(crate) fn find(laid: &Laid, lexicon: &Lexicon, said: &[Statement]) -> Vec<SdkEntry> {
    let mut entries = Vec::new();
    from_tables(laid, lexicon, &mut entries);
    from_labels(laid, lexicon, &mut entries);
    for entry in &mut entries {
        finish(entry, lexicon);
    }
    let mut merged: Vec<SdkEntry> = Vec::new();
    for entry in entries {
        add(&mut merged, entry);
    }
    from_sentences(laid, lexicon, said, &mut merged);
    merged
}

/// Puts an entry in, into the same one where it is already there.
fn add(entries: &mut Vec<SdkEntry>, entry: SdkEntry) {
    if entries.len() >= ENTRIES_MAX {
        return;
    }
    let same = entries.iter_mut().find(|known| {
        bare(&known.name) == bare(&entry.name)
            && known.provider.is_none() == entry.provider.is_none()
    });
    let Some(known) = same else {
        entries.push(entry);
        return;
    };
    for id in entry.information {
        if !known.information.contains(&id) {
            known.information.push(id);
        }
    }
    for id in entry.purposes {
        if !known.purposes.contains(&id) {
            known.purposes.push(id);
        }
    }
    known.purpose = known.purpose.take().or(entry.purpose);
    known.url = known.url.take().or(entry.url);
    known.package = known.package.take().or(entry.package);
    known.information_text = known.information_text.take().or(entry.information_text);
    known.means = known.means.take().or(entry.means);
    known.catalogue = known.catalogue.take().or(entry.catalogue);
}

/// Fills what follows from the words of an entry.
fn finish(entry: &mut SdkEntry, lexicon: &Lexicon) {
    entry.name = LEADING_NUMBER.replace(&entry.name, "").trim().to_owned();
    let text = fold(entry.information_text.as_deref().unwrap_or_default());
    if entry.information.is_empty() {
        entry.information = lexicon.information_in(&text);
    }
    let what_for = fold(entry.purpose.as_deref().unwrap_or_default());
    if entry.purposes.is_empty() {
        entry.purposes = lexicon.purposes_in(&what_for);
    }
    if let Some(url) = entry.url.take() {
        entry.url = URL.find(&url).map(|found| found.as_str().to_owned()).or(Some(url));
    }
    if entry.catalogue.is_none() {
        entry.catalogue =
            lexicon.sdk_names.find(&entry.name, entry.package.as_deref(), entry.url.as_deref());
    }
}

fn set(entry: &mut SdkEntry, column: Column, value: &str) {
    let value = value.trim().trim_end_matches(['；', ';', '。', '，', '|']).trim();
    if value.is_empty() || matches!(value, "/" | "-" | "无" | "—") {
        return;
    }
    let append = |slot: &mut Option<String>| match slot {
        Some(text) if !text.contains(value) => {
            text.push('；');
            text.push_str(value);
        }
        Some(_) => {}
        None => *slot = Some(value.to_owned()),
    };
    match column {
        Column::Name if entry.name.is_empty() => value.clone_into(&mut entry.name),
        Column::Provider => append(&mut entry.provider),
        Column::Purpose => append(&mut entry.purpose),
        Column::Information => append(&mut entry.information_text),
        Column::Permission => entry.permissions.push(value.to_owned()),
        Column::Url => append(&mut entry.url),
        Column::Means => append(&mut entry.means),
        Column::Package => append(&mut entry.package),
        _ => {}
    }
}

const COLUMNS: &[Column] = &[
    Column::Name,
    Column::Provider,
    Column::Purpose,
    Column::Information,
    Column::Permission,
    Column::Url,
    Column::Means,
    Column::Package,
];

fn from_tables(laid: &Laid, lexicon: &Lexicon, entries: &mut Vec<SdkEntry>) {
    for view in tables::views(laid, lexicon) {
        if view.kind == TableKind::Sdk {
            for row in view.rows() {
                let mut entry =
                    SdkEntry { sentence: row, from: EntrySource::Table, ..SdkEntry::default() };
                for column in COLUMNS {
                    if let Some(cell) = view.cell(row, *column) {
                        set(&mut entry, *column, &cell);
                    }
                }
                if entry.name.is_empty() {
                    entry.name = entry.provider.clone().unwrap_or_default();
                }
                if !entry.name.is_empty() && entry.name.chars().count() <= NAME_CHARACTERS_MAX {
                    entries.push(entry);
                }
            }
            continue;
        }
        // One SDK a table, labels on the left.
        let pairs: Vec<(Column, &str, usize)> = view
            .pairs()
            .filter_map(|(label, value, row)| {
                lexicon.column(label).map(|column| (column, value, row))
            })
            .collect();
        if pairs.len() >= 3 {
            records(
                pairs.into_iter().map(|(column, value, row)| (column, value.to_owned(), row)),
                entries,
            );
        }
    }
}

/// Groups labelled values into entries: a name begins one.
fn records(values: impl Iterator<Item = (Column, String, usize)>, entries: &mut Vec<SdkEntry>) {
    let mut open: Option<SdkEntry> = None;
    for (column, value, row) in values {
        if column == Column::Name {
            entries.extend(open.take().filter(is_entry));
            open =
                Some(SdkEntry { sentence: row, from: EntrySource::Labels, ..SdkEntry::default() });
        }
        if let Some(entry) = &mut open {
            set(entry, column, &value);
        }
    }
    entries.extend(open.filter(is_entry));
}

fn is_entry(entry: &SdkEntry) -> bool {
    let told =
        entry.purpose.is_some() || entry.information_text.is_some() || entry.provider.is_some();
    told && !entry.name.is_empty() && entry.name.chars().count() <= NAME_CHARACTERS_MAX
}

/// Lines such as `SDK名称：…`, `使用目的：…`, one or several on a line, below a name or with one.
fn from_labels(laid: &Laid, lexicon: &Lexicon, entries: &mut Vec<SdkEntry>) {
    let mut values: Vec<(Column, String, usize)> = Vec::new();
    // The last line that may be a name: a heading or a short line without a label.
    let mut title: Option<(String, usize)> = None;
    let mut open = false;
    // For each sentence the first of its block.
    let mut begins: Vec<usize> = (0..laid.sentences.len()).collect();
    for block in &laid.blocks {
        for slot in begins.get_mut(block.clone()).unwrap_or_default() {
            *slot = block.start;
        }
    }
    for (index, sentence) in laid.sentences.iter().enumerate() {
        if !sentence.cells.is_empty() {
            open = false;
            continue;
        }
        let labels = labels(&sentence.text, lexicon);
        let Some((_, first, _)) = labels.first() else {
            let short = sentence.text.chars().count() <= NAME_CHARACTERS_MAX
                && !sentence.text.ends_with('。');
            if sentence.kind == SentenceKind::Heading || short {
                title = Some((sentence.text.trim_end_matches(['：', ':']).to_owned(), index));
                open = false;
            } else if open && let Some((_, value, _)) = values.last_mut() {
                // The value goes on in another sentence of the same block.
                if begins.get(index).is_some_and(|start| *start < index) {
                    value.push_str(&sentence.text);
                }
            }
            continue;
        };
        let before = sentence.text.get(..*first).unwrap_or_default();
        let before = before
            .trim()
            .trim_end_matches(['：', ':', '，', ',', '；', '-', '—', '（', '('])
            .trim();
        let before = LEADING_NUMBER.replace(before, "").into_owned();
        let has_name = labels.iter().any(|(column, ..)| *column == Column::Name);
        let about = is_about_sdks(laid, index);
        if !has_name {
            let name = if before.chars().count() >= 2 {
                Some((before, index))
            } else if open {
                None
            } else {
                title.take()
            };
            if let Some((name, at)) = name {
                let known = lexicon.sdk_names.find(&name, None, None).is_some();
                if about || known || fold(&name).contains("sdk") {
                    values.push((Column::Name, name, at));
                    open = true;
                }
            }
        } else if about || SDK_WORD.is_match(&fold(&sentence.text)) {
            open = true;
        }
        if open {
            values.extend(labels.into_iter().map(|(column, _, value)| (column, value, index)));
        }
    }
    records(values.into_iter(), entries);
}

/// Known labels of a line with their values: column, where the label starts, value.
fn labels(text: &str, lexicon: &Lexicon) -> Vec<(Column, usize, String)> {
    let mut found: Vec<(Column, usize, usize)> = Vec::new();
    for (colon, mark) in text.match_indices(['：', ':']) {
        let end = colon.saturating_add(mark.len());
        if text.get(end..).is_some_and(|rest| rest.starts_with("//")) {
            continue;
        }
        let before = text.get(..colon).unwrap_or_default();
        let at = before
            .rfind(['：', ':', '；', ';', '，', ',', '。', ' ', '|', '【', '】', '、'])
            .map_or(0, |at| {
                at.saturating_add(
                    before.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8),
                )
            });
        let label = before.get(at..).unwrap_or_default();
        let stripped = LEADING_NUMBER.replace(label, "").into_owned();
        let start = at.saturating_add(label.len().saturating_sub(stripped.len()));
        // A label in Latin letters may have spaces in it.
        let column = column_of(&stripped, lexicon).map(|column| (column, start)).or_else(|| {
            let whole = LEADING_NUMBER.replace(before, "").into_owned();
            let start = before.len().saturating_sub(whole.len());
            (found.is_empty() && whole.is_ascii())
                .then(|| column_of(&whole, lexicon))
                .flatten()
                .map(|column| (column, start))
        });
        if let Some((column, start)) = column {
            found.push((column, start, end));
        }
    }
    let starts: Vec<usize> = found.iter().map(|(_, start, _)| *start).collect();
    found
        .iter()
        .enumerate()
        .map(|(index, (column, start, end))| {
            let until = starts.get(index.saturating_add(1)).copied().unwrap_or(text.len());
            (*column, *start, text.get(*end..until).unwrap_or_default().trim().to_owned())
        })
        .collect()
}

fn column_of(label: &str, lexicon: &Lexicon) -> Option<Column> {
    let characters = label.chars().count();
    (2..=20)
        .contains(&characters)
        .then(|| lexicon.column(label))
        .flatten()
        .filter(|column| !matches!(column, Column::Other | Column::Contact | Column::Retention))
}

fn is_about_sdks(laid: &Laid, index: usize) -> bool {
    let around = context::around(laid, index);
    around.contains("sdk")
        || around.contains("第三方")
        || around.contains("third-party")
        || around.contains("third party")
        || around.contains("合作方")
}

/// SDKs named in running text.
fn from_sentences(laid: &Laid, lexicon: &Lexicon, said: &[Statement], entries: &mut Vec<SdkEntry>) {
    let mut known: Vec<String> = entries.iter().map(|entry| bare(&entry.name)).collect();
    for (index, sentence) in laid.sentences.iter().enumerate() {
        if !sentence.cells.is_empty() || sentence.kind == SentenceKind::Heading {
            continue;
        }
        let folded = laid.folded.get(index).map_or("", String::as_str);
        // Names in addresses are no names.
        let without_urls = URL.replace_all(folded, " ");
        let folded = without_urls.as_ref();
        let near = context::around(laid, index);
        let word = SDK_WORD.is_match(folded) || WE_USE.is_match(folded);
        if NONE_AT_ALL.is_match(folded) || !(word || SDK_WORD.is_match(&near)) {
            continue;
        }
        if !word && !TAKEN_IN.is_match(folded) && sentence.kind != SentenceKind::ListItem {
            continue;
        }
        let mut names: Vec<(usize, String)> = lexicon
            .sdk_names
            .within(folded)
            .into_iter()
            // `友盟同欣（北京）科技有限公司` names a company, not an SDK.
            .filter(|(range, _)| {
                let rest = folded.get(range.end..).unwrap_or_default();
                !OF_COMPANY.is_match(rest)
                    || OF_COMPANY.find(rest).is_some_and(|found| found.as_str().contains("sdk"))
            })
            .filter_map(|(range, _)| Some((range.start, with_suffix(folded, range)?)))
            .collect();
        if SDK_WORD.is_match(folded) {
            names.extend(unknown_names(folded, &names));
        }
        names.sort();
        let single = names.len() == 1;
        for (_, name) in names {
            let short = bare(&name);
            if entries.len() >= ENTRIES_MAX || known.iter().any(|known| known.contains(&short)) {
                continue;
            }
            let catalogue = lexicon.sdk_names.find(&name, None, None);
            let same = |known: &SdkEntry| catalogue.is_some() && known.catalogue == catalogue;
            if entries.iter().any(same) {
                continue;
            }
            known.push(short);
            let mut entry = SdkEntry {
                name,
                catalogue,
                sentence: index,
                purpose: purpose(folded),
                url: URL
                    .find(&sentence.text)
                    .filter(|_| single)
                    .map(|found| found.as_str().to_owned()),
                provider: company(&sentence.text).filter(|_| single),
                ..SdkEntry::default()
            };
            if single {
                entry.information = taken(laid, said, index);
            }
            finish(&mut entry, lexicon);
            add(entries, entry);
        }
    }
}

/// What the SDK of a sentence takes, as this sentence says, or the next when it goes on about it.
fn taken(laid: &Laid, said: &[Statement], index: usize) -> Vec<String> {
    let next = index.saturating_add(1);
    let goes_on = laid.folded.get(next).is_some_and(|folded| GOES_ON.is_match(folded));
    let mut ids: Vec<String> = Vec::new();
    let about = said.iter().filter(|said| {
        (said.sentence == index || goes_on && said.sentence == next)
            && said.polarity == Polarity::Affirmed
            && matches!(
                said.kind,
                Kind::Collect | Kind::Use | Kind::ThirdPartyCollect | Kind::Share
            )
    });
    for id in about.flat_map(|said| &said.information) {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}

/// The name with `SDK` behind it when it stands there.
fn with_suffix(folded: &str, range: std::ops::Range<usize>) -> Option<String> {
    let name = folded.get(range.clone())?;
    let rest = folded.get(range.end..)?.trim_start();
    Some(if rest.starts_with("sdk") { format!("{name} sdk") } else { name.to_owned() })
}

/// `某某SDK` that the catalogue does not know.
fn unknown_names(folded: &str, known: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for capture in NAMED_SDK.captures_iter(folded) {
        let Some(name) = capture.get(1) else { continue };
        let text = FRONT.replace(name.as_str(), "").into_owned();
        let near_known =
            known.iter().any(|(at, _)| name.range().contains(at) || name.start() == *at);
        if !near_known
            && text.chars().count() >= 2
            && !GENERIC.is_match(&text)
            && text.chars().count() <= 16
        {
            found.push((name.start(), format!("{text} sdk")));
        }
    }
    found
}

fn company(text: &str) -> Option<String> {
    let found = COMPANY.captures(text)?;
    (1..=4).find_map(|group| found.get(group)).map(|name| name.as_str().trim().to_owned())
}
