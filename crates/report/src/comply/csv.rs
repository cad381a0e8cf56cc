//! The inventory as CSV (RFC 4180), with a byte order mark so that office programs read it as
//! UTF-8. Cells that such programs would run as formulas are written as text.

use super::{before, state, yes_no};
use menshen_base::{Lang, StaticText, text};
use menshen_comply::Compliance;
use std::io::{self, Write};

const HEAD: [StaticText; 10] = [
    text("类别", "kind"),
    text("名称", "name"),
    text("提供者", "provider"),
    text("信息类型", "information"),
    text("目的", "purpose"),
    text("收集者", "collected by"),
    text("同意前", "before consent"),
    text("政策声明", "in the policy"),
    text("必要", "necessary"),
    text("隐私政策地址", "policy address"),
];

/// Writes the information types, then the SDKs.
pub fn write(results: &[Compliance], lang: Lang, out: &mut impl Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    row(out, &HEAD.map(|cell| cell.get(lang).to_owned()))?;
    for result in results {
        for item in &result.inventory {
            let mut by: Vec<String> = Vec::new();
            if item.by_app {
                by.push(text("App", "app").get(lang).to_owned());
            }
            by.extend(item.by_sdks.iter().map(|id| sdk_name(result, id, lang)));
            row(
                out,
                &[
                    text("个人信息", "information").get(lang).to_owned(),
                    item.name.get(lang).to_owned(),
                    String::new(),
                    item.information.clone(),
                    String::new(),
                    by.join("; "),
                    before(&item.before_consent).get(lang).to_owned(),
                    state(&item.state).get(lang).to_owned(),
                    yes_no(item.necessary).get(lang).to_owned(),
                    String::new(),
                ],
            )?;
        }
        for sdk in result.sdks.iter().filter(|sdk| sdk.collects || sdk.state == "never-seen") {
            let mut information = sdk.known_information.clone();
            information.extend(
                sdk.found_information
                    .iter()
                    .filter(|name| !sdk.known_information.contains(name))
                    .cloned(),
            );
            row(
                out,
                &[
                    "SDK".to_owned(),
                    sdk.name.get(lang).to_owned(),
                    sdk.provider.get(lang).to_owned(),
                    information.join("; "),
                    sdk.purpose.clone(),
                    sdk.id.clone(),
                    before(&sdk.before_consent).get(lang).to_owned(),
                    state(&sdk.state).get(lang).to_owned(),
                    String::new(),
                    sdk.policy_url.clone().unwrap_or_default(),
                ],
            )?;
        }
    }
    Ok(())
}

fn sdk_name(result: &Compliance, id: &str, lang: Lang) -> String {
    let known = result.sdks.iter().find(|sdk| sdk.id == id);
    known.map_or_else(|| id.to_owned(), |sdk| sdk.name.get(lang).to_owned())
}

fn row(out: &mut impl Write, cells: &[String]) -> io::Result<()> {
    let cells: Vec<String> = cells.iter().map(|cell| quote(cell)).collect();
    out.write_all(cells.join(",").as_bytes())?;
    out.write_all(b"\r\n")
}

fn quote(cell: &str) -> String {
    let safe = match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t') => format!("'{cell}"),
        _ => cell.to_owned(),
    };
    match safe.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", safe.replace('"', "\"\"")),
        false => safe,
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn cells() {
        for (cell, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("友盟+ SDK", "友盟+ SDK"),
        ] {
            assert_eq!(quote(cell), expected);
        }
    }
}
