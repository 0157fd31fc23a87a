//! Amounts that add up: a doubt outlives the amounts that raised it. Pure.

use super::{View, side_of};
use crate::{
    decide::{Agreed, Decision, Side, Why, decide},
    mapping::Problems,
    policy::{Entity, Rule, Unit},
    store::Binding,
    value::FieldMap,
};

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
