use serde_json::{Value as Json, json};
use sync_core::{
    Canonical, ErrorKind, FieldMap, Link, StreamId, Value,
    capability::{Prices, RemoveMode},
    connector::{Action, Connector, Version, Writable},
    model::{Address, Content, Line, LineKind, Lines, Order},
};

use crate::support::{
    Erp, act, assert_shows, changed, create, dec, decoded, fields, fixture, fixture_json, offline, offline_with,
    reference, shown, update, write,
};

const SO: &str = "orders_SO";

fn order(content: Content) -> FieldMap {
    let customer = Link::External(reference("customers", "10001"));
    let ordered_on: chrono::NaiveDate = "2026-02-16".parse().unwrap();
    Order::new().customer(customer).ordered_on(ordered_on).content(content).to_fields()
}
fn line(sku: &str, quantity: &str, price: &str) -> Line {
    let item = Link::External(reference("inventory", sku));
    Line::new().kind(LineKind::Item).item(item).sku(sku).quantity(dec(quantity)).unit_price(dec(price))
}
fn content(lines: Vec<Line>) -> Content {
    Content::new().lines(Lines::from(lines))
}
fn rows(read: &FieldMap) -> Vec<Line> {
    Order::from_fields(read).unwrap().content.lines.into_value().unwrap().iter().cloned().collect()
}

#[tokio::test]
async fn an_order_is_read_with_its_rows_freight_and_sums() {
    let router = offline().await;
    let read = fields(&router, SO, &fixture_json("order"), SO);
    assert_shows(
        &read,
        &[
            ("number", "'000101'"),
            ("stage", "'order'"),
            ("customer", "→visma-net:erp/customers#10001"),
            ("ordered_on", "2026-02-16"),
            ("fulfilment", "'partly_delivered'"),
            ("invoicing", "'none'"),
            ("description", "'Kaffe til messen'"),
            ("note", "'Ring først'"),
            ("content.buyer_order_number", "'PO-77'"),
            ("content.currency", "'NOK'"),
            ("content.payment_terms", "'30'"),
            ("content.delivery_on", "2026-02-20"),
            ("content.delivery_method", "'BRING'"),
            ("content.billing.street", "'Boks 9'"),
            ("content.delivery.name", "'Lageret'"),
            ("content.gross", "386.875"),
            ("content.vat", "77.375"),
            ("content.net", "309.5"),
            ("content.rounding", "0"),
            ("x.visma-net.status", "'Open'"),
            ("x.visma-net.customer.refNo", "'shop-1001'"),
        ],
    );
    let rows = rows(&read);
    assert_eq!(rows.len(), 3);
    assert_eq!((rows[0].key.as_deref(), rows[0].sku.as_deref()), (Some("1"), Some("KAFFE-1")));
    assert_eq!(rows[1].net.value(), Some(&dec("0.5")), "half of one is taken off");
    assert_eq!((rows[2].kind.value(), rows[2].unit_price.value()), (Some(&LineKind::Freight), Some(&dec("50"))));
    let record = decoded(&router, SO, &fixture_json("order")).unwrap().remove(0);
    assert_eq!(record.mark.as_deref(), Some("shop-1001"));
    assert_eq!(record.version.etag.as_deref(), Some("\"AAAAAAAB1fM=\""));
    assert!(!record.partial);
}

#[tokio::test]
async fn a_discount_on_the_whole_order_is_a_row_where_the_total_shows_it() {
    let router = offline().await;
    let totals = json!({ "orderTotal": 374.375, "taxTotal": 74.875, "freightTotal": 50.0, "discountTotal": 10.0 });
    let read = fields(&router, SO, &changed("order", json!({ "totals": totals })), SO);
    let last = rows(&read).pop().unwrap();
    assert_eq!((last.kind.value(), last.unit_price.value()), (Some(&LineKind::Discount), Some(&dec("-10"))));
    let totals = json!({ "orderTotal": 386.875, "taxTotal": 77.375, "freightTotal": 50.0, "discountTotal": 0.5 });
    let read = fields(&router, SO, &changed("order", json!({ "totals": totals })), SO);
    assert_eq!(rows(&read).len(), 3, "the rows contain it already");
}

#[tokio::test]
async fn a_row_of_a_list_is_a_head_with_our_mark() {
    let router = offline().await;
    let record = decoded(&router, SO, &fixture_json("order_row")).unwrap().remove(0);
    assert!(record.partial && record.mark.as_deref() == Some("shop-1001"));
    assert_shows(&record.fields, &[("fulfilment", "'open'"), ("content.lines", "-"), ("content.gross", "-")]);
    assert!(router.capabilities().streams[&StreamId::new(SO)].list.unwrap().partial);
    let router = offline_with(|config| config.order_mark = connector_visma_net::OrderMark::Order).await;
    let record = decoded(&router, SO, &fixture_json("order")).unwrap().remove(0);
    assert_eq!(record.mark.as_deref(), Some("PO-77"));
    assert_eq!(shown(&record.fields, "content.buyer_reference"), "'shop-1001'");
}

#[tokio::test]
async fn an_order_that_cannot_be_changed_says_so() {
    let router = offline().await;
    for (word, open) in
        [("Hold", true), ("Open", true), ("Completed", false), ("Invoiced", false), ("CreditHold", false)]
    {
        let raw = changed("order", json!({ "status": { "description": word } }));
        let record = decoded(&router, SO, &raw).unwrap().remove(0);
        assert_eq!(record.writable == Writable::All, open, "{word}: {:?}", record.writable);
    }
}

#[tokio::test]
async fn an_order_is_read_in_two_calls_with_its_version() {
    let mut erp = Erp::open().await;
    let etag = [("etag", "\"v7\"")];
    erp.answers_with("GET", r"/api/v3/SalesOrders/SO/000101\?expand=.*", 200, &etag, fixture("order_row")).await;
    let page =
        |more: bool, id: u32| json!({ "nextPage": more.then_some("x"), "value": [{ "lineId": id }] }).to_string();
    erp.answers("GET", r"/api/v3/SalesOrders/SO/000101/lines\?.*pageIndex=0", 200, page(true, 1)).await;
    erp.answers("GET", r"/api/v3/SalesOrders/SO/000101/lines\?.*pageIndex=1", 200, page(false, 2)).await;
    erp.answers("GET", r"/api/v3/SalesOrders/SO/9\?.*", 404, "").await;
    let item = erp.get(SO, "000101").await.unwrap().unwrap();
    let raw: Json = serde_json::from_str(&item.raw).unwrap();
    assert_eq!((raw["lines"].as_array().unwrap().len(), &raw["etag"]), (2, &json!("\"v7\"")));
    assert!(erp.get(SO, "9").await.unwrap().is_none());
}

#[tokio::test]
async fn a_new_order_is_held_priced_by_us_and_marked() {
    let mut erp = Erp::open_with(|config| config.text_item = Some("TEKST".to_owned())).await;
    let there = "https://salesorder.visma.net/api/v3/SalesOrders/SO/000102";
    erp.answers_with("POST", "/api/v3/SalesOrders", 201, &[("location", there)], "").await;
    let made = changed("order", json!({ "orderId": "000102" })).to_string();
    erp.answers("GET", r"/api/v3/SalesOrders/SO/000102\?.*", 200, made).await;
    erp.answers("GET", r"/api/v3/SalesOrders/SO/000102/lines\?.*", 200, r#"{"value":[]}"#).await;
    let billing = Address::new().street("Gata 2").city("Oslo").country("NO").name("Vest");
    let lines = vec![
        line("KAFFE-1", "2", "129.50").discount_percent(dec("10")).text("Kaffe"),
        line("KOPP", "-1", "10"),
        Line::new().kind(LineKind::Text).text("Takk for ordren"),
    ];
    let content = content(lines).currency("NOK").billing(billing).buyer_order_number("PO-9");
    let wanted = create(SO, order(content));
    let written = erp.write(sync_core::connector::Write { mark: Some("shop-7".to_owned()), ..wanted }).await.unwrap();
    assert_eq!(&*written.reference.id, "000102");
    assert_eq!(
        erp.met()[0].json(),
        json!({ "type": "SO", "status": "Hold", "customer": { "id": "10001", "order": "PO-9", "refNo": "shop-7" },
            "date": "2026-02-16T00:00:00", "currencyId": "NOK",
            "billing": { "address": { "line1": "Gata 2", "city": "Oslo", "countryId": "NO" }, "contact": { "name": "Vest" } },
            "orderLines": [
                { "inventoryId": "KAFFE-1", "description": "Kaffe", "quantity": 2, "unitPrice": serde_json::from_str::<Json>("129.5").unwrap(),
                    "hasManualPrice": true, "discountPercent": 10, "hasManualDiscount": true },
                { "inventoryId": "KOPP", "quantity": 1, "operation": "Receipt", "unitPrice": 10, "hasManualPrice": true,
                    "discountPercent": 0, "hasManualDiscount": true },
                { "inventoryId": "TEKST", "description": "Takk for ordren", "quantity": 0, "unitPrice": 0,
                    "hasManualPrice": true, "discountPercent": 0, "hasManualDiscount": true }] })
    );
}

#[tokio::test]
async fn what_cannot_be_said_is_refused_before_anything_is_sent() {
    let erp = Erp::open().await;
    let text = content(vec![Line::new().kind(LineKind::Text).text("Takk")]);
    let nameless = content(vec![Line::new().kind(LineKind::Freight).quantity(1).unit_price(9)]);
    let off = content(vec![line("A", "1", "1").discount_amount(dec("0.5"))]);
    let fine = content(vec![line("A", "1", "1.00001")]);
    let nowhere = content(vec![line("A", "1", "1")]).billing(Address::new().street("Gata 2"));
    for (content, word) in
        [(text, "text_item"), (nameless, "no item"), (off, "discount"), (fine, "decimals"), (nowhere, "country")]
    {
        let error = erp.write(create(SO, order(content))).await.unwrap_err();
        assert!(error.kind() == ErrorKind::Invalid && error.message().contains(word), "{word}: {error}");
    }
    assert!(erp.met().is_empty());
}

/// Answers each write with the next version.
async fn versions(erp: &mut Erp) {
    for (method, path, etag) in [
        ("PATCH", "/api/v3/SalesOrders/SO/000101", "\"v2\""),
        ("DELETE", r"/api/v3/SalesOrders/SO/000101/lines\?ids=3", "\"v3\""),
        ("PATCH", "/api/v3/SalesOrders/SO/000101/lines", "\"v4\""),
        ("POST", "/api/v3/SalesOrders/SO/000101/lines", "\"v5\""),
        ("DELETE", "/api/v3/SalesOrders/SO/000101", "\"v6\""),
    ] {
        erp.answers_with(method, path, 202, &[("etag", etag)], "").await;
    }
    erp.answers_with("GET", r"/api/v3/SalesOrders/SO/000101(\?.*)?", 200, &[("etag", "\"v0\"")], fixture("order"))
        .await;
    erp.answers("GET", r"/api/v3/SalesOrders/SO/000101/lines\?page.*", 200, r#"{"value":[]}"#).await;
}

#[tokio::test]
async fn a_change_chains_the_versions_and_names_each_row_once() {
    let mut erp = Erp::open().await;
    versions(&mut erp).await;
    let lines =
        vec![line("kaffe-1", "3", "129.50").key("1").text("Kaffe, 1 kg"), line("TE", "1", "40").key("9").text("Te")];
    let wanted = Order::new().description("Ny").content(content(lines)).to_fields();
    erp.write(update(SO, "000101", wanted, Some(&fixture_json("order")))).await.unwrap();
    let met: Vec<_> = erp.met().into_iter().filter(|met| met.method != "GET").collect();
    let calls: Vec<(String, Option<&str>)> = met.iter().map(|met| (met.line(), met.if_match.as_deref())).collect();
    assert_eq!(
        calls,
        [
            ("PATCH /api/v3/SalesOrders/SO/000101".to_owned(), Some("\"AAAAAAAB1fM=\"")),
            ("DELETE /api/v3/SalesOrders/SO/000101/lines?ids=3".to_owned(), Some("\"v2\"")),
            ("PATCH /api/v3/SalesOrders/SO/000101/lines".to_owned(), Some("\"v3\"")),
            ("POST /api/v3/SalesOrders/SO/000101/lines".to_owned(), Some("\"v4\"")),
        ]
    );
    assert_eq!(met[0].json(), json!({ "description": "Ny" }));
    assert_eq!(met[2].json(), json!({ "lines": [{ "lineId": 1, "quantity": 3 }] }));
    assert_eq!(met[3].json()["lines"][0]["inventoryId"], "TE");
}

#[tokio::test]
async fn rows_that_are_as_wanted_are_not_sent_and_freight_is_none() {
    let mut erp = Erp::open().await;
    versions(&mut erp).await;
    let router = offline().await;
    let shown = fields(&router, SO, &fixture_json("order"), SO);
    let lines = Order::from_fields(&shown).unwrap().content.lines;
    let mut kept = Content::new();
    kept.lines = lines;
    let wanted = Order::new().content(kept).to_fields();
    erp.write(update(SO, "000101", wanted, Some(&fixture_json("order")))).await.unwrap();
    assert!(erp.met().iter().all(|met| met.method == "GET"), "nothing is to be changed");
}

#[tokio::test]
async fn the_version_of_the_decision_goes_before_the_one_that_was_read() {
    let mut erp = Erp::open().await;
    versions(&mut erp).await;
    let mut wanted = update(SO, "000101", Order::new().description("Ny").to_fields(), Some(&fixture_json("order")));
    if let Action::Update { if_version, .. } = &mut wanted.action {
        *if_version = Some(Version { etag: Some("old".to_owned()), modified_at: None });
    }
    erp.write(wanted).await.unwrap();
    assert_eq!(erp.met()[0].if_match.as_deref(), Some("\"old\""));
}

#[tokio::test]
async fn opening_and_deleting_name_a_version_too() {
    let mut erp = Erp::open().await;
    versions(&mut erp).await;
    erp.write(act(SO, "000101", "open", Some(&fixture_json("order")))).await.unwrap();
    let met = erp.met();
    assert_eq!((met[0].json(), met[0].if_match.as_deref()), (json!({ "status": "Open" }), Some("\"AAAAAAAB1fM=\"")));
    let remove = Action::Remove { id: "000101".into(), mode: RemoveMode::Delete };
    erp.write(write(SO, remove)).await.unwrap();
    let met = erp.met();
    assert_eq!(met[0].method, "GET", "nobody told the version, so it is asked for");
    assert_eq!(
        (met[1].line().as_str(), met[1].if_match.as_deref()),
        ("DELETE /api/v3/SalesOrders/SO/000101", Some("\"v0\""))
    );
}

#[tokio::test]
async fn refusals_of_the_order_service_say_what_they_are() {
    let mut erp = Erp::open().await;
    let problem = json!({ "title": "x", "status": 400, "detail": "Validation failed", "errors": {},
        "details": [{ "code": "1408-OverrideCurrencyIdProhibited", "message": "Currency Id cannot be set",
            "parameters": { "property": "CurrencyId" } }] });
    for (status, body, kind) in [
        (400, problem.to_string(), ErrorKind::Invalid),
        (405, String::new(), ErrorKind::Invalid),
        (412, String::new(), ErrorKind::VersionConflict),
        (428, json!({ "title": "Precondition required" }).to_string(), ErrorKind::VersionConflict),
        (404, String::new(), ErrorKind::NotFound),
        (500, String::new(), ErrorKind::AmbiguousWrite),
    ] {
        let mock = erp.answers("PATCH", "/api/v3/SalesOrders/SO/000101", status, body).await;
        let wanted = update(SO, "000101", Order::new().description("Ny").to_fields(), Some(&fixture_json("order")));
        let error = erp.write(wanted).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{status}: {error}");
        if status == 400 {
            assert_eq!(error.vendor_code(), Some("1408-OverrideCurrencyIdProhibited"));
            assert!(error.context().contains(&("field", "CurrencyId".to_owned())));
        }
        mock.remove_async().await;
    }
}

#[tokio::test]
async fn the_arithmetic_is_what_the_tenant_says() {
    let router = offline_with(|config| {
        config.prices = connector_visma_net::Prices::WithVat;
        config.price_decimals = 4;
    })
    .await;
    let document = router.capabilities().streams[&StreamId::new(SO)].document.clone().unwrap();
    assert_eq!((document.arithmetic.prices, document.arithmetic.price_scale), (Prices::WithVat, 4));
    assert_eq!(document.arithmetic.vat_per_row, None, "nobody publishes it");
    assert!(document.names_items && document.steps[0].act == "open");
    let totals = json!({ "orderTotal": 309.5, "taxTotal": 61.9, "freightTotal": 50.0 });
    let read = fields(&router, SO, &changed("order", json!({ "totals": totals })), SO);
    assert_shows(
        &read,
        &[("content.net", "247.6"), ("content.gross", "309.5"), ("content.prices_include_vat", "true")],
    );
    assert!(matches!(read.get("x.visma-net.totals.freightTotal".into()), Some(Value::Decimal(_))));
}
