//! One run on a store with many records, in a process of its own.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use sync_core::{
    FieldMap, Policy, StreamKey,
    engine::{Cancel, Engine, Mode, Observer, Report},
    mapping::{Mapper, Problems},
    model::Item,
};
use sync_http::SystemClock;
use sync_stores::SqliteStore;
use uuid::Uuid;

use super::rows::{PAGE, Shows, books, catalogue};
use crate::{Failure, child, measure};

const RULES: &str = r#"
    [guards]
    max_create = 1_000_000_000
    max_change_percent = 100
    [entities.articles]
    kind = "item"
    master = "catalogue"
    match = [{ on = ["number"] }]
    systems.catalogue = { read = true }
    systems.books = { create = "always", update = true }
    [[entities.articles.map]]
    field = "name"
    catalogue = "name"
    mapper = "title"
"#;

/// Which store this is: ids of records are derived from it.
pub(crate) const STORE: Uuid = Uuid::from_u128(1);

/// What is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// The catalogue is listed, and nothing in it has changed
    Unchanged,
    /// The catalogue is listed, and one record in a hundred has another name
    Changed,
    /// Nothing has changed but the mapper of the name: a plan is made
    Mapper,
}

impl Scenario {
    pub(crate) fn shows(self, records: u64) -> Shows {
        Shows { first: 0, records, one_in: if self == Self::Changed { 100 } else { 0 } }
    }
}

/// Setting of this role.
#[derive(Debug, Args)]
pub(crate) struct Setting {
    #[arg(long)]
    store: PathBuf,
    #[arg(long)]
    records: u64,
    #[arg(long, value_enum)]
    scenario: Scenario,
}

/// What one run took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Took {
    pub(crate) wall_us: u64,
    /// Of all threads, with the writing down of the pages, and that alone.
    pub(crate) cpu_us: u64,
    pub(crate) pages_us: u64,
    /// Kibibytes before the run, and the most that there were.
    pub(crate) before_kib: u64,
    pub(crate) peak_kib: u64,
    /// Records that were listed, and how many of them differed from what was known.
    pub(crate) listed: u64,
    pub(crate) differing: u64,
    /// What was written, or, of a plan, would be.
    pub(crate) operations: u64,
    pub(crate) wrong: Vec<String>,
}

/// The engine on a store, between the catalogue and the books.
pub(crate) async fn engine(store: &Path, shows: Shows, version: u32) -> Result<(Engine, Arc<SqliteStore>), Failure> {
    let policy = Policy::from_toml(RULES).map_err(|mistakes| told(&mistakes))?;
    let store = Arc::new(SqliteStore::open(store, STORE).await?);
    let built = Engine::builder(store.clone(), Arc::new(SystemClock))
        .system(Arc::new(catalogue(shows)?))
        .system(Arc::new(books()?))
        .mapper("title", title(version))
        .policy(policy)
        .build();
    Ok((built.map_err(|mistakes| told(&mistakes))?, store))
}

fn told(mistakes: &[sync_core::policy::Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Takes a name as it stands; from its second version on with an end of its own.
fn title(version: u32) -> Mapper {
    let split = move |theirs: &FieldMap, _: &mut Problems| {
        let end = if version > 1 { ", revised" } else { "" };
        Ok(match theirs.text(Item::NAME) {
            Some(name) => FieldMap::new().with(Item::NAME, format!("{name}{end}")),
            None => FieldMap::new(),
        })
    };
    Mapper::new(version).theirs([Item::NAME]).ours([Item::NAME]).with(split, |_, _| Ok(FieldMap::new()))
}

/// Opens the store, says so, waits for the word, runs, tells what it took.
pub(crate) fn serve(setting: &Setting) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let shows = setting.scenario.shows(setting.records);
        let version = if setting.scenario == Scenario::Mapper { 2 } else { 1 };
        let (engine, _store) = Box::pin(engine(&setting.store, shows, version)).await?;
        child::tell(&"ready")?;
        if child::order::<String>()?.is_none() {
            return Ok(());
        }
        child::tell(&measured(&engine, setting.scenario, shows).await?)
    })
}

async fn measured(engine: &Engine, scenario: Scenario, shows: Shows) -> Result<Took, Failure> {
    let counted = Counted::default();
    let (before_kib, _) = measure::resident()?;
    let (start, cpu) = (Instant::now(), measure::cpu()?);
    let mode = if scenario == Scenario::Mapper { Mode::DryRun } else { Mode::Sync };
    let report = Box::pin(engine.run(mode, &counted, &Cancel::new())).await?;
    let (wall, cpu) = (start.elapsed(), measure::cpu()?.saturating_sub(cpu));
    let (_, peak_kib) = measure::resident()?;
    let operations = match mode {
        Mode::DryRun => report.plan.counted().changes.values().sum(),
        _ => report.writes(),
    };
    Ok(Took {
        wall_us: measure::micros(wall),
        cpu_us: measure::micros(cpu),
        pages_us: pages(shows)?,
        before_kib,
        peak_kib,
        listed: counted.listed.load(Ordering::Relaxed),
        differing: counted.differing.load(Ordering::Relaxed),
        operations,
        wrong: hindrances(&report),
    })
}

/// What it takes to write all pages down, and no more.
fn pages(shows: Shows) -> Result<u64, Failure> {
    let cpu = measure::cpu()?;
    let mut after = 0;
    while after < shows.records {
        std::hint::black_box(shows.page(after));
        after = after.saturating_add(PAGE.into());
    }
    Ok(measure::micros(measure::cpu()?.saturating_sub(cpu)))
}

/// What keeps a run from its end.
pub(crate) fn hindrances(report: &Report) -> Vec<String> {
    let stopped = report.stopped.iter().map(|(at, error)| format!("{at} stopped: {error}"));
    let tripped = report.tripped.values().flatten().chain(&report.plan.tripped);
    stopped.chain(tripped.map(|tripped| format!("a guard tripped: {tripped}"))).chain(report.waiting()).collect()
}

#[derive(Debug, Default)]
struct Counted {
    listed: AtomicU64,
    differing: AtomicU64,
}

impl Observer for Counted {
    fn page(&self, _: &StreamKey, records: usize, differing: usize) {
        let add = |counter: &AtomicU64, count: usize| {
            counter.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed)
        };
        add(&self.listed, records);
        add(&self.differing, differing);
    }
}
