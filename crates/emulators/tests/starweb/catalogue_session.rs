//! The part of the session that is about products and what they refer to.

use serde_json::{Value, json};

use crate::client::{Answer, Shop};

fn id(answer: &Answer, key: &str) -> u64 {
    answer.data()[key].as_u64().unwrap()
}

/// Makes, reads, changes and deletes a record of a register; gives nothing but its calls.
async fn through(shop: &Shop, list: &str, key: &str, body: Value, patch: Value) {
    let made = id(&shop.expect(201, "POST", list, body.clone()).await, key);
    shop.expect(200, "GET", list, Value::Null).await;
    let at = format!("{list}/{made}");
    shop.expect(200, "GET", &at, Value::Null).await;
    shop.expect(200, "PUT", &at, body).await;
    shop.expect(200, "PATCH", &at, patch).await;
    shop.expect(204, "DELETE", &at, Value::Null).await;
    shop.expect(404, "GET", &at, Value::Null).await;
}

fn named(name: &str) -> Value {
    json!([{ "langCode": "sv", "name": name }])
}

pub(crate) async fn registers(shop: &Shop) {
    let unit = json!({ "externalId": "st", "languages": [{ "langCode": "sv", "name": "Låda", "symbol": "lda" }] });
    through(shop, "product-units", "unitId", unit, json!({ "externalIdType": "ERP" })).await;
    let maker = json!({ "name": "Gustavsberg", "url": "https://example.com" });
    through(shop, "product-manufacturers", "manufacturerId", maker.clone(), maker).await;
    through(
        shop,
        "product-meta-data-types",
        "metaDataTypeId",
        json!({ "languages": { "data": named("Material") } }),
        json!({}),
    )
    .await;
    let status = json!({ "sortIndex": 5, "productBuyable": true, "inStock": false, "stockoutNewStatusId": null,
        "languages": named("Beställningsvara") });
    through(shop, "product-stock-statuses", "stockStatusId", status, json!({ "inStock": true })).await;
    let location = json!({ "visibility": "show_if_in_stock", "sortIndex": 2, "languages": named("Butiken") });
    through(shop, "stock-locations", "stockLocationId", location, json!({ "sortIndex": 3 })).await;
    let category = json!({ "parentId": null, "visibility": "visible", "externalId": "K-1", "externalIdType": "ERP",
        "languages": named("Porslin & glas") });
    shop.expect(201, "POST", "product-categories", category.clone()).await;
    let found =
        shop.expect(200, "GET", "product-categories?externalId=K-1&include=languages&page=1", Value::Null).await;
    assert_eq!(found.data()[0]["languages"]["data"][0]["permalink"], "porslin-glas");
    shop.expect(200, "GET", "product-categories?parent=1&filterVisible=true", Value::Null).await;
    through(shop, "product-categories", "categoryId", category, json!({ "sortIndex": 1 })).await;
    let attribute = json!({ "externalId": "farg", "languages": named("Färg") });
    through(shop, "product-attributes", "attributeId", attribute.clone(), json!({})).await;
    let kept = id(&shop.expect(201, "POST", "product-attributes", attribute).await, "attributeId");
    let value = json!({ "skuSuffix": "R", "sortIndex": 0, "languages": named("Röd") });
    through(shop, &format!("product-attributes/{kept}/values"), "attributeValueId", value, json!({ "sortIndex": 1 }))
        .await;
    let tag = json!({ "name": "Miljö", "type": "option", "languages": named("Miljö") });
    through(shop, "product-tags", "tagId", tag.clone(), tag.clone()).await;
    let kept = id(&shop.expect(201, "POST", "product-tags", tag).await, "tagId");
    let option = json!({ "sortIndex": 1, "languages": [{ "langCode": "sv", "value": "Svanen" }] });
    through(shop, &format!("product-tags/{kept}/options"), "tagOptionId", option.clone(), option.clone()).await;
    let boolean = json!({ "name": "Nyhet", "type": "boolean", "languages": named("Nyhet") });
    let boolean = id(&shop.expect(201, "POST", "product-tags", boolean).await, "tagId");
    shop.expect(405, "POST", &format!("product-tags/{boolean}/options"), option).await;
    shop.emulator.seed(json!({ "customer-tags": [{ "tagId": 900, "name": "Återförsäljare" }] })).unwrap();
    shop.expect(200, "GET", "customer-tags", Value::Null).await;
    shop.expect(200, "GET", "customer-tags/900", Value::Null).await;
    shop.expect(201, "POST", "customers/1/tags", json!({ "tagId": 900 })).await;
    shop.expect(200, "GET", "customers/1/tags", Value::Null).await;
    shop.expect(200, "GET", "customers/1/tags/900", Value::Null).await;
    shop.expect(204, "DELETE", "customers/1/tags/900", Value::Null).await;
}

pub(crate) async fn price_lists(shop: &Shop) {
    let list = json!({ "name": "Export", "currencyCode": "SEK", "region": "selected", "countryCodes": "DK,NO",
        "isActive": false, "pricesInclVatByDefault": true });
    through(shop, "pricelists", "pricelistId", list.clone(), json!({ "name": "Export 2", "currencyCode": "SEK" }))
        .await;
    let customers = json!({ "name": "Återförsäljare", "parentPricelistId": 108, "isActive": false });
    through(shop, "pricelists", "pricelistId", customers.clone(), customers).await;
    shop.expect(403, "DELETE", "pricelists/108", Value::Null).await;
    shop.expect(200, "PATCH", "pricelists/108", json!({ "currencyCode": "SEK" })).await;
    shop.expect(400, "POST", "pricelists", json!({ "name": "Sverige", "currencyCode": "SEK" })).await;
}

pub(crate) async fn products(shop: &Shop) {
    let file = id(&shop.upload("POST", "media-files", "mugg.png", "image/png", b"\x89PNG").await, "mediaFileId");
    shop.upload("PUT", &format!("media-files/{file}"), "mugg.png", "image/png", b"\x89PNG1").await;
    shop.upload("PATCH", &format!("media-files/{file}"), "mugg.png", "image/png", b"\x89PNG12").await;
    shop.expect(200, "GET", "media-files?page=1", Value::Null).await;
    shop.expect(200, "GET", &format!("media-files/{file}"), Value::Null).await;
    let category =
        id(&shop.expect(201, "POST", "product-categories", json!({ "languages": named("Nytt") })).await, "categoryId");
    let meta = json!({ "languages": { "data": named("Material") } });
    let meta = id(&shop.expect(201, "POST", "product-meta-data-types", meta).await, "metaDataTypeId");
    let product = shop
        .expect(201, "POST", "products", json!({
            "externalId": "101", "externalIdType": "ERP", "defaultVatRate": "25", "visibility": "hidden", "type": "basic",
            "unitId": 1, "accounting": 3001, "languages": named("Tallrik"), "categories": [{ "categoryId": category }],
            "variants": [{ "sku": "TAL-1", "attributeValueLinks": [], "stockQuantity": 4, "weightInKg": decimal("0.15"),
                "costPrice": "12.50", "ean": "7310000000017" }],
            "metaData": [{ "metaDataTypeId": meta, "languages": [{ "langCode": "sv", "value": "Porslin" }] }],
            "mediaFiles": [{ "mediaFileId": file }], "vatRates": [{ "countryCode": "no", "vatRate": 25 }],
        }))
        .await;
    let product = format!("products/{}", id(&product, "productId"));
    shop.expect(200, "PUT", &product, json!({ "visibility": "visible" })).await;
    shop.expect(200, "PATCH", &product, json!({ "sortIndex": 4, "languages": named("Tallrik djup") })).await;
    shop.expect(400, "PATCH", &product, json!({ "variants": [] })).await;
    let english = json!({ "langCode": "en", "name": "Plate" });
    parts(shop, &product, file, category, meta, english).await;
    variants(shop, &product).await;
    bundles(shop).await;
    shop.expect(204, "DELETE", &product, Value::Null).await;
    shop.expect(204, "DELETE", &format!("media-files/{file}"), Value::Null).await;
}

async fn parts(shop: &Shop, product: &str, file: u64, category: u64, meta: u64, english: Value) {
    let part = async |name: &str, key: String, body: Value| {
        let (all, one) = (format!("{product}/{name}"), format!("{product}/{name}/{key}"));
        shop.call("DELETE", &one, Value::Null).await;
        shop.expect(201, "POST", &all, body.clone()).await;
        shop.expect(400, "POST", &all, body.clone()).await;
        shop.expect(200, "GET", &all, Value::Null).await;
        shop.expect(200, "GET", &one, Value::Null).await;
        shop.expect(200, "PUT", &one, body.clone()).await;
        shop.expect(200, "PATCH", &one, body).await;
        shop.expect(204, "DELETE", &one, Value::Null).await;
    };
    part("languages", "en".into(), english).await;
    part("vat-rates", "fi".into(), json!({ "countryCode": "FI", "vatRate": decimal("25.5") })).await;
    part("categories", category.to_string(), json!({ "categoryId": category, "sortIndex": 1 })).await;
    part("media-files", file.to_string(), json!({ "mediaFileId": file, "sortIndex": 7 })).await;
    let value = json!({ "metaDataTypeId": meta, "sortIndex": 1, "languages": [{ "langCode": "sv", "value": "Glas" }] });
    part("meta-data", meta.to_string(), value.clone()).await;
    shop.expect(200, "PUT", &format!("{product}/meta-data/{meta}"), value).await;
    let tag = json!({ "name": "Rea", "type": "boolean", "languages": named("Rea") });
    let tag = id(&shop.expect(201, "POST", "product-tags", tag).await, "tagId");
    let options = shop.expect(200, "GET", &format!("product-tags/{tag}/options"), Value::Null).await;
    let option = options.data()[0]["tagOptionId"].as_u64().unwrap();
    shop.expect(201, "POST", &format!("{product}/tags"), json!({ "tagOptionId": option })).await;
    shop.expect(200, "GET", &format!("{product}/tags"), Value::Null).await;
    shop.expect(200, "GET", &format!("{product}/tags/{option}"), Value::Null).await;
    shop.expect(204, "DELETE", &format!("{product}/tags/{option}"), Value::Null).await;
}

async fn variants(shop: &Shop, product: &str) {
    let attribute = id(
        &shop.expect(201, "POST", "product-attributes", json!({ "languages": named("Storlek") })).await,
        "attributeId",
    );
    let value = json!({ "languages": named("24 cm") });
    let value = shop.expect(201, "POST", &format!("product-attributes/{attribute}/values"), value).await;
    let body = json!({ "sku": "TAL-24", "attributeValueLinks": [id(&value, "attributeValueId")], "isActive": true });
    let variant = id(&shop.expect(201, "POST", &format!("{product}/variants"), body.clone()).await, "variantId");
    let variant = format!("{product}/variants/{variant}");
    shop.expect(200, "GET", &format!("{product}/variants?include=prices,attributeValues&page=1"), Value::Null).await;
    shop.expect(200, "PUT", &variant, body).await;
    shop.expect(200, "PATCH", &variant, json!({ "costPrice": "19.00", "stockQuantity": 3 })).await;
    shop.expect(400, "PATCH", &variant, json!({ "ean": null })).await;
    shop.expect(200, "GET", &format!("{product}/attributes"), Value::Null).await;
    shop.expect(200, "GET", &format!("{product}/attributes/{attribute}"), Value::Null).await;

    let prices = format!("{variant}/prices");
    let price = json!({ "pricelistId": 108, "priceExVat": decimal("79.2"), "specialPriceExVat": null });
    shop.expect(404, "PUT", &format!("{prices}/108"), price.clone()).await;
    shop.expect(201, "POST", &prices, price.clone()).await;
    shop.expect(200, "PUT", &format!("{prices}/108"), price).await;
    shop.expect(200, "PATCH", &format!("{prices}/108"), json!({ "pricelistId": 108, "specialPriceExVat": 60 })).await;
    let volume = json!({ "pricelistId": 108, "quantity": 10, "priceExVat": 70 });
    shop.expect(201, "POST", &format!("{prices}/108/volume"), volume.clone()).await;
    shop.expect(200, "GET", &format!("{prices}/108/volume"), Value::Null).await;
    shop.expect(200, "GET", &format!("{prices}/108/volume/10"), Value::Null).await;
    shop.expect(200, "PUT", &format!("{prices}/108/volume/10"), volume.clone()).await;
    shop.expect(200, "PATCH", &format!("{prices}/108/volume/10"), volume).await;
    shop.expect(200, "GET", &format!("{prices}?include=volumePrices"), Value::Null).await;
    shop.expect(204, "DELETE", &format!("{prices}/108/volume/10"), Value::Null).await;
    shop.expect(204, "DELETE", &format!("{prices}/108"), Value::Null).await;

    let stock = format!("{variant}/stocks/110");
    shop.expect(200, "GET", &format!("{variant}/stocks"), Value::Null).await;
    let full = json!({ "stockStatusId": 111, "stockQuantity": decimal("7.5"), "shelfSpace": "A-1" });
    shop.expect(200, "PUT", &stock, full).await;
    shop.expect(200, "PATCH", &stock, json!({ "stockQuantity": 6 })).await;
    shop.expect(200, "GET", &stock, Value::Null).await;
    shop.expect(204, "DELETE", &stock, Value::Null).await;
    shop.expect(404, "PATCH", &stock, json!({ "stockQuantity": 6 })).await;
    shop.expect(204, "DELETE", &variant, Value::Null).await;
}

async fn bundles(shop: &Shop) {
    let bundle = json!({ "type": "bundle", "languages": named("Frukost"), "variants": [{ "sku": "FRUKOST", "attributeValueLinks": [] }],
        "bundledProducts": [{ "bundledProductId": 1, "quantity": 2, "variantSku": "MUGG-2" }] });
    let bundle = id(&shop.expect(201, "POST", "products", bundle).await, "productId");
    let parts = format!("products/{bundle}/bundled-products");
    let part = json!({ "bundledProductId": 2, "quantity": 1 });
    shop.expect(201, "POST", &parts, part.clone()).await;
    shop.expect(200, "GET", &format!("{parts}?include=prices&page=1"), Value::Null).await;
    shop.expect(200, "GET", &format!("{parts}/2"), Value::Null).await;
    shop.expect(200, "PUT", &format!("{parts}/2"), part.clone()).await;
    shop.expect(200, "PATCH", &format!("{parts}/2"), part).await;
    let prices = format!("{parts}/2/prices");
    let price = json!({ "pricelistId": 108, "specialPriceExVat": 40 });
    shop.expect(201, "POST", &prices, price.clone()).await;
    shop.expect(200, "GET", &prices, Value::Null).await;
    shop.expect(200, "GET", &format!("{prices}/108"), Value::Null).await;
    shop.expect(200, "PUT", &format!("{prices}/108"), price.clone()).await;
    shop.expect(200, "PATCH", &format!("{prices}/108"), price).await;
    shop.expect(204, "DELETE", &format!("{prices}/108"), Value::Null).await;
    let all = "include=primaryVariant,bundledProducts,bundledProducts.prices";
    shop.expect(200, "GET", &format!("products/{bundle}?{all}"), Value::Null).await;
    shop.expect(204, "DELETE", &format!("{parts}/2"), Value::Null).await;
    shop.expect(204, "DELETE", &format!("products/{bundle}"), Value::Null).await;
}

/// A number as it is written.
fn decimal(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
