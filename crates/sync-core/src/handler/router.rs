//! A connector made of handlers.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    sync::Arc,
};

use async_trait::async_trait;

use super::{
    Answer, StreamHandler,
    erased::{Erased, Sent, Served},
    gate, unsupported,
};
use crate::{
    capability::{Capabilities, UpdateMode},
    connector::{Action, Connector, ConnectorInfo, Item, ListFrom, ListQuery, Page, Record, Tenant, Write, Written},
    context::Context,
    error::{Error, ErrorKind, Result},
    id::{ExternalRef, StreamId, StreamKey},
    value::FieldMap,
};

/// The part of a connector that belongs to no stream.
pub trait Session: fmt::Debug + Send + Sync + 'static {
    /// Which connector this is.
    fn info(&self) -> &ConnectorInfo;
    /// Signs in and tells whom we are talking to.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`] if the vendor does not let us in, [`ErrorKind::Config`] if it does not know the tenant.
    fn check(&self, cx: &Context) -> impl Future<Output = Result<Tenant>> + Send;
    /// Verifies a webhook call and names the records to look at. Pure. By default the vendor has none.
    ///
    /// # Errors
    /// [`ErrorKind::Auth`] if the call is not signed as agreed.
    fn hints(&self, _headers: &[(String, String)], _body: &[u8]) -> Result<Vec<ExternalRef>> {
        Err(unsupported("hints"))
    }
}

/// The erased form of a session.
#[async_trait]
trait ErasedSession: fmt::Debug + Send + Sync {
    fn info(&self) -> &ConnectorInfo;
    async fn check(&self, cx: &Context) -> Result<Tenant>;
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>>;
}
#[async_trait]
impl<S: Session> ErasedSession for S {
    fn info(&self) -> &ConnectorInfo {
        Session::info(self)
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        Session::check(self, cx).await
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        Session::hints(self, headers, body)
    }
}

/// [`Connector`] out of a session and its handlers. It keeps nothing between calls.
///
/// What the capabilities do not offer is [`ErrorKind::Unsupported`] before a handler is called. Ids and writes beyond
/// what one call takes are sent in several, one after another.
#[derive(Debug)]
pub struct Router {
    session: Box<dyn ErasedSession>,
    handlers: BTreeMap<StreamId, Box<dyn Erased>>,
    capabilities: Capabilities,
}

impl Router {
    /// Without streams yet.
    pub fn new(session: impl Session) -> Self {
        Self { session: Box::new(session), handlers: BTreeMap::new(), capabilities: Capabilities::default() }
    }
    /// The same with one host stream more, and its facets.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`] if a stream of that name is there already.
    pub fn with(mut self, handler: impl StreamHandler) -> Result<Self> {
        let at = StreamKey { system: self.session.info().system.clone(), stream: handler.stream() };
        let mut can = handler.capability();
        can.facet_of = None;
        let mut facets = BTreeMap::new();
        let update = can.update;
        for (facet, mut can) in handler.facets() {
            can.facet_of = Some(at.stream.clone());
            if can.update == UpdateMode::None && can.fields.values().any(|field| field.write_on_update) {
                can.update = update; // its share goes with the host's
            }
            self.declare(&facet, &can)?;
            facets.insert(facet, can);
        }
        self.declare(&at.stream, &can)?;
        self.handlers.insert(at.stream.clone(), Box::new(Served { handler, at, can, facets }));
        Ok(self)
    }
    fn declare(&mut self, stream: &StreamId, can: &crate::capability::StreamCapability) -> Result<()> {
        match self.capabilities.streams.insert(stream.clone(), can.clone()) {
            None => Ok(()),
            Some(_) => {
                Err(Error::new(ErrorKind::Internal, "connect", format!("two handlers serve the stream '{stream}'")))
            }
        }
    }
    fn handler(&self, stream: &StreamId, operation: &'static str) -> Result<&dyn Erased> {
        let handler = self.handlers.get(stream).map(|handler| &**handler);
        handler.ok_or_else(|| Error::new(ErrorKind::Unsupported, operation, format!("there is no stream '{stream}'")))
    }
    fn reference(&self, stream: &StreamId, id: &str) -> ExternalRef {
        StreamKey { system: self.session.info().system.clone(), stream: stream.clone() }.id(id)
    }

    /// Writes of one stream.
    async fn write_stream(&self, cx: &Context, handler: &dyn Erased, writes: &[&Write]) -> Vec<Result<Written>> {
        let mut done = Vec::with_capacity(writes.len());
        let mut unseen: BTreeMap<StreamId, Vec<Arc<str>>> = BTreeMap::new();
        for (write, sent) in writes.iter().zip(handler.write(cx, writes).await) {
            done.push(match sent {
                Ok(Sent::Nothing(written)) => Ok(written),
                Ok(Sent::Yes(answer)) => self.settle(write, answer, &mut unseen),
                Err(error) => Err(error),
            });
        }
        self.read_back(cx, unseen, &mut done).await;
        done
    }
    /// Where the record of a write that succeeded is now, and what it shows if the answer tells; else it is `unseen`.
    /// From here on nothing is a failure but a new record without any id: nobody knows what to bind.
    fn settle(&self, write: &Write, answer: Answer, unseen: &mut BTreeMap<StreamId, Vec<Arc<str>>>) -> Result<Written> {
        let Answer { id, row, moved_to } = answer;
        let stays = moved_to.is_none();
        let stream = moved_to.unwrap_or_else(|| write.stream.clone());
        let handler = self.handlers.get(&stream);
        if let Some(item) = handler.zip(row).and_then(|(handler, row)| handler.whole(&row)) {
            return Ok(Written { reference: item.reference.clone(), item: Some(item), as_sent: false });
        }
        let Some(id) = id.or_else(|| write.action.id().filter(|_| stays).cloned()) else {
            let what = format!("'{stream}' has a new record, but the answer does not tell which; look for it");
            return Err(Error::new(ErrorKind::AmbiguousWrite, gate::operation(&write.action), what));
        };
        let reference = self.reference(&stream, &id);
        let removed = matches!(write.action, Action::Remove { .. });
        if handler.is_some_and(|handler| !removed && handler.reads_back(write)) {
            unseen.entry(stream).or_default().push(id);
        }
        let as_sent = stays && handler.is_some_and(|handler| handler.is_kept_as_sent(write));
        Ok(Written { reference, item: None, as_sent })
    }
    /// Fills in what the answers did not show. What cannot be read back stays unknown: the writes are done all the same.
    async fn read_back(&self, cx: &Context, unseen: BTreeMap<StreamId, Vec<Arc<str>>>, done: &mut [Result<Written>]) {
        let mut seen: BTreeMap<ExternalRef, Item> = BTreeMap::new();
        for (stream, ids) in unseen {
            let Some(handler) = self.handlers.get(&stream) else { continue };
            let items = handler.get(cx, &ids).await.unwrap_or_default();
            let of = |(id, item): (Arc<str>, Option<Item>)| Some((self.reference(&stream, &id), item?));
            seen.extend(ids.into_iter().zip(items).filter_map(of));
        }
        for written in done.iter_mut().flatten().filter(|written| written.item.is_none()) {
            if let Some(item) = seen.remove(&written.reference) {
                written.reference = item.reference.clone(); // as the vendor writes the id
                written.item = Some(item);
            }
        }
    }
}

#[deny(clippy::missing_trait_methods, reason = "a method with a default would bypass the gate")]
#[async_trait]
impl Connector for Router {
    fn info(&self) -> &ConnectorInfo {
        self.session.info()
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        self.session.check(cx).await
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        gate::list(&self.capabilities, query)?;
        let page = self.handler(&query.stream, "list")?.list(cx, query).await?;
        match (&query.from, &page.next) {
            (ListFrom::Page(here), Some(next)) if here == next => {
                let what = format!("the listing of '{}' does not advance: the next page is this one", query.stream);
                Err(Error::new(ErrorKind::Protocol, "list", what))
            }
            _ => Ok(page),
        }
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        gate::get(&self.capabilities, stream)?;
        self.handler(stream, "get")?.get(cx, ids).await
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        gate::find(&self.capabilities, stream, by)?;
        self.handler(stream, "find")?.find(cx, by).await
    }
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let mut met = BTreeSet::new();
        let mut allowed: BTreeMap<&StreamId, (&dyn Erased, Vec<usize>, Vec<&Write>)> = BTreeMap::new();
        let mut answers: BTreeMap<usize, Result<Written>> = BTreeMap::new();
        for (place, write) in writes.iter().enumerate() {
            let first = write.action.id().is_none_or(|id| met.insert((&write.stream, id)));
            let judged = gate::write(&self.capabilities, write).and_then(|()| once(first, write));
            match judged.and_then(|()| self.handler(&write.stream, gate::operation(&write.action))) {
                Ok(handler) => {
                    let group = allowed.entry(&write.stream).or_insert_with(|| (handler, Vec::new(), Vec::new()));
                    group.1.push(place);
                    group.2.push(write);
                }
                Err(error) => _ = answers.insert(place, Err(error)),
            }
        }
        for (handler, places, writes) in allowed.into_values() {
            answers.extend(places.into_iter().zip(self.write_stream(cx, handler, &writes).await));
        }
        answers.into_values().collect()
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        self.handler(&item.reference.at.stream, "decode")?.decode(item)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.session.hints(headers, body)
    }
}

/// Two full replaces of one record undo each other, so a record is written once in a call.
fn once(first: bool, write: &Write) -> Result<()> {
    if first {
        return Ok(());
    }
    let what = format!("the same record of '{}' stands twice among the writes; put its parts together", write.stream);
    Err(Error::new(ErrorKind::Internal, gate::operation(&write.action), what))
}
