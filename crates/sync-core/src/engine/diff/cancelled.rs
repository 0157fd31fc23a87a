//! An order of ours that somebody deleted is cancelled: no system says so of one that is not there. Pure.

use super::{Diffed, View, lag::lag};
use crate::{
    id::{EntityKind, StreamKey},
    model::{Fulfilment, Order},
    policy::{Entity, Rule},
    store::Event,
    value::{FieldMap, Value},
};

/// Orders that were found to be gone where the rules give that system a say in how far the goods are.
pub(super) fn cancelled(entity: &Entity, views: &[View<'_>], out: &mut Diffed) {
    if entity.kind != EntityKind::Order {
        return;
    }
    let Some(unit) = entity.units.iter().find(|unit| unit.path == Order::FULFILMENT) else { return };
    let decides = |key: &&StreamKey| match &unit.rule {
        Rule::Hold => true,
        rule => rule.names(&key.system),
    };
    let made = |key: &&StreamKey| {
        key.system != out.binding.origin && entity.streams.get(*key).is_some_and(|table| table.document.is_some())
    };
    let Some(from) = out.removed.iter().filter(made).find(decides).map(|key| key.system.clone()) else { return };
    let before = out.binding.agreed.under(unit.path);
    let ended = [Fulfilment::Delivered, Fulfilment::Cancelled].map(|word| word.word());
    if before.text(unit.path).is_some_and(|word| ended.contains(&word)) {
        return;
    }
    let word = Value::from(Fulfilment::Cancelled.word());
    let new = FieldMap::new().with(unit.path, word);
    let because = format!("deleted at {}", from.connection());
    out.binding.agreed.overlay(&new);
    out.binding.origins.insert(unit.path, from.clone());
    for view in views {
        lag(unit.path, view, &before, &mut out.binding);
    }
    let event = Event::Settled { unit: unit.path, old: before, new, from, overridden: Vec::new(), because };
    out.events.push(event);
}
