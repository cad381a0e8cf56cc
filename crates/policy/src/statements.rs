//! Statements: which types of information a sentence names, and what it says is done with them.
//!
//! Each named type is governed by a verb: the last one before it in its part of the sentence
//! (`我们会收集您的IMEI、MAC`), else the first behind it (`您的IMEI会被收集`), else the verb of the
//! sentence that leads the list, else what the section is about. Polarity is that of the verb;
//! `不包括` turns what follows. Who does it is whoever was named last before the verb.

use crate::context::{self, About};
use crate::fold::fold;
use crate::lexicon::{Column, Lexicon};
use crate::matcher::Hit;
use crate::model::{Kind, Polarity, SentenceKind, Statement};
use crate::negation::is_the_exception;
use crate::patterns::patterns;
use crate::sentences::Laid;
use crate::tables::{TableKind, View};
use std::collections::HashMap;

/// Who does something is named within so many bytes before the verb.
const SUBJECT_BYTES: usize = 600;

patterns! {
    DEFINITION = r"是指|系指|指以电子|指的是|means any|refers to|\bis defined\b|^[^，。]{0,12}(个人敏感信息|敏感个人信息|个人信息)(包括|主要包括|指)";
    PURPOSE_ZH = r"(帮助[您你][^，。；：|]{2,40}|为了?(?:实现|向|保障|提供|帮助|让|使|满足|确保|您|便于|完成|改善|提升|维护|防止|识别|履行)?[^，。；：|]{2,60}|用于[^，。；|]{2,60}|以便[^，。；|]{2,60}|以(?:实现|提供|保障|完成|便|满足|改善|帮助|用于|确保)[^，。；|]{2,60}|目的(?:是|为|在于)[^，。；|]{2,60})";
    PURPOSE_EN = r"\b(in order to|for the purposes? of|so that|used (?:to|for)|to (?:provide|improve|deliver|process|help|verify|show|send|protect|detect|prevent|analy[sz]e|personali[sz]e|create|identify|enable|operate|diagnose|complete|respond|support|display|push|count|locate|let|fulfil+)|for (?:analytics|advertising|security|push|statistics|payment|crash|map|login|registration))[^.;,|]{0,80}";
    RECIPIENT = r"(?:与|向|给|同)([^，。；、|]{2,30}?)(?:等?第三方)?(?:共享|提供|分享|披露|转让|同步|传输|发送)";
    THIRD_PARTY = r"第三方|sdk|合作方|合作伙伴|关联公司|third[- ]part|partners?\b|服务商|供应商";
    FIRST_PARTY = r"我们|我方|本公司|本应用|本软件|本产品|本平台|本app|\bwe\b|\bour\b|\bthe app\b|我司";
    FROM_THIRD = r"(从|由)[^，。；]{0,8}第三方[^，。；]{0,6}(获取|获得|取得|接收|收集|处)|from third|from (our )?partners";
    PERMISSION_BEHIND = r"^(的|等|访问|使用|相关|读取|信息|功能|设备|（[^）]{0,20}）)*权限|^ ?(access )?permission";
    USER_MAY = r"(您|你|用户)(可以|有权|可|能够)?(随时)?(自行|自主)?[^，。；]{0,20}$|you (may|can|have the right)[^.;]{0,40}$";
    JOINT = r"^(我们|本公司|本应用|we|our)(的)?( ?(及|和|与|或|以及|及其|and|or) ?(其他|我们的|our|关联公司、|授权)?)$";
    FULL_PERMISSION = r"(?:android|com\.android)\.permission\.[a-z_]+";
    LABEL = r"^[^：:，。；]{2,24}[：:]";
}

/// What governs a named type.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Governed {
    kind: Kind,
    polarity: Polarity,
    third_party: Option<String>,
}

pub(crate) fn find(laid: &Laid, lexicon: &Lexicon) -> Vec<Statement> {
    let reader = Reader { laid, lexicon, about: context::of_sections(laid) };
    let mut statements = Vec::new();
    let in_table = crate::tables::views(laid, lexicon);
    for (index, sentence) in laid.sentences.iter().enumerate() {
        match sentence.kind {
            SentenceKind::TableHead => {}
            SentenceKind::TableRow => match crate::tables::view_of(&in_table, index) {
                Some(view) if view.has(Column::Information) || view.kind != TableKind::Other => {
                    statements.extend(reader.row(view, index));
                }
                _ => reader.sentence(index, &mut statements),
            },
            _ => reader.sentence(index, &mut statements),
        }
    }
    statements
}

struct Reader<'a> {
    laid: &'a Laid,
    lexicon: &'a Lexicon,
    about: Vec<Option<About>>,
}

impl Reader<'_> {
    fn folded(&self, index: usize) -> &str {
        self.laid.folded.get(index).map_or("", String::as_str)
    }

    fn about(&self, index: usize) -> Option<About> {
        let section = self.laid.sentences.get(index)?.section;
        self.about.get(section).copied().flatten()
    }

    /// A row of a table with a column of information, of SDKs or of permissions.
    fn row(&self, view: &View, index: usize) -> Option<Statement> {
        let mut information = match view.cell(index, Column::Information) {
            Some(cell) => self.lexicon.information_in(&fold(&cell)),
            None => Vec::new(),
        };
        if information.is_empty() && view.kind == TableKind::Permission {
            let cell = fold(&view.cell(index, Column::Permission)?);
            information = self.lexicon.information_in(&cell);
            let what_for = fold(&view.cell(index, Column::Purpose).unwrap_or_default());
            let collects =
                |action: &Hit| self.lexicon.actions.get(action.value) == Some(&Kind::Collect);
            if self.actions(&what_for).iter().any(collects) {
                information.extend(self.lexicon.information_in(&what_for));
            }
        }
        if information.is_empty()
            && view.kind == TableKind::Information
            && view.has(Column::Information)
        {
            information = self.lexicon.information_in(self.folded(index));
        }
        if information.is_empty() {
            return None;
        }
        let context = context::around(self.laid, index);
        let (kind, third_party) = match view.kind {
            TableKind::Sdk => (Kind::ThirdPartyCollect, view.cell(index, Column::Name)),
            TableKind::Permission => (Kind::Permission, None),
            _ if self.about(index) == Some(About::Share) => {
                (Kind::Share, view.cell(index, Column::Provider))
            }
            _ => (Kind::Collect, None),
        };
        let purpose_text = view.cell(index, Column::Purpose);
        let means = view.cell(index, Column::Means).unwrap_or_default();
        let denied = kind == Kind::Collect
            && context
                .lines()
                .last()
                .is_some_and(|lead| self.polarity_of_lead(lead) == Some(Polarity::Denied));
        Some(Statement {
            kind,
            polarity: if denied { Polarity::Denied } else { Polarity::Affirmed },
            information,
            purposes: self.lexicon.purposes_in(&fold(purpose_text.as_deref().unwrap_or_default())),
            purpose_text,
            means: self.lexicon.means_in(&fold(&means)),
            third_party,
            permission: None,
            sentence: index,
            text: self.laid.sentences.get(index)?.text.clone(),
        })
    }

    fn polarity_of_lead(&self, lead: &str) -> Option<Polarity> {
        let actions = self.actions(lead);
        actions.last().map(|action| self.lexicon.negations.polarity(lead, action.start))
    }

    fn actions(&self, folded: &str) -> Vec<Hit> {
        self.lexicon.action_terms.as_ref().map(|terms| terms.find(folded)).unwrap_or_default()
    }

    fn sentence(&self, index: usize, out: &mut Vec<Statement>) {
        let folded = self.folded(index);
        let Some(terms) = &self.lexicon.information_terms else { return };
        let hits = terms.find(folded);
        out.extend(self.full_permission(index, folded));
        if hits.is_empty() || DEFINITION.is_match(folded) && !folded.contains("我们会收集") {
            return;
        }
        if self.about(index) == Some(About::Definitions) {
            return;
        }
        let mut verbs = Verbs::new(self, index);
        let mut groups: Vec<(Governed, Vec<usize>)> = Vec::new();
        for hit in hits {
            let Some(governed) = verbs.governed(hit) else { continue };
            match groups.iter_mut().find(|(known, _)| *known == governed) {
                Some((_, values)) => values.push(hit.value),
                None => groups.push((governed, vec![hit.value])),
            }
        }
        let Some(sentence) = self.laid.sentences.get(index) else { return };
        for (governed, values) in groups {
            let purpose_text = purpose(folded).or_else(|| self.purpose_of_lead(index));
            let purposes = self.lexicon.purposes_in(purpose_text.as_deref().unwrap_or(folded));
            out.push(Statement {
                kind: governed.kind,
                polarity: governed.polarity,
                information: self.lexicon.ids(values.into_iter()),
                purposes,
                purpose_text,
                means: self.lexicon.means_in(folded),
                third_party: governed.third_party,
                permission: crate::permissions::named(folded, self.lexicon),
                sentence: index,
                text: sentence.text.clone(),
            });
        }
    }

    /// A sentence that names a permission by its full name declares what it leads to.
    fn full_permission(&self, index: usize, folded: &str) -> Option<Statement> {
        let found = FULL_PERMISSION.find(folded)?;
        let (package, name) = found.as_str().rsplit_once('.')?;
        let words = self
            .lexicon
            .permission_by_android(&format!("{package}.{}", name.to_ascii_uppercase()))?;
        let information = self.lexicon.information_in(&fold(&format!("{}权限", words.zh)));
        let information = if information.is_empty() {
            self.lexicon.information_in(&fold(&words.zh))
        } else {
            information
        };
        let sentence = self.laid.sentences.get(index)?;
        (!information.is_empty()).then(|| Statement {
            kind: Kind::Permission,
            polarity: self.lexicon.negations.polarity(folded, found.start()),
            information,
            purposes: self.lexicon.purposes_in(folded),
            purpose_text: purpose(folded),
            means: Vec::new(),
            third_party: None,
            permission: Some(words.id.clone()),
            sentence: index,
            text: sentence.text.clone(),
        })
    }

    fn purpose_of_lead(&self, index: usize) -> Option<String> {
        let leads = context::leads(self.laid, index);
        leads.into_iter().find_map(|lead| purpose(self.folded(lead)))
    }

    /// What a verb of a sentence says, whatever its object.
    fn by_action(&self, index: usize, folded: &str, action: Hit) -> Option<Governed> {
        let mut kind = *self.lexicon.actions.get(action.value)?;
        let polarity = self.lexicon.negations.polarity(folded, action.start);
        let before = tail(folded.get(..action.start).unwrap_or_default());
        let about = self.about(index);
        let users_own =
            matches!(about, Some(About::Rights | About::Contact)) || kind == Kind::Right;
        if users_own
            && !FIRST_PARTY.is_match(before)
            && (kind == Kind::Right || USER_MAY.is_match(before) || about == Some(About::Contact))
        {
            kind = Kind::Right;
        }
        let mut third_party = None;
        match kind {
            Kind::Collect | Kind::Use => {
                third_party = self.who(index, folded, before);
                let of_sdk = about == Some(About::Sdks) && !FIRST_PARTY.is_match(before);
                if third_party.is_some() || of_sdk {
                    kind = Kind::ThirdPartyCollect;
                }
            }
            Kind::Share | Kind::Entrust | Kind::Transfer | Kind::Disclose => {
                third_party = RECIPIENT
                    .captures(folded)
                    .and_then(|found| found.get(1))
                    .map(|name| name.as_str().to_owned());
            }
            _ => {}
        }
        Some(Governed { kind, polarity, third_party })
    }

    /// Whether a verb takes information, rather than saying what it is for.
    fn is_taking(&self, folded: &str, action: Hit) -> bool {
        let kind = self.lexicon.actions.get(action.value);
        matches!(kind, Some(Kind::Collect | Kind::Use | Kind::Store))
            && !is_used_for(folded, action)
    }

    /// The third party that collects, when it was named last before the verb.
    fn who(&self, index: usize, folded: &str, before: &str) -> Option<String> {
        if FROM_THIRD.is_match(folded) {
            return None;
        }
        let last = |pattern: &regex::Regex, text: &str| {
            pattern.find_iter(text).last().map(|found| found.start())
        };
        // `Stripe processes your card number`
        let names = crate::sdks::starts(before, self.lexicon);
        let named = names
            .into_iter()
            .filter(|(_, end)| before.get(*end..).is_some_and(|rest| rest.starts_with(' ')))
            .map(|(start, _)| start)
            .next_back();
        let third = last(&THIRD_PARTY, before).max(named);
        let first = last(&FIRST_PARTY, before);
        if third.is_none() || third < first {
            return None;
        }
        // `我们及合作伙伴可能收集`: both do.
        if let (Some(third), Some(first)) = (third, first)
            && before.get(first..third).is_some_and(|between| JOINT.is_match(between))
        {
            return None;
        }
        let names = crate::sdks::named(before, self.lexicon);
        let name = names.into_iter().next_back().or_else(|| {
            let at = third?;
            before.get(at..)?.split(['，', '。', '；', '（', ' ']).next().map(str::to_owned)
        });
        let _ = index;
        name
    }

    /// A sentence without a verb, in a section that is about one thing.
    fn by_section(&self, index: usize, folded: &str, hit: Hit) -> Option<Governed> {
        let sentence = self.laid.sentences.get(index)?;
        let listed = sentence.kind == SentenceKind::ListItem
            || sentence.kind == SentenceKind::TableRow
            || LABEL.is_match(folded);
        let kind = match self.about(index)? {
            About::Collect if sentence.kind != SentenceKind::Heading => Kind::Collect,
            // Behind the label stands what the permission is for.
            About::Permissions if listed && !folded.get(..hit.start)?.contains(['：', ':']) => {
                Kind::Permission
            }
            About::Sdks if listed => Kind::ThirdPartyCollect,
            About::Share if listed => Kind::Share,
            About::Store if listed => Kind::Store,
            _ => return None,
        };
        let excluded = self.lexicon.negations.is_excluded(folded, hit.start);
        let polarity = if excluded {
            Polarity::Denied
        } else {
            self.lexicon.negations.polarity(folded, hit.start)
        };
        Some(Governed { kind, polarity, third_party: None })
    }
}

/// The verbs of a sentence, worked out once each: long enumerations ask for the same ones again.
struct Verbs<'r, 'a> {
    reader: &'r Reader<'a>,
    index: usize,
    folded: &'r str,
    actions: Vec<Hit>,
    /// Words that say what for, and where in them a verb takes information: what stands behind
    /// that verb is taken, the rest is purpose.
    purposes: Vec<(std::ops::Range<usize>, usize)>,
    known: HashMap<usize, Option<Governed>>,
    lead: Option<Option<Governed>>,
}

impl<'r, 'a> Verbs<'r, 'a> {
    fn new(reader: &'r Reader<'a>, index: usize) -> Self {
        let folded = reader.folded(index);
        let actions = reader.actions(folded);
        let phrases = PURPOSE_ZH.find_iter(folded).chain(PURPOSE_EN.find_iter(folded));
        let purposes = phrases.map(|phrase| phrase.range()).map(|phrase| {
            let taking = actions.iter().find(|action| {
                phrase.contains(&action.start) && reader.is_taking(folded, **action)
            });
            let from = taking.map_or(usize::MAX, |action| action.start);
            (phrase, from)
        });
        let purposes = purposes.collect();
        Self { reader, index, folded, actions, purposes, known: HashMap::new(), lead: None }
    }

    fn governed(&mut self, hit: Hit) -> Option<Governed> {
        let (folded, negations) = (self.folded, &self.reader.lexicon.negations);
        let after = folded.get(hit.end..).unwrap_or_default();
        if PERMISSION_BEHIND.is_match(after) {
            let polarity = negations.polarity(folded, hit.start);
            return Some(Governed { kind: Kind::Permission, polarity, third_party: None });
        }
        // `用于识别口令` takes no password.
        if self
            .purposes
            .iter()
            .any(|(phrase, from)| phrase.contains(&hit.start) && hit.start <= *from)
        {
            return None;
        }
        let governed = match self.action(hit) {
            Some(action) => {
                let (reader, index) = (self.reader, self.index);
                let known = self.known.entry(action.start);
                known.or_insert_with(|| reader.by_action(index, folded, action)).clone()
            }
            None => match self.by_lead() {
                Some(governed) => Some(governed),
                None => return self.reader.by_section(self.index, folded, hit),
            },
        };
        let mut governed = governed?;
        if negations.is_excluded(folded, hit.start) {
            governed.polarity = Polarity::Denied;
        } else if is_the_exception(folded, hit.start) {
            governed.polarity = Polarity::Affirmed;
        }
        Some(governed)
    }

    /// The verb that governs a type: see the head of the file.
    fn action(&self, hit: Hit) -> Option<Hit> {
        let folded = self.folded;
        let part = part_of(folded, hit.start);
        let inside = |action: &&Hit| part.contains(&action.start);
        let before = self
            .actions
            .iter()
            .filter(inside)
            .rfind(|action| action.start < hit.start && !is_used_for(folded, **action));
        let behind = || self.actions.iter().filter(inside).find(|action| action.start >= hit.start);
        let earlier = || {
            let colon = folded.get(..part.start)?.find(['：', ':'])?;
            self.actions.iter().rfind(|action| action.start < colon)
        };
        before.or_else(behind).or_else(earlier).copied()
    }

    /// What the sentence that leads the list says.
    fn by_lead(&mut self) -> Option<Governed> {
        let (reader, index) = (self.reader, self.index);
        let lead = self.lead.get_or_insert_with(|| {
            context::leads(reader.laid, index).into_iter().find_map(|lead| {
                let text = reader.folded(lead);
                let action = *reader.actions(text).last()?;
                reader.by_action(lead, text, action)
            })
        });
        lead.clone()
    }
}

/// The end of a text, as far as who is speaking matters.
fn tail(text: &str) -> &str {
    let mut from = text.len().saturating_sub(SUBJECT_BYTES);
    while !text.is_char_boundary(from) {
        from = from.saturating_add(1);
    }
    text.get(from..).unwrap_or_default()
}

/// `用于` says what for: it has no object that is taken.
fn is_used_for(folded: &str, action: Hit) -> bool {
    folded.get(action.start..action.end) == Some("用于")
}

/// The part of a sentence, between semicolons, that holds a position.
fn part_of(folded: &str, at: usize) -> std::ops::Range<usize> {
    let before = folded.get(..at).unwrap_or_default();
    let start = before.rfind(['；', ';']).map_or(0, |found| found.saturating_add(1));
    let after = folded.get(at..).unwrap_or_default();
    let end = after.find(['；', ';']).map_or(folded.len(), |found| at.saturating_add(found));
    start..end
}

/// The words of a sentence that say what for.
pub(crate) fn purpose(folded: &str) -> Option<String> {
    let found = PURPOSE_ZH.find(folded).or_else(|| PURPOSE_EN.find(folded))?;
    Some(found.as_str().trim().to_owned())
}
