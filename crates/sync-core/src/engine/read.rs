//! Reading: what changed, what is new, what is missing. Never writes to a system.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    finds::{Find, Finds},
    index::Index,
    open,
    report::Observer,
    subject::Sight,
    work::Work,
};
use crate::{
    capability::Since,
    connector::{Connector, Item, ListFrom, ListQuery, Page, Record},
    context::{Context, Lane},
    error::{Error, ErrorKind, Result},
    fault::{self, Fault},
    id::{ExternalRef, StreamKey},
    store::{Checkpoint, Indexed, Parked, StateStore},
    value::Fingerprint,
};

/// What one host stream gave.
#[derive(Debug, Default)]
pub(super) struct Reading {
    /// Records that differ from what is known.
    pub(super) finds: Finds,
    pub(super) parked: Vec<Parked>,
    /// Records that were forgotten: what returns under their names is skipped.
    pub(super) forgotten: BTreeSet<ExternalRef>,
    /// Known records that a complete listing did not name.
    pub(super) absent: Vec<ExternalRef>,
    pub(super) checkpoint: Option<Checkpoint>,
    /// When the oldest open document was made, of those that differ.
    pub(super) oldest_open: Option<DateTime<Utc>>,
    /// Ids of those.
    pub(super) open: BTreeSet<Arc<str>>,
    /// The listing was complete but so small that its gaps are not believed: (found, expected).
    pub(super) short: Option<(u64, u64)>,
}

/// How a host stream is to be read this time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// Everything, equal or not.
    pub(super) afresh: bool,
    /// Seconds between readings of changes.
    pub(super) every_s: u64,
    /// Seconds between complete readings.
    pub(super) complete_every_s: u64,
    /// A listing smaller than this share of the last one is not believed.
    pub(super) min_listed_percent: u64,
    /// Documents of ours are made there, and people may delete them.
    pub(super) ours: bool,
    /// A person wants changes from this moment on to be read once more.
    pub(super) since: Option<DateTime<Utc>>,
    /// A person said that a short listing is right.
    pub(super) short_is_right: bool,
}

/// Stamps further ahead of our clock than this do not move the place up to which a stream was read.
const FUTURE: TimeDelta = TimeDelta::minutes(5);
/// Vendors' clocks may differ from ours by so much when the age of a stamp is judged.
const SKEW: TimeDelta = TimeDelta::minutes(10);

pub(super) struct Reader<'a> {
    /// Who puts aside what was read, when it is much.
    pub(super) work: &'a Work<'a>,
    pub(super) connector: &'a dyn Connector,
    pub(super) store: &'a dyn StateStore,
    pub(super) cx: &'a Context,
    pub(super) observer: &'a dyn Observer,
    pub(super) host: StreamKey,
}

impl Reader<'_> {
    /// Reads the stream as far as it is due.
    pub(super) async fn read(&self, known: Checkpoint, order: Order) -> Result<Reading> {
        let now = self.cx.clock.now();
        let Some(listing) = self.connector.capabilities().streams.get(&self.host.stream).and_then(|cap| cap.list)
        else {
            return Ok(Reading::default());
        };
        let elapsed = |since: Option<DateTime<Utc>>, seconds: u64| {
            let span = TimeDelta::seconds(i64::try_from(seconds).unwrap_or(i64::MAX));
            since.is_none_or(|at| now.signed_duration_since(at) >= span)
        };
        if !order.afresh && order.since.is_none() && !elapsed(known.read_at, order.every_s) {
            return Ok(Reading::default());
        }
        let since = listing.since.filter(|_| !order.afresh && !elapsed(known.complete_at, order.complete_every_s));
        match since.and_then(|since| known.high_water.map(|at| window(at, since))) {
            Some(from) => self.changes(known, order.since.map_or(from, |since| since.min(from)), order).await,
            None => self.everything(known, listing.complete, order).await,
        }
    }

    fn since(&self) -> Option<Since> {
        self.connector.capabilities().streams.get(&self.host.stream)?.list?.since
    }

    async fn changes(&self, known: Checkpoint, from: DateTime<Utc>, order: Order) -> Result<Reading> {
        let began = self.cx.clock.now();
        let mut reading = Reading::default();
        let mut index = Index::load(self.store, &self.host).await?;
        let mut high = known.high_water;
        self.pages(ListFrom::ModifiedSince(from), self.cx, &mut index, order.since.is_some(), &mut reading, &mut high)
            .await?;
        let ascending = self.since().is_some_and(|since| since.ascending);
        let high = if ascending { high } else { settled(high, known.high_water, began) };
        let (open_since, open) = self.open_documents(&known, order, &mut index, &mut reading).await?;
        let open = if order.ours { open } else { BTreeSet::new() };
        reading.checkpoint = Some(Checkpoint { high_water: high, read_at: Some(began), open_since, open, ..known });
        Ok(reading)
    }

    async fn everything(&self, known: Checkpoint, complete: bool, order: Order) -> Result<Reading> {
        let began = self.cx.clock.now();
        let mut reading = Reading::default();
        let mut index = Index::load(self.store, &self.host).await?;
        let mut high = known.high_water;
        let cx = self.cx.in_lane(Lane::Listing);
        let listed = self.pages(ListFrom::Beginning, &cx, &mut index, order.afresh, &mut reading, &mut high).await?;
        let expected = known.listed.saturating_mul(order.min_listed_percent) / 100;
        let empty = listed == 0 && known.listed > 0 && order.min_listed_percent > 0;
        let short = complete && !order.short_is_right && (listed < expected || empty);
        if (complete && !short) || fault::on(Fault::AbsenceFromPartialListing) {
            reading.absent = index.absent(self.store, &self.host).await?;
        }
        if short {
            reading.short = Some((listed, expected.max(1)));
        }
        reading.checkpoint = Some(Checkpoint {
            high_water: settled(high, known.high_water, began),
            read_at: Some(began),
            complete_at: if short { known.complete_at } else { Some(began) },
            listed: if short { known.listed } else { listed },
            open_since: known.open_since.into_iter().chain(reading.oldest_open).min(),
            open: if order.ours { known.open.union(&reading.open).cloned().collect() } else { BTreeSet::new() },
        });
        Ok(reading)
    }

    /// All pages; the number of records that they named.
    async fn pages(
        &self,
        from: ListFrom,
        cx: &Context,
        index: &mut Index,
        afresh: bool,
        reading: &mut Reading,
        high: &mut Option<DateTime<Utc>>,
    ) -> Result<u64> {
        let mut listed = 0;
        let mut query = ListQuery { stream: self.host.stream.clone(), from, page_size: None };
        let mut last: Option<Page> = None;
        loop {
            let asked = self.cx.clock.now(); // what is read is at least as new as this
            let page = self.connector.list(cx, &query).await?;
            if let (Some(before), Some(_)) = (&last, &page.next)
                && (before.next == page.next || (!page.items.is_empty() && before.items == page.items))
            {
                let line = format!("the listing of {} does not advance; it was stopped, try again later", self.host);
                return Err(Error::new(ErrorKind::Protocol, "list", line));
            }
            listed += u64::try_from(page.items.len()).unwrap_or(u64::MAX);
            for error in &page.rejected {
                reading.parked.push(Parked::new(format!("{}#?", self.host), error));
            }
            let fresh: Vec<Item> = page
                .items
                .iter()
                .filter(|item| !index.meet(&item.reference.id, item.hash) || afresh)
                .cloned()
                .collect();
            self.observer.page(&self.host, page.items.len(), fresh.len());
            self.note_forgotten(&fresh, reading).await?;
            self.take(cx, fresh, asked, index, reading, high).await?;
            self.work.relieve(&mut reading.finds).await?;
            match page.next.clone() {
                Some(cursor) => query.from = ListFrom::Page(cursor),
                None => return Ok(listed),
            }
            last = Some(page);
        }
    }

    /// Decodes items, completing rows that carry only some fields.
    async fn take(
        &self,
        cx: &Context,
        items: Vec<Item>,
        asked: DateTime<Utc>,
        index: &Index,
        reading: &mut Reading,
        high: &mut Option<DateTime<Utc>>,
    ) -> Result<()> {
        let can_get = self.connector.capabilities().streams.get(&self.host.stream).is_some_and(|cap| cap.get_max > 0);
        let mut rows = Vec::new();
        for item in items {
            if reading.forgotten.contains(&item.reference) {
                continue;
            }
            let records = if item.partial && can_get { None } else { Some(self.connector.decode(&item)) };
            let partial = records.as_ref().is_none_or(|r| r.as_ref().is_ok_and(|r| r.iter().any(|one| one.partial)));
            match records {
                Some(records) if !(partial && can_get) => {
                    let hash = item.hash;
                    self.sort(&item, records, hash, asked, reading, high);
                    self.work.relieve(&mut reading.finds).await?;
                }
                _ => rows.push(item),
            }
        }
        let ids: Vec<Arc<str>> = rows.iter().map(|row| row.reference.id.clone()).collect();
        let now = self.cx.clock.now();
        let completed = self.get(cx, &ids).await?;
        for (row, full) in rows.into_iter().zip(completed) {
            if let Some(full) = full {
                self.sort(&full, self.connector.decode(&full), row.hash, now, reading, high);
                self.distrust(&row, index.hash(&row.reference.id), now, reading);
                continue;
            }
            // what is gone cannot be read whole; that it is gone is all there is to know
            let records = self.connector.decode(&row);
            if records.as_ref().is_ok_and(|records| records.iter().any(|record| record.deleted)) {
                self.sort(&row, records, row.hash, asked, reading, high);
            }
        }
        Ok(())
    }

    /// Learns which of these records, and of those that they carry, are to stay forgotten.
    async fn note_forgotten(&self, items: &[Item], reading: &mut Reading) -> Result<()> {
        let streams = &self.connector.capabilities().streams;
        let facets = streams.iter().filter(|(_, cap)| cap.facet_of.as_ref() == Some(&self.host.stream));
        let facets: Vec<StreamKey> =
            facets.map(|(stream, _)| StreamKey { stream: stream.clone(), ..self.host.clone() }).collect();
        let names: Vec<ExternalRef> = items
            .iter()
            .flat_map(|item| {
                let carried = facets.iter().map(|facet| facet.id(&item.reference.id));
                carried.chain([item.reference.clone()]).collect::<Vec<_>>()
            })
            .collect();
        if !names.is_empty() {
            reading.forgotten.extend(self.store.forgotten(&names).await?);
        }
        Ok(())
    }

    /// A row that shows only some fields tells of a change by its stamp. Within the stamp's own step it tells nothing: such
    /// a record is read whole again until so much time has passed since the row was first met that a change would give
    /// it another stamp. Time by our own clock: the vendor's may be wrong.
    fn distrust(&self, row: &Item, known: Option<Fingerprint>, now: DateTime<Utc>, reading: &mut Reading) {
        let step = self.since().map_or(TimeDelta::zero(), |since| {
            TimeDelta::milliseconds(i64::from(since.precision_ms)) + TimeDelta::seconds(i64::from(since.lag_s))
        });
        let Some(find) = reading.finds.here.last_mut().filter(|find| find.item.reference == row.reference) else {
            return;
        };
        let stamped = find.sights.iter().any(|sight| sight.version.modified_at.is_some());
        let first = known.and_then(|known| first_met(known, row.hash)).filter(|at| *at <= now).unwrap_or(now);
        // twice the step, so that a clock put back by less than that gives no old stamp to a new change
        let trusted = stamped && now.signed_duration_since(first) > step + step + SKEW;
        if !trusted {
            find.hash = if stamped { met_at(row.hash, first) } else { Indexed::unseen() };
        }
    }

    /// Records by id, in as many calls as needed.
    pub(super) async fn get(&self, cx: &Context, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        let max = self.connector.capabilities().streams.get(&self.host.stream).map_or(0, |cap| cap.get_max);
        let max = usize::try_from(max.max(1)).unwrap_or(1);
        let mut all = Vec::with_capacity(ids.len());
        for ids in ids.chunks(max) {
            all.extend(self.connector.get(cx, &self.host.stream, ids).await?);
        }
        Ok(all)
    }

    /// Sorts what an item says into what was read.
    pub(super) fn sort(
        &self,
        item: &Item,
        records: Result<Vec<Record>>,
        hash: Fingerprint,
        now: DateTime<Utc>,
        reading: &mut Reading,
        high: &mut Option<DateTime<Utc>>,
    ) {
        let mut find = Find { item: item.clone(), hash, at: now, is_readable: records.is_ok(), sights: Vec::new() };
        match records {
            Ok(records) => {
                for record in records.into_iter().filter(|record| !reading.forgotten.contains(&record.reference)) {
                    let open = open::since(&record);
                    reading.oldest_open = reading.oldest_open.into_iter().chain(open).min();
                    reading.open.extend(open.map(|_| record.reference.id.clone()));
                    if let Some(at) = record.version.modified_at.filter(|at| *at <= now + FUTURE) {
                        *high = Some(high.map_or(at, |before| before.max(at)));
                    }
                    find.sights.push(Sight::new(record));
                }
            }
            Err(error) => {
                let mut parked = Parked::new(item.reference.to_string(), &error);
                parked.raw = Some(item.raw.clone());
                reading.parked.push(parked);
            }
        }
        reading.finds.here.push(find);
    }

    /// Looks at single records, whatever the listings say: hints, and records that went missing.
    pub(super) async fn look(&self, ids: &BTreeSet<Arc<str>>, reading: &mut Reading) -> Result<BTreeSet<Arc<str>>> {
        let ids: Vec<Arc<str>> = ids.iter().cloned().collect();
        let now = self.cx.clock.now();
        let found = self.get(self.cx, &ids).await?;
        let items: Vec<Item> = found.iter().flatten().cloned().collect();
        self.note_forgotten(&items, reading).await?;
        let mut gone = BTreeSet::new();
        for (id, item) in ids.into_iter().zip(found) {
            match item {
                Some(item) if reading.forgotten.contains(&item.reference) => {}
                // its hash may differ from the listed row's: the next listing will tell
                Some(item) => {
                    self.sort(&item, self.connector.decode(&item), Indexed::unseen(), now, reading, &mut None);
                }
                None => {
                    gone.insert(id);
                }
            }
        }
        Ok(gone)
    }
}

/// A row's hash with the moment, in seconds, at which it was first met: no listing shows such a hash, so the row is read
/// whole each time, and the moment can be had back from it.
fn met_at(hash: Fingerprint, at: DateTime<Utc>) -> Fingerprint {
    Fingerprint::from_bits(hash.bits() ^ u128::try_from(at.timestamp()).unwrap_or_default())
}

/// The moment that [`met_at`] put in; of other hashes nothing that could be one.
fn first_met(known: Fingerprint, hash: Fingerprint) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(known.bits() ^ hash.bits()).ok()?, 0)
}

/// How far a stream was read for certain. A record that changes while a listing is under way may slip past it, so what is
/// younger than the listing's begin is read again next time.
fn settled(seen: Option<DateTime<Utc>>, before: Option<DateTime<Utc>>, began: DateTime<Utc>) -> Option<DateTime<Utc>> {
    seen.map(|seen| seen.min(began - SKEW)).max(before)
}

/// Where a window of changes starts: the newest stamp seen, less what the vendor shows late and the step of its stamps.
fn window(high_water: DateTime<Utc>, since: Since) -> DateTime<Utc> {
    high_water - TimeDelta::seconds(i64::from(since.lag_s)) - TimeDelta::milliseconds(i64::from(since.precision_ms))
}
