//! C-10 to C-19: listings, and what is decoded of their rows.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, StreamId,
    capability::{RemoveMode, StreamCapability},
    connector::{Action, Cursor, Item, ListFrom},
};

use super::{
    Check,
    bench::{Bench, Stream},
    report::{Outcome, Wrong, sure},
    system::readable,
};

fn lists(can: &StreamCapability) -> bool {
    can.list.is_some()
}
fn of(can: &StreamCapability, what: impl Fn(&sync_core::capability::Listing) -> bool) -> bool {
    can.list.as_ref().is_some_and(what)
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream("C-10", "list", "three pages and a bit: every record once, in finite time", lists, |b, s| {
        Box::pin(every_record_once(b, s))
    }),
    Check::of_stream("C-11", "list", "pages of one record, of too many, and of none", lists, |b, s| {
        Box::pin(sizes_of_pages(b, s))
    }),
    Check::of_stream(
        "C-12",
        "list",
        "a record removed or added between two pages costs no other one",
        lists,
        |b, s| Box::pin(moving_ground(b, s)),
    ),
    Check::of_stream("C-13", "list", "what is no cursor is refused", lists, |b, s| Box::pin(foreign_cursors(b, s))),
    Check::of_stream(
        "C-14",
        "list.partial",
        "rows are marked as partial, and lack what they lack",
        |can| of(can, |l| l.partial),
        |b, s| Box::pin(partial_rows(b, s)),
    ),
    Check::of_stream(
        "C-15",
        "list.complete",
        "records out of use are listed too",
        |can| of(can, |l| l.complete),
        |b, s| Box::pin(complete(b, s)),
    ),
    Check::of_stream(
        "C-16",
        "get",
        "ids with / + & % = # and blanks reach the vendor as they are",
        |can| can.get_max > 0,
        |b, s| Box::pin(odd_ids(b, s)),
    ),
    Check::of_stream(
        "C-17",
        "readable",
        "a record that cannot be decoded is refused alone, naming itself",
        readable,
        |b, s| Box::pin(undecodable(b, s)),
    ),
    Check::of_stream("C-18", "readable", "decoding is pure: no request, and the same again", readable, |b, s| {
        Box::pin(pure(b, s))
    }),
    Check::of_stream(
        "C-19",
        "facets",
        "one read shows the host and all its facets",
        |can| can.facet_of.is_none(),
        |b, s| Box::pin(facets(b, s)),
    ),
    Check::of_stream(
        "C-26",
        "list.with_deleted",
        "a removed record is listed, marked as such",
        |can| of(can, |l| l.with_deleted),
        |b, s| Box::pin(tombstones(b, s)),
    ),
];

fn ids(items: &[Item]) -> Vec<String> {
    items.iter().map(|item| item.reference.id.to_string()).collect()
}

/// Three pages and a bit, in pages that are not too large for that.
async fn several_pages(bench: &Bench, stream: &Stream) -> Result<(Vec<String>, u32), Wrong> {
    let max = stream.can.list.map_or(1, |list| list.page_max);
    let size = max.min(2);
    let count = usize::try_from(size * 3 + 1).unwrap_or(7);
    Ok((bench.seed(stream, count).await?.iter().map(ToString::to_string).collect(), size))
}

async fn every_record_once(bench: &Bench, stream: &Stream) -> Outcome {
    let (seeded, size) = several_pages(bench, stream).await?;
    for size in [Some(size), None] {
        let listed = bench.pages(&stream.id, ListFrom::Beginning, size).await?.concat();
        let listed = ids(&listed);
        let once: BTreeSet<&String> = listed.iter().collect();
        sure(once.len() == listed.len(), || format!("a record came twice: {listed:?}"))?;
        let lost: Vec<&String> = seeded.iter().filter(|id| !once.contains(id)).collect();
        sure(lost.is_empty(), || format!("of {} records these were not listed: {lost:?}", seeded.len()))?;
    }
    Ok(())
}

async fn sizes_of_pages(bench: &Bench, stream: &Stream) -> Outcome {
    let max = stream.can.list.map_or(1, |list| list.page_max);
    bench
        .list(&stream.id, ListFrom::Beginning)
        .await
        .map_err(|Wrong(what)| Wrong(format!("before anything was made: {what}")))?;
    let (_, size) = several_pages(bench, stream).await?;
    for wanted in [Some(1), Some(size), Some(max.saturating_add(1)), Some(u32::MAX), Some(0), None] {
        let pages = bench.pages(&stream.id, ListFrom::Beginning, wanted).await?;
        let most = wanted.unwrap_or(max).clamp(1, max);
        let largest = pages.iter().map(Vec::len).max().unwrap_or_default();
        // a vendor whose pages have one size may give more than was asked for, never more than it declares
        let most = if bench.fixture.pages_are_fixed(&stream.id) { max } else { most };
        sure(u32::try_from(largest).is_ok_and(|largest| largest <= most), || {
            format!("asked for {wanted:?} records (at most {max}), a page has {largest}")
        })?;
    }
    Ok(())
}

async fn moving_ground(bench: &Bench, stream: &Stream) -> Outcome {
    let (seeded, size) = several_pages(bench, stream).await?;
    let first = bench.page(&stream.id, ListFrom::Beginning, Some(size)).await?;
    let next = first.next.ok_or_else(|| Wrong::new("the first page is the only one"))?;
    let ours = |id: &&std::sync::Arc<str>| seeded.iter().any(|one| **one == ***id);
    let gone = first.items.iter().map(|item| &item.reference.id).find(ours).cloned();
    let can_remove = stream.can.remove.contains(&RemoveMode::Delete);
    if let Some(gone) = &gone {
        let removed = bench.fixture.remove_behind(&stream.id, gone).await;
        if !removed && can_remove {
            let action = Action::Remove { id: gone.clone(), mode: RemoveMode::Delete };
            bench.write(bench.plain(&stream.id, action)).await?;
        }
    }
    let rest = async |first: &[Item], next: Cursor| -> Result<Vec<String>, Wrong> {
        let rest = bench.pages(&stream.id, ListFrom::Page(next), Some(size)).await?.concat();
        Ok(ids(first).into_iter().chain(ids(&rest)).collect())
    };
    let listed = rest(&first.items, next).await?;
    let alive: Vec<&String> = seeded.iter().filter(|id| gone.as_deref() != Some(id.as_str())).collect();
    let lost: Vec<&&String> = alive.iter().filter(|id| !listed.contains(id)).collect();
    sure(lost.is_empty(), || {
        format!("{gone:?} was removed after the first page, and these were not listed: {lost:?}")
    })?;
    let first = bench.page(&stream.id, ListFrom::Beginning, Some(size)).await?;
    let next = first.next.ok_or_else(|| Wrong::new("the first page is the only one"))?;
    let added = bench.seed_one(stream).await?;
    let listed = rest(&first.items, next).await?;
    let lost: Vec<&&String> = alive.iter().filter(|id| !listed.contains(id)).collect();
    sure(lost.is_empty(), || format!("{added} was added after the first page, and these were not listed: {lost:?}"))
}

async fn foreign_cursors(bench: &Bench, stream: &Stream) -> Outcome {
    bench.seed_one(stream).await?;
    for cursor in [Json::Null, json!({ "nobody": "knows this" }), json!([]), json!(-1), json!({ "page": "x" })] {
        let answer = bench.page(&stream.id, ListFrom::Page(Cursor(cursor.clone())), None).await;
        match answer {
            Err(error) if matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Invalid) => {}
            Err(error) => return Err(Wrong(format!("{cursor} is {:?}, not Protocol: {error}", error.kind()))),
            Ok(page) => {
                return Err(Wrong(format!("{cursor} is no place in a listing, and gave {} rows", page.items.len())));
            }
        }
    }
    Ok(())
}

async fn partial_rows(bench: &Bench, stream: &Stream) -> Outcome {
    let seeded = bench.seed_one(stream).await?;
    for row in bench.list(&stream.id, ListFrom::Beginning).await? {
        let (shown, id) = (bench.host(&row)?, &row.reference.id);
        if shown.deleted {
            continue;
        }
        sure(row.partial && shown.partial, || format!("the row of {id} is not marked as partial"))?;
        let whole = match stream.can.get_max {
            0 => continue,
            _ => bench.get(&stream.id, id).await?.ok_or_else(|| Wrong(format!("{id} is listed and not there")))?,
        };
        let whole = bench.host(&whole)?;
        let other = |(path, value): &(sync_core::FieldPath, &sync_core::Value)| whole.fields.get(*path) != Some(*value);
        if let Some((path, value)) = shown.fields.iter().find(other) {
            let there = super::values::shown(whole.fields.get(path));
            return Err(Wrong(format!("'{path}' of {id} is {value} in the row, and {there} by id")));
        }
        let fewer = shown.fields.len() < whole.fields.len();
        sure(fewer || *id != seeded, || "rows are said to be partial and show all that get shows".to_owned())?;
    }
    Ok(())
}

async fn complete(bench: &Bench, stream: &Stream) -> Outcome {
    let seeded = bench.seed_one(stream).await?;
    sure(bench.lists(&stream.id, ListFrom::Beginning, &seeded).await?, || format!("{seeded} is not listed"))?;
    let Some(idle) = bench.fixture.inactive(&stream.id).await else { return Ok(()) };
    let listed = bench.lists(&stream.id, ListFrom::Beginning, &idle).await?;
    sure(listed, || format!("{idle} is out of use, not removed, and a complete listing leaves it out"))
}

async fn odd_ids(bench: &Bench, stream: &Stream) -> Outcome {
    let real = bench.seed_one(stream).await?;
    sure(bench.get(&stream.id, &real).await?.is_some(), || format!("{real} is not found by its own id"))?;
    let odd = ["?a=b", "/x", "#x", "&a=b", "%20", "+", "/../", " x"].map(|rest| format!("{real}{rest}"));
    let more = ["../x", "a b+c&d=e%f#g/h", "%", "é😀"].map(str::to_owned);
    for id in odd.iter().chain(&more) {
        match bench.connector.get(&bench.cx, &stream.id, &[id.as_str().into()]).await {
            Ok(found) if found.iter().all(Option::is_none) => {}
            Ok(found) => {
                let found = found.into_iter().flatten().next().map(|item| item.reference.id);
                return Err(Wrong(format!("'{id}' is nobody's id, and {found:?} was given")));
            }
            Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::NotFound) => {}
            Err(error) => return Err(Wrong(format!("'{id}' is nobody's id, and is {:?}: {error}", error.kind()))),
        }
    }
    Ok(())
}

/// Every place in the record in turn holds what nobody would send.
fn spoilt(raw: &str) -> Result<Vec<String>, Wrong> {
    fn places(json: &Json, at: &str, out: &mut Vec<String>) {
        match json {
            Json::Object(members) => members.iter().for_each(|(key, member)| {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                out.push(at.clone());
                places(member, &at, out);
            }),
            Json::Array(members) => {
                members.iter().enumerate().for_each(|(place, member)| places(member, &format!("{at}/{place}"), out));
            }
            _ => {}
        }
    }
    let whole: Json = serde_json::from_str(raw).map_err(Wrong::new)?;
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let mut out = vec!["null".to_owned(), "[]".to_owned(), "7".to_owned(), "{".to_owned(), String::new()];
    for at in all {
        for wrong in [
            json!({ "not": ["expected"] }),
            json!([[]]),
            json!("not\u{0}expected"),
            json!(-1.5),
            json!(true),
            Json::Null,
        ] {
            let mut record = whole.clone();
            if let Some(place) = record.pointer_mut(&at) {
                *place = wrong;
            }
            out.push(record.to_string());
        }
    }
    Ok(out)
}

async fn undecodable(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let item = bench.look(stream, &id).await?;
    let mut refused = 0_usize;
    for raw in spoilt(&item.raw)? {
        let spoilt = Item { raw: raw.as_str().into(), ..item.clone() };
        match bench.connector.decode(&spoilt) {
            Ok(records) => {
                let own = records.iter().all(|record| record.reference.id == item.reference.id);
                sure(own, || "a spoilt record is shown as another one".to_owned())?;
            }
            Err(error) => {
                refused += 1;
                let kind = error.kind();
                sure(kind == ErrorKind::Invalid, || format!("a spoilt record is {kind:?}, not Invalid: {error}"))?;
                let told = format!("{error} {:?}", error.context());
                sure(told.contains(&*item.reference.id), || format!("the refusal does not name the record: {error}"))?;
            }
        }
    }
    sure(refused > 0, || "whatever stands in a record, nothing is refused".to_owned())?;
    let again = bench.look(stream, &id).await?;
    bench.decode(&again).map(drop)
}

async fn pure(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let item = bench.look(stream, &id).await?;
    let twice = async { (bench.connector.decode(&item), bench.connector.decode(&item)) };
    let (first, second) = bench.silent("decoding", twice).await?;
    let (first, second) = (first?, second?);
    sure(first == second, || format!("first {first:?}, then {second:?}"))?;
    // content decides, not who asks or when
    let again = bench.look(stream, &id).await?;
    sure(again.hash == item.hash, || "the record did not change, and its hash did: a key is volatile".to_owned())?;
    sure(bench.decode(&again)? == first, || "the record did not change, and it shows something else".to_owned())
}

async fn facets(bench: &Bench, stream: &Stream) -> Outcome {
    if !readable(&stream.can) {
        return Ok(());
    }
    let mut met: BTreeSet<StreamId> = BTreeSet::new();
    for id in bench.seed(stream, 2).await? {
        let item = bench.look(stream, &id).await?;
        let (records, sent) = bench.counted(async { bench.decode(&item) }).await;
        sure(sent.is_none_or(|sent| sent.is_empty()), || "a facet costs a request".to_owned())?;
        let records = records?;
        let mut here = BTreeSet::new();
        for record in &records {
            let at = &record.reference.at.stream;
            sure(here.insert(at.clone()), || format!("'{at}' is shown twice by one record"))?;
            let own =
                record.reference.id == item.reference.id && record.reference.at.system == item.reference.at.system;
            sure(own, || format!("'{at}' is shown as {}, in the record {}", record.reference, item.reference))?;
        }
        sure(here.contains(&stream.id), || "facets without their host".to_owned())?;
        met.extend(here);
    }
    for (facet, _) in
        stream.facets.iter().filter(|(facet, can)| !met.contains(facet) && can.fields.values().any(|f| f.read))
    {
        bench.note(format!("{}/{facet}", stream.id), "no record shows this facet");
    }
    Ok(())
}

async fn tombstones(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    if !bench.fixture.remove_behind(&stream.id, &id).await {
        let mode = stream.can.remove.iter().next_back(); // deleted, if it can be
        let mode = mode.copied().ok_or_else(|| Wrong::new("the fixture removes no record, and nobody else can"))?;
        bench.write(bench.plain(&stream.id, Action::Remove { id: id.clone(), mode })).await?;
    }
    let listed = bench.list(&stream.id, ListFrom::Beginning).await?;
    let row = listed.iter().find(|item| item.reference.id == id);
    let row = row.ok_or_else(|| Wrong::new("a removed record is not listed"))?;
    sure(bench.host(row)?.deleted, || "a removed record is listed as if it lived".to_owned())
}
