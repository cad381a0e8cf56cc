//! The signature algorithms of schemes v2 and later, and which of several a platform takes.
//!
//! "APK Signature Scheme v2" and "v3" of the Android Open Source Project, section "Signature
//! algorithm IDs".

use super::key::{Hash, Padding};

/// Android 7.0, the first that knows scheme v2.
pub(crate) const LEVEL_N: u32 = 24;
/// Android 9, the first that knows scheme v3.
pub(crate) const LEVEL_P: u32 = 28;

/// How the content of the package is digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum ContentAlgorithm {
    // In the order of strength that platforms use.
    ChunkedSha256,
    VeritySha256,
    ChunkedSha512,
    /// The manifest of scheme v1, in source stamps only.
    Sha256,
}

impl ContentAlgorithm {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ChunkedSha256 => "CHUNKED_SHA256",
            Self::VeritySha256 => "VERITY_CHUNKED_SHA256",
            Self::ChunkedSha512 => "CHUNKED_SHA512",
            Self::Sha256 => "SHA256",
        }
    }

    /// The number that stands for it in a source stamp.
    pub(crate) fn stamp_id(self) -> u32 {
        match self {
            Self::ChunkedSha256 => 1,
            Self::ChunkedSha512 => 2,
            Self::VeritySha256 => 3,
            Self::Sha256 => 4,
        }
    }
}

/// One row of the table of algorithms.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignatureAlgorithm {
    pub(crate) id: u32,
    pub(crate) name: &'static str,
    pub(crate) padding: Padding,
    pub(crate) hash: Hash,
    pub(crate) content: ContentAlgorithm,
    /// First level that accepts it in a package signature.
    pub(crate) since: u32,
    /// First level whose cryptographic library has it; decides in source stamps.
    pub(crate) library_since: u32,
}

const fn row(
    id: u32,
    name: &'static str,
    padding: Padding,
    hash: Hash,
    content: ContentAlgorithm,
    library_since: u32,
) -> SignatureAlgorithm {
    let since = if id >= 0x0421 { LEVEL_P } else { LEVEL_N };
    SignatureAlgorithm { id, name, padding, hash, content, since, library_since }
}

const ALGORITHMS: [SignatureAlgorithm; 10] = {
    use ContentAlgorithm::{ChunkedSha256, ChunkedSha512, VeritySha256};
    use Hash::{Sha256, Sha512};
    use Padding::{Dsa, Ecdsa, RsaPkcs1, RsaPss};
    [
        row(0x0101, "RSA_PSS_WITH_SHA256", RsaPss, Sha256, ChunkedSha256, 23),
        row(0x0102, "RSA_PSS_WITH_SHA512", RsaPss, Sha512, ChunkedSha512, 23),
        row(0x0103, "RSA_PKCS1_V1_5_WITH_SHA256", RsaPkcs1, Sha256, ChunkedSha256, 1),
        row(0x0104, "RSA_PKCS1_V1_5_WITH_SHA512", RsaPkcs1, Sha512, ChunkedSha512, 1),
        row(0x0201, "ECDSA_WITH_SHA256", Ecdsa, Sha256, ChunkedSha256, 11),
        row(0x0202, "ECDSA_WITH_SHA512", Ecdsa, Sha512, ChunkedSha512, 11),
        row(0x0301, "DSA_WITH_SHA256", Dsa, Sha256, ChunkedSha256, 1),
        row(0x0421, "VERITY_RSA_PKCS1_V1_5_WITH_SHA256", RsaPkcs1, Sha256, VeritySha256, 1),
        row(0x0423, "VERITY_ECDSA_WITH_SHA256", Ecdsa, Sha256, VeritySha256, 11),
        row(0x0425, "VERITY_DSA_WITH_SHA256", Dsa, Sha256, VeritySha256, 1),
    ]
};

impl SignatureAlgorithm {
    pub(crate) fn find(id: u32) -> Option<&'static Self> {
        ALGORITHMS.iter().find(|algorithm| algorithm.id == id)
    }
}

/// The name of an algorithm, or its number.
pub(crate) fn name_of(id: u32) -> String {
    SignatureAlgorithm::find(id).map_or_else(|| format!("{id:#06x}"), |found| found.name.into())
}

/// Of the signatures of one signer those that platforms of the range would look at: for each
/// level at which new algorithms appeared, the strongest. `None` when the first level of the
/// range knows none of them.
pub(crate) fn select<'s>(
    signatures: &[(&'static SignatureAlgorithm, &'s [u8])],
    min: u32,
    max: u32,
    since: fn(&SignatureAlgorithm) -> u32,
) -> Option<Vec<(&'static SignatureAlgorithm, &'s [u8])>> {
    let mut best: Vec<(&'static SignatureAlgorithm, &'s [u8])> = Vec::new();
    for signature in signatures.iter().filter(|(algorithm, _)| since(algorithm) <= max) {
        match best.iter_mut().find(|(found, _)| since(found) == since(signature.0)) {
            Some(found) if found.0.content < signature.0.content => *found = *signature,
            Some(_) => {}
            None => best.push(*signature),
        }
    }
    let first = best.iter().map(|(algorithm, _)| since(algorithm)).min()?;
    if min < first {
        return None;
    }
    best.sort_by_key(|(algorithm, _)| algorithm.id);
    Some(best)
}
