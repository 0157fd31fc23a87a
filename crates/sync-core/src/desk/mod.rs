//! The desk: what people find, decide and have tried again, beside the runs.
//!
//! Nothing here needs a lease or calls a system. A decision is put into the store's inbox and is taken up by the next
//! run, also if one is under way while it is made; the journal tells who decided what.
//!
//! ```
//! # use sync_core::{Engine, Result, desk::Choice, store::HeldWhy};
//! # async fn all_to_the_erp(engine: &Engine) -> Result<()> {
//! for held in engine.held(None).await? {
//!     if matches!(held.why, HeldWhy::Field(_)) {
//!         let entries = engine.answers(&held, &Choice::Take("erp".to_owned())).await?;
//!         engine.post_all("anna", entries).await?;
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod candidates;
mod choice;
mod find;

pub use candidates::Candidate;
pub use choice::Choice;
pub use find::Meant;

use chrono::{DateTime, Utc};

use crate::{
    Engine,
    error::{Error, ErrorKind, Result},
    id::{CanonicalId, EntityKind, SystemId},
    model,
    store::{Held, Inbox, InboxEntry, Parked, SideState},
    value::{FieldMap, FieldPath},
};

impl Engine {
    /// What waits for a person: of these records, or all.
    ///
    /// # Errors
    /// The store's own.
    pub async fn held(&self, of: Option<&[CanonicalId]>) -> Result<Vec<Held>> {
        self.store.held(of).await
    }

    /// Puts entries into the inbox; the next run takes them up.
    ///
    /// # Errors
    /// The store's own.
    pub async fn post_all(&self, by: &str, entries: Vec<Inbox>) -> Result<()> {
        let at = self.now();
        let entries: Vec<InboxEntry> =
            entries.into_iter().map(|what| InboxEntry { at, by: by.to_owned(), what }).collect();
        if entries.is_empty() { Ok(()) } else { self.store.post(&entries).await }
    }

    /// What is to be said so that a record that was set aside is written with other values: each field with its text as
    /// a person types it. What the source says of these fields no longer counts until it changes there.
    ///
    /// # Errors
    /// `Invalid` for a record that could not be understood (it is corrected where it comes from), a field that its kind
    /// does not have, and a text that is no value of it.
    pub async fn edits(&self, parked: &Parked, fields: &[(FieldPath, String)]) -> Result<Vec<Inbox>> {
        let refused = |line: String| Error::new(ErrorKind::Invalid, "edit", line);
        let Some(subject) = parked.subject.filter(|_| parked.raw.is_none()) else {
            let line = format!(
                "{} could not be understood, so there is nothing to edit: correct it in its system, then retry it",
                parked.key
            );
            return Err(refused(line));
        };
        let Some(binding) = self.store.bindings(&[subject]).await?.pop() else {
            return Err(refused(format!("the record of {} is no longer there", parked.key)));
        };
        let mut entries = Vec::new();
        for (path, text) in fields {
            let value = FieldMap::new().with(*path, typed(binding.kind, *path, text).map_err(refused)?);
            entries.push(Inbox::Take { subject, unit: unit_of(binding.kind, *path), value });
        }
        entries.push(Inbox::Retry(parked.key.clone()));
        Ok(entries)
    }

    /// What is to be said so that a record is looked at once more: in every system that has it, whatever the listings
    /// say, and what of it was set aside is tried.
    ///
    /// # Errors
    /// The store's own.
    pub async fn replays(&self, id: CanonicalId) -> Result<Vec<Inbox>> {
        let Some(binding) = self.store.bindings(&[id]).await?.pop() else { return Ok(Vec::new()) };
        let live = binding.sides.iter().filter(|(_, side)| side.state != SideState::Removed);
        let mut entries: Vec<Inbox> = live.filter_map(|(at, _)| Some(Inbox::Hint(binding.reference(at)?))).collect();
        let parked = self.store.parked(None).await?;
        entries.extend(parked.into_iter().filter(|p| p.subject == Some(id)).map(|p| Inbox::Retry(p.key)));
        // what was dropped is in no list any more
        let rests = binding.sides.iter().filter(|(_, side)| side.not_before.is_some());
        entries.extend(rests.map(|(at, _)| Inbox::Retry(format!("{id}@{at}"))));
        entries.push(Inbox::Look(id));
        Ok(entries)
    }

    /// What is to be said so that all that changed in these systems since a moment is looked at once more.
    pub fn replays_since(&self, systems: &[SystemId], from: DateTime<Utc>) -> Vec<Inbox> {
        systems.iter().map(|system| Inbox::Since(system.clone(), from)).collect()
    }

    /// Removes all personal data of a record from the store, its journal included: see [`forget`]. Its systems keep what
    /// they have; what returns under its references is skipped.
    ///
    /// # Errors
    /// `NotFound` if there is no such record; `Unavailable` if a write of it has no clear answer yet.
    ///
    /// [`forget`]: crate::store::StateStore::forget
    pub async fn forget(&self, id: CanonicalId) -> Result<()> {
        self.store.forget(id, self.now()).await
    }
}

/// The unit that a field is decided with.
fn unit_of(kind: EntityKind, path: FieldPath) -> FieldPath {
    model::group_of(kind, path).unwrap_or(path)
}

/// A value as a person typed it.
///
/// # Errors
/// What is wrong with it, and what it may be.
fn typed(kind: EntityKind, path: FieldPath, text: &str) -> std::result::Result<crate::Value, String> {
    match model::field(kind, path) {
        Some(field) => field.typed(text),
        None if path.is_extension() => Ok(crate::Value::from(text)),
        None => {
            let near = model::spec(kind).iter().map(|field| field.path.as_str());
            let near = near.min_by_key(|name| strsim::osa_distance(name, path.as_str())).unwrap_or_default();
            Err(format!("{kind} has no field '{path}'; did you mean '{near}'?"))
        }
    }
}
