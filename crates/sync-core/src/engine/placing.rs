//! Where a new record belongs: a side of a known one, one more name of it, or a subject of its own. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    recognise::{Known, MARK, duplicates},
    subject::{Sight, Subject},
};
use crate::{
    capability::{StreamCapability, represents},
    id::{CanonicalId, ExternalRef, StreamKey},
    policy::{Duplicates, Entity},
    store::{Binding, BoundSide, Intent, MatchKey, SideState},
};

/// Finds a new record's place: a side or an alias of a known one, or a subject of its own.
pub(super) fn place(
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

pub(super) fn current<'a>(
    known: &'a Known,
    subjects: &'a BTreeMap<CanonicalId, Subject>,
    id: CanonicalId,
) -> Option<&'a Binding> {
    subjects.get(&id).map(|subject| &subject.binding).or_else(|| known.bindings.get(&id))
}

pub(super) fn subject_of<'s>(
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
pub(super) fn leave(known: &mut Known, subjects: &mut BTreeMap<CanonicalId, Subject>, own: Option<CanonicalId>) {
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
