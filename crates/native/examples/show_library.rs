//! Prints what is read of each ELF file named: `show_library lib/*.so`.

use std::time::Instant;

fn main() {
    for path in std::env::args().skip(1) {
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                println!("{path}: {error}");
                continue;
            }
        };
        let start = Instant::now();
        let (library, issues) = menshen_native::Library::read(&bytes);
        let read = start.elapsed();
        let start = Instant::now();
        let texts = menshen_native::printable(&bytes, 8).count();
        let walked = start.elapsed();
        println!("{path}: {} bytes, read in {read:?}, {texts} texts in {walked:?}", bytes.len());
        for issue in issues {
            println!("  {} {}", issue.kind.code, issue.detail);
        }
        let Some(l) = library else { continue };
        println!(
            "  {} {:?} {} nx={} xstack={} relro={} canary={:?} fortify={:?} textrel={} symtab={} debug={}",
            l.abi,
            l.kind,
            l.language.as_str(),
            l.nx,
            l.executable_stack,
            l.relro.as_str(),
            l.canary,
            l.fortify,
            l.text_relocations,
            l.symbols,
            l.debug_info
        );
        println!(
            "  align={:#x}..{:#x} imports={} exports={} needed={} soname={:?} rpath={:?} runpath={:?} build_id={:?} jni={} register={}",
            l.page_alignment_min,
            l.page_alignment,
            l.imports.len(),
            l.exports.len(),
            l.needed.len(),
            l.soname,
            l.rpath,
            l.runpath,
            l.build_id,
            l.jni_methods.len(),
            l.registers_natives
        );
    }
}
