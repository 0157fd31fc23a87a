//! C-70 to C-75: trouble on the way.

use std::{sync::Arc, task::Poll};

use sync_core::{
    Error, ErrorKind, FieldMap,
    capability::{StreamCapability, UpdateMode},
    connector::{ListFrom, Write},
};

use super::{
    Check,
    bench::{Bench, Stream, part},
    fixture::{Stranger, TroubleKind},
    report::{Outcome, Wrong, sure},
    system::readable,
    values,
};

fn writes(can: &StreamCapability) -> bool {
    can.create || can.update != UpdateMode::None
}

pub(super) const CHECKS: &[Check] = &[
    Check::of_stream(
        "C-70",
        "readable",
        "each broken answer to a read is the error that it stands for",
        readable,
        |b, s| Box::pin(broken_reads(b, s)),
    )
    .with_trouble(),
    Check::of_stream(
        "C-76",
        "create, update",
        "each broken answer to a write is the error that it stands for",
        writes,
        |b, s| Box::pin(broken_writes(b, s)),
    )
    .with_trouble(),
    Check::of_stream(
        "C-71",
        "always",
        "who is too fast waits, and gives up as RateLimited with nothing written",
        readable,
        |b, s| Box::pin(too_fast(b, s)),
    )
    .with_trouble(),
    Check::of_stream(
        "C-72",
        "create, update",
        "an answer that is lost is AmbiguousWrite, after one request",
        writes,
        |b, s| Box::pin(lost_answers(b, s)),
    )
    .with_trouble(),
    Check::of_system("C-73", "always", "a token that ended is renewed once for ten calls", |b| Box::pin(expired(b)))
        .with_trouble(),
    Check::of_system(
        "C-74",
        "always",
        "credentials do not follow to another host; a host that is not there is Unavailable",
        |b| Box::pin(other_hosts(b)),
    )
    .with_trouble(),
    Check::of_stream(
        "C-75",
        "readable",
        "a call that nobody waits for any more leaves the connector usable",
        readable,
        |b, s| Box::pin(dropped(b, s)),
    ),
];

/// Enough to outlast every retry.
const FOR_EVER: u32 = 200;

async fn read(bench: &Bench, stream: &Stream, id: &str) -> Result<(), Error> {
    match stream.can.get_max {
        0 => bench.page(&stream.id, ListFrom::Beginning, None).await.map(drop),
        _ => bench.connector.get(&bench.cx, &stream.id, &[Arc::from(id)]).await.and_then(|found| {
            match found.iter().all(Option::is_some) {
                true => Ok(()),
                false => Err(Error::new(ErrorKind::NotFound, "get", "it was taken for gone")),
            }
        }),
    }
}

async fn broken_reads(bench: &Bench, stream: &Stream) -> Outcome {
    use ErrorKind::{Auth, NotFound, Permission, Protocol, Unavailable};
    use TroubleKind::{Closed, Empty, Html, Status, Truncated};
    let id = bench.seed_one(stream).await?;
    let cases: &[(TroubleKind, &[ErrorKind])] = &[
        (Status(401), &[Auth]),
        (Status(403), &[Permission]),
        (Status(500), &[Unavailable]),
        (Status(502), &[Unavailable]),
        (Status(503), &[Unavailable]),
        (Status(504), &[Unavailable]),
        (Html(200), &[Protocol]),
        (Html(502), &[Unavailable]),
        (Html(404), if stream.can.get_max > 0 { &[Protocol] } else { &[Protocol, NotFound] }),
        (Empty(200), &[Protocol]),
        (Empty(500), &[Unavailable]),
        (Truncated, &[Protocol, Unavailable]),
        (Closed, &[Unavailable]),
        (Status(404), &[NotFound]),
    ];
    for (kind, expected) in cases {
        if *kind == Status(404) && stream.can.get_max == 0 {
            continue;
        }
        bench.trouble(*kind, false, true, FOR_EVER)?;
        let answer = read(bench, stream, &id).await;
        bench.fixture.calm();
        let met = answer.err().map(|error| error.kind());
        if !met.is_some_and(|met| expected.contains(&met)) {
            bench.note(stream.id.as_str(), format!("{kind:?} to a read is {met:?}, not {expected:?}"));
        }
    }
    read(bench, stream, &id).await.map_err(|error| Wrong(format!("after all trouble: {error}")))
}

/// A write that can be told from others: a new record, or a change that shows.
async fn a_write(bench: &Bench, stream: &Stream, nth: usize) -> Result<Write, Wrong> {
    if stream.can.create {
        let sample = bench.sample(stream).await?;
        return Ok(bench.create(&stream.id, &sample));
    }
    let id = bench.seed_one(stream).await?;
    let item = bench.look(stream, &id).await?;
    for (at, can) in stream.parts() {
        let shown = bench.shown(&item, at)?;
        let fields = can.fields.iter().filter(|(_, field)| field.write_on_update && field.read);
        for (path, _) in fields {
            let other = |value: &sync_core::Value| shown.get(*path) != Some(value);
            if let Some(value) = (nth..nth + 3).filter_map(|nth| values::value(bench, at, can, *path, nth)).find(other)
            {
                return bench.update(stream, &id, vec![part(at, &FieldMap::new().with(*path, value))]).await;
            }
        }
    }
    Err(Wrong::new("nothing can be written"))
}

/// How many records there are, where that can be told.
async fn population(bench: &Bench, stream: &Stream) -> Result<Option<usize>, Wrong> {
    match stream.can.list {
        Some(_) if stream.can.create => Ok(Some(bench.list(&stream.id, ListFrom::Beginning).await?.len())),
        _ => Ok(None),
    }
}

async fn broken_writes(bench: &Bench, stream: &Stream) -> Outcome {
    use ErrorKind::{
        AlreadyExists, AmbiguousWrite, Auth, Invalid, NotFound, Permission, Protocol, Unavailable, VersionConflict,
    };
    use TroubleKind::{Empty, Html, Status};
    let cases: &[(TroubleKind, bool, &[ErrorKind])] = &[
        (Status(400), false, &[Invalid]),
        (Status(422), false, &[Invalid]),
        (Status(401), false, &[Auth]),
        (Status(403), false, &[Permission]),
        (Status(404), false, &[NotFound, Invalid, Protocol]),
        (Status(409), false, &[AlreadyExists, VersionConflict, Invalid]),
        (Status(500), true, &[AmbiguousWrite]),
        (Status(502), true, &[AmbiguousWrite]),
        (Status(504), true, &[AmbiguousWrite]),
        (Html(502), true, &[AmbiguousWrite]),
        (Empty(500), true, &[AmbiguousWrite]),
        (Status(503), false, &[Unavailable, AmbiguousWrite]),
    ];
    for (kind, carried_out, expected) in cases {
        let write = a_write(bench, stream, 1).await?;
        bench.trouble(*kind, true, *carried_out, FOR_EVER)?;
        let answer = bench.write(write).await;
        bench.fixture.calm();
        let met = answer.err().map(|error| error.kind());
        if !met.is_some_and(|met| expected.contains(&met)) {
            bench.note(stream.id.as_str(), format!("{kind:?} to a write is {met:?}, not {expected:?}"));
        }
    }
    // the vendor said yes and no more can be understood: the write is done, or unclear, and never refused
    for kind in [Html(200), Empty(200), TroubleKind::Truncated] {
        let write = a_write(bench, stream, 2).await?;
        bench.trouble(kind, true, true, FOR_EVER)?;
        let answer = bench.write(write).await.map(drop).map_err(|error| error.kind());
        bench.fixture.calm();
        if !matches!(answer, Ok(()) | Err(AmbiguousWrite)) {
            bench.note(stream.id.as_str(), format!("{kind:?} to a write that was carried out is {answer:?}"));
        }
    }
    Ok(())
}

async fn too_fast(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    bench.trouble(TroubleKind::TooFast, false, false, 1)?;
    let once = read(bench, stream, &id).await;
    bench.fixture.calm();
    once.map_err(|error| Wrong(format!("too fast once, it gives up: {error}")))?;
    bench.trouble(TroubleKind::TooFast, false, false, FOR_EVER)?;
    let always = read(bench, stream, &id).await;
    bench.fixture.calm();
    let met = always.err().map(|error| error.kind());
    sure(met == Some(ErrorKind::RateLimited), || format!("too fast for ever is {met:?}, not RateLimited"))?;
    if !writes(&stream.can) {
        return Ok(());
    }
    let write = a_write(bench, stream, 1).await?;
    let before = population(bench, stream).await?;
    bench.trouble(TroubleKind::TooFast, true, false, FOR_EVER)?;
    let answer = bench.write(write).await;
    bench.fixture.calm();
    let met = answer.err().map(|error| error.kind());
    sure(met == Some(ErrorKind::RateLimited), || {
        format!("a write that is too fast for ever is {met:?}, not RateLimited")
    })?;
    let after = population(bench, stream).await?;
    sure(before == after, || format!("nothing was let through, and of {before:?} records there are {after:?}"))
}

async fn lost_answers(bench: &Bench, stream: &Stream) -> Outcome {
    for carried_out in [true, false] {
        let write = a_write(bench, stream, 1).await?;
        let before = population(bench, stream).await?;
        bench.trouble(TroubleKind::Closed, true, carried_out, FOR_EVER)?;
        let (answer, sent) = bench.counted(bench.write(write)).await;
        bench.fixture.calm();
        let met = answer.err().map(|error| error.kind());
        // a request that went out and was not answered may have been carried out: nobody here can tell
        let expected = met == Some(ErrorKind::AmbiguousWrite) || (!carried_out && met == Some(ErrorKind::Unavailable));
        sure(expected, || format!("its answer was lost (carried out: {carried_out}), and it is {met:?}"))?;
        let times = sent.map_or(1, |sent| sent.iter().filter(|one| one.writes).count());
        sure(times == 1, || format!("its answer was lost, and it was sent {times} times"))?;
        if let (Some(before), Some(after)) = (before, population(bench, stream).await?) {
            let made = after - before;
            sure(made == usize::from(carried_out), || format!("one record was to be made, and there are {made} more"))?;
        }
    }
    Ok(())
}

async fn expired(bench: &Bench) -> Outcome {
    bench.connector.check(&bench.cx).await?;
    if !bench.fixture.expire_token() {
        return Ok(());
    }
    let before = bench.fixture.requests().unwrap_or_default().len();
    let calls = (0..10).map(|_| bench.connector.check(&bench.cx));
    for answer in futures_util::future::join_all(calls).await {
        answer.map_err(|error| Wrong(format!("its token ended: {error}")))?;
    }
    let signed_in =
        bench.fixture.requests().unwrap_or_default().iter().skip(before).filter(|sent| sent.signs_in).count();
    sure(signed_in == 1, || format!("ten calls with a token that ended renewed it {signed_in} times"))
}

async fn other_hosts(bench: &Bench) -> Outcome {
    let nobody = bench.fixture.stranger(Stranger::Nobody).await;
    let nobody = nobody.ok_or_else(|| Wrong::new("the fixture has no connector to a host that is not there"))?;
    let answer = match nobody {
        Ok(nobody) => nobody.check(&bench.cx).await.map(drop),
        Err(error) => Err(error),
    };
    let met = answer.err().map(|error| error.kind());
    sure(met == Some(ErrorKind::Unavailable), || format!("nobody is there, and it is {met:?}, not Unavailable"))?;
    let sent_on = bench.fixture.redirected().await;
    let sent_on = sent_on.ok_or_else(|| Wrong::new("the fixture has no vendor that sends calls to another host"))?;
    sure(sent_on.answer.is_err(), || "another host answered for the vendor, and was believed".to_owned())?;
    let told = bench.fixture.secrets().into_iter().find(|secret| sent_on.heard.contains(secret.as_str()));
    sure(told.is_none(), || "a host that the vendor named was sent a secret".to_owned())?;
    let authorized = sent_on.heard.to_ascii_lowercase().contains("authorization:");
    sure(!authorized, || "a host that the vendor named was sent credentials".to_owned())
}

async fn dropped(bench: &Bench, stream: &Stream) -> Outcome {
    let id = bench.seed_one(stream).await?;
    for polls in 1..4_usize {
        let mut call = Box::pin(read(bench, stream, &id));
        for _ in 0..polls {
            let done = std::future::poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_ready())).await;
            if done {
                break;
            }
            tick().await;
        }
        drop(call);
        read(bench, stream, &id).await.map_err(|error| Wrong(format!("after a call that was given up: {error}")))?;
    }
    let many = futures_util::future::join_all((0..8).map(|_| read(bench, stream, &id))).await;
    many.into_iter()
        .collect::<Result<Vec<()>, Error>>()
        .map(drop)
        .map_err(|error| Wrong(format!("eight calls later: {error}")))
}

/// Lets others have a turn.
async fn tick() {
    let mut turned = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut turned, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
