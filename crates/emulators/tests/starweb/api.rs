//! The vendor's API, as far as its documentation says what it does.

use serde_json::{Value, json};

use crate::client::Shop;

async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.seed();
    shop
}

#[tokio::test]
async fn tokens_are_for_the_right_client_and_end() {
    let mut shop = shop().await;
    let refused = shop.ask_token("samklang", "wrong").await;
    let body = json!({ "error": "invalid_client", "error_description": "invalid credentials" });
    assert_eq!((refused.status, refused.body), (400, body));
    let token = shop.ask_token("samklang", "secret").await.body;
    assert_eq!((&token["expires_in"], token.get("token_type")), (&json!(3600), None));
    shop.advance(3599);
    shop.expect(200, "GET", "shop", Value::Null).await;
    shop.advance(1);
    let ended = shop.get("shop").await;
    assert_eq!((ended.status, ended.body), (401, json!({ "error": "invalid_token" })));
    shop.sign_in().await;
    shop.expect(200, "GET", "shop", Value::Null).await;
    assert_eq!(shop.get("nothing").await.status, 404);
}

#[tokio::test]
async fn who_is_too_fast_is_refused_at_the_token_address_too() {
    let shop = shop().await;
    shop.switch("rate_limit_per_minute", 4);
    for _ in 0..3 {
        shop.expect(200, "GET", "shop", Value::Null).await;
    }
    let refused = shop.get("shop").await;
    assert_eq!((refused.status, refused.body), (429, json!({ "error": "Too Many Requests" })));
    assert_eq!(shop.ask_token("samklang", "secret").await.status, 429);
    shop.advance(60);
    shop.expect(200, "GET", "shop", Value::Null).await;
}

#[tokio::test]
async fn lists_come_in_pages_of_a_hundred_newest_first_and_only_when_paid() {
    let shop = shop().await;
    let orders = (1..=103).map(|id| json!({ "orderId": id, "isComplete": id != 50 })).collect::<Vec<_>>();
    shop.emulator.seed(json!({ "orders": orders })).unwrap();
    let first = shop.get("orders?updatedSince=2030-01-01T00:00:00%2B01:00").await;
    let ids = first.ids("orderId");
    assert_eq!((ids.len(), ids[0], ids[99]), (100, 103, 3));
    let meta = json!({ "current_page": 1, "per_page": 100, "total": 102, "count": 100, "total_pages": 2 });
    assert_eq!(first.body["meta"]["pagination"], meta, "there is no such filter on orders");
    assert_eq!(shop.get("orders?page=2").await.ids("orderId"), [2, 1]);
    let past = shop.get("orders?page=3").await;
    assert_eq!((past.ids("orderId").len(), past.total()), (0, 102));
    assert_eq!(shop.get("orders?includeNonCompletePayments=true").await.total(), 103);
    assert_eq!(shop.get("orders?sortOrder=ASC&page=1").await.ids("orderId")[..2], [1, 2]);
    shop.expect(200, "GET", "orders/50", Value::Null).await;
}

#[tokio::test]
async fn a_new_order_shifts_the_pages_under_a_reader() {
    let shop = shop().await;
    shop.switch("page_size", 2);
    let ids = [shop.placed(), shop.placed(), shop.placed(), shop.placed()];
    assert_eq!(shop.get("orders").await.ids("orderId"), [ids[3], ids[2]]);
    shop.placed();
    assert_eq!(shop.get("orders?page=2").await.ids("orderId"), [ids[2], ids[1]], "one comes twice");
}

#[tokio::test]
async fn orders_are_filtered_and_sorted_as_asked() {
    let shop = shop().await;
    let a = shop.placed_with(json!({ "customerId": 1, "shippingMethodId": 106 }));
    shop.advance(1800);
    let b = shop.placed_with(json!({ "items": [{ "sku": "BOK-1", "quantity": 1 }], "paymentMethodId": 105 }));
    let picking = shop.status("picking").await;
    shop.advance(60);
    shop.act(json!({ "action": "set_status", "orderId": a, "status": "picking" }));
    for (query, ids) in [
        ("sortBy=modifiedAt", vec![a, b]),
        ("sortBy=modifiedAt&sortOrder=ASC", vec![b, a]),
        ("sortBy=totalAmount", vec![a, b]),
        ("sortBy=customer&sortOrder=ASC", vec![b, a]),
        ("ordersCreatedAfter=2024-03-01T12:15:00%2B01:00", vec![b]),
        ("ordersCreatedBefore=2024-03-01T12:15:00%2B01:00", vec![a]),
        ("filterPaymentMethodId=105", vec![b]),
        ("filterShippingMethodId=106", vec![a]),
        ("filterQuery=bolaget", vec![a]),
        ("filterQuery=BOK", vec![b]),
    ] {
        assert_eq!(shop.get(&format!("orders?{query}")).await.ids("orderId"), ids, "{query}");
    }
    assert_eq!(shop.get(&format!("orders?statusFilter={picking}")).await.ids("orderId"), [a]);
    for bad in
        ["sortBy=name", "sortOrder=up", "page=0", "statusFilter=x", "ordersCreatedAfter=2024-03-01T13:00:00+01:00"]
    {
        assert_eq!(shop.get(&format!("orders?{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn answers_are_wrapped_and_bodies_are_not() {
    let shop = shop().await;
    let order = shop.placed_with(json!({ "customerId": 1 }));
    let all = shop.get(&format!("orders/{order}?include=items,addresses,externalServices,status,customer")).await;
    let view = all.data();
    assert_eq!(view["items"]["data"][0]["sku"], "MUGG-1");
    assert_eq!(view["items"]["data"][0].get("bundledItems"), None);
    assert_eq!(view["addresses"]["data"]["originalInvoice"]["firstName"], "Anna");
    assert_eq!(view["addresses"]["data"]["customerInvoice"]["companyName"], "Bolaget AB");
    assert_eq!(view["addresses"]["data"]["paymentMethodInvoice"], Value::Null);
    assert_eq!(view["status"]["data"]["idCode"], "created");
    assert_eq!(view["customer"]["data"]["email"], "inkop@bolaget.example");
    assert_eq!(view["externalServices"]["data"], json!([]));
    let plain = shop.get(&format!("orders/{order}")).await;
    assert_eq!(plain.data().get("items"), None);
    let wrapped = json!({ "data": { "isRead": true } });
    assert_eq!(shop.call("PATCH", &format!("orders/{order}"), wrapped).await.status, 400);
    shop.expect(200, "PATCH", &format!("orders/{order}"), json!({ "isRead": true })).await;
}

#[tokio::test]
async fn stamps_carry_the_offset_of_the_season() {
    let shop = shop().await;
    let winter = shop.placed();
    shop.advance(120 * 24 * 3600);
    let summer = shop.placed_with(json!({ "createdAt": "2024-06-01T08:30:00Z" }));
    let state = shop.emulator.state();
    let orders = state["orders"].as_array().unwrap();
    let created = |id: u64| orders.iter().find(|order| order["orderId"] == id).unwrap()["createdAt"].clone();
    assert_eq!(created(winter), "2024-03-01T12:00:00+01:00");
    assert_eq!(created(summer), "2024-06-01T10:30:00+02:00");
}

#[tokio::test]
async fn a_status_mails_and_captures_unless_told_not_to() {
    let shop = shop().await;
    let completed = shop.status("completed").await;
    let order = shop.placed();
    assert_eq!(shop.journal("mails"), 1, "the order confirmation");
    let path = format!("orders/{order}");
    let answer = shop.expect(200, "PATCH", &path, json!({ "statusId": completed })).await;
    assert_eq!((shop.journal("mails"), shop.journal("captures")), (2, 1));
    assert_eq!(answer.data()["paymentStatus"], "captured");
    assert_eq!(answer.data()["amountPaid"], answer.data()["amountToPay"]);
    let state = shop.emulator.state();
    assert_eq!(
        state["mails"][1],
        json!({ "orderId": order, "statusId": completed, "to": "anna@example.com", "at": "2024-03-01T12:00:00+01:00" })
    );
    assert_eq!(state["captures"][0]["amount"], 200);
    shop.expect(200, "PATCH", &path, json!({ "statusId": completed })).await;
    assert_eq!((shop.journal("mails"), shop.journal("captures")), (2, 1), "it had that status");

    let silent = format!("orders/{}", shop.placed());
    let body = json!({ "statusId": completed, "onOrderStatusChangeSendEmail": false, "onOrderStatusChangeProcessPayment": false });
    let answer = shop.expect(200, "PATCH", &silent, body).await;
    assert_eq!((shop.journal("mails"), shop.journal("captures")), (3, 1), "one more confirmation only");
    assert_eq!(answer.data()["paymentStatus"], "reserved");
    assert_eq!(answer.data().get("onOrderStatusChangeSendEmail"), None, "never answered");

    let canceled = shop.status("canceled").await;
    let third = format!("orders/{}", shop.placed_with(json!({ "sendEmailsOnStatusChange": false })));
    shop.expect(200, "PATCH", &third, json!({ "statusId": canceled })).await;
    assert_eq!((shop.journal("mails"), shop.journal("cancellations")), (3, 1), "silenced for good");
}

#[tokio::test]
async fn an_order_made_through_the_api_has_the_sums_that_follow_from_it() {
    let shop = shop().await;
    let body = json!({ "isComplete": true, "onOrderStatusChangeSendEmail": false, "paymentMethodId": 105,
        "paymentFee": 20, "paymentVatRate": 25, "currencyCode": "NOK", "currencyExchangeRate": 0.97,
        "items": [{ "sku": "MUGG-1", "quantity": 2, "unitPrice": 80, "vatRate": 25, "discount": 10, "discountType": "percent" },
                  { "sku": "BOK-1", "quantity": 1, "unitPrice": 50, "vatRate": 12 }] });
    let made = shop.expect(201, "POST", "orders", body).await;
    let view = made.data();
    assert_eq!([&view["totalAmount"], &view["totalVat"], &view["amountToPay"]], [&json!(214), &json!(47), &json!(261)]);
    assert_eq!(view["amountToPayInBaseCurrency"].to_string(), "269.07");
    assert_eq!((&view["totalWeight"].to_string()[..], &view["paymentMethodName"]), ("0.8", &json!("Faktura")));
    assert_eq!(view["paymentMethodExternalId"], "FAKTURA");
    assert_eq!(shop.journal("mails"), 0);
    let item = &shop.get(&format!("orders/{}/items", view["orderId"])).await.data()[1]["itemId"].clone();
    shop.advance(5);
    shop.expect(200, "PATCH", &format!("orders/{}/items/{item}", view["orderId"]), json!({ "quantity": 3 })).await;
    let after = shop.get(&format!("orders/{}", view["orderId"])).await;
    assert_eq!(after.data()["totalAmount"], 314);
    assert_eq!(after.data()["modifiedAt"], "2024-03-01T12:00:05+01:00");
}

#[tokio::test]
async fn limits_types_and_references_are_enforced() {
    let shop = shop().await;
    let order = format!("orders/{}", shop.placed());
    let long = "x".repeat(256);
    for (method, target, body) in [
        ("PATCH", order.as_str(), json!({ "customInfo1": long })),
        ("PATCH", &order, json!({ "currencyCode": "KRONA" })),
        ("PATCH", &order, json!({ "paymentFee": -1 })),
        ("PATCH", &order, json!({ "customerId": null })),
        ("PATCH", &order, json!({ "isRead": "yes" })),
        ("PATCH", &order, json!({ "statusId": 1 })),
        ("PATCH", &order, json!({ "paymentMethodId": 1 })),
        ("PATCH", &order, json!({ "customerId": 99 })),
        ("PATCH", &order, json!({ "shippingTrackerType": 77 })),
        ("PATCH", &order, json!({ "items": [{ "quantity": 1.5 }] })),
        ("PATCH", &order, json!({ "items": [{ "quantity": 1_000_001 }] })),
        ("PATCH", &order, json!({ "items": { "data": [] } })),
        ("PATCH", &order, json!({ "addresses": { "originalInvoice": { "address": "x".repeat(51) } } })),
        ("PATCH", &order, json!([])),
        ("PUT", &order, json!({ "isRead": true })),
        ("PUT", &order, json!({ "statusId": 107, "externalId": "1" })),
        ("POST", "customers", json!({ "email": "nobody" })),
        ("POST", "customers", json!({ "type": "robot" })),
        ("POST", "customers", json!({ "pricelistId": 5 })),
        ("POST", "web-hooks", json!({ "event": "order-status-changes", "url": "http://x" })),
        ("POST", "web-hooks", json!({ "event": "order-updated" })),
    ] {
        let answer = shop.call(method, target, body.clone()).await;
        assert_eq!(answer.status, 400, "{method} {target} {body}");
        assert!(answer.body["error"].is_string() && answer.body["error_description"].is_string());
    }
    let view = shop.get(&order).await;
    assert_eq!(view.data()["customInfo1"], "", "nothing of a refused body is kept");
    assert_eq!(shop.get("orders/abc").await.status, 404);
    assert_eq!(shop.call("PATCH", "orders/999999", json!({})).await.body, json!({ "error_description": "Not Found" }));
}

#[tokio::test]
async fn a_service_name_is_there_once_per_order_and_the_shops_own_are_left_alone() {
    let shop = shop().await;
    let services = format!("orders/{}/external-services", shop.placed());
    let body = json!({ "serviceName": "Samklang", "externalIdValue": "1" });
    shop.expect(201, "POST", &services, body.clone()).await;
    shop.expect(400, "POST", &services, body.clone()).await;
    shop.expect(400, "POST", &services, json!({ "externalIdValue": "1" })).await;
    shop.expect(400, "POST", &services, json!({ "serviceName": "x".repeat(41) })).await;
    let other = format!("orders/{}/external-services", shop.placed());
    shop.expect(201, "POST", &other, body).await;
    shop.expect(201, "POST", &other, json!({ "serviceName": "Other" })).await;
    shop.expect(400, "PATCH", &format!("{other}/Other"), json!({ "serviceName": "Samklang" })).await;
    shop.expect(204, "DELETE", &format!("{other}/Samklang"), Value::Null).await;
    shop.expect(404, "GET", &format!("{other}/Samklang"), Value::Null).await;
    let owned = json!({ "orderId": 7, "externalServices": [{ "serviceName": "Egen", "readOnly": true }] });
    shop.emulator.seed(json!({ "orders": [owned] })).unwrap();
    for method in ["PUT", "PATCH", "DELETE"] {
        shop.expect(400, method, "orders/7/external-services/Egen", json!({ "externalIdValue": "2" })).await;
    }
}

#[tokio::test]
async fn standard_statuses_stay_and_so_do_those_in_use() {
    let shop = shop().await;
    let ids = shop.get("order-statuses").await.ids("statusId");
    assert!(ids.len() == 4 && ids.iter().all(|id| *id > 4), "{ids:?}");
    let body = json!({ "languages": [{ "langCode": "sv", "name": "Överförd" }] });
    let own = shop.expect(201, "POST", "order-statuses", body).await.data()["statusId"].clone();
    let order = shop.placed();
    shop.act(json!({ "action": "set_status", "orderId": order, "status": own }));
    shop.expect(403, "DELETE", &format!("order-statuses/{own}"), Value::Null).await;
    shop.act(json!({ "action": "set_status", "orderId": order, "status": "picking" }));
    shop.expect(204, "DELETE", &format!("order-statuses/{own}"), Value::Null).await;
    shop.expect(403, "PUT", &format!("order-statuses/{}", ids[0]), json!({})).await;
}

#[tokio::test]
async fn deleted_is_gone_and_only_a_webhook_tells() {
    let shop = shop().await;
    let order = shop.placed();
    for event in ["order-deleted", "customer-deleted"] {
        shop.expect(201, "POST", "web-hooks", json!({ "event": event, "url": "http://127.0.0.1:9/" })).await;
    }
    shop.expect(204, "DELETE", &format!("orders/{order}"), Value::Null).await;
    shop.expect(204, "DELETE", "customers/1", Value::Null).await;
    assert_eq!(shop.get(&format!("orders/{order}")).await.status, 404);
    assert_eq!(shop.get("orders").await.total(), 0);
    assert_eq!(shop.get("customers/1").await.status, 404);
    assert_eq!(shop.events(), ["order-deleted", "customer-deleted"]);
    assert!(shop.placed() > order, "an id is never given twice");
}

#[tokio::test]
async fn customers_are_found_by_when_they_changed_and_hide_without_an_account() {
    let shop = shop().await;
    assert_eq!(shop.get("customers").await.ids("customerId"), [1]);
    assert_eq!(shop.get("customers?includeWithoutAccount=true").await.ids("customerId"), [2, 1]);
    let since = "customers?updatedSince=2024-03-01T00:00:00%2B01:00";
    assert_eq!(shop.get(since).await.total(), 0);
    shop.expect(200, "PATCH", "customers/1/addresses/invoice", json!({ "city": "Motala" })).await;
    assert_eq!(shop.get(since).await.ids("customerId"), [1]);
    let bare_plus = "customers?updatedSince=2024-03-01T00:00:00+01:00";
    assert_eq!(shop.get(bare_plus).await.status, 400, "the plus came as a space");
    let view = shop.get("customers/1?include=addresses").await;
    assert_eq!(view.data()["addresses"]["data"]["invoice"]["city"], "Motala");
    assert_eq!(view.data()["addresses"]["data"]["delivery"], Value::Null);
    assert_eq!(view.data().get("name"), None, "the name is in the address alone");
}

#[tokio::test]
async fn products_come_oldest_first_with_what_is_asked_for() {
    let shop = shop().await;
    assert_eq!(shop.get("products").await.ids("productId"), [1, 2]);
    assert_eq!(shop.get("products?filterSku=BOK-1").await.ids("productId"), [2]);
    assert_eq!(shop.get("products?filterVisible=true").await.ids("productId"), [1]);
    assert_eq!(shop.get("products?filterSku=a%20b").await.status, 400);
    assert_eq!(shop.get("products?updatedSince=2024-03-01T00:00:00%2B01:00").await.ids("productId"), [2]);
    let list = shop.get("products?include=primaryVariant,primaryVariant.prices,languages,unit").await;
    let mug = &list.data()[0];
    assert_eq!((&mug["hasSeveralVariants"], &mug["defaultVatRate"]), (&json!(true), &Value::Null));
    let variants = mug["variants"]["data"].as_array().unwrap();
    assert_eq!(
        (variants.len(), &variants[0]["sku"], &variants[0]["costPrice"]),
        (1, &json!("MUGG-1"), &json!("40.00"))
    );
    assert_eq!(variants[0]["prices"]["data"][0]["priceExVat"], 80);
    assert_eq!(
        mug["languages"]["data"],
        json!([{ "langCode": "sv", "name": "Mugg", "shortDescription": "", "permalink": "mugg" }])
    );
    assert_eq!(mug["unit"]["data"]["unitId"], 1);
    assert_eq!(list.data()[1]["defaultVatRate"], "12", "a text");
    assert_eq!(shop.get("products/1/variants").await.ids("variantId"), [11, 12]);
    assert_eq!(shop.get("products/1/languages").await.data().as_array().unwrap().len(), 2);
}
