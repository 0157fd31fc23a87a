//! Products, prices and stock: what a client can do, and what the shop does by itself.

use serde_json::{Value, json};

use crate::client::Shop;

async fn shop() -> Shop {
    let shop = Shop::open().await;
    shop.seed();
    shop
}

fn decimal(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn plate(sku: &str) -> Value {
    json!({ "languages": [{ "langCode": "sv", "name": "Tallrik" }], "variants": [{ "sku": sku, "attributeValueLinks": [] }] })
}

async fn made(shop: &Shop, sku: &str) -> u64 {
    shop.expect(201, "POST", "products", plate(sku)).await.data()["productId"].as_u64().unwrap()
}

/// The product and the only variant of a new product.
async fn variant(shop: &Shop, sku: &str) -> String {
    let product = made(shop, sku).await;
    let variants = shop.get(&format!("products/{product}/variants")).await;
    format!("products/{product}/variants/{}", variants.data()[0]["variantId"])
}

#[tokio::test]
async fn a_new_product_has_the_vendors_defaults_and_no_prices() {
    let shop = shop().await;
    let body = json!({ "languages": [{ "langCode": "sv", "name": "Röd tallrik" }], "defaultVatRate": "12",
        "createdAt": "2024-02-01T10:00:00+01:00",
        "variants": [{ "sku": "TAL-1", "attributeValueLinks": [], "stockQuantity": 4, "ean": "7310000000017" }] });
    let answer = shop.expect(201, "POST", "products", body).await;
    let product = answer.data();
    for (name, value) in [
        ("visibility", json!("hidden")),
        ("type", json!("basic")),
        ("priceMode", json!("normal")),
        ("defaultVatRate", json!("12")),
        ("hasSeveralVariants", json!(false)),
        ("createdAt", json!("2024-02-01T10:00:00+01:00")),
        ("modifiedAt", json!("2024-03-01T12:00:00+01:00")),
    ] {
        assert_eq!(product[name], value, "{name}");
    }
    let id = &product["productId"];
    let variants = shop.get(&format!("products/{id}/variants?include=prices")).await;
    let variant = &variants.data()[0];
    assert_eq!((&variant["stockQuantity"], &variant["stockStatusId"]), (&json!(4), &json!(111)));
    assert_eq!(variant["prices"]["data"], json!([]));
    let name = shop.get(&format!("products/{id}/languages/sv")).await;
    assert_eq!(name.data()["permalink"], "rod-tallrik");
    assert_eq!(shop.get("products?filterSku=TAL-1").await.ids("productId"), [id.as_u64().unwrap()]);
}

#[tokio::test]
async fn bodies_are_held_against_the_vendors_limits() {
    let shop = shop().await;
    for (change, says) in [
        (json!({ "variants": [{ "sku": "A" }] }), "variants.0.attributeValueLinks: is required"),
        (json!({ "variants": [{ "attributeValueLinks": [] }] }), "variants.0.sku: is required"),
        (json!({ "variants": [{ "sku": "x".repeat(41), "attributeValueLinks": [] }] }), "variants.0.sku: must be text"),
        (json!({ "variants": [{ "sku": "A", "attributeValueLinks": [1] }] }), "there is none with the id 1"),
        (json!({ "variants": [{ "sku": "MUGG-2", "attributeValueLinks": [] }] }), "MUGG-2 belongs to another"),
        (
            json!({ "variants": [{ "sku": "A", "attributeValueLinks": [], "costPrice": 5 }] }),
            "costPrice: must be in quotes",
        ),
        (
            json!({ "variants": [{ "sku": "A", "attributeValueLinks": [], "stockQuantity": decimal("1.5") }] }),
            "a whole number",
        ),
        (
            json!({ "variants": [{ "sku": "A", "attributeValueLinks": [], "stockStatusId": 9 }] }),
            "stockStatusId: there is none",
        ),
        (json!({ "languages": [{ "langCode": "sv" }] }), "name: is required"),
        (json!({ "languages": [{ "langCode": "xx", "name": "A" }] }), "langCode: must be one of"),
        (json!({ "languages": { "data": [] } }), "languages: must be a list"),
        (json!({ "languages": [{ "langCode": "sv", "name": "x".repeat(151) }] }), "name: must be text of 0 to 150"),
        (json!({ "defaultVatRate": 25 }), "defaultVatRate: must be in quotes"),
        (json!({ "visibility": "everywhere" }), "visibility: must be one of"),
        (json!({ "visibility": "pricelists" }), "visibilityPricelistIds: is required"),
        (json!({ "visibilityPricelistIds": [108] }), "visibilityPricelistIds: goes only with"),
        (json!({ "visibility": "pricelists", "visibilityPricelistIds": [1] }), "there is no such price list"),
        (json!({ "sortIndex": 0 }), "sortIndex: must be a whole number from 1"),
        (json!({ "accounting": 99 }), "accounting: must be a whole number from 100"),
        (json!({ "unitId": 77 }), "unitId: there is none"),
        (json!({ "manufacturerId": 77 }), "manufacturerId: there is none"),
        (json!({ "categories": [{ "categoryId": 77 }] }), "categoryId: there is none"),
        (json!({ "metaData": [{ "metaDataTypeId": 77 }] }), "metaDataTypeId: there is none"),
        (json!({ "priceMode": "manual" }), "priceMode: there is no such field"),
        (json!({ "externalId": "x".repeat(41) }), "externalId: must be text of 0 to 40"),
        (json!({ "type": "bundle", "bundledProducts": [{ "bundledProductId": 77 }] }), "there is no such product"),
        (
            json!({ "type": "bundle", "bundledProducts": [{ "bundledProductId": 1, "variantSku": "X" }] }),
            "no such variant",
        ),
    ] {
        let mut body = plate("NY");
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = shop.expect(400, "POST", "products", body).await;
        let text = answer.body["error_description"].as_str().unwrap();
        assert!(text.contains(says), "{text} for {change}");
    }
    assert_eq!(shop.get("products").await.total(), 2, "nothing was made");
    made(&shop, "NY").await;
    shop.expect(400, "PATCH", "products/1", json!({ "variants": [] })).await;
    shop.expect(400, "PATCH", "products/1", json!({ "bundledProducts": [] })).await;
    shop.expect(400, "PATCH", "products/1/variants/11", json!({ "ean": null })).await;
    shop.expect(
        200,
        "PUT",
        "products/1/variants/11",
        json!({ "sku": "MUGG-1", "attributeValueLinks": null, "ean": null }),
    )
    .await;
    shop.expect(400, "PUT", "products/1/variants/11", json!({ "sku": "MUGG-1" })).await;
    shop.expect(400, "PATCH", "products/1/variants/11", json!({ "sku": "MUGG-2" })).await;
    shop.expect(200, "PATCH", "products/1/variants/11", json!({ "sku": "MUGG-1" })).await;
}

#[tokio::test]
async fn a_deleted_product_is_gone_without_a_trace_but_its_hook() {
    let shop = shop().await;
    for event in ["product-created", "product-updated", "product-removed"] {
        shop.expect(201, "POST", "web-hooks", json!({ "event": event, "url": "http://127.0.0.1:9/" })).await;
    }
    let id = made(&shop, "TAL-1").await;
    shop.expect(200, "PATCH", &format!("products/{id}"), json!({ "visibility": "visible" })).await;
    shop.expect(204, "DELETE", &format!("products/{id}"), Value::Null).await;
    shop.expect(404, "GET", &format!("products/{id}"), Value::Null).await;
    assert_eq!(shop.get("products?filterSku=TAL-1").await.total(), 0);
    assert_eq!(shop.events(), ["product-created", "product-updated", "product-removed"]);
    assert_eq!(shop.emulator.webhooks()[2]["body"]["productId"], id);
    made(&shop, "TAL-1").await;
}

#[tokio::test]
async fn a_changed_number_is_found_and_the_old_one_is_not() {
    let shop = shop().await;
    shop.expect(200, "PATCH", "products/1/variants/11", json!({ "sku": "KOPP-1" })).await;
    assert_eq!(shop.get("products?filterSku=KOPP-1").await.ids("productId"), [1]);
    assert_eq!(shop.get("products?filterSku=MUGG-1").await.total(), 0);
    made(&shop, "MUGG-1").await;
    shop.expect(204, "DELETE", "products/1/variants/11", Value::Null).await;
    assert_eq!(shop.get("products/1").await.data()["hasSeveralVariants"], false);
    assert_eq!(shop.get("products?filterSku=MUGG-2").await.ids("productId"), [1], "it is the primary one now");
}

#[tokio::test]
async fn a_price_is_posted_once_and_then_put() {
    let shop = shop().await;
    let prices = format!("{}/prices", variant(&shop, "TAL-1").await);
    let at = format!("{prices}/108");
    shop.expect(404, "PUT", &at, json!({ "pricelistId": 108, "priceExVat": 80 })).await;
    shop.expect(400, "POST", &prices, json!({ "priceExVat": 80 })).await;
    shop.expect(400, "POST", &prices, json!({ "pricelistId": 999 })).await;
    shop.expect(400, "POST", &prices, json!({ "pricelistId": 108, "priceExVat": -1 })).await;
    shop.expect(201, "POST", &prices, json!({ "pricelistId": 108, "priceExVat": decimal("79.2") })).await;
    shop.expect(400, "PATCH", &at, json!({ "priceExVat": 80 })).await;
    shop.expect(400, "PATCH", &at, json!({ "pricelistId": 109, "priceExVat": 80 })).await;
    let campaign = json!({ "pricelistId": 108, "specialPriceExVat": 60 });
    let price = shop.expect(200, "PATCH", &at, campaign).await;
    assert_eq!((&price.data()["priceExVat"], &price.data()["specialPriceExVat"]), (&decimal("79.2"), &json!(60)));
    let order = shop.placed_with(json!({ "items": [{ "sku": "TAL-1", "quantity": 1 }] }));
    assert_eq!(
        shop.get(&format!("orders/{order}")).await.data()["totalAmount"],
        60,
        "the shopper pays the campaign price"
    );
    let ended = shop.expect(200, "PATCH", &at, json!({ "pricelistId": 108, "specialPriceExVat": null })).await;
    assert!(ended.data()["specialPriceExVat"].is_null());
    shop.expect(204, "DELETE", &at, Value::Null).await;
    shop.expect(404, "GET", &at, Value::Null).await;
}

#[tokio::test]
async fn prices_per_quantity_hang_on_a_price() {
    let shop = shop().await;
    let volume = "products/1/variants/11/prices/108/volume";
    shop.expect(201, "POST", volume, json!({ "quantity": 10, "priceExVat": 70 })).await;
    shop.expect(400, "POST", volume, json!({ "quantity": 10, "priceExVat": 69 })).await;
    shop.expect(400, "POST", volume, json!({ "quantity": 1, "priceExVat": 69 })).await;
    shop.expect(400, "POST", volume, json!({ "priceExVat": 69 })).await;
    shop.expect(404, "PATCH", &format!("{volume}/20"), json!({ "quantity": 20 })).await;
    let plain = shop.get("products/1/variants/11/prices/108").await;
    assert!(plain.data().get("volumePrices").is_none());
    let whole = shop.get("products/1/variants/11/prices/108?include=volumePrices").await;
    assert_eq!(whole.data()["volumePrices"]["data"][0]["quantity"], 10);
    let body = json!({ "pricelistId": 108, "volumePrices": { "data": [{ "quantity": 5, "priceExVat": 75 }] } });
    shop.expect(200, "PUT", "products/1/variants/11/prices/108", body).await;
    assert_eq!(shop.get(volume).await.data()[0]["quantity"], 5);
}

#[tokio::test]
async fn a_new_price_list_is_filled_and_then_switched_on() {
    let shop = shop().await;
    let body = json!({ "name": "Återförsäljare", "parentPricelistId": 108 });
    let list = shop.expect(201, "POST", "pricelists", body).await;
    assert_eq!(list.data()["currencyCode"], "SEK");
    assert_eq!((&list.data()["isCustomerPricelist"], &list.data()["isActive"]), (&json!(true), &json!(false)));
    let id = list.data()["pricelistId"].clone();
    shop.expect(201, "POST", "products/1/variants/11/prices", json!({ "pricelistId": id, "priceExVat": 50 })).await;
    let active = json!({ "name": "Återförsäljare", "parentPricelistId": 108, "isActive": true });
    shop.expect(200, "PATCH", &format!("pricelists/{id}"), active).await;
    let price = shop.get(&format!("products/1/variants/11/prices/{id}")).await;
    assert_eq!(price.data()["priceExVat"], 0, "all prices of a list that becomes active are 0");
    let other = shop.get(&format!("products/2/variants/13/prices/{id}")).await;
    assert_eq!(other.data()["priceExVat"], 0);
    shop.expect(200, "PATCH", "customers/1", json!({ "pricelistId": id })).await;
    shop.expect(403, "DELETE", "pricelists/108", Value::Null).await;
    shop.expect(204, "DELETE", &format!("pricelists/{id}"), Value::Null).await;
    shop.expect(404, "GET", &format!("products/1/variants/11/prices/{id}"), Value::Null).await;
    assert!(shop.get("customers/1").await.data()["pricelistId"].is_null());
    for bad in [
        json!({ "name": "Sverige", "currencyCode": "SEK" }),
        json!({ "name": "Utan valuta" }),
        json!({ "name": "Okänd", "currencyCode": "XXX" }),
        json!({ "name": "Land", "currencyCode": "SEK", "region": "selected" }),
        json!({ "name": "Land", "currencyCode": "SEK", "region": "selected", "countryCodes": "SVERIGE" }),
        json!({ "name": "Barn", "parentPricelistId": 999 }),
    ] {
        shop.expect(400, "POST", "pricelists", bad).await;
    }
}

#[tokio::test]
async fn stock_is_put_before_it_can_be_patched_and_follows_the_shops_rules() {
    let shop = shop().await;
    let location = json!({ "visibility": "show_if_in_stock", "sortIndex": 1, "languages": [{ "langCode": "sv", "name": "Butik" }] });
    let location = shop.expect(201, "POST", "stock-locations", location).await.data()["stockLocationId"].clone();
    let store = format!("products/1/variants/11/stocks/{location}");
    shop.expect(404, "PATCH", &store, json!({ "stockQuantity": 1 })).await;
    shop.expect(400, "PUT", &store, json!({ "stockQuantity": 1 })).await;
    shop.expect(400, "PUT", &store, json!({ "stockQuantity": 1, "stockStatusId": 999 })).await;
    shop.expect(404, "GET", &store, Value::Null).await;
    shop.expect(200, "PUT", &store, json!({ "stockQuantity": decimal("2.5"), "stockStatusId": 111 })).await;
    shop.expect(404, "PUT", "products/1/variants/11/stocks/999", json!({ "stockQuantity": 1, "stockStatusId": 111 }))
        .await;
    assert_eq!(shop.get("products/1/variants/11").await.data()["stockQuantity"], 10, "that of the shop's own location");
    let own = "products/1/variants/11/stocks/110";
    let out = shop.expect(200, "PATCH", own, json!({ "stockQuantity": -1 })).await;
    assert_eq!(out.data()["stockStatusId"], 112, "the status gives way");
    let forced = shop.expect(200, "PATCH", own, json!({ "stockQuantity": -2, "stockStatusId": 111 })).await;
    assert_eq!(forced.data()["stockStatusId"], 111, "no rule runs");
    shop.expect(200, "PATCH", own, json!({ "shelfSpace": "A-1" })).await;
    assert_eq!(shop.get(own).await.data()["shelfSpace"], "A-1");
    shop.expect(400, "PATCH", own, json!({ "stockQuantity": 100_000_001 })).await;
    shop.expect(403, "DELETE", "stock-locations/110", Value::Null).await;
    let moved = json!({ "ecommerceStockLocation": true });
    shop.expect(200, "PATCH", &format!("stock-locations/{location}"), moved).await;
    assert_eq!(shop.get("stock-locations/110").await.data()["ecommerceStockLocation"], false);
    assert_eq!(shop.get("products/1/variants/11").await.data()["stockQuantity"], 2);
    shop.expect(403, "DELETE", "product-stock-statuses/111", Value::Null).await;
    let renamed = json!({ "languages": [{ "langCode": "sv", "name": "Finns" }] });
    shop.expect(400, "PATCH", "product-stock-statuses/111", renamed).await;
    shop.expect(400, "PATCH", "product-stock-statuses/111", json!({ "stockoutNewStatusId": 111 })).await;
}

#[tokio::test]
async fn a_bundle_takes_its_parts_from_stock() {
    let shop = shop().await;
    let bundle = json!({ "type": "bundle", "languages": [{ "langCode": "sv", "name": "Frukost" }],
        "variants": [{ "sku": "FRUKOST", "attributeValueLinks": [], "stockQuantity": 9 }],
        "bundledProducts": [{ "bundledProductId": 1, "quantity": 2, "variantSku": "MUGG-2" }, { "bundledProductId": 2 }] });
    let bundle = shop.expect(201, "POST", "products", bundle).await.data()["productId"].clone();
    let order = shop.placed_with(json!({ "items": [{ "sku": "FRUKOST", "quantity": 2, "unitPrice": 100 }] }));
    let stock = async |target: &str| shop.get(target).await.data()["stockQuantity"].clone();
    assert_eq!(stock("products/1/variants/12").await, 1, "5 − 2 × 2");
    assert_eq!(stock("products/2/variants/13").await, 1, "3 − 2");
    let own = shop.get(&format!("products/{bundle}/variants")).await;
    assert_eq!(own.data()[0]["stockQuantity"], 9, "the bundle itself is kept nowhere");
    let shown = shop.get(&format!("orders/{order}?include=items.bundledItems")).await;
    let parts = &shown.data()["items"]["data"][0]["bundledItems"]["data"];
    assert_eq!(
        (&parts[0]["sku"], &parts[0]["quantity"], &parts[1]["sku"]),
        (&json!("MUGG-2"), &json!(4), &json!("BOK-1"))
    );
    shop.expect(400, "POST", "products/1/bundled-products", json!({ "bundledProductId": bundle })).await;
    shop.act(json!({ "action": "place_order", "items": [{ "sku": "BOK-1", "quantity": 2 }] }));
    let row = shop.get("products/2/variants/13/stocks/110").await;
    assert_eq!((&row.data()["stockQuantity"], &row.data()["stockStatusId"]), (&json!(-1), &json!(112)));
}

#[tokio::test]
async fn an_order_takes_its_goods_where_it_says() {
    let shop = shop().await;
    let location = json!({ "visibility": "show_if_in_stock", "sortIndex": 1, "languages": [{ "langCode": "sv", "name": "Butik" }] });
    let location = shop.expect(201, "POST", "stock-locations", location).await.data()["stockLocationId"].clone();
    let store = format!("products/1/variants/11/stocks/{location}");
    shop.expect(200, "PUT", &store, json!({ "stockQuantity": 6, "stockStatusId": 111 })).await;
    shop.placed_with(json!({ "stockLocationId": location, "items": [{ "sku": "MUGG-1", "quantity": 1 }] }));
    assert_eq!(shop.get(&store).await.data()["stockQuantity"], 5);
    assert_eq!(shop.get("products/1/variants/11").await.data()["stockQuantity"], 10);
}

#[tokio::test]
async fn staff_edit_products_prices_and_stock() {
    let shop = shop().await;
    let new = shop.act(json!({ "action": "create_product", "sku": "SKED", "name": "Sked", "visibility": "visible",
        "variant": { "stockQuantity": 3 } }));
    let at = format!("products/{}/variants/{}", new["productId"], new["variantId"]);
    shop.advance(10);
    shop.act(json!({ "action": "edit_product", "sku": "SKED", "set": { "languages": [{ "langCode": "sv", "name": "Matsked" }] } }));
    shop.act(json!({ "action": "edit_variant", "sku": "SKED", "set": { "ean": "1" } }));
    shop.act(json!({ "action": "set_price", "sku": "SKED", "price": 20, "special": 15 }));
    shop.act(json!({ "action": "set_stock", "sku": "SKED", "quantity": 8 }));
    let shown = shop.get(&format!("{at}?include=prices")).await;
    assert_eq!((&shown.data()["ean"], &shown.data()["stockQuantity"]), (&json!("1"), &json!(8)));
    assert_eq!(shown.data()["prices"]["data"][0]["specialPriceExVat"], 15);
    let found = shop.get("products?filterSku=SKED&include=languages").await;
    assert_eq!(found.data()[0]["languages"]["data"][0]["name"], "Matsked");
    assert_eq!(found.data()[0]["modifiedAt"], "2024-03-01T12:00:10+01:00");
    shop.act(json!({ "action": "remove_price", "sku": "SKED", "pricelistId": 108 }));
    let more = json!({ "action": "add_variant", "productId": new["productId"], "variant": { "sku": "SKED-2" } });
    shop.act(more);
    shop.act(json!({ "action": "delete_variant", "sku": "SKED" }));
    shop.act(json!({ "action": "delete_product", "sku": "SKED-2" }));
    assert_eq!(shop.get("products").await.total(), 2);
    for (bad, says) in [
        (json!({ "action": "set_stock", "sku": "X", "quantity": 1 }), "there is no variant \"X\""),
        (json!({ "action": "set_stock", "sku": "MUGG-1", "stockLocationId": 9, "quantity": 1 }), "no such location"),
        (json!({ "action": "set_price", "sku": "MUGG-1", "pricelistId": 9, "price": 1 }), "no such price list"),
    ] {
        let error = shop.emulator.act(bad).unwrap_err().0;
        assert!(error.contains(says), "{error}");
    }
}

#[tokio::test]
async fn a_record_that_goes_takes_its_links_along() {
    let shop = shop().await;
    let category =
        shop.expect(201, "POST", "product-categories", json!({ "languages": [] })).await.data()["categoryId"].clone();
    let child = json!({ "parentId": category });
    let child = shop.expect(201, "POST", "product-categories", child).await.data()["categoryId"].clone();
    assert_eq!(shop.get(&format!("product-categories/{category}")).await.data()["hasChildren"], true);
    shop.expect(201, "POST", "products/2/categories", json!({ "categoryId": category })).await;
    shop.expect(204, "DELETE", &format!("product-categories/{category}"), Value::Null).await;
    assert_eq!(*shop.get("products/2/categories").await.data(), json!([]));
    assert!(shop.get(&format!("product-categories/{child}")).await.data()["parentId"].is_null());
    shop.expect(204, "DELETE", "product-units/1", Value::Null).await;
    assert!(shop.get("products/1").await.data()["unitId"].is_null());
}
