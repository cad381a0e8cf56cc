#![no_main]
#[path = "../exercise/mod.rs"]
mod exercise;
libfuzzer_sys::fuzz_target!(|data: &[u8]| exercise::aab(data));
