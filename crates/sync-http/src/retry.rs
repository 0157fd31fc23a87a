//! The one place that tries again. What may be repeated is decided in [`error`](crate::error); here is decided when, and
//! when no longer.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::DateTime;
use sync_core::{
    context::Context,
    error::{Error, ErrorKind, Retry},
};

use crate::{
    response::Response,
    time::{Timer, until},
};

/// How often and how long a call is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RetryPolicy {
    /// Requests in all, the first one included. Five.
    pub tries: u32,
    /// Wait after the first failure; doubles with each further one. Half a second.
    pub base: Duration,
    /// The same after a refusal for too many calls that told no time. Five seconds.
    pub limited_base: Duration,
    /// The longest wait of our own choice. 30 seconds.
    pub cap: Duration,
    /// The longest wait told by the vendor that is waited for; a longer one ends the call with that time. 90 seconds.
    pub longest_wait: Duration,
    /// Time for all tries and waits of one call together, from the first request on. Three minutes.
    pub budget: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            tries: 5,
            base: Duration::from_millis(500),
            limited_base: Duration::from_secs(5),
            cap: Duration::from_secs(30),
            longest_wait: Duration::from_secs(90),
            budget: Duration::from_secs(180),
        }
    }
}

impl RetryPolicy {
    /// One request, whatever comes.
    pub fn once() -> Self {
        Self { tries: 1, ..Self::default() }
    }
    /// Replaces the number of requests in all.
    #[must_use]
    pub fn with_tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }
    /// Replaces the time for all tries and waits together.
    #[must_use]
    pub fn with_budget(self, budget: Duration) -> Self {
        Self { budget, ..self }
    }
    /// Replaces the longest wait that a vendor may ask for.
    #[must_use]
    pub fn with_longest_wait(self, longest_wait: Duration) -> Self {
        Self { longest_wait, ..self }
    }
    /// The wait after the `failed`-th failure in a row: between half and all of `base · 2^(failed-1)`, at most `cap`.
    pub fn backoff(&self, failed: u32, limited: bool, jitter: &Jitter) -> Duration {
        let base = if limited { self.limited_base } else { self.base };
        let factor = 1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX);
        let whole = base.saturating_mul(factor).min(self.cap);
        let half = whole / 2;
        half.saturating_add(jitter.up_to(whole.saturating_sub(half)))
    }
}

/// Chance for spreading waits (not for secrets), so that many callers do not come back at the same moment.
#[derive(Debug)]
pub struct Jitter(AtomicU64);

impl Jitter {
    /// The same waits each time: for tests.
    pub fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
    /// Different in each process.
    pub fn random() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }
    /// A length from zero to `longest`, both included, in whole microseconds.
    pub fn up_to(&self, longest: Duration) -> Duration {
        let choices = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_micros(self.next() % choices)
    }
    /// SplitMix64: a counter whose bits are mixed, hence safe to share without a lock.
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

/// What `Retry-After` asks for: seconds, or a date. A date is measured from the answer's own `Date`, so that a clock of
/// ours that is wrong does not matter; without one, from `now`.
pub fn retry_after(response: &Response, now: DateTime<chrono::Utc>) -> Option<Duration> {
    let told = response.header("retry-after")?.trim();
    if !told.is_empty() && told.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(told.parse().unwrap_or(u64::MAX)));
    }
    let then = DateTime::parse_from_rfc2822(told).ok()?.to_utc();
    let from = response.header("date").and_then(|date| DateTime::parse_from_rfc2822(date.trim()).ok());
    Some(until(from.map_or(now, |date| date.to_utc()), then))
}

/// A call that went wrong once.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The same request may be sent again.
    pub(crate) again: bool,
    /// The vendor's word for how long to wait.
    pub(crate) wait: Option<Duration>,
}

pub(crate) enum Next {
    After(Duration),
    GiveUp(Error),
}

/// The tries of one call.
pub(crate) struct Attempts<'a> {
    policy: &'a RetryPolicy,
    jitter: &'a Jitter,
    timer: &'a Arc<dyn Timer>,
    cx: &'a Context,
    /// When the first request left; waiting for a limit before it is no part of the budget.
    started: Option<Duration>,
    failed: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(policy: &'a RetryPolicy, jitter: &'a Jitter, timer: &'a Arc<dyn Timer>, cx: &'a Context) -> Self {
        Self { policy, jitter, timer, cx, started: None, failed: 0 }
    }
    /// The number of the request that is made now, from 1.
    pub(crate) fn number(&self) -> u32 {
        self.failed.saturating_add(1)
    }
    /// A request leaves now.
    pub(crate) fn sent(&mut self) {
        self.started.get_or_insert_with(|| self.timer.elapsed());
    }
    /// What follows a failure.
    pub(crate) fn after(&mut self, failure: Failure) -> Next {
        self.failed = self.number();
        let Failure { error, again, wait } = failure;
        if !again {
            return Next::GiveUp(error);
        }
        if wait.is_some_and(|wait| wait > self.policy.longest_wait) {
            return Next::GiveUp(error.with_retry(Retry::Later { after: wait }));
        }
        let limited = error.kind() == ErrorKind::RateLimited;
        let length = match wait {
            Some(wait) => wait.saturating_add(self.jitter.up_to(self.policy.base)),
            None => self.policy.backoff(self.failed, limited, self.jitter),
        };
        let now = self.timer.elapsed();
        let spent = now.saturating_sub(self.started.unwrap_or(now));
        let late = self.cx.deadline.is_some_and(|end| until(self.cx.clock.now(), end) <= length);
        if self.failed >= self.policy.tries || spent.saturating_add(length) > self.policy.budget || late {
            let retry = if wait.is_some() { Retry::Later { after: wait } } else { Retry::Exhausted };
            return Next::GiveUp(error.with_retry(retry).with_context("tries", self.failed));
        }
        Next::After(length)
    }
    /// The only wait between tries.
    pub(crate) async fn wait(&self, length: Duration) {
        self.timer.sleep(length).await;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{response::tests::answer, time::VirtualTime};

    fn failure(wait: Option<Duration>) -> Failure {
        Failure { error: Error::new(ErrorKind::Unavailable, "x", "y"), again: true, wait }
    }

    proptest! {
        #[test]
        fn a_wait_is_between_half_and_all_of_its_step_and_never_over_the_cap(
            base in 1_u64..10_000, cap in 1_u64..100_000, failed in 1_u32..80, seed in any::<u64>(), limited in any::<bool>(),
        ) {
            let base = Duration::from_millis(base);
            let policy = RetryPolicy { base, limited_base: base * 3, cap: Duration::from_millis(cap), ..RetryPolicy::default() };
            let whole = (if limited { base * 3 } else { base }).saturating_mul(2_u32.saturating_pow(failed - 1)).min(policy.cap);
            let wait = policy.backoff(failed, limited, &Jitter::seeded(seed));
            prop_assert!(whole / 2 <= wait && wait <= whole, "{wait:?} of {whole:?}");
        }
        #[test]
        fn tries_and_time_are_never_overrun(
            waits in prop::collection::vec(prop::option::of(0_u64..200), 1..30), tries in 1_u32..8, budget in 0_u64..300, seed in any::<u64>(),
        ) {
            let time = Arc::new(VirtualTime::leaping(DateTime::UNIX_EPOCH));
            let timer: Arc<dyn Timer> = time.clone();
            let cx = Context::new(time.clone(), "test");
            let policy = RetryPolicy::default().with_tries(tries).with_budget(Duration::from_secs(budget));
            let jitter = Jitter::seeded(seed);
            let mut attempts = Attempts::new(&policy, &jitter, &timer, &cx);
            let mut sent = 0;
            for wait in waits {
                sent += 1;
                attempts.sent();
                let wait = wait.map(Duration::from_secs);
                match attempts.after(failure(wait)) {
                    Next::After(length) => {
                        prop_assert!(wait.is_none_or(|wait| wait <= length), "never sooner than the vendor said");
                        time.advance(length);
                    }
                    Next::GiveUp(error) => {
                        prop_assert!(error.retry() != Retry::Never);
                        break;
                    }
                }
            }
            prop_assert!(sent <= tries && time.elapsed() <= policy.budget);
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let (a, b) = (Jitter::seeded(7), Jitter::seeded(7));
        let waits = |jitter: &Jitter| [0; 5].map(|_| jitter.up_to(Duration::from_secs(1)));
        let first = waits(&a);
        assert_eq!(first, waits(&b));
        assert!(first.windows(2).any(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        let now = DateTime::from_timestamp(784_111_777, 0).unwrap(); // Sun, 06 Nov 1994 08:49:37 GMT
        for (headers, wait) in [
            (vec![("Retry-After", " 14 ")], Some(14)),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")], Some(60)),
            (
                vec![("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), ("date", "Sun, 06 Nov 1994 08:50:30 GMT")],
                Some(7),
            ),
            (vec![("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(0)),
            (vec![("retry-after", "99999999999999999999999")], Some(u64::MAX)),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "-5")], None),
            (vec![], None),
        ] {
            let read = retry_after(&answer(429, &headers, "", false), now);
            assert_eq!(read, wait.map(Duration::from_secs), "{headers:?}");
        }
    }

    #[test]
    fn a_wait_that_is_too_long_or_past_the_deadline_ends_the_call_with_that_time() {
        let time = Arc::new(VirtualTime::leaping(DateTime::UNIX_EPOCH));
        let timer: Arc<dyn Timer> = time.clone();
        let (policy, jitter) = (RetryPolicy::default(), Jitter::seeded(1));
        let mut cx = Context::new(time, "test");
        let mut attempts = Attempts::new(&policy, &jitter, &timer, &cx);
        let wait = Some(Duration::from_secs(91));
        assert!(
            matches!(attempts.after(failure(wait)), Next::GiveUp(error) if error.retry() == Retry::Later { after: wait })
        );
        cx.deadline = DateTime::from_timestamp(10, 0);
        let mut attempts = Attempts::new(&policy, &jitter, &timer, &cx);
        let wait = Some(Duration::from_secs(11));
        assert!(
            matches!(attempts.after(failure(wait)), Next::GiveUp(error) if error.retry() == Retry::Later { after: wait })
        );
    }
}
