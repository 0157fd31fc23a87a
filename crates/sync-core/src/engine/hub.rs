//! The hub's own word on documents: invoices derived from orders, and orders rolled up from their invoices.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use super::{
    diff::{Diffed, diff},
    planning::unmapped,
    run::{Decided, Ready},
    scope::{self, Around},
    subject::{Sight, Subject},
    work::{Work, derive},
};
use crate::{
    connector::Record,
    document::{CONTENT, SETTLED, becomes, mark::mark_of, rollup},
    error::Result,
    id::{CanonicalId, EntityKind, ExternalRef, StreamKey, SystemId},
    mapping::Unmapped,
    model::Order,
    policy::Entity,
    stock,
    store::{Binding, Held, MatchKey},
    value::Value,
};

impl Work<'_> {
    /// The invoices that decided orders become, for the entity that keeps them.
    pub(super) async fn derived(
        &mut self,
        entity: &Entity,
        decided: &mut [Decided],
        subjects: &mut Vec<Subject>,
    ) -> Result<()> {
        let Some(hub) = &entity.hub else { return Ok(()) };
        for one in decided.iter_mut() {
            let Some(of) = self.entity(one.place) else { continue };
            let order = &one.diffed.binding;
            let Some((system, _)) = of.derives.iter().find(|(_, name)| **name == entity.name) else { continue };
            if order.ambiguous || order.origins.is_empty() {
                continue;
            }
            if let Some(unread) = unread(of, &one.diffed, self.as_of) {
                one.diffed.held.push(unread);
                continue;
            }
            let order = &one.diffed.binding;
            let id = CanonicalId::derived(order.id, EntityKind::Invoice);
            let known = self.load(&BTreeSet::from([id])).await?.remove(&id);
            if order.sides.keys().any(|key| key.system == *system) {
                subjects.extend(known.and_then(|known| replaced(known, system, self.as_of)));
                continue; // it is there as an order
            }
            let linked = self.around(of, &[Subject::of(order.clone())]).await?;
            let goes = order.is_live() && scope::within(of, system, order, &Around { linked: Some(&linked) });
            let binding = match known {
                Some(known) if !known.is_live() => continue,
                Some(known) => known,
                None if !goes => continue,
                None => made_of(entity, order, id),
            };
            let mut fields = becomes::invoice(order.id, &order.agreed);
            if order.origins.get(&Order::PAID).is_none_or(|from| *from == SystemId::hub()) {
                // nobody paid on the order: what is computed from its invoices is no part of theirs
                let before = binding.sides.get(&hub.key).and_then(|side| side.shadow.get(SETTLED)).cloned();
                fields.set(SETTLED, before.unwrap_or(Value::Decimal(Decimal::ZERO)));
            }
            let fields = fields.filter(|path| hub.cap.fields.contains_key(&path));
            let Some(name) = mark_of(order) else { continue };
            let sight = Sight::new(Record::new(hub.key.id(name), fields));
            let at = match subjects.iter().position(|subject| subject.binding.id == id) {
                Some(at) => at,
                None => {
                    subjects.push(Subject::of(binding));
                    subjects.len() - 1
                }
            };
            if let Some(subject) = subjects.get_mut(at) {
                let side = subject.binding.sides.entry(hub.key.clone()).or_default();
                side.id = Some(sight.reference.id.clone());
                subject.sights.insert(hub.key.clone(), sight);
            }
        }
        Ok(())
    }

    /// Decides orders again whose invoices say something new of them.
    pub(super) async fn roll_up(&mut self, decided: &mut Vec<Decided>, ready: &[Ready]) -> Result<()> {
        let changed: Vec<&Binding> =
            decided.iter().filter(|one| one.diffed.changed).map(|one| &one.diffed.binding).collect();
        let mut parents: BTreeSet<CanonicalId> = changed.iter().filter_map(|binding| rollup::parent(binding)).collect();
        let credited = self.load(&changed.iter().filter_map(|binding| rollup::credited(binding)).collect()).await?;
        parents.extend(credited.values().filter_map(rollup::parent));
        for (id, parent) in self.load(&parents).await? {
            let place = ready.iter().map(|one| one.place).find(|place| {
                self.entity(*place)
                    .is_some_and(|entity| entity.name == parent.entity && entity.kind == EntityKind::Order)
            });
            let Some((place, entity)) = place.and_then(|place| Some((place, self.entity(place)?))) else { continue };
            let Some(hub) = entity.hub.as_ref().filter(|_| parent.is_live()) else { continue };
            let invoices = self.children(&parent).await?;
            let rolled = rollup::order(&parent.agreed, &invoices.iter().map(|one| &one.agreed).collect::<Vec<_>>());
            let rolled = rolled.filter(|path| hub.cap.fields.contains_key(&path));
            if parent.sides.get(&hub.key).is_some_and(|side| side.shadow == rolled) {
                continue;
            }
            let mut subject = Subject::of(parent);
            subject.sights.insert(hub.key.clone(), Sight::new(Record::new(hub.key.id(id.to_string()), rolled)));
            self.decide_again(place, entity, subject, decided).await?;
        }
        Ok(())
    }

    /// Living invoices of an order, and what credits them.
    async fn children(&self, order: &Binding) -> Result<Vec<Binding>> {
        let mut invoices = self.counted_for(rollup::PARENT, &BTreeSet::from([order.id])).await?;
        let numbered = invoices.iter().map(|invoice| invoice.id).collect();
        invoices.extend(self.counted_for(rollup::CREDITED, &numbered).await?);
        Ok(invoices)
    }
    /// Living invoices that count for one of these under a rule.
    async fn counted_for(&self, rule: &str, of: &BTreeSet<CanonicalId>) -> Result<Vec<Binding>> {
        let entities = self.engine.policy.entities.iter().filter(|entity| entity.kind == EntityKind::Invoice);
        let keys: BTreeSet<MatchKey> =
            entities.flat_map(|entity| of.iter().map(|id| rollup::key(&entity.name, rule, *id))).collect();
        let named = |binding: &Binding| rollup::keys(binding).any(|key| keys.contains(&key));
        let stored = self.store.keyed(&keys.iter().cloned().collect::<Vec<_>>()).await?;
        let mut ids: BTreeSet<CanonicalId> = stored.into_iter().map(|(_, id)| id).collect();
        ids.extend(self.bindings.values().filter(|binding| named(binding)).map(|binding| binding.id));
        let found: BTreeMap<CanonicalId, Binding> = self.load(&ids).await?;
        // one that is not made yet says nothing
        let made = |b: &Binding| {
            b.sides
                .iter()
                .any(|(key, _)| key.system != SystemId::hub() && b.live_side(key).is_some_and(|side| side.id.is_some()))
        };
        Ok(found.into_values().filter(|b| b.is_live() && made(b) && named(b)).collect())
    }

    /// Decides a record once more in this pass, with something that the hub says.
    pub(super) async fn decide_again(
        &mut self,
        place: usize,
        entity: &Entity,
        subject: Subject,
        decided: &mut Vec<Decided>,
    ) -> Result<()> {
        let at = decided.iter().position(|one| one.diffed.binding.id == subject.binding.id);
        self.decide_again_at(at, place, entity, subject, decided).await
    }

    /// The same for one whose place among those that were decided is known.
    pub(super) async fn decide_again_at(
        &mut self,
        at: Option<usize>,
        place: usize,
        entity: &Entity,
        subject: Subject,
        decided: &mut Vec<Decided>,
    ) -> Result<()> {
        let linked = self.around(entity, std::slice::from_ref(&subject)).await?;
        let mut diffed = diff(entity, &subject, &self.links, &Around { linked: Some(&linked) }, self.as_of);
        stock::note(entity, &mut diffed.binding, self.now());
        derive(entity, &mut diffed.binding, &self.links, self.as_of);
        diffed.changed |= diffed.binding != subject.stored;
        self.note_gates(&subject.stored, &diffed.binding);
        self.bindings.insert(diffed.binding.id, diffed.binding.clone());
        match at.and_then(|at| decided.get_mut(at)) {
            Some(before) => {
                let first = std::mem::replace(&mut before.diffed, diffed);
                before.diffed.takes_up(first);
            }
            None => decided.push(Decided { place, diffed }),
        }
        Ok(())
    }
}

/// Where each record stands among those that were decided.
pub(super) fn places(decided: &[Decided]) -> BTreeMap<CanonicalId, usize> {
    decided.iter().enumerate().map(|(at, one)| (one.diffed.binding.id, at)).collect()
}

/// A code of an order that nobody can read: the invoice would lack it.
fn unread(entity: &Entity, diffed: &Diffed, now: DateTime<Utc>) -> Option<Held> {
    let concerns = |key: &StreamKey, code: &Unmapped| {
        let leaves = entity.streams.get(key).map(|table| table.map.ours(code.field)).unwrap_or_default();
        leaves.iter().any(|leaf| leaf.is_under(CONTENT))
    };
    let master = entity.master_of(&diffed.binding.origin);
    let (key, code) = diffed.unmapped.iter().find(|(key, code)| key.system == *master && concerns(key, code))?;
    Some(unmapped(&diffed.binding, code, &key.system, now))
}

/// An invoice that was never made, since its order is there as an order: it ends.
fn replaced(invoice: Binding, system: &SystemId, now: DateTime<Utc>) -> Option<Subject> {
    let made = invoice.sides.iter().any(|(key, side)| key.system == *system && side.id.is_some());
    let mut subject = Subject::of(invoice);
    subject.binding.sides.retain(|key, _| key.system != *system);
    subject.binding.ended_at = Some(now);
    (!made && subject.stored.is_live()).then_some(subject)
}

fn made_of(entity: &Entity, order: &Binding, id: CanonicalId) -> Binding {
    let mut binding = Binding::new(id, entity.name.clone(), entity.kind, order.origin.clone());
    binding.derived_from = Some(order.id);
    binding.numbers.clone_from(&order.numbers);
    binding
}

/// Whether a reference is the hub's own name for a record.
pub(super) fn is_own(reference: &ExternalRef) -> bool {
    reference.at.system == SystemId::hub()
}
