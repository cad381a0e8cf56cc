//! What can keep a part of an archive from being looked at.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    NOT_A_ZIP "zip/not-a-zip":
        "不是 ZIP 文件", "not a zip file";
        lost "整个文件未检查", "nothing of the file was looked at";
    NO_DIRECTORY "zip/no-central-directory":
        "缺少中央目录，已按本地头恢复", "no central directory; entries recovered from local headers";
        lost "未恢复的条目未检查", "entries that could not be recovered were not looked at";
    DIRECTORY_CUT "zip/directory-truncated":
        "中央目录被截断", "the central directory is cut short";
        lost "其后的条目未检查", "entries behind the cut were not looked at";
    TOO_MANY_ENTRIES "zip/too-many-entries":
        "条目数量超过上限", "more entries than the limit";
        lost "超出上限的条目未检查", "entries past the limit were not looked at";
    ENTRY_OUTSIDE "zip/entry-outside-file":
        "条目数据超出文件范围", "the data of an entry lies outside the file";
        lost "该条目未检查", "the entry was not looked at";
    ENTRY_TOO_LARGE "zip/entry-too-large":
        "条目解压后超过上限", "an entry inflates past the limit";
        lost "该条目未检查", "the entry was not looked at";
    ENTRY_LONGER "zip/entry-longer-than-declared":
        "条目解压后超过声明的大小", "an entry inflates to more than the directory declares";
        lost "该条目未检查；设备同样无法读取", "the entry was not looked at; a device cannot read it either";
    ENTRY_CORRUPT "zip/entry-corrupt":
        "条目数据损坏，无法解压", "the data of an entry does not inflate";
        lost "该条目未检查", "the entry was not looked at";
    ENTRY_ENCRYPTED "zip/encrypted-entry":
        "条目已加密", "an entry is encrypted";
        lost "该条目未检查", "the entry was not looked at";
    METHOD_UNSUPPORTED "zip/unsupported-method":
        "压缩方法不受支持", "the compression method is not supported";
        lost "该条目未检查", "the entry was not looked at";
    CRC_MISMATCH "zip/crc-mismatch":
        "条目校验和不符", "the checksum of an entry does not match";
        lost "内容已检查，但可能不完整", "the content was looked at but may be incomplete";
}
