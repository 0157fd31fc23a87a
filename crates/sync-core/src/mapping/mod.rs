//! Between a connector's fields and the canonical ones: rows, code tables, mappers. Pure.

#![allow(clippy::disallowed_types, reason = "the derived readers of flattened and untagged forms name floats")]

pub(crate) mod codes;
mod mapper;
mod stream;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use mapper::{Mapper, Transform};
pub use stream::StreamMap;

use crate::value::FieldPath;

/// One row of `[[entities.<name>.map]]`: a canonical field and, per connection, the field that holds it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRow {
    /// The canonical field: of the model, or `x.<name>` of one's own.
    pub field: FieldPath,
    /// Only into the hub, only out of it, or both.
    #[serde(default)]
    pub direction: Direction,
    /// A named mapper between the two, instead of a plain copy.
    #[serde(default)]
    pub mapper: Option<String>,
    /// The code table that translates.
    #[serde(default)]
    pub table: Option<String>,
    /// Connection name → that system's field.
    #[serde(flatten)]
    pub at: BTreeMap<String, FieldPath>,
}

/// Which way a mapping row works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both ways.
    #[default]
    Both,
    /// From the system into the hub.
    In,
    /// From the hub to the system.
    Out,
}

/// One code table: connection name → canonical code → that system's code or codes. The first code of several is the
/// one that is written; the others are understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tables(pub BTreeMap<String, BTreeMap<String, Codes>>);

/// A system's code, or several that mean the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Codes {
    /// One.
    One(String),
    /// Several; the first is written.
    Several(Vec<String>),
}

impl Codes {
    /// All of them; the first is written.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::Several(codes) => codes,
        }
    }
}

/// A code that no table row translates.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unmapped {
    /// The table: `vat`.
    pub table: String,
    /// The code.
    pub code: String,
    /// The field that holds it.
    pub field: FieldPath,
}

/// What a mapping could not do; collected, so that a person sees all at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// Codes without a row.
    pub unmapped: BTreeSet<Unmapped>,
}
