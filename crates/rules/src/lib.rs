//! Judgement: from facts to findings, and from findings to pass or fail.
//!
//! Pure functions of facts. [`assessment`] is what all of it amounts to for one artifact.

pub mod assessment;
