//! `XmlNode` messages into a document.

use super::issues;
use super::item::item;
use super::proto::Message;
use crate::arsc::ResValue;
use crate::axml::issues::{LIMIT, NO_ROOT, TOO_DEEP};
use crate::axml::{
    ANDROID_NAMESPACE, ATTRIBUTES_MAX, AnomalyKind, Attribute, DEPTH_MAX, Document, ELEMENTS_MAX,
    Element, NAMESPACES_MAX, Notes, TreeBuilder, attribute_name, namespace,
};
use menshen_base::ScanIssue;
use std::borrow::Cow;

#[derive(Default)]
struct Reader {
    notes: Notes,
    tree: TreeBuilder,
    namespaces: Vec<(String, String)>,
    attributes: usize,
    limit_told: bool,
}

pub(super) fn parse(bytes: &[u8]) -> (Option<Document>, Vec<ScanIssue>) {
    let mut reader = Reader::default();
    reader.node(Message(bytes));
    let Reader { mut notes, tree, namespaces, .. } = reader;
    if tree.too_deep() {
        notes.issue(&TOO_DEEP, 0, format!("more than {DEPTH_MAX} levels"));
    }
    let Some(root) = tree.finish().into_iter().next() else {
        let kind = if notes.issues.is_empty() { &NO_ROOT } else { &issues::NOT_XML };
        notes.issue(kind, 0, "");
        return (None, notes.issues);
    };
    let document =
        Document { root, further_roots: Vec::new(), namespaces, anomalies: notes.anomalies };
    (Some(document), notes.issues)
}

impl Reader {
    /// Goes no deeper than the depth limit.
    fn node(&mut self, node: Message<'_>) {
        self.check(node);
        let line = node.message(3).unwrap_or_default().u32(1);
        let Some(element) = node.message(1) else {
            return self.tree.text(node.str(2));
        };
        if self.tree.element_count() >= ELEMENTS_MAX || self.attributes >= ATTRIBUTES_MAX {
            if !self.limit_told {
                self.notes.issue(&LIMIT, 0, "");
            }
            self.limit_told = true;
            return;
        }
        self.check(element);
        for declaration in element.messages(1) {
            let pair = (declaration.str(1).to_owned(), declaration.str(2).to_owned());
            if self.namespaces.len() < NAMESPACES_MAX && !self.namespaces.contains(&pair) {
                self.namespaces.push(pair);
            }
        }
        let mut attributes = Vec::new();
        for attribute in element.messages(4) {
            self.attributes = self.attributes.saturating_add(1);
            if self.attributes < ATTRIBUTES_MAX {
                attributes.push(self.attribute(attribute));
            }
        }
        self.tree.start(Element {
            index: 0,
            namespace: namespace(element.str(2)),
            name: element.str(3).to_owned(),
            line,
            offset: 0,
            attributes,
            children: Vec::new(),
            text: String::new(),
        });
        if self.tree.depth() <= DEPTH_MAX {
            for child in element.messages(5) {
                self.node(child);
            }
        }
        self.tree.end();
    }

    fn attribute(&mut self, message: Message<'_>) -> Attribute {
        self.check(message);
        let id = Some(message.u32(5)).filter(|id| *id != 0);
        let (uri, name, raw) = (message.str(1), message.str(2), message.str(3));
        let known = id.and_then(attribute_name);
        let mut effective = true;
        let (namespace, name) = match known {
            Some(known) => {
                if name != known {
                    let detail = format!("{known} is written otherwise");
                    self.notes.odd(AnomalyKind::AttributeName, 0, detail);
                }
                (Some(Cow::Borrowed(ANDROID_NAMESPACE)), Cow::Borrowed(known))
            }
            None => {
                if uri == ANDROID_NAMESPACE && id.is_none() {
                    effective = false;
                    self.notes.odd(AnomalyKind::AttributeWithoutId, 0, name);
                }
                (namespace(uri), Cow::Owned(name.to_owned()))
            }
        };
        let compiled = message.message(6).and_then(|compiled| item(compiled, &|_| None));
        let value = match compiled {
            // A reference by name alone: keep the name.
            Some(ResValue::Reference(0)) if raw.starts_with('@') && raw != "@null" => {
                ResValue::String(raw.to_owned())
            }
            Some(value) => value,
            None => ResValue::String(raw.to_owned()),
        };
        let same = value.as_str() == Some(raw);
        let raw = (!raw.is_empty() && !same).then(|| raw.to_owned());
        Attribute { namespace, name, id, raw, value, effective }
    }

    fn check(&mut self, message: Message<'_>) {
        if !message.is_whole() {
            self.notes.issue(&issues::BROKEN, 0, format!("message of {} bytes", message.0.len()));
        }
    }
}
