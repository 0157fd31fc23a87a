//! The state of a mock, and what it does with calls.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use sync_core::{
    Error, ErrorKind, FieldMap, Result, StreamId, SystemId,
    capability::{RemoveMode, UpdateMode},
    connector::{Action, Tenant, Version, Write},
};

use super::{
    habits::Habits,
    people::{Change, Who},
};
use crate::time::{Dice, VirtualClock};

/// One host record with its facets.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: Arc<str>,
    pub(super) parts: BTreeMap<StreamId, FieldMap>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_at: DateTime<Utc>,
    pub(super) version: u64,
    pub(super) removed: bool,
    pub(super) locked: Option<String>,
    pub(super) mark: Option<String>,
    pub(super) merged_into: Option<Arc<str>>,
}

/// One facet of one host record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'a> {
    pub(super) host: &'a StreamId,
    pub(super) part: &'a StreamId,
    pub(super) id: &'a str,
}

#[derive(Debug)]
pub(super) struct Vendor {
    pub(super) system: SystemId,
    pub(super) tenant: Tenant,
    pub(super) dice: Dice,
    pub(super) clock: VirtualClock,
    pub(super) skew_s: i64,
    pub(super) down: bool,
    pub(super) streams: BTreeMap<StreamId, Habits>,
    pub(super) rows: BTreeMap<StreamId, BTreeMap<Arc<str>, Row>>,
    pub(super) next_id: u64,
    pub(super) keys: BTreeMap<String, Arc<str>>,
    pub(super) calls: BTreeMap<String, u64>,
    pub(super) log: Vec<Change>,
    pub(super) effects: Vec<String>,
}

impl Vendor {
    pub(super) fn new(system: SystemId, tenant: Tenant, dice: Dice) -> Self {
        Self {
            system,
            tenant,
            dice,
            clock: VirtualClock::default(),
            skew_s: 0,
            down: false,
            streams: BTreeMap::new(),
            rows: BTreeMap::new(),
            next_id: 1,
            keys: BTreeMap::new(),
            calls: BTreeMap::new(),
            log: Vec::new(),
            effects: Vec::new(),
        }
    }
    /// Its own time.
    pub(super) fn now(&self, real: DateTime<Utc>) -> DateTime<Utc> {
        real + TimeDelta::seconds(self.skew_s)
    }
    pub(super) fn habits(&self, stream: &StreamId) -> Result<&Habits> {
        self.streams.get(stream).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, "mock", format!("{} has no stream {stream}", self.system))
        })
    }
    /// Trouble before a call takes effect.
    pub(super) fn trouble(&mut self, call: &'static str, stream: &StreamId) -> Result<()> {
        *self.calls.entry(format!("{call} {stream}")).or_default() += 1;
        let (unavailable, limited) = {
            let habits = self.habits(stream)?;
            (habits.unavailable, habits.rate_limited)
        };
        if self.down || self.dice.per_mille(unavailable) {
            return Err(Error::new(
                ErrorKind::Unavailable,
                call,
                format!("{} does not answer; try later", self.system),
            ));
        }
        if self.dice.per_mille(limited) {
            return Err(Error::new(
                ErrorKind::RateLimited,
                call,
                format!("{} wants fewer calls; try later", self.system),
            ));
        }
        Ok(())
    }
    /// The stamp that a record shows.
    pub(super) fn stamp(&self, stream: &StreamId, row: &Row) -> DateTime<Utc> {
        let step = self.streams.get(stream).map_or(1, |habits| habits.stamp_ms).max(1);
        let ms = row.changed_at.timestamp_millis();
        DateTime::from_timestamp_millis(ms - ms.rem_euclid(step)).unwrap_or(row.changed_at)
    }
    pub(super) fn version(&self, stream: &StreamId, row: &Row) -> Version {
        let cap = self.streams.get(stream).map(Habits::cap);
        Version {
            etag: cap.is_some_and(|cap| cap.update_if_version).then(|| row.version.to_string()),
            modified_at: cap.is_some_and(|cap| cap.stamps).then(|| self.stamp(stream, row)),
        }
    }

    /// Puts a new record there; gives its id.
    pub(super) fn create(
        &mut self,
        stream: &StreamId,
        parts: BTreeMap<StreamId, FieldMap>,
        mark: Option<String>,
        real: DateTime<Utc>,
        who: Who,
    ) -> Arc<str> {
        let id: Arc<str> = Arc::from(self.next_id.to_string());
        self.next_id += 1;
        let now = self.now(real);
        let mut row = Row {
            id: id.clone(),
            parts: BTreeMap::new(),
            created_at: now,
            changed_at: now,
            version: 1,
            removed: false,
            locked: None,
            mark,
            merged_into: None,
        };
        for (part, fields) in parts {
            row.parts.insert(part.clone(), self.kept(&part, &fields));
        }
        for (part, fields) in row.parts.clone() {
            self.note(&part, &id, FieldMap::new(), fields, real, who);
        }
        self.rows.entry(stream.clone()).or_default().insert(id.clone(), row);
        id
    }
    /// What a stream keeps of the fields that it is given.
    pub(super) fn kept(&self, stream: &StreamId, fields: &FieldMap) -> FieldMap {
        let Some(habits) = self.streams.get(stream) else { return FieldMap::new() };
        fields
            .iter()
            .filter(|(path, _)| habits.cap().fields.contains_key(path))
            .map(|(path, value)| (path, habits.keeps(path, value)))
            .collect()
    }
    /// Changes fields of one facet of a record.
    pub(super) fn change(
        &mut self,
        Target { host, part, id }: Target<'_>,
        fields: &FieldMap,
        replace: bool,
        real: DateTime<Utc>,
        who: Who,
    ) -> bool {
        let fields = self.kept(part, fields);
        let now = self.now(real);
        let Some(row) = self.rows.get_mut(host).and_then(|rows| rows.get_mut(id)).filter(|row| !row.removed) else {
            return false;
        };
        let slot = row.parts.entry(part.clone()).or_default();
        let before = slot.clone();
        if replace {
            for path in before.paths() {
                slot.set(path, sync_core::Value::Null);
            }
        }
        slot.overlay(&fields);
        let after = slot.clone();
        if before != after {
            row.version += 1;
            row.changed_at = now;
            let id = row.id.clone();
            self.note(part, &id, before, after, real, who);
        }
        true
    }
    pub(super) fn note(
        &mut self,
        stream: &StreamId,
        id: &Arc<str>,
        before: FieldMap,
        after: FieldMap,
        at: DateTime<Utc>,
        who: Who,
    ) {
        let reference = sync_core::StreamKey { system: self.system.clone(), stream: stream.clone() }.id(id);
        self.log.push(Change { at, who, reference, before, after, removed: false });
    }

    /// One write of the engine; the id of the record.
    pub(super) fn write(&mut self, write: &Write, real: DateTime<Utc>) -> Result<Arc<str>> {
        let habits = self.habits(&write.stream)?.clone();
        if let Some((path, text)) = &habits.refuses {
            let bad =
                |part: &sync_core::connector::Part| part.wanted.text(*path).is_some_and(|t| t.contains(text.as_str()));
            if write.action.parts().iter().any(bad) {
                return Err(Error::new(
                    ErrorKind::Invalid,
                    "write",
                    format!("{path} may not hold '{text}'; change it"),
                )
                .with_vendor("E42", "forbidden word"));
            }
        }
        match &write.action {
            Action::Create { parts } => {
                if habits.cap().create_with_idempotency_key
                    && let Some(id) = self.keys.get(&write.idempotency_key)
                {
                    return Ok(id.clone());
                }
                for (path, cap) in &habits.cap().fields {
                    let given =
                        parts.iter().any(|part| part.stream == write.stream && part.wanted.filled(*path).is_some());
                    if cap.required_on_create && !given {
                        return Err(Error::new(ErrorKind::Invalid, "create", format!("{path} is required; fill it")));
                    }
                }
                let mut all: BTreeMap<StreamId, FieldMap> =
                    parts.iter().map(|part| (part.stream.clone(), part.wanted.clone())).collect();
                if let (Some(mark), Some(text)) = (habits.cap().create_mark, &write.mark) {
                    all.entry(write.stream.clone()).or_default().set(mark.field, text.as_str());
                }
                let id = self.create(&write.stream, all, write.mark.clone(), real, Who::Engine);
                self.keys.insert(write.idempotency_key.clone(), id.clone());
                Ok(id)
            }
            Action::Update { id, parts, if_version } => {
                let row = self.find_row(&write.stream, id)?;
                if let Some(why) = &row.locked {
                    return Err(Error::new(ErrorKind::Invalid, "update", format!("the record is locked: {why}")));
                }
                let version = row.version.to_string();
                if habits.cap().update_if_version
                    && if_version.as_ref().and_then(|v| v.etag.as_ref()).is_some_and(|wanted| *wanted != version)
                {
                    return Err(Error::new(
                        ErrorKind::VersionConflict,
                        "update",
                        "the record moved since; read it again",
                    ));
                }
                let replace = habits.cap().update == UpdateMode::Replace;
                for part in parts {
                    let fields = if replace {
                        self.whole(write, part)?
                    } else {
                        part.wanted.filter(|path| part.changed.contains(&path))
                    };
                    let target = Target { host: &write.stream, part: &part.stream, id };
                    self.change(target, &fields, replace, real, Who::Engine);
                }
                self.effects.extend(write.effects.iter().cloned());
                Ok(id.clone())
            }
            Action::Remove { id, mode } => {
                self.find_row(&write.stream, id)?;
                self.remove(&write.stream, id, real, Who::Engine, *mode == RemoveMode::Archive);
                Ok(id.clone())
            }
            _ => Err(Error::new(ErrorKind::Unsupported, "write", "this step is not offered")),
        }
    }
    /// The body of a full replace: the record as it was read, with what changes.
    fn whole(&self, write: &Write, part: &sync_core::connector::Part) -> Result<FieldMap> {
        let current = write.current.as_ref().ok_or_else(|| {
            Error::new(ErrorKind::Internal, "update", "a full replace needs the record as it was read")
        })?;
        let mut fields = super::connector::parts_of(current)?.remove(&part.stream).unwrap_or_default();
        fields.overlay(&part.wanted.filter(|path| part.changed.contains(&path)));
        Ok(fields)
    }
    pub(super) fn find_row(&self, stream: &StreamId, id: &str) -> Result<&Row> {
        self.rows
            .get(stream)
            .and_then(|rows| rows.get(id))
            .filter(|row| !row.removed)
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "write", format!("{}/{stream}#{id} is gone", self.system)))
    }
    pub(super) fn remove(
        &mut self,
        stream: &StreamId,
        id: &str,
        real: DateTime<Utc>,
        who: Who,
        _archive: bool,
    ) -> bool {
        let now = self.now(real);
        let Some(row) = self.rows.get_mut(stream).and_then(|rows| rows.get_mut(id)).filter(|row| !row.removed) else {
            return false;
        };
        row.removed = true;
        row.changed_at = now;
        let id = row.id.clone();
        let reference = sync_core::StreamKey { system: self.system.clone(), stream: stream.clone() }.id(&id);
        let before = row.parts.get(stream).cloned().unwrap_or_default();
        self.log.push(Change { at: real, who, reference, before, after: FieldMap::new(), removed: true });
        true
    }
}
