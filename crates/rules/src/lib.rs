//! Judgement: from facts to findings, and from findings to pass or fail.
//!
//! Pure functions of facts. A [`RulePack`] holds checked rules; [`evaluate`] matches them
//! against [`menshen_facts::Facts`]. [`assessment`] is what all of it amounts to for one
//! artifact. The language of rules is described in `docs/rules.md`.

pub mod assessment;
mod control;
mod error;
mod evaluate;
mod gate;
mod index;
mod lint;
mod load;
mod matcher;
mod model;
mod node;
mod pack;
mod predicate;
mod template;
mod testing;
mod truth;

pub use control::controls;
pub use error::RuleError;
pub use evaluate::{EVIDENCE_MAX, Options, evaluate};
pub use gate::{Baseline, Judged, judge, score};
pub use lint::{Remark, lint};
pub use model::{Library, Rule};
pub use pack::RulePack;
pub use testing::{
    Expected, RuleTest, TestInput, TestOutcome, TestReport, TestStatus, parse_tests, run_tests,
    test_path,
};
