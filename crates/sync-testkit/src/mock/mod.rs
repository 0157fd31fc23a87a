//! A system in memory that behaves as real ones do: it cuts, rounds and recodes what it stores, has coarse and late
//! stamps, loses answers, refuses records, limits batches.
//!
//! ```
//! use sync_core::model::{Address, Organisation};
//! use sync_testkit::Mock;
//!
//! let crm = Mock::new("crm")
//!     .stream::<Organisation>("company", |s| s.cuts("name", 10).since(1_000).loses_answers(100));
//! let id = crm.put("company", Organisation::new().name("Nordic Widgets Aktiebolag").billing(Address::new().city("Oslo")));
//! assert_eq!(crm.get::<Organisation>("company", &id).unwrap().name, "Nordic Wid".into());
//! ```

mod acts;
mod connector;
mod documents;
mod habits;
mod people;
mod query;
pub(crate) mod sums;
mod vendor;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sync_core::{
    Canonical, StreamId, StreamKey, SystemId,
    capability::Capabilities,
    connector::{ConnectorInfo, Tenant},
};

pub use acts::Acted;
pub use documents::Documents;
pub use habits::Habits;
pub use people::{Change, Look, Who};

use crate::time::{Dice, VirtualClock};
use vendor::Vendor;

/// A system in memory. Clones are handles of the same system: give one to the engine and keep one for its users.
#[derive(Clone)]
pub struct Mock {
    info: ConnectorInfo,
    capabilities: Capabilities,
    state: Arc<Mutex<Vendor>>,
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mock({})", self.info.system)
    }
}

impl Mock {
    /// A system without streams. `name` is its connection's name; its id is `mock:<name>`.
    pub fn new(name: &str) -> Self {
        let system = SystemId::new(format!("mock:{name}"));
        let tenant =
            Tenant { id: name.to_owned(), name: format!("Company of {name}"), base_currency: Some("SEK".into()) };
        Self {
            info: ConnectorInfo::new("mock", system.clone(), "1"),
            capabilities: Capabilities::default(),
            state: Arc::new(Mutex::new(Vendor::new(system, tenant, Dice::new(1)))),
        }
    }
    /// It shares time and chance with others.
    #[must_use]
    pub fn within(self, clock: VirtualClock, dice: Dice) -> Self {
        {
            let mut state = self.lock();
            state.clock = clock;
            state.dice = dice;
        }
        self
    }
    /// Its clock is ahead of everybody's by so many seconds, or behind.
    #[must_use]
    pub fn with_skew(self, seconds: i64) -> Self {
        self.lock().skew_s = seconds;
        self
    }
    /// Adds a stream of records of one kind.
    #[must_use]
    pub fn stream<K: Canonical>(mut self, name: &str, habits: impl FnOnce(Habits) -> Habits) -> Self {
        let habits = habits(Habits::new(K::KIND));
        self.capabilities.streams.insert(StreamId::new(name), habits.capability());
        self.lock().streams.insert(StreamId::new(name), habits);
        self
    }
    /// Its id.
    pub fn system(&self) -> &SystemId {
        &self.info.system
    }
    /// One of its streams.
    pub fn at(&self, stream: &str) -> StreamKey {
        StreamKey::new(self.info.system.clone(), stream)
    }
    /// How many calls were made since the start, by name: `list company`, `write company`. Each write of a call counts as
    /// one; calls that write, whatever is in them, are `send company`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.lock().calls.clone()
    }
    /// From now on it is out of order, or in order again: every call answers "unavailable".
    pub fn set_down(&self, down: bool) {
        self.lock().down = down;
    }
    /// From now on all goes well: nothing is lost, refused for a while, or listed in part. What it does to values stays,
    /// and so do records that it always refuses.
    pub fn calm(&self) {
        let mut state = self.lock();
        state.down = false;
        for habits in state.streams.values_mut() {
            habits.calm();
        }
    }
    /// Its clock is put forward by so many seconds, or back.
    pub fn put_clock(&self, seconds: i64) {
        self.lock().skew_s += seconds;
    }
    /// It answers as another company from now on.
    pub fn become_tenant(&self, id: &str) {
        self.lock().tenant.id = id.to_owned();
    }

    fn lock(&self) -> MutexGuard<'_, Vendor> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
