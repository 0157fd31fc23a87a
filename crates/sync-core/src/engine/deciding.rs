//! From sights to decisions, and decisions into the store.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    diff::{Diffed, diff},
    keep::waiting,
    matching::matching,
    outcome::created_key,
    planning::is_short,
    run::{Basis, Decided, Ready},
    scope::{self, Around},
    subject::{Sight, Subject},
    work::{Tally, Work, derive},
};
use crate::{
    error::Result,
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    policy::Entity,
    stock,
    store::{Binding, BoundSide, Held, HeldWhy, SideState, Verdict},
};

/// More bindings than this are not taken up in one run: their ids alone would fill the memory.
const DUE: usize = 10_000_000;

/// Ids are read so many at a time.
const BATCH: usize = 10_000;

impl Work<'_> {
    /// Decides all records of one pass over a batch: those that were read and, in its first pass, those that are due.
    pub(super) async fn decide(
        &mut self,
        tally: &mut Tally,
        basis: &Basis<'_>,
        sights: Vec<Sight>,
        due: Option<&[CanonicalId]>,
    ) -> Result<Vec<Decided>> {
        let mut decided: Vec<Decided> = Vec::new();
        let mut left = sights;
        let due = match due {
            Some(due) => Some(self.load(&due.iter().copied().collect()).await?),
            None => None,
        };
        for one in basis.ready {
            let Some(entity) = self.entity(one.place) else { continue };
            let (mine, others) = self.of_entity(entity, left).await?;
            left = others;
            let mine = self.readable(tally, entity, mine).await?;
            let mut subjects = self.subjects(entity, one, basis, mine, due.as_ref()).await?;
            self.derived(entity, &mut decided, &mut subjects).await?;
            let linked = self.around(entity, &subjects).await?;
            let around = Around { linked: Some(&linked) };
            let links = self.certain_links(&subjects).await?;
            for subject in subjects {
                let mut diffed = diff(entity, &subject, &links, &around, self.as_of);
                let taken_at = diffed.binding.taken_at;
                stock::note(entity, &mut diffed.binding, self.now()); // what was read until now may be from before
                at_rest(entity, &mut diffed);
                diffed.changed |= taken_at != diffed.binding.taken_at;
                diffed.changed |= derive(entity, &mut diffed.binding, &self.links, self.as_of);
                diffed.held.extend(ambiguous(&subject, &diffed, self.as_of));
                if diffed.changed {
                    self.note_gates(&subject.stored, &diffed.binding);
                    self.waiting.extend(waiting(entity, &diffed.binding));
                }
                for code in diffed.unmapped.iter().filter(|(key, _)| subject.sights.contains_key(key)) {
                    *tally.report.unmapped.entry(code.clone()).or_default() += 1;
                }
                tally.report.empty_at_master.append(&mut diffed.empty_master);
                for (system, because) in diffed.binding.outside.iter() {
                    let left_out = (system.clone(), because.clone());
                    *tally.report.left_out.entry(left_out).or_default() += 1;
                }
                tally.report.bound += u64::try_from(subject.bound.len()).unwrap_or_default();
                self.bindings.insert(diffed.binding.id, diffed.binding.clone());
                decided.push(Decided { place: one.place, diffed });
            }
        }
        self.roll_up(&mut decided, basis.ready).await?;
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
        basis: &Basis<'_>,
        mut sights: Vec<Sight>,
        due: Option<&BTreeMap<CanonicalId, Binding>>,
    ) -> Result<Vec<Subject>> {
        let told = due.map(|_| basis.told);
        let absent = basis.missing;
        let mine = due.into_iter().flat_map(BTreeMap::values);
        let due: Vec<&Binding> = mine.filter(|b| b.entity == entity.name && b.is_live()).collect();
        let moves = |binding: &Binding| {
            told.is_some_and(|told| {
                let splits = told.of.get(&binding.id).is_some_and(|words| words.own);
                splits || binding.references().any(|reference| told.binds.contains_key(&reference))
            })
        };
        for binding in due.iter().filter(|binding| binding.ambiguous || moves(binding)) {
            let remembered = self.remembered(binding, &sights);
            sights.extend(remembered.into_iter().filter(|sight| !absent.names(&sight.reference)));
        }
        let mut known = self.known(entity, &sights, &due, told, basis.store_id).await?;
        let mut subjects: BTreeMap<CanonicalId, Subject> =
            matching(entity, &mut known, sights).into_iter().map(|subject| (subject.binding.id, subject)).collect();
        self.links = known.links;
        let left = |name: &ExternalRef| known.verdicts.contains(&Verdict::Ignored(name.clone()));
        let further = std::mem::take(&mut self.further);
        for (id, binding) in self.load(&further).await? {
            if binding.entity == entity.name {
                subjects.entry(id).or_insert_with(|| Subject::of(binding));
            } else {
                self.further.insert(id);
            }
        }
        for binding in due {
            let subject = subjects.entry(binding.id).or_insert_with(|| Subject::of(binding.clone()));
            let missed = absent.missed.get(&binding.id).into_iter().flat_map(|(_, streams)| streams);
            for (key, times) in missed {
                let side = subject.binding.sides.get_mut(key).filter(|side| side.state != SideState::Removed);
                side.into_iter().for_each(|side| side.state = SideState::Missing(*times));
            }
        }
        let mut subjects: Vec<Subject> = subjects.into_values().collect();
        for subject in &mut subjects {
            subject.again.clone_from(&ready.again);
            subject.left = subject.binding.references().filter(&left).collect();
            subject.corrections.extend(self.corrections.remove(&subject.binding.id));
            if let Some(told) = told {
                subject.told = told.of.get(&subject.binding.id).cloned().unwrap_or_default();
                subject.asked.clone_from(&subject.told.creates);
            }
            subject.asked.extend(self.as_orders.remove(&subject.binding.id).unwrap_or_default());
        }
        self.learn_links(&subjects).await?;
        Ok(subjects)
    }

    /// Bindings that want to be looked at although nothing is reported of them, each with the place of its entity: in the
    /// store's order, so that a batch reads and writes what lies together.
    pub(super) async fn due(&self, basis: &Basis<'_>) -> Result<Vec<(CanonicalId, usize)>> {
        let told = basis.told;
        let asked: BTreeSet<CanonicalId> = told.of.keys().chain(&told.looks).copied().collect();
        let asked = self.load(&asked).await?;
        let missed = basis.missing.missed.values().map(|(binding, _)| binding);
        let mut more: BTreeMap<CanonicalId, usize> =
            asked.values().chain(missed).filter_map(|binding| Some((binding.id, self.place_of(binding)?))).collect();
        let mut due: Vec<(CanonicalId, usize)> = Vec::new();
        for ready in basis.ready {
            let Some(entity) = self.entity(ready.place) else { continue };
            if ready.again.is_empty() {
                let ids = self.store.due(&entity.name, self.as_of, DUE).await?;
                due.extend(ids.into_iter().map(|id| (id, ready.place)));
                continue;
            }
            let mut after = None;
            loop {
                let ids = self.store.scan(&entity.name, after, BATCH).await?;
                let Some(last) = ids.last() else { break };
                after = Some(*last);
                due.extend(ids.into_iter().map(|id| (id, ready.place)));
            }
        }
        if !more.is_empty() {
            for (id, _) in &due {
                more.remove(id);
            }
            due.extend(more);
        }
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

/// Forgets refusals that are over: nothing is to be written there any more, the record has another name by now, or it is
/// gone.
fn at_rest(entity: &Entity, diffed: &mut Diffed) {
    let binding = &diffed.binding;
    diffed.unparked.extend(binding.aliases.iter().map(ToString::to_string));
    let over = |(key, side): (&StreamKey, &BoundSide)| {
        let table = entity.streams.get(key).filter(|_| side.refusals > 0)?;
        let gone = side.state == SideState::Removed || !binding.is_live();
        (gone || (side.lagging.is_empty() && !is_short(entity, table, binding, side))).then(|| table.key.clone())
    };
    let over: Vec<StreamKey> = binding.sides.iter().filter_map(over).collect();
    for key in over {
        let host = entity.streams.get(&key).map(|table| table.host.clone());
        let Some(side) = diffed.binding.sides.get_mut(&key) else { continue };
        side.refusals = 0;
        side.not_before = side.not_before.filter(|_| side.id.is_none());
        diffed.unparked.extend(host.zip(side.id.as_ref()).map(|(host, id)| host.id(id).to_string()));
        diffed.unparked.push(created_key(diffed.binding.id, &key));
        diffed.changed = true;
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
