//! Reader of native libraries: ELF protections, symbols, JNI entry points.
