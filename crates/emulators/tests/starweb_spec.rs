//! Every answer of the emulated shop, in a session that uses all of its calls, fits the vendor's own description; and
//! so does every request that it takes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

#[path = "starweb/catalogue_session.rs"]
mod catalogue_session;
#[path = "starweb/client.rs"]
mod client;

use std::collections::BTreeSet;

use client::{Answer, Shop, address};
use serde_json::{Value, json};
use spec_check::{Exception, Exceptions, Spec};

const DESCRIPTION: &str = "starweb/spec/shop-api-v2-2.12.0.openapi.json";

/// Where the description is known to be wrong or silent.
const EXCEPTIONS: &[Exception] = &[
    Exception {
        place: "GET /customers*",
        at: "*/addresses",
        keyword: "unknown",
        reason: "`include` names it in words, the model lacks it",
    },
    Exception { place: "GET /customers*", at: "*/externalServices", keyword: "unknown", reason: "as addresses" },
    Exception { place: "GET /customers*", at: "*/tags", keyword: "unknown", reason: "as addresses" },
    Exception {
        place: "GET /orders/{orderId}/items/{orderItemId} 200",
        at: "/data/bundledItems",
        keyword: "unknown",
        reason: "`include` names it in words, the model of a single row lacks it",
    },
    Exception {
        place: "POST /customers 201",
        at: "/data/approvedAt",
        keyword: "type",
        reason: "null while nobody has decided: the model of a read customer has it so",
    },
    Exception {
        place: "*",
        at: "*/links",
        keyword: "unknown",
        reason: "answers carry links that the description leaves out, as third-party clients read them",
    },
    Exception {
        place: "* 401",
        at: "",
        keyword: "status",
        reason: "the official client knows 401 for a bad token; the description names it nowhere",
    },
    Exception {
        place: "* 429",
        at: "",
        keyword: "status",
        reason: "the official client knows the refusal for speed; the description does not",
    },
    Exception {
        place: "DELETE /orders/{orderId}/external-services/{serviceName} 400",
        at: "",
        keyword: "status",
        reason: "a read-only service refuses; the description gives PUT and PATCH 400 for it, DELETE nothing",
    },
    Exception {
        place: "GET /orders*",
        at: "*/customerId",
        keyword: "type",
        reason: "null for a guest, as a third-party client has it",
    },
    Exception {
        place: "* /orders* *",
        at: "*/externalId",
        keyword: "type",
        reason: "null where the order is in no other system: nulls where the description has texts are known",
    },
    Exception { place: "* /orders* *", at: "*/externalIdType", keyword: "type", reason: "as externalId" },
    Exception {
        place: "* /orders* *",
        at: "*/shippingMethodExternalId",
        keyword: "type",
        reason: "null where the shop owner typed none: the method's own field is nullable",
    },
    Exception {
        place: "GET /orders*",
        at: "*/addresses/data/*",
        keyword: "type",
        reason: "null where there is no address: the vendor's own client met it",
    },
    Exception {
        place: "GET /customers*",
        at: "/data/*",
        keyword: "type",
        reason: "null where there is no delivery address",
    },
    Exception {
        place: "* /order-statuses* *",
        at: "*/idCode",
        keyword: "type",
        reason: "a shop's own statuses have no code",
    },
    Exception {
        place: "* /product-stock-statuses* *",
        at: "*/idCode",
        keyword: "type",
        reason: "a shop's own statuses have no code",
    },
    Exception {
        place: "* /order-statuses* body",
        at: "/languages",
        keyword: "type",
        reason: "written bare, read with data around: the vendor's client was mended so",
    },
    Exception {
        place: "GET /products*",
        at: "*/prices",
        keyword: "type",
        reason: "described bare, read with data around by working clients",
    },
    Exception { place: "GET /products*", at: "*/attributeValues", keyword: "type", reason: "as prices" },
    Exception {
        place: "GET /vat-rates*",
        at: "*/fixedOrder*VatRate",
        keyword: "type",
        reason: "null where no fixed rate is set, as the description's own examples",
    },
    Exception {
        place: "GET /currencies*",
        at: "*/exchangeRate",
        keyword: "type",
        reason: "a text, as the description's own example",
    },
];

#[tokio::test]
async fn every_answer_and_every_request_taken_fits_the_description() {
    let Some(spec) = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), DESCRIPTION).unwrap() else { return };
    let shop = Shop::open_with(Some(spec)).await;
    shop.seed();
    orders(&shop).await;
    parts_of_orders(&shop).await;
    customers(&shop).await;
    statuses_and_hooks(&shop).await;
    lists_and_products(&shop).await;
    catalogue_session::registers(&shop).await;
    catalogue_session::price_lists(&shop).await;
    catalogue_session::products(&shop).await;
    refusals(&shop).await;

    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let problems = exceptions.filter(shop.problems.lock().unwrap().clone());
    assert!(problems.is_empty(), "{}", problems.iter().map(|p| format!("{p}\n")).collect::<String>());
    let unused = exceptions.unused();
    assert!(unused.is_empty(), "exceptions that nothing needs any more: {unused:#?}");
    assert_eq!(missing(&shop), [""; 0], "operations that the session does not use");
}

/// Described operations that the emulator should have and that were not answered with 2xx.
fn missing(shop: &Shop) -> Vec<String> {
    let path = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), DESCRIPTION).unwrap().unwrap();
    let used = shop.used.lock().unwrap();
    // The one for tokens is asked for before the description is at hand.
    path.operation_names().into_iter().filter(|name| !used.contains(name)).collect()
}

async fn orders(shop: &Shop) {
    let order = shop.placed();
    let company = shop.placed_with(json!({ "customerId": 1, "items": [
        { "sku": "MUGG-2", "quantity": 1, "unitPriceIncVat": 129 }, { "sku": "BOK-1", "quantity": 3 },
        { "sku": "", "description": "Rabatt", "quantity": -1, "unitPrice": 10, "vatRate": 25 } ] }));
    let all = "include=items,items.bundledItems,addresses,externalServices,status,customer";
    shop.expect(200, "GET", &format!("orders?{all}&sortBy=modifiedAt&sortOrder=DESC&page=1"), Value::Null).await;
    shop.expect(200, "GET", "orders?page=9&includeNonCompletePayments=true", Value::Null).await;
    shop.expect(200, "GET", &format!("orders/{company}?{all}"), Value::Null).await;
    shop.expect(200, "GET", &format!("orders/{order}"), Value::Null).await;
    let [picking, completed] = [shop.status("picking").await, shop.status("completed").await];
    let made = shop
        .expect(201, "POST", "orders", json!({
            "customerId": 1, "statusId": picking, "isComplete": true, "currencyCode": "SEK", "paymentMethodId": 102,
            "shippingMethodId": 106, "shippingCost": 39.2, "shippingVatRate": 25, "onOrderStatusChangeSendEmail": false,
            "items": [{ "sku": "BOK-1", "quantity": 2, "unitPrice": 50.25, "vatRate": 12, "discount": 10, "discountType": "percent" }],
            "addresses": { "originalInvoice": address("Bo", "Berg") }, "externalId": "SO-1", "externalIdType": "ERP",
        }))
        .await;
    let made = id(&made, "orderId");
    shop.expect(
        200,
        "PATCH",
        &format!("orders/{made}"),
        json!({ "statusId": completed,
        "onOrderStatusChangeSendEmail": true, "onOrderStatusChangeProcessPayment": false,
        "shippingTrackerType": 1, "shippingTrackingNo": "0037" }),
    )
    .await;
    shop.expect(200, "PUT", &format!("orders/{made}"), json!({ "statusId": completed, "isRead": true })).await;
    shop.expect(204, "DELETE", &format!("orders/{made}"), Value::Null).await;
}

async fn parts_of_orders(shop: &Shop) {
    let order = format!("orders/{}", shop.placed());
    let items = format!("{order}/items");
    let row = json!({ "sku": "FRI", "description": "Fritext", "quantity": 1, "unitSymbol": "st", "unitPrice": 12.5, "vatRate": 25 });
    let item = id(&shop.expect(201, "POST", &items, row.clone()).await, "itemId");
    shop.expect(200, "GET", &items, Value::Null).await;
    shop.expect(200, "GET", &format!("{items}/{item}?include=bundledItems"), Value::Null).await;
    shop.expect(200, "PUT", &format!("{items}/{item}"), row).await;
    shop.expect(200, "PATCH", &format!("{items}/{item}"), json!({ "quantity": 4 })).await;
    shop.expect(204, "DELETE", &format!("{items}/{item}"), Value::Null).await;

    let delivery = format!("{order}/addresses/originalDelivery");
    shop.expect(200, "PUT", &delivery, address("Cia", "Ek")).await;
    shop.expect(200, "GET", &delivery, Value::Null).await;
    shop.expect(200, "PATCH", &delivery, json!({ "city": "Solna" })).await;
    shop.expect(204, "DELETE", &delivery, Value::Null).await;
    shop.expect(200, "PUT", &delivery, address("Cia", "Ek")).await;
    for name in ["customerInvoice", "customerDelivery", "paymentMethodInvoice", "paymentMethodDelivery"] {
        shop.expect(200, "PUT", &format!("{order}/addresses/{name}"), address("Cia", "Ek")).await;
    }
    shop.expect(200, "GET", &format!("{order}/addresses"), Value::Null).await;

    let services = format!("{order}/external-services");
    shop.expect(201, "POST", &services, json!({ "serviceName": "ERP", "externalIdValue": "1" })).await;
    shop.expect(200, "GET", &services, Value::Null).await;
    shop.expect(200, "GET", &format!("{services}/ERP"), Value::Null).await;
    shop.expect(200, "PATCH", &format!("{services}/ERP"), json!({ "externalIdValue": "2", "agent": "x" })).await;
    shop.expect(200, "PUT", &format!("{services}/ERP"), json!({ "serviceName": "ERP", "externalIdValue": "3" })).await;
    shop.expect(204, "DELETE", &format!("{services}/ERP"), Value::Null).await;

    let comments = format!("{order}/comments");
    let comment = shop.expect(201, "POST", &comments, json!({ "text": "Klar", "from": "admin" })).await;
    let comment = format!("{comments}/{}", id(&comment, "commentId"));
    shop.expect(200, "GET", &comments, Value::Null).await;
    shop.expect(200, "GET", &comment, Value::Null).await;
    shop.expect(200, "PUT", &comment, json!({ "text": "Ändrad", "createdAt": "2024-02-01T10:00:00+01:00" })).await;
    shop.expect(200, "PATCH", &comment, json!({ "text": "Igen" })).await;
    shop.expect(204, "DELETE", &comment, Value::Null).await;
}

async fn customers(shop: &Shop) {
    let all = "include=tags,externalServices,addresses";
    let since = "updatedSince=2024-01-01T00:00:00%2B01:00&createdSince=2024-01-01T00:00:00%2B01:00";
    shop.expect(200, "GET", &format!("customers?{all}&{since}&includeWithoutAccount=true"), Value::Null).await;
    shop.expect(200, "GET", &format!("customers/1?{all}"), Value::Null).await;
    let body = json!({ "type": "company", "email": "a@b.example", "nationalIdNo": "1", "pricelistId": null,
        "externalId": "C-9", "externalIdType": "ERP", "addresses": { "invoice": address("Eva", "Fors") } });
    let made = format!("customers/{}", id(&shop.expect(201, "POST", "customers", body).await, "customerId"));
    shop.expect(200, "PUT", &made, json!({ "type": "person", "email": "c@d.example" })).await;
    shop.expect(200, "PATCH", &made, json!({ "vatNo": "SE1" })).await;
    shop.expect(200, "GET", &format!("{made}/addresses"), Value::Null).await;
    let delivery = format!("{made}/addresses/delivery");
    shop.expect(200, "PUT", &delivery, address("Eva", "Fors")).await;
    shop.expect(200, "GET", &delivery, Value::Null).await;
    shop.expect(200, "PATCH", &delivery, json!({ "city": "Lund" })).await;
    shop.expect(204, "DELETE", &delivery, Value::Null).await;
    shop.expect(403, "DELETE", &format!("{made}/addresses/invoice"), Value::Null).await;
    shop.expect(200, "GET", "customers/1/external-services", Value::Null).await;
    shop.expect(200, "GET", "customers/1/external-services/ERP", Value::Null).await;
    shop.expect(204, "DELETE", &made, Value::Null).await;
}

async fn statuses_and_hooks(shop: &Shop) {
    let body = json!({ "shouldSendEmail": false, "languages": [{ "langCode": "sv", "name": "Överförd" }] });
    let own =
        format!("order-statuses/{}", id(&shop.expect(201, "POST", "order-statuses", body.clone()).await, "statusId"));
    shop.expect(200, "GET", "order-statuses", Value::Null).await;
    shop.expect(200, "GET", &own, Value::Null).await;
    shop.expect(200, "PUT", &own, body).await;
    shop.expect(200, "PATCH", &own, json!({ "shouldSendEmail": true })).await;
    shop.expect(204, "DELETE", &own, Value::Null).await;
    let standard = format!("order-statuses/{}", shop.status("created").await);
    shop.expect(403, "PATCH", &standard, json!({ "shouldSendEmail": true })).await;
    shop.expect(403, "DELETE", &standard, Value::Null).await;

    let body = json!({ "name": "x", "event": "order-updated", "statusId": null, "url": "http://127.0.0.1:9/x" });
    let hook = format!("web-hooks/{}", id(&shop.expect(201, "POST", "web-hooks", body.clone()).await, "webHookId"));
    shop.expect(200, "GET", "web-hooks?sortBy=webHookId&sortOrder=DESC", Value::Null).await;
    shop.expect(200, "GET", &hook, Value::Null).await;
    shop.expect(200, "PUT", &hook, body).await;
    shop.expect(200, "PATCH", &hook, json!({ "name": "y" })).await;
    shop.expect(204, "DELETE", &hook, Value::Null).await;
}

async fn lists_and_products(shop: &Shop) {
    for target in [
        "shop",
        "payment-methods",
        "payment-methods/102",
        "shipping-methods",
        "shipping-methods/101",
        "shipping-tracking-types",
        "vat-rates",
        "vat-rates/SE",
        "currencies",
        "currencies/SEK",
        "product-units",
        "product-units/1",
        "pricelists",
        "pricelists/108",
        "products?filterSku=MUGG-1&filterVisible=true&include=primaryVariant,primaryVariant.prices,languages,vatRates,categories,unit,metaData,mediaFiles,bundledProducts",
        "products/1?include=primaryVariant,languages,unit",
        "products/1/variants?include=prices,attributeValues",
        "products/1/variants/11?include=prices",
        "products/1/variants/11/prices",
        "products/1/variants/11/prices/108",
        "products/1/languages",
        "products/1/languages/sv",
        "products/1/vat-rates",
        "products/1/vat-rates/se",
        "products/1/categories",
    ] {
        shop.expect(200, "GET", target, Value::Null).await;
    }
}

async fn refusals(shop: &Shop) {
    let order = format!("orders/{}", shop.placed());
    shop.expect(400, "PATCH", &order, json!({ "data": { "isRead": true } })).await;
    shop.expect(400, "GET", "orders?page=0", Value::Null).await;
    shop.expect(404, "GET", "orders/999999", Value::Null).await;
    shop.expect(404, "DELETE", "customers/999999", Value::Null).await;
    shop.emulator
        .seed(json!({ "orders": [{ "orderId": 7, "customerId": 1, "externalId": "x", "externalIdType": "y",
            "externalServices": [{ "serviceName": "Egen", "externalIdValue": "1", "readOnly": true }] }] }))
        .unwrap();
    shop.expect(400, "DELETE", "orders/7/external-services/Egen", Value::Null).await;
    assert_eq!(shop.ask_token("samklang", "wrong").await.status, 400);
    shop.switch("rate_limit_per_minute", 1);
    shop.expect(429, "GET", "shop", Value::Null).await;
    shop.advance(3601);
    shop.expect(401, "GET", "shop", Value::Null).await;
}

fn id(answer: &Answer, key: &str) -> u64 {
    answer.data()[key].as_u64().unwrap()
}

/// A description without required fields would let an answer pass that lacks any of them.
#[tokio::test]
async fn answers_have_every_field_that_the_description_knows() {
    let Some(spec) = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), DESCRIPTION).unwrap() else { return };
    let shop = Shop::open().await;
    shop.seed();
    let order = shop.placed_with(json!({ "customerId": 1 }));
    for (target, model, without) in [
        (
            format!("orders/{order}?include=items,addresses,externalServices,status,customer"),
            "OrderModel",
            &["onOrderStatusChangeSendEmail", "onOrderStatusChangeProcessPayment"][..],
        ),
        ("customers/1".into(), "CustomerModel", &[]),
        ("shop".into(), "ShopModel", &[]),
        (format!("order-statuses/{}", shop.status("created").await), "OrderStatusModel", &[]),
        ("payment-methods/102".into(), "PaymentMethodModel", &[]),
        ("shipping-methods/101".into(), "ShippingMethodModel", &[]),
        (
            "products/1?include=primaryVariant,languages,vatRates,categories,unit,metaData,mediaFiles,bundledProducts"
                .into(),
            "ProductModel",
            &[],
        ),
        ("products/1/variants/11?include=prices,attributeValues".into(), "ProductVariantResponseModel", &[]),
        ("products/1/variants/11/stocks/110".into(), "ProductVariantStockResponseModel", &[]),
        ("products/1/variants/11/prices/108?include=volumePrices".into(), "ProductVariantPriceModel", &[]),
        ("product-units/1".into(), "ProductUnitModel", &[]),
        ("product-stock-statuses/111".into(), "ProductStockStatusResponseModel", &[]),
        ("stock-locations/110".into(), "StockLocationModel", &[]),
        ("customers/1/addresses/invoice".into(), "AddressModel", &[]),
        ("pricelists/108".into(), "PricelistModel", &[]),
    ] {
        let answer = shop.get(&target).await;
        let known = spec.field_names(model);
        assert!(!known.is_empty(), "{model}");
        let missing = known.iter().filter(|name| answer.data().get(name).is_none());
        let missing = missing.map(String::as_str).collect::<BTreeSet<_>>();
        assert_eq!(missing, without.iter().copied().collect(), "{target}");
    }
}
