//! What every call is given from outside: time, a deadline, the run it belongs to, how urgent it is.

use std::{fmt, sync::Arc};

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
}

impl Context {
    /// A context without deadline in the usual lane.
    pub fn new(clock: Arc<dyn Clock>, run: impl AsRef<str>) -> Self {
        Self { clock, deadline: None, run: Arc::from(run.as_ref()), lane: Lane::default() }
    }
    /// The same in another lane.
    #[must_use]
    pub fn in_lane(&self, lane: Lane) -> Self {
        Self { lane, ..self.clone() }
    }
}
