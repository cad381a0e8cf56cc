//! Sources and sinks as data: the table that Menshen ships, and lists of the user's own.

use super::world::Callee;
use menshen_models::FLOWS;
use std::collections::HashMap;
use std::rc::Rc;

/// Kind of what others send to the app. It flows to sinks whose kind begins with
/// [`DANGEROUS`], private data to the others.
pub const UNTRUSTED: &str = "untrusted";
/// Beginning of the kinds of sinks that untrusted data must not reach.
pub const DANGEROUS: &str = "x-";

/// When a call of the method is a source.
#[derive(Debug, Clone, PartialEq, Eq)]
enum When {
    Always,
    /// Some argument is one of these texts.
    Key(Vec<String>),
    /// Some argument is an address that begins with one of these, or a field of such a class.
    Address(Vec<String>),
    /// The receiver is a view whose text is hidden.
    HiddenText,
    /// The receiver is an intent that others may have sent.
    Outside,
}

#[derive(Debug, Clone)]
struct Source {
    class: String,
    kind: Rc<str>,
    when: When,
}

#[derive(Debug, Clone)]
struct Sink {
    class: String,
    kind: Rc<str>,
    /// Positions without the receiver; `None` for all.
    arguments: Option<Vec<usize>>,
}

/// What is known about a call that may be a source.
#[derive(Debug, Default)]
pub(super) struct CallTexts<'t> {
    /// Constant texts among the arguments.
    pub(super) texts: &'t [Rc<str>],
    pub(super) hidden_view: bool,
    pub(super) outside: bool,
}

/// Sources and sinks by method name.
#[derive(Debug, Default)]
pub struct Models {
    sources: HashMap<String, Vec<Source>>,
    fields: HashMap<String, Rc<str>>,
    sinks: HashMap<String, Vec<Sink>>,
}

impl Models {
    /// The shipped table.
    pub fn builtin() -> Self {
        let mut models = Self::default();
        for line in FLOWS.lines().skip(1).filter(|line| !line.is_empty()) {
            let mut columns = line.split('\t').chain(std::iter::repeat(""));
            let mut next = || columns.next().unwrap_or_default();
            let (role, kind, class, methods, last) = (next(), next(), next(), next(), next());
            let words = || last.split(' ').filter(|w| !w.is_empty()).map(str::to_owned).collect();
            let when = match role {
                "source" => When::Always,
                "source-key" => When::Key(words()),
                "source-uri" => When::Address(words()),
                "source-field-text" => When::HiddenText,
                "source-outside" => When::Outside,
                "source-field" => {
                    for field in methods.split(' ') {
                        models.fields.insert(format!("{class}.{field}"), kind.into());
                    }
                    continue;
                }
                _ => {
                    let arguments = (last != "*").then(|| {
                        last.split(' ').filter_map(|position| position.parse().ok()).collect()
                    });
                    for method in methods.split(' ') {
                        models.add_sink(class, method, kind, arguments.clone());
                    }
                    continue;
                }
            };
            for method in methods.split(' ') {
                models.add_source(class, method, kind, when.clone());
            }
        }
        models
    }

    /// Replaces the sources by those of the text: one method a line, `com.a.B.method` or
    /// `<com.a.B: int method(int)>` with anything behind it. Lines that are neither are returned.
    pub fn use_sources<'t>(&mut self, text: &'t str) -> Vec<&'t str> {
        self.sources.clear();
        self.fields.clear();
        let (methods, wrong) = read_list(text, "_SOURCE_");
        for (class, method) in methods {
            self.add_source(&class, &method, "user", When::Always);
        }
        wrong
    }

    /// Replaces the sinks, as [`Models::use_sources`] the sources.
    pub fn use_sinks<'t>(&mut self, text: &'t str) -> Vec<&'t str> {
        self.sinks.clear();
        let (methods, wrong) = read_list(text, "_SINK_");
        for (class, method) in methods {
            self.add_sink(&class, &method, "user", None);
        }
        wrong
    }

    fn add_source(&mut self, class: &str, method: &str, kind: &str, when: When) {
        self.sources.entry(method.to_owned()).or_default().push(Source {
            class: class.to_owned(),
            kind: kind.into(),
            when,
        });
    }

    fn add_sink(&mut self, class: &str, method: &str, kind: &str, arguments: Option<Vec<usize>>) {
        self.sinks.entry(method.to_owned()).or_default().push(Sink {
            class: class.to_owned(),
            kind: kind.into(),
            arguments,
        });
    }

    /// The kind of information that a call gives.
    pub(super) fn source(&self, callee: &Callee, call: &CallTexts<'_>) -> Option<Rc<str>> {
        let found = self.sources.get(&*callee.name)?.iter().find(|source| {
            callee.is_a(&source.class)
                && match &source.when {
                    When::Always => true,
                    When::Key(keys) => {
                        call.texts.iter().any(|text| keys.iter().any(|k| **k == **text))
                    }
                    When::Address(starts) => call
                        .texts
                        .iter()
                        .any(|text| starts.iter().any(|start| text.starts_with(start.as_str()))),
                    When::HiddenText => call.hidden_view,
                    When::Outside => call.outside,
                }
        });
        found.map(|source| Rc::clone(&source.kind))
    }

    pub(super) fn source_field(&self, name: &str) -> Option<Rc<str>> {
        self.fields.get(name).cloned()
    }

    /// The kinds of outlet that a call is, and which of its arguments count.
    pub(super) fn sinks(&self, callee: &Callee) -> Vec<(Rc<str>, Option<&[usize]>)> {
        let mut found: Vec<(Rc<str>, Option<&[usize]>)> = Vec::new();
        for sink in self.sinks.get(&*callee.name).into_iter().flatten() {
            if callee.is_a(&sink.class) && !found.iter().any(|(kind, _)| *kind == sink.kind) {
                found.push((Rc::clone(&sink.kind), sink.arguments.as_deref()));
            }
        }
        found
    }

    /// A source has this name.
    pub(super) fn names_source(&self, name: &str) -> bool {
        self.sources.contains_key(name)
    }

    /// The call may be a source, whatever its arguments are.
    pub(super) fn may_be_source(&self, callee: &Callee) -> bool {
        self.sources.get(&*callee.name).is_some_and(|sources| {
            sources.iter().any(|source| &*source.kind != UNTRUSTED && callee.is_a(&source.class))
        })
    }

    /// A field of the class is a source.
    pub(super) fn names_field_of(&self, class: &str) -> bool {
        self.fields
            .keys()
            .any(|field| field.strip_prefix(class).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Names of methods that may be sources or sinks.
    pub(super) fn mentions(&self, name: &str) -> bool {
        self.sources.contains_key(name) || self.sinks.contains_key(name)
    }
}

/// Methods of a list; comments begin with `#`, `%` or `//`. Lines that name another role than
/// `role` behind an arrow are left out.
fn read_list<'t>(text: &'t str, role: &str) -> (Vec<(String, String)>, Vec<&'t str>) {
    let mut methods = Vec::new();
    let mut wrong = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || ["#", "%", "//"].iter().any(|mark| line.starts_with(mark)) {
            continue;
        }
        if line.contains("->") && !line.contains(role) {
            continue;
        }
        match read_method(line) {
            Some(method) => methods.push(method),
            None => wrong.push(line),
        }
    }
    (methods, wrong)
}

fn read_method(line: &str) -> Option<(String, String)> {
    if let Some(rest) = line.strip_prefix('<') {
        let (class, member) = rest.split_once(':')?;
        let name = member.split('(').next()?.split_whitespace().next_back()?;
        return Some((class.trim().to_owned(), name.to_owned()));
    }
    let dotted = line.split([' ', '\t', '(']).next()?;
    let (class, name) = dotted.rsplit_once('.')?;
    (!class.is_empty() && !name.is_empty()).then(|| (class.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::read_method;

    #[test]
    fn forms_of_methods() {
        for (line, expected) in [
            ("<a.b.C: java.lang.String get(int,a.B)> P -> _SOURCE_", Some(("a.b.C", "get"))),
            ("<a.b.C: void <init>(int)>", Some(("a.b.C", "<init>"))),
            ("a.b.C.get", Some(("a.b.C", "get"))),
            ("a.b.C.get(Ljava/lang/String;)V network", Some(("a.b.C", "get"))),
            ("nonsense", None),
        ] {
            let expected = expected.map(|(class, name)| (class.to_owned(), name.to_owned()));
            assert_eq!(read_method(line), expected, "{line}");
        }
    }
}
