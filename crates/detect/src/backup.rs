//! Backup rules: whether they keep anything out of backups on every level that the app runs on.
//! Source: developer.android.com, "Back up user data with Auto Backup".

use crate::xml::Node;

/// Target level since which `dataExtractionRules` govern.
const ANDROID_12: i64 = 31;

/// Whether a file of `fullBackupContent` limits what is backed up.
pub fn full_backup_limits(root: Node<'_>) -> bool {
    root.tag() == "full-backup-content" && has_rules(root)
}

/// Whether a file of `dataExtractionRules` limits cloud backup and device transfer.
pub fn extraction_limits(root: Node<'_>) -> bool {
    root.tag() == "data-extraction-rules"
        && root.named("cloud-backup").any(|node| {
            has_rules(node) || node.any_flag("disableIfNoEncryptionCapabilities") == Some(true)
        })
}

/// The effect of both for the declared levels. `full` and `extraction` are `None` when absent.
pub fn limited(min: i64, target: i64, full: Option<bool>, extraction: Option<bool>) -> bool {
    let old_platforms = full.unwrap_or(false) || (min >= ANDROID_12 && target >= ANDROID_12);
    let new_platforms = match target >= ANDROID_12 {
        // Without rules of the new kind the old ones still hold.
        true => extraction.or(full).unwrap_or(false),
        false => full.unwrap_or(false),
    };
    old_platforms && new_platforms
}

fn has_rules(node: Node<'_>) -> bool {
    node.children().any(|child| matches!(child.tag(), "include" | "exclude"))
}

#[cfg(test)]
mod tests {
    use super::limited;

    #[test]
    fn rules_must_hold_on_all_levels() {
        for (min, target, full, extraction, expected) in [
            (21, 34, None, None, false),
            (21, 34, Some(true), None, true),
            (21, 34, Some(true), Some(true), true),
            (21, 34, None, Some(true), false),
            (31, 34, None, Some(true), true),
            (21, 34, Some(true), Some(false), false),
            (21, 30, Some(true), None, true),
            (21, 30, None, Some(true), false),
        ] {
            assert_eq!(limited(min, target, full, extraction), expected, "{min} {target}");
        }
    }
}
