//! From sights to decisions, and decisions into the store.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{
    diff::{Diffed, diff},
    matching::{Known, keys, matching},
    report::Mode,
    run::{Decided, GroupReading, Ready, Told, is_done},
    scope::{self, Around},
    subject::{Sight, Subject},
    work::{Tally, Work, derive},
};
use crate::{
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    mapping::Problems,
    policy::Entity,
    store::{
        Binding, Commit, EntityState, Held, HeldWhy, Inbox, InboxEntry, Indexed, Intent, MatchKey, SideState, Verdict,
        Waiting,
    },
    value::{FieldMap, Link, Value},
};

/// Bindings that ask for attention are taken up so many at a time.
const DUE: usize = 100_000;
/// Subjects in one commit.
const BATCH: usize = 256;
/// Complete listings that must have missed a record before anybody asks for it by id.
const ABSENCES: u32 = 2;

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
            Some((_, absent)) => self.missing(tally, absent).await?,
            None => Missing::default(),
        };
        for one in ready {
            let Some(entity) = self.entity(one.place) else { continue };
            let (mine, others) = self.of_entity(entity, left).await?;
            left = others;
            let subjects = self.subjects(entity, one, mine, first.map(|(told, _)| told), &absent, store_id).await?;
            let linked = self.around(entity, &subjects).await?;
            let around = Around { linked: Some(&linked) };
            for subject in subjects {
                let mut diffed = diff(entity, &subject, &self.links, &around, self.as_of);
                let before = diffed.binding.clone();
                derive(entity, &mut diffed.binding, &self.links, self.as_of);
                diffed.changed |= before != diffed.binding;
                diffed.held.extend(ambiguous(&subject, &diffed, self.as_of));
                if diffed.changed {
                    self.waiting.extend(waiting(entity, &diffed.binding));
                }
                for code in &diffed.unmapped {
                    for key in subject.sights.keys() {
                        *tally.report.unmapped.entry((key.clone(), code.clone())).or_default() += 1;
                    }
                }
                tally.report.empty_at_master.append(&mut diffed.empty_master);
                tally.report.bound += u64::try_from(subject.bound.len()).unwrap_or_default();
                self.bindings.insert(diffed.binding.id, diffed.binding.clone());
                decided.push(Decided { place: one.place, diffed });
            }
        }
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
                    let ours = table.and_then(|t| t.inbound(&sight.fields, &mut Problems::default()).ok());
                    let mut own = ours.unwrap_or_default();
                    own.overlay(&sight.fields.filter(crate::value::FieldPath::is_extension));
                    scope::belongs(&entity.filter, entity.kind, own, &sight.reference.at.system)
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
            sights.extend(self.remembered(binding, &sights));
        }
        sights.extend(absent.removed.iter().filter(|sight| entity.streams.contains_key(&sight.reference.at)).cloned());
        let mut known = self.known(entity, &sights, told, store_id).await?;
        let mut subjects: BTreeMap<CanonicalId, Subject> =
            matching(entity, &mut known, sights).into_iter().map(|subject| (subject.binding.id, subject)).collect();
        self.links.0.extend(known.links.0);
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
            if let Some(told) = told {
                subject.takes = told.takes.get(&subject.binding.id).cloned().unwrap_or_default();
                subject.asked = told.creates.get(&subject.binding.id).cloned().unwrap_or_default();
            }
        }
        self.learn_links(&subjects).await?;
        Ok(subjects)
    }

    /// Bindings that want to be looked at although nothing is reported of them.
    async fn due(&self, entity: &Entity, ready: &Ready, told: &Told) -> Result<BTreeMap<CanonicalId, Binding>> {
        let mut ids: BTreeSet<CanonicalId> = self.store.due(&entity.name, self.as_of, DUE).await?.into_iter().collect();
        ids.extend(told.takes.keys().chain(told.creates.keys()));
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
            sights.push(Sight::new(record));
        }
        sights
    }

    /// All that matching needs of the store.
    async fn known(&mut self, entity: &Entity, sights: &[Sight], told: Option<&Told>, store_id: Uuid) -> Result<Known> {
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
        let mut bindings = self.load(&ids).await?;
        self.generations(&references, &mut bindings, store_id).await?;
        let mut verdicts: BTreeSet<Verdict> = self.store.verdicts(&references).await?.into_iter().collect();
        verdicts.extend(told.iter().flat_map(|told| told.verdicts.iter().cloned()));
        verdicts.retain(|verdict| !told.is_some_and(|told| told.retracted.contains(verdict)));
        let creates: Vec<Intent> =
            self.creates.iter().filter(|i| entity.streams.contains_key(&i.host)).cloned().collect();
        Ok(Known { store: store_id, links: self.links.clone(), bindings, keyed, verdicts, creates })
    }

    /// Ids that new references would collide with: their own tombstones, generation by generation.
    async fn generations(
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
    async fn learn_links(&mut self, subjects: &[Subject]) -> Result<()> {
        let of_binding = |binding: &Binding| {
            let sides = binding.sides.values().flat_map(|side| {
                external_links(&side.shadow).into_iter().chain(external_links(&side.pending)).collect::<Vec<_>>()
            });
            sides.chain(external_links(&binding.agreed)).collect::<Vec<_>>()
        };
        let references: Vec<ExternalRef> = subjects.iter().flat_map(|subject| of_binding(&subject.binding)).collect();
        self.resolve(references).await
    }

    /// What the records that a scope asks about show.
    async fn around(&self, entity: &Entity, subjects: &[Subject]) -> Result<BTreeMap<CanonicalId, FieldMap>> {
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

    /// Records that a complete listing did not name: counted, and asked for by id once that was so often enough.
    async fn missing(&mut self, tally: &mut Tally, absent: &[ExternalRef]) -> Result<Missing> {
        let mut missing = Missing::default();
        let mut ask: BTreeMap<StreamKey, BTreeSet<std::sync::Arc<str>>> = BTreeMap::new();
        let mut facets: BTreeMap<ExternalRef, Vec<ExternalRef>> = BTreeMap::new();
        for host in absent {
            let of_host = self.tables.values().filter(|table| table.host == host.at);
            facets.insert(host.clone(), of_host.map(|table| table.key.id(&host.id)).collect());
        }
        self.resolve(facets.values().flatten().cloned()).await?;
        let ids: BTreeSet<CanonicalId> =
            facets.values().flatten().filter_map(|r| self.links.0.get(r).copied()).collect();
        let bindings = self.load(&ids).await?;
        for (host, references) in facets {
            for reference in references {
                let Some(binding) = self.links.0.get(&reference).and_then(|id| bindings.get(id)) else { continue };
                let Some(side) =
                    binding.sides.get(&reference.at).filter(|side| side.id.as_ref() == Some(&reference.id))
                else {
                    continue;
                };
                let times = match side.state {
                    SideState::Live => 1,
                    SideState::Missing(before) => before + 1,
                    SideState::Removed => continue,
                };
                if times >= ABSENCES || fault::on(Fault::AbsenceFromPartialListing) {
                    ask.entry(host.at.clone()).or_default().insert(host.id.clone());
                }
                let entry = missing.missed.entry(binding.id).or_insert_with(|| (binding.clone(), BTreeMap::new()));
                entry.1.insert(reference.at.clone(), times);
            }
            self.unseen.push(Indexed { reference: host, hash: Indexed::unseen() });
        }
        for (host, ids) in ask {
            self.prove(tally, &host, &ids, &mut missing).await?;
        }
        Ok(missing)
    }

    /// Asks for missing records by id: only a system that says "none" proves that one is gone.
    async fn prove(
        &self,
        tally: &mut Tally,
        host: &StreamKey,
        ids: &BTreeSet<std::sync::Arc<str>>,
        missing: &mut Missing,
    ) -> Result<()> {
        let connector = self.engine.connector(&host.system)?;
        let cap = connector.capabilities().streams.get(&host.stream);
        let max = cap.map_or(0, |cap| cap.get_max);
        let ids: Vec<std::sync::Arc<str>> = ids.iter().cloned().collect();
        let gone = |id: &std::sync::Arc<str>| {
            self.tables.values().filter(|table| table.host == *host).map(|table| table.key.id(id)).collect::<Vec<_>>()
        };
        for ids in ids.chunks(usize::try_from(max.max(1)).unwrap_or(1)) {
            let found = if fault::on(Fault::AbsenceFromPartialListing) {
                ids.iter().map(|_| None).collect()
            } else if max == 0 {
                return Ok(()); // without a proof it stays missing
            } else {
                match connector.get(self.cx, &host.stream, ids).await {
                    Ok(found) => found,
                    Err(error) => {
                        tally.stop(host, error);
                        return Ok(());
                    }
                }
            };
            for (id, item) in ids.iter().zip(found) {
                if item.is_some() {
                    continue;
                }
                for reference in gone(id) {
                    let mut record = crate::connector::Record::new(reference, FieldMap::new());
                    record.deleted = true;
                    missing.removed.push(Sight::new(record));
                }
            }
        }
        Ok(())
    }

    /// Puts decisions into the store, in batches; with the last one, how far was read.
    pub(super) async fn keep(
        &mut self,
        tally: &mut Tally,
        decided: Vec<Decided>,
        first: Option<(&mut GroupReading, &Told, &[Ready])>,
    ) -> Result<()> {
        let held: BTreeSet<CanonicalId> = {
            let ids: Vec<CanonicalId> = decided.iter().map(|one| one.diffed.binding.id).collect();
            self.store.held(Some(&ids)).await?.into_iter().map(|held| held.subject).collect()
        };
        self.wake_waiting(&decided).await?;
        let mut batch = Commit::default();
        for Decided { diffed, .. } in decided {
            let id = diffed.binding.id;
            if !diffed.held.is_empty() || held.contains(&id) {
                batch.held.push((id, diffed.held));
            }
            if !diffed.changed {
                continue;
            }
            batch.journal.extend(diffed.events.into_iter().map(|event| self.journal(id, event)));
            batch.bindings.push(diffed.binding);
            if batch.bindings.len() >= BATCH {
                self.put(std::mem::take(&mut batch)).await?;
            }
        }
        if let Some((reading, told, ready)) = first {
            tally.report.parked.extend(reading.parked.iter().cloned());
            batch.indexed = std::mem::take(&mut reading.indexed);
            batch.checkpoints = std::mem::take(&mut reading.checkpoints);
            batch.parked = std::mem::take(&mut reading.parked);
            batch.unparked = std::mem::take(&mut reading.unparked);
            batch.consumed.clone_from(&told.consumed);
            batch.unstaged.clone_from(&told.used_approvals);
            batch.verdicts.clone_from(&told.verdicts);
            batch.retracted.clone_from(&told.retracted);
            batch.indexed.append(&mut self.unseen);
            batch.waiting = std::mem::take(&mut self.waiting);
            batch.entities = self.entity_states(ready);
        }
        self.put(batch).await
    }

    /// Has records looked at again whose scope asks about one that changed. They may be of another lease group, so it
    /// goes through the inbox; and before the change itself is stored, so that a crash between the two loses nothing.
    async fn wake_waiting(&self, decided: &[Decided]) -> Result<()> {
        let changed = decided.iter().filter(|one| one.diffed.changed).map(|one| one.diffed.binding.id.to_string());
        let changed: Vec<String> = changed.collect();
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

    fn entity_states(&self, ready: &[Ready]) -> Vec<(crate::id::EntityName, EntityState)> {
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

    async fn put(&mut self, commit: Commit) -> Result<()> {
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

/// Records that complete listings did not name.
#[derive(Debug, Default)]
pub(super) struct Missing {
    missed: BTreeMap<CanonicalId, (Binding, BTreeMap<StreamKey, u32>)>,
    removed: Vec<Sight>,
}

/// What a record's scope asks about beyond the record itself: a change there may let it in, or out.
fn waiting(entity: &Entity, binding: &Binding) -> Option<Waiting> {
    let hops = entity.scope.values().flatten().filter_map(|predicate| predicate.hop(entity.kind));
    let on: BTreeSet<String> = hops
        .filter_map(|hop| match binding.agreed.get(hop.link)? {
            Value::Link(Link::Canonical(id)) => Some(id.to_string()),
            _ => None,
        })
        .collect();
    let reference = binding.references().next().filter(|_| !on.is_empty())?;
    Some(Waiting { reference, on, reason: "its scope asks about them".to_owned() })
}

fn external_links(fields: &FieldMap) -> Vec<ExternalRef> {
    fields
        .iter()
        .flat_map(|(_, value): (_, &Value)| value.links())
        .filter_map(|link| match link {
            Link::External(reference) => Some(reference.clone()),
            Link::Canonical(_) => None,
        })
        .collect()
}

fn ambiguous(subject: &Subject, diffed: &Diffed, now: chrono::DateTime<chrono::Utc>) -> Option<Held> {
    let why = subject.ambiguous.as_ref()?;
    let text = format!("{} cannot be matched: {why}", super::diff::name_of(&diffed.binding));
    let cure = "say which record it belongs to, or merge the duplicates in their system";
    let mut held = Held::new(diffed.binding.id, diffed.binding.entity.clone(), HeldWhy::Ambiguous, text, cure, now);
    held.numbers = diffed.binding.numbers.clone();
    Some(held)
}
