//! From hits to findings, controls, gate and score.

mod common;

use common::{facts, pack, rule_text};
use menshen_base::{
    Confidence, Finding, IssueKind, Maps, Occurrence, Place, ScanIssue, Severity, Text, Verdict,
    text,
};
use menshen_rules::assessment::{Coverage, Gate, Share};
use menshen_rules::{Baseline, Judged, Options, RulePack, controls, evaluate, judge, score};

#[track_caller]
fn findings(rules: &[String], yaml: &str) -> Vec<Finding> {
    evaluate(&pack(rules), &facts(yaml), &Options::complete())
}

#[test]
fn places_of_one_rule_and_owner_are_one_finding() {
    let tail = "match: {fact: permission}\nnote: 'asks for {name}'\nadjust: [{when: {level: normal}, severity: low}]";
    let many: Vec<String> =
        (0..40).map(|n| format!("{{name: p{n:02}, level: dangerous}}")).collect();
    let yaml = format!(
        "application: [{{package: com.x}}]\npermissions: [{}, {{name: p00, level: dangerous}}, {{name: q, level: normal}}, {{name: s, owner: 'sdk:maps'}}, {{name: t, owner: unknown}}]",
        many.join(", ")
    );
    let found = findings(&[rule_text("T-A-001", tail)], &yaml);
    let shape: Vec<(String, Severity, usize, usize)> = found
        .iter()
        .map(|f| (f.owner.to_string(), f.severity, f.locations.len(), f.evidence.len()))
        .collect();
    assert_eq!(
        shape,
        [
            ("app".to_owned(), Severity::High, 40, 20),
            ("unknown".to_owned(), Severity::High, 1, 1),
            ("sdk:maps".to_owned(), Severity::Medium, 1, 1),
            ("app".to_owned(), Severity::Low, 1, 1),
        ]
    );
    assert_eq!(found[0].evidence[1].note, "asks for p01");
    let subjects: Vec<&str> = found[0].locations.iter().map(|l| l.subject.as_str()).collect();
    assert!(subjects.is_sorted(), "{subjects:?}");
}

#[test]
fn library_code_is_lowered_kept_or_skipped() {
    let yaml = "permissions: [{name: p, owner: 'sdk:maps'}]";
    for (library, expected) in
        [("lower", Some(Severity::Medium)), ("same", Some(Severity::High)), ("skip", None)]
    {
        let rule =
            rule_text("T-A-001", &format!("library: {library}\nmatch: {{fact: permission}}"));
        let found = findings(&[rule], yaml);
        assert_eq!(found.first().map(|f| f.severity), expected, "{library}");
    }
}

#[test]
fn fingerprints_outlive_versions() {
    let rule = rule_text("T-A-001", "match: {call: [a.B.c]}\nsubject: '{arg0}'");
    let print = |path: &str, line: u32, offset: u32, arg: &str, package: &str| {
        let yaml = format!(
            "application: [{{package: {package}}}]\ncalls: [{{class: a.B, method: c, arg0: {arg}, caller_class: x.Y, caller_method: m}}]"
        );
        let mut facts = facts(&yaml);
        let place = &mut facts.calls[0].place;
        place.path = path.to_owned();
        if let Some(code) = &mut place.code {
            code.line = Some(line);
            code.instruction = Some(offset);
        }
        let found = evaluate(&pack(std::slice::from_ref(&rule)), &facts, &Options::complete());
        (found[0].fingerprint.clone(), found[0].locations[0].fingerprint.clone())
    };
    let first = print("classes.dex", 10, 4, "AES", "com.x");
    assert_eq!(first.0.len(), 16);
    assert_eq!(print("classes12.dex", 99, 40, "AES", "com.x"), first);
    let other_subject = print("classes.dex", 10, 4, "DES", "com.x");
    assert_eq!(other_subject.0, first.0);
    assert_ne!(other_subject.1, first.1);
    assert_ne!(print("classes.dex", 10, 4, "AES", "com.z").0, first.0);

    let rule = rule_text("T-A-002", "match: {fact: library}\nsubject: '{name}'");
    let print = |path: &str| {
        let found = findings(
            std::slice::from_ref(&rule),
            &format!("libraries: [{{path: '{path}', name: liba.so}}]"),
        );
        found[0].locations[0].fingerprint.clone()
    };
    assert_eq!(print("app-1.0.apk!/lib/x86/liba.so"), print("app-1.1.apk!/lib/x86/liba.so"));
    assert_ne!(print("lib/x86/liba.so"), print("lib/x86_64/liba.so"));
}

#[test]
fn what_matters_most_comes_first() {
    let rules = [
        rule_text("T-A-003", "match: {fact: permission}"),
        rule_text("T-A-001", "match: {fact: component}"),
        rule_text("T-A-002", "match: {fact: packer}")
            .replace("severity: high", "severity: critical"),
        rule_text("T-A-004", "match: {fact: endpoint}")
            .replace("confidence: high", "confidence: low"),
    ];
    let yaml = "permissions: [{name: p}, {name: q}]\ncomponents: [{name: a}]\npackers: [{id: x}]\n\
                endpoints: [{url: u}]\nlibraries: []";
    let order: Vec<String> = findings(&rules, yaml).into_iter().map(|f| f.rule).collect();
    assert_eq!(order, ["T-A-002", "T-A-003", "T-A-001", "T-A-004"]);
}

#[test]
fn controls_pass_only_when_looked_at() {
    let maps = |id: &str, control: &str, severity: &str, confidence: &str, kind: &str| {
        rule_text(id, &format!("maps: {{masvs: [{control}]}}\nmatch: {{fact: {kind}}}"))
            .replace("severity: high", &format!("severity: {severity}"))
            .replace("confidence: high", &format!("confidence: {confidence}"))
    };
    let rules = [
        maps("T-A-001", "MASVS-NETWORK-1", "low", "medium", "permission"),
        maps("T-A-002", "MASVS-NETWORK-2", "high", "low", "permission"),
        maps("T-A-003", "MASVS-CRYPTO-1", "info", "high", "permission"),
        maps("T-A-004", "MASVS-CRYPTO-2", "high", "high", "packer"),
        maps("T-A-005", "MASVS-CODE-1", "high", "high", "signature"),
        maps("T-A-006", "MASVS-CODE-2", "high", "high", "library"),
    ];
    let pack = pack(&rules);
    let mut options = Options::complete();
    options.gathered.remove("signature");
    options.partial.insert("library".to_owned());
    let found = evaluate(&pack, &facts("permissions: [{name: p}]"), &options);
    let controls = controls(&pack, &found, &options);
    assert_eq!(controls.len(), 24);
    let get = |id: &str| controls.iter().find(|c| c.id == id).expect(id);
    let rows = [
        ("MASVS-NETWORK-1", "fail", "T-A-001"),
        ("MASVS-NETWORK-2", "review", "T-A-002"),
        ("MASVS-CRYPTO-1", "review", "T-A-003"),
        ("MASVS-CRYPTO-2", "pass", "T-A-004"),
        ("MASVS-CODE-1", "signature", ""),
        ("MASVS-CODE-2", "library", ""),
        ("MASVS-AUTH-1", "no rule", ""),
    ];
    for (id, expected, rules) in rows {
        let control = get(id);
        let verdict = match &control.verdict {
            Verdict::Pass => "pass".to_owned(),
            Verdict::Fail => "fail".to_owned(),
            Verdict::Review => "review".to_owned(),
            Verdict::NotApplicable => "not-applicable".to_owned(),
            Verdict::NotAssessed(reason) => reason.en.clone(),
        };
        assert!(verdict.contains(expected), "{id}: {verdict}");
        assert_eq!(control.rules.join(" "), rules, "{id}");
    }
}

/// A finding made for the gate.
fn finding(
    rule: &str,
    severity: Severity,
    confidence: Confidence,
    owner: &str,
    places: &[&str],
) -> Finding {
    Finding {
        rule: rule.to_owned(),
        severity,
        confidence,
        owner: owner.parse().expect("an owner"),
        title: Text::default(),
        reason: Text::default(),
        fix: Text::default(),
        maps: Maps::default(),
        locations: places
            .iter()
            .map(|place| Occurrence {
                place: Place::file("classes.dex"),
                subject: (*place).to_owned(),
                fingerprint: format!("{rule}/{owner}/{place}"),
            })
            .collect(),
        evidence: Vec::new(),
        fingerprint: format!("{rule}/{owner}/{severity:?}"),
    }
}

fn gate(findings: &[Finding], baseline: &Baseline) -> Gate {
    let (pack, options) = gate_pack();
    let coverage = Coverage::default();
    let judged =
        Judged { pack: &pack, options: &options, findings, scan_issues: &[], coverage: &coverage };
    judge(&judged, baseline, "2026-06-15")
}

fn gate_pack() -> (RulePack, Options) {
    let rules = ["R-A-001", "R-A-002", "R-B-001"];
    let rules: Vec<String> =
        rules.iter().map(|id| rule_text(id, "match: {fact: permission}")).collect();
    (pack(&rules), Options::complete())
}

fn kinds(gate: &Gate) -> String {
    gate.reasons.iter().map(|reason| reason.kind.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn thresholds() {
    use Confidence::{High as Sure, Low as Hint, Medium as Likely};
    use Severity::{Critical, High, Info, Medium};
    let default = "";
    // baseline after its name, finding, whether the gate passes
    let rows = [
        (default, (High, Likely, "app"), false),
        (default, (Critical, Sure, "app"), false),
        (default, (High, Hint, "app"), true),
        (default, (Medium, Sure, "app"), true),
        (default, (High, Sure, "unknown"), false),
        (default, (Critical, Sure, "sdk:x"), true),
        ("owners: [sdk]\nfail_on: {severity: high}", (High, Hint, "sdk:x"), false),
        ("owners: [sdk]\nfail_on: {severity: high}", (High, Hint, "app"), true),
        ("owners: ['sdk:y']\nfail_on: {severity: high}", (High, Hint, "sdk:x"), true),
        ("fail_on: {severity: info, owners: ['sdk:x']}", (Info, Hint, "sdk:x"), false),
        ("fail_on: {severity: info, max: 1}", (High, Sure, "app"), true),
        ("forbidden: [R-A-001]", (Info, Hint, "sdk:x"), false),
        ("forbidden: ['R-A-*']", (Info, Hint, "app"), false),
        ("forbidden: [R-A-002]", (Critical, Sure, "app"), true),
        ("{}", (Critical, Sure, "app"), true),
    ];
    for (tail, (severity, confidence, owner), passes) in rows {
        let baseline = match tail {
            "" => Baseline::builtin(),
            "{}" => Baseline::parse("b", "name: b").expect("a baseline"),
            tail => Baseline::parse("b", &format!("name: b\n{tail}")).expect(tail),
        };
        let gate = gate(&[finding("R-A-001", severity, confidence, owner, &["s"])], &baseline);
        assert_eq!(gate.passed, passes, "{tail} {severity:?} {confidence:?} {owner}: {gate:?}");
        assert_eq!(gate.passed, gate.reasons.is_empty());
    }
    let two = [
        finding("R-A-001", High, Sure, "app", &["s"]),
        finding("R-A-002", High, Sure, "app", &["s"]),
    ];
    let gate =
        gate(&two, &Baseline::parse("b", "name: b\nfail_on: {severity: low, max: 1}").expect("b"));
    assert_eq!(gate.reasons[0].rules, ["R-A-001", "R-A-002"]);
    assert_eq!(
        gate.reasons[0].text.en,
        "2 findings of severity low or above with confidence low or above (at most 1 allowed): R-A-001, R-A-002"
    );
}

#[test]
fn suppressions_and_accepted_reports() {
    use Confidence::High as Sure;
    let one = finding("R-A-001", Severity::High, Sure, "app", &["com.x.A", "com.x.B"]);
    let base = "name: b\nfail_on: {severity: high}\nsuppressions:\n";
    // suppressions, kinds of reasons, suppressed fingerprints
    let rows = [
        ("- {fingerprint: R-A-001/app/High, reason: r}", "", "R-A-001/app/High"),
        ("- {fingerprint: R-A-001/app/com.x.A, reason: r}", "severity", "R-A-001/app/com.x.A"),
        ("- {rule: R-A-001, subject: 'com.x.*', reason: r}", "", "R-A-001/app/High"),
        ("- {rule: R-A-002, subject: 'com.x.*', reason: r}", "severity", ""),
        (
            "- {rule: R-A-001, subject: com.x.B, reason: r}\n- {rule: R-A-001, subject: com.x.A, reason: s}",
            "",
            "R-A-001/app/com.x.A R-A-001/app/com.x.B",
        ),
        ("- {rule: '*', subject: '*', reason: r, expires: 2026-06-15}", "", "R-A-001/app/High"),
        (
            "- {rule: '*', subject: '*', reason: r, expires: 2026-06-14}",
            "severity expired-suppression",
            "",
        ),
        // Nothing is left that it would concern.
        ("- {rule: R-B-001, subject: '*', reason: r, expires: 2026-06-14}", "severity", ""),
    ];
    for (suppressions, reasons, suppressed) in rows {
        let baseline = Baseline::parse("b", &format!("{base}{suppressions}")).expect(suppressions);
        let gate = gate(std::slice::from_ref(&one), &baseline);
        assert_eq!(kinds(&gate), reasons, "{suppressions}");
        let found: Vec<&str> = gate.suppressed.iter().map(|s| s.fingerprint.as_str()).collect();
        assert_eq!(found.join(" "), suppressed, "{suppressions}");
    }

    let report = r#"{"results": [{"findings": [{"severity": "high", "locations": [
        {"fingerprint": "R-A-001/app/com.x.A"}, {"fingerprint": "R-A-001/app/com.x.B"}]}]}]}"#;
    let mut baseline = Baseline::parse("b", "name: b\nfail_on: {severity: high}").expect("b");
    assert_eq!(baseline.accept_report(report).expect("JSON"), 2);
    assert!(gate(std::slice::from_ref(&one), &baseline).passed);
    let worse = finding("R-A-001", Severity::Critical, Sure, "app", &["com.x.A"]);
    assert!(!gate(&[worse], &baseline).passed, "more severe than what was accepted");
    let new = finding("R-A-001", Severity::High, Sure, "app", &["com.x.A", "com.x.C"]);
    assert!(!gate(&[new], &baseline).passed, "one place is new");
    assert!(baseline.accept_report("not json").is_err());
}

#[test]
fn what_was_not_looked_at_stops_the_release() {
    const LOST: IssueKind =
        IssueKind { code: "dex/bad-offset", title: text("坏", "bad"), lost: text("失", "lost") };
    let (pack, complete) = gate_pack();
    let issues = [ScanIssue::new(&LOST)];
    let whole = Coverage { dex_files: Share { done: 2, total: 2 }, ..Coverage::default() };
    let cut = Coverage { dex_files: Share { done: 1, total: 2 }, ..Coverage::default() };
    let mut partial = complete.clone();
    partial.partial.insert("permission".to_owned());
    let nothing = Options::default();
    let rows = [
        ("", &complete, &whole, ""),
        ("", &complete, &cut, "coverage"),
        ("min_coverage: {dex_files: 50}", &complete, &cut, ""),
        ("", &nothing, &whole, "not-assessed"),
        ("required: [R-A-001]", &complete, &whole, ""),
        ("required: ['R-A-*']", &partial, &whole, "required-rule"),
        ("required: [R-A-001]", &nothing, &whole, "not-assessed required-rule"),
        (
            "required: [R-X-001]\nforbidden: [R-X-002]",
            &complete,
            &whole,
            "unknown-rule unknown-rule",
        ),
        ("scan_issues: {forbidden: ['dex/*']}", &complete, &whole, "scan-issue"),
        ("scan_issues: {forbidden: ['zip/*']}", &complete, &whole, ""),
        ("scan_issues: {max: 0}", &complete, &whole, "scan-issue"),
        ("scan_issues: {max: 1}", &complete, &whole, ""),
    ];
    for (tail, options, coverage, expected) in rows {
        let baseline = match tail {
            "" => Baseline::builtin(),
            tail => Baseline::parse("b", &format!("name: b\n{tail}")).expect(tail),
        };
        let judged = Judged { pack: &pack, options, findings: &[], scan_issues: &issues, coverage };
        let gate = judge(&judged, &baseline, "2026-06-15");
        assert_eq!(kinds(&gate), expected, "{tail}");
        assert_eq!(gate.score, if std::ptr::eq(options, &nothing) { 0 } else { 100 }, "{tail}");
    }
}

/// A generator of the tests' own, so that every run sees the same cases.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }

    fn finding(&mut self) -> Finding {
        use Severity::{Critical, High, Info, Low, Medium};
        let severity = [Info, Low, Medium, High, Critical][self.below(5)];
        let confidence = [Confidence::Low, Confidence::Medium, Confidence::High][self.below(3)];
        let owner = ["app", "unknown", "sdk:a", "sdk:b"][self.below(4)];
        let rule = ["R-A-001", "R-A-002", "R-B-001", "R-B-002"][self.below(4)];
        let places = vec!["s"; self.below(40) + 1];
        finding(rule, severity, confidence, owner, &places)
    }
}

#[test]
fn the_score_is_monotone() {
    let mut numbers = Numbers(7);
    let mut changed = 0;
    for _ in 0..2000 {
        let count = numbers.below(12);
        let findings: Vec<Finding> = (0..count).map(|_| numbers.finding()).collect();
        let before = score(&findings);
        assert!(before <= 100);
        let mut more = findings.clone();
        more.push(numbers.finding());
        assert!(score(&more) <= before, "adding a finding raised the score");
        if findings.is_empty() {
            assert_eq!(before, 100);
            continue;
        }
        let at = numbers.below(findings.len());
        let mut fewer = findings.clone();
        let removed = fewer.remove(at);
        assert!(score(&fewer) >= before, "removing {removed:?} lowered the score");
        let mut fixed = findings.clone();
        fixed[at].locations.pop();
        if fixed[at].locations.is_empty() {
            fixed.remove(at);
        }
        assert!(score(&fixed) >= before, "fixing one place lowered the score");
        let mut worse = findings.clone();
        worse[at].severity = Severity::Critical;
        worse[at].confidence = Confidence::High;
        assert!(score(&worse) <= before, "making a finding worse raised the score");
        changed += usize::from(score(&more) < before);
    }
    assert!(changed > 1000, "the score hardly depends on the findings: {changed}");
}

#[test]
fn a_place_that_becomes_less_severe_does_not_lower_the_score() {
    let at = |severity, places: usize| {
        finding("R-A-001", severity, Confidence::High, "app", &vec!["s"; places])
    };
    for total in 1..40 {
        let mut before = score(&[at(Severity::High, total)]);
        for low in 1..=total {
            let mut findings = vec![at(Severity::Low, low)];
            if low < total {
                findings.push(at(Severity::High, total - low));
            }
            let after = score(&findings);
            assert!(after >= before, "{low} of {total}");
            before = after;
        }
    }
}

#[test]
fn scores_of_docs() {
    // The table in docs/score.md.
    let rows = [
        (Severity::Critical, Confidence::High, "app", 1, 50),
        (Severity::High, Confidence::High, "app", 1, 71),
        (Severity::High, Confidence::High, "app", 16, 55),
        (Severity::High, Confidence::Medium, "app", 1, 76),
        (Severity::High, Confidence::High, "sdk:x", 1, 83),
        (Severity::Medium, Confidence::High, "app", 1, 89),
        (Severity::Low, Confidence::High, "app", 1, 97),
        (Severity::Info, Confidence::High, "app", 1, 100),
    ];
    for (severity, confidence, owner, places, expected) in rows {
        let one = finding("R-A-001", severity, confidence, owner, &vec!["s"; places]);
        assert_eq!(score(&[one]), expected, "{severity:?} {confidence:?} {owner} {places}");
    }
}
