//! Signature block files: PKCS #7 `SignedData` over a detached `.SF` file.
//!
//! RFC 2315, section 9, and RFC 5652, section 5. Verified as Android does: the certificate is
//! found by issuer and serial number only, signed attributes are digested as they are encoded.

use super::super::Run;
use super::super::der::{self, Reader, Value};
use super::super::key::Hash;
use super::super::problem::{self, ProblemKind};
use super::super::x509::{Parsed, comparable_name, padding_name};
use super::levels::{self, SignerAlgorithm};

const OID_SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const OID_CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const OID_MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
/// Certificates of one signature block.
const CERTIFICATES_MAX: usize = 100;
/// Signers of one signature block. Tools write one.
const SIGNER_INFOS_MAX: usize = 100;
/// Android 4.4, the first that verifies signed attributes.
const LEVEL_KITKAT: u32 = 19;
const LEVEL_N: u32 = super::super::algorithm::LEVEL_N;

pub(crate) type Failure = (&'static ProblemKind, String);

#[derive(Debug)]
pub(crate) struct SignedData<'a> {
    content_type: &'a [u8],
    certificates: Vec<&'a [u8]>,
    signers: Vec<SignerInfo<'a>>,
}

#[derive(Debug)]
struct SignerInfo<'a> {
    /// `None` where the certificate is named in another way, which no platform follows.
    issuer_and_serial: Option<(&'a [u8], &'a [u8])>,
    digest_algorithm: &'a [u8],
    signed_attributes: Option<Value<'a>>,
    signature_algorithm: &'a [u8],
    signature: &'a [u8],
}

/// A verified signer: its certificate first, then those that issued it.
#[derive(Debug)]
pub(crate) struct Verified<'a> {
    pub(crate) certificates: Vec<Parsed<'a>>,
    pub(crate) algorithm: String,
}

impl<'a> SignedData<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut info = Reader::new(bytes).expect(der::SEQUENCE)?.children();
        if info.expect(der::OID)?.content != OID_SIGNED_DATA {
            return None;
        }
        let wrapped = info.expect(der::CONTEXT_0)?.children().expect(der::SEQUENCE)?;
        let mut fields = wrapped.children();
        fields.expect(der::INTEGER)?;
        let mut algorithms = fields.expect(der::SET)?.children();
        while !algorithms.is_empty() {
            algorithm_identifier(&mut algorithms)?;
        }
        let content_type = fields.expect(der::SEQUENCE)?.children().expect(der::OID)?.content;
        let mut certificates = Vec::new();
        if let Some(set) = fields.optional(der::CONTEXT_0) {
            let mut set = set.children();
            while !set.is_empty() {
                certificates.push(set.next_value()?.encoded);
                if certificates.len() > CERTIFICATES_MAX {
                    return None;
                }
            }
        }
        const REVOCATION_LISTS: u8 = 0xa1;
        fields.optional(REVOCATION_LISTS);
        let mut set = fields.expect(der::SET)?.children();
        let mut signers = Vec::new();
        while !set.is_empty() {
            signers.push(SignerInfo::parse(set.next_value()?)?);
            if signers.len() > SIGNER_INFOS_MAX {
                return None;
            }
        }
        Some(Self { content_type, certificates, signers })
    }

    /// The first signer that verifies against the `.SF` file. Platforms before 24 look at the
    /// first only, so it must verify there.
    pub(crate) fn verify(
        &self,
        run: &Run<'_>,
        signature_file: &[u8],
        (min, max): (u32, u32),
    ) -> Result<Verified<'a>, Failure> {
        if self.signers.is_empty() {
            return Err((&problem::NO_SIGNERS, String::new()));
        }
        let certificates: Vec<Parsed<'a>> = self
            .certificates
            .iter()
            .map(|encoded| Parsed::parse(encoded))
            .collect::<Option<_>>()
            .ok_or((&problem::CERTIFICATE_MALFORMED, String::new()))?;
        let tried = if min < LEVEL_N { 1 } else { self.signers.len() };
        let mut verified = None;
        for signer in self.signers.iter().take(tried) {
            let found =
                self.verify_signer(run, &certificates, signer, signature_file, (min, max))?;
            if verified.is_none() {
                verified = found;
            }
        }
        let (own, algorithm) = verified.ok_or((&problem::SIGNATURE_MISMATCH, String::new()))?;
        Ok(Verified { certificates: chain(&certificates, own), algorithm })
    }

    /// Index of the certificate and name of the algorithm; `None` when the signature does not
    /// match, which another signer may make good.
    fn verify_signer(
        &self,
        run: &Run<'_>,
        certificates: &[Parsed<'a>],
        signer: &SignerInfo<'a>,
        signature_file: &[u8],
        (min, max): (u32, u32),
    ) -> Result<Option<(usize, String)>, Failure> {
        let (digest, algorithm) = signer.algorithms().ok_or_else(|| {
            let oids = [signer.digest_algorithm, signer.signature_algorithm].map(der::oid_text);
            (&problem::ALGORITHM_NOT_ON_ALL_LEVELS, oids.join(", "))
        })?;
        let hash = algorithm.hash.unwrap_or(digest);
        let name = format!("{}with{}", hash.name(), padding_name(algorithm.padding));
        if let Some(level) = levels::first_unsupported(digest, algorithm, min, max) {
            let detail = format!("digest {}, signature {name}, level {level}", digest.name());
            return Err((&problem::ALGORITHM_NOT_ON_ALL_LEVELS, detail));
        }
        let own = signer.issuer_and_serial.and_then(|(issuer, serial)| {
            certificates.iter().enumerate().find(|(_, certificate)| {
                der::magnitude(certificate.serial) == der::magnitude(serial)
                    && same_name(certificate.issuer, issuer)
            })
        });
        let unusable = |detail: &str| (&problem::CERTIFICATE_NOT_USABLE, detail.to_string());
        let (index, certificate) = own.ok_or_else(|| unusable("not found"))?;
        if certificate.has_unsupported_critical_extension() {
            return Err(unusable("unsupported critical extension"));
        }
        if certificate.may_not_sign() {
            return Err(unusable("key usage"));
        }
        let mut signed = vec![signature_file];
        if let Some(attributes) = signer.signed_attributes {
            if min < LEVEL_KITKAT {
                return Err((&problem::SIGNED_ATTRIBUTES_UNSAFE, String::new()));
            }
            let check_type = max >= LEVEL_N;
            if !self.attributes_match(attributes, digest, signature_file, check_type)? {
                return Ok(None);
            }
            // What is signed carries the tag of a SET in place of the implicit one.
            signed = vec![&[der::SET], attributes.encoded.get(1..).unwrap_or_default()];
        }
        if !run.may_verify() {
            return Err((&problem::TOO_MUCH_WORK, String::new()));
        }
        let key = certificate.key().ok_or((&problem::KEY_MALFORMED, String::new()))?;
        match key.verify(algorithm.padding, hash, &signed, signer.signature) {
            Ok(true) => Ok(Some((index, name))),
            Ok(false) => Ok(None),
            Err(_) => Err((&problem::KEY_MALFORMED, name)),
        }
    }

    fn attributes_match(
        &self,
        attributes: Value<'_>,
        digest: Hash,
        signature_file: &[u8],
        check_type: bool,
    ) -> Result<bool, Failure> {
        let malformed = || (&problem::PKCS7_MALFORMED, "signed attributes".to_string());
        let (mut content_type, mut message_digest) = (None, None);
        let mut list = attributes.children();
        let mut seen: Vec<&[u8]> = Vec::new();
        while !list.is_empty() {
            let attribute = list.expect(der::SEQUENCE).ok_or_else(malformed)?;
            let mut parts = attribute.children();
            let oid = parts.expect(der::OID).ok_or_else(malformed)?.content;
            let mut values = parts.expect(der::SET).ok_or_else(malformed)?.children();
            // The number of attributes is small in every real file; many mean trouble.
            if seen.contains(&oid) || seen.len() >= SIGNER_INFOS_MAX {
                return Err(malformed());
            }
            seen.push(oid);
            let wanted = match oid {
                OID_CONTENT_TYPE => (&mut content_type, der::OID),
                OID_MESSAGE_DIGEST => (&mut message_digest, der::OCTET_STRING),
                _ => continue,
            };
            let value = values.expect(wanted.1).ok_or_else(malformed)?;
            if !values.is_empty() {
                return Err(malformed());
            }
            *wanted.0 = Some(value.content);
        }
        if check_type && content_type.ok_or_else(malformed)? != self.content_type {
            return Ok(false);
        }
        let expected = message_digest.ok_or_else(malformed)?;
        Ok(expected == digest.digest(&[signature_file]).as_slice())
    }
}

impl<'a> SignerInfo<'a> {
    fn parse(value: Value<'a>) -> Option<Self> {
        let mut fields = value.expect(der::SEQUENCE)?.children();
        fields.expect(der::INTEGER)?;
        let identifier = fields.next_value()?;
        let issuer_and_serial = match identifier.tag {
            der::SEQUENCE => {
                let mut parts = identifier.children();
                let issuer = parts.expect(der::SEQUENCE)?.encoded;
                Some((issuer, parts.expect(der::INTEGER)?.content))
            }
            _ => None,
        };
        let digest_algorithm = algorithm_identifier(&mut fields)?;
        let signed_attributes = fields.optional(der::CONTEXT_0);
        let signature_algorithm = algorithm_identifier(&mut fields)?;
        let signature = fields.expect(der::OCTET_STRING)?.content;
        Some(Self {
            issuer_and_serial,
            digest_algorithm,
            signed_attributes,
            signature_algorithm,
            signature,
        })
    }

    fn algorithms(&self) -> Option<(Hash, SignerAlgorithm)> {
        let digest = levels::digest_algorithm(self.digest_algorithm)?;
        Some((digest, levels::signature_algorithm(self.signature_algorithm)?))
    }
}

/// The object identifier; parameters must be readable, and that is all.
fn algorithm_identifier<'a>(fields: &mut Reader<'a>) -> Option<&'a [u8]> {
    let mut parts = fields.expect(der::SEQUENCE)?.children();
    let oid = parts.expect(der::OID)?.content;
    if !parts.is_empty() {
        parts.next_value()?;
    }
    Some(oid)
}

fn same_name(one: &[u8], other: &[u8]) -> bool {
    one == other || comparable_name(one) == comparable_name(other)
}

/// A certificate and, as far as they are there, those that issued it.
fn chain<'a>(certificates: &[Parsed<'a>], own: usize) -> Vec<Parsed<'a>> {
    let mut unused: Vec<&Parsed<'a>> = Vec::new();
    let mut chain: Vec<Parsed<'a>> = Vec::new();
    for (index, certificate) in certificates.iter().enumerate() {
        if index == own {
            chain.push(certificate.clone());
        } else {
            unused.push(certificate);
        }
    }
    while let Some(last) = chain.last().filter(|last| !same_name(last.issuer, last.subject)) {
        let issuer = last.issuer;
        let at = unused.iter().position(|other| same_name(other.subject, issuer));
        let Some(at) = at else { break };
        chain.push(unused.swap_remove(at).clone());
    }
    chain
}
