//! Reader of privacy policies: what an app says about personal information.
//!
//! [`Policy::read`] takes the bytes of a saved page (HTML, MHTML), a PDF with text, a DOCX or plain
//! text, and gives the text as sentences in a tree of sections, and what the sentences say:
//! [`Statement`]s about types of information, the list of SDKs, permissions with their purposes,
//! dates, contact, response times, and [`Policy::topic`]s such as `right.delete` or `cross_border`.
//! Everything points to the sentence that it was read from.
//!
//! The reading is deterministic: words and patterns from `models/policy/*.tsv`, which a [`Lexicon`]
//! holds and users can extend. It is not a judgement: whether what is said suffices is decided by
//! whoever asks. What cannot be read (empty, pictures only, a language other than Chinese and
//! English, not a privacy policy) gives no policy and a scan issue, so that it never counts as a
//! policy that says nothing wrong.
//!
//! Chinese first: sentence marks, enumerations with `、`, lead-ins with `：`, negation
//! (`我们不会收集`), conditions (`未经您同意`), exclusions (`不包括`).
//!
//! ```
//! use menshen_policy::{Kind, Policy};
//! let text = "某某隐私政策\n为了统计崩溃，我们会收集您的设备型号和IMEI。我们不会收集您的通讯录。\
//!     您可以注销账号。我们非常重视您的个人信息。";
//! let (policy, issues) = Policy::read(text.as_bytes(), "policy.txt");
//! let policy = policy.unwrap();
//! assert!(issues.is_empty());
//! assert_eq!(policy.collected().collect::<Vec<_>>(), ["build", "imei"]);
//! assert!(policy.statements.iter().any(|said| said.negated() && said.information == ["contacts"]));
//! assert!(policy.says("right.close_account"));
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

mod blocks;
mod contact;
mod context;
mod dates;
mod durations;
mod fold;
mod format;
mod issues;
mod language;
mod lexicon;
mod matcher;
mod model;
mod negation;
mod patterns;
mod permissions;
mod sdks;
mod sentences;
mod statements;
mod tables;
mod topics;

pub use lexicon::{InformationType, Lexicon, LexiconError, PermissionWords};
pub use model::*;

use menshen_base::ScanIssue;

/// Longer input is not read: privacy policies are far smaller.
pub const INPUT_BYTES_MAX: usize = 64 << 20;
/// Characters of extracted text; what follows is left out and a scan issue says so.
pub const TEXT_BYTES_MAX: usize = 4 << 20;

impl Policy {
    /// Reads a policy with the lexicon that Menshen ships. `name` is the file name: it decides
    /// nothing, the content does, but it stands in the scan issues.
    pub fn read(bytes: &[u8], name: &str) -> (Option<Self>, Vec<ScanIssue>) {
        Self::read_with(bytes, name, Lexicon::shipped())
    }

    /// Reads a policy with a lexicon of one's own.
    pub fn read_with(
        bytes: &[u8],
        name: &str,
        lexicon: &Lexicon,
    ) -> (Option<Self>, Vec<ScanIssue>) {
        let mut problems = Vec::new();
        let policy = read(bytes, lexicon, &mut problems);
        let problems = problems.into_iter().map(|issue: ScanIssue| issue.within(name)).collect();
        (policy, problems)
    }
}

fn read(bytes: &[u8], lexicon: &Lexicon, problems: &mut Vec<ScanIssue>) -> Option<Policy> {
    if bytes.len() > INPUT_BYTES_MAX {
        problems.push(ScanIssue::new(&issues::TOO_LARGE).detail(format!("{} bytes", bytes.len())));
        return None;
    }
    let (format, document) = format::read(bytes, lexicon, problems)?;
    let mut text = sentences::lay_out(document, lexicon, problems);
    let language = match language::detect(&text.sentences) {
        Ok(language) => language,
        Err(issue) => {
            problems.push(issue);
            return None;
        }
    };
    if !language::is_privacy_policy(&text.sentences) {
        problems.push(ScanIssue::new(&issues::NOT_A_POLICY));
        return None;
    }
    let topics = topics::find(&text, lexicon);
    let statements = statements::find(&text, lexicon);
    let sdks = sdks::find(&text, lexicon, &statements);
    let permissions = permissions::find(&text, lexicon);
    let dates = dates::find(&text);
    let contact = contact::find(&text);
    let response_times = durations::response_times(&text);
    let retention = durations::retention(&text, &topics);
    let title = text.title.take();
    Some(Policy {
        format,
        language,
        title,
        dates,
        text: text.text,
        sections: text.sections,
        sentences: text.sentences,
        statements,
        sdks,
        permissions,
        retention,
        contact,
        response_times,
        topics,
    })
}
