//! Whose code a class is.

use menshen_base::Owner;
use menshen_models::sdks;

/// Second labels that name no maker: `cn.com.example` needs the third.
const SHARED_SECOND_LABELS: [&str; 9] =
    ["com", "net", "org", "gov", "edu", "co", "ac", "github", "gitlab"];

/// Decides by class name: the app's own packages first, then the SDK catalogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Package prefixes of the app, most specific first.
    own: Vec<String>,
    /// The artifact is itself a library: classes of no other known library are its own.
    is_library: bool,
}

impl Ownership {
    /// From the package name and the classes that the app certainly wrote: its application class
    /// and its launcher activities. Of these, classes of known SDKs are left out.
    pub fn new<'a>(
        package: &'a str,
        entry_classes: impl IntoIterator<Item = &'a str>,
        is_library: bool,
    ) -> Self {
        let mut own: Vec<String> = Vec::new();
        let mut add = |prefix: &str| {
            if prefix.contains('.') && !own.iter().any(|known| known == prefix) {
                own.push(prefix.to_owned());
            }
        };
        add(package);
        add(maker(package));
        for class in entry_classes {
            let Some((package, _)) = class.rsplit_once('.') else { continue };
            if sdks().by_class(class).is_none() {
                add(package);
                add(maker(package));
            }
        }
        own.sort_by_key(|prefix| std::cmp::Reverse(prefix.len()));
        Self { own, is_library }
    }

    /// The owner of a class by its name in source form.
    pub fn of_class(&self, class: &str) -> Owner {
        let own = self.own.iter().find(|prefix| lies_in(class, prefix));
        match sdks().by_class(class) {
            // The maker of an SDK ships its own app: the longer prefix decides.
            Some((sdk, package)) if own.is_none_or(|own| own.len() < package.len()) => {
                Owner::Sdk(sdk.id.to_owned())
            }
            _ if own.is_some() || self.is_library => Owner::App,
            _ => Owner::Unknown,
        }
    }
}

/// The labels of a package name that make two packages one maker's: `com.example`.
fn maker(package: &str) -> &str {
    let second = package.split('.').nth(1).unwrap_or_default();
    let labels = if SHARED_SECOND_LABELS.contains(&second) { 3 } else { 2 };
    match package.match_indices('.').nth(labels - 1) {
        Some((at, _)) => &package[..at],
        None => package,
    }
}

fn lies_in(class: &str, package: &str) -> bool {
    class.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_code_before_the_catalogue() {
        let ownership = Ownership::new(
            "com.example.shop.debug",
            ["com.example.core.App", "org.other.ui.Main", "androidx.core.app.X"],
            false,
        );
        let sdk = |id: &str| Owner::Sdk(id.to_owned());
        for (class, owner) in [
            ("com.example.shop.Main", Owner::App),
            ("com.example.net.Client", Owner::App),
            ("org.other.ui.Main", Owner::App),
            ("org.otherwise.Main", Owner::Unknown),
            ("okhttp3.OkHttpClient", sdk("okhttp")),
            ("a.b.c", Owner::Unknown),
        ] {
            assert_eq!(ownership.of_class(class), owner, "{class}");
        }
    }

    #[test]
    fn makers() {
        for (package, expected) in [
            ("com.example.shop", "com.example"),
            ("cn.com.bank.mobile", "cn.com.bank"),
            ("io.github.someone.app", "io.github.someone"),
            ("single", "single"),
            ("", ""),
        ] {
            assert_eq!(maker(package), expected, "{package}");
        }
    }

    #[test]
    fn the_classes_of_a_library_are_its_own() {
        let ownership = Ownership::new("", [], true);
        assert_eq!(ownership.of_class("a.b.C"), Owner::App);
    }
}
