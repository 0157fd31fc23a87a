//! What the plan has to know beyond the records themselves.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    planning::{Facts, Locks, is_short},
    recognise::keys,
    run::Decided,
    scope::{self, Around},
    subject::Subject,
    work::{Tally, Work},
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
    pub(super) async fn facts(&self, decided: &[Decided], locks: &Locks, tally: &Tally) -> Result<Facts> {
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
        let unsure = self.unsure(decided, tally).await?;
        let orders_unheard = self.orders_unheard(tally);
        Ok(Facts { locks: locks.clone(), items, linked, registered, unsettled, withdrawn, unsure, orders_unheard })
    }

    /// Rule sets of stock that is counted from orders of which some could not be read in this run.
    fn orders_unheard(&self, tally: &Tally) -> BTreeSet<EntityName> {
        let entities = &self.engine.policy.entities;
        let unheard = |name: &EntityName, master: &SystemId| {
            let orders = entities.iter().filter(|entity| entity.name == *name);
            let mut tables = orders.flat_map(|entity| entity.streams.values());
            tables.any(|table| table.role.read && table.key.system != *master && tally.is_stopped(&table.host))
        };
        let stock = entities.iter().filter_map(|entity| Some((entity, entity.stock.as_ref()?)));
        let some = stock.filter(|(_, table)| table.orders.iter().any(|name| unheard(name, &table.master)));
        some.map(|(entity, _)| entity.name.clone()).collect()
    }

    /// Documents with a step to come of whose source nobody knows now whether it still says so: it may have been changed
    /// while its system was not heard, or be on its way out. A step is not taken back, so it waits.
    async fn unsure(&self, decided: &[Decided], tally: &Tally) -> Result<BTreeSet<CanonicalId>> {
        let mut unsure = BTreeSet::new();
        for binding in decided.iter().map(|one| &one.diffed.binding).filter(|binding| self.is_short(binding)) {
            let source = match binding.derived_from {
                Some(order) => self.load(&BTreeSet::from([order])).await?.remove(&order),
                None => Some(binding.clone()),
            };
            let Some(source) = source else { continue };
            let Some(entity) = self.entity_of(&source) else { continue };
            let master = entity.master_of(&source.origin);
            let mut own = source.sides.iter().filter(|(at, _)| at.system == *master).peekable();
            let is_sure = |(at, side): (&StreamKey, &BoundSide)| {
                let host = entity.streams.get(at).map(|table| &table.host);
                let heard = host.is_none_or(|host| !tally.is_stopped(host) && !self.disbelieved.contains(host));
                heard && side.state == SideState::Live
            };
            if own.peek().is_some() && !own.any(is_sure) {
                unsure.insert(binding.id);
            }
        }
        Ok(unsure)
    }

    fn entity_of(&self, binding: &Binding) -> Option<&Entity> {
        self.engine.policy.entities.iter().find(|entity| entity.name == binding.entity)
    }

    /// Whether a document of ours has a step to come.
    fn is_short(&self, binding: &Binding) -> bool {
        let short = |(at, side): (&StreamKey, &BoundSide)| {
            let entity = self.entity_of(binding)?;
            Some(is_short(entity, entity.streams.get(at)?, binding, side))
        };
        binding.sides.iter().any(|side| short(side).unwrap_or_default())
    }

    /// Invoices that have steps to come, of orders that were deleted meanwhile, or left the scope before it was made.
    async fn withdrawn(&self, decided: &[Decided]) -> Result<BTreeSet<CanonicalId>> {
        let mut withdrawn = BTreeSet::new();
        for invoice in decided.iter().map(|one| &one.diffed.binding) {
            let Some(order) = invoice.derived_from else { continue };
            let to_be_made = invoice.sides.iter().find(|(_, side)| side.id.is_none());
            if to_be_made.is_none() && !self.is_short(invoice) {
                continue;
            }
            let Some(order) = self.load(&BTreeSet::from([order])).await?.remove(&order) else { continue };
            let Some(of) = self.entity_of(&order) else { continue };
            let master = of.master_of(&order.origin);
            let there = order
                .sides
                .iter()
                .any(|(key, side)| key.system == *master && side.id.is_some() && side.state != SideState::Removed);
            let linked = self.around(of, &[Subject::of(order.clone())]).await?;
            let around = Around { linked: Some(&linked) };
            let out = to_be_made.is_some_and(|(at, _)| !scope::within(of, &at.system, &order, &around));
            if !there || !order.is_live() || out {
                withdrawn.insert(invoice.id);
            }
        }
        Ok(withdrawn)
    }

    /// What the systems that have a record show of it, canonical.
    fn shown(&self, binding: &Binding) -> Vec<(SystemId, FieldMap)> {
        let entity = self.entity_of(binding);
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
