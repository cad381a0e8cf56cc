//! Classes of the app and their supertypes, continued by those of the platform.

use std::collections::{BTreeSet, HashMap};

/// Most supertypes followed from one class.
const SUPERTYPES_MAX: usize = 256;

/// One class of the app. Names in source form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassInfo {
    pub superclass: Option<String>,
    pub interfaces: Vec<String>,
    /// JVM access flags.
    pub access: u32,
}

/// Supertypes of platform classes.
pub trait Platform: Sync {
    /// Direct supertypes, superclass first, in source form; `None` if the class is not known.
    fn supertypes(&self, class: &str) -> Option<Vec<&str>>;
}

/// All classes of one app.
#[derive(Default)]
pub struct Hierarchy<'p> {
    classes: HashMap<String, ClassInfo>,
    platform: Option<&'p dyn Platform>,
}

impl std::fmt::Debug for Hierarchy<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hierarchy of {} classes", self.classes.len())
    }
}

impl<'p> Hierarchy<'p> {
    pub fn new(platform: &'p dyn Platform) -> Self {
        Self { classes: HashMap::new(), platform: Some(platform) }
    }

    /// Adds a class; the first definition of a name wins, as it does at run time.
    pub fn add(&mut self, name: String, info: ClassInfo) {
        self.classes.entry(name).or_insert(info);
    }

    pub fn contains(&self, class: &str) -> bool {
        self.classes.contains_key(class)
    }

    pub fn get(&self, class: &str) -> Option<&ClassInfo> {
        self.classes.get(class)
    }

    pub fn len(&self) -> usize {
        self.classes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.classes.is_empty()
    }

    /// All supertypes, nearest first, without the class itself. `java.lang.Object` is left out.
    pub fn supertypes(&self, class: &str) -> Vec<String> {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut order = Vec::new();
        let mut queue = std::collections::VecDeque::from([class.to_owned()]);
        while let Some(at) = queue.pop_front() {
            let direct: Vec<String> = match self.classes.get(&at) {
                Some(info) => info.superclass.iter().chain(&info.interfaces).cloned().collect(),
                None => self
                    .platform
                    .and_then(|platform| platform.supertypes(&at))
                    .unwrap_or_default()
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
            };
            for name in direct {
                if name != "java.lang.Object"
                    && order.len() < SUPERTYPES_MAX
                    && seen.insert(name.clone())
                {
                    order.push(name.clone());
                    queue.push_back(name);
                }
            }
        }
        order
    }

    /// Whether `class` is `ancestor` or inherits from it.
    pub fn is_a(&self, class: &str, ancestor: &str) -> bool {
        class == ancestor || self.supertypes(class).iter().any(|name| name == ancestor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Tiny;
    impl Platform for Tiny {
        fn supertypes(&self, class: &str) -> Option<Vec<&str>> {
            match class {
                "android.app.Activity" => Some(vec!["android.content.Context", "java.lang.Object"]),
                _ => None,
            }
        }
    }

    #[test]
    fn app_classes_continue_in_the_platform() {
        let mut hierarchy = Hierarchy::new(&Tiny);
        for (name, superclass, interfaces) in [
            ("a.Main", "a.Base", vec![]),
            ("a.Base", "android.app.Activity", vec!["a.Marker"]),
            ("a.Loop", "a.Pool", vec![]),
            ("a.Pool", "a.Loop", vec![]),
        ] {
            hierarchy.add(
                name.to_owned(),
                ClassInfo {
                    superclass: Some(superclass.to_owned()),
                    interfaces: interfaces.into_iter().map(str::to_owned).collect(),
                    access: 1,
                },
            );
        }
        assert_eq!(
            hierarchy.supertypes("a.Main"),
            ["a.Base", "android.app.Activity", "a.Marker", "android.content.Context"]
        );
        assert!(hierarchy.is_a("a.Main", "android.content.Context"));
        assert!(!hierarchy.is_a("a.Marker", "a.Main"));
        assert_eq!(hierarchy.supertypes("a.Loop"), ["a.Pool", "a.Loop"]);
    }
}
