//! What all phases of one group's run share.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::AtomicU64,
};

use chrono::{DateTime, Utc};

use super::{
    Engine, Group,
    batches::{carried, part_of},
    diff::Correction,
    planning::is_short,
    recognise::{MARK, keys},
    report::{Cancel, Mode, Observer, Report},
    stock::Figures,
    subject::Links,
};
use crate::{
    campaign,
    capability::Shows,
    connector::Item,
    context::Context,
    document::{mark::mark, rollup},
    error::{Disposition, Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    mapping::Problems,
    policy::{Entity, OnRemove, StreamTable},
    stock,
    store::{
        Allowed, Binding, BoundSide, Held, Indexed, Intent, Journal, Lease, MatchKey, Parked, SideState, StateStore,
        Waiting,
    },
    value::{FieldMap, FieldPath},
};

/// The fixed part: who runs what, under which lease.
pub(super) struct Work<'a> {
    pub(super) engine: &'a Engine,
    pub(super) store: &'a dyn StateStore,
    pub(super) cx: &'a Context,
    pub(super) observer: &'a dyn Observer,
    pub(super) cancel: &'a Cancel,
    pub(super) mode: Mode,
    pub(super) group: &'a Group,
    pub(super) lease: Lease,
    pub(super) as_of: DateTime<Utc>,
    pub(super) tables: BTreeMap<StreamKey, &'a StreamTable>,
    /// Who external references belong to; grows while the run goes on.
    pub(super) links: Links,
    /// How many texts were put aside.
    pub(super) aside: AtomicU64,
    /// Wire records that were read in this run, of the batch that is being decided.
    pub(super) items: BTreeMap<ExternalRef, (Item, DateTime<Utc>)>,
    /// Bindings as this run decided them, of the same batch, by id.
    pub(super) bindings: BTreeMap<CanonicalId, Binding>,
    /// Records whose next sight must be decoded: a complete listing did not name them.
    pub(super) unseen: Vec<Indexed>,
    /// Records that a mapper or a hook cannot read.
    pub(super) unreadable: Vec<Parked>,
    /// How many records this run was to make in each host stream.
    pub(super) made: BTreeMap<StreamKey, u64>,
    /// Host streams whose listing was so small that its gaps are not believed.
    pub(super) disbelieved: BTreeSet<StreamKey>,
    /// Host records that are proven to be gone.
    pub(super) gone: Vec<ExternalRef>,
    /// Creates that may have been made, as they stood when the run began.
    pub(super) creates: Vec<Intent>,
    /// Who waits for whom.
    pub(super) waiting: Vec<Waiting>,
    /// Fields that others wait for, and that are new since.
    pub(super) moved_gates: BTreeSet<String>,
    /// Records that an open intent may have made, several of them for one.
    pub(super) contested: BTreeSet<ExternalRef>,
    /// Orders that go to a system as orders, though others of their rule set become invoices.
    pub(super) as_orders: BTreeMap<CanonicalId, BTreeSet<StreamKey>>,
    /// What documents say of other records for one system, until the next pass.
    pub(super) corrections: BTreeMap<CanonicalId, Correction>,
    /// Records that take a further step in the next pass.
    pub(super) further: BTreeSet<CanonicalId>,
    /// How far the numbers were read that stock is counted from.
    pub(super) figures: Figures,
}

/// The moving part: what came of it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) report: Report,
    /// What is held of each record that this run looked at.
    pub(super) held: BTreeMap<CanonicalId, Vec<Held>>,
    /// Records that were written since this was looked at last.
    pub(super) wrote: BTreeSet<CanonicalId>,
    /// What is held since an intent of it is open.
    pub(super) unclear: BTreeMap<CanonicalId, Vec<Held>>,
    pub(super) stopped: BTreeSet<SystemId>,
    pub(super) stopped_streams: BTreeSet<StreamKey>,
}

impl Tally {
    /// For what is only tried out.
    pub(super) fn aside(&self) -> Self {
        let (stopped, streams) = (self.stopped.clone(), self.stopped_streams.clone());
        Self { stopped, stopped_streams: streams, unclear: self.unclear.clone(), ..Self::default() }
    }
    pub(super) fn is_stopped(&self, host: &StreamKey) -> bool {
        self.stopped.contains(&host.system) || self.stopped_streams.contains(host)
    }
    /// A stream, or its whole system, takes no further part in this run.
    pub(super) fn stop(&mut self, host: &StreamKey, error: Error) {
        // a right or a module that one stream lacks says nothing of the others
        if error.disposition() == Disposition::StopSystem && error.kind() != ErrorKind::Permission {
            self.stopped.insert(host.system.clone());
            self.report.stopped_systems.entry(host.system.clone()).or_insert(error);
        } else {
            self.stopped_streams.insert(host.clone());
            self.report.stopped.push((host.clone(), error));
        }
    }
}

impl<'a> Work<'a> {
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.engine.now()
    }
    pub(super) fn table(&self, at: &StreamKey) -> Option<&'a StreamTable> {
        self.tables.get(at).copied()
    }
    pub(super) fn entity(&self, place: usize) -> Option<&'a Entity> {
        self.engine.policy.entities.get(place)
    }
    pub(super) fn journal(&self, subject: CanonicalId, event: crate::store::Event) -> Journal {
        Journal { at: self.now(), run: self.cx.run.to_string(), subject, event }
    }
    /// Learns who references belong to.
    pub(super) async fn resolve(&mut self, references: impl IntoIterator<Item = ExternalRef>) -> Result<()> {
        let unknown: BTreeSet<ExternalRef> =
            references.into_iter().filter(|reference| !self.links.0.contains_key(reference)).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let unknown: Vec<ExternalRef> = unknown.into_iter().collect();
        self.links.0.extend(self.store.bound(&unknown).await?);
        Ok(())
    }
    /// Bindings as this run knows them: those that it decided, else as stored.
    pub(super) async fn load(&self, ids: &BTreeSet<CanonicalId>) -> Result<BTreeMap<CanonicalId, Binding>> {
        let mut known: BTreeMap<CanonicalId, Binding> =
            ids.iter().filter_map(|id| self.bindings.get(id).map(|binding| (*id, binding.clone()))).collect();
        let missing: Vec<CanonicalId> = ids.iter().filter(|id| !known.contains_key(id)).copied().collect();
        if !missing.is_empty() {
            known.extend(self.store.bindings(&missing).await?.into_iter().map(|binding| (binding.id, binding)));
        }
        Ok(known)
    }
}

/// Brings up to date what is derived from a binding: its keys, its numbers, and when it wants to be looked at. Tells
/// whether anything of that is new.
pub(super) fn derive(entity: &Entity, binding: &mut Binding, links: &Links, now: DateTime<Utc>) -> bool {
    let mut all: BTreeSet<MatchKey> = keys(entity, &binding.agreed, None).into_iter().collect();
    let mut numbers: BTreeSet<String> = BTreeSet::new();
    let number = FieldPath::from_static("number");
    let mut note = |fields: &FieldMap| numbers.extend(fields.text(number).map(str::to_owned));
    note(&binding.agreed);
    for (key, side) in binding.sides.iter().filter(|(_, side)| side.state != SideState::Removed) {
        let Some(table) = entity.streams.get(key) else { continue };
        let mut shown = side.shadow.clone();
        shown.overlay(&side.pending);
        if let Ok(ours) = table.inbound(&shown, &mut Problems::default()) {
            note(&ours);
            all.extend(keys(entity, &links.canonical(&ours), None));
        }
    }
    all.extend(rollup::keys(binding));
    if let Some(mark) = mark(entity, binding) {
        all.insert(MatchKey { entity: entity.name.clone(), rule: MARK.to_owned(), key: mark });
    }
    let taken_at = binding.taken_at;
    stock::note(entity, binding, now);
    all.extend(stock::keys(entity, binding));
    all.extend(campaign::own_key(entity, binding));
    all.extend(part_of(entity, binding));
    all.extend(carried(entity, binding));
    if !binding.is_live() {
        all.clear();
    }
    let mut news = taken_at != binding.taken_at || all != binding.keys;
    binding.keys = all;
    for number in numbers {
        news |= binding.numbers.insert(number);
    }
    let wake_at = wake_at(entity, binding, now);
    news |= binding.wake_at != wake_at;
    binding.wake_at = wake_at;
    news
}

fn wake_at(entity: &Entity, binding: &Binding, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if !binding.is_live() || fault::on(Fault::LaggingIsNoWork) {
        return None;
    }
    let short = |key: &StreamKey, side: &BoundSide| {
        entity.streams.get(key).is_some_and(|table| is_short(entity, table, binding, side))
    };
    let lagging = binding
        .sides
        .iter()
        .filter(|(key, side)| {
            let takes = entity.streams.get(key).is_some_and(|table| table.cap.shows != Shows::Snapshot);
            let work = !side.lagging.is_empty() || short(key, side);
            takes && work && !side.frozen && side.state != SideState::Removed
        })
        .map(|(_, side)| side.not_before.unwrap_or(now))
        .min();
    let master = entity.master_of(&binding.origin);
    let removes = matches!(entity.on_remove, OnRemove::Archive | OnRemove::Propagate);
    let removing = (removes || binding.allowed.contains(&Allowed::Remove))
        && binding.sides.iter().any(|(key, side)| {
            side.state == SideState::Removed && (key.system == *master || binding.allowed.contains(&Allowed::Remove))
        })
        && binding.sides.values().any(|side| side.state != SideState::Removed && side.id.is_some());
    let removing = removing.then(|| binding.sides.values().filter_map(|side| side.not_before).min().unwrap_or(now));
    let ambiguous = binding.ambiguous.then_some(now);
    // removed everywhere: it ends, or somebody is asked
    let over = !binding.sides.is_empty() && binding.sides.values().all(|side| side.state == SideState::Removed);
    let over = over.then_some(now);
    let counted = stock::is_open(entity, binding).then_some(now);
    [lagging, removing, ambiguous, over, counted, campaign::next(entity, binding, now)].into_iter().flatten().min()
}
