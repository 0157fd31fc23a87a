//! Rate limits that all calls of a process share, with lanes and with limits learnt from the vendor.
//!
//! *Why not `governor`.* Its cell-rate algorithm lets a full burst through and refills while it runs, so that one window
//! of the vendor's may see nearly twice the quota; the vendors here count sliding windows. It has no order among those
//! who wait, hence no lanes, and a quota is fixed when the limiter is made, while some vendors tell theirs only in an
//! answer. What is needed is a list of moments and a queue, which is all this module is.
//!
//! *What is counted.* A call holds its slot from before it leaves until one window after its answer came. The vendor saw
//! it at some moment in between, hence no window of the vendor's holds more calls than the quota, however slow the line.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sync_core::{
    context::Lane,
    error::{Error, ErrorKind, Result, Retry},
};
use tokio::sync::Notify;

use crate::time::Timer;

/// The longest pause that a vendor's word is taken for: one hour, the longest window known. A date read wrongly must
/// not stop a system for years.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// The name of a limit: all calls that name the same one share it, whichever tenant they serve.
///
/// It stands in traces and errors: take the client id or the connection's name, never a token.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LimitKey(Arc<str>);

impl LimitKey {
    /// A key from its text: `eekonomi:client-1:/v2/orders`.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(Arc::from(text.as_ref()))
    }
}

impl fmt::Display for LimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So many calls in any window of that length, and perhaps so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    calls: u32,
    window: Duration,
    at_once: Option<u32>,
}

impl Quota {
    /// At most `calls` (at least one is allowed) in any `window`.
    pub fn new(calls: u32, window: Duration) -> Self {
        Self { calls: calls.max(1), window, at_once: None }
    }
    /// At most `calls` in any 60 seconds.
    pub fn per_minute(calls: u32) -> Self {
        Self::new(calls, Duration::from_secs(60))
    }
    /// At most `calls` in any second.
    pub fn per_second(calls: u32) -> Self {
        Self::new(calls, Duration::from_secs(1))
    }
    /// Also at most `calls` (at least one) on their way at the same moment.
    #[must_use]
    pub fn at_once(self, calls: u32) -> Self {
        Self { at_once: Some(calls.max(1)), ..self }
    }
}

/// A limit as a connector names it. Without a quota it starts open and is learnt from the vendor's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Who shares it.
    pub key: LimitKey,
    /// What it is, if known before the first call. The first one named for a key counts.
    pub quota: Option<Quota>,
}

impl Limit {
    /// A limit whose quota is known.
    pub fn known(key: LimitKey, quota: Quota) -> Self {
        Self { key, quota: Some(quota) }
    }
    /// A limit that the vendor will tell.
    pub fn learnt(key: LimitKey) -> Self {
        Self { key, quota: None }
    }
}

/// What an answer said about limits, read by the connector from headers or from an error's text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LimitHint {
    /// Which of the call's limits is meant; all of them if not told.
    pub key: Option<LimitKey>,
    /// No call before this time has passed.
    pub wait: Option<Duration>,
    /// The quota in force; replaces the one known until now.
    pub quota: Option<Quota>,
}

/// All limits of a process. Made once and handed to every client.
#[derive(Debug)]
pub struct Limits {
    timer: Arc<dyn Timer>,
    patience: Duration,
    gates: Mutex<HashMap<LimitKey, Arc<Gate>>>,
}

impl Limits {
    /// A registry without limits; each is added by the first call that names it.
    pub fn new(timer: Arc<dyn Timer>) -> Self {
        Self { timer, patience: Duration::from_secs(120), gates: Mutex::default() }
    }
    /// How long the first in line may have to wait for a free slot before it is told to come back in a later run.
    /// Two minutes if not set: longer than a window of a minute, shorter than one of an hour.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
    /// Takes over what an answer said about `key`.
    pub fn learn(&self, key: &LimitKey, hint: &LimitHint) {
        let gate = self.gate(&Limit::learnt(key.clone()));
        {
            let mut state = gate.lock();
            if hint.quota.is_some() {
                state.quota = hint.quota;
            }
            if let Some(wait) = hint.wait {
                let end = self.timer.elapsed().saturating_add(wait.min(LONGEST_PAUSE));
                state.paused_until = state.paused_until.max(end);
            }
        }
        gate.changed.notify_waiters();
    }
    /// The quota in force for `key`, if one is known.
    pub fn quota(&self, key: &LimitKey) -> Option<Quota> {
        self.gate(&Limit::learnt(key.clone())).lock().quota
    }
    /// Waits for a slot in each of `limits`, calls of a higher lane first.
    ///
    /// `within` is how long there is until nobody waits for the answer any more.
    /// Errors: `RateLimited` with the time to come back after, when it would take longer than that or than the patience.
    pub async fn acquire(
        &self,
        operation: &'static str,
        limits: &[Limit],
        lane: Lane,
        within: Option<Duration>,
    ) -> Result<Permits> {
        let mut limits: Vec<&Limit> = limits.iter().collect();
        // one order for all, so that two calls never hold what the other one waits for
        limits.sort_by(|a, b| a.key.cmp(&b.key));
        limits.dedup_by(|a, b| a.key == b.key);
        let end = within.map(|within| self.timer.elapsed().saturating_add(within));
        let mut permits = Permits { held: Vec::with_capacity(limits.len()) };
        for limit in limits {
            let gate = self.gate(limit);
            let permit = self.wait(operation, &limit.key, gate, lane, end).await?;
            permits.held.push(permit);
        }
        Ok(permits)
    }

    fn gate(&self, limit: &Limit) -> Arc<Gate> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(limit.key.clone()).or_default().clone();
        drop(gates);
        if limit.quota.is_some() {
            let mut state = gate.lock();
            state.quota = state.quota.or(limit.quota);
        }
        gate
    }

    async fn wait(
        &self,
        operation: &'static str,
        key: &LimitKey,
        gate: Arc<Gate>,
        lane: Lane,
        end: Option<Duration>,
    ) -> Result<Permit> {
        let place = Place::in_line(gate.clone(), lane);
        loop {
            let changed = gate.changed.notified();
            tokio::pin!(changed);
            // listen before looking, or a change in between is missed
            changed.as_mut().enable();
            let now = self.timer.elapsed();
            let turn = gate.lock().turn(now, place.ticket);
            let left = end.map(|end| end.saturating_sub(now));
            let wait = match turn {
                Turn::Yours => {
                    gate.changed.notify_waiters();
                    return Ok(Permit { gate: gate.clone(), timer: self.timer.clone(), sent: false });
                }
                Turn::In(wait) if wait > self.patience || left.is_some_and(|left| wait >= left) => {
                    return Err(too_long(operation, key, Some(wait)));
                }
                Turn::In(wait) => Some(wait),
                Turn::Later if left.is_some_and(|left| left.is_zero()) => {
                    return Err(too_long(operation, key, None));
                }
                Turn::Later => left,
            };
            match wait {
                Some(wait) => tokio::select! {
                    () = &mut changed => {}
                    () = self.timer.sleep(wait) => {}
                },
                None => changed.await,
            }
        }
    }
}

fn too_long(operation: &'static str, key: &LimitKey, wait: Option<Duration>) -> Error {
    let room = match wait {
        Some(wait) => format!("no room for another {} s", wait.as_secs().max(1)),
        None => "no room".to_owned(),
    };
    let message = format!("the limit «{key}» has {room}; nothing was sent, a later run goes on from here");
    Error::new(ErrorKind::RateLimited, operation, message).with_retry(Retry::Later { after: wait })
}

/// Slots that a call holds. Dropping them after [`sent`](Permits::sent) starts their window.
#[derive(Debug)]
pub struct Permits {
    held: Vec<Permit>,
}

impl Permits {
    /// The call leaves now: from here on its slots count, whatever becomes of it.
    pub fn sent(&mut self) {
        for permit in &mut self.held {
            permit.sent = true;
        }
    }
}

#[derive(Debug)]
struct Permit {
    gate: Arc<Gate>,
    timer: Arc<dyn Timer>,
    sent: bool,
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = self.gate.lock();
            state.on_their_way = state.on_their_way.saturating_sub(1);
            if self.sent && state.quota.is_some() {
                let now = self.timer.elapsed();
                state.answered.push_back(now);
            }
        }
        self.gate.changed.notify_waiters();
    }
}

#[derive(Debug, Default)]
struct Gate {
    state: Mutex<GateState>,
    changed: Notify,
}

impl Gate {
    fn lock(&self) -> MutexGuard<'_, GateState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct GateState {
    quota: Option<Quota>,
    paused_until: Duration,
    on_their_way: u32,
    /// When the answers came, oldest first.
    answered: VecDeque<Duration>,
    waiting: BTreeSet<(Reverse<Lane>, u64)>,
    tickets: u64,
}

enum Turn {
    Yours,
    /// You are first; look again after this time.
    In(Duration),
    /// Something else must happen first; you will be told.
    Later,
}

impl GateState {
    fn turn(&mut self, now: Duration, ticket: (Reverse<Lane>, u64)) -> Turn {
        if self.waiting.first() != Some(&ticket) {
            return Turn::Later;
        }
        if now < self.paused_until {
            return Turn::In(self.paused_until.saturating_sub(now));
        }
        if let Some(quota) = self.quota {
            if quota.at_once.is_some_and(|at_once| self.on_their_way >= at_once) {
                return Turn::Later;
            }
            while self.answered.front().is_some_and(|at| at.saturating_add(quota.window) <= now) {
                self.answered.pop_front();
            }
            let counted = u32::try_from(self.answered.len()).unwrap_or(u32::MAX).saturating_add(self.on_their_way);
            if counted >= quota.calls {
                return match self.answered.front() {
                    Some(oldest) => Turn::In(oldest.saturating_add(quota.window).saturating_sub(now)),
                    None => Turn::Later,
                };
            }
        }
        self.waiting.remove(&ticket);
        self.on_their_way = self.on_their_way.saturating_add(1);
        Turn::Yours
    }
}

/// A place in line; given up when the future that waits is dropped.
struct Place {
    gate: Arc<Gate>,
    ticket: (Reverse<Lane>, u64),
}

impl Place {
    fn in_line(gate: Arc<Gate>, lane: Lane) -> Self {
        let ticket = {
            let mut state = gate.lock();
            state.tickets = state.tickets.wrapping_add(1);
            let ticket = (Reverse(lane), state.tickets);
            state.waiting.insert(ticket);
            ticket
        };
        Self { gate, ticket }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let left = self.gate.lock().waiting.remove(&self.ticket);
        if left {
            self.gate.changed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests;
