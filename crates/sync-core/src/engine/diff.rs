//! From what was read to what is agreed: one decision per unit, and what each side lacks afterwards. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{
    scope::{self, Around},
    subject::{Links, Sight, Subject},
};
use crate::{
    capability::{Shows, represents},
    connector::Writable,
    decide::{Agreed, Decision, Side, Why, decide, same_meaning},
    fault::{self, Fault},
    id::{ExternalRef, StreamKey, SystemId},
    mapping::{Problems, Unmapped},
    model,
    policy::{Create, Entity, Rule, StreamTable, Unit},
    store::{Binding, BoundSide, Event, Held, HeldWhy, SideState},
    value::{FieldMap, FieldPath, NormalForm, Value},
};

/// A record after its decisions, and what to say about it.
#[derive(Clone, Debug)]
pub(crate) struct Diffed {
    pub(crate) binding: Binding,
    pub(crate) held: Vec<Held>,
    pub(crate) events: Vec<Event>,
    pub(crate) unmapped: BTreeSet<Unmapped>,
    /// Sides found to be gone in this run.
    pub(crate) removed: BTreeSet<StreamKey>,
    /// Fields met empty at their master while others have a value.
    pub(crate) empty_master: Vec<String>,
    /// Aliases that became the record's name.
    pub(crate) promoted: Vec<ExternalRef>,
    /// Something about the binding is new.
    pub(crate) changed: bool,
}

/// One side in canonical terms.
struct View<'a> {
    key: &'a StreamKey,
    table: &'a StreamTable,
    seen: FieldMap,
    shadow: FieldMap,
    sight: Option<&'a Sight>,
    /// Units on which this side waits for a person.
    holding: BTreeSet<FieldPath>,
    /// Its number may have been given to somebody else: nothing of it counts before a person has looked.
    somebody_else: bool,
}

/// Decides every unit of a subject.
pub(crate) fn diff(
    entity: &Entity,
    subject: &Subject,
    links: &Links,
    around: &Around<'_>,
    now: DateTime<Utc>,
) -> Diffed {
    let mut out = Diffed {
        binding: subject.binding.clone(),
        held: Vec::new(),
        events: Vec::new(),
        unmapped: BTreeSet::new(),
        removed: BTreeSet::new(),
        promoted: Vec::new(),
        empty_master: Vec::new(),
        changed: false,
    };
    out.binding.agreed = links.canonical(&out.binding.agreed);
    meet(entity, subject, &mut out);
    scope::freeze(entity, subject, links, around, &mut out);
    let mut views = views(entity, subject, links, &mut out);
    reused(entity, subject, &mut views, &mut out, now);
    for (unit, value, by) in &subject.takes {
        take(*unit, value, by, links, &mut views, &mut out);
    }
    for unit in &entity.units {
        settle(entity, unit, subject, &mut views, &mut out, now);
    }
    let views: Vec<_> = views.into_iter().map(|v| (v.key.clone(), v.holding)).collect();
    advance(entity, subject, &views, &mut out.binding);
    new_sides(entity, subject, around, &mut out);
    if out.binding.sides.is_empty() {
        out.binding.ended_at.get_or_insert(now); // its only record found its place elsewhere
    }
    out.changed = out.binding != subject.stored || !out.events.is_empty();
    out
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
        if !entity.streams.contains_key(key) {
            continue;
        }
        let side = out.binding.sides.entry(key.clone()).or_default();
        if sight.deleted {
            if let Some(alias) = out.binding.aliases.iter().find(|alias| alias.at == *key).cloned() {
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
        side.version = sight.version.clone();
        side.writable = sight.writable.clone();
    }
}

fn views<'a>(entity: &'a Entity, subject: &'a Subject, links: &Links, out: &mut Diffed) -> Vec<View<'a>> {
    let mut views = Vec::new();
    for (key, table) in &entity.streams {
        let Some(side) = out.binding.sides.get(key) else { continue };
        if side.state == SideState::Removed || side.frozen || (side.id.is_none() && !subject.sights.contains_key(key)) {
            continue;
        }
        let sight = subject.sights.get(key);
        let mut seen = side.pending.clone();
        if let Some(sight) = sight {
            seen.overlay(&sight.fields);
        }
        let mut problems = Problems::default();
        let mut canonical = |theirs: &FieldMap| match table.inbound(theirs, &mut problems) {
            Ok(ours) => links.canonical(&ours),
            Err(_) => FieldMap::new(), // the mapper refuses: as if nothing had been read, and the error is reported by `read`
        };
        let view = View {
            key,
            table,
            seen: canonical(&seen),
            shadow: canonical(&side.shadow),
            sight,
            holding: BTreeSet::new(),
            somebody_else: false,
        };
        out.unmapped.extend(problems.unmapped);
        views.push(view);
    }
    views
}

/// Where numbers are given away again, a record that changed in everything that it is known by is held.
fn reused(entity: &Entity, subject: &Subject, views: &mut [View<'_>], out: &mut Diffed, now: DateTime<Utc>) {
    for view in views.iter_mut().filter(|view| view.table.cap.natural_key) {
        if !is_another(entity, &view.shadow, &view.seen) {
            continue;
        }
        view.somebody_else = true;
        view.holding = entity.units.iter().map(|unit| unit.path).collect();
        let text = format!("{} changed at {} in all that it is known by", name_of(&subject.binding), view.key);
        let cure = "say whether the number was given to somebody else";
        let binding = &subject.binding;
        let mut held = Held::new(binding.id, binding.entity.clone(), HeldWhy::Ambiguous, text, cure, now);
        held.numbers.clone_from(&binding.numbers);
        out.held.push(held);
    }
}

/// Whether everything that a record is known by changed at once: name, and the fields of the match rules.
pub(super) fn is_another(entity: &Entity, before: &FieldMap, now: &FieldMap) -> bool {
    let names = model::spec(entity.kind).iter().filter(|field| field.form == NormalForm::Name).map(|field| field.path);
    let identity: BTreeSet<FieldPath> = entity
        .matches
        .iter()
        .flat_map(|rule| rule.on.iter().copied())
        .chain(names)
        .filter(|path| before.filled(*path).is_some() && now.get(*path).is_some())
        .collect();
    identity.len() > 1 && identity.iter().all(|path| before.get(*path) != now.get(*path))
}

/// A person's decision. He saw what was kept aside; what a side shows beyond that is an edit that he has not seen.
fn take(unit: FieldPath, value: &FieldMap, by: &str, links: &Links, views: &mut [View<'_>], out: &mut Diffed) {
    for view in views.iter_mut() {
        let pending = out.binding.sides.get(view.key).map(|side| &side.pending);
        if let Some(Ok(ours)) = pending.map(|pending| view.table.inbound(pending, &mut Problems::default())) {
            view.shadow.overlay(&links.canonical(&ours).under(unit));
        }
    }
    let old = out.binding.agreed.under(unit);
    out.events.push(Event::Settled {
        unit,
        old,
        new: value.clone(),
        from: SystemId::person(),
        overridden: Vec::new(),
        because: format!("decided by {by}"),
    });
    out.binding.agreed.overlay(value);
    out.binding.origins.insert(unit, SystemId::person());
    for view in views.iter() {
        lag(unit, view, &mut out.binding);
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
    let agreed_value = out.binding.agreed.under(unit.path);
    let origin = out.binding.origins.get(&unit.path).cloned();
    let agreed = origin.as_ref().map(|from| Agreed { value: &agreed_value, from });
    let parts: Vec<(FieldMap, FieldMap)> = views
        .iter()
        .map(|view| (view.seen.under(unit.path), view.shadow.under(unit.path)))
        .map(|(seen, shadow)| {
            if subject.again.contains(&unit.path) {
                let mut all = shadow;
                all.overlay(&seen);
                (all, FieldMap::new()) // at first sight again
            } else {
                (seen, shadow)
            }
        })
        .collect();
    let sides: Vec<Side<'_>> = views
        .iter()
        .zip(&parts)
        .filter(|(view, _)| !view.somebody_else)
        .filter(|(view, _)| view.table.cap.shows != Shows::Snapshot || agreed.is_none())
        .map(|(view, (seen, shadow))| side_of(entity, view, unit.path, seen, shadow, &out.binding))
        .collect();
    let whole = match &unit.rule {
        Rule::Sum { up_to: Some(path) } => out.binding.agreed.get(*path).and_then(|v| v.as_decimal()),
        _ => None,
    };
    let decision = forward_only(entity, unit.path, &agreed_value, decide(&unit.rule, agreed, &sides, whole));
    let joining: Vec<bool> = parts.iter().map(|(seen, shadow)| !seen.is_empty() && shadow.is_empty()).collect();
    match decision {
        Decision::Keep => {
            if let Rule::Master { system, .. } = &unit.rule
                && sides.iter().any(|side| side.system == system && side.seen.is_some() && side.shadow.is_none())
                && sides.iter().any(|side| side.system != system && !side.shown().all_null())
            {
                let line = format!("{} of {}: empty at {system}, kept elsewhere", unit.path, name_of(&subject.binding));
                out.empty_master.push(line);
            }
            for (view, joins) in views.iter().zip(joining) {
                let was = out.binding.sides.get(view.key).is_some_and(|s| s.lagging.contains(&unit.path));
                if agreed.is_some() && (was || joins) {
                    lag(unit.path, view, &mut out.binding);
                }
            }
        }
        Decision::Settle { value, from, overridden } => {
            let old = agreed_value.clone();
            out.binding.agreed.overlay(&value);
            out.binding.origins.insert(unit.path, from.clone());
            let new = out.binding.agreed.under(unit.path);
            if old != new || !overridden.is_empty() {
                let because = format!("{:?}", unit.rule);
                out.events.push(Event::Settled { unit: unit.path, old, new, from, overridden, because });
            }
            for view in views.iter() {
                lag(unit.path, view, &mut out.binding);
            }
            lag_frozen(entity, unit.path, &mut out.binding);
        }
        Decision::Hold { why, values } => {
            for view in views.iter_mut() {
                view.holding.insert(unit.path);
            }
            out.held.push(held_unit(subject, unit.path, why, values, now));
        }
    }
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
    let unreached = (!view.table.role.update || view.table.fields.writable(unit, false).is_empty())
        && shadow.iter().any(|(path, stored)| {
            agreed.get(path).is_some_and(|wanted| !represents(stored, wanted, &view.table.fields.get(path)))
        });
    let shadow = (!shadow.is_empty()).then_some(shadow);
    let others_changed = || view.shadow.differs(&view.seen).iter().any(|path| !path.is_under(unit));
    Side {
        system: &view.key.system,
        kind: entity.kind,
        seen: (!seen.is_empty() && view.table.role.read).then_some(seen),
        shadow: if fault::on(Fault::JoiningWins) && shadow.is_none() && !seen.is_empty() {
            Some(NOTHING.get_or_init(FieldMap::new))
        } else {
            shadow
        },
        lagging: (lagging || unreached) && !fault::on(Fault::AgreedDoesNotContend),
        modified_at: view.sight.and_then(|sight| sight.version.modified_at),
        only_change: !others_changed(),
        fields: &view.table.fields,
    }
}

static NOTHING: std::sync::OnceLock<FieldMap> = std::sync::OnceLock::new();

/// Marks or clears what a side lacks of the agreed value. Met for the first time, another way of writing the same is
/// not lacking.
fn lag(unit: FieldPath, view: &View<'_>, binding: &mut Binding) {
    let agreed = binding.agreed.under(unit);
    let kind = binding.kind;
    let Some(side) = binding.sides.get_mut(view.key) else { return };
    let joins = view.shadow.under(unit).is_empty();
    let mut shown = view.shadow.under(unit);
    shown.overlay(&view.seen.under(unit));
    let writable = view.table.fields.writable(unit, side.id.is_none());
    let shows = |path: FieldPath, wanted: &Value| match shown.get(path) {
        Some(stored) => {
            represents(stored, wanted, &view.table.fields.get(path))
                || (joins && same_meaning(kind, path, stored, wanted))
        }
        None => wanted.is_null(),
    };
    let lacks = agreed.iter().any(|(path, wanted)| writable.contains(&path) && !shows(path, wanted))
        && has_something_to_send(unit, view, &binding.agreed, side);
    if lacks && view.table.role.update && view.table.cap.shows != Shows::Snapshot {
        side.lagging.insert(unit);
    } else {
        side.lagging.remove(&unit);
    }
}

/// Whether writing the agreed values would change anything: a status table may have no word for them, or the word that
/// stands there already.
fn has_something_to_send(unit: FieldPath, view: &View<'_>, agreed: &FieldMap, side: &BoundSide) -> bool {
    let mut shown = side.shadow.clone();
    shown.overlay(&side.pending);
    if let Some(sight) = view.sight {
        shown.overlay(&sight.fields);
    }
    let mut problems = Problems::default();
    let Ok(theirs) = view.table.map.outbound(agreed, Some(&shown), &mut problems) else { return true };
    let fields: BTreeSet<FieldPath> = agreed.under(unit).paths().flat_map(|leaf| view.table.map.theirs(leaf)).collect();
    let unmapped = problems.unmapped.iter().any(|code| code.field.is_under(unit) || fields.contains(&code.field));
    unmapped || fields.iter().any(|field| theirs.get(*field).is_some_and(|value| shown.get(*field) != Some(value)))
}

/// A frozen side misses what is settled meanwhile; on return it is compared.
fn lag_frozen(entity: &Entity, unit: FieldPath, binding: &mut Binding) {
    for (key, side) in binding.sides.iter_mut().filter(|(_, side)| side.frozen) {
        let Some(table) = entity.streams.get(key) else { continue };
        if table.role.update && !table.fields.writable(unit, false).is_empty() {
            side.lagging.insert(unit);
        }
    }
}

/// Shadows follow what was seen, but for units that wait for a person: there the sight is kept aside.
fn advance(entity: &Entity, subject: &Subject, views: &[(StreamKey, BTreeSet<FieldPath>)], binding: &mut Binding) {
    for (key, side) in &mut binding.sides {
        let (Some(table), sight) = (entity.streams.get(key), subject.sights.get(key)) else { continue };
        if side.frozen {
            for (path, value) in sight.iter().flat_map(|sight| sight.fields.iter()) {
                if side.shadow.get(path) == Some(value) {
                    side.pending.remove(path);
                } else {
                    side.pending.set(path, value.clone());
                }
            }
            continue;
        }
        let mut seen = std::mem::take(&mut side.pending);
        if let Some(sight) = sight {
            seen.overlay(&sight.fields);
        }
        let holding = views.iter().find(|(at, _)| at == key).map(|(_, holding)| holding);
        let waits = |path: FieldPath| {
            holding.is_some_and(|units| {
                !units.is_empty()
                    && table.map.ours(path).iter().any(|leaf| units.iter().any(|unit| leaf.is_under(*unit)))
            })
        };
        for (path, value) in seen.iter() {
            let known = side.shadow.get(path);
            if known == Some(value) {
                continue;
            }
            if waits(path) {
                side.pending.set(path, value.clone());
            } else if !fault::on(Fault::LosersShadowNotKept) || side.lagging.is_empty() {
                side.shadow.set(path, value.clone());
            }
        }
        if fault::on(Fault::ShadowIsAgreed) {
            let agreed: BTreeMap<FieldPath, _> = binding.agreed.iter().map(|(p, v)| (p, v.clone())).collect();
            for (path, value) in agreed {
                if side.shadow.get(path).is_some() {
                    side.shadow.set(path, value);
                }
            }
        }
    }
}

/// Sides that are to be made, and what becomes of the others when one is gone.
fn new_sides(entity: &Entity, subject: &Subject, around: &Around<'_>, out: &mut Diffed) {
    let known_somewhere = out.binding.sides.iter().any(|(key, side)| {
        side.id.is_some()
            && side.state != SideState::Removed
            && entity.streams.get(key).is_some_and(|table| table.role.read)
    });
    if subject.ambiguous.is_some() || !known_somewhere || out.binding.origins.is_empty() {
        return;
    }
    for (system, role) in &entity.systems {
        let asked = subject.asked.iter().any(|key| key.system == *system);
        if !(role.create == Create::Always || asked) || !scope::within(entity, system, &out.binding, around) {
            continue;
        }
        let streams: Vec<(&StreamKey, &StreamTable)> = entity
            .streams
            .iter()
            .filter(|(key, table)| key.system == *system && table.cap.shows == Shows::Record)
            .collect();
        if streams.iter().any(|(key, _)| out.binding.live_side(key).is_some()) {
            continue;
        }
        let Some((key, table)) =
            streams.into_iter().find(|(key, table)| takes(table, &out.binding, asked, &subject.asked, key))
        else {
            continue;
        };
        if let Some(dead) = out.binding.sides.get(key)
            && dead.state == SideState::Removed
            && !asked
            && entity.recreate == crate::policy::Recreate::Ask
        {
            continue;
        }
        let lagging = entity
            .units
            .iter()
            .filter(|unit| !table.fields.writable(unit.path, true).is_empty())
            .map(|unit| unit.path)
            .collect();
        let writable = Writable::All;
        out.binding.sides.insert(key.clone(), BoundSide { lagging, writable, ..BoundSide::default() });
    }
}

/// Whether a stream can make this record: what it holds must be what the record is.
fn takes(table: &StreamTable, binding: &Binding, asked: bool, which: &BTreeSet<StreamKey>, key: &StreamKey) -> bool {
    let makes = table.cap.create || table.cap.facet_of.is_some(); // a facet is made with its host
    let holds = table.cap.holds.iter().all(|(path, value)| binding.agreed.get(path).is_none_or(|known| known == value));
    makes && holds && (!asked || which.contains(key))
}

fn held_unit(
    subject: &Subject,
    unit: FieldPath,
    why: Why,
    values: Vec<(SystemId, FieldMap)>,
    now: DateTime<Utc>,
) -> Held {
    let binding = &subject.binding;
    let said: Vec<String> = values
        .iter()
        .map(|(system, value)| {
            let shown: Vec<String> = value.iter().map(|(_, v)| v.to_string()).collect();
            format!("{system} says {}", shown.join(", "))
        })
        .collect();
    let (what, cure) = match why {
        Why::Conflict => ("was changed on several sides", "choose the value that is right"),
        Why::ForeignChange => {
            ("was changed where another system decides", "take the change over, or let it be reverted")
        }
        Why::CutEdit => ("was changed where only its beginning is shown", "say whether the rest is to stay"),
        Why::SameAmountTwice => ("grew by the same amount on two sides", "say whether it is one payment or two"),
        Why::OverTotal => ("exceeds the whole", "correct the side that is wrong"),
    };
    let text = format!("{} of {} {what}: {}", unit, name_of(binding), said.join("; "));
    let mut held = Held::new(binding.id, binding.entity.clone(), HeldWhy::Field(why), text, cure, now);
    held.unit = Some(unit);
    held.values = values;
    held.numbers = binding.numbers.clone();
    held
}

/// How people know a record: its first number, else its first reference.
pub(crate) fn name_of(binding: &Binding) -> String {
    let number = binding.numbers.iter().next().cloned();
    let known = number.or_else(|| binding.references().next().map(|r| r.to_string()));
    format!("{} {}", binding.entity, known.unwrap_or_else(|| binding.id.to_string()))
}
