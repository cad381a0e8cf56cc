//! What the language of rules means: one row, one case.

mod common;

use common::{facts, pack, rule_text};
use menshen_base::{Confidence, Severity};
use menshen_rules::{Options, evaluate};

/// Runs one rule on facts; `None` when silent, else the confidence.
#[track_caller]
fn run(tail: &str, yaml: &str) -> Option<Confidence> {
    let pack = pack(&[rule_text("T-A-001", tail)]);
    let findings = evaluate(&pack, &facts(yaml), &Options::complete());
    findings.iter().map(|finding| finding.confidence).max()
}

const HIGH: Option<Confidence> = Some(Confidence::High);
const MEDIUM: Option<Confidence> = Some(Confidence::Medium);

#[test]
fn predicates_on_values_of_the_code() {
    // predicate on arg0, value of arg0, expected
    let rows = [
        ("AES", "AES", HIGH),
        ("AES", "DES", None),
        ("[AES, DES]", "DES", HIGH),
        ("{eq: AES}", "{is: class, value: AES}", HIGH),
        ("{ne: AES}", "DES", HIGH),
        ("{ne: AES}", "AES", None),
        ("{ne: AES}", "{is: unknown}", None),
        ("{ne: AES}", "{is: param, value: 1}", None),
        ("{ne: AES}", "null", HIGH),
        ("{not: {eq: AES}}", "{is: unknown}", None),
        ("{eq: null}", "null", HIGH),
        ("{ne: null}", "{is: new, value: {class: a.B}}", HIGH),
        ("{eq: null}", "{is: unknown}", None),
        ("true", "1", HIGH),
        ("true", "0", None),
        ("false", "0", HIGH),
        ("true", "5", None),
        ("{lt: 5}", "4", HIGH),
        ("{lt: 5}", "5", None),
        ("{le: 5}", "5", HIGH),
        ("{gt: 5}", "6", HIGH),
        ("{ge: 5}", "4", None),
        ("{ge: 5}", "{is: field, value: a.B.c}", None),
        ("{has_bits: 3}", "7", HIGH),
        ("{has_bits: 3}", "5", None),
        ("{lacks_bits: 0x4000000}", "0x8000000", HIGH),
        ("{lacks_bits: 3}", "1", None),
        ("{lacks_bits: 3}", "{is: unknown}", None),
        ("{matches: '^AES(/ECB)?'}", "AES/ECB/NoPadding", HIGH),
        ("{matches: ECB}", "AES/GCM", None),
        ("{not: {matches: ECB}}", "AES/GCM", HIGH),
        ("{contains: GCM}", "AES/GCM", HIGH),
        ("{contains: 2}", "[1, 2]", HIGH),
        ("{contains: 3}", "[1, 2]", None),
        ("{any: {matches: '^TLSv1$'}}", "[TLSv1.2, TLSv1]", HIGH),
        ("{all: 0}", "[0, 0, 0]", HIGH),
        ("{all: 0}", "[0, 1]", None),
        ("{none: TLSv1}", "[TLSv1.2]", HIGH),
        ("{none: TLSv1}", "[TLSv1]", None),
        ("{none: TLSv1}", "{is: param, value: 1}", None),
        ("{count: 2}", "[1, 2]", HIGH),
        ("{length: {lt: 8}}", "[1, 2]", HIGH),
        ("{length: {lt: 8}}", "a long password", None),
        ("{length: 2}", "密码", HIGH),
        ("{present: true}", "''", None),
        ("{present: true}", "{is: param, value: 1}", HIGH),
        ("{present: false}", "{is: unknown}", HIGH),
        ("{constant: true}", "[1, 2]", HIGH),
        ("{constant: true}", "{is: param, value: 1}", None),
        ("{constant: false}", "{is: param, value: 1}", HIGH),
        ("{constant: false}", "{is: unknown}", None),
        ("{is: unknown}", "{is: unknown}", HIGH),
        ("{is: null}", "null", HIGH),
        ("{is: param}", "{is: param, value: 2}", HIGH),
        ("{is: param}", "{is: unknown}", None),
        ("{not: {is: unknown}}", "{is: unknown}", None),
        ("{not: {is: unknown}}", "x", HIGH),
        ("{from: [a.B.c]}", "{is: result, value: {method: a.B.c}}", HIGH),
        ("{from: [a.B.c]}", "{is: field, value: a.B.c}", HIGH),
        ("{from: [a.B.c]}", "{is: result, value: {method: a.B.d}}", None),
        ("{class_is: [a.B]}", "{is: new, value: {class: a.B}}", HIGH),
        ("{class_is: [a.B]}", "{is: new, value: {class: a.C}}", None),
        ("{all_of: [{ge: 1}, {le: 3}]}", "2", HIGH),
        ("{ge: 1, le: 3}", "4", None),
        ("{any_of: [{eq: 1}, {eq: x}]}", "x", HIGH),
        // One of several by path: any will do, with confidence medium at most.
        ("AES", "{is: one_of, value: [AES, DES]}", MEDIUM),
        ("{ne: AES}", "{is: one_of, value: [AES, {is: unknown}]}", None),
        // Negatives and `always` ask all of them.
        ("{ne: AES}", "{is: one_of, value: [AES, DES]}", None),
        ("{ne: RC4}", "{is: one_of, value: [AES, DES]}", HIGH),
        ("{lacks_bits: 4}", "{is: one_of, value: [0, 4]}", None),
        ("{lacks_bits: 4}", "{is: one_of, value: [0, 2]}", HIGH),
        ("{not: {matches: ^A}}", "{is: one_of, value: [AES, DES]}", None),
        ("{none: TLSv1}", "{is: one_of, value: [[TLSv1], [TLSv1.2]]}", None),
        ("{always: true}", "{is: one_of, value: [0, 1]}", None),
        ("{always: true}", "{is: one_of, value: [1, {is: unknown}]}", None),
        ("{always: true}", "1", HIGH),
        ("{always: {matches: ES}}", "{is: one_of, value: [AES, DES]}", HIGH),
        ("{not: {always: true}}", "{is: one_of, value: [0, 1]}", None),
        // All in one alternative; `always` still asks all.
        ("{is: str, not: {matches: ^A}}", "{is: one_of, value: [AES, DES]}", MEDIUM),
        ("{is: str, always: {ne: AES}}", "{is: one_of, value: [AES, DES]}", None),
        ("{all_of: [{ne: AES}, {ne: RC4}]}", "{is: one_of, value: [AES, DES]}", None),
        ("{any_of: [{is: param}, {ne: AES}]}", "{is: one_of, value: [AES, DES]}", None),
        (
            "{any_of: [{is: param}, {ne: AES}]}",
            "{is: one_of, value: [AES, {is: param, value: 0}]}",
            MEDIUM,
        ),
        ("{matches: ES}", "{is: one_of, value: [AES, DES]}", HIGH),
        ("{matches: X}", "{is: one_of, value: [AES, DES]}", None),
        ("{contains: 1}", "[{is: one_of, value: [1, 2]}]", MEDIUM),
        ("{same_as: arg1}", "{is: new, value: {class: a.B, object: 7}}", HIGH),
        ("{same_as: arg2}", "{is: new, value: {class: a.B, object: 7}}", None),
    ];
    for (predicate, value, expected) in rows {
        let tail = format!("match: {{call: [a.B.c], where: {{arg0: {predicate}}}}}");
        let yaml = format!(
            "calls: [{{class: a.B, method: c, caller_class: x.Y, caller_method: z, arg0: {value}, \
             arg1: {{is: new, value: {{class: a.B, object: 7}}}}}}]"
        );
        assert_eq!(run(&tail, &yaml), expected, "{predicate} of {value}");
    }
}

#[test]
fn predicates_on_plain_fields() {
    // predicate of a component, the component, expected
    let rows = [
        ("exported: true", "exported: true", HIGH),
        ("exported: {ne: true}", "exported: false", HIGH),
        ("exported_declared: null", "kind: activity", HIGH),
        ("exported_declared: {present: false}", "kind: activity", HIGH),
        ("exported_declared: [null, false]", "exported_declared: false", HIGH),
        // Null is neither equal to a value nor known to differ from it.
        ("exported_declared: {ne: true}", "kind: activity", None),
        ("exported_declared: {not: {eq: true}}", "kind: activity", None),
        ("exported_declared: {ne: true}", "exported_declared: false", HIGH),
        ("permission: {matches: '^a'}", "kind: activity", None),
        ("permission: {not: {present: true}}", "kind: activity", HIGH),
        ("priority: {gt: 100}", "priority: 1000", HIGH),
        ("priority: {gt: 100}", "kind: activity", None),
        ("kind: [service, receiver]", "kind: receiver", HIGH),
        ("actions: {contains: a.b}", "actions: [x, a.b]", HIGH),
        ("actions: {contains: a}", "actions: [x, a.b]", None),
        ("actions: {any: {matches: '^a'}}", "actions: [x, a.b]", HIGH),
        ("actions: {none: {matches: '^a'}}", "actions: [x]", HIGH),
        ("actions: {none: x}", "kind: activity", HIGH),
        ("actions: {count: {ge: 2}}", "actions: [x, y]", HIGH),
        ("actions: {present: false}", "kind: activity", HIGH),
        ("supers: {same_as: name}", "{name: a.B, supers: [a.B]}", HIGH),
        ("name: {same_as: target}", "{name: a.B, target: a.C}", None),
        ("owner: {ne: app}", "owner: 'sdk:x'", HIGH),
        ("owner: app", "kind: activity", HIGH),
        ("path: AndroidManifest.xml", "kind: activity", HIGH),
        ("how: static", "kind: activity", HIGH),
        ("name: {length: 3}", "name: a.B", HIGH),
    ];
    for (test, component, expected) in rows {
        let tail = format!("library: same\nmatch: {{fact: component, where: {{{test}}}}}");
        let fact = component.trim_start_matches('{').trim_end_matches('}');
        assert_eq!(
            run(&tail, &format!("components: [{{{fact}}}]")),
            expected,
            "{test}: {component}"
        );
    }
}

/// Calls `a.V.open` on some receiver, and perhaps `a.V.guard`.
const NEW_1: &str = "{is: new, value: {class: a.V, object: 1}}";
const NEW_2: &str = "{is: new, value: {class: a.V, object: 2}}";

fn call(method: &str, receiver: &str, caller: &str) -> String {
    let (class, member) = caller.rsplit_once('.').expect("class and method");
    format!(
        "{{class: a.V, method: {method}, receiver: {receiver}, caller_class: {class}, \
         caller_method: {member}}}"
    )
}

#[test]
fn conditions_on_other_calls() {
    let missing = "match: {call: [a.V.open], when: [{missing: {call: [a.V.guard], LINK}}]}";
    let exists = "match: {call: [a.V.open], when: [{exists: {call: [a.V.guard], LINK}}]}";
    let object = "same_as: {receiver: receiver}";
    let either = format!("{{is: one_of, value: [{NEW_1}, {NEW_2}]}}");
    let field = "{is: field, value: x.Y.view}";
    // rule, link, receiver and caller of the other call, expected
    let rows = [
        (missing, "same: method", NEW_1, "x.Y.m", None),
        (missing, "same: method", NEW_1, "x.Y.n", HIGH),
        (missing, "same: class", NEW_1, "x.Y.n", None),
        (missing, "same: class", NEW_1, "x.Z.n", HIGH),
        (missing, "same: component", NEW_1, "x.Y$1.n", None),
        (missing, "same: component", NEW_1, "x.Yes.n", HIGH),
        (missing, object, NEW_1, "x.Y.m", None),
        (missing, object, NEW_2, "x.Y.m", HIGH),
        // Objects are numbered within their method.
        (missing, object, NEW_1, "x.Y.n", HIGH),
        (missing, object, &either, "x.Y.m", MEDIUM),
        // What is not known could be the same object: no absence is concluded.
        (missing, object, "{is: unknown}", "x.Y.m", None),
        (missing, object, "{is: unknown}", "x.Y.n", HIGH),
        (missing, object, field, "x.Y.m", HIGH),
        (exists, "same: method", NEW_2, "x.Y.m", HIGH),
        (exists, object, NEW_1, "x.Y.m", HIGH),
        (exists, object, NEW_2, "x.Y.m", None),
        (exists, object, &either, "x.Y.m", MEDIUM),
        (exists, object, "{is: unknown}", "x.Y.m", None),
        (exists, "same_as: {receiver: receiver, class: class}", NEW_1, "x.Y.m", HIGH),
        (exists, "same_as: {receiver: receiver, class: method}", NEW_1, "x.Y.m", None),
    ];
    for (rule, link, receiver, caller, expected) in rows {
        let rule = rule.replace("LINK", link);
        let calls = format!(
            "calls: [{}, {}]",
            call("open", NEW_1, "x.Y.m"),
            call("guard", receiver, caller)
        );
        assert_eq!(run(&rule, &calls), expected, "{rule} {receiver} {caller}");
    }
    // A field is the same in every method.
    let rule = missing.replace("LINK", object);
    let calls =
        format!("calls: [{}, {}]", call("open", field, "x.Y.m"), call("guard", field, "x.Y.n"));
    assert_eq!(run(&rule, &calls), None);
    // An unknown receiver of the matched call: any guard in its method may be meant.
    let unknown = "{is: unknown}";
    let calls =
        format!("calls: [{}, {}]", call("open", unknown, "x.Y.m"), call("guard", NEW_1, "x.Y.m"));
    assert_eq!(run(&rule, &calls), None);
    let calls = format!("calls: [{}]", call("open", unknown, "x.Y.m"));
    assert_eq!(run(&rule, &calls), HIGH);
}

#[test]
fn conditions_combine() {
    let app = |sdk: i64| format!("application: [{{package: p, target_sdk: {sdk}}}]");
    let fires = |condition: &str, sdk: i64| {
        run(&format!("match: {{fact: application, when: [{condition}]}}"), &app(sdk)).is_some()
    };
    let old = "{exists: {fact: application, where: {target_sdk: {lt: 31}}}}";
    let camera = "{exists: {fact: permission}}";
    assert!(fires(old, 30) && !fires(old, 31));
    assert!(fires(&format!("{{any_of: [{old}, {camera}]}}"), 30));
    assert!(!fires(&format!("{{all_of: [{old}, {camera}]}}"), 30));
    assert!(fires(&format!("{{none_of: [{old}, {camera}]}}"), 31));
    assert!(!fires(&format!("{{none_of: [{old}, {camera}]}}"), 30));
    assert!(fires("{where: {target_sdk: 31}}", 31));
    assert!(fires("{any_of: [{target_sdk: 31}, {package: q}]}", 31));
    assert!(!fires("{target_sdk: 31, package: q}", 31));
    assert!(fires("{missing: {fact: permission, same_as: {name: package}}}", 31));
}

#[test]
fn absence_fires_once_at_the_manifest() {
    let tail = "match: {absent: {exists: {call: [a.B.pin]}}}";
    let pack = pack(&[rule_text("T-A-001", tail)]);
    let app = "application: [{package: com.x}]";
    let found = evaluate(&pack, &facts(app), &Options::complete());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].locations.len(), 1);
    assert_eq!(found[0].locations[0].place.path, "AndroidManifest.xml");
    assert_eq!(found[0].locations[0].subject, "com.x");
    let nothing = evaluate(&pack, &facts("{}"), &Options::complete());
    assert_eq!(nothing.len(), 1, "no application fact is needed");
    let pinned =
        format!("{app}\ncalls: [{{class: a.B, method: pin, caller_class: x, caller_method: y}}]");
    assert!(evaluate(&pack, &facts(&pinned), &Options::complete()).is_empty());
    // Calls that may be missing, or that nobody gathered, are no absence.
    let mut options = Options::complete();
    options.partial.insert("call".to_owned());
    assert!(evaluate(&pack, &facts(app), &options).is_empty());
    options.partial.clear();
    options.gathered.remove("call");
    assert!(evaluate(&pack, &facts(app), &options).is_empty());
}

#[test]
fn the_first_adjustment_that_holds_wins() {
    let tail = "match: {any_of: [{fact: component}, {fact: permission, note: 'asks for {name}'}]}\n\
                note: '{kind} {name} {permission}'\n\
                adjust:\n\
                - {when: {exported: false}, severity: info}\n\
                - {when: {permission: {present: true}}, severity: low, confidence: low}\n\
                - {when: [{kind: service}, {missing: {fact: permission}}], severity: critical}\n";
    let rows = [
        ("components: [{exported: false, permission: p}]", Severity::Info, HIGH),
        ("components: [{exported: true, permission: p}]", Severity::Low, Some(Confidence::Low)),
        ("components: [{exported: true, kind: service}]", Severity::Critical, HIGH),
        ("components: [{exported: true, kind: activity}]", Severity::High, HIGH),
        // Fields that this kind does not have never hold.
        ("permissions: [{name: p}]", Severity::High, HIGH),
    ];
    for (yaml, severity, confidence) in rows {
        let pack = pack(&[rule_text("T-A-001", tail)]);
        let findings = evaluate(&pack, &facts(yaml), &Options::complete());
        assert_eq!(findings.len(), 1, "{yaml}");
        assert_eq!(
            (findings[0].severity, Some(findings[0].confidence)),
            (severity, confidence),
            "{yaml}"
        );
    }
}

#[test]
fn templates_print_values_as_source() {
    let rows = [
        ("AES", "AES", "\"AES\""),
        ("0", "0", "0"),
        ("null", "null", "null"),
        ("'a\"b'", "a\"b", "\"a\\\"b\""),
        ("'two\nlines'", "two lines", "\"two lines\""),
        ("\"tab\\t\"", "tab\\t", "\"tab\\t\""),
        ("[1, x]", "new[] {1, \"x\"}", "new[] {1, \"x\"}"),
        ("{is: param, value: 1}", "param1", "param1"),
        ("{is: unknown}", "?", "?"),
        ("{is: field, value: a.b.C.key}", "C.key", "C.key"),
        ("{is: result, value: {method: a.b.C.next}}", "C.next()", "C.next()"),
        ("{is: new, value: {class: a.b.C}}", "new C()", "new C()"),
        ("{is: class, value: a.b.C}", "C.class", "C.class"),
        ("{is: one_of, value: [a, 1]}", "\"a\" | 1", "\"a\" | 1"),
    ];
    for (value, subject, note) in rows {
        let tail = "match: {call: [a.B.c]}\nsubject: '{arg0}'\nnote: 'c({arg0}) in \"{arg0}\"'";
        let pack = pack(&[rule_text("T-A-001", tail)]);
        let calls = format!("calls: [{{class: a.B, method: c, arg0: {value}}}]");
        let found = evaluate(&pack, &facts(&calls), &Options::complete());
        assert_eq!(found[0].locations[0].subject, subject, "{value}");
        let expected = format!("c({note}) in \"{subject}\"");
        assert_eq!(found[0].evidence[0].note, expected, "{value}");
    }
}

#[test]
fn interest_names_what_conditions_ask_for_too() {
    let tail = "match:\n  any_of:\n  - {call: [a.B.c, a.B.<init>], when: [{missing: {call: a.D.e}}]}\n\
                \x20 - {implements: a.I.run}\n  - {reads: [a.F.G]}\n\
                adjust: [{when: {exists: {reads: a.F.H}}, severity: low}]\n";
    let interest = pack(&[rule_text("T-A-001", tail)]).interest(true);
    let names = |set: &std::collections::BTreeSet<menshen_facts::MethodName>| {
        set.iter().map(|m| format!("{}.{}", m.class, m.name)).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(&interest.calls), "a.B.<init> a.B.c a.D.e");
    assert_eq!(names(&interest.implementations), "a.I.run");
    assert_eq!(names(&interest.fields), "a.F.G a.F.H");
}
