//! The end: every side shows what is agreed, or somebody is told.

use sync_core::{
    CanonicalId, FieldPath, Link, StreamKey, Value,
    store::{Binding, BoundSide, SideState},
};

use super::{
    super::{
        rules::{EntityPlan, FieldPlan, Kind},
        system::StreamPlan,
        values,
        verdict::{Verdict, Wrong},
    },
    facts::{Facts, Seen},
};

pub(super) fn judge(facts: &Facts<'_>, verdict: &mut Verdict) {
    for binding in facts.bindings.iter().filter(|binding| binding.is_live()) {
        if let Some(entity) = facts.entity_of(binding) {
            sides(facts, entity, binding, verdict);
            missing(facts, entity, binding, verdict);
        }
    }
    unmet(facts, verdict);
    for held in facts.held.iter().filter(|held| held.text.is_empty() || held.cure.is_empty()) {
        verdict.add(Wrong::Stuck, format!("{:?} is held without a word", held.subject));
    }
}

/// Each living side against what is agreed.
fn sides(facts: &Facts<'_>, entity: &EntityPlan, binding: &Binding, verdict: &mut Verdict) {
    for (key, side) in &binding.sides {
        let (Some((seen, kind, plan)), Some(id)) = (facts.stream(key), &side.id) else { continue };
        let there = seen.is_there(&key.id(id));
        if side.state == SideState::Removed {
            if there {
                verdict.add(Wrong::Removed, format!("{} is taken for removed, and it is there", key.id(id)));
            }
            continue;
        }
        let role = entity.role(seen.plan.place);
        if !there {
            if role.read && !facts.host(key).is_some_and(|host| host.incomplete) {
                verdict.add(Wrong::Stuck, format!("{} is gone, and nobody took notice of it", key.id(id)));
            }
            continue;
        }
        if side.frozen || binding.ambiguous || !role.update {
            continue;
        }
        for path in fields(kind) {
            field(facts, entity, binding, (key, side, seen, plan), path, verdict);
        }
    }
}

fn fields(kind: Kind) -> impl Iterator<Item = FieldPath> {
    values::fields(kind).iter().copied().chain([values::NOTE, FieldPath::from_static("organisation")])
}

fn field(
    facts: &Facts<'_>,
    entity: &EntityPlan,
    binding: &Binding,
    (key, side, seen, plan): (&StreamKey, &BoundSide, &Seen<'_>, &StreamPlan),
    path: FieldPath,
    verdict: &mut Verdict,
) {
    let deaf = !entity.role(seen.plan.place).read; // what users do there is nobody's business
    let own = match entity.rule(path) {
        FieldPlan::Off | FieldPlan::Seed(_) => true,
        FieldPlan::Master { system, foreign } => foreign == "ignore" && system != seen.plan.place,
        _ => false,
    };
    let Some(id) = &side.id else { return };
    let reference = key.id(id);
    if deaf && seen.edited_by_user(&reference, path) {
        return;
    }
    let unit = EntityPlan::unit(path);
    let shut = plan.read_only && path.as_str() == "website";
    if own || shut || facts.told(binding.id, Some(unit), Some(&reference)) {
        return;
    }
    let wanted = binding.agreed.get(path).map(|value| here(facts, value, key));
    if facts.master_is_silent(entity, binding, path) {
        return;
    }
    let shown = seen.mock.fields(key.stream.as_str(), id).and_then(|fields| fields.get(path).cloned());
    let same =
        same_at_first(path, wanted.as_ref(), shown.as_ref()) || same_record(facts, wanted.as_ref(), shown.as_ref());
    if !same && !plan.shows(entity.kind, path, wanted.as_ref(), shown.as_ref()) {
        let line =
            format!("{path} of {reference} shows {}, agreed is {}", words(shown.as_ref()), words(wanted.as_ref()));
        verdict.add(Wrong::Stuck, line);
    }
}

/// Names and addresses that differ in case alone mean the same when they are met, and are left alone.
fn same_at_first(path: FieldPath, wanted: Option<&Value>, shown: Option<&Value>) -> bool {
    let folded = |value: Option<&Value>| value.and_then(Value::as_text).map(str::to_lowercase);
    matches!(path.as_str(), "name" | "email") && wanted.is_some() && folded(wanted) == folded(shown)
}

/// A link to a record that is gone, and whose place another one took, still means the same.
fn same_record(facts: &Facts<'_>, wanted: Option<&Value>, shown: Option<&Value>) -> bool {
    match (wanted.and_then(Value::as_link), shown.and_then(Value::as_link)) {
        (Some(Link::External(wanted)), Some(Link::External(shown))) => facts.names_of(wanted).contains(shown),
        _ => false,
    }
}

fn words(value: Option<&Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}

/// A link in a system's own terms.
fn here(facts: &Facts<'_>, value: &Value, key: &StreamKey) -> Value {
    let Value::Link(Link::Canonical(to)) = value else { return value.clone() };
    let name = facts.binding(*to).and_then(|binding| {
        let mut sides = binding.sides.iter().filter(|(at, _)| at.system == key.system);
        sides.find_map(|(at, side)| Some(at.id(side.id.as_ref()?)))
    });
    name.map_or_else(|| value.clone(), |reference| Value::Link(Link::External(reference)))
}

/// Sides that ought to be there.
fn missing(facts: &Facts<'_>, entity: &EntityPlan, binding: &Binding, verdict: &mut Verdict) {
    let facet = facts.systems.iter().any(|seen| seen.plan.host(entity.kind) != entity.kind);
    if facet || binding.ambiguous || facts.mentioned(binding.id) {
        return;
    }
    let alive = |at: &StreamKey, side: &BoundSide| {
        side.id.as_ref().is_some_and(|id| facts.system(&at.system).is_some_and(|seen| seen.is_there(&at.id(id))))
    };
    let source = binding.sides.iter().any(|(at, side)| {
        let read = facts.system(&at.system).is_some_and(|seen| entity.role(seen.plan.place).read);
        read && !side.frozen && alive(at, side)
    });
    let category = binding.agreed.text(FieldPath::from_static("category"));
    for (place, role) in &entity.roles {
        if entity.scope.is_some_and(|(at, wanted)| at == *place && category != Some(wanted)) {
            continue;
        }
        let Some(seen) = facts.systems.iter().find(|seen| seen.plan.place == *place) else { continue };
        let at = seen.mock.at(entity.kind.stream());
        let side = binding.sides.get(&at);
        if side.is_some_and(|side| side.id.is_none()) {
            verdict.add(Wrong::Stuck, format!("{} was to be made at {at}, and nobody is told", of(binding)));
        } else if source && role.create && side.is_none() && !is_settled_elsewhere(entity, binding) {
            verdict.add(Wrong::Stuck, format!("{} is missing at {at}, and nobody is told", of(binding)));
        }
    }
}

/// A record whose master is gone goes nowhere new.
fn is_settled_elsewhere(_entity: &EntityPlan, binding: &Binding) -> bool {
    binding.sides.values().any(|side| side.state == SideState::Removed)
}

fn of(binding: &Binding) -> String {
    let name = binding.references().next().map_or_else(|| binding.id.to_string(), |reference| reference.to_string());
    format!("{} {name}", binding.entity)
}

/// Records that nobody took up.
fn unmet(facts: &Facts<'_>, verdict: &mut Verdict) {
    for entity in &facts.stage.history.entities {
        for seen in &facts.systems {
            if !entity.role(seen.plan.place).read {
                continue;
            }
            for id in seen.mock.all(seen.plan.host(entity.kind).stream()).keys() {
                let reference = seen.mock.at(entity.kind.stream()).id(id);
                if !seen.is_there(&reference) {
                    continue;
                }
                let owner: Option<&CanonicalId> = facts.owners.get(&reference);
                let parked = facts.parked.iter().any(|parked| parked.key == reference.to_string());
                if owner.is_none() && !parked {
                    verdict.add(Wrong::Stuck, format!("{reference} was never taken up"));
                }
            }
        }
    }
}
