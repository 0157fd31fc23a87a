//! The one locked state of a running emulator and the path of a request through it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{
    Cx, FaultKind, Options, Refused, Reply, Request, Switches, Vendor,
    clock::Clock,
    fault::Faults,
    hook::{self, Call},
};

/// One request of the log.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Counted from 1 since the start, deleted ones included.
    pub number: u64,
    /// The emulator's instant.
    pub at: DateTime<Utc>,
    /// In capitals.
    pub method: String,
    /// As sent, without query.
    pub path: String,
    /// As sent, without `?`.
    pub query: String,
    /// Names in lower case.
    #[serde(serialize_with = "as_object")]
    pub headers: Vec<(String, String)>,
    /// As text.
    pub body: String,
    /// The status answered; none if the connection was dropped.
    pub status: Option<u16>,
    /// The kind of the fault that struck.
    pub fault: Option<&'static str>,
}

impl Entry {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

fn as_object<S: serde::Serializer>(headers: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    let mut object = Map::new();
    for (name, value) in headers {
        let joined = match object.get(name).and_then(Value::as_str) {
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        object.insert(name.clone(), Value::String(joined));
    }
    object.serialize(serializer)
}

/// What becomes of a request.
pub(super) enum Outcome {
    Reply(Reply),
    /// The answer breaks off halfway.
    Half(Reply),
    /// The connection is closed.
    Nothing,
}

pub(super) struct Core<V> {
    pub(super) vendor: V,
    pub(super) clock: Clock,
    pub(super) switches: Switches,
    pub(super) faults: Faults,
    pub(super) log: Vec<Entry>,
    numbers: u64,
}

impl<V: Vendor> Core<V> {
    pub(super) fn cx<R>(&mut self, with: impl FnOnce(&mut V, &Cx<'_>) -> R) -> R {
        let cx = Cx { now: self.clock.now(), switches: &self.switches };
        with(&mut self.vendor, &cx)
    }

    /// Carries out what a fault leaves of the request, and logs it.
    fn serve(&mut self, request: Request, fault: Option<FaultKind>) -> Outcome {
        self.clock.request_came();
        let name = fault.as_ref().map(FaultKind::name);
        let mut handle = || self.cx(|vendor, cx| vendor.handle(cx, &request));
        let outcome = match fault {
            None | Some(FaultKind::Delay { .. }) => Outcome::Reply(handle()),
            Some(FaultKind::Truncate) => Outcome::Half(handle()),
            Some(FaultKind::DropBefore) => Outcome::Nothing,
            Some(FaultKind::DropAfter) => {
                handle();
                Outcome::Nothing
            }
            Some(FaultKind::Status { code, handled }) => {
                handled.then(handle);
                Outcome::Reply(self.vendor.failure(code))
            }
            Some(FaultKind::Html { code, handled }) => {
                handled.then(handle);
                let page = format!("<html><head><title>{code}</title></head><body><h1>{code}</h1></body></html>");
                Outcome::Reply(Reply::text(code, "text/html", &page))
            }
            Some(FaultKind::Empty { code, handled }) => {
                handled.then(handle);
                Outcome::Reply(Reply::empty(code))
            }
            Some(FaultKind::RateLimit) => Outcome::Reply(self.vendor.rate_limited()),
        };
        let status = match &outcome {
            Outcome::Reply(reply) | Outcome::Half(reply) => Some(reply.status),
            Outcome::Nothing => None,
        };
        self.numbers = self.numbers.saturating_add(1);
        self.log.push(Entry {
            number: self.numbers,
            at: self.clock.now(),
            method: request.method,
            path: request.path,
            query: request.query,
            headers: request.headers,
            body: String::from_utf8_lossy(&request.body).into_owned(),
            status,
            fault: name,
        });
        outcome
    }

    pub(super) fn seed(&mut self, collections: Map<String, Value>) -> Result<Value, Refused> {
        let known = self.vendor.collections();
        if let Some(name) = collections.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(Refused::new(format!("there is no collection {name:?}; there are: {}", known.join(", "))));
        }
        let mut rest = collections;
        let mut counts = Map::new();
        for name in known {
            match rest.remove(*name) {
                None => {}
                Some(Value::Array(records)) => {
                    counts.insert((*name).to_owned(), json!(records.len()));
                    self.cx(|vendor, cx| vendor.seed(cx, name, records))
                        .map_err(|refused| Refused::new(format!("{name}: {refused}")))?;
                }
                Some(_) => return Err(Refused::new(format!("collection {name:?} is no JSON array"))),
            }
        }
        Ok(Value::Object(counts))
    }
}

pub(super) struct Shared<V>(Mutex<Core<V>>);

impl<V: Vendor> Shared<V> {
    pub(super) fn new(vendor: V, options: &Options) -> Self {
        let switches = Switches::new(vendor.switches());
        let clock = Clock::new(options.start, options.time);
        let (faults, log) = (Faults::default(), Vec::new());
        Self(Mutex::new(Core { vendor, clock, switches, faults, log, numbers: 0 }))
    }

    /// A test that panicked under the lock has failed already; the others may go on.
    pub(super) fn lock(&self) -> MutexGuard<'_, Core<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[allow(clippy::disallowed_methods, reason = "a delay fault is a real delay")]
    pub(super) async fn serve(&self, request: Request) -> Outcome {
        let fault = self.lock().faults.strike(&request.method, &request.path);
        if let Some(FaultKind::Delay { ms }) = fault {
            tokio::time::sleep(std::time::Duration::from_millis(ms)).await;
        }
        self.lock().serve(request, fault)
    }

    /// Sends the webhook calls that are due, without holding the lock, and tells what came of them.
    pub(super) async fn deliver(&self, reverse: bool, repeat: u32) -> Value {
        let mut calls: Vec<Call> = self.lock().cx(|vendor, cx| vendor.due_calls(cx));
        if reverse {
            calls.reverse();
        }
        let mut results = Vec::new();
        for call in calls {
            for _ in 0..repeat.max(1) {
                let answer = hook::send(&call).await;
                let status = answer.as_ref().ok().copied();
                self.lock().cx(|vendor, cx| vendor.call_answered(cx, &call.id, status));
                let error = answer.err().map(|error| error.to_string());
                results.push(json!({ "id": call.id, "url": call.url, "status": status, "error": error }));
            }
        }
        Value::Array(results)
    }
}
