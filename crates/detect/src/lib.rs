//! Detectors: from what the readers return to facts, one file each.
