//! Waiting and measuring, both from outside, so that tests wait for nothing.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant, SystemTime},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sync_core::context::Clock;
use tokio::sync::oneshot;

/// How this crate waits. Limits and retries ask nothing else, so that a test can replace it.
///
/// [`Clock`] tells the date, which an administrator or a time server may set back; a timer only moves forward.
/// Lengths are measured with the timer, deadlines and token expiry with the clock.
#[async_trait]
pub trait Timer: std::fmt::Debug + Send + Sync {
    /// The time since some fixed moment. Never less than what it answered before.
    fn elapsed(&self) -> Duration;
    /// Comes back when `length` has passed. Dropping the future ends the wait.
    async fn sleep(&self, length: Duration);
}

/// The timer of a running program: tokio's. Needs a tokio runtime with its time driver.
#[derive(Debug)]
pub struct TokioTimer {
    origin: Instant,
}

impl TokioTimer {
    /// A timer that counts from now.
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for TokioTimer {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Timer for TokioTimer {
    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }
    #[allow(clippy::disallowed_methods, reason = "the one place that waits; everything else asks a Timer")]
    async fn sleep(&self, length: Duration) {
        tokio::time::sleep(length).await;
    }
}

/// The machine's clock, for the edge of a program. Libraries get a [`Clock`] in their `Context`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }
}

/// Clock and timer of a test: time passes only when the test, or a wait, moves it.
///
/// ```
/// use std::time::Duration;
/// use sync_http::{Timer, VirtualTime};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let time = VirtualTime::leaping(chrono::DateTime::UNIX_EPOCH);
/// time.sleep(Duration::from_secs(3600)).await; // at once
/// assert_eq!(time.elapsed(), Duration::from_secs(3600));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct VirtualTime {
    start: DateTime<Utc>,
    leaping: bool,
    state: Mutex<VirtualState>,
}

#[derive(Debug, Default)]
struct VirtualState {
    now: Duration,
    slept: Vec<Duration>,
    asleep: Vec<(Duration, oneshot::Sender<()>)>,
}

impl VirtualTime {
    /// Each wait moves the time forward and ends at once. For one call after another.
    pub fn leaping(start: DateTime<Utc>) -> Self {
        Self { start, leaping: true, state: Mutex::default() }
    }
    /// A wait ends when [`advance`](Self::advance) has moved past its end. For calls that wait side by side.
    pub fn stepped(start: DateTime<Utc>) -> Self {
        Self { start, leaping: false, state: Mutex::default() }
    }
    /// Moves the time and wakes those whose wait is over.
    pub fn advance(&self, length: Duration) {
        let mut state = self.lock();
        state.now = state.now.saturating_add(length);
        let now = state.now;
        let (due, asleep) = std::mem::take(&mut state.asleep).into_iter().partition::<Vec<_>, _>(|(at, _)| *at <= now);
        state.asleep = asleep;
        for (_, wake) in due {
            // a sleeper that was dropped does not listen any more
            let _ = wake.send(());
        }
    }
    /// The waits asked for until now, in order.
    pub fn slept(&self) -> Vec<Duration> {
        self.lock().slept.clone()
    }
    /// How many wait at this moment.
    pub fn asleep(&self) -> usize {
        self.lock().asleep.iter().filter(|(_, wake)| !wake.is_closed()).count()
    }
    fn lock(&self) -> MutexGuard<'_, VirtualState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Timer for VirtualTime {
    fn elapsed(&self) -> Duration {
        self.lock().now
    }
    async fn sleep(&self, length: Duration) {
        let woken = {
            let mut state = self.lock();
            state.slept.push(length);
            let at = state.now.saturating_add(length);
            if self.leaping || length.is_zero() {
                state.now = at;
                None
            } else {
                let (wake, woken) = oneshot::channel();
                state.asleep.push((at, wake));
                Some(woken)
            }
        };
        match woken {
            // the sender lives in `self`, so this ends only when it was sent
            Some(woken) => drop(woken.await),
            None => tokio::task::yield_now().await,
        }
    }
}

impl Clock for VirtualTime {
    fn now(&self) -> DateTime<Utc> {
        later(self.start, self.lock().now)
    }
}

/// `moment` plus `length`; the last possible moment where that cannot be written.
pub(crate) fn later(moment: DateTime<Utc>, length: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(length)
        .ok()
        .and_then(|delta| moment.checked_add_signed(delta))
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// How long it is from `now` to `then`; zero when `then` has passed.
pub(crate) fn until(now: DateTime<Utc>, then: DateTime<Utc>) -> Duration {
    then.signed_duration_since(now).to_std().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stepped_wait_ends_when_its_time_has_come_and_not_before() {
        let time = std::sync::Arc::new(VirtualTime::stepped(DateTime::UNIX_EPOCH));
        let sleeper = tokio::spawn({
            let time = time.clone();
            async move { time.sleep(Duration::from_secs(10)).await }
        });
        while time.asleep() == 0 {
            tokio::task::yield_now().await;
        }
        time.advance(Duration::from_secs(9));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        time.advance(Duration::from_secs(1));
        sleeper.await.unwrap();
        assert_eq!(time.now(), DateTime::from_timestamp(10, 0).unwrap());
    }

    #[test]
    fn lengths_never_overflow_a_date() {
        assert_eq!(later(DateTime::UNIX_EPOCH, Duration::MAX), DateTime::<Utc>::MAX_UTC);
        assert_eq!(until(DateTime::from_timestamp(5, 0).unwrap(), DateTime::UNIX_EPOCH), Duration::ZERO);
    }
}
