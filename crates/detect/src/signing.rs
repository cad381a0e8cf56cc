//! How a package is signed, as facts.

use crate::fact;
use menshen_android::signature::{Certificate, Problem, Report, Scheme, SchemeKind};
use menshen_base::{Owner, Place};
use menshen_facts as facts;
use menshen_facts::Facts;

/// First level on which a DEX put before a v1-signed package does not run (Janus,
/// CVE-2017-13156, fixed in Android 8.0 images).
const JANUS_FIXED: i64 = 26;

/// The facts of a verification. `as_of`: the day that validity is compared with, ISO 8601.
pub fn detect(report: &Report, min_sdk: i64, path: &str, as_of: &str) -> Facts {
    let mut found = Facts::default();
    let schemes: Vec<&Scheme> = report.schemes.iter().filter(|scheme| scheme.present).collect();
    let place = || Place::file(path);
    for scheme in &schemes {
        found.signatures.push(fact(signature(scheme), place(), Owner::App));
    }
    let content: Vec<&&Scheme> =
        schemes.iter().filter(|scheme| scheme.kind != SchemeKind::Stamp).collect();
    let v1_only = content.len() == 1
        && content.iter().all(|scheme| scheme.kind == SchemeKind::V1)
        && min_sdk < JANUS_FIXED;
    let problems = report
        .problems
        .iter()
        .chain(schemes.iter().filter(|scheme| scheme.decides).flat_map(|scheme| scheme.errors()));
    found.signing.push(fact(
        facts::Signing {
            signed: !content.is_empty(),
            verified: report.verified,
            schemes: content.iter().map(|scheme| scheme.kind.name().to_owned()).collect(),
            v1_only,
            errors: if report.verified { Vec::new() } else { problems.map(describe).collect() },
        },
        place(),
        Owner::App,
    ));
    certificates(report, &mut found, path, as_of);
    found
}

/// A package that nobody signed: bundles before upload, libraries.
pub fn unsigned(path: &str) -> Facts {
    let mut found = Facts::default();
    found.signing.push(fact(facts::Signing::default(), Place::file(path), Owner::App));
    found
}

fn signature(scheme: &Scheme) -> facts::Signature {
    facts::Signature {
        scheme: scheme.kind.name().to_owned(),
        present: true,
        verified: scheme.verified,
        algorithms: scheme.algorithms().into_iter().map(str::to_owned).collect(),
        signers: scheme
            .signers
            .iter()
            .filter_map(|signer| signer.certificates.first())
            .map(|certificate| certificate.sha256.clone())
            .collect(),
        problems: scheme.problems.iter().map(describe).collect(),
    }
}

fn describe(problem: &Problem) -> String {
    match problem.detail.is_empty() {
        true => problem.kind.code.to_owned(),
        false => format!("{}: {}", problem.kind.code, problem.detail),
    }
}

/// Each certificate once: those in use, then those rotated away from.
fn certificates(report: &Report, found: &mut Facts, path: &str, as_of: &str) {
    let mut seen: Vec<&str> = Vec::new();
    let in_use = report.certificates();
    let rotated = report
        .schemes
        .iter()
        .flat_map(|scheme| &scheme.signers)
        .flat_map(|signer| &signer.lineage)
        .map(|node| &node.certificate);
    for (certificate, current) in
        in_use.iter().map(|certificate| (*certificate, true)).chain(rotated.map(|c| (c, false)))
    {
        if !seen.contains(&certificate.sha256.as_str()) {
            seen.push(&certificate.sha256);
            let data = describe_certificate(certificate, current, as_of);
            found.certificates.push(fact(data, Place::file(path), Owner::App));
        }
    }
}

fn describe_certificate(
    certificate: &Certificate,
    current: bool,
    as_of: &str,
) -> facts::Certificate {
    facts::Certificate {
        sha256: certificate.sha256.clone(),
        subject: certificate.subject.clone(),
        issuer: certificate.issuer.clone(),
        serial: certificate.serial.clone(),
        not_before: certificate.not_before.clone(),
        not_after: certificate.not_after.clone(),
        key_algorithm: certificate.key_algorithm.clone(),
        key_bits: certificate.key_bits.map(i64::from),
        signature_algorithm: certificate.signature_algorithm.clone(),
        digest: certificate.digest.clone(),
        debug: certificate.debug,
        test_key: certificate.test_key.map(str::to_owned),
        // Dates of one form compare as text.
        expired: certificate.not_after.get(..10).is_some_and(|date| date < as_of),
        self_signed: certificate.self_signed,
        current,
    }
}
