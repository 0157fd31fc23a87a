//! Which external records are one and the same. Pure: candidates come from the store, verdicts from people.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    diff::{is_another, name_of},
    placing::{current, leave, place, subject_of},
    recognise::{Known, MARK, duplicates, keys},
    subject::{Sight, Subject},
};
use crate::{
    capability::Shows,
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    policy::{Duplicates, Entity, StreamTable},
    store::{Binding, MatchKey, Verdict},
    value::FieldMap,
};

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
                if known.own.contains(&binding.id) {
                    // what the other one is known by was noted here while nobody had said who it is
                    known.keyed.values_mut().for_each(|who| who.retain(|id| *id != binding.id));
                }
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
