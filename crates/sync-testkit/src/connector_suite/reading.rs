//! C-30 to C-33: records by id, and searches.

use std::sync::Arc;

use sync_core::{
    FieldMap, FieldPath, Value,
    capability::StreamCapability,
    connector::{Item, ListFrom},
};

use super::{
    Check,
    bench::{Bench, Stream},
    report::{Outcome, Wrong, sure},
};

fn gets(can: &StreamCapability) -> bool {
    can.get_max > 0
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream("C-30", "get", "an id that nobody has is none, and no error", gets, |b, s| Box::pin(nobody(b, s))),
    Check::of_stream("C-31", "get", "several at once, in order, as the listing shows them", gets, |b, s| {
        Box::pin(in_order(b, s))
    }),
    Check::of_stream("C-32", "find_by", "a search finds none, one, several, and nothing beside them", finds, |b, s| {
        Box::pin(none_one_several(b, s))
    }),
    Check::of_stream(
        "C-33",
        "find_by",
        "quotes, percent, slashes and letters beyond ASCII are looked for, not interpreted",
        finds,
        |b, s| Box::pin(odd_texts(b, s)),
    ),
];

fn finds(can: &StreamCapability) -> bool {
    !can.find_by.is_empty()
}

async fn nobody(bench: &Bench, stream: &Stream) -> Outcome {
    let real = bench.seed_one(stream).await?;
    // of the vendor's own form, and nobody's: the last sign of a real one is another one
    let mut like = real.to_string();
    let last = like.pop().unwrap_or('0');
    like.push_str(if last.is_ascii_digit() { "9999" } else { "0" });
    let close: String = real.chars().rev().map(|sign| if sign == '0' { '1' } else { sign }).collect();
    for id in [like, close, "999999999".to_owned(), "00000000-0000-4000-8000-000000000000".to_owned()] {
        if id == *real {
            continue;
        }
        let found =
            bench.get(&stream.id, &id).await.map_err(|Wrong(what)| Wrong(format!("'{id}' is nobody: {what}")))?;
        sure(found.is_none(), || format!("'{id}' is nobody, and was found"))?;
    }
    Ok(())
}

async fn in_order(bench: &Bench, stream: &Stream) -> Outcome {
    let seeded = bench.seed(stream, 3).await?;
    let [first, second, third] = seeded.as_slice() else { return Err(Wrong::new("three records were asked for")) };
    let nobody: Arc<str> = Arc::from(format!("{first}9999"));
    let asked = vec![third.clone(), nobody, first.clone(), second.clone()];
    let (found, sent) = bench.counted(bench.connector.get(&bench.cx, &stream.id, &asked)).await;
    let found: Vec<Option<Item>> = found?;
    let got: Vec<Option<&str>> = found.iter().map(|item| item.as_ref().map(|item| &*item.reference.id)).collect();
    let wanted = vec![Some(&**third), None, Some(&**first), Some(&**second)];
    sure(got == wanted, || format!("asked for {asked:?}, got {got:?}"))?;
    let calls = sent.map_or(0, |sent| sent.len());
    let most = asked.len().div_ceil(usize::try_from(stream.can.get_max).unwrap_or(1).max(1));
    sure(stream.can.get_max == 1 || calls <= most, || {
        format!("{} records took {calls} requests, and {} are said to fit in one", asked.len(), stream.can.get_max)
    })?;
    if stream.can.list.is_none_or(|list| list.partial) {
        return Ok(());
    }
    let listed = bench.list(&stream.id, ListFrom::Beginning).await?;
    for item in found.iter().flatten() {
        let row = listed.iter().find(|row| row.reference == item.reference);
        let row = row.ok_or_else(|| Wrong(format!("{} is there and not listed", item.reference.id)))?;
        let (row, whole) = (bench.decode(row)?, bench.decode(item)?);
        sure(row == whole, || {
            let (row, whole) = (row.first().map(|r| &r.fields), whole.first().map(|r| &r.fields));
            let differs = row.zip(whole).map(|(row, whole)| row.differs(whole));
            format!("the listing's row of {} shows something else than get: {differs:?}", item.reference.id)
        })?;
    }
    Ok(())
}

/// A record that has this text in that field; none if the vendor has nothing against it but takes it not.
async fn holding(bench: &Bench, stream: &Stream, path: FieldPath, text: &str) -> Result<Option<Arc<str>>, Wrong> {
    let mark = stream.can.create_mark.filter(|mark| mark.field == path);
    let field = stream.can.fields.get(&path).cloned().unwrap_or_default();
    if mark.is_none() && !field.write_on_create {
        return Ok(None);
    }
    let mut sample = bench.sample(stream).await?;
    let mut write = match mark {
        Some(_) => {
            let mut write = bench.create(&stream.id, &sample);
            write.mark = Some(text.to_owned());
            write
        }
        None => {
            let host = sample.iter_mut().find(|(part, _)| *part == stream.id);
            let host = host.ok_or_else(|| Wrong::new("the sample has no share of the host"))?;
            host.1.set(path, text);
            bench.create(&stream.id, &sample)
        }
    };
    write.idempotency_key.push_str(text);
    match bench.write(write).await {
        Ok(written) => Ok(Some(written.reference.id)),
        Err(error) if error.kind() == sync_core::ErrorKind::Invalid => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn find(bench: &Bench, stream: &Stream, path: FieldPath, value: Value) -> Result<Vec<Arc<str>>, Wrong> {
    let by = FieldMap::new().with(path, value);
    let found = bench.connector.find(&bench.cx, &stream.id, &by).await?;
    Ok(found.into_iter().map(|item| item.reference.id).collect())
}

async fn none_one_several(bench: &Bench, stream: &Stream) -> Outcome {
    let others = bench.seed(stream, 3).await?;
    for path in stream.can.find_by.iter().copied() {
        let at = format!("{}/{path}", stream.id);
        let nothing = find(bench, stream, path, Value::from("nobody-has-this-1")).await?;
        sure(nothing.is_empty(), || format!("'{path}' nobody-has-this-1 is nobody's, and found {nothing:?}"))?;
        let mut known = None;
        for id in others.iter().rev() {
            let shown = bench.shown(&bench.look(stream, id).await?, &stream.id)?;
            if let Some(value) = shown.filled(path) {
                known = Some((id.clone(), value.clone()));
                break;
            }
        }
        let own = super::values::value(bench, &stream.id, &stream.can, path, 71);
        let text = own.as_ref().and_then(|own| own.as_text().map(str::to_owned)).unwrap_or_else(|| "F-71".to_owned());
        if known.is_none() {
            known = holding(bench, stream, path, &text).await?.map(|id| (id, Value::from(text.as_str())));
        }
        let Some((id, value)) = known else {
            bench.note(at, "no record has a value to look for");
            continue;
        };
        let found = find(bench, stream, path, value.clone()).await?;
        sure(found.contains(&id), || format!("{id} has '{path}' {value}, and a search finds {found:?}"))?;
        for other in &found {
            let shown = bench.shown(&bench.look(stream, other).await?, &stream.id)?;
            sure(shown.get(path) == Some(&value), || format!("{other} was found by '{path}' {value}, and has it not"))?;
        }
    }
    Ok(())
}

async fn odd_texts(bench: &Bench, stream: &Stream) -> Outcome {
    let texts = ["O'Neil", "a \"b\"", "50 %", "R&D+1", "a/b\\c", "åäöøæ", "x' or '1' eq '1", "(a,b)", "😀 #1"];
    for path in stream.can.find_by.iter().copied() {
        let field = stream.can.fields.get(&path).cloned().unwrap_or_default();
        for text in texts {
            let found = find(bench, stream, path, Value::from(text)).await;
            let found = found.map_err(|Wrong(what)| Wrong(format!("a search for '{path}' {text}: {what}")))?;
            sure(found.is_empty(), || format!("'{path}' {text} is nobody's, and found {found:?}"))?;
            let fits =
                field.max_len.is_none_or(|max| usize::try_from(max).is_ok_and(|max| text.chars().count() <= max));
            let Some(id) = holding(bench, stream, path, text).await?.filter(|_| fits) else { continue };
            let shown = bench.shown(&bench.look(stream, &id).await?, &stream.id)?;
            if shown.text(path) != Some(text) {
                continue; // what the vendor made of it is another check's
            }
            let found = find(bench, stream, path, Value::from(text)).await?;
            sure(found == [id.clone()], || format!("{id} has '{path}' {text}, and a search finds {found:?}"))?;
        }
    }
    Ok(())
}
