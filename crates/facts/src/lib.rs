//! The typed facts: the only vocabulary that rules may see.
