//! A connector before answers that a test writes.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, Utc};
use connector_webcrm::{Config, Connection, Environment, LinePrice, connect};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value as Json, json};
use sync_core::{
    Context, FieldMap, FieldPath, Fingerprint, Result, StreamKey,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Page, Part, Record, Write, Written},
    handler::Router,
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Transport, VirtualTime};

pub(crate) const SECRET: &str = "hush-token-4711";
pub(crate) const TOKEN: &str = r#"{"AccessToken":"t-1","RefreshToken":"r-1","Error":null,"ErrorDescription":null,"IsError":false,"ExpiresIn":3600,"TokenType":"Bearer","SystemId":39}"#;

pub(crate) fn noon() -> DateTime<Utc> {
    "2024-06-12T11:00:00Z".parse().unwrap()
}

/// Time that leaps over every wait, and all that hangs on it.
pub(crate) struct Bench {
    pub(crate) time: Arc<VirtualTime>,
    pub(crate) environment: Environment,
    pub(crate) cx: Context,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let time = Arc::new(VirtualTime::leaping(noon()));
        let limits = Arc::new(Limits::new(time.clone()).with_patience(Duration::from_secs(3600)));
        let mut environment = Environment::new(Transport::new().unwrap(), limits, Arc::new(MemoryTokens::new()));
        environment.timer = time.clone();
        let cx = Context::new(time.clone(), "run-1");
        Self { time, environment, cx }
    }
    pub(crate) async fn connect(&self, config: &Config, kept: Option<Snapshot>) -> Result<Connection> {
        connect(&self.cx, "crm", config.clone(), self.environment.clone(), kept).await
    }
}

pub(crate) fn config(base: &str) -> Config {
    let config = Config::new(base.parse().unwrap(), SECRET.to_owned(), LinePrice::LineTotalAfterDiscount);
    config.with_columns(1, 2, Some(4), Some(5))
}

/// What connecting to a system with the fields of the fixture keeps.
pub(crate) fn kept(base: &str, more: Json) -> Snapshot {
    let choice = |choice: &Json| json!({ "text": choice["Text"], "value": choice["Value"] });
    let info = |field: &Json| {
        let choices: Vec<Json> =
            field["FieldMetadataDropdownListData"].as_array().into_iter().flatten().map(choice).collect();
        let max = field["FieldMetadataTextFieldMaxLength"].as_u64().filter(|max| *max > 0);
        let kind = field["FieldMetadataDisplayType"].as_str().unwrap_or_default();
        json!({ "label": field["FieldMetadataLabel"], "kind": kind, "max_len": max, "choices": choices })
    };
    let all = fixture_json("fields");
    let fields = all.as_object().unwrap().values().flat_map(|fields| fields.as_array().unwrap());
    let named = fields.filter(|field| field["FieldMetadataFriendlyFieldName"] != "");
    let fields: serde_json::Map<String, Json> = named
        .map(|field| (field["FieldMetadataFriendlyFieldName"].as_str().unwrap().to_owned(), info(field)))
        .collect();
    let url: url::Url = base.parse().unwrap();
    let place = format!("{url}#{:032x}", Fingerprint::of_bytes(SECRET.as_bytes()).bits());
    let mut content = json!({ "place": place, "fields": fields, "denied": [], "ordered_queries": true, "lines_in_queries": true,
            "pages": { "queries": 0, "changes": 0 } });
    content.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Snapshot { at: noon(), content }
}

/// A connector that can decode, and reaches nobody.
pub(crate) async fn offline() -> Router {
    offline_with(|config| config).await
}
pub(crate) async fn offline_with(change: impl FnOnce(Config) -> Config) -> Router {
    let base = "http://127.0.0.1:9";
    Bench::new().connect(&change(config(base)), Some(kept(base, json!({})))).await.unwrap().router
}

/// Calls with a script in which these two stand, as a pattern.
pub(crate) fn query(from: &str, condition: &str, rest: &str) -> String {
    let sent = |text: &str| text.replace(' ', r"(\+|%20)").replace('>', "%3E").replace('=', "%3D");
    format!(r"/Queries\?script=SELECT[^&]*{}[^&]*{}{rest}", sent(from), sent(condition))
}

/// A call as it came: `GET /Persons?Page=1&Size=2`, and its body.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Met {
    pub(crate) line: String,
    pub(crate) body: String,
}

impl Met {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A system that says only what a test wrote, with a connector to it.
pub(crate) struct Crm {
    pub(crate) server: ServerGuard,
    pub(crate) bench: Bench,
    pub(crate) router: Router,
    met: Arc<Mutex<Vec<Met>>>,
}

impl Crm {
    pub(crate) async fn open() -> Self {
        Self::open_with(|config| config, json!({})).await
    }
    pub(crate) async fn open_with(change: impl FnOnce(Config) -> Config, lists: Json) -> Self {
        let mut server = Server::new_async().await;
        server.mock("POST", "/Auth/ApiLogin").with_body(TOKEN).create_async().await;
        let bench = Bench::new();
        let config = change(config(&server.url()));
        let router = bench.connect(&config, Some(kept(&server.url(), lists))).await.unwrap().router;
        Self { server, bench, router, met: Arc::default() }
    }
    /// Answers calls of that method whose path and query fit.
    pub(crate) async fn answers(&mut self, method: &str, line: &str, status: usize, body: impl Into<String>) -> Mock {
        let (met, name, body) = (self.met.clone(), method.to_owned(), body.into());
        self.server
            .mock(method, Matcher::Regex(format!("^{line}$")))
            .with_status(status)
            .with_body_from_request(move |request| {
                let sent = String::from_utf8(request.body().unwrap().clone()).unwrap();
                let line = format!("{name} {}", request.path_and_query());
                met.lock().unwrap().push(Met { line, body: sent });
                body.clone().into_bytes()
            })
            .create_async()
            .await
    }
    /// The same for a list of one page, and the empty one that ends it.
    pub(crate) async fn lists(&mut self, path: &str, rows: &str) {
        self.answers("GET", &format!(r"{path}(\?|.*&)Page=1&.*"), 200, rows).await;
        self.answers("GET", &format!(r"{path}(\?|.*&)Page=([2-9]|1\d)&.*"), 200, "[]").await;
    }
    pub(crate) fn met(&self) -> Vec<Met> {
        std::mem::take(&mut *self.met.lock().unwrap())
    }
    pub(crate) fn lines(&self) -> Vec<String> {
        self.met().into_iter().map(|met| met.line).collect()
    }
    pub(crate) async fn page(&self, stream: &str, from: ListFrom) -> Result<Page> {
        let query = ListQuery { stream: stream.into(), from, page_size: Some(2) };
        self.router.list(&self.bench.cx, &query).await
    }
    /// Rows of all pages in their order.
    pub(crate) async fn items(&self, stream: &str, mut from: ListFrom) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            let page = self.page(stream, from).await.unwrap();
            assert!(page.rejected.is_empty(), "{:?}", page.rejected);
            items.extend(page.items);
            match page.next {
                Some(next) => from = ListFrom::Page(next),
                None => return items,
            }
        }
    }
    pub(crate) async fn list(&self, stream: &str, from: ListFrom) -> Vec<String> {
        self.items(stream, from).await.iter().map(|item| item.reference.id.to_string()).collect()
    }
    pub(crate) async fn get(&self, stream: &str, id: &str) -> Result<Option<Item>> {
        Ok(self.router.get(&self.bench.cx, &stream.into(), &[id.into()]).await?.remove(0))
    }
    pub(crate) async fn find(&self, stream: &str, by: FieldMap) -> Result<Vec<Item>> {
        self.router.find(&self.bench.cx, &stream.into(), &by).await
    }
    pub(crate) async fn write(&self, writes: &[Write]) -> Vec<Result<Written>> {
        self.router.write(&self.bench.cx, writes).await
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
/// A delivery as `get` gives it.
pub(crate) fn whole_delivery(members: Json) -> Json {
    let mut members = members;
    if members.get("QuotationLines").is_none() {
        members["QuotationLines"] = fixture_json("lines");
    }
    changed("delivery", members)
}

pub(crate) fn item(stream: &str, id: &str, raw: &str) -> Item {
    Item {
        reference: StreamKey::new("webcrm:crm", stream).id(id),
        hash: Fingerprint::of_bytes(raw.as_bytes()),
        raw: Arc::from(raw),
        partial: false,
    }
}
/// What a record shows.
pub(crate) fn decoded(router: &Router, stream: &str, raw: &Json) -> Result<Vec<Record>> {
    router.decode(&item(stream, "1", &raw.to_string()))
}

/// As people read it; `-` for unknown.
pub(crate) fn shown(fields: &FieldMap, path: &str) -> String {
    fields.get(FieldPath::new(path)).map_or_else(|| "-".to_owned(), ToString::to_string)
}
pub(crate) fn assert_shows(fields: &FieldMap, expected: &[(&str, &str)]) {
    for (path, value) in expected {
        assert_eq!(shown(fields, path), *value, "{path}");
    }
}

/// A change of these fields of a record, or a new one.
pub(crate) fn write(stream: &str, id: Option<&str>, wanted: FieldMap) -> Write {
    let changed: BTreeSet<FieldPath> = wanted.paths().collect();
    let parts = vec![Part { stream: stream.into(), wanted, changed }];
    let action = match id {
        Some(id) => Action::Update { id: id.into(), parts, if_version: None },
        None => Action::Create { parts },
    };
    let effects = BTreeSet::new();
    Write { stream: stream.into(), action, idempotency_key: "key-1".into(), mark: None, effects, current: None }
}
