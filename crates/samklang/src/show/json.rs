//! For programs: one JSON object.

use serde::Serialize;
use serde_json::{Map, Value, json};
use sync_core::{
    Error,
    desk::Candidate,
    engine::Report,
    store::{Binding, Held, Journal, Staged},
};

use super::exit_code;
use crate::fail::Failure;

/// What a run, a plan or a first contact came to.
pub(crate) fn report(report: &Report) -> Value {
    let counts = |counts: &mut dyn Iterator<Item = (String, u64)>| {
        Value::Object(counts.map(|(name, count)| (name, count.into())).collect::<Map<_, _>>())
    };
    let put_off: Vec<Value> = report
        .put_off
        .iter()
        .map(|(stream, (writes, because))| json!({"stream": stream, "writes": writes, "error": error(because)}))
        .collect();
    let left_out: Vec<Value> = report
        .left_out
        .iter()
        .map(|((system, because), records)| json!({"system": system, "because": because, "records": records}))
        .collect();
    let unmapped: Vec<Value> = report
        .unmapped
        .iter()
        .map(|((stream, code), records)| json!({"stream": stream, "table": code.table, "code": code.code, "records": records}))
        .collect();
    let stopped: Vec<Value> =
        report.stopped.iter().map(|(stream, why)| json!({"stream": stream, "error": error(why)})).collect();
    let systems = report.stopped_systems.iter().map(|(system, why)| (system.to_string(), error(why)));
    json!({
        "run": report.run,
        "exit_code": exit_code(report),
        "read": counts(&mut report.read.iter().map(|(kind, count)| (kind.to_string(), *count))),
        "bound": report.bound,
        "written": counts(&mut report.written.iter().map(|(stream, count)| (stream.to_string(), *count))),
        "effects": report.effects,
        "plan": report.plan,
        "held": report.held,
        "parked": report.parked,
        "set_aside": report.set_aside,
        "empty_at_master": report.empty_at_master,
        "unmapped": unmapped,
        "adopt_first": report.adopt_first,
        "adopted": report.adopted,
        "tripped": report.tripped,
        "stopped": stopped,
        "stopped_systems": systems.collect::<Map<_, _>>(),
        "unclear": report.unclear,
        "under_way": report.under_way,
        "unclear_writes": report.unclear_writes,
        "effects_in_doubt": report.effects_in_doubt,
        "put_off": put_off,
        "altered": counts(&mut report.altered.iter().map(|(stream, count)| (stream.to_string(), *count))),
        "left_out": left_out,
        "busy": report.busy,
        "cancelled": report.cancelled,
    })
}

fn error(error: &Error) -> Value {
    json!({
        "kind": error.kind(),
        "operation": error.operation(),
        "message": error.message(),
        "detail": error.detail(),
        "vendor_code": error.vendor_code(),
        "vendor_text": error.vendor_text(),
    })
}

/// A work list: `{"held": [...]}`.
///
/// # Errors
/// Something in it has no JSON form.
pub(crate) fn lines<T: Serialize>(name: &str, all: &[T]) -> Result<Value, Failure> {
    Ok(Value::Object(Map::from_iter([(name.to_owned(), plain(&all)?)])))
}

/// What was decided of something that is held.
pub(crate) fn decision(held: &Held, lines: &[String]) -> Value {
    json!({
        "record": held.subject.to_string(),
        "entity": held.entity.as_str(),
        "numbers": held.numbers,
        "why": held.why.word(),
        "lines": lines,
    })
}

/// Records that may be the same as another.
pub(crate) fn candidates(found: &[Candidate]) -> Value {
    let one = |one: &Candidate| {
        let references: Vec<String> = one.references.iter().map(ToString::to_string).collect();
        json!({
            "id": one.id.to_string(), "numbers": one.numbers, "references": references,
            "score": one.score, "reasons": one.reasons,
        })
    };
    json!({ "candidates": found.iter().map(one).collect::<Vec<_>>() })
}

/// What is held, and what guards wait for.
///
/// # Errors
/// Something in it has no JSON form.
pub(crate) fn held(held: &[Held], staged: &[Staged]) -> Result<Value, Failure> {
    let plan = |staged: &Staged| Ok(json!({"id": staged.id, "at": staged.at, "counted": plain(&staged.counted)?}));
    let plans: Result<Vec<Value>, Failure> = staged.iter().map(plan).collect();
    Ok(json!({"held": plain(&held)?, "to_approve": plans?}))
}

/// One record and what happened to it.
///
/// # Errors
/// Something in it has no JSON form.
pub(crate) fn history(binding: &Binding, events: &[Journal]) -> Result<Value, Failure> {
    Ok(json!({"record": plain(binding)?, "journal": plain(&events)?}))
}

fn plain(value: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|error| Failure::stopped(format!("this cannot be written as JSON: {error}")))
}
