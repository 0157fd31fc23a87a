//! What a handler is given for a write, and what it answers.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::{
    capability::RemoveMode,
    connector::{Action, Part, Write},
    error::Result,
    id::StreamId,
    model::Canonical,
    value::{FieldMap, FieldPath},
};

/// What a request is to be made of.
#[derive(Debug)]
pub struct Encode<'a, R> {
    write: &'a Write,
    current: Option<&'a R>,
}

impl<'a, R> Encode<'a, R> {
    /// Of a create or an update. `current` is the record as it was read just before, where it was.
    pub fn new(write: &'a Write, current: Option<&'a R>) -> Self {
        Self { write, current }
    }
    /// Whether the record is to be made; else it is changed.
    pub fn is_create(&self) -> bool {
        matches!(self.write.action, Action::Create { .. })
    }
    /// The vendor's id of a record that is changed.
    pub fn id(&self) -> Option<&'a str> {
        self.write.action.id().map(|id| &**id)
    }
    /// The record as it was read just before; always there where an update replaces the whole record.
    pub fn current(&self) -> Option<&'a R> {
        self.current
    }
    /// Our mark, to be put where the capability's `create_mark` says.
    pub fn mark(&self) -> Option<&'a str> {
        self.write.mark.as_deref()
    }
    /// Whether a side effect is wanted. One that is not is to be switched off in words, if the vendor has it by default.
    pub fn has_effect(&self, name: &str) -> bool {
        self.write.effects.contains(name)
    }
    /// The share of the host or of a facet, if it has one in this write.
    pub fn part(&self, stream: &str) -> Option<&'a Part> {
        self.write.action.parts().iter().find(|part| part.stream.as_str() == stream)
    }
    /// The whole of what is settled for the host or a facet, typed: for a create, a full replace, and for fields that
    /// the vendor keeps together. Knows nothing if it has no share.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid), naming the path, if a value has another type than the model's.
    pub fn wanted<E: Canonical>(&self, stream: &str) -> Result<E> {
        self.part(stream).map_or_else(|| Ok(E::default()), |part| E::from_fields(&part.wanted))
    }
    /// What there is to send for the host or a facet: everything settled in a create, what changed in an update. Fields
    /// of the vendor's own are in it.
    pub fn sent(&self, stream: &str) -> FieldMap {
        match self.part(stream) {
            None => FieldMap::new(),
            Some(part) if self.is_create() => part.wanted.clone(),
            Some(part) => part.wanted.filter(|path| part.changed.contains(&path)),
        }
    }
    /// The same, typed: a field that is not to be sent is unknown.
    ///
    /// # Errors
    /// As [`wanted`](Self::wanted).
    pub fn sent_as<E: Canonical>(&self, stream: &str) -> Result<E> {
        E::from_fields(&self.sent(stream))
    }
    /// Whether something at or under `path` is to be sent for the host or a facet.
    pub fn sends(&self, stream: &str, path: FieldPath) -> bool {
        self.part(stream).is_some_and(|part| {
            part.changed.iter().any(|changed| changed.is_under(path))
                || self.is_create() && part.wanted.paths().any(|wanted| wanted.is_under(path))
        })
    }
}

/// One write on its way out.
#[derive(Debug)]
pub struct Outgoing<'a, B> {
    /// The write that it comes from: idempotency key, effects, version to check.
    pub write: &'a Write,
    /// What is to be sent.
    pub step: Step<'a, B>,
}

/// What is to be sent.
#[derive(Debug)]
pub enum Step<'a, B> {
    /// Make a record.
    Post(B),
    /// Change the record with this id.
    Put(&'a str, B),
    /// Take this step with the record of this id; what the step is told.
    Act(&'a str, &'a str, &'a FieldMap),
    /// Remove the record with this id.
    Remove(&'a str, RemoveMode),
}

/// What the vendor answered to a write that succeeded.
#[derive(Debug, Default)]
pub struct Answer {
    pub(super) id: Option<Arc<str>>,
    pub(super) row: Option<Box<RawValue>>,
    pub(super) moved_to: Option<StreamId>,
}

impl Answer {
    /// Yes, and no more. Not enough for a create.
    pub fn done() -> Self {
        Self::default()
    }
    /// Yes, and the id.
    pub fn id(id: impl AsRef<str>) -> Self {
        Self { id: Some(Arc::from(id.as_ref())), ..Self::default() }
    }
    /// Yes, and the whole record as this very write left it. Not for an answer that repeats the request, or that has
    /// fewer fields than `get`: then give its id and let it be read back.
    pub fn row(row: Box<RawValue>) -> Self {
        Self { row: Some(row), ..Self::default() }
    }
    /// The same, in another stream: the step made an invoice of an order. Id and row are those of the new record.
    #[must_use]
    pub fn moved_to(mut self, stream: impl Into<StreamId>) -> Self {
        self.moved_to = Some(stream.into());
        self
    }
}
