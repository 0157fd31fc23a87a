//! Tells what was called, how long it took and how it ended.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::Layer;
use crate::{
    capability::Capabilities,
    connector::{Connector, ConnectorInfo, Item, ListQuery, Page, Record, Tenant, Write, Written},
    context::Context,
    error::{Error, Result},
    id::{ExternalRef, StreamId, SystemId},
    value::FieldMap,
};

/// One call that ended. It names records, never their content.
#[derive(Debug)]
#[non_exhaustive]
pub struct Called<'a> {
    /// The run's name.
    pub run: &'a str,
    /// The tenant.
    pub system: &'a SystemId,
    /// `check`, `list`, `get`, `find`, or what a write does: `create`, `update`, `remove`, a step's own word.
    pub operation: &'a str,
    /// The stream, but for `check`.
    pub stream: Option<&'a StreamId>,
    /// The record of a write: where it is after it, else where it was.
    pub record: Option<&'a str>,
    /// How many records came back; those of a page that were rejected are not counted.
    pub records: usize,
    /// When the call began, by the run's clock. Writes of one call share beginning and length.
    pub began_at: DateTime<Utc>,
    /// How long it took.
    pub took: Duration,
    /// How it failed, if it did.
    pub error: Option<&'a Error>,
}

/// Takes what [`Trace`] tells: a log, a metric, a test.
///
/// The core depends on no logging crate; a program hands in a sink that speaks to its own.
pub trait TraceSink: fmt::Debug + Send + Sync {
    /// A call that ended. One that is dropped on its way is not told.
    fn called(&self, call: &Called<'_>);
}

/// Tells a sink about every call that may reach the vendor, one by one, and about each write of a batch. Decoding and
/// hints are pure and are not told.
#[derive(Clone, Debug)]
pub struct Trace {
    sink: Arc<dyn TraceSink>,
}

impl Trace {
    /// Tells `sink`.
    pub fn new(sink: Arc<dyn TraceSink>) -> Self {
        Self { sink }
    }
}

impl Layer for Trace {
    fn name(&self) -> &'static str {
        "trace"
    }
    fn wrap(&self, inner: Arc<dyn Connector>) -> Arc<dyn Connector> {
        Arc::new(TraceConnector { inner, sink: self.sink.clone() })
    }
}

#[derive(Debug)]
struct TraceConnector {
    inner: Arc<dyn Connector>,
    sink: Arc<dyn TraceSink>,
}

impl TraceConnector {
    fn begin<'a>(&'a self, cx: &'a Context, operation: &'a str, stream: Option<&'a StreamId>) -> Called<'a> {
        Called {
            run: &cx.run,
            system: &self.inner.info().system,
            operation,
            stream,
            record: None,
            records: 0,
            began_at: cx.clock.now(),
            took: Duration::ZERO,
            error: None,
        }
    }
    fn end<'a, T>(&'a self, cx: &Context, mut call: Called<'a>, answer: &'a Result<T>, count: impl Fn(&T) -> usize) {
        call.took = since(cx, call.began_at);
        match answer {
            Ok(answer) => call.records = count(answer),
            Err(error) => call.error = Some(error),
        }
        self.sink.called(&call);
    }
}

/// A clock that was set back in between took no time.
fn since(cx: &Context, began_at: DateTime<Utc>) -> Duration {
    (cx.clock.now() - began_at).to_std().unwrap_or(Duration::ZERO)
}

#[deny(clippy::missing_trait_methods, reason = "a forgotten method would not be told")]
#[async_trait]
impl Connector for TraceConnector {
    fn info(&self) -> &ConnectorInfo {
        self.inner.info()
    }
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        let call = self.begin(cx, "check", None);
        let answer = self.inner.check(cx).await;
        self.end(cx, call, &answer, |_| 0);
        answer
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        let call = self.begin(cx, "list", Some(&query.stream));
        let answer = self.inner.list(cx, query).await;
        self.end(cx, call, &answer, |page| page.items.len());
        answer
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        let call = self.begin(cx, "get", Some(stream));
        let answer = self.inner.get(cx, stream, ids).await;
        self.end(cx, call, &answer, |items| items.iter().flatten().count());
        answer
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        let call = self.begin(cx, "find", Some(stream));
        let answer = self.inner.find(cx, stream, by).await;
        self.end(cx, call, &answer, Vec::len);
        answer
    }
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let began_at = cx.clock.now();
        let answers = self.inner.write(cx, writes).await;
        let took = since(cx, began_at);
        for (write, answer) in writes.iter().zip(&answers) {
            let mut call = self.begin(cx, write.action.word(), Some(&write.stream));
            (call.began_at, call.took) = (began_at, took);
            call.record = write.action.id().map(|id| &**id);
            match answer {
                Ok(written) => {
                    call.record = Some(&written.reference.id);
                    call.records = usize::from(written.item.is_some());
                }
                Err(error) => call.error = Some(error),
            }
            self.sink.called(&call);
        }
        answers
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        self.inner.decode(item)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.inner.hints(headers, body)
    }
}
