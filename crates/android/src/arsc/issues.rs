//! What can keep a part of a resource table from being looked at.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    BAD_POOL "resources/bad-string-pool":
        "字符串池损坏，Android 会拒绝它", "a string pool is broken; Android would reject it";
        lost "部分字符串可能未被读取", "some strings may not have been read";
    NOT_TABLE "resources/not-a-table":
        "不是资源表", "not a resource table";
        lost "资源值未检查", "resource values were not looked at";
    BAD_CHUNK "resources/bad-chunk":
        "资源表中的数据块无法读取", "a chunk of the resource table cannot be read";
        lost "该块中的资源未检查", "the resources in it were not looked at";
    LIMIT "resources/too-many":
        "资源表的条目数超出上限", "the resource table holds more than is read";
        lost "超出上限的部分未检查", "what lies beyond the limit was not looked at";
}
