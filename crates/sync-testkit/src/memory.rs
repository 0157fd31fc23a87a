//! A state store in memory: the model that other stores are compared with, and the one that simulations run on.
//!
//! A [`MemoryStore`] is a handle; its clones share one state, so a clone given to a new engine is a restart on the same
//! store. [`MemoryStore::image`] and [`MemoryStore::restore`] go back to an earlier moment at the price of a pointer.
//! [`MemoryStore::on_step`] makes single calls fail, before or after they took effect.

mod forget;
mod query;
mod state;
mod write;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, EntityName, Error, ErrorKind, ExternalRef, Fingerprint, Result, StreamKey, SystemId,
    connector::Tenant,
    store::{
        Binding, Checkpoint, Commit, Committed, EffectKey, EntityState, FORMAT, Held, Identity, InboxEntry, Intent,
        Journal, Lease, MatchKey, Parked, Snapshot, Staged, StateStore, Verdict, Waiting,
    },
};
use uuid::Uuid;

use state::State;

/// One call to a store, as [`MemoryStore::on_step`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The method's name: `commit`.
    pub call: &'static str,
    /// Whether it may change anything.
    pub writes: bool,
    /// How many calls came before it since the hook was set.
    pub nth: u64,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It goes on.
    #[default]
    Proceed,
    /// It takes no effect, and the caller sees an error.
    FailBefore,
    /// It takes effect, and the caller sees an error.
    FailAfter,
    /// It takes no effect, and never answers: whoever waits is to be dropped, as if the process had died.
    HangBefore,
    /// It takes effect, and never answers.
    HangAfter,
}

type Hook = Arc<dyn Fn(Step) -> Outcome + Send + Sync>;

#[derive(Default)]
struct Shared {
    state: Arc<State>,
    hook: Option<Hook>,
    steps: u64,
}

/// A state store in memory. Clones share their state.
#[derive(Clone)]
pub struct MemoryStore(Arc<Mutex<Shared>>);

/// The state of a [`MemoryStore`] at one moment.
#[derive(Clone)]
pub struct Image(Arc<State>);

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryStore({})", self.lock().state.id)
    }
}
impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({})", self.0.id)
    }
}
/// Equal content: what a test wants to know of a crashed store.
impl PartialEq for Image {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}
impl Default for MemoryStore {
    fn default() -> Self {
        Self::new(Uuid::from_u128(1))
    }
}

impl MemoryStore {
    /// An empty store with this id.
    pub fn new(id: Uuid) -> Self {
        let state = Arc::new(State { id, ..State::default() });
        Self(Arc::new(Mutex::new(Shared { state, hook: None, steps: 0 })))
    }
    /// The present state.
    pub fn image(&self) -> Image {
        Image(self.lock().state.clone())
    }
    /// Goes back to an earlier state, for all handles.
    pub fn restore(&self, image: &Image) {
        self.lock().state = image.0.clone();
    }
    /// Asks `hook` before each call, of all handles, what is to become of it. The hook may use the store's images.
    pub fn on_step(&self, hook: impl Fn(Step) -> Outcome + Send + Sync + 'static) {
        let mut shared = self.lock();
        shared.hook = Some(Arc::new(hook));
        shared.steps = 0;
    }
    /// Takes the hook of [`MemoryStore::on_step`] away.
    pub fn undisturbed(&self) {
        self.lock().hook = None;
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn read<T>(&self, call: &'static str, read: impl FnOnce(&State) -> T + Send) -> Result<T> {
        self.step(call, false, |state| Ok(read(state))).await
    }
    async fn write<T>(&self, call: &'static str, write: impl FnOnce(&mut Arc<State>) -> Result<T> + Send) -> Result<T> {
        self.step(call, true, write).await
    }
    async fn step<T>(
        &self,
        call: &'static str,
        writes: bool,
        act: impl FnOnce(&mut Arc<State>) -> Result<T> + Send,
    ) -> Result<T> {
        let outcome = self.outcome(call, writes);
        match outcome {
            Outcome::Proceed => act(&mut self.lock().state),
            Outcome::FailBefore => Err(broken(call)),
            Outcome::FailAfter => {
                let _done = act(&mut self.lock().state);
                Err(broken(call))
            }
            Outcome::HangBefore => std::future::pending().await,
            Outcome::HangAfter => {
                let _done = act(&mut self.lock().state).is_ok();
                std::future::pending().await
            }
        }
    }
    fn outcome(&self, call: &'static str, writes: bool) -> Outcome {
        let (hook, nth) = {
            let mut shared = self.lock();
            let Some(hook) = shared.hook.clone() else { return Outcome::Proceed };
            let nth = shared.steps;
            shared.steps += 1;
            (hook, nth)
        };
        hook(Step { call, writes, nth })
    }
}

fn broken(call: &'static str) -> Error {
    Error::new(ErrorKind::Store, call, "the store failed on purpose").with_detail("on_step of the memory store")
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn identity(&self) -> Result<Identity> {
        self.read("identity", |s| Identity { id: s.id, format: FORMAT }).await
    }

    async fn bindings(&self, ids: &[CanonicalId]) -> Result<Vec<Binding>> {
        self.read("bindings", |s| s.bindings(ids)).await
    }
    async fn bound(&self, references: &[ExternalRef]) -> Result<Vec<(ExternalRef, CanonicalId)>> {
        self.read("bound", |s| s.bound(references)).await
    }
    async fn keyed(&self, keys: &[MatchKey]) -> Result<Vec<(MatchKey, CanonicalId)>> {
        self.read("keyed", |s| s.keyed(keys)).await
    }
    async fn numbered(&self, number: &str) -> Result<Vec<CanonicalId>> {
        self.read("numbered", |s| s.numbered(number)).await
    }
    async fn names(&self, ids: &[CanonicalId]) -> Result<Vec<(CanonicalId, ExternalRef)>> {
        self.read("names", |s| s.names(ids)).await
    }
    async fn keys(&self, ids: &[CanonicalId]) -> Result<Vec<(CanonicalId, MatchKey)>> {
        self.read("keys", |s| s.keys(ids)).await
    }
    async fn scan(&self, entity: &EntityName, after: Option<CanonicalId>, limit: usize) -> Result<Vec<CanonicalId>> {
        self.read("scan", |s| s.scan(entity, after, limit)).await
    }
    async fn counts(&self, streams: &[StreamKey]) -> Result<Vec<u64>> {
        self.read("counts", |s| s.counts(streams)).await
    }
    async fn due(&self, entity: &EntityName, now: DateTime<Utc>, limit: usize) -> Result<Vec<CanonicalId>> {
        self.read("due", |s| s.due(entity, now, limit)).await
    }
    async fn index(&self, host: &StreamKey, after: Option<u64>, limit: usize) -> Result<Vec<(u64, Fingerprint)>> {
        self.read("index", |s| s.index(host, after, limit)).await
    }
    async fn index_refs(&self, host: &StreamKey, keys: &[u64]) -> Result<Vec<ExternalRef>> {
        self.read("index_refs", |s| s.index_refs(host, keys)).await
    }

    async fn checkpoints(&self, hosts: &[StreamKey]) -> Result<Vec<(StreamKey, Checkpoint)>> {
        self.read("checkpoints", |s| query::rows(&s.checkpoints, hosts)).await
    }
    async fn entities(&self, names: &[EntityName]) -> Result<Vec<(EntityName, EntityState)>> {
        self.read("entities", |s| query::rows(&s.entities, names)).await
    }
    async fn tenants(&self, systems: &[SystemId]) -> Result<Vec<(SystemId, Tenant)>> {
        self.read("tenants", |s| query::rows(&s.tenants, systems)).await
    }
    async fn snapshot(&self, system: &SystemId) -> Result<Option<Snapshot>> {
        self.read("snapshot", |s| s.snapshots.get(system).map(|snapshot| Snapshot::clone(snapshot))).await
    }

    async fn intents(&self, group: &str) -> Result<Vec<Intent>> {
        self.read("intents", |s| s.intents(group)).await
    }
    async fn effects_used(&self, keys: &[EffectKey]) -> Result<Vec<EffectKey>> {
        self.read("effects_used", |s| s.effects_used(keys)).await
    }
    async fn held(&self, of: Option<&[CanonicalId]>) -> Result<Vec<Held>> {
        self.read("held", |s| s.held(of)).await
    }
    async fn parked(&self, keys: Option<&[String]>) -> Result<Vec<Parked>> {
        self.read("parked", |s| s.parked(keys)).await
    }
    async fn waiting(&self, on: &[String]) -> Result<Vec<Waiting>> {
        self.read("waiting", |s| s.waiting(on)).await
    }
    async fn inbox(&self) -> Result<Vec<(u64, InboxEntry)>> {
        self.read("inbox", |s| s.inbox.iter().map(|(id, entry)| (*id, InboxEntry::clone(entry))).collect()).await
    }
    async fn verdicts(&self, of: &[ExternalRef]) -> Result<Vec<Verdict>> {
        self.read("verdicts", |s| s.verdicts(of)).await
    }
    async fn staged(&self, id: Option<&str>) -> Result<Vec<Staged>> {
        let fits = |staged: &&Arc<Staged>| id.is_none_or(|id| staged.id == id);
        self.read("staged", |s| s.staged.values().filter(fits).map(|staged| Staged::clone(staged)).collect()).await
    }
    async fn journal(&self, of: &[CanonicalId], limit: usize) -> Result<Vec<Journal>> {
        self.read("journal", |s| s.journal(of, limit)).await
    }

    async fn intend(&self, lease: &Lease, intents: &[Intent]) -> Result<()> {
        self.write("intend", |s| State::intend(s, lease, intents)).await
    }
    async fn spill(&self, lease: &Lease, rows: Vec<(u64, String)>) -> Result<()> {
        self.write("spill", |s| State::spill(s, lease, rows)).await
    }
    async fn spilled(&self, lease: &Lease, numbers: &[u64]) -> Result<Vec<String>> {
        self.read("spilled", |s| s.spilled(&lease.name, numbers)).await
    }
    async fn commit(&self, lease: &Lease, commit: Commit) -> Result<Committed> {
        self.write("commit", |s| State::commit(s, lease, commit)).await
    }
    async fn post(&self, entries: &[InboxEntry]) -> Result<()> {
        self.write("post", |s| {
            Arc::make_mut(s).post(entries);
            Ok(())
        })
        .await
    }
    async fn forget(&self, id: CanonicalId, now: DateTime<Utc>) -> Result<()> {
        self.write("forget", |s| State::forget(s, id, now)).await
    }
    async fn forgotten(&self, references: &[ExternalRef]) -> Result<Vec<ExternalRef>> {
        self.read("forgotten", |s| s.forgotten(references)).await
    }

    async fn acquire(&self, name: &str, now: DateTime<Utc>, ttl: Duration) -> Result<Option<Lease>> {
        self.write("acquire", |s| Ok(Arc::make_mut(s).acquire(name, now, ttl))).await
    }
    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, ttl: Duration) -> Result<Lease> {
        self.write("renew", |s| Arc::make_mut(s).renew(lease, now, ttl)).await
    }
    async fn release(&self, lease: Lease) -> Result<()> {
        self.write("release", |s| {
            Arc::make_mut(s).release(&lease);
            Ok(())
        })
        .await
    }
}
