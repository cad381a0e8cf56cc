//! Topics: which sentences deal with rights, retention, children and the rest of `topics.tsv`.

use crate::lexicon::{Lexicon, Scope};
use crate::model::{Evidence, Polarity, SentenceKind};
use crate::sentences::Laid;
use std::collections::BTreeMap;

pub(crate) type Topics = BTreeMap<String, Vec<Evidence>>;

pub(crate) fn find(laid: &Laid, lexicon: &Lexicon) -> Topics {
    let mut topics = Topics::new();
    let Some(set) = &lexicon.topic_set else { return topics };
    for (sentence, folded) in laid.folded.iter().enumerate() {
        let kind = laid.sentences.get(sentence).map(|found| found.kind);
        let heading = kind == Some(SentenceKind::Heading);
        let title = heading || kind == Some(SentenceKind::TableHead);
        for index in set.matches(folded) {
            let Some(rule) = lexicon.topics.get(index) else { continue };
            let applies = match rule.scope {
                Scope::Any => true,
                Scope::Heading => heading,
                Scope::Body => !title,
            };
            if !applies || rule.unless.as_ref().is_some_and(|unless| unless.is_match(folded)) {
                continue;
            }
            // `公开披露：我们不会…` is decided behind the label.
            let label = |end: usize| folded.get(end..).is_some_and(|rest| rest.starts_with('：'));
            let mut places = rule.pattern.find_iter(folded);
            let Some(first) = places.next() else { continue };
            let found = if label(first.end()) { places.next().unwrap_or(first) } else { first };
            let polarity = if rule.mention {
                Polarity::Affirmed
            } else {
                lexicon.negations.polarity(folded, found.start())
            };
            let all = topics.entry(rule.topic.clone()).or_default();
            if all.last().is_none_or(|last| last.sentence != sentence) {
                all.push(Evidence { sentence, polarity, rule: index.saturating_add(1) });
            }
        }
    }
    topics
}
