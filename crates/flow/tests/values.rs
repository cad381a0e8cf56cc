//! Values at calls, on methods compiled from `data/t/Values.java`: what the table
//! `data/values.txt` says must come out of the DEX file and of the class file alike.

mod common;

use common::{Methods, of_classes, of_dex, write_value};

fn from_dex() -> Methods {
    of_dex(include_bytes!("data/t/classes.dex"), "t.Values", "t.Sink")
}

fn from_class() -> Methods {
    let files: [&[u8]; 4] = [
        include_bytes!("data/t/Values.class"),
        include_bytes!("data/t/Config.class"),
        include_bytes!("data/t/BuildConfig.class"),
        include_bytes!("data/t/Sink.class"),
    ];
    of_classes(&files, "t.Sink")
}

/// `method` at the start of a line, its calls indented below; those of another form left out.
fn expected(form: &str) -> Vec<(String, Vec<String>)> {
    let mut methods: Vec<(String, Vec<String>)> = Vec::new();
    for line in include_str!("data/values.txt").lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        match (line.strip_prefix("    "), methods.last_mut()) {
            (Some(call), Some((_, calls))) => match call.split_once(':') {
                Some((only, call)) if only == form => calls.push(call.to_owned()),
                Some(("dex" | "class", _)) => {}
                _ => calls.push(call.to_owned()),
            },
            _ => methods.push((trimmed.to_owned(), Vec::new())),
        }
    }
    methods
}

fn check(form: &str, methods: &Methods) {
    let mut wrong = String::new();
    let table = expected(form);
    for (name, calls) in &table {
        let Some(facts) = methods.get(name) else {
            wrong += &format!("{name}: no such method\n");
            continue;
        };
        for (at, call) in calls.iter().enumerate() {
            let found = facts.calls.get(at).map_or("nothing", String::as_str);
            if found != call {
                wrong += &format!(
                    "{name}: expected {call}\n{:>width$} {found}\n",
                    "found",
                    width = name.len() + 10
                );
            }
        }
        for more in facts.calls.iter().skip(calls.len()) {
            wrong += &format!("{name}: not expected {more}\n");
        }
    }
    for name in methods.keys().filter(|name| !name.contains('$') && !name.starts_with('<')) {
        if !table.iter().any(|(listed, _)| listed == name) && !methods[name].calls.is_empty() {
            wrong += &format!("{name}: not in the table\n");
        }
    }
    assert!(wrong.is_empty(), "{form}:\n{wrong}");
}

#[test]
fn values_in_dex() {
    check("dex", &from_dex());
}

#[test]
fn values_in_class_files() {
    check("class", &from_class());
}

#[test]
fn both_forms_return_the_same() {
    let (dex, class) = (from_dex(), from_class());
    for (name, facts) in &class {
        let Some(other) = dex.get(name) else { continue };
        let describe = |shape: &menshen_flow::calls::Shape| {
            format!("{} {} {}", write_value(&shape.returns), shape.throws, shape.empty)
        };
        assert_eq!(describe(&other.shape), describe(&facts.shape), "{name}");
    }
    assert!(class.len() > 25 && dex.len() > 25);
}
