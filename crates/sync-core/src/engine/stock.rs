//! Stock that shops are told of: counted by the hub after records are decided, before they are planned.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    hub,
    run::Decided,
    subject::{Sight, Subject},
    work::{Work, derive},
};
use crate::{
    connector::Record,
    error::Result,
    id::{CanonicalId, EntityKind, StreamKey, SystemId},
    mapping::Problems,
    policy::{Entity, OrderedTable, StockTable},
    stock::{self, AVAILABLE, Entry, ORDERS, Sold},
    store::{Binding, Checkpoint, Commit, Inbox, InboxEntry, MatchKey, Parked, SideState},
};

/// How far numbers were read.
#[derive(Debug, Default)]
pub(super) struct Figures {
    /// By host stream: a record that was not reported showed the same at that moment.
    until: BTreeMap<StreamKey, DateTime<Utc>>,
    /// Host records that nobody could understand: what they show is unknown.
    unread: BTreeSet<String>,
    /// Keys of orders that need not be looked at again.
    absorbed: Vec<(CanonicalId, MatchKey)>,
}

impl Figures {
    /// Forgets what was to be let go.
    pub(super) fn clear(&mut self) {
        self.absorbed.clear();
    }
}

/// What one stock level is computed from.
struct Figure {
    /// The master's number.
    number: rust_decimal::Decimal,
    /// When it was read last, by our clock; `None` if nobody knows.
    read_at: Option<DateTime<Utc>>,
    /// It was read in this run.
    is_new: bool,
}

impl Work<'_> {
    /// Notes how far the streams of the group were read.
    pub(super) fn note_read(&mut self, known: &BTreeMap<StreamKey, Checkpoint>, read: &[(StreamKey, Checkpoint)]) {
        let last = known.iter().chain(read.iter().map(|(host, checkpoint)| (host, checkpoint)));
        let until = last.filter_map(|(host, checkpoint)| Some((host.clone(), self.proven(host, checkpoint)?)));
        self.figures.until = until.collect();
    }
    /// Notes which records could not be understood.
    pub(super) fn note_unread(&mut self, parked: &[Parked]) {
        self.figures.unread.extend(parked.iter().map(|parked| parked.key.clone()));
    }
    /// Up to when a stream's silence says that nothing changed.
    fn proven(&self, host: &StreamKey, checkpoint: &Checkpoint) -> Option<DateTime<Utc>> {
        let cap = self.engine.systems.get(&host.system)?.capabilities().streams.get(&host.stream)?;
        let tells = cap.list.and_then(|list| list.since).is_some_and(|since| !since.misses);
        let changes = checkpoint.read_at.filter(|_| tells);
        checkpoint.complete_at.into_iter().chain(changes).max().map(|at| at - self.late(host))
    }
    /// A change may show so late.
    fn late(&self, host: &StreamKey) -> TimeDelta {
        let streams = self.engine.systems.get(&host.system).map(|connector| &connector.capabilities().streams);
        let cap = streams.and_then(|streams| streams.get(&host.stream));
        let listed = cap.and_then(|cap| cap.list?.since).map_or(0, |since| since.lag_s);
        TimeDelta::seconds(i64::from(listed.max(cap.map_or(0, |cap| cap.search_lag_s))))
    }

    /// Computes the stock levels that were decided, and those whose orders were.
    pub(super) async fn count_stock(&mut self, decided: &mut Vec<Decided>) -> Result<()> {
        if !self.engine.policy.entities.iter().any(|entity| entity.stock.is_some()) {
            return Ok(());
        }
        self.taken_back(decided).await?;
        let mut levels: BTreeMap<CanonicalId, (usize, Binding)> = BTreeMap::new();
        let counts = |place: usize| self.entity(place).is_some_and(|entity| entity.stock.is_some());
        let own = decided.iter().filter(|one| counts(one.place));
        let own: Vec<(usize, Binding)> = own.map(|one| (one.place, one.diffed.binding.clone())).collect();
        let asked = self.levels_of(decided.iter().map(|one| (one.place, &one.diffed.binding))).await?;
        let asked = asked.into_values().filter_map(|level| Some((self.place_of(&level)?, level)));
        for (place, level) in asked.filter(|(place, _)| counts(*place)).chain(own) {
            if level.is_live() && !level.ambiguous {
                levels.insert(level.id, (place, level));
            }
        }
        if levels.is_empty() {
            return Ok(());
        }
        let orders = self.orders_of(&levels).await?;
        self.learn_unread(&levels).await?;
        let places = hub::places(decided);
        for (place, level) in levels.into_values() {
            let Some(entity) = self.entity(place) else { continue };
            let Some(table) = &entity.stock else { continue };
            let Some(figure) = self.figure(entity, table, &level) else { continue };
            if let Some(subject) = self.counted(entity, table, level, &figure, &orders) {
                let at = places.get(&subject.binding.id).copied();
                self.decide_again_at(at, place, entity, subject, decided).await?;
            }
        }
        Ok(())
    }

    pub(super) fn place_of(&self, binding: &Binding) -> Option<usize> {
        let places = self.group.entities.iter().copied();
        places.into_iter().find(|place| self.entity(*place).is_some_and(|entity| entity.name == binding.entity))
    }

    /// The hub's word on one level, if it is a new one.
    fn counted(
        &mut self,
        entity: &Entity,
        table: &StockTable,
        level: Binding,
        figure: &Figure,
        orders: &BTreeMap<MatchKey, Vec<(Binding, Sold)>>,
    ) -> Option<Subject> {
        let hub = entity.hub.as_ref()?;
        let sku = stock::sku(&level)?;
        let before = stock::entries(&level);
        let mut sold = Vec::new();
        let mut under: BTreeMap<CanonicalId, MatchKey> = BTreeMap::new();
        for name in &table.orders {
            let key = stock::ordered(name, sku.clone());
            for (order, one) in
                orders.get(&key).into_iter().flatten().filter(|(order, _)| stock::is_here(&level, order))
            {
                under.insert(order.id, key.clone());
                sold.push(one.clone());
            }
        }
        let count = stock::count(&before, sold, figure.read_at);
        self.figures.absorbed.extend(count.absorbed.iter().filter_map(|id| Some((*id, under.get(id)?.clone()))));
        let word = stock::word(table, figure.number, &count.entries);
        let side = level.sides.get(&hub.key);
        let same =
            side.is_some_and(|side| [AVAILABLE, ORDERS].iter().all(|path| side.shadow.get(*path) == word.get(*path)));
        let dated = !figure.is_new || side.is_some_and(|side| side.version.modified_at == figure.read_at);
        if same && dated && count.moved.is_empty() {
            return None;
        }
        let mut subject = Subject::of(level);
        for system in &count.moved {
            forget_number(entity, system, &mut subject.binding);
        }
        let id = subject.binding.id.to_string();
        let mut record = Record::new(hub.key.id(id), word);
        record.version.modified_at = figure.read_at;
        subject.sights.insert(hub.key.clone(), Sight::new(record));
        Some(subject)
    }

    /// The master's number of a level, as far as it is known.
    fn figure(&self, entity: &Entity, table: &StockTable, level: &Binding) -> Option<Figure> {
        let mut sides = level.sides.iter().filter(|(key, side)| {
            key.system == table.master && side.id.is_some() && side.state != SideState::Removed && !side.frozen
        });
        sides.find_map(|(key, side)| {
            let stream = entity.streams.get(key)?;
            let mut shown = side.shadow.clone();
            shown.overlay(&side.pending);
            let number = stream.inbound(&shown, &mut Problems::default()).ok()?.get(AVAILABLE)?.as_decimal()?;
            let host = stream.host.id(side.id.as_ref()?);
            let late = self.late(&stream.host);
            let read = self.items.get(&host).map(|(_, at)| *at - late);
            let listed = side.state == SideState::Live && !self.figures.unread.contains(&host.to_string());
            let proven = self.figures.until.get(&stream.host).copied().filter(|_| listed);
            let hub = entity.hub.as_ref().and_then(|hub| level.sides.get(&hub.key));
            let before = hub.and_then(|side| side.version.modified_at);
            Some(Figure { number, read_at: [read, proven, before].into_iter().flatten().max(), is_new: read.is_some() })
        })
    }

    /// Orders that may count against these levels, by their keys.
    async fn orders_of(
        &self,
        levels: &BTreeMap<CanonicalId, (usize, Binding)>,
    ) -> Result<BTreeMap<MatchKey, Vec<(Binding, Sold)>>> {
        let mut keys: BTreeSet<MatchKey> = BTreeSet::new();
        for (place, level) in levels.values() {
            let table = self.entity(*place).and_then(|entity| entity.stock.as_ref());
            for name in table.iter().flat_map(|table| &table.orders) {
                keys.extend(stock::sku(level).map(|sku| stock::ordered(name, sku)));
            }
        }
        let asked: Vec<MatchKey> = keys.iter().cloned().collect();
        let mut ids: BTreeSet<CanonicalId> = self.store.keyed(&asked).await?.into_iter().map(|(_, id)| id).collect();
        ids.extend(self.bindings.values().filter(|b| b.keys.iter().any(|key| keys.contains(key))).map(|b| b.id));
        let orders = self.load(&ids).await?;
        let invoices = orders.keys().map(|id| CanonicalId::derived(*id, EntityKind::Invoice)).collect();
        let invoices = self.load(&invoices).await?;
        let mut found: BTreeMap<MatchKey, Vec<(Binding, Sold)>> = BTreeMap::new();
        for order in orders.into_values() {
            let Some((entity, table)) = self.ordered(&order) else { continue };
            let invoice = invoices.get(&CanonicalId::derived(order.id, EntityKind::Invoice));
            let tells = invoice.filter(|invoice| invoice.is_live() && stock::becomes_another(entity, table));
            let taken_at = tells.map_or(order.taken_at, |invoice| invoice.taken_at);
            let quantities = stock::quantities(&order);
            for key in order.keys.iter().filter(|key| keys.contains(*key)) {
                let Some(quantity) = quantities.get(&key.key).copied() else { continue };
                let entry = Entry { order: order.id, quantity, shops: stock::shops(table, &order) };
                found.entry(key.clone()).or_default().push((order.clone(), Sold { entry, taken_at }));
            }
        }
        Ok(found)
    }

    fn ordered(&self, order: &Binding) -> Option<(&Entity, &OrderedTable)> {
        let entity = self.engine.policy.entities.iter().find(|entity| entity.name == order.entity)?;
        Some((entity, entity.ordered.as_deref()?))
    }

    /// Stock that orders count against, as it is known.
    async fn levels_of<'b>(
        &self,
        orders: impl Iterator<Item = (usize, &'b Binding)>,
    ) -> Result<BTreeMap<CanonicalId, Binding>> {
        let mut keys: BTreeSet<MatchKey> = BTreeSet::new();
        for (place, order) in orders {
            let Some(entity) = self.entity(place).filter(|entity| entity.kind == EntityKind::Order) else { continue };
            if let Some(table) = entity.ordered.as_ref().filter(|_| order.taken_at.is_none()) {
                keys.extend(stock::levels(table, order));
            }
        }
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let asked: Vec<MatchKey> = keys.iter().cloned().collect();
        let mut ids: BTreeSet<CanonicalId> = self.store.keyed(&asked).await?.into_iter().map(|(_, id)| id).collect();
        ids.extend(self.bindings.values().filter(|b| b.keys.iter().any(|key| keys.contains(key))).map(|b| b.id));
        self.load(&ids).await
    }

    /// Has stock of another lease group computed again whose orders changed. Before the change itself is stored, so that a
    /// crash between the two loses nothing.
    pub(super) async fn wake_stock(&self, decided: &[Decided]) -> Result<()> {
        let changed = decided.iter().filter(|one| one.diffed.changed);
        let levels = self.levels_of(changed.map(|one| (one.place, &one.diffed.binding))).await?;
        let elsewhere = levels.values().filter(|level| {
            level.is_live() && self.place_of(level).is_none_or(|place| self.group.later.contains(&place))
        });
        let entry = |level: &Binding| InboxEntry { at: self.now(), by: "@hub".to_owned(), what: Inbox::Look(level.id) };
        let entries: Vec<InboxEntry> = elsewhere.map(entry).collect();
        if entries.is_empty() { Ok(()) } else { self.store.post(&entries).await }
    }

    /// An invoice that is no longer there, or void, leaves its order to be counted again.
    async fn taken_back(&mut self, decided: &mut Vec<Decided>) -> Result<()> {
        let mut parents: BTreeSet<CanonicalId> = BTreeSet::new();
        for one in decided.iter() {
            let invoice = &one.diffed.binding;
            let told = self.entity(one.place).is_some_and(|entity| entity.ordered.is_some());
            parents.extend(invoice.derived_from.filter(|_| told && invoice.is_live() && invoice.taken_at.is_none()));
        }
        for (_, mut order) in self.load(&parents).await? {
            let Some(place) = self.place_of(&order) else { continue };
            let Some(entity) = self.entity(place).filter(|_| order.taken_at.is_some()) else { continue };
            order.taken_at = None;
            let mut subject = Subject::of(order);
            derive(entity, &mut subject.binding, &self.links, self.as_of);
            self.decide_again(place, entity, subject, decided).await?;
        }
        Ok(())
    }

    /// Master records of these levels that were set aside earlier.
    async fn learn_unread(&mut self, levels: &BTreeMap<CanonicalId, (usize, Binding)>) -> Result<()> {
        let mut names: Vec<String> = Vec::new();
        for (place, level) in levels.values() {
            let Some(entity) = self.entity(*place) else { continue };
            names.extend(
                level
                    .sides
                    .iter()
                    .filter_map(|(key, side)| Some(entity.streams.get(key)?.host.id(side.id.as_ref()?).to_string())),
            );
        }
        let parked = self.store.parked(Some(&names)).await?;
        // a write that was refused is set aside too, and says nothing of reading
        self.note_unread(&parked.into_iter().filter(|parked| parked.raw.is_some()).collect::<Vec<_>>());
        Ok(())
    }

    /// Takes orders off the list that the master's number counts by now.
    pub(super) async fn let_go(&mut self) -> Result<()> {
        let mut gone: BTreeMap<CanonicalId, BTreeSet<MatchKey>> = BTreeMap::new();
        for (order, key) in std::mem::take(&mut self.figures.absorbed) {
            gone.entry(order).or_default().insert(key);
        }
        let orders = self.load(&gone.keys().copied().collect()).await?;
        let mut commit = Commit::default();
        for (id, mut order) in orders {
            let before = order.keys.len();
            order.keys.retain(|key| !gone.get(&id).is_some_and(|keys| keys.contains(key)));
            if order.keys.len() < before {
                order.taken_at.get_or_insert(self.as_of);
                commit.bindings.push(order);
            }
        }
        if commit.bindings.is_empty() {
            return Ok(());
        }
        let orders = commit.bindings.clone();
        // an order that moved meanwhile is let go the next time
        if super::run::is_done(self.store.commit(&self.lease, commit).await?) {
            for order in orders {
                if let Some(own) = self.bindings.get_mut(&order.id) {
                    *own = order;
                    own.rev += 1;
                }
            }
        }
        Ok(())
    }
}

/// What a shop's own number is, nobody knows: it is written again.
fn forget_number(entity: &Entity, system: &SystemId, level: &mut Binding) {
    for (key, side) in level.sides.iter_mut().filter(|(key, _)| key.system == *system) {
        let Some(table) = entity.streams.get(key).filter(|table| table.role.update) else { continue };
        if side.id.is_none() || side.frozen || !table.fields.takes(AVAILABLE, false) {
            continue;
        }
        for field in table.map.theirs(AVAILABLE) {
            side.shadow.remove(field);
            side.pending.remove(field);
        }
        side.lagging.insert(AVAILABLE);
    }
}
