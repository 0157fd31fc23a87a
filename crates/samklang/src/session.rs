//! What a command works with: the store, and the engine over connected systems.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use sync_core::{
    Clock, Context, SystemId,
    capability::Capabilities,
    connector::{Connector, Tenant},
    engine::Engine,
    policy::Policy,
    store::{Commit, Snapshot, StateStore},
};
use sync_http::{Environment, FileTokens, Limits, SystemClock, Timer, TokioTimer, Transport};
use sync_stores::SqliteStore;
use uuid::Uuid;

use crate::{
    fail::Failure,
    file::{Config, Connection},
    system::Connected,
};

/// What tells the time and waits: the machine, or what a demo has in its place.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timer: Arc<dyn Timer>,
}

impl Machine {
    /// The machine's own clock, and waits that last.
    pub(crate) fn real() -> Self {
        Self { clock: Arc::new(SystemClock), timer: Arc::new(TokioTimer::new()) }
    }
}

/// An engine and its store.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) engine: Engine,
    pub(crate) store: Arc<dyn StateStore>,
}

impl Session {
    /// Opens the store and connects everything.
    ///
    /// # Errors
    /// All systems that cannot be connected, or all mistakes that showed when they could.
    pub(crate) async fn open(config: &Config, machine: &Machine) -> Result<Self, Failure> {
        let store = open_or_make(&config.store).await?;
        let shared = shared(config, machine)?;
        let mut met = Met::all(config, (machine, &shared), &store, true).await?;
        let mut engine = met.engine(config, machine, &store);
        if engine.is_err() && met.remembered {
            // what a system lacked yesterday it may have by now
            met = Met::all(config, (machine, &shared), &store, false).await?;
            engine = met.engine(config, machine, &store);
        }
        let engine = engine?;
        keep(machine, &store, met.told).await?;
        Ok(Self { engine, store })
    }

    /// Only what needs no system: lists, the journal, people's decisions.
    ///
    /// # Errors
    /// There is no store yet, or it cannot be opened.
    pub(crate) async fn store_only(config: &Config, machine: &Machine) -> Result<Self, Failure> {
        if !config.store.exists() {
            let path = config.store.display();
            return Err(Failure::usage(format!("nothing is known yet: there is no {path}; run samklang adopt first")));
        }
        let store = open_or_make(&config.store).await?;
        let engine = Engine::builder(store.clone(), machine.clock.clone()).policy(Policy::default()).build();
        let engine = engine.map_err(|mistakes| config.mistakes(mistakes))?;
        Ok(Self { engine, store })
    }
}

/// The name of a connection's system in the store: `starweb:se`.
pub(crate) fn id_of(name: &str, connection: &Connection) -> SystemId {
    SystemId::new(format!("{}:{name}", connection.system.name))
}

/// What the connections of this program share.
///
/// # Errors
/// The machine has no usable TLS.
pub(crate) fn shared(config: &Config, machine: &Machine) -> Result<Environment, Failure> {
    let timer = machine.timer.clone();
    Ok(Environment {
        transport: Transport::new()?,
        limits: Arc::new(Limits::new(timer.clone())),
        timer,
        tokens: Arc::new(FileTokens::new(&config.tokens)),
    })
}

async fn open_or_make(path: &Path) -> Result<Arc<dyn StateStore>, Failure> {
    let opened = SqliteStore::open(path, Uuid::new_v4()).await;
    Ok(Arc::new(opened.map_err(|error| Failure::of_store(&error))?))
}

/// The store, or one that is forgotten at once where there is none yet: looking makes no file.
///
/// # Errors
/// The file cannot be opened.
pub(crate) async fn open_or_memory(path: &Path) -> Result<Arc<dyn StateStore>, Failure> {
    if path.exists() {
        return open_or_make(path).await;
    }
    Ok(Arc::new(SqliteStore::open_in_memory(Uuid::new_v4()).await?))
}

/// Connects one system, with what is known of it.
///
/// # Errors
/// The connector's, with the connection's name.
pub(crate) async fn connect(
    name: &str,
    connection: &Connection,
    (machine, shared): (&Machine, &Environment),
    known: Option<Snapshot>,
) -> Result<Connected, Failure> {
    let id = id_of(name, connection);
    let cx = Context::new(machine.clock.clone(), "connect");
    let connecting = connection.settings.connect(&cx, &id, shared, known);
    connecting.await.map_err(|error| Failure::of_system(&id, &error))
}

/// What connections can do, asked of them anew: somebody may have set up a field just now.
///
/// # Errors
/// All connections that fail.
pub(crate) async fn capabilities(
    config: &Config,
    machine: &Machine,
    wanted: impl Fn(&str) -> bool,
) -> Result<BTreeMap<SystemId, Capabilities>, Failure> {
    let shared = shared(config, machine)?;
    let (mut found, mut failed) = (BTreeMap::new(), None);
    for (name, connection) in config.connections.iter().filter(|(name, _)| wanted(name)) {
        match connect(name, connection, (machine, &shared), None).await {
            Ok(connected) => {
                found.insert(id_of(name, connection), connected.connector.capabilities().clone());
            }
            Err(failure) => failed = Some(failure.after(failed)),
        }
    }
    failed.map_or(Ok(found), Err)
}

/// The systems of a configuration, connected.
#[derive(Default)]
struct Met {
    connectors: Vec<Arc<dyn Connector>>,
    /// What they told of themselves.
    told: BTreeMap<SystemId, Snapshot>,
    /// What an administrator should know of them, a line each.
    notes: Vec<String>,
    /// Some of it is what the store had.
    remembered: bool,
}

impl Met {
    /// Connects all, `remembering` what the store knows of them or asking anew.
    ///
    /// # Errors
    /// All systems that cannot be connected.
    async fn all(
        config: &Config,
        with: (&Machine, &Environment),
        store: &Arc<dyn StateStore>,
        remembering: bool,
    ) -> Result<Self, Failure> {
        let mut met = Self::default();
        let mut failed: Option<Failure> = None;
        for (name, connection) in &config.connections {
            if let Err(failure) = met.one(name, connection, with, store, remembering).await {
                failed = Some(failure.after(failed));
            }
        }
        let Some(failed) = failed else { return Ok(met) };
        keep(with.0, store, met.told).await?;
        Err(failed)
    }

    async fn one(
        &mut self,
        name: &str,
        connection: &Connection,
        with: (&Machine, &Environment),
        store: &Arc<dyn StateStore>,
        remembering: bool,
    ) -> Result<(), Failure> {
        let id = id_of(name, connection);
        let known = if remembering { store.snapshot(&id).await? } else { None };
        let connected = connect(name, connection, with, known.clone()).await?;
        if known.as_ref() == Some(&connected.snapshot) {
            self.remembered = true;
        } else if let Some((_, before)) = store.tenants(std::slice::from_ref(&id)).await?.pop() {
            // it was asked about itself anew: is it still the one that the store belongs to?
            let cx = Context::new(with.0.clock.clone(), "connect");
            let tenant = connected.connector.check(&cx).await.map_err(|error| Failure::of_system(&id, &error))?;
            same(&id, tenant, Some(before))?;
        }
        // the edition alone explains nothing
        if connected.notes.len() > 1 {
            self.notes.extend(connected.notes.into_iter().map(|note| format!("{name}: {note}")));
        }
        self.told.insert(id, connected.snapshot);
        self.connectors.push(connected.connector);
        Ok(())
    }

    /// The engine over all of them.
    ///
    /// # Errors
    /// All mistakes that show now; below them what is known of the systems, which is often why.
    fn engine(&self, config: &Config, machine: &Machine, store: &Arc<dyn StateStore>) -> Result<Engine, Failure> {
        let mut builder = config.engine(store.clone(), machine.clock.clone());
        for connector in &self.connectors {
            builder = builder.system(connector.clone());
        }
        builder.build().map_err(|mistakes| {
            let mut failure = config.mistakes(mistakes);
            failure.more.extend(self.notes.iter().cloned());
            failure
        })
    }
}

/// Another company's books than those that the store belongs to are refused.
pub(crate) fn same(id: &SystemId, tenant: Tenant, known: Option<Tenant>) -> Result<Tenant, Failure> {
    match known {
        Some(known) if known.id != tenant.id => Err(Failure::usage(format!(
            "{}: this is {} ({}), but the store belongs to {} ({}); correct the connection, or start with a new store",
            id.connection(),
            tenant.name,
            tenant.id,
            known.name,
            known.id
        ))),
        _ => Ok(tenant),
    }
}

/// Remembers what systems told of themselves, so that an idle run spends no call on it.
async fn keep(
    machine: &Machine,
    store: &Arc<dyn StateStore>,
    told: BTreeMap<SystemId, Snapshot>,
) -> Result<(), Failure> {
    let mut new = Vec::new();
    for (system, snapshot) in told {
        if store.snapshot(&system).await?.as_ref() != Some(&snapshot) {
            new.push((system, snapshot));
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let life = std::time::Duration::from_secs(60);
    // another run that does the same at this moment is good enough
    if let Some(lease) = store.acquire("@snapshots", machine.clock.now(), life).await? {
        let commit = Commit { snapshots: new, ..Commit::default() };
        let kept = store.commit(&lease, commit).await;
        store.release(lease).await?;
        let _ = kept?;
    }
    Ok(())
}
