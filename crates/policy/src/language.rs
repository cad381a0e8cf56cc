//! Which language a text is in, and whether it is a privacy policy at all.

use crate::fold::{fold, is_han, is_traditional};
use crate::issues;
use crate::model::{Language, Sentence};
use menshen_base::ScanIssue;

/// Fewer letters than this are no text.
const LETTERS_MIN: usize = 30;
/// Words that only English has, by which it is told from other Latin-script languages.
const ENGLISH: &[&str] =
    &["the", "of", "and", "to", "your", "we", "you", "is", "that", "with", "for", "or"];

/// The language of the sentences, or why there is none.
pub(crate) fn detect(sentences: &[Sentence]) -> Result<Language, ScanIssue> {
    let (mut han, mut traditional, mut kana, mut latin, mut other) =
        (0_usize, 0_usize, 0_usize, 0_usize, 0_usize);
    let (mut words, mut english) = (0_usize, 0_usize);
    let add = |count: &mut usize| *count = count.saturating_add(1);
    for sentence in sentences {
        for character in sentence.text.chars() {
            match character {
                '\u{3040}'..='\u{30FF}' | '\u{AC00}'..='\u{D7AF}' => add(&mut kana),
                _ if is_han(character) => {
                    add(&mut han);
                    if is_traditional(character) {
                        add(&mut traditional);
                    }
                }
                _ if character.is_ascii_alphabetic() => add(&mut latin),
                _ if character.is_alphabetic() => add(&mut other),
                _ => {}
            }
        }
        for word in
            sentence.text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty())
        {
            if word.is_ascii() {
                add(&mut words);
                if ENGLISH.contains(&word.to_ascii_lowercase().as_str()) {
                    add(&mut english);
                }
            }
        }
    }
    let letters = han.saturating_add(kana).saturating_add(latin).saturating_add(other);
    if letters < LETTERS_MIN {
        return Err(ScanIssue::new(&issues::NO_TEXT).detail(format!("{letters} letters")));
    }
    // A word of English takes about five letters where Chinese takes two characters.
    let english_text = english.saturating_mul(8) >= words && words > 0;
    let in_chinese =
        han.saturating_mul(100) >= letters.saturating_mul(12) && han > kana.saturating_mul(8);
    let mostly_other = other.saturating_add(kana).saturating_mul(3) > letters;
    if mostly_other || (!in_chinese && !english_text) {
        let detail = format!("Han {han}, Latin {latin}, kana and hangul {kana}, other {other}");
        return Err(ScanIssue::new(&issues::LANGUAGE).detail(detail));
    }
    if !in_chinese {
        return Ok(Language::En);
    }
    // A few traditional characters occur in names and quotations.
    if traditional.saturating_mul(100) > han.saturating_mul(8) {
        return Ok(Language::ZhHant);
    }
    let mixed = english_text && words > 150 && latin > han;
    Ok(if mixed { Language::Mixed } else { Language::Zh })
}

/// Whether the text speaks of personal information often enough to be a policy about it.
pub(crate) fn is_privacy_policy(sentences: &[Sentence]) -> bool {
    const WORDS: &[&str] = &[
        "个人信息",
        "隐私",
        "personal information",
        "personal data",
        "privacy",
        "个人资料",
        "个人数据",
    ];
    let (mut named, mut titled) = (0_usize, false);
    for (index, sentence) in sentences.iter().enumerate() {
        let text = fold(&sentence.text);
        let count: usize = WORDS.iter().map(|word| text.matches(word).count()).sum();
        named = named.saturating_add(count);
        titled |= index < 8 && count > 0 && text.chars().count() < 60;
    }
    let per_sentences = sentences.len() / 60;
    named >= if titled { 2_usize.max(per_sentences) } else { 4_usize.max(per_sentences) }
}
