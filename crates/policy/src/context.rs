//! What a sentence is about when it does not say so itself: from the headings above it and from
//! the sentence that leads its list.

use crate::fold::fold;
use crate::patterns::patterns;
use crate::sentences::Laid;

/// Lists inside lists beyond this are read without their leads.
const LEADS_MAX: usize = 4;

/// What a section deals with, by its heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum About {
    Definitions,
    Contact,
    Rights,
    Permissions,
    Sdks,
    Share,
    Store,
    Children,
    Cookies,
    Collect,
}

patterns! {
    DEFINITIONS = r"定义|名词解释|术语|释义|definition|glossary";
    CONTACT = r"reach us|与我们联系|联系我们|联系方式|如何联系|与我们联系|contact (us|information)|how to (reach|contact)";
    RIGHTS = r"what you can do|your options|权利|管理您|管理你|您的控制|访问、|更正|删除您|注销|撤回|your (rights|choices)|managing your|manage your|access and control";
    PERMISSIONS = r"权限|permission";
    SDKS = r"sdk|软件开发工具包|第三方(服务|插件|合作|代码)|third[- ]party (service|librar|sdk)|接入第三方|第三方信息共享|共享清单|合作方清单";
    SHARE = r"对外提供|分享|who receives|共享|转让|披露|委托|对外提供|向第三方提供|我们如何提供|\bshar(e|ing)\b|disclos|transfer";
    STORE = r"how long|存储|储存|保存|保护您|保护你|安全|保留|stor(e|age)|retention|retain|security|protect";
    CHILDREN = r"未成年|儿童|children|minor";
    COOKIES = r"cookie|同类技术";
    COLLECT = r"what we (gather|know|hold)|gather|收集|使用您|使用你|获取|采集|哪些信息|collect|information we|use (of )?(your|information|data)|data we";
}

/// What a heading announces.
pub(crate) fn of_heading(title: &str) -> Option<About> {
    let title = fold(title);
    let about = [
        (&*DEFINITIONS, About::Definitions),
        (&*CONTACT, About::Contact),
        (&*PERMISSIONS, About::Permissions),
        (&*SDKS, About::Sdks),
        (&*CHILDREN, About::Children),
        (&*COOKIES, About::Cookies),
        (&*COLLECT, About::Collect),
        (&*SHARE, About::Share),
        (&*RIGHTS, About::Rights),
        (&*STORE, About::Store),
    ];
    about.iter().find(|(pattern, _)| pattern.is_match(&title)).map(|(_, about)| *about)
}

/// For each section what it is about: its own heading, else the next one above that tells.
pub(crate) fn of_sections(laid: &Laid) -> Vec<Option<About>> {
    let mut all: Vec<Option<About>> = Vec::with_capacity(laid.sections.len());
    for (index, section) in laid.sections.iter().enumerate() {
        let own = if index == 0 { None } else { of_heading(&section.title) };
        let above = section.parent.and_then(|parent| all.get(parent).copied().flatten());
        all.push(own.or(above));
    }
    all
}

/// The sentences that lead the list of a sentence, the nearest first.
pub(crate) fn leads(laid: &Laid, sentence: usize) -> Vec<usize> {
    let mut leads = Vec::new();
    let mut at = sentence;
    while let Some(lead) = laid.sentences.get(at).and_then(|sentence| sentence.lead) {
        if lead >= at || leads.len() >= LEADS_MAX {
            break;
        }
        leads.push(lead);
        at = lead;
    }
    leads
}

/// Folded headings above a sentence and the leads of its list, as one text to look words up in.
pub(crate) fn around(laid: &Laid, sentence: usize) -> String {
    let mut text = String::new();
    let mut section = laid.sentences.get(sentence).map(|sentence| sentence.section);
    while let Some(found) =
        section.filter(|index| *index > 0).and_then(|index| laid.sections.get(index))
    {
        text.push_str(&fold(&found.title));
        text.push('\n');
        section = found.parent.filter(|parent| Some(*parent) < section);
    }
    for lead in leads(laid, sentence) {
        text.push_str(laid.folded.get(lead).map_or("", String::as_str));
        text.push('\n');
    }
    text
}
