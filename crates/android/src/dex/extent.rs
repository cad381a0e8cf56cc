//! How much the classes of a file hold in all.
//!
//! Tables may point at the same class data, code or values any number of times: a file of some
//! kilobytes can describe gigabytes of code. Compilers do share code and values between a few
//! methods; past a multiple of the file's size the rest of the classes is left out.

use super::reader::{Cursor, u32_at};
use super::{Dex, issues, row};
use menshen_base::ScanIssue;

/// What classes may hold in all, as a multiple of the bytes of the file.
const EXTENT_RATIO_MAX: usize = 4;
const EXTENT_BASE: usize = 1 << 20;
/// Classes are numbered by 16-bit types.
const CLASSES_MAX: usize = 0x1_0000;
const CLASS_DEF_SIZE: usize = 32;

impl Dex<'_> {
    /// Shortens the table of classes to what may be looked at. `sharers`: files of the container.
    pub(super) fn limit_classes(&mut self, sharers: usize, found: &mut Vec<ScanIssue>) {
        let all = self.classes.len().checked_div(CLASS_DEF_SIZE).unwrap_or(0);
        let max = self.data.len().saturating_mul(EXTENT_RATIO_MAX).saturating_add(EXTENT_BASE);
        let mut left = max.checked_div(sharers).unwrap_or(max);
        let mut kept = 0usize;
        for class in self.classes.chunks_exact(CLASS_DEF_SIZE).take(CLASSES_MAX) {
            // What cannot be read costs nothing and is an issue of its class.
            let extent = self.extent(class, left).unwrap_or(0).saturating_add(CLASS_DEF_SIZE);
            let Some(rest) = left.checked_sub(extent) else { break };
            left = rest;
            kept = kept.saturating_add(1);
        }
        if kept < all {
            let detail = format!("{kept} of {all} classes kept");
            found.push(ScanIssue::new(&issues::EXTENT).detail(detail));
            self.classes =
                self.classes.get(..kept.saturating_mul(CLASS_DEF_SIZE)).unwrap_or_default();
        }
    }

    /// Bytes of interfaces, values, members and code of a class; counts no further than `max`.
    fn extent(&self, class: &[u8], max: usize) -> Option<usize> {
        let lists = self.list_bytes(class).unwrap_or(0);
        let data_offset = u32_at(class, 24)?;
        if data_offset == 0 {
            return Some(lists);
        }
        let mut cursor = Cursor::at(self.data, data_offset)?;
        let before = cursor.rest().len();
        let mut sizes = [0u32; 4];
        for size in &mut sizes {
            *size = cursor.uleb128()?;
        }
        let [static_fields, instance_fields, direct_methods, virtual_methods] = sizes;
        for _ in 0..u64::from(static_fields).saturating_add(instance_fields.into()) {
            cursor.uleb128()?;
            cursor.uleb128()?;
        }
        let mut code = 0usize;
        for _ in 0..u64::from(direct_methods).saturating_add(virtual_methods.into()) {
            cursor.uleb128()?;
            cursor.uleb128()?;
            let offset = usize::try_from(cursor.uleb128()?).ok()?;
            if offset > 0 {
                code = code.saturating_add(self.code_bytes(offset));
                if code > max {
                    break;
                }
            }
        }
        let members = before.saturating_sub(cursor.rest().len());
        Some(lists.saturating_add(members).saturating_add(code))
    }

    /// Bytes of the instructions of one method, with its header; no more than the file has.
    fn code_bytes(&self, offset: usize) -> usize {
        let units = u32_at(self.data, offset.saturating_add(12)).unwrap_or(0);
        let bytes = usize::try_from(units).unwrap_or(usize::MAX).saturating_mul(2);
        bytes.min(self.data.len()).saturating_add(16)
    }

    fn list_bytes(&self, class: &[u8]) -> Option<usize> {
        let mut bytes = 0usize;
        let interfaces = u32_at(class, 12)?;
        if interfaces != 0
            && let Some(mut cursor) = Cursor::at(self.data, interfaces)
        {
            let size = usize::try_from(cursor.u32().unwrap_or(0)).unwrap_or(0);
            bytes = bytes.saturating_add(size.saturating_mul(2).min(cursor.rest().len()));
        }
        let values = u32_at(class, 28)?;
        if values != 0
            && let Some(mut cursor) = Cursor::at(self.data, values)
        {
            let size = usize::try_from(cursor.uleb128().unwrap_or(0)).unwrap_or(0);
            bytes = bytes.saturating_add(size.min(cursor.rest().len()));
        }
        // The name is copied for each class: a long one counts.
        let name = || {
            let ty = row(self.types, u32_at(class, 0)?, 4).and_then(|row| u32_at(row, 0))?;
            let at = row(self.strings, ty, 4).and_then(|row| u32_at(row, 0))?;
            Cursor::at(self.data, at)?.uleb128()
        };
        let name = usize::try_from(name().unwrap_or(0)).unwrap_or(0).min(self.data.len());
        Some(bytes.saturating_add(name))
    }
}
