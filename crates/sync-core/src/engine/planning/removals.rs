//! What the loss of a side means for the others. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Facts, op};
use crate::{
    capability::RemoveMode,
    engine::diff::{Diffed, name_of},
    id::{EntityKind, StreamKey},
    model::{Fulfilment, Order},
    plan::{Doing, Op},
    policy::{Create, Entity, OnRemove, Recreate},
    store::{Allowed, Binding, BoundSide, Event, Held, HeldWhy, SideState},
};

/// What the loss of one side means for the others.
pub(super) fn removals(entity: &Entity, diffed: &mut Diffed, facts: &Facts, now: DateTime<Utc>, ops: &mut Vec<Op>) {
    let binding = diffed.binding.clone();
    if dead(&binding).next().is_none() {
        diffed.binding.allowed.remove(&Allowed::Remove); // it was made again
        return;
    }
    let live: Vec<(&StreamKey, &BoundSide)> =
        binding.sides.iter().filter(|(_, side)| side.state != SideState::Removed && side.id.is_some()).collect();
    let held = |why, text: &str, cure: &str| {
        let text = format!("{} {text}", name_of(&binding));
        let mut held = Held::new(binding.id, binding.entity.clone(), why, text, cure, now);
        held.numbers = binding.numbers.clone();
        held
    };
    let others: Vec<_> = binding.aliases.iter().filter(|alias| binding.sides.contains_key(&alias.at)).collect();
    if live.is_empty() && !others.is_empty() {
        let names: Vec<String> = others.into_iter().map(ToString::to_string).collect();
        let text = format!("was removed, and {} is one more name of it", names.join(", "));
        diffed.held.push(held(HeldWhy::Removed, &text, "remove that one too, or leave it"));
        return;
    }
    if live.is_empty() {
        diffed.binding.ended_at = Some(now);
        diffed.binding.sides.retain(|_, side| side.id.is_some());
        diffed.changed = true;
        return;
    }
    // what is left alone asks nothing
    let gone: Vec<&StreamKey> =
        dead(&binding).filter(|key| binding.sides.get(*key).is_some_and(|side| !side.frozen)).collect();
    if gone.is_empty() {
        return;
    }
    if binding.allowed.contains(&Allowed::Remove) {
        for (key, side) in live {
            match remove(entity, &binding, (key, side), facts, now) {
                Ok(op) => ops.extend(op),
                Err(text) => diffed.held.push(held(HeldWhy::Removed, &text, "remove it there by hand, or leave it")),
            }
        }
        return;
    }
    let of_master = gone.iter().any(|key| key.system == *entity.master_of(&binding.origin));
    let edited = diffed.events.iter().any(|event| match event {
        Event::Settled { from, .. } => gone.iter().all(|key| key.system != *from),
        _ => false,
    });
    for key in gone.iter().filter(|_| of_master && edited) {
        let side = diffed.binding.sides.entry((*key).clone()).or_default();
        diffed.changed |= !std::mem::replace(&mut side.outlived, true);
    }
    let edited = edited || gone.iter().any(|key| binding.sides.get(*key).is_some_and(|side| side.outlived));
    match (of_master, entity.on_remove) {
        (true, OnRemove::Ignore) => {}
        (true, OnRemove::Hold) => diffed.held.push(held(
            HeldWhy::Removed,
            &format!("was removed at {}", gone.iter().map(|k| k.to_string()).collect::<Vec<_>>().join(", ")),
            "say whether it is to be removed in the others too, or left alone",
        )),
        (true, rule) if edited => diffed.held.push(held(
            HeldWhy::RemovedAndChanged,
            &format!("was removed in one system and changed in another; the rule says {rule:?}"),
            "say whether it is to be removed in the others too, or made again",
        )),
        (true, _) => {
            ops.extend(live.into_iter().filter_map(|side| remove(entity, &binding, side, facts, now).ok().flatten()))
        }
        (false, _) if is_told(entity, &binding) => {}
        (false, _) if entity.recreate == Recreate::Ask && creates_there(entity, &gone) => diffed.held.push(held(
            HeldWhy::Removed,
            &format!("was removed at {}", gone.iter().map(|k| k.to_string()).collect::<Vec<_>>().join(", ")),
            "have it made again, or leave it",
        )),
        (false, _) => {}
    }
}

/// The removal of one side; nothing while it is locked or rests.
///
/// # Errors
/// What to tell people where that system lets nothing be removed, or its role does not.
fn remove(
    entity: &Entity,
    binding: &Binding,
    (key, side): (&StreamKey, &BoundSide),
    facts: &Facts,
    now: DateTime<Utc>,
) -> Result<Option<Op>, String> {
    let (Some(table), Some(id)) = (entity.streams.get(key), &side.id) else { return Ok(None) };
    if side.frozen {
        return Ok(None);
    }
    let mode = match entity.on_remove {
        OnRemove::Archive => RemoveMode::Archive,
        OnRemove::Propagate => RemoveMode::Delete,
        _ if table.cap.remove.contains(&RemoveMode::Delete) => RemoveMode::Delete,
        _ => RemoveMode::Archive,
    };
    if !table.role.remove {
        return Err(format!("is to be removed, and the role of {} does not let it", key.system.connection()));
    }
    if !table.cap.remove.contains(&mode) {
        return Err(format!("is to be removed, and {key} lets nothing be removed that way"));
    }
    if facts.locks.hosts.contains(&table.host.id(id)) || side.not_before.is_some_and(|at| at > now) {
        return Ok(None);
    }
    Ok(Some(op(entity, table, binding, Doing::Remove { id: id.clone(), mode }, BTreeSet::new())))
}

/// An order that is cancelled with its counterpart, where a status table carries that on, is not asked about.
fn is_told(entity: &Entity, binding: &Binding) -> bool {
    let cancelled = binding.agreed.text(Order::FULFILMENT) == Some(Fulfilment::Cancelled.word());
    let tells = |key: &StreamKey| {
        let status = entity.streams.get(key).filter(|table| table.role.update).and_then(|table| table.status.as_ref());
        status.is_some_and(|status| status.outcome(&binding.agreed).is_some())
    };
    entity.kind == EntityKind::Order && cancelled && binding.sides.keys().any(tells)
}

fn dead(binding: &Binding) -> impl Iterator<Item = &StreamKey> {
    binding.sides.iter().filter(|(_, side)| side.state == SideState::Removed).map(|(key, _)| key)
}

fn creates_there(entity: &Entity, gone: &[&StreamKey]) -> bool {
    gone.iter().any(|key| entity.systems.get(&key.system).is_some_and(|role| role.create == Create::Always))
}
