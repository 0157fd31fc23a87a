//! What an author of a connector writes: one [`StreamHandler`] for each host stream, put together by a [`Router`].
//!
//! A handler has pure functions (what a record is called, how old it is, what it says, how a change is sent), tested
//! with fixtures alone, and thin calls of one request each, tested against a double of the vendor. Everything else is
//! done here, once for all connectors: pages are split into rows, rows are hashed, what the capabilities do not offer
//! is refused before anything is sent, all facets of a record go in one request, and after a success nothing turns it
//! into an error.
//!
//! ```
//! use std::sync::Arc;
//! use serde::Deserialize;
//! use serde_json::value::RawValue;
//! use sync_core::capability::{FieldCapability, Listing, StreamCapability};
//! use sync_core::connector::ListFrom;
//! use sync_core::handler::{Head, RawPage, Shown, StreamHandler};
//! use sync_core::model::Organisation;
//! use sync_core::{Context, EntityKind, Result, StreamId};
//!
//! /// Names of the vendor's fields, read from every row of a listing.
//! #[derive(Deserialize)]
//! struct Row {
//!     id: u64,
//! }
//! /// The whole record, parsed only when its row has changed.
//! #[derive(Deserialize)]
//! struct Customer {
//!     name: String,
//! }
//!
//! #[derive(Debug)]
//! struct Customers; // a real one holds the connector's client
//!
//! impl StreamHandler for Customers {
//!     type Row = Row;
//!     type Read = Customer;
//!     type Body = (); // it is never written
//!
//!     fn stream(&self) -> StreamId {
//!         "customer".into()
//!     }
//!     fn capability(&self) -> StreamCapability {
//!         let mut can = StreamCapability::new(EntityKind::Organisation);
//!         can.list = Some(Listing::complete(100));
//!         can.fields.insert(Organisation::NAME, FieldCapability::read_only());
//!         can
//!     }
//!     fn row_id(&self, row: &Row) -> String {
//!         row.id.to_string()
//!     }
//!     fn head(&self, _: &Customer) -> Head {
//!         Head::default()
//!     }
//!     fn decode(&self, read: &Customer) -> Result<Vec<Shown>> {
//!         Ok(vec![Shown::of(self.stream(), &Organisation::new().name(read.name.as_str()))])
//!     }
//!     async fn list(&self, _: &Context, _: &ListFrom, _: u32) -> Result<RawPage> {
//!         let body = r#"[{"id":7,"name":"Nordic"}]"#; // a real one asks the vendor
//!         Ok(RawPage::last(serde_json::from_str::<Vec<Box<RawValue>>>(body).unwrap_or_default()))
//!     }
//! }
//! # let read = serde_json::from_str(r#"{"name":"Nordic"}"#).unwrap();
//! # assert_eq!(Customers.decode(&read).unwrap()[0].fields.text(Organisation::NAME), Some("Nordic"));
//! ```

mod encode;
mod erased;
pub(crate) mod gate;
mod raw;
mod router;
mod shown;

use std::{fmt, future::Future, sync::Arc};

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

pub use encode::{Answer, Encode, Outgoing, Step};
pub use raw::RawPage;
pub use router::{Router, Session};
pub use shown::{Head, Shown, extras};

use crate::{
    capability::{RemoveMode, StreamCapability},
    connector::{ListFrom, Write},
    context::Context,
    error::{Error, ErrorKind, Result},
    id::StreamId,
    value::FieldMap,
};

/// One host stream of one vendor: a wire record with all that it carries.
///
/// The calls have defaults that answer [`ErrorKind::Unsupported`]: a handler writes those that its capability claims.
/// They may be written as `async fn`. None of them repeats, waits or keeps anything: that is the HTTP client's task.
pub trait StreamHandler: fmt::Debug + Send + Sync + 'static {
    /// A light struct for the id alone: every row of every listing is parsed into it.
    type Row: DeserializeOwned;
    /// The record as the vendor sends it, in listings and by id: what a listing's row lacks is optional. For a full
    /// replace it keeps what it does not know (`#[serde(flatten)] rest: serde_json::Map<..>`), to send it back.
    /// (The derived reader of a flattened map names floats: such a module allows `clippy::disallowed_types`, with that
    /// reason.)
    type Read: DeserializeOwned + Send + Sync;
    /// What is sent in a write; `()` if nothing ever is.
    type Body: Send + Sync;

    /// The vendor's own name of the resource.
    fn stream(&self) -> StreamId;
    /// What the host stream can do for this tenant. Asked once, when the router is made.
    fn capability(&self) -> StreamCapability;
    /// The other streams that the same wire record carries, with what they can do. Their records have the host's id.
    /// Only kind, fields and what they show count: reading and writing is the host's.
    fn facets(&self) -> Vec<(StreamId, StreamCapability)> {
        Vec::new()
    }
    /// Keys that differ from answer to answer without a change of content: a time of retrieval, a counter of views.
    /// They are cut out before a row is hashed. `lines.viewed` means that key in the value, or in each of the values,
    /// of `lines`. The order of the other keys, and blanks between them, do count: a vendor that shuffles them costs
    /// a decode, never a write.
    fn volatile(&self) -> &[&'static str] {
        &[]
    }

    /// The record's id, as the vendor wants it in a call. Pure. An empty id is none: the row is rejected.
    fn row_id(&self, row: &Self::Row) -> String;
    /// What the record says of itself. Pure.
    fn head(&self, read: &Self::Read) -> Head;
    /// What the record shows: the host, and each facet that it holds (a facet left out is known to be absent). Pure.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming the field, for content that cannot be understood: the record is set aside.
    fn decode(&self, read: &Self::Read) -> Result<Vec<Shown>>;
    /// The request for a write, all facets in one. Pure.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`], naming the field, for what cannot be said in the vendor's words; nothing is sent.
    fn encode(&self, _encode: &Encode<'_, Self::Read>) -> Result<Self::Body> {
        Err(unsupported("encode"))
    }
    /// Whether sending `body` would leave `current` as it is: then nothing is sent. Pure. By default never.
    fn unchanged(&self, _body: &Self::Body, _current: &Self::Read) -> bool {
        false
    }
    /// Whether the record is read back after a write whose answer does not show it, where it can be read by id. Turn it
    /// off where the reading costs more than it tells: prices by the ten thousand.
    ///
    /// Turned off, a record that was made or changed is taken to hold what was sent, cut and rounded as its fields declare,
    /// until it is read again. So it may be turned off only where the vendor refuses, or `encode` does, whatever would be
    /// kept otherwise, and where all that is asked for is really sent. Documents are read all the same, for their sums.
    fn reads_back(&self, _write: &Write) -> bool {
        true
    }

    /// One page. `page_size` is never above what the capability declares.
    ///
    /// # Errors
    /// As the vendor answers; [`ErrorKind::Unsupported`] for a start that the vendor does not offer.
    fn list(&self, _cx: &Context, _from: &ListFrom, _page_size: u32) -> impl Future<Output = Result<RawPage>> + Send {
        async { Err(unsupported("list")) }
    }
    /// Records by id, at most `get_max` of them. In any order; those that do not exist are left out.
    ///
    /// # Errors
    /// As the vendor answers. A record that does not exist is no error.
    fn get(&self, _cx: &Context, _ids: &[Arc<str>]) -> impl Future<Output = Result<Vec<Box<RawValue>>>> + Send {
        async { Err(unsupported("get")) }
    }
    /// Records whose fields have these values; only fields of `find_by` are asked for. Rows are taken to be as partial
    /// as those of a listing.
    ///
    /// # Errors
    /// As the vendor answers. Finding nothing is no error.
    fn find(&self, _cx: &Context, _by: &FieldMap) -> impl Future<Output = Result<Vec<Box<RawValue>>>> + Send {
        async { Err(unsupported("find")) }
    }
    /// Makes a record. The answer must tell its id, or show it.
    ///
    /// # Errors
    /// As the vendor answers; [`ErrorKind::AmbiguousWrite`] if nobody knows whether it was made.
    fn post(&self, _cx: &Context, _body: &Self::Body, _write: &Write) -> impl Future<Output = Result<Answer>> + Send {
        async { Err(unsupported("create")) }
    }
    /// Changes a record.
    ///
    /// # Errors
    /// As the vendor answers; [`ErrorKind::NotFound`] if it is gone.
    fn put(
        &self,
        _cx: &Context,
        _id: &str,
        _body: &Self::Body,
        _write: &Write,
    ) -> impl Future<Output = Result<Answer>> + Send {
        async { Err(unsupported("update")) }
    }
    /// Takes a business step. `with` is what the step is told.
    ///
    /// # Errors
    /// As the vendor answers; [`ErrorKind::Invalid`] if the record is not in a state for it.
    fn act(
        &self,
        _cx: &Context,
        _id: &str,
        _act: &str,
        _with: &FieldMap,
        _write: &Write,
    ) -> impl Future<Output = Result<Answer>> + Send {
        async { Err(unsupported("act")) }
    }
    /// Removes a record.
    ///
    /// # Errors
    /// As the vendor answers; [`ErrorKind::NotFound`] if it is gone.
    fn remove(
        &self,
        _cx: &Context,
        _id: &str,
        _mode: RemoveMode,
        _write: &Write,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Err(unsupported("remove")) }
    }
    /// At most `write_batch_max` writes; one answer for each, in order. By default one call each, one after another;
    /// written by hand where one request takes several.
    fn write(
        &self,
        cx: &Context,
        batch: &[Outgoing<'_, Self::Body>],
    ) -> impl Future<Output = Vec<Result<Answer>>> + Send {
        async move {
            let mut answers = Vec::with_capacity(batch.len());
            for Outgoing { write, step } in batch {
                answers.push(match step {
                    Step::Post(body) => self.post(cx, body, write).await,
                    Step::Put(id, body) => self.put(cx, id, body, write).await,
                    Step::Act(id, act, with) => self.act(cx, id, act, with, write).await,
                    Step::Remove(id, mode) => self.remove(cx, id, *mode, write).await.map(|()| Answer::done()),
                });
            }
            answers
        }
    }
}

fn unsupported(operation: &'static str) -> Error {
    Error::new(ErrorKind::Unsupported, operation, "this stream does not offer it; nothing was sent")
}
