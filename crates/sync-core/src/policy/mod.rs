//! What the configuration says: which systems take part in what, who decides each field, how records are matched.
//!
//! [`Policy`] is the file's form. [`Policy::compile`] checks it against what the systems can do and makes the flat
//! tables ([`Compiled`]) that the phases of the engine see; they never see the file.

mod campaign;
mod check;
mod codes;
mod compile;
mod compiled;
mod document;
mod hooks;
mod known;
mod mistake;
mod predicate;
mod read;
mod shape;
mod status;
mod stock;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use campaign::{Campaign, CampaignTable, Source, TimeZone};
pub use codes::{ProposedRow, TableCodes};
pub use compiled::{Compiled, Entity, FieldTable, Rule, StreamTable, Unit};
pub use document::{Becomes, BuyerDiffers, Carriers, Differs, DocumentTable, Rounding, Until, axis};
pub use hooks::{HookRow, Hooks};
pub use mistake::Mistake;
pub use predicate::{Hop, Operator, Predicate, Ranked, Scene};
pub(crate) use status::STATUS_OF;
pub use status::{Apply, Meaning, Outcome, StatusTable};
pub use stock::{Counted, OrderedTable, Reserve, StockTable};

use crate::{
    id::{EntityKind, EntityName},
    mapping::{MapRow, Tables},
    value::FieldPath,
};

/// Rule sets by name, code tables, guards: the parts of the file that the engine understands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Policy {
    /// `[entities.<name>]`, in order of names.
    pub entities: BTreeMap<EntityName, RuleSet>,
    /// `[tables.<name>]`: codes of each system beside the canonical one.
    pub tables: BTreeMap<String, Tables>,
    /// `[guards]`: for every entity that has none of its own.
    pub guards: Guards,
}

/// One entity: a kind, perhaps narrowed by `where`. Customer, supplier and partner are three rule sets of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct RuleSet {
    /// What its records are.
    pub kind: EntityKind,
    /// Only records of which all this holds; the first rule set that fits takes a record.
    #[serde(default, rename = "where")]
    pub filter: Vec<Predicate>,
    /// The connection that decides every field without a rule of its own; `@origin` for the one that a record was met
    /// in first, as where several shops sell into one ERP.
    pub master: String,
    /// How often changes are read: `30s`, `2m`, `6h`, `1d`. At every run if absent.
    #[serde(default)]
    pub every: Option<Span>,
    /// How often everything is read where changes alone could miss something.
    #[serde(default = "RuleSet::complete_every")]
    pub complete_every: Span,
    /// Which systems take part, and how. By connection name.
    pub systems: BTreeMap<String, Role>,
    /// Rules of fields and groups; the longest path wins: `billing` covers `billing.city`.
    #[serde(default)]
    pub fields: BTreeMap<FieldPath, FieldRule>,
    /// Fields that a system has elsewhere than the model.
    #[serde(default)]
    pub map: Vec<MapRow>,
    /// Status words of each system beside the axes of a document. By connection name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub status: BTreeMap<String, StatusTable>,
    /// What carries rows of documents that are no items. By connection name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rows: BTreeMap<String, Carriers>,
    /// Where payments are booked that are registered on invoices: way to pay → bank account. By connection name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<String, BTreeMap<String, String>>,
    /// What happens where a document's buyer stands differently in the register that the target takes him from.
    #[serde(default)]
    pub buyer_differs: BuyerDiffers,
    /// What must hold before a record goes to a system. A record that does not fit is left as it is.
    #[serde(default)]
    pub scope: Vec<Scope>,
    /// How records of different systems are recognised as one, best rule first.
    #[serde(default, rename = "match")]
    pub matches: Vec<MatchRule>,
    /// What a removal in one system means for the others.
    #[serde(default)]
    pub on_remove: OnRemove,
    /// Whether a removed counterpart is made again.
    #[serde(default)]
    pub recreate: Recreate,
    /// What an empty field of the master does at first sight.
    #[serde(default)]
    pub on_empty_master: OnEmptyMaster,
    /// For stock: what shops are told is less what was ordered in them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserve: Option<Reserve>,
    /// For prices: campaign prices that the master does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<Campaign>,
    /// For prices: where the days of a campaign begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Code of one's own that is called for its records, in this order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hooks: Vec<HookRow>,
    /// Limits beyond which a person is asked; the policy's own if absent.
    #[serde(default)]
    pub guards: Option<Guards>,
}

impl RuleSet {
    /// Records of a kind that one connection decides, with no systems yet and everything else as in a file that does
    /// not mention it.
    pub fn new(kind: EntityKind, master: impl Into<String>) -> Self {
        Self {
            kind,
            filter: Vec::new(),
            master: master.into(),
            every: None,
            complete_every: Self::complete_every(),
            systems: BTreeMap::new(),
            fields: BTreeMap::new(),
            map: Vec::new(),
            status: BTreeMap::new(),
            rows: BTreeMap::new(),
            accounts: BTreeMap::new(),
            buyer_differs: BuyerDiffers::default(),
            scope: Vec::new(),
            matches: Vec::new(),
            on_remove: OnRemove::default(),
            recreate: Recreate::default(),
            on_empty_master: OnEmptyMaster::default(),
            reserve: None,
            campaign: None,
            time_zone: None,
            hooks: Vec::new(),
            guards: None,
        }
    }
    /// The same with one system more.
    #[must_use]
    pub fn system(mut self, connection: impl Into<String>, role: Role) -> Self {
        self.systems.insert(connection.into(), role);
        self
    }
    fn complete_every() -> Span {
        Span::from_secs(7 * 86_400)
    }
}

/// A length of time as the file has it: `90s`, `2m`, `6h`, `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Span(u64);

impl Span {
    /// So many seconds.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(seconds)
    }
    /// In seconds.
    pub const fn as_secs(self) -> u64 {
        self.0
    }
}
impl From<Span> for String {
    fn from(span: Span) -> Self {
        match span.0 {
            s if s > 0 && s % 86_400 == 0 => format!("{}d", s / 86_400),
            s if s > 0 && s % 3_600 == 0 => format!("{}h", s / 3_600),
            s if s > 0 && s % 60 == 0 => format!("{}m", s / 60),
            s => format!("{s}s"),
        }
    }
}
impl TryFrom<String> for Span {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("'{text}' is no length of time; write a number and s, m, h or d: 30s, 2m, 6h, 7d");
        let unit = text.chars().last().ok_or_else(wrong)?;
        let number: u64 = text.strip_suffix(unit).and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
        let factor = match unit {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => return Err(wrong()),
        };
        number.checked_mul(factor).map(Span).ok_or_else(wrong)
    }
}

/// What a system does in an entity, spelled out. All false is a legal role: known, not touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct Role {
    /// Its records are read.
    pub read: bool,
    /// Records that it lacks are made there.
    pub create: Create,
    /// Its records are changed.
    pub update: bool,
    /// Its records are removed, if `on_remove` says so.
    pub remove: bool,
    /// Only these of its streams; all of the kind if empty.
    pub streams: Vec<String>,
    /// What an order becomes there; an order if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub becomes: Option<Becomes>,
    /// How far a document is brought there; as little as the system can have it if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Until>,
    /// How often it is read, where not as often as the rule set says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub every: Option<Span>,
}

impl Role {
    /// It is read, and nothing else.
    pub fn reads() -> Self {
        Self { read: true, ..Self::default() }
    }
    /// The same, and records that it lacks are made there.
    #[must_use]
    pub fn creates(self) -> Self {
        Self { create: Create::Always, ..self }
    }
    /// The same, and its records are changed.
    #[must_use]
    pub fn updates(self) -> Self {
        Self { update: true, ..self }
    }
    /// The same, and its records are removed, if `on_remove` says so.
    #[must_use]
    pub fn removes(self) -> Self {
        Self { remove: true, ..self }
    }
}

/// Whether missing records are made in a system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Create {
    /// Not at all.
    #[default]
    Never,
    /// When a person asks for it.
    Asked,
    /// As soon as a record is in scope.
    Always,
}

/// Who decides a field or a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldRule {
    /// One system decides: `@hub` for values computed from other records, `@origin` for where a record was met first.
    Master {
        /// The connection.
        system: String,
        /// What happens to a change made elsewhere.
        #[serde(default)]
        on_foreign_change: Foreign,
    },
    /// Whoever changes it; a rule for when two did.
    Shared {
        /// Who wins.
        on_conflict: Conflict,
    },
    /// Copied once, when the record is made; then each system has its own.
    Seed {
        /// The connection that it is copied from.
        from: String,
    },
    /// An amount to which each system adds its own part: what was settled here and what was settled there.
    Sum {
        /// The field that it may never exceed.
        #[serde(default)]
        up_to: Option<FieldPath>,
    },
    /// Not synchronised.
    Off {},
}

/// What happens to a change of a mastered field made elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Foreign {
    /// It stays there until the master changes the field.
    Ignore,
    /// The master's value is written back.
    #[default]
    Revert,
    /// A person is asked.
    Hold,
}

/// Who wins when a shared field was changed on several sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The first of these connections that changed it.
    Prefer(Vec<String>),
    /// The later change, if the field is all that changed in both records.
    Newest {
        /// The connection that wins where times cannot tell.
        otherwise: String,
    },
    /// A person is asked.
    Hold,
}

/// A condition for sending records to a system.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The connection that records are sent to.
    pub at: String,
    /// All must hold.
    pub when: Vec<Predicate>,
    /// The field in which the others are told why a record does not go there: a row gives it a place in a system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tell: Option<FieldPath>,
}

/// One way of recognising a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchRule {
    /// All must be known, filled and equal in their normal forms.
    pub on: Vec<FieldPath>,
    /// What happens when several records of one stream fit.
    #[serde(default)]
    pub duplicates: Duplicates,
}

/// What happens when several records of one stream are the same by a match rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// A person is asked: for registers.
    #[default]
    Hold,
    /// The later ones are further names of the first: for shop customers and guests.
    Alias,
}

/// What a proven removal in one system means for the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRemove {
    /// A person is asked.
    #[default]
    Hold,
    /// Nothing.
    Ignore,
    /// The others are archived.
    Archive,
    /// The others are removed.
    Propagate,
}

/// Whether a counterpart that was removed is made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recreate {
    /// A person is asked.
    #[default]
    Ask,
    /// Yes.
    Always,
}

/// What an empty field of the master does when it is seen for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnEmptyMaster {
    /// The others keep their value, and it is listed.
    #[default]
    Keep,
    /// It empties the others too.
    Blank,
}

/// Limits beyond which nothing is written before a person has looked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guards {
    /// Records made in one stream in one run.
    pub max_create: u64,
    /// Records removed, in percent of those bound in the stream; three are always allowed.
    pub max_remove_percent: u64,
    /// Records changed, in percent of those bound in the stream; twenty are always allowed.
    pub max_change_percent: u64,
    /// A full listing smaller than this percentage of the last one is not believed.
    pub min_listed_percent: u64,
    /// How often a value may be written anew to the same field of one record within [`Guards::rewrites_within`]: more
    /// often, and somebody else changes it back each time. 0 for no limit. Stock, which goes up and down, has none.
    pub max_rewrites: u32,
    /// See [`Guards::max_rewrites`].
    pub rewrites_within: Span,
}
impl Default for Guards {
    fn default() -> Self {
        Self {
            max_create: 1000,
            max_remove_percent: 5,
            max_change_percent: 50,
            min_listed_percent: 50,
            max_rewrites: 5,
            rewrites_within: Span::from_secs(86_400),
        }
    }
}
