//! Whatever eEkonomi answers: nothing panics, a bad record is set aside alone, and no error shows a secret or somebody's data.

use std::{sync::Arc, time::Duration};

use connector_eekonomi::{Config, Connection, Environment, connect};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value as Json, json};
use sync_core::{
    Context, ErrorKind, Fingerprint, StreamKey,
    connector::{Connector, Item, ListFrom, ListQuery, Page},
    store::Snapshot,
};
use sync_http::{Limits, MemoryTokens, Token, TokenStore, Transport, VirtualTime};
use tokio::runtime::{Builder, Runtime};

use crate::fault_table::Bench;

#[path = "../../../sync-http/tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../../../sync-http/tests/fuzz/records.rs"]
mod records;
#[path = "../../../sync-http/tests/fuzz/server.rs"]
mod server;

use mutate::{anything, examples, mutated, play, structure};
use records::{discreet, records};
use server::{Says, TOKEN};

const SECRET: &str = "hush-secret-77";
const FIXTURES: [(&str, &str); 5] = [
    ("articles", include_str!("../fixtures/article.json")),
    ("customers", include_str!("../fixtures/customer_private.json")),
    ("customerinvoices", include_str!("../fixtures/invoice_collective.json")),
    ("orders", include_str!("../fixtures/order_invoiced.json")),
    ("quotes", include_str!("../fixtures/quote.json")),
];

fn item(stream: &str, raw: &str) -> Item {
    let reference = StreamKey::new("eekonomi:erp", stream).id("x");
    Item { reference, hash: Fingerprint::of_bytes(raw.as_bytes()), raw: Arc::from(raw), partial: false }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Records of every stream: of the emulated company, of our own fixtures, and of the vendor's examples.
fn corpus(runtime: &Runtime) -> (Bench, Vec<(String, String)>) {
    let (bench, mut all) = runtime.block_on(async {
        let bench = Bench::set().await;
        let all = bench.raws().await;
        (bench, all)
    });
    all.extend(FIXTURES.map(|(stream, raw)| (stream.to_owned(), raw.to_owned())));
    let streams: Vec<String> = all.iter().map(|(stream, _)| stream.clone()).collect();
    for (name, text) in examples(env!("CARGO_MANIFEST_DIR"), "eekonomi") {
        let Ok(value) = serde_json::from_str::<Json>(&text) else { continue };
        let rows = match value.get("Data").unwrap_or(&value) {
            Json::Array(rows) => rows.clone(),
            one => vec![one.clone()],
        };
        let of = streams.iter().find(|stream| name.starts_with(stream.as_str()));
        let stream = of.cloned().unwrap_or_else(|| "customers".to_owned());
        all.extend(rows.iter().map(|row| (stream.clone(), row.to_string())));
    }
    (bench, all)
}

#[test]
fn fuzz_records_of_every_stream() {
    let runtime = runtime();
    let (bench, corpus) = corpus(&runtime);
    let router = bench.router();
    let known = router.capabilities().streams.values().filter(|can| can.facet_of.is_none()).count();
    let mut met: Vec<&String> = corpus.iter().map(|(stream, _)| stream).collect();
    met.sort();
    met.dedup();
    assert_eq!(met.len(), known, "a stream without a record to start from: {met:?}");
    records(router, &corpus, item);
}

struct Far {
    cx: Context,
    connection: Connection,
    says: Says,
}

impl Far {
    fn open(runtime: &Runtime) -> Self {
        Self::open_with(runtime, Duration::from_secs(u64::from(u32::MAX)))
    }
    fn open_with(runtime: &Runtime, life: Duration) -> Self {
        let (now, says) = ("2026-02-17T09:00:00Z".parse().unwrap(), Says::start("/token"));
        let time = Arc::new(VirtualTime::leaping(now));
        let cx = Context::new(time.clone(), "test");
        let mut config = Config::new("client", SECRET.into(), "556677-8899");
        config.base_url = Some(format!("{}/v2/", says.url).parse().unwrap());
        config.identity_url = Some(format!("{}/", says.url).parse().unwrap());
        let tokens = Arc::new(MemoryTokens::new());
        let limits = Arc::new(Limits::new(time.clone()).with_patience(Duration::from_secs(3600)));
        let mut environment = Environment::new(Transport::new().unwrap(), limits, tokens.clone());
        environment.timer = time;
        let content = serde_json::from_str(include_str!("../fixtures/company.json")).unwrap();
        let connection = runtime.block_on(async {
            let token = Token::new(TOKEN.to_owned().into(), now, Some(life));
            tokens.save("erp", &token.with_refresh(Some(SECRET.to_owned().into()))).await.unwrap();
            connect(&cx, "erp", config, environment, Some(Snapshot { at: now, content })).await.unwrap()
        });
        Self { cx, connection, says }
    }
    fn list(&self, runtime: &Runtime, stream: &str) -> sync_core::Result<Page> {
        let query = ListQuery { stream: stream.into(), from: ListFrom::Beginning, page_size: None };
        runtime.block_on(self.connection.router.list(&self.cx, &query))
    }
}

#[test]
fn fuzz_a_bad_row_takes_no_other_with_it() {
    let runtime = runtime();
    let far = Far::open(&runtime);
    let listed =
        |stream: &str| far.connection.router.capabilities().streams.get(stream).is_some_and(|can| can.list.is_some());
    let rows: Vec<(&str, &str)> = FIXTURES.into_iter().filter(|(stream, _)| listed(stream)).collect();
    assert!(rows.len() > 2, "{rows:?}");
    play(150, (any::<Index>(), structure()), |(which, mutations)| {
        let (stream, raw) = rows[which.index(rows.len())];
        let bad = String::from_utf8(mutated(raw, &mutations)).unwrap();
        let mut good: Json = serde_json::from_str(raw).unwrap();
        let ids = ["90000000-0000-4000-8000-000000000001", "90000000-0000-4000-8000-000000000002"];
        good["Id"] = json!(ids[0]);
        let first = good.clone();
        good["Id"] = json!(ids[1]);
        let page = format!(r#"{{"Data":[{first},{bad},{good}],"Meta":{{"TotalNumberOfPages":1}}}}"#);
        far.says.says(200, page.into_bytes());
        let page = far.list(&runtime, stream).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(page.items.len() + page.rejected.len(), 3);
        let found: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
        prop_assert!(ids.iter().all(|id| found.contains(id)), "{found:?}");
        for item in &page.items {
            let decoded = far.connection.router.decode(item);
            prop_assert!(decoded.is_ok() || !ids.contains(&&*item.reference.id), "{decoded:?}");
        }
        Ok(())
    });
}

#[test]
fn fuzz_pages_and_what_errors_say() {
    let runtime = runtime();
    let far = Far::open(&runtime);
    let mut bodies: Vec<String> =
        examples(env!("CARGO_MANIFEST_DIR"), "eekonomi").into_iter().map(|(_, text)| text).collect();
    for code in [2000, 3000, 4000, 4002, 4005, 4010, 5000, 6000] {
        let said = format!("Exception - {SECRET} and {TOKEN}. Try again in 7 seconds, maximum admitted 3");
        let field = json!({ "Field": "Name", "Message": format!("not {SECRET}"), "ErrorCode": TOKEN });
        let body = json!({ "ErrorCode": code, "DeveloperErrorMessage": said, "ErrorId": TOKEN, "Errors": [field] });
        bodies.push(body.to_string());
    }
    let hidden = [TOKEN.to_owned()];
    let statuses = [200_u16, 201, 204, 304, 400, 401, 403, 404, 409, 410, 412, 418, 422, 429, 500, 502, 503, 599];
    let streams = ["customers", "articles", "orders"];
    play(200, (any::<Index>(), any::<Index>(), any::<Index>(), anything()), |(body, status, stream, mutations)| {
        let status = statuses[status.index(statuses.len())];
        far.says.says(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        let stream = streams[stream.index(streams.len())];
        match far.list(&runtime, stream) {
            Ok(_) => prop_assert!(status < 300, "{status} is no page"),
            Err(error) => discreet(&error, &hidden)?,
        }
        let got = runtime.block_on(far.connection.router.get(&far.cx, &stream.into(), &["7".into()]));
        match got {
            Ok(found) => prop_assert!(status < 300 || found[0].is_none(), "{status}"),
            Err(error) => discreet(&error, &hidden)?,
        }
        Ok(())
    });
}

#[test]
fn fuzz_what_is_told_where_tokens_are() {
    let runtime = runtime();
    let mut bodies: Vec<String> = examples(env!("CARGO_MANIFEST_DIR"), "eekonomi")
        .into_iter()
        .filter(|(name, _)| name.contains("token") || name.contains("any_"))
        .map(|(_, text)| text)
        .collect();
    let told = json!({ "error": SECRET, "error_description": format!("token {SECRET}"), "access_token": SECRET });
    bodies.push(told.to_string());
    play(100, (any::<Index>(), any::<Index>(), anything()), |(body, status, mutations)| {
        let far = Far::open_with(&runtime, Duration::ZERO); // the token has ended
        let statuses = [200_u16, 400, 401, 403, 404, 429, 500];
        let status = statuses[status.index(statuses.len())];
        far.says.says_to_all(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        if let Err(error) = far.list(&runtime, "customers") {
            discreet(&error, &[SECRET.to_owned()])?;
        }
        Ok(())
    });
}

/// The connector takes no webhooks: whatever comes is refused, and nothing is taken from it.
#[test]
fn fuzz_webhooks() {
    let runtime = runtime();
    let far = Far::open(&runtime);
    let mut bodies: Vec<String> =
        examples(env!("CARGO_MANIFEST_DIR"), "eekonomi").into_iter().map(|(_, text)| text).collect();
    bodies.push(json!({ "EntityId": "x", "EventType": "Updated" }).to_string());
    play(500, (any::<Index>(), anything()), |(which, mutations)| {
        let told = far.connection.router.hints(&[], &mutated(&bodies[which.index(bodies.len())], &mutations));
        prop_assert_eq!(told.map_err(|error| error.kind()), Err(ErrorKind::Unsupported));
        Ok(())
    });
}
