//! Whether a sentence says that something is done, is not done, or is not done without consent.

use crate::lexicon::Negations;
use crate::model::Polarity;

/// A negator governs a verb that begins within so many characters behind it.
const REACH_WIDE: usize = 22;
const REACH_LATIN: usize = 36;

/// Marks that end the reach of a negator and of a condition.
pub(crate) const CLAUSE_ENDS: &[char] = &['，', ',', '；', ';', '。', '：', ':', '！', '？', '|'];

impl Negations {
    /// The polarity of a verb that starts at `at` of a folded sentence.
    pub(crate) fn polarity(&self, folded: &str, at: usize) -> Polarity {
        let before = folded.get(..at).unwrap_or_default();
        let clause = before.rsplit(CLAUSE_ENDS).next().unwrap_or_default();
        let denied = self.is_denied(clause);
        let has =
            |words: &[String], text: &str| words.iter().any(|word| text.contains(word.as_str()));
        if has(&self.conditionals, clause) {
            return Polarity::Conditional;
        }
        if !denied {
            return Polarity::Affirmed;
        }
        if has(&self.conditionals, folded) || has(&self.exceptions, folded) {
            return Polarity::Conditional;
        }
        Polarity::Denied
    }

    /// Whether the words before a verb, within its clause, negate it.
    fn is_denied(&self, clause: &str) -> bool {
        let mut clause = clause.to_owned();
        for word in &self.affirmers {
            if clause.contains(word.as_str()) {
                clause = clause.replace(word.as_str(), "＋");
            }
        }
        self.negators.iter().any(|negator| {
            let latin = negator.is_ascii();
            let found = clause
                .rmatch_indices(negator.as_str())
                .find(|(at, _)| !latin || is_word(&clause, *at, at.saturating_add(negator.len())));
            found.is_some_and(|(at, _)| {
                let between = clause.get(at.saturating_add(negator.len())..).unwrap_or_default();
                between.chars().count() <= if latin { REACH_LATIN } else { REACH_WIDE }
            })
        })
    }

    /// Whether what stands at `at` is left out: `收集设备信息，不包括IMEI`.
    pub(crate) fn is_excluded(&self, folded: &str, at: usize) -> bool {
        let before = folded.get(..at).unwrap_or_default();
        let part = before.rsplit(['；', ';', '。']).next().unwrap_or_default();
        self.exclusions.iter().any(|word| part.contains(word.as_str()))
    }
}

fn is_word(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let letter =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphanumeric);
    !letter(start.checked_sub(1)) && !letter(Some(end))
}

/// Whether `at` lies between `除` and `外`: what remains when all else is denied.
pub(crate) fn is_the_exception(folded: &str, at: usize) -> bool {
    let before = folded.get(..at).unwrap_or_default();
    let after = folded.get(at..).unwrap_or_default();
    let clause = before.rsplit(['，', '；', '。']).next().unwrap_or_default();
    let rest = after.split(['，', '；', '。']).next().unwrap_or_default();
    clause.contains('除') && !clause.contains("删除") && rest.contains('外')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexicon::Lexicon;

    #[test]
    fn polarities() {
        use Polarity::{Affirmed, Conditional, Denied};
        let words = &Lexicon::shipped().negations;
        for (text, verb, expected) in [
            ("我们会收集您的位置", "收集", Affirmed),
            ("我们不会收集您的位置", "收集", Denied),
            ("我们不会主动收集、使用您的位置", "使用", Denied),
            ("未经您同意，我们不会收集您的位置", "收集", Conditional),
            ("我们不会共享您的信息，但以下情形除外", "共享", Conditional),
            ("如您不提供位置，我们会收集ip", "收集", Affirmed),
            ("如您拒绝提供位置", "提供", Conditional),
            ("我们不仅收集您的位置", "收集", Affirmed),
            ("包括但不限于收集位置", "收集", Affirmed),
            ("we do not collect your location", "collect", Denied),
            ("we will never knowingly collect data", "collect", Denied),
            ("we collect your location", "collect", Affirmed),
            ("we do not share data without your consent", "share", Conditional),
            ("another party may collect", "collect", Affirmed),
        ] {
            let at = text.find(verb).unwrap();
            assert_eq!(words.polarity(text, at), expected, "{text}");
        }
    }
}
