//! What the plan has to know beyond the records themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    matching::keys,
    planning::{Facts, Locks, is_short},
    run::Decided,
    scope::{self, Around},
    subject::Subject,
    work::Work,
};
use crate::{
    document,
    error::Result,
    id::{CanonicalId, EntityName, StreamKey, SystemId},
    mapping::Problems,
    model::{Item, Line},
    policy::{Entity, StreamTable},
    store::{Binding, BoundSide, MatchKey, SideState},
    value::{FieldMap, Link},
};

impl Work<'_> {
    /// The items that lines are about, and the records that documents link to.
    pub(super) async fn facts(&self, decided: &[Decided], locks: &Locks) -> Result<Facts> {
        let mut numbers: BTreeSet<(EntityName, String)> = BTreeSet::new();
        let mut linked: BTreeSet<CanonicalId> = BTreeSet::new();
        for one in decided {
            let Some(entity) = self.entity(one.place) else { continue };
            let binding = &one.diffed.binding;
            let pending = pending(entity, binding);
            if !pending.is_empty() {
                linked.extend(binding.agreed.iter().flat_map(|(_, value)| value.links()).filter_map(canonical));
            }
            for table in pending {
                numbers.extend(sold(table, binding));
            }
        }
        let linked = self.load(&linked).await?;
        let items = self.items_of(numbers).await?;
        let mut registered: BTreeMap<(SystemId, CanonicalId), FieldMap> = BTreeMap::new();
        let sold = self.load(&items.values().copied().collect()).await?;
        for binding in linked.values().chain(sold.values()) {
            for (key, shown) in self.shown(binding) {
                registered.entry((key, binding.id)).or_default().overlay(&shown);
            }
        }
        let behind = linked.values().flat_map(|binding| {
            let behind = binding.sides.iter().filter(|(_, side)| !side.lagging.is_empty());
            behind.map(|(key, _)| (key.system.clone(), binding.id))
        });
        let unsettled = behind.collect();
        let linked = linked.into_iter().map(|(id, binding)| (id, binding.agreed)).collect();
        let withdrawn = self.withdrawn(decided).await?;
        Ok(Facts { locks: locks.clone(), items, linked, registered, unsettled, withdrawn })
    }

    /// Invoices that have steps to come, of orders that were deleted meanwhile, or left the scope before it was made.
    async fn withdrawn(&self, decided: &[Decided]) -> Result<BTreeSet<CanonicalId>> {
        let mut withdrawn = BTreeSet::new();
        for invoice in decided.iter().map(|one| &one.diffed.binding) {
            let Some(order) = invoice.derived_from else { continue };
            let entity = self.engine.policy.entities.iter().find(|entity| entity.name == invoice.entity);
            let short = |at: &StreamKey, side: &BoundSide| {
                let entity = entity.and_then(|entity| Some((entity, entity.streams.get(at)?)));
                entity.is_some_and(|(entity, table)| is_short(entity, table, invoice, side))
            };
            let to_come = invoice.sides.iter().find(|(at, side)| side.id.is_none() || short(at, side));
            let Some((at, side)) = to_come else { continue };
            let Some(order) = self.load(&BTreeSet::from([order])).await?.remove(&order) else { continue };
            let Some(of) = self.engine.policy.entities.iter().find(|entity| entity.name == order.entity) else {
                continue;
            };
            let master = of.master_of(&order.origin);
            let there = order
                .sides
                .iter()
                .any(|(key, side)| key.system == *master && side.id.is_some() && side.state != SideState::Removed);
            let linked = self.around(of, &[Subject::of(order.clone())]).await?;
            let around = Around { linked: Some(&linked) };
            let out = side.id.is_none() && !scope::within(of, &at.system, &order, &around);
            if !there || !order.is_live() || out {
                withdrawn.insert(invoice.id);
            }
        }
        Ok(withdrawn)
    }

    /// What the systems that have a record show of it, canonical.
    fn shown(&self, binding: &Binding) -> Vec<(SystemId, FieldMap)> {
        let entity = self.engine.policy.entities.iter().find(|entity| entity.name == binding.entity);
        let there = binding.sides.iter().filter(|(_, side)| side.id.is_some() && side.state != SideState::Removed);
        there
            .map(|(key, side)| {
                let mut theirs = side.shadow.clone();
                theirs.overlay(&side.pending);
                let table = entity.and_then(|entity| entity.streams.get(key));
                let shown = table.and_then(|table| table.inbound(&theirs, &mut Problems::default()).ok());
                (key.system.clone(), shown.unwrap_or_default())
            })
            .collect()
    }

    async fn items_of(
        &self,
        numbers: BTreeSet<(EntityName, String)>,
    ) -> Result<BTreeMap<(EntityName, String), CanonicalId>> {
        let mut wanted: BTreeMap<MatchKey, (EntityName, String)> = BTreeMap::new();
        for (name, number) in numbers {
            let entity = self.engine.policy.entities.iter().find(|entity| entity.name == name);
            let ours = FieldMap::new().with(Item::NUMBER, number.as_str());
            let key = entity.and_then(|entity| keys(entity, &ours, None).into_iter().next());
            wanted.extend(key.map(|key| (key, (name, number))));
        }
        let asked: Vec<MatchKey> = wanted.keys().cloned().collect();
        let mut found: BTreeMap<(EntityName, String), CanonicalId> = BTreeMap::new();
        for (key, id) in self.store.keyed(&asked).await? {
            found.extend(wanted.get(&key).map(|number| (number.clone(), id)));
        }
        for binding in self.bindings.values().filter(|binding| binding.is_live()) {
            for key in &binding.keys {
                found.extend(wanted.get(key).map(|number| (number.clone(), binding.id)));
            }
        }
        Ok(found)
    }
}

/// Streams of documents to which this record has something to be sent.
fn pending<'e>(entity: &'e Entity, binding: &Binding) -> Vec<&'e StreamTable> {
    let sides = binding.sides.iter().filter_map(|(key, side)| Some((entity.streams.get(key)?, side)));
    let pends = |table: &StreamTable, side: &BoundSide| {
        side.id.is_none() || side.lagging.contains(&document::CONTENT) || is_short(entity, table, binding, side)
    };
    let documents = sides.filter(|(table, _)| table.document.is_some());
    documents.filter(|(table, side)| pends(table, side)).map(|(table, _)| table).collect()
}

/// Numbers of items that lines are about, and of the articles that may carry the other rows.
fn sold(table: &StreamTable, binding: &Binding) -> BTreeSet<(EntityName, String)> {
    let Some(document) = &table.document else { return BTreeSet::new() };
    let Some(items) = document.items.as_ref().filter(|_| document.cap.names_items) else { return BTreeSet::new() };
    let content = document::content(&binding.agreed).unwrap_or_default();
    let lines: &[Line] = content.lines.value().map_or(&[], |lines| lines);
    let own = lines.iter().filter_map(|line| line.sku.value().cloned());
    own.chain(document.carriers.articles()).map(|number| (items.clone(), number)).collect()
}

fn canonical(link: &Link) -> Option<CanonicalId> {
    match link {
        Link::Canonical(id) => Some(*id),
        Link::External(_) => None,
    }
}
