//! Whatever a company answers: nothing panics, a bad record is set aside alone, and no error shows a secret or somebody's data.

use proptest::{prelude::*, sample::Index};
use serde_json::json;
use sync_core::{
    connector::{Connector, ListFrom, ListQuery},
    handler::Router,
};
use sync_http::Token;
use tokio::runtime::{Builder, Runtime};

use crate::support::{Bench, SECRET, config, fixture, fixture_json, item, kept, noon, offline_with};

#[path = "../../../sync-http/tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../../../sync-http/tests/fuzz/records.rs"]
mod records;
#[path = "../../../sync-http/tests/fuzz/server.rs"]
mod server;

use mutate::{anything, examples, mutated, play, structure};
use records::{discreet, records};
use server::{Says, TOKEN};

const STREAMS: [&str; 12] = [
    "customers",
    "suppliers",
    "contacts",
    "inventory",
    "orders_SO",
    "invoices",
    "credit_notes",
    "sales_prices",
    "payments",
    "projects",
    "journal",
    "customer_balances",
];

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// A line of a batch, with the rest of it.
fn entry() -> String {
    let mut batch = fixture_json("batch");
    batch["entry"] = json!("AR/000042/1");
    batch["journalTransactionLines"] = batch["journalTransactionLines"][0].take();
    batch.to_string()
}

/// Records: our own fixtures, and the vendor's examples, each of which is read as everything.
fn corpus() -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("customers", fixture("customer")),
        ("suppliers", fixture("customer")),
        ("contacts", fixture("contact")),
        ("inventory", fixture("item")),
        ("orders_SO", fixture("order")),
        ("orders_SO", fixture("order_row")),
        ("invoices", fixture("invoice")),
        ("credit_notes", fixture("invoice").replace("invoiceLines", "lines")),
        ("sales_prices", fixture("price")),
        ("payments", fixture("payment")),
        ("projects", fixture("project")),
        ("journal", entry()),
        ("customer_balances", fixture("balance")),
    ];
    for (_, text) in examples(env!("CARGO_MANIFEST_DIR"), "visma-net") {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let rows = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        all.extend(rows.iter().flat_map(|row| STREAMS.map(|stream| (stream, row.to_string()))));
    }
    all
}

#[test]
fn fuzz_records_of_every_stream() {
    let stock = |config: &mut connector_visma_net::Config| config.stock = connector_visma_net::Stock::Available;
    let router = runtime().block_on(offline_with(stock));
    let corpus = corpus();
    records(&router, &corpus, |stream, text| item(stream, "7", text));
}

struct Far {
    bench: Bench,
    router: Router,
    says: Says,
}

impl Far {
    /// Somebody who has signed in.
    fn open(runtime: &Runtime) -> Self {
        let far = Self::unknown(runtime);
        let token = || Token::new(TOKEN.to_owned().into(), noon(), None);
        for key in ["erp", "erp.orders"] {
            runtime.block_on(far.bench.environment.tokens.save(key, &token())).unwrap();
        }
        far
    }
    fn unknown(runtime: &Runtime) -> Self {
        let (bench, says) = (Bench::new(), Says::start("/connect/token"));
        let router = runtime.block_on(bench.connect(&config(&says.url), Some(kept(&says.url)))).unwrap().router;
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
    let rows = [
        ("customers", "customer", "number"),
        ("contacts", "contact", "contactId"),
        ("inventory", "item", "inventoryNumber"),
        ("invoices", "invoice", "referenceNumber"),
        ("sales_prices", "price", "recordId"),
    ];
    play(150, (any::<Index>(), structure()), |(which, mutations)| {
        let (stream, name, key) = rows[which.index(rows.len())];
        let mut good = fixture_json(name);
        let bad = String::from_utf8(mutated(&fixture(name), &mutations)).unwrap();
        let id = |number: u32| if key.ends_with("Id") { json!(number) } else { json!(number.to_string()) };
        good[key] = id(900_001);
        let first = good.clone();
        good[key] = id(900_002);
        far.says.says(200, format!("[{first},{bad},{good}]").into_bytes());
        let page = far.list(&runtime, stream).map_err(|error| TestCaseError::fail(format!("{error:?}")))?;
        prop_assert_eq!(page.items.len() + page.rejected.len(), 3);
        let ids: Vec<&str> = page.items.iter().map(|item| &*item.reference.id).collect();
        prop_assert!(ids.contains(&"900001") && ids.contains(&"900002"), "{ids:?}");
        Ok(())
    });
}

#[test]
fn fuzz_pages_and_what_errors_say() {
    let runtime = runtime();
    let far = Far::open(&runtime);
    let mut bodies: Vec<String> =
        examples(env!("CARGO_MANIFEST_DIR"), "visma-net").into_iter().map(|(_, text)| text).collect();
    bodies.push(json!({ "message": format!("bad {SECRET} and {TOKEN}") }).to_string());
    bodies.push(json!({ "details": [{ "code": TOKEN, "message": SECRET }], "detail": TOKEN }).to_string());
    let hidden = [TOKEN.to_owned()];
    let statuses = [200_u16, 201, 204, 304, 400, 401, 403, 404, 405, 409, 410, 412, 428, 429, 500, 502, 503, 599];
    play(200, (any::<Index>(), any::<Index>(), any::<Index>(), anything()), |(body, status, stream, mutations)| {
        let status = statuses[status.index(statuses.len())];
        far.says.says(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        let stream = STREAMS[stream.index(STREAMS.len())];
        match far.list(&runtime, stream) {
            Ok(_) => prop_assert!(status < 300, "{status} is no page"),
            Err(error) => discreet(&error, &hidden)?,
        }
        Ok(())
    });
}

#[test]
fn fuzz_what_is_told_where_tokens_are() {
    let runtime = runtime();
    let bodies = [
        json!({ "error": SECRET, "error_description": format!("secret {SECRET}"), "access_token": SECRET }).to_string(),
        json!({ "access_token": "x", "expires_in": 3600 }).to_string(),
        json!({ "message": SECRET }).to_string(),
    ];
    play(100, (any::<Index>(), any::<Index>(), anything()), |(body, status, mutations)| {
        let far = Far::unknown(&runtime);
        let statuses = [200_u16, 400, 401, 403, 404, 429, 500];
        let status = statuses[status.index(statuses.len())];
        far.says.says_to_all(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        if let Err(error) = far.list(&runtime, "contacts") {
            discreet(&error, &[SECRET.to_owned()])?;
        }
        if let Err(error) = runtime.block_on(far.router.check(&far.bench.cx)) {
            discreet(&error, &[SECRET.to_owned()])?;
        }
        Ok(())
    });
}
