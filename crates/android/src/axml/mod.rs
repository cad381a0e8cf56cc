//! Binary XML as in AndroidManifest.xml and compiled layouts.
