//! Documents that changed. A line that does moves no stamp of its document, so lines are asked first, and then the heads: each
//! document is shown once, and its head carries the latest stamp of its lines where that is not much older than its own. This
//! depends on the document alone and not on where the window begins: what has not changed looks as it did before.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value as Json, value::RawValue};
use sync_core::{Context, Field, connector::Cursor, error::Result, handler::RawPage};
use sync_http::Request;

use super::{
    documents::Documents,
    walk::{OVERLAP, SLACK, Walk, Window},
};
use crate::{codes::since, wire::Wire};

/// The stamp of a changed line beside its document, which shows no change of its own.
const LINE_STAMP: &str = "QuotationLineUpdatedAt";
/// Documents that are asked for in one query.
const TOGETHER: usize = 50;
/// How much older than its head a line may be and still be told of: it may have come to light after the head did.
const BEFORE_HEAD: TimeDelta = OVERLAP;

impl Documents {
    /// The lines that changed since: they show nothing themselves, and their stamps go along to the heads, which follow the
    /// last of them at once.
    pub(super) async fn by_lines(&self, cx: &Context, walk: &Walk, at: DateTime<Utc>, size: u32) -> Result<RawPage> {
        const TABLE: &str = "QuotationLine";
        let list = self.kind.of.list;
        let since_line = at - BEFORE_HEAD;
        let rows = match walk.least_id() {
            Some(from) => {
                let script = since(TABLE, TABLE, "UpdatedAt", since_line - SLACK, from);
                self.records.page(cx, walk, crate::client::query(list, &script), size).await?
            }
            None => self.records.page(cx, walk, Request::get(list, "/QuotationLines"), size).await?,
        };
        let id = |row: &RawValue| {
            let line: Wire = serde_json::from_str(row.get()).ok()?;
            line.whole("QuotationLineId").ok()?.into_value()?.try_into().ok()
        };
        let mut stamps = walk.stamps.clone();
        for row in &rows {
            let Ok(line) = serde_json::from_str::<Wire>(row.get()) else { continue };
            let Some(parent) = line.link("QuotationLineOpportunityId").ok().and_then(Field::into_value) else {
                continue;
            };
            let changed = line.moment(LINE_STAMP).ok().and_then(Field::into_value);
            if changed.is_some_and(|changed| changed < since_line) {
                continue;
            }
            // whole, since it is compared again; as texts these stand in their order
            let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, false);
            let stamp = changed.map_or_else(|| row.get().len().to_string(), text);
            let latest = stamps.entry(parent).or_default();
            if *latest < stamp {
                *latest = stamp;
            }
        }
        let walk = walk.with_stamps(stamps);
        let whole = if walk.least_id().is_some() { self.records.whole(size) } else { 0 };
        match walk.next(list, &rows, whole, id)? {
            Some(next) => Ok(RawPage { rows: Vec::new(), next: Some(next) }),
            None => self.by_heads(cx, &walk.onward(Window::ModifiedSince(at), true), at, size).await,
        }
    }
    /// Heads that changed since, and those on the same page whose lines did.
    pub(super) async fn by_heads(&self, cx: &Context, walk: &Walk, at: DateTime<Utc>, size: u32) -> Result<RawPage> {
        let of = &self.kind.of;
        let rows = self.records.changed(cx, walk, of.entity, at, size).await?;
        let mut left = walk.stamps.clone();
        let mut shown = Vec::new();
        for row in &rows {
            let Ok(head) = serde_json::from_str::<Wire>(row.get()) else {
                shown.push(row.clone());
                continue;
            };
            let stamp = self.id(&head).and_then(|id| left.remove(&id));
            let is_new = self.changed_at(&head).is_none_or(|changed| changed >= at);
            if is_new || stamp.as_ref().is_some_and(|stamp| !is_before(stamp, at)) {
                shown.push(self.stamped(row.clone(), head, stamp.as_deref()));
            }
        }
        let next = walk
            .with_stamps(left.clone())
            .next(of.list, &rows, self.records.whole(size), |row| self.records.id_of(row))?;
        Ok(RawPage { rows: shown, next: next.or_else(|| named(walk, left, at)) })
    }
    /// Heads that did not change themselves, by the lines that did. Lines name documents of either kind; the query gives
    /// those of this one.
    pub(super) async fn by_names(&self, cx: &Context, walk: &Walk, at: DateTime<Utc>) -> Result<RawPage> {
        let entity = self.kind.of.entity;
        let mut left = walk.stamps.clone();
        let rest = left.keys().nth(TOGETHER).copied().map(|id| left.split_off(&id)).unwrap_or_default();
        let any: Vec<String> = left.keys().map(|id| format!("{entity}Id = {id}")).collect();
        if any.is_empty() {
            return Ok(RawPage::default());
        }
        let script = format!("SELECT * FROM {entity} WHERE {}", any.join(" OR "));
        let rows = self.records.query(cx, self.kind.of.list, &script).await?.into_iter();
        let shown = rows.map(|row| match serde_json::from_str::<Wire>(row.get()) {
            Ok(head) => {
                let stamp = self.id(&head).and_then(|id| left.get(&id));
                self.stamped(row, head, stamp.map(String::as_str))
            }
            Err(_) => row,
        });
        Ok(RawPage { rows: shown.collect(), next: named(walk, rest, at) })
    }
    fn id(&self, head: &Wire) -> Option<i64> {
        head.whole(&self.kind.key("Id")).ok()?.into_value()
    }
    fn changed_at(&self, head: &Wire) -> Option<DateTime<Utc>> {
        head.moment(&self.kind.key("UpdatedAt")).ok()?.into_value()
    }
    /// The head with the stamp of its lines. One that is older than the head's by more than lines come late is left out: a
    /// window that begins later would not have met it.
    fn stamped(&self, row: Box<RawValue>, mut head: Wire, stamp: Option<&str>) -> Box<RawValue> {
        let changed = self.changed_at(&head);
        let Some(stamp) = stamp.filter(|stamp| changed.is_none_or(|changed| !is_before(stamp, changed - BEFORE_HEAD)))
        else {
            return row;
        };
        head.0.insert(LINE_STAMP.to_owned(), stamp.into());
        raw(head).unwrap_or(row)
    }
}

/// The place where the documents are that lines alone name; none if there are none.
fn named(walk: &Walk, mut stamps: BTreeMap<i64, String>, at: DateTime<Utc>) -> Option<Cursor> {
    stamps.retain(|_, stamp| !is_before(stamp, at));
    (!stamps.is_empty()).then(|| walk.with_stamps(stamps).onward(Window::NamedByLines(at), false).cursor())
}

/// Whether a stamp is known to be older: one that cannot be read may be of any time.
fn is_before(stamp: &str, at: DateTime<Utc>) -> bool {
    DateTime::parse_from_rfc3339(stamp).is_ok_and(|stamp| stamp < at)
}

pub(super) fn raw(record: Wire) -> Option<Box<RawValue>> {
    // a map of what was parsed: this cannot fail
    serde_json::value::to_raw_value(&Json::Object(record.0)).ok()
}
