//! Documents that a person moved on: a draft of ours that somebody booked by hand is the invoice with our mark.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    matching::{MARK, keys},
    subject::Sight,
    work::Work,
};
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef, StreamKey},
    policy::Entity,
    store::{Binding, Inbox, InboxEntry, MatchKey, SideState},
    value::FieldMap,
};

/// New records with our mark.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moved {
    /// Those that are documents of ours which people moved on, and the stream that each was in before.
    pub(crate) on: BTreeMap<ExternalRef, (CanonicalId, StreamKey)>,
    /// Those of which nobody could tell.
    pub(crate) unknown: BTreeSet<ExternalRef>,
}

impl Work<'_> {
    /// New records with our mark whose draft is gone, and which record of ours each of them is. People copy documents,
    /// mark and all, so the draft is asked for: one that is still there was not booked.
    pub(super) async fn moved(
        &self,
        entity: &Entity,
        sights: &[Sight],
        keyed: &BTreeMap<MatchKey, BTreeSet<CanonicalId>>,
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<Moved> {
        let mut moved = Moved::default();
        let mut taken = BTreeSet::new();
        for sight in sights.iter().filter(|sight| !sight.deleted && !self.links.0.contains_key(&sight.reference)) {
            let before = leads_to(entity, &sight.reference.at);
            let key = keys(entity, &FieldMap::new(), sight.mark.as_deref()).into_iter().find(|key| key.rule == MARK);
            let ours = key.iter().filter_map(|key| keyed.get(key)).flatten().filter_map(|id| bindings.get(id));
            for binding in ours {
                let draft = binding
                    .sides
                    .iter()
                    .find(|(at, side)| before.contains(at) && side.state != SideState::Removed)
                    .map(|(at, side)| (at, side.id.clone()));
                // the first of several is the one
                let Some((at, id)) = draft.filter(|_| !taken.contains(&binding.id)) else { continue };
                let Some(id) = id else {
                    // a draft that may have been made: somebody booked it before we knew its name
                    taken.insert(binding.id);
                    moved.on.insert(sight.reference.clone(), (binding.id, at.clone()));
                    continue;
                };
                let connector = self.engine.connector(&at.system)?;
                match connector.get(self.cx, &at.stream, &[id]).await {
                    Ok(found) if found.iter().flatten().next().is_none() => {
                        taken.insert(binding.id);
                        moved.on.insert(sight.reference.clone(), (binding.id, at.clone()));
                    }
                    Ok(_) => {} // a copy
                    Err(_) => drop(moved.unknown.insert(sight.reference.clone())),
                }
            }
        }
        if !moved.unknown.is_empty() {
            // the system does not answer now: the next run looks at them
            let hint = |reference: &ExternalRef| InboxEntry {
                at: self.now(),
                by: "@hub".to_owned(),
                what: Inbox::Hint(reference.clone()),
            };
            self.store.post(&moved.unknown.iter().map(hint).collect::<Vec<_>>()).await?;
        }
        Ok(moved)
    }
}

/// Streams from which a step leads into this one.
fn leads_to(entity: &Entity, at: &StreamKey) -> Vec<StreamKey> {
    let leads = |key: &&StreamKey| {
        let document = entity.streams.get(*key).and_then(|table| table.document.as_ref());
        let mut steps = document.into_iter().flat_map(|document| &document.cap.steps);
        key.system == at.system && steps.any(|step| step.moves_to.as_ref() == Some(&at.stream))
    };
    entity.streams.keys().filter(leads).cloned().collect()
}
