//! The emulator's own time.

use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, TimeDelta, Utc};

use super::Refused;

/// What moves the emulator's clock, beside `POST /_emulator/clock`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// Nothing: two runs of a test see the same stamps. Windows of rate limits never end by themselves.
    #[default]
    Frozen,
    /// Each request to the vendor's API moves it by this much, before it is answered.
    PerRequest(Duration),
    /// It runs as the machine's does, as for a client that really waits.
    Real,
}

#[derive(Debug)]
pub(super) struct Clock {
    base: DateTime<Utc>,
    time: Time,
    started: Instant,
}

impl Clock {
    pub(super) fn new(start: Option<DateTime<Utc>>, time: Time) -> Self {
        Self { base: start.unwrap_or_else(|| SystemTime::now().into()), time, started: Instant::now() }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        match self.time {
            Time::Real => later(self.base, self.started.elapsed()).unwrap_or(self.base),
            Time::Frozen | Time::PerRequest(_) => self.base,
        }
    }

    pub(super) fn request_came(&mut self) {
        if let Time::PerRequest(step) = self.time {
            self.base = later(self.base, step).unwrap_or(self.base);
        }
    }

    pub(super) fn advance(&mut self, by: Duration) -> Result<(), Refused> {
        self.base = later(self.base, by)
            .ok_or_else(|| Refused::new(format!("advance: {} s is further than the calendar goes", by.as_secs())))?;
        Ok(())
    }
}

fn later(instant: DateTime<Utc>, by: Duration) -> Option<DateTime<Utc>> {
    instant.checked_add_signed(TimeDelta::from_std(by).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frozen_clock_moves_only_when_told() {
        let start = DateTime::UNIX_EPOCH;
        let mut clock = Clock::new(Some(start), Time::Frozen);
        clock.request_came();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_secs(90)).unwrap();
        assert_eq!(clock.now(), start + TimeDelta::seconds(90));
        assert!(clock.advance(Duration::MAX).is_err());
    }

    #[test]
    fn each_request_moves_a_stepping_clock() {
        let mut clock = Clock::new(Some(DateTime::UNIX_EPOCH), Time::PerRequest(Duration::from_millis(600)));
        clock.request_came();
        clock.request_came();
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH + TimeDelta::milliseconds(1200));
    }
}
