//! Between rows and values.

use std::{borrow::Cow, collections::BTreeMap, rc::Rc};

use chrono::{DateTime, Utc};
use rusqlite::{Params, Statement, Transaction, types::Value};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sync_core::{
    CanonicalId, StreamKey,
    store::{Event, Journal},
};
use uuid::Uuid;

use super::fault::Failure;

/// Values for `IN rarray(?)`: one statement for a batch.
pub(super) fn set<V: Into<Value>>(values: impl IntoIterator<Item = V>) -> Rc<Vec<Value>> {
    Rc::new(values.into_iter().map(Into::into).collect())
}

/// Ids for `IN rarray(?)`.
pub(super) fn ids<'a>(ids: impl IntoIterator<Item = &'a CanonicalId>) -> Rc<Vec<Value>> {
    set(ids.into_iter().map(|id| id.as_uuid().as_bytes().to_vec()))
}

/// Texts for `IN rarray(?)`.
pub(super) fn texts<T: ToString>(texts: impl IntoIterator<Item = T>) -> Rc<Vec<Value>> {
    set(texts.into_iter().map(|text| text.to_string()))
}

/// An id out of a column.
pub(super) fn id(bytes: [u8; 16]) -> CanonicalId {
    CanonicalId::from_uuid(Uuid::from_bytes(bytes))
}

/// A body for a column.
pub(super) fn body<T: Serialize>(value: &T) -> Result<String, Failure> {
    Ok(serde_json::to_string(value)?)
}

/// The bodies that a statement finds, in its order. They are in its first column.
pub(super) fn bodies<T: DeserializeOwned>(
    statement: &mut Statement<'_>,
    params: impl Params,
) -> Result<Vec<T>, Failure> {
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
    }
    Ok(found)
}

/// What happened to one record at one moment of a run: one row of the journal.
#[derive(Serialize, Deserialize)]
pub(super) struct Moment<'a> {
    at: DateTime<Utc>,
    run: Cow<'a, str>,
    subject: CanonicalId,
    events: Vec<Cow<'a, Event>>,
}

/// Whether two entries are of one row.
pub(super) fn of_one_moment(one: &Journal, next: &Journal) -> bool {
    (one.subject, one.at) == (next.subject, next.at) && one.run == next.run
}

impl Moment<'_> {
    /// The body for entries that are of one row.
    pub(super) fn body(first: &Journal, entries: &[Journal]) -> Result<String, Failure> {
        let events = entries.iter().map(|entry| Cow::Borrowed(&entry.event)).collect();
        body(&Moment { at: first.at, run: Cow::Borrowed(&first.run), subject: first.subject, events })
    }
    /// The entries of a row.
    pub(super) fn entries(self) -> impl DoubleEndedIterator<Item = Journal> {
        let (at, run, subject) = (self.at, self.run.into_owned(), self.subject);
        let events = self.events.into_iter().map(Cow::into_owned).collect::<Vec<_>>();
        events.into_iter().map(move |event| Journal { at, run: run.clone(), subject, event })
    }
}

/// Nanoseconds since 1970. Moments outside the years 1677 to 2262 count as the first or last of them.
pub(super) fn nanos(at: DateTime<Utc>) -> i64 {
    let outside = if at.timestamp() < 0 { i64::MIN } else { i64::MAX };
    at.timestamp_nanos_opt().unwrap_or(outside)
}

/// 64 bits as SQLite's signed numbers, in the same order.
pub(super) fn signed(key: u64) -> i64 {
    (key ^ (1 << 63)).cast_signed()
}

/// Back from [`signed`].
pub(super) fn unsigned(key: i64) -> u64 {
    key.cast_unsigned() ^ (1 << 63)
}

/// A limit as SQLite takes it.
pub(super) fn limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// The numbers under which streams are kept. There are few, so that all are read at once.
pub(super) struct Streams(BTreeMap<StreamKey, i64>);

impl Streams {
    /// All streams that the store knows.
    pub(super) fn known(tx: &Transaction<'_>) -> Result<Self, Failure> {
        let mut statement = tx.prepare_cached("SELECT key, no FROM streams")?;
        let rows = statement.query_map((), |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let mut known = BTreeMap::new();
        for row in rows {
            let (key, no) = row?;
            if let Ok(key) = key.parse() {
                known.insert(key, no);
            }
        }
        Ok(Self(known))
    }
    /// The number of a stream, if the store knows it.
    pub(super) fn get(&self, stream: &StreamKey) -> Option<i64> {
        self.0.get(stream).copied()
    }
    /// The stream with this number.
    pub(super) fn name(&self, no: i64) -> Option<&StreamKey> {
        self.0.iter().find(|(_, known)| **known == no).map(|(stream, _)| stream)
    }
    /// The number of a stream, which the store knows from now on.
    pub(super) fn number(&mut self, tx: &Transaction<'_>, stream: &StreamKey) -> Result<i64, Failure> {
        if let Some(no) = self.get(stream) {
            return Ok(no);
        }
        tx.prepare_cached("INSERT INTO streams (key) VALUES (?1)")?.execute([stream.to_string()])?;
        let no = tx.last_insert_rowid();
        self.0.insert(stream.clone(), no);
        Ok(no)
    }
}
