//! Classes of the Android platform and their direct supertypes.
//!
//! The table is sorted text and is searched where it lies: nothing is parsed or allocated for
//! the seven thousand classes that an app does not touch.

static CLASSES: &str = include_str!("../../../models/android/platform_classes.tsv");

/// Direct supertypes of a platform class, superclass first, `java.lang.Object` left out.
/// Names with slashes, as in class files: `android/app/Activity`. `None` if it is not one.
pub fn platform_supertypes(class: &str) -> Option<impl Iterator<Item = &'static str>> {
    let line = find(class)?;
    let mut columns = line.split('\t').skip(1);
    let superclass = columns.next().unwrap_or_default();
    let interfaces = columns.next().unwrap_or_default();
    Some(std::iter::once(superclass).chain(interfaces.split(',')).filter(|name| !name.is_empty()))
}

/// Whether the platform has the class.
pub fn is_platform_class(class: &str) -> bool {
    find(class).is_some()
}

fn find(class: &str) -> Option<&'static str> {
    let bytes = CLASSES.as_bytes();
    let (mut low, mut high) = (0usize, bytes.len());
    while low < high {
        let middle = low.midpoint(high);
        let start =
            bytes[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |at| low + at + 1);
        let length = bytes[start..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - start);
        let line = CLASSES.get(start..start + length)?;
        let name = line.split('\t').next().unwrap_or_default();
        match name.as_bytes().cmp(class.as_bytes()) {
            std::cmp::Ordering::Equal => return Some(line),
            std::cmp::Ordering::Less => low = start + length + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_is_found_where_it_lies() {
        for line in CLASSES.lines() {
            let name = line.split('\t').next().unwrap();
            assert_eq!(find(name), Some(line));
        }
        let supers: Vec<_> = platform_supertypes("android/app/Activity").unwrap().collect();
        assert_eq!(supers[0], "android/view/ContextThemeWrapper");
        assert!(!is_platform_class("com/example/Main"));
        assert!(!is_platform_class(""));
        assert!(!is_platform_class("zzz"));
    }
}
