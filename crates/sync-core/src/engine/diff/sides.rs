//! Sides that are to be made. Pure.

use super::Diffed;
use std::collections::BTreeSet;

use super::super::{
    scope::{self, Around},
    subject::Subject,
};
use crate::{
    capability::Shows,
    connector::Writable,
    id::{StreamKey, SystemId},
    policy::{Create, Entity, OnRemove, StreamTable},
    store::{Binding, BoundSide, Event, SideState},
};

/// Sides that are to be made, and what becomes of the others when one is gone.
pub(super) fn new_sides(entity: &Entity, subject: &Subject, around: &Around<'_>, out: &mut Diffed) {
    let known_somewhere = out.binding.sides.iter().any(|(key, side)| {
        let left = out.binding.reference(key).is_some_and(|name| subject.left.contains(&name));
        // what its own system's scope shuts out is left alone everywhere
        let there = side.id.is_some() && side.state != SideState::Removed && !side.frozen && !left;
        there && entity.table(key).is_some_and(|table| table.role.read)
    });
    if subject.ambiguous.is_some() || !known_somewhere || out.binding.origins.is_empty() {
        return;
    }
    // what its master removed is not made again; `recreate` speaks of counterparts whose master lives
    let master = entity.master_of(&out.binding.origin);
    let ended = out.binding.sides.iter().any(|(key, side)| key.system == *master && side.state == SideState::Removed);
    if ended && subject.asked.is_empty() && entity.on_remove != OnRemove::Ignore {
        return;
    }
    for (system, role) in &entity.systems {
        let asked = subject.asked.iter().any(|key| key.system == *system);
        let always = role.create == Create::Always && !entity.derives.contains_key(system); // else its invoice does
        if !(always || asked) {
            continue;
        }
        let streams: Vec<(&StreamKey, &StreamTable)> = entity
            .streams
            .iter()
            .filter(|(key, table)| key.system == *system && table.cap.shows == Shows::Record)
            .collect();
        if streams.iter().any(|(key, _)| out.binding.live_side(key).is_some()) {
            let_in(system, out);
            continue;
        }
        if !scope::within(entity, system, &out.binding, around) {
            leave_out(system, scope::why_not(entity, system, &out.binding, around), out);
            continue;
        }
        let_in(system, out);
        let Some((key, table)) =
            streams.into_iter().find(|(key, table)| takes(table, &out.binding, asked, &subject.asked, key))
        else {
            continue;
        };
        if let Some(dead) = out.binding.sides.get(key)
            && dead.state == SideState::Removed
            && !asked
            && (entity.recreate == crate::policy::Recreate::Ask || dead.frozen)
        {
            continue;
        }
        let lagging =
            entity.units.iter().filter(|unit| table.fields.takes(unit.path, true)).map(|unit| unit.path).collect();
        let writable = Writable::All;
        let gone = out.binding.sides.get(key).map_or(0, |dead| dead.gone + 1);
        out.binding.sides.insert(key.clone(), BoundSide { lagging, writable, gone, ..BoundSide::default() });
    }
}

/// Says once why a record is not made in a system.
fn leave_out(system: &SystemId, because: Option<String>, out: &mut Diffed) {
    let Some(because) = because.filter(|because| out.binding.outside.get(system) != Some(because)) else { return };
    out.binding.outside.insert(system.clone(), because.clone());
    out.events.push(Event::Scope { at: system.clone(), within: false, because });
}

/// Says that it may be made now, if it was left out before.
fn let_in(system: &SystemId, out: &mut Diffed) {
    if let Some(because) = out.binding.outside.remove(system) {
        out.events.push(Event::Scope { at: system.clone(), within: true, because });
    }
}

/// Whether a stream can make this record: what it holds must be what the record is.
pub(super) fn takes(
    table: &StreamTable,
    binding: &Binding,
    asked: bool,
    which: &BTreeSet<StreamKey>,
    key: &StreamKey,
) -> bool {
    // a facet is made with its host, if it has anything to say then
    let given = || table.cap.fields.values().any(|field| field.write_on_create);
    let makes = table.cap.create || (table.cap.facet_of.is_some() && given());
    let holds =
        table.map.holds().iter().all(|(path, value)| binding.agreed.get(path).is_none_or(|known| known == value));
    makes && holds && (!asked || which.contains(key))
}
