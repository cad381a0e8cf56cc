//! What a policy says, as it is handed on. Sentences are named by their index in
//! [`Policy::sentences`]; information types by the ids of `models/policy/information.tsv`, whose
//! first rows are those of `models/android/information_types.tsv`.

use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// A privacy policy, read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Policy {
    pub format: Format,
    pub language: Language,
    pub title: Option<Cited<String>>,
    pub dates: Dates,
    /// The text that was read, one block a line; offsets of sentences are bytes in it.
    #[serde(skip)]
    pub text: String,
    /// In reading order. The first is the document itself.
    pub sections: Vec<Section>,
    pub sentences: Vec<Sentence>,
    pub statements: Vec<Statement>,
    pub sdks: Vec<SdkEntry>,
    pub permissions: Vec<PermissionEntry>,
    pub retention: Vec<Retention>,
    pub contact: Contact,
    pub response_times: Vec<Cited<ResponseTime>>,
    /// By topic of `models/policy/topics.tsv`, with the evidence in reading order.
    pub topics: BTreeMap<String, Vec<Evidence>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Html,
    Mhtml,
    Pdf,
    Docx,
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    /// Simplified Chinese.
    Zh,
    /// Traditional Chinese: read, but there is no simplified version in the file.
    ZhHant,
    En,
    /// Chinese and English side by side.
    Mixed,
}

impl Language {
    /// Whether a reader of simplified Chinese finds the policy in it.
    pub fn has_simplified_chinese(self) -> bool {
        matches!(self, Self::Zh | Self::Mixed)
    }
}

/// A value and the sentence that it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cited<T> {
    pub value: T,
    pub sentence: usize,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Dates {
    /// From when the policy holds.
    pub effective: Option<Cited<Date>>,
    /// When it was last changed.
    pub updated: Option<Cited<Date>>,
    /// When it was published.
    pub published: Option<Cited<Date>>,
    pub version: Option<Cited<String>>,
}

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl std::fmt::Display for Date {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// A part of the document under one heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    pub title: String,
    /// 0 is the document, 1 its chapters.
    pub level: u8,
    /// Index of the section that it lies in.
    pub parent: Option<usize>,
    /// Its sentences, the heading first, those of sections inside it included.
    pub sentences: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sentence {
    pub text: String,
    /// Index of the innermost section.
    pub section: usize,
    pub kind: SentenceKind,
    /// Bytes from the start of [`Policy::text`].
    pub offset: usize,
    /// The cells of a row of a table, else empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cells: Vec<String>,
    /// The sentence that introduces the list this one stands in: `我们会收集以下信息：`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SentenceKind {
    Heading,
    Paragraph,
    ListItem,
    TableHead,
    TableRow,
}

/// What one sentence says about types of information.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    pub kind: Kind,
    pub polarity: Polarity,
    /// Ids of information types, in the order of the sentence, each once.
    pub information: Vec<String>,
    /// What for: ids of `models/policy/purposes.tsv`.
    pub purposes: Vec<String>,
    /// The words that give the purpose, as they stand.
    pub purpose_text: Option<String>,
    /// How: ids of `models/policy/means.tsv`.
    pub means: Vec<String>,
    /// Who collects or receives, where it is not the app's operator: the words as they stand.
    pub third_party: Option<String>,
    /// The permission the sentence names: id of `models/policy/permissions.tsv`.
    pub permission: Option<String>,
    pub sentence: usize,
    /// The sentence; for a row of a table its cells.
    pub text: String,
}

impl Statement {
    /// Whether the sentence says that it is not done.
    pub fn negated(&self) -> bool {
        self.polarity == Polarity::Denied
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    Collect,
    Use,
    /// Given to another who decides what it is for.
    Share,
    /// Given to another who processes it for the operator.
    Entrust,
    Transfer,
    /// Made public or given to authorities.
    Disclose,
    Store,
    Protect,
    /// What the user may do with it.
    Right,
    /// Collected by an SDK or another third party inside the app.
    ThirdPartyCollect,
    /// Got at through a system permission.
    Permission,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Polarity {
    Affirmed,
    /// Said not to be done.
    Denied,
    /// Said not to be done without consent, or only in a case: neither yes nor no.
    Conditional,
}

/// A third-party SDK, service or partner that the policy names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SdkEntry {
    pub name: String,
    pub provider: Option<String>,
    pub purpose: Option<String>,
    pub purposes: Vec<String>,
    /// Ids of information types.
    pub information: Vec<String>,
    /// The words that give them.
    pub information_text: Option<String>,
    pub means: Option<String>,
    pub url: Option<String>,
    pub package: Option<String>,
    pub permissions: Vec<String>,
    /// Id in `models/android/sdks.tsv`, where the name, package or address is known there.
    pub catalogue: Option<String>,
    pub sentence: usize,
    /// From a table, a list of `label：value` lines, or a sentence.
    pub from: EntrySource,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntrySource {
    Table,
    Labels,
    #[default]
    Sentence,
}

/// A system permission that the policy names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PermissionEntry {
    /// Id of `models/policy/permissions.tsv`, or the full name of a permission that is not there.
    pub permission: String,
    /// Full Android names that it stands for.
    pub android: Vec<String>,
    pub purpose: Option<String>,
    pub purposes: Vec<String>,
    /// The SDK it is for, where the row or sentence names one.
    pub sdk: Option<String>,
    pub polarity: Polarity,
    pub sentence: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Retention {
    /// The period, where one is named.
    pub days: Option<u32>,
    /// As short as the purpose needs, without a number.
    pub as_needed: bool,
    pub sentence: usize,
}

/// How soon the operator answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ResponseTime {
    pub days: u32,
    /// Working days, else calendar days.
    pub working: bool,
    /// The account is closed within it, else a request is answered.
    pub closing: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Contact {
    pub emails: Vec<Cited<String>>,
    pub phones: Vec<Cited<String>>,
    pub addresses: Vec<Cited<String>>,
    /// The operator's name.
    pub controller: Option<Cited<String>>,
    /// A person or office for personal information is named.
    pub officer: Option<usize>,
}

/// A sentence that deals with a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Evidence {
    pub sentence: usize,
    pub polarity: Polarity,
    /// Row of `topics.tsv`, from 1; rows added by users follow.
    pub rule: usize,
}

/// The rights of the person, each with its sentences.
#[derive(Debug, Clone, Copy)]
pub struct Rights<'a> {
    pub access: &'a [Evidence],
    pub correct: &'a [Evidence],
    pub delete: &'a [Evidence],
    pub close_account: &'a [Evidence],
    pub withdraw_consent: &'a [Evidence],
    pub copy: &'a [Evidence],
    pub complain: &'a [Evidence],
}

impl Policy {
    /// The sentences that deal with a topic; empty when none does.
    pub fn topic(&self, topic: &str) -> &[Evidence] {
        self.topics.get(topic).map_or(&[], Vec::as_slice)
    }

    /// Whether a sentence deals with the topic other than by denying it.
    pub fn says(&self, topic: &str) -> bool {
        self.topic(topic).iter().any(|evidence| evidence.polarity == Polarity::Affirmed)
    }

    /// Whether sentences deal with the topic and all deny it: `我们不会向境外提供`.
    pub fn denies(&self, topic: &str) -> bool {
        let all = self.topic(topic);
        !all.is_empty() && all.iter().all(|evidence| evidence.polarity == Polarity::Denied)
    }

    pub fn rights(&self) -> Rights<'_> {
        Rights {
            access: self.topic("right.access"),
            correct: self.topic("right.correct"),
            delete: self.topic("right.delete"),
            close_account: self.topic("right.close_account"),
            withdraw_consent: self.topic("right.withdraw_consent"),
            copy: self.topic("right.copy"),
            complain: self.topic("right.complain"),
        }
    }

    /// Information types that the operator says it collects, uses, stores, or gets through a
    /// permission. Sorted, each once.
    pub fn collected(&self) -> impl Iterator<Item = &str> {
        self.types(|said| {
            said.polarity == Polarity::Affirmed
                && matches!(said.kind, Kind::Collect | Kind::Use | Kind::Store | Kind::Permission)
        })
    }

    /// Information types that the policy names as processed by anybody: collected, used, shared,
    /// stored, or collected by an SDK. Sorted, each once.
    pub fn declared(&self) -> impl Iterator<Item = &str> {
        let said = self.statements.iter().filter(|said| {
            said.polarity == Polarity::Affirmed && !matches!(said.kind, Kind::Right | Kind::Protect)
        });
        let all: std::collections::BTreeSet<&str> = said
            .flat_map(|said| &said.information)
            .chain(self.sdks.iter().flat_map(|sdk| &sdk.information))
            .map(String::as_str)
            .collect();
        all.into_iter()
    }

    /// Information types that the policy says are not collected and nowhere says are.
    pub fn denied(&self) -> impl Iterator<Item = &str> {
        let declared: std::collections::BTreeSet<&str> = self.declared().collect();
        self.types(|said| {
            said.negated() && matches!(said.kind, Kind::Collect | Kind::Use | Kind::Permission)
        })
        .filter(move |id| !declared.contains(id))
    }

    fn types(&self, of: impl Fn(&Statement) -> bool) -> impl Iterator<Item = &str> {
        let all: std::collections::BTreeSet<&str> = self
            .statements
            .iter()
            .filter(|said| of(said))
            .flat_map(|said| &said.information)
            .map(String::as_str)
            .collect();
        all.into_iter()
    }

    /// The longest time that the operator takes to answer, if it names one.
    pub fn longest_response(&self) -> Option<&Cited<ResponseTime>> {
        self.response_times.iter().max_by_key(|time| time.value.days)
    }

    /// The headings from the document down to the section of a sentence.
    pub fn path_of(&self, sentence: usize) -> Vec<&str> {
        let mut path = Vec::new();
        let mut section = self.sentences.get(sentence).map(|sentence| sentence.section);
        // Parents come before their children, so this ends.
        while let Some(found) = section.and_then(|index| self.sections.get(index)) {
            path.push(found.title.as_str());
            section = found.parent.filter(|parent| Some(*parent) < section);
        }
        path.reverse();
        path
    }
}
