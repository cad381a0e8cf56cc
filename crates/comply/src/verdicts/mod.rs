//! The tests that clauses name: one function a test, from the context to an outcome.
//!
//! | module | decides by |
//! | --- | --- |
//! | [`code`] | what the code does, and when |
//! | [`declared`] | the policy against the code |
//! | [`policy`] | what the policy states |
//! | [`run`] | what was seen while the app ran |
//! | [`package`] | manifest, permissions, signature |

mod code;
mod declared;
mod package;
mod policy;
mod run;

use crate::assess::{Context, Outcome, place_text};
use crate::catalogue::Clause;
use crate::result::{Evidence, Verdict};
use crate::tables::information_name;
use menshen_base::Text;
use menshen_facts::{Collection, Fact, How};

/// The outcome of the clause's test.
pub(crate) fn judge(context: &Context<'_>, clause: &Clause) -> Outcome {
    let field = clause.field.as_deref().unwrap_or_default();
    match clause.test.as_str() {
        "person" => person(clause),
        "parts" => Outcome::new(Verdict::NotAssessed, "", ""),
        "before-consent" => code::before_consent(context, code::Whose::Anybody),
        "before-consent-app" => code::before_consent(context, code::Whose::App),
        "before-consent-sdk" => code::before_consent(context, code::Whose::Sdk),
        "before-consent-sdk-declared" => code::before_consent(context, code::Whose::DeclaredSdk),
        "before-consent-sdk-undeclared" => {
            code::before_consent(context, code::Whose::UndeclaredSdk)
        }
        "silent-collection" => code::silent(context),
        "necessary" => code::necessary(context),
        "necessary-types" => code::necessary_types(context),
        "no-information-type" => code::no_information_type(context),
        "requests-before-consent" => code::requests_before_consent(context),
        "permission-bundle" => code::bundle(context),
        "declared-scope" => declared::scope(context),
        "declared-types" => declared::types(context),
        "declared-sdks" => declared::sdks(context),
        "third-parties" => declared::third_parties(context),
        "sdk-details" => declared::sdk_details(context),
        "own-rules" => declared::own_rules(context),
        "sensitive-marked" => declared::sensitive_marked(context),
        "permission-purpose" => declared::permission_purpose(context),
        "personalised-switch" => declared::personalised_switch(context),
        "personalised-told" => declared::personalised_told(context),
        "policy-exists" => policy::exists(context),
        "policy-readable" => policy::readable(context),
        "policy-dated" => policy::dated(context),
        "first-run-prompt" => policy::prompt(context),
        "withdraw" => policy::entry(context, "withdraw", "withdraw"),
        "close-account" => policy::entry(context, "close_account", "close-account"),
        "rights" => policy::rights(context),
        "right" => policy::right(context, field),
        "states" => policy::states(context, field),
        "response-time" => policy::response_time(context),
        "complaints" => policy::complaints(context),
        "consent-form" => run::form(context),
        "consent-buttons" => run::buttons(context),
        "after-refusal" => run::after_refusal(context),
        "repeat-requests" => run::repeat_requests(context),
        "refusal-exit" => run::refusal_exit(context),
        "frequency" => run::frequency(context),
        "frequency-fixed" => run::fixed_interval(context),
        "background" => run::background(context, 1, false),
        "background-repeated" => run::background(context, run::repeats(), false),
        "background-sdk" => run::background(context, 1, true),
        "background-sdk-repeated" => run::background(context, run::repeats(), true),
        "start-before-consent" => run::start_before_consent(context),
        "start-others" => run::start_others(context),
        "unused-permissions" => package::unused_permissions(context),
        "self-start" => package::self_start(context),
        "downloads" => package::downloads(context),
        "uninstall" => package::uninstall(context),
        "signing" => package::signing(context),
        "transport" => package::transport(context),
        // A test of the catalogue holds the names to these.
        _ => Outcome::new(Verdict::NotAssessed, "没有这样的测试", "there is no such test"),
    }
}

fn person(clause: &Clause) -> Outcome {
    let why = clause.why_person.clone().unwrap_or_default();
    Outcome::new(
        Verdict::NotAssessed,
        format!("须人工判定：{}", why.zh),
        format!("for a person: {}", why.en),
    )
}

fn evidence(source: &str, zh: impl Into<String>, en: impl Into<String>) -> Evidence {
    Evidence {
        source: source.to_owned(),
        text: Text::new(zh, en),
        place: String::new(),
        chain: Vec::new(),
    }
}

/// A collection as evidence: what, by whom, how it is reached.
fn of_collection(context: &Context<'_>, fact: &Fact<Collection>) -> Evidence {
    let name = information_name(&fact.data.information);
    let whose = whose(context, fact);
    let api = &fact.data.api;
    let seen = fact.how != How::Static;
    let text = match (seen, fact.data.before_consent.as_str()) {
        (true, _) => Text::new(
            format!("运行中，{}读取{}（{api}）", whose.zh, name.zh),
            format!("while running, {} read {} ({api})", whose.en, name.en),
        ),
        (false, "yes") => Text::new(
            format!("{}在同意前可读取{}（{api}）", whose.zh, name.zh),
            format!("{} can read {} before consent ({api})", whose.en, name.en),
        ),
        (false, "unknown") => Text::new(
            format!("{}可能在同意前读取{}（{api}）", whose.zh, name.zh),
            format!("{} may read {} before consent ({api})", whose.en, name.en),
        ),
        _ => Text::new(
            format!("{}读取{}（{api}）", whose.zh, name.zh),
            format!("{} reads {} ({api})", whose.en, name.en),
        ),
    };
    Evidence {
        source: if seen { "log" } else { "code" }.to_owned(),
        text,
        place: place_text(&fact.place),
        chain: fact.data.chain.clone(),
    }
}

/// The app, or the SDK by name.
fn whose(context: &Context<'_>, fact: &Fact<Collection>) -> Text {
    match &fact.data.sdk {
        None => Text::new("App 代码", "the app's code"),
        Some(id) => {
            let name = context.sdks.iter().find(|row| row.id == *id).map(|row| row.name.clone());
            name.unwrap_or_else(|| Text::new(id, id))
        }
    }
}

/// Names joined for a sentence.
fn list(names: &[Text]) -> Text {
    let zh: Vec<&str> = names.iter().map(|name| name.zh.as_str()).collect();
    let en: Vec<&str> = names.iter().map(|name| name.en.as_str()).collect();
    Text::new(zh.join("、"), en.join(", "))
}

/// One piece of evidence for each type, person and API: what is seen a hundred times is told once.
fn distinct<'f>(facts: impl Iterator<Item = &'f Fact<Collection>>) -> Vec<&'f Fact<Collection>> {
    let mut seen = std::collections::BTreeSet::new();
    let mut kept: Vec<&Fact<Collection>> = facts.collect();
    kept.sort_by_key(|fact| {
        let observed = fact.how != How::Static;
        (
            !observed,
            std::cmp::Reverse(crate::tables::weight(&fact.data.information)),
            fact.data.chain.len(),
        )
    });
    kept.retain(|fact| {
        seen.insert((&fact.data.information, &fact.data.sdk, &fact.data.api, fact.how))
    });
    kept
}

/// Names of the types of these facts.
fn types_of(facts: &[&Fact<Collection>]) -> Text {
    let mut ids: Vec<&str> = facts.iter().map(|fact| fact.data.information.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let names: Vec<Text> = ids.into_iter().map(information_name).collect();
    list(&names)
}
