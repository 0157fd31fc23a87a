//! The vendor played by single answers: what is sent is held against what is expected, and against the vendor's own
//! description.

use std::{collections::BTreeSet, sync::Arc};

use connector_eekonomi::{Config, Connection, Environment, connect};
use mockito::{Matcher, Mock, Server, ServerGuard};
use serde_json::{Value as Json, json};
use spec_check::{Exceptions, Spec};
use sync_core::{
    Context, ExternalRef, FieldMap, Fingerprint, Result, StreamKey,
    connector::{Action, Connector, Item, Part, Record, Write, Written},
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Token, TokenStore, Transport, VirtualTime};

use crate::support::KNOWN;

pub(crate) struct Vendor {
    pub(crate) server: ServerGuard,
    pub(crate) cx: Context,
    pub(crate) connection: Connection,
}

impl Vendor {
    /// A company of the Pro edition.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}, |_| {}).await
    }
    /// The same with other settings, and with something else known of the company.
    pub(crate) async fn with(change: impl FnOnce(&mut Config), known: impl FnOnce(&mut Json)) -> Self {
        let server = Server::new_async().await;
        let now = "2026-02-17T09:00:00Z".parse().unwrap();
        let time = Arc::new(VirtualTime::leaping(now));
        let cx = Context::new(time.clone(), "test");
        let tokens = Arc::new(MemoryTokens::new());
        tokens.save("erp", &Token::new("acc".into(), now, None)).await.unwrap();
        let mut environment = Environment::new(Transport::new().unwrap(), Arc::new(Limits::new(time.clone())), tokens);
        environment.timer = time;
        let mut content = serde_json::from_str(include_str!("../fixtures/company_pro.json")).unwrap();
        known(&mut content);
        let mut config = Config::new("client", "hush-hush".into(), "556677-8899");
        config.base_url = Some(format!("{}/v2/", server.url()).parse().unwrap());
        config.identity_url = Some(server.url().parse().unwrap());
        change(&mut config);
        let connection = connect(&cx, "erp", config, environment, Some(Snapshot { at: now, content })).await.unwrap();
        Self { server, cx, connection }
    }
    /// Expects exactly this body once, which must be one that the vendor's description allows.
    pub(crate) async fn takes(&mut self, call: (&str, &str), body: Json, answer: (usize, Json)) -> Mock {
        let (method, path) = call;
        allowed(method, path, "", &body);
        let (status, answer) = answer;
        let mock = self.server.mock(method, path).match_body(Matcher::Json(body));
        mock.with_status(status).with_body(answer.to_string()).expect(1).create_async().await
    }
    /// Answers a question once.
    pub(crate) async fn shows(&mut self, path: &str, answer: Json) -> Mock {
        self.server.mock("GET", path).with_body(answer.to_string()).expect(1).create_async().await
    }
    pub(crate) async fn write(&self, write: Write) -> Result<Written> {
        self.connection.router.write(&self.cx, &[write]).await.remove(0)
    }
    pub(crate) fn decoded(&self, stream: &str, id: &str, raw: &Json) -> Vec<Record> {
        self.connection.router.decode(&item(stream, id, raw)).unwrap()
    }
    pub(crate) fn fields(&self, stream: &str, id: &str, raw: &Json, of: &str) -> FieldMap {
        let records = self.decoded(stream, id, raw);
        records.into_iter().find(|record| record.reference.at.stream.as_str() == of).unwrap().fields
    }
}

/// What the vendor's description says of a request.
pub(crate) fn allowed(method: &str, path: &str, query: &str, body: &Json) {
    let file = "eekonomi/spec/eaccounting-v2-openapi-3.1-2026-02.json";
    let Some(spec) = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), file).unwrap() else { return };
    let mut exceptions = Exceptions::new(&KNOWN);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let wrong = exceptions.filter(spec.with_base("/v2").check_request(method, path, query, &body));
    assert!(wrong.is_empty(), "{wrong:?}");
}

pub(crate) fn reference(stream: &str, id: &str) -> ExternalRef {
    StreamKey::new("eekonomi:erp", stream).id(id)
}
pub(crate) fn item(stream: &str, id: &str, raw: &Json) -> Item {
    let raw: Arc<str> = Arc::from(raw.to_string());
    let hash = Fingerprint::of_bytes(raw.as_bytes());
    Item { reference: reference(stream, id), hash, raw, partial: false }
}
pub(crate) fn write(stream: &str, action: Action, current: Option<Item>) -> Write {
    let effects = BTreeSet::new();
    Write { stream: stream.into(), action, idempotency_key: "key".to_owned(), mark: None, effects, current }
}
/// A share with everything in it changed.
pub(crate) fn part(stream: &str, wanted: FieldMap) -> Part {
    let changed = wanted.paths().collect();
    Part { stream: stream.into(), wanted, changed }
}
pub(crate) fn create(stream: &str, parts: Vec<Part>) -> Write {
    write(stream, Action::Create { parts }, None)
}
pub(crate) fn update(stream: &str, id: &str, raw: &Json, parts: Vec<Part>) -> Write {
    write(stream, Action::Update { id: Arc::from(id), parts, if_version: None }, Some(item(stream, id, raw)))
}
pub(crate) fn page(rows: &[Json], page: u32, pages: u32) -> Json {
    json!({ "Meta": { "CurrentPage": page, "PageSize": 1000, "TotalNumberOfPages": pages,
        "TotalNumberOfResults": rows.len(), "ServerTimeUtc": "2026-02-17T09:00:00Z" }, "Data": rows })
}
