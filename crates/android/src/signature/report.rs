//! What a verification found.

use super::block::SigningBlock;
use super::problem::{Problem, Severity};
use super::x509::Certificate;
use menshen_base::ScanIssue;

/// A way of signing a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SchemeKind {
    /// JAR signature.
    V1,
    V2,
    V3,
    V31,
    /// In a file beside the package.
    V4,
    /// Says where a package comes from; no platform asks for it.
    Stamp,
}

impl SchemeKind {
    /// `v1`, `v2`, `v3`, `v3.1`, `v4`, `stamp`.
    pub fn name(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
            Self::V31 => "v3.1",
            Self::V4 => "v4",
            Self::Stamp => "stamp",
        }
    }
}

/// One scheme of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheme {
    pub kind: SchemeKind,
    pub present: bool,
    /// It was looked at: `false` where it is absent or was not asked for.
    pub checked: bool,
    /// Looked at and without errors.
    pub verified: bool,
    /// Some platform of the range goes by it, so that an error in it counts for the package.
    pub decides: bool,
    pub signers: Vec<Signer>,
    pub problems: Vec<Problem>,
}

impl Scheme {
    pub(crate) fn absent(kind: SchemeKind) -> Self {
        Self {
            kind,
            present: false,
            checked: false,
            verified: false,
            decides: false,
            signers: Vec::new(),
            problems: Vec::new(),
        }
    }

    pub fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.kind.severity == Severity::Error)
    }

    /// Names of the signature algorithms, each once.
    pub fn algorithms(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.signers.iter().flat_map(|signer| &signer.algorithms).map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Who signed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signer {
    /// `CERT.RSA` for v1, a number from 0 for the others.
    pub name: String,
    /// The signer's own first, then what it was shipped with.
    pub certificates: Vec<Certificate>,
    pub algorithms: Vec<String>,
    /// Platform levels that this signer is for; v3 and v3.1 only.
    pub levels: Option<(u32, u32)>,
    /// Keys from the oldest to the present one; v3 and v3.1 only.
    pub lineage: Vec<LineageNode>,
    /// Ids of the additional attributes.
    pub attributes: Vec<u32>,
    /// Seconds since 1970 at which a source stamp was made.
    pub stamp_time: Option<u64>,
    /// Digest of the content for each algorithm id, as signed.
    pub(crate) digests: Vec<(u32, Vec<u8>)>,
}

/// One key of a record of rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineageNode {
    pub certificate: Certificate,
    /// What the key may still do after it was rotated away from.
    pub capabilities: u32,
    /// Algorithm with which its predecessor signed it, and with which it signs the next.
    pub(crate) algorithms: (u32, u32),
    pub(crate) signature: Vec<u8>,
}

impl LineageNode {
    /// Keeps access to data that the app stored before.
    pub const INSTALLED_DATA: u32 = 1;
    pub const SHARED_USER_ID: u32 = 2;
    pub const PERMISSION: u32 = 4;
    /// May sign updates again: rotation can be undone.
    pub const ROLLBACK: u32 = 8;
    pub const AUTHENTICATOR: u32 = 16;

    /// Names of the capabilities, in the order of their bits.
    pub fn capability_names(&self) -> Vec<&'static str> {
        [
            (Self::INSTALLED_DATA, "installed data"),
            (Self::SHARED_USER_ID, "shared user id"),
            (Self::PERMISSION, "permission"),
            (Self::ROLLBACK, "rollback"),
            (Self::AUTHENTICATOR, "authenticator"),
        ]
        .into_iter()
        .filter(|(bit, _)| self.capabilities & bit != 0)
        .map(|(_, name)| name)
        .collect()
    }
}

/// What is known of the signatures of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Every platform of the range would accept the package. `false` too where scheme v1 would
    /// decide and was not looked at; then there is a scan issue.
    pub verified: bool,
    /// All schemes, in the order v1, v2, v3, v3.1, v4, stamp.
    pub schemes: Vec<Scheme>,
    /// Problems of the package as a whole.
    pub problems: Vec<Problem>,
    pub block: Option<SigningBlock>,
    pub issues: Vec<ScanIssue>,
}

impl Report {
    pub fn scheme(&self, kind: SchemeKind) -> Option<&Scheme> {
        self.schemes.iter().find(|scheme| scheme.kind == kind)
    }

    /// Has any signature that is part of the package.
    pub fn signed(&self) -> bool {
        self.schemes.iter().any(|scheme| {
            scheme.present && !matches!(scheme.kind, SchemeKind::V4 | SchemeKind::Stamp)
        })
    }

    /// The certificates that stand for the package on the newest platform asked for: of the
    /// last signer of v3.1 or v3, of all signers of v2, of all signers of v1. Given also where
    /// the signature does not verify; then they prove nothing.
    pub fn certificates(&self) -> Vec<&Certificate> {
        let deciding = self.certificates_of(|scheme| scheme.decides);
        if deciding.is_empty() { self.certificates_of(|_| true) } else { deciding }
    }

    fn certificates_of(&self, which: impl Fn(&Scheme) -> bool) -> Vec<&Certificate> {
        let signers = |kind| self.scheme(kind).filter(|s| which(s)).map(|scheme| &scheme.signers);
        for kind in [SchemeKind::V31, SchemeKind::V3] {
            let last = signers(kind).and_then(|signers| signers.last());
            if let Some(certificate) = last.and_then(|signer| signer.certificates.first()) {
                return vec![certificate];
            }
        }
        for kind in [SchemeKind::V2, SchemeKind::V1] {
            let own: Vec<&Certificate> = signers(kind)
                .into_iter()
                .flatten()
                .filter_map(|signer| signer.certificates.first())
                .collect();
            if !own.is_empty() {
                return own;
            }
        }
        Vec::new()
    }
}
