//! What a status that is written brings about. Pure.

use std::collections::BTreeSet;

use super::{Place, held};
use crate::{
    engine::diff::{Diffed, name_of},
    policy::Apply,
    store::{Allowed, EffectKey, HeldWhy},
    value::FieldPath,
};

/// Side effects of a status that is to be written; a status that a person is to confirm is held instead.
pub(super) fn effects(at: &Place<'_>, units: &mut BTreeSet<FieldPath>, diffed: &mut Diffed) -> BTreeSet<EffectKey> {
    let (table, binding) = (at.table, at.binding);
    let Some(status) = &table.status else { return BTreeSet::new() };
    let axes = status.axes();
    let Some(row) = status.outcome(&binding.agreed).filter(|_| units.iter().any(|unit| axes.contains(unit))) else {
        return BTreeSet::new();
    };
    let allowed = Allowed::Status(table.key.clone(), row.status.clone());
    if row.apply == Apply::Hold && diffed.confirmed {
        diffed.changed |= diffed.binding.allowed.insert(allowed.clone()); // it may not arrive at once
    }
    if row.apply == Apply::Hold && !diffed.binding.allowed.contains(&allowed) {
        units.retain(|unit| !axes.contains(unit));
        let text = format!("{} is to become '{}' at {}", name_of(binding), row.status, table.key);
        let cure = "confirm it, set it there by hand, or let the table write it";
        diffed.held.push(held(at, None, HeldWhy::Confirm, text, cure));
        return BTreeSet::new();
    }
    let trigger = format!("{}={}", table.key, row.status);
    let key = |effect: &String| EffectKey { subject: binding.id, effect: effect.clone(), trigger: trigger.clone() };
    row.effects.iter().map(key).collect()
}
