//! Writes the sample report of the tests in every format into a folder, to be looked at:
//! `cargo run -p menshen-report --example sample_report -- FOLDER`.

#[path = "../tests/common/mod.rs"]
mod common;

use menshen_base::Lang;
use menshen_report::diff::{self, Snapshot};
use menshen_report::{Assessment, Options, cyclonedx, html, json, sarif, terminal};
use std::path::Path;

type Write = fn(&[Assessment], &Options<'_>, &mut Vec<u8>) -> std::io::Result<()>;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).expect("a folder to write into");
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let rules = common::rules();
    let formats: [(&str, Write); 5] = [
        ("html", |all, options, out| html::write(all, options, out)),
        ("json", |all, options, out| json::write(all, options, out)),
        ("sarif", |all, options, out| sarif::write(all, options, out)),
        ("cdx", |all, options, out| cyclonedx::write(all, options, out)),
        ("txt", |all, options, out| terminal::write(all, options, out)),
    ];
    let inputs = [
        ("sample", vec![common::sample()]),
        ("clean", vec![common::clean()]),
        ("hostile", vec![common::hostile()]),
        ("several", vec![common::sample(), common::clean()]),
    ];
    for (name, assessments) in &inputs {
        for (tag, lang) in [("zh", Lang::Zh), ("en", Lang::En)] {
            for (extension, write) in formats {
                let options = Options { lang, facts: true, rules: &rules, ..Options::default() };
                let mut out = Vec::new();
                write(assessments, &options, &mut out)?;
                std::fs::write(folder.join(format!("{name}.{tag}.{extension}")), out)?;
            }
        }
    }
    let (old, new) = (Snapshot::of(&common::sample()), Snapshot::of(&common::next_version()));
    let difference = diff::compare(&old, &new);
    let options = Options::default();
    let mut out = Vec::new();
    diff::write_html(&difference, &options, &mut out)?;
    std::fs::write(folder.join("diff.html"), &out)?;
    out.clear();
    diff::write_terminal(&difference, &options, &mut out)?;
    std::fs::write(folder.join("diff.txt"), &out)?;
    Ok(())
}
