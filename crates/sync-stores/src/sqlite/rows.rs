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

/// A body for a column, in the form for what there is much of: bindings, intents, what happened.
pub(super) fn packed<T: Serialize>(value: &T) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::with_capacity(1024);
    rmp_serde::encode::write_named(&mut body, value)?;
    Ok(body)
}

/// The packed bodies that a statement finds, in its order. They are in its first column.
pub(super) fn unpacked<T: DeserializeOwned>(
    statement: &mut Statement<'_>,
    params: impl Params,
) -> Result<Vec<T>, Failure> {
    let mut rows = statement.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(rmp_serde::from_slice(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?);
    }
    Ok(found)
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
    pub(super) fn body(first: &Journal, entries: &[Journal]) -> Result<Vec<u8>, Failure> {
        let events = entries.iter().map(|entry| Cow::Borrowed(&entry.event)).collect();
        packed(&Moment { at: first.at, run: Cow::Borrowed(&first.run), subject: first.subject, events })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use sync_core::{FieldMap, FieldPath, StreamKey, Value, value::Link};

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let reference = ".{0,9}".prop_map(|id| StreamKey::new("shop:se", "customers").id(id));
        let moment = (-9_000_000_000_i64..9_000_000_000, 0_u32..1_000_000_000);
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            any::<[u8; 16]>().prop_map(|bytes| Value::Decimal(Decimal::deserialize(bytes))),
            ".{0,40}".prop_map(|text: String| Value::Text(text.into())),
            (-90_000_i32..900_000)
                .prop_map(|day| Value::Date(chrono::NaiveDate::from_num_days_from_ce_opt(day).unwrap())),
            moment.prop_map(|(s, nanos)| Value::Instant(DateTime::from_timestamp(s, nanos).unwrap())),
            any::<u128>().prop_map(|id| Value::Link(Link::Canonical(CanonicalId::from_uuid(Uuid::from_u128(id))))),
            reference.prop_map(|reference| Value::Link(Link::External(reference))),
        ];
        leaf.prop_recursive(3, 20, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
                prop::collection::btree_map(".{0,5}", inner, 0..5).prop_map(Value::Map),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_packed_is_what_it_was(fields in prop::collection::vec(("[a-cå]{0,3}\\.?[a-cå]{0,160}", values()), 0..12)) {
            let fields: FieldMap = fields.into_iter().map(|(path, value)| (FieldPath::new(&path), value)).collect();
            let back: FieldMap = rmp_serde::from_slice(&packed(&fields).unwrap()).unwrap();
            prop_assert_eq!(&back, &fields);
            prop_assert_eq!(format!("{back:?}"), format!("{fields:?}"), "scale and sign too");
        }

        #[test]
        fn spoilt_bytes_are_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>()) {
            let _any = rmp_serde::from_slice::<FieldMap>(&bytes);
            let _any = rmp_serde::from_slice::<Value>(&bytes);
            let fields = FieldMap::new().with("a.day", chrono::NaiveDate::MIN).with("a.nå", Decimal::NEGATIVE_ONE);
            let mut good = packed(&fields).unwrap();
            let at = at.index(good.len());
            good.splice(at..at + 1, bytes);
            let _any = rmp_serde::from_slice::<FieldMap>(&good);
        }
    }
}
