//! Whether a record goes to a system: its scope, judged over the record and what it links to. Pure.

use std::collections::BTreeMap;

use super::subject::{Links, Subject};
use crate::{
    fault::{self, Fault},
    id::{CanonicalId, EntityKind, SystemId},
    mapping::Problems,
    model,
    policy::{Entity, Predicate, Ranked, Rule, Scene},
    store::{Binding, Event, SideState},
    value::{FieldMap, FieldPath, Link, Value},
};

/// What is known of the records that a record links to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around<'a> {
    pub(crate) linked: Option<&'a BTreeMap<CanonicalId, FieldMap>>,
}

/// Fields that say when a record was made, by the kinds that have one.
const CREATED: [&str; 6] = ["ordered_on", "ordered_at", "invoiced_on", "paid_on", "posted_on", "created_on"];

struct Stage<'a> {
    own: FieldMap,
    origin: SystemId,
    around: &'a Around<'a>,
}

impl Scene for Stage<'_> {
    fn value(&self, field: FieldPath) -> Option<Value> {
        match field.as_str() {
            "@origin" => Some(Value::from(self.origin.connection())),
            "@created_on" => CREATED.iter().find_map(|name| match self.own.filled(FieldPath::from_static(name))? {
                Value::Instant(moment) => Some(Value::Date(moment.date_naive())),
                value => Some(value.clone()),
            }),
            name => self.own.get(field).cloned().or_else(|| {
                let (link, rest) = name.split_once('.')?;
                let Value::Link(Link::Canonical(id)) = self.own.get(FieldPath::new(link))? else { return None };
                self.around.linked?.get(id)?.get(FieldPath::new(rest)).cloned()
            }),
        }
    }
}

/// The order of a kind's status words.
pub(crate) struct Words(pub(crate) EntityKind);

impl Ranked for Words {
    fn rank(&self, field: FieldPath, word: &str) -> Option<i64> {
        let words = model::field(self.0, field)?.words;
        let at = words.iter().position(|known| known.name == word && known.is_step)?;
        i64::try_from(at).ok()
    }
}

/// What a binding shows: agreed values, and the vendors' own fields of each side.
pub(crate) fn fields_of(binding: &Binding) -> FieldMap {
    let mut own = binding.agreed.clone();
    for side in binding.sides.values().filter(|side| side.state != SideState::Removed) {
        own.overlay(&side.shadow.filter(FieldPath::is_extension));
        own.overlay(&side.pending.filter(FieldPath::is_extension));
    }
    own
}

/// Whether a settled record goes to a system.
pub(crate) fn within(entity: &Entity, system: &SystemId, binding: &Binding, around: &Around<'_>) -> bool {
    // what is not agreed yet is as the other systems show it
    let mut own = FieldMap::new();
    for (key, side) in
        binding.sides.iter().filter(|(key, side)| key.system != *system && side.state != SideState::Removed)
    {
        if let Some(table) = entity.streams.get(key)
            && let Ok(ours) = table.inbound(&side.shadow, &mut Problems::default())
        {
            own.overlay(&ours);
        }
    }
    own.overlay(&fields_of(binding));
    unmet(entity, system, own, &binding.origin, around, true).is_none()
}

/// The first condition of a system's scope that does not hold.
fn unmet<'e>(
    entity: &'e Entity,
    system: &SystemId,
    own: FieldMap,
    origin: &SystemId,
    around: &Around<'_>,
    makes: bool,
) -> Option<&'e Predicate> {
    let stage = Stage { own, origin: origin.clone(), around };
    // a status is what starts a transfer; that it goes on afterwards is no reason to stop
    let starts =
        |predicate: &Predicate| model::field(entity.kind, predicate.field).is_some_and(|f| !f.words.is_empty());
    let asked = entity.scope.get(system)?.iter().filter(|predicate| makes || !starts(predicate));
    asked.into_iter().find(|predicate| !predicate.holds(&stage, &Words(entity.kind)))
}

/// Whether a record belongs to a rule set at all.
pub(crate) fn belongs(filter: &[Predicate], kind: EntityKind, own: FieldMap, origin: &SystemId) -> bool {
    let around = Around::default();
    let stage = Stage { own, origin: origin.clone(), around: &around };
    filter.iter().all(|predicate| predicate.holds(&stage, &Words(kind)))
}

/// What a system shows that may become agreed: of what is agreed already, only fields that it has a say in.
fn news(entity: &Entity, agreed: &FieldMap, system: &SystemId, shown: &FieldMap) -> FieldMap {
    let has_a_say = |path: FieldPath| {
        entity.units.iter().find(|unit| path.is_under(unit.path)).is_none_or(|unit| match &unit.rule {
            Rule::Master { system: master, .. } => master == system,
            Rule::Seed(_) => false,
            _ => true,
        })
    };
    shown.filter(|path| agreed.get(path).is_none() || has_a_say(path))
}

/// Freezes sides whose system the record has left the scope of, and thaws those whose scope it is back in.
///
/// A frozen side is neither written nor listened to, and nothing is removed for it; what it shows meanwhile is kept
/// aside and counts as edits on return.
pub(super) fn freeze(
    entity: &Entity,
    subject: &Subject,
    links: &Links,
    around: &Around<'_>,
    binding: &mut Binding,
) -> Vec<Event> {
    let mut events = Vec::new();
    if entity.scope.is_empty() {
        return events;
    }
    let systems: Vec<SystemId> = entity.scope.keys().cloned().collect();
    for system in systems {
        let mut own = fields_of(binding);
        let others = subject.sights.iter().filter(|(key, sight)| key.system != system && !sight.deleted);
        for (key, sight) in others {
            if let Some(table) = entity.streams.get(key)
                && let Ok(ours) = table.inbound(&sight.fields, &mut Problems::default())
            {
                own.overlay(&news(entity, &binding.agreed, &key.system, &links.canonical(&ours)));
                own.overlay(&sight.fields.filter(FieldPath::is_extension));
            }
        }
        let why_not = unmet(entity, &system, own, &binding.origin, around, false).map(ToString::to_string);
        for (_, side) in binding.sides.iter_mut().filter(|(key, _)| key.system == system) {
            let frozen = why_not.is_some();
            if side.frozen == frozen || side.state == SideState::Removed {
                continue;
            }
            if frozen && fault::on(Fault::ScopeExitIsRemoval) {
                side.state = SideState::Removed;
                continue;
            }
            side.frozen = frozen;
            let because = why_not.clone().unwrap_or_default();
            events.push(Event::Scope { at: system.clone(), within: !frozen, because });
        }
    }
    events
}
