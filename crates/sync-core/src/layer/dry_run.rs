//! Writes are told, not sent.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::Layer;
use crate::{
    capability::Capabilities,
    connector::{Connector, ConnectorInfo, Item, ListQuery, Page, Record, Tenant, Write, Written},
    context::Context,
    error::Result,
    id::{ExternalRef, StreamId, StreamKey, SystemId},
    value::FieldMap,
};

/// Is told what a dry run would send.
pub trait DryRunSink: fmt::Debug + Send + Sync {
    /// One write that was not sent. It holds content: what becomes of it is the sink's care.
    fn would_send(&self, system: &SystemId, write: &Write);
}

/// Every write is told to a sink and answered as done, but not sent; reading goes on as usual.
///
/// A record that would be made gets the id [`DryRun::MADE_UP`] with the idempotency key behind it, so that what hangs on
/// it can be rehearsed too; asked for by id it is not there. Such ids mean nothing to the vendor: a rehearsal must not
/// keep its store.
#[derive(Clone, Debug)]
pub struct DryRun {
    sink: Arc<dyn DryRunSink>,
}

impl DryRun {
    /// What the ids of records start with that would be made.
    pub const MADE_UP: &'static str = "@dry-run:";

    /// Tells `sink`.
    pub fn new(sink: Arc<dyn DryRunSink>) -> Self {
        Self { sink }
    }
}

impl Layer for DryRun {
    fn name(&self) -> &'static str {
        "dry_run"
    }
    fn wrap(&self, inner: Arc<dyn Connector>) -> Arc<dyn Connector> {
        Arc::new(DryRunConnector { inner, sink: self.sink.clone() })
    }
}

#[derive(Debug)]
struct DryRunConnector {
    inner: Arc<dyn Connector>,
    sink: Arc<dyn DryRunSink>,
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method could write")]
#[async_trait]
impl Connector for DryRunConnector {
    fn info(&self) -> &ConnectorInfo {
        self.inner.info()
    }
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        self.inner.check(cx).await
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        self.inner.list(cx, query).await
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        let real = |id: &Arc<str>| !id.starts_with(DryRun::MADE_UP);
        if ids.iter().all(real) {
            return self.inner.get(cx, stream, ids).await;
        }
        let asked: Vec<Arc<str>> = ids.iter().filter(|id| real(id)).cloned().collect();
        let found = if asked.is_empty() { Vec::new() } else { self.inner.get(cx, stream, &asked).await? };
        let mut found = found.into_iter();
        Ok(ids.iter().map(|id| if real(id) { found.next().flatten() } else { None }).collect())
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        self.inner.find(cx, stream, by).await
    }
    async fn write(&self, _: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let system = &self.info().system;
        let answer = |write: &Write| {
            self.sink.would_send(system, write);
            let at = StreamKey { system: system.clone(), stream: write.stream.clone() };
            let reference = match write.action.id() {
                Some(id) => at.id(id),
                None => at.id(format!("{}{}", DryRun::MADE_UP, write.idempotency_key)),
            };
            Ok(Written { reference, item: None, as_sent: false })
        };
        writes.iter().map(answer).collect()
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        self.inner.decode(item)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.inner.hints(headers, body)
    }
}
