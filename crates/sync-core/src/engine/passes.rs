//! Batch by batch: decided, kept, carried out, and looked at again until nothing is left that this run can do.

use std::collections::BTreeSet;

use super::{
    batches::Batch,
    finds::Find,
    gather::GroupReading,
    guard::Planned,
    planning::{Facts, by_host_record, is_short, operations},
    report::Mode,
    run::{Basis, Decided},
    subject::{Links, Sight},
    work::{Tally, Work},
};
use crate::{
    document,
    error::Result,
    id::{CanonicalId, EntityKind},
    plan::Op,
    store::Indexed,
};

/// Passes over one batch: as many steps as a document may have to take, and some. What is left then waits for the next
/// run.
const PASSES: usize = 8;

impl Work<'_> {
    /// Decides and carries out all batches. Before the first write it is certain that no guard trips.
    pub(super) async fn all(
        &mut self,
        tally: &mut Tally,
        basis: &Basis<'_>,
        mut reading: GroupReading,
        batches: Vec<Batch>,
        due: &[(CanonicalId, usize)],
    ) -> Result<()> {
        let mut planned = Planned::default();
        let many = batches.len() > 1;
        let is_sure = many && reading.short.is_empty() && self.surely_passes(&batches, due, basis.told).await?;
        if many && self.mode == Mode::Sync && !is_sure {
            for batch in &batches {
                self.stay().await?;
                self.rehearse(tally, basis, batch, &mut planned).await?;
            }
            if !self.passes(tally, std::mem::take(&mut planned), &reading, basis.told).await? {
                return Ok(());
            }
        }
        let last = batches.len() - 1;
        for (place, batch) in batches.into_iter().enumerate() {
            if place > 0 && self.cancel.is_cancelled() {
                tally.report.cancelled = true;
                return Ok(()); // what was not decided is read again
            }
            self.stay().await?;
            let of = Of { basis, rest: (place == last).then_some(&mut reading), many };
            if !self.batch(tally, batch, of, &mut planned).await? {
                return Ok(());
            }
            if many {
                self.clear();
            }
        }
        match self.mode {
            Mode::Adopt => self.stage_adoption(tally, planned).await,
            Mode::DryRun => self.passes(tally, planned, &reading, basis.told).await.map(drop),
            Mode::Sync => Ok(()),
        }
    }

    /// One batch, in as many passes as it takes; whether the others may follow.
    async fn batch(
        &mut self,
        tally: &mut Tally,
        batch: Batch,
        mut of: Of<'_, '_>,
        planned: &mut Planned,
    ) -> Result<bool> {
        let due = batch.due;
        let mut finds = self.take_up(&batch.aside).await?;
        finds.splice(0..0, batch.here);
        let (mut sights, kept) = self.spread(finds);
        let mut kept = Some(kept);
        for pass in 0..PASSES {
            let first = kept.is_some();
            if pass > 0 {
                self.open_creates().await?; // the pass before may have left some
            }
            let (decided, ops) = self.planned(tally, of.basis, sights, first.then_some(due.as_slice())).await?;
            self.observer.planned(&ops);
            if first {
                self.add_to(planned, &ops, &decided);
                if self.mode == Mode::DryRun {
                    return Ok(true);
                }
                let judged = of.many || self.mode == Mode::Adopt;
                if let Some(reading) = of.rest.as_deref().filter(|_| !judged)
                    && !self.passes(tally, std::mem::take(planned), reading, of.basis.told).await?
                {
                    return Ok(false);
                }
                self.will_make(&ops);
            }
            let waits: Vec<(CanonicalId, CanonicalId)> =
                decided.iter().filter_map(|one| Some((one.diffed.binding.id, one.diffed.waits_for?))).collect();
            let remedies = self.remedies(&decided);
            let rest = of.rest.take().map(|reading| (reading, of.basis));
            self.keep(tally, decided, kept.take(), rest).await?;
            self.let_go().await?;
            if self.mode == Mode::Adopt {
                return Ok(true);
            }
            if !first && !self.still_passes(tally, &ops, of.basis.told).await? {
                return Ok(false);
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
        self.set_aside(sights).await?;
        Ok(true)
    }

    /// What a batch comes to, without keeping anything of it.
    async fn rehearse(&mut self, tally: &Tally, basis: &Basis<'_>, batch: &Batch, planned: &mut Planned) -> Result<()> {
        let mut finds = self.take_up(&batch.aside).await?;
        finds.splice(0..0, batch.here.iter().cloned());
        let unseen = self.unseen.clone();
        let mut aside = tally.aside();
        let (sights, _) = self.spread(finds);
        let (decided, ops) = self.planned(&mut aside, basis, sights, Some(&batch.due)).await?;
        self.add_to(planned, &ops, &decided);
        self.clear();
        self.unseen = unseen;
        Ok(())
    }

    /// Decisions, and what they come to.
    async fn planned(
        &mut self,
        tally: &mut Tally,
        basis: &Basis<'_>,
        sights: Vec<Sight>,
        due: Option<&[CanonicalId]>,
    ) -> Result<(Vec<Decided>, Vec<Op>)> {
        let locks = self.locks().await?;
        let mut decided = self.decide(tally, basis, sights, due).await?;
        let facts = self.facts(&decided, &locks, tally).await?;
        let ops = self.plan(&mut decided, &facts);
        for one in &mut decided {
            let id = one.diffed.binding.id;
            one.diffed.held.extend(tally.unclear.get(&id).into_iter().flatten().cloned());
            if one.diffed.held.is_empty() {
                tally.held.remove(&id);
            } else {
                tally.held.insert(id, one.diffed.held.clone());
            }
        }
        Ok((decided, ops))
    }

    /// Takes what was read into the run; gives what it says, and what the index and the parked list are to know of it.
    fn spread(&mut self, finds: Vec<Find>) -> (Vec<Sight>, Kept) {
        let mut sights = Vec::new();
        let mut kept = Kept::default();
        for find in finds {
            sights.extend(find.sights);
            kept.indexed.push(Indexed { reference: find.item.reference.clone(), hash: find.hash });
            if find.is_readable {
                kept.unparked.push(find.item.reference.to_string());
                self.items.insert(find.item.reference.clone(), (find.item, find.at));
            }
        }
        (sights, kept)
    }

    /// Forgets what belongs to one batch: the store has it now, or nobody needs it.
    fn clear(&mut self) {
        self.items.clear();
        self.bindings.clear();
        self.links = Links::default();
        self.unseen.clear();
        self.unreadable.clear();
        self.waiting.clear();
        self.moved_gates.clear();
        self.further.clear();
        self.as_orders.clear();
        self.corrections.clear();
        self.figures.clear();
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

/// What a batch is part of.
struct Of<'r, 'b> {
    basis: &'r Basis<'b>,
    /// It is the last one: with it goes how far was read.
    rest: Option<&'r mut GroupReading>,
    /// There are others.
    many: bool,
}

/// What is known of the rows of a batch once it is decided.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) indexed: Vec<Indexed>,
    pub(super) unparked: Vec<String>,
}
