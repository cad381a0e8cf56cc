//! PDF files with text (ISO 32000-1). A reader of our own: objects are taken where they stand, so
//! that damaged files are read as far as they go; every loop has a limit; pictures, encryption and
//! fonts that do not say their characters are scan issues.
//!
//! Not read: right-to-left and vertical writing, text in pictures, form fields, annotations.

mod content;
mod file;
mod font;
mod layout;
mod object;

use super::Document;
use crate::issues;
use crate::lexicon::Lexicon;
use content::Interpreter;
use file::File;
use menshen_base::ScanIssue;

/// With fewer characters than this on a page with a picture, the page is a picture.
const PAGE_CHARACTERS_MIN: usize = 8;

pub(super) fn read(bytes: &[u8], lexicon: &Lexicon, problems: &mut Vec<ScanIssue>) -> Document {
    let file = File::read(bytes);
    if file.encrypted {
        problems.push(ScanIssue::new(&issues::PDF_ENCRYPTED));
        return Document::default();
    }
    let pages = file.pages();
    if pages.is_empty() {
        problems.push(ScanIssue::new(&issues::PDF_BROKEN).detail("no pages"));
        return Document::default();
    }
    let mut interpreter = Interpreter::new(&file);
    let mut drawn = Vec::new();
    let (mut pictures, mut unknown, mut characters) = (0_usize, 0_usize, 0_usize);
    for page in &pages {
        let contents = file.get(page.dictionary, "Contents");
        let one = interpreter.page(contents, page.resources);
        let count: usize = one.pieces.iter().map(|piece| piece.text.chars().count()).sum();
        if one.pictures > 0 && count < PAGE_CHARACTERS_MIN {
            pictures = pictures.saturating_add(1);
        }
        unknown = unknown.saturating_add(one.unknown);
        characters = characters.saturating_add(count);
        drawn.push(one);
    }
    if file.limited.get() {
        problems.push(ScanIssue::new(&issues::PDF_LIMIT));
    }
    // A few glyphs without a character are ornaments.
    if unknown > 20 && unknown.saturating_mul(20) > characters {
        problems.push(
            ScanIssue::new(&issues::PDF_FONT)
                .detail(format!("{unknown} glyphs, {characters} characters")),
        );
    }
    if pictures > 0 {
        problems.push(
            ScanIssue::new(&issues::IMAGES_ONLY)
                .detail(format!("{pictures} of {} pages", pages.len())),
        );
    }
    Document { blocks: layout::blocks(drawn, lexicon), title: None }
}
