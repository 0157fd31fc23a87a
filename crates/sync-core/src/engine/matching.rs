//! Which external records are one and the same. Pure: candidates come from the store, verdicts from people.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    batches::is_part,
    diff::{is_another, name_of},
    moved::Moved,
    subject::{Links, Sight, Subject},
};
use crate::{
    capability::{Shows, StreamCapability, represents},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    model,
    policy::{Duplicates, Entity, StreamTable},
    store::{Binding, BoundSide, Intent, MatchKey, SideState, Verdict},
    value::{FieldMap, FieldPath, Link},
};

/// All that matching looks at.
pub(crate) struct Known {
    /// Makes canonical ids.
    pub(crate) store: Uuid,
    /// Who each reference belongs to, aliases included.
    pub(crate) links: Links,
    /// Bindings that were met so far, by id.
    pub(crate) bindings: BTreeMap<CanonicalId, Binding>,
    /// Living bindings by match key.
    pub(crate) keyed: BTreeMap<MatchKey, BTreeSet<CanonicalId>>,
    /// What people said for good.
    pub(crate) verdicts: BTreeSet<Verdict>,
    /// Records that people said to be a known one.
    pub(crate) binds: BTreeMap<ExternalRef, CanonicalId>,
    /// Records that people said to be of their own.
    pub(crate) own: BTreeSet<CanonicalId>,
    /// Creates that may have been made: a record that fits one is not a new one.
    pub(crate) creates: Vec<Intent>,
    /// Documents of ours that people moved on.
    pub(crate) moved: Moved,
}

impl Known {
    /// Whether people said that this record, which stands alone, is another known one.
    fn joins(&self, binding: &Binding, reference: &ExternalRef) -> bool {
        let others = || binding.sides.iter().any(|(at, side)| *at != reference.at && side.id.is_some());
        self.binds.get(reference).is_some_and(|id| *id != binding.id && self.bindings.contains_key(id)) && !others()
    }
    fn not_same(&self, reference: &ExternalRef, binding: &Binding) -> bool {
        binding.references().any(|other| {
            let (a, b) = if *reference <= other { (reference.clone(), other) } else { (other, reference.clone()) };
            self.verdicts.contains(&Verdict::NotSame(a, b))
        })
    }
}

/// The keys under which a record can be recognised, in the order of the rules.
pub(crate) fn keys(entity: &Entity, ours: &FieldMap, mark: Option<&str>) -> Vec<MatchKey> {
    let of_mark =
        mark.map(|mark| MatchKey { entity: entity.name.clone(), rule: MARK.to_owned(), key: mark.to_owned() });
    let of_rules = entity.matches.iter().filter_map(|rule| {
        let forms: Option<Vec<String>> = rule
            .on
            .iter()
            .map(|path| model::key_part(entity.kind, *path, ours.get(*path)?, rule.on.len() > 1))
            .collect();
        Some(MatchKey { entity: entity.name.clone(), rule: rule_name(&rule.on), key: forms?.join("\u{1f}") })
    });
    of_mark.into_iter().chain(of_rules).collect()
}

/// The keys of a record in its own stream's terms, and the records that these keys speak of, or that it is part of.
pub(super) fn recognised_by(entity: &Entity, sight: &Sight) -> (Vec<MatchKey>, Vec<ExternalRef>) {
    let inbound = |table: &StreamTable| table.inbound(&sight.fields, &mut Problems::default()).ok();
    let ours = entity.streams.get(&sight.reference.at).and_then(inbound).unwrap_or_default();
    let says = |path: &FieldPath| is_part(entity) || entity.matches.iter().any(|rule| rule.on.contains(path));
    let linked = ours.iter().filter(|(path, _)| says(path)).filter_map(|(_, value)| match value.as_link()? {
        Link::External(reference) => Some(reference.clone()),
        Link::Canonical(_) => None,
    });
    let linked = linked.collect();
    (keys(entity, &ours, sight.mark.as_deref()), linked)
}

/// The rule of our own mark, before all others.
pub(crate) const MARK: &str = "@mark";

pub(super) fn rule_name(paths: &[FieldPath]) -> String {
    paths.iter().map(|path| path.as_str()).collect::<Vec<_>>().join("+")
}

/// Sorts sights into subjects: those of known records, then new ones, each matched against all that is known.
pub(crate) fn matching(entity: &Entity, known: &mut Known, sights: Vec<Sight>) -> Vec<Subject> {
    let mut subjects: BTreeMap<CanonicalId, Subject> = BTreeMap::new();
    let mut fresh: Vec<(Sight, Vec<MatchKey>)> = Vec::new();
    for sight in last_of_each(sights) {
        if known.moved.unknown.contains(&sight.reference) {
            continue;
        }
        let placed = known.links.0.get(&sight.reference).and_then(|id| known.bindings.get(id));
        let ignored = known.verdicts.contains(&Verdict::Ignored(sight.reference.clone()));
        if ignored && placed.is_none_or(|binding| binding.ambiguous) {
            let own = placed.map(|binding| binding.id);
            known.keyed.values_mut().for_each(|who| who.retain(|id| Some(*id) != own)); // others may be what it could be
            continue;
        }
        if let Some(into) = sight.merged_into.clone() {
            merged(known, &mut subjects, &sight.reference, &into);
            continue;
        }
        match known.links.0.get(&sight.reference).and_then(|id| known.bindings.get(id)) {
            Some(binding) if (binding.ambiguous || known.joins(binding, &sight.reference)) && !sight.deleted => {
                subjects.entry(binding.id).or_insert_with(|| Subject::of(binding.clone()));
                let keys = keys(entity, &canonical(entity, known, &sight), sight.mark.as_deref());
                fresh.push((sight, keys));
            }
            Some(binding) if somebody_else(entity, known, binding, &sight) => {
                let mut binding = binding.clone();
                binding.sides.remove(&sight.reference.at);
                subject_of(known, &mut subjects, binding.id).into_iter().for_each(|subject| {
                    subject.binding.sides.remove(&sight.reference.at);
                });
                known.bindings.insert(binding.id, binding);
                known.links.0.remove(&sight.reference);
                let keys = keys(entity, &canonical(entity, known, &sight), sight.mark.as_deref());
                fresh.push((sight, keys));
            }
            Some(binding) => {
                let subject = subjects.entry(binding.id).or_insert_with(|| Subject::of(binding.clone()));
                let primary = subject.binding.reference(&sight.reference.at).as_ref() == Some(&sight.reference);
                // a name less; but the name that a document had as a draft still stands for it
                if sight.deleted && !primary && subject.binding.sides.contains_key(&sight.reference.at) {
                    subject.binding.aliases.remove(&sight.reference);
                }
                if primary || fault::on(Fault::AliasMergedFrom) {
                    subject.sights.insert(sight.reference.at.clone(), sight);
                }
            }
            None if sight.deleted => {}
            None => {
                let keys = keys(entity, &canonical(entity, known, &sight), sight.mark.as_deref());
                fresh.push((sight, keys));
            }
        }
    }
    fresh.sort_by(|(a, _), (b, _)| a.reference.cmp(&b.reference));
    for (sight, _) in &fresh {
        // what could not be matched before is matched anew, as if it were met for the first time
        if let Some(own) = known.links.0.get(&sight.reference) {
            known.keyed.values_mut().for_each(|who| {
                who.remove(own);
            });
        }
    }
    let twice = shared_within_a_stream(entity, known, &fresh);
    for (sight, keys) in fresh {
        place(entity, known, &mut subjects, sight, keys, &twice);
    }
    subjects.into_values().collect()
}

/// A record may be listed, hinted at and looked at in one run: what it showed last counts.
fn last_of_each(sights: Vec<Sight>) -> Vec<Sight> {
    let mut places: BTreeMap<ExternalRef, usize> = BTreeMap::new();
    let mut last: Vec<Sight> = Vec::with_capacity(sights.len());
    for sight in sights {
        match places.get(&sight.reference).and_then(|at| last.get_mut(*at)) {
            Some(earlier) => *earlier = sight,
            None => {
                places.insert(sight.reference.clone(), last.len());
                last.push(sight);
            }
        }
    }
    last
}

/// A system merged a record into another one: an alias from now on, or a matter for a person; never a removal.
fn merged(known: &mut Known, subjects: &mut BTreeMap<CanonicalId, Subject>, from: &ExternalRef, into: &ExternalRef) {
    let Some(own) = known.links.0.get(from).copied() else { return };
    let Some(binding) = current(known, subjects, own).cloned() else { return };
    if binding.reference(&from.at).as_ref() != Some(from) {
        return; // it was an alias before
    }
    let others = |binding: &Binding| binding.sides.iter().any(|(at, side)| *at != from.at && side.id.is_some());
    match known.links.0.get(into).copied().filter(|other| *other != own) {
        None => {
            let Some(subject) = subject_of(known, subjects, own) else { return };
            if let Some(side) = subject.binding.sides.get_mut(&from.at) {
                side.id = Some(into.id.clone());
            }
            subject.binding.aliases.insert(from.clone());
            subject.bound.push(into.clone());
            known.links.0.insert(into.clone(), own);
            let binding = subject.binding.clone();
            known.bindings.insert(own, binding);
        }
        Some(other) if !others(&binding) => {
            leave(known, subjects, Some(own));
            let Some(subject) = subject_of(known, subjects, other) else { return };
            subject.binding.aliases.insert(from.clone());
            subject.aliased.push(from.clone());
            known.links.0.insert(from.clone(), other);
            let binding = subject.binding.clone();
            known.bindings.insert(other, binding);
        }
        Some(other) => {
            let name = current(known, subjects, other).map(name_of).unwrap_or_default();
            let Some(subject) = subject_of(known, subjects, own) else { return };
            subject.ambiguous =
                Some(format!("{from} was merged into {into}, and both it and {name} are bound elsewhere"));
        }
    }
}

fn canonical(entity: &Entity, known: &Known, sight: &Sight) -> FieldMap {
    let inbound = |table: &StreamTable| table.inbound(&sight.fields, &mut Problems::default()).ok();
    let ours = entity.streams.get(&sight.reference.at).and_then(inbound).unwrap_or_default();
    known.links.canonical(&ours)
}

/// A slot that shows another name and another address at once holds somebody else.
fn somebody_else(entity: &Entity, known: &Known, binding: &Binding, sight: &Sight) -> bool {
    let told = known.own.contains(&binding.id); // of one whose number was given away
    let may = |table: &&StreamTable| table.cap.shows == Shows::Slot || (table.cap.natural_key && told);
    let Some(table) = entity.streams.get(&sight.reference.at).filter(may) else {
        return false;
    };
    let Some(side) = binding.sides.get(&sight.reference.at) else { return false };
    let Ok(before) = table.inbound(&side.shadow, &mut Problems::default()) else { return false };
    is_another(entity, &known.links.canonical(&before), &canonical(entity, known, sight))
}

/// Keys that a new record shares with another one of its register: nobody can tell which is meant.
fn shared_within_a_stream(
    entity: &Entity,
    known: &Known,
    fresh: &[(Sight, Vec<MatchKey>)],
) -> BTreeSet<(StreamKey, MatchKey)> {
    let taken = |at: &StreamKey, key: &MatchKey| {
        let who = known.keyed.get(key).into_iter().flatten().filter_map(|id| known.bindings.get(id));
        key.rule != MARK && who.filter(|b| b.is_live()).any(|b| b.live_side(at).is_some_and(|side| side.id.is_some()))
    };
    let mut count: BTreeMap<(StreamKey, MatchKey), BTreeSet<&ExternalRef>> = BTreeMap::new();
    for (sight, keys) in fresh {
        for key in keys {
            count.entry((sight.reference.at.clone(), key.clone())).or_default().insert(&sight.reference);
        }
    }
    count
        .into_iter()
        .filter(|((at, key), who)| (who.len() > 1 || taken(at, key)) && duplicates(entity, at, key) == Duplicates::Hold)
        .map(|(key, _)| key)
        .collect()
}

/// A copy made at one moment is no second record, so several of them are never a fault.
fn duplicates(entity: &Entity, at: &StreamKey, key: &MatchKey) -> Duplicates {
    if entity.streams.get(at).is_some_and(|table| table.cap.shows == Shows::Snapshot) {
        return Duplicates::Alias;
    }
    entity.matches.iter().find(|rule| rule_name(&rule.on) == key.rule).map_or(Duplicates::Hold, |rule| rule.duplicates)
}

/// Finds a new record's place: a side or an alias of a known one, or a subject of its own.
fn place(
    entity: &Entity,
    known: &mut Known,
    subjects: &mut BTreeMap<CanonicalId, Subject>,
    sight: Sight,
    keys: Vec<MatchKey>,
    twice: &BTreeSet<(StreamKey, MatchKey)>,
) {
    let at = sight.reference.at.clone();
    let own = known.links.0.get(&sight.reference).copied(); // an ambiguous one has a subject already
    if let Some(id) = known.binds.get(&sight.reference).copied().filter(|id| known.bindings.contains_key(id)) {
        return by_hand(known, subjects, sight, &keys, id, own);
    }
    if own.is_some_and(|own| known.own.contains(&own)) {
        return alone(entity, known, subjects, sight, &keys, own, None);
    }
    if known.moved.several.contains(&sight.reference) {
        let why = "it and another record carry our mark, and nobody can tell which of them is the copy".to_owned();
        return alone(entity, known, subjects, sight, &keys, own, Some(why));
    }
    match claims(entity, known, subjects, &sight).as_slice() {
        [] => {}
        [one] => return join(known, subjects, sight, &keys, *one, own),
        several => {
            let why = format!("it could be any of {} that were being made", several.len());
            return alone(entity, known, subjects, sight, &keys, own, Some(why));
        }
    }
    if let Some((id, before)) = known.moved.on.get(&sight.reference).cloned() {
        return move_on(known, subjects, sight, &keys, id, &before, own);
    }
    for key in &keys {
        if let Some((register, _)) = twice.iter().find(|(_, shared)| shared == key) {
            let why = format!("several records of {register} have the same {}", key.rule);
            return alone(entity, known, subjects, sight, &keys, own, Some(why));
        }
        let candidates: Vec<CanonicalId> = known.keyed.get(key).into_iter().flatten().copied().collect();
        let fits = |id: &CanonicalId| {
            let other = known.bindings.get(id).filter(|_| Some(*id) != own);
            other.is_some_and(|b| b.is_live() && !known.not_same(&sight.reference, b))
        };
        let candidates: Vec<CanonicalId> = candidates.into_iter().filter(fits).collect();
        match candidates.as_slice() {
            [] => {}
            [one] if known.bindings.get(one).is_some_and(|other| other.ambiguous) => {
                let why = format!("another record with the same {} cannot be matched either", key.rule);
                return alone(entity, known, subjects, sight, &keys, own, Some(why));
            }
            [one] => {
                let lives = |at: &dyn Fn(&StreamKey) -> bool| {
                    current(known, subjects, *one).is_some_and(|b| {
                        let mut sides = b.sides.iter().filter(|(key, _)| at(key));
                        sides.any(|(_, side)| side.id.is_some() && side.state != SideState::Removed)
                    })
                };
                let taken = lives(&|key| *key == at);
                if key.rule == MARK && lives(&|key| key.system == at.system) {
                    continue; // users copy records, and our mark with them
                }
                return match (taken, duplicates(entity, &at, key)) {
                    (false, _) => join(known, subjects, sight, &keys, *one, own),
                    (true, Duplicates::Alias) => alias(known, subjects, &sight, *one, own),
                    (true, _) => {
                        let why = format!("{at} has another record with the same {}", key.rule);
                        alone(entity, known, subjects, sight, &keys, own, Some(why))
                    }
                };
            }
            several => {
                let why = format!("{} records have the same {}", several.len(), key.rule);
                return alone(entity, known, subjects, sight, &keys, own, Some(why));
            }
        }
    }
    alone(entity, known, subjects, sight, &keys, own, None);
}

/// Records that were being made in this stream and that this one is likest to. Those of equal content are equally
/// right: the first of them.
fn claims(
    entity: &Entity,
    known: &Known,
    subjects: &BTreeMap<CanonicalId, Subject>,
    sight: &Sight,
) -> Vec<CanonicalId> {
    let at = &sight.reference.at;
    let Some(table) = entity.streams.get(at) else { return Vec::new() };
    let free = |id: CanonicalId| {
        let side = current(known, subjects, id).and_then(|binding| binding.sides.get(at));
        side.is_some_and(|side| side.id.is_none())
    };
    let mut fitting: Vec<(u32, &Intent, CanonicalId)> = Vec::new();
    for intent in known.creates.iter().filter(|intent| intent.host == *at) {
        let Some(score) = likeness(&table.cap, intent, sight) else { continue };
        let shares = intent.shares.iter().filter(|share| share.at == *at && free(share.subject));
        fitting.extend(shares.map(|share| (score, intent, share.subject)));
    }
    let best = fitting.iter().map(|(score, ..)| *score).max();
    fitting.retain(|(score, ..)| Some(*score) == best);
    fitting.sort_by(|(_, a, _), (_, b, _)| a.key.cmp(&b.key));
    match fitting.as_slice() {
        [(_, first, subject), rest @ ..] if rest.iter().all(|(_, other, _)| other.action == first.action) => {
            vec![*subject]
        }
        _ => fitting.into_iter().map(|(.., subject)| subject).collect(),
    }
}

/// How like a record is to what an intent made: by our mark, else by what was sent. Its users may have changed some of
/// that already, so most of it is enough; `None` if it cannot be the one.
pub(super) fn likeness(cap: &StreamCapability, intent: &Intent, sight: &Sight) -> Option<u32> {
    if cap.create_mark.is_some() && (intent.mark.is_some() || sight.mark.is_some()) {
        return (sight.mark == intent.mark).then_some(u32::MAX);
    }
    let (mut same, mut compared) = (0_u32, 0_u32);
    for part in intent.action.parts().iter().filter(|part| part.stream == intent.host.stream) {
        for (path, wanted) in part.wanted.iter().filter(|(_, wanted)| !wanted.is_null()) {
            let (Some(stored), Some(field)) = (sight.fields.get(path), cap.fields.get(&path)) else { continue };
            compared += 1;
            same += u32::from(represents(stored, wanted, field));
        }
    }
    (compared > 0 && same * 2 >= compared).then_some(same)
}

fn current<'a>(known: &'a Known, subjects: &'a BTreeMap<CanonicalId, Subject>, id: CanonicalId) -> Option<&'a Binding> {
    subjects.get(&id).map(|subject| &subject.binding).or_else(|| known.bindings.get(&id))
}

fn subject_of<'s>(
    known: &Known,
    subjects: &'s mut BTreeMap<CanonicalId, Subject>,
    id: CanonicalId,
) -> Option<&'s mut Subject> {
    let binding = known.bindings.get(&id)?;
    Some(subjects.entry(id).or_insert_with(|| Subject::of(binding.clone())))
}

/// A person said whose it is: there it is a side, or one more name where there is one already.
fn by_hand(
    known: &mut Known,
    subjects: &mut BTreeMap<CanonicalId, Subject>,
    sight: Sight,
    keys: &[MatchKey],
    id: CanonicalId,
    own: Option<CanonicalId>,
) {
    let side = current(known, subjects, id).and_then(|binding| binding.live_side(&sight.reference.at));
    if side.is_some_and(|side| side.id.is_some()) {
        alias(known, subjects, &sight, id, own);
    } else {
        join(known, subjects, sight, keys, id, own);
    }
    if let Some(subject) = subject_of(known, subjects, id) {
        subject.ambiguous = None;
        subject.binding.ambiguous = false;
        let binding = subject.binding.clone();
        known.bindings.insert(id, binding);
    }
}

/// The record becomes a side.
fn join(
    known: &mut Known,
    subjects: &mut BTreeMap<CanonicalId, Subject>,
    sight: Sight,
    keys: &[MatchKey],
    id: CanonicalId,
    own: Option<CanonicalId>,
) {
    leave(known, subjects, own);
    let Some(subject) = subject_of(known, subjects, id) else { return };
    let side = subject.binding.sides.entry(sight.reference.at.clone()).or_default();
    if side.state == SideState::Removed {
        // a new reference takes the dead one's place
        *side = BoundSide { gone: side.gone + 1, ..BoundSide::default() };
    }
    side.id = Some(sight.reference.id.clone());
    side.not_before = None;
    subject.binding.keys.extend(keys.iter().cloned());
    subject.bound.push(sight.reference.clone());
    known.links.0.insert(sight.reference.clone(), id);
    for key in keys {
        known.keyed.entry(key.clone()).or_default().insert(id);
    }
    let binding = subject.binding.clone();
    subject.sights.insert(sight.reference.at.clone(), sight);
    known.bindings.insert(id, binding);
}

/// The record is a document of ours that a person moved on: its old name is an alias.
fn move_on(
    known: &mut Known,
    subjects: &mut BTreeMap<CanonicalId, Subject>,
    sight: Sight,
    keys: &[MatchKey],
    id: CanonicalId,
    before: &StreamKey,
    own: Option<CanonicalId>,
) {
    if let Some(subject) = subject_of(known, subjects, id) {
        let old = subject.binding.sides.remove(before);
        let lagging = old.as_ref().map(|old| old.lagging.clone()).unwrap_or_default();
        subject.binding.aliases.extend(old.and_then(|old| old.id).map(|old| before.id(old)));
        let side = BoundSide { lagging, ..BoundSide::default() };
        subject.binding.sides.insert(sight.reference.at.clone(), side);
        subject.sights.remove(before);
        let binding = subject.binding.clone();
        known.bindings.insert(id, binding);
    }
    join(known, subjects, sight, keys, id, own);
}

/// The record becomes one more name.
fn alias(
    known: &mut Known,
    subjects: &mut BTreeMap<CanonicalId, Subject>,
    sight: &Sight,
    id: CanonicalId,
    own: Option<CanonicalId>,
) {
    leave(known, subjects, own);
    let Some(subject) = subject_of(known, subjects, id) else { return };
    subject.binding.aliases.insert(sight.reference.clone());
    subject.aliased.push(sight.reference.clone());
    known.links.0.insert(sight.reference.clone(), id);
    let binding = subject.binding.clone();
    known.bindings.insert(id, binding);
}

/// The record is one of its own, perhaps one that nobody can place.
fn alone(
    entity: &Entity,
    known: &mut Known,
    subjects: &mut BTreeMap<CanonicalId, Subject>,
    sight: Sight,
    keys: &[MatchKey],
    own: Option<CanonicalId>,
    why: Option<String>,
) {
    let id = match own {
        Some(id) => id,
        None => {
            let (id, generation) = unused(known, &sight.reference);
            let system = sight.reference.at.system.clone();
            let mut binding = Binding::new(id, entity.name.clone(), entity.kind, system);
            binding.generation = generation;
            known.bindings.insert(id, binding);
            id
        }
    };
    let Some(subject) = subject_of(known, subjects, id) else { return };
    subject.binding.ambiguous = why.is_some();
    subject.ambiguous = why;
    let side = subject.binding.sides.entry(sight.reference.at.clone()).or_default();
    if side.id.is_none() {
        side.id = Some(sight.reference.id.clone());
        subject.bound.push(sight.reference.clone());
    }
    subject.binding.keys.extend(keys.iter().cloned());
    let (binding, reference) = (subject.binding.clone(), sight.reference.clone());
    subject.sights.insert(reference.at.clone(), sight);
    known.links.0.insert(reference, id);
    for key in keys {
        known.keyed.entry(key.clone()).or_default().insert(id);
    }
    known.bindings.insert(id, binding);
}

/// An ambiguous record that found its place leaves the binding that it had for itself.
fn leave(known: &mut Known, subjects: &mut BTreeMap<CanonicalId, Subject>, own: Option<CanonicalId>) {
    let Some(id) = own else { return };
    if let Some(subject) = subject_of(known, subjects, id) {
        subject.binding.sides.clear();
        subject.binding.keys.clear();
        subject.binding.ambiguous = false;
    }
    if let Some(binding) = known.bindings.get_mut(&id) {
        binding.sides.clear();
    }
}

/// The first id of a reference that no binding, living or ended, has.
fn unused(known: &Known, first: &ExternalRef) -> (CanonicalId, u32) {
    let mut generation = 0;
    loop {
        let id = CanonicalId::derive(known.store, first, generation);
        if !known.bindings.contains_key(&id) {
            return (id, generation);
        }
        generation += 1;
    }
}
