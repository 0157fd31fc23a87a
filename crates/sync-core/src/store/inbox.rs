//! What people and webhooks tell the next run.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    value::{FieldMap, FieldPath},
};

/// What a person said for good, or until he takes it back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// These two are not the same, whatever the match rules say. The lesser reference first.
    NotSame(ExternalRef, ExternalRef),
    /// This record is left alone.
    Ignored(ExternalRef),
}

/// What people and webhooks tell the next run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxEntry {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a name, or the system that sent a webhook.
    pub by: String,
    /// What.
    pub what: Inbox,
}

/// What can be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Inbox {
    /// Look at this record.
    Hint(ExternalRef),
    /// Compute again what the hub says of this record: something that it follows from changed.
    Look(CanonicalId),
    /// The plan with this id may be carried out once.
    Approve(String),
    /// The held unit takes this value.
    Take {
        /// Of which record.
        subject: CanonicalId,
        /// Which unit.
        unit: FieldPath,
        /// The value, canonical.
        value: FieldMap,
    },
    /// These two are the same.
    Bind(ExternalRef, CanonicalId),
    /// Keep this for good.
    Verdict(Verdict),
    /// Forget what was said.
    Retract(Verdict),
    /// Make it, although nothing asks for it or something like it exists; a create that nobody can look for was not made.
    Create {
        /// The record.
        subject: CanonicalId,
        /// Where.
        at: StreamKey,
    },
    /// It is a record of its own, whatever it shares with others.
    Own(CanonicalId),
    /// It is the record that it was, although it changed in all that it is known by.
    Same(CanonicalId),
    /// Its removal in one system stands: it is to be removed in the others.
    Remove(CanonicalId),
    /// The status that a table asks about is to be written.
    Confirm(CanonicalId),
    /// Try what was set aside under this key: see [`key`](super::Parked::key).
    Retry(String),
    /// Do not try what was set aside under this key until somebody asks for it.
    Drop(String),
    /// Read a system's changes from this moment on once more.
    Since(SystemId, DateTime<Utc>),
}

/// One line for people: what is to be.
impl fmt::Display for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hint(reference) => write!(f, "{reference} is looked at"),
            Self::Look(_) => f.write_str("it is looked at"),
            Self::Approve(id) => write!(f, "what {id} counted is allowed once"),
            Self::Take { unit, value, .. } => {
                let leaves: Vec<String> = value.iter().map(|(path, value)| format!("{path} {value}")).collect();
                write!(f, "{unit} is to be: {}", leaves.join(", "))
            }
            Self::Bind(reference, _) => write!(f, "{reference} is this record too"),
            Self::Verdict(verdict) => verdict.fmt(f),
            Self::Retract(verdict) => write!(f, "no longer: {verdict}"),
            Self::Create { at, .. } => write!(f, "it is to be made at {at}"),
            Self::Own(_) => f.write_str("it is a record of its own"),
            Self::Same(_) => f.write_str("it is the record that it was"),
            Self::Remove(_) => f.write_str("its removal stands; it is to be removed in the other systems too"),
            Self::Confirm(_) => f.write_str("the status that is asked about is to be written"),
            Self::Retry(key) => write!(f, "{key} is to be tried again"),
            Self::Drop(key) => write!(f, "{key} is not to be tried again"),
            Self::Since(system, from) => write!(f, "changes of {} since {from} are read again", system.connection()),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSame(a, b) => write!(f, "{a} and {b} are not the same"),
            Self::Ignored(reference) => write!(f, "{reference} is left alone"),
        }
    }
}
