//! For people: aligned tables and short lines.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write,
};

use chrono::{DateTime, SecondsFormat, Utc};
use comfy_table::{Table, presets::NOTHING};
use sync_core::{
    Error, FieldMap, StreamKey, SystemId,
    desk::Candidate,
    engine::Report,
    plan::{Op, Plan},
    store::{Approval, Binding, Event, Held, Journal, Parked, SideState},
};

use crate::fail::{Failure, words_of};

type Out<'a> = &'a mut dyn Write;
type Done = Result<(), Failure>;

/// Columns without rules between them.
pub(crate) fn table(head: &[&str], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(head.to_vec()).add_rows(rows);
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// `1001, C-7`.
pub(crate) fn numbers(numbers: &BTreeSet<String>) -> String {
    numbers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// The counts of a run, one line each.
pub(crate) fn summary(out: Out<'_>, report: &Report) -> Done {
    writeln!(out, "run {}", report.run)?;
    let mut rows: Vec<(String, u64)> =
        report.read.iter().map(|(kind, count)| (format!("read {kind}"), *count)).collect();
    rows.push(("bound".to_owned(), report.bound));
    rows.extend(report.written.iter().map(|(stream, count)| (format!("written {stream}"), *count)));
    rows.extend(report.effects.iter().map(|(effect, count)| (format!("effect {effect}"), *count)));
    rows.push(("held".to_owned(), len(report.held.len())));
    rows.push(("parked".to_owned(), len(report.parked.len())));
    rows.extend(report.altered.iter().map(|(stream, count)| (format!("kept otherwise at {stream}"), *count)));
    for (name, count) in rows {
        writeln!(out, "  {name:<40} {count:>8}")?;
    }
    for ((system, because), count) in &report.left_out {
        writeln!(
            out,
            "  {} not made at {}: {because} does not hold",
            counted_of(*count, "record"),
            system.connection()
        )?;
    }
    if report.under_way > 0 {
        let steps = counted_of(report.under_way, "step");
        writeln!(out, "  {steps} under way: the system carries them out by itself, and a later run looks")?;
    }
    Ok(())
}

fn len(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Lines of what waits for a person.
pub(crate) fn waiting(out: Out<'_>, report: &Report) -> Done {
    let held = report.held.iter().map(|held| format!("{}; {}", held.text, held.cure));
    // where there is more of it
    let parked = report.parked.iter().filter(|one| !is_part(one, report));
    let parked = parked.map(|one| format!("{}; all of it: samklang parked show {}", one.line(), one.key));
    let mut lines: Vec<String> = held.chain(parked).collect();
    lines.extend(report.adopt_first.iter().map(|(entity, why)| format!("{entity}: {why}")));
    lines.extend(report.unknown_codes());
    if !lines.is_empty() {
        writeln!(out, "\nWaiting for a person:")?;
        lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    Ok(())
}

/// A price or a stock that was refused with the article that it is part of: told with that one's number.
fn is_part(one: &Parked, report: &Report) -> bool {
    let whole = |other: &Parked| !other.numbers.is_empty() && other.text == one.text && other.kind == one.kind;
    one.numbers.is_empty() && one.raw.is_none() && report.parked.iter().any(whole)
}

/// `1 record`, `2 records`.
fn counted_of(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// One line for each thing that stopped streams: a system that cannot be reached is told once, not by stream.
fn stopped_lines(report: &Report) -> Vec<String> {
    let mut alike: BTreeMap<(SystemId, &str), Vec<(&StreamKey, &Error)>> = BTreeMap::new();
    for (stream, error) in &report.stopped {
        alike.entry((stream.system.clone(), error.message())).or_default().push((stream, error));
    }
    let line = |((system, _), stopped): ((SystemId, &str), Vec<(&StreamKey, &Error)>)| match stopped.as_slice() {
        [(stream, error)] => format!("{stream}: {}", words_of(&system, error)),
        [(_, error), ..] => {
            let streams: Vec<String> = stopped.iter().map(|(stream, _)| stream.stream.to_string()).collect();
            format!("{}: {} (stopped: {})", system.connection(), words_of(&system, error), streams.join(", "))
        }
        [] => String::new(),
    };
    alike.into_iter().map(line).collect()
}

/// Lines of what stopped, and what to do.
pub(crate) fn stops(out: Out<'_>, report: &Report) -> Done {
    let mut lines: Vec<String> = Vec::new();
    for (system, error) in &report.stopped_systems {
        lines.push(format!("{}: {}", system.connection(), words_of(system, error)));
    }
    lines.extend(stopped_lines(report));
    for (stream, (count, because)) in &report.put_off {
        let writes = counted_of(*count, "write");
        lines.push(format!("{writes} to {stream} put off to the next run: {}", words_of(&stream.system, because)));
    }
    for group in &report.busy {
        lines.push(format!("{group}: another run is at it; try again when it has ended"));
    }
    if report.unclear > 0 {
        let writes = counted_of(report.unclear, "write");
        let which: Vec<String> = report.unclear_writes.iter().map(ToString::to_string).collect();
        let which = which.join("; ");
        lines.push(format!(
            "{writes} without a clear answer ({which}); a later run looks there before anything is sent again"
        ));
    }
    if report.cancelled {
        lines.push("the run was told to stop before its end; the next one goes on".to_owned());
    }
    if !lines.is_empty() {
        writeln!(out, "\nStopped:")?;
        lines.iter().try_for_each(|line| writeln!(out, "  {line}"))?;
    }
    let guards = report.tripped.values().flatten().chain(&report.plan.tripped);
    let mut head = Some("\nA guard tripped, nothing was written:");
    for tripped in guards {
        head.take().map_or(Ok(()), |head| writeln!(out, "{head}"))?;
        writeln!(out, "  {tripped}")?;
    }
    for id in report.tripped.keys() {
        writeln!(out, "To allow it once: samklang approve {id}")?;
    }
    Ok(())
}

/// Each planned write, with what is written and why.
pub(crate) fn plan(out: Out<'_>, plan: &Plan) -> Done {
    if plan.ops.is_empty() {
        writeln!(out, "Nothing is to be written.")?;
        return Ok(());
    }
    for op in &plan.ops {
        writeln!(out, "{}", heading(op))?;
        for line in op.because.iter().filter(|line| says_something(op, line)) {
            writeln!(out, "    {line}")?;
        }
        for effect in &op.effects {
            writeln!(out, "    effect {} on {}", effect.effect, effect.trigger)?;
        }
    }
    if !plan.more.is_empty() {
        writeln!(
            out,
            "These are the first {}; further ones are counted only, or put into a file by plan --file.",
            plan.ops.len()
        )?;
    }
    plan_counts(out, "In all", plan)
}

/// A create names every unit of its record, those too of which nobody knows anything.
fn says_something(op: &Op, line: &str) -> bool {
    let unit = line.split_once(": ").map_or(line, |(unit, _)| unit);
    let values = op.shares.iter().flat_map(|share| share.ours.paths());
    values
        .map(|path| path.as_str().to_owned())
        .any(|path| path.strip_prefix(unit).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn heading(op: &Op) -> String {
    let values = op.shares.iter().flat_map(|share| share.ours.iter());
    let of = |field: &str| values.clone().find(|(path, _)| path.as_str() == field).map(|(_, value)| value.to_string());
    let name: Vec<String> = ["number", "name"].into_iter().filter_map(of).collect();
    let id = op.id().map(|id| format!("#{id}")).unwrap_or_default();
    format!("{} {}{id} ({}) {}", op.word(), op.host, op.entity, name.join(" ")).trim_end().to_owned()
}

/// Counts of writes, by stream.
pub(crate) fn plan_counts(out: Out<'_>, head: &str, plan: &Plan) -> Done {
    let counts = plan.words();
    if !counts.is_empty() {
        writeln!(out, "\n{head}:")?;
    }
    for ((host, word), count) in counts {
        writeln!(out, "  {:<40} {count:>8}", format!("{word} {host}"))?;
    }
    Ok(())
}

/// `3 creates at eekonomi:erp/customers`.
pub(crate) fn counted(counted: &Approval) -> String {
    let of = |word: &str, counts: &BTreeMap<sync_core::StreamKey, u64>| -> Vec<String> {
        counts.iter().map(|(stream, count)| format!("{count} {word} at {stream}")).collect()
    };
    let mut all = of("creates", &counted.creates);
    all.extend(of("changes", &counted.changes));
    all.extend(of("removals", &counted.removals));
    all.extend(counted.short_listings.iter().map(|stream| format!("the short listing of {stream}")));
    all.join(", ")
}

/// One entry of a work list: the record, what is wrong with it, what to do.
pub(crate) fn entry(out: Out<'_>, record: &str, what: &str, cure: Option<&str>) -> Done {
    writeln!(out, "{}", if record.is_empty() { "(no number)" } else { record })?;
    writeln!(out, "  {what}")?;
    cure.map_or(Ok(()), |cure| writeln!(out, "  {cure}"))?;
    Ok(())
}

/// All of one held record.
pub(crate) fn held(out: Out<'_>, held: &Held) -> Done {
    let unit = held.unit.map(|unit| format!(", {unit}")).unwrap_or_default();
    writeln!(out, "{} {}{unit}", held.entity, numbers(&held.numbers))?;
    writeln!(out, "  what        {}", held.text)?;
    writeln!(out, "  what to do  {}", held.cure)?;
    for (system, values) in &held.values {
        writeln!(out, "  {:<11} {}", system.connection(), fields(values))?;
    }
    writeln!(out, "  since       {}", moment(held.since))?;
    writeln!(out, "  id          {}", held.subject)?;
    let record = held.numbers.first().cloned().unwrap_or_else(|| held.subject.to_string());
    let choices: Vec<String> = held.why.choices().iter().map(|choice| spelled(choice, held)).collect();
    writeln!(out, "  to decide   samklang held decide {record} {}", choices.join(" | "))?;
    Ok(())
}

/// A choice as it is written on the command line.
fn spelled(choice: &str, held: &Held) -> String {
    let connections: Vec<&str> = held.values.iter().map(|(system, _)| system.connection()).collect();
    match choice {
        "take" => format!("--take {}", connections.join("|")),
        "value" => format!("--value {}=…", held.unit.map_or("FIELD", |unit| unit.as_str())),
        "bind" => "--bind RECORD".to_owned(),
        "leave" if held.unit.is_some() => "--leave CONNECTION".to_owned(),
        other => format!("--{other}"),
    }
}

/// A record that may be the same as another.
pub(crate) fn candidate(out: Out<'_>, one: &Candidate) -> Done {
    let references: Vec<String> = one.references.iter().map(ToString::to_string).collect();
    writeln!(out, "  like it     {} {} ({} of 100)", numbers(&one.numbers), references.join(", "), one.score)?;
    one.reasons.iter().try_for_each(|reason| writeln!(out, "              {reason}"))?;
    Ok(())
}

/// All of one parked record.
pub(crate) fn parked(out: Out<'_>, parked: &Parked) -> Done {
    writeln!(out, "{}", parked.key)?;
    writeln!(out, "  why         {} ({})", parked.text, parked.kind.name())?;
    if let Some((code, text)) = &parked.vendor {
        writeln!(out, "  it says     {code} {text}")?;
    }
    if !parked.numbers.is_empty() {
        writeln!(out, "  numbers     {}", numbers(&parked.numbers))?;
    }
    writeln!(out, "  tried       {} times", parked.attempts)?;
    if let Some(at) = parked.not_before {
        writeln!(out, "  next        {}", moment(at))?;
    }
    if let Some(raw) = &parked.raw {
        writeln!(out, "  as it came  {raw}")?;
    }
    Ok(())
}

/// One record: where it is, and what happened to it.
pub(crate) fn history(out: Out<'_>, binding: &Binding, events: &[Journal]) -> Done {
    writeln!(out, "{} {} (id {})", binding.entity, numbers(&binding.numbers), binding.id)?;
    let own = sync_core::SystemId::hub();
    for (stream, side) in binding.sides.iter().filter(|(stream, _)| stream.system != own) {
        let id = side.id.as_deref().map_or("to be made".to_owned(), |id| format!("#{id}"));
        let mut state = match side.state {
            SideState::Live => String::new(),
            SideState::Missing(times) => format!(", absent from {times} listings"),
            SideState::Removed => ", removed".to_owned(),
        };
        if !side.lagging.is_empty() {
            let units: Vec<&str> = side.lagging.iter().map(|unit| unit.as_str()).collect();
            state.push_str(&format!(", behind in {}", units.join(", ")));
        }
        writeln!(out, "  at {stream} {id}{state}")?;
    }
    for (system, because) in binding.outside.iter() {
        writeln!(out, "  not at {}: {because} does not hold", system.connection())?;
    }
    for alias in &binding.aliases {
        writeln!(out, "  also known as {alias}")?;
    }
    events.iter().try_for_each(|entry| Ok(writeln!(out, "{}  {}", moment(entry.at), event(&entry.event))?))
}

fn event(event: &Event) -> String {
    match event {
        Event::Bound(reference) => format!("is {reference}"),
        Event::Aliased(reference) => format!("is {reference} too"),
        Event::Settled { unit, old, new, from, overridden, because } => {
            let lost: String = overridden.iter().map(|(at, lost)| format!(", not {}", said(at, lost))).collect();
            let was = if old.is_empty() { String::new() } else { format!("{} → ", values(old)) };
            format!("{unit}: {was}{}, from {}{lost} ({because})", values(new), from.connection())
        }
        Event::Wrote { to, action, fields: written, effects, calls } => {
            let effects = if effects.is_empty() { String::new() } else { format!(", effects {}", effects.join(", ")) };
            format!("{action} {to}: {}{effects}{}", fields(written), by_calls(calls))
        }
        Event::Refused { at, action, why, calls } => {
            format!("{action} at {at} was refused: {why}{}", by_calls(calls))
        }
        Event::Altered { at, sent, shown } => format!("{at} keeps {} for {}", fields(shown), fields(sent)),
        Event::Skipped { at, why } => format!("a hook left out the write to {at}: {why}"),
        Event::Removed(reference) => format!("{reference} is gone"),
        Event::Scope { at, within, because } => match (within, because.is_empty()) {
            (true, _) => format!("in the scope of {}", at.connection()),
            (false, true) => format!("out of the scope of {}", at.connection()),
            (false, false) => format!("out of the scope of {}: {because} does not hold", at.connection()),
        },
        Event::Decided { by, what } => format!("{by} decided: {what}"),
        other => format!("{other:?}"),
    }
}

/// ` [PUT /customers/{id}: 204]`.
fn by_calls(calls: &[String]) -> String {
    if calls.is_empty() { String::new() } else { format!(" [{}]", calls.join(", ")) }
}

fn said(system: &SystemId, values: &FieldMap) -> String {
    format!("{} ({})", fields(values), system.connection())
}

fn fields(fields: &FieldMap) -> String {
    fields.iter().map(|(path, value)| format!("{path} {value}")).collect::<Vec<_>>().join(", ")
}

fn values(fields: &FieldMap) -> String {
    fields.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>().join(", ")
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
