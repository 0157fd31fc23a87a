//! C-40 to C-49: new records.

use std::sync::Arc;

use sync_core::{
    ErrorKind, FieldMap, FieldPath, StreamId, Value,
    capability::StreamCapability,
    connector::{ListFrom, Write, Written},
    model::{self, FieldType},
};

use super::{
    Check,
    bench::{Bench, Stream},
    fixture::{Sample, TroubleKind},
    report::{Outcome, Wrong, sure},
    values,
};

fn creates(can: &StreamCapability) -> bool {
    can.create
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream("C-40", "create", "the new record can be read, and shows what was sent", creates, |b, s| {
        Box::pin(shows_what_was_sent(b, s))
    }),
    Check::of_stream(
        "C-41",
        "create",
        "without a required field it is refused, naming it, before anything is sent",
        creates,
        |b, s| Box::pin(required(b, s)),
    ),
    Check::of_stream(
        "C-42",
        "create, update",
        "limits of length, decimals and words are as declared",
        |can| creates(can) || super::updating::updates(can),
        |b, s| Box::pin(limits(b, s)),
    ),
    Check::of_stream(
        "C-43",
        "create_mark",
        "our mark is shown and found again; one that does not fit is refused",
        |can| can.create_mark.is_some(),
        |b, s| Box::pin(marks(b, s)),
    ),
    Check::of_stream(
        "C-44",
        "create_with_idempotency_key",
        "sent twice with one key, it is one record",
        |can| can.create_with_idempotency_key,
        |b, s| Box::pin(twice(b, s)),
    ),
    Check::of_stream(
        "C-45",
        "create, update",
        "a write whose reading back fails is done, not failed",
        |can| creates(can) && can.get_max > 0,
        |b, s| Box::pin(unread(b, s)),
    )
    .with_trouble(),
    Check::of_stream(
        "C-46",
        "write_returns_record",
        "the answer shows the record as the write left it",
        writes,
        |b, s| Box::pin(answers(b, s)),
    ),
    Check::of_stream(
        "C-47",
        "write_batch_max",
        "several writes are answered one by one and in order, a refused one alone",
        creates,
        |b, s| Box::pin(batches(b, s)),
    ),
    Check::of_stream(
        "C-48",
        "write_concurrency",
        "as many writes at once as are claimed all arrive, once",
        |can| can.write_concurrency > 1 && can.create,
        |b, s| Box::pin(at_once(b, s)),
    ),
    Check::of_stream(
        "C-49",
        "natural_key",
        "a record made anew with the number of a removed one has its id",
        |can| can.natural_key && can.create,
        |b, s| Box::pin(same_number(b, s)),
    ),
];

fn writes(can: &StreamCapability) -> bool {
    can.create && can.get_max > 0
}

/// Notes each field of a sample that the record does not show as it was sent.
pub(super) fn compare(bench: &Bench, stream: &Stream, item: &sync_core::connector::Item, sent: &Sample) -> Outcome {
    for (id, fields) in sent {
        let can = stream.part(id).ok_or_else(|| Wrong(format!("the sample names '{id}'")))?;
        let shown = bench.shown(item, id)?;
        for (path, value) in fields.iter() {
            if let Err(Wrong(what)) = values::kept(bench, id, can, path, value, shown.get(path)) {
                bench.note(format!("{id}/{path}"), what);
            }
        }
    }
    Ok(())
}

async fn shows_what_was_sent(bench: &Bench, stream: &Stream) -> Outcome {
    let (least, sample) = bench.make(stream).await?;
    let item = bench.look(stream, &least.reference.id).await?;
    compare(bench, stream, &item, &sample)?;
    let sample = values::full(bench, stream, bench.sample(stream).await?, 3);
    for (id, can) in stream.parts() {
        let given = |path: FieldPath| sample.iter().any(|(part, fields)| part == id && fields.get(path).is_some());
        for (path, _) in can.fields.iter().filter(|(path, field)| field.write_on_create && !given(**path)) {
            bench.note(
                format!("{id}/{path}"),
                "the fixture has no value to try, and it can be given when a record is made",
            );
        }
    }
    let whole = bench.write(bench.create(&stream.id, &sample)).await?;
    let item = bench.look(stream, &whole.reference.id).await?;
    compare(bench, stream, &item, &sample)
}

async fn required(bench: &Bench, stream: &Stream) -> Outcome {
    for (id, can) in stream.parts() {
        for (path, _) in
            can.fields.iter().filter(|(path, field)| field.required_on_create && can.holds.filled(**path).is_none())
        {
            let mut sample = bench.sample(stream).await?;
            let Some((_, fields)) = sample.iter_mut().find(|(part, _)| part == id) else { continue };
            sure(fields.remove(*path).is_some(), || format!("'{path}' is required, and no sample has it"))?;
            let write = bench.create(&stream.id, &sample);
            let answer = bench.silent("a record that lacks what it needs", bench.write(write)).await?;
            match answer {
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    let told = format!("{error} {:?}", error.context());
                    sure(told.contains(path.as_str()), || format!("the refusal does not name '{path}': {error}"))?;
                }
                Err(error) => return Err(Wrong(format!("without '{path}' it is {:?}: {error}", error.kind()))),
                Ok(_) => {
                    return Err(Wrong(format!("'{path}' is said to be required, and a record without it was made")));
                }
            }
        }
    }
    Ok(())
}

/// One change, or a new record where the field cannot be changed; what it shows then.
async fn tried(
    bench: &Bench,
    stream: &Stream,
    part: &StreamId,
    path: FieldPath,
    value: &Value,
) -> Result<sync_core::Result<Option<Value>>, Wrong> {
    let can = stream.part(part).ok_or_else(|| Wrong::new("no such part"))?;
    let field = can.fields.get(&path).cloned().unwrap_or_default();
    let fields = FieldMap::new().with(path, value.clone());
    let write = if field.write_on_update {
        let id = bench.seed_one(stream).await?;
        bench.update(stream, &id, vec![super::bench::part(part, &fields)]).await?
    } else {
        let mut sample = bench.sample(stream).await?;
        match sample.iter_mut().find(|(known, _)| known == part) {
            Some((_, known)) => known.overlay(&fields),
            None => sample.push((part.clone(), fields)),
        }
        bench.create(&stream.id, &sample)
    };
    match bench.write(write).await {
        Ok(written) => {
            let item = bench.look(stream, &written.reference.id).await?;
            Ok(Ok(bench.shown(&item, part)?.get(path).cloned()))
        }
        Err(error) => Ok(Err(error)),
    }
}

async fn limits(bench: &Bench, stream: &Stream) -> Outcome {
    for (id, can) in stream.parts() {
        for (path, field) in can.fields.iter().filter(|(path, field)| {
            (field.write_on_create && can.create || field.write_on_update)
                && can.create_mark.is_none_or(|mark| mark.field != **path)
        }) {
            let at = format!("{id}/{path}");
            let is_decimal = model::field(can.kind, *path).is_some_and(|spec| spec.ty == FieldType::Decimal);
            let sign = values::value(bench, id, can, *path, 5).and_then(|value| value.as_text()?.chars().next());
            let long =
                |count: u32| Value::from(sign.unwrap_or('x').to_string().repeat(usize::try_from(count).unwrap_or(1)));
            let mut tries: Vec<(Value, bool)> = Vec::new();
            if let Some(max) = field.max_len.filter(|_| field.one_of.is_none() && !bench.fixture.has_form(id, *path)) {
                tries.extend([(long(max), false), (long(max + 1), field.exact)]);
            }
            if let Some(scale) = field.max_scale.filter(|_| is_decimal) {
                let one = rust_decimal::Decimal::new(11, scale) + rust_decimal::Decimal::TEN;
                let finer = one + rust_decimal::Decimal::new(4, scale + 1);
                tries.extend([(Value::Decimal(one), false), (Value::Decimal(finer), field.exact)]);
            }
            if field.one_of.is_some() {
                tries.push((Value::from("no such word"), true));
            }
            for (value, refused) in tries {
                let brief: String = value.to_string().chars().take(30).collect();
                match tried(bench, stream, id, *path, &value).await? {
                    Err(error) if refused && error.kind() == ErrorKind::Invalid => {}
                    Err(error) => bench.note(&at, format!("{brief} gives {:?}: {error}", error.kind())),
                    Ok(_) if refused => bench.note(&at, format!("{brief} goes beyond what is declared, and was taken")),
                    Ok(shown) => {
                        if let Err(Wrong(what)) = values::kept(bench, id, can, *path, &value, shown.as_ref()) {
                            bench.note(&at, what);
                        }
                    }
                }
            }
        }
    }
    Ok(())
}

async fn marks(bench: &Bench, stream: &Stream) -> Outcome {
    let mark = stream.can.create_mark.ok_or_else(|| Wrong::new("no mark"))?;
    let max = usize::try_from(mark.max_len).unwrap_or(usize::MAX);
    let text =
        |nth: usize, length: usize| format!("m{nth}-{}", "x".repeat(40)).chars().take(length).collect::<String>();
    let marked = async |text: &str| -> Result<Write, Wrong> {
        let sample = bench.sample(stream).await?;
        Ok(Write { mark: Some(text.to_owned()), ..bench.create(&stream.id, &sample) })
    };
    let ours = text(1, max.min(12));
    let made = bench.write(marked(&ours).await?).await?;
    let item = bench.look(stream, &made.reference.id).await?;
    let record = bench.host(&item)?;
    sure(record.mark.as_deref() == Some(ours.as_str()), || {
        format!("made with the mark {ours}, it shows {:?}", record.mark)
    })?;
    let found = if stream.can.find_by.contains(&mark.field) {
        let by = FieldMap::new().with(mark.field, ours.as_str());
        bench.connector.find(&bench.cx, &stream.id, &by).await?
    } else {
        bench.list(&stream.id, ListFrom::Beginning).await?
    };
    let ours_found: Vec<_> =
        found.iter().filter(|item| bench.host(item).is_ok_and(|host| host.mark == record.mark)).collect();
    let once = ours_found.len() == 1 && ours_found.iter().all(|item| item.reference == made.reference);
    sure(once, || format!("looked for by the mark {ours}, {} records are found", ours_found.len()))?;
    let whole = "y".repeat(max);
    let longest = bench.write(marked(&whole).await?).await?;
    let shown = bench.host(&bench.look(stream, &longest.reference.id).await?)?.mark;
    sure(shown.as_deref() == Some(whole.as_str()), || format!("a mark of {max} characters is shown as {shown:?}"))?;
    let answer = bench.silent("a mark that does not fit", bench.write(marked(&"z".repeat(max + 1)).await?)).await?;
    let kind = answer.map_err(|error| error.kind()).err();
    sure(kind == Some(ErrorKind::Invalid), || format!("a mark of {} characters is {kind:?}, not Invalid", max + 1))
}

async fn twice(bench: &Bench, stream: &Stream) -> Outcome {
    let write = bench.create(&stream.id, &bench.sample(stream).await?);
    let first = bench.write(write.clone()).await?;
    let second = bench.write(write).await?;
    sure(first.reference == second.reference, || {
        format!("sent twice with one key, it is {} and {}", first.reference.id, second.reference.id)
    })?;
    let listed =
        if stream.can.list.is_some() { bench.list(&stream.id, ListFrom::Beginning).await? } else { Vec::new() };
    let times = listed.iter().filter(|item| item.reference == first.reference).count();
    sure(times <= 1, || "it stands twice in the listing".to_owned())
}

async fn unread(bench: &Bench, stream: &Stream) -> Outcome {
    let sample = bench.sample(stream).await?;
    let write = bench.create(&stream.id, &sample);
    bench.trouble(TroubleKind::Status(403), false, false, 50)?;
    let (made, sent) = bench.counted(bench.write(write)).await;
    bench.fixture.calm();
    if made.is_err() && sent.is_some_and(|sent| !sent.iter().any(|one| one.writes)) {
        return Ok(()); // it has to read before it writes, and wrote nothing
    }
    let made = made.map_err(|error| {
        Wrong(format!("the record was made, reading it failed, and the write is {:?}: {error}", error.kind()))
    })?;
    bench.look(stream, &made.reference.id).await.map(drop)
}

async fn answers(bench: &Bench, stream: &Stream) -> Outcome {
    let sample = values::full(bench, stream, bench.sample(stream).await?, 4);
    let (written, sent) = bench.counted(bench.write(bench.create(&stream.id, &sample))).await;
    let written: Written = written?;
    let there = bench.look(stream, &written.reference.id).await?;
    sure(there.reference == written.reference, || format!("made as {}, it is {}", written.reference, there.reference))?;
    let read = sent.is_some_and(|sent| sent.iter().any(|one| !one.writes));
    if stream.can.write_returns_record {
        sure(written.item.is_some(), || "a write is said to answer with the record, and does not".to_owned())?;
        sure(!read, || "a write is said to answer with the record, and it was read back".to_owned())?;
    }
    if let Some(item) = &written.item {
        let (answer, there) = (bench.decode(item)?, bench.decode(&there)?);
        let differs = |(a, b): (&sync_core::Record, &sync_core::Record)| a.fields.differs(&b.fields);
        let differs: Vec<FieldPath> = answer.iter().zip(&there).flat_map(differs).collect();
        sure(differs.is_empty() && answer.len() == there.len(), || {
            format!("the answer shows these otherwise than get: {differs:?}")
        })?;
    } else if written.as_sent {
        return compare(bench, stream, &there, &sample);
    }
    Ok(())
}

async fn batches(bench: &Bench, stream: &Stream) -> Outcome {
    let batch = usize::try_from(stream.can.write_batch_max).unwrap_or(1).min(20);
    let mut writes = Vec::new();
    for _ in 0..batch.max(3) {
        writes.push(bench.create(&stream.id, &bench.sample(stream).await?));
    }
    // the second one lacks what it needs, or asks for a step that there is not
    let mut bad = bench.create(&stream.id, &bench.sample(stream).await?);
    bad.effects.insert("levitate".to_owned());
    writes.insert(1, bad);
    let (answers, sent) = bench.counted(bench.write_all(&writes)).await;
    sure(answers.len() == writes.len(), || format!("{} writes have {} answers", writes.len(), answers.len()))?;
    let mut ids: Vec<Arc<str>> = Vec::new();
    for (place, (write, answer)) in writes.iter().zip(answers).enumerate() {
        match answer {
            Ok(written) if place != 1 => {
                let sample: Sample =
                    write.action.parts().iter().map(|part| (part.stream.clone(), part.wanted.clone())).collect();
                let item = bench.look(stream, &written.reference.id).await?;
                compare(bench, stream, &item, &sample)?;
                ids.push(written.reference.id);
            }
            Ok(_) => {
                return Err(Wrong::new("a write that cannot be done was answered as done: answers are out of order"));
            }
            Err(error) if place == 1 && error.kind() == ErrorKind::Unsupported => {}
            Err(error) => return Err(Wrong(format!("write {place} beside a bad one: {error}"))),
        }
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    sure(ids.len() == count, || "two writes are answered with one record".to_owned())?;
    let calls = sent.map_or(0, |sent| sent.iter().filter(|one| one.writes).count());
    let most = count.div_ceil(batch) * bench.fixture.requests_of_a_write(&stream.id);
    sure(stream.can.write_batch_max == 1 || calls <= most, || {
        format!("{count} writes took {calls} requests, {batch} are said to fit in one")
    })
}

async fn at_once(bench: &Bench, stream: &Stream) -> Outcome {
    let count = usize::try_from(stream.can.write_concurrency).unwrap_or(2).min(16);
    let mut writes = Vec::new();
    for _ in 0..count {
        writes.push(bench.create(&stream.id, &bench.sample(stream).await?));
    }
    let all = futures_util::future::join_all(writes.into_iter().map(|write| bench.write(write))).await;
    let mut ids = Vec::new();
    for written in all {
        ids.push(written?.reference.id);
    }
    ids.sort();
    ids.dedup();
    sure(ids.len() == count, || format!("{count} writes at once made {} records", ids.len()))?;
    for id in &ids {
        bench.look(stream, id).await?;
    }
    Ok(())
}

async fn same_number(bench: &Bench, stream: &Stream) -> Outcome {
    let sample = bench.sample(stream).await?;
    let first = bench.write(bench.create(&stream.id, &sample)).await?.reference.id;
    let mode = stream.can.remove.iter().next_back().copied().ok_or_else(|| Wrong::new("nothing can be removed"))?;
    let action = sync_core::connector::Action::Remove { id: first.clone(), mode };
    bench.write(bench.plain(&stream.id, action)).await?;
    let second = bench.write(bench.create(&stream.id, &sample)).await?.reference.id;
    sure(first == second, || format!("the id is said to be a number that is given again, and {first} became {second}"))
}
