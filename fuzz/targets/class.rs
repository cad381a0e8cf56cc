#![no_main]
use libfuzzer_sys::fuzz_target;
use menshen_android::class::ClassFile;

fuzz_target!(|data: &[u8]| {
    let (Some(class), _) = ClassFile::parse(data) else { return };
    class.bootstrap_methods();
    class.inner_classes();
    class.annotations(&class.attributes);
    for (index, _) in class.pool.iter() {
        class.pool.member(index);
        class.pool.dynamic(index);
    }
    for method in &class.methods {
        let Ok(Some(code)) = class.code(method) else { continue };
        code.handlers().for_each(drop);
        code.lines(&class.pool);
        for insn in code.instructions() {
            code.cases(&insn);
        }
    }
});
