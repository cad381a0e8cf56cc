//! Counts instructions, invokes and classes of DEX files, and prints how long the pass took.

use menshen_android::dex::Dex;

fn main() {
    for path in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let start = std::time::Instant::now();
        let (files, issues) = Dex::parse_all(&bytes);
        let (mut classes, mut methods, mut instructions, mut invokes) = (0, 0, 0, 0);
        for dex in &files {
            for class in dex.classes() {
                classes += 1;
                let Ok(data) = dex.class_data(&class) else { continue };
                for method in data.methods() {
                    methods += 1;
                    let Ok(Some(code)) = dex.code(method) else { continue };
                    instructions +=
                        code.units.scan(|_, op, _| invokes += u32::from(op.is_invoke()));
                }
            }
        }
        let elapsed = start.elapsed();
        println!(
            "{path}: {classes} classes, {methods} methods, {instructions} instructions, {invokes} invokes, {} issues, {elapsed:?}",
            issues.len()
        );
    }
}
