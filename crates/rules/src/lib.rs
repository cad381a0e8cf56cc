//! Rule schema, loader, matcher, rule tests and the baseline gate.
