//! What every call is given from outside: time, a deadline, the run it belongs to, how urgent it is.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};

/// Where time comes from. Nothing in these crates asks the machine for it in another way.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> DateTime<Utc>;
}

/// How urgent a call is, against others that wait for the same rate limit. Least first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// A complete pass; gives way to all others.
    Listing,
    /// Changes and writes of a run.
    #[default]
    Change,
    /// A person waits for the answer.
    Desk,
}

/// Calls on the wire, in their order.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Vec<String>>>);

impl Calls {
    /// Those that were noted until now.
    pub fn so_far(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Comes first in every call to a connector.
#[derive(Clone, Debug)]
pub struct Context {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// After this moment nobody waits for the answer any more.
    pub deadline: Option<DateTime<Utc>>,
    /// The run's name, for traces.
    pub run: Arc<str>,
    /// How urgent the call is.
    pub lane: Lane,
    /// Where calls on the wire are noted, if somebody wants to know them.
    pub calls: Option<Calls>,
}

impl Context {
    /// A context without deadline in the usual lane.
    pub fn new(clock: Arc<dyn Clock>, run: impl AsRef<str>) -> Self {
        Self { clock, deadline: None, run: Arc::from(run.as_ref()), lane: Lane::default(), calls: None }
    }
    /// The same in another lane.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self { lane, ..self.clone() }
    }
    /// The same, and the calls that are made with it.
    pub fn noting(&self) -> (Self, Calls) {
        let calls = Calls::default();
        (Self { calls: Some(calls.clone()), ..self.clone() }, calls)
    }
    /// Notes a call as it may be shown to anybody: the method, the path without ids, how it ended
    /// (`PUT /customers/{id}: 204`). For the journal; without effect where nobody wants to know.
    pub fn note(&self, call: impl FnOnce() -> String) {
        if let Some(Calls(noted)) = &self.calls {
            noted.lock().unwrap_or_else(PoisonError::into_inner).push(call());
        }
    }
}
