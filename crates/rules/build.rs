//! Embeds the built-in rules: `rules/**/*.yaml` of the repository.
//!
//! Writes two files to `OUT_DIR`. `pack.json` holds the rules as one JSON array, which is much
//! quicker to read at start-up than YAML. `sources.rs` lists the texts of rules and rule tests
//! for `rules show`, `rules lint` and `rules test`. Here only the YAML syntax is checked; the
//! meaning is checked by the loader, in a test of this crate.

use std::fs;
use std::path::{Path, PathBuf};

#[allow(dead_code)]
#[path = "src/node.rs"]
mod node;

fn main() {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("set by cargo"))
        .join("../../rules");
    println!("cargo::rerun-if-changed=src/node.rs");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();

    let mut pack = Vec::new();
    let mut sources = String::from("&[\n");
    for file in &files {
        let absolute = file.canonicalize().expect("a file that was just listed");
        let text = fs::read_to_string(file)
            .unwrap_or_else(|error| panic!("{}: {error}", absolute.display()));
        let relative = file.strip_prefix(root.parent().expect("has a parent")).expect("below root");
        let name = relative.to_string_lossy().replace('\\', "/");
        if !name.ends_with(".test.yaml") {
            let rule = node::Node::parse_yaml(&text).unwrap_or_else(|(at, message)| {
                panic!("{}:{}:{}: {message}", absolute.display(), at.line, at.column)
            });
            pack.push(serde_json::json!([name, rule.to_json()]));
        }
        let path = absolute.display().to_string();
        sources.push_str(&format!("    ({name:?}, include_str!({path:?})),\n"));
    }
    sources.push(']');
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("set by cargo"));
    fs::write(out.join("pack.json"), serde_json::Value::Array(pack).to_string()).expect("OUT_DIR");
    fs::write(out.join("sources.rs"), sources).expect("OUT_DIR");
}

/// All YAML files below the folder; folders are watched so that new files are seen.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}
