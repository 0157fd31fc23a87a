//! What a system shows while something else is asked of it: the look before a write, its answer, a search for a create
//! that may have been made. Listings may name such an edit much later, so it is decided at once, or kept aside for the
//! next run.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    outcome::{Outcome, Trust},
    prepare::Flight,
    record::TRIES,
    run::is_done,
    subject::Sight,
    work::Work,
};
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef},
    store::{Binding, BoundSide, Commit, SideState},
    value::{FieldPath, Value},
};

impl Work<'_> {
    /// What answers show beside what was written, of all records that are part of the same wire record.
    pub(super) async fn beside(
        &self,
        answers: &[(Flight, Outcome)],
        written: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<Vec<Sight>> {
        let shown: Vec<Sight> = answers
            .iter()
            .flat_map(|(flight, outcome)| match outcome {
                Outcome::Done { sights, trust, .. } if !sights.is_empty() && *trust != Trust::Sent => sights.clone(),
                Outcome::Moved(_) => Vec::new(),
                _ => flight.looked.iter().map(|sight| self.unwritten(flight, sight)).collect(),
            })
            .collect();
        let mut owners: BTreeMap<ExternalRef, CanonicalId> =
            written.values().flat_map(|binding| binding.references().map(|name| (name, binding.id))).collect();
        for sight in &shown {
            if let Some(id) = self.links.0.get(&sight.reference) {
                owners.entry(sight.reference.clone()).or_insert(*id);
            }
        }
        let others: BTreeSet<CanonicalId> = shown
            .iter()
            .filter_map(|sight| owners.get(&sight.reference).copied())
            .filter(|id| !written.contains_key(id))
            .collect();
        let others = self.load(&others).await?;
        let is_news = |sight: &Sight| {
            let id = owners.get(&sight.reference);
            let binding = id.and_then(|id| written.get(id).or_else(|| others.get(id)));
            binding.and_then(|binding| self.side_of(binding, sight)).is_some_and(|side| tells(side, sight))
        };
        Ok(shown.into_iter().filter(is_news).collect())
    }

    /// What a look before a write showed of fields that were not written: the others may be different by now.
    fn unwritten(&self, flight: &Flight, sight: &Sight) -> Sight {
        let Some(table) = self.table(&sight.reference.at) else { return sight.clone() };
        let shares = || flight.intent.shares.iter().filter(|share| share.at == sight.reference.at);
        let written = |leaf: FieldPath| shares().any(|share| share.units.iter().any(|unit| leaf.is_under(*unit)));
        let fields = sight.fields.filter(|path| !table.map.ours(path).into_iter().any(written));
        Sight { fields, ..sight.clone() }
    }

    /// The side that a sight shows, if somebody listens to it.
    fn side_of<'b>(&self, binding: &'b Binding, sight: &Sight) -> Option<&'b BoundSide> {
        let reads = self.table(&sight.reference.at).is_some_and(|table| table.role.read);
        let listens = reads && !sight.deleted && binding.is_live() && !binding.ambiguous;
        let own = |side: &&BoundSide| side.id.as_ref() == Some(&sight.reference.id);
        binding.live_side(&sight.reference.at).filter(own).filter(|_| listens)
    }

    /// Keeps what was shown for the next decision, and has it made soon.
    pub(super) async fn set_aside(&mut self, sights: Vec<Sight>) -> Result<()> {
        if sights.is_empty() {
            return Ok(());
        }
        self.resolve(sights.iter().map(|sight| sight.reference.clone())).await?;
        let ids: BTreeSet<CanonicalId> =
            sights.iter().filter_map(|sight| self.links.0.get(&sight.reference).copied()).collect();
        let ids: Vec<CanonicalId> = ids.into_iter().collect();
        for _ in 0..TRIES {
            let mut bindings: BTreeMap<CanonicalId, Binding> =
                self.store.bindings(&ids).await?.into_iter().map(|binding| (binding.id, binding)).collect();
            let mut touched = BTreeSet::new();
            for sight in &sights {
                let Some(id) = self.links.0.get(&sight.reference) else { continue };
                let Some(binding) = bindings.get_mut(id) else { continue };
                if self.side_of(binding, sight).is_none_or(|side| !tells(side, sight)) {
                    continue;
                }
                if let Some(side) = binding.sides.get_mut(&sight.reference.at) {
                    keep(side, sight);
                    binding.wake_at = Some(self.as_of);
                    touched.insert(*id);
                }
            }
            bindings.retain(|id, _| touched.contains(id));
            if bindings.is_empty() {
                return Ok(());
            }
            let commit = Commit { bindings: bindings.values().cloned().collect(), ..Commit::default() };
            if is_done(self.store.commit(&self.lease, commit).await?) {
                bindings.values_mut().for_each(|binding| binding.rev += 1);
                self.remember(bindings.into_values().collect());
                return Ok(());
            }
        }
        Ok(()) // somebody else changes them all the time: the next listing tells
    }
}

/// Whether a sight shows something that is not known of its side.
pub(super) fn tells(side: &BoundSide, sight: &Sight) -> bool {
    side.state != SideState::Removed
        && sight.fields.iter().any(|(path, value)| match side.pending.get(path).or_else(|| side.shadow.get(path)) {
            Some(known) => known != value,
            None => *value != Value::Null,
        })
}

fn keep(side: &mut BoundSide, sight: &Sight) {
    for (path, value) in sight.fields.iter() {
        if side.shadow.get(path) == Some(value) {
            side.pending.remove(path);
        } else {
            side.pending.set(path, value.clone());
        }
    }
}
