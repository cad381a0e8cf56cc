//! Native libraries.

use crate::fact;
use menshen_base::{Owner, Place};
use menshen_facts::{Fact, Library};
use menshen_models::sdks;
use menshen_native as native;

/// One library as a fact. `stored_at`: where its bytes lie in the package when they are stored
/// uncompressed and so mapped in place.
pub fn detect(library: &native::Library, path: &str, stored_at: Option<u64>) -> Fact<Library> {
    let name = path.rsplit('/').next().unwrap_or_default();
    let owner = match sdks().by_library(name) {
        Some(sdk) => Owner::Sdk(sdk.id.to_owned()),
        None => Owner::Unknown,
    };
    let data = Library {
        path: path.to_owned(),
        name: name.to_owned(),
        abi: library.abi.clone(),
        bits: i64::from(library.bits),
        nx: library.nx,
        pie: library.pie,
        relro: library.relro.as_str().to_owned(),
        canary: library.canary,
        fortify: library.fortify,
        rpath: library.rpath.clone(),
        runpath: library.runpath.clone(),
        text_relocations: library.text_relocations,
        symbols: library.symbols,
        debug_info: library.debug_info,
        page_alignment: i64::try_from(library.page_alignment_min).unwrap_or(i64::MAX),
        fits_16k: library.fits_16k_pages(stored_at),
        executable_stack: library.executable_stack,
        jni_methods: library.jni_methods.clone(),
        needed: library.needed.clone(),
        language: library.language.as_str().to_owned(),
        build_id: library.build_id.clone(),
    };
    fact(data, Place::file(path), owner)
}
