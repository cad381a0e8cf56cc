//! Dates and the version of a policy: a label with a date behind or before it.

use crate::model::{Cited, Date, Dates};
use crate::patterns::patterns;
use crate::sentences::Laid;

/// A date belongs to a label within so many characters.
const LABEL_REACH: usize = 24;

patterns! {
    NUMERIC = r"(20\d{2}) ?[年./\-] ?(\d{1,2}) ?[月./\-] ?(\d{1,2}) ?日?";
    CHINESE = r"([二〇零○一三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十]{1,3})日";
    MONTH_FIRST = r"(january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.? (\d{1,2})(?:st|nd|rd|th)?,? (20\d{2})";
    DAY_FIRST = r"(\d{1,2})(?:st|nd|rd|th)? (january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?,? (20\d{2})";
    EFFECTIVE = r"生效|施行|实施|effective|in force|takes effect";
    UPDATED = r"更新|修订|修改|变更|updated|revised|last modified|amended";
    PUBLISHED = r"发布|公布|published|released|发布日期|issued";
    VERSION = r"(?:版本号?|version)(?:为|是|：|:| )*\s*(?:no\.? ?)?(v?\d+(?:\.\d+){0,3}|20\d{6})|\b(v\d+(?:\.\d+){1,3})\b";
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Effective,
    Updated,
    Published,
}

pub(crate) fn find(laid: &Laid) -> Dates {
    let mut dates = Dates::default();
    for (index, folded) in laid.folded.iter().enumerate() {
        // A date behind its label is sure; one before it may belong to another label.
        for (start, end, date) in all(folded) {
            let Some(label) = label(folded, start, end) else { continue };
            let slot = match label {
                Label::Effective => &mut dates.effective,
                Label::Updated => &mut dates.updated,
                Label::Published => &mut dates.published,
            };
            if slot.is_none() {
                *slot = Some(Cited { value: date, sentence: index });
            }
        }
        if dates.version.is_none() && is_about_document(folded, index) {
            let found =
                VERSION.captures(folded).and_then(|found| found.get(1).or_else(|| found.get(2)));
            dates.version =
                found.map(|version| Cited { value: version.as_str().to_owned(), sentence: index });
        }
    }
    dates
}

/// A version number near the beginning or in a line that is about the version only.
fn is_about_document(folded: &str, index: usize) -> bool {
    let characters = folded.chars().count();
    let other = ["系统版本", "应用版本", "软件版本", "操作系统", "android", "os version", "sdk"];
    characters <= 80
        && (index < 12 || folded.starts_with("版本") || folded.starts_with("version"))
        && !other.iter().any(|word| folded.contains(word))
}

fn label(folded: &str, start: usize, end: usize) -> Option<Label> {
    let before: String = {
        let text = folded.get(..start).unwrap_or_default();
        let text = text.rsplit(['。', '；', '|']).next().unwrap_or_default();
        let skip = text.chars().count().saturating_sub(LABEL_REACH);
        text.chars().skip(skip).collect()
    };
    let after: String = {
        let text = folded.get(end..).unwrap_or_default();
        text.split(['。', '；', '，', '|']).next().unwrap_or_default().chars().take(12).collect()
    };
    let labels = [
        (&*EFFECTIVE, Label::Effective),
        (&*UPDATED, Label::Updated),
        (&*PUBLISHED, Label::Published),
    ];
    // The label that stands nearest before the date.
    let nearest = labels
        .iter()
        .filter_map(|(pattern, label)| {
            pattern.find_iter(&before).last().map(|found| (found.end(), *label))
        })
        .max_by_key(|(end, _)| *end);
    let behind = labels
        .iter()
        .filter_map(|(pattern, label)| pattern.find(&after).map(|found| (found.start(), *label)))
        .min_by_key(|(start, _)| *start);
    // `2024年5月1日起生效` beats `更新于` only when no label stands directly before the date.
    match (nearest, behind) {
        (Some((at, label)), _) if directly(&before, at) => Some(label),
        (_, Some((_, label))) => Some(label),
        (Some((_, label)), None) => Some(label),
        (None, None) => None,
    }
}

fn directly(before: &str, at: usize) -> bool {
    before.get(at..).is_some_and(|between| between.chars().count() <= 6 && !between.contains('，'))
}

fn all(folded: &str) -> Vec<(usize, usize, Date)> {
    let mut found = Vec::new();
    let mut collect = |pattern: &regex::Regex, order: [usize; 3]| {
        for capture in pattern.captures_iter(folded) {
            let part = |index: usize| {
                order.get(index).and_then(|group| capture.get(*group)).map(|part| part.as_str())
            };
            let date = date(part(0), part(1), part(2));
            if let (Some(date), Some(whole)) = (date, capture.get(0)) {
                found.push((whole.start(), whole.end(), date));
            }
        }
    };
    collect(&NUMERIC, [1, 2, 3]);
    collect(&CHINESE, [1, 2, 3]);
    collect(&MONTH_FIRST, [3, 1, 2]);
    collect(&DAY_FIRST, [3, 2, 1]);
    found.sort_by_key(|(start, ..)| *start);
    found
}

fn date(year: Option<&str>, month: Option<&str>, day: Option<&str>) -> Option<Date> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let year = year?;
    let year = year.parse().ok().or_else(|| digits(year))?;
    let month = month?;
    let named = || {
        let at = MONTHS.iter().position(|name| month.to_ascii_lowercase().starts_with(name))?;
        u8::try_from(at.saturating_add(1)).ok()
    };
    let number = |text: &str| {
        text.parse().ok().or_else(|| {
            crate::durations::chinese_number(text).and_then(|number| u8::try_from(number).ok())
        })
    };
    let month = number(month).or_else(named)?;
    let day = number(day?)?;
    ((1..=12).contains(&month) && (1..=31).contains(&day)).then_some(Date { year, month, day })
}

/// `二〇二四` digit by digit.
fn digits(text: &str) -> Option<u16> {
    text.chars().try_fold(0_u16, |number, character| {
        let digit = match character {
            '〇' | '零' | '○' => 0,
            other => u16::try_from(
                "一二三四五六七八九".chars().position(|known| known == other)?.checked_add(1)?,
            )
            .ok()?,
        };
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::{Block, TextBlock};

    #[test]
    fn labelled_dates() {
        for (text, effective, updated, version) in [
            ("生效日期：2024年5月1日", Some("2024-05-01"), None, None),
            (
                "更新日期：2024/05/01 生效日期：2024.5.8",
                Some("2024-05-08"),
                Some("2024-05-01"),
                None,
            ),
            (
                "本政策于2024年1月2日更新，自2024年1月9日起生效。",
                Some("2024-01-09"),
                Some("2024-01-02"),
                None,
            ),
            ("本版本更新于二〇二四年十月二十一日", None, Some("2024-10-21"), None),
            ("Last updated: May 3, 2024", None, Some("2024-05-03"), None),
            ("Effective date: 3 May 2024. Version 2.1", Some("2024-05-03"), None, Some("2.1")),
            ("版本号：V3.0.1", None, None, Some("v3.0.1")),
            ("2023年我们成立", None, None, None),
            ("生效日期：2024年13月1日", None, None, None),
        ] {
            let document = crate::format::Document {
                blocks: vec![Block::Text(TextBlock::paragraph(text))],
                title: None,
            };
            let laid =
                crate::sentences::lay_out(document, crate::Lexicon::shipped(), &mut Vec::new());
            let dates = find(&laid);
            let day = |cited: Option<Cited<Date>>| cited.map(|cited| cited.value.to_string());
            assert_eq!(day(dates.effective).as_deref(), effective, "{text}");
            assert_eq!(day(dates.updated).as_deref(), updated, "{text}");
            assert_eq!(dates.version.map(|cited| cited.value).as_deref(), version, "{text}");
        }
    }
}
