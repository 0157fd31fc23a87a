//! C-60 and C-61: removals.

use sync_core::{
    ErrorKind,
    capability::RemoveMode,
    connector::{Action, ListFrom},
};

use super::{
    Check,
    bench::{Bench, Stream},
    report::{Outcome, Wrong, sure},
};

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream(
        "C-60",
        "remove.delete",
        "what was deleted is not found any more, and deleting it again is NotFound",
        |can| can.remove.contains(&RemoveMode::Delete),
        |b, s| Box::pin(deleted(b, s)),
    ),
    Check::of_stream(
        "C-61",
        "remove.archive",
        "what was archived is still there, out of use",
        |can| can.remove.contains(&RemoveMode::Archive),
        |b, s| Box::pin(archived(b, s)),
    ),
];

async fn deleted(bench: &Bench, stream: &Stream) -> Outcome {
    let (id, other) = (bench.seed_one(stream).await?, bench.seed_one(stream).await?);
    let remove = || bench.plain(&stream.id, Action::Remove { id: id.clone(), mode: RemoveMode::Delete });
    bench.write(remove()).await?;
    if stream.can.get_max > 0 {
        let found = bench.get(&stream.id, &id).await?;
        let marked = found.as_ref().map(|item| bench.host(item)).transpose()?.is_some_and(|host| host.deleted);
        sure(found.is_none() || marked, || format!("{id} was deleted, and is found"))?;
    }
    if stream.can.list.is_some_and(|list| !list.with_deleted) {
        sure(!bench.lists(&stream.id, ListFrom::Beginning, &id).await?, || format!("{id} was deleted, and is listed"))?;
    }
    bench.look(stream, &other).await.map_err(|Wrong(what)| Wrong(format!("another record went with it: {what}")))?;
    let again = bench.write(remove()).await.map(drop).map_err(|error| error.kind());
    sure(again == Err(ErrorKind::NotFound), || format!("deleted twice, it is {again:?}, not NotFound"))
}

async fn archived(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    let before = bench.host(&bench.look(stream, &id).await?)?;
    bench.write(bench.plain(&stream.id, Action::Remove { id: id.clone(), mode: RemoveMode::Archive })).await?;
    let item = bench.look(stream, &id).await.map_err(|Wrong(what)| Wrong(format!("archived, it is gone: {what}")))?;
    let after = bench.host(&item)?;
    sure(after.deleted || after.fields != before.fields, || "archived, it shows nothing of it".to_owned())?;
    let same = |path: &sync_core::FieldPath| before.fields.get(*path) == after.fields.get(*path);
    let lost: Vec<_> =
        before.fields.paths().filter(|path| !same(path) && after.fields.filled(*path).is_none()).collect();
    sure(lost.is_empty(), || format!("archived, it lost {lost:?}"))
}
