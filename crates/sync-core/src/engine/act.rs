//! Business steps and payments: whether one was taken, and what it means for the binding. Pure.

use rust_decimal::Decimal;

use super::subject::Sight;
use crate::{
    connector::Action,
    document::{self, steps},
    fault::{self, Fault},
    id::ExternalRef,
    mapping::Problems,
    model::{Canonical, Payment},
    policy::StreamTable,
    store::{Binding, BoundSide, Event, Share, SideState},
    value::{FieldMap, Value},
};

/// How a record stands to an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stands {
    /// The act was taken.
    Taken,
    /// It lies ahead.
    Ahead,
    /// The record is neither as before nor as after it.
    Otherwise,
}

/// How a record stands to an act, by what it shows.
pub(super) fn stands(table: &StreamTable, action: &Action, share: &Share, shown: &FieldMap) -> Stands {
    let (Some(document), Action::Act { act, with, .. }) = (&table.document, action) else { return Stands::Otherwise };
    let shown = table.inbound(shown, &mut Problems::default()).unwrap_or_default();
    if document.cap.pays.as_deref() == Some(act) {
        let after = share.ours.get(document::SETTLED).and_then(Value::as_decimal).unwrap_or_default();
        let now = shown.get(document::SETTLED).and_then(Value::as_decimal).unwrap_or_default();
        return match now {
            now if now == after => Stands::Taken,
            now if Some(now) == after.checked_sub(paid(with)) => Stands::Ahead,
            _ => Stands::Otherwise,
        };
    }
    match document.cap.steps.iter().find(|step| step.act == *act) {
        Some(step) if steps::is_made(table.cap.kind, step, &shown) => Stands::Taken,
        Some(_) => Stands::Ahead,
        None => Stands::Otherwise,
    }
}

/// Whether a document comes to what a step was told that it should.
pub(super) fn sums_stand(table: &StreamTable, action: &Action, shown: &FieldMap) -> bool {
    let Action::Act { with, .. } = action else { return true };
    if fault::on(Fault::TotalsUnchecked) {
        return true;
    }
    let shown = table.inbound(shown, &mut Problems::default()).unwrap_or_default();
    document::totals(with, &shown).is_none_or(|(due, shown)| due == shown)
}

fn paid(with: &FieldMap) -> Decimal {
    Payment::from_fields(with).ok().and_then(|payment| payment.paid.amount.into_value()).unwrap_or_default()
}

/// Takes an act over into the binding. A step may have moved the record to another stream: the old name is an alias
/// from then on.
pub(super) fn acted(
    binding: &mut Binding,
    share: &Share,
    table: &StreamTable,
    action: &Action,
    reference: &ExternalRef,
    sights: &[Sight],
) -> Vec<Event> {
    let mut events = Vec::new();
    if reference.at != share.at
        && let Some(old) = binding.sides.remove(&share.at)
    {
        binding.aliases.extend(old.id.map(|id| share.at.id(&id)));
        let id = Some(reference.id.clone());
        binding.sides.insert(reference.at.clone(), BoundSide { id, lagging: old.lagging, ..BoundSide::default() });
        events.push(Event::Bound(reference.clone()));
    }
    let agreed = binding.agreed.get(document::SETTLED).cloned();
    let Some(side) = binding.sides.get_mut(&reference.at) else { return events };
    (side.refusals, side.not_before, side.state) = (0, None, SideState::Live);
    if share.units.contains(&document::SETTLED) {
        // our own part; what others settled meanwhile shows beyond it
        if let (Some(after), Action::Act { .. }) = (share.ours.get(document::SETTLED), action) {
            for field in table.map.theirs(document::SETTLED) {
                side.shadow.set(field, after.clone());
            }
            if agreed.as_ref() == Some(after) {
                side.lagging.remove(&document::SETTLED);
            }
        }
    }
    if let Some(sight) = sights.iter().find(|sight| sight.reference == *reference) {
        side.version = sight.version.clone();
        side.writable = sight.writable.clone();
        // what it shows is taken in by the next decision: somebody may have changed it at the same time
        side.pending.overlay(&sight.fields);
    }
    events
}
