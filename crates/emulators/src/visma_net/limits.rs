//! How fast a client may be: a window of an hour for each company and client, and the rule against the same call.

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::frame::{Cx, Reply, Request};

use super::{
    access::Who,
    refusal::gateway,
    switches::{OLD_RATE_LIMIT, RATE_LIMIT, RATE_SHARED, SAME_REQUEST},
};

const HOUR: i64 = 3600;

/// The service that a call goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    Erp,
    Orders,
    /// The older service at its old address.
    Old,
}

impl Service {
    /// The window's policy, and how many calls it lets through.
    fn policy(self, cx: &Cx<'_>) -> (&'static str, i64) {
        match self {
            Self::Old => ("6-fixed-window", cx.switches.number(&OLD_RATE_LIMIT)),
            _ => ("4-fixed-window", cx.switches.number(&RATE_LIMIT)),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The window's number and the calls in it.
    windows: BTreeMap<(usize, String, Service), (i64, i64)>,
    /// When the same call came, and whether it failed.
    recent: VecDeque<(DateTime<Utc>, u64, bool)>,
}

/// A call as the rule against repetition sees it.
pub(super) fn print_of(who: &Who, request: &Request) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (who.company, &who.client_id, &request.method, &request.path, &request.query, &request.body).hash(&mut hasher);
    hasher.finish()
}

impl Limits {
    /// Counts the call.
    ///
    /// # Errors
    /// 429, with the seconds to wait, for one too many.
    pub(super) fn count(&mut self, cx: &Cx<'_>, who: &Who, service: Service, print: u64) -> Result<(), Reply> {
        if cx.switches.is(&SAME_REQUEST, "on") {
            self.same(cx, print)?;
        }
        let (_, limit) = service.policy(cx);
        let (window, left) = (cx.now.timestamp().div_euclid(HOUR), HOUR - cx.now.timestamp().rem_euclid(HOUR));
        let key = self.key(cx, who, service);
        let count = self.windows.entry(key).or_insert((window, 0));
        if count.0 != window {
            *count = (window, 0);
        }
        if limit > 0 && count.1 >= limit {
            let reply = gateway(cx.switches, 429, "Too many requests").with_header("Retry-After", left.to_string());
            return Err(self.marked(cx, who, service, reply));
        }
        count.1 = count.1.saturating_add(1);
        Ok(())
    }

    fn key(&self, cx: &Cx<'_>, who: &Who, service: Service) -> (usize, String, Service) {
        let shared = service == Service::Orders && cx.switches.is(&RATE_SHARED, "yes");
        let service = if shared { Service::Erp } else { service };
        (who.company, who.client_id.clone(), service)
    }

    fn same(&mut self, cx: &Cx<'_>, print: u64) -> Result<(), Reply> {
        let after = |seconds| cx.now - TimeDelta::seconds(seconds);
        self.recent.retain(|(at, ..)| *at > after(300));
        let ours = self.recent.iter().filter(|(_, known, _)| *known == print);
        let minute = ours.clone().filter(|(at, ..)| *at > after(60)).count();
        let failed = ours.filter(|(.., failed)| *failed).count();
        if minute >= 5 || failed >= 2 {
            let wait = if minute >= 5 { "60" } else { "300" };
            return Err(gateway(cx.switches, 429, "Same request made too many times").with_header("Retry-After", wait));
        }
        Ok(())
    }

    /// What became of the call.
    pub(super) fn ended(&mut self, cx: &Cx<'_>, print: u64, status: u16) {
        if cx.switches.is(&SAME_REQUEST, "on") {
            self.recent.push_back((cx.now, print, status >= 400));
        }
    }

    /// The answer with the four headers that every answer has.
    pub(super) fn marked(&self, cx: &Cx<'_>, who: &Who, service: Service, reply: Reply) -> Reply {
        let (policy, limit) = service.policy(cx);
        if limit == 0 {
            return reply;
        }
        let used = self.windows.get(&self.key(cx, who, service)).map_or(0, |(_, used)| *used);
        let left = HOUR - cx.now.timestamp().rem_euclid(HOUR);
        reply
            .with_header("X-RateLimit-Limit", limit.to_string())
            .with_header("X-RateLimit-Remaining", limit.saturating_sub(used).max(0).to_string())
            .with_header("X-RateLimit-Reset", left.to_string())
            .with_header("X-RateLimit-Policy", policy)
    }
}
