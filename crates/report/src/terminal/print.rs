//! Lines, colours and indents of terminal pages.

use crate::{Style, layout};
use menshen_base::{Lang, Severity};

/// What a piece of text is, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Strong,
    Dim,
    Good,
    Critical,
    High,
    Medium,
    Low,
}

impl Tone {
    /// Parameters of the ANSI "select graphic rendition" sequence.
    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Dim => "2",
            Self::Good => "1;32",
            Self::Critical => "1;31",
            Self::High => "31",
            Self::Medium => "33",
            Self::Low => "36",
        }
    }
}

pub(crate) fn severity_tone(severity: Severity) -> Tone {
    match severity {
        Severity::Critical => Tone::Critical,
        Severity::High => Tone::High,
        Severity::Medium => Tone::Medium,
        Severity::Low => Tone::Low,
        Severity::Info => Tone::Dim,
    }
}

/// A page under construction. Text given to it is already visible (see [`layout::visible`]).
#[derive(Debug)]
pub(crate) struct Printer {
    out: String,
    pub(crate) lang: Lang,
    pub(crate) style: Style,
}

/// Columns before the text of a labelled line: the longest verdict and two spaces.
const LABEL_WIDTH: usize = 8;

impl Printer {
    pub(crate) fn new(lang: Lang, style: Style) -> Self {
        let style = Style { width: style.width.max(Style::WIDTH_MIN), ..style };
        Self { out: String::new(), lang, style }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn paint(&self, tone: Tone, text: &str) -> String {
        if self.style.color && tone != Tone::Plain && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", tone.code())
        } else {
            text.to_owned()
        }
    }

    fn put(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    pub(crate) fn blank(&mut self) {
        self.out.push('\n');
    }

    pub(crate) fn rule(&mut self) {
        let line = self.paint(Tone::Dim, &"─".repeat(self.style.width));
        self.put(&line);
    }

    /// A heading with an empty line before it.
    pub(crate) fn heading(&mut self, text: &str) {
        self.blank();
        self.heading_tight(text);
    }

    pub(crate) fn heading_tight(&mut self, text: &str) {
        let line = self.paint(Tone::Strong, text);
        self.put(&line);
    }

    /// One line, cut at the page's width.
    pub(crate) fn line(&mut self, tone: Tone, text: &str) {
        let line = self.paint(tone, &layout::shorten(text, self.style.width));
        self.put(&line);
    }

    /// A coloured beginning and a plain rest, cut at the page's width.
    pub(crate) fn split_line(&mut self, begin: &str, tone: Tone, rest: &str) {
        let rest = layout::shorten(rest, self.style.width.saturating_sub(layout::width(begin)));
        let line = format!("{}{rest}", self.paint(tone, begin));
        self.put(&line);
    }

    /// A label in a narrow column and one line of text, cut at the page's width.
    pub(crate) fn labelled_line(&mut self, label: &str, tone: Tone, text: &str) {
        let room = self.style.width - LABEL_WIDTH;
        let text = layout::shorten(text, room);
        let text =
            if label.is_empty() { text.into_owned() } else { self.paint(Tone::Strong, &text) };
        let line = format!("{}{text}", self.paint(tone, &layout::pad(label, LABEL_WIDTH)));
        self.put(&line);
    }

    /// ` 1 HIGH      title · tail`, cut at the page's width; the tail goes first.
    pub(crate) fn numbered(&mut self, number: usize, mark: (&str, Tone), title: &str, tail: &str) {
        let mark_text = layout::pad(mark.0, 9);
        let room = self.style.width.saturating_sub(3 + layout::width(&mark_text));
        let title = layout::shorten(title, room);
        let tail_room = room.saturating_sub(layout::width(&title) + 3);
        let tail = if tail_room < 8 { "".into() } else { layout::shorten(tail, tail_room) };
        let separator = if tail.is_empty() { "" } else { " · " };
        let line = format!(
            "{number:>2} {}{}{}",
            self.paint(mark.1, &mark_text),
            self.paint(Tone::Strong, &title),
            self.paint(Tone::Dim, &format!("{separator}{tail}")),
        );
        self.put(&line);
    }

    /// One line under a numbered one.
    pub(crate) fn under(&mut self, text: &str) {
        let text = layout::shorten(text, self.style.width - 12);
        let line = format!("{}{text}", " ".repeat(12));
        self.put(&line);
    }

    /// A paragraph with a hanging label: `  why   text text`.
    pub(crate) fn paragraph(&mut self, label: &str, text: &str) {
        self.toned_paragraph(&layout::pad(label, LABEL_WIDTH), Tone::Dim, text);
    }

    /// The same with a label of the caller's width and tone.
    pub(crate) fn toned_paragraph(&mut self, label: &str, tone: Tone, text: &str) {
        let label_width = layout::width(label);
        let lines = layout::wrap(text, self.style.width - 2 - label_width);
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { label } else { &" ".repeat(label_width) };
            let line = format!("  {}{line}", self.paint(tone, label));
            self.put(&line);
        }
    }

    /// One line behind a label, cut at the page's width.
    pub(crate) fn item(&mut self, label: &str, tone: Tone, text: &str) {
        let label = layout::pad(label, 8);
        let text = layout::shorten(text, self.style.width - 2 - layout::width(&label));
        let line = format!("  {}{}", self.paint(Tone::Dim, &label), self.paint(tone, &text));
        self.put(&line);
    }
}
