#![no_main]
use libfuzzer_sys::fuzz_target;
use menshen_android::signature::{ApkView, Entries, Request, V1Check, verify};
use menshen_archive::Zip;
use menshen_base::ScanIssue;
use std::borrow::Cow;

struct ZipEntries<'a>(&'a Zip<'a>);

impl Entries for ZipEntries<'_> {
    fn count(&self) -> usize {
        self.0.entries().len()
    }

    fn name(&self, index: usize) -> &[u8] {
        self.0.entries()[index].raw_name
    }

    fn read(&self, index: usize, bytes_max: usize) -> Result<Cow<'_, [u8]>, ScanIssue> {
        self.0.read(&self.0.entries()[index], bytes_max.min(1 << 20))
    }
}

fuzz_target!(|data: &[u8]| {
    let (Some(zip), _) = Zip::parse(data) else { return };
    let view = ApkView {
        file: data,
        central_directory_offset: zip.central_directory_offset(),
        end_of_central_directory_offset: zip.end_of_central_directory_offset(),
        entries: &ZipEntries(&zip),
    };
    verify(&view, &Request { v1: V1Check::Always, idsig: Some(data), ..Request::new(1, None) });
});
