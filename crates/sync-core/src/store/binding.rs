//! One canonical record and its side in each system.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, Utc};
use litemap::LiteMap;
use serde::{Deserialize, Serialize};

use crate::{
    connector::{Version, Writable},
    id::{CanonicalId, EntityKind, EntityName, ExternalRef, StreamKey, SystemId},
    value::{FieldMap, FieldPath},
};

/// One canonical record: what is agreed, and what each side of it showed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Binding {
    /// Ours.
    pub id: CanonicalId,
    /// The rule set that took it.
    pub entity: EntityName,
    /// What it is.
    pub kind: EntityKind,
    /// Grows with each commit; 0 before the first.
    pub rev: u64,
    /// How often its first reference began anew.
    pub generation: u32,
    /// The agreed value of each leaf, canonical. Links are canonical where their record is known.
    pub agreed: FieldMap,
    /// Where the agreed value of each unit came from.
    pub origins: LiteMap<FieldPath, SystemId>,
    /// What each stream showed. A record has few sides, and there are many records: a sorted list takes the least room.
    pub sides: LiteMap<StreamKey, BoundSide>,
    /// Further names: links resolve through them, nothing is taken from them or written to them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub aliases: BTreeSet<ExternalRef>,
    /// Keys under which it can be recognised.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub keys: BTreeSet<MatchKey>,
    /// Numbers under which people know it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub numbers: BTreeSet<String>,
    /// From when on it wants to be looked at although nothing is reported of it: at once if a side lags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<DateTime<Utc>>,
    /// The system that it was met in first: `@origin`.
    pub origin: SystemId,
    /// Several records fit it, or its own stream has it twice: it is matched anew each time and goes nowhere until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
    /// When it ended: removed everywhere, unlinked or forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// The document that it was derived from, for a kind that changes on the way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived_from: Option<CanonicalId>,
    /// Since when, by our clock, the number of the system that stock is counted from has known this order: what was read
    /// there later counts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<DateTime<Utc>>,
    /// Systems that it is not made in, with the condition of their scope that does not hold.
    #[serde(default, skip_serializing_if = "LiteMap::is_empty")]
    pub outside: LiteMap<SystemId, String>,
    /// What a person allowed and is not done yet.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub allowed: BTreeSet<Allowed>,
}

/// What a person allowed of a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allowed {
    /// It is removed wherever it is left, since one system removed it.
    Remove,
    /// This status is written there, with what it brings about.
    Status(StreamKey, String),
}

impl Binding {
    /// A record met for the first time.
    pub fn new(id: CanonicalId, entity: EntityName, kind: EntityKind, origin: SystemId) -> Self {
        Self {
            id,
            entity,
            kind,
            rev: 0,
            generation: 0,
            agreed: FieldMap::new(),
            origins: LiteMap::new(),
            sides: LiteMap::new(),
            aliases: BTreeSet::new(),
            keys: BTreeSet::new(),
            numbers: BTreeSet::new(),
            wake_at: None,
            origin,
            ambiguous: false,
            ended_at: None,
            derived_from: None,
            taken_at: None,
            outside: LiteMap::new(),
            allowed: BTreeSet::new(),
        }
    }
    /// Its name in a stream, if it has one there.
    pub fn reference(&self, at: &StreamKey) -> Option<ExternalRef> {
        let side = self.sides.get(at)?;
        side.id.as_ref().map(|id| ExternalRef { at: at.clone(), id: id.clone() })
    }
    /// All its names: of every side that has one, dead or alive, and the aliases.
    pub fn references(&self) -> impl Iterator<Item = ExternalRef> + '_ {
        let of_sides = self.sides.keys().filter_map(|at| self.reference(at));
        of_sides.chain(self.aliases.iter().cloned())
    }
    /// Whether it is still alive.
    pub fn is_live(&self) -> bool {
        self.ended_at.is_none()
    }
    /// The side of a stream, unless it is proven to be gone.
    pub fn live_side(&self, at: &StreamKey) -> Option<&BoundSide> {
        self.sides.get(at).filter(|side| side.state != SideState::Removed)
    }
}

/// What one stream showed of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BoundSide {
    /// The vendor's id; `None` for a side that is to be created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Arc<str>>,
    /// The connector's fields as they were when they were settled last. Links are external.
    pub shadow: FieldMap,
    /// The connector's fields that were seen since and wait for a decision: of a person, or of a scope that returns.
    #[serde(skip_serializing_if = "FieldMap::is_empty")]
    pub pending: FieldMap,
    /// Units whose agreed value has not reached this side.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub lagging: BTreeSet<FieldPath>,
    /// How old the record is by the vendor's word.
    pub version: Version,
    /// Whether it is there.
    pub state: SideState,
    /// What may be written to it.
    pub writable: Writable,
    /// The mark that it carried when it was met: ours, or that of a document of ours that somebody copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// It left the scope of its system: nothing is written to it or taken from it until it returns.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub frozen: bool,
    /// Refusals in a row; the next try comes later each time.
    #[serde(skip_serializing_if = "is_zero")]
    pub refusals: u32,
    /// How many records of this stream were its counterpart before and are gone: what is made anew is no second try.
    #[serde(skip_serializing_if = "is_zero")]
    pub gone: u32,
    /// Removed, and changed in another system without knowing: a person says which of the two is to stand.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub outlived: bool,
    /// Not tried again before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime<Utc>>,
    /// Units that were changed here, and what was written: the same again and again does not stay.
    #[serde(skip_serializing_if = "LiteMap::is_empty")]
    pub repeats: LiteMap<FieldPath, Repeats>,
}

/// What was written to one unit of one side lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repeats {
    /// The first of them, by our clock.
    pub since: DateTime<Utc>,
    /// How often a value was written that had been written before.
    pub times: u32,
    /// Short hashes of the last few values.
    pub values: Vec<u64>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Whether a side is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideState {
    /// As far as we know.
    #[default]
    Live,
    /// Absent from so many complete listings in a row.
    Missing(u32),
    /// Proven to be gone.
    Removed,
}

/// A rule of recognition with the normal forms of its fields: equal keys mean the same record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MatchKey {
    /// The entity.
    pub entity: EntityName,
    /// The rule's fields: `email`, `name+billing.postal_code`.
    pub rule: String,
    /// Their normal forms, joined.
    pub key: String,
}
