//! What one method mentions that leads on to other code.

use super::index::Index;
use menshen_android::dex::Code;

const INVOKE_VIRTUAL: u8 = 0x6e;
const INVOKE_INTERFACE: u8 = 0x72;
const INVOKE_STATIC: u8 = 0x71;
const INVOKE_VIRTUAL_RANGE: u8 = 0x74;
const INVOKE_STATIC_RANGE: u8 = 0x77;
const INVOKE_INTERFACE_RANGE: u8 = 0x78;
const INVOKE_CUSTOM: [u8; 2] = [0xfc, 0xfd];
const CONST_CLASS: u8 = 0x1c;
const CONST_STRING_JUMBO: u8 = 0x1b;
const STATIC_FIELDS: std::ops::RangeInclusive<u8> = 0x60..=0x6d;

/// One mention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site {
    pub(super) pc: u32,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// A call bound to the method named.
    Direct(u32),
    Static(u32),
    /// A call bound to the receiver's class.
    Dynamic(u32),
    /// A dynamic call site.
    Custom(u32),
    New(u32),
    ClassLiteral(u32),
    StaticField(u32),
    Text(u32),
}

/// All mentions, in program order.
pub(super) fn sites(code: &Code<'_>) -> Vec<Site> {
    let mut sites = Vec::new();
    code.units.scan(|pc, op, second| {
        let index = u32::from(second);
        let what = if op.is_invoke() {
            match op.0 {
                INVOKE_VIRTUAL
                | INVOKE_VIRTUAL_RANGE
                | INVOKE_INTERFACE
                | INVOKE_INTERFACE_RANGE => What::Dynamic(index),
                INVOKE_STATIC | INVOKE_STATIC_RANGE => What::Static(index),
                custom if INVOKE_CUSTOM.contains(&custom) => What::Custom(index),
                _ => What::Direct(index),
            }
        } else if op.is_new_instance() {
            What::New(index)
        } else if op.0 == CONST_CLASS {
            What::ClassLiteral(index)
        } else if op.is_const_string() {
            let jumbo = op.0 == CONST_STRING_JUMBO;
            What::Text(match code.units.decode(pc).filter(|_| jumbo) {
                Some(insn) => insn.index,
                None => index,
            })
        } else if STATIC_FIELDS.contains(&op.0) {
            What::StaticField(index)
        } else {
            return;
        };
        sites.push(Site { pc, what });
    });
    sites
}

/// The called methods' names with their classes: for questions about the method as a whole.
pub(super) fn calls(
    index: &mut Index<'_, '_, '_>,
    file: u32,
    sites: &[Site],
) -> Vec<super::index::Reference> {
    sites
        .iter()
        .filter_map(|site| match site.what {
            What::Direct(id) | What::Static(id) | What::Dynamic(id) => index.reference(file, id),
            _ => None,
        })
        .collect()
}
