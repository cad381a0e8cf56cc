//! Text in both languages. A message exists in Chinese and in English or it does not exist.

use serde::{Deserialize, Serialize};

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    Zh,
    #[default]
    En,
}

/// Text in both languages, owned: from rule files and from computed messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

/// Text in both languages, known when Menshen was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StaticText {
    pub zh: &'static str,
    pub en: &'static str,
}

/// Both languages of a constant text.
pub const fn text(zh: &'static str, en: &'static str) -> StaticText {
    StaticText { zh, en }
}

impl StaticText {
    pub fn get(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Zh => self.zh,
            Lang::En => self.en,
        }
    }
}

impl Text {
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

impl From<StaticText> for Text {
    fn from(text: StaticText) -> Self {
        Self::new(text.zh, text.en)
    }
}
