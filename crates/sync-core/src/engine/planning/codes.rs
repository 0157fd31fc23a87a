//! Codes that no table translates keep their unit, or a new record, from being written. Pure.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Place, held};
use crate::{
    engine::diff::{Diffed, name_of},
    id::{StreamKey, SystemId},
    mapping::{Problems, Unmapped},
    policy::{Rule, STATUS_OF},
    store::{Binding, Held, HeldWhy},
    value::{FieldMap, FieldPath},
};

/// The target's fields for the settled record. `None`, and held, if a mapper refuses it; `None` too, if `all` of it is
/// to be written and a code of it cannot be.
pub(super) fn outbound(at: &Place<'_>, diffed: &mut Diffed) -> Option<(FieldMap, BTreeSet<Unmapped>)> {
    let mut problems = Problems::default();
    match at.table.map.outbound(&at.binding.agreed, Some(&at.side.shadow), &mut problems) {
        Ok(theirs) => Some((theirs, problems.unmapped)),
        Err(error) => {
            let text = format!("{} cannot be written to {}: {}", name_of(at.binding), at.table.key, error.message());
            diffed.held.push(held(at, None, HeldWhy::Incomplete, text, "correct the field in its source"));
            None
        }
    }
}

/// Units whose codes can be translated, out of and into our own; the others are held.
pub(super) fn mapped(at: &Place<'_>, units: BTreeSet<FieldPath>, diffed: &mut Diffed) -> BTreeSet<FieldPath> {
    let Some((_, unmapped)) = outbound(at, diffed) else { return BTreeSet::new() };
    let mut open = BTreeSet::new();
    for unit in units {
        let out = unmapped.iter().find(|code| code.field.is_under(unit));
        if let Some(code) = out {
            hold(at, Some(unit), code, &at.table.key.system, diffed);
        } else if let Some((key, code)) = unread(at, unit, diffed) {
            hold(at, Some(unit), &code, &key.system, diffed);
        } else {
            open.insert(unit);
        }
    }
    open
}

/// Whether every code of a new record can be translated; if not, it is held.
pub(super) fn all_mapped(at: &Place<'_>, unmapped: BTreeSet<Unmapped>, diffed: &mut Diffed) -> bool {
    let key = &at.table.key;
    let unread = at.entity.units.iter().find_map(|unit| unread(at, unit.path, diffed));
    let shut = unmapped.iter().next().map(|code| (key.clone(), code.clone())).or(unread);
    diffed.unmapped.extend(unmapped.into_iter().map(|code| (key.clone(), code)));
    if let Some((at_key, code)) = &shut {
        hold(at, None, code, &at_key.system, diffed);
    }
    shut.is_none()
}

/// A code of whoever decides this unit that stands for nothing here, so that nobody knows what to write.
fn unread(at: &Place<'_>, unit: FieldPath, diffed: &Diffed) -> Option<(StreamKey, Unmapped)> {
    let unit = at.entity.units.iter().find(|known| known.path == unit)?;
    let (rule, unit) = (unit.rule.of(&at.binding.origin), unit.path);
    let decides = |system: &SystemId| match rule.as_ref() {
        Rule::Master { system: master, .. } | Rule::Seed(master) => system == master,
        _ => *system != at.table.key.system,
    };
    let concerns = |key: &StreamKey, code: &Unmapped| {
        let leaves = at.entity.streams.get(key).map(|table| table.map.ours(code.field)).unwrap_or_default();
        leaves.into_iter().any(|leaf| leaf.is_under(unit) && at.table.fields.writes(leaf))
    };
    let found = diffed.unmapped.iter().find(|(key, code)| {
        !code.table.starts_with(STATUS_OF)
            && key.system != at.table.key.system
            && decides(&key.system)
            && concerns(key, code)
    });
    found.cloned()
}

fn hold(at: &Place<'_>, unit: Option<FieldPath>, code: &Unmapped, system: &SystemId, diffed: &mut Diffed) {
    let mut held = unmapped(at.binding, code, system, at.now);
    held.unit = unit;
    diffed.held.push(held);
}

/// A record held for a code that no table translates.
pub(in crate::engine) fn unmapped(binding: &Binding, code: &Unmapped, system: &SystemId, now: DateTime<Utc>) -> Held {
    let text = format!("{}: {} \"{}\" has no code at {}", name_of(binding), code.table, code.code, system);
    let cure = format!("add a row for \"{}\" to {} of [tables.{}]", code.code, system.connection(), code.table);
    let mut held = Held::new(binding.id, binding.entity.clone(), HeldWhy::Unmapped, text, &cure, now);
    held.numbers = binding.numbers.clone();
    held
}
