//! C-50 to C-59: changes.

use std::collections::{BTreeMap, BTreeSet};

use sync_core::{
    ErrorKind, FieldMap, FieldPath, StreamId, Value,
    capability::{RemoveMode, StreamCapability, UpdateMode},
    connector::{Action, Item, Part, Version, Writable, Write},
    model,
};

use super::{
    Check,
    bench::{Bench, Stream, part},
    report::{Outcome, Wrong, sure},
    values,
};

pub(super) fn updates(can: &StreamCapability) -> bool {
    can.update != UpdateMode::None
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream(
        "C-50",
        "update",
        "each field that can be changed is, and no other one with it",
        updates,
        |b, s| Box::pin(only_what_was_set(b, s)),
    ),
    Check::of_stream(
        "C-51",
        "update",
        "there and back again, the wire record is as it was, unknown keys too",
        updates,
        |b, s| Box::pin(there_and_back(b, s)),
    ),
    Check::of_stream("C-52", "update", "empty empties; nothing to change makes no request", updates, |b, s| {
        Box::pin(empties(b, s))
    }),
    Check::of_stream(
        "C-53",
        "update_if_version",
        "an old version is a conflict and changes nothing",
        |can| can.update_if_version,
        |b, s| Box::pin(old_version(b, s)),
    ),
    Check::of_stream(
        "C-56",
        "facets, update",
        "host and facets go out in one request; one facet's change leaves the others",
        updates,
        |b, s| Box::pin(in_one_request(b, s)),
    ),
    Check::of_stream(
        "C-57",
        "writable",
        "what a record says is locked is refused and stays; what cannot be written is not sent",
        updates,
        |b, s| Box::pin(locks(b, s)),
    ),
    Check::of_stream(
        "C-58",
        "effects",
        "side effects happen when they are named, once, and never unnamed",
        |can| !can.effects.is_empty(),
        |b, s| Box::pin(effects(b, s)),
    ),
    Check::of_stream("C-59", "update", "a change of a record that is gone is NotFound", updates, |b, s| {
        Box::pin(gone(b, s))
    }),
];

/// All that an item shows, by stream.
fn all_of(bench: &Bench, item: &Item) -> Result<BTreeMap<StreamId, FieldMap>, Wrong> {
    Ok(bench.decode(item)?.into_iter().map(|record| (record.reference.at.stream, record.fields)).collect())
}

/// Fields of all parts that can be changed, with how.
fn changeable(stream: &Stream) -> impl Iterator<Item = (&StreamId, &StreamCapability, FieldPath)> {
    stream.parts().flat_map(|(id, can)| {
        can.fields.iter().filter(|(_, field)| field.write_on_update).map(move |(path, _)| (id, can, *path))
    })
}

/// Changes of other fields than the one that was written.
fn beside(
    bench: &Bench,
    stream: &Stream,
    written: (&StreamId, FieldPath),
    before: &BTreeMap<StreamId, FieldMap>,
    after: &BTreeMap<StreamId, FieldMap>,
) -> Vec<String> {
    let (at, path) = written;
    let follows = bench.fixture.follows(at, path);
    let mut out = Vec::new();
    for (id, can) in stream.parts() {
        let nothing = FieldMap::new();
        let (was, is) = (before.get(id).unwrap_or(&nothing), after.get(id).unwrap_or(&nothing));
        let group = model::group_of(can.kind, path).filter(|_| id == at);
        for other in was.differs(is) {
            let name = if id == at { other.to_string() } else { format!("{id}:{other}") };
            let own = id == at && other == path;
            let grouped = group.is_some_and(|group| other.is_under(group) && was.filled(other).is_none());
            if !own && !grouped && !follows.contains(&name) {
                let (was, is) = (values::shown(was.get(other)), values::shown(is.get(other)));
                out.push(format!("{name}: {was} became {is}"));
            }
        }
    }
    out
}

async fn only_what_was_set(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    for (at, can, path) in changeable(stream) {
        let place = format!("{at}/{path}");
        let mut shown_as = bench.look(stream, &id).await?;
        for nth in [1, 2] {
            let before = all_of(bench, &shown_as)?;
            let Some(value) = values::value(bench, at, can, path, nth) else {
                if nth == 1 {
                    bench.note(&place, "the fixture has no value to try, and it can be changed");
                }
                break;
            };
            let change = part(at, &FieldMap::new().with(path, value.clone()));
            match bench.write(bench.update(stream, &id, vec![change]).await?).await {
                Ok(_) => {}
                Err(error) => {
                    bench.note(&place, format!("{value} gives {:?}: {error}", error.kind()));
                    break;
                }
            }
            shown_as = bench.look(stream, &id).await?;
            let after = all_of(bench, &shown_as)?;
            let stored = after.get(at).and_then(|fields| fields.get(path));
            if let Err(Wrong(what)) = values::kept(bench, at, can, path, &value, stored) {
                bench.note(&place, what);
                break;
            }
            let others = beside(bench, stream, (at, path), &before, &after);
            if !others.is_empty() {
                bench.note(&place, format!("it became {value}, and with it {}", others.join("; ")));
                break;
            }
        }
    }
    Ok(())
}

async fn there_and_back(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let first = bench.look(stream, &id).await?;
    let volatile = bench.fixture.volatile(&stream.id).to_vec();
    let mut before = values::leaves(&first.raw, &volatile)?;
    let mut tried = 0_usize;
    for (at, can, path) in changeable(stream) {
        let shown = bench.shown(&first, at)?;
        let Some(was) = shown.filled(path).cloned().filter(|was| !matches!(was, Value::List(_))) else { continue };
        let Some(other) = (1..4).filter_map(|nth| values::value(bench, at, can, path, nth)).find(|other| *other != was)
        else {
            continue;
        };
        let put = async |value: Value| -> Result<_, Wrong> {
            let change = part(at, &FieldMap::new().with(path, value));
            Ok(bench.write(bench.update(stream, &id, vec![change]).await?).await)
        };
        if put(other).await?.is_err() {
            continue; // C-50 tells of it
        }
        put(was).await??;
        tried += 1;
        let after = values::leaves(&bench.look(stream, &id).await?.raw, &volatile)?;
        let places: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let changed: Vec<String> = places
            .into_iter()
            .filter(|key| before.get(*key) != after.get(*key))
            .map(|key| format!("{key}: {:?} became {:?}", before.get(key), after.get(key)))
            .collect();
        if !changed.is_empty() {
            bench.note(format!("{at}/{path}"), format!("changed and changed back, it left {}", changed.join("; ")));
            before = after;
        }
    }
    sure(tried > 0 || !changeable(stream).any(|(_, can, path)| can.fields.get(&path).is_some_and(|f| f.read)), || {
        "no field of the record could be changed and changed back".to_owned()
    })
}

async fn empties(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    for (at, can, path) in changeable(stream) {
        if !can.fields.get(&path).is_some_and(|field| field.read && !field.required_on_create) {
            continue;
        }
        let shown = bench.shown(&bench.look(stream, &id).await?, at)?;
        if shown.filled(path).is_none() {
            let Some(value) = values::value(bench, at, can, path, 1) else { continue };
            let fill = part(at, &FieldMap::new().with(path, value));
            if bench.write(bench.update(stream, &id, vec![fill]).await?).await.is_err() {
                continue; // C-50 tells of it
            }
        }
        let empty = part(at, &FieldMap::new().with(path, Value::Null));
        match bench.write(bench.update(stream, &id, vec![empty]).await?).await {
            Err(error) if error.kind() == ErrorKind::Invalid => {} // the vendor wants a value: it says so
            Err(error) => bench.note(format!("{at}/{path}"), format!("emptied, it gives {:?}: {error}", error.kind())),
            Ok(_) => {
                let shown = bench.shown(&bench.look(stream, &id).await?, at)?;
                // yes and no have no third value with most vendors
                let shown = shown.filter(|path| !matches!(shown.get(path), Some(Value::Bool(_))));
                if let Some(left) = shown.filled(path) {
                    bench.note(format!("{at}/{path}"), format!("emptied, it shows {left}"));
                }
            }
        }
    }
    let nothing = Part { changed: Default::default(), ..part(&stream.id, &FieldMap::new()) };
    let write = bench.update(stream, &id, vec![nothing]).await?;
    let answer = bench.silent("a change of nothing", bench.write(write)).await?;
    sure(answer.is_ok_and(|written| written.reference.id == id), || "a change of nothing is not done".to_owned())
}

/// A change of the host, or of a facet of it, that shows.
async fn visible(bench: &Bench, stream: &Stream, id: &str, nth: usize) -> Result<(StreamId, FieldPath, Value), Wrong> {
    let item = bench.look(stream, id).await?;
    for (at, can, path) in changeable(stream) {
        let readable = can.fields.get(&path).is_some_and(|field| field.read);
        if !readable || bench.fixture.has_form(at, path) {
            continue;
        }
        let shown = bench.shown(&item, at)?;
        let other = |value: &Value| shown.get(path) != Some(value);
        let value = (nth..nth + 3).filter_map(|nth| values::value(bench, at, can, path, nth)).find(other);
        if let Some(value) = value {
            return Ok((at.clone(), path, value));
        }
    }
    Err(Wrong::new("no field can be changed so that it shows"))
}

async fn old_version(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let old = bench.host(&bench.look(stream, &id).await?)?.version;
    sure(old != Version::default(), || "it checks versions, and shows none".to_owned())?;
    let (at, path, value) = visible(bench, stream, &id, 1).await?;
    let change = |write: Write, if_version: Version| match write.action {
        Action::Update { id, parts, .. } => {
            Write { action: Action::Update { id, parts, if_version: Some(if_version) }, ..write }
        }
        action => Write { action, ..write },
    };
    let update = async |value: &Value| {
        bench.update(stream, &id, vec![part(&at, &FieldMap::new().with(path, value.clone()))]).await
    };
    bench.write(change(update(&value).await?, old.clone())).await?;
    let before = bench.look(stream, &id).await?;
    let (_, _, other) = visible(bench, stream, &id, 2).await?;
    let refused = bench.write(change(update(&other).await?, old)).await.map(drop).map_err(|error| error.kind());
    sure(refused == Err(ErrorKind::VersionConflict), || {
        format!("with an old version it gives {refused:?}, not VersionConflict")
    })?;
    let after = bench.look(stream, &id).await?;
    sure(before.raw == after.raw, || "it was refused for its old version, and changed something".to_owned())
}

/// One change in each part that can have one.
fn one_each(bench: &Bench, stream: &Stream, nth: usize) -> Vec<Part> {
    let mut parts: BTreeMap<StreamId, Part> = BTreeMap::new();
    for (at, can, path) in changeable(stream) {
        let readable = can.fields.get(&path).is_some_and(|field| field.read);
        let free = bench.fixture.follows(at, path).iter().all(|follow| !follow.contains(':'));
        let value = values::value(bench, at, can, path, nth);
        if let (Some(value), false, true) = (value, parts.contains_key(at), readable && free) {
            parts.insert(at.clone(), part(at, &FieldMap::new().with(path, value)));
        }
    }
    parts.into_values().collect()
}

async fn in_one_request(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let parts = one_each(bench, stream, 1);
    if parts.len() < 2 {
        return Ok(());
    }
    let write = bench.update(stream, &id, parts.clone()).await?;
    let (answer, sent) = bench.counted(bench.write(write)).await;
    answer?;
    let calls = sent.map_or(0, |sent| sent.iter().filter(|one| one.writes).count());
    let most = bench.fixture.requests_of_a_write(&stream.id);
    sure(calls <= most, || format!("{} parts of one record went out in {calls} requests", parts.len()))?;
    let after = all_of(bench, &bench.look(stream, &id).await?)?;
    for Part { stream: at, wanted, .. } in &parts {
        let can = stream.part(at).ok_or_else(|| Wrong::new("no such part"))?;
        for (path, value) in wanted.iter() {
            let stored = after.get(at).and_then(|fields| fields.get(path));
            values::kept(bench, at, can, path, value, stored)
                .map_err(|Wrong(what)| Wrong(format!("{at}/{path} among others: {what}")))?;
        }
    }
    for other in one_each(bench, stream, 2) {
        let before = all_of(bench, &bench.look(stream, &id).await?)?;
        let at = other.stream.clone();
        bench.write(bench.update(stream, &id, vec![other]).await?).await?;
        let after = all_of(bench, &bench.look(stream, &id).await?)?;
        for (id, fields) in before.iter().filter(|(id, _)| **id != at) {
            let differs = after.get(id).map(|after| fields.differs(after)).unwrap_or_default();
            sure(differs.is_empty(), || format!("only '{at}' was changed, and of '{id}' these with it: {differs:?}"))?;
        }
    }
    Ok(())
}

async fn locks(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    for (at, can) in stream.parts() {
        for (path, _) in can.fields.iter().filter(|(_, field)| !field.write_on_update && field.read) {
            let value = bench
                .shown(&bench.look(stream, &id).await?, at)?
                .filled(*path)
                .cloned()
                .unwrap_or_else(|| Value::from("x"));
            let change = part(at, &FieldMap::new().with(*path, value));
            let write = bench.update(stream, &id, vec![change]).await?;
            let answer = bench.silent("a field that cannot be changed", bench.write(write)).await;
            match answer.map_err(|Wrong(what)| Wrong(format!("'{path}': {what}")))? {
                Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Unsupported) => {}
                other => {
                    return Err(Wrong(format!(
                        "'{path}' cannot be changed, and writing it gives {:?}",
                        other.map(|_| "yes")
                    )));
                }
            }
        }
    }
    let Some(locked) = bench.fixture.locked(&stream.id).await else { return Ok(()) };
    let before = bench.look(stream, &locked).await?;
    let shuts = |writable: &Writable, path: FieldPath| match writable {
        Writable::All => false,
        Writable::Except(paths) => paths.iter().any(|shut| path.is_under(*shut)),
        Writable::Nothing(_) => true,
    };
    let records = bench.decode(&before)?;
    sure(records.iter().any(|record| record.writable != Writable::All), || {
        format!("{locked} is locked, and says that all can be written")
    })?;
    for (at, can, path) in changeable(stream) {
        let record = records.iter().find(|record| record.reference.at.stream == *at);
        let Some(record) = record.filter(|record| shuts(&record.writable, path)) else { continue };
        let Some(value) = (1..3)
            .filter_map(|nth| values::value(bench, at, can, path, nth))
            .find(|value| record.fields.get(path) != Some(value))
        else {
            continue;
        };
        let change = part(at, &FieldMap::new().with(path, value.clone()));
        let answer = bench.write(bench.update(stream, &locked, vec![change]).await?).await;
        let now = bench.shown(&bench.look(stream, &locked).await?, at)?;
        let stays = now.get(path) == record.fields.get(path);
        // whoever holds back more than the vendor does is careful; what the vendor refuses is Invalid, and changes nothing
        match answer {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Invalid && stays => {}
            Err(error) => {
                let changed = if stays { "" } else { ", and changed" };
                bench.note(
                    format!("{at}/{path}"),
                    format!("locked, a change of it is {:?}{changed}: {error}", error.kind()),
                );
            }
        }
    }
    Ok(())
}

async fn effects(bench: &Bench, stream: &Stream) -> Outcome {
    let counted = || bench.fixture.effects().ok_or_else(|| Wrong::new("the fixture counts no side effects"));
    for effect in &stream.can.effects {
        let at = format!("{}/{effect}", stream.id);
        for named in [false, true] {
            let Some(case) = bench.fixture.effect(&stream.id, effect).await else {
                bench.note(&at, "the fixture has no write with this effect");
                break;
            };
            let mut write = bench.update(stream, &case.id, vec![part(&stream.id, &case.change)]).await?;
            if named {
                write.effects.insert(effect.clone());
            }
            let before = counted()?;
            bench.write(write).await?;
            let happened = |all: &BTreeMap<String, usize>, name: &str| all.get(name).copied().unwrap_or_default();
            for (name, after) in counted()? {
                let times = after - happened(&before, &name);
                let due = usize::from(named && name == *effect);
                sure(times == due, || {
                    format!(
                        "'{effect}' was {}named, and '{name}' happened {times} times",
                        if named { "" } else { "not " }
                    )
                })?;
            }
        }
    }
    Ok(())
}

async fn gone(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let (at, path, value) = visible(bench, stream, &id, 1).await?;
    let write = bench.update(stream, &id, vec![part(&at, &FieldMap::new().with(path, value))]).await?;
    if !bench.fixture.remove_behind(&stream.id, &id).await {
        if !stream.can.remove.contains(&RemoveMode::Delete) {
            return Ok(()); // what nobody can remove is never gone
        }
        bench.write(bench.plain(&stream.id, Action::Remove { id: id.clone(), mode: RemoveMode::Delete })).await?;
    }
    let answer = bench.write(write).await.map(drop).map_err(|error| error.kind());
    sure(answer == Err(ErrorKind::NotFound), || {
        format!("the record is gone, and a change of it is {answer:?}, not NotFound")
    })
}
