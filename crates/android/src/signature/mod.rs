//! APK signature schemes v1, v2, v3, v3.1, v4 and the source stamp, verified.
//!
//! [`verify`] reads every signature of a package, checks each digest and each signature, and
//! says whether all platforms of a range of levels would install it: which scheme decides
//! depends on the level (v1 before 24, v2 from 24, v3 from 28, v3.1 from 33), a scheme that a
//! signature names must be there (stripping protection), and the signers of the schemes must
//! fit together. The rules are those of the platform and of AOSP's `apksig`, against whose test
//! packages this is compared.
//!
//! Principal types: [`ApkView`] is what the caller knows of the package, [`Request`] what is
//! asked, [`Report`] the answer with a [`Scheme`] for each way of signing, [`Certificate`]s and
//! [`Problem`]s. A problem is about the package; what could not be read is a scan issue.
//!
//! Not here: trust in a certificate's issuer, which no platform asks for; the clock (whether a
//! certificate has expired is for the caller to say).
//!
//! The content is digested once for each algorithm however many schemes refer to it, and scheme
//! v1, which has to inflate every entry, is verified only where it decides unless
//! [`V1Check::Always`] is asked for.
//!
//! Specification: "Application signing" of the Android Open Source Project
//! (source.android.com/docs/security/features/apksigning), pages v2, v3, v4; JAR File
//! Specification; RFC 2315, 5280, 5652, 8017.

mod algorithm;
mod block;
mod content;
mod der;
mod key;
mod lineage;
mod problem;
mod report;
mod signer;
mod stamp;
mod v1;
mod v4;
mod verdict;
mod x509;

pub use block::{BlockEntry, SigningBlock};
pub use problem::{Problem, ProblemKind, Severity};
pub use report::{LineageNode, Report, Scheme, SchemeKind, Signer};
pub use x509::Certificate;

use algorithm::{LEVEL_N, LEVEL_P};
use block::Sections;
use content::Content;
use menshen_base::ScanIssue;
use problem::Problems;
use signer::{LEVEL_MAX, LEVEL_T, Question};
use std::borrow::Cow;
use std::sync::atomic::{AtomicU32, Ordering};

/// Signatures verified in one package. Real ones have fewer than ten; each costs up to some
/// milliseconds with the largest keys.
const VERIFICATIONS_MAX: u32 = 500;

/// A package as its caller sees it.
#[derive(Clone, Copy)]
pub struct ApkView<'a> {
    pub file: &'a [u8],
    /// From the start of the file.
    pub central_directory_offset: u64,
    pub end_of_central_directory_offset: u64,
    pub entries: &'a dyn Entries,
}

impl std::fmt::Debug for ApkView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApkView").field("size", &self.file.len()).finish_non_exhaustive()
    }
}

/// The entries of a package in the order of its central directory, duplicates included.
pub trait Entries: Sync {
    fn count(&self) -> usize;

    /// The name as it is stored; empty when out of range.
    fn name(&self, index: usize) -> &[u8];

    /// The content, inflated. Fails where it is longer than `bytes_max`.
    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue>;
}

/// When scheme v1 is verified, which costs inflating and digesting every entry.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum V1Check {
    Always,
    /// Where a platform of the range goes by it.
    #[default]
    WhereItDecides,
    /// Not at all: where it would decide, the package counts as not verified and a scan issue
    /// says why.
    Never,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// First platform level: `minSdkVersion`, 1 where it is not declared.
    pub min_sdk: u32,
    /// Last platform level; `None` for all that will come.
    pub max_sdk: Option<u32>,
    /// `targetSdkVersion`; `None` where there is no manifest to ask.
    pub target_sdk: Option<u32>,
    /// `targetSandboxVersion` of the manifest, 1 where it is not declared.
    pub target_sandbox: u32,
    pub v1: V1Check,
    /// The `.idsig` file of scheme v4, if there is one.
    pub idsig: Option<&'a [u8]>,
}

impl Request<'_> {
    /// For the levels from `min_sdk` to `max_sdk`.
    pub fn new(min_sdk: u32, max_sdk: Option<u32>) -> Self {
        Self {
            min_sdk,
            max_sdk,
            target_sdk: None,
            target_sandbox: 1,
            v1: V1Check::default(),
            idsig: None,
        }
    }
}

/// Reads and verifies all signatures of a package.
pub fn verify(view: &ApkView<'_>, request: &Request<'_>) -> Report {
    let sections = Sections::read(view);
    let block = sections.as_ref().ok().and_then(Sections::signing_block);
    let mut package = Problems::default();
    if let Err(reason) = &sections {
        package.add(&problem::ARCHIVE, *reason);
    }
    if block.as_ref().is_some_and(|block| block.malformed) {
        package.add(&problem::BLOCK_MALFORMED, "");
    }
    let content = sections.as_ref().ok().zip(block.as_ref()).and_then(|(sections, block)| {
        Some(Content::new(sections, usize::try_from(block.offset).ok()?))
    });
    let run = Run {
        view,
        request,
        min: request.min_sdk,
        max: request.max_sdk.unwrap_or(LEVEL_MAX),
        sections: sections.as_ref().ok(),
        block: block.as_ref(),
        content,
        verifications: AtomicU32::new(0),
    };
    let mut issues = Vec::new();
    let mut schemes = run.verify_block_schemes(&mut package);
    schemes.push(v4::verify(&run, run.max >= LEVEL_N));
    schemes.insert(0, run.verify_v1(&schemes, &mut issues));
    verdict::check(&run, &schemes, &mut package);
    let stamp = stamp::verify(&run, &schemes);
    schemes.push(stamp);
    let in_package = |scheme: &Scheme| !matches!(scheme.kind, SchemeKind::V4 | SchemeKind::Stamp);
    if !schemes.iter().any(|scheme| scheme.present && in_package(scheme)) {
        package.add(&problem::UNSIGNED, "");
    }
    let verified = !package.has_errors()
        && schemes.iter().all(|scheme| !scheme.decides || scheme.verified)
        && schemes.iter().any(|scheme| scheme.decides && in_package(scheme));
    Report { verified, schemes, problems: package.finish(), block, issues }
}

/// One verification under way.
pub(crate) struct Run<'a> {
    pub(crate) view: &'a ApkView<'a>,
    pub(crate) request: &'a Request<'a>,
    /// Levels asked for.
    min: u32,
    max: u32,
    sections: Option<&'a Sections<'a>>,
    block: Option<&'a SigningBlock>,
    content: Option<Content<'a>>,
    verifications: AtomicU32,
}

impl<'a> Run<'a> {
    /// Takes one signature from the budget.
    fn may_verify(&self) -> bool {
        self.verifications.fetch_add(1, Ordering::Relaxed) < VERIFICATIONS_MAX
    }

    /// The first entry of the signing block with this id.
    fn block_value(&self, id: u32) -> Option<&'a [u8]> {
        let entry = self.block?.entries.iter().find(|entry| entry.id == id)?;
        self.sections?.value(entry)
    }

    /// Schemes v3.1, v3 and v2.
    fn verify_block_schemes(&self, package: &mut Problems) -> Vec<Scheme> {
        let v31 = self.block_value(block::V31);
        let v3 = self.block_value(block::V3);
        let v2 = self.block_value(block::V2);
        let v31_decides = v31.is_some() && self.max >= LEVEL_T;
        let v3_decides = v3.is_some() && self.max >= LEVEL_P;
        let v2_decides = v2.is_some()
            && self.max >= LEVEL_N
            && (self.min < LEVEL_P || !(v31_decides || v3_decides));
        let known = known_schemes(self.max);
        let mut found: Vec<u32> = Vec::new();
        found.extend(v3_decides.then_some(3));
        found.extend(v2_decides.then_some(2));
        if v31_decides && !v3_decides {
            package.add(&problem::V3_MISSING, "");
        }

        // A scheme that does not decide is asked what platforms that go by it would say.
        let newest = if v31_decides { self.max } else { LEVEL_MAX };
        let question = Question {
            kind: SchemeKind::V31,
            min: newest,
            max: newest,
            known,
            found: &found,
            rotation: None,
        };
        let v31 = self.verify_v3(&question, v31, v31_decides);
        let rotation = v31.signers.iter().filter_map(|signer| Some(signer.levels?.0)).min();
        let max = if v3_decides { self.max } else { LEVEL_MAX };
        let rotation = rotation.filter(|_| v31.present && max >= LEVEL_T);
        let question = Question {
            kind: SchemeKind::V3,
            min: self.min.max(LEVEL_P),
            max,
            rotation,
            ..question
        };
        let v3 = self.verify_v3(&question, v3, v3_decides);
        let (min, max) =
            if v2_decides { (self.min.max(LEVEL_N), self.max) } else { (LEVEL_N, LEVEL_P - 1) };
        let known = if v2_decides { known } else { &[2] };
        let question =
            Question { kind: SchemeKind::V2, min, max, known, found: &found, rotation: None };
        let v2 = self.verify_scheme(&question, v2, v2_decides, |_, _| {});
        vec![v2, v3, v31]
    }

    /// Scheme v1, after the others: it decides where platforms know none of them.
    fn verify_v1(&self, others: &[Scheme], issues: &mut Vec<ScanIssue>) -> Scheme {
        let mut scheme = Scheme::absent(SchemeKind::V1);
        scheme.present = v1::is_present(self.view.entries);
        let deciding: Vec<u32> = others
            .iter()
            .filter(|other| other.decides)
            .filter_map(|other| match other.kind {
                SchemeKind::V2 => Some(2),
                SchemeKind::V3 => Some(3),
                SchemeKind::V31 => Some(31),
                _ => None,
            })
            .collect();
        scheme.decides = self.min < LEVEL_N || deciding.is_empty();
        scheme.checked = match self.request.v1 {
            V1Check::Always => scheme.decides || scheme.present,
            V1Check::WhereItDecides => scheme.decides,
            V1Check::Never => false,
        };
        if scheme.checked {
            let question = v1::Question {
                min: self.min,
                max: self.max,
                known: known_schemes(self.max),
                found: &deciding,
            };
            let answer = v1::verify(self, &question);
            scheme.verified = answer.verified;
            scheme.signers = answer.signers;
            scheme.problems = answer.problems;
            issues.extend(answer.issues);
        } else if scheme.decides {
            issues.push(ScanIssue::new(&problem::V1_NOT_CHECKED));
        }
        scheme
    }

    fn verify_v3(&self, question: &Question<'_>, block: Option<&[u8]>, decides: bool) -> Scheme {
        self.verify_scheme(question, block, decides, |signers, problems| {
            signer::verify_levels(question, signers, problems);
        })
    }

    fn verify_scheme(
        &self,
        question: &Question<'_>,
        block: Option<&[u8]>,
        decides: bool,
        together: impl FnOnce(&[Signer], &mut Problems),
    ) -> Scheme {
        let Some(block) = block else { return Scheme::absent(question.kind) };
        let mut problems = Problems::default();
        let signers = signer::verify_block(self, question, block, &mut problems);
        if !problems.has_errors() {
            together(&signers, &mut problems);
        }
        Scheme {
            kind: question.kind,
            present: true,
            checked: true,
            verified: !problems.has_errors(),
            decides,
            signers,
            problems: problems.finish(),
        }
    }
}

/// Numbers of the schemes beside v1 that platforms up to this level know.
fn known_schemes(max: u32) -> &'static [u32] {
    match max {
        ..LEVEL_N => &[],
        LEVEL_N..LEVEL_P => &[2],
        LEVEL_P.. => &[2, 3],
    }
}
