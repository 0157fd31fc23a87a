//! One run: its phases in order, group by group.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use uuid::Uuid;

use super::{
    Engine, Group,
    planning::{Facts, by_host_record, is_short, operations},
    report::{Cancel, Mode, Observer, Report},
    stock::Figures,
    subject::Links,
    work::{Tally, Work},
};
use crate::{
    context::Context,
    document,
    error::Result,
    fault::{self, Fault},
    id::{CanonicalId, EntityKind, EntityName, StreamKey},
    plan::Op,
    store::{Approval, Commit, Committed, EntityState},
    value::FieldPath,
};

/// A lease that is not renewed runs out by itself after this.
pub(super) const LEASE: Duration = Duration::from_secs(600);

/// Passes in one run: as many steps as a document may have to take, and some. What is left then waits for the next run.
const PASSES: usize = 8;

/// An entity of this run, and what of it is at first sight again.
pub(super) struct Ready {
    pub(super) place: usize,
    pub(super) again: BTreeSet<FieldPath>,
    pub(super) state: EntityState,
}

impl Engine {
    /// One run over all entities.
    ///
    /// # Errors
    /// The store's own. What goes wrong with a system is told in the report, and the others go on.
    pub async fn run(&self, mode: Mode, observer: &dyn Observer, cancel: &Cancel) -> Result<Report> {
        let as_of = self.now();
        let mut tally = Tally::default();
        tally.report.run = as_of.format("%Y%m%dT%H%M%S%3fZ").to_string();
        let identity = self.store.identity().await?;
        let cx = Context::new(self.clock.clone(), &tally.report.run);
        self.tenants(&cx, mode, &mut tally).await?;
        for group in &self.groups {
            if cancel.is_cancelled() {
                tally.report.cancelled = true;
                break;
            }
            if group.is_second && mode == Mode::DryRun {
                continue; // nothing of the first round is stored, so that one has shown it all
            }
            let Some(lease) = self.store.acquire(&group.lease, self.now(), LEASE).await? else {
                let entities = group.entities.iter().filter_map(|place| self.policy.entities.get(*place));
                tally.report.busy.push(entities.map(|entity| entity.name.to_string()).collect::<Vec<_>>().join(", "));
                continue;
            };
            let mut work = Work {
                engine: self,
                store: self.store.as_ref(),
                cx: &cx,
                observer,
                cancel,
                mode,
                group,
                lease: lease.clone(),
                as_of,
                tables: self.tables(group),
                links: Links::default(),
                items: BTreeMap::new(),
                bindings: BTreeMap::new(),
                unseen: Vec::new(),
                unreadable: Vec::new(),
                made: BTreeMap::new(),
                waiting: Vec::new(),
                creates: Vec::new(),
                gone: Vec::new(),
                further: BTreeSet::new(),
                as_orders: BTreeMap::new(),
                corrections: BTreeMap::new(),
                contested: BTreeSet::new(),
                figures: Figures::default(),
            };
            let ran = Box::pin(work.run(&mut tally, identity.id)).await;
            self.store.release(lease).await?;
            ran?;
            tally.report.name_unclear(self.store.as_ref(), &group.lease).await?;
        }
        tally.report.held = self.store.held(None).await?;
        Ok(tally.report)
    }

    fn tables(&self, group: &Group) -> BTreeMap<StreamKey, &crate::policy::StreamTable> {
        let entities = group.entities.iter().filter_map(|place| self.policy.entities.get(*place));
        entities.flat_map(|entity| entity.streams.iter().map(|(key, table)| (key.clone(), table))).collect()
    }
}

impl Work<'_> {
    async fn run(&mut self, tally: &mut Tally, store_id: Uuid) -> Result<()> {
        let ready = self.ready(tally).await?;
        if ready.is_empty() {
            return Ok(());
        }
        self.open_creates().await?;
        if self.mode == Mode::Sync && !self.group.is_second {
            self.recover(tally).await?;
        }
        let told = self.told().await?;
        let mut reading = self.read(tally, &ready, &told).await?;
        if fault::on(Fault::CursorBeforeDecision) {
            let early = Commit {
                checkpoints: std::mem::take(&mut reading.checkpoints),
                indexed: std::mem::take(&mut reading.indexed),
                ..Commit::default()
            };
            let _ = self.store.commit(&self.lease, early).await?;
        }
        let mut sights = std::mem::take(&mut reading.sights);
        let absent = std::mem::take(&mut reading.absent);
        for pass in 0..PASSES {
            let first = pass == 0;
            if !first {
                self.open_creates().await?; // the pass before may have left some
            }
            let locks = self.locks().await?;
            let mut decided =
                self.decide(tally, &ready, sights, if first { Some((&told, &absent)) } else { None }, store_id).await?;
            let facts = self.facts(&decided, &locks).await?;
            let ops = self.plan(&mut decided, &facts);
            for one in &mut decided {
                one.diffed.held.extend(tally.unclear.get(&one.diffed.binding.id).into_iter().flatten().cloned());
                tally.held.insert(one.diffed.binding.id, one.diffed.held.clone());
            }
            let mut to_come = Approval::default();
            self.add_to_come(&decided, &mut to_come);
            if first && !self.passes(tally, &ops, &decided, &reading, &told).await? {
                return Ok(());
            }
            let rest = if first { Some((&mut reading, &told, ready.as_slice())) } else { None };
            let waits: Vec<(CanonicalId, CanonicalId)> =
                decided.iter().filter_map(|one| Some((one.diffed.binding.id, one.diffed.waits_for?))).collect();
            let remedies = self.remedies(&decided);
            self.keep(tally, decided, rest).await?;
            self.let_go().await?;
            if self.mode == Mode::Adopt {
                return self.stage_adoption(tally, ops, to_come).await;
            }
            if !first && !self.still_passes(tally, &ops, &told).await? {
                return Ok(());
            }
            sights = self.apply(tally, ops).await?;
            let wrote = std::mem::take(&mut tally.wrote);
            self.further = waits.iter().filter(|(_, on)| wrote.contains(on)).map(|(waiting, _)| *waiting).collect();
            self.further.extend(self.short_ones(wrote));
            self.further.extend(remedies);
            if (sights.is_empty() && self.further.is_empty()) || self.cancel.is_cancelled() {
                break;
            }
        }
        self.set_aside(sights).await
    }

    /// What documents ask of other records in the next pass: the orders that go as such, and the buyers to be corrected.
    fn remedies(&mut self, decided: &[Decided]) -> BTreeSet<CanonicalId> {
        let mut concerned = BTreeSet::new();
        for one in decided {
            if let Some((order, system)) = &one.diffed.goes_as_order {
                let orders = self.tables.values().filter(|table| table.key.system == *system && table.cap.create);
                let at = orders.filter(|table| table.cap.kind == EntityKind::Order).map(|table| table.key.clone());
                self.as_orders.entry(*order).or_default().extend(at);
                concerned.insert(*order);
            }
            if let Some((buyer, correction)) = &one.diffed.corrects {
                self.corrections.entry(*buyer).or_insert_with(|| correction.clone()); // the next one's turn comes
                concerned.extend([*buyer, one.diffed.binding.id]);
            }
        }
        concerned
    }

    /// Which entities can run, and which of their fields are at first sight again.
    async fn ready(&self, tally: &mut Tally) -> Result<Vec<Ready>> {
        let names: Vec<EntityName> =
            self.group.entities.iter().filter_map(|place| Some(self.entity(*place)?.name.clone())).collect();
        let states: BTreeMap<EntityName, EntityState> = self.store.entities(&names).await?.into_iter().collect();
        let mut ready = Vec::new();
        for place in &self.group.entities {
            let Some(entity) = self.entity(*place) else { continue };
            let state = states.get(&entity.name).cloned().unwrap_or_default();
            let adopted = state.adopted == Some(entity.shape);
            if self.mode == Mode::Sync && !adopted {
                let why = match state.adopted {
                    None => "it was never adopted",
                    Some(_) => "its master, match rules, systems or scope changed",
                };
                tally
                    .report
                    .adopt_first
                    .insert(entity.name.clone(), format!("{why}; run adopt, then look at its report"));
                continue;
            }
            let known = state.adopted.is_some();
            let moved = |unit: &FieldPath| !adopted || state.units.get(unit) != entity.unit_shapes.get(unit);
            let again = entity.unit_shapes.keys().copied().filter(|unit| known && moved(unit)).collect();
            ready.push(Ready { place: *place, again, state });
        }
        Ok(ready)
    }

    pub(super) fn entities_of(&self, at: &StreamKey) -> Vec<&crate::policy::Entity> {
        let entities = self.group.entities.iter().filter_map(|place| self.entity(*place));
        entities.filter(|entity| entity.streams.contains_key(at)).collect()
    }

    /// Records of those just written that have a further step to take in this run.
    fn short_ones(&self, wrote: BTreeSet<CanonicalId>) -> BTreeSet<CanonicalId> {
        let further = |id: &CanonicalId| {
            let Some(binding) = self.bindings.get(id) else { return false };
            let entity = self.engine.policy.entities.iter().find(|entity| entity.name == binding.entity);
            entity.is_some_and(|entity| {
                binding.sides.iter().any(|(key, side)| {
                    entity.streams.get(key).is_some_and(|table| {
                        let lags = table.document.is_some() && side.lagging.contains(&document::CONTENT);
                        lags || is_short(entity, table, binding, side)
                    })
                })
            })
        };
        wrote.into_iter().filter(further).collect()
    }

    fn plan(&self, decided: &mut [Decided], facts: &Facts) -> Vec<Op> {
        let mut ops = Vec::new();
        let later = |place: &usize| self.mode != Mode::DryRun && self.group.later.contains(place);
        for one in decided.iter_mut().filter(|one| !later(&one.place)) {
            if let Some(entity) = self.entity(one.place) {
                ops.extend(operations(entity, &mut one.diffed, facts, self.as_of));
            }
        }
        let facets = self.tables.values().filter(|table| table.key != table.host);
        by_host_record(ops, &facets.map(|table| (table.key.clone(), table.host.clone())).collect())
    }
}

/// A decided record and the entity that it belongs to.
pub(super) struct Decided {
    pub(super) place: usize,
    pub(super) diffed: super::diff::Diffed,
}

pub(super) fn is_done(committed: Committed) -> bool {
    committed == Committed::Done
}
