//! What every emulator shares: the server, the control interface, faults, switches, the clock and the request log.
//!
//! A vendor is one type that implements [`Vendor`]: a synchronous handler over the state that it owns. The frame puts
//! it behind one lock and one port, so requests are answered one after the other and a test always sees a whole state.
//!
//! ```no_run
//! # async fn example<V: emulators::frame::Vendor>(vendor: V) -> std::io::Result<()> {
//! use emulators::frame::{Emulator, Fault, FaultKind, Options};
//!
//! let emulator = Emulator::start(vendor, Options::default()).await?;
//! let base = emulator.base_url(); // http://127.0.0.1:<free port>, no slash at the end
//! emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/orders"));
//! // … let a client loose on `base` …
//! let sent = emulator.requests();
//! emulator.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! Control interface, on the same port and never in the log. A refusal is 400 with `{"error": "<what and what is allowed>"}`.
//!
//! | call | does |
//! |---|---|
//! | `GET /_emulator/requests` | the log: `[{number, at, method, path, query, headers, body, status, fault}]`; `status` is null where no answer was given |
//! | `DELETE /_emulator/requests` | empties the log |
//! | `GET /_emulator/state` | everything that the emulated vendor holds, journals of side effects included |
//! | `POST /_emulator/seed` | `{"<collection>": [record, …], …}` in the vendor's shapes; answers how many of each |
//! | `POST /_emulator/faults` | one fault or a list, added to those that wait: see [`Fault`]; `GET` shows, `DELETE` clears |
//! | `GET`, `POST /_emulator/clock` | `{"now": …}`; `{"advance_s": 60}` moves it: see [`Time`] |
//! | `GET`, `POST /_emulator/switches` | all switches with values, defaults and what is allowed; `{"<name>": value}` sets: see [`Switch`] |
//! | `POST /_emulator/act` | `{"action": "<name>", …}`: what a person does in the vendor's own screens |
//! | `GET /_emulator/webhooks` | deliveries that wait, were made or were given up |
//! | `POST /_emulator/webhooks/deliver` | sends what is due; `{"reverse": true, "repeat": 2}` for disorder and doubles |
//!
//! Every vendor has the switch [`LISTING_LAG`], `listing_lag_s`: how long lists and searches leave out a new record that
//! a call by id shows at once. What a vendor made is noted in [`Births`]; what was seeded was there before.

mod births;
mod clock;
mod control;
mod fault;
mod hook;
mod message;
mod server;
mod shared;
mod switch;

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

pub use births::{Births, LISTING_LAG};
pub use clock::Time;
pub use fault::{Fault, FaultKind};
pub use hook::Call;
pub use message::{Reply, Request};
pub use server::{Emulator, Options};
pub use shared::Entry;
pub use switch::{Allowed, Switch, Switches};
#[cfg(any(feature = "starweb", feature = "visma-net", feature = "webcrm"))]
pub(crate) use switch::{number, switches, words};

/// The surroundings of one call to a vendor.
#[derive(Debug)]
pub struct Cx<'a> {
    /// The emulator's instant.
    pub now: DateTime<Utc>,
    /// How the switches stand.
    pub switches: &'a Switches,
}

/// A control request that was not carried out; the text says why and what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(
    /// One line for the author of the test.
    pub String,
);

impl Refused {
    /// A refusal with its reason.
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// One emulated vendor: its state and how it answers.
///
/// All methods run under the emulator's lock and have no I/O. The type starts out with what the vendor always has
/// (code lists, one set of credentials) and nothing else.
pub trait Vendor: Send + 'static {
    /// The name on the command line: `starweb`.
    fn name(&self) -> &'static str;
    /// Where the vendor's documentation is silent or a tenant may differ.
    fn switches(&self) -> &'static [Switch];
    /// The collections that [`seed`](Vendor::seed) takes, in the order in which they must be seeded.
    fn collections(&self) -> &'static [&'static str];
    /// Answers one request of the vendor's API.
    fn handle(&mut self, cx: &Cx<'_>, request: &Request) -> Reply;
    /// All collections and journals as one JSON object.
    fn state(&self) -> Value;
    /// Adds or replaces records of a collection, each in the vendor's own shape, ids included.
    ///
    /// # Errors
    /// A record that the vendor could not hold, named by its place in the list.
    fn seed(&mut self, cx: &Cx<'_>, collection: &str, records: Vec<Value>) -> Result<(), Refused>;
    /// The vendor's error body for this status, as injected faults need it.
    fn failure(&self, status: u16) -> Reply;
    /// The vendor's answer to a client that is too fast.
    fn rate_limited(&self) -> Reply;
    /// Does what a person does in the vendor's own screens.
    ///
    /// # Errors
    /// An unknown action, or one that the vendor would not allow.
    fn act(&mut self, cx: &Cx<'_>, action: &str, arguments: &Map<String, Value>) -> Result<Value, Refused> {
        let _ = (cx, arguments);
        Err(Refused::new(format!("{} knows no action {action:?}", self.name())))
    }
    /// All webhook deliveries, for `GET /_emulator/webhooks`.
    fn webhooks(&self) -> Value {
        json!([])
    }
    /// The webhook calls that are due now. Each is answered with [`call_answered`](Vendor::call_answered).
    fn due_calls(&mut self, cx: &Cx<'_>) -> Vec<Call> {
        let _ = cx;
        Vec::new()
    }
    /// What came of a call: the receiver's status, or none if it was not reached.
    fn call_answered(&mut self, cx: &Cx<'_>, id: &str, status: Option<u16>) {
        let _ = (cx, id, status);
    }
}
