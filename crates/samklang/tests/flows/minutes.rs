//! A shop, an ERP and an engine in this process, on a clock that passes only when told: minutes of trade in no time.
//!
//! What the program itself adds, files and commands, is not here; connectors, store, preset and HTTP are its own.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use emulators::{
    Emulator, Options,
    eekonomi::{self, Eekonomi},
    starweb::{self, Starweb},
};
use serde_json::json;
use sync_core::{
    Clock, Context, Engine, Policy,
    engine::{Cancel, Mode, Report, Silent},
};
use sync_http::{Limits, MemoryTokens, Timer, Token, TokenStore, Transport, VirtualTime};
use sync_stores::SqliteStore;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use toml::{Table, Value};
use uuid::Uuid;

use crate::stage::{erp_lists, shop_lists};

/// When it begins.
const START: &str = "2026-02-17T07:00:00Z";
/// What of the preset is not the policy's.
const OTHERS: [&str; 1] = ["connections"];

/// One time for all: a wait is over at once, and then so much later for everybody.
#[derive(Debug)]
struct Common {
    inner: VirtualTime,
    shop: Arc<Emulator<Starweb>>,
    erp: Arc<Emulator<Eekonomi>>,
}

impl Common {
    fn systems(&self, length: Duration) {
        self.shop.advance(length).unwrap();
        self.erp.advance(length).unwrap();
    }
}

impl Clock for Common {
    fn now(&self) -> DateTime<Utc> {
        self.inner.now()
    }
}

#[async_trait]
impl Timer for Common {
    fn elapsed(&self) -> Duration {
        self.inner.elapsed()
    }
    async fn sleep(&self, length: Duration) {
        self.systems(length);
        self.inner.sleep(length).await;
    }
}

/// Both systems and what connects them.
pub(crate) struct Minutes {
    pub(crate) shop: Arc<Emulator<Starweb>>,
    pub(crate) erp: Arc<Emulator<Eekonomi>>,
    time: Arc<Common>,
    engine: Option<Engine>,
    folder: TempDir,
    runtime: Runtime,
}

impl Minutes {
    /// Both systems run with their lists, and have nothing else.
    pub(crate) fn start() -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let start: DateTime<Utc> = START.parse().unwrap();
        let shop = Starweb::new(starweb::Settings::default());
        let shop = Arc::new(runtime.block_on(Emulator::start(shop, Options::at(start))).unwrap());
        let erp = Arc::new(runtime.block_on(Emulator::start(Eekonomi::default(), Options::at(start))).unwrap());
        shop.seed(shop_lists()).unwrap();
        erp.seed(erp_lists()).unwrap();
        let time = Common { inner: VirtualTime::leaping(start), shop: shop.clone(), erp: erp.clone() };
        let folder = tempfile::tempdir().unwrap();
        Self { shop, erp, time: Arc::new(time), engine: None, folder, runtime }
    }

    /// Connects them with a preset, and `rules` laid over it; then everything is adopted, and allowed.
    pub(crate) fn connect(&mut self, preset: &str, rules: &str, change: impl FnOnce(&mut Table)) {
        let mut table: Table = toml::from_str(preset).unwrap();
        merge(&mut table, toml::from_str(rules).unwrap());
        change(&mut table);
        let engine = self.runtime.block_on(self.engine_of(&table));
        self.engine = Some(engine);
        let adopted = self.run(Mode::Adopt).adopted;
        assert!(!adopted.is_empty());
        for id in adopted {
            self.runtime.block_on(self.engine().approve(&id, "test")).unwrap();
        }
    }
    /// So much later, for everybody.
    pub(crate) fn pass(&self, length: TimeDelta) {
        let length = length.to_std().unwrap();
        self.time.inner.advance(length);
        self.time.systems(length);
    }
    /// A minute passes for everybody, then there is a run.
    pub(crate) fn minute(&self) -> Report {
        self.pass(TimeDelta::minutes(1));
        self.run(Mode::Sync)
    }
    fn run(&self, mode: Mode) -> Report {
        self.runtime.block_on(self.engine().run(mode, &Silent, &Cancel::new())).unwrap()
    }
    fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    async fn engine_of(&self, table: &Table) -> Engine {
        let timer: Arc<dyn Timer> = self.time.clone();
        let (transport, limits) = (Transport::new().unwrap(), Arc::new(Limits::new(timer.clone())));
        let tokens: Arc<dyn TokenStore> = Arc::new(MemoryTokens::new());
        let signed_in = self.erp.act(json!({ "action": "sign_in" })).unwrap();
        let text = |name: &str| signed_in[name].as_str().unwrap().to_owned();
        let token = Token::new(text("access_token").into(), self.time.now(), Some(Duration::from_secs(3600)));
        tokens.save("erp", &token.with_refresh(Some(text("refresh_token").into()))).await.unwrap();
        let cx = Context::new(self.time.clone(), "connect");

        let own = starweb::Settings::default();
        let base_url = format!("{}/api/v2", self.shop.base_url());
        let config = settings(
            table,
            "se",
            &[("base_url", base_url), ("client_id", own.client_id), ("client_secret", own.client_secret)],
        );
        let lent = connector_starweb::Environment {
            timer: timer.clone(),
            ..connector_starweb::Environment::new(transport.clone(), limits.clone(), tokens.clone())
        };
        let shop = connector_starweb::connect(&cx, "se", config.try_into().unwrap(), lent, None).await.unwrap();

        let config = settings(
            table,
            "erp",
            &[
                ("base_url", format!("{}/v2/", self.erp.base_url())),
                ("identity_url", format!("{}/", self.erp.base_url())),
                ("company", "556677-8899".to_owned()),
                ("client_id", eekonomi::CLIENT_ID.to_owned()),
                ("client_secret", eekonomi::CLIENT_SECRET.to_owned()),
            ],
        );
        let lent = connector_eekonomi::Environment {
            timer,
            ..connector_eekonomi::Environment::new(transport, limits, tokens)
        };
        let erp = connector_eekonomi::connect(&cx, "erp", config.try_into().unwrap(), lent, None).await.unwrap();

        let policy = Policy::from_toml_beside(&table.to_string(), &OTHERS).unwrap();
        let store = SqliteStore::open(self.folder.path().join("samklang.db"), Uuid::from_u128(1)).await.unwrap();
        let engine = Engine::builder(Arc::new(store), self.time.clone()).policy(policy);
        engine.system(Arc::new(shop.router)).system(Arc::new(erp.router)).build().unwrap()
    }
}

/// The settings of a connection, led to its emulator.
fn settings(table: &Table, name: &str, own: &[(&str, String)]) -> Table {
    let mut settings = table["connections"][name].as_table().unwrap().clone();
    settings.remove("system");
    settings.extend(own.iter().map(|(key, value)| ((*key).to_owned(), value.as_str().into())));
    settings
}

/// Lays a table over another, key by key.
fn merge(lower: &mut Table, upper: Table) {
    for (key, value) in upper {
        match (lower.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => {
                lower.insert(key, value);
            }
        }
    }
}
