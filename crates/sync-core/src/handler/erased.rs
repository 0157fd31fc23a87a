//! From typed handlers to what the engine speaks; authors never see it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use async_trait::async_trait;
use serde_json::value::RawValue;

use super::{Answer, Encode, Outgoing, Shown, Step, StreamHandler, raw};
use crate::{
    capability::{StreamCapability, UpdateMode},
    connector::{Action, Item, ListQuery, Page, Record, Write, Written},
    context::Context,
    error::{Error, ErrorKind, Result},
    id::{ExternalRef, StreamId, StreamKey},
    value::FieldMap,
};

/// A write that did not fail.
pub(super) enum Sent {
    /// It was sent, and the vendor said yes.
    Yes(Answer),
    /// Nothing had to be sent; the record is as it was read.
    Nothing(Written),
}

#[async_trait]
pub(super) trait Erased: fmt::Debug + Send + Sync {
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page>;
    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>>;
    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Item>>;
    async fn write(&self, cx: &Context, writes: &[&Write]) -> Vec<Result<Sent>>;
    fn decode(&self, item: &Item) -> Result<Vec<Record>>;
    /// A whole record that a write or a call by id showed; `None` if its id cannot be read.
    fn whole(&self, row: &RawValue) -> Option<Item>;
    fn reads_back(&self, write: &Write) -> bool;
    /// Whether the record holds what was sent, though its answer does not show it.
    fn is_kept_as_sent(&self, write: &Write) -> bool;
}

/// A handler with what it said of itself when the router was made.
#[derive(Debug)]
pub(super) struct Served<H> {
    pub(super) handler: H,
    pub(super) at: StreamKey,
    pub(super) can: StreamCapability,
    pub(super) facets: BTreeMap<StreamId, StreamCapability>,
}

impl<H: StreamHandler> Served<H> {
    fn id(&self, row: &RawValue) -> Result<String, String> {
        let id = self.handler.row_id(&raw::read::<H::Row>(row.get())?);
        if id.is_empty() { Err("the id is empty".to_owned()) } else { Ok(id) }
    }
    fn item(&self, id: impl AsRef<str>, row: &RawValue, partial: bool) -> Item {
        Item {
            reference: self.at.id(id),
            hash: raw::hash(row.get(), self.handler.volatile()),
            raw: Arc::from(row.get()),
            partial,
        }
    }
    fn error(&self, kind: ErrorKind, operation: &'static str, what: impl fmt::Display) -> Error {
        Error::new(kind, operation, format!("{}: {what}", self.at)).with_context("stream", &self.at.stream)
    }
    fn lists_partial(&self) -> bool {
        self.can.list.as_ref().is_some_and(|listing| listing.partial)
    }

    /// Rows that were asked for by id, in the order asked for.
    fn in_order(&self, ids: &[Arc<str>], rows: &[Box<RawValue>]) -> Result<Vec<Option<Item>>> {
        if let ([asked], [row]) = (ids, rows) {
            // the vendor may write the id in another way (10 for 00010); one that cannot be read fails when decoded
            return Ok(vec![Some(self.item(self.id(row).as_deref().unwrap_or(asked), row, false))]);
        }
        let mut found: BTreeMap<Arc<str>, Item> = BTreeMap::new();
        for row in rows {
            // a row that belongs to nobody would make a living record look removed
            let id = self.id(row).map_err(|wrong| {
                self.error(ErrorKind::Protocol, "get", "one of several records has no readable id").with_detail(wrong)
            })?;
            if !ids.iter().any(|asked| **asked == *id) {
                return Err(self.error(
                    ErrorKind::Protocol,
                    "get",
                    format_args!("got '{id}', which was not asked for"),
                ));
            }
            found.insert(Arc::from(id.as_str()), self.item(&id, row, false));
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    /// Checks and encodes one write; nothing is sent.
    fn prepare<'a>(&self, write: &'a Write) -> Result<Prepared<'a, H::Body>> {
        let step = match &write.action {
            Action::Create { .. } => Step::Post(self.handler.encode(&Encode::new(write, None))?),
            Action::Update { id, parts, .. } => {
                if parts.iter().all(|part| part.changed.is_empty()) && write.effects.is_empty() {
                    return Ok(Prepared::Nothing(self.untouched(id, write)));
                }
                let current = self.current(id, write)?;
                let body = self.handler.encode(&Encode::new(write, current.as_ref()))?;
                let same = current.as_ref().is_some_and(|current| self.handler.unchanged(&body, current));
                if same && write.effects.is_empty() {
                    return Ok(Prepared::Nothing(self.untouched(id, write)));
                }
                Step::Put(id, body)
            }
            Action::Act { id, act, with } => Step::Act(id, act, with),
            Action::Remove { id, mode } => Step::Remove(id, *mode),
        };
        Ok(Prepared::Send(Outgoing { write, step }))
    }
    fn untouched(&self, id: &str, write: &Write) -> Written {
        Written { reference: self.at.id(id), item: write.current.clone(), as_sent: false }
    }
    /// The record to change as it was read just before. A full replace without it would empty what we do not know.
    fn current(&self, id: &str, write: &Write) -> Result<Option<H::Read>> {
        let fault = |what| self.error(ErrorKind::Internal, "update", what).with_context("id", id);
        let replaces = self.can.update == UpdateMode::Replace;
        let Some(item) = &write.current else {
            return if replaces {
                Err(fault("a full replace needs the record as it is; read it first"))
            } else {
                Ok(None)
            };
        };
        if item.reference != self.at.id(id) {
            return Err(fault("the record at hand is another one"));
        }
        if replaces && item.partial {
            return Err(fault("a full replace needs the whole record, not a listing's row; read it by id first"));
        }
        raw::read(&item.raw).map(Some).map_err(|wrong| self.undecodable("update", &item.reference, wrong))
    }
    fn undecodable(&self, operation: &'static str, reference: &ExternalRef, wrong: String) -> Error {
        let what = format_args!("'{}' is not in the form that is expected ({wrong})", reference.id);
        self.error(ErrorKind::Invalid, operation, what).with_context("id", &reference.id)
    }
}

enum Prepared<'a, B> {
    Send(Outgoing<'a, B>),
    Nothing(Written),
}

#[async_trait]
impl<H: StreamHandler> Erased for Served<H> {
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        let largest = self.can.list.as_ref().map_or(1, |listing| listing.page_max.max(1));
        let size = query.page_size.map_or(largest, |size| size.clamp(1, largest));
        let page = self.handler.list(cx, &query.from, size).await?;
        let mut out = Page { items: Vec::with_capacity(page.rows.len()), rejected: Vec::new(), next: page.next };
        for (row, number) in page.rows.iter().zip(1_usize..) {
            match self.id(row) {
                Ok(id) => out.items.push(self.item(id, row, self.lists_partial())),
                Err(wrong) => {
                    let what = format_args!("row {number} of a page has no readable id ({wrong}); it was left out");
                    out.rejected.push(self.error(ErrorKind::Invalid, "list", what));
                }
            }
        }
        Ok(out)
    }

    async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        let mut out = Vec::with_capacity(ids.len());
        for some in ids.chunks(usize::try_from(self.can.get_max).unwrap_or(1).max(1)) {
            let rows = self.handler.get(cx, some).await?;
            out.extend(self.in_order(some, &rows)?);
        }
        Ok(out)
    }

    async fn find(&self, cx: &Context, by: &FieldMap) -> Result<Vec<Item>> {
        let rows = self.handler.find(cx, by).await?;
        let found = rows.iter().map(|row| Ok(self.item(self.id(row)?, row, self.lists_partial())));
        found.collect::<Result<_, String>>().map_err(|wrong| {
            // leaving it out would say "not there", and it would be made a second time
            self.error(ErrorKind::Protocol, "find", "a record was found whose id cannot be read").with_detail(wrong)
        })
    }

    async fn write(&self, cx: &Context, writes: &[&Write]) -> Vec<Result<Sent>> {
        let mut answers: Vec<Option<Result<Sent>>> = Vec::with_capacity(writes.len());
        let mut ready = Vec::new();
        for write in writes {
            answers.push(match self.prepare(write) {
                Ok(Prepared::Send(outgoing)) => {
                    ready.push(outgoing);
                    None
                }
                Ok(Prepared::Nothing(written)) => Some(Ok(Sent::Nothing(written))),
                Err(error) => Some(Err(error)),
            });
        }
        let mut sent = Vec::with_capacity(ready.len());
        for batch in ready.chunks(usize::try_from(self.can.write_batch_max).unwrap_or(1).max(1)) {
            let answered = self.handler.write(cx, batch).await;
            if answered.len() == batch.len() {
                sent.extend(answered);
            } else {
                let what =
                    format!("{} writes were answered {} times; look at each of them", batch.len(), answered.len());
                sent.extend(batch.iter().map(|_| Err(self.error(ErrorKind::AmbiguousWrite, "write", &what))));
            }
        }
        let mut sent = sent.into_iter();
        let lost = || Err(self.error(ErrorKind::AmbiguousWrite, "write", "it was not answered; look at the record"));
        let of = |settled: Option<_>| settled.unwrap_or_else(|| sent.next().unwrap_or_else(lost).map(Sent::Yes));
        answers.into_iter().map(of).collect()
    }

    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        let read: H::Read = raw::read(&item.raw).map_err(|wrong| self.undecodable("decode", &item.reference, wrong))?;
        let head = self.handler.head(&read);
        let shown = self.handler.decode(&read).map_err(|error| error.with_context("id", &item.reference.id))?;
        let mut met = BTreeSet::new();
        let mut records = Vec::with_capacity(shown.len());
        for Shown { stream, mut fields, writable } in shown {
            let known = if stream == self.at.stream { Some(&self.can) } else { self.facets.get(&stream) };
            let known = known.filter(|_| met.insert(stream.clone()));
            let Some(can) = known else {
                let what = format_args!("the handler decodes '{stream}', which it does not declare or shows twice");
                return Err(self.error(ErrorKind::Internal, "decode", what));
            };
            for (path, value) in can.holds.iter().filter(|(path, _)| fields.get(*path).is_none()).collect::<Vec<_>>() {
                fields.set(path, value.clone());
            }
            let at = StreamKey { system: self.at.system.clone(), stream };
            let is_host = at == self.at;
            let mut record = Record::new(at.id(&item.reference.id), fields);
            record.version = head.version.clone();
            record.created_at = head.created_at;
            record.deleted = head.deleted;
            record.partial = head.partial || item.partial;
            record.writable = writable.unwrap_or_else(|| head.writable.clone());
            record.merged_into = head.merged_into.as_ref().map(|id| at.id(id));
            record.mark = head.mark.clone().filter(|_| is_host);
            records.push(record);
        }
        if !met.contains(&self.at.stream) {
            return Err(self.error(ErrorKind::Internal, "decode", "the handler shows facets without their host"));
        }
        Ok(records)
    }

    fn whole(&self, row: &RawValue) -> Option<Item> {
        self.id(row).ok().map(|id| self.item(id, row, false))
    }
    fn reads_back(&self, write: &Write) -> bool {
        self.can.get_max > 0 && self.handler.reads_back(write)
    }
    fn is_kept_as_sent(&self, write: &Write) -> bool {
        matches!(write.action, Action::Create { .. } | Action::Update { .. }) && !self.handler.reads_back(write)
    }
}
