//! Analysis of bytecode. One intermediate representation ([`ir`]) for Dalvik and JVM code,
//! control flow ([`cfg`]), and values within a method ([`eval`]).

mod arithmetic;
pub mod callgraph;
pub mod calls;
pub mod cfg;
pub mod eval;
pub mod hierarchy;
pub mod ir;
mod library;
pub mod lower_dex;
pub mod lower_jvm;
pub mod program;
mod state;
pub mod taint;
mod value;

pub use value::Abstract;
