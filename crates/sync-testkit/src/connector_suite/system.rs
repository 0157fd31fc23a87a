//! C-01 to C-05: who we are, and whether the capabilities make sense.

use std::collections::BTreeSet;

use sync_core::{
    ErrorKind, FieldMap, FieldPath, StreamId,
    capability::{RemoveMode, Shows, StreamCapability, UpdateMode},
    connector::{Action, ListFrom, Part, Write},
    model,
};

use super::{
    Check,
    bench::{Bench, Stream},
    fixture::Stranger,
    report::{Outcome, Wrong, sure},
};

pub(super) const CHECKS: &[Check] = &[
    Check::of_system("C-01", "always", "the same tenant twice, strangers are refused, secrets stay secret", |bench| {
        Box::pin(who(bench))
    }),
    Check::of_stream(
        "C-02",
        "always",
        "the capabilities are well formed",
        |_| true,
        |bench, stream| Box::pin(well_formed(bench, stream)),
    ),
    Check::of_stream(
        "C-03",
        "always",
        "what is not claimed is refused without a request",
        |_| true,
        |bench, stream| Box::pin(unclaimed(bench, stream)),
    ),
    Check::of_stream(
        "C-05",
        "readable",
        "what a record shows is declared, and it has what the stream holds",
        readable,
        |b, s| Box::pin(declared(b, s)),
    ),
];

pub(super) fn readable(can: &StreamCapability) -> bool {
    can.list.is_some() || can.get_max > 0
}

async fn who(bench: &Bench) -> Outcome {
    let first = bench.connector.check(&bench.cx).await?;
    let second = bench.connector.check(&bench.cx).await?;
    sure(first == second && !first.id.is_empty(), || format!("first {first:?}, then {second:?}"))?;
    let mut told = format!("{:?} {first:?}", bench.connector);
    if !bench.fixture.is_live() {
        let stranger = bench.fixture.stranger(Stranger::WrongCredentials).await;
        let stranger = stranger.ok_or_else(|| Wrong::new("the fixture has no connector with wrong credentials"))?;
        let refused = match stranger {
            Ok(stranger) => {
                told.push_str(&format!("{stranger:?}"));
                stranger.check(&bench.cx).await.map(drop)
            }
            Err(error) => Err(error),
        };
        match refused {
            Ok(()) => return Err(Wrong::new("wrong credentials were let in")),
            Err(error) if error.kind() == ErrorKind::Auth => told.push_str(&format!("{error} {error:?}")),
            Err(error) => return Err(Wrong(format!("wrong credentials give {:?}, not Auth: {error}", error.kind()))),
        }
    }
    for secret in bench.fixture.secrets().iter().filter(|secret| !secret.is_empty()) {
        sure(!told.contains(secret.as_str()), || "a secret can be read in Debug or Display".to_owned())?;
    }
    Ok(())
}

async fn well_formed(bench: &Bench, stream: &Stream) -> Outcome {
    let all = &bench.connector.capabilities().streams;
    for (id, can) in stream.parts() {
        for (path, what) in fields_that_cannot_be(can) {
            bench.note(format!("{id}/{path}"), what);
        }
        let wrong = |holds: bool, what: &str| {
            if !holds {
                bench.note(id.as_str(), what);
            }
        };
        let is_facet = *id != stream.id;
        wrong(can.write_batch_max >= 1 && can.write_concurrency >= 1, "a call takes at least one write");
        wrong(can.list.is_none_or(|list| list.page_max >= 1), "a page has room for at least one record");
        wrong(
            !is_facet || (can.list.is_none() && can.get_max == 0 && !can.create),
            "a facet is read and made with its host",
        );
        wrong(is_facet || can.facet_of.is_none(), "a host is nobody's facet");
        wrong(can.create_mark.is_none() || can.create, "a mark is kept on records that are made");
        // what is settled is written by a step of its own
        let pays = can.document.as_ref().is_some_and(|document| document.pays.is_some());
        let by_step = |path: &FieldPath| pays && *path == model::Invoice::SETTLED;
        let writes = can.fields.iter().any(|(path, field)| field.write_on_update && !by_step(path));
        wrong(can.shows != Shows::Snapshot || !writes, "a copy made at one moment is not changed");
        wrong(!writes || can.update != UpdateMode::None, "fields can be changed, and the record cannot");
        if let Some(document) = &can.document {
            wrong(can.kind.name() == "order" || can.kind.name() == "invoice", "only orders and invoices are documents");
            wrong(document.steps.iter().all(|step| can.acts.contains(&step.act)), "a step is one of the acts");
            wrong(document.pays.as_ref().is_none_or(|act| can.acts.contains(act)), "paying is one of the acts");
            let there = |moves: &StreamId| all.get(moves).is_some_and(|moved| moved.kind == can.kind);
            wrong(document.steps.iter().filter_map(|step| step.moves_to.as_ref()).all(there), "a step leads nowhere");
            let leaves = model::Line::PATHS;
            for leaf in document.lines.iter().filter(|leaf| !leaves.contains(leaf)) {
                bench.note(format!("{id}/{leaf}"), "a line has no such leaf");
            }
        }
    }
    stamps(bench, stream).await
}

/// Fields that nobody knows, or whose claims exclude each other.
fn fields_that_cannot_be(can: &StreamCapability) -> Vec<(FieldPath, &'static str)> {
    let mut wrong = Vec::new();
    for (path, field) in &can.fields {
        let known = path.is_extension() || model::field(can.kind, *path).is_some() || path.as_str().contains(".lines.");
        let is_held = can.holds.filled(*path).is_some();
        for (holds, what) in [
            (known, "the model has no such field"),
            (field.read || field.write_on_create || field.write_on_update, "nothing can be done with it"),
            (!field.required_on_create || field.write_on_create || is_held, "a create needs it, and cannot give it"),
            (!field.exact || field.max_len.or(field.max_scale).is_some(), "exact, and no limit"),
            (
                field.one_of.as_ref().is_none_or(|words| !words.is_empty()) || !field.required_on_create,
                "no word fits it",
            ),
        ] {
            if !holds {
                wrong.push((*path, what));
            }
        }
    }
    for path in can.holds.paths().filter(|path| !can.fields.get(path).is_some_and(|field| field.read)) {
        wrong.push((path, "it is the same in all records, and cannot be read"));
    }
    for path in can.find_by.iter().filter(|path| !can.fields.get(*path).is_some_and(|field| field.read)) {
        wrong.push((*path, "it can be searched and not read"));
    }
    if let Some(mark) = can.create_mark.filter(|mark| !can.fields.get(&mark.field).is_some_and(|field| field.read)) {
        wrong.push((mark.field, "our mark stands in it, and it cannot be read"));
    }
    wrong
}

/// Where stamps are claimed, or what changed can be asked for, a record has one.
async fn stamps(bench: &Bench, stream: &Stream) -> Outcome {
    let since = stream.can.list.is_some_and(|list| list.since.is_some());
    sure(!since || stream.can.stamps, || "it tells what changed since, and no moments of change".to_owned())?;
    if !stream.can.stamps {
        return Ok(());
    }
    let id = bench.seed_one(stream).await?;
    let record = bench.host(&bench.look(stream, &id).await?)?;
    sure(record.version.modified_at.is_some(), || format!("{id} does not tell when it was changed"))
}

async fn unclaimed(bench: &Bench, stream: &Stream) -> Outcome {
    let can = &stream.can;
    let id = &stream.id;
    let nobody = FieldPath::new("x.suite.nothing");
    let mut calls: Vec<(&str, Result<(), sync_core::Error>)> = Vec::new();
    let listed = async |from| bench.page(id, from, None).await.map(drop);
    let found = async |by: FieldMap| bench.connector.find(&bench.cx, id, &by).await.map(drop);
    let calls_made = async {
        if can.list.is_none() {
            calls.push(("list", listed(ListFrom::Beginning).await));
        }
        if can.list.is_none_or(|list| list.since.is_none()) {
            calls.push(("list since", listed(ListFrom::ModifiedSince(bench.cx.clock.now())).await));
        }
        if can.get_max == 0 {
            calls.push(("get", bench.connector.get(&bench.cx, id, &["1".into()]).await.map(drop)));
        }
        calls.push(("find by nothing", found(FieldMap::new()).await));
        calls.push(("find by an unknown field", found(FieldMap::new().with(nobody, "1")).await));
        let by = can.fields.keys().find(|path| !can.find_by.contains(*path));
        if let Some(path) = by {
            calls.push(("find by another field", found(FieldMap::new().with(*path, "1")).await));
        }
        for facet in &stream.facets {
            calls.push(("get of a facet", bench.connector.get(&bench.cx, &facet.0, &["1".into()]).await.map(drop)));
        }
        for (what, write) in writes_not_claimed(bench, stream) {
            calls.push((what, bench.write(write).await.map(drop)));
        }
    };
    bench.silent("what is not claimed", calls_made).await?;
    for (what, answer) in calls {
        match answer {
            Err(error) if error.kind() == ErrorKind::Unsupported => {}
            Err(error) => bench.note(id.as_str(), format!("{what} is {:?}, not Unsupported", error.kind())),
            Ok(()) => bench.note(id.as_str(), format!("{what} is not claimed, and was done")),
        }
    }
    Ok(())
}

fn writes_not_claimed(bench: &Bench, stream: &Stream) -> Vec<(&'static str, Write)> {
    let can = &stream.can;
    let write = |action| bench.plain(&stream.id, action);
    let none = Part { stream: stream.id.clone(), wanted: FieldMap::new(), changed: BTreeSet::new() };
    let update = |parts| Action::Update { id: "1".into(), parts, if_version: None };
    let mut all = Vec::new();
    if !can.create {
        all.push(("create", write(Action::Create { parts: vec![none.clone()] })));
    }
    if can.update == UpdateMode::None {
        all.push(("update", write(update(vec![none.clone()]))));
    } else if !can.update_if_version {
        let if_version = Some(sync_core::connector::Version::default());
        let parts = vec![none.clone()];
        all.push(("a check of the version", write(Action::Update { id: "1".into(), parts, if_version })));
    }
    for mode in [RemoveMode::Archive, RemoveMode::Delete].into_iter().filter(|mode| !can.remove.contains(mode)) {
        all.push(("remove", write(Action::Remove { id: "1".into(), mode })));
    }
    let act = Action::Act { id: "1".into(), act: "levitate".to_owned(), with: FieldMap::new() };
    all.push(("an unknown step", write(act)));
    if can.update != UpdateMode::None {
        let mut levitates = write(update(vec![none.clone()]));
        levitates.effects.insert("levitate".to_owned());
        all.push(("an unknown effect", levitates));
        let stranger = Part { stream: StreamId::new("nobody's"), ..none.clone() };
        all.push(("a facet that it does not carry", write(update(vec![stranger]))));
    }
    if can.create && can.create_mark.is_none() {
        let mut marked = write(Action::Create { parts: vec![none] });
        marked.mark = Some("m-1".to_owned());
        all.push(("a mark", marked));
    }
    all
}

async fn declared(bench: &Bench, stream: &Stream) -> Outcome {
    for id in bench.seed(stream, 2).await? {
        let item = bench.look(stream, &id).await?;
        for record in bench.decode(&item)? {
            let at = &record.reference.at.stream;
            let can =
                stream.part(at).ok_or_else(|| Wrong(format!("'{at}' is shown, and no part of '{}'", stream.id)))?;
            for (path, value) in record.fields.iter() {
                let field = can.fields.get(&path);
                if !field.is_some_and(|field| field.read) {
                    bench.note(format!("{at}/{path}"), format!("it shows {value}, and is not declared to be read"));
                }
                let words = field.and_then(|field| field.one_of.as_ref());
                if let (Some(words), Some(text)) = (words, value.as_text())
                    && !words.contains(text)
                {
                    bench.note(format!("{at}/{path}"), format!("it shows '{text}', which is none of its words"));
                }
            }
            for (path, value) in can.holds.iter().filter(|(path, value)| record.fields.get(*path) != Some(value)) {
                let shown = super::values::shown(record.fields.get(path));
                bench.note(format!("{at}/{path}"), format!("every record holds {value}, and this one shows {shown}"));
            }
        }
    }
    Ok(())
}
