//! A CRM and its ERP with the sample data, the engine between them, and one clock for all.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use emulators::{
    Emulator, Options,
    frame::Entry,
    visma_net::{self, VismaNet},
    webcrm::{self, WebCrm},
};
use serde_json::{Map, Value, json};
use sync_core::{
    Clock, Context,
    engine::{Cancel, Engine, Mode, Report, Silent},
    policy::Policy,
};
use sync_http::{Limits, MemoryTokens, Timer, Transport, VirtualTime};
use sync_stores::SqliteStore;
use toml::Table;
use uuid::Uuid;

use crate::{Failure, calls::Calls};

const PRESET: &str = include_str!("../../presets/webcrm-visma-net.toml");
/// What belongs to the sample data and not to the flow.
const OWN: &str = include_str!("../../sample-data/demo.toml");
const FLOW: &str = "webcrm-visma-net";

macro_rules! sample {
    ($system:literal: $($collection:literal)*) => {
        &[$(($collection, include_str!(concat!("../../sample-data/", $system, "/", $collection, ".json")))),*]
    };
}

const CRM: &[(&str, &str)] =
    sample!("webcrm": "deliveries" "fields-metadata" "linked-data" "organisations" "persons" "quotation-lines");
const ERP: &[(&str, &str)] = sample!("visma-net": "contacts" "customers" "items" "orders");

/// Seconds between runs, a little more than the preset's `every`.
const DUE_S: u64 = 150;
/// Runs after which nothing may be left to do.
const RUNS_MAX: u32 = 12;

/// Time that passes only when somebody waits, and then for everybody.
#[derive(Debug)]
struct Time {
    inner: VirtualTime,
    crm: Emulator<WebCrm>,
    erp: Emulator<VismaNet>,
}

impl Time {
    fn emulators(&self, length: Duration) {
        // only the calendar's end could stop them
        let _ = self.crm.advance(length);
        let _ = self.erp.advance(length);
    }
}

impl Clock for Time {
    fn now(&self) -> DateTime<Utc> {
        self.inner.now()
    }
}

#[async_trait]
impl Timer for Time {
    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }
    async fn sleep(&self, length: Duration) {
        self.emulators(length);
        self.inner.sleep(length).await;
    }
}

/// Both systems, connected.
pub(super) struct Stage {
    time: Arc<Time>,
    store: Arc<SqliteStore>,
    preset: Table,
    engine: Engine,
}

impl Stage {
    pub(super) async fn set() -> Result<Self, Failure> {
        let own: Table = OWN.parse()?;
        let start = own.get("start").and_then(toml::Value::as_str).unwrap_or_default().parse()?;
        let crm = Emulator::start(WebCrm::default(), Options::at(start)).await?;
        let erp = Emulator::start(VismaNet::default(), Options::at(start)).await?;
        crm.seed(collections(CRM)?)?;
        erp.seed(collections(ERP)?)?;
        let time = Arc::new(Time { inner: VirtualTime::leaping(start), crm, erp });
        let store = Arc::new(SqliteStore::open_in_memory(Uuid::from_u128(1)).await?);
        let preset = preset(&own)?;
        let engine = Box::pin(connected(&preset, &time, store.clone())).await?;
        Ok(Self { time, store, preset, engine })
    }
    /// The program is started anew.
    pub(super) async fn restart(&mut self) -> Result<(), Failure> {
        self.engine = Box::pin(connected(&self.preset, &self.time, self.store.clone())).await?;
        Ok(())
    }
    pub(super) fn pass(&self, seconds: u64) {
        let length = Duration::from_secs(seconds);
        self.time.inner.advance(length);
        self.time.emulators(length);
    }
    /// Reads and binds everything, and allows what that counted.
    pub(super) async fn adopt(&self) -> Result<(), Failure> {
        let report = Box::pin(self.engine.run(Mode::Adopt, &Silent, &Cancel::new())).await?;
        for id in &report.adopted {
            self.engine.approve(id, "bench").await?;
        }
        Ok(())
    }
    /// The next run that is due.
    pub(super) async fn run(&self) -> Result<Report, Failure> {
        self.pass(DUE_S);
        let report = Box::pin(self.engine.run(Mode::Sync, &Silent, &Cancel::new())).await?;
        let stopped = report.stopped.iter().map(|(at, error)| format!("{at} stopped: {error}"));
        let systems = report.stopped_systems.iter().map(|(system, error)| format!("{system} stopped: {error}"));
        match stopped.chain(systems).next() {
            Some(stopped) => Err(stopped.into()),
            None => Ok(report),
        }
    }
    /// Runs until nothing is left to do but for people; gives how many records were written.
    pub(super) async fn settle(&self) -> Result<u64, Failure> {
        let mut written = 0;
        for _ in 0..RUNS_MAX {
            let report = self.run().await?;
            written += report.writes();
            if report.writes() == 0 && report.unclear == 0 && report.put_off.is_empty() {
                return Ok(written);
            }
        }
        Err(format!("after {RUNS_MAX} runs there is still something to do").into())
    }
    /// Somebody changes a field of the CRM's first record that has something in another one. Names are without what each
    /// begins with there: `Organisation` of organisations.
    pub(super) fn edit(&self, entity: &str, known: &str, field: &str, value: &str) -> Result<(), Failure> {
        let collection = match entity {
            "Delivery" => "deliveries".to_owned(),
            other => format!("{}s", other.to_lowercase()),
        };
        let state = self.time.crm.state();
        let all = state.get(&collection).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let of = |one: &Value, name: &str| one.get(format!("{entity}{name}")).cloned().unwrap_or_default();
        let has = |one: &&Value| of(one, known).as_str().is_some_and(|text| !text.is_empty());
        let first = all.iter().find(has).ok_or_else(|| format!("none of {collection} has {known}"))?;
        let set = json!({ format!("{entity}{field}"): value });
        self.time.crm.act(json!({ "action": "edit", "collection": collection, "id": of(first, "Id"), "set": set }))?;
        Ok(())
    }
    /// The calls since this was asked last.
    pub(super) fn calls(&self) -> Calls {
        let logs: [(&str, Vec<Entry>); 2] = [("crm", self.time.crm.requests()), ("erp", self.time.erp.requests())];
        self.time.crm.clear_requests();
        self.time.erp.clear_requests();
        Calls::of(&logs.each_ref().map(|(system, log)| (*system, log.as_slice())))
    }
}

fn collections(files: &[(&str, &str)]) -> Result<Value, Failure> {
    let read = files.iter().map(|(name, text)| Ok(((*name).to_owned(), serde_json::from_str(text)?)));
    Ok(Value::Object(read.collect::<Result<Map<_, _>, serde_json::Error>>()?))
}

/// The preset with what the sample data has of its own.
fn preset(own: &Table) -> Result<Table, Failure> {
    let mut preset: Table = PRESET.parse()?;
    let crm = |of: &Table| of.get("connections")?.get("crm")?.as_table().cloned();
    let own = own.get(FLOW).and_then(toml::Value::as_table).and_then(crm).unwrap_or_default();
    let theirs = preset.get_mut("connections").and_then(|all| all.get_mut("crm")).and_then(toml::Value::as_table_mut);
    theirs.ok_or("the preset has no connection 'crm'")?.extend(own);
    Ok(preset)
}

/// Settings of a connection of the preset, with those of the emulator.
fn settings(preset: &Table, name: &str, more: &[(&str, &str)]) -> Result<Table, Failure> {
    let found = preset.get("connections").and_then(|all| all.get(name)).and_then(toml::Value::as_table);
    let mut settings = found.cloned().ok_or_else(|| format!("the preset has no connection '{name}'"))?;
    settings.remove("system");
    settings.extend(more.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
    Ok(settings)
}

async fn connected(preset: &Table, time: &Arc<Time>, store: Arc<SqliteStore>) -> Result<Engine, Failure> {
    let (clock, timer): (Arc<dyn Clock>, Arc<dyn Timer>) = (time.clone(), time.clone());
    let cx = Context::new(clock.clone(), "connect");
    let (transport, limits) = (Transport::new()?, Arc::new(Limits::new(timer.clone())));

    let at = time.crm.base_url();
    let config = settings(preset, "crm", &[("base_url", at), ("application_token", webcrm::AUTH_CODE)])?.try_into()?;
    let mut lent = connector_webcrm::Environment::new(transport.clone(), limits.clone(), Arc::new(MemoryTokens::new()));
    lent.timer = timer.clone();
    let crm = Box::pin(connector_webcrm::connect(&cx, "crm", config, lent, None)).await?;

    let at = time.erp.base_url();
    let more = [
        ("base_url", at),
        ("order_url", at),
        ("identity_url", at),
        ("client_id", visma_net::CLIENT_ID),
        ("client_secret", visma_net::CLIENT_SECRET),
        ("tenant_id", visma_net::TENANT),
    ];
    let config = settings(preset, "erp", &more)?.try_into()?;
    let mut lent = connector_visma_net::Environment::new(transport, limits, Arc::new(MemoryTokens::new()));
    lent.timer = timer;
    let erp = Box::pin(connector_visma_net::connect(&cx, "erp", config, lent, None)).await?;

    let mut policy = preset.clone();
    policy.remove("connections");
    let lines = |mistakes: Vec<_>| mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let policy = Policy::from_toml(&policy.to_string()).map_err(lines)?;
    let builder = Engine::builder(store, clock).policy(policy);
    let built = builder.system(Arc::new(crm.router)).system(Arc::new(erp.router)).build();
    Ok(built.map_err(lines)?)
}
