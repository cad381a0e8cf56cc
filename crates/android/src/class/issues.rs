//! What can keep a part of a class file from being looked at.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    NOT_CLASS "class/not-class":
        "不是 Java 类文件", "not a Java class file";
        lost "该文件的代码未检查", "the code of the file was not looked at";
    VERSION "class/unknown-version":
        "未知的类文件版本，按最新格式读取", "unknown class file version, read as the newest";
        lost "新特性可能未被识别", "new features may go unnoticed";
    POOL "class/bad-constant-pool":
        "常量池无法读取", "the constant pool cannot be read";
        lost "该类未检查", "the class was not looked at";
    HEADER "class/bad-header":
        "类文件头无法读取", "the head of the class cannot be read";
        lost "该类未检查", "the class was not looked at";
    MEMBERS "class/cut-members":
        "字段或方法表不完整", "the table of fields or methods is cut short";
        lost "其余成员未检查", "the remaining members were not looked at";
    ATTRIBUTES "class/cut-attributes":
        "类属性不完整", "the attributes of the class are cut short";
        lost "注解和引导方法可能缺失", "annotations and bootstrap methods may be missing";
    CODE "class/bad-code":
        "方法代码无法读取", "the code of a method cannot be read";
        lost "该方法未检查", "the method was not looked at";
}
