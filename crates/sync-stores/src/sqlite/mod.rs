//! The state in one SQLite file.

mod bindings;
mod fault;
mod forget;
mod lease;
mod open;
mod read;
mod rows;
#[cfg(test)]
mod tests;
mod thread;
mod write;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use sync_core::{
    CanonicalId, EntityName, ExternalRef, Fingerprint, Result, StreamKey, SystemId,
    connector::Tenant,
    store::{
        Binding, Checkpoint, Commit, Committed, EffectKey, EntityState, FORMAT, Held, Identity, InboxEntry, Intent,
        Journal, Lease, MatchKey, Parked, Snapshot, Staged, StateStore, Verdict, Waiting,
    },
};
use uuid::Uuid;

use fault::Failure;
use thread::Worker;

/// The state of one tenant in one file, made readable for its owner alone.
///
/// It needs no async runtime: one thread of its own does the blocking work, and any executor can wait for it. Clones
/// share the connection; the last one that is dropped waits for the work under way and closes the file. Several
/// processes may have the file open: a writer waits up to five seconds for another.
#[derive(Clone, Debug)]
pub struct SqliteStore(Arc<Worker>);

impl SqliteStore {
    /// Opens the file, or makes it with `id_if_new` as the store's id, which has to differ between stores. Older
    /// formats are brought to the present one.
    ///
    /// # Errors
    /// `Store` if the file cannot be opened, is no state file, or was written by a newer release.
    pub async fn open(path: impl Into<PathBuf>, id_if_new: Uuid) -> Result<Self> {
        let worker = Worker::start(path.into(), move |path| open::file(path, id_if_new)).await?;
        Ok(Self(Arc::new(worker)))
    }
    /// A store that lasts as long as its last clone.
    ///
    /// # Errors
    /// `Store` if there is no memory for it.
    pub async fn open_in_memory(id: Uuid) -> Result<Self> {
        let worker = Worker::start(PathBuf::from(":memory:"), move |_| Ok((open::memory(id)?, None))).await?;
        Ok(Self(Arc::new(worker)))
    }

    async fn read<T: Send + 'static>(
        &self,
        operation: &'static str,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        self.0.call(operation, move |connection| within(connection, TransactionBehavior::Deferred, read)).await
    }
    async fn write<T: Send + 'static>(
        &self,
        operation: &'static str,
        write: impl FnOnce(&Transaction<'_>) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T> {
        self.0.call(operation, move |connection| within(connection, TransactionBehavior::Immediate, write)).await
    }
}

fn within<T>(
    connection: &mut Connection,
    behavior: TransactionBehavior,
    act: impl FnOnce(&Transaction<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let transaction = connection.transaction_with_behavior(behavior)?;
    let done = act(&transaction)?; // an error rolls back
    transaction.commit()?;
    Ok(done)
}

#[async_trait]
impl StateStore for SqliteStore {
    async fn identity(&self) -> Result<Identity> {
        let id = self.read("identity", open::identity).await?;
        Ok(Identity { id, format: FORMAT })
    }

    async fn bindings(&self, ids: &[CanonicalId]) -> Result<Vec<Binding>> {
        let ids = ids.to_vec();
        self.read("bindings", move |tx| read::bindings(tx, &ids)).await
    }
    async fn bound(&self, references: &[ExternalRef]) -> Result<Vec<(ExternalRef, CanonicalId)>> {
        let references = references.to_vec();
        self.read("bound", move |tx| read::bound(tx, &references)).await
    }
    async fn keyed(&self, keys: &[MatchKey]) -> Result<Vec<(MatchKey, CanonicalId)>> {
        let keys = keys.to_vec();
        self.read("keyed", move |tx| read::keyed(tx, &keys)).await
    }
    async fn numbered(&self, number: &str) -> Result<Vec<CanonicalId>> {
        let number = number.to_owned();
        self.read("numbered", move |tx| read::numbered(tx, &number)).await
    }
    async fn names(&self, ids: &[CanonicalId]) -> Result<Vec<(CanonicalId, ExternalRef)>> {
        let ids = ids.to_vec();
        self.read("names", move |tx| read::names(tx, &ids)).await
    }
    async fn keys(&self, ids: &[CanonicalId]) -> Result<Vec<(CanonicalId, MatchKey)>> {
        let ids = ids.to_vec();
        self.read("keys", move |tx| read::keys(tx, &ids)).await
    }
    async fn scan(&self, entity: &EntityName, after: Option<CanonicalId>, limit: usize) -> Result<Vec<CanonicalId>> {
        let entity = entity.clone();
        self.read("scan", move |tx| read::scan(tx, &entity, after, limit)).await
    }
    async fn counts(&self, streams: &[StreamKey]) -> Result<Vec<u64>> {
        let streams = streams.to_vec();
        self.read("counts", move |tx| read::counts(tx, &streams)).await
    }
    async fn due(&self, entity: &EntityName, now: DateTime<Utc>, limit: usize) -> Result<Vec<CanonicalId>> {
        let entity = entity.clone();
        self.read("due", move |tx| read::due(tx, &entity, now, limit)).await
    }
    async fn index(&self, host: &StreamKey, after: Option<u64>, limit: usize) -> Result<Vec<(u64, Fingerprint)>> {
        let host = host.clone();
        self.read("index", move |tx| read::index(tx, &host, after, limit)).await
    }
    async fn index_refs(&self, host: &StreamKey, keys: &[u64]) -> Result<Vec<ExternalRef>> {
        let (host, keys) = (host.clone(), keys.to_vec());
        self.read("index_refs", move |tx| read::index_refs(tx, &host, &keys)).await
    }

    async fn checkpoints(&self, hosts: &[StreamKey]) -> Result<Vec<(StreamKey, Checkpoint)>> {
        let hosts = hosts.to_vec();
        self.read("checkpoints", move |tx| read::named(tx, "checkpoints", &hosts)).await
    }
    async fn entities(&self, names: &[EntityName]) -> Result<Vec<(EntityName, EntityState)>> {
        let names = names.to_vec();
        self.read("entities", move |tx| read::named(tx, "entities", &names)).await
    }
    async fn tenants(&self, systems: &[SystemId]) -> Result<Vec<(SystemId, Tenant)>> {
        let systems = systems.to_vec();
        self.read("tenants", move |tx| read::named(tx, "tenants", &systems)).await
    }
    async fn snapshot(&self, system: &SystemId) -> Result<Option<Snapshot>> {
        let system = system.clone();
        let sql = "SELECT body FROM snapshots WHERE name = ?1";
        self.read("snapshot", move |tx| read::one(tx, sql, system.as_str())).await
    }

    async fn intents(&self, group: &str) -> Result<Vec<Intent>> {
        let group = group.to_owned();
        self.read("intents", move |tx| read::intents(tx, &group)).await
    }
    async fn effects_used(&self, keys: &[EffectKey]) -> Result<Vec<EffectKey>> {
        let keys = keys.to_vec();
        self.read("effects_used", move |tx| read::effects_used(tx, &keys)).await
    }
    async fn held(&self, of: Option<&[CanonicalId]>) -> Result<Vec<Held>> {
        let of = of.map(<[_]>::to_vec);
        self.read("held", move |tx| read::held(tx, of.as_deref())).await
    }
    async fn parked(&self, keys: Option<&[String]>) -> Result<Vec<Parked>> {
        let keys = keys.map(<[_]>::to_vec);
        self.read("parked", move |tx| read::parked(tx, keys.as_deref())).await
    }
    async fn waiting(&self, on: &[String]) -> Result<Vec<Waiting>> {
        let on = on.to_vec();
        self.read("waiting", move |tx| read::waiting(tx, &on)).await
    }
    async fn inbox(&self) -> Result<Vec<(u64, InboxEntry)>> {
        self.read("inbox", read::inbox).await
    }
    async fn verdicts(&self, of: &[ExternalRef]) -> Result<Vec<Verdict>> {
        let of = of.to_vec();
        self.read("verdicts", move |tx| read::verdicts(tx, &of)).await
    }
    async fn staged(&self, id: Option<&str>) -> Result<Vec<Staged>> {
        let id = id.map(str::to_owned);
        self.read("staged", move |tx| read::staged(tx, id.as_deref())).await
    }
    async fn journal(&self, of: &[CanonicalId], limit: usize) -> Result<Vec<Journal>> {
        let of = of.to_vec();
        self.read("journal", move |tx| read::journal(tx, &of, limit)).await
    }

    async fn intend(&self, lease: &Lease, intents: &[Intent]) -> Result<()> {
        let (lease, intents) = (lease.clone(), intents.to_vec());
        self.write("intend", move |tx| write::intend(tx, &lease, &intents)).await
    }
    async fn spill(&self, lease: &Lease, rows: Vec<(u64, String)>) -> Result<()> {
        let lease = lease.clone();
        self.write("spill", move |tx| lease::spill(tx, &lease, rows)).await
    }
    async fn spilled(&self, lease: &Lease, numbers: &[u64]) -> Result<Vec<String>> {
        let (name, numbers) = (lease.name.clone(), numbers.to_vec());
        self.read("spilled", move |tx| read::spilled(tx, &name, &numbers)).await
    }
    async fn commit(&self, lease: &Lease, commit: Commit) -> Result<Committed> {
        let lease = lease.clone();
        self.write("commit", move |tx| write::commit(tx, &lease, commit)).await
    }
    async fn post(&self, entries: &[InboxEntry]) -> Result<()> {
        let entries = entries.to_vec();
        self.write("post", move |tx| write::post(tx, &entries)).await
    }
    async fn forget(&self, id: CanonicalId, now: DateTime<Utc>) -> Result<()> {
        let forget = move |connection: &mut Connection| {
            within(connection, TransactionBehavior::Immediate, |tx| forget::forget(tx, id, now))?;
            forget::empty_log(connection)
        };
        self.0.call("forget", forget).await
    }
    async fn forgotten(&self, references: &[ExternalRef]) -> Result<Vec<ExternalRef>> {
        let references = references.to_vec();
        self.read("forgotten", move |tx| read::forgotten(tx, &references)).await
    }

    async fn acquire(&self, name: &str, now: DateTime<Utc>, ttl: Duration) -> Result<Option<Lease>> {
        let name = name.to_owned();
        self.write("acquire", move |tx| lease::acquire(tx, &name, now, ttl)).await
    }
    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, ttl: Duration) -> Result<Lease> {
        let lease = lease.clone();
        self.write("renew", move |tx| lease::renew(tx, &lease, now, ttl)).await
    }
    async fn release(&self, lease: Lease) -> Result<()> {
        self.write("release", move |tx| lease::release(tx, &lease)).await
    }
}
