//! Behaviour against the emulated shop, over real HTTP.

use serde_json::json;
use sync_core::{
    connector::{Connector, Cursor, ListFrom},
    store::Snapshot,
};

use crate::support::{MARKER, STATUS, Shop, assert_shows, config, of, shown, update};

#[tokio::test]
async fn connecting_reads_the_lists_once_a_day() {
    let shop = Shop::open().await;
    let config = config(shop.emulator.base_url());
    let connected = shop.bench.connect(&config).await.unwrap();
    assert_eq!(
        shop.calls(),
        [
            "GET /shop",
            "GET /order-statuses",
            "GET /payment-methods",
            "GET /shipping-methods",
            "GET /shipping-tracking-types",
            "GET /vat-rates",
            "GET /pricelists"
        ]
    );
    let lists = &connected.lists;
    assert_eq!(lists.shop.id_code, "exempelbutiken");
    let mut words: Vec<&str> = lists.statuses.iter().map(|status| status.word.as_str()).collect();
    words.sort_unstable();
    assert_eq!(words, ["Väntar på tyg", "canceled", "completed", "created", "picking"]);
    let codes = |id: i64| lists.payment_methods.iter().find(|method| method.id == id).unwrap().code.clone();
    assert_eq!(codes(205), "KORT", "what the owner typed");
    assert_eq!(lists.shipping_methods.iter().find(|method| method.id == 206).unwrap().code, "Ombud");
    assert!(lists.vat_rates.iter().any(|rates| rates.country == "SE" && rates.goods == Some(25.into())));
    assert_eq!(lists.price_lists.iter().map(|list| list.currency.as_str()).collect::<Vec<_>>(), ["SEK"]);

    let again = |kept: Snapshot| shop.bench.connect_with("se", &config, Some(kept));
    let kept = again(connected.snapshot.clone()).await.unwrap().snapshot;
    assert_eq!((kept == connected.snapshot, shop.calls().len()), (true, 0));
    let old = Snapshot { at: connected.snapshot.at - chrono::TimeDelta::hours(25), ..connected.snapshot.clone() };
    assert_eq!(again(old).await.unwrap().snapshot.at, connected.snapshot.at);
    assert_eq!(shop.calls().len(), 7);
    let strange = Snapshot { content: json!({ "of": "another version" }), ..connected.snapshot };
    again(strange).await.unwrap();
    assert_eq!(shop.calls().len(), 7);
}

#[tokio::test]
async fn the_shop_tells_who_it_is() {
    let shop = Shop::open().await;
    let tenant = shop.router.check(&shop.bench.cx).await.unwrap();
    assert_eq!((tenant.id.as_str(), tenant.base_currency.as_deref()), ("exempelbutiken", Some("SEK")));
    assert_eq!(shop.calls(), ["GET /shop"]);
}

#[tokio::test]
async fn a_complete_listing_names_every_customer_those_without_account_too() {
    let shop = Shop::open().await;
    shop.emulator.switch("page_size", 1).unwrap();
    assert_eq!(shop.list("customers", ListFrom::Beginning).await, ["1", "2"]);
    assert_eq!(shop.calls(), ["GET /customers", "GET /customers"]);
    let company = &shop.items("customers", ListFrom::Beginning).await[0];
    let records = shop.router.decode(company).unwrap();
    assert_shows(
        of(&records, "customers").unwrap(),
        &[("name", "'Fjell Handel AB'"), ("party", "'company'"), ("billing.city", "'Stockholm'")],
    );
    assert_shows(of(&records, "customer_contact").unwrap(), &[("name", "'Kari Nilsson'")]);
}

#[tokio::test]
async fn customers_changed_since_and_created_since_are_asked_of_the_shop() {
    let shop = Shop::open().await;
    let since = |text: &str| text.parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let changed = ListFrom::ModifiedSince(since("2024-02-10T00:00:00Z"));
    assert_eq!(shop.list("customers", changed).await, ["2"]);
    assert!(shop.requests()[0].query.contains("updatedSince=2024-02-10T00%3A00%3A00%2B00%3A00"));
    shop.act(json!({ "action": "edit_customer", "customerId": 1, "set": { "email": "ny@fjell.example" } }));
    assert_eq!(shop.list("customers", ListFrom::ModifiedSince(since("2024-03-01T10:00:00Z"))).await, ["1"]);
    assert_eq!(shop.list("customers", ListFrom::CreatedSince(since("2024-02-20T07:03:00Z"))).await, ["2"], "overlaps");
    assert_eq!(shop.list("customers", ListFrom::CreatedSince(since("2024-02-20T07:06:00Z"))).await, [""; 0]);
}

#[tokio::test]
async fn orders_come_by_id_in_a_complete_listing_and_newest_change_first_in_a_window() {
    let shop = Shop::open().await;
    shop.emulator.switch("page_size", 2).unwrap();
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(shop.order(json!({})));
        shop.advance(600);
    }
    shop.act(json!({ "action": "set_status", "orderId": ids[1].parse::<u64>().unwrap(), "status": "picking" }));
    assert_eq!(shop.list("orders", ListFrom::Beginning).await, ids);
    assert_eq!(shop.calls().len(), 3);

    // changed since order 3 was placed: the changed one, then 5, 4, 3, and what shares their page; no page further
    let since = shop.emulator.now() - chrono::TimeDelta::seconds(1801);
    let window = shop.list("orders", ListFrom::ModifiedSince(since)).await;
    assert_eq!(window[..4], [ids[1].clone(), ids[4].clone(), ids[3].clone(), ids[2].clone()]);
    assert_eq!(window.len(), 5);
    let newest = shop.emulator.now();
    shop.requests();
    assert_eq!(shop.list("orders", ListFrom::ModifiedSince(newest)).await, [ids[1].clone(), ids[4].clone()]);
    let request = &shop.requests()[..];
    assert_eq!(request.len(), 1, "the first page ends it");
    assert!(request[0].query.contains("sortBy=modifiedAt&sortOrder=DESC"), "{}", request[0].query);

    let created = ListFrom::CreatedSince(shop.emulator.now() - chrono::TimeDelta::seconds(1000));
    assert_eq!(shop.list("orders", created).await, [ids[3].clone(), ids[4].clone()]);
}

#[tokio::test]
async fn an_order_that_changes_while_the_window_is_read_is_found_by_the_next_reading() {
    let shop = Shop::open().await;
    shop.emulator.switch("page_size", 2).unwrap();
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(shop.order(json!({})));
        shop.advance(60);
    }
    let start = shop.emulator.now() - chrono::TimeDelta::hours(1);
    let first = shop.page("orders", ListFrom::ModifiedSince(start)).await.unwrap();
    shop.act(json!({ "action": "set_status", "orderId": ids[0].parse::<u64>().unwrap(), "status": "picking" }));
    let second = shop.page("orders", ListFrom::Page(first.next.unwrap())).await.unwrap();
    let seen = |page: &sync_core::connector::Page| -> Vec<String> {
        page.items.iter().map(|item| item.reference.id.to_string()).collect()
    };
    assert_eq!(seen(&second), [ids[2].clone(), ids[1].clone()], "one came twice, the changed one slipped away");
    let high_water = first.items.iter().map(|item| shop.router.decode(item).unwrap()[0].version.modified_at).max();
    let again = shop.list("orders", ListFrom::ModifiedSince(high_water.unwrap().unwrap())).await;
    assert_eq!(again[0], ids[0]);
}

#[tokio::test]
async fn orders_without_a_finished_payment_are_listed_only_if_wanted_and_read_by_id_always() {
    for (wanted, listed) in [(false, 1), (true, 2)] {
        let shop = Shop::open_with(|mut config| {
            config.unfinished_orders = wanted;
            config
        })
        .await;
        let cart = shop.order(json!({ "isComplete": false }));
        shop.order(json!({}));
        assert_eq!(shop.list("orders", ListFrom::Beginning).await.len(), listed);
        let item = shop.get("orders", &cart).await.unwrap();
        assert_shows(&shop.router.decode(&item).unwrap()[0].fields, &[("fulfilment", "'draft'")]);
    }
}

#[tokio::test]
async fn an_order_shows_the_same_in_a_list_and_alone() {
    let shop = Shop::open().await;
    let id = shop.order(json!({ "customerId": 1, "shippingMethodId": 206, "paymentMethodId": 205 }));
    let listed = shop.items("orders", ListFrom::Beginning).await.remove(0);
    let alone = shop.get("orders", &id).await.unwrap();
    let records = shop.router.decode(&alone).unwrap();
    assert_eq!(shop.router.decode(&listed).unwrap(), records);
    assert_eq!((listed.hash, listed.partial), (alone.hash, false));
    assert_shows(
        &records[0].fields,
        &[
            ("customer", "→starweb:se/customers#1"),
            ("fulfilment", "'open'"),
            ("payment", "'authorised'"),
            ("content.payment_method", "'KORT'"),
            ("content.delivery_method", "'Ombud'"),
            ("content.currency", "'SEK'"),
        ],
    );
}

#[tokio::test]
async fn a_guest_is_known_in_every_form_that_the_shop_may_have_for_none() {
    for (customers, include) in
        [("none", "absent"), ("none", "null"), ("none", "data_null"), ("without_account", "absent")]
    {
        let shop = Shop::open().await;
        shop.emulator.switch("guest_customers", customers).unwrap();
        shop.emulator.switch("guest_customer_include", include).unwrap();
        let id = shop.order(json!({ "addresses": { "originalInvoice": { "firstName": "Eva", "lastName": "Ek" } } }));
        let records = shop.router.decode(&shop.get("orders", &id).await.unwrap()).unwrap();
        let customer = shown(of(&records, "orders").unwrap(), "customer");
        if customers == "none" {
            assert_eq!(customer, format!("→starweb:se/order_buyer#{id}"));
            assert_shows(
                of(&records, "order_buyer").unwrap(),
                &[("name", "'Eva Ek'"), ("email", "'eva@exempel.example'")],
            );
        } else {
            let listed = shop.list("customers", ListFrom::Beginning).await;
            assert_eq!(customer, format!("→starweb:se/customers#{}", listed.last().unwrap()));
        }
    }
}

#[tokio::test]
async fn freight_is_read_right_whether_the_shop_has_it_with_vat_or_without() {
    for fees in ["net", "gross"] {
        let shop = Shop::open().await;
        shop.emulator.switch("fees_are", fees).unwrap();
        let id = shop.order(json!({ "shippingMethodId": 206, "shippingCost": 49, "shippingVatRate": 25 }));
        let record = shop.router.decode(&shop.get("orders", &id).await.unwrap()).unwrap().remove(0);
        let order = <sync_core::model::Order as sync_core::Canonical>::from_fields(&record.fields).unwrap();
        let lines = order.content.lines.into_value().unwrap();
        let net: rust_decimal::Decimal = lines.iter().filter_map(|line| line.net.into_value()).sum();
        let vat: rust_decimal::Decimal = lines.iter().filter_map(|line| line.vat.into_value()).sum();
        assert_eq!((Some(net), Some(vat)), (order.content.net.into_value(), order.content.vat.into_value()), "{fees}");
    }
}

#[tokio::test]
async fn what_is_gone_is_none_and_a_deleted_customer_leaves_its_order_a_buyer() {
    let shop = Shop::open().await;
    let id = shop.order(json!({ "customerId": 1 }));
    assert!(shop.get("orders", "999999").await.is_none());
    shop.act(json!({ "action": "delete_customer", "customerId": 1 }));
    assert!(shop.get("customers", "1").await.is_none());
    let records = shop.router.decode(&shop.get("orders", &id).await.unwrap()).unwrap();
    assert_shows(of(&records, "orders").unwrap(), &[("customer", &format!("→starweb:se/order_buyer#{id}"))]);
    shop.act(json!({ "action": "delete_order", "orderId": id.parse::<u64>().unwrap() }));
    assert!(shop.get("orders", &id).await.is_none());
}

#[tokio::test]
async fn a_status_without_effects_sends_no_mail_and_takes_no_money() {
    let shop = Shop::open().await;
    let id = shop.order(json!({ "customerId": 1 }));
    let written = shop.write(update(&id, &[(STATUS, "completed")], &[])).await.unwrap();
    assert_eq!((shop.journal("mails"), shop.journal("captures"), shop.journal("cancellations")), (0, 0, 0));
    let shows = shop.router.decode(&written.item.expect("it is read back")).unwrap();
    assert_shows(
        &shows[0].fields,
        &[("x.starweb.status", "'completed'"), ("fulfilment", "'delivered'"), ("payment", "'authorised'")],
    );
}

#[tokio::test]
async fn effects_happen_when_they_are_named_and_once() {
    let shop = Shop::open().await;
    let id = shop.order(json!({ "customerId": 1 }));
    let ship = || {
        let carrier = sync_core::model::Order::TRACKING.join("carrier");
        let number = sync_core::model::Order::TRACKING.join("number");
        update(&id, &[(STATUS, "completed"), (carrier, "1"), (number, "0037")], &["notify_buyer", "capture"])
    };
    let carriers = shop.lists()["shipping-tracking-types"].clone();
    assert_eq!(carriers[0]["type"], 1, "{carriers}");
    let written = shop.write(ship()).await.unwrap();
    assert_eq!((shop.journal("mails"), shop.journal("captures")), (1, 1));
    let item = written.item.unwrap();
    let shows = shop.router.decode(&item).unwrap();
    assert_shows(
        &shows[0].fields,
        &[("payment", "'paid'"), ("tracking.number", "'0037'"), ("tracking.carrier", "'1'")],
    );

    // the same once more, after looking, in a shop that would mail and capture again
    shop.emulator.switch("same_status_again", "acts").unwrap();
    shop.requests();
    let mut again = ship();
    again.current = Some(item);
    shop.write(again).await.unwrap();
    assert!(
        !shop.calls().iter().any(|call| call.contains(&format!("PATCH /orders/{id}")) && !call.contains("external"))
    );
    assert_eq!((shop.journal("mails"), shop.journal("captures")), (1, 1));

    let other = shop.order(json!({}));
    shop.write(update(&other, &[(STATUS, "canceled")], &["cancel_payment"])).await.unwrap();
    assert_eq!((shop.journal("mails"), shop.journal("cancellations")), (1, 1));
}

#[tokio::test]
async fn the_mark_is_set_changed_and_removed() {
    let shop = Shop::open().await;
    let id = shop.order(json!({}));
    let services = format!("/orders/{id}/external-services");
    let one = format!("{services}/Samklang");
    shop.requests();
    let shows = |written: sync_core::connector::Written| {
        shown(&shop.router.decode(&written.item.unwrap()).unwrap()[0].fields, MARKER.as_str())
    };
    let set = shop.write(update(&id, &[(MARKER, "SO-1")], &[])).await.unwrap();
    assert_eq!(shop.calls(), [format!("PATCH {one}"), format!("POST {services}"), format!("GET /orders/{id}")]);
    let item = set.item.clone();
    assert_eq!(shows(set), "'SO-1'");
    let changed = shop.write(update(&id, &[(MARKER, "SO-2")], &[])).await.unwrap();
    assert_eq!((shop.calls().len(), shows(changed).as_str()), (2, "'SO-2'"));
    let mut known = update(&id, &[(MARKER, "")], &[]);
    known.current = item;
    let removed = shop.write(known).await.unwrap();
    assert_eq!((shop.calls()[0].as_str(), shows(removed).as_str()), (format!("DELETE {one}").as_str(), "(empty)"));
    assert_eq!(shows(shop.write(update(&id, &[(MARKER, "")], &[])).await.unwrap()), "(empty)", "and once more");
    assert_eq!(shop.journal("mails"), 0);

    // known not to be there: one request, and the mark stands before the status is touched
    shop.requests();
    let mut both = update(&id, &[(MARKER, "SO-3"), (STATUS, "picking")], &[]);
    both.current = shop.get("orders", &id).await;
    shop.requests();
    shop.write(both).await.unwrap();
    assert_eq!(shop.calls(), [format!("POST {services}"), format!("PATCH /orders/{id}"), format!("GET /orders/{id}")]);
}

#[tokio::test]
async fn what_our_own_writes_fire_names_records_and_nothing_else() {
    let shop = Shop::open().await;
    let body = json!({ "uuid": "5f1c", "eventId": "order-status-changed", "shopIdCode": "exempelbutiken",
        "eventTimestamp": "2024-03-01T12:00:00+01:00", "orderId": 7, "totalAmount": "1.00" });
    let named = shop.router.hints(&[], body.to_string().as_bytes()).unwrap();
    assert_eq!(named.iter().map(ToString::to_string).collect::<Vec<_>>(), ["starweb:se/orders#7"]);
    let other = body.to_string().replace("exempelbutiken", "annan");
    assert_eq!(shop.router.hints(&[], other.as_bytes()).unwrap_err().kind(), sync_core::ErrorKind::Auth);
}

#[tokio::test]
async fn a_cursor_of_another_form_starts_the_listing_over() {
    let shop = Shop::open().await;
    let error = shop.page("orders", ListFrom::Page(Cursor(json!({ "page": 2 })))).await.unwrap_err();
    assert_eq!(error.kind(), sync_core::ErrorKind::Protocol);
    assert_eq!(shop.calls(), [""; 0]);
}
