//! What the suite is given: a connector, and a hand on the other side of it.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use sync_core::{
    Context, ExternalRef, FieldMap, FieldPath, Result, StreamId, Value,
    connector::{Connector, Item},
};

/// A request that the vendor met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// `GET /v2/customers`: for people.
    pub line: String,
    /// It may change something: anything but a reading one.
    pub writes: bool,
    /// It fetches or renews a token; such requests belong to nobody's call.
    pub signs_in: bool,
}

/// What goes wrong on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// The vendor's own error answer with this status.
    Status(u16),
    /// A gateway's page with this status.
    Html(u16),
    /// This status without a body.
    Empty(u16),
    /// The answer breaks off in its middle.
    Truncated,
    /// The vendor's answer to a client that is too fast.
    TooFast,
    /// The connection is closed without an answer.
    Closed,
}

/// Trouble that is ordered for the calls to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// What goes wrong.
    pub kind: TroubleKind,
    /// Only requests that write, or only those that read; signing in is left alone.
    pub on_writes: bool,
    /// The request is carried out all the same.
    pub carried_out: bool,
    /// How many requests in a row.
    pub times: u32,
}

/// Somebody else than the account of the fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stranger {
    /// The same vendor, with credentials that are wrong.
    WrongCredentials,
    /// An address where nobody answers.
    Nobody,
}

/// The shares of a record that is to be made: the host's own, and those of its facets.
pub type Sample = Vec<(StreamId, FieldMap)>;

/// One business step that can be tried.
#[derive(Clone, Debug)]
pub struct StepCase {
    /// The act.
    pub act: String,
    /// What it is told.
    pub with: FieldMap,
    /// A record that can take it.
    pub ready: Arc<str>,
    /// A record of the same stream that cannot; none where every record can.
    pub unready: Option<Arc<str>>,
    /// What the record shows afterwards, in the stream where it is then; the suite adds what a declared step promises.
    pub shows: FieldMap,
}

/// A write that has a side effect if that is asked for.
#[derive(Clone, Debug)]
pub struct EffectCase {
    /// The record.
    pub id: Arc<str>,
    /// What is changed.
    pub change: FieldMap,
}

/// A webhook call as the vendor makes it.
#[derive(Clone, Debug)]
pub struct HookCase {
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
    /// The records that it is about.
    pub names: Vec<ExternalRef>,
    /// The same call as somebody else would make it: another signature, another sender.
    pub forged: (Vec<(String, String)>, Vec<u8>),
}

/// What a host got that the vendor sent the connector to.
#[derive(Clone, Debug)]
pub struct Redirected {
    /// What the call answered, as text.
    pub answer: std::result::Result<(), String>,
    /// All that the other host was sent: lines of requests, headers, bodies.
    pub heard: String,
}

/// A connector with its vendor, or the vendor's double, before it.
///
/// Only four methods have no default. Each of the others opens checks; what the capabilities claim and the fixture
/// cannot show is a finding of the check, which a waiver has to explain.
#[async_trait]
pub trait ConnectorFixture: Send + Sync {
    /// The connector, as it is given to the engine.
    fn connector(&self) -> Arc<dyn Connector>;
    /// Clock and lane of the calls.
    fn context(&self) -> Context;
    /// What the `nth` new record of a host stream is made of, each another one; none if the suite is to make none.
    ///
    /// It has what the vendor requires and what hangs together; every other field that can be written gets a value from
    /// [`value`](Self::value) where a check wants all of them.
    async fn sample(&self, stream: &StreamId, nth: usize) -> Option<Sample>;
    /// The requests that the vendor has met since the fixture was made, in order; none if nobody counts them.
    fn requests(&self) -> Option<Vec<Sent>>;

    /// A real account: no trouble is ordered, and only what the suite made is touched.
    fn is_live(&self) -> bool {
        false
    }
    /// A value for a field, another one for each `nth`; none for one that its type suggests.
    fn value(&self, stream: &StreamId, path: FieldPath, nth: usize) -> Option<Value> {
        let _ = (stream, path, nth);
        None
    }
    /// The vendor, or the connector, takes only texts of a certain form here (a code, an id, a control digit), so that one
    /// that is merely long shows nothing of its limit.
    fn has_form(&self, stream: &StreamId, path: FieldPath) -> bool {
        let _ = (stream, path);
        false
    }
    /// Fields that the vendor changes when this one is: `stream`'s own and, as `<facet>:<path>`, those beside it. Each is
    /// a fact of the vendor's.
    fn follows(&self, stream: &StreamId, path: FieldPath) -> Vec<String> {
        let _ = (stream, path);
        Vec::new()
    }
    /// What a field shows after this was written to it, where the vendor keeps it in a form of its own (a list's entry by
    /// its name); none if it is as the capability says.
    fn kept(&self, stream: &StreamId, path: FieldPath, wanted: &Value) -> Option<Value> {
        let _ = (stream, path, wanted);
        None
    }
    /// So many records that the vendor's own users made, in the order in which they were; none if they cannot be had:
    /// then the suite makes them through the connector.
    async fn seed(&self, stream: &StreamId, count: usize) -> Option<Vec<Arc<str>>> {
        let _ = (stream, count);
        None
    }
    /// The vendor's users change something that the record shows; false if they cannot.
    async fn touch(&self, stream: &StreamId, id: &str) -> bool {
        let _ = (stream, id);
        false
    }
    /// The vendor's users remove a record; false if they cannot.
    async fn remove_behind(&self, stream: &StreamId, id: &str) -> bool {
        let _ = (stream, id);
        false
    }
    /// A record that is out of use and not removed: inactive, hidden, closed.
    async fn inactive(&self, stream: &StreamId) -> Option<Arc<str>> {
        let _ = stream;
        None
    }
    /// A record of which something may not be written just now.
    async fn locked(&self, stream: &StreamId) -> Option<Arc<str>> {
        let _ = stream;
        None
    }
    /// Keys of the wire record, anywhere in it, that another write changes by itself: stamps, revisions.
    fn volatile(&self, stream: &StreamId) -> &[&str] {
        let _ = stream;
        &[]
    }
    /// Requests that writing all parts of one record takes, where the vendor spreads it over several; 1 if it does not.
    fn requests_of_a_write(&self, stream: &StreamId) -> usize {
        let _ = stream;
        1
    }

    /// The vendor's pages have one size, whatever is asked for, or count something else than records.
    fn pages_are_fixed(&self, stream: &StreamId) -> bool {
        let _ = stream;
        false
    }

    /// Time goes on, for the vendor and for the connector; false if it is not ours to move.
    fn advance(&self, seconds: u64) -> bool {
        let _ = seconds;
        false
    }
    /// From now on new records show so late in listings and searches; false if the double cannot.
    fn lists_late(&self, seconds: u32) -> bool {
        let _ = seconds;
        false
    }

    /// Orders trouble; false if it cannot be had.
    fn order(&self, trouble: Trouble) -> bool {
        let _ = trouble;
        false
    }
    /// Takes back all trouble.
    fn calm(&self) {}
    /// A connector of somebody else, or why it could not be made; none if there is no such thing.
    async fn stranger(&self, who: Stranger) -> Option<Result<Arc<dyn Connector>>> {
        let _ = who;
        None
    }
    /// The vendor does not take the token any more that the connector has; false if it has none that ends.
    fn expire_token(&self) -> bool {
        false
    }
    /// Texts that nobody may read: keys, tokens.
    fn secrets(&self) -> Vec<String> {
        Vec::new()
    }
    /// One call to a vendor that sends it on to another host.
    async fn redirected(&self) -> Option<Redirected> {
        None
    }

    /// Each step of a stream that can be tried, with records for it. Asked for once in a check.
    async fn steps(&self, stream: &StreamId) -> Vec<StepCase> {
        let _ = stream;
        Vec::new()
    }
    /// Side effects that the vendor has had, by our names; none if nobody counts them.
    fn effects(&self) -> Option<BTreeMap<String, usize>> {
        None
    }
    /// A write that can have this side effect.
    async fn effect(&self, stream: &StreamId, effect: &str) -> Option<EffectCase> {
        let _ = (stream, effect);
        None
    }
    /// A webhook call.
    async fn hook(&self) -> Option<HookCase> {
        None
    }
    /// The suite made this record through the connector.
    fn made(&self, item: &Item) {
        let _ = item;
    }
    /// It made this record and has done with it; live fixtures remove it.
    async fn done_with(&self, item: &Item) {
        let _ = item;
    }
}
