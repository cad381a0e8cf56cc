//! Scheme v4: a `.idsig` file beside the package, for installing while it still streams.
//!
//! "APK Signature Scheme v4" of the Android Open Source Project: `u32 version 2, hashing info,
//! signing infos, [hash tree]`, each behind a u32 length. The hash is that of fs-verity over the
//! whole file; the signature covers the hash and the content digest of v2 or v3.

use super::Run;
use super::algorithm::{self, SignatureAlgorithm};
use super::content::merkle_tree;
use super::key::{KeyError, PublicKey};
use super::problem::{self, Problems};
use super::report::{Scheme, SchemeKind, Signer};
use super::signer::prefixed;
use super::x509::Parsed;
use crate::dex::reader::Cursor;

const VERSION: u32 = 2;
const SHA256: u32 = 1;
const LOG2_PAGE: u8 = 12;
/// Signing infos: one of v3, one of v3.1.
const SIGNERS_MAX: usize = 10;

struct Hashing<'a> {
    algorithm: u32,
    log2_block: u8,
    salt: &'a [u8],
    root: &'a [u8],
}

struct Signing<'a> {
    content_digest: &'a [u8],
    certificate: &'a [u8],
    additional: &'a [u8],
    key: &'a [u8],
    algorithm: u32,
    signature: &'a [u8],
}

pub(crate) fn verify(run: &Run<'_>, decides: bool) -> Scheme {
    let mut scheme = Scheme::absent(SchemeKind::V4);
    let Some(idsig) = run.request.idsig else { return scheme };
    let mut problems = Problems::default();
    let signers = read(run, idsig, &mut problems);
    if signers.is_none() {
        problems.add(&problem::MALFORMED, "idsig");
    }
    scheme.present = true;
    scheme.checked = true;
    scheme.decides = decides;
    scheme.verified = !problems.has_errors();
    scheme.signers = signers.unwrap_or_default();
    scheme.problems = problems.finish();
    scheme
}

/// `None` when malformed.
fn read(run: &Run<'_>, idsig: &[u8], problems: &mut Problems) -> Option<Vec<Signer>> {
    let mut cursor = Cursor::new(idsig);
    let version = cursor.u32()?;
    if version != VERSION {
        problems.add(&problem::V4_VERSION, version.to_string());
        return None;
    }
    let hashing = read_hashing(prefixed(&mut cursor)?)?;
    let mut infos = Cursor::new(prefixed(&mut cursor)?);
    let tree = prefixed(&mut cursor);

    let mut all = vec![read_signing(&mut infos)?];
    while !infos.rest().is_empty() && all.len() < SIGNERS_MAX {
        let _block_id = infos.u32()?;
        all.push(read_signing(&mut Cursor::new(prefixed(&mut infos)?))?);
    }
    let mut signers = Vec::new();
    for (index, signing) in all.iter().enumerate() {
        problems.signer = Some(index.to_string());
        let mut signer = Signer { name: index.to_string(), ..Signer::default() };
        verify_signer(run, &hashing, signing, &mut signer, problems);
        signers.push(signer);
    }
    problems.signer = None;
    if !problems.has_errors() {
        verify_file(run, &hashing, tree, problems);
    }
    Some(signers)
}

fn read_hashing(bytes: &[u8]) -> Option<Hashing<'_>> {
    let mut cursor = Cursor::new(bytes);
    Some(Hashing {
        algorithm: cursor.u32()?,
        log2_block: cursor.u8()?,
        salt: prefixed(&mut cursor)?,
        root: prefixed(&mut cursor)?,
    })
}

fn read_signing<'a>(cursor: &mut Cursor<'a>) -> Option<Signing<'a>> {
    Some(Signing {
        content_digest: prefixed(cursor)?,
        certificate: prefixed(cursor)?,
        additional: prefixed(cursor)?,
        key: prefixed(cursor)?,
        algorithm: cursor.u32()?,
        signature: prefixed(cursor)?,
    })
}

fn verify_signer(
    run: &Run<'_>,
    hashing: &Hashing<'_>,
    signing: &Signing<'_>,
    signer: &mut Signer,
    problems: &mut Problems,
) {
    signer.algorithms.push(algorithm::name_of(signing.algorithm));
    let Some(algorithm) = SignatureAlgorithm::find(signing.algorithm) else {
        problems.add(&problem::UNKNOWN_ALGORITHM_V4, format!("{:#06x}", signing.algorithm));
        return;
    };
    if !run.may_verify() {
        problems.add(&problem::TOO_MUCH_WORK, "");
        return;
    }
    let signed = signed_data(run.view.file.len(), hashing, signing);
    let key = PublicKey::from_spki(signing.key);
    let verified = key.ok_or(KeyError::Malformed).and_then(|key| {
        key.verify(algorithm.padding, algorithm.hash, &[&signed], signing.signature)
    });
    match verified {
        Ok(true) => {}
        Ok(false) => return problems.add(&problem::SIGNATURE_MISMATCH, algorithm.name),
        Err(_) => return problems.add(&problem::KEY_MALFORMED, algorithm.name),
    }
    let Some(certificate) = Parsed::parse(signing.certificate) else {
        return problems.add(&problem::CERTIFICATE_MALFORMED, "");
    };
    signer.certificates.push(certificate.describe());
    if !certificate.has_key(signing.key) {
        return problems.add(&problem::KEY_MISMATCH, "");
    }
    signer.digests.push((0, signing.content_digest.to_vec()));
}

fn signed_data(file_size: usize, hashing: &Hashing<'_>, signing: &Signing<'_>) -> Vec<u8> {
    let mut data = Vec::new();
    data.extend(u64::try_from(file_size).unwrap_or(u64::MAX).to_le_bytes());
    data.extend(hashing.algorithm.to_le_bytes());
    data.push(hashing.log2_block);
    let fields = [
        hashing.salt,
        hashing.root,
        signing.content_digest,
        signing.certificate,
        signing.additional,
    ];
    for field in fields {
        data.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_le_bytes());
        data.extend(field);
    }
    // The size counts itself.
    let size = u32::try_from(data.len()).unwrap_or(u32::MAX).saturating_add(4);
    [&size.to_le_bytes(), data.as_slice()].concat()
}

fn verify_file(run: &Run<'_>, hashing: &Hashing<'_>, tree: Option<&[u8]>, problems: &mut Problems) {
    if hashing.algorithm != SHA256 || hashing.log2_block != LOG2_PAGE {
        let detail = format!("algorithm {}, log2 {}", hashing.algorithm, hashing.log2_block);
        problems.add(&problem::ROOT_HASH_MISMATCH, detail);
        return;
    }
    let (root, actual) = merkle_tree(&[run.view.file], &[]);
    if root != hashing.root {
        problems.add(&problem::ROOT_HASH_MISMATCH, "");
    } else if tree.is_some_and(|tree| tree != actual) {
        problems.add(&problem::TREE_MISMATCH, "");
    }
}
