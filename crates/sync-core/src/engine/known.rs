//! What matching and diff need of the store.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    recognise::{Known, keys},
    scope::{self},
    subject::{Links, Sight, Subject},
    told::Told,
    work::Work,
};
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef},
    mapping::Problems,
    policy::Entity,
    store::{Binding, Intent, MatchKey, Verdict},
    value::{FieldMap, Link, Value},
};

pub(super) fn external_links(fields: &FieldMap) -> Vec<ExternalRef> {
    fields
        .iter()
        .filter(|(_, value)| value.has_link())
        .flat_map(|(_, value): (_, &Value)| value.links())
        .filter_map(|link| match link {
            Link::External(reference) => Some(reference.clone()),
            Link::Canonical(_) => None,
        })
        .collect()
}

impl Work<'_> {
    /// All that matching needs of the store.
    pub(super) async fn known(
        &mut self,
        entity: &Entity,
        sights: &[Sight],
        due: &[&Binding],
        told: Option<&Told>,
        store_id: Uuid,
    ) -> Result<Known> {
        let linked =
            sights.iter().flat_map(|sight| external_links(&sight.fields).into_iter().chain(sight.merged_into.clone()));
        self.resolve(sights.iter().map(|sight| sight.reference.clone()).chain(linked)).await?;
        let references: Vec<ExternalRef> = sights.iter().map(|sight| sight.reference.clone()).collect();
        let mut ids: BTreeSet<CanonicalId> = references.iter().filter_map(|r| self.links.0.get(r).copied()).collect();
        let mut wanted: BTreeSet<MatchKey> = BTreeSet::new();
        for sight in sights {
            let Some(table) = entity.streams.get(&sight.reference.at) else { continue };
            let Ok(ours) = table.inbound(&sight.fields, &mut Problems::default()) else { continue };
            wanted.extend(keys(entity, &self.links.canonical(&ours), sight.mark.as_deref()));
        }
        let wanted: Vec<MatchKey> = wanted.into_iter().collect();
        let mut keyed: BTreeMap<MatchKey, BTreeSet<CanonicalId>> = BTreeMap::new();
        for (key, id) in self.store.keyed(&wanted).await? {
            ids.insert(id);
            keyed.entry(key).or_default().insert(id);
        }
        for binding in self.bindings.values().filter(|binding| binding.entity == entity.name) {
            for key in binding.keys.iter().filter(|key| wanted.binary_search(key).is_ok()) {
                keyed.entry(key.clone()).or_default().insert(binding.id);
                ids.insert(binding.id);
            }
        }
        ids.extend(self.creates.iter().flat_map(|intent| intent.shares.iter().map(|share| share.subject)));
        let bound = |told: &Told| -> Vec<CanonicalId> {
            sights.iter().filter_map(|sight| told.binds.get(&sight.reference).copied()).collect()
        };
        ids.extend(told.map(bound).unwrap_or_default());
        let mut bindings = self.load(&ids).await?;
        self.generations(&references, &mut bindings, store_id).await?;
        let mut names: BTreeSet<ExternalRef> = references.into_iter().collect();
        names.extend(bindings.values().chain(due.iter().copied()).flat_map(Binding::references));
        let names: Vec<ExternalRef> = names.into_iter().collect();
        let mut verdicts: BTreeSet<Verdict> = self.store.verdicts(&names).await?.into_iter().collect();
        verdicts.extend(told.iter().flat_map(|told| told.verdicts.iter().cloned()));
        verdicts.retain(|verdict| !told.is_some_and(|told| told.retracted.contains(verdict)));
        let creates: Vec<Intent> =
            self.creates.iter().filter(|i| entity.streams.contains_key(&i.host)).cloned().collect();
        let moved = self.moved(entity, sights, &keyed, &bindings).await?;
        let links = std::mem::take(&mut self.links); // matching learns more of them, and gives them back
        let binds = told.map(|told| told.binds.clone()).unwrap_or_default();
        let own = told.iter().flat_map(|told| told.of.iter().filter(|(_, words)| words.own).map(|(id, _)| *id));
        let own = own.chain(binds.values().copied()).collect();
        Ok(Known { store: store_id, links, bindings, keyed, verdicts, binds, own, creates, moved })
    }
    /// Ids that new references would collide with: their own tombstones, generation by generation.
    pub(super) async fn generations(
        &self,
        references: &[ExternalRef],
        bindings: &mut BTreeMap<CanonicalId, Binding>,
        store_id: Uuid,
    ) -> Result<()> {
        let mut fresh: Vec<&ExternalRef> = references.iter().filter(|r| !self.links.0.contains_key(r)).collect();
        let mut generation = 0;
        while !fresh.is_empty() {
            let ids: BTreeSet<CanonicalId> =
                fresh.iter().map(|reference| CanonicalId::derive(store_id, reference, generation)).collect();
            let found = self.load(&ids).await?;
            fresh.retain(|reference| found.contains_key(&CanonicalId::derive(store_id, reference, generation)));
            bindings.extend(found);
            generation += 1;
        }
        Ok(())
    }
    /// Links in what is remembered of the subjects.
    pub(super) async fn learn_links(&mut self, subjects: &[Subject]) -> Result<()> {
        let of_binding = |binding: &Binding| {
            let sides = binding.sides.values().flat_map(|side| {
                external_links(&side.shadow).into_iter().chain(external_links(&side.pending)).collect::<Vec<_>>()
            });
            sides.chain(external_links(&binding.agreed)).collect::<Vec<_>>()
        };
        let references: Vec<ExternalRef> = subjects.iter().flat_map(|subject| of_binding(&subject.binding)).collect();
        self.resolve(references).await
    }
    /// Links without those to records that cannot be matched yet: whose they are is open, so they stay in their system's
    /// terms until it is known.
    pub(super) async fn certain_links(&self, subjects: &[Subject]) -> Result<Links> {
        let mut to: BTreeSet<ExternalRef> = BTreeSet::new();
        for subject in subjects {
            let sides = subject.binding.sides.values().flat_map(|side| [&side.shadow, &side.pending]);
            let fields = sides.chain(subject.sights.values().map(|sight| &sight.fields));
            let fields =
                fields.chain([&subject.binding.agreed]).chain(subject.told.takes.iter().map(|(_, value, _)| value));
            to.extend(fields.flat_map(external_links));
        }
        let mut links =
            Links(to.into_iter().filter_map(|name| Some((name.clone(), *self.links.0.get(&name)?))).collect());
        let ids: BTreeSet<CanonicalId> = links.0.values().copied().collect();
        let found = self.load(&ids).await?;
        links.0.retain(|_, id| found.get(id).is_none_or(|binding| !binding.ambiguous));
        Ok(links)
    }
    /// What the records that a scope asks about show.
    pub(super) async fn around(
        &self,
        entity: &Entity,
        subjects: &[Subject],
    ) -> Result<BTreeMap<CanonicalId, FieldMap>> {
        if entity.scope.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut ids: BTreeSet<CanonicalId> = BTreeSet::new();
        for subject in subjects {
            let sights = subject.sights.values().map(|sight| self.links.canonical(&sight.fields));
            for fields in sights.chain([self.links.canonical(&subject.binding.agreed)]) {
                ids.extend(fields.iter().flat_map(|(_, value)| value.links()).filter_map(|link| match link {
                    Link::Canonical(id) => Some(*id),
                    Link::External(_) => None,
                }));
            }
        }
        let found = self.load(&ids).await?;
        Ok(found.into_iter().map(|(id, binding)| (id, scope::fields_of(&binding))).collect())
    }
}
