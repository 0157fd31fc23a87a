//! One run: its phases in order, group by group.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicU64,
    time::Duration,
};

use uuid::Uuid;

use super::{
    Engine, Group,
    finds::Find,
    missing::Missing,
    report::{Cancel, Mode, Observer, Report},
    stock::Figures,
    subject::Links,
    told::Told,
    work::{Tally, Work},
};
use crate::{
    context::Context,
    error::Result,
    fault::{self, Fault},
    id::{EntityName, StreamKey},
    store::{Commit, Committed, EntityState, Indexed},
    value::FieldPath,
};

/// A lease that is not renewed runs out by itself after this.
pub(super) const LEASE: Duration = Duration::from_secs(600);

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
                aside: AtomicU64::new(0),
                items: BTreeMap::new(),
                bindings: BTreeMap::new(),
                unseen: Vec::new(),
                unreadable: Vec::new(),
                disbelieved: BTreeSet::new(),
                made: BTreeMap::new(),
                waiting: Vec::new(),
                moved_gates: BTreeSet::new(),
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
        tally.report.set_aside = u64::try_from(self.store.parked(None).await?.len()).unwrap_or(u64::MAX);
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
        let told = self.told().await?;
        if self.mode == Mode::Sync && !self.group.is_second {
            self.recover(tally, &told).await?;
        }
        let mut reading = self.read(tally, &ready, &told).await?;
        if fault::on(Fault::CursorBeforeDecision) {
            let row = |find: &Find| Indexed { reference: find.item.reference.clone(), hash: find.hash };
            let indexed = reading.finds.here.iter().map(row).collect();
            let checkpoints = std::mem::take(&mut reading.checkpoints);
            let early = Commit { checkpoints, indexed, ..Commit::default() };
            let _ = self.store.commit(&self.lease, early).await?;
        }
        self.disbelieved = reading.short.keys().cloned().collect();
        let missing = self.missing(tally, &std::mem::take(&mut reading.absent)).await?;
        self.gone.extend(missing.gone.iter().map(|find| find.item.reference.clone()));
        let mut finds = std::mem::take(&mut reading.finds);
        finds.here.splice(0..0, missing.shown.iter().cloned());
        finds.here.extend(missing.gone.iter().cloned());
        let basis = Basis { ready: &ready, told: &told, missing: &missing, store_id };
        let due = self.due(&basis).await?;
        let batches = self.batches(finds, &due, &told).await?;
        self.all(tally, &basis, reading, batches, &due).await
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
}

/// What all decisions of a run rest on, beside the records themselves.
pub(super) struct Basis<'r> {
    pub(super) ready: &'r [Ready],
    pub(super) told: &'r Told,
    pub(super) missing: &'r Missing,
    pub(super) store_id: Uuid,
}

/// A decided record and the entity that it belongs to.
pub(super) struct Decided {
    pub(super) place: usize,
    pub(super) diffed: super::diff::Diffed,
}

pub(super) fn is_done(committed: Committed) -> bool {
    committed == Committed::Done
}
