//! Digests of the content of a package: everything but the signing block.
//!
//! Each algorithm is computed at most once however many schemes and signers refer to it. The
//! file is split into chunks that are digested in parallel; the result does not depend on the
//! number of threads. "APK Signature Scheme v2", section "Integrity-protected contents";
//! fs-verity's Merkle tree for the verity algorithms.

use super::algorithm::ContentAlgorithm;
use super::block::Sections;
use rayon::prelude::*;
use sha2::{Digest, Sha256, Sha512};
use std::sync::OnceLock;

const CHUNK: usize = 1 << 20;
const PAGE: usize = 4096;
/// The salt of the verity algorithms.
const VERITY_SALT: [u8; 8] = [0; 8];
/// Offset of the field of the end record that says where the central directory starts.
const DIRECTORY_OFFSET_FIELD: usize = 16;

#[derive(Debug)]
pub(crate) struct Content<'a> {
    before_block: &'a [u8],
    block_size: usize,
    directory: &'a [u8],
    end: Vec<u8>,
    sha256: OnceLock<Vec<u8>>,
    sha512: OnceLock<Vec<u8>>,
    verity: OnceLock<Option<Vec<u8>>>,
}

impl<'a> Content<'a> {
    pub(crate) fn new(sections: &Sections<'a>, block_offset: usize) -> Self {
        // The end record is digested as if the directory started where the block starts.
        let mut end = sections.end.to_vec();
        let pretended = u32::try_from(block_offset).unwrap_or(u32::MAX).to_le_bytes();
        let field = end.iter_mut().skip(DIRECTORY_OFFSET_FIELD).zip(pretended);
        field.for_each(|(byte, new)| *byte = new);
        Self {
            before_block: sections.file.get(..block_offset).unwrap_or_default(),
            block_size: sections.directory_offset.saturating_sub(block_offset),
            directory: sections.directory,
            end,
            sha256: OnceLock::new(),
            sha512: OnceLock::new(),
            verity: OnceLock::new(),
        }
    }

    /// `None` where the layout of the file does not allow the algorithm.
    pub(crate) fn digest(&self, algorithm: ContentAlgorithm) -> Option<&[u8]> {
        match algorithm {
            ContentAlgorithm::ChunkedSha256 => {
                Some(self.sha256.get_or_init(|| self.chunked::<Sha256>()))
            }
            ContentAlgorithm::ChunkedSha512 => {
                Some(self.sha512.get_or_init(|| self.chunked::<Sha512>()))
            }
            ContentAlgorithm::VeritySha256 => self.verity.get_or_init(|| self.verity()).as_deref(),
            ContentAlgorithm::Sha256 => None,
        }
    }

    fn chunked<D: Digest>(&self) -> Vec<u8> {
        let segments = [self.before_block, self.directory, &self.end];
        let chunks: Vec<&[u8]> =
            segments.iter().flat_map(|segment| segment.chunks(CHUNK)).collect();
        let length = |chunk: &[u8]| u32::try_from(chunk.len()).unwrap_or(u32::MAX).to_le_bytes();
        let digests: Vec<_> = chunks
            .par_iter()
            .map(|chunk| {
                D::new()
                    .chain_update([0xa5])
                    .chain_update(length(chunk))
                    .chain_update(chunk)
                    .finalize()
            })
            .collect();
        let count = u32::try_from(chunks.len()).unwrap_or(u32::MAX).to_le_bytes();
        let mut top = D::new().chain_update([0x5a]).chain_update(count);
        for digest in &digests {
            top.update(digest);
        }
        top.finalize().to_vec()
    }

    /// Root hash and the length of what it covers.
    fn verity(&self) -> Option<Vec<u8>> {
        if !self.before_block.len().is_multiple_of(PAGE) || !self.block_size.is_multiple_of(PAGE) {
            return None;
        }
        let tail = [self.directory, &self.end].concat();
        let covered = u64::try_from(self.before_block.len().checked_add(tail.len())?).ok()?;
        let mut digest = merkle_tree(&[self.before_block, &tail], &VERITY_SALT).0;
        digest.extend(covered.to_le_bytes());
        Some(digest)
    }
}

/// Root hash and tree (topmost level first) of fs-verity with pages of 4096 bytes and SHA-256.
/// All segments but the last must be whole pages.
pub(crate) fn merkle_tree(segments: &[&[u8]], salt: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut levels = vec![page_digests(segments, salt)];
    while let Some(level) = levels.last().filter(|level| level.len() > PAGE) {
        let next = page_digests(&[level], salt);
        levels.push(next);
    }
    let root = levels.last().map(|level| page_digest(level, salt)).unwrap_or_default();
    levels.reverse();
    (root, levels.concat())
}

/// The digests of all pages, one after the other, filled up to whole pages.
fn page_digests(segments: &[&[u8]], salt: &[u8]) -> Vec<u8> {
    let mut digests: Vec<u8> = Vec::new();
    for segment in segments {
        // A megabyte a task: a page alone would cost more to hand out than to digest.
        let parts: Vec<Vec<u8>> = segment
            .par_chunks(CHUNK)
            .map(|part| part.chunks(PAGE).flat_map(|page| page_digest(page, salt)).collect())
            .collect();
        digests.extend(parts.into_iter().flatten());
    }
    digests.resize(digests.len().next_multiple_of(PAGE), 0);
    digests
}

fn page_digest(page: &[u8], salt: &[u8]) -> Vec<u8> {
    let zeros = [0u8; PAGE];
    let missing = PAGE.saturating_sub(page.len());
    Sha256::new()
        .chain_update(salt)
        .chain_update(page)
        .chain_update(zeros.get(..missing).unwrap_or_default())
        .finalize()
        .to_vec()
}
