//! Facts about the code: calls that rules ask about with what is known of their arguments,
//! overridden methods and their shape, reads of fields, where strings are used.
//!
//! Two passes over the DEX files, both in parallel. The first ([`Program::index`]) learns the
//! classes and their supertypes. The second walks all instructions without decoding them and
//! analyses only the methods that mention something a rule asked for ([`targets`]), so that cost
//! follows what rules need and not what the app holds.

mod constants;
mod jvm;
mod methods;
mod names;
mod record;
mod shape;
mod targets;

pub use menshen_flow::program::{ClassEntry, ClassUnit, DexFile, Program};
pub use methods::{StringUse, StringUses, detect};
pub use shape::code_shape;

use menshen_base::{CodePlace, IssueKind, Place, text};

/// A method larger or more tangled than the analysis follows.
pub const METHOD_TOO_COMPLEX: IssueKind = IssueKind {
    code: "code/method-too-complex",
    title: text("方法过大或控制流过于复杂", "the method is too large or too tangled to analyse"),
    lost: text("该方法内的调用参数未求值", "arguments of the calls in it were not evaluated"),
};

/// A place in the code of one DEX file.
pub(crate) fn place(path: &str, class: String, member: String, pc: Option<u32>) -> Place {
    Place {
        path: path.to_owned(),
        offset: None,
        code: Some(CodePlace { class, member, instruction: pc, line: None }),
    }
}
