//! Amounts that add up: a doubt outlives the amounts that raised it. Pure.

use super::{View, side_of};
use crate::{
    decide::{Agreed, Decision, Side, Why, decide},
    document::mark::mark_of,
    mapping::Problems,
    policy::{Entity, Rule, Unit},
    store::Binding,
    value::FieldMap,
};

/// Nothing was settled on a document when we made it: what it shows when it is met for the first time was settled since,
/// unless it is just what is agreed. Only where payments are a business step; elsewhere the amount may have gone along
/// with the create.
pub(super) fn begins_at_zero(unit: &Unit, view: &View<'_>, binding: &Binding) -> bool {
    let pays = view.table.document.as_ref().is_some_and(|document| document.cap.pays.is_some());
    let known = binding.sides.get(view.key).and_then(|side| side.mark.as_ref());
    let carried = view.sight.and_then(|sight| sight.mark.as_ref()).or(known);
    matches!(unit.rule, Rule::Sum { .. }) && pays && carried.is_some() && carried == mark_of(binding).as_ref()
}

/// Amounts that may be one payment stay a matter for a person when one of them changes: the other may still be in it.
/// Only if all but one are taken back there is no doubt left.
pub(super) fn still_in_doubt(
    entity: &Entity,
    unit: &Unit,
    agreed: Option<Agreed<'_>>,
    views: &[View<'_>],
    sides: &[Side<'_>],
    binding: &Binding,
    decision: Decision,
) -> Decision {
    let edits: Vec<&Side<'_>> = sides.iter().filter(|side| side.edited()).collect();
    if !matches!(unit.rule, Rule::Sum { .. }) || matches!(decision, Decision::Hold { .. }) || edits.len() < 2 {
        return decision;
    }
    let kept: Vec<(&View<'_>, FieldMap, FieldMap)> = views
        .iter()
        .filter_map(|view| {
            let pending = &binding.sides.get(view.key)?.pending;
            let ours = view.table.inbound(pending, &mut Problems::default()).ok()?;
            Some((view, ours.under(unit.path), view.shadow.under(unit.path)))
        })
        .collect();
    let before: Vec<Side<'_>> =
        kept.iter().map(|(view, seen, shadow)| side_of(entity, view, unit.path, seen, shadow, binding)).collect();
    match decide(&unit.rule, agreed, &before, None) {
        Decision::Hold { why: Why::SameAmountTwice, .. } => Decision::Hold {
            why: Why::SameAmountTwice,
            values: edits.iter().map(|side| (side.system.clone(), side.shown())).collect(),
        },
        _ => decision,
    }
}
