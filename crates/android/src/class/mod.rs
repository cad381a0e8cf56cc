//! JVM class files.
