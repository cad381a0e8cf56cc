//! What the fuzz targets do with their input: each reader is asked for everything it can give.
//!
//! The targets under `targets/` call one function each; the ordinary tests replay the seeds
//! through the same functions (`crates/scan/tests/seeds.rs`). A reader must return on any bytes;
//! what it returns is checked for what holds on every input.

mod signature;

pub(crate) use signature::signature;

use menshen_android::axml::Document;
use menshen_android::{aab, arsc, class, dex};
use menshen_archive::Zip;
use menshen_native::Library;
use std::hint::black_box;

/// Largest content asked of an archive.
const CONTENT_MAX: usize = 1 << 20;
/// Resources, classes and methods looked at one by one.
const ITEMS_MAX: usize = 256;

pub(crate) fn zip(data: &[u8]) {
    let (zip, issues) = Zip::parse(data);
    let Some(zip) = zip else {
        assert!(!issues.is_empty(), "no archive and no reason");
        return;
    };
    for entry in zip.entries().iter().take(ITEMS_MAX) {
        if let Ok(content) = zip.read(entry, CONTENT_MAX) {
            assert!(content.len() <= CONTENT_MAX);
        }
        if let Ok(prefix) = zip.read_prefix(entry, 16) {
            assert!(prefix.len() <= 16);
        }
        let _ = black_box(zip.verify(entry, CONTENT_MAX as u64));
        assert!(zip.find(&entry.name).is_some());
    }
}

pub(crate) fn axml(data: &[u8]) {
    see_document(Document::parse(data).0);
    see_document(Document::parse_text(data).0);
}

pub(crate) fn aab(data: &[u8]) {
    see_document(aab::parse_xml(data).0);
    see_table(aab::parse_resources(data).0);
}

fn see_document(document: Option<Document>) {
    let Some(document) = document else { return };
    for element in document.elements() {
        for attribute in &element.attributes {
            let value = (attribute.text(), attribute.as_bool(), attribute.as_int());
            black_box((value, attribute.as_reference()));
        }
    }
    black_box(document.print());
}

pub(crate) fn arsc(data: &[u8]) {
    see_table(arsc::ResourceTable::parse(data).0);
}

fn see_table(table: Option<arsc::ResourceTable<'_>>) {
    let Some(table) = table else { return };
    table.packages();
    let mut ids = Vec::new();
    table.for_each_id(&mut |id| {
        if ids.len() < ITEMS_MAX {
            ids.push(id);
        }
    });
    for id in ids {
        if let Some((kind, name)) = table.name_of(id).as_deref().and_then(|n| n.split_once('/')) {
            black_box(table.id_of(kind, name));
        }
        let preference = arsc::Preference { locale: Some("zh-CN"), sdk: Some(30), night: true };
        black_box((table.entries(id), table.resolve(id), table.bag(id)));
        black_box((table.best(id, preference), table.default_value(id)));
    }
    table.for_each_string(&mut |id, config, text| {
        black_box((id, config, text.len()));
    });
}

pub(crate) fn dex(data: &[u8]) {
    let (files, _) = dex::Dex::parse_all(data);
    for dex in files.iter().take(4) {
        dex.check_map();
        for index in 0..dex.call_site_count().min(256) {
            dex.call_site(index);
        }
        for (index, class) in (0..).zip(dex.classes().take(ITEMS_MAX)) {
            dex.static_values(&class);
            dex.annotations(&class);
            let Ok(data) = dex.class_data(&class) else { continue };
            dex.hidden_api(index, &data);
            for method in data.methods().take(ITEMS_MAX) {
                see_dex_code(dex, method);
            }
        }
    }
}

fn see_dex_code(dex: &dex::Dex<'_>, method: &dex::EncodedMethod) {
    let Ok(Some(code)) = dex.code(method) else { return };
    code.tries().for_each(drop);
    code.lines(dex);
    for insn in code.units.instructions().take(4096) {
        dex.write_insn(&mut String::new(), &insn);
        code.units.payload(&insn);
    }
}

pub(crate) fn class(data: &[u8]) {
    let (Some(class), _) = class::ClassFile::parse(data) else { return };
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
}

pub(crate) fn elf(data: &[u8]) {
    let (library, issues) = Library::read(data);
    assert!(library.is_some() || !issues.is_empty(), "no library and no reason");
    black_box(menshen_native::printable(data, 6).count());
}
