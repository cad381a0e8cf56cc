//! Dalvik executables, versions 035 to 041.
