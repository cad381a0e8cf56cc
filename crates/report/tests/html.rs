//! The HTML page: whole, closed against hostile strings, in both languages.

mod common;

use common::{HOSTILE, clean, hostile, rules, sample};
use menshen_base::Lang;
use menshen_report::{Assessment, Options, html};

fn page(assessments: &[Assessment], lang: Lang) -> String {
    let rules = rules();
    let options = Options { lang, rules: &rules, ..Options::default() };
    let mut out = Vec::new();
    html::write(assessments, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Names of the tags in order, `/name` for closing ones; panics on an attribute that is not
/// `name="value"`. Style and script are skipped.
fn tags(page: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, tail) = (&rest[..end], &rest[end + 1..]);
        rest = tail;
        let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut list = Vec::new();
        while let Some((key, after)) = attributes.trim_start().split_once("=\"") {
            assert!(key.chars().all(|c| c.is_ascii_alphanumeric() || "-: ".contains(c)), "{key:?}");
            let (value, after) = after.split_once('"').expect("a value ends");
            list.push((key.to_owned(), value.to_owned()));
            attributes = after;
        }
        found.push((name.trim_end_matches('/').to_owned(), list));
        if matches!(name, "style" | "script") {
            let close = rest.find(&format!("</{name}")).expect("it is closed");
            rest = &rest[close..];
        }
    }
    found
}

#[test]
fn tags_are_balanced() {
    const VOID: [&str; 6] = ["!doctype", "meta", "input", "br", "path", "circle"];
    for assessments in
        [vec![sample()], vec![clean()], vec![hostile()], vec![sample(), clean()], vec![]]
    {
        let mut open: Vec<String> = Vec::new();
        for (name, _) in tags(&page(&assessments, Lang::Zh)) {
            match name.strip_prefix('/') {
                Some("circle") => {}
                Some(closed) => assert_eq!(open.pop().as_deref(), Some(closed)),
                None if VOID.contains(&&*name) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn hostile_strings_add_no_tag_no_handler_and_no_address() {
    let count = |page: &str, name: &str| tags(page).iter().filter(|(tag, _)| tag == name).count();
    let hostile = page(&[hostile()], Lang::En);
    for name in ["script", "style", "title", "meta"] {
        assert_eq!(count(&hostile, name), count(&page(&[sample()], Lang::En), name), "{name}");
    }
    for name in ["img", "b/", "iframe", "!--"] {
        assert_eq!(count(&hostile, name), 0, "{name}");
    }
    for (tag, attributes) in tags(&hostile) {
        for (name, value) in attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "src", "{tag} {name}");
            if name == "href" {
                assert!(value.starts_with('#'), "{value}");
            }
        }
    }
    assert!(!hostile.chars().any(|c| c != '\n' && c.is_control()));
    assert!(!hostile.contains(['\u{202e}', '\u{2066}', '\u{2069}', '\u{200b}', '\u{feff}']));
    // They are there, as text.
    assert!(hostile.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(hostile.contains("gpj.\\u{202e}exe"));
    assert!(
        HOSTILE
            .iter()
            .all(|text| !hostile.contains(&format!(">{text}<")) || !text.contains(['<', '"']))
    );
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let page = page(&[sample(), clean()], Lang::Zh);
    let tags = tags(&page);
    let values = |wanted: &str| -> Vec<&str> {
        let all = tags.iter().flat_map(|(_, attributes)| attributes);
        all.filter(|(name, _)| name == wanted).map(|(_, value)| &**value).collect()
    };
    let mut ids = values("id");
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
    for target in values("href") {
        assert!(ids.binary_search(&target.trim_start_matches('#')).is_ok(), "{target}");
    }
}

#[test]
fn both_languages_and_everything_of_the_assessment() {
    let page = page(&[sample()], Lang::Zh);
    for text in [
        "不通过",
        "FAIL",
        "不校验服务器证书",
        "Server certificates are not checked",
        "android.permission.CAMERA",
        "读取",
        "com.example.bank.TransferActivity",
        "Umeng Analytics",
        "友盟统计",
        "CN=Example Bank",
        "http://10.0.8.15:8080/",
        "lib/armeabi-v7a/libpay.so",
        "dex/truncated-code",
        "68112 / 68113",
        "MASVS-AUTH-2",
        "needs the app to be run",
        "release@example.com",
        "Cipher.getInstance(&quot;AES/ECB",
        "SecretKeySpec key",
        "CWE-295",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.starts_with("<!doctype html>\n<html lang=\"zh-CN\">"));
    assert!(!page.contains("http-equiv=\"refresh\"") && !page.contains("url("));
}

#[test]
fn nothing_found_says_so_of_what_was_looked_at() {
    let page = page(&[clean()], Lang::En);
    assert!(page.contains("Nothing was found in what was looked at."));
    assert!(!page.contains("class=\"filter\""));
}
