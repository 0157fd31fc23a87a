//! What a run tells: while it goes on, and at its end.

use std::collections::BTreeMap;

use crate::{
    error::Error,
    id::{EntityKind, EntityName, StreamKey, SystemId},
    mapping::Unmapped,
    plan::{Plan, Tripped},
    store::{Held, Parked},
};

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// First contact: reads everything, binds, writes to no system.
    Adopt,
    /// The usual run.
    Sync,
    /// What a run would do: nothing is written, nothing is remembered.
    DryRun,
}

/// What a run did.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Report {
    /// The run's name.
    pub run: String,
    /// Records decoded, by kind.
    pub read: BTreeMap<EntityKind, u64>,
    /// Records that became part of a binding.
    pub bound: u64,
    /// Writes that were made, by stream.
    pub written: BTreeMap<StreamKey, u64>,
    /// Side effects that were asked for, by name.
    pub effects: BTreeMap<String, u64>,
    /// What would be written; of a dry run and of an adopt run.
    pub plan: Plan,
    /// What waits for a person: all of it, not only what is new.
    pub held: Vec<Held>,
    /// What was set aside in this run.
    pub parked: Vec<Parked>,
    /// Fields that were met empty at their master while others have a value, which they keep. One line each.
    pub empty_at_master: Vec<String>,
    /// Codes without a row in their table, with how many records they stop.
    pub unmapped: BTreeMap<(StreamKey, Unmapped), u64>,
    /// Entities that need a first contact before they can run, with why.
    pub adopt_first: BTreeMap<EntityName, String>,
    /// What adopt runs counted, by the ids under which it can be approved.
    pub adopted: Vec<String>,
    /// Guards that tripped, by the id under which they can be approved.
    pub tripped: BTreeMap<String, Vec<Tripped>>,
    /// Streams that were stopped, with why.
    pub stopped: Vec<(StreamKey, Error)>,
    /// Systems that were stopped, with why.
    pub stopped_systems: BTreeMap<SystemId, Error>,
    /// Writes whose fate is still unclear: the next run looks for them.
    pub unclear: u64,
    /// Lease groups that another run has at this moment.
    pub busy: Vec<String>,
    /// The run was told to stop before its end.
    pub cancelled: bool,
}

impl Report {
    /// How many writes were made.
    pub fn writes(&self) -> u64 {
        self.written.values().sum()
    }
    /// The id to approve, if a guard tripped.
    pub fn tripped(&self) -> Option<&str> {
        self.tripped.keys().next().map(String::as_str)
    }
    /// One line for each thing that waits for a person: what, where, and what to do.
    pub fn waiting(&self) -> impl Iterator<Item = String> + '_ {
        let held = self.held.iter().map(|held| format!("{}; {}", held.text, held.cure));
        held.chain(self.parked.iter().map(|parked| format!("{}: {}", parked.key, parked.text)))
    }
    /// The exit code of a command that made this run: 0 done, 2 try later, 3 something waits for a person, 7 a guard
    /// tripped and nothing was written.
    pub fn exit_code(&self) -> u8 {
        if !self.tripped.is_empty() || !self.plan.tripped.is_empty() {
            7
        } else if !self.stopped.is_empty()
            || !self.stopped_systems.is_empty()
            || self.unclear > 0
            || self.cancelled
            || !self.busy.is_empty()
        {
            2
        } else if !self.held.is_empty() || !self.parked.is_empty() || !self.adopt_first.is_empty() {
            3
        } else {
            0
        }
    }
}

/// Is told how a run goes. Every method may be left empty.
pub trait Observer: Send + Sync {
    /// A page was read: of which host stream, how many records, how many of them differ from what is known.
    fn page(&self, _host: &StreamKey, _records: usize, _differing: usize) {}
    /// A plan was made: so many writes.
    fn planned(&self, _writes: usize) {}
    /// A write ended: where, what, and how.
    fn wrote(&self, _host: &StreamKey, _action: &str, _ok: bool) {}
}

/// An observer that looks away.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;
impl Observer for Silent {}

/// Asks a run to stop at the next place where that loses nothing.
#[derive(Clone, Debug, Default)]
pub struct Cancel(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Cancel {
    /// Not asked yet.
    pub fn new() -> Self {
        Self::default()
    }
    /// Asks.
    pub fn cancel(&self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    /// Whether it was asked.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
    }
}
