//! C-20 to C-25: what changed since, and what was made since.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use sync_core::{
    ErrorKind,
    capability::{Since, StreamCapability},
    connector::ListFrom,
};

use super::{
    Check,
    bench::{Bench, Stream},
    report::{Outcome, Wrong, sure},
};

fn tells(can: &StreamCapability) -> bool {
    can.list.is_some_and(|list| list.since.is_some())
}
fn since_of(stream: &Stream) -> Result<Since, Wrong> {
    stream.can.list.and_then(|list| list.since).ok_or_else(|| Wrong::new("it tells nothing of changes"))
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream(
        "C-20",
        "list.since",
        "the moment asked for is included as claimed; later moments leave out",
        tells,
        |b, s| Box::pin(boundary(b, s)),
    ),
    Check::of_stream(
        "C-21",
        "list.since",
        "two changes within one step of the stamps are both found; order as claimed",
        tells,
        |b, s| Box::pin(within_a_step(b, s)),
    ),
    Check::of_stream(
        "C-22",
        "list.since",
        "a change in the hour that comes twice is found, and not an hour off",
        tells,
        |b, s| Box::pin(autumn(b, s)),
    ),
    Check::of_stream(
        "C-23",
        "list.since.lag_s",
        "what shows late is found within the lag that is claimed",
        |can| lag(can) > 0,
        |b, s| Box::pin(late(b, s)),
    ),
    Check::of_stream(
        "C-24",
        "list",
        "what was made since is named, or the question refused without a request",
        |can| can.list.is_some(),
        |b, s| Box::pin(created(b, s)),
    ),
    Check::of_stream(
        "C-25",
        "search_lag_s",
        "what was made can be looked for after the lag that is claimed",
        |can| can.search_lag_s > 0 && can.create,
        |b, s| Box::pin(looked_for_late(b, s)),
    ),
];

fn lag(can: &StreamCapability) -> u32 {
    can.list.and_then(|list| list.since).map_or(0, |since| since.lag_s)
}

async fn stamp(bench: &Bench, stream: &Stream, id: &str) -> Result<DateTime<Utc>, Wrong> {
    let item = bench.look(stream, id).await?;
    let stamp = bench.host(&item)?.version.modified_at;
    stamp.ok_or_else(|| Wrong(format!("{id} does not tell when it was changed")))
}

async fn named(bench: &Bench, stream: &Stream, since: DateTime<Utc>, id: &str) -> Result<bool, Wrong> {
    bench.lists(&stream.id, ListFrom::ModifiedSince(since), id).await
}

async fn boundary(bench: &Bench, stream: &Stream) -> Outcome {
    let since = since_of(stream)?;
    let ids = bench.seed(stream, 7).await?;
    let id = ids.last().cloned().ok_or_else(|| Wrong::new("the fixture made no record"))?;
    let at = stamp(bench, stream, &id).await?;
    let step = TimeDelta::milliseconds(i64::from(since.precision_ms.max(1)));
    sure(named(bench, stream, at - step, &id).await?, || {
        format!("changed at {at}, and not named one step before that")
    })?;
    if since.inclusive {
        sure(named(bench, stream, at, &id).await?, || {
            format!("changed at {at}, and not named at that moment, which is claimed")
        })?;
    }
    let later = at + step + TimeDelta::seconds(i64::from(since.lag_s)) + TimeDelta::days(2);
    // the page in which older ones begin may come whole
    let listed = bench.list(&stream.id, ListFrom::ModifiedSince(later)).await?.len();
    sure(listed < ids.len(), || {
        format!("changed at {at}, {listed} records are named as changed since {later}: the listing is a full one")
    })
}

async fn within_a_step(bench: &Bench, stream: &Stream) -> Outcome {
    let since = since_of(stream)?;
    let ids = bench.seed(stream, 3).await?;
    let mut stamps = Vec::new();
    for id in &ids {
        stamps.push(stamp(bench, stream, id).await?);
    }
    let first = stamps.iter().min().copied().unwrap_or_default();
    let start = first - TimeDelta::milliseconds(i64::from(since.precision_ms.max(1)));
    let listed = bench.list(&stream.id, ListFrom::ModifiedSince(start)).await?;
    for id in &ids {
        sure(listed.iter().any(|item| item.reference.id == *id), || {
            format!("{id} is one of several of one moment, and left out")
        })?;
    }
    if since.ascending {
        let mut last = None;
        for item in &listed {
            let at = bench.host(item)?.version.modified_at;
            sure(at >= last, || "rows are said to come oldest change first, and do not".to_owned())?;
            last = at;
        }
    }
    Ok(())
}

/// A quarter past midnight UTC on the next last Sunday of October: an hour later clocks in Europe go back.
fn before_the_hour(now: DateTime<Utc>) -> Result<DateTime<Utc>, Wrong> {
    let of = |year: i32| {
        let last = chrono::NaiveDate::from_ymd_opt(year, 10, 31)?;
        let sunday = last - TimeDelta::days(i64::from(last.weekday().num_days_from_sunday()));
        Some(sunday.and_hms_opt(0, 15, 0)?.and_utc())
    };
    let year = now.year();
    (year..year + 2).filter_map(of).find(|at| *at > now).ok_or_else(|| Wrong::new("there is no such moment"))
}

async fn autumn(bench: &Bench, stream: &Stream) -> Outcome {
    let since = since_of(stream)?;
    let now = bench.cx.clock.now();
    let early = before_the_hour(now)?;
    let wait = |from: DateTime<Utc>, to: DateTime<Utc>| u64::try_from((to - from).num_seconds()).unwrap_or_default();
    if bench.fixture.is_live() {
        return Ok(());
    }
    sure(bench.fixture.advance(wait(now, early)), || "the fixture cannot move time".to_owned())?;
    let first = bench.seed_one(stream).await?;
    let changed = bench.fixture.touch(&stream.id, &first).await;
    bench.fixture.advance(3600);
    let second = bench.seed_one(stream).await?;
    let step = TimeDelta::milliseconds(i64::from(since.precision_ms.max(1)));
    for (id, at) in [(&first, early), (&second, early + TimeDelta::hours(1))] {
        let shown = stamp(bench, stream, id).await?;
        let off = (shown - at).abs();
        // a vendor that has no stamp for what its users changed shows when it was made
        sure(off <= step || !changed, || format!("changed at {at}, and said to be changed at {shown}"))?;
    }
    for (id, from) in [(&first, early - step), (&second, early - step), (&second, early + TimeDelta::hours(1) - step)] {
        sure(named(bench, stream, from, id).await?, || {
            format!("{id} is not named as changed since {from}, in the hour that comes twice")
        })?;
    }
    Ok(())
}

async fn late(bench: &Bench, stream: &Stream) -> Outcome {
    let since = since_of(stream)?;
    sure(bench.fixture.lists_late(since.lag_s), || "the fixture cannot show records late".to_owned())?;
    let window = bench.cx.clock.now();
    let id = bench.seed_one(stream).await?;
    sure(bench.fixture.advance(u64::from(since.lag_s)), || "the fixture cannot move time".to_owned())?;
    // the window after that begins where the one before ended, less the lag
    let from = window - TimeDelta::seconds(i64::from(since.lag_s));
    sure(named(bench, stream, from, &id).await?, || {
        format!("made at {window}, it is not named {} s later", since.lag_s)
    })
}

async fn created(bench: &Bench, stream: &Stream) -> Outcome {
    let before = bench.cx.clock.now() - TimeDelta::days(1);
    let id = bench.seed_one(stream).await?;
    let (answer, sent) = bench.counted(bench.page(&stream.id, ListFrom::CreatedSince(before), None)).await;
    match answer {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            sure(sent.is_none_or(|sent| sent.is_empty()), || "it was refused after a request".to_owned())
        }
        Err(error) => Err(error.into()),
        Ok(_) => {
            let listed = bench.lists(&stream.id, ListFrom::CreatedSince(before), &id).await?;
            sure(listed, || format!("{id} was made after {before}, and is not named"))?;
            let never = bench.cx.clock.now() + TimeDelta::days(2);
            let listed = bench.lists(&stream.id, ListFrom::CreatedSince(never), &id).await?;
            sure(!listed, || format!("{id} is named as made after {never}"))
        }
    }
}

async fn looked_for_late(bench: &Bench, stream: &Stream) -> Outcome {
    sure(bench.fixture.lists_late(stream.can.search_lag_s), || "the fixture cannot show records late".to_owned())?;
    let (made, sample) = bench.make(stream).await?;
    sure(bench.fixture.advance(u64::from(stream.can.search_lag_s)), || "the fixture cannot move time".to_owned())?;
    let fields =
        sample.iter().find(|(part, _)| *part == stream.id).map(|(_, fields)| fields.clone()).unwrap_or_default();
    let by = fields.filter(|path| stream.can.find_by.contains(&path));
    let id = &made.reference.id;
    let found = match by.iter().next() {
        Some((path, value)) => {
            let one = sync_core::FieldMap::new().with(path, value.clone());
            bench.connector.find(&bench.cx, &stream.id, &one).await?.iter().any(|item| item.reference.id == *id)
        }
        None => bench.lists(&stream.id, ListFrom::Beginning, id).await?,
    };
    sure(found, || format!("{id} cannot be found {} s after it was made", stream.can.search_lag_s))
}
