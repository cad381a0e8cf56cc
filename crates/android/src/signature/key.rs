//! Public keys and the verification of signatures: RSA (PKCS #1 v1.5 and PSS), ECDSA on the
//! three NIST curves that platforms support, DSA.
//!
//! Keys come from hostile files: sizes are bounded here before the arithmetic sees them.

use super::der::{self, Reader};
use sha2::Digest;

/// Keys that are accepted, bits of the modulus. Java, and with it the reference verifier,
/// accepts the same.
const RSA_BITS: std::ops::RangeInclusive<usize> = 512..=16_384;

const OID_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const OID_DSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01];
const OID_EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const OID_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const OID_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const OID_P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Hash {
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub(crate) fn digest(self, parts: &[&[u8]]) -> Vec<u8> {
        fn run<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            for part in parts {
                digest.update(part);
            }
            digest.finalize().to_vec()
        }
        match self {
            Self::Md5 => run::<md5::Md5>(parts),
            Self::Sha1 => run::<sha1::Sha1>(parts),
            Self::Sha224 => run::<sha2::Sha224>(parts),
            Self::Sha256 => run::<sha2::Sha256>(parts),
            Self::Sha384 => run::<sha2::Sha384>(parts),
            Self::Sha512 => run::<sha2::Sha512>(parts),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha224 => "SHA224",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// `DigestInfo` up to the digest: RFC 8017, section 9.2, note 1.
    fn digest_info(self) -> &'static [u8] {
        match self {
            Self::Md5 => {
                b"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10"
            }
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha224 => {
                b"\x30\x2d\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x04\x05\x00\x04\x1c"
            }
            Self::Sha256 => {
                b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"
            }
            Self::Sha384 => {
                b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30"
            }
            Self::Sha512 => {
                b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40"
            }
        }
    }
}

/// How a signature is made, apart from the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Padding {
    RsaPkcs1,
    RsaPss,
    Ecdsa,
    Dsa,
}

/// Why a signature could not even be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// The key is of another kind than the signature.
    WrongKind,
    /// Not a key, or of a size or on a curve that is not supported.
    Malformed,
}

/// A parsed `SubjectPublicKeyInfo`. RFC 5280, section 4.1.2.7.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PublicKey<'a> {
    Rsa { modulus: &'a [u8], exponent: &'a [u8] },
    Ec { curve: &'a [u8], point: &'a [u8] },
    Dsa { p: &'a [u8], q: &'a [u8], g: &'a [u8], y: &'a [u8] },
    Other { algorithm: &'a [u8] },
}

impl<'a> PublicKey<'a> {
    pub(crate) fn from_spki(encoded: &'a [u8]) -> Option<Self> {
        let mut info = Reader::new(encoded).expect(der::SEQUENCE)?.children();
        let mut algorithm = info.expect(der::SEQUENCE)?.children();
        let oid = algorithm.expect(der::OID)?.content;
        let bits = der::whole_bits(info.expect(der::BIT_STRING)?.content)?;
        let integer = |reader: &mut Reader<'a>| {
            reader.expect(der::INTEGER).map(|value| der::magnitude(value.content))
        };
        Some(match oid {
            OID_RSA => {
                let mut key = Reader::new(bits).expect(der::SEQUENCE)?.children();
                Self::Rsa { modulus: integer(&mut key)?, exponent: integer(&mut key)? }
            }
            OID_EC => Self::Ec { curve: algorithm.expect(der::OID)?.content, point: bits },
            OID_DSA => {
                let mut domain = algorithm.expect(der::SEQUENCE)?.children();
                Self::Dsa {
                    p: integer(&mut domain)?,
                    q: integer(&mut domain)?,
                    g: integer(&mut domain)?,
                    y: integer(&mut Reader::new(bits))?,
                }
            }
            algorithm => Self::Other { algorithm },
        })
    }

    /// `RSA`, `EC`, `DSA` or the object identifier.
    pub(crate) fn algorithm(&self) -> String {
        match self {
            Self::Rsa { .. } => "RSA".into(),
            Self::Ec { .. } => "EC".into(),
            Self::Dsa { .. } => "DSA".into(),
            Self::Other { algorithm } => der::oid_text(algorithm),
        }
    }

    /// Size of the modulus, of the curve or of the prime.
    pub(crate) fn bits(&self) -> Option<u32> {
        match self {
            Self::Rsa { modulus, .. } => Some(der::bit_length(modulus)),
            Self::Ec { curve, .. } => match *curve {
                OID_P256 => Some(256),
                OID_P384 => Some(384),
                OID_P521 => Some(521),
                _ => None,
            },
            Self::Dsa { p, .. } => Some(der::bit_length(p)),
            Self::Other { .. } => None,
        }
    }

    pub(crate) fn matches(&self, padding: Padding) -> bool {
        matches!(
            (self, padding),
            (Self::Rsa { .. }, Padding::RsaPkcs1 | Padding::RsaPss)
                | (Self::Ec { .. }, Padding::Ecdsa)
                | (Self::Dsa { .. }, Padding::Dsa)
        )
    }

    /// Whether the signature is one of this key over the parts, one after the other.
    pub(crate) fn verify(
        &self,
        padding: Padding,
        hash: Hash,
        parts: &[&[u8]],
        signature: &[u8],
    ) -> Result<bool, KeyError> {
        if !self.matches(padding) {
            return Err(KeyError::WrongKind);
        }
        let digest = hash.digest(parts);
        match self {
            Self::Rsa { modulus, exponent } => {
                verify_rsa(modulus, exponent, padding, hash, &digest, signature)
            }
            Self::Ec { curve, point } => verify_ecdsa(curve, point, &digest, signature),
            Self::Dsa { p, q, g, y } => verify_dsa([p, q, g, y], &digest, signature),
            Self::Other { .. } => Err(KeyError::WrongKind),
        }
    }
}

fn verify_rsa(
    modulus: &[u8],
    exponent: &[u8],
    padding: Padding,
    hash: Hash,
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, KeyError> {
    let bytes_max = RSA_BITS.end().div_ceil(8);
    if modulus.is_empty() || modulus.len() > bytes_max || exponent.len() > 8 {
        return Err(KeyError::Malformed);
    }
    let modulus = rsa::BoxedUint::from_be_slice_vartime(modulus);
    let exponent = rsa::BoxedUint::from_be_slice_vartime(exponent);
    let key = rsa::PublicKey::new_with_size_limits(modulus, exponent, RSA_BITS)
        .map_err(|_| KeyError::Malformed)?;
    let verified = if padding == Padding::RsaPkcs1 {
        let scheme =
            rsa::Pkcs1v15Sign { hash_len: Some(digest.len()), prefix: hash.digest_info().into() };
        key.verify(scheme, digest, signature)
    } else {
        match hash {
            Hash::Sha256 => key.verify(rsa::Pss::<sha2::Sha256>::new(), digest, signature),
            Hash::Sha512 => key.verify(rsa::Pss::<sha2::Sha512>::new(), digest, signature),
            // No scheme of Android combines PSS with another hash.
            _ => return Err(KeyError::WrongKind),
        }
    };
    Ok(verified.is_ok())
}

/// `SEQUENCE { r INTEGER, s INTEGER }`: RFC 3279, sections 2.2.2 and 2.2.3.
fn r_and_s(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut pair = Reader::new(signature).expect(der::SEQUENCE)?.children();
    let r = der::magnitude(pair.expect(der::INTEGER)?.content);
    let s = der::magnitude(pair.expect(der::INTEGER)?.content);
    Some((r, s))
}

macro_rules! ecdsa_on {
    ($curve:ident, $size:literal, $point:expr, $digest:expr, $signature:expr) => {{
        use $curve::ecdsa::signature::hazmat::PrehashVerifier;
        let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes($point)
            .map_err(|_| KeyError::Malformed)?;
        let signature = r_and_s($signature).and_then(|(r, s)| {
            let (r, s) = (padded::<$size>(r)?, padded::<$size>(s)?);
            $curve::ecdsa::Signature::from_scalars(r, s).ok()
        });
        Ok(signature.is_some_and(|signature| key.verify_prehash($digest, &signature).is_ok()))
    }};
}

fn verify_ecdsa(
    curve: &[u8],
    point: &[u8],
    digest: &[u8],
    signature: &[u8],
) -> Result<bool, KeyError> {
    match curve {
        OID_P256 => ecdsa_on!(p256, 32, point, digest, signature),
        OID_P384 => ecdsa_on!(p384, 48, point, digest, signature),
        OID_P521 => ecdsa_on!(p521, 66, point, digest, signature),
        _ => Err(KeyError::Malformed),
    }
}

fn padded<const SIZE: usize>(magnitude: &[u8]) -> Option<[u8; SIZE]> {
    let mut bytes = [0; SIZE];
    let start = SIZE.checked_sub(magnitude.len())?;
    bytes.get_mut(start..)?.copy_from_slice(magnitude);
    Some(bytes)
}

fn verify_dsa(key: [&[u8]; 4], digest: &[u8], signature: &[u8]) -> Result<bool, KeyError> {
    let [p, q, g, y] = key;
    let (p_bits, q_bits) = (der::bit_length(p), der::bit_length(q));
    // The sizes of FIPS 186-4, section 4.2; the arithmetic below is exact for these only.
    if !matches!((p_bits, q_bits), (1024, 160) | (2048, 224 | 256) | (3072, 256)) {
        return Err(KeyError::Malformed);
    }
    let number = |bytes: &[u8], bits: u32| dsa::BoxedUint::from_be_slice(bytes, bits).ok();
    let components = || {
        let (p, q, g) = (number(p, p_bits)?, number(q, q_bits)?, number(g, p_bits)?);
        let y = number(y, p_bits).filter(|y| *y < p)?;
        let components = dsa::Components::from_components(p, q, g).ok()?;
        dsa::VerifyingKey::from_components(components, y).ok()
    };
    let key = components().ok_or(KeyError::Malformed)?;
    let signature = r_and_s(signature)
        .and_then(|(r, s)| dsa::Signature::from_components(number(r, q_bits)?, number(s, q_bits)?));
    Ok(signature.is_some_and(|signature| {
        use dsa::signature::hazmat::PrehashVerifier;
        key.verify_prehash(digest, &signature).is_ok()
    }))
}
