//! What is sent for products, their prices and their stock, before a server that says only what the test wrote.

use std::sync::Arc;

use mockito::Server;
use serde_json::{Value as Json, json};
use sync_core::{
    ErrorKind, FieldMap, FieldPath, Result, Value,
    capability::RemoveMode,
    connector::{Action, Connector, Part, Write, Written},
    handler::Router,
    layer::{Checked, Stack},
    model::{Item, Price, StockLevel},
};

use crate::{
    double::{Met, TOKEN, answer, shop},
    support::{Bench, changed, config, fixture, fixture_json, item, offline},
};

fn part(stream: &str, wanted: FieldMap) -> Part {
    let changed = wanted.paths().collect();
    Part { stream: stream.into(), wanted, changed }
}
fn write(action: Action) -> Write {
    Write {
        stream: "products".into(),
        action,
        idempotency_key: "key-1".into(),
        mark: None,
        effects: Default::default(),
        current: None,
    }
}
fn update(parts: Vec<Part>) -> Write {
    write(Action::Update { id: "501-901".into(), parts, if_version: None })
}
fn fields(of: &[(FieldPath, Value)]) -> FieldMap {
    of.iter().cloned().collect()
}
fn amount(text: &str) -> Value {
    Value::Decimal(text.parse().unwrap())
}
async fn send(bench: &Bench, router: &Router, write: Write) -> Result<Written> {
    router.write(&bench.cx, &[write]).await.remove(0)
}
fn lamp() -> FieldMap {
    fields(&[
        (Item::NUMBER, "LAMPA-2".into()),
        (Item::NAME, "Golvlampa".into()),
        (Item::BARCODE, "7350000000028".into()),
        (Item::VAT_RATE, amount("25.00")),
        (Item::UNIT, "st".into()),
        (Item::MANUFACTURER, "Glimma".into()),
        (Item::SALES_ACCOUNT, "3001".into()),
        (Item::CATEGORY, "31".into()),
        (Item::COST.join("amount"), amount("350.50")),
        (Item::WEIGHT, amount("4.20")),
        (Item::IS_ACTIVE, true.into()),
        (Item::IS_SOLD_ONLINE, true.into()),
        (FieldPath::new("x.starweb.external_id"), "A-2".into()),
    ])
}
fn price(of: &str) -> FieldMap {
    fields(&[(Price::AMOUNT, amount(of)), (Price::CAMPAIGN_AMOUNT, Value::Null)])
}

#[tokio::test]
async fn a_new_product_is_made_hidden_with_its_stock_gets_its_price_and_is_shown() {
    let (mut server, bench, router, met) = shop().await;
    let made = json!({ "productId": 501, "variants": { "data": [{ "variantId": 901 }] } });
    met.answers(&mut server, "POST", "/products", 201, &answer(&made)).await;
    met.answers(&mut server, "POST", "/products/501/variants/901/prices", 201, "{}").await;
    met.answers(&mut server, "PATCH", "/products/501", 200, "{}").await;
    let parts = vec![
        part("products", lamp()),
        part("prices", price("560.00")),
        part("stock", fields(&[(StockLevel::AVAILABLE, amount("12"))])),
    ];
    let written = send(&bench, &router, write(Action::Create { parts })).await.unwrap();
    assert_eq!(written.reference.to_string(), "starweb:se/products#501-901");
    assert!(written.item.is_none() && written.as_sent, "it need not be read back");
    let calls = met.calls();
    let body = json!({ "type": "basic", "visibility": "hidden", "defaultVatRate": "25", "unitId": 1, "manufacturerId": 21,
        "accounting": 3001, "externalId": "A-2", "categories": [{ "categoryId": 31 }],
        "languages": [{ "langCode": "sv", "name": "Golvlampa" }],
        "variants": [{ "sku": "LAMPA-2", "attributeValueLinks": [], "ean": "7350000000028", "costPrice": "350.5",
            "weightInKg": 4.2, "isActive": true, "stockQuantity": 12 }] });
    assert_eq!(calls[0], ("POST /products".to_owned(), body));
    let body = json!({ "pricelistId": 11, "priceExVat": 560, "specialPriceExVat": null });
    assert_eq!(calls[1], ("POST /products/501/variants/901/prices".to_owned(), body));
    assert_eq!(calls[2], ("PATCH /products/501".to_owned(), json!({ "visibility": "visible" })));
    assert_eq!(calls.len(), 3);
}

#[tokio::test]
async fn a_new_product_without_a_price_stays_hidden() {
    let (mut server, bench, router, met) = shop().await;
    let made = json!({ "productId": 501 });
    met.answers(&mut server, "POST", "/products", 201, &answer(&made)).await;
    met.answers(&mut server, "GET", "/products/501/variants", 200, r#"{"data":[{"variantId":901}]}"#).await;
    met.answers(&mut server, "GET", "/products/501", 200, &answer(&fixture_json("product"))).await;
    let written = send(&bench, &router, write(Action::Create { parts: vec![part("products", lamp())] })).await.unwrap();
    assert_eq!(&*written.reference.id, "501-901", "the answer did not show the variant, so it was asked for");
    let lines = met.lines();
    assert_eq!((lines[0].as_str(), lines[2..].len()), ("POST /products", 1), "{lines:?}");
    assert!(lines[1].starts_with("GET /products/501?"), "by its id, since a list may lag: {lines:?}");
}

#[tokio::test]
async fn once_a_product_is_made_nothing_makes_it_a_failure() {
    let refused = r#"{"error":"invalid","error_description":"no such price"}"#;
    // the price is refused, the product can be read: it is there, and shows what it lacks
    let (mut server, bench, router, met) = shop().await;
    let made = json!({ "productId": 501, "variants": { "data": [{ "variantId": 901 }] } });
    met.answers(&mut server, "POST", "/products", 201, &answer(&made)).await;
    met.answers(&mut server, "POST", "/products/501/variants/901/prices", 400, refused).await;
    met.answers(&mut server, "PATCH", "/products/501/variants/901/prices/11", 404, refused).await;
    let bare = changed("product", json!({ "visibility": "hidden" }));
    met.answers(&mut server, "GET", "/products/501", 200, &format!(r#"{{"data":{bare}}}"#)).await;
    let create = || write(Action::Create { parts: vec![part("products", lamp()), part("prices", price("560"))] });
    let written = send(&bench, &router, create()).await.unwrap();
    assert_eq!((&*written.reference.id, written.item.is_some()), ("501-901", true));
    assert!(!met.lines().contains(&"PATCH /products/501".to_owned()), "what has no price is not shown");

    // nor can it be read: nobody knows, and it is looked for, never made again
    let (mut server, bench, router, met) = shop().await;
    met.answers(&mut server, "POST", "/products", 201, &answer(&made)).await;
    met.answers(&mut server, "POST", "/products/501/variants/901/prices", 400, refused).await;
    met.answers(&mut server, "PATCH", "/products/501/variants/901/prices/11", 404, refused).await;
    met.answers(&mut server, "GET", "/products/501", 404, refused).await;
    assert_eq!(send(&bench, &router, create()).await.unwrap_err().kind(), ErrorKind::AmbiguousWrite);

    for odd in ["", "[]", r#"{"data":{"name":"x"}}"#] {
        let (mut server, bench, router, met) = shop().await;
        met.answers(&mut server, "POST", "/products", 201, odd).await;
        assert_eq!(send(&bench, &router, create()).await.unwrap_err().kind(), ErrorKind::AmbiguousWrite, "{odd}");
        assert_eq!(met.lines(), ["POST /products"]);
    }
    let (mut server, bench, router, met) = shop().await;
    met.answers(&mut server, "POST", "/products", 400, refused).await;
    assert_eq!(send(&bench, &router, create()).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn a_new_product_is_taken_back_where_what_nobody_can_see_is_refused() {
    let refused = r#"{"error":"invalid","error_description":"no such price"}"#;
    let made = json!({ "productId": 501, "variants": { "data": [{ "variantId": 901 }] } });
    let prices = "/products/501/variants/901/prices";
    for (deleted, expected) in [(204, ErrorKind::Invalid), (400, ErrorKind::AmbiguousWrite)] {
        let (mut server, bench, router, met) = shop().await;
        met.answers(&mut server, "POST", "/products", 201, &answer(&made)).await;
        met.answers(&mut server, "POST", prices, 201, "{}").await;
        met.answers(&mut server, "POST", &format!("{prices}/11/volume"), 400, refused).await;
        met.answers(&mut server, "PATCH", &format!("{prices}/11/volume/10"), 404, refused).await;
        met.answers(&mut server, "DELETE", "/products/501", deleted, "").await;
        let parts = vec![part("products", lamp()), part("prices", price("560")), part("prices_from_10", price("500"))];
        let error = send(&bench, &router, write(Action::Create { parts })).await.unwrap_err();
        assert_eq!(error.kind(), expected, "{error}");
        assert_eq!(met.lines().last().unwrap(), "DELETE /products/501");
    }
}

/// The calls of an update, without the reading back.
async fn updates(parts: Vec<Part>, answers: &[(&str, &str, usize)]) -> (Result<Written>, Vec<(String, Json)>) {
    let (mut server, bench, router, met) = shop().await;
    for (method, path, status) in answers {
        met.answers(&mut server, method, path, *status, "{}").await;
    }
    met.answers(&mut server, "GET", "/products/501", 200, &answer(&fixture_json("product"))).await;
    let written = send(&bench, &router, update(parts)).await;
    let mut calls = met.calls();
    calls.retain(|(line, _)| !line.starts_with("GET"));
    (written, calls)
}
fn line(line: &str, body: Json) -> (String, Json) {
    (line.to_owned(), body)
}

#[tokio::test]
async fn a_price_is_changed_in_one_call_and_made_where_there_is_none() {
    const ONE: &str = "/products/501/variants/901/prices/11";
    let (written, calls) =
        updates(vec![part("prices", fields(&[(Price::AMOUNT, amount("410.10"))]))], &[("PATCH", ONE, 200)]).await;
    written.unwrap();
    assert_eq!(calls, [line(&format!("PATCH {ONE}"), json!({ "pricelistId": 11, "priceExVat": 410.10 }))]);
    // a campaign ends: its amount alone goes, and what stands beside it stays as it is
    let mut ends = part("prices", price("410"));
    ends.changed = [Price::CAMPAIGN_AMOUNT].into();
    let (written, calls) = updates(vec![ends.clone()], &[("PATCH", ONE, 200)]).await;
    written.unwrap();
    assert_eq!(calls, [line(&format!("PATCH {ONE}"), json!({ "pricelistId": 11, "specialPriceExVat": null }))]);
    let all = "/products/501/variants/901/prices";
    let (written, calls) = updates(vec![ends], &[("PATCH", ONE, 404), ("POST", all, 201)]).await;
    written.unwrap();
    let body = json!({ "pricelistId": 11, "priceExVat": 410, "specialPriceExVat": null });
    assert_eq!(calls[1], line(&format!("POST {all}"), body), "the whole price");
    let campaign = part("prices", fields(&[(Price::CAMPAIGN_AMOUNT, amount("99"))]));
    let (written, calls) = updates(vec![campaign], &[("PATCH", ONE, 404)]).await;
    let error = written.unwrap_err();
    assert!(error.kind() == ErrorKind::Invalid && error.message().contains("no amount is known"), "{error}");
    assert_eq!(calls.len(), 1, "never a price of nothing");
}

#[tokio::test]
async fn prices_of_other_lists_and_from_quantities_have_addresses_of_their_own_and_can_be_taken_away() {
    let list = "/products/501/variants/901/prices/12";
    let (written, calls) = updates(vec![part("prices_12", price("440"))], &[("PATCH", list, 200)]).await;
    written.unwrap();
    let body = json!({ "pricelistId": 12, "priceExVat": 440, "specialPriceExVat": null });
    assert_eq!(calls, [line(&format!("PATCH {list}"), body)]);
    let none = fields(&[(Price::AMOUNT, Value::Null)]);
    for status in [204, 404] {
        let (written, calls) = updates(vec![part("prices_12", none.clone())], &[("DELETE", list, status)]).await;
        written.unwrap();
        assert_eq!(calls, [line(&format!("DELETE {list}"), Json::Null)], "gone is gone");
    }
    let volume = "/products/501/variants/901/prices/11/volume";
    let one = format!("{volume}/10");
    let ten = fields(&[(Price::AMOUNT, amount("380"))]);
    let answers = [("PATCH", one.as_str(), 404), ("POST", volume, 201)];
    let (written, calls) = updates(vec![part("prices_from_10", ten)], &answers).await;
    written.unwrap();
    let body = json!({ "pricelistId": 11, "quantity": 10, "priceExVat": 380 });
    assert_eq!(calls, [line(&format!("PATCH {one}"), body.clone()), line(&format!("POST {volume}"), body)]);
}

#[tokio::test]
async fn a_stock_is_a_quantity_and_a_status_only_where_one_is_wanted() {
    let one = "/products/501/variants/901/stocks/3";
    let stock = |of: &[(FieldPath, Value)]| vec![part("stock", fields(of))];
    for (given, sent) in [("7", json!(7)), ("7.40", json!(7)), ("7.5", json!(8)), ("-2", json!(-2))] {
        let (written, calls) = updates(stock(&[(StockLevel::AVAILABLE, amount(given))]), &[("PATCH", one, 200)]).await;
        written.unwrap();
        assert_eq!(calls, [line(&format!("PATCH {one}"), json!({ "stockQuantity": sent }))], "{given}");
    }
    let forced = [(StockLevel::AVAILABLE, amount("0")), (StockLevel::STATUS, "Beställningsvara".into())];
    let (written, calls) = updates(stock(&forced), &[("PATCH", one, 200)]).await;
    written.unwrap();
    assert_eq!(calls, [line(&format!("PATCH {one}"), json!({ "stockQuantity": 0, "stockStatusId": 62 }))]);
    // a location that never had it wants a status, too
    for (quantity, status) in [("7", 61), ("0", 61), ("-1", 62)] {
        let level = stock(&[(StockLevel::AVAILABLE, amount(quantity))]);
        let (written, calls) = updates(level, &[("PATCH", one, 404), ("PUT", one, 200)]).await;
        written.unwrap();
        let body = json!({ "stockQuantity": quantity.parse::<i64>().unwrap(), "stockStatusId": status });
        assert_eq!(calls[1], line(&format!("PUT {one}"), body));
    }
    let mut known = update(stock(&[(StockLevel::AVAILABLE, amount("7"))]));
    let raw = fixture("product").replace("\"stockStatusId\": 61", "\"stockStatusId\": 62");
    known.current = Some(item("products", "501-901", &raw));
    let (mut server, bench, router, met) = shop().await;
    met.answers(&mut server, "PATCH", one, 404, "{}").await;
    met.answers(&mut server, "PUT", one, 200, "{}").await;
    met.answers(&mut server, "GET", "/products/501", 200, &answer(&fixture_json("product"))).await;
    send(&bench, &router, known).await.unwrap();
    assert_eq!(met.calls()[1].1, json!({ "stockQuantity": 7, "stockStatusId": 62 }), "the status that it has");
}

#[tokio::test]
async fn a_shop_without_locations_keeps_its_stock_on_the_product() {
    let mut server = Server::new_async().await;
    server.mock("POST", "/api/v2/token").with_body(TOKEN).create_async().await;
    let mut lists = fixture_json("lists");
    lists["goods"]["locations"] = json!([]);
    let kept = sync_core::store::Snapshot { at: crate::support::noon(), content: lists };
    let bench = Bench::new();
    let router = bench.connect_with("se", &config(&server.url()), Some(kept)).await.unwrap().router;
    let met = Met::default();
    met.answers(&mut server, "PATCH", "/products/501/variants/901", 200, "{}").await;
    met.answers(&mut server, "GET", "/products/501", 200, &answer(&fixture_json("product"))).await;
    let level = fields(&[(StockLevel::AVAILABLE, amount("7"))]);
    let written = send(&bench, &router, update(vec![part("stock", level)])).await.unwrap();
    let body = json!({ "stockQuantity": 7 });
    assert_eq!(met.calls()[0], line("PATCH /products/501/variants/901", body));
    assert!(written.as_sent);
}

#[tokio::test]
async fn an_item_is_changed_through_its_parts_and_shown_last() {
    let mut all = part("products", lamp());
    all.changed.remove(&Item::CATEGORY);
    let (texts, variant, product) = ("/products/501/languages/sv", "/products/501/variants/901", "/products/501");
    let list = "/products/501/variants/901/prices/11";
    let answers = [("PATCH", texts, 200), ("PATCH", variant, 200), ("PATCH", product, 200), ("PATCH", list, 200)];
    let (written, calls) = updates(vec![all, part("prices", price("5"))], &answers).await;
    written.unwrap();
    let order: Vec<&str> = calls.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(order, [texts, variant, list, product].map(|path| format!("PATCH {path}")));
    assert_eq!(calls[0].1, json!({ "langCode": "sv", "name": "Golvlampa" }));
    assert_eq!(calls[3].1["visibility"], "visible");

    let mut description =
        part("products", fields(&[(Item::NAME, "Golvlampa".into()), (Item::DESCRIPTION, Value::Null)]));
    description.changed = [Item::DESCRIPTION].into();
    let all = "/products/501/languages";
    let (written, calls) = updates(vec![description], &[("PATCH", texts, 404), ("POST", all, 201)]).await;
    written.unwrap();
    let body = json!({ "langCode": "sv", "name": "Golvlampa", "shortDescription": "" });
    assert_eq!(calls, [line(&format!("PATCH {texts}"), body.clone()), line(&format!("POST {all}"), body)]);

    let emptied = fields(&[
        (Item::BARCODE, Value::Null),
        (Item::UNIT, Value::Null),
        (Item::SALES_ACCOUNT, Value::Null),
        (FieldPath::new("x.starweb.external_id"), Value::Null),
    ]);
    let answers = [("PATCH", variant, 200), ("PATCH", product, 200)];
    let (written, calls) = updates(vec![part("products", emptied)], &answers).await;
    written.unwrap();
    assert_eq!(calls[0].1, json!({ "ean": "" }), "a variant takes no null");
    assert_eq!(calls[1].1, json!({ "unitId": null, "accounting": null, "externalId": null }));
}

#[tokio::test]
async fn what_has_no_price_of_the_shops_own_is_not_shown() {
    let shown = || part("products", fields(&[(Item::IS_SOLD_ONLINE, true.into())]));
    let (nothing, elsewhere) = (json!([]), json!([{ "pricelistId": 12, "priceExVat": 420 }]));
    for prices in [nothing, elsewhere, json!([{ "pricelistId": 11, "priceExVat": 0 }])] {
        let (mut server, bench, router, met) = shop().await;
        let mut variants = fixture_json("product")["variants"].clone();
        variants["data"][0]["prices"] = json!({ "data": prices });
        let bare = changed("product", json!({ "visibility": "hidden", "variants": variants }));
        met.answers(&mut server, "GET", "/products/501", 200, &format!(r#"{{"data":{bare}}}"#)).await;
        let error = send(&bench, &router, update(vec![shown()])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains("no price in SEK, so it stays hidden"), "{error}");
        assert!(met.lines().iter().all(|line| line.starts_with("GET")), "{:?}", met.lines());
    }
    // one that it has is enough, and so is one that it gets by the same write
    let (written, calls) = updates(vec![shown()], &[("PATCH", "/products/501", 200)]).await;
    written.unwrap();
    assert_eq!(calls, [line("PATCH /products/501", json!({ "visibility": "visible" }))]);
}

#[tokio::test]
async fn what_the_shop_cannot_hold_is_refused_before_anything_is_sent() {
    let router = offline().await;
    let cx = Bench::new().cx;
    let own = |stream: &str, path: FieldPath, value: Value| update(vec![part(stream, fields(&[(path, value)]))]);
    for (write, word) in [
        (own("products", Item::UNIT, "låda".into()), "map it to one of st, kg"),
        (own("products", Item::MANUFACTURER, "Okänd".into()), "make it there, or map it to one of Glimma"),
        (own("products", Item::VAT_RATE, Value::Null), "give the rate in percent"),
        (own("products", Item::VAT_RATE, amount("125")), "125 is no VAT rate"),
        (own("products", Item::SALES_ACCOUNT, "30010".into()), "100 to 9999"),
        (own("products", Item::SALES_ACCOUNT, "3001A".into()), "'3001A' is no number"),
        (own("products", Item::NUMBER, Value::Null), "always has a number"),
        (own("products", Item::NUMBER, "N".repeat(41).as_str().into()), "41 characters, the shop takes 40: shorten it"),
        (own("products", Item::NAME, Value::Null), "always has a name"),
        (own("products", Item::WEIGHT, Value::Null), "'weight' cannot be emptied"),
        (own("products", Item::COST.join("amount"), amount("-1")), "below zero"),
        (own("products", Item::COST.join("currency"), "EUR".into()), "in SEK, not in EUR"),
        (own("products", FieldPath::new("x.starweb.visibility"), "pricelists".into()), "hidden or visible"),
        (own("prices", Price::AMOUNT, Value::Null), "always has a price"),
        (own("prices", Price::AMOUNT, amount("-0.01")), "below zero"),
        (own("prices", Price::INCLUDES_VAT, true.into()), "map the price without VAT"),
        (own("prices", Price::CURRENCY, "EUR".into()), "price list 11 is in SEK, and this price is in EUR"),
        (own("stock", StockLevel::AVAILABLE, Value::Null), "0 if there is nothing"),
        (own("stock", StockLevel::AVAILABLE, amount("100000001")), "no quantity above 100000000"),
        (own("stock", StockLevel::STATUS, "slut".into()), "it has inStock, Beställningsvara"),
    ] {
        let error = router.write(&cx, &[write]).await.remove(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.message().contains(word), "{error}");
        assert!(error.context().iter().any(|(key, _)| *key == "field"), "{error:?}");
    }
    let checked = Stack::new(Arc::new(offline().await)).with(Checked).build();
    let long = own("products", Item::NUMBER, "9".repeat(41).into());
    let error = checked.write(&cx, &[long]).await.remove(0).unwrap_err();
    assert!(error.message().contains("41 characters, 40 fit"), "{error}");
    let stranger =
        write(Action::Update { id: "501".into(), parts: vec![part("prices", price("5"))], if_version: None });
    assert_eq!(router.write(&cx, &[stranger]).await.remove(0).unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_price_that_was_matched_to_another_list_or_quantity_is_refused() {
    let (_server, bench, router, _) = shop().await;
    let of_list = |list: &str| fields(&[(Price::LIST, list.into()), (Price::AMOUNT, amount("5"))]);
    let of_quantity = fields(&[(Price::FROM_QUANTITY, amount("1")), (Price::AMOUNT, amount("5"))]);
    for (stream, wanted) in [("prices_12", of_list("")), ("prices_12", of_list("7")), ("prices_from_10", of_quantity)] {
        let error = send(&bench, &router, update(vec![part(stream, wanted)])).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains("match prices by sku, list and from_quantity"), "{error}");
    }
}

#[tokio::test]
async fn removing_takes_the_product_only_where_it_has_this_variant_alone() {
    for (several, mode, expected) in [
        (false, RemoveMode::Delete, line("DELETE /products/501", Json::Null)),
        (false, RemoveMode::Archive, line("PATCH /products/501", json!({ "visibility": "hidden" }))),
        (true, RemoveMode::Delete, line("DELETE /products/501/variants/901", Json::Null)),
        (true, RemoveMode::Archive, line("PATCH /products/501/variants/901", json!({ "isActive": false }))),
    ] {
        let (mut server, bench, router, met) = shop().await;
        let mut product = fixture_json("product");
        product["hasSeveralVariants"] = json!(several);
        met.answers(&mut server, "GET", "/products/501", 200, &answer(&product)).await;
        for path in ["/products/501", "/products/501/variants/901"] {
            met.answers(&mut server, "DELETE", path, 204, "").await;
            met.answers(&mut server, "PATCH", path, 200, "{}").await;
        }
        let remove = write(Action::Remove { id: "501-901".into(), mode });
        send(&bench, &router, remove).await.unwrap();
        assert_eq!(met.calls()[1..], [expected]);
    }
    let (mut server, bench, router, met) = shop().await;
    met.answers(&mut server, "GET", "/products/501", 404, "{}").await;
    let remove = write(Action::Remove { id: "501-901".into(), mode: RemoveMode::Delete });
    assert_eq!(send(&bench, &router, remove).await.unwrap_err().kind(), ErrorKind::NotFound);
}
