//! Refuses what the capabilities do not allow.

use std::sync::Arc;

use async_trait::async_trait;

use super::{Layer, content};
use crate::{
    capability::Capabilities,
    connector::{Connector, ConnectorInfo, Item, ListQuery, Page, Record, Tenant, Write, Written},
    context::Context,
    error::{Error, ErrorKind, Result},
    handler::gate,
    id::{ExternalRef, StreamId},
    value::FieldMap,
};

/// Refuses, without a call, what the capabilities do not allow.
///
/// - [`Unsupported`](ErrorKind::Unsupported): an operation, step, effect, version check, mark or facet not offered.
/// - [`Invalid`](ErrorKind::Invalid), naming the field: a required field missing in a create; a field that cannot be
///   written; a word that is not among those allowed; text or decimals that do not fit a field declared
///   [`exact`](crate::capability::FieldCapability::exact).
///
/// A write that is refused does not keep the others of the same call from going out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Checked;

impl Layer for Checked {
    fn name(&self) -> &'static str {
        "checked"
    }
    fn wrap(&self, inner: Arc<dyn Connector>) -> Arc<dyn Connector> {
        Arc::new(CheckedConnector { inner })
    }
}

#[derive(Debug)]
struct CheckedConnector {
    inner: Arc<dyn Connector>,
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would not be checked")]
#[async_trait]
impl Connector for CheckedConnector {
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
        gate::list(self.capabilities(), query)?;
        self.inner.list(cx, query).await
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        gate::get(self.capabilities(), stream)?;
        self.inner.get(cx, stream, ids).await
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        gate::find(self.capabilities(), stream, by)?;
        self.inner.find(cx, stream, by).await
    }
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let caps = self.capabilities();
        let judge = |write: &Write| gate::write(caps, write).and_then(|()| content::check(caps, write));
        let judged: Vec<Result<()>> = writes.iter().map(judge).collect();
        if judged.iter().all(Result::is_ok) {
            return self.inner.write(cx, writes).await;
        }
        let allowed = writes.iter().zip(&judged).filter(|(_, verdict)| verdict.is_ok());
        let allowed: Vec<Write> = allowed.map(|(write, _)| write.clone()).collect();
        let sent = if allowed.is_empty() { Vec::new() } else { self.inner.write(cx, &allowed).await };
        let mut sent = sent.into_iter();
        let lost = || Err(Error::new(ErrorKind::AmbiguousWrite, "write", "it was not answered; look at the record"));
        judged.into_iter().map(|verdict| verdict.and_then(|()| sent.next().unwrap_or_else(lost))).collect()
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        self.inner.decode(item)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.inner.hints(headers, body)
    }
}
