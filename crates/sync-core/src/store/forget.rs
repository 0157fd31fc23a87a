//! What is left of a forgotten record, and what speaks of one: the same for every store.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Binding, Event, Inbox, Intent, Verdict};
use crate::{
    id::{CanonicalId, ExternalRef},
    value::FieldMap,
};

/// What is left of a reference of a forgotten record: UUIDv5 with the store's id as key, so that nobody can tell the
/// vendor's id from it without the store, and equal ids differ between stores.
pub fn forgotten_hash(store: Uuid, reference: &ExternalRef) -> Uuid {
    Uuid::new_v5(&store, format!("forgotten {reference}").as_bytes())
}

impl Binding {
    /// What is kept of it when it is forgotten: no value, no name, only that there was one.
    #[must_use]
    pub fn forgotten(&self, now: DateTime<Utc>) -> Self {
        Self {
            rev: self.rev,
            generation: self.generation,
            derived_from: self.derived_from,
            ended_at: Some(self.ended_at.unwrap_or(now)),
            ..Self::new(self.id, self.entity.clone(), self.kind, self.origin.clone())
        }
    }
}

impl Event {
    /// What is kept of it when its record is forgotten: what was done and where, without values, texts and ids.
    #[must_use]
    pub fn forgotten(&self) -> Self {
        let nobody = |reference: &ExternalRef| reference.at.id("");
        match self {
            Self::Bound(reference) => Self::Bound(nobody(reference)),
            Self::Aliased(reference) => Self::Aliased(nobody(reference)),
            Self::Settled { unit, from, .. } => Self::Settled {
                unit: *unit,
                old: FieldMap::new(),
                new: FieldMap::new(),
                from: from.clone(),
                overridden: Vec::new(),
                because: String::new(),
            },
            Self::Wrote { to, action, effects, calls, .. } => Self::Wrote {
                to: nobody(to),
                action: action.clone(),
                fields: FieldMap::new(),
                effects: effects.clone(),
                calls: calls.clone(),
            },
            Self::Refused { at, action, calls, .. } => {
                Self::Refused { at: at.clone(), action: action.clone(), why: String::new(), calls: calls.clone() }
            }
            Self::Altered { at, .. } => Self::Altered { at: nobody(at), sent: FieldMap::new(), shown: FieldMap::new() },
            Self::Skipped { at, .. } => Self::Skipped { at: at.clone(), why: String::new() },
            Self::Removed(reference) => Self::Removed(nobody(reference)),
            Self::Scope { at, within, .. } => Self::Scope { at: at.clone(), within: *within, because: String::new() },
            Self::Decided { by, .. } => Self::Decided { by: by.clone(), what: String::new() },
        }
    }
}

impl Intent {
    /// Whether its outcome will be told of this record.
    pub fn serves(&self, id: CanonicalId) -> bool {
        self.shares.iter().any(|share| share.subject == id) || self.effects.iter().any(|effect| effect.subject == id)
    }
}

impl Verdict {
    /// Whether it speaks of one of these.
    pub fn names_any(&self, of: &[ExternalRef]) -> bool {
        match self {
            Self::NotSame(a, b) => of.contains(a) || of.contains(b),
            Self::Ignored(a) => of.contains(a),
        }
    }
}

impl Inbox {
    /// Whether it speaks of this record, which has these names.
    pub fn is_about(&self, id: CanonicalId, names: &[ExternalRef]) -> bool {
        match self {
            Self::Hint(name) => names.contains(name),
            Self::Bind(name, subject) => *subject == id || names.contains(name),
            Self::Look(subject)
            | Self::Take { subject, .. }
            | Self::Create { subject, .. }
            | Self::Own(subject)
            | Self::Same(subject)
            | Self::Remove(subject)
            | Self::Confirm(subject) => *subject == id,
            Self::Verdict(verdict) | Self::Retract(verdict) => verdict.names_any(names),
            Self::Retry(key) | Self::Drop(key) => {
                key.starts_with(&format!("{id}@")) || names.iter().any(|name| name.to_string() == *key)
            }
            Self::Approve(_) | Self::Since(..) => false,
        }
    }
}
