//! `docs/rules.md` says what the loader does: its example is loaded and tested, and it names
//! every key and predicate that the loader knows. `docs/baseline.md` shows the default baseline as
//! it is, and its examples can be read.

use menshen_rules::{Baseline, RulePack, TestStatus, lint, run_tests};

const PAGES: [(&str, &str); 2] = [
    ("rules.md", include_str!("../../../docs/rules.md")),
    ("rules.zh-CN.md", include_str!("../../../docs/rules.zh-CN.md")),
];

/// The YAML blocks of a page.
fn blocks(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_example_works() {
    for (name, page) in PAGES {
        let blocks = blocks(page);
        let files = [("no-camera.yaml", blocks[0]), ("no-camera.test.yaml", blocks[1])];
        let (pack, errors) = RulePack::load(&files);
        assert!(errors.is_empty(), "{name}: {errors:?}");
        assert_eq!(lint(&pack, &files), [], "{name}");
        let report = run_tests(&pack, &files);
        assert!(report.errors.is_empty() && report.outcomes.len() == 2, "{name}: {report:?}");
        assert!(
            report.outcomes.iter().all(|o| o.status == TestStatus::Passed),
            "{name}: {report:?}"
        );
    }
}

/// What the loader names as possible where `broken` stands in the example instead of `sound`.
fn possible(sound: &str, broken: &str) -> Vec<String> {
    let rule = blocks(PAGES[0].1)[0].replace(sound, broken);
    let (_, errors) = RulePack::load(&[("a.yaml", rule)]);
    let list = errors.iter().find_map(|error| error.problem.en.split_once("; possible: "));
    let (_, list) = list.unwrap_or_else(|| panic!("{errors:?}"));
    list.split(", ").map(str::to_owned).collect()
}

#[test]
fn everything_is_named() {
    let known = [
        possible("origin:", "nonsense:"),
        possible("{name: android.permission.CAMERA}", "{name: {nonsense: 1}}"),
        possible("fact: permission", "fact: permission\n  nonsense: 1"),
        possible(
            "fact: permission",
            "fact: permission\n  when: [{exists: {fact: file, nonsense: 1}}]",
        ),
    ];
    for (name, page) in PAGES {
        for word in known.iter().flatten() {
            let named = [format!("`{word}`"), format!("`{word}:"), format!("{word}:")];
            assert!(named.iter().any(|form| page.contains(form)), "{name} does not name {word}");
        }
    }
}

#[test]
fn baselines_are_shown_as_they_are() {
    for (name, page) in [
        ("baseline.md", include_str!("../../../docs/baseline.md")),
        ("baseline.zh-CN.md", include_str!("../../../docs/baseline.zh-CN.md")),
    ] {
        let blocks = blocks(page);
        assert!(Baseline::builtin_text().ends_with(blocks[0]), "{name}: the default is another");
        let example = format!("name: example\n{}", blocks[1]);
        assert!(Baseline::parse(name, &example).is_ok(), "{:?}", Baseline::parse(name, &example));
    }
}
