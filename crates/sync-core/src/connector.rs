//! What the engine asks of a system.

use std::{collections::BTreeSet, fmt, sync::Arc};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    capability::{Capabilities, RemoveMode},
    context::Context,
    error::{Error, Result},
    id::{ExternalRef, StreamId, StreamKey, SystemId},
    value::{FieldMap, FieldPath, Fingerprint},
};

/// Which connector this is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConnectorInfo {
    /// The vendor's system: `starweb`.
    pub vendor: &'static str,
    /// The tenant as configured: `starweb:se`.
    pub system: SystemId,
    /// The vendor's name for the interface: `v2`.
    pub api_version: &'static str,
}

impl ConnectorInfo {
    /// From its parts.
    pub fn new(vendor: &'static str, system: SystemId, api_version: &'static str) -> Self {
        Self { vendor, system, api_version }
    }
}

/// Whom we are really talking to. The store remembers it and refuses another answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The vendor's id of the company.
    pub id: String,
    /// Its name, for people.
    pub name: String,
    /// ISO 4217 code of the currency that its books are in.
    pub base_currency: Option<String>,
}

/// What a vendor tells about the age of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Version {
    /// The vendor's own mark of this revision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When it was last changed, by the vendor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<DateTime<Utc>>,
}

/// One record as the vendor sent it, not decoded yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The host record.
    pub reference: ExternalRef,
    /// Of the raw text, volatile keys cut. Equal hash, equal content.
    pub hash: Fingerprint,
    /// The vendor's text.
    pub raw: Arc<str>,
    /// A listing's row with fewer fields than `get` gives.
    pub partial: bool,
}

/// Which fields may be written to this very record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Writable {
    /// All that the stream's capability allows.
    #[default]
    All,
    /// All but these paths and what lies under them.
    Except(BTreeSet<FieldPath>),
    /// None; the text says why and what to do: "booked; credit it and invoice again".
    Nothing(String),
}

/// One decoded record of one stream. Its links are external.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Record {
    /// Which.
    pub reference: ExternalRef,
    /// What it shows, in the connector's fields: canonical paths and `x.<vendor>.<name>`.
    pub fields: FieldMap,
    /// How old it is.
    pub version: Version,
    /// When it was made, by the vendor's clock.
    pub created_at: Option<DateTime<Utc>>,
    /// It is marked as removed.
    pub deleted: bool,
    /// Fields are missing that `get` would give.
    pub partial: bool,
    /// What may be written.
    pub writable: Writable,
    /// The vendor merged it into that one.
    pub merged_into: Option<ExternalRef>,
    /// Our mark, if it carries one.
    pub mark: Option<String>,
}

impl Record {
    /// A live, whole, writable record.
    pub fn new(reference: ExternalRef, fields: FieldMap) -> Self {
        Self {
            reference,
            fields,
            version: Version::default(),
            created_at: None,
            deleted: false,
            partial: false,
            writable: Writable::All,
            merged_into: None,
            mark: None,
        }
    }
}

/// A place inside a listing, in the connector's own terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(pub serde_json::Value);

/// Where a listing starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListFrom {
    /// A full listing.
    Beginning,
    /// What changed since, by the vendor's clock.
    ModifiedSince(DateTime<Utc>),
    /// What was created since, by the vendor's clock: how documents are looked for.
    CreatedSince(DateTime<Utc>),
    /// The next page.
    Page(Cursor),
}

/// One page of a host stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListQuery {
    /// The host stream.
    pub stream: StreamId,
    /// Where it starts.
    pub from: ListFrom,
    /// Records in a page; the vendor's largest if `None`.
    pub page_size: Option<u32>,
}

/// A page of a listing.
#[derive(Debug, Default)]
pub struct Page {
    /// The records, not decoded.
    pub items: Vec<Item>,
    /// Those that have no readable id, with why.
    pub rejected: Vec<Error>,
    /// The next page, if there is one.
    pub next: Option<Cursor>,
}

/// One facet's share of a write to a host record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The facet's stream, or the host's own.
    pub stream: StreamId,
    /// All settled fields that the stream can hold, in the connector's terms: half of a joined field cannot be encoded.
    pub wanted: FieldMap,
    /// Those to be changed.
    pub changed: BTreeSet<FieldPath>,
}

/// What is done to a host record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Make it.
    Create {
        /// All facets' shares.
        parts: Vec<Part>,
    },
    /// Change it.
    Update {
        /// The vendor's id.
        id: Arc<str>,
        /// All facets' shares.
        parts: Vec<Part>,
        /// The version that the decision rests on, where the stream can check it.
        if_version: Option<Version>,
    },
    /// A business step: `convert`, `book`.
    Act {
        /// The vendor's id.
        id: Arc<str>,
        /// The vendor's word for the step.
        act: String,
        /// What the step is told: sums to check, dates.
        with: FieldMap,
    },
    /// Remove it.
    Remove {
        /// The vendor's id.
        id: Arc<str>,
        /// How.
        mode: RemoveMode,
    },
}

impl Action {
    /// The vendor's id, if the record has one already.
    pub fn id(&self) -> Option<&Arc<str>> {
        match self {
            Self::Create { .. } => None,
            Self::Update { id, .. } | Self::Act { id, .. } | Self::Remove { id, .. } => Some(id),
        }
    }
    /// The shares of the facets, if the action writes fields.
    pub fn parts(&self) -> &[Part] {
        match self {
            Self::Create { parts } | Self::Update { parts, .. } => parts,
            Self::Act { .. } | Self::Remove { .. } => &[],
        }
    }
    /// One word for people and journals.
    pub fn word(&self) -> &str {
        match self {
            Self::Create { .. } => "create",
            Self::Update { .. } => "update",
            Self::Act { act, .. } => act,
            Self::Remove { .. } => "remove",
        }
    }
}

/// One write. Side effects that are not named are to be switched off in the request.
#[derive(Clone, Debug)]
pub struct Write {
    /// The host stream.
    pub stream: StreamId,
    /// What is done.
    pub action: Action,
    /// The same for every try of the same write; sent where the stream takes one.
    pub idempotency_key: String,
    /// Our mark, for creates in streams that keep one.
    pub mark: Option<String>,
    /// Side effects that are wanted, by name.
    pub effects: BTreeSet<String>,
    /// The record as it was read just before, where the engine had to read it: the base of a full replace.
    pub current: Option<Item>,
}

/// A write that succeeded.
#[derive(Clone, Debug)]
pub struct Written {
    /// Where the record is now: a business step may move it to another stream.
    pub reference: ExternalRef,
    /// The record as this write left it; `None` if the vendor does not show it.
    pub item: Option<Item>,
    /// Where `item` is `None`: the record need not be read, it holds what was sent, cut and rounded as its fields declare.
    /// The connector answers for that: what the vendor would keep otherwise it must refuse.
    pub as_sent: bool,
}

/// One tenant of one vendor. No method has a default body, so that a wrapper cannot forget one.
#[async_trait]
pub trait Connector: fmt::Debug + Send + Sync + 'static {
    /// Which connector this is. No I/O.
    fn info(&self) -> &ConnectorInfo;
    /// What this tenant can do. No I/O: it was read when the connection was made.
    fn capabilities(&self) -> &Capabilities;
    /// Signs in and tells whom we are talking to.
    async fn check(&self, cx: &Context) -> Result<Tenant>;
    /// One page of a host stream.
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page>;
    /// Records of one host stream by id, in the order asked for; `None` where there is none.
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>>;
    /// Records of a host stream whose fields have these values.
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>>;
    /// Writes to one host stream, at most `write_batch_max` of them; one answer for each, in order.
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>>;
    /// What an item says: one record for the host and one for each facet. Pure.
    fn decode(&self, item: &Item) -> Result<Vec<Record>>;
    /// Verifies a webhook call and names the records to look at. Its content is never used as data. Pure.
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>>;
}

impl ListQuery {
    /// The first page of a full listing.
    pub fn all(stream: impl Into<StreamId>) -> Self {
        Self { stream: stream.into(), from: ListFrom::Beginning, page_size: None }
    }
}

/// The host stream of a stream: the one whose wire record carries it.
pub fn host_of(capabilities: &Capabilities, at: &StreamKey) -> StreamKey {
    match capabilities.streams.get(&at.stream).and_then(|c| c.facet_of.clone()) {
        Some(stream) => StreamKey { system: at.system.clone(), stream },
        None => at.clone(),
    }
}
