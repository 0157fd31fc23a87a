//! What an order says.

use connector_starweb::AddressSource;
use serde_json::json;
use sync_core::{
    ErrorKind, FieldMap, Value,
    connector::{Connector, Record, Writable},
    model::{Canonical, Line, Order},
};

use crate::support::{MARKER, assert_shows, changed, config, fixture, item, of, offline, offline_with, shown};

async fn decode(raw: &str) -> Vec<Record> {
    offline().await.decode(&item("orders", "7001", raw)).unwrap()
}
async fn order(raw: &str) -> FieldMap {
    of(&decode(raw).await, "orders").unwrap().clone()
}
fn lines(fields: &FieldMap) -> Vec<Line> {
    Order::from_fields(fields).unwrap().content.lines.value().unwrap().to_vec()
}

#[tokio::test]
async fn an_order_of_a_registered_company() {
    let records = decode(&fixture("order_company")).await;
    assert_eq!(records.len(), 1, "its customer is in the register, so the copy is not shown");
    assert_shows(
        &records[0].fields,
        &[
            ("number", "'7001'"),
            ("stage", "'order'"),
            ("customer", "→starweb:se/customers#301"),
            ("ordered_at", "2024-02-29T23:10:00Z"),
            ("ordered_on", "2024-03-01"),
            ("fulfilment", "'picking'"),
            ("payment", "'unpaid'"),
            ("paid", "0"),
            ("tracking.carrier", "(empty)"),
            ("tracking.number", "(empty)"),
            ("location", "'3'"),
            ("note", "'Ring före'"),
            ("content.net", "278.20"),
            ("content.vat", "63.05"),
            ("content.gross", "341.25"),
            ("content.currency", "'NOK'"),
            ("content.exchange_rate", "1.25"),
            ("content.prices_include_vat", "false"),
            ("content.payment_method", "'Faktura 30'"),
            ("content.payment_terms", "'Faktura 30'"),
            ("content.delivery_method", "'Ombud'"),
            ("content.buyer_reference", "'KN-4'"),
            ("content.discount_code", "'VAR24'"),
            ("content.language", "'nb'"),
            ("content.billing.name", "'Fjell Handel AS'"),
            ("content.billing.city", "'Oslo'"),
            ("content.billing.country", "'NO'"),
            ("content.delivery.street", "'Havna 3'"),
            ("content.delivery.attention", "'Port B'"),
            ("x.starweb.status", "'picking'"),
            ("x.starweb.status_id", "42"),
            ("x.starweb.is_complete", "true"),
            ("x.starweb.payment_method_id_code", "'custom'"),
            ("x.starweb.custom_info_1", "'Märk: lager 2'"),
            ("x.starweb.custom_info_4", "(empty)"),
            ("x.starweb.total_weight", "0.9"),
            ("x.starweb.marker", "'SO-100'"),
        ],
    );
    assert_eq!(records[0].version.modified_at, Some("2024-03-01T12:40:02Z".parse().unwrap()));
    assert_eq!(records[0].writable, Writable::All);
}

#[tokio::test]
async fn rows_freight_and_fee_are_lines_that_add_up_to_the_totals() {
    let fields = order(&fixture("order_company")).await;
    let told = |line: &Line| {
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".into());
        let amount = |value: &sync_core::Field<rust_decimal::Decimal>| {
            text(value.value().map(|amount| amount.normalize().to_string()))
        };
        let kind = text(line.kind.value().map(ToString::to_string));
        let key = line.key.as_deref().unwrap_or("-").to_owned();
        [
            key,
            kind,
            amount(&line.quantity),
            amount(&line.unit_price),
            amount(&line.vat_rate),
            amount(&line.net),
            amount(&line.vat),
        ]
        .join(" ")
    };
    let told: Vec<String> = lines(&fields).iter().map(told).collect();
    assert_eq!(
        told,
        [
            "94 item 2 100 25 180 45",
            "92 item 1 50 12 50 6",
            "95 discount 1 -20 25 -20 -5",
            "shipping freight 1 39.2 25 39.2 9.8",
            "payment fee 1 29 25 29 7.25",
        ]
    );
    let sum = |of: fn(&Line) -> sync_core::Field<rust_decimal::Decimal>| -> rust_decimal::Decimal {
        lines(&fields).iter().filter_map(|line| of(line).into_value()).sum()
    };
    assert_eq!(sum(|line| line.net).to_string(), "278.20");
    assert_eq!(sum(|line| line.vat).to_string(), "63.05");
    assert_eq!(lines(&fields)[3].text.as_deref(), Some("Pick-up"));
}

#[tokio::test]
async fn a_guest_is_the_buyer_that_the_order_itself_shows() {
    let raw = fixture("order_guest");
    let records = offline().await.decode(&item("orders", "7002", &raw)).unwrap();
    assert_shows(
        of(&records, "orders").unwrap(),
        &[
            ("customer", "→starweb:se/order_buyer#7002"),
            ("payment", "'paid'"),
            ("paid", "149.00"),
            ("tracking.carrier", "'2'"),
            ("tracking.number", "'0037'"),
            ("content.payment_method", "'Kort'"),
            ("content.delivery_method", "'PAKET'"),
            ("content.billing.street", "'Gatan 1'"),
            ("content.delivery.street", "-"),
            ("content.exchange_rate", "1"),
            ("x.starweb.payment_status", "'captured'"),
            ("x.starweb.marker", "(empty)"),
        ],
    );
    assert_shows(
        of(&records, "order_buyer").unwrap(),
        &[
            ("name", "'Eva Ek'"),
            ("party", "'private'"),
            ("is_customer", "true"),
            ("email", "'eva@exempel.example'"),
            ("registration_number", "(empty)"),
            ("mobile", "'+46700000000'"),
            ("billing.street", "'Gatan 1'"),
            ("delivery.street", "-"),
            ("language", "'sv'"),
            ("currency", "'SEK'"),
        ],
    );
    assert_eq!(records[1].reference.to_string(), "starweb:se/order_buyer#7002");
    let freight = lines(of(&records, "orders").unwrap()).remove(1);
    assert_eq!(freight.net.into_value().unwrap().to_string(), "39.2", "49.00 had the VAT in it, by the totals");
}

#[tokio::test]
async fn all_the_ways_to_have_no_customer_are_the_same() {
    for none in [
        json!({ "customerId": null }),
        json!({ "customerId": "@out", "customer": "@out" }),
        json!({ "customerId": 0 }),
        json!({ "customer": null }), // the customer was removed: the number points to nobody
        json!({ "customer": { "data": null } }),
        json!({ "customer": "@out" }),
    ] {
        let records = decode(&changed("order_company", none.clone())).await;
        assert_shows(of(&records, "orders").unwrap(), &[("customer", "→starweb:se/order_buyer#7001")]);
        let buyer = of(&records, "order_buyer").unwrap_or_else(|| panic!("{none}"));
        assert_shows(
            buyer,
            &[("party", "'company'"), ("name", "'Fjell Handel AS'"), ("email", "'inkop@fjell.example'")],
        );
    }
}

#[tokio::test]
async fn a_status_of_the_shops_own_says_nothing_of_the_goods() {
    let fields = order(&changed("order_company", json!({ "statusId": 57 }))).await;
    assert_shows(&fields, &[("x.starweb.status", "'Väntar på tyg'"), ("fulfilment", "-")]);
    // one that was added since the lists were read
    let fields = order(&fixture("order_guest")).await;
    assert_shows(&fields, &[("x.starweb.status", "'Packas i natt'"), ("fulfilment", "-")]);
    let fields = order(&changed("order_company", json!({ "statusId": 44 }))).await;
    assert_shows(&fields, &[("x.starweb.status", "'canceled'"), ("fulfilment", "'cancelled'")]);
}

#[tokio::test]
async fn an_order_whose_payment_was_not_finished_is_a_draft() {
    let fields = order(&changed("order_company", json!({ "isComplete": false, "statusId": 41 }))).await;
    assert_shows(&fields, &[("x.starweb.is_complete", "false"), ("fulfilment", "'draft'")]);
}

#[tokio::test]
async fn the_amounts_tell_how_far_the_payment_is_unless_it_is_only_reserved() {
    for (paid, status, state) in [
        (json!(341.25), "", "'paid'"),
        (json!("341.25"), "whatever", "'paid'"),
        (json!(100), "", "'partly_paid'"),
        (json!(0), "declined", "'unpaid'"),
        (json!(341.25), "reserved", "'authorised'"),
        (json!(0), "Reserved", "'authorised'"),
        (json!(null), "", "-"),
    ] {
        let members = json!({ "amountPaid": paid, "paymentStatus": status });
        assert_eq!(shown(&order(&changed("order_company", members)).await, "payment"), state, "{paid} {status}");
    }
}

#[tokio::test]
async fn which_address_counts_can_be_chosen() {
    let mut config = config("http://127.0.0.1:9");
    config.addresses = vec![AddressSource::Customer, AddressSource::Original];
    let records = offline_with(config).await.decode(&item("orders", "7001", &fixture("order_company"))).unwrap();
    assert_shows(
        &records[0].fields,
        &[("content.billing.city", "'Bergen'"), ("content.delivery.city", "'Oslo'"), ("content.buyer_reference", "-")],
    );
}

#[tokio::test]
async fn what_an_order_does_not_carry_is_unknown_and_a_null_list_is_empty() {
    let bare = r#"{"orderId":7001,"modifiedAt":"2024-03-01T13:40:02+01:00"}"#;
    let fields = order(bare).await;
    let numbered = order(&changed("order_company", json!({ "items": "@out", "customer": "@out" }))).await;
    assert_shows(&numbered, &[("customer", "→starweb:se/customers#301")]);
    for path in [
        "content.lines",
        "content.net",
        "content.currency",
        "payment",
        "fulfilment",
        "x.starweb.status",
        "x.starweb.marker",
        "tracking.number",
    ] {
        assert_eq!(shown(&fields, path), "-", "{path}");
    }
    let fields = order(&changed(
        "order_company",
        json!({ "items": null, "addresses": { "data": null }, "shippingCost": 0, "paymentFee": 0 }),
    ))
    .await;
    assert_shows(&fields, &[("content.lines", "(empty)"), ("content.billing.city", "-")]);
}

#[tokio::test]
async fn a_service_that_the_shop_keeps_for_itself_locks_the_mark_only() {
    let services = json!({ "data": [{ "serviceName": "Samklang", "externalIdValue": "SO-1", "readOnly": true }] });
    let records = decode(&changed("order_company", json!({ "externalServices": services }))).await;
    assert_eq!(records[0].writable, Writable::Except([MARKER].into()));
}

#[tokio::test]
async fn faults_name_the_place_and_show_no_content() {
    let router = offline().await;
    let row = |quantity: serde_json::Value| {
        let mut order: serde_json::Value = serde_json::from_str(&fixture("order_company")).unwrap();
        order["items"]["data"][1]["quantity"] = quantity;
        order.to_string()
    };
    for (raw, place) in [
        (row(json!("secret")), "expected a decimal number in items.data[1].quantity"),
        (row(json!(null)), "a row has no quantity"),
        (
            changed("order_company", json!({ "createdAt": "secret" })),
            "expected a time with seconds and an offset in createdAt",
        ),
    ] {
        let error = router.decode(&item("orders", "7001", &raw)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid);
        assert!(error.message().contains(place), "{error}");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn every_field_that_is_shown_is_declared() {
    let router = offline().await;
    for (stream, id, name) in [
        ("orders", "7001", "order_company"),
        ("orders", "7002", "order_guest"),
        ("customers", "301", "customer_company"),
        ("customers", "302", "customer_person"),
    ] {
        for record in router.decode(&item(stream, id, &fixture(name))).unwrap() {
            let declared = &router.capabilities().streams[&record.reference.at.stream].fields;
            for (path, value) in record.fields.iter() {
                assert!(declared.get(&path).is_some_and(|field| field.read), "{} {path}", record.reference);
                assert!(!matches!(value, Value::Map(_)), "{path}");
            }
        }
    }
}
