//! Data flows of one app, or of several that are installed together.

use crate::android::{self, Ask};
use crate::code;
use crate::input::Input;
use crate::module::Module;
use crate::open::{self, Blob, Inner};
use menshen_android::dex::MethodId;
use menshen_base::{CodePlace, IssueKind, Owner, Place, ScanIssue, text};
use menshen_detect::Ownership;
use menshen_facts::{Fact, Facts, How, Interest};
use menshen_flow::program::{Program, type_name};
use menshen_flow::taint::{self, App, Flow, Flows, Models, Options};
use std::collections::{BTreeMap, HashMap};

const EXHAUSTED: IssueKind = IssueKind {
    code: "flow/out-of-steps",
    title: text("数据流分析的步数用尽", "the flow analysis ran out of operations"),
    lost: text("其后的数据流可能未被发现", "flows behind that point may not have been found"),
};
/// Superclasses above one another that are looked at.
const SUPERCLASSES_MAX: usize = 100;

const GIVEN_UP: IssueKind = IssueKind {
    code: "flow/method-given-up",
    title: text("方法过大或循环不收敛", "the method is too large or its loops do not settle"),
    lost: text("经过该方法的数据流可能未被发现", "flows through it may not have been found"),
};

const NOTHING_TO_FOLLOW: IssueKind = IssueKind {
    code: "flow/nothing-to-follow",
    title: text("没有可运行的 DEX 代码或组件", "no DEX code or no component to run"),
    lost: text("未分析数据流", "no data flow was looked at"),
};
const INPUTS_NOT_FOLLOWED: IssueKind = IssueKind {
    code: "flow/inputs-not-followed",
    title: text("组件过多，部分开放组件未运行", "too many components: some open ones were not run"),
    lost: text("其他应用发给这些组件的数据未跟踪", "what other apps send to them was not followed"),
};

/// Flows as facts, at the places of their sinks.
pub(crate) fn facts(found: &Flows, program: &Program<'_, '_>, ownership: &Ownership) -> Facts {
    let mut facts = Facts::default();
    let mut calls = Calls::new(program);
    for flow in &found.flows {
        let class =
            |place: &Place| place.code.as_ref().map(|code| code.class.clone()).unwrap_or_default();
        let sink_class = class(&flow.sink.place);
        facts.flows.push(Fact {
            owner: ownership.of_class(&sink_class),
            how: How::Static,
            place: flow.sink.place.clone(),
            data: menshen_facts::Flow {
                source_kind: flow.source.kind.clone(),
                source_method: platform_name(program, &flow.source.method),
                sink_kind: flow.sink.kind.clone(),
                sink_method: platform_name(program, &flow.sink.method),
                source_class: class(&flow.source.place),
                sink_class,
                source_caller: caller(&flow.source.place),
                sink_caller: caller(&flow.sink.place),
                through: calls.through(flow),
                steps: std::iter::once(&flow.source)
                    .chain(&flow.steps)
                    .chain([&flow.sink])
                    .map(|step| describe(&step.place))
                    .collect(),
            },
        });
    }
    facts
}

/// The method without its descriptor. One that a class of the app inherits has the name of the
/// nearest class above that is not in the package.
fn platform_name(program: &Program<'_, '_>, method: &str) -> String {
    let name = short(method);
    let Some((class, member)) = name.rsplit_once('.') else { return name };
    if program.class(class).is_none() {
        return name;
    }
    let mut at = class.to_owned();
    for _ in 0..SUPERCLASSES_MAX {
        let Some(entry) = program.class(&at) else {
            return if at == "java.lang.Object" { name } else { format!("{at}.{member}") };
        };
        let file = program.files.get(entry.file);
        let above = file.zip(entry.class.superclass).map(|(file, ty)| type_name(&file.dex, ty));
        let Some(above) = above else { break };
        at = above;
    }
    name
}

/// The method without its descriptor.
fn short(method: &str) -> String {
    method.split('(').next().unwrap_or(method).to_owned()
}

/// The name of the method that the place lies in.
fn caller(place: &Place) -> String {
    place.code.as_ref().map(|code| short(&code.member)).unwrap_or_default()
}

/// Which method an instruction calls.
struct Calls<'p, 'a> {
    program: &'p Program<'p, 'a>,
    /// By class and member: the called methods by their instructions.
    known: HashMap<(String, String), BTreeMap<u32, String>>,
}

impl<'p, 'a> Calls<'p, 'a> {
    fn new(program: &'p Program<'p, 'a>) -> Self {
        Self { program, known: HashMap::new() }
    }

    /// Methods without code in the app that are called on the way.
    fn through(&mut self, flow: &Flow) -> Vec<String> {
        let mut through = Vec::new();
        for step in &flow.steps {
            let Some(code) = &step.place.code else { continue };
            let Some(pc) = code.instruction else { continue };
            let key = (code.class.clone(), code.member.clone());
            let program = self.program;
            let calls = self
                .known
                .entry(key)
                .or_insert_with(|| calls_of(program, code).unwrap_or_default());
            if let Some(called) = calls.get(&pc).filter(|called| !through.contains(*called)) {
                through.push(called.clone());
            }
        }
        through
    }
}

/// The methods of others that a method calls.
fn calls_of(program: &Program<'_, '_>, place: &CodePlace) -> Option<BTreeMap<u32, String>> {
    let entry = program.class(&place.class)?;
    let dex = &program.files.get(entry.file)?.dex;
    let data = dex.class_data(&entry.class).ok()?;
    let method = data.methods().find(|method| {
        dex.method(method.id).is_some_and(|reference| {
            let name = dex.string(reference.name).map(|name| name.to_str().into_owned());
            let member = format!("{}{}", name.unwrap_or_default(), dex.descriptor(reference.proto));
            member == place.member
        })
    })?;
    let code = dex.code(method).ok()??;
    let calls = code.units.instructions().filter(|insn| insn.op.is_invoke()).filter_map(|insn| {
        let called = dex.method(MethodId(insn.index))?;
        let class = type_name(dex, called.class);
        let name = dex.string(called.name)?;
        program.class(&class).is_none().then(|| (insn.pc, format!("{class}.{}", name.to_str())))
    });
    Some(calls.collect())
}

/// `com.example.Main.onCreate:12`
fn describe(place: &Place) -> String {
    let Some(code) = &place.code else { return String::new() };
    let name = short(&code.member);
    match (code.line, code.instruction) {
        (Some(line), _) => format!("{}.{name}:{line}", code.class),
        (None, Some(pc)) => format!("{}.{name}+{pc:#x}", code.class),
        (None, None) => format!("{}.{name}", code.class),
    }
}

/// What the analysis did not follow.
pub(crate) fn issues(found: &Flows) -> Vec<ScanIssue> {
    let mut issues = Vec::new();
    if found.exhausted {
        issues.push(ScanIssue::new(&EXHAUSTED).detail(format!("{} operations", found.steps)));
    }
    if found.passed_over > 0 {
        issues.push(
            ScanIssue::new(&INPUTS_NOT_FOLLOWED)
                .detail(format!("{} components", found.passed_over)),
        );
    }
    for place in &found.given_up {
        issues.push(ScanIssue { kind: &GIVEN_UP, place: place.clone(), detail: String::new() });
    }
    issues
}

/// The flows in the apps, taken as installed on one device.
pub fn flows(inputs: &[Input], models: &Models, options: Options) -> (Flows, Vec<ScanIssue>) {
    let mut issues = Vec::new();
    let read: Vec<(Vec<Blob>, bool)> = inputs
        .iter()
        .map(|input| {
            let (blobs, found) = open::read(input);
            issues.extend(found);
            (blobs, input.is_set)
        })
        .collect();
    let inner: Vec<Inner<'_>> = read
        .iter()
        .map(|(blobs, _)| {
            let (inner, found) = open::inner(blobs);
            issues.extend(found);
            inner
        })
        .collect();
    let interest = Interest::default();
    let ask = Ask { interest: &interest, as_of: "1970-01-01", flows: false, compliance: false };
    let mut app = App::default();
    let mut ownerships = Vec::new();
    let mut opened = Vec::new();
    for ((blobs, is_set), inner) in read.iter().zip(&inner) {
        let mut one = open::open(blobs, inner, *is_set);
        issues.append(&mut one.issues);
        if !one.parts.is_empty() {
            let (about, found) = android::outline(&one, &ask);
            issues.extend(found);
            app.add_app(&about.facts);
            app.hidden_views.extend(about.hidden_views);
            for (layout, handlers) in about.click_handlers {
                app.click_handlers.entry(layout).or_default().extend(handlers);
            }
            ownerships.push(about.ownership);
        }
        opened.push(one);
    }
    let modules: Vec<Module<'_, '_>> = opened
        .iter()
        .flat_map(|one| one.parts.iter().map(move |part| (one.kind, part)))
        .flat_map(|(kind, part)| Module::all(part, kind))
        .collect();
    let bytes = code::read(&modules);
    issues.extend(bytes.issues.iter().cloned());
    let (files, found) = code::parse(&bytes);
    issues.extend(found);
    let program = Program::index(&files, &[]);
    let is_library = |class: &str| {
        ownerships.iter().all(|ownership| matches!(ownership.of_class(class), Owner::Sdk(_)))
    };
    if files.is_empty() || app.components.is_empty() {
        issues.push(ScanIssue::new(&NOTHING_TO_FOLLOW));
        return (Flows::default(), issues);
    }
    let found = taint::analyse(&program, &app, models, &is_library, options);
    issues.extend(self::issues(&found));
    (found, issues)
}
