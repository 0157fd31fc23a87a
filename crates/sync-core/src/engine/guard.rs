//! Whether a plan may be carried out, and what becomes of one that may not.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    batches::Batch,
    gather::GroupReading,
    report::Mode,
    run::Decided,
    told::Told,
    work::{Tally, Work},
};
use crate::{
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, StreamKey},
    plan::{Doing, Op, Plan, Tripped, tripped},
    policy::{Create, Entity, Guards, OnRemove},
    store::{Approval, Commit, Staged},
};

/// Names are asked for so many at a time.
const DUE_AT_ONCE: usize = 10_000;

/// What is to be written, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct Planned {
    pub(super) plan: Plan,
    /// Documents that are made once their buyers are there.
    to_come: Approval,
}

impl Work<'_> {
    /// Adds what was decided to what is to be written.
    pub(super) fn add_to(&self, planned: &mut Planned, ops: &[Op], decided: &[Decided]) {
        planned.plan.add(ops, self.engine.room);
        self.add_to_come(decided, &mut planned.to_come);
    }
    /// Whether no guard can trip, whatever these batches come to: nothing is known of them but what is to be looked at.
    pub(super) async fn surely_passes(
        &self,
        batches: &[Batch],
        due: &[(CanonicalId, usize)],
        told: &Told,
    ) -> Result<bool> {
        let reported = batches.iter().any(|batch| !batch.here.is_empty() || !batch.aside.is_empty());
        let mut entities = self.group.entities.iter().filter_map(|place| self.entity(*place));
        // an order changes the stock of all that it names, a price those of its campaign
        let reaches = |entity: &Entity| {
            let mut tables = entity.streams.values();
            entity.ordered.is_some() || entity.campaign.is_some() || tables.any(|table| table.document.is_some())
        };
        if reported || entities.any(reaches) {
            return Ok(false);
        }
        let mut most = Approval::default();
        for due in due.chunks(DUE_AT_ONCE) {
            let ids: Vec<CanonicalId> = due.iter().map(|(id, _)| *id).collect();
            let mut hosts: BTreeMap<CanonicalId, BTreeSet<StreamKey>> = BTreeMap::new();
            for (id, name) in self.store.names(&ids).await? {
                hosts.entry(id).or_default().insert(self.host_of(&name).at);
            }
            for (id, place) in due {
                let Some(entity) = self.entity(*place) else { return Ok(false) };
                let there = hosts.remove(id).unwrap_or_default();
                self.at_most(entity, &there, &mut most);
            }
        }
        let hosts: Vec<StreamKey> = self.group.hosts.iter().cloned().collect();
        let bound: BTreeMap<StreamKey, u64> = hosts.iter().cloned().zip(self.store.counts(&hosts).await?).collect();
        Ok(tripped(&most, &self.guards(), &bound, &told.approved).is_empty())
    }
    /// All that may be written of one record that has a name in some host streams.
    fn at_most(&self, entity: &Entity, there: &BTreeSet<StreamKey>, most: &mut Approval) {
        for table in entity.streams.values().filter(|table| table.key == table.host || there.contains(&table.host)) {
            let removes = matches!(entity.on_remove, OnRemove::Archive | OnRemove::Propagate);
            let counts = [
                (&mut most.creates, !there.contains(&table.host) && table.role.create != Create::Never),
                (&mut most.changes, there.contains(&table.host) && table.role.update),
                (&mut most.removals, there.contains(&table.host) && removes),
            ];
            for (counts, _) in counts.into_iter().filter(|(_, may)| *may) {
                *counts.entry(table.host.clone()).or_default() += 1;
            }
        }
    }
    /// Whether what is planned may be carried out; else it is shown, or stored until a person approves.
    pub(super) async fn passes(
        &mut self,
        tally: &mut Tally,
        planned: Planned,
        reading: &GroupReading,
        told: &Told,
    ) -> Result<bool> {
        let Planned { plan, to_come } = planned;
        let mut counted = plan.counted();
        let hosts: Vec<StreamKey> = self.group.hosts.iter().cloned().collect();
        let bound: BTreeMap<StreamKey, u64> = hosts.iter().cloned().zip(self.store.counts(&hosts).await?).collect();
        let mut found = if fault::on(Fault::GuardOff) {
            Vec::new()
        } else {
            tripped(&counted, &self.guards(), &bound, &told.approved)
        };
        let blocked = !found.is_empty() && self.mode == Mode::Sync;
        for (host, (listed, limit)) in &reading.short {
            counted.short_listings.insert(host.clone());
            found.push(Tripped {
                guard: "min_listed_percent".to_owned(),
                stream: host.clone(),
                limit: *limit,
                found: *listed,
            });
        }
        if self.mode == Mode::DryRun {
            tally.report.plan.append(Plan { tripped: found, ..plan });
            tally.report.held.clear();
            return Ok(false);
        }
        if self.mode == Mode::Sync && !found.is_empty() {
            counted.add(to_come);
            let id = self.stage(counted, &plan.ops).await?;
            tally.report.tripped.insert(id, found);
        }
        Ok(!blocked)
    }
    /// Notes what is going to be made.
    pub(super) fn will_make(&mut self, ops: &[Op]) {
        for op in ops.iter().filter(|op| matches!(op.doing, Doing::Create)) {
            *self.made.entry(op.host.clone()).or_default() += 1;
        }
    }
    /// Whether a later pass may be carried out: with what the passes before made, it makes no more than is allowed.
    pub(super) async fn still_passes(&mut self, tally: &mut Tally, ops: &[Op], told: &Told) -> Result<bool> {
        let mut plan = Plan::default();
        plan.add(ops, 0);
        let counted = plan.counted();
        self.will_make(ops);
        let made = Approval { creates: self.made.clone(), ..Approval::default() };
        let mut found = tripped(&made, &self.guards(), &BTreeMap::new(), &told.approved);
        found.retain(|tripped| counted.creates.contains_key(&tripped.stream));
        if found.is_empty() || self.mode != Mode::Sync || fault::on(Fault::GuardOff) {
            return Ok(true);
        }
        let id = self.stage(counted, ops).await?;
        tally.report.tripped.insert(id, found);
        Ok(false)
    }
    /// Documents that are made once their buyers are there: whoever approves the plan approves them too.
    fn add_to_come(&self, decided: &[Decided], counted: &mut Approval) {
        let waiting = decided.iter().map(|one| &one.diffed).filter(|diffed| diffed.waits_for.is_some());
        for (at, side) in waiting.flat_map(|diffed| &diffed.binding.sides) {
            if let Some(table) = self.table(at).filter(|_| side.id.is_none()) {
                *counted.creates.entry(table.host.clone()).or_default() += 1;
            }
        }
    }
    pub(super) fn guards(&self) -> BTreeMap<StreamKey, Guards> {
        let mut guards: BTreeMap<StreamKey, Guards> = BTreeMap::new();
        for place in &self.group.entities {
            let Some(entity) = self.entity(*place) else { continue };
            for table in entity.streams.values() {
                guards.entry(table.host.clone()).or_insert(entity.guards);
            }
        }
        guards
    }
    pub(super) async fn stage_adoption(&self, tally: &mut Tally, planned: Planned) -> Result<()> {
        let Planned { plan, to_come } = planned;
        let mut counted = plan.counted();
        if !counted.is_empty() {
            counted.add(to_come);
            let id = self.stage(counted, &plan.ops).await?;
            tally.report.adopted.push(id);
        }
        tally.report.plan.append(plan);
        Ok(())
    }
    /// Stores a plan until a person approves what it counted.
    pub(super) async fn stage(&self, counted: Approval, ops: &[Op]) -> Result<String> {
        let plan = serde_json::to_string(ops).map_err(|error| {
            Error::new(ErrorKind::Internal, "stage plan", "the plan cannot be stored").with_source(error)
        })?;
        let mut earlier = self.store.staged(None).await?;
        earlier.retain(|earlier| earlier.group == self.group.name && earlier.at < self.as_of);
        // what is counted again keeps its id; what was counted otherwise is out of date
        let same = earlier.iter().find(|earlier| earlier.counted == counted).map(|earlier| earlier.id.clone());
        let id = same.unwrap_or_else(|| {
            let content = format!("{}{}", self.group.name, self.cx.run);
            crate::value::Fingerprint::of_bytes(content.as_bytes()).to_string().chars().take(8).collect()
        });
        let staged = Staged {
            id: id.clone(),
            group: self.group.name.clone(),
            at: self.now(),
            counted,
            approved_by: None,
            plan: plan.into(),
        };
        let unstaged = earlier.into_iter().map(|earlier| earlier.id).filter(|earlier| *earlier != id).collect();
        let commit = Commit { staged: vec![staged], unstaged, ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(id)
    }
}
