//! Reading all host streams of a group.

use super::{
    run::{LEASE, Ready},
    told::Told,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    finds::Finds,
    read::{Order, Reader, Reading},
    report::Mode,
    work::{Tally, Work},
};
use crate::{
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{ExternalRef, StreamKey},
    policy::{Create, Entity},
    store::{Inbox, InboxEntry},
};

/// What all host streams of a group gave.
#[derive(Debug, Default)]
pub(super) struct GroupReading {
    pub(super) finds: Finds,
    pub(super) parked: Vec<crate::store::Parked>,
    pub(super) absent: Vec<ExternalRef>,
    pub(super) checkpoints: Vec<(StreamKey, crate::store::Checkpoint)>,
    pub(super) short: BTreeMap<StreamKey, (u64, u64)>,
}

impl GroupReading {
    pub(super) fn add(&mut self, host: &StreamKey, reading: Reading) {
        self.finds.append(reading.finds);
        self.parked.extend(reading.parked);
        self.absent.extend(reading.absent);
        self.checkpoints.extend(reading.checkpoint.map(|checkpoint| (host.clone(), checkpoint)));
        self.short.extend(reading.short.map(|short| (host.clone(), short)));
    }
}

impl Work<'_> {
    pub(super) async fn read(&mut self, tally: &mut Tally, ready: &[Ready], told: &Told) -> Result<GroupReading> {
        let mut all = GroupReading::default();
        let known: BTreeMap<StreamKey, _> = {
            let hosts: Vec<StreamKey> = self.group.hosts.iter().cloned().collect();
            self.store.checkpoints(&hosts).await?.into_iter().collect()
        };
        if self.group.is_second {
            self.note_read(&known, &[]);
            return Ok(all);
        }
        for host in self.group.hosts.clone() {
            let Some(order) = self.order(&host, ready, told) else { continue };
            let hints: BTreeSet<Arc<str>> =
                told.hints.iter().filter(|hint| hint.at == host).map(|hint| hint.id.clone()).collect();
            if tally.is_stopped(&host) {
                self.remind(&host, hints).await?;
                continue;
            }
            let connector = match self.engine.connector(&host.system) {
                Ok(connector) => connector.clone(),
                Err(error) => {
                    tally.stop(&host, error);
                    continue;
                }
            };
            let reader = Reader {
                work: self,
                connector: connector.as_ref(),
                store: self.store,
                cx: self.cx,
                observer: self.observer,
                host: host.clone(),
            };
            match self.read_host(&reader, known.get(&host).cloned().unwrap_or_default(), order, &hints).await {
                Ok(reading) => {
                    for (kind, records) in self.kinds(&reading.finds) {
                        *tally.report.read.entry(kind).or_default() += records;
                    }
                    all.add(&host, reading);
                    self.stay().await?;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::Store => return Err(error),
                // without an answer there is nobody to ask about the other streams either
                Err(error) if is_unreached(&error) => {
                    tally.stopped.insert(host.system.clone());
                    tally.report.stopped_systems.entry(host.system.clone()).or_insert(error);
                }
                Err(error) => tally.stop(&host, error),
            }
            self.remind(&host, hints).await?;
        }
        self.note_read(&known, &all.checkpoints);
        self.note_unread(&all.parked);
        Ok(all)
    }
    /// Hints whose system did not answer are for the next run.
    async fn remind(&self, host: &StreamKey, hints: BTreeSet<Arc<str>>) -> Result<()> {
        let entry =
            |id: Arc<str>| InboxEntry { at: self.now(), by: "@hub".to_owned(), what: Inbox::Hint(host.id(&id)) };
        let entries: Vec<InboxEntry> = hints.into_iter().map(entry).collect();
        if entries.is_empty() { Ok(()) } else { self.store.post(&entries).await }
    }
    /// Keeps the lease for longer, once half of it is over.
    pub(super) async fn stay(&mut self) -> Result<()> {
        let now = self.now();
        let left = self.lease.until.signed_duration_since(now).to_std().unwrap_or_default();
        if left < LEASE / 2 {
            self.lease = self.store.renew(&self.lease, now, LEASE).await?;
        }
        Ok(())
    }
    pub(super) async fn read_host(
        &self,
        reader: &Reader<'_>,
        known: crate::store::Checkpoint,
        order: Order,
        hints: &BTreeSet<Arc<str>>,
    ) -> Result<Reading> {
        let mut reading = reader.read(known, order).await?;
        if !hints.is_empty() {
            // a record that is gone is found missing by the next complete listing, with its proof
            let _gone = reader.look(hints, &mut reading).await?;
        }
        Ok(reading)
    }
    /// How a host stream is read this time; `None` if no entity reads it.
    pub(super) fn order(&self, host: &StreamKey, ready: &[Ready], told: &Told) -> Option<Order> {
        let mut order: Option<Order> = None;
        for one in ready {
            let Some(entity) = self.entity(one.place) else { continue };
            let mut tables = entity.streams.values().filter(|table| table.host == *host && table.role.read);
            let Some(table) = tables.next() else { continue };
            let afresh = self.mode == Mode::Adopt || one.state.adopted.is_none();
            let mine = Order {
                afresh,
                // what stock is told less is known before stock is told
                every_s: match table.role.every {
                    _ if entity.ordered.is_some() => 0,
                    Some(every) => every.as_secs(),
                    None => entity.every_s,
                },
                complete_every_s: entity.complete_every_s,
                // a stream that documents move on from is empty again and again; what is absent is asked for all the same
                min_listed_percent: match fault::on(Fault::GuardOff) || moves_on(entity, host) {
                    true => 0,
                    false => entity.guards.min_listed_percent,
                },
                ours: makes_documents(entity, host),
                since: told.since.get(&host.system).copied(),
                short_is_right: told.approved.short_listings.contains(host),
            };
            order = Some(match order {
                None => mine,
                Some(other) => Order {
                    afresh: other.afresh || mine.afresh,
                    ours: other.ours || mine.ours,
                    every_s: other.every_s.min(mine.every_s),
                    complete_every_s: other.complete_every_s.min(mine.complete_every_s),
                    min_listed_percent: other.min_listed_percent.max(mine.min_listed_percent),
                    ..mine
                },
            });
        }
        order
    }
}

/// Whether a system could not be reached at all, as connectors over the network say.
fn is_unreached(error: &Error) -> bool {
    error.kind() == ErrorKind::Unavailable && error.context().iter().any(|said| said.0 == "reached" && said.1 == "no")
}

/// Whether documents are made in this stream.
fn makes_documents(entity: &Entity, host: &StreamKey) -> bool {
    let table = entity.streams.get(host).filter(|table| table.role.create != Create::Never);
    table.is_some_and(|table| table.cap.document.is_some() && table.cap.create)
}

/// Whether a step leads documents of this stream into another one.
fn moves_on(entity: &Entity, host: &StreamKey) -> bool {
    let document = entity.streams.get(host).and_then(|table| table.document.as_ref());
    document.is_some_and(|document| document.cap.steps.iter().any(|step| step.moves_to.is_some()))
}
