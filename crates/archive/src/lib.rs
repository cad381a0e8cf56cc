//! Hardened reader of zip containers: both the central and the local view, and what does not fit.
