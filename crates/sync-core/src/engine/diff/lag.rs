//! What a side lacks of the agreed values, and what is remembered of what it showed. Pure.

use super::View;
use std::collections::{BTreeMap, BTreeSet};

use super::super::subject::Subject;
use crate::{
    capability::Shows,
    decide::same_meaning,
    document,
    fault::{self, Fault},
    id::StreamKey,
    mapping::Problems,
    policy::Entity,
    store::{Binding, BoundSide},
    value::{FieldMap, FieldPath, Value},
};

/// Marks or clears what a side lacks of the agreed value; `before` is what was agreed until now. Another way of writing
/// the same is not lacking where it is met for the first time, or where it stood already and nothing new was agreed.
pub(super) fn lag(unit: FieldPath, view: &View<'_>, before: &FieldMap, binding: &mut Binding) {
    let mut agreed = binding.agreed.under(unit);
    let own_word = binding.origins.get(&unit) == Some(&view.key.system);
    let kind = binding.kind;
    let Some(side) = binding.sides.get_mut(view.key) else { return };
    let lagged = side.lagging.contains(&unit);
    let excused = |path: FieldPath, stored: &Value, wanted: &Value| {
        let stood = !lagged && before.get(path) == Some(wanted) && view.shadow.get(path) == Some(stored);
        (stood || view.shadow.get(path).is_none()) && same_meaning(kind, path, stored, wanted)
    };
    let mut shown = view.shadow.under(unit);
    shown.overlay(&view.seen.under(unit));
    // what a system says itself is priced and rounded in its own way already
    if let Some(document) = view.table.document.as_ref().filter(|_| unit == document::CONTENT && !own_word) {
        // what cannot be worked out is told by the plan
        agreed.overlay(&document::wanted(document, &binding.agreed, &shown, None).unwrap_or_default());
    }
    let writable = |path: FieldPath| view.table.fields.get(path).writable(side.id.is_none());
    let shows = |path: FieldPath, wanted: &Value| match shown.get(path) {
        Some(stored) => document::represents(view.table, path, stored, wanted) || excused(path, stored, wanted),
        // unknown is not empty: where it was never shown, it may hold what we wrote
        None => wanted.is_null() && (side.id.is_none() || view.table.role.read),
    };
    let lacks = agreed.iter().any(|(path, wanted)| writable(path) && !shows(path, wanted))
        && has_something_to_send(unit, view, &binding.agreed, side);
    if lacks && view.table.role.update && view.table.cap.shows != Shows::Snapshot {
        side.lagging.insert(unit);
    } else {
        side.lagging.remove(&unit);
    }
}

/// Whether a side shows something of a unit for the first time. A record that is met for the first time shows that it
/// is empty where it shows nothing.
pub(super) fn joins(unit: FieldPath, view: &View<'_>, agreed: &FieldMap) -> bool {
    let met = view.sight.is_some() && view.shadow.is_empty();
    let silent = |path: FieldPath| view.seen.get(path).is_none() && view.table.fields.get(path).read;
    view.seen.under(unit).paths().any(|path| view.shadow.get(path).is_none())
        || (met && agreed.under(unit).paths().any(silent))
}

/// What a side shows for the first time and what the agreed value takes from it.
pub(super) fn overruled(unit: FieldPath, view: &View<'_>, binding: &Binding) -> FieldMap {
    view.seen.under(unit).filter(|path| {
        let (now, wanted) = (view.seen.filled(path), binding.agreed.get(path));
        now.zip(wanted).is_some_and(|(now, wanted)| {
            view.shadow.get(path).is_none()
                && !document::represents(view.table, path, now, wanted)
                && !same_meaning(binding.kind, path, now, wanted)
        })
    })
}

/// Whether writing the agreed values would change anything: a status table may have no word for them, or the word that
/// stands there already.
pub(super) fn has_something_to_send(unit: FieldPath, view: &View<'_>, agreed: &FieldMap, side: &BoundSide) -> bool {
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
pub(super) fn lag_frozen(entity: &Entity, unit: FieldPath, binding: &mut Binding) {
    for (key, side) in binding.sides.iter_mut().filter(|(_, side)| side.frozen) {
        let Some(table) = entity.streams.get(key) else { continue };
        if table.role.update && table.fields.takes(unit, false) {
            side.lagging.insert(unit);
        }
    }
}

/// Shadows follow what was seen, but for units that wait for a person: there the sight is kept aside.
pub(super) fn advance(
    entity: &Entity,
    subject: &Subject,
    views: &[(StreamKey, BTreeSet<FieldPath>)],
    binding: &mut Binding,
) {
    for (key, side) in &mut binding.sides {
        let (Some(table), sight) = (entity.table(key), subject.sights.get(key).filter(|sight| !sight.deleted)) else {
            continue;
        };
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
