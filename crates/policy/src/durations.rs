//! Periods: how long information is kept, and how soon the operator answers.

use crate::model::{Cited, ResponseTime, Retention};
use crate::patterns::patterns;
use crate::sentences::Laid;
use crate::topics::Topics;

patterns! {
    PERIOD = r"(\d{1,4}|[一二三四五六七八九十百两]{1,5}|one|two|three|five|seven|ten|fifteen|thirty)[\s（(\-]*(?:\d{1,3}[)）])?\s*个?(工作日|自然日|日|天|小时|个月|月|年|周|business days?|working days?|calendar days?|days?|hours?|months?|years?|weeks?)";
    ANSWER = r"回复|答复|反馈|响应|处理(完|您|你|完毕|结果|并|用户|投诉)|处理$|核实|核查|受理|办理|完成|respond|repl(y|ies)|answer|process your (request|complaint)|handle your";
    ASKED = r"请求|申请|投诉|举报|意见|问题|反馈|诉求|咨询|来信|来电|邮件|拨打|联系|要求|注销|request|complaint|inquir|enquir|question|contact";
    KEPT = r"保存|保留|存储|储存|留存|retain|keep|stored|备份|有效期|登录|cookie|以上日志|不少于";
    CLOSING = r"注销|close|delet(e|ion) (of )?(your )?account|account (deletion|closure)";
    AFTER_CLOSING = r"注销(账[号户])?(后|之日)[^。]{0,40}(删除|匿名|保存|保留)|after [^.;]{0,30}account";
    AS_NEEDED = r"(最短|所必需|所必要|必要)[^，。；]{0,10}(时间|期限|期间|时长|时限)|目的所(必需|必要|需)|as long as|no longer than (is )?necessary|necessary (for|to) (the|fulfil)|minimum (period|time)";
}

/// `十五`, `三十`, `二十一`, `一百八十` and words of English.
pub(crate) fn chinese_number(text: &str) -> Option<u32> {
    let word = match text.to_ascii_lowercase().as_str() {
        "one" => Some(1),
        "two" => Some(2),
        "three" => Some(3),
        "five" => Some(5),
        "seven" => Some(7),
        "ten" => Some(10),
        "fifteen" => Some(15),
        "thirty" => Some(30),
        _ => None,
    };
    if word.is_some() {
        return word;
    }
    let (mut total, mut digit) = (0_u32, None::<u32>);
    for character in text.chars() {
        let unit = match character {
            '十' => 10,
            '百' => 100,
            '两' => {
                digit = Some(2);
                continue;
            }
            other => {
                let at = "一二三四五六七八九".chars().position(|known| known == other)?;
                digit = Some(u32::try_from(at).ok()?.checked_add(1)?);
                continue;
            }
        };
        total = total.checked_add(digit.take().unwrap_or(1).checked_mul(unit)?)?;
    }
    total.checked_add(digit.unwrap_or(0)).filter(|number| *number > 0)
}

/// A period in days; hours count as a day begun, and working days are told.
struct Period {
    days: u32,
    working: bool,
    start: usize,
}

fn periods(folded: &str) -> Vec<Period> {
    let mut found = Vec::new();
    for capture in PERIOD.captures_iter(folded) {
        let (Some(whole), Some(number), Some(unit)) =
            (capture.get(0), capture.get(1), capture.get(2))
        else {
            continue;
        };
        // `14周岁` and `2024年5月1日` are no periods.
        let rest = folded.get(whole.end()..).unwrap_or_default();
        if unit.as_str() == "周" && rest.starts_with('岁') {
            continue;
        }
        let Some(number) = number.as_str().parse().ok().or_else(|| chinese_number(number.as_str()))
        else {
            continue;
        };
        let unit = unit.as_str().trim_end_matches('s');
        if unit == "年" && number > 200
            || matches!(unit, "月" | "日") && is_date(folded, whole.start(), rest)
        {
            continue;
        }
        let days = match unit {
            "小时" | "hour" => number.div_ceil(24),
            "个月" | "月" | "month" => number.saturating_mul(30),
            "年" | "year" => number.saturating_mul(365),
            "周" | "week" => number.saturating_mul(7),
            _ => number,
        };
        let working = matches!(unit, "工作日" | "business day" | "working day");
        found.push(Period { days, working, start: whole.start() });
    }
    found
}

fn is_date(folded: &str, start: usize, rest: &str) -> bool {
    let before = folded.get(..start).unwrap_or_default();
    before.ends_with(['年', '月', '第']) || rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Times within which the operator says it answers.
pub(crate) fn response_times(laid: &Laid) -> Vec<Cited<ResponseTime>> {
    let mut times: Vec<Cited<ResponseTime>> = Vec::new();
    for (index, folded) in laid.folded.iter().enumerate() {
        // The request may stand in the sentence before: `您可以投诉。我们将在15日内答复。`
        let before = index.checked_sub(1).and_then(|before| laid.folded.get(before));
        let asked = ASKED.is_match(folded) || before.is_some_and(|before| ASKED.is_match(before));
        for part in folded.split(['；', ';']) {
            if AFTER_CLOSING.is_match(part) {
                continue;
            }
            let closes = CLOSING.is_match(part) && part.contains('内');
            if !(ANSWER.is_match(part) && asked || closes) {
                continue;
            }
            for period in periods(part) {
                // Only the clause around the period tells what it is the period of.
                let before = part.get(..period.start).unwrap_or_default();
                let clause = before.rsplit(['，', ',']).next().unwrap_or_default();
                if KEPT.is_match(clause) || period.days == 0 || period.days > 366 {
                    continue;
                }
                let closing = CLOSING.is_match(part);
                let time = ResponseTime { days: period.days, working: period.working, closing };
                let mut same = times.iter().rev().take_while(|known| known.sentence == index);
                if !same.any(|known| known.value == time) {
                    times.push(Cited { value: time, sentence: index });
                }
            }
        }
    }
    times
}

/// Sentences about how long information is kept.
pub(crate) fn retention(laid: &Laid, topics: &Topics) -> Vec<Retention> {
    let Some(evidence) = topics.get("retention") else { return Vec::new() };
    let mut found = Vec::new();
    for evidence in evidence {
        let Some(folded) = laid.folded.get(evidence.sentence) else { continue };
        let days = periods(folded).iter().map(|period| period.days).max();
        let as_needed = AS_NEEDED.is_match(folded);
        if days.is_some() || as_needed {
            found.push(Retention { days, as_needed, sentence: evidence.sentence });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("十五", Some(15)),
            ("三十", Some(30)),
            ("二十一", Some(21)),
            ("一百八十", Some(180)),
            ("两", Some(2)),
            ("fifteen", Some(15)),
            ("", None),
            ("人", None),
        ] {
            assert_eq!(chinese_number(text), expected, "{text}");
        }
    }

    #[test]
    fn found_periods() {
        for (text, expected) in [
            ("15个工作日", vec![(15, true)]),
            ("十五（15）个工作日内", vec![(15, true)]),
            ("30 天", vec![(30, false)]),
            ("within 15 business days", vec![(15, true)]),
            ("72小时", vec![(3, false)]),
            ("保存三年", vec![(1095, false)]),
            ("2024年5月1日", vec![]),
            ("14周岁", vec![]),
            ("六个月", vec![(180, false)]),
        ] {
            let found: Vec<(u32, bool)> =
                periods(text).iter().map(|p| (p.days, p.working)).collect();
            assert_eq!(found, expected, "{text}");
        }
    }
}
