//! What is kept beside bindings: places in listings, intents, work lists, the inbox, the journal.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    connector::Action,
    decide::Why,
    error::ErrorKind,
    id::{CanonicalId, EntityName, ExternalRef, StreamKey, SystemId},
    value::{FieldMap, FieldPath, Fingerprint},
};

/// The hash of one host record as it was listed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Indexed {
    /// The host record.
    pub reference: ExternalRef,
    /// Of its raw text; [`Indexed::unseen`] for one that must be decoded when it is met again.
    pub hash: Fingerprint,
}

impl Indexed {
    /// The short form of a vendor's id: with the hash, 24 bytes for each record of a listing.
    pub fn key_of(id: &str) -> u64 {
        xxhash_rust::xxh3::xxh3_64(id.as_bytes())
    }
    /// A hash that no content has.
    pub fn unseen() -> Fingerprint {
        Fingerprint::from_bits(0)
    }
}

/// How far a host stream was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The newest stamp seen, by the vendor's clock.
    pub high_water: Option<DateTime<Utc>>,
    /// When changes were read last, by ours.
    pub read_at: Option<DateTime<Utc>>,
    /// When everything was read last, by ours.
    pub complete_at: Option<DateTime<Utc>>,
    /// How many records the last complete listing named.
    pub listed: u64,
    /// When the oldest document was made that is open yet, by the vendor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_since: Option<DateTime<Utc>>,
    /// Ids of the documents that are open yet, where people may delete what we made: one that is not listed from the oldest
    /// one on is missing.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub open: BTreeSet<Arc<str>>,
}

/// What an entity was last run with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EntityState {
    /// A first contact was made under this shape of the policy.
    pub adopted: Option<Fingerprint>,
    /// The shape of each unit at the last run; another one puts the unit at first sight again.
    pub units: BTreeMap<FieldPath, Fingerprint>,
}

/// What a system told of its own lists and fields; good for a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When.
    pub at: DateTime<Utc>,
    /// In the connector's own form.
    pub content: serde_json::Value,
}

/// Names one side effect: it happens at most once, ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EffectKey {
    /// Of which record.
    pub subject: CanonicalId,
    /// What: `notify_buyer`.
    pub effect: String,
    /// On which occasion: `fulfilment=delivered`.
    pub trigger: String,
}

/// Written before the call that it describes; finished in the commit that records the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Intent {
    /// The same for every try; also the idempotency key. A create's changes only after a definite refusal.
    pub key: String,
    /// The lease group that it belongs to.
    pub group: String,
    /// When it was written, by our clock.
    pub at: DateTime<Utc>,
    /// The host stream. Together with the id in `action`, or with `key` for a create, what an open intent locks.
    pub host: StreamKey,
    /// The call.
    pub action: Action,
    /// Our mark, on creates in streams that keep one.
    pub mark: Option<String>,
    /// The side effects that it was told to have.
    pub effects: BTreeSet<EffectKey>,
    /// What it is done for.
    pub shares: Vec<Share>,
    /// When it was looked for and not found.
    pub looks: Vec<DateTime<Utc>>,
    /// The system said that it carries it out by itself.
    pub under_way: bool,
}

impl Intent {
    /// An intent without mark, effects or looks.
    pub fn new(
        key: String,
        group: &str,
        at: DateTime<Utc>,
        host: StreamKey,
        action: Action,
        shares: Vec<Share>,
    ) -> Self {
        Self {
            key,
            group: group.to_owned(),
            at,
            host,
            action,
            mark: None,
            effects: BTreeSet::new(),
            shares,
            looks: Vec::new(),
            under_way: false,
        }
    }
}

/// One subject's share of a write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// Which record.
    pub subject: CanonicalId,
    /// In which stream: the host's own or a facet.
    pub at: StreamKey,
    /// The units that are written.
    pub units: BTreeSet<FieldPath>,
    /// Their agreed values when the write was decided, canonical.
    pub ours: FieldMap,
    /// What a hook sends instead of, or beside them: to this system only.
    #[serde(default, skip_serializing_if = "FieldMap::is_empty")]
    pub instead: FieldMap,
}

/// Why something is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HeldWhy {
    /// A field on which sides disagree.
    Field(Why),
    /// Several records fit, or one stream has the record twice.
    Ambiguous,
    /// A code without a row in its table.
    Unmapped,
    /// A create lacks what the system requires.
    Incomplete,
    /// The counterpart may not be changed now.
    Locked,
    /// Removed in one system.
    Removed,
    /// Removed here, changed there.
    RemovedAndChanged,
    /// It points to a record that is not there.
    MissingLink,
    /// Sums do not agree.
    Totals,
    /// The system's register has something of the buyer otherwise than the document.
    BuyerDiffers,
    /// The status table asks a person.
    Confirm,
    /// A write may have happened, and nobody can look.
    Unclear,
    /// A hook said so.
    Hook,
    /// The same was written again and again, and did not stay.
    Loop,
}

/// Something that waits for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Held {
    /// Which record.
    pub subject: CanonicalId,
    /// Its entity.
    pub entity: EntityName,
    /// The numbers that people know it by.
    pub numbers: BTreeSet<String>,
    /// The unit; `None` for the whole record.
    pub unit: Option<FieldPath>,
    /// Why.
    pub why: HeldWhy,
    /// What each system says.
    pub values: Vec<(SystemId, FieldMap)>,
    /// One line: what, where.
    pub text: String,
    /// One line: what to do.
    pub cure: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Held {
    /// A held unit, or record, with what to tell people.
    pub fn new(
        subject: CanonicalId,
        entity: EntityName,
        why: HeldWhy,
        text: String,
        cure: &str,
        since: DateTime<Utc>,
    ) -> Self {
        Self {
            subject,
            entity,
            numbers: BTreeSet::new(),
            unit: None,
            why,
            values: Vec::new(),
            text,
            cure: cure.to_owned(),
            since,
        }
    }
}

/// A record that was set aside since a system refused it, or since it cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Parked {
    /// The external reference, or `<canonical id>@<stream>` for one that has none there yet.
    pub key: String,
    /// The record, if it is a known one.
    pub subject: Option<CanonicalId>,
    /// The numbers that people know it by.
    pub numbers: BTreeSet<String>,
    /// What went wrong.
    pub kind: ErrorKind,
    /// One line: what, where, what to do.
    pub text: String,
    /// The vendor's own code and text.
    pub vendor: Option<(String, String)>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again.
    pub not_before: Option<DateTime<Utc>>,
    /// What it was, for records that cannot be understood.
    pub raw: Option<Arc<str>>,
}

impl Parked {
    /// The record and the stream that a key of the form `<canonical id>@<stream>` names.
    pub fn side_of(key: &str) -> Option<(CanonicalId, StreamKey)> {
        let (id, at) = key.split_once('@')?;
        Some((CanonicalId::from_uuid(id.parse().ok()?), at.parse().ok()?))
    }
    /// A record set aside for an error.
    pub fn new(key: String, error: &crate::Error) -> Self {
        Self {
            key,
            subject: None,
            numbers: BTreeSet::new(),
            kind: error.kind(),
            text: error.message().to_owned(),
            vendor: error.vendor_code().zip(error.vendor_text()).map(|(code, text)| (code.to_owned(), text.to_owned())),
            attempts: 1,
            not_before: None,
            raw: None,
        }
    }
}

/// A record that is not taken up yet, and what would change that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The record, in its host stream.
    pub reference: ExternalRef,
    /// What it waits for: references and canonical ids as text.
    pub on: BTreeSet<String>,
    /// One line, for people.
    pub reason: String,
}

/// What a tripped guard, or a first contact, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// Creates per stream.
    pub creates: BTreeMap<StreamKey, u64>,
    /// Changes per stream.
    pub changes: BTreeMap<StreamKey, u64>,
    /// Removals per stream.
    pub removals: BTreeMap<StreamKey, u64>,
    /// Streams whose short listing is right.
    pub short_listings: BTreeSet<StreamKey>,
}

impl Approval {
    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, more: Approval) {
        let both =
            [(&mut self.creates, more.creates), (&mut self.changes, more.changes), (&mut self.removals, more.removals)];
        for (counts, more) in both {
            for (stream, count) in more {
                *counts.entry(stream).or_default() += count;
            }
        }
        self.short_listings.extend(more.short_listings);
    }
}

/// A plan that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Short, for people to type.
    pub id: String,
    /// The lease group.
    pub group: String,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// What it counted; approving it allows just that, once.
    pub counted: Approval,
    /// It was approved, by whom.
    pub approved_by: Option<String>,
    /// Its operations as JSON; the first of them, where they are many. As text, since nothing decides by it: taken apart it
    /// is many times as large.
    pub plan: Arc<str>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Journal {
    /// When, by our clock.
    pub at: DateTime<Utc>,
    /// In which run.
    pub run: String,
    /// To which record.
    pub subject: CanonicalId,
    /// What.
    pub event: Event,
}

/// What can happen to a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An external record became one of its sides.
    Bound(ExternalRef),
    /// An external record became one more name of it.
    Aliased(ExternalRef),
    /// A unit has a new agreed value.
    Settled {
        /// Which.
        unit: FieldPath,
        /// Before.
        old: FieldMap,
        /// From now on.
        new: FieldMap,
        /// Who gave it.
        from: SystemId,
        /// What lost.
        overridden: Vec<(SystemId, FieldMap)>,
        /// The rule that decided.
        because: String,
    },
    /// A write was made.
    Wrote {
        /// Where.
        to: ExternalRef,
        /// `create`, `update`, a business step, `remove`.
        action: String,
        /// What was written, canonical.
        fields: FieldMap,
        /// The side effects that it was told to have.
        effects: Vec<String>,
        /// The calls on the wire, without ids: `PUT /customers/{id}: 204`. Of a call that wrote many records, in each.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<String>,
    },
    /// A write was refused.
    Refused {
        /// Where.
        at: StreamKey,
        /// `create`, `update`, a business step, `remove`.
        action: String,
        /// What the vendor, or the check before sending, has against it.
        why: String,
        /// The calls on the wire, as of a write that was made.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        calls: Vec<String>,
    },
    /// A hook left a write out.
    Skipped {
        /// Where.
        at: StreamKey,
        /// Its reason.
        why: String,
    },
    /// A system keeps a written value in a way that it did not declare.
    Altered {
        /// Where.
        at: ExternalRef,
        /// What was sent, in the connector's fields.
        sent: FieldMap,
        /// What it shows.
        shown: FieldMap,
    },
    /// A side is gone.
    Removed(ExternalRef),
    /// A side left the scope of its system, or came back.
    Scope {
        /// Which system.
        at: SystemId,
        /// It is in scope.
        within: bool,
        /// The condition.
        because: String,
    },
    /// A person decided.
    Decided {
        /// Who.
        by: String,
        /// What.
        what: String,
    },
}
