//! What came of it, in figures.

use std::collections::BTreeMap;

use crate::{kill::When, oracle::Verdict};

/// All worlds so far.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Kills that hit a run that was under way, by what it was doing.
    pub(crate) kills: BTreeMap<When, u32>,
    /// Runs that had ended before they were to be killed: no kill.
    pub(crate) ended: u32,
    /// Runs that were left alone.
    pub(crate) runs: u32,
    /// How often the systems were compared with what people did.
    pub(crate) judged: u32,
    /// What people did.
    pub(crate) acts: u64,
    /// Orders, documents, buyers and articles that were looked at in the last comparison of each world.
    pub(crate) looked_at: u64,
    /// What was found.
    pub(crate) found: Verdict,
}

impl Told {
    /// Kills that hit.
    pub(crate) fn kills(&self) -> u32 {
        self.kills.values().sum()
    }
    /// Nothing was found.
    pub(crate) fn clean(&self) -> bool {
        self.found.is_clean()
    }
    /// Adds another world.
    pub(crate) fn add(&mut self, other: Self) {
        for (when, count) in other.kills {
            *self.kills.entry(when).or_default() += count;
        }
        self.ended += other.ended;
        self.runs += other.runs;
        self.judged += other.judged;
        self.acts += other.acts;
        self.looked_at += other.looked_at;
        self.found.add(other.found);
    }
    /// Says it; the summary is the last line.
    pub(crate) fn print(&self) {
        for line in &self.found.lost {
            println!("lost: {line}");
        }
        for line in &self.found.doubled {
            println!("doubled: {line}");
        }
        let when = |when| self.kills.get(&when).copied().unwrap_or_default();
        println!(
            "hit while starting {}, reading {}, writing {} (of these with a write under way {}); had ended before: {}",
            when(When::Starting),
            when(When::Reading),
            when(When::Writing) + when(When::InWrite),
            when(When::InWrite),
            self.ended
        );
        println!(
            "{} acts of people; {} runs to their end; compared {} times, {} records at the end",
            self.acts, self.runs, self.judged, self.looked_at
        );
        println!("kills {} lost {} doubled {}", self.kills(), self.found.lost.len(), self.found.doubled.len());
    }
}
