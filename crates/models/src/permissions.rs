//! Platform permissions and broadcasts that only the system may send.

use crate::table::rows;
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// How the platform protects a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permission {
    /// `normal`, `dangerous`, `signature`, `special`, or `unlisted`: a public permission whose
    /// level is not in the table.
    pub level: &'static str,
    pub group: Option<&'static str>,
    pub zh: Option<&'static str>,
    pub en: Option<&'static str>,
}

static PERMISSIONS: LazyLock<HashMap<&'static str, Permission>> = LazyLock::new(|| {
    let optional = |cell: &'static str| Some(cell).filter(|cell| !cell.is_empty());
    rows(include_str!("../../../models/android/permissions.tsv"))
        .map(|row| {
            let mut columns = row.columns();
            let mut next = || columns.next().unwrap_or_default();
            let name = next();
            let level = next();
            let group = optional(next());
            (name, Permission { level, group, zh: optional(next()), en: optional(next()) })
        })
        .collect()
});

static PROTECTED_BROADCASTS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("../../../models/android/protected_broadcasts.txt").lines().collect()
});

/// A permission of the platform by its full name.
pub fn permission(name: &str) -> Option<&'static Permission> {
    PERMISSIONS.get(name)
}

/// All platform permissions, in no order.
pub fn permission_names() -> impl Iterator<Item = &'static str> {
    PERMISSIONS.keys().copied()
}

/// Whether only the system may send the broadcast.
pub fn is_protected_broadcast(action: &str) -> bool {
    PROTECTED_BROADCASTS.contains(action)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels() {
        for (name, level) in [
            ("android.permission.CAMERA", Some("dangerous")),
            ("android.permission.INTERNET", Some("normal")),
            ("android.permission.INSTALL_PACKAGES", Some("signature")),
            ("android.permission.SYSTEM_ALERT_WINDOW", Some("special")),
            ("android.permission.POST_NOTIFICATIONS", Some("dangerous")),
            ("android.permission.CAMERAS", None),
        ] {
            assert_eq!(permission(name).map(|found| found.level), level, "{name}");
        }
        assert!(is_protected_broadcast("android.intent.action.BOOT_COMPLETED"));
        assert!(!is_protected_broadcast("android.intent.action.VIEW"));
    }
}
