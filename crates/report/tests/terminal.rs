//! The terminal report: what it says first, and that it keeps to its page.

mod common;

use common::{clean, hostile, rules, sample};
use menshen_base::Lang;
use menshen_report::{Assessment, Options, Style, terminal};
use unicode_width::UnicodeWidthStr;

fn page(assessments: &[Assessment], lang: Lang, width: usize, color: bool) -> String {
    let rules = rules();
    let style = Style { color, width, ..Style::default() };
    let options = Options { lang, rules: &rules, style, ..Options::default() };
    let mut out = Vec::new();
    terminal::write(assessments, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn english() {
    insta::assert_snapshot!(page(&[sample()], Lang::En, 100, false));
}

#[test]
fn chinese() {
    insta::assert_snapshot!(page(&[sample()], Lang::Zh, 80, false));
}

#[test]
fn nothing_found() {
    insta::assert_snapshot!(page(&[clean()], Lang::En, 100, false));
}

#[test]
fn several() {
    let text = page(&[sample(), clean()], Lang::En, 100, false);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("FAIL"), "{}", lines[0]);
    assert!(lines[1].starts_with("PASS"), "{}", lines[1]);
}

#[test]
fn the_first_ten_lines_hold_verdict_and_fixes() {
    for (lang, words) in [
        (
            Lang::En,
            [
                "FAIL",
                "score 41/100",
                "1 critical finding",
                "Server certificates are not checked",
                "2 places",
                "Encryption in ECB mode",
                "fix: Use AES/GCM",
                "2 parts",
            ],
        ),
        (
            Lang::Zh,
            [
                "不通过",
                "41/100",
                "严重问题 1 项",
                "不校验服务器证书",
                "2 处",
                "使用 ECB 模式加密",
                "修复：改用 AES/GCM",
                "2 处未能检查",
            ],
        ),
    ] {
        let text = page(&[sample()], lang, 100, false);
        let first: Vec<&str> = text.lines().take(10).collect();
        for word in words {
            assert!(first.iter().any(|line| line.contains(word)), "{word} not in {first:#?}");
        }
        assert!(first.iter().all(|line| !line.is_empty()));
    }
}

#[test]
fn lines_keep_to_the_width() {
    for lang in [Lang::En, Lang::Zh] {
        for width in [40, 60, 80, 120] {
            for assessment in [sample(), hostile()] {
                for line in page(&[assessment], lang, width, false).lines() {
                    assert!(line.width() <= width, "{} > {width}: {line}", line.width());
                }
            }
        }
    }
}

#[test]
fn colours_only_if_asked_and_nothing_else_of_the_terminal() {
    let plain = page(&[hostile()], Lang::En, 100, false);
    let active =
        |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c));
    assert!(!plain.chars().any(active));
    let coloured = page(&[hostile()], Lang::En, 100, true);
    assert!(coloured.contains("\u{1b}[1;31mFAIL"));
    let mut without = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        without.push_str(before);
        let (sequence, tail) = after.split_once('m').unwrap();
        assert!(sequence.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{sequence}");
        rest = tail;
    }
    without.push_str(rest);
    let trimmed: Vec<&str> = without.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
}

#[test]
fn accepted_findings_do_not_come_first() {
    let text = page(&[sample()], Lang::En, 100, false);
    let (before, after) = text.split_once("Accepted by the baseline").unwrap();
    assert!(!before.contains("AND-SIG-003"));
    assert!(after.contains("AND-SIG-003"));
}
