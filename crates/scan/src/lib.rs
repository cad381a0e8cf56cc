//! The pipeline: input kinds, limits, parallel work, from bytes to findings.
