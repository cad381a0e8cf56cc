//! Scheme v1: the JAR signature.
//!
//! `META-INF/MANIFEST.MF` holds a digest of each entry, a `.SF` file digests of the manifest
//! and of its sections, a `.RSA`, `.DSA` or `.EC` file the signature over the `.SF` file. JAR
//! File Specification, "Signed JAR File", with Android's differences: everything in `META-INF/`
//! is left out, every entry must be signed by the same signers, and which digest counts depends
//! on the platform level.

mod levels;
mod manifest;
mod pkcs7;

use super::problem::{self, Problem, Problems, Severity};
use super::report::Signer;
use super::{Entries, Run};
use manifest::Section;
use menshen_base::ScanIssue;
use pkcs7::SignedData;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

/// Signers of a package that platforms accept.
const SIGNERS_MAX: usize = 10;
/// Longest file of the signature itself.
const SIGNATURE_FILE_BYTES_MAX: usize = 64 << 20;
/// Longest entry that is digested.
const ENTRY_BYTES_MAX: usize = 256 << 20;
const LEVEL_N: u32 = super::algorithm::LEVEL_N;

const FOLDER: &[u8] = b"META-INF/";
const MANIFEST: &[u8] = b"META-INF/MANIFEST.MF";

/// What is asked of the scheme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'q> {
    pub(crate) min: u32,
    pub(crate) max: u32,
    /// Numbers of the schemes that platforms of the range know, and that the package has.
    pub(crate) known: &'q [u32],
    pub(crate) found: &'q [u32],
}

#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) signers: Vec<Signer>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) verified: bool,
    pub(crate) issues: Vec<ScanIssue>,
}

/// Whether there is a signature block file.
pub(crate) fn is_present(entries: &dyn Entries) -> bool {
    (0..entries.count()).any(|index| is_signature_block(entries.name(index)))
}

fn is_signature_block(name: &[u8]) -> bool {
    name.starts_with(FOLDER)
        && [&b".RSA"[..], b".DSA", b".EC"].iter().any(|ending| name.ends_with(ending))
}

pub(crate) fn verify(run: &Run<'_>, question: &Question<'_>) -> Answer {
    let mut problems = Problems::default();
    let mut checker = Checker { run, question, issues: Vec::new() };
    let signers = checker.verify(&mut problems);
    let verified = signers.is_some() && !problems.has_errors();
    Answer {
        signers: signers.unwrap_or_default(),
        verified,
        problems: problems.finish(),
        issues: checker.issues,
    }
}

struct Checker<'r> {
    run: &'r Run<'r>,
    question: &'r Question<'r>,
    issues: Vec<ScanIssue>,
}

/// One signer of the package under way.
struct Candidate {
    /// Name of the signature block file without the folder.
    name: String,
    block: usize,
    file: usize,
    signature_file: Vec<u8>,
    signer: Signer,
    /// Entries that the `.SF` file lists.
    covers: HashSet<Vec<u8>>,
}

impl Checker<'_> {
    /// `None` when the verification could not be brought to its end.
    fn verify(&mut self, problems: &mut Problems) -> Option<Vec<Signer>> {
        let entries = self.run.view.entries;
        let by_name = index_names(entries, problems);
        if problems.has_errors() {
            return None;
        }
        let Some(manifest_index) = by_name.get(MANIFEST) else {
            problems.add(&problem::NO_MANIFEST, "");
            return None;
        };
        let manifest_bytes = self.read_signature_file(*manifest_index, problems)?;
        let sections = manifest::sections(&manifest_bytes);
        let (main, sections) =
            sections.split_first().map_or((None, &[][..]), |(a, b)| (Some(a), b));
        let by_entry = index_sections(sections, &by_name, problems);
        if problems.has_errors() {
            return None;
        }
        let mut candidates = self.find_candidates(entries, &by_name, problems)?;
        for candidate in &mut candidates {
            self.verify_block(candidate, problems);
        }
        if problems.has_errors() {
            return Some(candidates.into_iter().map(|candidate| candidate.signer).collect());
        }
        candidates.retain_mut(|candidate| {
            let manifest = ManifestView { bytes: &manifest_bytes, main, by_entry: &by_entry };
            let file =
                SignatureFile { question: self.question, manifest, problems: Problems::default() };
            file.verify(candidate, problems)
        });
        if !problems.has_errors() {
            if candidates.is_empty() {
                problems.add(&problem::NO_SIGNATURE_FILES, "");
            } else {
                self.verify_entries(&by_entry, &mut candidates, problems);
            }
        }
        if !problems.has_errors() {
            report_unprotected(entries, &candidates, problems);
        }
        Some(candidates.into_iter().map(|candidate| candidate.signer).collect())
    }

    fn read_signature_file(&mut self, index: usize, problems: &mut Problems) -> Option<Vec<u8>> {
        match self.run.view.entries.read(index, SIGNATURE_FILE_BYTES_MAX) {
            Ok(bytes) => Some(bytes.into_owned()),
            Err(issue) => {
                problems.add(&problem::ENTRY_UNREADABLE, self.shown_name(index));
                self.issues.push(issue);
                None
            }
        }
    }

    fn shown_name(&self, index: usize) -> String {
        String::from_utf8_lossy(self.run.view.entries.name(index)).into_owned()
    }

    /// Signature block files that have a `.SF` file.
    fn find_candidates(
        &mut self,
        entries: &dyn Entries,
        by_name: &HashMap<&[u8], usize>,
        problems: &mut Problems,
    ) -> Option<Vec<Candidate>> {
        let mut candidates = Vec::new();
        for block in (0..entries.count()).filter(|index| is_signature_block(entries.name(*index))) {
            let name = entries.name(block);
            let stem_length = memchr::memrchr(b'.', name).unwrap_or(name.len());
            let file_name = [name.get(..stem_length).unwrap_or_default(), b".SF"].concat();
            let shown = self.shown_name(block);
            let Some(file) = by_name.get(file_name.as_slice()) else {
                problems.add(&problem::SIGNATURE_FILE_MISSING, shown);
                continue;
            };
            if candidates.len() >= SIGNERS_MAX {
                problems.add(&problem::TOO_MANY_SIGNERS, format!("more than {SIGNERS_MAX}"));
                return None;
            }
            let name = shown.trim_start_matches("META-INF/").to_string();
            let signature_file = self.read_signature_file(*file, problems)?;
            candidates.push(Candidate {
                signer: Signer { name: name.clone(), ..Signer::default() },
                name,
                block,
                file: *file,
                signature_file,
                covers: HashSet::new(),
            });
        }
        if candidates.is_empty() {
            problems.add(&problem::NO_SIGNATURE_FILES, "");
            return None;
        }
        Some(candidates)
    }

    /// The signature over the `.SF` file.
    fn verify_block(&mut self, candidate: &mut Candidate, problems: &mut Problems) {
        problems.signer = Some(candidate.name.clone());
        if let Some(bytes) = self.read_signature_file(candidate.block, problems) {
            let levels = (self.question.min, self.question.max);
            let verified = SignedData::parse(&bytes)
                .ok_or_else(|| (&problem::PKCS7_MALFORMED, String::new()))
                .and_then(|data| data.verify(self.run, &candidate.signature_file, levels));
            match verified {
                Ok(verified) => {
                    let described = verified.certificates.iter().map(|found| found.describe());
                    candidate.signer.certificates = described.collect();
                    candidate.signer.algorithms.push(verified.algorithm);
                }
                Err((kind, detail)) => problems.add(kind, detail),
            }
        }
        problems.signer = None;
    }

    /// Every entry must be listed by the same signers and match the digests of the manifest.
    fn verify_entries(
        &mut self,
        by_entry: &HashMap<&[u8], &Section<'_>>,
        candidates: &mut Vec<Candidate>,
        problems: &mut Problems,
    ) {
        let entries = self.run.view.entries;
        let mut all: Option<Vec<bool>> = None;
        let mut work = Vec::new();
        for index in 0..entries.count() {
            let name = entries.name(index);
            if name.starts_with(FOLDER) || name.ends_with(b"/") {
                continue;
            }
            let shown = || String::from_utf8_lossy(name).into_owned();
            let Some(section) = by_entry.get(name) else {
                problems.add(&problem::ENTRY_DIGEST_MISSING, shown());
                continue;
            };
            let own: Vec<bool> =
                candidates.iter().map(|candidate| candidate.covers.contains(name)).collect();
            if !own.contains(&true) {
                problems.add(&problem::ENTRY_NOT_SIGNED, shown());
                continue;
            }
            if all.get_or_insert_with(|| own.clone()) != &own {
                problems.add(&problem::ENTRY_SIGNERS_DIFFER, shown());
                continue;
            }
            let digests = section.digests("-Digest", self.question.min, self.question.max);
            if digests.is_empty() {
                problems.add(&problem::ENTRY_DIGEST_MISSING, shown());
                continue;
            }
            work.push((index, digests));
        }
        let Some(all) = all else {
            problems.add(&problem::NO_SIGNED_ENTRIES, "");
            return;
        };
        let outcomes: Vec<Result<bool, ScanIssue>> = work
            .par_iter()
            .map(|(index, digests)| {
                let content = entries.read(*index, ENTRY_BYTES_MAX)?;
                Ok(digests.iter().all(|(hash, digest)| hash.digest(&[&content]) == *digest))
            })
            .collect();
        for ((index, _), outcome) in work.iter().zip(outcomes) {
            match outcome {
                Ok(true) => {}
                Ok(false) => problems.add(&problem::ENTRY_DIGEST_MISMATCH, self.shown_name(*index)),
                Err(issue) => {
                    problems.add(&problem::ENTRY_UNREADABLE, self.shown_name(*index));
                    self.issues.push(issue);
                }
            }
        }
        // Signers that list none of the entries do not sign the package.
        let mut signs = all.into_iter();
        candidates.retain(|_| signs.next().unwrap_or(true));
    }
}

/// Index of each name. A name that occurs twice makes platforms disagree about its content.
fn index_names<'e>(entries: &'e dyn Entries, problems: &mut Problems) -> HashMap<&'e [u8], usize> {
    let mut by_name = HashMap::with_capacity(entries.count());
    for index in 0..entries.count() {
        let name = entries.name(index);
        if by_name.insert(name, index).is_some() {
            problems.add(&problem::DUPLICATE_ENTRY, String::from_utf8_lossy(name));
        }
    }
    by_name
}

fn index_sections<'s>(
    sections: &'s [Section<'s>],
    by_name: &HashMap<&[u8], usize>,
    problems: &mut Problems,
) -> HashMap<&'s [u8], &'s Section<'s>> {
    let mut by_entry = HashMap::with_capacity(sections.len());
    for (number, section) in sections.iter().enumerate() {
        let Some(name) = section.name() else {
            problems.add(&problem::MANIFEST_SECTION_UNNAMED, format!("section {number}"));
            continue;
        };
        let shown = || String::from_utf8_lossy(name);
        if by_entry.insert(name, section).is_some() {
            problems.add(&problem::MANIFEST_SECTION_DUPLICATE, shown());
        } else if !by_name.contains_key(name) {
            problems.add(&problem::ENTRY_MISSING, shown());
        }
    }
    by_entry
}

fn report_unprotected(entries: &dyn Entries, candidates: &[Candidate], problems: &mut Problems) {
    let used: HashSet<usize> =
        candidates.iter().flat_map(|candidate| [candidate.block, candidate.file]).collect();
    for index in 0..entries.count() {
        let name = entries.name(index);
        let ours = name == MANIFEST || used.contains(&index);
        if name.starts_with(FOLDER) && !name.ends_with(b"/") && !ours {
            problems.add(&problem::UNPROTECTED_ENTRY, String::from_utf8_lossy(name));
        }
    }
}

#[derive(Clone, Copy)]
struct ManifestView<'m> {
    bytes: &'m [u8],
    main: Option<&'m Section<'m>>,
    by_entry: &'m HashMap<&'m [u8], &'m Section<'m>>,
}

/// A `.SF` file against the manifest.
struct SignatureFile<'m> {
    question: &'m Question<'m>,
    manifest: ManifestView<'m>,
    problems: Problems,
}

impl SignatureFile<'_> {
    /// Whether the signer stays. One whose `.SF` file is of no use is left out, as platforms do,
    /// and does not make the others worse.
    fn verify(mut self, candidate: &mut Candidate, problems: &mut Problems) -> bool {
        self.problems.signer = Some(candidate.name.clone());
        let bytes = std::mem::take(&mut candidate.signature_file);
        let sections = manifest::sections(&bytes);
        let ignored = self.compare(&sections, candidate).is_none();
        for found in self.problems.finish() {
            problems.signer = found.signer;
            if ignored && found.kind.severity == Severity::Error {
                let detail = format!("{} {}", found.kind.code, found.detail);
                problems.add(&problem::SIGNER_IGNORED, detail.trim_end());
            } else {
                problems.add(found.kind, found.detail);
            }
        }
        problems.signer = None;
        !ignored
    }

    /// `None` when the signer is to be left out.
    fn compare(&mut self, sections: &[Section<'_>], candidate: &mut Candidate) -> Option<()> {
        let (min, max) = (self.question.min, self.question.max);
        let version = sections.first().filter(|main| main.attribute("Signature-Version").is_some());
        let Some(main) = version else {
            self.problems.add(&problem::SF_VERSION_MISSING, "");
            return None;
        };
        if max >= LEVEL_N {
            self.check_stripping(main);
            if self.problems.has_errors() {
                return Some(());
            }
        }
        // An old signing tool digested in its own way, and platforms still humour it.
        let signtool = main
            .attribute("Created-By")
            .is_some_and(|tool| memchr::memmem::find(tool, b"signtool").is_some());
        let whole = self.manifest_matches(main, signtool);
        if !signtool {
            let digests = main.digests("-Digest-Manifest-Main-Attributes", min, max);
            let bytes = self.manifest.main.map(|main| main.bytes).unwrap_or_default();
            for (hash, digest) in digests {
                if hash.digest(&[bytes]) != digest {
                    self.problems.add(&problem::MAIN_SECTION_DIGEST_MISMATCH, hash.name());
                }
            }
        }
        if self.problems.has_errors() {
            return Some(());
        }
        let mut ignored = false;
        for (number, section) in sections.iter().skip(1).enumerate() {
            let Some(name) = section.name() else {
                self.problems.add(&problem::SF_SECTION_UNNAMED, format!("section {number}"));
                return None;
            };
            if !candidate.covers.insert(name.to_vec()) {
                let shown = String::from_utf8_lossy(name);
                self.problems.add(&problem::SF_SECTION_DUPLICATE, shown);
                return None;
            }
            if !whole {
                ignored |= !self.section_matches(section, name, signtool);
            }
        }
        (!ignored).then_some(())
    }

    /// Whether the digest of the whole manifest is there and matches.
    fn manifest_matches(&mut self, main: &Section<'_>, signtool: bool) -> bool {
        let suffix = if signtool { "-Digest" } else { "-Digest-Manifest" };
        let digests = main.digests(suffix, self.question.min, self.question.max);
        if digests.is_empty() {
            self.problems.add(&problem::SF_WITHOUT_MANIFEST_DIGEST, "");
            return false;
        }
        let mut matches = true;
        for (hash, digest) in digests {
            if hash.digest(&[self.manifest.bytes]) != digest {
                self.problems.add(&problem::SF_MANIFEST_DIGEST_MISMATCH, hash.name());
                matches = false;
            }
        }
        matches
    }

    /// `false` when the manifest has no such section: then the signer is left out.
    fn section_matches(&mut self, section: &Section<'_>, name: &[u8], signtool: bool) -> bool {
        let shown = || String::from_utf8_lossy(name).into_owned();
        let Some(described) = self.manifest.by_entry.get(name) else {
            self.problems.add(&problem::SECTION_DIGEST_MISSING, shown());
            return false;
        };
        let digests = section.digests("-Digest", self.question.min, self.question.max);
        if digests.is_empty() {
            self.problems.add(&problem::SECTION_DIGEST_MISSING, shown());
            return true;
        }
        let mut bytes = described.bytes;
        if signtool && bytes.ends_with(b"\n\n") {
            bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        }
        for (hash, digest) in digests {
            if hash.digest(&[bytes]) != digest {
                self.problems.add(&problem::SECTION_DIGEST_MISMATCH, shown());
            }
        }
        true
    }

    /// `X-Android-APK-Signed` names the schemes that were used too; none may be missing.
    fn check_stripping(&mut self, main: &Section<'_>) {
        let Some(named) = main.attribute("X-Android-APK-Signed") else {
            if !self.question.found.is_empty() {
                self.problems.add(&problem::NO_STRIPPING_PROTECTION, "");
            }
            return;
        };
        if self.question.known.is_empty() {
            return;
        }
        let named = String::from_utf8_lossy(named);
        let named: HashSet<u32> =
            named.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let mut named: Vec<u32> = named.into_iter().collect();
        named.sort_unstable();
        for scheme in named {
            if !self.question.known.contains(&scheme) {
                self.problems.add(&problem::UNKNOWN_SCHEME, scheme.to_string());
            } else if !self.question.found.contains(&scheme) {
                self.problems.add(&problem::SCHEME_STRIPPED, format!("v{scheme}"));
            }
        }
    }
}
