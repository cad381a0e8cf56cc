//! Tables of the flow analysis: sources, sinks, and what the platform calls back.

/// Sources and sinks: role, kind, class, methods, arguments.
pub const FLOWS: &str = include_str!("../../../models/android/flows.tsv");

static CALLBACKS: &str = include_str!("../../../models/android/callbacks.tsv");

/// Names of the methods that the platform class or interface calls on those that extend it:
/// all of an interface, the abstract ones of a class and those named `on…`. `None` if it is not a
/// platform class or calls nothing.
pub fn callback_methods(class: &str) -> Option<impl Iterator<Item = &'static str> + use<>> {
    let bytes = CALLBACKS.as_bytes();
    let (mut low, mut high) = (0usize, bytes.len());
    while low < high {
        let middle = low.midpoint(high);
        let start =
            bytes[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |at| low + at + 1);
        let length = bytes[start..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - start);
        let line = CALLBACKS.get(start..start + length)?;
        let (name, methods) = line.split_once('\t').unwrap_or((line, ""));
        match name.as_bytes().cmp(class.as_bytes()) {
            std::cmp::Ordering::Equal => return Some(methods.split(' ')),
            std::cmp::Ordering::Less => low = start + length + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::callback_methods;

    #[test]
    fn callbacks() {
        let of = |class: &str| callback_methods(class).map(Iterator::collect::<Vec<_>>);
        assert_eq!(of("android.view.View$OnClickListener"), Some(vec!["onClick"]));
        assert_eq!(of("java.lang.Runnable"), Some(vec!["run"]));
        assert!(of("android.app.Activity").unwrap().contains(&"onCreate"));
        assert!(of("com.example.Main").is_none());
    }
}
