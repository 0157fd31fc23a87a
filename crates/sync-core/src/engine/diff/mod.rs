//! From what was read to what is agreed: one decision per unit, and what each side lacks afterwards. Pure.

mod cancelled;
mod explain;
mod lag;
mod sides;
mod sum;
mod view;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use litemap::LiteMap;
use rust_decimal::Decimal;

pub(super) use explain::name_of;
pub(super) use view::is_another;

use super::{
    outcome::{LONGEST_REST, NEVER},
    repeats,
    scope::{self, Around, Outside},
    subject::{Links, Subject},
};
use crate::{
    capability::{Shows, represents},
    decide::{Agreed, Decision, Side, decide},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    mapping::{Problems, Unmapped},
    model,
    policy::{Entity, Rule, Unit},
    store::{Allowed, Binding, BoundSide, Event, Held, SideState},
    value::{FieldMap, FieldPath, Value},
};

use cancelled::cancelled;
use explain::held_unit;
use lag::{advance, joins, lag, lag_frozen, overruled};
use sides::new_sides;
use view::{View, reused, views};

/// A record after its decisions, and what to say about it.
#[derive(Clone, Debug)]
pub(crate) struct Diffed {
    pub(crate) binding: Binding,
    pub(crate) held: Vec<Held>,
    pub(crate) events: Vec<Event>,
    pub(crate) unmapped: BTreeSet<(StreamKey, Unmapped)>,
    /// Sides found to be gone in this run.
    pub(crate) removed: BTreeSet<StreamKey>,
    /// Fields met empty at their master while others have a value.
    pub(crate) empty_master: Vec<String>,
    /// Aliases that became the record's name.
    pub(crate) promoted: Vec<ExternalRef>,
    /// A record that has to be made, and shown, before this one can be written.
    pub(crate) waits_for: Option<CanonicalId>,
    /// An order that goes to a system as an order, and not as the invoice that this is.
    pub(crate) goes_as_order: Option<(CanonicalId, SystemId)>,
    /// What another record is to say in one system, since this one says so.
    pub(crate) corrects: Option<(CanonicalId, Correction)>,
    /// Keys of what was set aside and is over: what was refused is no longer wanted, or is known by another name.
    pub(crate) unparked: Vec<String>,
    /// A person allowed the status that its table asks about.
    pub(crate) confirmed: bool,
    /// Something about the binding is new.
    pub(crate) changed: bool,
}

/// What a record is to say in one system, whoever else says otherwise.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Correction {
    pub(crate) unit: FieldPath,
    pub(crate) value: FieldMap,
    pub(crate) at: SystemId,
}

impl Diffed {
    /// The same record was decided once before in this pass: what was said then stands.
    pub(crate) fn takes_up(&mut self, before: Diffed) {
        let events = std::mem::take(&mut self.events);
        self.events = before.events.into_iter().chain(events).collect();
        let again = |held: &Held| self.held.iter().any(|now| now.why == held.why && now.unit == held.unit);
        let held: Vec<Held> = before.held.into_iter().filter(|held| !again(held)).collect();
        self.held.extend(held);
        self.unmapped.extend(before.unmapped);
        self.removed.extend(before.removed);
        self.empty_master.extend(before.empty_master);
        self.promoted.extend(before.promoted);
        self.confirmed |= before.confirmed;
        self.unparked.extend(before.unparked);
        self.changed |= before.changed;
    }
}

/// Decides every unit of a subject.
pub(crate) fn diff(
    entity: &Entity,
    subject: &Subject,
    links: &Links,
    around: &Around<'_>,
    now: DateTime<Utc>,
) -> Diffed {
    let (out, expected, settled) = attempt(entity, subject, links, around, now, None);
    let returns = |(system, why_not): (&SystemId, &Option<String>)| {
        why_not.is_none() && expected.get(system).is_some_and(Option::is_some)
    };
    if !settled.iter().any(returns) {
        return out;
    }
    // what was decided lets a side back in that nobody listened to
    attempt(entity, subject, links, around, now, Some(settled)).0
}

fn attempt(
    entity: &Entity,
    subject: &Subject,
    links: &Links,
    around: &Around<'_>,
    now: DateTime<Utc>,
    outside: Option<Outside>,
) -> (Diffed, Outside, Outside) {
    let mut out = Diffed {
        binding: subject.binding.clone(),
        held: Vec::new(),
        events: Vec::new(),
        unmapped: BTreeSet::new(),
        removed: BTreeSet::new(),
        promoted: Vec::new(),
        empty_master: Vec::new(),
        waits_for: None,
        goes_as_order: None,
        corrects: None,
        unparked: Vec::new(),
        confirmed: subject.told.confirms,
        changed: false,
    };
    out.binding.agreed = links.canonical(&out.binding.agreed);
    if !subject.again.is_empty() {
        out.binding.sides.iter_mut().for_each(|(_, side)| stir(side, now)); // so says the policy
    }
    meet(entity, subject, &mut out);
    let expected = outside.unwrap_or_else(|| scope::expected(entity, subject, links, around, &out.binding));
    scope::freeze(&expected, &subject.left, &mut out.binding);
    let mut views = views(entity, subject, links, &mut out);
    heed(subject, &mut out, now);
    out.binding.sides.iter_mut().for_each(|(_, side)| repeats::fade(side, &entity.guards, now));
    if !subject.told.same {
        reused(entity, subject, &mut views, &mut out, now);
    }
    for (unit, value, by) in &subject.told.takes {
        take(*unit, value, by, links, &mut views, &mut out);
    }
    for correction in &subject.corrections {
        correct(correction, &views, &mut out);
    }
    for unit in &entity.units {
        settle(entity, unit, subject, &mut views, &mut out, now);
    }
    join_together(entity, &views, &mut out.binding, &subject.binding.agreed);
    cancelled(entity, &views, &mut out);
    let holding: Vec<_> = views.iter().map(|view| (view.key.clone(), view.holding.clone())).collect();
    advance(entity, subject, &holding, &mut out.binding);
    let settled = scope::settled(entity, around, &out.binding);
    tell(entity, around, &settled, &views, &mut out);
    let mut left = expected.clone();
    left.extend(settled.iter().filter(|(_, why_not)| why_not.is_some()).map(|(at, why)| (at.clone(), why.clone())));
    scope::freeze(&left, &subject.left, &mut out.binding);
    out.events.extend(scope::crossed(&subject.binding, &out.binding, &left));
    new_sides(entity, subject, around, &mut out);
    if out.binding.sides.is_empty() {
        out.binding.ended_at.get_or_insert(now); // its only record found its place elsewhere
    }
    out.changed = out.binding != subject.stored || !out.events.is_empty();
    (out, expected, settled)
}

/// Takes over what people said of it beside values: that is kept until it is done.
fn heed(subject: &Subject, out: &mut Diffed, now: DateTime<Utc>) {
    let told = &subject.told;
    for (by, what) in &told.said {
        out.events.push(Event::Decided { by: by.clone(), what: what.clone() });
    }
    if told.removes && out.binding.sides.values().any(|side| side.state == SideState::Removed) {
        out.binding.allowed.insert(Allowed::Remove);
    }
    for (key, side) in &mut out.binding.sides {
        let tried = told.retries.iter().any(|at| at.system == key.system);
        if tried || told.creates.contains(key) {
            side.not_before = None;
            side.repeats = LiteMap::new();
        }
        if told.drops.iter().any(|at| at.system == key.system) {
            side.not_before = Some(now + NEVER);
        }
    }
}

/// Takes over what sights say beside fields: that a record is there, gone, or locked.
fn meet(entity: &Entity, subject: &Subject, out: &mut Diffed) {
    for reference in &subject.bound {
        out.events.push(Event::Bound(reference.clone()));
    }
    for reference in &subject.aliased {
        out.events.push(Event::Aliased(reference.clone()));
    }
    for (key, sight) in &subject.sights {
        if entity.table(key).is_none() {
            continue;
        }
        let side = out.binding.sides.entry(key.clone()).or_default();
        if sight.deleted {
            let known = side.state == SideState::Removed;
            let next = out.binding.aliases.iter().find(|alias| alias.at == *key && !known).cloned();
            if let Some(alias) = next {
                // it goes on under its next name, which is to be read
                out.binding.aliases.remove(&alias);
                let side = out.binding.sides.entry(key.clone()).or_default();
                *side = BoundSide { id: Some(alias.id.clone()), lagging: side.lagging.clone(), ..BoundSide::default() };
                out.events.push(Event::Bound(alias.clone()));
                out.promoted.push(alias);
                continue;
            }
            if side.state != SideState::Removed {
                out.events.push(Event::Removed(sight.reference.clone()));
                out.removed.insert(key.clone());
            }
            side.state = SideState::Removed;
            continue;
        }
        side.state = SideState::Live;
        side.outlived = false;
        side.version = sight.version.clone();
        side.writable = sight.writable.clone();
        side.mark.clone_from(&sight.mark);
    }
}

/// A person's decision. He saw what was kept aside; what a side shows beyond that is an edit that he has not seen.
fn take(unit: FieldPath, value: &FieldMap, by: &str, links: &Links, views: &mut [View<'_>], out: &mut Diffed) {
    let old = out.binding.agreed.under(unit);
    let mut overridden = Vec::new();
    for view in views.iter_mut() {
        let mut unheard = view.shadow.under(unit).filter(|path| old.get(path).is_none());
        let pending = out.binding.sides.get(view.key).map(|side| &side.pending);
        if let Some(Ok(ours)) = pending.map(|pending| view.table.inbound(pending, &mut Problems::default())) {
            let ours = links.canonical(&ours).under(unit);
            unheard.overlay(&ours);
            view.shadow.overlay(&ours);
            view.changed = view.shadow.differs(&view.seen);
        }
        let loses = |(path, shown): (FieldPath, &Value)| value.get(path).is_some_and(|chosen| chosen != shown);
        if unheard.iter().any(loses) {
            overridden.push((view.key.system.clone(), unheard));
        }
    }
    out.events.push(Event::Settled {
        unit,
        old,
        new: value.clone(),
        from: SystemId::person(),
        overridden,
        because: format!("decided by {by}"),
    });
    out.binding.agreed.overlay(value);
    out.binding.origins.insert(unit, SystemId::person());
    out.binding.sides.iter_mut().for_each(|(_, side)| drop(side.repeats.remove(&unit))); // it begins anew
    for view in views.iter() {
        lag(unit, view, &FieldMap::new(), &mut out.binding);
    }
}

/// Says where people can read it why the record does not go to a system; nothing where it goes.
fn tell(entity: &Entity, around: &Around<'_>, settled: &Outside, views: &[View<'_>], out: &mut Diffed) {
    for (unit, systems) in &entity.tells {
        let binding = &out.binding;
        let why = |system: &SystemId| {
            let there = binding
                .sides
                .iter()
                .any(|(key, side)| key.system == *system && side.id.is_some() && side.state != SideState::Removed);
            let because = match there {
                true => settled.get(system).cloned().flatten(),
                false => scope::why_not(entity, system, binding, around),
            }?;
            Some(format!("{}: {because} does not hold", system.connection()))
        };
        let said: Vec<String> = systems.iter().filter_map(why).collect();
        let (old, new) = (binding.agreed.get(*unit), Value::from(said.join("; ")));
        if old.unwrap_or(&Value::Null) == &new {
            continue;
        }
        let before = binding.agreed.under(*unit);
        out.binding.agreed.set(*unit, new);
        out.binding.origins.insert(*unit, SystemId::hub());
        for view in views {
            lag(*unit, view, &before, &mut out.binding);
        }
    }
}

/// A document's word on its buyer, for the one system that takes it from its register.
fn correct(correction: &Correction, views: &[View<'_>], out: &mut Diffed) {
    let Correction { unit, value, at } = correction;
    let old = out.binding.agreed.under(*unit);
    out.binding.agreed.overlay(value);
    out.binding.origins.insert(*unit, SystemId::hub());
    let new = out.binding.agreed.under(*unit);
    let because = format!("as a document of his says, for {}", at.connection());
    out.events.push(Event::Settled { unit: *unit, old, new, from: SystemId::hub(), overridden: Vec::new(), because });
    for view in views.iter().filter(|view| view.key.system == *at) {
        lag(*unit, view, &FieldMap::new(), &mut out.binding);
    }
}

fn settle(
    entity: &Entity,
    unit: &Unit,
    subject: &Subject,
    views: &mut [View<'_>],
    out: &mut Diffed,
    now: DateTime<Utc>,
) {
    if !is_known(unit.path, views, &out.binding) {
        return; // most units of most records
    }
    let rule = unit.rule.of(&subject.binding.origin);
    let agreed_value = out.binding.agreed.under(unit.path);
    let origin = out.binding.origins.get(&unit.path).cloned();
    let agreed = origin.as_ref().map(|from| Agreed { value: &agreed_value, from });
    let parts: Vec<(FieldMap, FieldMap)> = views
        .iter()
        .map(|view| (view.seen.under(unit.path), view.shadow.under(unit.path), view))
        .map(|(seen, shadow, view)| {
            if subject.again.contains(&unit.path) {
                let mut all = shadow;
                all.overlay(&seen);
                (all, FieldMap::new()) // at first sight again
            } else if shadow.is_empty() && seen != agreed_value && sum::begins_at_zero(unit, view, &subject.binding) {
                let nothing = seen.paths().map(|path| (path, Value::from(Decimal::ZERO))).collect();
                (seen, nothing)
            } else {
                (seen, shadow)
            }
        })
        .collect();
    let assumes = |view: &View<'_>| view.table.map.assumed().knows(unit.path);
    let is_told = agreed.is_some()
        || views.iter().any(|view| !assumes(view) && (view.seen.knows(unit.path) || view.shadow.knows(unit.path)));
    let sides: Vec<Side<'_>> = views
        .iter()
        .zip(&parts)
        .filter(|(view, _)| !view.somebody_else)
        .filter(|(view, _)| !(is_told && assumes(view))) // what nobody said gives way to what somebody says
        // what the hub counts from is no word against what it comes to
        .filter(|(view, _)| !entity.counts_from(&view.key.system, unit.path))
        .filter(|(view, _)| view.table.cap.shows != Shows::Snapshot || agreed.is_none())
        .map(|(view, (seen, shadow))| side_of(entity, view, unit.path, seen, shadow, &out.binding))
        .collect();
    let whole = match rule.as_ref() {
        Rule::Sum { up_to: Some(path) } => out.binding.agreed.get(*path).and_then(|v| v.as_decimal()),
        _ => None,
    };
    let decision = decide(&rule, agreed, &sides, whole);
    let decision = sum::still_in_doubt(entity, unit, agreed, views, &sides, &out.binding, decision);
    let decision = forward_only(entity, unit.path, &agreed_value, decision);
    match decision {
        Decision::Keep => {
            if let Rule::Master { system, .. } = rule.as_ref()
                && sides.iter().any(|side| side.system == system && side.seen.is_some() && side.shadow.is_none())
                && sides.iter().any(|side| side.system != system && !side.shown().all_null())
            {
                let line = format!("{} of {}: empty at {system}, kept elsewhere", unit.path, name_of(&subject.binding));
                out.empty_master.push(line);
            }
            if let Some(from) = origin.filter(|_| !matches!(*rule, Rule::Seed(_))) {
                catch_up(unit, &agreed_value, from, subject.again.contains(&unit.path), views, out);
            }
        }
        Decision::Settle { value, from, overridden } => {
            let old = agreed_value.clone();
            out.binding.agreed.overlay(&value);
            out.binding.origins.insert(unit.path, from.clone());
            let new = out.binding.agreed.under(unit.path);
            if old != new {
                out.binding.sides.iter_mut().for_each(|(_, side)| stir(side, now));
            }
            if old != new || !overridden.is_empty() {
                let because = rule.to_string();
                out.events.push(Event::Settled { unit: unit.path, old, new, from, overridden, because });
            }
            // what is seeded goes into new records only: whoever has the record has a value of his own
            if !matches!(*rule, Rule::Seed(_)) {
                for view in views.iter() {
                    lag(unit.path, view, &agreed_value, &mut out.binding);
                }
                lag_frozen(entity, unit.path, &mut out.binding);
            }
        }
        Decision::Hold { why, values } => {
            for view in views.iter_mut() {
                view.holding.insert(unit.path);
            }
            out.held.push(held_unit(subject, unit.path, why, values, now));
        }
    }
}

/// Whether anything is agreed of a unit, or any side shows anything of it.
fn is_known(unit: FieldPath, views: &[View<'_>], binding: &Binding) -> bool {
    binding.origins.contains_key(&unit)
        || binding.agreed.knows(unit)
        || views.iter().any(|view| view.seen.knows(unit) || view.shadow.knows(unit))
}

/// Nothing new is agreed: what lagged, or is met, is compared with what is. Where a value that is met gives way without
/// having been heard, the journal says so.
fn catch_up(unit: &Unit, agreed: &FieldMap, from: SystemId, again: bool, views: &[View<'_>], out: &mut Diffed) {
    let mut overridden = Vec::new();
    for view in views {
        let lagged = out.binding.sides.get(view.key).is_some_and(|side| side.lagging.contains(&unit.path));
        let joins = joins(unit.path, view, agreed);
        if !(lagged || joins || again) {
            continue;
        }
        lag(unit.path, view, agreed, &mut out.binding);
        let lags = out.binding.sides.get(view.key).is_some_and(|side| side.lagging.contains(&unit.path));
        let lost = overruled(unit.path, view, &out.binding);
        if lags && !lagged && !lost.is_empty() {
            overridden.push((view.key.system.clone(), lost));
        }
    }
    if !overridden.is_empty() {
        let (old, new) = (agreed.clone(), agreed.clone());
        let because = unit.rule.of(&out.binding.origin).to_string();
        out.events.push(Event::Settled { unit: unit.path, old, new, from, overridden, because });
    }
}

/// What a mapper joins of several units can be compared once all of them are decided.
fn join_together(entity: &Entity, views: &[View<'_>], binding: &mut Binding, before: &FieldMap) {
    let news = |unit: &Unit, binding: &Binding| before.under(unit.path) != binding.agreed.under(unit.path);
    for view in views {
        for unit in entity.units.iter().filter(|unit| !matches!(unit.rule, Rule::Seed(_))) {
            let settled = view.table.map.joins(unit.path) && news(unit, binding) && !view.holding.contains(&unit.path);
            if settled {
                lag(unit.path, view, &before.under(unit.path), binding);
            }
        }
    }
}

/// What was refused is tried again at once when something new is to be said; but not where a person has to decide.
fn stir(side: &mut BoundSide, now: DateTime<Utc>) {
    side.not_before = side.not_before.filter(|at| *at > now + LONGEST_REST);
}

/// A status goes forward only: an order that was delivered is not open again because somebody looked at it.
fn forward_only(entity: &Entity, unit: FieldPath, agreed: &FieldMap, decision: Decision) -> Decision {
    let Some(field) = model::field(entity.kind, unit).filter(|field| field.words.iter().any(|word| word.is_step))
    else {
        return decision;
    };
    match &decision {
        Decision::Settle { value, .. } => match (agreed.text(unit), value.text(unit)) {
            (Some(from), Some(to)) if !field.is_forward(from, to) => Decision::Keep,
            _ => decision,
        },
        _ => decision,
    }
}

fn side_of<'a>(
    entity: &Entity,
    view: &'a View<'_>,
    unit: FieldPath,
    seen: &'a FieldMap,
    shadow: &'a FieldMap,
    binding: &Binding,
) -> Side<'a> {
    let lagging = binding.sides.get(view.key).is_some_and(|side| side.lagging.contains(&unit));
    // what cannot be written there never lags, and yet whoever edits there has not seen the agreed value
    let agreed = binding.agreed.under(unit);
    let unreached = (!view.table.role.update || !view.table.fields.takes(unit, false))
        && shadow.iter().any(|(path, stored)| {
            agreed.get(path).is_some_and(|wanted| !represents(stored, wanted, view.table.fields.get(path)))
        });
    let shadow = (!shadow.is_empty()).then_some(shadow);
    Side {
        system: &view.key.system,
        kind: entity.kind,
        seen: (!seen.is_empty() && view.table.role.read).then_some(seen),
        shadow,
        lagging: (lagging || unreached) && !fault::on(Fault::AgreedDoesNotContend),
        modified_at: view.sight.and_then(|sight| sight.version.modified_at),
        only_change: view.changed.iter().all(|path| path.is_under(unit)),
        fields: &view.table.fields,
    }
}
