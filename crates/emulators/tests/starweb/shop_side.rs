//! What happens in the shop itself, webhooks, faults, seeds and state.

use emulators::{
    Emulator, Options,
    frame::{Fault, FaultKind},
    starweb::{Settings, Starweb},
};
use serde_json::{Value, json};

use crate::client::{Shop, address, noon, sample};

async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.seed();
    shop
}

#[tokio::test]
async fn a_shop_that_sells_with_vat_has_round_totals_and_rounded_rows() {
    let shop = shop().await;
    let order = shop.placed_with(json!({ "items": [{ "sku": "BOK-1", "quantity": 3, "unitPriceIncVat": 99 }] }));
    let view = shop.get(&format!("orders/{order}?include=items")).await;
    assert_eq!(view.data()["items"]["data"][0]["unitPrice"].to_string(), "88.39");
    assert_eq!(view.data()["amountToPay"], 297, "the rows alone give 296.99");
    assert!(view.data()["items"]["data"][0].get("unitPriceIncVat").is_none());
}

#[tokio::test]
async fn an_order_takes_its_goods_from_stock() {
    let shop = shop().await;
    shop.placed_with(
        json!({ "items": [{ "sku": "MUGG-1", "quantity": 3 }, { "sku": "FRI", "quantity": 1, "unitPrice": 5 }] }),
    );
    assert_eq!(shop.get("products/1/variants/11").await.data()["stockQuantity"], 7);
}

#[tokio::test]
async fn staff_edit_orders_in_the_shop() {
    let shop = shop().await;
    let order = shop.placed();
    shop.advance(10);
    shop.act(json!({ "action": "edit_row", "orderId": order, "sku": "MUGG-1", "set": { "quantity": 5 } }));
    shop.act(json!({ "action": "add_row", "orderId": order, "row": { "sku": "BOK-1", "quantity": 1 } }));
    shop.act(json!({ "action": "set_address", "orderId": order, "type": "originalDelivery", "address": address("Cia", "Ek") }));
    shop.act(json!({ "action": "edit_order", "orderId": order, "set": { "internalComment": "ring" } }));
    let view = shop.get(&format!("orders/{order}?include=items,addresses")).await;
    assert_eq!((&view.data()["totalAmount"], &view.data()["internalComment"]), (&json!(450), &json!("ring")));
    assert_eq!(view.data()["addresses"]["data"]["originalDelivery"]["lastName"], "Ek");
    assert_eq!(view.data()["modifiedAt"], "2024-03-01T12:00:10+01:00");
    shop.act(json!({ "action": "remove_row", "orderId": order, "sku": "MUGG-1" }));
    assert_eq!(shop.get(&format!("orders/{order}/items")).await.data().as_array().unwrap().len(), 1);
    shop.act(json!({ "action": "set_status", "orderId": order, "status": "completed", "mail": true, "payment": true }));
    assert_eq!((shop.journal("mails"), shop.journal("captures")), (2, 1));
    let unpaid = shop.placed_with(json!({ "isComplete": false }));
    assert_eq!(shop.get("orders").await.ids("orderId"), [order]);
    shop.act(json!({ "action": "complete_payment", "orderId": unpaid }));
    assert_eq!(shop.get("orders").await.total(), 2);
    shop.act(json!({ "action": "delete_order", "orderId": order }));
    let customer = shop.act(json!({ "action": "create_customer", "email": "ny@example.com" }))["customerId"].clone();
    shop.act(json!({ "action": "edit_customer", "customerId": customer, "set": { "vatNo": "SE1" } }));
    assert_eq!(shop.get(&format!("customers/{customer}")).await.data()["vatNo"], "SE1");
    shop.act(json!({ "action": "delete_customer", "customerId": customer }));
    for (bad, says) in [
        (json!({ "action": "sing" }), "there are: place_order"),
        (json!({ "action": "edit_row", "orderId": unpaid, "sku": "NIX", "set": {} }), "no such row"),
        (json!({ "action": "set_status", "orderId": unpaid, "status": "lost" }), "status: is required"),
        (json!({ "action": "delete_order" }), "orderId: is required"),
        (json!({ "action": "edit_order", "orderId": order, "set": {} }), "404"),
    ] {
        let error = shop.emulator.act(bad).unwrap_err().0;
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn webhooks_are_narrowed_sent_unsigned_and_tried_again_ten_times() {
    let shop = shop().await;
    let receiver = Emulator::start(Starweb::new(Settings::default()), Options::default()).await.unwrap();
    let url = format!("{}/hooks/secret-path", receiver.base_url());
    let completed = shop.status("completed").await;
    let hook = json!({ "event": "order-status-changed", "statusId": completed, "url": url });
    shop.expect(201, "POST", "web-hooks", hook).await;
    let order = shop.placed();
    shop.act(json!({ "action": "set_status", "orderId": order, "status": "picking" }));
    assert!(shop.events().is_empty(), "another status");
    shop.act(json!({ "action": "set_status", "orderId": order, "status": "completed" }));
    assert_eq!(shop.emulator.webhooks()[0]["state"], "waiting");
    for attempt in 1..=12 {
        shop.emulator.deliver_webhooks().await;
        shop.emulator.deliver_webhooks().await;
        assert_eq!(receiver.requests().len(), attempt.min(10), "404 is no 20x; once per half hour");
        shop.advance(1800);
    }
    let sent = receiver.requests();
    let body = sent[0].json();
    assert!(sent.iter().all(|request| request.json() == body), "the same uuid each time");
    assert_eq!(
        (&body["eventId"], &body["orderId"], &body["orderStatusIdCode"]),
        (&json!("order-status-changed"), &json!(order), &json!("completed"))
    );
    assert_eq!((&body["shopIdCode"], &body["totalAmount"]), (&json!("exempelbutiken"), &json!("160")));
    assert!(sent[0].headers.iter().all(|(name, _)| !name.contains("sign") && name != "authorization"));
    assert_eq!(shop.emulator.webhooks()[0]["state"], "given_up");

    receiver.fault(Fault::new(FaultKind::Status { code: 204, handled: false }));
    shop.act(json!({ "action": "set_status", "orderId": order, "status": "created" }));
    shop.act(json!({ "action": "set_status", "orderId": order, "status": "completed" }));
    shop.emulator.deliver_webhooks().await;
    let second = &shop.emulator.webhooks()[1];
    assert_eq!((&second["state"], &second["tries"]), (&json!("delivered"), &json!(1)));
    assert_ne!(second["uuid"], body["uuid"]);
}

#[tokio::test]
async fn each_event_has_its_hook() {
    let shop = shop().await;
    for event in ["order-created", "order-completed", "order-updated", "order-status-changed", "customer-updated"] {
        shop.expect(201, "POST", "web-hooks", json!({ "event": event, "url": "http://127.0.0.1:9/" })).await;
    }
    let order = shop.placed();
    assert_eq!(shop.events(), ["order-created", "order-completed"]);
    let picking = shop.status("picking").await;
    shop.expect(200, "PATCH", &format!("orders/{order}"), json!({ "statusId": picking })).await;
    shop.expect(200, "PATCH", &format!("orders/{order}"), json!({ "isRead": true })).await;
    shop.expect(200, "PATCH", "customers/1", json!({ "vatNo": "SE1" })).await;
    assert_eq!(shop.events()[2..], ["order-status-changed", "order-updated", "order-updated", "customer-updated"]);
}

#[tokio::test]
async fn an_answer_can_be_lost_after_the_order_was_made() {
    let shop = shop().await;
    shop.emulator.fault(Fault::new(FaultKind::DropAfter).on("POST", "/api/v2/orders"));
    let url = format!("{}/api/v2/orders", shop.emulator.base_url());
    let token = shop.ask_token("samklang", "secret").await.body["access_token"].as_str().unwrap().to_owned();
    let client = reqwest::Client::new();
    let sent = client.post(url).bearer_auth(token).body(r#"{"isComplete":true}"#).send().await;
    assert!(sent.is_err());
    assert_eq!(shop.get("orders").await.total(), 1);
}

#[tokio::test]
async fn the_state_can_be_seeded_into_another_shop() {
    let shop = shop().await;
    let order = shop.placed_with(json!({ "customerId": 1 }));
    shop.expect(201, "POST", &format!("orders/{order}/external-services"), json!({ "serviceName": "ERP" })).await;
    shop.expect(201, "POST", &format!("orders/{order}/comments"), json!({ "text": "hej" })).await;
    let state = shop.emulator.state();
    let mut seed = state.as_object().unwrap().clone();
    for journal in ["mails", "captures", "cancellations", "deliveries"] {
        seed.remove(journal);
    }
    let settings = Settings { first_id: 500, ..Settings::default() };
    let other = Emulator::start(Starweb::new(settings), Options::at(noon())).await.unwrap();
    for list in ["payment-methods", "shipping-methods", "pricelists"] {
        seed.remove(list);
    }
    other.seed(Value::Object(seed)).unwrap();
    let again = other.state();
    for collection in ["products", "customers", "orders", "order-statuses"] {
        let without_methods = |state: &Value| {
            let mut rows = state[collection].clone();
            for row in rows.as_array_mut().unwrap() {
                row.as_object_mut().unwrap().retain(|name, _| !name.contains("Method"));
            }
            rows
        };
        assert_eq!(without_methods(&again), without_methods(&state), "{collection}");
    }
}

#[tokio::test]
async fn bad_seeds_are_refused_by_collection_record_and_field() {
    let shop = Shop::open().await;
    for (seed, says) in [
        (
            json!({ "orders": [{ "orderId": 1 }, { "orderId": 2, "itmes": [] }] }),
            "orders: record 1: itmes: there is no such field",
        ),
        (json!({ "orders": [{}] }), "orders: record 0: orderId: is required"),
        (json!({ "orders": [{ "orderId": 1, "statusId": 3 }] }), "orders: record 0: statusId: there is no such status"),
        (json!({ "orders": [{ "orderId": 1, "createdAt": "yesterday" }] }), "createdAt: must be an ISO 8601 time"),
        (
            json!({ "customers": [{ "customerId": 1, "addresses": { "invoice": { "city": "x".repeat(31) } } }] }),
            "addresses.invoice.city",
        ),
        (json!({ "products": [{ "productId": 1, "variants": [{}] }] }), "sku: is required"),
        (json!({ "products": [{ "productId": 1 }] }), "at least one variant"),
        (json!({ "payment-methods": [{}] }), "paymentMethodId: is required"),
        (json!({ "mails": [] }), "there is no collection \"mails\""),
    ] {
        let error = shop.emulator.seed(seed).unwrap_err().0;
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(shop.emulator.seed(sample()).unwrap(), json!({ "customers": 2, "products": 2 }));
}
