//! What the memory store does when a record is to be forgotten.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, Error, ErrorKind, ExternalRef, Result,
    store::{Binding, Journal, forgotten_hash},
};

use super::state::State;

impl State {
    pub(super) fn forget(state: &mut Arc<Self>, id: CanonicalId, now: DateTime<Utc>) -> Result<()> {
        let Some(binding) = state.bindings.get(&id).map(|kept| kept.binding.clone()) else {
            return Err(Error::new(ErrorKind::NotFound, "forget", "there is no such record").with_context("id", id));
        };
        if state.intents.values().any(|intent| intent.serves(id)) {
            let text = "a write of this record is not settled yet; let a run finish it, then forget the record";
            return Err(Error::new(ErrorKind::Unavailable, "forget", text).with_context("id", id));
        }
        Arc::make_mut(state).bury(&binding, now);
        Ok(())
    }

    fn bury(&mut self, binding: &Binding, now: DateTime<Utc>) {
        let id = binding.id;
        let names: Vec<ExternalRef> = binding.references().collect();
        self.forgotten.extend(names.iter().map(|name| forgotten_hash(self.id, name)));
        self.tombs.insert(id);
        let mut tombstone = binding.forgotten(now);
        tombstone.rev += 1;
        self.put(tombstone);

        self.held.remove(&id);
        let there = format!("{id}@");
        self.parked.retain(|key, parked| {
            parked.subject != Some(id) && !key.starts_with(&there) && names.iter().all(|name| name.to_string() != *key)
        });
        names.iter().for_each(|name| self.drop_waiting(name));
        names.iter().for_each(|name| self.unlist(name));
        self.inbox.retain(|_, entry| !entry.what.is_about(id, &names));
        self.verdicts.retain(|verdict| !verdict.names_any(&names));
        let text = id.to_string();
        self.staged.retain(|_, staged| !staged.plan.contains(&text));
        for place in self.happened.get(&id).into_iter().flatten() {
            if let Some(entry) = self.journal.get_mut(*place) {
                *entry = Arc::new(Journal { event: entry.event.forgotten(), ..Journal::clone(entry) });
            }
        }
    }
}
