//! Instructions as text, in the notation of smali: for code windows in reports.

use super::{Dex, Format, IndexKind, Insn, Mutf8, StringId, TypeId};
use super::{FieldId, HandleTarget, MethodId, ProtoId};
use std::fmt::Write as _;

/// Characters of a string constant that are shown.
const STRING_SHOWN_MAX: usize = 120;

impl<'a> Dex<'a> {
    /// `invoke-virtual {v0, v1}, Ljava/lang/String;->concat(Ljava/lang/String;)Ljava/lang/String;`
    pub fn write_insn(&self, out: &mut String, insn: &Insn) {
        out.push_str(insn.op.name());
        let info = insn.op.info();
        let Insn { a, b, c, literal, target, .. } = *insn;
        let _ = match info.format {
            Format::F10x => Ok(()),
            Format::F12x | Format::F22x | Format::F32x => write!(out, " v{a}, v{b}"),
            Format::F11n | Format::F21s | Format::F21h | Format::F31i | Format::F51l => {
                write!(out, " v{a}, {literal:#x}")
            }
            Format::F11x => write!(out, " v{a}"),
            Format::F10t | Format::F20t | Format::F30t => write!(out, " :{target:04x}"),
            Format::F21t | Format::F31t => write!(out, " v{a}, :{target:04x}"),
            Format::F22t => write!(out, " v{a}, v{b}, :{target:04x}"),
            Format::F23x => write!(out, " v{a}, v{b}, v{c}"),
            Format::F22b | Format::F22s => write!(out, " v{a}, v{b}, {literal:#x}"),
            Format::F21c | Format::F31c => write!(out, " v{a}"),
            Format::F22c => write!(out, " v{a}, v{b}"),
            Format::F35c | Format::F3rc | Format::F45cc | Format::F4rcc => {
                let registers: Vec<String> = insn.args().map(|reg| format!("v{reg}")).collect();
                write!(out, " {{{}}}", registers.join(", "))
            }
        };
        if info.index != IndexKind::None {
            out.push_str(", ");
            self.write_index(out, info.index, insn.index);
        }
        if matches!(info.format, Format::F45cc | Format::F4rcc) {
            out.push_str(", ");
            self.write_index(out, IndexKind::Proto, insn.index2);
        }
    }

    fn write_index(&self, out: &mut String, kind: IndexKind, index: u32) {
        let text = |value: Option<Mutf8<'_>>| {
            value.map_or_else(|| "?".to_owned(), |text| text.to_str().into_owned())
        };
        match kind {
            IndexKind::None => {}
            IndexKind::String => {
                let value = text(self.string(StringId(index)));
                let shown: String = value.chars().take(STRING_SHOWN_MAX).collect();
                let _ = write!(out, "{shown:?}");
            }
            IndexKind::Type => out.push_str(&text(self.type_name(TypeId(index)))),
            IndexKind::Field => match self.field(FieldId(index)) {
                Some(field) => {
                    let class = text(self.type_name(field.class));
                    let name = text(self.string(field.name));
                    let _ = write!(out, "{class}->{name}:{}", text(self.type_name(field.ty)));
                }
                None => out.push('?'),
            },
            IndexKind::Method => match self.method(MethodId(index)) {
                Some(method) => {
                    let class = text(self.type_name(method.class));
                    let name = text(self.string(method.name));
                    let _ = write!(out, "{class}->{name}{}", self.descriptor(method.proto));
                }
                None => out.push('?'),
            },
            IndexKind::Proto => out.push_str(&self.descriptor(ProtoId(index))),
            IndexKind::CallSite => self.write_call_site(out, index),
            IndexKind::MethodHandle => self.write_method_handle(out, index),
        }
    }

    /// `call_site_0("run", ()Ljava/lang/Runnable;, Lcom/a/B;->bootstrap(...)...)`
    fn write_call_site(&self, out: &mut String, index: u32) {
        let _ = write!(out, "call_site_{index}");
        let Some(site) = self.call_site(index) else { return };
        out.push('(');
        self.write_index(out, IndexKind::String, site.name.0);
        out.push_str(", ");
        out.push_str(&self.descriptor(site.proto));
        out.push_str("), ");
        self.write_method_handle(out, site.bootstrap);
    }

    /// `invoke-static@Lcom/a/B;->run()V`
    fn write_method_handle(&self, out: &mut String, index: u32) {
        const KINDS: [&str; 9] = [
            "static-put",
            "static-get",
            "instance-put",
            "instance-get",
            "invoke-static",
            "invoke-instance",
            "invoke-constructor",
            "invoke-direct",
            "invoke-interface",
        ];
        let Some(handle) = self.method_handle(index) else {
            let _ = write!(out, "method_handle_{index}");
            return;
        };
        out.push_str(KINDS.get(usize::from(handle.kind)).unwrap_or(&"?"));
        out.push('@');
        match handle.target {
            HandleTarget::Field(field) => self.write_index(out, IndexKind::Field, field.0),
            HandleTarget::Method(method) => self.write_index(out, IndexKind::Method, method.0),
        }
    }
}
