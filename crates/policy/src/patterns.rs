//! Patterns that are part of the program. Those that users may want to change are tables.

use regex::{Regex, RegexBuilder};

/// A pattern that is a constant of the program.
pub(crate) fn constant(pattern: &str) -> Regex {
    let built = RegexBuilder::new(pattern).case_insensitive(true).build();
    // A constant that does not compile fails the first test that touches it.
    #[allow(clippy::expect_used)]
    built.expect("a constant pattern")
}

macro_rules! patterns {
    ($($name:ident = $pattern:expr;)*) => {
        $( static $name: std::sync::LazyLock<regex::Regex> =
            std::sync::LazyLock::new(|| crate::patterns::constant($pattern)); )*
    };
}
pub(crate) use patterns;
