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
    found.signing.push(fact(
        facts::Signing {
            signed: !content.is_empty(),
            verified: report.verified,
            schemes: content.iter().map(|scheme| scheme.kind.name().to_owned()).collect(),
            v1_only,
            errors: if report.verified { Vec::new() } else { errors(report) },
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

/// Why no platform of the declared levels, or not all of them, would install the package.
fn errors(report: &Report) -> Vec<String> {
    let mut errors: Vec<String> = report.problems.iter().map(describe).collect();
    for scheme in report.schemes.iter().filter(|scheme| scheme.decides) {
        let name = scheme.kind.name();
        match scheme.present {
            true => errors.extend(scheme.errors().map(|one| format!("{name}: {}", describe(one)))),
            // A package with v2 and v3 alone does not install where platforms know only v1.
            false if !report.schemes.iter().any(|other| other.present) => {}
            false => errors.push(format!("{name}: missing, platforms below level 24 need it")),
        }
    }
    errors
}

fn signature(scheme: &Scheme) -> facts::Signature {
    facts::Signature {
        scheme: scheme.kind.name().to_owned(),
        present: true,
        checked: scheme.checked,
        verified: scheme.checked.then_some(scheme.verified),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn scheme(kind: SchemeKind, present: bool, checked: bool, decides: bool) -> Scheme {
        Scheme {
            kind,
            present,
            checked,
            verified: checked && present,
            decides,
            signers: Vec::new(),
            problems: Vec::new(),
        }
    }

    fn facts(schemes: Vec<Scheme>, verified: bool) -> Facts {
        let report =
            Report { verified, schemes, problems: Vec::new(), block: None, issues: Vec::new() };
        detect(&report, 16, "", "2026-01-01")
    }

    #[test]
    fn a_scheme_that_was_not_checked_is_neither_good_nor_bad() {
        let found = facts(
            vec![
                scheme(SchemeKind::V1, true, false, false),
                scheme(SchemeKind::V2, true, true, true),
            ],
            true,
        );
        let rows: Vec<_> = found
            .signatures
            .iter()
            .map(|fact| (fact.data.scheme.as_str(), fact.data.checked, fact.data.verified))
            .collect();
        assert_eq!(rows, [("v1", false, None), ("v2", true, Some(true))]);
        assert!(found.signing[0].data.errors.is_empty());
    }

    #[test]
    fn a_missing_scheme_that_decides_is_an_error() {
        let found = facts(
            vec![
                scheme(SchemeKind::V1, false, true, true),
                scheme(SchemeKind::V2, true, true, true),
            ],
            false,
        );
        let signing = &found.signing[0].data;
        assert_eq!(signing.schemes, ["v2"]);
        assert_eq!(signing.errors, ["v1: missing, platforms below level 24 need it"]);
    }
}
