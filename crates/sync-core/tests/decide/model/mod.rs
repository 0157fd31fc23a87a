//! A model of systems that are kept in agreement, with bookkeeping of its own: of the crate it calls only `decide` and
//! `represents`. Every edit is a bit; every value carries the bits of all edits that its author had before him. So an
//! edit is lost if, in the end, its bit is neither in the agreed value nor in anything that was reported.

mod case;
mod checks;
mod ledger;
mod run;
mod shrink;
mod store;

pub(crate) use case::{Case, RuleKind};
pub(crate) use ledger::{Failure, Wrong};
pub(crate) use shrink::shrunk;

/// Runs one history to its end.
pub(crate) fn run(case: &Case, wrong: Option<Wrong>) -> Result<(), Failure> {
    ledger::Ledger::new(case, wrong).history()
}

/// SplitMix64: small, seeded, the same everywhere.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
    }
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
    pub(crate) fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }
}
