//! Each switch of the emulated shop, at each of its settings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{Shop, address};

pub(crate) async fn shop_at(name: &str, value: impl Into<Value>) -> Shop {
    let shop = Shop::open().await;
    shop.seed();
    shop.switch(name, value);
    shop
}

/// Runs the same story at each setting and gives what came of it.
macro_rules! at_each {
    ($name:literal, [$($value:expr => $expected:expr),+ $(,)?], |$shop:ident| $story:block) => {
        $({
            let $shop = $crate::switches::shop_at($name, $value).await;
            let found = async { $story }.await;
            assert_eq!(json!(found), json!($expected), "{} at {:?}", $name, $value);
        })+
    };
}
pub(crate) use at_each;

#[tokio::test]
async fn all_switches_are_tested_here() {
    let shop = Shop::open().await;
    let url = format!("{}/_emulator/switches", shop.emulator.base_url());
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let known: BTreeMap<String, Value> = serde_json::from_str(&text).unwrap();
    let tested = [include_str!("switches.rs"), include_str!("catalogue_switches.rs")].concat();
    for (name, switch) in known {
        assert!(tested.contains(&format!("\"{name}\"")), "{name}");
        assert!(!switch["about"].as_str().unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn at_the_gate() {
    at_each!("several_tokens", ["valid" => 200, "newest_only" => 401], |shop| {
        shop.ask_token("samklang", "secret").await;
        shop.get("shop").await.status
    });
    at_each!("token_lifetime_s", [5 => 5, 3600 => 3600], |shop| {
        shop.ask_token("samklang", "secret").await.body["expires_in"].clone()
    });
    at_each!("rate_limit_status", [429 => 429, 403 => 403], |shop| {
        shop.switch("rate_limit_per_minute", 1);
        shop.get("shop").await.status
    });
    at_each!("rate_limit_per_minute", [0 => 200, 1 => 429], |shop| { shop.get("shop").await.status });
    at_each!("not_found_body", ["description_only" => false, "both" => true], |shop| {
        shop.get("orders/1").await.body.get("error").is_some()
    });
}

#[tokio::test]
async fn reading() {
    at_each!("page_size", [1 => 1, 100 => 2], |shop| {
        shop.placed();
        shop.placed();
        shop.get("orders").await.ids("orderId").len()
    });
    at_each!("links", ["present" => true, "absent" => false], |shop| {
        shop.get("customers/1").await.data().get("links").is_some()
    });
    at_each!("unknown_include", ["refused" => 400, "ignored" => 200], |shop| {
        shop.get("orders?include=items,invoices").await.status
    });
    at_each!("z_times", ["accepted" => 200, "refused" => 400], |shop| {
        shop.get("customers?updatedSince=2024-01-01T00:00:00Z").await.status
    });
    at_each!("time_filters", ["inclusive" => 1, "exclusive" => 0], |shop| {
        shop.get("customers?updatedSince=2024-02-10T09:00:00%2B01:00").await.total()
    });
    at_each!("guest_customer_include", ["absent" => json!([false, null]), "null" => json!([true, null]),
        "data_null" => json!([true, { "data": null }])], |shop| {
        let order = shop.placed();
        let view = shop.get(&format!("orders/{order}?include=customer")).await;
        json!([view.data().get("customer").is_some(), view.data().get("customer")])
    });
    at_each!("variant_collections", ["wrapped" => false, "bare" => true], |shop| {
        shop.get("products/1/variants/11?include=prices").await.data()["prices"].is_array()
    });
    at_each!("primary_variant_key", ["variants" => json!(["MUGG-1", null]), "primaryVariant" => json!([null, "MUGG-1"])], |shop| {
        let view = shop.get("products/1?include=primaryVariant").await;
        let product = view.data();
        json!([product["variants"]["data"][0]["sku"], product["primaryVariant"]["data"]["sku"]])
    });
    at_each!("filter_sku_scope", ["primary" => 0, "all_variants" => 1], |shop| {
        shop.get("products?filterSku=MUGG-2").await.total()
    });
}

#[tokio::test]
async fn writing() {
    at_each!("extra_fields", ["refused" => 400, "ignored" => 200], |shop| {
        shop.call("PATCH", "customers/1", json!({ "shoeSize": 43 })).await.status
    });
    at_each!("read_only_fields", ["refused" => json!([400, 160]), "ignored" => json!([200, 160])], |shop| {
        let order = format!("orders/{}", shop.placed());
        let status = shop.call("PATCH", &order, json!({ "totalAmount": 1 })).await.status;
        json!([status, shop.get(&order).await.data()["totalAmount"]])
    });
    at_each!("put_left_out", ["kept" => json!(["ring", 1, "Storgatan 1", "x"]), "cleared" => json!(["", 0, "", ""])], |shop| {
        let order = shop.placed_with(json!({ "internalComment": "ring" }));
        let status = shop.status("created").await;
        shop.expect(200, "PATCH", &format!("orders/{order}/addresses/originalInvoice"), json!({ "attention": "x" })).await;
        let put = shop.expect(200, "PUT", &format!("orders/{order}/addresses/originalInvoice"), json!({ "countryCode": "SE" })).await;
        shop.expect(200, "PUT", &format!("orders/{order}"), json!({ "statusId": status })).await;
        let view = shop.get(&format!("orders/{order}?include=items")).await;
        let rows = view.data()["items"]["data"].as_array().unwrap().len();
        json!([view.data()["internalComment"], rows, put.data()["address"], put.data()["attention"]])
    });
    at_each!("put_left_out", ["kept" => json!(["556677-0001", "1", "a", 2]), "cleared" => json!(["", "", "", 0])], |shop| {
        let customer = shop.expect(200, "PUT", "customers/1", json!({ "vatNo": "SE1" })).await;
        let order = format!("orders/{}", shop.placed());
        let service = json!({ "serviceName": "ERP", "externalIdValue": "1" });
        shop.expect(201, "POST", &format!("{order}/external-services"), service).await;
        let service = shop.expect(200, "PUT", &format!("{order}/external-services/ERP"), json!({})).await;
        let hook = json!({ "event": "order-created", "url": "http://127.0.0.1:9/", "name": "a" });
        let id = shop.expect(201, "POST", "web-hooks", hook.clone()).await.data()["webHookId"].clone();
        let body = json!({ "event": "order-created", "url": "http://127.0.0.1:9/" });
        let hook = shop.expect(200, "PUT", &format!("web-hooks/{id}"), body).await;
        let item = shop.get(&format!("{order}/items")).await.data()[0]["itemId"].clone();
        let item = shop.expect(200, "PUT", &format!("{order}/items/{item}"), json!({ "quantity": 0 })).await;
        let price = if item.data()["unitPrice"] == 80 { 2 } else { 0 };
        json!([customer.data()["nationalIdNo"], service.data()["externalIdValue"], hook.data()["name"], price])
    });
    at_each!("read_model_fields", ["kept" => json!([false, 0]), "ignored" => json!([true, 1])], |shop| {
        let canceled = shop.status("canceled").await;
        let order = shop.placed();
        let before = shop.journal("mails");
        let body = json!({ "sendEmailsOnStatusChange": false, "statusId": canceled });
        let view = shop.expect(200, "PATCH", &format!("orders/{order}"), body).await;
        json!([view.data()["sendEmailsOnStatusChange"], shop.journal("mails") - before])
    });
    at_each!("patch_items", ["replace" => 1, "append" => 2], |shop| {
        let order = format!("orders/{}", shop.placed());
        shop.expect(200, "PATCH", &order, json!({ "items": [{ "sku": "X" }] })).await;
        shop.get(&format!("{order}/items")).await.data().as_array().unwrap().len()
    });
    at_each!("put_creates_address", ["yes" => 200, "no" => 404], |shop| {
        shop.call("PUT", "customers/1/addresses/delivery", address("A", "B")).await.status
    });
    at_each!("delete_invoice_address", ["forbidden" => 403, "allowed" => 204], |shop| {
        shop.call("DELETE", "customers/1/addresses/invoice", Value::Null).await.status
    });
    at_each!("customer_email_unique", ["no" => 201, "yes" => 400], |shop| {
        shop.call("POST", "customers", json!({ "email": "INKOP@bolaget.example" })).await.status
    });
    at_each!("annotations_bump_modified", ["no" => [false, false], "yes" => [true, true]], |shop| {
        let order = format!("orders/{}", shop.placed());
        let mut moved = Vec::new();
        for (part, body) in [("external-services", json!({ "serviceName": "a" })), ("comments", json!({ "text": "a" }))] {
            let before = shop.get(&order).await.data()["modifiedAt"].clone();
            shop.advance(2);
            shop.expect(201, "POST", &format!("{order}/{part}"), body).await;
            moved.push(shop.get(&order).await.data()["modifiedAt"] != before);
        }
        moved
    });
    at_each!("duplicate_service", ["refused" => json!([400, "1"]), "replaced" => json!([201, "2"])], |shop| {
        let services = format!("orders/{}/external-services", shop.placed());
        shop.expect(201, "POST", &services, json!({ "serviceName": "a", "externalIdValue": "1" })).await;
        let again = shop.call("POST", &services, json!({ "serviceName": "a", "externalIdValue": "2" })).await;
        json!([again.status, shop.get(&services).await.data()[0]["externalIdValue"]])
    });
}

async fn to_status(shop: &Shop, order: u64, code: &str) -> u16 {
    let status = shop.status(code).await;
    shop.call("PATCH", &format!("orders/{order}"), json!({ "statusId": status })).await.status
}

#[tokio::test]
async fn statuses_payment_and_mail() {
    at_each!("status_mail", ["if_status_sends" => 1, "always" => 2], |shop| {
        to_status(&shop, shop.placed(), "picking").await;
        shop.journal("mails")
    });
    at_each!("same_status_again", ["no_change" => 1, "acts" => 2], |shop| {
        to_status(&shop, shop.placed(), "created").await;
        shop.journal("mails")
    });
    at_each!("capture_on", ["completed" => [0, 1], "picking" => [1, 1], "never" => [0, 0]], |shop| {
        let order = shop.placed();
        to_status(&shop, order, "picking").await;
        let first = shop.journal("captures");
        to_status(&shop, order, "completed").await;
        [first, shop.journal("captures")]
    });
    at_each!("capture_fails", ["no" => json!([200, "captured", true, 1]), "refused" => json!([400, "reserved", false, 0]),
        "silent" => json!([200, "reserved", true, 0])], |shop| {
        let order = shop.placed();
        let completed = shop.status("completed").await;
        let body = json!({ "statusId": completed, "internalComment": "x" });
        let status = shop.call("PATCH", &format!("orders/{order}"), body).await.status;
        let view = shop.get(&format!("orders/{order}")).await;
        assert_eq!(view.data()["internalComment"], if status == 200 { "x" } else { "" }, "all or nothing");
        json!([status, view.data()["paymentStatus"], view.data()["statusId"] == completed, shop.journal("captures")])
    });
    at_each!("leaving_end_status", ["allowed" => 200, "refused" => 400], |shop| {
        let order = shop.placed();
        to_status(&shop, order, "completed").await;
        to_status(&shop, order, "picking").await
    });
    at_each!("tracking_no", ["accepted" => 200, "refused" => 400], |shop| {
        let body = json!({ "shippingTrackerType": 1, "shippingTrackingNo": "12" });
        shop.call("PATCH", &format!("orders/{}", shop.placed()), body).await.status
    });
    at_each!("fees_are", ["net" => 325, "gross" => 300], |shop| {
        let order = shop.placed_with(json!({ "shippingCost": 100, "shippingVatRate": 25 }));
        shop.get(&format!("orders/{order}")).await.data()["amountToPay"].clone()
    });
    at_each!("guest_customers", ["none" => json!([null, 1]), "without_account" => json!([3, 1])], |shop| {
        let order = shop.placed();
        let customer = shop.get(&format!("orders/{order}")).await.data()["customerId"].clone();
        json!([if customer.is_null() { Value::Null } else { json!(3) }, shop.get("customers").await.total()])
    });
    at_each!("stock_bumps_product", ["no" => 0, "yes" => 1], |shop| {
        shop.placed();
        shop.get("products?updatedSince=2024-03-01T12:00:00%2B01:00&filterSku=MUGG-1").await.total()
    });
    at_each!("api_orders_lower_stock", ["no" => 10, "yes" => 8], |shop| {
        shop.expect(201, "POST", "orders", json!({ "items": [{ "sku": "MUGG-1", "quantity": 2 }] })).await;
        shop.get("products/1/variants/11").await.data()["stockQuantity"].clone()
    });
    at_each!("cancel_restores_stock", ["no" => 8, "yes" => 10], |shop| {
        to_status(&shop, shop.placed(), "canceled").await;
        shop.get("products/1/variants/11").await.data()["stockQuantity"].clone()
    });
}

#[tokio::test]
async fn webhooks() {
    let hook = |event: &str| json!({ "event": event, "url": "http://127.0.0.1:9/" });
    at_each!("own_writes_fire_hooks", ["yes" => 1, "no" => 0], |shop| {
        shop.expect(201, "POST", "web-hooks", hook("order-created")).await;
        shop.expect(201, "POST", "orders", json!({})).await;
        shop.events().len()
    });
    at_each!("order_completed_means", ["payment" => [1, 1], "status" => [0, 1]], |shop| {
        shop.expect(201, "POST", "web-hooks", hook("order-completed")).await;
        let order = shop.placed();
        let first = shop.events().len();
        to_status(&shop, order, "completed").await;
        [first, shop.events().len()]
    });
    at_each!("webhook_event_id", ["name" => "order-created", "number" => 4], |shop| {
        shop.expect(201, "POST", "web-hooks", hook("order-created")).await;
        shop.placed();
        shop.emulator.webhooks()[0]["body"]["eventId"].clone()
    });
    at_each!("webhook_amount", ["text" => "160", "number" => 160], |shop| {
        shop.expect(201, "POST", "web-hooks", hook("order-created")).await;
        shop.placed();
        shop.emulator.webhooks()[0]["body"]["totalAmount"].clone()
    });
    at_each!("webhook_retry_s", [1800 => 1, 60 => 2], |shop| {
        shop.expect(201, "POST", "web-hooks", hook("order-created")).await;
        shop.placed();
        shop.emulator.deliver_webhooks().await;
        shop.advance(60);
        shop.emulator.deliver_webhooks().await;
        shop.emulator.webhooks()[0]["tries"].clone()
    });
}
