//! A connector without a shop, one before answers that a test writes, and one before the emulated shop.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use connector_starweb::{Config, Connection, Environment, connect};
use emulators::{
    Emulator, Options,
    frame::Entry,
    starweb::{Settings, Starweb},
};
use serde_json::{Value as Json, json};
use sync_core::{
    Context, FieldMap, FieldPath, Fingerprint, Result, StreamId, StreamKey, Value,
    connector::{Action, Connector, Item, ListFrom, ListQuery, Page, Part, Record, Write, Written},
    handler::Router,
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Transport, VirtualTime};

pub(crate) const STATUS: FieldPath = FieldPath::from_static("x.starweb.status");
pub(crate) const MARKER: FieldPath = FieldPath::from_static("x.starweb.marker");

pub(crate) fn noon() -> DateTime<Utc> {
    "2024-03-01T11:00:00Z".parse().unwrap()
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
        let tokens = Arc::new(MemoryTokens::new());
        let environment = Environment { transport: Transport::new().unwrap(), limits, timer: time.clone(), tokens };
        let cx = Context::new(time.clone(), "run-1");
        Self { time, environment, cx }
    }
    pub(crate) async fn connect(&self, config: &Config) -> Result<Connection> {
        self.connect_with("se", config, None).await
    }
    pub(crate) async fn connect_with(&self, name: &str, config: &Config, kept: Option<Snapshot>) -> Result<Connection> {
        connect(&self.cx, name, config.clone(), self.environment.clone(), kept).await
    }
    /// With the lists of the fixture: nothing is sent.
    pub(crate) async fn connect_kept(&self, name: &str, config: &Config) -> Router {
        let kept = Snapshot { at: noon(), content: fixture_json("lists") };
        self.connect_with(name, config, Some(kept)).await.unwrap().router
    }
}

pub(crate) fn config(base: &str) -> Config {
    Config::new(format!("{base}/api/v2").parse().unwrap(), "samklang", "secret".to_owned())
}

/// A connector that can decode, and reaches nobody.
pub(crate) async fn offline() -> Router {
    offline_with(config("http://127.0.0.1:9")).await
}
pub(crate) async fn offline_with(config: Config) -> Router {
    Bench::new().connect_kept("se", &config).await
}

pub(crate) fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json"));
    std::fs::read_to_string(path).unwrap()
}
pub(crate) fn fixture_json(name: &str) -> Json {
    serde_json::from_str(&fixture(name)).unwrap()
}
/// The fixture with some members replaced, or taken out where the new value is `"@out"`.
pub(crate) fn changed(name: &str, members: Json) -> String {
    let mut record = fixture_json(name);
    for (key, value) in members.as_object().unwrap() {
        if value == "@out" {
            record.as_object_mut().unwrap().remove(key);
        } else {
            record[key] = value.clone();
        }
    }
    record.to_string()
}

pub(crate) fn item(stream: &str, id: &str, raw: &str) -> Item {
    Item {
        reference: StreamKey::new("starweb:se", stream).id(id),
        hash: Fingerprint::of_bytes(raw.as_bytes()),
        raw: Arc::from(raw),
        partial: false,
    }
}

/// The record of that stream among those that an item shows.
pub(crate) fn of<'a>(records: &'a [Record], stream: &str) -> Option<&'a FieldMap> {
    records.iter().find(|record| record.reference.at.stream == stream.into()).map(|record| &record.fields)
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

/// A write of these shares to a record, or of a new one.
pub(crate) fn shares(stream: &str, id: Option<&str>, parts: &[(&str, FieldMap)]) -> Write {
    let part = |(stream, wanted): &(&str, FieldMap)| {
        let changed = wanted.paths().collect();
        Part { stream: (*stream).into(), wanted: wanted.clone(), changed }
    };
    let parts = parts.iter().map(part).collect();
    let action = match id {
        Some(id) => Action::Update { id: id.into(), parts, if_version: None },
        None => Action::Create { parts },
    };
    let effects = BTreeSet::new();
    Write { stream: stream.into(), action, idempotency_key: "key-1".into(), mark: None, effects, current: None }
}

/// An update of an order that sets these fields, with these effects.
pub(crate) fn update(id: &str, fields: &[(FieldPath, &str)], effects: &[&str]) -> Write {
    let wanted: FieldMap = fields.iter().map(|(path, value)| (*path, Value::from(*value))).collect();
    let changed: BTreeSet<FieldPath> = wanted.paths().collect();
    let parts = vec![Part { stream: "orders".into(), wanted, changed }];
    Write {
        stream: "orders".into(),
        action: Action::Update { id: id.into(), parts, if_version: None },
        idempotency_key: "key-1".into(),
        mark: None,
        effects: effects.iter().map(|effect| (*effect).to_owned()).collect(),
        current: None,
    }
}

/// An emulated shop with a connector to it.
pub(crate) struct Shop {
    pub(crate) emulator: Emulator<Starweb>,
    pub(crate) bench: Bench,
    pub(crate) router: Router,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::open_with(|config| config).await
    }
    pub(crate) async fn open_with(change: impl FnOnce(Config) -> Config) -> Self {
        let emulator = Emulator::start(Starweb::new(Settings::default()), Options::at(noon())).await.unwrap();
        emulator.seed(seed()).unwrap();
        let bench = Bench::new();
        let router = bench.connect(&change(config(emulator.base_url()))).await.unwrap().router;
        emulator.clear_requests();
        Self { emulator, bench, router }
    }
    pub(crate) fn order(&self, more: Json) -> String {
        let mut order = json!({ "action": "place_order", "items": [{ "sku": "MUGG-1", "description": "Mugg",
            "quantity": 2, "unitPrice": 80, "vatRate": 25 }], "originalCustomerEmail": "eva@exempel.example" });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.emulator.act(order).unwrap()["orderId"].to_string()
    }
    pub(crate) fn act(&self, action: Json) {
        self.emulator.act(action).unwrap();
    }
    pub(crate) fn advance(&self, seconds: u64) {
        self.emulator.advance(Duration::from_secs(seconds)).unwrap();
    }
    pub(crate) async fn page(&self, stream: &str, from: ListFrom) -> Result<Page> {
        let query = ListQuery { stream: stream.into(), from, page_size: None };
        self.router.list(&self.bench.cx, &query).await
    }
    /// Ids of all pages in their order.
    pub(crate) async fn list(&self, stream: &str, from: ListFrom) -> Vec<String> {
        self.items(stream, from).await.iter().map(|item| item.reference.id.to_string()).collect()
    }
    pub(crate) async fn items(&self, stream: &str, mut from: ListFrom) -> Vec<Item> {
        let mut items = Vec::new();
        loop {
            let page = self.page(stream, from).await.unwrap();
            assert!(page.rejected.is_empty());
            items.extend(page.items);
            match page.next {
                Some(next) => from = ListFrom::Page(next),
                None => return items,
            }
        }
    }
    pub(crate) async fn get(&self, stream: &str, id: &str) -> Option<Item> {
        let stream = StreamId::new(stream);
        self.router.get(&self.bench.cx, &stream, &[id.into()]).await.unwrap().remove(0)
    }
    pub(crate) async fn write(&self, write: Write) -> Result<Written> {
        self.router.write(&self.bench.cx, &[write]).await.remove(0)
    }
    /// Requests since the last look, tokens left out: `PATCH /orders/7`.
    pub(crate) fn requests(&self) -> Vec<Entry> {
        let entries = self.emulator.requests();
        self.emulator.clear_requests();
        entries.into_iter().filter(|entry| !entry.path.ends_with("/token")).collect()
    }
    pub(crate) fn calls(&self) -> Vec<String> {
        let call = |entry: Entry| format!("{} {}", entry.method, entry.path.trim_start_matches("/api/v2"));
        self.requests().into_iter().map(call).collect()
    }
    /// How many side effects of that name changes of status have had; the mail that confirms a new order is none.
    pub(crate) fn journal(&self, name: &str) -> usize {
        let state = self.emulator.state();
        let created =
            &state["order-statuses"].as_array().unwrap().iter().find(|one| one["idCode"] == "created").unwrap();
        let entries = state[name].as_array().unwrap().iter();
        entries.filter(|entry| entry.get("statusId") != created.get("statusId") || entry["statusId"].is_null()).count()
    }
    /// What the shop has for the lists that are read when connecting.
    pub(crate) fn lists(&self) -> Json {
        self.emulator.state()
    }
}

fn seed() -> Json {
    json!({
        "payment-methods": [{ "paymentMethodId": 205, "idCode": "card", "active": true, "externalId": "KORT",
            "languages": { "data": [{ "langCode": "sv", "name": "Kort", "title": "Kort" }] } }],
        "shipping-methods": [{ "shippingMethodId": 206, "active": true, "externalId": null,
            "languages": { "data": [{ "langCode": "sv", "name": "Ombud", "title": "Ombud" }] } }],
        "order-statuses": [{ "statusId": 217, "shouldSendEmail": true, "idCode": null,
            "languages": { "data": [{ "langCode": "sv", "name": "Väntar på tyg" }] } }],
        "customers": [
            { "customerId": 1, "type": "company", "email": "inkop@fjell.example",
              "createdAt": "2024-02-01T08:00:00+01:00", "modifiedAt": "2024-02-01T08:00:00+01:00",
              "addresses": { "invoice": { "companyName": "Fjell Handel AB", "firstName": "Kari", "lastName": "Nilsson",
                "address": "Storgatan 1", "postalCode": "111 11", "city": "Stockholm", "countryCode": "SE" } } },
            { "customerId": 2, "type": "person", "email": "eva@exempel.example", "hasAccount": false,
              "createdAt": "2024-02-20T08:00:00+01:00", "modifiedAt": "2024-02-20T08:00:00+01:00",
              "addresses": { "invoice": { "firstName": "Eva", "lastName": "Ek", "city": "Lund", "countryCode": "SE" } } }
        ]
    })
}
