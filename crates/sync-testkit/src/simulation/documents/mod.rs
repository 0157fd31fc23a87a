//! Histories of documents: a shop whose orders go to an ERP, as orders or as invoices, while people book, pay, copy,
//! credit and remove, answers are lost, searches lag, and the process dies.
//!
//! One seed is one [`DocumentHistory`]. Its oracle shares no code with the engine: it reads the systems' own logs, and the
//! mocks' own arithmetic.
//!
//! ```
//! use sync_testkit::simulation::DocumentHistory;
//!
//! let verdict = DocumentHistory::from_seed(1).run();
//! assert!(verdict.is_clean(), "{verdict}");
//! ```

mod baskets;
mod chance;
mod lineage;
mod oracle;
mod plan;
mod play;
mod shrink;

use std::fmt;

use super::{Verdict, act::Crash};
use plan::Plan;

/// A history of documents: how the two systems behave, under which rules, and what happens.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentHistory {
    seed: u64,
    plan: Plan,
    steps: Vec<Step>,
}

impl DocumentHistory {
    /// The history of a seed.
    pub fn from_seed(seed: u64) -> Self {
        chance::history(seed)
    }
    /// Plays it and judges.
    pub fn run(&self) -> Verdict {
        play::guarded(self)
    }
    /// The smallest history found that fails in the same way: fewest steps, plainest habits.
    #[must_use]
    pub fn shrink(&self, failure: &Verdict) -> Self {
        shrink::shrink(self, failure)
    }
}

/// One step of a history.
#[derive(Clone, Debug, PartialEq)]
enum Step {
    /// Somebody does something.
    User(Act),
    /// Seconds pass.
    Pass(i64),
    /// The engine runs.
    Run(RunPlan),
    /// The ERP goes out of order, or comes back.
    Down(bool),
}

/// What people do. `pick` chooses one of the records that are there.
#[derive(Clone, Debug, PartialEq)]
enum Act {
    /// A shopper buys.
    Place { n: u64 },
    /// Somebody changes an order's rows in the shop.
    EditOrder { pick: u64, n: u64 },
    /// A shopper pays so many percent of what is left.
    PayShop { pick: u64, percent: u32 },
    /// Somebody sets an order's status back in the shop.
    SetBack { pick: u64 },
    /// Somebody removes an order in the shop.
    DeleteOrder { pick: u64 },
    /// Somebody takes the next step with a document in the ERP.
    Book { pick: u64 },
    /// Somebody copies a document, our mark included.
    Copy { pick: u64 },
    /// Somebody registers a payment of so many percent of what is left.
    PayErp { pick: u64, percent: u32 },
    /// Somebody removes a document that is no invoice yet.
    DeleteDraft { pick: u64 },
    /// Somebody changes the rows of a draft.
    EditDraft { pick: u64, n: u64 },
    /// Somebody credits an invoice.
    Credit { pick: u64 },
    /// Somebody invoices an order, all of it or its first row.
    Invoice { pick: u64, part: bool },
    /// Somebody makes the article that some orders name.
    AddItem,
}

/// One run and what happens while it goes on.
#[derive(Clone, Debug, PartialEq)]
struct RunPlan {
    adopt: bool,
    chance: u64,
    /// At which turn somebody does what.
    during: Vec<(u32, Act)>,
    crash: Option<Crash>,
}

impl fmt::Display for DocumentHistory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {} of documents\n{:?}", self.seed, self.plan)?;
        for line in self.plan.policy().lines() {
            writeln!(f, "  {line}")?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            match step {
                Step::Run(run) => {
                    let word = if run.adopt { "adopt" } else { "run" };
                    writeln!(f, "{number:3} {word} (chance {})", run.chance)?;
                    for (turn, act) in &run.during {
                        writeln!(f, "      at turn {turn}: {act:?}")?;
                    }
                    if let Some(crash) = run.crash {
                        writeln!(f, "      ends at {crash:?}")?;
                    }
                }
                other => writeln!(f, "{number:3} {other:?}")?,
            }
        }
        Ok(())
    }
}
