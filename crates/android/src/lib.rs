//! Readers of the Android formats. Bytes in, typed value and scan issues out:
//! `&[u8] -> (T, Vec<ScanIssue>)`. Total on any input: no panic, no unchecked index, no
//! recursion without a budget, no allocation that only a header claims.
//!
//! One module a format: [`axml`] (binary XML), [`arsc`] (resource table), [`dex`] (Dalvik
//! bytecode), [`class`] (JVM class files), [`aab`] (protobuf manifest and resources of a
//! bundle), [`signature`] (APK signature schemes, verified). None knows rules or facts.
#![cfg_attr(
    not(test),
    deny(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation
    )
)]

pub mod aab;
pub mod arsc;
pub mod axml;
pub mod class;
pub mod dex;
pub mod signature;
