//! The tester's checklist: written as YAML with a line for each clause that a person decides,
//! filled in by hand, read back and merged into the verdicts.

use crate::catalogue::Decided;
use crate::result::{Compliance, Verdict};
use menshen_base::Lang;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use thiserror::Error;

/// A filled-in checklist.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Answers {
    pub app: Option<String>,
    pub tester: Option<String>,
    pub date: Option<String>,
    /// By clause id.
    pub answers: BTreeMap<String, Answer>,
}

/// What the tester says of one clause.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Answer {
    /// `pass`, `fail`, `not-applicable`, or empty while it is open.
    pub verdict: Option<String>,
    pub note: Option<String>,
    /// Paths of pictures, as the report links them.
    pub pictures: Vec<String>,
}

#[derive(Debug, Error)]
pub enum AnswersError {
    #[error("the answers are not readable: {0}")]
    Unreadable(String),
    #[error("answer to {clause}: verdict is pass, fail or not-applicable, not {verdict:?}")]
    Verdict { clause: String, verdict: String },
    #[error("answer to {0}: there is no such clause")]
    Unknown(String),
}

impl Answers {
    /// Reads a checklist; `known` tells whether a clause exists.
    pub fn parse(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Self, AnswersError> {
        let answers: Self = serde_saphyr::from_str(text)
            .map_err(|error| AnswersError::Unreadable(error.to_string()))?;
        for (clause, answer) in &answers.answers {
            if !known(clause) {
                return Err(AnswersError::Unknown(clause.clone()));
            }
            match answer.verdict.as_deref() {
                None | Some("" | "pass" | "fail" | "not-applicable") => {}
                Some(verdict) => {
                    return Err(AnswersError::Verdict {
                        clause: clause.clone(),
                        verdict: verdict.to_owned(),
                    });
                }
            }
        }
        Ok(answers)
    }
}

/// The checklist of what is left to decide after this run.
pub fn checklist(result: &Compliance, lang: Lang) -> String {
    let mut out = String::new();
    let (intro, quote) = match lang {
        Lang::Zh => (
            "# 人工检查表。verdict 填 pass、fail 或 not-applicable；note 写明看到的情况；pictures 列出截图文件。\n",
            "：",
        ),
        Lang::En => (
            "# Checklist. verdict: pass, fail or not-applicable; note: what was seen; pictures: files.\n",
            ": ",
        ),
    };
    out.push_str(intro);
    let _ = writeln!(out, "app: {}", yaml(&result.subject.package));
    out.push_str("tester: \"\"\ndate: \"\"\nanswers:\n");
    let open = result.controls.iter().filter(|control| {
        matches!(control.verdict, Verdict::Review | Verdict::NotAssessed)
            && (control.decided != Decided::Tool || control.verdict == Verdict::Review)
            && control.test != "parts"
    });
    let mut any = false;
    for control in open {
        any = true;
        let _ = writeln!(out, "  # {}{quote}{}", control.id, one_line(control.title.get(lang)));
        let _ = writeln!(out, "  # {}", one_line(control.reason.get(lang)));
        let _ =
            writeln!(out, "  {}:\n    verdict: \"\"\n    note: \"\"\n    pictures: []", control.id);
    }
    if !any {
        out.push_str("  {}\n");
    }
    out
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
