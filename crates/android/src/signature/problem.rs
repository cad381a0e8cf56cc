//! What can be wrong with a signature: one table, zh and en.
//!
//! A problem is about the package. What could not be looked at is a scan issue instead; its
//! table is at the end.

use menshen_base::{IssueKind, StaticText, text};
use std::collections::HashMap;

/// One kind of problem.
#[derive(Debug, PartialEq, Eq)]
pub struct ProblemKind {
    /// Stable, for example `content-digest-mismatch`.
    pub code: &'static str,
    pub title: StaticText,
    pub severity: Severity,
}

/// What a problem does to the scheme that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; platforms accept the signature.
    Warning,
    /// Platforms refuse the signature.
    Error,
}

/// One problem of a scheme or of the package as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: &'static ProblemKind,
    /// The signer that has it: `CERT.RSA` for v1, a number from 0 for the others.
    pub signer: Option<String>,
    /// The particulars, in technical English: names, numbers. May be empty.
    pub detail: String,
}

/// Problems kept of each kind in one scheme.
const PER_KIND_MAX: usize = 100;

/// Problems as they are found, bounded: a hostile package has one for each of a million names.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    list: Vec<Problem>,
    /// Of each kind, by code, dropped ones too.
    counts: HashMap<&'static str, usize>,
    dropped: usize,
    errors: bool,
    /// The signer that is being looked at.
    pub(crate) signer: Option<String>,
}

impl Problems {
    pub(crate) fn add(&mut self, kind: &'static ProblemKind, detail: impl Into<String>) {
        self.errors |= kind.severity == Severity::Error;
        let count = self.counts.entry(kind.code).or_default();
        *count = count.saturating_add(1);
        if *count > PER_KIND_MAX {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        let detail = detail.into().chars().take(500).collect();
        self.list.push(Problem { kind, signer: self.signer.clone(), detail });
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.errors
    }

    pub(crate) fn finish(mut self) -> Vec<Problem> {
        if self.dropped > 0 {
            let detail = format!("{} more", self.dropped);
            self.list.push(Problem { kind: &MORE, signer: None, detail });
        }
        self.list
    }
}

macro_rules! problems {
    ($($name:ident = $severity:ident $code:literal $zh:literal $en:literal;)*) => { $(
        pub(crate) const $name: ProblemKind = ProblemKind {
            code: $code,
            title: text($zh, $en),
            severity: Severity::$severity,
        };
    )* };
}

problems! {
    MORE = Warning "more" "同类问题较多，其余从略" "more problems of the same kinds are not listed";

    // The package as a whole.
    ARCHIVE = Error "archive-malformed" "压缩包结构异常，任何平台都不会接受"
        "the archive is malformed in a way that no platform accepts";
    UNSIGNED = Error "unsigned" "没有签名" "not signed";
    BLOCK_MALFORMED = Warning "block-malformed" "签名块的条目列表中断" "the list of entries in the signing block breaks off";
    TARGET_NEEDS_V2 = Error "target-needs-v2" "targetSdk 30 及以上要求 v2 或更高版本的签名"
        "an app that targets level 30 or later must be signed with scheme v2 or later";
    SANDBOX_NEEDS_V2 = Error "sandbox-needs-v2" "targetSandboxVersion 2 要求 v2 或更高版本的签名"
        "targetSandboxVersion 2 requires a signature of scheme v2 or later";
    V1_V2_SIGNERS_DIFFER = Error "v1-v2-signers-differ" "v1 与 v2 的签名者不同" "the signers of schemes v1 and v2 differ";
    V3_SEVERAL_PAST_SIGNERS = Error "v3-several-past-signers" "v3 只允许一个签名者，而 v1 或 v2 有多个"
        "scheme v3 allows one signer only, v1 or v2 have several";
    V3_SEVERAL_SIGNERS = Error "v3-several-signers" "没有密钥轮换记录，却有多个 v3 签名者"
        "several v3 signers without a record of key rotation";
    V3_OTHER_SIGNER = Error "v3-other-signer" "v3 的签名者与 v1 或 v2 的不同，也不是由其轮换而来"
        "the v3 signer is not that of v1 or v2 nor rotated from it";
    V3_MISSING = Error "v3-missing" "有 v3.1 签名而没有 v3 签名" "a v3.1 signature without a v3 signature";
    V4_OTHER_SIGNER = Error "v4-other-signer" "v4 的签名者与 v2 或 v3 的不同" "the v4 signer is not that of v2 or v3";
    V4_OTHER_DIGEST = Error "v4-other-digest" "v4 所记的内容摘要与 v2 或 v3 的不同" "the content digest in v4 is not that of v2 or v3";
    V4_SIGNER_COUNT = Error "v4-signer-count" "v4 签名者的数目不符" "the number of v4 signers does not fit";
    V4_ALONE = Error "v4-alone" "v4 签名必须同时有 v2 或 v3 签名" "a v4 signature needs a v2 or v3 signature";

    // Schemes v2 and later.
    MALFORMED = Error "malformed" "签名数据格式错误" "the signature data are malformed";
    NO_SIGNERS = Error "no-signers" "没有签名者" "no signers";
    TOO_MANY_SIGNERS = Error "too-many-signers" "签名者过多" "too many signers";
    TOO_MUCH_WORK = Error "too-much-work" "待验证的签名过多，已停止验证" "too many signatures to verify; verification stopped";
    NO_SIGNATURES = Error "no-signatures" "签名者没有签名" "a signer without signatures";
    NO_SUPPORTED_SIGNATURE = Error "no-supported-signature" "最低版本的平台不支持其中任何一种签名算法"
        "the first platform level supports none of the signature algorithms";
    UNKNOWN_ALGORITHM = Warning "unknown-algorithm" "未知的签名算法" "unknown signature algorithm";
    UNKNOWN_ALGORITHM_V4 = Error "unknown-algorithm-v4" "v4 使用未知的签名算法" "v4 uses an unknown signature algorithm";
    KEY_MALFORMED = Error "key-malformed" "公钥无法解析或不受支持" "the public key cannot be read or is not supported";
    SIGNATURE_MISMATCH = Error "signature-mismatch" "签名与内容不符" "the signature does not match what it signs";
    CERTIFICATE_MALFORMED = Error "certificate-malformed" "证书无法解析" "the certificate cannot be read";
    NO_CERTIFICATE = Error "no-certificate" "没有证书" "no certificate";
    KEY_MISMATCH = Error "key-mismatch" "公钥与证书中的不同" "the public key is not that of the certificate";
    ALGORITHMS_MISMATCH = Error "algorithms-mismatch" "签名与摘要两处所列的算法不同" "the algorithms listed for signatures and for digests differ";
    CONTENT_DIGEST_MISMATCH = Error "content-digest-mismatch" "文件内容与所签的摘要不符：签名后被改动"
        "the content does not match the signed digest: the file was changed after signing";
    CONTENT_LAYOUT = Error "content-layout" "签名块没有按 4096 字节对齐，无法计算 verity 摘要"
        "the signing block is not aligned to 4096 bytes as verity digests require";
    UNKNOWN_ATTRIBUTE = Warning "unknown-attribute" "未知的签名属性" "unknown signature attribute";
    SCHEME_STRIPPED = Error "scheme-stripped" "签名声明还有另一版本的签名，但该签名已被去除"
        "the signature says that another scheme was used too, but that signature is gone";
    UNKNOWN_SCHEME = Warning "unknown-scheme" "签名提到未知的签名版本" "the signature names an unknown scheme";

    // Key rotation.
    LEVELS_INVALID = Error "levels-invalid" "签名者的平台版本范围无效" "the platform levels of a signer are invalid";
    LEVELS_MISMATCH = Error "levels-mismatch" "签名者的平台版本范围与所签的不同" "the platform levels of a signer are not the signed ones";
    LEVELS_INCONSISTENT = Error "levels-inconsistent" "各签名者的平台版本范围有空隙或重叠" "the platform levels of the signers leave gaps or overlap";
    LEVELS_NOT_COVERED = Error "levels-not-covered" "签名者没有覆盖全部平台版本" "the signers do not cover all platform levels";
    LINEAGE_MALFORMED = Error "lineage-malformed" "密钥轮换记录格式错误" "the record of key rotation is malformed";
    LINEAGE_NOT_VERIFIED = Error "lineage-not-verified" "密钥轮换记录验证失败" "the record of key rotation does not verify";
    LINEAGE_OTHER_CERTIFICATE = Error "lineage-other-certificate" "密钥轮换记录不以签名者的证书结尾"
        "the record of key rotation does not end with the signer's certificate";
    LINEAGES_INCONSISTENT = Error "lineages-inconsistent" "各签名者的密钥轮换记录相互矛盾" "the records of key rotation contradict each other";
    ROTATION_LEVEL_MISMATCH = Error "rotation-level-mismatch" "v3 所记的轮换起始版本与 v3.1 的不同"
        "the level of rotation noted in v3 is not that of v3.1";
    V31_STRIPPED = Error "v31-stripped" "v3 签名声明有 v3.1 签名，但该签名已被去除"
        "the v3 signature says that there is a v3.1 signature, but that is gone";
    ROTATION_NOT_NOTED = Warning "rotation-not-noted" "v3 签名没有记下 v3.1 的轮换起始版本，v3.1 可被去除而不被发现"
        "the v3 signature does not note the level of rotation: v3.1 could be removed unnoticed";
    DEV_RELEASE_IN_V3 = Warning "dev-release-in-v3" "v3 签名者带有只用于 v3.1 的属性" "a v3 signer has an attribute that is for v3.1 only";

    // Scheme v1.
    DUPLICATE_ENTRY = Error "duplicate-entry" "多个条目同名" "several entries have the same name";
    NO_MANIFEST = Error "no-manifest" "没有 META-INF/MANIFEST.MF" "no META-INF/MANIFEST.MF";
    MANIFEST_SECTION_UNNAMED = Error "manifest-section-unnamed" "清单中有未命名的段" "a section of the manifest has no name";
    MANIFEST_SECTION_DUPLICATE = Error "manifest-section-duplicate" "清单中有重复的段" "a section of the manifest occurs twice";
    ENTRY_MISSING = Error "entry-missing" "清单所列的条目不在包中" "an entry that the manifest lists is not in the package";
    SIGNATURE_FILE_MISSING = Warning "signature-file-missing" "签名块文件没有对应的 .SF 文件" "a signature block file without its .SF file";
    PKCS7_MALFORMED = Error "pkcs7-malformed" "PKCS #7 数据格式错误" "the PKCS #7 data are malformed";
    ALGORITHM_NOT_ON_ALL_LEVELS = Error "algorithm-not-on-all-levels" "部分平台版本不支持所用的签名算法"
        "some platform levels do not support the signature algorithm";
    CERTIFICATE_NOT_USABLE = Error "certificate-not-usable" "签名证书缺失或不可用于签名" "the signing certificate is missing or must not be used for signing";
    SIGNED_ATTRIBUTES_UNSAFE = Error "signed-attributes-unsafe" "Android 4.4 之前的平台不正确验证带签名属性的签名"
        "platforms before Android 4.4 do not verify signatures with signed attributes correctly";
    SF_VERSION_MISSING = Error "sf-version-missing" ".SF 文件没有版本属性" "the .SF file has no version attribute";
    SF_SECTION_UNNAMED = Error "sf-section-unnamed" ".SF 文件中有未命名的段" "a section of the .SF file has no name";
    SF_SECTION_DUPLICATE = Error "sf-section-duplicate" ".SF 文件中有重复的段" "a section of the .SF file occurs twice";
    SF_WITHOUT_MANIFEST_DIGEST = Warning "sf-without-manifest-digest" ".SF 文件没有整个清单的摘要" "the .SF file has no digest of the whole manifest";
    SF_MANIFEST_DIGEST_MISMATCH = Warning "sf-manifest-digest-mismatch" ".SF 文件中整个清单的摘要不符；改为逐段验证"
        "the digest of the whole manifest in the .SF file does not match; its sections were verified one by one";
    MAIN_SECTION_DIGEST_MISMATCH = Error "main-section-digest-mismatch" "清单主段的摘要不符" "the digest of the manifest's main section does not match";
    SECTION_DIGEST_MISMATCH = Error "section-digest-mismatch" "清单段的摘要不符" "the digest of a manifest section does not match";
    SECTION_DIGEST_MISSING = Error "section-digest-missing" ".SF 文件没有该条目的摘要" "the .SF file has no digest for an entry";
    ENTRY_DIGEST_MISSING = Error "entry-digest-missing" "清单没有该条目的摘要：未受签名保护"
        "the manifest has no digest for an entry: it is not protected by the signature";
    ENTRY_NOT_SIGNED = Error "entry-not-signed" "条目没有被任何签名者签名" "no signer signed the entry";
    ENTRY_SIGNERS_DIFFER = Error "entry-signers-differ" "各条目的签名者不同" "entries are signed by different signers";
    ENTRY_DIGEST_MISMATCH = Error "entry-digest-mismatch" "条目内容与摘要不符：签名后被改动"
        "the content of an entry does not match its digest: it was changed after signing";
    ENTRY_UNREADABLE = Error "entry-unreadable" "条目无法读取，未能验证" "an entry cannot be read and was not verified";
    NO_SIGNED_ENTRIES = Error "no-signed-entries" "没有任何条目被签名" "no entry is signed";
    NO_SIGNATURE_FILES = Error "no-signature-files" "META-INF 中没有可用的签名文件" "no usable signature files in META-INF";
    NO_STRIPPING_PROTECTION = Warning "no-stripping-protection" ".SF 文件没有声明还有更新版本的签名，该签名可被去除而不被发现"
        "the .SF file does not say that newer schemes were used: they could be removed unnoticed";
    SIGNER_IGNORED = Warning "signer-ignored" "该签名者的 .SF 文件不可用，平台忽略该签名者" "the signer's .SF file is of no use: platforms leave the signer out";
    UNPROTECTED_ENTRY = Warning "unprotected-entry" "META-INF 中的条目不受 v1 签名保护" "an entry of META-INF is not protected by scheme v1";

    // Scheme v4 and the source stamp.
    ROOT_HASH_MISMATCH = Error "root-hash-mismatch" "文件与 v4 的根哈希不符" "the file does not match the root hash of v4";
    TREE_MISMATCH = Error "tree-mismatch" "文件与 v4 的哈希树不符" "the file does not match the hash tree of v4";
    V4_VERSION = Warning "v4-version" "v4 签名的版本不是当前版本" "the version of the v4 signature is not the current one";
    STAMP_BLOCK_MISSING = Error "stamp-block-missing" "包中有来源戳证书摘要，但没有来源戳签名" "the package has the digest of a stamp certificate but no stamp";
    STAMP_DIGEST_MISSING = Error "stamp-digest-missing" "有来源戳签名，但包中没有其证书摘要" "there is a stamp but no digest of its certificate in the package";
    STAMP_OTHER_CERTIFICATE = Error "stamp-other-certificate" "来源戳的证书与包中的摘要不符" "the stamp's certificate does not match the digest in the package";
    STAMP_SCHEME_MISSING = Error "stamp-scheme-missing" "来源戳没有覆盖某一版本的签名" "the stamp does not cover one of the signature schemes";
    STAMP_TIME = Error "stamp-time" "来源戳的时间无效" "the time of the stamp is invalid";
}

pub(crate) const V1_NOT_CHECKED: IssueKind = IssueKind {
    code: "signature/v1-not-checked",
    title: text("没有验证 v1 签名", "the v1 signature was not verified"),
    lost: text(
        "Android 7.0 之前的平台是否接受该签名",
        "whether platforms before Android 7.0 accept the signature",
    ),
};
