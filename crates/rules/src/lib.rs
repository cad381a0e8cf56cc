//! Judgement: from facts to findings, and from findings to pass or fail.
//!
//! Pure functions of facts. A [`RulePack`] holds checked rules; [`evaluate`] matches them against
//! [`menshen_facts::Facts`]; [`controls`] and [`judge`] say what the findings amount to, and
//! [`assessment`] holds all of it for one artifact. [`run_tests`] and [`lint`] are for those who
//! write rules. The language of rules is described in `docs/rules.md`.
//!
//! ```
//! use menshen_rules::{Options, RulePack, evaluate};
//! let rule = "
//! id: OWN-001
//! severity: medium
//! confidence: high
//! area: privacy
//! title: {zh: 申请相机权限, en: Asks for the camera}
//! reason: {zh: 本公司的应用不使用相机, en: Our apps have no use for it}
//! fix: {zh: 删除该权限, en: Remove the permission}
//! match: {fact: permission, where: {name: android.permission.CAMERA}}
//! ";
//! let (pack, errors) = RulePack::load(&[("own.yaml", rule)]);
//! assert!(errors.is_empty());
//! let findings = evaluate(&pack, &menshen_facts::Facts::default(), &Options::complete());
//! assert!(findings.is_empty());
//! ```

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
pub use gate::{Baseline, Judged, judge, score, stopping};
pub use lint::{Remark, lint};
pub use model::{Library, Rule};
pub use pack::RulePack;
pub use testing::{
    Expected, RuleTest, TestInput, TestOutcome, TestReport, TestStatus, parse_tests, run_tests,
    test_path,
};
