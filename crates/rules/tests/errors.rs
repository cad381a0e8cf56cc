//! What is wrong with a file is said with its place.

use menshen_rules::{Baseline, RulePack, lint, parse_tests};

const GOOD: &str = "\
id: T-A-001
severity: high
confidence: high
area: code
title: {zh: 标题, en: Title}
reason: {zh: 原因, en: Reason}
fix: {zh: 修复, en: Fix}
match:
  call: [a.B.c]
  where:
    arg0: AES
";

#[test]
fn rule_errors_name_line_and_column() {
    // replaced text, by what, line:column of the error, part of its text
    let rows = [
        ("severity: high", "severity: hight", "2:11", "\"hight\" is not one of info, low, medium"),
        ("severity: high\n", "", "1:1", "\"severity\" is missing"),
        ("area: code", "area: coding", "4:7", "\"coding\" is not one of manifest"),
        ("area: code", "area: code\nareas: x", "5:1", "unknown key \"areas\""),
        ("{zh: 标题, en: Title}", "{zh: 标题}", "5:8", "\"en\" is missing"),
        ("{zh: 标题, en: Title}", "Title", "5:8", "a text in both languages"),
        ("en: Reason", "en: ''", "6:22", "the text is empty"),
        ("id: T-A-001", "id: a b", "1:5", "a rule id has letters"),
        ("id: T-A-001", "id: 7", "1:5", "quote numbers"),
        ("call: [a.B.c]", "call: [c]", "9:10", "not of the form package.Class.member"),
        ("call: [a.B.c]", "call: []", "9:9", "the list is empty"),
        ("call: [a.B.c]", "calls: [a.B.c]", "9:3", "exactly one of fact, call"),
        (
            "call: [a.B.c]",
            "fact: cal",
            "9:9",
            "no kind of fact is called \"cal\"; possible: application",
        ),
        ("call: [a.B.c]", "fact: component", "11:5", "no field \"arg0\"; component: kind, name"),
        ("arg0: AES", "arg9: AES", "11:5", "no field \"arg9\"; call: class, method"),
        ("arg0: AES", "arg0: {match: AES}", "11:12", "unknown predicate \"match\""),
        ("arg0: AES", "arg0: {matches: '(AES'}", "11:21", "not a valid pattern"),
        ("arg0: AES", "arg0: {matches: '\\w{1000}{1000}'}", "11:21", "not a valid pattern"),
        ("arg0: AES", "arg0: {}", "11:11", "the predicate is empty"),
        ("arg0: AES", "class: {gt: 3}", "11:13", "gt cannot be asked of a field of type str"),
        ("arg0: AES", "class: 3", "11:12", "which this value can never equal"),
        ("arg0: AES", "caught: 'yes'", "11:13", "the field is of type bool"),
        ("arg0: AES", "guards: x", "11:13", "the field is a list"),
        ("arg0: AES", "arg0: {gt: '3'}", "11:16", "a whole number is expected"),
        ("arg0: AES", "arg0: {same_as: arg7}", "11:21", "no field \"arg7\""),
        ("arg0: AES", "arg0: AES\nsubject: '{arg'", "12:10", "not closed"),
        ("arg0: AES", "arg0: AES\nnote: '{argument}'", "12:7", "no field \"argument\""),
        (
            "arg0: AES",
            "arg0: AES\nadjust: [{when: {arg0: 1}}]",
            "12:10",
            "nothing would be adjusted",
        ),
        (
            "arg0: AES",
            "arg0: AES\n  when: [{missing: {call: a.B.d, same: file}}]",
            "12:40",
            "is not one of method",
        ),
        (
            "arg0: AES",
            "arg0: AES\n  when: [{exists: {fact: application, same: class}}]",
            "12:45",
            "do not lie in one",
        ),
        (
            "arg0: AES",
            "arg0: AES\n  when: [{missing: {call: a.B.d, same_as: {reciever: arg0}}}]",
            "12:44",
            "no field \"reciever\"",
        ),
        (
            "arg0: AES",
            "arg0: AES\n  when: [{mising: {call: a.B.d}}]",
            "12:11",
            "no field \"mising\"",
        ),
        (
            "arg0: AES",
            "arg0: AES\n    arg0: DES",
            "12:5",
            "not valid YAML: duplicate mapping key: arg0",
        ),
        ("arg0: AES", "arg0: 'AES", "11:11", "not valid YAML"),
    ];
    let (pack, errors) = RulePack::load(&[("good.yaml", GOOD)]);
    assert_eq!((pack.rules().len(), errors.len()), (1, 0), "{errors:?}");
    for (from, to, place, message) in rows {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let (pack, errors) = RulePack::load(&[("bad.yaml", text)]);
        assert_eq!(pack.rules().len(), 0, "{to}");
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let expected = format!("bad.yaml:{place}: ");
        assert!(
            errors.iter().any(|error| error.starts_with(&expected) && error.contains(message)),
            "{to}: wanted {expected}{message}, got {errors:#?}"
        );
    }
}

#[test]
fn every_error_has_chinese_too() {
    let text = GOOD.replace("en: Title", "en: ''").replace("arg0", "arg9");
    let (_, errors) = RulePack::load(&[("bad.yaml", text)]);
    assert_eq!(errors.len(), 2, "both are reported at once: {errors:?}");
    for error in errors {
        assert!(error.problem.zh.chars().any(|c| c >= '\u{4e00}'), "{error:?}");
    }
}

#[test]
fn a_wrong_file_costs_that_file_alone() {
    let other = GOOD.replace("T-A-001", "T-A-002");
    let files = [("1.yaml", GOOD), ("2.yaml", "id: ["), ("3.yaml", &other), ("4.yaml", GOOD)];
    let (pack, errors) = RulePack::load(&files);
    let ids: Vec<&str> = pack.rules().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["T-A-001", "T-A-002"]);
    assert_eq!(errors.len(), 2);
    assert!(errors[0].path == "2.yaml");
    assert_eq!(
        errors[1].to_string(),
        "4.yaml: the rule id T-A-001 is taken by 1.yaml; this rule is not used"
    );
    let (both, errors) = pack.with(&RulePack::load(&[("own.yaml", GOOD)]).0);
    assert_eq!((both.rules().len(), errors.len()), (2, 1));
}

#[test]
fn nesting_is_limited() {
    let deep = "{any_of: [".repeat(40) + "{arg0: 1}" + &"]}".repeat(40);
    let text = GOOD.replace("where:", &format!("when: {deep}\n  where:"));
    let (pack, errors) = RulePack::load(&[("deep.yaml", text)]);
    assert_eq!(pack.rules().len(), 0);
    assert!(!errors.is_empty());
    let deeper = "[".repeat(100_000);
    assert!(RulePack::load(&[("deep.yaml", deeper)]).1.len() == 1);
}

#[test]
fn test_file_errors_name_the_place() {
    let rows = [
        ("- name: x\n  fires: true\n", "1:3", "either facts or an input"),
        (
            "- name: x\n  fires: true\n  facts: {call: []}\n",
            "3:17",
            "no list of facts is called \"call\"",
        ),
        (
            "- name: x\n  fires: true\n  facts:\n    calls: [{clas: a}]\n",
            "4:14",
            "no field \"clas\"",
        ),
        ("- name: x\n  fires: true\n  facts:\n    calls: [{in_loop: 3}]\n", "4:13", "not a fact"),
        ("- name: x\n  fires: true\n  facts:\n    calls: [{owner: me}]\n", "4:21", "owner is app"),
        ("- name: x\n  fires: yes\n  facts: {}\n", "2:10", "true or false"),
        ("[]", "1:1", "a list that is not empty"),
    ];
    for (text, place, message) in rows {
        let errors = parse_tests("t.yaml", text).expect_err(text);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let expected = format!("t.yaml:{place}: ");
        assert!(
            errors.iter().any(|error| error.starts_with(&expected) && error.contains(message)),
            "wanted {expected}{message}, got {errors:#?}"
        );
    }
}

#[test]
fn baseline_errors_name_the_place() {
    let rows = [
        ("owners: [app]", "1:1", "\"name\" is missing"),
        ("name: x\nowners: [me]", "2:10", "is not one of app, unknown, sdk"),
        ("name: x\nfail_on: {severity: bad}", "2:21", "is not one of info"),
        ("name: x\nfail_on: {severity: low, max: -1}", "2:31", "negative"),
        ("name: x\nmin_coverage: {dex: 100}", "2:16", "unknown key \"dex\""),
        ("name: x\nsuppressions: [{rule: A, reason: r}]", "2:16", "a rule and a subject"),
        ("name: x\nsuppressions: [{fingerprint: a}]", "2:16", "needs a reason"),
        (
            "name: x\nsuppressions: [{fingerprint: a, reason: r, expires: '2026-02-29'}]",
            "2:53",
            "is not a date",
        ),
        ("name: x\nsuppresions: []", "2:1", "unknown key"),
    ];
    for (text, place, message) in rows {
        let errors = Baseline::parse("b.yaml", text).expect_err(text);
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let expected = format!("b.yaml:{place}: ");
        assert!(
            errors.iter().any(|error| error.starts_with(&expected) && error.contains(message)),
            "wanted {expected}{message}, got {errors:#?}"
        );
    }
}

#[test]
fn lint_finds_probable_mistakes() {
    let rule = "\
id: my.rule
severity: low
confidence: high
area: code
title: {zh: Same, en: Same}
reason: {zh: 原因, en: Reason}
fix: {zh: 修复, en: Fix}
maps: {masvs: [MASVS-CODE-9]}
match: {fact: call}
";
    let codes = |files: &[(&str, &str)]| {
        let (pack, errors) = RulePack::load(files);
        assert!(errors.is_empty(), "{errors:?}");
        lint(&pack, files).iter().map(|remark| remark.code).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        codes(&[("a.yaml", rule)]),
        "no-tests id-form same-text no-chinese no-origin unknown-map unnamed-code"
    );
    let firing = "- {name: x, fires: true, facts: {calls: [{class: a}]}}\n";
    let silent = "- {name: x, fires: false, facts: {}}\n";
    let good = "id: T-A-001\norigin: here\nmaps: {cwe: [CWE-327]}\n".to_owned()
        + GOOD.split_once('\n').expect("lines").1;
    let both = firing.to_owned() + silent;
    assert_eq!(codes(&[("a.yaml", &good), ("a.test.yaml", &both)]), "");
    assert_eq!(codes(&[("a.yaml", &good), ("a.test.yaml", firing)]), "no-silent-test");
    assert_eq!(codes(&[("a.yaml", &good), ("a.test.yaml", silent)]), "no-firing-test");
}
