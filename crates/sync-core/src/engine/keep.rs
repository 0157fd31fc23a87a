//! Decisions into the store.

use std::collections::BTreeSet;

use super::{
    gather::GroupReading,
    hub,
    passes::Kept,
    report::Mode,
    run::{Basis, Decided, Ready, is_done},
    scope::fields_of,
    work::{Tally, Work},
};
use crate::{
    error::{Error, ErrorKind, Result},
    id::{CanonicalId, ExternalRef},
    policy::Entity,
    store::{Binding, Commit, EntityState, Inbox, InboxEntry, Indexed, Waiting},
    value::{FieldPath, Link, Value},
};

/// Subjects in one commit.
pub(super) const BATCH: usize = 256;

/// What a record's scope asks about beyond the record itself: a change there may let it in, or out.
pub(super) fn waiting(entity: &Entity, binding: &Binding) -> Option<Waiting> {
    let hops = entity.scope.values().flatten().filter_map(|predicate| predicate.hop(entity.kind));
    let on: BTreeSet<String> = hops
        .filter_map(|hop| match binding.agreed.get(hop.link)? {
            Value::Link(Link::Canonical(id)) => Some(gate(*id, hop.field)),
            _ => None,
        })
        .collect();
    let reference = binding.references().find(|reference| !hub::is_own(reference)).filter(|_| !on.is_empty())?;
    Some(Waiting { reference, on, reason: "its scope asks about them".to_owned() })
}

/// What is waited for: one field of one record.
fn gate(id: CanonicalId, field: FieldPath) -> String {
    format!("{id}/{field}")
}

impl Work<'_> {
    /// Notes which fields of a record that scopes of others ask about are new.
    pub(super) fn note_gates(&mut self, before: &Binding, after: &Binding) {
        let entities = self.engine.policy.entities.iter();
        let asked = entities.flat_map(|entity| {
            let hops = entity.scope.values().flatten().filter_map(|predicate| predicate.hop(entity.kind));
            hops.filter(|hop| hop.kind == after.kind).map(|hop| hop.field)
        });
        let asked: BTreeSet<FieldPath> = asked.collect();
        if asked.is_empty() {
            return;
        }
        let ended = before.is_live() != after.is_live();
        let (before, now) = (fields_of(before), fields_of(after));
        let moved = asked.into_iter().filter(|field| ended || before.get(*field) != now.get(*field));
        self.moved_gates.extend(moved.map(|field| gate(after.id, field)));
    }

    /// Puts decisions into the store, some at a time; with them, in a batch's first pass, what its rows were, and with the
    /// last batch how far was read.
    pub(super) async fn keep(
        &mut self,
        tally: &mut Tally,
        decided: Vec<Decided>,
        rows: Option<Kept>,
        rest: Option<(&mut GroupReading, &Basis<'_>)>,
    ) -> Result<()> {
        let held: BTreeSet<CanonicalId> = {
            let ids: Vec<CanonicalId> = decided.iter().map(|one| one.diffed.binding.id).collect();
            self.store.held(Some(&ids)).await?.into_iter().map(|held| held.subject).collect()
        };
        self.wake_waiting(&decided).await?;
        self.wake_stock(&decided).await?;
        let promoted: Vec<Indexed> =
            decided.iter().flat_map(|one| &one.diffed.promoted).filter_map(|name| self.unseen_row(name)).collect();
        let mut batch = Commit::default();
        for Decided { diffed, .. } in decided {
            let id = diffed.binding.id;
            batch.unparked.extend(diffed.unparked);
            if !diffed.held.is_empty() || held.contains(&id) {
                batch.held.push((id, diffed.held));
            }
            if !diffed.changed {
                continue;
            }
            batch.journal.extend(diffed.events.into_iter().map(|event| self.journal(id, event)));
            self.bindings.insert(id, diffed.binding.clone()); // the plan may have taken something out of it
            batch.bindings.push(diffed.binding);
            if batch.bindings.len() >= BATCH {
                self.put(std::mem::take(&mut batch)).await?;
            }
        }
        if let Some(rows) = rows {
            batch.indexed = rows.indexed;
            batch.unparked.extend(rows.unparked);
            batch.indexed.extend(promoted);
            batch.waiting = std::mem::take(&mut self.waiting);
        }
        if let Some((reading, Basis { told, ready, .. })) = rest {
            tally.report.park(reading.parked.iter().cloned());
            batch.checkpoints = std::mem::take(&mut reading.checkpoints);
            for (host, checkpoint) in &mut batch.checkpoints {
                checkpoint.open.retain(|id| !self.gone.contains(&host.id(id)));
            }
            batch.parked = std::mem::take(&mut reading.parked);
            batch.consumed.clone_from(&told.consumed);
            batch.unstaged.clone_from(&told.used_approvals);
            batch.verdicts.clone_from(&told.verdicts);
            batch.retracted.clone_from(&told.retracted);
            batch.unparked.extend(told.unparked.iter().cloned());
            batch.unindexed = std::mem::take(&mut self.gone);
            batch.entities = self.entity_states(ready);
        }
        batch.indexed.append(&mut self.unseen);
        batch.indexed.retain(|row| !batch.unindexed.contains(&row.reference));
        batch.parked.append(&mut self.unreadable);
        batch.unparked.retain(|key| batch.parked.iter().all(|parked| parked.key != *key));
        self.put(batch).await
    }
    /// Has the next listing of a record decoded, whatever it shows.
    fn unseen_row(&self, reference: &ExternalRef) -> Option<Indexed> {
        let host = &self.table(&reference.at)?.host;
        Some(Indexed { reference: host.id(&reference.id), hash: Indexed::unseen() })
    }
    /// Has records looked at again whose scope asks about one that changed. They may be of another lease group, so it
    /// goes through the inbox; and before the change itself is stored, so that a crash between the two loses nothing.
    pub(super) async fn wake_waiting(&mut self, decided: &[Decided]) -> Result<()> {
        let changed: Vec<String> = std::mem::take(&mut self.moved_gates).into_iter().collect();
        let entry = |waiting: Waiting| InboxEntry {
            at: self.now(),
            by: "@hub".to_owned(),
            what: Inbox::Hint(waiting.reference),
        };
        let mut entries: Vec<InboxEntry> = self.store.waiting(&changed).await?.into_iter().map(entry).collect();
        let promoted = decided.iter().flat_map(|one| one.diffed.promoted.iter().cloned());
        entries
            .extend(promoted.map(|reference| entry(Waiting { reference, on: BTreeSet::new(), reason: String::new() })));
        if entries.is_empty() { Ok(()) } else { self.store.post(&entries).await }
    }
    pub(super) fn entity_states(&self, ready: &[Ready]) -> Vec<(crate::id::EntityName, EntityState)> {
        let state = |one: &Ready| {
            let entity = self.entity(one.place)?;
            let mut state = one.state.clone();
            if self.mode == Mode::Adopt {
                state.adopted = Some(entity.shape);
            }
            state.units.clone_from(&entity.unit_shapes);
            (state != one.state).then(|| (entity.name.clone(), state))
        };
        ready.iter().filter_map(state).collect()
    }
    pub(super) async fn put(&mut self, commit: Commit) -> Result<()> {
        if commit == Commit::default() {
            return Ok(());
        }
        let bindings: Vec<CanonicalId> = commit.bindings.iter().map(|binding| binding.id).collect();
        let committed = self.store.commit(&self.lease, commit).await?;
        if !is_done(committed) {
            let line = "somebody else changed the same records at the same time; run again";
            return Err(Error::new(ErrorKind::VersionConflict, "store decisions", line));
        }
        for id in bindings {
            if let Some(binding) = self.bindings.get_mut(&id) {
                binding.rev += 1;
            }
        }
        Ok(())
    }
}
