//! Undoes the renaming of R8 for places in code: a reader of its map files.
//!
//! The format is the one of ProGuard's mapping files, as the R8 documentation gives it:
//!
//! ```text
//! com.example.Main -> com.example.Main:
//! com.example.Box -> a.b:
//!     java.lang.String text -> a
//!     1:3:void set(java.lang.String):20:22 -> a
//!     4:4:void com.example.Note.keep():7:7 -> a
//!     4:4:void set(java.lang.String):23 -> a
//! ```
//!
//! Rows of one method with the same lines are frames of inlined calls, the innermost first; that
//! one is what is asked for here.

use std::collections::HashMap;

/// Top-level classes and lines by renamed class, method and line.
#[derive(Default)]
pub(crate) struct Names {
    classes: HashMap<String, String>,
    methods: HashMap<(String, String), Vec<Row>>,
}

struct Row {
    renamed: (u32, u32),
    class: String,
    original: (u32, u32),
}

impl Names {
    pub(crate) fn parse(text: &str) -> Self {
        let mut names = Self::default();
        let (mut class, mut renamed) = ("", "");
        for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
            let Some((before, after)) = line.split_once(" -> ") else { continue };
            if let Some(name) = after.strip_suffix(':') {
                (class, renamed) = (before, name);
                names.classes.insert(renamed.to_owned(), class.to_owned());
            } else if let Some(row) = row(before.trim(), class) {
                let key = (renamed.to_owned(), after.to_owned());
                names.methods.entry(key).or_default().push(row);
            }
        }
        names
    }

    /// Where the code at a line of a renamed method comes from.
    pub(crate) fn original(&self, class: &str, method: &str, line: u32) -> (String, u32) {
        let rows = self.methods.get(&(class.to_owned(), method.to_owned()));
        let holds = |row: &&Row| row.renamed.0 <= line && line <= row.renamed.1;
        if let Some(row) = rows.and_then(|rows| rows.iter().find(holds)) {
            let (first, last) = row.original;
            return (row.class.clone(), last.min(first + (line - row.renamed.0)));
        }
        (self.classes.get(class).map_or(class, String::as_str).to_owned(), line)
    }
}

/// `1:3:void set(java.lang.String):20:22` in the rows of a class.
fn row(text: &str, class: &str) -> Option<Row> {
    let (head, lines) = text.rsplit_once(')')?;
    let (head, _) = head.split_once('(')?;
    let mut parts = head.splitn(3, ':');
    let renamed = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let (_, name) = parts.next()?.split_once(' ')?;
    let class = name.rsplit_once('.').map_or(class, |(class, _)| class);
    let mut lines = lines.split(':').skip(1).map(|line| line.parse().ok());
    let original = match (lines.next().flatten(), lines.next().flatten()) {
        (Some(first), Some(last)) => (first, last),
        (Some(only), None) => (only, only),
        _ => renamed,
    };
    Some(Row { renamed, class: class.to_owned(), original })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        let names = Names::parse(
            "# compiler: R8
com.example.Main -> com.example.Main:
    7:8:void onCreate(android.os.Bundle) -> onCreate
com.example.Box -> a.b:
    java.lang.String text -> a
    1:3:void set(java.lang.String):20:22 -> a
    4:4:void com.example.Note.keep():7:7 -> a
    4:4:void set(java.lang.String):23 -> a
    5:6:void set(java.lang.String):30 -> a
",
        );
        for (class, method, line, expected) in [
            ("a.b", "a", 1, ("com.example.Box", 20)),
            ("a.b", "a", 3, ("com.example.Box", 22)),
            ("a.b", "a", 4, ("com.example.Note", 7)),
            ("a.b", "a", 6, ("com.example.Box", 30)),
            ("a.b", "a", 9, ("com.example.Box", 9)),
            ("a.b", "c", 1, ("com.example.Box", 1)),
            ("com.example.Main", "onCreate", 8, ("com.example.Main", 8)),
            ("x.Y", "run", 5, ("x.Y", 5)),
        ] {
            let found = names.original(class, method, line);
            assert_eq!((found.0.as_str(), found.1), expected, "{class}.{method}:{line}");
        }
    }
}
