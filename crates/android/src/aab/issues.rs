//! What can keep a part of a bundle's XML or resources from being looked at.

use menshen_base::{IssueKind, text};

pub(super) const BROKEN: IssueKind = IssueKind {
    code: "aab/broken-message",
    title: text("Protobuf 消息损坏", "a protobuf message is broken"),
    lost: text("损坏处之后的内容未检查", "what lies behind the fault was not looked at"),
};
pub(super) const NOT_XML: IssueKind = IssueKind {
    code: "aab/not-xml",
    title: text("不是 AAB 中的 protobuf XML", "not a protobuf XML file of a bundle"),
    lost: text("该文件未检查", "the file was not looked at"),
};
pub(super) const NOT_TABLE: IssueKind = IssueKind {
    code: "aab/not-a-table",
    title: text("不是 AAB 的资源表", "not the resource table of a bundle"),
    lost: text("资源值未检查", "resource values were not looked at"),
};
