//! Flows of private data from the calls that give them to the calls by which they leave.
//!
//! An abstract machine ([`machine`]) runs the app as the platform would ([`lifecycle`]): over
//! values that are constants, objects and the sources they carry ([`domain`]), through the app's
//! own methods ([`invoke`], [`world`]) and models of the platform's ([`platform`]). Sources and
//! sinks are data ([`models`]). Nothing is guessed from names in the app: a flow is found when
//! its value is seen to arrive, and comes with the way it took.
//!
//! Work is bounded by a number of operations. Where it runs out, [`Flows::exhausted`] says so.

mod app;
mod cells;
mod control;
mod domain;
mod invoke;
mod lifecycle;
mod machine;
mod models;
mod objects;
mod platform;
mod relevance;
mod world;

pub use app::{App, Component, ComponentKind};
pub use models::{DANGEROUS, Models, UNTRUSTED};

use crate::program::Program;
use domain::StepKind;
use machine::Machine;
use menshen_base::{CodePlace, Confidence, Place};
use world::World;

/// Operations of one analysis.
pub const STEPS_MAX: u64 = 2_000_000;

/// Steps between source and sink of a flow that is sure.
const SHORT_WAY_MAX: usize = 6;

/// A call at one end of a flow, or a place on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowPlace {
    /// `android.util.Log.i(Ljava/lang/String;Ljava/lang/String;)I`; empty for steps.
    pub method: String,
    /// What kind of information, outlet or step: `location`, `sms`, `store`.
    pub kind: String,
    pub place: Place,
}

/// Data that reach an outlet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    pub source: FlowPlace,
    pub sink: FlowPlace,
    /// From the source to the sink, both left out.
    pub steps: Vec<FlowPlace>,
}

impl Flow {
    /// Long ways go through more models of the platform, each of which may be wrong.
    pub fn confidence(&self) -> Confidence {
        match self.steps.len() {
            0..=SHORT_WAY_MAX => Confidence::High,
            _ => Confidence::Low,
        }
    }
}

/// What an analysis found.
#[derive(Debug, Clone, Default)]
pub struct Flows {
    /// In the order of their places.
    pub flows: Vec<Flow>,
    /// The operations ran out: there may be more.
    pub exhausted: bool,
    /// Open components that were not run, because no private data can reach them: what others
    /// send to them was not followed.
    pub passed_over: usize,
    /// Methods that were not followed to their end.
    pub given_up: Vec<Place>,
    /// Operations that were run.
    pub steps: u64,
}

/// How an analysis is run.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Most operations.
    pub steps_max: u64,
    /// Follow what branches on private data tell, too.
    pub implicit: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { steps_max: STEPS_MAX, implicit: false }
    }
}

/// Analyses an app. `is_library`: classes whose code is modelled and not followed.
pub fn analyse(
    program: &Program<'_, '_>,
    app: &App,
    models: &Models,
    is_library: &dyn Fn(&str) -> bool,
    options: Options,
) -> Flows {
    let world = World::new(program, is_library);
    let mut machine = Machine::new(world, models, app, options.steps_max);
    machine.implicit = options.implicit;
    machine.run_app();
    let mut found = Flows {
        exhausted: machine.truncated || machine.exhausted,
        steps: machine.steps,
        passed_over: machine.passed_over,
        given_up: machine.given_up.iter().map(|method| place(&machine, *method, 0)).collect(),
        flows: Vec::new(),
    };
    for ((source, sink), steps) in &machine.flows {
        let Some(source) = machine.source(*source) else { continue };
        let inner = steps
            .iter()
            .filter(|step| !matches!(step.what, StepKind::Source | StepKind::Sink))
            .map(|step| FlowPlace {
                method: String::new(),
                kind: step_name(step.what).to_owned(),
                place: place(&machine, step.method, step.pc),
            })
            .collect();
        found.flows.push(Flow {
            source: FlowPlace {
                method: source.called.to_string(),
                kind: source.kind.to_string(),
                place: place(&machine, source.method, source.pc),
            },
            sink: FlowPlace {
                method: sink.called.to_string(),
                kind: sink.kind.to_string(),
                place: place(&machine, sink.method, sink.pc),
            },
            steps: inner,
        });
    }
    found
        .flows
        .sort_by(|a, b| (&a.source.place, &a.sink.place).cmp(&(&b.source.place, &b.sink.place)));
    found
}

fn step_name(what: StepKind) -> &'static str {
    match what {
        StepKind::Source => "source",
        StepKind::Argument => "argument",
        StepKind::Store => "store",
        StepKind::Library => "library",
        StepKind::Sink => "sink",
    }
}

fn place(machine: &Machine<'_, '_, '_>, method: u32, pc: u32) -> Place {
    let Some(method) = machine.world.method(method) else { return Place::default() };
    let path = machine.world.program.files.get(method.file).map_or("", |file| file.path.as_str());
    Place {
        path: path.to_owned(),
        offset: None,
        code: Some(CodePlace {
            class: method.class.to_string(),
            member: format!("{}{}", method.name, method.descriptor),
            instruction: Some(pc),
            line: method.line_of(pc),
        }),
    }
}
