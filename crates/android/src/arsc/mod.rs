//! Resource tables.

pub(crate) mod issues;
mod pool;
mod value;

pub use pool::StringPool;
pub use value::{IntKind, ResValue};
