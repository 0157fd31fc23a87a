//! A connector that tells lies of its own about an honest one: each is named by the check that is to notice.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use chrono::{Datelike, TimeDelta};
use sync_core::{
    Context, Error, ErrorKind, ExternalRef, FieldMap, FieldPath, Record, Result, StreamId,
    capability::Capabilities,
    connector::{Action, Connector, ConnectorInfo, Item, ListFrom, ListQuery, Page, Tenant, Writable, Write, Written},
    model::Organisation,
};

use crate::{handlers::CARDS, vendor::Vendor};

#[derive(Debug)]
pub(crate) struct Liar {
    pub(crate) inner: Arc<dyn Connector>,
    pub(crate) vendor: Vendor,
    pub(crate) count: AtomicU64,
    pub(crate) is_busy: AtomicBool,
    pub(crate) last: Mutex<Option<Written>>,
}

impl Liar {
    fn lies(&self, about: &str) -> bool {
        self.vendor.lies(about)
    }
    fn creates(write: &Write) -> bool {
        matches!(write.action, Action::Create { .. })
    }
    fn told(&self, answer: Result<Written>, write: &Write) -> Result<Written> {
        let written = match answer {
            Err(error) if self.lies("C-59") && error.kind() == ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::Invalid, "write", "it cannot be written"));
            }
            other => other?,
        };
        if self.lies("C-45") && written.item.is_none() {
            return Err(Error::new(ErrorKind::Unavailable, "write", "it could not be read"));
        }
        if self.lies("C-46") {
            return Ok(Written { item: None, ..written });
        }
        let nth = self.count.fetch_add(1, Ordering::Relaxed);
        let mut last = self.last.lock().unwrap();
        if self.lies("C-48") && Self::creates(write) && nth % 3 == 2 {
            return Ok(last.clone().unwrap_or(written));
        }
        *last = Some(written.clone());
        Ok(written)
    }
}

#[async_trait]
impl Connector for Liar {
    fn info(&self) -> &ConnectorInfo {
        self.inner.info()
    }
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        let tenant = self.inner.check(cx).await?;
        let nth = self.count.fetch_add(1, Ordering::Relaxed);
        Ok(if self.lies("C-01") { Tenant { id: nth.to_string(), ..tenant } } else { tenant })
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        let mut query = query.clone();
        if self.lies("C-20") && matches!(query.from, ListFrom::ModifiedSince(_)) {
            query.from = ListFrom::Beginning;
        }
        let mut page = self.inner.list(cx, &query).await?;
        if self.lies("C-10") && matches!(query.from, ListFrom::Page(_)) && !page.items.is_empty() {
            page.items.remove(0);
        }
        if self.lies("C-21") && matches!(query.from, ListFrom::ModifiedSince(_)) {
            page.items.truncate(1);
        }
        if self.lies("C-24") && matches!(query.from, ListFrom::CreatedSince(_)) {
            return Ok(Page::default());
        }
        if self.lies("C-14") {
            page.items.iter_mut().for_each(|item| item.partial = false);
            page.items
                .iter_mut()
                .for_each(|item| item.raw = item.raw.replace("\"is_row\":true", "\"is_row\":false").into());
        }
        Ok(page)
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        if self.lies("C-75") {
            let busy = || Error::new(ErrorKind::Internal, "get", "somebody else is at it");
            if self.is_busy.swap(true, Ordering::Relaxed) {
                return Err(busy());
            }
            let mut turned = false;
            std::future::poll_fn(|cx| {
                cx.waker().wake_by_ref();
                if std::mem::replace(&mut turned, true) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
            self.is_busy.store(false, Ordering::Relaxed);
        }
        let mut found = self.inner.get(cx, stream, ids).await?;
        if self.lies("C-30") && found.iter().any(Option::is_none) {
            return Err(Error::new(ErrorKind::NotFound, "get", "there is none"));
        }
        if self.lies("C-31") {
            found.reverse();
        }
        Ok(found)
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        if self.lies("C-03") && by.paths().any(|path| path.as_str() == "x.suite.nothing") {
            return Ok(Vec::new());
        }
        let odd = by.iter().any(|(_, value)| value.as_text().is_some_and(|text| text.contains('\'')));
        if self.lies("C-33") && odd {
            return Err(Error::new(ErrorKind::Invalid, "find", "the filter cannot be read"));
        }
        self.inner.find(cx, stream, by).await
    }
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let mut writes = writes.to_vec();
        for write in &mut writes {
            if let (true, Action::Create { parts }) = (self.lies("C-40"), &mut write.action) {
                parts.iter_mut().for_each(|part| _ = part.wanted.remove(Organisation::EMAIL));
                parts.iter_mut().for_each(|part| _ = part.changed.remove(&Organisation::EMAIL));
            }
        }
        let answers = self.inner.write(cx, &writes).await;
        let mut answers: Vec<_> =
            answers.into_iter().zip(&writes).map(|(answer, write)| self.told(answer, write)).collect();
        if self.lies("C-47") {
            answers.reverse();
        }
        answers
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        if self.lies("C-18") {
            let _ = self.vendor.call("GET /more", false, || Ok(()));
        }
        let mut records = match self.inner.decode(item) {
            Err(error) if self.lies("C-17") => return Err(Error::new(ErrorKind::Protocol, "decode", error.message())),
            other => other?,
        };
        if self.lies("C-19") {
            records.retain(|record| record.reference.at == item.reference.at);
        }
        for record in &mut records {
            if self.lies("C-05") {
                record.fields.set(FieldPath::new("x.shelf.secret"), "7");
            }
            if self.lies("C-57") {
                record.writable = Writable::All;
            }
            if let Some(at) = record.version.modified_at.filter(|at| self.lies("C-22") && at.month() == 10) {
                record.version.modified_at = Some(at + TimeDelta::hours(1));
            }
        }
        Ok(records)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        if self.lies("C-91") {
            let at = sync_core::StreamKey::new(self.info().system.clone(), CARDS);
            return Ok(vec![at.id("7")]);
        }
        self.inner.hints(headers, body)
    }
}
