//! What the memory store holds, and its tables over bindings.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, EntityName, ExternalRef, Fingerprint, StreamKey, SystemId,
    connector::Tenant,
    store::{
        Binding, Checkpoint, EffectKey, EntityState, Held, InboxEntry, Intent, Journal, MatchKey, Parked, Snapshot,
        Staged, Verdict, Waiting,
    },
};
use uuid::Uuid;

/// All of it. Bodies are shared, so that a copy of the state is a copy of its tables only.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    pub(super) id: Uuid,
    pub(super) bindings: BTreeMap<CanonicalId, Kept>,
    pub(super) changes: u64,
    // tables over bindings, all made by `note`
    pub(super) of_entity: BTreeMap<EntityName, BTreeSet<(u64, CanonicalId)>>,
    pub(super) owners: BTreeMap<ExternalRef, CanonicalId>,
    pub(super) keyed: BTreeMap<MatchKey, BTreeSet<CanonicalId>>,
    pub(super) numbered: BTreeMap<String, BTreeSet<CanonicalId>>,
    pub(super) wakes: BTreeMap<EntityName, BTreeSet<(DateTime<Utc>, u64, CanonicalId)>>,
    pub(super) sides: BTreeMap<StreamKey, u64>,

    pub(super) index: BTreeMap<StreamKey, BTreeMap<u64, (Arc<str>, Fingerprint)>>,
    pub(super) checkpoints: BTreeMap<StreamKey, Checkpoint>,
    pub(super) entities: BTreeMap<EntityName, EntityState>,
    pub(super) tenants: BTreeMap<SystemId, Tenant>,
    pub(super) snapshots: BTreeMap<SystemId, Arc<Snapshot>>,
    pub(super) intents: BTreeMap<String, Arc<Intent>>,
    pub(super) effects: BTreeMap<EffectKey, String>,
    pub(super) held: BTreeMap<CanonicalId, Arc<[Held]>>,
    pub(super) parked: BTreeMap<String, Arc<Parked>>,
    pub(super) waiting: BTreeMap<ExternalRef, Arc<Waiting>>,
    pub(super) waiting_on: BTreeMap<String, BTreeSet<ExternalRef>>,
    pub(super) inbox: BTreeMap<u64, Arc<InboxEntry>>,
    pub(super) posted: u64,
    pub(super) verdicts: BTreeSet<Verdict>,
    pub(super) staged: BTreeMap<String, Arc<Staged>>,
    pub(super) journal: Vec<Arc<Journal>>,
    pub(super) happened: BTreeMap<CanonicalId, Vec<usize>>,
    pub(super) forgotten: BTreeSet<Uuid>,
    pub(super) tombs: BTreeSet<CanonicalId>,
    pub(super) leases: BTreeMap<String, Granted>,
    pub(super) spilled: BTreeMap<String, BTreeMap<u64, Arc<str>>>,
}

/// A binding, and when, in the order of all changes, it came and changed last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    pub(super) binding: Arc<Binding>,
    pub(super) came: u64,
    pub(super) changed: u64,
}

/// The last lease of a name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Granted {
    pub(super) token: u64,
    /// `None` when it was given back.
    pub(super) until: Option<DateTime<Utc>>,
}

impl State {
    /// Keeps a binding as it is, with the next place in the order of changes.
    pub(super) fn put(&mut self, binding: Binding) {
        self.changes += 1;
        let old = self.bindings.get(&binding.id).map(|kept| (kept.came, kept.binding.clone()));
        let came = old.as_ref().map_or(self.changes, |(came, _)| *came);
        if let Some((_, old)) = old {
            self.note(&old, came, false);
        }
        self.note(&binding, came, true);
        self.bindings.insert(binding.id, Kept { binding: Arc::new(binding), came, changed: self.changes });
    }

    /// Enters a binding in the tables, or takes it out.
    fn note(&mut self, binding: &Binding, came: u64, present: bool) {
        let id = binding.id;
        toggle(&mut self.of_entity, &binding.entity, (came, id), present);
        for number in &binding.numbers {
            toggle(&mut self.numbered, number, id, present);
        }
        if !binding.is_live() {
            return;
        }
        for reference in binding.references() {
            if present {
                self.owners.insert(reference, id);
            } else if self.owners.get(&reference) == Some(&id) {
                // another binding of the same commit may have it by now
                self.owners.remove(&reference);
            }
        }
        for key in &binding.keys {
            toggle(&mut self.keyed, key, id, present);
        }
        if let Some(at) = binding.wake_at {
            toggle(&mut self.wakes, &binding.entity, (at, came, id), present);
        }
        for stream in binding.sides.keys() {
            if binding.live_side(stream).is_some_and(|side| side.id.is_some()) {
                let count = self.sides.entry(stream.clone()).or_default();
                *count = if present { *count + 1 } else { count.saturating_sub(1) };
            }
        }
    }

    pub(super) fn drop_waiting(&mut self, reference: &ExternalRef) {
        if let Some(old) = self.waiting.remove(reference) {
            for on in &old.on {
                toggle(&mut self.waiting_on, on, reference.clone(), false);
            }
        }
    }
    pub(super) fn put_waiting(&mut self, waiting: Waiting) {
        self.drop_waiting(&waiting.reference);
        for on in &waiting.on {
            toggle(&mut self.waiting_on, on, waiting.reference.clone(), true);
        }
        self.waiting.insert(waiting.reference.clone(), Arc::new(waiting));
    }
    pub(super) fn put_journal(&mut self, entry: Journal) {
        self.happened.entry(entry.subject).or_default().push(self.journal.len());
        self.journal.push(Arc::new(entry));
    }
}

fn toggle<K: Ord + Clone, V: Ord>(table: &mut BTreeMap<K, BTreeSet<V>>, key: &K, value: V, present: bool) {
    if present {
        match table.get_mut(key) {
            Some(values) => {
                values.insert(value);
            }
            None => {
                table.insert(key.clone(), BTreeSet::from([value]));
            }
        }
    } else if let Some(values) = table.get_mut(key) {
        values.remove(&value);
        if values.is_empty() {
            table.remove(key);
        }
    }
}
