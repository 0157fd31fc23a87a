//! Intents without an outcome: looking before anything is sent again.

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    act::{self, Stands},
    call::decoded,
    index::Index,
    outcome::{as_wanted, sent},
    placing::likeness,
    subject::Sight,
    work::Work,
};
use crate::{
    capability::StreamCapability,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Version},
    error::Result,
    fault::{self, Fault},
    id::{CanonicalId, ExternalRef, StreamId, StreamKey},
    store::Intent,
    value::FieldMap,
};

/// People need longer than this to see a status and set it back.
const QUICKEST_MS: u32 = 10_000;

/// What looking found out.
#[derive(Debug)]
pub(super) enum Found {
    /// The write was made.
    Made { reference: ExternalRef, sights: Vec<Sight> },
    /// The record is gone.
    Gone,
    /// The write was not made: it is planned again.
    NotMade,
    /// It is sent again under its key.
    SendAgain,
    /// Not found yet: look again later.
    LookAgain,
    /// Several records could be it.
    Several(Vec<ExternalRef>),
    /// Nobody can look.
    Blind,
}

/// A step that a system carries out by itself is asked for again when it is not done by then.
const PATIENCE: TimeDelta = TimeDelta::hours(1);

/// Vendors' clocks and ours may differ by so much when records are looked for by time.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// Looks for what became of an intent; with all records that this showed.
pub(super) async fn look(work: &Work<'_>, connector: &dyn Connector, intent: &Intent) -> Result<(Found, Vec<Sight>)> {
    let mut shown = Vec::new();
    let Some(cap) = connector.capabilities().streams.get(&intent.host.stream) else {
        return Ok((Found::Blind, shown));
    };
    let found = match intent.action.id() {
        Some(id) => look_at(work, connector, cap, intent, id, &mut shown).await,
        None => look_for(work, connector, cap, intent, &mut shown).await,
    };
    Ok((found?, shown))
}

async fn look_at(
    work: &Work<'_>,
    connector: &dyn Connector,
    cap: &StreamCapability,
    intent: &Intent,
    id: &Arc<str>,
    shown: &mut Vec<Sight>,
) -> Result<Found> {
    if cap.get_max == 0 {
        // the next listing shows it; writing the same values once more changes nothing
        return Ok(if intent.effects.is_empty() { Found::NotMade } else { Found::Blind });
    }
    let item =
        connector.get(work.cx, &intent.host.stream, std::slice::from_ref(id)).await?.into_iter().next().flatten();
    let Some(item) = item else {
        return match &intent.action {
            Action::Act { act, .. } => moved_on(work, connector, intent, act).await,
            _ => Ok(Found::Gone),
        };
    };
    let sights = decoded(connector, &item)?;
    if matches!(intent.action, Action::Act { .. }) {
        let stands = intent.shares.iter().filter_map(|share| {
            let sight = sights.iter().find(|sight| sight.reference.at == share.at)?;
            Some(act::stands(work.table(&share.at)?, &intent.action, share, &sight.fields))
        });
        return Ok(match stands.min() {
            Some(Stands::Taken) => Found::Made { reference: item.reference, sights },
            Some(Stands::Otherwise) | None => Found::Blind,
            // it may still be on its way
            Some(Stands::Ahead) if enough(cap, intent, work.now()) && !is_awaited(intent, work.now()) => Found::NotMade,
            Some(Stands::Ahead) => Found::LookAgain,
        });
    }
    let made = intent.shares.iter().all(|share| {
        let sight = sights.iter().find(|sight| sight.reference.at == share.at);
        sight
            .zip(work.table(&share.at))
            .is_some_and(|(sight, table)| as_wanted(table, &sight.fields, &sent(share), &work.links))
    });
    if let (Action::Update { .. }, true) = (&intent.action, made) {
        return Ok(Found::Made { reference: item.reference, sights });
    }
    let before = intent.effects.is_empty() || is_as_before(work, cap, intent, &sights).await?;
    shown.extend(sights);
    if before {
        return Ok(Found::NotMade);
    }
    // somebody was here since: perhaps it was made, and taken back. Its effects are not risked twice
    Ok(Found::Gone)
}

/// Whether a record carries the very version that it had before the write. A stamp proves it only if the write would have
/// moved it: stamps of whole days do not, on the same day. Those of seconds do, since nobody takes a status back within
/// the second in which it was set.
async fn is_as_before(work: &Work<'_>, cap: &StreamCapability, intent: &Intent, sights: &[Sight]) -> Result<bool> {
    let precision = cap.list.and_then(|list| list.since).map_or(0, |since| since.precision_ms);
    let apart = |at: DateTime<Utc>| intent.at.signed_duration_since(at).num_milliseconds() >= i64::from(precision);
    let tells = |version: &Version| {
        let stamp = version.modified_at.filter(|at| precision <= QUICKEST_MS || apart(*at));
        version.etag.is_some() || stamp.is_some()
    };
    let ids: BTreeSet<CanonicalId> = intent.shares.iter().map(|share| share.subject).collect();
    let bindings = work.load(&ids).await?;
    Ok(intent.shares.iter().all(|share| {
        let before = bindings.get(&share.subject).and_then(|binding| binding.sides.get(&share.at));
        let now = sights.iter().find(|sight| sight.reference.at == share.at);
        before.zip(now).is_some_and(|(before, now)| before.version == now.version && tells(&before.version))
    }))
}

/// A record that is gone after a step that moves records: it is looked for by our mark where the step leads to.
async fn moved_on(work: &Work<'_>, connector: &dyn Connector, intent: &Intent, act: &str) -> Result<Found> {
    let Some(StreamKey { stream, .. }) = work.moves_to(&intent.host, act) else { return Ok(Found::Gone) };
    let Some(cap) = connector.capabilities().streams.get(&stream) else { return Ok(Found::Gone) };
    let last = enough(cap, intent, work.now());
    Ok(match marked(work, connector, intent, stream).await?.into_found() {
        None if last => Found::Gone,
        found => found.unwrap_or(Found::LookAgain),
    })
}

async fn look_for(
    work: &Work<'_>,
    connector: &dyn Connector,
    cap: &StreamCapability,
    intent: &Intent,
    shown: &mut Vec<Sight>,
) -> Result<Found> {
    if !cap.can_look() {
        // sent again under the same key it makes no second record; without a key only a person can tell
        return Ok(if cap.create_with_idempotency_key { Found::SendAgain } else { Found::Blind });
    }
    let now = work.now();
    let last = enough(cap, intent, now);
    let items = candidates(work, connector, cap, intent, last).await?;
    let last = last && names_all(work, connector, cap, intent, &items, shown).await?;
    let mut fitting: Vec<(u32, Item, Vec<Sight>)> = Vec::new();
    for item in items {
        let Ok(sights) = decoded(connector, &item) else { continue };
        shown.extend(sights.iter().cloned());
        let own = sights.iter().find(|sight| sight.reference.at == intent.host && !sight.deleted);
        if let Some(score) = own.and_then(|sight| likeness(cap, intent, sight)) {
            fitting.push((score, item, sights));
        }
    }
    let references: Vec<ExternalRef> = fitting.iter().map(|(_, item, _)| item.reference.clone()).collect();
    let (taken, unplaced) = taken(work, intent, &references).await?;
    fitting.retain(|(_, item, _)| !taken.contains(&item.reference));
    let best = fitting.iter().map(|(score, ..)| *score).max();
    fitting.retain(|(score, ..)| Some(*score) == best);
    fitting.sort_by(|(_, a, _), (_, b, _)| a.reference.cmp(&b.reference));
    // as many creates of equal content as records: any of them is the right one
    let equal = work.creates.iter().filter(|other| other.host == intent.host && other.action == intent.action).count();
    let mut further = further_on(work, connector, cap, intent).await?;
    if !further.records.is_empty() {
        // where one stands here too, one of the two is a copy that somebody made, and nobody can tell which
        further.records.extend(fitting.into_iter().map(|(_, item, sights)| (item.reference, sights)));
        further.unplaced.extend(unplaced);
        return Ok(further.into_found().unwrap_or(Found::LookAgain));
    }
    Ok(match fitting.len() {
        // under its key it makes no second record, and the open intent goes on claiming the first
        0 if last && cap.create_with_idempotency_key => Found::SendAgain,
        0 if last => Found::NotMade,
        0 => Found::LookAgain,
        // matching finds its place
        1 if fitting.iter().any(|(_, item, _)| unplaced.contains(&item.reference)) => Found::LookAgain,
        found if found <= equal.max(1) => {
            let (_, item, sights) = fitting.swap_remove(0);
            Found::Made { reference: item.reference, sights }
        }
        _ => Found::Several(fitting.into_iter().map(|(_, item, _)| item.reference).collect()),
    })
}

/// Records with our mark that no other record of ours has.
#[derive(Default)]
struct Marked {
    records: Vec<(ExternalRef, Vec<Sight>)>,
    /// Those of them that nobody could place: matching finds their place.
    unplaced: BTreeSet<ExternalRef>,
}

impl Marked {
    /// What they say of an intent; `None` if there is none.
    fn into_found(mut self) -> Option<Found> {
        self.records.sort_by(|(a, _), (b, _)| a.cmp(b));
        match self.records.len() {
            0 => None,
            1 if self.records.iter().any(|(reference, _)| self.unplaced.contains(reference)) => Some(Found::LookAgain),
            1 => {
                let (reference, sights) = self.records.swap_remove(0);
                Some(Found::Made { reference, sights })
            }
            // users copy documents, mark and all
            _ => Some(Found::Several(self.records.into_iter().map(|(reference, _)| reference).collect())),
        }
    }
}

/// What became of a create in the streams that a person may have brought it to.
async fn further_on(
    work: &Work<'_>,
    connector: &dyn Connector,
    cap: &StreamCapability,
    intent: &Intent,
) -> Result<Marked> {
    let mut all = Marked::default();
    let steps = cap.document.iter().flat_map(|document| &document.steps);
    for stream in steps.filter_map(|step| step.moves_to.clone()).collect::<BTreeSet<StreamId>>() {
        let there = marked(work, connector, intent, stream).await?;
        all.records.extend(there.records);
        all.unplaced.extend(there.unplaced);
    }
    Ok(all)
}

/// Looks for our mark in another stream than the intent's. What another record has already is not it.
async fn marked(work: &Work<'_>, connector: &dyn Connector, intent: &Intent, stream: StreamId) -> Result<Marked> {
    let Some(cap) = connector.capabilities().streams.get(&stream) else { return Ok(Marked::default()) };
    let host = StreamKey { system: intent.host.system.clone(), stream };
    let there = Intent { host: host.clone(), ..intent.clone() };
    let items = candidates(work, connector, cap, &there, enough(cap, intent, work.now())).await?;
    let mut records = Vec::new();
    for item in items {
        let Ok(sights) = decoded(connector, &item) else { continue };
        let ours = |sight: &Sight| sight.reference.at == host && !sight.deleted && sight.mark == intent.mark;
        if intent.mark.is_some() && sights.iter().any(ours) {
            records.push((item.reference, sights));
        }
    }
    let references: Vec<ExternalRef> = records.iter().map(|(reference, _)| reference.clone()).collect();
    let (taken, unplaced) = taken(work, intent, &references).await?;
    records.retain(|(reference, _)| !taken.contains(reference));
    Ok(Marked { records, unplaced })
}

/// Those that belong to another record, and those that nobody could place: one with our mark may be the very one that is
/// looked for.
async fn taken(
    work: &Work<'_>,
    intent: &Intent,
    references: &[ExternalRef],
) -> Result<(BTreeSet<ExternalRef>, BTreeSet<ExternalRef>)> {
    let bound = work.store.bound(references).await?;
    let bindings = work.load(&bound.iter().map(|(_, id)| *id).collect()).await?;
    let unplaced =
        |id: &CanonicalId| intent.mark.is_some() && bindings.get(id).is_some_and(|binding| binding.ambiguous);
    let (unplaced, taken): (Vec<_>, Vec<_>) = bound.into_iter().partition(|(_, id)| unplaced(id));
    let names = |all: Vec<(ExternalRef, CanonicalId)>| all.into_iter().map(|(reference, _)| reference).collect();
    Ok((names(taken), names(unplaced)))
}

/// A listing that leaves out records that are known to be there ended early: what it does not name proves nothing. Those
/// that it does not name are asked for by id: in a stream that nobody reads, nobody notes that a record was removed.
async fn names_all(
    work: &Work<'_>,
    connector: &dyn Connector,
    cap: &StreamCapability,
    intent: &Intent,
    items: &[Item],
    shown: &mut Vec<Sight>,
) -> Result<bool> {
    if !cap.find_by.is_empty() || !cap.list.is_some_and(|list| list.complete) {
        return Ok(true); // it was not looked for in a whole listing
    }
    let mut index = Index::load(work.store, &intent.host).await?;
    for item in items {
        index.meet(&item.reference.id, item.hash);
    }
    let unnamed = index.absent(work.store, &intent.host).await?;
    if cap.get_max == 0 {
        return Ok(unnamed.is_empty());
    }
    let ids: Vec<Arc<str>> = unnamed.into_iter().map(|reference| reference.id).collect();
    let mut all = true;
    for ids in ids.chunks(usize::try_from(cap.get_max).unwrap_or(usize::MAX)) {
        for item in connector.get(work.cx, &intent.host.stream, ids).await?.into_iter().flatten() {
            all = false;
            shown.extend(decoded(connector, &item).unwrap_or_default());
        }
    }
    Ok(all)
}

/// Whether a system that carries a step out by itself still has time for it.
fn is_awaited(intent: &Intent, now: DateTime<Utc>) -> bool {
    intent.under_way && now.signed_duration_since(intent.at) < PATIENCE
}

/// "Not there" means two looks, each at least a search delay after what came before.
pub(super) fn enough(cap: &StreamCapability, intent: &Intent, now: DateTime<Utc>) -> bool {
    let lag = TimeDelta::seconds(i64::from(cap.search_lag_s));
    if fault::on(Fault::NoWait) {
        return true;
    }
    let late = |at: DateTime<Utc>| now.signed_duration_since(at) >= lag && now > at;
    let first = intent.looks.iter().find(|look| look.signed_duration_since(intent.at) >= lag);
    match first {
        Some(first) => late(*first),
        None => fault::on(Fault::OneLook) && late(intent.at),
    }
}

async fn candidates(
    work: &Work<'_>,
    connector: &dyn Connector,
    cap: &StreamCapability,
    intent: &Intent,
    last: bool,
) -> Result<Vec<Item>> {
    let stream = &intent.host.stream;
    if let (Some(mark), Some(text)) = (cap.create_mark, &intent.mark)
        && cap.find_by.contains(&mark.field)
    {
        return connector.find(work.cx, stream, &FieldMap::new().with(mark.field, text.as_str())).await;
    }
    let wanted = intent.action.parts().iter().find(|part| part.stream == *stream).map(|part| &part.wanted);
    if cap.create_mark.is_none()
        && let Some(wanted) = wanted
    {
        let by = wanted.filter(|path| cap.find_by.contains(&path) && wanted.filled(path).is_some());
        if !by.is_empty() {
            return connector.find(work.cx, stream, &by).await;
        }
    }
    let since = cap.list.and_then(|list| list.since);
    // the look that decides trusts no clock
    let from = match since.filter(|_| !(last && cap.list.is_some_and(|list| list.complete))) {
        Some(since) => {
            let back =
                TimeDelta::seconds(i64::from(since.lag_s)) + TimeDelta::milliseconds(i64::from(since.precision_ms));
            ListFrom::ModifiedSince(intent.at - SKEW - back)
        }
        None => ListFrom::Beginning,
    };
    let mut query = ListQuery { stream: stream.clone(), from, page_size: None };
    let mut items = Vec::new();
    loop {
        let page = connector.list(work.cx, &query).await?;
        items.extend(page.items);
        match page.next {
            Some(cursor) => query.from = ListFrom::Page(cursor),
            None => break,
        }
    }
    complete(work, connector, cap, items).await
}

/// Rows that carry only some fields cannot be recognised: they are read whole.
async fn complete(
    work: &Work<'_>,
    connector: &dyn Connector,
    cap: &StreamCapability,
    items: Vec<Item>,
) -> Result<Vec<Item>> {
    let (rows, mut whole): (Vec<Item>, Vec<Item>) = items.into_iter().partition(|item| item.partial && cap.get_max > 0);
    let max = usize::try_from(cap.get_max.max(1)).unwrap_or(1);
    let ids: Vec<Arc<str>> = rows.into_iter().map(|row| row.reference.id).collect();
    for ids in ids.chunks(max) {
        let host = connector.capabilities().streams.iter().find(|(_, c)| *c == cap).map(|(stream, _)| stream.clone());
        if let Some(stream) = host {
            whole.extend(connector.get(work.cx, &stream, ids).await?.into_iter().flatten());
        }
    }
    Ok(whole)
}
