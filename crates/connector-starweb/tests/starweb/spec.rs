//! Every request that the connector sends, in a session that uses all of its calls, fits the vendor's own description.

use std::collections::BTreeSet;

use serde_json::json;
use spec_check::{Exception, Exceptions, Spec};
use sync_core::{
    Canonical, FieldMap, StreamId, Value,
    capability::RemoveMode,
    connector::{Action, Connector, ListFrom},
    model::{Address, Item, Order, Organisation, Party, Price, StockLevel},
};

use crate::support::{Bench, MARKER, STATUS, Shop, config, shares, update};

const DESCRIPTION: &str = "starweb/spec/shop-api-v2-2.12.0.openapi.json";

/// Where a request differs from the description, and why.
const EXCEPTIONS: &[Exception] = &[];

#[tokio::test]
async fn every_request_fits_the_description() {
    let Some(spec) = Spec::of_vendor(env!("CARGO_MANIFEST_DIR"), DESCRIPTION).unwrap() else { return };
    let spec = spec.with_base("/api/v2");
    let shop = Shop::open_with(|mut config| {
        config.unfinished_orders = true;
        config.volume_quantities = vec![10];
        config
    })
    .await;
    use_all(&shop).await;
    let log = shop.emulator.requests();
    let mut exceptions = Exceptions::new(EXCEPTIONS);
    let mut used = BTreeSet::new();
    for entry in &log {
        let problems = spec.check_request(&entry.method, &entry.path, &entry.query, &entry.body);
        let left = exceptions.filter(problems);
        assert!(left.is_empty(), "{} {}?{} {}\n{left:?}", entry.method, entry.path, entry.query, entry.body);
        let digits = |part: &str| if part.parse::<u64>().is_ok() { "{id}".to_owned() } else { part.to_owned() };
        let path: Vec<String> = entry.path.split('/').skip(3).map(digits).collect();
        used.insert(format!("{} {}", entry.method, path.join("/")));
    }
    assert!(exceptions.unused().is_empty(), "not needed: {:?}", exceptions.unused());
    let expected = [
        "DELETE customers/{id}",
        "DELETE orders/{id}/external-services/Samklang",
        "DELETE products/{id}",
        "DELETE products/{id}/variants/{id}",
        "DELETE products/{id}/variants/{id}/prices/{id}",
        "DELETE products/{id}/variants/{id}/prices/{id}/volume/{id}",
        "GET customers",
        "GET customers/{id}",
        "GET order-statuses",
        "GET orders",
        "GET orders/{id}",
        "GET payment-methods",
        "GET pricelists",
        "GET product-manufacturers",
        "GET product-stock-statuses",
        "GET product-units",
        "GET products",
        "GET products/{id}",
        "GET products/{id}/variants",
        "GET products/{id}/variants/{id}",
        "GET shipping-methods",
        "GET shipping-tracking-types",
        "GET shop",
        "GET stock-locations",
        "GET vat-rates",
        "PATCH customers/{id}",
        "PATCH customers/{id}/addresses/delivery",
        "PATCH customers/{id}/addresses/invoice",
        "PATCH orders/{id}",
        "PATCH orders/{id}/external-services/Samklang",
        "PATCH products/{id}",
        "PATCH products/{id}/languages/sv",
        "PATCH products/{id}/variants/{id}",
        "PATCH products/{id}/variants/{id}/prices/{id}",
        "PATCH products/{id}/variants/{id}/prices/{id}/volume/{id}",
        "PATCH products/{id}/variants/{id}/stocks/{id}",
        "POST customers",
        "POST orders/{id}/external-services",
        "POST products",
        "POST products/{id}/languages",
        "POST products/{id}/variants/{id}/prices",
        "POST products/{id}/variants/{id}/prices/{id}/volume",
        "POST token",
        "PUT customers/{id}/addresses/delivery",
        "PUT products/{id}/variants/{id}/stocks/{id}",
    ];
    assert_eq!(used.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

async fn use_all(shop: &Shop) {
    let id = shop.order(json!({ "customerId": 1 }));
    Bench::new().connect(&config(shop.emulator.base_url())).await.unwrap();
    shop.router.check(&shop.bench.cx).await.unwrap();
    let since = shop.emulator.now() - chrono::TimeDelta::hours(1);
    use_catalogue(shop).await;
    for stream in ["orders", "customers", "products"] {
        for from in [ListFrom::Beginning, ListFrom::ModifiedSince(since), ListFrom::CreatedSince(since)] {
            shop.list(stream, from).await;
        }
    }
    shop.get("customers", "1").await.unwrap();
    use_customers(shop).await;
    let (carrier, number) = (Order::TRACKING.join("carrier"), Order::TRACKING.join("number"));
    for write in [
        update(&id, &[(MARKER, "SO-1")], &[]),
        update(&id, &[(MARKER, "SO-2"), (STATUS, "picking")], &[]),
        update(&id, &[(MARKER, "")], &[]),
        update(&id, &[(STATUS, "completed"), (carrier, "1"), (number, "0037")], &["notify_buyer", "capture"]),
    ] {
        shop.write(write).await.unwrap();
    }
}

async fn use_catalogue(shop: &Shop) {
    // so that every call that answers "not there" is followed by the one that makes it
    shop.emulator.switch("new_variant_stock", "none").unwrap();
    let item = |name: &str| {
        let item = Item::new().number("LAMPA-2").name(name).description("Mässing").unit("st").barcode("7350000000028");
        let item = item.vat_rate(25).is_sold_online(true).is_active(true).weight(4).sales_account("3001");
        item.supplier_item_number("GL-9").to_fields().with("x.starweb.external_id", "A-2")
    };
    let price = |amount: i64| Price::new().amount(amount).campaign_amount(40).to_fields();
    let stock = |available: i64| StockLevel::new().available(available).to_fields();
    let status = stock(1).with(StockLevel::STATUS, "inStock");
    let id = {
        let parts = [("products", item("Lampa")), ("prices", price(50)), ("stock", stock(5))];
        let made = shop.write(shares("products", None, &parts)).await.unwrap();
        made.reference.id.to_string()
    };
    for parts in [
        vec![("products", item("Golvlampa")), ("prices", price(60)), ("stock", stock(6))],
        vec![("prices_from_10", Price::new().amount(45).to_fields()), ("stock", status)],
        vec![("prices_from_10", Price::new().amount(44).to_fields())],
        vec![("prices_from_10", FieldMap::new().with(Price::AMOUNT, Value::Null))],
    ] {
        shop.write(shares("products", Some(&id), &parts)).await.unwrap();
    }
    use_further(shop, &id).await;
    let product: u64 = id.split_once('-').unwrap().0.parse().unwrap();
    let find = FieldMap::new().with(Item::NUMBER, "LAMPA-2");
    shop.router.find(&shop.bench.cx, &StreamId::new("products"), &find).await.unwrap();
    shop.act(json!({ "action": "add_variant", "productId": product, "variant": { "sku": "LAMPA-3",
        "attributeValueLinks": [], "isActive": true } }));
    for variant in shop.list("products", ListFrom::Beginning).await.into_iter().rev() {
        shop.get("products", &variant).await.unwrap();
        for mode in [RemoveMode::Archive, RemoveMode::Delete] {
            remove(shop, "products", &variant, mode).await;
        }
    }
}

/// A list, a location and a language that the product is not in yet.
async fn use_further(shop: &Shop, id: &str) {
    let english = json!([{ "langCode": "en", "name": "Lamp" }]);
    let product = json!({ "productId": 77, "type": "basic", "visibility": "hidden", "languages": english,
        "createdAt": "2024-02-01T08:00:00+01:00", "modifiedAt": "2024-02-01T08:00:00+01:00",
        "variants": [{ "variantId": 78, "sku": "LAMP", "attributeValueLinks": [] }] });
    let butik = json!({ "stockLocationId": 301, "visibility": "never_show_in_store", "sortIndex": 1,
        "ecommerceStockLocation": false, "languages": [{ "langCode": "sv", "name": "Butik" }] });
    let norge = json!({ "pricelistId": 302, "name": "Norge", "currencyCode": "NOK", "isMaster": false, "isActive": true,
        "region": "selected", "countryCodes": ["NO"], "isCountryPricelist": true, "isCustomerPricelist": false });
    shop.emulator.seed(json!({ "products": [product], "stock-locations": [butik], "pricelists": [norge] })).unwrap();
    let mut config = config(shop.emulator.base_url());
    (config.stock_locations, config.price_lists) = (vec!["301".into()], vec!["Norge".into()]);
    let router = shop.bench.connect_with("two", &config, None).await.unwrap().router;
    let name = FieldMap::new().with(Item::NAME, "Lampa");
    let norsk = Price::new().amount(70).to_fields();
    for write in [
        shares("products", Some("77-78"), &[("products", name)]),
        shares(
            "products",
            Some(id),
            &[("prices_302", norsk), ("stock_301", StockLevel::new().available(2).to_fields())],
        ),
        shares("products", Some(id), &[("prices_302", FieldMap::new().with(Price::AMOUNT, Value::Null))]),
    ] {
        router.write(&shop.bench.cx, &[write]).await.remove(0).unwrap();
    }
    remove(shop, "products", "77-78", RemoveMode::Delete).await;
}

async fn use_customers(shop: &Shop) {
    let eva = Organisation::new().name("Eva Berg").party(Party::Private).email("eva.berg@exempel.example");
    let write = shares("customers", None, &[("customers", eva.to_fields())]);
    let id = shop.write(write).await.unwrap().reference.id.to_string();
    let lund = || Address::new().name("Eva Berg").street("Vägen 2").postal_code("22222").city("Lund").country("SE");
    let moved = Organisation::new().party(Party::Private).phone("+46701234567").billing(lund()).delivery(lund());
    let fields = moved.to_fields().with("x.starweb.custom_info_1", "Stamkund").with(Organisation::EMAIL, "e@b.example");
    for _ in 0..2 {
        shop.write(shares("customers", Some(&id), &[("customers", fields.clone())])).await.unwrap();
    }
    remove(shop, "customers", &id, RemoveMode::Delete).await;
}

async fn remove(shop: &Shop, stream: &str, id: &str, mode: RemoveMode) {
    let mut write = shares(stream, None, &[]);
    write.action = Action::Remove { id: id.into(), mode };
    shop.write(write).await.unwrap();
}
