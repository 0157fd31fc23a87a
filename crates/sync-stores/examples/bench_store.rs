//! What the SQLite store costs: `cargo run --release -p sync-stores --example bench_store [folder]`.
//!
//! One operation is what one write of the engine costs the store: an intent before the call, and afterwards the binding,
//! the finished intent, the index row and two journal entries. The folder should be on the disk that is meant.
#![allow(clippy::print_stdout, reason = "a program for the terminal")]

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use sync_core::{
    CanonicalId, EntityKind, Error, FieldMap, FieldPath, Fingerprint, Result, StreamKey,
    connector::{Action, Part},
    store::{
        Binding, BoundSide, Commit, Committed, Event, Indexed, Intent, Journal, Lease, MatchKey, Share, StateStore,
    },
};
use sync_stores::SqliteStore;
use sync_testkit::store_suite::run;
use uuid::Uuid;

const THEN: DateTime<Utc> = DateTime::UNIX_EPOCH;
const SUBJECTS: u64 = 4096;
const INDEX: u64 = 1_000_000;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = folder.join(format!("bench-store-{}", std::process::id()));
    let made = std::fs::create_dir_all(&folder);
    let done = made.map_err(|e| Error::new(sync_core::ErrorKind::Store, "bench", e.to_string()));
    let measured = done.and_then(|()| run(measure(folder.join("bench.db"))));
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        println!("{} is left over: {error}", folder.display());
    }
    measured
}

async fn measure(path: PathBuf) -> Result<()> {
    let start = Instant::now();
    let store = SqliteStore::open(&path, Uuid::from_u128(1)).await?;
    println!("make the file       {:>10.1?}", start.elapsed());
    let Some(lease) = store.acquire("g", THEN, Duration::from_secs(3600)).await? else { return Ok(()) };

    let mut fill = Meter::start();
    for from in (0..SUBJECTS).step_by(256) {
        keep(&store, &lease, Commit { bindings: (from..from + 256).map(binding).collect(), ..Commit::default() })
            .await?;
    }
    fill.tell("fill, per binding", SUBJECTS);
    for batch in [1, 8, 64, 256] {
        let rounds = 1024 / batch;
        let mut meter = Meter::start();
        let mut preparing = Duration::ZERO;
        for round in 0..rounds {
            let aside = Instant::now();
            let (intents, outcome) = operations(&store, round * batch, batch).await?;
            preparing += aside.elapsed();
            store.intend(&lease, &intents).await?;
            keep(&store, &lease, outcome).await?;
        }
        println!(
            "                    {:>10.1?} of it for reading the bindings, per operation",
            each(preparing, rounds * batch)
        );
        meter.tell(&format!("batches of {batch}, per operation"), rounds * batch);
    }
    let mut meter = Meter::start();
    for round in 0..64 {
        let ids: Vec<CanonicalId> = (0..256).map(|n| id((n * 97 + round) % SUBJECTS)).collect();
        let _found = store.bindings(&ids).await?;
    }
    meter.tell("read 256 bindings, per binding", 64 * 256);
    for round in 0..64 {
        let names: Vec<_> = (0..256).map(|n| shop().id(((n * 97 + round) % SUBJECTS).to_string())).collect();
        let _found = store.bound(&names).await?;
    }
    meter.tell("look up 256 references, per reference", 64 * 256);
    index(&store, &lease).await?;
    let length = std::fs::metadata(&path).map_or(0, |file| file.len());
    println!("file                {:>10} KiB", length / 1024);
    Ok(())
}

async fn index(store: &SqliteStore, lease: &Lease) -> Result<()> {
    let mut meter = Meter::start();
    for from in (0..INDEX).step_by(10_000) {
        let entry =
            |n: u64| Indexed { reference: erp().id(n.to_string()), hash: Fingerprint::of_bytes(&n.to_le_bytes()) };
        keep(store, lease, Commit { indexed: (from..from + 10_000).map(entry).collect(), ..Commit::default() }).await?;
    }
    meter.tell("index, kept in commits of 10 000, per entry", INDEX);
    let before = resident();
    let mut all: Vec<(u64, u128)> = Vec::with_capacity(usize::try_from(INDEX).unwrap_or_default());
    let mut after = None;
    loop {
        let page = store.index(&erp(), after, 10_000).await?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        all.extend(page.iter().map(|(key, hash)| (*key, hash.bits())));
    }
    meter.tell("index, loaded in pages of 10 000, per entry", INDEX);
    println!(
        "                    {:>10} entries, {} KiB more memory, {} KiB in all",
        all.len(),
        resident() - before,
        resident()
    );
    Ok(())
}

async fn operations(store: &SqliteStore, from: u64, batch: u64) -> Result<(Vec<Intent>, Commit)> {
    let of: Vec<u64> = (from..from + batch).map(|n| (n * 1009) % SUBJECTS).collect();
    let ids: Vec<CanonicalId> = of.iter().map(|n| id(*n)).collect();
    let mut outcome = Commit { bindings: store.bindings(&ids).await?, ..Commit::default() };
    let mut intents = Vec::new();
    for n in of {
        let key = format!("op {from} {n}");
        let part = Part { stream: erp().stream, wanted: fields(n), changed: [path(3)].into() };
        let action = Action::Update { id: Arc::from(n.to_string()), parts: vec![part], if_version: None };
        let ours = FieldMap::new().with(path(3), "changed");
        let share =
            Share { subject: id(n), at: erp(), units: [path(3)].into(), ours: ours.clone(), instead: FieldMap::new() };
        intents.push(Intent::new(key.clone(), "g", THEN, erp(), action, vec![share]));
        outcome.finished.push(key);
        outcome.indexed.push(Indexed { reference: erp().id(n.to_string()), hash: fields(n).fingerprint() });
        let settled = Event::Settled {
            unit: path(3),
            old: ours.clone(),
            new: ours.clone(),
            from: shop().system,
            overridden: Vec::new(),
            because: "the shop is master".to_owned(),
        };
        let (to, action) = (erp().id(n.to_string()), "update".to_owned());
        let wrote = Event::Wrote { to, action, fields: ours, effects: Vec::new(), calls: Vec::new() };
        let run = "run 7".to_owned();
        outcome.journal.extend([settled, wrote].map(|event| Journal {
            at: THEN,
            run: run.clone(),
            subject: id(n),
            event,
        }));
    }
    for binding in &mut outcome.bindings {
        binding.agreed.set(path(3), format!("changed {from}"));
    }
    Ok((intents, outcome))
}

async fn keep(store: &SqliteStore, lease: &Lease, commit: Commit) -> Result<()> {
    match store.commit(lease, commit).await? {
        Committed::Done => Ok(()),
        Committed::Stale(ids) => {
            Err(Error::new(sync_core::ErrorKind::Internal, "bench", format!("{} are stale", ids.len())))
        }
    }
}

fn shop() -> StreamKey {
    StreamKey::new("shop:se", "customers")
}
fn erp() -> StreamKey {
    StreamKey::new("erp:main", "customer")
}
fn id(n: u64) -> CanonicalId {
    CanonicalId::derive(Uuid::from_u128(1), &shop().id(n.to_string()), 0)
}
fn path(n: u64) -> FieldPath {
    FieldPath::new(&format!("billing.field_{n}"))
}
fn fields(n: u64) -> FieldMap {
    (0..18).map(|field| (path(field), format!("value {n} of {field}").into())).collect()
}
fn binding(n: u64) -> Binding {
    let mut binding = Binding::new(id(n), "buyers".into(), EntityKind::Organisation, shop().system);
    binding.agreed = fields(n);
    binding.origins = fields(n).paths().map(|path| (path, shop().system)).collect();
    for at in [shop(), erp()] {
        let mut side = BoundSide::default();
        (side.id, side.shadow) = (Some(Arc::from(n.to_string())), fields(n));
        binding.sides.insert(at, side);
    }
    let key = |rule: &str| MatchKey { entity: "buyers".into(), rule: rule.to_owned(), key: format!("{rule} {n}") };
    binding.keys = ["email", "org_no"].map(key).into();
    binding.numbers = [n.to_string(), (n + 10_000).to_string()].into();
    binding
}

/// Time on the wall and of the processor since the last word.
struct Meter {
    wall: Instant,
    cpu: Duration,
}

impl Meter {
    fn start() -> Self {
        Self { wall: Instant::now(), cpu: cpu() }
    }
    fn tell(&mut self, what: &str, operations: u64) {
        let (wall, used) = (self.wall.elapsed(), cpu().saturating_sub(self.cpu));
        println!("{what}: {:.1?} wall, {:.1?} cpu ({wall:.1?} in all)", each(wall, operations), each(used, operations));
        *self = Self::start();
    }
}

fn each(all: Duration, operations: u64) -> Duration {
    all / u32::try_from(operations).unwrap_or(u32::MAX)
}

/// Processor time of all threads, in steps of 10 ms; zero where /proc is not.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// Resident memory in KiB; zero where /proc is not.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default()
}
