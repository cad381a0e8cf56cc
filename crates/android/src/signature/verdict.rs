//! What the schemes of a package must have in common, and what its manifest asks of them.

use super::Run;
use super::algorithm::{ContentAlgorithm, SignatureAlgorithm};
use super::lineage;
use super::problem::{self, Problems};
use super::report::{Scheme, SchemeKind, Signer};
use super::x509::Certificate;

/// Android 8.0, the first that asks for more than v1 in sandbox version 2.
const LEVEL_O: u32 = 26;
/// Apps that target Android 11 or later must be signed with v2 or later.
const TARGET_NEEDS_V2: u32 = 30;

/// The schemes that decide and verified.
struct Verified<'s> {
    schemes: &'s [Scheme],
}

impl<'s> Verified<'s> {
    fn signers(&self, kind: SchemeKind) -> Option<&'s [Signer]> {
        let scheme = self.schemes.iter().find(|scheme| scheme.kind == kind)?;
        (scheme.decides && scheme.verified).then_some(scheme.signers.as_slice())
    }
}

fn own(signer: &Signer) -> Option<&Certificate> {
    signer.certificates.first()
}

pub(crate) fn check(run: &Run<'_>, schemes: &[Scheme], package: &mut Problems) {
    let has_block_scheme = schemes.iter().any(|scheme| {
        scheme.decides && matches!(scheme.kind, SchemeKind::V2 | SchemeKind::V3 | SchemeKind::V31)
    });
    if run.max >= LEVEL_O && run.request.target_sandbox > 1 && !has_block_scheme {
        package.add(&problem::SANDBOX_NEEDS_V2, "");
    }
    let verified = Verified { schemes };
    if let (Some(v1), Some(v2)) =
        (verified.signers(SchemeKind::V1), verified.signers(SchemeKind::V2))
    {
        let among = |signers: &[Signer], signer: &Signer| {
            signers.iter().any(|other| own(other) == own(signer))
        };
        let same =
            v1.iter().all(|signer| among(v2, signer)) && v2.iter().all(|signer| among(v1, signer));
        if !same {
            package.add(&problem::V1_V2_SIGNERS_DIFFER, "");
        }
    }
    check_rotation(&verified, package);
    check_v4(&verified, package);
    let newer = [SchemeKind::V2, SchemeKind::V3, SchemeKind::V31];
    let newer = newer.into_iter().any(|kind| verified.signers(kind).is_some());
    let target = run.request.target_sdk.filter(|target| *target >= TARGET_NEEDS_V2);
    if let Some(target) = target.filter(|target| run.max >= *target && !newer) {
        package.add(&problem::TARGET_NEEDS_V2, format!("targetSdk {target}"));
    }
}

/// The signer of v1 or v2 must be the oldest key of v3.
fn check_rotation(verified: &Verified<'_>, package: &mut Problems) {
    let Some(v3) = verified.signers(SchemeKind::V3) else { return };
    let older = verified.signers(SchemeKind::V1).or_else(|| verified.signers(SchemeKind::V2));
    let Some(older) = older else { return };
    if older.len() != 1 {
        package.add(&problem::V3_SEVERAL_PAST_SIGNERS, older.len().to_string());
    }
    let past = older.first().and_then(own);
    // Where v3.1 holds the rotation, v3 is signed by the original key and has no record.
    let v31 = verified.signers(SchemeKind::V31).unwrap_or_default();
    let rotates = v31.iter().any(|signer| !signer.lineage.is_empty());
    let signers = if rotates { v31 } else { v3 };
    let lineages = signers.iter().map(|signer| signer.lineage.as_slice());
    let oldest = match lineage::consolidate(lineages) {
        None => None,
        Some(nodes) if nodes.is_empty() => {
            if v3.len() != 1 {
                package.add(&problem::V3_SEVERAL_SIGNERS, v3.len().to_string());
            }
            v3.first().and_then(own)
        }
        Some(nodes) => nodes.first().map(|node| &node.certificate),
    };
    if past.is_none() || oldest != past {
        package.add(&problem::V3_OTHER_SIGNER, "");
    }
}

fn check_v4(verified: &Verified<'_>, package: &mut Problems) {
    let Some(v4) = verified.signers(SchemeKind::V4) else { return };
    let v2 = verified.signers(SchemeKind::V2);
    let mut pairs: Vec<&[Signer]> = Vec::new();
    if let Some(v3) = verified.signers(SchemeKind::V3) {
        pairs.push(v3);
        pairs.extend(verified.signers(SchemeKind::V31));
    } else if let Some(v2) = v2 {
        pairs.push(v2);
    } else {
        package.add(&problem::V4_ALONE, "");
        return;
    }
    if v4.len() != pairs.len() {
        package.add(&problem::V4_SIGNER_COUNT, format!("{}, not {}", v4.len(), pairs.len()));
    }
    for (signer, others) in v4.iter().zip(pairs) {
        if others.len() != 1 {
            package.add(&problem::V4_SIGNER_COUNT, format!("{} of v2 or v3", others.len()));
        }
        let Some(other) = others.first() else { continue };
        if own(signer) != own(other) {
            package.add(&problem::V4_OTHER_SIGNER, "");
        }
        let digest = signer.digests.first().map(|(_, digest)| digest.as_slice());
        if digest.is_none() || digest != best_digest(other) {
            package.add(&problem::V4_OTHER_DIGEST, "");
        }
    }
}

/// The digest that v4 refers to: of several the strongest.
fn best_digest(signer: &Signer) -> Option<&[u8]> {
    let of = |content: ContentAlgorithm| {
        let mut found = signer.digests.iter().rev();
        found.find(|(id, _)| {
            SignatureAlgorithm::find(*id).is_some_and(|known| known.content == content)
        })
    };
    of(ContentAlgorithm::ChunkedSha512)
        .or_else(|| of(ContentAlgorithm::VeritySha256))
        .or_else(|| of(ContentAlgorithm::ChunkedSha256))
        .map(|(_, digest)| digest.as_slice())
}
