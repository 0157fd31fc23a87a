//! Carrying out a plan: intents, calls, answers, in waves.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};
use futures_channel::mpsc;
use futures_util::{StreamExt, future, stream};

use super::{
    call::Call,
    outcome::Outcome,
    prepare::Flight,
    subject::Sight,
    work::{Tally, Work},
};
use crate::{
    capability::StreamCapability,
    connector::{Connector, Item, Write},
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamKey, SystemId},
    plan::{Doing, Op},
    store::{Binding, Intent},
    value::FieldPath,
};

/// Intents in one batch, and outcomes in one commit.
const BATCH: usize = 256;
/// Outcomes do not wait longer than this for others.
const WAIT: TimeDelta = TimeDelta::milliseconds(200);

impl Work<'_> {
    /// Carries operations out; gives back what was found to have moved, and what was shown beside, to be decided.
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
            let (rest, wave): (Vec<Op>, Vec<Op>) = left.into_iter().partition(waits);
            left = rest;
            let mut wave = VecDeque::from(wave);
            if wave.is_empty() {
                wave.push_back(left.remove(0)); // a circle: one goes without its link, which lags
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
    /// can look only as many as are sent together. What one call takes is not cut into several.
    fn chunk(&self, wave: &mut VecDeque<Op>) -> Vec<Op> {
        let mut room: BTreeMap<StreamKey, usize> = BTreeMap::new();
        let mut chunk = Vec::new();
        let mut rest = Vec::new();
        while let Some(op) = wave.pop_front() {
            let cap =
                self.engine.systems.get(&op.host.system).and_then(|c| c.capabilities().streams.get(&op.host.stream));
            let limit = match cap {
                Some(cap) if cap.can_look() || cap.create_with_idempotency_key => BATCH.max(in_one_call(cap)),
                Some(cap) => usize::try_from(cap.write_concurrency.max(1)).unwrap_or(1),
                None => 1,
            };
            let used = room.entry(op.host.clone()).or_default();
            if chunk.len() >= BATCH.max(limit) {
                wave.push_front(op);
                break;
            }
            if *used < limit {
                *used += 1;
                chunk.push(op);
            } else {
                rest.push(op);
            }
        }
        rest.into_iter().rev().for_each(|op| wave.push_front(op));
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
        // what was read of them is out of date from now on, whatever becomes of these writes
        let touched: Vec<ExternalRef> =
            flights.iter().filter_map(|flight| flight.op.id().map(|id| flight.op.host.id(id))).collect();
        let mut by_host: BTreeMap<StreamKey, Vec<Flight>> = BTreeMap::new();
        for flight in flights {
            by_host.entry(flight.op.host.clone()).or_default().push(flight);
        }
        let (sights, fresh) = {
            let this = &*self;
            let streams: Vec<_> =
                by_host.into_iter().map(|(host, flights)| this.send(host, flights, &bindings)).collect();
            let (answered, answers) = mpsc::unbounded();
            let calls = async move {
                let mut all = stream::select_all(streams);
                while let Some(done) = all.next().await {
                    if answered.unbounded_send(done).is_err() {
                        break; // they cannot be recorded, so no more are made
                    }
                }
            };
            // calls go on while answers are recorded
            let ((), recorded) = future::join(calls, this.record_all(tally, answers)).await;
            recorded?
        };
        self.remember(fresh);
        for reference in touched {
            self.items.remove(&reference);
        }
        Ok(sights)
    }

    /// Records answers in groups, as they come.
    async fn record_all(
        &self,
        tally: &mut Tally,
        mut answers: mpsc::UnboundedReceiver<Vec<(Flight, Outcome)>>,
    ) -> Result<(Vec<Sight>, Vec<Binding>)> {
        let mut group: Vec<(Flight, Outcome)> = Vec::new();
        let mut since: Option<DateTime<Utc>> = None;
        let (mut shown, mut latest) = (Vec::new(), BTreeMap::new());
        while let Some(done) = answers.next().await {
            group.extend(done);
            let first = *since.get_or_insert_with(|| self.now());
            if group.len() >= BATCH || self.now().signed_duration_since(first) >= WAIT {
                since = None;
                let (sights, bindings) = self.record(tally, std::mem::take(&mut group), &latest).await?;
                shown.extend(sights);
                latest.extend(bindings.into_iter().map(|binding| (binding.id, binding)));
            }
        }
        let (sights, bindings) = self.record(tally, group, &latest).await?;
        shown.extend(sights);
        latest.extend(bindings.into_iter().map(|binding| (binding.id, binding)));
        Ok((shown, latest.into_values().collect()))
    }

    pub(super) fn remember(&mut self, bindings: Vec<Binding>) {
        for binding in bindings {
            for reference in binding.references() {
                self.links.0.insert(reference, binding.id);
            }
            self.bindings.insert(binding.id, binding);
        }
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
        let in_batch = cap.map_or(1, in_one_call);
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
        let looked = self.look_together(connector, &flights, bindings).await;
        for mut flight in flights {
            let mut one = self.one(connector, &flight, bindings);
            one.read = flight.op.id().and_then(|id| looked.get(id)).or(one.read);
            let prepared = one.prepare().await;
            match prepared {
                Ok((write, looked)) => {
                    flight.looked = looked;
                    going.push((flight, write));
                }
                Err(outcome) => done.push((flight, outcome)),
            }
        }
        if going.is_empty() {
            return done;
        }
        let (flights, writes): (Vec<Flight>, Vec<Write>) = going.into_iter().unzip();
        let (cx, calls) = self.cx.noting();
        let mut answers = connector.write(&cx, &writes).await.into_iter();
        let calls: Arc<[String]> = calls.so_far().into();
        for mut flight in flights {
            flight.calls = calls.clone();
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

    /// The records that are to be looked at before one call, in as few calls as there can be. Those that this does not
    /// show are looked at one by one.
    async fn look_together(
        &self,
        connector: &dyn Connector,
        flights: &[Flight],
        bindings: &BTreeMap<CanonicalId, Binding>,
    ) -> BTreeMap<Arc<str>, (Item, DateTime<Utc>)> {
        let mut looked = BTreeMap::new();
        let Some(first) = flights.get(1).and(flights.first()) else { return looked };
        let ids: Vec<Arc<str>> =
            flights.iter().filter_map(|flight| self.one(connector, flight, bindings).wants_look().cloned()).collect();
        let cap = connector.capabilities().streams.get(&first.op.host.stream);
        let at_once = cap.map_or(1, |cap| usize::try_from(cap.get_max).unwrap_or(1));
        if at_once < 2 || ids.len() < 2 {
            return looked;
        }
        for some in ids.chunks(at_once) {
            let now = self.now();
            let found = connector.get(self.cx, &first.op.host.stream, some).await.unwrap_or_default();
            looked.extend(some.iter().zip(found).filter_map(|(id, item)| Some((id.clone(), (item?, now)))));
        }
        looked
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
}

/// Records that one call writes.
fn in_one_call(cap: &StreamCapability) -> usize {
    usize::try_from(cap.write_batch_max.max(1)).unwrap_or(1)
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
