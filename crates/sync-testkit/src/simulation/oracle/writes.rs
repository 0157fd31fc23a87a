//! What the engine did to the systems: nothing that it may not, nothing twice, nothing without proof.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::{Decimal, RoundingStrategy};
use sync_core::{ExternalRef, FieldMap, FieldPath, Value, store::Event};

use super::{
    super::{
        rules::{EntityPlan, FieldPlan, Kind},
        values,
        verdict::{Verdict, Wrong},
    },
    facts::{Facts, Seen},
};
use crate::mock::{Change, Who};

const AMOUNT: FieldPath = FieldPath::from_static("discount_percent");

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    for seen in &facts.systems {
        for (place, change) in seen.log.iter().enumerate().filter(|(_, change)| change.who == Who::Engine) {
            verdict.writes += 1;
            let Some((_, kind, _)) = facts.stream(&change.reference.at) else { continue };
            let Some(entity) = facts.entity(kind) else { continue };
            allowed(facts, entity, seen, (place, change), verdict);
        }
    }
    removals(facts, verdict);
    for entity in &facts.stage.history.entities {
        doubled(facts, entity, verdict);
        guards(facts, entity, verdict);
    }
    money(facts, verdict);
}

fn is_create(change: &Change) -> bool {
    change.before.is_empty() && !change.removed
}

/// Roles, and masters of fields.
fn allowed(
    facts: &Facts<'_>,
    entity: &EntityPlan,
    seen: &Seen<'_>,
    (place, change): (usize, &Change),
    verdict: &mut Verdict,
) {
    let role = entity.role(seen.plan.place);
    let (may, word) = match (change.removed, is_create(change)) {
        (true, _) => (role.remove, "removed"),
        (_, true) => (role.create, "made"),
        _ => (role.update, "changed"),
    };
    let facet = seen.plan.host(entity.kind) != entity.kind;
    let carried = facet && is_create(change);
    if !(may || carried) {
        verdict.add(Wrong::Master, format!("{} was {word}, and its role does not allow that", change.reference));
    }
    if word != "changed" {
        return;
    }
    for path in change.before.diff(&change.after).paths() {
        let unit = EntityPlan::unit(path);
        let decided = facts.stage.decided.iter().any(|(at, _)| *at == unit);
        let mastered = matches!(entity.rule(path), FieldPlan::Master { system, .. } if system == seen.plan.place);
        if mastered && !decided && !path.is_extension() && !is_excused(facts, seen, place, change, path) {
            if looks_like_ours(facts, seen, place, change, path) {
                verdict.window += 1;
                continue;
            }
            let (old, new) = (change.before.get(path), change.after.get(path));
            let line = format!("{path} of {} was written, where its master is: {old:?} to {new:?}", change.reference);
            verdict.add(Wrong::Master, line);
        }
    }
}

/// A full replace carries away what was edited in its round trip, which is counted elsewhere; and what the engine put
/// there itself, while the master had no such record, is not the master's own word. What was emptied before the create
/// was answered, or before anybody was shown what the create left, looks like what the system never kept.
fn is_excused(facts: &Facts<'_>, seen: &Seen<'_>, place: usize, change: &Change, path: FieldPath) -> bool {
    let mut earlier = seen.log.iter().take(place).filter(|other| other.reference == change.reference);
    let last = earlier.rfind(|other| other.before.get(path) != other.after.get(path));
    let by_user = last.is_some_and(|last| last.who == Who::User);
    let emptied = last.filter(|last| last.after.filled(path).is_none());
    let unanswered = emptied.is_some_and(|last| facts.bound_at(&change.reference).is_none_or(|at| last.at <= at));
    let host = seen.host(&change.reference);
    let emptied_at =
        seen.log.iter().take(place).rposition(|other| emptied.is_some_and(|last| std::ptr::eq(last, other)));
    let silent = facts.host(&change.reference.at).is_some_and(|plan| plan.silent);
    let unshown = silent
        && emptied_at.is_some_and(|at| !seen.looks.iter().any(|look| look.reference == host && look.changes <= at));
    !by_user || unanswered || unshown || facts.host(&change.reference.at).is_some_and(|plan| plan.replaces)
}

/// A user typed the very record that the engine was about to make there, and nobody can tell it from that one.
fn looks_like_ours(facts: &Facts<'_>, seen: &Seen<'_>, place: usize, change: &Change, path: FieldPath) -> bool {
    let mut earlier = seen.log.iter().take(place).filter(|other| other.reference == change.reference);
    let typed = earlier.rfind(|other| other.before.get(path) != other.after.get(path)).filter(|last| is_create(last));
    let claimed = |event: &Event, typed: &Change| match event {
        Event::Wrote { to, action, fields, .. } => {
            *to == change.reference && action == "create" && fields.get(path) == typed.after.get(path)
        }
        _ => false,
    };
    typed.is_some_and(|typed| facts.journal.iter().any(|entry| claimed(&entry.event, typed)))
}

/// Nothing is removed, or said to be gone, without a user who removed it.
fn removals(facts: &Facts<'_>, verdict: &mut Verdict) {
    for seen in &facts.systems {
        for change in seen.log.iter().filter(|change| change.removed && change.who == Who::Engine) {
            let names = facts.names_of(&change.reference);
            let proof = names.iter().filter(|other| **other != change.reference).any(|other| {
                let gone = |c: &Change| c.removed && c.reference == *other && c.at <= change.at;
                facts.system(&other.at.system).is_some_and(|system| system.log.iter().any(gone))
            });
            if !proof {
                verdict.add(Wrong::Removed, format!("{} was removed, and its source is there", change.reference));
            }
        }
    }
    for entry in &facts.journal {
        let Event::Removed(reference) = &entry.event else { continue };
        let gone = facts.system(&reference.at.system).is_some_and(|seen| {
            let host = seen.host(reference);
            seen.log.iter().any(|change| change.removed && change.reference == host && change.at <= entry.at)
        });
        if !gone {
            verdict.add(Wrong::Removed, format!("{reference} is said to be gone, and it was there"));
        }
    }
}

/// At most one record in a system for each one that users made elsewhere.
fn doubled(facts: &Facts<'_>, entity: &EntityPlan, verdict: &mut Verdict) {
    let made = |seen: &Seen<'_>, who: Who| -> Vec<(String, ExternalRef)> {
        let stream = entity.kind.stream();
        let own = seen.log.iter().filter(|c| c.who == who && is_create(c) && c.reference.at.stream.as_str() == stream);
        own.filter_map(|c| Some((values::origin(&c.after)?.to_owned(), c.reference.clone()))).collect()
    };
    for seen in &facts.systems {
        let mut ours: BTreeMap<String, Vec<ExternalRef>> = BTreeMap::new();
        for (note, reference) in made(seen, Who::Engine) {
            if seen.is_there(&reference) {
                ours.entry(note).or_default().push(reference);
            }
        }
        for (note, references) in ours {
            // what users made and have here still needs no second one
            let all = facts.systems.iter().flat_map(|other| {
                let here = other.plan.place == seen.plan.place;
                made(other, Who::User).into_iter().filter(move |(_, own)| !here || !other.is_there(own))
            });
            let sources = all.filter(|(n, _)| *n == note).count();
            // without a mark, a search or a key nobody recognises a record of which users left less than half
            let everywhere = facts.systems.iter().flat_map(|other| made(other, Who::Engine));
            let own = everywhere.filter(|(n, reference)| *n == note && facts.is_past_recognition(reference));
            let changed = own.count();
            let doubles = references.len().saturating_sub(sources);
            verdict.window += u64::try_from(doubles.min(changed)).unwrap_or_default();
            if doubles > changed {
                let names: Vec<String> = references.iter().map(ToString::to_string).collect();
                let line = format!("'{note}' was made {} times: {}", names.len(), names.join(", "));
                verdict.add(Wrong::Doubled, line);
            }
        }
    }
}

/// No run makes more than the guard allows, unless somebody approved.
fn guards(facts: &Facts<'_>, entity: &EntityPlan, verdict: &mut Verdict) {
    for run in facts.stage.runs.iter().filter(|run| !run.approved) {
        for (seen, (from, to)) in facts.systems.iter().zip(&run.logs) {
            let own = seen.log.iter().take(*to).skip(*from).filter(|c| c.who == Who::Engine && is_create(c));
            let facet = seen.plan.host(entity.kind) != entity.kind;
            let count = own.filter(|c| !facet && c.reference.at.stream.as_str() == entity.kind.stream()).count();
            if u64::try_from(count).is_ok_and(|count| count > entity.max_create) {
                let line = format!(
                    "{count} records were made at {} in one run, allowed are {}",
                    seen.name(),
                    entity.max_create
                );
                verdict.add(Wrong::Guard, line);
            }
        }
    }
}

/// Amounts are what somebody typed, or that in fewer decimals.
fn money(facts: &Facts<'_>, verdict: &mut Verdict) {
    let scales: BTreeSet<u32> = facts
        .systems
        .iter()
        .filter_map(|seen| seen.plan.streams.get(&Kind::Company).and_then(|plan| plan.rounds))
        .collect();
    let mut check = |place: &str, fields: &FieldMap| {
        let Some(value) = fields.filled(AMOUNT) else { return };
        let known = match (value, values::tag(value)) {
            (Value::Decimal(amount), Some(n)) => typed(n, &scales).contains(amount),
            _ => false,
        };
        if !known {
            verdict.add(Wrong::Money, format!("{place} has {value}, which nobody typed"));
        }
    };
    for seen in &facts.systems {
        for (id, fields) in seen.mock.all(Kind::Company.stream()) {
            check(&format!("{}#{id}", seen.name()), &fields);
        }
    }
    for binding in &facts.bindings {
        check(&binding.id.to_string(), &binding.agreed);
    }
}

fn typed(n: u64, scales: &BTreeSet<u32>) -> BTreeSet<Decimal> {
    let mut all = BTreeSet::new();
    let mut open = match values::value(AMOUNT, n) {
        Value::Decimal(amount) => vec![amount],
        _ => Vec::new(),
    };
    while let Some(amount) = open.pop() {
        if all.insert(amount) {
            let kept = |scale: &u32| amount.round_dp_with_strategy(*scale, RoundingStrategy::MidpointAwayFromZero);
            open.extend(scales.iter().map(kept));
        }
    }
    all
}
