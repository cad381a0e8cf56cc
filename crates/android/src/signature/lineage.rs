//! Records of key rotation ("proof of rotation"): a chain of certificates, each signed by the
//! key of the one before.
//!
//! "APK Signature Scheme v3", section "Proof-of-rotation and self-trusted-old-certs structs":
//! `u32 version, nodes`; a node is `signed data, u32 capabilities, u32 algorithm of the next
//! signature, signature`; its signed data are `certificate, u32 algorithm of this signature`.

use super::Run;
use super::algorithm::SignatureAlgorithm;
use super::problem::{self, ProblemKind};
use super::report::LineageNode;
use super::signer::{prefixed, records};
use super::x509::Parsed;
use crate::dex::reader::Cursor;
use std::collections::HashSet;

const VERSION: u32 = 1;

/// The nodes, oldest first, all verified.
pub(crate) fn read(run: &Run<'_>, value: &[u8]) -> Result<Vec<LineageNode>, &'static ProblemKind> {
    let malformed = &problem::LINEAGE_MALFORMED;
    let mut cursor = Cursor::new(value);
    if cursor.u32() != Some(VERSION) {
        return Err(malformed);
    }
    let mut nodes: Vec<LineageNode> = Vec::new();
    let mut seen = HashSet::new();
    for record in records(cursor.rest()) {
        let node = record.and_then(read_node).ok_or(malformed)?;
        if let Some(parent) = nodes.last() {
            verify_node(run, parent, &node)?;
        }
        let certificate =
            Parsed::parse(node.certificate).ok_or(&problem::LINEAGE_NOT_VERIFIED)?.describe();
        if !seen.insert(certificate.sha256.clone()) {
            return Err(&problem::LINEAGE_NOT_VERIFIED);
        }
        nodes.push(LineageNode {
            certificate,
            capabilities: node.capabilities,
            algorithms: (node.own_algorithm, node.next_algorithm),
            signature: node.signature.to_vec(),
        });
    }
    if nodes.is_empty() { Err(malformed) } else { Ok(nodes) }
}

struct Node<'a> {
    signed: &'a [u8],
    certificate: &'a [u8],
    own_algorithm: u32,
    capabilities: u32,
    next_algorithm: u32,
    signature: &'a [u8],
}

fn read_node(record: &[u8]) -> Option<Node<'_>> {
    let mut cursor = Cursor::new(record);
    let signed = prefixed(&mut cursor)?;
    let (capabilities, next_algorithm) = (cursor.u32()?, cursor.u32()?);
    let signature = prefixed(&mut cursor)?;
    let mut inner = Cursor::new(signed);
    let certificate = prefixed(&mut inner)?;
    let own_algorithm = inner.u32()?;
    Some(Node { signed, certificate, own_algorithm, capabilities, next_algorithm, signature })
}

fn verify_node(
    run: &Run<'_>,
    parent: &LineageNode,
    node: &Node<'_>,
) -> Result<(), &'static ProblemKind> {
    let id = parent.algorithms.1;
    let algorithm = SignatureAlgorithm::find(id).ok_or(&problem::LINEAGE_MALFORMED)?;
    if !run.may_verify() {
        return Err(&problem::TOO_MUCH_WORK);
    }
    let parsed = Parsed::parse(&parent.certificate.encoded);
    let verified = parsed.and_then(|parsed| parsed.key()).is_some_and(|key| {
        key.verify(algorithm.padding, algorithm.hash, &[node.signed], node.signature) == Ok(true)
    });
    if verified && node.own_algorithm == id { Ok(()) } else { Err(&problem::LINEAGE_NOT_VERIFIED) }
}

/// One chain of which all given ones are parts; `None` when they contradict each other. Empty
/// chains do not take part.
pub(crate) fn consolidate<'n>(
    lineages: impl Iterator<Item = &'n [LineageNode]>,
) -> Option<Vec<&'n LineageNode>> {
    let mut merged: Vec<&LineageNode> = Vec::new();
    for lineage in lineages.filter(|lineage| !lineage.is_empty()) {
        let lineage: Vec<&LineageNode> = lineage.iter().collect();
        merged = if merged.is_empty() { lineage } else { merge(merged, lineage)? };
    }
    Some(merged)
}

fn merge<'n>(
    one: Vec<&'n LineageNode>,
    other: Vec<&'n LineageNode>,
) -> Option<Vec<&'n LineageNode>> {
    let same = |a: &LineageNode, b: &LineageNode| a.certificate.encoded == b.certificate.encoded;
    let start_of_one = *one.first()?;
    let (ancestor, descendant) =
        if other.iter().any(|node| same(node, start_of_one)) { (other, one) } else { (one, other) };
    let start = *descendant.first()?;
    let common = ancestor.iter().position(|node| same(node, start))?;
    let (older, overlap) = ancestor.split_at_checked(common)?;
    if !overlap.iter().zip(&descendant).all(|(a, b)| same(a, b)) {
        return None;
    }
    let longer = if overlap.len() > descendant.len() { overlap } else { &descendant };
    Some(older.iter().chain(longer).copied().collect())
}
