//! Digests in their printed form.

use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// A SHA-256 as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sha256Hex(pub String);

impl Sha256Hex {
    pub fn from_bytes(digest: &[u8; 32]) -> Self {
        Self(to_hex(digest))
    }
}

/// Lower-case hexadecimal digits of the bytes.
pub fn to_hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}
