//! A vendor in memory, with the wire between: what it keeps, how it answers, what goes wrong. It is honest, but for one
//! lie that may be told: the number of the check that is to notice.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sync_core::{Clock, Error, ErrorKind, FieldMap, Result, StreamId, connector::Version};
use sync_testkit::{
    VirtualClock,
    connector_suite::{Sent, Trouble, TroubleKind},
};

/// A record on the wire.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Wire {
    pub(crate) id: String,
    pub(crate) parts: BTreeMap<StreamId, FieldMap>,
    pub(crate) changed: DateTime<Utc>,
    pub(crate) made: DateTime<Utc>,
    pub(crate) revision: u64,
    pub(crate) removed: bool,
    pub(crate) idle: bool,
    pub(crate) locked: Option<String>,
    pub(crate) mark: Option<String>,
    /// What the connector does not know.
    #[serde(default)]
    pub(crate) other: Json,
    /// A row of a listing that lacks something.
    #[serde(default)]
    pub(crate) is_row: bool,
}

impl Wire {
    pub(crate) fn version(&self) -> Version {
        Version { etag: Some(self.revision.to_string()), modified_at: Some(self.changed) }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) records: BTreeMap<StreamId, Vec<Wire>>,
    pub(crate) log: Vec<Sent>,
    pub(crate) keys: BTreeMap<String, String>,
    pub(crate) mails: usize,
    pub(crate) lag_s: i64,
    next: u64,
    trouble: Vec<Trouble>,
    signed_in: bool,
}

/// Handles of one vendor.
#[derive(Clone, Debug)]
pub(crate) struct Vendor {
    pub(crate) clock: VirtualClock,
    pub(crate) lie: &'static str,
    kept: Arc<Mutex<Kept>>,
}

impl Vendor {
    pub(crate) fn new(lie: &'static str) -> Self {
        Self { clock: VirtualClock::default(), lie, kept: Arc::default() }
    }
    pub(crate) fn lies(&self, about: &str) -> bool {
        self.lie == about
    }
    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap()
    }
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
    pub(crate) fn order(&self, trouble: Trouble) {
        self.kept().trouble.push(trouble);
    }
    pub(crate) fn calm(&self) {
        self.kept().trouble.clear();
    }
    pub(crate) fn forget_token(&self) {
        self.kept().signed_in = false;
    }
    pub(crate) fn new_id(&self) -> String {
        let mut kept = self.kept();
        kept.next += 1;
        format!("{}", 100 + kept.next)
    }
    /// A new record, as users or the connector make it.
    pub(crate) fn put(&self, stream: &StreamId, id: String, parts: BTreeMap<StreamId, FieldMap>, mark: Option<String>) {
        let now = self.now();
        let wire = Wire {
            id,
            parts,
            changed: now,
            made: now,
            revision: 1,
            removed: false,
            idle: false,
            locked: None,
            mark,
            other: json!({ "shelf": "B", "colours": ["red", "green"] }),
            is_row: false,
        };
        self.kept().records.entry(stream.clone()).or_default().push(wire);
    }
    pub(crate) fn find(&self, stream: &StreamId, id: &str) -> Option<Wire> {
        let kept = self.kept();
        let found = kept.records.get(stream)?.iter().rfind(|wire| wire.id == id && !wire.removed);
        found.cloned()
    }
    pub(crate) fn change(&self, stream: &StreamId, id: &str, change: impl FnOnce(&mut Wire)) -> Result<()> {
        let now = self.now();
        let mut kept = self.kept();
        let found =
            kept.records.get_mut(stream).and_then(|all| all.iter_mut().rfind(|one| one.id == id && !one.removed));
        let gone = || Error::new(ErrorKind::NotFound, "write", format!("there is no {id}"));
        let wire = found.ok_or_else(gone)?;
        if let Some(why) = &wire.locked {
            return Err(Error::new(ErrorKind::Invalid, "write", format!("{id} is locked: {why}")));
        }
        change(wire);
        wire.revision += 1;
        wire.changed = now;
        Ok(())
    }
    /// What a list shows by now.
    pub(crate) fn visible(&self, stream: &StreamId) -> Vec<Wire> {
        let kept = self.kept();
        let lag = if self.lies("C-23") || self.lies("C-25") { kept.lag_s * 2 } else { kept.lag_s };
        let seen = self.now() - TimeDelta::seconds(lag);
        let all = kept.records.get(stream).into_iter().flatten();
        all.filter(|wire| lag == 0 || wire.made <= seen).cloned().collect()
    }

    /// One request over the wire.
    pub(crate) fn call<T>(&self, line: &str, writes: bool, does: impl FnOnce() -> Result<T>) -> Result<T> {
        self.sign_in();
        self.kept().log.push(Sent { line: line.to_owned(), writes, signs_in: false });
        let Some(trouble) = self.meets(writes) else { return does() };
        if trouble.kind == TroubleKind::TooFast {
            // it waits, and comes again
            if self.meets(writes).is_none() && !self.lies("C-71") {
                return does();
            }
            let kind = if self.lies("C-71") { ErrorKind::Invalid } else { ErrorKind::RateLimited };
            return Err(Error::new(kind, "call", "too many calls"));
        }
        let done = if trouble.carried_out { does().map(drop) } else { Ok(()) };
        done.and_then(|()| Err(Error::new(self.meaning(trouble.kind, writes), "call", "it went wrong")))
    }
    fn sign_in(&self) {
        let mut kept = self.kept();
        if !kept.signed_in || self.lies("C-73") {
            kept.signed_in = true;
            kept.log.push(Sent { line: "POST /token".to_owned(), writes: true, signs_in: true });
        }
    }
    fn meets(&self, writes: bool) -> Option<Trouble> {
        let mut kept = self.kept();
        let place = kept.trouble.iter().position(|trouble| trouble.on_writes == writes)?;
        let met = kept.trouble[place];
        kept.trouble[place].times -= 1;
        if kept.trouble[place].times == 0 {
            kept.trouble.remove(place);
        }
        Some(met)
    }
    fn meaning(&self, kind: TroubleKind, writes: bool) -> ErrorKind {
        use TroubleKind::{Closed, Empty, Html, Status, TooFast, Truncated};
        let (read_lie, write_lie) = (self.lies("C-70") && !writes, self.lies("C-76") && writes);
        if read_lie || write_lie && kind != Closed {
            return ErrorKind::Config;
        }
        if self.lies("C-72") && kind == Closed {
            return ErrorKind::Protocol;
        }
        match kind {
            Status(401) => ErrorKind::Auth,
            Status(403) => ErrorKind::Permission,
            Status(404) => ErrorKind::NotFound,
            Status(409) => ErrorKind::AlreadyExists,
            Status(503) => ErrorKind::Unavailable,
            Status(code) | Html(code) | Empty(code) if code >= 500 => {
                if writes {
                    ErrorKind::AmbiguousWrite
                } else {
                    ErrorKind::Unavailable
                }
            }
            Status(_) => ErrorKind::Invalid,
            Html(_) | Empty(_) | Truncated if writes => ErrorKind::AmbiguousWrite,
            Html(_) | Empty(_) | Truncated => ErrorKind::Protocol,
            Closed if writes => ErrorKind::AmbiguousWrite,
            Closed => ErrorKind::Unavailable,
            TooFast => ErrorKind::RateLimited,
        }
    }
}
