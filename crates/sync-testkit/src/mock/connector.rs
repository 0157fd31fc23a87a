//! A mock as a connector: pages, windows, answers that get lost.

use std::{
    collections::BTreeMap,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context as TaskContext, Poll},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sync_core::{
    Clock, Context, Error, ErrorKind, ExternalRef, FieldMap, Fingerprint, Result, StreamId, StreamKey,
    capability::Capabilities,
    connector::{
        Action, Connector, ConnectorInfo, Cursor, Item, ListFrom, ListQuery, Page, Record, Tenant, Version, Writable,
        Write, Written,
    },
};

use super::{
    Mock, query,
    vendor::{Row, Vendor},
};

/// What a mock sends over its wire.
#[derive(Serialize, Deserialize)]
struct Wire {
    parts: BTreeMap<StreamId, FieldMap>,
    version: Version,
    removed: bool,
    partial: bool,
    locked: Option<String>,
    mark: Option<String>,
    merged_into: Option<Arc<str>>,
}

/// The place in a listing: how far, and what the listing was asked for.
#[derive(Serialize, Deserialize)]
struct Place {
    after: u64,
    since: Option<DateTime<Utc>>,
    created: bool,
}

pub(super) fn parts_of(item: &Item) -> Result<BTreeMap<StreamId, FieldMap>> {
    Ok(wire_of(item)?.parts)
}

fn wire_of(item: &Item) -> Result<Wire> {
    serde_json::from_str(&item.raw)
        .map_err(|error| Error::new(ErrorKind::Protocol, "decode", "the record cannot be read").with_source(error))
}

/// Gives others a turn: the place where a test may interleave, or end, what is going on.
struct Turn(usize);

impl Future for Turn {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<()> {
        let Some(left) = self.0.checked_sub(1) else { return Poll::Ready(()) };
        self.0 = left;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Mock {
    /// As many turns as a call to this stream takes this time.
    fn turn(&self, stream: &StreamId) -> Turn {
        let state = self.lock();
        let slow = state.streams.get(stream).map_or(0, |habits| habits.slow);
        Turn(if slow == 0 { 1 } else { 1 + state.dice.roll(slow + 1) })
    }
}

impl Vendor {
    fn item(&self, stream: &StreamId, row: &Row, as_row: bool) -> Item {
        let fields =
            self.streams.get(stream).map(|habits| &habits.row_fields).filter(|fields| as_row && !fields.is_empty());
        let parts = row
            .parts
            .iter()
            .map(|(part, known)| {
                let shown = match fields {
                    Some(fields) => known.filter(|path| fields.contains(&path)),
                    None => known.clone(),
                };
                (part.clone(), shown)
            })
            .collect();
        let wire = Wire {
            parts,
            version: self.version(stream, row),
            removed: row.removed,
            partial: fields.is_some(),
            locked: row.locked.clone(),
            mark: row.mark.clone(),
            merged_into: row.merged_into.clone(),
        };
        let raw = serde_json::to_string(&wire).unwrap_or_default();
        Item {
            reference: StreamKey { system: self.system.clone(), stream: stream.clone() }.id(&row.id),
            hash: Fingerprint::of_bytes(raw.as_bytes()),
            raw: Arc::from(raw),
            partial: fields.is_some(),
        }
    }

    fn page(&mut self, query: &ListQuery, real: DateTime<Utc>) -> Result<Page> {
        let habits = self.habits(&query.stream)?.clone();
        let Some(listing) = habits.cap().list else {
            return Err(Error::new(ErrorKind::Unsupported, "list", "this stream cannot be listed"));
        };
        let place = match &query.from {
            ListFrom::Beginning => Place { after: 0, since: None, created: false },
            ListFrom::ModifiedSince(since) => Place { after: 0, since: Some(*since), created: false },
            ListFrom::CreatedSince(since) => Place { after: 0, since: Some(*since), created: true },
            ListFrom::Page(cursor) => serde_json::from_value(cursor.0.clone()).map_err(|error| {
                Error::new(ErrorKind::Invalid, "list", "this is no cursor of mine").with_source(error)
            })?,
        };
        let visible = real - TimeDelta::seconds(habits.late_s);
        let number = |row: &Row| row.id.parse::<u64>().unwrap_or(u64::MAX);
        let mut rows: Vec<&Row> = self
            .rows
            .get(&query.stream)
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|row| !row.removed || habits.tombstones)
            .filter(|row| row.born <= visible)
            .filter(|row| {
                place.since.is_none_or(|since| {
                    let stamp = if place.created { row.created_at } else { self.stamp(&query.stream, row) };
                    stamp >= since && row.touched <= visible.max(row.born)
                })
            })
            .filter(|row| number(row) > place.after)
            .collect();
        rows.sort_by_key(|row| number(row));
        let max =
            usize::try_from(query.page_size.unwrap_or(listing.page_max).min(listing.page_max).max(1)).unwrap_or(1);
        let more = rows.len() > max;
        rows.truncate(max);
        let last = rows.last().map(|row| number(row));
        let mut items: Vec<Item> = rows.iter().map(|row| self.item(&query.stream, row, true)).collect();
        let (whole, start) = (place.since.is_none(), place.after == 0);
        if whole && start && self.dice.per_mille(habits.empty_listings) {
            return Ok(Page::default());
        }
        let ends = whole && self.dice.per_mille(habits.short_listings);
        if ends {
            items.truncate(items.len() / 2);
        }
        if self.dice.per_mille(habits.shuffles) {
            self.dice.shuffle(&mut items);
        }
        let next = last.filter(|_| more && !ends).and_then(|after| {
            serde_json::to_value(Place { after, since: place.since, created: place.created }).ok().map(Cursor)
        });
        Ok(Page { items, rejected: Vec::new(), next })
    }
}

#[async_trait]
impl Connector for Mock {
    fn info(&self) -> &ConnectorInfo {
        &self.info
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    async fn check(&self, _cx: &Context) -> Result<Tenant> {
        Turn(1).await;
        let state = self.lock();
        if state.down {
            return Err(Error::new(
                ErrorKind::Unavailable,
                "check",
                format!("{} does not answer; try later", state.system),
            ));
        }
        Ok(state.tenant.clone())
    }
    async fn list(&self, _cx: &Context, query: &ListQuery) -> Result<Page> {
        self.turn(&query.stream).await;
        let now = self.lock().clock.now();
        let page = {
            let mut state = self.lock();
            state.trouble("list", &query.stream)?;
            let page = state.page(query, now)?;
            state.looked(&query.stream, page.items.iter().map(|item| item.reference.id.clone()).collect(), now);
            page
        };
        Turn(1).await;
        Ok(page)
    }
    async fn get(&self, _cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        self.turn(stream).await;
        let now = self.lock().clock.now();
        let items = {
            let mut state = self.lock();
            state.trouble("get", stream)?;
            state.looked(stream, ids.to_vec(), now);
            let rows = |id: &Arc<str>| state.find_row(stream, id).ok().map(|row| state.item(stream, row, false));
            ids.iter().map(rows).collect()
        };
        Turn(1).await;
        Ok(items)
    }
    async fn find(&self, _cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        self.turn(stream).await;
        let now = self.lock().clock.now();
        let mut state = self.lock();
        state.trouble("find", stream)?;
        let visible = now - TimeDelta::seconds(state.habits(stream)?.late_s);
        let wanted = match state.habits(stream)?.asks {
            Some(quotes) => query::read(&query::written(by, quotes))?,
            None => state.kept(stream, by),
        };
        let fits = |row: &&Row| {
            let shown = row.parts.get(stream);
            row.born <= visible
                && wanted.iter().all(|(path, value)| shown.and_then(|fields| fields.get(path)) == Some(value))
        };
        let rows =
            state.rows.get(stream).into_iter().flat_map(BTreeMap::values).filter(|row| !row.removed).filter(fits);
        let items: Vec<Item> = rows.map(|row| state.item(stream, row, false)).collect();
        state.looked(stream, items.iter().map(|item| item.reference.id.clone()).collect(), now);
        Ok(items)
    }
    async fn write(&self, _cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let mut answers = Vec::with_capacity(writes.len());
        if let Some(first) = writes.first() {
            *self.lock().calls.entry(format!("send {}", first.stream)).or_default() += 1;
        }
        let began = self.lock().clock.now();
        for write in writes {
            self.turn(&write.stream).await;
            let now = self.lock().clock.now();
            let answer = self.lock().answer(write, began, now);
            answers.push(answer);
            self.turn(&write.stream).await;
        }
        answers
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        let wire = wire_of(item)?;
        let mut records = Vec::new();
        for (stream, fields) in wire.parts {
            let key = StreamKey { system: item.reference.at.system.clone(), stream };
            let mut record = Record::new(key.id(&item.reference.id), fields);
            record.version = wire.version.clone();
            record.deleted = wire.removed;
            record.merged_into = wire.merged_into.as_ref().map(|id| record.reference.at.id(id));
            record.partial = wire.partial;
            record.mark = (key == item.reference.at).then(|| wire.mark.clone()).flatten();
            record.writable = wire.locked.clone().map_or(Writable::All, Writable::Nothing);
            records.push(record);
        }
        Ok(records)
    }
    fn hints(&self, _headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        let text = String::from_utf8_lossy(body);
        let parse =
            |line: &str| line.parse::<ExternalRef>().map_err(|why| Error::new(ErrorKind::Invalid, "read webhook", why));
        text.lines().map(parse).collect()
    }
}

impl Vendor {
    fn answer(&mut self, write: &Write, began: DateTime<Utc>, real: DateTime<Utc>) -> Result<Written> {
        self.trouble("write", &write.stream)?;
        self.began = Some(began);
        let written = self.once(write, real);
        let habits = self.habits(&write.stream)?.clone();
        // a payment that arrives twice is paid twice: nobody could tell it from a second one
        let pays =
            |act: &str| habits.cap().document.as_ref().is_some_and(|document| document.pays.as_deref() == Some(act));
        let again = match &write.action {
            Action::Act { act, .. } => !pays(act),
            action => action.id().is_some() || habits.cap().create_with_idempotency_key,
        };
        if written.is_ok() && again && self.dice.per_mille(habits.doubles) {
            let _second = self.once(write, real);
        }
        self.began = None;
        let reference = written?;
        if self.dice.per_mille(habits.loses_answers) {
            return Err(Error::new(ErrorKind::AmbiguousWrite, "write", "the answer was lost; it is looked for"));
        }
        let stream = &reference.at.stream;
        let row = self.rows.get(stream).and_then(|rows| rows.get(&reference.id));
        let item = row.filter(|_| habits.cap().write_returns_record).map(|row| self.item(stream, row, false));
        let as_sent = habits.as_sent && item.is_none();
        Ok(Written { reference, item, as_sent })
    }

    /// Where the record is after a write.
    fn once(&mut self, write: &Write, real: DateTime<Utc>) -> Result<ExternalRef> {
        if matches!(write.action, Action::Act { .. }) {
            return self.act(write, real);
        }
        let id = self.write(write, real)?;
        Ok(StreamKey { system: self.system.clone(), stream: write.stream.clone() }.id(&id))
    }
}
