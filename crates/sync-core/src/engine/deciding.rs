//! From sights to decisions, and decisions into the store.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    diff::{Diffed, diff},
    keep::{BATCH, waiting},
    matching::matching,
    missing::Missing,
    run::{Decided, Ready},
    scope::{self, Around},
    subject::{Sight, Subject},
    told::Told,
    work::{Tally, Work, derive},
};
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef},
    mapping::Problems,
    policy::Entity,
    stock,
    store::{Binding, Held, HeldWhy, SideState},
};

/// Bindings that ask for attention are taken up so many at a time.
const DUE: usize = 100_000;

impl Work<'_> {
    /// Decides all records of this pass: those that were read and, in the first pass, those that are due.
    pub(super) async fn decide(
        &mut self,
        tally: &mut Tally,
        ready: &[Ready],
        sights: Vec<Sight>,
        first: Option<(&Told, &[ExternalRef])>,
        store_id: Uuid,
    ) -> Result<Vec<Decided>> {
        let mut decided: Vec<Decided> = Vec::new();
        let mut left = sights;
        let absent = match first {
            Some((_, absent)) => {
                let missing = self.missing(tally, absent).await?;
                self.gone.extend(missing.gone.iter().cloned());
                missing
            }
            None => Missing::default(),
        };
        for one in ready {
            let Some(entity) = self.entity(one.place) else { continue };
            let (mine, others) = self.of_entity(entity, left).await?;
            left = others;
            let mine = self.readable(tally, entity, mine).await?;
            let mut subjects = self.subjects(entity, one, mine, first.map(|(told, _)| told), &absent, store_id).await?;
            self.derived(entity, &mut decided, &mut subjects).await?;
            let linked = self.around(entity, &subjects).await?;
            let around = Around { linked: Some(&linked) };
            let links = self.certain_links(&subjects).await?;
            for subject in subjects {
                let mut diffed = diff(entity, &subject, &links, &around, self.as_of);
                let before = diffed.binding.clone();
                stock::note(entity, &mut diffed.binding, self.now()); // what was read until now may be from before
                derive(entity, &mut diffed.binding, &self.links, self.as_of);
                diffed.changed |= before != diffed.binding;
                diffed.held.extend(ambiguous(&subject, &diffed, self.as_of));
                if diffed.changed {
                    self.waiting.extend(waiting(entity, &diffed.binding));
                }
                for code in diffed.unmapped.iter().filter(|(key, _)| subject.sights.contains_key(key)) {
                    *tally.report.unmapped.entry(code.clone()).or_default() += 1;
                }
                tally.report.empty_at_master.append(&mut diffed.empty_master);
                tally.report.bound += u64::try_from(subject.bound.len()).unwrap_or_default();
                self.bindings.insert(diffed.binding.id, diffed.binding.clone());
                decided.push(Decided { place: one.place, diffed });
            }
        }
        self.roll_up(&mut decided, ready).await?;
        self.count_stock(&mut decided).await?;
        self.run_campaigns(&mut decided).await?;
        Ok(decided)
    }

    /// The sights that an entity takes: those of its streams that its bindings own already, or that its filter lets in.
    async fn of_entity(&mut self, entity: &Entity, sights: Vec<Sight>) -> Result<(Vec<Sight>, Vec<Sight>)> {
        let (mine, mut others): (Vec<Sight>, Vec<Sight>) =
            sights.into_iter().partition(|sight| entity.streams.contains_key(&sight.reference.at));
        self.resolve(mine.iter().map(|sight| sight.reference.clone())).await?;
        if entity.filter.is_empty() {
            return Ok((mine, others));
        }
        let ids: BTreeSet<CanonicalId> =
            mine.iter().filter_map(|sight| self.links.0.get(&sight.reference).copied()).collect();
        let bindings = self.load(&ids).await?;
        let mut kept = Vec::new();
        for sight in mine {
            let owner = self.links.0.get(&sight.reference).and_then(|id| bindings.get(id)).map(|b| &b.entity);
            let fits = match owner {
                Some(owner) => *owner == entity.name,
                None => {
                    let table = entity.streams.get(&sight.reference.at);
                    let ours = table.map(|table| table.inbound(&sight.fields, &mut Problems::default()));
                    let refused = matches!(ours, Some(Err(_))); // whoever could be asked for it sets it aside
                    let mut own = ours.and_then(Result::ok).unwrap_or_default();
                    own.overlay(&sight.fields.filter(crate::value::FieldPath::is_extension));
                    refused || scope::belongs(&entity.filter, entity.kind, own, &sight.reference.at.system)
                }
            };
            if fits { kept.push(sight) } else { others.push(sight) }
        }
        Ok((kept, others))
    }

    async fn subjects(
        &mut self,
        entity: &Entity,
        ready: &Ready,
        sights: Vec<Sight>,
        told: Option<&Told>,
        absent: &Missing,
        store_id: Uuid,
    ) -> Result<Vec<Subject>> {
        let due = match told {
            Some(told) => self.due(entity, ready, told).await?,
            None => BTreeMap::new(),
        };
        let mut sights = sights;
        for binding in due.values().filter(|binding| binding.ambiguous) {
            let remembered = self.remembered(binding, &sights);
            sights.extend(remembered.into_iter().filter(|sight| !absent.names(&sight.reference)));
        }
        let shown = absent.shown.iter().filter(|sight| entity.streams.contains_key(&sight.reference.at));
        for sight in shown {
            if !sights.iter().any(|read| read.reference == sight.reference) {
                sights.push(sight.clone());
            }
        }
        sights.extend(absent.removed.iter().filter(|sight| entity.streams.contains_key(&sight.reference.at)).cloned());
        let mut known = self.known(entity, &sights, told, store_id).await?;
        let mut subjects: BTreeMap<CanonicalId, Subject> =
            matching(entity, &mut known, sights).into_iter().map(|subject| (subject.binding.id, subject)).collect();
        self.links.0.extend(known.links.0);
        for id in std::mem::take(&mut self.further) {
            match self.bindings.get(&id) {
                Some(binding) if binding.entity == entity.name => {
                    subjects.entry(id).or_insert_with(|| Subject::of(binding.clone()));
                }
                _ => drop(self.further.insert(id)), // of another entity
            }
        }
        for (id, binding) in due {
            subjects.entry(id).or_insert_with(|| Subject::of(binding));
        }
        for (id, (binding, streams)) in &absent.missed {
            if binding.entity == entity.name {
                let subject = subjects.entry(*id).or_insert_with(|| Subject::of(binding.clone()));
                for (key, times) in streams {
                    if let Some(side) =
                        subject.binding.sides.get_mut(key).filter(|side| side.state != SideState::Removed)
                    {
                        side.state = SideState::Missing(*times);
                    }
                }
            }
        }
        let mut subjects: Vec<Subject> = subjects.into_values().collect();
        for subject in &mut subjects {
            subject.again.clone_from(&ready.again);
            subject.corrections.extend(self.corrections.remove(&subject.binding.id));
            if let Some(told) = told {
                subject.takes = told.takes.get(&subject.binding.id).cloned().unwrap_or_default();
                subject.asked = told.creates.get(&subject.binding.id).cloned().unwrap_or_default();
            }
            subject.asked.extend(self.as_orders.remove(&subject.binding.id).unwrap_or_default());
        }
        self.learn_links(&subjects).await?;
        Ok(subjects)
    }

    /// Bindings that want to be looked at although nothing is reported of them.
    async fn due(&self, entity: &Entity, ready: &Ready, told: &Told) -> Result<BTreeMap<CanonicalId, Binding>> {
        let mut ids: BTreeSet<CanonicalId> = self.store.due(&entity.name, self.as_of, DUE).await?.into_iter().collect();
        ids.extend(told.takes.keys().chain(told.creates.keys()).chain(&told.looks));
        let mut due = self.load(&ids).await?;
        if !ready.again.is_empty() {
            let mut after = None;
            loop {
                let batch = self.store.scan(&entity.name, after, BATCH).await?;
                let Some(last) = batch.last() else { break };
                after = Some(last.id);
                due.extend(batch.into_iter().map(|binding| (binding.id, binding)));
            }
        }
        due.retain(|_, binding| binding.entity == entity.name && binding.is_live());
        Ok(due)
    }

    /// What an ambiguous record showed last, to match it anew.
    fn remembered(&self, binding: &Binding, read: &[Sight]) -> Vec<Sight> {
        let mut sights = Vec::new();
        for (key, side) in &binding.sides {
            let Some(reference) = binding.reference(key) else { continue };
            if side.state == SideState::Removed || read.iter().any(|sight| sight.reference == reference) {
                continue;
            }
            let mut record = crate::connector::Record::new(reference, side.shadow.clone());
            record.fields.overlay(&side.pending);
            record.version = side.version.clone();
            record.writable = side.writable.clone();
            record.mark.clone_from(&side.mark);
            sights.push(Sight::new(record));
        }
        sights
    }
}

fn ambiguous(subject: &Subject, diffed: &Diffed, now: chrono::DateTime<chrono::Utc>) -> Option<Held> {
    let why = subject.ambiguous.as_ref()?;
    let text = format!("{} cannot be matched: {why}", super::diff::name_of(&diffed.binding));
    let cure = "say which record it belongs to, or merge the duplicates in their system";
    let mut held = Held::new(diffed.binding.id, diffed.binding.entity.clone(), HeldWhy::Ambiguous, text, cure, now);
    held.numbers = diffed.binding.numbers.clone();
    Some(held)
}
