//! The memory store's answers.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, EntityName, ExternalRef, Fingerprint, StreamKey,
    store::{Binding, EffectKey, Held, Intent, Journal, MatchKey, Parked, Verdict, Waiting, forgotten_hash},
};

use super::state::State;

/// The rows of a table under these keys, in order, each once.
pub(super) fn rows<K: Ord + Clone, V: Clone>(table: &BTreeMap<K, V>, keys: &[K]) -> Vec<(K, V)> {
    distinct(keys).into_iter().filter_map(|key| table.get(key).map(|row| (key.clone(), row.clone()))).collect()
}

fn distinct<T: Ord>(asked: &[T]) -> Vec<&T> {
    let mut asked: Vec<&T> = asked.iter().collect();
    asked.sort_unstable();
    asked.dedup();
    asked
}

fn start<T>(after: Option<T>) -> (Bound<T>, Bound<T>) {
    (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded)
}

impl State {
    fn binding(&self, id: &CanonicalId) -> Option<Binding> {
        self.bindings.get(id).map(|kept| Binding::clone(&kept.binding))
    }

    pub(super) fn bindings(&self, ids: &[CanonicalId]) -> Vec<Binding> {
        distinct(ids).into_iter().filter_map(|id| self.binding(id)).collect()
    }
    pub(super) fn bound(&self, references: &[ExternalRef]) -> Vec<(ExternalRef, CanonicalId)> {
        rows(&self.owners, references)
    }
    pub(super) fn keyed(&self, keys: &[MatchKey]) -> Vec<(MatchKey, CanonicalId)> {
        let known = distinct(keys).into_iter().filter_map(|key| self.keyed.get(key).map(|ids| (key, ids)));
        known.flat_map(|(key, ids)| ids.iter().map(|id| (key.clone(), *id))).collect()
    }
    pub(super) fn numbered(&self, number: &str) -> Vec<CanonicalId> {
        let mut ids: Vec<CanonicalId> = self.numbered.get(number).into_iter().flatten().copied().collect();
        ids.sort_by_key(|id| std::cmp::Reverse(self.bindings.get(id).map(|kept| kept.changed)));
        ids
    }
    pub(super) fn names(&self, ids: &[CanonicalId]) -> Vec<(CanonicalId, ExternalRef)> {
        let living = distinct(ids).into_iter().filter_map(|id| self.bindings.get(id)).map(|kept| &kept.binding);
        let living = living.filter(|binding| binding.is_live());
        let names = living.flat_map(|binding| binding.references().map(|name| (binding.id, name)));
        names.collect::<BTreeSet<_>>().into_iter().collect()
    }
    pub(super) fn keys(&self, ids: &[CanonicalId]) -> Vec<(CanonicalId, MatchKey)> {
        let living = distinct(ids).into_iter().filter_map(|id| self.bindings.get(id)).map(|kept| &kept.binding);
        let living = living.filter(|binding| binding.is_live());
        living.flat_map(|binding| binding.keys.iter().map(|key| (binding.id, key.clone()))).collect()
    }
    pub(super) fn scan(&self, entity: &EntityName, after: Option<CanonicalId>, limit: usize) -> Vec<CanonicalId> {
        let Some(ids) = self.of_entity.get(entity) else { return Vec::new() };
        let after = after.and_then(|id| Some((self.bindings.get(&id)?.came, id)));
        ids.range(start(after)).take(limit).map(|(_, id)| *id).collect()
    }
    pub(super) fn spilled(&self, lease: &str, numbers: &[u64]) -> Vec<String> {
        let Some(rows) = self.spilled.get(lease) else { return Vec::new() };
        numbers.iter().filter_map(|number| rows.get(number)).map(|text| text.to_string()).collect()
    }
    pub(super) fn counts(&self, streams: &[StreamKey]) -> Vec<u64> {
        streams.iter().map(|stream| self.sides.get(stream).copied().unwrap_or_default()).collect()
    }
    pub(super) fn due(&self, entity: &EntityName, now: DateTime<Utc>, limit: usize) -> Vec<CanonicalId> {
        let wakes = self.wakes.get(entity).into_iter().flatten();
        wakes.take_while(|(at, ..)| *at <= now).take(limit).map(|(.., id)| *id).collect()
    }
    pub(super) fn index(&self, host: &StreamKey, after: Option<u64>, limit: usize) -> Vec<(u64, Fingerprint)> {
        let Some(listed) = self.index.get(host) else { return Vec::new() };
        listed.range(start(after)).take(limit).map(|(key, (_, hash))| (*key, *hash)).collect()
    }
    pub(super) fn index_refs(&self, host: &StreamKey, keys: &[u64]) -> Vec<ExternalRef> {
        let Some(listed) = self.index.get(host) else { return Vec::new() };
        let mut found: Vec<ExternalRef> =
            distinct(keys).into_iter().filter_map(|key| listed.get(key)).map(|(id, _)| host.id(id)).collect();
        found.sort();
        found
    }

    pub(super) fn intents(&self, group: &str) -> Vec<Intent> {
        let mut open: Vec<Intent> =
            self.intents.values().filter(|intent| intent.group == group).map(|intent| Intent::clone(intent)).collect();
        open.sort_by_key(|intent| intent.at); // a stable sort: by key among those of one moment
        open
    }
    pub(super) fn effects_used(&self, keys: &[EffectKey]) -> Vec<EffectKey> {
        distinct(keys).into_iter().filter(|key| self.effects.contains_key(*key)).cloned().collect()
    }
    pub(super) fn held(&self, of: Option<&[CanonicalId]>) -> Vec<Held> {
        match of {
            Some(ids) => {
                distinct(ids).into_iter().filter_map(|id| self.held.get(id)).flat_map(|held| held.to_vec()).collect()
            }
            None => self.held.values().flat_map(|held| held.to_vec()).collect(),
        }
    }
    pub(super) fn parked(&self, keys: Option<&[String]>) -> Vec<Parked> {
        match keys {
            Some(keys) => {
                distinct(keys).into_iter().filter_map(|key| self.parked.get(key)).map(|p| Parked::clone(p)).collect()
            }
            None => self.parked.values().map(|parked| Parked::clone(parked)).collect(),
        }
    }
    pub(super) fn waiting(&self, on: &[String]) -> Vec<Waiting> {
        let waiting: BTreeSet<&ExternalRef> = on.iter().filter_map(|on| self.waiting_on.get(on)).flatten().collect();
        waiting.into_iter().filter_map(|reference| self.waiting.get(reference)).map(|w| Waiting::clone(w)).collect()
    }
    pub(super) fn verdicts(&self, of: &[ExternalRef]) -> Vec<Verdict> {
        self.verdicts.iter().filter(|verdict| verdict.names_any(of)).cloned().collect()
    }
    pub(super) fn journal(&self, of: &[CanonicalId], limit: usize) -> Vec<Journal> {
        let places: Vec<usize> = if of.is_empty() {
            (self.journal.len().saturating_sub(limit)..self.journal.len()).collect()
        } else {
            let subjects = distinct(of).into_iter().filter_map(|id| self.happened.get(id));
            let mut places: Vec<usize> = subjects.flatten().copied().collect();
            places.sort_unstable();
            places.split_off(places.len().saturating_sub(limit))
        };
        places.into_iter().filter_map(|place| self.journal.get(place)).map(|entry| Journal::clone(entry)).collect()
    }
    pub(super) fn forgotten(&self, references: &[ExternalRef]) -> Vec<ExternalRef> {
        if self.forgotten.is_empty() {
            return Vec::new();
        }
        let known = |reference: &&ExternalRef| self.forgotten.contains(&forgotten_hash(self.id, reference));
        distinct(references).into_iter().filter(known).cloned().collect()
    }
}
