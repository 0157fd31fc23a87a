//! Whole-engine simulation: users edit, create, delete and copy while runs go on; answers come late, in another order,
//! twice or never; the process dies at any await and at any step of the store, and starts again on the same store.
//!
//! One seed is one [`History`]: systems with random habits, a random policy, and steps. [`History::run`] plays it and
//! lets an oracle judge, which shares no code with the engine: it knows from the systems' own logs what every author had
//! before him, and takes bindings and journal for no more than claims. [`History::shrink`] makes a failing history small.
//!
//! ```
//! use sync_testkit::simulation::{Breadth, History};
//!
//! let verdict = History::within(1, Breadth::Trouble).run();
//! assert!(verdict.is_clean(), "{verdict}");
//! ```

mod act;
mod chance;
mod documents;
mod oracle;
mod rules;
mod shrink;
mod stage;
mod system;
mod tell;
mod values;
mod verdict;

use act::Step;
use rules::EntityPlan;
use system::SystemPlan;

pub use documents::DocumentHistory;
pub use verdict::{Verdict, Wrong};

/// How much of the world a history may use. Later ones include the earlier ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// Two systems, one of them the master; users and runs in turn, no trouble.
    Master,
    /// Lost answers, bad listings, crashes, edits while a run goes on.
    Trouble,
    /// Up to four systems, every rule for fields.
    Rules,
    /// Removals, copies, records that people made twice, match rules, links, scopes.
    Records,
    /// Facets. Documents, snapshots and slots belong here when they come.
    Everything,
}

impl Breadth {
    /// From 0, the narrowest, to 4, everything.
    pub fn from_level(level: u64) -> Self {
        match level {
            0 => Self::Master,
            1 => Self::Trouble,
            2 => Self::Rules,
            3 => Self::Records,
            _ => Self::Everything,
        }
    }
}

/// One history: who takes part, under which rules, and what happens.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    seed: u64,
    systems: Vec<SystemPlan>,
    entities: Vec<EntityPlan>,
    steps: Vec<Step>,
}

impl History {
    /// The history of a seed, of all that there is.
    pub fn from_seed(seed: u64) -> Self {
        Self::within(seed, Breadth::Everything)
    }
    /// The history of a seed that uses only so much of the world.
    pub fn within(seed: u64, breadth: Breadth) -> Self {
        chance::history(seed, breadth)
    }
    /// Plays it and judges.
    pub fn run(&self) -> Verdict {
        stage::guarded(self)
    }
    /// The smallest history found that fails in the same way: fewest steps, fewest systems, plainest habits.
    #[must_use]
    pub fn shrink(&self, failure: &Verdict) -> Self {
        shrink::shrink(self, failure)
    }
}
