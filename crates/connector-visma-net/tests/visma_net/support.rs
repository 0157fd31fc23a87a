//! A connector before answers that a test writes.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use connector_visma_net::{Config, Connection, Environment, connect};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value as Json, json};
use sync_core::{
    Context, FieldMap, FieldPath, Fingerprint, Result, StreamKey,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Page, Part, Record, Write, Written},
    handler::Router,
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Transport, VirtualTime};

pub(crate) const SECRET: &str = "hush-secret-4711";
pub(crate) const TENANT: &str = "tenant-1";

pub(crate) fn noon() -> DateTime<Utc> {
    "2026-02-17T11:00:00Z".parse().unwrap()
}

/// Time that leaps over every wait, and all that hangs on it.
pub(crate) struct Bench {
    pub(crate) environment: Environment,
    pub(crate) cx: Context,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let time = Arc::new(VirtualTime::leaping(noon()));
        let limits = Arc::new(Limits::new(time.clone()).with_patience(Duration::from_secs(3600)));
        let mut environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
        environment.timer = time.clone();
        Self { environment, cx: Context::new(time, "run-1") }
    }
    pub(crate) async fn connect(&self, config: &Config, kept: Option<Snapshot>) -> Result<Connection> {
        connect(&self.cx, "erp", config.clone(), self.environment.clone(), kept).await
    }
}

/// Both services and the identity server are one, and all streams are there.
pub(crate) fn config(base: &str) -> Config {
    let mut config = Config::new("isv_ours", SECRET.into(), TENANT);
    (config.base_url, config.order_url) = (base.parse().unwrap(), base.parse().unwrap());
    config.identity_url = base.parse().unwrap();
    config.more_streams =
        ["suppliers", "sales_prices", "payments", "projects", "journal", "customer_balances"].map(str::to_owned).into();
    config
}

/// What connecting to a company keeps.
pub(crate) fn kept(base: &str) -> Snapshot {
    let url: url::Url = base.parse().unwrap();
    let content = json!({ "format": 1, "place": format!("{url}#{TENANT}"), "name": "Nordlys AS", "number": "1",
        "currency": "NOK", "lists": {}, "attributes": {}, "customer_attributes": ["BRANSJE", "SIZE"],
        "item_attributes": ["OPPHAV"], "closed": {},
        "order_types": { "SO": { "name": "Ordre", "behavior": "SalesOrder", "active": true },
            "QT": { "name": "Tilbud", "behavior": "Quote", "active": true } } });
    Snapshot { at: noon(), content }
}

/// A connector that can decode, and reaches nobody.
pub(crate) async fn offline() -> Router {
    offline_with(|_| ()).await
}
pub(crate) async fn offline_with(change: impl FnOnce(&mut Config)) -> Router {
    let base = "http://127.0.0.1:9";
    let mut config = config(base);
    change(&mut config);
    Bench::new().connect(&config, Some(kept(base))).await.unwrap().router
}

/// A call as it came.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    pub(crate) if_match: Option<String>,
}

impl Met {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
    pub(crate) fn line(&self) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{} {}{query}", self.method, self.path)
    }
}

/// A company that says only what a test wrote, with a connector to it.
pub(crate) struct Erp {
    pub(crate) server: ServerGuard,
    pub(crate) bench: Bench,
    pub(crate) router: Router,
    met: Arc<Mutex<Vec<Met>>>,
    token: Mock,
}

impl Erp {
    /// Leaves it to the test what is answered to who signs in.
    pub(crate) async fn forget_token(&self) {
        self.token.remove_async().await;
    }
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| ()).await
    }
    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let mut server = Server::new_async().await;
        let token = json!({ "access_token": "t-1", "expires_in": 3600, "token_type": "Bearer" });
        let token = server.mock("POST", "/connect/token").with_body(token.to_string()).create_async().await;
        let bench = Bench::new();
        let mut config = config(&server.url());
        change(&mut config);
        let router = bench.connect(&config, Some(kept(&server.url()))).await.unwrap().router;
        Self { server, bench, router, met: Arc::default(), token }
    }
    /// Answers calls of that method whose path and query fit.
    pub(crate) async fn answers(&mut self, method: &str, line: &str, status: usize, body: impl Into<String>) -> Mock {
        self.answers_with(method, line, status, &[], body).await
    }
    pub(crate) async fn answers_with(
        &mut self,
        method: &str,
        line: &str,
        status: usize,
        headers: &[(&str, &str)],
        body: impl Into<String>,
    ) -> Mock {
        let (met, name, body) = (self.met.clone(), method.to_owned(), body.into());
        let mut mock = self.server.mock(method, Matcher::Regex(format!("^{line}$"))).with_status(status);
        for (header, value) in headers {
            mock = mock.with_header(*header, value);
        }
        mock.with_body_from_request(move |request| {
            let sent = String::from_utf8(request.body().unwrap().clone()).unwrap();
            let (path, query) = request.path_and_query().split_once('?').unwrap_or((request.path_and_query(), ""));
            let if_match = request.header("if-match").first().map(|value| value.to_str().unwrap().to_owned());
            let (path, query) = (path.to_owned(), query.to_owned());
            met.lock().unwrap().push(Met { method: name.clone(), path, query, body: sent, if_match });
            body.clone().into_bytes()
        })
        .create_async()
        .await
    }
    pub(crate) fn met(&self) -> Vec<Met> {
        std::mem::take(&mut *self.met.lock().unwrap())
    }
    pub(crate) fn lines(&self) -> Vec<String> {
        self.met().iter().map(Met::line).collect()
    }
    pub(crate) async fn page(&self, stream: &str, from: ListFrom) -> Result<Page> {
        let query = ListQuery { stream: stream.into(), from, page_size: Some(2) };
        self.router.list(&self.bench.cx, &query).await
    }
    /// The ids of all pages in their order.
    pub(crate) async fn list(&self, stream: &str, mut from: ListFrom) -> Vec<String> {
        let mut ids = Vec::new();
        loop {
            let page = self.page(stream, from).await.unwrap();
            assert!(page.rejected.is_empty(), "{:?}", page.rejected);
            ids.extend(page.items.iter().map(|item| item.reference.id.to_string()));
            match page.next {
                Some(next) => from = ListFrom::Page(next),
                None => return ids,
            }
        }
    }
    pub(crate) async fn get(&self, stream: &str, id: &str) -> Result<Option<Item>> {
        Ok(self.router.get(&self.bench.cx, &stream.into(), &[id.into()]).await?.remove(0))
    }
    pub(crate) async fn find(&self, stream: &str, by: FieldMap) -> Result<Vec<Item>> {
        self.router.find(&self.bench.cx, &stream.into(), &by).await
    }
    pub(crate) async fn write(&self, write: Write) -> Result<Written> {
        self.router.write(&self.bench.cx, &[write]).await.remove(0)
    }
}

pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json"));
    std::fs::read_to_string(path).unwrap()
}
pub(crate) fn fixture_json(name: &str) -> Json {
    serde_json::from_str(&fixture(name)).unwrap()
}
/// The fixture with some members replaced, or taken out where the new value is `"@out"`.
pub(crate) fn changed(name: &str, members: Json) -> Json {
    let mut record = fixture_json(name);
    for (key, value) in members.as_object().unwrap() {
        if value == "@out" {
            record.as_object_mut().unwrap().remove(key);
        } else {
            record[key] = value.clone();
        }
    }
    record
}

pub(crate) fn reference(stream: &str, id: &str) -> sync_core::ExternalRef {
    StreamKey::new("visma-net:erp", stream).id(id)
}
pub(crate) fn item(stream: &str, id: &str, raw: &str) -> Item {
    let hash = Fingerprint::of_bytes(raw.as_bytes());
    Item { reference: reference(stream, id), hash, raw: Arc::from(raw), partial: false }
}
/// What a record shows.
pub(crate) fn decoded(router: &Router, stream: &str, raw: &Json) -> Result<Vec<Record>> {
    router.decode(&item(stream, "1", &raw.to_string()))
}
/// The fields of the one record of that stream.
pub(crate) fn fields(router: &Router, stream: &str, raw: &Json, of: &str) -> FieldMap {
    let records = decoded(router, stream, raw).unwrap();
    records.into_iter().find(|record| record.reference.at.stream.as_str() == of).unwrap().fields
}

/// As people read it; `-` for unknown.
pub(crate) fn shown(fields: &FieldMap, path: &str) -> String {
    fields.get(FieldPath::new(path)).map_or_else(|| "-".to_owned(), ToString::to_string)
}
#[track_caller]
pub(crate) fn assert_shows(fields: &FieldMap, expected: &[(&str, &str)]) {
    for (path, value) in expected {
        assert_eq!(shown(fields, path), *value, "{path}");
    }
}

/// A share with everything in it changed.
pub(crate) fn part(stream: &str, wanted: FieldMap) -> Part {
    let changed: BTreeSet<FieldPath> = wanted.paths().collect();
    Part { stream: stream.into(), wanted, changed }
}
pub(crate) fn write(stream: &str, action: Action) -> Write {
    let effects = BTreeSet::new();
    Write { stream: stream.into(), action, idempotency_key: "key-1".into(), mark: None, effects, current: None }
}
pub(crate) fn create(stream: &str, wanted: FieldMap) -> Write {
    write(stream, Action::Create { parts: vec![part(stream, wanted)] })
}
pub(crate) fn update(stream: &str, id: &str, wanted: FieldMap, current: Option<&Json>) -> Write {
    let action = Action::Update { id: id.into(), parts: vec![part(stream, wanted)], if_version: None };
    let current = current.map(|raw| item(stream, id, &raw.to_string()));
    Write { current, ..write(stream, action) }
}
pub(crate) fn act(stream: &str, id: &str, act: &str, current: Option<&Json>) -> Write {
    let action = Action::Act { id: id.into(), act: act.to_owned(), with: FieldMap::new() };
    let current = current.map(|raw| item(stream, id, &raw.to_string()));
    Write { current, ..write(stream, action) }
}
pub(crate) fn dec(text: &str) -> rust_decimal::Decimal {
    text.parse().unwrap()
}
