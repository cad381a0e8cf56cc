//! Detectors: from what the readers return to facts, one subject a file.
//!
//! A detector takes parsed things and gives a [`menshen_facts::Facts`] with the scan issues met
//! on the way. It knows parsers and models, never rules. The order is given by what one needs of
//! another: the manifest says what the app is called, [`Ownership`] follows from it, everything
//! else is then attributed as it is found.

pub mod anomalies;
pub mod backup;
pub mod code;
pub mod files;
pub mod layouts;
pub mod libraries;
pub mod manifest;
pub mod network;
mod ownership;
pub mod products;
mod resources;
pub mod shared_paths;
pub mod signing;
pub mod strings;
mod xml;

pub use ownership::Ownership;
pub use resources::Resources;
pub use xml::Node;

use menshen_base::{Owner, Place};
use menshen_facts::{Fact, How};

/// A static fact.
pub(crate) fn fact<T>(data: T, place: Place, owner: Owner) -> Fact<T> {
    Fact { data, place, owner, how: How::Static }
}
