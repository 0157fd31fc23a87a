//! Documents that a person moved on: a draft of ours that somebody booked by hand is the invoice with our mark.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    recognise::{MARK, keys},
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
    /// Those of which nobody could tell now.
    pub(crate) unknown: BTreeSet<ExternalRef>,
    /// Those of which several could be the same document of ours, and nobody can tell which is the copy.
    pub(crate) several: BTreeSet<ExternalRef>,
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
        let mut moved = Moved { several: self.contested.clone(), ..Moved::default() };
        let mut found: BTreeMap<(CanonicalId, StreamKey), Vec<ExternalRef>> = BTreeMap::new();
        let unplaced = |sight: &&Sight| {
            let known = self.links.0.get(&sight.reference).and_then(|id| bindings.get(id));
            !sight.deleted && known.is_none_or(|binding| binding.ambiguous)
        };
        for sight in sights.iter().filter(unplaced) {
            let before = leads_to(entity, &sight.reference.at);
            let key = keys(entity, &FieldMap::new(), sight.mark.as_deref()).into_iter().find(|key| key.rule == MARK);
            let ours = key.iter().filter_map(|key| keyed.get(key)).flatten().filter_map(|id| bindings.get(id));
            for binding in ours {
                if self.replaces(binding, sight) {
                    moved.several.insert(sight.reference.clone());
                }
                let draft = binding.sides.iter().find(|(at, _)| before.contains(at));
                let Some((at, side)) = draft else { continue };
                // without an id it may have been made: somebody booked it before we knew its name
                let gone = match side.id.clone().filter(|_| side.state != SideState::Removed) {
                    None => Ok(true),
                    Some(id) => {
                        let connector = self.engine.connector(&at.system)?;
                        let there = connector.get(self.cx, &at.stream, &[id]).await;
                        there.map(|there| there.iter().flatten().next().is_none())
                    }
                };
                match gone {
                    Ok(true) => {
                        let ours = found.entry((binding.id, at.clone())).or_default();
                        ours.push(sight.reference.clone());
                    }
                    Ok(false) => {} // a copy
                    Err(_) => drop(moved.unknown.insert(sight.reference.clone())),
                }
            }
        }
        for (draft, records) in found {
            match records.as_slice() {
                [one] if !self.contested.contains(one) => drop(moved.on.insert(one.clone(), draft)),
                _ => moved.several.extend(records),
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

impl Work<'_> {
    /// Whether a record stands where a document of ours was that is gone, with our mark: a copy that somebody made, unless
    /// we were making it anew.
    fn replaces(&self, binding: &Binding, sight: &Sight) -> bool {
        let gone = binding.sides.get(&sight.reference.at).is_some_and(|side| side.state == SideState::Removed);
        gone && !self.creates.iter().any(|intent| intent.shares.iter().any(|share| share.subject == binding.id))
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
