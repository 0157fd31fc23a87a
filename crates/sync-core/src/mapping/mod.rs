//! Between a connector's fields and the canonical ones: rows, code tables, mappers. Pure.

#![allow(clippy::disallowed_types, reason = "the derived readers of flattened and untagged forms name floats")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use crate::{
    error::Result,
    value::{FieldMap, FieldPath},
};

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

/// One direction of a mapper.
pub type Transform = Arc<dyn Fn(&FieldMap, &mut Problems) -> Result<FieldMap> + Send + Sync>;

/// A named function pair between some fields of a connector and some canonical ones.
#[derive(Clone)]
pub struct Mapper {
    /// Changes when the function does: its fields are then at first sight again.
    pub version: u32,
    /// The connector's fields.
    pub theirs: Vec<FieldPath>,
    /// The canonical fields.
    pub ours: Vec<FieldPath>,
    /// From the connector's whole record to canonical fields.
    pub inbound: Transform,
    /// From the whole settled record to the connector's fields.
    pub outbound: Transform,
}
impl fmt::Debug for Mapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mapper({:?} ↔ {:?}, {})", self.theirs, self.ours, self.version)
    }
}

/// All that lies between one stream's fields and the canonical ones, looked up.
#[derive(Clone, Debug, Default)]
pub struct StreamMap {}

impl StreamMap {
    /// Canonical fields of what the connector shows. Links stay as they are.
    ///
    /// # Errors
    /// A mapper's own.
    pub fn inbound(&self, theirs: &FieldMap, problems: &mut Problems) -> Result<FieldMap> {
        let _ = problems;
        Ok(theirs.clone())
    }
    /// The connector's fields for the whole settled record.
    ///
    /// # Errors
    /// A mapper's own.
    pub fn outbound(&self, ours: &FieldMap, problems: &mut Problems) -> Result<FieldMap> {
        let _ = problems;
        Ok(ours.clone())
    }
    /// The connector's fields that a canonical leaf is kept in.
    pub fn theirs(&self, ours: FieldPath) -> Vec<FieldPath> {
        vec![ours]
    }
    /// The canonical leaves that a connector's field is part of.
    pub fn ours(&self, theirs: FieldPath) -> Vec<FieldPath> {
        vec![theirs]
    }
}
