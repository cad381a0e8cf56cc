#![no_main]
use libfuzzer_sys::fuzz_target;
use menshen_android::dex::Dex;

fuzz_target!(|data: &[u8]| {
    let (files, _) = Dex::parse_all(data);
    for dex in files.iter().take(4) {
        dex.check_map();
        for index in 0..dex.call_site_count().min(256) {
            dex.call_site(index);
        }
        for (index, class) in (0..).zip(dex.classes().take(256)) {
            dex.static_values(&class);
            dex.annotations(&class);
            let Ok(data) = dex.class_data(&class) else { continue };
            dex.hidden_api(index, &data);
            for method in data.methods().take(256) {
                let Ok(Some(code)) = dex.code(method) else { continue };
                code.tries().for_each(drop);
                code.lines(dex);
                for insn in code.units.instructions().take(4096) {
                    dex.write_insn(&mut String::new(), &insn);
                    code.units.payload(&insn);
                }
            }
        }
    }
});
