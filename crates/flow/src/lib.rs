//! Analysis of bytecode: values within a method, class hierarchy.
