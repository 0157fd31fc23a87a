//! What is remembered between runs, and the contract of the place that keeps it.
//!
//! Every method takes and returns slices: a batch of subjects is one call. [`Commit`] takes all changes of one moment
//! and is atomic. Rules that every store keeps, and that `store_suite!` checks:
//!
//! * `commit` is all or nothing, and durable when it returns. A stale revision makes it do nothing and name the stale
//!   bindings; a lease that was taken over makes it fail.
//! * One external reference belongs to at most one living binding.
//! * `intend` is durable when it returns.
//! * A reader sees the state before a commit or after it, nothing between.
//! * People's entries in the inbox need no lease.
//! * Lists come in order of their keys, each row once however often it was asked for, where a method does not say
//!   otherwise.

mod binding;
mod forget;
mod inbox;
mod lists;

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use binding::{Allowed, Binding, BoundSide, MatchKey, Repeats, SideState};
pub use forget::forgotten_hash;
pub use inbox::{Inbox, InboxEntry, Verdict};
pub use lists::{
    Approval, Checkpoint, EffectKey, EntityState, Event, Held, HeldWhy, Indexed, Intent, Journal, Parked, Share,
    Snapshot, Staged, Waiting,
};

use crate::{
    connector::Tenant,
    error::Result,
    id::{CanonicalId, EntityName, ExternalRef, StreamKey, SystemId},
    value::Fingerprint,
};

/// The format of stored data that this release writes.
pub const FORMAT: u32 = 1;

/// Which store this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Made when the store was; canonical ids are derived from it.
    pub id: Uuid,
    /// The format of its data.
    pub format: u32,
}

/// The right to write for a while. `token` grows with every acquire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// What it covers: a lease group of a policy.
    pub name: String,
    /// A commit under an older one is refused.
    pub token: u64,
    /// When it runs out by itself.
    pub until: DateTime<Utc>,
}

/// All changes of one moment. What a commit names both to drop and to keep is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    /// Each with the revision that it was read at (0 if new); kept with the next one. Each id once.
    pub bindings: Vec<Binding>,
    /// Hashes of host records as they were listed; replaces what was known of each.
    pub indexed: Vec<Indexed>,
    /// Host records that are gone from listings for good.
    pub unindexed: Vec<ExternalRef>,
    /// How far each host stream was read.
    pub checkpoints: Vec<(StreamKey, Checkpoint)>,
    /// What each entity was last run with.
    pub entities: Vec<(EntityName, EntityState)>,
    /// Whom each system turned out to be.
    pub tenants: Vec<(SystemId, Tenant)>,
    /// What each system told of its own lists and fields.
    pub snapshots: Vec<(SystemId, Snapshot)>,
    /// Intents that are new, or were looked for once more. By key.
    pub intents: Vec<Intent>,
    /// Keys of intents whose outcome this commit records. Their effect keys stay used for ever.
    pub finished: Vec<String>,
    /// Effect keys of writes that were certainly not made: they may be used after all.
    pub released: Vec<EffectKey>,
    /// For each subject named: all that is held of it now.
    pub held: Vec<(CanonicalId, Vec<Held>)>,
    /// Records set aside; replaces what was there under the same key.
    pub parked: Vec<Parked>,
    /// Keys of records that are no longer set aside.
    pub unparked: Vec<String>,
    /// Records that wait for others; replaces what was there for the same reference.
    pub waiting: Vec<Waiting>,
    /// References that no longer wait.
    pub unwaiting: Vec<ExternalRef>,
    /// Ids of inbox entries that were taken into account.
    pub consumed: Vec<u64>,
    /// What people said for good.
    pub verdicts: Vec<Verdict>,
    /// What they took back.
    pub retracted: Vec<Verdict>,
    /// Plans that wait for approval; replaces what was there under the same id.
    pub staged: Vec<Staged>,
    /// Ids of staged plans that were used or are out of date.
    pub unstaged: Vec<String>,
    /// What happened.
    pub journal: Vec<Journal>,
}

/// What became of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Committed {
    /// All of it is stored.
    Done,
    /// Nothing is stored: these bindings moved since they were read.
    Stale(Vec<CanonicalId>),
}

/// Where the engine keeps its memory.
#[async_trait]
pub trait StateStore: std::fmt::Debug + Send + Sync + 'static {
    /// Which store this is.
    async fn identity(&self) -> Result<Identity>;

    /// Bindings by id; unknown ids are left out.
    async fn bindings(&self, ids: &[CanonicalId]) -> Result<Vec<Binding>>;
    /// Which living bindings the references belong to, as primary id or alias; unknown ones are left out.
    async fn bound(&self, references: &[ExternalRef]) -> Result<Vec<(ExternalRef, CanonicalId)>>;
    /// Living bindings that share a match key.
    async fn keyed(&self, keys: &[MatchKey]) -> Result<Vec<(MatchKey, CanonicalId)>>;
    /// Ids of bindings of any age that carry a number that people know, most recently changed first.
    async fn numbered(&self, number: &str) -> Result<Vec<CanonicalId>>;
    /// All names of these bindings: of sides that have one, and aliases; of living bindings only.
    async fn names(&self, ids: &[CanonicalId]) -> Result<Vec<(CanonicalId, ExternalRef)>>;
    /// All match keys of these bindings; of living ones only.
    async fn keys(&self, ids: &[CanonicalId]) -> Result<Vec<(CanonicalId, MatchKey)>>;
    /// Ids of an entity's bindings, of any age, in the order in which they came, after one of them; what came together
    /// lies together.
    async fn scan(&self, entity: &EntityName, after: Option<CanonicalId>, limit: usize) -> Result<Vec<CanonicalId>>;
    /// How many living bindings have a side in each of the streams, in the order asked for: one with an id, and not
    /// proven to be gone.
    async fn counts(&self, streams: &[StreamKey]) -> Result<Vec<u64>>;
    /// Living bindings of an entity that asked to be looked at by now ([`Binding::wake_at`]), longest due first, and
    /// in the order in which they came.
    async fn due(&self, entity: &EntityName, now: DateTime<Utc>, limit: usize) -> Result<Vec<CanonicalId>>;
    /// Hashes of a host stream's records, by [`Indexed::key_of`] their ids and in that order, after one of them.
    async fn index(&self, host: &StreamKey, after: Option<u64>, limit: usize) -> Result<Vec<(u64, Fingerprint)>>;
    /// The records behind such keys, in order of their references.
    async fn index_refs(&self, host: &StreamKey, keys: &[u64]) -> Result<Vec<ExternalRef>>;

    /// How far streams were read; unknown ones are left out.
    async fn checkpoints(&self, hosts: &[StreamKey]) -> Result<Vec<(StreamKey, Checkpoint)>>;
    /// What entities were last run with; unknown ones are left out.
    async fn entities(&self, names: &[EntityName]) -> Result<Vec<(EntityName, EntityState)>>;
    /// Whom systems turned out to be; unknown ones are left out.
    async fn tenants(&self, systems: &[SystemId]) -> Result<Vec<(SystemId, Tenant)>>;
    /// What a system told of its own lists and fields.
    async fn snapshot(&self, system: &SystemId) -> Result<Option<Snapshot>>;

    /// Intents of a lease group without a recorded outcome, oldest first.
    async fn intents(&self, group: &str) -> Result<Vec<Intent>>;
    /// Which of these effects were ever intended.
    async fn effects_used(&self, keys: &[EffectKey]) -> Result<Vec<EffectKey>>;
    /// What waits for a person: of these subjects, or all.
    async fn held(&self, of: Option<&[CanonicalId]>) -> Result<Vec<Held>>;
    /// What was set aside: under these keys, or all.
    async fn parked(&self, keys: Option<&[String]>) -> Result<Vec<Parked>>;
    /// What waits for any of these: see [`Waiting::on`].
    async fn waiting(&self, on: &[String]) -> Result<Vec<Waiting>>;
    /// People's entries and hints that were not consumed, oldest first.
    async fn inbox(&self) -> Result<Vec<(u64, InboxEntry)>>;
    /// What people said for good of any of these references.
    async fn verdicts(&self, of: &[ExternalRef]) -> Result<Vec<Verdict>>;
    /// Plans that wait for approval, by their ids: the one under this id, or all.
    async fn staged(&self, id: Option<&str>) -> Result<Vec<Staged>>;
    /// The newest `limit` things that happened to these subjects, or to any if none is named; oldest first.
    async fn journal(&self, of: &[CanonicalId], limit: usize) -> Result<Vec<Journal>>;

    /// Keeps intents, and their effect keys, before their calls are made. One that is open already under the same key is
    /// replaced, and its effect keys are its own.
    ///
    /// # Errors
    /// `VersionConflict` if the lease was taken over; `AlreadyExists` if an effect key was used before.
    async fn intend(&self, lease: &Lease, intents: &[Intent]) -> Result<()>;
    /// Puts texts aside under numbers of the caller's, until the lease is given back or taken anew: what a run has read
    /// and cannot keep in memory. They need not outlive the process.
    async fn spill(&self, lease: &Lease, rows: Vec<(u64, String)>) -> Result<()>;
    /// Texts that were put aside under this lease, in the order of the numbers; unknown ones are left out.
    async fn spilled(&self, lease: &Lease, numbers: &[u64]) -> Result<Vec<String>>;
    /// Keeps all of it or nothing.
    ///
    /// # Errors
    /// `VersionConflict` if the lease was taken over; `AlreadyExists` if a reference belongs to another binding.
    async fn commit(&self, lease: &Lease, commit: Commit) -> Result<Committed>;
    /// Adds people's entries and hints; needs no lease.
    async fn post(&self, entries: &[InboxEntry]) -> Result<()>;
    /// Removes all personal data of a record: what [`Binding::forgotten`] and [`Event::forgotten`] do not keep, what is
    /// held, parked or waits for it, its places in listings, people's entries and verdicts on it, staged plans that name
    /// it. The binding stays as a tombstone with the next revision, its references as [`forgotten_hash`], and what
    /// returns under them is skipped. What a later commit says of it is kept in the same reduced form.
    ///
    /// # Errors
    /// `NotFound` if there is no such binding; `Unavailable` if an open intent has a share of it: the next run settles
    /// that.
    async fn forget(&self, id: CanonicalId, now: DateTime<Utc>) -> Result<()>;
    /// Which of the references belong to forgotten records.
    async fn forgotten(&self, references: &[ExternalRef]) -> Result<Vec<ExternalRef>>;

    /// Takes the lease if nobody has it, or if it has run out.
    async fn acquire(&self, name: &str, now: DateTime<Utc>, ttl: Duration) -> Result<Option<Lease>>;
    /// Keeps it for longer.
    ///
    /// # Errors
    /// `VersionConflict` if it was taken over.
    async fn renew(&self, lease: &Lease, now: DateTime<Utc>, ttl: Duration) -> Result<Lease>;
    /// Gives it back.
    async fn release(&self, lease: Lease) -> Result<()>;
}
