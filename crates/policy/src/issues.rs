//! Why a policy, or a part of one, could not be read.

use menshen_base::{IssueKind, text};

macro_rules! kinds {
    ($($name:ident $code:literal: $zh:literal, $en:literal; lost $lost_zh:literal, $lost_en:literal;)*) => {
        $( pub(crate) const $name: IssueKind = IssueKind {
            code: $code, title: text($zh, $en), lost: text($lost_zh, $lost_en),
        }; )*
    };
}

kinds! {
    EMPTY "policy/empty":
        "隐私政策文件为空", "the policy file is empty";
        lost "隐私政策未评估", "the privacy policy was not assessed";
    TOO_LARGE "policy/too-large":
        "隐私政策文件超过大小上限", "the policy file is larger than the limit";
        lost "隐私政策未评估", "the privacy policy was not assessed";
    UNKNOWN_FORMAT "policy/unknown-format":
        "不是 HTML、PDF、DOCX 或纯文本", "neither HTML, PDF, DOCX nor plain text";
        lost "隐私政策未评估；请另存为上述格式之一", "the privacy policy was not assessed; save it as one of these formats";
    NO_TEXT "policy/no-text":
        "文件中没有正文：可能是需要脚本生成内容的网页", "the file has no text: perhaps a page whose content a script builds";
        lost "隐私政策未评估；请在浏览器中打开后保存完整网页", "the privacy policy was not assessed; open it in a browser and save the complete page";
    IMAGES_ONLY "policy/images-only":
        "文件只有图片（例如扫描件），没有可读的文字", "the file holds only pictures, such as a scan, and no text that can be read";
        lost "隐私政策未评估；请提供文字版", "the privacy policy was not assessed; give a version with text";
    LANGUAGE "policy/language":
        "正文既不是中文也不是英文", "the text is neither Chinese nor English";
        lost "隐私政策未评估；须有简体中文版", "the privacy policy was not assessed; there has to be a simplified Chinese version";
    NOT_A_POLICY "policy/not-a-policy":
        "正文不像隐私政策", "the text does not look like a privacy policy";
        lost "隐私政策未评估；请核对文件", "the privacy policy was not assessed; check the file";
    TEXT_CUT "policy/text-cut":
        "正文超过长度上限", "the text is longer than the limit";
        lost "超出部分未评估", "the part past the limit was not assessed";
    DOCX_BROKEN "policy/docx-broken":
        "DOCX 文件损坏", "the DOCX file is broken";
        lost "损坏处之后的正文未评估", "the text behind the broken place was not assessed";
    PDF_ENCRYPTED "policy/pdf-encrypted":
        "PDF 已加密", "the PDF is encrypted";
        lost "隐私政策未评估；请提供未加密的文件", "the privacy policy was not assessed; give a file that is not encrypted";
    PDF_BROKEN "policy/pdf-broken":
        "PDF 文件损坏", "the PDF file is broken";
        lost "无法读出的页面未评估", "the pages that could not be read were not assessed";
    PDF_FONT "policy/pdf-font":
        "PDF 的部分字体没有文字对应表", "some fonts of the PDF do not say which characters their glyphs are";
        lost "用这些字体写的文字未评估", "text in these fonts was not assessed";
    PDF_LIMIT "policy/pdf-limit":
        "PDF 超过读取上限", "the PDF passes a limit of the reader";
        lost "超出部分未评估", "what lies past the limit was not assessed";
    ENCODING "policy/encoding":
        "部分字节不是所声明编码的文字", "some bytes are not text in the encoding of the file";
        lost "这些字节处的文字可能有误", "the text at these bytes may be wrong";
}
