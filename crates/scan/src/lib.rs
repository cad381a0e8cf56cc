//! One scan: from paths to assessments. This is the edge where files are read.
//!
//! [`discover`] says which files make one artifact, [`scan`] reads one and judges it. Time and
//! the wish of the user come in by [`Options`]; the report is made elsewhere.

mod android;
mod assess;
mod budget;
mod code;
mod content;
mod flows;
mod input;
mod module;
mod open;
mod windows;
mod xml;

pub use android::{Ask, Gathered, gather};
pub use assess::{Depth, Options, Scanned, assess};
pub use flows::flows;
pub use input::{Input, NoInput, Reason, discover};
pub use open::{Blob, Inner, Opened, inner, open, read};
