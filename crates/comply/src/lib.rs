mod catalogue;
pub mod collect;
mod tables;
pub use catalogue::*;
pub use tables::*;
