//! Answers into the store. An answer is a fact, whatever moved meanwhile.

use super::prepare::Flight;
use std::collections::{BTreeMap, BTreeSet};

use super::{
    act,
    known::external_links,
    outcome::{self, NEVER, Outcome, Trust},
    repeats,
    run::is_done,
    subject::Sight,
    work::{Tally, Work, derive},
};
use crate::{
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey},
    plan::{Doing, Op},
    store::{Binding, Commit, Event, HeldWhy, Indexed, Intent, Journal, SideState},
};

/// How often an outcome is recorded anew because its binding moved.
pub(super) const TRIES: usize = 5;

impl Work<'_> {
    /// A write found by looking; gives back what was shown beside it.
    pub(super) async fn recovered(
        &mut self,
        tally: &mut Tally,
        intent: &Intent,
        reference: ExternalRef,
        sights: Vec<Sight>,
    ) -> Result<Vec<Sight>> {
        let doing = Doing::of(&intent.action);
        let entity = self.entities_of(&intent.host).first().map(|entity| entity.name.clone());
        let Some(entity) = entity else {
            self.finish(intent).await?;
            return Ok(Vec::new());
        };
        // whom it points to may have become known in the run that ended
        self.resolve(sights.iter().flat_map(|sight| external_links(&sight.fields)).collect::<Vec<_>>()).await?;
        let mut intent = intent.clone();
        for share in &mut intent.shares {
            let sight = sights.iter().find(|sight| sight.reference.at == share.at);
            if let (Some(table), Some(sight)) = (self.table(&share.at), sight) {
                let untold = outcome::untold(table, &sight.fields, share);
                share.units.retain(|unit| !untold.contains(unit));
            }
        }
        let op = Op {
            key: intent.key.clone(),
            entity,
            host: intent.host.clone(),
            doing,
            shares: intent.shares.clone(),
            after: BTreeSet::new(),
            mark: intent.mark.clone(),
            effects: BTreeSet::new(),
            because: Vec::new(),
        };
        let flight = Flight::new(op, intent);
        let answers = vec![(flight, Outcome::Done { reference, sights, trust: Trust::Read })];
        let (beside, bindings) = self.record(tally, answers, &BTreeMap::new()).await?;
        self.remember(bindings);
        Ok(beside)
    }
    /// Puts outcomes into the store. An outcome is a fact: a binding that moved meanwhile is read again and takes it all
    /// the same. Gives back what is to be decided anew, and the bindings as they are now; `latest` has those that were
    /// recorded since this run learnt of them.
    pub(super) async fn record(
        &self,
        tally: &mut Tally,
        answers: Vec<(Flight, Outcome)>,
        latest: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<(Vec<Sight>, Vec<Binding>)> {
        if answers.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let ids: BTreeSet<CanonicalId> =
            answers.iter().flat_map(|(flight, _)| flight.intent.shares.iter().map(|share| share.subject)).collect();
        for attempt in 0..TRIES {
            let known = |id: &CanonicalId| latest.get(id).or_else(|| self.bindings.get(id)).filter(|_| attempt == 0);
            let mut bindings: BTreeMap<CanonicalId, Binding> =
                ids.iter().filter_map(|id| Some((*id, known(id)?.clone()))).collect();
            let others: Vec<CanonicalId> = ids.iter().filter(|id| !bindings.contains_key(id)).copied().collect();
            bindings.extend(self.store.bindings(&others).await?.into_iter().map(|binding| (binding.id, binding)));
            let mut commit = Commit::default();
            for (flight, outcome) in &answers {
                self.take_in(flight, outcome, &mut bindings, &mut commit);
            }
            for binding in bindings.values_mut() {
                if let Some(entity) = self.engine.policy.entities.iter().find(|entity| entity.name == binding.entity) {
                    derive(entity, binding, &self.links, self.now());
                }
            }
            commit.bindings = bindings.values().cloned().collect();
            let parked = commit.parked.clone();
            let altered: Vec<StreamKey> = commit.journal.iter().filter_map(altered_at).collect();
            let committed = match self.store.commit(&self.lease, commit).await {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return self.apart(tally, answers).await,
                other => other?,
            };
            if is_done(committed) {
                tally.report.park(parked);
                for at in altered {
                    *tally.report.altered.entry(at).or_default() += 1;
                }
                for binding in bindings.values_mut() {
                    binding.rev += 1;
                }
                let mut sights = self.beside(&answers, &bindings).await?;
                sights.extend(self.tell(tally, answers));
                return Ok((sights, bindings.into_values().collect()));
            }
        }
        let line = "the same records are changed by somebody else all the time; run again";
        Err(Error::new(ErrorKind::VersionConflict, "record answers", line))
    }
    /// One of these answers names a record that belongs to another binding already: each is recorded by itself, and that
    /// one is for a person.
    pub(super) async fn apart(
        &self,
        tally: &mut Tally,
        mut answers: Vec<(Flight, Outcome)>,
    ) -> Result<(Vec<Sight>, Vec<Binding>)> {
        let mut all = (Vec::new(), Vec::new());
        if answers.len() > 1 {
            for answer in answers {
                let (sights, bindings) = Box::pin(self.record(tally, vec![answer], &BTreeMap::new())).await?;
                all.0.extend(sights);
                all.1.extend(bindings);
            }
            return Ok(all);
        }
        let Some((flight, Outcome::Done { reference, .. })) = answers.pop() else { return Ok(all) };
        let line = format!("was made as {reference}, which belongs to another record already");
        self.hold_intent(tally, &flight.intent, HeldWhy::Ambiguous, &line, "say which of the two it belongs to")
            .await?;
        let mut commit = Commit { finished: vec![flight.intent.key.clone()], ..Commit::default() };
        let ids: Vec<CanonicalId> = flight.intent.shares.iter().map(|share| share.subject).collect();
        for mut binding in self.store.bindings(&ids).await? {
            for share in flight.intent.shares.iter().filter(|share| share.subject == binding.id) {
                if let Some(side) = binding.sides.get_mut(&share.at) {
                    side.not_before = Some(self.now() + NEVER); // it is not made once more
                }
            }
            if let Some(entity) = self.engine.policy.entities.iter().find(|entity| entity.name == binding.entity) {
                derive(entity, &mut binding, &self.links, self.now()); // else the next run takes the question back
            }
            commit.bindings.push(binding);
        }
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(all)
    }
    pub(super) fn take_in(
        &self,
        flight: &Flight,
        answer: &Outcome,
        bindings: &mut BTreeMap<CanonicalId, Binding>,
        commit: &mut Commit,
    ) {
        // an earlier try under the same key may have been made: its intent goes on claiming the record
        let tried = self.creates.iter().any(|intent| intent.key == flight.intent.key);
        let open = matches!(answer, Outcome::Unclear | Outcome::UnderWay)
            || (tried && matches!(answer, Outcome::Later(_) | Outcome::Stop(_)));
        if !open {
            commit.finished.push(flight.intent.key.clone());
        }
        match answer {
            // the next listing is to be decoded: its record may show again what it showed before this write
            Outcome::Done { reference, .. } => {
                // (a step may have moved it to another stream: then this is its new place)
                let moved = reference.at.stream != flight.op.host.stream;
                let reference = if moved { reference.clone() } else { flight.op.host.id(&reference.id) };
                commit.indexed.push(Indexed { reference, hash: Indexed::unseen() });
            }
            Outcome::Later(_) | Outcome::Refused(_) | Outcome::Moved(_) | Outcome::Stop(_) => {
                commit.released.extend(flight.intent.effects.iter().cloned());
            }
            Outcome::UnderWay => commit.intents.push(Intent { under_way: true, ..flight.intent.clone() }),
            Outcome::Unclear | Outcome::Removed => {}
        }
        for share in &flight.intent.shares {
            let Some(binding) = bindings.get_mut(&share.subject) else { continue };
            match answer {
                Outcome::Done { reference, sights, trust } => {
                    let Some(table) = self.table(&share.at) else { continue };
                    let events = match &flight.op.doing {
                        // (a person may have brought a new one on before we knew its name)
                        doing if moves(doing, reference, &flight.op.host) => {
                            act::acted(binding, share, table, &flight.intent.action, reference, sights)
                        }
                        _ => outcome::done(binding, share, table, reference, sights, *trust, &self.links),
                    };
                    if let Some(side) = binding.sides.get_mut(&reference.at).filter(|side| side.mark.is_none()) {
                        side.mark.clone_from(&flight.intent.mark); // it went along
                    }
                    if matches!(flight.op.doing, Doing::Update { .. }) {
                        repeats::note(binding, share, self.now());
                    }
                    commit.unparked.push(outcome::parked_key(share, None));
                    commit.unparked.push(outcome::parked_key(share, Some(reference)));
                    let wrote = Event::Wrote {
                        to: reference.clone(),
                        action: flight.op.word().to_owned(),
                        fields: share.ours.clone(),
                        effects: flight.intent.effects.iter().map(|key| key.effect.clone()).collect(),
                        calls: flight.calls.to_vec(),
                    };
                    let id = binding.id;
                    commit.journal.extend(events.into_iter().chain([wrote]).map(|event| self.journal(id, event)));
                }
                Outcome::Removed => {
                    if let Some(side) = binding.sides.get_mut(&share.at) {
                        side.state = SideState::Removed;
                    }
                    let reference = flight.op.id().map(|id| share.at.id(id));
                    let id = binding.id;
                    commit.journal.extend(reference.map(|reference| self.journal(id, Event::Removed(reference))));
                }
                Outcome::Refused(error) => {
                    let parked = outcome::refused(binding, share, &flight.intent, error, self.now());
                    let refused = Event::Refused {
                        at: share.at.clone(),
                        action: flight.op.word().to_owned(),
                        why: parked.refusal(),
                        calls: flight.calls.to_vec(),
                    };
                    commit.parked.push(parked);
                    commit.journal.push(self.journal(share.subject, refused));
                }
                Outcome::Moved(_) | Outcome::Later(_) | Outcome::Unclear | Outcome::UnderWay | Outcome::Stop(_) => {
                    if fault::on(Fault::LaggingForgotten)
                        && let Some(side) = binding.sides.get_mut(&share.at)
                    {
                        side.lagging.clear();
                    }
                }
            }
        }
    }
    pub(super) fn tell(&self, tally: &mut Tally, answers: Vec<(Flight, Outcome)>) -> Vec<Sight> {
        let mut moved = Vec::new();
        for (flight, outcome) in answers {
            match outcome {
                Outcome::Done { .. } | Outcome::Removed => {
                    tally.wrote.extend(flight.op.shares.iter().map(|share| share.subject));
                    *tally.report.written.entry(flight.op.host.clone()).or_default() += 1;
                    for effect in &flight.intent.effects {
                        *tally.report.effects.entry(effect.effect.clone()).or_default() += 1;
                    }
                }
                Outcome::Moved(sights) => moved.extend(sights),
                Outcome::Unclear => tally.report.unclear += 1,
                Outcome::UnderWay => tally.report.under_way += 1,
                Outcome::Stop(error) => tally.stop(&flight.op.host, error),
                Outcome::Refused(error) if error.kind() == ErrorKind::NotFound => {}
                Outcome::Later(Some(error)) => tally.report.put_off(&flight.op.host, error),
                Outcome::Refused(_) | Outcome::Later(None) => {}
            }
        }
        moved
    }
}

/// Where a written value is kept in a way that was not declared.
fn altered_at(entry: &Journal) -> Option<StreamKey> {
    match &entry.event {
        Event::Altered { at, .. } => Some(at.at.clone()),
        _ => None,
    }
}

/// Whether a record is taken over as one that an act left: the act itself, or a create that was found in another stream.
fn moves(doing: &Doing, reference: &ExternalRef, host: &StreamKey) -> bool {
    let found_further_on = matches!(doing, Doing::Create) && reference.at.stream != host.stream;
    matches!(doing, Doing::Act { .. }) || found_further_on
}
