//! Whether a record goes to a system: its scope, judged over the record and what it links to. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::subject::{Links, Subject};
use crate::{
    campaign,
    fault::{self, Fault},
    id::{CanonicalId, EntityKind, ExternalRef, StreamKey, SystemId},
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

/// What a system's scope is judged by: what is agreed, and what is not agreed yet as the other systems show it. Of what
/// they say nothing, what the system shows itself: who was met there first is known from there alone.
fn own_of(entity: &Entity, system: &SystemId, binding: &Binding) -> FieldMap {
    let (its, others): (Vec<_>, Vec<_>) = binding
        .sides
        .iter()
        .filter(|(_, side)| side.state != SideState::Removed)
        .partition(|(key, _)| key.system == *system);
    let mut own = FieldMap::new();
    for (key, side) in its.into_iter().filter(|(_, side)| side.id.is_some()).chain(others) {
        if let Some(table) = entity.streams.get(key)
            && let Ok(ours) = table.inbound(&side.shadow, &mut Problems::default())
        {
            own.overlay(&ours);
        }
    }
    own.overlay(&fields_of(binding));
    own
}

/// Whether a settled record goes to a system.
pub(crate) fn within(entity: &Entity, system: &SystemId, binding: &Binding, around: &Around<'_>) -> bool {
    // what stands in the campaign's list says what another price is, and is none of its own elsewhere
    (system == entity.master_of(&binding.origin) || !campaign::is_of_campaign(entity, &binding.agreed))
        && (!entity.scope.contains_key(system)
            || unmet(entity, system, own_of(entity, system, binding), &binding.origin, around, true).is_none())
}

/// The condition of a system's scope that keeps a settled record from being made there.
pub(super) fn why_not(entity: &Entity, system: &SystemId, binding: &Binding, around: &Around<'_>) -> Option<String> {
    entity.scope.get(system)?;
    let own = own_of(entity, system, binding);
    unmet(entity, system, own, &binding.origin, around, true).map(ToString::to_string)
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

/// Why a record is out of the scope of each system that has one; nothing for those whose scope it is in.
pub(super) type Outside = BTreeMap<SystemId, Option<String>>;

/// What will be in scope, as far as that can be told before anything is decided: the record as it is agreed, with what
/// is met or edited now.
pub(super) fn expected(
    entity: &Entity,
    subject: &Subject,
    links: &Links,
    around: &Around<'_>,
    binding: &Binding,
) -> Outside {
    let judge = |system: &SystemId| {
        let mut own = FieldMap::new();
        let (its, others): (Vec<_>, Vec<_>) =
            subject.sights.iter().filter(|(_, sight)| !sight.deleted).partition(|(key, _)| key.system == *system);
        for (key, sight) in its {
            let ours = entity.streams.get(key).map(|table| table.inbound(&sight.fields, &mut Problems::default()));
            own.overlay(&links.canonical(&ours.and_then(Result::ok).unwrap_or_default()));
        }
        own.overlay(&own_of(entity, system, binding));
        for (key, sight) in others {
            let Some(table) = entity.streams.get(key) else { continue };
            let canonical = |theirs: &FieldMap| {
                table.inbound(theirs, &mut Problems::default()).map(|ours| links.canonical(&ours)).unwrap_or_default()
            };
            let before = binding.sides.get(key).map(|side| canonical(&side.shadow)).unwrap_or_default();
            own.overlay(&news(entity, binding, &key.system, &before, &canonical(&sight.fields)));
            own.overlay(&sight.fields.filter(FieldPath::is_extension));
        }
        unmet(entity, system, own, &binding.origin, around, false).map(ToString::to_string)
    };
    entity.scope.keys().map(|system| (system.clone(), judge(system))).collect()
}

/// What a system shows that may become agreed: of what is agreed already, only edits of fields that it has a say in.
fn news(entity: &Entity, binding: &Binding, system: &SystemId, before: &FieldMap, shown: &FieldMap) -> FieldMap {
    let has_a_say = |path: FieldPath| {
        entity.units.iter().find(|unit| path.is_under(unit.path)).is_none_or(|unit| {
            match unit.rule.of(&binding.origin).as_ref() {
                Rule::Master { system: master, .. } => master == system,
                Rule::Seed(_) => false,
                _ => true,
            }
        })
    };
    shown.filter(|path| binding.agreed.get(path).is_none() || (before.get(path) != shown.get(path) && has_a_say(path)))
}

/// What is in scope, now that all is decided.
pub(super) fn settled(entity: &Entity, around: &Around<'_>, binding: &Binding) -> Outside {
    let judge = |system: &SystemId| {
        let own = own_of(entity, system, binding);
        unmet(entity, system, own, &binding.origin, around, false).map(ToString::to_string)
    };
    entity.scope.keys().map(|system| (system.clone(), judge(system))).collect()
}

/// Freezes sides whose system the record has left the scope of, and thaws those whose scope it is back in.
///
/// A frozen side is neither written nor listened to, and nothing is removed for it; what it shows meanwhile is kept
/// aside and counts as edits on return.
///
/// What people want left alone is frozen too, and asks nothing once it is gone.
pub(super) fn freeze(outside: &Outside, left: &BTreeSet<ExternalRef>, binding: &mut Binding) {
    for (key, side) in &mut binding.sides {
        let alone = side.id.as_ref().is_some_and(|id| left.iter().any(|name| name.at == *key && name.id == *id));
        let out = outside.get(&key.system).is_some_and(Option::is_some) && side.state != SideState::Removed;
        if out && fault::on(Fault::ScopeExitIsRemoval) {
            side.state = SideState::Removed;
        } else {
            side.frozen = out || alone;
        }
    }
}

/// Which sides were frozen or thawed, and why.
pub(super) fn crossed(before: &Binding, after: &Binding, outside: &Outside) -> Vec<Event> {
    let moved = |key: &&StreamKey| {
        let frozen = |binding: &Binding| binding.live_side(key).is_some_and(|side| side.frozen);
        frozen(before) != frozen(after)
    };
    let tell = |key: &StreamKey| {
        let because = outside.get(&key.system)?.clone();
        let frozen = after.sides.get(key).is_some_and(|side| side.frozen);
        if frozen != because.is_some() {
            return None; // people want it left alone, which is told as their decision
        }
        Some(Event::Scope { at: key.system.clone(), within: because.is_none(), because: because.unwrap_or_default() })
    };
    after.sides.keys().filter(moved).filter_map(tell).collect()
}
