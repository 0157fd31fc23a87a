//! What the memory store does when a record is to be forgotten.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, Error, ErrorKind, ExternalRef, Result,
    store::{Binding, Inbox, Intent, Journal, forgotten_hash},
};

use super::{query::names_any, state::State};

impl State {
    pub(super) fn forget(state: &mut Arc<Self>, id: CanonicalId, now: DateTime<Utc>) -> Result<()> {
        let Some(binding) = state.bindings.get(&id).map(|kept| kept.binding.clone()) else {
            return Err(Error::new(ErrorKind::NotFound, "forget", "there is no such record").with_context("id", id));
        };
        if state.intents.values().any(|intent| speaks_of(intent, id)) {
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
        self.inbox.retain(|_, entry| !is_about(&entry.what, id, &names));
        self.verdicts.retain(|verdict| !names_any(verdict, &names));
        let text = id.to_string();
        self.staged.retain(|_, staged| !staged.plan.to_string().contains(&text));
        for place in self.happened.get(&id).into_iter().flatten() {
            if let Some(entry) = self.journal.get_mut(*place) {
                *entry = Arc::new(Journal { event: entry.event.forgotten(), ..Journal::clone(entry) });
            }
        }
    }
}

/// Whether the outcome of an intent would be told of this record.
fn speaks_of(intent: &Intent, id: CanonicalId) -> bool {
    intent.shares.iter().any(|share| share.subject == id) || intent.effects.iter().any(|effect| effect.subject == id)
}

fn is_about(what: &Inbox, id: CanonicalId, names: &[ExternalRef]) -> bool {
    match what {
        Inbox::Hint(name) => names.contains(name),
        Inbox::Bind(name, subject) => *subject == id || names.contains(name),
        Inbox::Take { subject, .. } | Inbox::Create { subject, .. } => *subject == id,
        Inbox::Verdict(verdict) | Inbox::Retract(verdict) => names_any(verdict, names),
        Inbox::Retry(key) => key.starts_with(&format!("{id}@")) || names.iter().any(|name| name.to_string() == *key),
        _ => false,
    }
}
