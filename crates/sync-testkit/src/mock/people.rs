//! What users of a mock do in it, and what a test can ask.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, Utc};
use sync_core::{Canonical, Clock, ExternalRef, FieldMap, StreamId};

use super::{Mock, vendor::Target};

/// Who changed a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// A user of the system.
    User,
    /// The engine, through the connector.
    Engine,
}

/// One change of one record, as it was.
#[derive(Clone, Debug)]
pub struct Change {
    /// When, by the true clock.
    pub at: DateTime<Utc>,
    /// When the call that made it began; of a user the same moment.
    pub began: DateTime<Utc>,
    /// By whom.
    pub who: Who,
    /// Of what.
    pub reference: ExternalRef,
    /// What its author had before him.
    pub before: FieldMap,
    /// What he left.
    pub after: FieldMap,
    /// It was removed.
    pub removed: bool,
}

/// The engine was shown a record, by a listing, a fetch or a search.
#[derive(Clone, Debug)]
pub struct Look {
    /// When, by the true clock.
    pub at: DateTime<Utc>,
    /// The host record.
    pub reference: ExternalRef,
    /// How many changes the system's log had by then: those it could show.
    pub changes: usize,
}

impl Mock {
    /// A user makes a record; its id.
    pub fn put<K: Canonical>(&self, stream: &str, record: K) -> Arc<str> {
        self.put_fields(stream, record.to_fields())
    }
    /// A user makes a record from fields, those of facets under the facet's stream name.
    pub fn put_fields(&self, stream: &str, fields: FieldMap) -> Arc<str> {
        self.put_parts(stream, BTreeMap::from([(StreamId::new(stream), fields)]))
    }
    /// A user makes a record with its facets.
    pub fn put_parts(&self, stream: &str, parts: BTreeMap<StreamId, FieldMap>) -> Arc<str> {
        let now = self.lock().clock.now();
        self.lock().create(&StreamId::new(stream), parts, None, now, Who::User)
    }
    /// A user changes a record; whether it is there.
    pub fn edit<K: Canonical>(&self, stream: &str, id: &str, change: impl FnOnce(K) -> K) -> bool {
        let Some(before) = self.get::<K>(stream, id) else { return false };
        let (old, new) = (before.to_fields(), change(before).to_fields());
        self.edit_fields(stream, id, &old.diff(&new))
    }
    /// A user changes fields of a record or of a facet of it; whether it is there.
    pub fn edit_fields(&self, stream: &str, id: &str, fields: &FieldMap) -> bool {
        let now = self.lock().clock.now();
        let stream = StreamId::new(stream);
        let mut state = self.lock();
        let host = state
            .streams
            .get(&stream)
            .and_then(|habits| habits.cap().facet_of.clone())
            .unwrap_or_else(|| stream.clone());
        state.change(Target { host: &host, part: &stream, id }, fields, false, now, Who::User)
    }
    /// A user removes a record; whether it was there.
    pub fn delete(&self, stream: &str, id: &str) -> bool {
        let now = self.lock().clock.now();
        self.lock().remove(&StreamId::new(stream), id, now, Who::User, false)
    }
    /// A user copies a record, as users do; the copy's id. The copy of a document bears our mark too.
    pub fn copy(&self, stream: &str, id: &str) -> Option<Arc<str>> {
        let now = self.lock().clock.now();
        let stream = StreamId::new(stream);
        let mut state = self.lock();
        let row = state.find_row(&stream, id).ok()?;
        let mut parts = row.parts.clone();
        let mut mark = None;
        if let Some(kind) = state.streams.get(&stream).filter(|h| h.documents.is_some()).map(|h| h.cap().kind) {
            // a copy of a document starts anew, with all that users typed and our mark in it
            mark.clone_from(&row.mark);
            parts.entry(stream.clone()).and_modify(|fields| super::documents::start_anew(kind, fields));
        }
        Some(state.create(&stream, parts, mark, now, Who::User))
    }
    /// A user merges a record into another one of the stream; whether it was there. Listings show it where the stream
    /// leaves tombstones.
    pub fn merge(&self, stream: &str, id: &str, into: &str) -> bool {
        if !self.delete(stream, id) {
            return false;
        }
        let mut state = self.lock();
        if let Some(row) = state.rows.get_mut(&StreamId::new(stream)).and_then(|rows| rows.get_mut(id)) {
            row.merged_into = Some(Arc::from(into));
        }
        true
    }
    /// From now on a record cannot be changed through the connector, or can again.
    pub fn lock_record(&self, stream: &str, id: &str, why: Option<&str>) {
        let mut state = self.lock();
        if let Some(row) = state.rows.get_mut(&StreamId::new(stream)).and_then(|rows| rows.get_mut(id)) {
            row.locked = why.map(str::to_owned);
            row.version += 1;
        }
    }
    /// A record, or a facet of it, as it is now.
    pub fn get<K: Canonical>(&self, stream: &str, id: &str) -> Option<K> {
        K::from_fields(&self.fields(stream, id)?).ok()
    }
    /// The fields of a record, or of a facet of it.
    pub fn fields(&self, stream: &str, id: &str) -> Option<FieldMap> {
        let stream = StreamId::new(stream);
        let state = self.lock();
        let host = state
            .streams
            .get(&stream)
            .and_then(|habits| habits.cap().facet_of.clone())
            .unwrap_or_else(|| stream.clone());
        state.find_row(&host, id).ok()?.parts.get(&stream).cloned()
    }
    /// The only living record of a host stream.
    ///
    /// # Panics
    /// If there is none, or more than one.
    #[allow(clippy::panic, reason = "a test stops at its own mistakes")]
    pub fn one<K: Canonical>(&self, stream: &str) -> K {
        let all = self.all(stream);
        match (all.len(), all.values().next().map(K::from_fields)) {
            (1, Some(Ok(record))) => record,
            (count, _) => panic!("{} has {count} records in {stream}, not one", self.system()),
        }
    }
    /// All living records of a host stream, by id.
    pub fn all(&self, stream: &str) -> BTreeMap<Arc<str>, FieldMap> {
        let stream = StreamId::new(stream);
        let state = self.lock();
        let rows = state.rows.get(&stream).into_iter().flatten().filter(|(_, row)| !row.removed);
        rows.map(|(id, row)| (id.clone(), row.parts.get(&stream).cloned().unwrap_or_default())).collect()
    }
    /// Everything that the engine was shown since the start, in order.
    pub fn looks(&self) -> Vec<Look> {
        self.lock().looks.clone()
    }
    /// Side effects that it was asked for, in order.
    pub fn effects(&self) -> Vec<String> {
        self.lock().effects.iter().map(|(_, effect)| effect.clone()).collect()
    }
    /// Every change since the start, in order: what an oracle needs.
    pub fn log(&self) -> Vec<Change> {
        self.lock().log.clone()
    }
}
