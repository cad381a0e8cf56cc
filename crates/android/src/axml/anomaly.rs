//! Evidence that a binary XML file or resource table was not written by ordinary tools.
//! Android tolerates all of it; a reader that does not is what it is aimed at.

use menshen_base::{IssueKind, ScanIssue, StaticText, text};

/// Anomalies kept of each kind.
const ANOMALIES_PER_KIND_MAX: usize = 20;
/// Scan issues kept of one file.
const ISSUES_MAX: usize = 100;

/// One oddity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    /// Bytes from the start of the file.
    pub offset: usize,
    /// Values and counts, in technical English.
    pub detail: String,
}

macro_rules! anomaly_kinds {
    ($($variant:ident $name:literal $zh:literal $en:literal;)*) => {
        /// What is odd. The names are stable and used by rules.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum AnomalyKind { $( #[doc = $en] $variant, )* }

        impl AnomalyKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            pub fn as_str(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            pub fn text(self) -> StaticText {
                match self { $( Self::$variant => text($zh, $en), )* }
            }
        }
    };
}

anomaly_kinds! {
    WrongMagic "wrong-magic" "文件头类型不是标准值" "the type in the file header is not the standard one";
    LargeHeader "large-header" "块头大于标准长度" "the header of a chunk is larger than the standard";
    TrailingData "trailing-data" "文件末尾之后存在多余数据" "data stand behind the end of the document";
    UnknownChunk "unknown-chunk" "存在未知类型的块" "a chunk of unknown type";
    UnknownFlags "unknown-flags" "标志位含未定义的值" "flags that are not defined are set";
    OversizedChunk "oversized-chunk" "块长度大于其内容" "a chunk is larger than its content";
    RepeatedChunk "repeated-chunk" "应唯一的块出现多次" "a chunk that should be unique is repeated";
    AttributeLayout "attribute-layout" "属性的起始位置或大小不是标准值"
        "start or size of the attributes is not the standard one";
    AttributeName "attribute-name-differs" "属性名与其资源 ID 不符"
        "the name of an attribute is not the one of its resource id";
    AttributeNamespace "attribute-namespace-differs" "属性的命名空间与其资源 ID 不符"
        "the namespace of an attribute is not the one of its resource id";
    AttributeWithoutId "attribute-without-id" "android 命名空间的属性没有资源 ID，系统会忽略它"
        "an attribute of the android namespace has no resource id; Android ignores it";
    AttributeOrder "attribute-order" "属性未按资源 ID 排序，系统会忽略部分属性"
        "attributes are not sorted by resource id; Android passes over some";
    RepeatedAttribute "repeated-attribute" "同一元素的属性重复" "an element has an attribute twice";
    RawValueDiffers "raw-value-differs" "属性的原始文本与类型化的值不一致"
        "text and typed value of an attribute differ";
    ValueSize "value-size" "值结构的大小不是 8" "the size of a value is not 8";
    BadString "bad-string" "字符串编码错误，系统不会返回它"
        "a string is badly encoded; Android does not return it";
    MissingString "missing-string" "引用了不存在的字符串" "a string that does not exist is referred to";
    SeveralRoots "several-roots" "文档有多个根元素" "the document has several root elements";
    UnbalancedElements "unbalanced-elements" "开始与结束标签不匹配" "start and end of elements do not match";
    TypeWithoutSpec "type-without-spec" "资源类型缺少说明块" "a resource type has no specification chunk";
}

/// Issues and anomalies as they are met, each bounded in number.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    pub(crate) issues: Vec<ScanIssue>,
    pub(crate) anomalies: Vec<Anomaly>,
}

impl Notes {
    pub(crate) fn issue(&mut self, kind: &'static IssueKind, at: usize, detail: impl Into<String>) {
        if self.issues.len() < ISSUES_MAX {
            self.issues.push(ScanIssue::new(kind).at(at).detail(detail));
        }
    }

    pub(crate) fn odd(&mut self, kind: AnomalyKind, offset: usize, detail: impl Into<String>) {
        let same = self.anomalies.iter().filter(|anomaly| anomaly.kind == kind).count();
        if same < ANOMALIES_PER_KIND_MAX {
            self.anomalies.push(Anomaly { kind, offset, detail: detail.into() });
        }
    }
}
