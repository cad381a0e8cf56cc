//! What can keep a part of a native library from being looked at.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    NOT_ELF "elf/not-elf":
        "不是 ELF 文件", "not an ELF file";
        lost "该文件未检查", "the file was not looked at";
    HEADER "elf/bad-header":
        "ELF 头无法读取", "the ELF header cannot be read";
        lost "该文件未检查", "the file was not looked at";
    SEGMENTS "elf/bad-program-headers":
        "程序头表不完整或越界", "the program header table is incomplete or outside the file";
        lost "无法读取的段及其保护未检查", "segments that cannot be read and their protections were not looked at";
    SECTIONS "elf/bad-section-headers":
        "节头表越界", "the section header table lies outside the file";
        lost "是否保留符号表与调试信息未检查", "whether symbols and debug information remain was not looked at";
    DYNAMIC "elf/bad-dynamic":
        "动态段无法完整读取", "the dynamic segment cannot be read whole";
        lost "导入、导出与链接选项可能不全", "imports, exports and link options may be incomplete";
    SYMBOLS "elf/bad-symbols":
        "动态符号表无法完整读取", "the dynamic symbol table cannot be read whole";
        lost "部分导入与导出未检查", "some imports and exports were not looked at";
    LIMIT "elf/limit":
        "超出读取上限，已截短", "a limit of the reader was reached and the rest was cut";
        lost "超出部分未检查", "what lies beyond was not looked at";
}
