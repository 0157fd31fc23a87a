//! Carrying out a plan: intents, calls, answers, in waves.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};

use super::{
    call::{self, Blocked, Call},
    diff::name_of,
    outcome::{self, Outcome},
    run::is_done,
    subject::Sight,
    work::{Tally, Work, derive},
};
use crate::{
    connector::{Connector, Write},
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    plan::{Doing, Op},
    store::{Binding, Commit, EffectKey, Event, Held, HeldWhy, Intent, SideState},
    value::FieldPath,
};

/// Intents in one batch, and outcomes in one commit.
const BATCH: usize = 256;
/// Outcomes do not wait longer than this for others.
const WAIT: TimeDelta = TimeDelta::milliseconds(200);
/// Longer than anybody waits: only a person's decision ends it.
const NEVER: TimeDelta = TimeDelta::days(36_500);
/// How often an outcome is recorded anew because its binding moved.
const TRIES: usize = 5;

/// One operation on its way.
struct Flight {
    op: Op,
    intent: Intent,
}

impl Work<'_> {
    /// Carries operations out; gives back what was found to have moved, to be decided again.
    pub(super) async fn apply(&mut self, tally: &mut Tally, ops: Vec<Op>) -> Result<Vec<Sight>> {
        let mut left = ops;
        let mut moved = Vec::new();
        while !left.is_empty() && !self.cancel.is_cancelled() {
            let making: BTreeSet<(SystemId, CanonicalId)> = left
                .iter()
                .filter(|op| matches!(op.doing, Doing::Create))
                .flat_map(|op| op.shares.iter().map(|share| (op.host.system.clone(), share.subject)))
                .collect();
            let waits = |op: &Op| op.after.iter().any(|id| making.contains(&(op.host.system.clone(), *id)));
            let (rest, mut wave): (Vec<Op>, Vec<Op>) = left.into_iter().partition(waits);
            left = rest;
            if wave.is_empty() {
                wave.push(left.remove(0)); // a circle: one goes without its link, which lags
            }
            while !wave.is_empty() {
                let chunk = self.chunk(&mut wave);
                moved.extend(self.carry_out(tally, chunk).await?);
            }
        }
        tally.report.cancelled |= self.cancel.is_cancelled();
        Ok(moved)
    }

    /// As many operations as may be under way at once: after a crash each of them may have been sent, so where nobody
    /// can look only as many as are sent together.
    fn chunk(&self, wave: &mut Vec<Op>) -> Vec<Op> {
        let mut room: BTreeMap<StreamKey, usize> = BTreeMap::new();
        let mut chunk = Vec::new();
        let mut rest = Vec::new();
        for op in wave.drain(..) {
            let cap =
                self.engine.systems.get(&op.host.system).and_then(|c| c.capabilities().streams.get(&op.host.stream));
            let limit = match cap {
                Some(cap) if cap.can_look() || cap.create_with_idempotency_key => BATCH,
                Some(cap) => usize::try_from(cap.write_concurrency.max(1)).unwrap_or(1),
                None => 1,
            };
            let used = room.entry(op.host.clone()).or_default();
            if chunk.len() < BATCH && *used < limit {
                *used += 1;
                chunk.push(op);
            } else {
                rest.push(op);
            }
        }
        *wave = rest;
        chunk
    }

    async fn carry_out(&mut self, tally: &mut Tally, ops: Vec<Op>) -> Result<Vec<Sight>> {
        self.stay().await?;
        let ids: BTreeSet<CanonicalId> = ops
            .iter()
            .flat_map(|op| op.shares.iter().map(|share| share.subject).chain(op.after.iter().copied()))
            .collect();
        let mut bindings = self.load(&ids).await?;
        let linked: BTreeSet<CanonicalId> =
            bindings.values().flat_map(links_of).filter(|id| !bindings.contains_key(id)).collect();
        bindings.extend(self.load(&linked).await?);
        let mut flights = Vec::new();
        for op in ops {
            flights.extend(self.prepare(tally, op, &bindings).await?);
        }
        if !fault::on(Fault::NoIntent) {
            let intents: Vec<Intent> = flights.iter().map(|flight| flight.intent.clone()).collect();
            self.store.intend(&self.lease, &intents).await?;
        }
        let mut by_host: BTreeMap<StreamKey, Vec<Flight>> = BTreeMap::new();
        for flight in flights {
            by_host.entry(flight.op.host.clone()).or_default().push(flight);
        }
        let mut answers: Vec<(Flight, Outcome)> = Vec::new();
        let mut since: Option<DateTime<Utc>> = None;
        let mut recorded = Vec::new();
        {
            let this = &*self;
            let streams: Vec<_> =
                by_host.into_iter().map(|(host, flights)| this.send(host, flights, &bindings)).collect();
            let mut all = stream::select_all(streams);
            while let Some(done) = all.next().await {
                answers.extend(done);
                let first = *since.get_or_insert_with(|| this.now());
                if answers.len() >= BATCH || this.now().signed_duration_since(first) >= WAIT {
                    since = None;
                    recorded.push(this.record(tally, std::mem::take(&mut answers)).await?);
                }
            }
            recorded.push(this.record(tally, answers).await?);
        }
        let (sights, fresh): (Vec<Vec<Sight>>, Vec<Vec<Binding>>) = recorded.into_iter().unzip();
        self.remember(fresh.into_iter().flatten().collect());
        Ok(sights.into_iter().flatten().collect())
    }

    fn remember(&mut self, bindings: Vec<Binding>) {
        for binding in bindings {
            for reference in binding.references() {
                self.links.0.insert(reference, binding.id);
            }
            self.bindings.insert(binding.id, binding);
        }
    }

    /// An operation with its call worked out; `None` if it cannot go now.
    async fn prepare(
        &self,
        tally: &mut Tally,
        mut op: Op,
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<Option<Flight>> {
        if tally.is_stopped(&op.host) {
            return Ok(None);
        }
        let connector = self.engine.connector(&op.host.system)?;
        match call::action(&op, &self.tables, bindings, connector.capabilities()) {
            Ok((action, shares)) => {
                op.shares = shares;
                if op.shares.iter().all(|share| share.units.is_empty())
                    && !matches!(op.doing, Doing::Remove { .. } | Doing::Create)
                {
                    return Ok(None);
                }
                let marks =
                    connector.capabilities().streams.get(&op.host.stream).is_some_and(|cap| cap.create_mark.is_some());
                let mut intent = Intent::new(
                    op.key.clone(),
                    &self.group.name,
                    self.now(),
                    op.host.clone(),
                    action,
                    op.shares.clone(),
                );
                if marks && matches!(op.doing, Doing::Create) {
                    let share = op.shares.iter().find(|share| share.at == op.host);
                    let binding = share.and_then(|share| bindings.get(&share.subject));
                    let entity = self.entities_of(&op.host).into_iter().find(|entity| entity.name == op.entity);
                    intent.mark = binding.zip(entity).and_then(|(binding, entity)| super::work::mark(entity, binding));
                }
                intent.effects = self.unused(&op).await?;
                Ok(Some(Flight { op, intent }))
            }
            Err(blocked) => {
                self.blocked(tally, &op, blocked, bindings).await?;
                Ok(None)
            }
        }
    }

    /// The side effects that were never asked for: each happens at most once, ever.
    async fn unused(&self, op: &Op) -> Result<BTreeSet<EffectKey>> {
        if op.effects.is_empty() || fault::on(Fault::EffectKeyNotStored) {
            return Ok(op.effects.clone());
        }
        let keys: Vec<EffectKey> = op.effects.iter().cloned().collect();
        let used: BTreeSet<EffectKey> = self.store.effects_used(&keys).await?.into_iter().collect();
        Ok(op.effects.difference(&used).cloned().collect())
    }

    /// What cannot go now is held with its reason, or noted where a hook left it out.
    async fn blocked(
        &self,
        tally: &mut Tally,
        op: &Op,
        blocked: Blocked,
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> Result<()> {
        let Some(binding) = op.shares.first().and_then(|share| bindings.get(&share.subject)) else { return Ok(()) };
        let (name, at) = (name_of(binding), &op.host);
        let (why, text, cure) = match blocked {
            Blocked::MissingLink(missing) => {
                let other = bindings.get(&missing).map_or_else(|| missing.to_string(), name_of);
                let cure = "see why that one is not there: out of scope, held, or not yet made";
                (HeldWhy::MissingLink, format!("{name} points to {other}, which is not at {}", at.system), cure)
            }
            Blocked::Hold(why) => (HeldWhy::Hook, format!("{name} is not written to {at}: {why}"), "do what it says"),
            Blocked::Failed(why) => {
                (HeldWhy::Hook, format!("{name} is not written to {at}: {why}"), "correct the hook")
            }
            Blocked::Skip(why) => {
                let skipped = self.journal(binding.id, Event::Skipped { at: at.clone(), why });
                let _ = self.store.commit(&self.lease, Commit { journal: vec![skipped], ..Commit::default() }).await?;
                return Ok(());
            }
        };
        let mut held = Held::new(binding.id, binding.entity.clone(), why, text, cure, self.as_of);
        held.numbers = binding.numbers.clone();
        let all = tally.held.entry(binding.id).or_default();
        all.push(held);
        let commit = Commit { held: vec![(binding.id, all.clone())], ..Commit::default() };
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(())
    }

    /// The calls to one host stream, as many at once as it takes.
    fn send<'s>(
        &'s self,
        host: StreamKey,
        flights: Vec<Flight>,
        bindings: &'s BTreeMap<CanonicalId, Binding>,
    ) -> stream::BoxStream<'s, Vec<(Flight, Outcome)>> {
        let Ok(connector) = self.engine.connector(&host.system) else { return stream::empty().boxed() };
        let cap = connector.capabilities().streams.get(&host.stream);
        let at_once = cap.map_or(1, |cap| usize::try_from(cap.write_concurrency.max(1)).unwrap_or(1));
        let in_batch = cap.map_or(1, |cap| usize::try_from(cap.write_batch_max.max(1)).unwrap_or(1));
        let mut batches: Vec<Vec<Flight>> = Vec::new();
        for flight in flights {
            match batches.last_mut() {
                Some(batch) if batch.len() < in_batch => batch.push(flight),
                _ => batches.push(vec![flight]),
            }
        }
        let connector = connector.as_ref();
        stream::iter(batches).map(move |batch| self.call(connector, batch, bindings)).buffer_unordered(at_once).boxed()
    }

    async fn call(
        &self,
        connector: &dyn Connector,
        flights: Vec<Flight>,
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> Vec<(Flight, Outcome)> {
        let mut done = Vec::new();
        let mut going: Vec<(Flight, Write)> = Vec::new();
        for flight in flights {
            let prepared = self.one(connector, &flight, bindings).prepare().await;
            match prepared {
                Ok(write) => going.push((flight, write)),
                Err(outcome) => done.push((flight, outcome)),
            }
        }
        if going.is_empty() {
            return done;
        }
        let (flights, writes): (Vec<Flight>, Vec<Write>) = going.into_iter().unzip();
        let mut answers = connector.write(self.cx, &writes).await.into_iter();
        for flight in flights {
            let answer = answers.next().unwrap_or_else(|| {
                Err(Error::new(ErrorKind::AmbiguousWrite, "write", "the connector gave no answer for this write"))
            });
            let outcome = self.one(connector, &flight, bindings).understand(answer).await;
            let ok = matches!(outcome, Outcome::Done { .. } | Outcome::Removed);
            self.observer.wrote(&flight.op.host, flight.op.word(), ok);
            done.push((flight, outcome));
        }
        done
    }

    fn one<'s>(
        &'s self,
        connector: &'s dyn Connector,
        flight: &'s Flight,
        bindings: &'s BTreeMap<CanonicalId, Binding>,
    ) -> Call<'s> {
        let read = flight.op.id().and_then(|id| self.items.get(&flight.op.host.id(id)));
        Call {
            connector,
            cx: self.cx,
            op: &flight.op,
            intent: &flight.intent,
            entities: &self.engine.policy.entities,
            tables: &self.tables,
            bindings,
            read,
            links: &self.links,
        }
    }

    /// A create found by looking.
    pub(super) async fn recovered(
        &mut self,
        tally: &mut Tally,
        intent: &Intent,
        reference: ExternalRef,
        sights: Vec<Sight>,
    ) -> Result<()> {
        let doing = intent.action.id().map_or(Doing::Create, |id| Doing::Update { id: id.clone() });
        let entity = self.entities_of(&intent.host).first().map(|entity| entity.name.clone());
        let Some(entity) = entity else { return self.finish(intent).await };
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
        let answers = vec![(Flight { op, intent: intent.clone() }, Outcome::Done { reference, sights, exact: false })];
        let (_, bindings) = self.record(tally, answers).await?;
        self.remember(bindings);
        Ok(())
    }

    /// Puts outcomes into the store. An outcome is a fact: a binding that moved meanwhile is read again and takes it all
    /// the same.
    async fn record(&self, tally: &mut Tally, answers: Vec<(Flight, Outcome)>) -> Result<(Vec<Sight>, Vec<Binding>)> {
        if answers.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let ids: BTreeSet<CanonicalId> =
            answers.iter().flat_map(|(flight, _)| flight.intent.shares.iter().map(|share| share.subject)).collect();
        for _ in 0..TRIES {
            let ids: Vec<CanonicalId> = ids.iter().copied().collect();
            let mut bindings: BTreeMap<CanonicalId, Binding> =
                self.store.bindings(&ids).await?.into_iter().map(|binding| (binding.id, binding)).collect();
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
            let committed = match self.store.commit(&self.lease, commit).await {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return self.apart(tally, answers).await,
                other => other?,
            };
            if is_done(committed) {
                tally.report.parked.extend(parked);
                for binding in bindings.values_mut() {
                    binding.rev += 1;
                }
                return Ok((self.tell(tally, answers), bindings.into_values().collect()));
            }
        }
        let line = "the same records are changed by somebody else all the time; run again";
        Err(Error::new(ErrorKind::VersionConflict, "record answers", line))
    }

    /// One of these answers names a record that belongs to another binding already: each is recorded by itself, and that
    /// one is for a person.
    async fn apart(
        &self,
        tally: &mut Tally,
        mut answers: Vec<(Flight, Outcome)>,
    ) -> Result<(Vec<Sight>, Vec<Binding>)> {
        let mut all = (Vec::new(), Vec::new());
        if answers.len() > 1 {
            for answer in answers {
                let (sights, bindings) = Box::pin(self.record(tally, vec![answer])).await?;
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
            commit.bindings.push(binding);
        }
        let _ = self.store.commit(&self.lease, commit).await?;
        Ok(all)
    }

    fn take_in(
        &self,
        flight: &Flight,
        answer: &Outcome,
        bindings: &mut BTreeMap<CanonicalId, Binding>,
        commit: &mut Commit,
    ) {
        if !matches!(answer, Outcome::Unclear) {
            commit.finished.push(flight.intent.key.clone());
        }
        for share in &flight.intent.shares {
            let Some(binding) = bindings.get_mut(&share.subject) else { continue };
            match answer {
                Outcome::Done { reference, sights, exact } => {
                    let Some(table) = self.table(&share.at) else { continue };
                    let events = outcome::done(binding, share, table, reference, sights, *exact, &self.links);
                    commit.unparked.push(outcome::parked_key(share, None));
                    commit.unparked.push(outcome::parked_key(share, Some(reference)));
                    let wrote = Event::Wrote {
                        to: reference.clone(),
                        action: flight.op.word().to_owned(),
                        fields: share.ours.clone(),
                        effects: flight.intent.effects.iter().map(|key| key.effect.clone()).collect(),
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
                    commit.parked.push(outcome::refused(binding, share, &flight.intent, error, self.now()));
                }
                Outcome::Moved(_) | Outcome::Later | Outcome::Unclear | Outcome::Stop(_) => {
                    if fault::on(Fault::LaggingForgotten)
                        && let Some(side) = binding.sides.get_mut(&share.at)
                    {
                        side.lagging.clear();
                    }
                }
            }
        }
    }

    fn tell(&self, tally: &mut Tally, answers: Vec<(Flight, Outcome)>) -> Vec<Sight> {
        let mut moved = Vec::new();
        for (flight, outcome) in answers {
            match outcome {
                Outcome::Done { .. } | Outcome::Removed => {
                    *tally.report.written.entry(flight.op.host.clone()).or_default() += 1;
                    for effect in &flight.intent.effects {
                        *tally.report.effects.entry(effect.effect.clone()).or_default() += 1;
                    }
                }
                Outcome::Moved(sights) => moved.extend(sights),
                Outcome::Unclear => tally.report.unclear += 1,
                Outcome::Stop(error) => tally.stop(&flight.op.host, error),
                Outcome::Refused(error) if error.kind() == ErrorKind::NotFound => {}
                Outcome::Refused(_) | Outcome::Later => {}
            }
        }
        moved
    }
}

fn links_of(binding: &Binding) -> Vec<CanonicalId> {
    binding
        .agreed
        .iter()
        .flat_map(|(_, value): (FieldPath, _)| value.links())
        .filter_map(|link| match link {
            crate::value::Link::Canonical(id) => Some(*id),
            crate::value::Link::External(_) => None,
        })
        .collect()
}
