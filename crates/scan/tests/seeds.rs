//! Replays the seeds of the fuzz targets: what fuzzing found once stays found.
//!
//! Each file of `fuzz/seeds/<target>/` goes through the function that the target calls, whole,
//! cut short, and with bytes changed at fixed places.

#[path = "../../../fuzz/exercise/mod.rs"]
mod exercise;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Cuts and changes tried with each seed.
const VARIANTS: usize = 64;
/// One seed with its variants; many times what it takes on a busy machine.
const TIME_MAX: Duration = Duration::from_secs(60);

fn replay(target: &str, run: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty(), "{} holds no seeds", folder.display());
    for path in paths {
        let seed = fs::read(&path).unwrap();
        let start = Instant::now();
        run(&seed);
        for step in 0..VARIANTS {
            let at = seed.len() * step / VARIANTS;
            run(&seed[..at]);
            let mut changed = seed.clone();
            if let Some(byte) = changed.get_mut(at) {
                *byte ^= 1 << (step % 8);
            }
            run(&changed);
        }
        assert!(start.elapsed() < TIME_MAX, "{} took {:?}", path.display(), start.elapsed());
    }
}

macro_rules! targets {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            replay(stringify!($name), exercise::$name);
        }
    )* };
}

targets! { zip axml arsc dex class signature aab elf }

#[test]
fn every_target_has_seeds_and_a_dictionary() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let targets: Vec<&str> = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"targets/")?.strip_suffix(".rs\""))
        .collect();
    assert_eq!(targets.len(), 8);
    for target in targets {
        for path in [
            format!("targets/{target}.rs"),
            format!("seeds/{target}"),
            format!("dicts/{target}.dict"),
        ] {
            assert!(fuzz.join(&path).exists(), "fuzz/{path} is missing");
        }
    }
}
