//! `menshen flows`: every flow from a source to a sink, whatever the rules say.

use crate::arguments::{FlowsArguments, FlowsFormat, language};
use crate::{output, scan};
use anyhow::{Context, Result};
use menshen_base::{Confidence, Lang};
use menshen_flow::taint::{FlowPlace, Flows, Models, Options, STEPS_MAX, UNTRUSTED};
use menshen_scan::discover;
use serde::Serialize;
use std::io::{self, Write};
use std::process::ExitCode;

pub(crate) fn run(arguments: &FlowsArguments) -> Result<ExitCode> {
    let lang = language(arguments.lang);
    let mut models = Models::builtin();
    let read = |path: &std::path::Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    if let Some(path) = &arguments.sources {
        for line in models.use_sources(&read(path)?) {
            eprintln!("menshen: {}: not a method: {line}", path.display());
        }
    }
    if let Some(path) = &arguments.sinks {
        for line in models.use_sinks(&read(path)?) {
            eprintln!("menshen: {}: not a method: {line}", path.display());
        }
    }
    let (inputs, missing) = discover(&arguments.files);
    for missing in &missing {
        eprintln!("menshen: {}", scan::explain(missing, lang));
    }
    if inputs.is_empty() {
        return Ok(ExitCode::from(2));
    }
    let options =
        Options { steps_max: arguments.steps.unwrap_or(STEPS_MAX), implicit: arguments.implicit };
    let (mut flows, issues) = menshen_scan::flows(&inputs, &models, options);
    if !arguments.untrusted {
        flows.flows.retain(|flow| flow.source.kind != UNTRUSTED);
    }
    for issue in &issues {
        let place = issue.place.code.as_ref().map_or(issue.place.path.as_str(), |code| &code.class);
        eprintln!("menshen: {}: {} {}", issue.kind.title.get(lang), place, issue.detail);
    }
    output::write(arguments.output.as_deref(), |out| match arguments.format {
        FlowsFormat::Json => json(&flows, out),
        FlowsFormat::Terminal => terminal(&flows, lang, out),
    })?;
    let unreadable = issues.iter().any(|issue| {
        ["scan/", "zip/", "flow/nothing"].iter().any(|area| issue.kind.code.starts_with(area))
    });
    Ok(if unreadable || !missing.is_empty() { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

#[derive(Serialize)]
struct Report {
    schema_version: &'static str,
    flows: Vec<FlowOut>,
    exhausted: bool,
}

#[derive(Serialize)]
struct FlowOut {
    source: PlaceOut,
    sink: PlaceOut,
    steps: Vec<PlaceOut>,
    confidence: Confidence,
}

#[derive(Serialize)]
struct PlaceOut {
    #[serde(skip_serializing_if = "String::is_empty")]
    method: String,
    /// `com.example.Main.onCreate(Landroid/os/Bundle;)V`
    caller: String,
    kind: String,
    file: String,
    offset: Option<u32>,
    line: Option<u32>,
}

fn json(flows: &Flows, out: &mut dyn Write) -> io::Result<()> {
    let report = Report {
        schema_version: "1.0",
        exhausted: flows.exhausted,
        flows: flows
            .flows
            .iter()
            .map(|flow| FlowOut {
                source: place(&flow.source),
                sink: place(&flow.sink),
                steps: flow.steps.iter().map(place).collect(),
                confidence: flow.confidence(),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

fn place(from: &FlowPlace) -> PlaceOut {
    let code = from.place.code.clone().unwrap_or_default();
    PlaceOut {
        method: from.method.clone(),
        caller: format!("{}.{}", code.class, code.member),
        kind: from.kind.clone(),
        file: from.place.path.clone(),
        offset: code.instruction,
        line: code.line,
    }
}

fn terminal(flows: &Flows, lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    match lang {
        Lang::En => writeln!(out, "{} flows", flows.flows.len())?,
        Lang::Zh => writeln!(out, "{} 条数据流", flows.flows.len())?,
    }
    for flow in &flows.flows {
        writeln!(out, "\n{} -> {}", flow.source.kind, flow.sink.kind)?;
        line(&flow.source, out)?;
        for step in &flow.steps {
            line(step, out)?;
        }
        line(&flow.sink, out)?;
    }
    Ok(())
}

fn line(at: &FlowPlace, out: &mut dyn Write) -> io::Result<()> {
    let code = at.place.code.clone().unwrap_or_default();
    let name = code.member.split('(').next().unwrap_or_default();
    let where_ = code.line.map_or_else(
        || code.instruction.map_or_else(String::new, |pc| format!("+{pc:#x}")),
        |line| line.to_string(),
    );
    let what = if at.method.is_empty() { &at.kind } else { &at.method };
    writeln!(out, "  {}.{name}:{where_}  {what}", code.class)
}
