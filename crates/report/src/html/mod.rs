//! The report as one HTML file: both languages, no other file, no network, printable.
//!
//! The language switch is two radio buttons and a style sheet, so that the page reads and prints
//! without a script; the script only filters. A content security policy names the digests of the
//! one style sheet and the one script, so that nothing else runs even if an escape were missed.
//! See [`page::Page`] for why hostile strings stay text.

mod appendix;
mod findings;
mod overview;
pub(crate) mod page;

use crate::view::View;
use crate::{Assessment, Options};
use menshen_base::{Lang, StaticText, text};
use page::Page;
use sha2::{Digest, Sha256};
use std::io::{self, Write};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Writes the page. It opens in the language of the options.
pub fn write(
    assessments: &[Assessment],
    options: &Options<'_>,
    out: &mut impl Write,
) -> io::Result<()> {
    let views: Vec<View<'_>> = assessments.iter().map(|one| View::new(one, options)).collect();
    let title = match views.as_slice() {
        [only] => format!("{} · Menshen", only.name()),
        _ => "Menshen".to_owned(),
    };
    let mut page = Page::default();
    document(
        &mut page,
        options.lang,
        &title,
        text("移动应用安全检测报告", "Mobile app security report"),
        |page| {
            if views.len() > 1 {
                overview::list(page, &views);
            }
            for (index, view) in views.iter().enumerate() {
                artifact(page, view, index);
            }
        },
    );
    out.write_all(page.finish().as_bytes())
}

/// The frame of a page: head, language switch, title line, footer.
pub(crate) fn document(
    page: &mut Page,
    lang: Lang,
    title: &str,
    subject: StaticText,
    body: impl FnOnce(&mut Page),
) {
    page.raw("<!doctype html>\n");
    page.open("html", &[("lang", if lang == Lang::Zh { "zh-CN" } else { "en" })]);
    page.raw("<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"color-scheme\" content=\"light dark\"><meta name=\"referrer\" content=\"no-referrer\">");
    page.open("meta", &[("http-equiv", "Content-Security-Policy"), ("content", &policy())]);
    page.element_text("title", "", title);
    page.raw("<style>");
    page.raw(STYLE);
    page.raw("</style></head><body>");
    for (id, own) in [("lang-zh", Lang::Zh), ("lang-en", Lang::En)] {
        let checked = if own == lang { "checked" } else { "data-off" };
        page.open(
            "input",
            &[("type", "radio"), ("name", "lang"), ("id", id), ("class", "hidden"), (checked, "")],
        );
    }
    page.raw("<div class=\"page\"><header class=\"bar\"><div class=\"brand\"><svg viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"M4 21V5.5L12 2l8 3.5V21h-6.2V8.2h-3.6V21z\"/></svg><b>Menshen</b><span>门神</span></div><div class=\"what\">");
    page.word(subject);
    page.raw("</div><div class=\"languages\" role=\"group\" aria-label=\"语言 Language\"><label for=\"lang-zh\">中文</label><label for=\"lang-en\">English</label></div></header><main>");
    body(page);
    page.raw("</main><footer>");
    let version = env!("CARGO_PKG_VERSION");
    page.both(&menshen_base::Text::new(
        format!("由 Menshen 门神 {version} 生成。报告说明应用中发现了什么、依据是什么，以及哪些内容未能检查；未列出的内容不代表没有问题。"),
        format!("Made by Menshen {version}. The report says what was found in the app, on what evidence, and what could not be looked at. That something is not listed does not mean that it is sound."),
    ));
    page.raw("</footer></div><script>");
    page.raw(SCRIPT);
    page.raw("</script></body></html>\n");
}

fn artifact(page: &mut Page, view: &View<'_>, index: usize) {
    let id = |name: &str| format!("a{index}-{name}");
    page.open("article", &[("class", "artifact"), ("id", &format!("a{index}"))]);
    overview::hero(page, view, index);
    page.raw("<div class=\"columns\">");
    let sections = appendix::sections(view);
    page.raw("<nav class=\"contents\">");
    page.link(&id("findings"), |page| {
        page.word(text("发现的问题", "Findings"));
        page.element_text("span", "count", &view.open.len().to_string());
    });
    for section in &sections {
        page.link(&id(section.id), |page| {
            page.word(section.title);
            if let Some(count) = section.count {
                page.element_text("span", "count", &count.to_string());
            }
        });
    }
    page.raw("</nav><div class=\"content\">");
    page.open("section", &[("id", &id("findings")), ("class", "findings")]);
    findings::write(page, view, index);
    page.close("section");
    for section in &sections {
        page.open("section", &[("id", &id(section.id))]);
        page.heading(section.title, section.count);
        (section.write)(page, view);
        page.close("section");
    }
    page.raw("</div></div></article>");
}

fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE)),
        base64(&Sha256::digest(SCRIPT)),
    )
}

/// Standard alphabet with padding, RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let three = [chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)];
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for position in 0..4 {
            if position <= chunk.len() {
                out.push(char::from(ALPHABET[(bits >> (18 - 6 * position) & 63) as usize]));
            } else {
                out.push('=');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_of_rfc_4648() {
        for (input, expected) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(super::base64(input.as_bytes()), expected);
        }
    }
}
