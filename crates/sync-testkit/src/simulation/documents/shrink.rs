//! Makes a failing history of documents small: fewest steps, plainest habits.

use super::{DocumentHistory, RunPlan, Step, plan::Plan, play};
use crate::simulation::{Verdict, Wrong};

/// How many histories may be tried.
const TRIES: usize = 3_000;

struct Shrinker {
    best: DocumentHistory,
    wrong: Wrong,
    tries: usize,
}

pub(super) fn shrink(history: &DocumentHistory, failure: &Verdict) -> DocumentHistory {
    let Some(wrong) = failure.first() else { return history.clone() };
    let mut shrinker = Shrinker { best: history.clone(), wrong, tries: TRIES };
    loop {
        let before = shrinker.best.clone();
        shrinker.steps();
        shrinker.within();
        for plain in PLAIN {
            shrinker.with(|history| plain(&mut history.plan));
        }
        if shrinker.best == before || shrinker.tries == 0 {
            return shrinker.best;
        }
    }
}

impl Shrinker {
    /// Takes a candidate over if it fails in the same way.
    fn with(&mut self, change: impl FnOnce(&mut DocumentHistory)) -> bool {
        let mut candidate = self.best.clone();
        change(&mut candidate);
        if self.tries == 0 || candidate == self.best {
            return false;
        }
        self.tries -= 1;
        let fails = play::guarded(&candidate).first() == Some(self.wrong);
        if fails {
            self.best = candidate;
        }
        fails
    }

    /// Leaves steps out: half of them, a quarter, one by one.
    fn steps(&mut self) {
        let mut size = self.best.steps.len().div_ceil(2);
        while size > 0 {
            let mut from = 0;
            while from < self.best.steps.len() {
                let to = (from + size).min(self.best.steps.len());
                if !self.with(|history| drop(history.steps.drain(from..to))) {
                    from += size;
                }
            }
            size /= 2;
        }
    }

    fn within(&mut self) {
        for at in 0..self.best.steps.len() {
            let mut run = |change: fn(&mut RunPlan)| {
                self.with(|history| {
                    if let Some(Step::Run(run)) = history.steps.get_mut(at) {
                        change(run);
                    }
                });
            };
            run(|run| run.crash = None);
            run(|run| run.during.clear());
            run(|run| {
                run.during.pop();
            });
            run(|run| {
                run.during.drain(..run.during.len().min(1));
            });
            run(|run| run.chance = 1);
        }
    }
}

/// Every habit back to the plain one, one after the other.
const PLAIN: [fn(&mut Plan); 24] = [
    |p| p.prices = 2,
    |p| p.per_row = false,
    |p| p.untold = false,
    |p| p.whole_units = false,
    |p| p.price_scale = 2,
    |p| p.takes = (true, true),
    |p| p.names_items = false,
    |p| p.searched = true,
    |p| p.idempotent = false,
    |p| p.moves = false,
    |p| p.pays = false,
    |p| p.sum = false,
    |p| p.drafts_only = false,
    |p| p.rounding = true,
    |p| p.foreign = "revert",
    |p| (p.late_s, p.gap_s) = (0, 0),
    |p| p.since_ms = None,
    |p| p.silent = false,
    |p| p.slow = 0,
    |p| p.loses = 0,
    |p| p.doubles = 0,
    |p| (p.unavailable, p.limited, p.short) = (0, 0, 0),
    |p| p.checks = false,
    |p| (p.shop_loses, p.shop_unavailable) = (0, 0),
];
