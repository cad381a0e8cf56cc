//! What can keep a part of an XML document from being looked at.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    NOT_XML "xml/not-xml":
        "不是 Android 二进制 XML", "not an Android binary XML file";
        lost "该文件未检查", "the file was not looked at";
    NO_ROOT "xml/no-root":
        "XML 没有根元素", "the XML file has no root element";
        lost "该文件未检查", "the file was not looked at";
    TRUNCATED "xml/truncated":
        "XML 文件被截断，Android 会拒绝它", "the XML file is cut short; Android would reject it";
        lost "缺失的部分未检查", "what is missing was not looked at";
    BAD_CHUNK "xml/bad-chunk":
        "XML 中的数据块无效，Android 会拒绝它", "a chunk of the XML file is invalid; Android would reject it";
        lost "其后的内容未检查", "what lies behind it was not looked at";
    TOO_DEEP "xml/too-deep":
        "XML 元素嵌套过深", "XML elements are nested too deep";
        lost "更深的元素未检查", "elements further down were not looked at";
    LIMIT "xml/too-many":
        "XML 的元素、属性或文本超出上限", "the XML file holds more elements, attributes or text than are read";
        lost "超出上限的部分未检查", "what lies beyond the limit was not looked at";
    SYNTAX "xml/syntax":
        "XML 语法错误", "the XML is not well-formed";
        lost "错误之后的内容未检查", "what lies behind the error was not looked at";
}
