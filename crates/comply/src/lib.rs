//! Compliance with rules on personal information: which clauses an app meets, with evidence.
//!
//! [`collect`] makes facts of what the code can collect and when; [`Declared`] is what the policy
//! says; [`BehaviourLog`] is what was seen at run time; [`Answers`] is what a tester says.
//! [`assess`] puts them together: a verdict on every clause of the chosen documents
//! ([`catalogue`]), the inventory of declared against actual, SDKs, permissions, hosts.
//!
//! A clause passes only where the facts for it were gathered; otherwise it is not assessed, with
//! the reason. This crate opens no file and asks no clock.
//!
//! ```
//! let catalogue = menshen_comply::catalogue();
//! assert_eq!(catalogue.standard("191").unwrap().clauses.len(), 31);
//! assert_eq!(catalogue.app_type("网络支付").unwrap().no, 5);
//! ```

mod answers;
mod assess;
mod behaviour;
mod catalogue;
pub mod collect;
mod declared;
mod from_policy;
mod inventory;
mod result;
mod tables;
mod verdicts;

pub use answers::{Answer, Answers, AnswersError, checklist};
pub use assess::{Artifact, Inputs, SCHEMA_VERSION, assess};
pub use behaviour::{BehaviourLog, Consent, Event};
pub use catalogue::{
    AppType, Catalogue, Clause, Decided, Document, Need, Standard, TestInfo, Thresholds, catalogue,
};
pub use declared::{Declared, DeclaredSdk, PolicyInput};
pub use result::{
    Compliance, Control, Counts, Evidence, HostRow, InventoryRow, PermissionRow, PersonSays,
    PolicySummary, SdkRow, Subject, TypeName, Verdict,
};
pub use tables::{Information, Weight, information, information_name, weight};
