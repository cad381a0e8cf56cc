//! Which platform levels accept which combination of digest and signature algorithm in a
//! signature block file.
//!
//! Platforms differ in their cryptographic providers; the table follows what AOSP's `apksig`
//! documents for them.

use super::super::key::{Hash, Padding};

const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const OID_DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

/// The signature algorithm of a signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignerAlgorithm {
    pub(crate) padding: Padding,
    /// `None` where the algorithm names the key only and the digest algorithm decides.
    pub(crate) hash: Option<Hash>,
}

/// RFC 3370, section 2, and RFC 5754, section 2.
pub(crate) fn digest_algorithm(oid: &[u8]) -> Option<Hash> {
    Some(match oid {
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05] => Hash::Md5,
        [0x2b, 0x0e, 0x03, 0x02, 0x1a] => Hash::Sha1,
        [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number] => match number {
            1 => Hash::Sha256,
            2 => Hash::Sha384,
            3 => Hash::Sha512,
            4 => Hash::Sha224,
            _ => return None,
        },
        _ => return None,
    })
}

pub(crate) fn signature_algorithm(oid: &[u8]) -> Option<SignerAlgorithm> {
    let padding = match oid {
        OID_RSA => Some(Padding::RsaPkcs1),
        OID_DSA => Some(Padding::Dsa),
        OID_EC => Some(Padding::Ecdsa),
        _ => None,
    };
    if let Some(padding) = padding {
        return Some(SignerAlgorithm { padding, hash: None });
    }
    let (padding, hash) = super::super::x509::certificate_algorithm(oid)?;
    Some(SignerAlgorithm { padding, hash: Some(hash) })
}

/// Ranges of levels, both ends included.
fn supported(digest: Hash, signature: SignerAlgorithm) -> &'static [(u32, u32)] {
    use Hash::{Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
    const ALL: u32 = u32::MAX;
    const MIXED: &[(u32, u32)] = &[(21, 23)];
    let strong = matches!(digest, Sha384 | Sha512);
    match (signature.padding, signature.hash) {
        (Padding::RsaPkcs1, None) => match digest {
            Md5 | Sha1 => &[(0, ALL)],
            Sha224 => &[(0, 8), (21, ALL)],
            Sha256 => &[(0, 8), (18, ALL)],
            Sha384 | Sha512 => &[(18, ALL)],
        },
        (Padding::RsaPkcs1, Some(hash)) if hash == digest => match digest {
            Sha1 => &[(0, ALL)],
            Md5 | Sha224 => &[(0, 8), (21, ALL)],
            Sha256 => &[(0, 8), (18, ALL)],
            Sha384 | Sha512 => &[(21, ALL)],
        },
        (Padding::RsaPkcs1, Some(hash)) => match (digest, hash) {
            (Sha224, Sha256) | (Sha256, Sha1) | (Sha512, Sha384) => &[(21, 21)],
            _ => MIXED,
        },
        (Padding::Dsa, None) => match digest {
            Sha1 => &[(0, ALL)],
            Sha224 | Sha256 => &[(22, ALL)],
            _ => &[],
        },
        (Padding::Dsa, Some(hash)) if hash == digest => match digest {
            Sha1 => &[(9, ALL)],
            _ if strong => &[],
            _ => &[(21, ALL)],
        },
        (Padding::Dsa, Some(_)) => MIXED,
        (Padding::Ecdsa, None) => match digest {
            Md5 => &[],
            Sha224 => &[(21, ALL)],
            _ => &[(18, ALL)],
        },
        (Padding::Ecdsa, Some(hash)) if hash == digest => match digest {
            Sha1 => &[(18, ALL)],
            _ => &[(21, ALL)],
        },
        (Padding::Ecdsa, Some(_)) => MIXED,
        (Padding::RsaPss, _) => &[],
    }
}

/// The first level of the range that does not accept the combination.
pub(crate) fn first_unsupported(
    digest: Hash,
    signature: SignerAlgorithm,
    min: u32,
    max: u32,
) -> Option<u32> {
    let mut level = min;
    // The ranges of the table are in ascending order.
    for (from, to) in supported(digest, signature) {
        if *from <= level && level <= *to {
            match to.checked_add(1) {
                Some(next) if next <= max => level = next,
                _ => return None,
            }
        }
    }
    Some(level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        let rsa = |hash| SignerAlgorithm { padding: Padding::RsaPkcs1, hash };
        for (digest, signature, min, max, expected) in [
            (Hash::Sha1, rsa(None), 1, 99, None),
            (Hash::Sha256, rsa(None), 18, u32::MAX, None),
            (Hash::Sha256, rsa(None), 1, 8, None),
            (Hash::Sha256, rsa(None), 1, 99, Some(9)),
            (Hash::Sha256, rsa(None), 10, 99, Some(10)),
            (Hash::Sha224, rsa(Some(Hash::Sha256)), 21, 21, None),
            (Hash::Sha224, rsa(Some(Hash::Sha256)), 21, 22, Some(22)),
        ] {
            assert_eq!(first_unsupported(digest, signature, min, max), expected);
        }
    }
}
