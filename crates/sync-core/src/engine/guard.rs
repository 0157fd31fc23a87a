//! Whether a plan may be carried out, and what becomes of one that may not.

use super::{gather::GroupReading, told::Told};
use std::collections::BTreeMap;

use super::{
    report::Mode,
    run::Decided,
    work::{Tally, Work},
};
use crate::{
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::StreamKey,
    plan::{Op, Plan, Tripped, tripped},
    policy::Guards,
    store::{Approval, Commit, Staged},
};

impl Work<'_> {
    /// Whether the plan of a run's first pass may be carried out; else it is shown, or stored until a person approves.
    pub(super) async fn passes(
        &mut self,
        tally: &mut Tally,
        ops: &[Op],
        decided: &[Decided],
        reading: &GroupReading,
        told: &Told,
    ) -> Result<bool> {
        let plan = Plan { ops: ops.to_vec(), tripped: Vec::new() };
        self.observer.planned(ops.len());
        let mut counted = plan.counted();
        self.made.clone_from(&counted.creates);
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
            tally.report.plan.ops.extend(plan.ops);
            tally.report.plan.tripped.extend(found);
            tally.report.held.clear();
            return Ok(false);
        }
        if self.mode == Mode::Sync && !found.is_empty() {
            self.add_to_come(decided, &mut counted);
            let id = self.stage(counted, ops).await?;
            tally.report.tripped.insert(id, found);
        }
        Ok(!blocked)
    }
    /// Whether a later pass may be carried out: with what the passes before made, it makes no more than is allowed.
    pub(super) async fn still_passes(&mut self, tally: &mut Tally, ops: &[Op], told: &Told) -> Result<bool> {
        let counted = Plan { ops: ops.to_vec(), tripped: Vec::new() }.counted();
        for (host, creates) in &counted.creates {
            *self.made.entry(host.clone()).or_default() += creates;
        }
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
    pub(super) fn add_to_come(&self, decided: &[Decided], counted: &mut Approval) {
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
    pub(super) async fn stage_adoption(&self, tally: &mut Tally, ops: Vec<Op>, to_come: Approval) -> Result<()> {
        let plan = Plan { ops, tripped: Vec::new() };
        if !plan.ops.is_empty() {
            let mut counted = plan.counted();
            for (host, creates) in to_come.creates {
                *counted.creates.entry(host).or_default() += creates;
            }
            let id = self.stage(counted, &plan.ops).await?;
            tally.report.adopted.push(id);
        }
        tally.report.plan.ops.extend(plan.ops);
        Ok(())
    }
    /// Stores a plan until a person approves what it counted.
    pub(super) async fn stage(&self, counted: Approval, ops: &[Op]) -> Result<String> {
        let plan = serde_json::to_value(ops).map_err(|error| {
            Error::new(ErrorKind::Internal, "stage plan", "the plan cannot be stored").with_source(error)
        })?;
        let content = crate::value::Fingerprint::of_bytes(format!("{}{}", self.group.name, self.cx.run).as_bytes());
        let id: String = content.to_string().chars().take(8).collect();
        let staged =
            Staged { id: id.clone(), group: self.group.name.clone(), at: self.now(), counted, approved_by: None, plan };
        let commit = Commit { staged: vec![staged], ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(id)
    }
}
