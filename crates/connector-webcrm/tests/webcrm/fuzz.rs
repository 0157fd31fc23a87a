//! Whatever a system answers: nothing panics, a bad record is set aside alone, and no error shows a secret or somebody's data.

use proptest::{prelude::*, sample::Index};
use serde_json::json;
use sync_core::{
    connector::{Connector, ListFrom, ListQuery},
    handler::Router,
};
use tokio::runtime::{Builder, Runtime};

use crate::support::{Bench, SECRET, config, fixture, fixture_json, item, kept, offline, whole_delivery};

#[path = "../../../sync-http/tests/fuzz/mutate.rs"]
mod mutate;
#[path = "../../../sync-http/tests/fuzz/records.rs"]
mod records;
#[path = "../../../sync-http/tests/fuzz/server.rs"]
mod server;

use mutate::{anything, examples, mutated, play, structure};
use records::{discreet, records};
use server::{Says, TOKEN};

const STREAMS: [&str; 5] = ["organisations", "persons", "items", "deliveries", "opportunities"];

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Records: our own fixtures, and the vendor's examples, each of which is read as everything.
fn corpus() -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("organisations", fixture("organisation")),
        ("persons", fixture("person")),
        ("items", fixture("item")),
        ("deliveries", whole_delivery(json!({})).to_string()),
        ("opportunities", fixture("opportunity")),
    ];
    for (_, text) in examples(env!("CARGO_MANIFEST_DIR"), "webcrm") {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&text) else { continue };
        let rows = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        all.extend(rows.iter().flat_map(|row| STREAMS.map(|stream| (stream, row.to_string()))));
    }
    all
}

#[test]
fn fuzz_records_of_every_stream() {
    let router = runtime().block_on(offline());
    let corpus = corpus();
    records(&router, &corpus, |stream, text| item(stream, "7", text));
}

struct Far {
    bench: Bench,
    router: Router,
    says: Says,
}

impl Far {
    fn open(runtime: &Runtime) -> Self {
        let (bench, says) = (Bench::new(), Says::start("/Auth/ApiLogin"));
        let kept = kept(&says.url, json!({}));
        let router = runtime.block_on(bench.connect(&config(&says.url), Some(kept))).unwrap().router;
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
        ("organisations", "organisation", "OrganisationId"),
        ("persons", "person", "PersonId"),
        ("items", "item", "QuotationLineLinkedDataItemId"),
        ("deliveries", "delivery", "DeliveryId"),
    ];
    play(150, (any::<Index>(), structure()), |(which, mutations)| {
        let (stream, name, key) = rows[which.index(rows.len())];
        let mut good = fixture_json(name);
        let bad = String::from_utf8(mutated(&fixture(name), &mutations)).unwrap();
        good[key] = json!(900_001);
        let first = good.clone();
        good[key] = json!(900_002);
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
        examples(env!("CARGO_MANIFEST_DIR"), "webcrm").into_iter().map(|(_, text)| text).collect();
    bodies.push(json!({ "Message": format!("bad {SECRET} and {TOKEN}"), "Type": "X" }).to_string());
    bodies.push(json!({ "Message": { "of": TOKEN }, "Error": SECRET }).to_string());
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
        Ok(())
    });
}

#[test]
fn fuzz_what_is_told_where_tokens_are() {
    let runtime = runtime();
    let mut bodies: Vec<String> = examples(env!("CARGO_MANIFEST_DIR"), "webcrm")
        .into_iter()
        .filter(|(name, _)| name.contains("auth") || name.contains("error"))
        .map(|(_, text)| text)
        .collect();
    let told = json!({ "Error": SECRET, "ErrorDescription": format!("code {SECRET}"), "AccessToken": SECRET });
    bodies.push(told.to_string());
    bodies.push(json!({ "Message": format!("code {SECRET}"), "Type": "X", "IsError": true }).to_string());
    play(100, (any::<Index>(), any::<Index>(), anything()), |(body, status, mutations)| {
        let far = Far::open(&runtime);
        let statuses = [200_u16, 400, 401, 403, 404, 429, 500];
        let status = statuses[status.index(statuses.len())];
        far.says.says_to_all(status, mutated(&bodies[body.index(bodies.len())], &mutations));
        if let Err(error) = far.list(&runtime, "persons") {
            discreet(&error, &[SECRET.to_owned()])?;
        }
        if let Err(error) = runtime.block_on(far.router.check(&far.bench.cx)) {
            discreet(&error, &[SECRET.to_owned()])?;
        }
        Ok(())
    });
}
