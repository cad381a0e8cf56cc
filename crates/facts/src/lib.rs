//! The typed facts: the only vocabulary that rules may see.
//!
//! A fact is one thing known about an artifact: a component, a permission, a call with what is
//! known of its arguments. It carries where it was seen, how it was learnt and whose it is.
//! Static analysis and execution produce the same types. [`Facts`] holds all of one artifact;
//! [`Facts::of_kind`] gives them to the rule matcher as [`FactView`]s, by name.
//!
//! This crate knows no parser and no rule. All kinds and fields stand in [`kinds`], with the
//! documentation that the public facts page is generated from.
//!
//! ```
//! use menshen_base::{Owner, Place};
//! use menshen_facts::{Fact, Facts, How, Permission};
//! let mut facts = Facts::default();
//! facts.permissions.push(Fact {
//!     place: Place::file("AndroidManifest.xml"),
//!     how: How::Static,
//!     owner: Owner::App,
//!     data: Permission { name: "android.permission.CAMERA".into(), ..Default::default() },
//! });
//! let view = facts.of_kind("permission").next().unwrap();
//! assert_eq!(view.get("name").unwrap().as_str(), Some("android.permission.CAMERA"));
//! ```

mod interest;
mod kinds;
mod schema;
mod value;

pub use interest::{Interest, MethodName};
pub use kinds::*;
pub use schema::{Fact, FactView, Fields, How, KindInfo};
pub use value::{ArgValue, FieldInfo, FieldType, Value};
