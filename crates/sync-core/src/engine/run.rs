//! One run: its phases in order, group by group.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    Engine, Group,
    planning::{Locks, by_host_record, operations},
    read::{Order, Reader, Reading},
    recover::{self, Found},
    report::{Cancel, Mode, Observer, Report},
    subject::{Links, Sight},
    work::{Tally, Work},
};
use crate::{
    connector::Tenant,
    context::Context,
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, EntityName, ExternalRef, StreamKey, SystemId},
    plan::{Op, Plan, Tripped, tripped},
    policy::Guards,
    store::{Approval, Commit, Committed, EntityState, Held, HeldWhy, Inbox, Intent, Staged, Verdict},
    value::FieldPath,
};

/// A lease that is not renewed runs out by itself after this.
const LEASE: Duration = Duration::from_secs(600);

/// What people, and webhooks, told this run.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) hints: BTreeSet<ExternalRef>,
    pub(super) takes: BTreeMap<CanonicalId, Vec<(FieldPath, crate::value::FieldMap, String)>>,
    pub(super) creates: BTreeMap<CanonicalId, BTreeSet<StreamKey>>,
    pub(super) approved: Approval,
    pub(super) used_approvals: Vec<String>,
    pub(super) verdicts: Vec<Verdict>,
    pub(super) retracted: Vec<Verdict>,
    pub(super) consumed: Vec<u64>,
}

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
            let Some(lease) = self.store.acquire(&group.name, self.now(), LEASE).await? else {
                tally.report.busy.push(group.name.clone());
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
                waiting: Vec::new(),
                creates: Vec::new(),
            };
            let ran = Box::pin(work.run(&mut tally, identity.id)).await;
            self.store.release(lease).await?;
            ran?;
        }
        tally.report.held = self.store.held(None).await?;
        Ok(tally.report)
    }

    fn tables(&self, group: &Group) -> BTreeMap<StreamKey, &crate::policy::StreamTable> {
        let entities = group.entities.iter().filter_map(|place| self.policy.entities.get(*place));
        entities.flat_map(|entity| entity.streams.iter().map(|(key, table)| (key.clone(), table))).collect()
    }

    /// On first contact every system says who it is; another answer later is another company's books.
    async fn tenants(&self, cx: &Context, mode: Mode, tally: &mut Tally) -> Result<()> {
        let systems: Vec<SystemId> = self.systems.keys().cloned().collect();
        let known: BTreeMap<SystemId, Tenant> = self.store.tenants(&systems).await?.into_iter().collect();
        let mut met = Vec::new();
        for (system, connector) in &self.systems {
            if mode != Mode::Adopt && known.contains_key(system) {
                continue;
            }
            let at = StreamKey::new(system.clone(), "-");
            match connector.check(cx).await {
                Ok(tenant) => match known.get(system) {
                    Some(before) if before.id != tenant.id => {
                        let line = format!(
                            "{system} is {} ({}), but the store belongs to {} ({}); correct the connection, or start with a new store",
                            tenant.name, tenant.id, before.name, before.id
                        );
                        tally.stop(&at, Error::new(ErrorKind::Config, "check tenant", line));
                    }
                    _ => met.push((system.clone(), tenant)),
                },
                Err(error) => {
                    let error = if tally.stopped.contains(system) { continue } else { error };
                    tally.stopped.insert(system.clone());
                    tally.report.stopped_systems.insert(system.clone(), error);
                }
            }
        }
        if mode == Mode::Adopt
            && !met.is_empty()
            && let Some(lease) = self.store.acquire("@tenants", self.now(), LEASE).await?
        {
            let kept = self.store.commit(&lease, Commit { tenants: met, ..Commit::default() }).await;
            self.store.release(lease).await?;
            let _ = kept?;
        }
        Ok(())
    }
}

impl Work<'_> {
    async fn run(&mut self, tally: &mut Tally, store_id: Uuid) -> Result<()> {
        let ready = self.ready(tally).await?;
        if ready.is_empty() {
            return Ok(());
        }
        self.creates = self.store.intents(&self.group.name).await?;
        self.creates.retain(|intent| intent.action.id().is_none());
        if self.mode == Mode::Sync {
            self.recover(tally).await?;
        }
        let locks = self.locks().await?;
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
        for pass in 0..3 {
            let first = pass == 0;
            let mut decided =
                self.decide(tally, &ready, sights, if first { Some((&told, &absent)) } else { None }, store_id).await?;
            let ops = self.plan(&mut decided, &locks);
            for one in &mut decided {
                one.diffed.held.extend(tally.unclear.get(&one.diffed.binding.id).into_iter().flatten().cloned());
                tally.held.insert(one.diffed.binding.id, one.diffed.held.clone());
            }
            if first && !self.passes(tally, &ops, &reading, &told).await? {
                return Ok(());
            }
            let rest = if first { Some((&mut reading, &told, ready.as_slice())) } else { None };
            self.keep(tally, decided, rest).await?;
            if self.mode == Mode::Adopt {
                return self.stage_adoption(tally, ops).await;
            }
            sights = self.apply(tally, ops).await?;
            if sights.is_empty() || self.cancel.is_cancelled() {
                break;
            }
        }
        Ok(())
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

    async fn recover(&mut self, tally: &mut Tally) -> Result<()> {
        for intent in self.store.intents(&self.group.name).await? {
            if tally.is_stopped(&intent.host) {
                tally.report.unclear += 1;
                continue;
            }
            let connector = match self.engine.connector(&intent.host.system) {
                Ok(connector) => connector.clone(),
                Err(error) => {
                    tally.stop(&intent.host, error);
                    continue;
                }
            };
            if self.settled_by_matching(&intent).await? {
                self.finish(&intent).await?;
                continue;
            }
            let found = match recover::look(self, connector.as_ref(), &intent).await {
                Ok(found) => found,
                Err(error) => {
                    tally.report.unclear += 1;
                    tally.stop(&intent.host, error);
                    continue;
                }
            };
            self.found(tally, intent, found).await?;
        }
        Ok(())
    }

    /// A create whose record was met and recognised in the meantime.
    async fn settled_by_matching(&self, intent: &Intent) -> Result<bool> {
        if intent.action.id().is_some() {
            return Ok(false);
        }
        let ids: BTreeSet<CanonicalId> = intent.shares.iter().map(|share| share.subject).collect();
        let bindings = self.load(&ids).await?;
        Ok(intent.shares.iter().any(|share| {
            bindings.get(&share.subject).and_then(|b| b.sides.get(&share.at)).is_none_or(|side| side.id.is_some())
        }))
    }

    async fn found(&mut self, tally: &mut Tally, mut intent: Intent, found: Found) -> Result<()> {
        match found {
            Found::Made { reference, sights } => self.recovered(tally, &intent, reference, sights).await,
            Found::NotMade | Found::Gone => self.finish(&intent).await,
            Found::LookAgain => {
                tally.report.unclear += 1;
                intent.looks.push(self.now());
                let commit = Commit { intents: vec![intent], ..Commit::default() };
                let _ = self.store.commit(&self.lease, commit).await?;
                Ok(())
            }
            Found::Several(references) => {
                let names: Vec<String> = references.iter().map(ToString::to_string).collect();
                let line = format!("may have been made as any of {}", names.join(", "));
                self.hold_intent(tally, &intent, HeldWhy::Ambiguous, &line, "say which one it is").await
            }
            Found::Blind => {
                let line = format!("may have been written to {}, and the system gives no way to look", intent.host);
                self.hold_intent(tally, &intent, HeldWhy::Unclear, &line, "look there, and say whether it is there")
                    .await
            }
        }
    }

    pub(super) async fn hold_intent(
        &self,
        tally: &mut Tally,
        intent: &Intent,
        why: HeldWhy,
        line: &str,
        cure: &str,
    ) -> Result<()> {
        tally.report.unclear += 1;
        let ids: BTreeSet<CanonicalId> = intent.shares.iter().map(|share| share.subject).collect();
        let mut commit = Commit::default();
        for (id, binding) in self.load(&ids).await? {
            let text = format!("{} {line}", super::diff::name_of(&binding));
            let mut held = Held::new(id, binding.entity.clone(), why, text, cure, intent.at);
            held.numbers = binding.numbers;
            let mut all = self.store.held(Some(&[id])).await?;
            all.retain(|other| other.why != why);
            all.push(held.clone());
            tally.unclear.entry(id).or_default().push(held);
            commit.held.push((id, all));
        }
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }

    pub(super) async fn finish(&self, intent: &Intent) -> Result<()> {
        let commit = Commit { finished: vec![intent.key.clone()], ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }

    /// What has an open intent is not touched.
    async fn locks(&self) -> Result<Locks> {
        let mut locks = Locks::default();
        if fault::on(Fault::OpenIntentDoesNotLock) {
            return Ok(locks);
        }
        for intent in self.store.intents(&self.group.name).await? {
            match intent.action.id() {
                Some(id) => {
                    locks.hosts.insert(intent.host.id(id));
                }
                None => locks.creates.extend(intent.shares.iter().map(|share| (share.subject, share.at.clone()))),
            }
        }
        Ok(locks)
    }

    async fn told(&self) -> Result<Told> {
        let mut told = Told::default();
        for (number, entry) in self.store.inbox().await? {
            match entry.what {
                Inbox::Hint(reference) => {
                    let host = self.tables.get(&reference.at).map_or(&reference.at, |table| &table.host);
                    if !self.group.hosts.contains(host) {
                        continue;
                    }
                    told.hints.insert(host.id(&reference.id));
                }
                Inbox::Approve(id) => {
                    let Some(staged) = self.store.staged(&id).await? else {
                        told.consumed.push(number);
                        continue;
                    };
                    if staged.group != self.group.name {
                        continue;
                    }
                    merge(&mut told.approved, staged.counted);
                    told.used_approvals.push(id);
                }
                Inbox::Take { subject, unit, value } => {
                    if !self.owns(subject).await? {
                        continue;
                    }
                    told.takes.entry(subject).or_default().push((unit, value, entry.by));
                }
                Inbox::Create { subject, at } => {
                    if !self.tables.contains_key(&at) {
                        continue;
                    }
                    told.creates.entry(subject).or_default().insert(at);
                }
                Inbox::Verdict(verdict) => told.verdicts.push(verdict),
                Inbox::Retract(verdict) => told.retracted.push(verdict),
                Inbox::Bind(..) | Inbox::Retry(_) => continue, // taken up with the work lists
            }
            told.consumed.push(number);
        }
        Ok(told)
    }

    async fn owns(&self, subject: CanonicalId) -> Result<bool> {
        let found = self.load(&BTreeSet::from([subject])).await?;
        let names = |place: &usize| self.entity(*place).map(|entity| &entity.name);
        Ok(found
            .values()
            .any(|binding| self.group.entities.iter().filter_map(names).any(|name| *name == binding.entity)))
    }

    async fn read(&mut self, tally: &mut Tally, ready: &[Ready], told: &Told) -> Result<GroupReading> {
        let mut all = GroupReading::default();
        let known: BTreeMap<StreamKey, _> = {
            let hosts: Vec<StreamKey> = self.group.hosts.iter().cloned().collect();
            self.store.checkpoints(&hosts).await?.into_iter().collect()
        };
        for host in self.group.hosts.clone() {
            let Some(order) = self.order(&host, ready, told) else { continue };
            if tally.is_stopped(&host) {
                continue;
            }
            let connector = match self.engine.connector(&host.system) {
                Ok(connector) => connector.clone(),
                Err(error) => {
                    tally.stop(&host, error);
                    continue;
                }
            };
            let reader = Reader {
                connector: connector.as_ref(),
                store: self.store,
                cx: self.cx,
                observer: self.observer,
                host: host.clone(),
            };
            let hints = told.hints.iter().filter(|hint| hint.at == host).map(|hint| hint.id.clone()).collect();
            match self.read_host(&reader, known.get(&host).cloned().unwrap_or_default(), order, hints).await {
                Ok(reading) => {
                    all.add(&host, reading);
                    self.stay().await?;
                }
                Err(error) if error.kind() == ErrorKind::Store => return Err(error),
                Err(error) => tally.stop(&host, error),
            }
        }
        for sight in &all.sights {
            if let Some(entity) = self.entities_of(&sight.reference.at).first() {
                *tally.report.read.entry(entity.kind).or_default() += 1;
            }
        }
        self.items.extend(std::mem::take(&mut all.items));
        Ok(all)
    }

    /// Keeps the lease for longer, once half of it is over.
    pub(super) async fn stay(&mut self) -> Result<()> {
        let now = self.now();
        let left = self.lease.until.signed_duration_since(now).to_std().unwrap_or_default();
        if left < LEASE / 2 {
            self.lease = self.store.renew(&self.lease, now, LEASE).await?;
        }
        Ok(())
    }

    async fn read_host(
        &self,
        reader: &Reader<'_>,
        known: crate::store::Checkpoint,
        order: Order,
        hints: BTreeSet<Arc<str>>,
    ) -> Result<Reading> {
        let mut reading = reader.read(known, order).await?;
        if !hints.is_empty() {
            // a record that is gone is found missing by the next complete listing, with its proof
            let _gone = reader.look(&hints, &mut reading).await?;
        }
        Ok(reading)
    }

    /// How a host stream is read this time; `None` if no entity reads it.
    fn order(&self, host: &StreamKey, ready: &[Ready], told: &Told) -> Option<Order> {
        let mut order: Option<Order> = None;
        for one in ready {
            let Some(entity) = self.entity(one.place) else { continue };
            if !entity.streams.values().any(|table| table.host == *host && table.role.read) {
                continue;
            }
            let afresh = self.mode == Mode::Adopt || one.state.adopted.is_none();
            let mine = Order {
                afresh,
                every_s: entity.every_s,
                complete_every_s: entity.complete_every_s,
                min_listed_percent: if fault::on(Fault::GuardOff) { 0 } else { entity.guards.min_listed_percent },
                short_is_right: told.approved.short_listings.contains(host),
            };
            order = Some(match order {
                None => mine,
                Some(other) => Order {
                    afresh: other.afresh || mine.afresh,
                    every_s: other.every_s.min(mine.every_s),
                    complete_every_s: other.complete_every_s.min(mine.complete_every_s),
                    min_listed_percent: other.min_listed_percent.max(mine.min_listed_percent),
                    ..mine
                },
            });
        }
        order
    }

    pub(super) fn entities_of(&self, at: &StreamKey) -> Vec<&crate::policy::Entity> {
        let entities = self.group.entities.iter().filter_map(|place| self.entity(*place));
        entities.filter(|entity| entity.streams.contains_key(at)).collect()
    }

    fn plan(&self, decided: &mut [super::run::Decided], locks: &Locks) -> Vec<Op> {
        let mut ops = Vec::new();
        for one in decided {
            if let Some(entity) = self.entity(one.place) {
                ops.extend(operations(entity, &mut one.diffed, locks, self.as_of));
            }
        }
        let facets = self.tables.values().filter(|table| table.key != table.host);
        by_host_record(ops, &facets.map(|table| (table.key.clone(), table.host.clone())).collect())
    }

    /// Whether the plan may be carried out; else it is shown, or stored until a person approves.
    async fn passes(&self, tally: &mut Tally, ops: &[Op], reading: &GroupReading, told: &Told) -> Result<bool> {
        let plan = Plan { ops: ops.to_vec(), tripped: Vec::new() };
        self.observer.planned(ops.len());
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
            tally.report.plan.ops.extend(plan.ops);
            tally.report.plan.tripped.extend(found);
            tally.report.held.clear();
            return Ok(false);
        }
        if self.mode == Mode::Sync && !found.is_empty() {
            let id = self.stage(counted, ops).await?;
            tally.report.tripped.insert(id, found);
        }
        Ok(!blocked)
    }

    fn guards(&self) -> BTreeMap<StreamKey, Guards> {
        let mut guards: BTreeMap<StreamKey, Guards> = BTreeMap::new();
        for place in &self.group.entities {
            let Some(entity) = self.entity(*place) else { continue };
            for table in entity.streams.values() {
                guards.entry(table.host.clone()).or_insert(entity.guards);
            }
        }
        guards
    }

    async fn stage_adoption(&self, tally: &mut Tally, ops: Vec<Op>) -> Result<()> {
        let plan = Plan { ops, tripped: Vec::new() };
        if !plan.ops.is_empty() {
            let id = self.stage(plan.counted(), &plan.ops).await?;
            tally.report.adopted.push(id);
        }
        tally.report.plan.ops.extend(plan.ops);
        Ok(())
    }

    /// Stores a plan until a person approves what it counted.
    async fn stage(&self, counted: Approval, ops: &[Op]) -> Result<String> {
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

fn merge(into: &mut Approval, more: Approval) {
    into.creates.extend(more.creates);
    into.changes.extend(more.changes);
    into.removals.extend(more.removals);
    into.short_listings.extend(more.short_listings);
}

/// What all host streams of a group gave.
#[derive(Debug, Default)]
pub(super) struct GroupReading {
    pub(super) sights: Vec<Sight>,
    pub(super) items: BTreeMap<ExternalRef, (crate::connector::Item, DateTime<Utc>)>,
    pub(super) indexed: Vec<crate::store::Indexed>,
    pub(super) parked: Vec<crate::store::Parked>,
    pub(super) unparked: Vec<String>,
    pub(super) absent: Vec<ExternalRef>,
    pub(super) checkpoints: Vec<(StreamKey, crate::store::Checkpoint)>,
    pub(super) short: BTreeMap<StreamKey, (u64, u64)>,
}

impl GroupReading {
    fn add(&mut self, host: &StreamKey, reading: Reading) {
        self.sights.extend(reading.sights);
        self.items.extend(reading.items);
        self.indexed.extend(reading.indexed);
        self.parked.extend(reading.parked);
        self.unparked.extend(reading.unparked);
        self.absent.extend(reading.absent);
        self.checkpoints.extend(reading.checkpoint.map(|checkpoint| (host.clone(), checkpoint)));
        self.short.extend(reading.short.map(|short| (host.clone(), short)));
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
