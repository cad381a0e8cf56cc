//! Reports of a compliance run: terminal, JSON, HTML in the form that testing labs use, CSV.
//!
//! | module | for |
//! | --- | --- |
//! | [`terminal`] | what fails first, what is left to a person, the inventory in short |
//! | [`json`] | scripts: the same as [`menshen_comply::Compliance`], field by field |
//! | [`html`] | cover, subject, basis, method, summary, clause by clause, appendices; prints |
//! | [`csv`] | the inventory of information and SDKs, for publishing |

mod csv;
mod html;
mod json;
mod terminal;

pub use csv::write as csv;
pub use html::write as html;
pub use json::write as json;
pub use terminal::write as terminal;

use menshen_base::{StaticText, text};
use menshen_comply::{Decided, Verdict};

fn verdict(verdict: Verdict) -> StaticText {
    match verdict {
        Verdict::Fail => text("不通过", "fail"),
        Verdict::Review => text("待复核", "review"),
        Verdict::NotAssessed => text("未评估", "not assessed"),
        Verdict::Pass => text("通过", "pass"),
        Verdict::NotApplicable => text("不适用", "not applicable"),
    }
}

fn decided(decided: Decided) -> StaticText {
    match decided {
        Decided::Tool => text("工具判定", "by tool"),
        Decided::ToolThenPerson => text("工具判定，人工确认", "by tool, confirmed by a person"),
        Decided::Person => text("人工判定", "by a person"),
    }
}

/// States of the declared-against-actual comparison.
fn state(state: &str) -> StaticText {
    match state {
        "declared" => text("已声明", "declared"),
        "undeclared" => text("未声明", "not declared"),
        "never-seen" => text("声明了，未发现", "declared, never seen"),
        "not-collecting" => text("不收集", "does not collect"),
        _ => text("没有政策可比", "no policy to compare"),
    }
}

/// Whether something happens before consent.
fn before(when: &str) -> StaticText {
    match when {
        "yes" => text("是", "yes"),
        "unknown" => text("可能", "maybe"),
        "no" => text("否", "no"),
        _ => text("—", "—"),
    }
}

fn yes_no(value: Option<bool>) -> StaticText {
    match value {
        Some(true) => text("是", "yes"),
        Some(false) => text("否", "no"),
        None => text("—", "—"),
    }
}
