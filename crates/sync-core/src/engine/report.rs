//! What a run tells: while it goes on, and at its end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use chrono::{DateTime, Utc};

use super::diff::name_of;
use crate::{
    error::{Error, Result},
    id::{CanonicalId, EntityKind, EntityName, StreamKey, SystemId},
    mapping::Unmapped,
    plan::{Op, Plan, Tripped},
    policy::STATUS_OF,
    store::{Binding, Held, Intent, Parked, StateStore},
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
    /// How many records are set aside in all, those of earlier runs included.
    pub set_aside: u64,
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
    /// Steps that their system carries out by itself, and that are not done yet: the next run looks.
    pub under_way: u64,
    /// Which writes those of unclear fate are.
    pub unclear_writes: Vec<UnclearWrite>,
    /// Side effects that may have happened or not, since the answer was lost and somebody was there before anybody looked.
    /// They are not asked for again. One line each: what, of which record, and what to do.
    pub effects_in_doubt: Vec<String>,
    /// Writes that were certainly not made, since their system was not ready for them, with its last reason. The next run
    /// makes them.
    pub put_off: BTreeMap<StreamKey, (u64, Error)>,
    /// Writes whose values a system keeps otherwise than it was sent them, in a way that was not declared; the journal of
    /// each record has both values.
    pub altered: BTreeMap<StreamKey, u64>,
    /// Records that were looked at and that do not go to a system, by the condition of its scope that does not hold.
    pub left_out: BTreeMap<(SystemId, String), u64>,
    /// Lease groups that another run has at this moment.
    pub busy: Vec<String>,
    /// The run was told to stop before its end.
    pub cancelled: bool,
}

impl Report {
    /// Notes a write that is for the next run.
    pub(super) fn put_off(&mut self, at: &StreamKey, because: Error) {
        let before = self.put_off.get(at).map_or(0, |(writes, _)| *writes);
        self.put_off.insert(at.clone(), (before + 1, because));
    }
    /// Notes what was set aside, each record once with its last reason: one may be met several times in a run.
    pub(super) fn park(&mut self, all: impl IntoIterator<Item = Parked>) {
        for parked in all {
            match self.parked.iter_mut().find(|known| known.key == parked.key) {
                Some(known) => *known = parked,
                None => self.parked.push(parked),
            }
        }
    }
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
        let parked = self.parked.iter().map(Parked::line);
        let first = self.adopt_first.iter().map(|(entity, why)| format!("{entity}: {why}"));
        let in_doubt = self.effects_in_doubt.iter().cloned();
        held.chain(parked).chain(in_doubt).chain(first).chain(self.unknown_codes())
    }
    /// One line for each code without a row in its table, unless a record that is held for it says so.
    pub fn unknown_codes(&self) -> impl Iterator<Item = String> + '_ {
        let told = |code: &Unmapped| {
            let names =
                |held: &Held| held.text.contains(&format!("\"{}\"", code.code)) && held.text.contains(&code.table);
            self.held.iter().any(names)
        };
        let untold = self.unmapped.iter().filter(move |((_, code), _)| !told(code));
        untold.map(|((stream, code), records)| unknown_code(stream, code, *records))
    }
    /// Names the writes under a lease of which nobody knows whether they happened; once, though groups may share it.
    pub(super) async fn name_unclear(&mut self, store: &dyn StateStore, lease: &str) -> Result<()> {
        if self.unclear == 0 {
            return Ok(());
        }
        let intents = store.intents(lease).await?;
        let subjects = intents.iter().flat_map(|intent| &intent.shares).map(|share| share.subject);
        let subjects: Vec<CanonicalId> = subjects.collect::<BTreeSet<_>>().into_iter().collect();
        let known = store.bindings(&subjects).await?;
        let of = |intent: &Intent| {
            let named = |binding: &&Binding| intent.shares.iter().any(|share| share.subject == binding.id);
            known.iter().filter(named).cloned().collect::<Vec<Binding>>()
        };
        for intent in intents.into_iter().filter(|intent| !intent.under_way) {
            let records = of(&intent);
            let write = UnclearWrite {
                action: intent.action.word().to_owned(),
                record: records.first().map(name_of).unwrap_or_default(),
                numbers: records.into_iter().flat_map(|binding| binding.numbers).collect(),
                at: intent.host,
                since: intent.at,
            };
            if !self.unclear_writes.contains(&write) {
                self.unclear_writes.push(write);
            }
        }
        Ok(())
    }
    /// The exit code of a command that made this run: 0 done, 2 try later, 3 something waits for a person, 7 a guard
    /// tripped and nothing was written.
    pub fn exit_code(&self) -> u8 {
        if !self.tripped.is_empty() || !self.plan.tripped.is_empty() {
            7
        } else if !self.stopped.is_empty()
            || !self.stopped_systems.is_empty()
            || self.unclear > 0
            || !self.put_off.is_empty()
            || self.cancelled
            || !self.busy.is_empty()
        {
            2
        } else if !self.held.is_empty()
            || !self.parked.is_empty()
            || self.set_aside > 0
            || !self.effects_in_doubt.is_empty()
            || !self.adopt_first.is_empty()
            || self.unmapped.keys().any(|(_, code)| code.table.starts_with(STATUS_OF))
        {
            3
        } else {
            0
        }
    }
}

/// A write of which nobody knows whether it happened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct UnclearWrite {
    /// The stream that it went to.
    pub at: StreamKey,
    /// What was to be done: `create`, `update`, `remove`, or the name of a step.
    pub action: String,
    /// The record: its entity with its first number, else with its first reference.
    pub record: String,
    /// All the numbers that people know the record by.
    pub numbers: BTreeSet<String>,
    /// When it was sent first, by our clock.
    pub since: DateTime<Utc>,
}

impl fmt::Display for UnclearWrite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = if self.numbers.is_empty() { self.record.clone() } else { joined(&self.numbers) };
        write!(f, "{named}: {} at {}", self.action, self.at)
    }
}

impl Parked {
    /// One line for people: the numbers, where, why, and what the vendor says.
    pub fn line(&self) -> String {
        // what a system has no number for yet is keyed by an id of our own, which says nothing to anybody
        let place = self.key.rsplit_once('@').map_or(self.key.as_str(), |(_, stream)| stream);
        let refusal = self.refusal();
        if self.numbers.is_empty() {
            format!("{place}: {refusal}")
        } else {
            format!("{} at {place}: {refusal}", joined(&self.numbers))
        }
    }
    /// Why it was set aside, in the vendor's words too.
    pub fn refusal(&self) -> String {
        match &self.vendor {
            Some((code, text)) => format!("{} (it says: {})", self.text, format!("{code} {text}").trim()),
            None => self.text.clone(),
        }
    }
}

fn joined(numbers: &BTreeSet<String>) -> String {
    numbers.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

/// A code that its table does not have. A status is left alone, everything else keeps its record waiting.
fn unknown_code(stream: &StreamKey, code: &Unmapped, records: u64) -> String {
    let Unmapped { code, table, .. } = code;
    let records = if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
    match table.strip_prefix(STATUS_OF) {
        Some(connection) => format!(
            "{stream}: nothing says what the status '{code}' means, so it is left alone ({records}); add a row to read of \
             [entities.<name>.status.{connection}]"
        ),
        None => format!(
            "{stream}: the code '{code}' has no row in the table {table} ({records} waiting); add it to [tables.{table}]"
        ),
    }
}

/// Is told how a run goes. Every method may be left empty.
pub trait Observer: Send + Sync {
    /// A page was read: of which host stream, how many records, how many of them differ from what is known.
    fn page(&self, _host: &StreamKey, _records: usize, _differing: usize) {}
    /// A batch was decided: these writes follow, or would, if this is a dry run. The report's plan holds the first ones
    /// only.
    fn planned(&self, _writes: &[Op]) {}
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_record_that_is_met_twice_is_set_aside_once_with_its_last_reason() {
        let parked = |key: &str, why: &str| Parked::new(key.to_owned(), &Error::new(ErrorKind::Invalid, "read", why));
        let mut report = Report::default();
        report.park([parked("crm/deliveries#1", "as listed"), parked("crm/deliveries#2", "as listed")]);
        report.park([parked("crm/deliveries#1", "as read whole")]);
        let told: Vec<(&str, &str)> = report.parked.iter().map(|one| (one.key.as_str(), one.text.as_str())).collect();
        assert_eq!(told, [("crm/deliveries#1", "as read whole"), ("crm/deliveries#2", "as listed")]);
    }
}
