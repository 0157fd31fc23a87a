//! Each switch about products, prices and stock, at each of its settings.

use serde_json::{Value, json};

use crate::{client::Shop, switches::at_each};

const MUGG_1: &str = "products/1/variants/11";

async fn posted(shop: &Shop, sku: &str) -> Value {
    let body = json!({ "variants": [{ "sku": sku, "attributeValueLinks": [] }] });
    shop.expect(201, "POST", "products", body).await.data().clone()
}

/// Whether a write moves the product's stamp, and how many hooks it fires.
async fn bumped(shop: &Shop, method: &str, target: &str, body: Value) -> Value {
    shop.expect(201, "POST", "web-hooks", json!({ "event": "product-updated", "url": "http://127.0.0.1:9/" })).await;
    shop.advance(10);
    let status = shop.call(method, target, body).await.status;
    assert!(status < 300, "{status}");
    let moved = shop.get("products/1").await.data()["modifiedAt"] == "2024-03-01T12:00:10+01:00";
    json!([moved, shop.events().len()])
}

#[tokio::test]
async fn what_moves_a_products_stamp() {
    at_each!("prices_bump_product", ["no" => json!([false, 0]), "yes" => json!([true, 1])], |shop| {
        bumped(&shop, "PATCH", &format!("{MUGG_1}/prices/108"), json!({ "pricelistId": 108, "priceExVat": 1 })).await
    });
    at_each!("variants_bump_product", ["no" => json!([false, 0]), "yes" => json!([true, 1])], |shop| {
        bumped(&shop, "PATCH", MUGG_1, json!({ "ean": "1" })).await
    });
    at_each!("parts_bump_product", ["no" => json!([false, 0]), "yes" => json!([true, 1])], |shop| {
        bumped(&shop, "PATCH", "products/1/languages/en", json!({ "name": "Cup" })).await
    });
    at_each!("stock_bumps_product", ["no" => json!([false, 0]), "yes" => json!([true, 1])], |shop| {
        bumped(&shop, "PATCH", &format!("{MUGG_1}/stocks/110"), json!({ "stockQuantity": 1 })).await
    });
}

#[tokio::test]
async fn new_and_whole_products() {
    at_each!("sku_unique", ["yes" => 400, "no" => 201], |shop| {
        let body = json!({ "variants": [{ "sku": "MUGG-1", "attributeValueLinks": [] }] });
        shop.call("POST", "products", body).await.status
    });
    at_each!("product_without_variants", ["refused" => 400, "accepted" => 201], |shop| {
        shop.call("POST", "products", json!({})).await.status
    });
    at_each!("product_answer", ["bare" => Value::Null, "primary" => json!("A")], |shop| {
        posted(&shop, "A").await["variants"]["data"][0]["sku"].clone()
    });
    at_each!("put_without_variants", ["kept" => 2, "deleted" => 1], |shop| {
        shop.expect(200, "PUT", "products/1", json!({ "visibility": "hidden" })).await;
        shop.get("products/1/variants").await.ids("variantId").len()
    });
    at_each!("put_left_out", ["kept" => json!([3001, 2]), "cleared" => json!([null, 0])], |shop| {
        shop.expect(200, "PUT", "products/1", json!({})).await;
        let languages = shop.get("products/1/languages").await;
        json!([shop.get("products/1").await.data()["accounting"], languages.data().as_array().unwrap().len()])
    });
    at_each!("patch_lists", ["replace" => json!(["sv"]), "merge" => json!(["sv", "en"])], |shop| {
        let body = json!({ "languages": [{ "langCode": "sv", "name": "Kopp" }] });
        shop.expect(200, "PATCH", "products/1", body).await;
        let languages = shop.get("products/1/languages").await;
        assert_eq!(languages.data()[0]["name"], "Kopp");
        languages.data().as_array().unwrap().iter().map(|l| l["langCode"].clone()).collect::<Value>()
    });
}

#[tokio::test]
async fn variants() {
    at_each!("variant_links", ["may_be_empty" => 201, "needed" => 400], |shop| {
        shop.call("POST", "products/1/variants", json!({ "sku": "A", "attributeValueLinks": [] })).await.status
    });
    at_each!("last_variant", ["stays" => 400, "goes" => 204], |shop| {
        shop.call("DELETE", "products/2/variants/13", Value::Null).await.status
    });
    at_each!("new_variant_stock", ["row" => json!([0, 1]), "none" => json!([null, 0])], |shop| {
        let id = posted(&shop, "A").await["productId"].clone();
        let variants = shop.get(&format!("products/{id}/variants")).await;
        let variant = &variants.data()[0];
        let stocks = shop.get(&format!("products/{id}/variants/{}/stocks", variant["variantId"])).await;
        json!([variant["stockQuantity"], stocks.data().as_array().unwrap().len()])
    });
    at_each!("new_variant_prices", ["none" => 0, "zero" => 1], |shop| {
        let id = posted(&shop, "A").await["productId"].clone();
        let variants = shop.get(&format!("products/{id}/variants?include=prices")).await;
        variants.data()[0]["prices"]["data"].as_array().unwrap().len()
    });
}

#[tokio::test]
async fn prices() {
    at_each!("duplicate_price", ["refused" => json!([400, 80]), "replaced" => json!([201, 90])], |shop| {
        let prices = format!("{MUGG_1}/prices");
        let status = shop.call("POST", &prices, json!({ "pricelistId": 108, "priceExVat": 90 })).await.status;
        json!([status, shop.get(&prices).await.data()[0]["priceExVat"]])
    });
    at_each!("price_decimals", [10 => "88.392857", 2 => "88.39"], |shop| {
        let price: Value = serde_json::from_str("88.392857").unwrap();
        let body = json!({ "pricelistId": 108, "priceExVat": price });
        shop.expect(200, "PATCH", &format!("{MUGG_1}/prices/108"), body).await.data()["priceExVat"].to_string()
    });
    at_each!("activation_zeroes", ["all_prices" => [0, 0], "missing_prices" => [50, 0]], |shop| {
        let body = json!({ "name": "Norge", "currencyCode": "SEK" });
        let list = shop.expect(201, "POST", "pricelists", body).await.data()["pricelistId"].clone();
        shop.expect(201, "POST", &format!("{MUGG_1}/prices"), json!({ "pricelistId": list, "priceExVat": 50 })).await;
        let active = json!({ "name": "Norge", "currencyCode": "SEK", "isActive": true });
        shop.expect(200, "PATCH", &format!("pricelists/{list}"), active).await;
        let first = shop.get(&format!("{MUGG_1}/prices/{list}")).await.data()["priceExVat"].clone();
        let other = shop.get(&format!("products/2/variants/13/prices/{list}")).await;
        json!([first, other.data()["priceExVat"]])
    });
}

async fn store(shop: &Shop) -> Value {
    let body = json!({ "visibility": "show_if_in_stock", "sortIndex": 1, "languages": [{ "langCode": "sv", "name": "Butik" }] });
    shop.call("POST", "stock-locations", body).await.data()["stockLocationId"].clone()
}

#[tokio::test]
async fn stock() {
    at_each!("variant_stock_is", ["ecommerce" => [10, 7, 7], "sum" => [14, 7, 3]], |shop| {
        let at = format!("{MUGG_1}/stocks/{}", store(&shop).await);
        shop.expect(200, "PUT", &at, json!({ "stockQuantity": 4, "stockStatusId": 111 })).await;
        let before = shop.get(MUGG_1).await.data()["stockQuantity"].clone();
        let after = shop.expect(200, "PATCH", MUGG_1, json!({ "stockQuantity": 7 })).await;
        let own = shop.get(&format!("{MUGG_1}/stocks/110")).await;
        json!([before, after.data()["stockQuantity"], own.data()["stockQuantity"]])
    });
    at_each!("stockout_at", ["negative" => [111, 112], "zero" => [112, 112]], |shop| {
        let at = format!("{MUGG_1}/stocks/110");
        let zero = shop.expect(200, "PATCH", &at, json!({ "stockQuantity": 0 })).await.data()["stockStatusId"].clone();
        let below = shop.expect(200, "PATCH", &at, json!({ "stockQuantity": -1 })).await;
        json!([zero, below.data()["stockStatusId"]])
    });
    at_each!("restock_status", ["kept" => 112, "restored" => 111], |shop| {
        let at = format!("{MUGG_1}/stocks/110");
        shop.expect(200, "PATCH", &at, json!({ "stockQuantity": -1 })).await;
        shop.expect(200, "PATCH", &at, json!({ "stockQuantity": 5 })).await.data()["stockStatusId"].clone()
    });
    at_each!("stock_location_limit", [0 => true, 1 => false], |shop| { !store(&shop).await.is_null() });
}

#[tokio::test]
async fn what_is_new_is_left_out_of_lists_for_a_while() {
    at_each!("listing_lag_s", [0 => json!([3, 1, 1, 2, 2, 1]), 30 => json!([2, 0, 0, 1, 1, 0])], |shop| {
        let product = posted(&shop, "A").await["productId"].clone();
        let customer = shop.expect(201, "POST", "customers", json!({})).await.data()["customerId"].clone();
        let order = shop.placed();
        shop.expect(201, "POST", "product-units", json!({})).await;
        for target in [format!("products/{product}"), format!("customers/{customer}"), format!("orders/{order}")] {
            shop.expect(200, "GET", &target, Value::Null).await;
        }
        let lists = async || {
            json!([
                shop.get("products").await.total(),
                shop.get("products?filterSku=A").await.total(),
                shop.get(&format!("products/{product}/variants")).await.ids("variantId").len(),
                shop.get("customers").await.total(),
                shop.get("product-units").await.ids("unitId").len(),
                shop.get("orders").await.total(),
            ])
        };
        let at_once = lists().await;
        shop.advance(30);
        assert_eq!(lists().await, json!([3, 1, 1, 2, 2, 1]));
        at_once
    });
}
