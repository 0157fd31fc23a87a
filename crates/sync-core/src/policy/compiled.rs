//! The flat tables that the engine's phases see.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, LazyLock},
};

use super::{
    CampaignTable, DocumentTable, Foreign, Guards, MatchRule, OnEmptyMaster, OnRemove, OrderedTable, Predicate,
    Recreate, Role, StatusTable, StockTable,
};
use crate::{
    capability::{FieldCapability, StreamCapability},
    error::Result,
    hook::{Hook, Place},
    id::{EntityKind, EntityName, StreamKey, SystemId},
    mapping::{Problems, StreamMap},
    model::StockLevel,
    value::{FieldMap, FieldPath, Fingerprint},
};

/// A policy checked against the systems that it names.
#[derive(Clone, Debug, Default)]
pub struct Compiled {
    /// In the order of a run: by kind, then by name.
    pub entities: Vec<Entity>,
}

/// One rule set with everything looked up.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name.
    pub name: EntityName,
    /// What its records are.
    pub kind: EntityKind,
    /// Only records of which all this holds.
    pub filter: Vec<Predicate>,
    /// The system that decides what has no rule of its own, and whose removals count; [`SystemId::origin`] for the one
    /// that a record was met in first. Of a record: [`Self::master_of`].
    pub master: SystemId,
    /// Roles by system.
    pub systems: BTreeMap<SystemId, Role>,
    /// Every stream of the kind that takes part, by key.
    pub streams: BTreeMap<StreamKey, StreamTable>,
    /// What the hub itself says of its records, where a rule asks it.
    pub hub: Option<StreamTable>,
    /// Where its records become invoices, and the entity that keeps those.
    pub derives: BTreeMap<SystemId, EntityName>,
    /// How its stock is counted, if the hub does.
    pub stock: Option<Arc<StockTable>>,
    /// How its records count against stock, if they do.
    pub ordered: Option<Arc<OrderedTable>>,
    /// Its campaigns, if it has any.
    pub campaign: Option<Arc<CampaignTable>>,
    /// What is decided as one, in order of paths: single fields and groups. Fields whose rule is `off` are not here.
    pub units: Vec<Unit>,
    /// Ways of recognising a record, best first.
    pub matches: Vec<MatchRule>,
    /// What must hold before a record goes to a system.
    pub scope: BTreeMap<SystemId, Vec<Predicate>>,
    /// Fields that tell why a record does not go to these systems.
    pub tells: BTreeMap<FieldPath, BTreeSet<SystemId>>,
    /// What a removal means.
    pub on_remove: OnRemove,
    /// Whether a removed counterpart is made again.
    pub recreate: Recreate,
    /// What an empty master does at first sight.
    pub on_empty_master: OnEmptyMaster,
    /// Limits.
    pub guards: Guards,
    /// Seconds between readings of what changed; 0 for every run.
    pub every_s: u64,
    /// Seconds between full readings.
    pub complete_every_s: u64,
    /// Changes when master, match, systems or scope do: the entity must be adopted anew.
    pub shape: Fingerprint,
    /// Changes, per unit, when its rule, its mapping or its tables do: the unit is at first sight again.
    pub unit_shapes: BTreeMap<FieldPath, Fingerprint>,
}

impl Entity {
    /// The system that decides what nothing else is said of, for a record that was met in `origin` first.
    pub fn master_of<'a>(&'a self, origin: &'a SystemId) -> &'a SystemId {
        if self.master == SystemId::origin() { origin } else { &self.master }
    }
    /// What the phases know of a stream of it, or of the hub.
    pub fn table(&self, at: &StreamKey) -> Option<&StreamTable> {
        self.streams.get(at).or_else(|| self.hub.as_ref().filter(|hub| hub.key == *at))
    }
    /// Whether a system's value of a unit is what the hub computes its own from.
    pub(crate) fn counts_from(&self, system: &SystemId, unit: FieldPath) -> bool {
        unit == StockLevel::AVAILABLE && self.stock.as_ref().is_some_and(|table| table.master == *system)
    }
    /// The unit that a field belongs to.
    pub fn unit_of(&self, path: FieldPath) -> Option<&Unit> {
        self.units.iter().find(|unit| path.is_under(unit.path))
    }
}

/// What is decided as one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// The field, or the prefix of the group.
    pub path: FieldPath,
    /// Who decides.
    pub rule: Rule,
}

/// A field's rule with systems looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    /// One system decides.
    Master {
        /// Which; [`SystemId::hub`] for computed values, [`SystemId::origin`] for where a record was met first.
        system: SystemId,
        /// What happens to a change made elsewhere.
        foreign: Foreign,
        /// Whether an empty master blanks the others at first sight.
        blank: OnEmptyMaster,
        /// While the master has no such record, what others say stands. So for the entity's own master, not where a
        /// field's rule names one: a number that the ERP gives never comes from elsewhere.
        seeded: bool,
    },
    /// The first of these that changed it wins.
    Prefer(Vec<SystemId>),
    /// The later change wins where that can be told.
    Newest {
        /// Who wins elsewhere.
        otherwise: SystemId,
    },
    /// Whoever changes it; two at once are held.
    Hold,
    /// Copied once from this system.
    Seed(SystemId),
    /// Every side's difference counts.
    Sum {
        /// The field that it may never exceed.
        up_to: Option<FieldPath>,
    },
}

impl Rule {
    /// The rule for a record that was met in `origin` first.
    #[must_use]
    pub fn of(&self, origin: &SystemId) -> Cow<'_, Self> {
        match self {
            Self::Master { system, foreign, blank, seeded } if *system == SystemId::origin() => {
                let system = origin.clone();
                Cow::Owned(Self::Master { system, foreign: *foreign, blank: *blank, seeded: *seeded })
            }
            Self::Seed(from) if *from == SystemId::origin() => Cow::Owned(Self::Seed(origin.clone())),
            rule => Cow::Borrowed(rule),
        }
    }
    /// Whether a system has a say of its own.
    pub(crate) fn names(&self, name: &SystemId) -> bool {
        match self {
            Self::Master { system, .. } | Self::Seed(system) | Self::Newest { otherwise: system } => system == name,
            Self::Prefer(order) => order.contains(name),
            Self::Hold | Self::Sum { .. } => false,
        }
    }
}

/// For people: `master erp`, `shared: erp before crm`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Master { system, .. } => write!(f, "master {}", system.connection()),
            Self::Prefer(order) => {
                let order: Vec<&str> = order.iter().map(SystemId::connection).collect();
                write!(f, "shared: {}", order.join(" before "))
            }
            Self::Newest { otherwise } => write!(f, "shared: the newest, else {}", otherwise.connection()),
            Self::Hold => f.write_str("shared: a person decides conflicts"),
            Self::Seed(from) => write!(f, "copied once from {}", from.connection()),
            Self::Sum { .. } => f.write_str("every side's part is added"),
        }
    }
}

/// One stream in one entity.
#[derive(Clone, Debug)]
pub struct StreamTable {
    /// Which.
    pub key: StreamKey,
    /// The stream whose wire record carries it; itself if it has one of its own.
    pub host: StreamKey,
    /// What its system does here.
    pub role: Role,
    /// What it can do.
    pub cap: StreamCapability,
    /// Between the connector's fields and the canonical ones.
    pub map: StreamMap,
    /// Canonical leaves that it can show or take, with what it does to them.
    pub fields: FieldTable,
    /// Its status words, if the entity has a table for them.
    pub status: Option<Arc<StatusTable>>,
    /// What is special about its records, if they are documents.
    pub document: Option<Arc<DocumentTable>>,
    /// The entity that it takes part in.
    pub entity: EntityName,
    /// An integrator's own code for this system and entity.
    pub hooks: Vec<Arc<dyn Hook>>,
}

impl StreamTable {
    /// Canonical fields of what the connector shows, hooks included. Links stay as they are.
    ///
    /// # Errors
    /// A mapper's or a hook's own.
    pub fn inbound(&self, theirs: &FieldMap, problems: &mut Problems) -> Result<FieldMap> {
        let mut ours = self.map.inbound(theirs, problems)?;
        for hook in &self.hooks {
            hook.before_decide(&self.place(), &mut ours, problems)?;
        }
        Ok(ours)
    }
    /// What hooks are told of where they are.
    pub fn place(&self) -> Place<'_> {
        Place::new(&self.key.system, &self.entity)
    }
}

/// Canonical leaves of a stream with what it does to them: the capability of the connector's field behind each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldTable(pub BTreeMap<FieldPath, FieldCapability>);

impl FieldTable {
    /// What the stream does to a canonical leaf; nothing if it does not have it.
    pub fn get(&self, path: FieldPath) -> &FieldCapability {
        static NOTHING: LazyLock<FieldCapability> = LazyLock::new(FieldCapability::default);
        self.0.get(&path).unwrap_or(&NOTHING)
    }
    /// Leaves at or under a unit's path that can be written: at create, or later.
    pub fn writable(&self, unit: FieldPath, on_create: bool) -> impl Iterator<Item = FieldPath> {
        let near = self.0.range(unit..).map(|(path, cap)| (*path, cap));
        near.take_while(move |(path, _)| path.as_str().starts_with(unit.as_str()))
            .filter(move |(path, cap)| path.is_under(unit) && cap.writable(on_create))
            .map(|(path, _)| path)
    }
    /// Whether any leaf at or under a unit's path can be written: at create, or later.
    pub fn takes(&self, unit: FieldPath, on_create: bool) -> bool {
        self.writable(unit, on_create).next().is_some()
    }
    /// Whether a leaf can be written at all.
    pub fn writes(&self, leaf: FieldPath) -> bool {
        self.0.get(&leaf).is_some_and(|cap| cap.write_on_create || cap.write_on_update)
    }
    /// Leaves that a create cannot do without.
    pub fn required(&self) -> impl Iterator<Item = FieldPath> + '_ {
        self.0.iter().filter(|(_, cap)| cap.required_on_create).map(|(path, _)| *path)
    }
}
