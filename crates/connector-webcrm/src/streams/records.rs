//! What organisations, persons and documents are read and written by.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::{Map, Value as Json, value::RawValue};
use sync_core::{
    Context, Field, FieldMap, FieldPath,
    capability::{Since, UpdateMode},
    connector::Version,
    error::{Error, ErrorKind, Result},
    handler::{Answer, Encode, Head, Outgoing, Step},
};
use sync_http::Request;

use super::walk::{OVERLAP_S, Walk};
use crate::{
    client::{Api, PAGE_MAX, Resource, quoted},
    codes::{Lists, since},
    config::{Config, Updates},
    fields::OwnFields,
    wire::{Wire, same},
};

/// The records of one resource.
#[derive(Clone, Debug)]
pub(super) struct Records {
    pub(super) api: Api,
    pub(super) of: &'static Resource,
    pub(super) lists: Arc<Lists>,
    pub(super) own: OwnFields,
    updates: Updates,
    batch: usize,
    made: Arc<Mutex<BTreeSet<String>>>, // ids of new records: none of them is another one too
}

/// How far the vendor's clock may lag behind ours for a record to have been made just now.
const JUST_NOW: TimeDelta = TimeDelta::minutes(2);

/// What the vendor keeps for itself, and what must never go back: a password read as "(censored)" would be set to that.
const KEPT_SECRET: &str = "password";
pub(super) const KEPT: [&str; 6] = ["QuotationLines", "History", "CreatedAt", "CreatedBy", "UpdatedAt", "UpdatedBy"];

/// Whether a member may be a password. Queries show columns of the database too, which have names of another make.
fn is_secret(key: &str) -> bool {
    key.to_ascii_lowercase().contains(KEPT_SECRET)
}

impl Records {
    pub(super) fn new(api: Api, of: &'static Resource, lists: Arc<Lists>, own: OwnFields, config: &Config) -> Self {
        let batch = usize::try_from(config.batch).unwrap_or(1);
        Self { api, of, lists, own, updates: config.updates, batch, made: Arc::default() }
    }
    /// Writes that are handed over together.
    pub(super) fn batch_max(&self) -> usize {
        self.batch
    }
    pub(super) fn update_mode(&self) -> UpdateMode {
        match self.updates {
            Updates::Merge => UpdateMode::Merge,
            Updates::Replace => UpdateMode::Replace,
        }
    }
    /// What is told of changes. What else moves a stamp, or does not, is not documented.
    pub(super) fn since() -> Since {
        Since { precision_ms: 1000, inclusive: true, lag_s: OVERLAP_S, ascending: false, misses: true }
    }
    pub(super) fn id_of(&self, row: &RawValue) -> Option<u64> {
        let record: Wire = serde_json::from_str(row.get()).ok()?;
        record.whole(&self.of.key("Id")).ok()?.into_value()?.try_into().ok()
    }
    pub(super) fn head(&self, read: &Wire) -> Head {
        // a stamp that cannot be read makes the record no worse
        let stamp = |name: &str| read.moment(&self.of.key(name)).ok().and_then(Field::into_value);
        Head {
            version: Version { etag: None, modified_at: stamp("UpdatedAt") },
            created_at: stamp("CreatedAt"),
            ..Head::default()
        }
    }
    /// A page of the vendor's own list.
    pub(super) async fn page(
        &self,
        cx: &Context,
        walk: &Walk,
        request: Request,
        page_size: u32,
    ) -> Result<Vec<Box<RawValue>>> {
        self.api.read(cx, request.query("Page", walk.page()).query("Size", page_size)).await
    }
    /// Rows that a page of a query holds for sure.
    pub(super) fn whole(&self, page_size: u32) -> usize {
        at_most(self.lists.pages.queries, page_size)
    }
    /// All rows of a query.
    pub(super) async fn query(
        &self,
        cx: &Context,
        operation: &'static str,
        script: &str,
    ) -> Result<Vec<Box<RawValue>>> {
        self.api.query(cx, operation, script, self.whole(PAGE_MAX)).await
    }
    /// A page of what changed, by id.
    pub(super) async fn changed(
        &self,
        cx: &Context,
        walk: &Walk,
        table: &str,
        at: DateTime<Utc>,
        page_size: u32,
    ) -> Result<Vec<Box<RawValue>>> {
        let script = since(table, table, "UpdatedAt", at - super::walk::SLACK, walk.least_id().unwrap_or_default());
        self.page(cx, walk, crate::client::query(self.of.list, &script), page_size).await
    }
    /// Without rows that are older than what was asked for: more was asked for than is wanted.
    pub(super) fn newer(&self, rows: Vec<Box<RawValue>>, stamp: &str, since: DateTime<Utc>) -> Vec<Box<RawValue>> {
        let key = self.of.key(stamp);
        let older = |row: &RawValue| {
            let record: Option<Wire> = serde_json::from_str(row.get()).ok();
            let at = record.and_then(|record| record.moment(&key).ok()?.into_value());
            at.is_some_and(|at| at < since)
        };
        rows.into_iter().filter(|row| !older(row)).collect()
    }
    pub(super) async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Box<RawValue>>> {
        let mut found = Vec::new();
        for id in ids {
            found.extend(self.api.record(cx, Request::get(self.of.get, self.of.one).path("id", id)).await?);
        }
        Ok(found)
    }
    /// Records with exactly these texts; the vendor itself does not tell capitals from small letters.
    pub(super) async fn find(
        &self,
        cx: &Context,
        by: &FieldMap,
        key: impl Fn(FieldPath) -> Option<String>,
    ) -> Result<Vec<Box<RawValue>>> {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for (path, value) in by.iter() {
            let (Some(key), Some(text)) = (key(path), value.as_text()) else {
                let line = format!("webCRM cannot look for this value of {path}");
                return Err(Error::new(ErrorKind::Unsupported, self.of.find, line).with_context("field", path));
            };
            wanted.push((key, text.to_owned()));
        }
        let conditions: Vec<String> = wanted.iter().map(|(key, text)| format!("{key} = {}", quoted(text))).collect();
        let script = format!("SELECT * FROM {} WHERE {}", self.of.entity, conditions.join(" AND "));
        let rows = self.query(cx, self.of.find, &script).await?;
        let exact = |row: &RawValue| {
            let record: Option<Wire> = serde_json::from_str(row.get()).ok();
            record.is_some_and(|record| {
                wanted.iter().all(|(key, text)| record.text(key).is_ok_and(|said| said.as_deref() == Some(text)))
            })
        };
        Ok(rows.into_iter().filter(|row| exact(row)).collect())
    }
    /// The body of a write around what is to be sent.
    pub(super) fn body(&self, encode: &Encode<'_, Wire>, sent: Map<String, Json>) -> Result<Map<String, Json>> {
        let id = match encode.id() {
            None => 0,
            Some(id) => id.parse::<u32>().map_err(|_| {
                Error::new(ErrorKind::Invalid, self.of.update, "the id of a record in webCRM is a number; this is none")
            })?,
        };
        let mut body = match (self.updates, encode.current()) {
            (Updates::Replace, Some(current)) => {
                let goes_back = |key: &String| !is_secret(key) && !KEPT.iter().any(|kept| key.contains(kept));
                current.0.iter().filter(|(key, _)| goes_back(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
            }
            _ => Map::new(),
        };
        body.extend(sent);
        body.insert(self.of.key("Id"), id.into());
        Ok(body)
    }
    /// Whether all that would be sent is there already.
    pub(super) fn unchanged(body: &Map<String, Json>, current: &Wire) -> bool {
        body.iter().all(|(key, value)| current.0.get(key).is_some_and(|kept| same(value, kept)))
    }
    /// A new record. Where the vendor does not tell its id, it is the one of this name that was made just now and shows all
    /// that was sent; where that is none, or more than one, it stays open which one it is.
    pub(super) async fn made(&self, cx: &Context, body: &Map<String, Json>) -> Result<Answer> {
        let began = cx.clock.now() - JUST_NOW;
        let told = self.api.made(cx, self.of, body).await?;
        let id = match told {
            // that it cannot be looked for now makes it no worse: it is looked for later
            None => self.just_made(cx, body, began).await.unwrap_or_default(),
            told => told,
        };
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(answer(id.filter(|id| made.insert(id.clone()))))
    }
    async fn just_made(&self, cx: &Context, body: &Map<String, Json>, began: DateTime<Utc>) -> Result<Option<String>> {
        let (entity, id, name) = (self.of.entity, self.of.key("Id"), self.of.key("Name"));
        let Some(text) = body.get(&name).and_then(Json::as_str) else { return Ok(None) };
        let script = format!("SELECT * FROM {entity} WHERE {name} = {}", quoted(text));
        let rows = self.query(cx, self.of.find, &script).await?;
        let sent: Map<String, Json> =
            body.iter().filter(|(key, _)| **key != id).map(|(key, value)| (key.clone(), value.clone())).collect();
        let is_it = |row: &RawValue| {
            let Ok(row) = serde_json::from_str::<Wire>(row.get()) else { return false };
            let made = row.moment(&self.of.key("CreatedAt")).ok().and_then(Field::into_value);
            made.is_some_and(|made| made >= began) && Self::unchanged(&sent, &row)
        };
        let mut found = rows.iter().filter(|row| is_it(row)).filter_map(|row| self.id_of(row));
        Ok(found.next().filter(|_| found.next().is_none()).map(|id| id.to_string()))
    }
    /// New records one by one, since made quickly they may be given one id; changes together.
    pub(super) async fn write(&self, cx: &Context, batch: &[Outgoing<'_, Map<String, Json>>]) -> Vec<Result<Answer>> {
        let mut answers: Vec<Option<Result<Answer>>> = Vec::new();
        let mut changes: Vec<(usize, &str, &Map<String, Json>)> = Vec::new();
        for (place, Outgoing { step, .. }) in batch.iter().enumerate() {
            answers.push(match step {
                Step::Post(body) => Some(self.made(cx, body).await),
                Step::Put(id, body) => {
                    changes.push((place, id, body));
                    None
                }
                _ => Some(Err(Error::new(ErrorKind::Unsupported, self.of.update, "webCRM offers no such step"))),
            });
        }
        for chunk in changes.chunks(self.batch.max(1)) {
            let done = match chunk {
                [(_, id, body)] => vec![self.api.change(cx, self.of, id, body).await],
                several => {
                    let several: Vec<(&str, &Map<String, Json>)> =
                        several.iter().map(|(_, id, body)| (*id, *body)).collect();
                    self.api.change_all(cx, self.of, &several).await
                }
            };
            for ((place, ..), done) in chunk.iter().zip(done) {
                if let Some(answer) = answers.get_mut(*place) {
                    *answer = Some(done.map(|()| Answer::done()));
                }
            }
        }
        let lost = || Err(Error::new(ErrorKind::AmbiguousWrite, self.of.update, "this write was not answered"));
        answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect()
    }
    pub(super) fn page_size(page_size: u32) -> u32 {
        page_size.clamp(1, PAGE_MAX)
    }
}

/// The place of a row in the result of a query, which says nothing of the record.
pub(super) const VOLATILE: [&str; 1] = ["RowNumber"];

/// What a page is sure to hold, of pages that are asked for in this size.
pub(super) fn at_most(seen: usize, page_size: u32) -> usize {
    seen.min(usize::try_from(page_size).unwrap_or(seen))
}

/// The answer to a create: without an id it is looked for.
pub(super) fn answer(id: Option<String>) -> Answer {
    id.map_or_else(Answer::done, Answer::id)
}

/// Rows without passwords: a row is kept as text where something is wrong with it, and shown to people.
pub(super) fn without_passwords(rows: Vec<Box<RawValue>>) -> Vec<Box<RawValue>> {
    let cut = |row: Box<RawValue>| {
        let Ok(mut members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(row.get()) else { return row };
        members.retain(|key, _| !is_secret(key));
        // text keys and what was JSON before: this cannot fail
        serde_json::value::to_raw_value(&members).unwrap_or_default()
    };
    rows.into_iter().map(cut).collect()
}

/// The id alone: the vendor puts the name of the resource before it. Documents of both kinds lie in one table, so a query for
/// one may show the other's name too.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Row {
    organisation_id: Json,
    person_id: Json,
    delivery_id: Json,
    opportunity_id: Json,
    quotation_line_linked_data_item_id: Json,
}

impl Row {
    /// The id as a record of this resource; empty for none, which rejects the row.
    pub(super) fn id(&self, entity: &str) -> String {
        let id = match entity {
            "Organisation" => &self.organisation_id,
            "Person" => &self.person_id,
            "Delivery" => &self.delivery_id,
            "Opportunity" => &self.opportunity_id,
            _ => &self.quotation_line_linked_data_item_id,
        };
        let id = crate::wire::text(id).filter(|id| id.parse::<u32>().is_ok_and(|id| id > 0));
        id.unwrap_or_default()
    }
}
