//! Evidence that a container was not written by ordinary tools.

use menshen_base::{StaticText, text};

/// One oddity of a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    pub kind: AnomalyKind,
    /// Name of the entry; empty when it is about the container.
    pub entry: String,
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
    DuplicateName "duplicate-name" "同名条目出现多次" "several entries have the same name";
    OverlappingEntries "overlapping-entries" "条目数据相互重叠" "the data of entries overlap";
    LocalHeaderMismatch "local-central-mismatch" "本地头与中央目录不一致"
        "local header and central directory disagree";
    LocalHeaderMissing "local-header-missing" "中央目录指向的位置没有本地头"
        "no local header where the directory points";
    BogusMethod "bogus-compression-method" "压缩方法无效" "the compression method does not exist";
    EncryptionFlag "bogus-encryption-flag" "未加密的条目带有加密标志"
        "an entry that is not encrypted is flagged as encrypted";
    NameEscapes "name-escapes" "条目名试图逃出目录" "the name of an entry leaves its folder";
    NameUnprintable "unprintable-name" "条目名含不可打印字符"
        "the name of an entry holds control characters";
    NameNotUtf8 "name-not-utf8" "条目名不是有效的 UTF-8" "the name of an entry is not valid UTF-8";
    DexPrefix "dex-prefix" "ZIP 数据之前存在 DEX（Janus）"
        "a DEX file stands before the zip data (Janus)";
    PrefixData "prefix-data" "ZIP 数据之前存在其他数据" "data stand before the zip data";
    GapData "gap-data" "条目之间存在不属于任何条目的数据"
        "data between the entries that belong to none";
    TrailingData "trailing-data" "文件尾部存在多余数据" "data stand behind the end record";
    MultiDisk "multi-disk" "声明为多卷压缩包" "it claims to be one of several disks";
    WrongEntryCount "wrong-entry-count" "声明的条目数与实际不符"
        "the number of entries differs from the claimed one";
}
