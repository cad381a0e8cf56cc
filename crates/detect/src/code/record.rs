//! From an evaluated method to facts, whatever its code was written in.

use super::place;
use crate::fact;
use menshen_base::{Owner, Place};
use menshen_facts::{ArgValue, Call, Facts, FieldRead, Implementation, MethodName};
use menshen_flow::calls::{CallSite, Shape};
use menshen_flow::ir::{Sym, Symbols};

/// The class that is being looked at.
#[derive(Debug)]
pub(super) struct InClass {
    pub(super) name: String,
    pub(super) supers: Vec<String>,
    pub(super) owner: Owner,
}

/// The method that is being looked at.
#[derive(Debug)]
pub(super) struct InMethod<'c> {
    pub(super) path: &'c str,
    pub(super) class: &'c InClass,
    pub(super) name: String,
    pub(super) descriptor: String,
    /// (instruction, source line), in order.
    pub(super) lines: Vec<(u32, u32)>,
}

impl InMethod<'_> {
    pub(super) fn member(&self) -> String {
        format!("{}{}", self.name, self.descriptor)
    }

    pub(super) fn at(&self, pc: u32) -> Place {
        let mut at = place(self.path, self.class.name.clone(), self.member(), Some(pc));
        if let Some(code) = &mut at.code {
            let after = self.lines.partition_point(|(address, _)| *address <= pc);
            code.line =
                after.checked_sub(1).and_then(|row| self.lines.get(row)).map(|(_, line)| *line);
            // Compilers write -1 where there is no line.
            code.line = code.line.filter(|line| i32::try_from(*line).is_ok());
        }
        at
    }

    /// One fact for each name under which rules ask for the called method.
    pub(super) fn call(
        &self,
        site: &CallSite,
        symbols: &dyn Symbols,
        names: &[&MethodName],
        facts: &mut Facts,
    ) {
        let called = symbols.method(site.method);
        let argument =
            |index: usize| -> ArgValue { site.args.get(index).cloned().unwrap_or_default() };
        for wanted in names {
            let data = Call {
                class: wanted.class.clone(),
                method: wanted.name.clone(),
                descriptor: called.descriptor.to_string(),
                receiver_class: Some(called.class.to_string()).filter(|name| *name != wanted.class),
                receiver: site.receiver.clone(),
                arg0: argument(0),
                arg1: argument(1),
                arg2: argument(2),
                arg3: argument(3),
                arg4: argument(4),
                arg5: argument(5),
                result: site.result.clone(),
                result_unused: site.result_unused,
                caller_class: self.class.name.clone(),
                caller_method: self.name.clone(),
                caller_supers: self.class.supers.clone(),
                guards: site.guards.clone(),
                caught: site.caught,
                in_loop: site.in_loop,
            };
            facts.calls.push(fact(data, self.at(site.pc), self.class.owner.clone()));
        }
    }

    /// One fact for each asked-for method that this one overrides.
    pub(super) fn implementation(
        &self,
        shape: &Shape,
        overridden: &[&MethodName],
        facts: &mut Facts,
    ) {
        for wanted in overridden {
            let data = Implementation {
                class: self.class.name.clone(),
                method: self.name.clone(),
                descriptor: self.descriptor.clone(),
                overrides: format!("{}.{}", wanted.class, wanted.name),
                supers: self.class.supers.clone(),
                returns: shape.returns.clone(),
                throws: shape.throws,
                empty: shape.empty,
                calls: shape.calls.clone(),
                branches: i64::from(shape.branches),
                instantiated: false,
            };
            facts.implementations.push(fact(data, self.at(0), self.class.owner.clone()));
        }
    }

    pub(super) fn field_read(&self, pc: Sym, wanted: &MethodName, facts: &mut Facts) {
        let data = FieldRead {
            class: wanted.class.clone(),
            field: wanted.name.clone(),
            caller_class: self.class.name.clone(),
            caller_method: self.name.clone(),
        };
        facts.field_reads.push(fact(data, self.at(pc), self.class.owner.clone()));
    }
}
