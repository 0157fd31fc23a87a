//! Documents whose lines changed: a line that does moves no stamp of its document.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, value::RawValue};
use sync_core::{Context, Field, error::Result, handler::RawPage};
use sync_http::Request;

use super::{
    documents::Documents,
    walk::{SLACK, Walk},
};
use crate::{codes::since, wire::Wire};

/// The stamp of a changed line beside its document, which shows no change of its own.
const LINE_STAMP: &str = "QuotationLineUpdatedAt";
/// Documents that are asked for in one query.
const TOGETHER: usize = 50;

impl Documents {
    /// Documents whose lines changed since, with the stamp of the latest change: without it they would look as before.
    pub(super) async fn by_lines(&self, cx: &Context, walk: &Walk, at: DateTime<Utc>, size: u32) -> Result<RawPage> {
        const TABLE: &str = "QuotationLine";
        let list = self.kind.of.list;
        let rows = match walk.least_id() {
            Some(from) => {
                let script = since(TABLE, TABLE, "UpdatedAt", at - SLACK, from);
                self.records.page(cx, walk, crate::client::query(list, &script), size).await?
            }
            None => self.records.page(cx, walk, Request::get(list, "/QuotationLines"), size).await?,
        };
        let id = |row: &RawValue| {
            let line: Wire = serde_json::from_str(row.get()).ok()?;
            line.whole("QuotationLineId").ok()?.into_value()?.try_into().ok()
        };
        let mut parents: BTreeMap<i64, String> = BTreeMap::new();
        for row in &rows {
            let Ok(line) = serde_json::from_str::<Wire>(row.get()) else { continue };
            let Some(parent) = line.link("QuotationLineOpportunityId").ok().and_then(Field::into_value) else {
                continue;
            };
            let changed = line.moment(LINE_STAMP).ok().and_then(Field::into_value);
            if changed.is_some_and(|changed| changed < at) {
                continue;
            }
            let stamp = changed.map_or_else(|| row.get().len().to_string(), crate::wire::moment);
            let latest = parents.entry(parent).or_default();
            if *latest < stamp {
                *latest = stamp;
            }
        }
        let whole = if walk.least_id().is_some() { self.records.whole(size) } else { 0 };
        let next = walk.showing(parents.clone()).next(list, &rows, whole, id)?;
        parents.retain(|parent, stamp| walk.shown.get(parent).is_none_or(|shown| shown < stamp));
        Ok(RawPage { rows: self.heads(cx, &parents).await?, next })
    }
    /// Lines name a document of either kind; the query gives those of this one.
    async fn heads(&self, cx: &Context, parents: &BTreeMap<i64, String>) -> Result<Vec<Box<RawValue>>> {
        let entity = self.kind.of.entity;
        let ids: Vec<&i64> = parents.keys().collect();
        let mut heads = Vec::new();
        for chunk in ids.chunks(TOGETHER) {
            let any: Vec<String> = chunk.iter().map(|id| format!("{entity}Id = {id}")).collect();
            let script = format!("SELECT * FROM {entity} WHERE {}", any.join(" OR "));
            for row in self.records.query(cx, self.kind.of.list, &script).await? {
                let Ok(mut head) = serde_json::from_str::<Wire>(row.get()) else {
                    heads.push(row);
                    continue;
                };
                let id = head.whole(&self.kind.key("Id")).ok().and_then(Field::into_value);
                if let Some(stamp) = id.and_then(|id| parents.get(&id)) {
                    head.0.insert(LINE_STAMP.to_owned(), stamp.as_str().into());
                }
                heads.extend(raw(head));
            }
        }
        Ok(heads)
    }
}

pub(super) fn raw(record: Wire) -> Option<Box<RawValue>> {
    // a map of what was parsed: this cannot fail
    serde_json::value::to_raw_value(&Json::Object(record.0)).ok()
}
