//! What can keep a part of a DEX file from being looked at.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    NOT_DEX "dex/not-dex":
        "不是 DEX 文件", "not a DEX file";
        lost "该文件的代码未检查", "the code of the file was not looked at";
    COMPACT "dex/compact":
        "CompactDex 不受支持", "compact DEX is not supported";
        lost "该文件的代码未检查", "the code of the file was not looked at";
    VERSION "dex/unknown-version":
        "未知的 DEX 版本，按最新格式读取", "unknown DEX version, read as the newest";
        lost "新特性可能未被识别", "new features may go unnoticed";
    TABLE "dex/table-outside-file":
        "DEX 表超出文件范围，已截短", "a table of the DEX file runs over its end and was cut";
        lost "超出部分未检查", "what lies behind was not looked at";
    CLASS_DATA "dex/bad-class-data":
        "类数据无法读取", "the data of a class cannot be read";
        lost "该类的方法未检查", "the methods of the class were not looked at";
    CODE "dex/bad-code":
        "方法代码无法读取", "the code of a method cannot be read";
        lost "该方法未检查", "the method was not looked at";
    EXTENT "dex/repeats-itself":
        "类过多，或反复指向同一内容", "too many classes, or they point at the same content again and again";
        lost "其余的类未检查", "the classes behind the limit were not looked at";
    CONTAINER "dex/bad-container":
        "DEX 容器中的后续文件无法读取", "a further file of a DEX container cannot be read";
        lost "其代码未检查", "its code was not looked at";
    MAP "dex/map-mismatch":
        "DEX 映射表与文件头不一致，以文件头为准", "the map list differs from the header, which was followed";
        lost "仅映射表所指的内容未检查", "what only the map list points to was not looked at";
}
