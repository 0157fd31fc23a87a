//! What the oracle goes by.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, EntityName, ExternalRef, FieldPath, StreamKey, SystemId,
    store::{Binding, Event, Held, HeldWhy, Journal, Parked, SideState, StateStore},
};

use super::super::{
    rules::{EntityPlan, FieldPlan, Kind},
    stage::Stage,
    system::{StreamPlan, SystemPlan},
};
use crate::{
    Mock,
    mock::{Change, Look, Who},
    world::drive,
};

/// One system as it was.
pub(super) struct Seen<'s> {
    pub(super) plan: &'s SystemPlan,
    pub(super) mock: &'s Mock,
    pub(super) log: Vec<Change>,
    pub(super) looks: Vec<Look>,
}

/// All of it.
pub(super) struct Facts<'s> {
    pub(super) stage: &'s Stage<'s>,
    pub(super) systems: Vec<Seen<'s>>,
    pub(super) bindings: Vec<Binding>,
    /// Living bindings by their living names.
    pub(super) owners: BTreeMap<ExternalRef, CanonicalId>,
    pub(super) held: Vec<Held>,
    pub(super) parked: Vec<Parked>,
    pub(super) journal: Vec<Journal>,
}

impl<'s> Facts<'s> {
    pub(super) fn gather(stage: &'s Stage<'s>) -> Self {
        let store = stage.world.store();
        let systems = stage.history.systems.iter().map(|plan| {
            let mock = stage.world.system(&plan.name());
            Seen { plan, mock, log: mock.log(), looks: mock.looks() }
        });
        let mut bindings = Vec::new();
        for entity in &stage.history.entities {
            let name = EntityName::from(entity.kind.entity());
            let ids = drive(store.scan(&name, None, usize::MAX)).unwrap_or_default();
            bindings.extend(drive(store.bindings(&ids)).unwrap_or_default());
        }
        let mut owners = BTreeMap::new();
        for binding in bindings.iter().filter(|binding| binding.is_live()) {
            for (key, side) in &binding.sides {
                if let (Some(id), true) = (&side.id, side.state != SideState::Removed) {
                    owners.insert(key.id(id), binding.id);
                }
            }
            owners.extend(binding.aliases.iter().map(|alias| (alias.clone(), binding.id)));
        }
        Self {
            systems: systems.collect(),
            bindings,
            owners,
            held: drive(store.held(None)).unwrap_or_default(),
            parked: drive(store.parked(None)).unwrap_or_default(),
            journal: drive(store.journal(&[], usize::MAX)).unwrap_or_default(),
            stage,
        }
    }
    pub(super) fn entity(&self, kind: Kind) -> Option<&'s EntityPlan> {
        self.stage.history.entities.iter().find(|entity| entity.kind == kind)
    }
    pub(super) fn entity_of(&self, binding: &Binding) -> Option<&'s EntityPlan> {
        self.stage.history.entities.iter().find(|entity| entity.kind.entity() == binding.entity.as_str())
    }
    pub(super) fn system(&self, id: &SystemId) -> Option<&Seen<'s>> {
        self.systems.iter().find(|seen| seen.mock.system() == id)
    }
    pub(super) fn stream(&self, key: &StreamKey) -> Option<(&Seen<'s>, Kind, &'s StreamPlan)> {
        let seen = self.system(&key.system)?;
        let (kind, plan) = seen.plan.streams.iter().find(|(kind, _)| kind.stream() == key.stream.as_str())?;
        Some((seen, *kind, plan))
    }
    /// The habits that govern how a stream's records are listed and written.
    pub(super) fn host(&self, key: &StreamKey) -> Option<&'s StreamPlan> {
        let (seen, kind, _) = self.stream(key)?;
        seen.plan.streams.get(&seen.plan.host(kind))
    }
    pub(super) fn binding(&self, id: CanonicalId) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.id == id)
    }
    /// Every name that the records ever had which had this one.
    pub(super) fn names_of(&self, reference: &ExternalRef) -> BTreeSet<ExternalRef> {
        let bound = |entry: &Journal| match &entry.event {
            Event::Bound(name) | Event::Aliased(name) => Some((entry.subject, name.clone())),
            _ => None,
        };
        let all: Vec<(CanonicalId, ExternalRef)> = self.journal.iter().filter_map(bound).collect();
        let subjects: BTreeSet<CanonicalId> =
            all.iter().filter(|(_, name)| name == reference).map(|(subject, _)| *subject).collect();
        all.into_iter().filter(|(subject, _)| subjects.contains(subject)).map(|(_, name)| name).collect()
    }
    /// When the engine first knew a record for one of its sides.
    pub(super) fn bound_at(&self, reference: &ExternalRef) -> Option<DateTime<Utc>> {
        let own = |entry: &&Journal| matches!(&entry.event, Event::Bound(name) if name == reference);
        self.journal.iter().filter(own).map(|entry| entry.at).min()
    }
    /// Whether users changed a record so much that nobody can tell any more what it was made for.
    pub(super) fn is_past_recognition(&self, reference: &ExternalRef) -> bool {
        let Some((seen, _, _)) = self.stream(&reference.at) else { return false };
        if self.host(&reference.at).is_some_and(StreamPlan::can_recognise) {
            return false;
        }
        let made = seen.log.iter().find(|change| change.reference == *reference);
        let filled: Vec<FieldPath> = made
            .map(|made| made.after.iter().filter(|(_, value)| !value.is_null()).map(|(path, _)| path).collect())
            .unwrap_or_default();
        let edited = filled.iter().filter(|path| seen.edited_by_user(reference, **path)).count();
        edited * 2 > filled.len()
    }
    /// Whether people are told of a field of a record, or of the record as a whole.
    pub(super) fn told(&self, subject: CanonicalId, unit: Option<FieldPath>, reference: Option<&ExternalRef>) -> bool {
        let held = self.held.iter().any(|held| {
            let whole = held.unit.is_none() && held.why != HeldWhy::Removed;
            held.subject == subject && (whole || (unit.is_some() && held.unit == unit))
        });
        let reference = reference.map(ToString::to_string);
        held || self
            .parked
            .iter()
            .any(|parked| parked.subject == Some(subject) || reference.as_ref() == Some(&parked.key))
    }
    /// Whether a field's master has said nothing yet: then what others have stands.
    pub(super) fn master_is_silent(&self, entity: &EntityPlan, binding: &Binding, path: FieldPath) -> bool {
        let FieldPlan::Master { system, .. } = entity.rule(path) else { return false };
        let Some(seen) = self.systems.iter().find(|seen| seen.plan.place == system) else { return true };
        let at = seen.mock.at(entity.kind.stream());
        if binding.sides.get(&at).is_some_and(|side| side.frozen) {
            return true; // nobody listens to a side that is out of scope
        }
        let id = binding.sides.get(&at).and_then(|side| side.id.clone());
        let shown = id.and_then(|id| seen.mock.fields(entity.kind.stream(), &id));
        binding.agreed.get(path).is_none() && shown.is_none_or(|fields| fields.filled(path).is_none())
    }
    /// Whether anything at all is told of a record.
    pub(super) fn mentioned(&self, subject: CanonicalId) -> bool {
        self.held.iter().any(|held| held.subject == subject)
            || self.parked.iter().any(|parked| parked.subject == Some(subject))
    }
}

impl Seen<'_> {
    /// The record whose wire form carries this one.
    pub(super) fn host(&self, reference: &ExternalRef) -> ExternalRef {
        if self.plan.facet { self.mock.at(Kind::Company.stream()).id(&reference.id) } else { reference.clone() }
    }
    pub(super) fn name(&self) -> String {
        self.plan.name()
    }
    /// What users did to one record after a place in the log.
    pub(super) fn removed_by_user(&self, reference: &ExternalRef) -> bool {
        let host = self.host(reference);
        self.log.iter().any(|change| change.removed && change.who == Who::User && change.reference == host)
    }
    /// Whether any user ever changed this field of the record.
    pub(super) fn edited_by_user(&self, reference: &ExternalRef, path: FieldPath) -> bool {
        self.log.iter().any(|change| {
            let own = change.who == Who::User && change.reference == *reference;
            own && change.before.get(path) != change.after.get(path)
        })
    }
    pub(super) fn is_there(&self, reference: &ExternalRef) -> bool {
        self.mock.fields(reference.at.stream.as_str(), &reference.id).is_some()
    }
}
