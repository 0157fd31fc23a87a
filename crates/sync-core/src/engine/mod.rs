//! The engine: one run from reading to recorded answers.
//!
//! ```text
//! open ─► recover ─► read ─► match ─► diff ─► plan ─► [guards] ─► decide in the store ─► apply ⇄ record ─► close
//! ```
//!
//! *Guarantees.* What a run decides is stored before anything is written, and an intent before each call. A call with an
//! unclear answer is never repeated before the system was looked at. Reading again is free; nothing is removed without
//! proof. *Assumptions.* A system shows what was written within its declared search delay. *Caveats.* Where a system has
//! no versions, an edit made in the one round trip between our look and our write is overwritten; the journal keeps the
//! values that we knew.

mod act;
mod applying;
mod aside;
mod batches;
mod call;
mod campaign;
mod deciding;
mod diff;
mod facts;
mod finds;
mod gather;
mod groups;
mod guard;
mod hub;
mod index;
mod keep;
mod known;
mod matching;
mod missing;
mod moved;
mod open;
mod outcome;
mod passes;
mod placing;
mod planning;
mod prepare;
mod read;
mod readable;
mod recognise;
mod record;
mod recover;
mod repeats;
mod report;
mod run;
pub(crate) mod scope;
mod stock;
mod subject;
mod tenants;
mod told;
mod unclear;
mod work;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use chrono::{DateTime, Utc};

pub use report::{Cancel, Mode, Observer, Report, Silent};

use crate::{
    capability::Capabilities,
    connector::Connector,
    context::Clock,
    error::{Error, ErrorKind, Result},
    hook::Hook,
    id::{EntityName, ExternalRef, StreamKey, SystemId},
    mapping::Mapper,
    policy::{Compiled, Hooks, Mistake, Policy},
    store::{Inbox, InboxEntry, StateStore},
};

/// Keeps the systems of one policy in agreement. Made with [`Engine::builder`].
pub struct Engine {
    pub(crate) systems: BTreeMap<SystemId, Arc<dyn Connector>>,
    pub(crate) store: Arc<dyn StateStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policy: Compiled,
    pub(crate) groups: Vec<Group>,
    pub(crate) room: usize,
}

/// Entities that share host records: they are read, decided and written under one lease.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    /// The lease that it needs, and that its intents are kept under: its own name, or that of the group which it is a
    /// second round of.
    pub(crate) lease: String,
    /// Places in [`Compiled::entities`].
    pub(crate) entities: Vec<usize>,
    pub(crate) hosts: BTreeSet<StreamKey>,
    /// Entities that are read and decided here, and written in a second round.
    pub(crate) later: BTreeSet<usize>,
    /// It is that second round: everything was read in the first.
    pub(crate) is_second: bool,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("systems", &self.systems.keys())
            .field("groups", &self.groups)
            .finish_non_exhaustive()
    }
}

/// Collects the parts of an [`Engine`].
pub struct Builder {
    systems: Vec<Arc<dyn Connector>>,
    store: Arc<dyn StateStore>,
    clock: Arc<dyn Clock>,
    policy: Policy,
    mappers: BTreeMap<String, Mapper>,
    named: Hooks,
    hooks: Vec<(String, EntityName, Arc<dyn Hook>)>,
    room: Option<usize>,
}

/// Records that are decided together, unless the builder is told otherwise: some kilobytes each. Where one call takes more
/// of them it is not cut, up to a limit.
const ROOM: usize = 384;
const MOST_ROOM: usize = 1000;

/// Room for what one call takes, of all that this policy may write.
fn room(policy: &Compiled) -> usize {
    let tables = policy.entities.iter().flat_map(|entity| entity.streams.values());
    let written = tables.filter(|table| table.role.update);
    let at_once = written.filter_map(|table| usize::try_from(table.cap.write_batch_max).ok()).max();
    at_once.unwrap_or_default().clamp(ROOM, MOST_ROOM)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("systems", &self.systems).finish_non_exhaustive()
    }
}

impl Builder {
    /// Adds a system; the policy names it by its connection's name.
    #[must_use]
    pub fn system(mut self, connector: Arc<dyn Connector>) -> Self {
        self.systems.push(connector);
        self
    }
    /// The rules.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
    /// A mapper that the policy's rows can name.
    #[must_use]
    pub fn mapper(mut self, name: &str, mapper: Mapper) -> Self {
        self.mappers.insert(name.to_owned(), mapper);
        self
    }
    /// Hooks that the policy's rows can name.
    #[must_use]
    pub fn hooks(mut self, hooks: Hooks) -> Self {
        self.named = hooks;
        self
    }
    /// Code of one's own for a connection and an entity, whatever the policy says.
    #[must_use]
    pub fn hook(mut self, connection: &str, entity: &str, hook: impl Hook + 'static) -> Self {
        self.hooks.push((connection.to_owned(), EntityName::new(entity), Arc::new(hook)));
        self
    }
    /// How many records a run decides at once, about: its memory grows with them. 384 if this is not called, or what
    /// one call takes, up to 1000: some megabytes. What belongs together is never cut.
    #[must_use]
    pub fn at_once(mut self, records: usize) -> Self {
        self.room = Some(records);
        self
    }
    /// Checks everything against everything.
    ///
    /// # Errors
    /// All mistakes at once, each with its place and its cure.
    pub fn build(self) -> std::result::Result<Engine, Vec<Mistake>> {
        let capabilities: BTreeMap<SystemId, Capabilities> =
            self.systems.iter().map(|c| (c.info().system.clone(), c.capabilities().clone())).collect();
        if capabilities.len() != self.systems.len() {
            let cure = "give each connection a name of its own".to_owned();
            let fault = "two systems have the same id".to_owned();
            return Err(vec![Mistake { line: None, place: "connections".to_owned(), fault, cure }]);
        }
        let mut policy = self.policy.compile(&capabilities, &self.mappers, &self.named)?;
        bind_hooks(&mut policy, self.hooks)?;
        let systems = self.systems.into_iter().map(|c| (c.info().system.clone(), c)).collect();
        let groups = groups::groups(&policy);
        let room = self.room.unwrap_or_else(|| room(&policy));
        Ok(Engine { systems, store: self.store, clock: self.clock, policy, groups, room })
    }
}

impl Engine {
    /// Starts with the place that remembers and the clock that tells the time.
    pub fn builder(store: Arc<dyn StateStore>, clock: Arc<dyn Clock>) -> Builder {
        Builder {
            systems: Vec::new(),
            store,
            clock,
            policy: Policy::default(),
            mappers: BTreeMap::new(),
            named: Hooks::default(),
            hooks: Vec::new(),
            room: None,
        }
    }
    /// The policy as it was checked.
    pub fn policy(&self) -> &Compiled {
        &self.policy
    }
    /// Allows once what an adopt run or a tripped guard counted. Needs no lease: the next run takes it up.
    ///
    /// # Errors
    /// The store's own, and `Invalid` for an id that nothing waits under.
    pub async fn approve(&self, id: &str, by: &str) -> Result<()> {
        if self.store.staged(Some(id)).await?.is_empty() {
            let line = format!("nothing waits for approval under '{id}'; run again and use the id that it prints");
            return Err(Error::new(ErrorKind::Invalid, "approve", line));
        }
        self.post(by, Inbox::Approve(id.to_owned())).await
    }
    /// Takes a webhook call: the records that it names are looked at by the next run. Its content is not used.
    ///
    /// # Errors
    /// The connector's, if the call cannot be verified, and the store's.
    pub async fn hint(&self, system: &SystemId, headers: &[(String, String)], body: &[u8]) -> Result<usize> {
        let connector = self.connector(system)?;
        let references: Vec<ExternalRef> = connector.hints(headers, body)?;
        let at = self.clock.now();
        let entry = |reference| InboxEntry { at, by: system.to_string(), what: Inbox::Hint(reference) };
        let count = references.len();
        let entries: Vec<InboxEntry> = references.into_iter().map(entry).collect();
        self.store.post(&entries).await?;
        Ok(count)
    }
    /// Tells the next run what a person decided.
    ///
    /// # Errors
    /// The store's own.
    pub async fn post(&self, by: &str, what: Inbox) -> Result<()> {
        self.store.post(&[InboxEntry { at: self.clock.now(), by: by.to_owned(), what }]).await
    }

    pub(crate) fn connector(&self, system: &SystemId) -> Result<&Arc<dyn Connector>> {
        self.systems.get(system).ok_or_else(|| {
            Error::new(ErrorKind::Config, "find system", format!("no connection is named '{}'", system.connection()))
        })
    }
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

/// Puts hooks where their connection and entity meet.
fn bind_hooks(
    policy: &mut Compiled,
    hooks: Vec<(String, EntityName, Arc<dyn Hook>)>,
) -> std::result::Result<(), Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for (connection, entity, hook) in hooks {
        let tables = policy.entities.iter_mut().filter(|e| e.name == entity).flat_map(|e| e.streams.values_mut());
        let mut bound = false;
        for table in tables.filter(|table| table.key.system.connection() == connection) {
            table.hooks.push(hook.clone());
            bound = true;
        }
        if !bound {
            let fault = format!("no stream of '{connection}' takes part in '{entity}'");
            let cure = "bind the hook to a connection and an entity of the policy".to_owned();
            mistakes.push(Mistake { line: None, place: format!("hook {hook:?}"), fault, cure });
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}
