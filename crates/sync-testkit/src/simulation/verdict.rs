//! What the oracle found.

use std::{collections::BTreeMap, fmt};

/// What can be wrong with a history's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// A user's edit is gone, and no journal knows it.
    Lost,
    /// The engine made a record that was there already.
    Doubled,
    /// Something was written although nothing had changed.
    Echo,
    /// A side shows something else than what is agreed, and nobody is told.
    Stuck,
    /// A system was written where the policy does not allow it.
    Master,
    /// Something was removed, or taken for removed, that was there.
    Removed,
    /// An amount is what nobody typed.
    Money,
    /// More was written in one run than the guards allow.
    Guard,
    /// A payment was registered twice, or one that nobody made.
    Paid,
    /// A side effect was asked for again.
    Effect,
    /// A status went back.
    Status,
    /// Something was written to a document that was shown as locked.
    Locked,
    /// The engine failed by itself, or did not end.
    Failed,
}

impl Wrong {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 13] = [
        Self::Lost,
        Self::Doubled,
        Self::Echo,
        Self::Stuck,
        Self::Master,
        Self::Removed,
        Self::Money,
        Self::Guard,
        Self::Paid,
        Self::Effect,
        Self::Status,
        Self::Locked,
        Self::Failed,
    ];
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Echo => "echo",
            Self::Stuck => "stuck",
            Self::Master => "master",
            Self::Removed => "removed",
            Self::Money => "money",
            Self::Guard => "guard",
            Self::Paid => "paid",
            Self::Effect => "effect",
            Self::Status => "status",
            Self::Locked => "locked",
            Self::Failed => "failed",
        }
    }
}

/// What the oracle says of a history.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Verdict {
    /// What is wrong: each finding in a line for people.
    pub wrong: BTreeMap<Wrong, Vec<String>>,
    /// Edits made between the engine's look and its write, where the system gives no way to notice.
    pub window: u64,
    /// Edits that users made.
    pub edits: u64,
    /// Changes that the engine made.
    pub writes: u64,
    /// Runs that were ended before their time.
    pub crashes: u64,
    /// What waits for a person at the end.
    pub held: u64,
    /// What is set aside at the end.
    pub parked: u64,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.wrong.is_empty()
    }
    /// How often one thing is wrong.
    pub fn count(&self, wrong: Wrong) -> usize {
        self.wrong.get(&wrong).map_or(0, Vec::len)
    }
    /// The first thing that is wrong.
    pub fn first(&self) -> Option<Wrong> {
        self.wrong.keys().next().copied()
    }
    pub(super) fn add(&mut self, wrong: Wrong, line: String) {
        self.wrong.entry(wrong).or_default().push(line);
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (wrong, lines) in &self.wrong {
            for line in lines {
                writeln!(f, "{}: {line}", wrong.word())?;
            }
        }
        write!(
            f,
            "edits {} writes {} crashes {} held {} parked {} window {}",
            self.edits, self.writes, self.crashes, self.held, self.parked, self.window
        )
    }
}
