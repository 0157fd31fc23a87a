//! The process in which the engine runs, with the connectors, the HTTP client and the store.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use emulators::{eekonomi, starweb};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sync_core::{
    Clock, Context, ExternalRef, FieldMap, Result, StreamId, StreamKey,
    capability::Capabilities,
    connector::{Connector, ConnectorInfo, Item, ListQuery, Page, Record, Tenant, Write, Written},
    engine::{Cancel, Engine, Mode, Observer, Report},
};
use sync_http::{Limits, MemoryTokens, SystemClock, TokenStore, TokioTimer, Transport};
use sync_stores::SqliteStore;
use uuid::Uuid;

use crate::{Failure, Systems, bare::UNLIMITED, child, measure, rules};

/// Setting of this role.
#[derive(Debug, Args)]
pub(crate) struct Setting {
    #[command(flatten)]
    systems: Systems,
    /// The store's file
    #[arg(long)]
    store: PathBuf,
    /// Seconds that its clock is ahead, as those of the emulators are
    #[arg(long)]
    ahead_s: i64,
    /// It is the first contact: adopt, approve, run
    #[arg(long)]
    first: bool,
}

/// What one run took.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Took {
    pub(crate) wall_us: u64,
    pub(crate) cpu_us: u64,
    /// Of both: the part until the plan of the first contact was approved.
    pub(crate) adopt_us: u64,
    /// Kibibytes before it, and the most that there were.
    pub(crate) before_kib: u64,
    pub(crate) peak_kib: u64,
    /// Records of single streams that were written.
    pub(crate) applied: u64,
    /// Records that the listings named, and how many of them differed from what was known.
    pub(crate) listed: u64,
    pub(crate) differing: u64,
    /// What did not go as it should, a line each.
    pub(crate) wrong: Vec<String>,
}

/// Connects, says so, waits for the word, runs, tells what it took.
pub(crate) fn serve(setting: &Setting) -> std::result::Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let counted = Arc::new(Counted::default());
        let engine = Box::pin(connected(setting, &counted)).await?;
        child::tell(&"ready")?;
        if child::order::<String>()?.is_none() {
            return Ok(());
        }
        child::tell(&measured(&engine, setting.first, &counted).await?)
    })
}

async fn measured(engine: &Engine, first: bool, counted: &Counted) -> std::result::Result<Took, Failure> {
    let (before_kib, _) = measure::resident()?;
    let (start, cpu) = (Instant::now(), measure::cpu()?);
    let mut wrong = Vec::new();
    let mut adopt_us = 0;
    if first {
        let report = Box::pin(engine.run(Mode::Adopt, counted, &Cancel::new())).await?;
        for id in &report.adopted {
            engine.approve(id, "bench").await?;
        }
        wrong.extend(hindrances(&report));
        adopt_us = measure::micros(start.elapsed());
    }
    let report = Box::pin(engine.run(Mode::Sync, counted, &Cancel::new())).await?;
    wrong.extend(hindrances(&report));
    let (wall, cpu) = (start.elapsed(), measure::cpu()?.saturating_sub(cpu));
    let (_, peak_kib) = measure::resident()?;
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    Ok(Took {
        wall_us: measure::micros(wall),
        cpu_us: measure::micros(cpu),
        adopt_us,
        before_kib,
        peak_kib,
        applied: of(&counted.applied),
        listed: of(&counted.listed),
        differing: of(&counted.differing),
        wrong,
    })
}

/// What keeps a run from its end.
fn hindrances(report: &Report) -> Vec<String> {
    let stopped = report.stopped.iter().map(|(at, error)| format!("{at} stopped: {error}"));
    let systems = report.stopped_systems.iter().map(|(system, error)| format!("{system} stopped: {error}"));
    let tripped = report.tripped.values().flatten().map(|tripped| format!("a guard tripped: {tripped}"));
    let unclear = (report.unclear > 0).then(|| format!("{} writes are unclear", report.unclear));
    stopped.chain(systems).chain(tripped).chain(report.waiting()).chain(unclear).collect()
}

async fn connected(setting: &Setting, counted: &Arc<Counted>) -> std::result::Result<Engine, Failure> {
    let Systems { shop, erp, token, concurrency } = &setting.systems;
    let clock: Arc<dyn Clock> = Arc::new(Ahead(TimeDelta::seconds(setting.ahead_s)));
    let cx = Context::new(clock.clone(), "connect");
    let transport = Transport::new()?;
    let limits = Arc::new(Limits::new(Arc::new(TokioTimer::new())));

    let own = starweb::Settings::default();
    let mut config = connector_starweb::Config::new(shop.join("/api/v2")?, own.client_id, own.client_secret);
    config.calls_per_minute = UNLIMITED; // the vendor's limit is lifted on both sides
    let tokens = Arc::new(MemoryTokens::new());
    let lent = connector_starweb::Environment::new(transport.clone(), limits.clone(), tokens);
    let shop = Box::pin(connector_starweb::connect(&cx, "se", config, lent, None)).await?;

    let tokens = Arc::new(MemoryTokens::new());
    let lifetime = Some(Duration::from_secs(3600));
    tokens.save("erp", &sync_http::Token::new(token.clone().into(), clock.now(), lifetime)).await?;
    let config = serde_json::from_value(json!({
        "client_id": eekonomi::CLIENT_ID, "client_secret": eekonomi::CLIENT_SECRET, "company": "556677-8899",
        "base_url": erp.join("/v2/")?, "identity_url": erp, "own_fields": { "articles": ["SendToWebshop"] },
    }))?;
    let lent = connector_eekonomi::Environment::new(transport, limits, tokens);
    let erp = Box::pin(connector_eekonomi::connect(&cx, "erp", config, lent, None)).await?;

    let store = Arc::new(SqliteStore::open(&setting.store, Uuid::from_u128(1)).await?);
    let built = Engine::builder(store, clock)
        .system(Arc::new(erp.router))
        .system(AtOnce::new(Arc::new(shop.router), *concurrency, counted.clone()))
        .policy(rules::policy()?)
        .build();
    Ok(built.map_err(|mistakes| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))?)
}

/// The machine's clock, so much ahead.
#[derive(Debug)]
struct Ahead(TimeDelta);

impl Clock for Ahead {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + self.0
    }
}

/// What passes between engine and connectors.
#[derive(Debug, Default)]
struct Counted {
    applied: AtomicU64,
    listed: AtomicU64,
    differing: AtomicU64,
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(u64::try_from(count).unwrap_or_default(), Ordering::Relaxed);
}

impl Observer for Counted {
    fn page(&self, _host: &StreamKey, records: usize, differing: usize) {
        add(&self.listed, records);
        add(&self.differing, differing);
    }
}

/// A connector whose streams take so many writes at once, and whose writes are counted by the streams that have a share.
#[derive(Debug)]
struct AtOnce {
    inner: Arc<dyn Connector>,
    capabilities: Capabilities,
    counted: Arc<Counted>,
}

impl AtOnce {
    fn new(inner: Arc<dyn Connector>, at_once: u32, counted: Arc<Counted>) -> Arc<Self> {
        let mut capabilities = inner.capabilities().clone();
        capabilities.streams.values_mut().for_each(|can| can.write_concurrency = at_once);
        Arc::new(Self { inner, capabilities, counted })
    }
}

#[async_trait]
impl Connector for AtOnce {
    fn info(&self) -> &ConnectorInfo {
        self.inner.info()
    }
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }
    async fn check(&self, cx: &Context) -> Result<Tenant> {
        self.inner.check(cx).await
    }
    async fn list(&self, cx: &Context, query: &ListQuery) -> Result<Page> {
        self.inner.list(cx, query).await
    }
    async fn get(&self, cx: &Context, stream: &StreamId, ids: &[Arc<str>]) -> Result<Vec<Option<Item>>> {
        self.inner.get(cx, stream, ids).await
    }
    async fn find(&self, cx: &Context, stream: &StreamId, by: &FieldMap) -> Result<Vec<Item>> {
        self.inner.find(cx, stream, by).await
    }
    async fn write(&self, cx: &Context, writes: &[Write]) -> Vec<Result<Written>> {
        let answers = self.inner.write(cx, writes).await;
        let done = writes.iter().zip(&answers).filter(|(_, answer)| answer.is_ok());
        add(&self.counted.applied, done.map(|(write, _)| write.action.parts().len()).sum());
        answers
    }
    fn decode(&self, item: &Item) -> Result<Vec<Record>> {
        self.inner.decode(item)
    }
    fn hints(&self, headers: &[(String, String)], body: &[u8]) -> Result<Vec<ExternalRef>> {
        self.inner.hints(headers, body)
    }
}
