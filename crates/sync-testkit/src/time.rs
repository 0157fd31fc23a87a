//! Time and chance that a test decides.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use sync_core::Clock;

/// A clock that stands still until it is told to go on. Clones show the same time.
#[derive(Clone, Debug)]
pub struct VirtualClock(Arc<Mutex<DateTime<Utc>>>);

impl Default for VirtualClock {
    fn default() -> Self {
        Self::at(Utc.with_ymd_and_hms(2026, 3, 2, 8, 0, 0).single().unwrap_or_default())
    }
}

impl VirtualClock {
    /// A clock that shows this moment.
    pub fn at(start: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(start)))
    }
    /// Goes on.
    pub fn advance(&self, by: TimeDelta) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Chance from a seed: one seed, one history. Clones draw from the same stream.
#[derive(Clone, Debug)]
pub struct Dice(Arc<Mutex<fastrand::Rng>>);

impl Dice {
    /// Seeded.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(fastrand::Rng::with_seed(seed))))
    }
    /// One of `0..sides`; 0 if there is none.
    pub fn roll(&self, sides: usize) -> usize {
        if sides == 0 { 0 } else { self.0.lock().unwrap_or_else(PoisonError::into_inner).usize(0..sides) }
    }
    /// True in so many of a thousand cases.
    pub fn per_mille(&self, chance: u32) -> bool {
        chance > 0 && self.0.lock().unwrap_or_else(PoisonError::into_inner).u32(0..1000) < chance
    }
    /// One of these.
    pub fn pick<'a, T>(&self, from: &'a [T]) -> Option<&'a T> {
        from.get(self.roll(from.len()))
    }
    /// In another order.
    pub fn shuffle<T>(&self, all: &mut [T]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).shuffle(all);
    }
}
