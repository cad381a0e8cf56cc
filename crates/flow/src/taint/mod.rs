//! Taint.
mod domain;
mod world;
