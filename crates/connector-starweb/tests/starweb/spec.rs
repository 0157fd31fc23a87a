//! Every request that the connector sends, in a session that uses all of its calls, fits the vendor's own description.

use std::collections::BTreeSet;

use serde_json::json;
use spec_check::{Exception, Exceptions, Spec};
use sync_core::{
    connector::{Connector, ListFrom},
    model::Order,
};

use crate::support::{Bench, MARKER, STATUS, Shop, config, update};

const DESCRIPTION: &str = "starweb/spec/shop-api-v2-2.12.0.openapi.json";

/// Where a request differs from the description, and why.
const EXCEPTIONS: &[Exception] = &[];

#[tokio::test]
async fn every_request_fits_the_description() {
    let Some(spec) = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), DESCRIPTION).unwrap() else { return };
    let spec = spec.with_base("/api/v2");
    let shop = Shop::open_with(|mut config| {
        config.unfinished_orders = true;
        config
    })
    .await;
    use_all(&shop).await;
    let log = shop.emulator.requests();
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let mut used = BTreeSet::new();
    for entry in &log {
        let problems = spec.check_request(&entry.method, &entry.path, &entry.query, &entry.body);
        let left = exceptions.filter(problems);
        assert!(left.is_empty(), "{} {}?{} {}\n{left:?}", entry.method, entry.path, entry.query, entry.body);
        let digits = |part: &str| if part.parse::<u64>().is_ok() { "{id}".to_owned() } else { part.to_owned() };
        let path: Vec<String> = entry.path.split('/').skip(3).map(digits).collect();
        used.insert(format!("{} {}", entry.method, path.join("/")));
    }
    assert!(exceptions.unused().is_empty(), "not needed: {:?}", exceptions.unused());
    let expected = [
        "DELETE orders/{id}/external-services/Samklang",
        "GET customers",
        "GET customers/{id}",
        "GET order-statuses",
        "GET orders",
        "GET orders/{id}",
        "GET payment-methods",
        "GET pricelists",
        "GET shipping-methods",
        "GET shipping-tracking-types",
        "GET shop",
        "GET vat-rates",
        "PATCH orders/{id}",
        "PATCH orders/{id}/external-services/Samklang",
        "POST orders/{id}/external-services",
        "POST token",
    ];
    assert_eq!(used.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

async fn use_all(shop: &Shop) {
    let id = shop.order(json!({ "customerId": 1 }));
    Bench::new().connect(&config(shop.emulator.base_url())).await.unwrap();
    shop.router.check(&shop.bench.cx).await.unwrap();
    let since = shop.emulator.now() - chrono::TimeDelta::hours(1);
    for stream in ["orders", "customers"] {
        for from in [ListFrom::Beginning, ListFrom::ModifiedSince(since), ListFrom::CreatedSince(since)] {
            shop.list(stream, from).await;
        }
    }
    shop.get("customers", "1").await.unwrap();
    let (carrier, number) = (Order::TRACKING.join("carrier"), Order::TRACKING.join("number"));
    for write in [
        update(&id, &[(MARKER, "SO-1")], &[]),
        update(&id, &[(MARKER, "SO-2"), (STATUS, "picking")], &[]),
        update(&id, &[(MARKER, "")], &[]),
        update(&id, &[(STATUS, "completed"), (carrier, "1"), (number, "0037")], &["notify_buyer", "capture"]),
    ] {
        shop.write(write).await.unwrap();
    }
}
