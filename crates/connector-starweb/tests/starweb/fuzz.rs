//! Whatever a shop answers: nothing panics, a bad record is set aside alone, and no error shows a secret or somebody's data.

use proptest::{prelude::*, sample::Index};
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind,
    connector::{Connector, ListFrom, ListQuery},
    handler::Router,
};
use tokio::runtime::{Builder, Runtime};

use crate::support::{Bench, Shop, config, fixture, fixture_json, item};

#[path = "../../../sync-http/tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../../../sync-http/tests/fuzz/records.rs"]
mod records;
#[path = "../../../sync-http/tests/fuzz/server.rs"]
mod server;

use mutate::{anything, examples, mutated, play, structure};
use records::{discreet, records};
use server::{Says, TOKEN};

const STREAMS: [&str; 3] = ["customers", "orders", "products"];
/// The secret of [`config`], as no other word has it.
const SECRET: &str = "hush-secret-77";

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Records: of the emulated shop, of our own fixtures, and of the vendor's examples.
fn corpus(runtime: &Runtime) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for (stream, name) in [
        ("customers", "customer_company"),
        ("customers", "customer_person"),
        ("orders", "order_company"),
        ("orders", "order_guest"),
        ("products", "product"),
    ] {
        all.push((stream.to_owned(), fixture(name)));
    }
    runtime.block_on(async {
        let shop = Shop::open().await;
        shop.order(json!({ "customerId": 1 }));
        shop.act(
            json!({ "action": "create_product", "name": "Lampa", "variant": { "sku": "L-1", "stockQuantity": 2 } }),
        );
        for stream in STREAMS {
            let items = shop.items(stream, ListFrom::Beginning).await;
            assert!(!items.is_empty(), "{stream}");
            all.extend(items.iter().map(|item| (stream.to_owned(), item.raw.to_string())));
        }
    });
    for (name, text) in examples(env!("CARGO_MANIFEST_DIR"), "starweb") {
        let Ok(value) = serde_json::from_str::<Json>(&text) else { continue };
        let rows = match value.get("data").unwrap_or(&value) {
            Json::Array(rows) => rows.clone(),
            one => vec![one.clone()],
        };
        // each of them is read as everything, too
        let own = STREAMS.iter().filter(|stream| name.contains(stream.trim_end_matches('s')));
        let streams: Vec<&&str> = own.collect();
        let streams = if streams.is_empty() { STREAMS.iter().collect() } else { streams };
        for stream in streams {
            all.extend(rows.iter().map(|row| ((*stream).to_owned(), row.to_string())));
        }
    }
    all
}

#[test]
fn fuzz_records_of_every_stream() {
    let runtime = runtime();
    let router = runtime.block_on(crate::support::offline());
    let corpus = corpus(&runtime);
    records(&router, &corpus, |stream, text| item(stream, "7", text));
}

struct Far {
    bench: Bench,
    router: Router,
    says: Says,
}

impl Far {
    fn open(runtime: &Runtime) -> Self {
        let (bench, says) = (Bench::new(), Says::start("/token"));
        let mut config = config(&says.url);
        config.client_secret = SECRET.to_owned().into();
        let router = runtime.block_on(bench.connect_kept("se", &config));
        Self { bench, router, says }
    }
    fn list(&self, runtime: &Runtime, stream: &str) -> sync_core::Result<sync_core::connector::Page> {
        let query = ListQuery { stream: stream.into(), from: ListFrom::Beginning, page_size: None };
        runtime.block_on(self.router.list(&self.bench.cx, &query))
    }
}

#[test]
fn fuzz_a_bad_row_takes_no_other_with_it() {
    let runtime = runtime();
    let far = Far::open(&runtime);
    // whose rows need no further calls
    let rows = [("customers", "customer_company", "customerId"), ("orders", "order_company", "orderId")];
    play(150, (any::<Index>(), structure()), |(which, mutations)| {
        let (stream, name, key) = rows[which.index(rows.len())];
        let raw = fixture(name);
        let mut good = fixture_json(name);
        let bad = String::from_utf8(mutated(&raw, &mutations)).unwrap();
        good[key] = json!(900_001);
        let first = good.clone();
        good[key] = json!(900_002);
        let page = format!(r#"{{"data":[{first},{bad},{good}],"meta":{{"pagination":{{"total_pages":1}}}}}}"#);
        far.says.says(200, page.into_bytes());
        let page = far.list(&runtime, stream).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(page.items.len() + page.rejected.len(), 3);
        let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
        prop_assert!(ids.contains(&"900001") && ids.contains(&"900002"), "{ids:?}");
        for item in &page.items {
            let decoded = far.router.decode(item);
            prop_assert!(decoded.is_ok() || !item.reference.id.starts_with("90000"), "{decoded:?}");
        }
        Ok(())
    });
}

#[test]
fn fuzz_pages_and_what_errors_say() {
    let runtime = runtime();
    let far = Far::open(&runtime);
    let mut bodies: Vec<String> =
        examples(env!("CARGO_MANIFEST_DIR"), "starweb").into_iter().map(|(_, text)| text).collect();
    let told = json!({ "error": "invalid_request", "error_description": format!("bad {SECRET} and {TOKEN}") });
    bodies.push(told.to_string());
    bodies.push(json!({ "error": SECRET, "error_description": { "of": TOKEN } }).to_string());
    let hidden = [TOKEN.to_owned()];
    let statuses = [200_u16, 201, 204, 304, 400, 401, 403, 404, 409, 410, 412, 418, 422, 429, 500, 502, 503, 599];
    play(200, (any::<Index>(), any::<Index>(), any::<Index>(), anything()), |(body, status, stream, mutations)| {
        let status = statuses[status.index(statuses.len())];
        far.says.says(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        let stream = STREAMS[stream.index(STREAMS.len())];
        match far.list(&runtime, stream) {
            Ok(_) => prop_assert!(status < 300, "{status} is no page"),
            Err(error) => discreet(&error, &hidden)?,
        }
        let got = runtime.block_on(far.router.get(&far.bench.cx, &stream.into(), &["7".into()]));
        match got {
            Ok(found) => prop_assert!(status < 300 || (matches!(status, 404 | 410) && found[0].is_none()), "{status}"),
            Err(error) => discreet(&error, &hidden)?,
        }
        Ok(())
    });
}

#[test]
fn fuzz_what_is_told_where_tokens_are() {
    let runtime = runtime();
    let mut bodies: Vec<String> = examples(env!("CARGO_MANIFEST_DIR"), "starweb")
        .into_iter()
        .filter(|(name, _)| name.contains("token") || name.contains("error"))
        .map(|(_, text)| text)
        .collect();
    let told = json!({ "error": SECRET, "error_description": format!("client {SECRET}"), "access_token": SECRET });
    bodies.push(told.to_string());
    play(100, (any::<Index>(), any::<Index>(), anything()), |(body, status, mutations)| {
        let far = Far::open(&runtime); // nobody has a token yet
        let statuses = [200_u16, 400, 401, 403, 404, 429, 500];
        let status = statuses[status.index(statuses.len())];
        far.says.says_to_all(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        if let Err(error) = far.list(&runtime, "customers") {
            discreet(&error, &[SECRET.to_owned()])?;
        }
        Ok(())
    });
}

#[test]
fn fuzz_webhooks() {
    let runtime = runtime();
    let router = runtime.block_on(crate::support::offline());
    let mut bodies: Vec<String> = examples(env!("CARGO_MANIFEST_DIR"), "starweb")
        .into_iter()
        .filter(|(name, _)| name.contains("webhook"))
        .map(|(_, text)| text)
        .collect();
    let shop = fixture_json("lists")["shop"]["id_code"].as_str().unwrap_or("lampor").to_owned();
    let call = json!({ "uuid": "5f1c", "eventId": "order-updated", "shopIdCode": shop, "orderId": 17, "productId": 501,
        "eventTimestamp": "2024-03-01T12:00:00+01:00", "customerId": 9 });
    bodies.push(call.to_string());
    play(500, (any::<Index>(), anything()), |(which, mutations)| {
        let raw = &bodies[which.index(bodies.len())];
        match router.hints(&[], &mutated(raw, &mutations)) {
            Ok(named) => {
                for reference in named {
                    let id = &reference.id;
                    prop_assert!(!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()), "{id:?} is no id");
                }
            }
            Err(error) => {
                prop_assert!(matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Auth), "{error:?}");
            }
        }
        Ok(())
    });
}
