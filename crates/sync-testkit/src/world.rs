//! Several mocks, one store, one policy, and time that a test decides.
//!
//! ```
//! use sync_core::model::Organisation;
//! use sync_testkit::{Mock, World};
//!
//! let crm = Mock::new("crm").stream::<Organisation>("company", |s| s);
//! let erp = Mock::new("erp").stream::<Organisation>("customer", |s| s);
//! let mut world = World::new(7).with(crm).with(erp).policy(r#"
//!     [entities.companies]
//!     kind = "organisation"
//!     master = "crm"
//!     systems.crm = { read = true }
//!     systems.erp = { read = true, create = "always", update = true }
//! "#);
//! let id = world.system("crm").put("company", Organisation::new().name("Nordic Widgets AB"));
//! world.adopt();
//! assert_eq!(world.run().writes(), 1);
//! assert_eq!(world.system("erp").one::<Organisation>("customer").name, "Nordic Widgets AB".into());
//! assert_eq!(world.run().writes(), 0);
//! # let _ = id;
//! ```

use std::{
    collections::BTreeMap,
    future::Future,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use chrono::TimeDelta;
use sync_core::{
    engine::{Cancel, Engine, Mode, Report, Silent},
    mapping::Mapper,
    policy::{Mistake, Policy},
};
use uuid::Uuid;

use crate::{
    MemoryStore, Mock,
    time::{Dice, VirtualClock},
};

/// Runs a future to its end on this thread. Mocks and the memory store need no runtime.
pub fn drive<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// Mocks, a store and a policy under one clock.
#[derive(Debug)]
pub struct World {
    clock: VirtualClock,
    dice: Dice,
    systems: BTreeMap<String, Mock>,
    store: MemoryStore,
    policy: Policy,
    mappers: BTreeMap<String, Mapper>,
    at_once: Option<usize>,
}

impl World {
    /// An empty world; everything that chance decides comes from the seed.
    pub fn new(seed: u64) -> Self {
        Self {
            clock: VirtualClock::default(),
            dice: Dice::new(seed),
            systems: BTreeMap::new(),
            store: MemoryStore::new(Uuid::from_u128(u128::from(seed))),
            policy: Policy::default(),
            mappers: BTreeMap::new(),
            at_once: None,
        }
    }
    /// Adds a system, which shares the world's time and chance.
    #[must_use]
    pub fn with(mut self, mock: Mock) -> Self {
        let name = mock.system().connection().to_owned();
        self.systems.insert(name, mock.within(self.clock.clone(), self.dice.clone()));
        self
    }
    /// Sets the rules, as the file has them.
    ///
    /// # Panics
    /// If the text is no policy: a test that goes on with another one would show nothing.
    #[must_use]
    #[allow(clippy::panic, reason = "a test stops at its own mistakes")]
    pub fn policy(mut self, toml: &str) -> Self {
        self.policy = match Policy::from_toml(toml) {
            Ok(policy) => policy,
            Err(mistakes) => panic!("{}", told(&mistakes)),
        };
        self
    }
    /// Adds a mapper that the policy's rows can name.
    #[must_use]
    pub fn mapper(mut self, name: &str, mapper: Mapper) -> Self {
        self.mappers.insert(name.to_owned(), mapper);
        self
    }
    /// Has runs decide about so many records at once: what is more comes in batches.
    #[must_use]
    pub fn at_once(mut self, records: usize) -> Self {
        self.at_once = Some(records);
        self
    }
    /// Its time.
    pub fn clock(&self) -> &VirtualClock {
        &self.clock
    }
    /// Its chance.
    pub fn dice(&self) -> &Dice {
        &self.dice
    }
    /// Its store.
    pub fn store(&self) -> &MemoryStore {
        &self.store
    }
    /// One of its systems.
    ///
    /// # Panics
    /// If there is none of this name.
    #[allow(clippy::panic, reason = "a test stops at its own mistakes")]
    pub fn system(&self, name: &str) -> &Mock {
        match self.systems.get(name) {
            Some(mock) => mock,
            None => panic!("there is no system '{name}' in this world"),
        }
    }
    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }
    /// An engine as a program would build it; made anew, as after a restart, on the same store.
    ///
    /// # Errors
    /// The policy's mistakes.
    pub fn engine(&self) -> Result<Engine, Vec<Mistake>> {
        let mut builder = Engine::builder(Arc::new(self.store.clone()), Arc::new(self.clock.clone()));
        for mock in self.systems.values() {
            builder = builder.system(Arc::new(mock.clone()));
        }
        for (name, mapper) in &self.mappers {
            builder = builder.mapper(name, mapper.clone());
        }
        if let Some(records) = self.at_once {
            builder = builder.at_once(records);
        }
        builder.policy(self.policy.clone()).build()
    }
    /// First contact.
    pub fn adopt(&mut self) -> Report {
        self.run_as(Mode::Adopt)
    }
    /// A run, a minute after the last one.
    pub fn run(&mut self) -> Report {
        self.run_as(Mode::Sync)
    }
    /// A run that writes nothing.
    pub fn dry_run(&mut self) -> Report {
        self.run_as(Mode::DryRun)
    }

    /// # Panics
    /// If the policy is wrong or the store fails.
    #[allow(clippy::panic, reason = "a test stops at its own mistakes")]
    fn run_as(&mut self, mode: Mode) -> Report {
        self.pass(60);
        let engine = match self.engine() {
            Ok(engine) => engine,
            Err(mistakes) => panic!("{}", told(&mistakes)),
        };
        match drive(engine.run(mode, &Silent, &Cancel::new())) {
            Ok(report) => report,
            Err(error) => panic!("the run ended: {error}"),
        }
    }
}

fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
