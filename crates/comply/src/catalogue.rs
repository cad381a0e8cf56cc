//! The clauses, as data: `models/compliance/*.yaml`.
//!
//! A document holds clauses; a clause names the test that decides it. Tests ([`TestInfo`]) say
//! what they need, how they decide and what remedies a failure. All wording is our own; a clause
//! with `compare` must be compared with the official text by a person.

use menshen_base::Text;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A regulation or standard.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// As `--standard` names it: `191`.
    pub code: String,
    pub name: Text,
    pub number: String,
    pub date: String,
    pub issuer: Text,
    /// Where the text was seen.
    pub origin: String,
    pub note: Text,
    /// Version of our restatement.
    pub version: String,
}

/// Who decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decided {
    Tool,
    ToolThenPerson,
    Person,
}

/// One requirement, worded as the behaviour that breaks it or as what is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    pub id: String,
    /// The clause that this is a scenario of.
    #[serde(default)]
    pub parent: Option<String>,
    #[serde(default)]
    pub group: Option<Text>,
    pub title: Text,
    pub decided: Decided,
    /// Id of the test.
    pub test: String,
    /// What the test looks for, where it has a parameter.
    #[serde(default)]
    pub field: Option<String>,
    /// Why no tool decides it.
    #[serde(default)]
    pub why_person: Option<Text>,
    pub origin: String,
    /// The wording must be compared with the official text.
    #[serde(default)]
    pub compare: bool,
}

/// A document with its clauses.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    pub document: Document,
    pub clauses: Vec<Clause>,
}

/// What a test needs before it can pass anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    Code,
    Package,
    Policy,
    Log,
    Signature,
}

/// How clauses are decided.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestInfo {
    pub id: String,
    #[serde(default)]
    pub needs: Vec<Need>,
    pub how: Text,
    pub remedy: Text,
}

/// Numbers by which behaviour is judged: practice, not the wording of a regulation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    pub repeat_request_hours: i64,
    pub interval_seconds: i64,
    pub fixed_interval_seconds: i64,
    pub fixed_interval_repeats: usize,
    pub background_repeats: usize,
    pub bundle_groups: usize,
    pub response_working_days: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tests {
    tests: Vec<TestInfo>,
    thresholds: Thresholds,
}

/// One of the 39 types of apps.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppType {
    pub no: u32,
    pub key: String,
    pub name: Text,
    /// Basic function.
    pub basic: String,
    /// Necessary information, in our own words.
    pub necessary: Vec<String>,
    /// Types of information that code can collect and that are necessary.
    pub information: Vec<String>,
    /// Types that an extra function may need, with consent of its own.
    pub plausible: Vec<String>,
    pub none_needed: bool,
    pub hints: String,
    pub origin: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AppTypes {
    types: Vec<AppType>,
}

/// All of it.
#[derive(Debug)]
pub struct Catalogue {
    pub standards: Vec<Standard>,
    pub tests: HashMap<String, TestInfo>,
    pub thresholds: Thresholds,
    pub app_types: Vec<AppType>,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let standards = [
        include_str!("../../../models/compliance/191.yaml"),
        include_str!("../../../models/compliance/164.yaml"),
        include_str!("../../../models/compliance/337.yaml"),
        include_str!("../../../models/compliance/26.yaml"),
        include_str!("../../../models/compliance/necessary.yaml"),
        include_str!("../../../models/compliance/35273.yaml"),
    ];
    // A test reads them all: what is embedded can be read.
    let read = |text| serde_saphyr::from_str::<Standard>(text).expect("an embedded standard");
    let tests: Tests =
        serde_saphyr::from_str(include_str!("../../../models/compliance/tests.yaml"))
            .expect("the embedded tests");
    let types: AppTypes =
        serde_saphyr::from_str(include_str!("../../../models/compliance/app_types.yaml"))
            .expect("the embedded types of apps");
    Catalogue {
        standards: standards.into_iter().map(read).collect(),
        tests: tests.tests.into_iter().map(|test| (test.id.clone(), test)).collect(),
        thresholds: tests.thresholds,
        app_types: types.types,
    }
});

/// The catalogue that Menshen ships.
pub fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

impl Catalogue {
    pub fn standard(&self, code: &str) -> Option<&Standard> {
        self.standards.iter().find(|standard| standard.document.code == code)
    }

    /// By number, key, or name with or without 类: `5`, `online_payment`, `网络支付`.
    pub fn app_type(&self, name: &str) -> Option<&AppType> {
        let wanted = name.trim();
        let bare = wanted.trim_end_matches('类');
        self.app_types.iter().find(|known| {
            known.no.to_string() == wanted
                || known.key == wanted
                || known.name.zh == bare
                || known.name.en.eq_ignore_ascii_case(wanted)
        })
    }

    /// Types whose words occur in the label or the package name, with the word.
    pub fn suggest_types(&self, label: &str, package: &str) -> Vec<(&AppType, String)> {
        let label = label.to_lowercase();
        let words: Vec<String> =
            package.to_lowercase().split(['.', '_']).map(str::to_owned).collect();
        self.app_types
            .iter()
            .filter_map(|known| {
                let hint = known.hints.split('|').find(|hint| {
                    label.contains(*hint) && (hint.len() > 4 || !hint.is_ascii())
                        || words.iter().any(|word| word == hint)
                })?;
                Some((known, hint.to_owned()))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn documents_are_whole() {
        let counts: Vec<(&str, usize, usize)> = catalogue()
            .standards
            .iter()
            .map(|standard| {
                let main = standard.clauses.iter().filter(|clause| clause.parent.is_none()).count();
                (standard.document.code.as_str(), main, standard.clauses.len() - main)
            })
            .collect();
        assert_eq!(
            counts,
            [
                ("191", 31, 0),
                ("164", 10, 42),
                ("337", 8, 0),
                ("26", 26, 0),
                ("necessary", 3, 0),
                ("35273", 31, 0)
            ]
        );
        assert_eq!(catalogue().app_types.len(), 39);
        assert_eq!(catalogue().app_types.iter().filter(|known| known.none_needed).count(), 13);
    }

    #[test]
    fn clauses_refer_to_what_exists() {
        let mut ids = BTreeSet::new();
        for standard in &catalogue().standards {
            for clause in &standard.clauses {
                assert!(ids.insert(&clause.id), "{} twice", clause.id);
                assert!(catalogue().tests.contains_key(&clause.test), "{}", clause.test);
                let person = clause.decided == Decided::Person;
                assert_eq!(person, clause.why_person.is_some(), "{}", clause.id);
                assert_eq!(person, clause.test == "person", "{}", clause.id);
                if let Some(parent) = &clause.parent {
                    assert!(standard.clauses.iter().any(|other| other.id == *parent));
                }
            }
        }
    }

    #[test]
    fn types_by_name() {
        for name in ["网络支付", "网络支付类", "5", "online_payment", "Online Payment"] {
            assert_eq!(catalogue().app_type(name).map(|known| known.no), Some(5), "{name}");
        }
        assert!(catalogue().app_type("无").is_none());
        let suggested = catalogue().suggest_types("小小银行", "com.example.x");
        assert_eq!(suggested.first().map(|(known, _)| known.no), Some(24));
        assert!(catalogue().suggest_types("Foo", "org.foo.bar").is_empty());
    }
}
