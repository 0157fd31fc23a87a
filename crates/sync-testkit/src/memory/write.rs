//! The memory store's changes. Each is checked as a whole before any of it is made.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use sync_core::{
    CanonicalId, Error, ErrorKind, ExternalRef, Result,
    store::{Binding, Commit, Committed, EffectKey, InboxEntry, Indexed, Intent, Lease},
};

use super::state::{Granted, State};

impl State {
    pub(super) fn intend(state: &mut Arc<Self>, lease: &Lease, intents: &[Intent]) -> Result<()> {
        state.check_lease("intend", lease)?;
        state.check_effects("intend", intents, &[])?;
        let state = Arc::make_mut(state);
        intents.iter().for_each(|intent| state.put_intent(intent.clone()));
        Ok(())
    }

    pub(super) fn spill(state: &mut Arc<Self>, lease: &Lease, rows: Vec<(u64, String)>) -> Result<()> {
        state.check_lease("spill", lease)?;
        let texts = rows.into_iter().map(|(number, text)| (number, Arc::from(text)));
        Arc::make_mut(state).spilled.entry(lease.name.clone()).or_default().extend(texts);
        Ok(())
    }
    pub(super) fn commit(state: &mut Arc<Self>, lease: &Lease, commit: Commit) -> Result<Committed> {
        state.check_lease("commit", lease)?;
        let stale = state.stale(&commit.bindings);
        if !stale.is_empty() {
            return Ok(Committed::Stale(stale));
        }
        state.check_references(&commit.bindings)?;
        state.check_effects("commit", &commit.intents, &commit.finished)?;
        Arc::make_mut(state).apply(commit);
        Ok(Committed::Done)
    }

    pub(super) fn post(&mut self, entries: &[InboxEntry]) {
        for entry in entries {
            self.posted += 1;
            self.inbox.insert(self.posted, Arc::new(entry.clone()));
        }
    }

    fn stale(&self, bindings: &[Binding]) -> Vec<CanonicalId> {
        let mut seen = BTreeSet::new();
        let mut stale = BTreeSet::new();
        for binding in bindings {
            let rev = self.bindings.get(&binding.id).map_or(0, |kept| kept.binding.rev);
            if rev != binding.rev || !seen.insert(binding.id) {
                stale.insert(binding.id);
            }
        }
        stale.into_iter().collect()
    }

    fn check_references(&self, bindings: &[Binding]) -> Result<()> {
        let moved: BTreeSet<CanonicalId> = bindings.iter().map(|binding| binding.id).collect();
        let mut claims: BTreeMap<ExternalRef, CanonicalId> = BTreeMap::new();
        for binding in bindings.iter().filter(|binding| binding.is_live()) {
            for reference in binding.references() {
                let kept = self.owners.get(&reference).copied().filter(|owner| !moved.contains(owner));
                let other = kept.or(claims.get(&reference).copied()).filter(|owner| *owner != binding.id);
                if let Some(other) = other {
                    let text = format!("{reference} belongs to another record already");
                    return Err(Error::new(ErrorKind::AlreadyExists, "commit", text)
                        .with_detail(format!("{} claims what {other} has", binding.id)));
                }
                claims.insert(reference, binding.id);
            }
        }
        Ok(())
    }

    fn check_effects(&self, operation: &'static str, intents: &[Intent], finished: &[String]) -> Result<()> {
        let mut claims: BTreeMap<&EffectKey, &str> = BTreeMap::new();
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for intent in intents {
            let stored = self.intents.contains_key(&intent.key) && !finished.contains(&intent.key);
            let open = stored || !named.insert(&intent.key);
            for effect in &intent.effects {
                let before = self.effects.get(effect).is_some_and(|by| !(open && *by == intent.key));
                let beside = claims.insert(effect, &intent.key).is_some_and(|by| by != intent.key);
                if before || beside {
                    let text = format!("'{}' was done before for {}", effect.effect, effect.trigger);
                    return Err(Error::new(ErrorKind::AlreadyExists, operation, text)
                        .with_detail(format!("effect of {} in intent {}", effect.subject, intent.key)));
                }
            }
        }
        Ok(())
    }

    fn put_intent(&mut self, intent: Intent) {
        for effect in &intent.effects {
            self.effects.insert(effect.clone(), intent.key.clone());
        }
        self.intents.insert(intent.key.clone(), Arc::new(intent));
    }

    fn apply(&mut self, commit: Commit) {
        for mut binding in commit.bindings {
            binding.rev += 1;
            self.put(binding);
        }
        for effect in &commit.released {
            self.effects.remove(effect);
        }
        for gone in &commit.unindexed {
            self.unlist(gone);
        }
        for Indexed { reference, hash } in commit.indexed {
            let key = Indexed::key_of(&reference.id);
            self.index.entry(reference.at).or_default().insert(key, (reference.id, hash));
        }
        self.checkpoints.extend(commit.checkpoints);
        self.entities.extend(commit.entities);
        self.tenants.extend(commit.tenants);
        self.snapshots.extend(commit.snapshots.into_iter().map(|(system, snapshot)| (system, Arc::new(snapshot))));
        for key in &commit.finished {
            self.intents.remove(key);
        }
        commit.intents.into_iter().for_each(|intent| self.put_intent(intent));
        self.apply_lists(commit.held, commit.unparked, commit.parked);
        commit.unwaiting.iter().for_each(|reference| self.drop_waiting(reference));
        commit.waiting.into_iter().for_each(|waiting| self.put_waiting(waiting));
        for id in &commit.consumed {
            self.inbox.remove(id);
        }
        for verdict in &commit.retracted {
            self.verdicts.remove(verdict);
        }
        self.verdicts.extend(commit.verdicts);
        for id in &commit.unstaged {
            self.staged.remove(id);
        }
        self.staged.extend(commit.staged.into_iter().map(|staged| (staged.id.clone(), Arc::new(staged))));
        for mut entry in commit.journal {
            if self.tombs.contains(&entry.subject) {
                entry.event = entry.event.forgotten();
            }
            self.put_journal(entry);
        }
    }

    fn apply_lists(
        &mut self,
        held: Vec<(CanonicalId, Vec<sync_core::store::Held>)>,
        unparked: Vec<String>,
        parked: Vec<sync_core::store::Parked>,
    ) {
        for (subject, held) in held {
            if held.is_empty() || self.tombs.contains(&subject) {
                self.held.remove(&subject);
            } else {
                self.held.insert(subject, held.into());
            }
        }
        for key in &unparked {
            self.parked.remove(key);
        }
        for parked in parked {
            if !parked.subject.is_some_and(|subject| self.tombs.contains(&subject)) {
                self.parked.insert(parked.key.clone(), Arc::new(parked));
            }
        }
    }

    pub(super) fn unlist(&mut self, gone: &ExternalRef) {
        if let Some(listed) = self.index.get_mut(&gone.at) {
            listed.remove(&Indexed::key_of(&gone.id));
        }
    }

    fn check_lease(&self, operation: &'static str, lease: &Lease) -> Result<()> {
        match self.leases.get(&lease.name) {
            Some(granted) if granted.token == lease.token && granted.until.is_some() => Ok(()),
            _ => Err(taken_over(operation, lease)),
        }
    }

    pub(super) fn acquire(&mut self, name: &str, now: DateTime<Utc>, ttl: Duration) -> Option<Lease> {
        let granted = self.leases.entry(name.to_owned()).or_default();
        if granted.until.is_some_and(|until| until > now) {
            return None;
        }
        let until = later(now, ttl);
        *granted = Granted { token: granted.token + 1, until: Some(until) };
        let token = granted.token;
        self.spilled.remove(name);
        Some(Lease { name: name.to_owned(), token, until })
    }

    pub(super) fn renew(&mut self, lease: &Lease, now: DateTime<Utc>, ttl: Duration) -> Result<Lease> {
        self.check_lease("renew", lease)?;
        let until = later(now, ttl);
        self.leases.insert(lease.name.clone(), Granted { token: lease.token, until: Some(until) });
        Ok(Lease { until, ..lease.clone() })
    }

    pub(super) fn release(&mut self, lease: &Lease) {
        if let Some(granted) = self.leases.get_mut(&lease.name).filter(|granted| granted.token == lease.token) {
            self.spilled.remove(&lease.name);
            granted.until = None;
        }
    }
}

fn later(now: DateTime<Utc>, ttl: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(ttl).ok().and_then(|ttl| now.checked_add_signed(ttl)).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

fn taken_over(operation: &'static str, lease: &Lease) -> Error {
    let text = format!("another run has taken over '{}'; this one stops", lease.name);
    Error::new(ErrorKind::VersionConflict, operation, text).with_context("token", lease.token)
}
