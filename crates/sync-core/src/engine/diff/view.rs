//! One side of a record in canonical terms. Pure.

use super::{Diffed, name_of};
use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::super::subject::{Links, Sight, Subject};
use crate::{
    id::{StreamKey, SystemId},
    mapping::Problems,
    model,
    policy::{Entity, StreamTable},
    store::{Held, HeldWhy, SideState},
    value::{FieldMap, FieldPath, NormalForm},
};

/// One side in canonical terms.
pub(super) struct View<'a> {
    pub(super) key: &'a StreamKey,
    pub(super) table: &'a StreamTable,
    pub(super) seen: FieldMap,
    pub(super) shadow: FieldMap,
    /// Leaves that were shown before and show something else now.
    pub(super) changed: Vec<FieldPath>,
    pub(super) sight: Option<&'a Sight>,
    /// Units on which this side waits for a person.
    pub(super) holding: BTreeSet<FieldPath>,
    /// Its number may have been given to somebody else: nothing of it counts before a person has looked.
    pub(super) somebody_else: bool,
}

pub(super) fn views<'a>(entity: &'a Entity, subject: &'a Subject, links: &Links, out: &mut Diffed) -> Vec<View<'a>> {
    let mut views = Vec::new();
    let hub = entity.hub.iter().map(|table| (&table.key, table));
    for (key, table) in entity.streams.iter().chain(hub) {
        let Some(side) = out.binding.sides.get(key) else { continue };
        let nowhere = side.id.is_none() && !subject.sights.contains_key(key) && key.system != SystemId::hub();
        if side.state == SideState::Removed || side.frozen || nowhere {
            continue;
        }
        let sight = subject.sights.get(key).filter(|sight| !sight.deleted);
        let mut seen = side.pending.clone();
        if let Some(sight) = sight {
            seen.overlay(&sight.fields);
        }
        let mut problems = Problems::default();
        let mut canonical = |theirs: &FieldMap| match table.inbound(theirs, &mut problems) {
            _ if theirs.is_empty() => FieldMap::new(), // what a stream says of all its records it says of those it showed
            Ok(ours) => links.canonical(&ours),
            Err(_) => FieldMap::new(), // what is shown now was read; what was shown before tells nothing any more
        };
        let seen = canonical(&seen);
        // what all records of a stream are is news too where nothing was ever shown
        let shadow = if side.shadow.is_empty() { FieldMap::new() } else { canonical(&side.shadow) };
        let view = View {
            key,
            table,
            changed: shadow.differs(&seen),
            seen,
            shadow,
            sight,
            holding: BTreeSet::new(),
            somebody_else: false,
        };
        out.unmapped.extend(problems.unmapped.into_iter().map(|code| (key.clone(), code)));
        views.push(view);
    }
    views
}

/// Where numbers are given away again, a record that changed in everything that it is known by is held.
pub(super) fn reused(entity: &Entity, subject: &Subject, views: &mut [View<'_>], out: &mut Diffed, now: DateTime<Utc>) {
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

/// Whether everything that a record is known by changed at once: name, and the fields of the match rules. What is not
/// shown now did not change.
pub(in crate::engine) fn is_another(entity: &Entity, before: &FieldMap, now: &FieldMap) -> bool {
    let its_own = |field: &&model::FieldSpec| field.form == NormalForm::Name && field.group.is_none();
    let names = model::spec(entity.kind).iter().filter(its_own).map(|field| field.path);
    let identity: BTreeSet<FieldPath> = entity
        .matches
        .iter()
        .flat_map(|rule| rule.on.iter().copied())
        .chain(names)
        .filter(|path| before.filled(*path).is_some())
        .collect();
    let changed = |path: &FieldPath| now.get(*path).is_some_and(|shown| before.get(*path) != Some(shown));
    identity.len() > 1 && identity.iter().all(changed)
}
