//! Nothing is written.

use std::sync::Arc;

use async_trait::async_trait;

use super::Layer;
use crate::{
    capability::{Capabilities, StreamCapability, UpdateMode},
    connector::{Connector, ConnectorInfo, Item, ListQuery, Page, Record, Tenant, Write, Written},
    context::Context,
    error::{Error, ErrorKind, Result},
    handler::gate,
    id::{ExternalRef, StreamId},
    value::FieldMap,
};

/// Nothing is written, whatever the policy says: no write is claimed by the capabilities, and each is answered
/// [`Unsupported`](ErrorKind::Unsupported) without a call.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReadOnly;

impl Layer for ReadOnly {
    fn name(&self) -> &'static str {
        "read_only"
    }
    fn wrap(&self, inner: Arc<dyn Connector>) -> Arc<dyn Connector> {
        let mut capabilities = inner.capabilities().clone();
        capabilities.streams.values_mut().for_each(read_only);
        Arc::new(ReadOnlyConnector { inner, capabilities })
    }
}

fn read_only(can: &mut StreamCapability) {
    can.create = false;
    can.create_with_idempotency_key = false;
    can.update = UpdateMode::None;
    can.update_if_version = false;
    can.write_returns_record = false;
    can.remove.clear();
    can.acts.clear();
    can.effects.clear();
    for field in can.fields.values_mut() {
        field.write_on_create = false;
        field.write_on_update = false;
        field.required_on_create = false;
    }
}

#[derive(Debug)]
struct ReadOnlyConnector {
    inner: Arc<dyn Connector>,
    capabilities: Capabilities,
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method could write")]
#[async_trait]
impl Connector for ReadOnlyConnector {
    fn info(&self) -> &ConnectorInfo {
        self.inner.info()
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        self.inner.check(cx).await
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        self.inner.list(cx, query).await
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        self.inner.get(cx, stream, ids).await
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        self.inner.find(cx, stream, by).await
    }
    async fn write(&self, _: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let system = &self.info().system;
        let refuse = |write: &Write| {
            let what = format!("{system} is read only here; nothing was sent");
            Err(Error::new(ErrorKind::Unsupported, gate::operation(&write.action), what)
                .with_context("stream", &write.stream))
        };
        writes.iter().map(refuse).collect()
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        self.inner.decode(item)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.inner.hints(headers, body)
    }
}
