//! Who the operator is and how it is reached.

use crate::context::{self, About};
use crate::model::{Cited, Contact};
use crate::patterns::patterns;
use crate::sentences::Laid;

const ADDRESS_CHARACTERS_MAX: usize = 120;
/// Numbers of each kind that are kept; more is a directory, not a contact.
const KEPT_MAX: usize = 20;

patterns! {
    EMAIL = r"[a-z0-9][a-z0-9._%+\-]*@[a-z0-9\-]+(?:\.[a-z0-9\-]+)+";
    EMAIL_SPELT = r"([a-z0-9][a-z0-9._%+\-]*) ?(?:\[at\]|\(at\)|（at）|#|＃) ?([a-z0-9\-]+(?:\.[a-z]{2,})+)";
    PHONE_LABEL = r"电话|联系|热线|手机|致电|拨打|tel|phone|call|传真";
    PHONE = r"(?:\+?86[\- ]?)?(?:400[\- ]?\d{3,4}[\- ]?\d{3,4}|0\d{2,3}[\- ]?\d{7,8}(?:[\-转 ]\d{1,5})?|1[3-9]\d{9}|95\d{3,6}|10\d{3}|800[\- ]?\d{3}[\- ]?\d{4})|\+\d{1,3}[\- ]?\d{2,4}[\- ]?\d{3,4}[\- ]?\d{3,4}";
    ADDRESS = r"(?:地址|住所地?|邮寄至|寄至)(?:为|是|位于|：|:)\s*([^；。，|）)]{5,120})|(?:address|write to us at|mail to)(?: is)?\s*[:：]?\s+([^;|]{10,120})";
    REGISTERED = r"注册地址|注册地|常用办公地址|办公地址|联系地址|通讯地址|邮寄地址|收件地址|公司地址";
    COMPANY = r"([\p{Han}a-z（）()·&]{2,40}?(?:股份有限公司|有限责任公司|有限公司))|(?-i:\b([A-Z][A-Za-z0-9&]*(?: (?:[A-Z][A-Za-z0-9&]*|of|and|&)){0,5},? (?:Co\., ?Ltd|Ltd|Limited|Inc|LLC|GmbH|Corp)\b))";
    OPERATOR = r"(?:运营者|运营方|开发者|开发方|运营主体|公司名称|主体名称|个人信息处理者|信息处理者|developer|operator|controller)(?:名称|为|是|：|:)*";
    OFFICER = r"个人信息保护(负责人|部门|专员|机构|专职)|数据保护(官|负责人)|data protection officer|privacy officer|privacy team|\bdpo\b|隐私(保护)?(负责人|专员|团队)";
    LEADING = r"^(.*(?:由|是|为|系|指|：|:|即|和|与|与其|欢迎使用|您好|我们|“|”|「|之))";
}

pub(crate) fn find(laid: &Laid) -> Contact {
    let about = context::of_sections(laid);
    let mut contact = Contact::default();
    let mut companies: Vec<(String, usize, usize)> = Vec::new();
    for (index, sentence) in laid.sentences.iter().enumerate() {
        let text = sentence.text.as_str();
        let folded = laid.folded.get(index).map_or("", String::as_str);
        // Rows of tables of SDKs have the addresses of others.
        if sentence.cells.len() > 2 {
            continue;
        }
        for found in EMAIL.find_iter(text) {
            let email = found.as_str().trim_end_matches('.').to_owned();
            push(&mut contact.emails, email, index);
        }
        for found in EMAIL_SPELT.captures_iter(text) {
            if let (Some(name), Some(host)) = (found.get(1), found.get(2)) {
                push(&mut contact.emails, format!("{}@{}", name.as_str(), host.as_str()), index);
            }
        }
        let in_contact = about.get(sentence.section).copied().flatten() == Some(About::Contact);
        if in_contact || PHONE_LABEL.is_match(folded) {
            for found in
                PHONE.find_iter(text).filter(|found| stands_alone(text, found.start(), found.end()))
            {
                push(&mut contact.phones, found.as_str().trim().to_owned(), index);
            }
        }
        if let Some(address) = address(text, folded) {
            push(&mut contact.addresses, address, index);
        }
        if contact.officer.is_none() && OFFICER.is_match(folded) {
            contact.officer = Some(index);
        }
        companies_of(text, index, &mut companies);
    }
    contact.controller = controller(laid, companies);
    contact
}

fn push(list: &mut Vec<Cited<String>>, value: String, sentence: usize) {
    if list.len() < KEPT_MAX && !list.iter().any(|known| known.value == value) {
        list.push(Cited { value, sentence });
    }
}

/// Not part of a longer number.
fn stands_alone(text: &str, start: usize, end: usize) -> bool {
    let bytes = text.as_bytes();
    let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    !digit(start.checked_sub(1)) && !digit(Some(end))
}

fn address(text: &str, folded: &str) -> Option<String> {
    if folded.contains("ip地址")
        || folded.contains("mac地址")
        || folded.contains("邮箱地址")
        || folded.contains("网址")
    {
        return None;
    }
    let found = ADDRESS.captures(text)?;
    let value = found.get(1).or_else(|| found.get(2))?.as_str().trim();
    let place = value.contains(['省', '市', '区', '路', '街', '号', '县', '镇', '楼', '室'])
        || REGISTERED.is_match(folded)
        || value.is_ascii() && value.contains(|c: char| c.is_ascii_digit());
    let looks_like = place
        && !value.contains('@')
        && !value.contains("://")
        && value.chars().count() <= ADDRESS_CHARACTERS_MAX;
    looks_like.then(|| value.to_owned())
}

fn companies_of(text: &str, sentence: usize, companies: &mut Vec<(String, usize, usize)>) {
    for found in COMPANY.captures_iter(text) {
        let Some(name) = found.get(1).or_else(|| found.get(2)) else { continue };
        let name = LEADING.replace(name.as_str(), "");
        let name =
            name.trim_matches(|c: char| matches!(c, '（' | '(' | '“' | ' ' | '·')).to_owned();
        let name = if name.contains('）') && !name.contains('（') {
            name.rsplit('）').next().unwrap_or_default().to_owned()
        } else {
            name
        };
        if name.chars().count() < 6 {
            continue;
        }
        let room = companies.len() < 500;
        match companies.iter_mut().find(|(known, ..)| *known == name) {
            Some((_, _, count)) => *count = count.saturating_add(1),
            None if room => companies.push((name, sentence, 1)),
            None => {}
        }
    }
}

/// The company behind `运营者：`, else the one named first outside lists of others.
fn controller(laid: &Laid, companies: Vec<(String, usize, usize)>) -> Option<Cited<String>> {
    let operator = companies.iter().find(|(name, sentence, _)| {
        let text = laid.sentences.get(*sentence).map_or("", |sentence| sentence.text.as_str());
        text.split_once(name.as_str()).is_some_and(|(before, _)| {
            OPERATOR
                .find_iter(before)
                .last()
                .is_some_and(|found| before.len().saturating_sub(found.end()) < 12)
                && !crate::fold::fold(text).contains("sdk")
        })
    });
    let first = companies.iter().find(|(_, sentence, _)| {
        laid.folded
            .get(*sentence)
            .is_some_and(|folded| !folded.contains("sdk") && !folded.contains("第三方"))
    });
    let chosen = operator.or(first)?;
    Some(Cited { value: chosen.0.clone(), sentence: chosen.1 })
}
