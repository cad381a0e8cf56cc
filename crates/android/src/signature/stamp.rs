//! The source stamp: a signature of a store over the signatures of the package.
//!
//! Its certificate is named by an entry of the package, `stamp-cert-sha256`, which the other
//! schemes sign. No platform asks for it. The form is that of AOSP's `apksig`: the first version
//! signs the content digests of the newest scheme, the second those of each scheme, and
//! attributes.

use super::algorithm::{self, ContentAlgorithm, SignatureAlgorithm};
use super::block;
use super::key::Hash;
use super::lineage;
use super::problem::{self, Problems};
use super::report::{Scheme, SchemeKind, Signer};
use super::signer::{id_and_bytes, prefixed, records};
use super::x509::Parsed;
use super::{Entries, Run};
use crate::dex::reader::Cursor;
use std::collections::BTreeMap;

const ENTRY: &[u8] = b"stamp-cert-sha256";
const DIGEST_SIZE: usize = 32;
const MANIFEST: &[u8] = b"META-INF/MANIFEST.MF";
const MANIFEST_BYTES_MAX: usize = 64 << 20;
/// Android 11, the first that knows stamps.
const LEVEL_R: u32 = 30;
const ATTRIBUTE_PROOF_OF_ROTATION: u32 = 0x9d63_03f7;
const ATTRIBUTE_TIME: u32 = 0xe43c_5946;

/// Verifies the stamp against the schemes that decide.
pub(crate) fn verify(run: &Run<'_>, schemes: &[Scheme]) -> Scheme {
    let mut scheme = Scheme::absent(SchemeKind::Stamp);
    let entries = run.view.entries;
    let entry = find(entries, ENTRY);
    let second = run.block_value(block::STAMP_V2);
    let first = run.block_value(block::STAMP_V1);
    if entry.is_none() && second.is_none() && first.is_none() {
        return scheme;
    }
    scheme.present = true;
    scheme.checked = true;
    let mut problems = Problems::default();
    let mut signer = Signer { name: "0".into(), ..Signer::default() };
    let certificate_digest = entry.and_then(|index| entries.read(index, DIGEST_SIZE).ok());
    match (certificate_digest, second.or(first)) {
        (Some(digest), Some(value)) => {
            let digests = scheme_digests(run, schemes);
            let mut stamp = Stamp { run, signer: &mut signer, problems: &mut problems };
            let read = if second.is_some() {
                stamp.verify_second(value, &digest, &digests)
            } else {
                stamp.verify_first(value, &digest, &digests)
            };
            if read.is_none() {
                problems.add(&problem::MALFORMED, "stamp");
            }
        }
        (None, _) => problems.add(&problem::STAMP_DIGEST_MISSING, ""),
        (Some(_), None) => problems.add(&problem::STAMP_BLOCK_MISSING, ""),
    }
    scheme.verified = !problems.has_errors();
    scheme.problems = problems.finish();
    scheme.signers.push(signer);
    scheme
}

fn find(entries: &dyn Entries, name: &[u8]) -> Option<usize> {
    (0..entries.count()).find(|index| entries.name(*index) == name)
}

/// What the stamp signs, by number of the scheme: the content digests as they are written into
/// it.
fn scheme_digests(run: &Run<'_>, schemes: &[Scheme]) -> BTreeMap<u32, Vec<u8>> {
    let mut found = BTreeMap::new();
    for scheme in schemes.iter().filter(|scheme| scheme.decides) {
        let mut digests: BTreeMap<u32, Vec<u8>> = BTreeMap::new();
        let number = match scheme.kind {
            SchemeKind::V1 => {
                let manifest = find(run.view.entries, MANIFEST)
                    .and_then(|index| run.view.entries.read(index, MANIFEST_BYTES_MAX).ok());
                if let Some(manifest) = manifest {
                    let digest = Hash::Sha256.digest(&[&manifest]);
                    digests.insert(ContentAlgorithm::Sha256.stamp_id(), digest);
                }
                1
            }
            SchemeKind::V2 => 2,
            SchemeKind::V3 => 3,
            // v3.1 never stands without v3.
            SchemeKind::V31 | SchemeKind::V4 | SchemeKind::Stamp => continue,
        };
        for (id, digest) in scheme.signers.iter().flat_map(|signer| &signer.digests) {
            if let Some(algorithm) = SignatureAlgorithm::find(*id) {
                digests.insert(algorithm.content.stamp_id(), digest.clone());
            }
        }
        let mut encoded = Vec::new();
        for (id, digest) in digests {
            let length = u32::try_from(digest.len()).unwrap_or(u32::MAX);
            encoded.extend(length.saturating_add(8).to_le_bytes());
            encoded.extend(id.to_le_bytes());
            encoded.extend(length.to_le_bytes());
            encoded.extend(digest);
        }
        found.insert(number, encoded);
    }
    found
}

struct Stamp<'s> {
    run: &'s Run<'s>,
    signer: &'s mut Signer,
    problems: &'s mut Problems,
}

impl Stamp<'_> {
    /// `None` when malformed.
    fn verify_first(
        &mut self,
        value: &[u8],
        certificate_digest: &[u8],
        digests: &BTreeMap<u32, Vec<u8>>,
    ) -> Option<()> {
        let mut cursor = Cursor::new(prefixed(&mut Cursor::new(value))?);
        let encoded = prefixed(&mut cursor)?;
        let Some(certificate) = self.read_certificate(encoded, certificate_digest) else {
            return Some(());
        };
        let signatures = prefixed(&mut cursor)?;
        let newest = digests.last_key_value().map(|(_, digest)| digest.as_slice());
        self.verify_signatures(&certificate, newest.unwrap_or_default(), signatures);
        Some(())
    }

    fn verify_second(
        &mut self,
        value: &[u8],
        certificate_digest: &[u8],
        digests: &BTreeMap<u32, Vec<u8>>,
    ) -> Option<()> {
        let mut cursor = Cursor::new(prefixed(&mut Cursor::new(value))?);
        let encoded = prefixed(&mut cursor)?;
        let Some(certificate) = self.read_certificate(encoded, certificate_digest) else {
            return Some(());
        };
        let mut signed: BTreeMap<u32, &[u8]> = BTreeMap::new();
        for record in records(prefixed(&mut cursor)?) {
            let (scheme, signatures) = id_and_bytes(record?)?;
            signed.insert(scheme, signatures);
        }
        for (scheme, digest) in digests {
            let Some(signatures) = signed.get(scheme) else {
                self.problems.add(&problem::STAMP_SCHEME_MISSING, format!("v{scheme}"));
                return Some(());
            };
            self.verify_signatures(&certificate, digest, signatures);
            if self.problems.has_errors() {
                return Some(());
            }
        }
        if !cursor.rest().is_empty() {
            let attributes = prefixed(&mut cursor)?;
            let signatures = prefixed(&mut cursor)?;
            self.verify_signatures(&certificate, attributes, signatures);
            if !self.problems.has_errors() {
                self.read_attributes(prefixed(&mut Cursor::new(attributes))?)?;
            }
        }
        Some(())
    }

    fn read_certificate<'c>(&mut self, encoded: &'c [u8], digest: &[u8]) -> Option<Parsed<'c>> {
        let Some(certificate) = Parsed::parse(encoded) else {
            self.problems.add(&problem::CERTIFICATE_MALFORMED, "");
            return None;
        };
        self.signer.certificates.push(certificate.describe());
        if Hash::Sha256.digest(&[encoded]) != digest {
            self.problems.add(&problem::STAMP_OTHER_CERTIFICATE, "");
            return None;
        }
        Some(certificate)
    }

    fn verify_signatures(&mut self, certificate: &Parsed<'_>, data: &[u8], list: &[u8]) {
        let mut known = Vec::new();
        for record in records(list) {
            let Some((id, signature)) = record.and_then(id_and_bytes) else {
                self.problems.add(&problem::MALFORMED, "signature");
                return;
            };
            match SignatureAlgorithm::find(id) {
                Some(found) => known.push((found, signature)),
                None => self.problems.add(&problem::UNKNOWN_ALGORITHM, format!("{id:#06x}")),
            }
        }
        if known.is_empty() {
            self.problems.add(&problem::NO_SIGNATURES, "");
            return;
        }
        let (min, max) = (self.run.min.max(LEVEL_R), self.run.max);
        let chosen = algorithm::select(&known, min, max, |algorithm| algorithm.library_since);
        let Some(chosen) = chosen else {
            self.problems.add(&problem::NO_SUPPORTED_SIGNATURE, format!("level {min}"));
            return;
        };
        for (algorithm, signature) in chosen {
            let name = algorithm::name_of(algorithm.id);
            if !self.signer.algorithms.contains(&name) {
                self.signer.algorithms.push(name);
            }
            if !self.run.may_verify() {
                self.problems.add(&problem::TOO_MUCH_WORK, "");
                return;
            }
            let verified = certificate.key().is_some_and(|key| {
                key.verify(algorithm.padding, algorithm.hash, &[data], signature) == Ok(true)
            });
            if !verified {
                self.problems.add(&problem::SIGNATURE_MISMATCH, algorithm.name);
                return;
            }
        }
    }

    fn read_attributes(&mut self, list: &[u8]) -> Option<()> {
        for record in records(list) {
            let mut cursor = Cursor::new(record?);
            let id = cursor.u32()?;
            self.signer.attributes.push(id);
            match id {
                ATTRIBUTE_PROOF_OF_ROTATION => match lineage::read(self.run, cursor.rest()) {
                    Ok(nodes) => {
                        let own = self.signer.certificates.first();
                        if nodes.last().map(|node| &node.certificate) != own {
                            self.problems.add(&problem::LINEAGE_OTHER_CERTIFICATE, "");
                        }
                        self.signer.lineage = nodes;
                    }
                    Err(kind) => self.problems.add(kind, ""),
                },
                ATTRIBUTE_TIME => {
                    let seconds = cursor.take(8)?.try_into().ok().map(u64::from_le_bytes)?;
                    if seconds == 0 || i64::try_from(seconds).is_err() {
                        self.problems.add(&problem::STAMP_TIME, seconds.to_string());
                    } else {
                        self.signer.stamp_time = Some(seconds);
                    }
                }
                _ => self.problems.add(&problem::UNKNOWN_ATTRIBUTE, format!("{id:#010x}")),
            }
        }
        Some(())
    }
}
