//! What happens in a history.

use super::{rules::Kind, values::Tag};

/// One step of a history.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Somebody does something in a system.
    User(UserAct),
    /// Seconds pass.
    Pass(i64),
    /// The engine runs.
    Run(RunPlan),
    /// Webhooks name records of a system, so many times.
    Hints { system: usize, kind: Kind, pick: u64, times: u32 },
    /// A system goes out of order, or comes back.
    Down { system: usize, down: bool },
    /// A system's clock is put forward or back: summer time read as a jump, or a clock that was wrong.
    Clock { system: usize, seconds: i64 },
    /// A person settles one of the held fields with one of the values in question.
    Decide { pick: u64, choice: u64 },
    /// A person approves what the last run asked for.
    Approve,
}

/// What a user does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum UserAct {
    /// Makes a record.
    Create { system: usize, kind: Kind, n: Tag },
    /// Changes a field.
    Edit { system: usize, kind: Kind, pick: u64, field: usize, n: Tag },
    /// Empties a field.
    Blank { system: usize, kind: Kind, pick: u64, field: usize },
    /// Puts another company behind a person.
    Relink { system: usize, pick: u64, to: u64 },
    /// Removes a record.
    Delete { system: usize, kind: Kind, pick: u64 },
    /// Copies a record.
    Copy { system: usize, kind: Kind, pick: u64 },
    /// Makes by hand what another system has already; the same in every field, or in what identifies it.
    Twin { from: usize, to: usize, kind: Kind, pick: u64, same: bool, n: Tag },
    /// Locks a record against the engine, or opens it.
    Lock { system: usize, kind: Kind, pick: u64, lock: bool },
}

impl UserAct {
    /// Systems that take part.
    pub(super) fn systems(&self) -> Vec<usize> {
        match self {
            Self::Create { system, .. }
            | Self::Edit { system, .. }
            | Self::Blank { system, .. }
            | Self::Relink { system, .. }
            | Self::Delete { system, .. }
            | Self::Copy { system, .. }
            | Self::Lock { system, .. } => vec![*system],
            Self::Twin { from, to, .. } => vec![*from, *to],
        }
    }
    /// The kind of record that it is about.
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Create { kind, .. }
            | Self::Edit { kind, .. }
            | Self::Blank { kind, .. }
            | Self::Delete { kind, .. }
            | Self::Copy { kind, .. }
            | Self::Lock { kind, .. }
            | Self::Twin { kind, .. } => *kind,
            Self::Relink { .. } => Kind::Person,
        }
    }
}

/// One run and what happens while it goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct RunPlan {
    /// First contact.
    pub(super) adopt: bool,
    /// Chance of everything in it, so that other steps can be left out without changing it.
    pub(super) chance: u64,
    /// At which turn what happens.
    pub(super) during: Vec<(u32, During)>,
    /// Where it ends before its time.
    pub(super) crash: Option<Crash>,
}

/// What happens while a run goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum During {
    /// A user does something.
    User(UserAct),
    /// Seconds pass.
    Pass(i64),
}

/// Where a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Crash {
    /// The process dies at this turn.
    Turn(u32),
    /// It dies at this call of the store; after it took effect, or before.
    Store { call: u64, after: bool },
    /// The store fails at this call; after it took effect, or before.
    Fails { call: u64, after: bool },
}
