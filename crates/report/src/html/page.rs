//! Markup that nothing from outside can leave.
//!
//! Markup enters a [`Page`] as `&'static str` alone, so it was written in this program; every
//! other string goes through [`Page::text`] or an attribute value, which escape it. Strings are
//! escaped alike in both places, and characters that act on the display are made visible.

use crate::layout;
use menshen_base::{StaticText, Text};

/// A page under construction.
#[derive(Debug, Default)]
pub(crate) struct Page {
    out: String,
}

impl Page {
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Markup of this program.
    pub(crate) fn raw(&mut self, markup: &'static str) {
        self.out.push_str(markup);
    }

    /// Text, escaped, on one line.
    pub(crate) fn text(&mut self, text: &str) {
        for c in layout::visible(text).chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\'' => self.out.push_str("&#39;"),
                c => self.out.push(c),
            }
        }
    }

    /// Text in both languages; the page shows one of them.
    pub(crate) fn both(&mut self, text: &Text) {
        if text.zh == text.en {
            return self.text(&text.zh);
        }
        self.raw("<span lang=\"zh\">");
        self.text(&text.zh);
        self.raw("</span><span lang=\"en\">");
        self.text(&text.en);
        self.raw("</span>");
    }

    pub(crate) fn word(&mut self, text: StaticText) {
        self.both(&text.into());
    }

    /// `<tag name="value" …>`.
    pub(crate) fn open(&mut self, tag: &'static str, attributes: &[(&'static str, &str)]) {
        self.raw("<");
        self.raw(tag);
        for (name, value) in attributes {
            self.raw(" ");
            self.raw(name);
            self.raw("=\"");
            self.text(value);
            self.raw("\"");
        }
        self.raw(">");
    }

    pub(crate) fn close(&mut self, tag: &'static str) {
        self.raw("</");
        self.raw(tag);
        self.raw(">");
    }

    /// An element of a class, with what `inside` puts there.
    pub(crate) fn element(
        &mut self,
        tag: &'static str,
        class: &str,
        inside: impl FnOnce(&mut Self),
    ) {
        match class {
            "" => self.open(tag, &[]),
            class => self.open(tag, &[("class", class)]),
        }
        inside(self);
        self.close(tag);
    }

    pub(crate) fn element_text(&mut self, tag: &'static str, class: &str, text: &str) {
        self.element(tag, class, |page| page.text(text));
    }

    pub(crate) fn element_both(&mut self, tag: &'static str, class: &str, text: &Text) {
        self.element(tag, class, |page| page.both(text));
    }

    pub(crate) fn element_word(&mut self, tag: &'static str, class: &str, text: StaticText) {
        self.element(tag, class, |page| page.word(text));
    }

    /// A link within the page.
    pub(crate) fn link(&mut self, target: &str, inside: impl FnOnce(&mut Self)) {
        self.open("a", &[("href", &format!("#{target}"))]);
        inside(self);
        self.close("a");
    }

    /// A heading of a section with the number of things in it.
    pub(crate) fn heading(&mut self, text: StaticText, count: Option<usize>) {
        self.raw("<h2>");
        self.word(text);
        if let Some(count) = count {
            self.element_text("span", "count", &count.to_string());
        }
        self.raw("</h2>");
    }

    /// A table with its head; `rows` writes the body.
    pub(crate) fn table(&mut self, columns: &[StaticText], rows: impl FnOnce(&mut Self)) {
        self.raw("<div class=\"table\"><table><thead><tr>");
        for column in columns {
            self.element_word("th", "", *column);
        }
        self.raw("</tr></thead><tbody>");
        rows(self);
        self.raw("</tbody></table></div>");
    }

    /// `<dt>` and `<dd>`.
    pub(crate) fn pair(&mut self, term: StaticText, inside: impl FnOnce(&mut Self)) {
        self.raw("<div>");
        self.element_word("dt", "", term);
        self.element("dd", "", inside);
        self.raw("</div>");
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn nothing_leaves_its_place() {
        let rows = [
            ("</script>", "&lt;/script&gt;"),
            ("\"' onx='", "&quot;&#39; onx=&#39;"),
            ("a&b", "a&amp;b"),
            ("\u{202e}x", "\\u{202e}x"),
        ];
        for (input, expected) in rows {
            let mut page = Page::default();
            page.text(input);
            assert_eq!(page.finish(), expected);
            let mut page = Page::default();
            page.open("a", &[("title", input)]);
            assert_eq!(page.finish(), format!("<a title=\"{expected}\">"));
        }
    }
}
