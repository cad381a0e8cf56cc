//! Signers of schemes v2, v3 and v3.1.
//!
//! "APK Signature Scheme v2" and "v3" of the Android Open Source Project, sections "Format" and
//! "Verification". A signer is
//! `signed data, [v3: u32 min, u32 max], signatures, public key`; signed data are
//! `digests, certificates, [v3: u32 min, u32 max], attributes`. All are prefixed with a u32
//! length; the records of the lists too.

use super::Run;
use super::algorithm::{self, ContentAlgorithm, SignatureAlgorithm};
use super::key::{KeyError, PublicKey};
use super::lineage;
use super::problem::{self, Problems};
use super::report::{SchemeKind, Signer};
use super::x509::Parsed;
use crate::dex::reader::Cursor;

/// Platforms refuse more in v2; in v3 one a range of levels is the use.
const SIGNERS_MAX: usize = 10;
/// Records of a list; more is taken for malformed.
const RECORDS_MAX: usize = 100;

const ATTRIBUTE_STRIPPING_PROTECTION: u32 = 0xbeef_f00d;
const ATTRIBUTE_PROOF_OF_ROTATION: u32 = 0x3ba0_6f8c;
const ATTRIBUTE_ROTATION_LEVEL: u32 = 0x559f_8b02;
pub(crate) const ATTRIBUTE_DEV_RELEASE: u32 = 0xc2a6_b3ba;

/// Highest level: the value that signers use for "and later".
pub(crate) const LEVEL_MAX: u32 = i32::MAX as u32;
/// Android 13, the first that knows v3.1.
pub(crate) const LEVEL_T: u32 = 33;

/// What is asked of a scheme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) kind: SchemeKind,
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// Numbers of the schemes that platforms of the range know.
    pub(crate) known: &'q [u32],
    /// Numbers of the schemes that the package has.
    pub(crate) found: &'q [u32],
    /// The level from which v3.1 rotates, for v3 beside a v3.1 signature.
    pub(crate) rotation: Option<u32>,
}

/// A field behind its u32 length.
pub(crate) fn prefixed<'a>(cursor: &mut Cursor<'a>) -> Option<&'a [u8]> {
    let length = usize::try_from(cursor.u32()?).ok()?;
    cursor.take(length)
}

/// The records of a list; `None`, as the last one, where the list breaks off or is too long.
pub(crate) fn records(list: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut cursor = Cursor::new(list);
    let mut left = RECORDS_MAX;
    let mut broken = false;
    std::iter::from_fn(move || {
        if broken || cursor.rest().is_empty() {
            return None;
        }
        let record = left.checked_sub(1).and_then(|fewer| {
            left = fewer;
            prefixed(&mut cursor)
        });
        broken = record.is_none();
        Some(record)
    })
}

/// Reads all signers of a scheme's block and verifies what they signed and the content.
pub(crate) fn verify_block(
    run: &Run<'_>,
    question: &Question<'_>,
    block: &[u8],
    problems: &mut Problems,
) -> Vec<Signer> {
    let mut signers = Vec::new();
    let Some(list) = prefixed(&mut Cursor::new(block)) else {
        problems.add(&problem::MALFORMED, "list of signers");
        return signers;
    };
    if list.is_empty() {
        problems.add(&problem::NO_SIGNERS, "");
    }
    let mut content = Vec::new();
    for (index, record) in records(list).enumerate() {
        if index >= SIGNERS_MAX {
            problems.signer = None;
            problems.add(&problem::TOO_MANY_SIGNERS, format!("more than {SIGNERS_MAX}"));
            break;
        }
        problems.signer = Some(index.to_string());
        let mut signer = Signer { name: index.to_string(), ..Signer::default() };
        let read = record.and_then(|record| {
            SignerReader { run, question, problems, signer: &mut signer, content: &mut content }
                .read(record)
        });
        signers.push(signer);
        if read.is_none() {
            problems.add(&problem::MALFORMED, "signer");
            break;
        }
    }
    problems.signer = None;
    if !problems.has_errors() {
        verify_content(run, &content, &signers, problems);
    }
    signers
}

/// Compares the digests of the content, of the algorithms that a verified signature vouches for.
fn verify_content(
    run: &Run<'_>,
    algorithms: &[ContentAlgorithm],
    signers: &[Signer],
    problems: &mut Problems,
) {
    for signer in signers {
        problems.signer = Some(signer.name.clone());
        for (id, expected) in &signer.digests {
            let Some(known) = SignatureAlgorithm::find(*id) else { continue };
            if !algorithms.contains(&known.content) {
                continue;
            }
            match run.content.as_ref().and_then(|content| content.digest(known.content)) {
                Some(actual) if actual == expected.as_slice() => {}
                Some(_) => {
                    problems.add(&problem::CONTENT_DIGEST_MISMATCH, known.content.name());
                }
                None => problems.add(&problem::CONTENT_LAYOUT, known.content.name()),
            }
        }
    }
    problems.signer = None;
}

struct SignerReader<'r> {
    run: &'r Run<'r>,
    question: &'r Question<'r>,
    problems: &'r mut Problems,
    signer: &'r mut Signer,
    content: &'r mut Vec<ContentAlgorithm>,
}

impl SignerReader<'_> {
    /// `None` when the record is malformed; other problems are noted and end the reading.
    fn read(&mut self, record: &[u8]) -> Option<()> {
        let v3 = self.question.kind != SchemeKind::V2;
        let mut cursor = Cursor::new(record);
        let signed = prefixed(&mut cursor)?;
        if v3 {
            let (min, max) = (cursor.u32()?, cursor.u32()?);
            self.signer.levels = Some((min, max));
            if min > LEVEL_MAX || max > LEVEL_MAX || min > max {
                self.problems.add(&problem::LEVELS_INVALID, format!("{min} to {max}"));
            }
        }
        let signatures = prefixed(&mut cursor)?;
        let key = prefixed(&mut cursor)?;
        let Some(ids) = self.verify_signatures(signatures, key, signed)? else { return Some(()) };

        // Only now is there any reason to read what was signed.
        let mut cursor = Cursor::new(signed);
        let (digests, certificates) = (prefixed(&mut cursor)?, prefixed(&mut cursor)?);
        if v3 {
            let levels = Some((cursor.u32()?, cursor.u32()?));
            if levels != self.signer.levels {
                self.problems.add(&problem::LEVELS_MISMATCH, "");
            }
        }
        let attributes = prefixed(&mut cursor)?;
        if !self.read_certificates(certificates, key)? {
            return Some(());
        }
        for record in records(digests) {
            let Some((id, digest)) = record.and_then(id_and_bytes) else {
                self.problems.add(&problem::MALFORMED, "digest");
                return Some(());
            };
            self.signer.digests.push((id, digest.to_vec()));
        }
        if !self.signer.digests.iter().map(|(id, _)| id).eq(&ids) {
            self.problems.add(&problem::ALGORITHMS_MISMATCH, "");
            return Some(());
        }
        self.read_attributes(attributes);
        Some(())
    }

    /// The algorithm ids of all signatures; inner `None` when the signer does not verify.
    fn verify_signatures(
        &mut self,
        list: &[u8],
        key: &[u8],
        signed: &[u8],
    ) -> Option<Option<Vec<u32>>> {
        let mut ids = Vec::new();
        let mut known = Vec::new();
        for record in records(list) {
            let Some((id, signature)) = record.and_then(id_and_bytes) else {
                self.problems.add(&problem::MALFORMED, "signature");
                return Some(None);
            };
            ids.push(id);
            self.signer.algorithms.push(algorithm::name_of(id));
            match SignatureAlgorithm::find(id) {
                Some(found) => known.push((found, signature)),
                None => self.problems.add(&problem::UNKNOWN_ALGORITHM, format!("{id:#06x}")),
            }
        }
        if ids.is_empty() {
            self.problems.add(&problem::NO_SIGNATURES, "");
            return Some(None);
        }
        let (min, max) = self.signer.levels.unwrap_or((self.question.min, self.question.max));
        let Some(chosen) = algorithm::select(&known, min, max, |algorithm| algorithm.since) else {
            self.problems.add(&problem::NO_SUPPORTED_SIGNATURE, format!("level {min}"));
            return Some(None);
        };
        let key = PublicKey::from_spki(key);
        for (algorithm, signature) in chosen {
            if !self.run.may_verify() {
                self.problems.add(&problem::TOO_MUCH_WORK, "");
                return Some(None);
            }
            let verified = key.ok_or(KeyError::Malformed).and_then(|key| {
                key.verify(algorithm.padding, algorithm.hash, &[signed], signature)
            });
            let problem = match verified {
                Ok(true) => {
                    if !self.content.contains(&algorithm.content) {
                        self.content.push(algorithm.content);
                    }
                    continue;
                }
                Ok(false) => &problem::SIGNATURE_MISMATCH,
                Err(_) => &problem::KEY_MALFORMED,
            };
            self.problems.add(problem, algorithm.name);
            return Some(None);
        }
        Some(Some(ids))
    }

    /// Whether the certificates are in order.
    fn read_certificates(&mut self, list: &[u8], key: &[u8]) -> Option<bool> {
        for (index, record) in records(list).enumerate() {
            let encoded = record?;
            let Some(certificate) = Parsed::parse(encoded) else {
                self.problems.add(&problem::CERTIFICATE_MALFORMED, format!("number {index}"));
                return Some(false);
            };
            if index == 0 && !certificate.has_key(key) {
                self.signer.certificates.push(certificate.describe());
                self.problems.add(&problem::KEY_MISMATCH, "");
                return Some(false);
            }
            self.signer.certificates.push(certificate.describe());
        }
        if self.signer.certificates.is_empty() {
            self.problems.add(&problem::NO_CERTIFICATE, "");
            return Some(false);
        }
        Some(true)
    }

    fn read_attributes(&mut self, list: &[u8]) {
        let mut rotation_noted = false;
        let mut expected = Vec::new();
        for record in records(list) {
            let attribute = record.and_then(|record| {
                let mut cursor = Cursor::new(record);
                Some((cursor.u32()?, cursor.rest()))
            });
            let Some((id, value)) = attribute else {
                self.problems.add(&problem::MALFORMED, "attribute");
                return;
            };
            self.signer.attributes.push(id);
            let read = match (self.question.kind, id) {
                (SchemeKind::V2, ATTRIBUTE_STRIPPING_PROTECTION) => {
                    Cursor::new(value).u32().map(|scheme| expected.push(scheme))
                }
                (SchemeKind::V3 | SchemeKind::V31, ATTRIBUTE_PROOF_OF_ROTATION) => {
                    self.read_lineage(value);
                    Some(())
                }
                (SchemeKind::V3 | SchemeKind::V31, ATTRIBUTE_ROTATION_LEVEL) => {
                    rotation_noted = true;
                    self.compare_rotation(value)
                }
                (SchemeKind::V31, ATTRIBUTE_DEV_RELEASE) => Some(()),
                (SchemeKind::V3, ATTRIBUTE_DEV_RELEASE) => {
                    self.problems.add(&problem::DEV_RELEASE_IN_V3, "");
                    Some(())
                }
                _ => {
                    self.problems.add(&problem::UNKNOWN_ATTRIBUTE, format!("{id:#010x}"));
                    Some(())
                }
            };
            if read.is_none() {
                self.problems.add(&problem::MALFORMED, format!("attribute {id:#010x}"));
                return;
            }
        }
        if self.question.rotation.is_some() && !rotation_noted {
            self.problems.add(&problem::ROTATION_NOT_NOTED, "");
        }
        for scheme in expected {
            if !self.question.known.contains(&scheme) {
                self.problems.add(&problem::UNKNOWN_SCHEME, scheme.to_string());
            } else if !self.question.found.contains(&scheme) {
                self.problems.add(&problem::SCHEME_STRIPPED, format!("v{scheme}"));
            }
        }
    }

    fn read_lineage(&mut self, value: &[u8]) {
        match lineage::read(self.run, value) {
            Ok(nodes) => {
                let own = self.signer.certificates.first().map(|own| &own.encoded);
                let position = nodes.iter().position(|node| Some(&node.certificate.encoded) == own);
                if position.and_then(|at| at.checked_add(1)) != Some(nodes.len()) {
                    self.problems.add(&problem::LINEAGE_OTHER_CERTIFICATE, "");
                }
                self.signer.lineage = nodes;
            }
            Err(kind) => self.problems.add(kind, ""),
        }
    }

    /// Protects v3.1 from being removed: v3 says from which level there is one.
    fn compare_rotation(&mut self, value: &[u8]) -> Option<()> {
        if self.question.max < LEVEL_T || self.question.kind == SchemeKind::V31 {
            return Some(());
        }
        let noted = Cursor::new(value).u32()?;
        match self.question.rotation {
            Some(level) if level == noted => {}
            Some(level) => {
                let detail = format!("{noted} noted, {level} in v3.1");
                self.problems.add(&problem::ROTATION_LEVEL_MISMATCH, detail);
            }
            None => self.problems.add(&problem::V31_STRIPPED, format!("from level {noted}")),
        }
        Some(())
    }
}

/// `u32 id, u32 length, bytes`.
pub(crate) fn id_and_bytes(record: &[u8]) -> Option<(u32, &[u8])> {
    let mut cursor = Cursor::new(record);
    Some((cursor.u32()?, prefixed(&mut cursor)?))
}

/// What v3 and v3.1 ask of all signers together: ranges of levels without gaps that cover the
/// question's, and records of rotation that grow.
pub(crate) fn verify_levels(question: &Question<'_>, signers: &[Signer], problems: &mut Problems) {
    // Of signers with the same upper level the last counts.
    let mut sorted: Vec<&Signer> = Vec::new();
    for signer in signers {
        match sorted.iter_mut().find(|other| upper(other) == upper(signer)) {
            Some(other) => *other = signer,
            None => sorted.push(signer),
        }
    }
    sorted.sort_by_key(|signer| upper(signer));
    let (mut first, mut last, mut longest) = (0u32, 0u32, 0usize);
    for signer in &sorted {
        let (min, max) = signer.levels.unwrap_or_default();
        let dev_release = min == last && signer.attributes.contains(&ATTRIBUTE_DEV_RELEASE);
        if first == 0 {
            first = min;
        } else if Some(min) != last.checked_add(1) && !dev_release {
            problems.add(&problem::LEVELS_INCONSISTENT, format!("{min} after {last}"));
            break;
        }
        last = max;
        if !signer.lineage.is_empty() {
            if signer.lineage.len() < longest {
                problems.add(&problem::LINEAGES_INCONSISTENT, "a later one is shorter");
                break;
            }
            longest = signer.lineage.len();
        }
    }
    let wanted = question.rotation.map_or(question.max, |level| level.saturating_sub(1));
    if first > question.min || last < wanted {
        problems.add(&problem::LEVELS_NOT_COVERED, format!("{first} to {last}"));
    }
    let lineages = sorted.iter().map(|signer| signer.lineage.as_slice());
    if lineage::consolidate(lineages).is_none() {
        problems.add(&problem::LINEAGES_INCONSISTENT, "");
    }
}

fn upper(signer: &Signer) -> u32 {
    signer.levels.unwrap_or_default().1
}
