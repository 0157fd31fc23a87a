//! The state of a mock, and what it does with calls.

use std::{collections::BTreeMap, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use sync_core::{
    Error, ErrorKind, ExternalRef, FieldMap, FieldPath, Result, StreamId, SystemId,
    capability::{RemoveMode, UpdateMode},
    connector::{Action, Tenant, Version, Write},
    model::{Content, Fields, Line, Lines},
};

use super::{
    acts::Acted,
    documents::CONTENT,
    habits::Habits,
    people::{Change, Look, Who},
};
use crate::time::{Dice, VirtualClock};

/// One host record with its facets.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: Arc<str>,
    pub(super) parts: BTreeMap<StreamId, FieldMap>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) changed_at: DateTime<Utc>,
    /// The same by the true clock: how late it shows does not depend on what the system's own clock says.
    pub(super) born: DateTime<Utc>,
    pub(super) touched: DateTime<Utc>,
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
    pub(super) looks: Vec<Look>,
    /// When the engine's call that is being answered began.
    pub(super) began: Option<DateTime<Utc>>,
    pub(super) effects: Vec<(ExternalRef, String)>,
    pub(super) acts: Vec<Acted>,
    pub(super) turned_away: Vec<(DateTime<Utc>, ExternalRef)>,
    /// The next number of a document, by stream.
    pub(super) numbers: BTreeMap<StreamId, u64>,
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
            looks: Vec::new(),
            began: None,
            effects: Vec::new(),
            acts: Vec::new(),
            turned_away: Vec::new(),
            numbers: BTreeMap::new(),
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
            born: real,
            touched: real,
            version: 1,
            removed: false,
            locked: None,
            mark,
            merged_into: None,
        };
        for (part, fields) in parts {
            let mut kept = self.kept(&part, &fields);
            self.number(&part, &mut kept);
            row.parts.insert(part.clone(), self.computed(&part, None, kept));
        }
        let parts: Vec<StreamId> = row.parts.keys().cloned().collect();
        self.rows.entry(stream.clone()).or_default().insert(id.clone(), row);
        self.stamp_document(stream, &id, real);
        for part in parts {
            let made = self.rows.get(stream).and_then(|rows| rows.get(&id)?.parts.get(&part)).cloned();
            self.note(&part, &id, FieldMap::new(), made.unwrap_or_default(), real, who);
        }
        id
    }
    /// Gives a new record its number, where it came without one.
    fn number(&mut self, stream: &StreamId, fields: &mut FieldMap) {
        let Some((path, first)) = self.streams.get(stream).and_then(|habits| habits.numbers) else { return };
        if fields.filled(path).is_none() {
            let next = self.numbers.entry(stream.clone()).or_insert(first);
            fields.set(path, next.to_string());
            *next += 1;
        }
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
        let mut fields = self.kept(part, fields);
        let habits = self.streams.get(part);
        let unstamped = habits.and_then(|habits| habits.unstamped);
        if let Some(path) = habits.and_then(|habits| habits.ignores).filter(|_| who == Who::Engine) {
            fields.remove(path);
        }
        let now = self.now(real);
        let known = self.find_row(host, id).ok().and_then(|row| row.parts.get(part)).cloned();
        if self.find_row(host, id).is_err() {
            return false;
        }
        let before = known.clone().unwrap_or_default();
        let mut after = before.clone();
        if replace {
            for path in before.paths() {
                after.set(path, sync_core::Value::Null);
            }
        }
        after.overlay(&fields);
        let after = self.computed(part, known.as_ref(), after);
        let Some(row) = self.rows.get_mut(host).and_then(|rows| rows.get_mut(id)) else { return false };
        row.parts.insert(part.clone(), after.clone());
        if before != after {
            let seen = |path: FieldPath| unstamped.is_none_or(|unstamped| !path.is_under(unstamped));
            if before.diff(&after).paths().any(seen) {
                row.version += 1;
                row.changed_at = now;
            }
            row.touched = real;
            let id = row.id.clone();
            self.note(part, &id, before, after, real, who);
        }
        true
    }
    /// Notes that the engine was shown a record as it is now.
    pub(super) fn looked(&mut self, stream: &StreamId, ids: Vec<Arc<str>>, real: DateTime<Utc>) {
        let host = sync_core::StreamKey { system: self.system.clone(), stream: stream.clone() };
        let changes = self.log.len();
        self.looks.extend(ids.into_iter().map(|id| Look { at: real, reference: host.id(id), changes }));
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
        let began = self.began.unwrap_or(at);
        self.log.push(Change { at, began, who, reference, before, after, removed: false });
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
        self.refuses_document(write)?;
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
                let broken = all.values_mut().fold(false, |broken, fields| self.breaks_off(&habits, fields) | broken);
                let id = self.create(&write.stream, all, write.mark.clone(), real, Who::Engine);
                self.keys.insert(write.idempotency_key.clone(), id.clone());
                if broken { Err(broke()) } else { Ok(id) }
            }
            Action::Update { id, parts, if_version } => {
                let row = self.find_row(&write.stream, id)?.clone();
                if let Some(why) = &row.locked {
                    let host = sync_core::StreamKey { system: self.system.clone(), stream: write.stream.clone() };
                    self.turned_away.push((self.began.unwrap_or(real), host.id(id)));
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
                let mut broken = false;
                for part in parts {
                    let mut fields = if replace {
                        self.whole(write, part)?
                    } else {
                        part.wanted.filter(|path| part.changed.contains(&path))
                    };
                    broken |= self.breaks_off(&habits, &mut fields);
                    let target = Target { host: &write.stream, part: &part.stream, id };
                    self.change(target, &fields, replace, real, Who::Engine);
                }
                if broken {
                    return Err(broke());
                }
                let host = sync_core::StreamKey { system: self.system.clone(), stream: write.stream.clone() };
                self.effects.extend(write.effects.iter().map(|effect| (host.id(id), effect.clone())));
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
    /// Whether the connection breaks within a document's rows; then those that did not arrive are taken out.
    fn breaks_off(&self, habits: &Habits, fields: &mut FieldMap) -> bool {
        let Some((rows, per_mille)) = habits.breaks_off else { return false };
        let Ok(mut content) = Content::take(CONTENT, fields) else { return false };
        let Some(lines) = content.lines.into_value().filter(|lines| lines.len() > rows) else { return false };
        if !self.dice.per_mille(per_mille) {
            return false;
        }
        content.lines = lines.into_iter().take(rows).collect::<Lines<Line>>().into();
        content.put(CONTENT, fields);
        true
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
        row.touched = real;
        let id = row.id.clone();
        let reference = sync_core::StreamKey { system: self.system.clone(), stream: stream.clone() }.id(&id);
        let before = row.parts.get(stream).cloned().unwrap_or_default();
        let began = self.began.unwrap_or(real);
        self.log.push(Change { at: real, began, who, reference, before, after: FieldMap::new(), removed: true });
        true
    }
}

fn broke() -> Error {
    Error::new(ErrorKind::AmbiguousWrite, "write", "the connection broke between two rows; the record is looked at")
}
